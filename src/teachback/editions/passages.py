"""Split a handout into the passages that one reader reads. Pure.

All rules work on passages. Unlike an Edition, a passage knows its place in the author's file, and
its context: an item its lead-in, a cell its heading, a myth its answer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from teachback.content import handout as doc
from teachback.content.advice_blocks import COLUMN_LEADS
from teachback.content.base_model import Role, is_for, text_for
from teachback.content.inline_markup import may_hold_marks, parse_marks
from teachback.editions.footnote_signs import parted, unnoted
from teachback.editions.missing_blanks import spaced
from teachback.files.unprintable_characters import visible_form

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["Passage", "ReaderContext", "Role", "Steps", "as_read", "passages"]

Steps = tuple[Any, ...]
# A text of one of these roles leads to what follows it in the same part.
_LEADS: Final = frozenset({Role.LEAD, Role.HEADING, Role.CAPTION, Role.CALLOUT})
_BLOCKS: Final = frozenset(doc.BLOCKS.values())


class Passage(NamedTuple):
    """A text that one reader gets in one piece.

    `text` has no marks and is normalised (`as_read`), with missing spaces added, so that rules need
    not know how a text is typed. `written` is what the author wrote.

    `path` is its place in the file, and `block` is the same for all passages of a block. `lead` is
    the sentence before a list, or the title of a callout. `column` and `row` are the headings of a
    table's cell. `other` is the answer to a myth, or the myth of an answer. `sources` are the ids
    that the statement names.
    """

    text: str
    written: str
    path: Steps
    role: Role
    audience: str
    block: str
    kind: str = ""
    section: str = ""
    heading: str = ""
    lead: str = ""
    column: str = ""
    row: str = ""
    tier: str = ""
    callout: str = ""
    other: str = ""
    sources: tuple[str, ...] = ()


class ReaderContext(NamedTuple):
    """A reader: the audience with all that it extends, nearest first, and placeholder values."""

    lineage: tuple[str, ...]
    values: Mapping[str, str | None]

    @property
    def audience(self) -> str:
        """The audience's own id."""
        return self.lineage[0]

    def reached(self, item: object) -> bool:
        """Return whether this reader gets an item."""
        return is_for(item, self.lineage)

    def pick(self, text: doc.Text, path: Steps) -> tuple[str, Steps]:
        """Return the words of a text for this reader, and their path."""
        words, name = text_for(text, self.lineage)
        return words, path if name is None else (*path, name)

    def plain(self, text: doc.Text | None) -> str:
        """Return a text for this reader, without marks; a line to write on becomes ____."""
        if text is None:
            return ""
        words = self.pick(text, ())[0]
        return (
            "".join("____" if span.blank else span.text for span in parse_marks(words, self.values))
            if may_hold_marks(words)
            else words.strip()
        )

    def read(self, text: doc.Text | None) -> str:
        """Return a text without marks in the form that rules read."""
        return as_read(self.plain(text))


def as_read(text: str) -> str:
    """Return a text in the form that rules read: visible characters, with missing spaces added."""
    return parted(spaced(visible_form(unnoted(text))))


def passages(handout: doc.Handout, reader: ReaderContext) -> tuple[Passage, ...]:
    """Return all that a reader gets of a checked handout and its card, in the order of the file.

    Raises LookupError for a text without a version for the reader;
    `audience_coverage.reach_problems` finds those first.
    """
    return tuple(_passages(handout, reader))


