"""A rider's statement: what each leg cost and why, and what the ledger charged for it."""

from typing import Any

from django.core.paginator import Page, Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from trama.foundations.registry.models import City, Token
from trama.foundations.registry.queries import find_token, may_see_back_office, may_see_token
from trama.programmes.mobility.queries.statements import (
    closed_days,
    rider_day,
    waiting_taps,
)
from trama.programmes.mobility.views.access import may_see_some_rider, own_tokens
from trama.programmes.mobility.views.frame import city_page, of_city, only, turned_away
from trama.programmes.mobility.views.rider_parts import (
    charges_table,
    day_statement,
    rider_figures,
    waiting_table,
)
from trama.web.formats import day_text, short_day_text

DAYS_A_PAGE = 7


@require_GET
@of_city
@only(may_see_some_rider)
def riders(request: HttpRequest, city: City) -> HttpResponse:
    """The way to a statement: one's own tokens, or any token for the back office."""
    asked = request.GET.get("token", "").strip()
    found = find_token(city, asked) if asked else None
    if found and may_see_token(request.user, found):
        return redirect("rider", city.code, found.token)
    context = {
        "sees_all": may_see_back_office(request.user, city),
        "own": own_tokens(request.user, city),
        "asked": asked,
    }
    return city_page(request, city, "mobility/riders.html", context, under="riders")


@require_GET
@of_city
def rider(request: HttpRequest, city: City, token: str) -> HttpResponse:
    """The statement of a token, a week of closed days a page."""
    found = find_token(city, token)
    sees_all = may_see_back_office(request.user, city)
    may = may_see_token(request.user, found) if found else sees_all
    if refused := turned_away(request, is_allowed=may):
        return refused
    if found is None:
        raise Http404
    context = _statement(found, request.GET.get("page"), sees_all=sees_all)
    return city_page(request, city, "mobility/rider.html", context, under="riders")


def _statement(token: Token, number: str | None, *, sees_all: bool) -> dict[str, Any]:
    closings = closed_days(token.city)
    page = Paginator(list(closings), DAYS_A_PAGE).get_page(number)
    ridden = [day for day in (rider_day(token, d, closings) for d in page) if day.journeys]
    return {
        "token": token,
        "page": page,
        "period": _period(page),
        "figures": rider_figures(token, ridden, closings, sees_all=sees_all),
        "statements": [day_statement(token, day) for day in ridden],
        "charges": charges_table(token, ridden, sees_all=sees_all),
        "waiting": waiting_table(token, list(waiting_taps(token))) if page.number == 1 else None,
    }


def _period(page: Page[Any]) -> str:
    days = list(page)
    if not days:
        return _("No service day has been closed yet.")
    if len(days) == 1:
        return day_text(days[0])
    return _("{first} to {last}").format(
        first=short_day_text(days[-1]), last=short_day_text(days[0])
    )
