"""Service days: which there are, how far their closing is, and their taps, open or sealed."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache, reduce
from operator import or_
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from django.conf import settings
from django.db import connection
from django.db.models import Count, Max, Min, Q, QuerySet

from trama.core.days import DAY_S, local_instant, service_day_bounds
from trama.foundations.registry.models import City
from trama.foundations.registry.sets import read_table
from trama.programmes.mobility.clearing import DayTotals
from trama.programmes.mobility.models import Closing, HeldTap, Tap
from trama.programmes.mobility.queries.networks import route_table
from trama.programmes.mobility.sealed.layout import day_folder
from trama.programmes.mobility.sealed.reading import read_groups

QUARTER_S = 900
SHOWN = ("tapped_at_s", "device", "sequence", "token", "medium", "route", "direction")
Places = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class DayState:
    """A service day: taps that wait to be closed, its closings (oldest first), and its totals.

    `totals` adds up every finished revision; None while no closing has been finished.
    """

    day: date
    waiting: int
    closings: tuple[Closing, ...]
    totals: DayTotals | None

    @property
    def running(self) -> Closing | None:
        """The closing that has begun and is not finished."""
        last = self.closings[-1] if self.closings else None
        return last if last and last.step != Closing.Step.DONE else None

    @property
    def taps(self) -> int:
        """Taps kept for the day: those that wait and those that were closed."""
        return self.waiting + (self.totals.taps if self.totals else 0)


def find_latest_day(city: City) -> date | None:
    """The newest service day that has been closed, else the newest with taps, else None."""
    closed = Closing.objects.filter(city=city, step=Closing.Step.DONE)
    taps = Tap.objects.filter(city=city)
    day: date | None = closed.aggregate(day=Max("service_date"))["day"]
    return day or taps.aggregate(day=Max("service_date"))["day"]


def open_days_after(city: City, day: date) -> list[date]:
    """The service days after `day` that have taps, oldest first."""
    return [other for other in reversed(days_of(city)) if other > day]


def days_of(city: City) -> list[date]:
    """Every service day with taps, newest first."""
    closed = Closing.objects.filter(city=city).values_list("service_date", flat=True).distinct()
    return sorted({*closed, *_open_days(city)}, reverse=True)


def _open_days(city: City) -> list[date]:
    """Days with open taps: one step through the index for each, not one row for each tap."""
    days: list[date] = []
    taps = Tap.objects.filter(city=city)
    day = taps.aggregate(day=Min("service_date"))["day"]
    while day:
        days.append(day)
        day = taps.filter(service_date__gt=day).aggregate(day=Min("service_date"))["day"]
    return days


def state_of(city: City, day: date) -> DayState:
    """How a day stands; a day without taps has none of anything."""
    closings = tuple(Closing.objects.filter(city=city, service_date=day).order_by("revision"))
    waiting = Tap.objects.filter(city=city, service_date=day).count()
    return DayState(day, waiting, closings, _summed(closings))


def _summed(closings: tuple[Closing, ...]) -> DayTotals | None:
    done = [c for c in closings if c.step == Closing.Step.DONE]
    return sum((totals_of(c) for c in done), DayTotals()) if done else None


def totals_of(closing: Closing) -> DayTotals:
    """What one closing added to its day; nothing while it has not added up."""
    written = closing.figures.get("totals")
    return DayTotals.from_json(written) if written else DayTotals()


def neighbours(city: City, day: date) -> tuple[date | None, date | None]:
    """The service days with taps before and after `day`."""
    days = days_of(city)
    before = max((d for d in days if d < day), default=None)
    return before, min((d for d in days if d > day), default=None)


def held_by_reason(city: City, day: date) -> list[tuple[str, int, int]]:
    """(reason, taps of the service day, taps of all days) of what is held and not decided.

    The day of a held tap is that of the instant it told; most of all days first.
    """
    first_s, after_s = service_day_bounds(day, city.timezone, city.cutover_s)
    of_day = Count("pk", filter=Q(tapped_at_s__gte=first_s, tapped_at_s__lt=after_s))
    held = HeldTap.objects.filter(city=city, state=HeldTap.State.HELD).values("reason")
    found = held.annotate(of_day=of_day, of_all=Count("pk")).order_by("-of_all", "reason")
    return [(row["reason"], row["of_day"], row["of_all"]) for row in found]


def count_held(city: City, day: date) -> int:
    """How many taps of a service day are held and not decided."""
    return sum(of_day for _reason, of_day, _of_all in held_by_reason(city, day))


def quarter_of(instant_s: int, city: City) -> int:
    """The quarter of an hour of the service day, 0 to 95 from the cut-over by the wall clock."""
    wall = local_instant(instant_s, city.timezone)
    since_midnight_s = wall.hour * 3600 + wall.minute * 60 + wall.second
    return (since_midnight_s - city.cutover_s) % DAY_S // QUARTER_S


def profile(city: City, day: date) -> pa.Table:
    """Taps of a day as (quarter: int64 0..95, operator: string, medium: string, taps: int64).

    Quarters of an hour are counted from the cut-over by the wall clock; `operator` is null where
    nobody was assigned to the route. Ordered by quarter, operator, medium. Kept between calls for
    as long as neither taps nor closings of the day are others.
    """
    taps = Tap.objects.filter(city=city, service_date=day).aggregate(n=Count("pk"), last=Max("pk"))
    closings = Closing.objects.filter(city=city, service_date=day)
    stamp = (*taps.values(), *closings.order_by("revision").values_list("pk", "step"))
    return _profile(city, day, (settings.HOME, connection.settings_dict["NAME"], *stamp))


@lru_cache(maxsize=64)
def _profile(city: City, day: date, stamp: tuple[object, ...]) -> pa.Table:
    counted = pa.concat_tables([_open_counts(city, day), *_sealed_counts(city, day)])
    quarters = pc.unique(counted["quarter_hour"])
    wall = pa.array([quarter_of(q * QUARTER_S, city) for q in quarters.to_pylist()], pa.int64())
    quarter = wall.take(pc.index_in(counted["quarter_hour"], value_set=quarters))
    keys = ["quarter", "operator", "medium"]
    summed = counted.set_column(0, "quarter", quarter).group_by(keys, use_threads=False)
    table = summed.aggregate([("taps", "sum")]).rename_columns([*keys, "taps"])
    return table.sort_by([(key, "ascending") for key in keys])


def _open_counts(city: City, day: date) -> pa.Table:
    # An absolute quarter of an hour is one by every wall clock: zones differ by whole quarters.
    counted = read_table(
        "SELECT tapped_at_s / 900, route, medium, COUNT(*) FROM mobility_tap"
        " WHERE city_id = %s AND service_date = %s GROUP BY 1, 2, 3",
        [city.pk, day],
        pa.schema(
            [
                ("quarter_hour", pa.int64()),
                ("route", pa.string()),
                ("medium", pa.string()),
                ("taps", pa.int64()),
            ]
        ),
    )
    routes = route_table(city, day)
    place = pc.index_in(counted["route"], value_set=routes["route_id"], skip_nulls=True)
    operator = pc.cast(routes["operator"].take(place), pa.string())
    return counted.set_column(1, "operator", operator)


def _sealed_counts(city: City, day: date) -> Iterator[pa.Table]:
    keys = ["quarter_hour", "operator", "medium"]
    for table in _sealed_groups(city, day, ["tapped_at_s", "operator", "medium"]):
        hours = pc.divide(table["tapped_at_s"], QUARTER_S)
        texts = [pc.cast(table[name], pa.string()) for name in keys[1:]]
        rows = pa.table([hours, *texts, hours], names=[*keys, "taps"])
        counted = rows.group_by(keys, use_threads=False).aggregate([("taps", "count")])
        yield counted.rename_columns([*keys, "taps"])


def _sealed_groups(city: City, day: date, columns: list[str]) -> Iterator[pa.Table]:
    """The taps of the finished closings of a day, by row groups: always the same, in one order.

    Files of a closing that has not finished are left out: its taps still count as open.
    """
    finished = Closing.objects.filter(city=city, service_date=day, step=Closing.Step.DONE)
    last = finished.aggregate(last=Max("revision"))["last"]
    if last is None:
        return
    folder = day_folder(settings.HOME, city.code, day)
    for table in read_groups(folder, [*columns, "revision"]):
        yield table.filter(pc.less_equal(table["revision"], last)).select(columns)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which taps of a day; nothing said means all of them. `quarter` is 0 to 95."""

    operator: str = ""
    route: str = ""
    medium: str = ""
    quarter: int | None = None
    token: str = ""


