"""Write files for a print room: many patients' pages in one PDF, after a cover of ids. Pure.

The content that pages of an edition share is in the file once, as bytes that were made once for the
run. A patient adds what is drawn for them, and a few words for each page. The file is for paper: it
has no tags, and does not claim to.
"""

from __future__ import annotations

import hashlib
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple
from xml.sax.saxutils import escape

from teachback.merge.stamping.cover_layout import (
    LONG_EDGE,
    ONE_SIDE,
    SHORT_EDGE,
    Cover,
    CoverFacts,
    Line,
    cover_pages,
    layout_of,
)
from teachback.merge.stamping.pdf_template import BESIDE, ENTRY, Template, stream
from teachback.units import MM_PER_INCH, PT_PER_INCH, Paper

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

# Small objects are packed together. A reader unpacks this many to see one.
PACKED: Final = 200
# The compression level of small objects: the words of a page repeat those of the page before.
_LEVEL: Final = 6
_TURNED: Final = {LONG_EDGE, SHORT_EDGE}
# In mm. Paper sizes are written in points, and rounded.
_NEAR: Final = 0.5
_XMP: Final = (
    '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>\n'
    '<x:xmpmeta xmlns:x="adobe:ns:meta/">'
    '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">\n'
    '<rdf:Description rdf:about="" xmlns:pdfaid="http://www.aiim.org/pdfa/ns/id/"'
    ' pdfaid:part="2" pdfaid:conformance="B"/>\n'
    '<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/">\n'
    '<dc:title><rdf:Alt><rdf:li xml:lang="x-default">{title}</rdf:li></rdf:Alt></dc:title>'
    "</rdf:Description>\n"
    "</rdf:RDF></x:xmpmeta>\n"
    '<?xpacket end="r"?>'
)


class PrintRoomRecord(NamedTuple):
    """A record of a file: the name of its Template, its values, its id, and its row."""

    key: str
    values: Mapping[str, str]
    id: str
    row: int


@dataclass(frozen=True)
class PageTemplate:
    """A page of an edition: its dictionary without content and parent, and its size in pt.

    `steps` draw it: they are the numbers of stored streams, or places of a record, which count from
    -1 downwards. For a sheet of cards, `owners` gives the card that each step draws, and `beside`
    is as in Template.
    """

    begins: bytes
    steps: tuple[int, ...]
    size: tuple[float, float]
    owners: tuple[int, ...] = ()
    beside: tuple[bytes, ...] = ()

    def drawn_of(self, cards: int) -> tuple[int, ...]:
        """Return the steps that draw the first `cards` cards of a sheet.

        What is drawn beside them is left out. Of a page that is not a sheet, return all steps.
        """
        if not self.owners:
            return self.steps
        return tuple(
            step
            for step, owner in zip(self.steps, self.owners, strict=True)
            if BESIDE < owner < cards
        )


@dataclass(frozen=True)
class TemplateParts:
    """A Template taken apart.

    Holds its pages, the stored objects that they need, the output intents, and how its paper is
    turned.
    """

    template: Template
    leaves: tuple[PageTemplate, ...]
    needs: frozenset[int]
    intents: tuple[int, ...]
    sides: str

    @property
    def code(self) -> str:
        """The code of the edition. A sheet repeats it for each card; here it occurs once."""
        return " ".join(dict.fromkeys(self.template.code.split()))


class _Sheet(NamedTuple):
    """The pages from one front side to the next.

    A record's handout or card, or a sheet of cards of several records.
    """

    key: str
    entries: tuple[PrintRoomRecord, ...]


