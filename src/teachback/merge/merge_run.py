"""Records onto paper, the order of steps: read all rows, print each edition once, stamp each record, account for every row.

The file of records is read once. What was read of it lies between the two looks in a file without a name, so a change of the file meanwhile changes
nothing of what is printed; it is told.
"""

from __future__ import annotations

import hashlib
import json
import os
import pickle
import select
import stat
import sys
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from heapq import nlargest
from pathlib import Path
from typing import IO, TYPE_CHECKING, BinaryIO, Final

from teachback import __version__
from teachback.errors import Location, Problem, Severity, TeachbackError, fault_problem
from teachback.files.atomic_files import os_errors_as_problems
from teachback.files.private_files import UNFINISHED
from teachback.files.workspace import shown
from teachback.merge import run_folder
from teachback.merge.accounting import (
    ChunkAccount,
    Merged,
    account_of,
    counts_of,
    printed,
    refuse_miscount,
    still_whole,
)
from teachback.merge.chunk_printer import (
    COMBINED,
    FOLDERS,
    ChunkPrintSetup,
    ChunkResult,
    StampedRecord,
    files_of,
    work,
)
from teachback.merge.merge_order import (
    overruled,
    refuse_missing,
    refuse_order,
    refuse_unlisted,
    refuse_unplaced,
    terms_of,
    unplaced,
)
from teachback.merge.ordered_workers import LostTask, map_in_order
from teachback.merge.records.record_reader import (
    changed,
    misnamed,
    open_table,
    read_parts,
    unknown_names,
)
from teachback.merge.records.record_survey import (
    Chunk,
    RecordSchema,
    alone,
    letters_needed,
    rows_of,
    survey,
)
from teachback.merge.records.record_validation import Rejected, repeated
from teachback.merge.spool import SpoolFile

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator

    from teachback.merge.engine_protocol import EditionKey, Engine
    from teachback.merge.merge_order import MergeOrder
    from teachback.merge.records.record_reader import RecordTable
    from teachback.merge.run_folder import RunFolder

    Step = Callable[[int, int], None]

# Rows that are done together: few enough to hold, enough that waiting for the disk once for each costs nothing.
CHUNK: Final = 250
# In bytes, of what comes in from a pipe, and of a file.
MOST_PIPED: Final = 4_000_000_000
MOST_READ: Final = 20_000_000_000
# In seconds: how long nothing may come into a pipe that has a name.
PATIENCE: Final = 300
# How many processes may be ended by one record each, before the machine is to blame and not the record.
MOST_LOST: Final = 5
# How many of the longest ids are looked at, to see whether a cover has room for them: letters differ in width.
_LONGEST: Final = 50
_REASON_LOST: Final = "could not be printed: the process that tried was ended"


@dataclass(frozen=True)
class _Read:
    """What the reading found: a fingerprint of all rows, the characters of each edition, how many rows there are, some of the longest ids."""

    mark: bytes
    characters: dict[EditionKey, frozenset[str]]
    rows: int
    longest: tuple[str, ...]


def merge(order: MergeOrder, engine: Engine, step: Step | None = None) -> Merged:
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


