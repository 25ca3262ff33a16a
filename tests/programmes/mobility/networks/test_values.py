"""Columns of texts as numbers, against a slow reading of one text at a time."""

import re
from datetime import date, timedelta
from decimal import Decimal

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trama.programmes.mobility.networks.values import (
    Column,
    dates,
    degrees_e6,
    price_minor,
    seconds,
    trimmed,
    whole_numbers,
)


def _read(column: Column) -> list[int | str | None]:
    """Each row as a number, as None when blank, as "bad"."""
    return [
        int(value) if given else "bad" if bad else None
        for value, given, bad in zip(column.values, column.given, column.bad, strict=True)
    ]


def _seconds(text: str) -> int | str | None:
    match = re.fullmatch(r"([0-9]{1,3}):([0-9]{1,2}):([0-9]{1,2})", text)
    if not match or int(match[2]) > 59 or int(match[3]) > 59:
        return "bad" if text else None
    return int(match[1]) * 3600 + int(match[2]) * 60 + int(match[3])


CLOCKS = st.one_of(
    st.from_regex(r"\A[0-9]{1,4}:[0-9]{1,2}:[0-9]{1,3}\Z"), st.text(max_size=9), st.just("")
)


@settings(max_examples=40)
@given(st.lists(CLOCKS.map(str.strip)))
def test_times_read_as_one_by_one_plain_or_as_words(texts: list[str]) -> None:
    column = trimmed(pa.array(texts, pa.string()))
    expected = [_seconds(text) for text in column.to_pylist()]
    assert _read(seconds(column)) == expected
    assert _read(seconds(column.dictionary_encode())) == expected


@given(st.integers(0, 999), st.integers(0, 59), st.integers(0, 59))
def test_times_go_past_24_hours(hours: int, minutes: int, rest: int) -> None:
    text = f"{hours}:{minutes:02}:{rest:02}"
    assert _read(seconds(pa.array([text]))) == [hours * 3600 + minutes * 60 + rest]


@given(st.decimals(-180, 180, places=6))
def test_degrees_are_read_to_the_millionth(degrees: Decimal) -> None:
    assert _read(degrees_e6(pa.array([f"{degrees:f}"]), 180)) == [int(degrees * 1_000_000)]


@given(st.dates(date(1970, 1, 1), date(2199, 12, 31)))
def test_dates_are_days(day: date) -> None:
    (days,) = dates(pa.array([f"{day:%Y%m%d}"])).values
    assert date(1970, 1, 1) + timedelta(days=int(days)) == day


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("7", 7),
        ("+7", 7),
        ("007", 7),
        ("7.0", 7),
        ("7.", 7),
        ("2147483647", 2147483647),
        ("2147483648", "bad"),
        ("7.5", "bad"),
        ("-7", "bad"),
        ("1e3", "bad"),
        ("٧", "bad"),
        ("", None),
    ],
)
def test_whole_numbers(text: str, number: int | str | None) -> None:
    assert _read(whole_numbers(pa.array([text]))) == [number]


@pytest.mark.parametrize(
    ("text", "digits", "minor"),
    [
        ("3.60", 2, 360),
        ("3.6", 2, 360),
        ("14", 2, 1400),
        ("730", 0, 730),
        ("0", 2, 0),
        ("9.505", 2, None),
        ("7.5", 0, None),
        ("-1", 2, None),
        ("3,60", 2, None),
        ("NaN", 2, None),
        ("Infinity", 2, None),
        ("1e400", 2, None),
        ("", 2, None),
    ],
)
def test_prices_are_exact_or_none(text: str, digits: int, minor: int | None) -> None:
    assert price_minor(text, digits) == minor


@given(st.text())
def test_trimming_leaves_neither_spaces_nor_a_pair_of_quotes(text: str) -> None:
    (bare,) = trimmed(pa.array([text], pa.string())).to_pylist()
    assert bare == bare.strip(" \t\r\n")
    assert bare in text
