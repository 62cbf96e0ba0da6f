"""Detect the stance of a text on a name: it recommends, warns, asks first, or is neutral. Pure.

A unit is a passage with its surroundings: a cell after its row's first cell, an answer after its
myth. A clause is judged on its own first. Then count what later clauses say of "it" or "them", then
the lead-in or heading, and last the rule's own default.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from functools import cache, cached_property, lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple

from teachback.checking.clinical.clause_polarity import (
    ClausePolarity,
    asks_first,
    done_in,
    ends_denied,
    has_team,
    is_question,
    keeps_limit,
    lead_way,
    polarity_of,
    reports,
    tells_care_team,
    verdict,
)
from teachback.checking.clinical.clause_splitter import Clause, clauses, lowered
from teachback.checking.clinical.timed_patterns import ClinicPatterns, limited

if TYPE_CHECKING:
    from teachback.checking.clinical.lexicon import Lexicon, Mention
    from teachback.checking.clinical.timed_patterns import TimedPattern

_PRONOUN: Final = re.compile(r"\b(?:it|they|them|these|those|this|that|one|both|yours|either)\b")
_GOES_ON: Final = re.compile(
    r"(?:but|however|yet|though|although|which|because|since|as|so|and (?:can|may|will|are|is))\b"
)
_TURN: Final = re.compile(r"(?:but|however|yet|still|though|even so)\b")
_FINE: Final = re.compile(r"\b(?:fine|okay|ok|safe|go ahead|all right)\b")
_WAITS: Final = re.compile(
    r"\bnext (?:visit|appointment|checkup|treatment|week)\b|\bcan wait\b|\bcall us today\b"
    r"|\bin the morning\b|\bnot urgent\b|\bless urgent\b|\bno need to call\b|\bno rush\b"
    r"|\bcall (?:us )?(?:within|when)\b|\bdo not worry\b|\bharmless\b|\bnormal\b|\bmention\b"
    r"|\bevaluation\b|\bconsider\b"
)
# Items under "Call us if:" are things to report, not advice.
_REPORT: Final = re.compile(r"(?:call|tell|get help|show us|let us know|report|bring|ask)\b")
_FIRST: Final = re.compile(
    r"\b(?:first|before|portions?|how much|how many|the amount|amount|it|them|these|this|that"
    r"|which|limit|choose|decide|plan)\b"
)
# Words that do not tell the reader to act: "before you skip", "if you want to stop", "reasons to
# stay home".
_HELD: Final = re.compile(
    r"\b(?:before (?:you|anyone|they)(?: \w+)?|before|tempted to|tempting to|easy to|temptation to"
    r"|instead of|rather than|reasons? (?:to|for)|think(?:ing)? (?:of|about)|thought of"
    r"|want(?:s|ed)? to|wish to|feel like|have to|planning to|"
    r"(?:ask|asking|talk|check) (?:\w+ ){0,3}(?:before|about|whether|if)|risks? of|dangers? of"
    r"|harm of|problem with)(?: you)? ?$"
)
_NOUN: Final = re.compile(
    r"\w+ing\b|(?:half|an|one|\w+) (?:hours?|minutes|treatments?|sessions?)"
    r"|(?:a|one) (?:missed|skipped|short)|early|shorter|less|fewer"
)
_COMES: Final = re.compile(
    r"(?:and |which |so )?(?:that|this|it|which|they|these|can|may|could|waste|fluid|potassium)\b"
)
# An action this close to the start of its clause (in characters) is the subject of the clause.
_EARLY: Final = 24
# "Do not start, stop or change": one "not" for all verbs. "Please do not.": forbids what came
# before.
_NOT_ALL: Final = re.compile(r"(?:please )?(?:do not|don't|never) \w+, \w+(?:,? or)\b")
_FORBIDS: Final = re.compile(
    r"(?:but )?(?:please )?(?:do not|don't|never do)(?: that| this| it| so)?[.:!;,]"
)
# "Foods high in phosphorus include:" tells what foods contain; "Eat foods high in fiber:" advises.
_CONTENTS: Final = re.compile(
    r"(?:(?:some|many|most|other|common|natural|these|the|and|processed|packaged) )*"
    r"(?:foods?|drinks?|beverages?|products?|items?|sources?)\b"
    r"(?: and (?:\w+ )?(?:foods?|drinks?))?(?: (?:that|which|also|are|contain|with|have))*"
    r" (?:very )?(?:high|higher|rich|(?:high|large|higher) (?:amounts?|levels?)|a lot|lots)"
    r"(?: in| of)(?: \w+){1,2}(?: (?:are|is|includ\w+|to limit|to watch))?$"
    r"|(?:\w+ ){0,8}(?:contain|have) (?:high|large|higher) (?:amounts?|levels?) of"
    r"(?: \w+){1,2},? includ\w+$"
)
_INCLUDES: Final = re.compile(r",? (?:includ\w+|such as|are|is)$")
# "If you forget your binders:" gives a condition, not a do or do not.
_WHEN: Final = re.compile(r"(?:if|when|whenever|once|after|while|on days|should you)\b")
# "Swap for:" introduces what to take.
_INTO: Final = re.compile(
    r"\b(?:swap|trade|exchange|replace|switch)\w* (?:it |them )?(?:for|with|in|to)$"
)
# The number of following sentences that may still be about the same thing.
_REACH: Final = 2


class DetectedStance(NamedTuple):
    """A stance, and the place in the unit of the words that show it."""

    stance: str
    at: int


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
        self.after: Final = after
        self.leads: Final = leads
        self.myth: Final = myth

    @cached_property
    def text(self) -> str:
        """The whole text in lower case."""
        return lowered(
            f"{self._front}{self.own}\n{self.after}" if self.after else f"{self._front}{self.own}"
        )

    @cached_property
    def _front(self) -> str:
        return f"{self.before}\n" if self.before else ""

    @cached_property
    def first(self) -> int:
        """The start of the passage's own text."""
        return len(self._front)

    @cached_property
    def last(self) -> int:
        """The end of the passage's own text."""
        return self.first + len(self.own)

    @cached_property
    def clauses(self) -> tuple[Clause, ...]:
        """The clauses of the whole text."""
        return clauses(self.text)

    @cached_property
    def starts(self) -> list[int]:
        """The starts of the clauses."""
        return [clause.start for clause in self.clauses]

    def at(self, place: int) -> int:
        """Return the index of the clause at a place."""
        return max(0, bisect_right(self.starts, place) - 1)

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

    def opening(self, number: int) -> Clause:
        """Return the first clause of a sentence."""
        return next(clause for clause in self.clauses if clause.sentence == number)

    def is_own(self, place: int) -> bool:
        """Return whether a place is in the passage itself."""
        return self.first <= place < self.last

    @cached_property
    def answer(self) -> int:
        """How the answer to a myth begins: 1 yes, -1 no, 0 neither or no myth."""
        return verdict(lowered(self.own), lowered(self.before)) if self.myth else 0

    @cached_property
    def answered(self) -> int:
        """Return whether an answer without yes or no praises (1), warns (-1) or neither (0).

        "Short courses are harmless" takes back the warning in a myth.
        """
        own = [clause for clause in self.clauses if self.is_own(clause.start)]
        ways = [
            polarity_of(clause.text, 0, 0) for clause in own if clause.sentence == own[0].sentence
        ]
        return min((said.way for said in ways if said.way and not said.condition), default=0)

    @cached_property
    def context(self) -> tuple[int, bool, bool]:
        """The lead-in's direction (1 do, -1 do not, 0 neither), if it asks first, if it forbids."""
        for lead in self.leads:
            low = lowered(lead).rstrip(" :.")
            if _CONTENTS.match(low):
                return 0, True, False
            # Such as "Foods bad for kidneys include", and a colon within "Foods to avoid: snacks".
            low = _INCLUDES.sub("", low)
            if ": " in low and lead_way([low.partition(": ")[0]]) < 0:
                return -1, False, True
            if asks_first(low) or keeps_limit(low) or _REPORT.match(low):
                return 0, True, False
            if is_question(low, asks=lead.rstrip().endswith("?")) and not low.startswith(
                ("what to", "how to", "what help")
            ):
                continue
            way = (
                1
                if _INTO.search(low)
                else lead_way(
                    clause.text for clause in clauses(low) if not _WHEN.match(clause.text)
                )
            )
            if not way and low.startswith("for "):
                way = 1
            if way:
                return way, False, way < 0
        return 0, False, False


