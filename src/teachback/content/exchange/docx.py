"""Write a sheet for a translator as a document of Word, and read one back. Pure.

Read as plain parts: libraries pass over tracked changes and text boxes without a word. What is not
known to be plain text is refused.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

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
from teachback.files.xml_tree import XmlElement, as_markup, read_xml

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from teachback.content.exchange.sheet import ReturnedSheet, SentSheet

_MAIN: Final = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_SPACES: Final = (_MAIN, "http://purl.oclc.org/ooxml/wordprocessingml/main")
_TYPE: Final = "application/vnd.openxmlformats-officedocument.wordprocessingml"
_DOCUMENT: Final = "word/document.xml"
# Of the columns, in twentieths of a point; Letter that lies across has 14400 between its margins.
_WIDTHS: Final = (1900, 1150, 3300, 3300, 1500, 2600, 1090)
_STYLES: Final = (
    f'{XML_HEAD}<w:styles xmlns:w="{_MAIN}"><w:docDefaults><w:rPrDefault><w:rPr>'
    '<w:rFonts w:ascii="Arial" w:hAnsi="Arial" w:cs="Arial"/><w:sz w:val="18"/></w:rPr>'
    '</w:rPrDefault><w:pPrDefault><w:pPr><w:spacing w:after="40"/></w:pPr></w:pPrDefault>'
    "</w:docDefaults></w:styles>"
)
# What may stand in a paragraph: what holds runs, what has no words, and letters by their names.
_HOLDING: Final = frozenset({"r", "hyperlink", "smartTag", "sdt", "sdtContent", "customXml"})
_WORDLESS: Final = frozenset(
    {
        "bookmarkEnd", "bookmarkStart", "customXmlPr", "lastRenderedPageBreak", "permEnd",
        "permStart", "proofErr", "sdtEndPr", "sdtPr", "smartTagPr", "tblPrEx", "tblPr", "tblGrid",
        "sectPr", "background",
    }
)  # fmt: skip
_LETTERS: Final = {
    "tab": " ", "br": "\n", "cr": "\n", "noBreakHyphen": "\u2011", "softHyphen": "\u00ad",
}  # fmt: skip
# The parts of a document beside its text.
_BESIDE: Final = {
    "word/comments": "a comment", "word/header": "a header", "word/footer": "a footer",
    "word/footnotes": "a footnote", "word/endnotes": "a footnote",
}  # fmt: skip
_TRACKED: Final = CellFault("holds tracked changes; accept or reject all of them in Word")
_MERGED: Final = CellFault("is merged with other cells; split them")
_FAULTS: Final = {
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
_LOOKS: Final = {
    "strike": CellFault("is struck through; delete what is no longer valid"),
    "dstrike": CellFault("is struck through; delete what is no longer valid"),
    "vanish": CellFault("holds hidden text; show it or delete it"),
    "webHidden": CellFault("holds hidden text; show it or delete it"),
    "vertAlign": CellFault("has superscript or subscript, which is not printed; write it without"),
    "sym": CellFault("holds a sign of a symbol font; type it as a letter"),
}
_OFF: Final = frozenset({"0", "false", "off", "none", "baseline"})
_SIGN_FONTS: Final = ("symbol", "wingdings", "webdings")


def write_docx(sheet: SentSheet) -> bytes:
    """Return a sheet as a document, with one table on paper that lies across."""
    languages = (sheet.source, sheet.language)
    columns = (ORIGINAL, TRANSLATION)
    tags = dict(zip(columns, zip(languages, sheet.directions, strict=True), strict=True))
    head = _row(HEADINGS, {}, is_head=True)
    rows = "".join(_row(row, tags) for row in table_rows(sheet))
    grid = "".join(f'<w:gridCol w:w="{width}"/>' for width in _WIDTHS)
    edges = "".join(
        f'<w:{edge} w:val="single" w:sz="4" w:space="0" w:color="auto"/>'
        for edge in ("top", "left", "bottom", "right", "insideH", "insideV")
    )
    table = (
        f'<w:tbl><w:tblPr><w:tblW w:w="{sum(_WIDTHS)}" w:type="dxa"/><w:tblBorders>{edges}'
        '</w:tblBorders><w:tblLayout w:type="fixed"/></w:tblPr>'
        f"<w:tblGrid>{grid}</w:tblGrid>{head}{rows}</w:tbl>"
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


def _row(cells: Sequence[str], tags: dict[int, tuple[str, str]], *, is_head: bool = False) -> str:
    """Return a row; `tags` are the language and the direction of a column."""
    inner = "".join(
        f'<w:tc><w:tcPr><w:tcW w:w="{_WIDTHS[at]}" w:type="dxa"/></w:tcPr>'
        + "".join(
            _paragraph(line, *tags.get(at, ("en", "ltr")), bold=is_head, small=at >= ABOUT)
            for line in cell.split("\n")
        )
        + "</w:tc>"
        for at, cell in enumerate(cells)
    )
    look = "<w:cantSplit/>" + ("<w:tblHeader/>" if is_head else "")
    return f"<w:tr><w:trPr>{look}</w:trPr>{inner}</w:tr>"


def _paragraph(
    text: str, tag: str = "en", direction: str = "ltr", *, bold: bool = False, small: bool = False
) -> str:
    size = '<w:sz w:val="16"/>' if small else ""
    is_rtl = direction == "rtl"
    language = f'<w:rtl/><w:lang w:bidi="{tag}"/>' if is_rtl else f'<w:lang w:val="{tag}"/>'
    look = f"{'<w:b/>' if bold else ''}{size}{language}"
    # An empty cell, too, is to be filled in in its language.
    mark = f"<w:pPr>{'<w:bidi/>' if is_rtl else ''}<w:rPr>{look}</w:rPr></w:pPr>"
    run = f'<w:r><w:rPr>{look}</w:rPr><w:t xml:space="preserve">{as_markup(text)}</w:t></w:r>'
    return f"<w:p>{mark}{run if text else ''}</w:p>"


def read_docx(raw: bytes, name: str) -> ReturnedSheet:
    """Return what a document says; the number of a row counts the rows of its tables.

    Raises TeachbackError with every cell that cannot be read, and all words that would be lost.
    """
    parts = read_package(raw, name)
    main = _main_part(parts, name)
    if main not in parts:
        message = "this is not a document of Word"
        raise TeachbackError.of(message, "Save it as .docx.", Location(name))
    stray = list(stray_words(parts, _BESIDE, name))
    lines: list[tuple[int, str | CellFault]] = []
    rows: list[tuple[int, list[str | CellFault]]] = []
    noticed: list[Problem] = []
    for part in _blocks(read_xml(parts[main], name)):
        if part.name == "tbl":
            for row in _rows(part):
                cells, is_hidden = _cells(row)
                rows.append((len(rows) + 1, cells))
                if is_hidden:
                    message = f"row {len(rows)}: the row is hidden; it is read like the others"
                    place = Location(name, len(rows))
                    hint = "Delete the row if it is not to be read."
                    noticed.append(Problem(message, hint, place, Severity.WARNING))
        else:
            lines.append((0, _words(part)))
    return read_table(lines, rows, name, noticed, stray)


def _main_part(parts: dict[str, bytes], name: str) -> str:
    """Return the name of the part that holds the text: some programs give it another number."""
    links = read_xml(parts["_rels/.rels"], name).children if "_rels/.rels" in parts else ()
    found = (
        link.attributes.get("Target", "").lstrip("/")
        for link in links
        if link.attributes.get("Type", "").endswith("/officeDocument")
    )
    return next((part for part in found if part.startswith("word/")), "")


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
            yield from _rows(child) if child.name in _HOLDING else [child]


def _cells(row: XmlElement) -> tuple[list[str | CellFault], bool]:
    """Return the cells of a row, and whether it is hidden."""
    cells: list[str | CellFault] = []
    is_hidden = False
    fault = None if row.name == "tr" else _fault(row)
    for child in row.children:
        if child.name == "trPr":
            is_hidden = any(one.name == "hidden" for one in child.children)
            fault = fault or next(
                (_FAULTS[one.name] for one in child.children if one.name in _FAULTS), None
            )
        elif child.name == "tc":
            cells.append(_cell(child))
        elif child.name in _HOLDING:
            cells += _cells(XmlElement(row.tag, {}, row.line, list(child.children)))[0]
        elif child.name not in _WORDLESS:
            fault = fault or _fault(child)
    return ([fault, *cells[1:]] if fault else cells), is_hidden


def _cell(cell: XmlElement) -> str | CellFault:
    said: list[str] = []
    for part in _blocks(cell):
        if part.name == "tcPr":
            fault = next((_FAULTS[one.name] for one in part.children if one.name in _FAULTS), None)
            words: str | CellFault = fault or ""
            if fault is None:
                continue
        else:
            words = _words(part)
        if isinstance(words, CellFault):
            return words
        said.append(words)
    return "\n".join(said).strip("\n")


def _words(part: XmlElement) -> str | CellFault:
    """Return the text of a paragraph, or why it cannot be read."""
    if part.name != "p":
        return _fault(part)
    said: list[str] = []
    fault = _add_words(part, said)
    return fault or "".join(said)


def _add_words(part: XmlElement, said: list[str]) -> CellFault | None:
    """Collect the words of an element; return what cannot be read in it."""
    for child in part.children:
        space, _, name = child.tag.rpartition(" ")
        if name in {"pPr", "rPr"}:
            fault = next((one for one in map(_look_fault, child.all_inside()) if one), None)
        elif name == "t" and space in _SPACES:
            said.append(child.text())
            fault = None
        elif name in _LETTERS and space in _SPACES:
            said.append(_LETTERS[name])
            fault = None
        elif name in _HOLDING:
            fault = _add_words(child, said)
        else:
            fault = None if name in _WORDLESS else _fault(child)
        if fault:
            return fault
    return None


def _fault(part: XmlElement) -> CellFault:
    unknown = CellFault(f"holds something that is not plain text ('{part.name}'); delete it")
    return _LOOKS.get(part.name) or _FAULTS.get(part.name) or unknown


def _look_fault(look: XmlElement) -> CellFault | None:
    """Return why words with a format cannot be taken without it."""
    values = [value.lower() for value in look.attributes.values()]
    if look.name in {"ins", "del", "moveFrom", "moveTo"}:
        return _TRACKED
    if look.name == "rFonts" and any(value.startswith(_SIGN_FONTS) for value in values):
        return _LOOKS["sym"]
    return None if _OFF & set(values) else _LOOKS.get(look.name)