def _merge(order: MergeOrder, engine: Engine, step: Step | None, open_things: ExitStack) -> Merged:
    refuse_order(order, engine)
    if order.cluster is not None:
        from teachback.merge.cluster import dispatcher

        # Hours may lie before the first chunk: whoever cannot be reached is told of now.
        dispatcher.look(order.cluster)
    if not order.dry_run:
        # Whatever else is wrong: this is seen before anything is read or made.
        open_things.enter_context(run_folder.opened(order.output))
    file = open_things.enter_context(_opened(order))
    before = _look_of(file, order)
    terms = terms_of(order, engine)
    with _read_or_told(order):
        table, noticed = open_table(
            file, order.records, order.name, terms.id_column, terms.known, order.encoding
        )
    refuse_missing(table, terms, engine)
    merged = Merged(problems=[*engine.problems, *noticed, *overruled(order, table)])
    between = open_things.enter_context(
        closing(SpoolFile(None if order.dry_run else order.output / UNFINISHED))
    )
    with _read_or_told(order):
        read = _survey(
            table,
            RecordSchema(table.rows, terms, engine.fields, engine.read_value),
            between,
            order,
            merged,
        )
    if _look_of(file, order) != before:
        raise changed(order.name)
    if not before:
        # What came in from a pipe was read; nothing of it is to lie on a disk longer than it must.
        file.close()
    stampers = engine.make_stampers(read.characters)
    refuse_unplaced(stampers, engine)
    merged.problems += unplaced(stampers, terms, table)
    combine = engine.make_combine(stampers, read.characters) if order.combine else None
    if combine is not None:
        refuse_unlisted(read.longest, combine)
    bench = ChunkPrintSetup(
        terms.kinds,
        stampers,
        None if order.dry_run else str(order.output.absolute()),
        combine,
        order.duplex,
        only_look=order.dry_run,
    )
    chunks: Iterator[Chunk] = map(pickle.loads, between.pieces())
    if order.dry_run:
        with closing(_worked(bench, chunks, order)) as accounts:
            for account in accounts:
                _add(merged, account, step, read.rows)
        return merged
    key, about = (
        _key(order, engine, bench, read),
        {"handout": engine.handout, "program": __version__},
    )
    folders = (COMBINED,) if order.combine else tuple(FOLDERS[kind] for kind in order.kinds)
    run = run_folder.begin(order.output, key, about)
    open_things.callback(run_folder.close, run)
    if run.finished is not None and still_whole(run, merged):
        return merged
    run_folder.go_on(run, folders)
    # Nobody is at work any more when the folder is tidied up.
    with closing(_worked(bench, _announced(run, bench, chunks), order)) as accounts:
        for account in accounts:
            _add(merged, account, step, read.rows)
            run_folder.report(
                run, account.number, account.hashes, account.manifest, account.refused
            )
    # On a network's disk a file without a name has one as long as it is open, and the folder could not be cleared.
    between.close()
    refuse_miscount(run, merged, read.rows, folders)
    run_folder.finish(run, counts_of(merged))
    if before and _look_of(file, order) != before:
        merged.problems.append(_changed_since(order))
    return merged


@contextmanager
def _opened(order: MergeOrder) -> Iterator[BinaryIO]:
    """Open the records so that they can be read from their start again."""
    with ExitStack() as files:
        if order.records is None:
            # Python has none where it was closed.
            if sys.stdin is None:
                raise TeachbackError(
                    Problem(
                        "there is no standard input", "Name the file of records: --records FILE."
                    )
                )
            incoming: IO[bytes] = sys.stdin.buffer
        else:
            incoming = files.enter_context(_named(order.records))
        if order.records is not None and stat.S_ISREG(os.fstat(incoming.fileno()).st_mode):
            if os.fstat(incoming.fileno()).st_size > MOST_READ:
                message = f"this file of records is larger than {MOST_READ // 1_000_000:,} MB"
                raise TeachbackError(
                    Problem(message, "Is it the right file? If so, split it.", Location(order.name))
                )
            yield incoming  # type: ignore[misc]
        else:
            where = run_folder.spool(
                None if order.dry_run else order.output / UNFINISHED, incoming, MOST_PIPED
            )
            yield files.enter_context(where)  # type: ignore[misc]


