"""Compare what two audiences get of a handout, and write it as a page: `teachback diff`."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from teachback.content.loader import load_handout, load_shared
from teachback.editions.comparison import Comparison, compare
from teachback.editions.passages import ReaderContext
from teachback.errors import OfDesign, Problem, TeachbackError, UsageError, nearest
from teachback.files.workspace import Workspace, handout_named, hinting, write_whole

if TYPE_CHECKING:
    from pathlib import Path

    from teachback.content.clinic import Clinic
    from teachback.html.composer import Design


@dataclass(frozen=True)
class ComparisonRequest:
    """Everything that a comparison's page is made from, for a worker process."""

    comparison: Comparison
    clinic: Clinic
    workspace: Workspace
    design: Design


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
        raise UsageError(
            Problem(
                f"'{audiences[0]}' is compared with itself",
                "Name two audiences: teachback diff HANDOUT general ckd.",
            )
        )
    for audience in audiences:
        if audience not in authored.handout.audiences:
            raise UsageError(
                Problem(
                    f"the handout '{name}' is not for '{audience}'",
                    nearest(audience, authored.handout.audiences),
                )
            )
    left, right = (
        ReaderContext(shared.audiences.lineage(audience), shared.clinic.values())
        for audience in audiences
    )
    return compare(authored.handout, left, right, authored.file.locate), shared.clinic


def write_page(comparison: Comparison, clinic: Clinic, workspace: Workspace, page: Path) -> None:
    """Write a comparison as one page for a screen.

    Its template may be the clinic's own, so a worker process fills it under a time limit.
    """
    from teachback.printing.design import open_design
    from teachback.printing.process_pool import Pool, Task

    hint = OfDesign("Compare the clinic's own templates/diff.html with the built-in one.")
    design = open_design(workspace)
    with Pool(
        ComparisonRequest(comparison, clinic, workspace, design),
        1,
        settle=hinting(design.files),
    ) as pool:
        write_whole(page, pool.one(Task(_page, None, "filling the templates", hint)).encode())


def _page(sheet: ComparisonRequest, _: None) -> str:
    from teachback.commands.comparison_page import compose_comparison
    from teachback.printing.design import design_problems
    from teachback.proofing.added_words import added_words_problems

    compose = partial(compose_comparison, sheet.comparison, sheet.clinic)
    problems = tuple(design_problems(sheet.design, sheet.workspace))
    page = "" if problems else compose(sheet.design)
    problems = problems or added_words_problems(
        page, "the comparison", "diff.html", sheet.design, compose
    )
    if problems:
        raise TeachbackError(*problems)
    return page
