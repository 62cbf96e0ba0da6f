"""Build: plan, read what has changed, print it, record it, archive it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from teachback.commands.archive_step import archive_outputs
from teachback.commands.build_plan import plan_build, wanted_outputs
from teachback.commands.printed_index import write_index
from teachback.commands.run_problems import GENERAL, is_refused, joined
from teachback.errors import Location, Severity, TeachbackError, as_errors, in_file_order
from teachback.files.workspace import Workspace, shown, write_whole
from teachback.printing.build_record import Now, Output, outdated_files_problem, save_record

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from teachback.commands.build_plan import BuildPlan
    from teachback.commands.print_steps import PrintedRun, Step
    from teachback.commands.run_problems import RunProblems
    from teachback.content.loader import LoadedHandouts
    from teachback.errors import Problem
    from teachback.printing.build_record import WantedOutput
    from teachback.printing.job_composer import JobOrder
    from teachback.printing.settings import Settings
    from teachback.proofing.black_and_white import Measures


@dataclass(frozen=True)
class BuildResult:
    """The result of a build: wanted files, newly printed files, problems, refused handouts.

    `proofs` has the measurements of the printed pages, by file; it is only filled if asked for.
    `archived` are the codes of the editions that the archive keeps, if there is one. `index` is the
    page that shows all files.
    """

    outputs: tuple[Output, ...]
    printed: tuple[str, ...]
    problems: tuple[Problem, ...]
    refused: tuple[str, ...]
    proofs: Mapping[str, Measures] = field(default_factory=dict)
    archived: tuple[str, ...] = ()
    index: Path | None = None

    @property
    def failed(self) -> bool:
        """True if something was refused."""
        return any(problem.severity is Severity.ERROR for problem in self.problems)


@dataclass(frozen=True)
class _StaleRun:
    """The result of printing the stale outputs, and the handouts that were read for it."""

    run: PrintedRun | None = None
    reading: LoadedHandouts | None = None
    problems: RunProblems = field(default_factory=dict)


def build(
    settings: Settings, workspace: Workspace, today: dt.date, step: Step | None = None
) -> BuildResult:
    """Print what is wanted and has changed.

    Raises UsageError for unknown names on the command line, and TeachbackError when nothing at all
    can be printed. A handout that fails is in the result's problems, and the others are printed.
    """
    plan = plan_build(settings, workspace, today)
    stale = _print_stale(plan, settings, workspace, step)
    printed = stale.run.outputs if stale.run else {}
    outputs = {**plan.kept, **printed}
    now = Now(plan.origins, stale.run.libraries if stale.run else "")
    recorded = save_record(settings.output, outputs, tuple(printed), plan.summaries, now)
    archived = archive_outputs(settings, workspace, tuple(outputs.values()), stale.reading)
    index, index_problems = write_index(settings.output, recorded.live)
    if stale.run and stale.run.stopped:
        # Everything that was finished is recorded, so the interrupt can now take effect.
        raise KeyboardInterrupt
    problems_by_stem = joined(
        plan.problems,
        _problems_of_faulty(plan.reading, workspace),
        stale.problems,
        {GENERAL: outdated_files_problem(recorded.outputs, recorded.live, settings.output)},
        {GENERAL: (*recorded.problems, *archived.problems, *index_problems)},
    )
    problems = in_file_order(problem for group in problems_by_stem.values() for problem in group)
    return BuildResult(
        tuple(outputs[name] for name in sorted(outputs)),
        tuple(sorted(printed)),
        as_errors(problems) if settings.strict else problems,
        tuple(
            stem
            for stem in plan.sources
            if is_refused(stem, problems_by_stem, strict=settings.strict)
        ),
        stale.run.proofs if stale.run else {},
        archived.codes,
        index,
    )


def _problems_of_faulty(reading: LoadedHandouts | None, workspace: Workspace) -> RunProblems:
    """Return what the rules find in handouts that are refused already.

    So an author sees all problems in one run.
    """
    if reading is None or not reading.faulty:
        return {}
    from teachback.checking.blocking_rules import faulty_problems

    return faulty_problems(reading.faulty, workspace, reading.shared)


def _print_stale(
    plan: BuildPlan, settings: Settings, workspace: Workspace, step: Step | None
) -> _StaleRun:
    """Print the stale outputs.

    A handout is printed whole or not at all, except that a card that is too long is left out.
    """
    faulty = plan.reading.faulty if plan.reading else {}
    if not (plan.stale or faulty) or is_refused(GENERAL, plan.problems, strict=settings.strict):
        return _StaleRun(reading=plan.reading)
    unwritable = _folder_problems(settings.output)
    if unwritable:
        return _StaleRun(reading=plan.reading, problems={GENERAL: unwritable})
    from teachback.commands.print_steps import print_outputs
    from teachback.content.loader import read_handouts
    from teachback.printing.card_run import full_sheet_or_plain
    from teachback.printing.job_composer import print_context

    reading = read_handouts(workspace, plan.stale_files, plan.reading)
    known = plan.reading.problems if plan.reading else {}
    problems = {stem: found for stem, found in reading.problems.items() if stem not in known}
    orders = _orders([output for output in plan.stale if output.stem in reading.authored])
    orders += [
        order._replace(for_fit=True) for order in _orders(_refused_outputs(reading, settings))
    ]
    if not orders:
        return _StaleRun(reading=reading, problems=problems)
    run = None
    if any(order.kind == "card" and set(order.forms) != {"html"} for order in orders):
        run = full_sheet_or_plain(workspace, settings)
    if run is not None and run.sides == "one":
        # A sheet has the code on the front, and a single card has it on the back.
        orders = [alone for order in orders for alone in order.alone("sheet")]
    with_laid_out = replace(reading, authored={**reading.authored, **reading.laid_out})
    try:
        context = print_context(workspace, with_laid_out, settings, run)
    except TeachbackError as error:
        return _StaleRun(reading=reading, problems=joined(problems, {GENERAL: error.problems}))
    printed = print_outputs(context, orders, plan.origins, plan.record, step)
    return _StaleRun(printed, reading, joined(problems, printed.problems))


def _refused_outputs(reading: LoadedHandouts, settings: Settings) -> list[WantedOutput]:
    """Return what would be printed of handouts that are refused for the faults of their text."""
    from teachback.printing.job_composer import summarise

    return [
        output
        for stem, authored in reading.laid_out.items()
        # Only a handout is laid out in spite of its faults, and a translation stands beside one.
        if not settings.facing and settings.language in {None, authored.handout.language}
        for output in wanted_outputs(stem, summarise(authored, ""), settings)
    ]


def _orders(stale: Sequence[WantedOutput]) -> list[JobOrder]:
    """Return one order for each handout and card of an edition, with all its stale forms."""
    from teachback.printing.job_composer import JobOrder

    forms_by_key: dict[tuple[str, str, str], tuple[str, ...]] = {}
    for output in stale:
        key = (output.stem, output.audience, output.kind)
        forms_by_key[key] = (*forms_by_key.get(key, ()), output.form)
    return [
        JobOrder(stem, (audience,), kind, forms)
        for (stem, audience, kind), forms in forms_by_key.items()
    ]


def _folder_problems(folder: Path) -> tuple[Problem, ...]:
    """Return why the folder cannot be written to, before minutes are spent on printing."""
    probe = folder / ".writable"
    try:
        write_whole(probe, b"")
    except TeachbackError as error:
        return tuple(
            problem._replace(location=Location(shown(folder))) for problem in error.problems
        )
    probe.unlink(missing_ok=True)
    return ()
