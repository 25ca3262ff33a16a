"""The compiled loop: legs in the order of (account, instant), one account after the other.

Everything is an index into a flat array; what a rule says was decided when the tables were made
(`lookups`, `local_time`). A list of rules that is empty costs one comparison, so a tariff without
transfers, programmes or caps does not pay for them.
"""

# Machine integers of every width meet here; the compiler knows their types, numpy's stubs do not.
# mypy: disable-error-code="no-any-return,return-value,assignment,arg-type"
# A loop has no keywords to pass, and a record for two numbers would hide more than it names.
# ruff: noqa: PLR0917

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from trama.programmes.mobility.fares.carry import NO_ROUTE, Carried
from trama.programmes.mobility.fares.compiler import compiled, inlined
from trama.programmes.mobility.fares.local_time import Spans
from trama.programmes.mobility.fares.lookups import BY_BOARDING, BY_FIXED_SHARE, NO_LIMIT, Rules
from trama.programmes.mobility.fares.rules import CAP_SHIFT, TRANSFER_SHIFT

Int32 = npt.NDArray[np.int32]
Int64 = npt.NDArray[np.int64]
UInt8 = npt.NDArray[np.uint8]

LAST_ACCOUNT = np.iinfo(np.int64).max
PREVIOUS_S, FIRST_S, TRANSFERS, CLASS, ROUTE, SPAN, JOURNEY, BOARDED, LEG_SPAN, OLD_SPAN = range(10)
"""Where the state of an account keeps what. BOARDED is the journey of its last leg in this call;
LEG_SPAN and OLD_SPAN are where the last leg and the last carried state were found in time."""


class Legs(NamedTuple):
    """The columns of the taps, as numbers. A column that no rule reads may be any other column."""

    account: Int64
    at_s: Int64
    route: Int32
    agency: Int32
    operator: Int32
    medium: Int32
    category: Int32
    direction: Int32


class Meanings(NamedTuple):
    """What the numbers of a call's columns mean in the tables, by number."""

    class_of_route: Int32
    class_of_agency: Int32
    kind_of_medium: Int32
    kind_of_category: Int32
    case_of_operator: Int32
    off: UInt8
    split_of_medium: Int32
    weight: Int64
    tender_of_medium: Int32
    kinds_per_class: int


class Rows(NamedTuple):
    """The columns of the result, in the order of the legs."""

    journey: Int32
    leg: UInt8
    single_minor: Int32
    fare_minor: Int32
    programme_minor: Int32
    programme: UInt8
    tendered_minor: Int32
    share_minor: Int32
    rule: npt.NDArray[np.uint32]


class Work(NamedTuple):
    """What every part of a call shares. `ends_at_s` is -1 when nobody said when the call ends."""

    legs: Legs
    meanings: Meanings
    rules: Rules
    spans: Spans
    before: Carried
    rows: Rows
    ends_at_s: int
    ends_span: int


class Part(NamedTuple):
    """A run of whole accounts: their rows, and their states in `Work.before`."""

    begin: int
    end: int
    carried_begin: int
    carried_end: int


class State(NamedTuple):
    """One account's state: see PREVIOUS_S and its neighbours; spent by cap; counts by programme."""

    now: Int64
    spent: Int32
    counts: Int32


@compiled
def price_accounts(work: Work, part: Part, after: Carried) -> tuple[int, int, int]:
    """Price the accounts of `part`, into `work.rows` and `after`. Journeys are numbered from 0.

    With `ends_at_s` >= 0 the states handed on are as of just before that instant, and what cannot
    matter from then on is left out. Returns the number of journeys, the number of states handed
    on, and -1; or, when row i cannot be priced, (0, 0, i): no fare rule matches it, or it is
    earlier than what was carried.
    """
    before = work.before
    state = State(
        np.zeros(10, np.int64),
        np.zeros(before.spent.shape[0], np.int32),
        np.zeros(before.counts.shape[0], np.int32),
    )
    state.now[JOURNEY] = -1
    row = part.begin
    old = part.carried_begin
    new = 0
    while row < part.end or old < part.carried_end:
        account = work.legs.account[row] if row < part.end else LAST_ACCOUNT
        if old < part.carried_end and before.account[old] <= account:
            carried = before.account[old]
            _load(work, old, state)
            old += 1
        else:
            carried = account
            _clear(work, state)
        if carried == account and row < part.end:
            row = _price_account(work, state, row, part.end)
            if row < 0:
                return 0, 0, -1 - row
        new = _hand_on(work, carried, state, after, new)
    return state.now[JOURNEY] + 1, new, -1


