"""The published rules, read aloud: one leg at a time, in plain Python, as slowly as it likes.

Nothing is shared with the compiled engine but the words of the vocabulary and the packing of a
rule code. Every sum and counter is kept for ever under its own key, so nothing is ever reset.
"""

import re
from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any
from zoneinfo import ZoneInfo

from trama.programmes.mobility.fares.rules import rule_code
from trama.programmes.mobility.fares.vocabulary import (
    Agreement,
    Cap,
    FareRule,
    Measured,
    Period,
    Programme,
    SplitRule,
    Tariff,
    TransferRule,
    Window,
)

Leg = dict[str, Any]
COLUMNS = (
    "journey",
    "leg",
    "single_minor",
    "fare_minor",
    "programme_minor",
    "programme",
    "tendered_minor",
    "share_minor",
    "rule",
)


class NoFare(Exception):
    """The tariff does not say what this boarding costs."""


def price_by_hand(taps: list[Leg], tariff: Tariff, agreement: Agreement | None = None) -> list[Leg]:
    """One priced row for each tap, in the order of `taps`."""
    rows: list[Leg] = [dict.fromkeys(COLUMNS, 0) for _ in taps]
    by_account: dict[int, list[int]] = defaultdict(list)
    for place, tap in enumerate(taps):
        by_account[tap["account"]].append(place)
    journeys = 0
    for account in sorted(by_account, key=lambda a: (a == -1, a)):
        if account == -1:
            for place in by_account[account]:
                journeys = _price_stranger(taps[place], rows[place], tariff, journeys)
        else:
            places = sorted(by_account[account], key=lambda p: (taps[p]["tapped_at_s"], p))
            journeys = _price_rider(
                [taps[p] for p in places], [rows[p] for p in places], tariff, journeys
            )
    _split(taps, rows, tariff, agreement)
    return rows


def class_of(tariff: Tariff, route: str | None, agency: str | None) -> str:
    """Exactly named, else by pattern, else by agency, else the class of all the others."""
    for claims in (
        lambda c: route in c.routes,
        lambda c: any(_fits(route, pattern) for pattern in c.routes),
        lambda c: agency in c.agencies,
        lambda c: c.otherwise,
    ):
        for route_class in tariff.route_classes:
            if claims(route_class):
                return route_class.code
    raise NoFare(route)


def service_date(instant_s: int, timezone: str, cutover_s: int) -> date:
    """The day on the wall calendar, or the day before while the cut-over is not yet reached."""
    wall = datetime.fromtimestamp(instant_s, UTC).astimezone(ZoneInfo(timezone))
    reached = wall.hour * 3600 + wall.minute * 60 + wall.second >= cutover_s
    return wall.date() if reached else wall.date() - timedelta(days=1)


def period_of(cap: Cap, instant_s: int, timezone: str) -> date:
    """The first day of the period of `cap` in which an instant lies."""
    day = service_date(instant_s, timezone, cap.cutover_s)
    if cap.period is Period.DAY:
        return day
    while day.weekday() != cap.week_start:
        day -= timedelta(days=1)
    return day


def cap_matches(cap: Cap, tap: Leg, route_class: str) -> bool:
    """Whether a boarding counts towards `cap`."""
    return (
        _means(cap.media, tap["medium"])
        and _means(cap.categories, tap["category"])
        and _means(cap.route_classes, route_class)
    )


def _means(matcher: tuple[str, ...], word: str | None) -> bool:
    return not matcher or word in matcher


def _fits(route: str | None, pattern: str) -> bool:
    if route is None or not ("*" in pattern or "?" in pattern):
        return False
    expression = re.escape(pattern).replace(r"\*", ".*").replace(r"\?", ".")
    return re.fullmatch(expression, route, re.DOTALL) is not None


def _part(amount_minor: int, bps: int) -> int:
    return int((Decimal(amount_minor) * bps / 10_000).quantize(Decimal(1), ROUND_HALF_UP))


def _best(rules: Iterable[Any]) -> Any:
    """The highest priority; the first in the document among equals."""
    return max(rules, key=lambda rule: rule.priority, default=None)


