"""Measure the command `teachback merge`, as ratios within one run. No test depends on it.

    .venv/bin/python tests/benchmark/merge.py [--rounds N] [--many N] [--folder DIR] [--chart FILE]

It needs the dependency group `benchmark`, as stamping.py does. Every figure covers whole processes
from start to end: reading the records twice, laying the edition out, lists, hashes and renames.
Records come from records.py. Each round takes all measurements in turn.

(a) PDFs a second, each a file of its own, by one process: --many records, all in
(b) how many times as fast (a) is as WeasyPrint, which lays out the same page again for each record,
    with its fonts already loaded
(c) how many times as fast (a) is as typst, its compiler kept warm, with a similar page and the
    record in sys.inputs
(d) the time per record with --many records against that with 1,000, all in; and, in processor
    seconds, that of the records from a tenth of --many on against that of those before, less the
    cost of a run before its first record: once with the work of the system (which provides memory
    for the files, at a rising cost), and once with the program's own work alone
(e) two jobs: how many times as fast as one; and how much more processor time they take, which
    other programs on the machine disturb less
(f) the most memory (PSS) of the run of (a), all processes together, in MB; (g) with two jobs
(h) records a second into files for the print room of 200, each on a front side
(i) the size of one PDF, in KB

With --chart it also draws time against records. The lines of WeasyPrint and typst are drawn from
their measured rates, because whole runs of them would take too long.
"""

from __future__ import annotations

import argparse
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

import records
from run import ROOT, SOURCE, peak_memory
from stamping import Bench, seconds
from timechart import Line, draw, spoken
from told import Row, medians_of, tell

if TYPE_CHECKING:
    from collections.abc import Callable

STEPS = (100, 1_000, 10_000, 100_000)
FEW, COMBINED = 1_000, 200
WEASYPRINT, TYPST = 3, 20


class Merges:
    """A folder with a handout and files of records, in which the command is started."""

    def __init__(self, scratch: Path) -> None:
        self.folder = scratch / "clinic"
        handout = self.folder / "content" / "handouts" / "visit.yaml"
        handout.parent.mkdir(parents=True)
        text = (ROOT / "content" / "samples" / "handout.yaml").read_text(encoding="utf-8")
        handout.write_text(
            text.replace("THE-ID", "visit").replace("THE-DATE", "2026-11-22"), encoding="utf-8"
        )

    def command(self, count: int, jobs: int, *options: str) -> list[str]:
        """Return the command for this many records; each run has a new folder."""
        path = self.folder / f"{count}.csv"
        if not path.exists():
            records.write(path, count, broken=0.0, audiences=("ckd",))
        self.wipe()
        return [
            sys.executable,
            "-m",
            "teachback",
            "merge",
            "visit",
            "--records",
            path.name,
            "--jobs",
            str(jobs),
            "-o",
            "out",
            *options,
        ]

    def wipe(self) -> None:
        """Remove the output of the last run."""
        shutil.rmtree(self.folder / "out", ignore_errors=True)

    def seconds(self, count: int, jobs: int, *options: str) -> tuple[float, float, float]:
        """Merge records, and return the seconds that it took.

        They are: from start to end, of the processor, and of the processor without the system's
        part.
        """
        command = self.command(count, jobs, *options)
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        start = time.perf_counter()
        done = subprocess.run(
            command,
            cwd=self.folder,
            env={**os.environ, "PYTHONPATH": str(SOURCE)},
            check=True,
            capture_output=True,
        )
        took = time.perf_counter() - start
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        assert (
            f"{count} record{'s' if count > 1 else ''}: {count} printed, 0 rejected".encode()
            in done.stdout
        )
        own = after.ru_utime - before.ru_utime
        return took, own + after.ru_stime - before.ru_stime, own

    def megabytes(self, count: int, jobs: int) -> float:
        """Merge records, and return the most memory that was held, in MB."""
        return peak_memory(self.command(count, jobs), self.folder)

    def kilobytes(self) -> float:
        """Return the mean size of the PDFs of the last run, in KB."""
        return (
            statistics.mean(
                path.stat().st_size for path in (self.folder / "out" / "handouts").iterdir()
            )
            / 1000
        )


def on_one_core(step: Callable[[int], None], count: int) -> float:
    """Return the seconds of a step for each record; typst would use every core."""
    if not hasattr(os, "sched_setaffinity"):
        return seconds(step, count)
    cores = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(cores)})
    try:
        return seconds(step, count)
    finally:
        os.sched_setaffinity(0, cores)


