"""Draw the page that measures a printer's offset. Pure. In mm from the top left.

On the front, two lines are at a known distance from the paper's edges. Measured with a ruler, they
show the front's offset. Front and back each have a cross in the middle of the page. The back's has
a scale. Held against the light, it shows the distance of the front's cross, which is the back's
offset.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from teachback.printing.card_sheet_layout import Hairline

if TYPE_CHECKING:
    from teachback.printing.settings import Offset
    from teachback.units import Box

# The distance in mm of the two lines from the left and the top edge.
EDGE: Final = 20.0
# In mm, how far the scale reaches to each side. Office printers are off by 1 to 2 mm.
REACH: Final = 12
LINE: Final = 40.0
SHORT, MIDDLE, LONG = 2.0, 3.0, 4.5


@dataclass(frozen=True)
class Label:
    """A number beside a tick, centred on (x, y)."""

    x: float
    y: float
    text: str


@dataclass(frozen=True)
class Drawing:
    """The lines and numbers of one side."""

    marks: tuple[Hairline, ...]
    labels: tuple[Label, ...]


def front(page: Box, offset: Offset) -> Drawing:
    """Return the two lines to measure, and the cross in the middle."""
    middle_x, middle_y = page.width / 2 + offset.x, page.height / 2 + offset.y
    left, top = EDGE + offset.x, EDGE + offset.y
    marks = (
        Hairline(left, middle_y - LINE - 20, 0, LINE),
        Hairline(middle_x - LINE - 20, top, LINE, 0),
        *_cross(middle_x, middle_y),
    )
    labels = (
        Label(left + 4, middle_y - 20 - LINE / 2, "A"),
        Label(middle_x - 20 - LINE / 2, top + 4, "B"),
    )
    return Drawing(marks, labels)


def back(page: Box, offset: Offset) -> Drawing:
    """Return the cross with its scale: a tick per millimetre, a number every five."""
    x, y = page.width / 2 + offset.x, page.height / 2 + offset.y
    marks = [*_cross(x, y)]
    labels = []
    for step in range(-REACH, REACH + 1):
        if step == 0:
            continue
        length = LONG if step % 10 == 0 else MIDDLE if step % 5 == 0 else SHORT
        marks += [
            Hairline(x + step, y - length / 2, 0, length),
            Hairline(x - length / 2, y + step, length, 0),
        ]
        if step % 5 == 0:
            # The labels of the two halves of an axis are on different sides, so that none overlap.
            labels += [
                Label(x + step, y + (5 if step < 0 else -5), f"{step:+d}"),
                Label(x + (6 if step > 0 else -6), y + step, f"{step:+d}"),
            ]
    return Drawing(tuple(marks), tuple(labels))


def _cross(x: float, y: float) -> tuple[Hairline, Hairline]:
    return Hairline(x - REACH - 3, y, 2 * REACH + 6, 0), Hairline(
        x, y - REACH - 3, 0, 2 * REACH + 6
    )
