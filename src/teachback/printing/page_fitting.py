"""Fit a handout onto its pages: as few as it promises, without bad page breaks."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Final, NamedTuple

from teachback.errors import Problem, Severity
from teachback.units import HANDOUT_SAFE, Paper, TypeSize, px_to_mm

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from pathlib import Path

    from teachback.pdf.page_layout import BlockHeight
    from teachback.pdf.renderer import LaidOutDocument
    from teachback.printing.jobs import Job

_STYLES_END: Final = "</style>"
# Body text is never under 12 pt.
_SPACE: Final = ":root { --air: 0.68; --lines: 0.96; --write-line: 8mm; --log-row: 8mm }\n"
_TYPE: Final = ":root { --body: 12.5pt; --message: 14pt; --h1: 23pt; --h2: 15pt; --h3: 13.5pt }\n"
_SMALLEST: Final = (
    ":root { --body: 12pt; --message: 13.5pt; --h1: 22pt; --h2: 14.5pt; --h3: 13pt }\n"
)
# Down the first column, then down the second, as a list is read aloud.
_COLUMNS: Final = "section > ul { columns: 2; column-gap: 8mm }\n"
_URGENT: Final = frozenset({"now", "today"})
# Less space, which saves a page and mends bad page breaks, the smallest change first.
_TIGHTER: Final = ("", ":root { --air: 0.84 }\n", ":root { --air: 0.68 }\n", _SPACE)
# More space, which only mends page breaks, and smaller type, which only keeps a promise.
_WIDER: Final = (":root { --air: 1.2 }\n", ":root { --air: 1.4 }\n")
_SMALLER: Final = (_SPACE + _TYPE, _SPACE + _SMALLEST, _SPACE + _SMALLEST + _COLUMNS)
# Large print keeps its type.
_LARGE_LEAST: Final = (
    ":root { --air: 0.5; --lines: 0.92; --h1: 25pt; --h2: 20pt; --h3: 19pt; "
    "--write-line: 8mm; --log-row: 8mm }\n"
)
# The least that page 1 may take before and in the boxes that must be whole on it: a title as small
# as a heading, and in two languages lines as near to each other as in large print. There, red
# flags stand below their icon instead of beside it: a line has room for a tenth more words. Where
# that is not enough, they stand nearer to each other, too.
_LARGE_BOXES: Final = (
    _LARGE_LEAST
    + """:root { --h1: 22pt }
.tier { padding-inline: 5pt 6pt }
.tier > .tier-icon { margin-top: 0 }
.tier > .tier-icon, .tier > .tier-icon > .disc { width: 25pt; height: 25pt; line-height: 25pt }
.tier-now > .tier-icon, .tier-now > .tier-icon > .disc { width: 40pt; border-radius: 12.5pt }
.tier-body { margin-inline-start: 0 }
.tier-body h2 { margin-inline-start: 31pt; margin-bottom: 1pt }
.tier-now .tier-body h2 { margin-inline-start: 46pt }
.tier-body > .flags { clear: both }
.tier-body > .flags > li { padding-inline-start: 1.2em }
.tier-body > .not-sure { margin: 0; padding-bottom: 1pt }
"""
)
_BOXES: Final = {
    TypeSize.STANDARD: (
        _SPACE
        + """:root { --h1: 16pt; --h2: 13.5pt; --h3: 13pt }
