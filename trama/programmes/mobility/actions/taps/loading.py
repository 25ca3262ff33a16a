"""Loading a file of taps: batch by batch, each on the disk before the next is read."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from django.db import transaction

from trama.foundations.registry.card_numbers import card_numbers_in, without_card_numbers
from trama.foundations.registry.models import City
from trama.foundations.registry.queries import device_table
from trama.programmes.mobility.actions.taps.files import Part, read_parts
from trama.programmes.mobility.actions.taps.keeping import Aside, aside_of, hold_taps
from trama.programmes.mobility.actions.taps.sorting import HELD, sort_taps
from trama.programmes.mobility.models import HeldTap

REFUSED = "refused"
MALFORMED = HeldTap.Reason.MALFORMED.value


@dataclass(slots=True)
class LoadReport:
    """What became of the rows of a file: by outcome, those held by reason.

    `card_numbers` are the rows (from 1) that were refused because a card number stood for a
    token; nothing of them was kept, and at most twenty are named.
    """

    outcomes: Counter[str] = field(default_factory=Counter)
    held: Counter[str] = field(default_factory=Counter)
    card_numbers: list[int] = field(default_factory=list)


def load_taps(
    *,
    city: City,
    path: Path,
    at_s: int,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> LoadReport:
    """Keep every tap of a CSV or Parquet file once, as of `at_s`. Columns: see `files`.

    Each batch is a transaction: a load that was killed is repeated whole and finds duplicates.
    `progress` is given how much of the file is done, of how much. Refused: see `read_parts`.
    """
    report = LoadReport()
    for part in read_parts(path):
        _keep_part(city, _without_cards(part, report), at_s, report)
        progress(part.done, part.total)
    return report


def _without_cards(part: Part, report: LoadReport) -> Part:
    cards = card_numbers_in(part.taps["token"])
    rows = pc.indices_nonzero(cards).to_pylist()
    if not rows:
        return part
    report.outcomes[REFUSED] += len(rows)
    named = [part.first_row + row for row in rows]
    report.card_numbers = (report.card_numbers + named)[:20]
    others = pc.invert(cards)
    return Part(
        said=part.said.filter(others),
        taps=part.taps.filter(others),
        broken=part.broken,
        first_row=part.first_row,
        done=part.done,
        total=part.total,
    )


def _keep_part(city: City, part: Part, at_s: int, report: LoadReport) -> None:
    with transaction.atomic():
        devices = device_table(city)
        result = sort_taps(city=city, taps=part.taps, devices=devices, at_s=at_s)
        aside = aside_of(part.taps, result)
        for number, place in enumerate(result.aside()):
            if aside[number].reason == MALFORMED:
                word = (result.detail[place] or "").partition(":")[0]
                aside[number] = _as_it_stood(part.said, place, word)
        broken = [_broken(text) for text in part.broken]
        hold_taps(city=city, aside=[*aside, *broken], at_s=at_s)
    report.outcomes.update(result.outcome)
    report.outcomes.update([HELD] * len(broken))
    report.held.update(row.reason for row in (*aside, *broken))


def _as_it_stood(said: pa.Table, place: int, word: str) -> Aside:
    [row] = said.slice(place, 1).to_pylist()
    tap: dict[str, Any] = {
        name: None if value is None else without_card_numbers(str(value))
        for name, value in row.items()
    }
    column = "tapped_at" if word == "tapped_at_s" and "tapped_at" in tap else word
    return Aside(reason=MALFORMED, detail=f"{column}: {tap.get(column) or ''}"[:300], tap=tap)


def _broken(line: str) -> Aside:
    text = without_card_numbers(line)
    return Aside(reason=MALFORMED, detail=text[:300], tap={"line": text})
