"""The page that tells how far a printer is off. The order of steps of `teachback calibrate`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from teachback.calibration import EDGE, back, front
from teachback.cardrun import find_stock
from teachback.compose import Desk, Reading, check_apart, open_design, open_pool
from teachback.content import load_shared
from teachback.errors import OfDesign, Problem, TeachbackError, UsageError, nearest
from teachback.html import compose_calibration, fill
from teachback.impose import Sides
from teachback.pool import Task
from teachback.stock import load_stocks
from teachback.workspace import Workspace, write_whole

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from teachback.settings import Settings
    from teachback.units import Box
    from teachback.words import Words


def calibrate(settings: Settings, workspace: Workspace) -> tuple[Path, str]:
    """Print the page for a stock's or a paper's size; give the file and the sides.

    Raises UsageError for a stock that there is not, TeachbackError when the page cannot be printed.
    """
    shared = load_shared(workspace)
    language = settings.language or "en"
    if language not in shared.words:
        raise UsageError(Problem(f"there are no words for the language '{language}'", nearest(language, shared.words)))
    words = shared.words[language]
    if settings.stock:
        name, stock = find_stock(settings.stock, load_stocks(workspace))
        page = stock.page_box
    else:
        name, page = str(settings.paper), settings.paper.box
    sides = settings.sides or Sides.LONG_EDGE
    says = words.calibrate
    pages = [
        {"title": says.front, "drawing": front(page, settings.offset), "steps": [fill(step, edge=f"{EDGE:g}") for step in says.front_steps]}
    ]
    if sides in {Sides.LONG_EDGE, Sides.SHORT_EDGE}:
        pages.append({"title": says.back, "drawing": back(page, settings.back_offset), "steps": list(says.back_steps)})
    design = open_design(workspace)
    with open_pool(Desk(workspace, Reading(shared, {}, {}), design, settings), 1) as pool:
        check_apart(pool)
        hint = OfDesign("Compare the clinic's own template and styles with the built-in ones.")
        data = pool.one(Task(_page, (pages, words, language, page, sides), "laying the page out", hint))
    path = settings.output / f"calibrate-{name}-{sides}.pdf"
    write_whole(path, data)
    return path, str(sides)


def _page(desk: Desk, wanted: tuple[Sequence[Mapping[str, object]], Words, str, Box, Sides]) -> bytes:
    from teachback.pdf import Fonts, lay_out, write
    from teachback.sheets import ask_for_printing

    laid = lay_out(compose_calibration(*wanted[:4], desk.design), desk.files, Fonts())
    if laid.problems:
        raise TeachbackError(*laid.problems)
    return ask_for_printing(write(laid), wanted[4])
