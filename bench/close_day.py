"""Close a synthetic day on SQLite and on PostgreSQL, step by step.

    python -m bench.close_day [--riders 2500000] [--database sqlite|postgresql|both]

Each database gets a fresh home; the demo's own verbs stage Guadalajara, close the day and close it
again with its late taps. Printed are the seconds of each step, each as a share of the closing, and
what a tap costs beside reading its row from the database. Afterwards the books are verified.
"""

import argparse
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.postgres import available, server

TRAMA = [sys.executable, "-m", "trama.site"]
STEPS = ("sealed", "priced", "charged", "settled", "done")
ASK = """
import json
from trama.programmes.mobility.models import Closing
from trama.foundations.ledger.queries import trial_balance
print("ANSWER" + json.dumps({
    "closings": [
        {"revision": c.revision, "taps": c.figures["totals"]["taps"], **c.figures["seconds"]}
        for c in Closing.objects.order_by("revision")
    ],
    "unbalanced": [l.currency for l in trial_balance() if l.debits_minor != l.credits_minor],
}))
"""


@contextmanager
def places(database: str) -> Iterator[dict[str, str]]:
    """The environment of a fresh installation on `database`, removed afterwards."""
    home = Path(tempfile.mkdtemp(prefix="trama-close-"))
    env = {**os.environ, "TRAMA_HOME": str(home), "TRAMA_LANGUAGE": "en"}
    env.pop("DATABASE_URL", None)
    try:
        if database == "sqlite":
            yield env
            return
        with server(durable=True) as url:
            yield {**env, "DATABASE_URL": url}
    finally:
        shutil.rmtree(home, ignore_errors=True)


def run(env: dict[str, str], *words: str) -> str:
    """One `trama` command in that installation; its output."""
    done = subprocess.run([*TRAMA, *words], env=env, text=True, capture_output=True, check=False)
    if done.returncode:
        raise SystemExit(done.stdout + done.stderr)
    return done.stdout


def measure(database: str, riders: int) -> None:
    """Stage, close, verify and print."""
    with places(database) as env:
        run(env, "migrate", "-v0")
        print(run(env, "demo", "--riders", str(riders), "--city", "guadalajara").strip())
        answer = json.loads(run(env, "shell", "-v0", "-c", ASK).split("ANSWER")[1])
        run(env, "verify_ledger")
    peak_gib = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 2**20
    assert answer["unbalanced"] == [], answer
    print(f"\n{database}: {riders:,} riders; trial balance zero, ledger verified")
    for closing in answer["closings"]:
        steps = {k: closing[k] for k in STEPS if k in closing}
        total = sum(steps.values())
        shares = "  ".join(f"{k} {v:.1f} s ({v / total:.0%})" for k, v in steps.items())
        print(
            f"  revision {closing['revision']}: {closing['taps']:,} taps in {total:.1f} s: {shares}"
        )
    print(f"  peak memory of any process: {peak_gib:.2f} GiB")


def main() -> None:
    """Read what was asked and measure it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--riders", type=int, default=20_000)
    parser.add_argument("--database", choices=["sqlite", "postgresql", "both"], default="both")
    asked = parser.parse_args()
    wanted = ["sqlite", "postgresql"] if asked.database == "both" else [asked.database]
    for database in wanted:
        if database == "postgresql" and not available():
            print("postgresql: not installed, not measured")
            continue
        measure(database, asked.riders)


if __name__ == "__main__":
    main()
