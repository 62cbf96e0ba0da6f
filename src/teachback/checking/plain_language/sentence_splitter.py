"""Split passages into sentences, using the structure of the document. Pure.

An item is joined to its lead-in; headings and fragments are not sentences. Punctuation alone
misleads: a list without full stops would be one long sentence, and `2.5 mg` would be two.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple

from teachback.editions.missing_blanks import CLOSERS, OPENERS
from teachback.editions.passages import Passage, Role

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

WORD: Final = re.compile(
    r"(?:https?://|www\.)\S+|\d(?:[\d.,:/\u2013-]*\d)?|[^\W\d_]+(?:['\u2019-][^\W\d_]+)*"
)
_SENTENCE_END: Final = re.compile(rf"(?:[.!?]+|…)[{re.escape(CLOSERS)}]*(?=\s|$)")
_LAST_TOKEN: Final = re.compile(r"[\w.&]+$")
# A full stop after these never ends a sentence.
_NEVER_ENDS: Final = frozenset({
    "dr", "mr", "mrs", "ms", "prof", "st", "vs", "e.g", "i.e", "approx", "fig", "incl", "ca", "jr",
    "sr", "dept", "ext",
})  # fmt: skip
# A full stop after these ends a sentence only if a new one seems to follow.
_MAY_END: Final = frozenset({
    "a.m", "p.m", "u.s", "u.k", "etc", "inc", "ph.d", "m.d", "r.n", "mg", "ml", "oz", "lb", "lbs",
    "min", "hr", "hrs",
})  # fmt: skip
# "No. 5" is one sentence; but "No." can be an answer.
_BEFORE_NUMBER: Final = frozenset({"no", "nos", "p", "pp", "vol"})
# "Hepatitis A or B." ends with a letter that is no initial of a name.
_BEFORE_LETTER: Final = re.compile(
    r"\b(?:vitamins?|hepatitis|type|group|part|influenza|fragile)(?: [A-Z],?(?: and| or)?)* $",
    re.IGNORECASE,
)
_DATE_WORDS: Final = re.compile(
    r"(?:mon|tues|wednes|thurs|fri|satur|sun)day|january|february|march|april|june|july"
    r"|august|september|october|november|december",
    re.IGNORECASE,
)

# Roles that hold running text. A heading, a label or a column is a fragment in any case.
PROSE: Final = frozenset({
    Role.MESSAGE, Role.PARAGRAPH, Role.CALLOUT, Role.WHY, Role.ANSWER, Role.MYTH, Role.QUOTE,
    Role.QUESTION, Role.CAPTION, Role.LEAD,
})  # fmt: skip
# Roles whose text may be a sentence or a few words; the words decide which.
LISTED: Final = frozenset({Role.ITEM, Role.FLAG, Role.CELL})

# Words that begin an action. Most are also nouns, but at the start of an item they are orders.
_ACTION_WORDS: Final = """
add ask avoid bend be begin breathe bring brush build buy call carry change check choose clean come
contact cook count cover cut do don't drink dry eat exercise fill find finish follow get give go
hold keep know learn leave lie lift limit listen look lower make massage measure meet move need
never note notice plan prepare press print pull push put raise read relax remember rest return rinse
roll rub save say see set share show sit sleep slow speak stand start stay stop store stretch
swallow take talk tell test think throw track trust try turn use wait wake walk warm wash watch wear
weigh work write
"""
ACTIONS: Final = frozenset(_ACTION_WORDS.split())
_BEFORE_ACTION: Final = frozenset(
    {"please", "always", "then", "also", "and", "or", "but", "first", "just", "gently"}
)
_FINITE: Final = re.compile(
    r"\b(?:I|you|we|it|they|he|she|this|that|these|those|there)\s+\w"
    r"|\b(?:is|are|was|were|can|cannot|will|do|does|did|has|have|had|may|might|must"
    r"|should|could|would)\b|\w+n['\u2019]t\b",
    re.IGNORECASE,
)
_FEWEST_WORDS: Final = 3


class Sentence(NamedTuple):
    """One sentence as its reader takes it in.

    `text` and `words` begin with those of its lead-in, `lead`. `own` is the number of words without
    the lead-in. `whole` is false for a fragment: a heading, a label, a few words in a cell.
    """

    text: str
    words: tuple[str, ...]
    own: int
    whole: bool
    passage: Passage
    lead: str = ""


@lru_cache(maxsize=1024)
def words_of(text: str) -> tuple[str, ...]:
    """Return the words of a text.

    `cola-colored`, `don't` and `2.5` are one word each; a line to write on is none.
    """
    return tuple(WORD.findall(text))


@lru_cache(maxsize=1024)
def split_sentences(text: str) -> tuple[str, ...]:
    """Split a text of one paragraph into sentences, including an unfinished one at the end."""
    sentences, start = [], 0
    for mark in _SENTENCE_END.finditer(text):
        if _is_end(text[start : mark.start()], mark.group(), text[mark.end() :].lstrip()):
            sentences.append(text[start : mark.end()].strip())
            start = mark.end()
    rest = text[start:].strip()
    return tuple(part for part in (*sentences, rest) if words_of(part))


def _is_end(before: str, mark: str, after: str) -> bool:
    """Return whether a mark ends a sentence, given the text before and after it."""
    if not after:
        return True
    first = after.lstrip(OPENERS)
    if first[:1].islower():
        return False
    if not mark.startswith("."):
        return True
    match = _LAST_TOKEN.search(before)
    last_word = match.group().lower() if match else ""
    if last_word in _NEVER_ENDS or (last_word in _BEFORE_NUMBER and first[:1].isdigit()):
        return False
    if match and re.fullmatch(r"[A-HJ-Z]", match.group()):
        # An initial: J. Smith
        return bool(_BEFORE_LETTER.search(before[: match.start()]))
    if last_word.isdigit() and not before[: -len(last_word)].strip():
        return False  # the number of a list: "1. Stretch."
    if last_word in _MAY_END:
        return not (_DATE_WORDS.match(first) or first[:1].isdigit())
    return True


@lru_cache(maxsize=1024)
def closed(text: str) -> bool:
    """Return whether a text ends with a sentence mark."""
    return bool(re.search(rf"[.!?…][{re.escape(CLOSERS)}]*$", text.strip()))


def is_action(text: str) -> bool:
    """Return whether a sentence, or a clause of it, begins with a verb that asks for an action."""
    for number, clause in enumerate(re.split(r"[,;:—\u2013]\s+", text)):
        words = [word.lower().replace("\u2019", "'") for word in words_of(clause)]
        while words and words[0] in _BEFORE_ACTION:
            words = words[1:]
        # A single word after a comma is part of a list: "sore, warm, or red".
        if words and words[0] in ACTIONS and (number == 0 or len(words) > 1):
            return True
    return False


@lru_cache(maxsize=1024)
def is_sentence(text: str) -> bool:
    """Return whether words without a full stop are a sentence.

    They are if they begin with an action, or have a subject and its verb.
    """
    words = words_of(text)
    return len(words) >= _FEWEST_WORDS and (
        words[0].lower().replace("\u2019", "'") in ACTIONS or _FINITE.search(text) is not None
    )


def sentences_of(passages: Iterable[Passage]) -> tuple[Sentence, ...]:
    """Return the sentences and fragments of passages, in order.

    An item below a lead-in that is no sentence (`Call us if:`) is counted together with it. The
    lead-in is then not counted again on its own.
    """
    return tuple(_sentences(tuple(passages)))


def _sentences(passages: tuple[Passage, ...]) -> Iterator[Sentence]:
    leads = {(p.block, p.lead) for p in passages if p.role in {Role.ITEM, Role.QUESTION} and p.lead}
    for passage in passages:
        parts = split_sentences(passage.text)
        if passage.role not in PROSE | LISTED:
            yield from (_make_sentence(part, "", passage, whole=False) for part in parts)
            continue
        for number, part in enumerate(parts):
            lead = _open_lead(passage) if number == 0 else ""
            # An open lead-in is counted with its items.
            is_open_lead = (
                not closed(part)
                and number == len(parts) - 1
                and (passage.block, passage.text) in leads
            )
            is_complete = (
                closed(part)
                or is_sentence(part)
                or (
                    passage.role in PROSE - {Role.LEAD, Role.CAPTION}
                    and len(words_of(part)) >= _FEWEST_WORDS
                )
            )
            whole = bool(lead) or (is_complete and not is_open_lead)
            yield _make_sentence(part, lead, passage, whole=whole)


def _open_lead(passage: Passage) -> str:
    """Return the end of a lead-in that an item completes, or '' if it is complete by itself."""
    parts = split_sentences(passage.lead) if passage.role in {Role.ITEM, Role.QUESTION} else ()
    if not parts or closed(parts[-1]):
        return ""
    # A reason or a callout has a title where others have a lead-in; a colon tells them apart.
    is_title = passage.kind in {"reasons", "callout"} or len(words_of(parts[-1])) < _FEWEST_WORDS
    return "" if is_title and not passage.lead.rstrip().endswith(":") else parts[-1]


def _make_sentence(text: str, lead: str, passage: Passage, *, whole: bool) -> Sentence:
    own_words = words_of(text)
    return Sentence(
        f"{lead} {text}".strip(),
        (*words_of(lead), *own_words),
        len(own_words),
        whole,
        passage,
        lead,
    )
