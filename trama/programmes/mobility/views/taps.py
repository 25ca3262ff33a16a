"""The taps behind a day's figures, one by one."""

from dataclasses import replace
from datetime import date
from typing import Any

from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET

from trama.foundations.registry.models import City
from trama.foundations.registry.queries import may_see_back_office
from trama.programmes.mobility.forms import TapFilter
from trama.programmes.mobility.queries.days import taps_of
from trama.programmes.mobility.views.access import may_see_some_operator, own_operators
from trama.programmes.mobility.views.frame import city_page, of_city, only
from trama.programmes.mobility.views.names import medium_names, organisation_names
from trama.web.formats import day_text, number_text
from trama.web.tables import Column, Table

TAPS_A_PAGE = 50
TOKEN_END = 4
DIRECTIONS = {
    "on": gettext_lazy("on"),
    "off": gettext_lazy("off"),
    "unknown": gettext_lazy("not told"),
}


@require_GET
@of_city
@only(may_see_some_operator)
def taps(request: HttpRequest, city: City, day: date) -> HttpResponse:
    """The taps of a day, with what to look for; tokens in full for the back office only."""
    sees_all = may_see_back_office(request.user, city)
    form = _form(request, city, day, sees_all=sees_all)
    wanted = form.as_wanted()
    if not sees_all and not wanted.operator:
        wanted = replace(wanted, operator=own_operators(request.user, city)[0])
    found: Paginator[Any] = Paginator(taps_of(city, day, wanted), TAPS_A_PAGE)  # type: ignore[arg-type]
    page = found.get_page(request.GET.get("page"))
    table = _table(city, day, page, sees_all=sees_all)
    context = {
        "day": day,
        "day_label": day_text(day),
        "form": form,
        "table": table,
        "found": number_text(page.paginator.count),
    }
    return city_page(request, city, "mobility/taps.html", context, under="days")


def _form(request: HttpRequest, city: City, day: date, *, sees_all: bool) -> TapFilter:
    names = organisation_names(city)
    asked = request.GET.get("operator", "")
    if not sees_all:
        names = {code: names[code] for code in own_operators(request.user, city)}
        if asked and asked not in names:
            raise PermissionDenied
    return TapFilter(
        request.GET.dict(),
        operators=names,
        media=medium_names(city, day),
        cutover_s=city.cutover_s,
        may_ask_tokens=sees_all,
    )


def _table(city: City, day: date, page: Any, *, sees_all: bool) -> Table:
    operators, media = organisation_names(city), medium_names(city, day)
    rows = [
        {
            **row,
            "operator": operators.get(row["operator"], row["operator"]),
            "medium": media.get(row["medium"], row["medium"]),
            "direction": DIRECTIONS.get(row["direction"], row["direction"]),
            "token": row["token"] if sees_all else masked(row["token"]),
            "rider_href": _rider(city, row["token"]) if sees_all else "",
            "route_href": reverse("route", args=[city.code, row["route"]]) if row["route"] else "",
        }
        for row in page
    ]
    return Table(
        caption=_("Taps"),
        columns=[
            Column("tapped_at_s", _("Instant"), "instant"),
            Column("route", _("Route"), "code", href="route_href"),
            Column("operator", _("Operator")),
            Column("medium", _("Medium")),
            Column("token", _("Token"), "code", href="rider_href"),
            Column("device", _("Device"), "code"),
            Column("sequence", _("Sequence"), "num"),
            Column("direction", _("Direction")),
        ],
        rows=rows,
        timezone=city.timezone,
        page=page,
        empty=_("No tap of this day is like that."),
    )


def _rider(city: City, token: str | None) -> str:
    return reverse("rider", args=[city.code, token]) if token else ""


def masked(token: str | None) -> str | None:
    """Only the end of a token: enough to tell two apart in a dispute, too little to follow one."""
    return f"…{token[-TOKEN_END:]}" if token else None
