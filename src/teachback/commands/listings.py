"""List handouts, starters, audiences and stocks as rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from teachback.content.base_model import first_text
from teachback.content.handout import blocks_of, kind_of
from teachback.content.loader import read_handouts
from teachback.content.workspace_content import load_shared
from teachback.errors import Problem, in_file_order
from teachback.files.workspace import (
    Workspace,
    handout_files,
    shown,
    starter_files,
    starter_translations,
)
from teachback.printing.card_stock import load_stocks
from teachback.units import MM_PER_INCH, Paper

if TYPE_CHECKING:
    from teachback.units import Box

# The kinds of blocks for which a clinic chooses a starter.
LISTED_KINDS: Final = frozenset({
    "zones", "log", "schedule", "steps", "choices", "compare", "do_dont", "table", "mark", "myths",
    "checklist",
})  # fmt: skip


def handout_rows(workspace: Workspace) -> tuple[list[dict[str, Any]], tuple[Problem, ...]]:
    """Return a row for each handout that can be read, and the problems of the others."""
    files = handout_files(workspace)
    reading = read_handouts(workspace, files)
    rows = []
    for stem, authored in reading.authored.items():
        handout = authored.handout
        rows.append(
            {
                "id": handout.id,
                "language": handout.language,
                "audiences": list(handout.audiences),
                "card": "yes" if handout.card else "no",
                "review": authored.approval.word(handout.review),
                "due": handout.review.due.isoformat() if handout.review.due else None,
                "codes": list(handout.codes.icd10),
                "title": first_text(handout.title),
                "file": shown(files[stem]),
            }
        )
    return rows, in_file_order(problem for group in reading.problems.values() for problem in group)


def starter_rows(workspace: Workspace) -> tuple[list[dict[str, Any]], tuple[Problem, ...]]:
    """Return a row for each starter that can be read, and the problems of the others."""
    reading = read_handouts(workspace, starter_files(workspace))
    rows = []
    for authored in reading.authored.values():
        handout = authored.handout
        kinds = {kind_of(block) for _, _, block in blocks_of(handout)}
        rows.append(
            {
                "id": handout.id,
                "title": first_text(handout.title),
                "audiences": list(handout.audiences),
                "translations": list(starter_translations(handout.id, workspace)),
                "holds": sorted(kinds & LISTED_KINDS),
                "purpose": handout.purpose,
            }
        )
    return rows, in_file_order(problem for group in reading.problems.values() for problem in group)


def audience_rows(workspace: Workspace) -> list[dict[str, Any]]:
    """Return a row for each audience. Raises TeachbackError when a shared file is wrong."""
    audiences = load_shared(workspace).audiences
    return [
        {"id": name, "extends": audience.extends, "name": audience.name}
        for name, audience in audiences.root.items()
    ]


def stock_rows(workspace: Workspace) -> list[dict[str, Any]]:
    """Return a row for each stock. Raises TeachbackError when a file of stocks is wrong."""
    rows = []
    for name, stock in load_stocks(workspace).root.items():
        page, box = stock.page_box, stock.card_box
        rows.append(
            {
                "name": name,
                "page": str(stock.page)
                if isinstance(stock.page, Paper)
                else f"{page.width:g} x {page.height:g} mm",
                "cards": stock.places,
                "size": f"{box.width:g} x {box.height:g} mm{_inches(box, stock.page)}",
                "kind": stock.kind,
                "also sold as": list(stock.also),
            }
        )
    return rows


def _inches(box: Box, page: object) -> str:
    """Return the size as it is on the package, where the paper is measured in inches."""
    if page is not Paper.LETTER:
        return ""
    return f" ({box.width / MM_PER_INCH:.3g} x {box.height / MM_PER_INCH:.3g} in)"
