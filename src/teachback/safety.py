"""The clinical text rules over what one reader reads: findings with words, message and hint. Pure.

They look for known patterns. A text without findings is a text in which none was found: a clinician must still read it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from teachback.clauses import lowered, sentences
from teachback.errors import Severity
from teachback.judging import Judged, Unit, judge, judge_doing, known
from teachback.passage import Ear, Passage, Role
from teachback.rulebook import Example, Finding, Heard, Rule

if TYPE_CHECKING:
    import re
    from collections.abc import Iterator, Mapping, Sequence

    from teachback.lexicon import Lexicon, Mention
    from teachback.rulefile import RuleFile

_ORDER: Final = {Severity.ERROR: 0, Severity.WARNING: 1, Severity.HINT: 2}
# What a flag's tier says to do, and what its callout says of what stands in it.
_TIERS: Final = {"now": "Call 911 now", "today": "Call us today", "visit": "Tell us at your next visit"}
_CALLOUTS: Final = {"warning": "Be careful", "tip": "A good idea"}
_SILENT: Final = frozenset({Role.MYTH, Role.VERDICT, Role.COLUMN})
GAP: Final = "general-gap"


@dataclass(frozen=True)
class TextRule:
    """A rule ready to run: its file, how `--explain` tells of it, and its patterns."""

    file: RuleFile
    rule: Rule
    doing: re.Pattern[str] | None
    unless: re.Pattern[str] | None
    beside: re.Pattern[str] | None = None


@dataclass(frozen=True, eq=False)
class TextRules:
    """All names and all rules of a workspace."""

    lexicon: Lexicon
    rules: tuple[TextRule, ...]


def findings(heard: Heard, rules: TextRules) -> Iterator[Finding]:
    """Give what the rules find in what one reader reads, in the order of the file; one a sentence and rule.

    The rules know English. In other languages they would find nothing, which is not the same as nothing being there:
    whoever calls this says so for such a handout.
    """
    if heard.language.split("-")[0] != "en":
        return
    for passage, unit in _units(heard.passages):
        yield from _in_unit(passage, unit, rules, heard.ear.lineage)


def check_text(text: str, rules: TextRules, *, audience: str = "ckd", lineage: tuple[str, ...] = ()) -> tuple[Finding, ...]:
    """Give what the rules find in a text that stands alone, as a paragraph."""
    return check_passages((Example(text, audience).passage(),), rules, lineage or (audience,))


def check_passages(passages: Sequence[Passage], rules: TextRules, lineage: tuple[str, ...]) -> tuple[Finding, ...]:
    """Give what the rules find in a few passages, for the reader whose audience and what it extends are `lineage`."""
    return tuple(findings(Heard(None, Ear(lineage, {}), tuple(passages)), rules))


def gap_findings(by_audience: Mapping[str, Heard], rules: TextRules) -> Iterator[Finding]:
    """Find advice for everybody that harms a reader with CKD who gets no other text: there is none, or it is the same.

    `by_audience` holds one handout's editions. A sentence that the CKD edition reads differently, or not at all, is no gap.
    """
    general = by_audience.get("general")
    if general is None or general.language.split("-")[0] != "en":
        return
    other = {passage.path: passage.text for name, heard in by_audience.items() if "ckd" in heard.ear.lineage for passage in heard.passages}
    served = any("ckd" in heard.ear.lineage for heard in by_audience.values())
    wide = _wide(rules)
    for passage, unit in _units(general.passages):
        if served and other.get(passage.path) != passage.text:
            continue
        for found in _in_unit(passage, unit, wide, ("ckd",)):
            if found.severity is Severity.ERROR:
                lack = "they get this same text" if served else "there is no text for them"
                message = f"this is advice for everybody that can harm a reader with kidney disease, and {lack}: {found.words}"
                hint = "Write a text for `ckd`, or say who must ask first."
                yield Finding(GAP, Severity.ERROR, passage, found.words, message, hint)


@lru_cache(maxsize=8)
def _wide(rules: TextRules) -> TextRules:
    return TextRules(rules.lexicon, tuple(rule for rule in rules.rules if rule.file.gap))


def _units(passages: Sequence[Passage]) -> Iterator[tuple[Passage, Unit]]:
    """Give each passage with what stands around it, whatever is judged together."""
    rows: dict[tuple[object, ...], list[Passage]] = {}
    verdicts: dict[str, str] = {}
    for passage in passages:
        if passage.role is Role.CELL:
            rows.setdefault(passage.path[: _row_end(passage)], []).append(passage)
        elif passage.role is Role.VERDICT:
            verdicts[passage.block] = passage.text
    for index, passage in enumerate(passages):
        if passage.role in _SILENT and not (passage.role is Role.MYTH and not passage.other):
            continue
        leads = tuple(
            text for text in (passage.lead, passage.column, _TIERS.get(passage.tier, ""), _CALLOUTS.get(passage.callout, "")) if text
        )
        before = after = ""
        if passage.role is Role.ANSWER:
            verdict = verdicts.get(passage.block, "")
            before = passage.other
            yield passage, _unit(before, f"{verdict}. {passage.text}" if verdict else passage.text, "", (), myth=True)
            continue
        if passage.role is Role.CELL:
            cells = rows[passage.path[: _row_end(passage)]]
            before = passage.row or passage.column
            after = " ".join(cell.text for cell in cells[1:]) if cells[0] is passage else ""
        elif passage.role in {Role.LEAD, Role.CAPTION} and index + 1 < len(passages) and passages[index + 1].block == passage.block:
            after = passages[index + 1].text
        elif passage.lead:
            before = passage.lead
        if passage.role is not Role.HEADING and passage.heading and not passage.text.rstrip().endswith("."):
            leads = (*leads, passage.heading)
        yield passage, _unit(before, passage.text, after, leads)


@lru_cache(maxsize=4096)
def _unit(before: str, own: str, after: str, leads: tuple[str, ...], *, myth: bool = False) -> Unit:
    """Make a unit, once for all readers who get it: it remembers how it was read."""
    return Unit(before, own, after, leads, myth)


def _row_end(passage: Passage) -> int:
    return passage.path.index("cells") if "cells" in passage.path else len(passage.path)


def _in_unit(passage: Passage, unit: Unit, rules: TextRules, lineage: tuple[str, ...]) -> Iterator[Finding]:
    mentions = known(rules.lexicon, unit.text)
    if not mentions:
        return
    found: dict[tuple[int, str], Finding] = {}
    settled: set[tuple[int, str]] = set()
    classes = frozenset().union(*(mention.classes for mention in mentions))
    for rule, level in _applying(rules, classes, lineage):
        if rule.beside is not None and rule.beside.search(lowered(" ".join((*unit.leads, unit.own if unit.myth else unit.text)))):
            continue
        named = tuple(mention for mention in mentions if not mention.classes.isdisjoint(rule.file.about))
        for mention in named:
            judged = _judged(rule, unit, mention, named)
            if judged is None:
                continue
            sentence = unit.clauses[unit.at(mention.start if unit.is_own(mention.start) else judged.at)].sentence
            if judged.stance in {"warned", "ask"}:
                settled.add((sentence, rule.file.id))
            # "Avoid tonic water, which has quinine in it": the second name stands as the first does.
            if judged.stance not in rule.file.when or (judged.stance == "unclear" and (sentence, rule.file.id) in settled):
                continue
            if rule.unless is not None and rule.unless.search(unit.sentence(sentence)):
                continue
            finding = _finding(passage, unit, rule, mention, judged, level)
            key = (sentence, rule.file.id)
            if finding is not None and (key not in found or _ORDER[finding.severity] < _ORDER[found[key].severity]):
                found[key] = finding
    yield from (found[key] for key in sorted(found))


@lru_cache(maxsize=1024)
def _applying(rules: TextRules, classes: frozenset[str], lineage: tuple[str, ...]) -> tuple[tuple[TextRule, Severity], ...]:
    """Give the rules for what is named in a unit, each with how bad a finding is for a reader; many units name the same."""
    levels = ((rule, rule.file.level(lineage)) for rule in rules.rules if not classes.isdisjoint(rule.file.about))
    return tuple((rule, level) for rule, level in levels if level is not None)


def _judged(rule: TextRule, unit: Unit, mention: Mention, named: tuple[Mention, ...]) -> Judged | None:
    if rule.doing is not None:
        return judge_doing(unit, mention, named, rule.doing)
    return judge(unit, mention, named, praise=rule.file.praise, undecided=rule.file.undecided)


def _finding(passage: Passage, unit: Unit, rule: TextRule, mention: Mention, judged: Judged, level: Severity) -> Finding | None:
    place = mention.start if unit.is_own(mention.start) else judged.at
    if not unit.is_own(place):
        return None
    # What stands in the answer's own words; a verdict in front of it moved them.
    full = unit.own
    words = next((full[start:end] for start, end in sentences(full) if start <= place - unit.first < end), full).strip()
    if judged.stance == "unclear":
        level = Severity.HINT if level is Severity.HINT else Severity.WARNING
        message = f"'{mention.name}' is named here, and whether it is advised cannot be told from the words: {words}"
    else:
        message = f"{rule.file.message}: {words}"
    return Finding(rule.file.id, level, passage, words, message, rule.file.hint)
