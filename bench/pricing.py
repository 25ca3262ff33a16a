"""Pricing beside the limits of the machine and beside other ways to the same integers.

    python -m bench.pricing [--quick] [--runs 5] [--only limits|peers|curve]

limits: 6 million taps of 2.5 million accounts, sealed Parquet in, sealed Parquet out, beside
        decoding and encoding the same columns with the same codec, threads and durability; and the
        compiled loop beside a compiled loop that only touches the same columns (one core).
peers:  the same taps and rules in Polars, DuckDB and plain Python, results compared first.
curve:  a day, a week and a month (180 million taps) by account buckets: time a tap, peak memory.
"""

import argparse
import json
import multiprocessing
import resource
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numba
import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from bench import pricing_peers as peers
from bench.pricing_city import AGREEMENT, DAY_S, FIRST_DAY_S, TARIFF, WINDOW_S, buckets_of
from trama.programmes.mobility.fares.arrays import NOW, Carry, Part, State
from trama.programmes.mobility.fares.carry import SUMS, no_carry, read_carry, room_for
from trama.programmes.mobility.fares.columns import columns_of, meanings_of, read_only
from trama.programmes.mobility.fares.kernel import price_accounts
from trama.programmes.mobility.fares.local_time import spans_of
from trama.programmes.mobility.fares.lookups import rules_in
from trama.programmes.mobility.fares.pricing import empty_rows, price
from trama.programmes.mobility.sealed.layout import (
    CARRY,
    PRICES,
    TAPS,
    Groups,
    sealed_path,
    sealing,
)
from trama.programmes.mobility.sealed.pricing import PRICED_COLUMNS, price_sealed
from trama.programmes.mobility.sealed.taps import write_buckets

THREADS = 2


def timed(runs: int, *works: Callable[[], object]) -> list[list[float]]:
    """Seconds of each work, run in turns so that a slow moment of the machine hits all."""
    seconds: list[list[float]] = [[] for _ in works]
    for _ in range(runs):
        for place, work in enumerate(works):
            begin = time.perf_counter()
            work()
            seconds[place].append(time.perf_counter() - begin)
    return seconds


def ratio(ours: list[float], theirs: list[float]) -> float:
    """The median of the ratios of the runs."""
    return statistics.median(a / b for a, b in zip(ours, theirs, strict=True))


def price_folder(folder: Path, days: int = 1) -> None:
    price_sealed(
        folder,
        0,
        tariff=TARIFF,
        agreement=AGREEMENT,
        carry_from=None,
        ends_at_s=FIRST_DAY_S + days * DAY_S,
        threads=THREADS,
    )


def limits(folder: Path, runs: int) -> None:
    """Ratios (a) and (b) of the module's first lines."""
    price_folder(folder)
    kinds = {kind: sealed_path(folder, kind, 0) for kind in (PRICES, CARRY)}
    results = {kind: _groups(path) for kind, path in kinds.items()}
    rewritten = folder / "rewritten"

    def only_codec() -> None:
        with (
            Groups(sealed_path(folder, TAPS, 0)) as taps,
            sealing(rewritten / "p.parquet", results[PRICES][0][1].schema) as prices,
            sealing(rewritten / "c.parquet", results[CARRY][0][1].schema) as carry,
            ThreadPoolExecutor(THREADS) as pool,
        ):
            read = pool.map(
                lambda group: taps.read(group, PRICED_COLUMNS), range(len(taps.buckets))
            )
            for _, priced, states in zip(read, results[PRICES], results[CARRY], strict=True):
                prices.write(*priced)
                carry.write(*states)

    only_codec()
    sizes = [path.stat().st_size for path in (rewritten / "p.parquet", kinds[PRICES])]
    print(f"bytes of prices, by the codec alone and by us: {sizes[0]:,} and {sizes[1]:,}")
    ours, codec = timed(runs, lambda: price_folder(folder), only_codec)
    rows = sum(table.num_rows for _, table in results[PRICES])
    size = kinds[PRICES].stat().st_size / rows
    print(f"{rows:,} taps, Parquet to Parquet, {THREADS} threads, {size:.1f} bytes a result")
    print(f"  priced {_s(ours)}   decoded and encoded only {_s(codec)}")
    print(f"  ratio {ratio(ours, codec):.2f}   (limit 1.5)\n")
    _kernel(folder, runs)


