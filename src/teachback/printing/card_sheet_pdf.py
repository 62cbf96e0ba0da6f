"""Draw printed cards and their cut marks on sheets, as one PDF, where `card_sheet_layout` says.

The cards come laid out once, two pages a card: front and back. Each page is painted here as often
as it is printed. The first time it keeps its tags; every other time it is an artifact, so that a
screen reader reads a sheet of ten equal cards as one card. (A form that holds tagged content may be
painted only once: ISO 32000-1, 14.7.4.)
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any, Final

import pikepdf
from pikepdf import Array, Dictionary, Name, Operator

from teachback.printing.card_sheet_layout import Hairline, Placement, SheetExtras, crop_marks
from teachback.printing.settings import Sides
from teachback.units import MM_PER_INCH, PT_PER_INCH, Box

if TYPE_CHECKING:
    from collections.abc import Iterable

    from teachback.printing.card_sheet_layout import SheetSides

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
        sides_of_cards = [source.obj for source in pdf.pages]
        forms = [_form(pdf, source) for source in sides_of_cards]
        tags = _TagTree(pdf, sides_of_cards)
        streams: dict[bytes, pikepdf.Stream] = {}
        for sheet in sheets:
            for placements in (sheet.front, *((sheet.back,) if sheet.back is not None else ())):
                _add_page(pdf, placements, page, extras, forms, tags, streams)
        for _ in sides_of_cards:
            del pdf.pages[0]
        tags.finish()
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
    first_cards = (
        tuple(placement for placement in placements if placement.card < count)
        for count in range(1, cards + 1)
    )
    return tuple(_lines(some_cards, page, extras) for some_cards in first_cards)


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
    forms: list[pikepdf.Stream],
    tags: _TagTree,
    streams: dict[bytes, pikepdf.Stream],
) -> None:
    tagged: list[tuple[Placement, bytes]] = []
    repeats: list[bytes] = []
    repeated: set[int] = set()
    mark_count = 0
    for placement in placements:
        index = _index(placement)
        matrix = _matrix(placement, page)
        if tags.is_placed(index):
            repeated.add(index)
            repeats.append(b"q %s cm /Card%d Do Q\n" % (matrix, index))
        else:
            content, marks = tags.renumbered(index, mark_count)
            tagged.append((placement, b"q %s cm\n%s\nQ\n" % (matrix, content)))
            mark_count += marks
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
    resources = Dictionary(dict(tags.sources[0].Resources.items()))
    if repeated:
        pictures = dict(resources.get("/XObject", Dictionary()).items())
        resources.XObject = Dictionary(
            {**pictures, **{f"/Card{index}": forms[index] for index in sorted(repeated)}}
        )
    sheet_side = Dictionary(
        Type=Name.Page,
        MediaBox=Array([0, 0, _number(page.width), _number(page.height)]),
        Resources=resources,
        Contents=stream,
        Tabs=Name.S,
    )
    if extras.bleed is not None:
        (card,) = placements
        trim = (
            card.x,
            page.height - card.y - card.height,
            card.x + card.width,
            page.height - card.y,
        )
        sheet_side.TrimBox = Array([_number(value) for value in trim])
        sheet_side.BleedBox = Array(
            [
                _number(value + (extras.bleed if edge > 1 else -extras.bleed))
                for edge, value in enumerate(trim)
            ]
        )
    pdf.pages.append(pikepdf.Page(pdf.make_indirect(sheet_side)))
    tags.place([placement for placement, _ in tagged], pdf.pages[-1].obj, page)


class _TagTree:
    """The tag tree of the cards, with the new places of their marks on the sheets.

    `sources` are the pages on which the cards are laid out, front and back of each.
    """

    def __init__(self, pdf: pikepdf.Pdf, sources: list[Any]) -> None:
        self.pdf = pdf
        self.sources = sources
        self.root = pdf.Root.StructTreeRoot
        numbers = list(self.root.ParentTree.Nums)
        # For a page: the elements of its marks. For a link: the element that holds it.
        self.parents = {
            int(key): parent for key, parent in zip(numbers[::2], numbers[1::2], strict=True)
        }
        # For a page that is placed: the number of its first mark on its sheet.
        self.offsets: dict[tuple[int, int], int] = {}
        # For a page: the elements, and the references among their kids, that name it.
        self.naming: dict[tuple[int, int], list[Any]] = {}
        # For a side of a sheet: the elements of its marks.
        self.sheet_parents: list[Any] = []
        self.links: list[Any] = []
        self._gather(self.root)

    def _gather(self, element: Any) -> None:  # noqa: ANN401 -- a PDF object
        for kid in element.get("/K", Array()):
            if isinstance(kid, Dictionary):
                if "/Pg" in kid:
                    self.naming.setdefault(kid.Pg.objgen, []).append(kid)
                if "/S" in kid:
                    self._gather(kid)

    def is_placed(self, index: int) -> bool:
        """Return whether a page is on a sheet already."""
        return self.sources[index].objgen in self.offsets

    def renumbered(self, index: int, offset: int) -> tuple[bytes, int]:
        """Return a page's content with marks counted from `offset`, and how many there are."""
        source = self.sources[index]
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

    def place(self, placements: list[Placement], page: Any, paper: Box) -> None:  # noqa: ANN401
        """Set the page and the place of the tags and links of some cards."""
        if not placements:
            return
        page.StructParents = len(self.sheet_parents)
        parents = Array()
        for placement in placements:
            source = self.sources[_index(placement)]
            offset = self.offsets[source.objgen]
            parents.extend(self.parents[int(source.StructParents)])
            for node in self.naming.get(source.objgen, []):
                node.Pg = page
                if "/MCID" in node:
                    node.MCID = int(node.MCID) + offset
                if "/S" in node:
                    node.K = Array(
                        [kid + offset if isinstance(kid, int) else kid for kid in node.K]
                    )
                    if str(node.S) == "/Figure":
                        node.A.BBox = _moved(node.A.BBox, placement, paper)
            for link in source.get("/Annots", Array()):
                link.Rect = _moved(link.Rect, placement, paper)
                page.Annots = Array([*page.get("/Annots", Array()), link])
                self.links.append(link)
        self.sheet_parents.append(self.pdf.make_indirect(parents))

    def finish(self) -> None:
        """Remove sides that are not printed from the tags, and rebuild the parent tree."""
        unprinted = {source.objgen for source in self.sources} - self.offsets.keys()
        if unprinted:
            self._drop(self.root, unprinted)
        numbers: list[Any] = []
        for key, parents in enumerate(self.sheet_parents):
            numbers += [key, parents]
        for key, link in enumerate(self.links, start=len(self.sheet_parents)):
            numbers += [key, self.parents[int(link.StructParent)]]
            link.StructParent = key
        self.root.ParentTree = self.pdf.make_indirect(Dictionary(Nums=Array(numbers)))
        self.root.ParentTreeNextKey = len(self.sheet_parents) + len(self.links)
        for name in ("/Outlines", "/Names"):
            # They refer to pages that are gone.
            if name in self.pdf.Root:
                del self.pdf.Root[name]

    def _drop(self, element: Any, unprinted: set[tuple[int, int]]) -> bool | None:  # noqa: ANN401
        """Drop what is on unprinted pages.

        Return whether anything is kept, or None for an element that never had content.
        """
        kids = list(element.get("/K", Array()))
        printed: list[bool | None] = []
        for kid in kids:
            if isinstance(kid, Dictionary) and "/S" in kid:
                printed.append(self._drop(kid, unprinted))
            else:
                holder = kid if isinstance(kid, Dictionary) else element
                printed.append(holder.Pg.objgen not in unprinted)
        # Empty cells are kept beside cells with words.
        remaining = [
            kid
            for kid, is_printed in zip(kids, printed, strict=True)
            if is_printed or (is_printed is None and any(printed))
        ]
        if len(remaining) < len(kids):
            element.K = Array(remaining)
        return any(printed) if printed.count(None) < len(printed) else None


def _index(placement: Placement) -> int:
    """Return the page (from 0) on which a placement's side was laid out."""
    return 2 * placement.card + placement.back


def _form(pdf: pikepdf.Pdf, page: Any) -> pikepdf.Stream:  # noqa: ANN401 -- a PDF object
    """Turn a page into a form without marks, so that it can be painted many times."""
    unmarked = [
        step for step in pikepdf.parse_content_stream(page) if str(step.operator) not in _MARKING
    ]
    form = pdf.make_stream(pikepdf.unparse_content_stream(unmarked))
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
        right = max(front.x + front.width, back.x + back.width)
        bottom = max(front.y + front.height, back.y + back.height)
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
    preferences = Dictionary(dict(pdf.Root.get("/ViewerPreferences", Dictionary()).items()))
    preferences.PrintScaling = Name("/None")
    preferences.PickTrayByPDFSize = True
    preferences.Duplex = Name(_DUPLEX.get(sides, "/Simplex"))
    pdf.Root.ViewerPreferences = preferences


def _number(millimetres: float) -> float:
    return round(millimetres * PT, 4)
