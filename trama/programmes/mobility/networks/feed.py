"""A whole feed, read in the order in which its files refer to each other."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from trama.core.refusals import Refused, gettext_noop
from trama.programmes.mobility.networks import fares, nouns, timetable
from trama.programmes.mobility.networks.archive import Archive
from trama.programmes.mobility.networks.report import ReadingReport
from trama.programmes.mobility.networks.shapes import read_shapes
from trama.programmes.mobility.networks.sheets import Sheet, locate, read_sheet
from trama.programmes.mobility.networks.values import date_of
from trama.programmes.mobility.networks.vocabulary import FILES, NEEDED_FILES, ROUTE_FILES


@dataclass(frozen=True, slots=True)
class Feed:
    """Cleaned tables by name (see the reader of each), and what was found on the way.

    `trips.trip_id` and `stops.stop_id` are numbered by their row: `stop_times` and `frequencies`
    name them so. `starts` is the first day the feed speaks of, None when it names none.
    """

    tables: Mapping[str, pa.Table]
    starts: date | None
    publisher: str
    report: ReadingReport = field(repr=False)


def read_feed(archive: Archive, *, timezone: str, routes_only: bool = False) -> Feed:
    """Read and clean every file. `Refused` whole, with file, line and reason, when it is no use.

    `timezone` is the city's: agencies that name another are reported. `routes_only` accepts a
    feed of agencies and routes alone and reads nothing else.
    """
    report = ReadingReport()
    _note_files(archive, report, routes_only)
    reading = _Reading(archive, report)
    reading.read_routes(timezone)
    if not routes_only:
        reading.read_days()
        reading.read_trips()
        reading.read_fares()
    locate(archive, report.files)
    _refuse_nothing_left(reading)
    starts, publisher = reading.read_info()
    return Feed(reading.tables, starts, publisher, report)


def _note_files(archive: Archive, report: ReadingReport, routes_only: bool) -> None:
    needed = ROUTE_FILES[:2] if routes_only else NEEDED_FILES
    missing = [name for name in needed if name not in archive.members]
    calendars = {"calendar.txt", "calendar_dates.txt"} & archive.members.keys()
    if not routes_only and not missing and not calendars:
        missing = ["calendar.txt"]
    if missing:
        raise Refused(
            "feed_lacks_a_file",
            gettext_noop("The feed has no {files}."),
            remedy=gettext_noop(
                "Ask the publisher for the whole feed; a feed of agencies and routes alone can be "
                "loaded with --routes-only."
            ),
            files=", ".join(missing),
        )
    if routes_only:
        report.note("routes_only")
    else:
        absent = sorted(FILES.keys() - archive.members.keys())
        if absent:
            report.note("file_absent", files=", ".join(absent))
    if archive.unread:
        report.note("file_not_read", files=", ".join(archive.unread))


class _Reading:
    """The tables read so far; each step uses those of the steps before."""

    def __init__(self, archive: Archive, report: ReadingReport) -> None:
        self.archive = archive
        self.report = report
        self.tables: dict[str, pa.Table] = {}

    def sheet(self, name: str) -> Sheet | None:
        if name not in self.archive.members:
            return None
        return read_sheet(self.archive, name, self.report.of(name))

    def needed(self, name: str) -> Sheet:
        return read_sheet(self.archive, name, self.report.of(name))

    def ids(self, table: str, column: str) -> pa.Array:
        """The distinct identifiers of a table read before; none when there is no such table."""
        if table not in self.tables:
            return pa.array([], pa.string())
        return pc.unique(self.tables[table].column(column).cast(pa.string()))

    def read_routes(self, timezone: str) -> None:
        self.tables["agencies"] = nouns.read_agencies(self.needed("agency.txt"), timezone)
        self.tables["routes"] = nouns.read_routes(
            self.needed("routes.txt"), self.tables["agencies"]
        )

    def read_days(self) -> None:
        if sheet := self.sheet("calendar.txt"):
            self.tables["calendar"] = timetable.read_calendar(sheet)
        if sheet := self.sheet("calendar_dates.txt"):
            self.tables["calendar_dates"] = timetable.read_calendar_dates(sheet)

    def read_trips(self) -> None:
        services = pa.concat_arrays(
            [self.ids(t, "service_id") for t in ("calendar", "calendar_dates")]
        )
        if sheet := self.sheet("shapes.txt"):
            self.tables["shapes"] = read_shapes(sheet)
        trips_sheet = self.needed("trips.txt")
        trips = timetable.read_trips(
            trips_sheet, self.ids("routes", "route_id"), services, self.ids("shapes", "shape_id")
        )
        stops = nouns.read_stops(self.needed("stops.txt"))
        times = timetable.read_stop_times(
            self.archive,
            self.report.of("stop_times.txt"),
            trips.column("trip_id").combine_chunks(),
            stops.column("stop_id").combine_chunks(),
        )
        self._keep_used(trips, stops, times)
        if sheet := self.sheet("frequencies.txt"):
            known = self.tables["trips"].column("trip_id").combine_chunks()
            self.tables["frequencies"] = timetable.read_frequencies(sheet, known)

    def _keep_used(self, trips: pa.Table, stops: pa.Table, times: pa.Table) -> None:
        """Leave out trips without stops, stops and shapes without trips, and renumber."""
        trips, trip = self._used(trips, times.column("trip"), "trips.txt", "trip_without_stops")
        stops, stop = self._used(stops, times.column("stop"), "stops.txt", "stop_unused")
        times = times.set_column(0, "trip", trip)
        self.tables["trips"], self.tables["stops"] = trips, stops
        self.tables["stop_times"] = times.set_column(2, "stop", stop)
        if "shapes" in self.tables:
            shapes = self.tables["shapes"]
            followed = pc.is_in(
                shapes.column("shape_id").cast(pa.string()), self.ids("trips", "shape_id")
            )
            idle = shapes.filter(pc.invert(followed)).column("row").to_numpy()
            if len(idle):
                self.report.of("shapes.txt").add("shape_unused", np.sort(idle), len(idle))
            self.tables["shapes"] = shapes.filter(followed).drop_columns("row")

    def _used(
        self, table: pa.Table, named: pa.ChunkedArray, file: str, reason: str
    ) -> tuple[pa.Table, pa.Array]:
        """`table` without the rows that `named` never names, and `named` in the new numbers."""
        codes: NDArray[np.int32] = named.to_numpy()
        used = np.zeros(table.num_rows, bool)
        used[codes] = True
        idle = table.column("row").to_numpy()[~used]
        if len(idle):
            self.report.of(file).add(reason, idle, len(idle))
        renumbered = (np.cumsum(used) - 1).astype(np.int32)
        kept = table.filter(pa.array(used)).drop_columns("row")
        return kept, pa.array(renumbered[codes], pa.int32())

    def read_fares(self) -> None:
        if sheet := self.sheet("fare_attributes.txt"):
            self.tables["fare_attributes"] = fares.read_fare_attributes(sheet)
        if sheet := self.sheet("fare_rules.txt"):
            self.tables["fare_rules"] = fares.read_fare_rules(
                sheet, self.ids("fare_attributes", "fare_id"), self.ids("routes", "route_id")
            )

    def read_info(self) -> tuple[date | None, str]:
        """First day the feed speaks of, and who publishes it."""
        publisher, told = "", None
        sheet = self.sheet("feed_info.txt")
        if sheet is not None and len(sheet):
            publisher = sheet.texts("feed_publisher_name")[0].as_py()
            told = date_of(sheet.texts("feed_start_date")[0].as_py())
        return told or self._first_day(), publisher

    def _first_day(self) -> date | None:
        days: list[date] = []
        if "calendar" in self.tables:
            days += self.tables["calendar"].column("start_date").to_pylist()
        if "calendar_dates" in self.tables:
            added = self.tables["calendar_dates"].filter(pc.field("exception_type") == 1)
            days += added.column("date").to_pylist()
        return min(days, default=None)


def _refuse_nothing_left(reading: _Reading) -> None:
    for table, file in (("routes", "routes.txt"), ("stop_times", "stop_times.txt")):
        if table not in reading.tables or reading.tables[table].num_rows:
            continue
        findings = reading.report.of(file).findings.values()
        lines = [(f.lines[0], f.reason) for f in findings if f.lines]
        (line, text), reason = min(lines, default=((1, ""), "file_empty"))
        raise Refused(
            "feed_has_nothing_to_keep",
            gettext_noop("{file}: no row could be kept. Line {line} ({reason}): {text}"),
            remedy=gettext_noop("Ask the publisher for a feed whose files belong together."),
            file=file,
            line=line,
            reason=reason,
            text=text,
        )
