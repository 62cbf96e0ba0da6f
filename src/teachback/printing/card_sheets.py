"""Lay printed cards on sheets, as one PDF.

The cards come laid out once, two pages a card: front and back. Each page is painted here as often
as it is wanted. The first time it keeps its tags; every other time it is an artifact, so that a
screen reader reads a sheet of ten equal cards as one card. (A form that holds tagged content may be
painted only once: ISO 32000-1, 14.7.4.)
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any, Final

import pikepdf
from pikepdf import Array, Dictionary, Name, Operator

from teachback.printing.imposition import Hairline, Placement, SheetExtras, Sides, crop_marks
from teachback.units import MM_PER_INCH, PT_PER_INCH, Box

if TYPE_CHECKING:
    from collections.abc import Iterable

    from teachback.printing.imposition import SheetSides

PT: Final = PT_PER_INCH / MM_PER_INCH
HAIRLINE: Final = 0.25  # pt
_MARKING: Final = frozenset({"BDC", "BMC", "EMC", "MP", "DP"})
_DUPLEX: Final = {Sides.LONG_EDGE: "/DuplexFlipLongEdge", Sides.SHORT_EDGE: "/DuplexFlipShortEdge"}


def lay_on_sheets(
    cards: bytes, sheets: tuple[SheetSides, ...], page: Box, sides: Sides, extras: SheetExtras
) -> bytes:
    """Return the PDF of all sheets, fronts and backs in the order in which a printer takes them.

    `cards` is a tagged PDF with two pages for each card, front and back. `page` is in mm. The PDF
    asks the printer for its own size and for the right sides.
    """
    with pikepdf.open(io.BytesIO(cards)) as pdf:
        sources = [source.obj for source in pdf.pages]
        forms = [_form(pdf, source) for source in sources]
        structure = _Structure(pdf)
        first_seen: set[int] = set()
        streams: dict[bytes, pikepdf.Stream] = {}
        for sheet in sheets:
            for placements in (sheet.front, *((sheet.back,) if sheet.back is not None else ())):
                _add_page(
                    pdf, placements, page, extras, (sources, forms), structure, first_seen, streams
                )
        for _ in sources:
            del pdf.pages[0]
        structure.finish(sources, first_seen)
        _ask_for_printing(pdf, sides)
        out = io.BytesIO()
        pdf.save(out, deterministic_id=True, object_stream_mode=pikepdf.ObjectStreamMode.generate)
        return out.getvalue()


def lines_beside(
    placements: tuple[Placement, ...], cards: int, page: Box, extras: SheetExtras
) -> tuple[bytes, ...]:
    """Return the lines on a side of a sheet for its first card, its first two, and so on.

    There is one item for each number of cards up to `cards`: a PDF content stream.
    """
    held = (
        tuple(placement for placement in placements if placement.card < count)
        for count in range(1, cards + 1)
    )
    return tuple(_lines(some, page, extras) for some in held)


def ask_for_printing(data: bytes, sides: Sides, copies: int = 1) -> bytes:
    """Make a PDF ask the printer for its own size and for the right sides.

    It holds its pages as often as `copies` says, since browsers print no other number. Each copy
    begins on a front; a screen reader reads the first.
    """
    with pikepdf.open(io.BytesIO(data)) as pdf:
        _ask_for_printing(pdf, sides)
        pages = list(pdf.pages)
        for _ in range(copies - 1):
            if sides in _DUPLEX and len(pdf.pages) % 2:
                width, height = (float(edge) for edge in list(pages[0].mediabox)[2:])
                pdf.add_blank_page(page_size=(width, height))
            for page in pages:
                pdf.pages.append(page)
                copied = pdf.pages[-1].obj
                if "/StructParents" in copied:
                    del copied.StructParents
        out = io.BytesIO()
        pdf.save(out, deterministic_id=True)
        return out.getvalue()


def _add_page(
    pdf: pikepdf.Pdf,
    placements: tuple[Placement, ...],
    page: Box,
    extras: SheetExtras,
    drawn: tuple[list[Any], list[Any]],
    structure: _Structure,
    first_seen: set[int],
    streams: dict[bytes, pikepdf.Stream],
) -> None:
    sources, forms = drawn
    tagged: list[tuple[Placement, bytes]] = []
    repeats: list[bytes] = []
    used: set[int] = set()
    count = 0
    for placement in placements:
        index = _index(placement)
        matrix = _matrix(placement, page)
        if index in first_seen:
            used.add(index)
            repeats.append(b"q %s cm /Card%d Do Q\n" % (matrix, index))
        else:
            first_seen.add(index)
            content, marks = structure.renumbered(sources[index], count)
            tagged.append((placement, b"q %s cm\n%s\nQ\n" % (matrix, content)))
            count += marks
    body = b"".join(content for _, content in tagged)
    artifacts = b"".join(repeats) + _lines(placements, page, extras)
    if artifacts:
        body += b"/Artifact BMC\n" + artifacts + b"EMC\n"
    # The pages of equal sheets after the first share one stream. One with tags is its own.
    stream = None if tagged else streams.get(body)
    if stream is None:
        stream = pdf.make_stream(body)
        if not tagged:
            streams[body] = stream
    resources = Dictionary(dict(sources[0].Resources.items()))
    if used:
        known = dict(resources.get("/XObject", Dictionary()).items())
        resources.XObject = Dictionary(
            {**known, **{f"/Card{index}": forms[index] for index in sorted(used)}}
        )
    new = Dictionary(
        Type=Name.Page,
        MediaBox=Array([0, 0, _number(page.width), _number(page.height)]),
        Resources=resources,
        Contents=stream,
        Tabs=Name.S,
    )
    if extras.bleed is not None:
        only = placements[0]
        trim = (
            only.x,
            page.height - only.y - only.height,
            only.x + only.width,
            page.height - only.y,
        )
        new.TrimBox = Array([_number(value) for value in trim])
        new.BleedBox = Array(
            [
                _number(value + (extras.bleed if edge > 1 else -extras.bleed))
                for edge, value in enumerate(trim)
            ]
        )
    pdf.pages.append(pikepdf.Page(pdf.make_indirect(new)))
    structure.place([placement for placement, _ in tagged], sources, pdf.pages[-1].obj, page)


class _Structure:
    """The tag tree of the cards, with the new places of their marks on the sheets."""

    def __init__(self, pdf: pikepdf.Pdf) -> None:
        self.pdf = pdf
        self.root = pdf.Root.StructTreeRoot
        numbers = list(self.root.ParentTree.Nums)
        # For a page: the elements of its marks. For a link: the element that holds it.
        self.parents = {
            int(key): parent for key, parent in zip(numbers[::2], numbers[1::2], strict=True)
        }
        self.offsets: dict[tuple[int, int], int] = {}
        # Everything that names its page: elements, and their kids that are references.
        self.held: dict[tuple[int, int], list[Any]] = {}
        self.trees: list[Any] = []
        self.links: list[Any] = []
        self._gather(self.root)

    def _gather(self, element: Any) -> None:  # noqa: ANN401 -- a PDF object
        for kid in element.get("/K", Array()):
            if isinstance(kid, Dictionary):
                if "/Pg" in kid:
                    self.held.setdefault(kid.Pg.objgen, []).append(kid)
                if "/S" in kid:
                    self._gather(kid)

    def renumbered(self, source: Any, offset: int) -> tuple[bytes, int]:  # noqa: ANN401
        """Return a page's content with marks counted from `offset`, and how many there are."""
        self.offsets[source.objgen] = offset
        parsed = []
        for step in pikepdf.parse_content_stream(source):
            operands = step.operands
            if (
                str(step.operator) == "BDC"
                and isinstance(operands[1], Dictionary)
                and "/MCID" in operands[1]
            ):
                marked = Dictionary(dict(operands[1].items()))
                marked.MCID = int(marked.MCID) + offset
                step = pikepdf.ContentStreamInstruction([operands[0], marked], Operator("BDC"))  # noqa: PLW2901 -- the new step
            parsed.append(step)
        return pikepdf.unparse_content_stream(parsed), len(self.parents[int(source.StructParents)])

    def place(self, placements: list[Placement], sources: list[Any], page: Any, paper: Box) -> None:  # noqa: ANN401
        """Set the page and the place of the tags and links of some cards."""
        if not placements:
            return
        page.StructParents = len(self.trees)
        parents = Array()
        for placement in placements:
            source = sources[_index(placement)]
            offset = self.offsets[source.objgen]
            parents.extend(self.parents[int(source.StructParents)])
            for held in self.held.get(source.objgen, []):
                held.Pg = page
                if "/MCID" in held:
                    held.MCID = int(held.MCID) + offset
                if "/S" in held:
                    held.K = Array(
                        [kid + offset if isinstance(kid, int) else kid for kid in held.K]
                    )
                    if str(held.S) == "/Figure":
                        held.A.BBox = _moved(held.A.BBox, placement, paper)
            for link in source.get("/Annots", Array()):
                link.Rect = _moved(link.Rect, placement, paper)
                page.Annots = Array([*page.get("/Annots", Array()), link])
                self.links.append(link)
        self.trees.append(self.pdf.make_indirect(parents))

    def finish(self, sources: list[Any], placed: set[int]) -> None:
        """Remove sides that are not printed from the tags, and rebuild the parent tree."""
        gone = {sources[index].objgen for index in range(len(sources)) if index not in placed}
        if gone:
            self._drop(self.root, gone)
        numbers: list[Any] = []
        for key, parents in enumerate(self.trees):
            numbers += [key, parents]
        for key, link in enumerate(self.links, start=len(self.trees)):
            numbers += [key, self.parents[int(link.StructParent)]]
            link.StructParent = key
        self.root.ParentTree = self.pdf.make_indirect(Dictionary(Nums=Array(numbers)))
        self.root.ParentTreeNextKey = len(self.trees) + len(self.links)
        for name in ("/Outlines", "/Names"):
            # They refer to pages that are gone.
            if name in self.pdf.Root:
                del self.pdf.Root[name]

    def _drop(self, element: Any, gone: set[tuple[int, int]]) -> bool | None:  # noqa: ANN401
        """Drop what is on pages that are gone.

        Return whether anything is kept, or None for an element that never had content.
        """
        kids = list(element.get("/K", Array()))
        stays: list[bool | None] = []
        for kid in kids:
            if isinstance(kid, Dictionary) and "/S" in kid:
                stays.append(self._drop(kid, gone))
            else:
                holder = kid if isinstance(kid, Dictionary) else element
                stays.append(holder.Pg.objgen not in gone)
        # Empty cells are kept beside cells with words.
        kept = [
            kid
            for kid, stay in zip(kids, stays, strict=True)
            if stay or (stay is None and any(stays))
        ]
        if len(kept) < len(kids):
            element.K = Array(kept)
        return any(stays) if any(stay is not None for stay in stays) else None