main .flags .half { line-height: calc(1.2 * var(--script, 1)) }
""",
    ),
    TypeSize.LARGE: (_LARGE_BOXES, _LARGE_BOXES + ":root { --h1: 20pt; --space-xs: 1.25pt }\n"),
}
# A box moves to the next page with its text, which may leave half a page empty.
_CALLOUT_KEPT: Final = ".reason > .callout:last-child, .callout:has(+ h3) { break-before: avoid }\n"
# The choices for a filled-in clinic that takes more pages than an empty one, and for a bad page
# break that is left.
_LAST: Final = {
    TypeSize.STANDARD: (*_SMALLER[:2], _CALLOUT_KEPT),
    TypeSize.LARGE: (_LARGE_LEAST, _LARGE_LEAST + _CALLOUT_KEPT),
}
_USUAL: Final = (*_TIGHTER, *_WIDER, *_SMALLER)
_SPACES: Final = (
    *_USUAL,
    _CALLOUT_KEPT,
    *_LAST[TypeSize.LARGE],
    *_BOXES[TypeSize.STANDARD],
    *_BOXES[TypeSize.LARGE],
)
# Room for one line more at the foot of each page, which a long name of a reviewer takes, or the
# dates and the code in some languages.
_FOOT_LINE: Final = ":root { --foot-line: 6mm }\n"
CHOICES: Final = (*_SPACES, *(styles + _FOOT_LINE for styles in _SPACES))
# The share of its height that text still takes with the least space: 0.91 to 0.95 in the starters.
_LEAST_HEIGHT: Final = 0.93
# The same with the last choices, which only a long name, address or number needs.
_LAST_HEIGHT: Final = 0.84
# How many of the longest blocks a problem names at most, and how many letters of each.
_MOST_BLOCKS: Final = 6
_MOST_LETTERS: Final = 40


class _Fit(NamedTuple):
    """A layout: its HTML, its bad page breaks and the pages of its tiers.

    `lone` are the first entries of lists that are alone at a page's end.
    """

    page: str
    layout: LaidOutDocument
    faults: int
    tiers: tuple[tuple[str, tuple[int, ...]], ...]
    lone: int

    def rank(self) -> tuple[object, ...]:
        """Return a key by which the better layout sorts first; red flags on page 1 matter most."""
        return bool(self.layout.problems), self.tiers, self.faults, self.layout.pages, self.lone

    @property
    def is_poor(self) -> bool:
        """True if it has a bad page break, or an urgent box that is not whole on page 1."""
        return bool(self.faults) or any(
            tier in _URGENT and pages != (1,) for tier, pages in self.tiers
        )


def fitted_page(job: Job, served: Mapping[str, Path]) -> tuple[str, LaidOutDocument]:
    """Lay out the handout of a job on the pages that it promises; return its HTML, too.

    It takes the choice of space with the best page breaks, then with the fewest pages. Where a
    filled-in clinic would still take a page more than an empty one, or a bad page break is left,
    smaller type is tried too, or less space in large print. A foot that needs one line more gets
    the room. The choice that an earlier print of the same page took is tried first. A handout that
    takes more pages than it promises even in the smallest type is returned as it is: see
    `broken_promise`.
    """
    from teachback.pdf.page_layout import text_outside

    if job.known_fit:
        page, layout = lay_out_with_styles(CHOICES[job.known_fit[0]], job, served)
        if not layout.problems:
            return page, layout
    page, layout = _fitted(job, served, "")
    if not layout.problems and any(out.foot for out in text_outside(layout, HANDOUT_SAFE)):
        page, layout = _fitted(job, served, _FOOT_LINE)
    return page, layout


def _fitted(job: Job, served: Mapping[str, Path], foot: str) -> tuple[str, LaidOutDocument]:
    """Return the best layout; `foot` are styles to add to each choice."""
    from teachback.pdf.page_breaks import may_save_page

    fit_with = cache(lambda styles: _fit(styles + foot, job, served))
    best = _usual_fit(job, fit_with)
    most_pages = best.layout.pages
    usual = fit_with("").layout
    if job.unfilled and not best.layout.problems and may_save_page(usual, _LAST_HEIGHT):
        unfilled = replace(job, handout=job.unfilled, unfilled="", promised=None, known_fit=())
        most_pages = fitted_page(unfilled, served)[1].pages
    for styles in _LAST[job.size]:
        if best.is_poor or best.layout.pages > most_pages:
            fit = fit_with(styles)
            # A lone entry is no reason to take it.
            best = fit if fit.rank()[:-1] < best.rank()[:-1] else best
    for styles in _BOXES[job.size]:
        # Where even that is not enough, the page is refused, with the least height that is missing.
        if _is_late(best, job):
            fit = fit_with(styles)
            best = best if job.promised and fit.layout.pages > job.promised.pages else fit
    return best.page, best.layout


def _is_late(fit: _Fit, job: Job) -> bool:
    """Return whether a box that must be whole on page 1 is not."""
    return any(tier in job.expected[0].urgent and pages != (1,) for tier, pages in fit.tiers)


def _usual_fit(job: Job, fit_with: Callable[[str], _Fit]) -> _Fit:
    """Return the layout with the best choice of space, or the first with problems.

    Where each takes more pages than are promised, return the last one, in the smallest type.
    """
    from teachback.pdf.page_breaks import may_save_page

    best: _Fit | None = None
    may_save = False
    for styles in _USUAL:
        if best and not best.faults and not ((may_save or best.lone) and styles in _TIGHTER):
            break
        # What does not fit is no better with more space; what fits needs no smaller type.
        if styles in (_SMALLER if best else _WIDER):
            continue
        fit = fit_with(styles)
        layout = fit.layout
        if layout.problems:
            return best or fit
        if job.promised and layout.pages > job.promised.pages:
            continue
        if best is None:
            best = fit
            may_save = (
                may_save_page(layout, _LEAST_HEIGHT)
                and fit_with(_SPACE).layout.pages < layout.pages
            )
        elif fit.rank() < best.rank():
            may_save = may_save and layout.pages == best.layout.pages
            best = fit
    return best or fit


def _fit(styles: str, job: Job, served: Mapping[str, Path]) -> _Fit:
    from teachback.pdf.page_breaks import break_faults, lone_entries
    from teachback.pdf.page_layout import tier_pages

    page, layout = lay_out_with_styles(styles, job, served)
    if layout.problems:
        return _Fit(page, layout, 0, (), 0)
    return _Fit(
        page, layout, len(break_faults(layout)), tier_pages(layout)[:2], lone_entries(layout)
    )


def lay_out_with_styles(
    styles: str, job: Job, served: Mapping[str, Path]
) -> tuple[str, LaidOutDocument]:
    """Lay out the handout of a job with one of CHOICES; return its HTML, too."""
    from teachback.pdf.renderer import fonts, lay_out

    page = _page_with(styles, job)
    return page, lay_out(page, served, fonts())


def styles_of(page: str, job: Job) -> str:
    """Return the one of CHOICES with which `fitted_page` has made the page of a job."""
    return next(styles for styles in CHOICES if _page_with(styles, job) == page)


def _page_with(styles: str, job: Job) -> str:
    # A sheet of its own: the long one before it is then parsed once for all choices.
    sheet = f"<style>{styles}</style>" if styles else ""
    return job.handout.replace(_STYLES_END, _STYLES_END + sheet, 1)


def _named(block: BlockHeight, job: Job) -> str:
    start, _, rest = block.words[: _MOST_LETTERS + 1].rpartition(" ")
    start = f"{start or rest} ..." if len(block.words) > _MOST_LETTERS else block.words
    words = f" '{start}'" if start else ""
    where = f" in '{block.section}'" if block.section else ""
    return f"the {block.kind}{words}{where} ({_line(block, job)}as high as {block.lines:.0f} lines)"


def _line(block: BlockHeight, job: Job) -> str:
    """Return the line of a block in the handout's file, or of its section if it has no words."""
    (expected,) = job.expected
    place = expected.first_place(block.words) or expected.first_place(block.section)
    if place is None:
        return ""
    # The texts of a translation are in a file of their own.
    file = f"{place.file}:" if place.file != job.place.file else "line "
    return f"{file}{place.line}, "


