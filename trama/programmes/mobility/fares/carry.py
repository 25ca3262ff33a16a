"""What one call of `price` hands to the next: the state of each account, as a table.

| column | |
|---|---|
| account | int64, ascending, one row an account |
| previous_s | instant of the last boarding; sums and counters are as of this instant |
| first_s | first boarding of the journey in progress; null: none is |
| transfers | transfers made in that journey |
| route_class, route | of its last leg, as text |
| spent.CAP | minor units that the rider has spent under a cap in its current period |
| day.PROGRAMME, semester.PROGRAMME, year.PROGRAMME | boardings it paid, where it has a limit |

Rules are named, not numbered, so a state survives a change of tariff: a cap of the same code goes
on, a new one begins at zero.
"""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from trama.programmes.mobility.fares.lookups import places_in, sums_in
from trama.programmes.mobility.fares.vocabulary import Tariff

Int32 = npt.NDArray[np.int32]
Int64 = npt.NDArray[np.int64]
NO_ROUTE = -1
_TEXT = pa.dictionary(pa.int32(), pa.string())


ACCOUNT, PREVIOUS_S, FIRST_S = range(3)
"""Rows of `Carried.instants`."""
TRANSFERS, CLASS, ROUTE, SUMS = range(4)
"""Rows of `Carried.numbers`; from SUMS on: `sums_in`."""


class Carried(NamedTuple):
    """The state of accounts, one a column. The class is a place, the route a number of the call;
    where no journey is in progress the class is the place after the last."""

    instants: Int64
    numbers: Int32


def room_for(tariff: Tariff, accounts: int) -> Carried:
    """Arrays for the state of so many accounts, not yet filled in."""
    sums = len(sums_in(tariff))
    return Carried(
        instants=np.empty((FIRST_S + 1, accounts), np.int64),
        numbers=np.empty((SUMS + sums, accounts), np.int32),
    )


def carry_schema(tariff: Tariff) -> pa.Schema:
    """The columns of a carry table under `tariff`."""
    return pa.schema(
        [
            pa.field("account", pa.int64(), nullable=False),
            pa.field("previous_s", pa.int64(), nullable=False),
            pa.field("first_s", pa.int64()),
            pa.field("transfers", pa.int32(), nullable=False),
            pa.field("route_class", _TEXT),
            pa.field("route", _TEXT),
            *(pa.field(name, pa.int32(), nullable=False) for name, _, _ in sums_in(tariff)),
        ]
    )


def no_carry(tariff: Tariff) -> pa.Table:
    """A carry table without accounts."""
    return carry_schema(tariff).empty_table()


def with_carried(routes: list[str | None], carry: pa.Table) -> list[str | None]:
    """The routes of the call, by number, followed by those that only `carry` knows."""
    if "route" not in carry.column_names:
        return routes
    known = set(routes)
    return routes + [route for route in carry["route"].unique().to_pylist() if route not in known]


def read_carry(carry: pa.Table, tariff: Tariff, routes: list[str | None]) -> Carried:
    """A carry table as arrays; `routes` are all its routes and the call's, by number.

    `ValueError` when a column is missing or accounts are not strictly ascending.
    """
    missing = {"account", "previous_s", "first_s", "transfers"} - set(carry.column_names)
    if missing:
        raise ValueError(f"the carry table has no column {sorted(missing)}")
    state = room_for(tariff, carry.num_rows)
    instants, numbers = state
    instants[ACCOUNT] = carry["account"].to_numpy()
    if np.any(instants[ACCOUNT, 1:] <= instants[ACCOUNT, :-1]):
        raise ValueError("the accounts of the carry table are not strictly ascending")
    instants[PREVIOUS_S] = carry["previous_s"].to_numpy()
    instants[FIRST_S] = pc.fill_null(carry["first_s"], 0).to_numpy()
    numbers[TRANSFERS:] = 0
    numbers[TRANSFERS] = carry["transfers"].to_numpy()
    places = places_in(tariff).classes
    numbers[CLASS] = _numbered(carry, "route_class", places, len(places))
    known = {route: number for number, route in enumerate(routes)}
    numbers[ROUTE] = _numbered(carry, "route", known, known.get(None, NO_ROUTE))
    for row, (name, _, _) in enumerate(sums_in(tariff), SUMS):
        if name in carry.column_names:
            numbers[row] = carry[name].to_numpy()
    return state


def _numbered(
    carry: pa.Table, name: str, numbers: Mapping[str, int] | Mapping[str | None, int], other: int
) -> Int32 | int:
    if name not in carry.column_names or carry.num_rows == 0:
        return other
    column = carry[name].cast(_TEXT).unify_dictionaries().combine_chunks()
    column = column.chunk(0) if isinstance(column, pa.ChunkedArray) else column
    by_index = [numbers.get(text, other) for text in column.dictionary.to_pylist()]
    table = np.array([*by_index, other], np.int32)
    indices = column.indices.fill_null(len(by_index)).to_numpy(zero_copy_only=False)
    return np.asarray(table[indices], np.int32)


def write_carry(parts: list[Carried], tariff: Tariff, routes: list[str | None]) -> pa.Table:
    """Arrays as a carry table; the parts follow each other by account."""
    tables = [_table(part, tariff, routes) for part in parts]
    return pa.concat_tables(tables).unify_dictionaries().combine_chunks()


def _table(state: Carried, tariff: Tariff, routes: list[str | None]) -> pa.Table:
    classes = [rule.code for rule in tariff.route_classes]
    instants, numbers = state
    none = numbers[CLASS] == len(classes)
    columns = [
        pa.array(instants[ACCOUNT]),
        pa.array(instants[PREVIOUS_S]),
        pa.array(instants[FIRST_S], mask=none),
        pa.array(numbers[TRANSFERS]),
        _texts(numbers[CLASS], none, classes),
        _texts(numbers[ROUTE], none | (len(routes) == 0), routes),
        *(pa.array(row) for row in numbers[SUMS:]),
    ]
    return pa.Table.from_arrays(columns, schema=carry_schema(tariff))


def _texts(
    numbers: Int32, none: npt.NDArray[np.bool_], texts: list[str] | list[str | None]
) -> pa.DictionaryArray:
    # Only the texts in use, in their own order, so that equal states make equal tables.
    used = np.unique(numbers[~none])
    names = sorted({text for number in used if (text := texts[number]) is not None})
    place = {name: index for index, name in enumerate(names)}
    index = np.full(max(len(texts), 1), -1, np.int32)
    for number in used:
        index[number] = place.get(texts[number] or "", -1)
    indices = np.where(none, -1, index[np.where(none, 0, numbers)]).astype(np.int32)
    return pa.DictionaryArray.from_arrays(
        pa.array(indices, mask=indices < 0), pa.array(names, pa.string())
    )
