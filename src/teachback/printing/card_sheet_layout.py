"""Compute which card lies where on which sheet, front and back, and where its marks are. Pure.

`card_sheet_pdf` draws what this computes. Printers call it imposition.

All lengths are in millimetres from the top left of a page.

The page is W x H and a front card of w x h lies at (x, y). A printer turns the sheet over one of
its edges, as the file asks (ISO 32000-1, table 150). Turned over an upright edge, the back lies at
(W - x - w, y). Turned over a level edge, it lies at (x, H - y - h), and is turned by 180 degrees so
that it reads upright when the card is turned like a page of a book. The long edge of a page that is
higher than wide is upright; that of a wider one is level.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from teachback.printing.settings import NO_OFFSET, Sides

if TYPE_CHECKING:
    from collections.abc import Sequence

    from teachback.printing.card_stock import Stock
    from teachback.printing.settings import Offset
    from teachback.units import Box

# In mm: the length of a crop mark, and the gap between it and a card.
MARK_LENGTH: Final = 3.0
MARK_GAP: Final = 1.0
# In mm. With a smaller difference, the longer edge of a page is uncertain: paper is cut to 1 mm or
# worse.
SQUARE: Final = 1.0


@dataclass(frozen=True)
class Placement:
    """One side of a card on a page.

    `card` is the number of the card. `x`, `y`, `width` and `height` are in mm, and `turn` is in
    degrees.
    """

    card: int
    x: float
    y: float
    width: float
    height: float
    turn: int = 0
    back: bool = False


@dataclass(frozen=True)
class SheetSides:
    """The cards on one sheet: on its front, and on its back where it has one."""

    front: tuple[Placement, ...]
    back: tuple[Placement, ...] | None


@dataclass(frozen=True)
class SheetExtras:
    """The lines to draw beside the cards.

    `bleed` (mm) sets the boxes by which a print shop cuts.
    """

    marks: bool = False
    outline: bool = False
    fold: bool = False
    bleed: float | None = None


@dataclass(frozen=True)
class Hairline:
    """A hairline along one axis, from its top left, in mm."""

    x: float
    y: float
    width: float
    height: float


def impose(
    cards: Sequence[int],
    stock: Stock,
    sides: Sides,
    *,
    start_at: int = 1,
    offset: Offset = NO_OFFSET,
    back_offset: Offset = NO_OFFSET,
) -> tuple[SheetSides, ...]:
    """Lay cards on sheets, in their order, along the rows.

    `cards` holds, for each place, the number of the card that goes there. `start_at` counts from 1;
    the places before it on the first sheet stay empty.

    Raises ValueError when `start_at` is not a place of the stock, when there are no cards, when
    folding is asked of a stock without a fold or another way of a stock with one, or when several
    cards are to be printed on both sides of a square page. Such a page has no long edge, so
    printers differ.
    """
    if (sides is Sides.FOLD) != (stock.fold is not None):
        message = (
            "this stock has no fold"
            if stock.fold is None
            else "cards of this stock are folded, so their only sides are 'fold'"
        )
        raise ValueError(message)
    if not 1 <= start_at <= stock.places:
        raise ValueError(f"this sheet has places 1 to {stock.places}, but no place {start_at}")
    if not cards:
        raise ValueError("there are no cards to print")
    if (
        sides in {Sides.LONG_EDGE, Sides.SHORT_EDGE}
        and stock.places > 1
        and _is_square(stock.page_box)
    ):
        message = (
            "the page is square, so printers may turn it either way, "
            "and a back could be printed behind the wrong card"
        )
        raise ValueError(message)
    places: list[int | None] = [*[None] * (start_at - 1), *cards]
    sheets = []
    for start in range(0, len(places), stock.places):
        numbered = [
            (place, card)
            for place, card in enumerate(places[start : start + stock.places])
            if card is not None
        ]
        if sides is Sides.FOLD:
            halves = tuple(half for place, card in numbered for half in _halves(card, place, stock))
            sheets.append(SheetSides(tuple(_moved(half, offset) for half in halves), None))
            continue
        fronts = tuple(_front(card, place, stock) for place, card in numbered)
        backs = None
        if sides in {Sides.LONG_EDGE, Sides.SHORT_EDGE}:
            backs = tuple(_moved(back_of(front, stock, sides), back_offset) for front in fronts)
        sheets.append(SheetSides(tuple(_moved(front, offset) for front in fronts), backs))
    return tuple(sheets)


def back_of(front: Placement, stock: Stock, sides: Sides) -> Placement:
    """Return the placement of a card's back on the other side of the sheet."""
    page = stock.page_box
    if flips_level(page, sides):
        return Placement(
            front.card,
            front.x,
            page.height - front.y - front.height,
            front.width,
            front.height,
            180,
            back=True,
        )
    return Placement(
        front.card,
        page.width - front.x - front.width,
        front.y,
        front.width,
        front.height,
        back=True,
    )


def flips_level(page: Box, sides: Sides) -> bool:
    """Return whether a page (mm) is turned over its top edge, like a calendar, not like a book.

    A square page counts as one that is higher than wide, as paper sizes do (PWG 5101.1).
    """
    wider = page.width > page.height and not _is_square(page)
    return wider if sides is Sides.LONG_EDGE else sides is Sides.SHORT_EDGE and not wider


def _is_square(page: Box) -> bool:
    return abs(page.width - page.height) <= SQUARE


def crop_marks(placements: Sequence[Placement]) -> tuple[Hairline, ...]:
    """Return the marks at the corners of cards to be cut out.

    They are in line with the cards' edges, touch no card, and occur once each.
    """
    marks: dict[Hairline, None] = {}
    for card in placements:
        for x in (card.x, card.x + card.width):
            for y in (card.y - MARK_GAP - MARK_LENGTH, card.y + card.height + MARK_GAP):
                marks[Hairline(round(x, 3), round(y, 3), 0.0, MARK_LENGTH)] = None
        for y in (card.y, card.y + card.height):
            for x in (card.x - MARK_GAP - MARK_LENGTH, card.x + card.width + MARK_GAP):
                marks[Hairline(round(x, 3), round(y, 3), MARK_LENGTH, 0.0)] = None
    return tuple(mark for mark in marks if not any(_touches(mark, card) for card in placements))


def _touches(mark: Hairline, card: Placement) -> bool:
    """Return whether a mark lies on a card, as between cards without a gap."""
    across = mark.x + mark.width > card.x and mark.x < card.x + card.width
    down = mark.y + mark.height > card.y and mark.y < card.y + card.height
    return across and down


def _front(card: int, place: int, stock: Stock) -> Placement:
    x, y = stock.corner(place)
    return Placement(card, x, y, stock.card.width, stock.card.height)


def _halves(card: int, place: int, stock: Stock) -> tuple[Placement, Placement]:
    """Return the two halves of a folded card, so that both read upright once it is folded back.

    The back lies beside the front, or below it and upside down.
    """
    x, y = stock.corner(place)
    front = stock.card_box
    if stock.fold is not None and stock.fold.across is not None:
        back = Placement(
            card, x + front.width, y, stock.card.width - front.width, front.height, back=True
        )
    else:
        back = Placement(
            card, x, y + front.height, front.width, stock.card.height - front.height, 180, back=True
        )
    return Placement(card, x, y, front.width, front.height), back


def _moved(placement: Placement, offset: Offset) -> Placement:
    return replace(placement, x=placement.x + offset.x, y=placement.y + offset.y)
