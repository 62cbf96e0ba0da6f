"""Sentences -> reading grades, each by the name of its formula, with how far to trust it. Pure.

Flesch-Kincaid decides about a handout's target, the two others stand beside it: the targets of grade 5 and 6 were set and
mostly measured with it (57 of 100 studies of health texts used it). SMOG is steadier from text to text, and asks more: whom its
grade describes understands all of the text, so that it lies two to three grades higher, and nearly every leaflet fails grade 6
by it. It warns by a hint of its own. FORCAST needs no sentences, so that it also grades lists and tables.
No formula knows what words mean, so none is used alone (AHRQ TalkingQuality, tip 6; Wang and others, 2013, for the comparison).
"""

from __future__ import annotations

from collections import Counter
from functools import lru_cache
from math import sqrt
from typing import TYPE_CHECKING, Final, NamedTuple

from teachback.checking.plain_language.sentences import LISTED, PROSE, Sentence, sentences_of
from teachback.checking.plain_language.syllables import syllables
from teachback.checking.plain_language.vocabulary import Vocabulary, builtin_vocabulary
from teachback.checking.rule import Example, Finding, ReaderText, Rule
from teachback.editions.passages import Passage, Role
from teachback.errors import Severity

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from teachback.content.audiences import Audiences
    from teachback.content.handout import Handout

DEFAULT_TARGET: Final = 6
ENOUGH_SENTENCES: Final = 30
ENOUGH_WORDS: Final = 100
MANY: Final = 3  # syllables that make a long word, for SMOG
# How much higher SMOG may lie than the target before a hint says so: it usually lies two to three grades above Flesch-Kincaid.
SMOG_ABOVE: Final = 3
FORMULAS: Final = ("Flesch-Kincaid", "SMOG", "FORCAST")
# Languages whose sentences and syllables these formulas were made for.
SCORED: Final = frozenset({"en"})


class Counts(NamedTuple):
    """What the formulas are fed with. `words`, `syllables` and `long` are those in whole sentences; `all_words` and `short` (words
    of one syllable) also those in fragments of lists and tables."""  # noqa: D209, D205 -- one thought

    sentences: int
    words: int
    syllables: int
    long: int
    all_words: int
    short: int


class Grade(NamedTuple):
    """One formula's school grade, or none, with what is to be said beside it ('' where nothing is)."""

    formula: str
    grade: float | None
    caution: str = ""

    def __str__(self) -> str:
        """Give it in words, such as `SMOG 7.9 (rough: 12 sentences)`."""
        said = "not scored" if self.grade is None else f"{self.grade:.1f}"
        return f"{self.formula} {said}{f' ({self.caution})' if self.caution else ''}"


class Graded(NamedTuple):
    """The grades of an edition or of one section of it ('' for the edition), with the counts behind them."""

    section: str
    heading: str
    counts: Counts
    grades: tuple[Grade, ...]

    def by(self, formula: str) -> Grade:
        """Give the grade by the name of its formula."""
        return next(grade for grade in self.grades if grade.formula == formula)


def flesch_kincaid(counts: Counts) -> float:
    """0.39 x words a sentence + 11.8 x syllables a word - 15.59 (Kincaid and others, 1975)."""
    return 0.39 * counts.words / counts.sentences + 11.8 * counts.syllables / counts.words - 15.59


def smog(counts: Counts) -> float:
    """1.0430 x the root of long words in 30 sentences + 3.1291 (McLaughlin, 1969); long is three syllables or more."""
    return 1.0430 * sqrt(counts.long * 30 / counts.sentences) + 3.1291


def forcast(counts: Counts) -> float:
    """20 - a tenth of the words of one syllable in 150 words (Caylor and others, 1973); a text of another length is scaled."""
    return 20 - (counts.short * 150 / counts.all_words) / 10


