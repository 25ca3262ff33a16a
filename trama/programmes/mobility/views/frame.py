"""What every page of a city shares: its frame, and who is let in."""

import time
from collections.abc import Callable, Mapping
from datetime import date
from functools import wraps
from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from trama.core.days import service_date
from trama.foundations.registry.models import City
from trama.foundations.registry.queries import may_see_back_office
from trama.programmes.mobility.views.access import own_operators, own_tokens

Page = Callable[..., HttpResponseBase]
May = Callable[[Any, City], bool]

OPEN_PAGES = (
    ("city", gettext_lazy("City")),
    ("days", gettext_lazy("Days")),
    ("routes", gettext_lazy("Routes")),
    ("tariff", gettext_lazy("Tariff")),
    ("measures", gettext_lazy("Measures")),
)
BACK_OFFICE_PAGES = (
    ("riders", gettext_lazy("Riders")),
    ("operators", gettext_lazy("Operators")),
    ("ledger", gettext_lazy("Ledger")),
    ("held", gettext_lazy("Held taps")),
)
OPERATOR_PAGES = (("operators", gettext_lazy("My statement")),)
RIDER_PAGES = (("riders", gettext_lazy("My journeys")),)


class ServiceDateConverter:
    """A service day in an address: `2026-04-15`."""

    regex = r"\d{4}-\d{2}-\d{2}"

    def to_python(self, value: str) -> date:
        """`ValueError` (no such address) for a day that the calendar does not have."""
        day = date.fromisoformat(value)
        if not date.min.year < day.year < date.max.year:
            raise ValueError(value)  # the day before or after it would be in no calendar
        return day

    def to_url(self, value: date | str) -> str:
        """The ISO date."""
        return str(value)


def of_city(page: Page) -> Page:
    """Give a page its `City` for the code in the address; 404 when there is none."""

    @wraps(page)
    def opened(request: HttpRequest, city: str, **rest: Any) -> HttpResponseBase:
        found = City.objects.filter(code=city).first()
        if found is None:
            raise Http404
        return page(request, found, **rest)

    return opened


def only(may: May) -> Callable[[Page], Page]:
    """Let in those for whom `may(user, city)`: a stranger signs in first, others get a 403."""

    def guard(page: Page) -> Page:
        @wraps(page)
        def guarded(request: HttpRequest, city: City, **rest: Any) -> HttpResponseBase:
            refused = turned_away(request, is_allowed=may(request.user, city))
            return refused or page(request, city, **rest)

        return guarded

    return guard


def turned_away(request: HttpRequest, *, is_allowed: bool) -> HttpResponse | None:
    """None for who may; the way to the sign-in page for a stranger; a 403 for everybody else."""
    if is_allowed:
        return None
    if request.user.is_authenticated:
        raise PermissionDenied
    return redirect_to_login(request.get_full_path())


def city_page(
    request: HttpRequest,
    city: City,
    template: str,
    context: Mapping[str, Any],
    *,
    under: str = "",
) -> HttpResponse:
    """`template` of a city. `under` names the page of the navigation it belongs to."""
    frame = {
        "city": city,
        "city_url": reverse("city", args=[city.code]),
        "nav_label": _("Pages of the city"),
        "nav_items": _navigation(request, city),
        "nav_here": reverse(under, args=[city.code]) if under else "",
    }
    return render(request, template, {**frame, **context})


def _navigation(request: HttpRequest, city: City) -> list[tuple[str, str]]:
    pages = [*OPEN_PAGES, *_own_pages(request.user, city)]
    return [(str(label), reverse(name, args=[city.code])) for name, label in pages]


def _own_pages(user: Any, city: City) -> list[tuple[str, Any]]:
    """The pages that are not everybody's."""
    if may_see_back_office(user, city):
        return list(BACK_OFFICE_PAGES)
    operators = OPERATOR_PAGES if own_operators(user, city) else ()
    return [*operators, *(RIDER_PAGES if own_tokens(user, city) else ())]


def now_s() -> int:
    """The clock, read at this door: epoch seconds."""
    return int(time.time())


def today(city: City) -> date:
    """The service day that it is in a city now."""
    return service_date(now_s(), city.timezone, city.cutover_s)