@compiled
def price_strangers(work: Work, begin: int, end: int, journeys: int) -> tuple[int, int]:
    """Price rows without an account: each boarding is a journey of its own, numbered on from
    `journeys`. Returns the number of all journeys and -1, or 0 and the row that has no fare."""
    legs, meanings, rules, rows = work.legs, work.meanings, work.rules, work.rows
    for row in range(begin, end):
        if meanings.off[legs.direction[row]]:
            _alight(rows, row, -1, 0)
            continue
        route_class = _class_of(legs, meanings, row)
        kind = _kind_of(legs, meanings, row, route_class)
        case = meanings.case_of_operator[legs.operator[row]] + kind
        fare = rules.own_minor[case]
        if fare < 0:
            return 0, row
        rows.journey[row] = journeys
        rows.leg[row] = 0
        rows.single_minor[row] = rules.single_minor[case]
        rows.fare_minor[row] = fare
        rows.programme_minor[row] = 0
        rows.programme[row] = 0
        rows.tendered_minor[row] = _tendered(fare, meanings.tender_of_medium[legs.medium[row]])
        rows.share_minor[row] = fare
        rows.rule[row] = rules.code[case]
        journeys += 1
    return journeys, -1


@inlined
def _price_account(work: Work, state: State, row: int, end: int) -> int:
    """Price the account whose first row is `row`: the row after its last, or -1 - a refused row."""
    legs, meanings, rows = work.legs, work.meanings, work.rows
    account = legs.account[row]
    opened = row
    several = False
    while row < end and legs.account[row] == account:
        if meanings.off[legs.direction[row]]:
            _alight(rows, row, state.now[BOARDED], state.now[TRANSFERS])
            row += 1
            continue
        continues = _price_leg(work, state, row)
        if continues < 0:
            return -1 - row
        if continues:
            several = True
        else:
            if several:
                _split(work, opened, row)
            several = False
            opened = row
        row += 1
    if several:
        _split(work, opened, row)
    return row


@inlined
def _price_leg(work: Work, state: State, row: int) -> int:
    """Price one boarding. 1: it continues the journey of the leg before on the same service day of
    this call; 0: it does not; -1: it has no fare, or is earlier than the state of its account."""
    legs, rules, spans, now = work.legs, work.rules, work.spans, state.now
    at_s = legs.at_s[row]
    route_class = _class_of(legs, work.meanings, row)
    kind = _kind_of(legs, work.meanings, row, route_class)
    case = work.meanings.case_of_operator[legs.operator[row]] + kind
    fare = rules.own_minor[case]
    if fare < 0 or at_s < now[PREVIOUS_S]:
        return -1
    now[LEG_SPAN] = _span_of(at_s, spans, now[LEG_SPAN])
    same_day = _enter(now[LEG_SPAN], spans, state)
    transfer = _transfer(legs.route[row], kind, at_s, rules, now)
    continues = transfer >= 0 and same_day and now[BOARDED] >= 0
    if transfer >= 0:
        off = (fare * np.int64(rules.transfer_bps[transfer]) + 5000) // 10_000
        fare = min(fare - off, rules.transfer_minor[transfer])
    _board(transfer, at_s, route_class, legs.route[row], now)
    programme, paid = _paid(kind, fare, spans.school[now[SPAN]], rules, state.counts)
    cap, rider = _capped(kind, fare - paid, rules, state.spent)
    code = rules.code[case] | ((transfer + 1) << TRANSFER_SHIFT) | ((cap + 1) << CAP_SHIFT)
    _write(work, row, now, rules.single_minor[case], rider, paid, programme, code)
    return 1 if continues else 0


@inlined
def _board(transfer: int, at_s: int, route_class: int, route: int, now: Int64) -> None:
    if transfer >= 0:
        now[TRANSFERS] += 1
    else:
        now[TRANSFERS] = 0
        now[FIRST_S] = at_s
    if transfer < 0 or now[BOARDED] < 0:
        now[JOURNEY] += 1
        now[BOARDED] = now[JOURNEY]
    now[PREVIOUS_S] = at_s
    now[CLASS] = route_class
    now[ROUTE] = route


@inlined
def _write(
    work: Work,
    row: int,
    now: Int64,
    single: int,
    rider: int,
    paid: int,
    programme: int,
    code: int,
) -> None:
    rows = work.rows
    tender = work.meanings.tender_of_medium[work.legs.medium[row]]
    rows.journey[row] = now[JOURNEY]
    rows.leg[row] = now[TRANSFERS]
    rows.single_minor[row] = single
    rows.fare_minor[row] = rider
    rows.programme_minor[row] = paid
    rows.programme[row] = programme
    rows.tendered_minor[row] = _tendered(rider, tender)
    rows.share_minor[row] = rider + paid
    rows.rule[row] = code


