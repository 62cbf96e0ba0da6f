"""Run `teachback check`: read handouts, apply every rule, set accepted findings aside.

In: names of handouts and audiences. Out: a CheckResult.
"""

from __future__ import annotations

import re
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from teachback.checking.all_rules import (
    Rules,
    dated_problems,
    find_in,
    language_findings,
    load_all_rules,
    shared_problems,
)
from teachback.checking.blocking_rules import (
    faulty_problems,
    find_across,
    merged,
    problem_for,
    reader_text_of,
    split_accepted,
    translation_result,
)
from teachback.checking.clinic_words import added_problems
from teachback.checking.plain_language.reading_grade import (
    graded,
    overall_grade,
    score_findings,
    target_of,
)
from teachback.checking.rule import fold_findings
from teachback.content.handout import sources_of
from teachback.content.handout_loader import FaultyHandoutError, LoadedHandout
from teachback.content.languages import missing_font
from teachback.content.loader import load_handout
from teachback.content.workspace_content import WorkspaceContent, load_shared
from teachback.errors import (
    Problem,
    Severity,
    TeachbackError,
    UsageError,
    guess,
    in_file_order,
    nearest,
)
from teachback.files.stray_files import stray_files
from teachback.files.workspace import (
    Workspace,
    chosen_handouts,
    own_handouts,
    read_bytes,
    starter_files,
)

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from teachback.checking.blocking_rules import AcceptedFinding
    from teachback.checking.plain_language.reading_grade import Graded
    from teachback.checking.plain_language.word_lists import Vocabulary
    from teachback.checking.rule import Example, ReaderText
    from teachback.content.sources import Source

    Step = Callable[[int, int], None]

# The sources that a starter names.
_STARTER_SOURCES: Final = re.compile(r"sources: \[([^\]]*)\]")


class CheckedHandout(NamedTuple):
    """The result for one handout: problems in file order, accepted findings, checked editions.

    A `brief` one keeps the grades of its editions and drops their text, so that a run over many
    handouts does not hold all texts in memory.
    """

    stem: str
    problems: tuple[Problem, ...]
    waived: tuple[AcceptedFinding, ...] = ()
    reader_texts: Mapping[str, ReaderText] = MappingProxyType({})
    authored: LoadedHandout | None = None
    targets: Mapping[str, int] = MappingProxyType({})
    overall_grades: Mapping[str, Graded] = MappingProxyType({})

    def brief(self, vocabulary: Vocabulary) -> CheckedHandout:
        """Return a copy without the texts."""
        return self._replace(
            reader_texts=MappingProxyType({}), authored=None, overall_grades=self.grades(vocabulary)
        )

    def grades(self, vocabulary: Vocabulary) -> Mapping[str, Graded]:
        """Return the overall reading grades of each edition, by audience."""
        return self.overall_grades or {
            name: overall_grade(reader_text, vocabulary)
            for name, reader_text in self.reader_texts.items()
        }

    def grades_json(self, vocabulary: Vocabulary) -> dict[str, Any]:
        """Return the grades of each edition and of its sections as plain data."""
        return {
            name: {
                "target": self.targets[name],
                **_grades_json(parts[0]),
                "sections": [{"section": part.section, **_grades_json(part)} for part in parts[1:]],
            }
            for name, parts in (
                (name, graded(reader_text, vocabulary))
                for name, reader_text in self.reader_texts.items()
            )
        }


def _grades_json(part: Graded) -> dict[str, Any]:
    return {
        g.formula: {"grade": None if g.grade is None else round(g.grade, 1), "caution": g.caution}
        for g in part.grades
    }


class CheckResult(NamedTuple):
    """The findings of a run by handout, and the rules that were applied.

    `clinical` has the number of rules on what can harm a reader, by audience. `applied` is the
    number of all rules for any of these readers.
    """

    handouts: tuple[CheckedHandout, ...]
    rules: Rules
    problems: tuple[Problem, ...] = ()
    clinical: tuple[tuple[str, int], ...] = ()
    applied: int = 0

    def all_problems(self) -> Iterator[Problem]:
        """Yield the problems of the workspace, then those of each handout."""
        yield from self.problems
        for checked in self.handouts:
            yield from checked.problems

    def count(self, severity: Severity) -> int:
        """Return the number of findings of a severity."""
        return sum(problem.severity is severity for problem in self.all_problems())


