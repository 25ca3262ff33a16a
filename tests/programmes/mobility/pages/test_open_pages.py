"""What anybody may read: it is there, it is true, and nothing that belongs to somebody is in it."""

import re
from datetime import date

import pytest

from tests.programmes.mobility.aldea import MONDAY, TUESDAY
from tests.programmes.mobility.pages.conftest import Visit
from trama.foundations.registry.models import City
from trama.programmes.mobility.models import Closing

pytestmark = pytest.mark.django_db
OPEN = [
    "/",
    "/sign-in/",
    "/aldea/",
    "/aldea/routes/",
    "/aldea/routes/B1/",
    "/aldea/days/",
    f"/aldea/days/{MONDAY}/",
    f"/aldea/days/{MONDAY}/?by=medium",
    f"/aldea/days/{TUESDAY}/",
    "/aldea/days/2026-01-01/",
    f"/aldea/days/{MONDAY}/progress/",
    "/aldea/tariff/",
    "/aldea/tariff/?on=2020-01-01",
    "/aldea/tariff/?on=soon",
    "/aldea/tariff/aldea-2026/",
    "/aldea/agreement/aldea-clearing/",
    "/aldea/measures/",
    "/aldea/measures/mobility-electronic-share/",
    "/vacia/",
    "/vacia/routes/",
    "/vacia/days/",
    "/vacia/tariff/",
    "/vacia/measures/",
]


