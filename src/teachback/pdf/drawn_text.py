"""Read what the content of a PDF draws: its glyphs with their places, and the words it claims.

This walk of the content streams (ISO 32000-1, 9.4) trusts no text layer: `proofing.shape_proof`
compares the glyphs with the shapes of the words. The words come from /ActualText, or else from the
font's ToUnicode table. `tag_writer` writes /ActualText around lines that no such table can tell.
"""

from __future__ import annotations

import io
import re
from array import array
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias

import pikepdf
from pikepdf import Array, Dictionary, Name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

# An object of a PDF: pikepdf has no types for what is in one.
PdfObject: TypeAlias = Any
# a, b, c, d, e, f of a transformation (ISO 32000-1, 8.3.3).
Matrix = tuple[float, float, float, float, float, float]

UNMARKED: Final = -1
_IDENTITY: Final[Matrix] = (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)
_EM: Final = 1000.0
# The width of a glyph that a font does not list (ISO 32000-1, table 117).
_DEFAULT_WIDTH: Final = 1000.0
# How deep forms may be nested.
_MOST_NESTED: Final = 12


@dataclass(frozen=True, eq=False)
class DrawnFont:
    """A font of the file. `program` is the embedded font, or empty where codes are not glyph ids.

    Widths are in thousandths of the type size. `read` is the ToUnicode table.
    """

    name: str
    program: bytes
    widths: Mapping[int, float]
    default: float
    read: Mapping[int, str]

    def width(self, glyph: int) -> float:
        """Return the width of a glyph."""
        return self.widths.get(glyph, self.default)


class DrawnGlyph(NamedTuple):
    """A glyph on a page.

    `x` and `y` are the place of its origin, and `end_x` and `end_y` the end of its advance, in pt
    from the bottom left corner. `rise` is its height above the line, in type sizes.
    """

    font: DrawnFont
    glyph: int
    x: float
    y: float
    end_x: float
    end_y: float
    rise: float


class _ShowOperation(NamedTuple):
    """An operation that shows text, with the state of the text at that time.

    `steps` are its strings as hexadecimal glyph ids in brackets, and the moves between them.
    `place` is the matrix that places the text, or None where the text continues.
    """

    font: DrawnFont
    steps: bytes
    size: float
    rise: float
    stretch: float
    spacing: float
    place: Matrix | None
    page: Matrix


@dataclass(frozen=True, eq=False)
class DrawnLine:
    """The text of one text object, such as a line of a paragraph.

    `mark` is the number of its marked content on the page (UNMARKED for none). `actual_text` is its
    /ActualText, and `has_actual_text` is whether it has one. `inside` is whether a form draws it:
    then it is not an object of the page itself.
    """

    page: int
    mark: int
    artifact: bool
    has_actual_text: bool
    actual_text: str
    inside: bool
    shown: tuple[_ShowOperation, ...]

    @cached_property
    def words(self) -> str:
        """The words that the file claims for the line."""
        return (
            self.actual_text
            if self.has_actual_text
            else "".join(words for _, _, words in self.parts)
        )

    @cached_property
    def parts(self) -> tuple[tuple[DrawnFont, array[int], str], ...]:
        """The glyphs font by font, in painting order, with what the font's table reads in them."""
        parts: list[tuple[DrawnFont, array[int]]] = []
        for show in self.shown:
            if not parts or parts[-1][0] is not show.font:
                parts.append((show.font, array("H")))
            parts[-1][1].extend(_glyphs(b"".join(_STRING.findall(show.steps))))
        return tuple(
            (font, glyphs, "".join(font.read.get(glyph, "\ufffd") for glyph in glyphs))
            for font, glyphs in parts
        )

    @cached_property
    def em(self) -> tuple[float, float, float, float]:
        """The type size as it is printed: along the line (x, y) and up (x, y), in pt."""
        show = self.shown[0]
        along_x, along_y, up_x, up_y, *_ = _product(
            (show.size * show.stretch, 0.0, 0.0, show.size, 0.0, 0.0),
            _product(show.place or _IDENTITY, show.page),
        )
        return along_x, along_y, up_x, up_y

    @cached_property
    def glyphs(self) -> tuple[DrawnGlyph, ...]:
        """The glyphs in painting order, with their places."""
        return tuple(_placed(self.shown))


