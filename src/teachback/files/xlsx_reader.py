"""Read rows of cells from an Excel workbook (.xlsx), as the text that a person sees there.

Each part is parsed with expat, since the exact text, type and format of each cell are needed. A
workbook that contradicts itself is refused, where libraries take one of the two versions. Source:
ECMA-376 part 1 (SpreadsheetML) and part 2 (packages). Formulas are not calculated: the result that
Excel stored is read.
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
    # A cell's number format, None where it is not known, and why its letters cannot be printed.
    _CellFormat = tuple[str | None, CellFault | None]

# The most rows and columns of a sheet, and cell formats of a workbook (Excel specifications and
# limits, Microsoft).
MOST_ROWS: Final = 1_048_576
MOST_COLUMNS: Final = 16_384
MOST_FORMATS: Final = 65_490
# Limits in unpacked bytes, parts, and tags: a part of a few hundred KB can unpack to millions of
# tags.
MOST_SHEET: Final = 500_000_000
MOST_REST: Final = 300_000_000
MOST_PARTS: Final = 5_000
MOST_TAGS: Final = {
    "sheet": 60_000_000,
    "strings": 12_000_000,
    "styles": 1_000_000,
    "part": 200_000,
}
MOST_MERGED: Final = 20_000
# The number of rows that are yielded together.
TOGETHER: Final = 500
_SAVE_AS: Final = "Open it in Excel and save it as 'CSV UTF-8', or as .xlsx without a password."
_AS_CSV: Final = "Save it as 'CSV UTF-8'."
_UNLIKE_EXCEL: Final = "this workbook holds what Excel never writes"
_BLOCK: Final = 1 << 16
# In bytes: no searched word is longer.
_OVERLAP: Final = 64
# What is searched for in the bytes of a sheet before it is parsed.
_MERGE, _RULE = b"mergeCell", b"onditionalFormatting"
_BESIDE_CELLS: Final = (_MERGE, _RULE, b'hidden="1"', b'hidden="true"')
_MAIN: Final = (
    "http://schemas.openxmlformats.org/spreadsheetml/2006/main",
    "http://purl.oclc.org/ooxml/spreadsheetml/main",
)
_RELATIONS: Final = "http://schemas.openxmlformats.org/package/2006/relationships"
_LINKS: Final = (
    "http://schemas.openxmlformats.org/officeDocument/2006/relationships",
    "http://purl.oclc.org/ooxml/officeDocument/relationships",
)
_NUMBER: Final = re.compile(
    r"[-+]?(?:[0-9]{1,25}(?:\.[0-9]{0,25})?|\.[0-9]{1,25})(?:[eE][-+]?[0-9]{1,3})?"
)
_PLACE: Final = re.compile(r"([A-Z]{1,3})([1-9][0-9]{0,6})")
_ESCAPE: Final = re.compile(r"_x([0-9A-Fa-f]{4})_")
# Functions that Excel recalculates each time the file is opened.
_ANEW: Final = re.compile(
    r"(?<![A-Za-z0-9_.])(?:TODAY|NOW|RAND|RANDBETWEEN|RANDARRAY)\s*\(", re.IGNORECASE
)
# Fonts that show symbols for letters (Microsoft typography). A font can also declare it by the
# `charset` of symbols.
_SIGN_FONTS: Final = (
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
_SYMBOLS: Final = "2"
_ANEW_BYTES: Final = re.compile(rb"(?:TODAY|NOW|RAND|RANDBETWEEN|RANDARRAY)\s*\(")
_ROWS, _CELLS = "rows", "cells"
_OFF: Final = frozenset({"0", "false", "none", "baseline"})
_NO_RESULT: Final = CellFault(
    "holds a formula without a result: open the file in Excel and save it again"
)
_EACH_DAY: Final = CellFault(
    "holds a formula such as TODAY(), whose result changes; replace it by its value"
)
_MAY_REACH: Final = CellFault(
    "holds a formula that may depend on TODAY() or the like; replace it by its value"
)
_ERROR: Final = CellFault("holds an Excel error such as #N/A")
_LOGICAL: Final = CellFault("is TRUE or FALSE; write the word to print, as text")
_OF_SIGNS: Final = CellFault(
    "is in a symbol font, which shows other characters; use an ordinary font"
)
_BY_RULE: Final = CellFault("may be shown differently by a conditional format; delete that rule")
_STRUCK: Final = CellFault("is struck through; delete what is no longer valid")
_RAISED: Final = CellFault("has superscript or subscript, which is not printed; write it without")
_MERGED: Final = CellFault("is merged with other cells; unmerge them")
_NO_LOOK: Final = CellFault(UNKNOWN_LOOK)
_NO_DAY: Final = CellFault(UNKNOWN_DATE)


class _BrokenError(Exception):
    """A part that is not as Excel writes it."""


class _Package:
    """An open workbook, with its name for messages."""

    def __init__(self, archive: zipfile.ZipFile, name: str) -> None:
        self.archive, self.name = archive, name

    def refuse(self, message: str, hint: str = _SAVE_AS) -> NoReturn:
        """Raise TeachbackError for this workbook."""
        raise TeachbackError.of(message, hint, Location(self.name))

    def refuse_two(self, what: str) -> NoReturn:
        """Raise TeachbackError for something that is there twice."""
        self.refuse(f"this workbook holds {what} twice, which Excel never writes")

    def blocks(self, part: str) -> Iterator[bytes]:
        """Yield a part block by block, each with the end of the block before it."""
        above = b""
        with self.archive.open(part) as stream:
            while block := stream.read(_BLOCK):
                yield above + block
                above = block[-_OVERLAP:]

    def walk(
        self,
        part: str,
        start: Callable[[str, dict[str, str]], None],
        most: str = "part",
        **more: Callable[..., object],
    ) -> Iterator[None]:
        """Parse a part, and yield after each block.

        Tags are passed to `start` as "namespace name". Entities are refused, and so are more tags
        than `most` allows.
        """

        def doctype(*_: object) -> None:
            self.refuse(_UNLIKE_EXCEL)

        parser = expat.ParserCreate(namespace_separator=" ")
        parser.buffer_text = True
        parser.StartDoctypeDeclHandler = doctype
        parser.StartElementHandler = start
        for handler, function in more.items():
            setattr(parser, handler, function)
        self._refuse_tags(part, MOST_TAGS[most])
        with self.archive.open(part) as stream:
            while block := stream.read(_BLOCK):
                parser.Parse(block, False)  # noqa: FBT003 -- expat takes no names
                yield
            parser.Parse(b"", True)  # noqa: FBT003
        yield

    def read(
        self,
        part: str,
        start: Callable[[str, dict[str, str]], None],
        most: str = "part",
        **more: Callable[..., object],
    ) -> None:
        """Parse a whole part. See `walk`."""
        for _ in self.walk(part, start, most, **more):
            pass

    def _refuse_tags(self, part: str, most: int) -> None:
        """Refuse a part with too many tags before it is parsed.

        Counting costs a hundredth of parsing.
        """
        tags = 0
        with self.archive.open(part) as stream:
            while block := stream.read(_BLOCK):
                tags += block.count(b"<")
                if b"\0" in block:
                    # UTF-16, in which the searches for bytes find nothing.
                    self.refuse(_UNLIKE_EXCEL)
                if tags > most:
                    message = f"this workbook has more than {most:,} tags in one of its parts"
                    self.refuse(message, _AS_CSV)


def read_workbook(file: BinaryIO, name: str) -> Iterator[_Rows | tuple[Problem, ...]]:
    """Yield warnings first, then lists of rows: each row's number and its cells.

    Empty rows are skipped. Raises TeachbackError for a file that is not a workbook, that
    contradicts itself, or that is too large when unpacked.
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
    book = _book(package)
    if book.theme:
        _refuse_symbol_theme(package, book.theme)
    shown = [path for path, seen in book.sheets if seen]
    if not shown:
        package.refuse("this workbook has no visible sheet")
    place = Location(package.name)
    warned = []
    if len(shown) > 1:
        message = f"the workbook has {len(shown)} sheets; only the first one is read"
        hint = "Move the rows to the first sheet, if they are not there."
        warned.append(Problem(message, hint, place, Severity.WARNING))
    styles, telling = _styles(package, book.styles) if book.styles else ([], set())
    around = _surroundings(package, shown[0], telling)
    if around.hidden:
        message = "the sheet has hidden rows or columns; they are read like the others"
        hint = "Delete what should not be printed."
        warned.append(Problem(message, hint, place, Severity.WARNING))
    strings = _strings(package, book.strings) if book.strings else []
    table = _table(package, shown[0])
    sheet = _Sheet(styles, strings, around, from_1904=book.from_1904, has_anew=_has_anew(package))
    yield tuple(warned)
    for some in sheet.rows(package, shown[0]):
        if table and any(_is_outside(table, number, cells) for number, cells in some):
            message = "there are cells outside the table of this sheet; they may belong to it"
            package.refuse(message, "Delete them, or convert the table to a plain range.")
        yield some


