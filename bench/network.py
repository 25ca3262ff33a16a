"""Loading the largest real feed, beside merely decoding its stop times with pyarrow.

    python bench/network.py [FEED.zip] [--runs 5]

Each run is a process of its own, so that its peak memory is its own. The peer decodes
stop_times.txt straight from the zip and keeps the table; loading reads, checks, orders and writes
every file, draws the routes and fills the database. Results are compared first.
"""

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

DATA = Path(__file__).resolve().parents[2] / "shared" / "data" / "gtfs"
MAX_SECONDS, MAX_MEBIBYTES = 60, 2048


def decode(feed: Path) -> dict[str, Any]:
    """Only decode: rows, and the sums that loading must come to as well."""
    import zipfile

    import pyarrow.compute as pc
    import pyarrow.csv as pacsv

    began = time.perf_counter()
    with zipfile.ZipFile(feed) as archive, archive.open("stop_times.txt") as member:
        table = pacsv.read_csv(member)
    seconds = time.perf_counter() - began
    times = pc.cast(table.column("departure_time"), "string")
    clock = pc.split_pattern(times.filter(pc.not_equal(times, "")), ":")
    hours, minutes, rest = (pc.cast(pc.list_element(clock, i), "int64") for i in range(3))
    total = pc.sum(hours).as_py() * 3600 + pc.sum(minutes).as_py() * 60 + pc.sum(rest).as_py()
    sums = [table.num_rows, pc.sum(table.column("stop_sequence")).as_py(), total]
    return {"seconds": seconds, "sums": sums}


def load(feed: Path) -> dict[str, Any]:
    """The whole of `load_network` into a new SQLite database."""
    import django

    with tempfile.TemporaryDirectory() as folder:
        os.environ.update(TRAMA_HOME=folder, DJANGO_SETTINGS_MODULE="trama.site.settings")
        os.environ.pop("DATABASE_URL", None)
        django.setup()
        import pyarrow.compute as pc
        from django.core.management import call_command

        from trama.foundations.registry.models import City
        from trama.programmes.mobility.actions.networks import load_network
        from trama.programmes.mobility.networks.files import read_part

        call_command("migrate", verbosity=0)
        city = City.objects.create(code="c", name="C", timezone="America/Fortaleza", currency="BRL")
        began = time.perf_counter()
        network = load_network(city=city, path=feed, home=Path(folder), at_s=0).network
        seconds = time.perf_counter() - began
        peak = _peak()
        times = read_part(Path(folder), network.digest, "stop_times")
        sums = [pc.sum(times.column(name)).as_py() for name in ("sequence", "departure_s")]
        return {"seconds": seconds, "sums": [times.num_rows, *sums], "peak": peak}


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _measured(what: str, feed: Path) -> dict[str, Any]:
    command = [sys.executable, __file__, str(feed), "--only", what]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return json.loads(done.stdout.splitlines()[-1])


def main() -> None:
    """Run both in turn and print the medians, their ratio and the limits."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("feed", nargs="?", type=Path, default=DATA / "fortaleza-bus.zip")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--only", choices=("decode", "load"), help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.only:
        one = {"decode": decode, "load": load}[asked.only](asked.feed)
        print(json.dumps({"peak": _peak(), **one}))
        return
    rounds = [
        (_measured("decode", asked.feed), _measured("load", asked.feed)) for _ in range(asked.runs)
    ]
    assert all(peer["sums"] == ours["sums"] for peer, ours in rounds), "results differ"
    figures = {
        (who, what): statistics.median(pair[i][what] for pair in rounds)
        for i, who in enumerate(("decode", "load"))
        for what in ("seconds", "peak")
    }
    print(f"{asked.feed.name}: {rounds[0][0]['sums'][0]:,} stop times, medians of {asked.runs}")
    for who in ("decode", "load"):
        print(f"  {who:7} {figures[who, 'seconds']:7.2f} s {figures[who, 'peak']:7.0f} MiB")
    time_ratio = figures["load", "seconds"] / figures["decode", "seconds"]
    memory_ratio = figures["load", "peak"] / figures["decode", "peak"]
    print(f"  ratio   {time_ratio:7.2f}   {memory_ratio:7.2f}    results equal")
    print(
        f"  limit   {figures['load', 'seconds'] / MAX_SECONDS:7.3f} of {MAX_SECONDS} s, "
        f"{figures['load', 'peak'] / MAX_MEBIBYTES:.3f} of {MAX_MEBIBYTES} MiB"
    )


if __name__ == "__main__":
    main()
