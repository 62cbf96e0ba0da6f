"""Prove a printed page: it is complete, in the chosen fonts, and readable.

There are four checks. Each finds faults that the others miss:

    laid out    each line of text is on its page, and in every box around it that clips
    glyphs      each character is in the font chosen for it, and all fonts are our own
    shapes      each word, shaped again, has the glyphs that the file draws (`shape_proof`)
    read back   another program finds every sentence of the edition, in order and visible

What prints badly in black and white is only a warning: see `black_and_white`.
"""

from __future__ import annotations

import unicodedata
from dataclasses import replace
from itertools import pairwise
from statistics import median
from typing import TYPE_CHECKING, Final

from teachback.editions.qr_code import codes_in_dots, texts_in_dots
from teachback.errors import COMPARE, DesignHint, Problem
from teachback.files.contrast import CONTRAST_FLOOR
from teachback.files.font_coverage import coverage, missing_glyphs
from teachback.files.stylesheets import font_faces, font_files, nearest_face
from teachback.files.workspace import read_bytes, shown
from teachback.pdf.page_layout import (
    font_uses,
    hard_to_read,
    height_left,
    picture_boxes,
    picture_clashes,
    split_rows,
    stray_cells,
    text_outside,
    tier_boxes,
    tier_pages,
    wide_tables,
    wrapped_flags,
)
from teachback.pdf.page_reader import grey_page, grey_pages, read_pages
from teachback.pdf.text_shaping import unfit_letters
from teachback.proofing.black_and_white import black_and_white_problems, page_measures
from teachback.proofing.expected_text import comparison_key
from teachback.proofing.faulty_words import is_inside, named_words, place_of_words, words_by_picture
from teachback.proofing.shape_proof import shaped_text
from teachback.proofing.text_checks import (
    LEFT_OUT,
    metadata_problems,
    order_problems,
    page_problems,
    pages_of,
    sheet_of_paper_problems,
    text_problems,
    touching_problems,
    unspoken_problems,
)
from teachback.proofing.visibility import (
    beside_numbers,
    overlapping,
    struck,
    text_visibilities,
)
from teachback.units import HANDOUT_SAFE, TYPE_FLOOR, TypeSize

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from teachback.files.stylesheets import FontFace
    from teachback.pdf.page_layout import PictureClash, TextOut
    from teachback.pdf.page_reader import ReadPage
    from teachback.pdf.renderer import LaidOutDocument
    from teachback.proofing.black_and_white import Measures
    from teachback.proofing.expected_text import Expected
    from teachback.proofing.faulty_words import Look
    from teachback.proofing.visibility import TextVisibility

DPI: Final = 80
# Antialiasing blurs the edges of letters; if less of their ink shows, something covers or cuts
# them.
SHOWN_LEAST: Final = 0.7
# Below this contrast nobody can read a word. A line through a word may lower its contrast to less
# than text needs.
HIDDEN: Final = 2.0
# A digit without a part can look like another one. A word can be read without a part of a letter,
# and a sign may touch an underline.
DIGIT_LEAST: Final = 0.85
LETTER_LEAST: Final = 0.5
# Rounding of type sizes on their way into the file, in pt.
SIZE_SLACK: Final = 0.05
# In dots to the inch: the resolution of any office scanner, and that for a card's smaller code.
SCAN_DPI: Final = 150
CARD_SCAN_DPI: Final = 300
# In mm: how far a box may be above the one before it.
_OUT_OF_ORDER: Final = 2.0
# The red flags that a problem names at most.
_FLAGS_NAMED: Final = 4
# The columns that a problem names at most.
_COLUMNS_NAMED: Final = 3
_OUTSIDE: Final = "Shorten the text, or change the style that moves it."
_LONG_FOOT: Final = (
    "The foot of a page has no room for all of its lines. Shorten the longest: the name of the "
    "reviewer, the title, or `draft`, `version` and `due` in content/words/LANG.yaml."
)


