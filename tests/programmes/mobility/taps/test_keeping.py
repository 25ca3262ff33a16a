"""A tap is kept once; what cannot be kept is held with its reason; nothing is lost."""

from datetime import date

import pyarrow as pa
import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.programmes.mobility.taps.conftest import (
    NOON_S,
    NOW_S,
    World,
    add_network,
    told,
)
from trama.core.days import service_day_bounds
from trama.foundations.registry.actions import revoke_device
from trama.foundations.registry.models import City
from trama.foundations.registry.queries import get_device
from trama.programmes.mobility.actions.taps.columns import service_dates
from trama.programmes.mobility.models import HeldTap, Tap

pytestmark = [pytest.mark.django_db, pytest.mark.data_layer]


def test_the_same_pair_twice_is_one_tap(world: World) -> None:
    assert world.keep(told(1), told(2), told(1)).outcome == ["kept", "kept", "duplicate"]
    assert world.keep(told(2), told(3)).outcome == ["duplicate", "kept"]
    assert sorted(Tap.objects.values_list("sequence", flat=True)) == [1, 2, 3]
    assert not HeldTap.objects.exists()


def test_the_same_pair_with_other_content_is_a_conflict_that_shows_both(world: World) -> None:
    world.keep(told(1))
    result = world.keep(told(1, route="C02"), told(1))
    assert result.outcome == ["conflict", "duplicate"]
    held = HeldTap.objects.get()
    assert held.reason == HeldTap.Reason.CONFLICT
    assert held.detail == "route"
    assert held.content == {"tap": told(1, route="C02"), "kept": told(1)}
    assert Tap.objects.get().route == "C01"


def test_a_conflict_within_one_batch_keeps_the_first(world: World) -> None:
    result = world.keep(told(1), told(1, token=None), told(1, token=None))
    assert result.outcome == ["kept", "conflict", "conflict"]
    assert Tap.objects.get().token == "rider-1"
    assert HeldTap.objects.count() == 1


def test_null_and_a_word_are_different_contents_and_null_is_equal_to_null(world: World) -> None:
    world.keep(told(1, token=None, medium="cash", vehicle=None))
    again = told(1, token=None, medium="cash", vehicle=None)
    assert world.keep(again, again | {"vehicle": "bus-7"}).outcome == ["duplicate", "conflict"]


def test_late_taps_and_any_order_are_normal(world: World) -> None:
    month_ago = NOON_S - 14 * 86_400
    result = world.keep(told(9), told(3, tapped_at_s=month_ago), told(8, tapped_at_s=NOON_S - 5))
    assert result.outcome == ["kept"] * 3
    assert Tap.objects.get(sequence=3).service_date == date(2026, 4, 1)


@pytest.mark.parametrize(
    ("otherwise", "reason", "detail"),
    [
        ({"device": "V9"}, "unknown_device", "device: V9"),
        ({"tapped_at_s": NOW_S + 301}, "from_the_future", f"tapped_at_s: {NOW_S + 301}"),
        ({"route": "C99"}, "unknown_route", "route: C99"),
        ({"route": None, "stop": "S9"}, "unknown_route", "route: S9"),
        ({"tapped_at_s": 1_700_000_000}, "unknown_route", "route: C01"),
        ({"medium": "shells"}, "unknown_medium", "medium: shells"),
        ({"route": None}, "malformed", "route: "),
        ({"direction": "up"}, "malformed", "direction: up"),
        ({"sequence": -1}, "malformed", "sequence: -1"),
        ({"token": "t" * 65}, "malformed", "token: " + "t" * 65),
        ({"vehicle": "a\x00b"}, "malformed", "vehicle: a\x00b"),
        ({"tapped_at_s": 5}, "malformed", "tapped_at_s: 5"),
        ({"tapped_at_s": None}, "malformed", "tapped_at_s: "),
        ({"device": None}, "malformed", "device: "),
    ],
)
def test_what_cannot_be_kept_is_held_with_its_reason(
    world: World, otherwise: dict[str, object], reason: str, detail: str
) -> None:
    result = world.keep(told(**{"sequence": 1} | otherwise), told(2))
    assert result.outcome == ["held", "kept"]
    held = HeldTap.objects.get()
    assert (held.reason, held.detail) == (reason, detail.replace("\0", "\ufffd"))
    assert held.state == HeldTap.State.HELD
    assert held.content["tap"] == {
        name: value.replace("\0", "\ufffd") if isinstance(value, str) else value
        for name, value in told(**{"sequence": 1} | otherwise).items()
    }
    assert world.keep(told(**{"sequence": 1} | otherwise)).outcome == ["held"]
    assert HeldTap.objects.count() == 1


