"""A posting process killed at any moment loses no acknowledged batch and leaves none partial."""

import os
import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests import postgres

ROOT = Path(__file__).resolve().parents[3]
ROWS = 700
WORKER = f"""
import sys
import django
django.setup()
import pyarrow as pa
from django.core.management import call_command
from trama.foundations.ledger import actions
run, rows = sys.argv[1], {ROWS}
if run == "prepare":
    call_command("migrate", "ledger", skip_checks=True, verbosity=0)
    names = [f"rider:gdl:{{n}}" for n in range(50)]
    accounts = pa.table({{"name": names, "code": pa.array([1100] * 50, pa.int32())}})
    actions.open_accounts_columns(table=accounts, currency="MXN", at_s=1_776_000_000)
elif run == "check":
    from trama.foundations.ledger.audit import audit
    from trama.foundations.ledger.models import Posting
    found = audit()
    assert found.findings == [], found.findings
    kept = set(Posting.objects.values_list("source", flat=True))
    batches = {{tuple(source.split(":")[:2]) for source in kept}}
    assert all(f"{{r}}:{{b}}:{{n}}" in kept for r, b in batches for n in range(rows)), "partial"
    print(*sorted(f"{{r}}:{{b}}" for r, b in batches))
else:
    for batch in range(10_000):
        table = pa.table({{
            "source": [f"{{run}}:{{batch}}:{{n}}" for n in range(rows)],
            "debit": [f"rider:gdl:{{n % 50}}" for n in range(rows)],
            "credit": [f"rider:gdl:{{(n + 1 + batch % 7) % 50}}" for n in range(rows)],
            "amount_minor": [n for n in range(rows)],
            "code": pa.array([1] * rows, pa.int32()),
        }})
        actions.post_columns(table=table, currency="MXN", at_s=1_776_000_000)
        print(f"{{run}}:{{batch}}", flush=True)
"""


def work(run: str, environment: dict[str, str]) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-c", WORKER, run],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
    )


def finished(run: str, environment: dict[str, str]) -> str:
    process = work(run, environment)
    output, _ = process.communicate(timeout=120)
    assert process.returncode == 0
    return output


def kill_repeatedly(environment: dict[str, str], *, times: int, seed: int) -> None:
    chance = random.Random(seed)
    finished("prepare", environment)
    acknowledged: set[str] = set()
    for run in range(times):
        process = work(f"run{run}", environment)
        assert process.stdout is not None
        acknowledged.add(process.stdout.readline().strip())
        time.sleep(chance.random() * 0.3)
        process.kill()
        acknowledged |= {line.strip() for line in process.stdout if line.endswith("\n")}
        process.wait()
    kept = set(finished("check", environment).split())
    assert acknowledged <= kept
    assert len(kept - acknowledged) <= times
    assert len(acknowledged) >= times


def environment_of(tmp_path: Path, url: str = "") -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if k != "DATABASE_URL"}
    kept |= {"TRAMA_HOME": str(tmp_path), "DJANGO_SETTINGS_MODULE": "trama.site.settings"}
    return kept | ({"DATABASE_URL": url} if url else {})


def test_killed_twice_on_sqlite(tmp_path: Path) -> None:
    kill_repeatedly(environment_of(tmp_path), times=2, seed=1)


@pytest.mark.slow
def test_killed_thirty_times_on_sqlite(tmp_path: Path) -> None:
    kill_repeatedly(environment_of(tmp_path), times=30, seed=2)


@pytest.mark.slow
@pytest.mark.postgres
def test_killed_thirty_times_on_postgresql(tmp_path: Path) -> None:
    if not postgres.available():
        pytest.skip("no PostgreSQL is reachable or installed")
    with postgres.server(durable=True) as url:
        kill_repeatedly(environment_of(tmp_path, url), times=30, seed=3)
