"""Print the page that measures a printer's offset: `teachback calibrate`."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from teachback.commands.calibration_page import EDGE, back, front
from teachback.content.loader import LoadedHandouts
from teachback.content.locale_formats import direction_of
from teachback.content.workspace_content import load_shared
from teachback.errors import DesignHint, TeachbackError, UsageError, nearest
from teachback.files.workspace import Workspace, write_whole
from teachback.html.composer import Design, Medium, fill, fill_page
from teachback.html.language_styles import language_styles
from teachback.printing.card_run import find_stock
from teachback.printing.card_stock import load_stocks
from teachback.printing.job_composer import PrintContext, check_apart, open_pool, print_context
from teachback.printing.process_pool import Task
from teachback.printing.settings import Sides

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from teachback.content.printed_words import Words
    from teachback.printing.settings import Settings
    from teachback.units import Box


def calibrate(settings: Settings, workspace: Workspace) -> tuple[Path, str]:
    """Print the page in the size of a stock or a paper; return its file and the sides.

    Raises UsageError for an unknown stock or language, and TeachbackError when the page cannot be
    printed.
    """
    shared = load_shared(workspace)
    language = settings.language or "en"
    if language in shared.unfinished:
        raise TeachbackError(*shared.unfinished[language])
    if language not in shared.words:
        message = f"there are no words for the language '{language}'"
        raise UsageError.of(message, nearest(language, shared.words))
    words = shared.words[language]
    if settings.stock:
        name, stock = find_stock(settings.stock, load_stocks(workspace))
        page = stock.page_box
    else:
        name, page = str(settings.paper), settings.paper.box
    sides = settings.sides or Sides.LONG_EDGE
    texts = words.calibrate
    pages = [
        {
            "title": texts.front,
            "drawing": front(page, settings.offset),
            "steps": [fill(step, edge=f"{EDGE:g}") for step in texts.front_steps],
        }
    ]
    if sides in {Sides.LONG_EDGE, Sides.SHORT_EDGE}:
        pages.append(
            {
                "title": texts.back,
                "drawing": back(page, settings.back_offset),
                "steps": list(texts.back_steps),
            }
        )
    context = print_context(workspace, LoadedHandouts(shared, {}, {}), settings)
    styles_of_language = language_styles((language,), shared.languages, context.files)
    with open_pool(context, 1) as pool:
        check_apart(pool)
        hint = DesignHint("Compare the clinic's own template and styles with the built-in ones.")
        data = pool.one(
            Task(
                _page,
                (pages, words, (language, styles_of_language), page, sides),
                "laying the page out",
                hint,
            )
        )
    path = settings.output / f"calibrate-{name}-{sides}.pdf"
    write_whole(path, data)
    return path, str(sides)


def _page(
    context: PrintContext,
    order: tuple[Sequence[Mapping[str, object]], Words, tuple[str, str], Box, Sides],
) -> bytes:
    from teachback.pdf.renderer import Fonts, lay_out, write
    from teachback.printing.card_sheet_pdf import ask_for_printing
    from teachback.proofing.added_words import added_words_problems
    from teachback.proofing.page_proof import visibility_problems

    compose = partial(_compose, *order[:4])
    page, name = compose(context.design), "the calibration page"
    layout = lay_out(page, context.files, Fonts())
    data = write(layout)
    problems = layout.problems or (
        *visibility_problems(data, name),
        *added_words_problems(page, name, "calibrate.html", context.design, compose),
    )
    if problems:
        raise TeachbackError(*problems)
    return ask_for_printing(data, order[4])


def _compose(
    pages: Sequence[Mapping[str, object]],
    words: Words,
    language_and_styles: tuple[str, str],
    page: Box,
    design: Design,
) -> str:
    """Return the HTML of the page that measures a printer's offset, front and back.

    `language_and_styles` is a language with its styles.
    """
    language, styles_of_language = language_and_styles
    sheets = [design.styles[name] for name in ("tokens.css", "calibrate.css", "clinic.css")]
    styles = f"@page {{ size: {page.width}mm {page.height}mm; margin: 0 }}\n" + "".join(
        f"{sheet}\n" for sheet in (*sheets, styles_of_language)
    )
    names = {
        "words": words,
        "language": language,
        "direction": direction_of(language),
        "sides": pages,
        "page": page,
    }
    return fill_page("calibrate.html", design, Medium.PRINT, styles, names)
