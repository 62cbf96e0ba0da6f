"""Apply the rules whose errors keep a handout from being printed, and name whom no rule protects.

`build` needs no others. The rules that only warn are in `all_rules`: loading them would cost each
build more time than applying them.
"""

from __future__ import annotations

from collections import defaultdict
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Final, NamedTuple

from teachback.checking import cross_audience
from teachback.checking.clinic_words import added_problems
from teachback.checking.clinical import clinical_rules, rule_loader
from teachback.checking.cross_audience import figure_findings
from teachback.checking.glossary import Glossary, load_glossary
from teachback.checking.rule import OUR_OWN, Example, Finding, ReaderText, Rule, problem_of
from teachback.checking.translation_rules import translation_findings
from teachback.content.base_model import Checks
from teachback.content.inline_markup import bare
from teachback.content.validation_errors import validated
from teachback.editions.passages import Passage, ReaderContext, Role, as_read, passages
from teachback.errors import Problem, Severity, TeachbackError
from teachback.files.workspace import find, read_bytes, shown
from teachback.files.yaml_reader import read_yaml

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from teachback.checking.clinical.clinical_rules import TextRules
    from teachback.content.base_model import Accepted
    from teachback.content.handout_loader import LoadedHandout
    from teachback.content.workspace_content import WorkspaceContent
    from teachback.files.workspace import Workspace
    from teachback.files.yaml_reader import YamlFile

CHECKS: Final = "content/checks.yaml"
# Its examples are entries of content/audiences.yaml.
UNRULED: Final = Rule(
    "audience-unruled",
    "an audience whose texts no clinical rule looks at",
    Severity.WARNING,
    "The rules on advice, food and medicines look at the texts of the audiences that they name, "
    "and of those that extend them. An audience that extends nothing gets none of them.",
    (OUR_OWN,),
    bad=(
        Example("family: {name: Families, badge: {en: For families}}"),
        Example("transplant: {name: People with a transplant, badge: {en: For you}}"),
    ),
    good=(
        Example("family: {name: Families, badge: {en: For families}, extends: general}"),
        Example("transplant: {name: Transplant, badge: {en: For you}, extends: dialysis}"),
    ),
)


class Guard:
    """The clinical text rules, and the rules that a clinic has switched off.

    `off` has the reason and the name by rule, in file order.
    """

    def __init__(
        self,
        text: TextRules,
        off: Mapping[str, tuple[str, str]],
        decisions: YamlFile | None,
        glossary: Callable[[str], Glossary],
    ) -> None:
        """Store the content of the files.

        `decisions` is the file that switches rules off. `glossary` loads the words of a language,
        by which its translations are compared.
        """
        self.text: Final = text
        self.off: Final = off
        self.decisions: Final = decisions
        self.glossary: Final = glossary


class AcceptedFinding(NamedTuple):
    """A finding that somebody has accepted, with the reason and the name."""

    finding: Finding
    accepted: Accepted


def load_guard(workspace: Workspace) -> Guard:
    """Load the clinical rules and the clinic's decisions.

    Raises TeachbackError with every problem in the files.
    """
    path = find(workspace, CHECKS)
    file = read_yaml(read_bytes(path), shown(path)) if path else None
    decided = validated(Checks, file) if file else Checks()
    text = rule_loader.load_clinical_rules(workspace)
    if file and decided.verdict == "model":
        text = rule_loader.with_sentence_model(text, workspace, file.locate(("verdict",)))
    return Guard(
        text,
        {entry.rule: (entry.reason, entry.by) for entry in decided.off},
        file,
        partial(load_glossary, workspace),
    )