def check(
    names: tuple[str, ...],
    audiences: tuple[str, ...],
    workspace: Workspace,
    today: dt.date,
    step: Step | None = None,
    *,
    brief: bool = False,
) -> CheckResult:
    """Check the named handouts for the named audiences.

    Without names, check all of the workspace's own handouts; without audiences, all audiences.

    `step` is called with the number of handouts done and their total. Pass `brief` if the texts are
    not needed afterwards.

    Raises UsageError for names that do not exist, TeachbackError if a shared file is wrong.
    """
    chosen = chosen_handouts(names, workspace)
    shared = load_shared(workspace)
    unknown = [name for name in audiences if name not in shared.audiences.root]
    if unknown:
        raise UsageError(
            *(
                Problem(f"there is no audience '{name}'", nearest(name, shared.audiences.root))
                for name in unknown
            )
        )
    rules = load_all_rules(workspace)
    checked_handouts, used_sources, unread_stems = [], set[str](), set(own_handouts(workspace))
    for number, (stem, path) in enumerate(chosen.items(), start=1):
        try:
            authored = load_handout(path, workspace, shared)
        except TeachbackError as error:
            faulty_handouts = (
                {stem: error.authored} if isinstance(error, FaultyHandoutError) else {}
            )
            blocking = faulty_problems(faulty_handouts, workspace, shared).get(stem, ())
            checked_handouts.append(
                CheckedHandout(stem, in_file_order((*error.problems, *blocking)))
            )
        else:
            checked = check_handout(stem, authored, shared, rules, audiences, today)
            checked_handouts.append(checked.brief(rules.vocabulary) if brief else checked)
            used_sources.update(name for _, name in sources_of(authored.handout))
            unread_stems.discard(stem)
        if step:
            step(number, len(chosen))
    source_problems: tuple[Problem, ...] = ()
    if not unread_stems:
        # A source is unused only if no handout and no starter, whose copy will name it, names it.
        used_sources.update(_starter_sources(workspace))
        source_problems = shared_problems(workspace, shared, rules, used_sources, today)
    reported = {problem[:3] for checked in checked_handouts for problem in checked.problems}
    common_problems = (
        *added_problems(workspace, shared, rules.text),
        *(
            problem._replace(severity=Severity.WARNING)
            for language, problems in shared.unfinished.items()
            for problem in problems
            # A language in which nothing is written needs no font.
            if problem[:3] not in reported
            and problem != missing_font(shared.languages.of(language))
        ),
        *source_problems,
        *stray_files(workspace),
    )
    readers = audiences or _audiences_of(checked_handouts) or tuple(shared.audiences.root)
    levels = [
        [rule.file.level(shared.audiences.lineage(name)) for rule in rules.text.rules]
        for name in readers
    ]
    return CheckResult(
        tuple(checked_handouts),
        rules,
        in_file_order(p for p in common_problems if p.rule not in rules.off),
        tuple((name, sum(map(bool, each))) for name, each in zip(readers, levels, strict=True)),
        # Without the clinical rules that are for none of these readers.
        len(rules.known) - sum(not any(each) for each in zip(*levels, strict=True)),
    )


def _starter_sources(workspace: Workspace) -> set[str]:
    """Return the ids of the sources that the starters name."""
    texts = (
        read_bytes(path).decode(errors="replace") for path in starter_files(workspace).values()
    )
    return {
        name
        for text in texts
        for names in _STARTER_SOURCES.findall(text)
        for name in names.split(", ")
    }


def _audiences_of(checked_handouts: Iterable[CheckedHandout]) -> tuple[str, ...]:
    """Return the audiences of the handouts that could be read."""
    names = (
        name
        for checked in checked_handouts
        for name in (*checked.reader_texts, *checked.overall_grades)
    )
    return tuple(dict.fromkeys(names))


def failed(checkup: CheckResult, *, strict: bool) -> bool:
    """Return whether a run found errors, or, if `strict`, warnings; hints never fail a run."""
    return checkup.count(Severity.ERROR) > 0 or (strict and checkup.count(Severity.WARNING) > 0)