def outside_problems(lines: Iterable[TextOut]) -> Iterator[Problem]:
    """Yield a problem for words of a handout outside their area, with the page and the mm.

    A foot that is outside on each page is reported once.
    """
    pages: dict[tuple[str, float, bool, bool], list[int]] = {}
    for line in lines:
        pages.setdefault((line.words, line.millimetres, line.cut, line.foot), []).append(line.page)
    for (words, millimetres, cut, foot), numbers in pages.items():
        # The same words may be outside more than once on a page.
        where = pages_of(list(dict.fromkeys(numbers)))
        if cut:
            message = (
                f"'{words[:60]}' on {where} is cut off: "
                f"it sticks {millimetres} mm out of the box around it"
            )
            yield Problem(
                message,
                "Shorten the text, or let the box grow: "
                "remove its height or its `overflow` from the style.",
            )
        else:
            message = f"'{words[:60]}' is {millimetres} mm outside the printable area of {where}"
            yield Problem(message, _LONG_FOOT if foot else _OUTSIDE)


def area_problems(layout: LaidOutDocument, expected: Expected) -> Iterator[Problem]:
    """Yield what is outside the printable area: tables with their widest columns, then words."""
    wide = tuple(wide_tables(layout, HANDOUT_SAFE))
    for table in wide:
        columns = ", ".join(
            f"'{heading[:40]}' ({width:.0f} mm)"
            for heading, width in table.columns[:_COLUMNS_NAMED]
        )
        message = (
            f"{expected.name}: a table on page {table.page} is {max(1, table.millimetres):.0f} mm "
            f"too wide for the paper; its widest columns are {columns}"
        )
        page = layout.document.pages[table.page - 1]
        turn = "give the section `page: landscape`, " if page.width < page.height else ""
        hint = f"Take shorter words for their headings, {turn}or make two tables of it."
        yield Problem(message, hint, expected.place_of(table.columns[0][0]))
    yield from outside_problems(
        line
        for line in text_outside(layout, HANDOUT_SAFE)
        if not any(line.page == table.page and line.words in table.words for table in wide)
    )


def long_row_problems(layout: LaidOutDocument, expected: Expected) -> Iterator[Problem]:
    """Yield each row of a table that is longer than a page.

    Its cells continue beside each other, so they are read in the wrong order.
    """
    for cells in split_rows(layout):
        words = next((cell.strip() for cell in cells if cell.strip()), "")
        place = next(
            (
                expected.places[key]
                for cell in cells
                if (key := comparison_key(cell)) in expected.places
            ),
            expected.place,
        )
        message = f"{expected.name}: this row of a table is longer than a page: '{words[:60]}'"
        hint = "Split it: make shorter rows of it, or put the long text below the table."
        yield Problem(message, hint, place)


def glyph_problems(
    layout: LaidOutDocument, html: str, expected: Expected, served: Mapping[str, Path]
) -> Iterator[Problem]:
    """Yield characters that the font chosen for them cannot draw.

    Another font or an empty box would replace them. `html` is the page that was laid out: its
    styles declare the fonts.
    """
    faces = font_faces(html)
    families = ", ".join(sorted({face.family for face in faces})) or "none"
    for lettering in font_uses(layout):
        chosen = [
            face
            for family in lettering.families
            for face in nearest_face(family, lettering.weight, faces)
        ]
        words = lettering.words
        if not chosen:
            name = lettering.families[0] if lettering.families else "?"
            message = (
                f"a style chooses the font '{name}' for '{words.strip()[:40]}', "
                "but the workspace has no such font"
            )
            yield Problem(
                message,
                "Declare it with @font-face and put its file into styles/fonts/. "
                f"There are: {families}.",
            )
            continue
        paths = font_files(chosen, served)
        for character, name in missing_glyphs(words, coverage(paths)):
            other_fonts = [
                shown(path)
                for path in font_files(faces, served)
                if ord(character) in coverage((path,))
            ]
            fonts_with_it = (
                f"It is in {' and '.join(other_fonts)}."
                if other_fonts
                else "None of the fonts has it."
            )
            message = (
                f"the character '{character}' ({name}) is not in the font chosen for it, "
                f"{_called(chosen[0])}"
            )
            hint = f"{fonts_with_it} Use other words, or a whole font that has it."
            yield Problem(message, hint, expected.place_with(character))
        unfit = [
            set(unfit_letters(read_bytes(path), words, expected.language))
            for path in paths
            if max(words, default="") >= "\u0300"
        ]
        for letter in sorted(set.intersection(*unfit)) if unfit else ():
            message = (
                f"the font {_called(chosen[0])} cannot place the accent of '{letter}' on its letter"
            )
            hint = "Use other words, or a font that places this accent."
            yield Problem(message, hint, expected.place_with(letter))


