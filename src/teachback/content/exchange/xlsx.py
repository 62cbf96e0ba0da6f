"""Write a sheet for a translator as a workbook of Excel, and read one back. Pure.

Written as plain parts: two columns of it are filled in, and a library would add the time of day.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Final

from teachback.content.exchange.table import (
    ABOUT,
    HEADINGS,
    NOTE,
    ORIGINAL,
    TRANSLATION,
    read_table,
    stray_words,
    table_lines,
    table_rows,
)
from teachback.errors import Location, Problem
from teachback.files.office_package import (
    XML_HEAD,
    content_types,
    read_package,
    relations,
    write_package,
)
from teachback.files.xlsx_reader import read_workbook
from teachback.files.xml_tree import as_markup, read_xml

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from teachback.content.exchange.sheet import ReturnedSheet, SentSheet

_MAIN: Final = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_TYPE: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml"
# Of the columns, in letters. Without the marks, which are not printed, they fit on a page in 8.8 pt.
_WIDTHS: Final = (20, 10, 38, 38, 16, 43, 28)
# In points: a line, and the highest row of Excel.
_LINE: Final = 13
_HIGHEST: Final = 409
# Cell formats, as `_STYLES` has them: plain, wrapped, heading, to be filled in, as text, and text
# from right to left.
_PLAIN, _WRAPPED, _HEADING, _FILLED_IN, _TURNED = range(5)
_STYLES: Final = (
    f'{XML_HEAD}<styleSheet xmlns="{_MAIN}"><fonts count="2"><font><sz val="10"/><name val="Arial"/>'
    '</font><font><b/><sz val="10"/><name val="Arial"/></font></fonts><fills count="2"><fill>'
    '<patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill>'
    '</fills><borders count="2"><border/><border><left style="thin"/><right style="thin"/>'
    '<top style="thin"/><bottom style="thin"/></border></borders><cellStyleXfs count="1"><xf/>'
    '</cellStyleXfs><cellXfs count="5"><xf/>'
    '<xf borderId="1" applyAlignment="1"><alignment vertical="top" wrapText="1"/></xf>'
    '<xf fontId="1" borderId="1" applyFont="1" applyAlignment="1"><alignment vertical="top" wrapText="1"/></xf>'
    '<xf numFmtId="49" borderId="1" applyNumberFormat="1" applyAlignment="1"><alignment vertical="top" wrapText="1"/></xf>'
    '<xf numFmtId="49" borderId="1" applyNumberFormat="1" applyAlignment="1"><alignment vertical="top" wrapText="1" readingOrder="2"/></xf>'
    '</cellXfs><cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles>'
    "</styleSheet>"
)


# The parts of a workbook beside its cells.
_BESIDE: Final = {
    "xl/comments": "a comment",
    "xl/threadedComments": "a comment",
    "xl/drawings/": "a text box or a drawing",
    "xl/charts/": "a chart",
    "xl/diagrams/": "a drawing",
}


def write_xlsx(sheet: SentSheet) -> bytes:
    """Return a sheet as a workbook."""
    lines = table_lines(sheet)
    head = len(lines) + 1
    rows: list[tuple[Sequence[str], Sequence[int]]] = [((line,), (_PLAIN,)) for line in lines]
    rows.append((HEADINGS, [_HEADING] * len(HEADINGS)))
    looks = [_WRAPPED] * len(HEADINGS)
    looks[TRANSLATION] = looks[NOTE] = _FILLED_IN
    for column, direction in zip((ORIGINAL, TRANSLATION), sheet.directions, strict=True):
        looks[column] = _TURNED if direction == "rtl" else looks[column]
    rows += [(row, looks) for row in table_rows(sheet)]
    data = "".join(_row(number, *row) for number, row in enumerate(rows, start=1))
    columns = "".join(
        f'<col min="{at}" max="{at}" width="{width}" customWidth="1"/>'
        for at, width in enumerate(_WIDTHS, start=1)
    )
    page = (
        f'{XML_HEAD}<worksheet xmlns="{_MAIN}"><sheetPr><pageSetUpPr fitToPage="1"/></sheetPr>'
        f'<sheetViews><sheetView workbookViewId="0">'
        f'<pane ySplit="{head}" topLeftCell="A{head + 1}" activePane="bottomLeft" state="frozen"/>'
        f"</sheetView></sheetViews><cols>{columns}</cols><sheetData>{data}</sheetData>"
        f'<autoFilter ref="A{head}:{_letter(len(HEADINGS))}{len(rows)}"/>'
        '<pageMargins left="0.4" right="0.4" top="0.5" bottom="0.5" header="0.3" footer="0.3"/>'
        '<pageSetup orientation="landscape" fitToHeight="0"/></worksheet>'
    )
    book = (
        f'{XML_HEAD}<workbook xmlns="{_MAIN}" xmlns:r="http://schemas.openxmlformats.org/'
        'officeDocument/2006/relationships"><sheets><sheet name="Translation" sheetId="1" '
        'r:id="rId1"/></sheets><definedNames>'
        f'<definedName name="_xlnm.Print_Area" localSheetId="0">Translation!$A:${_letter(ABOUT + 1)}'
        '</definedName><definedName name="_xlnm.Print_Titles" localSheetId="0">'
        f"Translation!${head}:${head}</definedName></definedNames></workbook>"
    )
    parts = {
        "[Content_Types].xml": content_types(
            {
                "xl/workbook.xml": f"{_TYPE}.sheet.main+xml",
                "xl/worksheets/sheet1.xml": f"{_TYPE}.worksheet+xml",
                "xl/styles.xml": f"{_TYPE}.styles+xml",
            }
        ),
        "_rels/.rels": relations({"xl/workbook.xml": "officeDocument"}),
        "xl/workbook.xml": book,
        "xl/_rels/workbook.xml.rels": relations(
            {"worksheets/sheet1.xml": "worksheet", "styles.xml": "styles"}
        ),
        "xl/worksheets/sheet1.xml": page,
        "xl/styles.xml": _STYLES,
    }
    return write_package(parts)


def _row(number: int, cells: Sequence[str], looks: Sequence[int]) -> str:
    inner = "".join(
        f'<c r="{_letter(at)}{number}" s="{look}" t="inlineStr"><is><t xml:space="preserve">'
        f"{as_markup(cell)}</t></is></c>"
        if cell
        else f'<c r="{_letter(at)}{number}" s="{look}"/>'
        for at, (cell, look) in enumerate(zip(cells, looks, strict=True), start=1)
    )
    height = f' ht="{_height(cells)}"' if len(cells) > 1 else ""
    return f'<row r="{number}"{height}>{inner}</row>'


def _height(cells: Sequence[str]) -> int:
    """Return a height in pt at which the text of all cells is seen, by its letters."""
    lines = (
        sum(1 + len(line) // width for line in cell.split("\n"))
        for cell, width in zip(cells, _WIDTHS, strict=True)
    )
    return min(_LINE * max(lines), _HIGHEST)


def _letter(column: int) -> str:
    return chr(ord("A") + column - 1)


def read_xlsx(raw: bytes, name: str) -> ReturnedSheet:
    """Return what a workbook says.

    Raises TeachbackError with every cell that cannot be read, and all words that would be lost.
    """
    parts = read_package(raw, name)
    stray = list(_stray_words(parts, name))
    noticed: list[Problem] = []
    rows = []
    for some in read_workbook(io.BytesIO(raw), name):
        if isinstance(some, tuple):
            noticed += some
        else:
            rows += some
    return read_table((), rows, name, noticed, stray)


def _stray_words(parts: dict[str, bytes], name: str) -> Iterator[Problem]:
    """Yield the words that a workbook holds beside its cells."""
    yield from stray_words(parts, _BESIDE, name)
    sheets = [part for part in parts if part.startswith("xl/worksheets/") and part.endswith(".xml")]
    for part in sheets[1:]:
        if any(one.name in {"v", "t"} for one in read_xml(parts[part], name).all_inside()):
            message = "the workbook has a further sheet with words, which would be lost"
            yield Problem(message, "Move them into the column Note, and delete it.", Location(name))
