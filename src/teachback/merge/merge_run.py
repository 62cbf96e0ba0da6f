"""Run a merge: read all rows, print each edition once, stamp each record, account for every row.

The file of records is read once. The records wait between the two passes in a file without a name,
so a change to the file of records during the run does not change what is printed. The run ends with
a warning when the file was changed.
"""

from __future__ import annotations

import hashlib
import json
import pickle
from contextlib import ExitStack, closing
from dataclasses import dataclass, replace
from heapq import nlargest
from typing import TYPE_CHECKING, Final

from teachback import __version__
from teachback.errors import Location, Problem, TeachbackError, fault_problem
from teachback.files.private_files import UNFINISHED
from teachback.merge import run_folder
from teachback.merge.accounting import (
    Merged,
    counts_of,
    outcome_of,
    printed_before,
    record_result,
    refuse_miscount,
)
from teachback.merge.chunk_printer import (
    COMBINED,
    FOLDERS,
    ChunkPrintSetup,
    ChunkResult,
    checked,
    files_of,
    work,
)
from teachback.merge.merge_order import (
    overruled,
    refuse_meant,
    refuse_missing,
    refuse_order,
    refuse_unlisted,
    refuse_unplaced,
    rules_of,
    unplaced,
)
from teachback.merge.ordered_workers import LostTask, map_in_order
from teachback.merge.record_shapes import PrintedRecord
from teachback.merge.record_source import changed_since, opened_records, read_errors_as_problems
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
    chunk_of,
    reject_ids,
    single_record_chunks,
    survey,
    unpack,
)
from teachback.merge.records.record_validation import TWICE, combine_findings
from teachback.merge.rows_to_mend import keep_rows, write_rows_to_mend
from teachback.merge.spool import SpoolFile

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator
    from pathlib import Path

    from teachback.merge.engine_protocol import Engine, Stamper
    from teachback.merge.merge_order import MergeOrder
    from teachback.merge.record_shapes import EditionKey, ValidatedRecord
    from teachback.merge.record_source import RecordSource
    from teachback.merge.records.record_reader import RecordTable
    from teachback.merge.records.record_validation import RowRules
    from teachback.merge.run_folder import RunFolder

    Step = Callable[[int, int], None]
    Warn = Callable[[tuple[Problem, ...]], None]

# The number of rows in a chunk: few enough to hold in memory, and enough that the one wait for the
# disk in each chunk costs nothing.
CHUNK: Final = 250
# The number of processes that may die, each on one record, before the machine is blamed rather than
# the records.
MOST_LOST: Final = 5
# The number of the longest ids that are checked against the cover's space. Letters differ in width,
# so the longest id alone is not enough.
_LONGEST_IDS: Final = 50
_PRINTED_BEFORE: Final = "was printed already by an earlier run into this folder"
_REASON_LOST: Final = "could not be printed: the printing process was stopped"


@dataclass(frozen=True)
class _Survey:
    """The result of the first pass over the records.

    Holds the table and the rules by which it was read, a fingerprint of all rows, the characters
    that each edition needs, and the number of rows. `longest` are some of the longest ids. `ids`
    are all ids in lower case, and `repeated` those that several rows have. `problems` are warnings.
    """

    table: RecordTable
    rules: RowRules
    fingerprint: bytes
    characters: dict[EditionKey, frozenset[str]]
    rows: int
    longest: tuple[str, ...]
    ids: frozenset[str]
    repeated: frozenset[str]
    problems: tuple[Problem, ...]


def merge(
    order: MergeOrder, engine: Engine, step: Step | None = None, warn: Warn | None = None
) -> Merged:
    """Print the records of an order and return the counts.

    `warn` is called with the warnings that are known before the first record is printed.
    A rejected record is listed in the result and in rejected.csv. It does not stop the others.
    Raises UsageError for an order that cannot be printed, and TeachbackError when the run cannot
    begin or cannot go on. Finished files are kept then.
    """
    try:
        with ExitStack() as resources:
            return _merge(order, engine, step, warn, resources)
    except (TeachbackError, BrokenPipeError):
        raise
    except Exception as error:  # noqa: BLE001 -- a traceback may quote a value
        raise TeachbackError(fault_problem(error)) from None


