"""Write the results of a check as one document to sign: `teachback check --report`.

It is a page for a screen, or a PDF.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from teachback.archive.previous_approval import approved_before
from teachback.checking.checker import looked_for
from teachback.checking.review_sheet import Report, make_sheet
from teachback.checking.review_sheet_proof import review_sheet_problems
from teachback.commands.review_report_page import compose_report
from teachback.commands.staff_sheet import FORMS, LONGER, StaffSheet, make_sheets
from teachback.content.handout_loader import picture_hash
from teachback.content.workspace_content import load_shared
from teachback.errors import DesignHint, TeachbackError
from teachback.files.workspace import write_whole
from teachback.printing.design import open_design
from teachback.printing.process_pool import scale_of

if TYPE_CHECKING:
    import datetime as dt
    from pathlib import Path

    from teachback.checking.checker import CheckResult
    from teachback.files.workspace import Workspace
    from teachback.units import Paper

# A meeting reads a few texts, not a library, and all pages are kept in memory until the last is
# made.
MOST: Final = 12
_HINT: Final = DesignHint(
    "Ask for fewer handouts, or one --audience at a time, or for .html. "
    "Or compare the clinic's own templates/report.html and "
    "styles/report.css with the built-in ones."
)


def write_reports(
    checkup: CheckResult,
    paths: tuple[Path, ...],
    workspace: Workspace,
    today: dt.date,
    archive: Path | None,
    paper: Paper,
    *,
    full: bool = False,
) -> None:
    """Write the report to each file, in the format of its suffix (FORMS).

    `full` shows all readers' texts whole, not one and how the others differ from it.

    Raises TeachbackError when it cannot be made or written. Each file is then either complete or
    missing.
    """
    shared = load_shared(workspace)
    sheets = tuple(
        make_sheet(
            checked,
            shared,
            checkup.rules.vocabulary,
            approved_before(checked.authored, workspace, shared, archive),
            picture_hash(workspace),
        )
        for checked in checkup.handouts
        if checked.authored is not None
    )
    unreadable = tuple(checked for checked in checkup.handouts if checked.authored is None)
    if len(sheets) > MOST and any(FORMS[path.suffix.lower()] == "pdf" for path in paths):
        message = (
            f"{len(sheets)} handouts are too many for one PDF to sign; it holds at most {MOST}"
        )
        raise TeachbackError.of(
            message,
            "Name those of the meeting: teachback check HANDOUT --report FILE.pdf. "
            "Or ask for .html.",
        )
    report = Report(
        today, sheets, unreadable, checkup.problems, looked_for(checkup), checkup.rules.off, full
    )
    staff_sheet = StaffSheet(
        "the sheet to sign",
        "report.html",
        partial(compose_report, report, shared.clinic, shared.languages, paper),
        partial(review_sheet_problems, report),
        workspace,
        open_design(workspace),
        shared.glyphs.union(*(shared.letters(sheet.language) for sheet in sheets)),
    )
    sizes = [
        checked.authored.file.size for checked in checkup.handouts if checked.authored is not None
    ]
    documents = make_sheets(staff_sheet, paths, LONGER * sum(map(scale_of, sizes)), _HINT)
    for path, data in zip(paths, documents, strict=True):
        write_whole(path, data)
