"""`trama run`: from an empty folder to a city one can look at; from then on it just serves."""

import fcntl
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

from trama.foundations.registry.queries import cities

HOST = "127.0.0.1"
PORT = 8000
THREADS = 32  # a device waits for the disk in its thread, and the group commits for all who wait


class Command(BaseCommand):
    """Migrate, stage the demo when no city is there yet, and serve from one process."""

    help = _("Prepare the database, stage the demo if it is empty, and serve.")

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--port",
            type=int,
            default=os.environ.get("PORT", str(PORT)),
            help=_("port on this machine (default: PORT, or 8000)"),
        )

    def handle(self, *, port: int, **options: object) -> None:
        """Refuse a taken port before anything takes time."""
        _check_free(port)
        with _only_one():
            call_command("migrate", interactive=False, verbosity=0)
            if not cities().filter(is_synthetic=False).exists():
                call_command("demo", stdout=self.stdout, stderr=self.stderr)
        settings.STATIC_ROOT.mkdir(exist_ok=True)
        address = f"http://localhost:{port}"
        self.stdout.write(_("Trama is at {address} — Ctrl+C stops it.").format(address=address))
        self.stdout.flush()
        _serve(port)


@contextmanager
def _only_one() -> Iterator[None]:
    """Two that prepare one home would trip over each other; the lock goes with its process."""
    with (settings.HOME / ".preparing").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise CommandError(
                _("Another trama run is preparing {home}. Wait until it serves.").format(
                    home=settings.HOME
                )
            ) from None
        yield


def _check_free(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except (OSError, OverflowError) as error:
            raise CommandError(
                _(
                    "Port {port} is taken or not allowed. Stop what uses it, or choose another: "
                    "PORT={other} make run"
                ).format(port=port, other=port + 80)
            ) from error


def _serve(port: int) -> None:
    # The server takes long to import and only this command needs it.
    from granian import Granian
    from granian.constants import Interfaces
    from granian.log import LogLevels

    Granian(
        "trama.site.wsgi:application",
        address=HOST,
        port=port,
        interface=Interfaces.WSGI,
        workers=1,
        blocking_threads=THREADS,
        log_level=LogLevels.error,
    ).serve()
