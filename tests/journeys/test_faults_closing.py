"""Days that nobody planned for: closed all the same, or refused by name and closed later."""

import resource
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.programmes.mobility.aldea import (
    AGREEMENT,
    MONDAY,
    TARIFF,
    TUESDAY,
    arrive,
    balances,
    close,
    stage,
    tap,
)
from trama.core.days import service_day_bounds
from trama.core.refusals import Refused
from trama.foundations.ledger.queries import trial_balance
from trama.foundations.registry.actions import found_organisation
from trama.foundations.registry.models import City, Organisation
from trama.programmes.mobility.actions.tariffs import publish_agreement
from trama.programmes.mobility.models import Closing, Tap

pytestmark = [pytest.mark.django_db, pytest.mark.data_layer]


@pytest.fixture
def home(tmp_path: Path, settings: Any) -> Path:
    settings.HOME = tmp_path / "home"
    return tmp_path / "home"


def the_books_are_whole() -> None:
    assert all(line.debits_minor == line.credits_minor for line in trial_balance())
    assert balances("collected:") == {}
    assert balances("earned:") == {}
    assert sum(balances("settlement:").values()) == 0


@pytest.mark.parametrize(
    ("rides", "riders", "coins"),
    [
        ([tap(1, MONDAY, "08:00", "B1", "ANA")], 950, 0),
        ([tap(n, MONDAY, "08:00", "B1", None) for n in range(3)], 0, 3000),
        ([tap(n, MONDAY, "08:00", "B1", "ANA") for n in range(500)], 4000, 0),
    ],
    ids=["one tap", "only cash", "500 taps of one token in one second, up to the weekly cap"],
)
def test_small_and_strange_days(
    home: Path, rides: list[dict[str, object]], riders: int, coins: int
) -> None:
    aldea = stage(home)
    arrive(aldea, rides)
    close(aldea, home, MONDAY)
    assert sum(balances("rider:").values()) == riders
    assert sum(balances("cash:").values()) == coins
    the_books_are_whole()


def test_a_fare_of_nothing_closes(home: Path) -> None:
    free = TARIFF.replace('amount = "9.50"', 'amount = "0.00"')
    aldea = stage(home, tariff=free)
    arrive(aldea, [tap(1, MONDAY, "08:00", "B1", "ANA"), tap(2, MONDAY, "09:00", "T1", "LUZ")])
    assert close(aldea, home, MONDAY).step == Closing.Step.DONE
    assert balances() == {}


SANTIAGO = "America/Santiago"
DAYS_OF_CLOCKS = [
    (SANTIAGO, "03:00", date(2026, 4, 4)),  # the clock goes back at midnight: 25 hours
    (SANTIAGO, "03:00", date(2026, 9, 5)),  # and forward: 23 hours
    (SANTIAGO, "00:00", date(2026, 9, 6)),  # begins at a midnight that does not exist
    (SANTIAGO, "23:30", date(2026, 4, 4)),  # begins at an instant that exists twice
    ("America/Mexico_City", "00:00", MONDAY),
    ("America/Mexico_City", "23:59", MONDAY),
]


@pytest.mark.parametrize(("zone", "cutover", "day"), DAYS_OF_CLOCKS)
def test_days_are_cut_once_and_whole(home: Path, zone: str, cutover: str, day: date) -> None:
    aldea = stage(home, zone=zone, cutover=cutover)
    first_s, after_s = service_day_bounds(day, zone, aldea.cutover_s)
    instants = [first_s - 1, first_s, after_s - 1, after_s]
    rides = [
        tap(number, day, "08:00", "B1", None) | {"tapped_at_s": instant}
        for number, instant in enumerate(instants)
    ]
    arrive(aldea, rides)
    before, after = day - timedelta(days=1), day + timedelta(days=1)
    days = Tap.objects.order_by("sequence").values_list("service_date", flat=True)
    assert list(days) == [before, day, day, after]
    closings = [close(aldea, home, each) for each in (before, day, after)]
    assert [closing.total for closing in closings] == [1, 2, 1]
    assert balances("cash:") == {"cash:aldea:alfa": 4000}
    the_books_are_whole()


def test_the_leap_day_is_a_day(home: Path) -> None:
    leap = date(2028, 2, 29)
    long = TARIFF.replace("valid_from = 2026-01-01", "valid_from = 2026-01-01")
    aldea = stage(home, tariff=long)
    at = datetime(2028, 2, 29, 12, tzinfo=ZoneInfo("America/Mexico_City"))
    ride = tap(1, leap, "12:00", "B1", "ANA")
    assert ride["tapped_at_s"] == int(at.timestamp())
    arrive(aldea, [ride])
    assert close(aldea, home, leap).service_date == leap
    the_books_are_whole()


@pytest.mark.parametrize(
    ("said", "nobody"),
    [('to = "ayuntamiento"', 'to = "nadie"'), ('by = "issuer"', 'by = "nadie"')],
)
def test_money_for_nobody_is_refused_before_anything_is_frozen(
    home: Path, said: str, nobody: str
) -> None:
    aldea = stage(home)
    terms = AGREEMENT.replace("aldea-clearing", "otro").replace(said, nobody)
    terms = terms.replace("valid_from = 2026-01-01", f"valid_from = {TUESDAY}")
    publish_agreement(
        city=aldea,
        document=terms.replace("[agreement]\n", '[agreement]\nreplaces = "aldea-clearing"\n'),
        at_s=0,
    )
    arrive(aldea, [tap(1, TUESDAY, "08:00", "B1", "ANA")])
    with pytest.raises(Refused, match="organisation_is_not_founded"):
        close(aldea, home, TUESDAY)
    assert not Closing.objects.exists()
    found_organisation(city=aldea, code="nadie", name="Nadie", kind="payer")
    assert close(aldea, home, TUESDAY).step == Closing.Step.DONE
    the_books_are_whole()


def test_a_new_token_without_anybody_to_issue_it_is_refused_by_name(home: Path) -> None:
    aldea = stage(home)
    Organisation.objects.filter(city=aldea, kind="authority").update(kind="payer")
    arrive(aldea, [tap(1, MONDAY, "08:00", "B1", "NEW")])
    with pytest.raises(Refused, match="city_without_authority"):
        close(aldea, home, MONDAY)
    found_organisation(city=aldea, code="alcaldia", name="Alcaldía", kind="authority")
    assert close(aldea, home, MONDAY).step == Closing.Step.DONE
    the_books_are_whole()


def a_bad_disk(aldea: City, home: Path, most_bytes: int) -> None:
    """Close Monday where no file may be longer than `most_bytes`."""
    was = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (most_bytes, was[1]))
    try:
        close(aldea, home, MONDAY)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, was)


@pytest.mark.parametrize("most_bytes", [100, 4_000, 7_000])
def test_a_full_disk_leaves_a_day_that_can_be_closed(home: Path, most_bytes: int) -> None:
    aldea = stage(home)
    arrive(aldea, [tap(n, MONDAY, "08:00", "B1", f"T{n}") for n in range(150)])
    with pytest.raises(OSError, match="File too large"):
        a_bad_disk(aldea, home, most_bytes)
    assert Tap.objects.count() == 150
    assert not list(home.rglob("*.writing"))
    closing = close(aldea, home, MONDAY)
    assert (closing.revision, closing.step) == (0, Closing.Step.DONE)
    assert sum(balances("rider:").values()) == 150 * 950
    the_books_are_whole()
