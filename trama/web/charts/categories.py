"""Colours of categories, and what a legend shows of them."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext

COLOURS = tuple(f"cat-{n}" for n in range(1, 7))

Row = Mapping[str, Any]


def categories_of(rows: Sequence[Row], key: str) -> list[tuple[str, str]]:
    """(category, colour token) in order of appearance; from the seventh on all share one."""
    names = list(dict.fromkeys(str(row[key]) for row in rows))
    return [
        (name, COLOURS[place] if place < len(COLOURS) else "cat-other")
        for place, name in enumerate(names)
    ]


def legend_of(categories: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """What a legend shows: those with a colour of their own, and the rest as one line."""
    own = [pair for pair in categories if pair[1] != "cat-other"]
    rest = [pair for pair in categories if pair[1] == "cat-other"]
    if len(rest) > 1:
        rest = [(gettext("{count} others").format(count=len(rest)), "cat-other")]
    return own + rest
