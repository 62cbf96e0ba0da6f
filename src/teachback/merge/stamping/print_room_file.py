"""Write files for a print room: many patients' pages in one PDF, after a cover of ids. Pure.

What pages of an edition share is in the file once. A patient adds what is drawn for them, and a few
words for each page. The file is for paper: it has no tags, and does not claim to.
"""

from __future__ import annotations

import io
from copy import copy
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Final, NamedTuple

import pikepdf
from pikepdf import Array, Dictionary, Name

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
from teachback.units import MM_PER_INCH, PT_PER_INCH, Paper

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from teachback.merge.stamping.pdf_template import Template

_TWO_SIDED: Final = {LONG_EDGE, SHORT_EDGE}
# In mm. Paper sizes are written in points, and rounded.
_PAPER_TOLERANCE: Final = 0.5


class PrintRoomRecord(NamedTuple):
    """A record of a file: the name of its Template, its values, its id, and its row."""

    key: str
    values: Mapping[str, str]
    id: str
    row: int


class BundlePage(NamedTuple):
    """A page of a Template in a bundle's file: its number there, and its size in pt.

    `steps` draw it, in order. From 0 they are the numbers of streams that all records share, and
    from -1 downwards the slots of the Template.
    """

    number: int
    size: tuple[float, float]
    steps: tuple[int, ...]


@dataclass(frozen=True)
class TemplateParts:
    """A Template, its pages in a bundle, and PDF's name for how its paper is turned."""

    template: Template
    pages: tuple[BundlePage, ...]
    sides: str

    @property
    def code(self) -> str:
        """The code of the edition. A sheet repeats it for each card; here it occurs once."""
        return " ".join(dict.fromkeys(self.template.code.split()))

    def content(self, index: int, drawn: Sequence[bytes], used_places: range) -> list[int | bytes]:
        """Return the content of a page: numbers of shared streams, and what is drawn for records.

        `drawn` is the content of each slot. Of a sheet, the cards at the `used_places` are drawn,
        and what belongs beside all places up to the last of them.
        """
        steps: Iterable[int] = self.pages[index].steps
        lines = b""
        if self.template.stream_cards:
            cards = self.template.stream_cards[index]
            steps = (step for step, card in zip(steps, cards, strict=True) if card in used_places)
            lines_by_count = self.template.lines_beside[index]
            lines = lines_by_count[used_places.stop - 1] if lines_by_count else b""
        content = [step if step >= 0 else drawn[-step - 1] for step in steps]
        return [*content, lines] if lines else content


class _Sheet(NamedTuple):
    """The pages from one front side to the next.

    A record's handout or card, or a sheet of cards of several records, before which `skip` places
    stay empty.
    """

    key: str
    entries: tuple[PrintRoomRecord, ...]
    skip: int = 0

    @property
    def used_places(self) -> range:
        """The places that hold a card."""
        return range(self.skip, self.skip + len(self.entries))


@dataclass(frozen=True)
class Bundle:
    """Templates by name, prepared for files of many patients. Can be pickled.

    `data` is a PDF of the pages of all Templates and of the cover, without the content of their
    slots. Equal objects are in it once. See `print_room_builder.make_bundle`.
    """

    parts: Mapping[str, TemplateParts]
    cover_parts: TemplateParts
    cover: Cover
    data: bytes

    def combine(
        self,
        entries: Sequence[PrintRoomRecord],
        *,
        name: str,
        duplex: bool,
        number: int,
        skip: int = 0,
    ) -> bytes:
        """Return one PDF of many records in order, after a cover that lists them.

        `name` is the file's name, and `number` its number in the run. The first `skip` places of
        the first sheet of cards stay empty. With `duplex` each record starts on a front side;
        sheets of cards with backs always make all records do so. Records whose Template holds
        several cards are gathered on sheets of that Template; places that are left stay empty. The
        same records give the same bytes. Raises UnstampedError when a value does not fit, and
        ValueError when there is no record, or when sheets are turned over different edges.
        """
        if not entries:
            raise ValueError("a file holds at least one record")
        sheets = tuple(self._sheets(entries, skip))
        flips = {self.parts[sheet.key].sides for sheet in sheets} & _TWO_SIDED
        if len(flips) > 1:
            raise ValueError("sheets that are turned over different edges cannot be in one file")
        sides = (flips or {LONG_EDGE}).pop() if duplex or flips else ONE_SIDE
        with pikepdf.open(io.BytesIO(self.data)) as pdf:
            file = _OpenFile(pdf, sides)
            self._print_cover(file, sheets, entries, (name, number))
            for sheet in sheets:
                parts = self.parts[sheet.key]
                contents = parts.template.drawn(_sheet_values(sheet, parts.template))
                file.outline += [(entry.id, len(file.pages)) for entry in sheet.entries]
                for index, page in enumerate(parts.pages):
                    file.add_page(page.number, parts.content(index, contents, sheet.used_places))
                file.complete_sheet()
            return file.finished(name)

    def _sheets(self, entries: Sequence[PrintRoomRecord], skip: int) -> Iterator[_Sheet]:
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
            entries_left = gathered.pop(entry.key, [])
            while entries_left:
                yield _Sheet(entry.key, tuple(entries_left[: cards - skip]), skip)
                entries_left, skip = entries_left[cards - skip :], 0

    def _print_cover(
        self,
        file: _OpenFile,
        sheets: Sequence[_Sheet],
        entries: Sequence[PrintRoomRecord],
        name_and_number: tuple[str, int],
    ) -> None:
        keys = list(dict.fromkeys(sheet.key for sheet in sheets))
        layout = layout_of(self.cover, [entry.id for entry in entries], len(keys))
        first_page = 1 + file.with_blank_page(layout.pages(len(entries)))
        lines = []
        for sheet in sheets:
            parts = self.parts[sheet.key]
            code, pages = parts.code, len(parts.pages)
            lines += [
                Line(entry.row, entry.id, code, keys.index(sheet.key), pages, first_page)
                for entry in sheet.entries
            ]
            first_page += file.with_blank_page(pages)
        used_parts = [self.parts[key] for key in keys]
        facts = CoverFacts(
            *name_and_number,
            records=len({line.row for line in lines}),
            pages=first_page - 1,
            rows=(min(line.row for line in lines), max(line.row for line in lines)),
            papers=tuple(
                dict.fromkeys(_paper(page.size) for parts in used_parts for page in parts.pages)
            ),
            sides=file.sides,
            editions=tuple(
                (parts.code, len(parts.pages), _paper(parts.pages[0].size)) for parts in used_parts
            ),
        )
        for number, content in cover_pages(self.cover, layout, lines, facts):
            page = self.cover_parts.pages[number]
            # Everything is drawn in the last place. The content before and between the places
            # stays.
            last_step = min(page.steps)
            file.add_page(
                page.number,
                [
                    step if step >= 0 else content
                    for step in page.steps
                    if step >= 0 or step == last_step
                ],
            )
        file.complete_sheet()


