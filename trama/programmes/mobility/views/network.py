"""A network as a map, or as a directory of coloured lines where there is nothing to draw."""

import re
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
    """The routes of an agency; `rest` are those that are shown on request, as `more` says."""

    name: str
    size: str
    first: Sequence[Chip]
    rest: Sequence[Chip]
    more: str


def city_map(city: City, day: date, networks: Sequence[Network]) -> Map:
    """The map of the versions in force, drawn once for each set of them and language."""
    key = " ".join([city.code, *(network.digest for network in networks)])
    return remembered_map(key, lambda: _drawn(city, day, networks))


def _drawn(city: City, day: date, networks: Sequence[Network]) -> Map:
    drawn = map_lines(city, day)
    lines = [
        _line(city, feature["properties"], feature["geometry"]["coordinates"], drawn["agencies"])
        for feature in drawn["features"]
    ]
    described = ngettext(
        "{routes} route. Choose its line to open it.",
        "{routes} routes. Choose a line to open it.",
        len(lines),
    )
    return network_map(
        _("Network of {city}").format(city=city.name),
        lines,
        description=described.format(routes=number_text(len(lines))),
        attribution=" · ".join(f"{n.source} · {n.licence}" for n in networks),
    )


def _line(
    city: City, route: Mapping[str, Any], lines: Sequence[Any], agencies: Mapping[str, str]
) -> RouteLine:
    return RouteLine(
        title=title_of(route["route_id"], route["short_name"], route["long_name"]),
        href=reverse("route", args=[city.code, route["route_id"]]),
        lines=lines,
        category=agencies[route["agency"]],
    )


def title_of(route_id: str, short_name: str, long_name: str) -> str:
    """`C01 · Troncal C01 - 39A`; one name when there is only one."""
    return " · ".join(dict.fromkeys(filter(None, (short_name, long_name)))) or route_id


def directory(city: City, routes: Iterable[Mapping[str, Any]]) -> list[AgencyLines]:
    """The routes by agency, the smallest agency first: rail and trunk lines before buses."""
    by_agency: dict[str, list[Chip]] = {}
    for route in sorted(routes, key=lambda route: as_people_count(route["short_name"])):
        by_agency.setdefault(route["agency__name"], []).append(chip(city, route))
    found = []
    for name, chips in sorted(by_agency.items(), key=lambda pair: (len(pair[1]), pair[0])):
        size = ngettext("{routes} route", "{routes} routes", len(chips))
        cut = len(chips) if len(chips) <= CHIPS_AT_FIRST + 4 else CHIPS_AT_FIRST
        size = size.format(routes=number_text(len(chips)))
        more = ngettext("{n} more line", "{n} more lines", len(chips) - cut).format(
            n=len(chips) - cut
        )
        found.append(AgencyLines(name, size, chips[:cut], chips[cut:], more))
    return found


def as_people_count(name: str) -> list[tuple[int, str]]:
    """A key that puts C2 before C10."""
    return [(int(part), "") if part.isdigit() else (0, part) for part in re.split(r"(\d+)", name)]


def chip(city: City, route: Mapping[str, Any]) -> Chip:
    """A route's chip in the colour its publisher gave it."""
    return Chip(
        name=route["short_name"] or route["long_name"] or route["route_id"],
        title=route["long_name"],
        href=reverse("route", args=[city.code, route["route_id"]]),
        colour=f"#{route['colour']}" if route["colour"] else "var(--cat-other)",
    )
