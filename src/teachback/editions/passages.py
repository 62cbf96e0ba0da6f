"""Split a handout into the passages that one reader reads. Pure.

All rules work on passages. Unlike an Edition, a passage knows its place in the author's file, and
its context: an item its lead-in, a cell its heading, a myth its answer.
"""

from __future__ import annotations

from enum import StrEnum
from functools import singledispatch
from typing import TYPE_CHECKING, Any, NamedTuple

from teachback.content import handout as doc
from teachback.content.base_model import is_for, text_for
from teachback.content.inline_markup import may_hold_marks, parse_marks
from teachback.editions.footnote_signs import parted, unnoted
from teachback.editions.sentence_ends import spaced
from teachback.files.unprintable_characters import visible_form

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

Steps = tuple[Any, ...]


class Role(StrEnum):
    """The role of a passage on the page."""

    TITLE = "title"
    MESSAGE = "message"
    HEADING = "heading"
    PARAGRAPH = "paragraph"
    LEAD = "lead"
    ITEM = "item"
    CAPTION = "caption"
    COLUMN = "column"
    CELL = "cell"
    CALLOUT = "callout"
    FLAG = "flag"
    SHORT = "short"
    WHY = "why"
    MYTH = "myth"
    VERDICT = "verdict"
    ANSWER = "answer"
    QUESTION = "question"
    LABEL = "label"
    ALT = "alt"
    QUOTE = "quote"
    CARD = "card"


class Passage(NamedTuple):
    """A text that one reader gets in one piece.

    `text` has no marks and is normalised (`as_read`), with missing spaces added, so that rules need
    not know how a text is typed. `written` is what the author wrote.

    `path` is its place in the file, and `block` is the same for all passages of a block. `lead` is
    the sentence before a list or the title of a callout, `column` and `row` are the headings of a
    table's cell, and `other` is the answer to a myth, or the myth of an answer. `sources` are the
    ids that the statement names.
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


def passages(handout: doc.Handout, ear: ReaderContext) -> tuple[Passage, ...]:
    """Return all that a reader gets of a checked handout and its card, in the order of the file.

    Raises LookupError for a text without a version for the reader;
    `audience_coverage.reach_problems` finds those first.
    """
    return tuple(_passages(handout, ear))


def _passages(handout: doc.Handout, ear: ReaderContext) -> Iterator[Passage]:
    maker = _Maker(ear, handout.fields)
    yield maker(handout.title, ("title",), Role.TITLE)
    yield maker(handout.message, ("message",), Role.MESSAGE, sources=handout.sources)
    yield from maker.labels(handout.personal, {"block": "personal", "kind": "personal"})
    for index, flag in enumerate(handout.red_flags):
        if ear.reached(flag):
            path = ("red_flags", index)
            about = {
                "block": f"flag {flag.id}",
                "kind": "red_flags",
                "tier": str(flag.tier),
                "sources": flag.sources,
            }
            yield maker(flag.text, (*path, "text"), Role.FLAG, **about)
            if flag.short is not None:
                yield maker(flag.short, (*path, "short"), Role.SHORT, **about)
            if flag.why is not None:
                yield maker(flag.why, (*path, "why"), Role.WHY, **about)
    if handout.card is not None:
        yield from _card(handout.card, maker)
    for index, section in enumerate(handout.sections):
        if not ear.reached(section):
            continue
        path = ("sections", index)
        around = {"section": section.id, "heading": ear.read(section.title)}
        yield maker(
            section.title, (*path, "title"), Role.HEADING, block=f"section {section.id}", **around
        )
        for number, block in enumerate(section.blocks):
            if ear.reached(block):
                named = {
                    **around,
                    "block": f"{section.id}/{number}",
                    "kind": kind_of(block),
                    "sources": block.sources,
                }
                yield from _block(block, (*path, "blocks", number), maker, named)


def kind_of(block: doc.Statement) -> str:
    """Return the key that names a block's kind in the file.

    Raises NotImplementedError for a kind that is not in BLOCKS.
    """
    for key, kind in doc.BLOCKS.items():
        if isinstance(block, kind):
            return key
    raise NotImplementedError(type(block))


class _Maker:
    """A factory of passages for one reader."""

    def __init__(self, ear: ReaderContext, fields: tuple[doc.RecordField, ...]) -> None:
        self.ear = ear
        self.fields = {declared.name: (number, declared) for number, declared in enumerate(fields)}

    def __call__(self, text: doc.Text, path: Steps, role: Role, **about: Any) -> Passage:  # noqa: ANN401 -- fields of Passage
        written, where = self.ear.pick(text, path)
        return Passage(
            self.ear.read(text),
            written,
            where,
            role,
            self.ear.audience,
            **{"block": str(path[0]), **about},
        )

    def items(
        self,
        items: tuple[doc.Item, ...] | None,
        path: Steps,
        about: dict[str, Any],
        role: Role = Role.ITEM,
    ) -> Iterator[Passage]:
        """Yield a passage for each item that the reader gets."""
        for index, item in enumerate(items or ()):
            if self.ear.reached(item):
                sources = (*about.get("sources", ()), *item.sources)
                yield self(item.text, (*path, index, "text"), role, **{**about, "sources": sources})

    def labels(
        self, lines: tuple[doc.PersonalLine, ...], about: dict[str, Any]
    ) -> Iterator[Passage]:
        """Yield a passage for the label of each field that the reader gets a line for."""
        for line in lines:
            if self.ear.reached(line):
                number, declared = self.fields[line.field]
                yield self(declared.label, ("fields", number, "label"), Role.LABEL, **about)


def _card(card: doc.CardText, maker: _Maker) -> Iterator[Passage]:
    about = {"block": "card", "kind": "card"}
    yield maker(card.title, ("card", "title"), Role.CARD, **about)
    yield from maker.items(card.statements, ("card", "statements"), about, Role.CARD)
    for index, line in enumerate(card.lines):
        if maker.ear.reached(line):
            yield maker(line.label, ("card", "lines", index, "label"), Role.LABEL, **about)
    for index, note in enumerate(card.notes):
        if maker.ear.reached(note):
            yield maker(note.title, ("card", "notes", index, "title"), Role.LEAD, **about)
            yield maker(
                note.text,
                ("card", "notes", index, "text"),
                Role.CARD,
                lead=maker.ear.read(note.title),
                **about,
            )


@singledispatch
def _block(
    block: doc.Statement, path: Steps, maker: _Maker, about: dict[str, Any]
) -> Iterator[Passage]:
    """Yield the passages of one block. Raises NotImplementedError for a kind that is not known."""
    raise NotImplementedError(type(block), path, maker, about)


@_block.register(doc.RedFlagsBlock)
@_block.register(doc.ContactBlock)
def _(block: doc.Statement, path: Steps, maker: _Maker, about: dict[str, Any]) -> Iterator[Passage]:
    """Yield nothing: the flags are passages of their own, and a contact box has the clinic's words."""
    del block, path, maker, about
    yield from ()


