"""Print the editions of the front desk once, ready for the words of a patient.

These functions run in worker processes of the press room, which hold a `PrintContext`. They give
way to the press room itself: at other desks somebody types. Pages are made and proved as `merge`
does it.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory, gettempdir
from typing import TYPE_CHECKING, Final, NamedTuple

from teachback.archive.store import not_archived
from teachback.commands.archive_step import archive_outputs
from teachback.commands.print_steps import written_outputs
from teachback.errors import Problem, TeachbackError, UsageError, with_location
from teachback.files.atomic_files import os_errors_as_problems
from teachback.files.workspace import handout_files
from teachback.merge.stamping.edition_templates import handout_template, sheet_template
from teachback.pdf.page_images import Strip, page_picture, page_texts, strip_pictures
from teachback.printing.card_run import CardOrder, card_run, find_stock, full_sheet_or_plain
from teachback.printing.card_sheets import ask_for_printing
from teachback.printing.card_stock import load_stocks
from teachback.printing.fingerprints import origin_of, shared_fingerprint
from teachback.printing.imposition import Sides
from teachback.printing.job_composer import JobOrder, compose_job
from teachback.printing.job_printer import do_job
from teachback.printing.jobs import CARDS, SHEET
from teachback.printing.process_limits import give_way
from teachback.printing.type_fitting import CardTooLongError, fitting_boxes
from teachback.serving.topic_shelf import stock_name
from teachback.units import Box, Depth, Paper, TypeSize, px_to_mm

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from teachback.merge.stamping.pdf_template import Slot, Template
    from teachback.printing.job_composer import PrintContext
    from teachback.printing.jobs import CardRun
    from teachback.printing.settings import Settings

# Around the words of a place, as parts of its largest type: a letter may have two accents.
_ABOVE, _BELOW, _BESIDE = 1.4, 0.5, 0.3
# What `html.composer.slot` writes for a place.
_PLACE: Final = ' data-field="'
# Why a stock cannot be taken.
_ONE_SIDE: Final = "printed on one side, but the patient's words are on the back"
_TOO_SMALL: Final = "too small for this card"
# The stocks that are named, at most, for a card that is too long for the chosen one.
_STOCKS: Final = 3


class HandoutOrder(NamedTuple):
    """A handout that a desk asks for; `stem` is that of its file, `facing` a second language.

    `boxes` are the fields without a value, whose choices it prints as boxes to tick.
    """

    stem: str
    audience: str
    paper: str
    size: str
    depth: str
    facing: str = ""
    boxes: tuple[str, ...] = ()


class CardsOrder(NamedTuple):
    """Cards that a desk asks for: how many on which stock, from which place of the first sheet."""

    stem: str
    audience: str
    stock: str
    start_at: int
    number: int


class StocksOrder(NamedTuple):
    """A reader's card, for which a desk asks which stocks it does not fit on."""

    stem: str
    audience: str


@dataclass(frozen=True)
class OpenEdition:
    """A proved file, ready for a patient's words, and the letters that it was made for.

    Without places for words, `template` is None and `data` is the whole file. `key` names exactly
    this file; `code` is what is printed on it. `box` is the size of its pages in mm. `places` are
    the parts of the pages that the words of each field may cover. `choices` are the fields that
    have boxes to tick where they are empty.
    """

    order: HandoutOrder | CardsOrder
    key: str
    code: str
    pages: int
    box: Box
    texts: tuple[str, ...]
    sides: Sides
    data: bytes = b""
    template: Template | None = None
    places: tuple[tuple[str, Strip], ...] = ()
    choices: tuple[str, ...] = ()

    @property
    def fields(self) -> tuple[str, ...]:
        """The names of the fields that have a place or boxes on it."""
        return (*self.template.fields, *self.boxes) if self.template else ()

    @property
    def boxes(self) -> tuple[str, ...]:
        """The fields that have boxes to tick on it."""
        wanted = self.order.boxes if isinstance(self.order, HandoutOrder) else ()
        return tuple(name for name in self.choices if name in wanted)

    def stamped(self, values: Mapping[str, str], document: bytes = b"") -> bytes:
        """Return the PDF with a patient's words. Raises UnstampedError where one does not fit."""
        if self.template is None:
            return self.data
        every = values if self.template.cards == 1 else [values] * self.template.cards
        return self.template.stamp(every, document)

    def finished(self, values: Mapping[str, str], document: bytes, copies: int = 1) -> bytes:
        """Return the stamped PDF, which asks for its true size, its sides and so many copies."""
        return ask_for_printing(self.stamped(values, document), self.sides, copies)

    def patches(self, values: Mapping[str, str], dpi: int) -> Iterator[tuple[Strip, bytes]]:
        """Yield the parts of the pages that hold a patient's words, as they will be printed."""
        strips = [strip for field, strip in self.places if values.get(field)]
        return strip_pictures(self.stamped(values), strips, dpi) if strips else iter(())