def _refuse_parts(package: _Package) -> None:
    """Refuse a package with a part twice, with too many parts, or with parts that are too large."""
    parts = package.archive.infolist()
    if any(part.flag_bits & 1 for part in parts):
        package.refuse("this workbook has a password")
    sheets = [part for part in parts if part.filename.startswith("xl/worksheets/")]
    rest = sum(part.file_size for part in parts) - sum(part.file_size for part in sheets)
    if (
        rest > MOST_REST
        or any(sheet.file_size > MOST_SHEET for sheet in sheets)
        or len(parts) > MOST_PARTS
    ):
        package.refuse("this workbook is too large when it is unpacked", _AS_CSV)
    if len({part.filename.casefold() for part in parts}) < len(parts):
        package.refuse_two("a part")


def _plain(tag: str) -> str:
    """Return the local name of a SpreadsheetML element, or "" for any other element."""
    space, _, plain = tag.rpartition(" ")
    return plain if space in _MAIN else ""


class _Book(NamedTuple):
    """The parts of a workbook.

    `sheets` are paths with whether the sheet is visible. `styles`, `strings` and `theme` are paths
    of the cell formats, the shared strings and the theme. `from_1904` tells the epoch of dates.
    """

    sheets: list[tuple[str, bool]]
    styles: str
    strings: str
    theme: str
    from_1904: bool