class PrintGate:
    """Find what must not be printed, with the rules of `teachback check`.

    `broken` are the problems of the rule files. With any of them nothing can be checked, so nothing
    may be printed.
    """

    def __init__(self, workspace: Workspace, shared: WorkspaceContent) -> None:
        """Load the rules of a workspace."""
        self._workspace: Final = workspace
        self._shared: Final = shared
        self._word_errors: Final[dict[str, tuple[Problem, ...]]] = {}
        self._guard: Guard | None = None
        self.broken: tuple[Problem, ...] = ()
        try:
            self._guard = load_guard(workspace)
        except TeachbackError as error:
            self.broken = error.problems

    def problems(self, authored: LoadedHandout) -> tuple[Problem, ...]:
        """Return what keeps a handout from being printed, in its text and in the clinic's words.

        Also returns a warning for each audience that no clinical rule protects.
        """
        if self._guard is None:
            return ()
        language = authored.handout.language
        if language not in self._word_errors:
            self._word_errors[language] = word_errors(
                self._workspace, self._shared, self._guard, language
            )
        problems = error_problems(authored, self._shared, self._guard)
        if authored.translated:
            try:
                compared = translation_result(authored, self._shared, self._guard)
                problems += tuple(p for p in compared.problems if p.severity is Severity.ERROR)
            except TeachbackError as error:
                problems += error.problems
        return (*problems, *self._word_errors[language])


def faulty_problems(
    faulty: Mapping[str, LoadedHandout], workspace: Workspace, shared: WorkspaceContent
) -> dict[str, tuple[Problem, ...]]:
    """Return what else keeps faulty handouts from being printed, by file stem.

    A handout that lacks a text for one of its readers cannot be checked.
    """
    if not faulty:
        return {}
    gate = PrintGate(workspace, shared)
    problems = {}
    for stem, authored in faulty.items():
        with suppress(LookupError):
            problems[stem] = gate.problems(authored)
    return problems


def error_problems(
    authored: LoadedHandout, shared: WorkspaceContent, rules: Guard
) -> tuple[Problem, ...]:
    """Return the errors that nobody has accepted, and the audiences that no rule protects.

    Of a translation, the rules read the English that it was made from.
    """
    authored = authored.checked
    reader_texts = {
        name: reader_text_of(authored, name, shared) for name in authored.handout.audiences
    }
    findings = [
        f
        for f in find_errors(authored, reader_texts, shared, rules)
        if (f.severity is Severity.ERROR or f.rule == UNRULED.id) and f.rule not in rules.off
    ]
    open_findings, _, _ = split_accepted(merged(findings), authored.handout.accept)
    return tuple(
        problem_for(
            finding, authored, name_audiences=0 < len(finding.audiences) < len(reader_texts)
        )
        for finding in open_findings
    )


class TranslationResult(NamedTuple):
    """The differences of a translation from its English, and those that were accepted.

    `idle` are the indexes of acceptances that match no finding.
    """

    problems: tuple[Problem, ...]
    waived: tuple[AcceptedFinding, ...]
    idle: tuple[int, ...]


def translation_result(
    authored: LoadedHandout, shared: WorkspaceContent, rules: Guard
) -> TranslationResult:
    """Compare a translation with the English it was made from, without knowing its language.

    Raises TeachbackError with the problems of the language's glossary.
    """
    handout = authored.handout
    if authored.translated is None:
        return TranslationResult((), (), ())
    glossary = rules.glossary(handout.language)
    reader_texts = tuple(reader_text_of(authored, name, shared) for name in handout.audiences)
    findings = [
        finding
        for finding in (
            *translation_findings(authored.translated.texts, rules.text.lexicon, glossary),
            *figure_findings(reader_texts, shared.clinic),
        )
        if finding.rule not in rules.off
    ]
    open_findings, waived, idle = split_accepted(merged(findings), handout.accept)
    problems = tuple(
        problem_for(finding, authored, name_audiences=False) for finding in open_findings
    )
    return TranslationResult(problems, tuple(waived), tuple(idle))


def word_errors(
    workspace: Workspace, shared: WorkspaceContent, rules: Guard, language: str
) -> tuple[Problem, ...]:
    """Return the errors in the clinic's own words, which are on every page of their language."""
    problems = added_problems(workspace, shared, rules.text, language)
    return tuple(
        problem
        for problem in problems
        if problem.severity is Severity.ERROR and problem.rule not in rules.off
    )


def reader_text_of(authored: LoadedHandout, audience: str, shared: WorkspaceContent) -> ReaderText:
    """Return a handout as one audience gets it; an unknown placeholder has no value."""
    values: defaultdict[str, str | None] = defaultdict(lambda: None, shared.clinic.values())
    reader = ReaderContext(shared.audiences.lineage(audience), values)
    return ReaderText(
        authored.handout, reader, passages(authored.handout, reader), authored.handout.language
    )


