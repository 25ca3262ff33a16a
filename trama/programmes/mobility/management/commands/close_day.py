"""`trama close_day CITY DATE`: price, charge, clear and settle one service day."""

import argparse
import sys
import time
from datetime import date

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from trama.core.refusals import Refused
from trama.foundations.registry.queries import get_city
from trama.programmes.mobility.actions.closing import close_day
from trama.programmes.mobility.models import Closing
from trama.web.refusals import said


class Command(BaseCommand):
    """Close a service day; run it again after an interruption and it goes on."""

    help = _("Price, charge, clear and settle a service day. Safe to interrupt and to repeat.")

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("city", help=_("code of the city"))
        parser.add_argument("date", type=date.fromisoformat, help=_("service day, YYYY-MM-DD"))

    def handle(self, *args: object, **options: object) -> None:
        """Read the clock, close, and say what came of it."""
        began = time.monotonic()
        try:
            closing = close_day(
                city=get_city(str(options["city"])),
                service_date=options["date"],  # type: ignore[arg-type]
                home=settings.HOME,
                at_s=int(time.time()),
                progress=self._show,
            )
        except Refused as refusal:
            words = said(refusal)
            raise CommandError(f"{words['message']} {words['remedy']}") from refusal
        seconds = time.monotonic() - began
        self.stdout.write(
            _("{day} of {city} is closed, revision {revision}, in {seconds} s.").format(
                day=closing.service_date,
                city=closing.city.name,
                revision=closing.revision,
                seconds=f"{seconds:.1f}",
            )
        )

    def _show(self, closing: Closing) -> None:
        step = closing.get_step_display()
        share = 100 * closing.done // closing.total if closing.total else 100
        line = f"{closing.service_date} r{closing.revision} · {step} · {share} %"
        if sys.stdout.isatty():
            self.stdout.write(f"\r\x1b[2K{line}", ending="")
        elif closing.done in (0, closing.total):
            self.stdout.write(line)
