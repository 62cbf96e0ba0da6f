"""Read a file of records and yield its rows, each with the line or row number that a person sees.

Reads CSV, TSV, JSON Lines and Excel workbooks, and recognises the format from the bytes. Rows are
read one at a time. A row that cannot be read is yielded with the reason. A record is a patient's
row here. In the printing package, `build_record` is about what was printed.
"""

from __future__ import annotations

import io
import json
import shutil
import tempfile
import unicodedata
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass, replace
from itertools import islice
from typing import TYPE_CHECKING, Any, BinaryIO, Final, NamedTuple, TextIO

from teachback.content.record_fields import COLUMNS
from teachback.errors import LIKELY, Location, Problem, Severity, TeachbackError, folded, guess
from teachback.files.encoding_damage import is_garbled
from teachback.files.xlsx_number_formats import CellFault, PointedNumber
from teachback.files.xlsx_reader import read_workbook
from teachback.merge.ordered_workers import OpenFile, streamed
from teachback.merge.record_shapes import RecordRow
from teachback.merge.records.csv_reader import (
    DELIMITERS,
    MOST_CHARACTERS,
    TOO_LONG,
    cells_of,
    find_delimiter,
    first_cells,
    read_cells,
    read_line,
    unguarded,
)
from teachback.merge.records.encoding_detection import find_encoding

if TYPE_CHECKING:
    from collections.abc import Collection, Generator, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from teachback.merge.record_shapes import Labels

MOST_COLUMNS: Final = 500
# The processor time for a workbook in seconds. A workbook of a million rows takes a minute.
MOST_SECONDS: Final = 240
# The most characters in the texts of one part.
MOST_TOGETHER: Final = 500_000
# Letters of other alphabets that look like the letters a to z.
_LOOKALIKES: Final = str.maketrans(
    "\u0430\u0435\u043e\u0440\u0441\u0443\u0445\u0456\u0458\u0455\u04bb\u0501\u03bf\u03b9\u03bd\u0131\u0261",
    "aeopcyxijshdoivig",
)
# The column of a list of rejected rows that says why; it is not read.
REASON: Final = "rejected because"
# The most characters of a column's name that a message quotes.
_MOST_SHOWN: Final = 40
_NUL: Final = "holds a zero byte"
_GARBLED_NAME: Final = "has a name that lost letters, or was read in the wrong encoding"
# The types of JSON values that are refused. Nobody wants to read "True" on paper.
_NO_TEXT_REASONS: Final = {
    dict: "holds a nested record",
    list: "holds a list",
    bool: "is true or false; write the word to print, in quotes",
}
_ZIP: Final = b"PK\x03\x04"
_OLE: Final = b"\xd0\xcf\x11\xe0"
_SEP: Final = "sep="

# The number of a row, its text (in a sheet: its cells), and why it cannot be read (empty: it can).
_RowText = tuple[int, Any, str]


class Part(NamedTuple):
    """Adjacent rows that are not parsed yet.

    `numbers` are their numbers, `texts` their texts as in the file (in a sheet: their cells).
    `broken` gives the reason, by index, for rows that cannot be read.
    """

    numbers: tuple[int, ...]
    texts: tuple[Any, ...]
    broken: Mapping[int, str]


class Form(NamedTuple):
    """How the texts of rows are read.

    `kind` is csv, jsonl or xlsx. `header` names the columns; it is empty for JSON Lines, whose
    names are matched with those that are `known`, and with `labels`.
    """

    kind: str
    delimiter: str = ""
    header: tuple[str, ...] = ()
    known: frozenset[str] = frozenset()
    labels: Labels = ()


class ColumnNames(NamedTuple):
    """The known column that a name stands for, by `folded` and by `plain_name`."""

    exact: Mapping[str, str]
    plain: Mapping[str, str]

    def meaning(self, name: str) -> str | None:
        """Return the known column of a name, or None where it has none or several."""
        return self.exact.get(folded(name)) or self.plain.get(plain_name(name)) or None


