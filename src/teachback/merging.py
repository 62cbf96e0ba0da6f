"""Records onto paper, the order of steps: read all rows once, print each edition once, stamp each record, account for every row.

Rows are read twice, as a stream: first to see what the editions need, then to print. That both times gave the same is looked at chunk by chunk.
"""

from __future__ import annotations

import hashlib
import json
import sys
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from itertools import islice
from typing import IO, TYPE_CHECKING, BinaryIO, Final

from teachback import __version__, ledger
from teachback.admit import Entry, Rejected, admitted
from teachback.crew import Lost, in_order
from teachback.disk import told
from teachback.errors import Location, Problem, TeachbackError
from teachback.order import overruled, refuse_missing, refuse_order, refuse_unplaced, terms_of, unplaced
from teachback.privatefile import UNFINISHED
from teachback.rows import changed, open_table, read_rows, unknown_columns
from teachback.stampwork import (
    COMBINED,
    FOLDERS,
    Bench,
    Chunk,
    ChunkResult,
    Desk,
    Stamped,
    fault_problem,
    files_of,
    survey,
    work,
)
from teachback.tally import Merged, counts_of, manifest_lines, refuse_miscount, rejected_lines, still_whole

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator

    from teachback.admit import Terms
    from teachback.ledger import Run
    from teachback.order import Order
    from teachback.rows import Table
    from teachback.stamper import EditionKey, Engine

    Step = Callable[[int, int], None]

# Rows that are done together: few enough to hold, enough that waiting for the disk once for each costs nothing.
CHUNK: Final = 250
# In bytes, of what comes in from a pipe.
MOST_PIPED: Final = 4_000_000_000
# How many processes may be ended by one record each, before the machine is to blame and not the record.
MOST_LOST: Final = 5
_REASON_LOST: Final = "could not be printed: the process that tried was ended"


@dataclass(frozen=True)
class _Read:
    """What the first reading found: a fingerprint of each chunk, the characters of each edition, how many rows there are."""

    marks: tuple[bytes, ...]
    characters: dict[EditionKey, frozenset[str]]
    rows: int


def merge(order: Order, engine: Engine, step: Step | None = None) -> Merged:
    """Print records. Raises UsageError for an order that cannot be, TeachbackError when the run cannot begin or go on; what is finished then is kept.

    A rejected record stands in the result and in rejected.csv, and keeps no other from being printed.
    """
    try:
        with ExitStack() as open_things:
            return _merge(order, engine, step, open_things)
    except (TeachbackError, BrokenPipeError):
        raise
    except Exception as error:  # noqa: BLE001 -- a traceback may quote a value
        raise TeachbackError(fault_problem(error)) from None


def _merge(order: Order, engine: Engine, step: Step | None, open_things: ExitStack) -> Merged:
    refuse_order(order, engine)
    if order.cluster is not None:
        from teachback import cluster

        # Hours may lie before the first chunk: whoever cannot be reached is told of now.
        cluster.look(order.cluster)
    if not order.dry_run:
        # Whatever else is wrong: this is seen before anything is read or made.
        open_things.enter_context(ledger.opened(order.output))
    file = open_things.enter_context(_opened(order))
    terms = terms_of(order, engine)
    table, noticed = open_table(file, order.records, order.name, terms.id_column, terms.known, order.encoding)
    refuse_missing(table, terms, engine)
    merged = Merged(problems=[*engine.problems, *noticed, *overruled(order, table)])
    desk = Desk(engine.fields, engine.read_value)
    size = order.combine or CHUNK
    read = _survey(table, terms, desk, size, order.jobs, merged)
    stampers = engine.make_stampers(read.characters)
    refuse_unplaced(stampers, engine)
    merged.problems += unplaced(stampers, terms, table)
    bench = Bench(
        desk,
        stampers,
        None if order.dry_run else str(order.output.absolute()),
        engine.make_combine(stampers, read.characters) if order.combine else None,
        order.duplex,
        only_look=order.dry_run,
    )
    chunks = _same(_chunks(table, terms, size), read.marks, order.name)
    total = read.rows
    if order.dry_run:
        with closing(_worked(bench, chunks, order)) as results:
            for result in results:
                _add(merged, result, step, total)
        return merged
    key, about = _key(order, engine, bench, read), {"handout": engine.handout, "program": __version__}
    folders = (COMBINED,) if order.combine else tuple(FOLDERS[kind] for kind in order.kinds)
    run = ledger.begin(order.output, key, about)
    open_things.callback(ledger.close, run)
    if run.finished is not None and still_whole(run, merged):
        return merged
    ledger.go_on(run, folders)
    # Nobody is at work any more when the folder is tidied up.
    with closing(_worked(bench, _announced(run, bench, chunks), order)) as results:
        for result in results:
            _add(merged, result, step, total)
            files = {paper.file: paper.sha256 for row in result.rows if isinstance(row, Stamped) for paper in row.papers}
            ledger.report(run, result.number, files, manifest_lines(result), rejected_lines(result))
    refuse_miscount(run, merged, read.rows, folders)
    ledger.finish(run, counts_of(merged))
    return merged


@contextmanager
def _opened(order: Order) -> Iterator[BinaryIO]:
    """Open the records so that they can be read twice."""
    with ExitStack() as files:
        if order.records is None:
            incoming: IO[bytes] = sys.stdin.buffer
        else:
            with told(order.records):
                incoming = files.enter_context(order.records.open("rb"))
        if order.records is not None and incoming.seekable():
            yield incoming  # type: ignore[misc]
        else:
            where = ledger.spool(None if order.dry_run else order.output / UNFINISHED, incoming, MOST_PIPED)
            yield files.enter_context(where)  # type: ignore[misc]


