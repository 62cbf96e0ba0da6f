"""Convert the value of a field into the words to print, or return why it cannot be printed. Pure.

A value holds no commands: braces, equals signs and markup print as they are. A value is refused if
it could print differently from the file. A reason never quotes the value, which is a patient's.
"""

from __future__ import annotations

import re
import string
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from teachback.content.locale_formats import dated, is_english_number, is_number, number_in
from teachback.content.record_fields import FieldKind
from teachback.errors import folded
from teachback.files.encoding_damage import LOST_LETTER, spoilt
from teachback.files.unprintable_characters import OVERLAY, TURNING, is_odd_blank, is_unseen
from teachback.files.xlsx_number_formats import Day, PointedNumber
from teachback.merge.records.dates import Order, read_date
from teachback.units import field_beside, split_languages

if TYPE_CHECKING:
    from collections.abc import Mapping

    from teachback.content.record_fields import RecordField

# In characters. The longest line of a page holds about half of it.
LONGEST: Final = 200
# The most accents on one letter. More would reach into the lines above and below.
MOST_MARKS: Final = 2
_PHONE: Final = re.compile(
    r"\+?[0-9 ().\-/\u2010\u2011]+(?:(?:,| ?x| ?#| ?ext\.?| ?extension) ?[0-9]{1,6})?",
    re.IGNORECASE,
)
# ITU-T E.164 allows at most 15 digits; the shortest emergency numbers have 2. An extension adds up
# to 6.
_PHONE_DIGITS: Final = range(2, 22)
# Besides letters, the signs of units behind a number.
_UNIT_SIGNS: Final = "%/\u00b0\u00b5\u03bc\u00b2\u00b3"
# The Unicode categories of marks, which belong to the letter before them.
_ACCENTS: Final = frozenset({"Mn", "Mc", "Me"})
# The words for scripts whose names in Unicode a clerk may not know.
_SCRIPTS: Final = {
    "CJK": "Chinese or Japanese", "HIRAGANA": "Japanese", "KATAKANA": "Japanese",
    "HANGUL": "Korean",
}  # fmt: skip
# The extras of the program that bring their fonts.
_EXTRAS: Final = {
    "ARABIC": "arabic", "CJK": "zh-hans", "DEVANAGARI": "devanagari", "HANGUL": "korean",
}  # fmt: skip
NO_FONT: Final = "for which there is no font here"
_WITH_FONT: Final = "put a .ttf file with them into styles/fonts/names/"
BY_HAND: Final = "write it by hand on a handout from `teachback build`"
TOO_LONG: Final = "is too long for its line, even in the smallest type"
_LOST: Final = "\ufffd"
_ONE_LINE: Final = "write it in one line"
_REASONS: Final = {
    "Cc": f"holds a control character, a tab or a line break: {_ONE_LINE}",
    "Zl": f"holds a line break: {_ONE_LINE}",
    "Zp": f"holds a line break: {_ONE_LINE}",
    "Cf": "holds a character that cannot be seen",
    "Co": "holds a private-use character, which each computer draws differently",
    "Cs": "holds half a character",
    "Cn": "holds an unknown character",
}


# The letters that were found to be printable in any position. Names have the same ones again and
# again.
_known_printable: set[str] = set()


@dataclass(frozen=True)
class FieldFault:
    """The reason why a record cannot be printed, with the field's name.

    It never quotes the value, which is a patient's.
    """

    field: str
    reason: str


# Turns the raw text of a field, in a language, into the words to print by the name of their place
# (nothing for none), or into its fault. It pickles.
ReadValue = Callable[["RecordField", str, str], "dict[str, str] | FieldFault"]


def read_value(
    field: RecordField,
    raw: str,
    language: str,
    order: Order | None = None,
    points: frozenset[int] | None = None,
    *,
    written_in: str = "",
) -> str | FieldFault:
    """Return the words to print for a raw value in a language, or its fault.

    The words are empty where the value is empty and need not be filled. `order` is that of day and
    month in dates such as 11/2/2027, or None where it is not known. `points` are the code points
    that the fonts have, or None for all. `written_in` is the language that numbers are written in,
    where it is another one.
    """
    words = normalize_value(raw)
    written_in = written_in or language
    reason = spoilt(raw) or unprintable_reason(words) or _fontless(words, points)
    if not reason and isinstance(raw, Day) and field.type is not FieldKind.DATE:
        reason = (
            "is a date: set `type: date` for this field in the handout, or retype the cells as text"
        )
    if not reason and isinstance(raw, PointedNumber) and not is_english_number(written_in):
        reason = (
            "has a decimal point or commas, which readers of this language take for another "
            "number; retype the cells as text"
        )
    if reason:
        return FieldFault(field.name, reason)
    if not words:
        return FieldFault(field.name, "is empty but required") if field.required else ""
    if field.type is FieldKind.DATE:
        date = read_date(words, order)
        return FieldFault(field.name, date) if isinstance(date, str) else dated(date, language)
    if field.type is FieldKind.PHONE and not _is_phone(words):
        return FieldFault(
            field.name, "is not a phone number: leave out all words, or leave it empty"
        )
    if field.type is FieldKind.NUMBER and not is_number(words, written_in):
        reason = "is not a number: write figures alone, such as 1500, or leave it empty"
        if is_number(words.rstrip(_UNIT_SIGNS + string.ascii_letters).rstrip(), written_in):
            reason = "is a number with a unit: leave the unit out, the number stands alone here"
        return FieldFault(field.name, reason)
    if field.type is FieldKind.NUMBER and written_in != language:
        return number_in(words, written_in, language)
    if field.type is FieldKind.CHOICE:
        choices = {folded(choice): normalize_value(choice) for choice in field.choices}
        none = FieldFault(field.name, f"is none of these: {', '.join(field.choices)}")
        return choices.get(folded(words), none)
    return words


