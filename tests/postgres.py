"""A PostgreSQL for one test run: an existing one by environment, or a temporary one of our own.

The temporary server listens on the loopback only, on a random port, keeps its files in a temporary
folder, and dies with the process that started it.
"""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

GIVEN = "TRAMA_TEST_DATABASE_URL"
"""Names a PostgreSQL to use instead of starting one, by a role that may create databases."""


def binaries() -> Path | None:
    """The folder of the newest installed server, if there is one that this user can run."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=_version)
    if not found and (initdb := shutil.which("initdb")):
        found = [Path(initdb).resolve()]
    if not found or (os.geteuid() == 0 and not _has_postgres_user()):
        return None
    return found[-1].parent


def available() -> str:
    """What `server` would use, in words; empty when there is nothing."""
    if os.environ.get(GIVEN):
        return f"PostgreSQL of {GIVEN}"
    folder = binaries()
    return f"PostgreSQL of {folder}" if folder else ""


@contextmanager
def server(*, durable: bool = False) -> Iterator[str]:
    """The URL of a database server for as long as the block lasts.

    `durable` keeps fsync on, for benchmarks; tests do not need to survive a power failure.
    """
    if given := os.environ.get(GIVEN):
        yield given
        return
    folder = binaries()
    if folder is None:
        raise RuntimeError("no PostgreSQL is installed")
    home = Path(tempfile.mkdtemp(prefix="trama-postgres-"))
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    try:
        if os.geteuid() == 0:
            shutil.chown(home, "postgres")
        _run([*_as_postgres(), folder / "initdb", "-D", home / "data", *INITDB], cwd=home)
        settings = {"port": port, "listen_addresses": "127.0.0.1", "unix_socket_directories": home}
        if not durable:
            settings |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
        options = [part for k, v in settings.items() for part in ("-c", f"{k}={v}")]
        command = [*_as_postgres(), folder / "postgres", "-D", home / "data", *options]
        with (home / "log").open("w") as log:
            process = subprocess.Popen(list(map(str, command)), stdout=log, stderr=log, cwd=home)
        url = f"postgresql://postgres@127.0.0.1:{port}/postgres"
        try:
            _wait(url, process, home / "log")
            yield url
        finally:
            process.send_signal(2)  # "fast" shutdown: do not wait for clients
            process.wait(timeout=30)
    finally:
        shutil.rmtree(home, ignore_errors=True)


INITDB = ("-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")


def _as_postgres() -> list[str]:
    """The server refuses to run as root, and must not outlive us (interrupted: fast shutdown)."""
    dies_with_us = ["setpriv", "--pdeathsig", "INT"]
    if os.geteuid() != 0:
        return dies_with_us
    return [*dies_with_us, "--reuid=postgres", "--regid=postgres", "--clear-groups"]


def _has_postgres_user() -> bool:
    try:
        pwd.getpwnam("postgres")
    except KeyError:
        return False
    return True


def _version(path: Path) -> float:
    try:
        return float(path.parts[-3])
    except ValueError:
        return 0.0


def _run(command: list[object], cwd: Path) -> None:
    done = subprocess.run(
        list(map(str, command)), capture_output=True, text=True, cwd=cwd, check=False
    )
    if done.returncode:
        raise RuntimeError(done.stderr)


def _wait(url: str, process: "subprocess.Popen[bytes]", log: Path) -> None:
    for _ in range(200):
        if process.poll() is not None:
            raise RuntimeError(log.read_text())
        try:
            psycopg.connect(url, connect_timeout=1).close()
        except psycopg.OperationalError:
            time.sleep(0.05)
        else:
            return
    raise RuntimeError(f"PostgreSQL did not answer: {log.read_text()}")
