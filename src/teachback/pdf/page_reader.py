"""Read a PDF or an HTML page back as text: words in the order of the tags, and runs of letters.

pdfium reads the file, and has no part in printing it. So the proof is about the paper, not about
our own idea of it. Only this module and `page_images` import pypdfium2.
"""

from __future__ import annotations

import ctypes
from dataclasses import dataclass
from functools import cached_property
from itertools import count
from typing import TYPE_CHECKING, Any, Final, TypeAlias, TypeVar

import pypdfium2
from pypdfium2 import raw

from teachback.errors import Problem, TeachbackError
from teachback.files.page_resources import parse_page
from teachback.pdf.text_matching import Edges, Token
from teachback.units import PT_PER_INCH

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping
    from xml.etree.ElementTree import Element

    from teachback.files.contrast import Rgb

_Item = TypeVar("_Item")

# An object of a page, or an element of its tags.
PdfiumHandle: TypeAlias = Any
# A picture of Pillow, which draws for other modules.
Picture: TypeAlias = Any
# left, bottom, right, top in pt, from the bottom left corner of the page.
Bounds = tuple[float, float, float, float]

# A character and the box around its ink.
Letter = tuple[str, Bounds]

INVISIBLE: Final = 3  # ISO 32000-1, table 106: neither filled nor stroked
OPAQUE: Final = 255
# The factor by which a clip path is enlarged, to show all of its text.
WIDER: Final = 100.0
# The least width of a letter, as a share of its height; and the cosine of the angle between its
# foot and its stem (30 degrees off upright).
NARROWEST: Final = 0.8
MOST_SLANT: Final = 0.5
# The sine of the angle from which a line of text counts as turned (3 degrees).
TURNED_LEAST: Final = 0.05
# Elements and structure types within a line of text (ISO 32000-1, 14.8.4.4).
INLINE: Final = frozenset(
    {
        "a",
        "abbr",
        "b",
        "bdi",
        "code",
        "del",
        "em",
        "i",
        "ins",
        "label",
        "mark",
        "s",
        "small",
        "span",
        "strong",
        "sub",
        "sup",
        "u",
        "wbr",
    }
)
WITHIN_A_LINE: Final = frozenset({"Span", "Strong", "Em", "Link", "Code", "Quote"})


@dataclass(frozen=True)
class TextRun:
    """Letters that are painted in one operation.

    `font` is the font's name, and `size` its size in pt as printed. `artifact` is text that a
    screen reader skips: the foot of a page, crop marks, a card's copies. `upright` text is not
    mirrored, upside down, or slanted beyond reading; it may run up or down the page. `drawn` text
    belongs to a picture. `edges` are those of the first and last letter; text that is not upright,
    or turned, has none. `letters` are the characters in order, without blanks.
    """

    words: str
    font: str
    size: float
    color: Rgb
    bounds: Bounds
    painted: bool
    artifact: bool
    upright: bool = True
    drawn: bool = False
    edges: Edges | None = None
    letters: tuple[Letter, ...] = ()


@dataclass(frozen=True)
class ReadPage:
    """One page: width and height in pt, runs in painting order, and text in the order of the tags.

    `marks` are the numbers of its marked content in the order of the tags, each with its block.
    The pictures are drawn by pdfium. `whole` is the page in grey, `bare` the page without its text
    in colour, and `letters` its text alone, in black, whole even where a box clips it.
    """

    width: float
    height: float
    runs: tuple[TextRun, ...]
    tagged: tuple[Token, ...]
    marks: Mapping[int, int]
    whole: Picture
    bare: Picture
    letters: Picture

    @cached_property
    def ground(self) -> Picture:
        """The page without its text, in grey."""
        return self.bare.convert("L")


def read_pages(data: bytes, dpi: float) -> tuple[ReadPage, ...]:
    """Read a PDF's pages, and draw them at `dpi` dots to the inch.

    Raises TeachbackError when pdfium cannot open the file.
    """
    try:
        with pypdfium2.PdfDocument(data) as document:
            return tuple(_read(page, dpi, number) for number, page in enumerate(document, start=1))
    except pypdfium2.PdfiumError as error:
        raise TeachbackError(unreadable_file(error)) from None


