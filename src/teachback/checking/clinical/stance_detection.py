"""Detect the stance of a text on a name: it recommends, warns, asks first, or is neutral. Pure.

A unit is a passage with its surroundings: a cell after its row's first cell, an answer after its
myth. First counts what the clause of a name says of it, then what later clauses say of "it" or
"them", then the lead-in or heading, and last the rule's own default.

A clause is read as a chain of signs. "Do not forget to eat a banana": not (-) forget (-) eat (+)
yields "do". Signs before the thing govern it; signs after the thing describe it.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple

from teachback.checking.clinical.clause_splitter import Clause, clauses, lowered
from teachback.checking.clinical.cue_phrases import asks_first, signs
from teachback.checking.clinical.timed_patterns import compiled

if TYPE_CHECKING:
    from collections.abc import Iterable

    from teachback.checking.clinical.cue_phrases import Sign
    from teachback.checking.clinical.lexicon import Mention

_WORDS: Final = re.compile(r"[\w'-]+")
_NEAR: Final = 6  # words; signs farther away than this are not related
_REACH: Final = 2  # following sentences that may still be about the same thing
_DENY: Final = frozenset({"not", "ban", "flip", "compare"})
_CONDITION: Final = re.compile(
    r"(?:and |but |so |even )?(?:if|when|whenever|before|after|unless|until|because|since"
    r"|while|once (?!in a|a |per |every)|who|people who|those who|anyone who)\b"
)
# The subject of a clause is an action: "Eating bananas is a bad idea", not "Avoid eating bananas".
_ACTION: Final = re.compile(r"(?!(?:avoid|stop|quit|limit) )(?:\w+ )?(?:\w+ing|to \w+)\b")
_QUESTION: Final = re.compile(
    r"(?:so |and |but )?(?:can|could|should|may|might|is|are|do|does|did|has|had|have|will"
    r"|would|what|which|how|when|why|who|where|am|must)\b(?! (?:not|about)\b)"
)
_YES: Final = re.compile(
    r"(?:yes|sure|of course|absolutely|certainly|definitely|by all means|true|right|correct"
    r"|indeed|exactly|go ahead|no problem|probably)\b"
)
_NO: Final = re.compile(
    r"(?:\w+,? )?(?:dangerous myth|myth|no|not|never|false|wrong|untrue|hardly|the opposite"
    r"|far from it|only (?:for|if)|th(?:at|is) is (?:false|wrong|not)|(?:it is|they are) not)\b"
)
# "It does.", "They can,": an answer that repeats the myth's own verb.
_ECHO: Final = re.compile(
    r"(?:actually,? |yes,? |but |in fact,? )?(?:it|they|that|this|you|we|one) (?:do|does|did|can"
    r"|could|is|are|will|would|may|might|has|have|should|must)(?:n't| not|)(?= ?[.,;:!]|$)"
)
_DENIES: Final = re.compile(
    r"\b(?:not|no|never|nothing|nobody|none|cannot|without|hardly|harmless)\b|n't\b"
)
_PRONOUN: Final = re.compile(r"\b(?:it|they|them|these|those|this|that|one|both|yours|either)\b")
_TURN: Final = re.compile(r"(?:but|however|yet|still|though|even so)\b")
_WAITS: Final = re.compile(
    r"\bnext (?:visit|appointment|checkup|treatment|week)\b|\bcan wait\b|\bcall us today\b"
    r"|\bin the morning\b|\b(?:not|less) urgent\b|\bno (?:need to call|rush)\b"
    r"|\bcall (?:us )?(?:within|when)\b|\bdo not worry\b|\bharmless\b|\bnormal\b|\bmention\b"
    r"|\bconsider\b"
)
# Items under "Call us if:" are things to report, those under "Examples include:" are facts.
_REPORT: Final = re.compile(
    r"(?:call|tell|get help|show us|let us|report|bring|ask)\b|.*\b(?:symptom|trigger|cause|example)"
    r"s? (?:(?:may|can) )?(?:are|be|include)(?: the following)?$"
)
_TELLS: Final = re.compile(
    r"\b(?:tell|bring|show|list|write down|let) (?:us|every|your|the|all|any)\b"
)


class DetectedStance(NamedTuple):
    """A stance, and the place in the unit of the words that show it."""

    stance: str
    at: int


class ClausePolarity(NamedTuple):
    """The advice of a clause on a thing: `way` is 1 for do, -1 for do not, 0 for neither.

    `taken` is true if it is about taking the thing, not only praise. `fact` is true if it says
    what a thing contains. `condition` is true if the clause is a condition.
    """

    way: int = 0
    taken: bool = False
    fact: bool = False
    condition: bool = False


class Unit:
    """A passage's text with the texts before and after it.

    `leads` are its lead-in, column and heading, nearest first. Instances compare by identity, since
    each caches what was found out about it.
    """

    def __init__(
        self, before: str, own: str, after: str, leads: tuple[str, ...], *, myth: bool
    ) -> None:
        """Store the texts as their author wrote them."""
        self.before: Final = before
        self.own: Final = own
        self.leads: Final = leads
        self.myth: Final = myth
        front = f"{before}\n" if before else ""
        # The start and end of the passage's own text, and the whole text in lower case.
        self.first: Final = len(front)
        self.last: Final = self.first + len(own)
        self.text: Final = lowered(f"{front}{own}\n{after}" if after else f"{front}{own}")

    @cached_property
    def clauses(self) -> tuple[Clause, ...]:
        """The clauses of the whole text."""
        return clauses(self.text)

    def at(self, place: int) -> int:
        """Return the index of the clause at a place."""
        return max(0, bisect_right(self.clauses, place, key=lambda clause: clause.start) - 1)

    @cached_property
    def own_sentences(self) -> tuple[int, ...]:
        """The numbers of the sentences that begin in the passage itself."""
        own = (clause.sentence for clause in self.clauses if self.is_own(clause.start))
        return tuple(dict.fromkeys(own))

    def span(self, number: int) -> tuple[int, int]:
        """Return the start and end of a sentence in the text, or 0 and 0 if there is none."""
        found = [clause for clause in self.clauses if clause.sentence == number]
        return (found[0].start, found[-1].end) if found else (0, 0)

    def sentence(self, number: int) -> str:
        """Return a sentence in lower case, or '' if there is no such sentence."""
        start, end = self.span(number)
        return self.text[start:end]

    def asks(self, clause: Clause) -> bool:
        """Return whether a clause stands in a question; "Why not try one?" is advice."""
        return clause.asks and bool(_QUESTION.match(self.sentence(clause.sentence)))

    def is_own(self, place: int) -> bool:
        """Return whether a place is in the passage itself."""
        return self.first <= place < self.last

    @cached_property
    def answer(self) -> int:
        """How the answer to a myth begins: 1 yes, -1 no, 0 neither or no myth."""
        return verdict(lowered(self.own), lowered(self.before)) if self.myth else 0

    @cached_property
    def context(self) -> tuple[int, bool]:
        """The advice of the nearest lead-in or heading: do (1), do not (-1); whether it asks."""
        for lead in self.leads:
            low = lowered(lead).rstrip(" :.")
            if asks_first(low) or _REPORT.match(low):
                return 0, True
            if lead.rstrip().endswith("?") and _QUESTION.match(low):
                continue
            for text in (low, *(clause.text for clause in clauses(low))):
                said = polarity_of(f"{text} ", len(text), len(text) + 1)
                if not said.condition and (said.way or said.fact):
                    # "High in potassium" over a column lists what to be careful with.
                    return said.way or -1, False
        return 0, False


@lru_cache(maxsize=1024)
def polarity_of(clause: str, start: int, end: int, *, doing: bool = False) -> ClausePolarity:
    """Return what a clause says of the thing at `start` to `end` in it.

    `doing` is true if the thing is an action, which is told to be done unless a "not" governs it.
    """
    found = signs(clause)
    fact = any(sign.kind == "fact" for sign in found)
    if fact and (
        # "A glass of juice holds as much potassium as a banana"
        all(sign.kind in {"fact", "do", "compare"} for sign in found)
        or any(sign.kind == "fact" and sign.start <= start < sign.end for sign in found)
    ):
        return ClausePolarity(fact=True)
    governing = _DENY if doing else {*_DENY, "harm", "take", "do", "praise"}
    # A name such as "drink" is a sign of its own; an action is not.
    before = [sign for sign in found if sign.start <= start - doing and sign.kind in governing]
    left, taken = _left(clause, before, start)
    right, eaten = _right(sign for sign in found if sign.start >= max(end, start + 1))
    if right < 0 and all(clause[sign.start : sign.end] in {"extra", "more"} for sign in before):
        left = 0  # "the extra potassium can harm you": an amount, not an order
    condition = bool(_CONDITION.match(clause))
    governs = any(sign.kind == "flip" for sign in before) or bool(
        _ACTION.match(clause) or (doing and _ACTION.match(clause[start:]))
    )
    if doing:
        left, right, taken = left or 1, right if governs else 0, True
    if left and right and governs:
        return ClausePolarity(left * right, taken or eaten, fact, condition)
    if left > 0 and condition and not governs and not doing:
        left = 0
    return ClausePolarity(left or right, taken if left else eaten, fact, condition)


def _left(clause: str, before: list[Sign], start: int) -> tuple[int, bool]:
    """Multiply the signs that govern a thing, from the nearest outward; 0 if there are none."""
    way, edge, last, taken = 0, start, "", False
    for sign in reversed(before):
        far = len(_WORDS.findall(clause, sign.end, edge)) > _NEAR
        # "avoid dangerous foods": one warning, not two that cancel
        if (far and sign.kind != "flip") or (sign.kind == "ban" and last == "harm"):
            continue
        edge, last = sign.start, sign.kind
        taken = taken or sign.kind in {"take", "do"}
        way = (way or 1) * (1 if sign.kind in {"take", "do", "praise"} else -1)
    return way, taken


def _right(behind: Iterable[Sign]) -> tuple[int, bool]:
    """Combine the signs after a thing: one warning outweighs all praise; 0 if there are none."""
    ways, denied, taken, flip = [], False, False, 1
    for sign in behind:
        if sign.kind == "not":
            denied = True
        elif sign.kind == "flip":
            flip = -flip
        elif sign.kind not in {"fact", "take", "compare"}:
            way = -1 if sign.kind in {"ban", "harm"} else 1
            ways.append(-way if denied else way)
            # Denying a danger is advice.
            taken = taken or sign.kind == "do" or (denied and way < 0)
            denied = False
    return min(ways, default=-1 if denied or flip < 0 else 0) * (flip if ways else 1), taken


@lru_cache(maxsize=1024)
def verdict(text: str, myth: str = "") -> int:
    """Return how an answer begins: 1 yes, -1 no, 0 neither.

    An answer may repeat the verb of the myth: "It does" contradicts a myth that denies.
    """
    echo = _ECHO.match(text) if myth else None
    if echo:
        return -1 if bool(_DENIES.search(myth)) != bool(_DENIES.search(echo[0])) else 1
    return -1 if _NO.match(text) else 1 if _YES.match(text) else 0


@lru_cache(maxsize=1024)
def judge(
    unit: Unit, mention: Mention, others: tuple[Mention, ...], *, praise: bool, undecided: str
) -> DetectedStance:
    """Return the stance of a unit on one mention; `others` are all of the rule's mentions."""
    clause = unit.clauses[unit.at(mention.start)]
    start = mention.start - clause.start
    if _TELLS.search(clause.text[:start]):
        return DetectedStance("ask", mention.start)
    said = polarity_of(clause.text, start, mention.end - clause.start)
    asked = unit.asks(clause)
    way, place = (0 if asked else said.way), mention.start
    if unit.myth and mention.start < unit.first:
        way *= 0 if said.condition else unit.answer
        place = unit.first if unit.answer else place
    way, taken, place = _goes_on(unit, clause, others, way, place, taken=said.taken)
    context, context_asks = unit.context
    lead = lowered(unit.leads[0]) if unit.leads else ""
    if undecided == "neutral" and _WAITS.search(lead) and "911" not in unit.text:
        stance = "waits"
    elif way < 0 or context < 0:
        stance = "warned"
    elif context_asks or asks_first(unit.sentence(clause.sentence)):
        stance = "ask"
    elif way > 0:
        stance = "recommended" if praise or taken or context > 0 else "neutral"
    elif asked:
        stance = "question"
    elif context > 0:
        stance = "recommended"
    elif said.fact:
        stance = "neutral"
    elif unit.myth and mention.start < unit.first and unit.answer <= 0:
        stance = "refuted"
    else:
        stance = undecided
    return DetectedStance(stance, place)