def _index(placement: Placement) -> int:
    """Return the page (from 0) on which a placement's side was laid out."""
    return 2 * placement.card + placement.back


def _form(pdf: pikepdf.Pdf, page: Any) -> pikepdf.Stream:  # noqa: ANN401 -- a PDF object
    """Turn a page into a form without marks, so that it can be painted many times."""
    bare = [
        step for step in pikepdf.parse_content_stream(page) if str(step.operator) not in _MARKING
    ]
    form = pdf.make_stream(pikepdf.unparse_content_stream(bare))
    form.Type, form.Subtype = Name.XObject, Name.Form
    form.BBox, form.Resources = page.MediaBox, page.Resources
    return form


def _matrix(placement: Placement, page: Box) -> bytes:
    """Return the matrix that moves a card's page to its place; PDF counts from the bottom left."""
    left, bottom = placement.x * PT, (page.height - placement.y - placement.height) * PT
    if placement.turn:
        return b"-1 0 0 -1 %.4f %.4f" % (
            left + placement.width * PT,
            bottom + placement.height * PT,
        )
    return b"1 0 0 1 %.4f %.4f" % (left, bottom)


def _moved(edges: Any, placement: Placement, page: Box) -> Array:  # noqa: ANN401 -- a PDF object
    """Move a rectangle of a card (pt) to its place on the page, as `_matrix` moves content."""
    x0, y0, x1, y1 = (float(edge) for edge in edges)
    left, bottom = placement.x * PT, (page.height - placement.y - placement.height) * PT
    if placement.turn:
        right, top = left + placement.width * PT, bottom + placement.height * PT
        x0, y0, x1, y1 = right - x1, top - y1, right - x0, top - y0
        left = bottom = 0.0
    return Array([round(edge, 4) for edge in (left + x0, bottom + y0, left + x1, bottom + y1)])


