"""Who sees rows and who acts: one who may, one of the same kind from elsewhere, one who may not."""

import pytest

from tests.programmes.mobility.aldea import MONDAY, TUESDAY
from tests.programmes.mobility.pages.conftest import Visit
from tests.programmes.mobility.pages.test_open_pages import read, text_of
from trama.programmes.mobility.models import HeldTap, Tap

pytestmark = pytest.mark.django_db
TAPS = f"/aldea/days/{MONDAY}/taps/"


def status(as_user: Visit, address: str, username: str) -> int:
    return int(as_user(username).get(address).status_code)


@pytest.mark.parametrize("address", [TAPS, "/aldea/held/"])
def test_a_stranger_is_asked_to_sign_in_and_comes_back(as_user: Visit, address: str) -> None:
    response = as_user().get(f"{address}?page=1")
    assert response.status_code == 302
    assert response.headers["Location"] == f"/sign-in/?next={address}%3Fpage%3D1"


@pytest.mark.parametrize(
    ("username", "answer"),
    [("clara", 200), ("iris", 200), ("vera", 403), ("iker", 403), ("alba", 403), ("nadia", 403)],
)
def test_held_taps_are_for_the_citys_own_back_office(
    as_user: Visit, username: str, answer: int
) -> None:
    assert status(as_user, "/aldea/held/", username) == answer


@pytest.mark.parametrize(
    ("username", "answer"),
    [("clara", 200), ("iris", 200), ("alba", 200), ("vera", 403), ("vito", 403), ("nadia", 403)],
)
def test_taps_are_for_who_carried_or_oversees_them(
    as_user: Visit, username: str, answer: int
) -> None:
    assert status(as_user, TAPS, username) == answer


def test_an_operator_sees_its_own_taps_and_no_token_in_full(as_user: Visit) -> None:
    own = read(as_user, TAPS, "alba")
    assert "6 taps of 12 October 2026." in own
    assert "…ANA" in own
    assert " ANA " not in own
    assert "Beta" not in own
    assert status(as_user, f"{TAPS}?operator=alfa", "alba") == 200
    assert status(as_user, f"{TAPS}?operator=alfa", "berta") == 403
    assert status(as_user, f"{TAPS}?operator=alfa", "clara") == 200


def test_a_day_leads_to_its_rows_only_who_may_see_them(as_user: Visit) -> None:
    day = f"/aldea/days/{MONDAY}/"
    for username, leads in (("clara", True), ("alba", True), ("vito", False), ("", False)):
        html = as_user(username).get(day).content.decode()
        assert (f'href="{day}taps/"' in html) is leads
        assert (f'href="{day}clearing/"' in html) is leads
    assert 'href="/aldea/riders/ANA/"' in as_user("clara").get(TAPS).content.decode()
    assert "/riders/" not in as_user("alba").get(TAPS).content.decode()


def test_an_operator_cannot_ask_for_a_token(as_user: Visit) -> None:
    assert "6 taps of" in read(as_user, f"{TAPS}?token=RUI", "alba")
    assert "2 taps of" in read(as_user, f"{TAPS}?token=RUI", "clara")


@pytest.mark.parametrize(
    ("asked", "taps"),
    [
        ("", 11),
        ("operator=gama", 3),  # one of them told its stop only
        ("operator=beta&medium=card", 2),
        ("medium=cash", 2),
        ("route=B1", 6),
        ("quarter=16", 1),  # 07:00 to 07:15, four hours after the cut-over
        ("quarter=94", 1),  # 02:30 of the next morning
        ("quarter=96", 11),
        ("operator=nobody", 11),
        ("token=ANA&route=B1", 2),
    ],
)
def test_taps_are_filtered_wherever_they_are_kept(as_user: Visit, asked: str, taps: int) -> None:
    assert f"{taps} taps of 12 October 2026." in read(as_user, f"{TAPS}?{asked}", "clara")


