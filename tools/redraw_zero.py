"""Draw the zero of a font without a slash: to a lay reader, a slash in `30 minutes` is odd.

    python tools/redraw_zero.py styles/fonts/AtkinsonHyperlegible-*.ttf

Atkinson Hyperlegible 1.006 has a zero with a slash, and no other. Its two openings become one, in
the curves of the original. No text of the program needs the slash: edition codes have no zero. The
fonts' licence, OFL 1.1 without a reserved name, allows the change. A font that has the new zero
stays as it is.
"""

from __future__ import annotations

import sys
from pathlib import Path

from fontTools.ttLib import TTFont
from fontTools.ttLib.tables._g_l_y_f import GlyphCoordinates
from fontTools.ttLib.tables.ttProgram import Program

_OPENINGS = 2
_VERSION = 5


def redraw(path: Path) -> bool:
    """Rewrite a font in place, and return whether its zero had a slash."""
    font = TTFont(path, recalcTimestamp=False)
    glyph = font["glyf"]["zero"]
    points, ends, flags = glyph.getCoordinates(font["glyf"])
    if len(ends) != 1 + _OPENINGS:
        return False
    outside = ends[0] + 1
    upper = list(points[outside : ends[1] + 1])
    # The upper right quarter of the opening: from its right end over two control points to its top.
    right, top = max(x for x, _ in points[outside:]), max(y for _, y in points[outside:])
    start = next(i for i, (x, _) in enumerate(upper) if x == right and flags[outside + i])
    (_, middle), (x1, y1), (x2, y2), (centre, _) = upper[start : start + 4]
    left, low = min(x for x, _ in points[outside:]), min(y for _, y in points[outside:])
    across, down = left + right, low + top
    opening = [
        (right, middle), (x1, y1), (x2, y2), (centre, top),
        (across - x2, y2), (across - x1, y1), (left, middle),
        (across - x1, down - y1), (across - x2, down - y2), (centre, low),
        (x2, down - y2), (x1, down - y1),
    ]  # fmt: skip
    glyph.coordinates = GlyphCoordinates([*points[:outside], *opening])
    glyph.flags = flags[:outside] + bytearray(1 if n % 3 == 0 else 0 for n in range(len(opening)))
    glyph.endPtsOfContours = [outside - 1, outside + len(opening) - 1]
    glyph.numberOfContours = _OPENINGS
    # The hints are for the old points.
    glyph.program = Program()
    glyph.program.fromBytecode(b"")
    glyph.recalcBounds(font["glyf"])
    for name in font["name"].names:
        if name.nameID == _VERSION:
            name.string = f"{name.toUnicode()}; zero without a slash"
    font.save(path)
    return True


if __name__ == "__main__":
    for named in sys.argv[1:]:
        print(named, "redrawn" if redraw(Path(named)) else "has no slash")
