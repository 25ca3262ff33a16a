"""What a table of taps must be, what comes out of it, and what is refused by name."""

from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from trama.core.refusals import Refused
from trama.programmes.mobility.fares.pricing import price
from trama.programmes.mobility.fares.rows import ROW_SCHEMA
from trama.programmes.mobility.fares.rules import ruled
from trama.programmes.mobility.fares.vocabulary import (
    Agreement,
    Cap,
    CashRule,
    Category,
    FareRule,
    Measured,
    Medium,
    Period,
    Programme,
    RouteClass,
    Split,
    SplitRule,
    Tariff,
    TransferRule,
    Window,
)

MORNING = 1_776_258_000  # 2026-04-15 07:00 in Mexico City
HOUR, DAY = 3600, 86_400

TARIFF = Tariff(
    code="city",
    title="City",
    legal_reference="none",
    currency="MXN",
    timezone="America/Mexico_City",
    valid_from=date(2026, 4, 1),
    valid_to=None,
    known_since=date(2026, 3, 1),
    cutover_s=3 * HOUR,
    media=(Medium("card", "Card"), Medium("cash", "Cash", electronic=False)),
    route_classes=(
        RouteClass("mass", "Mass transit", routes=("L1", "MP-T*")),
        RouteClass("feeder", "Feeder", agencies=("A",)),
    ),
    fares=(FareRule("flat", 1100), FareRule("express", 1500, operators=("X",), priority=1)),
    categories=(Category("student", "Student", price_minor=500, media=("card",)),),
    transfers=(
        TransferRule(
            "feeder-to-mass",
            90 * 60,
            Measured.FIRST,
            Window.CLOSED,
            1,
            from_classes=("feeder",),
            to_classes=("mass",),
            media=("card",),
            discount_bps=5000,
        ),
    ),
    programmes=(Programme("older", "Older", "state", ("older",), 10_000, per_day=2),),
    caps=(Cap("day", Period.DAY, 3000, 3 * HOUR), Cap("week", Period.WEEK, 9000, 3 * HOUR)),
    cash=(CashRule("cash", gives_change=False, tender_multiple_minor=500),),
)
AGREEMENT = Agreement(
    code="split",
    title="Split",
    legal_reference="none",
    valid_from=date(2026, 1, 1),
    valid_to=None,
    known_since=date(2026, 1, 1),
    splits=(Split("shares", SplitRule.BY_FIXED_SHARE, shares=(("O", 2), ("P", 1))),),
    collectors=(),
)


def tap(at_s: int = MORNING, account: int = 1, **given: Any) -> dict[str, Any]:
    said = {"route": "R1", "agency": "A", "operator": "O", "medium": "card", "category": None}
    return {"account": account, "tapped_at_s": at_s, **said, "direction": "on", **given}


def table(*taps: dict[str, Any]) -> pa.Table:
    texts = [name for name in tap() if name not in ("account", "tapped_at_s")]
    fields = [("account", pa.int64()), ("tapped_at_s", pa.int64())]
    return pa.Table.from_pylist(list(taps), pa.schema(fields + [(t, pa.string()) for t in texts]))


def rows(*taps: dict[str, Any], **given: Any) -> list[dict[str, Any]]:
    return price(table(*taps), given.pop("tariff", TARIFF), **given).rows.to_pylist()


