"""Shape words as glyphs of an edition's font, with kerning and accents in place.

A font is cut down to the characters that the records need, once for an edition. Words are shaped
with the same glyphs that the file carries.
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

from teachback.errors import TeachbackError
from teachback.files.workspace import read_bytes
from teachback.pdf.text_direction import begins_rtl, directed_runs, is_directed, needs_shaping
from teachback.pdf.word_shapes import WordShaper, painted_words

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator
    from pathlib import Path

# PDF measures glyphs in thousandths of the type size (ISO 32000-1, 9.2.4).
EM: Final = 1000
# Invisible differences from a glyph's own width, in thousandths of the type size.
_INVISIBLE: Final = 0.05
# The number of shaped values that are cached. Dates and choices repeat often; names rarely do.
KEPT: Final = 5_000
# Space and no-break space: they are drawn where there is no word.
_BLANKS: Final = frozenset({0x20, 0xA0})
# A glyph without a character of its own, such as a part of an accent: its text is stored beside it.
_UNKNOWN: Final = "\ufffd"
# Accents without width, by their categories in Unicode.
_ACCENTS: Final = frozenset({"Mn", "Me"})
# The blocks of accents that are characters of their own (Unicode, Blocks.txt: Combining Diacritical
# Marks and its supplements).
_LOOSE: Final = re.compile("[\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]")
_WITH_ACCENTS: Final = re.compile(f".?{_LOOSE.pattern}+", re.DOTALL)
# The features that place accents (OpenType 1.9.1, registered features).
_NO_ANCHORS: Final = dict.fromkeys(("mark", "mkmk", "abvm", "blwm"), False)
# In type sizes: the narrowest blank between two words, and how far a glyph may be from its place.
_BLANK: Final = 0.1
_TOLERANCE: Final = 0.01
_STEPS: Final = re.compile(rb"<([0-9a-f]+)>|(-?[.0-9]+)")
# In font units: by how much the probe for loose accents widens its letters.
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
# Name ids in a font (OpenType, name): its family, in two ways, and its PostScript name.
_FAMILY: Final = (16, 1)
_POSTSCRIPT: Final = 6


@dataclass(frozen=True)
class SlotFont:
    """A font cut down to some characters: `shaped` shapes words, `embedded` goes into the file.

    Both have the same glyphs under the same numbers. Widths, `box` (left, bottom, right, top),
    `ascent`, `descent` and `capital` (the height of capitals) are in thousandths of the type size.
    `read` holds the characters that each glyph stands for. `whole` is the font before it was cut.
    It is kept only where letters join or change places: they are drawn with it again to compare.
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
    whole: bytes = b""

    def __hash__(self) -> int:
        return hash(self.shaped)


class Shaped(NamedTuple):
    """Words as glyphs.

    `pieces` are pairs of a height above the baseline (in type sizes) and a TJ operation; `length`
    is in thousandths of the type size. `missing` is a letter, with its accents, that the font
    cannot draw. `needs_actual_text` is true when the glyphs alone do not give the words, and
    `unproved` when the whole font would draw the words otherwise.
    """

    pieces: tuple[tuple[float, bytes], ...]
    length: float
    missing: str
    needs_actual_text: bool
    unproved: bool = False


def slot_font(data: bytes, characters: Collection[str] | None, language: str) -> SlotFont:
    """Cut a TrueType font down to some characters, composed and decomposed; None keeps all.

    `language` is that of the edition: the shape of some letters depends on it. Raises
    TeachbackError for a font without TrueType outlines.
    """
    face = hb.Face(data)
    if "glyf" not in face.table_tags:
        message = "this font has no TrueType outlines, so no record can be written with it"
        raise TeachbackError.of(message, "Use a whole .ttf file.")
    code_points = (
        set(face.unicodes)
        if characters is None
        else {ord(letter) for word in characters for letter in _forms(word)}
    )
    shaped = _subset(
        data,
        (code_points | _BLANKS) & set(face.unicodes),
        hb.SubsetFlags.NOTDEF_OUTLINE | hb.SubsetFlags.GLYPH_NAMES,
    )
    cut = hb.Face(shaped)
    font = hb.Font(cut)
    scale = EM / cut.upem
    embedded = _outlines_only(shaped, cut.glyph_count)
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
        read=_texts_by_glyph(cut, font),
        box=(left, bottom, right, top),
        ascent=extents.ascender * scale,
        descent=extents.descender * scale,
        capital=_capital_height(cut) * scale or extents.ascender * scale,
        whole=data
        if any(needs_shaping(chr(point)) for point in code_points & set(cut.unicodes))
        else b"",
    )


