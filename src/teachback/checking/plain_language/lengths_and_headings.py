"""Apply all rules on plain language to one edition.

The rules on lengths, lists and headings are in this module, the others in modules of their own.
Every finding is a warning: a person decides. The rules are for English, as their `languages` say.
"""

from __future__ import annotations

import re
from collections import defaultdict
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

from teachback.checking.plain_language import reading_grade, unexplained_terms, wording
from teachback.checking.plain_language.sentence_splitter import (
    closed,
    is_action,
    sentences_of,
    split_sentences,
    words_of,
)
from teachback.checking.plain_language.word_lists import Vocabulary, builtin_vocabulary
from teachback.checking.plain_language.wording import CDC, PEMAT
from teachback.checking.rule import OUR_OWN, Example, Finding, ReaderText, Rule
from teachback.content.draft_notices import rules_know
from teachback.content.handout import kind_of
from teachback.editions.passages import Passage, Role
from teachback.errors import Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

LONGEST_SENTENCE: Final = 25
# A word or two more is not worth a warning.
_WORDS_SPARED: Final = 2
# Guides ask for at most 150 words, and for five, six or eight sentences. Words alone count, since a
# text of many short sentences is easy to read.
MOST_WORDS: Final = 150
# "Rest." and "Ice pack." are labels, and begin no half of a paragraph.
_LONGEST_LABEL: Final = 2  # words
# What such a sentence speaks of stands in the one before it, so no paragraph begins with it.
_LEANS_BACK: Final = re.compile(
    r"(?:(?:in|for|of|at|during|after|with|because of|as) )?"
    r"(?:they|it|this|these|that|those|he|she|its|their|such|or|but|and|so|then|also|however|another"
    r"|still|others?|second|third|next|finally|for example)\b"
    r"|.*\balso\b",
    re.IGNORECASE,
)
# Its reason stands behind it: "Don't drink alcohol. No amount is safe."
_ASKS_FOR_REASON: Final = re.compile(r"(?:please )?(?:do not|don['\u2019]t)\b", re.IGNORECASE)
# An entry of a list that was typed into a paragraph.
_ENTRY: Final = re.compile(r"(?:[-\u2013\u2022*]|\d{1,2}[.)])\s")
_NEAR: Final = 6  # sentences, at most, from one entry of such a list to the next
LONGEST_LIST: Final = 7
_ITEMS_SPARED: Final = 1  # one more is not worth a warning
# Readers look through a list of names, such as foods, and need not keep it in mind.
LONGEST_NAMES: Final = 15
_LONGEST_NAME: Final = 5  # words at most
_CONDITION: Final = re.compile(r"\b(?:if|when|signs?|symptoms?)\b", re.IGNORECASE)
FEDERAL: Final = "Federal Plain Language Guidelines (US), 2011: write short paragraphs"
TOOLKIT: Final = "AHRQ Health Literacy Universal Precautions Toolkit"