@lru_cache(maxsize=1024)
def judge(
    unit: Unit, mention: Mention, others: tuple[Mention, ...], *, praise: bool, undecided: str
) -> DetectedStance:
    """Return the stance of a unit on one mention; `others` are all of the rule's mentions."""
    at = unit.at(mention.start)
    clause = unit.clauses[at]
    denied = _denied(unit, at)
    said = polarity_of(
        clause.text, mention.start - clause.start, mention.end - clause.start, denied=denied
    )
    if reports(clause.text[: mention.start - clause.start]) or (
        said.condition and tells_care_team(unit.sentence(clause.sentence))
    ):
        return DetectedStance("ask", mention.start)
    asked = is_question(unit.opening(clause.sentence).text, asks=clause.asks)
    way, taken, place = (0 if asked else said.way), said.taken, mention.start
    if unit.myth and mention.start < unit.first:
        way *= 0 if said.condition else unit.answer
        place = unit.first if unit.answer else place
        if said.way < 0 and not unit.answer and unit.answered > 0:
            way, taken, place = 1, True, unit.first
    way, taken, place = _goes_on(unit, at, others, ClausePolarity(way, taken), place, asked=asked)
    stance = _stance(
        unit,
        clause.sentence,
        ClausePolarity(way, taken, said.fact),
        undecided,
        asked=asked,
        praise=praise,
    )
    return DetectedStance(stance, place)