def _merge(
    order: MergeOrder, engine: Engine, step: Step | None, warn: Warn | None, resources: ExitStack
) -> Merged:
    refuse_order(order, engine)
    refuse_meant(order, engine)
    if order.cluster is not None:
        from teachback.merge.cluster import dispatcher

        # Hours may pass before the first chunk is sent, so an unreachable worker is reported now.
        dispatcher.check_workers(order.cluster)
    if not order.dry_run:
        # Check the output folder before anything is read or printed.
        resources.enter_context(run_folder.opened(order.output))
    source = resources.enter_context(opened_records(order))
    scratch_folder = None if order.dry_run else order.output / UNFINISHED
    record_spool, file_spool, row_spool = (
        resources.enter_context(closing(SpoolFile(scratch_folder))) for _ in range(3)
    )
    surveyed = _surveyed(source, order, engine, record_spool, row_spool)
    if source.path is None:
        # The copy of a pipe stays on the disk no longer than needed.
        source.file.close()
    setup, warnings = _set_up(surveyed, order, engine)
    merged = Merged(problems=(*surveyed.problems, *warnings))
    if warn:
        warn(merged.problems)
    key = _run_key(order, engine, setup, surveyed.fingerprint)
    is_mended = surveyed.table.mended and order.output.is_dir()
    folder = run_folder.folder_of(order.output, key) if is_mended else order.output
    refused_ids = _refused_ids(surveyed, order, folder)
    chunks = (reject_ids(chunk, refused_ids) for chunk in _spooled(record_spool))
    to_print = _spooled_by_file(chunks, setup, order, file_spool) if order.combine else chunks
    if order.dry_run:
        return _print(
            setup,
            to_print,
            order,
            merged,
            lambda _, so_far: _report_progress(step, so_far, surveyed),
        )
    if folder != order.output:
        resources.enter_context(run_folder.opened(folder))
    setup = replace(setup, folder=str(folder.absolute()))
    description = {"handout": engine.handout, "program": __version__}
    run = run_folder.begin(folder, key, description)
    resources.callback(run_folder.close, run)
    finished = outcome_of(run)
    if finished is not None:
        return _with_editions(replace(finished, problems=merged.problems), folder, setup)
    folders = (COMBINED,) if order.combine else tuple(FOLDERS[kind] for kind in order.kinds)
    run_folder.resume(run, folders)

    def record(result: ChunkResult, so_far: Merged) -> None:
        record_result(run, result)
        _report_progress(step, so_far, surveyed)

    merged = _print(setup, _announced(run, setup, to_print), order, merged, record)
    if merged.rejected:
        write_rows_to_mend(run, surveyed.table.row_form, row_spool)
    # On a network file system an open nameless file has a name, and the folder could not be
    # cleared.
    for spool_file in (record_spool, file_spool, row_spool):
        spool_file.close()
    refuse_miscount(run, merged, surveyed.rows, folders)
    run_folder.finish(run, counts_of(merged))
    if source.changed:
        merged = replace(merged, problems=(*merged.problems, changed_since(source)))
    return _with_editions(merged, folder, setup)


def _print(
    setup: ChunkPrintSetup,
    chunks: Iterable[Chunk],
    order: MergeOrder,
    merged: Merged,
    record: Callable[[ChunkResult, Merged], None],
) -> Merged:
    """Print all chunks, and return the outcome.

    `record` gets each chunk and the outcome so far. The workers are closed at the end, before the
    folder is cleaned up.
    """
    with closing(_results(setup, chunks, order)) as results:
        for result in results:
            merged = merged.plus(result)
            record(result, merged)
    return merged


def _with_editions(merged: Merged, folder: Path, setup: ChunkPrintSetup) -> Merged:
    """Return the outcome with the folder of the run, and the editions that it printed."""
    # An edition is the same with boxes and with a record's words.
    keys = (key[:5] for key, stamper in setup.stampers.items() if stamper.code in merged.editions)
    return replace(merged, folder=folder, keys=tuple(dict.fromkeys(keys)))


