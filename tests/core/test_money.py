"""Money is exact."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trama.core.money import Money, decimal_text, split_exactly


@given(
    total=st.integers(-(10**15), 10**15),
    weights=st.lists(st.integers(0, 10**6), min_size=1, max_size=12).filter(any),
)
def test_a_split_sums_exactly_and_is_never_off_by_one_unit(total: int, weights: list[int]) -> None:
    parts = split_exactly(total, weights)
    assert sum(parts) == total
    for part, weight in zip(parts, weights, strict=True):
        assert abs(part * sum(weights) - total * weight) < sum(weights)


def test_ties_go_to_the_earliest() -> None:
    assert split_exactly(10, [1, 1, 1]) == [4, 3, 3]
    assert split_exactly(-10, [1, 1, 1]) == [-4, -3, -3]


@pytest.mark.parametrize("weights", [[0, 0], [1, -1], []])
def test_weights_that_mean_nothing_are_refused(weights: list[int]) -> None:
    with pytest.raises(ValueError, match="weights"):
        split_exactly(5, weights)


@pytest.mark.parametrize(
    ("minor", "currency", "text"),
    [(1425, "MXN", "14.25"), (-5, "MXN", "-0.05"), (700, "CLP", "700"), (0, "BRL", "0.00")],
)
def test_decimal_text(minor: int, currency: str, text: str) -> None:
    assert decimal_text(minor, currency) == text


def test_currencies_do_not_mix() -> None:
    assert Money(1, "MXN") + Money(2, "MXN") == Money(3, "MXN")
    assert str(Money(950, "MXN")) == "9.50 MXN"
    with pytest.raises(ValueError, match="cannot add"):
        Money(1, "MXN") + Money(1, "BRL")
