"""What a hostile visitor tries on the pages: other people's papers, bad words, and guessing."""

import json
from base64 import b64encode
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client

from tests.programmes.mobility.aldea import MONDAY, TUESDAY
from tests.programmes.mobility.pages.conftest import Visit
from tests.programmes.mobility.pages.people import PASSWORD
from trama.foundations.registry.actions import replace_device_key, revoke_device
from trama.foundations.registry.models import City, Token
from trama.foundations.registry.queries import get_device, get_token
from trama.programmes.mobility.models import HeldTap
from trama.site import guessing

pytestmark = pytest.mark.django_db
BACK_OFFICE = ("clara", "iris")
STRANGERS = ("", "nadia", "vera", "iker", "vito")
"""Nobody, somebody without a role, and another city's authority, auditor and operator."""

PAPERS = {
    "/aldea/riders/ANA/": (*BACK_OFFICE, "ana"),
    "/aldea/riders/LUZ/": BACK_OFFICE,
    "/aldea/riders/NOBODY/": (),
    f"/aldea/operators/alfa/{MONDAY}/": (*BACK_OFFICE, "alba"),
    f"/aldea/operators/alfa/{MONDAY}.csv": (*BACK_OFFICE, "alba"),
    f"/aldea/operators/beta/{MONDAY}/": (*BACK_OFFICE, "berta"),
    f"/aldea/operators/beta/{MONDAY}.csv": (*BACK_OFFICE, "berta"),
    "/aldea/ledger/": BACK_OFFICE,
    "/aldea/ledger/sources/": BACK_OFFICE,
    "/aldea/ledger/journal.beancount": BACK_OFFICE,
    "/aldea/ledger/accounts/rider:aldea:ANA/": BACK_OFFICE,
    "/aldea/ledger/accounts/settlement:aldea:alfa/": (*BACK_OFFICE, "alba"),
    "/aldea/ledger/accounts/settlement:aldea:beta/": (*BACK_OFFICE, "berta"),
    "/aldea/held/": BACK_OFFICE,
    f"/aldea/days/{MONDAY}/taps/?operator=beta": (*BACK_OFFICE, "berta"),
    f"/aldea/days/{MONDAY}/clearing/?from=beta&to=gama": (*BACK_OFFICE, "berta"),
    # The same papers under the address of a city in which one has a role.
    "/vacia/riders/ANA/": (),
    "/vacia/ledger/accounts/rider:aldea:ANA/": (),
    "/vacia/ledger/accounts/settlement:aldea:alfa/": (),
}


@pytest.fixture
def ana(aldea: City, django_user_model: Any) -> None:
    """The holder of the token ANA, who may see that and nothing else."""
    user = django_user_model.objects.create_user("ana", password=PASSWORD)
    Token.objects.filter(pk=get_token(aldea, "ANA").pk).update(holder=user)


@pytest.mark.parametrize("address", PAPERS)
def test_papers_open_for_their_own_people_only(as_user: Visit, ana: None, address: str) -> None:
    for username in (*BACK_OFFICE, "ana", "alba", "berta", *STRANGERS):
        status = as_user(username).get(address).status_code
        may = (200,) if username in PAPERS[address] else (302, 403, 404)
        assert status in may, (username, status)
        assert username or status in (302, 404)


@pytest.mark.parametrize("username", ["iris", "alba", "ana", *STRANGERS])
def test_nobody_but_the_authority_changes_anything(
    as_user: Visit, ana: None, username: str
) -> None:
    before = list(HeldTap.objects.order_by("pk").values_list("pk", "state", "note"))
    for address in ("/aldea/held/release/", f"/aldea/held/{before[0][0]}/dismiss/"):
        response = as_user(username).post(address, {"reason": "unknown_device", "note": "x"})
        assert response.status_code in (302, 403)
    # The authority of another city reaches a held tap of this one through its own city neither.
    there = as_user("vera").post(f"/vacia/held/{before[0][0]}/dismiss/", {"note": "x"})
    assert there.status_code == 404
    assert before == list(HeldTap.objects.order_by("pk").values_list("pk", "state", "note"))


def test_pages_of_the_edge_of_the_calendar_are_no_fault(as_user: Visit) -> None:
    for day in ("0001-01-01", "0001-01-02", "9999-12-30", "9999-12-31", "2026-02-30"):
        for tail in ("", "taps/", "taps.png", "progress/", "clearing/"):
            assert as_user("clara").get(f"/aldea/days/{day}/{tail}").status_code in (200, 404)
        for tail in ("/", ".csv"):
            answer = as_user("clara").get(f"/aldea/operators/alfa/{day}{tail}")
            assert answer.status_code in (200, 404)


WORDS = ("\0", "%", "../../etc/passwd", "<script>" + "٣" * 3_000)


