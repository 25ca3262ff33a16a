"""From open tap rows to the table that is sealed: accounts, operators, issuers, categories."""

from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from trama.core.refusals import Refused, gettext_noop
from trama.foundations.registry.actions import register_tokens
from trama.foundations.registry.models import City, Device, Organisation
from trama.foundations.registry.queries import (
    accounts_of,
    entitlements_on,
    issuer_of,
    organisations,
)
from trama.foundations.registry.sets import read_table
from trama.programmes.mobility.fares.vocabulary import NO_ACCOUNT
from trama.programmes.mobility.models import Closing
from trama.programmes.mobility.queries.networks import route_table
from trama.programmes.mobility.queries.stops import routes_at_stops

OPEN_TAPS = """
    SELECT device, sequence, token, medium, tapped_at_s, route, stop, vehicle, direction,
           received_at_s
    FROM mobility_tap WHERE city_id = %s AND service_date = %s AND id <= %s
"""
OPEN_TAP_SCHEMA = pa.schema(
    [
        ("device", pa.string()),
        ("sequence", pa.int64()),
        ("token", pa.string()),
        ("medium", pa.string()),
        ("tapped_at_s", pa.int64()),
        ("route", pa.string()),
        ("stop", pa.string()),
        ("vehicle", pa.string()),
        ("direction", pa.string()),
        ("received_at_s", pa.int64()),
    ]
)


def frozen_taps(closing: Closing, home: Path) -> pa.Table:
    """The taps of a closing with account, issuer, category, agency and operator of that day.

    Tokens seen for the first time are registered with the city's authority as issuer.
    """
    city, day = closing.city, closing.service_date
    taps = read_table(OPEN_TAPS, [city.pk, day, closing.through_id], OPEN_TAP_SCHEMA)
    taps = _with_accounts(taps, city)
    taps = _with_categories(taps, city, day)
    return _with_operators(taps, city, day, home)


def _with_accounts(taps: pa.Table, city: City) -> pa.Table:
    seen = pc.unique(pc.drop_null(taps["token"]))
    accounts = accounts_of(city, seen)
    new = seen.filter(pc.is_null(accounts))
    if len(new):
        _register(new, taps, city)
        accounts = accounts_of(city, seen)
    place = pc.index_in(taps["token"], value_set=seen, skip_nulls=True)
    issuers = issuer_of(city, accounts)
    return taps.append_column(
        "account", pc.fill_null(pa.chunked_array([accounts]).take(place), NO_ACCOUNT)
    ).append_column("issuer", pa.chunked_array([issuers]).take(place))


def _register(new: pa.Array, taps: pa.Table, city: City) -> None:
    authority = organisations(city, Organisation.Kind.AUTHORITY).order_by("pk").first()
    if authority is None:
        raise Refused(
            "city_without_authority",
            gettext_noop(
                "Nobody in {city} can issue the tokens that were seen for the first time."
            ),
            remedy=gettext_noop("Found an organisation of the kind authority."),
            city=city.name,
        )
    first = pc.index_in(new, value_set=taps["token"])
    medium = taps["medium"].take(first)
    issuer = pa.repeat(authority.code, len(new))
    tokens = pa.table({"token": new, "medium": medium, "issuer": issuer})
    register_tokens(city=city, tokens=tokens)


def _with_categories(taps: pa.Table, city: City, day: date) -> pa.Table:
    entitled = entitlements_on(city, day)
    place = pc.index_in(taps["account"], value_set=entitled["account"])
    return taps.append_column("category", entitled["category"].take(place))


def _with_operators(taps: pa.Table, city: City, day: date, home: Path) -> pa.Table:
    routes = route_table(city, day)
    taps = taps.append_column("route_told", pc.is_valid(taps["route"]))
    if taps["route"].null_count:
        taps = _with_routes(taps, routes_at_stops(city, day, home=home), routes, city)
    place = pc.index_in(taps["route"], value_set=routes["route_id"], skip_nulls=True)
    for name, column in (("agency", "agency_id"), ("operator", "operator")):
        taps = taps.append_column(name, routes[column].take(place))
    if taps["operator"].null_count:
        _refuse_route(taps.filter(pc.is_null(taps["operator"]))["route"][0].as_py(), city, day)
    return taps


def _with_routes(taps: pa.Table, calls: pa.Table, routes: pa.Table, city: City) -> pa.Table:
    """Give a tap at a stop with no route the first route there that its device's operator runs.

    A gate knows its station, not the vehicle; where its operator runs nothing there, any route.
    """
    place = pc.index_in(calls["route_id"], value_set=routes["route_id"])
    calls = calls.append_column("operator", routes["operator"].take(place))
    devices = dict(Device.objects.filter(city=city).values_list("code", "organisation__code"))
    first: dict[tuple[str, str | None], str] = {}
    for stop, route, operator in zip(*(c.to_pylist() for c in calls.columns), strict=True):
        for key in ((stop, operator), (stop, None)):
            first[key] = min(route, first.get(key, route))
    nameless = taps.filter(pc.is_null(taps["route"]))
    found = [
        first.get((stop, devices.get(device)), first.get((stop, None)))
        for stop, device in zip(
            nameless["stop"].to_pylist(), nameless["device"].to_pylist(), strict=True
        )
    ]
    route = pc.replace_with_mask(
        taps["route"].combine_chunks(),
        pc.is_null(taps["route"]).combine_chunks(),
        pa.array(found, pa.string()),
    )
    return taps.set_column(taps.column_names.index("route"), "route", route)


def _refuse_route(route: str | None, city: City, day: date) -> None:
    raise Refused(
        "route_without_operator",
        gettext_noop("Nobody is said to run the route {route} of {city} on {day}."),
        remedy=gettext_noop("Say who does with: trama assign_operators"),
        route=route,
        city=city.name,
        day=day.isoformat(),
    )
