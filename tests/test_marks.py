"""Marks in texts: what has none is read without looking for any, and reads the same."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from teachback.marks import Span, _parser, _pieces, marks_problems, parse_marks

if TYPE_CHECKING:
    from collections.abc import Iterable

UNMARKED = st.text(st.characters(codec="utf-8", exclude_characters="*_`[]<>!\\&{}\n\r\0", exclude_categories=("Cs", "Cc")), min_size=1)


# What stands beside two stars decides whether they are a mark.
BESIDE_STARS = st.lists(
    st.sampled_from(["**", "**", "*", "a", "B1", " ", ".", ",", "?", "!", "(", ")", "{clinic.phone}", "-", "é", "]", "\u00a0", '"'])
)


def joined(tokens: Iterable[Any]) -> list[tuple[str, str]]:
    """Give tokens as kind and words, texts that stand side by side as one."""
    found: list[tuple[str, str]] = []
    for token in tokens:
        if token.type == "text" and found and found[-1][0] == "text":
            found[-1] = ("text", found[-1][1] + token.content)
        elif token.type != "text" or token.content:
            found.append((token.type, token.content if token.type == "text" else ""))
    return found


def long_way(text: str) -> list[tuple[str, str]]:
    """Give what the parser of Markdown reads in a text."""
    return joined(_parser().parseInline(text.strip())[0].children or ())


@settings(max_examples=2000)
@given(BESIDE_STARS.map("".join).map(str.strip).filter(_pieces))
def test_strong_words_are_read_without_the_parser_only_as_the_parser_would_read_them(text: str) -> None:
    """The short way gives the parser's own pieces, or leaves the text to the parser."""
    assert joined(_pieces(text)) == long_way(text)


@pytest.mark.parametrize("text", ["Call **now**.", "**Do not** take it.", "some **of the feet.**", "{clinic.phone} (**call**)"])
def test_the_usual_marks_need_no_parser(text: str) -> None:
    """These are what handouts hold."""
    assert _pieces(text)
    assert joined(_pieces(text)) == long_way(text)


@pytest.mark.parametrize("text", ["a**b**", "** a**", "a_b", "[words](https://x.org)", "**a** *b*", "one\ntwo", "<b>", "`a`"])
def test_what_may_be_read_otherwise_is_left_to_the_parser(text: str) -> None:
    """Stars inside a word, links, single stars: only the parser knows."""
    assert _pieces(text) == []


@given(UNMARKED)
def test_a_text_without_marks_reads_as_the_parser_would_read_it(text: str) -> None:
    """The short way gives what the long way gives."""
    parsed = [content for _, content in long_way(text)]
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