_LONG_LIST: Final = "> Call us if you have:\n" + "\n".join(
    f"- sign {number}" for number in range(1, 10)
)
_SHORT_LIST: Final = "> Call us if you have:\n- a fever\n- a cough"
_OWN_RULES: Final = (
    Rule(
        "plain-long-sentence",
        f"a sentence of more than {LONGEST_SENTENCE} words",
        Severity.WARNING,
        "Slow readers forget the start of a long sentence before its end. An item of a "
        "list counts without its lead-in, which the reader has seen above it.",
        ("GOV.UK, Content design: sentences of more than 25 words", f"{CDC}, item 7"),
        bad=(
            Example(
                "If you have a cramp at night that does not stop after ten minutes and your leg "
                "is swollen or red or hurts when you walk call us today."
            ),
            Example(
                "Your cramp is new and has lasted longer than ten minutes or has come back in the "
                "same night and you have a fever or a red leg",
                role=Role.ITEM,
                lead="Call us today if:",
            ),
        ),
        good=(
            Example(
                "Call us today if your leg is swollen. Call us if it is red. Call us if a cramp "
                "does not stop after ten minutes or so."
            ),
            Example(
                "Chest pain, or trouble breathing that does not stop when you sit up and rest",
                role=Role.ITEM,
                lead="Call 911 now if you have any of these signs of a heart attack or a stroke:",
            ),
        ),
    ),
    Rule(
        "plain-long-paragraph",
        f"a paragraph of more than {MOST_WORDS} words",
        Severity.WARNING,
        "A block of text looks like work. A break shows where a new thought begins.",
        (FEDERAL,),
        bad=(
            Example("Sit down on a chair that is not too low, and rest for a while. " * 11),
            Example(
                "Put your foot on two pillows, and call us from your bed to tell how it feels " * 9
            ),
        ),
        good=(
            Example("Stop. Rest. Call Dr. Lee at 8 a.m. or later."),
            Example(
                "Rest. Ice. Wrap it. Take 2.5 mg at noon. Sit down now. " + "Call us then. " * 5
            ),
            # Thirty short sentences.
            Example("Sit down now. Drink some water. Breathe in very slowly. " * 10),
        ),
    ),
    Rule(
        "plain-long-list",
        f"a list of more than {LONGEST_LIST} items",
        Severity.WARNING,
        "Few people can keep more than seven things in mind. Each reader's own list counts, "
        f"not the one in the file. Of names, such as foods, {LONGEST_NAMES} may stand in a list.",
        (f"{CDC}, item 8",),
        bad=(Example(_LONG_LIST), Example("\n".join(f"- Item {number}." for number in range(9)))),
        good=(Example(_SHORT_LIST), Example("\n".join(f"- Item {number}." for number in range(8)))),
    ),
    Rule(
        "plain-mixed-forms",
        "an entry below 'Do', 'Do not', 'Choose' or 'Avoid' that reads as its opposite",
        Severity.WARNING,
        "Who skims reads entries, not headings. Where one entry of a column begins with 'Do not' "
        "and the next with 'Take', the next one reads as an order to take it.",
        (OUR_OWN,),
        bad=(
            Example("> Do not\n- Do not sleep on it.\n- Take ibuprofen for foot pain."),
            Example("> Do not\n- Never walk barefoot.\n- Hot baths"),
            Example("> Do\n- Wash your feet.\n- Don't put lotion between your toes."),
            Example("> Avoid\n- Do not eat star fruit.\n- Salt substitutes"),
            Example("> Choose\n- Fresh fish\n- Do not buy canned soup."),
        ),
        good=(
            Example("> Do not\n- Do not sleep on it.\n- Never carry bags with it."),
            Example("> Do not\n- Sleep on it\n- Carry bags with it"),
            Example("> Do\n- Wash your feet.\n- Dry them, but do not rub."),
            Example("> Choose\n- No-salt seasoning\n- Fresh fish"),
            Example("> Avoid\n- Star fruit\n- No-salt seasoning with potassium"),
        ),
    ),
    Rule(
        "plain-heading",
        "a heading that does not tell what its section is about",
        Severity.WARNING,
        "Readers look for their answer in the headings. 'Introduction' or 'Other information' "
        "leads nobody to it.",
        (f"{PEMAT}, item 9",),
        bad=(Example("## Introduction"), Example("## Other important information")),
        good=(
            Example("## What causes cramps?"),
            Example("## Soak your feet"),
            Example("## Green zone: all is well"),
            Example("## My daily log"),
        ),
    ),
    Rule(
        "plain-no-teach-back",
        "no teach-back questions and no lines for notes",
        Severity.WARNING,
        "You know that readers have understood when they say it in their own words. They keep "
        "to what was agreed when it is written down.",
        (f"{TOOLKIT}, teach-back", f"{PEMAT}, item 23"),
        bad=(
            Example("# Cramps\nWalk each day."),
            Example("# Salt\n## What is salt?\nEat less of it."),
        ),
        good=(
            Example("# Cramps\nWalk each day.\n? When will you call us?"),
            Example("# Salt\nEat less of it.\n_ My questions"),
        ),
    ),
    Rule(
        "plain-no-action",
        "a first text that does not say what to do",
        Severity.WARNING,
        "Many readers read the first lines only. They must say what to do: in the message, "
        "in a red flag, or in the first block.",
        (f"{CDC}, items 5 and 12", f"{PEMAT}, item 20"),
        bad=(
            Example("# Cramps\n! Cramps are common.\nMany people get them."),
            Example("# Salt\n! Salt is in most food.\n## What is salt?\nA mineral."),
        ),
        good=(
            Example("# Cramps\n! Cramps are common. Call us if they last."),
            Example("# Salt\n! Salt is in most food.\nEat less of it."),
        ),
    ),
)
RULES: Final[tuple[Rule, ...]] = (
    *_OWN_RULES,
    *wording.RULES,
    *unexplained_terms.RULES,
    *reading_grade.RULES,
)
_SEVERITIES: Final = {rule.id: rule.severity for rule in _OWN_RULES}
# A rough grade would report these once more, so it is reported only where there are none.
_COUNTED_IN_GRADE: Final = frozenset({"plain-long-sentence", "plain-hard-word"})
# A heading of these words alone does not tell what its section is about.
_EMPTY_HEADING: Final = re.compile(
    r"(?:(?:about|additional|and|background|description|details?|facts?|further|general|important"
    r"|information|introduction|more|notes?|other|overview|summary|the|this|leaflet|handout|key"
    r"|points?|miscellaneous)\b[\s:]*)+",
    re.IGNORECASE,
)


