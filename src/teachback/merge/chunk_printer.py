"""Print a chunk of records, in whichever process has it, with editions that are already printed.

`record_survey` comes before this step. `work` depends only on its arguments, which pickle, so the
same function serves one process, several, or other machines. Its errors never quote a value: what
is a patient's stays in the record.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from teachback.errors import Problem, TeachbackError, fault_problem
from teachback.files.atomic_files import os_errors_as_problems
from teachback.files.private_files import UNFINISHED, hash_of, hashed, write_private
from teachback.merge.record_shapes import PrintedFile, PrintedRecord
from teachback.merge.records.field_values import TOO_LONG
from teachback.merge.records.record_survey import chunk_of, unpack
from teachback.merge.records.record_validation import program_fault

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from teachback.merge.engine_protocol import Combine, Stamper
    from teachback.merge.record_shapes import EditionKey, ValidatedRecord
    from teachback.merge.records.record_survey import Chunk

# The prefix of a folder in unfinished/. One start of a run makes it, and machines that share it
# write their unfinished files there.
SHARED: Final = "shared-"
FOLDERS: Final = {"handout": "handouts", "card": "cards"}
COMBINED: Final = "combined"
_TOO_LONG_HINT: Final = "shorten it, or set a larger `width_mm` for the field in the handout"


class ChunkResult(NamedTuple):
    """The outcome of a chunk: each of its records in order, or the problems that stop the run."""

    number: int
    records: tuple[PrintedRecord, ...] = ()
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True)
class ChunkPrintSetup:
    """The settings of printing: the kinds, the editions and the folder.

    Without a `folder` nothing is written, and the result holds the bytes. With `dry_run` no bytes
    are made. `unfinished` is the folder inside `folder` for unfinished files.
    """

    kinds: tuple[str, ...]
    stampers: Mapping[EditionKey, Stamper]
    folder: str | None
    combine: Combine | None = None
    duplex: bool = False
    dry_run: bool = False
    unfinished: str = UNFINISHED


def work(setup: ChunkPrintSetup, chunk: Chunk) -> ChunkResult:
    """Print a chunk: write its files, or reject a row with the reason.

    The same chunk always gives the same bytes. Errors are returned as problems, never raised.
    """
    try:
        records = unpack(checked(setup, chunk).records)
        print_records = _print_together if setup.combine else _print_each
        return ChunkResult(chunk.number, print_records(setup, chunk, records))
    except TeachbackError as error:
        return ChunkResult(chunk.number, problems=error.problems)
    except Exception as error:  # noqa: BLE001 -- whatever it is, its message may hold a value
        return ChunkResult(chunk.number, problems=(fault_problem(error),))


def checked(setup: ChunkPrintSetup, chunk: Chunk) -> Chunk:
    """Return a chunk in which a record that does not fit its editions has its faults."""
    if chunk.checked:
        return chunk
    records = [_with_faults(setup, record) for record in unpack(chunk.records)]
    return chunk_of(chunk.number, records)._replace(known=chunk.known, checked=True)


def files_of(setup: ChunkPrintSetup, chunk: Chunk) -> tuple[str, ...]:
    """Return the names of all files that a chunk may write, before it is printed."""
    if setup.combine:
        return tuple(_combined_name(kind, chunk) for kind in setup.kinds) if chunk.ids else ()
    return tuple(_own_name(kind, identifier) for identifier in chunk.ids for kind in setup.kinds)


def _own_name(kind: str, identifier: str) -> str:
    return f"{FOLDERS[kind]}/{identifier}.pdf"


def _combined_name(kind: str, chunk: Chunk) -> str:
    return f"{COMBINED}/{FOLDERS[kind]}-{chunk.number + 1:05}.pdf"


def _with_faults(setup: ChunkPrintSetup, record: ValidatedRecord) -> ValidatedRecord:
    """Return a record, with the faults of its values if one of its editions cannot be printed."""
    try:
        faults = dict.fromkeys(
            (
                fault.field,
                f"{fault.reason}: {_TOO_LONG_HINT}" if fault.reason == TOO_LONG else fault.reason,
            )
            for key in record.keys
            for fault in setup.stampers[key].faults(record.values)
        )
    except Exception as error:  # noqa: BLE001 -- the engine failed on this record: print the others
        return record._replace(faults=(("", program_fault(error)),))
    return record._replace(faults=tuple(faults)) if faults else record


def _print_each(
    setup: ChunkPrintSetup, chunk: Chunk, records: Iterable[ValidatedRecord]
) -> tuple[PrintedRecord, ...]:
    """Print each record into files of its own."""
    return tuple(
        PrintedRecord(record.row, record.id, faults=record.faults)
        if record.faults
        else _print_alone(setup, record, chunk.known)
        for record in records
    )


def _print_alone(
    setup: ChunkPrintSetup, record: ValidatedRecord, known: Mapping[str, str]
) -> PrintedRecord:
    names = [_own_name(key.kind, record.id) for key in record.keys]
    existing = {name for name in names if _exists(setup, name, known)}
    try:
        # A record gets all of its files or none, so all are made before the first is written.
        contents = [
            b""
            if setup.dry_run or name in existing
            else setup.stampers[key].stamp(record.values, record.id.encode())
            for key, name in zip(record.keys, names, strict=True)
        ]
    except Exception as error:  # noqa: BLE001 -- as in _checked
        return PrintedRecord(record.row, record.id, faults=(("", program_fault(error)),))
    files = []
    for key, name, content in zip(record.keys, names, contents, strict=True):
        stamper = setup.stampers[key]
        sha256, data = (
            (known[name], None) if name in existing else _write(setup, name, content, stamper.head)
        )
        files.append(PrintedFile(stamper.code, name, stamper.pages, sha256, name in existing, data))
    return PrintedRecord(record.row, record.id, tuple(files))


def _print_together(
    setup: ChunkPrintSetup, chunk: Chunk, records: list[ValidatedRecord]
) -> tuple[PrintedRecord, ...]:
    """Print the records of a chunk into one file for each kind."""
    try:
        files_by_kind = _combined(setup, chunk, records)
    except Exception:
        records_tried = [_with_print_fault(setup, record) for record in records]
        if records_tried == records:
            raise
        records, files_by_kind = records_tried, _combined(setup, chunk, records_tried)
    files_by_row: dict[int, list[PrintedFile]] = {record.row: [] for record in records}
    for kind, content in files_by_kind.items():
        name = _combined_name(kind, chunk)
        # The file is made again, since only then is it known which records it holds. It is written
        # only if it does not exist yet.
        exists = (
            _exists(setup, name, chunk.known)
            and hashlib.sha256(content).hexdigest() == chunk.known[name]
        )
        sha256, data = (chunk.known[name], None) if exists else _write(setup, name, content)
        for record in records:
            if not record.faults:
                stamper = setup.stampers[record.edition(kind)]
                pages = stamper.pages * record.copies
                files_by_row[record.row].append(
                    PrintedFile(stamper.code, name, pages, sha256, exists, data)
                )
                # The bytes of a file are returned once, with its first record.
                data = None
    return tuple(
        PrintedRecord(record.row, record.id, tuple(files_by_row[record.row]), record.faults)
        for record in records
    )


def _combined(
    setup: ChunkPrintSetup, chunk: Chunk, records: Iterable[ValidatedRecord]
) -> dict[str, bytes]:
    """Return one file for each kind. Its first page lists the ids and codes inside."""
    assert setup.combine is not None  # noqa: S101 -- the caller has checked
    printable = [record for record in records if not record.faults]
    if not printable:
        return {}
    if setup.dry_run:
        return dict.fromkeys(setup.kinds, b"")
    return {
        kind: setup.combine(
            printable,
            kind=kind,
            name=_combined_name(kind, chunk).rpartition("/")[2],
            number=chunk.number + 1,
            duplex=setup.duplex,
        )
        for kind in setup.kinds
    }


def _with_print_fault(setup: ChunkPrintSetup, record: ValidatedRecord) -> ValidatedRecord:
    """Print a record by itself, to find out whether it is the one that fails."""
    try:
        for key in () if record.faults else record.keys:
            setup.stampers[key].stamp(record.values, record.id.encode())
    except Exception as error:  # noqa: BLE001 -- as in _checked
        return record._replace(faults=(("", program_fault(error)),))
    return record


def _write(
    setup: ChunkPrintSetup, name: str, data: bytes, head: bytes = b""
) -> tuple[str, bytes | None]:
    """Write a file and return its hash, or its hash and bytes when there is no folder.

    `head` is the part of the file that other files begin with too.
    """
    if setup.dry_run:
        return "", None
    sha256 = hashed(data, head)
    if setup.folder is None:
        return sha256, data
    try:
        write_private(setup.folder, name, data, setup.unfinished)
    except OSError as error:
        # Name the run's folder in the error: the file's name is a patient's id.
        error.filename = error.filename2 = None
        with os_errors_as_problems(Path(setup.folder)):
            raise
    return sha256, None


def _exists(setup: ChunkPrintSetup, name: str, known: Mapping[str, str]) -> bool:
    """Check whether a file that was written earlier still has the same hash.

    Without a folder the answer is yes for each known file: the sender of the chunk has checked.
    """
    if name not in known:
        return False
    return setup.folder is None or hash_of(f"{setup.folder}/{name}") == known[name]


def with_existing_files(setup: ChunkPrintSetup, chunk: Chunk) -> Chunk:
    """Return a chunk whose `known` holds only files that are still there, byte for byte.

    For a machine that prints the chunk without access to the folder.
    """
    return chunk._replace(
        known={
            name: sha256
            for name, sha256 in chunk.known.items()
            if _exists(setup, name, chunk.known)
        }
    )


def write_remote_result(setup: ChunkPrintSetup, chunk: Chunk, result: ChunkResult) -> ChunkResult:
    """Write the files of a chunk that another machine printed.

    Raises TeachbackError when the result does not belong to the chunk, or cannot be written.
    """
    names = set(files_of(setup, chunk))
    files = [file for record in result.records for file in record.files]
    requested, returned = (
        [(record.row, record.id) for record in records]
        for records in (unpack(chunk.records), result.records)
    )
    intact = all(
        file.data is None or hashlib.sha256(file.data).hexdigest() == file.sha256 for file in files
    )
    if (
        result.number != chunk.number
        or requested != returned
        or not names.issuperset(file.file for file in files)
        or not intact
    ):
        hint = "What was finished is kept. Start again."
        raise TeachbackError.of("another machine returned the wrong records", hint)
    for file in files:
        if file.data is not None:
            _write(setup, file.file, file.data)
    return with_files(result, lambda file: file._replace(data=None))


def with_files(result: ChunkResult, change: Callable[[PrintedFile], PrintedFile]) -> ChunkResult:
    """Return a result with each of its files changed."""
    return result._replace(
        records=tuple(
            record._replace(files=tuple(map(change, record.files))) for record in result.records
        )
    )
