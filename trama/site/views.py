"""The first page: the cities that live here, each with its latest day."""

from dataclasses import dataclass
from datetime import date

from django.contrib.auth.models import AnonymousUser, User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET

from trama.foundations.registry.models import City, Membership, Token
from trama.foundations.registry.queries import cities, roles_of
from trama.programmes.mobility.queries.days import (
    DayState,
    find_latest_day,
    profile,
    state_of,
)
from trama.site.guessing import PatientLoginView

QUARTERS = 96
HEIGHT = 40


@dataclass(frozen=True, slots=True)
class CityCard:
    """A city on the first page.

    `bars` is the shape of its day: (quarter of an hour from the cut-over, height of 1 to 40).
    """

    city: City
    state: DayState | None
    bars: list[tuple[int, int]]

    @property
    def hours(self) -> list[str]:
        """The wall clock below the bars, every six hours."""
        first = self.city.cutover_s // 3600
        return [f"{(first + hour) % 24:02}:00" for hour in range(0, 25, 6)]


class SignIn(PatientLoginView):
    """The way in. Whoever asked for no page in particular comes to what is hers."""

    template_name = "site/sign_in.html"

    def get_default_redirect_url(self) -> str:
        """The page of the person who has just signed in."""
        return own_page(self.request.user)


def own_page(user: User | AnonymousUser) -> str:
    """A rider's statement, an operator's list, a back office's city; else the front page."""
    if not isinstance(user, User):
        return reverse("front")
    token = Token.objects.filter(holder=user).select_related("city").order_by("pk").first()
    if token:
        return reverse("rider", args=[token.city.code, token.token])
    role = roles_of(user).first()
    if role is None:
        return reverse("front")
    page = "operators" if role.role == Membership.Role.OPERATOR else "city"
    return reverse(page, args=[role.organisation.city.code])


@require_GET
def front(request: HttpRequest) -> HttpResponse:
    """What Trama is, and a way into each city."""
    cards = [_card(city) for city in cities()]
    return render(request, "site/front.html", {"cards": cards})


def _card(city: City) -> CityCard:
    day = find_latest_day(city)
    if day is None:
        return CityCard(city, None, [])
    return CityCard(city, state_of(city, day), _silhouette(city, day))


def _silhouette(city: City, day: date) -> list[tuple[int, int]]:
    taps = [0] * QUARTERS
    for row in profile(city, day).to_pylist():
        taps[row["quarter"]] += row["taps"]
    most = max(taps, default=0) or 1
    return [(quarter, -(-HEIGHT * n // most)) for quarter, n in enumerate(taps) if n]