def _groups(path: Path) -> list[tuple[int, pa.Table]]:
    with Groups(path) as file:
        return [(bucket, file.read(group)) for group, bucket in enumerate(file.buckets)]


def _kernel(folder: Path, runs: int) -> None:
    with Groups(sealed_path(folder, TAPS, 0)) as file:
        tables = [file.read(group, PRICED_COLUMNS) for group in range(len(file.buckets))]
    taps = pa.concat_tables(tables).unify_dictionaries().combine_chunks()
    columns = columns_of(taps, TARIFF, AGREEMENT)
    order = np.lexsort((columns.legs.at_s, columns.legs.account))
    laid_out = {c.ctypes.data: c[order] for c in columns.legs}
    legs = read_only(
        *(laid_out[c.ctypes.data] for c in columns.legs[:2]),
        [laid_out[c.ctypes.data] for c in columns.legs[2:]],
    )
    before = read_carry(no_carry(TARIFF), TARIFF, [])
    spans = spans_of(TARIFF, FIRST_DAY_S, FIRST_DAY_S + DAY_S)
    ends_at_s = FIRST_DAY_S + DAY_S
    ends_span = int(np.searchsorted(spans.begins_s, ends_at_s, "right")) - 1
    rows = empty_rows(taps.num_rows)
    meanings = meanings_of(columns, TARIFF, AGREEMENT)
    part = Part(0, taps.num_rows, 0, 0)
    after = room_for(TARIFF, taps.num_rows)
    distinct = tuple(laid_out.values())

    def touched() -> int:
        return _touch(legs.account, legs.at_s, distinct[2:], rows)

    state = State(np.zeros(NOW, np.int64), np.zeros(len(after.numbers) - SUMS, np.int32))
    carry = Carry(before, after, ends_at_s, ends_span, WINDOW_S)
    rules = rules_in(TARIFF)

    def kernel() -> object:
        return price_accounts(legs, meanings, rules, spans, carry, rows, state, part)

    kernel()
    touched()
    ours, limit = timed(runs, kernel, touched)
    speed = taps.num_rows / statistics.median(ours) / 1e6
    print(f"the compiled loop, one core: {_s(ours)}, {speed:.1f} million taps a second")
    print(f"  touching its columns only: {_s(limit)}")
    print(f"  ratio {ratio(ours, limit):.1f}   (limit 12)\n")


@numba.njit(nogil=True)
def _touch(account, at_s, codes, rows):  # type: ignore[no-untyped-def]
    total = 0
    for row in range(account.size):
        seen = account[row] ^ at_s[row]
        for column in numba.literal_unroll(codes):
            seen ^= column[row]
        rows.journey[row] = seen
        rows.leg[row] = seen
        rows.single_minor[row] = seen
        rows.fare_minor[row] = seen
        rows.programme_minor[row] = seen
        rows.programme[row] = seen
        rows.tendered_minor[row] = seen
        rows.share_minor[row] = seen
        rows.rule[row] = seen
        total += seen
    return total


def against_peers(folder: Path, runs: int) -> None:
    """Ratio (c): the same integers first, then the time."""
    taps, prices = sealed_path(folder, TAPS, 0), sealed_path(folder, PRICES, 0)
    price_folder(folder)
    expected = pq.read_table(prices, columns=peers.RESULTS).cast(_INT64)
    result = folder / "peer.parquet"
    ways: dict[str, Callable[[], object]] = {
        "Polars, n-th boardings at a time": lambda: peers.polars(taps, result),
        "DuckDB, n-th boardings at a time": lambda: peers.duckdb_sql(taps, result),
    }
    for name, way in ways.items():
        way()
        found = pq.read_table(result).select(peers.RESULTS).cast(_INT64)
        print(f"{name}: {'the same integers' if found.equals(expected) else 'OTHER INTEGERS'}")
    sample = min(expected.num_rows, 300_000)
    count = peers.plain_python(taps, result, sample)
    found = pq.read_table(result).cast(_INT64)
    # The last journey of the sample may be cut.
    same = found.slice(0, count - 5).equals(expected.slice(0, count - 5))
    print(f"Plain Python: {'the same integers' if same else 'OTHER INTEGERS'}")
    begin = time.perf_counter()
    peers.plain_python(taps, result, sample)
    plain = (time.perf_counter() - begin) * expected.num_rows / count
    ours, *others = timed(runs, lambda: price_folder(folder), *ways.values())
    print(f"\n{expected.num_rows:,} taps, Parquet to Parquet: {_s(ours)}")
    for name, seconds in zip(ways, others, strict=True):
        print(f"  {name}: {_s(seconds)}, {ratio(seconds, ours):.1f} times ours")
    times = plain / statistics.median(ours)
    print(f"  Plain Python, from {count:,}: {plain:.1f} s, {times:.0f} times ours\n")
    _in_memory(taps, runs)


