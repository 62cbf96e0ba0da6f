"""Find which characters the fonts can draw. HarfBuzz, which sets the text, reads the fonts.

System fonts are never used, so that paper looks the same everywhere. A character that the shipped
fonts lack would print as an empty box, so it is refused before printing.
"""

from __future__ import annotations

import struct
import unicodedata
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from teachback.errors import Location, Problem, TeachbackError
from teachback.files.workspace import read_bytes, shown

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_SIGNATURES: Final = (b"\0\1\0\0", b"true", b"OTTO")
# Formats of cmap subtables.
_SEGMENT_FORMAT: Final = 4
_GROUP_FORMATS: Final = frozenset({12, 13})
# Unicode has 0x110000 code points. A font lists each of its own once in each of a few subtables.
MAX_CHARACTERS: Final = 4 * 0x110000
# Fonts have about twenty tables.
MAX_TABLES: Final = 200
_CUT_OFF: Final = ("this is not a TrueType font: it is cut off", "Use a whole .ttf file.")
# Controls, format characters and separators draw nothing.
_INVISIBLE_CATEGORIES: Final = frozenset({"Cc", "Cf", "Zl", "Zp", "Zs"})
# Words for signs that texts from elsewhere often hold, and that few fonts for text have.
_REPLACEMENTS: Final = {
    "\u2192\u21d2\u279c\u2794\u25ba\u25b6": "'to' or 'then'",
    "\u2190\u21d0": "'from'",
    "\u2191\u25b2": "'up' or 'more'",
    "\u2193\u25bc": "'down' or 'less'",
    "\u2665\u2764\u2661": "'heart'",
    "\u2713\u2714\u2611\u2705": "'yes' or 'do'",
    "\u2717\u2718\u2716\u274c": "'no' or 'do not'",
    "\u26a0": "'Warning'",
    "\u260e\u2706": "'phone'",
    "\u2709": "'mail'",
    "\u2103": "'\u00b0C'",
    "\u2109": "'\u00b0F'",
    "\u2116": "'No.'",
    "\u2153": "'1/3'",
    "\u2154": "'2/3'",
    "\u25cf\u25cb\u25a0\u25a1\u25aa\u25e6\u2610": "a `list:` or a `checklist:`",
}


def font_fault(data: bytes) -> tuple[str, str] | None:
    """Return why a font cannot be used and what to do, or None.

    A compressed font (WOFF) could unpack to any size, and a character table could claim billions of
    characters. Both are refused before anything unpacks them. Source: OpenType 1.9.1, font file,
    cmap formats 4, 12 and 13.
    """
    if not data.startswith(_SIGNATURES):
        return "this is not a TrueType font: it does not begin like one", "Use a whole .ttf file."
    try:
        for tag, start, length in _font_tables(data):
            if start + length > len(data):
                return _CUT_OFF
            if tag == b"cmap" and sum(_claimed_characters(data, start)) > MAX_CHARACTERS:
                message = "this font claims to have more characters than there are"
                return message, "Use a whole .ttf file from its maker."
    except struct.error:
        return _CUT_OFF
    return None


def _font_tables(data: bytes) -> Iterator[tuple[bytes, int, int]]:
    """Yield the name, offset and length of each table of a font."""
    count = min(struct.unpack_from(">H", data, 4)[0], MAX_TABLES)
    for record in range(12, 12 + 16 * count, 16):
        tag, _, start, length = struct.unpack_from(">4s3L", data, record)
        yield tag, start, length


def _claimed_characters(data: bytes, start: int) -> Iterator[int]:
    """Yield how many characters each range of each cmap subtable claims."""
    (count,) = struct.unpack_from(">H", data, start + 2)
    offsets = {struct.unpack_from(">L", data, start + 8 + 8 * number)[0] for number in range(count)}
    for subtable in (start + offset for offset in offsets):
        (subtable_format,) = struct.unpack_from(">H", data, subtable)
        if subtable_format == _SEGMENT_FORMAT:
            (double_count,) = struct.unpack_from(">H", data, subtable + 6)
            last_codes = struct.unpack_from(f">{double_count // 2}H", data, subtable + 14)
            first_codes = struct.unpack_from(
                f">{double_count // 2}H", data, subtable + 16 + double_count
            )
            yield from (
                max(0, last - first + 1)
                for first, last in zip(first_codes, last_codes, strict=True)
            )
        elif subtable_format in _GROUP_FORMATS:
            (group_count,) = struct.unpack_from(">L", data, subtable + 12)
            for number in range(group_count):
                first, last = struct.unpack_from(">2L", data, subtable + 16 + 12 * number)
                yield max(0, last - first + 1)


def coverage(paths: tuple[Path, ...]) -> frozenset[int]:
    """Return the code points that at least one of the fonts can draw, or refuse a broken font."""
    code_points: set[int] = set()
    problems: list[Problem] = []
    for path in paths:
        try:
            code_points |= _coverage(path, path.stat().st_mtime_ns)
        except (TeachbackError, OSError) as error:
            problems += getattr(error, "problems", ()) or [
                Problem(f"this cannot be read: {error}", "", Location(shown(path)))
            ]
    if problems:
        raise TeachbackError(*problems)
    return frozenset(code_points)


@lru_cache(64)
def _coverage(path: Path, modified: int) -> frozenset[int]:
    """Read the code points of one font, once per modification time of its file."""
    import uharfbuzz

    del modified
    data = read_bytes(path)
    fault = font_fault(data)
    if fault:
        raise TeachbackError.of(*fault, Location(shown(path)))
    code_points = frozenset(uharfbuzz.Face(data).unicodes)
    if not code_points:
        message = "this is not a TrueType font: it lists no characters that can be read"
        raise TeachbackError.of(message, "Use a whole .ttf file.", Location(shown(path)))
    return code_points


def words_for(character: str) -> str:
    """Return a hint with the words to write for a sign that no font has."""
    words = next((words for signs, words in _REPLACEMENTS.items() if character in signs), "")
    if words:
        return f"Write {words} in its place."
    return "Use other words, or add a font that has it to styles/fonts/."


def missing_glyphs(text: str, code_points: frozenset[int]) -> Iterator[tuple[str, str]]:
    """Yield each character of a text that cannot be drawn, with its Unicode number and name."""
    if text.isascii():
        return
    for character in dict.fromkeys(unicodedata.normalize("NFC", text)):
        if (
            ord(character) not in code_points
            and unicodedata.category(character) not in _INVISIBLE_CATEGORIES
        ):
            yield (
                character,
                f"U+{ord(character):04X} {unicodedata.name(character, 'without a name')}",
            )
