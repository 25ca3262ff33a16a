"""What is drawn of a route: the path most used each way, from shapes or from stop to stop."""

import json
from pathlib import Path

import pytest

from tests.programmes.mobility.networks.feeds import VALLE, read
from trama.programmes.mobility.networks import drawings
from trama.programmes.mobility.networks.drawings import draw_routes

A, B, C, D = [-99.65, 19.28], [-99.65, 19.29], [-99.64, 19.3], [-99.66, 19.27]


def test_without_shapes_lines_go_from_stop_to_stop_each_way(tmp_path: Path) -> None:
    drawing = draw_routes(read(tmp_path).tables)
    assert drawing.lines == {"10": [[A, B, C], [C, B, A]], "20": [[A, D]]}
    assert (drawing.from_shapes, drawing.from_stops, drawing.tolerance_m) == (0, 2, 5)


def test_the_pattern_most_used_in_a_direction_is_drawn(tmp_path: Path) -> None:
    trips = VALLE["trips.txt"] + "".join(f"10,laborable,x{i},,0\n" for i in range(3))
    times = VALLE["stop_times.txt"] + "".join(
        f"x{i},07:00:00,07:00:00,{stop},{n}\n"
        for i, stops in enumerate(("AC", "AC", "AB"))
        for n, stop in enumerate(stops)
    )
    drawing = draw_routes(read(tmp_path, {"trips.txt": trips, "stop_times.txt": times}).tables)
    assert drawing.lines["10"] == [[A, C], [C, B, A]]


def test_where_trips_tell_no_direction_the_two_paths_most_used_are_drawn(tmp_path: Path) -> None:
    trips = VALLE["trips.txt"].replace(",0\n", ",\n").replace(",1\n", ",\n")
    drawing = draw_routes(read(tmp_path, {"trips.txt": trips}).tables)
    assert sorted(drawing.lines["10"]) == sorted([[A, B, C], [C, B, A]])


def test_a_shape_goes_before_the_stops_and_loses_points_nobody_sees(tmp_path: Path) -> None:
    trips = VALLE["trips.txt"].replace("direction_id", "direction_id,shape_id")
    trips = trips.replace(",0\n", ",0,s1\n").replace(",1\n", ",1,\n")
    shapes = "shape_id,shape_pt_lat,shape_pt_lon,shape_pt_sequence\n" + "".join(
        f"s1,{19.28 + i / 1000:.6f},{-99.65 + (0.00001 if i % 2 else 0):.6f},{i}\n"
        for i in range(11)
    )
    drawing = draw_routes(read(tmp_path, {"trips.txt": trips, "shapes.txt": shapes}).tables)
    assert drawing.lines["10"] == [[A, [-99.65, 19.29]], [C, B, A]]
    assert (drawing.from_shapes, drawing.from_stops) == (2, 0)


def test_a_whole_city_is_made_coarser_until_it_fits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(drawings, "MAP_BYTES", 20_000)
    trips = VALLE["trips.txt"].replace("direction_id", "direction_id,shape_id")
    trips = trips.replace(",0\n", ",0,s1\n").replace(",1\n", ",1,s1\n")
    shapes = "shape_id,shape_pt_lat,shape_pt_lon,shape_pt_sequence\n" + "".join(
        f"s1,{19 + i / 10_000:.6f},{-99.65 + (0.0002 if i % 2 else 0):.6f},{i}\n"
        for i in range(2000)
    )
    drawing = draw_routes(read(tmp_path, {"trips.txt": trips, "shapes.txt": shapes}).tables)
    assert len(json.dumps(drawing.lines, separators=(",", ":"))) <= 20_000
    assert drawing.tolerance_m == 28  # the teeth are 21 m high
