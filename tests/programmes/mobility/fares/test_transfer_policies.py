"""Transfer policies that cities have, one by one, by the engine and by the oracle."""

from datetime import UTC, datetime
from typing import Any

import pytest

from tests.programmes.mobility.fares.oracle import price_by_hand
from tests.programmes.mobility.fares.random_tariffs import table_of
from trama.programmes.mobility.fares.documents import read_tariff
from trama.programmes.mobility.fares.pricing import price

HEAD = """
[tariff]
code = "policy"
title = "A policy"
legal_reference = "None: a test"
currency = "MXN"
timezone = "UTC"
valid_from = 2025-01-01
known_since = 2025-01-01
[[medium]]
code = "card"
name = "Card"
[[medium]]
code = "phone"
name = "Phone"
[[route_class]]
code = "metro"
name = "Metro"
routes = ["M*"]
[[route_class]]
code = "bus"
name = "Bus"
otherwise = true
[[category]]
code = "student"
name = "Student"
discount = "50 %"
[[fare]]
code = "bus"
amount = "10.00"
[[fare]]
code = "metro"
amount = "15.00"
route_classes = ["metro"]
priority = 1
"""
RULE = """
[[transfer]]
code = "rule"
window = "60 min"
window_end = "closed"
measured_from = "first"
max_transfers = 9
"""
START_S = int(datetime(2025, 5, 5, 8, tzinfo=UTC).timestamp())


def paid(rules: str, *legs: tuple[int, str], **rider: Any) -> list[int]:
    """What a rider pays for boardings (minutes after eight, route)."""
    taps = [
        {
            "account": 1,
            "tapped_at_s": START_S + minutes * 60,
            "route": route,
            "agency": "A",
            "operator": "o",
            "medium": "card",
            "category": None,
            "direction": "on",
            **rider,
        }
        for minutes, route in legs
    ]
    tariff = read_tariff(HEAD + rules)
    rows = price(table_of(taps), tariff).rows.to_pylist()
    assert rows == price_by_hand(taps, tariff)
    return [row["fare_minor"] for row in rows]


def test_a_free_transfer_for_an_hour_from_the_first_boarding() -> None:
    rules = RULE + 'price = "0.00"'
    assert paid(rules, (0, "B1"), (30, "B2"), (60, "B3"), (61, "B4")) == [1000, 0, 0, 1000]


def test_each_boarding_prolongs_a_window_measured_from_the_previous_one() -> None:
    rules = RULE.replace("first", "previous") + 'price = "0.00"'
    legs = (0, "B1"), (50, "B2"), (100, "B3"), (160, "B4"), (221, "B5")
    assert paid(rules, *legs) == [1000, 0, 0, 0, 1000]


def test_a_strict_window_ends_a_second_before() -> None:
    rules = RULE.replace("closed", "strict") + 'price = "0.00"'
    assert paid(rules, (0, "B1"), (59, "B2"), (60, "B3")) == [1000, 0, 1000]


def test_a_surcharge_to_the_metro_is_never_more_than_its_fare() -> None:
    assert paid(RULE + 'price = "5.00"', (0, "B1"), (20, "M1")) == [1000, 500]
    assert paid(RULE + 'price = "20.00"', (0, "B1"), (20, "M1")) == [1000, 1500]


def test_no_transfer_back_to_the_same_route() -> None:
    rules = RULE + 'price = "0.00"\nsame_route = false'
    assert paid(rules, (0, "B1"), (20, "B1"), (30, "B2")) == [1000, 1000, 0]


def test_a_transfer_discount_comes_after_the_concession() -> None:
    assert paid(RULE + 'discount = "50 %"', (0, "B1"), (20, "M1"), category="student") == [500, 375]


def test_the_higher_priority_wins_while_its_window_lasts() -> None:
    rules = (
        RULE + 'discount = "50 %"' + RULE.replace('"rule"', '"short"').replace("60 min", "15 min")
    )
    rules += 'price = "0.00"\npriority = 1'
    assert paid(rules, (0, "B1"), (15, "B2"), (16, "B3")) == [1000, 0, 500]


@pytest.mark.parametrize(("medium", "fare"), [("card", 0), ("phone", 1000)])
def test_a_transfer_for_one_medium_only(medium: str, fare: int) -> None:
    rules = RULE + 'price = "0.00"\nmedia = ["card"]'
    assert paid(rules, (0, "B1"), (20, "B2"), medium=medium)[1] == fare


def test_getting_off_does_not_end_a_journey() -> None:
    tariff = read_tariff(HEAD + RULE + 'price = "0.00"')
    tap = {
        "account": 1,
        "route": "B1",
        "agency": "A",
        "operator": "o",
        "medium": "card",
        "category": None,
    }
    taps = [
        tap | {"tapped_at_s": START_S + minutes * 60, "direction": direction}
        for minutes, direction in ((0, "on"), (25, "off"), (30, "unknown"))
    ]
    rows = price(table_of(taps), tariff).rows.to_pylist()
    assert rows == price_by_hand(taps, tariff)
    assert [row["fare_minor"] for row in rows] == [1000, 0, 0]
    assert [row["journey"] for row in rows] == [0, 0, 0]