def _surveyed(
    source: RecordSource,
    order: MergeOrder,
    engine: Engine,
    record_spool: SpoolFile,
    row_spool: SpoolFile,
) -> _Survey:
    """Read all rows. Spool the records in chunks, and keep the rows as they are in the file.

    Raises TeachbackError when there are no rows, when they cannot be read, or when the file changed
    meanwhile.
    """
    rules = rules_of(order, engine)
    with read_errors_as_problems(source):
        table, warnings = open_table(
            source.file,
            order.records,
            order.name,
            rules.id_column,
            rules.known,
            order.encoding,
            rules.labels,
        )
    refuse_missing(table, rules, engine)
    fingerprint = hashlib.sha256()
    unknown: dict[str, int] = {}
    characters: dict[EditionKey, frozenset[str]] = {}
    ids = set[str]()
    repeated = set[str]()
    rows_read = 0
    longest: list[str] = []
    with (
        read_errors_as_problems(source),
        closing(read_parts(table, CHUNK)) as parts,
        closing(
            map_in_order(
                survey,
                (table.row_form, rules),
                parts if order.dry_run else keep_rows(parts, row_spool),
                order.jobs,
            )
        ) as summaries,
    ):
        for number, summary in enumerate(summaries):
            if isinstance(summary, LostTask):
                raise _stopped_from_outside()
            if summary.problems:
                raise TeachbackError(*summary.problems)
            for identifier in filter(None, map(str.lower, summary.ids)):
                (repeated if identifier in ids else ids).add(identifier)
            chunk = Chunk(number, summary.records, summary.printable)
            record_spool.put(pickle.dumps(chunk, pickle.HIGHEST_PROTOCOL))
            for key, letters in summary.characters.items():
                characters[key] = characters.get(key, frozenset()) | letters
            unknown |= {
                name: combine_findings(unknown.get(name, 0), line) for name, line in summary.unknown
            }
            fingerprint.update(summary.fingerprint)
            rows_read += len(summary.ids)
            longest = nlargest(_LONGEST_IDS, [*longest, *chunk.ids], key=len)
    place = Location(table.name)
    if not rows_read:
        hint = "Write one row for each record, below the column names."
        raise TeachbackError.of("there are no records in this file", hint, place)
    errors = misnamed(unknown, rules.known, place) or near_names(unknown, rules.known, table.name)
    if errors:
        raise TeachbackError(*errors)
    if source.changed:
        raise changed(order.name)
    problems = (
        *engine.problems,
        *warnings,
        *overruled(order, table),
        *unknown_names(unknown, rules.known, place),
    )
    return _Survey(
        table,
        rules,
        fingerprint=fingerprint.digest(),
        characters=characters,
        rows=rows_read,
        longest=tuple(longest),
        ids=frozenset(ids),
        repeated=frozenset(repeated),
        problems=problems,
    )


def _set_up(
    surveyed: _Survey, order: MergeOrder, engine: Engine
) -> tuple[ChunkPrintSetup, list[Problem]]:
    """Print each edition once. Returns what printing records takes, and warnings.

    Raises TeachbackError when an edition cannot be printed, or has no room for what it must hold.
    """
    stampers = engine.make_stampers(surveyed.characters)
    refuse_unplaced(stampers, engine)
    combine = engine.make_combine(stampers, surveyed.characters) if order.combine else None
    if combine is not None:
        refuse_unlisted(surveyed.longest, combine)
    setup = ChunkPrintSetup(
        order.kinds, stampers, None, combine, order.duplex, dry_run=order.dry_run
    )
    warnings = combine.warnings if combine is not None else _warnings(stampers.values())
    return setup, [*warnings, *unplaced(stampers, surveyed.rules, surveyed.table)]


def _warnings(stampers: Iterable[Stamper]) -> tuple[Problem, ...]:
    return tuple(dict.fromkeys(problem for stamper in stampers for problem in stamper.warnings))


def _refused_ids(surveyed: _Survey, order: MergeOrder, folder: Path) -> dict[str, str]:
    """Return the ids, in lower case, that no record may have, each with the reason."""
    printed_ids = printed_before(order.output, folder) if surveyed.table.mended else ()
    return {
        **dict.fromkeys(surveyed.ids.intersection(printed_ids), _PRINTED_BEFORE),
        **dict.fromkeys(surveyed.repeated, TWICE),
    }


def _spooled(spool: SpoolFile) -> Iterator[Chunk]:
    return map(pickle.loads, spool.pieces())


