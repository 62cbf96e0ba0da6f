"""Convert lengths, and define paper, card and type sizes, and the other forms of an edition.

Lengths are in millimetres unless a name says otherwise.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

MM_PER_INCH: Final = 25.4
PT_PER_INCH: Final = 72.0
# WeasyPrint lays out in CSS pixels: 96 to the inch (CSS Values 3, section 6.2).
PX_PER_INCH: Final = 96.0


def px_to_mm(px: float) -> float:
    """Convert CSS pixels to millimetres."""
    return px * MM_PER_INCH / PX_PER_INCH


@dataclass(frozen=True)
class Box:
    """A width and a height in millimetres."""

    width: float
    height: float

    @property
    def area(self) -> float:
        """Its area, in square millimetres."""
        return self.width * self.height


class Paper(StrEnum):
    """A paper size that handouts are printed on."""

    LETTER = "letter"
    A4 = "a4"

    @property
    def box(self) -> Box:
        """Width and height in mm: ANSI A for Letter, ISO 216 for A4."""
        return Box(215.9, 279.4) if self is Paper.LETTER else Box(210.0, 297.0)


class Depth(StrEnum):
    """How much of a handout is printed: all, or the parts marked for its short version."""

    FULL = "full"
    BRIEF = "brief"


# Between the two languages of an edition that has both: es+en.
TWO_LANGUAGES: Final = "+"
_BESIDE: Final = "@"


def two_languages(language: str, facing: str) -> str:
    """Return the name of two languages side by side, or of one where `facing` is empty."""
    return f"{language}{TWO_LANGUAGES}{facing}" if facing else language


def split_languages(named: str) -> tuple[str, str]:
    """Return the language that `named` begins with, and the one beside it, or "" if it has one."""
    language, _, facing = named.partition(TWO_LANGUAGES)
    return language, facing


def field_beside(field: str, facing: str) -> str:
    """Return the name of a field in the half of the other language, or its own if there is none.

    A date or a number is written there in another way.
    """
    return f"{field}{_BESIDE}{facing}" if facing else field


def field_of(name: str) -> str:
    """Return the field of a name that `field_beside` may have made."""
    return name.partition(_BESIDE)[0]


class PrintInk(StrEnum):
    """The ink of paper: black alone, or light tints and the clinic's colours beside it."""

    BLACK = "black"
    COLOUR = "colour"


class TypeSize(StrEnum):
    """A type size: 13 pt body text, or 18 pt large print."""

    STANDARD = "standard"
    LARGE = "large"


# The smallest type on a handout, in pt: standard print (CDC's Clear Communication Index and our own
# floor) and large print (APH, ACB).
TYPE_FLOOR: Final = {TypeSize.STANDARD: 12.0, TypeSize.LARGE: 18.0}

# In mm. Laser printers leave the outer 5 mm blank (up to 6.35 mm at the sides), so no text of a
# handout may be there.
HANDOUT_SAFE: Final = 6.4
# ISO/IEC 7810 ID-1, the size of a bank card.
CARD: Final = Box(85.60, 53.98)
# Printing and cutting by hand both drift, so text keeps this distance in mm (1/8 inch) from the
# card's edge.
CARD_INSET: Final = 3.2
# In pt. The steps of a card's type: each side takes the largest that fits. A card that needs
# smaller type than the floor is refused. Above CARD_TEXT_MOST, only the space between lines grows.
CARD_TEXT: Final = 9.0
CARD_TEXT_FLOOR: Final = 8.0
CARD_TEXT_MOST: Final = 14.0
CARD_STEPS: Final = tuple(CARD_TEXT_FLOOR + 0.5 * step for step in range(25))


def card_leading(step: float) -> float:
    """Return the line height of a card at a step of its type, as a multiple of the type size."""
    return 1.08 + 0.02 * (step - CARD_TEXT_FLOOR)
