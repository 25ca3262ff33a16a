"""The routes of a city, to search in, and each with its line, its fare and its taps."""

from dataclasses import replace
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from trama.foundations.registry.models import City
from trama.foundations.registry.queries import may_see_back_office
from trama.programmes.mobility.fares.route_classes import class_of_route
from trama.programmes.mobility.models import Route
from trama.programmes.mobility.queries.days import Wanted, find_latest_day, state_of, taps_of
from trama.programmes.mobility.queries.networks import networks_on, routes_on
from trama.programmes.mobility.queries.tariffs import find_tariff_on
from trama.programmes.mobility.views.figures import Figure
from trama.programmes.mobility.views.frame import city_page, of_city, today
from trama.programmes.mobility.views.names import organisation_names
from trama.programmes.mobility.views.network import title_of
from trama.programmes.mobility.views.tariff_words import TariffWords
from trama.web.formats import number_text, short_day_text
from trama.web.maps import Map, RouteLine, network_map
from trama.web.tables import Column, Table

ROUTES_A_PAGE = 50
FIELDS = ("pk", "route_id", "short_name", "long_name", "trips", "operator", "agency__name")
FEWEST = 10


@require_GET
@of_city
def routes(request: HttpRequest, city: City) -> HttpResponse:
    """Every route in force, to search in."""
    day = find_latest_day(city) or today(city)
    asked = request.GET.get("q", "").strip()[:80]
    table = _routes_table(city, day, asked, request.GET.get("page", "1"))
    context = {"table": table, "asked": asked, "day": day, "networks": networks_on(city, day)}
    return city_page(request, city, "mobility/routes.html", context, under="routes")


def _routes_table(city: City, day: date, asked: str, page: str) -> Table:
    found = routes_on(city, day).values(*FIELDS)
    if asked:
        named = Q(short_name__icontains=asked) | Q(long_name__icontains=asked)
        found = found.filter(named | Q(route_id=asked) | Q(agency__name__icontains=asked))
    paged = Paginator(found.order_by("short_name", "long_name", "route_id"), ROUTES_A_PAGE)
    shown = paged.get_page(page)
    names = organisation_names(city)
    rows = [
        {
            **row,
            "short_name": row["short_name"] or row["route_id"],
            "operator": names.get(row["operator"], row["operator"]),
            "href": reverse("route", args=[city.code, row["route_id"]]),
        }
        for row in shown
    ]
    return Table(
        caption=_("Routes"),
        columns=[
            Column("short_name", _("Route"), href="href"),
            Column("long_name", _("Name")),
            Column("agency__name", _("Agency")),
            Column("operator", _("Operator")),
        ],
        rows=rows,
        page=shown,
        empty=_("No route is called so.") if asked else _("This city has no network yet."),
    )


@require_GET
@of_city
def route(request: HttpRequest, city: City, route_id: str) -> HttpResponse:
    """One route: its line, who runs it, its class and fare in the tariff, and its taps."""
    latest = find_latest_day(city)
    day = latest or today(city)
    told = routes_on(city, day).filter(route_id=route_id).values(*FIELDS).first()
    if told is None:
        raise Http404
    shown = Route.objects.select_related("agency", "network").get(pk=told["pk"])
    title = title_of(shown.route_id, shown.short_name, shown.long_name)
    context = {
        "route": shown,
        "title": title,
        "operator": organisation_names(city).get(told["operator"], told["operator"]),
        "map": _map(city, shown, title),
        "figures": _taps(request, city, latest, route_id) if latest else [],
        **_fare(city, day, shown),
    }
    return city_page(request, city, "mobility/route.html", context, under="routes")


def _map(city: City, route: Route, title: str) -> Map | None:
    if not route.lines:
        return None
    line = RouteLine(title, reverse("route", args=[city.code, route.route_id]), route.lines)
    credit = f"{route.network.source} · {route.network.licence}"
    return network_map(title, [line], attribution=credit)


def _fare(city: City, day: date, route: Route) -> dict[str, Any]:
    """The class of a route in the tariff of a day, and what a boarding of it costs."""
    found = find_tariff_on(city, day)
    if found is None:
        return {}
    words, row = found
    kind = class_of_route(words.route_classes, route.route_id, route.agency.agency_id)
    fares = TariffWords(words, organisation_names(city)).fares()
    mine = [fare for fare in fares.rows if kind and fare["class"] == kind.name]
    return {"tariff": row, "class": kind, "fares": replace(fares, rows=mine)}


def _taps(request: HttpRequest, city: City, day: date, route_id: str) -> list[Figure]:
    """How many taps on the latest day; a number so small that it points to people is not told."""
    taps = taps_of(city, day, Wanted(route=route_id)).count()
    sees_rows = may_see_back_office(request.user, city)
    few = _("fewer than {n}").format(n=FEWEST)
    rows = f"{reverse('taps', args=[city.code, day])}?{urlencode({'route': route_id})}"
    return [
        Figure(
            label=_("Taps on {day}").format(day=short_day_text(day)),
            value=number_text(taps) if sees_rows or taps >= FEWEST else few,
            of=_("of {taps} in the city").format(taps=number_text(state_of(city, day).taps)),
            href=rows if sees_rows else reverse("day", args=[city.code, day]),
        )
    ]