def _lines(placements: tuple[Placement, ...], page: Box, extras: SheetExtras) -> bytes:
    """Draw crop marks, outlines and fold lines as black hairlines."""
    drawn: list[bytes] = []
    if extras.marks:
        cards = _whole_cards(placements) if extras.fold else placements
        drawn += [_line(mark, page) for mark in crop_marks(cards)]
    if extras.outline:
        drawn += [
            b"%.4f %.4f %.4f %.4f re S\n"
            % (p.x * PT, (page.height - p.y - p.height) * PT, p.width * PT, p.height * PT)
            for p in placements
        ]
    if extras.fold:
        drawn.append(b"[2 2] 0 d\n")
        drawn += [_line(mark, page) for mark in _folds(placements)]
    return b"q %.2f w 0 G\n" % HAIRLINE + b"".join(drawn) + b"Q\n" if drawn else b""


def _whole_cards(placements: tuple[Placement, ...]) -> tuple[Placement, ...]:
    """Join the halves of folded cards, because they are cut out in one piece."""
    whole = []
    for front, back in zip(placements[::2], placements[1::2], strict=True):
        right, bottom = (
            max(front.x + front.width, back.x + back.width),
            max(front.y + front.height, back.y + back.height),
        )
        whole.append(Placement(front.card, front.x, front.y, right - front.x, bottom - front.y))
    return tuple(whole)


def _folds(placements: tuple[Placement, ...]) -> Iterable[Hairline]:
    for front, back in zip(placements[::2], placements[1::2], strict=True):
        if back.turn:
            yield Hairline(front.x, back.y, front.width, 0.0)
        else:
            yield Hairline(back.x, front.y, 0.0, front.height)


def _line(mark: Hairline, page: Box) -> bytes:
    top = page.height - mark.y
    return b"%.4f %.4f m %.4f %.4f l S\n" % (
        mark.x * PT,
        top * PT,
        (mark.x + mark.width) * PT,
        (top - mark.height) * PT,
    )


def _ask_for_printing(pdf: pikepdf.Pdf, sides: Sides) -> None:
    """Ask the print dialog for the true size, the right sides, and the tray by the paper's size."""
    wishes = Dictionary(dict(pdf.Root.get("/ViewerPreferences", Dictionary()).items()))
    wishes.PrintScaling = Name("/None")
    wishes.PickTrayByPDFSize = True
    wishes.Duplex = Name(_DUPLEX.get(sides, "/Simplex"))
    pdf.Root.ViewerPreferences = wishes


def _number(millimetres: float) -> float:
    return round(millimetres * PT, 4)
