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
# Nobody fixes more characters of one file than this from one list.
MOST_NAMED: Final = 20
_ALONE: Final = re.compile(r"\r(?!\n)")
_ON_KEYS: Final = bytes((*b"\t\n\r", *range(0x20, 0x7F)))
# A character reference of HTML, an escape of CSS (up to six digits), or an escape in a Jinja
# string.
_CODES: Final = re.compile(
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
        before = raw[: error.start].decode("utf-8-sig", errors="replace")
        place = Location(name, before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1)
        message = f"the byte 0x{raw[error.start]:02X} is not UTF-8 text"
        raise TeachbackError.of(message, _SAVE, place) from None
    # Most files hold only ASCII letters, spaces and line ends, which need no check.
    found = (
        list(islice(faults(text, markup=markup), MOST_NAMED))
        if raw.translate(None, _ON_KEYS)
        else []
    )
    found += islice(_escaped_faults(text), MOST_NAMED) if markup else []
    if found:
        raise TeachbackError(
            *(Problem(message, hint, place_at(text, at, name)) for at, message, hint in found)
        )
    # Editors, YAML, CSS and templates disagree on whether a line ends there.
    alone = _ALONE.search(text) if "\r" in text else None
    if alone:
        message = "the end of a line is stored here in an old way (a carriage return alone)"
        hint = f"{_SAVE[:-1]} and line ends LF or CRLF."
        raise TeachbackError.of(message, hint, place_at(text, alone.start(), name))
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
    at = length = 0
    places: dict[int, int] = {}
    for code in _CODES.finditer(text):
        letter = _coded(code[0])
        if letter and not letter.isascii():
            parts += (text[at : code.start()], letter)
            length += code.start() - at
            places |= {length + number: code.start() for number in range(len(letter))}
            length += len(letter)
            at = code.end()
    for found, message, hint in faults("".join((*parts, text[at:])), markup=True) if places else ():
        if found in places:
            yield places[found], message, hint


def _coded(code: str) -> str:
    """Return the characters of an HTML, CSS or Jinja escape, or "" if it is none."""
    if code.startswith("&"):
        import html

        plain = html.unescape(code)
        return "" if plain == code else plain
    if code.startswith("\\N"):
        try:
            return unicodedata.lookup(code[3:-1])
        except KeyError:
            return ""
    number = int(code.lstrip("\\uUx").strip() or "0", 16)
    return chr(number) if number <= sys.maxunicode else ""


def place_of(part: str, text: str, name: str, remarks: str) -> Location | None:
    """Find where `part` first occurs in a text, ignoring case.

    Comments, which the pattern `remarks` matches, are skipped. Returns None if there is none.
    """
    bare = re.sub(remarks, lambda remark: re.sub(r"[^\n]", " ", remark[0]), text, flags=re.DOTALL)
    found = re.search(re.escape(part), bare, re.IGNORECASE | re.ASCII)
    start = found.start() if found else -1
    return None if start < 0 else place_at(bare, start, name)


def place_at(text: str, at: int, name: str) -> Location:
    """Return the line and column of an offset in a text, which counts from 0."""
    return Location(name, text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at))