def looked_for(checkup: CheckResult) -> str:
    """Return the closing note of a run: how many rules there are for its readers."""
    off = f", {len(checkup.rules.off)} switched off" if checkup.rules.off else ""
    extra = " and the extra `verdict`" if checkup.rules.text.sentences else ""
    by_reader = ", ".join(f"{number} for {name}" for name, number in checkup.clinical)
    return (
        f"Looked with {checkup.applied} rules for these readers{off}{extra}: `teachback check "
        f"--explain all` lists all. On what can harm the reader: {by_reader}. They find what they "
        "know, and miss other things: a clinician must read the text."
    )


def explain_rules(name: str, workspace: Workspace) -> str:
    """Return a rule's aim, reason, sources and examples; for `all`, one line for each rule.

    Raises UsageError for an unknown rule.
    """
    rules = load_all_rules(workspace).known
    if name == "all":
        width = max((len(rule) for rule in rules), default=0)
        return "\n".join(
            f"{rule.id:{width}}  {rule.severity:8}{rule.title}" for rule in rules.values()
        )
    if name not in rules:
        raise UsageError(
            Problem(
                f"there is no rule '{name}'",
                f"{guess(name, rules)} `teachback check --explain all` lists them.".strip(),
            )
        )
    rule = rules[name]
    lines = [f"{rule.id} ({rule.severity}): {rule.title}", "", rule.why]
    lines += [
        "",
        f"For: {', '.join(rule.audiences) or 'every reader'}. In: {', '.join(rule.languages)}.",
    ]
    known = load_shared(workspace).sources.root
    lines += ["", "Sources:", *(f"  - {_citation(name, known)}" for name in rule.sources)]
    for title, examples in (("It finds:", rule.bad), ("It passes over:", rule.good)):
        lines += ["", title, *(f"  - {_example_line(example)}" for example in examples)]
    return "\n".join(lines)


def _citation(name: str, known: Mapping[str, Source]) -> str:
    """Return a source in full if the list of sources has it, else its name."""
    if name not in known:
        return name
    source = known[name]
    return ", ".join(
        str(part)
        for part in (f"{source.publisher}: {source.title}", source.year, source.url)
        if part
    )


def _example_line(example: Example) -> str:
    before = example.lead or (f"{example.column}:" if example.column else "")
    after = f" -> {example.other}" if example.other else ""
    return f"{before} {example.text}{after}".strip()


def check_handout(
    stem: str,
    authored: LoadedHandout,
    shared: WorkspaceContent,
    rules: Rules,
    audiences: tuple[str, ...],
    today: dt.date,
) -> CheckedHandout:
    """Check one loaded handout, for all its audiences or for those named.

    Raises TeachbackError with the problems of the glossary of a translation's language.
    """
    if authored.translated:
        return _check_translation(stem, authored, shared, rules, audiences, today)
    return _check_written(stem, authored, shared, rules, audiences, today)


def _check_written(
    stem: str,
    authored: LoadedHandout,
    shared: WorkspaceContent,
    rules: Rules,
    audiences: tuple[str, ...],
    today: dt.date,
) -> CheckedHandout:
    """Check a handout by all rules, whatever its language."""
    all_reader_texts = {
        name: reader_text_of(authored, name, shared) for name in authored.handout.audiences
    }
    reader_texts = {
        name: reader_text
        for name, reader_text in all_reader_texts.items()
        if not audiences or name in audiences
    }
    findings = [
        finding
        for reader_text in reader_texts.values()
        for finding in find_in(reader_text, shared, rules)
    ]
    # Differences between readers show only if all readers are compared, also those not asked for.
    comparisons = (
        *language_findings(authored),
        *find_across(authored, all_reader_texts, shared, rules),
    )
    findings += [
        f
        for f in comparisons
        if not {*f.audiences, f.passage.audience}.isdisjoint({*reader_texts, ""})
    ]
    merged_findings = merged(finding for finding in findings if finding.rule not in rules.off)
    open_findings, accepted_findings, idle_acceptances = split_accepted(
        merged_findings, authored.handout.accept
    )
    problems = [
        *_unknown_rules(authored, rules),
        *(p for p in dated_problems(authored, today) if p.rule not in rules.off),
    ]
    problems += [
        problem_for(
            finding, authored, name_audiences=0 < len(finding.audiences) < len(reader_texts)
        )
        for finding in fold_findings(open_findings)
    ]
    # With only some audiences checked, an unmatched acceptance may belong to another one.
    for number in idle_acceptances if not audiences else ():
        accepted = authored.handout.accept[number]
        if accepted.rule in rules.known:
            wordless = accepted.words is None and any(
                finding.rule == accepted.rule for finding in open_findings
            )
            problems.append(
                _wordless_problem(number, authored) if wordless else _idle_problem(number, authored)
            )
    targets = {name: target_of(authored.handout, shared.audiences, name) for name in reader_texts}
    return CheckedHandout(
        stem, in_file_order(problems), tuple(accepted_findings), reader_texts, authored, targets
    )


