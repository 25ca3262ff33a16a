"""The design tokens, read from the stylesheet that defines them."""

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

STYLESHEET = Path(__file__).parent / "static" / "trama" / "tokens.css"
_TOKEN = re.compile(r"^\s*--([\w-]+):\s*(.+?);\s*/\*\s*(.+?)\s*\*/", re.MULTILINE)
_PAIR = re.compile(r"light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\)")
_USE = re.compile(r"var\(--([\w-]+)\)")


@dataclass(frozen=True, slots=True)
class Token:
    """A named value of the stylesheet; `light` and `dark` are `#rrggbb`, empty if not a colour."""

    name: str
    value: str
    meaning: str
    light: str
    dark: str


@cache
def tokens() -> dict[str, Token]:
    """Every token by its name without the two hyphens, in the order of the stylesheet."""
    found = {}
    for name, value, meaning in _TOKEN.findall(STYLESHEET.read_text(encoding="utf-8")):
        pair = _PAIR.fullmatch(value)
        light, dark = pair.groups() if pair else ("", "")
        found[name] = Token(name, value, meaning, light, dark)
    return found


def resolved(text: str, *, dark: bool = False) -> str:
    """`text` with every `var(--colour)` replaced by its value, for pictures outside a page."""

    def value(use: re.Match[str]) -> str:
        token = tokens()[use.group(1)]
        return (token.dark if dark else token.light) or token.value

    return _USE.sub(value, text)
