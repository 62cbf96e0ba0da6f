"""Write a sheet for a translator as a workbook of Excel, and read one back. Pure.

The parts of the file are written one by one: a library would add the time of day, so that the same
sheet would not make the same bytes.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Final
from xml.sax.saxutils import escape

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
from teachback.files.xml_tree import read_xml

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from teachback.content.exchange.sheet import ReturnedSheet, SentSheet

_MAIN: Final = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_TYPE: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml"
# The widths of the columns, in letters. In 8.8 pt they fit on a page without the marks, which are
# not printed.
_WIDTHS: Final = (20, 10, 38, 38, 16, 43, 28)
# In points: the height of a line, and of the highest row that Excel allows.
_LINE: Final = 13
_HIGHEST: Final = 409
# The cell formats of `_STYLES` by their number. What is filled in stays text, and no number.
_PLAIN, _WRAPPED, _HEADING, _FILLED_IN, _RIGHT_TO_LEFT = range(5)
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
# The start of the name of a part beside the cells -> what its words are.
_OTHER_PARTS: Final = {
    "xl/comments": "a comment",
    "xl/threadedComments": "a comment",
    "xl/drawings/": "a text box or a drawing",
    "xl/charts/": "a chart",
    "xl/diagrams/": "a drawing",
}


def write_xlsx(sheet: SentSheet) -> bytes:
    """Return a sheet as a workbook."""
    lines = table_lines(sheet)
    heading = len(lines) + 1
    rows: list[tuple[Sequence[str], Sequence[int]]] = [((line,), (_PLAIN,)) for line in lines]
    rows.append((HEADINGS, [_HEADING] * len(HEADINGS)))
    formats = [_WRAPPED] * len(HEADINGS)
    formats[TRANSLATION] = formats[NOTE] = _FILLED_IN
    for column, direction in zip((ORIGINAL, TRANSLATION), sheet.directions, strict=True):
        if direction == "rtl":
            formats[column] = _RIGHT_TO_LEFT
    rows += [(row, formats) for row in table_rows(sheet)]
    data = "".join(_row(number, *row) for number, row in enumerate(rows, start=1))
    columns = "".join(
        f'<col min="{number}" max="{number}" width="{width}" customWidth="1"/>'
        for number, width in enumerate(_WIDTHS, start=1)
    )
    page = (
        f'{XML_HEAD}<worksheet xmlns="{_MAIN}"><sheetPr><pageSetUpPr fitToPage="1"/></sheetPr>'
        f'<sheetViews><sheetView workbookViewId="0">'
        f'<pane ySplit="{heading}" topLeftCell="A{heading + 1}" activePane="bottomLeft" '
        'state="frozen"/>'
        f"</sheetView></sheetViews><cols>{columns}</cols><sheetData>{data}</sheetData>"
        f'<autoFilter ref="A{heading}:{_letter(len(HEADINGS))}{len(rows)}"/>'
        '<pageMargins left="0.4" right="0.4" top="0.5" bottom="0.5" header="0.3" footer="0.3"/>'
        '<pageSetup orientation="landscape" fitToHeight="0"/></worksheet>'
    )
    book = (
        f'{XML_HEAD}<workbook xmlns="{_MAIN}" xmlns:r="http://schemas.openxmlformats.org/'
        'officeDocument/2006/relationships"><sheets><sheet name="Translation" sheetId="1" '
        'r:id="rId1"/></sheets><definedNames>'
        f'<definedName name="_xlnm.Print_Area" localSheetId="0">Translation!$A:${_letter(ABOUT + 1)}'
        '</definedName><definedName name="_xlnm.Print_Titles" localSheetId="0">'
        f"Translation!${heading}:${heading}</definedName></definedNames></workbook>"
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


def _row(number: int, cells: Sequence[str], formats: Sequence[int]) -> str:
    inner = "".join(
        f'<c r="{_letter(column)}{number}" s="{style}" t="inlineStr"><is><t xml:space="preserve">'
        f"{escape(cell)}</t></is></c>"
        if cell
        else f'<c r="{_letter(column)}{number}" s="{style}"/>'
        for column, (cell, style) in enumerate(zip(cells, formats, strict=True), start=1)
    )
    height = f' ht="{_height(cells)}"' if len(cells) > 1 else ""
    return f'<row r="{number}"{height}>{inner}</row>'


def _height(cells: Sequence[str]) -> int:
    """Return a height in pt that shows the text of all cells, estimated from its length."""
    line_counts = (
        sum(1 + len(line) // width for line in cell.split("\n"))
        for cell, width in zip(cells, _WIDTHS, strict=True)
    )
    return min(_LINE * max(line_counts), _HIGHEST)


def _letter(column: int) -> str:
    return chr(ord("A") + column - 1)


def read_xlsx(raw: bytes, name: str) -> ReturnedSheet:
    """Return the sheet that a workbook holds.

    Raises TeachbackError with every cell that cannot be read, and all words that would be lost.
    """
    parts = read_package(raw, name)
    stray = list(_stray_words(parts, name))
    warnings: list[Problem] = []
    rows = []
    for batch in read_workbook(io.BytesIO(raw), name):
        if isinstance(batch, tuple):
            warnings += batch
        else:
            rows += batch
    return read_table((), rows, name, warnings, stray)


def _stray_words(parts: dict[str, bytes], name: str) -> Iterator[Problem]:
    """Yield a problem for each part of a workbook that holds words beside its cells."""
    yield from stray_words(parts, _OTHER_PARTS, name)
    sheets = [part for part in parts if part.startswith("xl/worksheets/") and part.endswith(".xml")]
    for part in sheets[1:]:
        elements = read_xml(parts[part], name).all_inside()
        if any(element.name in {"v", "t"} for element in elements):
            message = "the workbook has a further sheet with words, which would be lost"
            yield Problem(message, "Move them into the column Note, and delete it.", Location(name))
