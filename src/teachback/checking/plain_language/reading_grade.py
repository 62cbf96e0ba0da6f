"""Calculate reading grades from sentences, and how far to trust them. Pure.

Flesch-Kincaid decides whether a handout meets its target, since targets of grade 5 and 6 were set
and mostly measured with it (57 of 100 studies of health texts used it). Two others are shown beside
it. SMOG is the grade of readers who understand all of the text. So it is two to three grades
higher, and nearly every leaflet fails grade 6 by it. FORCAST needs no sentences, so it also grades
lists and tables.

No formula knows what words mean, so none is used alone (AHRQ TalkingQuality, tip 6; Wang and
others, 2013, for the comparison).
"""

from __future__ import annotations

from collections import Counter
from functools import lru_cache
from math import sqrt
from textwrap import shorten
from typing import TYPE_CHECKING, Final, NamedTuple

from teachback.checking.plain_language.language_formulas import LanguageFormula, language_score
from teachback.checking.plain_language.sentence_splitter import (
    LISTED,
    PROSE,
    Sentence,
    sentences_of,
    words_of,
)
from teachback.checking.plain_language.syllables import syllables
from teachback.checking.plain_language.word_lists import Vocabulary, builtin_vocabulary
from teachback.checking.rule import Example, Finding, ReaderText, Rule
from teachback.editions.passages import Passage, Role
from teachback.errors import Severity

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from teachback.content.audiences import Audiences
    from teachback.content.handout import Handout

DEFAULT_TARGET: Final = 6
ENOUGH_SENTENCES: Final = 30
# A grade of fewer sentences is rough, and is a finding only if it is so far above its target.
ROUGH_MARGIN: Final = 4
# A formula is not exact: SMOG's error is 1.5 grades (McLaughlin, 1969), and formulas differ by
# several grades on the same text (AHRQ TalkingQuality, tip 6). A target that nobody set is told
# from there on; one that a clinic or an audience sets is exact.
UNSET_MARGIN: Final = 1.5
# So far above a target that nobody set, a grade is told only with something to shorten.
_IDLE_MARGIN: Final = 2
ENOUGH_WORDS: Final = 100
# In words: a hint on a grade says to shorten sentences if one is longer.
_LONG_SENTENCE: Final = 25
_MOST_NAMED: Final = 5  # long words in a hint
_FEWEST_NAMED: Final = 2  # long words that are worth shortening
# Long words among the 2,000 commonest of English, without names and without those of
# plain-words.yaml: a shorter word for them would be no easier.
_EVERYDAY_TEXT: Final = """
ability absolutely accident according activities activity actual actually addition additional
administration advantage afternoon agency agreement already alternative amazing analysis animal
animals annual another anymore anyone anything anyway anywhere apparently application appreciate
area areas article articles assistant associated association attention audience authority available
average awesome beautiful becoming beginning benefit benefits camera capacity capital century
certainly character characters citizens collection commercial commission committee communities
community companies company competition completed completely computer condition conditions
conference connection consider considered construction continue continued continues conversation
created criminal critical cultural currently customers dangerous decided decision decisions
definitely department description develop developed development difference different difficult
digital direction directly director discovered discussion division earlier easier easily economic
economy edition education effective election electric elements emergency enemy energy engineering
entirely environment environmental equipment especially established eventually everybody everyone
everything evidence exactly example excellent excited executive exercise existing expected
experience extremely families family fantastic fashion favorite federal festival finally financial
following forever foundation general generally generation government governor happening history
hospital however idea ideas images imagine immediately important impossible included including
independent industrial industry influence information initial injury institute insurance
intelligence intended interest interested interesting international internet interview introduced
investigation investment leadership library limited literally located location magazine majority
management manager marketing marriage material materials media medical medicine medicines memory
military minister multiple national natural necessary negative nobody obviously officer officers
official opening operating operation operations opinion opportunity organization original otherwise
overall particular particularly performance period personal physical policies policy political
politics popular population position positive possible possibly potential powerful presented
president previous previously primary probably production professional professor property protection
provided providing quality radio reaction reality recently reference regional regular related
relationship religion religious remember reported resources responsibility responsible secretary
security separate serious seriously services several sexual similar situation society solution
somebody somewhere specific strategy successful supporting technical technology television terrible
theory together tomorrow totally traditional understand understanding university usual usually
variety various vehicle victory video videos violence whatever wonderful yesterday
"""
# Words of health that have no shorter one.
_OF_HEALTH: Final = (
    *("allergy", "allergies", "arthritis", "bacteria", "chemotherapy", "cholesterol", "diabetes"),
    *("infection", "oxygen", "pneumonia", "pregnancy", "radiation", "surgery", "therapy"),
    *("vaccination", "vitamin"),
)
_EVERYDAY: Final = frozenset((*_EVERYDAY_TEXT.split(), *_OF_HEALTH))
LONG_WORD: Final = 3  # syllables in a long word, for SMOG
# The target for SMOG is so far above that for Flesch-Kincaid.
SMOG_ABOVE: Final = 3
FORMULAS: Final = ("Flesch-Kincaid", "SMOG", "FORCAST")
# Languages that these formulas were made for.
SCORED: Final = frozenset({"en"})


