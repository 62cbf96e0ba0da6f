"""Rows of cells from an Excel workbook (.xlsx), as text that says what a person sees there. The one module that imports openpyxl.

Formulas are not worked out: what Excel stored as their result is read, and a cell without one is a fault. So is a number in a format whose look
would have to be guessed, and one of so many digits that Excel has rounded it.
"""

from __future__ import annotations

import datetime as dt
import re
import warnings
import zipfile
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, Any, BinaryIO, Final
from xml.parsers import expat

from teachback.errors import Location, Problem, Severity, TeachbackError

if TYPE_CHECKING:
    from collections.abc import Iterator

# A sheet has no more rows, and no more columns (Excel specifications and limits, Microsoft).
MOST_ROWS: Final = 1_048_576
MOST_COLUMNS: Final = 16_384
# In bytes when unpacked: the sheets are read as a stream, all else at once.
MOST_SHEET: Final = 500_000_000
MOST_REST: Final = 300_000_000
# A number in Excel has 15 digits; what was typed beyond is gone.
MOST_DIGITS: Final = 15
_SAVE_AS: Final = "Open it in Excel and save it as 'CSV UTF-8', or as .xlsx without a password."
_BLOCK: Final = 1 << 16


@dataclass(frozen=True)
class CellFault:
    """Why a cell has no text."""

    reason: str


class _SeenError(Exception):
    """All of a part that had to be looked at was."""


def examine(file: BinaryIO, name: str) -> tuple[Problem, ...]:
    """Refuse a workbook that is none, or that would take all memory; say which sheet is read. Raises TeachbackError."""
    with _said(name):
        with zipfile.ZipFile(file) as archive:
            parts = archive.infolist()
            sheets = [part for part in parts if part.filename.startswith("xl/worksheets/")]
            rest = sum(part.file_size for part in parts if part not in sheets)
            if rest > MOST_REST or any(sheet.file_size > MOST_SHEET for sheet in sheets):
                raise TeachbackError(Problem("this workbook is too large when it is unpacked", "Save it as 'CSV UTF-8'.", Location(name)))
            for part in parts:
                if part.filename.endswith((".xml", ".rels")):
                    _refuse_doctype(archive, part.filename, name)
        book = _opened(file, data_only=True)
        shown = [sheet for sheet in book.worksheets if sheet.sheet_state == "visible"]
        if not shown:
            raise TeachbackError(Problem("this workbook has no sheet that can be seen", _SAVE_AS, Location(name)))
        _look_through(file, shown[0], name)
        if len(shown) > 1:
            message = f"the workbook has {len(shown)} sheets; only the first one is read"
            return (Problem(message, "Move the records to the first sheet, if they are not there.", Location(name), Severity.WARNING),)
    return ()


def read_sheet(file: BinaryIO, name: str) -> Iterator[tuple[int, list[str | CellFault]]]:
    """Give each row's number and its cells; empty rows are passed over. Raises TeachbackError for what cannot be read."""
    with _said(name):
        results = _first(_opened(file, data_only=True))
        if not _look_through(file, results, name):
            pairs: Iterator[tuple[Any, Any]] = ((row, ()) for row in results.iter_rows())
        else:
            pairs = zip(results.iter_rows(), _first(_opened(file, data_only=False)).iter_rows(), strict=True)
        for number, (row, formulas) in enumerate(pairs, start=1):
            said = [_text(cell) for cell in row]
            for index, cell in enumerate(formulas):
                # A formula whose result is an empty text says so.
                if cell.data_type == "f" and row[index].value is None and row[index].data_type != "str":
                    said[index] = CellFault("holds a formula without a result: open the file in Excel and save it again")
            if any(said):
                yield number, said


@contextmanager
def _said(name: str) -> Iterator[None]:
    """Turn whatever goes wrong in a broken workbook into a Problem; it quotes nothing."""
    try:
        with warnings.catch_warnings():
            # Of what openpyxl passes over (colours, drop-down lists), nothing is a value.
            warnings.simplefilter("ignore")
            yield
    except TeachbackError:
        raise
    except ImportError:
        hint = "Install it with: pip install 'teachback[xlsx]'. Or save the sheet as 'CSV UTF-8'."
        raise TeachbackError(Problem("Excel workbooks are read with openpyxl, which is not installed", hint, Location(name))) from None
    except Exception:  # noqa: BLE001 -- zipfile, expat and openpyxl raise whatever they stumble over
        raise TeachbackError(Problem("this is not a whole Excel workbook", _SAVE_AS, Location(name))) from None