def open_handout(
    context: PrintContext, wanted: tuple[HandoutOrder, frozenset[str] | None]
) -> OpenEdition:
    """Print one handout and cut it at its fields, for words of these letters.

    With None it takes the letters that its own fonts have.
    """
    give_way()
    order, letters = wanted
    settings = _settings(context, order)
    blank = replace(context, settings=settings, for_records=True, boxes=order.boxes)
    job = compose_job(blank, JobOrder(order.stem, (order.audience,), "handout", ("pdf",)))
    try:
        template = handout_template(job, context.files, letters)
    except TeachbackError as error:
        raise TeachbackError(*with_location(error.problems, job.name, job.place)) from None
    data = template.stamp({}, b"")
    sides = Sides.LONG_EDGE if template.pages > 1 else Sides.ONE
    key = f"{job.code}.{order.paper}.{_mark(data)}"
    places = tuple((slot.field, _strip(slot)) for slot in template.slots)
    return OpenEdition(
        order,
        key,
        job.code,
        template.pages,
        blank.settings.paper.box,
        page_texts(data),
        sides,
        b"",
        template,
        places,
        job.choices,
    )


def draw_page(_: PrintContext, wanted: tuple[bytes, int, int]) -> bytes:
    """Draw a page of a PDF, counted from 0, at so many dots to the inch."""
    give_way()
    data, page, dpi = wanted
    return page_picture(data, page, dpi)


def open_cards(
    context: PrintContext, wanted: tuple[CardsOrder, frozenset[str] | None]
) -> OpenEdition:
    """Print sheets of equal cards. Cards with places for words must be on one sheet."""
    give_way()
    order, letters = wanted
    stocks = load_stocks(context.workspace)
    named = find_stock(order.stock, stocks)
    start = CardOrder(start_at=order.start_at)
    run = card_run(named, [0] * order.number, context.settings, stocks, start)
    plain = JobOrder(order.stem, (order.audience,), "card", (CARDS,))
    job = compose_job(replace(context, run=run), plain)
    if not any(_PLACE in page for page in job.cards):
        done = do_job(job, context.files)
        if done.too_long:
            raise TeachbackError(_too_long(context, order))
        # A warning, such as one of small type, comes with what was printed.
        if not done.printed:
            raise TeachbackError(*done.problems)
        data = done.printed[0].data
        return _opened_cards(order, run, job.code, data, None)
    if len(run.sheets) > 1 or run.sides is Sides.ONE:
        raise TeachbackError(_not_stamped(order, named[1].places, run))
    each = list(range(order.number))
    run = card_run(named, each, context.settings, stocks, start)
    several = JobOrder(order.stem, (order.audience,) * order.number, "card", (SHEET,))
    try:
        template = sheet_template(
            compose_job(replace(context, run=run), several), context.files, letters
        )
    except CardTooLongError:
        raise TeachbackError(_too_long(context, order)) from None
    except TeachbackError as error:
        raise TeachbackError(*with_location(error.problems, job.name, job.place)) from None
    data = template.stamp([{}] * template.cards, b"")
    return _opened_cards(order, run, job.code, data, template)


def unfit_stocks(context: PrintContext, order: StocksOrder) -> dict[str, str]:
    """Return the stocks on which a reader's card cannot be printed, each with the reason."""
    give_way()
    stocks = load_stocks(context.workspace)
    unfit: dict[str, str] = {}
    runs: dict[str, CardRun] = {}
    for name, stock in stocks.root.items():
        try:
            runs[name] = card_run((name, stock), [0], context.settings, stocks, CardOrder())
        except UsageError as error:
            unfit[name] = error.problems[0].message
    for one_sided in (False, True):
        some = {name: run for name, run in runs.items() if (run.sides is Sides.ONE) is one_sided}
        if not some:
            continue
        wanted = JobOrder(order.stem, (order.audience,), "card", (CARDS,))
        job = compose_job(replace(context, run=next(iter(some.values()))), wanted)
        if one_sided and any(_PLACE in page for page in job.cards):
            unfit |= dict.fromkeys(some, _ONE_SIDE)
            continue
        fitting = fitting_boxes(job, 0, (run.box for run in some.values()), context.files)
        unfit |= {name: _TOO_SMALL for name, run in some.items() if run.box not in fitting}
    return unfit


