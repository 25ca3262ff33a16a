"""What each tap costs. `price` checks and arranges; the compiled loop is in `kernel`.

    price(taps, tariff, agreement=agreement, carry=carry).rows

Nothing here knows Django, the clock or a file: tables go in and come out.
"""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from trama.programmes.mobility.fares.arrays import (
    NOW,
    Carry,
    Legs,
    Meanings,
    Part,
    Rows,
    State,
)
from trama.programmes.mobility.fares.carry import (
    ACCOUNT,
    PREVIOUS_S,
    SUMS,
    Carried,
    no_carry,
    read_carry,
    room_for,
    with_carried,
    write_carry,
)
from trama.programmes.mobility.fares.columns import (
    Columns,
    columns_of,
    compares_routes,
    meanings_of,
    read_only,
    refuse,
)
from trama.programmes.mobility.fares.kernel import price_accounts, price_strangers
from trama.programmes.mobility.fares.local_time import Spans, spans_of
from trama.programmes.mobility.fares.lookups import Rules, rules_in
from trama.programmes.mobility.fares.ordering import is_ordered, order_of
from trama.programmes.mobility.fares.rows import ROW_SCHEMA
from trama.programmes.mobility.fares.vocabulary import Agreement, Tariff

Int64 = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Priced:
    """`rows` in the order of the taps (`ROW_SCHEMA`); `carry` for the next call (its
    columns: `carry_schema`)."""

    rows: pa.Table
    carry: pa.Table


def price(
    taps: pa.Table,
    tariff: Tariff,
    *,
    agreement: Agreement | None = None,
    carry: pa.Table | None = None,
    ends_at_s: int | None = None,
    threads: int = 1,
) -> Priced:
    """Price `taps`, in any order, under `tariff`.

    Taps: `account` int64 (-1: none), `tapped_at_s` int64 (epoch seconds); texts, plain or
    dictionary encoded: `route`, `agency`, `operator`, `medium`, `category` (null: none) and
    `direction` (on, off, unknown; absent: all on). A column that no rule reads may be absent.

    Rows: `journey` (number in the call, by account, then in time; rows without an account last),
    `leg` (0 the first boarding), `single_minor` (before any reduction), `fare_minor` (the rider
    pays), `programme_minor` and `programme` (who pays it: place in `tariff.programmes` from 1, 0
    none), `tendered_minor` (what was put in the machine), `share_minor` (what the leg's operator
    earns; by `agreement`, else its own price), `rule` (see `rules`). A tap `off` is no boarding:
    all its amounts and its rule are 0, and it belongs to the account's last boarding in this call
    (journey -1: there is none).

    `carry` is what the call for the days before returned, and no tap may be earlier than it; a day
    after a day priced so, each a whole service day, is priced as if all were priced at once. With
    `ends_at_s`, the first instant after the taps, the carry leaves out what cannot matter from then
    on. The result does not depend on `threads`.

    Refused: `medium_unknown`, `route_unknown`, `fare_unknown` for the first such tap in the order
    of pricing; `split_unknown`, `share_unknown` for the agreement. `ValueError`: a column is
    missing or of another type, an instant or account is out of range, or a tap is before the
    carried state of its account.
    """
    columns = columns_of(taps, tariff, agreement)
    order = _order(columns.legs)
    if order is not None:
        columns = Columns(_arranged(columns.legs, order), columns.texts)
    carry = no_carry(tariff) if carry is None else carry
    routes = with_carried(columns.texts["route"], carry) if compares_routes(tariff) else []
    before = read_carry(carry, tariff, routes)
    work = _Work(
        tariff=tariff,
        columns=columns,
        meanings=meanings_of(columns, tariff, agreement),
        spans=_spans(columns.legs, before, tariff, ends_at_s),
        before=before,
        rows=empty_rows(taps.num_rows),
        ends_at_s=-1 if ends_at_s is None else ends_at_s,
    )
    parts = _price_parts(work, threads)
    rows = work.rows if order is None else Rows._make(_put_back(c, order) for c in work.rows)
    table = pa.Table.from_arrays([pa.array(column) for column in rows], schema=ROW_SCHEMA)
    return Priced(rows=table, carry=write_carry(parts, tariff, routes))


