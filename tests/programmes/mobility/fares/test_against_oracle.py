"""The compiled engine and the oracle give the same integers, whatever the tariff."""

from collections import defaultdict
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.programmes.mobility.fares.oracle import (
    COLUMNS,
    cap_matches,
    class_of,
    period_of,
    price_by_hand,
    service_date,
)
from tests.programmes.mobility.fares.random_tariffs import agreements, table_of, taps, tariffs
from trama.programmes.mobility.fares.pricing import price
from trama.programmes.mobility.fares.vocabulary import Agreement, Tariff

Rows = list[dict[str, Any]]
quick = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
wide = settings(quick, max_examples=80)
long = settings(quick, max_examples=1000)


def priced(rows: Rows, tariff: Tariff, agreement: Agreement | None = None, **given_: Any) -> Rows:
    """What the engine says, as rows."""
    return price(table_of(rows), tariff, agreement=agreement, **given_).rows.to_pylist()


def assert_same(rows: Rows, tariff: Tariff, agreement: Agreement | None) -> None:
    found = priced(rows, tariff, agreement)
    expected = price_by_hand(rows, tariff, agreement)
    for tap, ours, theirs in zip(rows, found, expected, strict=True):
        assert {name: ours[name] for name in COLUMNS} == theirs, tap


@wide
@given(taps(), tariffs(), agreements())
def test_every_column_is_what_the_published_rules_say(
    rows: Rows, tariff: Tariff, agreement: Agreement
) -> None:
    assert_same(rows, tariff, agreement)


@pytest.mark.slow
@long
@given(taps(most=60), tariffs(), st.none() | agreements())
def test_every_column_is_what_the_published_rules_say_at_length(
    rows: Rows, tariff: Tariff, agreement: Agreement | None
) -> None:
    assert_same(rows, tariff, agreement)


@quick
@given(taps(), tariffs(), agreements())
def test_nobody_pays_less_than_nothing_or_more_than_the_single_fare(
    rows: Rows, tariff: Tariff, agreement: Agreement
) -> None:
    for row in priced(rows, tariff, agreement):
        assert row["fare_minor"] >= 0
        assert row["programme_minor"] >= 0
        assert row["share_minor"] >= 0
        assert row["fare_minor"] + row["programme_minor"] <= row["single_minor"]
        assert row["tendered_minor"] >= row["fare_minor"]


@quick
@given(taps(), tariffs())
def test_no_rider_pays_more_than_a_cap_in_its_period(rows: Rows, tariff: Tariff) -> None:
    spent: dict[Any, int] = defaultdict(int)
    for tap, row in zip(rows, priced(rows, tariff), strict=True):
        route_class = class_of(tariff, tap["route"], tap["agency"])
        for cap in tariff.caps:
            if tap["account"] >= 0 and cap_matches(cap, tap, route_class):
                period = period_of(cap, tap["tapped_at_s"], tariff.timezone)
                spent[cap, tap["account"], period] += row["fare_minor"]
    assert all(paid <= cap.amount_minor for (cap, _, _), paid in spent.items())


@quick
@given(taps(), tariffs(), agreements())
def test_operators_share_exactly_what_riders_and_programmes_paid(
    rows: Rows, tariff: Tariff, agreement: Agreement
) -> None:
    left: dict[Any, int] = defaultdict(int)
    for tap, row in zip(rows, priced(rows, tariff, agreement), strict=True):
        day = service_date(tap["tapped_at_s"], tariff.timezone, tariff.cutover_s)
        left[row["journey"], day] += row["fare_minor"] + row["programme_minor"] - row["share_minor"]
    assert set(left.values()) == {0}


@quick
@given(taps(), tariffs(), agreements(), st.randoms(use_true_random=False))
def test_the_order_of_arrival_does_not_matter(
    rows: Rows, tariff: Tariff, agreement: Agreement, random: Any
) -> None:
    for later, tap in enumerate(sorted(rows, key=lambda tap: tap["tapped_at_s"])):
        # Distinct instants: among equal ones the order of arrival is what decides.
        tap["tapped_at_s"] += later
    shuffled = list(range(len(rows)))
    random.shuffle(shuffled)
    found = priced(rows, tariff, agreement)
    again = priced([rows[place] for place in shuffled], tariff, agreement)
    strangers = {place for place, tap in enumerate(rows) if tap["account"] == -1}
    for place, row in zip(shuffled, again, strict=True):
        hidden = {"journey"} if place in strangers else set()
        for name in set(COLUMNS) - hidden:
            assert row[name] == found[place][name]


@quick
@given(taps(), tariffs(), agreements(), st.booleans())
def test_a_day_after_a_day_costs_what_all_the_days_cost_at_once(
    rows: Rows, tariff: Tariff, agreement: Agreement, threads: bool
) -> None:
    whole = priced(rows, tariff, agreement)
    days = defaultdict(list)
    for place, tap in enumerate(rows):
        days[service_date(tap["tapped_at_s"], tariff.timezone, tariff.cutover_s)].append(place)
    carry: pa.Table | None = None
    for day in sorted(days):
        taken = [rows[place] for place in days[day]]
        part = price(table_of(taken), tariff, agreement=agreement, carry=carry, threads=1 + threads)
        carry = part.carry
        for place, row in zip(days[day], part.rows.to_pylist(), strict=True):
            hidden = {"journey"} | ({"leg"} if rows[place]["direction"] == "off" else set())
            for name in set(COLUMNS) - hidden:
                assert row[name] == whole[place][name], (day, name, rows[place])