def _too_long(context: PrintContext, order: CardsOrder) -> Problem:
    """Return that a card does not fit on a stock, with stocks of the same paper that take it."""
    stocks = load_stocks(context.workspace)
    own, stock = find_stock(order.stock, stocks)
    unfit = unfit_stocks(context, StocksOrder(order.stem, order.audience))
    others = [
        stock_name(name, other)
        for name, other in sorted(
            stocks.root.items(), key=lambda one: (one[1].kind != "cut", one[1].card_box.area)
        )
        if name not in unfit and other.page == stock.page
    ]
    return Problem(
        f"this card is too long for {stock_name(own, stock)}",
        f"It fits on {'; '.join(others[:_STOCKS])}. Choose one of them."
        if others
        else "It fits on no stock of this paper. Print the handout alone.",
    )


def archive_edition(context: PrintContext, order: HandoutOrder | CardsOrder) -> tuple[Problem, ...]:
    """Keep what a desk printed in the archive, blank; return why that failed."""
    give_way()
    try:
        # Its files are first printed into a temporary folder.
        with os_errors_as_problems(Path(gettempdir())):
            return _archived(context, order)
    except TeachbackError as error:
        return not_archived(error)


def _archived(context: PrintContext, order: HandoutOrder | CardsOrder) -> tuple[Problem, ...]:
    card = isinstance(order, CardsOrder)
    workspace = context.workspace
    path = handout_files(workspace)[order.stem]
    origin = origin_of(shared_fingerprint(workspace), path, workspace)
    with TemporaryDirectory(prefix="teachback-") as folder:
        settings = context.settings if isinstance(order, CardsOrder) else _settings(context, order)
        # A card is kept as `build` prints it: on larger plain stock where it is too long.
        run = full_sheet_or_plain(workspace, settings) if card else None
        own = replace(context, settings=replace(settings, output=Path(folder)), run=run)
        kind = "card" if card else "handout"
        job = compose_job(own, JobOrder(order.stem, (order.audience,), kind, ("pdf",)))
        done = do_job(job, context.files)
        if not done.printed:
            raise TeachbackError(*done.problems)
        outputs = [output for output, _ in written_outputs([done], own, origin)]
        return archive_outputs(own.settings, workspace, outputs, None).problems


def _settings(context: PrintContext, order: HandoutOrder) -> Settings:
    return replace(
        context.settings,
        paper=Paper(order.paper),
        size=TypeSize(order.size),
        depth=Depth(order.depth),
        facing=order.facing,
    )


def _opened_cards(
    order: CardsOrder, run: CardRun, code: str, data: bytes, template: Template | None
) -> OpenEdition:
    key = f"{code}.{run.stock}.{_mark(data)}"
    slots = template.slots if template else ()
    places = tuple((slot.field, _on_sheet(_strip(slot), run)) for slot in slots)
    return OpenEdition(
        order, key, code, run.pages, run.page, page_texts(data), run.sides, data, template, places
    )


def _on_sheet(strip: Strip, run: CardRun) -> Strip:
    """Return where a part of a card, laid out on two pages of its own, lies on the first sheet."""
    sheet = run.sheets[0]
    for page, side in enumerate((sheet.front, sheet.back or ())):
        for placed in side:
            if 2 * placed.card + placed.back == strip.page:
                left, top = strip.left, strip.top
                if placed.turn:
                    left = placed.width - left - strip.width
                    top = placed.height - top - strip.height
                return Strip(page, placed.x + left, placed.y + top, strip.width, strip.height)
    raise LookupError(strip.page)


def _not_stamped(order: CardsOrder, places: int, run: CardRun) -> Problem:
    if run.sides is Sides.ONE:
        message = (
            f"{run.stock} cards are printed on one side, but the patient's words are on the back"
        )
        return Problem(message, "Choose a stock with two sides.")
    most = places - order.start_at + 1
    message = f"cards with a patient's words are printed a sheet at a time, and {most} fit here"
    return Problem(message, f"Print {most} now, and the others on the next sheet.")


def _mark(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:12]


def _strip(slot: Slot) -> Strip:
    """Return the part of a page that the words of a place may cover."""
    *_, x, baseline = slot.matrix
    size = slot.sizes[0]
    edges = (
        x - _BESIDE * size,
        baseline - _ABOVE * size,
        slot.width + 2 * _BESIDE * size,
        (_ABOVE + _BELOW) * size,
    )
    return Strip(slot.page, *map(px_to_mm, edges))
