"""Composed pages -> the bytes of files, or the problems that keep them from being printed.

A job is plain data, so that it can be handed to another process; the heavy imports happen where it is done.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from teachback.errors import Location, Problem, TeachbackError
from teachback.units import CARD_INSET, CARD_TEXT_SIZES

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from teachback.pdf import Fonts, Laid

# Laser printers leave the outer 5 mm blank (up to 6.35 mm at the sides); no text of a handout may stand there.
HANDOUT_SAFE: Final = 6.4
SIDES: Final = 2


@dataclass(frozen=True)
class Job:
    """One edition's handout or card: what is composed, and which files are wanted of it."""

    name: str
    stem: str
    kind: str
    audience: str
    forms: tuple[str, ...]
    code: str
    place: Location
    handout: str = ""
    card: str = ""
    sheet: str = ""
    screen: str = ""
    flags: Mapping[str, tuple[Location, str]] | None = None


@dataclass(frozen=True)
class Printed:
    """One file's bytes: its form (pdf, sheet, html, png), and for a picture which page it is."""

    form: str
    data: bytes
    pages: int
    page: int = 0


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
    except TeachbackError as error:
        placed = tuple(p if p.location else Problem(f"{job.name}: {p.message}", p.hint, job.place, p.severity) for p in error.problems)
        return Done(job, (), placed, loaded_libraries())
    return Done(job, printed, (), loaded_libraries())


def _print(job: Job, served: Mapping[str, Path]) -> Iterator[Printed]:
    if {"pdf", "sheet", "png"} & set(job.forms):
        from teachback.pdf import write

        laid, sheet = _laid_card(job, served) if job.kind == "card" else (_laid_handout(job, served), None)
        data = write(laid)
        if "pdf" in job.forms:
            yield Printed("pdf", data, laid.pages)
        if "sheet" in job.forms and sheet is not None:
            yield Printed("sheet", write(sheet), sheet.pages)
        if "png" in job.forms:
            from teachback.raster import page_pictures

            yield from (Printed("png", picture, 1, n) for n, picture in enumerate(page_pictures(data), start=1))
    if "html" in job.forms:
        yield Printed("html", job.screen.encode(), 1)


def _laid_handout(job: Job, served: Mapping[str, Path]) -> Laid:
    from teachback.pdf import lay_out, text_outside

    laid = lay_out(job.handout, served, _fonts())
    problems = [*laid.problems]
    pages: dict[tuple[str, float], list[int]] = {}
    for out in text_outside(laid, HANDOUT_SAFE):
        pages.setdefault((out.words, out.millimetres), []).append(out.page)
    for (words, millimetres), numbers in pages.items():
        where = f"page {numbers[0]}" if len(numbers) == 1 else f"pages {numbers[0]} to {numbers[-1]}"
        message = f"'{words[:60]}' stands {millimetres} mm outside the part of {where} that can be printed"
        problems.append(Problem(message, "Shorten the text, or change the style that moves it."))
    if problems:
        raise TeachbackError(*problems)
    return laid


def _laid_card(job: Job, served: Mapping[str, Path]) -> tuple[Laid, Laid | None]:
    """Lay the card out with each side at the largest type size at which all of it fits; refuse it where none does."""
    from teachback.html import at_type_size
    from teachback.pdf import lay_out, sides_that_fit, text_outside

    smallest = CARD_TEXT_SIZES[-1]
    front, back = CARD_TEXT_SIZES[0], CARD_TEXT_SIZES[0]
    while True:
        laid = lay_out(at_type_size(job.card, front, back), served, _fonts())
        if laid.problems:
            raise TeachbackError(*laid.problems)
        outside = tuple(out.words for out in text_outside(laid, CARD_INSET - 0.1))
        front_fits, back_fits = sides_that_fit(laid)
        if front_fits and back_fits and not outside:
            break
        if outside or (front == smallest and not front_fits) or (back == smallest and not back_fits):
            raise TeachbackError(*_card_problems(job, laid, outside))
        front = front if front_fits else _next_smaller(front)
        back = back if back_fits else _next_smaller(back)
    if "sheet" not in job.forms:
        return laid, None
    sheet = lay_out(at_type_size(job.sheet, front, back), served, _fonts())
    if sheet.problems or sheet.pages != SIDES:
        raise TeachbackError(
            *sheet.problems or (Problem("the sheet of cards does not fit its paper", "Take the clinic's changes to sheet.css back."),)
        )
    return laid, sheet


def _next_smaller(size: float) -> float:
    return CARD_TEXT_SIZES[CARD_TEXT_SIZES.index(size) + 1]


def _card_problems(job: Job, laid: Laid, outside: tuple[str, ...]) -> Iterator[Problem]:
    from teachback.pdf import flags_out

    smallest = CARD_TEXT_SIZES[-1]
    hint = f"Write shorter words (`short:`), or card fewer flags: text under {smallest:g} pt cannot be read, so it is never made smaller."
    flags = job.flags or {}
    lost = [name for name in flags_out(laid, outside) if name in flags]
    for name in lost:
        place, words = flags[name]
        yield Problem(f"{job.name}: the red flag '{name}' does not fit on the card at {smallest:g} pt: '{words}'", hint, place)
    if not lost:
        what = f": '{outside[0][:60]}'" if outside else ""
        yield Problem(f"{job.name}: the text does not fit on the card at {smallest:g} pt{what}", hint, job.place)


_kept_fonts: list[Fonts] = []


def _fonts() -> Fonts:
    """Give this process's one register of fonts: making it anew for each page would cost more than the page."""
    if not _kept_fonts:
        from teachback.pdf import Fonts

        _kept_fonts.append(Fonts())
    return _kept_fonts[0]
