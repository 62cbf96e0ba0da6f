"""Run a merge: read all rows, print each edition once, stamp each record, account for every row.

The file of records is read once. The rows wait between the two passes in a file without a name, so
a change to the file of records during the run does not change what is printed. The run ends with a
warning when the file was changed.
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
    near_names,
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
from teachback.merge.records.record_validation import Rejected, repeated, together
from teachback.merge.spool import SpoolFile

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator

    from teachback.merge.engine_protocol import EditionKey, Engine
    from teachback.merge.merge_order import MergeOrder
    from teachback.merge.records.record_reader import RecordTable
    from teachback.merge.run_folder import RunFolder

    Step = Callable[[int, int], None]

# The number of rows in a chunk: few enough to hold in memory, and enough that the one wait for the
# disk in each chunk costs nothing.
CHUNK: Final = 250
# The most bytes that are read from a pipe, and from a file.
MOST_PIPED: Final = 4_000_000_000
MOST_READ: Final = 20_000_000_000
# The seconds after which a named pipe that delivers nothing is given up.
PATIENCE: Final = 300
# The number of processes that may die, each on one record, before the machine is blamed rather than
# the records.
MOST_LOST: Final = 5
# The number of longest ids that are checked against the cover's space. Letters differ in width, so
# the longest id alone is not enough.
_LONGEST: Final = 50
_REASON_LOST: Final = "could not be printed: the printing process was stopped"


@dataclass(frozen=True)
class _Read:
    """The result of the first pass over the records.

    Holds a fingerprint of all rows, the characters that each edition needs, the number of rows, and
    some of the longest ids.
    """

    mark: bytes
    characters: dict[EditionKey, frozenset[str]]
    rows: int
    longest: tuple[str, ...]


def merge(order: MergeOrder, engine: Engine, step: Step | None = None) -> Merged:
    """Print the records of an order and return the counts.

    A rejected record is listed in the result and in rejected.csv. It does not stop the others.
    Raises UsageError for an order that cannot be printed, and TeachbackError when the run cannot
    begin or cannot go on. Finished files are kept then.
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

        # Hours may pass before the first chunk is sent, so an unreachable worker is reported now.
        dispatcher.look(order.cluster)
    if not order.dry_run:
        # Check the output folder before anything is read or printed.
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
        # The input came from a pipe and has been read. Its copy stays on the disk no longer than
        # needed.
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
    # Close the workers before the folder is cleaned up.
    with closing(_worked(bench, _announced(run, bench, chunks), order)) as accounts:
        for account in accounts:
            _add(merged, account, step, read.rows)
            run_folder.report(
                run, account.number, account.hashes, account.manifest, account.refused
            )
    # On a network file system an open nameless file has a name, and the folder could not be
    # cleared.
    between.close()
    refuse_miscount(run, merged, read.rows, folders)
    run_folder.finish(run, counts_of(merged))
    if before and _look_of(file, order) != before:
        merged.problems.append(_changed_since(order))
    return merged


@contextmanager
def _opened(order: MergeOrder) -> Iterator[BinaryIO]:
    """Open the records as a seekable file."""
    with ExitStack() as files:
        if order.records is None:
            # sys.stdin is None when standard input was closed.
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
    """Open a file of records, or a named pipe.

    Raises TeachbackError for a device or a socket, and for a pipe that delivers nothing.
    """
    with os_errors_as_problems(path):
        kind = path.stat().st_mode
    if not (stat.S_ISREG(kind) or stat.S_ISFIFO(kind) or stat.S_ISDIR(kind)):
        message = "this is a device or a socket, not a file of records"
        raise TeachbackError(
            Problem(message, "Name a file, or - for standard input.", Location(shown(path)))
        )
    with os_errors_as_problems(path):
        # Opening a pipe that has no writer would block forever.
        descriptor = os.open(path, os.O_RDONLY | (os.O_NONBLOCK if stat.S_ISFIFO(kind) else 0))
        file = os.fdopen(descriptor, "rb")
    with file:
        if stat.S_ISFIFO(kind):
            _await(descriptor, path)
        yield file


