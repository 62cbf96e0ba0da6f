"""Write what was checked as one document to sign, as a page for a screen or as a PDF: the order of steps of `check --report`."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from teachback import pool
from teachback.check import looked_for
from teachback.compose import open_design
from teachback.content import load_shared, picture_hash
from teachback.earlier import approved_before
from teachback.errors import Problem, TeachbackError, UsageError
from teachback.pool import Pool, Task
from teachback.report import Report, make_sheet
from teachback.workspace import handout_files, write_whole

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from teachback.check import Checkup
    from teachback.clinic import Clinic
    from teachback.html import Design
    from teachback.units import Paper
    from teachback.workspace import Workspace

# The forms of a report, by the ending of its file's name.
FORMS: Final = {".html": "html", ".htm": "html", ".pdf": "pdf"}
# Laser printers leave the outer 5 mm blank (up to 6.35 mm at the sides).
_SAFE: Final = 6.4
# A sheet has five times the pages of a handout; how many handouts there are, no template decides.
_LONGER: Final = 4
_HINT: Final = "Compare the clinic's own templates/report.html and styles/report.css with the built-in ones."


@dataclass(frozen=True)
class Reported:
    """All that the document is made with; it is given to a pool."""

    report: Report
    clinic: Clinic
    design: Design
    paper: Paper

    @property
    def files(self) -> Mapping[str, Path]:
        """The workspace's files by name, for the pages that name them."""
        return self.design.files


def check_names(paths: tuple[Path, ...]) -> None:
    """Make sure that each report's name says what it is to be. Raises UsageError with those that do not, before anything is checked."""
    wrong = [path for path in paths if path.suffix.lower() not in FORMS]
    if wrong:
        raise UsageError(
            *(Problem(f"--report: '{path.name}' is neither a page nor a PDF", "End its name in .html or .pdf.") for path in wrong)
        )


def write_reports(
    checkup: Checkup, paths: tuple[Path, ...], workspace: Workspace, today: dt.date, archive: Path | None, paper: Paper
) -> None:
    """Write the report into each of the files. Raises TeachbackError when it cannot be made or written; then none is there by halves."""
    shared = load_shared(workspace)
    files = handout_files(workspace)
    sheets = tuple(
        make_sheet(
            checked,
            shared,
            checkup.rules.vocabulary,
            approved_before(checked.authored, files[checked.stem], workspace, shared, archive),
            picture_hash(workspace),
        )
        for checked in checkup.handouts
        if checked.authored is not None
    )
    unread = tuple(checked for checked in checkup.handouts if checked.authored is None)
    report = Report(today, sheets, unread, checkup.problems, looked_for(checkup), checkup.rules.off)
    makers: dict[str, Callable[[Reported, None], bytes]] = {"html": _page, "pdf": _pdf}
    given = Reported(report, shared.clinic, open_design(workspace), paper)
    limits = replace(pool.LIMITS, seconds=pool.LIMITS.seconds * _LONGER * max(1, len(sheets)))
    with Pool(given, 1, limits) as children:
        made = [children.one(Task(makers[FORMS[path.suffix.lower()]], None, "making the report", _HINT)) for path in paths]
    for path, data in zip(paths, made, strict=True):
        write_whole(path, data)


def _page(given: Reported, _: None) -> bytes:
    from teachback.html import Medium
    from teachback.staffpages import compose_report

    return compose_report(given.report, given.clinic, given.design, medium=Medium.SCREEN, paper=given.paper).encode()


def _pdf(given: Reported, _: None) -> bytes:
    from teachback.html import Medium
    from teachback.laid import text_outside
    from teachback.pdf import Fonts, lay_out, write
    from teachback.proof import outside_problems
    from teachback.staffpages import compose_report

    page = compose_report(given.report, given.clinic, given.design, medium=Medium.PRINT, paper=given.paper)
    laid = lay_out(page, given.files, Fonts())
    problems = (*laid.problems, *outside_problems(text_outside(laid, _SAFE)))
    if problems:
        raise TeachbackError(*problems)
    return write(laid)
