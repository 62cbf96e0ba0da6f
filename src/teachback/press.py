"""Composed pages -> the bytes of files, or the problems that keep them from being printed.

A job is plain data, so that it can be handed to another process; the heavy imports happen where it is done.
"""

from __future__ import annotations

import gc
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

from teachback.confined import more_time
from teachback.errors import Location, OutOfTime, Problem, Severity, TeachbackError, placed
from teachback.pool import LIMITS, Pool, Task
from teachback.units import CARD, CARD_INSET, CARD_TEXT_FLOOR, Box, card_text_sizes

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from teachback.impose import Extras, SheetSides, Sides
    from teachback.pdf import Fonts, Laid
    from teachback.proof import Measures
    from teachback.said import Expected

# Laser printers leave the outer 5 mm blank (up to 6.35 mm at the sides); no text of a handout may stand there.
HANDOUT_SAFE: Final = 6.4
SIDES: Final = 2
# Only the benchmark switches this off, to measure what proving costs.
PROVE = True
GARBAGE_THRESHOLD: Final = 100_000
# Pages of cards that any machine puts together in a second; two cores of 2020 take 700.
PAGES_A_SECOND: Final = 50
_COMPARE: Final = "Compare the clinic's own templates and styles with the built-in ones: nest less, and make tables and drawings smaller."


@dataclass(frozen=True)
class CardRun:
    """How cards go on stock: the size of one side (mm), the page, and what lies where on each sheet.

    `others` are the sizes that other stocks have, by name, to say where a refused card would fit.
    """

    stock: str
    box: Box
    page: Box
    sides: Sides
    sheets: tuple[SheetSides, ...]
    extras: Extras
    others: Mapping[str, Box]

    @property
    def pages(self) -> int:
        """How many pages the run prints."""
        return sum(1 + (sheet.back is not None) for sheet in self.sheets)


@dataclass(frozen=True)
class Job:
    """One edition's handout, or cards: what is composed, and which files are wanted of it.

    `cards` are the cards one by one, `together` all of them in one page where there are several.
    """

    name: str
    stem: str
    kind: str
    audience: str
    forms: tuple[str, ...]
    code: str
    place: Location
    handout: str = ""
    cards: tuple[str, ...] = ()
    together: str = ""
    names: tuple[str, ...] = ()
    flags: tuple[Mapping[str, tuple[Location, str]], ...] = ()
    expected: tuple[Expected, ...] = ()
    run: CardRun | None = None
    screen: str = ""


@dataclass(frozen=True)
class Printed:
    """One file's bytes: its form (pdf, sheet, html, png), for a picture which page it is, and what was measured and noticed on it."""

    form: str
    data: bytes
    pages: int
    page: int = 0
    measures: Measures | None = None
    noticed: tuple[Problem, ...] = ()


class Proved(NamedTuple):
    """What was measured on a file, and what was noticed that does not keep it back."""

    measures: Measures | None
    noticed: tuple[Problem, ...]


@dataclass(frozen=True)
class Done:
    """What came of a job: its files, or problems."""

    job: Job
    printed: tuple[Printed, ...]
    problems: tuple[Problem, ...]
    libraries: str


def do_job(job: Job, served: Mapping[str, Path]) -> Done:
    """Print one job. Problems come back as values, because an exception of ours does not cross processes well."""
    from teachback.record import loaded_libraries

    try:
        printed = tuple(_print(job, served))
    except OutOfTime:
        raise
    except TeachbackError as error:
        return Done(job, (), placed(error.problems, job.name, job.place), loaded_libraries())
    return Done(job, printed, (), loaded_libraries())


class Serving(Protocol):
    """What a pool is given has the files that pages may name, among whatever else."""

    @property
    def files(self) -> Mapping[str, Path]:
        """The workspace's files by name."""
        ...


def do_jobs(jobs: list[Job], pool: Pool) -> Iterator[Done]:
    """Do the jobs in a pool that was given something that is Serving; the results come as they are done.

    A job that takes too long, too much memory or its process along ends in a problem. When one does, the jobs of
    the same handout that are still waiting are left out: it is not printed by halves.
    """
    # The long jobs first, so that no process is left with one at the end.
    ordered = sorted(jobs, key=lambda job: job.kind, reverse=True)
    for outcome in pool.each(Task(_done, job, "laying the page out", _COMPARE, job.stem) for job in ordered):
        job = outcome.task.subject
        yield outcome.result or Done(job, (), placed(outcome.problems, job.name, job.place), "")


def _done(given: Serving, job: Job) -> Done:
    return do_job(job, given.files)


