"""`{% load demo %}{% demo_users as people %}`: who can sign in to the demo, for the sign-in page.

A page of the site cannot import the demo, which stands above it; a template may ask by name.
"""

from dataclasses import dataclass

from django import template
from django.utils.translation import gettext_lazy as _

from trama.demo.mobility.people import demo_users as people_of_the_demo
from trama.foundations.registry.models import Membership
from trama.foundations.registry.queries import cities

register = template.Library()
SEES = {
    "rider": _("Her own journeys: what each leg cost, and why."),
    "operator": _("Its own taps, statement and part of the clearing."),
    "authority": _("Everything of the city; decides on held taps."),
    "auditor": _("Everything of the city; changes nothing."),
}


@dataclass(frozen=True, slots=True)
class Shown:
    """A line of the sign-in page: `role`, and what it `sees`, in the reader's language."""

    username: str
    password: str
    role: str
    sees: str
    city: str
    for_whom: str


@register.simple_tag
def demo_users() -> list[Shown]:
    """The users of those demo cities that are there; none where the demo was never staged."""
    there = dict(cities().filter(is_synthetic=True).values_list("code", "name"))
    return [
        Shown(
            username=who.username,
            password=who.password,
            role=str(Membership.Role(who.role).label),
            sees=str(SEES[who.role]),
            city=there[who.city],
            for_whom=who.for_whom,
        )
        for who in people_of_the_demo()
        if who.city in there
    ]