def _goes_on(
    unit: Unit, first: Clause, others: tuple[Mention, ...], way: int, place: int, *, taken: bool
) -> tuple[int, bool, int]:
    """Follow a thing through later clauses that refer to it, until one names something else."""
    asked = unit.asks(first)
    for later in unit.clauses[unit.at(first.start) + 1 :]:
        gap = later.sentence - first.sentence
        if gap > _REACH or any(later.start <= other.start < later.end for other in others):
            break
        answers = asked and gap == 1
        pronoun = _PRONOUN.search(later.text)
        turns = bool(_TURN.match(later.text))
        # A lead-in or heading goes on in the text below it.
        below = not unit.is_own(first.start) and not unit.myth and unit.is_own(later.start)
        if not (pronoun or answers or below or (turns and gap == 0)):
            continue
        found = polarity_of(later.text, *(pronoun.span() if pronoun else (0, 0)))
        reply = verdict(later.text) if answers else 0
        new = reply or found.way
        # "Take one if it hurts": what hurts is not what is taken.
        if new < 0 and not found.condition:
            way, place = -1, later.start
        elif new > 0 and not found.condition and (way >= 0 or turns):
            way, taken, place = 1, taken or found.taken or bool(reply), later.start
    return way, taken, place


@lru_cache(maxsize=1024)
def judge_doing(unit: Unit, mention: Mention, doing: str) -> DetectedStance | None:
    """Return whether a unit tells the reader to do what `doing` matches near a mention.

    Returns None if `doing` matches nothing.
    """
    beside = unit.clauses[unit.at(mention.start)]
    best: DetectedStance | None = None
    for clause in unit.clauses:
        if not 0 <= clause.sentence - beside.sentence <= _REACH:
            continue
        for match in compiled(doing).finditer(clause.text):
            place = clause.start + match.start()
            if place >= unit.last or not (
                unit.is_own(place) or unit.is_own(mention.start) or unit.myth
            ):
                continue
            stance = _done(unit, clause, match)
            if best is None or stance == "recommended":
                at = unit.first if unit.myth and place < unit.first else place
                best = DetectedStance(stance, at)
    return best


def _done(unit: Unit, clause: Clause, match: re.Match[str]) -> str:
    said = polarity_of(clause.text, match.start(), match.end(), doing=True)
    way = said.way
    if unit.asks(clause):
        way = verdict(unit.sentence(clause.sentence + 1))
    elif way > 0 and said.condition:
        return "neutral"
    if unit.myth and clause.start < unit.first:
        way *= unit.answer
    context, context_asks = unit.context
    if way < 0 or (way and context < 0):
        return "warned"
    if context_asks or asks_first(unit.sentence(clause.sentence)):
        return "ask"
    return "recommended" if way > 0 else "neutral"