def _book(package: _Package) -> _Book:
    root = _related(package, "")
    (main,) = (target for kind, target in root.values() if kind == "officeDocument")
    related = _related(package, main)
    seen: list[tuple[str, str, str]] = []
    from_1904 = False

    def start(tag: str, attributes: dict[str, str]) -> None:
        nonlocal from_1904
        plain = _plain(tag)
        if plain == "sheet":
            link = next(
                attributes[f"{space} id"] for space in _LINKS if f"{space} id" in attributes
            )
            seen.append((attributes["name"].casefold(), link, attributes.get("state", "visible")))
        elif plain == "workbookPr":
            from_1904 = attributes.get("date1904", "0") not in _OFF

    package.read(main, start)
    titles, links = ({one[at] for one in seen} for at in (0, 1))
    if len(titles) < len(seen) or len(links) < len(seen):
        package.refuse_two("a sheet")
    sheets = [
        (related[link][1], state == "visible")
        for _, link, state in seen
        if related[link][0] == "worksheet"
    ]
    single = dict.fromkeys(("styles", "sharedStrings", "theme"), "")
    for kind, target in related.values():
        if single.get(kind):
            package.refuse_two("a part")
        if kind in single:
            single[kind] = target
    styles, strings, theme = single.values()
    return _Book(sheets, styles, strings, theme, from_1904)


def _related(package: _Package, part: str) -> dict[str, tuple[str, str]]:
    """Return the related parts of a part by id: the kind of each, and its path in the package."""
    folder, _, file = part.rpartition("/")
    found: dict[str, tuple[str, str]] = {}

    def start(tag: str, attributes: dict[str, str]) -> None:
        if tag != f"{_RELATIONS} Relationship" or attributes.get("TargetMode") == "External":
            return
        if attributes["Id"] in found:
            package.refuse_two("a part")
        target = posixpath.normpath(posixpath.join(f"/{folder}", attributes["Target"])).lstrip("/")
        found[attributes["Id"]] = (attributes["Type"].rpartition("/")[2], target)

    package.read(posixpath.join(folder, "_rels", f"{file}.rels"), start)
    return found


