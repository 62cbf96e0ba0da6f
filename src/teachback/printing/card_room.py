"""Measure how much room each side of a card has left, for those who translate its words."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final, NamedTuple

from teachback.printing.job_composer import compose_job
from teachback.units import (
    CARD,
    CARD_INSET,
    CARD_TEXT_FLOOR,
    MM_PER_INCH,
    PT_PER_INCH,
    card_leading,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from teachback.pdf.renderer import LaidOutDocument
    from teachback.printing.job_composer import JobOrder, PrintContext

# The height of a line in the smallest type, in mm.
LINE: Final = CARD_TEXT_FLOOR * card_leading(CARD_TEXT_FLOOR) * MM_PER_INCH / PT_PER_INCH
# The length of the shortest line of a red flag: in the box for now, beside its mark, in mm.
LINE_LENGTH: Final = 74


class SideRoom(NamedTuple):
    """A side of a card: the height that is left, in mm, and its pieces of text in reading order.

    The height is below 0 where text does not fit. A piece is words without blanks, and the height
    at which it stands.
    """

    side: str
    left: float
    pieces: tuple[tuple[str, float], ...]

    @property
    def words(self) -> str:
        """Its words without blanks."""
        return "".join(words for words, _ in self.pieces)


def side_rooms(context: PrintContext, order: JobOrder) -> tuple[SideRoom, ...]:
    """Return the room on front and back of the one card of an order, in its smallest type.

    Raises TeachbackError for a card that cannot be composed.
    """
    # The library that lays out is heavy.
    from teachback.printing.type_fitting import at_smallest

    job = compose_job(context, order)
    layout = at_smallest(job.cards[0], CARD, context.files)
    return _rooms(layout)


def _rooms(layout: LaidOutDocument) -> tuple[SideRoom, ...]:
    from teachback.pdf.page_layout import missing_height, sides_that_fit, text_places, used_heights

    height = CARD.height - 2 * CARD_INSET
    sides = zip(
        ("front", "back"),
        sides_that_fit(layout),
        used_heights(layout),
        missing_height(layout),
        strict=True,
    )
    pieces: dict[bool, list[tuple[str, float]]] = {True: [], False: []}
    for place in text_places(layout):
        pieces[place.page == 1].append((without_blanks(place.words), place.top))
    return tuple(
        SideRoom(
            side, round(height - used if fits else -missing, 1), tuple(pieces[side == "front"])
        )
        for side, fits, used, missing in sides
    )


def without_blanks(text: str) -> str:
    """Return a text without its blanks, to compare words that may stand on several lines."""
    return "".join(text.split())


def room_of(rooms: Sequence[SideRoom], words: str) -> SideRoom | None:
    """Return the side of a card on which words stand, or None."""
    letters = without_blanks(words)
    return next((room for room in rooms if letters and letters in room.words), None)


def length_for(room: SideRoom, words: str) -> int:
    """Return the length of all lines that some words of a side may take, in mm.

    These are the lines that they take now and those that are left, at least one.
    """
    start = room.words.index(without_blanks(words))
    end = start + len(without_blanks(words))
    lines, position = set(), 0
    for piece, top in room.pieces:
        if position < end and position + len(piece) > start:
            lines.add(round(top))
        position += len(piece)
    return max(1, len(lines) + math.floor(room.left / LINE)) * LINE_LENGTH
