"""Read rows of cells from CSV or TSV text, each with the line where it begins.

A broken row does not affect the rows after it.
"""

from __future__ import annotations

import csv
import re
from collections import deque
from typing import TYPE_CHECKING, Final, TextIO

from teachback.errors import folded

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

# Limits for a row. No row of a list of patients is longer, and an unclosed quotation mark would
# otherwise join all the rows that follow.
MOST_CHARACTERS: Final = 100_000
MOST_LINES: Final = 200
DELIMITERS: Final = {",": "comma", ";": "semicolon", "\t": "tab"}
# Spreadsheet programs take a cell that begins with one of these for a formula.
_FORMULA: Final = re.compile(r"'*[=+@\t\r\n-]")
TOO_LONG: Final = f"is longer than {MOST_CHARACTERS:,} characters"
UNCLOSED: Final = "has a quotation mark that is not closed, or not in its place"


def guarded(cell: str) -> str:
    """Return a cell that no spreadsheet program takes for a formula. See `unguarded`."""
    return f"'{cell}" if _FORMULA.match(cell) else cell


def unguarded(cell: str) -> str:
    """Return the cell that `guarded` was given."""
    return cell[1:] if cell.startswith("'") and _FORMULA.match(cell) else cell


def read_line(text: TextIO) -> str:
    """Return the next line with its line end, or an empty text at the end of the file.

    A line that is too long is cut off, but stays longer than the limit so that the caller notices.
    """
    line = text.readline(MOST_CHARACTERS + 1)
    if len(line) <= MOST_CHARACTERS:
        return line
    rest = line
    while rest and rest[-1] not in "\r\n":
        rest = text.readline(MOST_CHARACTERS)
    if rest.endswith("\r"):
        # The read may have stopped between the two characters of a \r\n.
        place = text.tell()
        if text.read(1) != "\n":
            text.seek(place)
    return line if line[-1] in "\r\n" else f"{line}\n"


class _TooLongError(Exception):
    """A row longer than the limits."""


class _Lines:
    """The lines of a text. Lines that were given back come first.

    `number` counts the lines, `row_lines` are those of the current row.
    """

    def __init__(self, text: TextIO) -> None:
        self._text = text
        self._given_back: deque[str] = deque()
        self.number = 0
        self.row_lines: list[str] = []
        self._length = 0

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._given_back.popleft() if self._given_back else read_line(self._text)
        if not line:
            raise StopIteration
        self.number += 1
        self.row_lines.append(line)
        self._length += len(line)
        if self._length > MOST_CHARACTERS or len(self.row_lines) > MOST_LINES:
            raise _TooLongError
        return line

    def begin(self) -> int:
        """Begin a row and return the number of its first line."""
        self.row_lines, self._length = [], 0
        return self.number + 1

    def give_back(self) -> None:
        """Put back all lines of this row but its first, to be read as rows of their own."""
        self.number -= len(self.row_lines) - 1
        self._given_back.extendleft(reversed(self.row_lines[1:]))


def read_cells(text: TextIO, delimiter: str) -> Iterator[tuple[int, list[str] | str, str]]:
    """Yield each row's line, cells and text; of a broken row, the reason in place of the cells.

    The first row sets the number of cells for all rows. Empty lines are skipped. When a row over
    several lines turns out to be broken, only its first line is yielded as broken. The other lines
    are read again: a stray quotation mark would otherwise take them along.
    """
    lines = _Lines(text)
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    width = 0
    while True:
        line = lines.begin()
        reason = ""
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error:
            cells, reason = [], UNCLOSED
        except _TooLongError:
            cells, reason = [], UNCLOSED if len(lines.row_lines) > 1 else TOO_LONG
        if not reason and not cells:
            continue
        width = width or len(cells)
        if not reason and len(cells) != width:
            reason = f"has {len(cells)} cell{'s' if len(cells) != 1 else ''} instead of {width}"
        if reason:
            lines.give_back()
            reader = csv.reader(lines, delimiter=delimiter, strict=True)
            yield line, reason, "" if reason == TOO_LONG else lines.row_lines[0]
        else:
            yield line, cells, "".join(lines.row_lines)


def cells_of(texts: Iterable[str], delimiter: str) -> Iterator[list[str]]:
    """Return the cells of rows whose texts come from `read_cells`."""
    return csv.reader(texts, delimiter=delimiter, strict=True)


def first_cells(text: TextIO, delimiter: str) -> list[str]:
    """Return the cells of the first row. Empty when there is none or it is broken."""
    for _, cells, _ in read_cells(text, delimiter):
        return cells if isinstance(cells, list) else []
    return []


def find_delimiter(
    headers: dict[str, list[str]], key: str, known: Collection[str]
) -> tuple[str | None, bool]:
    """Return the delimiter, and whether another one is possible.

    `headers` holds the cells of the header by delimiter. The best delimiter yields the column
    `key`, and the most known columns. It is None where two are equally good.
    """
    possible = {sign: cells for sign, cells in headers.items() if len(cells) > 1}
    if not possible:
        return ",", False
    known_names = set(map(folded, known))
    ranks = {
        sign: (folded(key) in (names := set(map(folded, cells))), len(names & known_names))
        for sign, cells in possible.items()
    }
    best = max(ranks.values())
    leaders = [sign for sign, rank in ranks.items() if rank == best]
    return (leaders[0] if len(leaders) == 1 else None), len(possible) > 1
