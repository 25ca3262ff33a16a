"""The words of a feed: which files and columns are read, and why a row was not kept as it came."""

from collections.abc import Mapping
from dataclasses import dataclass

from trama.core.refusals import gettext_noop


@dataclass(frozen=True, slots=True)
class FileRule:
    """A file of a feed: the columns it must have and those that are read when they are there."""

    needed: tuple[str, ...]
    optional: tuple[str, ...] = ()


WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")

FILES: Mapping[str, FileRule] = {
    "agency.txt": FileRule(("agency_name",), ("agency_id", "agency_timezone")),
    "routes.txt": FileRule(
        ("route_id", "route_type"),
        ("agency_id", "route_short_name", "route_long_name", "route_color"),
    ),
    "stops.txt": FileRule(
        ("stop_id", "stop_lat", "stop_lon"), ("stop_name", "zone_id", "parent_station")
    ),
    "trips.txt": FileRule(
        ("trip_id", "route_id", "service_id"), ("trip_headsign", "direction_id", "shape_id")
    ),
    "stop_times.txt": FileRule(
        ("trip_id", "stop_id", "stop_sequence", "arrival_time", "departure_time")
    ),
    "calendar.txt": FileRule(("service_id", *WEEKDAYS, "start_date", "end_date")),
    "calendar_dates.txt": FileRule(("service_id", "date", "exception_type")),
    "frequencies.txt": FileRule(
        ("trip_id", "start_time", "end_time", "headway_secs"), ("exact_times",)
    ),
    "shapes.txt": FileRule(("shape_id", "shape_pt_lat", "shape_pt_lon", "shape_pt_sequence")),
    "fare_attributes.txt": FileRule(
        ("fare_id", "price", "currency_type"),
        ("payment_method", "transfers", "transfer_duration", "agency_id"),
    ),
    "fare_rules.txt": FileRule(
        ("fare_id",), ("route_id", "origin_id", "destination_id", "contains_id")
    ),
    "feed_info.txt": FileRule(
        (), ("feed_publisher_name", "feed_version", "feed_start_date", "feed_end_date")
    ),
}
ROUTE_FILES = ("agency.txt", "routes.txt", "feed_info.txt")
NEEDED_FILES = ("agency.txt", "routes.txt", "stops.txt", "trips.txt", "stop_times.txt")

# A row that is dropped is gone; a row that is mended was kept with the change the sentence tells.
DROPPED: Mapping[str, str] = {
    "agency_unknown": gettext_noop("names an agency that the feed does not have"),
    "date_unreadable": gettext_noop("has a date that is not YYYYMMDD"),
    "dates_reversed": gettext_noop("does not end after it begins"),
    "day_unreadable": gettext_noop("has a weekday that is neither 0 nor 1"),
    "duplicate_id": gettext_noop("repeats an identifier; the first row was kept"),
    "duplicate_row": gettext_noop("repeats another row exactly"),
    "duplicate_sequence": gettext_noop(
        "repeats a sequence with other content; the first row was kept"
    ),
    "exception_unreadable": gettext_noop("has an exception type that is neither 1 nor 2"),
    "fare_unknown": gettext_noop("names a fare that the feed does not have"),
    "headway_unreadable": gettext_noop("has a headway that is not a whole number above zero"),
    "id_missing": gettext_noop("has no identifier"),
    "id_too_long": gettext_noop("has an identifier that is too long"),
    "position_unreadable": gettext_noop("has no position that lies on Earth"),
    "price_unreadable": gettext_noop("has a price that is not an amount of its currency"),
    "route_type_unreadable": gettext_noop("has no route type that GTFS knows"),
    "route_unknown": gettext_noop("names a route that was not kept"),
    "sequence_unreadable": gettext_noop("has a sequence that is not a whole number"),
    "service_unknown": gettext_noop("names a service that the calendars do not have"),
    "shape_unused": gettext_noop("belongs to a shape that no kept trip follows"),
    "stop_unknown": gettext_noop("names a stop that was not kept"),
    "stop_unused": gettext_noop("is a stop that no kept trip uses"),
    "time_unreadable": gettext_noop("has a time that is not HH:MM:SS"),
    "trip_unknown": gettext_noop("names a trip that was not kept"),
    "trip_without_stops": gettext_noop("is a trip without stop times"),
}
MENDED: Mapping[str, str] = {
    "agency_id_missing": gettext_noop("has no agency identifier; the agency's name stands for it"),
    "agency_filled": gettext_noop("names no agency; the only one of the feed was taken"),
    "colour_unreadable": gettext_noop("has a colour that is not six hexadecimal digits; left out"),
    "direction_unreadable": gettext_noop("has a direction that is neither 0 nor 1; left out"),
    "name_missing": gettext_noop("has no name; its identifier stands for it"),
    "position_of_parent": gettext_noop("has no position; that of its parent station was taken"),
    "shape_unknown": gettext_noop("names a shape that the feed does not have; left out"),
    "text_shortened": gettext_noop("has a name that is too long; cut"),
    "timezone_differs": gettext_noop("has another timezone than the city; the city's counts"),
    "without_trips": gettext_noop("is a route without trips; kept, because it can be tapped"),
}
NOTES: Mapping[str, str] = {
    "file_absent": gettext_noop("{files}: not in the feed."),
    "file_not_read": gettext_noop("{files}: in the feed, not read by Trama."),
    "routes_only": gettext_noop("Routes only: no stops, trips or geometry."),
    "lines_from_shapes": gettext_noop(
        "{routes} routes are drawn from shapes.txt, simplified to {tolerance_m} m."
    ),
    "lines_from_stops": gettext_noop(
        "{routes} routes are drawn from stop to stop, simplified to {tolerance_m} m."
    ),
    "prefixed": gettext_noop("Agencies, routes and stops carry the prefix “{prefix}”."),
}
