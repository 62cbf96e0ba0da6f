"""The four shapes of a record on its way from a file of records to paper.

    RecordRow -> ValidatedRecord -> PrintedRecord -> AccountLine

`records.record_reader` reads the row, `records.record_validation` validates it, `chunk_printer`
prints the record, and `accounting` lists it. A row that cannot be printed goes the same way, with
its faults. All of them are sent to other processes, so they pickle.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

    from teachback.errors import Location

# The field (empty: the row itself), and the reason, which never quotes the value.
Fault = tuple[str, str]
# The labels of fields on paper, each with its field. One field may have several.
Labels = tuple[tuple[str, str], ...]
PRINTED: Final = "printed"
REJECTED: Final = "rejected"


class RecordRow(NamedTuple):
    """A row of a file of records, by its columns, as it was read.

    `number` is its line in the file, or its row in a sheet. `faults` give for some columns the
    reason why they have no text; `reason` is why the whole row cannot be read.
    """

    number: int
    cells: Mapping[str, str] = {}
    faults: Mapping[str, str] = {}
    reason: str = ""


class EditionKey(NamedTuple):
    """The edition that a record gets. A card has no paper (empty) and the size "standard".

    `boxes` are the fields whose choices a handout prints as boxes, since the record has none.
    """

    audience: str
    language: str
    paper: str
    size: str
    kind: str
    boxes: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """A name that no other edition of a run has."""
        return "/".join((*self[:5], *self.boxes))


class ValidatedRecord(NamedTuple):
    """A row with its editions and the words to print, or with the faults that reject it.

    `id` names its files; it is empty where it may not be repeated. `keys` has an edition for each
    kind, `values` the words by field.
    """

    row: int
    id: str
    keys: tuple[EditionKey, ...] = ()
    values: Mapping[str, str] = {}
    copies: int = 1
    faults: tuple[Fault, ...] = ()

    def edition(self, kind: str) -> EditionKey:
        """Return its edition of a kind: handout, card."""
        return next(key for key in self.keys if key.kind == kind)


class PrintedFile(NamedTuple):
    """A record's share of a file.

    Holds the edition's code, the file's name in the run's folder, the number of pages and the hash.
    `kept` files were there already. `data` is set only where nothing is written.
    """

    code: str
    file: str
    pages: int
    sha256: str
    kept: bool = False
    data: bytes | None = None


class PrintedRecord(NamedTuple):
    """A record with the files that it is in, or with the faults that rejected it."""

    row: int
    id: str
    files: tuple[PrintedFile, ...] = ()
    faults: tuple[Fault, ...] = ()


class AccountLine(NamedTuple):
    """A line of manifest.csv: a file of a printed record, or a rejected row."""

    row: int
    id: str
    code: str = ""
    file: str = ""
    pages: int | str = ""
    sha256: str = ""
    status: str = REJECTED


class CellMeaning(NamedTuple):
    """A line of the settings: what is read in place of a cell of a column, and the line's place."""

    column: str
    cell: str
    meant: str
    place: Location
