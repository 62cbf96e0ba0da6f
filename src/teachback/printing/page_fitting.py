"""Fit a handout onto its pages: as few as it promises, without bad page breaks."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Final, NamedTuple

from teachback.errors import Problem, TeachbackError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from teachback.pdf.renderer import LaidOutDocument, Lines
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
# Less space, which saves a page and mends bad page breaks, the smallest change first.
_TIGHTER: Final = ("", ":root { --air: 0.84 }\n", ":root { --air: 0.68 }\n", _SPACE)
# More space, which only mends page breaks, and smaller type, which only keeps a promise.
_WIDER: Final = (":root { --air: 1.2 }\n", ":root { --air: 1.4 }\n")
_SMALLER: Final = (_SPACE + _TYPE, _SPACE + _SMALLEST, _SPACE + _SMALLEST + _COLUMNS)
CHOICES: Final = (*_TIGHTER, *_WIDER, *_SMALLER)
# The share of its height that text takes with the least space: 0.91 to 0.95 in the starters.
_LEAST_HEIGHT: Final = 0.93
# The longest blocks that a problem names.
_NAMED: Final = 3


class _Fit(NamedTuple):
    """A layout that keeps its promise: its HTML, its bad page breaks and the pages of its tiers.

    `lone` are the first entries of lists that are alone at a page's end.
    """

    page: str
    laid: LaidOutDocument
    faults: int
    tiers: tuple[tuple[str, tuple[int, ...]], ...]
    lone: int

    def is_better_than(self, other: _Fit) -> bool:
        """Return whether it has fewer faults, or as few on fewer pages, or fewer lone entries.

        No red flag goes to a later page for that.
        """
        mine, others = ((one.faults, one.laid.pages, one.lone) for one in (self, other))
        return self.tiers <= other.tiers and mine < others


def fitted_page(job: Job, served: Mapping[str, Path]) -> tuple[str, LaidOutDocument]:
    """Lay out the handout of a job on the pages that it promises; return its HTML, too.

    It takes the choice of space with the best page breaks, then with the fewest pages: so a filled
    clinic.yaml does not tip it over. A choice that an earlier print of the same page took is taken
    at once. Raises TeachbackError when it takes more pages in the smallest type than it promises.
    """
    from teachback.pdf.page_breaks import break_faults, lone_entries, may_save_page
    from teachback.pdf.page_layout import tier_pages

    lines: Lines = {}
    laid_with = cache(lambda styles: lay_out_with_styles(styles, job, served, lines))
    if job.known_fit in range(len(CHOICES)):
        page, laid = laid_with(CHOICES[job.known_fit])
        if not laid.problems and not (job.promised and laid.pages > job.promised.pages):
            return page, laid
    best: _Fit | None = None
    saves = False
    for styles in CHOICES:
        if best and not best.faults and not ((saves or best.lone) and styles in _TIGHTER):
            break
        # What does not fit is no better with more space; what fits needs no smaller type.
        if styles in (_SMALLER if best else _WIDER):
            continue
        page, laid = laid_with(styles)
        if laid.problems:
            return (best.page, best.laid) if best else (page, laid)
        if job.promised and laid.pages > job.promised.pages:
            continue
        faults, tiers = len(break_faults(laid)), tier_pages(laid)[:2]
        fit = _Fit(page, laid, faults, tiers, lone_entries(laid))
        if best is None:
            best = fit
            saves = may_save_page(laid, _LEAST_HEIGHT) and laid_with(_SPACE)[1].pages < laid.pages
        elif fit.is_better_than(best):
            saves = saves and laid.pages == best.laid.pages
            best = fit
    if not best:
        raise TeachbackError(_too_long(job, laid))
    return best.page, best.laid


def lay_out_with_styles(
    styles: str, job: Job, served: Mapping[str, Path], lines: Lines | None = None
) -> tuple[str, LaidOutDocument]:
    """Lay out the handout of a job with one of CHOICES; return its HTML, too.

    `lines` are those of its other layouts.
    """
    from teachback.pdf.renderer import fonts, lay_out

    page = _page_with(styles, job)
    return page, lay_out(page, served, fonts(), lines)


def styles_of(page: str, job: Job) -> str:
    """Return the one of CHOICES with which `fitted_page` has made the page of a job."""
    return next(styles for styles in CHOICES if _page_with(styles, job) == page)


def _page_with(styles: str, job: Job) -> str:
    # A sheet of its own: the long one before it is then parsed once for all choices.
    sheet = f"<style>{styles}</style>" if styles else ""
    return job.handout.replace(_STYLES_END, _STYLES_END + sheet, 1)


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
    longest = sorted(block_heights(laid), key=lambda block: -block.height)[:_NAMED]
    named = "; ".join(
        f"'{words[:40]}' ({lines} line{'' if lines == 1 else 's'}, {height:.0f} mm)"
        for words, height, lines in longest
    )
    return Problem(message, f"Shorten the longest blocks: {named}.", job.promised.place)
