"""Dates and numbers as they are written in a language. The one module that imports Babel."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from babel import Locale, UnknownLocaleError
from babel.dates import format_date
from babel.numbers import NumberFormatError, get_decimal_symbol, get_group_symbol, parse_decimal

from teachback.errors import Problem, TeachbackError

if TYPE_CHECKING:
    import datetime as dt


@lru_cache(4_000)
def dated(day: dt.date, language: str) -> str:
    """Write a date as it is written in a language. Raises TeachbackError for a language in which nobody can write one."""
    return format_date(day, "medium", locale=_locale(language))


@lru_cache(4_000)
def is_number(text: str, language: str) -> bool:
    """Say whether a text is a number as a language writes one, its thousands set apart rightly or not at all.

    Raises TeachbackError for a language in which nobody can write one.
    """
    locale = _locale(language)
    point, comma = get_decimal_symbol(locale), get_group_symbol(locale)
    # Some languages set thousands apart with a narrow space that nobody can type.
    digits = (text[1:] if text.startswith(("-", "\u2212")) else text).replace(
        " ", comma if comma.isspace() else " "
    )
    figures = set(digits) - {point, comma}
    if not figures or not all(
        figure.isascii() and figure.isdigit() for figure in {*figures, digits[0], digits[-1]}
    ):
        return False
    try:
        parse_decimal(digits, locale=locale, strict=True)
    except NumberFormatError:
        return False
    return True


@lru_cache(64)
def is_english_number(language: str) -> bool:
    """Return whether a language writes a point before decimals, and commas between thousands. Raises as `is_number`."""
    locale = _locale(language)
    return (get_decimal_symbol(locale), get_group_symbol(locale)) == (".", ",")


@lru_cache(64)
def _locale(language: str) -> Locale:
    try:
        return Locale.parse(language, sep="-")
    except (UnknownLocaleError, ValueError):
        message = f"dates cannot be written in the language '{language}'"
        raise TeachbackError(
            Problem(message, "Use the tag of a language that is spoken, such as en, es or zh-Hans.")
        ) from None
