"""Test that names are found in a text, even if misspelt."""

from __future__ import annotations

import string

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from teachback.checking.clinical.lexicon import _one_slip_apart, _slip_forms, make_lexicon

WORDS = st.text(string.ascii_lowercase[:3], min_size=1, max_size=9)


@given(WORDS, WORDS)
def test_two_words_are_a_slip_apart_where_one_letter_left_out_makes_them_alike(
    one: str, other: str
) -> None:
    """The fast comparison gives the same result as comparing all the shorter forms."""
    assume(one[0] == other[0] and one != other)
    assert _one_slip_apart(one, other) == (not set(_slip_forms(one)).isdisjoint(_slip_forms(other)))


@pytest.mark.parametrize("typed", ["ibuproffen", "ibuprfen", "ibuporfen", "ibuprofin"])
def test_a_slip_of_the_pen_is_the_name_that_was_meant(typed: str) -> None:
    """One letter too many, one too few, two swapped, or a wrong one."""
    lexicon = make_lexicon({"nsaid": ["ibuprofen"], "food": ["banana"]}, {}, ())
    assert [mention.name for mention in lexicon.mentions(f"take {typed} today")] == ["ibuprofen"]


@pytest.mark.parametrize("typed", ["ibprfen", "xbuprofen", "bananna"])
def test_two_slips_and_slips_in_short_names_are_other_words(typed: str) -> None:
    """Words that differ more, begin with another letter or are short may be words of their own."""
    lexicon = make_lexicon({"nsaid": ["ibuprofen"], "food": ["banana"]}, {}, ())
    assert lexicon.mentions(f"take {typed} today") == ()


def test_of_several_names_a_slip_away_always_the_same_one_is_meant() -> None:
    """The order of the names in the files does not matter."""
    names = ["abcdefghij", "abcdefghik"]
    found = {
        make_lexicon({"a": order}, {}, ()).mentions("abcdefghix")[0].name
        for order in (names, names[::-1])
    }
    assert len(found) == 1


@pytest.mark.parametrize(
    ("text", "glued"),
    [
        ("Takeibuprofen for pain.", ["Takeibuprofen"]),
        ("Eat bananasand rice.", ["bananasand"]),
        (
            "ibuprofen400 mg, 400ibuprofen, ibuprofen400mg",
            ["ibuprofen400", "400ibuprofen", "ibuprofen400mg"],
        ),
        ("Take ibuprofen and bananas.", []),
        ("bananarama, pseudoibuprofen, banana's", []),
        ("Eat starfruit or takestar.", []),
    ],
)
def test_a_name_without_a_blank_beside_it_is_found(text: str, glued: list[str]) -> None:
    """The other word is a common one or a number, so that compound words are left alone."""
    lexicon = make_lexicon({"nsaid": ["ibuprofen"], "food": ["banana", "star fruit"]}, {}, ())
    assert list(lexicon.glued(text)) == glued
