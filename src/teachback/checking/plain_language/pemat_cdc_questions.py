"""Ask of an edition what PEMAT-P and the CDC Clear Communication Index ask. Pure.

The ideas are from those instruments, the words are ours. Both are ratings by trained people. This
is no rating, and nothing is added up. A question that the structure of the file answers is
answered, with its places. Where there is only a sign of an answer, its places are shown, and a
person decides. The CDC Index asks about every instance, so one certain hard word is a no. PEMAT
asks about nearly all.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from teachback.checking.plain_language.lengths_and_headings import (
    LONGEST_SENTENCE,
    MOST_WORDS,
    actions,
    first_block,
    kinds,
)
from teachback.checking.plain_language.sentence_splitter import sentences_of, words_of
from teachback.checking.plain_language.wording import CDC, PEMAT
from teachback.editions.passages import Passage, Role, Steps

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from teachback.checking.rule import Finding, ReaderText

_CALCULATION: Final = re.compile(
    r"\b(?:multipl(?:y|ied)|divide[sd]?|subtract(?:ed)?|add up|calculate|total up|work out"
    r"|per (?:kg|kilo\w*|pound)|times your weight|twice your weight)\b",
    re.IGNORECASE,
)
_NUMBER: Final = re.compile(r"(?<![\w-])\d+(?:[.,]\d+)?(?![\w-])")
_FRACTION: Final = re.compile(
    r"\b\d+\s?/\s?\d+\b|[½⅓¼¾⅔]|\b\d+\.\d+(?!\s?(?:mg|mcg|g|ml|mL|L|units?)\b)"
)
LONGEST_OPENING: Final = 60
LONGEST_SECTION: Final = 150
LONGEST_COLUMN: Final = 4
TOOLS: Final = frozenset(
    {"checklist", "my_numbers", "notes", "teach_back", "log", "schedule", "sign_off", "mark"}
)
CUES: Final = frozenset({
    "callout", "list", "steps", "checklist", "summary", "red_flags", "table", "zones", "do_dont",
    "choices", "compare",
})  # fmt: skip
LISTS: Final = frozenset({"list", "steps", "checklist", "summary", "teach_back"})
_A_PERSON_DECIDES: Final = "A person decides."


@dataclass(frozen=True)
class SelfCheckQuestion:
    """One question, answered yes or no, or left to a person (None: a box to tick).

    `item` is the instrument's number for the idea. `places` are paths in the handout's file that
    the answer is based on. `basis` names what was checked.
    """

    instrument: str
    item: str
    question: str
    answer: bool | None
    places: tuple[Steps, ...] = ()
    basis: str = ""


@dataclass(frozen=True)
class _ReaderFacts:
    """The input of all questions."""

    reader_text: ReaderText
    findings: tuple[Finding, ...]
    kinds: frozenset[str]

    def places_of_rules(self, *rules: str) -> tuple[Steps, ...]:
        """Return the places of the findings of these rules."""
        return tuple(dict.fromkeys(f.passage.path for f in self.findings if f.rule in rules))

    def passages_of(self, *roles: Role) -> tuple[Passage, ...]:
        """Return the passages with these roles, without the card's."""
        return tuple(p for p in self.reader_text.passages if p.role in roles and p.block != "card")

    def places_of_kinds(self, kinds: frozenset[str]) -> tuple[Steps, ...]:
        """Return the places where blocks of these kinds begin."""
        starts = {
            p.block: p.path
            for p in reversed(self.reader_text.passages)
            if p.kind in kinds and p.block != "card"
        }
        return tuple(sorted(starts.values(), key=str))

    def places_matching(self, pattern: re.Pattern[str]) -> tuple[Steps, ...]:
        """Return the places of passages that match a pattern."""
        return tuple(
            p.path
            for p in self.reader_text.passages
            if pattern.search(p.text) and p.role is not Role.ALT
        )


def self_check(
    reader_text: ReaderText, findings: Iterable[Finding]
) -> tuple[SelfCheckQuestion, ...]:
    """Return all questions that apply to an edition.

    `found` are the findings of `plain_language_findings` in it. Questions about tables, pictures or
    numbers are left out if there are none.
    """
    facts = _ReaderFacts(reader_text, tuple(findings), kinds(reader_text))
    return (*_pemat(facts), *_cdc(facts))


def _paths(passages: Iterable[Passage]) -> tuple[Steps, ...]:
    return tuple(p.path for p in passages)


def _no_if_faulty(places: tuple[Steps, ...]) -> bool | None:
    """Return no if there are faults. Otherwise a person decides."""
    return False if places else None


def _asker(instrument: str) -> Callable[..., SelfCheckQuestion]:
    def ask(
        item: int | str,
        question: str,
        answer: bool | None,  # noqa: FBT001 -- yes or no
        places: tuple[Steps, ...] = (),
        basis: str = "",
    ) -> SelfCheckQuestion:
        return SelfCheckQuestion(
            instrument,
            str(item),
            question,
            answer,
            places,
            basis or (_A_PERSON_DECIDES if answer is None else ""),
        )

    return ask