def _spooled_by_file(
    chunks: Iterable[Chunk], setup: ChunkPrintSetup, order: MergeOrder, spool: SpoolFile
) -> Iterator[Chunk]:
    """Return a chunk for each file of many records. Its processes end before those that print."""
    for chunk in _by_file(chunks, setup, order):
        spool.put(pickle.dumps(chunk, pickle.HIGHEST_PROTOCOL))
    return _spooled(spool)


def _by_file(chunks: Iterable[Chunk], setup: ChunkPrintSetup, order: MergeOrder) -> Iterator[Chunk]:
    """Yield a chunk for each file of many records, with as many as can be printed."""
    records: list[ValidatedRecord] = []
    printable = number = 0
    with closing(map_in_order(checked, setup, chunks, order.jobs)) as results:
        for chunk in results:
            if isinstance(chunk, LostTask):
                raise _stopped_from_outside()
            for record in unpack(chunk.records):
                if printable == order.combine and not record.faults:
                    yield chunk_of(number, records)._replace(checked=True)
                    records, printable, number = [], 0, number + 1
                records.append(record)
                printable += not record.faults
    yield chunk_of(number, records)._replace(checked=True)


def _announced(run: RunFolder, setup: ChunkPrintSetup, chunks: Iterable[Chunk]) -> Iterator[Chunk]:
    """Record which files each chunk is about to write. Yields it with those already written."""
    for chunk in chunks:
        run_folder.announce(run, chunk, files_of(setup, chunk))
        yield chunk._replace(known=run_folder.finished_files(run, chunk.number))


def _results(
    setup: ChunkPrintSetup, chunks: Iterable[Chunk], order: MergeOrder
) -> Generator[ChunkResult]:
    """Print chunks, here or on other machines, and yield their results in order.

    Raises TeachbackError with the problems of a chunk that could not be printed.
    """
    if order.cluster is None:
        outcomes = map_in_order(work, setup, chunks, order.jobs)
    else:
        from teachback.merge.cluster import dispatcher

        outcomes = dispatcher.print_on_cluster(order.cluster, setup, chunks)
    lost = 0
    with closing(outcomes):
        for outcome in outcomes:
            result = outcome
            if isinstance(result, LostTask):
                result, deaths = _one_by_one(setup, result.task)
                lost += deaths
                if lost > MOST_LOST:
                    raise _stopped_from_outside()
            if result.problems:
                raise TeachbackError(*result.problems)
            yield result


def _one_by_one(setup: ChunkPrintSetup, chunk: Chunk) -> tuple[ChunkResult, int]:
    """Print a lost chunk again, one record at a time.

    A record that ends its process again is rejected; the others are printed. Returns the result and
    the number of processes that ended.
    """
    parts = [chunk] if setup.combine else single_record_chunks(chunk)
    records: list[PrintedRecord] = []
    deaths = 0
    with closing(map_in_order(work, setup, parts, 1, apart=True)) as results:
        for part, result in zip(parts, results, strict=True):
            if not isinstance(result, LostTask):
                if result.problems:
                    return result, deaths
                records += result.records
                continue
            deaths += 1
            (record, *others) = unpack(part.records)
            if others or deaths > MOST_LOST:
                raise _stopped_from_outside()
            records.append(PrintedRecord(record.row, record.id, faults=(("", _REASON_LOST),)))
    return ChunkResult(chunk.number, tuple(records)), deaths


def _stopped_from_outside() -> TeachbackError:
    hint = "What was finished is kept: start again, with fewer --jobs if memory is short."
    message = "the printing processes were stopped from outside, perhaps for lack of memory"
    return TeachbackError.of(message, hint)


def _report_progress(step: Step | None, merged: Merged, surveyed: _Survey) -> None:
    if step:
        step(merged.records, surveyed.rows)


def _run_key(order: MergeOrder, engine: Engine, setup: ChunkPrintSetup, fingerprint: bytes) -> str:
    """Return a hash that identifies the run: records, editions, options and program version."""
    codes = sorted((*map(str, key), setup.stampers[key].code) for key in setup.stampers)
    contents = [
        engine.handout,
        engine.fingerprint,
        __version__,
        codes,
        order.kinds,
        order.combine,
        order.duplex,
    ]
    if order.combine and "card" in order.kinds:
        contents.append(engine.sheet_fingerprint)
    return hashlib.sha256(json.dumps(contents).encode() + fingerprint).hexdigest()
