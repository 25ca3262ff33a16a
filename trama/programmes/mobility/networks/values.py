"""Texts of a feed as numbers, a whole column at once. Blank is null; unreadable is `bad`.

Each reader takes a string array and gives (values with nulls, mask of bad rows); on a dictionary
array it reads each distinct text once, which is what makes millions of stop times cheap.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

Mask = NDArray[np.bool_]
Numbers = NDArray[np.int64]
Parser = Callable[[pa.Array], tuple[Numbers, Mask]]
MAX_WHOLE = 2**31 - 1
EPOCH = date(1970, 1, 1).toordinal()


@dataclass(frozen=True, slots=True)
class Column:
    """`values` where `given`; rows that are neither given nor bad were blank."""

    values: Numbers
    given: Mask
    bad: Mask

    @property
    def blank(self) -> Mask:
        """Rows that were left empty."""
        return ~self.given & ~self.bad


def trimmed(texts: pa.Array) -> pa.Array:
    """Without spaces around the text, nor the quotes that a space before them left standing."""
    bare = pc.utf8_trim_whitespace(texts)
    quoted = pc.match_substring_regex(bare, r'(?s)^".*"$')
    if pc.any(quoted).as_py():
        inner = pc.utf8_trim_whitespace(pc.utf8_trim(bare, '"'))
        bare = pc.if_else(quoted, inner, bare)
    return bare


def whole_numbers(texts: pa.Array) -> Column:
    """`7`, ` 7`, `7.0`; 0 to 2^31-1."""
    return _read(texts, r"^\+?\d{1,10}(\.0*)?$", _as_whole)


def seconds(texts: pa.Array) -> Column:
    """`H:MM:SS` to seconds since the start of the service day; 25:10:00 is 90,600."""
    return _read(texts, r"^\d{1,3}:[0-5]?\d:[0-5]?\d$", _as_seconds)


def degrees_e6(texts: pa.Array, limit: int) -> Column:
    """Decimal degrees to millionths; bad outside of -limit..limit."""
    column = _read(texts, r"^[+-]?\d{1,3}(\.\d*)?([eE][+-]?\d)?$", _as_degrees_e6)
    bad = column.bad | (column.given & (np.abs(column.values) > limit * 1_000_000))
    return Column(column.values, column.given & ~bad, bad)


def dates(texts: pa.Array) -> Column:
    """`YYYYMMDD` to days since 1970-01-01."""
    return _read(texts, r"^\d{8}$", _as_days)


def prices_minor(texts: pa.Array, digits: pa.Array) -> Column:
    """Decimal amounts to minor units of a currency with `digits` decimals; bad when finer."""
    given = np.zeros(len(texts), bool)
    values = np.zeros(len(texts), np.int64)
    for i, (text, places) in enumerate(zip(texts.to_pylist(), digits.to_pylist(), strict=True)):
        minor = price_minor(text, places)
        given[i], values[i] = minor is not None, minor or 0
    blank = _mask(pc.equal(texts, ""))
    return Column(values, given, ~given & ~blank)


def price_minor(text: str, digits: int) -> int | None:
    """`3.60` with 2 digits is 360; None when it is no such amount."""
    try:
        scaled = Decimal(text).scaleb(digits)
        fits = scaled.is_finite() and 0 <= scaled <= MAX_WHOLE and scaled == scaled.to_integral()
    except InvalidOperation:
        return None
    return int(scaled) if fits else None


def date_of(text: str) -> date | None:
    """`20260401` as a date, None when it is not one."""
    try:
        return datetime.strptime(text, "%Y%m%d").date()  # noqa: DTZ007, a date has no zone
    except ValueError:
        return None


def _read(texts: pa.Array, pattern: str, parse: Parser) -> Column:
    if pa.types.is_dictionary(texts.type):
        distinct = _read(trimmed(texts.dictionary), pattern, parse)
        at = texts.indices.to_numpy(zero_copy_only=False)
        return Column(distinct.values[at], distinct.given[at], distinct.bad[at])
    fits = pc.match_substring_regex(texts, pattern)
    given, blank = _mask(fits), _mask(pc.equal(texts, ""))
    values = np.zeros(len(texts), np.int64)
    if given.any():
        values[given], understood = parse(texts.filter(fits))
        given[given] = understood
    return Column(values, given, ~given & ~blank)


def _mask(booleans: pa.Array) -> Mask:
    mask: Mask = booleans.to_numpy(zero_copy_only=False).astype(bool)
    return mask


def _as_whole(texts: pa.Array) -> tuple[Numbers, Mask]:
    numbers = _numpy(pc.cast(pc.replace_substring_regex(texts, r"^\+|\..*$", ""), pa.int64()))
    return numbers, numbers <= MAX_WHOLE


def _as_seconds(texts: pa.Array) -> tuple[Numbers, Mask]:
    parts = pc.split_pattern(texts, ":")
    hours, minutes, rest = (
        _numpy(pc.cast(pc.list_element(parts, i), pa.int64())) for i in range(3)
    )
    return hours * 3600 + minutes * 60 + rest, np.ones(len(texts), bool)


def _as_degrees_e6(texts: pa.Array) -> tuple[Numbers, Mask]:
    plain = pc.replace_substring_regex(texts, r"^\+", "")
    degrees = pc.cast(plain, pa.float64()).to_numpy(zero_copy_only=False)
    on_earth = np.abs(degrees) <= 180
    return np.rint(np.where(on_earth, degrees, 0) * 1e6).astype(np.int64), on_earth


def _as_days(texts: pa.Array) -> tuple[Numbers, Mask]:
    days = [date_of(text) for text in texts.to_pylist()]
    numbers = [day.toordinal() - EPOCH if day else -1 for day in days]
    return np.array(numbers, np.int64), np.array(numbers) >= 0


def _numpy(numbers: pa.Array) -> Numbers:
    values: Numbers = numbers.to_numpy(zero_copy_only=False)
    return values
