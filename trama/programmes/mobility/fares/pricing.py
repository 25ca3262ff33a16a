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

from trama.programmes.mobility.fares.arrays import Legs, Part, Rows, Work
from trama.programmes.mobility.fares.carry import (
    ACCOUNT,
    PREVIOUS_S,
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
from trama.programmes.mobility.fares.lookups import rules_in
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
    ends_at_s = -1 if ends_at_s is None else ends_at_s
    spans = _spans(columns.legs, before, tariff, ends_at_s)
    work = Work(
        legs=columns.legs,
        meanings=meanings_of(columns, tariff, agreement),
        rules=rules_in(tariff),
        spans=spans,
        before=before,
        rows=Rows._make(
            np.empty(taps.num_rows, field.type.to_pandas_dtype()) for field in ROW_SCHEMA
        ),
        ends_at_s=ends_at_s,
        ends_span=int(np.searchsorted(spans.begins_s, ends_at_s, "right")) - 1,
    )
    parts = _price_parts(work, columns, tariff, agreement, threads)
    rows = work.rows if order is None else Rows._make(_put_back(c, order) for c in work.rows)
    table = pa.Table.from_arrays([pa.array(column) for column in rows], schema=ROW_SCHEMA)
    return Priced(rows=table, carry=write_carry(parts, tariff, routes))


def _order(legs: Legs) -> npt.NDArray[np.int64] | None:
    if is_ordered(legs.account, legs.at_s):
        return None
    return order_of(legs.account, legs.at_s)


def _arranged(legs: Legs, order: npt.NDArray[np.int64]) -> Legs:
    # A column under several names is laid out once.
    done = {column.ctypes.data: column for column in legs}
    done = {address: column[order] for address, column in done.items()}
    return read_only(Legs._make(done[column.ctypes.data] for column in legs))


def _put_back(column: npt.NDArray[np.generic], order: npt.NDArray[np.int64]) -> object:
    given = np.empty_like(column)
    given[order] = column
    return given


def _spans(legs: Legs, before: Carried, tariff: Tariff, ends_at_s: int) -> Spans:
    instants = [
        int(end)
        for c in (legs.at_s, before.instants[PREVIOUS_S])
        if c.size
        for end in (c.min(), c.max())
    ]
    if ends_at_s >= 0:
        instants.append(ends_at_s)
    return spans_of(tariff, min(instants, default=0), max(instants, default=0))


def _price_parts(
    work: Work, columns: Columns, tariff: Tariff, agreement: Agreement | None, threads: int
) -> list[Carried]:
    """Price runs of whole accounts, one a thread: the states they hand on, by account."""
    # As unsigned numbers the rows without an account are the last.
    strangers = int(np.searchsorted(work.legs.account.view(np.uint64), np.uint64(2**63)))
    parts = _parts(work.legs.account[:strangers], work.before.instants[ACCOUNT], threads)
    if len(parts) == 1:
        done = [_price_part(work, tariff, parts[0])]
    else:
        with ThreadPoolExecutor(threads) as pool:
            done = list(pool.map(lambda part: _price_part(work, tariff, part), parts))
    journeys = 0
    for part, (_, made, refused) in zip(parts, done, strict=True):
        if refused >= 0:
            refuse(columns, tariff, agreement, refused)
        if journeys:
            journey = work.rows.journey[part.begin : part.end]
            np.add(journey, journeys, out=journey, where=journey >= 0)
        journeys += made
    _, refused = price_strangers(work, strangers, work.legs.account.size, journeys)
    if refused >= 0:
        refuse(columns, tariff, agreement, refused)
    return [after for after, _, _ in done]


def _parts(account: Int64, carried: Int64, threads: int) -> list[Part]:
    """Where each part begins and ends: rows, then carried states. Accounts are never cut."""
    cuts = [(0, 0)]
    for part in range(1, threads if account.size else 1):
        first = account[account.size * part // threads]
        cuts.append((int(np.searchsorted(account, first)), int(np.searchsorted(carried, first))))
    cuts.append((account.size, carried.size))
    return [Part(row, end, old, old_end) for (row, old), (end, old_end) in pairwise(cuts)]


def _price_part(work: Work, tariff: Tariff, part: Part) -> tuple[Carried, int, int]:
    """The states handed on, the number of journeys, and the row that was refused (-1: none)."""
    after = room_for(tariff, part.end - part.begin + part.carried_end - part.carried_begin)
    journeys, handed_on, refused = price_accounts(work, part, after)
    return Carried._make(states[:, :handed_on] for states in after), journeys, refused