def _await(descriptor: int, path: Path) -> None:
    """Wait until a pipe has data. Raises TeachbackError when it has none for `PATIENCE` seconds."""
    watch = select.poll()
    watch.register(descriptor, select.POLLIN)
    # poll() reports nothing for a pipe until a writer has opened it.
    if not any(event & select.POLLIN for _, event in watch.poll(PATIENCE * 1000)):
        message = f"nothing came into this pipe for {PATIENCE} s"
        raise TeachbackError(
            Problem(message, "Start what writes into it, then start again.", Location(shown(path)))
        )
    os.set_blocking(descriptor, True)


@contextmanager
def _read_or_told(order: MergeOrder) -> Iterator[None]:
    """Turn an OSError while the records are read into a Problem. Other errors pass unchanged."""
    try:
        yield
    except OSError as error:
        # The `with` holds only this error: os_errors_as_problems would quote a ValueError, which
        # may hold a patient's value.
        with os_errors_as_problems(order.records or Path(order.name)):
            raise error from None


def _look_of(file: BinaryIO, order: MergeOrder) -> tuple[object, ...]:
    """Return what identifies the open file and the file that has its name now.

    Holds device, inode, size and modification time of each. Empty for a pipe.
    """
    if order.records is None or not order.records.is_file():
        return ()
    with os_errors_as_problems(order.records):
        return tuple(
            (s.st_dev, s.st_ino, s.st_size, s.st_mtime_ns)
            for s in (os.fstat(file.fileno()), order.records.stat())
        )


def _changed_since(order: MergeOrder) -> Problem:
    message = "the file of records changed during printing; its earlier content was printed"
    return Problem(
        message,
        "Print the new content with another --output.",
        Location(order.name),
        Severity.WARNING,
    )


def _survey(
    table: RecordTable, desk: RecordSchema, between: SpoolFile, order: MergeOrder, merged: Merged
) -> _Read:
    """Read all rows and store them in chunks.

    Raises TeachbackError when there are no rows, or when they cannot be read.
    """
    mark = hashlib.sha256()
    unknown: dict[str, int] = {}
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
            # A worker that surveys a part cannot know which ids occur in other parts. Rows with a
            # repeated id are not printed, so their characters are left out.
            for key, letters in (
                letters_needed(rows_of(chunk)) if twice else found.characters
            ).items():
                characters[key] = characters.get(key, frozenset()) | letters
            unknown |= {name: together(unknown.get(name, 0), line) for name, line in found.unknown}
            mark.update(found.mark)
            rows += len(found.ids)
            longest = nlargest(_LONGEST, [*longest, *ids], key=len)
    if not rows:
        raise TeachbackError(
            Problem(
                "there are no records in this file",
                "Write one row for each record, below the column names.",
                Location(table.name),
            )
        )
    wrong = misnamed(unknown, desk.terms.known, Location(table.name)) or near_names(
        unknown, desk.terms.known, table.name
    )
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
    """Print chunks here or on other machines, and yield their accounts in order."""
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
    """Print chunks in order and yield their accounts.

    Raises TeachbackError with the problems of a chunk that could not be printed.
    """
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
    """Print a lost chunk again, one record at a time.

    A record that ends its process again is rejected; the others are printed. Returns the account
    and the number of processes that ended.
    """
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
            "the printing processes were stopped from outside, perhaps for lack of memory", hint
        )
    )


def _add(merged: Merged, account: ChunkAccount, step: Step | None, total: int) -> None:
    merged.add(account)
    if step:
        step(merged.records, total)


def _key(order: MergeOrder, engine: Engine, bench: ChunkPrintSetup, read: _Read) -> str:
    """Return a hash that identifies the run: records, editions, options and program version."""
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
