"""Tariffs and clearing agreements: what holds on a day, what held before, every rule in words."""

from datetime import date
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_GET

from trama.foundations.registry.models import City
from trama.programmes.mobility import models
from trama.programmes.mobility.fares.vocabulary import Agreement, Tariff
from trama.programmes.mobility.queries.tariffs import (
    agreement_history,
    agreement_of,
    find_agreement_on,
    find_tariff_on,
    tariff_history,
    tariff_of,
)
from trama.programmes.mobility.views.agreement_words import agreement_tables
from trama.programmes.mobility.views.frame import city_page, of_city, today
from trama.programmes.mobility.views.names import medium_names, organisation_names
from trama.programmes.mobility.views.tariff_words import TariffWords, parameters_table


@require_GET
@of_city
def tariff(request: HttpRequest, city: City) -> HttpResponse:
    """The tariff in force on a day (by default today), and all there were."""
    on = _asked_day(request, city)
    found = find_tariff_on(city, on)
    agreed = find_agreement_on(city, on)
    context = {
        "on": on,
        "history": tariff_history(city),
        "agreements": agreement_history(city),
        "agreement": agreed[1] if agreed else None,
        "in_force": found[1] if found else None,
        **(_tariff_parts(city, *found) if found else {}),
    }
    return city_page(request, city, "mobility/tariff.html", context, under="tariff")


def _asked_day(request: HttpRequest, city: City) -> date:
    try:
        return date.fromisoformat(request.GET.get("on", ""))
    except ValueError:
        return today(city)


@require_GET
@of_city
def tariff_document(request: HttpRequest, city: City, code: str) -> HttpResponse:
    """One tariff as it was published."""
    row = get_object_or_404(models.Tariff, city=city, code=code)
    context = {"row": row, **_tariff_parts(city, tariff_of(row), row)}
    return city_page(request, city, "mobility/tariff_document.html", context, under="tariff")


def _tariff_parts(city: City, words: Tariff, row: models.Tariff) -> dict[str, Any]:
    return {
        "words": words,
        "tables": TariffWords(words, organisation_names(city)).tables(),
        "document_href": reverse("tariff_document", args=[city.code, row.code]),
        "toml_href": reverse("tariff_toml", args=[city.code, row.code]),
        **_known_and_unknown(words, city),
    }


def _known_and_unknown(words: Tariff | Agreement, city: City) -> dict[str, Any]:
    open_ones = [parameter for parameter in words.parameters if not parameter.decided]
    return {
        "parameters": parameters_table(words.parameters, city.currency),
        "undecided": len(open_ones),
        "unknown": words.unknown,
        "sources": words.sources,
        "notes": words.notes,
    }


@require_GET
@of_city
def agreement(request: HttpRequest, city: City, code: str) -> HttpResponse:
    """One clearing agreement as it was published."""
    row = get_object_or_404(models.Agreement, city=city, code=code)
    words = agreement_of(row)
    names = medium_names(city, row.valid_to or _asked_day(request, city))
    context = {
        "row": row,
        "words": words,
        "tables": agreement_tables(words, organisation_names(city), names),
        "toml_href": reverse("agreement_toml", args=[city.code, row.code]),
        **_known_and_unknown(words, city),
    }
    return city_page(request, city, "mobility/agreement.html", context, under="tariff")


@require_GET
@of_city
def tariff_toml(request: HttpRequest, city: City, code: str) -> HttpResponse:
    """The published text of a tariff."""
    return _toml(get_object_or_404(models.Tariff, city=city, code=code))


@require_GET
@of_city
def agreement_toml(request: HttpRequest, city: City, code: str) -> HttpResponse:
    """The published text of an agreement."""
    return _toml(get_object_or_404(models.Agreement, city=city, code=code))


def _toml(row: models.Tariff | models.Agreement) -> HttpResponse:
    disposition = f'attachment; filename="{row.code}.toml"'
    return HttpResponse(
        row.document,
        content_type="application/toml; charset=utf-8",
        headers={"Content-Disposition": disposition},
    )
