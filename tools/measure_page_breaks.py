"""Measure the page breaks of all starters, for every reader, size and paper.

    PYTHONPATH=src:tests/support python tools/measure_page_breaks.py WORKSPACE

The workspace holds the starters to measure (`teachback new ID --from ID`). Prints a line for each
set of pages: its pages, the choice of space that it took, and each fault that is left.
"""

from __future__ import annotations

import sys
from itertools import product
from pathlib import Path

from settings_from_flags import resolve

from teachback.content.loader import read_handouts
from teachback.files.workspace import handout_files, open_workspace
from teachback.pdf.page_breaks import break_faults
from teachback.printing.job_composer import JobOrder, compose_job, print_context
from teachback.printing.job_printer import lay_out_handout
from teachback.printing.page_fitting import CHOICES, styles_of


def main() -> int:
    """Measure, and return how many sets of pages have a fault."""
    workspace = open_workspace(Path(sys.argv[1]))
    reading = read_handouts(workspace, handout_files(workspace))
    measured = faulty = 0
    for size, paper in product(("standard", "large"), ("letter", "a4")):
        flags = {"paper": paper, "size": size}
        context = print_context(workspace, reading, resolve(flags, workspace))
        for name, authored in reading.authored.items():
            for audience in authored.handout.audiences:
                job = compose_job(context, JobOrder(name, (audience,), "handout", ("pdf",)))
                page, laid = lay_out_handout(job, context.files)
                found = break_faults(laid)
                where = f"{name} {audience} {size} {paper}"
                print(f"{where}: {laid.pages} pages, choice {CHOICES.index(styles_of(page, job))}")
                for fault in found:
                    print(f"    page {fault.page}: {fault.fault}")
                measured, faulty = measured + 1, faulty + bool(found)
    print(f"{measured} sets of pages, {faulty} with faults")
    return int(bool(faulty))


if __name__ == "__main__":
    sys.exit(main())
