"""The compiled loop: legs in the order of (account, instant), one account after the other.

Everything is an index into a flat array; what a rule says was decided when the tables were made
(`lookups`, `local_time`). A list of rules that is empty costs one comparison, so a tariff without
transfers, programmes or caps does not pay for them.
"""

# Machine integers of every width meet here; the compiler knows their types, numpy's stubs do not.
# mypy: disable-error-code="no-any-return,return-value,assignment,arg-type"
# A loop has no keywords to pass. Steps take arrays, not records of arrays: unpacking a record in
# each of them made the compiler ten times slower and the loop five times.
# ruff: noqa: PLR0917

import numpy as np
import numpy.typing as npt

from trama.programmes.mobility.fares.arrays import (
    BOARDED,
    FIRST,
    FROM,
    JOURNEY,
    KIND,
    LEG_SPAN,
    LINE,
    MADE,
    PREVIOUS,
    SPLIT,
    TENDER,
    Carry,
    Legs,
    Meanings,
    Part,
    Rows,
    State,
)
from trama.programmes.mobility.fares.carry import ACCOUNT
from trama.programmes.mobility.fares.compiler import compiled, inlined
from trama.programmes.mobility.fares.local_time import SCHOOL, Spans
from trama.programmes.mobility.fares.lookups import (
    ANY_ROUTE,
    CAPS,
    CODE,
    END_COUNT,
    FIRST_COUNT,
    OFF_BPS,
    OWN,
    PAYS_BPS,
    PRICE_MINOR,
    PROGRAMMES,
    SCHOOL_ONLY,
    SINGLE,
    TO,
    Rules,
)
from trama.programmes.mobility.fares.rules import CAP_SHIFT, TRANSFER_SHIFT
from trama.programmes.mobility.fares.splitting import split_journey
from trama.programmes.mobility.fares.states import (
    clear,
    end_journey,
    enter,
    in_time,
    is_nothing,
    load,
    may_continue,
    save,
    span_of,
)

Int32 = npt.NDArray[np.int32]
Int64 = npt.NDArray[np.int64]
LAST_ACCOUNT = np.iinfo(np.int64).max


@compiled
def price_accounts(
    legs: Legs,
    meanings: Meanings,
    rules: Rules,
    spans: Spans,
    carry: Carry,
    rows: Rows,
    state: State,
    part: Part,
) -> tuple[int, int, int]:
    """Price the accounts of `part`, into `rows` and `carry.after`. Journeys are numbered from 0.

    With `ends_at_s` >= 0 the states handed on are as of just before that instant, and what cannot
    matter from then on is left out. Returns the number of journeys, the number of states handed
    on, and -1; or, when row i cannot be priced, (0, 0, i): no fare rule matches it, or it is
    earlier than what was carried. `state` is the loop's to write on.
    """
    account = legs.account
    (was_instants, was_numbers), (instants, numbers), ends_at_s, ends_span, longest_s = carry
    transfers_from, lists, transfers = rules.transfers_from, rules.lists, rules.transfers
    begins_s, days, periods = spans
    now, sums = state
    no_class = transfers_from.shape[0] - 1
    now[JOURNEY] = -1
    row = part.begin
    old = part.carried_begin
    new = 0
    while row < part.end or old < part.carried_end:
        mine = account[row] if row < part.end else LAST_ACCOUNT
        if old < part.carried_end and was_instants[ACCOUNT, old] <= mine:
            owner = was_instants[ACCOUNT, old]
            load(was_instants, was_numbers, old, begins_s, now, sums)
            old += 1
        else:
            owner = mine
            clear(no_class, now, sums)
        if owner == mine:
            row = _price_account(legs, meanings, rules, spans, rows, state, row, part.end)
            if row < 0:
                return 0, 0, -1 - row
        if now[PREVIOUS] < ends_at_s:
            enter(np.uintp(max(ends_span, 0)), days, periods, now, sums)
            over = ends_at_s - now[PREVIOUS] > longest_s
            if over or not may_continue(ends_at_s, transfers_from, lists, transfers, now):
                end_journey(no_class, ends_at_s - 1, now)
        if not is_nothing(no_class, now, sums):
            save(owner, instants, numbers, new, now, sums)
            new += 1
    return now[JOURNEY] + 1, new, -1


