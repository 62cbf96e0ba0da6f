"""The first look at records, by whichever process has them: rows are read, and each value, once. What is found travels packed until it is printed.

All of it pickles. Nothing that goes wrong here quotes a value: what is a person's stays in the record.
"""

from __future__ import annotations

import hashlib
import pickle
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

from teachback.errors import fault_problem
from teachback.merge.records.record_reader import read_part
from teachback.merge.records.record_validation import ID, TWICE, Rejected, ValidRecord, admitted

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from teachback.errors import Problem
    from teachback.merge.engine_protocol import EditionKey, Field, ReadValue
    from teachback.merge.records.record_reader import Form, Part
    from teachback.merge.records.record_validation import RowRules, Why

# How many parts an entry has; a rejected row has fewer.
_ENTRY: Final = len(ValidRecord._fields)


@dataclass(frozen=True)
class RecordSchema:
    """What reading records takes: how rows are read, what they may say, the fields of each language."""

    form: Form
    terms: RowRules
    fields: Mapping[str, tuple[Field, ...]]
    read_value: ReadValue


class PartSummary(NamedTuple):
    """What was found in a part: its rows, packed; the id of each, and the places of those that are rejected; what the editions will need of characters.

    `mark` is a fingerprint of the rows as they were read. `unknown` are names that mean nothing. With `problems` the run stops.
    """

    rows: bytes = b""
    ids: tuple[str, ...] = ()
    rejected: frozenset[int] = frozenset()
    characters: Mapping[EditionKey, frozenset[str]] = {}
    mark: bytes = b""
    unknown: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()


class Chunk(NamedTuple):
    """Some rows that follow each other, read and packed.

    `ids` are those of the records that may be printed, in order; `twice` the places of rows whose id an earlier row has. `known` are the hashes of
    files, by name, that an earlier start of the run has written for them.
    """

    number: int
    rows: bytes
    ids: tuple[str, ...]
    twice: tuple[int, ...] = ()
    known: Mapping[str, str] = {}


def survey(desk: RecordSchema, part: Part) -> PartSummary:
    """Read the rows of a part, and their values."""
    try:
        return _surveyed(desk, part)
    except Exception as error:  # noqa: BLE001 -- whatever it is, its message may hold a value
        return PartSummary(problems=(fault_problem(error),))


def _surveyed(desk: RecordSchema, part: Part) -> PartSummary:
    unknown: dict[str, None] | None = {} if desk.form.kind == "jsonl" else None
    admissible = admitted(read_part(desk.form, part), desk.terms, unknown)
    rows = [row if isinstance(row, Rejected) else _read(desk, row) for row in admissible]
    # Plain tuples: what they are called need not be written, which takes as long as the rest.
    said = [
        (row.row, row.id, row.texts, row.copies, *map(tuple, row.keys))
        if isinstance(row, ValidRecord)
        else tuple(row)
        for row in rows
    ]
    return PartSummary(
        pack(rows),
        tuple(row.id for row in rows),
        frozenset(at for at, row in enumerate(rows) if isinstance(row, Rejected)),
        letters_needed(rows),
        hashlib.sha256(repr(said).encode("utf-8", "surrogatepass")).digest(),
        tuple(unknown or ()),
    )


def letters_needed(rows: Iterable[ValidRecord | Rejected]) -> dict[EditionKey, frozenset[str]]:
    """Give what editions will need of characters; an edition that no row gets is not among them."""
    letters: dict[tuple[EditionKey, ...], set[str]] = {}
    for row in rows:
        if isinstance(row, ValidRecord):
            letters.setdefault(row.keys, set()).update(*row.texts.values())
    characters: dict[EditionKey, frozenset[str]] = {}
    for keys, found in letters.items():
        for key in keys:
            characters[key] = characters.get(key, frozenset()) | found
    return characters


def _read(desk: RecordSchema, entry: ValidRecord) -> ValidRecord | Rejected:
    """Give a record with the words that it prints, or why it cannot be."""
    values: dict[str, str] = {}
    faults: list[Why] = []
    language = entry.keys[0].language
    for field in desk.fields[language]:
        try:
            words = desk.read_value(field, entry.texts.get(field.name, ""), language)
        except Exception as error:  # noqa: BLE001 -- a fault of ours, in this value: the others are printed
            faults.append((field.name, fallen(error)))
            continue
        if not isinstance(words, str):
            faults.append((words.field, words.reason))
        elif words:
            values[field.name] = words
    if faults:
        return Rejected(entry.row, entry.id, tuple(faults))
    return ValidRecord(entry.row, entry.id, entry.keys, values, entry.copies)


def pack(rows: Iterable[ValidRecord | Rejected]) -> bytes:
    """Make rows into bytes."""
    return pickle.dumps([tuple(row) for row in rows], pickle.HIGHEST_PROTOCOL)


def rows_of(chunk: Chunk) -> list[ValidRecord | Rejected]:
    """Give the rows of a chunk; of those that have an id twice, only the first is a record."""
    found: list[tuple[object, ...]] = pickle.loads(chunk.rows)  # noqa: S301 -- our own, from a file that has no name, or sent to us sealed
    rows = [ValidRecord._make(row) if len(row) == _ENTRY else Rejected._make(row) for row in found]
    for at in chunk.twice:
        rows[at] = Rejected(rows[at].row, rows[at].id, ((ID, TWICE),))
    return rows


def alone(chunk: Chunk) -> list[Chunk]:
    """Give a chunk for each row of one."""
    return [
        Chunk(
            chunk.number,
            pack([row]),
            (row.id,) if isinstance(row, ValidRecord) else (),
            known=chunk.known,
        )
        for row in rows_of(chunk)
    ]


def fallen(error: Exception) -> str:
    """Say of a record that the program failed with it. What concerns all records is raised again."""
    if isinstance(error, OSError | MemoryError):
        raise error
    return f"could not be printed, by a fault of the program ({type(error).__name__})"