def _styles(package: _Package, part: str) -> tuple[list[_CellFormat], set[int]]:
    """Return the cell formats, and the indexes of differential formats that change what is seen.

    Those have a number format, or strike letters out or the like.
    """
    codes: dict[int, str | None] = dict(BUILT_IN)
    fonts: list[CellFault | None] = []
    formats: list[tuple[int, int]] = []
    differential = -1
    telling: set[int] = set()
    path: list[str] = []
    once: set[str] = set()

    def start(tag: str, attributes: dict[str, str]) -> None:
        nonlocal differential
        plain = _plain(tag)
        path.append(plain)
        inside = path[1:-1]
        if plain in {"numFmts", "fonts", "cellXfs"} and len(path) == 2:  # noqa: PLR2004 -- below the root
            if plain in once:
                package.refuse_two("a list of formats")
            once.add(plain)
        if plain == "numFmt" and inside == ["numFmts"]:
            number, code = int(attributes["numFmtId"]), attributes["formatCode"]
            codes[number] = code if codes.get(number, code) == code else None
        elif plain == "font" and inside == ["fonts"]:
            fonts.append(None)
        elif inside == ["fonts", "font"]:
            fonts[-1] = fonts[-1] or _marked(plain, attributes)
        elif plain == "dxf" and inside == ["dxfs"]:
            differential += 1
        elif (inside == ["dxfs", "dxf"] and plain == "numFmt") or (
            inside == ["dxfs", "dxf", "font"] and _marked(plain, attributes)
        ):
            telling.add(differential)
        elif plain == "xf" and inside == ["cellXfs"]:
            formats.append(
                (int(attributes.get("numFmtId", "0")), int(attributes.get("fontId", "0")))
            )
            if len(formats) > MOST_FORMATS:
                message = (
                    f"this workbook has more than {MOST_FORMATS:,} cell formats, more than "
                    "Excel allows"
                )
                package.refuse(message, _AS_CSV)

    package.read(part, start, "styles", EndElementHandler=lambda _: path.pop())
    return (
        [(codes.get(code), fonts[font] if font < len(fonts) else None) for code, font in formats],
        telling,
    )


def _refuse_symbol_theme(package: _Package, part: str) -> None:
    """Refuse a workbook whose theme has a symbol font: cells in a theme's font show its signs."""

    def start(_: str, attributes: dict[str, str]) -> None:
        face = {"val": attributes.get("typeface", "")}
        if _marked("name", face) or (face["val"] and attributes.get("charset") == _SYMBOLS):
            message = "the theme of this workbook has a symbol font, which shows other characters"
            hint = "Choose ordinary fonts for its theme, or save it as 'CSV UTF-8'."
            package.refuse(message, hint)

    package.read(part, start)


def _marked(tag: str, attributes: dict[str, str]) -> CellFault | None:
    """Return why letters with a font property cannot be printed without it."""
    said = attributes.get("val", "1").strip().lower()
    if (
        tag in {"name", "rFont"} and re.split(r"[,;]", said)[0].strip("@ ").startswith(_SIGN_FONTS)
    ) or (tag == "charset" and said == _SYMBOLS):
        return _OF_SIGNS
    if said in _OFF:
        return None
    return {"strike": _STRUCK, "vertAlign": _RAISED}.get(tag)


class _Words:
    """The words of one text, which may consist of runs. Phonetic guides are left out."""

    def __init__(self) -> None:
        self.path: list[str] = []
        self.said: list[str] = []
        self.fault: CellFault | None = None

    def start(self, plain: str, attributes: dict[str, str]) -> None:
        """Enter an element of the text."""
        if not plain and self.path:
            raise _BrokenError
        self.path.append(plain)
        if self.path[-2:-1] == ["rPr"]:
            self.fault = self.fault or _marked(plain, attributes)

    def text(self, words: str) -> None:
        """Collect words if they belong to the text itself."""
        if self.path[-1:] == ["t"] and "rPh" not in self.path:
            self.said.append(words)

    def taken(self) -> str | CellFault:
        """Return the collected words or their fault, and reset."""
        said, fault = unescaped("".join(self.said)), self.fault
        self.said, self.fault = [], None
        return fault if fault and said else said


def unescaped(text: str) -> str:
    """Decode _xHHHH_, the escape for characters that XML cannot hold.

    Source: ECMA-376 part 1, 22.9.2.19.
    """
    if "_x" not in text:
        return text
    found = _ESCAPE.sub(lambda match: chr(int(match[1], 16)), text)
    # Two adjacent surrogates form one character.
    return found.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")


def _strings(package: _Package, part: str) -> list[str | CellFault]:
    """Return the shared strings, which cells refer to by number."""
    found: list[str | CellFault] = []
    words = _Words()

    def start(tag: str, attributes: dict[str, str]) -> None:
        words.start(_plain(tag), attributes)

    def end(_: str) -> None:
        if words.path == ["sst", "si"]:
            found.append(words.taken())
        words.path.pop()

    package.read(part, start, "strings", EndElementHandler=end, CharacterDataHandler=words.text)
    return found