@_block.register(doc.TextBlock)
def _(block: doc.TextBlock, path: Steps, maker: _Maker, about: dict[str, Any]) -> Iterator[Passage]:
    yield maker(block.text, (*path, "text"), Role.PARAGRAPH, **about)


@_block.register(doc.ListBlock)
def _(block: doc.ListBlock, path: Steps, maker: _Maker, about: dict[str, Any]) -> Iterator[Passage]:
    yield from _list(block.items, block.lead, (path, "list"), maker, about)


@_block.register(doc.StepsBlock)
def _(
    block: doc.StepsBlock, path: Steps, maker: _Maker, about: dict[str, Any]
) -> Iterator[Passage]:
    yield from _list(block.steps, block.lead, (path, "steps"), maker, about)


@_block.register(doc.ChecklistBlock)
def _(
    block: doc.ChecklistBlock, path: Steps, maker: _Maker, about: dict[str, Any]
) -> Iterator[Passage]:
    yield from _list(block.checklist, block.lead, (path, "checklist"), maker, about)


@_block.register(doc.SummaryBlock)
def _(
    block: doc.SummaryBlock, path: Steps, maker: _Maker, about: dict[str, Any]
) -> Iterator[Passage]:
    yield from _list(block.summary, None, (path, "summary"), maker, about)


@_block.register(doc.TableBlock)
def _(
    block: doc.TableBlock, path: Steps, maker: _Maker, about: dict[str, Any]
) -> Iterator[Passage]:
    yield from _table(block.table, (*path, "table"), maker, about)


@_block.register(doc.CalloutBlock)
def _callout(
    block: doc.CalloutBlock, path: Steps, maker: _Maker, about: dict[str, Any]
) -> Iterator[Passage]:
    about = {**about, "callout": str(block.callout)}
    if block.title is not None:
        yield maker(block.title, (*path, "title"), Role.LEAD, **about)
    about["lead"] = maker.ear.read(block.title)
    if block.text is not None:
        yield maker(block.text, (*path, "text"), Role.CALLOUT, **about)
    yield from maker.items(
        block.items, (*path, "list"), {**about, "lead": maker.ear.read(block.text) or about["lead"]}
    )


@_block.register(doc.ReasonsBlock)
def _(
    block: doc.ReasonsBlock, path: Steps, maker: _Maker, about: dict[str, Any]
) -> Iterator[Passage]:
    for index, reason in enumerate(block.reasons):
        if maker.ear.reached(reason):
            yield from _reason(reason, (*path, "reasons", index), maker, about)


@_block.register(doc.MythsBlock)
def _(
    block: doc.MythsBlock, path: Steps, maker: _Maker, about: dict[str, Any]
) -> Iterator[Passage]:
    for index, myth in enumerate(block.myths):
        if maker.ear.reached(myth):
            yield from _myth(myth, (*path, "myths", index), maker, about)


