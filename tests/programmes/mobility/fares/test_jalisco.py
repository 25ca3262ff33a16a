"""Jalisco's history comes out as the press told it, by the engine and by the oracle."""

import json
from datetime import date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.programmes.mobility.fares.oracle import price_by_hand
from tests.programmes.mobility.fares.random_tariffs import table_of
from trama.programmes.mobility.fares.documents import read_agreement, read_tariff
from trama.programmes.mobility.fares.pricing import price
from trama.programmes.mobility.fares.vocabulary import Tariff

ROOT = Path(__file__).resolve().parents[4]
DEMO = ROOT / "trama" / "demo" / "data" / "guadalajara"
PUBLISHED = ROOT.parent / "shared" / "data" / "fares" / "jalisco" / "jalisco_tariffs.json"
TARIFFS = [read_tariff((DEMO / f"tariff-{y}.toml").read_text("utf-8")) for y in (2019, 2025, 2026)]
AGREEMENT = read_agreement((DEMO / "agreement.toml").read_text("utf-8"))
ZONE = ZoneInfo("America/Mexico_City")
ROUTES = {
    "BUS": ("C01", "BUS"),
    "FEEDER": ("MC-A08", "MM"),
    "L1": ("MT_L1", "MT"),
    "L4": ("MT_L4", "MT"),
    "MP-T01": ("MP-T01", "MM"),
    "ST": ("ST_L1", "ST"),
}
CATEGORIES = {"student": "student", "older_100": "yo_jalisco_older"}


def tariff_on(day: date) -> Tariff:
    """The one tariff of the history that is valid on `day`."""
    (found,) = [
        tariff
        for tariff in TARIFFS
        if tariff.valid_from <= day and (tariff.valid_to is None or day <= tariff.valid_to)
    ]
    return found


def at_s(moment: str) -> int:
    """A wall-clock moment in Guadalajara, in epoch seconds."""
    return int(datetime.fromisoformat(moment).replace(tzinfo=ZONE).timestamp())


def ride(moment: str, leg: str = "BUS", **changes: Any) -> dict[str, Any]:
    """A boarding with Mi Movilidad by nobody in particular."""
    route, agency = ROUTES[leg]
    tap = {
        "account": 1,
        "tapped_at_s": at_s(moment),
        "route": route,
        "agency": agency,
        "operator": "bea",
        "medium": "mi_movilidad",
        "category": None,
        "direction": "on",
    }
    return tap | changes


def priced(*taps: dict[str, Any]) -> list[dict[str, Any]]:
    """What the engine says, after the oracle has said the same."""
    tariff = tariff_on(datetime.fromtimestamp(taps[0]["tapped_at_s"], ZONE).date())
    rows = price(table_of(list(taps)), tariff, agreement=AGREEMENT).rows.to_pylist()
    assert rows == price_by_hand(list(taps), tariff, AGREEMENT)
    return rows


def paid(*taps: dict[str, Any]) -> list[int]:
    """What the rider pays for each boarding."""
    return [row["fare_minor"] for row in priced(*taps)]


@pytest.mark.shared_data
def test_the_published_rows_come_out() -> None:
    if not PUBLISHED.exists():
        pytest.skip("the data folder beside the project is absent")
    cases = json.loads(PUBLISHED.read_text("utf-8"))["tests"]
    assert len(cases) == 7
    for case in cases:
        apart_min = 180 if case.get("independent_trips") else 25
        medium = case.get("medium", "mi_movilidad")
        taps = [
            ride(
                f"{case['date']} 08:00",
                leg,
                medium=medium,
                category=CATEGORIES.get(case.get("profile")),
                account=-1 if medium == "cash" else 1,
            )
            for leg in case["legs"]
        ]
        for number, tap in enumerate(taps):
            tap["tapped_at_s"] += number * apart_min * 60
        rows = priced(*taps)
        if "expected_tendered" in case:
            assert rows[0]["tendered_minor"] == case["expected_tendered"], case["id"]
        else:
            assert sum(row["fare_minor"] for row in rows) == case["expected"], case["id"]


def test_the_history_has_a_tariff_for_every_day_since_2019_and_one_only() -> None:
    for day in (date(2019, 7, 1), date(2024, 12, 31), date(2025, 1, 1), date(2026, 3, 31)):
        assert tariff_on(day).fares[0].amount_minor == 950
    assert tariff_on(date(2026, 4, 1)).fares[0].amount_minor == 1100


def test_a_transfer_is_half_price_in_both_directions() -> None:
    assert paid(ride("2026-01-05 07:00", "FEEDER"), ride("2026-01-05 07:40", "L1")) == [950, 475]
    assert paid(ride("2026-01-05 17:00", "ST"), ride("2026-01-05 17:40", "BUS")) == [950, 475]


def test_a_transfer_within_one_class_is_not_reduced() -> None:
    assert paid(ride("2026-01-05 07:00", "BUS"), ride("2026-01-05 07:30", "FEEDER")) == [950, 950]
    assert paid(ride("2026-01-05 07:00", "L1"), ride("2026-01-05 07:30", "MP-T01")) == [950, 950]


