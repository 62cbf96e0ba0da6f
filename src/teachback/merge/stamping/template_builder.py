"""Build a Template from a written PDF: cut its content at the fields' places.

Each place becomes a stream of its own. This is done once for an edition, with pikepdf. The file is
our own: `pdf.tag_writer` titles the element of each place with the prefix `record.`, and its one
mark in the content holds a space.
"""

from __future__ import annotations

import io
import itertools
import re
import zlib
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

import pikepdf
from pikepdf import Array, Dictionary, Name

from teachback.content.inline_markup import RECORD
from teachback.errors import COMPARE, TeachbackError
from teachback.files.workspace import read_bytes
from teachback.merge.stamping.pdf_template import ENTRY, NO_CARD, STEP, Slot, Template, blank
from teachback.pdf.text_shaping import SlotFont, shaper, slot_font
from teachback.units import PT_PER_INCH, PX_PER_INCH

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from teachback.pdf.page_layout import FieldOpening

# The key of a stream that is a place, until the file is cut.
SLOT: Final = "/TeachbackSlot"
PX_PER_PT: Final = PX_PER_INCH / PT_PER_INCH
# The operators that draw the run of a place. All others set the state for later runs, and stay.
_DRAWING: Final = frozenset({"BT", "ET", "Tm", "Td", "TD", "T*", "Tj", "TJ", "'", '"'})


@dataclass(frozen=True)
class FieldPlace:
    """A field's place as laid out, with its font files.

    `fonts` are those that its style names, in their order; `stand_ins` replace missing letters.
    """

    opening: FieldOpening
    fonts: tuple[Path, ...]
    stand_ins: tuple[Path, ...] = ()


@dataclass(frozen=True)
class CutPlan:
    """The instructions for cutting an edition.

    Holds its code and language, the smallest type (`floor`, in pt), and the characters of all its
    records (None: all that the fonts have). `cards` is the number of cards in the file, each with
    two pages; 1 for a handout. For a sheet, `cards_by_page` lists the cards of each page in drawing
    order, and `lines_beside` becomes `Template.lines_beside`.
    """

    code: str
    language: str
    floor: float
    characters: frozenset[str] | None = None
    cards: int = 1
    cards_by_page: tuple[tuple[int, ...], ...] = ()
    lines_beside: tuple[tuple[bytes, ...], ...] = ()


@dataclass(frozen=True)
class _TaggedPlace:
    """A field's place in the file, from its tag.

    Holds the field, the page, its mark there, and the /ActualText of the empty place.
    """

    field: str
    page: tuple[int, int]
    mark: int
    words: str


def make_template(data: bytes, places: Sequence[FieldPlace], plan: CutPlan) -> Template:
    """Cut a written file at its places.

    A file without places gives a Template that only stamps its ID. Raises TeachbackError when the
    places in the file differ from those that were laid out.
    """
    if plan.characters is not None:
        plan = replace(
            plan, characters=frozenset(letter for word in plan.characters for letter in word)
        )
    with pikepdf.open(io.BytesIO(data)) as pdf:
        tagged = list(_places(pdf.Root.StructTreeRoot))
        if [place.field for place in tagged] != [place.opening.field for place in places]:
            message = "some fields are missing from the page, or out of order"
            raise TeachbackError.of(message, COMPARE)
        paths_by_place = [_fonts_of(place, plan) for place in places]
        paths = list(dict.fromkeys(itertools.chain.from_iterable(paths_by_place)))
        fonts = tuple(
            _slot_font(path, path.stat().st_mtime_ns, plan.characters, plan.language)
            for path in paths
        )
        slot_count, stream_cards = _split_pages(pdf, tagged, plan.cards_by_page)
        _add_fonts(pdf, tagged, fonts)
        file = io.BytesIO()
        pdf.save(
            file,
            object_stream_mode=pikepdf.ObjectStreamMode.generate,
            stream_decode_level=pikepdf.StreamDecodeLevel.none,
            static_id=True,
        )
        pages = len(pdf.pages)
    head, table, trailer, numbers = _split_file(file.getvalue(), slot_count)
    slots = [
        _slot(tag, place.opening, number, tuple(map(paths.index, own_paths)), fonts, plan)
        for tag, place, own_paths, number in zip(
            tagged, places, paths_by_place, numbers, strict=True
        )
    ]
    fields = tuple(dict.fromkeys(place.field for place in tagged))
    return Template(
        plan.code,
        pages,
        fields,
        plan.cards,
        tuple(slots),
        fonts,
        head,
        table,
        trailer,
        stream_cards,
        plan.lines_beside,
    )


