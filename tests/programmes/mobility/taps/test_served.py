"""The real server: killed while it writes, and asked everything its description allows."""

import json
import os
import random
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from http.client import HTTPException
from pathlib import Path
from threading import Thread

import pytest
from django.db import connection

from tests.programmes.mobility.taps.served import ROOT, Server, prepare, serve
from tests.programmes.mobility.taps.test_api import key_of, sent

BATCH = 20
WRITERS = 4


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if connection.vendor != "sqlite":
        pytest.skip("the killed server writes a SQLite file")
    return tmp_path_factory.mktemp("served")


@pytest.fixture(scope="module")
def keys(home: Path) -> dict[str, str]:
    return prepare(home)


def batch_of(first: int) -> bytes:
    taps = [sent(n, vehicle=f"bus-{n}") for n in range(first, first + BATCH)]
    return json.dumps({"taps": taps}).encode()


def hand_in_until_killed(
    server: Server, headers: dict[str, str], numbers: Iterator[int], acknowledged: list[int]
) -> None:
    while True:
        first = next(numbers)
        try:
            status, answer = server.post(batch_of(first), headers)
        except (OSError, HTTPException, ValueError):
            return
        if status == 200 and answer["kept"] == BATCH:
            acknowledged.append(first)


def wait_for(acknowledged: list[int], wanted: int) -> None:
    deadline = time.monotonic() + 30
    while len(acknowledged) < wanted:
        assert time.monotonic() < deadline, "the server acknowledges nothing"
        time.sleep(0.002)


@pytest.mark.parametrize("rounds", [1, pytest.param(12, marks=pytest.mark.slow)])
def test_nothing_acknowledged_is_lost_when_the_server_is_killed(
    home: Path, keys: dict[str, str], rounds: int
) -> None:
    headers = {
        "Authorization": key_of("gdl", "V1", keys["V1"]),
        "Content-Type": "application/json",
    }
    # One shared iterator: `next` of a range is atomic, so no two writers take the same number.
    numbers = iter(range(rounds * 10_000_000, (rounds + 1) * 10_000_000, BATCH))
    acknowledged: list[int] = []
    chance = random.Random(7)
    for _ in range(rounds):
        with serve(home) as server:
            writers = [
                Thread(target=hand_in_until_killed, args=(server, headers, numbers, acknowledged))
                for _ in range(WRITERS)
            ]
            for writer in writers:
                writer.start()
            wait_for(acknowledged, len(acknowledged) + chance.randint(3, 30))
            time.sleep(chance.uniform(0, 0.05))
            server.kill()
            for writer in writers:
                writer.join()
    kept = sequences_in(home)
    assert {first + n for first in acknowledged for n in range(BATCH)} <= kept
    partial = {n // BATCH for n in kept if len({*range(n // BATCH * BATCH, n)} - kept)}
    assert partial == set()

    tried = range(rounds * 10_000_000, next(numbers), BATCH)
    with serve(home) as server:
        again = [server.post(batch_of(first), headers)[1] for first in tried[-40:]]
    assert all(answer["kept"] + answer["duplicate"] == BATCH for answer in again)
    assert sequences_in(home) == kept | {f + n for f in tried[-40:] for n in range(BATCH)}


def sequences_in(home: Path) -> set[int]:
    with sqlite3.connect(home / "trama.sqlite3") as database:
        rows = [n for (n,) in database.execute("SELECT sequence FROM mobility_tap")]
    assert len(rows) == len(set(rows))
    return set(rows)


def test_the_api_does_what_its_description_says(home: Path, keys: dict[str, str]) -> None:
    command = [
        Path(sys.executable).with_name("schemathesis"),
        "run",
        ROOT / "docs" / "openapi.json",
        "--header",
        f"Authorization: {key_of('gdl', 'V1', keys['V1'])}",
        "--max-examples=25",
        "--phases=examples,coverage,fuzzing",
        "--seed=7",
        "--no-color",
        "--generation-database=none",
    ]
    with serve(home) as server:
        done = subprocess.run(
            [*map(str, command), "--url", f"http://127.0.0.1:{server.port}"],
            cwd=home,
            env=os.environ | {"SCHEMATHESIS_HOOKS": ""},
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
