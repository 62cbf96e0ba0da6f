"""Prepare Templates for files of many patients: put what their pages share into one PDF, once.

This is done once for a run, with pikepdf. Tags are left out: such a file goes to a printer, and
nobody has it read aloud.
"""

from __future__ import annotations

import io
import itertools
from typing import TYPE_CHECKING, Any, Final

import pikepdf
from pikepdf import Array, Dictionary, Name

from teachback.errors import COMPARE, TeachbackError
from teachback.merge.stamping.cover_layout import make_cover
from teachback.merge.stamping.print_room_file import Bundle, BundlePage, TemplateParts

if TYPE_CHECKING:
    from collections.abc import Mapping

    from teachback.merge.stamping.pdf_template import Template

# Keys that are not copied: they lead to the page, the tags or the file around an object, or are
# written anew.
_OMITTED_KEYS: Final = frozenset({"/Parent", "/StructParents", "/StructParent", "/P", "/Length"})
# The page entries that are kept, besides the content (ISO 32000-1, table 30). Links and tags are of
# no use on paper.
_PAGE_KEYS: Final = (
    "/MediaBox",
    "/CropBox",
    "/BleedBox",
    "/TrimBox",
    "/Rotate",
    "/UserUnit",
    "/Group",
)


def make_bundle(
    templates: Mapping[str, Template], cover: Template, sentences: Mapping[str, str]
) -> Bundle:
    """Prepare Templates, named by the caller, and a cover for files of many patients.

    `cover` comes from `cover_template`. `sentences` are its sentences with placeholders for
    numbers, from `cover_words` in its language. The result can be pickled. Raises TeachbackError
    when the pages of a Template are not as this program writes them.
    """
    with pikepdf.new() as pdf:
        store = _Store(pdf)
        parts = {key: _parts(template, store) for key, template in templates.items()}
        cover_parts = _parts(cover, store)
        out = io.BytesIO()
        pdf.save(out, stream_decode_level=pikepdf.StreamDecodeLevel.none, deterministic_id=True)
    return Bundle(parts, cover_parts, make_cover(cover, sentences), out.getvalue())


def _parts(template: Template, store: _Store) -> TemplateParts:
    """Add the pages of a Template to the store, and tell shared streams from slots."""
    slots = {slot.number: -index for index, slot in enumerate(template.slots, start=1)}
    with pikepdf.open(io.BytesIO(template.stamp([{}] * template.cards, b""))) as pdf:
        store.begin()
        pages = tuple(_page(page, slots, store) for page in pdf.pages)
        store.pdf.Root.OutputIntents = store.copy(pdf.Root.get("/OutputIntents", Array()))
        sides = str(pdf.Root.get("/ViewerPreferences", Dictionary()).get("/Duplex", ""))
    return TemplateParts(template, pages, sides.removeprefix("/"))


def _page(page: pikepdf.Page, slots: Mapping[int, int], store: _Store) -> BundlePage:
    content = page.obj.get("/Contents", Array())
    streams = content.as_list() if isinstance(content, Array) else [content]
    shared = [stream for stream in streams if stream.objgen[0] not in slots]
    entries = {name: store.copy(page.obj[name]) for name in _PAGE_KEYS if name in page.obj}
    entries["/Type"] = Name.Page
    entries["/Resources"] = store.add(store.copy(page.resources))
    entries["/Contents"] = Array([store.copy(stream) for stream in shared])
    store.pdf.pages.append(pikepdf.Page(Dictionary(entries)))
    numbers = itertools.count()
    steps = tuple(slots.get(stream.objgen[0]) or next(numbers) for stream in streams)
    left, bottom, right, top = (float(edge) for edge in page.mediabox)
    return BundlePage(len(store.pdf.pages) - 1, (right - left, top - bottom), steps)


class _Store:
    """A PDF into which objects are copied. Equal objects are stored once."""

    def __init__(self, pdf: pikepdf.Pdf) -> None:
        self.pdf = pdf
        self._stored: dict[bytes, Any] = {}
        # The copies of the objects of one file, by their numbers there; None while one is copied.
        self._copies: dict[tuple[int, int], Any] = {}

    def begin(self) -> None:
        """Forget the object numbers of the last file before the next is read."""
        self._copies.clear()

    def copy(self, value: Any) -> Any:  # noqa: ANN401 -- a PDF object, or a plain value
        """Copy a value. Indirect objects are stored, with all that they need."""
        if not isinstance(value, pikepdf.Object) or not value.is_indirect:
            return self._copy_content(value)
        number = value.objgen
        if number not in self._copies:
            self._copies[number] = None
            self._copies[number] = self.add(self._copy_content(value))
        if self._copies[number] is None:
            raise TeachbackError.of(
                "a page's fonts or pictures refer to themselves and cannot be put into one file",
                COMPARE,
            )
        return self._copies[number]

    def add(self, value: Any) -> Any:  # noqa: ANN401
        """Return the stored object that equals this one. Stores it if there is none."""
        data = b""
        dictionary = value
        if isinstance(value, pikepdf.Stream):
            data, dictionary = value.read_raw_bytes(), value.stream_dict
        key = dictionary.unparse(resolved=True) + b"\0" + data
        if key not in self._stored:
            self._stored[key] = self.pdf.make_indirect(value)
        return self._stored[key]

    def _copy_content(self, value: Any) -> Any:  # noqa: ANN401
        if isinstance(value, pikepdf.Stream):
            return pikepdf.Stream(
                self.pdf, value.read_raw_bytes(), self._copy_content(value.stream_dict)
            )
        if isinstance(value, Dictionary):
            return Dictionary(
                {
                    str(key): self.copy(entry)
                    for key, entry in value.items()
                    if key not in _OMITTED_KEYS
                }
            )
        if isinstance(value, Array):
            return Array([self.copy(item) for item in value.as_list()])
        return value