def _places(element: Any) -> Iterator[_TaggedPlace]:  # noqa: ANN401 -- a PDF object
    """Yield the places in the structure tree, in reading order.

    The /ActualText of an empty place is removed from the element, since it goes into the mark.
    """
    kids = element.get("/K", Array())
    for kid in kids if isinstance(kids, Array) else [kids]:
        if not (isinstance(kid, Dictionary) and "/S" in kid):
            continue
        if str(kid.get("/T", "")).startswith(RECORD):
            (mark,) = kid.K
            yield _TaggedPlace(
                str(kid.T).removeprefix(RECORD),
                kid.Pg.objgen,
                int(mark),
                str(kid.get("/ActualText", "")),
            )
            if "/ActualText" in kid:
                del kid.ActualText
        else:
            yield from _places(kid)


def _split_pages(
    pdf: pikepdf.Pdf, tagged: list[_TaggedPlace], cards_by_page: tuple[tuple[int, ...], ...]
) -> tuple[int, tuple[tuple[int, ...], ...]]:
    """Split the content of each page with places or cards into an array of streams.

    Returns the number of slots, and for each page of a sheet the card that each stream draws.
    """
    count = 0
    cards_of_pages = []
    for number, page in enumerate(pdf.pages):
        places = {place.mark: place for place in tagged if place.page == page.obj.objgen}
        if not places and not cards_by_page:
            continue
        parts = Array()
        stream_cards = []
        for piece, card in _pieces(page, places, cards_by_page[number] if cards_by_page else ()):
            stream_cards.append(card)
            if isinstance(piece, bytes):
                parts.append(pikepdf.Stream(pdf, zlib.compress(piece, 9), Filter=Name.FlateDecode))
            else:
                parts.append(pikepdf.Stream(pdf, b" ", {SLOT: tagged.index(piece)}))
                count += 1
        page.obj.Contents = parts
        cards_of_pages.append(tuple(stream_cards))
    if count != len(tagged):
        raise TeachbackError.of("the fields cannot be found on the page", COMPARE)
    return count, tuple(cards_of_pages) if cards_by_page else ()


def _pieces(
    page: pikepdf.Page, places: dict[int, _TaggedPlace], cards: tuple[int, ...]
) -> Iterator[tuple[bytes | _TaggedPlace, int]]:
    """Cut a page's content into what stays and the places between, each with its card.

    `lay_on_sheets` draws each card between a q and its Q.
    """
    instructions: list[Any] = []
    place: _TaggedPlace | None = None
    cards_left = [*cards, NO_CARD]
    depth = 0
    for instruction in pikepdf.parse_content_stream(page):
        name = str(instruction.operator)
        depth += {"q": 1, "Q": -1}.get(name, 0)
        if place is None:
            marks = instruction.operands[1] if name == "BDC" else None
            place = (
                places.get(int(marks.get("/MCID", -1))) if isinstance(marks, Dictionary) else None
            )
            if place is None:
                instructions.append(instruction)
        elif name == "EMC":
            yield pikepdf.unparse_content_stream(instructions) + b"\n", cards_left[0]
            yield place, cards_left[0]
            instructions, place = [], None
        elif name not in _DRAWING:
            instructions.append(instruction)
        if name == "Q" and depth == 0 and len(cards_left) > 1:
            yield pikepdf.unparse_content_stream(instructions) + b"\n", cards_left.pop(0)
            instructions = []
    if len(cards_left) > 1:
        raise TeachbackError.of("the cards of a sheet cannot be told apart", COMPARE)
    yield pikepdf.unparse_content_stream(instructions) + b"\n", NO_CARD


