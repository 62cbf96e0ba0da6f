"""Lay a sheet for a translator out as a table, and read such a table back. Pure.

A document of Word and a workbook of Excel hold the same lines and the same table. Each word of a
table that comes back is taken, or told: it was written there for a reason.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from teachback.content.exchange.sheet import ReturnedSheet, ReturnedText, SentSheet, in_one_line
from teachback.content.translation import one_line
from teachback.errors import Location, Problem, TeachbackError
from teachback.files.xlsx_number_formats import CellFault
from teachback.files.xml_tree import read_xml

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    Cell = str | CellFault
    Row = tuple[int, Sequence[Cell]]

HEADINGS: Final = (
    "Key", "State", "Original", "Translation", "Note", "About this text", "Mark",
)  # fmt: skip
ORIGINAL: Final = HEADINGS.index("Original")
TRANSLATION: Final = HEADINGS.index("Translation")
NOTE: Final = HEADINGS.index("Note")
ABOUT: Final = HEADINGS.index("About this text")
_FIELDS: Final = ("Handout", "From", "Into")
_VERSION: Final = re.compile(r"Version of the original: \d{4}-\d{2}-\d{2}")
_HOW: Final = (
    "Write into the columns Translation and Note only. One line for each text.",
    "Words in braces, such as {clinic.phone}, stay as they are.",
    "Two stars ** stand on both sides of strong words, in both languages.",
    "A row may be deleted. Its text then stays as it is.",
)
_TO_NOTE: Final = "Write it into the column Note of the text that it is about, or delete it."
_AGAIN: Final = "Then import the file again."
_SHOWN: Final = 60


def table_lines(sheet: SentSheet) -> tuple[str, ...]:
    """Return the lines above the table."""
    values = (sheet.handout, sheet.source, sheet.language)
    fields = (f"{name}: {value}" for name, value in zip(_FIELDS, values, strict=True))
    return (*fields, f"Version of the original: {sheet.version}", *_HOW)


def table_rows(sheet: SentSheet) -> Iterator[tuple[str, ...]]:
    """Yield the rows of the table, without the headings; a line break parts the lines of a cell."""
    for one in sheet.texts:
        about = "\n".join(one.about)
        yield one.key, one.state, one.english, one.words, one.note, about, one.mark


def read_table(
    lines: Sequence[tuple[int, Cell]],
    rows: Sequence[Row],
    name: str,
    noticed: Sequence[Problem],
    stray: Iterable[Problem],
) -> ReturnedSheet:
    """Return what a table says; `lines` are what stands above and around it, with their place.

    `stray` are words beside the text, from `stray_words`. Raises TeachbackError with them, with
    every cell that cannot be read, and with all other words that would be lost.
    """
    problems = list(stray)
    head = next((at for at, (_, cells) in enumerate(rows) if _is_heading(cells)), None)
    if head is None:
        message = f"there is no row with the headings {', '.join(HEADINGS)}"
        hint = "Write them as they were, or take a new file: `teachback translate export`."
        raise TeachbackError(*problems, Problem(message, hint, Location(name)))
    above = [(number, cell) for number, cells in rows[:head] for cell in cells]
    said: dict[str, str] = {}
    for number, words in (*lines, *above):
        if isinstance(words, CellFault):
            message = f"words outside of the table: this {words.reason}"
            problems.append(Problem(message, _AGAIN, Location(name)))
            continue
        field, _, value = one_line(words).partition(": ")
        if field in _FIELDS and value and field not in said:
            said[field] = value
        elif (
            words.strip()
            and not _VERSION.fullmatch(one_line(words))
            and one_line(words) not in _HOW
        ):
            message = f"words outside of the table would be lost: '{one_line(words)[:_SHOWN]}'"
            problems.append(Problem(message, _TO_NOTE, Location(name, number)))
    if len(said) < len(_FIELDS):
        lost = " and ".join(f"'{field}: ...'" for field in _FIELDS if field not in said)
        message = f"the lines {lost} above the table are gone"
        problems.append(Problem(message, "Write them as they were.", Location(name)))
    texts: list[ReturnedText] = []
    for number, cells in rows[head + 1 :]:
        place = Location(name, number)
        found = list(_cell_problems(number, cells, place))
        problems += found
        if not found and any(cells):
            texts.append(_returned(number, [str(cell) for cell in cells], place))
    if problems:
        raise TeachbackError(*problems)
    handout, source, language = (said[field] for field in _FIELDS)
    return ReturnedSheet(handout, source, language, tuple(texts), tuple(noticed))


def stray_words(
    parts: Mapping[str, bytes], kinds: Mapping[str, str], name: str
) -> Iterator[Problem]:
    """Yield the words that a package holds beside its text.

    `kinds` says by the start of a part's name what its words are, such as a comment.
    """
    for part, data in parts.items():
        what = next((kind for start, kind in kinds.items() if part.startswith(start)), "")
        if what and part.endswith(".xml"):
            inside = read_xml(data, name).all_inside()
            words = one_line(" ".join(one.text() for one in inside if one.name in {"t", "text"}))
            if words:
                hint = "Move what it says into the column Note, and delete it."
                yield Problem(f"{what} would be lost: '{words[:_SHOWN]}'", hint, Location(name))


def _is_heading(cells: Sequence[Cell]) -> bool:
    """Return whether a row has the headings of the table."""
    return tuple(one_line(str(cell)) for cell in cells if cell) == HEADINGS


def _cell_problems(number: int, cells: Sequence[Cell], place: Location) -> Iterator[Problem]:
    row = f"row {number}: "
    for at, cell in enumerate(cells):
        column = f"the column '{HEADINGS[at]}'" if at < len(HEADINGS) else "a further column"
        if isinstance(cell, CellFault):
            yield Problem(f"{row}{column} {cell.reason}", _AGAIN, place)
        elif at >= len(HEADINGS) and cell.strip():
            message = f"{row}words in a further column would be lost: '{one_line(cell)[:_SHOWN]}'"
            yield Problem(message, _TO_NOTE, place)
        elif at == TRANSLATION and "\n" in cell.strip():
            hint = "Write it in one line. If it holds a remark, move that into the column Note."
            yield Problem(f"{row}the translation has several lines", hint, place)
    if any(cells) and not (cells and one_line(str(cells[0]))):
        hint = "Write the key as it was, or delete the row."
        yield Problem(f"{row}this row has no key", hint, place)


def _returned(number: int, cells: list[str], place: Location) -> ReturnedText:
    cells = [*cells, *[""] * (len(HEADINGS) - len(cells))]
    key, state, english, words, note, about, mark = cells[: len(HEADINGS)]
    return ReturnedText(
        one_line(key),
        one_line(english),
        in_one_line(words),
        in_one_line(note),
        place,
        one_line(mark),
        one_line(f"{state} {about}"),
        f"row {number}: ",
    )
