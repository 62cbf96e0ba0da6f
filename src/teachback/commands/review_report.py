"""Write the results of a check as one document to sign: `teachback check --report`.

It is a page for a screen, or a PDF.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Final

from teachback.archive.previous_approval import approved_before
from teachback.checking.checker import looked_for
from teachback.checking.review_sheet import Report, make_sheet
from teachback.checking.review_sheet_proof import review_sheet_problems
from teachback.content.loader import load_shared, picture_hash
from teachback.errors import OfDesign, Problem, TeachbackError
from teachback.files.workspace import hinting, write_whole
from teachback.printing import process_pool
from teachback.printing.design import open_design
from teachback.printing.process_pool import Pool, Task, scale_of

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from teachback.checking.checker import CheckResult
    from teachback.content.clinic import Clinic
    from teachback.files.workspace import Workspace
    from teachback.html.composer import Design
    from teachback.units import Paper

# The formats of a report, by suffix.
FORMS: Final = {".html": "html", ".htm": "html", ".pdf": "pdf"}
# In mm. Laser printers leave the outer 5 mm blank, and up to 6.35 mm at the sides.
_SAFE: Final = 6.4
# A sheet has five times the pages of a handout. The number of handouts does not depend on
# templates.
_LONGER: Final = 4
# A meeting reads a few texts, not a library, and all pages are kept in memory until the last is
# made.
MOST: Final = 12
_NAME: Final = "the sheet to sign"
_HINT: Final = OfDesign(
    "Ask for fewer handouts, or one --audience at a time, or for .html. "
    "Or compare the clinic's own templates/report.html and "
    "styles/report.css with the built-in ones."
)


@dataclass(frozen=True)
class ReportRequest:
    """Everything that the document is made from, for a worker process."""

    report: Report
    clinic: Clinic
    workspace: Workspace
    design: Design
    paper: Paper
    glyphs: frozenset[int]

    @property
    def files(self) -> Mapping[str, Path]:
        """The workspace's files by name, for the pages that name them."""
        return self.design.files


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
    unread = tuple(checked for checked in checkup.handouts if checked.authored is None)
    if len(sheets) > MOST and any(FORMS[path.suffix.lower()] == "pdf" for path in paths):
        message = (
            f"{len(sheets)} handouts are too many for one PDF to sign; it holds at most {MOST}"
        )
        raise TeachbackError(
            Problem(
                message,
                "Name those of the meeting: teachback check HANDOUT --report FILE.pdf. "
                "Or ask for .html.",
            )
        )
    report = Report(
        today, sheets, unread, checkup.problems, looked_for(checkup), checkup.rules.off, full
    )
    makers: dict[str, Callable[[ReportRequest, None], bytes]] = {"html": _page, "pdf": _pdf}
    given = ReportRequest(
        report, shared.clinic, workspace, open_design(workspace), paper, shared.glyphs
    )
    sizes = [
        checked.authored.file.size for checked in checkup.handouts if checked.authored is not None
    ]
    limits = replace(
        process_pool.LIMITS,
        seconds=process_pool.LIMITS.seconds * _LONGER * max(1.0, sum(map(scale_of, sizes))),
    )
    with Pool(given, 1, limits, settle=hinting(given.files)) as children:
        made = [
            children.one(Task(makers[FORMS[path.suffix.lower()]], None, "making the report", _HINT))
            for path in paths
        ]
    for path, data in zip(paths, made, strict=True):
        write_whole(path, data)


def _page(given: ReportRequest, _: None) -> bytes:
    from teachback.commands.review_report_page import compose_report
    from teachback.html.composer import Medium
    from teachback.pdf.page_reader import screen_text
    from teachback.proofing.added_words import added_words_problems

    _check_styles(given)
    compose = partial(compose_report, given.report, given.clinic, Medium.SCREEN, given.paper)
    page = compose(given.design)
    problems = (
        *review_sheet_problems(
            (token.words for token in screen_text(page)), given.report, str, paper=False
        ),
        *added_words_problems(page, _NAME, "report.html", given.design, compose),
    )
    if problems:
        raise TeachbackError(*problems)
    return page.encode()


def _check_styles(given: ReportRequest) -> None:
    """Raise TeachbackError for styles that could hide or add words on the sheet."""
    from teachback.printing.design import design_problems

    problems = tuple(design_problems(given.design, given.workspace))
    if problems:
        raise TeachbackError(*problems)


def _pdf(given: ReportRequest, _: None) -> bytes:
    from teachback.commands.review_report_page import compose_report
    from teachback.html.composer import Medium
    from teachback.pdf.page_layout import text_outside
    from teachback.pdf.page_reader import read_words
    from teachback.pdf.renderer import Fonts, lay_out, write
    from teachback.proofing.added_words import added_words_problems
    from teachback.proofing.page_proof import outside_problems, visibility_problems

    _check_styles(given)
    compose = partial(compose_report, given.report, given.clinic, Medium.PRINT, given.paper)
    page = compose(given.design)
    laid = lay_out(_drawable(page, given.glyphs), given.files, Fonts())
    problems = (*laid.problems, *outside_problems(text_outside(laid, _SAFE)))
    if problems:
        raise TeachbackError(*problems)
    data = write(laid)
    problems = (
        *review_sheet_problems(
            read_words(data), given.report, partial(_drawable, glyphs=given.glyphs), paper=True
        ),
        *visibility_problems(data, _NAME),
        *added_words_problems(page, _NAME, "report.html", given.design, compose),
    )
    if problems:
        raise TeachbackError(*problems)
    return data


def _drawable(page: str, glyphs: frozenset[int]) -> str:
    """Replace each character that no font has by its number.

    The sheet quotes handouts that are refused for such characters.
    """
    return "".join(
        c if ord(c) in glyphs or c.isspace() or not c.isprintable() else f"[U+{ord(c):04X}]"
        for c in page
    )
