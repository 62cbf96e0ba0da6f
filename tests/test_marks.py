"""Marks in texts: what has none is read without looking for any, and reads the same."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from teachback.marks import Span, _tokens, marks_problems, parse_marks

UNMARKED = st.text(st.characters(codec="utf-8", exclude_characters="*_`[]<>!\\&{}\n\r\0", exclude_categories=("Cs", "Cc")), min_size=1)


@given(UNMARKED)
def test_a_text_without_marks_reads_as_the_parser_would_read_it(text: str) -> None:
    """The short way gives what the long way gives."""
    parsed = [token.content for token in _tokens(text) if token.content]
    assert [span.text for span in parse_marks(text, {})] == parsed
    assert marks_problems(text) == ()


def test_a_text_with_marks_goes_the_long_way() -> None:
    """Strong words and a filled placeholder."""
    assert parse_marks("Call **now** {clinic.phone}", {"clinic.phone": "1"}) == (
        Span("Call "),
        Span("now", strong=True),
        Span(" "),
        Span("1", number=True),
    )
