"""Read what the content of a PDF draws: glyph by glyph, with its place, and the words it claims.

This walk of the content streams (ISO 32000-1, 9.4) trusts no text layer: `proofing.shape_proof`
compares the glyphs with the shapes of the words. Words come from /ActualText, which `tag_writer`
writes around the lines that a text layer cannot tell, or else from the font's ToUnicode table.
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
_SAME: Final[Matrix] = (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)
_EM: Final = 1000.0
# The width of a glyph that a font does not list (ISO 32000-1, table 117).
_DEFAULT_WIDTH: Final = 1000.0
# The most forms within each other.
_MOST_NESTED: Final = 12


@dataclass(frozen=True, eq=False)
class DrawnFont:
    """A font of the file. `program` is the embedded font; empty where codes are no glyph ids.

    Widths are in thousandths of the type size. `read` is its ToUnicode table.
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


class _Shown(NamedTuple):
    """An operation that shows text; `place` is set where the text is placed anew.

    `steps` are its strings as hexadecimal glyph ids in brackets, and the moves between them.
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

    `mark` is its number on the page (UNMARKED for none). `said` is its /ActualText, with `has_said`
    where there is one. `inside` a form, the text is no object of the page itself.
    """

    page: int
    mark: int
    artifact: bool
    has_said: bool
    said: str
    inside: bool
    shown: tuple[_Shown, ...]

    @cached_property
    def words(self) -> str:
        """The words that the file claims for the line."""
        return self.said if self.has_said else "".join(words for _, _, words in self.parts)

    @cached_property
    def parts(self) -> tuple[tuple[DrawnFont, array[int], str], ...]:
        """The glyphs font by font, in painting order, with what the font's table reads in them."""
        found: list[tuple[DrawnFont, array[int]]] = []
        for show in self.shown:
            if not found or found[-1][0] is not show.font:
                found.append((show.font, array("H")))
            found[-1][1].extend(_glyphs(b"".join(_STRING.findall(show.steps))))
        return tuple(
            (font, glyphs, "".join(font.read.get(glyph, "\ufffd") for glyph in glyphs))
            for font, glyphs in found
        )

    @cached_property
    def em(self) -> tuple[float, float, float, float]:
        """The type size as it is printed: along the line (x, y) and up (x, y), in pt."""
        show = self.shown[0]
        across = _times(
            (show.size * show.stretch, 0.0, 0.0, show.size, 0.0, 0.0),
            _times(show.place or _SAME, show.page),
        )
        return across[0], across[1], across[2], across[3]

    @cached_property
    def glyphs(self) -> tuple[DrawnGlyph, ...]:
        """The glyphs in painting order, with their places."""
        return tuple(_placed(self.shown))


def _placed(shown: tuple[_Shown, ...]) -> Iterator[DrawnGlyph]:
    pen = 0.0
    place = _SAME
    for show in shown:
        if show.place is not None:
            place, pen = show.place, 0.0
        matrix = _times(place, show.page)
        for string, move in _STEP.findall(show.steps):
            if move:
                pen -= float(move) / _EM * show.size * show.stretch
            for glyph in _glyphs(string):
                advance = (show.font.width(glyph) / _EM * show.size + show.spacing) * show.stretch
                x, y = _point(matrix, pen, show.rise)
                end_x, end_y = _point(matrix, pen + advance, show.rise)
                yield DrawnGlyph(show.font, glyph, x, y, end_x, end_y, show.rise / show.size)
                pen += advance


def _times(one: Matrix, other: Matrix) -> Matrix:
    a, b, c, d, e, f = one
    g, h, i, j, k, m = other
    return (
        a * g + b * i,
        a * h + b * j,
        c * g + d * i,
        c * h + d * j,
        e * g + f * i + k,
        e * h + f * j + m,
    )