class Counts(NamedTuple):
    """The counts that the formulas need.

    `words`, `syllables` and `long` (words of three or more syllables) count whole sentences only.
    `all_words` and `short` (words of one syllable) include fragments in lists and tables.
    """

    sentences: int
    words: int
    syllables: int
    long: int
    all_words: int
    short: int


class Grade(NamedTuple):
    """The school grade by one formula, or None, with a caution if there is one.

    `scale` is the result in words where a language's formula gives a score, and no grade.
    """

    formula: str
    grade: float | None
    caution: str = ""
    scale: str = ""

    def __str__(self) -> str:
        """Return the grade in words, such as `SMOG 7.9 (rough: 12 sentences)`."""
        result = self.scale or ("not scored" if self.grade is None else f"{self.grade:.1f}")
        return f"{self.formula} {result}{f' ({self.caution})' if self.caution else ''}"


class Graded(NamedTuple):
    """The grades and counts of an edition, or of one section; `section` is '' for the edition."""

    section: str
    heading: str
    counts: Counts
    grades: tuple[Grade, ...]

    def by(self, formula: str) -> Grade:
        """Return the grade of a formula by its name; a language may have others."""
        missing = Grade(formula, None, "not for this language")
        return next((grade for grade in self.grades if grade.formula == formula), missing)


def flesch_kincaid(counts: Counts) -> float:
    """Return the Flesch-Kincaid grade.

    0.39 x words per sentence + 11.8 x syllables per word - 15.59 (Kincaid and others, 1975).
    """
    return 0.39 * counts.words / counts.sentences + 11.8 * counts.syllables / counts.words - 15.59


def smog(counts: Counts) -> float:
    """Return the SMOG grade.

    1.0430 x the square root of long words in 30 sentences + 3.1291 (McLaughlin, 1969). A long word
    has three or more syllables.
    """
    return 1.0430 * sqrt(counts.long * 30 / counts.sentences) + 3.1291


def forcast(counts: Counts) -> float:
    """Return the FORCAST grade.

    20 - a tenth of the words of one syllable in 150 words (Caylor and others, 1973). A text of
    another length is scaled.
    """
    return 20 - (counts.short * 150 / counts.all_words) / 10


def count(sentences: Iterable[Sentence], vocabulary: Vocabulary) -> Counts:
    """Return the counts that the formulas need."""
    sentence_count = words = syllable_count = long = all_words = short = 0
    for sentence in sentences:
        own_syllables, own_long, own_short = _word_counts(sentence.words, vocabulary)
        if sentence.whole:
            sentence_count += 1
            words += len(sentence.words)
            syllable_count += own_syllables
            long += own_long
        all_words += len(sentence.words)
        short += own_short
    return Counts(sentence_count, words, syllable_count, long, all_words, short)


@lru_cache(maxsize=1024)
def _word_counts(words: tuple[str, ...], vocabulary: Vocabulary) -> tuple[int, int, int]:
    """Return a sentence's syllables, long words and words of one syllable."""
    cache = vocabulary.syllable_cache
    for word in words:
        if word not in cache:
            cache[word] = syllables(word, vocabulary.syllables)
    counted = [cache[word] for word in words]
    return sum(counted), sum(1 for number in counted if number >= LONG_WORD), counted.count(1)


def body(passages: Iterable[Passage]) -> tuple[Passage, ...]:
    """Return the passages to grade: running text and lists, without headings, labels and the card.

    A card is too short for any formula. Rules on words check it instead.
    """
    return tuple(p for p in passages if p.role in PROSE | LISTED and p.block != "card")


def graded(reader_text: ReaderText, vocabulary: Vocabulary | None = None) -> tuple[Graded, ...]:
    """Return the grades of an edition: first as a whole, then of each section.

    A language without a formula is reported as not scored.
    """
    vocabulary = vocabulary or builtin_vocabulary()
    passages = body(reader_text.passages)
    sections = dict.fromkeys((p.section, p.heading) for p in passages if p.section)
    parts = [
        ("", "", passages),
        *(
            (name, heading, tuple(p for p in passages if p.section == name))
            for name, heading in sections
        ),
    ]
    return tuple(
        _grade(name, heading, part, reader_text.language, vocabulary)
        for name, heading, part in parts
    )


