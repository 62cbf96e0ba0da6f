"""Measure the page breaks of all starters, for every reader, size and paper.

    PYTHONPATH=src:tests/support python tools/measure_page_breaks.py WORKSPACE

The workspace holds the starters to measure (`teachback new ID --from ID`). Prints a line for each
set of pages: its pages, the choice of space that it took, and each fault that is left.
"""

from __future__ import annotations

import sys
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from settings_from_flags import resolve

from teachback.content.loader import read_handouts
from teachback.files.workspace import handout_files, open_workspace
from teachback.pdf.page_breaks import break_faults
from teachback.printing.job_composer import JobOrder, compose_job, print_context
from teachback.printing.job_printer import lay_out_handout
from teachback.printing.page_fitting import CHOICES, styles_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from teachback.files.workspace import Workspace
    from teachback.pdf.page_breaks import BreakFault


class MeasuredPages(NamedTuple):
    """A set of pages: its handout, reader, size and paper, how many pages, choice and faults."""

    name: str
    pages: int
    choice: int
    faults: tuple[BreakFault, ...]


def measure(workspace: Workspace) -> Iterator[MeasuredPages]:
    """Lay out each handout of a workspace for each reader, size and paper."""
    reading = read_handouts(workspace, handout_files(workspace))
    for size, paper in product(("standard", "large"), ("letter", "a4")):
        flags = {"paper": paper, "size": size}
        context = print_context(workspace, reading, resolve(flags, workspace))
        for name, authored in reading.authored.items():
            for audience in authored.handout.audiences:
                job = compose_job(context, JobOrder(name, (audience,), "handout", ("pdf",)))
                page, layout = lay_out_handout(job, context.files)
                choice = CHOICES.index(styles_of(page, job))
                where = f"{name} {audience} {size} {paper}"
                yield MeasuredPages(where, layout.pages, choice, break_faults(layout))


def main() -> int:
    """Measure, and return 1 where a set of pages has a fault."""
    measured = faulty = 0
    for one in measure(open_workspace(Path(sys.argv[1]))):
        print(f"{one.name}: {one.pages} pages, choice {one.choice}")
        for fault in one.faults:
            print(f"    page {fault.page}: {fault.fault}")
        measured, faulty = measured + 1, faulty + bool(one.faults)
    print(f"{measured} sets of pages, {faulty} with faults")
    return int(bool(faulty))


if __name__ == "__main__":
    sys.exit(main())