@pytest.mark.parametrize("word", WORDS)
def test_bad_words_in_addresses_are_no_fault(as_user: Visit, word: str) -> None:
    client = as_user("clara")
    for address, name in (
        ("/aldea/riders/", "token"),
        ("/aldea/ledger/", "name"),
        ("/aldea/ledger/", "kind"),
        ("/aldea/ledger/sources/", "source"),
        ("/aldea/held/", "reason"),
        ("/aldea/held/", "page"),
        ("/aldea/operators/", "day"),
        (f"/aldea/days/{MONDAY}/", "by"),
        (f"/aldea/days/{MONDAY}/taps/", "token"),
        (f"/aldea/days/{MONDAY}/taps/", "route"),
        (f"/aldea/days/{TUESDAY}/taps/", "route"),
        (f"/aldea/days/{MONDAY}/clearing/", "of"),
    ):
        answer = client.get(address, {name: word})
        assert answer.status_code in (200, 400, 404), (address, name)
        assert b"<script>" not in answer.content.replace(b"<script src", b"")
    if "/" not in word:
        for address in ("/aldea/riders/{}/", "/aldea/ledger/accounts/{}/", "/aldea/tariff/{}/"):
            answer = client.get(address.format(word.replace("%", "%25").replace("\0", "%00")))
            assert answer.status_code in (200, 400, 403, 404), address


@pytest.fixture
def device(aldea: City) -> Any:
    """A function that hands in taps as the device v1."""
    key = replace_device_key(device=get_device(aldea, "v1"))
    signed = "Basic " + b64encode(f"aldea/v1:{key}".encode()).decode()

    def send(**told: object) -> Any:
        tap = {
            "device": "v1",
            "sequence": 900,
            "medium": "card",
            "tapped_at": f"{TUESDAY}T08:00:00-06:00",
            "direction": "on",
            "token": "ANA",
            "route": "B1",
        }
        return Client().post(
            "/api/mobility/taps",
            json.dumps({"taps": [tap | told]}),
            content_type="application/json",
            headers={"authorization": signed},
        )

    return send


LOST_CLOCKS = ("0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00")


def test_a_lost_clock_does_not_close_the_page_of_held_taps(as_user: Visit, device: Any) -> None:
    for number, instant in enumerate(LOST_CLOCKS):
        assert device(sequence=number + 900, tapped_at=instant).json()["held"] == 1
    for reason in ("", "malformed", "from_the_future"):
        answer = as_user("clara").get("/aldea/held/", {"reason": reason})
        assert answer.status_code == 200
    assert "-62135647200" in as_user("clara").get("/aldea/held/").content.decode()


def test_a_revoked_device_with_a_lost_clock_is_held(aldea: City, device: Any) -> None:
    revoke_device(device=get_device(aldea, "v1"), at_s=1)
    for number, instant in enumerate(LOST_CLOCKS):
        answer = device(sequence=number + 900, tapped_at=instant)
        assert (answer.status_code, answer.json()["held"]) == (200, 1)


def test_what_a_device_says_is_shown_as_text(as_user: Visit, device: Any) -> None:
    for number, word in enumerate(("<script>alert(1)</script>", "javascript:alert(1)", "=1+1")):
        assert device(sequence=number + 910, route=word).json()["held"] == 1
    page = as_user("clara").get("/aldea/held/?reason=unknown_route").content.decode()
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)" in page
    assert 'href="javascript' not in page


@pytest.fixture
def few_tries(monkeypatch: pytest.MonkeyPatch) -> int:
    """Three passwords, for each costs a fifth of a second."""
    cache.clear()
    monkeypatch.setattr(guessing, "TRIES_A_NAME", 3)
    return 3


def test_guessing_passwords_is_answered_with_a_pause(aldea: City, few_tries: int) -> None:
    visitor, guess = Client(), {"username": "clara", "password": "guess"}
    for _ in range(few_tries):
        assert visitor.post("/sign-in/", guess).status_code == 200
    answer = visitor.post("/sign-in/", guess)
    assert answer.status_code == 429
    assert answer.headers["Retry-After"] == "300"
    assert "too_many_tries" in answer.content.decode()
    right = {"username": "clara", "password": PASSWORD}
    assert visitor.post("/sign-in/", right).status_code == 429
    # Nobody else is kept waiting, and from elsewhere she comes in herself.
    berta = {"username": "berta", "password": PASSWORD}
    assert Client().post("/sign-in/", berta).status_code == 302
    assert Client(REMOTE_ADDR="127.0.0.2").post("/sign-in/", right).status_code == 302


def test_mistyping_and_then_signing_in_forgets_the_tries(aldea: City, few_tries: int) -> None:
    visitor = Client()
    for _ in range(2):
        for _ in range(few_tries - 1):
            visitor.post("/sign-in/", {"username": "clara", "password": "mistyped"})
        answer = visitor.post("/sign-in/", {"username": "clara", "password": PASSWORD})
        assert answer.status_code == 302
    cookie = answer.cookies["sessionid"]
    assert (cookie["httponly"], cookie["samesite"]) == (True, "Lax")


@pytest.mark.parametrize("elsewhere", ["//evil.example/", "https://evil.example", "javascript:1"])
def test_nobody_is_led_elsewhere(aldea: City, elsewhere: str) -> None:
    cache.clear()
    who = {"username": "clara", "password": PASSWORD, "next": elsewhere}
    signed_in = Client().post(f"/sign-in/?next={elsewhere}", who)
    theme = Client().post("/theme/", {"theme": "dark", "next": elsewhere})
    for answer in (signed_in, theme):
        assert answer.status_code == 302
        assert answer.headers["Location"].startswith("/")
        assert not answer.headers["Location"].startswith("//")


def test_forms_need_their_proof_of_origin(aldea: City) -> None:
    visitor = Client(enforce_csrf_checks=True)
    for address in ("/sign-in/", "/sign-out/", "/theme/", "/aldea/held/release/"):
        assert visitor.post(address, {}).status_code == 403