@lru_cache(maxsize=32)
def overall_grade(reader_text: ReaderText, vocabulary: Vocabulary | None = None) -> Graded:
    """Return the grades of an edition as a whole, the same as the first of `graded`.

    Cached, since both the findings and the report need them. The cache is small because each entry
    holds all of an edition's text.
    """
    return _grade(
        "", "", body(reader_text.passages), reader_text.language, vocabulary or builtin_vocabulary()
    )


def _grade(
    section: str, heading: str, passages: tuple[Passage, ...], language: str, vocabulary: Vocabulary
) -> Graded:
    counts = count(sentences_of(passages), vocabulary)
    formula = vocabulary.formulas.get(language.partition("-")[0])
    if formula:
        return Graded(section, heading, counts, (_language_grade(passages, formula),))
    if language.partition("-")[0] not in SCORED:
        return Graded(
            section,
            heading,
            counts,
            tuple(
                Grade(name, None, f"no formula for the language '{language}'") for name in FORMULAS
            ),
        )
    return Graded(
        section, heading, counts, tuple(_grade_by_formula(name, counts) for name in FORMULAS)
    )


def _language_grade(passages: tuple[Passage, ...], formula: LanguageFormula) -> Grade:
    """Return the score by a language's own formula, in words, with its caution."""
    score = language_score(sentences_of(passages), formula)
    if score is None:
        return Grade(formula.name, None, "no whole sentences")
    scale = f"{score.value:.0f}, {score.band}; target {formula.target:g} or more"
    if score.words < ENOUGH_WORDS:
        return Grade(formula.name, None, f"not meaningful: {score.words} words", scale)
    if score.sentences < ENOUGH_SENTENCES:
        return Grade(formula.name, None, f"rough: {score.sentences} sentences", scale)
    return Grade(formula.name, None, "", scale)


def score_findings(reader_text: ReaderText, vocabulary: Vocabulary) -> Iterator[Finding]:
    """Yield a finding if an edition is harder to read than the target of its language's formula."""
    formula = vocabulary.formulas.get(reader_text.language.partition("-")[0])
    passages = body(reader_text.passages)
    score = language_score(sentences_of(passages), formula) if formula else None
    if formula is None or score is None or score.words < ENOUGH_WORDS:
        return
    if score.value < formula.target:
        first = next((p for p in reader_text.passages if p.role is Role.TITLE), passages[0])
        message = (
            f"this is harder to read than the target of {formula.target:g} by {formula.name}: "
            f"{score.value:.0f}, {score.band}"
        )
        hint = "Shorten sentences, and take shorter words."
        yield Finding("plain-grade", Severity.WARNING, first, f"{score.value:.0f}", message, hint)


def _grade_by_formula(formula: str, counts: Counts) -> Grade:
    """Return the grade by one formula, with its caution."""
    words = counts.all_words if formula == "FORCAST" else counts.words
    if not words or not (counts.sentences or formula == "FORCAST"):
        return Grade(formula, None, "no whole sentences")
    value = {"Flesch-Kincaid": flesch_kincaid, "SMOG": smog, "FORCAST": forcast}[formula](counts)
    if words < ENOUGH_WORDS:
        return Grade(formula, value, f"not meaningful: {words} words")
    if formula != "FORCAST" and counts.sentences < ENOUGH_SENTENCES:
        return Grade(formula, value, f"rough: {counts.sentences} sentences")
    return Grade(formula, value)


def set_target(handout: Handout | None, audiences: Audiences, audience: str) -> int | None:
    """Return the target grade that a handout sets, else its audience; None if neither does."""
    if handout is not None and handout.target_grade is not None:
        return handout.target_grade
    return audiences.target_grade(audience)


def target_of(handout: Handout | None, audiences: Audiences, audience: str) -> int:
    """Return the target grade of an edition: the handout's own, else its audience's, else 6."""
    return set_target(handout, audiences, audience) or DEFAULT_TARGET


