"""Names of what rows know by code: operators, media, programmes."""

from datetime import date

from trama.foundations.registry.models import City
from trama.foundations.registry.queries import organisations
from trama.programmes.mobility.queries.tariffs import find_tariff_on


def organisation_names(city: City) -> dict[str, str]:
    """Name by code of every organisation of a city."""
    return dict(organisations(city).values_list("code", "name"))


def medium_names(city: City, day: date) -> dict[str, str]:
    """Name by code of the media of the tariff in force; none while no tariff is published."""
    found = find_tariff_on(city, day)
    return {medium.code: medium.name for medium in found[0].media} if found else {}
