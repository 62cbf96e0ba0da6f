"""Build: plan, find what has changed, read, choose, compose, print, write, record."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from teachback.commands.build_plan import (
    check_choice,
    is_refused,
    origins,
    selected_files,
    sorted_out,
    wanted_outputs,
)
from teachback.errors import (
    Location,
    Problem,
    Severity,
    TeachbackError,
    UsageError,
    as_errors,
    in_file_order,
    nearest,
    with_location,
)
from teachback.files.atomic_files import sha256
from teachback.files.stray_files import stray_files
from teachback.files.workspace import Workspace, handout_files, shown, write_whole
from teachback.printing.build_record import (
    Now,
    Output,
    current,
    old_paper,
    read_record,
    review_problems,
    save_record,
    twin_problems,
)
from teachback.printing.fingerprints import same_libraries, shared_fingerprint
from teachback.units import CARD, Paper, TypeSize

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from pathlib import Path

    from teachback.checking.blocking_rules import Guard
    from teachback.commands.build_plan import WantedOutput
    from teachback.printing.job_composer import LoadedHandouts, PrintContext
    from teachback.printing.jobs import CardRun, FinishedJob, Job, Printed
    from teachback.printing.process_pool import Pool
    from teachback.printing.settings import Settings
    from teachback.proofing.page_proof import Measures

    Step = Callable[[int, int], None]
    Found = defaultdict[str, list[Problem]]

# The key of problems that belong to no single handout.
GENERAL = ""


@dataclass(frozen=True)
class BuildResult:
    """The result of a build: wanted files, newly printed files, problems, refused handouts.

    `proofs` has the measurements of the printed pages, by file; it is only filled if asked for.
    `archived` are the codes of the editions that the archive keeps, if there is one.
    """

    outputs: tuple[Output, ...]
    printed: tuple[str, ...]
    problems: tuple[Problem, ...]
    refused: tuple[str, ...]
    proofs: Mapping[str, Measures] = field(default_factory=dict)
    archived: tuple[str, ...] = ()

    @property
    def failed(self) -> bool:
        """Return whether something was refused."""
        return any(problem.severity is Severity.ERROR for problem in self.problems)


@dataclass
class BuildProgress:
    """The progress of a build.

    It has the printed files by name, their measurements, the text libraries, and whether the build
    was stopped.
    """

    outputs: dict[str, Output] = field(default_factory=dict)
    proofs: dict[str, Measures] = field(default_factory=dict)
    libraries: str = ""
    stopped: bool = False


def build(
    settings: Settings, workspace: Workspace, today: dt.date, step: Step | None = None
) -> BuildResult:
    """Print what is wanted and has changed.

    Raises UsageError for unknown names on the command line, and TeachbackError when nothing at all
    can be printed. A handout that fails is in the result's problems, and the others are printed.
    """
    files = handout_files(workspace)
    found: Found = defaultdict(list)
    found[GENERAL] += stray_files(workspace)
    chosen_files = selected_files(settings, files)
    origin = origins(files, shared_fingerprint(workspace), chosen_files, found)
    sources = {stem: path for stem, path in chosen_files.items() if stem in origin}
    record = read_record(settings.output)
    fresh_libraries = same_libraries(record.libraries)

    summaries = {
        s: k for s, k in record.summaries.items() if s in sources and k.made_from == origin[s]
    }
    reading = None
    unread = {stem: path for stem, path in sources.items() if stem not in summaries}
    if unread or not set(settings.audiences) <= {
        a for s in summaries.values() for a in s.audiences
    }:
        reading = _read(workspace, unread, None, found)
        _check_audiences(settings, reading)
        from teachback.printing.job_composer import summarise

        summaries |= {
            stem: summarise(a, origin[stem])
            for stem, a in reading.authored.items()
            if stem in unread
        }
    chosen = {
        stem: s for stem, s in sorted(summaries.items()) if settings.language in {None, s.language}
    }
    check_choice(settings, chosen, found)
    for stem, problem in twin_problems(chosen, files):
        found[stem].append(problem)
    for stem, summary in chosen.items():
        found[stem] += review_problems(
            summary, today, release=settings.release, audiences=settings.audiences
        )

    wanted = [
        w
        for stem, s in chosen.items()
        if not is_refused(stem, found, settings)
        for w in wanted_outputs(stem, s, settings)
    ]
    usable = (
        []
        if settings.force or settings.proof or not fresh_libraries
        else [o for o in record.outputs.values() if current(o, origin, record)]
    )
    kept, stale = sorted_out(wanted, usable, settings.output)
    run = BuildProgress()
    if stale and not is_refused(GENERAL, found, settings):
        found[GENERAL] += _folder_problems(settings.output)
    if stale and not is_refused(GENERAL, found, settings):
        reading = _read(workspace, {w.stem: sources[w.stem] for w in stale}, reading, found)
        run = _print(stale, reading, workspace, settings, origin, found, step)
    printed = run.outputs
    done = {**kept, **printed}
    recorded = save_record(
        settings.output, done, tuple(printed), summaries, Now(origin, run.libraries)
    )
    found[GENERAL] += old_paper(recorded.outputs, recorded.live, settings.output)
    found[GENERAL] += recorded.problems
    archived = _archived(settings, workspace, tuple(done.values()), reading, found)
    if run.stopped:
        # Everything that was finished is recorded, so the interrupt can now take effect.
        raise KeyboardInterrupt
    problems = in_file_order(problem for group in found.values() for problem in group)
    return BuildResult(
        tuple(done[name] for name in sorted(done)),
        tuple(sorted(printed)),
        as_errors(problems) if settings.strict else problems,
        tuple(stem for stem in chosen_files if is_refused(stem, found, settings)),
        run.proofs,
        archived,
    )


def _archived(
    settings: Settings,
    workspace: Workspace,
    outputs: tuple[Output, ...],
    reading: LoadedHandouts | None,
    found: Found,
) -> tuple[str, ...]:
    """Keep the outputs, new and old, in the archive; return the codes that are kept."""
    if settings.archive is None or not outputs:
        return ()
    from teachback.archive.store import all_kept, not_archived

    codes = tuple(sorted({code for output in outputs for code in output.code.split()}))
    try:
        if all_kept(
            settings.archive, [(code, o.file, o.sha256) for o in outputs for code in o.code.split()]
        ):
            return codes
        from teachback.archive.recorder import keep_editions

        keep_editions(settings.archive, outputs, settings.output, workspace, reading)
    except TeachbackError as error:
        found[GENERAL] += not_archived(error)
        return ()
    return codes


def _read(
    workspace: Workspace, paths: Mapping[str, Path], before: LoadedHandouts | None, found: Found
) -> LoadedHandouts:
    from teachback.printing.job_composer import read_handouts

    reading = read_handouts(workspace, paths, before)
    for stem, problems in reading.problems.items():
        if stem not in (before.problems if before else {}):
            found[stem] += problems
    return reading


def _guard(
    stem: str,
    desk: PrintContext,
    guards: list[Guard],
    words: dict[str, tuple[Problem, ...]],
    found: Found,
) -> None:
    """Find what must not be printed, with the rules of `teachback check`.

    This runs when the first pages of a handout are finished and nothing is written yet. Workers
    make the next pages meanwhile.
    """
    from teachback.checking.blocking_rules import error_problems, load_guard, word_errors

    try:
        guards += [] if guards else [load_guard(desk.workspace)]
    except TeachbackError as error:
        found[GENERAL] += error.problems if error.problems[0] not in found[GENERAL] else ()
        return
    shared, authored = desk.reading.shared, desk.reading.authored[stem]
    language = authored.handout.language
    if language not in words:
        words[language] = word_errors(desk.workspace, shared, guards[0], language)
    found[stem] += (*error_problems(authored, shared, guards[0]), *words[language])


def _check_audiences(settings: Settings, reading: LoadedHandouts) -> None:
    known = reading.shared.audiences.root
    unknown = [name for name in settings.audiences if name not in known]
    if unknown:
        raise UsageError(
            *(Problem(f"there is no audience '{name}'", nearest(name, known)) for name in unknown)
        )


def _print(
    stale: Iterable[WantedOutput],
    reading: LoadedHandouts,
    workspace: Workspace,
    settings: Settings,
    origin: Mapping[str, str],
    found: Found,
    step: Step | None,
) -> BuildProgress:
    """Print the stale outputs, each handout completely or not at all."""
    from teachback.printing.job_composer import PrintContext, design_hash, open_design, open_pool

    try:
        design = open_design(workspace)
    except TeachbackError as error:
        found[GENERAL] += error.problems
        return BuildProgress()
    groups: dict[tuple[str, str, str], tuple[str, ...]] = {}
    for want in stale:
        if want.stem in reading.authored:
            key = (want.stem, want.audience, want.kind)
            groups[key] = (*groups.get(key, ()), want.form)
    run = (
        _card_run(workspace, settings)
        if any("sheet" in forms for forms in groups.values())
        else None
    )
    if not groups:
        return BuildProgress()
    desk = PrintContext(workspace, reading, design, settings, run, design_hash(design))
    with open_pool(desk, settings.jobs) as pool:
        return _print_apart(
            desk, [(*key, forms) for key, forms in groups.items()], pool, origin, found, step
        )


def _print_apart(
    desk: PrintContext,
    wanted: list[tuple[str, str, str, tuple[str, ...]]],
    pool: Pool,
    origin: Mapping[str, str],
    found: Found,
    step: Step | None,
) -> BuildProgress:
    """Compose and print in worker processes. Finished files are kept if the run is stopped."""
    from teachback.printing.job_composer import compose_apart
    from teachback.printing.job_printer import do_jobs

    reading, settings = desk.reading, desk.settings
    composed = compose_apart(desk, wanted, pool)
    found[GENERAL] += composed.flaws
    for stem, group in composed.problems.items():
        # Faults of the styles are already reported at their place, so their effects on pages are
        # not.
        found[stem] += [
            p
            for p in group
            if not composed.flaws or (p.location and p.location.file.endswith(".html"))
        ]
    jobs = [job for job in composed.jobs if not is_refused(job.stem, found, settings)]
    if not jobs or is_refused(GENERAL, found, settings):
        return BuildProgress()
    run = BuildProgress()
    left = Counter(job.stem for job in jobs)
    waiting: defaultdict[str, list[FinishedJob]] = defaultdict(list)
    guards: list[Guard] = []
    words: dict[str, tuple[Problem, ...]] = {}
    try:
        for count, done in enumerate(do_jobs(jobs, pool), start=1):
            stem = done.job.stem
            if stem not in waiting:
                _guard(stem, desk, guards, words, found)
            found[stem] += done.problems
            if settings.proof:
                found[stem] += with_location(
                    (p for printed in done.printed for p in printed.noticed),
                    done.job.name,
                    done.job.place,
                )
            waiting[stem].append(done)
            left[stem] -= 1
            run.libraries = done.libraries or run.libraries
            if (
                left[stem] == 0
                and not is_refused(stem, found, settings)
                and not is_refused(GENERAL, found, settings)
            ):
                for output, measures in _written(waiting[stem], reading, settings, origin[stem]):
                    run.outputs[output.file] = output
                    run.proofs |= {output.file: measures} if measures and settings.proof else {}
                # Their bytes are on the disk now, so free the memory.
                waiting[stem] = []
            if step:
                step(count, len(jobs))
    except TeachbackError as error:
        # The disk is full, or a worker could not be started. What is printed is kept and recorded.
        found[GENERAL] += error.problems
    except KeyboardInterrupt:
        run.stopped = True
    return run


def _card_run(workspace: Workspace, settings: Settings) -> CardRun:
    """Fill one sheet of the configured stock.

    Raises UsageError for an unknown stock, or one that does not fit the settings.
    """
    from teachback.printing.card_run import CardOrder, card_run, find_stock
    from teachback.printing.card_stock import load_stocks

    stocks = load_stocks(workspace)
    named = find_stock(settings.card_stock, stocks)
    return card_run(named, [0] * named[1].places, settings, stocks, CardOrder())


def _written(
    finished: Iterable[FinishedJob], reading: LoadedHandouts, settings: Settings, origin: str
) -> Iterator[tuple[Output, Measures | None]]:
    for done in finished:
        for printed in done.printed:
            output = replace(
                _output(done.job, printed, reading, settings, origin),
                libraries=sha256(done.libraries.encode()),
            )
            write_whole(settings.output / output.file, printed.data)
            yield output, printed.measures


def _output(
    job: Job, printed: Printed, reading: LoadedHandouts, settings: Settings, origin: str
) -> Output:
    handout = reading.authored[job.stem].handout
    is_card = job.kind == "card"
    size = TypeSize.STANDARD if is_card else settings.size
    run = job.run if printed.form == "sheet" else None
    paper = str(settings.paper) if not is_card and printed.form != "html" else None
    box = run.box if run else CARD
    parts = [job.kind, job.audience, handout.language]
    if run:
        parts += [run.stock if settings.stock else str(settings.paper)]
        paper = next((str(paper) for paper in Paper if paper.box == run.page), None)
    elif paper:
        parts += [paper]
    parts += [str(size)] if size is TypeSize.LARGE else []
    parts += [str(printed.page)] if printed.page else []
    ending = "pdf" if printed.form == "sheet" else printed.form
    return Output(
        file=f"{handout.id}/{'-'.join(parts)}.{ending}",
        kind=job.kind,
        handout=handout.id,
        audience=job.audience,
        language=handout.language,
        size=str(size),
        paper=paper,
        card_mm=(box.width, box.height) if is_card else None,
        pages=printed.pages,
        code=job.code,
        sha256=sha256(printed.data),
        stem=job.stem,
        form=printed.form,
        made_from=origin,
        setup=settings.card_setup if run else "",
    )


def _folder_problems(folder: Path) -> tuple[Problem, ...]:
    """Try to write to the folder, before minutes are spent on printing."""
    probe = folder / ".writable"
    try:
        write_whole(probe, b"")
    except TeachbackError as error:
        return tuple(
            problem._replace(location=Location(shown(folder))) for problem in error.problems
        )
    probe.unlink(missing_ok=True)
    return ()
