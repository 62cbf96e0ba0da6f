"""Define the sheets that cards are printed on, bought or cut, in millimetres.

The measurements are checked once, when they are read: cards that overlap or leave their page never
reach a printer.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Final, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    Tag,
    model_validator,
)

from teachback.content.base_model import Entries, Id, Plain
from teachback.content.validation_errors import validated
from teachback.errors import Problem, TeachbackError
from teachback.files.merged_files import read_entries
from teachback.units import MM_PER_INCH, PT_PER_INCH, Box, Paper

if TYPE_CHECKING:
    from teachback.files.workspace import Workspace

MM_IN_UNIT: Final = {"mm": 1.0, "cm": 10.0, "in": MM_PER_INCH, "pt": MM_PER_INCH / PT_PER_INCH}
# In mm. Sources round to whole points or to hundredths, so a smaller excess is ignored.
TOLERANCE: Final = 0.05
# In mm. Nothing that is sold as a card is smaller.
SMALLEST: Final = 25.0
_LENGTH: Final = re.compile(r"([+-]?\d+(?:\.\d+)?)\s*([A-Za-z%\"']*)")


def parse_length(value: object) -> float:
    """Convert `88.9`, `88.9 mm`, `8.89 cm`, `3.5 in` or `252 pt` to mm; a bare number is in mm.

    Raises ValueError with the known units for anything else.
    """
    match = _LENGTH.fullmatch(str(value).strip())
    if match is None:
        raise ValueError(f"'{value}' is not a length; write a number and mm, cm, in or pt")
    number, unit = float(match[1]), match[2] or "mm"
    if unit not in MM_IN_UNIT:
        raise ValueError(f"the unit '{unit}' is not known; write mm, cm, in or pt")
    return number * MM_IN_UNIT[unit]


def _length_or_none(value: object) -> object:
    try:
        return value if value is None else parse_length(value)
    except ValueError as error:
        message, _, hint = str(error).partition("; ")
        raise ValueError(f"{message}\n{hint.capitalize()}.") from None


Length = Annotated[float, BeforeValidator(_length_or_none, json_schema_input_type=float | str)]
Size = Annotated[Length, Field(gt=0)]
Distance = Annotated[Length, Field(ge=0)]
Count = Annotated[int, Field(ge=1, le=50)]


class _Measured(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class PageSize(_Measured):
    """A page that is neither Letter nor A4."""

    width: Size
    height: Size


class CardGrid(_Measured):
    """The number of cards beside and below each other."""

    columns: Count
    rows: Count


class CardSize(_Measured):
    """The size of one card; `round` is the radius of its corners."""

    width: Size
    height: Size
    round: Distance = 0.0


class Corner(_Measured):
    """The top left corner of the first card."""

    left: Distance
    top: Distance


class Pitch(_Measured):
    """The distance from one card's corner to the next one's: the card and the gap."""

    across: Size
    down: Size


class Fold(_Measured):
    """The line where a card folds: `across` from its left edge, or `down` from its top edge."""

    across: Size | None = None
    down: Size | None = None

    @model_validator(mode="after")
    def _folds_once(self) -> Fold:
        if (self.across is None) == (self.down is None):
            raise ValueError("a card folds once: write across or down")
        return self


class Stock(_Measured):
    """One kind of sheet."""

    page: Annotated[
        Annotated[Paper, Tag("name")] | Annotated[PageSize, Tag("size")],
        Discriminator(lambda value: "size" if isinstance(value, dict | PageSize) else "name"),
    ]
    also: tuple[Id, ...] = Field((), description="Names under which the same sheet is sold.")
    grid: CardGrid
    card: CardSize
    first: Corner
    pitch: Pitch
    kind: Literal[
        "cards",
        "cut",
        "badge-insert",
        "adhesive-badge",
        "self-laminating-id",
        "index-card",
        "fold-over",
    ] = "cards"
    bleed: Distance = 0.0
    fold: Fold | None = None
    source: tuple[Plain, ...] = Field(min_length=1, description="Where the measurements were read.")
    note: Plain | None = None

    @property
    def page_box(self) -> Box:
        """Width and height of the page, in mm."""
        return (
            self.page.box
            if isinstance(self.page, Paper)
            else Box(self.page.width, self.page.height)
        )

    @property
    def places(self) -> int:
        """The number of cards that a sheet holds."""
        return self.grid.columns * self.grid.rows

    @property
    def card_box(self) -> Box:
        """Width and height of a side of a card, in mm; of a card that folds, its first half."""
        if self.fold is None:
            return Box(self.card.width, self.card.height)
        return Box(self.fold.across or self.card.width, self.fold.down or self.card.height)

    def corner(self, place: int) -> tuple[float, float]:
        """Return the top left corner, in mm, of a place counted from 0 along the rows."""
        row, column = divmod(place, self.grid.columns)
        return self.first.left + column * self.pitch.across, self.first.top + row * self.pitch.down

    @model_validator(mode="after")
    def _fits(self) -> Stock:
        page, card, fold = self.page_box, self.card, self.fold
        last_left, last_top = self.corner(self.places - 1)
        over_right = last_left + card.width - page.width
        over_bottom = last_top + card.height - page.height
        faults = []
        if min(card.width, card.height) < SMALLEST:
            faults.append(
                f"a card of {card.width:g} x {card.height:g} mm is too small "
                "to read; write the unit, such as 3.5 in"
            )
        if over_right > TOLERANCE:
            faults.append(f"the last column leaves the page by {over_right:.2f} mm on the right")
        if over_bottom > TOLERANCE:
            faults.append(f"the last row leaves the page by {over_bottom:.2f} mm at the bottom")
        if self.grid.columns > 1 and card.width - self.pitch.across > TOLERANCE:
            faults.append(
                f"cards beside each other overlap by {card.width - self.pitch.across:.2f} mm"
            )
        if self.grid.rows > 1 and card.height - self.pitch.down > TOLERANCE:
            faults.append(
                f"cards below each other overlap by {card.height - self.pitch.down:.2f} mm"
            )
        if fold is not None:
            position = fold.across or fold.down or 0.0
            length = card.width if fold.across else card.height
            if position >= length:
                faults.append("the fold lies outside the card")
            elif abs(2 * position - length) > TOLERANCE:
                faults.append(
                    "the fold is not in the middle, so the back would not lie behind the front"
                )
        if faults:
            raise ValueError("; ".join(faults))
        return self


class Stocks(Entries[dict[Id, Stock]]):
    """Every stock of the workspace, by name."""

    def names(self) -> dict[str, str]:
        """Return every name by which a stock can be asked for, with the stock's own name."""
        other_names = {other: name for name, stock in self.root.items() for other in stock.also}
        return {**other_names, **{name: name for name in self.root}}


def load_stocks(workspace: Workspace) -> Stocks:
    """Read the stocks: the built-in ones, and the clinic's own.

    Raises TeachbackError with every problem.
    """
    file = read_entries(workspace, "content/stocks.yaml")
    stocks = validated(Stocks, file)
    problems: list[Problem] = []
    owners: dict[str, str] = {}
    for name, stock in stocks.root.items():
        for index, other in enumerate(stock.also):
            if owners.setdefault(other, name) != name:
                message = f"'{other}' is another name of '{owners[other]}' already"
                place = file.locate((name, "also", index))
                problems.append(Problem(message, "Keep it with one of the two.", place))
    if problems:
        raise TeachbackError(*problems)
    return Stocks(dict(sorted(stocks.root.items())))
