"""Amounts, shares, durations and times of day as texts, read exactly."""

import re

from trama.core.money import MINOR_DIGITS

MAX_AMOUNT_MINOR = 100_000_000
MAX_DURATION_S = 31 * 86_400
SECONDS = {"s": 1, "min": 60, "h": 3600, "d": 86_400}

TIMES = "times"
SHARE = "bps"
DURATION = "s"
EXAMPLES = {TIMES: "2", SHARE: '"50 %"', DURATION: '"120 min"'}

AMOUNT = re.compile(r"(-?)(\d{1,9})(?:[.](\d{1,4}))?(?:\s?([A-Z]{3}))?", re.ASCII)
PERCENTAGE = re.compile(r"(\d{1,3})(?:[.](\d{1,2}))?\s?%", re.ASCII)
SPAN = re.compile(r"(\d{1,7})\s?(s|min|h|d)", re.ASCII)
CLOCK = re.compile(r"([01]\d|2[0-3]):([0-5]\d)", re.ASCII)


def seconds_of(text: str) -> int | None:
    """`120 min`, `2 h`, `90 s`, `1 d` in seconds, above zero and at most 31 days."""
    found = SPAN.fullmatch(text.strip())
    seconds = int(found[1]) * SECONDS[found[2]] if found else 0
    return seconds if 0 < seconds <= MAX_DURATION_S else None


def basis_points_of(text: str) -> int | None:
    """`50 %` or `12.5 %` in basis points, at most 100 %."""
    found = PERCENTAGE.fullmatch(text.strip())
    bps = int(found[1]) * 100 + int((found[2] or "").ljust(2, "0")) if found else 10_001
    return bps if bps <= 10_000 else None


def since_midnight_s_of(text: str) -> int | None:
    """`03:00` in seconds after midnight."""
    found = CLOCK.fullmatch(text)
    return int(found[1]) * 3600 + int(found[2]) * 60 if found else None


def amount_parts(text: str) -> tuple[bool, str, str, str] | None:
    """Is it negative, whole part, fraction and currency (or empty) of `9.50` or `9.50 MXN`."""
    found = AMOUNT.fullmatch(text.strip())
    return (found[1] == "-", found[2], found[3] or "", found[4] or "") if found else None


def minor_of(whole: str, fraction: str, currency: str) -> int | None:
    """Minor units; the fraction is absent or has exactly the digits of the currency."""
    digits = MINOR_DIGITS[currency]
    if len(fraction) not in (0, digits):
        return None
    minor = int(whole + fraction.ljust(digits, "0"))
    return minor if minor <= MAX_AMOUNT_MINOR else None


def example_of(unit: str) -> str:
    """How a quantity of `unit` is written in a document."""
    if unit in EXAMPLES:
        return EXAMPLES[unit]
    digits = MINOR_DIGITS.get(unit, 2)
    return f'"9.{"5".ljust(digits, "0")}"' if digits else '"950"'
