"""Define editions: what one reader gets, with no choice left.

The classes mirror those of `content.handout`, with `Line` where an author may write a mapping by
audience. Only an Edition can be composed, and the type checker refuses anything else. So text for
the wrong audience cannot reach a page.
"""

from __future__ import annotations

import datetime as dt  # noqa: TC003 -- part of the public types
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from teachback.content.handout import Phone
from teachback.content.inline_markup import Line, Place
from teachback.units import Depth, two_languages

if TYPE_CHECKING:
    from teachback.content.handout import CalloutKind, Review, Tier, ZoneColor
    from teachback.content.sources import Source
    from teachback.units import TypeSize

__all__ = ["Edition", "Line", "Place"]


@dataclass(frozen=True)
class ListEntry:
    """One item of a list, with the id of its statement.

    `items` are those of the level below it. A step may have a picture.
    """

    text: Line
    id: str | None = None
    items: tuple[ListEntry, ...] = ()
    figure: str | None = None
    alt: Line | None = None


@dataclass(frozen=True)
class Flag:
    """A red flag for this reader; `short` is the card's text."""

    id: str
    tier: Tier
    text: Line
    short: Line
    why: Line | None
    card: bool
    do: tuple[ListEntry, ...] = ()


@dataclass(frozen=True)
class Paragraph:
    """A paragraph."""

    text: Line
    id: str | None = None
    kind: str = "text"


@dataclass(frozen=True)
class EditionList:
    """A list, in the form that `kind` names.

    A `list` has bullets, `steps` have numbers, a `checklist` has boxes, a `summary` key points.
    """

    items: tuple[ListEntry, ...]
    lead: Line | None = None
    kind: str = "list"


@dataclass(frozen=True)
class TableRow:
    """One row; the first cell is its heading. A cell without a line is to be filled in."""

    cells: tuple[Line | None, ...]
    id: str | None = None


@dataclass(frozen=True)
class EditionTable:
    """A table."""

    columns: tuple[Line, ...]
    rows: tuple[TableRow, ...]
    caption: Line | None = None
    fill_in: bool = False
    kind: str = "table"


# The most columns of a table that has room beside the same table in another language.
_NARROW: Final = 2


def is_narrow(table: EditionTable) -> bool:
    """Return whether a table has room beside the same one in another language, row by row."""
    return len(table.columns) <= _NARROW and not table.fill_in


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
    """A field's label, and the place for its value: a line, or boxes to tick for its choices."""

    label: Line
    place: Place
    choices: tuple[str, ...] = ()


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
    """A picture below content/, its alternative text and its caption.

    `width` is in mm. `beside` is the side of the text on which it stands: start or end.
    """

    file: str
    alt: Line
    caption: Line | None
    width: float | None = None
    beside: str | None = None
    kind: str = "figure"


@dataclass(frozen=True)
class Mark:
    """A picture, and a box to tick for each of its sides, from left to right."""

    file: str
    alt: Line
    sides: tuple[Line, ...]
    width: float | None = None
    kind: str = "mark"


@dataclass(frozen=True)
class EditionLink:
    """The address of a web page, and the words that lead to it."""

    address: str
    title: Line
    kind: str = "link"


@dataclass(frozen=True)
class EditionZone:
    """One zone: its signs or, where it shows a tier, its red flags; and what to do."""

    zone: ZoneColor
    title: Line | None
    signs: tuple[ListEntry, ...]
    flags: Flags | None
    do: tuple[ListEntry, ...]


@dataclass(frozen=True)
class Zones:
    """Zones for green, yellow and red."""

    zones: tuple[EditionZone, ...]
    kind: str = "zones"


@dataclass(frozen=True)
class AdviceColumn:
    """A column of advice: its name in the words of the program, and its entries."""

    name: str
    items: tuple[ListEntry, ...]


@dataclass(frozen=True)
class AdviceColumns:
    """Columns of advice next to each other: do and do not; choose, limit and avoid."""

    columns: tuple[AdviceColumn, ...]
    kind: str


@dataclass(frozen=True)
class EditionChoice:
    """A case, and what to do in it."""

    case: Line
    then: Line
    id: str | None = None


@dataclass(frozen=True)
class EditionChoices:
    """The cases that a reader may be in, and what to do in each."""

    choices: tuple[EditionChoice, ...]
    kind: str = "choices"


@dataclass(frozen=True)
class LogHeading:
    """The heading of a column to fill in, and its unit. A `wide` one is for sentences."""

    label: Line
    unit: Line | None
    wide: bool = False


@dataclass(frozen=True)
class EditionLog:
    """A table to fill in: its columns, how many rows, and the rows' headings if they have any."""

    columns: tuple[LogHeading, ...]
    rows: int
    headings: tuple[Line, ...]
    caption: Line | None
    kind: str = "log"


@dataclass(frozen=True)
class ScheduledMedicine:
    """A medicine, and the place for its amount at each time; None is a box to write in."""

    medicine: Line
    places: tuple[Place | None, ...]


@dataclass(frozen=True)
class EditionSchedule:
    """Medicines by the times of the day, and rows to write in."""

    times: tuple[Line, ...]
    rows: tuple[ScheduledMedicine, ...]
    blank_rows: int
    caption: Line | None
    kind: str = "schedule"


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
    them as attributes. `kind` is the key that marks the block.
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
    | Mark
    | EditionLink
    | Zones
    | AdviceColumns
    | EditionChoices
    | EditionLog
    | EditionSchedule
    | PlainPart
)


@dataclass(frozen=True)
class EditionSection:
    """A heading and its blocks.

    `page` is "new" or "landscape" where the section starts on a page of its own.
    """

    id: str
    title: Line
    blocks: tuple[EditionBlock, ...]
    page: str = ""


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

    It is the same for all papers. `short_badge` is the badge of a card. `calls` names the number of
    the clinic that the reader calls. `facing` is the same edition in the language that this one was
    translated from, where both are printed side by side.
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
    short_badge: str
    calls: Phone = Phone.PHONE
    depth: Depth = Depth.FULL
    facing: Edition | None = None

    @property
    def languages(self) -> str:
        """The language, or two of them as `--language` names them: es+en."""
        return two_languages(self.language, self.facing.language if self.facing else "")


def links_of(edition: Edition) -> tuple[str, ...]:
    """Return the web addresses for which an edition has QR codes, in order."""
    blocks = (block for section in edition.sections for block in section.blocks)
    return tuple(block.address for block in blocks if isinstance(block, EditionLink))