def _denied(unit: Unit, at: int) -> bool:
    """Return whether a "not" in the previous clause governs this one.

    As in "Do not, whatever you read, eat" and "do not start, stop or change".
    """
    if not at or unit.clauses[at - 1].sentence != unit.clauses[at].sentence:
        return False
    earlier = unit.clauses[at - 1].text
    return ends_denied(earlier) or bool(_NOT_ALL.match(f"{earlier}, {unit.clauses[at].text}"))


def _goes_on(
    unit: Unit,
    at: int,
    others: tuple[Mention, ...],
    said: ClausePolarity,
    place: int,
    *,
    asked: bool,
) -> tuple[int, bool, int]:
    """Follow a thing through later clauses that refer to it, until one names something else."""
    way, taken = said.way, said.taken
    first = unit.clauses[at]
    for later in unit.clauses[at + 1 :]:
        gap = later.sentence - first.sentence
        if gap > _REACH or any(later.start <= other.start < later.end for other in others):
            break
        pronoun = _PRONOUN.search(later.text)
        reply = (
            verdict(later.text)
            if asked and gap == 1 and later is unit.opening(later.sentence)
            else 0
        )
        headed = not unit.is_own(first.start) and not unit.myth and unit.is_own(later.start)
        if not (
            pronoun
            or reply
            or headed
            or (gap == 0 and _GOES_ON.match(later.text))
            or (asked and gap == 1)
        ):
            continue
        start, end = pronoun.span() if pronoun else (0, 0)
        found = polarity_of(later.text, start, end)
        new = reply or found.way
        if not pronoun and not reply and found.taken:
            new = 0  # "but avoid salt" is not about the thing before
        if new < 0 and (
            way <= 0
            or not taken
            or _TURN.match(later.text)
            or found.taken
            or (pronoun and _is_ban(later.text))
        ):
            way, place = -1, later.start
        elif (
            new > 0
            and not found.condition
            and (way >= 0 or found.freed or _TURN.match(later.text) or _FINE.search(later.text))
        ):
            way, taken, place = 1, taken or found.taken or bool(reply), later.start
    return way, taken, place


def _is_ban(text: str) -> bool:
    return bool(
        re.search(r"\b(?:avoid|limit|skip|stop|not|never|only|less|small|restrict)\b", text)
    )


def _stance(
    unit: Unit, sentence: int, said: ClausePolarity, undecided: str, *, asked: bool, praise: bool
) -> str:
    context, context_asks, forbids = unit.context
    if (
        undecided == "neutral"
        and unit.leads
        and _WAITS.search(lowered(unit.leads[0]))
        and "911" not in unit.text
    ):
        return "waits"
    if _left_to_team(unit, sentence, decided=said.way > 0) or (context_asks and said.way >= 0):
        return "warned" if said.way < 0 else "ask"
    if said.way < 0 or forbids:
        return "warned"
    if said.way > 0:
        return "recommended" if praise or said.taken or context > 0 else "neutral"
    if asked:
        return "question"
    if context > 0:
        return "recommended"
    if said.fact or any(has_team(unit.sentence(number)) for number in (sentence, sentence + 1)):
        return "neutral"
    return (
        "refuted"
        if unit.myth and unit.answer <= 0 and unit.opening(sentence).start < unit.first
        else undecided
    )


def _left_to_team(unit: Unit, sentence: int, *, decided: bool) -> bool:
    """Return whether a sentence, or one near it, leaves the choice to the care team."""
    own = unit.sentence(sentence)
    if asks_first(own) or keeps_limit(own):
        return True
    last = unit.clauses[-1].sentence if unit.myth else sentence + _REACH
    if any(
        asks_first(later) and _FIRST.search(later)
        for later in map(unit.sentence, range(sentence + 1, last + 1))
    ):
        return True
    earlier = unit.sentence(sentence - 1)
    return not decided and asks_first(earlier)


