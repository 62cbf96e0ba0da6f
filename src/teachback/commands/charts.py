"""Draw a number and its target as a small bar chart in SVG. Pure.

The bar is filled up to the target and hatched beyond it, and the target is a line: no colour has a
meaning.
"""

from __future__ import annotations

from typing import Final
from xml.sax.saxutils import escape

# In mm: a bar that fits two columns of a page, and grades up to those of specialist texts.
WIDTH: Final = 62.0
HEIGHT: Final = 7.0
MOST: Final = 14.0
_BAR: Final = 4.2
_TOP: Final = 1.4
# In mm, the distance of hatching strokes, and the length of the shortest.
_STROKE_DISTANCE: Final = 1.4
_SHORTEST_STROKE: Final = 0.4


def bar(value: float, target: float | None, description: str) -> str:
    """Return a bar (62 x 7 mm) for a grade of 0 to 14, with a line at the target if there is one.

    `description` is the text for screen readers.
    """
    end = _position(value)
    line = None if target is None else _position(target)
    within = end if line is None else min(end, line)
    parts = [
        (
            f'<rect x="0" y="{_TOP}" width="{WIDTH}" height="{_BAR}" fill="none" stroke="#8a8a8a" '
            'stroke-width="0.2"/>'
        ),
        f'<rect x="0" y="{_TOP}" width="{within:.2f}" height="{_BAR}" fill="#5b6770"/>',
    ]
    if end > within:
        parts.append(
            f'<rect x="{within:.2f}" y="{_TOP}" width="{end - within:.2f}" height="{_BAR}" '
            'fill="#ffffff" stroke="#111111" stroke-width="0.3"/>'
        )
        parts += [
            (
                f'<path d="M{x:.2f} {_TOP + _BAR} L{min(x + 2.1, end):.2f} '
                f'{_TOP + _BAR - min(_BAR, 2 * (min(x + 2.1, end) - x)):.2f}" '
                'stroke="#111111" stroke-width="0.3"/>'
            )
            for x in _stroke_starts(within, end)
        ]
    if line is not None:
        parts.append(
            f'<path d="M{line:.2f} 0.2 V{HEIGHT - 0.2}" stroke="#111111" stroke-width="0.7"/>'
        )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="bar" role="img" '
        f'width="{WIDTH}mm" height="{HEIGHT}mm" viewBox="0 0 {WIDTH} '
        f'{HEIGHT}"><title>{escape(description)}</title>{"".join(parts)}</svg>'
    )


def _position(value: float) -> float:
    """Return the position of a grade, in mm from the left."""
    return max(0.0, min(value, MOST)) / MOST * WIDTH


def _stroke_starts(start: float, end: float) -> list[float]:
    """Return where the strokes of a hatching start, in mm."""
    return [
        start + _STROKE_DISTANCE * number
        for number in range(int((end - start) / _STROKE_DISTANCE) + 1)
        if end - (start + _STROKE_DISTANCE * number) > _SHORTEST_STROKE
    ]