def _passages(handout: doc.Handout, reader: ReaderContext) -> Iterator[Passage]:
    walk = _Walk(reader, handout.fields)
    top = Passage("", "", (), Role.TITLE, reader.audience, "title")
    yield from walk(handout.title, ("title",), Role.TITLE, top)
    about = top._replace(block="message", sources=handout.sources)
    yield from walk(handout.message, ("message",), Role.MESSAGE, about)
    about = top._replace(block="personal", kind="personal")
    yield from walk(handout.personal, ("personal",), None, about)
    for index, flag in enumerate(handout.red_flags):
        if reader.reached(flag):
            about = top._replace(block=f"flag {flag.id}", kind="red_flags", tier=str(flag.tier))
            yield from walk(flag, ("red_flags", index), None, about)
    if handout.card is not None:
        yield from walk(handout.card, ("card",), None, top._replace(block="card", kind="card"))
    for index, section in enumerate(handout.sections):
        if not reader.reached(section):
            continue
        path = ("sections", index)
        about = top._replace(
            block=f"section {section.id}", section=section.id, heading=reader.read(section.title)
        )
        yield from walk(section.title, (*path, "title"), Role.HEADING, about)
        for number, block in enumerate(section.blocks):
            if reader.reached(block):
                about = about._replace(kind=doc.kind_of(block))
                yield from walk(block, (*path, "blocks", number), None, about)


class _Walk:
    """A walk over the texts that one reader gets of a part of a handout, in reading order.

    `about` is a passage without words: the context that all passages of the part share.
    """

    def __init__(self, reader: ReaderContext, fields: tuple[doc.RecordField, ...]) -> None:
        self.reader = reader
        self.fields = {declared.name: (number, declared) for number, declared in enumerate(fields)}

    def __call__(
        self,
        value: Any,  # noqa: ANN401 -- any part of a handout
        path: Steps,
        role: Role | None,
        about: Passage,
        columns: tuple[str, ...] = (),
    ) -> Iterator[Passage]:
        """Yield the passages of a value; `role` is that of its field, and `columns` its table's."""
        if isinstance(value, doc.PersonalLine):
            number, declared = self.fields[value.field]
            value, path, role = declared.label, ("fields", number, "label"), Role.LABEL
        if isinstance(value, doc.Model):
            yield from self._inside(value, path, role, about, columns)
        elif isinstance(value, tuple):
            first = self.reader.read(value[0]) if role is Role.CELL else ""
            for index, item in enumerate(value):
                if role is Role.CELL:
                    column = columns[index] if index < len(columns) else ""
                    about = about._replace(column=column, row=first if index else "")
                if self.reader.reached(item):
                    yield from self(item, (*path, index), role, about, columns)
        elif role is not None and value is not None:
            written, where = self.reader.pick(value, path)
            yield about._replace(
                text=self.reader.read(value), written=written, path=where, role=role
            )

    def _inside(
        self,
        value: doc.Model,
        path: Steps,
        role: Role | None,
        about: Passage,
        columns: tuple[str, ...],
    ) -> Iterator[Passage]:
        is_block = type(value) in _BLOCKS
        if is_block or isinstance(value, doc.Myth):
            # The place of a block. A myth or a callout in a block has that of its block, too.
            numbers = "/".join(str(step) for step in path[3:] if isinstance(step, int))
            about = about._replace(block=f"{about.section}/{numbers}")
        if is_block:
            about = about._replace(lead="", sources=())
        if isinstance(value, doc.CalloutBlock):
            about = about._replace(callout=str(value.callout))
        if isinstance(value, doc.SourcedModel):
            about = about._replace(sources=(*about.sources, *value.sources))
        for key, name, own_role in doc.text_fields(type(value)):
            inner = getattr(value, name)
            if isinstance(value, (doc.DoDont, doc.Compared)):
                about = about._replace(lead=COLUMN_LEADS[key])
            if isinstance(value, doc.Myth):
                about = about._replace(other=self._other(value, own_role))
            yield from self(
                inner, (*path, key), role if role and own_role else own_role, about, columns
            )
            if own_role in _LEADS or (own_role is Role.ITEM and isinstance(value, doc.OuterItem)):
                about = about._replace(lead=self.reader.read(inner) or about.lead)
            elif own_role is Role.COLUMN and isinstance(inner, tuple):
                columns = tuple(self.reader.read(column) for column in inner)

    def _other(self, myth: doc.Myth, role: Role | None) -> str:
        if role is Role.MYTH:
            return f"{self.reader.read(myth.verdict)} {self.reader.read(myth.answer)}".strip()
        return self.reader.read(myth.myth)
