"""Closing a day: exact, repeatable, and able to be killed anywhere."""

import contextlib
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.programmes.mobility.aldea import (
    MONDAY,
    THURSDAY,
    TUESDAY,
    WEDNESDAY,
    arrive,
    balances,
    close,
    stage,
    tap,
)
from trama.core.days import service_day_bounds
from trama.core.refusals import Refused
from trama.foundations.ledger.queries import postings, trial_balance
from trama.foundations.measures.queries import latest_observations
from trama.foundations.payments.models import Settlement
from trama.foundations.payments.queries import clearing_matrix, settlement_totals
from trama.foundations.registry.models import City
from trama.programmes.mobility.actions.closing import close_day
from trama.programmes.mobility.actions.closing.lock import only_one
from trama.programmes.mobility.models import Closing, Concession, HeldTap, SealedSequence, Tap

pytestmark = [pytest.mark.django_db, pytest.mark.data_layer]


@pytest.fixture
def home(tmp_path: Path, settings: Any) -> Path:
    settings.HOME = tmp_path / "home"
    return tmp_path / "home"


@pytest.fixture
def aldea(home: Path) -> City:
    return stage(home)


def a_day(day: object = MONDAY) -> list[dict[str, object]]:
    """Ana transfers to the train, Luz rides free, somebody pays cash: ten boardings in all."""
    return [
        tap(1, MONDAY, "07:00", "B1", "ANA"),
        tap(2, MONDAY, "07:40", "T1", "ANA"),
        tap(3, MONDAY, "18:00", "B2", "ANA"),
        tap(4, MONDAY, "08:00", "B1", "LUZ"),
        tap(5, MONDAY, "13:00", "B1", "LUZ"),
        tap(6, MONDAY, "19:00", "B1", "LUZ"),
        tap(7, MONDAY, "09:00", "B1", None),
        tap(8, MONDAY, "09:05", "T1", None),
        tap(9, MONDAY, "10:00", None, "RUI"),
        tap(10, MONDAY, "26:30", "B2", "RUI"),
    ]


def test_a_closed_day_owes_every_centavo_to_somebody(aldea: City, home: Path) -> None:
    arrive(aldea, a_day())
    closing = close(aldea, home, MONDAY)
    assert closing.step == Closing.Step.DONE
    assert balances("rider:") == {
        "rider:aldea:ANA": 950 + 475 + 950,
        "rider:aldea:LUZ": 950,
        "rider:aldea:RUI": 950 + 950,
    }
    assert balances("cash:") == {"cash:aldea:alfa": 1000, "cash:aldea:gama": 1000}
    assert balances("excess:") == {"excess:aldea:alfa": 50, "excess:aldea:gama": 50}
    assert balances("programme:") == {"programme:aldea:free_rides": 1900}
    assert balances("collected:") == {}
    assert balances("earned:") == {}
    assert sum(balances("settlement:").values()) == 0
    assert clearing_matrix(aldea, MONDAY) == {
        ("alfa", "alfa"): 713 + 950,
        ("alfa", "beta"): 950,
        ("alfa", "gama"): 712,
        ("beta", "alfa"): 950,
        ("beta", "beta"): 950,
        ("beta", "gama"): 950,
        ("estado", "alfa"): 1900,
        ("gama", "gama"): 950,
    }
    nets = {row["organisation__code"]: row for row in settlement_totals(aldea, MONDAY)}
    assert nets["alfa"]["gross"] == 713 + 950 + 950 + 1900
    assert nets["alfa"]["fee"] == 36 + 10
    assert nets["alfa"]["collected"] == 2375 + 950
    assert sum(int(str(row["net"])) for row in nets.values()) == 0
    assert all(line.debits_minor == line.credits_minor for line in trial_balance())


def test_sealed_taps_leave_the_database_and_leave_a_trace(aldea: City, home: Path) -> None:
    arrive(aldea, a_day())
    close(aldea, home, MONDAY)
    assert Tap.objects.count() == 0
    spans = {s.device: (s.first, s.last) for s in SealedSequence.objects.all()}
    assert spans == {"v1": (1, 7), "v2": (3, 10), "v3": (2, 9)}


