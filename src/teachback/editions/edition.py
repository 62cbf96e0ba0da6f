"""Define editions: what one reader gets, with no choice left. Only an Edition is composed.

The classes mirror those of `content.handout`, with `Line` where an author may write a mapping by
audience. So text for the wrong audience cannot reach a page: the type checker refuses to compose
anything else.
"""

from __future__ import annotations

import datetime as dt  # noqa: TC003 -- part of the public types
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from teachback.content.inline_markup import Line, Place

if TYPE_CHECKING:
    from teachback.content.handout import CalloutKind, Phone, Review, Tier
    from teachback.content.sources import Source
    from teachback.units import TypeSize

__all__ = ["Edition", "Line", "Place"]


@dataclass(frozen=True)
class ListEntry:
    """One item of a list, with the id of its statement."""

    text: Line
    id: str | None = None


@dataclass(frozen=True)
class Flag:
    """A red flag for this reader; `short` is the card's text."""

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
    """A list, in the form that `kind` names.

    `list` has bullets, `steps` numbers, `checklist` boxes, and `summary` shows key points.
    """

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
    """A row for one of the reader's numbers."""

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
    """A field's label, and the place for its value from a record."""

    label: Line
    place: Place


@dataclass(frozen=True)
class Personal:
    """The fields that say whom the paper is for."""

    places: tuple[PersonalPlace, ...]
    kind: str = "personal"


@dataclass(frozen=True)
class TeachBack:
    """Questions that the reader answers in their own words."""

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
    """A picture below content/, its alternative text and its caption."""

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


@dataclass(frozen=True)
class PlainPart:
    """A block, or a part of one, that needs no class of its own.

    `values` is what a reader gets of each field, by its name, in reading order. A template reads
    one as an attribute. `kind` is the key that marks the block.
    """

    kind: str
    values: tuple[tuple[str, Any], ...]

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 -- any value
        """Return the value of a field. Raises AttributeError for an unknown name."""
        for field, value in self.__dict__.get("values", ()):
            if field == name:
                return value
        raise AttributeError(name)


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
    | PlainPart
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
    """A line on the card, for handwriting or a record.

    A `wide` one needs more than half of the card.
    """

    label: Line
    place: Place | None = None
    wide: bool = False


@dataclass(frozen=True)
class CardSide:
    """The text on the card besides its flags."""

    title: Line
    statements: tuple[ListEntry, ...]
    lines: tuple[WriteIn, ...]
    notes: tuple[Note, ...]


@dataclass(frozen=True)
class Edition:
    """The choice of handout, audience, language and type size.

    The paper does not change the words.
    """

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
