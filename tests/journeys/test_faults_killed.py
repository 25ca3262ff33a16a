"""Real processes: closings killed at chance moments, and taps handed in while days are closed."""

import fcntl
import json
import os
import random
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest

from tests import postgres
from tests.programmes.mobility.taps.served import ROOT, Server, serve
from tests.programmes.mobility.taps.test_api import key_of

DAY, NEXT = "2026-03-02", "2026-03-03"
KILLS = 8
STAGE = """
import json, random, sys
from datetime import date
import django; django.setup()
from django.conf import settings
from django.core.management import call_command
call_command("migrate", verbosity=0)
from tests.programmes.mobility.aldea import arrive, stage, tap
from trama.foundations.registry.actions import replace_device_key
from trama.foundations.registry.models import Device
city, chance, rides = stage(settings.HOME), random.Random(5), []
for day in (date(2026, 3, 2), date(2026, 3, 3)):
    for _ in range(3000):
        clock = f"{chance.randint(5, 25)}:{chance.randint(0, 59)}"
        token = f"R{chance.randint(0, 900)}" if chance.random() < 0.9 else None
        rides.append(tap(len(rides), day, clock, chance.choice(["B1", "B2", "T1", None]), token))
late = chance.sample(rides, 150)
arrive(city, [ride for ride in rides if ride not in late])
(settings.HOME / "late.json").write_text(json.dumps(late))
keys = {d.code: replace_device_key(device=d) for d in Device.objects.filter(city=city)}
(settings.HOME / "keys.json").write_text(json.dumps(keys))
"""
LATE = """
import json
import django; django.setup()
from django.conf import settings
from tests.programmes.mobility.aldea import arrive
from trama.foundations.registry.queries import get_city
arrive(get_city("aldea"), json.loads((settings.HOME / "late.json").read_text()))
"""
TOLD = """
import json
import django; django.setup()
from collections import Counter
from datetime import date
from hashlib import sha256
from django.conf import settings
from tests.programmes.mobility.aldea import balances
from trama.foundations.ledger.queries import postings
from trama.foundations.measures.queries import latest_observations
from trama.foundations.payments.models import Settlement
from trama.programmes.mobility.models import Closing, Tap
from trama.programmes.mobility.sealed.layout import day_folder
from trama.programmes.mobility.sealed.reading import read_groups
days = settings.HOME / "days"
rows = Counter()
folder = day_folder(settings.HOME, "aldea", date(2026, 3, 2))
for part in read_groups(folder, ["device", "sequence"]):
    rows.update(zip(part["device"].to_pylist(), part["sequence"].to_pylist()))
nets = Settlement.objects.values_list("service_date", "revision", "organisation__code", "net_minor")
print(json.dumps({
    "balances": balances(),
    "postings": sorted((p.source, p.posted_minor) for p in postings()),
    "settlements": sorted(map(str, nets)),
    "measures": sorted(
        (o.indicator.code, str(o.period_start), o.numerator, o.denominator)
        for o in latest_observations("aldea")
    ),
    "closings": sorted((str(c.service_date), c.revision, c.step) for c in Closing.objects.all()),
    "open": Tap.objects.count(),
    "files": {
        str(f.relative_to(days)): sha256(f.read_bytes()).hexdigest()
        for f in sorted(days.rglob("*.parquet"))
    },
    "rows": sorted([*row, n] for row, n in rows.items()),
}))
"""


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def urls(request: pytest.FixtureRequest) -> Iterator[Any]:
    """A function that answers the URL of a new database for a home."""
    if request.param == "postgres" and not postgres.available():
        pytest.skip("no PostgreSQL is installed")
    is_sqlite = request.param == "sqlite"
    with nullcontext("") if is_sqlite else postgres.server(durable=True) as url:

        def made(home: Path) -> str:
            if is_sqlite:
                return f"sqlite:///{home}/trama.sqlite3"
            import psycopg

            with psycopg.connect(url, autocommit=True) as connection:
                connection.execute(f'CREATE DATABASE "{home.name}"')  # type: ignore[call-overload]
            return f"{url.rpartition('/')[0]}/{home.name}"

        yield made