def plain_language_findings(
    reader_text: ReaderText, target: int | None = None, vocabulary: Vocabulary | None = None
) -> Iterator[Finding]:
    """Yield the findings of all rules on plain language in one edition, in no particular order.

    `target` is the highest reading grade allowed, None if nobody set one
    (`reading_grade.set_target`). `vocabulary` holds the words to look for; None means the built-in
    ones. Nothing is yielded for a language other than English: `reading_grade.graded` reports that
    it was not scored.
    """
    if not rules_know(reader_text.language):
        return
    vocabulary = vocabulary or builtin_vocabulary()
    findings = (
        *_long_sentences(reader_text),
        *_long_paragraphs(reader_text),
        *_long_lists(reader_text),
        *_mixed_forms(reader_text),
        *_headings(reader_text),
        *_whole_edition(reader_text),
        *wording.wording_findings(reader_text, vocabulary),
        *unexplained_terms.term_findings(reader_text, vocabulary),
    )
    yield from findings
    counts = reading_grade.overall_grade(reader_text, vocabulary).counts
    if counts.sentences >= reading_grade.ENOUGH_SENTENCES or _COUNTED_IN_GRADE.isdisjoint(
        finding.rule for finding in findings
    ):
        yield from reading_grade.grade_findings(reader_text, target, vocabulary)


def _finding(rule: str, passage: Passage, words: str, message: str, hint: str) -> Finding:
    return Finding(rule, _SEVERITIES[rule], passage, words, message, hint)


def _long_sentences(reader_text: ReaderText) -> Iterator[Finding]:
    for sentence in sentences_of(reader_text.passages):
        if sentence.own > LONGEST_SENTENCE + _WORDS_SPARED and sentence.whole:
            message = (
                f"this sentence has {sentence.own} words, more than {LONGEST_SENTENCE}: "
                f"'{_first_words(sentence.text.removeprefix(sentence.lead).lstrip())}'"
            )
            yield _finding(
                "plain-long-sentence",
                sentence.passage,
                sentence.text,
                message,
                "Split it into two sentences, or make it a list.",
            )


