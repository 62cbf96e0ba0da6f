"""Choose an edition: take from a handout what one audience reads. A pure function."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import singledispatch
from typing import TYPE_CHECKING, Final, TypeVar

from teachback.content import handout as doc
from teachback.content.base_model import Model, is_for, text_for
from teachback.content.inline_markup import Line, parse_marks
from teachback.editions import edition as ed

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from teachback.content.sources import Sources
    from teachback.units import TypeSize

ChosenT = TypeVar("ChosenT", bound=doc.Chosen)


# In mm at 13 pt, as fields declare it: the room beside a label on a line of half a bank card, in
# the card's 9 pt type.
HALF_CARD: Final = 45.0


@dataclass(frozen=True)
class Reader:
    """One audience: its lineage, nearest first, the placeholder values and the fields by name."""

    lineage: tuple[str, ...]
    values: Mapping[str, str | None]
    fields: Mapping[str, doc.RecordField] = field(default_factory=dict)


def choose(
    handout: doc.Handout, reader: Reader, *, badge: str, size: TypeSize, sources: Sources
) -> ed.Edition:
    """Return the edition of a checked handout for one audience.

    Raises LookupError for a text without a version for the audience;
    `audience_coverage.reach_problems` finds those first.
    """
    reader = replace(reader, fields={declared.name: declared for declared in handout.fields})
    flags = tuple(_flag(flag, reader) for flag in _reached(handout.red_flags, reader))
    sections = tuple(
        _section(section, reader, flags) for section in _reached(handout.sections, reader)
    )
    placed = {
        block.tier
        for section in sections
        for block in section.blocks
        if isinstance(block, ed.Flags)
    }
    top = tuple(flags_of(flags, tier) for tier in doc.Tier if tier not in placed)
    return ed.Edition(
        handout=handout.id,
        audience=reader.lineage[0],
        language=handout.language,
        size=size,
        title=_line(handout.title, reader),
        badge=badge,
        purpose=handout.purpose,
        message=_line(handout.message, reader),
        personal=_personal(handout.personal, reader),
        version=handout.version,
        review=handout.review,
        flags=flags,
        top=tuple(group for group in top if group.flags),
        sections=sections,
        card=_card(handout.card, reader) if handout.card else None,
        sources=tuple(sources.root[name] for name in cited(handout, reader)),
    )


def flags_of(flags: Iterable[ed.Flag], tier: doc.Tier) -> ed.Flags:
    """Return the flags of one tier, in the author's order."""
    return ed.Flags(tier, tuple(flag for flag in flags if flag.tier is tier))


def cited(value: object, reader: Reader) -> tuple[str, ...]:
    """Return the ids of the sources of everything that this reader gets, in order, each once."""
    return tuple(dict.fromkeys(_cited(value, reader)))


def _cited(value: object, reader: Reader) -> Iterable[str]:
    if isinstance(value, tuple):
        for item in value:
            yield from _cited(item, reader)
    elif isinstance(value, Model):
        if not is_for(value, reader.lineage):
            return
        for name in type(value).model_fields:
            field = getattr(value, name)
            yield from field if name == "sources" else _cited(field, reader)


def _reached(items: Iterable[ChosenT], reader: Reader) -> Iterable[ChosenT]:
    return (item for item in items if is_for(item, reader.lineage))


def _line(text: doc.Text, reader: Reader) -> Line:
    widths = {name: declared.width_mm for name, declared in reader.fields.items()}
    words, _ = text_for(text, reader.lineage)
    return parse_marks(words, reader.values, widths)


def _maybe(text: doc.Text | None, reader: Reader) -> Line | None:
    return None if text is None else _line(text, reader)


def _entries(items: Iterable[doc.Item] | None, reader: Reader) -> tuple[ed.ListEntry, ...]:
    return tuple(
        ed.ListEntry(_line(item.text, reader), item.id) for item in _reached(items or (), reader)
    )


def _place(field: str | None) -> ed.Place | None:
    """Return the place of a field that takes up a whole line."""
    return None if field is None else ed.Place(field)


def _personal(lines: Iterable[doc.PersonalLine], reader: Reader) -> tuple[ed.PersonalPlace, ...]:
    declared = (reader.fields[line.field] for line in _reached(lines, reader))
    return tuple(
        ed.PersonalPlace(_line(one.label, reader), ed.Place(one.name, one.width_mm))
        for one in declared
    )


def _flag(flag: doc.RedFlag, reader: Reader) -> ed.Flag:
    text = _line(flag.text, reader)
    short = _maybe(flag.short, reader) or text
    return ed.Flag(
        flag.id,
        flag.tier,
        text,
        short,
        _maybe(flag.why, reader),
        doc.is_on_card(flag, reader.lineage),
    )


def _card(card: doc.CardText, reader: Reader) -> ed.CardSide:
    return ed.CardSide(
        title=_line(card.title, reader),
        statements=_entries(card.statements, reader),
        lines=tuple(_write_in(line, reader) for line in _reached(card.lines, reader)),
        notes=tuple(
            ed.Note(_line(n.title, reader), _line(n.text, reader))
            for n in _reached(card.notes, reader)
        ),
    )