def test_open_taps_are_filtered_alike(as_user: Visit) -> None:
    address = f"/aldea/days/{TUESDAY}/taps/"
    assert "3 taps of" in read(as_user, f"{address}?medium=cash&operator=alfa&quarter=20", "clara")
    assert "0 taps of" in read(as_user, f"{address}?medium=card", "clara")
    assert "No tap of this day is like that." in read(as_user, f"{address}?route=T1", "clara")


def test_a_conflict_shows_both_contents(as_user: Visit) -> None:
    said = read(as_user, "/aldea/held/?reason=conflict", "iris")
    assert "What was sent What was kept first" in said
    assert "13 Oct 2026, 08:40:00 13 Oct 2026, 08:00:00" in said


def test_an_auditor_looks_and_cannot_act(as_user: Visit) -> None:
    html = as_user("iris").get("/aldea/held/?reason=unknown_device").content.decode()
    assert "v9" in html
    assert "Release this reason" not in html
    assert "Dismiss" not in text_of(html).split("Reasons")[-1].replace("Dismissed", "")


@pytest.mark.parametrize("username", ["iris", "alba", "vera", "nadia"])
def test_only_the_citys_authority_releases_and_dismisses(as_user: Visit, username: str) -> None:
    held = HeldTap.objects.filter(city__code="aldea").earliest("pk")
    client = as_user(username)
    release = client.post("/aldea/held/release/", {"reason": "unknown_device"})
    dismiss = client.post(f"/aldea/held/{held.pk}/dismiss/", {"note": "why"})
    assert (release.status_code, dismiss.status_code) == (403, 403)
    held.refresh_from_db()
    assert held.state == HeldTap.State.HELD


def test_the_authority_releases_what_was_mended(as_user: Visit) -> None:
    from trama.foundations.registry.actions import register_device
    from trama.foundations.registry.queries import get_city, get_organisation

    city = get_city("aldea")
    register_device(city=city, organisation=get_organisation(city, "alfa"), code="v9")
    before = Tap.objects.filter(city=city).count()
    client = as_user("clara")
    response = client.post("/aldea/held/release/", {"reason": "unknown_device"}, follow=True)
    assert "2 taps were looked at again. kept: 2" in text_of(response.content.decode())
    assert Tap.objects.filter(city=city).count() == before + 2


def test_releasing_what_cannot_be_mended_is_refused_by_name(as_user: Visit) -> None:
    response = as_user("clara").post("/aldea/held/release/", {"reason": "conflict"})
    assert response.status_code == 422
    assert "reason_cannot_be_mended" in response.content.decode()


def test_a_dismissal_needs_a_note_and_keeps_it(as_user: Visit) -> None:
    held = HeldTap.objects.get(city__code="aldea", reason="conflict")
    client = as_user("clara")
    without = client.post(f"/aldea/held/{held.pk}/dismiss/", {"note": " "}, follow=True)
    assert "say why the tap is dismissed" in without.content.decode()
    held.refresh_from_db()
    assert held.state == HeldTap.State.HELD
    client.post(f"/aldea/held/{held.pk}/dismiss/", {"note": "The clock was reset"}, follow=True)
    held.refresh_from_db()
    assert (held.state, held.note) == (HeldTap.State.DISMISSED, "The clock was reset")
    said = read(as_user, "/aldea/held/?state=dismissed", "iris")
    assert "The clock was reset" in said
    again = client.post(f"/aldea/held/{held.pk}/dismiss/", {"note": "Again"})
    assert again.status_code == 422


def test_a_form_without_proof_of_origin_is_not_accepted(as_user: Visit) -> None:
    client = as_user("clara")
    client.handler.enforce_csrf_checks = True
    response = client.post("/aldea/held/release/", {"reason": "unknown_device"})
    assert response.status_code == 403
    assert client.get("/aldea/held/release/").status_code == 405
