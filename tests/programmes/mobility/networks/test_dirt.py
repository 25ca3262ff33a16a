"""The dirt of real feeds: what is kept in spite of it, and what the report says."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from tests.programmes.mobility.networks.feeds import VALLE, read, reasons, spoilt


def test_a_clean_feed_is_kept_whole_but_for_the_stop_nobody_uses(tmp_path: Path) -> None:
    feed = read(tmp_path)
    assert {name: table.num_rows for name, table in feed.tables.items()} == {
        "agencies": 2,
        "routes": 2,
        "calendar": 2,
        "calendar_dates": 2,
        "trips": 3,
        "stops": 4,
        "stop_times": 8,
        "frequencies": 2,
        "fare_attributes": 1,
        "fare_rules": 2,
    }
    found = {f.name: f.findings for f in feed.report.files.values() if f.findings}
    assert list(found) == ["stops.txt"]
    assert reasons(feed, "stops.txt") == {"stop_unused": (1, [6])}
    assert (feed.starts, feed.publisher) == (date(2026, 2, 1), "Valle")


def test_times_past_midnight_go_on_counting(tmp_path: Path) -> None:
    times = read(tmp_path).tables["stop_times"].to_pylist()
    assert [row["arrival_s"] for row in times if row["trip"] == 1] == [85_800, 86_700, 90_600]


def test_stop_times_name_trips_and_stops_by_their_row(tmp_path: Path) -> None:
    tables = read(tmp_path).tables
    trips, stops = (
        tables[n].column(c).to_pylist() for n, c in (("trips", "trip_id"), ("stops", "stop_id"))
    )
    told = [(trips[row["trip"]], stops[row["stop"]]) for row in tables["stop_times"].to_pylist()]
    assert told == [
        tuple(line.split(",")[i] for i in (0, 3))
        for line in VALLE["stop_times.txt"].splitlines()[1:]
    ]


@pytest.mark.parametrize(
    "dirty",
    [
        pytest.param(lambda text: "\ufeff" + text, id="byte order mark"),
        pytest.param(lambda text: text.replace("\n", "\r\n"), id="CRLF"),
        pytest.param(lambda text: text.rstrip("\n"), id="no last line end"),
        pytest.param(lambda text: text.replace("\n", "\n\n"), id="blank lines"),
        pytest.param(lambda text: text.replace("\n", "\n  \n", 1), id="a line of spaces"),
        pytest.param(lambda text: text.replace(",", " , "), id="spaces around values"),
        pytest.param(lambda text: text.replace(",", ", "), id="spaces before values"),
        pytest.param(
            lambda text: "\n".join(
                ",".join(f'"{cell}"' for cell in line.split(",")) for line in text.splitlines()
            ),
            id="everything quoted",
        ),
        pytest.param(
            lambda text: "\n".join(
                ", ".join(f'"{cell}"' for cell in line.split(",")) for line in text.splitlines()
            ),
            id="quotes after spaces",
        ),
        pytest.param(
            lambda text: text.split("\n")[0].upper() + text[text.index("\n") :], id="capitals"
        ),
        pytest.param(
            lambda text: "\n".join(f"x,{line}," for line in text.splitlines()).replace(
                "x,", "extra,", 1
            ),
            id="columns nobody knows",
        ),
    ],
)
def test_every_file_may_be_written_so(tmp_path: Path, dirty: Callable[[str], str]) -> None:
    clean = read(tmp_path)
    feed = read(tmp_path, {name: dirty(text) for name, text in VALLE.items()})
    for name, table in clean.tables.items():
        assert feed.tables[name].equals(table), name
    assert {f.name: f.kept for f in feed.report.files.values()} == {
        f.name: f.kept for f in clean.report.files.values()
    }


@pytest.mark.parametrize(
    ("name", "change", "reason", "line"),
    [
        ("stop_times.txt", ("t1,05:10", "t9,05:10"), "trip_unknown", 3),
        ("stop_times.txt", ("05:11:00,B", "05:11:00,Q"), "stop_unknown", 3),
        ("stop_times.txt", ("05:11:00,B,2", "05:11:00,B,two"), "sequence_unreadable", 3),
        ("stop_times.txt", ("05:11:00,B,2", "05:11:00,B,"), "sequence_unreadable", 3),
        ("stop_times.txt", ("05:11:00,B,2", "05:11:00,B,-2"), "sequence_unreadable", 3),
        ("stop_times.txt", ("05:10:00,05:11:00", "5h10,05:11:00"), "time_unreadable", 3),
        ("stop_times.txt", ("05:10:00,05:11:00", "05:61:00,05:11:00"), "time_unreadable", 3),
        ("trips.txt", ("10,laborable,t2", "11,laborable,t2"), "route_unknown", 3),
        ("trips.txt", ("10,laborable,t2", "10,festivo,t2"), "service_unknown", 3),
        ("trips.txt", ("20,diario,t3", "20,diario,t1"), "duplicate_id", 4),
        ("trips.txt", ("20,diario,t3", "20,diario,t4"), "trip_without_stops", 4),
        ("trips.txt", ("20,diario,t3", "20,diario,"), "id_missing", 4),
        ("routes.txt", ("20,sur", "20,este"), "agency_unknown", 3),
        ("routes.txt", ("20,sur", "20,"), "agency_unknown", 3),
        ("routes.txt", ("Río,,0", "Río,,bus"), "route_type_unreadable", 3),
        ("routes.txt", ("Río,,0", "Río,,"), "route_type_unreadable", 3),
        ("routes.txt", ("20,sur", f"{'2' * 65},sur"), "id_too_long", 3),
        ("stops.txt", ("D,Río,19.270000", "D,Río,"), "position_unreadable", 5),
        ("stops.txt", ("D,Río,19.270000,-99.660000", "D,Río,0,0"), "position_unreadable", 5),
        ("stops.txt", ("D,Río,19.270000", "D,Río,1927"), "position_unreadable", 5),
        ("stops.txt", ("D,Río,19.270000", "D,Río,91"), "position_unreadable", 5),
        ("stops.txt", ("D,Río,19.270000", "D,Río,nan"), "position_unreadable", 5),
        (
            "calendar.txt",
            ("20260101,20261231\ndiario", "2026-01-01,20261231\ndiario"),
            "date_unreadable",
            2,
        ),
        (
            "calendar.txt",
            ("20260101,20261231\ndiario", "20260101,20251231\ndiario"),
            "dates_reversed",
            2,
        ),
        ("calendar.txt", ("laborable,1", "laborable,si"), "day_unreadable", 2),
        ("calendar_dates.txt", ("20260501", "20260230"), "date_unreadable", 2),
        ("calendar_dates.txt", ("20260501,2", "20260501,3"), "exception_unreadable", 2),
        ("frequencies.txt", ("t3,06", "t9,06"), "trip_unknown", 2),
        ("frequencies.txt", (",600", ",0"), "headway_unreadable", 2),
        ("frequencies.txt", ("08:00:00,600", "06:00:00,600"), "dates_reversed", 2),
        ("fare_attributes.txt", ("14,MXN", "14.005,MXN"), "price_unreadable", 2),
        ("fare_attributes.txt", ("14,MXN", "-14,MXN"), "price_unreadable", 2),
        ("fare_attributes.txt", ("14,MXN", "14,pesos"), "price_unreadable", 2),
        ("fare_rules.txt", ("normal,10", "otra,10"), "fare_unknown", 2),
        ("fare_rules.txt", ("normal,10", "normal,30"), "route_unknown", 2),
    ],
)
def test_a_row_that_cannot_be_used_is_dropped_with_its_line(
    tmp_path: Path, name: str, change: tuple[str, str], reason: str, line: int
) -> None:
    feed = read(tmp_path, spoilt(name, change))
    assert reasons(feed, name)[reason] == (1, [line])
    report = feed.report.of(name)
    assert report.kept == report.read - sum(n for n, _ in reasons(feed, name).values())


@pytest.mark.parametrize(
    ("name", "change", "reason", "line"),
    [
        ("agency.txt", ("Autobuses del Norte", "A" * 201), "text_shortened", 2),
        (
            "agency.txt",
            ("example,America/Mexico_City\nsur", "example,America/Lima\nsur"),
            "timezone_differs",
            2,
        ),
        ("routes.txt", ("0A7F3F", "verde"), "colour_unreadable", 2),
        ("routes.txt", ("20,Centro – Río", ","), "name_missing", 3),
        ("trips.txt", ("Centro,1", "Centro,7"), "direction_unreadable", 3),
    ],
)
def test_a_row_that_can_be_mended_is_kept_and_told(
    tmp_path: Path, name: str, change: tuple[str, str], reason: str, line: int
) -> None:
    feed = read(tmp_path, spoilt(name, change))
    assert reasons(feed, name) == {reason: (1, [line])}
    assert feed.report.of(name).kept == feed.report.of(name).read


def test_repeated_stop_times_keep_the_first_and_tell_copies_from_contradictions(
    tmp_path: Path,
) -> None:
    repeated = VALLE["stop_times.txt"] + "t1,05:10:00,05:11:00,B,2\nt3,07:00:00,07:00:00,D,2\n"
    feed = read(tmp_path, {"stop_times.txt": repeated})
    assert feed.tables["stop_times"].equals(read(tmp_path).tables["stop_times"])
    assert reasons(feed, "stop_times.txt") == {
        "duplicate_row": (1, [10]),
        "duplicate_sequence": (1, [11]),
    }


def test_stop_times_in_any_order_are_put_in_order(tmp_path: Path) -> None:
    header, *rows = VALLE["stop_times.txt"].splitlines()
    feed = read(tmp_path, {"stop_times.txt": "\n".join([header, *reversed(rows)])})
    assert feed.tables["stop_times"].equals(read(tmp_path).tables["stop_times"])


def test_a_stop_between_timed_ones_may_have_no_times(tmp_path: Path) -> None:
    feed = read(tmp_path, spoilt("stop_times.txt", ("05:10:00,05:11:00", ",")))
    row = feed.tables["stop_times"].to_pylist()[1]
    assert (row["arrival_s"], row["departure_s"]) == (None, None)
    one = read(tmp_path, spoilt("stop_times.txt", ("05:10:00,05:11:00", ",05:11:00")))
    assert one.tables["stop_times"].to_pylist()[1]["arrival_s"] == 5 * 3600 + 11 * 60


def test_a_platform_without_position_lies_where_its_station_lies(tmp_path: Path) -> None:
    stops = VALLE["stops.txt"].replace("zone_id", "zone_id,parent_station")
    stops = stops.replace("D,Río,19.270000,-99.660000,2", "D,Río,,,2,E").replace(",1\n", ",1,\n")
    stops = stops.replace("-99.640000,2", "-99.640000,2,").replace("-99.000000,", "-99.000000,,")
    feed = read(tmp_path, {"stops.txt": stops + "E,Estación,19.5,-99.5,,\n"})
    placed = {row["stop_id"]: row["lat_e6"] for row in feed.tables["stops"].to_pylist()}
    assert placed["D"] == 19_500_000
    assert "E" not in placed
    assert reasons(feed, "stops.txt")["position_of_parent"] == (1, [5])


def test_one_agency_needs_no_identifier(tmp_path: Path) -> None:
    feed = read(
        tmp_path,
        {
            "agency.txt": "agency_name,agency_timezone\nValle en Bus,America/Mexico_City\n",
            "routes.txt": "route_id,route_type\n10,3\n20,0\n",
        },
    )
    assert feed.tables["agencies"].to_pylist() == [
        {"agency_id": "Valle en Bus", "name": "Valle en Bus"}
    ]
    assert {r["agency_id"] for r in feed.tables["routes"].to_pylist()} == {"Valle en Bus"}
    assert reasons(feed, "routes.txt")["agency_filled"] == (2, [2, 3])


def test_optional_files_may_be_missing(tmp_path: Path) -> None:
    absent = ("calendar_dates", "frequencies", "fare_attributes", "fare_rules", "feed_info")
    feed = read(tmp_path, {f"{name}.txt": None for name in absent})
    assert feed.starts == date(2026, 1, 1)
    (note,) = (n for n in feed.report.notes if n["code"] == "file_absent")
    assert note["params"]["files"] == (
        "calendar_dates.txt, fare_attributes.txt, fare_rules.txt, feed_info.txt, "
        "frequencies.txt, shapes.txt"
    )


def test_a_feed_may_have_dates_and_no_calendar(tmp_path: Path) -> None:
    dates = (
        "service_id,date,exception_type\n"
        "laborable,20260105,2\nlaborable,20260306,1\ndiario,20260307,1\n"
    )
    feed = read(
        tmp_path, {"calendar.txt": None, "feed_info.txt": None, "calendar_dates.txt": dates}
    )
    assert feed.starts == date(2026, 3, 6)
    assert feed.tables["trips"].num_rows == 3


def test_a_quoted_line_end_does_not_shift_the_lines_of_the_report(tmp_path: Path) -> None:
    stops = VALLE["stops.txt"].replace("Centro", '"Centro\nHistórico"').replace("19.270000", "x")
    feed = read(tmp_path, {"stops.txt": stops})
    assert reasons(feed, "stops.txt")["position_unreadable"] == (1, [6])
    assert feed.tables["stops"].to_pylist()[0]["name"] == "Centro\nHistórico"


def test_shapes_nobody_follows_are_left_out(tmp_path: Path) -> None:
    trips = VALLE["trips.txt"].replace("direction_id", "direction_id,shape_id")
    trips = trips.replace(",0\n", ",0,s1\n").replace(",1\n", ",1,s9\n")
    shapes = """\
shape_id,shape_pt_lat,shape_pt_lon,shape_pt_sequence
s2,19.1,-99.1,1
s1,19.3,-99.6,20
s1,19.2,-99.6,3
s1,,-99.6,5
"""
    feed = read(tmp_path, {"trips.txt": trips, "shapes.txt": shapes})
    assert feed.tables["shapes"].column("lat_e6").to_pylist() == [19_200_000, 19_300_000]
    assert reasons(feed, "shapes.txt") == {
        "shape_unused": (1, [2]),
        "position_unreadable": (1, [5]),
    }
    assert reasons(feed, "trips.txt") == {"shape_unknown": (1, [3])}