class TapRows:
    """The taps of a day that are `wanted`, by their instants: counted, and given by the slice.

    Made for a paginator. A slice is a list of dicts: tapped_at_s, device, sequence, token, medium,
    route, direction, operator (a code or None). Sealed taps come before those that wait.
    """

    def __init__(self, city: City, day: date, wanted: Wanted) -> None:
        self.city, self.day = city, day
        routes = route_table(city, day)
        names = (routes[name].to_pylist() for name in ("route_id", "operator"))
        self.operator_of = dict(zip(*names, strict=True))
        hours = _hours(city, day, wanted.quarter)
        self.waiting = _waiting(city, day, wanted, hours, self.operator_of)
        self.sealed = _sealed_places(city, day, wanted, hours)

    def count(self) -> int:
        """How many there are."""
        return len(self.sealed) + self.waiting.count()

    def __len__(self) -> int:
        return self.count()

    def __getitem__(self, part: slice) -> list[dict[str, Any]]:
        closed = len(self.sealed)
        rows = self._sealed_rows(self.sealed[part])
        first, last = max(part.start - closed, 0), max(part.stop - closed, 0)
        for row in self.waiting.values(*SHOWN)[first:last]:
            rows.append({**row, "operator": self.operator_of.get(row["route"])})
        return rows

    def _sealed_rows(self, places: Places) -> list[dict[str, Any]]:
        """The rows at `places`, counted through the groups, in the order of `places`."""
        found: dict[int, dict[str, Any]] = {}
        first = 0
        for table in (
            _sealed_groups(self.city, self.day, [*SHOWN, "operator"]) if len(places) else ()
        ):
            here = places[(places >= first) & (places < first + table.num_rows)]
            rows = table.take(pa.array(here - first)).to_pylist()
            found |= dict(zip(here.tolist(), rows, strict=True))
            first += table.num_rows
        return [found[place] for place in places.tolist()]