@inlined
def _class_of(legs: Legs, meanings: Meanings, row: int) -> int:
    route_class = meanings.class_of_route[legs.route[row]]
    if route_class < 0:
        route_class = meanings.class_of_agency[legs.agency[row]]
    return route_class


@inlined
def _kind_of(legs: Legs, meanings: Meanings, row: int, route_class: int) -> int:
    return (
        route_class * meanings.kinds_per_class
        + meanings.kind_of_medium[legs.medium[row]]
        + meanings.kind_of_category[legs.category[row]]
    )


@inlined
def _alight(rows: Rows, row: int, journey: int, leg: int) -> None:
    rows.journey[row] = journey
    rows.leg[row] = leg if journey >= 0 else 0
    rows.single_minor[row] = 0
    rows.fare_minor[row] = 0
    rows.programme_minor[row] = 0
    rows.programme[row] = 0
    rows.tendered_minor[row] = 0
    rows.share_minor[row] = 0
    rows.rule[row] = 0


@inlined
def _tendered(fare: int, multiple: int) -> int:
    return fare if multiple == 1 else (fare + multiple - 1) // multiple * multiple


@inlined
def _span_of(at_s: int, spans: Spans, guess: int) -> int:
    if spans.begins_s[guess] <= at_s < spans.begins_s[guess + 1]:
        return guess
    return np.searchsorted(spans.begins_s, at_s, side="right") - 1


@inlined
def _enter(span: int, spans: Spans, state: State) -> bool:
    """Move the account's state on to `span`: sums of periods that are over become zero.
    Whether it is still the same service day."""
    was = state.now[SPAN]
    if span == was:
        return True
    state.now[SPAN] = span
    for cap in range(state.spent.size):
        if spans.cap_period[span, cap] != spans.cap_period[was, cap]:
            state.spent[cap] = 0
    for first in range(0, state.counts.size, 3):
        if spans.day[span] != spans.day[was]:
            state.counts[first] = 0
        if spans.semester[span] != spans.semester[was]:
            state.counts[first + 1] = 0
        if spans.year[span] != spans.year[was]:
            state.counts[first + 2] = 0
    return spans.day[span] == spans.day[was]


@inlined
def _transfer(route: int, kind: int, at_s: int, rules: Rules, now: Int64) -> int:
    """The transfer rule by which this leg continues the journey in progress; -1: none."""
    tried = rules.transfer_list[rules.group_from[now[CLASS]], rules.group_to[kind]]
    for place in range(rules.transfer_start[tried], rules.transfer_start[tried + 1]):
        rule = rules.transfer_rule[place]
        since_s = now[FIRST_S] if rules.from_first[rule] else now[PREVIOUS_S]
        in_time = at_s - since_s <= rules.within_s[rule]
        other = rules.any_route[rule] or route != now[ROUTE]
        if in_time and other and now[TRANSFERS] < rules.max_transfers[rule]:
            return rule
    return -1


@inlined
def _paid(kind: int, fare: int, school: int, rules: Rules, counts: Int32) -> tuple[int, int]:
    """The programme that pays (its number from 1; 0: none) and what it pays."""
    tried = rules.programme_list[kind]
    for place in range(rules.programme_start[tried], rules.programme_start[tried + 1]):
        rule = rules.programme_rule[place]
        room = (
            counts[3 * rule] < rules.room[rule, 0]
            and counts[3 * rule + 1] < rules.room[rule, 1]
            and counts[3 * rule + 2] < rules.room[rule, 2]
        )
        if room and (school or not rules.school_only[rule]):
            paid = (fare * np.int64(rules.pays_bps[rule]) + 5000) // 10_000
            if paid > 0:
                _count(rule, rules, counts)
                return rule + 1, paid
            return 0, np.int64(0)
    return 0, np.int64(0)


@inlined
def _count(programme: int, rules: Rules, counts: Int32) -> None:
    for step in range(3):
        # Only a limited counter is kept: others would be handed on for nothing.
        if rules.room[programme, step] != NO_LIMIT:
            counts[3 * programme + step] += 1


@inlined
def _capped(kind: int, fare: int, rules: Rules, spent: Int32) -> tuple[int, int]:
    """The cap that limits `fare` (-1: none) and what it leaves; every matching cap adds it up."""
    tried = rules.cap_list[kind]
    begin = rules.cap_start[tried]
    end = rules.cap_start[tried + 1]
    limiting = -1
    for place in range(begin, end):
        cap = rules.cap_rule[place]
        room = max(rules.cap_minor[cap] - spent[cap], 0)
        if room < fare:
            fare = np.int64(room)
            limiting = cap
    for place in range(begin, end):
        spent[rules.cap_rule[place]] += fare
    return limiting, fare


