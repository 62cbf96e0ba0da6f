"""Measure how fast records are stamped, as ratios within one run on one core.

    .venv/bin/python tests/benchmark/stamping.py [--rounds N] [--many N]

It runs on any machine, and no test depends on it. It needs the dependency group `benchmark`: typst,
to measure against. Each round takes all measurements in turn; the medians are printed. All print
the handout of `teachback new` with a name and a date for each record.

(a) records stamped a second, in memory
(b) records stamped a second, each written to a temporary file, hashed (SHA-256) and renamed
(c) how many times as fast (a) is as WeasyPrint, which lays out the same page again for each record,
    with its fonts already loaded
(d) how many times as fast (a) is as typst, its compiler kept warm, with a similar page and the
    record in sys.inputs
(e) the size of one PDF, in KB
(f) the time per record with --many records against that with 1,000
(g) the most memory that the process held after (f), in MB
(h) making the Template: laying out, proving and cutting, in seconds
"""

from __future__ import annotations

import argparse
import hashlib
import os
import resource
import shutil
import string
import tempfile
import time
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typst
from told import Row, tell

from teachback.cli.options import resolve
from teachback.content.loader import read_handouts
from teachback.files.workspace import Workspace, builtin_root, handout_files
from teachback.merge.stamping.edition_templates import handout_template
from teachback.printing.job_composer import JobOrder, compose_job, print_context

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from teachback.merge.stamping.pdf_template import Template

ROOT = Path(__file__).parents[2]
IN_MEMORY, ON_DISK, WEASYPRINT, TYPST = 2_000, 1_000, 3, 20
FEW = 1_000


def seconds(step: Callable[[int], None], count: int) -> float:
    """Return the seconds of a step for each record."""
    start = time.perf_counter()
    step(count)
    return (time.perf_counter() - start) / count


class Bench:
    """The measurements on one edition."""

    def __init__(self, scratch: Path) -> None:
        path = scratch / "content" / "handouts" / "visit.yaml"
        path.parent.mkdir(parents=True)
        text = (ROOT / "content" / "samples" / "handout.yaml").read_text(encoding="utf-8")
        path.write_text(
            text.replace("THE-ID", "visit").replace("THE-DATE", "2026-11-22"), encoding="utf-8"
        )
        workspace = Workspace(scratch, builtin_root())
        reading = read_handouts(workspace, {"visit": handout_files(workspace)["visit"]})
        context = print_context(workspace, reading, resolve((), workspace))
        self.design = context.design
        self.job = compose_job(context, JobOrder("visit", ("ckd",), "handout", ("pdf",)))
        handout_template(self.job, self.design.files)
        start = time.perf_counter()
        self.template: Template = handout_template(
            self.job, self.design.files, frozenset(string.printable + "\u2019\u00c9")
        )
        self.made = time.perf_counter() - start
        self.given = 0
        self.out = scratch / "out"
        self.out.mkdir()
        self.compiler: Any = typst.Compiler(
            root=str(ROOT / "tests" / "benchmark"),
            font_paths=[str(ROOT / "styles" / "fonts")],
            ignore_system_fonts=True,
        )

    def records(self, count: int) -> Iterator[tuple[bytes, dict[str, str]]]:
        """Yield records that were not used before: an id, and the printed values."""
        first, self.given = self.given, self.given + count
        for number in range(first, self.given):
            name = f"Patient {number} d\u2019\u00c9x {chr(ord('A') + number % 26)}."
            yield b"%d" % number, {"patient": name, "visit": f"Mar {number % 28 + 1}, 2027"}

    def in_memory(self, count: int) -> None:
        """Stamp records and drop them."""
        for name, values in self.records(count):
            self.template.stamp(values, name)

    def on_disk(self, count: int) -> None:
        """Stamp records into files, as a run does."""
        for name, values in self.records(count):
            data = self.template.stamp(values, name)
            hashlib.sha256(data).hexdigest()
            path = self.out / f"{name.decode()}.pdf"
            beside = path.with_suffix(".part")
            beside.write_bytes(data)
            beside.rename(path)

    def weasyprint(self, count: int) -> None:
        """Put each record into the page's HTML, and print it."""
        from teachback.pdf.renderer import fonts, lay_out, write

        for _, values in self.records(count):
            page = self.job.handout
            for field, value in values.items():
                head, found, tail = page.partition(f'data-field="{field}"')
                assert found
                page = head + tail.replace("&nbsp;", value, 1).replace(
                    'data-actualtext="line to write on"', "", 1
                )
            write(lay_out(page, self.design.files, fonts()))

    def typst(self, count: int) -> None:
        """Compile the page with each record."""
        for _, values in self.records(count):
            self.compiler.compile(
                input=str(ROOT / "tests" / "benchmark" / "page.typ"),
                format="pdf",
                sys_inputs=values,
            )


def measure(bench: Bench, rounds: int, many: int) -> dict[str, list[float]]:
    """Take all measurements `rounds` times, after a first run that is not counted."""
    for step, count in (
        (bench.in_memory, 100),
        (bench.on_disk, 100),
        (bench.weasyprint, 1),
        (bench.typst, 2),
    ):
        step(count)
    found: dict[str, list[float]] = {name: [] for name in "abcdf"}
    found |= {"weasyprint": [], "typst": []}
    size = len(bench.template.stamp(next(bench.records(1))[1], b"0"))
    for _ in range(rounds):
        stamped = seconds(bench.in_memory, IN_MEMORY)
        written = seconds(bench.on_disk, ON_DISK)
        laid_out = seconds(bench.weasyprint, WEASYPRINT)
        compiled = seconds(bench.typst, TYPST)
        found["a"].append(1 / stamped)
        found["b"].append(1 / written)
        found["c"].append(laid_out / stamped)
        found["d"].append(compiled / stamped)
        found["weasyprint"].append(1 / laid_out)
        found["typst"].append(1 / compiled)
    found["f"] = [seconds(bench.in_memory, many) / seconds(bench.in_memory, FEW)]
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return found | {"e": [size / 1000], "g": [most], "h": [bench.made]}


def main() -> None:
    """Measure, and print the medians."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--many", type=int, default=100_000)
    parser.add_argument(
        "--folder",
        default=None,
        help="where files are written; the machine's folder for temporary files if left out",
    )
    parser.add_argument("--json", action="store_true", help="print the numbers as JSON")
    arguments = parser.parse_args()
    if hasattr(os, "sched_setaffinity"):
        # One core for all of them: typst would use more.
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    scratch = Path(tempfile.mkdtemp(prefix="teachback-stamping-", dir=arguments.folder))
    try:
        found = measure(Bench(scratch), arguments.rounds, arguments.many)
    finally:
        shutil.rmtree(scratch)
    rows: list[Row] = [
        ("(a) records a second, in memory", "a", ""),
        ("(b) records a second, written, hashed and renamed", "b", "at least 1,000"),
        ("    WeasyPrint: pages laid out a second", "weasyprint", ""),
        ("    typst, warm: pages compiled a second", "typst", ""),
        ("(c) stamped / WeasyPrint for each record", "c", "at least 300"),
        ("(d) stamped / typst, warm", "d", "at least 15"),
        ("(e) size of one PDF, KB", "e", "under 100"),
        (f"(f) time per record, {arguments.many:,} / {FEW:,}", "f", "at most 1.2"),
        ("(g) most memory, MB", "g", "at most 300"),
        ("(h) making the Template, seconds", "h", ""),
    ]
    tell(
        found,
        rows,
        f"{arguments.rounds} rounds on one core, typst {version('typst')}",
        as_json=arguments.json,
    )


if __name__ == "__main__":
    main()
