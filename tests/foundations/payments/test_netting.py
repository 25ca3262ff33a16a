"""Netting is zero-sum, exact and short, whatever the matrix."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trama.foundations.payments.netting import fee_of, payments, positions

CODES = st.sampled_from(["bea", "tisa", "eb", "setim", "jalisco"])
MATRICES = st.dictionaries(st.tuples(CODES, CODES), st.integers(-(10**12), 10**12))


def test_an_operator_that_collected_for_another_pays_it() -> None:
    by_code = {
        p.organisation: p for p in positions({("bea", "tisa"): 500, ("bea", "bea"): 300}, {})
    }
    assert by_code["bea"].net_minor == -500
    assert by_code["tisa"].net_minor == 500
    assert payments({code: p.net_minor for code, p in by_code.items()}) == [("bea", "tisa", 500)]


def test_a_fee_moves_from_the_operator_to_who_clears() -> None:
    by_code = {
        p.organisation: p for p in positions({("bea", "bea"): 1000}, {("bea", "jalisco"): 15})
    }
    assert (by_code["bea"].net_minor, by_code["jalisco"].net_minor) == (-15, 15)


@given(cells=MATRICES, fees=MATRICES)
def test_nets_sum_to_zero(
    cells: dict[tuple[str, str], int], fees: dict[tuple[str, str], int]
) -> None:
    assert sum(p.net_minor for p in positions(cells, fees)) == 0


@given(cells=MATRICES, fees=MATRICES)
def test_payments_settle_every_net_with_at_most_one_less_than_organisations(
    cells: dict[tuple[str, str], int], fees: dict[tuple[str, str], int]
) -> None:
    nets = {p.organisation: p.net_minor for p in positions(cells, fees)}
    left = dict(nets)
    made = payments(nets)
    for debtor, creditor, amount in made:
        assert amount > 0
        left[debtor] += amount
        left[creditor] -= amount
    assert set(left.values()) <= {0}
    assert len(made) <= max(0, len(nets) - 1)


def test_nets_that_do_not_sum_to_zero_are_refused() -> None:
    with pytest.raises(ValueError, match="sum to zero"):
        payments({"bea": 1})


@pytest.mark.parametrize(
    ("earned", "bps", "fee"),
    [(1000, 150, 15), (1001, 50, 5), (30, 500, 2), (-30, 500, -2), (0, 150, 0)],
)
def test_fees_round_half_up_and_mirror(earned: int, bps: int, fee: int) -> None:
    assert fee_of(earned, bps) == fee