@inlined
def _price_account(  # noqa: PLR0915 - the steps of one leg, in their order
    legs: Legs,
    meanings: Meanings,
    rules: Rules,
    spans: Spans,
    rows: Rows,
    state: State,
    row: int,
    end: int,
) -> int:
    """Price the account whose first row is `row`: the row after its last, or -1 - a refused row."""
    account, at_s, route, agency, operator, medium, category, direction = legs
    class_of_route, class_of_agency, media, of_category, of_operator, off, weight, size = meanings
    cases, kinds, transfers_from, lists, transfers, programmes, limits = rules
    begins_s, days, periods = spans
    now, sums = state
    mine = account[row]
    opened = row
    several = False
    while row < end and account[row] == mine:
        here = np.uintp(row)
        if off[direction[here]]:
            _alight(rows, here, now)
            row += 1
            continue
        where = _class_of(class_of_route[route[here]], class_of_agency, agency[here])
        way = media[medium[here], KIND] + of_category[category[here]]
        kind = np.uintp(where * size + way)
        case = np.uintp(of_operator[operator[here]] + kind)
        fare = np.int64(cases[case, OWN])
        if fare < 0 or at_s[here] < now[PREVIOUS]:
            return -1 - row
        span = np.uintp(span_of(at_s[here], begins_s, now[LEG_SPAN]))
        now[LEG_SPAN] = span
        same_day = enter(span, days, periods, now, sums)
        tried = transfers_from[np.uintp(now[FROM]), kinds[kind, TO]]
        transfer = _transfer(lists, np.uintp(tried), route[here], at_s[here], transfers, now)
        continues = transfer >= 0 and same_day and now[BOARDED] >= 0
        if several and not continues:
            _split(media[medium[opened], SPLIT], weight, operator, rows, opened, row)
        opened = opened if continues else row
        several = continues
        if transfer >= 0:
            fare = _changed(fare, np.uintp(transfer), transfers)
        _board(transfer, at_s[here], where, route[here], now)
        payers, school = np.uintp(kinds[kind, PROGRAMMES]), days[span, SCHOOL]
        programme, paid = _paid(lists, payers, fare, school, programmes, limits, sums)
        cap, fare = _capped(lists, np.uintp(kinds[kind, CAPS]), fare - paid, limits, sums)
        code = cases[case, CODE] | ((transfer + 1) << TRANSFER_SHIFT) | ((cap + 1) << CAP_SHIFT)
        tender = media[medium[here], TENDER]
        single = cases[case, SINGLE]
        _write(rows, here, now[JOURNEY], now[MADE], single, fare, paid, programme, tender, code)
        row += 1
    if several:
        _split(media[medium[opened], SPLIT], weight, operator, rows, opened, row)
    return row


@compiled
def price_strangers(
    legs: Legs, meanings: Meanings, rules: Rules, rows: Rows, begin: int, end: int, journeys: int
) -> int:
    """Price rows without an account: each boarding is a journey of its own, numbered on from
    `journeys`. Returns the row that cannot be priced for no fare rule matches it; -1: none."""
    _, _, route, agency, operator, medium, category, direction = legs
    class_of_route, class_of_agency, media, of_category, of_operator, off, _, size = meanings
    cases = rules.cases
    for place in range(begin, end):
        row = np.uintp(place)
        if off[direction[row]]:
            _write(rows, row, -1, 0, 0, 0, 0, 0, 1, 0)
            continue
        where = _class_of(class_of_route[route[row]], class_of_agency, agency[row])
        kind = where * size + media[medium[row], KIND] + of_category[category[row]]
        case = np.uintp(of_operator[operator[row]] + kind)
        fare = np.int64(cases[case, OWN])
        if fare < 0:
            return place
        tender = media[medium[row], TENDER]
        _write(rows, row, journeys, 0, cases[case, SINGLE], fare, 0, 0, tender, cases[case, CODE])
        journeys += 1
    return -1


@inlined
def _alight(rows: Rows, row: int, now: Int64) -> None:
    made = now[MADE] if now[BOARDED] >= 0 else 0
    _write(rows, row, now[BOARDED], made, 0, 0, 0, 0, 1, 0)


