"""Fit a handout onto its pages: as few as it promises, without bad page breaks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from teachback.errors import Problem, TeachbackError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from teachback.pdf.renderer import LaidOutDocument
    from teachback.printing.jobs import Job

_STYLES_END: Final = "</style>"
# Body text is never under 12 pt.
_SPACE: Final = ":root { --air: 0.68; --lines: 0.96; --write-line: 8mm }\n"
_TYPE: Final = ":root { --body: 12.5pt; --message: 14pt; --h1: 23pt; --h2: 15pt; --h3: 13.5pt }\n"
_SMALLEST: Final = (
    ":root { --body: 12pt; --message: 13.5pt; --h1: 22pt; --h2: 14.5pt; --h3: 13pt }\n"
)
# Down the first column, then down the second, as a list is read aloud.
_COLUMNS: Final = "section > ul { columns: 2; column-gap: 8mm }\n"
# More space, which mends bad page breaks, and smaller type, which keeps a promise.
_WIDER: Final = (":root { --air: 1.2 }\n", ":root { --air: 1.4 }\n")
_SMALLER: Final = (_SPACE + _TYPE, _SPACE + _SMALLEST, _SPACE + _SMALLEST + _COLUMNS)
# The smallest change first.
CHOICES: Final = (
    "",
    ":root { --air: 0.84 }\n",
    ":root { --air: 0.68 }\n",
    _SPACE,
    *_WIDER,
    *_SMALLER,
)
# The longest blocks that a problem names.
_NAMED: Final = 3


def fitted_page(job: Job, served: Mapping[str, Path]) -> tuple[str, LaidOutDocument]:
    """Lay out the handout of a job on the pages that it promises; return its HTML, too.

    Its page breaks are the best of a few choices of space. Raises TeachbackError when it takes more
    pages in the smallest type than it promises.
    """
    from teachback.pdf.page_breaks import break_faults
    from teachback.pdf.page_layout import tier_pages

    best: tuple[str, LaidOutDocument] | None = None
    fewest = 0
    tiers: tuple[object, ...] = ()
    for styles in CHOICES:
        # What does not fit is no better with more space; what fits needs no smaller type.
        if styles in (_SMALLER if best else _WIDER):
            continue
        if best and not fewest:
            break
        page, laid = _laid_with(styles, job, served)
        if laid.problems:
            return best or (page, laid)
        if job.promised and laid.pages > job.promised.pages:
            continue
        faults, places = len(break_faults(laid)), tier_pages(laid)[:2]
        # No red flag goes to another page for the sake of a page break.
        if not best or (faults < fewest and places == tiers):
            best, fewest, tiers = (page, laid), faults, places
    if not best:
        raise TeachbackError(_too_long(job, laid))
    return best


def _laid_with(styles: str, job: Job, served: Mapping[str, Path]) -> tuple[str, LaidOutDocument]:
    from teachback.pdf.renderer import fonts, lay_out

    # A sheet of its own: the long one before it is then parsed once for all choices.
    sheet = f"<style>{styles}</style>" if styles else ""
    page = job.handout.replace(_STYLES_END, _STYLES_END + sheet, 1)
    return page, lay_out(page, served, fonts())


def _too_long(job: Job, laid: LaidOutDocument) -> Problem:
    from teachback.pdf.page_layout import block_heights, lines_after

    assert job.promised is not None  # noqa: S101 -- else it would have been laid out
    most = job.promised.pages
    over = lines_after(laid, most)
    message = (
        f"{job.name} takes {laid.pages} pages, and {most} {'is' if most == 1 else 'are'} promised: "
        f"{over} line{'' if over == 1 else 's'} too many, with less space, 12 pt type and lists "
        "in two columns"
    )
    longest = sorted(block_heights(laid), key=lambda block: -block[1])[:_NAMED]
    named = "; ".join(f"'{words[:40]}' ({height:.0f} mm)" for words, height in longest)
    return Problem(message, f"Shorten the longest blocks: {named}.", job.promised.place)
