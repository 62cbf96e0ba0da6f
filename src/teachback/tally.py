"""The account of a run of `merge`: what came of every row, and whether it adds up."""

from __future__ import annotations

import csv
from collections import Counter
from dataclasses import dataclass, field
from itertools import groupby, islice
from typing import TYPE_CHECKING, Any, Final

from teachback import ledger
from teachback.admit import Rejected
from teachback.disk import told
from teachback.errors import Location, Problem, Severity, TeachbackError
from teachback.privatefile import UNFINISHED, hash_of
from teachback.stampwork import COMBINED, Stamped
from teachback.workspace import shown

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from teachback.ledger import Run
    from teachback.stampwork import ChunkResult

# How many rejected rows are told one by one; rejected.csv has all.
MOST_TOLD: Final = 1_000
PRINTED, REJECTED = "printed", "rejected"


@dataclass
class Merged:
    """What a run did: how many records there were, were printed and rejected, the first rejected ones, how many files each edition has.

    `kept` files were there from an earlier start. `problems` are those of the run; the rejected rows are not among them.
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
        """Whether a row was rejected, or something is wrong with the run."""
        return bool(self.rejected) or any(problem.severity is Severity.ERROR for problem in self.problems)

    def count(self, row: Stamped | Rejected) -> None:
        """Add what came of a row."""
        self.records += 1
        if isinstance(row, Rejected):
            self.rejected += 1
            if len(self.told) < MOST_TOLD:
                self.told.append(row)
        else:
            self.printed += 1
            self.editions.update(paper.code for paper in row.papers)


def manifest_lines(result: ChunkResult) -> Iterator[tuple[object, ...]]:
    """Give the lines of manifest.csv for a chunk: one for a rejected row, one for each file of a printed one."""
    for row in result.rows:
        if isinstance(row, Rejected):
            yield (row.row, row.id, "", "", "", "", REJECTED)
        else:
            yield from ((row.row, row.id, p.code, p.file, p.pages, p.sha256, PRINTED) for p in row.papers)


def rejected_lines(result: ChunkResult) -> Iterator[tuple[object, ...]]:
    """Give the lines of rejected.csv for a chunk: one for each fault."""
    for row in result.rows:
        if isinstance(row, Rejected):
            yield from ((row.row, row.id, name, reason) for name, reason in row.faults)


def counts_of(merged: Merged) -> dict[str, Any]:
    """Give what run.json says of a finished run."""
    return {
        "records": merged.records,
        "printed": merged.printed,
        "rejected": merged.rejected,
        "editions": dict(sorted(merged.editions.items())),
    }


def still_whole(run: Run, merged: Merged) -> bool:
    """Say whether all that a finished run has printed is there, byte for byte; if so, its outcome is that of the run."""
    finished: Any = run.finished
    kept = 0
    with told(run.folder):
        if any(hash_of(str(run.folder / name)) != sha256 for name, sha256 in finished["lists"].items()):
            return False
        for name, sha256 in _files(run.folder / ledger.MANIFEST):
            if hash_of(str(run.folder / name)) != sha256:
                return False
            kept += 1
        with (run.folder / ledger.REJECTED).open(encoding="utf-8", newline="") as file:
            for number, rows in islice(groupby(csv.DictReader(file), key=lambda row: row["row"]), MOST_TOLD):
                faults = list(rows)
                merged.told.append(Rejected(int(number), faults[0]["id"], tuple((row["field"], row["reason"]) for row in faults)))
    merged.records, merged.printed, merged.rejected = finished["records"], finished["printed"], finished["rejected"]
    merged.kept = kept
    merged.editions.update(finished["editions"])
    return True


def _files(manifest: Path) -> Iterator[tuple[str, str]]:
    """Give each file of a manifest once, with its hash. Records that share one follow each other."""
    last = dict[str, str]()
    with manifest.open(encoding="utf-8", newline="") as file:
        for line in csv.DictReader(file):
            name = line["file"]
            kind = name.partition("-")[0] if name.startswith(COMBINED) else name.partition("/")[0]
            if name and last.get(kind) != name:
                last[kind] = name
                yield name, line["sha256"]


def refuse_miscount(run: Run, merged: Merged, rows: int, folders: Iterable[str]) -> None:
    """Count again what is there, in the lists and in the folders. Raises TeachbackError where it does not add up."""
    with told(run.folder):
        for file in run.lists.values():
            file.flush()
        printed, rejected = _listed(run.folder / UNFINISHED / ledger.MANIFEST)
        _, listed = _listed(run.folder / UNFINISHED / ledger.REJECTED)
        files = sum(1 for _ in _files(run.folder / UNFINISHED / ledger.MANIFEST))
        there = sum(1 for name in folders for path in (run.folder / name).iterdir() if path.suffix == ".pdf")
    sums = {
        "rows read": (rows, merged.records),
        "rows in manifest.csv": (rows, printed + rejected),
        "rows printed": (merged.printed, printed),
        "rows rejected": (merged.rejected, rejected),
        "rows in rejected.csv": (merged.rejected, listed),
        "files": (files, there),
    }
    wrong = [
        Problem(f"the counts do not add up: {is_} {name}, and {should} should be") for name, (should, is_) in sums.items() if should != is_
    ]
    if wrong:
        hint = f"Look into {shown(run.folder)}; remove the run with --wipe, and start anew."
        raise TeachbackError(*(Problem(problem.message, hint, Location(shown(run.folder))) for problem in wrong))


def _listed(path: Path) -> tuple[int, int]:
    """Count in a list the rows that were printed and those that were rejected; the lines of a row follow each other."""
    counts = Counter[bool]()
    with path.open(encoding="utf-8", newline="") as file:
        for _, lines in groupby(csv.DictReader(file), key=lambda line: line["row"]):
            counts[next(lines).get("status") == PRINTED] += 1
    return counts[True], counts[False]
