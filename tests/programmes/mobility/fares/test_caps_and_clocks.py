"""Caps of a fictional city, the cut-over hour, and nights on which the clock changes."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.programmes.mobility.fares.oracle import price_by_hand
from tests.programmes.mobility.fares.random_tariffs import table_of
from trama.programmes.mobility.fares.documents import read_tariff
from trama.programmes.mobility.fares.pricing import price
from trama.programmes.mobility.fares.vocabulary import Tariff

CAPPED = """
[tariff]
code = "capped"
title = "A fictional city with caps"
legal_reference = "None: a test"
currency = "CLP"
timezone = "America/Santiago"
valid_from = 2025-01-01
known_since = 2025-01-01
cutover = "04:30"

[[medium]]
code = "card"
name = "Card"

[[route_class]]
code = "all"
name = "All"
otherwise = true

[[fare]]
code = "single"
amount = "800"

[[transfer]]
code = "free_change"
window = "2 h"
window_end = "closed"
measured_from = "first"
max_transfers = 3
price = "100"

[[cap]]
code = "day"
period = "day"
amount = "2000"
cutover = "04:30"

[[cap]]
code = "week"
period = "week"
amount = "3000"
cutover = "04:30"
week_start = "monday"
"""
TARIFF = read_tariff(CAPPED)


def ride(moment: str, fold: int = 0) -> dict[str, Any]:
    """A boarding of one rider at a wall-clock moment in Santiago; `fold` 1: the second time."""
    wall = datetime.fromisoformat(moment).replace(tzinfo=ZoneInfo("America/Santiago"), fold=fold)
    return {
        "account": 1,
        "tapped_at_s": int(wall.timestamp()),
        "route": "R",
        "agency": "A",
        "operator": "o",
        "medium": "card",
        "category": None,
        "direction": "on",
    }


def paid(*taps: dict[str, Any], tariff: Tariff = TARIFF) -> list[int]:
    """What the rider pays for each boarding, engine and oracle alike, at once and one by one."""
    rows = price(table_of(list(taps)), tariff).rows.to_pylist()
    assert rows == price_by_hand(list(taps), tariff)
    carry = None
    for tap, row in zip(taps, rows, strict=True):
        part = price(table_of([tap]), tariff, carry=carry)
        carry = part.carry
        assert part.rows["fare_minor"].to_pylist() == [row["fare_minor"]]
    return [row["fare_minor"] for row in rows]


def test_a_day_never_costs_more_than_its_cap() -> None:
    hours = ("06", "09", "12", "15", "18")
    assert paid(*(ride(f"2025-05-05 {hour}:00") for hour in hours)) == [800, 800, 400, 0, 0]


def test_the_night_before_the_cut_over_belongs_to_the_day_before() -> None:
    rides = [ride(f"2025-05-05 {hour}:00") for hour in ("06", "09", "12")]
    late, early = ride("2025-05-06 04:29:59"), ride("2025-05-06 04:30:00")
    assert paid(*rides, late) == [800, 800, 400, 0]
    # At the cut-over a new day of the same week begins: 1000 are left of the week.
    assert paid(*rides, early) == [800, 800, 400, 800]


def test_a_week_never_costs_more_than_its_cap() -> None:
    days = ("05", "06", "07", "08", "09", "10", "11", "12")
    fares = paid(*(ride(f"2025-05-{day} 08:00") for day in days))
    assert fares == [800, 800, 800, 600, 0, 0, 0, 800]


def test_a_journey_over_the_cut_over_of_sunday_spends_of_two_weeks() -> None:
    week = [ride(f"2025-05-{day} 08:00") for day in ("05", "06", "07")]
    sunday_night = ride("2025-05-12 03:50")
    monday = ride("2025-05-12 04:40"), ride("2025-05-12 05:40")
    fares = paid(*week, sunday_night, *monday)
    # The last 600 of the old week; the same journey goes on, and its changes open the new week.
    assert fares == [800, 800, 800, 600, 100, 100]
    rest = [ride(f"2025-05-{day} 08:00") for day in ("13", "14", "15", "16")]
    assert paid(*week, sunday_night, *monday, *rest)[-4:] == [800, 800, 800, 400]


def test_the_day_on_which_the_clock_is_set_back_has_25_hours() -> None:
    # Santiago repeated the hour from 23:00 on Saturday 5 April 2025.
    twice = [ride("2025-04-05 23:30"), ride("2025-04-05 23:30", fold=1)]
    assert twice[1]["tapped_at_s"] - twice[0]["tapped_at_s"] == 3600
    assert paid(*twice) == [800, 100]
    assert paid(ride("2025-04-05 22:31"), ride("2025-04-05 23:30", fold=1)) == [800, 100]
    assert paid(ride("2025-04-05 22:29"), ride("2025-04-05 23:30", fold=1)) == [800, 800]


def test_the_night_on_which_the_clock_is_set_forward_loses_an_hour() -> None:
    # From 23:59:59 on Saturday 6 September 2025 the clock went to 01:00.
    assert paid(ride("2025-09-06 23:00"), ride("2025-09-07 02:00")) == [800, 100]
    assert paid(ride("2025-09-06 22:59"), ride("2025-09-07 02:00")) == [800, 800]
    saturday = [ride(f"2025-09-06 {hour}:00") for hour in ("06", "09", "12")]
    assert paid(*saturday, ride("2025-09-07 04:29")) == [800, 800, 400, 0]
    assert paid(*saturday, ride("2025-09-07 04:30")) == [800, 800, 400, 800]


@pytest.mark.parametrize(
    ("cutover", "moment", "fare"),
    [("00:00", "2025-09-07 01:00", 800), ("00:30", "2025-09-07 01:00", 800)],
)
def test_a_day_whose_first_hour_is_skipped_begins_when_the_clock_goes_on(
    cutover: str, moment: str, fare: int
) -> None:
    tariff = read_tariff(CAPPED.replace("04:30", cutover))
    saturday = [ride(f"2025-09-06 {hour}:00") for hour in ("06", "09", "12", "15")]
    assert paid(*saturday, ride(moment), tariff=tariff) == [800, 800, 400, 0, fare]


def test_a_week_may_begin_on_any_day() -> None:
    tariff = read_tariff(CAPPED.replace('week_start = "monday"', 'week_start = "wednesday"'))
    days = ("05", "06", "07", "08", "09", "10", "11", "12")
    fares = paid(*(ride(f"2025-05-{day} 08:00") for day in days), tariff=tariff)
    assert fares == [800, 800, 800, 800, 800, 600, 0, 0]