def words_by_place(
    field: RecordField,
    raw: str,
    language: str,
    order: Order | None = None,
    points: frozenset[int] | None = None,
    english: Mapping[str, RecordField] = {},
) -> dict[str, str] | FieldFault:
    """Return the words to print for a raw value by the name of its place, or its fault.

    Of two languages, each half has a place of its own, in which the value is written as its
    language does. The value is in the first language, and `english` are the fields by name in the
    second. See `read_value`.
    """
    own, facing = split_languages(language)
    words = read_value(field, raw, own, order, points)
    if not isinstance(words, str):
        return words
    if not words or not facing:
        return {field.name: words} if words else {}
    if field.type is FieldKind.CHOICE:
        index = [normalize_value(choice) for choice in field.choices].index(words)
        facing_words: str | FieldFault = normalize_value(
            english.get(field.name, field).choices[index]
        )
    else:
        facing_words = read_value(field, raw, facing, order, points, written_in=own)
    if not isinstance(facing_words, str):
        return facing_words
    return {field.name: words, field_beside(field.name, facing): facing_words}


def normalize_value(raw: str) -> str:
    """Return a value stripped and in NFC, with every kind of space as a plain one."""
    value = unicodedata.normalize("NFC", raw.strip())
    return (
        value
        if value.isascii()
        else "".join(" " if unicodedata.category(letter) == "Zs" else letter for letter in value)
    )


def unprintable_reason(words: str) -> str:
    """Return why words cannot be printed in any field, or an empty text if they can."""
    if len(words) > LONGEST:
        return f"is longer than {LONGEST} characters"
    if _known_printable.issuperset(words) or (words.isascii() and words.isprintable()):
        return ""
    marks = 0
    previous = " "
    for letter in words:
        category = unicodedata.category(letter)
        reason = _letter_fault(letter, category)
        if reason:
            return reason
        if category in _ACCENTS and previous.isspace():
            return "holds an accent without a letter"
        if unicodedata.combining(letter) == OVERLAY or category == "Me":
            return "holds a mark that is drawn over a letter, such as a line through it"
        marks = marks + 1 if category in {"Mn", "Me"} else 0
        if marks > MOST_MARKS:
            return "has too many accents on one letter"
        previous = letter
        if category not in _ACCENTS:
            _known_printable.add(letter)
    return ""


def _letter_fault(letter: str, category: str) -> str:
    """Return why a character cannot be printed anywhere. `category` is its Unicode category."""
    if letter in TURNING:
        return "holds an invisible character that changes the direction of the text"
    if letter == _LOST:
        return LOST_LETTER
    if category in _REASONS:
        return _REASONS[category]
    if is_unseen(letter) or is_odd_blank(letter):
        return _REASONS["Cf"]
    return ""


def _fontless(words: str, points: frozenset[int] | None) -> str:
    """Return the reason for the first letter that no font has, whole or without its accents."""
    if points is None or words.isascii():
        return ""
    missing = next((letter for letter in words if _lacks(points, letter)), "")
    return no_font(missing) if missing else ""


def _lacks(points: frozenset[int], letter: str) -> bool:
    """Check whether fonts lack a letter, and a letter that it decomposes into.

    A Korean syllable decomposes into letters that a font with all syllables need not have.
    """
    if ord(letter) in points:
        return False
    parts = filter(str.isalpha, unicodedata.normalize("NFD", letter))
    return any(ord(part) not in points for part in parts)


def no_font(letter: str) -> str:
    """Return the reason for a letter that no font has. It names the script and not the letter."""
    script = unicodedata.name(letter, "unknown").partition(" ")[0]
    words = _SCRIPTS.get(script, script.title())
    extra = _EXTRAS.get(script)
    add = f"type `teachback add {extra}`" if extra else _WITH_FONT
    return f"has {words} letters, {NO_FONT}: {add}, or {BY_HAND}"


def _is_phone(words: str) -> bool:
    return (
        bool(_PHONE.fullmatch(words)) and sum(letter.isdigit() for letter in words) in _PHONE_DIGITS
    )
