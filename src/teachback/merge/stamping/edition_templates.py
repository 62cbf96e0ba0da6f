"""Turn a composed edition into a Template that records are stamped into.

The edition is laid out and proofed like any other, then cut at its fields. The words of the empty
Template are read back and must equal those of the proofed file.
"""

from __future__ import annotations

import datetime as dt
import string
from dataclasses import replace
from typing import TYPE_CHECKING

from teachback.content.locale_formats import dated
from teachback.errors import COMPARE, TeachbackError
from teachback.files.font_packages import NAMES, packaged_fonts
from teachback.files.stylesheets import font_faces, font_files, nearest_face
from teachback.merge.stamping.template_builder import CutPlan, FieldPlace, make_template
from teachback.merge.stamping.template_specimen import specimen_problems
from teachback.pdf.page_layout import field_openings
from teachback.pdf.page_reader import read_words
from teachback.pdf.text_shaping import nearest_weights
from teachback.printing.job_printer import lay_out_handout, proved_file
from teachback.units import CARD_TEXT_FLOOR

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from teachback.merge.stamping.pdf_template import Template
    from teachback.pdf.renderer import LaidOutDocument
    from teachback.printing.jobs import Job


def handout_template(
    job: Job, served: Mapping[str, Path], characters: frozenset[str] | None = None
) -> Template:
    """Return the Template of a job's handout.

    `characters` are those of all its records as printed; words work too. ASCII and dates are always
    included. With None, all characters of the page's own fonts are included. That makes a larger
    file with fewer letters, since it has no stand-in fonts. Raises TeachbackError with all the
    problems that keep the edition from being printed.
    """
    from teachback.pdf.renderer import write

    page, layout = lay_out_handout(job, served)
    data = write(layout)
    proved_file(data, page, layout, job.expected, served)
    expected = job.expected[0]
    plan = CutPlan(job.code, expected.language, expected.floor, characters)
    return checked_template(_cut_template(data, layout, page, served, plan), layout, expected.floor)


def card_template(
    job: Job, served: Mapping[str, Path], characters: frozenset[str] | None = None
) -> Template:
    """Return the Template of a job's card, with a page for front and back.

    It is a bank card, or as large as the next larger plain stock on which it fits. See
    `handout_template`.
    """
    from teachback.pdf.renderer import write
    from teachback.printing.type_fitting import fitted_or_larger

    fitted = fitted_or_larger(job, None, served)
    layout = fitted.fit.layout
    data = write(layout)
    proved_file(data, job.cards[0], layout, job.expected[:1], served)
    template = _cut_template(
        data,
        layout,
        job.cards[0],
        served,
        CutPlan(job.code, job.expected[0].language, CARD_TEXT_FLOOR, characters),
    )
    return replace(checked_template(template, layout, CARD_TEXT_FLOOR), warnings=fitted.warnings)


def sheet_template(
    job: Job, served: Mapping[str, Path], characters: frozenset[str] | None = None
) -> Template:
    """Return the Template of one sheet of cards, each for a record of its own.

    `stamp` then takes as many records as there are cards. The job holds one card for each place of
    the sheet (`compose_job`), and a run of one sheet, in that order. See `handout_template`. Raises
    ValueError for a run of several sheets.
    """
    from teachback.pdf.renderer import write
    from teachback.printing.card_sheet_pdf import lay_on_sheets, lines_beside
    from teachback.printing.type_fitting import lay_out_together

    run = job.run
    if run is None or len(run.sheets) != 1:
        raise ValueError("a sheet is made of a run of one sheet")
    layout = lay_out_together(job, run, served)
    data = write(layout)
    proved_file(data, job.cards[0], layout, job.expected, served)
    plan = CutPlan(job.code, job.expected[0].language, CARD_TEXT_FLOOR, characters)
    # Where the words of a card stand is known of its own pages, not of the sheet.
    checked_template(
        _cut_template(data, layout, job.cards[0], served, plan), layout, CARD_TEXT_FLOOR
    )
    sheets = lay_on_sheets(data, run.sheets, run.page, run.sides, run.extras)
    (sheet,) = run.sheets
    sides = (sheet.front, *((sheet.back,) if sheet.back is not None else ()))
    count = len(job.cards)
    plan = replace(
        plan,
        cards=count,
        cards_by_page=tuple(tuple(placement.card for placement in side) for side in sides),
        lines_beside=tuple(lines_beside(side, count, run.page, run.extras) for side in sides),
    )
    return _cut_template(sheets, layout, job.cards[0], served, plan)


def _cut_template(
    data: bytes, layout: LaidOutDocument, page: str, served: Mapping[str, Path], plan: CutPlan
) -> Template:
    if plan.characters is not None:
        plan = replace(plan, characters=plan.characters | _common_characters(plan.language))
    template = make_template(data, tuple(field_places(layout, page, served)), plan)
    letters = _letters(read_words(data))
    if _letters(read_words(template.stamp([{}] * template.cards, b""))) != letters:
        message = "the page prints a different text when it is prepared for records"
        raise TeachbackError.of(message, COMPARE)
    return template


def checked_template(template: Template, layout: LaidOutDocument, floor: float) -> Template:
    """Check a Template with a specimen record, and return it.

    Raises TeachbackError when the words of the specimen would be lost.
    """
    problems = (
        tuple(specimen_problems(template, tuple(field_openings(layout)), floor))
        if template.slots
        else ()
    )
    if problems:
        raise TeachbackError(*problems)
    return template


def _common_characters(language: str) -> frozenset[str]:
    """Return the characters that any record may need: ASCII, and those of dates in the language."""
    return frozenset(
        {
            string.ascii_letters,
            string.digits,
            string.punctuation,
            *(dated(dt.date(2000, month, 28), language) for month in range(1, 13)),
        }
    )


def _letters(words: Iterable[str]) -> str:
    """Join words without the spaces in and between them."""
    return "".join("".join(word.split()) for word in words)


def field_places(
    layout: LaidOutDocument, page: str, served: Mapping[str, Path]
) -> Iterator[FieldPlace]:
    """Yield the places of fields with their font files."""
    faces = font_faces(page)
    packaged = packaged_fonts()
    name_fonts = [
        path
        for name, path in served.items()
        if (name.startswith(NAMES) and name.endswith(".ttf")) or name in packaged
    ]
    for opening in field_openings(layout):
        font_choice = [
            face
            for family in opening.families
            for face in nearest_face(family, opening.weight, faces)
        ]
        yield FieldPlace(
            opening, font_files(font_choice, served), nearest_weights(name_fonts, opening.weight)
        )