def read_words(data: bytes) -> Iterator[str]:
    """Yield the words of a PDF in the order of its tags, one page at a time, without drawing.

    Raises TeachbackError when pdfium cannot open the file.
    """
    try:
        with pypdfium2.PdfDocument(data) as document:
            for page in document:
                yield from _words_in_order(page)
    except pypdfium2.PdfiumError as error:
        raise TeachbackError(unreadable_file(error)) from None


def screen_text(html: str) -> tuple[Token, ...]:
    """Return the text of an HTML page in order, as a browser reads it, even if a style hides it."""
    return tuple(_shown_text(parse_page(html), 0, count(1)))


def _shown_text(element: Element, block: int, blocks: Iterator[int]) -> Iterator[Token]:
    """Yield the text of an element and its children.

    Text only for the eye, or only for a screen reader, is a block of its own.
    """
    tag = element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""
    if not tag or tag in {"style", "title"}:
        return
    is_alone = element.get("aria-hidden") == "true" or "unseen" in element.get("class", "").split()
    own_block = next(blocks) if is_alone or tag not in INLINE else block
    if element.text:
        yield Token(element.text, own_block)
    for child in element:
        yield from _shown_text(child, own_block, blocks)
        if child.tail:
            yield Token(child.tail, own_block)


def unreadable_file(fault: object) -> Problem:
    """Return the problem of a file that cannot be read back."""
    hint = "Print it again; if that does not help, tell the makers of Teachback."
    return Problem(f"the printed file cannot be read back: {fault}", hint)


def _words_in_order(page: pypdfium2.PdfPage) -> tuple[str, ...]:
    text_page = page.get_textpage()
    texts = [
        (raw.FPDFPageObj_GetMarkedContentID(item), _words_of(item, text_page))
        for item in _texts(_items(page))
    ]
    return tuple(words for words, _ in _in_order(_marks_in_order(page), texts))


def _items(page: pypdfium2.PdfPage) -> list[Any]:
    return [raw.FPDFPage_GetObject(page, index) for index in range(raw.FPDFPage_CountObjects(page))]


def _texts(items: list[Any]) -> list[Any]:
    return [item for item in items if raw.FPDFPageObj_GetType(item) == raw.FPDF_PAGEOBJ_TEXT]


def _in_order(
    marks: Mapping[int, int], texts: Iterable[tuple[int, _Item]]
) -> tuple[tuple[_Item, int], ...]:
    """Return a page's tagged texts in the order of the tags, each with the number of its block."""
    by_mark: dict[int, list[_Item]] = {}
    for mark, text in texts:
        by_mark.setdefault(mark, []).append(text)
    return tuple((text, block) for mark, block in marks.items() for text in by_mark.get(mark, ()))


def _words_of(item: PdfiumHandle, text_page: pypdfium2.PdfTextPage) -> str:
    length = raw.FPDFTextObj_GetText(item, text_page, None, 0)
    letters = (ctypes.c_ushort * max(length, 1))()
    raw.FPDFTextObj_GetText(item, text_page, letters, length)
    return bytes(letters).decode("utf-16-le", "replace").partition("\0")[0]


def _read(page: pypdfium2.PdfPage, dpi: float, number: int) -> ReadPage:
    items = _items(page)
    texts = _texts(items)
    text_page = page.get_textpage()
    marks = _marks_in_order(page)
    letters_by_text = _letters_by_text(text_page)
    runs = tuple(
        _run(item, text_page, marks, letters_by_text.get(_address(item))) for item in texts
    )
    by_mark = (
        (raw.FPDFPageObj_GetMarkedContentID(item), run)
        for item, run in zip(texts, runs, strict=True)
    )
    ordered = _in_order(marks, by_mark)
    tagged = tuple(Token(run.words, block, number, run.edges) for run, block in ordered)
    scale = dpi / PT_PER_INCH
    whole = page.render(scale=scale, grayscale=True).to_pil()
    _activate(texts, on=False)
    bare = page.render(scale=scale).to_pil()
    _activate(texts, on=True)
    _activate(
        [item for item in items if raw.FPDFPageObj_GetType(item) != raw.FPDF_PAGEOBJ_TEXT], on=False
    )
    for item, run in zip(texts, runs, strict=True):
        raw.FPDFPageObj_SetFillColor(item, 0, 0, 0, OPAQUE)
        _unclip(item, run.bounds)
    letters = page.render(scale=scale, grayscale=True).to_pil()
    return ReadPage(page.get_width(), page.get_height(), runs, tagged, marks, whole, bare, letters)


