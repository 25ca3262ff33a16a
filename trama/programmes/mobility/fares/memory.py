"""What a rider's account remembers between two legs, told again from priced rows.

The engine keeps the same in arrays; this is for a page that explains a few rows and must not wake
the compiler.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from trama.core.days import service_date
from trama.programmes.mobility.fares.vocabulary import NO_ACCOUNT, Cap, Period, Programme, Tariff

Leg = Mapping[str, Any]
Counter = tuple[str, str, object]


class Memory:
    """The journey in progress, what was spent under each cap, which trips a programme paid.

    `carried` is a row of the carry table (see `carry`), or empty for an account without a past.
    """

    def __init__(self, tariff: Tariff, carried: Mapping[str, Any]) -> None:
        self.tariff = tariff
        self.first_s: int | None = carried.get("first_s")
        self.previous_s: int = carried.get("previous_s", 0)
        self.route: str | None = carried.get("route")
        self.route_class: str | None = carried.get("route_class")
        self.transfers: int = carried.get("transfers", 0)
        self.spent: dict[tuple[str, date], int] = defaultdict(int)
        self.trips: dict[Counter, int] = defaultdict(int)
        if carried:
            self._recall(carried)

    def _recall(self, carried: Mapping[str, Any]) -> None:
        for cap in self.tariff.caps:
            self.spent[self._period(cap, self.previous_s)] = carried.get(f"spent.{cap.code}", 0)
        for programme in self.tariff.programmes:
            for period, counter, _ in counters_of(self.tariff, programme, self.previous_s):
                self.trips[counter] = carried.get(f"{period}.{programme.code}", 0)

    def spent_under(self, cap: Cap, at_s: int) -> int:
        """What the rider has spent in the period of `cap` that `at_s` lies in."""
        return self.spent[self._period(cap, at_s)]

    def _period(self, cap: Cap, at_s: int) -> tuple[str, date]:
        day = service_date(at_s, self.tariff.timezone, cap.cutover_s)
        since = (day.weekday() - cap.week_start) % 7 if cap.period is Period.WEEK else 0
        return cap.code, day - timedelta(days=since)

    def remember(
        self, leg: Leg, route_class: str | None, caps: Sequence[Cap], *, is_transfer: bool
    ) -> None:
        """Add a boarding that has been priced."""
        if leg.get("account") == NO_ACCOUNT:
            return
        at_s = leg["tapped_at_s"]
        self.transfers = self.transfers + 1 if is_transfer else 0
        self.first_s = self.first_s if is_transfer else at_s
        self.previous_s, self.route, self.route_class = at_s, leg["route"], route_class
        for cap in caps:
            self.spent[self._period(cap, at_s)] += leg["fare_minor"]
        if leg["programme"]:
            programme = self.tariff.programmes[leg["programme"] - 1]
            for _, counter, _ in counters_of(self.tariff, programme, at_s):
                self.trips[counter] += 1


def caps_counting(tariff: Tariff, leg: Leg, route_class: str | None) -> list[Cap]:
    """The caps under which a boarding counts."""
    if leg.get("account") == NO_ACCOUNT:
        return []
    return [
        cap
        for cap in tariff.caps
        if matches(cap.media, leg["medium"])
        and matches(cap.categories, leg.get("category"))
        and matches(cap.route_classes, route_class)
    ]


def counters_of(tariff: Tariff, programme: Programme, at_s: int) -> list[tuple[str, Counter, int]]:
    """Each limit of a programme at an instant: its period, the counter it is held to, how many."""
    day = service_date(at_s, tariff.timezone, tariff.cutover_s)
    starts = [start for start in tariff.semester_starts if start <= (day.month, day.day)]
    semester = (day.year, starts[-1]) if starts else (day.year - 1, tariff.semester_starts[-1])
    limits: list[tuple[str, object, int | None]] = [
        ("day", day, programme.per_day),
        ("semester", semester, programme.per_semester),
        ("year", day.year, programme.per_year),
    ]
    return [
        (period, (programme.code, period, when), limit)
        for period, when, limit in limits
        if limit is not None
    ]


def matches(matcher: tuple[str, ...], word: str | None) -> bool:
    """Whether a matcher means `word`; an empty one means any, and none too."""
    return not matcher or word in matcher