def prove(
    data: bytes, html: str, layout: LaidOutDocument, *files: Expected, served: Mapping[str, Path]
) -> tuple[tuple[Problem, ...], Measures]:
    """Read a written file back, and return its problems and measures.

    A file of several cards has two pages of each, one card after another. `served` has the files of
    the workspace by their names.
    """
    expected = replace(
        files[0],
        sentences=tuple(part for file in files for part in file.sentences),
        frame=tuple(dict.fromkeys(words for file in files for words in file.frame)),
    )
    pages, shape_problems = shaped_text(data, html, read_pages(data, DPI), expected, served)
    pages_by_file = (
        [pages]
        if len(files) == 1
        else [pages[2 * number : 2 * number + 2] for number in range(len(files))]
    )
    visible = [
        (number, look)
        for number, page in enumerate(pages, start=1)
        for look in text_visibilities(page)
        if look.run.words.strip()
    ]
    problems = [
        *shape_problems,
        *text_problems([token for page in pages for token in page.tagged], expected),
        *(
            problem
            for file_pages, file in zip(pages_by_file, files, strict=True)
            for problem in page_problems(file_pages, file)
        ),
        *unspoken_problems(pages, expected),
        *touching_problems(pages),
        *order_problems(pages, expected),
        *sheet_of_paper_problems(pages, expected),
        *_qr_problems(data, files),
        *_link_problems(data, expected),
        *metadata_problems(layout, expected),
        *_turn_problems(layout),
        *urgent_problems(layout, expected),
        *_font_problems(pages, html),
        *_look_problems(visible, layout, expected),
        *_drawing_problems(visible, layout, expected),
        *_overlap_problems(pages),
        *_drawn_problems(pages),
        *_clash_problems(layout),
        *_marred_problems(layout),
        *_stray_problems(layout),
    ]
    measures = page_measures(pages, visible, layout, expected)
    return (*problems, *black_and_white_problems(measures, visible, layout, expected)), measures


def _qr_problems(data: bytes, files: Iterable[Expected]) -> Iterator[Problem]:
    """Read the QR code from the first page, or from each card, as a scanner would."""
    for number, expected in enumerate(files):
        if not expected.code:
            continue
        side = 0 if expected.code_in_front else 1
        index, dpi = (2 * number + side, CARD_SCAN_DPI) if expected.card else (0, SCAN_DPI)
        codes = codes_in_dots(*grey_page(data, index, dpi))
        if codes != (expected.code,):
            reading = f"says {' and '.join(codes)}" if codes else "cannot be read"
            message = (
                f"the QR code of page {index + 1} {reading}, "
                f"but the edition code is {expected.code}"
            )
            yield Problem(message, LEFT_OUT)


def _link_problems(data: bytes, expected: Expected) -> Iterator[Problem]:
    """Yield a problem for each web address without a QR code that a scanner reads on some page."""
    pages = grey_pages(data, SCAN_DPI) if expected.links else ()
    addresses_read = {text for dots in pages for text in texts_in_dots(*dots)}
    for address in dict.fromkeys(expected.links):
        if address not in addresses_read:
            message = f"no QR code on the pages leads to '{address[:80]}'"
            yield Problem(message, LEFT_OUT, expected.places.get(comparison_key(address)))


def _turn_problems(layout: LaidOutDocument) -> Iterator[Problem]:
    """Yield tiers that are read in one order and placed on the page in another."""
    boxes = list(tier_boxes(layout))
    for first, second in pairwise(boxes):
        if first.page == second.page and second.place[1] < first.place[1] - _OUT_OF_ORDER:
            message = (
                f"on page {first.page}, the tier '{second.tier}' is printed above '{first.tier}', "
                "but read out after it"
            )
            yield Problem(message, "Remove the style that moves them.")


def urgent_problems(layout: LaidOutDocument, expected: Expected) -> Iterator[Problem]:
    """Yield a problem for each tier that needs a call today and is not whole on page 1."""
    boxes: dict[str, list[tuple[int, ...]]] = {}
    for tier, pages in () if expected.card else tier_pages(layout):
        boxes.setdefault(tier, []).append(pages)
    for tier in expected.urgent:
        if tier in boxes and (1,) not in boxes[tier]:
            pages = boxes[tier][0]
            message = f"the box of the red flags '{tier}' is not whole on page 1"
            hint = (
                "Shorten what stands above it or in it: the title, the message, the red flags. "
                "In large print and in two languages, a red flag has the words of its `short:`. "
                "Where a section shows it, make that the first section."
            )
            wrapped = wrapped_flags(layout, expected.urgent) if pages == (2,) else ()
            if wrapped:
                flags = ", ".join(f"'{flag.words[:60]}'" for flag in wrapped[:_FLAGS_NAMED])
                room = round(median(len(flag.first_line) for flag in wrapped))
                hint = (
                    f"Shorten the title, or the red flags of more than one line ({len(wrapped)}), "
                    f"in large print by their `short:`, such as {flags}. "
                    f"A line has room for about {room} letters."
                )
            yield Problem(f"{message}, but on {pages_of(pages)}{_lack(layout, tier, pages)}", hint)