def test_closing_twice_changes_nothing(aldea: City, home: Path) -> None:
    arrive(aldea, a_day())
    first = close(aldea, home, MONDAY)
    before = postings().count(), Settlement.objects.count(), balances()
    assert close(aldea, home, MONDAY).pk == first.pk
    assert (postings().count(), Settlement.objects.count(), balances()) == before


def test_a_duplicate_of_a_sealed_tap_opens_nothing(aldea: City, home: Path) -> None:
    arrive(aldea, a_day())
    first = close(aldea, home, MONDAY)
    arrive(aldea, a_day())
    assert Tap.objects.count() == 0
    assert not HeldTap.objects.exists()
    assert close(aldea, home, MONDAY).pk == first.pk


class Killed(Exception):
    """What stands for a process that ends here."""


def killed_at(moment: int) -> Iterator[None]:
    for _ in range(moment):
        yield
    raise Killed


@pytest.mark.parametrize("moment", [0, 1, 2, 4, 5, 6, 7])
def test_a_closing_killed_at_any_step_goes_on_to_the_same_result(
    aldea: City, home: Path, moment: int
) -> None:
    arrive(aldea, a_day())
    _, at_s = service_day_bounds(MONDAY, aldea.timezone, aldea.cutover_s)
    steps = killed_at(moment)
    with contextlib.suppress(Killed):
        close_day(
            city=aldea,
            service_date=MONDAY,
            home=home,
            at_s=at_s,
            progress=lambda closing: next(steps),
        )
    closing = close(aldea, home, MONDAY)
    assert closing.revision == 0
    assert balances("settlement:") == {
        "settlement:aldea:alfa": 1142,
        "settlement:aldea:beta": -969,
        "settlement:aldea:gama": 1635,
        "settlement:aldea:estado": -1900,
        "settlement:aldea:ayuntamiento": 92,
    }
    assert postings().count() == len({p.source for p in postings()})


def test_a_late_tap_posts_only_the_difference(aldea: City, home: Path) -> None:
    late = a_day()[0]
    arrive(aldea, a_day()[1:])
    close(aldea, home, MONDAY)
    history = {p.source: p.posted_minor for p in postings()}
    arrive(aldea, [late])
    closing = close(aldea, home, MONDAY)
    assert closing.revision == 1
    added = {p.source: p for p in postings() if p.source not in history}
    assert history == {p.source: p.posted_minor for p in postings() if p.source in history}
    charge = added["mobility/aldea/2026-10-12/r1/charge/ANA/alfa"]
    assert charge.posted_minor == 950 - 475
    assert not any("/charge/LUZ" in source or "/charge/RUI" in source for source in added)


DAYS = (MONDAY, TUESDAY, WEDNESDAY, THURSDAY)


def a_week() -> list[dict[str, object]]:
    """Enough rides for the weekly cap to bind and the free rides of the year to run out."""
    rides = []
    for number, day in enumerate(DAYS):
        for ride, clock in enumerate(("07:00", "08:00", "17:00", "26:00")):
            for rider, token in enumerate(("ANA", "LUZ", "RUI")):
                route = ("B1", "T1", "B2")[(ride + rider) % 3]
                sequence = 100 * number + 10 * ride + rider
                rides.append(tap(sequence, day, clock, route, token))
    return rides