def crowd(riders: int, seed: int = 7) -> pa.Table:
    """Taps of many riders over two weeks in no order, a fifth of them without an account."""
    chance = np.random.default_rng(seed)
    size = riders * 5
    return pa.table(
        {
            "account": chance.integers(-riders // 4, riders, size).clip(-1),
            "tapped_at_s": MORNING + chance.integers(0, 14 * 48, size) * 1800,
            "route": chance.choice(["R1", "R2", "L1", "MP-T09"], size),
            "agency": np.full(size, "A"),
            "operator": chance.choice(["O", "P"], size),
            "medium": np.full(size, "card"),
            "category": chance.choice(["student", "older", "none"], size),
            "direction": chance.choice(["on", "on", "on", "unknown", "off"], size),
        }
    )


def test_a_transfer_is_half_price_and_the_journey_is_split_by_share() -> None:
    feeder, train = rows(
        tap(), tap(MORNING + 90 * 60, route="L1", operator="P"), agreement=AGREEMENT
    )
    assert (feeder["fare_minor"], train["fare_minor"]) == (1100, 550)
    assert (feeder["journey"], train["journey"], train["leg"]) == (0, 0, 1)
    assert (feeder["share_minor"], train["share_minor"]) == (1100, 550)
    transfer = ruled(TARIFF, train["rule"]).transfer
    assert transfer is not None
    assert transfer.code == "feeder-to-mass"


def test_shares_of_an_odd_centavo_go_to_the_largest_remainder() -> None:
    tariff = replace(TARIFF, fares=(FareRule("flat", 1001),))
    first, second = rows(tap(operator="P"), tap(route="L1"), tariff=tariff, agreement=AGREEMENT)
    total = first["fare_minor"] + second["fare_minor"]
    assert total == 1001 + 500
    # 1501 thirds: 500 and one third, 1000 and two thirds.
    assert (first["share_minor"], second["share_minor"]) == (500, 1001)


def test_cash_belongs_to_nobody_and_the_machine_keeps_the_change() -> None:
    first, second = rows(tap(account=-1, medium="cash"), tap(account=-1, medium="cash", route="L1"))
    assert (first["fare_minor"], first["tendered_minor"]) == (1100, 1500)
    assert (first["journey"], second["journey"]) == (0, 1)
    assert second["fare_minor"] == 1100


def test_alighting_costs_nothing_and_is_no_boarding() -> None:
    before, on, off, train = rows(
        tap(direction="off"),
        tap(),
        tap(MORNING + 60, direction="off"),
        tap(MORNING + 60, route="L1"),
    )
    assert (before["journey"], off["journey"], train["leg"]) == (-1, on["journey"], 1)
    assert [before["rule"], off["rule"], off["fare_minor"], off["single_minor"]] == [0, 0, 0, 0]


def test_a_class_by_exact_name_then_pattern_then_agency() -> None:
    assert rows(tap(route="MP-T7", agency="?"))[0]["fare_minor"] == 1100
    with pytest.raises(Refused) as refusal:
        rows(tap(route="unheard-of", agency="?"))
    assert refusal.value.code == "route_unknown"


def test_rows_come_back_in_the_order_of_the_taps() -> None:
    later, earlier = rows(tap(MORNING + HOUR, route="L1"), tap(MORNING))
    assert (earlier["leg"], later["leg"]) == (0, 1)


def test_plain_and_dictionary_texts_and_chunks_give_the_same() -> None:
    plain = crowd(40)
    encoded = pa.table([_encoded(column) for column in plain.columns], names=plain.column_names)
    chunked = pa.concat_tables([encoded.slice(0, 50), plain.slice(50).cast(encoded.schema)])
    expected = price(plain, TARIFF).rows
    assert price(encoded, TARIFF).rows.equals(expected)
    assert price(chunked, TARIFF).rows.equals(expected)


def _encoded(column: pa.ChunkedArray) -> pa.ChunkedArray:
    return column.dictionary_encode() if pa.types.is_string(column.type) else column


@pytest.mark.parametrize("threads", [2, 3, 7])
def test_the_number_of_threads_changes_nothing(threads: int) -> None:
    taps = crowd(60)
    alone = price(taps, TARIFF, agreement=AGREEMENT)
    together = price(taps, TARIFF, agreement=AGREEMENT, threads=threads)
    assert together.rows.equals(alone.rows)
    assert together.carry.equals(alone.carry)
    carried = price(taps.slice(0, 0), TARIFF, carry=alone.carry, threads=threads)
    assert carried.carry.equals(alone.carry)


def test_account_numbers_far_apart_are_priced_like_near_ones() -> None:
    near = crowd(60)
    account = near["account"].to_numpy()
    far = near.set_column(0, "account", pa.array(np.where(account < 0, -1, account * 10**12)))
    assert price(far, TARIFF).rows.equals(price(near, TARIFF).rows)


def test_what_cannot_matter_any_more_is_not_handed_on() -> None:
    evening = MORNING + 10 * HOUR
    next_day = MORNING + 20 * HOUR
    taps = table(tap(evening), tap(evening, account=2, category="older"))
    kept = price(taps, TARIFF, ends_at_s=next_day).carry.to_pylist()
    assert [(row["account"], row["spent.week"], row["spent.day"]) for row in kept] == [(1, 1100, 0)]
    assert kept[0]["route_class"] is None


def test_a_pruned_state_prices_the_next_days_like_a_whole_one() -> None:
    taps = crowd(60)
    at_s = taps["tapped_at_s"].to_numpy()
    for cut_s in (MORNING + 20 * HOUR, MORNING + 6 * DAY + 20 * HOUR):
        before, after = taps.filter(pa.array(at_s < cut_s)), taps.filter(pa.array(at_s >= cut_s))
        whole = price(before, TARIFF).carry
        pruned = price(before, TARIFF, ends_at_s=cut_s).carry
        assert pruned.num_rows < whole.num_rows
        expected = price(after, TARIFF, carry=whole).rows
        assert price(after, TARIFF, carry=pruned).rows.equals(expected)


def test_a_cap_of_the_same_code_goes_on_under_a_new_tariff() -> None:
    carry = price(table(tap(), tap(MORNING + 60)), TARIFF).carry
    dearer = replace(TARIFF, fares=(FareRule("flat", 1400),), categories=())
    (row,) = rows(tap(MORNING + HOUR), tariff=dearer, carry=carry)
    assert row["fare_minor"] == 3000 - 2 * 1100


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"medium": "barter"}, "medium_unknown"),
        ({"medium": None}, "medium_unknown"),
        ({"route": None, "agency": None}, "route_unknown"),
    ],
)
def test_a_tap_without_a_price_is_refused_by_name(given: dict[str, Any], code: str) -> None:
    for account in (1, -1):
        with pytest.raises(Refused) as refusal:
            rows(tap(), tap(account=account, **given))
        assert refusal.value.code == code