def _table(package: _Package, part: str) -> _Range | None:
    """Return the range of a sheet's table, or None where it has none.

    Refuses several tables, a table without column names, and one with a row of totals, which would
    be read as one more.
    """
    folder, _, file = part.rpartition("/")
    if posixpath.join(folder, "_rels", f"{file}.rels") not in package.archive.namelist():
        return None
    tables = [target for kind, target in _related(package, part).values() if kind == "table"]
    if not tables:
        return None
    if len(tables) > 1:
        package.refuse("this sheet has several tables", "Keep the one that is to be read.")
    told: dict[str, str] = {}

    def start(tag: str, attributes: dict[str, str]) -> None:
        if _plain(tag) == "table":
            told.update(attributes)

    package.read(tables[0], start)
    if told.get("totalsRowCount", "0") != "0":
        package.refuse("the table of this sheet has a total row", "Switch the total row off.")
    if told.get("headerRowCount", "1") == "0":
        package.refuse("the table of this sheet has no header row", "Switch its header row on.")
    return _range(told["ref"])


def _is_outside(table: _Range, number: int, cells: list[str | CellFault]) -> bool:
    top, bottom, left, right = table
    return not top <= number <= bottom or any(cells[: left - 1]) or any(cells[right:])


class _Surroundings(NamedTuple):
    """The ranges of a sheet that its cells depend on, and whether a part of it is hidden.

    `merged` are the merged ranges, and `ruled` those of conditional formats that can change what is
    seen. `hidden` tells whether there are hidden rows or columns.
    """

    merged: list[_Range]
    ruled: list[_Range]
    hidden: bool


def _surroundings(package: _Package, part: str, telling: Collection[int]) -> _Surroundings:
    """Return the ranges of a sheet; `telling` is from `_styles`.

    Rules of Excel 2010 and later are in the list of extensions, and hold their format themselves
    (MS-XLSX, 2.4.4).
    """
    merged: list[_Range] = []
    ruled: list[_Range] = []
    path: list[str] = []
    areas: list[str] = []
    tells = False

    def start(tag: str, attributes: dict[str, str]) -> None:
        nonlocal tells
        # The same names are in several namespaces.
        path.append(tag.rpartition(" ")[2])
        if path[-1] == "mergeCell":
            merged.append(_range(attributes["ref"]))
            if len(merged) > MOST_MERGED:
                package.refuse("this sheet has too many merged cells", "Unmerge them.")
        elif path[-1] == "conditionalFormatting":
            areas[:], tells = [attributes.get("sqref", "")], False
        elif "conditionalFormatting" in path:
            number = attributes.get("dxfId", "")
            tells = (
                tells
                or (path[-1] == "cfRule" and number.isdecimal() and int(number) in telling)
                or (path[-2:-1] == ["dxf"] and path[-1] == "numFmt")
                or (path[-3:-1] == ["dxf", "font"] and bool(_marked(path[-1], attributes)))
                # A bar or an icon in place of the number.
                or attributes.get("showValue", "1").strip().lower() in _OFF
            )

    def text(words: str) -> None:
        if path[-1:] == ["sqref"]:
            areas.append(words)

    def end(_: str) -> None:
        if path.pop() != "conditionalFormatting" or not tells:
            return
        ruled.extend(map(_range, "".join((areas[0], " ", *areas[1:])).replace("$", "").split()))
        if len(ruled) > MOST_MERGED:
            package.refuse("this sheet has too many conditional formats", "Take them out.")

    held = {word for block in package.blocks(part) for word in _BESIDE_CELLS if word in block}
    if held & {_MERGE, _RULE}:
        handlers = {"EndElementHandler": end, "CharacterDataHandler": text}
        package.read(part, start, "sheet", **handlers)
    return _Surroundings(merged, list(dict.fromkeys(ruled)), bool(held - {_MERGE, _RULE}))


