"""Card numbers are recognised however they are written, and other digits are left alone."""

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trama.foundations.registry.card_numbers import (
    card_numbers_in,
    looks_like_card_number,
    without_card_numbers,
)


@pytest.mark.parametrize(
    "number",
    [
        "4111111111111111",
        "4111 1111 1111 1111",
        "5500-0000-0000-0004",
        "378282246310005",
        "4222222222222",
        " 6011000990139424 ",
        "6304000000000000000",
    ],
)
def test_published_test_numbers_are_recognised(number: str) -> None:
    assert looks_like_card_number(number)
    assert number.strip()[:9] not in without_card_numbers(f"token={number};")


@pytest.mark.parametrize(
    "word",
    [
        "",
        "rider-1",
        "4111111111111112",
        "411111111111",
        "41111111111111111111",
        "a4111111111111111",
    ],
)
def test_other_words_are_not(word: str) -> None:
    assert not looks_like_card_number(word)


def luhn(digits: str) -> bool:
    """The check as ISO/IEC 7812-1 writes it, from the right, doubling every second digit."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (2 if place % 2 else 1)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


@given(st.from_regex(r"[0-9]{11,21}", fullmatch=True))
def test_digits_are_a_card_number_if_their_length_and_check_are(digits: str) -> None:
    assert looks_like_card_number(digits) == (13 <= len(digits) <= 19 and luhn(digits))


@given(st.lists(st.one_of(st.none(), st.text(max_size=20), st.just("4111111111111111"))))
def test_a_column_is_told_as_its_words_are(words: list[str | None]) -> None:
    found = card_numbers_in(pa.array(words, pa.string())).to_pylist()
    assert found == [word is not None and looks_like_card_number(word) for word in words]


@given(st.text())
def test_nothing_that_looks_like_a_card_number_is_left(text: str) -> None:
    assert not looks_like_card_number(without_card_numbers(text))