def _check_translation(
    stem: str,
    authored: LoadedHandout,
    shared: WorkspaceContent,
    rules: Rules,
    audiences: tuple[str, ...],
    today: dt.date,
) -> CheckedHandout:
    """Check a translation: the rules read the English that each text was made from."""
    english = _check_written(stem, authored.checked, shared, rules, audiences, today)
    compared = translation_result(authored, shared, rules)
    reader_texts = {
        name: reader_text_of(authored, name, shared)
        for name in authored.handout.audiences
        if not audiences or name in audiences
    }
    grade_findings, accepted_grades, _ = split_accepted(
        merged(
            finding
            for reader_text in reader_texts.values()
            for finding in score_findings(reader_text, rules.vocabulary)
            if finding.rule not in rules.off
        ),
        authored.handout.accept,
    )
    language = authored.handout.language
    hint = Problem(
        f"the rules on content and wording read the English that this was translated from: they "
        f"do not know '{language}'",
        "Whether it says the same is for the person who checks the translation.",
        authored.file.locate(("language",), key=True),
        Severity.HINT,
    )
    problems = [
        *([] if authored.checked is authored else [hint]),
        *(notice.problem for notice in authored.notices),
        *_unknown_rules(authored, rules),
        *(p for p in dated_problems(authored, today) if p.rule not in rules.off),
        *compared.problems,
        *(
            problem_for(finding, authored, name_audiences=len(reader_texts) > 1)
            for finding in grade_findings
        ),
        *(_idle_problem(number, authored) for number in compared.idle),
        *english.problems,
    ]
    targets = {name: target_of(authored.handout, shared.audiences, name) for name in reader_texts}
    return CheckedHandout(
        stem,
        in_file_order(dict.fromkeys(problems)),
        (*english.waived, *compared.waived, *accepted_grades),
        reader_texts,
        authored,
        targets,
    )


def _unknown_rules(authored: LoadedHandout, rules: Rules) -> Iterator[Problem]:
    for number, accepted in enumerate(authored.handout.accept):
        if accepted.rule not in rules.known:
            hint = (
                guess(accepted.rule, rules.known) or "`teachback check --explain all` lists them."
            )
            place = authored.file.locate(("accept", number, "rule"))
            yield Problem(
                f"there is no rule '{accepted.rule}'", hint, place, Severity.ERROR, "accept-unknown"
            )


def _wordless_problem(number: int, authored: LoadedHandout) -> Problem:
    message = (
        f"to accept an error of '{authored.handout.accept[number].rule}', quote the words it is "
        "about"
    )
    place = authored.file.locate(("accept", number))
    return Problem(
        message,
        "Add `words:`, one entry for each sentence.",
        place,
        Severity.ERROR,
        "accept-unknown",
    )


def _idle_problem(number: int, authored: LoadedHandout) -> Problem:
    accepted = authored.handout.accept[number]
    message = f"this accepts a finding of '{accepted.rule}', but there is no such finding"
    place = authored.file.locate(("accept", number))
    return Problem(
        message,
        "Remove it, so that it cannot hide a new finding.",
        place,
        Severity.WARNING,
        "accept-idle",
    )