def unfit_letters(data: bytes, words: str, language: str) -> tuple[str, ...]:
    """Return letters with loose accents that a TrueType font cannot draw with accents in place."""
    composed = unicodedata.normalize("NFC", words)
    letters = (
        tuple(dict.fromkeys(_WITH_ACCENTS.findall(composed))) if _LOOSE.search(composed) else ()
    )
    shape = shaper(slot_font(data, letters, language)).shape if letters else None
    return tuple(letter for letter in letters if shape and shape(letter).missing)


def nearest_weights(paths: Iterable[Path], weight: int) -> tuple[Path, ...]:
    """Return the font nearest in weight (100 to 900) from each family, in order of family name."""
    nearest: dict[str, tuple[int, Path]] = {}
    for path in paths:
        face = hb.Face(read_bytes(path))
        family = next(filter(None, map(face.get_name, _FAMILY)), path.stem)
        table = face.reference_table("OS/2").data if "OS/2" in face.table_tags else b""
        own_weight = struct.unpack_from(">H", table, 4)[0] if len(table) > 6 else 400  # noqa: PLR2004 -- usWeightClass; regular
        distance = abs(weight - own_weight)
        if family not in nearest or distance < nearest[family][0]:
            nearest[family] = (distance, path)
    return tuple(path for _, (_, path) in sorted(nearest.items()))


def _forms(word: str) -> Iterable[str]:
    """Return a word's characters, composed, decomposed, and partly composed.

    A letter's accents are composed with it alone, and after one another.
    """
    decomposed = unicodedata.normalize("NFD", word)
    forms = {*word, *unicodedata.normalize("NFC", word), *decomposed}
    if needs_shaping(word):
        # HarfBuzz takes apart a vowel of Thai and Lao that is written around its letter.
        forms |= set(unicodedata.normalize("NFKD", word))
    base = ""
    for letter in decomposed:
        if not unicodedata.combining(letter):
            base = letter
        elif base:
            # HarfBuzz draws the largest composed part that the font has.
            grown = {
                unicodedata.normalize("NFC", part + letter)
                for part in (forms & _composed_parts(base, forms)) | {base}
            }
            forms |= {form for form in grown if len(form) == 1}
    return forms


def _composed_parts(base: str, forms: set[str]) -> set[str]:
    """Return the characters among `forms` that decompose into a letter and its accents."""
    return {form for form in forms if unicodedata.normalize("NFD", form).startswith(base)}


def _subset(data: bytes, characters: set[int], flags: hb.SubsetFlags) -> bytes:
    request = hb.SubsetInput()
    request.sets(hb.SubsetInputSets.UNICODE).update(characters)
    request.flags = flags
    cut: bytes = hb.subset(hb.Face(data), request).blob.data
    return cut


def _outlines_only(shaped: bytes, count: int) -> bytes:
    """Drop the tables that drawing glyphs by their numbers does not need."""
    request = hb.SubsetInput()
    request.sets(hb.SubsetInputSets.GLYPH_INDEX).update(range(count))
    request.sets(hb.SubsetInputSets.DROP_TABLE_TAG).update(
        int.from_bytes(tag.ljust(4).encode()) for tag in _DROPPED
    )
    request.flags = (
        hb.SubsetFlags.RETAIN_GIDS | hb.SubsetFlags.NO_HINTING | hb.SubsetFlags.NOTDEF_OUTLINE
    )
    cut: bytes = hb.subset(hb.Face(shaped), request).blob.data
    return cut


def _capital_height(face: Any) -> float:  # noqa: ANN401 -- uharfbuzz's face
    table = face.reference_table("OS/2").data if "OS/2" in face.table_tags else b""
    return (
        float(struct.unpack_from(">h", table, 88)[0]) if len(table) > 90 and table[1] >= 2 else 0.0  # noqa: PLR2004 -- sCapHeight, since version 2
    )


def _texts_by_glyph(face: Any, font: Any) -> tuple[str, ...]:  # noqa: ANN401 -- uharfbuzz's face and font
    """Return the characters of each glyph, by the font's table or by a name such as `f_i`."""
    read: dict[int, str] = {}
    for point in sorted(face.unicodes, reverse=True):
        glyph = font.get_nominal_glyph(point)
        # If a space and a no-break space share a glyph, it means the space.
        if glyph:
            read[glyph] = chr(point)
    by_name = {font.glyph_to_string(glyph): character for glyph, character in read.items()}
    for glyph in range(1, face.glyph_count):
        if glyph not in read:
            parts = [
                by_name.get(part, "")
                for part in font.glyph_to_string(glyph).partition(".")[0].split("_")
            ]
            read[glyph] = "".join(parts) if all(parts) else _UNKNOWN
    return tuple(read.get(glyph, _UNKNOWN) for glyph in range(face.glyph_count))


