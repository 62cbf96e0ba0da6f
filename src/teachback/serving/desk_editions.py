"""Print the editions of the front desk once, ready for the words of a patient.

These functions run in worker processes of the press room, which hold a `PrintContext`. They have a
lower priority than the press room itself, which answers while somebody types at other desks. Pages
are printed and proved as in `merge`.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory, gettempdir
from typing import TYPE_CHECKING, Final, NamedTuple

from teachback.archive.store import archive_problems
from teachback.commands.archive_step import archive_outputs
from teachback.commands.print_steps import written_outputs
from teachback.errors import Problem, TeachbackError, UsageError, with_location
from teachback.files.atomic_files import os_errors_as_problems
from teachback.files.workspace import handout_files
from teachback.merge.stamping.edition_templates import handout_template, sheet_template
from teachback.pdf.page_images import Strip, page_picture, page_texts, strip_pictures
from teachback.printing.card_run import CardOrder, card_run, find_stock, full_sheet_or_plain
from teachback.printing.card_sheet_pdf import ask_for_printing
from teachback.printing.card_stock import load_stocks
from teachback.printing.fingerprints import origin_of, shared_fingerprint
from teachback.printing.job_composer import JobOrder, compose_job
from teachback.printing.job_printer import do_job
from teachback.printing.jobs import CARDS, SHEET
from teachback.printing.process_limits import give_way
from teachback.printing.settings import Sides
from teachback.printing.type_fitting import CardTooLongError, fitting_boxes
from teachback.serving.desk_choices import stock_name
from teachback.units import Box, Depth, Paper, TypeSize, px_to_mm

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from teachback.merge.stamping.pdf_template import Slot, Template
    from teachback.printing.job_composer import PrintContext
    from teachback.printing.jobs import CardRun
    from teachback.printing.settings import Settings

# The space that words may cover around their place, in ems of its largest type: a letter may have
# two accents.
_ABOVE, _BELOW, _BESIDE = 1.4, 0.5, 0.3
# What `html.composer.slot` writes for a place.
_PLACE: Final = ' data-field="'
# Why a stock cannot be used.
_BACK_NEEDED: Final = "printed on one side, but the patient's words are on the back"
_TOO_SMALL: Final = "too small for this card"
# So many stocks are named, at most, for a card that is too long for the chosen one.
_MOST_NAMED: Final = 3


class HandoutOrder(NamedTuple):
    """A handout that a desk asks for. `facing` is a second language, or "".

    `boxes` are the fields without a value, whose choices are printed as boxes to tick.
    """

    stem: str
    audience: str
    paper: str
    size: str
    depth: str
    facing: str = ""
    boxes: tuple[str, ...] = ()


class CardsOrder(NamedTuple):
    """Cards that a desk asks for: so many, on a stock, from a place of the first sheet."""

    stem: str
    audience: str
    stock: str
    start_at: int
    number: int


@dataclass(frozen=True)
class OpenEdition:
    """A proved file, ready for a patient's words.

    Without places for words, `template` is None and `data` is the complete file. `key` identifies
    this very file; `code` is the edition code printed on it. `box` is the size of its pages in mm.
    `places` are the parts of the pages that the words of each field may cover. `choices` are the
    fields that are printed as boxes to tick while they are empty.
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
        """The names of the fields that have a place or boxes to tick."""
        return (*self.template.fields, *self.boxes) if self.template else ()

    @property
    def boxes(self) -> tuple[str, ...]:
        """The fields that have boxes to tick."""
        ordered = self.order.boxes if isinstance(self.order, HandoutOrder) else ()
        return tuple(name for name in self.choices if name in ordered)

    def stamped(self, values: Mapping[str, str], document: bytes = b"") -> bytes:
        """Return the PDF with a patient's words. Raises UnstampedError where one does not fit."""
        if self.template is None:
            return self.data
        per_card = values if self.template.cards == 1 else [values] * self.template.cards
        return self.template.stamp(per_card, document)

    def finished(self, values: Mapping[str, str], document: bytes, copies: int = 1) -> bytes:
        """Return the stamped PDF. It asks the printer for true size, its sides, and copies."""
        return ask_for_printing(self.stamped(values, document), self.sides, copies)

    def patches(self, values: Mapping[str, str], dpi: int) -> Iterator[tuple[Strip, bytes]]:
        """Yield the parts of the pages that hold a patient's words, as they will be printed."""
        strips = [strip for field, strip in self.places if values.get(field)]
        return strip_pictures(self.stamped(values), strips, dpi) if strips else iter(())


