"""Lay a sheet for a translator out as a table, and read such a table back. Pure.

A document of Word and a workbook of Excel hold the same lines and the same table. Each word of a
table that comes back is read or reported: it was written there for a reason.
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
# The names of the values in the lines above the table.
_FIELDS: Final = ("Handout", "From", "Into")
_VERSION_LINE: Final = re.compile(r"Version of the original: \d{4}-\d{2}-\d{2}")
_INSTRUCTIONS: Final = (
    "Write into the columns Translation and Note only. One line for each text.",
    "Words in braces, such as {clinic.phone}, stay as they are.",
    "Two stars ** stand on both sides of strong words, in both languages.",
    "A row may be deleted. Its text then stays as it is.",
)
_MOVE_TO_NOTE: Final = "Write it into the column Note of the text that it is about, or delete it."
_IMPORT_AGAIN: Final = "Then import the file again."
# The most characters that a message quotes.
_SHOWN: Final = 60


def table_lines(sheet: SentSheet) -> tuple[str, ...]:
    """Return the lines above the table."""
    values = (sheet.handout, sheet.source, sheet.language)
    fields = (f"{name}: {value}" for name, value in zip(_FIELDS, values, strict=True))
    return (*fields, f"Version of the original: {sheet.version}", *_INSTRUCTIONS)


def table_rows(sheet: SentSheet) -> Iterator[tuple[str, ...]]:
    """Yield the rows of the table, without the headings; a cell may hold several lines."""
    for text in sheet.texts:
        about = "\n".join(text.about)
        yield text.key, text.state, text.english, text.words, text.note, about, text.mark


def read_table(
    lines: Sequence[tuple[int, Cell]],
    rows: Sequence[Row],
    name: str,
    warnings: Sequence[Problem],
    stray: Iterable[Problem],
) -> ReturnedSheet:
    """Return the sheet that a table holds.

    `lines` are the paragraphs outside of the table and their row, or 0. `stray` are the problems of
    `stray_words`. Raises TeachbackError with them, with every cell that cannot be read, and with
    all other words that would be lost.
    """
    problems = list(stray)
    heading = next((at for at, (_, cells) in enumerate(rows) if _is_heading(cells)), None)
    if heading is None:
        message = f"there is no row with the headings {', '.join(HEADINGS)}"
        hint = "Write them as they were, or take a new file: `teachback translate export`."
        raise TeachbackError(*problems, Problem(message, hint, Location(name)))
    above = [(number, cell) for number, cells in rows[:heading] for cell in cells]
    values: dict[str, str] = {}
    for number, cell in (*lines, *above):
        if isinstance(cell, CellFault):
            message = f"words outside of the table: this {cell.reason}"
            problems.append(Problem(message, _IMPORT_AGAIN, Location(name)))
            continue
        line = one_line(cell)
        field, _, value = line.partition(": ")
        if field in _FIELDS and value and field not in values:
            values[field] = value
        elif line and not _VERSION_LINE.fullmatch(line) and line not in _INSTRUCTIONS:
            message = f"words outside of the table would be lost: '{line[:_SHOWN]}'"
            problems.append(Problem(message, _MOVE_TO_NOTE, Location(name, number)))
    if len(values) < len(_FIELDS):
        missing = " and ".join(f"'{field}: ...'" for field in _FIELDS if field not in values)
        message = f"the lines {missing} above the table are gone"
        problems.append(Problem(message, "Write them as they were.", Location(name)))
    texts: list[ReturnedText] = []
    for number, cells in rows[heading + 1 :]:
        place = Location(name, number)
        cell_problems = list(_cell_problems(number, cells, place))
        problems += cell_problems
        if not cell_problems and any(cells):
            texts.append(_returned(number, [str(cell) for cell in cells], place))
    if problems:
        raise TeachbackError(*problems)
    handout, source, language = (values[field] for field in _FIELDS)
    return ReturnedSheet(handout, source, language, tuple(texts), tuple(warnings))


def stray_words(
    parts: Mapping[str, bytes], kinds: Mapping[str, str], name: str
) -> Iterator[Problem]:
    """Yield a problem for each part of a package that holds words beside its text.

    `kinds` maps the start of a part's name to what its words are, such as a comment.
    """
    for part, data in parts.items():
        kind = next((kind for start, kind in kinds.items() if part.startswith(start)), "")
        if kind and part.endswith(".xml"):
            elements = read_xml(data, name).all_inside()
            texts = (element.text() for element in elements if element.name in {"t", "text"})
            words = one_line(" ".join(texts))
            if words:
                hint = "Move what it says into the column Note, and delete it."
                yield Problem(f"{kind} would be lost: '{words[:_SHOWN]}'", hint, Location(name))


def _is_heading(cells: Sequence[Cell]) -> bool:
    """Return whether a row has the headings of the table."""
    return tuple(one_line(str(cell)) for cell in cells if cell) == HEADINGS


def _cell_problems(number: int, cells: Sequence[Cell], place: Location) -> Iterator[Problem]:
    row = f"row {number}: "
    for at, cell in enumerate(cells):
        column = f"the column '{HEADINGS[at]}'" if at < len(HEADINGS) else "a further column"
        if isinstance(cell, CellFault):
            yield Problem(f"{row}{column} {cell.reason}", _IMPORT_AGAIN, place)
        elif at >= len(HEADINGS) and cell.strip():
            message = f"{row}words in a further column would be lost: '{one_line(cell)[:_SHOWN]}'"
            yield Problem(message, _MOVE_TO_NOTE, place)
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
