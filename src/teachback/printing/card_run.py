"""Build a run of cards from the name of a stock and a number of cards.

The run says which card lies where on which sheet, and what is drawn beside the cards.
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from teachback.errors import UsageError
from teachback.printing.card_sheet_layout import SheetExtras, flips_level, impose
from teachback.printing.card_stock import (
    CardGrid,
    CardSize,
    Corner,
    PageSize,
    Pitch,
    Stock,
    Stocks,
    load_stocks,
)
from teachback.printing.jobs import CardRun
from teachback.printing.settings import Offset, Sides
from teachback.units import CARD_INSET, Box

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from teachback.files.workspace import Workspace
    from teachback.printing.card_sheet_layout import SheetSides
    from teachback.printing.settings import Settings

# For a print shop, in mm: what it cuts off beyond the card's edge (trade norm: 3 mm), and the room
# for its marks.
BLEED: Final = 3.0
PRESS_MARGIN: Final = 9.0
_OTHER_SIDES: Final = (
    "Print one side with --sides one, or choose other stock; see `teachback card --help`."
)


@dataclass(frozen=True)
class CardOrder:
    """An order of one run: how many cards, from which place on, and what is drawn beside them."""

    copies: int | None = None
    start_at: int = 1
    outline: bool = False
    press: bool = False


def find_stock(name: str, stocks: Stocks) -> tuple[str, Stock]:
    """Return a stock by its own name or by another name under which it is sold.

    Raises UsageError with the nearest names.
    """
    names = stocks.names()
    if name.lower() not in names:
        alike = " or ".join(f"'{other}'" for other in _alike(name.lower(), names))
        hint = f"{f'Did you mean {alike}? ' if alike else ''}See `teachback list stocks`."
        raise UsageError.of(f"there is no stock '{name}'", hint)
    own_name = names[name.lower()]
    return own_name, stocks.root[own_name]


def _alike(name: str, names: Iterable[str]) -> list[str]:
    """Return up to three similar names; of similar product numbers, those nearest in value.

    A name that ends in what was written is nearest: 5371 means avery-5371.
    """
    names = list(names)
    with_ending = [other for other in names if other.endswith(f"-{name}")]
    if with_ending:
        return with_ending[:3]

    def number(text: str) -> int:
        return int("".join(filter(str.isdecimal, text)) or 0)

    close = difflib.get_close_matches(name, names, n=20, cutoff=0.7)
    return sorted(close, key=lambda other: abs(number(other) - number(name)))[:3]


def card_run(
    named_stock: tuple[str, Stock],
    cards: Sequence[int],
    settings: Settings,
    stocks: Stocks,
    order: CardOrder,
) -> CardRun:
    """Lay cards on stock as the settings say. Raises UsageError for what the stock cannot do."""
    name, stock = named_stock
    sides = settings.sides or _usual_sides(stock)
    offset, back_offset = settings.offset, settings.back_offset
    if order.press:
        # The offset of an office printer does not apply to the presses of a print shop.
        stock, offset, back_offset = press_stock(stock), Offset(), Offset()
        # A print shop wants both sides upright, as when a sheet is turned like a page of a book.
        sides = (
            Sides.SHORT_EDGE if flips_level(stock.page_box, Sides.LONG_EDGE) else Sides.LONG_EDGE
        )
    try:
        sheets = impose(
            cards, stock, sides, start_at=order.start_at, offset=offset, back_offset=back_offset
        )
    except ValueError as error:
        if (sides is Sides.FOLD) != (stock.fold is not None):
            hint = _other_stocks(sides, stocks)
        elif order.start_at > stock.places:
            hint = f"Write a place from 1 to {stock.places}, counted along the rows from the top."
        else:
            hint = _OTHER_SIDES
        raise UsageError.of(f"{name}: {error}", hint) from None
    _refuse_off_page(name, sheets, stock.page_box)
    return CardRun(
        stock=name,
        box=stock.card_box,
        page=stock.page_box,
        sides=sides,
        sheets=sheets,
        extras=SheetExtras(
            marks=stock.kind == "cut" or order.press,
            outline=order.outline,
            fold=sides is Sides.FOLD,
            bleed=BLEED if order.press else None,
        ),
        others={
            other_name: other.card_box
            for other_name, other in sorted(
                stocks.root.items(), key=lambda item: item[1].card_box.area
            )
            if other.page_box == named_stock[1].page_box
            and (sides is Sides.ONE or _usual_sides(other) is not Sides.ONE)
        },
    )


def full_sheet(workspace: Workspace, settings: Settings) -> CardRun:
    """Fill one sheet of the stock of the settings with the same card.

    Raises UsageError for an unknown stock, or one that does not fit the settings.
    """
    stocks = load_stocks(workspace)
    return _filled(find_stock(settings.card_stock, stocks), settings, stocks)


def full_sheet_or_plain(workspace: Workspace, settings: Settings) -> CardRun:
    """Return `full_sheet` with the sheets of plain paper of its size, printed on as many sides.

    They take cards that are too long for its stock.
    """
    stocks = load_stocks(workspace)
    run = _filled(find_stock(settings.card_stock, stocks), settings, stocks)
    same_sides = replace(settings, sides=run.sides)
    plain = [
        _filled((name, stocks.root[name]), same_sides, stocks)
        for name in run.others
        if stocks.root[name].kind == "cut"
        and (stocks.root[name].fold is not None) == (run.sides is Sides.FOLD)
    ]
    return replace(run, plain=tuple(plain))


def _filled(named_stock: tuple[str, Stock], settings: Settings, stocks: Stocks) -> CardRun:
    cards = [0] * named_stock[1].places
    return card_run(named_stock, cards, settings, stocks, CardOrder())


def _refuse_off_page(name: str, sheets: tuple[SheetSides, ...], page: Box) -> None:
    """Raise UsageError for an offset that would push the text of a card off its sheet."""
    for sheet in sheets:
        for card in (*sheet.front, *(sheet.back or ())):
            left, top = card.x + CARD_INSET, card.y + CARD_INSET
            right, bottom = card.x + card.width - CARD_INSET, card.y + card.height - CARD_INSET
            excess = max(-left, -top, right - page.width, bottom - page.height)
            if excess > 0:
                message = (
                    f"{name}: with this offset, text would be {excess:.1f} mm outside the page"
                )
                raise UsageError.of(
                    message,
                    "Check the offset with `teachback calibrate`, "
                    "and how the paper lies in the tray.",
                )


def _usual_sides(stock: Stock) -> Sides:
    """Return the sides that a stock is made for; the back of an adhesive badge is its liner."""
    if stock.fold is not None:
        return Sides.FOLD
    return Sides.ONE if stock.kind == "adhesive-badge" else Sides.LONG_EDGE


def press_stock(stock: Stock) -> Stock:
    """Return the page for a print shop: one card, with room for bleed and marks around it."""
    box = stock.card_box
    page = PageSize(width=box.width + 2 * PRESS_MARGIN, height=box.height + 2 * PRESS_MARGIN)
    return Stock(
        page=page,
        grid=CardGrid(columns=1, rows=1),
        card=CardSize(width=box.width, height=box.height),
        first=Corner(left=PRESS_MARGIN, top=PRESS_MARGIN),
        pitch=Pitch(across=box.width, down=box.height),
        source=("computed: one card a page for a print shop",),
    )


def _other_stocks(sides: Sides, stocks: Stocks) -> str:
    names = [
        name
        for name, stock in stocks.root.items()
        if (stock.fold is not None) == (sides is Sides.FOLD)
    ]
    return f"For --sides {sides} there are: {', '.join(names[:6])}. See `teachback list stocks`."
