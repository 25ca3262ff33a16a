"""Receiving taps over HTTP, durably, beside the same stack answering an empty request.

    .venv/bin/python bench/intake.py [--runs 3] [--seconds 3] [--postgres]

One server process (granian, Django, Ninja) and one load generator, both on the loopback, share the
machine. Before a figure counts, the taps in the database must be those that were acknowledged.
"""

import argparse
import asyncio
import base64
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from statistics import median

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tests import postgres  # noqa: E402

SIZES = ((1, 128), (50, 64), (500, 16))  # taps in a batch, devices that send at the same time
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
    "bench.intake:application", factory=True, address="127.0.0.1", port=int(sys.argv[1]),
    interface=Interfaces.WSGI, workers=1, log_level=LogLevels.warning,
    blocking_threads=int(sys.argv[2]),
).serve()
"""
COUNT = """
import django; django.setup()
from trama.programmes.mobility.models import HeldTap, Tap
print(Tap.objects.count(), HeldTap.objects.count())
"""


def _add_empty() -> None:
    """An address of the same API that does nothing, to measure what the stack itself costs."""
    import django

    django.setup()
    from django.http import HttpRequest, HttpResponse

    from trama.site.api import api

    @api.post("/empty")
    def empty(request: HttpRequest) -> HttpResponse:
        return HttpResponse(b"{}", content_type="application/json")


def application() -> object:
    """The site as it is served, with the empty address."""
    _add_empty()
    from trama.site.wsgi import application

    return application


def environment(home: Path, url: str) -> dict[str, str]:
    return os.environ | {
        "TRAMA_HOME": str(home),
        "DATABASE_URL": url,
        "DJANGO_SETTINGS_MODULE": "trama.site.settings",
        "TRAMA_LOG": "ERROR",
    }


def ask(script: str, env: dict[str, str]) -> str:
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=ROOT,
        env=env,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


@contextmanager
def served(env: dict[str, str], threads: int) -> Iterator[int]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-c", SERVE, str(port), str(threads)]
    process = subprocess.Popen(command, cwd=ROOT, env=env, start_new_session=True)
    try:
        for _ in range(600):
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                break
            except OSError:
                time.sleep(0.1)
        yield port
    finally:
        os.killpg(process.pid, 9)
        process.wait()


class Load:
    """So many devices, each sending its next batch when the last was answered."""

    def __init__(self, port: int, keys: dict[str, str], seconds: float) -> None:
        self.port = port
        user = f"gdl/V1:{keys['V1']}".encode()
        self.key = base64.b64encode(user).decode()
        self.seconds = seconds
        self.sequence = 0
        self.kept = 0

    def request(self, path: str, body: bytes) -> bytes:
        head = (
            f"POST {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Basic {self.key}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        return head.encode() + body

    def batch(self, size: int) -> bytes:
        first, self.sequence = self.sequence, self.sequence + size
        taps = [
            {
                "device": "V1",
                "sequence": number,
                "token": f"token-{number % 100_000:08d}",
                "medium": "mi_movilidad",
                "tapped_at": "2026-04-15T12:00:00-06:00",
                "route": "C01",
                "vehicle": "bus-0001",
                "direction": "on",
            }
            for number in range(first, first + size)
        ]
        return self.request("/api/mobility/taps", json.dumps({"taps": taps}).encode())

    async def device(self, bodies: Iterator[bytes], until: float, size: int) -> int:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        answered = 0
        while time.perf_counter() < until and (body := next(bodies, None)):
            writer.write(body)
            head = await reader.readuntil(b"\r\n\r\n")
            length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
            answer = await reader.readexactly(length)
            if not head.startswith(b"HTTP/1.1 200"):
                raise SystemExit(head.decode() + answer.decode())
            if size:
                kept = json.loads(answer)["kept"]
                if kept != size:
                    raise SystemExit(f"{kept} of {size} kept")
                self.kept += kept
            answered += 1
        writer.close()
        return answered

    def run(self, size: int, devices: int) -> float:
        """Requests answered in a second; `size` 0 asks for nothing."""
        if size:
            # Bodies are made beforehand: the generator shares the machine with the server.
            count = int(self.seconds * 12_000 / size**0.5) + devices
            bodies = iter([self.batch(size) for _ in range(min(count, 400_000 // size))])
        else:
            body = self.request("/api/empty", b"{}")
            bodies = iter(lambda: body, None)

        async def all_devices() -> tuple[int, float]:
            began = time.perf_counter()
            until = began + self.seconds
            answered = await asyncio.gather(
                *(self.device(bodies, until, size) for _ in range(devices))
            )
            return sum(answered), time.perf_counter() - began

        answered, seconds = asyncio.run(all_devices())
        return answered / seconds


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=3)
    parser.add_argument("--postgres", action="store_true")
    parser.add_argument("--threads", type=int, default=32)
    options = parser.parse_args()
    with (
        tempfile.TemporaryDirectory() as folder,
        postgres.server(durable=True) if options.postgres else nullcontext() as given,
    ):
        url = given or f"sqlite:///{folder}/trama.sqlite3"
        env = environment(Path(folder), url)
        keys = json.loads(ask(PREPARE, env))
        figures: dict[int, list[tuple[float, float]]] = {size: [] for size, _ in SIZES}
        with served(env, options.threads) as port:
            load = Load(port, keys, options.seconds)
            load.run(0, 8)
            load.run(1, 8)
            for _ in range(options.runs):
                for size, devices in SIZES:
                    figures[size].append((load.run(size, devices), load.run(0, devices)))
        kept, held = map(int, ask(COUNT, env).split())
        assert (kept, held) == (load.kept, 0), (kept, held, load.kept)
    print(f"{url.partition(':')[0]}; {kept:,} taps acknowledged and counted")
    print("| batch | taps/s | batches/s | empty requests/s | batches to empty |")
    print("|---|---|---|---|---|")
    for size, runs in figures.items():
        batches, empties = median(b for b, _ in runs), median(e for _, e in runs)
        ratio = median(b / e for b, e in runs)
        print(f"| {size} | {batches * size:,.0f} | {batches:,.0f} | {empties:,.0f} | {ratio:.2f} |")


if __name__ == "__main__":
    main()
