"""What a closed day publishes: four measures, each with its denominator."""

from collections import Counter
from collections.abc import Iterable

from trama.core.refusals import gettext_noop
from trama.foundations.measures.actions import define, observe
from trama.programmes.mobility.clearing import DayTotals
from trama.programmes.mobility.fares.vocabulary import Tariff
from trama.programmes.mobility.models import Closing

INDICATORS = {
    "mobility-boardings": (
        gettext_noop("Boardings per journey"),
        "boardings / journey",
        gettext_noop("boardings"),
        gettext_noop("journeys"),
        "neither",
    ),
    "mobility-electronic-share": (
        gettext_noop("Share of electronic payment"),
        "%",
        gettext_noop("boardings paid without cash"),
        gettext_noop("boardings"),
        "up",
    ),
    "mobility-transfers": (
        gettext_noop("Share of boardings that are transfers"),
        "%",
        gettext_noop("boardings that continue a journey"),
        gettext_noop("boardings"),
        "neither",
    ),
    "mobility-average-fare": (
        gettext_noop("Average fare paid per boarding"),
        "minor units / boarding",
        gettext_noop("fares paid by riders"),
        gettext_noop("boardings"),
        "down",
    ),
}


def publish_measures(closing: Closing, totals: DayTotals, tariff: Tariff, at_s: int) -> None:
    """Define mobility's indicators and observe the day; the same day again records nothing."""
    for code, (title, unit, numerator_of, denominator_of, direction) in INDICATORS.items():
        define(
            code=code,
            programme="mobility",
            title=title,
            unit=unit,
            numerator_of=numerator_of,
            denominator_of=denominator_of,
            direction=direction,
        )
    for code, (numerator, denominator) in _values(totals, tariff).items():
        observe(
            indicator=code,
            place=closing.city.code,
            period=(closing.service_date, closing.service_date),
            numerator=numerator,
            denominator=denominator,
            source=f"mobility/{closing.city.code}/{closing.service_date}/r{closing.revision}",
            is_synthetic=closing.city.is_synthetic,
            at_s=at_s,
        )


def _values(totals: DayTotals, tariff: Tariff) -> dict[str, tuple[int, int]]:
    boardings = totals.boardings.total()
    electronic = {medium.code for medium in tariff.media if medium.electronic}
    return {
        "mobility-boardings": (boardings, totals.journeys),
        "mobility-electronic-share": (_of(totals.boardings, electronic), boardings),
        "mobility-transfers": (totals.transfers, boardings),
        "mobility-average-fare": (totals.gross.total(), boardings),
    }


def _of(counts: Counter[tuple[str, str]], media: Iterable[str]) -> int:
    wanted = set(media)
    return sum(count for (_, medium), count in counts.items() if medium in wanted)