def _single(tap: Leg, tariff: Tariff) -> tuple[str, FareRule]:
    if tap["medium"] not in [medium.code for medium in tariff.media]:
        raise NoFare(tap["medium"])
    route_class = class_of(tariff, tap["route"], tap["agency"])
    rule = _best(
        rule
        for rule in tariff.fares
        if _means(rule.operators, tap["operator"])
        and _means(rule.route_classes, route_class)
        and _means(rule.media, tap["medium"])
    )
    if rule is None:
        raise NoFare(tap)
    return route_class, rule


def _with_concession(tap: Leg, tariff: Tariff, single: int) -> tuple[int, int]:
    """The fare after the concession and the 1-based place of the category, 0 for none."""
    for place, category in enumerate(tariff.categories, start=1):
        if category.code == tap["category"] and _means(category.media, tap["medium"]):
            if category.price_minor is not None:
                return min(single, category.price_minor), place
            return single - _part(single, category.discount_bps), place
    return single, 0


def _price_stranger(tap: Leg, row: Leg, tariff: Tariff, journeys: int) -> int:
    """Cash: a journey of its own, without memory."""
    if tap.get("direction") == "off":
        row["journey"] = -1
        return journeys
    _, rule = _single(tap, tariff)
    fare, category = _with_concession(tap, tariff, rule.amount_minor)
    row.update(journey=journeys, single_minor=rule.amount_minor, fare_minor=fare)
    row.update(tendered_minor=_tendered(tap, tariff, fare), share_minor=fare)
    row["rule"] = rule_code(tariff.fares.index(rule) + 1, category=category)
    return journeys + 1


def _price_rider(taps: list[Leg], rows: list[Leg], tariff: Tariff, journeys: int) -> int:
    spent: dict[tuple[str, date], int] = defaultdict(int)
    trips: dict[tuple[Any, ...], int] = defaultdict(int)
    journey: Leg | None = None
    for tap, row in zip(taps, rows, strict=True):
        if tap.get("direction") == "off":
            row["journey"] = journey["number"] if journey else -1
            row["leg"] = journey["transfers"] if journey else 0
            continue
        route_class, rule = _single(tap, tariff)
        fare, category = _with_concession(tap, tariff, rule.amount_minor)
        transfer = _transfer(tap, route_class, tariff, journey)
        if transfer is None or journey is None:
            journey = {"number": journeys, "first_s": tap["tapped_at_s"], "transfers": 0}
            journeys += 1
        else:
            journey["transfers"] += 1
            fare = _transferred(transfer, fare)
        journey.update(previous_s=tap["tapped_at_s"], route_class=route_class, route=tap["route"])
        programme, paid = _programme(tap, route_class, fare, tariff, trips)
        cap, rider = _capped(tap, route_class, fare - paid, tariff, spent)
        row.update(
            journey=journey["number"],
            leg=journey["transfers"],
            single_minor=rule.amount_minor,
            fare_minor=rider,
            programme_minor=paid,
            programme=programme,
            tendered_minor=_tendered(tap, tariff, rider),
            share_minor=rider + paid,
            rule=rule_code(
                tariff.fares.index(rule) + 1,
                transfer=tariff.transfers.index(transfer) + 1 if transfer else 0,
                category=category,
                cap=cap,
            ),
        )
    return journeys


def _transfer(
    tap: Leg, route_class: str, tariff: Tariff, journey: Leg | None
) -> TransferRule | None:
    if journey is None:
        return None
    return _best(
        rule
        for rule in tariff.transfers
        if _means(rule.from_classes, journey["route_class"])
        and _means(rule.to_classes, route_class)
        and _means(rule.media, tap["medium"])
        and _means(rule.categories, tap["category"])
        and (rule.same_route or tap["route"] != journey["route"])
        and journey["transfers"] < rule.max_transfers
        and _in_window(rule, tap["tapped_at_s"], journey)
    )


def _in_window(rule: TransferRule, at_s: int, journey: Leg) -> bool:
    since_s = journey["first_s"] if rule.measured is Measured.FIRST else journey["previous_s"]
    elapsed_s = at_s - since_s
    return elapsed_s < rule.window_s if rule.window is Window.STRICT else elapsed_s <= rule.window_s


def _transferred(rule: TransferRule, fare: int) -> int:
    if rule.price_minor is not None:
        return min(fare, rule.price_minor)
    return fare - _part(fare, rule.discount_bps or 0)


