"""Why a leg cost what it cost: one sentence a leg, from the rules its price names.

Each clause is a whole clause of its own in every language, so that a page may translate them one
by one and join them with semicolons. What is a rider's memory (the journey, what was spent, which
trips a programme paid) is told again from the rows, beginning with what was carried into them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from trama.core.money import Money
from trama.core.refusals import gettext_noop
from trama.programmes.mobility.fares.memory import (
    Leg,
    Memory,
    caps_counting,
    counters_of,
    matches,
)
from trama.programmes.mobility.fares.route_classes import class_of_route
from trama.programmes.mobility.fares.rules import Ruled, ruled
from trama.programmes.mobility.fares.vocabulary import (
    Cap,
    Measured,
    Period,
    Programme,
    Tariff,
    TransferRule,
)

OFF = gettext_noop("you got off here: only boardings are paid")
FARE = gettext_noop("the fare on {route} is {amount}")
CONCESSION = gettext_noop("with the category {category} it is {amount}")
PAYS = gettext_noop("you pay {amount}")
PAYS_NOTHING = gettext_noop("you pay nothing")
TENDERED = gettext_noop("{amount} went into the machine, which gives no change")

CHANGED = {
    ("share", Measured.FIRST): gettext_noop(
        "you changed from {route}, {elapsed} after the first boarding of the journey and within"
        " the {window} allowed, so {share} comes off"
    ),
    ("share", Measured.PREVIOUS): gettext_noop(
        "you changed from {route}, {elapsed} after boarding it and within the {window} allowed,"
        " so {share} comes off"
    ),
    ("price", Measured.FIRST): gettext_noop(
        "you changed from {route}, {elapsed} after the first boarding of the journey and within"
        " the {window} allowed, so it costs {amount} at most"
    ),
    ("price", Measured.PREVIOUS): gettext_noop(
        "you changed from {route}, {elapsed} after boarding it and within the {window} allowed,"
        " so it costs {amount} at most"
    ),
    ("free", Measured.FIRST): gettext_noop(
        "you changed from {route}, {elapsed} after the first boarding of the journey and within"
        " the {window} allowed, so it is free"
    ),
    ("free", Measured.PREVIOUS): gettext_noop(
        "you changed from {route}, {elapsed} after boarding it and within the {window} allowed,"
        " so it is free"
    ),
}
TOO_LATE = {
    Measured.FIRST: gettext_noop(
        "{elapsed} had passed since the first boarding of the journey and only {window} are"
        " allowed for a change, so a new journey begins"
    ),
    Measured.PREVIOUS: gettext_noop(
        "{elapsed} had passed since you boarded {route} and only {window} are allowed for a change,"
        " so a new journey begins"
    ),
}
WINDOW_UNDECIDED = gettext_noop(
    "the city has not published how long a change may take: {window} is assumed"
)

PAID_ALL = gettext_noop("{programme} paid it all")
PAID_PART = gettext_noop("{programme} paid {amount} of it, which is {share}")
LEFT = {
    "day": gettext_noop("trips it still pays today: {count}"),
    "semester": gettext_noop("trips it still pays this semester: {count}"),
    "year": gettext_noop("trips it still pays this year: {count}"),
}
USED_UP = {
    "day": gettext_noop("{programme} had already paid its limit of trips for the day: {count}"),
    "semester": gettext_noop(
        "{programme} had already paid its limit of trips for the semester: {count}"
    ),
    "year": gettext_noop("{programme} had already paid its limit of trips for the year: {count}"),
}
SCHOOL_DAYS = gettext_noop("{programme} pays on school days only")

CAP_LIMITED = {
    Period.DAY: gettext_noop("the daily cap of {cap} lowers it to {amount}"),
    Period.WEEK: gettext_noop("the weekly cap of {cap} lowers it to {amount}"),
}
CAP_REACHED = {
    Period.DAY: gettext_noop("the daily cap of {cap} is reached"),
    Period.WEEK: gettext_noop("the weekly cap of {cap} is reached"),
}
CAP_LEFT = {
    Period.DAY: gettext_noop("{amount} are left to the daily cap of {cap}"),
    Period.WEEK: gettext_noop("{amount} are left to the weekly cap of {cap}"),
}


@dataclass(frozen=True, slots=True)
class Share:
    """A part of a whole, in basis points."""

    bps: int


@dataclass(frozen=True, slots=True)
class Clause:
    """An English template with {places}, and what fills them: text, int, `Money`, `Share` or
    `timedelta`, to be written in the reader's language."""

    message: str
    params: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Explanation:
    """The clauses of one leg's sentence, in order."""

    clauses: tuple[Clause, ...]


