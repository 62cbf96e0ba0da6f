"""Print composed pages as the bytes of files, or return the problems that prevent it.

A job is plain data, so that it can go to another process. Heavy packages are imported there.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from teachback.errors import (
    COMPARE_LENGTH,
    DesignHint,
    OutOfTime,
    Problem,
    Severity,
    TeachbackError,
    with_location,
)
from teachback.printing.jobs import SHEET, FinishedJob, Job, Printed, ProofResult
from teachback.printing.process_limits import more_time
from teachback.printing.process_pool import LIMITS, Outcome, Pool, Task, scale_of
from teachback.units import CARD, CARD_TEXT_FLOOR

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from teachback.pdf.renderer import LaidOutDocument
    from teachback.printing.job_composer import PrintContext
    from teachback.printing.jobs import CardRun
    from teachback.proofing.expected_text import Expected

SIDES: Final = 2
MEND_BREAK: Final = (
    "Shorten or lengthen the text before it, or begin a section on a page of its own "
    "with `page: new`."
)
# Only the benchmark switches this off, to measure the cost of proving.
PROVE = True
# Pages of cards that any machine lays on sheets in a second; two cores of 2020 manage 700.
PAGES_A_SECOND: Final = 50


def do_job(job: Job, served: Mapping[str, Path]) -> FinishedJob:
    """Print one job. Problems are returned, as exceptions of our own do not pickle well."""
    from teachback.printing.fingerprints import loaded_libraries

    if job.for_fit:
        problems = with_location(_fit_problems(job, served), job.name, job.place)
        return FinishedJob(job, (), tuple(dict.fromkeys(problems)), loaded_libraries())
    try:
        printed = tuple(_print(job, served))
    except OutOfTime:
        raise
    except TeachbackError as error:
        from teachback.printing.type_fitting import CardTooLongError

        problems = with_location(error.problems, job.name, job.place)
        too_long = isinstance(error, CardTooLongError)
        return FinishedJob(job, (), problems, loaded_libraries(), too_long)
    warnings = dict.fromkeys(warning for file in printed for warning in file.warnings)
    return FinishedJob(
        job, printed, with_location(warnings, job.name, job.place), loaded_libraries()
    )


def do_jobs(jobs: Sequence[Job], pool: Pool) -> Iterator[FinishedJob]:
    """Start the jobs in a pool that holds a `PrintContext`; return each result as it arrives.

    A job that takes too long or too much memory, or crashes its process, ends in a problem. Then
    the waiting jobs of the same handout are dropped, so that no handout is half printed.
    """
    # Long jobs first, so that no process is left with one at the end.
    ordered = sorted(jobs, key=lambda job: job.kind, reverse=True)
    outcomes = pool.each(
        Task(
            _print_in_worker,
            job,
            "laying the page out",
            COMPARE_LENGTH,
            "" if job.for_fit else job.stem,
            scale_of(_letters(job)),
        )
        for job in ordered
    )
    return (_finished(outcome, pool) for outcome in outcomes)


def _finished(outcome: Outcome, pool: Pool) -> FinishedJob:
    job: Job = outcome.task.subject
    finished: FinishedJob | None = outcome.result
    if finished is None:
        if job.for_fit:
            return FinishedJob(job, (), (), "")
        return FinishedJob(job, (), with_location(outcome.problems, job.name, job.place), "")
    return replace(finished, problems=tuple(map(pool.settle, finished.problems)))


def _letters(job: Job) -> int:
    """Return the number of letters in the text of a job, whatever a template makes of it."""
    return sum(len(part.words) for expected in job.expected for part in expected.sentences)


def _print_in_worker(context: PrintContext, job: Job) -> FinishedJob:
    return do_job(job, context.files)


def _print(job: Job, served: Mapping[str, Path]) -> Iterator[Printed]:
    if "html" in job.forms and PROVE:
        from teachback.proofing.text_checks import screen_problems

        lost = tuple(screen_problems(job.screen, job.expected[0]))
        if lost:
            raise TeachbackError(*lost)
    if job.kind == "card":
        yield from _print_card(job, served)
    elif job.handout:
        from teachback.pdf.renderer import write
        from teachback.printing.page_fitting import CHOICES, styles_of

        page, layout = lay_out_handout(job, served)
        data = write(layout)
        measures, proof_warnings = proved_file(data, page, layout, job.expected, served)
        proof_warnings = (*proof_warnings, *_break_problems(layout))
        fit, warnings = (CHOICES.index(styles_of(page, job)),), tuple(promise_problems(job, layout))
        for file in _pages(job, data, layout.pages, ProofResult(measures, proof_warnings)):
            yield replace(file, fit=fit, warnings=warnings)
    if "html" in job.forms:
        yield Printed("html", job.screen.encode(), 1)


def _fit_problems(job: Job, served: Mapping[str, Path]) -> Iterator[Problem]:
    """Yield what is too long for its card, its pages or its line.

    Other problems of the pages only follow from the faults for which the handout is refused.
    """
    from teachback.printing.page_fitting import fitted_page
    from teachback.printing.type_fitting import fitted_or_larger
    from teachback.proofing.page_proof import area_problems, long_row_problems

    try:
        if job.cards:
            on_stock = job.run is not None and job.on_stock and job.run.box != CARD
            yield from fitted_or_larger(job, job.run if on_stock else None, served).warnings
        elif job.handout:
            _, layout = fitted_page(job, served)
            yield from promise_problems(job, layout)
            yield from area_problems(layout, job.expected[0])
            yield from long_row_problems(layout, job.expected[0])
    except OutOfTime:
        raise
    except TeachbackError as error:
        # A fault of the design has no place in the handout.
        yield from (
            problem for problem in error.problems if problem.location and problem.location.line
        )


def lay_out_handout(job: Job, served: Mapping[str, Path]) -> tuple[str, LaidOutDocument]:
    """Lay out the handout of a job, and return its HTML, too.

    Raises TeachbackError with all its problems.
    """
    from teachback.printing.page_fitting import fitted_page
    from teachback.proofing.page_proof import area_problems

    page, layout = fitted_page(job, served)
    problems = [
        *layout.problems,
        *promise_problems(job, layout),
        *area_problems(layout, job.expected[0]),
    ]
    if any(problem.severity is Severity.ERROR for problem in problems):
        raise TeachbackError(*problems)
    return page, layout


def promise_problems(job: Job, layout: LaidOutDocument) -> Iterator[Problem]:
    """Yield what is too long for the promised pages, with what is then not whole on page 1."""
    from teachback.printing.page_fitting import broken_promise
    from teachback.proofing.page_proof import urgent_problems

    broken = None if layout.problems else broken_promise(job, layout)
    if broken:
        yield broken
        yield from urgent_problems(layout, job.expected[0])


def _break_problems(layout: LaidOutDocument) -> Iterator[Problem]:
    """Yield a warning for each bad page break that no choice of spacing mends."""
    from teachback.pdf.page_breaks import break_faults

    for break_fault in break_faults(layout):
        yield Problem(
            f"page {break_fault.page}: {break_fault.fault}", MEND_BREAK, severity=Severity.WARNING
        )


def proved_file(
    data: bytes,
    page: str,
    layout: LaidOutDocument,
    expected: tuple[Expected, ...],
    served: Mapping[str, Path],
) -> ProofResult:
    """Prove a written file, and return its measures and warnings.

    Raises TeachbackError with every error in it.
    """
    if not PROVE:
        return ProofResult(None, ())
    from teachback.proofing.page_proof import glyph_problems, long_row_problems, prove

    faults, measures = prove(data, page, layout, *expected, served=served)
    problems = (*glyph_problems(layout, page, expected[0], served), *faults)
    errors = [problem for problem in problems if problem.severity is Severity.ERROR]
    rows = tuple(long_row_problems(layout, expected[0])) if errors else ()
    if rows:
        # Text that is reported as lost or out of order is in these rows, so no template is to
        # blame.
        errors = [*rows, *(problem for problem in errors if not _blames_design(problem))]
    if errors:
        raise TeachbackError(*errors)
    return ProofResult(measures, problems)


def _blames_design(problem: Problem) -> bool:
    return isinstance(problem.hint, DesignHint)


def _pages(job: Job, data: bytes, pages: int, proved: ProofResult) -> Iterator[Printed]:
    if "pdf" in job.forms:
        yield Printed("pdf", data, pages, 0, *proved)
    if "png" in job.forms:
        from teachback.pdf.page_images import page_pictures

        yield from (
            Printed("png", picture, 1, n) for n, picture in enumerate(page_pictures(data), start=1)
        )


def _print_card(job: Job, served: Mapping[str, Path]) -> Iterator[Printed]:
    from teachback.pdf.page_reader import read_words
    from teachback.pdf.renderer import write
    from teachback.pdf.text_direction import needs_shaping
    from teachback.printing.settings import Sides
    from teachback.printing.type_fitting import fitted_or_larger, lay_out_together
    from teachback.proofing.shape_proof import shaped_words
    from teachback.proofing.text_checks import card_sheet_problems

    run, single, on_stock = job.run, None, None
    if job.cards and set(job.forms) != {job.on_stock}:
        single = fitted_or_larger(job, None, served, job.known_fit)
    if job.on_stock == SHEET and run is not None:
        on_stock = single if single and run.box == CARD else fitted_or_larger(job, run, served)
    if single is not None:
        layout, data = single.fit.layout, write(single.fit.layout)
        proved = proved_file(data, job.cards[0], layout, job.expected[:1], served)
        # One warning is enough where both are printed on larger cards.
        warnings = () if on_stock is not None and on_stock.warnings else single.warnings
        for file in _pages(job, data, SIDES, proved):
            yield replace(file, fit=single.fit.steps, run=single.run, warnings=warnings)
    if job.on_stock and run is not None:
        from teachback.printing.card_sheet_pdf import lay_on_sheets

        warnings = ()
        if on_stock is not None:
            run, warnings = on_stock.run or run, on_stock.warnings
        if single is None or on_stock is not single:
            layout = on_stock.fit.layout if on_stock else lay_out_together(job, run, served)
            data = write(layout)
            proved_file(data, job.cards[0], layout, job.expected, served)
        # Templates cannot lengthen this step, but tens of thousands of cards do.
        more_time(LIMITS.seconds + run.pages / PAGES_A_SECOND)
        sheets = lay_on_sheets(data, run.sheets, run.page, run.sides, run.extras)
        # A text layer cannot represent all scripts; where it can, pdfium is the faster reader.
        is_unreadable = any(
            needs_shaping(part.words) for expected in job.expected for part in expected.sentences
        )
        read_back = (
            shaped_words(sheets, job.cards[0], job.expected[0], served)
            if is_unreadable
            else read_words(sheets)
        )
        lost = (
            tuple(card_sheet_problems(read_back, job.expected, backs=run.sides is not Sides.ONE))
            if PROVE
            else ()
        )
        if lost:
            raise TeachbackError(*lost)
        warnings = warnings or tuple(_small_type(run, layout))
        yield Printed(job.on_stock, sheets, run.pages, run=run, warnings=warnings)


def _small_type(run: CardRun, layout: LaidOutDocument) -> Iterator[Problem]:
    """Yield a warning for cards on which the red flags fit in the smallest type only."""
    from teachback.pdf.page_layout import flag_type

    if flag_type(layout) != CARD_TEXT_FLOOR:
        return
    larger = [
        name
        for name, box in run.others.items()
        if box.width >= run.box.width and box.height > run.box.height
    ]
    others = f" Larger cards are {', '.join(larger[:4])}." if larger else ""
    yield Problem(
        f"on cards of {run.stock} ({run.box.width:g} x {run.box.height:g} mm), the red flags fit in "
        f"{CARD_TEXT_FLOOR:g} pt only, the smallest type that is printed",
        f"Write shorter words (`short:`), or put fewer flags on the card.{others}",
        severity=Severity.WARNING,
    )