def compiled(pattern: str) -> re.Pattern[str] | TimedPattern:
    """Compile a rule's pattern on first use and cache it.

    Most rules are about things that a text does not name, so many patterns are never needed. A
    clinic's own pattern is searched for under a time limit; see `timed_patterns`.
    """
    return limited(pattern) if isinstance(pattern, ClinicPatterns) else _compiled(pattern)


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)


@lru_cache(maxsize=1024)
def judge_doing(
    unit: Unit, mention: Mention, others: tuple[Mention, ...], doing: str
) -> DetectedStance | None:
    """Return whether a unit tells the reader to do what `doing` matches near a mention.

    Returns None if `doing` matches nothing.
    """
    done = compiled(doing)
    number = unit.clauses[unit.at(mention.start)].sentence
    beside = unit.clauses[unit.at(mention.start)]
    # "Rubbing a cramp is fine, but do not rub a swollen leg": an action in the thing's own clause
    # is about that thing.
    same = any(
        match.start() + beside.start != mention.start for match in done.finditer(beside.text)
    )
    best: DetectedStance | None = None
    for at, clause in enumerate(unit.clauses):
        reach = _REACH + (mention.start < unit.first)
        if same and clause is not beside and clause.end <= beside.start:
            continue
        if not 0 <= clause.sentence - number <= reach:
            continue
        matches = tuple(done.finditer(clause.text))
        for match in matches:
            place = clause.start + match.start()
            if (
                not (unit.is_own(place) or unit.is_own(mention.start) or unit.myth)
                or place >= unit.last
            ):
                continue
            found = DetectedStance(
                _done(
                    unit,
                    at,
                    match,
                    (
                        *(match.span() for match in matches),
                        *(
                            (other.start - clause.start, other.end - clause.start)
                            for other in others
                        ),
                    ),
                ),
                unit.first if unit.myth and place < unit.first else place,
            )
            if best is None or found.stance == "recommended":
                best = found
    return best


def _done(unit: Unit, at: int, match: re.Match[str], things: tuple[tuple[int, int], ...]) -> str:
    clause = unit.clauses[at]
    said = done_in(clause.text, match.start(), match.end(), things)
    way = said.way
    behind = unit.clauses[at + 1] if at + 1 < len(unit.clauses) else None
    if _denied(unit, at) or (way > 0 and _FORBIDS.match(unit.sentence(clause.sentence + 1))):
        way = -abs(way)
    asked = is_question(unit.opening(clause.sentence).text, asks=clause.asks)
    if way > 0 and (
        _harmed(unit, at, match)
        or (unit.myth and unit.answer < 0 and unit.is_own(clause.start) and _NOUN.match(match[0]))
    ):
        way = -1
    if way > 0 and _HELD.search(clause.text[: match.start()]):
        return "neutral"
    if asked or (said.condition and way > 0):
        # "If you miss one, do not worry": the clause after the condition decides.
        way = 0
        if behind is not None and (asked or behind.sentence == clause.sentence):
            then = polarity_of(behind.text, 0, 0)
            way = verdict(behind.text) if asked else 0
            way = way or (1 if then.way > 0 and not then.taken else 0)
    if unit.myth and clause.start < unit.first:
        way *= unit.answer or (-1 if way < 0 < unit.answered else 0)
    if asks_first(unit.sentence(clause.sentence)):
        return "warned" if way < 0 else "ask"
    _, context_asks, forbids = unit.context
    if context_asks:
        return "ask"
    if forbids and way > 0:
        return "warned"
    return "recommended" if way > 0 else "warned" if way < 0 else "neutral"


def _harmed(unit: Unit, at: int, match: re.Match[str]) -> bool:
    """Return whether an action is the subject, and a later clause says what harm it does."""
    first = unit.clauses[at]
    if not (_NOUN.match(match[0]) and match.start() <= _EARLY):
        return False
    return any(
        _COMES.match(later.text) and polarity_of(later.text, 0, 0).way < 0
        for later in unit.clauses[at + 1 :]
        if later.sentence <= first.sentence + 1
    )


@lru_cache(maxsize=1024)
def names_in(lexicon: Lexicon, text: str) -> tuple[Mention, ...]:
    """Return all names in a unit's text, cached since two audiences mostly get the same text."""
    return lexicon.mentions(text)