def measure(scratch: Path, rounds: int, many: int) -> dict[str, list[float]]:
    """Take all measurements `rounds` times, after a first run that is not counted."""
    merges, bench = Merges(scratch), Bench(scratch / "others")
    merges.seconds(FEW, 2)
    bench.weasyprint(1)
    bench.typst(2)
    names = (
        "a",
        "b",
        "c",
        "d",
        "later",
        "own",
        "e",
        "more",
        "h",
        "weasyprint",
        "typst",
        "start",
        "load",
    )
    found: dict[str, list[float]] = {name: [] for name in names}
    for _ in range(rounds):
        laid_out, compiled = (
            on_one_core(bench.weasyprint, WEASYPRINT),
            on_one_core(bench.typst, TYPST),
        )
        start, start_cpu, start_own = merges.seconds(1, 1)
        took = {
            (jobs, count): merges.seconds(count, jobs)
            for count in (*STEPS, many // 10, many)
            if count <= many
            for jobs in (1, 2)
        }
        (one, one_cpu, own), (two, two_cpu, _), (_, tenth_cpu, tenth_own) = (
            took[1, many],
            took[2, many],
            took[1, many // 10],
        )
        for (jobs, count), (value, _, _) in took.items():
            found.setdefault(f"{jobs}/{count}", []).append(value)
        found["a"].append(many / one)
        found["b"].append(many / one * laid_out)
        found["c"].append(many / one * compiled)
        found["d"].append((one / many) / (took[1, FEW][0] / FEW))
        found["later"].append((one_cpu - tenth_cpu) / (tenth_cpu - start_cpu) / 9)
        found["own"].append((own - tenth_own) / (tenth_own - start_own) / 9)
        found["e"].append(one / two)
        found["more"].append(two_cpu / one_cpu)
        found["weasyprint"].append(1 / laid_out)
        found["typst"].append(1 / compiled)
        found["start"].append(start)
        found["load"].append(os.getloadavg()[0])
        found["i"] = [merges.kilobytes()]
        few = min(many, 10_000)
        found["h"].append(few / merges.seconds(few, 1, "--combine", str(COMBINED), "--duplex")[0])
    found["f"], found["g"] = [merges.megabytes(many, 1)], [merges.megabytes(many, 2)]
    merges.wipe()
    return found


def lines_of(medians: dict[str, float]) -> list[Line]:
    """Return the lines of the chart, the slowest first."""
    counts = [count for count in STEPS if f"1/{count}" in medians]
    lines = []
    for name, key in (("WeasyPrint for each record", "weasyprint"), ("typst, kept warm", "typst")):
        points = tuple((float(count), count / medians[key]) for count in counts)
        lines.append(
            Line(
                name,
                f"{spoken(points[-1][1])}, reckoned at {medians[key]:.0f} a second",
                points,
                "dashed",
            )
        )
    for name, jobs, style in (("teachback merge, one job", 1, "full"), ("two jobs", 2, "hollow")):
        points = tuple((float(count), medians[f"{jobs}/{count}"]) for count in counts)
        lines.append(Line(name, f"{spoken(points[-1][1])}, measured", points, style))
    return lines


def main() -> None:
    """Measure, and print the medians."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--many", type=int, default=100_000)
    parser.add_argument(
        "--folder",
        default=None,
        help="where files are written; the machine's folder for temporary files if left out",
    )
    parser.add_argument(
        "--chart", type=Path, default=None, help="draw time against records into this SVG"
    )
    parser.add_argument(
        "--json", action="store_true", help="print the numbers as JSON, those of each round too"
    )
    arguments = parser.parse_args()
    scratch = Path(tempfile.mkdtemp(prefix="teachback-merge-", dir=arguments.folder))
    try:
        found = measure(scratch, arguments.rounds, arguments.many)
    finally:
        shutil.rmtree(scratch)
    medians = medians_of(found)
    if arguments.chart:
        title = "One PDF a record: time from the command to its end"
        arguments.chart.write_text(draw(lines_of(medians), title), encoding="utf-8")
    rows: list[Row] = [
        ("(a) PDFs a second, one job, all in", "a", "at least 1,000"),
        ("    WeasyPrint: pages laid out a second", "weasyprint", ""),
        ("    typst, warm: pages compiled a second", "typst", ""),
        ("(b) merged / WeasyPrint for each record", "b", "at least 300"),
        ("(c) merged / typst, warm", "c", "at least 15"),
        (f"(d) time per record, {arguments.many:,} / {FEW:,}, all in", "d", "at most 1.2"),
        ("    processor: a record of the last nine tenths / of the first", "later", "about 1"),
        ("    the same, without what the system does for it", "own", "about 1"),
        ("    one record, from the command to its end, seconds", "start", ""),
        ("(e) two jobs / one", "e", "at least 1.7"),
        ("    processor: two jobs / one", "more", "about 1"),
        ("(f) most memory with one job, MB", "f", "at most 300"),
        ("(g) most memory with two jobs, MB", "g", "at most 300"),
        (f"(h) records a second in files of {COMBINED}, one job, all in", "h", ""),
        ("(i) size of one PDF, KB", "i", "under 100"),
        *(
            (f"    seconds for {count:,} records, {jobs} job(s)", f"{jobs}/{count}", "")
            for count in STEPS
            for jobs in (1, 2)
            if f"1/{count}" in medians
        ),
    ]
    about = (
        f"{arguments.rounds} rounds on {os.cpu_count()} cores, load {medians['load']:.1f}, "
        f"typst {version('typst')}"
    )
    tell(found, rows, about, as_json=arguments.json)


if __name__ == "__main__":
    main()
