"""A network as a map, or as a directory of coloured lines where there is nothing to draw."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from trama.foundations.registry.models import City
from trama.programmes.mobility.models import Network
from trama.programmes.mobility.queries.networks import map_lines
from trama.web.formats import number_text
from trama.web.maps import Map, RouteLine, network_map, remembered_map

NAMED_AGENCIES = 6
CHIPS_AT_FIRST = 28
DIRECTORY_FIELDS = ("route_id", "short_name", "long_name", "colour", "agency__name")


@dataclass(frozen=True, slots=True)
class Chip:
    """A route as a small coloured label. `colour` is what an SVG attribute takes."""

    name: str
    title: str
    href: str
    colour: str


@dataclass(frozen=True, slots=True)
class AgencyLines:
    """The routes of an agency; `rest` are those that are shown on request."""

    name: str
    size: str
    first: Sequence[Chip]
    rest: Sequence[Chip]


def city_map(city: City, day: date, networks: Sequence[Network]) -> Map:
    """The map of the versions in force, drawn once for each set of them and language."""
    key = " ".join([city.code, *(network.digest for network in networks)])
    return remembered_map(key, lambda: _drawn(city, day, networks))


def _drawn(city: City, day: date, networks: Sequence[Network]) -> Map:
    routes = [feature["properties"] | {"lines": feature["geometry"]["coordinates"]}
              for feature in map_lines(city, day)["features"]]  # fmt: skip
    sizes = Counter(route["agency"] for route in routes)
    named = [agency for agency, _size in sizes.most_common(NAMED_AGENCIES)]
    rank = {agency: place for place, agency in enumerate(named)}
    routes.sort(key=lambda route: rank.get(route["agency"], len(rank)))
    others = _("Other operators")
    lines = [
        RouteLine(
            title=title_of(route["route_id"], route["short_name"], route["long_name"]),
            href=reverse("route", args=[city.code, route["route_id"]]),
            lines=route["lines"],
            category=route["agency"] if route["agency"] in rank else others,
        )
        for route in routes
    ]
    described = ngettext(
        "{routes} route. Choose its line to open it.",
        "{routes} routes. Choose a line to open it.",
        len(routes),
    )
    return network_map(
        _("Network of {city}").format(city=city.name),
        lines,
        description=described.format(routes=number_text(len(routes))),
        attribution=" · ".join(f"{n.source} · {n.licence}" for n in networks),
    )


def title_of(route_id: str, short_name: str, long_name: str) -> str:
    """`C01 · Troncal C01 - 39A`; one name when there is only one."""
    return " · ".join(dict.fromkeys(filter(None, (short_name, long_name)))) or route_id


def directory(city: City, routes: Iterable[Mapping[str, Any]]) -> list[AgencyLines]:
    """The routes by agency, the smallest agency first: rail and trunk lines before buses."""
    by_agency: dict[str, list[Chip]] = {}
    for route in routes:
        by_agency.setdefault(route["agency__name"], []).append(chip(city, route))
    found = []
    for name, chips in sorted(by_agency.items(), key=lambda pair: (len(pair[1]), pair[0])):
        size = ngettext("{routes} route", "{routes} routes", len(chips))
        cut = len(chips) if len(chips) <= CHIPS_AT_FIRST + 4 else CHIPS_AT_FIRST
        size = size.format(routes=number_text(len(chips)))
        found.append(AgencyLines(name, size, chips[:cut], chips[cut:]))
    return found


def chip(city: City, route: Mapping[str, Any]) -> Chip:
    """A route's chip in the colour its publisher gave it."""
    return Chip(
        name=route["short_name"] or route["long_name"] or route["route_id"],
        title=route["long_name"],
        href=reverse("route", args=[city.code, route["route_id"]]),
        colour=f"#{route['colour']}" if route["colour"] else "var(--cat-other)",
    )
