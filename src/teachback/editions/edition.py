"""What one reader gets: no choice is left in it, and only an Edition can be composed.

The classes mirror those of `document`, with `Line` where the author may have written a mapping by audience. So
text for the wrong audience cannot reach a page: the type checker refuses it.
"""

from __future__ import annotations

import datetime as dt  # noqa: TC003 -- part of the public types
from dataclasses import dataclass
from typing import TYPE_CHECKING

from teachback.content.inline_markup import Line, Place

if TYPE_CHECKING:
    from teachback.content.handout import CalloutKind, Phone, Review, Tier
    from teachback.content.sources import Source
    from teachback.units import TypeSize

__all__ = ["Edition", "Line", "Place"]


@dataclass(frozen=True)
class ListEntry:
    """One item of a list, with the statement id it stands for."""

    text: Line
    id: str | None = None


@dataclass(frozen=True)
class Flag:
    """A red flag as this reader gets it; `short` is what the card says."""

    id: str
    tier: Tier
    text: Line
    short: Line
    why: Line | None
    card: bool


@dataclass(frozen=True)
class Paragraph:
    """A paragraph."""

    text: Line
    id: str | None = None
    kind: str = "text"


@dataclass(frozen=True)
class EditionList:
    """A list: with bullets (`list`), numbers (`steps`), boxes (`checklist`), or as key points (`summary`)."""

    items: tuple[ListEntry, ...]
    lead: Line | None = None
    kind: str = "list"


@dataclass(frozen=True)
class TableRow:
    """One row; the first cell is its heading."""

    cells: tuple[Line, ...]
    id: str | None = None


@dataclass(frozen=True)
class EditionTable:
    """A table."""

    columns: tuple[Line, ...]
    rows: tuple[TableRow, ...]
    caption: Line | None = None
    kind: str = "table"


@dataclass(frozen=True)
class Callout:
    """A boxed remark."""

    callout: CalloutKind
    title: Line | None
    text: Line | None
    items: tuple[ListEntry, ...]
    id: str | None = None
    kind: str = "callout"


@dataclass(frozen=True)
class Cause:
    """One numbered reason."""

    title: Line
    points: tuple[ListEntry, ...]
    notes: tuple[Callout, ...]
    id: str | None = None


@dataclass(frozen=True)
class Reasons:
    """Numbered reasons."""

    reasons: tuple[Cause, ...]
    kind: str = "reasons"


@dataclass(frozen=True)
class Flags:
    """The flags of one tier, placed in a section."""

    tier: Tier
    flags: tuple[Flag, ...]
    kind: str = "red_flags"


@dataclass(frozen=True)
class Belief:
    """A myth and its answer."""

    myth: Line
    verdict: Line | None
    answer: Line
    id: str | None = None


@dataclass(frozen=True)
class Myths:
    """Myths and facts."""

    myths: tuple[Belief, ...]
    kind: str = "myths"


@dataclass(frozen=True)
class OwnNumber:
    """A row to fill in by hand."""

    label: Line
    hint: Line | None
    place: Place | None = None


@dataclass(frozen=True)
class OwnNumbers:
    """The reader's own numbers."""

    numbers: tuple[OwnNumber, ...]
    kind: str = "my_numbers"


@dataclass(frozen=True)
class PersonalPlace:
    """A field's label, and the place for what a record says."""

    label: Line
    place: Place


@dataclass(frozen=True)
class Personal:
    """Whom this paper is for."""

    places: tuple[PersonalPlace, ...]
    kind: str = "personal"


@dataclass(frozen=True)
class TeachBack:
    """Questions for the reader's own words."""

    questions: tuple[ListEntry, ...]
    lead: Line | None
    kind: str = "teach_back"


@dataclass(frozen=True)
class Notes:
    """Lines to write on."""

    lines: int
    prompt: Line | None
    kind: str = "notes"


@dataclass(frozen=True)
class Contact:
    """The box with the clinic's numbers."""

    lines: tuple[Phone, ...]
    kind: str = "contact"


@dataclass(frozen=True)
class Figure:
    """A picture below content/, its words and its caption."""

    file: str
    alt: Line
    caption: Line | None
    kind: str = "figure"


@dataclass(frozen=True)
class Quote:
    """A closing quote."""

    text: Line
    id: str | None = None
    kind: str = "quote"


EditionBlock = (
    Paragraph
    | EditionList
    | EditionTable
    | Callout
    | Reasons
    | Flags
    | Myths
    | OwnNumbers
    | Personal
    | TeachBack
    | Notes
    | Contact
    | Figure
    | Quote
)


@dataclass(frozen=True)
class EditionSection:
    """A heading and its blocks."""

    id: str
    title: Line
    blocks: tuple[EditionBlock, ...]


@dataclass(frozen=True)
class Note:
    """A short remark on the back of the card."""

    title: Line
    text: Line


@dataclass(frozen=True)
class WriteIn:
    """A line on the card to write on, or for a record to; a `wide` one needs more than half of the card."""

    label: Line
    place: Place | None = None
    wide: bool = False


@dataclass(frozen=True)
class CardSide:
    """What the card says besides its flags."""

    title: Line
    statements: tuple[ListEntry, ...]
    lines: tuple[WriteIn, ...]
    notes: tuple[Note, ...]


@dataclass(frozen=True)
class Edition:
    """Handout x audience x language x type size, chosen. Paper changes the sheet, not the words."""

    handout: str
    audience: str
    language: str
    size: TypeSize
    title: Line
    badge: str
    purpose: str
    message: Line
    personal: tuple[PersonalPlace, ...]
    version: dt.date
    review: Review
    flags: tuple[Flag, ...]
    top: tuple[Flags, ...]
    sections: tuple[EditionSection, ...]
    card: CardSide | None
    sources: tuple[Source, ...]
