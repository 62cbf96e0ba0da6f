"""Read a date as people write it, or return why it cannot be read. Pure.

A date is read only if it has one reading. A reason never quotes the date, which is a patient's.
"""

from __future__ import annotations

import datetime as dt
import re
from enum import StrEnum
from typing import Final

# The years of a patient's dates. Any other year is a typing error.
_YEARS: Final = range(1900, 2200)
_MONTHS: Final = (
    "january", "february", "march", "april", "may", "june",
    "july", "august", "september", "october", "november", "december",
)  # fmt: skip
# Months by their names, and by their first three letters. September is also cut to four.
_BY_NAME: Final = {
    name: number
    for number, month in enumerate(_MONTHS, 1)
    for name in (month, month[:3], *(("sept",) if number == 9 else ()))  # noqa: PLR2004 -- September
}
# Exports write the time 00:00:00 behind a date.
_ISO: Final = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})(?:[T ]00:00(?::00(?:\.0+)?)?)?")
_FIGURES: Final = re.compile(r"([0-9]{1,2})([/.-])([0-9]{1,2})\2([0-9]{2}|[0-9]{4})")
_MONTH_FIRST: Final = re.compile(r"([A-Za-z]+)\.? ([0-9]{1,2}),? ([0-9]{2}|[0-9]{4})")
_DAY_FIRST: Final = re.compile(r"([0-9]{1,2})(?:[ -]|\. )([A-Za-z]+)\.?[ -]([0-9]{2}|[0-9]{4})")
NO_DATE: Final = "is not a date such as 2027-11-01"
_TWO_FIGURES: Final = "has a year of two figures: write all four, as in 2027-11-01"
_COUNTED: Final = (
    "is a number, perhaps a date that lost its format: format the column as a date in the list, and "
    "save it again"
)
_TWO_READINGS: Final = (
    "could be two days, by which comes first, month or day: add --dates mdy (month first) or "
    "--dates dmy (day first), or write it as 2027-11-01"
)
_DOTS_ALONE: Final = (
    "could be two days, by which comes first, month or day: add --dates dmy (day first), or write "
    "it as 2027-11-01"
)
_DOTS: Final = (
    "has dots, as where the day comes first, but --dates mdy says that the month does: write it as "
    "2027-11-01"
)


class Order(StrEnum):
    """The order of day and month in dates of figures, such as 11/2/2027."""

    MDY = "mdy"
    DMY = "dmy"


def read_date(words: str, order: Order | None = None) -> dt.date | str:
    """Return the day of a date, or the reason why there is none, to follow the field's name.

    Reads ISO 8601 (2027-11-02), months in English (November 2, 2027; 2 Nov 2027), and figures that
    are a day in one order of day and month only, or in the `order` that was chosen. Nobody who
    writes the month first writes dots, so `mdy` decides nothing about 11.2.2027.
    """
    if match := _ISO.fullmatch(words):
        return _day(*match.groups()) or NO_DATE
    if match := _FIGURES.fullmatch(words):
        first, separator, second, year = match.groups()
        return _of_figures(year, first, second, order, dots=separator == ".")
    if match := _MONTH_FIRST.fullmatch(words):
        return _named(match[3], match[1], match[2])
    if match := _DAY_FIRST.fullmatch(words):
        return _named(match[3], match[2], match[1])
    return _COUNTED if re.fullmatch(r"[0-9]{5}", words) else NO_DATE


def _of_figures(
    year: str, first: str, second: str, order: Order | None, *, dots: bool
) -> dt.date | str:
    month_first, day_first = _day(year, first, second), _day(year, second, first)
    if len(year) == 2:  # noqa: PLR2004 -- figures
        return _TWO_FIGURES
    if month_first is None or day_first is None or month_first == day_first:
        return month_first or day_first or NO_DATE
    if order is Order.MDY:
        return _DOTS if dots else month_first
    if order is None:
        return _DOTS_ALONE if dots else _TWO_READINGS
    return day_first


def _named(year: str, month: str, day: str) -> dt.date | str:
    number = _BY_NAME.get(month.lower())
    if number is None:
        return NO_DATE
    return _TWO_FIGURES if len(year) == 2 else _day(year, str(number), day) or NO_DATE  # noqa: PLR2004 -- figures


def _day(year: str, month: str, day: str) -> dt.date | None:
    try:
        date = dt.date(int(year), int(month), int(day))
    except ValueError:
        return None
    return date if date.year in _YEARS else None
