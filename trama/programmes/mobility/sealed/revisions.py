"""Price some accounts of a sealed day again: late taps, or another state from the day before."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from trama.programmes.mobility.fares.pricing import price
from trama.programmes.mobility.fares.rows import ROW_SCHEMA
from trama.programmes.mobility.fares.vocabulary import Agreement, Tariff
from trama.programmes.mobility.sealed.layout import (
    BUCKETS,
    CARRY,
    PRICES,
    TAP_SCHEMA,
    TAPS,
    Groups,
    SealedFile,
    revisions_of,
    sealed_path,
    sealing,
)
from trama.programmes.mobility.sealed.pricing import numbered_from
from trama.programmes.mobility.sealed.reading import carry_of, read_accounts
from trama.programmes.mobility.sealed.taps import compacted, conformed, grouped, write_buckets

Accounts = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Repriced:
    """What a revision changed.

    `before` and `after` are the taps and prices of the touched accounts (`after` also has the late
    rows without an account): what follows from them is posted as a difference. `fares` has one row
    for each account that pays another sum: account, before_minor, after_minor. `unsettled` are the
    accounts whose handed-on state changed: the next closed day has to be priced again for them.
    """

    before: pa.Table
    after: pa.Table
    fares: pa.Table
    unsettled: Accounts
    taps_file: SealedFile
    prices_file: SealedFile
    carry_file: SealedFile


def reprice_accounts(
    folder: Path,
    revision: int,
    *,
    accounts: Accounts,
    late: pa.Table | None,
    tariff: Tariff,
    agreement: Agreement | None,
    carry_from: Path | None,
    ends_at_s: int | None,
) -> Repriced:
    """Price `accounts` and those of the `late` taps of the day in `folder` again, as a revision.

    Writes the revision's files and returns what changed. Older files are only read; the same
    revision written again is the same. `ValueError` when `revision` is 0 or there is no older one.
    """
    older = [number for number in revisions_of(folder, TAPS) if number < revision]
    if not older:
        raise ValueError(f"{folder} has no sealed taps before revision {revision}")
    late = conformed(TAP_SCHEMA.empty_table() if late is None else late, revision)
    named = late["account"].to_numpy()
    touched = np.union1d(accounts, named[named >= 0])
    before = read_accounts(folder, touched, before=revision)
    taps = pa.concat_tables([before.select(TAP_SCHEMA.names), late])
    groups = list(grouped(conformed(taps, revision)))
    ordered = pa.concat_tables([TAP_SCHEMA.empty_table(), *(table for _, table in groups)])
    states = None if carry_from is None else carry_of(carry_from, touched)
    priced = price(ordered, tariff, agreement=agreement, carry=states, ends_at_s=ends_at_s)
    rows = numbered_from(priced.rows, _rows_of(folder, older))
    buckets = [bucket for bucket, _ in groups]
    tables = _cut(rows, [table.num_rows for _, table in groups])
    handed_on = _with_emptied(priced.carry, touched)
    after = pa.Table.from_arrays([*ordered.columns, *rows.columns], schema=before.schema)
    return Repriced(
        before=before,
        after=after,
        fares=_fares(before, after),
        unsettled=_changed(carry_of(folder, touched, before=revision), priced.carry, touched),
        taps_file=write_buckets(folder, revision, groups),
        prices_file=_write(
            sealed_path(folder, PRICES, revision), ROW_SCHEMA, zip(buckets, tables, strict=True)
        ),
        carry_file=_write(
            sealed_path(folder, CARRY, revision), handed_on.schema, _by_bucket(handed_on)
        ),
    )


def _rows_of(folder: Path, revisions: list[int]) -> int:
    rows = 0
    for revision in revisions:
        with Groups(sealed_path(folder, TAPS, revision)) as taps:
            rows += taps.rows
    return rows


def _cut(rows: pa.Table, sizes: list[int]) -> list[pa.Table]:
    ends = np.cumsum([0, *sizes])
    return [rows.slice(end, size) for end, size in zip(ends, sizes, strict=False)]


def _with_emptied(carry: pa.Table, touched: Accounts) -> pa.Table:
    """`carry` with a row that hands on nothing for every touched account that has none: it must
    count instead of what an older revision says."""
    emptied = np.setdiff1d(touched, carry["account"].to_numpy())
    rows = [
        pa.array(emptied)
        if field.name == "account"
        else pa.nulls(len(emptied), field.type)
        if field.nullable
        else pa.array(np.zeros(len(emptied)), field.type, safe=False)
        for field in carry.schema
    ]
    nothing = pa.table(rows, schema=carry.schema)
    return pa.concat_tables([carry, nothing]).sort_by("account")


def _by_bucket(carry: pa.Table) -> Iterator[tuple[int, pa.Table]]:
    bucket = carry["account"].to_numpy() % BUCKETS
    for number in np.unique(bucket):
        yield int(number), compacted(carry.filter(pa.array(bucket == number)))


def _write(path: Path, schema: pa.Schema, buckets: Iterable[tuple[int, pa.Table]]) -> SealedFile:
    with sealing(path, schema) as sealed:
        for bucket, table in buckets:
            sealed.write(bucket, table)
    return sealed.file


def _fares(before: pa.Table, after: pa.Table) -> pa.Table:
    """What accounts paid and pay, where it is not the same."""
    sums = [
        table.group_by("account")
        .aggregate([("fare_minor", "sum")])
        .rename_columns(["account", name])
        for table, name in ((before, "before_minor"), (after, "after_minor"))
    ]
    joined = sums[0].join(sums[1], "account", join_type="full outer").sort_by("account")
    columns = [joined["account"]] + [
        pc.fill_null(joined[name], 0) for name in ("before_minor", "after_minor")
    ]
    fares = pa.table(columns, names=["account", "before_minor", "after_minor"])
    return fares.filter(pc.not_equal(fares["before_minor"], fares["after_minor"]))


def _changed(before: pa.Table | None, after: pa.Table, touched: Accounts) -> Accounts:
    """The accounts whose state is not the same in both tables."""
    states = [
        {row["account"]: row for row in table.to_pylist()} if table is not None else {}
        for table in (before, after)
    ]
    return touched[[states[0].get(a) != states[1].get(a) for a in touched.tolist()]]
