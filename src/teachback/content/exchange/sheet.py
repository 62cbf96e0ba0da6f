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
    """A text for a translator: its key, its state, its English of now, and its translation.

    A missing text has no translation. Nor has a stale one, so that a file that comes back untouched
    changes nothing: its old English and old translation are in `before`. `there` is the translation
    that the workspace has. `about` are lines of context. `length` is that of the lines on which it
    may stand, in mm; 0 where it is not known.
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
        """The mark by which a change of what is not to be changed is found."""
        parts = (self.english, self.told, self.there, self.note)
        return "-".join(map(short_hash, parts))

    @property
    def told(self) -> str:
        """All that a file says about the text, in one line."""
        return one_line(" ".join((self.state, *self.about)))


class SentSheet(NamedTuple):
    """The texts of a handout for a translator, from the language `source` into `language`.

    `directions` are those of both languages: ltr or rtl.
    """

    handout: str
    source: str
    language: str
    version: str
    texts: tuple[SentText, ...]
    directions: tuple[str, str] = ("ltr", "ltr")


class ReturnedText(NamedTuple):
    """A text as it came back, with its place; `row` begins a message where the place is a row.

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
    """A file that came back: its handout, languages and texts, and what is to be told of it."""

    handout: str
    source: str
    language: str
    texts: tuple[ReturnedText, ...]
    noticed: tuple[Problem, ...] = ()


def short_hash(text: str) -> str:
    """Return a short hash of a text in which line breaks and runs of blanks do not count."""
    return hashlib.sha256(in_one_line(text).encode()).hexdigest()[:_DIGITS]


def in_one_line(text: str) -> str:
    """Return a text without line breaks; a no-break space is a letter like any other."""
    return re.sub(r"[ \t\r\n]+", " ", text).strip(" ")
