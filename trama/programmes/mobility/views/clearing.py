"""The clearing of a day: who collected what whom earned, the nets, and the proof of zero."""

from datetime import date
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_GET

from trama.foundations.payments.queries import clearing_matrix
from trama.foundations.registry.models import City
from trama.foundations.registry.queries import may_see_back_office, organisations
from trama.programmes.mobility.queries.operators import last_revision
from trama.programmes.mobility.queries.tariffs import find_agreement_on
from trama.programmes.mobility.views import clearing_parts as parts
from trama.programmes.mobility.views.access import may_see_some_operator, own_operators
from trama.programmes.mobility.views.frame import city_page, of_city, only
from trama.programmes.mobility.views.operator_parts import counterparts_table, payments_table
from trama.web.formats import day_text


@require_GET
@of_city
@only(may_see_some_operator)
def clearing(request: HttpRequest, city: City, day: date) -> HttpResponse:
    """All of it for the back office; its own row and column for an operator."""
    sees_all = may_see_back_office(request.user, city)
    own = [] if sees_all else own_operators(request.user, city)
    context = {
        "day": day,
        "day_label": day_text(day),
        "sees_all": sees_all,
        "closed": last_revision(city, day) is not None,
        "agreement": (find_agreement_on(city, day) or (None,))[0],
        **(_whole(city, day) if sees_all else _own(city, day, own)),
        **_rows(request, city, day, own, sees_all=sees_all),
    }
    return city_page(request, city, "mobility/clearing.html", context, under="days")


def _whole(city: City, day: date) -> dict[str, Any]:
    cells = clearing_matrix(city, day)
    return {
        "matrix": parts.matrix(city, day, cells),
        "heat": parts.heat_chart(city, day, cells),
        "nets": parts.nets_chart(city, day),
        "proof": parts.proof(city, day),
        "payments": payments_table(city, day),
    }


def _own(city: City, day: date, own: list[str]) -> dict[str, Any]:
    mine = organisations(city).filter(code__in=own)
    return {
        "own": [
            (
                organisation,
                counterparts_table(organisation, day),
                payments_table(city, day, only=organisation.code),
            )
            for organisation in mine
        ]
    }


def _rows(
    request: HttpRequest, city: City, day: date, own: list[str], *, sees_all: bool
) -> dict[str, Any]:
    """The rows behind a cell, or behind both cells of two organisations."""
    one, other = request.GET.get("of", ""), request.GET.get("with", "")
    collector, earner = request.GET.get("from", ""), request.GET.get("to", "")
    pairs = [(collector, earner)] if collector and earner else []
    if one and other:
        pairs = [(one, other)] if one == other else [(one, other), (other, one)]
    if not sees_all and any(not {*pair} & {*own} for pair in pairs):
        raise PermissionDenied
    return {"opened": [parts.cell_table(city, day, *pair, sees_all=sees_all) for pair in pairs]}
