"""Apply the clinical text rules to one reader's edition. Pure.

Out: findings with words, message and hint. The rules look for known patterns. A text without
findings may still be wrong: a clinician must read it.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple

from teachback.checking.clinical.clause_splitter import lowered, sentence_spans
from teachback.checking.clinical.stance_detection import (
    DetectedStance,
    Unit,
    judge,
    judge_doing,
    verdict,
)
from teachback.checking.clinical.timed_patterns import compiled
from teachback.checking.clinical.verdict_model import NO_MODEL, word_features
from teachback.checking.rule import Finding, ReaderText, Rule
from teachback.content.draft_notices import rules_know
from teachback.editions.passages import Passage, ReaderContext, Role
from teachback.errors import Severity

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from teachback.checking.clinical.lexicon import Lexicon, Mention
    from teachback.checking.clinical.rule_models import RuleFile
    from teachback.checking.clinical.sentence_model import SentenceModel
    from teachback.checking.clinical.verdict_model import VerdictModel

_ORDER: Final = {Severity.ERROR: 0, Severity.WARNING: 1, Severity.HINT: 2}
# What a flag's tier tells the reader to do, and what a callout says of its text.
_TIERS: Final = {
    "now": "Call 911 now",
    "today": "Call us today",
    "visit": "Tell us at your next visit",
}
_CALLOUTS: Final = {"warning": "Be careful", "tip": "A good idea"}
_WORD: Final = re.compile(r"[\w'\u2019]+")
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
# Scores (log odds that a clinician would change the sentence) from which an error stops the print,
# from which a finding is told, and from which a sentence is told in which no rule finds anything.
# They were chosen on sentences that the weights were not learned from; `docs/checks.md` has the
# figures.
BLOCKS: Final = 1.75
TELLS: Final = -0.15
TELLS_ALONE: Final = 0.4
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
        self,
        lexicon: Lexicon,
        rules: tuple[TextRule, ...],
        model: VerdictModel = NO_MODEL,
        sentences: SentenceModel | None = None,
    ) -> None:
        """Store the content of the files."""
        self.lexicon: Final = lexicon
        self.rules: Final = rules
        self.model: Final = model
        self.sentences: Final = sentences
        # These are about more than advice: a sign in the wrong tier, a hint at what is missing. The
        # score says nothing about them.
        self.alone: Final = frozenset(
            rule.file.id
            for rule in rules
            if "waits" in rule.file.when or rule.rule.severity is Severity.HINT
        )


def clinical_findings(reader_text: ReaderText, rules: TextRules) -> Iterator[Finding]:
    """Yield the findings in one reader's edition in file order, one for each sentence and rule.

    The rules know English only. Nothing is found in another language, which does not mean that
    there is nothing to find: the caller must warn of such a handout.
    """
    if not rules_know(reader_text.language):
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
        if text is not None and rules_know(text.language):
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
    return TextRules(rules.lexicon, wide, rules.model, rules.sentences)


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
            answered = verdicts.get(passage.block, "")
            before = passage.other
            yield (
                passage,
                _unit(
                    before,
                    f"{answered}. {passage.text}" if answered else passage.text,
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
        elif passage.heading.rstrip().endswith("?") and verdict(lowered(passage.text)):
            before = passage.heading
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
    """The findings in one unit by sentence and rule, and what the rules read in each sentence."""

    def __init__(self, mentions: tuple[Mention, ...]) -> None:
        self.mentions: Final = mentions
        self.sure: dict[tuple[int, str], Finding] = {}
        self.unsure: dict[tuple[int, str], Finding] = {}
        self.settled: set[tuple[int, str]] = set()
        self.read: dict[int, set[str]] = {}

    def add(self, key: tuple[int, str], finding: Finding, *, sure: bool) -> None:
        """Add a finding; of two certain ones for the same sentence and rule, keep the worse."""
        if not sure:
            self.unsure.setdefault(key, finding)
        elif key not in self.sure or _ORDER[finding.severity] < _ORDER[self.sure[key].severity]:
            self.sure[key] = finding

    def all(self) -> dict[tuple[int, str], Finding]:
        """Return the findings in order, without uncertain ones where the sentence warns.

        In "Avoid tonic water, which has quinine in it", the warning also covers the second name.
        """
        found = {
            key: finding for key, finding in self.unsure.items() if key not in self.settled
        } | self.sure
        return {key: found[key] for key in sorted(found)}


def _in_unit(
    passage: Passage, unit: Unit, rules: TextRules, lineage: tuple[str, ...]
) -> Iterator[Finding]:
    mentions = rules.lexicon.mentions(unit.text)
    gathered = _gathered(passage, unit, mentions, rules, lineage)
    found = gathered.all()
    reader = next((name for name in lineage if f"@for {name}" in rules.model.weights), None)
    if reader is None or passage.role not in LEANS:
        yield from found.values()
        return
    # Below "Avoid:", words that lean to advice are what to avoid.
    alone = _leaning_rule(rules, lineage) if unit.context[0] >= 0 else None
    kinds = alone.file.about if alone else ()
    decided = {number for number, _ in found}
    for number in sorted({*unit.own_sentences, *decided}):
        signals = _rule_features(passage, unit, number, gathered, reader)
        score = rules.model.score(signals, _words_of(unit, number, mentions))
        named = any(f"@{own}names {kind}" in signals for kind in kinds for own in ("", "b"))
        if rules.sentences and number in unit.own_sentences and (named or number in decided):
            score = rules.sentences.mean(score, passage, unit, number, reader)
        kept = [
            finding._replace(severity=severity)
            for (sentence, _), finding in found.items()
            if sentence == number and (severity := _verdict(finding, score, rules)) is not None
        ]
        yield from kept
        hints = all(finding.severity is Severity.HINT for finding in kept)
        if alone and named and score > TELLS_ALONE and hints and not _passed(alone, unit, number):
            yield _told_alone(unit, passage, alone, number, rules.model)


def _words_of(unit: Unit, number: int, mentions: tuple[Mention, ...]) -> Mapping[str, float]:
    return word_features(unit, number, mentions) if number in unit.own_sentences else {}


def _verdict(finding: Finding, score: float, rules: TextRules) -> Severity | None:
    """Return the severity of a finding by the score of its sentence, or None to leave it out.

    A rule that the weights do not know, such as a clinic's own, decides alone.
    """
    if finding.rule in rules.alone or f"@r {finding.rule}" not in rules.model.weights:
        return finding.severity
    if score < TELLS:
        return None
    if score < BLOCKS and finding.severity is Severity.ERROR:
        return Severity.WARNING
    return finding.severity


def sentence_features(
    passage: Passage, unit: Unit, rules: TextRules, lineage: tuple[str, ...]
) -> Iterator[dict[str, float]]:
    """Yield all features of each sentence of a passage, by which it is judged for a reader."""
    mentions = rules.lexicon.mentions(unit.text)
    gathered = _gathered(passage, unit, mentions, rules, lineage)
    for number in unit.own_sentences:
        yield {
            **_words_of(unit, number, mentions),
            **_rule_features(passage, unit, number, gathered, lineage[0]),
        }


def _rule_features(
    passage: Passage, unit: Unit, number: int, gathered: _Gathered, reader: str
) -> dict[str, float]:
    """Return what is known of a sentence besides its words: rules, names, lead-in, reader."""
    start, end = unit.span(number)
    way, asks = unit.context
    named = {
        f"@names {kind}" if start <= mention.start < end else f"@bnames {kind}"
        for mention in gathered.mentions
        if start <= mention.start < end or mention.start < unit.first
        for kind in mention.classes
    }
    return dict.fromkeys(
        (
            *gathered.read.get(number, ("@r none",)),
            *(named or {"@names none"}),
            f"@lead {way}{int(asks)}",
            f"@role {passage.role.value}",
            f"@for {reader}",
        ),
        1.0,
    )


def _gathered(
    passage: Passage,
    unit: Unit,
    mentions: tuple[Mention, ...],
    rules: TextRules,
    lineage: tuple[str, ...],
) -> _Gathered:
    classes = frozenset[str]().union(*(mention.classes for mention in mentions))
    gathered = _Gathered(mentions)
    for rule, level in _applying(rules, classes, lineage):
        if not rule.beside or not compiled(rule.beside).search(
            lowered(" ".join((*unit.leads, unit.own if unit.myth else unit.text)))
        ):
            _by_rule(gathered, rule, level, passage, unit, rules.model)
    return gathered


def _by_rule(
    gathered: _Gathered,
    rule: TextRule,
    level: Severity,
    passage: Passage,
    unit: Unit,
    model: VerdictModel,
) -> None:
    named = tuple(
        mention for mention in gathered.mentions if not mention.classes.isdisjoint(rule.file.about)
    )
    for mention in named:
        judged = _judged(rule, unit, mention, named)
        if judged is None:
            continue
        clause = unit.clauses[unit.at(mention.start)]
        own = unit.is_own(mention.start) and not unit.asks(clause)
        # A question is judged with its answer.
        sentence = clause.sentence if own else unit.clauses[unit.at(judged.at)].sentence
        key = (sentence, rule.file.id)
        if judged.stance in {"warned", "ask"}:
            gathered.settled.add(key)
        if judged.stance not in rule.file.when or _passed(rule, unit, sentence):
            continue
        finding = _finding(passage, unit, rule, mention, judged, level, model)
        if finding is not None:
            read = {f"@r {rule.file.id}", f"@r {judged.stance}", f"@r {level.value}"}
            gathered.read.setdefault(sentence, set()).update(read)
            gathered.add(key, finding, sure=judged.stance != "unclear")


def _passed(rule: TextRule, unit: Unit, number: int) -> bool:
    """Return whether a rule passes over a sentence. "Myth: ..." is refuted by the next one."""
    text = unit.sentence(number)
    return text.startswith("myth:") or bool(rule.unless and compiled(rule.unless).search(text))


def _told_alone(
    unit: Unit, passage: Passage, rule: TextRule, number: int, model: VerdictModel
) -> Finding:
    """Return a warning for a sentence in which no rule decides and the words do."""
    place = max(unit.span(number)[0], unit.first)
    words = _words(unit, place)
    deciding = " and ".join(f"'{phrase}'" for phrase in model.deciding(_WORD.findall(words)))
    because = f" (because of {deciding})" if deciding else ""
    message = f"{rule.file.message}: {words}{because}"
    return Finding(rule.file.id, Severity.WARNING, passage, words, message, rule.file.hint)


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


def _judged(
    rule: TextRule, unit: Unit, mention: Mention, named: tuple[Mention, ...]
) -> DetectedStance | None:
    if rule.doing:
        return judge_doing(unit, mention, rule.doing)
    return judge(unit, mention, named, praise=rule.file.praise, undecided=rule.file.undecided)


def _finding(
    passage: Passage,
    unit: Unit,
    rule: TextRule,
    mention: Mention,
    judged: DetectedStance,
    level: Severity,
    model: VerdictModel,
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
        message = f"{rule.file.message}: {words}{_because(rule, words, mention, model)}"
    return Finding(rule.file.id, level, passage, words, message, rule.file.hint)


def _because(rule: TextRule, words: str, mention: Mention, model: VerdictModel) -> str:
    """Return which words of a sentence decided: those of the rule's pattern, or the heaviest."""
    match = compiled(rule.doing).search(lowered(words)) if rule.doing else None
    # The name itself does not recommend.
    others = re.sub(rf"\b{re.escape(mention.name)}\w*", "_", words, flags=re.IGNORECASE)
    phrases = (
        (words[match.start() : match.end()],)
        if match
        else model.deciding(_WORD.findall(others))
        if not rule.doing
        else ()
    )
    if not phrases:
        return ""
    verb = ("is said of" if len(phrases) == 1 else "are said of") if match else ""
    verb = verb or ("recommends" if len(phrases) == 1 else "recommend")
    quoted = " and ".join(f"'{phrase.strip()}'" for phrase in phrases)
    return f" ({quoted} {verb} '{mention.name}')"


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
