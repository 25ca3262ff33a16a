"""A measure keeps what it said before, and says what it is a share of."""

from datetime import date

import pytest

from trama.core.refusals import Refused
from trama.foundations.measures.actions import define, observe
from trama.foundations.measures.models import Indicator, Observation
from trama.foundations.measures.queries import indicators, latest_observations, revisions

pytestmark = pytest.mark.django_db
DAY = date(2026, 10, 14)


def electronic(unit: str = "%", denominator_of: str = "boardings") -> Indicator:
    return define(
        code="mobility-electronic-share",
        programme="mobility",
        title="Share of electronic payment",
        unit=unit,
        numerator_of="boardings paid without cash",
        denominator_of=denominator_of,
        direction="up",
    )


def seen(numerator: int, denominator: int = 100, day: date = DAY) -> Observation:
    return observe(
        indicator="mobility-electronic-share",
        place="guadalajara",
        period=(day, day),
        numerator=numerator,
        denominator=denominator,
        source="mobility/guadalajara/2026-10-14/r0",
        is_synthetic=True,
        at_s=1_800_000_000,
    )


def test_the_same_observation_twice_is_one() -> None:
    electronic()
    assert seen(56).pk == seen(56).pk
    assert Observation.objects.count() == 1


def test_a_changed_observation_is_a_new_revision_and_the_old_one_stays() -> None:
    electronic()
    seen(56)
    second = seen(57)
    assert [o.numerator for o in revisions(second)] == [56, 57]
    assert [o.numerator for o in latest_observations("guadalajara")] == [57]


def test_latest_answers_by_day_and_indicator() -> None:
    electronic()
    seen(56)
    seen(60, day=date(2026, 10, 15))
    assert [o.numerator for o in latest_observations("guadalajara", day=DAY)] == [56]
    assert [
        o.numerator
        for o in latest_observations("guadalajara", indicator="mobility-electronic-share")
    ] == [60, 56]
    assert list(latest_observations("toluca")) == []


def test_an_indicator_keeps_its_meaning() -> None:
    electronic()
    with pytest.raises(Refused, match="unit"):
        electronic(unit="boardings")
    assert [i.unit for i in indicators("mobility")] == ["%"]


def test_a_release_with_better_words_goes_on_with_the_same_series() -> None:
    electronic()
    seen(56)
    electronic(denominator_of="all boardings")
    assert [i.denominator_of for i in indicators("mobility")] == ["all boardings"]
    assert [o.numerator for o in latest_observations("guadalajara")] == [56]


def test_an_unknown_indicator_is_refused_by_name() -> None:
    with pytest.raises(Refused, match="mobility-electronic-share"):
        seen(1)
