"""Test that a value is printed as it stands, or refused with a reason.

The reason never quotes the value.
"""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from teachback.content.record_fields import RecordField
from teachback.files.font_coverage import coverage
from teachback.files.workspace import builtin_root
from teachback.merge.records.dates import Order
from teachback.merge.records.field_values import FieldFault, read_value, unprintable_reason


def field(kind: str = "text", **more: object) -> RecordField:
    """Make a field."""
    return RecordField.model_validate({"name": "it", "label": "It", "type": kind, **more})


@pytest.mark.parametrize(
    ("kind", "raw", "language", "printed"),
    [
        ("text", "  Citroe\u0308n  ", "en", "Citroën"),
        ("text", "Ulan\u00a0Ude", "en", "Ulan Ude"),
        ("text", "{clinic.phone} =1+1 **x** <b>", "en", "{clinic.phone} =1+1 **x** <b>"),
        ("text", "Huế d\u2019Or", "en", "Huế d\u2019Or"),
        ("text", "", "en", ""),
        ("date", "2027-03-01", "en", "Mar 1, 2027"),
        ("date", "2028-02-29", "es", "29 feb 2028"),
        ("phone", "+1 (555) 010-0100 ext. 7", "en", "+1 (555) 010-0100 ext. 7"),
        ("phone", "911", "en", "911"),
        ("number", "1,500.5", "en", "1,500.5"),
        ("number", "1500.5", "en", "1500.5"),
        ("number", "1.500,5", "de", "1.500,5"),
        ("number", "1 500,5", "fr", "1 500,5"),
        ("number", "-3", "en", "-3"),
        ("choice", "left", "en", "left"),
        ("choice", " LEFT", "en", "left"),
    ],
)
def test_a_value_is_printed_as_its_field_says(
    kind: str, raw: str, language: str, printed: str
) -> None:
    """Texts, phone numbers and numbers print as written, dates in the style of the language."""
    choices = {"choices": ["left", "right"]} if kind == "choice" else {}
    assert read_value(field(kind, **choices), raw, language) == printed


@pytest.mark.parametrize(
    ("kind", "raw", "language"),
    [
        ("date", "2027-02-29", "en"),
        ("date", "03/01/2027", "en"),
        ("date", "20270301", "en"),
        ("date", "2027-W01-1", "en"),
        ("date", "0027-03-01", "en"),
        ("date", "\u0662\u0660\u0662\u0667-\u0660\u0663-\u0660\u0661", "en"),
        ("phone", "call me", "en"),
        ("phone", "1", "en"),
        ("phone", "+1 555 010 0100 0100 0100 0100 0100", "en"),
        ("number", "1,5", "en"),
        ("number", "1.5", "de"),
        ("number", "1.5.5", "en"),
        ("number", "-\u22125", "en"),
        ("number", "1e5", "en"),
        ("number", "NaN", "en"),
        ("number", "\u0661\u0665", "en"),
        ("number", "-", "en"),
        ("number", "1.5 L", "en"),
        ("choice", "L", "en"),
    ],
)
def test_a_value_of_another_kind_is_refused(kind: str, raw: str, language: str) -> None:
    """Nothing is guessed.

    A date in another order, a comma where the language has a point, and an unknown choice are
    refused.
    """
    choices = {"choices": ["left", "right"]} if kind == "choice" else {}
    read = read_value(field(kind, **choices), raw, language)
    assert isinstance(read, FieldFault)
    assert (read.field, raw in read.reason) == ("it", False)


# 2 November 2027, as lists from other programs have it.
@pytest.mark.parametrize(
    ("raw", "order"),
    [
        ("2027-11-02", None),
        ("2027-11-02 00:00:00", None),
        ("2027-11-02T00:00:00.000", None),
        ("November 2, 2027", None),
        ("Nov. 2 2027", None),
        ("2 november 2027", None),
        ("02-NOV-2027", None),
        ("11/2/2027", Order.MDY),
        ("11-02-2027", Order.MDY),
        ("2/11/2027", Order.DMY),
        ("2.11.2027", Order.DMY),
    ],
)
def test_a_date_with_one_reading_is_printed(raw: str, order: Order | None) -> None:
    """Figures have one reading once it is known whether the month or the day comes first."""
    assert read_value(field("date"), raw, "en", order) == "Nov 2, 2027"


@pytest.mark.parametrize("raw", ["31/12/2027", "12/31/2027", "31.12.2027", "12-31-2027"])
@pytest.mark.parametrize("order", [None, *Order])
def test_figures_that_are_a_day_in_one_order_only_need_no_setting(
    raw: str, order: Order | None
) -> None:
    """No month has the number 31."""
    assert read_value(field("date"), raw, "en", order) == "Dec 31, 2027"


