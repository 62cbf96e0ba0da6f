"""Marks in texts become spans; what would be read as another mark is refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from teachback.content.inline_markup import Span, marks_problems, parse_marks

UNMARKED = st.text(
    st.characters(
        codec="utf-8", exclude_characters="*_`[]<>!\\&{}\n\r\0", exclude_categories=("Cs", "Cc")
    ),
    min_size=1,
)


@given(UNMARKED)
def test_a_text_without_marks_is_printed_as_it_stands(text: str) -> None:
    """But for blanks at its ends, and without a problem."""
    assert "".join(span.text for span in parse_marks(text, {})) == text.strip()
    assert marks_problems(text) == ()


def test_marks_become_spans() -> None:
    """Strong words and a filled placeholder."""
    assert parse_marks("Call **now** {clinic.phone}", {"clinic.phone": "1"}) == (
        Span("Call "),
        Span("now", strong=True),
        Span(" "),
        Span("1", number=True),
    )


POWER = "the two stars in {} would be lost, and the numbers run into each other"
BESIDE = "a space is missing beside {}"
RUNNING = {
    "Take 1{record.dose}0 tablets": BESIDE.format("{record.dose}"),
    "{clinic.emergency}{record.dose}": BESIDE.format("{clinic.emergency}"),
    "Room 1{clinic.emergency}0": BESIDE.format("{clinic.emergency}"),
    "Call{clinic.phone}": BESIDE.format("{clinic.phone}"),
    "{clinic.name}s": BESIDE.format("{clinic.name}"),
    "1**{record.dose}** tablets": BESIDE.format("{record.dose}"),
    "**1**{record.dose} tablets": BESIDE.format("{record.dose}"),
    "[Call 1](https://x.org){clinic.phone}": BESIDE.format("{clinic.phone}"),
    "{record.dose}-10 mg": BESIDE.format("{record.dose}"),
    "5-{record.dose} mg": BESIDE.format("{record.dose}"),
    "1/{record.dose} tablet": BESIDE.format("{record.dose}"),
    "{record.dose}.5 mg": BESIDE.format("{record.dose}"),
    "{record.dose},000 units": BESIDE.format("{record.dose}"),
    "{record.dose}\u00b2 mg": BESIDE.format("{record.dose}"),
    "\u00bd{record.dose} mg": BESIDE.format("{record.dose}"),
    "{clinic.phone}-{clinic.emergency}": BESIDE.format("{clinic.phone}"),
    "{clinic.emergency}/{record.dose}": BESIDE.format("{clinic.emergency}"),
    "{record.dose}.{record.dose}": BESIDE.format("{record.dose}"),
    "A count of 10**3 to 10**4": POWER.format("10**3"),
    "un**do** it": "a space is missing beside the two stars in un**do",
    "**Call**now": "a space is missing beside the two stars in Call**now",
    "5\\-6 mg": "the backslash in \\- would not be printed",
    "5\\.5 mg": "the backslash in \\. would not be printed",
}


@pytest.mark.parametrize("text", RUNNING)
def test_numbers_that_would_run_into_each_other_are_refused(text: str) -> None:
    """A filled placeholder, or digits with stars between, must not join their neighbours."""
    assert [problem.message for problem in marks_problems(text, ("dose",))][:1] == [RUNNING[text]]


@pytest.mark.parametrize(
    "text",
    [
        "Call {clinic.phone}, or {clinic.emergency}.",
        '({clinic.phone}) "{clinic.phone}" [the unit {clinic.phone}](tel:1)',
        "{clinic.name}'s and {clinic.name}\u2019s nurses",
        "**{clinic.phone}** and **call {clinic.emergency}.**",
        "{record.dose}-day plan, {record.dose}/day, ${record.dose}, {record.dose}%",
        "Your blood pressure: {record.dose}/{record.dose}",
        "{record.dose}\u2013{record.dose} tablets",
        "\u8bf7\u62e8\u6253{clinic.phone}\u3002",
        "Call\n{clinic.phone}\nnow",
        "2 **or** 3, (**3**) and 4 \\* 5",
    ],
)
def test_placeholders_between_blanks_and_punctuation_are_read(text: str) -> None:
    """Ratios and ranges of two fields are allowed, too, and scripts without spaces."""
    assert marks_problems(text, ("dose",)) == ()
