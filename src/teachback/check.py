"""The order of steps of `teachback check`: read, hear as each reader does, find, set against what was accepted. Prints nothing."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from teachback.content import Authored, Shared, load_handout, load_shared
from teachback.errors import Problem, Severity, TeachbackError, UsageError, guess, in_file_order, nearest
from teachback.passage import Ear, passages
from teachback.rulebook import Example, Finding, Heard
from teachback.rules import Rules, dated_problems, find_across, find_errors, find_in, load_rules, shared_problems
from teachback.workspace import Workspace, handout_files

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from teachback.model import Accepted

    Step = Callable[[int, int], None]


@dataclass(frozen=True)
class Waived:
    """A finding that somebody has accepted, with the reason and the name."""

    finding: Finding
    accepted: Accepted


@dataclass(frozen=True)
class Checked:
    """What was found in one handout: problems in file order, what was accepted, and the editions that were looked at."""

    stem: str
    problems: tuple[Problem, ...]
    waived: tuple[Waived, ...] = ()
    heard: Mapping[str, Heard] = field(default_factory=dict)
    authored: Authored | None = None


@dataclass(frozen=True)
class Checkup:
    """What a run of checks found, by handout, and the rules it looked with."""

    handouts: tuple[Checked, ...]
    rules: Rules
    problems: tuple[Problem, ...] = ()

    def count(self, severity: Severity) -> int:
        """Give how many findings of a severity there are."""
        found = [*self.problems, *(problem for checked in self.handouts for problem in checked.problems)]
        return sum(problem.severity is severity for problem in found)


def check(names: tuple[str, ...], audiences: tuple[str, ...], workspace: Workspace, today: dt.date, step: Step | None = None) -> Checkup:
    """Check handouts, all or those named, as all their readers get them, or those named.

    Raises UsageError for names that do not exist, TeachbackError when a file that all share is wrong.
    """
    files = handout_files(workspace)
    ids = {stem.split(".")[0] for stem in files}
    unknown = [name for name in names if name not in files and name not in ids]
    if unknown:
        raise UsageError(*(Problem(f"there is no handout '{name}'", nearest(name, ids)) for name in unknown))
    shared = load_shared(workspace)
    wrong = [name for name in audiences if name not in shared.audiences.root]
    if wrong:
        raise UsageError(*(Problem(f"there is no audience '{name}'", nearest(name, shared.audiences.root)) for name in wrong))
    rules = load_rules(workspace)
    chosen = {stem: path for stem, path in files.items() if not names or stem in names or stem.split(".")[0] in names}
    found = []
    for number, (stem, path) in enumerate(chosen.items(), start=1):
        try:
            authored = load_handout(path, workspace, shared)
        except TeachbackError as error:
            found.append(Checked(stem, in_file_order(error.problems)))
        else:
            found.append(check_handout(stem, authored, shared, rules, audiences, today))
        if step:
            step(number, len(chosen))
    authored_all = [checked.authored for checked in found if checked.authored]
    # What no handout uses can only be said when all of them were looked at.
    shared_found = shared_problems(workspace, shared, authored_all, today) if len(chosen) == len(files) else ()
    return Checkup(tuple(found), rules, tuple(p for p in shared_found if p.rule not in rules.off))


def failed(checkup: Checkup, *, strict: bool) -> bool:
    """Say whether a run found errors, or warnings where they count as errors; hints never do."""
    return checkup.count(Severity.ERROR) > 0 or (strict and checkup.count(Severity.WARNING) > 0)


def explained(name: str, workspace: Workspace) -> str:
    """Say what a rule looks for, why, from which source, and by which examples; of `all`, one line each.

    Raises UsageError for a rule that there is not.
    """
    rules = load_rules(workspace).known
    if name == "all":
        width = max((len(rule) for rule in rules), default=0)
        return "\n".join(f"{rule.id:{width}}  {rule.severity:8}{rule.title}" for rule in rules.values())
    if name not in rules:
        raise UsageError(Problem(f"there is no rule '{name}'", f"{guess(name, rules)} `teachback check --explain all` lists them.".strip()))
    rule = rules[name]
    lines = [f"{rule.id} ({rule.severity}): {rule.title}", "", rule.why]
    lines += ["", f"For: {', '.join(rule.audiences) or 'every reader'}. In: {', '.join(rule.languages)}."]
    lines += [f"Sources: {', '.join(rule.sources)}."] if rule.sources else []
    for title, examples in (("It finds:", rule.bad), ("It passes over:", rule.good)):
        lines += ["", title, *(f"  - {_example(example)}" for example in examples)]
    return "\n".join(lines)


def _example(example: Example) -> str:
    around = example.lead or (f"{example.column}:" if example.column else "")
    after = f" -> {example.other}" if example.other else ""
    return f"{around} {example.text}{after}".strip()


def check_handout(stem: str, authored: Authored, shared: Shared, rules: Rules, audiences: tuple[str, ...], today: dt.date) -> Checked:
    """Check one handout that was read, for all its audiences or those named."""
    heard = {name: hear(authored, name, shared) for name in authored.handout.audiences if not audiences or name in audiences}
    findings = [finding for edition in heard.values() for finding in find_in(edition, shared, rules)]
    findings += find_across(authored, heard, shared, rules)
    merged = _merged(finding for finding in findings if finding.rule not in rules.off)
    open_, waived, idle = _settled(merged, authored.handout.accept)
    several = len(heard) > 1
    problems = [*_unknown_rules(authored, rules), *(p for p in dated_problems(authored, rules, today) if p.rule not in rules.off)]
    problems += [_problem(finding, authored, several=several and len(finding.audiences) < len(heard)) for finding in open_]
    # What was not looked at for lack of a reader may still be there.
    problems += [
        _idle_problem(number, authored) for number in idle if not audiences and authored.handout.accept[number].rule in rules.known
    ]
    return Checked(stem, in_file_order(problems), tuple(waived), heard, authored)


def error_problems(authored: Authored, shared: Shared, rules: Rules) -> tuple[Problem, ...]:
    """Give only what keeps a handout from being printed: the findings that are errors and that nobody has accepted."""
    heard = {name: hear(authored, name, shared) for name in authored.handout.audiences}
    findings = [f for f in find_errors(authored, heard, shared, rules) if f.severity is Severity.ERROR and f.rule not in rules.off]
    still, _, _ = _settled(_merged(findings), authored.handout.accept)
    several = len(heard) > 1
    return tuple(_problem(finding, authored, several=several and len(finding.audiences) < len(heard)) for finding in still)


def _unknown_rules(authored: Authored, rules: Rules) -> Iterator[Problem]:
    for number, accepted in enumerate(authored.handout.accept):
        if accepted.rule not in rules.known:
            hint = guess(accepted.rule, rules.known) or "`teachback check --explain all` lists them."
            place = authored.file.locate(("accept", number, "rule"))
            yield Problem(f"there is no rule '{accepted.rule}'", hint, place, Severity.ERROR, "accept-unknown")


def hear(authored: Authored, audience: str, shared: Shared) -> Heard:
    """Give a handout as one audience gets it."""
    ear = Ear(shared.audiences.lineage(audience), shared.clinic.values())
    return Heard(authored.handout, ear, passages(authored.handout, ear), authored.handout.language)


def _merged(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Make one finding of those that say the same of the same words, to several readers."""
    found: dict[tuple[object, ...], Finding] = {}
    for finding in findings:
        key = (finding.rule, finding.passage.path, finding.words, finding.message)
        readers = finding.audiences or (finding.passage.audience,)
        known = found.get(key)
        found[key] = replace(known or finding, audiences=tuple(dict.fromkeys((*(known.audiences if known else ()), *readers))))
    return tuple(found.values())


