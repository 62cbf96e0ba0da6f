"""Read the rows of a part and their values, in whichever process has it.

Each row and value is read once. The result travels packed until it is printed. Everything pickles.
Errors never quote a value: what is a patient's stays in the record.
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

# The length of a packed record. A rejected row is shorter.
_ENTRY: Final = len(ValidRecord._fields)


@dataclass(frozen=True)
class RecordSchema:
    """The inputs for reading records: the form of rows, their rules, the fields by language."""

    form: Form
    terms: RowRules
    fields: Mapping[str, tuple[Field, ...]]
    read_value: ReadValue


class PartSummary(NamedTuple):
    """The result of reading a part.

    Holds its rows (packed), the id of each, the indexes of rejected rows, and the characters that
    each edition needs. `mark` is a fingerprint of the rows as read. `unknown` are names without a
    meaning, each as `admitted` finds it. With `problems` the run stops.
    """

    rows: bytes = b""
    ids: tuple[str, ...] = ()
    rejected: frozenset[int] = frozenset()
    characters: Mapping[EditionKey, frozenset[str]] = {}
    mark: bytes = b""
    unknown: tuple[tuple[str, int], ...] = ()
    problems: tuple[Problem, ...] = ()


class Chunk(NamedTuple):
    """Adjacent rows, read and packed.

    `ids` are those of the records that may be printed, in order. `twice` are the indexes of rows
    whose id an earlier row has. `known` are the hashes, by name, of the files that an earlier start
    of the run wrote for these rows.
    """

    number: int
    rows: bytes
    ids: tuple[str, ...]
    twice: tuple[int, ...] = ()
    known: Mapping[str, str] = {}


def survey(desk: RecordSchema, part: Part) -> PartSummary:
    """Read the rows of a part and their values. Errors are returned as problems, never raised."""
    try:
        return _surveyed(desk, part)
    except Exception as error:  # noqa: BLE001 -- whatever it is, its message may hold a value
        return PartSummary(problems=(fault_problem(error),))


def _surveyed(desk: RecordSchema, part: Part) -> PartSummary:
    unknown: dict[str, int] | None = {} if desk.form.kind == "jsonl" else None
    admissible = admitted(read_part(desk.form, part), desk.terms, unknown)
    rows = [row if isinstance(row, Rejected) else _read(desk, row) for row in admissible]
    # Plain tuples, since writing the class names would take as long as all the rest.
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
        tuple((unknown or {}).items()),
    )


def letters_needed(rows: Iterable[ValidRecord | Rejected]) -> dict[EditionKey, frozenset[str]]:
    """Return the characters that each edition needs. Editions that no row gets are left out."""
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
    """Return a record with the words to print, or its rejection."""
    values: dict[str, str] = {}
    faults: list[Why] = []
    language = entry.keys[0].language
    for field in desk.fields[language]:
        try:
            words = desk.read_value(field, entry.texts.get(field.name, ""), language)
        except Exception as error:  # noqa: BLE001 -- our fault, with one value: print the others
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
    """Pack rows into bytes."""
    return pickle.dumps([tuple(row) for row in rows], pickle.HIGHEST_PROTOCOL)


def rows_of(chunk: Chunk) -> list[ValidRecord | Rejected]:
    """Return the rows of a chunk. Of rows with the same id, only the first is a record."""
    # The bytes are our own, from a file without a name, or sent to us sealed.
    found: list[tuple[object, ...]] = pickle.loads(chunk.rows)  # noqa: S301 -- our own bytes
    rows = [ValidRecord._make(row) if len(row) == _ENTRY else Rejected._make(row) for row in found]
    for at in chunk.twice:
        rows[at] = Rejected(rows[at].row, rows[at].id, ((ID, TWICE),))
    return rows


def alone(chunk: Chunk) -> list[Chunk]:
    """Split a chunk into chunks of one row."""
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
    """Return the reason for a record on which the program failed.

    Raises the error again if it concerns all records: OSError and MemoryError.
    """
    if isinstance(error, OSError | MemoryError):
        raise error
    return f"could not be printed because of an error in the program ({type(error).__name__})"