def taps_of(city: City, day: date, wanted: Wanted) -> TapRows:
    """The taps of a day that are `wanted`."""
    return TapRows(city, day, wanted)


def _hours(city: City, day: date, quarter: int | None) -> list[int] | None:
    """The absolute quarters of an hour that the wall clock calls `quarter`; None for all."""
    if quarter is None:
        return None
    first_s, after_s = service_day_bounds(day, city.timezone, city.cutover_s)
    hours = range(first_s // QUARTER_S, -(-after_s // QUARTER_S))
    return [hour for hour in hours if quarter_of(hour * QUARTER_S, city) == quarter]


def _waiting(
    city: City,
    day: date,
    wanted: Wanted,
    hours: list[int] | None,
    operator_of: Mapping[str, str | None],
) -> QuerySet[Tap]:
    found = Tap.objects.filter(city=city, service_date=day).order_by("tapped_at_s", "pk")
    for name in ("medium", "route", "token"):
        if said := getattr(wanted, name):
            found = found.filter(**{name: said})
    if wanted.operator:
        runs = [route for route, code in operator_of.items() if code == wanted.operator]
        found = found.filter(route__in=runs)
    if hours is not None:
        spans = [Q(tapped_at_s__range=(h * QUARTER_S, (h + 1) * QUARTER_S - 1)) for h in hours]
        found = found.filter(reduce(or_, spans, Q(pk__in=())))
    return found


def _sealed_places(city: City, day: date, wanted: Wanted, hours: list[int] | None) -> Places:
    """Where the wanted rows stand, counted through the groups, ordered by their instants."""
    said = [name for name in ("operator", "medium", "route", "token") if getattr(wanted, name)]
    places, instants = [np.empty(0, np.int64)], [np.empty(0, np.int64)]
    first = 0
    for table in _sealed_groups(city, day, ["tapped_at_s", *said]):
        at_s = table["tapped_at_s"].to_numpy()
        keep = np.ones(len(at_s), bool)
        if hours is not None:
            keep &= np.isin(at_s // QUARTER_S, hours)
        for name in said:
            same = pc.equal(pc.cast(table[name], pa.string()), getattr(wanted, name))
            keep &= pc.fill_null(same, False).to_numpy()
        places.append(np.flatnonzero(keep) + first)
        instants.append(at_s[keep])
        first += len(at_s)
    ordered: Places = np.concatenate(places)[np.argsort(np.concatenate(instants), kind="stable")]
    return ordered
