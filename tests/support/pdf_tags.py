"""Read a PDF's tags as a screen reader does: the tree, its words in order, and the rest."""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import page as page_validation
import pikepdf
import pypdfium2
from pypdfium2 import raw

if TYPE_CHECKING:
    from collections.abc import Iterator

NO_MARK = -1
PROFILES = ("ua1", "2a")


@dataclass
class Tag:
    """One element: its role, its dictionary entries as text, its kids (elements and words)."""

    role: str
    entries: dict[str, str]
    attributes: dict[str, Any]
    page: int
    kids: list[Tag | str] = field(default_factory=list)
    links: list[str] = field(default_factory=list)

    def all(self, role: str = "") -> Iterator[Tag]:
        """Yield this element and its descendants, of one role or all, in reading order."""
        if role in {"", self.role}:
            yield self
        for kid in self.kids:
            if isinstance(kid, Tag):
                yield from kid.all(role)

    @property
    def text(self) -> str:
        """The words that are read out: replacements where there are some, otherwise the text."""
        spoken = self.entries.get("ActualText") or self.entries.get("Alt")
        words = spoken or " ".join(kid.text if isinstance(kid, Tag) else kid for kid in self.kids)
        return " ".join(words.split())


@dataclass
class Tagged:
    """A tagged file.

    It has its tree, the words of its artifacts by page, its links, and marks that no element holds.
    """

    tree: Tag
    artifacts: list[str]
    links: list[dict[str, Any]]
    orphans: list[tuple[int, int]]
    parents_match: bool


def read_tags(data: bytes) -> Tagged:
    """Read the tags of a file. The words come from pdfium, by the number of their mark."""
    words = [_words_by_mark(data, page) for page in range(_page_count(data))]
    with pikepdf.open(io.BytesIO(data)) as pdf:
        pages = {page.obj.objgen: number for number, page in enumerate(pdf.pages)}
        seen: dict[tuple[int, int], tuple[int, int]] = {}
        (top,) = pdf.Root.StructTreeRoot.K
        tree = _tag(top, pages, words, seen)
        parents = list(pdf.Root.StructTreeRoot.ParentTree.Nums)
        by_key = dict(zip((int(key) for key in parents[::2]), parents[1::2], strict=True))
        match = all(
            by_key[int(pdf.pages[page].obj.StructParents)][mark].objgen == owner
            for (page, mark), owner in seen.items()
        )
        marks = {
            (page, mark) for page, found in enumerate(words) for mark in found if mark != NO_MARK
        }
        links = [
            {
                "page": number,
                "rect": [float(edge) for edge in link.Rect],
                "words": str(link.Contents),
                "flags": int(link.get("/F", 0)),
                "owner": str(by_key[int(link.StructParent)].S)[1:],
            }
            for number, page in enumerate(pdf.pages)
            for link in page.obj.get("/Annots", [])
        ]
    artifacts = [" ".join(found.get(NO_MARK, "").split()) for found in words]
    return Tagged(tree, artifacts, links, sorted(marks - set(seen)), match)


def _page_count(data: bytes) -> int:
    with pypdfium2.PdfDocument(data) as document:
        return len(document)


def _words_by_mark(data: bytes, number: int) -> dict[int, str]:
    found: dict[int, str] = {}
    with pypdfium2.PdfDocument(data) as document:
        page = document[number]
        lines = page.get_textpage()
        for item in page.get_objects(max_depth=5):
            mark = raw.FPDFPageObj_GetMarkedContentID(item.raw)
            text = ""
            if item.type == raw.FPDF_PAGEOBJ_TEXT:
                size = raw.FPDFTextObj_GetText(item.raw, lines.raw, None, 0)
                buffer = (raw.FPDF_WCHAR * (size // 2 + 1))()
                raw.FPDFTextObj_GetText(item.raw, lines.raw, buffer, size)
                text = bytes(buffer).decode("utf-16-le").rstrip("\0")
            found[mark] = found.get(mark, "") + text + ("" if mark != NO_MARK else " ")
    return found


def _tag(
    element: Any,  # noqa: ANN401 -- a PDF object
    pages: dict[Any, int],
    words: list[dict[int, str]],
    seen: dict[tuple[int, int], tuple[int, int]],
) -> Tag:
    entries = {
        key: str(element[f"/{key}"])
        for key in ("Lang", "Alt", "ActualText", "E", "ID")
        if f"/{key}" in element
    }
    attributes = {str(key)[1:]: value for key, value in element.get("/A", {}).items()}
    page = pages[element.Pg.objgen] if "/Pg" in element else -1
    tag = Tag(str(element.S)[1:], entries, attributes, page)
    for kid in element.get("/K", pikepdf.Array()):
        if isinstance(kid, pikepdf.Dictionary) and "/S" in kid:
            tag.kids.append(_tag(kid, pages, words, seen))
        elif isinstance(kid, pikepdf.Dictionary) and kid.get("/Type") == "/OBJR":
            tag.links.append(str(kid.Obj.Contents))
            assert kid.Pg.objgen in pages
        else:
            place = (
                (pages[kid.Pg.objgen], int(kid.MCID))
                if isinstance(kid, pikepdf.Dictionary)
                else (page, int(kid))
            )
            seen[place] = element.objgen
            tag.kids.append(words[place[0]].get(place[1], ""))
    return tag


def faults(data: bytes, *profiles: str) -> list[tuple[str, str]]:
    """Return the findings of page-validation for a file: PDF/UA-1 and PDF/A-2a, or one of them.

    One false finding is left out: it takes a stream's last byte for a part of the line end when
    that is a carriage return.
    """
    found = [
        (f.rule_id, f.message)
        for name in profiles or PROFILES
        for f in page_validation.validate_pdf_bytes(data, profile=name).failures
    ]
    return [
        fault
        for fault in found
        if fault[0] != "PDFA2A-STREAM-LENGTH-001" or b"\r\nendstream" not in data
    ]