def _first_words(text: str) -> str:
    words = text.split()
    return text if len(words) <= 8 else f"{' '.join(words[:8])} ..."  # noqa: PLR2004 -- to find it


def _long_paragraphs(reader_text: ReaderText) -> Iterator[Finding]:
    for passage in reader_text.passages:
        word_count = len(passage.text.split())
        if word_count > MOST_WORDS:
            message = (
                f"this text has {word_count} words, more than {MOST_WORDS}: "
                f"'{_first_words(passage.text)}'"
            )
            second = _second_half(passage.text)
            hint = "Split it, or make a list of it"
            if second:
                hint += f"; its second half may begin with '{_first_words(second)}'"
            yield _finding("plain-long-paragraph", passage, passage.text, message, f"{hint}.")


def _second_half(text: str) -> str:
    """Return the sentence nearest to the middle of a text that may begin a paragraph, or ''.

    It does not lean on the sentence before it, nor does it stand within a list, beside "also", or
    behind "Do not ...".
    """
    sentences = split_sentences(text)
    sizes = [len(sentence.split()) for sentence in sentences]
    half = sum(sizes) / 2
    entries = [number for number, sentence in enumerate(sentences) if _ENTRY.match(sentence)]
    listed = {
        number
        for first, last in pairwise(entries)
        if last - first <= _NEAR
        for number in range(first, last)
    }.union(entries)
    distances = {
        number: abs(sum(sizes[:number]) - half)
        for number, sentence in enumerate(sentences)
        if number not in listed
        and len(words_of(sentence)) > _LONGEST_LABEL
        and not _LEANS_BACK.match(sentence)
        and not (number and _ASKS_FOR_REASON.match(sentences[number - 1]))
        and not any(" also " in following for following in sentences[number + 1 : number + 2])
    }
    nearest = min(distances, key=lambda number: distances[number], default=0)
    return sentences[nearest] if distances.get(nearest, half) <= half / 2 else ""


def lists(reader_text: ReaderText) -> tuple[tuple[Passage, ...], ...]:
    """Return the lists that a reader gets, as their items; the red flags of a tier are one list."""
    by_list: dict[tuple[Any, ...], list[Passage]] = defaultdict(list)
    for passage in reader_text.passages:
        if passage.role is Role.FLAG:
            by_list["flags", passage.tier].append(passage)
        elif passage.role in {Role.ITEM, Role.QUESTION} and passage.kind != "my_numbers":
            item_index = max(
                index for index, step in enumerate(passage.path) if isinstance(step, int)
            )
            by_list[passage.path[:item_index]].append(passage)
    return tuple(map(tuple, by_list.values()))


def _long_lists(reader_text: ReaderText) -> Iterator[Finding]:
    for items in lists(reader_text):
        # "Call us if you have:" begins a list to keep in mind, however short its entries.
        are_names = not (items[0].tier or _CONDITION.search(items[0].lead)) and all(
            len(words_of(item.text)) <= _LONGEST_NAME
            and not (closed(item.text) or is_action(item.text))
            for item in items
        )
        longest = LONGEST_NAMES if are_names else LONGEST_LIST
        if len(items) > longest + (0 if are_names else _ITEMS_SPARED):
            subject = (
                f"there are {len(items)} red flags of the tier '{items[0].tier}'"
                if items[0].tier
                else f"this list has {len(items)} items"
            )
            number = "sixteenth" if are_names else "eighth"
            hint = (
                f"Split it into two lists, or remove some items; the {number} is "
                f"'{_first_words(items[longest].text)}'."
            )
            yield _finding(
                "plain-long-list",
                items[0],
                items[0].text,
                f"{subject}, more than {longest}",
                hint,
            )


