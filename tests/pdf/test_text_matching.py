"""Text from a page is compared letter by letter: only blanks, case and line hyphens may differ."""

from __future__ import annotations

import pytest

from teachback.pdf.text_matching import (
    Edges,
    Token,
    comparable,
    misplaced,
    read_text,
    run_together,
    sought,
)

SAME = [
    ("Dial-Mag trial", "dial\u0002mag  TRIAL"),
    ("Call 555-0100", "Call 555\u00020100"),
    ("a paragraph", "a para\u0002graph"),
    ("soft\u00adhyphen", "softhyphen"),
    ("caf\u00e9", "cafe\u0301"),
    ("\u0131\u015f\u0131k ilik", "I\u015eIK \u0130L\u0130K"),
    ("Stra\u00dfe", "STRASSE"),
    ("1\u00a0mile", "1 mile"),
]
OTHER = [
    ("1 mile", "-1 mile"),
    ("Walk 1 mile", "Walk \u00021 mile"),
    ("1 mile", "\u22121 mile"),
    ("1-2 tablets", "12 tablets"),
    ("12 tablets", "1-2 tablets"),
    ("12 tablets", "1\u00022 tablets"),
    ("2 tablets", "\u00b2 tablets"),
    ("10 mg", "10mg/"),
    ("Do not take it", "Do take it"),
    ("5 \u2013 10", "5 - 10"),
    ("half", "\u00bd"),
]


@pytest.mark.parametrize(("words", "read"), SAME)
def test_what_a_page_may_set_differently_is_found(words: str, read: str) -> None:
    """The whole text matches the sentence."""
    assert sought(words).pattern.fullmatch(read_text([Token(read, 0)]).text)


@pytest.mark.parametrize(("words", "read"), OTHER)
def test_another_digit_or_sign_is_another_sentence(words: str, read: str) -> None:
    """A minus, a hyphen in a number, a raised digit or another dash does not match."""
    assert not sought(words).pattern.fullmatch(read_text([Token(read, 0)]).text)


@pytest.mark.parametrize(
    ("read", "places"),
    [
        ("Call us. Call us.", [(0, 6), (7, 13)]),
        ("Call us. Ca\u0002ll us.", [(0, 6), (7, 14)]),
        ("Ca\u0002ll us. Call us.", [(0, 7), (8, 14)]),
        ("Call me. Ca\u0002ll me.", []),
        ("Call me.", []),
    ],
)
def test_a_sentence_is_found_at_each_of_its_places(
    read: str, places: list[tuple[int, int]]
) -> None:
    """The places are in order, and those with a word that is hyphenated are among them."""
    text = read_text([Token(read, 0)]).text
    assert list(sought("Call us").places(text)) == places
    assert [found.span() for found in sought("Call us").pattern.finditer(text)] == places


def at(words: str, left: float, right: float, baseline: float = 700.0, block: int = 0) -> Token:
    """Return a token of 12 pt type at a place on page 1."""
    return Token(words, block, 1, Edges(left, right, baseline, 12.0))


@pytest.mark.parametrize(
    ("tokens", "faults"),
    [
        ([at("Up to 1", 10, 50), at("5 mg", 53, 80)], []),
        ([at("Up to 1", 10, 50), at("5 mg", 50.5, 80)], ["words run into each other"]),
        ([at("Up to 1 ", 10, 50), at("5 mg", 46, 80)], ["words run into each other"]),
        ([at("Up to 1", 10, 50), at("5 mg", 10, 40, 685.0)], []),
        ([Token("Up to 15 mg", 0)], ["words run into each other"]),
        ([Token("Up to 1 5mg", 0)], ["words run into each other"]),
        ([Token("Up to 1", 0), Token("5 mg", 0)], ["words run into each other"]),
        ([Token("Up to 1", 0), Token("5 mg", 1)], []),
    ],
)
def test_words_that_stand_apart_in_the_text_stand_apart_on_the_page(
    tokens: list[Token], faults: list[str]
) -> None:
    """Up to 1 5 mg tablet is not up to 15 mg."""
    assert [
        fault.fault for fault in run_together(read_text(tokens), 0, sought("Up to 1 5 mg"))
    ] == faults


def test_a_number_stays_on_one_line() -> None:
    """12 over two lines reads as 1 and 2."""
    for tokens, faults in (
        (
            [at("Take 1", 10, 40), at("2 tablets", 10, 60, 685.0)],
            ["a number is broken over two lines"],
        ),
        ([at("Take 12", 10, 40), at("tablets", 10, 60, 685.0)], []),
    ):
        assert [
            fault.fault for fault in run_together(read_text(tokens), 0, sought("Take 12 tablets"))
        ] == faults


@pytest.mark.parametrize(
    ("sentence", "above", "below", "faults"),
    [
        ("Your medicines", "Your medi", "cines", 1),
        ("Your medicines", "Your medi\u0002", "cines", 1),
        ("Caf\u00e9s", "Caf\u00e9", "s", 1),
        ("\u0412\u0430\u0448\u0438", "\u0412\u0430", "\u0448\u0438", 1),
        ("Your medicines", "Your", "medicines", 0),
        ("A follow-up visit", "A follow-", "up visit", 0),
        ("medi\u00adcines", "medi\u0002", "cines", 0),
        ("niddk.example/abcdef", "niddk.example/abc", "def", 0),
        ("\u6bcf\u5929\u6d4b\u91cf", "\u6bcf\u5929", "\u6d4b\u91cf", 0),
    ],
)
def test_a_word_stays_on_one_line(sentence: str, above: str, below: str, faults: int) -> None:
    """A line ends at a blank, at the author's hyphen or in an address; in Chinese, anywhere."""
    read = read_text([at(above, 10, 60), at(below, 10, 40, 685.0)])
    assert [fault.fault for fault in run_together(read, 0, sought(sentence))] == [
        "a word is broken over two lines"
    ] * faults


@pytest.mark.parametrize(
    ("tokens", "faults"),
    [
        ([at("Take", 10, 40), at("5", 43, 50), at("now", 53, 80)], []),
        ([at("Take", 10, 40), at("5", 10, 17, 685.0)], []),
        ([at("Take", 10, 40, 100.0), at("5", 300, 307, 700.0)], []),
        ([at("Take", 10, 40), at("5", 43, 50, 704.0)], ["a number is raised or lowered"]),
        ([at("Take", 60, 90), at("5", 43, 50)], ["words are in the wrong order on the line"]),
        (
            [at("Take", 60, 90), at("5", 43, 50, 730.0)],
            ["words are moved above the line that they continue"],
        ),
    ],
)
def test_a_sentence_is_painted_in_the_order_in_which_it_is_read(
    tokens: list[Token], faults: list[str]
) -> None:
    """Left to right and line by line is right; the next column is higher and further right."""
    read = read_text(tokens)
    assert [fault.fault for fault in misplaced(read, 0, len(read.text))] == faults


def test_blanks_are_the_only_letters_that_do_not_count() -> None:
    """Every printed sign is compared."""
    assert comparable("Call 555-0100 (day);\u00a05 \u00b1 1 %") == "call555-0100(day);5\u00b11%"
