"""A date on paper is read as the same day by everybody: its month is a word."""

from __future__ import annotations

import datetime as dt

import pytest

from teachback.content.locale_formats import dated, is_number, number_in

DAY = dt.date(2026, 11, 2)


@pytest.mark.parametrize(
    ("language", "written"),
    [
        ("en", "Nov 2, 2026"),
        ("es", "2 nov 2026"),
        ("es-MX", "2 nov 2026"),
        ("de", "2. November 2026"),
        ("ar", "2 نوفمبر 2026"),
        ("ja", "2026年11月2日"),
        ("ko", "2026년 11월 2일"),
        ("zh-Hans", "2026年11月2日"),
        ("vi", "2 thg 11, 2026"),
        ("so", "Noofeembar 2, 2026"),
        ("ht", "2 novanm 2026"),
    ],
)
def test_a_date_has_its_month_in_words_as_the_language_writes_it(
    language: str, written: str
) -> None:
    """English and Spanish keep their short form; what has numbers alone gets the long one."""
    assert dated(DAY, language) == written


@pytest.mark.parametrize("language", ["en", "es", "vi", "ru", "zh-Hant", "ko", "ht", "tl", "ar"])
def test_each_month_differs_and_no_mark_is_hidden_in_it(language: str) -> None:
    """A reader tells any two months apart; a hidden mark would be refused on paper."""
    dates = {dated(dt.date(2026, month, 5), language) for month in range(1, 13)}
    assert len(dates) == 12
    letters = {letter for date in dates for letter in date}
    assert all(letter.isprintable() or letter.isspace() for letter in letters)


@pytest.mark.parametrize(
    ("number", "language", "other", "written"),
    [
        ("1,5", "es", "en", "1.5"),
        ("1.500,25", "es", "en", "1,500.25"),
        ("-2,000", "en", "es", "-2.000"),
        ("1 500,5", "fr", "en", "1,500.5"),
        ("1,500.5", "en", "fr", "1 500,5"),
        ("100,000", "en", "hi", "100000"),
        ("1500", "vi", "en", "1500"),
    ],
)
def test_a_number_is_written_again_as_another_language_writes_it(
    number: str, language: str, other: str, written: str
) -> None:
    """Its signs for decimals and groups change; where groups differ, their signs are left out."""
    assert number_in(number, language, other) == written
    assert is_number(written, other)
