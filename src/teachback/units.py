"""Lengths and the paper they measure. Everything here is in millimetres unless a name says otherwise."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

MM_PER_INCH: Final = 25.4
PT_PER_INCH: Final = 72.0
# CSS pixels are what WeasyPrint lays out in: 96 to the inch (CSS Values 3, section 6.2).
PX_PER_INCH: Final = 96.0


def px_to_mm(px: float) -> float:
    """Turn CSS pixels into millimetres."""
    return px * MM_PER_INCH / PX_PER_INCH


def mm_to_px(mm: float) -> float:
    """Turn millimetres into CSS pixels."""
    return mm * PX_PER_INCH / MM_PER_INCH


@dataclass(frozen=True)
class Box:
    """A width and a height in millimetres."""

    width: float
    height: float


class Paper(StrEnum):
    """The sheets that handouts are printed on."""

    LETTER = "letter"
    A4 = "a4"

    @property
    def box(self) -> Box:
        """Width and height in mm: ANSI A for Letter, ISO 216 for A4."""
        return Box(215.9, 279.4) if self is Paper.LETTER else Box(210.0, 297.0)


class TypeSize(StrEnum):
    """How large the type is: 13 pt body, or 18 pt large print."""

    STANDARD = "standard"
    LARGE = "large"


# ISO/IEC 7810 ID-1, the size of a bank card.
CARD: Final = Box(85.60, 53.98)
# Laser printers and hand cutting both wander: text stays this far inside the card's edge (1/8 inch).
CARD_INSET: Final = 3.2
# The sizes a card's text may take, in pt: the largest that fits is used; below the last the card is refused.
CARD_TEXT_SIZES: Final = (9.0, 8.5, 8.0)
