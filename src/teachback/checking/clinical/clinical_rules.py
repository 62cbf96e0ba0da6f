"""Apply the clinical text rules to one reader's edition. Pure.

The rules look for known patterns. A text without findings may still be wrong: a clinician must
read it.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple

from teachback.checking.clinical.clause_splitter import sentence_spans
from teachback.checking.clinical.sentence_model import described
from teachback.checking.clinical.stance_detection import (
    PRONOUN,
    DetectedStance,
    Unit,
    answer_polarity,
    judge,
    judge_doing,
)
from teachback.checking.clinical.timed_patterns import compiled
from teachback.checking.clinical.verdict_model import NO_MODEL, beside_features, word_features
from teachback.checking.rule import Finding, ReaderText, Rule
from teachback.content.draft_notices import rules_know
from teachback.editions.passages import Passage, ReaderContext, Role
from teachback.errors import Severity
from teachback.files.unprintable_characters import lowered

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from teachback.checking.clinical.lexicon import Lexicon, Mention
    from teachback.checking.clinical.rule_models import RuleFile
    from teachback.checking.clinical.sentence_model import SentenceModel
    from teachback.checking.clinical.verdict_model import VerdictModel

_SEVERITY_ORDER: Final = {Severity.ERROR: 0, Severity.WARNING: 1, Severity.HINT: 2}
# What the tier of a red flag, or the kind of a callout, says of its text.
_TIER_ORDERS: Final = {
    "now": "Call 911 now",
    "today": "Call us today",
    "visit": "Tell us at your next visit",
}
_CALLOUT_ADVICE: Final = {"warning": "Be careful", "tip": "A good idea"}
_WORD: Final = re.compile(r"[\w'\u2019]+")
_UNJUDGED_ROLES: Final = frozenset({Role.MYTH, Role.VERDICT, Role.COLUMN})
# Roles whose words can lean to advice or warning: sentences and items, not headings or red flags.
SCORED_ROLES: Final = frozenset({
    Role.MESSAGE, Role.PARAGRAPH, Role.ITEM, Role.CELL, Role.CALLOUT, Role.ANSWER, Role.QUOTE,
    Role.CARD, Role.CAPTION,
})  # fmt: skip
# Lowest scores (log odds that a clinician would change the sentence) at which an error stops the
# print, and at which a sentence is reported. An error also stops it if its sentence alone has that
# score. They were chosen on sentences that the weights were not learned from; `docs/checks.md` has
# the figures.
STOPS_FROM: Final = 2.0
REPORTS_FROM: Final = -0.1
# The same for a sentence without a name, and the lowest score at which the extra is asked of it.
NAMELESS_FROM: Final = 1.0
ASKS_EXTRA_FROM: Final = -2.0
# The sentences beside it lower the score of a sentence by at most this.
MOST_RELIEF: Final = 1.0
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
        # Rules about more than advice: a sign in the wrong tier, a hint at what is missing. The
        # score is only about advice.
        self.unscored: Final = frozenset(
            rule.file.id
            for rule in rules
            if "waits" in rule.file.when or rule.rule.severity is Severity.HINT
        )


def clinical_findings(reader_text: ReaderText, rules: TextRules) -> Iterator[Finding]:
    """Yield the findings in one reader's edition in file order, one for each sentence and rule.

    The rules know English only. In another language they find nothing, whatever the text says: the
    caller must warn of such a handout.
    """
    if not rules_know(reader_text.language):
        return
    for passage, unit in units(reader_text.passages):
        yield from _unit_findings(passage, unit, rules, reader_text.reader.lineage)


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
    """Yield advice in a general text that harms special readers who get the same text, or none.

    `by_audience` holds the editions of one handout. A rule names both audiences: `gap: {general:
    ckd}`. A text that the special edition words differently or leaves out is no finding.
    """
    pairs = dict.fromkeys(pair for rule in rules.rules for pair in rule.file.gap.items())
    for general, special in pairs:
        general_text = by_audience.get(general)
        if general_text is not None and rules_know(general_text.language):
            special_texts = [
                reader_text
                for reader_text in by_audience.values()
                if special in reader_text.reader.lineage
            ]
            yield from _gaps_in(
                general_text, special_texts, _gap_rules(rules, general, special), special
            )


def _gaps_in(
    text: ReaderText, special_texts: Sequence[ReaderText], gap_rules: TextRules, special: str
) -> Iterator[Finding]:
    special_passages = {
        (passage.path, passage.text)
        for reader_text in special_texts
        for passage in reader_text.passages
    }
    for passage, unit in units(text.passages):
        if special_texts and (passage.path, passage.text) not in special_passages:
            continue
        for finding in _unit_findings(passage, unit, gap_rules, (special,)):
            if finding.severity is Severity.ERROR:
                reason = "they get this same text" if special_texts else "there is no text for them"
                message = (
                    f"this is advice for everybody that can harm readers of '{special}', "
                    f"and {reason}: {finding.words}"
                )
                hint = f"Write a text for `{special}`, or say who must ask first."
                yield Finding(GAP, Severity.ERROR, passage, finding.words, message, hint)


@lru_cache(maxsize=8)
def _gap_rules(rules: TextRules, general: str, special: str) -> TextRules:
    rules_with_gap = tuple(rule for rule in rules.rules if rule.file.gap.get(general) == special)
    return TextRules(rules.lexicon, rules_with_gap, rules.model, rules.sentences)


def units(passages: Sequence[Passage]) -> Iterator[tuple[Passage, Unit]]:
    """Yield each passage as a unit with the texts around it that it is judged with."""
    rows: dict[tuple[object, ...], list[Passage]] = {}
    verdicts: dict[str, str] = {}
    for passage in passages:
        if passage.role is Role.CELL:
            rows.setdefault(passage.path[: _row_end(passage)], []).append(passage)
        elif passage.role is Role.VERDICT:
            verdicts[passage.block] = passage.text
    for index, passage in enumerate(passages):
        if passage.role in _UNJUDGED_ROLES and not (
            passage.role is Role.MYTH and not passage.other
        ):
            continue
        leads = tuple(
            text
            for text in (
                passage.lead,
                passage.column,
                _TIER_ORDERS.get(passage.tier, ""),
                _CALLOUT_ADVICE.get(passage.callout, ""),
            )
            if text
        )
        if passage.role is Role.ANSWER:
            verdict = verdicts.get(passage.block, "")
            answer = f"{verdict}. {passage.text}" if verdict else passage.text
            yield passage, _unit(passage.other, answer, "", (), myth=True)
            continue
        before = after = ""
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
        elif passage.heading.rstrip().endswith("?"):
            # The first text below a question answers it, and so does one that begins with "Yes".
            is_first = not index or passages[index - 1].role is Role.HEADING
            if (is_first and passage.role is not Role.ITEM) or answer_polarity(
                lowered(passage.text)
            ):
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
    """Return a unit. Cached for all readers who get it, since a unit caches what it computes."""
    return Unit(before, own, after, leads, myth=myth)


def _row_end(passage: Passage) -> int:
    return passage.path.index("cells") if "cells" in passage.path else len(passage.path)


class _UnitFindings:
    """The findings in one unit by sentence and rule, and the rules' features of each sentence.

    `warned` are the sentences that warn of a rule's names, or say to ask first.
    """

    def __init__(self, mentions: tuple[Mention, ...]) -> None:
        self.mentions: Final = mentions
        self.certain: dict[tuple[int, str], Finding] = {}
        self.uncertain: dict[tuple[int, str], Finding] = {}
        self.warned: set[tuple[int, str]] = set()
        self.rule_features: dict[int, set[str]] = {}

    def add(self, key: tuple[int, str], finding: Finding, *, certain: bool) -> None:
        """Add a finding; of two certain ones for the same sentence and rule, keep the worse."""
        if not certain:
            self.uncertain.setdefault(key, finding)
        elif (
            key not in self.certain
            or _SEVERITY_ORDER[finding.severity] < _SEVERITY_ORDER[self.certain[key].severity]
        ):
            self.certain[key] = finding

    def all(self) -> dict[tuple[int, str], Finding]:
        """Return the findings in order, without uncertain ones where the sentence warns.

        In "Avoid tonic water, which has quinine in it", the warning also covers the second name.
        """
        uncertain = {
            key: finding for key, finding in self.uncertain.items() if key not in self.warned
        }
        return dict(sorted((uncertain | self.certain).items()))


def _unit_findings(
    passage: Passage, unit: Unit, rules: TextRules, lineage: tuple[str, ...]
) -> Iterator[Finding]:
    mentions = rules.lexicon.mentions(unit.text)
    found = _apply_rules(passage, unit, mentions, rules, lineage)
    findings = found.all()
    reader = next((name for name in lineage if f"@for {name}" in rules.model.weights), None)
    if reader is None or passage.role not in SCORED_ROLES:
        yield from findings.values()
        return
    # A cell below "Instead of" names what to avoid.
    is_warned_of = passage.role is Role.CELL and unit.context[0] < 0
    leaning_rule = None if is_warned_of else _leaning_rule(rules, lineage)
    leaning_names = _name_features(leaning_rule.file.about if leaning_rule else ())
    with_findings = {number for number, _ in findings}
    for number in sorted({*unit.own_sentences, *with_findings}):
        rule_features = _rule_features(passage, unit, number, found, reader)
        has_name = number in with_findings or not leaning_names.isdisjoint(rule_features)
        if not has_name and leaning_rule is None:
            continue
        score = alone = rules.model.score(rule_features, _word_features(unit, number, mentions))
        # A sentence without a name may not owe its score to a danger beside it.
        if has_name:
            beside = rules.model.score(beside_features(unit, number, mentions)) - rules.model.start
            # "Ask us if you have questions" behind an order may not hide it.
            score = alone + max(beside, -MOST_RELIEF)
        is_asked = number in unit.own_sentences and (has_name or score >= ASKS_EXTRA_FROM)
        if rules.sentences and is_asked:
            about = described(passage, unit, number, reader, mentions, int(has_name))
            score = rules.sentences.mean(score, *about)
        shown = [
            finding._replace(severity=severity)
            for (sentence, _), finding in findings.items()
            if sentence == number
            and (severity := _scored_severity(finding, score, rules, stops=alone >= STOPS_FROM))
        ]
        yield from shown
        if (
            leaning_rule
            and score >= (REPORTS_FROM if has_name else NAMELESS_FROM)
            and all(finding.severity is Severity.HINT for finding in shown)
            and not _is_exempt(leaning_rule, unit, number)
        ):
            yield _leaning_finding(unit, passage, leaning_rule, number, rules.model)


@lru_cache(maxsize=64)
def _name_features(classes: tuple[str, ...]) -> frozenset[str]:
    """Return the features of a sentence that speaks of a name of one of these classes."""
    return frozenset(f"@{own}names {kind}" for kind in classes for own in ("", "b"))


def _word_features(unit: Unit, number: int, mentions: tuple[Mention, ...]) -> Mapping[str, float]:
    return word_features(unit, number, mentions) if number in unit.own_sentences else {}


def _scored_severity(
    finding: Finding, score: float, rules: TextRules, *, stops: bool
) -> Severity | None:
    """Return the severity of a finding by the score of its sentence, or None to leave it out.

    `stops` is true if the sentence alone stops the print. A rule that the weights do not know, such
    as a clinic's own, decides alone.
    """
    if finding.rule in rules.unscored or f"@r {finding.rule}" not in rules.model.weights:
        return finding.severity
    if stops or score >= STOPS_FROM:
        return finding.severity
    if score < REPORTS_FROM:
        return None
    return Severity.WARNING if finding.severity is Severity.ERROR else finding.severity


def sentence_features(
    passage: Passage, unit: Unit, rules: TextRules, lineage: tuple[str, ...]
) -> Iterator[dict[str, float]]:
    """Yield the features of each sentence of a passage, from which its score is calculated."""
    mentions = rules.lexicon.mentions(unit.text)
    found = _apply_rules(passage, unit, mentions, rules, lineage)
    for number in unit.own_sentences:
        yield {
            **_word_features(unit, number, mentions),
            **beside_features(unit, number, mentions),
            **_rule_features(passage, unit, number, found, lineage[0]),
        }


def _rule_features(
    passage: Passage, unit: Unit, number: int, found: _UnitFindings, reader: str
) -> dict[str, float]:
    """Return the features of a sentence besides its words: rules, names, lead-in, reader."""
    start, end = unit.span(number)
    polarity, asks_first = unit.context
    names_from = start
    # "Bananas are filling. Have one each day.": without a name, "one" is of those before it.
    if PRONOUN.search(unit.text, start, end) and not any(
        start <= mention.start < end for mention in found.mentions
    ):
        names_from, _ = unit.span(max(number - 1, unit.own_sentences[0]))
    name_features = {
        f"@names {kind}" if start <= mention.start < end else f"@bnames {kind}"
        for mention in found.mentions
        if mention.start < unit.own_start or names_from <= mention.start < end
        for kind in mention.classes
    }
    return dict.fromkeys(
        (
            *found.rule_features.get(number, ("@r none",)),
            *(name_features or {"@names none"}),
            f"@lead {polarity}{int(asks_first)}",
            f"@role {passage.role.value}",
            f"@for {reader}",
        ),
        1.0,
    )


def _apply_rules(
    passage: Passage,
    unit: Unit,
    mentions: tuple[Mention, ...],
    rules: TextRules,
    lineage: tuple[str, ...],
) -> _UnitFindings:
    classes = frozenset[str]().union(*(mention.classes for mention in mentions))
    found = _UnitFindings(mentions)
    for rule, level in _applicable_rules(rules, classes, lineage):
        if not rule.beside or not compiled(rule.beside).search(
            lowered(" ".join((*unit.leads, unit.own if unit.myth else unit.text)))
        ):
            _apply_rule(found, rule, level, passage, unit, rules.model)
    return found


def _apply_rule(
    found: _UnitFindings,
    rule: TextRule,
    level: Severity,
    passage: Passage,
    unit: Unit,
    model: VerdictModel,
) -> None:
    rule_mentions = tuple(
        mention for mention in found.mentions if not mention.classes.isdisjoint(rule.file.about)
    )
    for mention in rule_mentions:
        detected = _judge_mention(rule, unit, mention, rule_mentions)
        if detected is None:
            continue
        clause = unit.clause_at(mention.start)
        # A question is judged with its answer.
        if not unit.is_own(mention.start) or unit.is_question(clause):
            clause = unit.clause_at(detected.place)
        sentence = clause.sentence
        key = (sentence, rule.file.id)
        if detected.stance in {"warned", "ask"}:
            found.warned.add(key)
        if detected.stance not in rule.file.when or _is_exempt(rule, unit, sentence):
            continue
        finding = _finding(passage, unit, rule, mention, rule_mentions, detected, level, model)
        if finding is not None:
            features = {f"@r {rule.file.id}", f"@r {detected.stance}", f"@r {level.value}"}
            found.rule_features.setdefault(sentence, set()).update(features)
            found.add(key, finding, certain=detected.stance != "unclear")


def _is_exempt(rule: TextRule, unit: Unit, number: int) -> bool:
    """Return whether a rule passes over a sentence. The next one refutes "Myth: ..."."""
    text = unit.sentence(number)
    return text.startswith("myth:") or bool(rule.unless and compiled(rule.unless).search(text))


def _leaning_finding(
    unit: Unit, passage: Passage, rule: TextRule, number: int, model: VerdictModel
) -> Finding:
    """Return a warning for a sentence in which no rule finds anything, but the score is high."""
    place = max(unit.span(number)[0], unit.own_start)
    words = _sentence_at(unit, place)
    phrases = " and ".join(f"'{phrase}'" for phrase in model.deciding(_WORD.findall(words)))
    reason = f" (because of {phrases})" if phrases else ""
    message = f"{rule.file.message}: {words}{reason}"
    return Finding(rule.file.id, Severity.WARNING, passage, words, message, rule.file.hint)


@lru_cache(maxsize=1024)
def _applicable_rules(
    rules: TextRules, classes: frozenset[str], lineage: tuple[str, ...]
) -> tuple[tuple[TextRule, Severity], ...]:
    """Return the rules for the names in a unit, each with its severity for a reader.

    Cached, since many units name the same things.
    """
    rules_for_names = (
        rule
        for rule in rules.rules
        if not rule.file.leaning and not classes.isdisjoint(rule.file.about)
    )
    levels = ((rule, rule.file.level(lineage)) for rule in rules_for_names)
    return tuple((rule, level) for rule, level in levels if level is not None)


@lru_cache(maxsize=64)
def _leaning_rule(rules: TextRules, lineage: tuple[str, ...]) -> TextRule | None:
    return next(
        (rule for rule in rules.rules if rule.file.leaning and rule.file.level(lineage)), None
    )


def _judge_mention(
    rule: TextRule, unit: Unit, mention: Mention, rule_mentions: tuple[Mention, ...]
) -> DetectedStance | None:
    if rule.doing:
        return judge_doing(unit, mention, rule.doing)
    return judge(
        unit, mention, rule_mentions, praise=rule.file.praise, undecided=rule.file.undecided
    )


def _finding(
    passage: Passage,
    unit: Unit,
    rule: TextRule,
    mention: Mention,
    rule_mentions: tuple[Mention, ...],
    detected: DetectedStance,
    level: Severity,
    model: VerdictModel,
) -> Finding | None:
    place = mention.start if unit.is_own(mention.start) else detected.place
    if not unit.is_own(place):
        return None
    words = _sentence_at(unit, place)
    if detected.stance == "unclear":
        level = Severity.HINT if level is Severity.HINT else Severity.WARNING
        message = (
            f"it is not clear whether this advises '{mention.name}' or warns against it: {words}"
        )
    else:
        message = (
            f"{rule.file.message}: {words}{_reason(rule, words, mention, rule_mentions, model)}"
        )
    return Finding(rule.file.id, level, passage, words, message, rule.file.hint)


def _reason(
    rule: TextRule,
    words: str,
    mention: Mention,
    rule_mentions: tuple[Mention, ...],
    model: VerdictModel,
) -> str:
    """Return the words that decided: those of the rule's pattern, or those that weigh most."""
    phrases: tuple[str, ...]
    if rule.doing:
        match = compiled(rule.doing).search(lowered(words))
        phrases = (words[match.start() : match.end()],) if match else ()
        verb = "is said of"
    else:
        # The names themselves do not recommend.
        names = "|".join(re.escape(each.name) for each in rule_mentions)
        others = re.sub(rf"\b(?:{names})\w*", "_", words, flags=re.IGNORECASE)
        phrases = model.deciding(_WORD.findall(others))
        verb = "recommends" if len(phrases) == 1 else "recommend"
    if not phrases:
        return ""
    quoted = " and ".join(f"'{phrase.strip()}'" for phrase in phrases)
    return f" ({quoted} {verb} '{mention.name}')"


def _sentence_at(unit: Unit, place: int) -> str:
    """Return the sentence of the unit's own text at a place, as its author wrote it."""
    own = unit.own
    return next(
        (
            own[start:end]
            for start, end in sentence_spans(own)
            if start <= place - unit.own_start < end
        ),
        own,
    ).strip()