def _placed(shown: tuple[_ShowOperation, ...]) -> Iterator[DrawnGlyph]:
    pen = 0.0
    place = _IDENTITY
    for show in shown:
        if show.place is not None:
            place, pen = show.place, 0.0
        matrix = _product(place, show.page)
        for string, move in _STEP.findall(show.steps):
            if move:
                pen -= float(move) / _EM * show.size * show.stretch
            for glyph in _glyphs(string):
                advance = (show.font.width(glyph) / _EM * show.size + show.spacing) * show.stretch
                x, y = _transformed(matrix, pen, show.rise)
                end_x, end_y = _transformed(matrix, pen + advance, show.rise)
                yield DrawnGlyph(show.font, glyph, x, y, end_x, end_y, show.rise / show.size)
                pen += advance


def _product(first: Matrix, second: Matrix) -> Matrix:
    a, b, c, d, e, f = first
    g, h, i, j, k, m = second
    return (
        a * g + b * i,
        a * h + b * j,
        c * g + d * i,
        c * h + d * j,
        e * g + f * i + k,
        e * h + f * j + m,
    )


def _transformed(matrix: Matrix, x: float, y: float) -> tuple[float, float]:
    a, b, c, d, e, f = matrix
    return x * a + y * c + e, x * b + y * d + f


_STRING: Final = re.compile(rb"<([0-9A-Fa-f]+)>")
_STEP: Final = re.compile(rb"<([0-9A-Fa-f]+)>|([-+.0-9]+)")


class DrawnFile(NamedTuple):
    """The text of a file: its lines in painting order, and the language of each tagged mark.

    Marks are (page, number); pages are counted from 1.
    """

    lines: tuple[DrawnLine, ...]
    languages: Mapping[tuple[int, int], str]


def read_drawn(data: bytes, *, forms: bool = True) -> DrawnFile:
    """Return the text that the pages of a PDF draw, with or without that of their forms."""
    with pikepdf.open(io.BytesIO(data)) as pdf:
        fonts: dict[Any, DrawnFont] = {}
        lines = [
            line
            for number, page in enumerate(pdf.pages, start=1)
            for line in _lines(
                page,
                page.obj.get("/Resources", Dictionary()),
                _State(nested=_MOST_NESTED if forms else 0),
                number,
                fonts,
                0,
            )
        ]
        numbers = {page.obj.objgen: number for number, page in enumerate(pdf.pages, start=1)}
        root = pdf.Root.get("/StructTreeRoot", Dictionary())
        language = str(pdf.Root.get("/Lang", ""))
        languages = (
            dict(_languages(root, language, None, numbers))
            if any(line.has_actual_text for line in lines)
            else {}
        )
    return DrawnFile(tuple(lines), languages)


def _languages(
    element: PdfObject, language: str, page: PdfObject, numbers: Mapping[Any, int]
) -> Iterator[tuple[tuple[int, int], str]]:
    """Yield the marks below an element of the tag tree, each with its language."""
    language = str(element.get("/Lang", language))
    page = element.get("/Pg", page)
    kids = element.get("/K", Array())
    for kid in kids if isinstance(kids, Array) else [kids]:
        if isinstance(kid, Dictionary):
            if "/S" in kid:
                yield from _languages(kid, language, page, numbers)
            elif "/MCID" in kid:
                yield (numbers[kid.get("/Pg", page).objgen], int(kid.MCID)), language
        elif page is not None:
            yield (numbers[page.objgen], int(kid)), language


class _Mark(NamedTuple):
    """The start of marked content: its number on the page, and its /ActualText."""

    number: int
    artifact: bool
    actual_text: str | None


@dataclass
class _State:
    """The state of the drawing that shows text (ISO 32000-1, 8.4.1 and 9.3.1).

    Forms are followed `nested` levels deep.
    """

    nested: int
    page: Matrix = _IDENTITY
    font: DrawnFont | None = None
    size: float = 0.0
    rise: float = 0.0
    stretch: float = 1.0
    spacing: float = 0.0
    leading: float = 0.0

    def copy(self) -> _State:
        """Return the state for a part of the drawing."""
        return _State(**vars(self))


@dataclass
class _Drawing:
    """A page or a form, while it is read.

    `saved` are the states that a Q brings back, and `marks` the marks that are open. `shown`,
    `line` and `place` are of the open text object: what it has shown, where its line begins, and
    where its next text begins. `place` is None where that continues.
    """

    resources: Any
    state: _State
    saved: list[_State] = field(default_factory=list)
    marks: list[_Mark] = field(default_factory=list)
    shown: list[_ShowOperation] = field(default_factory=list)
    line: Matrix = _IDENTITY
    place: Matrix | None = _IDENTITY


