"""Stamp a specimen record and check that its words are visible, on their lines and large enough.

The checks of `proofing` see the edition with a space in each place, so they miss a style that
hides, moves or shrinks the words of a record. Therefore one record whose words fill their lines is
checked here, once for each edition.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Final

from teachback.errors import DesignHint, Problem
from teachback.pdf.page_reader import grey_pages
from teachback.pdf.text_shaping import EM, shaper
from teachback.proofing.visibility import Ink, inks
from teachback.units import PT_PER_INCH, PX_PER_INCH

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from teachback.merge.stamping.pdf_template import Template
    from teachback.pdf.page_layout import FieldOpening

DPI: Final = 100
# A letter that every font has, with two strokes from the baseline up.
LETTER: Final = "H"
# The darkest pixel must be no lighter, from 0 (black): a contrast of 4.5 to 1 on white, as for all
# text.
DARK: Final = 118
# The paper must have been at least this light before the words were drawn.
CLEAR: Final = 190
# Letters whose ink covers less of their length than this are cut off.
SEEN_LEAST: Final = 0.85
# As parts of the type size: the least height of capitals, and the widest gap within the ink of a
# word of one letter. As a part of the ink of the fullest letter: the least ink of each letter.
LOWEST: Final = 0.58
WIDEST_GAP: Final = 0.25
SAME_INK: Final = 0.5
# The blank part of a letter's width, both sides together.
BLANK: Final = 0.25
_PX_PER_PT: Final = PX_PER_INCH / PT_PER_INCH
_SLACK: Final = 0.05
_COMPARE: Final = DesignHint(
    "Compare the clinic's own templates and styles with the built-in ones: "
    "what they say of `.slot` and what is around it."
)


def specimen_problems(
    template: Template, places: Sequence[FieldOpening], floor: float
) -> Iterator[Problem]:
    """Stamp a specimen into a Template and yield a problem for words that would be lost.

    The Template is that of a handout or a card. `floor` is the smallest allowed type in pt.
    """
    words = {field: _longest_word(template, field) for field in template.fields}
    blank, stamped = (
        grey_pages(template.stamp(values, b"specimen"), DPI) for values in ({}, words)
    )
    ink_report = inks(blank, stamped, [_box(place) for place in places], DPI / PX_PER_INCH)
    reported: set[tuple[str, str]] = set()
    for place, slot, ink in zip(places, template.slots, ink_report.places, strict=True):
        length_in_em = shaper(template.fonts[slot.fonts[0]]).shape(words[place.field]).length / EM
        # `_longest_word` chose a word that fits. It is printed in the largest size that holds it.
        length = next(
            (length_in_em * size for size in slot.sizes if length_in_em * size <= slot.width),
            length_in_em * slot.sizes[-1],
        )
        fault = _ink_fault(ink, place, length, floor) or _cover_fault(
            ink, place, len(words[place.field]), length_in_em * slot.sizes[0]
        )
        if fault and (place.field, fault) not in reported:
            reported.add((place.field, fault))
            yield Problem(f"the field '{place.field}' {fault} (page {place.page + 1})", _COMPARE)
    if ink_report.elsewhere:
        pages = ", ".join(str(page + 1) for page in ink_report.elsewhere)
        message = f"the text of a record would be printed outside its line, on page {pages}"
        yield Problem(message, _COMPARE)


def _box(place: FieldOpening) -> tuple[int, float, float, float, float]:
    """Return where the words of a place may stand: page, left, top, right and baseline (px).

    `inks` adds the space for descenders.
    """
    return (
        place.page,
        place.left,
        place.baseline - place.size,
        place.left + place.width,
        place.baseline,
    )


def _longest_word(template: Template, field: str) -> str:
    """Return the longest word of one repeated letter that fits each place of a field."""
    count = min(
        max(1, int(slot.width / (slot.sizes[0] * 0.5)))
        for slot in template.slots
        if slot.field == field
    )
    while count > 1 and template.faults({field: LETTER * count}):
        count -= 1
    return LETTER * count


def _ink_fault(ink: Ink, place: FieldOpening, length: float, floor: float) -> str:
    if place.size / _PX_PER_PT < floor - _SLACK:
        return (
            f"would be printed in {place.size / _PX_PER_PT:.1f} pt; {floor:g} pt is the "
            "smallest allowed"
        )
    if ink.width == 0 or ink.darkest > DARK:
        return "would not be seen on its line"
    if ink.width < SEEN_LEAST * length:
        return "would be cut off"
    return "would be printed over something else" if ink.before < CLEAR else ""


def _cover_fault(ink: Ink, place: FieldOpening, letters: int, length: float) -> str:
    """Return the fault of a word that is covered in the middle, above or below.

    The word is seen from end to end, and all its letters are the same.
    """
    # A long value is set smaller; the ink shows how wide a letter is. The blank between two letters
    # does not occur before the first or after the last.
    step = len(ink.columns) / (letters - BLANK)
    half_blank = BLANK * step / 2
    size = place.size * min(1.0, step * ink.dot * letters / length)
    starts = [max(0, round(number * step - half_blank)) for number in range(letters + 1)]
    letter_inks = [sum(ink.columns[start:end]) for start, end in pairwise(starts)]
    gaps = _longest_gap(ink.columns) * ink.dot > WIDEST_GAP * size or min(
        letter_inks
    ) < SAME_INK * max(letter_inks)
    letter_heights = [max(ink.heights[start:end], default=0) for start, end in pairwise(starts)]
    too_low = min(letter_heights) * ink.dot < LOWEST * size or _longest_gap(ink.rows)
    return "would be partly covered" if gaps or too_low else ""


def _longest_gap(counts: tuple[int, ...]) -> int:
    """Return the length of the longest stretch without ink."""
    longest = current = 0
    for dots in counts:
        current = 0 if dots else current + 1
        longest = max(longest, current)
    return longest
