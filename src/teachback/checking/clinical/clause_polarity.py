"""Determine what a clause says of a thing: do, do not, or neither. Pure.

A clause is read as a chain of signs. "Do not forget to eat a banana": not (-) forget (-) eat (+)
yields "do". "It is a mistake to think that bananas help" yields "do not". Signs before the thing
govern it; signs after the thing describe it.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple

from teachback.checking.clinical.cue_phrases import Sign, signs

if TYPE_CHECKING:
    from collections.abc import Iterable

_WORDS: Final = re.compile(r"[\w'-]+")
# In words. Signs farther away than this are not related.
_NEAR: Final = 6
_TIGHT: Final = 2
# Signs that compare the words around them; after a thing they say nothing of it.
_COMPARED: Final = re.compile(r"than|less|fewer|instead of|rather than|in place of")
_MUCH: Final = re.compile(r"extra|more|plenty|lots of")
# After a thing, such a word describes it only with a verb: "is bad", not "a bad back".
_IS: Final = re.compile(
    r"(?:bad|weak|wrong|risks?|risky|trouble|problems?|waste|surpris\w*|tricky|hidden|rhythm"
    r"|stones|burden\w*|confus\w+)"
)
_COPULA: Final = re.compile(
    r"\b(?:is|are|be|being|was|were|can|may|not|too|more|makes?|as|does|do|cause|causes"
    r"|means?)\W+(?:\w+\W+){0,2}$"
)
# The reader's condition: after a thing it is an effect of it, before a thing it is unrelated.
_STATE: Final = re.compile(
    r"thirsty|swell\w*|weak\w*|bleeding|trouble|problems?|bad|wrong|failure|upset|risk"
)
_CONDITION: Final = re.compile(
    r"(?:and |but |so |even )?(?:if|when|whenever|before|after|unless|until|because|since"
    r"|while|once (?!in a|a |per |every)|who|people who|those who|anyone who)\b"
)
_SUBJECT: Final = re.compile(
    r"(?:\w+ )?(?:\w+ing|to \w+|people who \w+|those who \w+|anyone who \w+"
    r"|the \w+ (?:you|that) \w+)\b"
)
_QUESTION: Final = re.compile(
    r"(?:so |and |but )?(?:can|could|should|may|might|is|are|do|does|did|has|had|have|will"
    r"|would|what|which|how|when|why|who|where|am|must)\b"
)
_YES: Final = re.compile(
    r"(?:yes|yep|sure|of course|absolutely|certainly|definitely|by all means|true|right"
    r"|correct|indeed|exactly|you bet|go ahead|no problem|probably)\b"
)
_NO: Final = re.compile(
    r"(?:\w+,? )?(?:dangerous myth|myth|no|not|never|false|wrong|untrue|incorrect|nope|hardly"
    r"|on the contrary|the opposite|far from it|only for|only if|this is false"
    r"|that is (?:false|wrong|not)|this is (?:wrong|not)|it is not|they are not|quite the)\b"
)
# "It does.", "They can,": an answer that repeats the myth's own verb.
_ECHO: Final = re.compile(
    r"(?:actually,? |yes,? |oh,? |but |in fact,? )?(?:it|they|that|this|he|she|you|we"
    r"|one) (?:do|does|did|can|could|is|are|will|would|may|might|has|have|should|must|matters?"
    r"|counts?|hurts?)(?:n't| not|)(?= ?[.,;:!]| too\b| indeed| after all|$)"
)
_DENIES: Final = re.compile(
    r"\b(?:not|no|never|nothing|nobody|none|cannot|without|hardly|harmless)\b|n't\b"
)
_TEAM: Final = (
    r"(?:care team|(?:kidney |renal |dialysis |health )?(?:team|clinic|doctors?|nurses?"
    r"|dietitians?|dieticians?|providers?|pharmacists?|nephrologists?|unit|specialist"
    r"|prescribers?|social workers?)|us|we)"
)
_ASK: Final = re.compile(
    rf"(?:\bnot|\bnever|n't)\b[^.]{{0,80}}\bwithout (?:first )?(?:ask|talk|check|call|a call|speak"
    r"|clear|your|our|the ok|an ok|approval)\w*"
    rf"|\bnever without (?:ask|talk|check|call)\w*"
    r"|\b(?:ask|asks|asking|check|checking|talk|talking|speak|call|calling|consult|discuss|clear"
    r"|confirm|run)\b[^.;!?]{0,80}?\b(?:before|first|whether"
    r"|if (?:you (?:can|may|should|need)|it|this|that|they|these|one|any|a|an|your"
    r"|the)\b(?! (?:\w+ ){0,2}(?:persist|continue|last|does not|doesn't|do not|don't|gets?|stays?"
    r"|keeps?|hurts?))|how much|how many|how often|which|what)\b"
    r"|\b(?:ask|check with|talk (?:to|with)|speak (?:to|with)|consult"
    rf"|discuss)\b[^.;!?]{{0,30}}\b{_TEAM}\b(?: about)?(?! (?:for|to)\b)"
    rf"|\bdiscuss\b[^.;!?]{{0,140}}\bwith (?:\w+ ){{0,3}}{_TEAM}\b"
    r"|(?<!even )\bif (?:you |they )?(?:(?:are|have) )?not (?:been )?"
    r"(?:on a (?:\w+ )?(?:limit|restriction)|(?:told|asked) to (?:limit|restrict|cut|avoid)"
    r"|restricted|limited)\b"
    r"|\b(?:ask|asking|talk|talking|check) (?:\w+ ){0,3}(?:about|on) (?:it|them|these|this|that)\b"
    r"|\b(?:unless|only if|only when|if|as|until|when|once|after|what|that|than"
    rf"|the \w+)\b[^.;]{{0,30}}\b{_TEAM}\b[^.;]{{0,20}}\b(?:say|says|said|tells?|told|gives?|gave"
    r"|given|oks?|okays?|okayed|agrees?|approves?|approved|prescrib\w+|orders?|ordered|picks?"
    r"|chose|chooses?|set|sets|recommends?|recommended|wants?|asks?|advises?)\b"
    rf"|\b{_TEAM}\b (?:\w+ )?(?:can|will|may|might|could|should)(?: \w+| be able to)? (?:tell|help"
    r"|show|set|decide|choose|pick|suggest|adjust|guide|plan|review|want|order|ask|check|look"
    r"|switch|change|prescribe|need to|work out|lower|raise|stop|cut|hold|pause|say|advise|know"
    r"|let|find|give)\b"
    rf"|\b{_TEAM}\b(?: \w+)? (?:decides?|gave you|set for you|has set|have set|prescribed"
    r"|chose for|has given|have given|picked|planned|sets|chooses|tells)\b"
    r"|\b(?:as|was|were|is|are|been) (?:prescribed|ordered)\b|\bprescribed (?:for|by)\b"
    r"|\bright for you\b|\bokay for you to\b|\bfits your (?:\w+ )?plan\b"
    r"|\bblood tests? (?:shows?|says?|tells?|decides?|is|are)\b|\bdepends? on your\b"
    r"|\bunless (?:told|restricted|prescribed|ordered)\b"
    rf"|\bby (?:your|their|the) {_TEAM}\b"
)
_UNASKED: Final = re.compile(
    r"(?:no need to|no reason to|need not|not need to|n't need to|not have to|n't have to"
    r"|without|n't bother|not bother|never mind|not necessary to|instead of|rather than"
    r"|no point in|before you even|not|too late to|even if)\W+(?:[\w']+\W+){0,2}$|\bonly $"
)
_LIMIT: Final = re.compile(
    r"\b(?:within|inside|keep to|stay (?:in|under)|toward|against|part of|in|of|under"
    r"|reach) (?:your|the) (?:\w+ )?(?:fluid |daily |own )*(?:limit|allowance|amount|plan|goal"
    r"|total|target|budget)s?\b|\bstay(?:ing)? within\b|\bwithin (?:it|that|them|yours)\b"
    r"|\b(?:keep|keeping) (?:a |an )?(?:close |careful )?(?:eye|watch|track|record|count)\b"
    r"|\byour (?:\w+ )?(?:fluid )?limit (?:is|of|lasts|from)\b"
    r"|\bthe amount (?:your|you were|we|that)\b|\bcount(?:s|ed)? (?:as|toward|in|it|them)\b"
    r"|\bcounts?\b|\bonly (?:as much|what|the)\b|\badding to your\b|\bonly when you are thirsty\b"
)


class ClausePolarity(NamedTuple):
    """The stance of a clause on a thing: `way` is 1 for do, -1 for do not, 0 for neither.

    `taken` is true if it is about taking the thing, not only praise. `fact` is true if it states a
    fact, such as what a food contains. `condition` is true if the clause is a condition. `freed` is
    true if it lifts a limit or denies a danger: "no need to count them".
    """

    way: int = 0
    taken: bool = False
    fact: bool = False
    condition: bool = False
    freed: bool = False


def done_in(clause: str, start: int, end: int, things: Iterable[tuple[int, int]]) -> ClausePolarity:
    """Return whether a clause tells the reader to do what is at `start` to `end` in it.

    `things` are the places of names; signs within them are ignored.
    """
    around = [
        sign
        for sign in signs(clause)
        if not any(sign.start < stop and sign.end > begin for begin, stop in things)
    ]
    before = [
        sign
        for sign in around
        if sign.end <= start and sign.kind not in {"harm", "praise", "amount", "take"}
    ]
    if any(sign.kind == "ban" and sign.start < start < sign.end for sign in signs(clause)):
        # "keep heating pads away"
        return ClausePolarity(-1, taken=True, condition=bool(_CONDITION.match(clause)))
    left, _ = _left(
        clause,
        [
            sign
            for sign in before
            if len(_WORDS.findall(clause, sign.end, start)) <= _NEAR or sign.kind == "flip"
        ],
        start,
    )
    right, _ = _right(clause, [sign for sign in around if sign.start >= end])
    flipped = any(sign.kind == "flip" for sign in before)
    if right and (flipped or _SUBJECT.match(clause) or re.match(r"\w+ing\b", clause[start:])):
        left = (left or 1) * right
    return ClausePolarity(left or 1, taken=True, condition=bool(_CONDITION.match(clause)))


@lru_cache(maxsize=1024)
def polarity_of(clause: str, start: int, end: int, *, denied: bool = False) -> ClausePolarity:
    """Return what a clause says of the thing at `start` to `end` in it.

    `denied` is true if a "not" governs the whole clause.
    """
    found = signs(clause)
    before = [
        sign
        for sign in found
        if sign.start <= start and not (sign.start == start and sign.kind == "praise")
    ]
    behind = [sign for sign in found if sign.start > start and sign.start >= end]
    left, taken = _left(clause, before, start)
    right, eaten = _right(clause, behind)
    if (
        right < 0
        and before
        and all(_MUCH.fullmatch(clause, sign.start, sign.end) for sign in before)
    ):
        # "the extra potassium can harm you": states an amount, not an order
        left, taken = 0, False
    fact = any(sign.kind == "zero" for sign in found)
    if any(sign.kind == "zero" and sign.start <= start < sign.end for sign in found):
        return ClausePolarity(fact=True)
    if fact and all(
        sign.kind in {"zero", "amount"} or _COMPARED.fullmatch(clause, sign.start, sign.end)
        for sign in found
    ):
        # "A glass of juice holds as much potassium as a banana"
        return ClausePolarity(fact=True)
    condition = bool(_CONDITION.match(clause))
    freed = any(sign.kind == "plus" for sign in found) and "flip" not in {
        sign.kind for sign in found
    }
    if denied:
        return ClausePolarity(-1 if (left or right or 1) > 0 else 1, taken=True)
    flipped = any(sign.kind == "flip" for sign in before)
    if (
        left
        and right
        and (
            flipped
            or _SUBJECT.match(clause)
            or not any(sign.kind in {"take", "ban", "not", "plus"} for sign in before)
        )
    ):
        weak = not flipped and not (
            _SUBJECT.match(clause) and len(_WORDS.findall(clause, before[-1].end, start)) <= _TIGHT
        )
        return ClausePolarity(
            right if weak else left * right, taken or eaten, fact, condition, freed
        )
    if left and condition and not flipped and left > 0:
        return ClausePolarity(right, eaten, fact, condition=True)
    return ClausePolarity(left or right, taken if left else eaten, fact, condition, freed)


def _left(clause: str, before: list[Sign], start: int) -> tuple[int, bool]:
    """Multiply the signs that govern a thing, from the nearest outward; 0 if there are none."""
    way, edge, harm, taken = 0, start, False, False
    for sign in reversed(before):
        if sign.kind == "zero" or _STATE.fullmatch(clause, sign.start, sign.end):
            continue
        if way and sign.kind != "flip" and len(_WORDS.findall(clause, sign.end, edge)) > _NEAR:
            continue
        # "Your kidneys will hardly notice the odd pill": a distant "not" or harm is not about the
        # thing.
        if (
            not way
            and sign.kind in {"not", "harm"}
            and len(_WORDS.findall(clause, sign.end, start)) > _TIGHT + 1
        ):
            continue
        edge = sign.start
        taken = taken or sign.kind in {"take", "amount", "plus"}
        # "avoid dangerous foods": one warning, not two that cancel
        if sign.kind == "ban" and harm:
            continue
        way = (way or 1) * (-1 if sign.kind in {"not", "ban", "harm", "flip"} else 1)
        harm = sign.kind == "harm"
    return way, taken


def _right(clause: str, behind: list[Sign]) -> tuple[int, bool]:
    """Combine the signs after a thing: one warning outweighs all praise; 0 if there are none."""
    ways: list[int] = []
    denied, edge, taken, flip = False, 0, False, 1
    for sign in behind:
        if denied and len(_WORDS.findall(clause, edge, sign.start)) > _NEAR:
            denied = False
        if sign.kind == "not":
            denied, edge = True, sign.end
            continue
        if sign.kind == "flip":
            flip = -flip
            continue
        if _COMPARED.fullmatch(clause, sign.start, sign.end) or (
            sign.kind == "amount" and any(other.kind == "zero" for other in behind)
        ):
            continue
        if sign.kind == "zero" and denied:
            ways.append(1)
            continue
        if sign.kind == "zero" or (
            sign.kind == "take"
            and not re.search(r"(?:be|is|are|being|get|to)\W+(?:\w+ly )?$", clause[: sign.start])
        ):
            taken = taken or (
                sign.kind == "take"
                and bool(
                    re.match(
                        r"(?:sources?|rich|full|packed|loaded|provid|give|offer|suppl|deliver"
                        r"|restor|replenish|boost)",
                        clause[sign.start :],
                    )
                )
            )
            if taken and not denied and sign.kind == "take":
                ways.append(1)
            continue
        if (
            sign.kind == "harm"
            and _IS.fullmatch(clause, sign.start, sign.end)
            and not _COPULA.search(clause[: sign.start])
        ):
            continue
        way = -1 if sign.kind in {"ban", "harm"} else 1
        ways.append(-way if denied else way)
        # Denying a danger is advice.
        taken = taken or sign.kind in {"amount", "plus", "take"} or (denied and way < 0)
        denied = False
    if not ways:
        return (-1 if denied or flip < 0 else 0), taken
    return (min(ways) * flip), taken


def is_question(clause: str, *, asks: bool) -> bool:
    """Return whether a clause asks without advising: "Why not try one?" advises."""
    return (
        asks
        and bool(_QUESTION.match(clause))
        and not clause.startswith(("why not", "how about", "what about"))
    )


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
def asks_first(text: str) -> bool:
    """Return whether a sentence sends the reader to the care team first, or lets it decide."""
    return any(
        not _UNASKED.search(text[: match.start()]) or match[0].startswith(("not", "never", "n't"))
        for match in _ASK.finditer(text)
    )


@lru_cache(maxsize=1024)
def keeps_limit(text: str) -> bool:
    """Return whether a sentence keeps the reader within the amount set for them."""
    return any(not _UNASKED.search(text[: match.start()]) for match in _LIMIT.finditer(text))


def reports(text: str) -> bool:
    """Return whether the words before a thing ask the reader to report it or to bring it."""
    return bool(
        re.search(
            r"\b(?:tell|bring|show|list|write down|let)\b (?:us|every|your|the|a|all|any|what"
            r"|which)\b",
            text,
        )
    )


@lru_cache(maxsize=1024)
def tells_care_team(text: str) -> bool:
    """Return whether a sentence says to tell or call the care team."""
    return bool(
        re.search(
            rf"\b(?:tell|call|ask|contact|let) (?:your (?:\w+ )?)?(?:{_TEAM})\b|\b911\b", text
        )
    )


@lru_cache(maxsize=1024)
def has_team(text: str) -> bool:
    """Return whether a sentence names somebody of the care team."""
    return bool(re.search(rf"\b(?:{_TEAM})\b", text))


def ends_denied(clause: str) -> bool:
    """Return whether a clause breaks off after a "not", as in "Do not, whatever you read, eat"."""
    found = signs(clause)
    return bool(found) and found[-1].kind == "not" and not _WORDS.search(clause, found[-1].end)


def lead_way(texts: Iterable[str]) -> int:
    """Return what a lead-in or heading says of the text below: 1 do, -1 do not, 0 neither."""
    way = 0
    for text in texts:
        found = polarity_of(f"{text} ", len(text), len(text) + 1)
        # "High in potassium" over a column lists what to be careful with.
        way = found.way or (-1 if found.fact else 0) or way
    return way