def explain(
    tariff: Tariff, legs: Sequence[Leg], *, carried: Mapping[str, Any] | None = None
) -> list[Explanation]:
    """Why each leg of one account cost what it cost, in the order of the legs.

    A leg has the columns of a tap (`tapped_at_s`, `route`, `agency`, `medium`, `category`,
    `direction`) and of its priced row; legs are in the order of boarding, all of one tariff.
    `carried` is the account's row of the carry table that was given to `price` for the first of
    them: without it, trips left and distance to a cap count these legs only.
    """
    memory = Memory(tariff, carried or {})
    return [_explained(tariff, leg, memory) for leg in legs]


def _explained(tariff: Tariff, leg: Leg, memory: Memory) -> Explanation:
    rules = ruled(tariff, leg["rule"])
    if rules.fare is None:
        return Explanation((Clause(OFF, {}),))
    route_class = class_of_route(tariff.route_classes, leg["route"], leg.get("agency"))
    code = route_class.code if route_class else None
    caps = caps_counting(tariff, leg, code)
    clauses = [
        *_fare(tariff, leg, rules),
        *_journey(tariff, leg, code, rules, memory),
        *_programme(tariff, leg, code, memory),
    ]
    memory.remember(leg, code, caps, is_transfer=rules.transfer is not None)
    clauses += _limited(tariff, leg, rules)
    if len(clauses) > 1:
        amount = _money(tariff, leg["fare_minor"])
        clauses.append(
            Clause(PAYS, {"amount": amount}) if amount.minor else Clause(PAYS_NOTHING, {})
        )
    if leg["tendered_minor"] != leg["fare_minor"]:
        clauses.append(Clause(TENDERED, {"amount": _money(tariff, leg["tendered_minor"])}))
    clauses += _trips_left(tariff, leg, memory)
    clauses += _cap_left(tariff, leg, rules, caps, memory)
    return Explanation(tuple(clauses))


def _money(tariff: Tariff, minor: int) -> Money:
    return Money(minor, tariff.currency)


def _fare(tariff: Tariff, leg: Leg, rules: Ruled) -> list[Clause]:
    single = leg["single_minor"]
    clauses = [Clause(FARE, {"route": leg["route"] or "—", "amount": _money(tariff, single)})]
    own = _own_fare(rules, single)
    if rules.category is not None and own != single:
        params = {"category": rules.category.name, "amount": _money(tariff, own)}
        clauses.append(Clause(CONCESSION, params))
    return clauses


def _own_fare(rules: Ruled, single: int) -> int:
    if rules.category is None:
        return single
    if rules.category.price_minor is not None:
        return min(single, rules.category.price_minor)
    return single - (single * rules.category.discount_bps + 5_000) // 10_000


def _journey(
    tariff: Tariff, leg: Leg, route_class: str | None, rules: Ruled, memory: Memory
) -> list[Clause]:
    """The transfer that was made, or the one that came too late."""
    if memory.first_s is None:
        return []
    rule = rules.transfer or _missed(tariff, leg, route_class, memory)
    if rule is None:
        return []
    since_s = memory.first_s if rule.measured is Measured.FIRST else memory.previous_s
    params: dict[str, object] = {
        "route": memory.route or _class_name(tariff, memory.route_class),
        "elapsed": timedelta(seconds=leg["tapped_at_s"] - since_s),
        "window": timedelta(seconds=rule.window_s),
    }
    if rules.transfer is None:
        clauses = [Clause(TOO_LATE[rule.measured], params)]
    else:
        params |= {
            "share": Share(rule.discount_bps or 0),
            "amount": _money(tariff, rule.price_minor or 0),
        }
        clauses = [Clause(CHANGED[_reduction(rule), rule.measured], params)]
    if _is_undecided(tariff, rule):
        clauses.append(Clause(WINDOW_UNDECIDED, {"window": params["window"]}))
    return clauses


def _class_name(tariff: Tariff, code: str | None) -> str:
    """The name of a route class, for a leg whose route was not carried."""
    return next((c.name for c in tariff.route_classes if c.code == code), "—")


