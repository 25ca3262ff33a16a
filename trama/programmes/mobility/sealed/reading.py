"""Read sealed days: one account's rows without scanning the others', or a whole day by groups.

The files of revision 0 hold the whole day. A later revision holds every row of the accounts it
touched, which counts instead of all older ones, and rows without an account, which are added.
"""

from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import date
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from trama.programmes.mobility.fares.rows import ROW_SCHEMA
from trama.programmes.mobility.sealed.layout import (
    BUCKETS,
    CARRY,
    PRICES,
    STRANGERS,
    TAP_SCHEMA,
    TAPS,
    Groups,
    revisions_of,
    sealed_path,
)

Accounts = npt.NDArray[np.int64]


def read_account(
    folders: Iterable[Path], account: int, columns: list[str] | None = None
) -> pa.Table:
    """The rows of one account on the days of `folders`, in time, with a column `day` (date).

    `columns` are those of the taps and of the prices (default: all). Reads one row group of each
    file. `ValueError` when `account` is not one.
    """
    if account < 0:
        raise ValueError(f"{account} is no account")
    wanted = np.array([account], np.int64)
    tables = []
    for folder in folders:
        table = read_accounts(folder, wanted, columns)
        day = pa.repeat(pa.scalar(date.fromisoformat(folder.name)), table.num_rows)
        tables.append(table.append_column("day", day))
    return pa.concat_tables(tables) if tables else pa.table({})


def read_accounts(
    folder: Path, accounts: Accounts, columns: list[str] | None = None, before: int | None = None
) -> pa.Table:
    """The rows of some accounts on one day, by bucket, account and instant.

    With `before`, as they stood before that revision.
    """
    with _revisions(folder, columns, before) as revisions:
        tables = [_nothing(columns)]
        for bucket in np.unique(accounts % BUCKETS):
            missing = accounts[accounts % BUCKETS == bucket]
            tables += _of_bucket(revisions, int(bucket), missing)
    return pa.concat_tables(tables)


def _of_bucket(revisions: list["_Revision"], bucket: int, missing: Accounts) -> list[pa.Table]:
    tables = []
    for revision in revisions:
        for group in revision.taps.of(bucket):
            here = revision.taps.read(group, ["account"])["account"].to_numpy()
            mask = np.isin(here, missing)
            if mask.any():
                tables.append(revision.read(group).filter(pa.array(mask)))
                missing = np.setdiff1d(missing, here)
    return tables


def read_groups(
    folder: Path, columns: list[str] | None = None, before: int | None = None
) -> Iterator[pa.Table]:
    """The rows of a day as they stand after all revisions, one table for each row group.

    `columns` are those of the taps and of the prices (default: all). Memory holds one group.
    With `before`, as they stood before that revision.
    """
    with _revisions(folder, columns, before) as revisions:
        superseded = np.empty(0, np.int64)
        for revision in revisions:
            touched = [superseded]
            for group, bucket in enumerate(revision.taps.buckets):
                table = revision.read(group)
                if bucket != STRANGERS and len(revisions) > 1:
                    here = revision.taps.read(group, ["account"])["account"].to_numpy()
                    table = table.filter(pa.array(np.isin(here, superseded, invert=True)))
                    touched.append(here)
                if table.num_rows:
                    yield table
            superseded = np.unique(np.concatenate(touched))


def read_day(folder: Path, columns: list[str] | None = None) -> pa.Table:
    """The rows of a day as they stand after all revisions, in one table."""
    return pa.concat_tables([_nothing(columns), *read_groups(folder, columns)])


def carry_of(folder: Path, accounts: Accounts, before: int | None = None) -> pa.Table | None:
    """The states that a day hands on for some accounts, by account; None: the day hands on none.

    With `before`, as they stood before that revision.
    """
    tables = []
    for bucket in np.unique(accounts % BUCKETS):
        table = carry_of_bucket(folder, int(bucket), before)
        if table is not None:
            tables.append(table.filter(pc.is_in(table["account"], value_set=pa.array(accounts))))
    found = pa.concat_tables(tables, promote_options="default") if tables else None
    return found.sort_by("account") if found else None


def carry_of_bucket(folder: Path, bucket: int, before: int | None = None) -> pa.Table | None:
    """The states that a day hands on for a bucket, by account, as after all its revisions."""
    tables: list[pa.Table] = []
    known = np.empty(0, np.int64)
    for revision in revisions_of(folder, CARRY):
        if before is not None and revision >= before:
            continue
        with Groups(sealed_path(folder, CARRY, revision)) as file:
            for group in file.of(bucket):
                table = file.read(group)
                here = table["account"].to_numpy()
                if known.size:
                    table = table.filter(pa.array(np.isin(here, known, invert=True)))
                tables.append(table)
                known = np.union1d(known, here) if revision else known
    if not tables or not known.size:
        return tables[0] if tables else None
    whole = pa.concat_tables(tables, promote_options="default").sort_by("account")
    return whole.filter(pc.invert(_is_nothing(whole)))


def _is_nothing(carry: pa.Table) -> pa.Array:
    """Which states say only that nothing is handed on any more."""
    nothing = pc.is_null(carry["route_class"])
    for name in carry.column_names:
        if "." in name:
            nothing = pc.and_(nothing, pc.equal(pc.fill_null(carry[name], 0), 0))
    return nothing


class _Revision:
    """The taps of a revision beside its prices, which have the same rows in the same groups."""

    def __init__(self, folder: Path, number: int, schema: pa.Schema, files: ExitStack) -> None:
        self._schema = schema
        self.taps = files.enter_context(Groups(sealed_path(folder, TAPS, number)))
        self._prices = None
        if any(name in ROW_SCHEMA.names for name in schema.names):
            self._prices = files.enter_context(Groups(sealed_path(folder, PRICES, number)))

    def read(self, group: int) -> pa.Table:
        """A row group's columns, those of the taps and those of the prices."""
        columns: dict[str, pa.ChunkedArray] = {}
        for file in (self.taps, self._prices):
            if file is not None:
                mine = [name for name in self._schema.names if name in file.names]
                table = file.read(group, mine)
                columns |= dict(zip(table.column_names, table.columns, strict=True))
        arrays = [columns[name] for name in self._schema.names]
        return pa.Table.from_arrays(arrays, schema=self._schema)


@contextmanager
def _revisions(
    folder: Path, columns: list[str] | None, before: int | None = None
) -> Iterator[list[_Revision]]:
    """The revisions of a day, newest first."""
    schema = _nothing(columns).schema
    numbers = [n for n in revisions_of(folder, TAPS) if before is None or n < before]
    with ExitStack() as files:
        yield [_Revision(folder, number, schema, files) for number in numbers]


def _nothing(columns: list[str] | None) -> pa.Table:
    """No rows of the columns of taps and prices. `KeyError` names one that is neither's."""
    fields = {field.name: field for schema in (TAP_SCHEMA, ROW_SCHEMA) for field in schema}
    return pa.schema([fields[name] for name in columns or fields]).empty_table()