def _print(job: Job, served: Mapping[str, Path]) -> Iterator[Printed]:
    if job.kind == "card":
        yield from _print_card(job, served)
    elif {"pdf", "png"} & set(job.forms):
        from teachback.pdf import write

        laid = _laid_handout(job, served)
        data = write(laid)
        yield from _pages(job, data, laid.pages, _proved(data, job.handout, laid, job.expected[0], served))
    if "html" in job.forms:
        yield Printed("html", job.screen.encode(), 1)


def _laid_handout(job: Job, served: Mapping[str, Path]) -> Laid:
    from teachback.laid import text_outside
    from teachback.pdf import lay_out
    from teachback.proof import outside_problems

    laid = lay_out(job.handout, served, _fonts())
    problems = [*laid.problems, *outside_problems(text_outside(laid, HANDOUT_SAFE))]
    if problems:
        raise TeachbackError(*problems)
    _refuse_hidden(laid, job.flags[0], job.name)
    return laid


def _proved(data: bytes, page: str, laid: Laid, expected: Expected, served: Mapping[str, Path]) -> Proved:
    """Prove a written file. Raises TeachbackError with all that is wrong with it."""
    if not PROVE:
        return Proved(None, ())
    from teachback.proof import glyph_problems, prove

    found, measures = prove(data, page, laid, expected)
    problems = (*glyph_problems(laid, page, expected, served), *found)
    errors = [problem for problem in problems if problem.severity is Severity.ERROR]
    if errors:
        raise TeachbackError(*errors)
    return Proved(measures, problems)


def _refuse_hidden(laid: Laid, flags: Mapping[str, tuple[Location, str]], name: str) -> None:
    """Stop pages on which a red flag is not laid out at all, because a template or a style leaves it out."""
    from teachback.laid import flags_laid

    hint = "A template or style of the clinic leaves it out. Compare it with the built-in one."
    there = flags_laid(laid)
    lost = [
        Problem(f"{name}: the red flag '{flag}' is not on the page: '{words[:60]}'", hint, place)
        for flag, (place, words) in flags.items()
        if flag not in there
    ]
    if lost:
        raise TeachbackError(*lost)


def _pages(job: Job, data: bytes, pages: int, proved: Proved) -> Iterator[Printed]:
    if "pdf" in job.forms:
        yield Printed("pdf", data, pages, 0, *proved)
    if "png" in job.forms:
        from teachback.raster import page_pictures

        yield from (Printed("png", picture, 1, n) for n, picture in enumerate(page_pictures(data), start=1))


def _print_card(job: Job, served: Mapping[str, Path]) -> Iterator[Printed]:
    from teachback.html import at_size
    from teachback.impose import Sides
    from teachback.pdf import write
    from teachback.proof import sheet_problems

    data = None
    if {"pdf", "png"} & set(job.forms):
        size, laid = _fitted(job, 0, CARD, served)
        data = write(laid)
        yield from _pages(job, data, SIDES, _proved(data, at_size(job.cards[0], CARD, [size]), laid, job.expected[0], served))
    if "sheet" in job.forms and job.run is not None:
        from teachback.sheets import lay_on_sheets

        run = job.run
        if data is None or run.box != CARD:
            laid = _laid_together(job, run, served)
            data = write(laid)
            _proved(data, job.cards[0], laid, _all_cards(job), served)
        # Templates cannot make it longer, but tens of thousands of cards do.
        more_time(LIMITS.seconds + run.pages / PAGES_A_SECOND)
        sheets = lay_on_sheets(data, run.sheets, run.page, run.sides, run.extras)
        lost = tuple(sheet_problems(sheets, job.expected, backs=run.sides is not Sides.ONE)) if PROVE else ()
        if lost:
            raise TeachbackError(*lost)
        yield Printed("sheet", sheets, run.pages)


def _all_cards(job: Job) -> Expected:
    """Put together what several cards, one behind the other, say."""
    from dataclasses import replace

    first = job.expected[0]
    return replace(
        first,
        said=tuple(part for card in job.expected for part in card.said),
        each_page=tuple(dict.fromkeys(words for card in job.expected for words in card.each_page)),
    )


def _laid_together(job: Job, run: CardRun, served: Mapping[str, Path]) -> Laid:
    """Lay all the cards of a run out, each side at the type size that it was found to take alone."""
    from teachback.html import at_size
    from teachback.laid import in_turn, text_outside
    from teachback.pdf import lay_out

    problems: list[Problem] = []
    sizes: list[tuple[float, float]] = []
    laid = None
    for number in range(len(job.cards)):
        try:
            size, laid = _fitted(job, number, run.box, served)
            sizes.append(size)
        except TeachbackError as error:
            problems += error.problems
    if problems or laid is None:
        raise TeachbackError(*problems)
    if len(sizes) == 1:
        return laid
    together = lay_out(at_size(job.together, run.box, sizes), served, _fonts())
    if together.problems or not in_turn(together, len(sizes)) or any(text_outside(together, CARD_INSET - 0.1)):
        message = "the cards fit one by one, and not together: a style tells one card from another"
        raise TeachbackError(*together.problems or (Problem(message, "Print one audience at a time, or change the clinic's card styles."),))
    return together


