"""One edition many times in one file, for the print room: each copy has pages and tags of its own, and shares all that is drawn on them.

Fonts, pictures and the content that does not change are stored once. What is copied: the page's dictionary, its slots, its links, and the tags.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pikepdf
from pikepdf import Array, Dictionary, Name

if TYPE_CHECKING:
    from collections.abc import Mapping

SLOT: Final = "/TeachbackSlot"


def multiply(pdf: pikepdf.Pdf, copies: int, slots: int, *, duplex: bool) -> None:
    """Put an edition's pages into a file `copies` times, one copy behind the other; of its `slots`, each copy has its own.

    With `duplex` each copy begins on the front of a sheet: an odd number of pages gets an empty one. The outline is left out, since
    it would name the first copy only.
    """
    pages = [page.obj for page in pdf.pages]
    root = pdf.Root.StructTreeRoot
    numbers = list(root.ParentTree.Nums)
    parents = {int(key): parent for key, parent in zip(numbers[::2], numbers[1::2], strict=True)}
    (document,) = root.K
    kids = list(document.K) if isinstance(document.K, Array) else [document.K]
    made = _Copies(pdf, pages, parents, slots)
    parts = []
    for copy in range(copies):
        part = pdf.make_indirect(Dictionary(Type=Name.StructElem, S=Name.Part, P=document))
        known = made.pages_of(copy)
        part.K = Array([made.element(kid, part, known) for kid in kids])
        parts.append(part)
        made.finish_pages(known, blank=duplex and len(pages) % 2 == 1)
    document.K = Array(parts)
    for _ in pages:
        del pdf.pages[0]
    entries: list[Any] = []
    for key, parent in enumerate([*made.page_parents, *made.link_parents]):
        entries += [key, parent]
    for key, link in enumerate(made.links, start=len(made.page_parents)):
        link.StructParent = key
    root.ParentTree = pdf.make_indirect(Dictionary(Nums=Array(entries)))
    root.ParentTreeNextKey = len(entries) // 2
    for name in ("/Outlines", "/Names"):
        if name in pdf.Root:
            del pdf.Root[name]


class _Copies:
    """What is known of the copies while they are made: who owns each mark and each link, in the order of the pages."""

    def __init__(self, pdf: pikepdf.Pdf, pages: list[Any], parents: Mapping[int, Any], slots: int) -> None:
        self.pdf, self.pages, self.slots = pdf, pages, slots
        self.marks = [len(parents[int(page.StructParents)]) for page in pages]
        self.places = {page.objgen: number for number, page in enumerate(pages)}
        self.page_parents: list[Any] = []
        self.link_parents: list[Any] = []
        self.links: list[Any] = []
        self._owners: list[list[Any]] = []
        self._links: dict[tuple[int, int], Any] = {}

    def pages_of(self, copy: int) -> list[Any]:
        """Copy the pages, with slots and links of their own."""
        self._owners = [[None] * count for count in self.marks]
        self._links = {}
        made = []
        for number, page in enumerate(self.pages):
            new = Dictionary(dict(page.items()))
            new.StructParents = len(self.page_parents) + number
            if isinstance(page.Contents, Array):
                new.Contents = Array([self._content(piece, copy) for piece in page.Contents])
            new = self.pdf.make_indirect(new)
            annotations = Array()
            for link in page.get("/Annots", Array()):
                self._links[link.objgen] = self.pdf.make_indirect(Dictionary(dict(link.items())))
                if "/P" in link:
                    self._links[link.objgen].P = new
                annotations.append(self._links[link.objgen])
            if len(annotations):
                new.Annots = annotations
            made.append(new)
        return made

    def _content(self, piece: Any, copy: int) -> Any:  # noqa: ANN401 -- a PDF object
        if SLOT not in piece:
            return piece
        return pikepdf.Stream(self.pdf, b" ", {SLOT: int(piece[SLOT]) + copy * self.slots})

    def element(self, element: Any, parent: Any, pages: list[Any]) -> Any:  # noqa: ANN401 -- PDF objects
        """Copy an element of the tags with all in it."""
        new = self.pdf.make_indirect(Dictionary({key: value for key, value in element.items() if key not in {"/K", "/P", "/Pg"}}))
        new.P = parent
        home = self.places[element.Pg.objgen] if "/Pg" in element else -1
        if home >= 0:
            new.Pg = pages[home]
        if "/K" in element:
            kids = element.K
            new.K = Array([self._kid(kid, new, home, pages) for kid in (kids if isinstance(kids, Array) else [kids])])
        return new

    def _kid(self, kid: Any, owner: Any, home: int, pages: list[Any]) -> Any:  # noqa: ANN401 -- PDF objects
        if not isinstance(kid, Dictionary):
            self._owners[home][int(kid)] = owner
            return kid
        if "/S" in kid:
            return self.element(kid, owner, pages)
        new = Dictionary(dict(kid.items()))
        if "/Pg" in kid:
            home = self.places[kid.Pg.objgen]
            new.Pg = pages[home]
        if "/Obj" in kid:
            new.Obj = self._links[kid.Obj.objgen]
            self.links.append(new.Obj)
            self.link_parents.append(owner)
        else:
            self._owners[home][int(kid.MCID)] = owner
        return new

    def finish_pages(self, pages: list[Any], *, blank: bool) -> None:
        """Put copied pages behind those that are there, with an empty one where the next copy is to begin on a front."""
        for page, owners in zip(pages, self._owners, strict=True):
            self.page_parents.append(self.pdf.make_indirect(Array(owners)))
            self.pdf.pages.append(pikepdf.Page(page))
        if blank:
            empty = Dictionary(Type=Name.Page, MediaBox=self.pages[0].MediaBox, Resources=Dictionary(), Tabs=Name.S)
            self.pdf.pages.append(pikepdf.Page(self.pdf.make_indirect(empty)))
