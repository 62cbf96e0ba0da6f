"""List the rejected rows of a run with all their columns, so that they can be mended."""

from __future__ import annotations

import csv
import json
import pickle
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from teachback.files.atomic_files import os_errors_as_problems
from teachback.files.private_files import UNFINISHED
from teachback.merge.accounting import list_lines
from teachback.merge.records.csv_reader import cells_of, unguarded
from teachback.merge.records.record_reader import REASON
from teachback.merge.run_folder import REJECTED, TO_MEND, add_to_list, lines, open_list

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from teachback.merge.records.record_reader import Form, Part
    from teachback.merge.run_folder import RunFolder
    from teachback.merge.spool import SpoolFile


def keep_rows(parts: Iterable[Part], rows: SpoolFile) -> Iterator[Part]:
    """Yield parts, and keep their rows as they are in the file."""
    for part in parts:
        rows.put(pickle.dumps((part.numbers, part.texts), pickle.HIGHEST_PROTOCOL))
        yield part


def write_rows_to_mend(run: RunFolder, form: Form, rows: SpoolFile) -> None:
    """Write the rejected rows of a run, as CSV, with the reasons in the first column.

    A row that cannot be read as cells is in one cell. `rows` were kept by `keep_rows`.
    """
    with os_errors_as_problems(run.folder):
        run.lists[REJECTED].flush()
    header = form.header or tuple(
        dict.fromkeys(
            name
            for _, text in _rejected(run, rows)
            for name in (_json_record(text) or {})
            if name != REASON
        )
    )
    # The reasons of an earlier run are replaced.
    reason_columns = {index for index, name in enumerate(header) if name == REASON}
    new_header = [REASON, *(name for name in header if name != REASON)]
    delimiter = form.delimiter or ","
    # Excel reads a file as UTF-8 only where it begins with this mark.
    open_list(run, TO_MEND, "\ufeff" + lines([new_header], delimiter))
    for reasons, text in _rejected(run, rows):
        cells = _cells_of(form, header, text)
        if reason_columns:
            cells = [
                unguarded(cell) for index, cell in enumerate(cells) if index not in reason_columns
            ]
        add_to_list(run, TO_MEND, lines([[reasons, *cells]], delimiter))


def _rejected(run: RunFolder, rows: SpoolFile) -> Iterator[tuple[str, Any]]:
    """Yield the reasons of each rejected row, and its text as in the file (in a sheet: cells)."""
    kept_rows = (row for piece in rows.pieces() for row in zip(*pickle.loads(piece), strict=True))  # noqa: S301 -- our own bytes
    rejected_lines = list_lines(run.folder / UNFINISHED / REJECTED)
    with os_errors_as_problems(run.folder):
        for number, faults in groupby(rejected_lines, key=itemgetter(0)):
            reasons = "; ".join(f"{field} {reason}".strip() for *_, field, reason in faults)
            yield reasons, next(text for row, text in kept_rows if row == int(number))


def _cells_of(form: Form, header: Sequence[str], text: Any) -> list[str]:  # noqa: ANN401 -- as in Part
    if form.kind == "xlsx":
        return [cell if isinstance(cell, str) else "" for cell in text]
    if form.kind == "csv":
        try:
            return next(cells_of([text], form.delimiter))
        except (csv.Error, StopIteration):
            return [text.rstrip("\r\n")]
    record = _json_record(text)
    return [text.strip()] if record is None else [_cell_text(record.get(name)) for name in header]


def _json_record(text: str) -> dict[str, Any] | None:
    """Return a record of JSON Lines with its numbers as they are written, or None."""
    try:
        record = json.loads(text, parse_int=str, parse_float=str, parse_constant=str)
    except (ValueError, RecursionError):
        return None
    return record if isinstance(record, dict) else None


def _cell_text(value: object) -> str:
    if value is None or isinstance(value, str):
        return value or ""
    return json.dumps(value, ensure_ascii=False)