@pytest.mark.parametrize(
    ("raw", "order", "reason"),
    [
        ("11/2/2027", None, "could be two days"),
        # To name the month first would be no help: dots are then refused.
        (
            "11.2.2027",
            None,
            "could be two days, by which comes first, month or day: add --dates dmy (day first), or",
        ),
        ("11.2.2027", Order.MDY, "has dots, as where the day comes first"),
        ("2-Nov-27", Order.DMY, "has a year of two figures"),
        ("11/2/27", Order.MDY, "has a year of two figures"),
        ("46328", Order.MDY, "is a number, perhaps a date that lost its format"),
        ("2027-11-02 09:30:00", None, "is not a date"),
        ("31/31/2027", None, "is not a date"),
        ("30 Feb 2027", None, "is not a date"),
        ("Mayday 2, 2027", None, "is not a date"),
        ("11/2-2027", Order.MDY, "is not a date"),
        ("TBD", Order.MDY, "is not a date"),
    ],
)
def test_a_date_with_two_readings_or_none_is_refused(
    raw: str, order: Order | None, reason: str
) -> None:
    """A patient must not come on the wrong day. The reason says what to do."""
    read = read_value(field("date"), raw, "en", order)
    assert isinstance(read, FieldFault)
    assert read.reason.startswith(reason)
    assert "2027-11-01" in read.reason or "save it again" in read.reason


@pytest.mark.parametrize(
    ("words", "script", "hint"),
    [
        ("李小龍", "Chinese or Japanese", "type `teachback add zh-hans`"),
        ("김민준", "Korean", "type `teachback add korean`"),
        ("สมชาย", "Thai", "put a .ttf file with them into styles/fonts/names/"),
    ],
)
def test_letters_without_a_font_are_told_by_their_script(
    words: str, script: str, hint: str
) -> None:
    """A clerk knows Chinese, and not CJK."""
    points = frozenset(range(0x250))
    read = read_value(field(), words, "en", None, points)
    reason = f"has {script} letters, for which there is no font here: {hint}, or write it by hand"
    assert isinstance(read, FieldFault)
    assert read.reason.startswith(reason)
    assert read_value(field(), "Nguyễn Hà", "en", None, points) == "Nguyễn Hà"


def test_a_korean_name_is_printed_where_a_font_has_its_syllables() -> None:
    """The font of the extra has no letters that syllables are made of, and needs none."""
    fonts = tuple((builtin_root() / "packaging/fonts/korean").rglob("*.ttf"))
    points = coverage(fonts)
    assert ord("김") in points
    assert points.isdisjoint(map(ord, unicodedata.normalize("NFD", "김")))
    assert read_value(field(), "김민준", "en", None, points) == "김민준"


@pytest.mark.parametrize("raw", ["60 kg", "60kg", "5.5 %", "7 mmol/L", "36.6 \u00b0C"])
def test_a_number_with_a_unit_is_told_so(raw: str) -> None:
    """The reason says what to leave out."""
    read = read_value(field("number"), raw, "en")
    assert isinstance(read, FieldFault)
    assert read.reason.startswith("is a number with a unit: leave the unit out")


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        ("a\nb", "holds a control character, a tab or a line break: write it in one line"),
        ("a\tb", "holds a control character, a tab or a line break: write it in one line"),
        ("a\x00b", "holds a control character, a tab or a line break: write it in one line"),
        ("a\x85b", "holds a control character, a tab or a line break: write it in one line"),
        ("a\u2028b", "holds a line break: write it in one line"),
        ("a\u202eb", "holds an invisible character that changes the direction of the text"),
        ("a\u2067b", "holds an invisible character that changes the direction of the text"),
        ("a\u200bb", "holds a character that cannot be seen"),
        ("a\u00adb", "holds a character that cannot be seen"),
        ("a\ufe0fb", "holds a character that cannot be seen"),
        ("a\U000e0041b", "holds a character that cannot be seen"),
        ("a\ue000b", "holds a private-use character, which each computer draws differently"),
        ("a\ud800b", "holds half a character"),
        ("a\uffffb", "holds an unknown character"),
        ("e" + "\u0316" * 3, "has too many accents on one letter"),
        (
            "s\u0336t\u0336o\u0336p\u0336",
            "holds a mark that is drawn over a letter, such as a line through it",
        ),
        ("x\u0338", "holds a mark that is drawn over a letter, such as a line through it"),
        ("A\u20dd", "holds a mark that is drawn over a letter, such as a line through it"),
        ("x" * 201, "is longer than 200 characters"),
    ],
)
def test_what_would_not_print_as_it_stands_is_refused_with_its_reason(
    raw: str, reason: str
) -> None:
    """Characters that are invisible, unknown or not printable as they stand are refused."""
    assert read_value(field(), raw, "en") == FieldFault("it", reason)


@given(st.text(st.characters(codec=None), min_size=1))
def test_what_is_not_refused_can_be_written_into_a_file(words: str) -> None:
    """The check never fails on a text, and what it accepts is valid Unicode in one line."""
    if not unprintable_reason(words):
        assert words.encode("utf-16-be")
        assert words.splitlines() == [words]