def _pemat(facts: _ReaderFacts) -> Iterator[SelfCheckQuestion]:
    ask = _asker(PEMAT)
    titles = facts.passages_of(Role.TITLE, Role.MESSAGE)
    opening = sum(len(words_of(p.text)) for p in titles)
    explanation = (
        f"Title and message have {opening} words; more than {LONGEST_OPENING} hide what it is for."
    )
    yield ask(
        1,
        "Does a reader see at once what this is for?",
        False if opening > LONGEST_OPENING or not titles else None,
        _paths(titles),
        explanation,
    )
    yield ask(2, "Does everything in it serve that purpose?", None)
    places = facts.places_of_rules("plain-hard-word")
    yield ask(3, "Are the words everyday words?", None, places, "Hard words that the list knows.")
    places = facts.places_of_rules("plain-term", "plain-abbreviation")
    yield ask(
        4,
        "Is each medical term needed, and explained at its first use?",
        _no_if_faulty(places),
        places,
        "Terms that the list knows.",
    )
    places = facts.places_of_rules("plain-passive")
    yield ask(5, "Do the sentences say who does what?", None, places, "Verbs in the passive.")
    if facts.places_matching(_NUMBER):
        places = (*facts.places_of_rules("plain-percentage"), *facts.places_matching(_FRACTION))
        yield ask(
            6,
            "Are the numbers few, clear and of a kind that the reader uses?",
            None,
            places,
            "Percentages, fractions, decimals.",
        )
    yield ask(
        7,
        "Is the reader spared all sums?",
        not facts.places_matching(_CALCULATION),
        facts.places_matching(_CALCULATION),
        "Words that ask for a calculation.",
    )
    places = (
        *facts.places_of_rules("plain-long-paragraph", "plain-long-list"),
        *_long_sections(facts),
    )
    explanation = (
        f"Paragraphs over {MOST_WORDS} words, lists over 7 items, "
        f"sections over {LONGEST_SECTION} words."
    )
    yield ask(8, "Does it come in short pieces?", not places, places, explanation)
    headings = tuple(p for p in facts.passages_of(Role.HEADING) if p.block.startswith("section "))
    places = facts.places_of_rules("plain-heading")
    yield ask(
        9,
        "Does each section have a heading that says what is in it?",
        None if headings else False,
        places or _paths(headings),
    )
    yield ask(10, "Does one thing follow from the other, and the urgent come first?", None)
    yield ask(
        11,
        "Is there a summary of what to keep in mind?",
        "summary" in facts.kinds,
        facts.places_of_kinds(frozenset({"summary"})),
    )
    bold = tuple(p.path for p in facts.reader_text.passages if "**" in p.written)
    yield ask(
        12,
        "Do boxes, bullets or bold words lead to the key points?",
        bool(facts.kinds & CUES or bold),
        (*facts.places_of_kinds(CUES), *bold)[:12],
    )
    yield ask(
        15,
        "Is there a picture or a table wherever one would help?",
        None,
        facts.places_of_kinds(frozenset({"figure", "table"})),
    )
    figures = facts.passages_of(Role.ALT)
    if figures:
        bare = _without_caption(facts)
        yield ask(
            16,
            "Do the pictures support the text rather than draw away from it?",
            None,
            _paths(figures),
        )
        yield ask(17, "Does each picture have a caption?", not bare, bare or _paths(figures))
        yield ask(
            18,
            "Are the pictures clear, with nothing in them that is not needed?",
            None,
            _paths(figures),
        )
    columns = facts.passages_of(Role.COLUMN)
    if columns:
        long = tuple(p.path for p in columns if len(words_of(p.text)) > LONGEST_COLUMN)
        explanation = (
            f"Headings of more than {LONGEST_COLUMN} words; more than 4 columns are refused."
        )
        yield ask(
            19,
            "Are the tables small, with short headings?",
            not long,
            long or _paths(columns),
            explanation,
        )
    yield from _pemat_actions(facts, ask)


def _pemat_actions(
    facts: _ReaderFacts, ask: Callable[..., SelfCheckQuestion]
) -> Iterator[SelfCheckQuestion]:
    """Yield the questions about what the reader can do with the text."""
    asked = actions(tuple(p for p in facts.reader_text.passages if p.block != "card"))
    yield ask(20, "Does it name at least one thing to do?", bool(asked), _paths(asked[:12]))
    places = facts.places_of_rules("plain-third-person")
    yield ask(
        21,
        "Does it speak to the reader as 'you' when it says what to do?",
        not places,
        places,
        "'Patients should' and its like.",
    )
    long = tuple(s.passage.path for s in sentences_of(asked) if s.own > LONGEST_SENTENCE)
    yield ask(
        22,
        "Is what to do broken into steps, each clear by itself?",
        None,
        long,
        f"Sentences of more than {LONGEST_SENTENCE} words.",
    )
    yield ask(
        23,
        "Is there something to use: a list to tick, numbers or notes to fill in?",
        bool(facts.kinds & TOOLS),
        facts.places_of_kinds(TOOLS),
    )
    if facts.places_matching(_CALCULATION):
        yield ask(24, "Is each sum shown, step by step?", None, facts.places_matching(_CALCULATION))
    shown = (*facts.places_of_kinds(frozenset({"table"})), *_paths(facts.passages_of(Role.ALT)))
    if shown:
        yield ask(25, "Does the text say how to use each table and picture?", None, shown)
    yield ask(
        26,
        "Is there a picture wherever it would help the reader to act?",
        None,
        _paths(facts.passages_of(Role.ALT)),
    )


