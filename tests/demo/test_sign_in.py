"""The sign-in page names the demo's users while their cities are there, and nobody otherwise."""

from datetime import date

import pytest
from django.contrib.auth import authenticate
from django.template import Context, Template

from trama.demo.mobility.founding import found, welcome
from trama.demo.mobility.people import demo_users
from trama.demo.mobility.profiles import CITIES, read_profile
from trama.foundations.registry.actions import found_city
from trama.foundations.registry.queries import may_see_back_office, may_see_operator
from trama.foundations.registry.queries.places import get_organisation

pytestmark = pytest.mark.django_db
PAGE = Template(
    "{% load demo %}{% demo_users as people %}"
    "{% for who in people %}{{ who.username }} {% endfor %}"
)


def test_nobody_is_shown_before_the_demo_is_staged() -> None:
    assert PAGE.render(Context()) == ""


def test_a_real_city_of_that_name_shows_nobody() -> None:
    found_city(code="toluca", name="Toluca", timezone="America/Mexico_City", currency="MXN")
    assert PAGE.render(Context()) == ""


def test_the_people_of_a_staged_city_are_shown() -> None:
    found(read_profile("toluca"))
    assert PAGE.render(Context()).split() == ["marisol", "estrella", "toluca", "auditor-toluca"]


def test_every_kind_of_user_is_there_in_every_city() -> None:
    for city in CITIES:
        roles = {who.role for who in demo_users() if who.city == city}
        assert roles == {"rider", "operator", "authority", "auditor"}


def test_a_person_is_welcomed_once_and_may_what_the_role_says() -> None:
    profile = read_profile("guadalajara")
    city = found(profile)
    person = next(who for who in profile.people if who.username == "bea")
    user = welcome(city, person, date(2026, 1, 1))
    assert welcome(city, person, date(2026, 1, 1)) == user
    assert authenticate(username="bea", password=person.password) == user
    assert may_see_operator(user, get_organisation(city, "bea"))
    assert not may_see_operator(user, get_organisation(city, "tisa"))
    assert not may_see_back_office(user, city)