def _programme(
    tap: Leg, route_class: str, fare: int, tariff: Tariff, trips: dict[tuple[Any, ...], int]
) -> tuple[int, int]:
    """The 1-based place of the programme that pays, and what it pays."""
    day = service_date(tap["tapped_at_s"], tariff.timezone, tariff.cutover_s)

    def has_room(rule: Programme) -> bool:
        return all(trips[key] < limit for key, limit in _counters(rule, day, tariff))

    rule = _best(
        rule
        for rule in tariff.programmes
        if tap["category"] in rule.categories
        and _means(rule.media, tap["medium"])
        and _means(rule.route_classes, route_class)
        and (not rule.school_days_only or _is_school_day(day, tariff))
        and has_room(rule)
    )
    paid = _part(fare, rule.pays_bps) if rule else 0
    if rule is None or paid == 0:
        return 0, 0
    for key, _ in _counters(rule, day, tariff):
        trips[key] += 1
    return tariff.programmes.index(rule) + 1, paid


def _counters(rule: Programme, day: date, tariff: Tariff) -> list[tuple[tuple[Any, ...], int]]:
    """What is counted under which key, and up to where."""
    limits = [
        ((rule.code, "day", day), rule.per_day),
        ((rule.code, "semester", _semester(day, tariff)), rule.per_semester),
        ((rule.code, "year", day.year), rule.per_year),
    ]
    return [(key, limit) for key, limit in limits if limit is not None]


def _semester(day: date, tariff: Tariff) -> date:
    while (day.month, day.day) not in tariff.semester_starts:
        day -= timedelta(days=1)
    return day


def _is_school_day(day: date, tariff: Tariff) -> bool:
    in_term = any(first <= day <= last for first, last in tariff.calendar.terms)
    return in_term and day.weekday() < 5 and day not in tariff.calendar.holidays


def _capped(
    tap: Leg, route_class: str, fare: int, tariff: Tariff, spent: dict[tuple[str, date], int]
) -> tuple[int, int]:
    """The 1-based place of the cap that lowered the fare, 0 for none; and what the rider pays."""
    matching = [
        (place, cap, (cap.code, period_of(cap, tap["tapped_at_s"], tariff.timezone)))
        for place, cap in enumerate(tariff.caps, start=1)
        if cap_matches(cap, tap, route_class)
    ]
    limiting, rider = 0, fare
    for place, cap, key in matching:
        room = max(0, cap.amount_minor - spent[key])
        if room < rider:
            limiting, rider = place, room
    for _, _, key in matching:
        spent[key] += rider
    return limiting, rider


def _tendered(tap: Leg, tariff: Tariff, fare: int) -> int:
    for rule in tariff.cash:
        if rule.medium == tap["medium"] and not rule.gives_change:
            while fare % rule.tender_multiple_minor:
                fare += 1
    return fare


def _split(taps: list[Leg], rows: list[Leg], tariff: Tariff, agreement: Agreement | None) -> None:
    """Share what each journey cost on each service day between the operators that carried it."""
    together: dict[tuple[int, date], list[int]] = defaultdict(list)
    for place, tap in enumerate(taps):
        if tap.get("direction") != "off":
            day = service_date(tap["tapped_at_s"], tariff.timezone, tariff.cutover_s)
            together[rows[place]["journey"], day].append(place)
    for places in together.values():
        places.sort(key=lambda p: (taps[p]["tapped_at_s"], p))
        medium = taps[places[0]]["medium"]
        splits = agreement.splits if agreement else ()
        rule = _best(split for split in splits if _means(split.media, medium))
        if rule is None or rule.rule is SplitRule.BY_LEG_PRICE:
            continue
        weights = [
            dict(rule.shares)[taps[p]["operator"]] if rule.rule is SplitRule.BY_FIXED_SHARE else 1
            for p in places
        ]
        total = sum(rows[p]["fare_minor"] + rows[p]["programme_minor"] for p in places)
        for place, share in zip(places, _largest_remainder(total, weights), strict=True):
            rows[place]["share_minor"] = share


def _largest_remainder(total: int, weights: list[int]) -> list[int]:
    exact = [Decimal(total) * weight / sum(weights) for weight in weights]
    shares = [total * weight // sum(weights) for weight in weights]
    left = [total * weight % sum(weights) for weight in weights]
    assert all(abs(e - s) < 1 for e, s in zip(exact, shares, strict=True))
    while sum(shares) < total:
        most = left.index(max(left))
        shares[most] += 1
        left[most] = -1
    return shares
