"""Print a sheet that staff sign, as a page for a screen or as a PDF, and prove its words."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Final

from teachback.errors import OfDesign, TeachbackError
from teachback.files.workspace import hinting
from teachback.html.composer import Medium
from teachback.printing import process_pool
from teachback.printing.process_pool import Pool, Task
from teachback.units import HANDOUT_SAFE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path

    from teachback.errors import Problem
    from teachback.files.workspace import Workspace
    from teachback.html.composer import Design

    Drawn = Callable[[str], str]

# The formats of a sheet, by suffix.
FORMS: Final = {".html": "html", ".htm": "html", ".pdf": "pdf"}
# A sheet to sign takes about this many times as long as its handout.
LONGER: Final = 4


@dataclass(frozen=True)
class StaffSheet:
    """Everything that a sheet is made from, for a worker process.

    `name` is what messages call it. `compose` makes its page, and `unproved` returns the problems
    of the words that were read from it.
    """

    name: str
    template: str
    compose: Callable[[Medium, Design], str]
    unproved: Callable[[Iterable[str], Drawn, bool], tuple[Problem, ...]]
    workspace: Workspace
    design: Design
    glyphs: frozenset[int]

    @property
    def files(self) -> Mapping[str, Path]:
        """The workspace's files by name, for the pages that name them."""
        return self.design.files


def make_sheets(
    given: StaffSheet, paths: tuple[Path, ...], scale: float, hint: OfDesign
) -> tuple[bytes, ...]:
    """Return the bytes of a sheet for each file, in the format of its suffix (FORMS).

    `scale` is how much longer than usual it is. Raises TeachbackError when it cannot be made.
    """
    makers: dict[str, Callable[[StaffSheet, None], bytes]] = {"html": _page, "pdf": _pdf}
    seconds = process_pool.LIMITS.seconds * max(1.0, scale)
    limits = replace(process_pool.LIMITS, seconds=seconds)
    with Pool(given, 1, limits, settle=hinting(given.files)) as children:
        return tuple(
            children.one(
                Task(makers[FORMS[path.suffix.lower()]], None, f"making {given.name}", hint)
            )
            for path in paths
        )


def _page(given: StaffSheet, _: None) -> bytes:
    from teachback.pdf.page_reader import screen_text
    from teachback.proofing.added_words import added_words_problems

    _check_styles(given)
    compose = partial(given.compose, Medium.SCREEN)
    page = compose(given.design)
    problems = (
        *given.unproved((token.words for token in screen_text(page)), str, False),  # noqa: FBT003 -- not on paper
        *added_words_problems(page, given.name, given.template, given.design, compose),
    )
    if problems:
        raise TeachbackError(*problems)
    return page.encode()


def _check_styles(given: StaffSheet) -> None:
    """Raise TeachbackError for styles that could hide or add words on the sheet."""
    from teachback.printing.design import design_problems

    problems = tuple(design_problems(given.design, given.workspace))
    if problems:
        raise TeachbackError(*problems)


def _pdf(given: StaffSheet, _: None) -> bytes:
    from teachback.pdf.page_layout import text_outside
    from teachback.pdf.page_reader import read_words
    from teachback.pdf.renderer import Fonts, lay_out, write
    from teachback.proofing.added_words import added_words_problems
    from teachback.proofing.page_proof import outside_problems, visibility_problems

    _check_styles(given)
    compose = partial(given.compose, Medium.PRINT)
    page = compose(given.design)
    drawn = partial(_drawable, glyphs=given.glyphs)
    laid = lay_out(drawn(page), given.files, Fonts())
    problems = (*laid.problems, *outside_problems(text_outside(laid, HANDOUT_SAFE)))
    if problems:
        raise TeachbackError(*problems)
    data = write(laid)
    problems = (
        *given.unproved(read_words(data), drawn, True),  # noqa: FBT003 -- on paper
        *visibility_problems(data, given.name),
        *added_words_problems(page, given.name, given.template, given.design, compose),
    )
    if problems:
        raise TeachbackError(*problems)
    return data


def _drawable(page: str, glyphs: frozenset[int]) -> str:
    """Replace each character that no font has by its number.

    A sheet quotes handouts that are refused for such characters.
    """
    return "".join(
        c if ord(c) in glyphs or c.isspace() or not c.isprintable() else f"[U+{ord(c):04X}]"
        for c in page
    )