def _lines(
    content: PdfObject,
    resources: PdfObject,
    state: _State,
    page: int,
    fonts: dict[Any, DrawnFont],
    depth: int,
) -> Iterator[DrawnLine]:
    drawing = _Drawing(resources, state)
    for step in pikepdf.parse_content_stream(content, " ".join((*_OPERATORS, "ET", "Do", "Tf"))):
        operands, name = step.operands, str(step.operator)
        if name == "ET":
            if drawing.shown:
                yield _line(page, drawing.marks, tuple(drawing.shown), depth)
            drawing.shown = []
        elif name == "Do":
            yield from _form_lines(resources, str(operands[0]), drawing.state, page, fonts, depth)
        elif name == "Tf":
            drawing.state.font = _font_of(resources, str(operands[0]), fonts)
            drawing.state.size = float(operands[1])
        else:
            _OPERATORS[name](drawing, name, operands)


def _show(drawing: _Drawing, name: str, operands: PdfObject) -> None:
    if name in {"'", '"'}:
        _move(drawing, "T*", ())
    state = drawing.state
    steps = _steps_of(operands[-1])
    if state.font is not None and steps:
        drawing.shown.append(
            _ShowOperation(
                state.font, steps, state.size, state.rise, state.stretch, state.spacing,
                drawing.place, state.page,
            )
        )  # fmt: skip
        drawing.place = None


def _move(drawing: _Drawing, name: str, operands: PdfObject) -> None:
    if name in {"BT", "Tm"}:
        drawing.line = _IDENTITY if name == "BT" else _matrix(operands)
    else:
        x, y = (0.0, -drawing.state.leading) if name == "T*" else map(float, operands)
        if name == "TD":
            drawing.state.leading = -y
        drawing.line = _product((1.0, 0.0, 0.0, 1.0, x, y), drawing.line)
    drawing.place = drawing.line


def _change_state(drawing: _Drawing, name: str, operands: PdfObject) -> None:
    if name == "q":
        drawing.saved.append(drawing.state.copy())
    elif name == "cm":
        drawing.state.page = _product(_matrix(operands), drawing.state.page)
    elif drawing.saved:
        drawing.state = drawing.saved.pop()


def _change_marks(drawing: _Drawing, name: str, operands: PdfObject) -> None:
    if name == "BDC":
        drawing.marks.append(_mark_of(operands, drawing.resources))
    elif name == "BMC":
        drawing.marks.append(_Mark(UNMARKED, str(operands[0]) == "/Artifact", None))
    elif drawing.marks:
        drawing.marks.pop()


def _set_text_state(drawing: _Drawing, name: str, operands: PdfObject) -> None:
    value = float(operands[0])
    if name == "Ts":
        drawing.state.rise = value
    elif name == "Tz":
        drawing.state.stretch = value / 100
    elif name == "Tc":
        drawing.state.spacing = value
    else:
        drawing.state.leading = value


# The operators that text depends on, besides those that `_lines` handles itself.
_OPERATORS: Final[Mapping[str, Callable[[_Drawing, str, Any], None]]] = {
    **dict.fromkeys(("Tj", "TJ", "'", '"'), _show),
    **dict.fromkeys(("BT", "Tm", "Td", "TD", "T*"), _move),
    **dict.fromkeys(("q", "Q", "cm"), _change_state),
    **dict.fromkeys(("BDC", "BMC", "EMC"), _change_marks),
    **dict.fromkeys(("Ts", "Tz", "Tc", "TL"), _set_text_state),
}


def _matrix(operands: PdfObject) -> Matrix:
    a, b, c, d, e, f = map(float, operands)
    return a, b, c, d, e, f


def _steps_of(shown: PdfObject) -> bytes:
    """Return the operand of a text operator as `_ShowOperation.steps`, or b"" without a glyph."""
    # Reading strings and numbers one by one takes ten times as long.
    written: bytes = shown.unparse()
    if b"(" in written:
        parts = shown if isinstance(shown, Array) else [shown]
        written = b" ".join(
            b"<%b>" % bytes(part).hex().encode()
            if isinstance(part, pikepdf.String)
            else b"%f" % part
            for part in parts
        )
    return written if _STRING.search(written) else b""