def _fitted(job: Job, number: int, box: Box, served: Mapping[str, Path]) -> tuple[tuple[float, float], Laid]:
    """Lay one card out with each side at the largest type size at which all of it fits; refuse it where none does."""
    from teachback.laid import sides_that_fit

    sizes = card_text_sizes(box)
    front = back = 0
    while True:
        laid, outside = _try(job.cards[number], box, (sizes[front], sizes[back]), served)
        front_fits, back_fits = sides_that_fit(laid)
        if front_fits and back_fits and not outside:
            _refuse_hidden(laid, job.flags[number], job.names[number])
            return (sizes[front], sizes[back]), laid
        last = len(sizes) - 1
        if (front == last and (outside or not front_fits)) or (back == last and (outside or not back_fits)):
            raise TeachbackError(*_card_problems(job, number, box, laid, outside, served))
        front += bool(outside) or not front_fits
        back += bool(outside) or not back_fits


def _try(page: str, box: Box, sizes: tuple[float, float], served: Mapping[str, Path]) -> tuple[Laid, tuple[str, ...]]:
    from teachback.html import at_size
    from teachback.laid import text_outside
    from teachback.pdf import lay_out

    laid = lay_out(at_size(page, box, [sizes]), served, _fonts())
    if laid.problems:
        raise TeachbackError(*laid.problems)
    return laid, tuple(out.words for out in text_outside(laid, CARD_INSET - 0.1))


def _card_problems(job: Job, number: int, box: Box, laid: Laid, outside: tuple[str, ...], served: Mapping[str, Path]) -> Iterator[Problem]:
    """Say what of a card does not fit: the flag, the reader, the stock, what is missing, and where it would fit."""
    from teachback.laid import flags_out, missing_height

    flags = job.flags[number] if number < len(job.flags) else {}
    where = f" of {job.run.stock}" if job.run is not None and box == job.run.box and "pdf" not in job.forms else ""
    missing = max(missing_height(laid))
    lack = f"; {missing:.1f} mm are missing" if missing > 0 else ""
    at = f"on the card{where} ({box.width:g} x {box.height:g} mm) at {CARD_TEXT_FLOOR:g} pt{lack}"
    hint = f"Write shorter words (`short:`), or card fewer flags: text under {CARD_TEXT_FLOOR:g} pt cannot be read, so it is never made smaller."
    fitting = _fitting_stocks(job, number, served)
    hint += f" It would fit on {', '.join(fitting)}." if fitting else ""
    name = job.names[number] if number < len(job.names) else job.name
    lost = [flag for flag in flags_out(laid, outside) if flag in flags]
    for flag in lost:
        place, words = flags[flag]
        yield Problem(f"{name}: the red flag '{flag}' does not fit {at}: '{words[:60]}'", hint, place)
    if not lost:
        what = f": '{outside[0][:60]}'" if outside else ""
        yield Problem(f"{name}: the text does not fit {at}{what}", hint, job.place)


def _fitting_stocks(job: Job, number: int, served: Mapping[str, Path]) -> list[str]:
    """Name up to six stocks on which a refused card fits at the smallest type."""
    from teachback.laid import sides_that_fit

    known: dict[Box, bool] = {}
    names = []
    for name, box in (job.run.others if job.run else {}).items():
        if box not in known:
            laid, outside = _try(job.cards[number], box, (CARD_TEXT_FLOOR, CARD_TEXT_FLOOR), served)
            known[box] = all(sides_that_fit(laid)) and not outside
        names += [name] if known[box] else []
    return names[:6]


_kept_fonts: list[Fonts] = []


def _fonts() -> Fonts:
    """Give this process's one register of fonts: making it anew for each page would cost more than the page."""
    if not _kept_fonts:
        from multiprocessing.util import Finalize

        from teachback.pdf import Fonts

        # Let go before the process ends, a forked one too: else WeasyPrint could not take its folder of fonts away.
        Finalize(None, _let_go, exitpriority=1)
        # A layout makes hundreds of thousands of boxes that live until it is written: looking for garbage among them
        # again and again costs several per cent of the time.
        gc.freeze()
        gc.set_threshold(GARBAGE_THRESHOLD)
        _kept_fonts.append(Fonts())
    return _kept_fonts[0]


def _let_go() -> None:
    _kept_fonts.clear()
    gc.collect()
