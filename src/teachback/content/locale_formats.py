"""Know how a language writes dates and numbers, and in which direction.

The only module that imports Babel.
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


# Languages whose short form has a month that few write so on paper, such as 22-Nof-2026.
_WHOLE_MONTHS: Final = frozenset({"so"})
# Months that the CLDR lacks: it writes Haitian Creole with numbers, or in French.
_MONTHS: Final = {
    "ht": (
        "janvye", "fevriye", "mas", "avril", "me", "jen", "jiy\u00e8", "out", "septanm",
        "okt\u00f2b", "novanm", "desanm",
    ),
}  # fmt: skip


@lru_cache(4_000)
def dated(day: dt.date, language: str) -> str:
    """Return a date as a language writes it, with the month in words.

    11/2 is a day in February to one reader and in November to another: the short form of the CLDR
    is taken where it has a word, and the long one elsewhere. Raises TeachbackError for an unknown
    language.
    """
    locale = _locale(language)
    spoken = language.partition("-")[0]
    if spoken in _MONTHS:
        return f"{day.day} {_MONTHS[spoken][day.month - 1]} {day.year}"
    short = format_date(day, "medium", locale=locale)
    has_word = any(map(str.isalpha, short)) and spoken not in _WHOLE_MONTHS
    return short if has_word else format_date(day, "long", locale=locale)


@lru_cache(4_000)
def is_number(text: str, language: str) -> bool:
    """Return whether a text is a number as a language writes it.

    Thousands are either grouped correctly or not at all. Raises TeachbackError for an unknown
    language.
    """
    locale = _locale(language)
    point, comma = get_decimal_symbol(locale), get_group_symbol(locale)
    # Some languages group thousands with a narrow space that no keyboard has.
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


def number_in(number: str, language: str, other: str) -> str:
    """Return a number that one language writes as another one writes it.

    Raises TeachbackError for an unknown language.
    """
    one, two = _locale(language), _locale(other)
    point, comma = get_decimal_symbol(two), get_group_symbol(two)
    # A field is on one line, so a plain space does for a narrow one.
    comma = " " if comma.isspace() else comma
    signs = {get_decimal_symbol(one): point, get_group_symbol(one): comma}
    signs |= {" ": comma} if get_group_symbol(one).isspace() else {}
    written = "".join(signs.get(letter, letter) for letter in number)
    # Not all languages group by three.
    return written if is_number(written, other) else written.replace(comma, "")


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
