"""Define what goes to a translator, and what comes back. Pure."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING, Final, NamedTuple

from teachback.content.translation import one_line

if TYPE_CHECKING:
    from teachback.errors import Location, Problem

_DIGITS: Final = 6


class SentText(NamedTuple):
    """A text for a translator: its key, its state, its present English, and its translation.

    A missing text has no translation. Nor has a stale one, so that a file that comes back untouched
    changes nothing: its old English and old translation are in `before`. `there` is the translation
    in the workspace. `about` are lines of context. `length` is the total length of its lines on the
    card in mm, or 0 where it is not known.
    """

    key: str
    state: str
    english: str
    words: str
    there: str
    note: str
    about: tuple[str, ...]
    before: tuple[str, str] | None = None
    length: int = 0

    @property
    def mark(self) -> str:
        """The mark by which an import finds out what was changed in the file, or since."""
        parts = (self.english, self.told, self.there, self.note)
        return "-".join(map(short_hash, parts))

    @property
    def told(self) -> str:
        """The state and the context of the text, in one line."""
        return one_line(" ".join((self.state, *self.about)))


class SentSheet(NamedTuple):
    """The texts of a handout for a translator, from the language `source` into `language`.

    `directions` are those of the two languages: ltr or rtl.
    """

    handout: str
    source: str
    language: str
    version: str
    texts: tuple[SentText, ...]
    directions: tuple[str, str] = ("ltr", "ltr")


class ReturnedText(NamedTuple):
    """A text as it came back, with its place; `row` begins its messages where the place is a row.

    `mark` and `told` are those of `SentText`; empty where the file has lost them. `unfinished` is
    the word by which a tool marks a translation that must not be used yet.
    """

    key: str
    english: str
    words: str
    note: str
    place: Location
    mark: str = ""
    told: str = ""
    row: str = ""
    unfinished: str = ""


class ReturnedSheet(NamedTuple):
    """A file that came back: its handout, languages and texts, and the warnings about it."""

    handout: str
    source: str
    language: str
    texts: tuple[ReturnedText, ...]
    warnings: tuple[Problem, ...] = ()


def short_hash(text: str) -> str:
    """Return a short hash of a text; line breaks and the number of blanks do not change it."""
    return hashlib.sha256(in_one_line(text).encode()).hexdigest()[:_DIGITS]


def in_one_line(text: str) -> str:
    """Return a text without line breaks; other than `one_line`, keep its no-break spaces."""
    return re.sub(r"[ \t\r\n]+", " ", text).strip(" ")
