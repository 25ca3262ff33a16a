"""The design tokens: their values are read from the stylesheet, when to use them stands here."""

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from trama.core.refusals import gettext_noop

STYLESHEET = Path(__file__).parent / "static" / "trama" / "tokens.css"
_TOKEN = re.compile(r"^\s*--([\w-]+):\s*(.+?);$", re.MULTILINE)
_PAIR = re.compile(r"light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\)")
_USE = re.compile(r"var\(--([\w-]+)\)")

MEANINGS = {
    "paper": gettext_noop("the page"),
    "surface": gettext_noop("a card, a table, a chart on the page"),
    "sunken": gettext_noop("a band inside a surface: table heads, tracks"),
    "ink": gettext_noop("text"),
    "ink-soft": gettext_noop("labels, notes, axes"),
    "line": gettext_noop("hairlines that only decorate"),
    "line-strong": gettext_noop("borders of controls"),
    "accent": gettext_noop("links, buttons, focus: indigo thread"),
    "accent-ink": gettext_noop("text on the accent"),
    "accent-wash": gettext_noop("the chosen tab, a row under the pointer"),
    "money-in": gettext_noop("money received, with a plus sign"),
    "money-in-wash": gettext_noop("behind money received"),
    "money-out": gettext_noop("money paid, with a minus sign"),
    "money-out-wash": gettext_noop("behind money paid"),
    "attention": gettext_noop("somebody should look at this"),
    "attention-wash": gettext_noop("behind what needs a look"),
    "refused": gettext_noop("not done, and nothing was kept"),
    "refused-wash": gettext_noop("behind a refusal"),
    "synthetic": gettext_noop("invented data that looks real"),
    "synthetic-wash": gettext_noop("behind the synthetic notice"),
    "cat-1": gettext_noop("first category: blue"),
    "cat-2": gettext_noop("second category: orange"),
    "cat-3": gettext_noop("third category: green"),
    "cat-4": gettext_noop("fourth category: plum"),
    "cat-5": gettext_noop("fifth category: umber by day, maize by night"),
    "cat-6": gettext_noop("sixth category: violet"),
    "cat-other": gettext_noop("all the rest together"),
    "heat-0": gettext_noop("none"),
    "heat-1": gettext_noop("few"),
    "heat-2": gettext_noop("some"),
    "heat-3": gettext_noop("many"),
    "heat-4": gettext_noop("most"),
    "font": gettext_noop("all text"),
    "font-code": gettext_noop("codes, keys, digests"),
    "step--1": gettext_noop("notes, table heads"),
    "step-0": gettext_noop("text"),
    "step-1": gettext_noop("a lead, a card's title"),
    "step-2": gettext_noop("a section's title"),
    "step-3": gettext_noop("a figure"),
    "step-4": gettext_noop("the page's title"),
    "gap-1": gettext_noop("between a word and its mark"),
    "gap-2": gettext_noop("inside a control"),
    "gap-3": gettext_noop("between lines of a card"),
    "gap-4": gettext_noop("inside a card"),
    "gap-5": gettext_noop("between cards"),
    "gap-6": gettext_noop("between sections"),
    "gap-7": gettext_noop("between chapters"),
    "measure": gettext_noop("the longest comfortable line"),
    "page": gettext_noop("the widest page"),
    "radius": gettext_noop("corners"),
}


@dataclass(frozen=True, slots=True)
class Token:
    """A named value of the stylesheet and when to use it (English, for gettext); `light` and
    `dark` are `#rrggbb`, empty if it is no colour."""

    name: str
    value: str
    meaning: str
    light: str
    dark: str


@cache
def tokens() -> dict[str, Token]:
    """Every token by its name without the two hyphens, in the order of the stylesheet."""
    found = {}
    for name, value in _TOKEN.findall(STYLESHEET.read_text(encoding="utf-8")):
        pair = _PAIR.fullmatch(value)
        light, dark = pair.groups() if pair else ("", "")
        found[name] = Token(name, value, MEANINGS[name], light, dark)
    return found


def resolved(text: str, *, dark: bool = False) -> str:
    """`text` with every `var(--colour)` replaced by its value, for pictures outside a page."""

    def value(use: re.Match[str]) -> str:
        token = tokens()[use.group(1)]
        return (token.dark if dark else token.light) or token.value

    return _USE.sub(value, text)