@dataclass(frozen=True)
class RecordTable:
    """A file of records and how it is read.

    `kind` is csv, jsonl or xlsx. `header` names the columns; it is empty for JSON Lines.
    """

    file: BinaryIO
    name: str
    kind: str
    codec: str = ""
    delimiter: str = ""
    skipped: int = 0
    header: tuple[str, ...] = ()
    known: frozenset[str] = frozenset()
    labels: Labels = ()

    @property
    def mended(self) -> bool:
        """True for the rejected rows of an earlier run."""
        return REASON in self.header

    @property
    def row_form(self) -> Form:
        """How the texts of the rows are read."""
        return Form(self.kind, self.delimiter, self.header, self.known, self.labels)


def open_table(
    file: BinaryIO,
    path: Path | None,
    name: str,
    key: str,
    known: Collection[str],
    encoding: str | None = None,
    labels: Labels = (),
) -> tuple[RecordTable, tuple[Problem, ...]]:
    """Find out how a file of records is read. Returns the table, and warnings of what is uncertain.

    `file` must be seekable. `path` is its path, or None for standard input; `name` is its name in
    problems. `key` is the column of ids, `known` are all columns that have a meaning, and `labels`
    are other names of them. Raises TeachbackError for a file that cannot be read with certainty.
    """
    table, warnings = open_columns(file, path, name, key, known, encoding)
    if table.kind == "jsonl":
        return replace(table, known=frozenset({key, *known}), labels=labels), warnings
    return _with_checked_header(table, key, known, warnings, labels)


def open_columns(
    file: BinaryIO,
    path: Path | None,
    name: str,
    key: str,
    known: Collection[str],
    encoding: str | None = None,
) -> tuple[RecordTable, tuple[Problem, ...]]:
    """Return a table whose columns have the names of the file, and warnings. See `open_table`."""
    file.seek(0)
    head = file.read(64)
    place = Location(name)
    if not head:
        hint = "The first row holds the column names: id, then the fields."
        raise TeachbackError.of("this file of records is empty", hint, place)
    if head.startswith(_OLE):
        hint = "Open it in Excel and save it as 'CSV UTF-8', or as .xlsx without a password."
        raise TeachbackError.of("this is an old Excel file, or one with a password", hint, place)
    if head.startswith(_ZIP):
        with closing(_workbook(file, name)) as messages:
            warnings = next(messages)
            first_row = next((_texts_of(cells) for batch in messages for _, cells in batch), [])
        return RecordTable(file, name, "xlsx", header=_stripped(first_row)), warnings
    codec, warnings = find_encoding(file, name, encoding)
    ending = path.suffix.lower() if path else ""
    start = (
        head.decode("utf-16" if codec == "utf-16" else "latin-1", errors="ignore")
        .lstrip("\ufeff\xef\xbb\xbf")
        .lstrip()
    )
    if start.startswith("["):
        hint = "Write one record a line, each in braces (JSON Lines)."
        raise TeachbackError.of("this is a JSON list", hint, place)
    if ending in {".jsonl", ".ndjson"} or start.startswith("{"):
        return RecordTable(file, name, "jsonl", codec), warnings
    return _csv_table(
        RecordTable(file, name, "csv", codec), key, known, warnings, tabs=ending in {".tsv", ".tab"}
    )


def read_parts(table: RecordTable, size: int) -> Generator[Part]:
    """Yield the rows of a file in order, in parts of `size` rows.

    A part has fewer rows where their texts are long. This only finds where rows end: most of the
    work is in `read_part`, which any process can do. Raises TeachbackError when the file cannot be
    read, or changed since it was opened.
    """
    readers = {"csv": _csv_texts, "jsonl": _json_texts, "xlsx": _sheet_texts}
    with closing(readers[table.kind](table)) as row_texts:
        for group in _in_parts(row_texts, size, MOST_TOGETHER):
            numbers, texts, reasons = zip(*group, strict=True)
            yield Part(
                numbers, texts, {index: reason for index, reason in enumerate(reasons) if reason}
            )


def _in_parts(
    row_texts: Iterable[_RowText], size: int, most_characters: int
) -> Iterator[list[_RowText]]:
    group: list[_RowText] = []
    length = 0
    for number, text, reason in row_texts:
        group.append((number, text, reason))
        length += len(text)
        if len(group) == size or length > most_characters:
            yield group
            group, length = [], 0
    if group:
        yield group


