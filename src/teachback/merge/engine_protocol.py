"""The seam between records and paper: what `merge` asks of whatever stamps a record's words into an edition that is printed once.

Only shapes stand here. The engine behind them reads handouts and lays out pages; `merging` knows nothing of either, and is tested with one that
does neither. All but the Engine itself is sent to other processes and must pickle: functions are those of a module.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from teachback.errors import Problem


class Field(Protocol):
    """What a record may fill; the engine knows what else there is to it, and how it is read."""

    @property
    def name(self) -> str:
        """The column's name."""

    @property
    def required(self) -> bool:
        """Whether a record without it is rejected."""


class Fault(Protocol):
    """Why a value cannot be printed. The reason never holds the value: it is a patient's."""

    @property
    def field(self) -> str:
        """The field's name."""

    @property
    def reason(self) -> str:
        """What is wrong, as the end of a sentence that begins with the field."""


class EditionKey(NamedTuple):
    """Which edition a record gets, and on what. A card has no paper and one size: `paper` is empty, `size` standard."""

    audience: str
    language: str
    paper: str
    size: str
    kind: str


class Stamper(Protocol):
    """One printed edition that words are stamped into."""

    @property
    def pages(self) -> int:
        """How many pages it has."""

    @property
    def code(self) -> str:
        """The edition's code."""

    @property
    def fields(self) -> tuple[str, ...]:
        """The ids of the fields that have a place on it."""

    @property
    def head(self) -> bytes:
        """What all of its PDFs begin with, byte for byte; it may be empty."""

    def faults(self, values: Mapping[str, str], /) -> Sequence[Fault]:
        """Say which words cannot be stamped: a letter without a glyph, a line too long."""

    def stamp(self, values: Mapping[str, str], document: bytes, /) -> bytes:
        """Give a whole PDF with a record's words; the same for the same words and `document`, which tells records apart."""


class ReadValue(Protocol):
    """Turns the raw text of a record into the words to print (empty for none), or says why it cannot be."""

    def __call__(self, field: Any, raw: str, language: str, /) -> str | Fault:  # noqa: ANN401 -- the engine's own fields, see Field
        """Read one value."""


@dataclass(frozen=True)
class Placed:
    """One record in a print-room file: its edition, its words, its id, its row, how often it is wanted."""

    key: EditionKey
    values: Mapping[str, str]
    id: str
    row: int
    copies: int = 1


class Combine(Protocol):
    """Puts records of one kind into one file, in their order: handouts one after the other, or different cards on sheets. It pickles."""

    def __call__(
        self, records: Sequence[Placed], /, *, name: str, number: int, duplex: bool
    ) -> bytes:
        """Give the file, the `number`th of a run; its first page lists what is inside, `duplex` begins each record on a front side."""

    def unlisted(self, ids: Iterable[str], /) -> tuple[str, ...]:
        """Return those ids that the first page has no room for in type that can be read."""


class Engine(Protocol):
    """What prints the editions of one handout."""

    @property
    def handout(self) -> str:
        """The handout's id."""

    @property
    def fingerprint(self) -> str:
        """The program and libraries: what else than records, editions and options decides about the bytes."""

    @property
    def audiences(self) -> Mapping[str, tuple[str, ...]]:
        """For whom there are editions, by language."""

    @property
    def kinds(self) -> frozenset[str]:
        """What there is to print: handout, card."""

    @property
    def fields(self) -> Mapping[str, tuple[Field, ...]]:
        """What a record may fill, by language."""

    @property
    def problems(self) -> tuple[Problem, ...]:
        """What was noticed while the handout was read, such as that it is a draft."""

    @property
    def read_value(self) -> ReadValue:
        """How a value is read: a function of a module."""

    def make_stampers(
        self, wanted: Mapping[EditionKey, frozenset[str]]
    ) -> Mapping[EditionKey, Stamper]:
        """Print each edition once, for the characters of all its records. Raises TeachbackError when one cannot be printed."""

    def make_combine(
        self, stampers: Mapping[EditionKey, Stamper], wanted: Mapping[EditionKey, frozenset[str]]
    ) -> Combine:
        """Prepare files of many records. Raises TeachbackError when they cannot be."""