@_block.register(doc.MyNumbersBlock)
def _(
    block: doc.MyNumbersBlock, path: Steps, maker: _Maker, about: dict[str, Any]
) -> Iterator[Passage]:
    for index, number in enumerate(block.my_numbers):
        if maker.ear.reached(number):
            yield maker(number.label, (*path, "my_numbers", index, "label"), Role.LABEL, **about)
            if number.hint is not None:
                yield maker(number.hint, (*path, "my_numbers", index, "hint"), Role.ITEM, **about)


@_block.register(doc.TeachBackBlock)
def _(
    block: doc.TeachBackBlock, path: Steps, maker: _Maker, about: dict[str, Any]
) -> Iterator[Passage]:
    if block.lead is not None:
        yield maker(block.lead, (*path, "lead"), Role.LEAD, **about)
    yield from maker.items(
        block.teach_back,
        (*path, "teach_back"),
        {**about, "lead": maker.ear.read(block.lead)},
        Role.QUESTION,
    )


@_block.register(doc.PersonalBlock)
def _(
    block: doc.PersonalBlock, path: Steps, maker: _Maker, about: dict[str, Any]
) -> Iterator[Passage]:
    del path
    yield from maker.labels(block.personal, about)


@_block.register(doc.NotesBlock)
def _(
    block: doc.NotesBlock, path: Steps, maker: _Maker, about: dict[str, Any]
) -> Iterator[Passage]:
    if block.prompt is not None:
        yield maker(block.prompt, (*path, "prompt"), Role.LABEL, **about)


@_block.register(doc.FigureBlock)
def _(
    block: doc.FigureBlock, path: Steps, maker: _Maker, about: dict[str, Any]
) -> Iterator[Passage]:
    yield maker(block.alt, (*path, "alt"), Role.ALT, **about)
    if block.caption is not None:
        yield maker(block.caption, (*path, "caption"), Role.CAPTION, **about)


@_block.register(doc.QuoteBlock)
def _(
    block: doc.QuoteBlock, path: Steps, maker: _Maker, about: dict[str, Any]
) -> Iterator[Passage]:
    yield maker(block.quote, (*path, "quote"), Role.QUOTE, **about)


def _list(
    items: tuple[doc.Item, ...],
    lead: doc.Text | None,
    place: tuple[Steps, str],
    maker: _Maker,
    about: dict[str, Any],
) -> Iterator[Passage]:
    path, key = place
    if lead is not None:
        yield maker(lead, (*path, "lead"), Role.LEAD, **about)
    yield from maker.items(items, (*path, key), {**about, "lead": maker.ear.read(lead)})


def _table(
    table: doc.HandoutTable, path: Steps, maker: _Maker, about: dict[str, Any]
) -> Iterator[Passage]:
    if table.caption is not None:
        yield maker(table.caption, (*path, "caption"), Role.CAPTION, **about)
    about = {**about, "lead": maker.ear.read(table.caption)}
    columns = [maker.ear.read(column) for column in table.columns]
    for index, column in enumerate(table.columns):
        yield maker(column, (*path, "columns", index), Role.COLUMN, **about)
    for index, row in enumerate(table.rows):
        if not maker.ear.reached(row):
            continue
        first = maker.ear.read(row.cells[0])
        for number, cell in enumerate(row.cells):
            where = (*path, "rows", index, "cells", number)
            column = columns[number] if number < len(columns) else ""
            yield maker(
                cell,
                where,
                Role.CELL,
                **{
                    **about,
                    "column": column,
                    "row": first if number else "",
                    "sources": (*about["sources"], *row.sources),
                },
            )


def _reason(
    reason: doc.Reason, path: Steps, maker: _Maker, about: dict[str, Any]
) -> Iterator[Passage]:
    about = {**about, "sources": (*about["sources"], *reason.sources)}
    yield maker(reason.title, (*path, "title"), Role.HEADING, **about)
    yield from maker.items(
        reason.points, (*path, "points"), {**about, "lead": maker.ear.read(reason.title)}
    )
    for index, note in enumerate(reason.notes):
        if maker.ear.reached(note):
            inside = {
                **about,
                "block": f"{about['block']}/{path[-1]}/{index}",
                "sources": note.sources,
            }
            yield from _callout(note, (*path, "notes", index), maker, inside)


def _myth(myth: doc.Myth, path: Steps, maker: _Maker, about: dict[str, Any]) -> Iterator[Passage]:
    about = {
        **about,
        "block": f"{about['block']}/{path[-1]}",
        "sources": (*about["sources"], *myth.sources),
    }
    wrong, right = maker.ear.read(myth.myth), maker.ear.read(myth.answer)
    verdict = maker.ear.read(myth.verdict)
    yield maker(myth.myth, (*path, "myth"), Role.MYTH, **about, other=f"{verdict} {right}".strip())
    if myth.verdict is not None:
        yield maker(myth.verdict, (*path, "verdict"), Role.VERDICT, **about, other=wrong)
    yield maker(myth.answer, (*path, "answer"), Role.ANSWER, **about, other=wrong)