def text_of(html: str) -> str:
    """What is read: without tags, one blank between words."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", html))


def read(as_user: Visit, address: str, username: str = "") -> str:
    response = as_user(username).get(address)
    assert response.status_code == 200, address
    return text_of(response.content.decode())


@pytest.mark.parametrize("address", OPEN)
def test_a_stranger_may_read(as_user: Visit, address: str) -> None:
    html = as_user().get(address).content.decode()
    assert "<h1" in html or "progress" in address
    for token in ("ANA", "LUZ", "RUI"):
        assert token not in text_of(html)


@pytest.mark.parametrize(
    "address",
    [
        "/nowhere/",
        "/aldea/days/2026-02-30/",
        "/aldea/routes/B9/",
        "/aldea/tariff/none/",
        "/aldea/agreement/none/",
        "/aldea/measures/none/",
        "/vacia/tariff/aldea-2026/",
    ],
)
def test_what_is_not_there_is_not_found(as_user: Visit, address: str) -> None:
    assert as_user().get(address).status_code == 404


def test_the_city_shows_its_latest_closed_day_and_the_open_one(as_user: Visit) -> None:
    said = read(as_user, "/aldea/")
    assert "12 October 2026, in figures" in said
    assert "13 Oct 2026 is still open" in said
    assert "Tarifa de Aldea" in said


def test_the_figures_of_a_day_are_those_of_its_closings(as_user: Visit) -> None:
    said = read(as_user, f"/aldea/days/{MONDAY}/")
    assert "Boardings 11 · Boardings: open the rows of 11 taps" in said
    assert "Journeys 10 · Journeys: open the rows of 11 boardings" in said
    assert "9.1 % · Transfers: open the rows 1 of 11 boardings" in said
    assert "81.8 % · Share of electronic payment: open the rows 9 of 11 boardings" in said
    # Ana 9.50 + 4.75 + 9.50 + 9.50, Luz 9.50, Rui 19.00, two coins 19.00; Luz's free rides 19.00
    assert "$80.75 ÷ 11 boardings" in said
    assert "$19.00 · Paid by programmes: open the rows of $99.75" in said


def test_every_revision_says_what_it_added(as_user: Visit) -> None:
    said = read(as_user, f"/aldea/days/{MONDAY}/")
    first = said.index("Revision 0")
    second = said.index("Revision 1", first)
    assert "+$71.25" in said[first:second]
    assert "+$9.50" in said[second:]


def test_a_running_closing_shows_how_far_it_is_and_asks_again(as_user: Visit, aldea: City) -> None:
    fragment = f"/aldea/days/{TUESDAY}/progress/"
    running = Closing.objects.create(
        city=aldea,
        service_date=TUESDAY,
        revision=0,
        step=Closing.Step.PRICED,
        done=1,
        total=3,
        through_id=0,
        started_at_s=0,
    )
    page = as_user().get(f"/aldea/days/{TUESDAY}/").content.decode()
    assert f'hx-get="{fragment}"' in page
    assert "33.3" in page
    assert "Closing: Priced" in read(as_user, "/aldea/days/")
    # its taps are still open: they are counted once, whatever files it has written
    assert "3 taps. Times are the wall clock of Aldea." in text_of(page)
    assert f'hx-get="{fragment}"' in as_user().get(fragment).content.decode()
    running.delete()
    ended = as_user().get(fragment).content.decode()
    assert "The closing has ended." in ended
    assert "hx-get" not in ended


def test_an_open_day_says_so_and_invents_nothing(as_user: Visit) -> None:
    said = read(as_user, f"/aldea/days/{TUESDAY}/")
    assert "Open" in said
    assert "3 wait to be closed" in said
    assert "Boardings and fares by operator" not in said
    assert "This day has not been closed yet." in said


def test_a_day_without_taps_is_a_page_all_the_same(as_user: Visit) -> None:
    said = read(as_user, "/aldea/days/2026-01-01/")
    assert "No tap of this city belongs to this service day." in said


def test_the_chart_counts_every_tap_once_sealed_or_open(as_user: Visit) -> None:
    for day, taps in ((MONDAY, "11"), (TUESDAY, "3")):
        for by in ("operator", "medium"):
            said = read(as_user, f"/aldea/days/{day}/?by={by}")
            assert f"{taps} taps. Times are the wall clock of Aldea." in said
    picture = as_user().get(f"/aldea/days/{MONDAY}/taps.png")
    assert picture.content.startswith(b"\x89PNG")


def test_a_route_tells_its_class_its_fare_and_no_small_number(as_user: Visit) -> None:
    said = read(as_user, "/aldea/routes/T1/")
    assert "Gama" in said
    assert "Tren · Tarifa de Aldea" in said
    assert "$9.50" in said
    assert "fewer than 10" in said
    seen = read(as_user, "/aldea/routes/T1/", "clara")
    assert "3 · Taps on 12 Oct 2026" in seen  # one of them told its stop only


def test_routes_are_found_by_what_people_call_them(as_user: Visit) -> None:
    said = read(as_user, "/aldea/routes/?q=sur")
    assert "B2" in said
    assert "B1" not in said
    assert "No route is called so." in read(as_user, "/aldea/routes/?q=<b>")


def test_every_rule_of_a_tariff_is_in_words(as_user: Visit) -> None:
    said = read(as_user, "/aldea/tariff/aldea-2026/")
    for words in (
        "Camión → Tren",
        "50 % less",
        "120 min from the first boarding, the last minute included",
        "2 a day, 5 a year",
        "a week that begins on Monday at 03:00",
        "$40.00",
        "rounded up to a multiple of $1.00",
        "agencies TREN",
        "Invented for tests",
        "1 January 2026",
    ):
        assert words in said, words


def test_the_published_text_can_be_taken_home(as_user: Visit) -> None:
    for address in ("/aldea/tariff/aldea-2026.toml", "/aldea/agreement/aldea-clearing.toml"):
        response = as_user().get(address)
        assert response.headers["Content-Disposition"].startswith("attachment")
        assert b"Aldea" in response.content


def test_an_agreement_is_in_words_too(as_user: Visit) -> None:
    said = read(as_user, "/aldea/agreement/aldea-clearing/")
    assert "Every operator that carried a leg earns the same part of the journey." in said
    assert "Tarjeta whoever issued the card" in said
    assert "Ayuntamiento 1 % any medium" in said


def test_a_day_before_any_tariff_says_that_there_is_none(as_user: Visit) -> None:
    assert "No tariff of this city holds on that day." in read(
        as_user, "/aldea/tariff/?on=2020-01-01"
    )


def test_a_measure_shows_what_it_said_before(as_user: Visit) -> None:
    said = read(as_user, "/aldea/measures/mobility-electronic-share/")
    assert "Revisions of 12 Oct 2026" in said
    assert "80.0 %" in said
    assert "81.8 %" in said


def test_synthetic_cities_say_so_and_others_do_not(as_user: Visit) -> None:
    assert "Synthetic data" in read(as_user, "/vacia/")
    assert "Synthetic data" not in read(as_user, "/aldea/")


@pytest.mark.parametrize("language", ["es", "pt-br"])
def test_pages_answer_in_each_language(as_user: Visit, language: str) -> None:
    client = as_user()
    client.cookies["django_language"] = language
    for address in ("/", "/aldea/", f"/aldea/days/{MONDAY}/", "/aldea/tariff/"):
        response = client.get(address)
        assert response.status_code == 200, (language, address)
        assert f'<html lang="{language}"' in response.content.decode()


def test_days_in_addresses_are_dates(aldea: City) -> None:
    from trama.programmes.mobility.views.frame import ServiceDateConverter

    converter = ServiceDateConverter()
    assert converter.to_python(converter.to_url(MONDAY)) == date(2026, 10, 12)
