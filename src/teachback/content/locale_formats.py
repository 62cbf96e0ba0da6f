"""Write dates and numbers as a language does, and look up the direction that it is written in.

This is the only module that imports Babel.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final

from babel import Locale, UnknownLocaleError
from babel.dates import format_date
from babel.numbers import NumberFormatError, get_decimal_symbol, get_group_symbol, parse_decimal

from teachback.errors import TeachbackError

if TYPE_CHECKING:
    import datetime as dt


# Languages whose short dates have an unusual short month, such as 22-Nof-2026.
_WHOLE_MONTHS: Final = frozenset({"so"})
# Months that the CLDR lacks: it writes dates in Haitian Creole with numbers, or in French.
_MONTHS: Final = {
    "ht": (
        "janvye", "fevriye", "mas", "avril", "me", "jen", "jiy\u00e8", "out", "septanm",
        "okt\u00f2b", "novanm", "desanm",
    ),
}  # fmt: skip


@lru_cache(4_000)
def dated(day: dt.date, language: str) -> str:
    """Return a date as a language writes it, with the month in words.

    11/2 is a day in February to one reader and in November to another. So this takes the medium
    form of the CLDR where it has a word, and the long form elsewhere. Raises TeachbackError for an
    unknown language.
    """
    locale = _locale(language)
    base_language = language.partition("-")[0]
    if base_language in _MONTHS:
        return f"{day.day} {_MONTHS[base_language][day.month - 1]} {day.year}"
    medium = format_date(day, "medium", locale=locale)
    has_word = any(map(str.isalpha, medium)) and base_language not in _WHOLE_MONTHS
    return medium if has_word else format_date(day, "long", locale=locale)


@lru_cache(4_000)
def is_number(text: str, language: str) -> bool:
    """Return whether a text is a number as a language writes it.

    Thousands are either grouped correctly or not at all. Raises TeachbackError for an unknown
    language.
    """
    locale = _locale(language)
    decimal_sign, group_sign = get_decimal_symbol(locale), get_group_symbol(locale)
    number = text[1:] if text.startswith(("-", "\u2212")) else text
    # Some languages group thousands with a narrow space that no keyboard has.
    if group_sign.isspace():
        number = number.replace(" ", group_sign)
    digits = set(number) - {decimal_sign, group_sign}
    if not digits or not all(
        digit.isascii() and digit.isdigit() for digit in {*digits, number[0], number[-1]}
    ):
        return False
    try:
        parse_decimal(number, locale=locale, strict=True)
    except NumberFormatError:
        return False
    return True


def number_in(number: str, language: str, other: str) -> str:
    """Return a number of one language as another language writes it.

    Raises TeachbackError for an unknown language.
    """
    source, target = _locale(language), _locale(other)
    group_sign = get_group_symbol(target)
    # A field is on one line, so a plain space does for a narrow one.
    group_sign = " " if group_sign.isspace() else group_sign
    signs = {
        get_decimal_symbol(source): get_decimal_symbol(target),
        get_group_symbol(source): group_sign,
    }
    if get_group_symbol(source).isspace():
        signs[" "] = group_sign
    converted = "".join(signs.get(letter, letter) for letter in number)
    # Not all languages group by three.
    return converted if is_number(converted, other) else converted.replace(group_sign, "")


@lru_cache(64)
def is_english_number(language: str) -> bool:
    """Return whether a language writes decimals with a point and groups thousands with commas.

    Raises TeachbackError for an unknown language.
    """
    locale = _locale(language)
    return (get_decimal_symbol(locale), get_group_symbol(locale)) == (".", ",")


@lru_cache(64)
def direction_of(language: str) -> str:
    """Return the direction of a language: ltr or rtl.

    Raises TeachbackError for an unknown language.
    """
    direction: str = _locale(language).text_direction
    return direction


@lru_cache(64)
def _locale(language: str) -> Locale:
    try:
        return Locale.parse(language, sep="-")
    except (UnknownLocaleError, ValueError):
        message = f"dates cannot be written in the language '{language}'"
        hint = "Use the tag of a language that is spoken, such as en, es or zh-Hans."
        raise TeachbackError.of(message, hint) from None
