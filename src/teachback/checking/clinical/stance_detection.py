"""Detect the stance of a text on a name: it recommends, warns, asks first, or is neutral. Pure.

A unit is a passage with its surroundings: a cell after its row's first cell, an answer after its
myth. The clause of a name decides first, then later clauses that speak of "it" or "them", then the
lead-in or heading, and last the rule's own default.

A clause is read as a chain of cues. "Do not forget to eat a banana": not (-) forget (-) eat (+)
yields "do". Cues before the thing govern it. Cues after the thing describe it. A polarity is 1 for
do, -1 for do not, 0 for neither.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple

from teachback.checking.clinical.clause_splitter import Clause, clauses
from teachback.checking.clinical.cue_phrases import asks_first, cues
from teachback.checking.clinical.timed_patterns import compiled
from teachback.files.unprintable_characters import lowered

if TYPE_CHECKING:
    from collections.abc import Iterable

    from teachback.checking.clinical.cue_phrases import Cue
    from teachback.checking.clinical.lexicon import Mention

_WORDS: Final = re.compile(r"[\w'-]+")
_WORDS_REACHED: Final = 6  # a cue that is more words away is about something else
_SENTENCES_REACHED: Final = 2  # next sentences that may still be about the same thing
_DENIALS: Final = frozenset({"not", "ban", "flip", "compare"})
_CONDITION: Final = re.compile(
    r"(?:and |but |so |even )?(?:if|when|whenever|before|after|unless|until|because|since"
    r"|while|once (?!in a|a |per |every)|who|people who|those who|anyone who)\b"
)
# The subject of a clause is an action: "Eating bananas is a bad idea", not "Avoid eating bananas".
_ACTION_SUBJECT: Final = re.compile(r"(?!(?:avoid|stop|quit|limit) )(?:\w+ )?(?:\w+ing|to \w+)\b")
_QUESTION: Final = re.compile(
    r"(?:so |and |but )?(?:can|could|should|may|might|is|are|do|does|did|has|had|have|will"
    r"|would|what|which|how|when|why|who|where|am|must)\b(?! (?:not|about)\b)"
)
_SAYS_YES: Final = re.compile(
    r"(?:yes|sure|of course|absolutely|certainly|definitely|by all means|true|right|correct"
    r"|indeed|exactly|go ahead|no problem|probably)\b"
)
_SAYS_NO: Final = re.compile(
    r"(?:\w+,? )?(?:dangerous myth|myth|no|not|never|false|wrong|untrue|hardly|the opposite"
    r"|far from it|only (?:for|if)|th(?:at|is) is (?:false|wrong|not)|(?:it is|they are) not)\b"
)
# "It does.", "They can,": an answer that repeats the myth's own verb.
_ECHOES_MYTH: Final = re.compile(
    r"(?:actually,? |yes,? |but |in fact,? )?(?:it|they|that|this|you|we|one) (?:do|does|did|can"
    r"|could|is|are|will|would|may|might|has|have|should|must)(?:n't| not|)(?= ?[.,;:!]|$)"
)
_DENIES: Final = re.compile(r"\b(?:not|no|never|nothing|nobody|none|cannot|without|hardly)\b|n't\b")
PRONOUN: Final = re.compile(r"\b(?:it|they|them|these|those|this|that|one|both|yours|either)\b")
_CONTRAST: Final = re.compile(r"(?:but|however|yet|still|though|even so)\b")
_CAN_WAIT: Final = re.compile(
    r"\b(?:next (?:visit|appointment|checkup|treatment|week)|can wait|call us today|in the morning"
    r"|(?:not|less) urgent|no (?:need to call|rush)|call (?:us )?(?:within|when)|do not worry"
    r"|harmless|normal|mention|consider)\b"
)
# Items under "Call us if:" are things to report, those under "Examples include:" are facts.
_ASKS_TO_REPORT: Final = re.compile(
    r"(?:call|tell|get help|show us|let us|report|bring|ask)\b"
    r"|.*\b(?:symptom|trigger|cause|example)s? (?:(?:may|can) )?(?:are|be|include)"
    r"(?: the following)?$"
)
_TELLS_TEAM: Final = re.compile(
    r"\b(?:tell|bring|show|list|write down|let) (?:us|every|your|the|all|any)\b"
)


class DetectedStance(NamedTuple):
    """A stance, and the place in the unit of the words that show it."""

    stance: str
    place: int


class ClausePolarity(NamedTuple):
    """The advice on a thing, of one clause or of several that refer to it.

    `about_taking` is true if it is about taking the thing, not only praise. `fact` is true if it
    says what a thing contains. `condition` is true if the clause is a condition.
    """

    polarity: int = 0
    about_taking: bool = False
    fact: bool = False
    condition: bool = False


class Unit:
    """A passage's text with the texts before and after it.

    `leads` are its lead-in, column and heading, nearest first. Instances compare by identity, since
    each caches what it computes.
    """

    def __init__(
        self, before: str, own: str, after: str, leads: tuple[str, ...], *, myth: bool
    ) -> None:
        """Store the texts as their author wrote them."""
        self.before: Final = before
        self.own: Final = own
        self.leads: Final = leads
        self.myth: Final = myth
        prefix = f"{before}\n" if before else ""
        # The start and end of the passage's own text, and the whole text in lower case.
        self.own_start: Final = len(prefix)
        self.own_end: Final = self.own_start + len(own)
        self.text: Final = lowered(f"{prefix}{own}\n{after}" if after else f"{prefix}{own}")

    @cached_property
    def clauses(self) -> tuple[Clause, ...]:
        """The clauses of the whole text."""
        return clauses(self.text)

    def clause_at(self, place: int) -> Clause:
        """Return the clause at a place in the text."""
        index = bisect_right(self.clauses, place, key=lambda clause: clause.start) - 1
        return self.clauses[max(0, index)]

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

    def is_question(self, clause: Clause) -> bool:
        """Return whether a clause stands in a question; "Why not try one?" is advice."""
        return clause.in_question and bool(_QUESTION.match(self.sentence(clause.sentence)))

    def is_own(self, place: int) -> bool:
        """Return whether a place is in the passage itself."""
        return self.own_start <= place < self.own_end

    @cached_property
    def answer(self) -> int:
        """How the answer to a myth begins: 1 yes, -1 no, 0 neither, or no myth."""
        return answer_polarity(lowered(self.own), lowered(self.before)) if self.myth else 0

    @cached_property
    def context(self) -> tuple[int, bool]:
        """The polarity of the nearest lead-in or heading, and whether it says to ask first."""
        for lead in self.leads:
            lower = lowered(lead).rstrip(" :.")
            if asks_first(lower) or _ASKS_TO_REPORT.match(lower):
                return 0, True
            if lead.rstrip().endswith("?") and _QUESTION.match(lower):
                continue
            for text in (lower, *(clause.text for clause in clauses(lower))):
                advice = polarity_of(f"{text} ", len(text), len(text) + 1)
                if not advice.condition and (advice.polarity or advice.fact):
                    # "High in potassium" over a column lists what to be careful with.
                    return advice.polarity or -1, False
        return 0, False


@lru_cache(maxsize=1024)
def polarity_of(clause: str, start: int, end: int, *, doing: bool = False) -> ClausePolarity:
    """Return the advice of a clause on the thing at `start` to `end` in it.

    `doing` is true if the thing is an action. An action is advised unless a "not" governs it.
    """
    all_cues = cues(clause)
    facts = [cue for cue in all_cues if cue.kind == "fact"]
    # "A glass of juice holds as much potassium as a banana"
    only_amounts = all(cue.kind in {"fact", "do", "compare"} for cue in all_cues)
    if facts and (only_amounts or any(cue.start <= start < cue.end for cue in facts)):
        return ClausePolarity(fact=True)
    kinds = _DENIALS if doing else {*_DENIALS, "harm", "take", "do", "praise"}
    # A name such as "drink" is a cue of its own. An action is not.
    governing = [cue for cue in all_cues if cue.start <= start - doing and cue.kind in kinds]
    before, before_taking = _governing_polarity(clause, governing, start)
    after, after_taking = _following_polarity(
        cue for cue in all_cues if cue.start >= max(end, start + 1)
    )
    if after < 0 and {clause[cue.start : cue.end] for cue in governing} <= {"extra", "more"}:
        before = 0  # "the extra potassium can harm you": an amount, not an order
    condition = bool(_CONDITION.match(clause))
    combines = any(cue.kind == "flip" for cue in governing) or bool(
        _ACTION_SUBJECT.match(clause) or (doing and _ACTION_SUBJECT.match(clause[start:]))
    )
    if doing:
        before, after = before or 1, after if combines else 0
    elif before > 0 and condition and not combines:
        before = 0
    polarity, about_taking = (before, before_taking) if before else (after, after_taking)
    if before and after and combines:
        polarity, about_taking = before * after, before_taking or after_taking
    return ClausePolarity(polarity, about_taking, bool(facts), condition)


def _governing_polarity(clause: str, governing: list[Cue], start: int) -> tuple[int, bool]:
    """Multiply the cues that govern a thing, from the nearest outward; 0 if there are none."""
    polarity, edge, last_kind, about_taking = 0, start, "", False
    for cue in reversed(governing):
        is_far = len(_WORDS.findall(clause, cue.end, edge)) > _WORDS_REACHED
        # "avoid dangerous foods": one warning, not two that cancel
        if (is_far and cue.kind != "flip") or (cue.kind == "ban" and last_kind == "harm"):
            continue
        edge, last_kind = cue.start, cue.kind
        about_taking = about_taking or cue.kind in {"take", "do"}
        polarity = (polarity or 1) * (1 if cue.kind in {"take", "do", "praise"} else -1)
    return polarity, about_taking


def _following_polarity(following_cues: Iterable[Cue]) -> tuple[int, bool]:
    """Combine the cues after a thing: one warning outweighs all praise; 0 if there are none."""
    polarities, denied, about_taking, flip = [], False, False, 1
    for cue in following_cues:
        if cue.kind == "not":
            denied = True
        elif cue.kind == "flip":
            flip = -flip
        elif cue.kind not in {"fact", "take", "compare"}:
            polarity = -1 if cue.kind in {"ban", "harm"} else 1
            polarities.append(-polarity if denied else polarity)
            # Denying a danger is advice.
            about_taking = about_taking or cue.kind == "do" or (denied and polarity < 0)
            denied = False
    if polarities:
        return flip * min(polarities), about_taking
    return (-1 if denied or flip < 0 else 0), about_taking


@lru_cache(maxsize=1024)
def answer_polarity(text: str, myth: str = "") -> int:
    """Return how an answer begins: 1 yes, -1 no, 0 neither.

    An answer may repeat the verb of the myth: "It does" contradicts a myth that denies.
    """
    echo = _ECHOES_MYTH.match(text) if myth else None
    if echo:
        return -1 if bool(_DENIES.search(myth)) != bool(_DENIES.search(echo[0])) else 1
    return -1 if _SAYS_NO.match(text) else 1 if _SAYS_YES.match(text) else 0


@lru_cache(maxsize=1024)
def judge(
    unit: Unit, mention: Mention, others: tuple[Mention, ...], *, praise: bool, undecided: str
) -> DetectedStance:
    """Return the stance of a unit on one mention; `others` are all of its rule."""
    clause = unit.clause_at(mention.start)
    start = mention.start - clause.start
    if _TELLS_TEAM.search(clause.text[:start]):
        return DetectedStance("ask", mention.start)
    advice = polarity_of(clause.text, start, mention.end - clause.start)
    is_question = unit.is_question(clause)
    polarity, place = (0 if is_question else advice.polarity), mention.start
    in_myth = unit.myth and mention.start < unit.own_start
    if in_myth:
        polarity *= 0 if advice.condition else unit.answer
        place = unit.own_start if unit.answer else place
    advice = advice._replace(polarity=polarity)
    advice, place = _follow_references(unit, clause, others, advice, place)
    context, context_asks = unit.context
    lead = lowered(unit.leads[0]) if unit.leads else ""
    if undecided == "neutral" and _CAN_WAIT.search(lead) and "911" not in unit.text:
        stance = "waits"
    elif advice.polarity < 0 or context < 0:
        stance = "warned"
    elif context_asks or asks_first(unit.sentence(clause.sentence)):
        stance = "ask"
    elif advice.polarity > 0:
        stance = "recommended" if praise or advice.about_taking or context > 0 else "neutral"
    elif is_question:
        stance = "question"
    elif context > 0:
        stance = "recommended"
    elif advice.fact:
        stance = "neutral"
    elif in_myth and unit.answer <= 0:
        stance = "refuted"
    else:
        stance = undecided
    return DetectedStance(stance, place)


def _follow_references(
    unit: Unit, first: Clause, others: tuple[Mention, ...], advice: ClausePolarity, place: int
) -> tuple[ClausePolarity, int]:
    """Follow a thing through later clauses that refer to it, until one names something else.

    Return the advice in the end, and the place of the words that show it.
    """
    is_question = unit.is_question(first)
    for later in unit.clauses[unit.clauses.index(first) + 1 :]:
        gap = later.sentence - first.sentence
        if gap > _SENTENCES_REACHED or any(
            later.start <= other.start < later.end for other in others
        ):
            break
        may_answer = is_question and gap == 1
        pronoun = PRONOUN.search(later.text)
        contrasts = bool(_CONTRAST.match(later.text))
        # A lead-in or heading goes on in the text below it.
        continues_lead = not unit.is_own(first.start) and not unit.myth and unit.is_own(later.start)
        if not (pronoun or may_answer or continues_lead or (contrasts and gap == 0)):
            continue
        later_advice = polarity_of(later.text, *(pronoun.span() if pronoun else (0, 0)))
        reply = answer_polarity(later.text) if may_answer else 0
        # "Take one if it hurts": what hurts is not what is taken.
        polarity = 0 if later_advice.condition else reply or later_advice.polarity
        if polarity < 0:
            advice, place = advice._replace(polarity=-1), later.start
        elif polarity > 0 and (advice.polarity >= 0 or contrasts):
            about_taking = advice.about_taking or later_advice.about_taking or bool(reply)
            advice, place = advice._replace(polarity=1, about_taking=about_taking), later.start
    return advice, place


@lru_cache(maxsize=1024)
def judge_doing(unit: Unit, mention: Mention, doing: str) -> DetectedStance | None:
    """Return whether a unit tells the reader to do what `doing` matches near a mention.

    Returns None if `doing` matches nothing.
    """
    named_clause = unit.clause_at(mention.start)
    best: DetectedStance | None = None
    for clause in unit.clauses:
        if not 0 <= clause.sentence - named_clause.sentence <= _SENTENCES_REACHED:
            continue
        for match in compiled(doing).finditer(clause.text):
            place = clause.start + match.start()
            if place >= unit.own_end or not (
                unit.is_own(place) or unit.is_own(mention.start) or unit.myth
            ):
                continue
            stance = _stance_on_doing(unit, clause, match)
            if best is None or stance == "recommended":
                shown_at = unit.own_start if unit.myth and place < unit.own_start else place
                best = DetectedStance(stance, shown_at)
    return best


def _stance_on_doing(unit: Unit, clause: Clause, match: re.Match[str]) -> str:
    advice = polarity_of(clause.text, match.start(), match.end(), doing=True)
    polarity = advice.polarity
    if unit.is_question(clause):
        polarity = answer_polarity(unit.sentence(clause.sentence + 1))
    elif polarity > 0 and advice.condition:
        return "neutral"
    if unit.myth and clause.start < unit.own_start:
        polarity *= unit.answer
    context, context_asks = unit.context
    if polarity < 0 or (polarity and context < 0):
        return "warned"
    if context_asks or asks_first(unit.sentence(clause.sentence)):
        return "ask"
    return "recommended" if polarity > 0 else "neutral"
