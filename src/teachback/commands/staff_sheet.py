"""Print a sheet that staff sign, as a page for a screen or as a PDF, and prove its words."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Final

from teachback.errors import DesignHint, TeachbackError
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

    MakeDrawable = Callable[[str], str]

# The formats of a sheet, by suffix.
FORMS: Final = {".html": "html", ".htm": "html", ".pdf": "pdf"}
# Making a sheet takes about this many times as long as making its handout.
LONGER: Final = 4


@dataclass(frozen=True)
class StaffSheet:
    """Everything that a sheet is made from, for a worker process.

    `name` is what messages call it. `compose` makes its page. `word_problems` returns the problems
    of the words that were read back from the page.
    """

    name: str
    template: str
    compose: Callable[[Medium, Design], str]
    word_problems: Callable[[Iterable[str], MakeDrawable, bool], tuple[Problem, ...]]
    workspace: Workspace
    design: Design
    glyphs: frozenset[int]

    @property
    def files(self) -> Mapping[str, Path]:
        """The workspace's files by name."""
        return self.design.files


def make_sheets(
    sheet: StaffSheet, paths: tuple[Path, ...], scale: float, hint: DesignHint
) -> tuple[bytes, ...]:
    """Return the bytes of a sheet for each file, in the format of its suffix (FORMS).

    `scale` is how many times longer than usual a sheet may take. Raises TeachbackError when it
    cannot be made.
    """
    makers: dict[str, Callable[[StaffSheet, None], bytes]] = {"html": _page, "pdf": _pdf}
    seconds = process_pool.LIMITS.seconds * max(1.0, scale)
    limits = replace(process_pool.LIMITS, seconds=seconds)
    with Pool(sheet, 1, limits, settle=hinting(sheet.files)) as pool:
        return tuple(
            pool.one(Task(makers[FORMS[path.suffix.lower()]], None, f"making {sheet.name}", hint))
            for path in paths
        )


def _page(sheet: StaffSheet, _: None) -> bytes:
    from teachback.pdf.page_reader import screen_text
    from teachback.proofing.added_words import added_words_problems

    _check_styles(sheet)
    compose = partial(sheet.compose, Medium.SCREEN)
    page = compose(sheet.design)
    problems = (
        *sheet.word_problems((token.words for token in screen_text(page)), str, False),  # noqa: FBT003 -- not on paper
        *added_words_problems(page, sheet.name, sheet.template, sheet.design, compose),
    )
    if problems:
        raise TeachbackError(*problems)
    return page.encode()


def _check_styles(sheet: StaffSheet) -> None:
    """Raise TeachbackError for styles that could hide or add words on the sheet."""
    from teachback.printing.design import design_problems

    problems = tuple(design_problems(sheet.design, sheet.workspace))
    if problems:
        raise TeachbackError(*problems)


def _pdf(sheet: StaffSheet, _: None) -> bytes:
    from teachback.pdf.page_layout import text_outside
    from teachback.pdf.page_reader import read_words
    from teachback.pdf.renderer import Fonts, lay_out, write
    from teachback.proofing.added_words import added_words_problems
    from teachback.proofing.page_proof import outside_problems, visibility_problems

    _check_styles(sheet)
    compose = partial(sheet.compose, Medium.PRINT)
    page = compose(sheet.design)
    make_drawable = partial(_drawable, glyphs=sheet.glyphs)
    layout = lay_out(make_drawable(page), sheet.files, Fonts())
    problems = (*layout.problems, *outside_problems(text_outside(layout, HANDOUT_SAFE)))
    if problems:
        raise TeachbackError(*problems)
    data = write(layout)
    problems = (
        *sheet.word_problems(read_words(data), make_drawable, True),  # noqa: FBT003 -- on paper
        *visibility_problems(data, sheet.name),
        *added_words_problems(page, sheet.name, sheet.template, sheet.design, compose),
    )
    if problems:
        raise TeachbackError(*problems)
    return data


def _drawable(page: str, glyphs: frozenset[int]) -> str:
    """Replace each character that no font has with its code point.

    A sheet quotes handouts that are refused for such characters.
    """
    return "".join(
        letter
        if ord(letter) in glyphs or letter.isspace() or not letter.isprintable()
        else f"[U+{ord(letter):04X}]"
        for letter in page
    )
