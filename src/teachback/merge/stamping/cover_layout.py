"""Draw the cover of a print-room file, which lists every record by its id. Pure.

It shows nothing else of a record. The output is page content for a cover that is laid out once. The
cover's template determines positions, type and the number of lines of a list. Its places are named
LAYOUT.PAGE.NAME, and those of the list LAYOUT.PAGE.COLUMN.LINE.NAME for the first and last line.
The lines between them are computed here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

from teachback.errors import DesignHint, TeachbackError
from teachback.pdf.text_shaping import EM, Shaped, shaper

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from teachback.merge.stamping.pdf_template import Slot, Template
    from teachback.pdf.text_shaping import SlotFont

# The layouts of the list, in the order of the cover's template. Of those with room for all ids, the
# one with the fewest pages is used, and the first of equals. `few` marks each line's edition by a
# letter.
LAYOUTS: Final = ("long", "short", "few")
FIRST, FURTHER = PAGES = ("first", "further")
BY_LETTER: Final = "few"
# PDF's names for how the paper is turned (ISO 32000-1, table 150), and the cover's sentences.
ONE_SIDE, LONG_EDGE, SHORT_EDGE = "Simplex", "DuplexFlipLongEdge", "DuplexFlipShortEdge"
_SIDES: Final = {ONE_SIDE: "one_side", LONG_EDGE: "long_edge", SHORT_EDGE: "short_edge"}
# In pt. Only staff read a cover.
FLOOR: Final = 7.0
LETTERS: Final = "ABCDEFGHI"
# The places whose text is aligned right.
_TO_THE_RIGHT: Final = frozenset({"row", "at", "file", "part"})
# A rule below every fifth record guides the eye.
_RULED: Final = 5
_GRAY: Final = b"0.6 G 0.5 w"
# The space for a rule and its distance below the words, as parts of the step between lines.
_RULE_SPACE: Final = 0.3
_RULE_DISTANCE: Final = 0.42
_EDITION: Final = "edition"
_COMPARE: Final = DesignHint(
    "Compare the clinic's own cover.html and cover.css with the built-in ones."
)


class Line(NamedTuple):
    """A record as the cover lists it.

    Holds its row, its id, the code and index of its edition, its number of pages, and the page of
    the file where it starts.
    """

    row: int
    id: str
    code: str
    edition: int
    pages: int
    at: int


class CoverFacts(NamedTuple):
    """The facts about the file on its cover. `editions` are codes, numbers of pages and papers."""

    name: str
    number: int
    records: int
    pages: int
    rows: tuple[int, int]
    papers: tuple[str, ...]
    sides: str
    editions: tuple[tuple[str, int, str], ...]


@dataclass(frozen=True)
class Layout:
    """A layout of the list: its places on the first page and on further pages.

    `heads` are the places by name, `columns` those of the first line, column by column. `steps` are
    the distances between lines, and `lines` the numbers of lines in a column. Each has a value for
    the first page and one for further pages.
    """

    name: str
    number: int
    heads: tuple[Mapping[str, Slot], Mapping[str, Slot]]
    columns: tuple[tuple[Mapping[str, Slot], ...], tuple[Mapping[str, Slot], ...]]
    steps: tuple[float, float]
    lines: tuple[int, int]

    def pages(self, records: int) -> int:
        """Return the number of pages of the list with this many records."""
        first, further = (
            len(columns) * lines for columns, lines in zip(self.columns, self.lines, strict=True)
        )
        return 1 + max(0, -(-(records - first) // further))

    def split(self, lines: Sequence[Line]) -> Iterator[Sequence[Line]]:
        """Yield the lines of each page."""
        first, further = (
            len(columns) * count for columns, count in zip(self.columns, self.lines, strict=True)
        )
        yield lines[:first]
        yield from (lines[start : start + further] for start in range(first, len(lines), further))


@dataclass(frozen=True)
class Cover:
    """A cover to be filled: its fonts, its layouts, and its sentences with placeholders."""

    fonts: tuple[SlotFont, ...]
    layouts: tuple[Layout, ...]
    sentences: Mapping[str, str]


def make_cover(template: Template, sentences: Mapping[str, str]) -> Cover:
    """Read the places of a cover from its Template. Raises TeachbackError when one is missing."""
    if template.pages != len(LAYOUTS) * len(PAGES):
        message = (
            f"the cover has {template.pages} pages where it should have {len(LAYOUTS) * len(PAGES)}"
        )
        raise TeachbackError.of(
            message, DesignHint("Its lists must each fit on one page. " + _COMPARE)
        )
    return Cover(
        template.fonts,
        tuple(_layout(name, number, template.slots) for number, name in enumerate(LAYOUTS)),
        sentences,
    )


def _layout(name: str, number: int, slots: Sequence[Slot]) -> Layout:
    heads: list[Mapping[str, Slot]] = []
    columns: list[tuple[Mapping[str, Slot], ...]] = []
    steps: list[float] = []
    lines: list[int] = []
    for page in PAGES:
        page_slots = {
            slot.field.split(".", 2)[2]: slot
            for slot in slots
            if slot.field.startswith(f"{name}.{page}.")
        }
        list_slots = {tuple(key.split(".")): slot for key, slot in page_slots.items() if "." in key}
        first_line: dict[str, dict[str, Slot]] = {}
        for (column, line, field), slot in list_slots.items():
            if line == "0":
                first_line.setdefault(column, {})[field] = slot
        id_places = [
            (int(line), slot.matrix[5])
            for (column, line, field), slot in list_slots.items()
            if (column, field) == ("0", "id")
        ]
        if len(id_places) != 2 or id_places[1][0] < 1:  # noqa: PLR2004 -- the first and the last line
            message = f"the cover's list '{name}' has no first and last line for an id"
            raise TeachbackError.of(message, _COMPARE)
        (_, first_y), (last, last_y) = id_places
        heads.append({key: slot for key, slot in page_slots.items() if "." not in key})
        columns.append(tuple(first_line[column] for column in sorted(first_line, key=int)))
        steps.append((last_y - first_y) / _steps_down(last))
        lines.append(last + 1)
    return Layout(
        name,
        number,
        (heads[0], heads[1]),
        (columns[0], columns[1]),
        (steps[0], steps[1]),
        (lines[0], lines[1]),
    )


def layout_of(cover: Cover, ids: Sequence[str], editions: int) -> Layout:
    """Return the best layout for ids of this many editions.

    Where no layout has room for all ids, the one in which they are largest.
    """
    usable = _usable(cover, editions)
    fitting = [
        layout
        for layout in usable
        if all(_has_room(cover, layout.columns[0][0]["id"], identifier) for identifier in ids)
    ]
    if not fitting:
        return max(usable, key=lambda layout: layout.columns[0][0]["id"].width)
    return min(fitting, key=lambda layout: layout.pages(len(ids)))


def unlisted(cover: Cover, ids: Iterable[str], editions: int) -> tuple[str, ...]:
    """Return the ids that even the widest list of the cover shows in type below `FLOOR`."""
    widest = max(
        (layout.columns[0][0]["id"] for layout in _usable(cover, editions)),
        key=lambda slot: slot.width,
    )
    return tuple(identifier for identifier in ids if _size(cover, widest, identifier) < FLOOR)


def _usable(cover: Cover, editions: int) -> list[Layout]:
    """Return the layouts that can name this many editions: there are only so many letters."""
    return [
        layout for layout in cover.layouts if layout.name != BY_LETTER or editions <= len(LETTERS)
    ]


def cover_pages(
    cover: Cover, layout: Layout, lines: Sequence[Line], facts: CoverFacts
) -> Iterator[tuple[int, bytes]]:
    """Yield each page of the cover: its page in the Template, and the content drawn there."""
    pages = list(layout.split(lines))
    for count, page_lines in enumerate(pages):
        page_kind = 1 if count else 0
        words_by_place = {
            key: words
            for key, words in _place_words(cover.sentences, facts, count + 1, len(pages)).items()
            if words
        }
        places = {
            key: slot for key, slot in layout.heads[page_kind].items() if key in words_by_place
        }
        sizes = {key: _size(cover, slot, words_by_place[key]) for key, slot in places.items()}
        # Lines below each other have the same size.
        smallest = min(
            (size for key, size in sizes.items() if key.startswith(_EDITION)), default=0.0
        )
        sizes.update({key: smallest for key in sizes if key.startswith(_EDITION)})
        drawn = [
            _drawn_words(cover, slot, words_by_place[key], sizes[key], right=key in _TO_THE_RIGHT)
            for key, slot in places.items()
        ]
        drawn += _drawn_list(cover, layout, page_kind, page_lines)
        yield layout.number * len(PAGES) + page_kind, b"q\n%b\nQ" % b"\n".join(drawn)


def _place_words(
    sentences: Mapping[str, str], facts: CoverFacts, page: int, pages: int
) -> dict[str, str]:
    """Return the words for the places of a page, by name."""
    first, last = facts.rows
    letters = (
        dict(zip(LETTERS, facts.editions, strict=False))
        if len(facts.editions) <= len(LETTERS)
        else {}
    )
    return {
        "name": facts.name,
        "file": sentences["file"].format(number=facts.number),
        "records": str(facts.records),
        "pages": str(facts.pages),
        "sheets": str(-(-facts.pages // 2) if facts.sides != ONE_SIDE else facts.pages),
        "rows": sentences["from_to"].format(first=first, last=last)
        if first != last
        else str(first),
        "papers": ", ".join(facts.papers),
        "sides": sentences[_SIDES[facts.sides]],
        "part": sentences["part"].format(page=page, pages=pages) if pages > 1 else "",
        **{f"letter{index}": letter for index, letter in enumerate(letters)},
        **{
            f"{_EDITION}{index}": sentences["edition"].format(code=code, pages=count, paper=paper)
            for index, (code, count, paper) in enumerate(letters.values())
        },
    }


def _drawn_list(
    cover: Cover, layout: Layout, page_kind: int, lines: Sequence[Line]
) -> Iterator[bytes]:
    columns, step = layout.columns[page_kind], layout.steps[page_kind]
    # All columns have the same length, so that a short list is not one long column.
    column_length = -(-len(lines) // len(columns))
    rows = [
        {**line._asdict(), "edition": LETTERS[line.edition] if layout.name == BY_LETTER else ""}
        for line in lines
    ]
    # Each field has one size down the page.
    sizes = {
        field: min(_size(cover, slot, str(row[field])) for row in rows)
        for field, slot in columns[0].items()
    }
    for index, row in enumerate(rows):
        column, line_number = columns[index // column_length], index % column_length
        for field, slot in column.items():
            yield _drawn_words(
                cover,
                slot,
                str(row[field]),
                sizes[field],
                _steps_down(line_number) * step,
                right=field in _TO_THE_RIGHT,
            )
        if line_number % _RULED == _RULED - 1 and line_number < column_length - 1:
            left = min(slot.matrix[4] for slot in column.values())
            right = max(slot.matrix[4] + slot.width for slot in column.values())
            y = (
                next(iter(column.values())).matrix[5]
                + (_steps_down(line_number) + _RULE_DISTANCE) * step
            )
            yield b"%b %.2f %.2f m %.2f %.2f l S" % (_GRAY, left, y, right, y)


def _steps_down(line: int) -> float:
    """Return the distance from the first line, in steps."""
    return line + line // _RULED * _RULE_SPACE


def _shaped(cover: Cover, slot: Slot, words: str) -> tuple[int, Shaped]:
    """Shape words in the first font of a place that has all letters.

    A letter that no font has is written as its code points, of which an accented one has several.
    """
    for index in slot.fonts:
        shaped = shaper(cover.fonts[index]).shape(words)
        if not shaped.missing:
            return index, shaped
    missing = shaper(cover.fonts[slot.fonts[0]]).shape(words).missing
    code_points = "".join(f"(U+{ord(sign):04X})" for sign in missing)
    return _shaped(cover, slot, words.replace(missing, code_points))


def _has_room(cover: Cover, slot: Slot, words: str) -> bool:
    return _size(cover, slot, words) >= slot.sizes[-1]


def _size(cover: Cover, slot: Slot, words: str) -> float:
    """Return the size at which words fill their place, or the largest allowed size if smaller."""
    return min(slot.sizes[0], slot.width * EM / max(_shaped(cover, slot, words)[1].length, 1))


def _drawn_words(
    cover: Cover, slot: Slot, words: str, size: float, offset: float = 0.0, *, right: bool = False
) -> bytes:
    """Draw words in a place, `offset` below it."""
    index, shaped = _shaped(cover, slot, words)
    a, b, c, d, x, y = slot.matrix
    if right:
        x += slot.width - shaped.length * size / EM
    steps = b"".join(
        (b"%.2f Ts " % (rise * size) if rise or len(shaped.pieces) > 1 else b"") + drawn
        for rise, drawn in shaped.pieces
    )
    return b"BT /Slot%d %.3f Tf %g %g %g %g %.2f %.2f Tm %b ET" % (
        index,
        size,
        a,
        b,
        c,
        d,
        x,
        y + offset,
        steps,
    )