@compiled
def _split(work: Work, begin: int, end: int) -> None:
    """Share what the legs `begin` to before `end`, one journey on one day, cost together.
    Largest remainder; among equal ones the earliest leg."""
    rows = work.rows
    how = work.meanings.split_of_medium[work.legs.medium[begin]]
    if how < BY_BOARDING:
        return
    total = np.int64(0)
    weights = np.int64(0)
    for row in range(begin, end):
        total += rows.fare_minor[row] + rows.programme_minor[row]
        weights += _weight(work, how, row)
    left = total
    for row in range(begin, end):
        share = total * _weight(work, how, row) // weights
        rows.share_minor[row] = share
        left -= share
    remainder = weights
    row = end
    for _ in range(left):
        remainder, row = _next_remainder(work, how, begin, end, total, weights, remainder, row)
        rows.share_minor[row] += 1


@compiled
def _next_remainder(
    work: Work,
    how: int,
    begin: int,
    end: int,
    total: int,
    weights: int,
    last: int,
    last_row: int,
) -> tuple[int, int]:
    """What comes after (`last`, `last_row`) in the order of falling remainder, then of legs."""
    best = np.int64(-1)
    chosen = end
    for row in range(begin, end):
        weight = _weight(work, how, row)
        remainder = total * weight % weights
        later = remainder < last or (remainder == last and row > last_row)
        if weight > 0 and later and remainder > best:
            best = remainder
            chosen = row
    return best, chosen


@inlined
def _weight(work: Work, how: int, row: int) -> int:
    if work.rows.rule[row] == 0:
        return 0
    if how == BY_BOARDING:
        return 1
    return work.meanings.weight[how - BY_FIXED_SHARE, work.legs.operator[row]]


@inlined
def _clear(work: Work, state: State) -> None:
    state.now[PREVIOUS_S] = 0
    state.now[FIRST_S] = 0
    state.now[TRANSFERS] = 0
    state.now[CLASS] = work.rules.group_from.size - 1
    state.now[ROUTE] = NO_ROUTE
    state.now[BOARDED] = -1
    state.spent[:] = 0
    state.counts[:] = 0


@inlined
def _load(work: Work, place: int, state: State) -> None:
    before, now = work.before, state.now
    now[PREVIOUS_S] = before.previous_s[place]
    now[FIRST_S] = before.first_s[place]
    now[TRANSFERS] = before.transfers[place]
    now[CLASS] = before.route_class[place]
    now[ROUTE] = before.route[place]
    now[OLD_SPAN] = _span_of(before.previous_s[place], work.spans, now[OLD_SPAN])
    now[SPAN] = now[OLD_SPAN]
    now[BOARDED] = -1
    for cap in range(state.spent.size):
        state.spent[cap] = before.spent[cap, place]
    for counter in range(state.counts.size):
        state.counts[counter] = before.counts[counter, place]


@inlined
def _hand_on(work: Work, account: int, state: State, after: Carried, place: int) -> int:
    """Write the account's state to `after[place]`; the next free place."""
    now = state.now
    if now[PREVIOUS_S] < work.ends_at_s:
        _enter(work.ends_span, work.spans, state)
        if not _may_continue(work.rules, now, work.ends_at_s):
            if not state.spent.any() and not state.counts.any():
                return place
            now[CLASS] = work.rules.group_from.size - 1
            now[TRANSFERS] = 0
            now[ROUTE] = NO_ROUTE
            now[PREVIOUS_S] = work.ends_at_s - 1
    after.account[place] = account
    after.previous_s[place] = now[PREVIOUS_S]
    after.first_s[place] = now[FIRST_S]
    after.transfers[place] = now[TRANSFERS]
    after.route_class[place] = now[CLASS]
    after.route[place] = now[ROUTE]
    for cap in range(state.spent.size):
        after.spent[cap, place] = state.spent[cap]
    for counter in range(state.counts.size):
        after.counts[counter, place] = state.counts[counter]
    return place + 1


@compiled
def _may_continue(rules: Rules, now: Int64, at_s: int) -> bool:
    """Whether some leg at `at_s` or later could still continue the journey in progress."""
    group = rules.group_from[now[CLASS]]
    for to in range(rules.transfer_list.shape[1]):
        tried = rules.transfer_list[group, to]
        for place in range(rules.transfer_start[tried], rules.transfer_start[tried + 1]):
            rule = rules.transfer_rule[place]
            since_s = now[FIRST_S] if rules.from_first[rule] else now[PREVIOUS_S]
            in_time = at_s - since_s <= rules.within_s[rule]
            if in_time and now[TRANSFERS] < rules.max_transfers[rule]:
                return True
    return False
