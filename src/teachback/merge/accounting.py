"""Account for a run of `merge`: what became of every row, and whether the counts add up."""

from __future__ import annotations

import csv
import os
from collections import Counter
from dataclasses import dataclass, field
from itertools import groupby, islice
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from teachback.errors import Location, Problem, Severity, TeachbackError
from teachback.files.atomic_files import os_errors_as_problems
from teachback.files.private_files import UNFINISHED, hash_of
from teachback.files.workspace import open_file, shown
from teachback.merge import run_folder
from teachback.merge.chunk_printer import COMBINED, StampedRecord, work
from teachback.merge.records.record_validation import Rejected

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from teachback.merge.chunk_printer import ChunkPrintSetup, ChunkResult
    from teachback.merge.records.record_survey import Chunk
    from teachback.merge.run_folder import RunFolder

# The number of rejected rows that are reported one by one. rejected.csv has all of them.
MOST_TOLD: Final = 1_000
PRINTED, REJECTED = "printed", "rejected"
_FILE, _SHA256 = (
    run_folder.MANIFEST_COLUMNS.index("file"),
    run_folder.MANIFEST_COLUMNS.index("sha256"),
)


@dataclass
class Merged:
    """The outcome of a run.

    Holds the numbers of records read, printed and rejected, and the number of files of each
    edition. `told` are the first rejected records. `kept` is the number of files from an earlier
    start. `problems` are those of the run; the rejected rows are not among them.
    """

    records: int = 0
    printed: int = 0
    rejected: int = 0
    kept: int = 0
    editions: Counter[str] = field(default_factory=Counter)
    told: list[Rejected] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    @property
    def failed(self) -> bool:
        """Return whether a row was rejected, or the run has a problem that is an error."""
        return bool(self.rejected) or any(
            problem.severity is Severity.ERROR for problem in self.problems
        )

    def add(self, account: ChunkAccount) -> None:
        """Add the account of a chunk."""
        self.records += account.rows
        self.printed += account.printed
        self.rejected += len(account.rejected)
        self.told += account.rejected[: max(0, MOST_TOLD - len(self.told))]
        self.editions.update(account.editions)
        self.kept += account.kept


class ChunkAccount(NamedTuple):
    """The account of a chunk, ready to be written down.

    `manifest` and `refused` are its lines of the two lists, `hashes` the hashes of its files by
    name. `rejected` are its rejected rows, `editions` the number of files of each edition. `kept`
    is the number of files that were there already. With `problems` the run stops.
    """

    number: int
    rows: int = 0
    printed: int = 0
    rejected: tuple[Rejected, ...] = ()
    editions: Mapping[str, int] = {}
    manifest: str = ""
    refused: str = ""
    hashes: Mapping[str, str] = {}
    kept: int = 0
    problems: tuple[Problem, ...] = ()


def account_of(result: ChunkResult) -> ChunkAccount:
    """Account for every row of a chunk."""
    if result.problems:
        return ChunkAccount(result.number, problems=result.problems)
    papers = [
        paper for row in result.rows if isinstance(row, StampedRecord) for paper in row.papers
    ]
    rejected = tuple(row for row in result.rows if isinstance(row, Rejected))
    return ChunkAccount(
        result.number,
        len(result.rows),
        len(result.rows) - len(rejected),
        rejected,
        dict(Counter(paper.code for paper in papers)),
        run_folder.lines(manifest_lines(result)),
        run_folder.lines(rejected_lines(result)),
        {paper.file: paper.sha256 for paper in papers},
        result.kept,
    )


def printed(bench: ChunkPrintSetup, chunk: Chunk) -> ChunkAccount:
    """Print a chunk and account for it in the same process.

    The account is small, so little is sent between processes.
    """
    return account_of(work(bench, chunk))


def manifest_lines(result: ChunkResult) -> Iterator[tuple[object, ...]]:
    """Yield a line of manifest.csv for each rejected row, and for each file of a printed row."""
    for row in result.rows:
        if isinstance(row, Rejected):
            yield (row.row, row.id, "", "", "", "", REJECTED)
        else:
            yield from (
                (row.row, row.id, p.code, p.file, p.pages, p.sha256, PRINTED) for p in row.papers
            )


