"""Which characters the fonts can draw. The one module that imports fontTools.

System fonts are never used, so that paper looks the same everywhere: a character that the shipped fonts lack
would print as an empty box, and is refused before that.
"""

from __future__ import annotations

import io
import struct
import unicodedata
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from teachback.errors import Location, Problem, TeachbackError
from teachback.workspace import read_bytes, shown

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# Controls and format characters draw nothing; combining marks are composed by the shaper where it can.
_INVISIBLE: Final = frozenset({"Cc", "Cf", "Zl", "Zp", "Zs"})


def coverage(paths: tuple[Path, ...]) -> frozenset[int]:
    """Give the code points that at least one of the fonts can draw. Raises TeachbackError on a broken font."""
    points: set[int] = set()
    problems: list[Problem] = []
    for path in paths:
        try:
            points |= _coverage(path, path.stat().st_mtime_ns)
        except (TeachbackError, OSError) as error:
            problems += getattr(error, "problems", ()) or [Problem(f"this cannot be read: {error}", "", Location(shown(path)))]
    if problems:
        raise TeachbackError(*problems)
    return frozenset(points)


@lru_cache(64)
def _coverage(path: Path, changed: int) -> frozenset[int]:
    """Read one font, once for each state that its file is in."""
    del changed
    from fontTools.ttLib import TTFont, TTLibError

    try:
        # From its bytes: a font that cannot be read would stay open.
        with TTFont(io.BytesIO(read_bytes(path)), lazy=True) as font:
            return frozenset(font.getBestCmap() or {})
    except (TTLibError, OSError, AssertionError, ValueError, KeyError, IndexError, struct.error) as error:
        problem = Problem(f"this is not a TrueType font: {error}", "Use a whole .ttf file.", Location(shown(path)))
        raise TeachbackError(problem) from None


def missing_glyphs(text: str, points: frozenset[int]) -> Iterator[tuple[str, str]]:
    """Give each character of a text that cannot be drawn, with its Unicode number and name."""
    if text.isascii():
        return
    for character in dict.fromkeys(unicodedata.normalize("NFC", text)):
        if ord(character) not in points and unicodedata.category(character) not in _INVISIBLE:
            yield character, f"U+{ord(character):04X} {unicodedata.name(character, 'without a name')}"