def test_a_case_without_a_fare_rule_is_refused_with_its_words() -> None:
    tariff = replace(TARIFF, fares=(FareRule("mine", 900, operators=("O",)),))
    with pytest.raises(Refused) as refusal:
        rows(tap(operator="Z"), tariff=tariff)
    assert refusal.value.code == "fare_unknown"
    assert refusal.value.params["operator"] == "Z"
    assert refusal.value.params["route_class"] == "feeder"


def test_an_operator_without_a_share_is_refused() -> None:
    with pytest.raises(Refused) as refusal:
        rows(tap(operator="Z"), agreement=AGREEMENT)
    assert (refusal.value.code, refusal.value.params["operator"]) == ("share_unknown", "Z")


def test_a_medium_that_no_split_covers_is_refused() -> None:
    cards_only = replace(
        AGREEMENT, splits=(Split("cards", SplitRule.BY_BOARDING, media=("card",)),)
    )
    assert rows(tap(), agreement=cards_only)
    with pytest.raises(Refused) as refusal:
        rows(tap(medium="cash", account=-1), agreement=cards_only)
    assert refusal.value.code == "split_unknown"


def test_a_tap_before_the_carried_state_is_a_mistake_of_the_caller() -> None:
    carry = price(table(tap()), TARIFF).carry
    with pytest.raises(ValueError, match="before the carried state"):
        rows(tap(MORNING - 1), carry=carry)


@pytest.mark.parametrize(
    ("column", "values"),
    [
        ("account", pa.array([-2])),
        ("account", pa.array([None], pa.int64())),
        ("account", pa.array([1.5])),
        ("tapped_at_s", pa.array([-1])),
        ("tapped_at_s", pa.array([2**40])),
        ("medium", pa.array([3])),
    ],
)
def test_columns_of_another_kind_are_named(column: str, values: pa.Array) -> None:
    taps = table(tap())
    bad = taps.set_column(taps.column_names.index(column), column, values)
    with pytest.raises(ValueError, match=column):
        price(bad, TARIFF)


def test_a_column_that_the_tariff_reads_must_be_there() -> None:
    with pytest.raises(ValueError, match="route"):
        price(table(tap()).drop_columns(["route"]), TARIFF)
    flat = replace(TARIFF, route_classes=(RouteClass("all", "All", otherwise=True),), transfers=())
    flat = replace(flat, fares=(FareRule("flat", 700),))
    few = table(tap()).select(["account", "tapped_at_s", "medium"])
    assert price(few, flat).rows["fare_minor"].to_pylist() == [700]


def test_no_taps_are_no_rows() -> None:
    priced = price(table(), TARIFF)
    assert priced.rows.schema.equals(ROW_SCHEMA)
    assert (priced.rows.num_rows, priced.carry.num_rows) == (0, 0)