@dataclass(frozen=True)
class Bundle:
    """Templates by name, taken apart for files of many patients. Can be pickled.

    `objects` are the ones that they share, numbered from 1. See `print_room_builder.make_bundle`.
    """

    parts: Mapping[str, TemplateParts]
    front: TemplateParts
    cover: Cover
    objects: tuple[bytes, ...]

    def combine(
        self, entries: Sequence[PrintRoomRecord], *, name: str, duplex: bool, number: int
    ) -> bytes:
        """Return one PDF of many records in order, after a cover that lists them.

        `name` is the file's name, and `number` its number in the run. With `duplex` each record
        starts on a front side; sheets of cards with backs always make all records do so. Records
        whose Template holds several cards are gathered on sheets of that Template; places that are
        left stay empty. The same records give the same bytes. Raises UnstampedError when a value
        does not fit, and ValueError when there is no record, or when sheets are turned over
        different edges.
        """
        if not entries:
            message = "a file holds at least one record"
            raise ValueError(message)
        sheets = tuple(self._sheets(entries))
        used = tuple(dict.fromkeys(sheet.key for sheet in sheets))
        turned = {self.parts[key].sides for key in used} & _TURNED
        if len(turned) > 1:
            message = "sheets that are turned over different edges cannot be in one file"
            raise ValueError(message)
        sides = (turned or {LONG_EDGE}).pop() if duplex or turned else ONE_SIDE
        file = _File(
            self.objects,
            frozenset().union(self.front.needs, *(self.parts[key].needs for key in used)),
            sides,
        )
        self._print_cover(file, sheets, entries, (name, number))
        for sheet in sheets:
            part = self.parts[sheet.key]
            at = file.print_pages(
                part.leaves, part.template.drawn(_values(sheet, part.template)), len(sheet.entries)
            )
            file.outline += [(entry.id, at) for entry in sheet.entries]
        codes = [self.parts[key].code for key in used]
        listed = [f"{entry.key}\0{entry.id}\0{entry.row}" for entry in entries]
        made_of = "\0".join([name, str(number), sides, *codes, *listed])
        return file.finished(
            name, self.front.intents, hashlib.sha256(made_of.encode()).hexdigest()[:32]
        )

    def _sheets(self, entries: Sequence[PrintRoomRecord]) -> Iterator[_Sheet]:
        """Yield what is printed together, in order.

        Cards of a Template are gathered at the place of the first of them.
        """
        gathered: dict[str, list[PrintRoomRecord]] = {}
        for entry in entries:
            if self.parts[entry.key].template.cards > 1:
                gathered.setdefault(entry.key, []).append(entry)
        for entry in entries:
            cards = self.parts[entry.key].template.cards
            if cards == 1:
                yield _Sheet(entry.key, (entry,))
                continue
            held = gathered.pop(entry.key, [])
            yield from (
                _Sheet(entry.key, tuple(held[start : start + cards]))
                for start in range(0, len(held), cards)
            )

    def _print_cover(
        self,
        file: _File,
        sheets: Sequence[_Sheet],
        entries: Sequence[PrintRoomRecord],
        named: tuple[str, int],
    ) -> None:
        keys = list(dict.fromkeys(sheet.key for sheet in sheets))
        layout = layout_of(self.cover, [entry.id for entry in entries], len(keys))
        at = 1 + file.fill(layout.pages(len(entries)))
        lines = []
        for sheet in sheets:
            part = self.parts[sheet.key]
            code, pages = part.code, len(part.leaves)
            lines += [
                Line(entry.row, entry.id, code, keys.index(sheet.key), pages, at)
                for entry in sheet.entries
            ]
            at += file.fill(pages)
        leaves = [leaf for key in keys for leaf in self.parts[key].leaves]
        facts = CoverFacts(
            *named,
            records=len({line.row for line in lines}),
            pages=at - 1,
            rows=(min(line.row for line in lines), max(line.row for line in lines)),
            papers=tuple(dict.fromkeys(_paper(leaf.size) for leaf in leaves)),
            sides=file.sides,
            editions=tuple(
                (
                    self.parts[key].code,
                    len(self.parts[key].leaves),
                    _paper(self.parts[key].leaves[0].size),
                )
                for key in keys
            ),
        )
        for number, drawn in cover_pages(self.cover, layout, lines, facts):
            leaf = self.front.leaves[number]
            # Everything is drawn in the last place. The content before and between the places
            # stays.
            last = min(leaf.steps)
            shown = PageTemplate(
                leaf.begins,
                tuple(
                    -1 if step == last else step for step in leaf.steps if step > 0 or step == last
                ),
                leaf.size,
            )
            file.add_page(shown, (zlib.compress(drawn, _LEVEL),), packed=True)
        file.turn_over(self.front.leaves[0].size)