def _reduction(rule: TransferRule) -> str:
    if rule.discount_bps == 10_000 or rule.price_minor == 0:
        return "free"
    return "share" if rule.price_minor is None else "price"


def _missed(
    tariff: Tariff, leg: Leg, route_class: str | None, memory: Memory
) -> TransferRule | None:
    """The transfer whose window alone was missed, by less than its own length."""
    for rule in sorted(tariff.transfers, key=lambda rule: -rule.priority):
        since_s = memory.first_s if rule.measured is Measured.FIRST else memory.previous_s
        if (
            leg["tapped_at_s"] - (since_s or 0) < 2 * rule.window_s
            and memory.transfers < rule.max_transfers
            and (rule.same_route or leg["route"] != memory.route)
            and matches(rule.from_classes, memory.route_class)
            and matches(rule.to_classes, route_class)
            and matches(rule.media, leg["medium"])
            and matches(rule.categories, leg.get("category"))
        ):
            return rule
    return None


def _is_undecided(tariff: Tariff, rule: TransferRule) -> bool:
    undecided = {parameter.code for parameter in tariff.parameters if not parameter.decided}
    return any(
        (reference.kind, reference.rule, reference.field) == ("transfer", rule.code, "window")
        and reference.parameter in undecided
        for reference in tariff.references
    )


def _programme(tariff: Tariff, leg: Leg, route_class: str | None, memory: Memory) -> list[Clause]:
    """Who paid, or why the rider's programme did not."""
    if leg["programme"]:
        programme = tariff.programmes[leg["programme"] - 1]
        params: dict[str, object] = {"programme": programme.name}
        if programme.pays_bps == 10_000:
            return [Clause(PAID_ALL, params)]
        params |= {
            "amount": _money(tariff, leg["programme_minor"]),
            "share": Share(programme.pays_bps),
        }
        return [Clause(PAID_PART, params)]
    programmes = [p for p in tariff.programmes if _is_for(p, leg, route_class)]
    for programme in sorted(programmes, key=lambda p: -p.priority):
        for period, key, limit in counters_of(tariff, programme, leg["tapped_at_s"]):
            if memory.trips[key] >= limit:
                params = {"programme": programme.name, "count": limit}
                return [Clause(USED_UP[period], params)]
        if programme.school_days_only:
            return [Clause(SCHOOL_DAYS, {"programme": programme.name})]
    return []


def _is_for(programme: Programme, leg: Leg, route_class: str | None) -> bool:
    return (
        leg.get("category") in programme.categories
        and matches(programme.media, leg["medium"])
        and matches(programme.route_classes, route_class)
    )


def _trips_left(tariff: Tariff, leg: Leg, memory: Memory) -> list[Clause]:
    if not leg["programme"]:
        return []
    programme = tariff.programmes[leg["programme"] - 1]
    return [
        Clause(LEFT[period], {"count": max(0, limit - memory.trips[key])})
        for period, key, limit in counters_of(tariff, programme, leg["tapped_at_s"])
    ]


def _limited(tariff: Tariff, leg: Leg, rules: Ruled) -> list[Clause]:
    if rules.cap is None:
        return []
    cap = _money(tariff, rules.cap.amount_minor)
    if leg["fare_minor"] == 0:
        return [Clause(CAP_REACHED[rules.cap.period], {"cap": cap})]
    params = {"cap": cap, "amount": _money(tariff, leg["fare_minor"])}
    return [Clause(CAP_LIMITED[rules.cap.period], params)]


def _cap_left(
    tariff: Tariff, leg: Leg, rules: Ruled, caps: Sequence[Cap], memory: Memory
) -> list[Clause]:
    """The nearest cap and how far it is, when none has limited this leg."""
    if rules.cap is not None or not caps:
        return []
    room = {
        cap.code: cap.amount_minor - memory.spent_under(cap, leg["tapped_at_s"]) for cap in caps
    }
    nearest = min(caps, key=lambda cap: room[cap.code])
    params = {"cap": _money(tariff, nearest.amount_minor)}
    if room[nearest.code] <= 0:
        return [Clause(CAP_REACHED[nearest.period], params)]
    left = {"amount": _money(tariff, room[nearest.code])}
    return [Clause(CAP_LEFT[nearest.period], params | left)]
