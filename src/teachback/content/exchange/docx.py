"""Write a sheet for a translator as a document of Word, and read one back. Pure.

The parts of the file are read one by one, since libraries ignore tracked changes and text boxes.
What is not known to be plain text is refused.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from xml.sax.saxutils import escape

from teachback.content.exchange.table import (
    ABOUT,
    HEADINGS,
    ORIGINAL,
    TRANSLATION,
    read_table,
    stray_words,
    table_lines,
    table_rows,
)
from teachback.errors import Location, Problem, Severity, TeachbackError
from teachback.files.office_package import (
    XML_HEAD,
    content_types,
    read_package,
    relations,
    write_package,
)
from teachback.files.xlsx_number_formats import CellFault
from teachback.files.xml_tree import XmlElement, read_xml

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from teachback.content.exchange.sheet import ReturnedSheet, SentSheet

_MAIN: Final = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_NAMESPACES: Final = (_MAIN, "http://purl.oclc.org/ooxml/wordprocessingml/main")
_TYPE: Final = "application/vnd.openxmlformats-officedocument.wordprocessingml"
_DOCUMENT: Final = "word/document.xml"
# The widths of the columns, in twentieths of a point. A landscape Letter page has 14400 between its
# margins.
_WIDTHS: Final = (1900, 1150, 3300, 3300, 1500, 2600, 1090)
_STYLES: Final = (
    f'{XML_HEAD}<w:styles xmlns:w="{_MAIN}"><w:docDefaults><w:rPrDefault><w:rPr>'
    '<w:rFonts w:ascii="Arial" w:hAnsi="Arial" w:cs="Arial"/><w:sz w:val="18"/></w:rPr>'
    '</w:rPrDefault><w:pPrDefault><w:pPr><w:spacing w:after="40"/></w:pPr></w:pPrDefault>'
    "</w:docDefaults></w:styles>"
)
# The elements that a paragraph may hold: those around runs, those without words, and characters.
_CONTAINERS: Final = frozenset({"r", "hyperlink", "smartTag", "sdt", "sdtContent", "customXml"})
_WORDLESS: Final = frozenset(
    {
        "bookmarkEnd", "bookmarkStart", "customXmlPr", "lastRenderedPageBreak", "permEnd",
        "permStart", "proofErr", "sdtEndPr", "sdtPr", "smartTagPr", "tblPrEx", "tblPr", "tblGrid",
        "sectPr", "background",
    }
)  # fmt: skip
_CHARACTERS: Final = {
    "tab": " ", "br": "\n", "cr": "\n", "noBreakHyphen": "\u2011", "softHyphen": "\u00ad",
}  # fmt: skip
# The start of the name of a part beside the text -> what its words are.
_OTHER_PARTS: Final = {
    "word/comments": "a comment", "word/header": "a header", "word/footer": "a footer",
    "word/footnotes": "a footnote", "word/endnotes": "a footnote",
}  # fmt: skip
_TRACKED: Final = CellFault("holds tracked changes; accept or reject all of them in Word")
_MERGED: Final = CellFault("is merged with other cells; split them")
# An element in a table -> why its cell cannot be read.
_ELEMENT_FAULTS: Final = {
    **dict.fromkeys(
        ("ins", "del", "moveFrom", "moveTo", "delText", "cellIns", "cellDel", "cellMerge",
         "moveFromRangeStart", "moveFromRangeEnd", "moveToRangeStart", "moveToRangeEnd"),
        _TRACKED,
    ),
    **dict.fromkeys(("gridSpan", "vMerge", "hMerge", "gridBefore", "gridAfter"), _MERGED),
    **dict.fromkeys(
        ("drawing", "pict", "object", "AlternateContent"),
        CellFault("holds a text box or a picture; write its words as text, and delete it"),
    ),
    **dict.fromkeys(
        ("fldChar", "fldSimple", "instrText"),
        CellFault("holds a field of Word; write its words as text"),
    ),
    **dict.fromkeys(
        ("commentRangeStart", "commentRangeEnd", "commentReference"),
        CellFault("has a comment; move its words into the column Note, and delete it"),
    ),
    **dict.fromkeys(
        ("footnoteReference", "endnoteReference"),
        CellFault("has a footnote; move its words into the column Note, and delete it"),
    ),
    "tbl": CellFault("holds a table of its own; write its words as text"),
}  # fmt: skip
# An element that sets the format of words -> why words with it cannot be read.
_FORMAT_FAULTS: Final = {
    "strike": CellFault("is struck through; delete what is no longer valid"),
    "dstrike": CellFault("is struck through; delete what is no longer valid"),
    "vanish": CellFault("holds hidden text; show it or delete it"),
    "webHidden": CellFault("holds hidden text; show it or delete it"),
    "vertAlign": CellFault("has superscript or subscript, which is not printed; write it without"),
    "sym": CellFault("holds a sign of a symbol font; type it as a letter"),
}
# The values that switch a format off.
_OFF: Final = frozenset({"0", "false", "off", "none", "baseline"})
_SYMBOL_FONTS: Final = ("symbol", "wingdings", "webdings")


def write_docx(sheet: SentSheet) -> bytes:
    """Return a sheet as a document with one table on landscape pages."""
    languages = zip((sheet.source, sheet.language), sheet.directions, strict=True)
    tags = dict(zip((ORIGINAL, TRANSLATION), languages, strict=True))
    headings = _row(HEADINGS, {}, is_heading=True)
    rows = "".join(_row(row, tags) for row in table_rows(sheet))
    grid = "".join(f'<w:gridCol w:w="{width}"/>' for width in _WIDTHS)
    edges = "".join(
        f'<w:{edge} w:val="single" w:sz="4" w:space="0" w:color="auto"/>'
        for edge in ("top", "left", "bottom", "right", "insideH", "insideV")
    )
    table = (
        f'<w:tbl><w:tblPr><w:tblW w:w="{sum(_WIDTHS)}" w:type="dxa"/><w:tblBorders>{edges}'
        '</w:tblBorders><w:tblLayout w:type="fixed"/></w:tblPr>'
        f"<w:tblGrid>{grid}</w:tblGrid>{headings}{rows}</w:tbl>"
    )
    lines = "".join(_paragraph(line) for line in table_lines(sheet))
    page = (
        '<w:sectPr><w:pgSz w:w="15840" w:h="12240" w:orient="landscape"/><w:pgMar w:top="720" '
        'w:right="500" w:bottom="720" w:left="500" w:header="360" w:footer="360" w:gutter="0"/></w:sectPr>'
    )
    document = (
        f'{XML_HEAD}<w:document xmlns:w="{_MAIN}"><w:body>{lines}{table}<w:p/>{page}</w:body>'
        "</w:document>"
    )
    parts = {
        "[Content_Types].xml": content_types(
            {_DOCUMENT: f"{_TYPE}.document.main+xml", "word/styles.xml": f"{_TYPE}.styles+xml"}
        ),
        "_rels/.rels": relations({_DOCUMENT: "officeDocument"}),
        _DOCUMENT: document,
        "word/_rels/document.xml.rels": relations({"styles.xml": "styles"}),
        "word/styles.xml": _STYLES,
    }
    return write_package(parts)


def _row(
    cells: Sequence[str], tags: dict[int, tuple[str, str]], *, is_heading: bool = False
) -> str:
    """Return a row; `tags` are the language and the direction of a column."""
    inner = "".join(
        f'<w:tc><w:tcPr><w:tcW w:w="{_WIDTHS[column]}" w:type="dxa"/></w:tcPr>'
        + "".join(
            _paragraph(
                line, *tags.get(column, ("en", "ltr")), bold=is_heading, small=column >= ABOUT
            )
            for line in cell.split("\n")
        )
        + "</w:tc>"
        for column, cell in enumerate(cells)
    )
    properties = "<w:cantSplit/>" + ("<w:tblHeader/>" if is_heading else "")
    return f"<w:tr><w:trPr>{properties}</w:trPr>{inner}</w:tr>"


def _paragraph(
    text: str, tag: str = "en", direction: str = "ltr", *, bold: bool = False, small: bool = False
) -> str:
    size = '<w:sz w:val="16"/>' if small else ""
    is_rtl = direction == "rtl"
    language = f'<w:rtl/><w:lang w:bidi="{tag}"/>' if is_rtl else f'<w:lang w:val="{tag}"/>'
    character_format = f"<w:rPr>{'<w:b/>' if bold else ''}{size}{language}</w:rPr>"
    # The paragraph has the format as well, so that an empty cell is filled in in its language.
    paragraph_format = f"<w:pPr>{'<w:bidi/>' if is_rtl else ''}{character_format}</w:pPr>"
    words = f'<w:t xml:space="preserve">{escape(text)}</w:t>'
    run = f"<w:r>{character_format}{words}</w:r>" if text else ""
    return f"<w:p>{paragraph_format}{run}</w:p>"


def read_docx(raw: bytes, name: str) -> ReturnedSheet:
    """Return the sheet that a document holds. The number of a row counts the rows of all tables.

    Raises TeachbackError with every cell that cannot be read, and all words that would be lost.
    """
    parts = read_package(raw, name)
    main = _main_part(parts, name)
    if main not in parts:
        message = "this is not a document of Word"
        raise TeachbackError.of(message, "Save it as .docx.", Location(name))
    stray = list(stray_words(parts, _OTHER_PARTS, name))
    lines: list[tuple[int, str | CellFault]] = []
    rows: list[tuple[int, list[str | CellFault]]] = []
    warnings: list[Problem] = []
    for block in _blocks(read_xml(parts[main], name)):
        if block.name != "tbl":
            lines.append((0, _words(block)))
            continue
        for row in _rows(block):
            cells, is_hidden = _cells(row)
            number = len(rows) + 1
            rows.append((number, cells))
            if is_hidden:
                message = f"row {number}: the row is hidden; it is read like the others"
                hint = "Delete the row if it is not to be read."
                place = Location(name, number)
                warnings.append(Problem(message, hint, place, Severity.WARNING))
    return read_table(lines, rows, name, warnings, stray)


def _main_part(parts: dict[str, bytes], name: str) -> str:
    """Return the name of the part that holds the text, which some programs number otherwise."""
    links = read_xml(parts["_rels/.rels"], name).children if "_rels/.rels" in parts else ()
    targets = (
        link.attributes.get("Target", "").lstrip("/")
        for link in links
        if link.attributes.get("Type", "").endswith("/officeDocument")
    )
    return next((target for target in targets if target.startswith("word/")), "")


def _blocks(document: XmlElement) -> Iterator[XmlElement]:
    """Yield the paragraphs and tables of a document, and whatever else stands between them."""
    for child in document.children:
        if child.name in {"body", "sdt", "sdtContent", "customXml"}:
            yield from _blocks(child)
        elif child.name not in _WORDLESS:
            yield child


def _rows(table: XmlElement) -> Iterator[XmlElement]:
    for child in table.children:
        if child.name == "tr":
            yield child
        elif child.name not in _WORDLESS:
            yield from _rows(child) if child.name in _CONTAINERS else [child]


def _cells(row: XmlElement) -> tuple[list[str | CellFault], bool]:
    """Return the cells of a row, and whether it is hidden."""
    cells: list[str | CellFault] = []
    is_hidden = False
    fault = None if row.name == "tr" else _fault(row)
    for child in row.children:
        if child.name == "trPr":
            is_hidden = any(setting.name == "hidden" for setting in child.children)
            fault = fault or _property_fault(child)
        elif child.name == "tc":
            cells.append(_cell(child))
        elif child.name in _CONTAINERS:
            cells += _cells(XmlElement(row.tag, {}, row.line, list(child.children)))[0]
        elif child.name not in _WORDLESS:
            fault = fault or _fault(child)
    return ([fault, *cells[1:]] if fault else cells), is_hidden


def _cell(cell: XmlElement) -> str | CellFault:
    """Return the text of a cell, or why it cannot be read."""
    paragraphs: list[str] = []
    for block in _blocks(cell):
        if block.name == "tcPr":
            fault = _property_fault(block)
            if fault:
                return fault
            continue
        words = _words(block)
        if isinstance(words, CellFault):
            return words
        paragraphs.append(words)
    return "\n".join(paragraphs).strip("\n")


def _property_fault(properties: XmlElement) -> CellFault | None:
    """Return why a row or a cell with these properties cannot be read."""
    faults = (_ELEMENT_FAULTS.get(child.name) for child in properties.children)
    return next(filter(None, faults), None)


def _words(block: XmlElement) -> str | CellFault:
    """Return the text of a paragraph, or why it cannot be read."""
    if block.name != "p":
        return _fault(block)
    words: list[str] = []
    fault = _collect_words(block, words)
    return fault or "".join(words)


def _collect_words(element: XmlElement, words: list[str]) -> CellFault | None:
    """Add the words of an element to a list, or return why they cannot be read."""
    for child in element.children:
        namespace, _, name = child.tag.rpartition(" ")
        fault = None
        if name in {"pPr", "rPr"}:
            fault = next(filter(None, map(_format_fault, child.all_inside())), None)
        elif name == "t" and namespace in _NAMESPACES:
            words.append(child.text())
        elif name in _CHARACTERS and namespace in _NAMESPACES:
            words.append(_CHARACTERS[name])
        elif name in _CONTAINERS:
            fault = _collect_words(child, words)
        elif name not in _WORDLESS:
            fault = _fault(child)
        if fault:
            return fault
    return None


def _fault(element: XmlElement) -> CellFault:
    unknown = CellFault(f"holds something that is not plain text ('{element.name}'); delete it")
    return _FORMAT_FAULTS.get(element.name) or _ELEMENT_FAULTS.get(element.name) or unknown


def _format_fault(setting: XmlElement) -> CellFault | None:
    """Return why words with a format cannot be read as if they had none."""
    values = [value.lower() for value in setting.attributes.values()]
    if setting.name in {"ins", "del", "moveFrom", "moveTo"}:
        return _TRACKED
    if setting.name == "rFonts" and any(value.startswith(_SYMBOL_FONTS) for value in values):
        return _FORMAT_FAULTS["sym"]
    return None if _OFF & set(values) else _FORMAT_FAULTS.get(setting.name)