def _settled(findings: Iterable[Finding], accepted: tuple[Accepted, ...]) -> tuple[list[Finding], list[Waived], list[int]]:
    """Part what is open from what was accepted, and name the acceptances that nothing needs any more."""
    still: list[Finding] = []
    waived: list[Waived] = []
    used: set[int] = set()
    for finding in findings:
        fits = [number for number, one in enumerate(accepted) if _covers(one, finding)]
        used.update(fits)
        if fits:
            waived.append(Waived(finding, accepted[fits[0]]))
        else:
            still.append(finding)
    return still, waived, [number for number in range(len(accepted)) if number not in used]


def _covers(accepted: Accepted, finding: Finding) -> bool:
    if accepted.rule != finding.rule:
        return False
    words = (accepted.words or "").casefold()
    return not words or words in finding.words.casefold() or words in finding.passage.text.casefold()


def _problem(finding: Finding, authored: Authored, *, several: bool) -> Problem:
    readers = f" (for {' and '.join(finding.audiences)})" if several else ""
    place = authored.file.locate(finding.passage.path)
    return Problem(f"{finding.message}{readers}", finding.hint, place, finding.severity, finding.rule)


def _idle_problem(number: int, authored: Authored) -> Problem:
    accepted = authored.handout.accept[number]
    message = f"this accepts a finding of '{accepted.rule}' that is not there any more"
    place = authored.file.locate(("accept", number))
    return Problem(message, "Take it out, so that it cannot hide a new one.", place, Severity.WARNING, "accept-idle")