def test_five_minutes_ahead_is_a_clock_that_drifts(world: World) -> None:
    assert world.keep(told(1, tapped_at_s=NOW_S + 300)).outcome == ["kept"]


def test_a_stop_alone_is_enough_where_the_network_has_it(world: World) -> None:
    assert world.keep(told(1, route=None, stop="S1")).outcome == ["kept"]


def test_a_day_before_the_tariff_knows_no_medium(world: World) -> None:
    assert world.keep(told(1, tapped_at_s=NOON_S - 30 * 86_400)).reason == ["unknown_medium"]


def test_each_day_has_the_words_of_its_own_network(world: World) -> None:
    add_network(world.city, date(2026, 4, 15), ["C01", "C03"], [])
    yesterday = NOON_S - 86_400
    result = world.keep(
        told(1, route="C02"),
        told(2, route="C02", tapped_at_s=yesterday),
        told(3, route="C03"),
        told(4, route="C03", tapped_at_s=yesterday),
    )
    assert result.outcome == ["held", "kept", "kept", "held"]


def test_a_device_is_unknown_from_the_instant_it_was_revoked(world: World) -> None:
    revoke_device(device=get_device(world.city, "V1"), at_s=NOON_S)
    assert world.keep(told(1), told(2, tapped_at_s=NOON_S - 1)).outcome == ["held", "kept"]


def test_a_kept_tap_that_comes_again_is_a_duplicate_whatever_has_changed_since(
    world: World,
) -> None:
    world.keep(told(1))
    revoke_device(device=get_device(world.city, "V1"), at_s=NOON_S)
    assert world.keep(told(1), told(1, route="C02")).outcome == ["duplicate", "held"]


def test_an_empty_batch_is_nothing(world: World) -> None:
    assert world.keep().outcome == []


def assert_same_taps(some: list[dict[str, object]], others: list[dict[str, object]]) -> None:
    def pair(tap: dict[str, object]) -> str:
        return f"{tap['device']}/{tap['sequence']}"

    assert sorted(some, key=pair) == sorted(others, key=pair)


sent = st.builds(
    told,
    st.integers(0, 5),
    device=st.sampled_from(["V1", "V2", "V9"]),
    route=st.sampled_from(["C01", "C99"]),
)


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_order_repetition_and_batching_keeps_the_same_taps(
    world: World, data: st.DataObject
) -> None:
    unique = data.draw(
        st.lists(sent, max_size=8, unique_by=lambda tap: (tap["device"], tap["sequence"]))
    )
    repeated = [tap for tap in unique for _ in range(data.draw(st.integers(1, 3)))]
    shuffled = data.draw(st.permutations(repeated))
    cuts = data.draw(st.lists(st.integers(0, len(shuffled)), max_size=3).map(sorted))
    with transaction.atomic():  # undone at the end, so that no example sees another
        for first, after in zip([0, *cuts], [*cuts, len(shuffled)], strict=True):
            world.keep(*shuffled[first:after])
        good = [t for t in unique if t["device"] != "V9" and t["route"] != "C99"]
        assert world.kept() == {tuple(tap.values()) for tap in good}
        held = [row.content["tap"] for row in HeldTap.objects.all()]
        assert_same_taps(held, [tap for tap in unique if tap not in good])
        transaction.set_rollback(True)


@given(
    st.lists(st.integers(946_684_800, 4_102_444_800), min_size=1, max_size=50),
    st.sampled_from(
        ["America/Mexico_City", "America/Sao_Paulo", "Europe/Madrid", "Pacific/Kiritimati"]
    ),
    st.integers(0, 86_399),
)
def test_the_service_day_is_the_interval_that_holds_the_instant(
    instants_s: list[int], timezone: str, cutover_s: int
) -> None:
    city = City(timezone=timezone, cutover_s=cutover_s)
    days = service_dates(pa.array(instants_s, pa.int64()), city).to_pylist()
    for instant_s, day in zip(instants_s, days, strict=True):
        first_s, after_s = service_day_bounds(day, timezone, cutover_s)
        assert first_s <= instant_s < after_s