@contextmanager
def _named(path: Path) -> Iterator[IO[bytes]]:
    """Open a file of records, or a pipe that has a name. Raises TeachbackError for a device, and for a pipe into which nothing comes."""
    with os_errors_as_problems(path):
        kind = path.stat().st_mode
    if not (stat.S_ISREG(kind) or stat.S_ISFIFO(kind) or stat.S_ISDIR(kind)):
        message = "this is a device or a socket, and no file of records"
        raise TeachbackError(
            Problem(message, "Name a file, or - for standard input.", Location(shown(path)))
        )
    with os_errors_as_problems(path):
        # A pipe that nobody writes into would be waited for without end.
        descriptor = os.open(path, os.O_RDONLY | (os.O_NONBLOCK if stat.S_ISFIFO(kind) else 0))
        file = os.fdopen(descriptor, "rb")
    with file:
        if stat.S_ISFIFO(kind):
            _await(descriptor, path)
        yield file


def _await(descriptor: int, path: Path) -> None:
    """Wait until something comes into a pipe. Raises TeachbackError when nothing does for `PATIENCE` seconds."""
    watch = select.poll()
    watch.register(descriptor, select.POLLIN)
    # Until somebody has opened it for writing, there is nothing to be seen of a pipe.
    if not any(event & select.POLLIN for _, event in watch.poll(PATIENCE * 1000)):
        message = f"nothing came into this pipe for {PATIENCE} s"
        raise TeachbackError(
            Problem(message, "Start what writes into it, then start again.", Location(shown(path)))
        )
    os.set_blocking(descriptor, True)


@contextmanager
def _read_or_told(order: MergeOrder) -> Iterator[None]:
    """Turn what the system says of a file that cannot be read any more into a Problem; all else that may go wrong there says itself what it is."""
    try:
        yield
    except OSError as error:
        # Not through `told` alone: it quotes a ValueError, which may hold a value.
        with os_errors_as_problems(order.records or Path(order.name)):
            raise error from None


def _look_of(file: BinaryIO, order: MergeOrder) -> tuple[object, ...]:
    """Give by what it is known that a file of records is as it was: the open one, and the one that has its name now. Of a pipe there is nothing to see."""
    if order.records is None or not order.records.is_file():
        return ()
    with os_errors_as_problems(order.records):
        return tuple(
            (s.st_dev, s.st_ino, s.st_size, s.st_mtime_ns)
            for s in (os.fstat(file.fileno()), order.records.stat())
        )


def _changed_since(order: MergeOrder) -> Problem:
    message = "the file of records was changed while they were printed: printed is what stood in it at the beginning"
    return Problem(
        message, "Print the new one with another --output.", Location(order.name), Severity.WARNING
    )


def _survey(
    table: RecordTable, desk: RecordSchema, between: SpoolFile, order: MergeOrder, merged: Merged
) -> _Read:
    """Read all rows, and put them away in chunks. Raises TeachbackError when there are none, or they cannot be read."""
    mark = hashlib.sha256()
    unknown: dict[str, None] = {}
    characters: dict[EditionKey, frozenset[str]] = {}
    taken = set[str]()
    rows = 0
    longest: list[str] = []
    parts = read_parts(table, order.combine or CHUNK, exactly=bool(order.combine))
    with closing(parts), closing(map_in_order(survey, desk, parts, order.jobs)) as surveys:
        for number, found in enumerate(surveys):
            if isinstance(found, LostTask):
                raise _ended_from_outside()
            if found.problems:
                raise TeachbackError(*found.problems)
            twice = repeated(found.ids, taken)
            ids = tuple(
                name
                for at, name in enumerate(found.ids)
                if at not in found.rejected and at not in twice
            )
            chunk = Chunk(number, found.rows, ids, twice)
            between.put(pickle.dumps(chunk, pickle.HIGHEST_PROTOCOL))
            # Whoever read the rows could not know which of them repeat an id of other rows: those are not printed.
            for key, letters in (
                letters_needed(rows_of(chunk)) if twice else found.characters
            ).items():
                characters[key] = characters.get(key, frozenset()) | letters
            unknown.update(dict.fromkeys(found.unknown))
            mark.update(found.mark)
            rows += len(found.ids)
            longest = nlargest(_LONGEST, [*longest, *ids], key=len)
    if not rows:
        raise TeachbackError(
            Problem(
                "there are no records in this file",
                "Below the names of the columns, one row a record.",
                Location(table.name),
            )
        )
    wrong = misnamed(unknown, desk.terms.known, Location(table.name))
    if wrong:
        raise TeachbackError(*wrong)
    merged.problems += unknown_names(unknown, desk.terms.known, Location(table.name))
    return _Read(mark.digest(), characters, rows, tuple(longest))