def _point(matrix: Matrix, x: float, y: float) -> tuple[float, float]:
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
    """Return what the pages of a PDF draw as text; without `forms`, only what is drawn directly."""
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
        told = str(pdf.Root.get("/Lang", ""))
        languages = (
            dict(_languages(root, told, None, numbers))
            if any(line.has_said for line in lines)
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
    number: int
    artifact: bool
    said: str | None


@dataclass
class _State:
    """The state of the drawing that shows text (ISO 32000-1, 8.4.1 and 9.3.1).

    Forms are followed `nested` deep.
    """

    nested: int
    page: Matrix = _SAME
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

    `kept` are the states that a Q brings back, and `marks` those that are open. Of the open text
    object, `shown` is what it has shown, `line` where its line begins, and `place` where what comes
    next does, None where that continues.
    """

    resources: Any
    state: _State
    kept: list[_State] = field(default_factory=list)
    marks: list[_Mark] = field(default_factory=list)
    shown: list[_Shown] = field(default_factory=list)
    line: Matrix = _SAME
    place: Matrix | None = _SAME


def _lines(
    content: PdfObject,
    resources: PdfObject,
    state: _State,
    page: int,
    fonts: dict[Any, DrawnFont],
    depth: int,
) -> Iterator[DrawnLine]:
    drawing = _Drawing(resources, state)
    for step in pikepdf.parse_content_stream(content, " ".join(_STEPS)):
        operands, name = step.operands, str(step.operator)
        if name == "ET":
            if drawing.shown:
                yield _line(page, drawing.marks, tuple(drawing.shown), depth)
            drawing.shown = []
        elif name == "Do":
            yield from _form(resources, str(operands[0]), drawing.state, page, fonts, depth)
        elif name == "Tf":
            drawing.state.font = _font(resources, str(operands[0]), fonts)
            drawing.state.size = float(operands[1])
        else:
            _STEPS[name](drawing, name, operands)


def _show(drawing: _Drawing, name: str, operands: PdfObject) -> None:
    if name in {"'", '"'}:
        _move(drawing, "T*", ())
    state = drawing.state
    steps = _steps(operands[-1])
    if state.font is not None and steps:
        drawing.shown.append(
            _Shown(
                state.font, steps, state.size, state.rise, state.stretch, state.spacing,
                drawing.place, state.page,
            )
        )  # fmt: skip
        drawing.place = None


def _move(drawing: _Drawing, name: str, operands: PdfObject) -> None:
    if name in {"BT", "Tm"}:
        drawing.line = _SAME if name == "BT" else _matrix(operands)
    else:
        x, y = (0.0, -drawing.state.leading) if name == "T*" else map(float, operands)
        if name == "TD":
            drawing.state.leading = -y
        drawing.line = _times((1.0, 0.0, 0.0, 1.0, x, y), drawing.line)
    drawing.place = drawing.line


def _keep(drawing: _Drawing, name: str, operands: PdfObject) -> None:
    if name == "q":
        drawing.kept.append(drawing.state.copy())
    elif name == "cm":
        drawing.state.page = _times(_matrix(operands), drawing.state.page)
    elif drawing.kept:
        drawing.state = drawing.kept.pop()


def _bracket(drawing: _Drawing, name: str, operands: PdfObject) -> None:
    if name == "BDC":
        drawing.marks.append(_mark(operands, drawing.resources))
    elif name == "BMC":
        drawing.marks.append(_Mark(UNMARKED, str(operands[0]) == "/Artifact", None))
    elif drawing.marks:
        drawing.marks.pop()


def _set(drawing: _Drawing, name: str, operands: PdfObject) -> None:
    value = float(operands[0])
    if name == "Ts":
        drawing.state.rise = value
    elif name == "Tz":
        drawing.state.stretch = value / 100
    elif name == "Tc":
        drawing.state.spacing = value
    else:
        drawing.state.leading = value


# The operators that text depends on; `_lines` itself does the last three.
_STEPS: Final[Mapping[str, Callable[[_Drawing, str, Any], None]]] = {
    **dict.fromkeys(("Tj", "TJ", "'", '"'), _show),
    **dict.fromkeys(("BT", "Tm", "Td", "TD", "T*"), _move),
    **dict.fromkeys(("q", "Q", "cm"), _keep),
    **dict.fromkeys(("BDC", "BMC", "EMC"), _bracket),
    **dict.fromkeys(("Ts", "Tz", "Tc", "TL"), _set),
    **dict.fromkeys(("ET", "Do", "Tf"), _set),
}


def _matrix(operands: PdfObject) -> Matrix:
    a, b, c, d, e, f = map(float, operands)
    return a, b, c, d, e, f


def _steps(shown: PdfObject) -> bytes:
    """Return what is shown as `_Shown.steps`; nothing where there is no glyph."""
    # Strings and numbers one by one would take ten times as long.
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


def _line(page: int, marks: list[_Mark], shown: tuple[_Shown, ...], depth: int) -> DrawnLine:
    said = next((mark.said for mark in reversed(marks) if mark.said is not None), None)
    number = next((mark.number for mark in reversed(marks) if mark.number >= 0), UNMARKED)
    return DrawnLine(
        page,
        UNMARKED if depth else number,
        any(mark.artifact for mark in marks),
        said is not None,
        said or "",
        depth > 0,
        shown,
    )


def _mark(operands: PdfObject, resources: PdfObject) -> _Mark:
    held = operands[1]
    if isinstance(held, Name):
        held = resources.get("/Properties", Dictionary()).get(str(held), Dictionary())
    said = held.get("/ActualText")
    return _Mark(
        int(held.get("/MCID", UNMARKED)),
        str(operands[0]) == "/Artifact",
        None if said is None else str(said),
    )


def _form(
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
    held = form.get("/Resources", resources)
    drawing = form.read_bytes()
    # Icons have neither text nor forms.
    if b"BT" not in drawing and b"Do" not in drawing:
        return
    inner = state.copy()
    if "/Matrix" in form:
        inner.page = _times(_matrix(form.Matrix), inner.page)
    yield from _lines(form, held, inner, page, fonts, depth + 1)


def _font(resources: PdfObject, name: str, fonts: dict[Any, DrawnFont]) -> DrawnFont:
    held = resources.get("/Font", Dictionary()).get(name, Dictionary())
    key = held.objgen if held.is_indirect else name
    if key not in fonts:
        fonts[key] = _read_font(held)
    return fonts[key]


def _read_font(held: PdfObject) -> DrawnFont:
    below = held.get("/DescendantFonts", Array())
    glyphs = below[0] if len(below) else Dictionary()
    described = glyphs.get("/FontDescriptor", Dictionary())
    program = next(
        (described[key] for key in ("/FontFile2", "/FontFile3") if key in described), None
    )
    by_glyph = (
        held.get("/Encoding") == Name("/Identity-H")
        and glyphs.get("/CIDToGIDMap", Name.Identity) == Name.Identity
    )
    table = held.get("/ToUnicode")
    return DrawnFont(
        str(held.get("/BaseFont", "")).removeprefix("/").partition("+")[2],
        program.read_bytes() if program is not None and by_glyph else b"",
        dict(_widths(glyphs.get("/W", Array()))),
        float(glyphs.get("/DW", _DEFAULT_WIDTH)),
        {} if table is None else dict(_read_as(table.read_bytes())),
    )


def _widths(listed: PdfObject) -> Iterator[tuple[int, float]]:
    """Yield each glyph with its width (ISO 32000-1, 9.7.4.3)."""
    entries = iter(listed)
    for first in entries:
        following = next(entries)
        if isinstance(following, Array):
            yield from ((int(first) + at, float(width)) for at, width in enumerate(following))
        else:
            width = float(next(entries))
            yield from ((glyph, width) for glyph in range(int(first), int(following) + 1))


_CHARS: Final = re.compile(rb"beginbfchar(.*?)endbfchar", re.DOTALL)
_RANGES: Final = re.compile(rb"beginbfrange(.*?)endbfrange", re.DOTALL)
_PAIR: Final = re.compile(rb"<([0-9A-Fa-f]+)>\s*<([0-9A-Fa-f]*)>")
_TRIPLE: Final = re.compile(rb"<([0-9A-Fa-f]+)>\s*<([0-9A-Fa-f]+)>\s*<([0-9A-Fa-f]*)>")


def _read_as(table: bytes) -> Iterator[tuple[int, str]]:
    """Yield each code with the characters that a ToUnicode table reads in it (9.10.3)."""
    for block in _CHARS.findall(table):
        for code, read in _PAIR.findall(block):
            yield int(code, 16), bytes.fromhex(read.decode()).decode("utf-16-be", "replace")
    for block in _RANGES.findall(table):
        for first, last, read in _TRIPLE.findall(block):
            start = int.from_bytes(bytes.fromhex(read.decode()))
            for code in range(int(first, 16), int(last, 16) + 1):
                yield code, chr(start + code - int(first, 16))