def _cdc(facts: _ReaderFacts) -> Iterator[SelfCheckQuestion]:
    ask = _asker(CDC)
    message = facts.passages_of(Role.MESSAGE)
    yield ask(
        "before",
        "Who is it for, what do they know, and what should they do after reading?",
        None,
        basis="Write it down before you rate.",
    )
    yield ask(
        1,
        "Is there one main message?",
        bool(message),
        _paths(message),
        "The key `message:`. Whether it is the right one, a person decides.",
    )
    yield ask(
        2, "Does it stand at the top?", bool(message), _paths(message), "The pages print it first."
    )
    yield ask(
        3,
        "Does it stand out?",
        bool(message),
        _paths(message),
        "The pages print it larger, and by itself.",
    )
    yield ask(4, "Does a picture, an icon or a box support it?", None, _paths(message))
    opening = actions(first_block(facts.reader_text))
    flags = tuple(p for p in facts.passages_of(Role.FLAG) if p.tier != "visit")
    yield ask(
        5,
        "Is there a call to action for the reader?",
        bool(opening or flags),
        _paths((*opening, *flags))[:12],
    )
    passive = {f.passage.path for f in facts.findings if f.rule == "plain-passive"}
    places = tuple(p.path for p in (*message, *opening) if p.path in passive)
    yield ask(
        6,
        "Do the message and the call to action say who does what?",
        None,
        places,
        "Verbs in the passive.",
    )
    places = facts.places_of_rules("plain-hard-word", "plain-term", "plain-abbreviation")
    yield ask(
        7, "Are they always words that these readers use themselves?", _no_if_faulty(places), places
    )
    yield ask(
        8,
        "Are there lists with bullets or numbers?",
        bool(facts.kinds & LISTS),
        facts.places_of_kinds(LISTS),
    )
    headings = facts.passages_of(Role.HEADING)
    yield ask(9, "Does it come in pieces with headings?", bool(headings), _paths(headings)[:12])
    explanation = (
        "The message and the red flags are printed first. Whether they are what matters most, a "
        "person decides."
    )
    yield ask(
        10,
        "Does what matters most come first?",
        bool(message),
        _paths((*message, *flags))[:12],
        explanation,
    )
    yield ask(11, "Does it say what is known, and what is not?", None)
    asked = actions(tuple(p for p in facts.reader_text.passages if p.block != "card"))
    yield ask(12, "Does it recommend at least one thing to do?", bool(asked), _paths(asked[:12]))
    why = (
        *facts.passages_of(Role.WHY),
        *(p for p in facts.passages_of(Role.CELL) if p.column.lower().startswith("why")),
    )
    yield ask(
        13,
        "Does it say why that matters to the reader?",
        None,
        _paths(why),
        "Here it gives reasons." if why else "",
    )
    vague = facts.places_of_rules("plain-vague")
    yield ask(
        14, "Does it say how to do it: how much, how often, when?", None, vague, "Vague amounts."
    )
    numbers = facts.places_matching(_NUMBER)
    if numbers:
        yield ask(
            15,
            "Are the numbers of a kind that these readers use?",
            None,
            facts.places_matching(_FRACTION),
        )
        yield ask(16, "Do words say what each number means?", None, numbers)
        yield ask(
            17,
            "Is the reader spared all sums?",
            not facts.places_matching(_CALCULATION),
            facts.places_matching(_CALCULATION),
            "Words that ask for a calculation.",
        )
    yield ask(
        18, "Does it say what the danger is, and how it comes about?", None, _paths(flags)[:12]
    )
    yield ask(19, "Does it say both what helps and what may harm in what it recommends?", None)
    shares = facts.places_of_rules("plain-percentage")
    if numbers:
        yield ask(
            20,
            "Does each chance in numbers also have words or a picture?",
            _no_if_faulty(shares),
            shares,
            "Percentages without a count of people.",
        )


def _long_sections(facts: _ReaderFacts) -> tuple[Steps, ...]:
    words: dict[str, int] = {}
    for passage in facts.reader_text.passages:
        if passage.section:
            words[passage.section] = words.get(passage.section, 0) + len(words_of(passage.text))
    headings = {
        p.section: p.path for p in facts.passages_of(Role.HEADING) if p.block.startswith("section ")
    }
    return tuple(
        headings[name]
        for name, number in words.items()
        if number > LONGEST_SECTION and name in headings
    )


def _without_caption(facts: _ReaderFacts) -> tuple[Steps, ...]:
    """Return the places of pictures without a caption; a caption is in the same block."""
    captioned = {p.block for p in facts.passages_of(Role.CAPTION)}
    return tuple(p.path for p in facts.passages_of(Role.ALT) if p.block not in captioned)
