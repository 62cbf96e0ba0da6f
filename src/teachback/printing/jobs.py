"""Hold what is to be printed of an edition, and the result, as plain data for other processes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

from teachback.printing.settings import Sides
from teachback.units import TypeSize

if TYPE_CHECKING:
    from collections.abc import Mapping

    from teachback.errors import Location, Problem
    from teachback.printing.card_sheet_layout import SheetExtras, SheetSides
    from teachback.proofing.black_and_white import Measures
    from teachback.proofing.expected_text import Expected
    from teachback.units import Box

# The forms of cards on stock: of a build, of an order, and for a print shop.
SHEET, CARDS, CARDS_PRESS = "sheet", "cards", "cards-press"
ON_STOCK: Final = frozenset({SHEET, CARDS, CARDS_PRESS})


@dataclass(frozen=True)
class CardRun:
    """A plan of cards on stock: the size of a side and the page (mm), and each sheet's cards.

    `others` are the card sizes of the stocks on such a page, by name and small ones first: a
    refused card may fit on them. A card with two sides has none of the stocks for one side. `plain`
    are sheets of plain paper to cut, small cards first. There, a build prints a card that is too
    long for its stock.
    """

    stock: str
    box: Box
    page: Box
    sides: Sides
    sheets: tuple[SheetSides, ...]
    extras: SheetExtras
    others: Mapping[str, Box]
    plain: tuple[CardRun, ...] = ()

    @property
    def pages(self) -> int:
        """The number of pages that the run prints."""
        return sum(1 + (sheet.back is not None) for sheet in self.sheets)


class PagePromise(NamedTuple):
    """The most pages that a handout may take, and where its file says so.

    `binding` is whether it is refused when it takes more.
    """

    pages: int
    place: Location
    binding: bool


@dataclass(frozen=True)
class Job:
    """An edition's composed handout or cards, with the requested forms.

    `cards` are the cards one by one; `together` is all of them in one page where there are several.
    `unfilled` is the handout as an empty clinic.yaml would print it, or "" where it is empty.
    A job `for_fit` prints no file: its text has other faults, and is only measured. `known_fit` is
    the `Printed.fit` of an earlier print of the same page, or empty where there was none.
    `choices` are the fields that have boxes to tick, where no record fills them.
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
    promised: PagePromise | None = None
    unfilled: str = ""
    size: TypeSize = TypeSize.STANDARD
    for_fit: bool = False
    known_fit: tuple[int, ...] = ()
    choices: tuple[str, ...] = ()

    @property
    def one_sided(self) -> bool:
        """Whether only the fronts of its cards are printed."""
        return bool(self.on_stock) and self.run is not None and self.run.sides is Sides.ONE

    @property
    def on_stock(self) -> str:
        """The form in which the cards lie on stock, or "" where none is requested."""
        return next((form for form in self.forms if form in ON_STOCK), "")


@dataclass(frozen=True)
class Printed:
    """The bytes of one file, with its form (pdf, html, png, or one on stock).

    `page` is the number of the page in a picture. `measures` and `proof_warnings` come from the
    proof. `fit` is the choice of space for a handout, or the steps of type on a card's front and
    back. `run` is the stock that a card lies on or has the size of; without one it is a bank card.
    `warnings` are always reported, those of `proof_warnings` only with --proof.
    """

    form: str
    data: bytes
    pages: int
    page: int = 0
    measures: Measures | None = None
    proof_warnings: tuple[Problem, ...] = ()
    fit: tuple[int, ...] = ()
    run: CardRun | None = None
    warnings: tuple[Problem, ...] = ()


class ProofResult(NamedTuple):
    """The measures of a file, and the warnings that do not keep it back."""

    measures: Measures | None
    proof_warnings: tuple[Problem, ...]


@dataclass(frozen=True)
class FinishedJob:
    """The result of a job: its files, or problems.

    `too_long` is whether it is a card that no stock takes: it is refused, but not its handout.
    """

    job: Job
    printed: tuple[Printed, ...]
    problems: tuple[Problem, ...]
    libraries: str
    too_long: bool = False