def rejected_lines(result: ChunkResult) -> Iterator[tuple[object, ...]]:
    """Yield a line of rejected.csv for each fault."""
    for row in result.rows:
        if isinstance(row, Rejected):
            yield from ((row.row, row.id, name, reason) for name, reason in row.faults)


def counts_of(merged: Merged) -> dict[str, Any]:
    """Return the counts that run.json records of a finished run."""
    return {
        "records": merged.records,
        "printed": merged.printed,
        "rejected": merged.rejected,
        "editions": dict(sorted(merged.editions.items())),
    }


def still_whole(run: RunFolder, merged: Merged) -> bool:
    """Check whether every file of a finished run is still there, byte for byte.

    If so, fill `merged` with the outcome of that run.
    """
    finished: Any = run.finished
    kept = 0
    with os_errors_as_problems(run.folder):
        if any(
            hash_of(str(run.folder / name)) != sha256 for name, sha256 in finished["lists"].items()
        ):
            return False
        for name, sha256 in _files(run.folder / run_folder.MANIFEST):
            if hash_of(str(run.folder / name)) != sha256:
                return False
            kept += 1
        with os.fdopen(
            open_file(run.folder / run_folder.REJECTED), encoding="utf-8", newline=""
        ) as file:
            for number, rows in islice(
                groupby(csv.DictReader(file), key=lambda row: row["row"]), MOST_TOLD
            ):
                faults = list(rows)
                merged.told.append(
                    Rejected(
                        int(number),
                        faults[0]["id"],
                        tuple((row["field"], row["reason"]) for row in faults),
                    )
                )
    merged.records, merged.printed, merged.rejected = (
        finished["records"],
        finished["printed"],
        finished["rejected"],
    )
    merged.kept = kept
    merged.editions.update(finished["editions"])
    return True


def _files(manifest: Path) -> Iterator[tuple[str, str]]:
    """Yield each file of a manifest once, with its hash. Records that share a file are adjacent."""
    last = dict[str, str]()
    for line in _lines(manifest):
        name = line[_FILE]
        kind = name.partition("-")[0] if name.startswith(COMBINED) else name.partition("/")[0]
        if name and last.get(kind) != name:
            last[kind] = name
            yield name, line[_SHA256]


def refuse_miscount(run: RunFolder, merged: Merged, rows: int, folders: Iterable[str]) -> None:
    """Count the rows and files again, in the lists and in the folders.

    Raises TeachbackError when the counts do not add up.
    """
    with os_errors_as_problems(run.folder):
        for file in run.lists.values():
            file.flush()
        printed, rejected = _listed(run.folder / UNFINISHED / run_folder.MANIFEST)
        _, listed = _listed(run.folder / UNFINISHED / run_folder.REJECTED)
        files = sum(1 for _ in _files(run.folder / UNFINISHED / run_folder.MANIFEST))
        there = sum(
            file.endswith(".pdf")
            for name in folders
            for file in os.listdir(run.folder / name)  # noqa: PTH208 -- faster for 100,000 files
        )
    sums = {
        "rows read": (rows, merged.records),
        "rows in manifest.csv": (rows, printed + rejected),
        "rows printed": (merged.printed, printed),
        "rows rejected": (merged.rejected, rejected),
        "rows in rejected.csv": (merged.rejected, listed),
        "files": (files, there),
    }
    wrong = [
        Problem(f"the counts do not add up: found {is_} {name}, expected {should}")
        for name, (should, is_) in sums.items()
        if should != is_
    ]
    if wrong:
        hint = f"Look into {shown(run.folder)}; remove the run with --wipe, and start anew."
        raise TeachbackError(
            *(Problem(problem.message, hint, Location(shown(run.folder))) for problem in wrong)
        )


def _listed(path: Path) -> tuple[int, int]:
    """Return how many rows of a list were printed and rejected. Lines of a row are adjacent."""
    counts = [0, 0]
    last = ""
    for line in _lines(path):
        if line[0] != last:
            last = line[0]
            counts[line[-1] != PRINTED] += 1
    return counts[0], counts[1]


def _lines(path: Path) -> Iterator[list[str]]:
    """Yield the lines of one of the two lists, without the header.

    Plain lists and not dictionaries, for speed: there are many lines, and the columns are known.
    """
    with os.fdopen(open_file(path), encoding="utf-8", newline="") as file:
        lines = csv.reader(file)
        next(lines, None)
        yield from lines
