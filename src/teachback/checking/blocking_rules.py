"""What keeps a text from being printed: the rules whose findings are errors, set against what was accepted. All that `build` needs of the rules.

The rules that only warn are in `rules`; loading them, too, would cost each build more time than finding does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from teachback.checking import cross_audience
from teachback.checking.clinic_words import added_problems
from teachback.checking.clinical import clinical_rules, rule_loader
from teachback.checking.rule import Finding, ReaderText, problem_of
from teachback.content.base_model import Checks
from teachback.content.validation_errors import validated
from teachback.editions.passages import ReaderContext, as_read, passages
from teachback.errors import Problem, Severity
from teachback.files.workspace import find, read_bytes, shown
from teachback.files.yaml_reader import read_yaml

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from teachback.checking.clinical.clinical_rules import TextRules
    from teachback.content.base_model import Accepted
    from teachback.content.loader import LoadedHandout, WorkspaceContent
    from teachback.files.workspace import Workspace
    from teachback.files.yaml_reader import YamlFile

CHECKS: Final = "content/checks.yaml"


class Guard:
    """The clinical text rules, and the rules that are switched off: reason and name by id, in the order of their file."""

    def __init__(
        self, text: TextRules, off: Mapping[str, tuple[str, str]], decisions: YamlFile | None
    ) -> None:
        """Take what the files say; `decisions` is the file that switches rules off."""
        self.text: Final = text
        self.off: Final = off
        self.decisions: Final = decisions


class AcceptedFinding(NamedTuple):
    """A finding that somebody has accepted, with the reason and the name."""

    finding: Finding
    accepted: Accepted


def load_guard(workspace: Workspace) -> Guard:
    """Read the clinical rules and the clinic's decisions. Raises TeachbackError with what is wrong in the files."""
    path = find(workspace, CHECKS)
    file = read_yaml(read_bytes(path), shown(path)) if path else None
    decided = validated(Checks, file).off if file else ()
    return Guard(
        rule_loader.load_clinical_rules(workspace),
        {entry.rule: (entry.reason, entry.by) for entry in decided},
        file,
    )


def error_problems(
    authored: LoadedHandout, shared: WorkspaceContent, rules: Guard
) -> tuple[Problem, ...]:
    """Give only what keeps a handout from being printed: the findings that are errors and that nobody has accepted."""
    heard = {name: hear(authored, name, shared) for name in authored.handout.audiences}
    findings = [
        f
        for f in find_errors(authored, heard, shared, rules)
        if f.severity is Severity.ERROR and f.rule not in rules.off
    ]
    still, _, _ = settled(merged(findings), authored.handout.accept)
    several = len(heard) > 1
    return tuple(
        problem_for(finding, authored, several=several and 0 < len(finding.audiences) < len(heard))
        for finding in still
    )


def word_errors(
    workspace: Workspace, shared: WorkspaceContent, rules: Guard, language: str
) -> tuple[Problem, ...]:
    """Give what keeps the clinic's own words, which stand on every page of their language, from being printed."""
    found = added_problems(workspace, shared, rules.text, language)
    return tuple(
        problem
        for problem in found
        if problem.severity is Severity.ERROR and problem.rule not in rules.off
    )


def hear(authored: LoadedHandout, audience: str, shared: WorkspaceContent) -> ReaderText:
    """Give a handout as one audience gets it."""
    ear = ReaderContext(shared.audiences.lineage(audience), shared.clinic.values())
    return ReaderText(
        authored.handout, ear, passages(authored.handout, ear), authored.handout.language
    )


def merged(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Make one finding of those that say the same of the same words, to several readers."""
    found: dict[tuple[object, ...], Finding] = {}
    for finding in findings:
        key = (finding.rule, finding.passage.path, finding.words, finding.message)
        readers = tuple(name for name in finding.audiences or (finding.passage.audience,) if name)
        known = found.get(key)
        found[key] = (known or finding)._replace(
            audiences=tuple(dict.fromkeys((*(known.audiences if known else ()), *readers)))
        )
    return tuple(found.values())


def settled(
    findings: Iterable[Finding], accepted: tuple[Accepted, ...]
) -> tuple[list[Finding], list[AcceptedFinding], list[int]]:
    """Part what is open from what was accepted, and name the acceptances that nothing needs any more."""
    still: list[Finding] = []
    waived: list[AcceptedFinding] = []
    used: set[int] = set()
    for finding in findings:
        fits = [number for number, one in enumerate(accepted) if _covers(one, finding)]
        used.update(fits)
        if fits:
            waived.append(AcceptedFinding(finding, accepted[fits[0]]))
        else:
            still.append(finding)
    return still, waived, [number for number in range(len(accepted)) if number not in used]


def _covers(accepted: Accepted, finding: Finding) -> bool:
    if accepted.rule != finding.rule:
        return False
    words = as_read(accepted.words or "").casefold()
    if not words:
        # What may harm is accepted sentence by sentence: an acceptance of all would hide the next one, too.
        return finding.severity is not Severity.ERROR
    return words in finding.words.casefold() or words in finding.passage.text.casefold()


def problem_for(finding: Finding, authored: LoadedHandout, *, several: bool) -> Problem:
    """Make the problem of a finding, with its place; with `several` it names the readers that it is about."""
    return problem_of(finding if several else finding._replace(audiences=()), authored.file.locate)


def find_errors(
    authored: LoadedHandout, heard: Mapping[str, ReaderText], shared: WorkspaceContent, rules: Guard
) -> Iterator[Finding]:
    """Find only with the rules whose findings may keep a handout from being printed."""
    for edition in heard.values():
        yield from clinical_rules.clinical_findings(edition, rules.text)
    yield from find_across(authored, heard, shared, rules)


def find_across(
    authored: LoadedHandout, heard: Mapping[str, ReaderText], shared: WorkspaceContent, rules: Guard
) -> Iterator[Finding]:
    """Find in a handout with every rule that looks at all its readers together."""
    yield from clinical_rules.gap_findings(heard, rules.text)
    yield from cross_audience.across_findings(
        authored.handout, tuple(heard.values()), shared.clinic
    )
