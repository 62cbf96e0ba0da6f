"""Fit a handout onto the pages that it promises: first less space, then smaller type."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from teachback.errors import Problem, TeachbackError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from teachback.pdf.renderer import LaidOutDocument
    from teachback.printing.jobs import Job

_STYLES_END: Final = "</style>"
# Each step holds the ones before it. Body text is never under 12 pt.
_SPACE: Final = (
    ":root { --leading: 1.22; --gap: 3pt; --gap-section: 8pt; --space-s: 2.5pt; "
    "--space-m: 4pt; --space-l: 5pt; --space-xl: 8pt; --write-line: 8mm }\n"
)
_TYPE: Final = ":root { --body: 12.5pt; --message: 14pt; --h1: 23pt; --h2: 15pt; --h3: 13.5pt }\n"
_SMALLEST: Final = (
    ":root { --body: 12pt; --message: 13.5pt; --h1: 22pt; --h2: 14.5pt; --h3: 13pt }\n"
)
STEPS: Final = ("", _SPACE, _SPACE + _TYPE, _SPACE + _SMALLEST)
# The longest blocks that a problem names.
_NAMED: Final = 3


def fitted_page(job: Job, served: Mapping[str, Path]) -> tuple[str, LaidOutDocument]:
    """Lay out the handout of a job on the pages that it promises; return its HTML, too.

    Raises TeachbackError when it takes more pages in the smallest type.
    """
    from teachback.pdf.renderer import fonts, lay_out

    for styles in STEPS:
        page = job.handout.replace(_STYLES_END, styles + _STYLES_END, 1)
        laid = lay_out(page, served, fonts())
        if job.promised is None or laid.pages <= job.promised.pages or laid.problems:
            return page, laid
    raise TeachbackError(_too_long(job, laid))


def _too_long(job: Job, laid: LaidOutDocument) -> Problem:
    from teachback.pdf.page_layout import block_heights, lines_after

    assert job.promised is not None  # noqa: S101 -- else it would have been laid out
    most = job.promised.pages
    over = lines_after(laid, most)
    message = (
        f"{job.name} takes {laid.pages} pages, and {most} {'is' if most == 1 else 'are'} promised: "
        f"{over} line{'' if over == 1 else 's'} too many, with less space and 12 pt type"
    )
    longest = sorted(block_heights(laid), key=lambda block: -block[1])[:_NAMED]
    named = "; ".join(f"'{words[:40]}' ({height:.0f} mm)" for words, height in longest)
    return Problem(message, f"Shorten the longest blocks: {named}.", job.promised.place)