def open_handout(
    context: PrintContext, request: tuple[HandoutOrder, frozenset[str] | None]
) -> OpenEdition:
    """Print one handout and cut it at its fields, with fonts for these letters.

    With None, its fonts have the letters that they have anyhow.
    """
    give_way()
    order, letters = request
    settings = _settings_for(context, order)
    blank = replace(context, settings=settings, for_records=True, boxes=order.boxes)
    job = compose_job(blank, JobOrder(order.stem, (order.audience,), "handout", ("pdf",)))
    try:
        template = handout_template(job, context.files, letters)
    except TeachbackError as error:
        raise TeachbackError(*with_location(error.problems, job.name, job.place)) from None
    data = template.stamp({}, b"")
    sides = Sides.LONG_EDGE if template.pages > 1 else Sides.ONE
    key = f"{job.code}.{order.paper}.{_digest(data)}"
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


def draw_page(_: PrintContext, request: tuple[bytes, int, int]) -> bytes:
    """Draw a page of a PDF, counted from 0, at so many dots to the inch."""
    give_way()
    data, page, dpi = request
    return page_picture(data, page, dpi)


def open_cards(
    context: PrintContext, request: tuple[CardsOrder, frozenset[str] | None]
) -> OpenEdition:
    """Print sheets of equal cards. Cards with places for words must be on one sheet."""
    give_way()
    order, letters = request
    stocks = load_stocks(context.workspace)
    named = find_stock(order.stock, stocks)
    start = CardOrder(start_at=order.start_at)
    run = card_run(named, [0] * order.number, context.settings, stocks, start)
    card = JobOrder(order.stem, (order.audience,), "card", (CARDS,))
    job = compose_job(replace(context, run=run), card)
    if not any(_PLACE in page for page in job.cards):
        done = do_job(job, context.files)
        if done.too_long:
            raise TeachbackError(_too_long(context, order))
        # Problems of what was printed are warnings, such as one about small type.
        if not done.printed:
            raise TeachbackError(*done.problems)
        data = done.printed[0].data
        return _opened_cards(order, run, job.code, data, None)
    if len(run.sheets) > 1 or run.sides is Sides.ONE:
        raise TeachbackError(_stamping_problem(order, named[1].places, run))
    run = card_run(named, list(range(order.number)), context.settings, stocks, start)
    sheet = JobOrder(order.stem, (order.audience,) * order.number, "card", (SHEET,))
    try:
        template = sheet_template(
            compose_job(replace(context, run=run), sheet), context.files, letters
        )
    except CardTooLongError:
        raise TeachbackError(_too_long(context, order)) from None
    except TeachbackError as error:
        raise TeachbackError(*with_location(error.problems, job.name, job.place)) from None
    data = template.stamp([{}] * template.cards, b"")
    return _opened_cards(order, run, job.code, data, template)


