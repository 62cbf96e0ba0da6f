"""Lay out the cover of print-room files, once for a run.

It is made from the workspace's cover.html and cover.css, with the words of a language.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from teachback.content.languages import NO_LANGUAGES
from teachback.content.locale_formats import direction_of
from teachback.errors import TeachbackError
from teachback.html.composer import Medium, fill_page, stylesheet
from teachback.html.language_styles import language_styles
from teachback.merge.stamping.cover_layout import FLOOR, LAYOUTS, LETTERS, PAGES
from teachback.merge.stamping.edition_templates import checked_template, field_places
from teachback.merge.stamping.template_builder import CutPlan, make_template

if TYPE_CHECKING:
    from teachback.content.clinic import Clinic
    from teachback.content.languages import Languages
    from teachback.content.printed_words import Words
    from teachback.html.composer import Design
    from teachback.merge.stamping.pdf_template import Template
    from teachback.units import Box


def cover_template(
    words: Words,
    clinic: Clinic,
    language: str,
    page: Box,
    design: Design,
    languages: Languages = NO_LANGUAGES,
) -> Template:
    """Return the Template of a cover for a page size in mm.

    `languages` say how its language is set. Raises TeachbackError when the cover cannot be laid
    out.
    """
    from teachback.pdf.renderer import fonts, lay_out, write
    from teachback.proofing.added_words import added_words_problems
    from teachback.proofing.page_proof import visibility_problems

    language_css = language_styles((language,), languages, design.files)
    compose = partial(_compose_cover, words, clinic, language, page, language_css=language_css)
    html = compose(design)
    layout = lay_out(html, design.files, fonts())
    data = write(layout)
    problems = layout.problems or (
        *visibility_problems(data, "the cover"),
        *added_words_problems(html, "the cover", "cover.html", design, compose),
    )
    if problems:
        raise TeachbackError(*problems)
    plan = CutPlan("cover", language, FLOOR, None)
    template = make_template(data, tuple(field_places(layout, html, design.files)), plan)
    return checked_template(template, layout, FLOOR)


def _compose_cover(
    words: Words, clinic: Clinic, language: str, page: Box, design: Design, *, language_css: str
) -> str:
    """Compose the HTML of the cover: a page for each layout and each kind of page."""
    styles = (
        f"@page {{ size: {page.width}mm {page.height}mm }}\n"
        f"{stylesheet(['tokens.css', 'cover.css'], clinic, design, language_css)}"
    )
    page_values = {
        "words": words,
        "clinic": clinic,
        "language": language,
        "direction": direction_of(language),
        "lists": LAYOUTS,
        "kinds": PAGES,
        "letters": range(len(LETTERS)),
    }
    return fill_page("cover.html", design, Medium.PRINT, styles, page_values)


def cover_words(words: Words) -> dict[str, str]:
    """Return the cover's sentences with placeholders, for `make_bundle`."""
    return words.cover.model_dump()