def _activate(items: list[Any], *, on: bool) -> None:
    for item in items:
        raw.FPDFPageObj_SetIsActive(item, on)


def _unclip(item: PdfiumHandle, bounds: Bounds) -> None:
    """Enlarge the clip path of a text far beyond it, because a path cannot be removed."""
    left, bottom, right, top = bounds
    raw.FPDFPageObj_TransformClipPath(
        item, WIDER, 0, 0, WIDER, (left + right) / 2 * (1 - WIDER), (bottom + top) / 2 * (1 - WIDER)
    )


def _address(item: PdfiumHandle) -> int | None:
    return ctypes.addressof(item.contents) if item else None


@dataclass(frozen=True)
class _TextLetters:
    """The letters of a text object with their boxes. `ends` are its left and right edge in pt."""

    ends: tuple[float, float]
    letters: tuple[Letter, ...]


def _letters_by_text(text_page: pypdfium2.PdfTextPage) -> dict[int | None, _TextLetters]:
    """Return the letters of a page by the address of the text object that paints them."""
    letters: dict[int | None, list[tuple[int, str]]] = {}
    # The bare handle, because unwrapping it for each letter takes a tenth of the time.
    handle = text_page.raw
    for index in range(raw.FPDFText_CountChars(handle)):
        letter = chr(raw.FPDFText_GetUnicode(handle, index))
        # pdfium adds nothing but blanks of its own.
        if not letter.isspace():
            address = _address(raw.FPDFText_GetTextObject(handle, index))
            letters.setdefault(address, []).append((index, letter))
    box = raw.FS_RECTF()
    # One box for all letters, because making one for each takes longer than reading it.
    ink = (ctypes.c_double * 4)()
    left, bottom, right, top = (
        ctypes.c_double.from_buffer(ink, edge * ctypes.sizeof(ctypes.c_double)) for edge in range(4)
    )
    edges = left, right, bottom, top
    found = {}
    for address, places in letters.items():
        # The loose box of a letter is as wide as the letter's advance.
        raw.FPDFText_GetLooseCharBox(handle, places[0][0], box)
        start = box.left
        raw.FPDFText_GetLooseCharBox(handle, places[-1][0], box)
        letters_there: list[Letter] = []
        for index, letter in places:
            # pdfium writes nothing for a letter without a box.
            ink[:] = [0.0] * 4
            raw.FPDFText_GetCharBox(handle, index, *edges)
            from_x, from_y, to_x, to_y = ink
            letters_there.append((letter, (from_x, from_y, to_x, to_y)))
        found[address] = _TextLetters((start, box.right), tuple(letters_there))
    return found