class Town:
    """Aldea in a home and a database of its own, spoken to through processes only."""

    def __init__(self, home: Path, url: str) -> None:
        home.mkdir()
        self.home = home
        self.environment = os.environ | {
            "TRAMA_HOME": str(home),
            "DATABASE_URL": url,
            "DJANGO_SETTINGS_MODULE": "trama.site.settings",
            "TRAMA_LANGUAGE": "en",
            "PYTHONPATH": str(ROOT),
        }

    def start(self, *words: str) -> "subprocess.Popen[str]":
        pipe = subprocess.PIPE
        command = [sys.executable, *words]
        return subprocess.Popen(
            command, env=self.environment, stdout=pipe, stderr=pipe, text=True, cwd=ROOT
        )

    def run(self, *words: str) -> str:
        process = self.start(*words)
        out, err = process.communicate(timeout=300)
        assert process.returncode == 0, err
        return out

    def close(self, day: str) -> None:
        self.run("-m", "trama.site", "close_day", "aldea", day)

    def close_and_kill(self, day: str, after_s: float) -> bool:
        """Whether a closing was still running `after_s` after it began."""
        lock = self.home / "days" / "aldea" / ".closing"
        lock.unlink(missing_ok=True)
        process = self.start("-m", "trama.site", "close_day", "aldea", day)
        while process.poll() is None and not lock.exists():
            time.sleep(0.002)
        time.sleep(after_s)
        was_running = process.poll() is None
        process.kill()
        process.communicate()
        return was_running

    def told(self) -> dict[str, Any]:
        self.run("-m", "trama.site", "verify_ledger")
        told: dict[str, Any] = json.loads(self.run("-c", TOLD))
        assert {step for _, _, step in told["closings"]} == {"done"}
        return told


@pytest.mark.slow
def test_closings_killed_at_chance_moments_end_as_if_nothing_had_been(
    tmp_path: Path, urls: Any
) -> None:
    towns = [Town(tmp_path / name, urls(tmp_path / name)) for name in ("calm", "killed")]
    chance, killed = random.Random(11), 0
    for town in towns:
        town.run("-c", STAGE)
    for late in (False, True):
        for town in towns:
            if late:
                town.run("-c", LATE)
        for day in (DAY, NEXT):
            towns[0].close(day)
            for _ in range(KILLS):
                killed += towns[1].close_and_kill(day, chance.uniform(0, 4))
            towns[1].close(day)
    assert killed >= KILLS
    calm, other = (town.told() for town in towns)
    assert calm == other


def hand_in(
    server: Server, device: str, key: str, stop: threading.Event, kept: set[tuple[str, int]]
) -> None:
    """Batches of ten taps, four in ten of them sent again, until `stop`; `kept` what was told."""
    chance, sequence, sent = random.Random(key), int(time.monotonic_ns() % 10**9) * 10**6, []
    headers = {"Authorization": key_of("aldea", device, key), "Content-Type": "application/json"}
    while not stop.is_set():
        if sent and chance.random() < 0.4:
            first, body = chance.choice(sent[-200:])
        else:
            first, sequence = sequence, sequence + 10
            tap = {"device": device, "medium": "card", "direction": "on"}
            tap["route"] = {"v1": "B1", "v2": "B2"}[device]
            taps = [
                tap | {"sequence": first + n, "token": f"R{chance.randint(0, 900)}",
                       "tapped_at": f"{DAY}T{chance.randint(10, 20)}:00:00-06:00"}
                for n in range(10)
            ]  # fmt: skip
            body = json.dumps({"taps": taps}).encode()
            sent.append((first, body))
        status, answer = server.post(body, headers)
        assert status == 200
        assert answer["kept"] + answer["duplicate"] == 10
        kept.update((device, first + n) for n in range(10))


@pytest.mark.slow
def test_taps_handed_in_while_their_day_is_closed_are_sealed_once(
    tmp_path: Path, urls: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    town = Town(tmp_path / "storm", urls(tmp_path / "storm"))
    town.run("-c", STAGE)
    monkeypatch.setenv("DATABASE_URL", town.environment["DATABASE_URL"])
    keys = json.loads((town.home / "keys.json").read_text())
    stop, kept = threading.Event(), set()
    with serve(town.home) as server:
        writers = [
            threading.Thread(target=hand_in, args=(server, device, keys[device], stop, kept))
            for device in ("v1", "v2")
        ]
        for writer in writers:
            writer.start()
        for _ in range(3):
            town.close(DAY)
        alive = [writer.is_alive() for writer in writers]
        stop.set()
        for writer in writers:
            writer.join()
    assert alive == [True, True]
    town.close(DAY)
    told = town.told()
    assert {n for _, _, n in told["rows"]} == {1}
    assert kept <= {(device, sequence) for device, sequence, _ in told["rows"]}
    assert len({revision for day, revision, _ in told["closings"] if day == DAY}) > 1


def test_two_that_prepare_one_home_do_not_trip_over_each_other(tmp_path: Path) -> None:
    town = Town(tmp_path / "home", f"sqlite:///{tmp_path}/trama.sqlite3")
    with (town.home / ".preparing").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        process = town.start("-m", "trama.site", "run", "--port", "0")
        _, told = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "is preparing" in told
    assert not (tmp_path / "trama.sqlite3").exists()