def _fonts_of(place: FieldPlace, plan: CutPlan) -> tuple[Path, ...]:
    """Return the fonts that a place needs.

    Stand-ins are left out unless a record has characters that the other fonts lack.
    """
    shapers = [
        shaper(_slot_font(path, path.stat().st_mtime_ns, plan.characters, plan.language))
        for path in place.fonts
    ]
    lacking = any(
        all(each.shape(letter).missing for each in shapers) for letter in plan.characters or ()
    )
    return (*place.fonts, *(place.stand_ins if lacking else ()))


@lru_cache(16)
def _slot_font(
    path: Path, changed: int, characters: frozenset[str] | None, language: str
) -> SlotFont:
    """Subset a font. `changed` makes the cache notice a new version of its file."""
    del changed
    return slot_font(read_bytes(path), characters, language)


def _slot(
    place: _TaggedPlace,
    opening: FieldOpening,
    number: int,
    font_indexes: tuple[int, ...],
    fonts: tuple[SlotFont, ...],
    plan: CutPlan,
) -> Slot:
    if not font_indexes:
        message = f"the field '{place.field}' uses a font that is not in the workspace"
        raise TeachbackError.of(message, COMPARE)
    sizes = _sizes(opening.size / PX_PER_PT, plan.floor)
    matrix = (1, 0, 0, -1, round(opening.left, 4), round(opening.baseline, 4))
    space = shaper(fonts[font_indexes[0]]).shape("\xa0").pieces
    return Slot(
        field=place.field,
        number=number,
        mark=place.mark,
        fonts=font_indexes,
        matrix=matrix,
        width=opening.width,
        sizes=sizes,
        blank=blank(
            place.mark,
            place.words,
            font_indexes[0],
            sizes[0],
            matrix,
            space[0][1] if space else b"[]TJ",
        ),
        page=opening.page,
        card=opening.page // 2 if plan.cards > 1 else 0,
        rtl=opening.rtl,
    )


def _sizes(largest: float, floor: float) -> tuple[float, ...]:
    """Return the sizes (px) that a place may take, largest first.

    `largest` is its own size and `floor` the smallest allowed, both in pt.
    """
    smaller = [
        step * STEP for step in range(int(largest / STEP), 0, -1) if floor <= step * STEP < largest
    ]
    return tuple(round(size * PX_PER_PT, 4) for size in (largest, *smaller))


def _add_fonts(pdf: pikepdf.Pdf, tagged: list[_TaggedPlace], fonts: tuple[SlotFont, ...]) -> None:
    if not fonts:
        return
    font_objects = {f"/Slot{index}": _font(pdf, font) for index, font in enumerate(fonts)}
    for page in pdf.pages:
        if any(place.page == page.obj.objgen for place in tagged):
            page.obj.Resources.Font = Dictionary(
                {**dict(page.obj.Resources.get("/Font", Dictionary()).items()), **font_objects}
            )


def _font(pdf: pikepdf.Pdf, font: SlotFont) -> Any:  # noqa: ANN401 -- a PDF object
    """Create the objects of a font whose character codes are glyph ids (ISO 32000-1, 9.7)."""
    name = Name(f"/{font.name}")
    program = pikepdf.Stream(
        pdf, zlib.compress(font.embedded, 9), Filter=Name.FlateDecode, Length1=len(font.embedded)
    )
    descriptor = Dictionary(
        Type=Name.FontDescriptor,
        FontName=name,
        Flags=4,
        FontBBox=Array([round(edge) for edge in font.box]),
        ItalicAngle=0,
        Ascent=round(font.ascent),
        Descent=round(font.descent),
        CapHeight=round(font.capital),
        StemV=80,
        FontFile2=pdf.make_indirect(program),
    )
    glyphs = Dictionary(
        Type=Name.Font,
        Subtype=Name.CIDFontType2,
        BaseFont=name,
        CIDSystemInfo=Dictionary(
            Registry=pikepdf.String("Adobe"), Ordering=pikepdf.String("Identity"), Supplement=0
        ),
        CIDToGIDMap=Name.Identity,
        FontDescriptor=pdf.make_indirect(descriptor),
        W=Array([0, Array([round(width, 3) for width in font.widths])]),
    )
    return pdf.make_indirect(
        Dictionary(
            Type=Name.Font,
            Subtype=Name.Type0,
            BaseFont=name,
            Encoding=Name("/Identity-H"),
            DescendantFonts=Array([pdf.make_indirect(glyphs)]),
            ToUnicode=pdf.make_indirect(
                pikepdf.Stream(
                    pdf, zlib.compress(_to_unicode_table(font.read), 9), Filter=Name.FlateDecode
                )
            ),
        )
    )