class Shaper:
    """A shaper of words with one font, with a cache."""

    def __init__(self, font: SlotFont) -> None:
        self._slot_font = font
        self._font = hb.Font(hb.Face(font.shaped))
        self._probe = self._probe_font()
        self._inked: set[int] = set()
        self._scale = EM / self._font.face.upem
        self._cache: dict[str, Shaped] = {}
        self._cut_shaper = WordShaper(font.shaped) if font.whole else None
        self._whole_shaper = WordShaper(font.whole) if font.whole else None

    def shape(self, words: str) -> Shaped:
        """Return words as glyphs, from left to right."""
        shaped = self._cache.get(words)
        if shaped is None:
            if len(self._cache) >= KEPT:
                self._cache.clear()
            shaped = self._cache[words] = self._shape(words)
        return shaped

    def _shape(self, words: str) -> Shaped:
        widths, scale = self._slot_font.widths, self._scale
        pieces: list[tuple[float, list[str]]] = []
        read = []
        # Where the text goes on, and where the PDF's own advances would go on.
        pen = drawn = 0.0
        for part, rtl in _parts_by_direction(words):
            buffer = self._buffer(part, rtl=rtl)
            hb.shape(self._font, buffer)
            unfit = self._unfit_letter(part, buffer, rtl=rtl)
            if unfit:
                return Shaped((), 0.0, unfit, needs_actual_text=True)
            for info, place in zip(buffer.glyph_infos, buffer.glyph_positions, strict=True):
                rise = round(place.y_offset / self._font.face.upem, 4)
                if not pieces or pieces[-1][0] != rise:
                    pieces.append((rise, []))
                moved = pen + place.x_offset * scale - drawn
                if abs(moved) > _INVISIBLE:
                    pieces[-1][1].append(_number(-moved))
                    drawn += moved
                pieces[-1][1].append(f"<{info.codepoint:04x}>")
                read.append(self._slot_font.read[info.codepoint])
                drawn += widths[info.codepoint]
                pen += place.x_advance * scale
        lines = tuple(
            (rise, f"[{''.join(steps)}]TJ".replace("><", "").encode()) for rise, steps in pieces
        )
        return Shaped(
            lines,
            max(pen, drawn),
            "",
            needs_actual_text="".join(read) != words,
            unproved=needs_shaping(words) and not self._is_proved(words, lines),
        )

    def _is_proved(self, words: str, lines: tuple[tuple[float, bytes], ...]) -> bool:
        """Return whether the lines draw each word as the whole font draws it."""
        if self._cut_shaper is None or self._whole_shaper is None:
            return False
        drawn = [glyph for glyph in self._drawn(lines) if self._cut_shaper.outline(glyph[0])]
        index = 0
        end = None
        for word in painted_words(words, rtl=begins_rtl(words)):
            shaped = self._whole_shaper.shape(word.words, self._slot_font.language, rtl=word.rtl)
            inked = [glyph for glyph in shaped if self._whole_shaper.outline(glyph.glyph)]
            drawn_word = drawn[index : index + len(inked)]
            if not inked or len(drawn_word) < len(inked):
                return False
            start = drawn_word[0][1] - inked[0].x
            if end is not None and (start - end > _BLANK) != word.apart:
                return False
            for (number, x, rise), glyph in zip(drawn_word, inked, strict=True):
                same = self._cut_shaper.outline(number) == self._whole_shaper.outline(glyph.glyph)
                if not same or max(abs(x - start - glyph.x), abs(rise - glyph.y)) > _TOLERANCE:
                    return False
            index += len(inked)
            end = start + sum(glyph.advance for glyph in shaped)
        return index == len(drawn)

    def _drawn(self, lines: tuple[tuple[float, bytes], ...]) -> Iterator[tuple[int, float, float]]:
        """Yield the glyphs of some lines as written, with place and height, in type sizes."""
        pen = 0.0
        for rise, written in lines:
            for string, move in _STEPS.findall(written):
                pen -= float(move or 0)
                for code in range(0, len(string), 4):
                    glyph = int(string[code : code + 4], 16)
                    yield glyph, pen / EM, rise
                    pen += self._slot_font.widths[glyph]

    def _buffer(self, words: str, *, rtl: bool) -> hb.Buffer:
        buffer = hb.Buffer()
        buffer.add_str(words)
        buffer.guess_segment_properties()
        # The guess of the language comes from this machine.
        buffer.language, buffer.direction = self._slot_font.language, "rtl" if rtl else "ltr"
        return buffer

    def _unfit_letter(self, words: str, buffer: hb.Buffer, *, rtl: bool) -> str:
        """Return the first letter, with its accents, that the font cannot draw, or "".

        Such a letter has no glyph, or a glyph without ink, or an accent that no anchor holds. That
        accent would be drawn at the pen, which is over the next letter.
        """
        glyphs = [(info.codepoint, info.cluster) for info in buffer.glyph_infos]
        accents = [
            index
            for index, ((glyph, _), place) in enumerate(
                zip(glyphs, buffer.glyph_positions, strict=True)
            )
            if not place.x_advance or self._is_accent(glyph)
        ]
        if needs_shaping(words):
            loose = set(accents) - self._attached(words, buffer, rtl=rtl) if accents else ()
        else:
            loose = set(accents) - self._anchored(words, buffer) if accents else ()
        for index, (glyph, cluster) in enumerate(glyphs):
            has_ink = self._has_ink(glyph, words[cluster]) or any(
                self._has_ink(other, words[cluster])
                for other, other_cluster in glyphs
                if other_cluster == cluster and needs_shaping(words)
            )
            if not glyph or index in loose or not has_ink:
                end = min((other for _, other in glyphs if other > cluster), default=len(words))
                return words[cluster:end]
        return ""

    def _attached(self, words: str, buffer: hb.Buffer, *, rtl: bool) -> set[int]:
        """Return the indexes of glyphs that may lack a width, for scripts that `needs_shaping` knows.

        An anchor holds them, or their ink reaches back over their letter. Others are letters
        themselves, such as the second of a ligature, or have no ink.
        """
        bare = self._buffer(words, rtl=rtl)
        hb.shape(self._font, bare, _NO_ANCHORS)
        if len(bare.glyph_infos) != len(buffer.glyph_infos):
            return set()
        attached = set()
        places = zip(buffer.glyph_infos, buffer.glyph_positions, bare.glyph_positions, strict=True)
        for index, (info, place, other) in enumerate(places):
            extents = self._font.get_glyph_extents(info.codepoint)
            # A glyph without ink only takes part in choosing others.
            is_blank = extents is None or not extents.width
            middle = 0 if is_blank else extents.x_bearing + extents.width / 2
            anchored = (place.x_offset, place.y_offset) != (other.x_offset, other.y_offset)
            if (
                anchored
                or is_blank
                or any(map(str.isalpha, self._slot_font.read[info.codepoint]))
                or (middle > 0 if rtl else middle < 0)
            ):
                attached.add(index)
        return attached

    def _anchored(self, words: str, buffer: hb.Buffer) -> set[int]:
        """Return the indexes of glyphs that an anchor of an earlier letter places.

        Their offset changes when all letters are wider.
        """
        widened = self._buffer(words, rtl=False)
        hb.shape(self._probe, widened)
        places = zip(buffer.glyph_positions, widened.glyph_positions, strict=True)
        return {
            index for index, (place, wider) in enumerate(places) if place.x_offset != wider.x_offset
        }

    def _probe_font(self) -> hb.Font:
        """Return a copy of this font whose letters, but not accents, are `_WIDER` units wider."""
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
        return any(
            unicodedata.category(letter) in _ACCENTS for letter in self._slot_font.read[glyph]
        )

    def _has_ink(self, glyph: int, letter: str) -> bool:
        """Return whether a glyph draws something, as all glyphs but blanks must."""
        if glyph not in self._inked and not letter.isspace():
            extents = self._font.get_glyph_extents(glyph)
            if extents is None or not (extents.width and extents.height):
                return False
            self._inked.add(glyph)
        return True


def _parts_by_direction(words: str) -> Iterator[tuple[str, bool]]:
    """Yield the parts of a value as they are painted, each with whether it runs from right to left.

    The first letter decides the direction of the value.
    """
    if not is_directed(words):
        yield words, False
        return
    for run in directed_runs(words, rtl=begins_rtl(words)):
        yield words[run.start : run.end], run.rtl


def _number(value: float) -> str:
    """Format a number for PDF: without an exponent."""
    return f"{value:.2f}".rstrip("0").rstrip(".")


@lru_cache(32)
def shaper(font: SlotFont) -> Shaper:
    """Return this process's shaper of a font."""
    return Shaper(font)
