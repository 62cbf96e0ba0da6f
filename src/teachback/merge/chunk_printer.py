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
from teachback.merge.engine_protocol import EditionKey, Placed
from teachback.merge.records.record_survey import fallen, rows_of
from teachback.merge.records.record_validation import Rejected, ValidRecord

if TYPE_CHECKING:
    from collections.abc import Mapping

    from teachback.merge.engine_protocol import Combine, Stamper
    from teachback.merge.records.record_survey import Chunk

# The prefix of a folder in unfinished/. One start of a run makes it, and machines that share it
# write their unfinished files there.
SHARED: Final = "shared-"
FOLDERS: Final = {"handout": "handouts", "card": "cards"}
COMBINED: Final = "combined"


class PrintedFile(NamedTuple):
    """A record's share of a file.

    Holds the edition's code, the file's name in the run's folder, the number of pages and the hash.
    `data` is set only where nothing is written.
    """

    code: str
    file: str
    pages: int
    sha256: str
    data: bytes | None = None


class StampedRecord(NamedTuple):
    """A printed record."""

    row: int
    id: str
    papers: tuple[PrintedFile, ...]


class ChunkResult(NamedTuple):
    """The outcome of a chunk: each of its rows in order, or the problems that stop the run.

    `kept` is the number of files that were there already.
    """

    number: int
    rows: tuple[StampedRecord | Rejected, ...]
    kept: int = 0
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True)
class ChunkPrintSetup:
    """The settings of printing: the kinds, the editions and the folder.

    Without a `folder` nothing is written, and the result holds the bytes. With `only_look` no bytes
    are made. `beside` is the folder inside `folder` for unfinished files.
    """

    kinds: tuple[str, ...]
    stampers: Mapping[EditionKey, Stamper]
    folder: str | None
    combine: Combine | None = None
    duplex: bool = False
    only_look: bool = False
    beside: str = UNFINISHED


def work(bench: ChunkPrintSetup, chunk: Chunk) -> ChunkResult:
    """Print a chunk: write its files, or reject a row with the reason.

    The same chunk always gives the same bytes. Errors are returned as problems, never raised.
    """
    try:
        return _together(bench, chunk) if bench.combine else _each(bench, chunk)
    except TeachbackError as error:
        return ChunkResult(chunk.number, (), 0, error.problems)
    except Exception as error:  # noqa: BLE001 -- whatever it is, its message may hold a value
        return ChunkResult(chunk.number, (), 0, (fault_problem(error),))


def files_of(bench: ChunkPrintSetup, chunk: Chunk) -> tuple[str, ...]:
    """Return the names of all files that a chunk may write, before it is printed."""
    if bench.combine:
        return tuple(_combined_name(kind, chunk) for kind in bench.kinds) if chunk.ids else ()
    return tuple(_own_name(kind, identifier) for identifier in chunk.ids for kind in bench.kinds)


def _own_name(kind: str, identifier: str) -> str:
    return f"{FOLDERS[kind]}/{identifier}.pdf"


def _combined_name(kind: str, chunk: Chunk) -> str:
    return f"{COMBINED}/{FOLDERS[kind]}-{chunk.number + 1:05}.pdf"


def _looked_at(bench: ChunkPrintSetup, entry: ValidRecord) -> ValidRecord | Rejected:
    """Return a record, or its rejection when one of its editions cannot be printed."""
    try:
        faults = tuple(
            dict.fromkeys(
                (one.field, one.reason)
                for key in entry.keys
                for one in bench.stampers[key].faults(entry.texts)
            )
        )
    except Exception as error:  # noqa: BLE001 -- the engine failed on this record: print the others
        faults = (("", fallen(error)),)
    return Rejected(entry.row, entry.id, faults) if faults else entry


def _each(bench: ChunkPrintSetup, chunk: Chunk) -> ChunkResult:
    rows: list[StampedRecord | Rejected] = []
    kept = 0
    for row in rows_of(chunk):
        entry = row if isinstance(row, Rejected) else _looked_at(bench, row)
        if isinstance(entry, Rejected):
            rows.append(entry)
            continue
        names = [_own_name(key.kind, entry.id) for key in entry.keys]
        there = {name for name in names if _is_there(bench, name, chunk.known)}
        kept += len(there)
        try:
            # A record gets all of its files or none, so all are made before the first is written.
            made = [
                b""
                if bench.only_look or name in there
                else bench.stampers[key].stamp(entry.texts, entry.id.encode())
                for key, name in zip(entry.keys, names, strict=True)
            ]
        except Exception as error:  # noqa: BLE001 -- as in _looked_at
            rows.append(Rejected(entry.row, entry.id, (("", fallen(error)),)))
            continue
        papers = []
        for key, name, data in zip(entry.keys, names, made, strict=True):
            stamper = bench.stampers[key]
            sha256, kept_back = (
                (chunk.known[name], None)
                if name in there
                else _put(bench, name, data, stamper.head)
            )
            papers.append(PrintedFile(stamper.code, name, stamper.pages, sha256, kept_back))
        rows.append(StampedRecord(entry.row, entry.id, tuple(papers)))
    return ChunkResult(chunk.number, tuple(rows), kept)


