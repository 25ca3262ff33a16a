"""Posting to the ledger beside pgbench TPC-B: ratios, in rounds, on the same machine and moment.

Each round measures TPC-B on a PostgreSQL with fsync on, and then the ledger on that PostgreSQL
and on SQLite (WAL, synchronous FULL): batches of 8,190, one batch of 100,000, single transfers of
256 callers through the group commit, and the same with one hot account. The books are audited
after every run, and both databases must end with the same balances.

    python -m bench.ledger [--rounds 3] [--seconds 8]
"""

import argparse
import json
import os
import platform
import re
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from tests import postgres

ROOT = Path(__file__).resolve().parents[1]
TARGETS = {
    "postgresql batches of 8,190": 10.0,
    "sqlite batches of 8,190": 12.0,
    "postgresql one batch of 100,000": 16.0,
    "sqlite one batch of 100,000": 19.0,
    "postgresql group commit": 2.5,
    "sqlite group commit": 2.5,
}


def main() -> int:
    """Measure, print the table, and say whether the targets were met."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=8)
    parser.add_argument("--worker", choices=["sqlite", "postgresql"], help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.worker:
        json.dump(measure(), sys.stdout)
        return 0
    if postgres.binaries() is None:
        print("no PostgreSQL is installed; there is nothing to compare with")
        return 2
    ratios: dict[str, list[float]] = {}
    for number in range(1, arguments.rounds + 1):
        peer, measured = one_round(arguments.seconds)
        print(f"round {number}: TPC-B {peer:,.0f} a second")
        for name, rate in measured.items():
            ratios.setdefault(name, []).append(rate / peer)
            print(f"  {name:<42}{rate:>10,.0f} a second {rate / peer:>6.1f}x")
    return report(ratios)


def report(ratios: dict[str, list[float]]) -> int:
    """Medians against the targets; 1 when one was missed."""
    print(f"\nmedians of {len(next(iter(ratios.values())))} rounds, {platform.machine()},", end=" ")
    print(f"{os.cpu_count()} cores, Python {platform.python_version()}")
    missed = 0
    for name, values in ratios.items():
        median = statistics.median(values)
        target = TARGETS.get(name)
        verdict = "" if target is None else "met" if median >= target else "MISSED"
        missed += verdict == "MISSED"
        wanted = f"(target {target:g}) {verdict}" if target else ""
        print(f"  {name:<42}{median:>6.1f}x  {min(values):.1f} to {max(values):.1f}  {wanted}")
    for database in ("postgresql", "sqlite"):
        kinds = (f"{database} group commit, hot account", f"{database} group commit")
        hot, many = (statistics.median(ratios[kind]) for kind in kinds)
        print(f"  {database}: one hot account is {hot / many:.2f} times as fast as many")
    return 1 if missed else 0


def one_round(seconds: int) -> tuple[float, dict[str, float]]:
    """TPC-B transactions a second, and transfers a second by name."""
    with postgres.server(durable=True) as url, tempfile.TemporaryDirectory() as home:
        peer = tpc_b(url, seconds)
        measured: dict[str, float] = {}
        balances = []
        for database in ("postgresql", "sqlite"):
            given = {"DATABASE_URL": url} if database == "postgresql" else {}
            environment = {k: v for k, v in os.environ.items() if k != "DATABASE_URL"} | given
            environment |= {"TRAMA_HOME": home, "DJANGO_SETTINGS_MODULE": "trama.site.settings"}
            run = subprocess.run(
                [sys.executable, "-m", "bench.ledger", "--worker", database],
                cwd=ROOT,
                env=environment,
                stdout=subprocess.PIPE,
                text=True,
                check=True,
            )
            result = json.loads(run.stdout)
            balances.append(result.pop("balances"))
            measured |= {f"{database} {name}": rate for name, rate in result.items()}
        assert balances[0] == balances[1], "the two databases disagree"
        return peer, measured


def tpc_b(url: str, seconds: int) -> float:
    """The best of 8 and 16 clients: the yardstick should not be handicapped by their number."""
    pgbench = [postgres.binaries() / "pgbench"]  # type: ignore[operator]
    subprocess.run([*pgbench, "-i", "-q", "-s", "16", url], check=True, capture_output=True)
    best = 0.0
    for clients in ("8", "16"):
        run = subprocess.run(
            [*pgbench, "-n", "-c", clients, "-j", "2", "-T", str(seconds), url],
            check=True,
            capture_output=True,
            text=True,
        )
        found = re.search(r"tps = ([0-9.]+)", run.stdout)
        assert found is not None, run.stdout
        best = max(best, float(found[1]))
    return best


def measure() -> dict[str, object]:
    """In a process of its own, on the database of its environment."""
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", "ledger", skip_checks=True, verbosity=0)
    from bench.ledger_runs import runs

    return runs()


if __name__ == "__main__":
    sys.exit(main())
