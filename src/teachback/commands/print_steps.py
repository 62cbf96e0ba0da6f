"""The steps that `build` and `card` share: compose, check, print, prove and write.

Each step takes values and returns a value. A handout is written whole or not at all, except that a
card that fits on no stock is refused alone.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from teachback.commands.run_problems import GENERAL, cards_of, is_refused, joined
from teachback.errors import TeachbackError, with_location
from teachback.files.atomic_files import sha256
from teachback.files.workspace import write_whole
from teachback.printing.build_record import Output, current
from teachback.printing.fingerprints import same_libraries
from teachback.printing.job_composer import compose_apart, open_pool
from teachback.printing.job_printer import do_jobs
from teachback.printing.jobs import ON_STOCK
from teachback.printing.output_names import output_name
from teachback.units import CARD, TWO_LANGUAGES, Depth, Paper, TypeSize

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from teachback.commands.run_problems import RunProblems
    from teachback.errors import Problem
    from teachback.printing.build_record import Record
    from teachback.printing.job_composer import ComposedJobs, JobOrder, PrintContext
    from teachback.printing.jobs import FinishedJob, Job, Printed
    from teachback.printing.process_pool import Pool
    from teachback.printing.settings import Settings
    from teachback.proofing.black_and_white import Measures

    Step = Callable[[int, int], None]


@dataclass(frozen=True)
class PrintedRun:
    """The result of printing: the files by name, their measurements, and the problems.

    `libraries` are the text libraries that printed; `stopped` is whether the user interrupted it.
    """

    outputs: Mapping[str, Output] = field(default_factory=dict)
    proofs: Mapping[str, Measures] = field(default_factory=dict)
    problems: RunProblems = field(default_factory=dict)
    libraries: str = ""
    stopped: bool = False


def print_outputs(
    context: PrintContext,
    orders: Sequence[JobOrder],
    origins: Mapping[str, str],
    record: Record,
    step: Step | None = None,
) -> PrintedRun:
    """Compose, check, print, prove and write the ordered files, in worker processes.

    `origins` is the hash of what each handout is made from, by its stem, and `record` has what was
    printed before. Files that are finished when the run is stopped are kept.
    """
    settings = context.settings
    composed = compose_apart(context, orders, settings.jobs)
    problems = _composing_problems(composed)
    jobs = [
        job for job in composed.jobs if not is_refused(job.stem, problems, strict=settings.strict)
    ]
    fits = _known_fits(settings, origins, record)
    jobs = [
        replace(job, known_fit=fits.get((job.stem, job.kind, job.audience), ())) for job in jobs
    ]
    if not jobs or is_refused(GENERAL, problems, strict=settings.strict):
        return PrintedRun(problems=problems)
    with open_pool(context, settings.jobs) as pool:
        printed = _print(jobs, context, origins, pool, step)
    return replace(printed, problems=joined(problems, printed.problems))


def _known_fits(
    settings: Settings, origins: Mapping[str, str], record: Record
) -> dict[tuple[str, str, str], tuple[int, ...]]:
    """Return the fit of each page that was printed before from the same sources.

    The keys are stem, kind and audience.
    """
    if not same_libraries(record.libraries):
        return {}
    handout_form = (str(settings.size), str(settings.paper), str(settings.depth))
    card_form = (str(TypeSize.STANDARD), None, str(Depth.FULL))
    return {
        (output.stem, output.kind, output.audience): output.fit
        for output in record.outputs.values()
        if output.form == "pdf"
        and (output.size, output.paper, output.depth)
        == (card_form if output.kind == "card" else handout_form)
        and output.ink == settings.asked_ink("pdf")
        and (TWO_LANGUAGES in output.language) == bool(settings.facing and output.kind != "card")
        and current(output, origins, record)
    }


def _composing_problems(composed: ComposedJobs) -> RunProblems:
    """Return the problems of composing.

    If the styles have faults, those are reported, and their effects on pages are left out.
    """
    return {
        GENERAL: composed.flaws,
        **{
            stem: tuple(
                problem
                for problem in problems
                if not composed.flaws
                or (problem.location and problem.location.file.endswith(".html"))
            )
            for stem, problems in composed.problems.items()
        },
    }


def _print(
    jobs: Sequence[Job],
    context: PrintContext,
    origins: Mapping[str, str],
    pool: Pool,
    step: Step | None,
) -> PrintedRun:
    settings, reading = context.settings, context.reading
    outputs: dict[str, Output] = {}
    proofs: dict[str, Measures] = {}
    problems: defaultdict[str, tuple[Problem, ...]] = defaultdict(tuple)
    waiting: defaultdict[str, list[FinishedJob]] = defaultdict(list)
    jobs_left = Counter(job.stem for job in jobs)
    libraries, stopped = "", False
    try:
        results = do_jobs(jobs, pool)
        # The workers make the first pages while the rules are loaded and applied.
        from teachback.checking.blocking_rules import PrintGate

        gate = PrintGate(context.workspace, reading.shared)
        problems[GENERAL] += gate.broken
        if not jobs[0].for_fit:
            problems[jobs[0].stem] += gate.problems(reading.authored[jobs[0].stem])
        for count, finished in enumerate(results, start=1):
            stem = finished.job.stem
            if stem not in waiting and stem != jobs[0].stem and not finished.job.for_fit:
                problems[stem] += gate.problems(reading.authored[stem])
            problems[cards_of(stem) if finished.too_long else stem] += finished.problems
            if settings.proof:
                problems[stem] += _warnings(finished)
            waiting[stem].append(finished)
            jobs_left[stem] -= 1
            libraries = finished.libraries or libraries
            has_refusal = any(
                is_refused(key, problems, strict=settings.strict) for key in (stem, GENERAL)
            )
            if jobs_left[stem] == 0 and not has_refusal:
                for output, measures in written_outputs(waiting[stem], context, origins[stem]):
                    outputs[output.file] = output
                    proofs |= {output.file: measures} if measures and settings.proof else {}
                # Their bytes are on the disk now, so free the memory.
                waiting[stem] = []
            if step:
                step(count, len(jobs))
    except TeachbackError as error:
        # The disk is full, or a worker could not be started. What is printed is kept and recorded.
        problems[GENERAL] += error.problems
    except KeyboardInterrupt:
        stopped = True
    return PrintedRun(outputs, proofs, problems, libraries, stopped)


def _warnings(finished: FinishedJob) -> tuple[Problem, ...]:
    warnings = (warning for printed in finished.printed for warning in printed.proof_warnings)
    return with_location(warnings, finished.job.name, finished.job.place)


def written_outputs(
    finished_jobs: Iterable[FinishedJob], context: PrintContext, origin: str
) -> Iterator[tuple[Output, Measures | None]]:
    """Write finished files into the output folder, and yield each with its measures.

    `origin` is the hash of what the handout is made from.
    """
    for finished in finished_jobs:
        for printed in finished.printed:
            output = replace(
                _output(finished.job, printed, context, origin),
                libraries=sha256(finished.libraries.encode()),
            )
            write_whole(context.settings.output / output.file, printed.data)
            yield output, printed.measures


def _output(job: Job, printed: Printed, context: PrintContext, origin: str) -> Output:
    handout, settings = context.reading.authored[job.stem].handout, context.settings
    is_card = job.kind == "card"
    box = printed.run.box if printed.run else CARD
    if printed.run and printed.form in ON_STOCK:
        paper = next((str(paper) for paper in Paper if paper.box == printed.run.page), None)
    else:
        paper = None if is_card or printed.form == "html" else str(settings.paper)
    size = TypeSize.STANDARD if is_card else settings.size
    language = _languages(job, context)
    return Output(
        file=output_name(handout.id, job, printed, language, settings),
        kind=job.kind,
        handout=handout.id,
        audience=job.audience,
        language=language,
        size=str(size),
        paper=paper,
        card_mm=(box.width, box.height) if is_card else None,
        pages=printed.pages,
        code=job.code,
        sha256=sha256(printed.data),
        stem=job.stem,
        form=printed.form,
        made_from=origin,
        setup=settings.card_setup if printed.form in ON_STOCK else "",
        depth=str(Depth.FULL if is_card else settings.depth),
        ink=settings.asked_ink(printed.form),
        fit=printed.fit,
    )


def _languages(job: Job, context: PrintContext) -> str:
    language = context.reading.authored[job.stem].handout.language
    return language if job.kind == "card" else context.settings.languages(language)
