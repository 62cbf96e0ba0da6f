"""Prepare Templates for files of many patients: store what their pages share once, numbered.

This is done once for a run, with pikepdf. Tags are left out: such a file goes to a printer, and
nobody has it read aloud.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any, Final

import pikepdf
from pikepdf import Array, Dictionary, Name

from teachback.errors import COMPARE, Problem, TeachbackError
from teachback.merge.stamping.cover_layout import make_cover
from teachback.merge.stamping.print_room_file import Bundle, PageTemplate, TemplateParts

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from teachback.merge.stamping.pdf_template import Template

# Keys that lead out of an object to the page, the tags or the file around it.
_LEFT: Final = frozenset({"/Parent", "/StructParents", "/StructParent", "/P", "/Length"})
# The page entries that are kept, besides the content (ISO 32000-1, table 30). Links and tags are of
# no use on paper.
_OF_PAGE: Final = (
    "/MediaBox",
    "/CropBox",
    "/BleedBox",
    "/TrimBox",
    "/Rotate",
    "/UserUnit",
    "/Group",
)


def make_bundle(
    templates: Mapping[str, Template], cover: Template, says: Mapping[str, str]
) -> Bundle:
    """Prepare Templates, named by the caller, and a cover for files of many patients.

    `cover` comes from `cover_template`. `says` are its sentences with placeholders for numbers,
    from `cover_words` in its language. The result can be pickled. Raises TeachbackError when the
    pages of a Template are not as this program writes them.
    """
    store = _Store()
    parts = {key: _parts(template, store) for key, template in templates.items()}
    return Bundle(parts, _parts(cover, store), make_cover(cover, says), tuple(store.objects))


def _parts(template: Template, store: _Store) -> TemplateParts:
    """Split the pages of a Template into stored objects and the places that each record draws."""
    places = {slot.number: -index for index, slot in enumerate(template.slots, start=1)}
    with pikepdf.open(io.BytesIO(template.stamp([{}] * template.cards, b""))) as pdf:
        reached: set[int] = set()
        store.reached = reached
        leaves = tuple(
            _leaf(page, places, store, template, number) for number, page in enumerate(pdf.pages)
        )
        intents = [store.keep(intent) for intent in pdf.Root.get("/OutputIntents", Array())]
        sides = str(pdf.Root.get("/ViewerPreferences", Dictionary()).get("/Duplex", ""))
        store.forget()
    return TemplateParts(
        template, leaves, frozenset(reached), tuple(intents), sides.removeprefix("/")
    )


def _leaf(
    page: pikepdf.Page, places: Mapping[int, int], store: _Store, template: Template, number: int
) -> PageTemplate:
    content = page.obj.get("/Contents", Array())
    streams = content if isinstance(content, Array) else [content]
    steps = tuple(places.get(stream.objgen[0]) or store.keep(stream) for stream in streams)
    known = [(name, page.obj[name]) for name in _OF_PAGE if name in page.obj]
    told = b"".join(name.encode() + store.written(value) for name, value in known)
    resources = store.keep(page.resources)
    left, bottom, right, top = (float(edge) for edge in page.mediabox)
    begins, size = (
        b"<</Type/Page%b/Resources %d 0 R" % (told, resources),
        (right - left, top - bottom),
    )
    if not template.owners:
        return PageTemplate(begins, steps, size)
    return PageTemplate(begins, steps, size, template.owners[number], template.beside[number])


class _Store:
    """Objects numbered from 1. Equal objects are stored once."""

    def __init__(self) -> None:
        self.objects: list[bytes] = []
        self.reached: set[int] = set()
        self._numbers: dict[bytes, int] = {}
        # The numbers of the objects that each object needs, itself included.
        self._needs: dict[int, frozenset[int]] = {}
        self._seen: dict[tuple[int, int], int] = {}

    def forget(self) -> None:
        """Forget the object numbers of one file before the next is read."""
        self._seen.clear()

    def keep(self, thing: Any) -> int:  # noqa: ANN401 -- a PDF object
        """Store an object and all that it needs, and return its number."""
        own = thing.objgen
        number = self._seen.get(own, 0) if own[0] else 0
        if number < 0:
            raise TeachbackError(
                Problem(
                    "a page's fonts or pictures refer to themselves and cannot be put into one "
                    "file",
                    COMPARE,
                )
            )
        if not number:
            if own[0]:
                self._seen[own] = -1
            before, self.reached = self.reached, set()
            body = self._body(thing)
            number = self._numbers.setdefault(body, len(self.objects) + 1)
            if number > len(self.objects):
                self.objects.append(b"%d 0 obj\n%b\nendobj\n" % (number, body))
            self._needs[number] = frozenset(self.reached | {number})
            self.reached = before
            if own[0]:
                self._seen[own] = number
        self.reached |= self._needs[number]
        return number

    def _body(self, thing: Any) -> bytes:  # noqa: ANN401
        if not isinstance(thing, pikepdf.Stream):
            return self._inside(thing)
        data = thing.read_raw_bytes()
        told = self._pairs((str(key), value) for key, value in thing.stream_dict.items())
        return b"<<%b/Length %d>>\nstream\n%b\nendstream" % (told, len(data), data)

    def written(self, value: Any) -> bytes:  # noqa: ANN401
        """Write a value. Indirect objects are stored, and written as references."""
        if isinstance(value, pikepdf.Object) and value.is_indirect:
            return b" %d 0 R" % self.keep(value)
        return self._inside(value)

    def _inside(self, value: Any) -> bytes:  # noqa: ANN401
        if isinstance(value, Dictionary):
            return b"<<%b>>" % self._pairs((str(key), each) for key, each in value.items())
        if isinstance(value, Array):
            return b"[%b]" % b"".join(self.written(each) for each in value.as_list())
        if isinstance(value, pikepdf.Object):
            return b" " + value.unparse()
        if value is None or isinstance(value, bool):
            return {None: b" null", True: b" true", False: b" false"}[value]
        return b" " + f"{value:f}".encode() if not isinstance(value, int) else b" %d" % value

    def _pairs(self, pairs: Iterable[tuple[str, Any]]) -> bytes:
        return b"".join(
            Name(key).unparse() + self.written(value)
            for key, value in sorted(pairs)
            if key not in _LEFT
        )
