"""Every line is a link on the paper; a large network stays light."""

import math
import re

from django.template import engines
from hypothesis import given, settings
from hypothesis import strategies as st

from trama.web.maps import HEIGHTS, WIDTH, RouteLine, network_map, remembered_map

PLACES = st.tuples(st.floats(-103.9, -103.1), st.floats(20.1, 21.2))
LINES = st.lists(st.lists(PLACES, min_size=2, max_size=12), max_size=3)


def points_of(drawing: str) -> list[tuple[float, float]]:
    paths = re.findall(r'<path d="([^"]+)" stroke', drawing)
    pairs = (pair for path in paths for pair in re.split("[ML]", path) if pair)
    return [(float(x), float(y)) for x, y in (pair.split(",") for pair in pairs)]


@settings(max_examples=20)
@given(st.lists(LINES, min_size=1, max_size=5))
def test_every_route_with_geometry_is_one_link_on_the_paper(
    networks: list[list[list[tuple[float, float]]]],
) -> None:
    routes = [RouteLine(f"R{n}", f"/r/{n}/", lines) for n, lines in enumerate(networks)]
    drawing = network_map("Network", routes).drawing
    drawn = {f"/r/{n}/" for n, lines in enumerate(networks) if lines}
    assert set(re.findall(r'<a href="([^"]+)"', drawing)) == drawn
    for x, y in points_of(drawing):
        assert 0 <= x <= WIDTH
        assert 0 <= y <= HEIGHTS[1]


def test_north_is_above_and_east_to_the_right() -> None:
    to_north_east = RouteLine("R", "/", [[(-103.4, 20.6), (-103.3, 20.7)]])
    (x0, y0), (x1, y1) = points_of(network_map("N", [to_north_east]).drawing)
    assert x1 > x0
    assert y1 < y0


def test_a_network_without_geometry_says_so() -> None:
    empty = network_map("Network", [RouteLine("R", "/", [])], empty="No stop has coordinates.")
    html = engines["django"].from_string("{% load trama %}{% map m %}").render({"m": empty})
    assert "No stop has coordinates." in html
    assert "data-map" not in html


def test_a_network_of_622_routes_and_100_000_points_stays_below_half_a_megabyte() -> None:
    routes = []
    for n in range(622):
        turns = ((k / 160, math.sin(k / (3 + n % 11)) / 30) for k in range(160))
        bearing = n * math.tau / 622
        line = [
            (
                -99.6 + x * math.cos(bearing) - y * math.sin(bearing),
                19.3 + x * math.sin(bearing) + y * math.cos(bearing),
            )
            for x, y in turns
        ]
        name = f"Ruta {n} Centro - Terminal - San Pedro Totoltepec"
        routes.append(RouteLine(name, f"/toluca/routes/{n}/", [line], str(n % 31)))
    drawing = network_map("Toluca", routes).drawing
    assert drawing.count("<a ") == 622
    assert len(drawing.encode()) < 500_000


def test_names_on_a_map_cannot_leave_it() -> None:
    evil = RouteLine('"><script>', 'javascript:"', [[(0, 0), (1, 1)]])
    assert "<script" not in network_map('"><script>', [evil]).drawing


def test_a_map_is_made_once_for_each_key() -> None:
    made = []

    def make() -> object:
        made.append(1)
        return network_map("N", [])

    first = remembered_map("one feed", make)  # type: ignore[arg-type]
    assert remembered_map("one feed", make) is first  # type: ignore[arg-type]
    remembered_map("another feed", make)  # type: ignore[arg-type]
    assert len(made) == 2