def _has_anew(package: _Package) -> bool:
    """Check whether a formula or defined name anywhere in a workbook is recalculated each time.

    Any other formula may depend on it.
    """
    found = False
    path: list[str] = []
    said: list[str] = []

    def start(tag: str, _: dict[str, str]) -> None:
        path.append(_plain(tag))
        said.clear()

    def text(words: str) -> None:
        if path[-1:] in (["f"], ["definedName"]):
            said.append(words)

    def end(_: str) -> None:
        nonlocal found
        path.pop()
        found = found or bool(said and _ANEW.search("".join(said)))
        said.clear()

    for part in package.archive.namelist():
        if part.endswith(".xml") and part.startswith("xl/") and _mentions_anew(package, part):
            handlers = {"EndElementHandler": end, "CharacterDataHandler": text}
            package.read(part, start, "sheet", **handlers)
            path.clear()
    return found


def _mentions_anew(package: _Package, part: str) -> bool:
    """Check whether a part may name such a function, since only then it must be parsed.

    Letters may be written as character references.
    """
    blocks = map(bytes.upper, package.blocks(part))
    return any(b"&#" in block or _ANEW_BYTES.search(block) for block in blocks)


def _place(reference: str) -> tuple[int, int]:
    """Return the column and row of a reference such as B2, both counted from 1."""
    match = _PLACE.fullmatch(reference)
    if match is None:
        raise _BrokenError
    column = 0
    for letter in match[1]:
        column = column * 26 + ord(letter) - ord("@")
    return column, int(match[2])


def _range(reference: str) -> _Range:
    """Return the range of a reference such as B2 or B2:C9."""
    first, _, last = reference.partition(":")
    (left, top), (right, bottom) = _place(first), _place(last or first)
    return top, bottom, left, right