def _sheet_values(sheet: _Sheet, template: Template) -> Mapping[str, str] | list[Mapping[str, str]]:
    if template.cards == 1:
        return sheet.entries[0].values
    return [
        *([{}] * sheet.skip),
        *(entry.values for entry in sheet.entries),
        *([{}] * (template.cards - sheet.used_places.stop)),
    ]


def _paper(size: tuple[float, float]) -> str:
    """Return the name of a paper from its size in pt."""
    width, height = (edge * MM_PER_INCH / PT_PER_INCH for edge in size)
    for paper in Paper:
        if (
            abs(paper.box.width - width) < _PAPER_TOLERANCE
            and abs(paper.box.height - height) < _PAPER_TOLERANCE
        ):
            return "A4" if paper is Paper.A4 else paper.capitalize()
    return f"{width:.0f} x {height:.0f} mm"


class _OpenFile:
    """A file that is being written, from the pages of a bundle.

    `outline` has the title of each entry, and the index of its page.
    """

    def __init__(self, pdf: pikepdf.Pdf, sides: str) -> None:
        self.sides = sides
        self.pages: list[pikepdf.Object] = []
        self.outline: list[tuple[str, int]] = []
        self._pdf = pdf
        self._models = [(page.obj, page.obj.Contents.as_list()) for page in pdf.pages]
        self._tree = pdf.make_indirect(Dictionary(Type=Name.Pages))
        self._streams: dict[bytes, pikepdf.Stream] = {}

    def with_blank_page(self, pages: int) -> int:
        """Return the number of pages with the blank one that completes a sheet."""
        return pages + pages % 2 if self.sides != ONE_SIDE else pages

    def add_page(self, number: int, content: Iterable[int | bytes]) -> None:
        """Add a page like page `number` of the bundle, with content as of TemplateParts."""
        model, shared = self._models[number]
        page = copy(model)
        page.Contents = Array(
            [shared[step] if isinstance(step, int) else self._stream(step) for step in content]
        )
        self._add(page)

    def _add(self, page: pikepdf.Object) -> None:
        page.Parent = self._tree
        self.pages.append(self._pdf.make_indirect(page))

    def _stream(self, content: bytes) -> pikepdf.Stream:
        """Return content as a stream. Equal content, such as dates, is stored once."""
        if content not in self._streams:
            self._streams[content] = pikepdf.Stream(self._pdf, content)
        return self._streams[content]

    def complete_sheet(self) -> None:
        """Add a blank page where the next page would otherwise be a back."""
        if self.with_blank_page(len(self.pages)) > len(self.pages):
            size = self.pages[-1].MediaBox
            self._add(Dictionary(Type=Name.Page, MediaBox=size, Resources=Dictionary()))

    def finished(self, name: str) -> bytes:
        """Return the bytes of the file."""
        self._tree.Kids = Array(self.pages)
        self._tree.Count = len(self.pages)
        root = self._pdf.Root
        root.Pages = self._tree
        root.Outlines = self._outline()
        root.PageMode = Name.UseOutlines
        root.ViewerPreferences = Dictionary(
            DisplayDocTitle=True,
            PrintScaling=Name("/None"),
            PickTrayByPDFSize=True,
            Duplex=Name(f"/{self.sides}"),
        )
        with self._pdf.open_metadata(set_pikepdf_as_editor=False, update_docinfo=False) as metadata:
            metadata["dc:title"] = name
            metadata["pdfaid:part"], metadata["pdfaid:conformance"] = "2", "B"
        # Otherwise the first half of the new ID is that of the bundle's file.
        del self._pdf.trailer.ID
        out = io.BytesIO()
        self._pdf.save(
            out,
            object_stream_mode=pikepdf.ObjectStreamMode.generate,
            stream_decode_level=pikepdf.StreamDecodeLevel.none,
            min_version="1.7",
            deterministic_id=True,
        )
        return out.getvalue()

    def _outline(self) -> pikepdf.Object:
        """Return the outline, by which a viewer finds each id."""
        top = self._pdf.make_indirect(Dictionary(Type=Name.Outlines, Count=len(self.outline)))
        items = [
            self._pdf.make_indirect(
                Dictionary(Title=title, Parent=top, Dest=Array([self.pages[page], Name.Fit]))
            )
            for title, page in self.outline
        ]
        for item, following in pairwise(items):
            item.Next, following.Prev = following, item
        top.First, top.Last = items[0], items[-1]
        return top
