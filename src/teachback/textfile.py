"""Bytes -> text: what a file must be before anything reads it as YAML, as a style sheet, as a template or as settings."""

from __future__ import annotations

import codecs
import re
from typing import Final

from teachback.errors import Location, Problem, TeachbackError

# The longest handout we know is 40 KB. A megabyte is a mistake, and slow to say so.
MAX_BYTES: Final = 1_000_000
# They swap the order of the words on paper, and no editor shows them.
TURNING: Final = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
# Line ends that editors do not count: every place after one would be wrong.
_ODD_LINE_ENDS: Final = frozenset("\x85\u2028\u2029")
_ALONE: Final = re.compile(r"\r(?!\n)")
# Every character that `unseen` has something to say about: one look at a whole text is enough for most.
UNSEEN: Final = re.compile("[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ufffe\uffff]")
_ON_KEYS: Final = bytes((*b"\t\n\r", *range(0x20, 0x7F)))
_SAVE: Final = "Open it in a text editor and save it again, with the encoding UTF-8."


def decode(raw: bytes, name: str) -> str:
    """Give a file's text without its byte order mark.

    Raises TeachbackError with the place of what is no text: a file too large, bytes that are not UTF-8, characters
    that nobody sees.
    """
    if len(raw) > MAX_BYTES:
        message = f"the file is {len(raw) / 1e6:.1f} MB large; {MAX_BYTES / 1e6:.0f} MB is the most that is read"
        raise TeachbackError(Problem(message, "Is it the right file? If so, split it.", Location(name, 1, 1)))
    if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise TeachbackError(Problem("the file is saved as UTF-16, not as UTF-8", _SAVE, Location(name, 1, 1)))
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = raw[: error.start].decode("utf-8-sig", errors="replace")
        place = Location(name, before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1)
        raise TeachbackError(Problem(f"the byte 0x{raw[error.start]:02X} is not UTF-8 text", _SAVE, place)) from None
    # Most files are of nothing but letters, spaces and line ends that are on every keyboard.
    for found in () if not raw.translate(None, _ON_KEYS) else UNSEEN.finditer(text):
        fault = unseen(found[0])
        if fault:
            raise TeachbackError(Problem(*fault, place_at(text, found.start(), name)))
    # Editors, YAML, CSS and templates do not agree on whether a line ends there.
    alone = _ALONE.search(text) if "\r" in text else None
    if alone:
        message = "the end of a line is stored here in an old way (a carriage return alone)"
        raise TeachbackError(Problem(message, f"{_SAVE[:-1]} and line ends LF or CRLF.", place_at(text, alone.start(), name)))
    return text


def unseen(character: str) -> tuple[str, str] | None:
    """Say what is wrong with a character that nobody sees, and what to do; None when it may stand in a text."""
    if " " <= character < "\x7f" or character in "\t\r\n":
        return None
    number = f"U+{ord(character):04X}"
    if character in TURNING:
        return f"the invisible character {number} would turn the order of the words around", "Take it out."
    if character in _ODD_LINE_ENDS:
        return f"the invisible line end {number} does not belong in a text file", "Take it out, and press Enter instead."
    if character < " " or "\x7f" <= character <= "\x9f" or character in "\ufffe\uffff":
        return f"the control character {number} does not belong in a text file", f"Take it out. {_SAVE}"
    return None


def place_of(part: str, text: str, name: str, remarks: str) -> Location | None:
    """Find where a part first stands in a text, outside the remarks that the expression `remarks` matches."""
    bare = re.sub(remarks, lambda remark: re.sub(r"[^\n]", " ", remark[0]), text, flags=re.DOTALL)
    start = bare.find(part)
    return None if start < 0 else place_at(bare, start, name)


def place_at(text: str, at: int, name: str) -> Location:
    """Give the line and column of a place in a text, which is counted from 0."""
    return Location(name, text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at))
