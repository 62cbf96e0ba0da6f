"""Read the rows of a part and their values, in whichever process has it.

Each row and value is read once. The result travels packed until it is printed. Everything pickles.
Errors never quote a value: what is a patient's stays in the record.
"""

from __future__ import annotations

import hashlib
import pickle
from typing import TYPE_CHECKING, NamedTuple

from teachback.errors import fault_problem
from teachback.merge.record_shapes import ValidatedRecord
from teachback.merge.records.record_reader import read_part
from teachback.merge.records.record_validation import ID, unknown_columns, validated_records

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from teachback.errors import Problem
    from teachback.merge.record_shapes import EditionKey
    from teachback.merge.records.record_reader import Form, Part
    from teachback.merge.records.record_validation import RowRules


class PartSummary(NamedTuple):
    """The result of reading a part.

    Holds its records (packed), the id of each, the indexes of rejected ones, and the characters
    that each edition needs. `fingerprint` is that of the rows as read. `unknown` are names without
    a meaning, each as `unknown_columns` finds it. With `problems` the run stops.
    """

    records: bytes = b""
    ids: tuple[str, ...] = ()
    rejected: frozenset[int] = frozenset()
    characters: Mapping[EditionKey, frozenset[str]] = {}
    fingerprint: bytes = b""
    unknown: tuple[tuple[str, int], ...] = ()
    problems: tuple[Problem, ...] = ()

    @property
    def printable(self) -> tuple[str, ...]:
        """The ids of the records that may be printed, in order."""
        return tuple(
            identifier for index, identifier in enumerate(self.ids) if index not in self.rejected
        )


class Chunk(NamedTuple):
    """Adjacent records, packed, to be printed together.

    `ids` are those of the records that may be printed, in order. `known` are the hashes, by name,
    of the files that an earlier start of the run wrote for them. With `checked`, a record that does
    not fit its edition has its faults already.
    """

    number: int
    records: bytes
    ids: tuple[str, ...]
    known: Mapping[str, str] = {}
    checked: bool = False


def survey(form_and_rules: tuple[Form, RowRules], part: Part) -> PartSummary:
    """Read the rows of a part and their values. Errors are returned as problems, never raised."""
    try:
        return _surveyed(*form_and_rules, part)
    except Exception as error:  # noqa: BLE001 -- whatever it is, its message may hold a value
        return PartSummary(problems=(fault_problem(error),))


def _surveyed(form: Form, rules: RowRules, part: Part) -> PartSummary:
    rows = list(read_part(form, part))
    records = list(validated_records(rows, rules))
    # Plain tuples, since writing the class names would take as long as all the rest.
    tuples = [(*record[:2], *record[3:], *map(tuple, record.keys)) for record in records]
    return PartSummary(
        pack(records),
        tuple(record.id for record in records),
        frozenset(index for index, record in enumerate(records) if record.faults),
        letters_needed(records),
        hashlib.sha256(repr(tuples).encode("utf-8", "surrogatepass")).digest(),
        unknown_columns(rows, rules) if form.kind == "jsonl" else (),
    )


def reject_ids(chunk: Chunk, reasons: Mapping[str, str]) -> Chunk:
    """Reject the records of a chunk whose ids, in lower case, have one of the reasons.

    A process that reads a part cannot know which ids occur in other parts.
    """
    if not reasons:
        return chunk
    records = [
        ValidatedRecord(
            record.row, record.id, faults=((ID, reasons[record.id.lower()]), *record.faults)
        )
        if record.id.lower() in reasons
        else record
        for record in unpack(chunk.records)
    ]
    return chunk_of(chunk.number, records)


def chunk_of(number: int, records: list[ValidatedRecord]) -> Chunk:
    """Return a chunk of records."""
    return Chunk(number, pack(records), tuple(record.id for record in records if not record.faults))


def letters_needed(records: Iterable[ValidatedRecord]) -> dict[EditionKey, frozenset[str]]:
    """Return the characters that each edition needs. Editions that nobody gets are left out."""
    letters: dict[tuple[EditionKey, ...], set[str]] = {}
    for record in records:
        letters.setdefault(record.keys, set()).update(*record.values.values())
    characters: dict[EditionKey, frozenset[str]] = {}
    for keys, characters_found in letters.items():
        for key in keys:
            characters[key] = characters.get(key, frozenset()) | characters_found
    return characters


def pack(records: Iterable[ValidatedRecord]) -> bytes:
    """Pack records into bytes."""
    return pickle.dumps([tuple(record) for record in records], pickle.HIGHEST_PROTOCOL)


def unpack(packed: bytes) -> list[ValidatedRecord]:
    """Return packed records."""
    # The bytes are our own, from a file without a name, or sent to us sealed.
    return list(map(ValidatedRecord._make, pickle.loads(packed)))  # noqa: S301 -- our own bytes


def single_record_chunks(chunk: Chunk) -> list[Chunk]:
    """Split a chunk into chunks of one record."""
    return [
        chunk._replace(records=pack([record]), ids=() if record.faults else (record.id,))
        for record in unpack(chunk.records)
    ]
