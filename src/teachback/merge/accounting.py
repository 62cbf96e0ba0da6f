"""Account for a run of `merge`: what became of every row, and whether the counts add up."""

from __future__ import annotations

import csv
import os
from collections import Counter
from dataclasses import dataclass, field, replace
from itertools import groupby, islice
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Final

from teachback.errors import Location, Problem, Severity, TeachbackError
from teachback.files.atomic_files import os_errors_as_problems
from teachback.files.private_files import UNFINISHED, hash_of
from teachback.files.workspace import open_file, shown
from teachback.merge import run_folder
from teachback.merge.chunk_printer import COMBINED
from teachback.merge.record_shapes import PRINTED, REJECTED, AccountLine, PrintedRecord

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from teachback.merge.chunk_printer import ChunkResult
    from teachback.merge.run_folder import RunFolder

# The number of rejected rows that are reported one by one. rejected.csv has all of them.
MOST_TOLD: Final = 1_000


@dataclass(frozen=True)
class Merged:
    """The outcome of a run.

    Holds the numbers of records read, printed and rejected, and the number of files of each
    edition. `told` are the first rejected records. `kept` is the number of files from an earlier
    start. `problems` are those of the run; the rejected rows are not among them. `folder` is that
    of the run, or None where nothing is written. `keys` are the editions that were printed:
    audience, language, paper, size and kind.
    """

    records: int = 0
    printed: int = 0
    rejected: int = 0
    kept: int = 0
    editions: Mapping[str, int] = field(default_factory=dict)
    told: tuple[PrintedRecord, ...] = ()
    problems: tuple[Problem, ...] = ()
    folder: Path | None = None
    keys: tuple[tuple[str, str, str, str, str], ...] = ()

    @property
    def failed(self) -> bool:
        """Return whether a row was rejected, or the run has a problem that is an error."""
        return bool(self.rejected) or any(
            problem.severity is Severity.ERROR for problem in self.problems
        )

    def plus(self, result: ChunkResult) -> Merged:
        """Return the outcome with the records of one chunk more."""
        rejected = [record for record in result.records if record.faults]
        files = [file for record in result.records for file in record.files]
        return replace(
            self,
            records=self.records + len(result.records),
            printed=self.printed + len(result.records) - len(rejected),
            rejected=self.rejected + len(rejected),
            told=(*self.told, *rejected[: max(0, MOST_TOLD - len(self.told))]),
            editions=Counter(self.editions) + Counter(file.code for file in files),
            kept=self.kept + len({file.file for file in files if file.kept}),
        )


def record_result(run: RunFolder, result: ChunkResult) -> None:
    """Record a chunk: its lines in both lists, and the hashes of its files."""
    run_folder.report(
        run,
        result.number,
        {file.file: file.sha256 for record in result.records for file in record.files},
        run_folder.lines(line for record in result.records for line in account_lines(record)),
        run_folder.lines(
            (record.row, record.id, *fault) for record in result.records for fault in record.faults
        ),
    )


def account_lines(record: PrintedRecord) -> Iterator[AccountLine]:
    """Yield a line for each file of a record, or for its rejection."""
    if record.faults:
        yield AccountLine(record.row, record.id)
    for file in record.files:
        yield AccountLine(
            record.row, record.id, file.code, file.file, file.pages, file.sha256, PRINTED
        )


def counts_of(merged: Merged) -> dict[str, Any]:
    """Return the counts that run.json records of a finished run."""
    return {
        "records": merged.records,
        "printed": merged.printed,
        "rejected": merged.rejected,
        "editions": dict(sorted(merged.editions.items())),
    }


def outcome_of(run: RunFolder) -> Merged | None:
    """Return the outcome of a finished run, or None when one of its files is gone or changed."""
    finished: Any = run.finished
    if finished is None:
        return None
    kept = 0
    with os_errors_as_problems(run.folder):
        for name, sha256 in finished["lists"].items():
            if hash_of(str(run.folder / name)) != sha256:
                return None
        for name, sha256 in _listed_files(run.folder / run_folder.MANIFEST):
            if hash_of(str(run.folder / name)) != sha256:
                return None
            kept += 1
        rows = groupby(list_lines(run.folder / run_folder.REJECTED), itemgetter(0, 1))
        rejections = tuple(
            PrintedRecord(
                int(number),
                identifier,
                faults=tuple((field, reason) for *_, field, reason in lines),
            )
            for (number, identifier), lines in islice(rows, MOST_TOLD)
        )
    return Merged(
        finished["records"],
        finished["printed"],
        finished["rejected"],
        kept,
        finished["editions"],
        rejections,
    )


def _listed_files(manifest: Path) -> Iterator[tuple[str, str]]:
    """Yield each file of a manifest once, with its hash. Records that share a file are adjacent."""
    previous = dict[str, str]()
    for line in map(AccountLine._make, list_lines(manifest)):
        name = line.file
        kind = name.partition("-")[0] if name.startswith(COMBINED) else name.partition("/")[0]
        if name and previous.get(kind) != name:
            previous[kind] = name
            yield name, line.sha256


def refuse_miscount(run: RunFolder, merged: Merged, rows: int, folders: Iterable[str]) -> None:
    """Count the rows and files again, in the lists and in the folders.

    Raises TeachbackError when the counts do not add up.
    """
    with os_errors_as_problems(run.folder):
        for file in run.lists.values():
            file.flush()
        manifest, rejected = (
            run.folder / UNFINISHED / name for name in (run_folder.MANIFEST, run_folder.REJECTED)
        )
        # The lines of a row are adjacent, in both lists.
        statuses = Counter(
            status for (_, status), _ in groupby(list_lines(manifest), key=itemgetter(0, -1))
        )
        rejected_rows = sum(1 for _ in groupby(list_lines(rejected), key=itemgetter(0)))
        files_listed = sum(1 for _ in _listed_files(manifest))
        files_found = sum(
            file.endswith(".pdf")
            for name in folders
            for file in os.listdir(run.folder / name)  # noqa: PTH208 -- faster for 100,000 files
        )
    counts = {
        "rows read": (rows, merged.records),
        "rows in manifest.csv": (rows, statuses.total()),
        "rows printed": (merged.printed, statuses[PRINTED]),
        "rows rejected": (merged.rejected, statuses[REJECTED]),
        "rows in rejected.csv": (merged.rejected, rejected_rows),
        "files": (files_listed, files_found),
    }
    place = Location(shown(run.folder))
    hint = f"Look into {shown(run.folder)}; remove the run with --wipe, and start anew."
    problems = [
        Problem(
            f"the counts do not add up: found {counted} {name}, expected {expected}", hint, place
        )
        for name, (expected, counted) in counts.items()
        if expected != counted
    ]
    if problems:
        raise TeachbackError(*problems)


def printed_before(folder: Path, except_run: Path) -> Iterator[str]:
    """Yield the ids, in lower case, that have paper in a folder from any run but one."""
    for run in run_folder.earlier_runs(folder):
        manifest = run / run_folder.MANIFEST
        if run != except_run and manifest.exists():
            lines = map(AccountLine._make, list_lines(manifest))
            yield from (line.id.lower() for line in lines if line.status == PRINTED)


def list_lines(path: Path) -> Iterator[list[str]]:
    """Yield the lines of one of the two lists, without the header.

    Plain lists and not dictionaries, for speed: there are many lines, and the columns are known.
    """
    with os.fdopen(open_file(path), encoding="utf-8", newline="") as file:
        lines = csv.reader(file)
        next(lines, None)
        yield from lines
