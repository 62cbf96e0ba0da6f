"""Define the interface between `merge` and the engine that prints editions and stamps them.

There are only protocols here. The engine reads handouts and lays out pages; the rest of `merge`
knows nothing of either, and is tested with an engine that does neither. Everything but the Engine
itself is sent to other processes, so it must pickle: functions are module-level.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from teachback.content.record_fields import RecordField
    from teachback.errors import Problem
    from teachback.merge.record_shapes import EditionKey, Labels, ValidatedRecord
    from teachback.merge.records.field_values import FieldFault, ReadValue


class Stamper(Protocol):
    """A printed edition that a record's words are stamped into."""

    @property
    def pages(self) -> int:
        """The number of pages."""

    @property
    def code(self) -> str:
        """The code of the edition."""

    @property
    def fields(self) -> tuple[str, ...]:
        """The names of the fields that have a place on it."""

    @property
    def head(self) -> bytes:
        """The bytes that all of its PDFs begin with. May be empty."""

    @property
    def warnings(self) -> tuple[Problem, ...]:
        """The warnings of its print."""

    def faults(self, values: Mapping[str, str], /) -> Sequence[FieldFault]:
        """Return the values that cannot be stamped: a letter without a glyph, a line too long."""

    def stamp(self, values: Mapping[str, str], document: bytes, /) -> bytes:
        """Return a whole PDF with a record's words.

        `document` tells records apart. The same words and `document` give the same bytes.
        """


class Combine(Protocol):
    """A function that puts records of one kind into one file, in their order. It pickles.

    Handouts follow each other; cards of different records share sheets.
    """

    @property
    def warnings(self) -> tuple[Problem, ...]:
        """The warnings of its print."""

    def __call__(
        self,
        records: Sequence[ValidatedRecord],
        /,
        *,
        kind: str,
        name: str,
        number: int,
        duplex: bool,
    ) -> bytes:
        """Return the file that is the `number`th of a run.

        Its first page lists the records. With `duplex`, each record begins on a front side.
        """

    def unlisted(self, ids: Iterable[str], /) -> tuple[str, ...]:
        """Return the ids that the first page could list only in unreadably small type."""


class Engine(Protocol):
    """The printer of the editions of one handout."""

    @property
    def handout(self) -> str:
        """The id of the handout."""

    @property
    def fingerprint(self) -> str:
        """A fingerprint of program and libraries.

        It covers all that decides about the bytes besides records, editions and options.
        """

    @property
    def sheet_fingerprint(self) -> str:
        """A fingerprint of the places of cards on their sheets, for files of many cards."""

    @property
    def audiences(self) -> Mapping[str, tuple[str, ...]]:
        """The audiences that have editions, by language."""

    @property
    def main_language(self) -> str:
        """The language of which all others are translations, or "" if there are several."""

    @property
    def all_audiences(self) -> Collection[str]:
        """All audiences of the workspace."""

    @property
    def other_fields(self) -> Collection[str]:
        """The names of the fields of all handouts of the workspace, this one and the others."""

    @property
    def kinds(self) -> frozenset[str]:
        """The kinds that can be printed: handout, card."""

    @property
    def fields(self) -> Mapping[str, tuple[RecordField, ...]]:
        """The fields that a record may fill, by language."""

    @property
    def labels(self) -> Labels:
        """The labels that the fields have on paper, each with its field's name."""

    @property
    def problems(self) -> tuple[Problem, ...]:
        """The problems noticed while the handout was read, for instance that it is a draft."""

    @property
    def read_value(self) -> ReadValue:
        """The function that reads a value. It pickles."""

    def make_stampers(
        self, characters: Mapping[EditionKey, frozenset[str]]
    ) -> Mapping[EditionKey, Stamper]:
        """Print each edition once, with the characters that its records need.

        Raises TeachbackError when one cannot be printed.
        """

    def make_combine(
        self,
        stampers: Mapping[EditionKey, Stamper],
        characters: Mapping[EditionKey, frozenset[str]],
    ) -> Combine:
        """Prepare files of many records. Raises TeachbackError when they cannot be made."""
