"""Fit cards at the largest type size at which all of their text fits.

Where none fits, the problems say what does not fit: flag, reader, stock, and mm that are missing.
"""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING, Final, NamedTuple

from teachback.errors import Problem, Severity, TeachbackError
from teachback.html.composer import at_size
from teachback.pdf.page_layout import (
    FRONT,
    flag_type,
    flags_off_card,
    flags_on_same_side,
    in_turn,
    missing_height,
    sides_that_fit,
    text_outside,
    used_heights,
)
from teachback.pdf.renderer import fonts, lay_out
from teachback.units import (
    CARD,
    CARD_INSET,
    CARD_STEPS,
    CARD_TEXT,
    CARD_TEXT_FLOOR,
    Box,
    card_leading,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from teachback.errors import Location
    from teachback.pdf.page_layout import TextOut
    from teachback.pdf.renderer import LaidOutDocument
    from teachback.printing.jobs import CardRun, Job


# In letters: shorter red flags mostly fit at the largest type.
_FEW_LETTERS: Final = 60
# The type of both sides, in pt.
_SMALLEST: Final = (CARD_TEXT_FLOOR, CARD_TEXT_FLOOR)


class CardTooLongError(TeachbackError):
    """A card is too long for its stock, and for those that may take its place."""


class FittedCard(NamedTuple):
    """A card that fits: the steps of its type on front and back, by number, and its pages."""

    steps: tuple[int, int]
    layout: LaidOutDocument

    @property
    def sizes(self) -> tuple[float, float]:
        """The size of its type on front and back, in pt."""
        return CARD_STEPS[self.steps[0]], CARD_STEPS[self.steps[1]]


def lay_out_together(job: Job, run: CardRun, served: Mapping[str, Path]) -> LaidOutDocument:
    """Lay out all the cards of a run, each side at the type size that fits when it is alone.

    Raises CardTooLongError when a card does not fit, and TeachbackError for any other fault.
    """
    problems: list[Problem] = []
    fit: dict[str, FittedCard] = {}
    # Cards of one edition are equal: each is for the words of another record.
    for page in dict.fromkeys(job.cards):
        try:
            fit[page] = fitted(job, job.cards.index(page), run.box, served)
        except CardTooLongError as error:
            problems += error.problems
    if problems:
        raise CardTooLongError(*problems)
    fits = [fit[page] for page in job.cards]
    if len(fits) == 1:
        return fits[0].layout
    page = at_size(job.together, run.box, [fit.sizes for fit in fits])
    layout = lay_out(page, served, fonts())
    if (
        layout.problems
        or not in_turn(layout, len(fits))
        or any(text_outside(layout, CARD_INSET - 0.1))
    ):
        message = "each card fits alone, but not all together: a style treats the cards differently"
        hint = "Print one audience at a time, or change the clinic's card styles."
        raise TeachbackError(*layout.problems or (Problem(message, hint),))
    return layout


def fitted(job: Job, number: int, box: Box, served: Mapping[str, Path]) -> FittedCard:
    """Lay out a card with each side at the largest step of its type at which all of it fits.

    Raises CardTooLongError when the card does not fit at the smallest step.
    """
    fit = _largest_fit(job, number, box, served)
    if fit is None:
        raise CardTooLongError(*_card_problems(job, number, box, served))
    return fit


class PlacedCard(NamedTuple):
    """A card that fits, the stock whose size it has, and a warning where that is another one.

    Without a stock, it is a bank card.
    """

    run: CardRun | None
    fit: FittedCard
    warnings: tuple[Problem, ...] = ()


def fitted_or_larger(
    job: Job, run: CardRun | None, served: Mapping[str, Path], known: tuple[int, ...] = ()
) -> PlacedCard:
    """Fit the one card of a job on a stock, or as a bank card; else on the next larger plain stock.

    The stock of the job comes after the plain ones. `known` are the steps that an earlier print of
    the same card took: no larger ones are tried. Raises CardTooLongError when the card fits on
    none.
    """
    box = CARD if run is None else run.box
    fit = _largest_fit(job, 0, box, served, known)
    if fit is not None:
        return PlacedCard(run, fit)
    for larger in (*job.run.plain, job.run) if job.run is not None and job.run.plain else ():
        if larger.box.area > box.area:
            fit = _largest_fit(job, 0, larger.box, served)
            if fit is not None:
                return PlacedCard(larger, fit, (_moved_problem(job, run, larger, served),))
    raise CardTooLongError(*_card_problems(job, 0, box, served))


def _largest_fit(
    job: Job, number: int, box: Box, served: Mapping[str, Path], known: tuple[int, ...] = ()
) -> FittedCard | None:
    """Lay out a card as `fitted` does; return None when it does not fit at the smallest step.

    `known` is that of `fitted_or_larger`.
    """
    flags = job.flags[number].values() if number < len(job.flags) else ()
    letters = sum(len(words) for _, words in flags)
    # A search from the likely size is the shortest. Few words take large type, unless all of them
    # are on one side.
    few = letters < _FEW_LETTERS and not job.one_sided
    start = len(CARD_STEPS) - 1 if few else CARD_STEPS.index(CARD_TEXT)
    front, back = [_Search(step, too_large=step + 1) for step in known] or (
        _Search(start),
        _Search(start),
    )
    tried: dict[tuple[int, int], LaidOutDocument] = {}
    while True:
        steps = (front.step, back.step)
        if steps in tried:
            return FittedCard(steps, tried[steps])
        sizes = (CARD_STEPS[front.step], CARD_STEPS[back.step])
        layout, outside = _try(job.cards[number], box, sizes, served)
        tried[steps] = layout
        height = box.height - 2 * CARD_INSET
        inside = (
            all(out.page > FRONT for out in outside),
            all(out.page == FRONT for out in outside),
        )
        sides = zip(
            (front, back), sides_that_fit(layout), inside, used_heights(layout), strict=True
        )
        for search, fits, within, used in sides:
            search.learn(fits=fits and within, share=height / used if used else 1.0)
        if 0 in {front.too_large, back.too_large}:
            return None


def at_smallest(page: str, box: Box, served: Mapping[str, Path]) -> LaidOutDocument:
    """Lay out a card in the smallest type, whether all of it fits or not."""
    return _try(page, box, _SMALLEST, served)[0]


@dataclass
class _Search:
    """The search for the largest step that fits: `step` is tried next.

    `fitting` is the largest step that is known to fit, and `too_large` the smallest one that is
    known not to. The search ends when no step is between them.
    """

    step: int
    fitting: int = -1
    too_large: int = len(CARD_STEPS)

    def learn(self, *, fits: bool, share: float) -> None:
        """Take in whether the step fits; `share` is the height of the card over that of its text.

        The height of text is about in proportion to its size and leading.
        """
        room = _height(self.step) * share
        if fits:
            self.fitting = max(self.fitting, self.step)
        else:
            self.too_large = min(self.too_large, self.step)
        between = range(self.fitting + 1, self.too_large)
        if not between:
            self.step = self.fitting
            return
        likely = [step for step in between if _height(step) <= room]
        self.step = likely[-1] if likely else between[0]


def _height(step: int) -> float:
    return CARD_STEPS[step] * card_leading(CARD_STEPS[step])


class CardRoom(NamedTuple):
    """How a card fits: in which type (pt), or how many mm are missing, and for which red flags.

    `type_pt` is 0 where it does not fit.
    """

    type_pt: float
    missing_mm: float
    flags: tuple[str, ...]


def card_room(job: Job, number: int, box: Box, served: Mapping[str, Path]) -> CardRoom:
    """Measure a card: lay it out as `fitted` does, and where it does not fit, in its smallest type.

    Raises TeachbackError for other faults than a lack of room.
    """
    fit = _largest_fit(job, number, box, served)
    if fit is not None:
        return CardRoom(flag_type(fit.layout), 0.0, ())
    layout, outside = _try(job.cards[number], box, _SMALLEST, served)
    lost = flags_off_card(layout, [out.words for out in outside])
    return CardRoom(0.0, _missing(layout, outside), lost)


def _try(
    page: str, box: Box, sizes: tuple[float, float], served: Mapping[str, Path]
) -> tuple[LaidOutDocument, tuple[TextOut, ...]]:
    layout = lay_out(at_size(page, box, [sizes]), served, fonts())
    if layout.problems:
        raise TeachbackError(*layout.problems)
    return layout, tuple(text_outside(layout, CARD_INSET - 0.1))


# The stocks that a problem names at most.
_MOST_STOCKS: Final = 3
# In characters: a longer red flag is long for a card, if it is also twice as long as is usual
# there.
_LONG_FLAG: Final = 80


def _card_problems(
    job: Job, number: int, box: Box, served: Mapping[str, Path]
) -> Iterator[Problem]:
    """Yield what does not fit on a card, the missing height, and the stocks where it would fit."""
    # In the last layout, a side that fits may have larger type, and would not seem to fit.
    layout, outside = _try(job.cards[number], box, _SMALLEST, served)
    flags, too_long = _flags_to_shorten(job, number, layout, outside)
    stock = (
        f" of {job.run.stock}"
        if job.run is not None and job.on_stock and box == job.run.box and "pdf" not in job.forms
        else ""
    )
    missing = _missing(layout, outside)
    lack = f"; {missing:.1f} mm are missing" if missing > 0 else ""
    on_card = (
        f"on the card{stock} ({box.width:g} x {box.height:g} mm) at {CARD_TEXT_FLOOR:g} pt{lack}"
    )
    hint = (
        "Write shorter words (`short:`), or put fewer flags on the card: "
        f"text under {CARD_TEXT_FLOOR:g} pt cannot be read, so it is never made smaller. "
        "A shorter name of the clinic in clinic.yaml helps, too."
    )
    if job.one_sided:
        hint += " Only the front is printed here: stock for both sides has more room."
    fitting = _fitting_stocks(job, number, box, served)
    if fitting:
        names = ", ".join(
            f"{name} ({size.width:g} x {size.height:g} mm)" for name, size in fitting.items()
        )
        command = f"`teachback card {job.stem} --stock {next(iter(fitting))}`"
        hint += f" It would fit on {names}: {command}."
    name = job.names[number] if number < len(job.names) else job.name
    for flag in too_long:
        place, words = flags[flag]
        message = f"{name}: the red flag '{flag}' does not fit {on_card}: '{words[:60]}'"
        yield Problem(message, hint, place)
    if not too_long:
        words = f": '{outside[0].words[:60]}'" if outside else ""
        yield Problem(f"{name}: the text does not fit {on_card}{words}", hint, job.place)


def _moved_problem(
    job: Job, run: CardRun | None, larger: CardRun, served: Mapping[str, Path]
) -> Problem:
    """Return the warning that a card is printed on larger stock, as it is too long for its own."""
    box = CARD if run is None else run.box
    layout, outside = _try(job.cards[0], box, _SMALLEST, served)
    flags, too_long = _flags_to_shorten(job, 0, layout, outside)
    own_stock = "a bank card" if run is None or box == CARD else f"a card of {run.stock}"
    to_shorten = ", ".join(f"'{flag}'" for flag in too_long) or "its words"
    return Problem(
        f"{job.names[0]} does not fit on {own_stock} ({box.width:g} x {box.height:g} mm) at "
        f"{CARD_TEXT_FLOOR:g} pt; {_missing(layout, outside):.1f} mm are missing, so it is printed on "
        f"{larger.stock} ({larger.box.width:g} x {larger.box.height:g} mm)",
        f"`teachback card {job.stem} --stock {larger.stock}` prints more of them. For a smaller "
        f"card, shorten {to_shorten} (`short:`), or put fewer flags on it.",
        flags[too_long[0]][0] if too_long else job.place,
        Severity.WARNING,
    )


def _flags_to_shorten(
    job: Job, number: int, layout: LaidOutDocument, outside: tuple[TextOut, ...]
) -> tuple[Mapping[str, tuple[Location, str]], list[str]]:
    """Return the flags of a card by id, and the ids of those that are too long or lie outside.

    A long flag pushes short ones off its side: it is the one to shorten.
    """
    flags = job.flags[number] if number < len(job.flags) else {}
    lost = [
        flag for flag in flags_off_card(layout, [out.words for out in outside]) if flag in flags
    ]
    on_same_side = [flag for flag in flags_on_same_side(layout, lost) if flag in flags]
    usual = median(len(flags[flag][1]) for flag in on_same_side) if on_same_side else 0
    long = [flag for flag in on_same_side if len(flags[flag][1]) > max(_LONG_FLAG, 2 * usual)]
    return flags, long or lost


def _missing(layout: LaidOutDocument, outside: tuple[TextOut, ...]) -> float:
    """Return by how many mm a card is too high, or its text too near to its edge."""
    return max(*missing_height(layout), *(out.millimetres for out in outside))


def _fitting_stocks(
    job: Job, number: int, refused: Box, served: Mapping[str, Path]
) -> dict[str, Box]:
    """Return the smallest stocks on which a refused card fits in the smallest type.

    Each size is named once.
    """
    others = job.run.others if job.run else {}
    larger = (box for box in others.values() if not _covers(refused, box))
    fits = fitting_boxes(job, number, larger, served)
    first = {box: name for name, box in reversed(list(others.items())) if box in fits}
    return dict(
        [(name, box) for name, box in others.items() if first.get(box) == name][:_MOST_STOCKS]
    )


def fitting_boxes(
    job: Job, number: int, boxes: Iterable[Box], served: Mapping[str, Path]
) -> frozenset[Box]:
    """Return the sizes on which a card of a job fits in the smallest type.

    What fits on a size fits on all that cover it, so few are laid out.
    """
    untried = sorted(set(boxes), key=lambda box: box.area)
    fitting = set[Box]()
    index = 0
    while untried:
        tried = untried[index]
        if _fits(job, number, tried, served):
            fitting |= {box for box in untried if _covers(box, tried)}
            untried = [box for box in untried if box not in fitting]
        else:
            untried = [box for box in untried if not _covers(tried, box)]
        # Most cards fit on the smallest size; where one does not, the middle decides most.
        index = len(untried) // 2
    return frozenset(fitting)


def _covers(box: Box, other: Box) -> bool:
    return box.width >= other.width and box.height >= other.height


def _fits(job: Job, number: int, box: Box, served: Mapping[str, Path]) -> bool:
    layout, outside = _try(job.cards[number], box, _SMALLEST, served)
    return all(sides_that_fit(layout)) and not outside
