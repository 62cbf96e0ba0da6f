"""Words -> glyphs of one of the edition's own fonts, with kerning, accents and marks in their places. The one module that imports uharfbuzz.

A font is cut down to the characters that the records need, once for an edition; what is shaped with it is what is in the file.
"""

from __future__ import annotations

import hashlib
import re
import struct
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import uharfbuzz as hb

from teachback.errors import Problem, TeachbackError
from teachback.files.workspace import read_bytes

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from pathlib import Path

# PDF measures glyphs in thousandths of the type size (ISO 32000-1, 9.2.4).
EM: Final = 1000
# Differences from a glyph's own width that nobody can see, in thousandths of the type size.
_UNSEEN: Final = 0.05
# How many different values are kept shaped. Dates and choices come back again and again; names rarely do.
KEPT: Final = 5_000
# Space and no-break space are drawn where there is no word.
_ALWAYS: Final = frozenset({0x20, 0xA0})
# A glyph that stands for no character of its own, such as a part of an accent: what is read is said beside it.
_UNREAD: Final = "\ufffd"
# Accents that take no room of their own, by their categories in Unicode.
_ACCENTS: Final = frozenset({"Mn", "Me"})
# The blocks of accents that are characters of their own (Unicode, Blocks.txt: Combining Diacritical Marks and its supplements).
_LOOSE: Final = re.compile("[\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]")
_WITH_ACCENTS: Final = re.compile(f".?{_LOOSE.pattern}+", re.DOTALL)
# In units of a font: by how much the probe for loose accents widens its letters.
_WIDER: Final = 10_000
_DROPPED: Final = (
    "GSUB",
    "GPOS",
    "GDEF",
    "kern",
    "DSIG",
    "name",
    "post",
    "OS/2",
    "cmap",
    "gasp",
    "FFTM",
    "STAT",
)
# Names in a font (OpenType, name): its family, in two ways, and its name in PostScript.
_FAMILY: Final = (16, 1)
_POSTSCRIPT: Final = 6


@dataclass(frozen=True)
class SlotFont:
    """A font cut down to some characters: `shaped` is what words are shaped with, `embedded` what the file carries.

    Both have the same glyphs under the same numbers. Widths, `box` (left, bottom, right, top), `ascent`, `descent` and `capital` (the height
    of capitals) are in thousandths of the type size; `read` are the characters that each glyph stands for.
    """

    name: str
    language: str
    shaped: bytes
    embedded: bytes
    widths: tuple[float, ...]
    read: tuple[str, ...]
    box: tuple[float, float, float, float]
    ascent: float
    descent: float
    capital: float

    def __hash__(self) -> int:
        return hash(self.shaped)


class Shaped(NamedTuple):
    """Words as glyphs: pieces with their height above the baseline (in type sizes) and what TJ draws; the length in thousandths of the type size.

    `missing` is a letter, with its accents, that the font cannot draw. `said` says whether the glyphs alone do not tell what the words are.
    """

    pieces: tuple[tuple[float, bytes], ...]
    length: float
    missing: str
    said: bool


def slot_font(data: bytes, characters: Collection[str] | None, language: str) -> SlotFont:
    """Cut a TrueType font down to some characters, composed and decomposed; with None it keeps all.

    `language` is that of the edition: some letters look different in some languages. Raises TeachbackError for a font without
    TrueType outlines.
    """
    face = hb.Face(data)
    if "glyf" not in face.table_tags:
        raise TeachbackError(
            Problem(
                "this font has no TrueType outlines, and no record can be written with it",
                "Use a whole .ttf file.",
            )
        )
    wanted = (
        set(face.unicodes)
        if characters is None
        else {ord(letter) for word in characters for letter in _forms(word)}
    )
    shaped = _subset(
        data,
        (wanted | _ALWAYS) & set(face.unicodes),
        hb.SubsetFlags.NOTDEF_OUTLINE | hb.SubsetFlags.GLYPH_NAMES,
    )
    cut = hb.Face(shaped)
    font = hb.Font(cut)
    scale = EM / cut.upem
    embedded = _embedded(shaped, cut.glyph_count)
    head = cut.reference_table("head").data
    left, bottom, right, top = (edge * scale for edge in struct.unpack_from(">4h", head, 36))
    extents = font.get_font_extents("ltr")
    tag = "".join(chr(ord("A") + byte % 26) for byte in hashlib.sha256(embedded).digest()[:6])
    name = re.sub(r"[^A-Za-z0-9-]", "", face.get_name(_POSTSCRIPT) or "") or "Font"
    return SlotFont(
        name=f"{tag}+{name}",
        language=language,
        shaped=shaped,
        embedded=embedded,
        widths=tuple(
            round(font.get_glyph_h_advance(glyph) * scale, 3) for glyph in range(cut.glyph_count)
        ),
        read=_read(cut, font),
        box=(left, bottom, right, top),
        ascent=extents.ascender * scale,
        descent=extents.descender * scale,
        capital=_capital(cut) * scale or extents.ascender * scale,
    )