_LONG = (
    "Patients with long-standing hypertension require continuous monitoring of electrolyte "
    "abnormalities by experienced physicians. "
)
_EASY = (
    "Call us if you feel sick. Drink when you are thirsty. We will help you make a plan that fits "
    "your day. "
)
_WANG: Final = "Wang and others, Res Social Adm Pharm 2013"
RULES: Final = (
    Rule(
        "plain-grade",
        "reading grade above the target",
        Severity.WARNING,
        "Many adults read at grade 6 or below, and the recommended grade for leaflets on kidney "
        "disease is 5. A grade by Flesch-Kincaid above the target means long sentences or long "
        "words. It says nothing about meaning: ask a reader, too.",
        (
            "Morony and others, Am J Kidney Dis 2015",
            "Hersh and others, Am Fam Physician 2015",
            _WANG,
            "AHRQ TalkingQuality, tip 6",
        ),
        bad=(
            Example(_LONG * 30),
            Example(
                ("You should contact the nephrology department regarding medication adjustments. ")
                * 30
            ),
        ),
        good=(
            Example(_EASY * 5),
            Example("Walk each day. Rest when you are tired. Eat less salt. Ask us for help. " * 8),
        ),
    ),
)


def grade_findings(
    reader_text: ReaderText, target: int | None = None, vocabulary: Vocabulary | None = None
) -> Iterator[Finding]:
    """Yield a finding if an edition is above its target by Flesch-Kincaid.

    `target` comes from `set_target`; None means the handout's own target. Where nobody set one, it
    is 6, and a grade up to 1.5 above it is passed over, or up to 2 if nothing in it can be
    shortened. A text of fewer than 30 sentences may be four grades above its target. A text of
    fewer than 100 words, or in a language without a formula, has no finding: `graded` reports it.
    """
    vocabulary = vocabulary or builtin_vocabulary()
    own = target or (reader_text.handout.target_grade if reader_text.handout else None)
    goal = own or DEFAULT_TARGET
    passages = body(reader_text.passages)
    if not passages or reader_text.language.partition("-")[0] not in SCORED:
        return
    grades = overall_grade(reader_text, vocabulary)
    if grades.counts.words < ENOUGH_WORDS:
        return
    shown_grades = ", ".join(map(str, grades.grades))
    flesch_kincaid_grade = grades.by(FORMULAS[0]).grade or 0.0
    first = next((p for p in reader_text.passages if p.role is Role.TITLE), passages[0])
    # Rounded as in the message, so that none says that 6.0 is above 6.
    margin = 0 if own else UNSET_MARGIN
    if grades.counts.sentences < ENOUGH_SENTENCES:
        margin = ROUGH_MARGIN
    above = round(flesch_kincaid_grade, 1) - goal
    if above > margin:
        sentences = [sentence for sentence in sentences_of(passages) if sentence.whole]
        longest = max(sentences, key=lambda sentence: sentence.own)
        words = (
            _long_words(reader_text, sentences, vocabulary) if longest.own <= _LONG_SENTENCE else []
        )
        if (
            not own
            and above <= _IDLE_MARGIN
            and longest.own <= _LONG_SENTENCE
            and len(words) < _FEWEST_NAMED
        ):
            return
        message = f"the reading grade is above the target of grade {goal}: {shown_grades}"
        hint = _how_to_lower(longest, words)
        yield Finding(
            "plain-grade",
            Severity.WARNING,
            first,
            f"grade {flesch_kincaid_grade:.1f}",
            message,
            hint,
        )


def _how_to_lower(longest: Sentence, long_words: list[tuple[str, int]]) -> str:
    """Return what to change: the longest sentence, or the long words where no sentence is long."""
    if long_words:
        named = ", ".join(f"'{word}' ({times})" for word, times in long_words)
        return (
            "No sentence is long, so look at the long words, such as these (and how often "
            f"they stand there): {named}. Where one has a shorter one, write that."
        )
    return (
        f"Shorten sentences; the longest has {longest.own} words: "
        f"'{shorten(longest.text, 60, placeholder=' ...')}'. "
        "Where a long word has a shorter one, write that."
    )


def _long_words(
    reader_text: ReaderText, sentences: Iterable[Sentence], vocabulary: Vocabulary
) -> list[tuple[str, int]]:
    """Return the words that raise the grade most, with their number: long ones, or frequent ones.

    The words of the title and the headings are what the text is about, and names have a capital.
    """
    kept = _EVERYDAY | {
        word.lower()
        for passage in reader_text.passages
        if passage.role in {Role.TITLE, Role.HEADING}
        for word in words_of(passage.text)
    }
    single = {word for sentence in sentences for word in sentence.words}
    times = Counter(
        word.removesuffix("s") if word.removesuffix("s") in single else word
        for sentence in sentences
        for word in sentence.words
        if word.islower() and kept.isdisjoint({word, word.removesuffix("s"), f"{word}s"})
    )
    known = vocabulary.syllables
    extra = {
        word: number * (syllables(word, known) - LONG_WORD + 1)
        for word, number in times.items()
        if syllables(word, known) >= LONG_WORD
    }
    return [(word, times[word]) for word in sorted(extra, key=lambda word: (-extra[word], word))][
        :_MOST_NAMED
    ]
