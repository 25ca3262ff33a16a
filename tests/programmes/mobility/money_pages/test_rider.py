"""A rider's statement: every leg with its reason, the ledger's word for it, and nobody else's."""

import re

import pytest
from django.test import Client

from tests.programmes.mobility.aldea import MONDAY, TUESDAY, arrive, tap
from tests.programmes.mobility.pages.conftest import Visit
from tests.programmes.mobility.pages.people import PASSWORD
from tests.programmes.mobility.pages.test_open_pages import read
from trama.foundations.registry.models import City
from trama.foundations.registry.queries import get_token
from trama.programmes.mobility.models import Closing
from trama.programmes.mobility.queries.statements import closed_days, rider_day

pytestmark = pytest.mark.django_db
ANA = "/aldea/riders/ANA/"


@pytest.mark.parametrize(
    ("username", "answer"),
    [
        *(("ana", 200), ("clara", 200), ("iris", 200)),
        *(("rui", 403), ("alba", 403), ("vera", 403), ("nadia", 403)),
    ],
)
def test_a_statement_is_its_holders_and_the_back_offices(
    riders: City, as_user: Visit, username: str, answer: int
) -> None:
    assert as_user(username).get(ANA).status_code == answer


def test_a_stranger_signs_in_and_comes_back_to_the_statement(riders: City, as_user: Visit) -> None:
    client = as_user()
    asked = client.get(ANA)
    assert asked.headers["Location"] == f"/sign-in/?next={ANA}"
    form = {"username": "clara", "password": PASSWORD, "next": ANA}
    assert client.post("/sign-in/", form).headers["Location"] == ANA
    assert client.get(ANA).status_code == 200


def test_only_the_back_office_learns_that_a_token_does_not_exist(
    riders: City, as_user: Visit
) -> None:
    assert as_user("clara").get("/aldea/riders/NOBODY/").status_code == 404
    for username in ("rui", "alba", "nadia"):
        assert as_user(username).get("/aldea/riders/NOBODY/").status_code == 403


def test_every_leg_says_what_it_cost_and_why(riders: City, as_user: Visit) -> None:
    said = read(as_user, ANA, "ana")
    assert "4 boardings, 3 journeys" in said
    assert "07:40 T1 · Tren Gama · Tarjeta $4.75" in said
    assert "you changed from B1, 40 min after the first boarding of the journey" in said
    assert "Full fares $38.00" in said
    assert "Category, transfers and caps took off −$4.75" in said
    assert "You paid $33.25" in said
    assert said.index("The fare on B1 is $9.50") < said.index("so 50 % comes off")


def test_what_is_left_under_the_cap_and_of_the_programme(riders: City, as_user: Visit) -> None:
    assert "Left to the weekly cap $6.75 of $40.00" in read(as_user, ANA, "ana")
    luz = read(as_user, "/aldea/riders/LUZ/", "clara")
    assert "Trips left: Viajes gratis 3 of 5 this year" in luz
    assert "Paid by programmes −$19.00" in luz
    assert "You paid $9.50" in luz


def test_the_ledger_charged_what_the_legs_add_up_to(riders: City) -> None:
    closings = closed_days(riders)
    for token in ("ANA", "LUZ", "RUI"):
        day = rider_day(get_token(riders, token), MONDAY, closings)
        assert day.charged_minor == day.total_minor("fare_minor") > 0


def test_each_revision_is_a_charge_of_its_own_whose_source_opens(
    riders: City, as_user: Visit
) -> None:
    html = as_user("clara").get(ANA).content.decode()
    for revision, charged in ((0, "$23.75"), (1, "$9.50")):
        source = f"mobility/aldea/{MONDAY}/r{revision}/charge/ANA/alfa"
        row = re.search(rf'href="([^"]*r{revision}%2Fcharge[^"]*)".*?</tr>', html, re.DOTALL)
        assert row is not None
        assert charged in row[0]
        opened = as_user("clara").get(row[1]).content.decode()
        assert source in re.sub("<wbr>", "", opened)
    assert "ledger/sources" not in as_user("ana").get(ANA).content.decode()


def test_a_revision_that_is_not_finished_is_not_shown(riders: City, as_user: Visit) -> None:
    Closing.objects.filter(revision=1).update(step=Closing.Step.SETTLED)
    said = read(as_user, ANA, "ana")
    assert "3 boardings, 2 journeys" in said
    assert "You paid $23.75" in said
    assert "r1/charge" not in said


def test_an_open_tap_is_there_and_has_no_price(riders: City, as_user: Visit) -> None:
    assert "Not priced yet" not in read(as_user, ANA, "ana")
    arrive(riders, [tap(50, TUESDAY, "07:05", "B2", "ANA")])
    said = read(as_user, ANA, "ana")
    assert "13 Oct 2026, 07:05:00 B2 · Sur Tarjeta not priced yet" in said
    assert "You paid $33.25" in said


def test_the_way_to_a_statement(riders: City, as_user: Visit) -> None:
    clara: Client = as_user("clara")
    assert clara.get("/aldea/riders/?token=ANA").headers["Location"] == ANA
    missed = clara.get("/aldea/riders/?token=ANN").content.decode()
    assert "There is no token “ANN” in Aldea." in missed
    own = as_user("ana").get("/aldea/riders/").content.decode()
    assert f'href="{ANA}"' in own
    assert "RUI" not in own
    for username, answer in (("alba", 403), ("nadia", 403), ("vera", 403)):
        assert as_user(username).get("/aldea/riders/").status_code == answer


def test_a_token_may_hold_any_sign(riders: City, as_user: Visit) -> None:
    odd = get_token(riders, "ANA")
    odd.token = "a/b ?ñ"
    odd.save()
    found = as_user("ana").get("/aldea/riders/", {"token": odd.token})
    assert as_user("ana").get(found.headers["Location"]).status_code == 200


@pytest.mark.parametrize("language", ["es", "pt-br", "en"])
def test_a_statement_answers_in_each_language(riders: City, as_user: Visit, language: str) -> None:
    client = as_user("ana")
    client.cookies["django_language"] = language
    assert client.get(ANA).status_code == 200
