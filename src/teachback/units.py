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


# The smallest type on a handout, in pt: standard print (CDC's Clear Communication Index and our own floor), large print (APH, ACB).
TYPE_FLOOR: Final = {TypeSize.STANDARD: 12.0, TypeSize.LARGE: 18.0}

# ISO/IEC 7810 ID-1, the size of a bank card.
CARD: Final = Box(85.60, 53.98)
# Laser printers and hand cutting both wander: text stays this far inside the card's edge (1/8 inch).
CARD_INSET: Final = 3.2
# In pt. On a card of a bank card's size text is 9 pt, or down to 8 pt where it must be; below that a card is refused.
CARD_TEXT: Final = 9.0
CARD_TEXT_FLOOR: Final = 8.0
CARD_TEXT_MOST: Final = 14.0
CARD_TEXT_STEP: Final = 0.5
# From this much more room on, in each direction, a card is laid out with more air (an index card, a badge).
ROOMY: Final = 1.15


def card_text_sizes(box: Box) -> tuple[float, ...]:
    """Give the sizes, in pt, that the text of a card may take, the largest first; the largest that fits is used.

    A larger card starts with larger type, in step with the smaller of its two dimensions.
    """
    steps = int(min(_room(box) * CARD_TEXT, CARD_TEXT_MOST) / CARD_TEXT_STEP + 1e-9)
    largest = max(steps * CARD_TEXT_STEP, CARD_TEXT)
    return tuple(
        largest - step * CARD_TEXT_STEP
        for step in range(round((largest - CARD_TEXT_FLOOR) / CARD_TEXT_STEP) + 1)
    )


def is_roomy(box: Box) -> bool:
    """Say whether a card is so much larger than a bank card that it takes the layout with more air."""
    return _room(box) >= ROOMY


def _room(box: Box) -> float:
    return min(box.width / CARD.width, box.height / CARD.height)
