"""What is to be printed of one edition, and what came of it: plain data, so that it can be handed to another process."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

    from teachback.errors import Location, Problem
    from teachback.printing.imposition import SheetExtras, SheetSides, Sides
    from teachback.proofing.expected_text import Expected
    from teachback.proofing.page_proof import Measures
    from teachback.units import Box


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
    extras: SheetExtras
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


class ProofResult(NamedTuple):
    """What was measured on a file, and what was noticed that does not keep it back."""

    measures: Measures | None
    noticed: tuple[Problem, ...]


@dataclass(frozen=True)
class FinishedJob:
    """What came of a job: its files, or problems."""

    job: Job
    printed: tuple[Printed, ...]
    problems: tuple[Problem, ...]
    libraries: str