def _longest(blocks: Iterable[BlockHeight], excess: int) -> Iterator[BlockHeight]:
    """Yield the longest blocks that together are as high as the excess, at most _MOST_BLOCKS."""
    lines = 0.0
    for block in sorted(blocks, key=lambda block: -block.lines)[:_MOST_BLOCKS]:
        if lines >= excess:
            return
        lines += block.lines
        yield block


def _paper_of(layout: LaidOutDocument) -> str:
    """Return the name of the paper that the pages are laid out for, upright or across."""
    page = layout.document.pages[0]
    width, height = map(px_to_mm, sorted((page.width, page.height)))
    return min(
        Paper, key=lambda paper: abs(width - paper.box.width) + abs(height - paper.box.height)
    )


def broken_promise(job: Job, layout: LaidOutDocument) -> Problem | None:
    """Return what is too long for the promised pages, if anything. For a draft it is a warning."""
    from teachback.pdf.page_layout import block_heights, lines_after

    if not job.promised or layout.pages <= job.promised.pages:
        return None
    allowed, place, is_binding = job.promised
    excess = lines_after(layout, allowed)
    message = (
        f"{job.name} takes {layout.pages} pages, and {allowed} "
        f"{'is' if allowed == 1 else 'are'} promised: "
        # A block with a fault is left out, and may be long.
        f"{'at least ' if job.for_fit else ''}{excess} line{'' if excess == 1 else 's'} too many "
        f"on {_paper_of(layout)}, with less space, 12 pt type and lists in two columns"
    )
    named = "; ".join(_named(block, job) for block in _longest(block_heights(layout), excess))
    hint = f"Shorten the longest blocks: {named}."
    if is_binding:
        return Problem(message, f"{hint} `teachback build` prints all pages of a draft.", place)
    more = "As a draft it is printed with all its pages; once it is approved, it is refused."
    return Problem(message, f"{hint} {more}", place, Severity.WARNING)