def _write_in(line: doc.WriteInLine, reader: Reader) -> ed.WriteIn:
    wide = line.field is not None and reader.fields[line.field].width_mm > HALF_CARD
    return ed.WriteIn(_line(line.label, reader), _place(line.field), wide)


def _section(section: doc.Section, reader: Reader, flags: tuple[ed.Flag, ...]) -> ed.EditionSection:
    blocks: list[ed.EditionBlock] = []
    for block in _reached(section.blocks, reader):
        if isinstance(block, doc.RedFlagsBlock):
            groups = (flags_of(flags, tier) for tier in block.red_flags)
            blocks.extend(group for group in groups if group.flags)
        else:
            blocks.append(_block(block, reader))
    return ed.EditionSection(section.id, _line(section.title, reader), tuple(blocks))


@singledispatch
def _block(block: doc.Statement, reader: Reader) -> ed.EditionBlock:
    raise NotImplementedError(type(block), reader)


@_block.register
def _(block: doc.TextBlock, reader: Reader) -> ed.EditionBlock:
    return ed.Paragraph(_line(block.text, reader), block.id)


@_block.register
def _(block: doc.ListBlock, reader: Reader) -> ed.EditionBlock:
    return ed.EditionList(_entries(block.items, reader), _maybe(block.lead, reader))


@_block.register
def _(block: doc.StepsBlock, reader: Reader) -> ed.EditionBlock:
    return ed.EditionList(_entries(block.steps, reader), _maybe(block.lead, reader), "steps")


@_block.register
def _(block: doc.ChecklistBlock, reader: Reader) -> ed.EditionBlock:
    return ed.EditionList(
        _entries(block.checklist, reader), _maybe(block.lead, reader), "checklist"
    )


@_block.register
def _(block: doc.SummaryBlock, reader: Reader) -> ed.EditionBlock:
    return ed.EditionList(_entries(block.summary, reader), None, "summary")


@_block.register
def _(block: doc.TableBlock, reader: Reader) -> ed.EditionBlock:
    table = block.table
    rows = (
        ed.TableRow(tuple(_line(cell, reader) for cell in row.cells), row.id)
        for row in _reached(table.rows, reader)
    )
    return ed.EditionTable(
        tuple(_line(c, reader) for c in table.columns), tuple(rows), _maybe(table.caption, reader)
    )


@_block.register
def _callout(block: doc.CalloutBlock, reader: Reader) -> ed.Callout:
    title, text = _maybe(block.title, reader), _maybe(block.text, reader)
    return ed.Callout(block.callout, title, text, _entries(block.items, reader), block.id)


@_block.register
def _(block: doc.ReasonsBlock, reader: Reader) -> ed.EditionBlock:
    return ed.Reasons(
        tuple(
            ed.Cause(
                _line(reason.title, reader),
                _entries(reason.points, reader),
                tuple(_callout(note, reader) for note in _reached(reason.notes, reader)),
                reason.id,
            )
            for reason in _reached(block.reasons, reader)
        )
    )


@_block.register
def _(block: doc.MythsBlock, reader: Reader) -> ed.EditionBlock:
    return ed.Myths(
        tuple(
            ed.Belief(
                _line(myth.myth, reader),
                _maybe(myth.verdict, reader),
                _line(myth.answer, reader),
                myth.id,
            )
            for myth in _reached(block.myths, reader)
        )
    )


@_block.register
def _(block: doc.MyNumbersBlock, reader: Reader) -> ed.EditionBlock:
    numbers = _reached(block.my_numbers, reader)
    return ed.OwnNumbers(
        tuple(
            ed.OwnNumber(_line(n.label, reader), _maybe(n.hint, reader), _place(n.field))
            for n in numbers
        )
    )


@_block.register
def _(block: doc.PersonalBlock, reader: Reader) -> ed.EditionBlock:
    return ed.Personal(_personal(block.personal, reader))


@_block.register
def _(block: doc.TeachBackBlock, reader: Reader) -> ed.EditionBlock:
    return ed.TeachBack(_entries(block.teach_back, reader), _maybe(block.lead, reader))


@_block.register
def _(block: doc.NotesBlock, reader: Reader) -> ed.EditionBlock:
    return ed.Notes(block.notes, _maybe(block.prompt, reader))


@_block.register
def _(block: doc.ContactBlock, reader: Reader) -> ed.EditionBlock:
    return ed.Contact(tuple(line.line for line in _reached(block.contact, reader)))


@_block.register
def _(block: doc.FigureBlock, reader: Reader) -> ed.EditionBlock:
    return ed.Figure(block.figure, _line(block.alt, reader), _maybe(block.caption, reader))


@_block.register
def _(block: doc.QuoteBlock, reader: Reader) -> ed.EditionBlock:
    return ed.Quote(_line(block.quote, reader), block.id)