def count(found: Iterable[Sentence], vocabulary: Vocabulary) -> Counts:
    """Count what the formulas need."""
    total = words = said = long = all_words = short = 0
    for sentence in found:
        own_said, own_long, own_short = _counted(sentence.words, vocabulary)
        if sentence.whole:
            total += 1
            words += len(sentence.words)
            said += own_said
            long += own_long
        all_words += len(sentence.words)
        short += own_short
    return Counts(total, words, said, long, all_words, short)


@lru_cache(maxsize=1024)
def _counted(words: tuple[str, ...], vocabulary: Vocabulary) -> tuple[int, int, int]:
    """Give a sentence's syllables, its long words and those of one syllable, once for all its readers."""
    cache = vocabulary.counted
    for word in words:
        if word not in cache:
            cache[word] = syllables(word, vocabulary.syllables)
    counted = [cache[word] for word in words]
    return sum(counted), sum(1 for number in counted if number >= MANY), counted.count(1)


def body(passages: Iterable[Passage]) -> tuple[Passage, ...]:
    """Give the passages that are graded: what is read as text or as a list. Not headings and labels, and not the card.

    A card is too short for any formula; the hard words on it are named instead.
    """
    return tuple(p for p in passages if p.role in PROSE | LISTED and p.block != "card")


def graded(heard: ReaderText, vocabulary: Vocabulary | None = None) -> tuple[Graded, ...]:
    """Grade an edition: first as a whole, then each section. A language without a formula is told as not scored."""
    vocabulary = vocabulary or builtin_vocabulary()
    passages = body(heard.passages)
    sections = dict.fromkeys((p.section, p.heading) for p in passages if p.section)
    parts = [
        ("", "", passages),
        *((name, head, tuple(p for p in passages if p.section == name)) for name, head in sections),
    ]
    return tuple(_grade(name, head, part, heard.language, vocabulary) for name, head, part in parts)


@lru_cache(maxsize=32)
def overall_grade(heard: ReaderText, vocabulary: Vocabulary | None = None) -> Graded:
    """Grade an edition as a whole, as the first of `graded`; once for what warns of it and for what tells of it.

    Few are remembered, as each holds all of an edition's text.
    """
    return _grade("", "", body(heard.passages), heard.language, vocabulary or builtin_vocabulary())


def _grade(
    section: str, heading: str, passages: tuple[Passage, ...], language: str, vocabulary: Vocabulary
) -> Graded:
    counts = count(sentences_of(passages), vocabulary)
    if language.split("-", maxsplit=1)[0] not in SCORED:
        return Graded(
            section,
            heading,
            counts,
            tuple(
                Grade(name, None, f"no formula for the language '{language}'") for name in FORMULAS
            ),
        )
    return Graded(section, heading, counts, tuple(_by(name, counts) for name in FORMULAS))


def _by(formula: str, counts: Counts) -> Grade:
    """Give one formula's grade, with its caution."""
    words = counts.all_words if formula == "FORCAST" else counts.words
    if not words or not (counts.sentences or formula == "FORCAST"):
        return Grade(formula, None, "no whole sentences")
    value = {"Flesch-Kincaid": flesch_kincaid, "SMOG": smog, "FORCAST": forcast}[formula](counts)
    if words < ENOUGH_WORDS:
        return Grade(formula, value, f"not meaningful: {words} words")
    if formula != "FORCAST" and counts.sentences < ENOUGH_SENTENCES:
        return Grade(formula, value, f"rough: {counts.sentences} sentences")
    return Grade(formula, value)


def target_of(handout: Handout | None, audiences: Audiences, audience: str) -> int:
    """Give the grade that an edition should not lie above: the handout's own, else its audience's, else 6."""
    if handout is not None and handout.target_grade is not None:
        return handout.target_grade
    return audiences.target_grade(audience) or DEFAULT_TARGET


