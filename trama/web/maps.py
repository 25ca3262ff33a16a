"""Maps drawn on the server: lines on plain paper, each a link; no tiles, no internet."""

import json
import math
import re
from collections import Counter, OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from html import escape

from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language

from trama.web.charts.categories import categories_of
from trama.web.charts.drawing import drawn

WIDTH = 900
MARGIN = 14
FOOT = 34
HEIGHTS = (320, 900)
MOST_POINTS = 26_000
KEPT_MAPS = 32
MANY_ROUTES = 150
METRES_PER_DEGREE = 111_320
SCALE_BARS_M = (100, 200, 500, 1_000, 2_000, 5_000, 10_000, 20_000, 50_000, 100_000)
_MARK = re.compile(r'<path aria-label="(\d+)"[^>]*? d="([^"]*)" stroke="([^"]*)"[^>]*/>')

Point = Sequence[float]


@dataclass(frozen=True, slots=True)
class RouteLine:
    """One link on a map. `lines` are [[[lon, lat], ...], ...] in degrees; may be empty."""

    title: str
    href: str
    lines: Sequence[Sequence[Point]]
    category: str = ""


@dataclass(frozen=True, slots=True)
class Map:
    """A drawn map. `drawing` is empty when no route has geometry."""

    title: str
    drawing: SafeString
    categories: Sequence[tuple[str, str]] = field(default_factory=tuple)
    description: str = ""
    attribution: str = ""
    anchor: str = "map"
    empty: str = ""


@dataclass(frozen=True, slots=True)
class Paper:
    """Shapes in pixels, the height they need, and how long a metre is."""

    lines: list[list[list[tuple[float, float]]]]
    height: int
    pixels_per_m: float


_kept: OrderedDict[tuple[str, str], Map] = OrderedDict()


def remembered_map(key: str, make: Callable[[], Map]) -> Map:
    """The map kept under `key` (say, a feed's digest) and the active language, or a new one.

    `make` is called once for each key and language of this process, so that neither geometry
    is read nor lines drawn for every reader.
    """
    name = (key, get_language() or "")
    if name not in _kept:
        _kept[name] = make()
    _kept.move_to_end(name)
    while len(_kept) > KEPT_MAPS:
        _kept.popitem(last=False)
    return _kept[name]


def network_map(
    title: str,
    routes: Sequence[RouteLine],
    *,
    description: str = "",
    attribution: str = "",
    anchor: str = "map",
    empty: str = "",
) -> Map:
    """Draw routes at once. `category` gives colour and legend; the largest six have their own.

    Points that no screen can tell apart are left out, so that a page stays below half a
    megabyte whatever the size of the network.
    """
    ready = [route for route in routes if any(len(line) > 1 for line in route.lines)]
    sizes = Counter(route.category for route in ready)
    categories = categories_of([{"c": name} for name, _ in sizes.most_common()], "c")
    named = [pair for pair in categories if pair[0]]
    drawing = _drawing(title, ready, dict(categories)) if ready else SafeString("")
    return Map(title, drawing, named, description, attribution, anchor, empty)


def _drawing(title: str, routes: Sequence[RouteLine], colours: dict[str, str]) -> SafeString:
    routes = sorted(routes, key=lambda route: colours[route.category] != "cat-other")
    paper = _on_paper([route.lines for route in routes])
    features = [
        {
            "type": "Feature",
            "properties": {"i": str(place), "c": f"var(--{colours[route.category]})"},
            "geometry": {"type": "MultiLineString", "coordinates": paper.lines[place]},
        }
        for place, route in enumerate(routes)
    ]
    spec = {
        "$schema": "https://vega.github.io/schema/vega-lite/v6.json",
        "width": WIDTH,
        "height": paper.height,
        "data": {"values": features},
        "projection": {"type": "identity", "scale": 1, "translate": [0, 0]},
        "mark": {"type": "geoshape", "filled": False, "strokeWidth": 1.5},
        "encoding": {
            "stroke": {"field": "properties.c", "type": "nominal", "scale": None},
            "description": {"field": "properties.i"},
        },
    }
    links = [
        _link(routes[int(place)], path, colour)
        for place, path, colour in _MARK.findall(drawn(json.dumps(spec)))
    ]
    return mark_safe(  # noqa: S308 - drawn here; titles and addresses were escaped
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {paper.height}"'
        f' role="group" aria-label="{escape(title)}">{_scale_bar(paper)}<g fill="none"'
        f' stroke-width="{1.25 if len(routes) > MANY_ROUTES else 2}" stroke-linejoin="round"'
        f' stroke-linecap="round">{"".join(links)}</g></svg>'
    )


def _link(route: RouteLine, path: str, colour: str) -> str:
    title = escape(route.title)
    return (
        f'<a href="{escape(route.href)}" aria-label="{title}"><title>{title}</title>'
        f'<path d="{path}" stroke="{colour}"/></a>'
    )


def _scale_bar(paper: Paper) -> str:
    """The longest round distance that fits a quarter of the width."""
    longest_m = WIDTH / 4 / paper.pixels_per_m
    metres = max((m for m in SCALE_BARS_M if m <= longest_m), default=SCALE_BARS_M[0])
    length, y = round(metres * paper.pixels_per_m, 1), paper.height - 12
    text = f"{metres // 1000} km" if metres >= 1000 else f"{metres} m"
    return (
        f'<path d="M12,{y - 5}v5h{length}v-5" fill="none" stroke="var(--ink-soft)"/>'
        f'<text x="{12 + length / 2}" y="{y - 8}" text-anchor="middle" font-size="13"'
        f' fill="var(--ink-soft)">{text}</text>'
    )


def _on_paper(shapes: Sequence[Sequence[Sequence[Point]]]) -> Paper:
    """Degrees to pixels: equirectangular about the middle latitude, north above, one scale."""
    points = [point for shape in shapes for line in shape for point in line]
    west, east = min(p[0] for p in points), max(p[0] for p in points)
    south, north = min(p[1] for p in points), max(p[1] for p in points)
    shrink = math.cos(math.radians((south + north) / 2))
    across = max((east - west) * shrink, 1e-9)
    down = max(north - south, 1e-9)
    height = round(min(max(WIDTH * down / across, HEIGHTS[0]), HEIGHTS[1]))
    scale = min((WIDTH - 2 * MARGIN) / across, (height - MARGIN - FOOT) / down)
    left = (WIDTH - across * scale) / 2
    top = MARGIN + (height - MARGIN - FOOT - down * scale) / 2

    def place(point: Point) -> tuple[float, float]:
        x = left + (point[0] - west) * shrink * scale
        return round(x, 1), round(top + (north - point[1]) * scale, 1)

    paths = [[[place(p) for p in line] for line in shape if len(line) > 1] for shape in shapes]
    apart = 0.8
    thin = paths
    while apart == 0.8 or sum(len(line) for shape in thin for line in shape) > MOST_POINTS:
        thin = [[_thinned(line, apart) for line in shape] for shape in paths]
        apart *= 1.5
    return Paper(thin, height, scale / METRES_PER_DEGREE)


def _thinned(line: list[tuple[float, float]], apart: float) -> list[tuple[float, float]]:
    """Without the points nearer than `apart` pixels to the one kept before; both ends stay."""
    kept = [line[0]]
    for point in line[1:-1]:
        if math.dist(point, kept[-1]) >= apart:
            kept.append(point)
    return [*kept, line[-1]]
