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
from teachback.merge.stamping.template_builder import Cut, Opened, make_template
from teachback.merge.stamping.template_specimen import specimen_problems
from teachback.pdf.page_layout import openings
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

    page, laid = lay_out_handout(job, served)
    data = write(laid)
    proved_file(data, page, laid, job.expected, served)
    expected = job.expected[0]
    cut = Cut(job.code, expected.language, expected.floor, characters)
    return looked_at(_cut(data, laid, page, served, cut), laid, expected.floor)


def card_template(
    job: Job, served: Mapping[str, Path], characters: frozenset[str] | None = None
) -> Template:
    """Return the Template of a job's card, with a page for front and back.

    It is a bank card, or as large as the next larger plain stock on which it fits. See
    `handout_template`.
    """
    from teachback.pdf.renderer import write
    from teachback.printing.type_fitting import fitted_or_larger

    placed = fitted_or_larger(job, None, served)
    laid = placed.fit.laid
    data = write(laid)
    proved_file(data, job.cards[0], laid, job.expected[:1], served)
    template = _cut(
        data,
        laid,
        job.cards[0],
        served,
        Cut(job.code, job.expected[0].language, CARD_TEXT_FLOOR, characters),
    )
    return replace(looked_at(template, laid, CARD_TEXT_FLOOR), warnings=placed.warnings)


def sheet_template(
    job: Job, served: Mapping[str, Path], characters: frozenset[str] | None = None
) -> Template:
    """Return the Template of one sheet of cards, each for a record of its own.

    `stamp` then takes as many records as there are cards. The job holds one card for each place of
    the sheet (`compose_job`), and a run of one sheet, in that order. See `handout_template`. Raises
    ValueError for a run of several sheets.
    """
    from teachback.pdf.renderer import write
    from teachback.printing.card_sheets import lay_on_sheets, lines_beside
    from teachback.printing.type_fitting import lay_out_together

    run = job.run
    if run is None or len(run.sheets) != 1:
        raise ValueError("a sheet is made of a run of one sheet")
    laid = lay_out_together(job, run, served)
    data = write(laid)
    proved_file(data, job.cards[0], laid, job.expected, served)
    cut = Cut(job.code, job.expected[0].language, CARD_TEXT_FLOOR, characters)
    # Where the words of a card stand is known of its own pages, not of the sheet.
    looked_at(_cut(data, laid, job.cards[0], served, cut), laid, CARD_TEXT_FLOOR)
    sheets = lay_on_sheets(data, run.sheets, run.page, run.sides, run.extras)
    (sheet,) = run.sheets
    sides = (sheet.front, *((sheet.back,) if sheet.back is not None else ()))
    count = len(job.cards)
    held = tuple(tuple(placement.card for placement in side) for side in sides)
    beside = tuple(lines_beside(side, count, run.page, run.extras) for side in sides)
    cut = replace(cut, cards=count, held=held, beside=beside)
    return _cut(sheets, laid, job.cards[0], served, cut)


def _cut(
    data: bytes, laid: LaidOutDocument, page: str, served: Mapping[str, Path], cut: Cut
) -> Template:
    if cut.characters is not None:
        cut = replace(cut, characters=cut.characters | _common(cut.language))
    template = make_template(data, tuple(opened_places(laid, page, served)), cut)
    wanted = _letters(read_words(data))
    if _letters(read_words(template.stamp([{}] * template.cards, b""))) != wanted:
        message = "the page prints a different text when it is prepared for records"
        raise TeachbackError.of(message, COMPARE)
    return template


def looked_at(template: Template, laid: LaidOutDocument, floor: float) -> Template:
    """Stamp a specimen record and check it. Raises TeachbackError when its words would be lost."""
    problems = (
        tuple(specimen_problems(template, tuple(openings(laid)), floor)) if template.slots else ()
    )
    if problems:
        raise TeachbackError(*problems)
    return template


def _common(language: str) -> frozenset[str]:
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


def opened_places(laid: LaidOutDocument, page: str, served: Mapping[str, Path]) -> Iterator[Opened]:
    """Yield the places of fields with their font files."""
    faces = font_faces(page)
    packaged = packaged_fonts()
    names = [
        path
        for name, path in served.items()
        if (name.startswith(NAMES) and name.endswith(".ttf")) or name in packaged
    ]
    for opening in openings(laid):
        chosen = [
            face
            for family in opening.families
            for face in nearest_face(family, opening.weight, faces)
        ]
        yield Opened(opening, font_files(chosen, served), nearest_weights(names, opening.weight))
