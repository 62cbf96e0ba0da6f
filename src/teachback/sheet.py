"""Where cards lie on a plain sheet to cut, and where its crop marks stand. Pure, in millimetres from the top left."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from teachback.units import CARD, Paper

COLUMNS: Final = 2
ROWS: Final = 4
# 6 mm between cards, so that a cut that wanders spoils no neighbour; marks of 3 mm end 1 mm before the card.
GUTTER: Final = 6.0
MARK_LENGTH: Final = 3.0
MARK_GAP: Final = 1.0


@dataclass(frozen=True)
class Place:
    """The top left corner of one card, in mm."""

    x: float
    y: float


@dataclass(frozen=True)
class Mark:
    """A hairline, from its top left, along one axis only; in mm."""

    x: float
    y: float
    width: float
    height: float


def places(paper: Paper) -> tuple[Place, ...]:
    """Give the places of eight cards, row by row, centred on the sheet."""
    x0 = (paper.box.width - COLUMNS * CARD.width - (COLUMNS - 1) * GUTTER) / 2
    y0 = (paper.box.height - ROWS * CARD.height - (ROWS - 1) * GUTTER) / 2
    return tuple(
        Place(round(x0 + column * (CARD.width + GUTTER), 3), round(y0 + row * (CARD.height + GUTTER), 3))
        for row in range(ROWS)
        for column in range(COLUMNS)
    )


def backs(paper: Paper) -> tuple[Place, ...]:
    """Give each back's place behind its front, when the sheet is turned over its long edge: x becomes W - x - w."""
    return tuple(Place(round(paper.box.width - place.x - CARD.width, 3), place.y) for place in places(paper))


def crop_marks(at: tuple[Place, ...]) -> tuple[Mark, ...]:
    """Give two marks at each corner of each card, on its edges' lines but never on a card, each once.

    In the gutters the marks of neighbours would meet, so they are shortened to what lies between the cards.
    """
    length = min(MARK_LENGTH, (GUTTER - 2 * MARK_GAP) / 2)
    marks: dict[Mark, None] = {}
    for place in at:
        for x in (place.x, place.x + CARD.width):
            for y in (place.y - MARK_GAP - length, place.y + CARD.height + MARK_GAP):
                marks[Mark(round(x, 3), round(y, 3), 0, length)] = None
        for y in (place.y, place.y + CARD.height):
            for x in (place.x - MARK_GAP - length, place.x + CARD.width + MARK_GAP):
                marks[Mark(round(x, 3), round(y, 3), length, 0)] = None
    return tuple(marks)
