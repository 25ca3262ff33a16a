"""Every leg is explained by one sentence that is true."""

import re
from datetime import datetime, timedelta
from string import Formatter
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.utils import translation
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.programmes.mobility.fares.oracle import price_by_hand
from tests.programmes.mobility.fares.random_tariffs import table_of, taps, tariffs
from trama.core.money import Money
from trama.programmes.mobility.fares import explanations
from trama.programmes.mobility.fares.documents import read_tariff
from trama.programmes.mobility.fares.explanations import Explanation, explain
from trama.programmes.mobility.fares.pricing import price
from trama.programmes.mobility.fares.vocabulary import Tariff
from trama.programmes.mobility.queries.explanations import sentence_of

DOCUMENT = """
[tariff]
code = "explained"
title = "A fictional city"
legal_reference = "None: a test"
currency = "MXN"
timezone = "America/Mexico_City"
valid_from = 2025-01-01
known_since = 2025-01-01

[[parameter]]
code = "window"
value = 90
unit = "min"
decided = false
note = "Not published."

[[medium]]
code = "card"
name = "Card"

[[medium]]
code = "cash"
name = "Cash"
electronic = false

[[route_class]]
code = "rail"
name = "Rail"
routes = ["R*"]

[[route_class]]
code = "bus"
name = "Bus"
otherwise = true

[[fare]]
code = "general"
amount = "9.50"

[[category]]
code = "student"
name = "Student"
price = "5.00"

[[category]]
code = "older"
name = "Older"

[[category]]
code = "pupil"
name = "Pupil"

[[transfer]]
code = "bus_to_rail"
from = ["bus"]
to = ["rail"]
window = { parameter = "window" }
window_end = "closed"
measured_from = "first"
max_transfers = 1
discount = "50 %"

[[transfer]]
code = "rail_to_bus"
from = ["rail"]
to = ["bus"]
window = "30 min"
window_end = "closed"
measured_from = "previous"
max_transfers = 2
price = "0.00"

[[programme]]
code = "free"
name = "Free rides"
payer = "state"
categories = ["older"]
pays = "100 %"
per_day = 2
per_year = 730

[[programme]]
code = "school"
name = "To school"
payer = "state"
categories = ["pupil"]
pays = "50 %"
school_days_only = true

[[cap]]
code = "day"
period = "day"
amount = "20.00"
categories = ["student"]

[[cap]]
code = "week"
period = "week"
amount = "22.00"
categories = ["student"]

[[cash]]
medium = "cash"
gives_change = false
tender_multiple = "1.00"

[school_calendar]
terms = [[2025-01-06, 2025-06-30]]
"""
TARIFF = read_tariff(DOCUMENT)
MONDAY, SATURDAY = "2025-05-05", "2025-05-10"


def ride(moment: str, route: str = "B1", category: str | None = None, **changes: Any) -> Any:
    wall = datetime.fromisoformat(moment).replace(tzinfo=ZoneInfo("America/Mexico_City"))
    tap = {
        "account": 1,
        "tapped_at_s": int(wall.timestamp()),
        "route": route,
        "agency": "A",
        "operator": "o",
        "medium": "card",
        "category": category,
        "direction": "on",
    }
    return tap | changes


def told(*rides: Any, tariff: Tariff = TARIFF) -> list[str]:
    """The sentence of each leg, in English."""
    rows = price_by_hand(list(rides), tariff)
    legs = [tap | row for tap, row in zip(rides, rows, strict=True)]
    with translation.override("en"):
        return [sentence_of(found).replace("\u00a0", " ") for found in explain(tariff, legs)]


def test_a_single_fare() -> None:
    assert told(ride(f"{MONDAY} 08:00")) == ["The fare on B1 is $9.50."]


def test_a_change_says_from_where_how_long_ago_and_what_is_not_decided() -> None:
    _, change = told(ride(f"{MONDAY} 08:00"), ride(f"{MONDAY} 08:31", "R1"))
    assert change == (
        "The fare on R1 is $9.50; you changed from B1, 31 min after the first boarding of the"
        " journey and within the 1 h 30 min allowed, so 50 % comes off; the city has not published"
        " how long a change may take: 1 h 30 min is assumed; you pay $4.75."
    )


def test_a_free_change_measured_from_the_previous_boarding() -> None:
    _, change = told(ride(f"{MONDAY} 08:00", "R1"), ride(f"{MONDAY} 08:30"))
    assert change == (
        "The fare on B1 is $9.50; you changed from R1, 30 min after boarding it and within the"
        " 30 min allowed, so it is free; you pay nothing."
    )


def test_a_change_that_came_too_late_says_so() -> None:
    _, late = told(ride(f"{MONDAY} 08:00", "R1"), ride(f"{MONDAY} 08:30:01"))
    assert late == (
        "The fare on B1 is $9.50; 30 min 1 s had passed since you boarded R1 and only 30 min are"
        " allowed for a change, so a new journey begins; you pay $9.50."
    )


def test_a_boarding_hours_later_is_just_a_boarding() -> None:
    assert told(ride(f"{MONDAY} 08:00", "R1"), ride(f"{MONDAY} 18:00"))[1] == (
        "The fare on B1 is $9.50."
    )


