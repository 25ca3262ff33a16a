"""A city: its network and its latest day in figures."""

from datetime import date
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_GET

from trama.foundations.registry.models import City
from trama.programmes.mobility.models import Network
from trama.programmes.mobility.queries.days import (
    count_held,
    find_latest_day,
    open_days_after,
    state_of,
)
from trama.programmes.mobility.queries.networks import networks_on, routes_on
from trama.programmes.mobility.queries.tariffs import find_tariff_on
from trama.programmes.mobility.views.figures import Figure, day_figures
from trama.programmes.mobility.views.frame import city_page, of_city, today
from trama.programmes.mobility.views.network import DIRECTORY_FIELDS, city_map, directory


@require_GET
@of_city
def city(request: HttpRequest, city: City) -> HttpResponse:
    """The network and the latest day with taps, in figures."""
    latest = find_latest_day(city)
    day = latest or today(city)
    networks = list(networks_on(city, day))
    tariff = find_tariff_on(city, day)
    context = {
        "day": latest,
        "figures": _figures(city, latest) if latest else [],
        "later": open_days_after(city, latest) if latest else [],
        "networks": networks,
        "tariff": tariff[1] if tariff else None,
        **_network(city, day, networks),
    }
    return city_page(request, city, "mobility/city.html", context, under="city")


def _figures(city: City, day: date) -> list[Figure]:
    return day_figures(city, state_of(city, day), count_held(city, day))


def _network(city: City, day: date, networks: list[Network]) -> dict[str, Any]:
    """The map, or the directory when no route can be drawn."""
    drawn = city_map(city, day, networks)
    if drawn.drawing:
        return {"map": drawn}
    return {"directory": directory(city, routes_on(city, day).values(*DIRECTORY_FIELDS))}
