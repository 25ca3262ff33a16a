"""Who collected what that whom earned, compared with a slow walk over every centavo."""

import json
from collections import Counter

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trama.core.money import split_exactly
from trama.programmes.mobility.clearing import (
    DayTotals,
    charges_of,
    totals_of,
    with_collectors,
)

COLLECTORS = {"card": "issuer", "cash": "operator", "bank": "authority"}
PROGRAMMES = ("free", "half")
PAYERS = {"free": "state", "half": "council"}
OPERATORS = ("bea", "tisa", "eb")
Leg = dict[str, object]


def table(legs: list[Leg]) -> pa.Table:
    names = [
        *("account", "token", "medium", "operator", "issuer", "journey", "leg", "single_minor"),
        *("fare_minor", "programme_minor", "programme", "tendered_minor", "share_minor"),
        "direction",
    ]
    texts = {"token", "medium", "operator", "issuer", "direction"}
    return pa.table(
        {
            name: pa.array(
                [leg[name] for leg in legs], pa.string() if name in texts else pa.int64()
            )
            for name in names
        }
    )


@st.composite
def days(draw: st.DrawFn) -> list[Leg]:
    legs: list[Leg] = []
    for journey in range(draw(st.integers(0, 8))):
        medium = draw(st.sampled_from(["card", "cash", "bank"]))
        account = -1 if medium == "cash" else draw(st.integers(0, 3))
        count = 1 if medium == "cash" else draw(st.integers(1, 3))
        prices = [
            (draw(st.integers(0, 1100)), draw(st.integers(0, 1100)) * p, p)
            for p in (draw(st.sampled_from([0, 1, 2])) if account >= 0 else 0 for _ in range(count))
        ]
        prices = [(fare, paid if p != 2 else paid // 2, p) for fare, paid, p in prices]
        shares = split_exactly(sum(f + g for f, g, _ in prices), [1] * count)
        for leg, ((fare, paid, programme), share) in enumerate(zip(prices, shares, strict=True)):
            legs.append(
                {
                    "account": account,
                    "token": f"T{account}" if account >= 0 else None,
                    "medium": medium,
                    "operator": draw(st.sampled_from(OPERATORS)),
                    "issuer": ["bea", "tisa", None, "eb"][account] if account >= 0 else None,
                    "journey": journey,
                    "leg": leg,
                    "single_minor": 1100,
                    "fare_minor": fare,
                    "programme_minor": paid if programme else 0,
                    "programme": programme,
                    "tendered_minor": fare + 50 if medium == "cash" else fare,
                    "share_minor": share,
                    "direction": "on",
                }
            )
            if not programme:
                assert paid == 0
    return legs


def collector_of(leg: Leg) -> object:
    by = COLLECTORS[str(leg["medium"])]
    return {"issuer": leg["issuer"] or leg["operator"], "operator": leg["operator"]}.get(by, by)


def centavo_by_centavo(legs: list[Leg]) -> Counter[tuple[object, object]]:
    cells: Counter[tuple[object, object]] = Counter()
    for journey in {leg["journey"] for leg in legs}:
        mine = [leg for leg in legs if leg["journey"] == journey]
        givers: list[object] = []
        getters: list[object] = []
        for leg in mine:
            givers += [collector_of(leg)] * int(str(leg["fare_minor"]))
            if leg["programme"]:
                payer = PAYERS[PROGRAMMES[int(str(leg["programme"])) - 1]]
                givers += [payer] * int(str(leg["programme_minor"]))
            getters += [leg["operator"]] * int(str(leg["share_minor"]))
        cells.update(zip(givers, getters, strict=True))
    return cells


@given(legs=days())
def test_the_matrix_is_what_a_walk_over_every_centavo_finds(legs: list[Leg]) -> None:
    rows = with_collectors(table(legs), COLLECTORS)
    totals = totals_of(rows, PROGRAMMES, PAYERS)
    assert totals.cells == centavo_by_centavo(legs)
    assert totals.earned.total() == totals.cells.total()
    assert totals.boardings.total() == totals.taps == len(legs)
    assert totals.journeys + totals.transfers == len(legs)


@given(legs=days())
def test_accounts_are_charged_once_for_all_their_legs(legs: list[Leg]) -> None:
    charges = charges_of(with_collectors(table(legs), COLLECTORS)).to_pylist()
    expected: Counter[tuple[object, object]] = Counter()
    for leg in legs:
        if leg["token"]:
            expected[(leg["token"], collector_of(leg))] += int(str(leg["fare_minor"]))
    found = Counter({(c["token"], c["collector"]): c["fare_minor"] for c in charges})
    assert found == +expected
    assert len(charges) == len(found)


@given(legs=days(), cut=st.integers(0, 24))
def test_totals_of_parts_add_up_and_subtract(legs: list[Leg], cut: int) -> None:
    journeys = [[leg for leg in legs if leg["journey"] == j] for j in range(8)]
    parts = (
        [leg for j in journeys[: cut % 9] for leg in j],
        [leg for j in journeys[cut % 9 :] for leg in j],
    )

    def total(some: list[Leg]) -> DayTotals:
        return totals_of(with_collectors(table(some), COLLECTORS), PROGRAMMES, PAYERS)

    assert total(parts[0]) + total(parts[1]) == total(legs)
    assert total(legs) - total(parts[0]) == total(parts[1])
    assert DayTotals.from_json(json.loads(json.dumps(total(legs).as_json()))) == total(legs)


def test_shares_that_do_not_sum_to_the_fares_are_an_error() -> None:
    legs = [
        {
            "account": -1, "token": None, "medium": "cash", "operator": "bea", "issuer": None,
            "journey": 0, "leg": 0, "single_minor": 950, "fare_minor": 950, "programme_minor": 0,
            "programme": 0, "tendered_minor": 1000, "share_minor": 949, "direction": "on",
        }
    ]  # fmt: skip
    with pytest.raises(ValueError, match="differ"):
        totals_of(with_collectors(table(legs), COLLECTORS), PROGRAMMES, PAYERS)


def test_coins_above_the_fare_are_counted_apart() -> None:
    legs = [
        {
            "account": -1, "token": None, "medium": "cash", "operator": "bea", "issuer": None,
            "journey": 0, "leg": 0, "single_minor": 950, "fare_minor": 950, "programme_minor": 0,
            "programme": 0, "tendered_minor": 1000, "share_minor": 950, "direction": "on",
        }
    ]  # fmt: skip
    totals = totals_of(with_collectors(table(legs), COLLECTORS), PROGRAMMES, PAYERS)
    assert (totals.cash, totals.excess) == (Counter(bea=950), Counter(bea=50))
