"""Define the settings of a run: what to print and how."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from teachback.units import Depth, two_languages

if TYPE_CHECKING:
    from pathlib import Path

    from teachback.units import Paper, PrintInk, TypeSize


class Sides(StrEnum):
    """The way in which the back of a card comes behind its front."""

    ONE = "one"
    LONG_EDGE = "long-edge"
    SHORT_EDGE = "short-edge"
    FOLD = "fold"


@dataclass(frozen=True)
class Offset:
    """The error of a printer's position, in mm; right and down are positive."""

    x: float = 0.0
    y: float = 0.0


NO_OFFSET: Final = Offset()


@dataclass(frozen=True)
class Settings:
    """The choices for one run; an empty tuple or None means no restriction.

    `facing` is the language beside `language` where an edition has two, and empty where it has one.
    """

    handouts: tuple[str, ...]
    audiences: tuple[str, ...]
    language: str | None
    paper: Paper
    size: TypeSize
    kinds: tuple[str, ...]
    formats: tuple[str, ...]
    output: Path
    jobs: int
    stock: str | None = None
    sides: Sides | None = None
    offset: Offset = NO_OFFSET
    back_offset: Offset = NO_OFFSET
    force: bool = False
    release: bool = False
    strict: bool = False
    proof: bool = False
    archive: Path | None = None
    dates: str | None = None
    depth: Depth = Depth.FULL
    # None: the ink that clinic.yaml names.
    ink: PrintInk | None = None
    facing: str = ""

    def asked_ink(self, form: str) -> str:
        """Return the ink that was asked for; empty for the clinic's own, and for a screen."""
        return "" if form == "html" else str(self.ink or "")

    def languages(self, language: str) -> str:
        """Return the name of an edition's languages, of which `language` is the first."""
        return two_languages(language, self.facing)

    @property
    def card_stock(self) -> str:
        """The stock for cards: the requested one, or a plain sheet to cut."""
        return self.stock or f"cut-{self.paper}-id1"

    @property
    def card_setup(self) -> str:
        """The settings for a sheet of cards, as one text."""
        return (
            f"{self.card_stock} {self.sides or ''} {self.offset.x:g},{self.offset.y:g} "
            f"{self.back_offset.x:g},{self.back_offset.y:g}"
        )