def _in_memory(file: Path, runs: int) -> None:
    """The same without files: what the pricing alone costs."""
    taps = pq.read_table(file, columns=PRICED_COLUMNS).unify_dictionaries().combine_chunks()
    order = pc.sort_indices(taps, [("account", "ascending"), ("tapped_at_s", "ascending")])
    taps = taps.take(order).unify_dictionaries().combine_chunks()
    frame = pl.from_arrow(taps.select(peers.READ))
    assert isinstance(frame, pl.DataFrame)

    def ours() -> pa.Table:
        return price(taps, TARIFF, agreement=AGREEMENT, threads=THREADS).rows

    def theirs() -> pa.Table:
        return peers.polars_priced(frame).to_arrow()

    same = theirs().cast(_INT64).equals(ours().select(peers.RESULTS).cast(_INT64))
    mine, other = timed(runs, ours, theirs)
    print(f"tables in memory, {'the same integers' if same else 'OTHER INTEGERS'}: {_s(mine)}")
    print(f"  Polars: {_s(other)}, {ratio(other, mine):.1f} times ours\n")


_INT64 = pa.schema([(name, pa.int64()) for name in peers.RESULTS])


def curve(place: Path, accounts: int, spans: list[int]) -> None:
    """Ratio (d): each size in a process of its own, so that its peak memory is its own."""
    print("| taps | files | seconds | ns a tap | beside the day | peak memory |")
    print("|---|---|---|---|---|---|")
    first = 0.0
    for days in spans:
        folder = place / f"{days}"
        with multiprocessing.get_context("spawn").Pool(1) as alone:
            rows = alone.apply(_generate, (folder, accounts, days))
        with multiprocessing.get_context("spawn").Pool(1) as alone:
            seconds, memory = alone.apply(_measured, (folder, days))
        size = sum(path.stat().st_size for path in folder.iterdir())
        each = seconds / rows * 1e9
        first = first or each
        print(
            f"| {rows:,} | {size / 1e9:.2f} GB | {seconds:.1f} | {each:.0f} | {each / first:.2f}"
            f" | {memory / 1e9:.2f} GB |",
            flush=True,
        )
        shutil.rmtree(folder)


def _generate(folder: Path, accounts: int, days: int) -> int:
    return write_buckets(folder, 0, buckets_of(accounts, days)).rows


def _measured(folder: Path, days: int) -> tuple[float, int]:
    small = folder.parent / "warm"
    _generate(small, 64, 1)
    price_folder(small)
    shutil.rmtree(small)
    seconds = statistics.median(timed(3, lambda: price_folder(folder, days))[0])
    return seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def _s(seconds: list[float]) -> str:
    low, high = min(seconds), max(seconds)
    return f"{statistics.median(seconds):.3f} s ({low:.3f} to {high:.3f})"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="a fortieth of the size")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--only", choices=["limits", "peers", "curve"])
    given = parser.parse_args()
    accounts = 2_500_000 // (40 if given.quick else 1)
    versions = {
        "python": sys.version.split()[0],
        "numba": numba.__version__,
        "pyarrow": pa.__version__,
    }
    print(json.dumps(versions), "\n")
    place = Path(tempfile.mkdtemp(prefix="trama-pricing-"))
    try:
        if given.only != "curve":
            write_buckets(place / "day", 0, buckets_of(accounts, 1))
        if given.only in (None, "limits"):
            limits(place / "day", given.runs)
        if given.only in (None, "peers"):
            against_peers(place / "day", given.runs)
        if given.only in (None, "curve"):
            curve(place, accounts, [1, 7, 30])
    finally:
        shutil.rmtree(place)


if __name__ == "__main__":
    main()