@pytest.mark.parametrize("medium", ["univiaje", "bank_card"])
def test_only_mi_movilidad_transfers(medium: str) -> None:
    legs = ride("2026-01-05 07:00", "FEEDER"), ride("2026-01-05 07:40", "L1")
    assert paid(*(leg | {"medium": medium} for leg in legs)) == [950, 950]


def test_the_window_is_closed_and_measured_from_the_first_boarding() -> None:
    first = ride("2026-01-05 07:00", "FEEDER")
    assert paid(first, ride("2026-01-05 09:00:00", "L1")) == [950, 475]
    assert paid(first, ride("2026-01-05 09:00:01", "L1")) == [950, 950]
    between = ride("2026-01-05 08:30", "L1")
    assert paid(first, between, ride("2026-01-05 09:10", "BUS")) == [950, 475, 950]


def test_a_journey_has_two_transfers_at_most() -> None:
    legs = [
        ride(f"2026-01-05 07:{minute}", leg)
        for minute, leg in (("00", "BUS"), ("20", "L1"), ("40", "BUS"), ("55", "L1"))
    ]
    assert paid(*legs) == [950, 475, 475, 950]


def test_the_transfer_after_the_rise_is_kept_and_named_as_an_open_question() -> None:
    assert paid(ride("2026-04-06 07:00", "FEEDER"), ride("2026-04-06 07:40", "L1")) == [1100, 550]
    assert any("5.50" in question for question in tariff_on(date(2026, 4, 6)).unknown)


def test_yo_jalisco_pays_two_trips_a_day() -> None:
    rider = {"category": "yo_jalisco_older"}
    legs = [ride(f"2026-04-15 {hour}:00", **rider) for hour in ("08", "12", "16")]
    assert paid(*legs) == [0, 0, 1100]
    assert [row["programme_minor"] for row in priced(*legs)] == [1100, 1100, 0]


def test_yo_jalisco_pays_a_students_four_trips_on_school_days_only() -> None:
    rider = {"category": "yo_jalisco_student"}
    for day, fares in (("2026-04-15", [0, 0, 0, 0, 500]), ("2026-04-18", [500] * 5)):
        legs = [ride(f"{day} {hour}:00", **rider) for hour in ("06", "09", "12", "15", "18")]
        assert paid(*legs) == fares


def test_yo_jalisco_50_pays_half() -> None:
    assert paid(ride("2026-04-15 08:00", category="yo_jalisco_50")) == [550]


def test_mi_pasaje_ended_after_365_trips_of_a_semester() -> None:
    rider = {"category": "mi_pasaje"}
    start_s = at_s("2024-01-02 04:00")
    legs = [
        ride("2024-01-02 08:00", **rider) | {"tapped_at_s": start_s + trip * 12 * 3600}
        for trip in range(367)
    ]
    fares = paid(*legs)
    assert legs[364]["tapped_at_s"] > at_s("2024-07-01 03:00")
    assert fares == [0] * 367
    twice_as_often = [leg | {"tapped_at_s": start_s + n * 6 * 3600} for n, leg in enumerate(legs)]
    assert paid(*twice_as_often) == [0] * 365 + [950, 950]


def test_cash_gets_no_change() -> None:
    (row,) = priced(ride("2025-10-01 08:00", medium="cash", account=-1))
    assert (row["fare_minor"], row["tendered_minor"], row["share_minor"]) == (950, 1000, 950)


def test_a_transfer_between_operators_is_split_to_the_centavo() -> None:
    rows = priced(
        ride("2026-01-05 07:00", "FEEDER"), ride("2026-01-05 07:40", "L1", operator="tisa")
    )
    assert [row["share_minor"] for row in rows] == [713, 712]


def test_every_number_that_nobody_published_is_a_parameter_that_says_so() -> None:
    for tariff in TARIFFS:
        open_ones = {parameter.code for parameter in tariff.parameters if not parameter.decided}
        assert open_ones == {"transfer_window", "transfers_per_journey"}
        assert {reference.parameter for reference in tariff.references} == open_ones
    assert {parameter.code for parameter in AGREEMENT.parameters} == {"clearing_fee"}


def test_jalisco_has_no_caps() -> None:
    assert not any(tariff.caps for tariff in TARIFFS)


@pytest.mark.parametrize(
    ("route", "agency", "code"),
    [
        ("MT_L1", "MT", "mass_transit"),
        ("ST_L4", "ST", "mass_transit"),
        ("MP-T03", "MM", "mass_transit"),
        ("MC-L1E", "MM", "mass_transit"),
        ("MP-A01", "MM", "feeder"),
        ("MP-C02", "MM", "feeder"),
        ("MC-A03", "MM", "feeder"),
        ("C98", "ME", "feeder"),
        ("T18-2-T", "BUS", "feeder"),
    ],
)
def test_mass_transit_is_trains_trunks_and_trolleybuses(route: str, agency: str, code: str) -> None:
    tap = ride("2026-01-05 07:00") | {"route": route, "agency": agency}
    from_feeder = ride("2026-01-05 06:50", "FEEDER")
    assert paid(from_feeder, tap)[1] == (475 if code == "mass_transit" else 950)