@pytest.mark.parametrize(
    "late",
    [
        (0, 4, 17),
        pytest.param((30, 2, 44), marks=pytest.mark.slow),
        pytest.param((0, 1, 2, 3, 4, 5), marks=pytest.mark.slow),
        pytest.param(range(12), marks=pytest.mark.slow),
    ],
)
def test_late_taps_end_where_punctual_ones_do(
    aldea: City, home: Path, tmp_path: Path, late: tuple[int, ...]
) -> None:
    rides = a_week()
    arrive(aldea, [ride for place, ride in enumerate(rides) if place not in late])
    close(aldea, home, *(d for d in DAYS if Tap.objects.filter(service_date=d).exists()))
    arrive(aldea, [rides[place] for place in late])
    close(aldea, home, *(d for d in DAYS if Tap.objects.filter(service_date=d).exists()))
    late_balances = balances()
    late_values = {(o.indicator.code, o.period_start): (o.numerator, o.denominator)
                   for o in latest_observations("aldea")}  # fmt: skip
    late_matrix = [clearing_matrix(aldea, day) for day in DAYS]

    punctual = stage_again(aldea, tmp_path / "punctual")
    arrive(punctual, rides)
    close(punctual, tmp_path / "punctual", *DAYS)
    renamed = {name.replace("puntual", "aldea"): m for name, m in balances().items()
               if ":puntual:" in name}  # fmt: skip
    assert late_balances == renamed
    assert late_values == {(o.indicator.code, o.period_start): (o.numerator, o.denominator)
                           for o in latest_observations("puntual")}  # fmt: skip
    for day, matrix in zip(DAYS, late_matrix, strict=True):
        assert {k: v for k, v in matrix.items() if v} == {
            k: v for k, v in clearing_matrix(punctual, day).items() if v
        }


def stage_again(aldea: City, home: Path) -> City:
    """The same town under another name beside the first."""
    City.objects.filter(pk=aldea.pk).update(code="aside")
    twin = stage(home)
    City.objects.filter(pk=twin.pk).update(code="puntual")
    City.objects.filter(pk=aldea.pk).update(code="aldea")
    twin.refresh_from_db()
    aldea.refresh_from_db()
    return twin


def test_measures_have_their_denominators(aldea: City, home: Path) -> None:
    arrive(aldea, a_day())
    close(aldea, home, MONDAY)
    values = {o.indicator.code: (o.numerator, o.denominator) for o in latest_observations("aldea")}
    assert values == {
        "mobility-boardings": (10, 9),
        "mobility-electronic-share": (8, 10),
        "mobility-transfers": (1, 10),
        "mobility-average-fare": (2375 + 950 + 1900 + 1900, 10),
    }


def test_a_day_that_is_not_over_is_not_closed(aldea: City, home: Path) -> None:
    arrive(aldea, a_day())
    _, after_s = service_day_bounds(MONDAY, aldea.timezone, aldea.cutover_s)
    with pytest.raises(Refused, match="day_is_not_over"):
        close_day(city=aldea, service_date=MONDAY, home=home, at_s=after_s - 1)
    assert Closing.objects.count() == 0


def test_a_day_without_taps_is_refused(aldea: City, home: Path) -> None:
    with pytest.raises(Refused, match="day_has_no_taps"):
        close(aldea, home, MONDAY)


def test_days_are_closed_in_order(aldea: City, home: Path) -> None:
    arrive(aldea, [tap(1, MONDAY, "07:00", "B1"), tap(2, TUESDAY, "07:00", "B1")])
    with pytest.raises(Refused, match="2026-10-12"):
        close(aldea, home, TUESDAY)
    assert close(aldea, home, MONDAY, TUESDAY).service_date == TUESDAY


def test_a_route_that_nobody_runs_is_named(aldea: City, home: Path) -> None:
    arrive(aldea, a_day())
    Concession.objects.filter(route_id="B2").delete()
    with pytest.raises(Refused, match="B2"):
        close(aldea, home, MONDAY)
    assert postings().count() == 0


def test_two_closings_at_once_are_refused(aldea: City, home: Path) -> None:
    arrive(aldea, a_day())
    with only_one(home / "days" / "aldea"), pytest.raises(Refused, match="closing_is_running"):
        close(aldea, home, MONDAY)


def test_a_day_without_a_tariff_is_refused_and_nothing_is_posted(aldea: City, home: Path) -> None:
    long_ago = MONDAY - timedelta(days=400)
    Tap.objects.create(
        city=aldea, device="v1", sequence=1, token="ANA", medium="card", tapped_at_s=1,
        route="B1", direction="on", service_date=long_ago, received_at_s=1,
    )  # fmt: skip
    with pytest.raises(Refused, match="no_tariff_on_day"):
        close(aldea, home, long_ago)
    assert postings().count() == 0