class _Sheet:
    """A parser for the rows of one sheet."""

    def __init__(
        self,
        styles: list[_CellFormat],
        strings: list[str | CellFault],
        around: _Surroundings,
        *,
        from_1904: bool,
        has_anew: bool,
    ) -> None:
        self._styles = styles or [("General", None)]
        self._strings = strings
        self._around = around
        self._from_1904 = from_1904
        # Whether any formula in the workbook is recalculated each time.
        self._has_anew = has_anew
        self._path: list[str] = []
        self._tags: dict[str, str] = {}
        self._row = 0
        self._column = 0
        self._cells: list[str | CellFault] = []
        self._done: _Rows = []
        self._cell: dict[str, str] = {}
        self._value: list[str] | None = None
        self._formula: list[str] | None = None
        self._words: _Words | None = None
        self._inline: str | CellFault | None = None
        self._data = 0
        # The first row names the columns, and the look of their names does not matter.
        self._headed = False

    def rows(self, package: _Package, part: str) -> Iterator[_Rows]:
        """Yield the rows in lists."""
        handlers = {"EndElementHandler": self._end, "CharacterDataHandler": self._text}
        try:
            for _ in package.walk(part, self._start, "sheet", **handlers):
                while len(self._done) >= TOGETHER:
                    some, self._done = self._done[:TOGETHER], self._done[TOGETHER:]
                    yield some
        except _OrderError as error:
            message = f"the {error} of this sheet are not in order, or one is there twice"
            raise TeachbackError.of(message, _SAVE_AS, Location(package.name)) from None
        if self._done:
            yield self._done

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        plain = self._tags.get(tag)
        if plain is None:
            plain = self._tags[tag] = _plain(tag)
        path = self._path
        depth = len(path)
        path.append(plain)
        if self._words is not None:
            self._words.start(plain, attributes)
        elif depth == 1 and plain == "sheetData":
            self._data += 1
            if self._data > 1:
                raise _BrokenError
        elif depth < 2 or path[1] != "sheetData":  # noqa: PLR2004 -- worksheet, sheetData
            return
        elif depth == 2 and plain == "row":  # noqa: PLR2004
            number = int(attributes.get("r", self._row + 1))
            if not self._row < number <= MOST_ROWS:
                raise _OrderError(_ROWS)
            self._row, self._column, self._cells = number, 0, []
        elif depth == 3 and plain == "c":  # noqa: PLR2004
            self._begin(attributes)
        elif depth == 4 and plain in {"v", "f", "is"}:  # noqa: PLR2004
            self._enter(plain)
        elif not (plain == "extLst" or "extLst" in path):
            # Rows and cells elsewhere, or alternatives for other programs. One version would be
            # left out.
            raise _BrokenError

    def _begin(self, attributes: dict[str, str]) -> None:
        place = attributes.get("r")
        column, row = _place(place) if place else (self._column + 1, self._row)
        if row != self._row or not self._column < column <= MOST_COLUMNS:
            raise _OrderError(_CELLS)
        self._column, self._cell = column, attributes
        self._value = self._formula = self._words = self._inline = None

    def _enter(self, plain: str) -> None:
        if plain == "v" and self._value is None:
            self._value = []
        elif plain == "f" and self._formula is None:
            self._formula = []
        elif plain == "is" and self._inline is None:
            self._words = _Words()
            self._words.path.append("is")
        else:
            raise _BrokenError

    def _text(self, words: str) -> None:
        if self._words is not None:
            self._words.text(words)
            return
        inside = self._path[-1] if self._path else ""
        if inside == "v" and self._value is not None:
            self._value.append(words)
        elif inside == "f" and self._formula is not None:
            self._formula.append(words)

    def _end(self, _: str) -> None:
        plain = self._path.pop()
        depth = len(self._path)
        if self._words is not None:
            if depth == 4:  # noqa: PLR2004 -- the end of `is`
                self._inline, self._words = self._words.taken(), None
            else:
                self._words.path.pop()
        elif depth == 3 and plain == "c":  # noqa: PLR2004
            self._cells += [""] * (self._column - 1 - len(self._cells))
            shown = self._shown()
            self._cells.append(_BY_RULE if shown and self._headed and self._is_ruled() else shown)
        elif depth == 2 and plain == "row":  # noqa: PLR2004
            self._mark_merged()
            if any(self._cells):
                self._headed = True
                self._done.append((self._row, self._cells))

    def _is_ruled(self) -> bool:
        return any(
            top <= self._row <= bottom and left <= self._column <= right
            for top, bottom, left, right in self._around.ruled
        )

    def _mark_merged(self) -> None:
        for top, bottom, left, right in self._around.merged:
            if top <= self._row <= bottom:
                # Cells beyond both the row and the start of the merge are not needed.
                last = min(right, max(len(self._cells), left))
                self._cells += [""] * (last - len(self._cells))
                self._cells[left - 1 : last] = [_MERGED] * (last - left + 1)

    def _shown(self) -> str | CellFault:
        """Return what a person sees in a cell that was read to its end."""
        kind = self._cell.get("t", "n")
        value = None if self._value is None else "".join(self._value)
        look, marked = self._styles[_index(self._cell.get("s", "0"), len(self._styles))]
        if self._formula is not None:
            fault = self._formula_fault(kind, value)
            if fault:
                return fault
        if kind == "inlineStr":
            if value is not None:
                raise _BrokenError
            said: str | CellFault = "" if self._inline is None else self._inline
        elif self._inline is not None:
            raise _BrokenError
        elif value is None or (value == "" and kind in {"n", "str"}):
            return ""
        elif kind in {"s", "str"}:
            said = (
                self._strings[_index(value, len(self._strings))]
                if kind == "s"
                else unescaped(value)
            )
        elif kind == "n":
            if not _NUMBER.fullmatch(value):
                raise _BrokenError
            said = (
                _NO_LOOK
                if look is None
                else number_look(Decimal(value), look, from_1904=self._from_1904)
            )
            return marked or said
        elif kind in {"b", "e", "d"}:
            return {"b": _LOGICAL, "e": _ERROR, "d": _NO_DAY}[kind]
        else:
            raise _BrokenError
        if isinstance(said, CellFault) or not said:
            return said
        return marked or (CellFault(UNKNOWN_LOOK) if look is None else text_look(said, look))

    def _formula_fault(self, kind: str, value: str | None) -> CellFault | None:
        """Return why the result of a formula cannot be used, or None.

        Either none is stored, or Excel may show another one when it opens the file.
        """
        written = "".join(self._formula or ())
        if _ANEW.search(written):
            return _EACH_DAY
        if self._has_anew:
            return _MAY_REACH
        # A formula with an empty text as its result has the type "str".
        return _NO_RESULT if not value and kind != "str" else None


class _OrderError(Exception):
    """Rows or cells that are out of order. Some would overwrite others, or be left out."""


def _index(written: str, count: int) -> int:
    """Parse an index below `count`. Raises _BrokenError for anything else."""
    if not (written.isascii() and written.isdigit() and len(written) < 10 and int(written) < count):  # noqa: PLR2004 -- no list is longer
        raise _BrokenError
    return int(written)
