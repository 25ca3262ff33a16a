"""What is held comes free when its cause is mended, and only then."""

from datetime import date
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from tests.programmes.mobility.taps.conftest import NOON_S, NOW_S, World, add_network, told
from trama.core.refusals import Refused
from trama.foundations.registry.actions import register_device
from trama.programmes.mobility.actions.taps import dismiss_tap, release_taps
from trama.programmes.mobility.models import HeldTap, Tap

pytestmark = [pytest.mark.django_db, pytest.mark.data_layer]


def test_only_the_taps_whose_cause_was_mended_come_free(world: World) -> None:
    world.keep(told(1, device="V9"), told(2, route="C99"), told(3, tapped_at_s=NOW_S + 900))
    register_device(city=world.city, organisation=world.operator, code="V9")
    assert release_taps(city=world.city, at_s=NOW_S) == {"kept": 1, "held": 2}
    assert Tap.objects.get().device == "V9"
    assert release_taps(city=world.city, at_s=NOW_S + 900) == {"kept": 1, "held": 1}
    add_network(world.city, date(2026, 4, 1), ["C99"], [])
    assert release_taps(city=world.city, at_s=NOW_S + 901, reason="unknown_route") == {"kept": 1}
    assert world.kept() == {
        tuple(told(1, device="V9").values()),
        tuple(told(2, route="C99").values()),
        tuple(told(3, tapped_at_s=NOW_S + 900).values()),
    }
    states = HeldTap.objects.order_by("decided_at_s").values_list("state", "decided_at_s")
    assert list(states) == [
        ("released", NOW_S),
        ("released", NOW_S + 900),
        ("released", NOW_S + 901),
    ]


def test_releasing_twice_changes_nothing(world: World) -> None:
    world.keep(told(1, device="V9"))
    register_device(city=world.city, organisation=world.operator, code="V9")
    release_taps(city=world.city, at_s=NOW_S)
    assert release_taps(city=world.city, at_s=NOW_S + 5) == {}
    assert Tap.objects.count() == 1
    assert HeldTap.objects.get().decided_at_s == NOW_S


def test_a_tap_that_stays_has_the_reason_found_now(world: World) -> None:
    world.keep(told(1, device="V9", route="C99"))
    register_device(city=world.city, organisation=world.operator, code="V9")
    release_taps(city=world.city, at_s=NOW_S)
    held = HeldTap.objects.get()
    assert (held.state, held.reason, held.detail) == ("held", "unknown_route", "route: C99")


def test_a_released_tap_may_turn_out_to_be_a_conflict_or_a_duplicate(world: World) -> None:
    world.keep(told(1, device="V9"), told(1, device="V9", token=None), told(2, device="V9"))
    register_device(city=world.city, organisation=world.operator, code="V9")
    world.keep(told(2, device="V9"))
    counts = release_taps(city=world.city, at_s=NOW_S)
    assert counts == {"kept": 1, "conflict": 1, "duplicate": 1}
    conflict = HeldTap.objects.get(state="held")
    assert conflict.reason == "conflict"
    assert conflict.content == {
        "tap": told(1, device="V9", token=None),
        "kept": told(1, device="V9"),
    }


def test_a_conflict_is_not_released_but_dismissed_once_with_a_note(world: World) -> None:
    world.keep(told(1), told(1, route="C02"))
    with pytest.raises(Refused, match="reason_cannot_be_mended"):
        release_taps(city=world.city, at_s=NOW_S, reason="conflict")
    assert release_taps(city=world.city, at_s=NOW_S) == {}
    held = HeldTap.objects.get()
    dismiss_tap(held=held, note="The validator was reset.", at_s=NOW_S)
    assert (held.state, held.note) == ("dismissed", "The validator was reset.")
    with pytest.raises(Refused, match="tap_is_decided"):
        dismiss_tap(held=held, note="Again.", at_s=NOW_S + 1)
    assert HeldTap.objects.get().note == "The validator was reset."
    world.keep(told(1, route="C02"))
    assert HeldTap.objects.get().state == "dismissed"


def test_the_command_says_what_came_of_it(world: World) -> None:
    world.keep(told(1, device="V9", tapped_at_s=NOON_S), told(2, route="C99"))
    register_device(city=world.city, organisation=world.operator, code="V9")
    out = StringIO()
    call_command("release_taps", "gdl", stdout=out)
    assert "1" in out.getvalue()
    assert Tap.objects.count() == 1
    with pytest.raises(CommandError):
        call_command("release_taps", "gdl", "--reason", "conflict", stdout=out)
