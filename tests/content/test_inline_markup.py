"""Marks in texts: what has none is read without looking for any, and reads the same."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from teachback.content.inline_markup import Span, _parser, _pieces, marks_problems, parse_marks

if TYPE_CHECKING:
    from collections.abc import Iterable

UNMARKED = st.text(
    st.characters(
        codec="utf-8", exclude_characters="*_`[]<>!\\&{}\n\r\0", exclude_categories=("Cs", "Cc")
    ),
    min_size=1,
)


# What stands beside two stars decides whether they are a mark.
BESIDE_STARS = st.lists(
    st.sampled_from(
        [
            "**",
            "**",
            "*",
            "a",
            "B1",
            " ",
            ".",
            ",",
            "?",
            "!",
            "(",
            ")",
            "{clinic.phone}",
            "-",
            "é",
            "]",
            "\u00a0",
            '"',
        ]
    )
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
def test_strong_words_are_read_without_the_parser_only_as_the_parser_would_read_them(
    text: str,
) -> None:
    """The short way gives the parser's own pieces, or leaves the text to the parser."""
    assert joined(_pieces(text)) == long_way(text)


@pytest.mark.parametrize(
    "text",
    ["Call **now**.", "**Do not** take it.", "some **of the feet.**", "{clinic.phone} (**call**)"],
)
def test_the_usual_marks_need_no_parser(text: str) -> None:
    """These are what handouts hold."""
    assert _pieces(text)
    assert joined(_pieces(text)) == long_way(text)


@pytest.mark.parametrize(
    "text",
    ["a**b**", "** a**", "a_b", "[words](https://x.org)", "**a** *b*", "one\ntwo", "<b>", "`a`"],
)
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
    """What is filled in, and what stood apart by stars alone, would be read as one number or word with its neighbour."""
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
    """So are a ratio and a range of two fields, and scripts that put no blank beside a number."""
    assert marks_problems(text, ("dose",)) == ()