def _mixed_forms(reader_text: ReaderText) -> Iterator[Finding]:
    """Yield each entry of a column of advice that reads as the opposite of its heading."""
    for items in lists(reader_text):
        heading = items[0].lead.rstrip(":")
        bans = [item for item in items if wording.BAN.match(item.text)]
        opposites: list[tuple[Passage, str]] = []
        if heading in {"Do", "Choose"}:
            hint = "Move it to the other column, or write what to do instead."
            opposites = [(item, hint) for item in bans]
        elif heading in {"Do not", "Avoid"} and bans:
            opposites = [(item, _ban_hint(item.text)) for item in items if item not in bans]
        for item, hint in opposites:
            message = (
                f"'{_first_words(item.text)}' reads as the opposite of its heading, '{heading}'"
            )
            if item not in bans:
                message += f", since another entry begins like '{_first_words(bans[0].text)}'"
            yield _finding("plain-mixed-forms", item, item.text, message, hint)


def _ban_hint(text: str) -> str:
    """Return what to write for an entry that lacks the words that ban it."""
    if not is_action(text):
        return "Begin it with 'Do not' or 'No', as the others, or take these words from all."
    return f"Write 'Do not {text[0].lower()}{_first_words(text[1:])}', as in the others."


def _headings(reader_text: ReaderText) -> Iterator[Finding]:
    for passage in reader_text.passages:
        if (
            passage.role is Role.HEADING
            and passage.block.startswith("section ")
            and _EMPTY_HEADING.fullmatch(passage.text)
        ):
            hint = (
                "Write the question that the section answers, or what to do: 'What causes "
                "cramps?', 'Stretch before bed'."
            )
            yield _finding(
                "plain-heading",
                passage,
                passage.text,
                f"the heading '{passage.text}' does not tell what its section is about",
                hint,
            )


def kinds(reader_text: ReaderText) -> frozenset[str]:
    """Return the kinds of block that a reader gets, including blocks without words of their own."""
    read_kinds = {passage.kind for passage in reader_text.passages if passage.kind}
    return frozenset(read_kinds | {kind_of(block) for _, _, block in reader_text.blocks()})


def first_block(reader_text: ReaderText) -> tuple[Passage, ...]:
    """Return what the reader gets first: the message, and the first block of the first section."""
    message = tuple(p for p in reader_text.passages if p.role is Role.MESSAGE)
    first = next(
        (p for p in reader_text.passages if p.section and p.role is not Role.HEADING), None
    )
    return (
        *message,
        *(
            p
            for p in reader_text.passages
            if first is not None and p.block == first.block and p.role is not Role.HEADING
        ),
    )


def actions(passages: tuple[Passage, ...]) -> tuple[Passage, ...]:
    """Return the passages with a sentence that asks the reader to do something."""
    return tuple(p for p in passages if any(is_action(part) for part in split_sentences(p.text)))


def _whole_edition(reader_text: ReaderText) -> Iterator[Finding]:
    """Yield the findings about a whole edition. A text without a title is only a part of one."""
    title = next((p for p in reader_text.passages if p.role is Role.TITLE), None)
    if title is None or len(reader_text.passages) == 1:
        return
    if not kinds(reader_text) & {"teach_back", "notes"}:
        hint = "Add a block `teach_back:` with two or three questions, or `notes: 3`."
        yield _finding(
            "plain-no-teach-back",
            title,
            title.text,
            "there are no teach-back questions and no lines for notes",
            hint,
        )
    # Red flags at the top are below 'Call ... now' or 'Call us today', which is an action.
    has_urgent_flag = any(p.role is Role.FLAG and p.tier != "visit" for p in reader_text.passages)
    first = first_block(reader_text)
    if first and not has_urgent_flag and not actions(first):
        words = " ".join(words_of(first[0].text)[:8])
        message = f"the first text does not say what to do: '{_first_words(first[0].text)}'"
        yield _finding(
            "plain-no-action",
            first[0],
            words,
            message,
            "Say in the message what to do: 'Call us if ...', 'Ask before you ...'.",
        )
