"""Which network a city has on a day, who runs its routes, and what it looks like on a map."""

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
from django.db.models import Exists, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils.translation import gettext

from trama.core.refusals import Refused, gettext_noop
from trama.foundations.registry.models import City
from trama.programmes.mobility.models import Agency, Concession, Network, Route, Stop
from trama.programmes.mobility.networks.files import read_parts
from trama.programmes.mobility.networks.service import departures_on
from trama.programmes.mobility.networks.vocabulary import DROPPED, MENDED, NOTES

ROUTE_TABLE = pa.schema(
    [
        ("route_id", pa.string()),
        ("agency_id", pa.string()),
        ("operator", pa.string()),
        ("short_name", pa.string()),
        ("route_type", pa.int32()),
    ]
)


def networks_on(city: City, day: date) -> QuerySet[Network]:
    """The versions in force on `day`, one of each feed of the city, by name of the feed."""
    newer = Network.objects.filter(
        city=OuterRef("city"),
        feed=OuterRef("feed"),
        valid_from__gt=OuterRef("valid_from"),
        valid_from__lte=day,
    )
    begun = Network.objects.filter(city=city, valid_from__lte=day)
    return begun.filter(~Exists(newer)).order_by("feed")


def get_network_on(city: City, day: date, feed: str) -> Network:
    """The version of `feed` in force on `day`. Refused: `network_not_found`."""
    network = networks_on(city, day).filter(feed=feed).first()
    if network is None:
        raise Refused(
            "network_not_found",
            gettext_noop("{city} has no network “{feed}” on {day}."),
            remedy=gettext_noop("Load one that is valid that day with: trama load_network"),
            city=city.name,
            feed=feed,
            day=day,
        )
    return network


def operators_on(city: City, day: date) -> dict[tuple[str, str], str]:
    """Operator's code by (agency_id, route_id) on `day`; a blank route_id is the whole agency."""
    rows = (
        Concession.objects.filter(city=city, valid_from__lte=day)
        .order_by("valid_from")
        .values_list("agency_id", "route_id", "operator__code")
    )
    return {(agency, route): operator for agency, route, operator in rows}


def route_table(city: City, day: date) -> pa.Table:
    """`route_id, agency_id, operator, short_name, route_type` of every route in force on `day`.

    One query. `operator` is the code of whoever runs the route that day (its own concession goes
    before that of its agency), null where nobody was assigned. Route ids are unique: a feed that
    shares one with another is refused when it is loaded.
    """
    rows = routes_on(city, day).values_list(*_TABLE_FIELDS)
    columns = list(zip(*rows, strict=True)) or [()] * len(ROUTE_TABLE)
    return pa.table(
        [pa.array(c, f.type) for c, f in zip(columns, ROUTE_TABLE, strict=True)], schema=ROUTE_TABLE
    )


_TABLE_FIELDS = ("route_id", "agency__agency_id", "operator", "short_name", "route_type")


def routes_on(city: City, day: date) -> QuerySet[Route]:
    """The routes in force on `day` by their id, with `operator`: a code, or None."""
    held = Concession.objects.filter(
        city=city, agency_id=OuterRef("agency__agency_id"), valid_from__lte=day
    ).order_by("-valid_from")
    own = held.filter(route_id=OuterRef("route_id")).values("operator__code")[:1]
    whole = held.filter(route_id="").values("operator__code")[:1]
    return (
        Route.objects.filter(network__in=networks_on(city, day))
        .annotate(operator=Coalesce(Subquery(own), Subquery(whole)))
        .order_by("route_id")
    )


def map_lines(city: City, day: date) -> dict[str, Any]:
    """The routes in force on `day` as a GeoJSON FeatureCollection of MultiLineStrings.

    Properties: `route_id, short_name, long_name, colour, agency, operator, trips, feed`; colour
    is six hexadecimal digits or blank, `agency` an identifier whose name stands in the
    collection's own `agencies`, operator a code or None. A route without drawing has no lines and
    is there all the same.
    """
    fields = ("route_id", "short_name", "long_name", "colour", "trips", "lines", "operator")
    joined = ("agency__agency_id", "agency__name", "network__feed")
    rows = list(routes_on(city, day).values(*fields, *joined))
    return {
        "type": "FeatureCollection",
        "agencies": {row["agency__agency_id"]: row["agency__name"] for row in rows},
        "features": [_feature(row) for row in rows],
    }


def network_figures(city: City, day: date, *, home: Path) -> dict[str, int]:
    """`{"agencies", "routes", "stops", "trips"}` on `day`; trips are departures of that day."""
    networks = list(networks_on(city, day))
    return {
        "agencies": Agency.objects.filter(network__in=networks).count(),
        "routes": Route.objects.filter(network__in=networks).count(),
        "stops": Stop.objects.filter(network__in=networks).count(),
        "trips": sum(_departures(network, day, home) for network in networks),
    }


def report_sentences(report: Mapping[str, Any]) -> dict[str, Any]:
    """A network's kept report with its codes as sentences in the reader's language.

    `{"files": [{"file", "read", "kept", "findings": [{"reason", "sentence", "dropped", "rows",
    "examples": [{"line", "text"}]}]}], "notes": [sentence]}`.
    """
    reasons = {**DROPPED, **MENDED}
    files = [
        {
            **file,
            "findings": [
                {**finding, "sentence": gettext(reasons[finding["reason"]])}
                for finding in file["findings"]
            ],
        }
        for file in report["files"]
    ]
    notes = [gettext(NOTES[note["code"]]).format(**note["params"]) for note in report["notes"]]
    return {"files": files, "notes": notes}


def _feature(row: Mapping[str, Any]) -> dict[str, Any]:
    properties = {name: row[name] for name in ("route_id", "short_name", "long_name", "colour")}
    properties |= {"agency": row["agency__agency_id"], "feed": row["network__feed"]}
    properties |= {"operator": row["operator"], "trips": row["trips"]}
    geometry = {"type": "MultiLineString", "coordinates": row["lines"]}
    return {"type": "Feature", "properties": properties, "geometry": geometry}


def _departures(network: Network, day: date, home: Path) -> int:
    names = ("calendar", "calendar_dates", "frequencies", "trips")
    tables = read_parts(home, network.digest, *names)
    return departures_on(tables, day) if "trips" in tables else 0
