"""Signing in and out: everybody comes to what is theirs, and nobody is led out of the house."""

import re

import pytest
from django.contrib.auth.models import User
from django.core.cache import cache
from django.test import Client

from trama.demo.mobility.founding import found
from trama.demo.mobility.profiles import read_profile
from trama.foundations.registry.actions import (
    assign_token,
    found_city,
    found_organisation,
    grant_role,
)
from trama.foundations.registry.models import City, Token
from trama.site.views import own_page

pytestmark = pytest.mark.django_db
PASSWORD = "a password for tests"


@pytest.fixture
def client() -> Client:
    cache.clear()
    return Client(headers={"accept-language": "en"})


@pytest.fixture
def city() -> City:
    return found_city(code="aldea", name="Aldea", timezone="America/Mexico_City", currency="MXN")


@pytest.fixture
def nadia() -> User:
    return User.objects.create_user("nadia", password=PASSWORD)


def enter(client: Client, password: str = PASSWORD, **form: str) -> str:
    answer = client.post("/sign-in/", {"username": "nadia", "password": password, **form})
    return answer.headers.get("Location", "")


def test_the_right_password_opens_and_signing_out_closes(client: Client, nadia: User) -> None:
    assert enter(client) == "/"
    assert "nadia" in client.get("/").content.decode()
    assert client.get("/sign-out/").status_code == 405
    assert client.post("/sign-out/").status_code == 302
    assert "nadia" not in client.get("/").content.decode()


def test_a_wrong_password_is_told_on_the_page(client: Client, nadia: User) -> None:
    answer = client.post("/sign-in/", {"username": "nadia", "password": "of somebody else"})
    assert answer.status_code == 200
    assert 'role="alert"' in answer.content.decode()
    assert "_auth_user_id" not in client.session


@pytest.mark.parametrize(
    ("asked", "comes_to"),
    [
        ("/style/?a=1", "/style/?a=1"),
        *(("https://elsewhere.example/", "/"), ("//elsewhere.example/", "/")),
    ],
)
def test_next_leads_back_and_never_out(
    client: Client, nadia: User, asked: str, comes_to: str
) -> None:
    page = client.get("/sign-in/", {"next": asked}).content.decode()
    carried = re.search(r'<form class="card".*?name="next" value="([^"]*)"', page, re.DOTALL)
    assert carried is not None
    assert enter(client, next=carried[1].replace("&amp;", "&")) == comes_to


def test_everybody_comes_to_what_is_theirs(city: City, nadia: User) -> None:
    assert own_page(nadia) == "/"
    for kind, role, page in (
        ("auditor", "auditor", "/aldea/"),
        ("operator", "operator", "/aldea/operators/"),
        ("authority", "authority", "/aldea/"),
    ):
        place = found_organisation(city=city, code=kind, name=kind, kind=kind)
        user = User.objects.create(username=kind)
        grant_role(user=user, organisation=place, role=role)
        assert own_page(user) == page
    token = Token.objects.create(city=city, token="ANA", medium="card", issuer=place)
    assign_token(token=token, holder=nadia)
    assert own_page(nadia) == "/aldea/riders/ANA/"


def test_who_may_not_see_a_page_may_sign_in_as_somebody_else(
    client: Client, city: City, nadia: User
) -> None:
    client.force_login(nadia)
    answer = client.get("/aldea/ledger/?kind=rider")
    assert answer.status_code == 403
    assert 'href="/sign-in/?next=/aldea/ledger/%3Fkind%3Drider"' in answer.content.decode()


def test_nobody_of_a_demonstration_is_named_where_none_is(client: Client, city: City) -> None:
    assert "People of the demonstration" not in client.get("/sign-in/").content.decode()


def test_a_demo_user_enters_with_one_press(client: Client) -> None:
    profile = read_profile("toluca")
    found(profile)
    for who in profile.people:
        User.objects.create_user(who.username, password=who.password)
    page = client.get("/sign-in/?next=/style/").content.decode()
    for sees in (
        "Her own journeys: what each leg cost, and why.",
        "Its own taps, statement and part of the clearing.",
        "Everything of the city; decides on held taps.",
        "Everything of the city; changes nothing.",
    ):
        assert page.count(sees) == 1
    forms = re.findall(r'<form method="post">.*?</form>', page, re.DOTALL)
    filled = [dict(re.findall(r'name="(\w+)" value="([^"]*)"', form)) for form in forms]
    people = [form for form in filled if "password" in form]
    assert [form["username"] for form in people] == [who.username for who in profile.people]
    assert client.post("/sign-in/", people[0]).headers["Location"] == "/style/"
    assert int(client.session["_auth_user_id"]) == User.objects.get(username="marisol").pk