def _chunks(table: Table, terms: Terms, size: int, unknown: dict[str, None] | None = None) -> Iterator[Chunk]:
    # Closed when nobody wants more of it, and not whenever memory is tidied up: the file is closed then.
    with closing(read_rows(table)) as read:
        rows = admitted(read, terms, unknown)
        number = 0
        while part := tuple(islice(rows, size)):
            yield Chunk(number, part, {})
            number += 1


def _mark(chunk: Chunk) -> bytes:
    """Give a fingerprint of a chunk, by which it is known again."""
    # Plain tuples: what they are called need not be written, which takes as long as the rest.
    said = [(row.row, row.id, row.raw, row.copies, *map(tuple, row.keys)) if isinstance(row, Entry) else tuple(row) for row in chunk.rows]
    return hashlib.sha256(repr(said).encode("utf-8", "surrogatepass")).digest()


def _survey(table: Table, terms: Terms, desk: Desk, size: int, jobs: int, merged: Merged) -> _Read:
    """Read all rows for the first time. Raises TeachbackError when there are none."""
    marks: list[bytes] = []
    unknown: dict[str, None] = {}
    characters: dict[EditionKey, set[str]] = {}
    rows = 0

    def marked() -> Iterator[Chunk]:
        nonlocal rows
        for chunk in _chunks(table, terms, size, unknown if table.form == "jsonl" else None):
            marks.append(_mark(chunk))
            rows += len(chunk.rows)
            yield chunk

    with closing(in_order(survey, desk, marked(), jobs)) as surveys:
        for found in surveys:
            if isinstance(found, Lost):
                raise _ended_from_outside()
            if found.problems:
                raise TeachbackError(*found.problems)
            for key, letters in found.characters.items():
                characters.setdefault(key, set()).update(letters)
    if not rows:
        raise TeachbackError(
            Problem("there are no records in this file", "Below the names of the columns, one row a record.", Location(table.name))
        )
    merged.problems += unknown_columns(list(unknown), terms.known, Location(table.name))
    return _Read(tuple(marks), {key: frozenset(letters) for key, letters in characters.items()}, rows)


def _same(chunks: Iterable[Chunk], marks: tuple[bytes, ...], name: str) -> Iterator[Chunk]:
    """Give the chunks of the second reading. Raises TeachbackError where it is not the first one over again."""
    count = 0
    for chunk in chunks:
        if chunk.number >= len(marks) or _mark(chunk) != marks[chunk.number]:
            raise changed(name)
        count += 1
        yield chunk
    if count != len(marks):
        raise changed(name)


def _announced(run: Run, bench: Bench, chunks: Iterable[Chunk]) -> Iterator[Chunk]:
    for chunk in chunks:
        ledger.announce(run, chunk, files_of(bench, chunk))
        yield chunk._replace(known=ledger.known(run, chunk.number))


def _shared_out(bench: Bench, chunks: Iterable[Chunk], order: Order) -> Generator[ChunkResult | Lost[Chunk]]:
    """Have chunks printed, here or by other machines; what comes of them comes in order."""
    if order.cluster is None:
        return in_order(work, bench, chunks, order.jobs)
    from teachback import cluster

    return cluster.in_order(order.cluster, bench, chunks)


def _worked(bench: Bench, chunks: Iterable[Chunk], order: Order) -> Generator[ChunkResult]:
    """Print chunks, in order. Raises TeachbackError with the problems of a chunk that could not be done."""
    lost = 0
    with closing(_shared_out(bench, chunks, order)) as results:
        for done in results:
            result = done
            if isinstance(result, Lost):
                result, deaths = _one_by_one(bench, result.task)
                lost += deaths
                if lost > MOST_LOST:
                    raise _ended_from_outside()
            if result.problems:
                raise TeachbackError(*result.problems)
            yield result


def _one_by_one(bench: Bench, chunk: Chunk) -> tuple[ChunkResult, int]:
    """Do a chunk again whose process was ended: a record that ends it once more is rejected, the others are printed."""
    parts = [chunk] if bench.combine else [chunk._replace(rows=(row,)) for row in chunk.rows]
    rows: list[Stamped | Rejected] = []
    kept = deaths = 0
    with closing(in_order(work, bench, parts, 1, apart=True)) as results:
        for part, result in zip(parts, results, strict=True):
            if isinstance(result, Lost):
                deaths += 1
                (row, *others) = part.rows
                if others or deaths > MOST_LOST:
                    raise _ended_from_outside()
                rows.append(Rejected(row.row, row.id, (("", _REASON_LOST),)))
                continue
            if result.problems:
                return result, deaths
            rows += result.rows
            kept += result.kept
    return ChunkResult(chunk.number, tuple(rows), kept), deaths


def _ended_from_outside() -> TeachbackError:
    hint = "What was finished is kept: start again, with fewer --jobs if memory is short."
    return TeachbackError(Problem("the processes that print were ended from outside, perhaps for lack of memory", hint))


def _add(merged: Merged, result: ChunkResult, step: Step | None, total: int) -> None:
    for row in result.rows:
        merged.count(row)
    merged.kept += result.kept
    if step:
        step(merged.records, total)


def _key(order: Order, engine: Engine, bench: Bench, read: _Read) -> str:
    """Give what tells this run from any other: the records, the editions, the options, the program."""
    codes = sorted((*map(str, key), bench.stampers[key].code) for key in bench.stampers)
    said = [engine.handout, engine.fingerprint, __version__, codes, order.kinds, order.combine, order.duplex]
    return hashlib.sha256(json.dumps(said).encode() + b"".join(read.marks)).hexdigest()