def _lack(layout: LaidOutDocument, tier: str, pages: tuple[int, ...]) -> str:
    """Return the height that is missing on page 1 for a box that is whole on page 2."""
    box = next(
        (box for box in tier_boxes(layout) if (box.tier, pages) == (tier, (box.page,))), None
    )
    if box is None or pages != (2,):
        return ""
    _, top, _, bottom = box.place
    return f"; about {max(1, bottom - top - height_left(layout)):.0f} mm are missing"


def _font_problems(pages: Sequence[ReadPage], html: str) -> Iterator[Problem]:
    families = tuple(face.family.replace(" ", "-") for face in font_faces(html))
    for name in dict.fromkeys(run.font for page in pages for run in page.runs):
        base_name = name.partition("+")[2] or name
        if not any(
            base_name == family or base_name.startswith(f"{family}-") for family in families
        ):
            message = f"the printed file uses the font '{base_name}', which is not in the workspace"
            yield Problem(message, COMPARE)


def visibility_problems(data: bytes, name: str) -> Iterator[Problem]:
    """Yield what cannot be seen on a page for staff, which may have small or struck-out words.

    `name` is the page's name in a message.
    """
    for number, page in enumerate(read_pages(data, DPI), start=1):
        hidden = [
            (number, look)
            for look in text_visibilities(page)
            if look.run.words.strip()
            and (
                not look.run.painted
                or look.shown < SHOWN_LEAST
                or _erased(look)
                or min(look.color, look.grey) < HIDDEN
            )
        ]
        if hidden:
            yield Problem(f"{name}: {named_words(hidden)} cannot be seen", COMPARE)


def _look_problems(
    looks_by_page: Iterable[Look], layout: LaidOutDocument, expected: Expected
) -> Iterator[Problem]:
    """Yield letters that are invisible, low in contrast or too small; each kind of fault once."""
    hidden, cut_letters, low_contrast, too_small, turned = [], [], [], [], []
    for number, look in looks_by_page:
        if not look.run.upright:
            turned.append((number, look))
        if not look.run.painted or look.shown < SHOWN_LEAST:
            hidden.append((number, look))
        elif _erased(look):
            cut_letters.append((number, look))
        elif min(look.color, look.grey) < CONTRAST_FLOOR:
            low_contrast.append((number, look))
        if not look.run.drawn and look.run.size < expected.floor - SIZE_SLACK:
            too_small.append((number, look))
    if hidden:
        share = min(look.shown if look.run.painted else 0.0 for _, look in hidden)
        message = (
            f"{named_words(hidden)} cannot be seen: only {share * 100:.0f} % of its ink is visible"
        )
        hint = "A style hides it, cuts it, or paints something over it."
        yield Problem(message, hint, place_of_words(hidden, expected))
    if cut_letters:
        number, look = cut_letters[0]
        message = (
            f"the '{_erased(look)}' in '{look.run.words.strip()[:60]}' on page {number} is "
            "covered or cut off"
        )
        hint = "A style cuts it, or paints something over it."
        yield Problem(message, hint, place_of_words(cut_letters[:1], expected))
    for picture, letters in words_by_picture(low_contrast, layout).items():
        color, grey = min(look.color for _, look in letters), min(look.grey for _, look in letters)
        message = (
            f"{named_words(letters, picture)} has a contrast of {color:.1f}:1 in colour and "
            f"{grey:.1f}:1 in grey; text needs at least {CONTRAST_FLOOR}:1"
        )
        hint = "Use a darker colour for the letters, or a lighter one behind them."
        yield Problem(message, hint, place_of_words(letters, expected))
    if turned:
        message = f"{named_words(turned)} is mirrored, upside down or slanted"
        yield Problem(
            message, "Remove `transform` from the style.", place_of_words(turned, expected)
        )
    if too_small:
        size = min(look.run.size for _, look in too_small)
        message = (
            f"{named_words(too_small)} is set in {size:.1f} pt; nothing may be smaller than "
            f"{expected.floor:g} pt here"
        )
        yield Problem(
            message, "Make it larger in the clinic's styles.", place_of_words(too_small, expected)
        )