def unfit_letters(data: bytes, words: str, language: str) -> tuple[str, ...]:
    """Return each letter with loose accents in some words that a TrueType font cannot draw with its accents in place."""
    composed = unicodedata.normalize("NFC", words)
    letters = (
        tuple(dict.fromkeys(_WITH_ACCENTS.findall(composed))) if _LOOSE.search(composed) else ()
    )
    shape = shaper(slot_font(data, letters, language)).shape if letters else None
    return tuple(letter for letter in letters if shape and shape(letter).missing)


def nearest_weights(paths: Iterable[Path], weight: int) -> tuple[Path, ...]:
    """Give of each family among some fonts the one that is nearest in weight (100 to 900), in the order of the families' names."""
    found: dict[str, tuple[int, Path]] = {}
    for path in paths:
        face = hb.Face(read_bytes(path))
        family = next(filter(None, map(face.get_name, _FAMILY)), path.stem)
        table = face.reference_table("OS/2").data if "OS/2" in face.table_tags else b""
        away = abs(weight - (struct.unpack_from(">H", table, 4)[0] if len(table) > 6 else 400))  # noqa: PLR2004 -- usWeightClass; regular
        if family not in found or away < found[family][0]:
            found[family] = (away, path)
    return tuple(path for _, (_, path) in sorted(found.items()))


def _forms(word: str) -> Iterable[str]:
    """Return a word's characters, composed, decomposed, and with each of a letter's accents composed by itself and after another."""
    apart = unicodedata.normalize("NFD", word)
    forms = {*word, *unicodedata.normalize("NFC", word), *apart}
    base = ""
    for letter in apart:
        if not unicodedata.combining(letter):
            base = letter
        elif base:
            # HarfBuzz draws the largest composed part that the font has.
            grown = {
                unicodedata.normalize("NFC", part + letter)
                for part in (forms & _parts(base, forms)) | {base}
            }
            forms |= {one for one in grown if len(one) == 1}
    return forms


def _parts(base: str, forms: set[str]) -> set[str]:
    """Return the characters among `forms` that decompose into a letter and its accents."""
    return {form for form in forms if unicodedata.normalize("NFD", form).startswith(base)}


def _subset(data: bytes, characters: set[int], flags: hb.SubsetFlags) -> bytes:
    wanted = hb.SubsetInput()
    wanted.sets(hb.SubsetInputSets.UNICODE).update(characters)
    wanted.flags = flags
    cut: bytes = hb.subset(hb.Face(data), wanted).blob.data
    return cut


def _embedded(shaped: bytes, count: int) -> bytes:
    """Take out of a font what no reader of a PDF needs: it only draws glyphs by their numbers."""
    wanted = hb.SubsetInput()
    wanted.sets(hb.SubsetInputSets.GLYPH_INDEX).update(range(count))
    wanted.sets(hb.SubsetInputSets.DROP_TABLE_TAG).update(
        int.from_bytes(tag.ljust(4).encode()) for tag in _DROPPED
    )
    wanted.flags = (
        hb.SubsetFlags.RETAIN_GIDS | hb.SubsetFlags.NO_HINTING | hb.SubsetFlags.NOTDEF_OUTLINE
    )
    cut: bytes = hb.subset(hb.Face(shaped), wanted).blob.data
    return cut


def _capital(face: Any) -> float:  # noqa: ANN401 -- uharfbuzz's face
    table = face.reference_table("OS/2").data if "OS/2" in face.table_tags else b""
    return (
        float(struct.unpack_from(">h", table, 88)[0]) if len(table) > 90 and table[1] >= 2 else 0.0  # noqa: PLR2004 -- sCapHeight, since version 2
    )


def _read(face: Any, font: Any) -> tuple[str, ...]:  # noqa: ANN401 -- uharfbuzz's face and font
    """Say which characters each glyph stands for: by the font's own table; else by its name, such as `f_i` or `acutecomb.case`."""
    read: dict[int, str] = {}
    for point in sorted(face.unicodes, reverse=True):
        glyph = font.get_nominal_glyph(point)
        # Of a space and a no-break space with one glyph, the space is what it says.
        if glyph:
            read[glyph] = chr(point)
    by_name = {font.glyph_to_string(glyph): character for glyph, character in read.items()}
    for glyph in range(1, face.glyph_count):
        if glyph not in read:
            parts = [
                by_name.get(part, "")
                for part in font.glyph_to_string(glyph).partition(".")[0].split("_")
            ]
            read[glyph] = "".join(parts) if all(parts) else _UNREAD
    return tuple(read.get(glyph, _UNREAD) for glyph in range(face.glyph_count))