def _to_unicode_table(characters_by_glyph: tuple[str, ...]) -> bytes:
    """Return the ToUnicode table, from glyphs to characters (ISO 32000-1, 9.10.3)."""
    # Glyph 0 stands for a missing letter, and is never drawn.
    lines = [
        f"<{glyph:04x}> <{characters.encode('utf-16-be').hex()}>"
        for glyph, characters in enumerate(characters_by_glyph)
        if glyph
    ]
    blocks = [lines[start : start + 100] for start in range(0, len(lines), 100)]
    mappings = "".join(
        f"{len(block)} beginbfchar\n" + "\n".join(block) + "\nendbfchar\n" for block in blocks
    )
    return (
        "/CIDInit /ProcSet findresource begin\n12 dict begin\nbegincmap\n"
        "/CIDSystemInfo\n<< /Registry (Adobe)\n/Ordering (UCS)\n/Supplement 0\n>> def\n"
        "/CMapName /Adobe-Identity-UCS def\n/CMapType 2 def\n"
        f"1 begincodespacerange\n<0000> <ffff>\nendcodespacerange\n{mappings}"
        "endcmap\nCMapName currentdict /CMap defineresource pop\nend\nend"
    ).encode()


def _split_file(data: bytes, slot_count: int) -> tuple[bytes, bytes, bytes, list[int]]:
    """Cut a saved file into its parts.

    Returns the bytes that all records share, the table of offsets, the entries of the trailer, and
    the object numbers of the slots.
    """
    start = int(data.rpartition(b"startxref")[2].split()[0])
    entries, trailer = _read_offset_table(data[start:])
    offsets = {
        number: offset
        for number, (kind, offset, _) in enumerate(entries)
        if kind == 1 and offset != start
    }
    order = sorted(offsets, key=offsets.__getitem__)
    ends = [offsets[number] for number in order[1:]] + [start]
    numbers = [0] * slot_count
    shared_parts = [data[: offsets[order[0]]]]
    length = len(shared_parts[0])
    for number, end in zip(order, ends, strict=True):
        object_bytes = data[offsets[number] : end]
        slot_match = re.search(rb"%b (\d+)" % SLOT.encode(), object_bytes[:200])
        if slot_match:
            numbers[int(slot_match[1])] = number
            continue
        entries[number] = (1, length, 0)
        shared_parts.append(object_bytes)
        length += len(object_bytes)
    return (
        b"".join(shared_parts),
        b"".join(ENTRY.pack(*entry) for entry in entries),
        trailer,
        numbers,
    )


def _read_offset_table(end: bytes) -> tuple[list[tuple[int, int, int]], bytes]:
    """Read the table of offsets (ISO 32000-1, 7.5.8) and the trailer entries from a file's end."""
    head, _, body = end.partition(b"stream\n")
    matches = {
        key: re.search(rb"/%b ([^/>]+)" % key, head) for key in (b"W", b"Length", b"Root", b"Info")
    }
    values = {key: match[1].strip() for key, match in matches.items() if match}
    widths = [int(width) for width in values[b"W"].strip(b"[] ").split()]
    rows = zlib.decompress(body[: int(values[b"Length"])])
    # Each row holds the difference to the row above (PNG's filter "up", 7.4.4.4), after one byte
    # that names the filter.
    columns = sum(widths)
    above = bytes(columns)
    entries = []
    for start in range(0, len(rows), columns + 1):
        above = bytes(
            (difference + above_byte) % 256
            for difference, above_byte in zip(
                rows[start + 1 : start + 1 + columns], above, strict=True
            )
        )
        kind, offset = above[: widths[0]], above[widths[0] : widths[0] + widths[1]]
        entries.append(
            (
                int.from_bytes(kind),
                int.from_bytes(offset),
                int.from_bytes(above[widths[0] + widths[1] :]),
            )
        )
    return entries, b"".join(
        b"/%b %b" % (key, values[key]) for key in (b"Root", b"Info") if key in values
    )
