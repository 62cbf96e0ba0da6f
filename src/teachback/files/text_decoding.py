"""Decode the bytes of YAML, styles, templates and settings, and refuse bad characters."""

from __future__ import annotations

import codecs
import json
import re
import sys
import unicodedata
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from teachback.errors import Location, Problem, TeachbackError
from teachback.files.unprintable_characters import faults

if TYPE_CHECKING:
    from collections.abc import Iterator

# The longest handout we know has 40 KB. A megabyte is a mistake, and slow to check.
MAX_BYTES: Final = 1_000_000
# Nobody corrects more characters of a file from one list.
MAX_NAMED: Final = 20
_LONE_RETURN: Final = re.compile(r"\r(?!\n)")
# ASCII letters, spaces and line ends.
_PLAIN_BYTES: Final = bytes((*b"\t\n\r", *range(0x20, 0x7F)))
# A character reference of HTML, an escape of CSS (up to six digits), or an escape in a Jinja
# string.
_CHARACTER_ESCAPE: Final = re.compile(
    r"&(?:#[0-9]{1,8}|#[xX][0-9a-fA-F]{1,8}|[A-Za-z][A-Za-z0-9]{1,31});?"
    r"|\\N\{[^{}\n]{1,80}\}|\\U[0-9a-fA-F]{8}|\\u[0-9a-fA-F]{4}|\\x[0-9a-fA-F]{2}"
    r"|\\[0-9a-fA-F]{1,6}\s?"
)
_SAVE: Final = "Open it in a text editor and save it again, with the encoding UTF-8."


def decode(raw: bytes, name: str, *, markup: bool = False) -> str:
    """Return a file's text without its byte order mark.

    Raises TeachbackError with the locations of what is not text: a file that is too large, bytes
    that are not UTF-8, and characters that are invisible or look like others
    (`unprintable_characters.faults`; `markup` is true for a template or a style).
    """
    if len(raw) > MAX_BYTES:
        message = (
            f"the file is {len(raw) / 1e6:.1f} MB large; "
            f"{MAX_BYTES / 1e6:.0f} MB is the most that is read"
        )
        hint = "Is it the right file? If so, split it."
        raise TeachbackError.of(message, hint, Location(name, 1, 1))
    if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        message = "the file is saved as UTF-16, not as UTF-8"
        raise TeachbackError.of(message, _SAVE, Location(name, 1, 1))
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        preceding = raw[: error.start].decode("utf-8-sig", errors="replace")
        location = place_at(preceding, len(preceding), name)
        message = f"the byte 0x{raw[error.start]:02X} is not UTF-8 text"
        raise TeachbackError.of(message, _SAVE, location) from None
    # Most files hold only bytes that need no check.
    found = (
        list(islice(faults(text, markup=markup), MAX_NAMED))
        if raw.translate(None, _PLAIN_BYTES)
        else []
    )
    found += islice(_escaped_faults(text), MAX_NAMED) if markup else []
    if found:
        raise TeachbackError(
            *(Problem(message, hint, place_at(text, start, name)) for start, message, hint in found)
        )
    # Editors, YAML, CSS and templates disagree on whether a line ends at a carriage return alone.
    lone_return = _LONE_RETURN.search(text) if "\r" in text else None
    if lone_return:
        message = "the end of a line is stored here in an old way (a carriage return alone)"
        hint = f"{_SAVE[:-1]} and line ends LF or CRLF."
        raise TeachbackError.of(message, hint, place_at(text, lone_return.start(), name))
    return text


def read_json(data: bytes | str) -> Any:  # noqa: ANN401 -- any JSON
    """Parse JSON. Raises ValueError for invalid JSON, however deeply it is nested."""
    try:
        return json.loads(data)
    except RecursionError:
        raise ValueError("nested too deep") from None


def _escaped_faults(text: str) -> Iterator[tuple[int, str, str]]:
    """Yield forbidden characters that a template or a style writes as an escape."""
    parts: list[str] = []
    # The length of the text that is copied, and of the parts.
    copied = length = 0
    # Where each unescaped character of the parts is in the text.
    escape_at: dict[int, int] = {}
    for escape in _CHARACTER_ESCAPE.finditer(text):
        characters = _unescaped(escape[0])
        if characters and not characters.isascii():
            parts += (text[copied : escape.start()], characters)
            length += escape.start() - copied
            escape_at |= {length + number: escape.start() for number in range(len(characters))}
            length += len(characters)
            copied = escape.end()
    for offset, message, hint in (
        faults("".join((*parts, text[copied:])), markup=True) if escape_at else ()
    ):
        if offset in escape_at:
            yield escape_at[offset], message, hint


def _unescaped(escape: str) -> str:
    """Return the characters that an escape of HTML, CSS or Jinja means, or "" if it means none."""
    if escape.startswith("&"):
        import html

        character = html.unescape(escape)
        return "" if character == escape else character
    if escape.startswith("\\N"):
        try:
            return unicodedata.lookup(escape[3:-1])
        except KeyError:
            return ""
    number = int(escape.lstrip("\\uUx").strip() or "0", 16)
    return chr(number) if number <= sys.maxunicode else ""


def place_of(part: str, text: str, name: str, comments: str) -> Location | None:
    """Find where `part` first occurs in a text, outside of `comments` (a pattern), in any case."""
    # Blanks in place of comments keep each place right.
    uncommented = re.sub(
        comments, lambda comment: re.sub(r"[^\n]", " ", comment[0]), text, flags=re.DOTALL
    )
    match = re.search(re.escape(part), uncommented, re.IGNORECASE | re.ASCII)
    return place_at(text, match.start(), name) if match else None


def place_at(text: str, offset: int, name: str) -> Location:
    """Return the line and column of an offset in a text. The offset counts from 0."""
    return Location(name, text.count("\n", 0, offset) + 1, offset - text.rfind("\n", 0, offset))