def test_a_programme_says_what_it_paid_and_how_many_trips_are_left() -> None:
    rides = [ride(f"{MONDAY} {hour}:00", category="older") for hour in ("08", "12", "16")]
    assert told(*rides) == [
        "The fare on B1 is $9.50; Free rides paid it all; you pay nothing; trips it still pays"
        " today: 1; trips it still pays this year: 729.",
        "The fare on B1 is $9.50; Free rides paid it all; you pay nothing; trips it still pays"
        " today: 0; trips it still pays this year: 728.",
        "The fare on B1 is $9.50; Free rides had already paid its limit of trips for the day: 2;"
        " you pay $9.50.",
    ]


def test_a_programme_for_school_days_pays_a_part() -> None:
    school, free_day = told(
        ride(f"{MONDAY} 08:00", category="pupil"), ride(f"{SATURDAY} 08:00", category="pupil")
    )
    assert school == (
        "The fare on B1 is $9.50; To school paid $4.75 of it, which is 50 %; you pay $4.75."
    )
    assert free_day == (
        "The fare on B1 is $9.50; To school pays on school days only; you pay $9.50."
    )


def test_a_cap_says_how_far_it_is_and_when_it_is_reached() -> None:
    hours = ("06", "09", "12", "15", "18")
    rides = [ride(f"{MONDAY} {hour}:00", category="student") for hour in hours]
    next_day = [ride(f"2025-05-06 {hour}:00", category="student") for hour in ("06", "09")]
    sentences = told(*rides, *next_day)
    start = "The fare on B1 is $9.50; with the category Student it is $5.00; "
    assert [sentence.removeprefix(start) for sentence in sentences] == [
        "you pay $5.00; $15.00 are left to the daily cap of $20.00.",
        "you pay $5.00; $10.00 are left to the daily cap of $20.00.",
        "you pay $5.00; $5.00 are left to the daily cap of $20.00.",
        "you pay $5.00; the daily cap of $20.00 is reached.",
        "the daily cap of $20.00 is reached; you pay nothing.",
        "the weekly cap of $22.00 lowers it to $2.00; you pay $2.00.",
        "the weekly cap of $22.00 is reached; you pay nothing.",
    ]


def test_cash_without_change_says_what_went_into_the_machine() -> None:
    assert told(ride(f"{MONDAY} 08:00", medium="cash", account=-1)) == [
        "The fare on B1 is $9.50; $10.00 went into the machine, which gives no change."
    ]


def test_getting_off_costs_nothing() -> None:
    assert told(ride(f"{MONDAY} 08:00", direction="off")) == [
        "You got off here: only boardings are paid."
    ]


def amount_paid(explanation: Explanation) -> int:
    """What a sentence says the rider pays, in minor units."""
    for clause in explanation.clauses:
        if clause.message == explanations.PAYS_NOTHING:
            return 0
        if clause.message == explanations.PAYS:
            amount = clause.params["amount"]
            break
    else:
        amount = explanation.clauses[0].params["amount"]
    assert isinstance(amount, Money)
    return amount.minor


def without_route(explanation: Explanation) -> list[tuple[str, dict[str, object]]]:
    """The clauses, but for the route: only its class is carried when no rule compares routes."""
    return [(c.message, {**c.params, "route": None}) for c in explanation.clauses]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(taps(), tariffs(), st.integers(0, 24))
def test_explained_in_parts_or_at_once_a_sentence_is_true(
    rows: list[dict[str, Any]], tariff: Tariff, cut: int
) -> None:
    rows = sorted((tap for tap in rows if tap["account"] == 7), key=lambda tap: tap["tapped_at_s"])
    priced = price(table_of(rows), tariff).rows.to_pylist()
    legs = [tap | row for tap, row in zip(rows, priced, strict=True)]
    found = explain(tariff, legs)
    for leg, explanation in zip(legs, found, strict=True):
        if leg["direction"] != "off":
            assert amount_paid(explanation) == leg["fare_minor"]
        for clause in explanation.clauses:
            assert all(
                value >= 0 if isinstance(value, int) else True for value in clause.params.values()
            )
            for value in clause.params.values():
                assert not isinstance(value, timedelta) or value >= timedelta(0)
                assert not isinstance(value, Money) or value.minor >= 0
        sentence_of(explanation)
    carried = price(table_of(rows[:cut]), tariff).carry.to_pylist() if rows[:cut] else []
    later = explain(tariff, legs[cut:], carried=carried[0] if carried else None)
    assert [without_route(e) for e in later] == [without_route(e) for e in found[cut:]]


def test_a_carried_account_remembers_its_trips_and_its_journey() -> None:
    before = [ride(f"{MONDAY} 08:00", category="older")]
    after = [ride(f"{MONDAY} 08:20", "R1", category="older")]
    first = price(table_of(before), TARIFF)
    second = price(table_of(after), TARIFF, carry=first.carry)
    (leg,) = [tap | row for tap, row in zip(after, second.rows.to_pylist(), strict=True)]
    (found,) = explain(TARIFF, [leg], carried=first.carry.to_pylist()[0])
    with translation.override("en"):
        sentence = sentence_of(found).replace("\u00a0", " ")
    assert "you changed from Bus, 20 min after" in sentence
    assert "trips it still pays today: 0" in sentence


def templates() -> list[str]:
    """Every template of the module."""
    found = []
    for value in vars(explanations).values():
        for text in value.values() if isinstance(value, dict) else [value]:
            if isinstance(text, str) and re.fullmatch(r"[a-z{].* .*", text):
                found.append(text)
    return found


@pytest.mark.parametrize("template", templates())
def test_templates_are_clauses_that_can_be_joined(template: str) -> None:
    assert not template.endswith((".", ";", ","))
    assert all(name is None or name.isidentifier() for _, name, _, _ in Formatter().parse(template))
