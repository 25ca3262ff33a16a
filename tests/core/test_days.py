"""A service day begins at its cut-over, also when the clocks change."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trama.core.days import parse_instant, service_date, service_day_bounds, utc_text
from trama.core.identifiers import identifier_of

MEXICO = "America/Mexico_City"


def test_a_tap_at_two_in_the_morning_belongs_to_yesterday() -> None:
    two_in_the_morning = parse_instant("2026-04-16T02:00:00-06:00")
    assert service_date(two_in_the_morning, MEXICO, 3 * 3600) == date(2026, 4, 15)
    assert service_date(two_in_the_morning, MEXICO, 0) == date(2026, 4, 16)


def test_a_day_is_23_hours_long_when_clocks_go_forward() -> None:
    first, after = service_day_bounds(date(2026, 9, 5), "America/Santiago", 0)
    assert after - first == 23 * 3600 or after - first == 24 * 3600
    lengths = {
        after - first
        for d in range(1, 12)
        for first, after in [service_day_bounds(date(2026, 9, d), "America/Santiago", 3 * 3600)]
    }
    assert lengths == {23 * 3600, 24 * 3600}


@given(
    instant_s=st.integers(1_500_000_000, 1_900_000_000),
    zone=st.sampled_from([MEXICO, "America/Santiago", "America/Sao_Paulo"]),
    cutover_s=st.sampled_from([0, 3 * 3600, 4 * 3600 + 1800]),
)
def test_bounds_hold_their_instants(instant_s: int, zone: str, cutover_s: int) -> None:
    day = service_date(instant_s, zone, cutover_s)
    first, after = service_day_bounds(day, zone, cutover_s)
    assert first <= instant_s < after


def test_an_instant_needs_its_offset() -> None:
    assert utc_text(parse_instant("2026-04-15T06:00:00-06:00")) == "2026-04-15T12:00:00Z"
    with pytest.raises(ValueError, match="no offset"):
        parse_instant("2026-04-15T06:00:00")


def test_identifiers_are_stable() -> None:
    assert identifier_of("a") == identifier_of("a") != identifier_of("b")
    assert 0 < identifier_of("") < 2**128 - 1
