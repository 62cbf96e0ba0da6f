"""A language is scored by its own formula, which is a file, or not at all."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from translated_tiny import SPANISH_TINY, TRANSLATION

from teachback.checking.checker import check
from teachback.checking.plain_language.language_formulas import language_score, spoken_syllables
from teachback.checking.plain_language.reading_grade import graded
from teachback.checking.plain_language.sentence_splitter import sentences_of
from teachback.checking.plain_language.word_lists import builtin_vocabulary
from teachback.checking.rule import ReaderText
from teachback.editions.passages import Passage, ReaderContext, Role

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable

    from teachback.files.workspace import Workspace

SPANISH = builtin_vocabulary().formulas["es"]
# As the rules of the Real Academia Española on diphthongs and hiatus count them.
COUNTS = {
    1: "y muy hoy dos",
    2: "día leer país agua sueño hacia oír queja causa",
    3: "paciente riñones diálisis hacía ahora médico pingüino guitarra ERC",
    4: "energía averiguáis equilibrio enfermedad",
}
HARD = "La nefropatía hipertensiva incrementa considerablemente la morbimortalidad cardiovascular. "


def spanish(text: str) -> ReaderText:
    """Return a text as a reader of Spanish gets it."""
    passage = Passage(text, text, ("message",), Role.PARAGRAPH, "ckd", "message", section="one")
    return ReaderText(None, ReaderContext(("ckd",), {}), (passage,), "es")


@pytest.mark.parametrize(
    ("word", "count"), [(word, count) for count, words in COUNTS.items() for word in words.split()]
)
def test_spanish_syllables(word: str, count: int) -> None:
    """Weak vowels belong to strong ones beside them, unless an accent parts them."""
    assert spoken_syllables(word, SPANISH) == count


def test_the_score_is_that_of_the_formula() -> None:
    """206.835 - 62.3 x 8 syllables / 4 words - 4 words / 1 sentence."""
    score = language_score(sentences_of(spanish("Tome agua cada día.").passages), SPANISH)
    assert score is not None
    assert (score.words, score.sentences, score.band) == (4, 1, "quite easy")
    assert score.value == pytest.approx(206.835 - 62.3 * 8 / 4 - 4)


def test_a_reader_of_spanish_gets_no_english_grade() -> None:
    """The only result is the language's own, with its target."""
    [grade] = graded(spanish("Tome agua cada día. " * 40))[0].grades
    assert (grade.formula, grade.grade) == ("INFLESZ", None)
    assert str(grade) == "INFLESZ 78, quite easy; target 65 or more"


def test_a_hard_translation_is_a_warning(
    workspace: Callable[..., Workspace], today: dt.date
) -> None:
    """The same rule as in English, with the language's own target."""
    for text, found in ((HARD * 15, True), ("Tome agua cada día. " * 30, False)):
        entry = f"es: {text.strip()}"
        clinic = workspace({TRANSLATION: SPANISH_TINY.replace("es: Un mensaje.", entry)})
        [checked] = check(("tiny.es",), (), clinic, today).handouts
        told = [p.message for p in checked.problems if p.rule == "plain-grade"]
        assert bool(told) == found
        assert not found or "target of 65 by INFLESZ" in told[0]