def _values(sheet: _Sheet, template: Template) -> Mapping[str, str] | list[Mapping[str, str]]:
    if template.cards == 1:
        return sheet.entries[0].values
    return [
        *(entry.values for entry in sheet.entries),
        *([{}] * (template.cards - len(sheet.entries))),
    ]


def _paper(size: tuple[float, float]) -> str:
    """Return the name of a paper from its size in pt."""
    width, height = (edge * MM_PER_INCH / PT_PER_INCH for edge in size)
    for paper in Paper:
        if abs(paper.box.width - width) < _NEAR and abs(paper.box.height - height) < _NEAR:
            return "A4" if paper is Paper.A4 else paper.capitalize()
    return f"{width:.0f} x {height:.0f} mm"


class _File:
    """A PDF that is being written: the stored objects that it needs, then its own."""

    def __init__(self, objects: Sequence[bytes], needs: frozenset[int], sides: str) -> None:
        self.sides = sides
        self.outline: list[tuple[str, int]] = []
        self._parts: list[bytes] = [b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"]
        self._at = len(self._parts[0])
        # Object 0 is unused (ISO 32000-1, 7.5.4), and so are stored objects that no page needs.
        self._table: list[tuple[int, int, int]] = [(0, 0, 255)] + [(0, 0, 0)] * len(objects)
        self._small: list[tuple[int, bytes]] = []
        self._known: dict[bytes, int] = {}
        self._pages: list[int] = []
        for number in sorted(needs):
            self._put(number, objects[number - 1])
        self._tree = self._number()

    def fill(self, pages: int) -> int:
        """Return the number of pages with the blank one that completes a sheet."""
        return pages + pages % 2 if self.sides != ONE_SIDE else pages

    def print_pages(
        self, leaves: Sequence[PageTemplate], drawn: Sequence[bytes], cards: int
    ) -> int:
        """Add the pages of a sheet with the content for its records.

        Returns the object number of the first page.
        """
        start = len(self._pages)
        for leaf in leaves:
            self.add_page(leaf, drawn, cards=cards)
        self.turn_over(leaves[-1].size)
        return self._pages[start]

    def add_page(
        self, leaf: PageTemplate, drawn: Sequence[bytes], *, packed: bool = False, cards: int = 1
    ) -> None:
        """Add a page.

        The content may be `packed` (compressed); of a sheet, `cards` cards are drawn.
        """
        numbers = [
            step if step > 0 else self._drawn(drawn[-step - 1], packed=packed)
            for step in leaf.drawn_of(cards)
        ]
        if leaf.beside and leaf.beside[cards - 1]:
            numbers.append(self._drawn(zlib.compress(leaf.beside[cards - 1], _LEVEL), packed=True))
        steps = [b"%d 0 R" % number for number in numbers]
        self._pages.append(
            self._add(
                b"%b/Contents[%b]/Parent %d 0 R>>" % (leaf.begins, b" ".join(steps), self._tree)
            )
        )

    def _drawn(self, content: bytes, *, packed: bool) -> int:
        """Return the object number of some content.

        Equal content, such as dates, is stored once.
        """
        number = self._known.get(content)
        if number is None:
            number = self._known[content] = self._number()
            told = b"%d 0 obj\n<</Filter/FlateDecode/Length %d>>\nstream\n%b\nendstream\nendobj\n"
            self._put(
                number,
                told % (number, len(content), content) if packed else stream(number, content),
            )
        return number

    def turn_over(self, size: tuple[float, float]) -> None:
        """Add a blank page where the next page would otherwise be a back."""
        if self.sides != ONE_SIDE and len(self._pages) % 2:
            edges = b"%g %g" % size
            self._pages.append(
                self._add(
                    b"<</Type/Page/MediaBox[0 0 %b]/Resources<<>>/Parent %d 0 R>>"
                    % (edges, self._tree)
                )
            )

    def finished(self, name: str, intents: Sequence[int], identity: str) -> bytes:
        """Return the bytes of the file."""
        kids = b" ".join(b"%d 0 R" % page for page in self._pages)
        self._small.append(
            (self._tree, b"<</Type/Pages/Count %d/Kids[%b]>>" % (len(self._pages), kids))
        )
        told = _XMP.format(title=escape(name)).encode()
        metadata = self._number()
        begins = b"%d 0 obj\n<</Type/Metadata/Subtype/XML/Length %d>>\nstream\n" % (
            metadata,
            len(told),
        )
        self._put(metadata, begins + told + b"\nendstream\nendobj\n")
        root = self._add(
            b"<</Type/Catalog/Pages %d 0 R/Metadata %d 0 R/OutputIntents[%b]/Outlines %d 0 R"
            b"/PageMode/UseOutlines/ViewerPreferences"
            b"<</DisplayDocTitle true/PrintScaling/None/PickTrayByPDFSize true/Duplex/%b>>>>"
            % (
                self._tree,
                metadata,
                b" ".join(b"%d 0 R" % intent for intent in intents),
                self._outlined(),
                self.sides.encode(),
            )
        )
        self._pack()
        last = self._number()
        self._table[last] = (1, self._at, 0)
        table = zlib.compress(b"".join(ENTRY.pack(*entry) for entry in self._table), _LEVEL)
        one = identity.encode()
        self._parts.append(
            b"%d 0 obj\n<</Type/XRef/W[1 4 1]/Size %d/Root %d 0 R/ID[<%b><%b>]"
            b"/Filter/FlateDecode/Length %d>>\nstream\n%b\nendstream\nendobj\n"
            b"startxref\n%d\n%%%%EOF\n"
            % (last, last + 1, root, one, one, len(table), table, self._at)
        )
        return b"".join(self._parts)

    def _outlined(self) -> int:
        """Add the outline, by which a viewer finds each id, and return its object number."""
        top = self._number()
        first = len(self._table)
        count = len(self.outline)
        for index, (words, page) in enumerate(self.outline):
            before = b"/Prev %d 0 R" % (first + index - 1) if index else b""
            after = b"/Next %d 0 R" % (first + index + 1) if index < count - 1 else b""
            title = words.encode("utf-16-be").hex().encode()
            self._add(
                b"<</Title<feff%b>/Parent %d 0 R%b%b/Dest[%d 0 R/Fit]>>"
                % (title, top, before, after, page)
            )
        self._small.append(
            (
                top,
                b"<</Type/Outlines/Count %d/First %d 0 R/Last %d 0 R>>"
                % (count, first, first + count - 1),
            )
        )
        return top

    def _pack(self) -> None:
        """Pack the small objects into object streams (ISO 32000-1, 7.5.7)."""
        for start in range(0, len(self._small), PACKED):
            held = self._small[start : start + PACKED]
            number = self._number()
            heads = []
            at = 0
            for index, (own, body) in enumerate(held):
                heads.append(b"%d %d" % (own, at))
                at += len(body) + 1
                self._table[own] = (2, number, index)
            head = b" ".join(heads) + b"\n"
            content = zlib.compress(head + b"\n".join(body for _, body in held), _LEVEL)
            told = (
                b"%d 0 obj\n<</Type/ObjStm/N %d/First %d/Filter/FlateDecode/Length %d>>\n"
                b"stream\n%b\nendstream\nendobj\n"
            )
            self._put(number, told % (number, len(held), len(head), len(content), content))

    def _number(self) -> int:
        self._table.append((0, 0, 0))
        return len(self._table) - 1

    def _add(self, body: bytes) -> int:
        number = self._number()
        self._small.append((number, body))
        return number

    def _put(self, number: int, part: bytes) -> None:
        self._table[number] = (1, self._at, 0)
        self._parts.append(part)
        self._at += len(part)
