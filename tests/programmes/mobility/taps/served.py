"""The real server over a city of its own, in a process that a test may kill."""

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[4]
PREPARE = """
import django; django.setup()
import json
from django.core.management import call_command
call_command("migrate", verbosity=0)
from tests.programmes.mobility.taps.conftest import settle_world
print(json.dumps(settle_world().keys))
"""
SERVE = """
import sys
from granian import Granian
from granian.constants import Interfaces
from granian.log import LogLevels
Granian(
    "trama.site.wsgi:application", address="127.0.0.1", port=int(sys.argv[1]),
    interface=Interfaces.WSGI, workers=1, blocking_threads=32, log_level=LogLevels.warning,
).serve()
"""


@dataclass
class Server:
    """A running server; `kill` ends it as a power failure would."""

    process: "subprocess.Popen[bytes]"
    port: int

    def post(self, body: bytes, headers: dict[str, str]) -> tuple[int, Any]:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            connection.request("POST", "/api/mobility/taps", body, headers)
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read())
        finally:
            connection.close()

    def kill(self) -> None:
        os.killpg(self.process.pid, 9)
        self.process.wait(timeout=20)


def _environment(home: Path) -> dict[str, str]:
    return os.environ | {
        "TRAMA_HOME": str(home),
        "DATABASE_URL": os.environ.get("DATABASE_URL", f"sqlite:///{home / 'trama.sqlite3'}"),
        "DJANGO_SETTINGS_MODULE": "trama.site.settings",
    }


def prepare(home: Path) -> dict[str, str]:
    """Found the city of `settle_world` in `home`; the keys of its devices."""
    command = [sys.executable, "-c", PREPARE]
    done = subprocess.run(
        command, cwd=ROOT, env=_environment(home), capture_output=True, text=True, check=True
    )
    keys: dict[str, str] = json.loads(done.stdout)
    return keys


@contextmanager
def serve(home: Path) -> Iterator[Server]:
    """Serve `home` on a free port of the loopback until the block ends."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-c", SERVE, str(port)]
    process = subprocess.Popen(command, cwd=ROOT, env=_environment(home), start_new_session=True)
    server = Server(process, port)
    try:
        _wait(server)
        yield server
    finally:
        if process.poll() is None:
            server.kill()


def _wait(server: Server) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if server.process.poll() is not None:
            break
        try:
            server.post(b"{}", {})
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise RuntimeError("the server did not answer")
