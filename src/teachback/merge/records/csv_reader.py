"""Rows of cells from a text with signs between them (CSV, TSV), each with the line it begins in. A row that is broken takes no other with it."""

from __future__ import annotations

import csv
from collections import deque
from typing import TYPE_CHECKING, Final, TextIO

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

# No row of a list of patients is longer; a quote that is not closed would make one of all that follows.
MOST_CHARACTERS: Final = 100_000
MOST_LINES: Final = 200
DELIMITERS: Final = {",": "comma", ";": "semicolon", "\t": "tab"}
TOO_LONG: Final = f"is longer than {MOST_CHARACTERS:,} characters"
UNCLOSED: Final = "has a quotation mark that is not closed, or not in its place"


def read_line(text: TextIO) -> str:
    """Give the next line with its end, an empty text behind the last one. Of one that is too long only the beginning is given, longer than allowed."""
    line = text.readline(MOST_CHARACTERS + 1)
    if len(line) <= MOST_CHARACTERS:
        return line
    rest = line
    while rest and rest[-1] not in "\r\n":
        rest = text.readline(MOST_CHARACTERS)
    if rest.endswith("\r"):
        # So much was read that the two signs of one line end may have come apart.
        place = text.tell()
        if text.read(1) != "\n":
            text.seek(place)
    return line if line[-1] in "\r\n" else f"{line}\n"


class _TooLongError(Exception):
    """More was read for one row than a row can have."""


class _Lines:
    """The lines of a text, those that were given back first, and how many were taken."""

    def __init__(self, text: TextIO) -> None:
        self._text = text
        self._back: deque[str] = deque()
        self.number = 0
        self.taken: list[str] = []
        self._size = 0

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._back.popleft() if self._back else read_line(self._text)
        if not line:
            raise StopIteration
        self.number += 1
        self.taken.append(line)
        self._size += len(line)
        if self._size > MOST_CHARACTERS or len(self.taken) > MOST_LINES:
            raise _TooLongError
        return line

    def begin(self) -> int:
        """Begin a row; give the number of its first line."""
        self.taken, self._size = [], 0
        return self.number + 1

    def give_back(self) -> None:
        """Let all lines of this row but its first be read again, as rows of their own."""
        self.number -= len(self.taken) - 1
        self._back.extendleft(reversed(self.taken[1:]))


def read_cells(text: TextIO, delimiter: str) -> Iterator[tuple[int, list[str] | str, str]]:
    """Give each row's line, its cells, and its text; or its line and why it cannot be read.

    The first row gives the number of cells for all. Empty lines are passed over.

    A row over several lines that turns out broken is given as its first line; the others are read anew, since a quotation mark too many would
    otherwise take them along.
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
            cells, reason = [], UNCLOSED if len(lines.taken) > 1 else TOO_LONG
        if not reason and not cells:
            continue
        width = width or len(cells)
        if not reason and len(cells) != width:
            reason = f"has {len(cells)} cell{'s' if len(cells) != 1 else ''} instead of {width}"
        if reason:
            lines.give_back()
            reader = csv.reader(lines, delimiter=delimiter, strict=True)
            yield line, reason, ""
        else:
            taken = lines.taken
            yield line, cells, taken[0] if len(taken) == 1 else "".join(taken)


def cells_of(texts: Iterable[str], delimiter: str) -> Iterator[list[str]]:
    """Give the cells of rows whose texts `read_cells` has given."""
    return csv.reader(texts, delimiter=delimiter, strict=True)


def first_cells(text: TextIO, delimiter: str) -> list[str]:
    """Give the cells of the first row, empty when there is none or it is broken."""
    for _, cells, _ in read_cells(text, delimiter):
        return cells if isinstance(cells, list) else []
    return []


def find_delimiter(
    headers: dict[str, list[str]], key: str, known: Collection[str]
) -> tuple[str | None, bool]:
    """Give the sign that is between the columns, from the header as each sign would cut it, and whether another one could be meant.

    The one by which the column `key` is found, and most of the known ones, is taken; None where two do equally well.
    """
    cutting = {sign: cells for sign, cells in headers.items() if len(cells) > 1}
    if not cutting:
        return ",", False
    ranks = {
        sign: (key in (names := {cell.strip() for cell in cells}), len(names & set(known)))
        for sign, cells in cutting.items()
    }
    best = max(ranks.values())
    leading = [sign for sign, rank in ranks.items() if rank == best]
    return (leading[0] if len(leading) == 1 else None), len(cutting) > 1
