"""Local time as a table: the time line cut into spans in which no day, week or term changes.

A service day begins at the first instant at which the wall clock shows the cut-over of that date
or later. Where the clock is set back over the cut-over, a day that has begun does not begin again.
"""

from bisect import bisect_right
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

from trama.core.days import service_date
from trama.programmes.mobility.fares.lookups import DAILY, SEMESTERLY, YEARLY, sums_in
from trama.programmes.mobility.fares.vocabulary import Cap, Period, SchoolCalendar, Tariff

EPOCH = date(1970, 1, 1).toordinal()
LATEST_S = 2**33
"""Instants are from 1970 to before the year 2242."""


DAY, SCHOOL = range(2)
"""Columns of `Spans.days`."""


class Spans(NamedTuple):
    """Span `i` lasts from `begins_s[i]` to before `begins_s[i + 1]`; the last one is only an end.

    `days[:, DAY]` is the service day (days since 1970), `days[:, SCHOOL]` 1 on school days.
    `periods` has a column for each of `sums_in`; its numbers change when the sum's period does.
    """

    begins_s: npt.NDArray[np.int64]
    days: npt.NDArray[np.int32]
    periods: npt.NDArray[np.int32]


def spans_of(tariff: Tariff, first_s: int, last_s: int) -> Spans:
    """The spans of `tariff` that cover the instants `first_s` to `last_s` (epoch seconds)."""
    zone = ZoneInfo(tariff.timezone)
    first = datetime.fromtimestamp(first_s, zone).date() - timedelta(days=1)
    last = datetime.fromtimestamp(last_s, zone).date() + timedelta(days=2)
    cutovers = sorted({tariff.cutover_s, *(cap.cutover_s for cap in tariff.caps)})
    starts = {
        cutover_s: np.array(
            [
                _day_begins_s(date.fromordinal(day), tariff.timezone, cutover_s)
                for day in range(first.toordinal(), last.toordinal() + 1)
            ],
            np.int64,
        )
        for cutover_s in cutovers
    }
    begins_s = np.unique(np.concatenate(list(starts.values())))
    # Before the latest of the first starts some cut-over has no day yet.
    begins_s = begins_s[begins_s >= max(days[0] for days in starts.values())]
    days = {
        cutover_s: first.toordinal() - EPOCH - 1 + np.searchsorted(day_starts, begins_s, "right")
        for cutover_s, day_starts in starts.items()
    }
    return _described(tariff, begins_s, days)


def _described(
    tariff: Tariff, begins_s: npt.NDArray[np.int64], days: dict[int, npt.NDArray[np.int64]]
) -> Spans:
    own = days[tariff.cutover_s]
    dates = [date.fromordinal(int(day) + EPOCH) for day in own]
    counted = {
        DAILY: own,
        SEMESTERLY: np.array([_semester(day, tariff.semester_starts) for day in dates]),
        YEARLY: np.array([day.year for day in dates]),
    }
    periods = [
        _periods(of, days[of.cutover_s]) if isinstance(of, Cap) else counted[of]
        for _, of, _ in sums_in(tariff)
    ]
    table = np.array(periods, np.int32).reshape(-1, len(dates))
    school = [_is_school_day(day, tariff.calendar) for day in dates]
    return Spans(
        begins_s=begins_s,
        days=np.stack([own, school], axis=1).astype(np.int32),
        periods=np.ascontiguousarray(table.T),
    )


def _periods(cap: Cap, days: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    # Day 0 of the epoch, 1 January 1970, was a Thursday: three days into a week from Monday.
    return days if cap.period is Period.DAY else (days + 3 - cap.week_start) // 7


def _semester(day: date, starts: tuple[tuple[int, int], ...]) -> int:
    begun = bisect_right(sorted(starts), (day.month, day.day))
    return day.year * len(starts) + begun - 1


def _is_school_day(day: date, calendar: SchoolCalendar) -> bool:
    in_term = any(first <= day <= last for first, last in calendar.terms)
    return in_term and day.weekday() < 5 and day not in calendar.holidays


@lru_cache(maxsize=8192)
def _day_begins_s(day: date, timezone: str, cutover_s: int) -> int:
    wall = time(cutover_s // 3600, cutover_s // 60 % 60, cutover_s % 60)
    after = int(datetime.combine(day, wall, ZoneInfo(timezone)).timestamp())
    if service_date(after - 1, timezone, cutover_s) < day:
        return after
    # The clock was set forward over the cut-over: the day began when it was.
    before = after - 86_400
    while after - before > 1:
        middle = (before + after) // 2
        if service_date(middle, timezone, cutover_s) < day:
            before = middle
        else:
            after = middle
    return after