class Shaper:
    """Shapes words with one font, and remembers those that come back."""

    def __init__(self, font: SlotFont) -> None:
        self._words = font
        self._font = hb.Font(hb.Face(font.shaped))
        self._probe = self._widened()
        self._inked: set[int] = set()
        self._scale = EM / self._font.face.upem
        self._known: dict[str, Shaped] = {}

    def shape(self, words: str) -> Shaped:
        """Give words as glyphs, from left to right."""
        known = self._known.get(words)
        if known is None:
            if len(self._known) >= KEPT:
                self._known.clear()
            known = self._known[words] = self._shape(words)
        return known

    def _shape(self, words: str) -> Shaped:
        buffer = self._buffer(words)
        hb.shape(self._font, buffer)
        unfit = self._unfit(words, buffer)
        if unfit:
            return Shaped((), 0.0, unfit, said=True)
        widths, scale = self._words.widths, self._scale
        pieces: list[tuple[float, list[str]]] = []
        read = []
        pen = drawn = 0.0
        for info, place in zip(buffer.glyph_infos, buffer.glyph_positions, strict=True):
            rise = round(place.y_offset / self._font.face.upem, 4)
            if not pieces or pieces[-1][0] != rise:
                pieces.append((rise, []))
            moved = pen + place.x_offset * scale - drawn
            if abs(moved) > _UNSEEN:
                pieces[-1][1].append(_number(-moved))
                drawn += moved
            pieces[-1][1].append(f"<{info.codepoint:04x}>")
            read.append(self._words.read[info.codepoint])
            drawn += widths[info.codepoint]
            pen += place.x_advance * scale
        lines = tuple(
            (rise, f"[{''.join(steps)}]TJ".replace("><", "").encode()) for rise, steps in pieces
        )
        return Shaped(lines, max(pen, drawn), "", said="".join(read) != words)

    def _buffer(self, words: str) -> hb.Buffer:
        buffer = hb.Buffer()
        buffer.add_str(words)
        buffer.guess_segment_properties()
        # What is guessed of the language is this machine's.
        buffer.language, buffer.direction = self._words.language, "ltr"
        return buffer

    def _unfit(self, words: str, buffer: hb.Buffer) -> str:
        """Return the first letter of shaped words, with its accents, that the font cannot draw as it is; "" if there is none.

        A letter is unfit without a glyph, with a glyph without ink, or with an accent that no anchor holds: such an accent
        is drawn at the pen, which is over the next letter.
        """
        glyphs = [(info.codepoint, info.cluster) for info in buffer.glyph_infos]
        accents = [
            index
            for index, ((glyph, _), place) in enumerate(
                zip(glyphs, buffer.glyph_positions, strict=True)
            )
            if not place.x_advance or self._is_accent(glyph)
        ]
        loose = set(accents) - self._held(words, buffer) if accents else ()
        for index, (glyph, cluster) in enumerate(glyphs):
            if not glyph or index in loose or not self._has_ink(glyph, words[cluster]):
                end = min((other for _, other in glyphs if other > cluster), default=len(words))
                return words[cluster:end]
        return ""

    def _held(self, words: str, buffer: hb.Buffer) -> set[int]:
        """Return which glyphs are placed from an earlier letter: those that go back with it when all letters are wider."""
        widened = self._buffer(words)
        hb.shape(self._probe, widened)
        places = zip(buffer.glyph_positions, widened.glyph_positions, strict=True)
        return {
            index for index, (place, wider) in enumerate(places) if place.x_offset != wider.x_offset
        }

    def _widened(self) -> hb.Font:
        """Return a font that differs from this one in its letters' widths only: they are `_WIDER` units wider."""
        font = self._font

        def advance(_: hb.Font, glyph: int, __: object) -> int:
            width: int = font.get_glyph_h_advance(glyph)
            return width if not width or self._is_accent(glyph) else width + _WIDER

        functions = hb.FontFuncs()
        functions.set_glyph_h_advance_func(advance, None)
        functions.set_nominal_glyph_func(
            lambda _, point, __: font.get_nominal_glyph(point) or 0, None
        )
        probe = hb.Font(font.face)
        probe.funcs = functions
        return probe

    def _is_accent(self, glyph: int) -> bool:
        return any(unicodedata.category(letter) in _ACCENTS for letter in self._words.read[glyph])

    def _has_ink(self, glyph: int, letter: str) -> bool:
        """Return whether a glyph draws something, which all but blanks must."""
        if glyph not in self._inked and not letter.isspace():
            extents = self._font.get_glyph_extents(glyph)
            if extents is None or not (extents.width and extents.height):
                return False
            self._inked.add(glyph)
        return True


def _number(value: float) -> str:
    """Write a number as PDF has it: without an exponent."""
    return f"{value:.2f}".rstrip("0").rstrip(".")


@lru_cache(32)
def shaper(font: SlotFont) -> Shaper:
    """Give this process's shaper of a font."""
    return Shaper(font)
