"""What is written is what was counted, as each language writes it."""

from datetime import date
from decimal import ROUND_HALF_UP, Decimal

import pytest
from babel.numbers import format_decimal
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from trama.web import formats

LOCALES = {"es": "es_MX", "pt-br": "pt_BR", "en": "en"}
AMOUNTS = st.integers(-(10**14), 10**14)
LANGUAGES = st.sampled_from(sorted(LOCALES))


def plain(text: str) -> str:
    return text.replace(formats.MINUS, "-").replace("\u00a0", " ")


@given(AMOUNTS, LANGUAGES)
def test_numbers_are_written_as_the_locale_data_says(value: int, language: str) -> None:
    expected = format_decimal(value, locale=LOCALES[language])
    assert plain(formats.number_text(value, language=language)) == expected


@given(AMOUNTS, LANGUAGES, st.integers(0, 4))
def test_fixed_digits_are_written_as_the_locale_data_says(
    value: int, language: str, digits: int
) -> None:
    pattern = "#,##0" + ("." + "0" * digits if digits else "")
    exact = Decimal(value).scaleb(-digits)
    expected = format_decimal(exact, pattern, locale=LOCALES[language])
    assert plain(formats.fixed_text(value, digits, language=language)) == expected


@pytest.mark.parametrize(
    ("minor", "currency", "language", "text"),
    [
        (123_456, "MXN", "es", "$1,234.56"),
        (123_456, "MXN", "en", "$1,234.56"),
        (123_456, "BRL", "pt-br", "R$ 1.234,56"),
        (-5, "MXN", "es", "-$0.05"),
        (1_500, "CLP", "es", "$1,500"),
        (100, "GBP", "en", "GBP 1.00"),
    ],
)
def test_money_is_read_with_its_symbol(minor: int, currency: str, language: str, text: str) -> None:
    assert plain(formats.money_text(minor, currency, language=language)) == text


@given(AMOUNTS)
def test_a_sign_says_which_way_the_money_went(minor: int) -> None:
    text = formats.signed_money_text(minor, "MXN", language="es")
    assert text[0] == ("+" if minor > 0 else formats.MINUS if minor < 0 else "$")


@given(st.integers(-(10**9), 10**9), st.integers(1, 10**9))
def test_a_share_is_rounded_once_and_half_away_from_zero(part: int, whole: int) -> None:
    exact = Decimal(part) * 100 / Decimal(whole)
    tenths = exact.quantize(Decimal("0.1"), ROUND_HALF_UP)
    text = plain(formats.percent_text(part, whole, language="en")).removesuffix(" %")
    assert Decimal(text.replace(",", "")) == tenths


def test_a_share_of_nothing_is_no_share() -> None:
    assert formats.percent_text(3, 0) == formats.NO_VALUE


@given(st.integers(0, 10_000))
def test_basis_points_lose_nothing(bps: int) -> None:
    text = plain(formats.bps_text(bps, language="en")).removesuffix(" %")
    assert Decimal(text) * 100 == bps
    assert not text.endswith("0") or "." not in text


def test_large_numbers_become_short() -> None:
    short = [plain(formats.short_number_text(n, language="en")) for n in (9_999, 12_000, 6_540_000)]
    assert short == ["9,999", "12 k", "6.5 M"]


def test_dates_are_written_in_the_language_of_the_reader() -> None:
    written = {}
    for language in LOCALES:
        with translation.override(language):
            written[language] = formats.day_text(date(2026, 4, 15))
    assert written == {
        "es": "15 de abril de 2026",
        "pt-br": "15 de abril de 2026",
        "en": "15 April 2026",
    }


def test_an_instant_is_told_by_the_clock_of_its_city() -> None:
    with translation.override("es"):
        text = formats.instant_text(1_776_258_309, "America/Mexico_City")
    assert text == "15 abr 2026, 07:05:09"