def _drawing_problems(
    looks_by_page: Iterable[Look], layout: LaidOutDocument, expected: Expected
) -> Iterator[Problem]:
    """Yield a problem for small letters in pictures; a logo's repeat the words beside it.

    A picture keeps its size in large print.
    """
    floor = min(expected.floor, TYPE_FLOOR[TypeSize.STANDARD])
    too_small = [
        (number, look)
        for number, look in looks_by_page
        if look.run.drawn
        and look.run.size < floor - SIZE_SLACK
        and not any(
            box.is_logo and number == box.page and is_inside(look.run, box.edges)
            for box in picture_boxes(layout)
        )
    ]
    for picture, letters in words_by_picture(too_small, layout).items():
        size = min(look.run.size for _, look in letters)
        message = (
            f"{named_words(letters, picture)} is set in {size:.1f} pt; "
            f"nothing may be smaller than {floor:g} pt here"
        )
        hint = "Make the letters of the drawing larger, or the picture wider with `width:`."
        yield Problem(message, hint)


def _erased(look: TextVisibility) -> str:
    """Return the first letter that is too little visible; empty for none."""
    return next(
        (
            letter
            for letter, share in look.letters
            if share < (DIGIT_LEAST if letter.isdigit() else LETTER_LEAST)
        ),
        "",
    )


def _overlap_problems(pages: Sequence[ReadPage]) -> Iterator[Problem]:
    for number, page in enumerate(pages, start=1):
        for run, other in list(overlapping(page))[:3]:
            message = (
                f"'{run.words.strip()[:40]}' and '{other.words.strip()[:40]}' overlap on page "
                f"{number}"
            )
            yield Problem(message, "Change the style that moves one of them.")


def _drawn_problems(pages: Sequence[ReadPage]) -> Iterator[Problem]:
    """Yield what is drawn through letters or beside numbers; each kind once for a page."""
    for number, page in enumerate(pages, start=1):
        for words in list(struck(page))[:1]:
            hint = "Remove the style that draws it."
            yield Problem(f"a line or a box is drawn through '{words[:60]}' on page {number}", hint)
        for digits, words in list(beside_numbers(page))[:1]:
            message = (
                f"something is drawn right beside the number '{digits}' in "
                f"'{words[:60]}' on page {number}: it could be read as a part of it"
            )
            yield Problem(
                message,
                "Move the border, the background or the picture away from it, "
                "or give it more padding.",
            )


def _clash_problems(layout: LaidOutDocument) -> Iterator[Problem]:
    """Yield a problem for each picture on the mark of an entry, or on another picture."""
    first: dict[str, PictureClash] = {}
    for clash in picture_clashes(layout):
        first.setdefault(clash.file, clash)
    for clash in first.values():
        message = f"the picture {clash.file} on page {clash.page} lies on {clash.other}"
        yield Problem(message, DesignHint("Remove the style that moves one of them."))


def _marred_problems(layout: LaidOutDocument) -> Iterator[Problem]:
    """Yield each fault of style once, with the first words that have it."""
    faults = {
        fault: (number, words) for number, words, fault in reversed(tuple(hard_to_read(layout)))
    }
    for fault, (number, words) in faults.items():
        declaration = fault.partition("(")[2].rstrip(")").partition(":")[0]
        cause = f"`{declaration}`" if declaration else "`line-through`, or the negative spacing,"
        yield Problem(f"'{words[:60]}' on page {number} {fault}", f"Remove {cause} from the style.")


def _stray_problems(layout: LaidOutDocument) -> Iterator[Problem]:
    """Yield a problem for each table cell that a reader would take for another column's."""
    for cell in stray_cells(layout):
        message = (
            f"'{cell.words[:40]}' on page {cell.page} stands nearer '{cell.other[:40]}' than "
            f"'{cell.heading[:40]}', the heading of its column"
        )
        yield Problem(
            message,
            DesignHint(
                "Align the headings of a table as its cells, and do not indent or pad cells."
            ),
        )


def _called(face: FontFace) -> str:
    return f"{face.family} ({unicodedata.normalize('NFC', face.file)})"
