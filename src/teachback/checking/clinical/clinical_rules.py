"""Apply the clinical text rules to one reader's edition. Pure.

Out: findings with words, message and hint. The rules look for known patterns. A text without
findings may still be wrong: a clinician must read it.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple

from teachback.checking.clinical.clause_splitter import lowered, sentence_spans
from teachback.checking.clinical.stance_detection import (
    DetectedStance,
    Unit,
    compiled,
    judge,
    judge_doing,
    names_in,
)
from teachback.checking.clinical.word_classifier import NOWHERE
from teachback.checking.rule import Finding, ReaderText, Rule
from teachback.editions.passages import Passage, ReaderContext, Role
from teachback.errors import Severity

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from teachback.checking.clinical.lexicon import Lexicon, Mention
    from teachback.checking.clinical.rule_models import RuleFile
    from teachback.checking.clinical.word_classifier import WordWeights

_ORDER: Final = {Severity.ERROR: 0, Severity.WARNING: 1, Severity.HINT: 2}
# What a flag's tier tells the reader to do, and what a callout says of its text.
_TIERS: Final = {
    "now": "Call 911 now",
    "today": "Call us today",
    "visit": "Tell us at your next visit",
}
_CALLOUTS: Final = {"warning": "Be careful", "tip": "A good idea"}
_SILENT: Final = frozenset({Role.MYTH, Role.VERDICT, Role.COLUMN})
# Roles whose words can lean to advice or warning: sentences and items, not headings or red flags.
LEANS: Final = frozenset(
    {
        Role.MESSAGE,
        Role.PARAGRAPH,
        Role.ITEM,
        Role.CELL,
        Role.CALLOUT,
        Role.ANSWER,
        Role.QUOTE,
        Role.CARD,
        Role.CAPTION,
    }
)
# A text that scores beyond these is taken to advise, or to warn. They were chosen on sentences that
# were held out when the weights were learned. A text must score further by UNNAMED if it names
# nothing that a rule knows, by SETTLED if a rule settled on a warning, and by SURER to overrule a
# rule that is certain.
ADVISES: Final = 0.35
WARNS: Final = -0.3
UNNAMED: Final = 0.4
SETTLED: Final = 0.7
SURER: Final = 0.8
GAP: Final = "general-gap"


class TextRule(NamedTuple):
    """A rule ready to run: its file, its description, and its joined patterns ('' for none)."""

    file: RuleFile
    rule: Rule
    doing: str = ""
    unless: str = ""
    beside: str = ""


class TextRules:
    """All names and all rules of a workspace.

    Instances compare by identity.
    """

    def __init__(
        self, lexicon: Lexicon, rules: tuple[TextRule, ...], leaning: WordWeights = NOWHERE
    ) -> None:
        """Store the content of the files."""
        self.lexicon: Final = lexicon
        self.rules: Final = rules
        self.leaning: Final = leaning


def clinical_findings(reader_text: ReaderText, rules: TextRules) -> Iterator[Finding]:
    """Yield the findings in one reader's edition in file order, one for each sentence and rule.

    The rules know English only. Nothing is found in another language, which does not mean that
    there is nothing to find: the caller must warn of such a handout.
    """
    if reader_text.language.split("-")[0] != "en":
        return
    for passage, unit in units(reader_text.passages):
        yield from _in_unit(passage, unit, rules, reader_text.reader.lineage)


def check_passages(
    passages: Sequence[Passage], rules: TextRules, lineage: tuple[str, ...]
) -> tuple[Finding, ...]:
    """Return the findings in a few passages.

    `lineage` is the reader's audience and those that it extends.
    """
    return tuple(
        clinical_findings(ReaderText(None, ReaderContext(lineage, {}), tuple(passages)), rules)
    )


def gap_findings(by_audience: Mapping[str, ReaderText], rules: TextRules) -> Iterator[Finding]:
    """Yield advice in a text for everybody that harms a reader who gets the same text, or none.

    `by_audience` holds the editions of one handout. The rules name the audiences: `gap: {general:
    ckd}`. A sentence that the second one's edition words differently or leaves out is no finding.
    """
    pairs = dict.fromkeys(pair for rule in rules.rules for pair in rule.file.gap.items())
    for everybody, special in pairs:
        text = by_audience.get(everybody)
        if text is not None and text.language.split("-")[0] == "en":
            served = [
                reader_text
                for reader_text in by_audience.values()
                if special in reader_text.reader.lineage
            ]
            yield from _gaps(text, served, _wide(rules, everybody, special), special)


def _gaps(
    text: ReaderText, served: Sequence[ReaderText], wide: TextRules, special: str
) -> Iterator[Finding]:
    other = {
        passage.path: passage.text for reader_text in served for passage in reader_text.passages
    }
    for passage, unit in units(text.passages):
        if served and other.get(passage.path) != passage.text:
            continue
        for found in _in_unit(passage, unit, wide, (special,)):
            if found.severity is Severity.ERROR:
                lack = "they get this same text" if served else "there is no text for them"
                message = (
                    f"this is advice for everybody that can harm readers of '{special}', "
                    f"and {lack}: {found.words}"
                )
                hint = f"Write a text for `{special}`, or say who must ask first."
                yield Finding(GAP, Severity.ERROR, passage, found.words, message, hint)


@lru_cache(maxsize=8)
def _wide(rules: TextRules, everybody: str, special: str) -> TextRules:
    wide = tuple(rule for rule in rules.rules if rule.file.gap.get(everybody) == special)
    return TextRules(rules.lexicon, wide, rules.leaning)


def units(passages: Sequence[Passage]) -> Iterator[tuple[Passage, Unit]]:
    """Yield each passage with the texts around it that it is judged with."""
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
            text
            for text in (
                passage.lead,
                passage.column,
                _TIERS.get(passage.tier, ""),
                _CALLOUTS.get(passage.callout, ""),
            )
            if text
        )
        before = after = ""
        if passage.role is Role.ANSWER:
            verdict = verdicts.get(passage.block, "")
            before = passage.other
            yield (
                passage,
                _unit(
                    before,
                    f"{verdict}. {passage.text}" if verdict else passage.text,
                    "",
                    (),
                    myth=True,
                ),
            )
            continue
        if passage.role is Role.CELL:
            cells = rows[passage.path[: _row_end(passage)]]
            before = passage.row or passage.column
            after = " ".join(cell.text for cell in cells[1:]) if cells[0] is passage else ""
        elif (
            passage.role in {Role.LEAD, Role.CAPTION}
            and index + 1 < len(passages)
            and passages[index + 1].block == passage.block
        ):
            after = passages[index + 1].text
        elif passage.lead:
            before = passage.lead
        if (
            passage.role is not Role.HEADING
            and passage.heading
            and not passage.text.rstrip().endswith(".")
        ):
            leads = (*leads, passage.heading)
        yield passage, _unit(before, passage.text, after, leads)


@lru_cache(maxsize=1024)
def _unit(before: str, own: str, after: str, leads: tuple[str, ...], *, myth: bool = False) -> Unit:
    """Return a unit, cached for all readers who get it, since it caches how it was read."""
    return Unit(before, own, after, leads, myth=myth)


def _row_end(passage: Passage) -> int:
    return passage.path.index("cells") if "cells" in passage.path else len(passage.path)


class _Gathered:
    """The findings in one unit, by sentence and rule."""

    def __init__(self) -> None:
        self.sure: dict[tuple[int, str], Finding] = {}
        self.unsure: dict[tuple[int, str], Finding] = {}
        self.settled: set[tuple[int, str]] = set()

    def add(self, key: tuple[int, str], finding: Finding, *, sure: bool) -> None:
        """Add a finding; of two certain ones for the same sentence and rule, keep the worse."""
        if not sure:
            self.unsure.setdefault(key, finding)
        elif key not in self.sure or _ORDER[finding.severity] < _ORDER[self.sure[key].severity]:
            self.sure[key] = finding

    def all(self) -> list[Finding]:
        """Return the findings in order, without uncertain ones where the sentence warns.

        In "Avoid tonic water, which has quinine in it", the warning also covers the second name.
        """
        found = {
            key: finding for key, finding in self.unsure.items() if key not in self.settled
        } | self.sure
        return [found[key] for key in sorted(found)]


def _in_unit(
    passage: Passage, unit: Unit, rules: TextRules, lineage: tuple[str, ...]
) -> Iterator[Finding]:
    mentions = names_in(rules.lexicon, unit.text)
    classes = frozenset[str]().union(*(mention.classes for mention in mentions))
    lean = _leaning_rule(rules, lineage) if passage.role in LEANS else None
    side = _side(unit, rules) if lean else 0.0
    gathered = _Gathered()
    for rule, level in _applying(rules, classes, lineage):
        if not rule.beside or not compiled(rule.beside).search(
            lowered(" ".join((*unit.leads, unit.own if unit.myth else unit.text)))
        ):
            _by_rule(gathered, rule, level, (passage, unit, mentions, side))
    found = gathered.all()
    if (
        lean
        and not any(unit.context[1:])
        and all(finding.severity is Severity.HINT for finding in found)
    ):
        yield from _leant(
            passage, unit, lean, mentions, side - (SETTLED if gathered.settled else 0.0)
        )
    yield from found


def _by_rule(
    gathered: _Gathered,
    rule: TextRule,
    level: Severity,
    around: tuple[Passage, Unit, tuple[Mention, ...], float],
) -> None:
    passage, unit, mentions, side = around
    named = tuple(
        mention for mention in mentions if not mention.classes.isdisjoint(rule.file.about)
    )
    for mention in named:
        judged = _judged(rule, unit, mention, named)
        if judged is None:
            continue
        sentence = unit.clauses[
            unit.at(mention.start if unit.is_own(mention.start) else judged.at)
        ].sentence
        key = (sentence, rule.file.id)
        if judged.stance in {"warned", "ask"}:
            gathered.settled.add(key)
        if judged.stance not in rule.file.when or (
            rule.unless and compiled(rule.unless).search(unit.sentence(sentence))
        ):
            continue
        finding = _finding(passage, unit, rule, mention, judged, level)
        sure = judged.stance != "unclear"
        if finding is not None:
            # A rule that counts every mention, such as a dose or a wrong tier, ignores the tone.
            if side < WARNS and "neutral" not in rule.file.when and judged.stance != "waits":
                finding = finding._replace(severity=_lowered(finding.severity, side, sure=sure))
            gathered.add(key, finding, sure=sure)


def _lowered(level: Severity, side: float, *, sure: bool) -> Severity:
    """Return a lower severity for a text whose words warn.

    A certain finding needs a stronger warning, and becomes a warning before it becomes a hint.
    """
    if not sure or side < WARNS - SURER:
        return Severity.HINT
    return Severity.WARNING if level is Severity.ERROR else level


def _leant(
    passage: Passage, unit: Unit, rule: TextRule, mentions: tuple[Mention, ...], side: float
) -> Iterator[Finding]:
    """Yield a warning if the words of a text lean to advice, at the first name in it.

    A text without names must lean much further.
    """
    named = [mention for mention in mentions if not mention.classes.isdisjoint(rule.file.about)]
    if side > ADVISES + (0.0 if named else UNNAMED):
        place = next((mention.start for mention in named if unit.is_own(mention.start)), unit.first)
        yield Finding(
            rule.file.id,
            Severity.WARNING,
            passage,
            _words(unit, place),
            f"{rule.file.message}: {_words(unit, place)}",
            rule.file.hint,
        )


@lru_cache(maxsize=1024)
def _applying(
    rules: TextRules, classes: frozenset[str], lineage: tuple[str, ...]
) -> tuple[tuple[TextRule, Severity], ...]:
    """Return the rules for the names in a unit, each with its severity for a reader.

    Cached, since many units name the same things.
    """
    named = (
        rule
        for rule in rules.rules
        if not rule.file.leaning and not classes.isdisjoint(rule.file.about)
    )
    levels = ((rule, rule.file.level(lineage)) for rule in named)
    return tuple((rule, level) for rule, level in levels if level is not None)


@lru_cache(maxsize=64)
def _leaning_rule(rules: TextRules, lineage: tuple[str, ...]) -> TextRule | None:
    return next(
        (rule for rule in rules.rules if rule.file.leaning and rule.file.level(lineage)), None
    )


@lru_cache(maxsize=1024)
def _side(unit: Unit, rules: TextRules) -> float:
    """Return the score of a unit's words, cached for all its readers."""
    return rules.leaning.of(unit, names_in(rules.lexicon, unit.text), rules.lexicon)


def _judged(
    rule: TextRule, unit: Unit, mention: Mention, named: tuple[Mention, ...]
) -> DetectedStance | None:
    if rule.doing:
        return judge_doing(unit, mention, named, rule.doing)
    return judge(unit, mention, named, praise=rule.file.praise, undecided=rule.file.undecided)


def _finding(
    passage: Passage,
    unit: Unit,
    rule: TextRule,
    mention: Mention,
    judged: DetectedStance,
    level: Severity,
) -> Finding | None:
    place = mention.start if unit.is_own(mention.start) else judged.at
    if not unit.is_own(place):
        return None
    words = _words(unit, place)
    if judged.stance == "unclear":
        level = Severity.HINT if level is Severity.HINT else Severity.WARNING
        message = (
            f"it is not clear whether this advises '{mention.name}' or warns against it: {words}"
        )
    else:
        message = f"{rule.file.message}: {words}"
    return Finding(rule.file.id, level, passage, words, message, rule.file.hint)


def _words(unit: Unit, place: int) -> str:
    """Return the sentence of the unit's own text at a place, as its author wrote it."""
    full = unit.own
    return next(
        (
            full[start:end]
            for start, end in sentence_spans(full)
            if start <= place - unit.first < end
        ),
        full,
    ).strip()