@dataclass(frozen=True, slots=True)
class _Work:
    """What every part of a call shares."""

    tariff: Tariff
    columns: Columns
    meanings: Meanings
    spans: Spans
    before: Carried
    rows: Rows
    ends_at_s: int


def empty_rows(rows: int) -> Rows:
    """Columns for the prices of so many taps, not yet filled in."""
    return Rows._make(np.empty(rows, field.type.to_pandas_dtype()) for field in ROW_SCHEMA)


def _order(legs: Legs) -> npt.NDArray[np.int64] | None:
    if is_ordered(legs.account, legs.at_s):
        return None
    return order_of(legs.account, legs.at_s)


def _arranged(legs: Legs, order: npt.NDArray[np.int64]) -> Legs:
    # A column under several names is laid out once.
    done = {column.ctypes.data: column for column in legs[2:]}
    done = {address: column[order] for address, column in done.items()}
    numbers = [done[column.ctypes.data] for column in legs[2:]]
    return read_only(legs.account[order], legs.at_s[order], numbers)


def _put_back(column: npt.NDArray[np.generic], order: npt.NDArray[np.int64]) -> object:
    given = np.empty_like(column)
    given[order] = column
    return given


def _spans(legs: Legs, before: Carried, tariff: Tariff, ends_at_s: int | None) -> Spans:
    columns = (legs.at_s, before.instants[PREVIOUS_S])
    instants = [
        int(end) for column in columns if column.size for end in (column.min(), column.max())
    ]
    if ends_at_s is not None:
        instants.append(ends_at_s)
    return spans_of(tariff, min(instants, default=0), max(instants, default=0))


def _price_parts(work: _Work, threads: int) -> list[Carried]:
    """Price runs of whole accounts, one a thread: the states they hand on, by account."""
    legs, rules = work.columns.legs, rules_in(work.tariff)
    # As unsigned numbers the rows without an account are the last.
    strangers = int(np.searchsorted(legs.account.view(np.uint64), np.uint64(2**63)))
    parts = _parts(legs.account[:strangers], work.before.instants[ACCOUNT], threads)
    if len(parts) == 1:
        done = [_price_part(work, rules, parts[0])]
    else:
        with ThreadPoolExecutor(threads) as pool:
            done = list(pool.map(lambda part: _price_part(work, rules, part), parts))
    journeys = 0
    for part, (_, made, refused) in zip(parts, done, strict=True):
        if refused >= 0:
            refuse(work.columns, work.tariff, work.meanings, refused)
        if journeys:
            journey = work.rows.journey[part.begin : part.end]
            np.add(journey, journeys, out=journey, where=journey >= 0)
        journeys += made
    shared = (legs, work.meanings, rules, work.rows)
    refused = price_strangers(*shared, strangers, legs.account.size, journeys)
    if refused >= 0:
        refuse(work.columns, work.tariff, work.meanings, refused)
    return [after for after, _, _ in done]


def _parts(account: Int64, carried: Int64, threads: int) -> list[Part]:
    """Where each part begins and ends: rows, then carried states. Accounts are never cut."""
    cuts = [(0, 0)]
    for part in range(1, threads if account.size else 1):
        first = account[account.size * part // threads]
        cuts.append((int(np.searchsorted(account, first)), int(np.searchsorted(carried, first))))
    cuts.append((account.size, carried.size))
    return [Part(row, end, old, old_end) for (row, old), (end, old_end) in pairwise(cuts)]


def _price_part(work: _Work, rules: Rules, part: Part) -> tuple[Carried, int, int]:
    """The states handed on, the number of journeys, and the row that was refused (-1: none)."""
    after = room_for(work.tariff, part.end - part.begin + part.carried_end - part.carried_begin)
    ends_span = int(np.searchsorted(work.spans.begins_s, work.ends_at_s, "right")) - 1
    longest_s = max((rule.window_s for rule in work.tariff.transfers), default=-1)
    journeys, handed_on, refused = price_accounts(
        work.columns.legs,
        work.meanings,
        rules,
        work.spans,
        Carry(work.before, after, work.ends_at_s, ends_span, longest_s),
        work.rows,
        State(np.zeros(NOW, np.int64), np.zeros(len(after.numbers) - SUMS, np.int32)),
        part,
    )
    return Carried._make(states[:, :handed_on] for states in after), journeys, refused