def read_part(form: Form, part: Part) -> Iterator[RecordRow]:
    """Parse the rows of a part."""
    readable = (
        [text for index, text in enumerate(part.texts) if index not in part.broken]
        if part.broken
        else part.texts
    )
    names = column_names(form.known, form.labels)
    cells: Iterator[Any] = (
        cells_of(readable, form.delimiter) if form.kind == "csv" else iter(readable)
    )
    for index, number in enumerate(part.numbers):
        if index in part.broken:
            yield RecordRow(number, reason=part.broken[index])
        elif form.kind == "jsonl":
            yield _json_row(number, next(cells), names)
        else:
            yield _record_row(number, next(cells), form.header)


def _csv_texts(table: RecordTable) -> Generator[_RowText]:
    with _open_text(table) as text:
        rows = read_cells(text, table.delimiter)
        next(rows, None)
        for line, cells, row_text in rows:
            if isinstance(cells, str):
                yield line + table.skipped, row_text, cells
            elif any(cells):
                yield line + table.skipped, row_text, ""


def _json_texts(table: RecordTable) -> Generator[_RowText]:
    with _open_text(table) as text:
        number = 0
        while line := read_line(text):
            number += 1
            if len(line) > MOST_CHARACTERS:
                yield number, "", TOO_LONG
            elif line.strip():
                yield number, line, ""


def _sheet_texts(table: RecordTable) -> Generator[_RowText]:
    with closing(_workbook(table.file, table.name)) as messages:
        next(messages)
        for number, cells in islice((row for batch in messages for row in batch), 1, None):
            yield number, tuple(cells), ""


def _workbook(file: BinaryIO, name: str) -> Generator[Any]:
    """Run `read_workbook` in a process of its own, which limits what a hostile workbook can do."""
    with ExitStack() as files:
        try:
            handle = OpenFile(file)
        except OSError:
            # A file in memory has no descriptor.
            copy = files.enter_context(tempfile.TemporaryFile())
            file.seek(0)
            shutil.copyfileobj(file, copy)
            copy.flush()
            handle = OpenFile(copy)
        doing, hint = f"{name}: reading the workbook", "Save the sheet as 'CSV UTF-8'."
        messages = streamed(_read_handle, (handle, name), doing, hint, MOST_SECONDS)
        yield from files.enter_context(closing(messages))


def _read_handle(handle_and_name: tuple[OpenFile, str]) -> Iterator[Any]:
    handle, name = handle_and_name
    with handle.opened() as file:
        yield from read_workbook(file, name)  # type: ignore[arg-type]


def _csv_table(
    table: RecordTable,
    key: str,
    known: Collection[str],
    warnings: tuple[Problem, ...],
    *,
    tabs: bool,
) -> tuple[RecordTable, tuple[Problem, ...]]:
    skipped, named = _sep_line(table)
    table = replace(table, skipped=skipped)
    headers = {}
    for sign in DELIMITERS:
        with _open_text(table) as text:
            headers[sign] = first_cells(text, sign)
    delimiter: str | None = "\t" if tabs else named
    uncertain = False
    if not delimiter:
        delimiter, uncertain = find_delimiter(headers, key, known)
    place = Location(table.name, skipped + 1, 1)
    if delimiter is None:
        message = "the separator of the columns is unclear: comma, semicolon or tab"
        hint = (
            "Save the file with one of these between the columns, and use none of them "
            "in a column name."
        )
        raise TeachbackError.of(message, hint, place)
    if uncertain:
        message = (
            f"the columns are read as separated by a {DELIMITERS[delimiter]}, but the first line "
            "holds other separators too"
        )
        hint = "Check the columns with `--dry-run`."
        warnings = (*warnings, Problem(message, hint, place, Severity.WARNING))
    return replace(table, delimiter=delimiter, header=_stripped(headers[delimiter])), warnings


def _sep_line(table: RecordTable) -> tuple[int, str]:
    """Return how many lines precede the header, and the delimiter of Excel's own line `sep=;`."""
    with _open_text(table) as text:
        line = text.readline(16).rstrip("\r\n")
    if line[:-1].lower() == _SEP and line[-1] in DELIMITERS:
        return 1, line[-1]
    return 0, ""


