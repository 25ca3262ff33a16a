"""Price a sealed day bucket by bucket: the results beside the taps, the states for the next day."""

from collections import deque
from collections.abc import Callable, Generator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa

from trama.programmes.mobility.fares.carry import carry_schema
from trama.programmes.mobility.fares.pricing import Priced, price
from trama.programmes.mobility.fares.rows import ROW_SCHEMA
from trama.programmes.mobility.fares.vocabulary import Agreement, Tariff
from trama.programmes.mobility.sealed.layout import (
    BUCKETS,
    CARRY,
    PRICES,
    STRANGERS,
    TAP_SCHEMA,
    TAPS,
    Groups,
    SealedFile,
    sealed_path,
    sealing,
)
from trama.programmes.mobility.sealed.reading import carry_of_bucket
from trama.programmes.mobility.sealed.taps import compacted

PRICED_COLUMNS = [
    "account",
    "tapped_at_s",
    "route",
    "agency",
    "operator",
    "medium",
    "category",
    "direction",
]
Progress = Callable[[int, int], None]
Job = tuple[int, int | None]


@dataclass(frozen=True, slots=True)
class SealedPrices:
    """What `price_sealed` wrote."""

    prices: SealedFile
    carry: SealedFile


@dataclass(frozen=True, slots=True)
class _Day:
    taps: Groups
    carry_from: Path | None
    tariff: Tariff
    agreement: Agreement | None
    ends_at_s: int | None


def price_sealed(
    folder: Path,
    revision: int,
    *,
    tariff: Tariff,
    agreement: Agreement | None,
    carry_from: Path | None,
    ends_at_s: int | None,
    threads: int = 2,
    progress: Progress | None = None,
) -> SealedPrices:
    """Price the sealed taps of `folder` and write the prices and the carry beside them.

    `carry_from` is the folder of the day before (its newest revisions count); `ends_at_s` the
    first instant after the day. Memory holds `threads` + 2 buckets at a time. `progress` is
    called with rows done and rows in all. The bytes do not depend on `threads`. Journeys are
    numbered so that no number comes twice in the file. Refused as by `price`: nothing is written.
    """
    with (
        Groups(sealed_path(folder, TAPS, revision)) as taps,
        sealing(sealed_path(folder, PRICES, revision), ROW_SCHEMA) as prices,
        sealing(sealed_path(folder, CARRY, revision), carry_schema(tariff)) as carry,
        # Nobody may read any more when the files are closed, whatever went wrong.
        closing(
            _in_order(_Day(taps, carry_from, tariff, agreement, ends_at_s), threads)
        ) as buckets,
    ):
        done = 0
        for bucket, priced in buckets:
            prices.write(bucket, numbered_from(priced.rows, done))
            carry.write(bucket, compacted(priced.carry))
            done += priced.rows.num_rows
            if progress:
                progress(done, taps.rows)
    return SealedPrices(prices.file, carry.file)


def numbered_from(rows: pa.Table, first: int) -> pa.Table:
    """`rows` with journeys numbered from `first`: a group begins at the number of its first row."""
    journey = rows["journey"].to_numpy()
    moved = np.where(journey < 0, journey, journey + np.int32(first))
    return rows.set_column(0, ROW_SCHEMA.field("journey"), pa.array(moved))


def _jobs(taps: Groups) -> list[Job]:
    """Every bucket and its row group; those without taps too, for their states are handed on."""
    groups: list[Job] = [(bucket, group) for group, bucket in enumerate(taps.buckets)]
    without = set(range(BUCKETS)) - set(taps.buckets)
    return sorted(groups + [(bucket, None) for bucket in without], key=_by_bucket)


def _by_bucket(job: Job) -> tuple[bool, int, int]:
    bucket, group = job
    return bucket == STRANGERS, bucket, group or 0


def _price_group(day: _Day, bucket: int, group: int | None) -> Priced:
    carry = None
    if day.carry_from is not None and bucket != STRANGERS:
        carry = carry_of_bucket(day.carry_from, bucket)
    if group is None and not carry:
        return Priced(ROW_SCHEMA.empty_table(), carry_schema(day.tariff).empty_table())
    taps = TAP_SCHEMA.empty_table() if group is None else day.taps.read(group, PRICED_COLUMNS)
    return price(taps, day.tariff, agreement=day.agreement, carry=carry, ends_at_s=day.ends_at_s)


def _in_order(day: _Day, threads: int) -> Generator[tuple[int, Priced], None, None]:
    """Price in `threads` threads; hand out in the order of the jobs, never far ahead of it."""
    with ThreadPoolExecutor(threads) as pool:
        ahead: deque[tuple[int, Future[Priced]]] = deque()
        for bucket, group in _jobs(day.taps):
            ahead.append((bucket, pool.submit(_price_group, day, bucket, group)))
            if len(ahead) > threads:
                first, priced = ahead.popleft()
                yield first, priced.result()
        while ahead:
            first, priced = ahead.popleft()
            yield first, priced.result()
