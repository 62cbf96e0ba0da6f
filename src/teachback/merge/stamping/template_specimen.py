"""A specimen of a record, stamped and looked at: whether its words are seen on their lines, in ink, large enough, and nowhere else.

The nets of `proof` look at the edition, where a space stands in each place: a style that hides, moves or shrinks what a record says gets
through them. So one record whose words fill their lines goes through nets of its own, once for each edition.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Final

from teachback.errors import OfDesign, Problem
from teachback.pdf.page_reader import grey_pages
from teachback.pdf.text_shaping import EM, shaper
from teachback.proofing.visibility import Ink, inks
from teachback.units import PT_PER_INCH, PX_PER_INCH

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from teachback.merge.stamping.pdf_template import Template
    from teachback.pdf.page_layout import Opening

DPI: Final = 100
# A letter that every font has, with two strokes from the baseline up.
LETTER: Final = "H"
# Grey from 0 (black): a contrast of 4.5 to 1 on white, as for all text.
DARK: Final = 118
# As grey as paper between letters may be where nothing was before.
CLEAR: Final = 190
# Letters that are seen over less of their length than this are cut off.
SEEN_LEAST: Final = 0.85
# Of the type size: the height of the lowest capitals, and the widest gap in the ink of a word of one letter. Of the ink of the fullest
# letter: what each of them must have.
LOWEST: Final = 0.58
WIDEST_GAP: Final = 0.25
SAME_INK: Final = 0.5
# How much of the width of a letter is blank, at its two sides together.
BLANK: Final = 0.25
_PX_PER_PT: Final = PX_PER_INCH / PT_PER_INCH
_SLACK: Final = 0.05
_COMPARE: Final = OfDesign(
    "Compare the clinic's own templates and styles with the built-in ones: what they say of `.slot` and what is around it."
)


def specimen_problems(
    template: Template, places: Sequence[Opening], floor: float
) -> Iterator[Problem]:
    """Stamp a specimen into a handout's or a card's Template, and say which words would be lost; `floor` is the smallest type (pt)."""
    words = {field: _filling(template, field) for field in template.fields}
    blank, filled = (grey_pages(template.stamp(values, b"specimen"), DPI) for values in ({}, words))
    looked = inks(blank, filled, [_box(place) for place in places], DPI / PX_PER_INCH)
    said: set[tuple[str, str]] = set()
    for place, slot, ink in zip(places, template.slots, looked.places, strict=True):
        long = shaper(template.fonts[slot.fonts[0]]).shape(words[place.field]).length / EM
        # As `_filling` chose them, the words stand in the largest size in which they fit.
        length = next(
            (long * size for size in slot.sizes if long * size <= slot.width), long * slot.sizes[-1]
        )
        fault = _fault(ink, place, length, floor) or _broken(
            ink, place, len(words[place.field]), long * slot.sizes[0]
        )
        if fault and (place.field, fault) not in said:
            said.add((place.field, fault))
            yield Problem(
                f"what a record says in the field '{place.field}' {fault} (page {place.page + 1})",
                _COMPARE,
            )
    if looked.elsewhere:
        pages = ", ".join(str(page + 1) for page in looked.elsewhere)
        yield Problem(f"what a record says would stand outside its line, on page {pages}", _COMPARE)


def _box(place: Opening) -> tuple[int, float, float, float, float]:
    """Give where a place's words may stand: the page, left, top, right, baseline (px). What reaches below the baseline is added there."""
    return (
        place.page,
        place.left,
        place.baseline - place.size,
        place.left + place.width,
        place.baseline,
    )


def _filling(template: Template, field: str) -> str:
    """Give the longest word of one letter that fits each place of a field."""
    count = min(
        max(1, int(slot.width / (slot.sizes[0] * 0.5)))
        for slot in template.slots
        if slot.field == field
    )
    while count > 1 and template.faults({field: LETTER * count}):
        count -= 1
    return LETTER * count


def _fault(ink: Ink, place: Opening, length: float, floor: float) -> str:
    if place.size / _PX_PER_PT < floor - _SLACK:
        return f"would be printed in {place.size / _PX_PER_PT:.1f} pt; {floor:g} pt is the least"
    if ink.width == 0 or ink.darkest > DARK:
        return "would not be seen on its line"
    if ink.width < SEEN_LEAST * length:
        return "would be cut off"
    return "would be printed over something else" if ink.before < CLEAR else ""


def _broken(ink: Ink, place: Opening, letters: int, length: float) -> str:
    """Return what is missing in the middle, above or below of a word that is seen from end to end; all its letters are one letter."""
    # A long value is set smaller: the ink tells how wide a letter is. What is blank between two letters stands before none and after none.
    step = len(ink.columns) / (letters - BLANK)
    half = BLANK * step / 2
    size = place.size * min(1.0, step * ink.dot * letters / length)
    starts = [max(0, round(number * step - half)) for number in range(letters + 1)]
    each = [sum(ink.columns[start:end]) for start, end in pairwise(starts)]
    uneven = _gap(ink.columns) * ink.dot > WIDEST_GAP * size or min(each) < SAME_INK * max(each)
    tall = [max(ink.heights[start:end], default=0) for start, end in pairwise(starts)]
    low = min(tall) * ink.dot < LOWEST * size or _gap(ink.rows)
    return "would be covered in a part of its line" if uneven or low else ""


def _gap(counts: tuple[int, ...]) -> int:
    """Return the length of the longest stretch without ink."""
    longest = now = 0
    for dots in counts:
        now = 0 if dots else now + 1
        longest = max(longest, now)
    return longest