def _announced(run: RunFolder, bench: ChunkPrintSetup, chunks: Iterable[Chunk]) -> Iterator[Chunk]:
    for chunk in chunks:
        run_folder.announce(run, chunk, files_of(bench, chunk))
        yield chunk._replace(known=run_folder.finished_files(run, chunk.number))


def _shared_out(
    bench: ChunkPrintSetup, chunks: Iterable[Chunk], order: MergeOrder
) -> Generator[ChunkAccount | LostTask[Chunk]]:
    """Have chunks printed, here or by other machines; what comes of them comes in order."""
    if order.cluster is None:
        yield from map_in_order(printed, bench, chunks, order.jobs)
        return
    from teachback.merge.cluster import dispatcher

    with closing(dispatcher.print_on_cluster(order.cluster, bench, chunks)) as results:
        for result in results:
            yield result if isinstance(result, LostTask) else account_of(result)


def _worked(
    bench: ChunkPrintSetup, chunks: Iterable[Chunk], order: MergeOrder
) -> Generator[ChunkAccount]:
    """Print chunks, in order. Raises TeachbackError with the problems of a chunk that could not be done."""
    lost = 0
    with closing(_shared_out(bench, chunks, order)) as accounts:
        for done in accounts:
            account = done
            if isinstance(account, LostTask):
                account, deaths = _one_by_one(bench, account.task)
                lost += deaths
                if lost > MOST_LOST:
                    raise _ended_from_outside()
            if account.problems:
                raise TeachbackError(*account.problems)
            yield account


def _one_by_one(bench: ChunkPrintSetup, chunk: Chunk) -> tuple[ChunkAccount, int]:
    """Do a chunk again whose process was ended: a record that ends it once more is rejected, the others are printed."""
    parts = [chunk] if bench.combine else alone(chunk)
    rows: list[StampedRecord | Rejected] = []
    kept = deaths = 0
    with closing(map_in_order(work, bench, parts, 1, apart=True)) as results:
        for part, result in zip(parts, results, strict=True):
            if isinstance(result, LostTask):
                deaths += 1
                (row, *others) = rows_of(part)
                if others or deaths > MOST_LOST:
                    raise _ended_from_outside()
                rows.append(Rejected(row.row, row.id, (("", _REASON_LOST),)))
                continue
            if result.problems:
                return ChunkAccount(chunk.number, problems=result.problems), deaths
            rows += result.rows
            kept += result.kept
    return account_of(ChunkResult(chunk.number, tuple(rows), kept)), deaths


def _ended_from_outside() -> TeachbackError:
    hint = "What was finished is kept: start again, with fewer --jobs if memory is short."
    return TeachbackError(
        Problem(
            "the processes that print were ended from outside, perhaps for lack of memory", hint
        )
    )


def _add(merged: Merged, account: ChunkAccount, step: Step | None, total: int) -> None:
    merged.add(account)
    if step:
        step(merged.records, total)


def _key(order: MergeOrder, engine: Engine, bench: ChunkPrintSetup, read: _Read) -> str:
    """Give what tells this run from any other: the records, the editions, the options, the program."""
    codes = sorted((*map(str, key), bench.stampers[key].code) for key in bench.stampers)
    said = [
        engine.handout,
        engine.fingerprint,
        __version__,
        codes,
        order.kinds,
        order.combine,
        order.duplex,
    ]
    return hashlib.sha256(json.dumps(said).encode() + read.mark).hexdigest()