def _together(bench: ChunkPrintSetup, chunk: Chunk) -> ChunkResult:
    """Print a chunk into one file for each kind."""
    rows = [row if isinstance(row, Rejected) else _looked_at(bench, row) for row in rows_of(chunk)]
    try:
        made = _combined(bench, chunk, rows)
    except Exception:
        tried = [row if isinstance(row, Rejected) else _tried(bench, row) for row in rows]
        if tried == rows:
            raise
        rows, made = tried, _combined(bench, chunk, tried)
    papers: dict[int, list[PrintedFile]] = {row.row: [] for row in rows}
    kept = 0
    for index, (kind, whole) in enumerate(made.items()):
        name = _combined_name(kind, chunk)
        # The file is made again, since only then is it known which records it holds. It is written
        # only if it is not there yet.
        there = (
            _is_there(bench, name, chunk.known)
            and hashlib.sha256(whole).hexdigest() == chunk.known[name]
        )
        kept += there
        sha256, data = (chunk.known[name], None) if there else _put(bench, name, whole)
        for entry in rows:
            if isinstance(entry, ValidRecord):
                stamper = bench.stampers[entry.keys[index]]
                papers[entry.row].append(
                    PrintedFile(stamper.code, name, stamper.pages * entry.copies, sha256, data)
                )
                # The bytes of a file are returned once, with its first record.
                data = None
    done = [
        row if isinstance(row, Rejected) else StampedRecord(row.row, row.id, tuple(papers[row.row]))
        for row in rows
    ]
    return ChunkResult(chunk.number, tuple(done), kept)


def _combined(
    bench: ChunkPrintSetup, chunk: Chunk, rows: list[ValidRecord | Rejected]
) -> dict[str, bytes]:
    """Return one file for each kind. Its first page lists the ids and codes inside."""
    assert bench.combine is not None  # noqa: S101 -- the caller has checked
    entries = [row for row in rows if isinstance(row, ValidRecord)]
    made = {}
    for index, kind in enumerate(
        dict.fromkeys(key.kind for entry in entries for key in entry.keys)
    ):
        placed = [
            Placed(entry.keys[index], entry.texts, entry.id, entry.row, entry.copies)
            for entry in entries
        ]
        name = _combined_name(kind, chunk).rpartition("/")[2]
        if bench.only_look:
            made[kind] = b""
        else:
            made[kind] = bench.combine(
                placed, name=name, number=chunk.number + 1, duplex=bench.duplex
            )
    return made


def _tried(bench: ChunkPrintSetup, entry: ValidRecord) -> ValidRecord | Rejected:
    """Print a record by itself, to find out whether it is the one that fails."""
    try:
        for key in entry.keys:
            bench.stampers[key].stamp(entry.texts, entry.id.encode())
    except Exception as error:  # noqa: BLE001 -- as in _looked_at
        return Rejected(entry.row, entry.id, (("", fallen(error)),))
    return entry


def _put(
    bench: ChunkPrintSetup, name: str, data: bytes, head: bytes = b""
) -> tuple[str, bytes | None]:
    """Write a file and return its hash, or its hash and bytes when there is no folder.

    `head` is the part of the file that other files begin with too.
    """
    if bench.only_look:
        return "", None
    sha256 = hashed(data, head)
    if bench.folder is None:
        return sha256, data
    try:
        write_private(bench.folder, name, data, bench.beside)
    except OSError as error:
        # Name the run's folder in the error: the file's name is a patient's id.
        error.filename = error.filename2 = None
        with os_errors_as_problems(Path(bench.folder)):
            raise
    return sha256, None


def _is_there(bench: ChunkPrintSetup, name: str, known: Mapping[str, str]) -> bool:
    """Check whether a file that was written earlier still has the same hash.

    Without a folder the file counts as there: the sender of the chunk has checked.
    """
    if name not in known:
        return False
    return bench.folder is None or hash_of(f"{bench.folder}/{name}") == known[name]


def still_there(bench: ChunkPrintSetup, chunk: Chunk) -> Chunk:
    """Return a chunk whose `known` holds only files that are still there, byte for byte.

    For a machine that prints the chunk without access to the folder.
    """
    return chunk._replace(
        known={
            name: sha256
            for name, sha256 in chunk.known.items()
            if _is_there(bench, name, chunk.known)
        }
    )


def put_away(bench: ChunkPrintSetup, chunk: Chunk, result: ChunkResult) -> ChunkResult:
    """Write the files of a chunk that another machine printed.

    Raises TeachbackError when the result does not belong to the chunk, or cannot be written.
    """
    names = set(files_of(bench, chunk))
    papers = [
        paper for row in result.rows if isinstance(row, StampedRecord) for paper in row.papers
    ]
    asked, given = ([(row.row, row.id) for row in rows] for rows in (rows_of(chunk), result.rows))
    whole = all(
        paper.data is None or hashlib.sha256(paper.data).hexdigest() == paper.sha256
        for paper in papers
    )
    if (
        result.number != chunk.number
        or asked != given
        or not names.issuperset(paper.file for paper in papers)
        or not whole
    ):
        raise TeachbackError(
            Problem(
                "another machine returned the wrong records",
                "What was finished is kept. Start again.",
            )
        )
    for paper in papers:
        if paper.data is not None:
            _put(bench, paper.file, paper.data)
    rows = [
        row._replace(papers=tuple(paper._replace(data=None) for paper in row.papers))
        if isinstance(row, StampedRecord)
        else row
        for row in result.rows
    ]
    return result._replace(rows=tuple(rows))
