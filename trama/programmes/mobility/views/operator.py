"""An organisation's day: what it carried, earned, collected and owes, down to the posting."""

from collections.abc import Iterator
from datetime import date
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from trama.foundations.payments.queries import settlement_totals
from trama.foundations.registry.models import City, Organisation
from trama.foundations.registry.queries import (
    may_see_back_office,
    may_see_operator,
    organisations,
)
from trama.programmes.mobility.queries.days import find_latest_day, state_of
from trama.programmes.mobility.queries.operators import find_position, last_revision, operator_rows
from trama.programmes.mobility.queries.statements import closed_days
from trama.programmes.mobility.views import operator_parts as parts
from trama.programmes.mobility.views.access import may_see_some_operator, own_operators
from trama.programmes.mobility.views.frame import city_page, of_city, only, turned_away
from trama.programmes.mobility.views.operator_file import file_lines
from trama.web.downloads import streamed
from trama.web.formats import day_text
from trama.web.tables import Column, Table


@require_GET
@of_city
@only(may_see_some_operator)
def operators(request: HttpRequest, city: City) -> HttpResponse:
    """Who has a part in a day, and what it gets or gives; the latest closed day if none is told."""
    day = _asked_day(request, city)
    sees_all = may_see_back_office(request.user, city)
    own = None if sees_all else own_operators(request.user, city)
    context = {"day": day, "sees_all": sees_all, "table": _list(city, day, own)}
    return city_page(request, city, "mobility/operators.html", context, under="operators")


def _asked_day(request: HttpRequest, city: City) -> date | None:
    try:
        return date.fromisoformat(request.GET.get("day", ""))
    except ValueError:
        return next(iter(closed_days(city)), None) or find_latest_day(city)


def _list(city: City, day: date | None, own: list[str] | None) -> Table:
    totals = (
        {str(row["organisation__code"]): row for row in settlement_totals(city, day)} if day else {}
    )
    shown = organisations(city).order_by("name")
    rows = [
        {
            "name": organisation.name,
            "href": reverse("operator", args=[city.code, organisation.code, day]),
            "kind": organisation.get_kind_display(),
            **totals.get(organisation.code, dict.fromkeys(parts.POSITION)),
        }
        for organisation in (shown if own is None else shown.filter(code__in=own))
        if day and (organisation.code in totals or organisation.kind == Organisation.Kind.OPERATOR)
    ]
    together = {n: sum(int(str(row[n] or 0)) for row in rows) for n in parts.POSITION}
    return Table(
        caption=_("Organisations of the day"),
        columns=[
            Column("name", _("Organisation"), href="href"),
            Column("kind", _("Kind")),
            *parts.position_columns(),
        ],
        rows=rows,
        total={"name": _("Together"), **together} if rows and own is None else {},
        currency=city.currency,
        empty=_("No service day has been closed yet."),
    )


def _open(request: HttpRequest, city: City, code: str) -> Organisation | HttpResponse:
    """The organisation, or the answer to who may not see it."""
    found = organisations(city).filter(code=code).first()
    may = (
        may_see_operator(request.user, found) if found else may_see_back_office(request.user, city)
    )
    if refused := turned_away(request, is_allowed=may):
        return refused
    if found is None:
        raise Http404
    return found


@require_GET
@of_city
def operator(request: HttpRequest, city: City, code: str, day: date) -> HttpResponse:
    """The statement of an organisation for one service day."""
    found = _open(request, city, code)
    if isinstance(found, HttpResponse):
        return found
    context = _statement(found, day, sees_all=may_see_back_office(request.user, city))
    return city_page(request, city, "mobility/operator.html", context, under="operators")


def _statement(organisation: Organisation, day: date, *, sees_all: bool) -> dict[str, Any]:
    city = organisation.city
    days = sorted(closed_days(city))
    position = find_position(organisation, day)
    return {
        "organisation": organisation,
        "day": day,
        "day_label": day_text(day),
        "before": max((d for d in days if d < day), default=None),
        "after": min((d for d in days if d > day), default=None),
        "closed": last_revision(city, day) is not None,
        "position": position,
        "figures": parts.operator_figures(organisation, state_of(city, day), position),
        "media": parts.media_table(organisation, state_of(city, day)),
        "routes": parts.routes_table(organisation, day),
        "counterparts": parts.counterparts_table(organisation, day),
        "payments": parts.payments_table(city, day, only=organisation.code),
        "revisions": parts.revisions_table(organisation, day),
        "collected_account": f"collected:{city.code}:{organisation.code}",
        "postings": parts.postings_table(organisation, day, sees_all=sees_all),
    }


@require_GET
@of_city
def operator_csv(request: HttpRequest, city: City, code: str, day: date) -> HttpResponseBase:
    """Every priced tap of an organisation's day, as a file. Tokens in full for the back office."""
    found = _open(request, city, code)
    if isinstance(found, HttpResponse):
        return found
    sees_all = may_see_back_office(request.user, city)
    lines: Iterator[str] = file_lines(
        operator_rows(city, day, code), city.currency, sees_all=sees_all
    )
    return streamed(lines, f"{city.code}-{code}-{day}.csv", "text/csv")