@contextmanager
def _open_text(table: RecordTable) -> Iterator[TextIO]:
    table.file.seek(0)
    text = io.TextIOWrapper(table.file, table.codec, newline="")
    try:
        for _ in range(table.skipped):
            text.readline()
        yield text
    except UnicodeDecodeError:
        # The same bytes could be decoded when the encoding was found.
        raise changed(table.name) from None
    finally:
        with suppress(ValueError):
            text.detach()


def changed(name: str) -> TeachbackError:
    """Return the error for a file that changed since it was first read."""
    hint = (
        "What was printed is kept. Restore the old file and start again, or print the new file "
        "with another --output."
    )
    return TeachbackError.of("the file of records changed while it was read", hint, Location(name))


def plain_name(name: str) -> str:
    """Return the name of a column without capitals, blanks, underscores and hyphens."""
    return "".join(sign for sign in folded(name) if sign not in " _-")


def column_names(known: Iterable[str], labels: Labels = ()) -> ColumnNames:
    """Return which known column a name stands for.

    A name that could stand for two of them stands for none. A label never takes a known name.
    """
    exact = {folded(name): name for name in known}
    return ColumnNames(exact, {**_unambiguous(labels), **_unambiguous(exact.items())})


def _unambiguous(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    meanings: dict[str, set[str]] = {}
    for name, column in pairs:
        meanings.setdefault(plain_name(name), set()).add(column)
    return {name: "" if len(columns) > 1 else columns.pop() for name, columns in meanings.items()}


def _stripped(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(name.lstrip("\ufeff").strip() for name in names)


def _with_checked_header(
    table: RecordTable,
    key: str,
    known: Collection[str],
    known_warnings: tuple[Problem, ...],
    labels: Labels,
) -> tuple[RecordTable, tuple[Problem, ...]]:
    """Check the names of the columns.

    Nothing is quoted without a column of ids, since the first row may be a patient's.
    """
    known = {*known, key}
    names = column_names({*known, REASON}, labels)
    header = tuple(names.meaning(name) or name for name in table.header)
    if REASON in header:
        header = tuple(map(unguarded, header))
        known.add(REASON)
    place = Location(table.name, table.skipped + 1, 1)
    if key not in header:
        similar = next(
            (name for name in header if "".join(filter(str.isalnum, name)).lower() == key.lower()),
            "",
        )
        hint = (
            f"Name it: --name-from {similar}"
            if similar
            else (
                "The first row holds the column names. If the ids are in another column: "
                "--name-from COLUMN."
            )
        )
        raise TeachbackError.of(f"the records have no column '{key}'", hint, place)
    if len(header) > MOST_COLUMNS:
        message = f"the records have {len(header)} columns; {MOST_COLUMNS} is the most"
        raise TeachbackError.of(message, "Keep only those that are printed.", place)
    problems = [
        *(garbled_column(number, place) for number, name in enumerate(header) if is_garbled(name)),
        *(
            _repeated_column(table.header, header, name, place)
            for name in dict.fromkeys(header)
            if name and header.count(name) > 1
        ),
        *misnamed([name for name in header if name], known, place),
    ] or _near_missing(header, {*known} - {key, *COLUMNS}, known, place)
    if problems:
        raise TeachbackError(*problems)
    warnings = list(known_warnings)
    if "" in header:
        message = (
            f"{header.count('')} of the columns {'has' if header.count('') == 1 else 'have'} "
            "no name, and must be empty"
        )
        hint = "Name these columns, or delete them."
        warnings.append(Problem(message, hint, place, Severity.WARNING))
    warnings += _unknown_columns(header, known, place)
    return replace(table, header=header), tuple(warnings)


def _near_missing(
    header: Sequence[str], fields: Collection[str], known: Collection[str], place: Location
) -> list[Problem]:
    """Find unknown columns whose names are close to a field that has no column.

    All places of that field would stay empty.
    """
    missing = set(fields) - set(header)
    return [
        Problem(
            f"column {column_place(number)} looks like a misspelt field, and that field has no "
            "column",
            f"{question} Then rename the column. If it is something else, delete it, or add an "
            "empty column with the field's name.",
            place,
        )
        for number, name in enumerate(header)
        if name and name not in known and (question := guess(name, missing, LIKELY))
    ]


def misnamed(names: Iterable[str], known: Collection[str], place: Location) -> list[Problem]:
    """Find names that a person would take for a known one.

    They differ from it only in hyphens, underscores, blanks inside, look-alikes or invisible
    characters. Such a name is quoted, since it is a field's and not a patient's.
    """
    fields_by_look = {_look(name): name for name in known}
    return [
        Problem(
            f"the column '{_short(name)}' is spelt differently from the field '{field}'",
            f"Rename the column to {field}, or delete it.",
            place,
        )
        for name in names
        if name not in known and (field := fields_by_look.get(_look(name)))
    ]


def is_misnamed(name: str, text_visibilities: Collection[str]) -> bool:
    """Check whether an unknown name looks like a known one. `looks` comes from `looks_of`."""
    return _look(name) in text_visibilities


def looks_of(known: Iterable[str]) -> frozenset[str]:
    """Return the looks of names, for `is_misnamed`."""
    return frozenset(map(_look, known))


def _look(name: str) -> str:
    """Return the letters and digits of a name in lower case, with look-alikes replaced."""
    plain = unicodedata.normalize("NFKC", name).casefold().translate(_LOOKALIKES)
    return "".join(filter(str.isalnum, plain))


def near_names(names: Mapping[str, int], known: Collection[str], file: str) -> list[Problem]:
    """Return a problem for each name in JSON records that is close to a field they do not have.

    `names` maps an unknown name to the line of such a record; others have no line above 0.
    """
    return [
        Problem(
            "a name in this record looks like a misspelt field, and the record has no such field",
            f"{guess(name, known)} Then rename it. If it is something else, delete it, or add the "
            "field with null.",
            Location(file, line, 1),
        )
        for name, line in names.items()
        if line > 0
    ]


def unknown_names(names: Collection[str], known: Collection[str], place: Location) -> list[Problem]:
    """Warn of names in JSON records that are not fields.

    They are not quoted: in a transposed table they are patients.
    """
    if not names:
        return []
    several = len(names) > 1
    message = (
        f"{len(names)} name{'s' if several else ''} in these records "
        f"{'are not fields and are' if several else 'is not a field and is'} not printed"
    )
    questions = dict.fromkeys(question for name in names if (question := guess(name, known)))
    return [_not_printed(message, questions, known, place)]


def _not_printed(
    message: str, questions: Iterable[str], known: Iterable[str], place: Location
) -> Problem:
    """Return the warning of unknown names. `questions` ask for the known names that are near."""
    hint = " ".join(questions) or f"These are printed: {', '.join(sorted(known))}."
    return Problem(message, hint, place, Severity.WARNING)


def column_place(number: int) -> str:
    """Return the number of a column and its letters in a sheet. `number` counts from 0."""
    letters, rest = "", number + 1
    while rest:
        rest, letter = divmod(rest - 1, 26)
        letters = chr(ord("A") + letter) + letters
    return f"{number + 1} ({letters})"


def _unknown_columns(
    header: Sequence[str], known: Collection[str], place: Location
) -> list[Problem]:
    """Warn of columns that are not read, with the nearest known name.

    Their names are not quoted: in a transposed table they are patients.
    """
    numbers = [number for number, name in enumerate(header) if name and name not in known]
    if not numbers:
        return []
    places = ", ".join(map(column_place, numbers[:10])) + (" ..." if len(numbers) > 10 else "")  # noqa: PLR2004 -- one line
    questions = [
        f"Column {column_place(number)}: {question}"
        for number in numbers[:10]
        if (question := guess(header[number], known))
    ]
    message = (
        f"the column{'s' if len(numbers) > 1 else ''} {places} "
        f"{'are' if len(numbers) > 1 else 'is'} not printed"
    )
    return [_not_printed(message, questions, known, place)]


def _repeated_column(
    written: Sequence[str], header: Sequence[str], name: str, place: Location
) -> Problem:
    numbers = [number for number, column in enumerate(header) if column == name]
    places = " and ".join(map(column_place, numbers))
    if len({folded(written[number]) for number in numbers}) > 1:
        message = f"the columns {places} are two names of the column '{name}'"
        return Problem(message, "Keep the one that is to be printed, and delete the others.", place)
    hint = "Give each one a different name."
    return Problem(f"the columns {places} have the same name", hint, place)


def garbled_column(number: int, place: Location) -> Problem:
    """Return the problem of a column whose name is damaged. `number` counts from 0."""
    message = (
        f"the name of the column {column_place(number)} has lost letters, "
        "or was read in the wrong encoding"
    )
    return Problem(message, "Export the list again from its program, as 'CSV UTF-8'.", place)


def _short(name: str) -> str:
    printable = "".join(sign if sign.isprintable() else "?" for sign in name)
    return printable if len(printable) <= _MOST_SHOWN else f"{printable[:_MOST_SHOWN]}..."


def _texts_of(cells: Sequence[str | CellFault]) -> list[str]:
    return [cell if isinstance(cell, str) else "" for cell in cells]


def _record_row(
    number: int, cells: Sequence[str | CellFault], header: tuple[str, ...]
) -> RecordRow:
    """Assign cells to their columns.

    In a sheet a row ends with its last cell; in a text file every row has the same number of cells.
    """
    if REASON in header:
        cells = [unguarded(cell) if type(cell) is str else cell for cell in cells]
    texts = [cell for cell in cells if isinstance(cell, str)]
    if len(texts) == len(cells) == len(header) and "" not in header:
        # The fast path, for nearly all rows.
        return (
            RecordRow(number, reason=_NUL)
            if "\0" in "".join(texts)
            else RecordRow(number, dict(zip(header, texts, strict=True)))
        )
    extra = [cell for cell in cells[len(header) :] if cell]
    nameless = [cell for name, cell in zip(header, cells, strict=False) if not name and cell]
    if extra or nameless:
        return RecordRow(number, reason="has something in a column without a name")
    texts_by_column = {
        name: cell
        for name, cell in zip(header, cells, strict=False)
        if name and isinstance(cell, str)
    }
    if any("\0" in text for text in texts_by_column.values()):
        return RecordRow(number, reason=_NUL)
    return RecordRow(
        number,
        texts_by_column,
        {
            name: cell.reason
            for name, cell in zip(header, cells, strict=False)
            if isinstance(cell, CellFault)
        },
    )


class _JsonError(ValueError):
    """A line that is not a record. The message is the reason."""


def _object_of_pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    record = dict(pairs)
    if len(record) != len(pairs):
        raise _JsonError("holds a name twice")
    return record


def _refuse_constant(_: str) -> Any:  # noqa: ANN401 -- never returns
    raise _JsonError("holds NaN or Infinity, which is not a number")


def _json_row(number: int, line: str, names: ColumnNames) -> RecordRow:
    try:
        # Numbers stay as written, so that 7.50 is printed as 7.50.
        record = json.loads(
            line,
            object_pairs_hook=_object_of_pairs,
            parse_int=str,
            parse_float=PointedNumber,
            parse_constant=_refuse_constant,
        )
    except _JsonError as error:
        return RecordRow(number, reason=str(error))
    except (ValueError, RecursionError):
        return RecordRow(number, reason="is not JSON")
    if not isinstance(record, dict):
        return RecordRow(number, reason="is not a record in braces")
    if len(record) > MOST_COLUMNS:
        return RecordRow(number, reason=f"has more than {MOST_COLUMNS} names")
    named = [(names.meaning(name) or name.strip(), value) for name, value in record.items()]
    faults = {
        name: _NO_TEXT_REASONS[type(value)]
        for name, value in named
        if type(value) in _NO_TEXT_REASONS
    }
    cells = {name: _json_text(value) for name, value in named if name not in faults}
    if len(cells) + len(faults) < len(record):
        return RecordRow(number, reason="holds a name twice")
    if any("\0" in text for text in cells.values()):
        return RecordRow(number, reason=_NUL)
    if any(is_garbled(name) for name in record):
        return RecordRow(number, reason=_GARBLED_NAME)
    return RecordRow(number, cells, faults)


def _json_text(value: object) -> str:
    return value if isinstance(value, str) else "" if value is None else str(value)