def _run(
    item: PdfiumHandle,
    text_page: pypdfium2.PdfTextPage,
    marks: Collection[int],
    text_letters: _TextLetters | None,
) -> TextRun:
    size = ctypes.c_float()
    raw.FPDFTextObj_GetFontSize(item, size)
    matrix = raw.FS_MATRIX()
    raw.FPDFPageObj_GetMatrix(item, matrix)
    color = [ctypes.c_uint() for _ in range(4)]
    raw.FPDFPageObj_GetFillColor(item, *color)
    edges = [ctypes.c_float() for _ in range(4)]
    raw.FPDFPageObj_GetBounds(item, *edges)
    red, green, blue, alpha = (int(value.value) for value in color)
    mark = raw.FPDFPageObj_GetMarkedContentID(item)
    # The length of a letter's own axes on the page: across and up.
    across, up = (matrix.a**2 + matrix.b**2) ** 0.5, (matrix.c**2 + matrix.d**2) ** 0.5
    slant = abs(matrix.a * matrix.c + matrix.b * matrix.d)
    # The matrix scales the height of letters; squeezed letters count as small as they are narrow.
    height = abs(size.value) * (up if across > up * NARROWEST else across)
    straight = matrix.a > 0 and matrix.d > 0 and abs(matrix.b) < across * TURNED_LEAST
    return TextRun(
        words=_words_of(item, text_page),
        font=_font_name(item),
        size=height,
        color=(red, green, blue),
        bounds=tuple(edge.value for edge in edges),  # type: ignore[arg-type]
        painted=alpha > 0 and raw.FPDFTextObj_GetTextRenderMode(item) != INVISIBLE,
        artifact=mark < 0,
        drawn=mark >= 0 and mark not in marks,
        upright=matrix.a * matrix.d > matrix.b * matrix.c
        and matrix.a > -across / 10
        and slant <= MOST_SLANT * across * up,
        edges=Edges(*text_letters.ends, matrix.f, height) if text_letters and straight else None,
        letters=text_letters.letters if text_letters else (),
    )


def _font_name(item: PdfiumHandle) -> str:
    font = raw.FPDFTextObj_GetFont(item)
    length = raw.FPDFFont_GetBaseFontName(font, None, 0)
    name = ctypes.create_string_buffer(max(length, 1))
    raw.FPDFFont_GetBaseFontName(font, name, length)
    embedded = raw.FPDFFont_GetIsEmbedded(font) == 1
    return name.value.decode("utf-8", "replace") + ("" if embedded else " (not embedded)")


def _marks_in_order(page: pypdfium2.PdfPage) -> dict[int, int]:
    """Return the numbers of a page's marked content in tag order, each with its block.

    That is the order in which a screen reader speaks. Text in a picture is left out, because the
    picture has its own description.
    """
    tree = raw.FPDF_StructTree_GetForPage(page)
    if not tree:
        return {}
    try:
        roots = [
            raw.FPDF_StructTree_GetChildAtIndex(tree, index)
            for index in range(raw.FPDF_StructTree_CountChildren(tree))
        ]
        blocks = count()
        return {mark: block for root in roots if root for mark, block in _marks(root, 0, blocks)}
    finally:
        raw.FPDF_StructTree_Close(tree)


def _marks(element: PdfiumHandle, block: int, blocks: Iterator[int]) -> Iterator[tuple[int, int]]:
    """Yield the marks below an element, each with its block; inline elements have none."""
    role = _role(element)
    if role == "Figure":
        return
    block = block if role in WITHIN_A_LINE else next(blocks)
    for index in range(raw.FPDF_StructElement_CountChildren(element)):
        child = raw.FPDF_StructElement_GetChildAtIndex(element, index)
        if child:
            yield from _marks(child, block, blocks)
        else:
            mark = raw.FPDF_StructElement_GetChildMarkedContentID(element, index)
            if mark >= 0:
                yield mark, block


def _role(element: PdfiumHandle) -> str:
    length = raw.FPDF_StructElement_GetType(element, None, 0)
    name = ctypes.create_string_buffer(max(length, 2))
    raw.FPDF_StructElement_GetType(element, name, length)
    return name.raw[: max(length - 2, 0)].decode("utf-16-le", "replace")


def grey_pages(data: bytes, dpi: float) -> list[tuple[int, int, bytes]]:
    """Draw all pages of a PDF in grey: width and height in dots, and a byte for each dot."""
    with pypdfium2.PdfDocument(data) as document:
        return [_grey(page, dpi) for page in document]


def grey_page(data: bytes, number: int, dpi: float) -> tuple[int, int, bytes]:
    """Draw one page of a PDF, counted from 0, as `grey_pages` does."""
    with pypdfium2.PdfDocument(data) as document:
        return _grey(document[number], dpi)


def _grey(page: pypdfium2.PdfPage, dpi: float) -> tuple[int, int, bytes]:
    picture = page.render(scale=dpi / PT_PER_INCH, grayscale=True).to_pil()
    return picture.width, picture.height, picture.tobytes()
