"""Shape single words with a whole font, to compare them with what a file draws.

HarfBuzz shapes text here, and below Pango where pages are set. A word has the same glyphs in both,
since letters join and combine only within words.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import uharfbuzz as hb

from teachback.files.workspace import read_bytes
from teachback.pdf.text_direction import directed_runs

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping
    from pathlib import Path

# The features by which styles change letters and digits (OpenType 1.9.1, registered features).
# Ligatures are off where a style spaces letters out, and numbers of lists are tabular.
FEATURES: Final[Mapping[str, Mapping[str, bool]]] = {
    "": {},
    "apart": {"liga": False, "clig": False},
    **{name: {name: True} for name in ("tnum", "pnum", "lnum", "onum")},
}
# The most words in the cache of a font.
_MOST_WORDS: Final = 5_000
_BLANKS_AND_WORDS: Final = re.compile(r"\s+|\S+")


class ShapedGlyph(NamedTuple):
    """A glyph of a word: its place in type sizes from the start of the word, and its advance.

    `letter` is the index in the word of the letter that it draws.
    """

    glyph: int
    x: float
    y: float
    advance: float
    letter: int


class WordShaper:
    """A font that shapes words, with a cache."""

    def __init__(self, data: bytes) -> None:
        self._face = hb.Face(data)
        self._font = hb.Font(self._face)
        self._em = self._face.upem
        self._outlines: dict[int, tuple[Any, ...]] = {}
        self._cache: dict[tuple[str, str, bool, str], tuple[ShapedGlyph, ...]] = {}

    def shape(
        self, word: str, language: str, *, rtl: bool, features: str = ""
    ) -> tuple[ShapedGlyph, ...]:
        """Return the glyphs of a word, from left to right. `features` is a key of FEATURES."""
        key = (word, language, rtl, features)
        shaped = self._cache.get(key)
        if shaped is None:
            # Merged records bring new names without end.
            if len(self._cache) >= _MOST_WORDS:
                self._cache.clear()
            shaped = self._cache[key] = tuple(self._shape(*key))
        return shaped

    def _shape(
        self,
        word: str,
        language: str,
        rtl: bool,  # noqa: FBT001 -- the cache's key
        features: str,
    ) -> Iterator[ShapedGlyph]:
        buffer = hb.Buffer()
        buffer.add_str(word)
        buffer.guess_segment_properties()
        buffer.language, buffer.direction = language, "rtl" if rtl else "ltr"
        hb.shape(self._font, buffer, dict(FEATURES[features]))
        pen = 0.0
        for info, place in zip(buffer.glyph_infos, buffer.glyph_positions, strict=True):
            x, y = pen + place.x_offset / self._em, place.y_offset / self._em
            yield ShapedGlyph(info.codepoint, x, y, place.x_advance / self._em, info.cluster)
            pen += place.x_advance / self._em

    def has(self, letter: str) -> bool:
        """Return whether the font has a letter and its parts. It need not have accents."""
        return not letter.isprintable() or all(
            self._font.get_nominal_glyph(ord(part))
            for part in letter
            if not unicodedata.category(part).startswith("M")
        )

    def outline(self, glyph: int) -> tuple[Any, ...]:
        """Return the outline of a glyph in parts of the type size, or () for a blank."""
        if glyph not in self._outlines:
            pen = _Pen(self._em)
            if glyph < self._face.glyph_count:
                self._font.draw_glyph_with_pen(glyph, pen)
            self._outlines[glyph] = tuple(pen.drawn)
        return self._outlines[glyph]

    def ink(self, glyph: int) -> tuple[float, float, float, float]:
        """Return left, bottom, right and top of a glyph's ink, in type sizes from its origin."""
        extents = self._font.get_glyph_extents(glyph)
        if extents is None:
            return 0.0, 0.0, 0.0, 0.0
        left, top = extents.x_bearing / self._em, extents.y_bearing / self._em
        return left, top + extents.height / self._em, left + extents.width / self._em, top


class PaintedWord(NamedTuple):
    """A part of a word, as it is painted, in one script and in one direction.

    `apart` is whether a blank stands between it and what is painted before it.
    """

    words: str
    rtl: bool
    apart: bool


def painted_words(text: str, *, rtl: bool) -> Iterator[PaintedWord]:
    """Yield the words of a line as they are painted, from left to right.

    `rtl` is the direction of its paragraph. Raises ValueError as `directed_runs` does.
    """
    apart = False
    for run in directed_runs(text, rtl=rtl):
        items = _BLANKS_AND_WORDS.findall(text[run.start : run.end])
        for item in reversed(items) if run.rtl else items:
            if item.isspace():
                apart = True
                continue
            parts = script_parts(item)
            for part in reversed(parts) if run.rtl else parts:
                yield PaintedWord(part, run.rtl, apart)
                apart = False


def letters_by_glyph(data: bytes) -> dict[int, str]:
    """Return the character of each glyph that has one: of several, the first."""
    font = hb.Font(hb.Face(data))
    points = sorted(font.face.unicodes, reverse=True)
    return {font.get_nominal_glyph(point): chr(point) for point in points}


class _Pen:
    """A pen that keeps what it draws, in parts of the type size."""

    def __init__(self, em: int) -> None:
        self._em = em
        self.drawn: list[Any] = []

    def _keep(self, *points: tuple[float, float]) -> None:
        self.drawn.append(
            tuple((round(x / self._em, 4), round(y / self._em, 4)) for x, y in points)
        )

    moveTo = lineTo = curveTo = qCurveTo = _keep  # noqa: N815 -- the names of a pen's strokes

    def closePath(self) -> None:  # noqa: N802 -- see above
        """Keep the end of a contour."""
        self.drawn.append(())

    endPath = closePath  # noqa: N815 -- see above


def shaper_of(path: Path) -> WordShaper:
    """Return this process's shaper of a font file."""
    return _shaper_of(path, path.stat().st_mtime_ns)


@lru_cache(32)
def _shaper_of(path: Path, _changed: int) -> WordShaper:
    return WordShaper(read_bytes(path))


def same_shapes(first: WordShaper, second: WordShaper, glyphs: Collection[int]) -> bool:
    """Return whether two fonts draw the same under each of these numbers."""
    return all(first.outline(glyph) == second.outline(glyph) for glyph in glyphs)


def script_parts(word: str) -> tuple[str, ...]:
    """Cut a word where the script of its letters changes, because scripts are shaped separately.

    Marks and signs belong to the letter before them.
    """
    cuts = [0]
    before = ""
    for index, letter in enumerate(word):
        if not letter.isalpha():
            continue
        script = _script(letter)
        if before and script != before:
            cuts.append(index)
        before = script
    return tuple(word[start:end] for start, end in zip(cuts, [*cuts[1:], len(word)], strict=True))


@lru_cache(4096)
def _script(letter: str) -> str:
    first = unicodedata.name(letter, "").partition(" ")[0]
    return "CJK" if first in {"HIRAGANA", "KATAKANA"} else first
