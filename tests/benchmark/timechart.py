"""Draw time against records as SVG, in black on white, with both axes in powers of ten.

Each line has its name beside its end.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

LEFT, TOP, WIDE, HIGH, NAMES, BELOW = 84, 48, 420, 340, 250, 60
# The least distance between the names of two lines.
APART = 42
UNITS = ((3600, "h"), (60, "min"), (1, "s"))


class Line(NamedTuple):
    """A line of the chart.

    It has a name, a text below the name, points (records, seconds), and a style: full, hollow or
    dashed.
    """

    name: str
    remark: str
    points: tuple[tuple[float, float], ...]
    style: str


def spoken(seconds: float) -> str:
    """Return a time in the largest unit that fits."""
    for size, unit in UNITS:
        if seconds >= size:
            return (
                f"{seconds / size:.2g} {unit}"
                if seconds < size * 9.95
                else f"{seconds / size:.0f} {unit}"
            )
    return f"{seconds:.1g} s"


def draw(lines: Sequence[Line], title: str) -> str:
    """Return the chart; the names are in the order of the lines' ends, from the top."""
    points = [point for line in lines for point in line.points]
    first, last = (round(math.log10(edge(count for count, _ in points))) for edge in (min, max))
    low, high = (
        math.floor(math.log10(min(took for _, took in points))),
        math.ceil(math.log10(max(took for _, took in points))),
    )

    def x(count: float) -> float:
        return LEFT + WIDE * (math.log10(count) - first) / (last - first)

    def y(took: float) -> float:
        return TOP + HIGH * (high - math.log10(took)) / (high - low)

    width, height = LEFT + WIDE + NAMES, TOP + HIGH + BELOW
    parts = [
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
            'font-family="Helvetica, Arial, sans-serif" font-size="14">'
        ),
        f"<title>{title}</title>",
        f'<rect width="{width}" height="{height}" fill="#fff"/>',
        f'<text x="12" y="24" font-size="16" font-weight="bold">{title}</text>',
    ]
    for power in range(low, high + 1):
        at = y(10**power)
        parts.append(f'<path d="M{LEFT} {at:.1f}h{WIDE}" stroke="#bbb"/>')
        parts.append(
            f'<text x="{LEFT - 8}" y="{at + 5:.1f}" text-anchor="end">{10**power:,} s</text>'
        )
    for power in range(first, last + 1):
        at = x(10**power)
        parts.append(f'<path d="M{at:.1f} {TOP}v{HIGH}" stroke="#bbb"/>')
        parts.append(
            f'<text x="{at:.1f}" y="{TOP + HIGH + 20}" text-anchor="middle">{10**power:,}</text>'
        )
    parts.append(
        f'<text x="{LEFT + WIDE / 2:.0f}" y="{TOP + HIGH + 44}" text-anchor="middle">records</text>'
    )
    place = 0.0
    for line in lines:
        path = " ".join(f"{x(count):.1f},{y(took):.1f}" for count, took in line.points)
        dashes = ' stroke-dasharray="7 5"' if line.style == "dashed" else ""
        parts.append(
            f'<polyline points="{path}" fill="none" stroke="#000" stroke-width="2"{dashes}/>'
        )
        if line.style != "dashed":
            fill = "#000" if line.style == "full" else "#fff"
            parts += [
                (
                    f'<circle cx="{x(count):.1f}" cy="{y(took):.1f}" r="4.5" fill="{fill}" '
                    'stroke="#000" stroke-width="2"/>'
                )
                for count, took in line.points
            ]
        count, took = line.points[-1]
        place = max(y(took) + 5, place + APART)
        sign = {"full": "\u25cf ", "hollow": "\u25cb "}.get(line.style, "")
        parts.append(
            f'<text x="{x(count) + 14:.1f}" y="{place:.1f}" '
            f'font-weight="bold">{sign}{line.name}</text>'
        )
        parts.append(f'<text x="{x(count) + 14:.1f}" y="{place + 17:.1f}">{line.remark}</text>')
    return "\n".join([*parts, "</svg>", ""])
