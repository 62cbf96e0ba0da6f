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
# What keeps a promise, each step with the ones before it. Body text is never under 12 pt.
_SPACE: Final = ":root { --air: 0.68; --lines: 0.96; --write-line: 8mm }\n"
_TYPE: Final = ":root { --body: 12.5pt; --message: 14pt; --h1: 23pt; --h2: 15pt; --h3: 13.5pt }\n"
_SMALLEST: Final = (
    ":root { --body: 12pt; --message: 13.5pt; --h1: 22pt; --h2: 14.5pt; --h3: 13pt }\n"
)
# Down the first column, then down the second, as a list is read aloud.
_COLUMNS: Final = "section > ul { columns: 2; column-gap: 8mm }\n"
STEPS: Final = (
    "",
    _SPACE,
    _SPACE + _TYPE,
    _SPACE + _SMALLEST,
    _SPACE + _SMALLEST + _COLUMNS,
)
# What mends bad page breaks, the smallest change first: less space, or more.
CHOICES: Final = (
    "",
    ":root { --air: 0.84 }\n",
    ":root { --air: 0.68 }\n",
    _SPACE,
    ":root { --air: 1.2 }\n",
    ":root { --air: 1.4 }\n",
)
# The longest blocks that a problem names.
_NAMED: Final = 3


def fitted_page(job: Job, served: Mapping[str, Path]) -> tuple[str, LaidOutDocument]:
    """Lay out the handout of a job on the pages that it promises; return its HTML, too.

    Without a promise, the page breaks are the best of a few choices. Raises TeachbackError when it
    takes more pages in the smallest type than it promises.
    """
    if job.promised is None:
        return _best_broken(job, served)
    for styles in STEPS:
        page, laid = _laid_with(styles, job, served)
        if laid.pages <= job.promised.pages or laid.problems:
            return page, laid
    raise TeachbackError(_too_long(job, laid))


def _best_broken(job: Job, served: Mapping[str, Path]) -> tuple[str, LaidOutDocument]:
    """Lay out a handout with as few bad page breaks as the choices allow."""
    from teachback.pdf.page_breaks import break_faults
    from teachback.pdf.page_layout import tier_pages

    best = page, laid = _laid_with("", job, served)
    tiers, fewest = tier_pages(laid), len(break_faults(laid))
    for styles in CHOICES[1:]:
        if not fewest or laid.problems:
            break
        page, laid = _laid_with(styles, job, served)
        faults = len(break_faults(laid))
        # No red flag goes to another page for the sake of a page break.
        if faults < fewest and not laid.problems and tier_pages(laid)[:2] == tiers[:2]:
            best, fewest = (page, laid), faults
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
        f"{over} line{'' if over == 1 else 's'} too many, with less space, 12 pt type and lists in two columns"
    )
    longest = sorted(block_heights(laid), key=lambda block: -block[1])[:_NAMED]
    named = "; ".join(f"'{words[:40]}' ({height:.0f} mm)" for words, height in longest)
    return Problem(message, f"Shorten the longest blocks: {named}.", job.promised.place)