def _glyphs(written: bytes) -> array[int]:
    codes = array("H", bytes.fromhex(written.decode())[: len(written) // 4 * 2])
    codes.byteswap()
    return codes


def _line(
    page: int, marks: list[_Mark], shown: tuple[_ShowOperation, ...], depth: int
) -> DrawnLine:
    actual_text = next(
        (mark.actual_text for mark in reversed(marks) if mark.actual_text is not None), None
    )
    number = next((mark.number for mark in reversed(marks) if mark.number >= 0), UNMARKED)
    return DrawnLine(
        page,
        UNMARKED if depth else number,
        any(mark.artifact for mark in marks),
        actual_text is not None,
        actual_text or "",
        depth > 0,
        shown,
    )


def _mark_of(operands: PdfObject, resources: PdfObject) -> _Mark:
    properties = operands[1]
    if isinstance(properties, Name):
        listed = resources.get("/Properties", Dictionary())
        properties = listed.get(str(properties), Dictionary())
    actual_text = properties.get("/ActualText")
    return _Mark(
        int(properties.get("/MCID", UNMARKED)),
        str(operands[0]) == "/Artifact",
        None if actual_text is None else str(actual_text),
    )


def _form_lines(
    resources: PdfObject,
    name: str,
    state: _State,
    page: int,
    fonts: dict[Any, DrawnFont],
    depth: int,
) -> Iterator[DrawnLine]:
    form = resources.get("/XObject", Dictionary()).get(name)
    if form is None or form.get("/Subtype") != Name.Form or depth == state.nested:
        return
    content = form.read_bytes()
    # Icons have neither text nor forms.
    if b"BT" not in content and b"Do" not in content:
        return
    inner = state.copy()
    if "/Matrix" in form:
        inner.page = _product(_matrix(form.Matrix), inner.page)
    own_resources = form.get("/Resources", resources)
    yield from _lines(form, own_resources, inner, page, fonts, depth + 1)


def _font_of(resources: PdfObject, name: str, fonts: dict[Any, DrawnFont]) -> DrawnFont:
    font = resources.get("/Font", Dictionary()).get(name, Dictionary())
    key = font.objgen if font.is_indirect else name
    if key not in fonts:
        fonts[key] = _read_font(font)
    return fonts[key]


def _read_font(font: PdfObject) -> DrawnFont:
    descendants = font.get("/DescendantFonts", Array())
    descendant = descendants[0] if len(descendants) else Dictionary()
    descriptor = descendant.get("/FontDescriptor", Dictionary())
    program = next(
        (descriptor[key] for key in ("/FontFile2", "/FontFile3") if key in descriptor), None
    )
    codes_are_glyphs = (
        font.get("/Encoding") == Name("/Identity-H")
        and descendant.get("/CIDToGIDMap", Name.Identity) == Name.Identity
    )
    table = font.get("/ToUnicode")
    return DrawnFont(
        str(font.get("/BaseFont", "")).removeprefix("/").partition("+")[2],
        program.read_bytes() if program is not None and codes_are_glyphs else b"",
        dict(_widths(descendant.get("/W", Array()))),
        float(descendant.get("/DW", _DEFAULT_WIDTH)),
        {} if table is None else dict(_to_unicode(table.read_bytes())),
    )


def _widths(listed: PdfObject) -> Iterator[tuple[int, float]]:
    """Yield each glyph with its width (ISO 32000-1, 9.7.4.3)."""
    entries = iter(listed)
    for first in entries:
        following = next(entries)
        if isinstance(following, Array):
            yield from enumerate(map(float, following), start=int(first))
        else:
            width = float(next(entries))
            yield from ((glyph, width) for glyph in range(int(first), int(following) + 1))


_CHARACTERS: Final = re.compile(rb"beginbfchar(.*?)endbfchar", re.DOTALL)
_PAIR: Final = re.compile(rb"<([0-9A-Fa-f]+)>\s*<([0-9A-Fa-f]*)>")


def _to_unicode(table: bytes) -> Iterator[tuple[int, str]]:
    """Yield each code with the characters that a ToUnicode table reads in it (9.10.3).

    Nothing that writes our files writes ranges of codes, so a code in a range stays unread.
    """
    for block in _CHARACTERS.findall(table):
        for code, text in _PAIR.findall(block):
            yield int(code, 16), bytes.fromhex(text.decode()).decode("utf-16-be", "replace")
