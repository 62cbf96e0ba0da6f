"""Pseudo-text is as long as a translation may be, and keeps what a translation must keep."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from teachback.content.pseudo_text import in_letters, other_letters, pseudo_text

UNCHANGED = re.compile(r"\{[^{}]*\}|\*\*|\]\([^)]*\)|\d+")
SAMPLES = (
    "Call {clinic.phone} if you gain more than 3 pounds in 2 days.",
    "Do **not** take ibuprofen; see [our page](https://example.org/pain-relief).",
    "Potassium 5.5 mmol/L \\* or more",
    "911",
)


@pytest.mark.parametrize("growth", [1, 1.3, 1.7, 3])
@pytest.mark.parametrize("text", SAMPLES)
def test_numbers_placeholders_and_marks_stay_and_all_else_has_accents(
    text: str, growth: float
) -> None:
    """A word left in English on the page is one that no translator would get."""
    pseudo = pseudo_text(text, growth)
    assert UNCHANGED.findall(pseudo) == UNCHANGED.findall(text)
    words = re.findall(r"[^\W\d_]{3,}", UNCHANGED.sub(" ", pseudo))
    assert [word for word in words if word.isascii()] == [], pseudo


@pytest.mark.parametrize("growth", [1, 1.3, 1.7, 3])
def test_a_sentence_grows_as_much_as_was_asked(growth: float) -> None:
    """It takes as much room as a translation that is so much longer."""
    text = "Most leg cramps are not an emergency, but some signs need help fast."
    before, after = (sum(map(str.isalpha, words)) for words in (text, pseudo_text(text, growth)))
    assert after / before == pytest.approx(growth, abs=0.15)


@given(st.text(), st.floats(1, 3))
def test_any_text_can_be_made_longer(text: str, growth: float) -> None:
    """The program must not fail on what an author writes."""
    assert len(pseudo_text(text, growth)) >= len(text)


@pytest.mark.parametrize(
    ("words", "letters"),
    [
        (("Вызовите {emergency}", "Да"), "вызовитеда"),
        (("Llame al {emergency} ahora",), ""),
        (("911", "{code}"), ""),
    ],
)
def test_the_letters_of_another_script_are_those_of_its_words(
    words: tuple[str, ...], letters: str
) -> None:
    """Any language with a words file has pseudo-text of its own, without placeholders."""
    assert other_letters(words) == letters


@pytest.mark.parametrize("letters", ["вызовите", "شخصكم", "药物医生"])
def test_a_text_in_other_letters_has_as_many_as_was_asked(letters: str) -> None:
    """What a translation keeps is kept."""
    text = "Call **{clinic.phone}** if you gain more than 3 pounds in 2 days."
    pseudo = in_letters(letters, 1.5)(text)
    assert UNCHANGED.findall(pseudo) == UNCHANGED.findall(text)
    before, after = (sum(map(str.isalpha, UNCHANGED.sub(" ", words))) for words in (text, pseudo))
    assert after == pytest.approx(before * 1.5, abs=1)
    assert {char.lower() for char in UNCHANGED.sub("", pseudo) if char.isalpha()} <= set(letters)
