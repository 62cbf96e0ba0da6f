"""Compare what two audiences get of a handout, and write it as a page: `teachback diff`."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from teachback.content.loader import load_handout
from teachback.content.locale_formats import direction_of
from teachback.content.workspace_content import load_shared
from teachback.editions.comparison import Comparison, compare
from teachback.editions.passages import ReaderContext
from teachback.errors import DesignHint, Problem, UsageError, nearest
from teachback.files.workspace import Workspace, handout_named, write_whole

if TYPE_CHECKING:
    from pathlib import Path

    from teachback.content.clinic import Clinic
    from teachback.html.composer import Design, Medium


_HINT: Final = DesignHint("Compare the clinic's own templates/diff.html with the built-in one.")


def compared(
    name: str, audiences: tuple[str, str], workspace: Workspace
) -> tuple[Comparison, Clinic]:
    """Compare what two audiences get of a handout.

    Raises UsageError for unknown or equal names, and TeachbackError for a handout with errors.
    """
    path = handout_named(workspace, name)
    shared = load_shared(workspace)
    authored = load_handout(path, workspace, shared)
    if audiences[0] == audiences[1]:
        hint = "Name two audiences: teachback diff HANDOUT general ckd."
        raise UsageError.of(f"'{audiences[0]}' is compared with itself", hint)
    for audience in audiences:
        if audience not in authored.handout.audiences:
            message = f"the handout '{name}' is not for '{audience}'"
            raise UsageError.of(message, nearest(audience, authored.handout.audiences))
    left, right = (
        ReaderContext(shared.audiences.lineage(audience), shared.clinic.values())
        for audience in audiences
    )
    return compare(authored.handout, left, right, authored.file.locate), shared.clinic


def write_page(comparison: Comparison, clinic: Clinic, workspace: Workspace, page: Path) -> None:
    """Write a comparison as one page for a screen."""
    from teachback.commands.staff_sheet import StaffSheet, make_sheets
    from teachback.printing.design import open_design

    compose = partial(_compose, comparison, clinic)
    design = open_design(workspace)
    sheet = StaffSheet(
        "the comparison", "diff.html", compose, _no_problems, workspace, design, frozenset()
    )
    (data,) = make_sheets(sheet, (page,), 1.0, _HINT)
    write_whole(page, data)


def _no_problems(*_: object) -> tuple[Problem, ...]:
    """Return no problem: a comparison has only the words of handouts, which are proved."""
    return ()


def _compose(comparison: Comparison, clinic: Clinic, medium: Medium, design: Design) -> str:
    """Return one page that compares what two readers get."""
    from teachback.html.composer import fill_page, stylesheet

    styles = stylesheet(["tokens.css", "diff-screen.css"], clinic, design)
    names = {"comparison": comparison, "direction": direction_of(comparison.language)}
    return fill_page("diff.html", design, medium, styles, names)
