"""Read rows of cells from an Excel workbook (.xlsx), as the text that a person sees there.

Each part is parsed with expat, since the exact text, type and format of each cell are needed. A
workbook that contradicts itself is refused; libraries take one of the two versions. Formulas are
not calculated: the result that Excel stored is read. Source: ECMA-376 part 1 (SpreadsheetML) and
part 2 (packages).
"""

from __future__ import annotations

import posixpath
import re
import zipfile
from decimal import Decimal
from typing import TYPE_CHECKING, BinaryIO, Final, NamedTuple, NoReturn
from xml.parsers import expat

from teachback.errors import Location, Problem, Severity, TeachbackError
from teachback.files.xlsx_number_formats import (
    BUILT_IN,
    UNKNOWN_DATE,
    UNKNOWN_LOOK,
    CellFault,
    number_look,
    text_look,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

    # The number of each row, and its cells.
    _Rows = list[tuple[int, list[str | CellFault]]]
    # First and last row, first and last column.
    _Range = tuple[int, int, int, int]
    # A cell's number format (None where it is not known), and why its letters cannot be printed.
    _CellFormat = tuple[str | None, CellFault | None]

# Limits of Excel: rows and columns of a sheet, and cell formats of a workbook (Microsoft, Excel
# specifications and limits).
MAX_ROWS: Final = 1_048_576
MAX_COLUMNS: Final = 16_384
MAX_FORMATS: Final = 65_490
# Limits in unpacked bytes, parts, and tags by kind of part. A part of a few hundred KB can unpack to
# millions of tags.
MAX_SHEET_BYTES: Final = 500_000_000
MAX_OTHER_BYTES: Final = 300_000_000
MAX_PARTS: Final = 5_000
MAX_TAGS: Final = {
    "sheet": 60_000_000,
    "strings": 12_000_000,
    "styles": 1_000_000,
    "part": 200_000,
}
# Merged ranges of a sheet, and ranges of its conditional formats.
MAX_RANGES: Final = 20_000
# The number of rows that are yielded together.
ROWS_PER_LIST: Final = 500
_SAVE_AS: Final = "Open it in Excel and save it as 'CSV UTF-8', or as .xlsx without a password."
_AS_CSV: Final = "Save it as 'CSV UTF-8'."
_UNLIKE_EXCEL: Final = "this workbook holds what Excel never writes"
_BLOCK_SIZE: Final = 1 << 16
# In bytes. No searched word is longer.
_OVERLAP: Final = 64
# The words that are searched for in the bytes of a sheet before it is parsed.
_MERGE_TAG, _RULE_TAG = b"mergeCell", b"onditionalFormatting"
_SEARCHED: Final = (_MERGE_TAG, _RULE_TAG, b'hidden="1"', b'hidden="true"')
_MAIN_NAMESPACES: Final = (
    "http://schemas.openxmlformats.org/spreadsheetml/2006/main",
    "http://purl.oclc.org/ooxml/spreadsheetml/main",
)
_RELATION_NAMESPACE: Final = "http://schemas.openxmlformats.org/package/2006/relationships"
_LINK_NAMESPACES: Final = (
    "http://schemas.openxmlformats.org/officeDocument/2006/relationships",
    "http://purl.oclc.org/ooxml/officeDocument/relationships",
)
_NUMBER: Final = re.compile(
    r"[-+]?(?:[0-9]{1,25}(?:\.[0-9]{0,25})?|\.[0-9]{1,25})(?:[eE][-+]?[0-9]{1,3})?"
)
_CELL_REFERENCE: Final = re.compile(r"([A-Z]{1,3})([1-9][0-9]{0,6})")
_ESCAPE: Final = re.compile(r"_x([0-9A-Fa-f]{4})_")
# Functions that Excel recalculates each time the file is opened.
_VOLATILE: Final = re.compile(
    r"(?<![A-Za-z0-9_.])(?:TODAY|NOW|RAND|RANDBETWEEN|RANDARRAY)\s*\(", re.IGNORECASE
)
# Fonts that show symbols in place of letters (Microsoft typography). A font may also have the
# charset of symbols.
_SYMBOL_FONTS: Final = (
    "symbol",
    "wingdings",
    "webdings",
    "zapfdingbats",
    "zapf dingbats",
    "itc zapf dingbats",
    "dingbats",
    "mt extra",
    "marlett",
    "bookshelf symbol",
    "ms outlook",
)
_SYMBOL_CHARSET: Final = "2"
_VOLATILE_BYTES: Final = re.compile(rb"(?:TODAY|NOW|RAND|RANDBETWEEN|RANDARRAY)\s*\(")
_ROWS, _CELLS = "rows", "cells"
# Values that switch a property off.
_FALSE: Final = frozenset({"0", "false", "none", "baseline"})
_NO_RESULT: Final = CellFault(
    "holds a formula without a result: open the file in Excel and save it again"
)
_VOLATILE_FORMULA: Final = CellFault(
    "holds a formula such as TODAY(), whose result changes; replace it by its value"
)
_MAYBE_VOLATILE: Final = CellFault(
    "holds a formula that may depend on TODAY() or the like; replace it by its value"
)
_ERROR_VALUE: Final = CellFault("holds an Excel error such as #N/A")
_LOGICAL: Final = CellFault("is TRUE or FALSE; write the word to print, as text")
_IN_SYMBOL_FONT: Final = CellFault(
    "is in a symbol font, which shows other characters; use an ordinary font"
)
_BY_RULE: Final = CellFault("may be shown differently by a conditional format; delete that rule")
_STRUCK: Final = CellFault("is struck through; delete what is no longer valid")
_RAISED: Final = CellFault("has superscript or subscript, which is not printed; write it without")
_MERGED: Final = CellFault("is merged with other cells; unmerge them")
_LOOK_IS_UNKNOWN: Final = CellFault(UNKNOWN_LOOK)
_DATE_IS_UNKNOWN: Final = CellFault(UNKNOWN_DATE)


class _MalformedError(Exception):
    """A part that is not as Excel writes it."""


class _Package:
    """An open workbook, with its name for messages."""

    def __init__(self, archive: zipfile.ZipFile, name: str) -> None:
        self.archive, self.name = archive, name

    def refuse(self, message: str, hint: str = _SAVE_AS) -> NoReturn:
        """Raise TeachbackError for this workbook."""
        raise TeachbackError.of(message, hint, Location(self.name))

    def refuse_two(self, thing: str) -> NoReturn:
        """Raise TeachbackError for a thing that is there twice."""
        self.refuse(f"this workbook holds {thing} twice, which Excel never writes")

    def blocks(self, part: str) -> Iterator[bytes]:
        """Yield a part in blocks, each with the end of the block before it."""
        overlap = b""
        with self.archive.open(part) as stream:
            while block := stream.read(_BLOCK_SIZE):
                yield overlap + block
                overlap = block[-_OVERLAP:]

    def walk(
        self,
        part: str,
        start: Callable[[str, dict[str, str]], None],
        kind: str = "part",
        **handlers: Callable[..., object],
    ) -> Iterator[None]:
        """Parse a part, and yield after each block.

        Tags are passed to `start` as "namespace name". Entities are refused, and so are more tags
        than MAX_TAGS allows for this `kind` of part.
        """

        def doctype(*_: object) -> None:
            self.refuse(_UNLIKE_EXCEL)

        parser = expat.ParserCreate(namespace_separator=" ")
        parser.buffer_text = True
        parser.StartDoctypeDeclHandler = doctype
        parser.StartElementHandler = start
        for handler, function in handlers.items():
            setattr(parser, handler, function)
        self._refuse_tags(part, MAX_TAGS[kind])
        with self.archive.open(part) as stream:
            while block := stream.read(_BLOCK_SIZE):
                parser.Parse(block, False)  # noqa: FBT003 -- expat takes no names
                yield
            parser.Parse(b"", True)  # noqa: FBT003
        yield

    def read(
        self,
        part: str,
        start: Callable[[str, dict[str, str]], None],
        kind: str = "part",
        **handlers: Callable[..., object],
    ) -> None:
        """Parse a whole part, as `walk` does."""
        for _ in self.walk(part, start, kind, **handlers):
            pass

    def _refuse_tags(self, part: str, limit: int) -> None:
        """Refuse a part with too many tags before it is parsed, which takes 100 times as long."""
        tags = 0
        with self.archive.open(part) as stream:
            while block := stream.read(_BLOCK_SIZE):
                tags += block.count(b"<")
                if b"\0" in block:
                    # The part is UTF-16, in which the searches for bytes find nothing.
                    self.refuse(_UNLIKE_EXCEL)
                if tags > limit:
                    message = f"this workbook has more than {limit:,} tags in one of its parts"
                    self.refuse(message, _AS_CSV)


def read_workbook(file: BinaryIO, name: str) -> Iterator[_Rows | tuple[Problem, ...]]:
    """Yield warnings first, then lists of rows: each row's number and its cells.

    Empty rows are skipped. Raises TeachbackError for a file that is not a workbook, contradicts
    itself, or is too large when it is unpacked.
    """
    try:
        with zipfile.ZipFile(file) as archive:
            yield from _read(_Package(archive, name))
    except TeachbackError:
        raise
    except Exception:  # noqa: BLE001 -- zipfile and expat raise anything; none of it is quoted
        message = "this Excel workbook is incomplete or damaged"
        raise TeachbackError.of(message, _SAVE_AS, Location(name)) from None


def _read(package: _Package) -> Iterator[_Rows | tuple[Problem, ...]]:
    _refuse_parts(package)
    workbook = _workbook_parts(package)
    if workbook.theme:
        _refuse_symbol_theme(package, workbook.theme)
    visible = [path for path, is_visible in workbook.sheets if is_visible]
    if not visible:
        package.refuse("this workbook has no visible sheet")
    place = Location(package.name)
    warnings = []
    if len(visible) > 1:
        message = f"the workbook has {len(visible)} sheets; only the first one is read"
        hint = "Move the rows to the first sheet, if they are not there."
        warnings.append(Problem(message, hint, place, Severity.WARNING))
    styles, changing_formats = _styles(package, workbook.styles) if workbook.styles else ([], set())
    ranges = _sheet_ranges(package, visible[0], changing_formats)
    if ranges.hidden:
        message = "the sheet has hidden rows or columns; they are read like the others"
        hint = "Delete what should not be printed."
        warnings.append(Problem(message, hint, place, Severity.WARNING))
    strings = _strings(package, workbook.strings) if workbook.strings else []
    table = _table_range(package, visible[0])
    sheet = _Sheet(
        styles, strings, ranges, from_1904=workbook.from_1904, has_volatile=_has_volatile(package)
    )
    yield tuple(warnings)
    for rows in sheet.rows(package, visible[0]):
        if table and any(_is_outside(table, number, cells) for number, cells in rows):
            message = "there are cells outside the table of this sheet; they may belong to it"
            package.refuse(message, "Delete them, or convert the table to a plain range.")
        yield rows


def _refuse_parts(package: _Package) -> None:
    """Refuse a package with a part twice, with too many parts, or with parts that are too large."""
    parts = package.archive.infolist()
    if any(part.flag_bits & 1 for part in parts):
        package.refuse("this workbook has a password")
    sheets = [part for part in parts if part.filename.startswith("xl/worksheets/")]
    rest = sum(part.file_size for part in parts) - sum(part.file_size for part in sheets)
    if (
        rest > MAX_OTHER_BYTES
        or any(sheet.file_size > MAX_SHEET_BYTES for sheet in sheets)
        or len(parts) > MAX_PARTS
    ):
        package.refuse("this workbook is too large when it is unpacked", _AS_CSV)
    if len({part.filename.casefold() for part in parts}) < len(parts):
        package.refuse_two("a part")


def _local_name(tag: str) -> str:
    """Return the local name of a SpreadsheetML element, or "" for any other element."""
    namespace, _, name = tag.rpartition(" ")
    return name if namespace in _MAIN_NAMESPACES else ""


class _WorkbookParts(NamedTuple):
    """The parts of a workbook.

    `sheets` has the path of each sheet, and whether it is visible. `styles`, `strings` and `theme`
    are the paths of the cell formats, the shared strings and the theme, or "". With `from_1904`,
    dates count from that year.
    """

    sheets: list[tuple[str, bool]]
    styles: str
    strings: str
    theme: str
    from_1904: bool


def _workbook_parts(package: _Package) -> _WorkbookParts:
    roots = _related(package, "")
    (workbook,) = (target for kind, target in roots.values() if kind == "officeDocument")
    related = _related(package, workbook)
    sheet_tags: list[tuple[str, str, str]] = []
    from_1904 = False

    def start(tag: str, attributes: dict[str, str]) -> None:
        nonlocal from_1904
        name = _local_name(tag)
        if name == "sheet":
            link = next(
                attributes[f"{namespace} id"]
                for namespace in _LINK_NAMESPACES
                if f"{namespace} id" in attributes
            )
            sheet_tags.append(
                (attributes["name"].casefold(), link, attributes.get("state", "visible"))
            )
        elif name == "workbookPr":
            from_1904 = attributes.get("date1904", "0") not in _FALSE

    package.read(workbook, start)
    titles, links = ({sheet[field] for sheet in sheet_tags} for field in (0, 1))
    if len(titles) < len(sheet_tags) or len(links) < len(sheet_tags):
        package.refuse_two("a sheet")
    sheets = [
        (related[link][1], state == "visible")
        for _, link, state in sheet_tags
        if related[link][0] == "worksheet"
    ]
    paths = dict.fromkeys(("styles", "sharedStrings", "theme"), "")
    for kind, target in related.values():
        if paths.get(kind):
            package.refuse_two("a part")
        if kind in paths:
            paths[kind] = target
    styles, strings, theme = paths.values()
    return _WorkbookParts(sheets, styles, strings, theme, from_1904)


def _related(package: _Package, part: str) -> dict[str, tuple[str, str]]:
    """Return the parts that a part refers to, by id: the kind of each, and its path."""
    folder, _, file = part.rpartition("/")
    related: dict[str, tuple[str, str]] = {}

    def start(tag: str, attributes: dict[str, str]) -> None:
        if (
            tag != f"{_RELATION_NAMESPACE} Relationship"
            or attributes.get("TargetMode") == "External"
        ):
            return
        if attributes["Id"] in related:
            package.refuse_two("a part")
        target = posixpath.normpath(posixpath.join(f"/{folder}", attributes["Target"])).lstrip("/")
        related[attributes["Id"]] = (attributes["Type"].rpartition("/")[2], target)

    package.read(posixpath.join(folder, "_rels", f"{file}.rels"), start)
    return related


def _styles(package: _Package, part: str) -> tuple[list[_CellFormat], set[int]]:
    """Return the cell formats, and the indexes of differential formats that change what is seen.

    Such a format has a number format, or a font that strikes letters out or the like.
    """
    code_of: dict[int, str | None] = dict(BUILT_IN)
    fonts: list[CellFault | None] = []
    formats: list[tuple[int, int]] = []
    differential = -1
    changing_formats: set[int] = set()
    path: list[str] = []
    lists: set[str] = set()

    def start(tag: str, attributes: dict[str, str]) -> None:
        nonlocal differential
        name = _local_name(tag)
        path.append(name)
        parents = path[1:-1]
        if name in {"numFmts", "fonts", "cellXfs"} and len(path) == 2:  # noqa: PLR2004 -- below the root
            if name in lists:
                package.refuse_two("a list of formats")
            lists.add(name)
        if name == "numFmt" and parents == ["numFmts"]:
            number, code = int(attributes["numFmtId"]), attributes["formatCode"]
            code_of[number] = code if code_of.get(number, code) == code else None
        elif name == "font" and parents == ["fonts"]:
            fonts.append(None)
        elif parents == ["fonts", "font"]:
            fonts[-1] = fonts[-1] or _font_fault(name, attributes)
        elif name == "dxf" and parents == ["dxfs"]:
            differential += 1
        elif (parents == ["dxfs", "dxf"] and name == "numFmt") or (
            parents == ["dxfs", "dxf", "font"] and _font_fault(name, attributes)
        ):
            changing_formats.add(differential)
        elif name == "xf" and parents == ["cellXfs"]:
            formats.append(
                (int(attributes.get("numFmtId", "0")), int(attributes.get("fontId", "0")))
            )
            if len(formats) > MAX_FORMATS:
                message = (
                    f"this workbook has more than {MAX_FORMATS:,} cell formats, more than "
                    "Excel allows"
                )
                package.refuse(message, _AS_CSV)

    package.read(part, start, "styles", EndElementHandler=lambda _: path.pop())
    return (
        [(code_of.get(code), fonts[font] if font < len(fonts) else None) for code, font in formats],
        changing_formats,
    )


def _refuse_symbol_theme(package: _Package, part: str) -> None:
    """Refuse a workbook whose theme has a symbol font, since its cells may be in that font."""

    def start(_: str, attributes: dict[str, str]) -> None:
        font_name = {"val": attributes.get("typeface", "")}
        if _font_fault("name", font_name) or (
            font_name["val"] and attributes.get("charset") == _SYMBOL_CHARSET
        ):
            message = "the theme of this workbook has a symbol font, which shows other characters"
            hint = "Choose ordinary fonts for its theme, or save it as 'CSV UTF-8'."
            package.refuse(message, hint)

    package.read(part, start)


def _font_fault(tag: str, attributes: dict[str, str]) -> CellFault | None:
    """Return why letters with this property of a font cannot be printed, or None."""
    value = attributes.get("val", "1").strip().lower()
    if (
        tag in {"name", "rFont"}
        and re.split(r"[,;]", value)[0].strip("@ ").startswith(_SYMBOL_FONTS)
    ) or (tag == "charset" and value == _SYMBOL_CHARSET):
        return _IN_SYMBOL_FONT
    if value in _FALSE:
        return None
    return {"strike": _STRUCK, "vertAlign": _RAISED}.get(tag)


class _TextParser:
    """A parser for one text, which may consist of runs. Phonetic guides are left out."""

    def __init__(self) -> None:
        self.path: list[str] = []
        self.pieces: list[str] = []
        self.fault: CellFault | None = None

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """Enter an element of the text."""
        if not name and self.path:
            raise _MalformedError
        self.path.append(name)
        if self.path[-2:-1] == ["rPr"]:
            self.fault = self.fault or _font_fault(name, attributes)

    def text(self, piece: str) -> None:
        """Collect a piece if it belongs to the text itself."""
        if self.path[-1:] == ["t"] and "rPh" not in self.path:
            self.pieces.append(piece)

    def take(self) -> str | CellFault:
        """Return the text or its fault, and start anew."""
        text, fault = unescaped("".join(self.pieces)), self.fault
        self.pieces, self.fault = [], None
        return fault if fault and text else text


def unescaped(text: str) -> str:
    """Decode _xHHHH_, the escape for characters that XML cannot hold.

    Source: ECMA-376 part 1, 22.9.2.19.
    """
    if "_x" not in text:
        return text
    decoded = _ESCAPE.sub(lambda match: chr(int(match[1], 16)), text)
    # Two adjacent surrogates form one character.
    return decoded.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")


def _strings(package: _Package, part: str) -> list[str | CellFault]:
    """Return the shared strings, which cells refer to by number."""
    strings: list[str | CellFault] = []
    parser = _TextParser()

    def start(tag: str, attributes: dict[str, str]) -> None:
        parser.start(_local_name(tag), attributes)

    def end(_: str) -> None:
        if parser.path == ["sst", "si"]:
            strings.append(parser.take())
        parser.path.pop()

    package.read(part, start, "strings", EndElementHandler=end, CharacterDataHandler=parser.text)
    return strings


def _table_range(package: _Package, part: str) -> _Range | None:
    """Return the range of a sheet's table, or None where it has none.

    Refuses several tables, a table without column names, and one with a row of totals, which would
    be read as a record.
    """
    folder, _, file = part.rpartition("/")
    if posixpath.join(folder, "_rels", f"{file}.rels") not in package.archive.namelist():
        return None
    tables = [target for kind, target in _related(package, part).values() if kind == "table"]
    if not tables:
        return None
    if len(tables) > 1:
        package.refuse("this sheet has several tables", "Keep the one that is to be read.")
    table: dict[str, str] = {}

    def start(tag: str, attributes: dict[str, str]) -> None:
        if _local_name(tag) == "table":
            table.update(attributes)

    package.read(tables[0], start)
    if table.get("totalsRowCount", "0") != "0":
        package.refuse("the table of this sheet has a total row", "Switch the total row off.")
    if table.get("headerRowCount", "1") == "0":
        package.refuse("the table of this sheet has no header row", "Switch its header row on.")
    return _range(table["ref"])


def _is_outside(table: _Range, number: int, cells: list[str | CellFault]) -> bool:
    top, bottom, left, right = table
    return not top <= number <= bottom or any(cells[: left - 1]) or any(cells[right:])


class _SheetRanges(NamedTuple):
    """The merged ranges of a sheet, and those of conditional formats that can change what is seen.

    `hidden` is whether there are hidden rows or columns.
    """

    merged: list[_Range]
    conditional: list[_Range]
    hidden: bool


def _sheet_ranges(package: _Package, part: str, changing_formats: Collection[int]) -> _SheetRanges:
    """Return the ranges of a sheet. `changing_formats` is from `_styles`.

    Rules of Excel 2010 and later are in the list of extensions, and hold their own format (MS-XLSX,
    2.4.4).
    """
    merged: list[_Range] = []
    conditional: list[_Range] = []
    path: list[str] = []
    references: list[str] = []
    is_changing = False

    def start(tag: str, attributes: dict[str, str]) -> None:
        nonlocal is_changing
        # The same names are in several namespaces.
        path.append(tag.rpartition(" ")[2])
        if path[-1] == "mergeCell":
            merged.append(_range(attributes["ref"]))
            if len(merged) > MAX_RANGES:
                package.refuse("this sheet has too many merged cells", "Unmerge them.")
        elif path[-1] == "conditionalFormatting":
            references[:], is_changing = [attributes.get("sqref", "")], False
        elif "conditionalFormatting" in path:
            number = attributes.get("dxfId", "")
            is_changing = (
                is_changing
                or (path[-1] == "cfRule" and number.isdecimal() and int(number) in changing_formats)
                or (path[-2:-1] == ["dxf"] and path[-1] == "numFmt")
                or (path[-3:-1] == ["dxf", "font"] and bool(_font_fault(path[-1], attributes)))
                # A bar or an icon in place of the number.
                or attributes.get("showValue", "1").strip().lower() in _FALSE
            )

    def text(piece: str) -> None:
        if path[-1:] == ["sqref"]:
            references.append(piece)

    def end(_: str) -> None:
        if path.pop() != "conditionalFormatting" or not is_changing:
            return
        conditional.extend(
            map(_range, "".join((references[0], " ", *references[1:])).replace("$", "").split())
        )
        if len(conditional) > MAX_RANGES:
            package.refuse("this sheet has too many conditional formats", "Take them out.")

    found = {word for block in package.blocks(part) for word in _SEARCHED if word in block}
    if found & {_MERGE_TAG, _RULE_TAG}:
        handlers = {"EndElementHandler": end, "CharacterDataHandler": text}
        package.read(part, start, "sheet", **handlers)
    return _SheetRanges(
        merged, list(dict.fromkeys(conditional)), bool(found - {_MERGE_TAG, _RULE_TAG})
    )


def _has_volatile(package: _Package) -> bool:
    """Return whether a workbook has a formula or defined name that is recalculated each time.

    Any other formula may depend on it.
    """
    found = False
    path: list[str] = []
    formula: list[str] = []

    def start(tag: str, _: dict[str, str]) -> None:
        path.append(_local_name(tag))
        formula.clear()

    def text(piece: str) -> None:
        if path[-1:] in (["f"], ["definedName"]):
            formula.append(piece)

    def end(_: str) -> None:
        nonlocal found
        path.pop()
        found = found or bool(formula and _VOLATILE.search("".join(formula)))
        formula.clear()

    for part in package.archive.namelist():
        if part.endswith(".xml") and part.startswith("xl/") and _may_name_volatile(package, part):
            handlers = {"EndElementHandler": end, "CharacterDataHandler": text}
            package.read(part, start, "sheet", **handlers)
            path.clear()
    return found


def _may_name_volatile(package: _Package, part: str) -> bool:
    """Return whether a part may name a volatile function, so that it must be parsed.

    Letters may be written as character references.
    """
    blocks = map(bytes.upper, package.blocks(part))
    return any(b"&#" in block or _VOLATILE_BYTES.search(block) for block in blocks)


def _position(reference: str) -> tuple[int, int]:
    """Return the column and row of a reference such as B2, both counted from 1."""
    match = _CELL_REFERENCE.fullmatch(reference)
    if match is None:
        raise _MalformedError
    column = 0
    for letter in match[1]:
        column = column * 26 + ord(letter) - ord("@")
    return column, int(match[2])


def _range(reference: str) -> _Range:
    """Return the range of a reference such as B2 or B2:C9."""
    first, _, last = reference.partition(":")
    (left, top), (right, bottom) = _position(first), _position(last or first)
    return top, bottom, left, right


class _Sheet:
    """A parser for the rows of one sheet."""

    def __init__(
        self,
        styles: list[_CellFormat],
        strings: list[str | CellFault],
        ranges: _SheetRanges,
        *,
        from_1904: bool,
        has_volatile: bool,
    ) -> None:
        self._styles = styles or [("General", None)]
        self._strings = strings
        self._ranges = ranges
        self._from_1904 = from_1904
        # Whether any formula of the workbook is recalculated each time.
        self._has_volatile = has_volatile
        self._path: list[str] = []
        self._tags: dict[str, str] = {}
        self._row = 0
        self._column = 0
        self._cells: list[str | CellFault] = []
        self._finished: _Rows = []
        self._cell: dict[str, str] = {}
        self._value: list[str] | None = None
        self._formula: list[str] | None = None
        self._text_parser: _TextParser | None = None
        self._inline_text: str | CellFault | None = None
        self._data_count = 0
        # Whether the first row was read. It names the columns, and their look does not matter.
        self._has_header = False

    def rows(self, package: _Package, part: str) -> Iterator[_Rows]:
        """Yield the rows in lists."""
        handlers = {"EndElementHandler": self._end, "CharacterDataHandler": self._text}
        try:
            for _ in package.walk(part, self._start, "sheet", **handlers):
                while len(self._finished) >= ROWS_PER_LIST:
                    rows, self._finished = (
                        self._finished[:ROWS_PER_LIST],
                        self._finished[ROWS_PER_LIST:],
                    )
                    yield rows
        except _OrderError as error:
            message = f"the {error} of this sheet are not in order, or one is there twice"
            raise TeachbackError.of(message, _SAVE_AS, Location(package.name)) from None
        if self._finished:
            yield self._finished

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        name = self._tags.get(tag)
        if name is None:
            name = self._tags[tag] = _local_name(tag)
        path = self._path
        depth = len(path)
        path.append(name)
        if self._text_parser is not None:
            self._text_parser.start(name, attributes)
        elif depth == 1 and name == "sheetData":
            self._data_count += 1
            if self._data_count > 1:
                raise _MalformedError
        elif depth < 2 or path[1] != "sheetData":  # noqa: PLR2004 -- worksheet, sheetData
            return
        elif depth == 2 and name == "row":  # noqa: PLR2004
            number = int(attributes.get("r", self._row + 1))
            if not self._row < number <= MAX_ROWS:
                raise _OrderError(_ROWS)
            self._row, self._column, self._cells = number, 0, []
        elif depth == 3 and name == "c":  # noqa: PLR2004
            self._begin_cell(attributes)
        elif depth == 4 and name in {"v", "f", "is"}:  # noqa: PLR2004
            self._begin_content(name)
        elif not (name == "extLst" or "extLst" in path):
            # A row or cell is elsewhere, or there is an alternative for other programs. One version
            # would be left out.
            raise _MalformedError

    def _begin_cell(self, attributes: dict[str, str]) -> None:
        reference = attributes.get("r")
        column, row = _position(reference) if reference else (self._column + 1, self._row)
        if row != self._row or not self._column < column <= MAX_COLUMNS:
            raise _OrderError(_CELLS)
        self._column, self._cell = column, attributes
        self._value = self._formula = self._text_parser = self._inline_text = None

    def _begin_content(self, name: str) -> None:
        if name == "v" and self._value is None:
            self._value = []
        elif name == "f" and self._formula is None:
            self._formula = []
        elif name == "is" and self._inline_text is None:
            self._text_parser = _TextParser()
            self._text_parser.path.append("is")
        else:
            raise _MalformedError

    def _text(self, piece: str) -> None:
        if self._text_parser is not None:
            self._text_parser.text(piece)
            return
        inside = self._path[-1] if self._path else ""
        if inside == "v" and self._value is not None:
            self._value.append(piece)
        elif inside == "f" and self._formula is not None:
            self._formula.append(piece)

    def _end(self, _: str) -> None:
        name = self._path.pop()
        depth = len(self._path)
        if self._text_parser is not None:
            if depth == 4:  # noqa: PLR2004 -- the end of `is`
                self._inline_text, self._text_parser = self._text_parser.take(), None
            else:
                self._text_parser.path.pop()
        elif depth == 3 and name == "c":  # noqa: PLR2004
            self._cells += [""] * (self._column - 1 - len(self._cells))
            shown = self._shown()
            self._cells.append(
                _BY_RULE if shown and self._has_header and self._is_conditional() else shown
            )
        elif depth == 2 and name == "row":  # noqa: PLR2004
            self._mark_merged()
            if any(self._cells):
                self._has_header = True
                self._finished.append((self._row, self._cells))

    def _is_conditional(self) -> bool:
        return any(
            top <= self._row <= bottom and left <= self._column <= right
            for top, bottom, left, right in self._ranges.conditional
        )

    def _mark_merged(self) -> None:
        for top, bottom, left, right in self._ranges.merged:
            if top <= self._row <= bottom:
                # Cells behind both the end of the row and the start of the merge are not needed.
                end = min(right, max(len(self._cells), left))
                self._cells += [""] * (end - len(self._cells))
                self._cells[left - 1 : end] = [_MERGED] * (end - left + 1)

    def _shown(self) -> str | CellFault:
        """Return what a person sees in a cell that was read to its end."""
        kind = self._cell.get("t", "n")
        value = None if self._value is None else "".join(self._value)
        look, font_fault = self._styles[_index(self._cell.get("s", "0"), len(self._styles))]
        if self._formula is not None:
            fault = self._formula_fault(kind, value)
            if fault:
                return fault
        if kind == "inlineStr":
            if value is not None:
                raise _MalformedError
            text: str | CellFault = "" if self._inline_text is None else self._inline_text
        elif self._inline_text is not None:
            raise _MalformedError
        elif value is None or (value == "" and kind in {"n", "str"}):
            return ""
        elif kind in {"s", "str"}:
            text = (
                self._strings[_index(value, len(self._strings))]
                if kind == "s"
                else unescaped(value)
            )
        elif kind == "n":
            if not _NUMBER.fullmatch(value):
                raise _MalformedError
            text = (
                _LOOK_IS_UNKNOWN
                if look is None
                else number_look(Decimal(value), look, from_1904=self._from_1904)
            )
            return font_fault or text
        elif kind in {"b", "e", "d"}:
            return {"b": _LOGICAL, "e": _ERROR_VALUE, "d": _DATE_IS_UNKNOWN}[kind]
        else:
            raise _MalformedError
        if isinstance(text, CellFault) or not text:
            return text
        return font_fault or (_LOOK_IS_UNKNOWN if look is None else text_look(text, look))

    def _formula_fault(self, kind: str, value: str | None) -> CellFault | None:
        """Return why the result of a formula cannot be used, or None.

        No result is stored, or Excel may show another one when it opens the file.
        """
        written = "".join(self._formula or ())
        if _VOLATILE.search(written):
            return _VOLATILE_FORMULA
        if self._has_volatile:
            return _MAYBE_VOLATILE
        # A formula with an empty text as its result has the type "str".
        return _NO_RESULT if not value and kind != "str" else None


class _OrderError(Exception):
    """Rows or cells that are out of order. Some would overwrite others, or be left out."""


def _index(written: str, count: int) -> int:
    """Parse an index below `count`. Raises _BrokenError for anything else."""
    if not (written.isascii() and written.isdigit() and len(written) < 10 and int(written) < count):  # noqa: PLR2004 -- no list is longer
        raise _MalformedError
    return int(written)
