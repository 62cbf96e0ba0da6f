"""Score how easy a text is to read in a language, by a formula that its file defines. Pure.

English has formulas of its own, in `reading_grade`: they are never used for another language.
"""

from __future__ import annotations

from functools import lru_cache
from itertools import groupby
from typing import TYPE_CHECKING, Annotated, Final, NamedTuple

from pydantic import BaseModel, ConfigDict, Field

from teachback.content.base_model import Plain  # noqa: TC001 -- pydantic reads it

if TYPE_CHECKING:
    from collections.abc import Iterable

    from teachback.checking.plain_language.sentence_splitter import Sentence

_LONGEST_INITIALS: Final = 5


class LanguageFormula(BaseModel):
    """A file of content/rules/grades/, named after its language.

    The score is start - `syllables` x syllables a word - `words` x words a sentence.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    name: Plain
    start: float
    syllables: float
    words: float
    strong: Plain = Field(description="Vowels that are a syllable each.")
    weak: str = Field("", description="Vowels that belong to a strong one beside them.")
    final: str = Field("", description="Letters that are weak vowels at the end of a word.")
    target: float = Field(description="The score that a text should reach.")
    bands: Annotated[dict[Plain, float], Field(min_length=1)] = Field(
        description="What a score is called, and from which score on."
    )
    source: Plain


class LanguageScore(NamedTuple):
    """The score of a text by its language's formula, what it is called, and its counts."""

    value: float
    band: str
    words: int
    sentences: int


def language_score(sentences: Iterable[Sentence], formula: LanguageFormula) -> LanguageScore | None:
    """Return the score of the whole sentences of a text, or None if it has none."""
    whole = [sentence for sentence in sentences if sentence.whole]
    words = [word for sentence in whole for word in sentence.words]
    if not words:
        return None
    syllable_count = sum(spoken_syllables(word, formula) for word in words)
    value = (
        formula.start
        - formula.syllables * syllable_count / len(words)
        - formula.words * len(words) / len(whole)
    )
    bands = sorted(formula.bands.items(), key=lambda band: band[1])
    band = next((name for name, start in reversed(bands) if value >= start), bands[0][0])
    return LanguageScore(value, band, len(words), len(whole))


@lru_cache(4096)
def _syllables(word: str, strong: str, weak: str, final: str) -> int:
    letters = word.lower()
    if any(letter.isdigit() for letter in letters):
        return 1
    if 1 < len(word) <= _LONGEST_INITIALS and word[:2].isupper():
        return len(word)
    strengths = [
        "strong"
        if letter in strong
        else "weak"
        if letter in weak or (letter in final and index == len(letters) - 1)
        else ""
        for index, letter in enumerate(letters)
    ]
    count = 0
    for is_vowel, group in groupby(strengths, key=bool):
        if is_vowel:
            # Weak vowels without a strong one are one syllable.
            count += max(1, list(group).count("strong"))
    return max(count, 1)


def spoken_syllables(word: str, formula: LanguageFormula) -> int:
    """Return the number of syllables of a word, at least 1; initials count letter by letter."""
    return _syllables(word, formula.strong, formula.weak, formula.final)
