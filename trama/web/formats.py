"""Numbers, money and time as each language writes them. Integers in, text out, no float between.

Spanish follows Mexico (1,234.56) as English does; Portuguese follows Brazil (1.234,56).
Source: Unicode CLDR, `es-MX`, `pt-BR` and `en`.
"""

from datetime import date

from django.utils.dateformat import format as write_date
from django.utils.formats import get_format
from django.utils.translation import get_language

from trama.core.days import local_instant
from trama.core.money import MINOR_DIGITS

SEPARATORS = {"es": (",", "."), "pt-br": (".", ","), "en": (",", ".")}
LONG_DATES = {"en": "j F Y"}
SYMBOLS = {"MXN": "$", "BRL": "R$", "USD": "US$", "EUR": "€", "COP": "$", "CLP": "$", "PEN": "S/"}
MINUS = "−"
NO_VALUE = "–"


def _separators(language: str | None) -> tuple[str, str]:
    return SEPARATORS.get(language or get_language() or "", SEPARATORS["en"])


def _grouped(whole: int, mark: str) -> str:
    return f"{whole:,}".replace(",", mark)


def number_text(value: int, *, language: str | None = None) -> str:
    """`1234567` as `1,234,567`; a minus is a true minus sign."""
    sign = MINUS if value < 0 else ""
    return sign + _grouped(abs(value), _separators(language)[0])


def fixed_text(value: int, digits: int, *, language: str | None = None) -> str:
    """An integer that counts units of 10**-`digits`: `fixed_text(1425, 2)` is `14.25`."""
    group, point = _separators(language)
    whole, rest = divmod(abs(value), 10**digits)
    tail = f"{point}{rest:0{digits}d}" if digits else ""
    return f"{MINUS if value < 0 else ''}{_grouped(whole, group)}{tail}"


def money_text(minor: int, currency: str, *, language: str | None = None) -> str:
    """`123456` minor units of MXN as `$1,234.56`, of BRL in Portuguese as `R$ 1.234,56`.

    The sign stands before the symbol. A currency without a symbol here is named by its code.
    """
    digits = fixed_text(abs(minor), MINOR_DIGITS.get(currency, 2), language=language)
    symbol = SYMBOLS.get(currency, f"{currency}\u00a0")
    space = "\u00a0" if currency in {"BRL", "PEN"} else ""
    return f"{MINUS if minor < 0 else ''}{symbol}{space}{digits}"


def signed_money_text(minor: int, currency: str, *, language: str | None = None) -> str:
    """Like `money_text`, with `+` before what came in; zero has no sign."""
    plus = "+" if minor > 0 else ""
    return plus + money_text(minor, currency, language=language)


def bps_text(bps: int, *, language: str | None = None) -> str:
    """Basis points as a percentage: `4262` is `42.62 %`, `4260` is `42.6 %`, `5000` is `50 %`."""
    digits = 2 if bps % 10 else 1 if bps % 100 else 0
    return f"{fixed_text(bps // 10 ** (2 - digits), digits, language=language)}\u00a0%"


def percent_text(part: int, whole: int, *, language: str | None = None) -> str:
    """`part` of `whole` in per cent, one decimal, rounded half away from zero; `–` of nothing."""
    if whole == 0:
        return NO_VALUE
    sign = -1 if (part < 0) != (whole < 0) else 1
    tenths = (2000 * abs(part) + abs(whole)) // (2 * abs(whole))
    return f"{fixed_text(sign * tenths, 1, language=language)}\u00a0%"


def short_number_text(value: int, *, language: str | None = None) -> str:
    """For axes and tight places: `6500000` as `6.5 M`, `12000` as `12 k`; below 10,000 in full."""
    for unit, name in ((10**9, "G"), (10**6, "M"), (10**3, "k")):
        if abs(value) >= max(unit, 10_000):
            sign = -1 if value < 0 else 1
            tenths = (20 * abs(value) + unit) // (2 * unit)
            exact = tenths % 10 == 0
            digits = tenths // 10 if exact else tenths
            return f"{fixed_text(sign * digits, 0 if exact else 1, language=language)}\u00a0{name}"
    return number_text(value, language=language)


def day_text(day: date) -> str:
    """The date in full, as the language writes it: `15 de abril de 2026`."""
    pattern = LONG_DATES.get(get_language() or "") or get_format("DATE_FORMAT")
    return _cased(str(write_date(day, pattern)))


def short_day_text(day: date) -> str:
    """The date for tables: `15 abr 2026`."""
    return _cased(str(write_date(day, "j M Y")))


def _cased(text: str) -> str:
    """Months have a capital in English only."""
    return text if get_language() == "en" else text.lower()


def clock_text(instant_s: int, timezone: str) -> str:
    """The wall clock of a city at an instant (epoch seconds): `07:45`."""
    return local_instant(instant_s, timezone).strftime("%H:%M")


def instant_text(instant_s: int, timezone: str) -> str:
    """Date and wall clock with seconds: `15 abr 2026, 07:45:09`."""
    wall = local_instant(instant_s, timezone)
    return f"{short_day_text(wall.date())}, {wall.strftime('%H:%M:%S')}"
