"""Fit cards at the largest type size at which all of their text fits.

Where none fits, the problems say what does not fit: flag, reader, stock, and mm that are missing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from teachback.errors import Problem, TeachbackError
from teachback.html.composer import at_size
from teachback.pdf.page_layout import (
    flags_out,
    in_turn,
    missing_height,
    sides_that_fit,
    text_outside,
)
from teachback.pdf.renderer import fonts, lay_out
from teachback.units import CARD_INSET, CARD_TEXT_FLOOR, Box, card_text_sizes, is_roomy

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from teachback.pdf.renderer import LaidOutDocument
    from teachback.printing.jobs import CardRun, Job


class FittedCard(NamedTuple):
    """A card that fits: the type sizes of front and back in pt, and its pages.

    `coded` says whether its code is on it as a QR code too.
    """

    sizes: tuple[float, float]
    coded: bool
    laid: LaidOutDocument


def laid_together(job: Job, run: CardRun, served: Mapping[str, Path]) -> LaidOutDocument:
    """Lay out all the cards of a run, each side at the type size that fits when it is alone.

    Raises TeachbackError when a card does not fit, or when the cards do not fit together.
    """
    problems: list[Problem] = []
    fits: list[FittedCard] = []
    for number in range(len(job.cards)):
        try:
            fits.append(fitted(job, number, run.box, served))
        except TeachbackError as error:
            problems += error.problems
    if problems:
        raise TeachbackError(*problems)
    if len(fits) == 1:
        return fits[0].laid
    page = at_size(
        job.together, run.box, [fit.sizes for fit in fits], coded=all(fit.coded for fit in fits)
    )
    together = lay_out(page, served, fonts())
    if (
        together.problems
        or not in_turn(together, len(fits))
        or any(text_outside(together, CARD_INSET - 0.1))
    ):
        message = "each card fits alone, but not all together: a style treats the cards differently"
        raise TeachbackError(
            *together.problems
            or (
                Problem(
                    message, "Print one audience at a time, or change the clinic's card styles."
                ),
            )
        )
    return together


def fitted(job: Job, number: int, box: Box, served: Mapping[str, Path]) -> FittedCard:
    """Lay out a card with each side at the largest type size at which all of it fits.

    A card with room to spare also gets its code as a QR code, if the type can stay as large. Raises
    TeachbackError when the card does not fit at the smallest size.
    """
    sizes = card_text_sizes(box)
    front = back = 0
    while True:
        laid, outside = _try(job.cards[number], box, (sizes[front], sizes[back]), served)
        front_fits, back_fits = sides_that_fit(laid)
        if front_fits and back_fits and not outside:
            return _coded(
                job.cards[number],
                box,
                FittedCard((sizes[front], sizes[back]), coded=False, laid=laid),
                served,
            )
        last = len(sizes) - 1
        if (front == last and (outside or not front_fits)) or (
            back == last and (outside or not back_fits)
        ):
            raise TeachbackError(*_card_problems(job, number, box, laid, outside, served))
        front += bool(outside) or not front_fits
        back += bool(outside) or not back_fits


def _coded(page: str, box: Box, fit: FittedCard, served: Mapping[str, Path]) -> FittedCard:
    if not is_roomy(box):
        return fit
    laid, outside = _try(page, box, fit.sizes, served, coded=True)
    return (
        FittedCard(fit.sizes, coded=True, laid=laid)
        if all(sides_that_fit(laid)) and not outside
        else fit
    )


def _try(
    page: str,
    box: Box,
    sizes: tuple[float, float],
    served: Mapping[str, Path],
    *,
    coded: bool = False,
) -> tuple[LaidOutDocument, tuple[str, ...]]:
    laid = lay_out(at_size(page, box, [sizes], coded=coded), served, fonts())
    if laid.problems:
        raise TeachbackError(*laid.problems)
    return laid, tuple(out.words for out in text_outside(laid, CARD_INSET - 0.1))


def _card_problems(
    job: Job,
    number: int,
    box: Box,
    laid: LaidOutDocument,
    outside: tuple[str, ...],
    served: Mapping[str, Path],
) -> Iterator[Problem]:
    """Yield what does not fit on a card, the missing height, and the stocks where it would fit."""
    flags = job.flags[number] if number < len(job.flags) else {}
    where = (
        f" of {job.run.stock}"
        if job.run is not None and box == job.run.box and "pdf" not in job.forms
        else ""
    )
    missing = max(missing_height(laid))
    lack = f"; {missing:.1f} mm are missing" if missing > 0 else ""
    at = f"on the card{where} ({box.width:g} x {box.height:g} mm) at {CARD_TEXT_FLOOR:g} pt{lack}"
    hint = (
        "Write shorter words (`short:`), or put fewer flags on the card: "
        f"text under {CARD_TEXT_FLOOR:g} pt cannot be read, so it is never made smaller."
    )
    fitting = _fitting_stocks(job, number, served)
    hint += f" It would fit on {', '.join(fitting)}." if fitting else ""
    name = job.names[number] if number < len(job.names) else job.name
    lost = [flag for flag in flags_out(laid, outside) if flag in flags]
    for flag in lost:
        place, words = flags[flag]
        yield Problem(
            f"{name}: the red flag '{flag}' does not fit {at}: '{words[:60]}'", hint, place
        )
    if not lost:
        what = f": '{outside[0][:60]}'" if outside else ""
        yield Problem(f"{name}: the text does not fit {at}{what}", hint, job.place)


def _fitting_stocks(job: Job, number: int, served: Mapping[str, Path]) -> list[str]:
    """Return the names of up to six stocks on which a refused card fits at the smallest type."""
    known: dict[Box, bool] = {}
    names = []
    for name, box in (job.run.others if job.run else {}).items():
        if box not in known:
            laid, outside = _try(job.cards[number], box, (CARD_TEXT_FLOOR, CARD_TEXT_FLOOR), served)
            known[box] = all(sides_that_fit(laid)) and not outside
        names += [name] if known[box] else []
    return names[:6]
