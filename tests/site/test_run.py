"""`trama run`, as a person starts it: a real process on a real port of this machine."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

TRAMA = Path(sys.executable).parent / "trama"
PATIENCE_S = 60


def environment(home: Path) -> dict[str, str]:
    inherited = {name: said for name, said in os.environ.items() if name != "DATABASE_URL"}
    return {**inherited, "TRAMA_HOME": str(home), "TRAMA_LANGUAGE": "en"}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def trama(home: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [TRAMA, *words],
        env=environment(home),
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )


@contextmanager
def running(home: Path, port: int) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [TRAMA, "run"],
        env={**environment(home), "PORT": str(port)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        yield process
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(timeout=PATIENCE_S)


def answer_of(port: int) -> int:
    """The status of the front page, once somebody answers."""
    until_s = time.monotonic() + PATIENCE_S
    while time.monotonic() < until_s:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=5) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as error:
            return error.code
        except OSError:
            time.sleep(0.1)
    raise TimeoutError


def found_a_real_city(home: Path) -> None:
    assert trama(home, "migrate", "--verbosity", "0").returncode == 0
    words = ("--timezone", "America/Bogota", "--currency", "COP")
    assert trama(home, "found_city", "bogota", "Bogotá", *words).returncode == 0


def test_a_taken_port_is_told_before_anything_is_done(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        told = trama(tmp_path, "run", "--port", str(port))
    assert told.returncode == 1
    assert f"Port {port} is taken" in told.stderr
    assert f"PORT={port + 80}" in told.stderr
    assert not (tmp_path / "trama.sqlite3").exists()


def test_it_serves_on_this_machine_only_and_stages_nothing_beside_a_real_city(
    tmp_path: Path,
) -> None:
    found_a_real_city(tmp_path)
    port = free_port()
    with running(tmp_path, port) as process:
        assert answer_of(port) < 500
        assert process.stdout is not None
        assert f"http://localhost:{port}" in process.stdout.readline()
    assert not (tmp_path / "demo").exists()