def merged(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Merge findings with the same rule, place, words and message; collect their audiences."""
    found: dict[tuple[object, ...], Finding] = {}
    for finding in findings:
        key = (finding.rule, finding.passage.path, finding.words, finding.message)
        readers = tuple(name for name in finding.audiences or (finding.passage.audience,) if name)
        existing = found.get(key)
        found[key] = (existing or finding)._replace(
            audiences=tuple(dict.fromkeys((*(existing.audiences if existing else ()), *readers)))
        )
    return tuple(found.values())


def split_accepted(
    findings: Iterable[Finding], accepted: tuple[Accepted, ...]
) -> tuple[list[Finding], list[AcceptedFinding], list[int]]:
    """Split findings into open and accepted ones.

    Returns both, and the indexes of acceptances that match no finding.
    """
    open_findings: list[Finding] = []
    waived: list[AcceptedFinding] = []
    used: set[int] = set()
    for finding in findings:
        matching = [
            number for number, acceptance in enumerate(accepted) if _covers(acceptance, finding)
        ]
        used.update(matching)
        if matching:
            waived.append(AcceptedFinding(finding, accepted[matching[0]]))
        else:
            open_findings.append(finding)
    return open_findings, waived, [number for number in range(len(accepted)) if number not in used]


def _covers(accepted: Accepted, finding: Finding) -> bool:
    if accepted.rule != finding.rule:
        return False
    words = accepted.words or ""
    if not as_read(words):
        # An error is accepted only with its words; otherwise the acceptance would hide the next
        # one.
        return finding.severity is not Severity.ERROR
    # Quoted as it is read, or as it is written in the file, with its marks.
    quotes = {text.casefold() for text in (as_read(words), as_read(bare(words)), words)} - {""}
    texts = finding.words.casefold(), finding.passage.text.casefold()
    return any(quote in text for quote in quotes for text in texts)


def problem_for(finding: Finding, authored: LoadedHandout, *, name_audiences: bool) -> Problem:
    """Return the problem of a finding with its place, and with its audiences if these are named."""
    return problem_of(
        finding if name_audiences else finding._replace(audiences=()), authored.file.locate
    )


def find_errors(
    authored: LoadedHandout,
    reader_texts: Mapping[str, ReaderText],
    shared: WorkspaceContent,
    rules: Guard,
) -> Iterator[Finding]:
    """Yield the findings of the rules that may block printing."""
    for reader_text in reader_texts.values():
        yield from clinical_rules.clinical_findings(reader_text, rules.text)
    if not authored.is_part:
        yield from find_across(authored, reader_texts, shared, rules)


def find_across(
    authored: LoadedHandout,
    reader_texts: Mapping[str, ReaderText],
    shared: WorkspaceContent,
    rules: Guard,
) -> Iterator[Finding]:
    """Yield the findings of every rule that looks at all readers of a handout."""
    yield from _unruled_findings(authored, reader_texts, rules)
    yield from clinical_rules.gap_findings(reader_texts, rules.text)
    yield from cross_audience.across_findings(
        authored.handout, tuple(reader_texts.values()), shared.clinic
    )


def _unruled_findings(
    authored: LoadedHandout, reader_texts: Mapping[str, ReaderText], rules: Guard
) -> Iterator[Finding]:
    ruled_audiences = {name for rule in rules.text.rules for name in rule.file.audience}
    for index, name in enumerate(authored.handout.audiences):
        if ruled_audiences.isdisjoint(reader_texts[name].reader.lineage):
            place = Passage("", "", ("audiences", index), Role.TITLE, name, "audiences")
            yield Finding(
                UNRULED.id,
                UNRULED.severity,
                place,
                name,
                f"none of the {len(rules.text.rules)} rules on advice, food and medicines looks at "
                f"the texts for '{name}'",
                "If these readers have kidney disease, write `extends: ckd` for them in "
                "content/audiences.yaml; if not, `extends: general`. If no rule is to look, "
                f"switch `{UNRULED.id}` off in {CHECKS}.",
            )
