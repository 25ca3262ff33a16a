"""A tap that comes again after its day was sealed is still one tap."""

from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from tests.programmes.mobility.taps.conftest import NOON_S, NOW_S, World, told
from trama.programmes.mobility.models import HeldTap, SealedSequence, Tap
from trama.programmes.mobility.sealed.layout import day_folder
from trama.programmes.mobility.sealed.taps import write_taps

pytestmark = [pytest.mark.django_db, pytest.mark.data_layer]

DAY = date(2026, 4, 15)


def seal(world: World, home: Path, revision: int, taps: list[dict[str, Any]]) -> None:
    """Seal `taps` as the closing does: files first, then spans, then the open rows go."""
    table = pa.Table.from_pylist([{"account": n % 3 - 1, **tap} for n, tap in enumerate(taps)])
    write_taps(day_folder(home, world.city.code, DAY), revision, table)
    for device in {tap["device"] for tap in taps}:
        sequences = [tap["sequence"] for tap in taps if tap["device"] == device]
        span, _ = SealedSequence.objects.get_or_create(
            city=world.city,
            device=device,
            service_date=DAY,
            defaults={"first": min(sequences), "last": max(sequences)},
        )
        span.first, span.last = min(span.first, *sequences), max(span.last, *sequences)
        span.save()
    Tap.objects.filter(city=world.city).delete()


@pytest.fixture
def home(tmp_path: Path, settings: Any) -> Path:
    settings.HOME = tmp_path
    return tmp_path


def test_a_sealed_tap_that_comes_again_is_a_duplicate_or_a_conflict(
    world: World, home: Path
) -> None:
    day = [told(n, device=device) for n in (10, 12, 14, 19) for device in ("V1", "V2")]
    world.keep(*day)
    seal(world, home, 0, day)
    result = world.keep(
        told(10), told(11), told(12, route="C02"), told(14, device="V2"), told(20), told(20)
    )
    assert result.outcome == ["duplicate", "kept", "conflict", "duplicate", "kept", "duplicate"]
    assert sorted(Tap.objects.values_list("sequence", flat=True)) == [11, 20]
    assert HeldTap.objects.get().content == {"tap": told(12, route="C02"), "kept": told(12)}


def test_all_revisions_of_a_day_are_looked_into(world: World, home: Path) -> None:
    seal(world, home, 0, [told(1), told(5)])
    seal(world, home, 1, [told(1), told(3)])
    assert world.keep(told(1), told(3), told(5), told(4)).outcome == [
        "duplicate",
        "duplicate",
        "duplicate",
        "kept",
    ]


def test_a_sealed_tap_that_fails_the_vetting_now_is_still_a_duplicate(
    world: World, home: Path
) -> None:
    seal(world, home, 0, [told(1, device="V9"), told(2, device="V9")])
    result = world.keep(told(1, device="V9"), told(2, device="V9", tapped_at_s=NOON_S + 1))
    assert result.outcome == ["duplicate", "held"]
    assert result.reason == [None, "unknown_device"]


def test_no_file_is_opened_for_sequences_outside_the_spans(world: World, home: Path) -> None:
    SealedSequence.objects.create(
        city=world.city, device="V1", service_date=DAY, first=100, last=200
    )
    assert (
        world.keep(told(99), told(201), told(150, device="V2"), at_s=NOW_S).outcome == ["kept"] * 3
    )