_LONG = "Patients with long-standing hypertension require continuous monitoring of electrolyte abnormalities by experienced physicians. "
_EASY = "Call us if you feel sick. Drink when you are thirsty. We will help you make a plan that fits your day. "
_WANG: Final = "Wang and others, Res Social Adm Pharm 2013"
RULES: Final = (
    Rule(
        "plain-grade",
        "reading grade above the target",
        Severity.WARNING,
        "Many adults read at grade 6 or below, and the recommended grade for leaflets on kidney disease is 5. A grade by Flesch-Kincaid above "
        "the target means long sentences or long words. It says nothing about meaning: ask a reader, too.",
        (
            "Morony and others, Am J Kidney Dis 2015",
            "Hersh and others, Am Fam Physician 2015",
            _WANG,
            "AHRQ TalkingQuality, tip 6",
        ),
        bad=(
            Example(_LONG * 10),
            Example(
                ("You should contact the nephrology department regarding medication adjustments. ")
                * 12
            ),
        ),
        good=(
            Example(_EASY * 5),
            Example("Walk each day. Rest when you are tired. Eat less salt. Ask us for help. " * 8),
        ),
    ),
    Rule(
        "plain-long-words",
        "SMOG far above the target",
        Severity.HINT,
        "SMOG counts words of three or more syllables. It lies two to three grades above Flesch-Kincaid for most texts; where it lies more "
        "than three above the target, it is the long words.",
        (_WANG,),
        bad=(Example(_LONG * 10), Example("Hyperkalemia necessitates immediate evaluation. " * 30)),
        good=(
            Example(_EASY * 5),
            Example("Walk each day. Rest when you are tired. Eat less salt. Ask us for help. " * 8),
        ),
    ),
)


def grade_findings(
    heard: ReaderText, target: int | None = None, vocabulary: Vocabulary | None = None
) -> Iterator[Finding]:
    """Warn of an edition above its target (`target_of` gives it; the handout's own or 6 when left out).

    Nothing is said of a text of fewer than 100 words, nor of a language without a formula: `graded` says that.
    """
    vocabulary = vocabulary or builtin_vocabulary()
    aim = target or (heard.handout.target_grade if heard.handout else None) or DEFAULT_TARGET
    passages = body(heard.passages)
    if not passages or heard.language.split("-")[0] not in SCORED:
        return
    grades = overall_grade(heard, vocabulary)
    if grades.counts.words < ENOUGH_WORDS:
        return
    shown = ", ".join(map(str, grades.grades))
    fk, by_smog = (grades.by(name).grade or 0.0 for name in FORMULAS[:2])
    start = next((p for p in heard.passages if p.role is Role.TITLE), passages[0])
    # Rounded as it is shown, so that nobody is told that 6.0 lies above 6.
    if round(fk, 1) > aim:
        message = f"the reading grade lies above the target of grade {aim}: {shown}"
        longest = max((s for s in sentences_of(passages) if s.whole), key=lambda s: len(s.words))
        hint = f"Shorten sentences; the longest has {len(longest.words)} words: '{longest.text[:60]}'. Long words: {_common(passages, vocabulary)}."
        yield Finding("plain-grade", Severity.WARNING, start, f"grade {fk:.1f}", message, hint)
    if round(by_smog, 1) > aim + SMOG_ABOVE:
        message = f"SMOG, which counts long words, lies more than {SMOG_ABOVE} grades above the target of grade {aim}: {shown}"
        hint = f"Use shorter words where there are any: {_common(passages, vocabulary)}."
        yield Finding(
            "plain-long-words", Severity.HINT, start, f"SMOG {by_smog:.1f}", message, hint
        )


def _common(passages: tuple[Passage, ...], vocabulary: Vocabulary) -> str:
    """Give the long words that stand most often, at most six."""
    words = Counter(
        w.lower()
        for s in sentences_of(passages)
        if s.whole
        for w in s.words
        if vocabulary.counted.get(w, 0) >= MANY
    )
    return (
        ", ".join(
            f"{word} ({number})" if number > 1 else word for word, number in words.most_common(6)
        )
        or "none"
    )