def unfit_stocks(context: PrintContext, card: tuple[str, str]) -> dict[str, str]:
    """Return the stocks on which the card of a stem and an audience cannot be printed, and why."""
    give_way()
    stem, audience = card
    stocks = load_stocks(context.workspace)
    unfit: dict[str, str] = {}
    runs: dict[str, CardRun] = {}
    for name, stock in stocks.root.items():
        try:
            runs[name] = card_run((name, stock), [0], context.settings, stocks, CardOrder())
        except UsageError as error:
            unfit[name] = error.problems[0].message
    for one_sided in (False, True):
        alike = {name: run for name, run in runs.items() if (run.sides is Sides.ONE) is one_sided}
        if not alike:
            continue
        order = JobOrder(stem, (audience,), "card", (CARDS,))
        job = compose_job(replace(context, run=next(iter(alike.values()))), order)
        if one_sided and any(_PLACE in page for page in job.cards):
            unfit |= dict.fromkeys(alike, _BACK_NEEDED)
            continue
        fitting = fitting_boxes(job, 0, (run.box for run in alike.values()), context.files)
        unfit |= {name: _TOO_SMALL for name, run in alike.items() if run.box not in fitting}
    return unfit


def _too_long(context: PrintContext, order: CardsOrder) -> Problem:
    """Return the problem of a card that does not fit on a stock, with stocks of the same paper.

    The card fits on those.
    """
    stocks = load_stocks(context.workspace)
    chosen, stock = find_stock(order.stock, stocks)
    unfit = unfit_stocks(context, (order.stem, order.audience))
    others = [
        stock_name(name, other)
        for name, other in sorted(
            stocks.root.items(),
            key=lambda entry: (entry[1].kind != "cut", entry[1].card_box.area),
        )
        if name not in unfit and other.page == stock.page
    ]
    return Problem(
        f"this card is too long for {stock_name(chosen, stock)}",
        f"It fits on {'; '.join(others[:_MOST_NAMED])}. Choose one of them."
        if others
        else "It fits on no stock of this paper. Print the handout alone.",
    )


def archive_edition(context: PrintContext, order: HandoutOrder | CardsOrder) -> tuple[Problem, ...]:
    """Keep a printed edition in the archive, without words. Return the problems of a failure."""
    give_way()
    try:
        # The files are printed into a temporary folder first.
        with os_errors_as_problems(Path(gettempdir())):
            return _archived(context, order)
    except TeachbackError as error:
        return archive_problems(error)


def _archived(context: PrintContext, order: HandoutOrder | CardsOrder) -> tuple[Problem, ...]:
    workspace = context.workspace
    path = handout_files(workspace)[order.stem]
    origin = origin_of(shared_fingerprint(workspace), path, workspace)
    with TemporaryDirectory(prefix="teachback-") as folder:
        if isinstance(order, CardsOrder):
            # A card is kept as `build` prints it: on larger plain stock where it is too long.
            kind, settings = "card", context.settings
            run = full_sheet_or_plain(workspace, settings)
        else:
            kind, settings, run = "handout", _settings_for(context, order), None
        in_folder = replace(context, settings=replace(settings, output=Path(folder)), run=run)
        job = compose_job(in_folder, JobOrder(order.stem, (order.audience,), kind, ("pdf",)))
        done = do_job(job, context.files)
        if not done.printed:
            raise TeachbackError(*done.problems)
        outputs = [output for output, _ in written_outputs([done], in_folder, origin)]
        return archive_outputs(in_folder.settings, workspace, outputs, None).problems


def _settings_for(context: PrintContext, order: HandoutOrder) -> Settings:
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
    key = f"{code}.{run.stock}.{_digest(data)}"
    slots = template.slots if template else ()
    places = tuple((slot.field, _on_sheet(_strip(slot), run)) for slot in slots)
    return OpenEdition(
        order, key, code, run.pages, run.page, page_texts(data), run.sides, data, template, places
    )


def _on_sheet(strip: Strip, run: CardRun) -> Strip:
    """Return where a part of a card lies on the first sheet. A card is laid out on two pages."""
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


def _stamping_problem(order: CardsOrder, places: int, run: CardRun) -> Problem:
    if run.sides is Sides.ONE:
        message = f"{run.stock} cards are {_BACK_NEEDED}"
        return Problem(message, "Choose a stock with two sides.")
    most = places - order.start_at + 1
    message = f"cards with a patient's words are printed a sheet at a time, and {most} fit here"
    return Problem(message, f"Print {most} now, and the others on the next sheet.")


def _digest(data: bytes) -> str:
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
