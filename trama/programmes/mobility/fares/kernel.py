"""The compiled loop: legs in the order of (account, instant), one account after the other.

Everything is an index into a flat array; what a rule says was decided when the tables were made
(`lookups`, `local_time`). A list of rules that is empty costs one comparison, so a tariff without
transfers, programmes or caps does not pay for them.
"""

# Machine integers of every width meet here; the compiler knows their types, numpy's stubs do not.
# mypy: disable-error-code="no-any-return,return-value,assignment,arg-type"
# A loop has no keywords to pass, and a record for two numbers would hide more than it names.
# ruff: noqa: PLR0917

import numpy as np
import numpy.typing as npt

from trama.programmes.mobility.fares.arrays import (
    BOARDED,
    FIRST,
    FROM,
    JOURNEY,
    LEG_SPAN,
    LINE,
    MADE,
    PREVIOUS,
    SPAN,
    Legs,
    Meanings,
    Part,
    Rows,
    State,
    Work,
)
from trama.programmes.mobility.fares.carry import ACCOUNT, SUMS, Carried
from trama.programmes.mobility.fares.compiler import compiled, inlined
from trama.programmes.mobility.fares.lookups import (
    ANY_ROUTE,
    CAPS,
    CODE,
    LIMITS,
    NO_LIMIT,
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
from trama.programmes.mobility.fares.states import clear, enter, hand_on, in_time, load, span_of

Int32 = npt.NDArray[np.int32]
Int64 = npt.NDArray[np.int64]
LAST_ACCOUNT = np.iinfo(np.int64).max


@compiled
def price_accounts(work: Work, part: Part, after: Carried) -> tuple[int, int, int]:
    """Price the accounts of `part`, into `work.rows` and `after`. Journeys are numbered from 0.

    With `ends_at_s` >= 0 the states handed on are as of just before that instant, and what cannot
    matter from then on is left out. Returns the number of journeys, the number of states handed
    on, and -1; or, when row i cannot be priced, (0, 0, i): no fare rule matches it, or it is
    earlier than what was carried.
    """
    before = work.before.instants[ACCOUNT]
    sums = work.before.numbers.shape[0] - SUMS
    state = State(np.zeros(10, np.int64), np.zeros(sums, np.int32))
    state.now[JOURNEY] = -1
    row = part.begin
    old = part.carried_begin
    new = 0
    while row < part.end or old < part.carried_end:
        account = work.legs.account[row] if row < part.end else LAST_ACCOUNT
        if old < part.carried_end and before[old] <= account:
            carried = before[old]
            load(work.before, old, work.spans, state)
            old += 1
        else:
            carried = account
            clear(work.rules, state)
        if carried == account and row < part.end:
            row = _price_account(work, state, row, part.end)
            if row < 0:
                return 0, 0, -1 - row
        new = hand_on(work, carried, state, after, new)
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
        fare = rules.cases[case, OWN]
        if fare < 0:
            return 0, row
        rows.journey[row] = journeys
        rows.leg[row] = 0
        rows.single_minor[row] = rules.cases[case, SINGLE]
        rows.fare_minor[row] = fare
        rows.programme_minor[row] = 0
        rows.programme[row] = 0
        rows.tendered_minor[row] = _tendered(fare, meanings.tender_of_medium[legs.medium[row]])
        rows.share_minor[row] = fare
        rows.rule[row] = rules.cases[case, CODE]
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
            _alight(rows, row, state.now[BOARDED], state.now[MADE])
            row += 1
            continue
        continues = _price_leg(work, state, row)
        if continues < 0:
            return -1 - row
        if continues:
            several = True
        else:
            if several:
                split_journey(work, opened, row)
            several = False
            opened = row
        row += 1
    if several:
        split_journey(work, opened, row)
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
    fare = rules.cases[case, OWN]
    if fare < 0 or at_s < now[PREVIOUS]:
        return -1
    now[LEG_SPAN] = span_of(at_s, spans, now[LEG_SPAN])
    same_day = enter(now[LEG_SPAN], spans, state)
    transfer = _transfer(legs.route[row], kind, at_s, rules, now)
    continues = transfer >= 0 and same_day and now[BOARDED] >= 0
    if transfer >= 0:
        off = (fare * rules.transfers[transfer, OFF_BPS] + 5000) // 10_000
        fare = min(fare - off, rules.transfers[transfer, PRICE_MINOR])
    _board(transfer, at_s, route_class, legs.route[row], now)
    programme, paid = _paid(kind, fare, spans.school[now[SPAN]], rules, state.sums)
    tender = work.meanings.tender_of_medium[legs.medium[row]]
    cap, rider = _capped(kind, fare - paid, rules, state.sums)
    code = rules.cases[case, CODE] | ((transfer + 1) << TRANSFER_SHIFT) | ((cap + 1) << CAP_SHIFT)
    _write(work.rows, row, now, tender, rules.cases[case, SINGLE], rider, paid, programme, code)
    return 1 if continues else 0


@inlined
def _board(transfer: int, at_s: int, route_class: int, route: int, now: Int64) -> None:
    if transfer >= 0:
        now[MADE] += 1
    else:
        now[MADE] = 0
        now[FIRST] = at_s
    if transfer < 0 or now[BOARDED] < 0:
        now[JOURNEY] += 1
        now[BOARDED] = now[JOURNEY]
    now[PREVIOUS] = at_s
    now[FROM] = route_class
    now[LINE] = route


@inlined
def _write(
    rows: Rows,
    row: int,
    now: Int64,
    tender: int,
    single: int,
    rider: int,
    paid: int,
    programme: int,
    code: int,
) -> None:
    rows.journey[row] = now[JOURNEY]
    rows.leg[row] = now[MADE]
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
def _transfer(route: int, kind: int, at_s: int, rules: Rules, now: Int64) -> int:
    """The transfer rule by which this leg continues the journey in progress; -1: none."""
    tried = rules.transfer_list[rules.group_from[now[FROM]], rules.kinds[kind, TO]]
    for place in range(rules.list_start[tried], rules.list_start[tried + 1]):
        rule = rules.list_rule[place]
        other = rules.transfers[rule, ANY_ROUTE] or route != now[LINE]
        if other and in_time(rule, at_s, rules.transfers, now):
            return rule
    return -1


@inlined
def _paid(kind: int, fare: int, school: int, rules: Rules, sums: Int32) -> tuple[int, int]:
    """The programme that pays (its number from 1; 0: none) and what it pays."""
    tried = rules.kinds[kind, PROGRAMMES]
    for place in range(rules.list_start[tried], rules.list_start[tried + 1]):
        rule = rules.list_rule[place]
        counts = sums[rules.caps.size + 3 * rule :]
        limits = rules.programmes[rule, LIMITS:]
        room = counts[0] < limits[0] and counts[1] < limits[1] and counts[2] < limits[2]
        if room and (school or not rules.programmes[rule, SCHOOL_ONLY]):
            paid = (fare * np.int64(rules.programmes[rule, PAYS_BPS]) + 5000) // 10_000
            if paid > 0:
                for step in range(3):
                    # Only a limited counter is kept: others would be handed on for nothing.
                    counts[step] += limits[step] != NO_LIMIT
                return rule + 1, paid
            return 0, np.int64(0)
    return 0, np.int64(0)


@inlined
def _capped(kind: int, fare: int, rules: Rules, sums: Int32) -> tuple[int, int]:
    """The cap that limits `fare` (-1: none) and what it leaves; every matching cap adds it up."""
    tried = rules.kinds[kind, CAPS]
    begin = rules.list_start[tried]
    end = rules.list_start[tried + 1]
    limiting = -1
    for place in range(begin, end):
        cap = rules.list_rule[place]
        room = max(rules.caps[cap] - sums[cap], 0)
        if room < fare:
            fare = np.int64(room)
            limiting = cap
    for place in range(begin, end):
        sums[rules.list_rule[place]] += fare
    return limiting, fare