@inlined
def _class_of(by_route: int, class_of_agency: Int32, agency: int) -> int:
    return by_route if by_route >= 0 else class_of_agency[agency]


@inlined
def _transfer(lists: Int32, tried: int, route: int, at_s: int, transfers: Int64, now: Int64) -> int:
    """The first rule of the list `tried` by which a leg continues the journey; -1: none."""
    place = np.uintp(0)
    while lists[tried, place] >= 0:
        rule = np.uintp(lists[tried, place])
        other = transfers[rule, ANY_ROUTE] or np.int64(route) != now[LINE]
        if other and in_time(rule, at_s, transfers, now):
            return np.int64(rule)
        place += np.uintp(1)
    return np.int64(-1)


@inlined
def _changed(fare: int, transfer: int, transfers: Int64) -> int:
    off = (fare * transfers[transfer, OFF_BPS] + 5000) // 10_000
    return min(fare - off, transfers[transfer, PRICE_MINOR])


@inlined
def _board(transfer: int, at_s: int, where: int, route: int, now: Int64) -> None:
    if transfer >= 0:
        now[MADE] += 1
    else:
        now[MADE] = 0
        now[FIRST] = at_s
    if transfer < 0 or now[BOARDED] < 0:
        now[JOURNEY] += 1
        now[BOARDED] = now[JOURNEY]
    now[PREVIOUS] = at_s
    now[FROM] = where
    now[LINE] = np.int64(route)


@inlined
def _paid(
    lists: Int32,
    tried: int,
    fare: int,
    school: int,
    programmes: Int32,
    limits: Int32,
    sums: Int32,
) -> tuple[int, int]:
    """The programme that pays (its number from 1; 0: none) and what it pays."""
    place = np.uintp(0)
    while lists[tried, place] >= 0:
        rule = np.uintp(lists[tried, place])
        first = programmes[rule, FIRST_COUNT]
        end = programmes[rule, END_COUNT]
        room = school >= programmes[rule, SCHOOL_ONLY]
        for count in range(first, end):
            room = room and sums[np.uintp(count)] < limits[np.uintp(count)]
        if room:
            paid = (fare * np.int64(programmes[rule, PAYS_BPS]) + 5000) // 10_000
            if paid == 0:
                return np.int64(0), np.int64(0)
            for count in range(first, end):
                sums[np.uintp(count)] += 1
            return np.int64(rule) + 1, paid
        place += np.uintp(1)
    return np.int64(0), np.int64(0)


@inlined
def _capped(lists: Int32, tried: int, fare: int, limits: Int32, sums: Int32) -> tuple[int, int]:
    """The cap that limits `fare` (-1: none) and what it leaves; every matching cap adds it up."""
    limiting = np.int64(-1)
    place = np.uintp(0)
    while lists[tried, place] >= 0:
        cap = np.uintp(lists[tried, place])
        room = np.int64(max(limits[cap] - sums[cap], 0))
        if room < fare:
            fare = room
            limiting = np.int64(cap)
        place += np.uintp(1)
    place = np.uintp(0)
    while lists[tried, place] >= 0:
        sums[np.uintp(lists[tried, place])] += fare
        place += np.uintp(1)
    return limiting, fare


@inlined
def _split(how: int, weight: Int64, operator: Int32, rows: Rows, begin: int, end: int) -> None:
    split_journey(
        how,
        weight,
        operator,
        rows.fare_minor,
        rows.programme_minor,
        rows.rule,
        rows.share_minor,
        begin,
        end,
    )


@inlined
def _write(
    rows: Rows,
    row: int,
    journey: int,
    leg: int,
    single: int,
    fare: int,
    paid: int,
    programme: int,
    tender: int,
    code: int,
) -> None:
    rows.journey[row] = journey
    rows.leg[row] = leg
    rows.single_minor[row] = single
    rows.fare_minor[row] = fare
    rows.programme_minor[row] = paid
    rows.programme[row] = programme
    rows.tendered_minor[row] = fare if tender == 1 else (fare + tender - 1) // tender * tender
    rows.share_minor[row] = fare + paid
    rows.rule[row] = code