def _opened(file: BinaryIO, *, data_only: bool) -> Any:  # noqa: ANN401 -- openpyxl's Workbook
    from openpyxl import load_workbook

    file.seek(0)
    return load_workbook(file, read_only=True, data_only=data_only, keep_links=False)


def _first(book: Any) -> Any:  # noqa: ANN401 -- openpyxl's sheet
    sheet = next(sheet for sheet in book.worksheets if sheet.sheet_state == "visible")
    # What a file says of its own size is often wrong.
    sheet.reset_dimensions()
    return sheet


def _refuse_doctype(archive: zipfile.ZipFile, part: str, name: str) -> None:
    """Refuse a part that declares entities, before anything else parses it: a few lines of them fill all memory."""

    def doctype(*_: object) -> None:
        raise TeachbackError(Problem("this workbook holds what Excel never writes", _SAVE_AS, Location(name)))

    def element(*_: object) -> None:
        raise _SeenError

    parser = expat.ParserCreate()
    parser.StartDoctypeDeclHandler = doctype
    parser.StartElementHandler = element
    with archive.open(part) as stream:
        try:
            while block := stream.read(_BLOCK):
                parser.Parse(block, False)  # noqa: FBT003 -- expat takes no names
        except _SeenError:
            return


def _look_through(file: BinaryIO, sheet: Any, name: str) -> bool:  # noqa: ANN401 -- openpyxl's sheet
    """Say whether a sheet holds formulas. Raises TeachbackError when its rows are not in order: openpyxl would leave some out."""
    last = 0
    formulas = False

    def element(tag: str, attributes: dict[str, str]) -> None:
        nonlocal last, formulas
        tag = tag.rpartition(":")[2]
        formulas = formulas or tag == "f"
        if tag == "row":
            number = int(attributes.get("r", last + 1))
            if not last < number <= MOST_ROWS:
                raise TeachbackError(Problem("the rows of this sheet are not in order", _SAVE_AS, Location(name)))
            last = number

    parser = expat.ParserCreate()
    parser.StartElementHandler = element
    file.seek(0)
    # openpyxl knows the sheet's place in the file and does not say it otherwise.
    with zipfile.ZipFile(file) as archive, archive.open(sheet._worksheet_path) as stream:  # noqa: SLF001
        while block := stream.read(_BLOCK):
            parser.Parse(block, False)  # noqa: FBT003 -- expat takes no names
    return formulas


def _text(cell: Any) -> str | CellFault:  # noqa: ANN401 -- openpyxl's cell
    value = cell.value
    if value is None:
        return ""
    if cell.data_type == "e":
        return CellFault("holds an error of Excel, such as #N/A")
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, str):
        return value
    if isinstance(value, dt.datetime):
        return value.date().isoformat() if value.time() == dt.time() else value.isoformat(sep=" ", timespec="minutes")
    if isinstance(value, dt.date | dt.time):
        return value.isoformat()
    if isinstance(value, int | float):
        return _number(value, cell.number_format or "General")
    return CellFault("holds what is neither text nor a number nor a date; make it text")


def _number(value: float, look: str) -> str | CellFault:
    """Give a number as its format shows it, where that is plain."""
    exact = Decimal(repr(value)) if isinstance(value, float) else Decimal(value)
    if not exact.is_finite() or len(exact.normalize().as_tuple().digits) > MOST_DIGITS or abs(exact) >= 10**MOST_DIGITS:
        # A sum such as 0.1 + 0.2 has 17 digits, and is 0.3.
        exact = Decimal(f"{value:.15g}")
        if abs(exact) >= 10**MOST_DIGITS or not exact.is_finite():
            return CellFault("is a number of more than 15 digits, which Excel rounds; make it text")
    look = look.partition(";")[0]
    if look in {"General", "@"}:
        return f"{exact.normalize():f}"
    match = re.fullmatch(r"(#,##)?(0+)(?:\.(0+))?|#,?#*", look)
    if match is None:
        return CellFault("is a number whose look only Excel knows; make it text")
    places = len(match[3] or "")
    rounded = exact.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)
    whole, point, rest = f"{abs(rounded):f}".partition(".")
    return ("-" if rounded < 0 else "") + whole.zfill(len(match[2] or "")) + point + rest
