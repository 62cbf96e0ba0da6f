"""Choose an edition: take from a handout what one audience reads. A pure function."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Any, Final, TypeVar

from teachback.content import handout as doc
from teachback.content.base_model import is_for, text_for
from teachback.content.brief_version import brief_version
from teachback.content.inline_markup import Line, Span, parse_marks, plain
from teachback.editions import edition as ed
from teachback.units import Depth, TypeSize

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping

    from teachback.content.sources import Sources

T = TypeVar("T")


# In mm at 13 pt, as fields declare it: the room beside a label on half a bank card, whose type has
# 9 pt.
HALF_CARD: Final = 45.0
# In characters. A longer label leaves no room to write on half a card.
LONG_LABEL: Final = 14
# A log with more columns than this lies across the page.
UPRIGHT_COLUMNS: Final = 7


@dataclass(frozen=True)
class Reader:
    """One audience: its lineage, nearest first, and the values of placeholders.

    `fields` are those of the handout by name, and `flags` are the red flags that it gets.
    """

    lineage: tuple[str, ...]
    values: Mapping[str, str | None]
    fields: Mapping[str, doc.RecordField] = field(default_factory=dict)
    flags: tuple[ed.Flag, ...] = ()


def choose(
    handout: doc.Handout,
    reader: Reader,
    *,
    badge: str,
    size: TypeSize,
    sources: Sources,
    depth: Depth = Depth.FULL,
    crowded: bool = False,
) -> ed.Edition:
    """Return the edition of a checked handout for one audience.

    Page 1 is `crowded` where another language is beside this one; large print always is. Then its
    boxes have the shorter words of the red flags.

    Raises LookupError for a text without a version for the audience;
    `audience_coverage.reach_problems` finds those first.
    """
    cites = cited(handout, reader) if depth is Depth.FULL else ()
    handout = handout if depth is Depth.FULL else brief_version(handout, reader.lineage)
    reader = replace(reader, fields={declared.name: declared for declared in handout.fields})
    flags: tuple[ed.Flag, ...] = _part(handout.red_flags, reader)
    crowded = crowded or size is TypeSize.LARGE
    if crowded:
        # Two boxes of flags fill a page. Only the shorter words for the same sign fit.
        flags = tuple(
            flag if flag.tier is doc.Tier.VISIT else replace(flag, text=flag.short)
            for flag in flags
        )
    reader = replace(reader, flags=flags)
    placed = [
        (tier, block)
        for _, _, block in doc.blocks_of(handout, reader.lineage)
        for tier in doc.placed_tiers(block).values()
    ]
    places = doc.places_of_tiers(placed)
    # On a crowded page 1, only the signs for the next visit may be in a section instead.
    elsewhere = places.keys() & {doc.Tier.VISIT} if crowded else places.keys()
    sections = tuple(
        _section(section, reader, places.get(doc.Tier.VISIT))
        for section in handout.sections
        if is_for(section, reader.lineage)
    )
    return ed.Edition(
        handout=handout.id,
        audience=reader.lineage[0],
        language=handout.language,
        size=size,
        title=_line(handout.title, reader),
        badge=badge,
        purpose=handout.purpose,
        message=_line(handout.message, reader),
        personal=_part(handout.personal, reader),
        version=handout.version,
        review=handout.review,
        flags=flags,
        top=_flag_groups((tier for tier in doc.Tier if tier not in elsewhere), flags),
        sections=sections,
        card=_part(handout.card, reader),
        sources=tuple(sources.root[name] for name in cites),
        depth=depth,
        short_badge=badge,
    )


def flags_of(flags: Iterable[ed.Flag], tier: doc.Tier) -> ed.Flags:
    """Return the flags of one tier, in the author's order."""
    return ed.Flags(tier, tuple(flag for flag in flags if flag.tier is tier))


def cited(handout: doc.Handout, reader: Reader) -> tuple[str, ...]:
    """Return the ids of the sources of everything that this reader gets, in order, each once."""
    return tuple(dict.fromkeys(name for _, name in doc.sources_of(handout, reader.lineage)))


def _line(text: doc.Text, reader: Reader) -> Line:
    widths = {name: declared.width_mm for name, declared in reader.fields.items()}
    words, _ = text_for(text, reader.lineage)
    return parse_marks(words, reader.values, widths)


def _optional_line(text: doc.Text | None, reader: Reader) -> Line | None:
    return None if text is None else _line(text, reader)


def _place_of(field: str | None) -> ed.Place | None:
    """Return the place of a field that takes up a whole line."""
    return None if field is None else ed.Place(field)


def _personal(line: doc.PersonalLine, reader: Reader) -> ed.PersonalPlace:
    declared = reader.fields[line.field]
    place = ed.Place(declared.name, declared.width_mm)
    return ed.PersonalPlace(_line(declared.label, reader), place, declared.choices)


def for_screen(edition: ed.Edition) -> ed.Edition:
    """Return an edition with its red flags for now on top, also where they stand in a zone.

    A phone shows little at once, and the red zone comes last.
    """
    now = flags_of(edition.flags, doc.Tier.NOW)
    if not now.flags or any(group.tier is doc.Tier.NOW for group in edition.top):
        return edition
    return replace(edition, top=(now, *edition.top))


def choice_places(edition: ed.Edition) -> tuple[str, ...]:
    """Return the fields for whose choices an edition has boxes to tick."""
    blocks = (block for section in edition.sections for block in section.blocks)
    places = [*edition.personal]
    for block in blocks:
        places += block.places if isinstance(block, ed.Personal) else ()
    return tuple(dict.fromkeys(place.place.field for place in places if place.choices))


def with_lines(edition: ed.Edition, boxes: Collection[str] = ()) -> ed.Edition:
    """Return an edition with lines in place of boxes to tick, for the words of a record.

    The fields of `boxes` keep their boxes.
    """
    return replace(
        edition,
        personal=_without_boxes(edition.personal, boxes),
        sections=tuple(
            replace(
                section,
                blocks=tuple(
                    replace(block, places=_without_boxes(block.places, boxes))
                    if isinstance(block, ed.Personal)
                    else block
                    for block in section.blocks
                ),
            )
            for section in edition.sections
        ),
        facing=with_lines(edition.facing, boxes) if edition.facing else None,
    )


def _without_boxes(
    places: Iterable[ed.PersonalPlace], boxes: Collection[str]
) -> tuple[ed.PersonalPlace, ...]:
    return tuple(
        place if place.place.field in boxes else replace(place, choices=()) for place in places
    )


def _flag(flag: doc.RedFlag, reader: Reader) -> ed.Flag:
    text = _line(flag.text, reader)
    short = _optional_line(flag.short, reader) or text
    return ed.Flag(
        flag.id,
        flag.tier,
        text,
        short,
        _optional_line(flag.why, reader),
        doc.is_on_card(flag, reader.lineage),
        _part(flag.do, reader) or (),
    )


def _write_in(line: doc.WriteInLine, reader: Reader) -> ed.WriteIn:
    wide = line.field is not None and reader.fields[line.field].width_mm > HALF_CARD
    label = _line(line.label, reader)
    return ed.WriteIn(label, _place_of(line.field), wide or len(plain(label)) > LONG_LABEL)


def _section(
    section: doc.Section, reader: Reader, before_visit: doc.SourcedModel | None
) -> ed.EditionSection:
    """Return what a reader gets of a section.

    The signs for the next visit are in the block `before_visit`, or else follow it.
    """
    blocks: list[ed.EditionBlock] = []
    for block in section.blocks:
        if not is_for(block, reader.lineage):
            continue
        chosen = _part(block, reader, kind=doc.kind_of(block))
        blocks += chosen if isinstance(chosen, tuple) else (chosen,)
        if block is before_visit and doc.Tier.VISIT not in doc.placed_tiers(block).values():
            blocks += _flag_groups((doc.Tier.VISIT,), reader.flags)
    across = any(
        isinstance(block, ed.EditionLog) and len(block.columns) > UPRIGHT_COLUMNS
        for block in blocks
    )
    page = str(doc.SectionPage.LANDSCAPE if across else section.page or "")
    return ed.EditionSection(section.id, _line(section.title, reader), tuple(blocks), page)


def _flag_groups(tiers: Iterable[doc.Tier], flags: tuple[ed.Flag, ...]) -> tuple[ed.Flags, ...]:
    """Return a block for each tier of which the reader gets a flag."""
    return tuple(group for tier in tiers if (group := flags_of(flags, tier)).flags)


def _zone(zone: doc.Zone, reader: Reader) -> ed.EditionZone:
    tier = doc.tier_of(zone)
    return ed.EditionZone(
        zone.zone,
        _optional_line(zone.title, reader),
        _part(zone.signs, reader) or (),
        None if tier is None else flags_of(reader.flags, tier),
        _part(zone.do, reader) or (),
    )


def _entry(
    text: Line,
    name: str | None,
    items: tuple[ed.ListEntry, ...] | None,
    figure: str | None = None,
    alt: Line | None = None,
) -> ed.ListEntry:
    return ed.ListEntry(text, name, items or (), figure, alt)


def _columns(kind: str, *names: str) -> Callable[..., ed.AdviceColumns]:
    """Return a function that makes the columns of a block from the entries below its keys."""

    def columns(*entries: tuple[ed.ListEntry, ...] | None) -> ed.AdviceColumns:
        pairs = zip(names, entries, strict=True)
        return ed.AdviceColumns(
            tuple(ed.AdviceColumn(name, items) for name, items in pairs if items), kind
        )

    return columns


def _link(address: str, title: Line) -> ed.EditionLink:
    return ed.EditionLink(address, (Span(plain(title), href=address),))


def _log(
    columns: tuple[ed.LogHeading, ...],
    rows: int | None,
    headings: tuple[Line, ...],
    caption: Line | None,
) -> ed.EditionLog:
    return ed.EditionLog(columns, rows or len(headings), headings, caption)


def _schedule_row(medicine: Line, fields: tuple[str | None, ...]) -> ed.ScheduledMedicine:
    return ed.ScheduledMedicine(medicine, tuple(_place_of(name) for name in fields))


def _callout(
    callout: doc.CalloutKind,
    title: Line | None,
    text: Line | None,
    items: tuple[ed.ListEntry, ...] | None,
    name: str | None,
) -> ed.Callout:
    return ed.Callout(callout, title, text, items or (), name)


def _own_number(label: Line, hint: Line | None, field: str | None) -> ed.OwnNumber:
    return ed.OwnNumber(label, hint, _place_of(field))


def _unchanged(value: T) -> T:
    return value


# Keys that choose or identify a part, and are not printed.
_NOT_PRINTED: Final = frozenset(doc.SourcedModel.model_fields)
# A part of a handout -> the function that makes its edition from the part and its reader.
_FOR_READER: Final[dict[type[doc.Model], Callable[[Any, Reader], Any]]] = {
    doc.RedFlag: _flag,
    doc.PersonalLine: _personal,
    doc.WriteInLine: _write_in,
    doc.Zone: _zone,
    doc.RedFlagsBlock: lambda block, reader: _flag_groups(block.red_flags, reader.flags),
}
# A part of a handout -> the function that makes its edition, and the fields for it, in order. Any
# other part becomes a PlainPart.
_PARTS: Final[dict[type[doc.Model], tuple[Callable[..., Any], tuple[str, ...]]]] = {
    doc.Item: (ed.ListEntry, ("text", "id")),
    doc.OuterItem: (_entry, ("text", "id", "items")),
    doc.PictureStep: (_entry, ("text", "id", "items", "figure", "alt")),
    doc.TextBlock: (ed.Paragraph, ("text", "id")),
    doc.ListBlock: (ed.EditionList, ("items", "lead")),
    doc.StepsBlock: (partial(ed.EditionList, kind="steps"), ("steps", "lead")),
    doc.ChecklistBlock: (partial(ed.EditionList, kind="checklist"), ("checklist", "lead")),
    doc.SummaryBlock: (partial(ed.EditionList, kind="summary"), ("summary",)),
    doc.TableBlock: (_unchanged, ("table",)),
    doc.HandoutTable: (ed.EditionTable, ("columns", "rows", "caption", "fill_in")),
    doc.HandoutRow: (ed.TableRow, ("cells", "id")),
    doc.CalloutBlock: (_callout, ("callout", "title", "text", "items", "id")),
    doc.ReasonsBlock: (ed.Reasons, ("reasons",)),
    doc.Reason: (ed.Cause, ("title", "points", "notes", "id")),
    doc.MythsBlock: (ed.Myths, ("myths",)),
    doc.Myth: (ed.Belief, ("myth", "verdict", "answer", "id")),
    doc.MyNumbersBlock: (ed.OwnNumbers, ("my_numbers",)),
    doc.Number: (_own_number, ("label", "hint", "field")),
    doc.TeachBackBlock: (ed.TeachBack, ("teach_back", "lead")),
    doc.NotesBlock: (ed.Notes, ("notes", "prompt")),
    doc.ContactBlock: (ed.Contact, ("contact",)),
    doc.ContactLine: (_unchanged, ("line",)),
    doc.FigureBlock: (ed.Figure, ("figure", "alt", "caption", "width", "beside")),
    doc.Picture: (ed.Figure, ("figure", "alt", "caption")),
    doc.DoDontBlock: (_unchanged, ("do_dont",)),
    doc.DoDont: (_columns("do_dont", "do", "do_not"), ("do", "do_not")),
    doc.CompareBlock: (_unchanged, ("compare",)),
    doc.Compared: (_columns("compare", "choose", "limit", "avoid"), ("choose", "limit", "avoid")),
    doc.ChoicesBlock: (ed.EditionChoices, ("choices",)),
    doc.Choice: (ed.EditionChoice, ("case", "then", "id")),
    doc.MarkBlock: (ed.Mark, ("mark", "alt", "sides", "width")),
    doc.LinkBlock: (_link, ("link", "title")),
    doc.LogBlock: (_unchanged, ("log",)),
    doc.Log: (_log, ("columns", "rows", "row_headings", "caption")),
    doc.LogColumn: (ed.LogHeading, ("label", "unit", "wide")),
    doc.ScheduleBlock: (_unchanged, ("schedule",)),
    doc.Schedule: (ed.EditionSchedule, ("times", "rows", "blank_rows", "caption")),
    doc.ScheduleRow: (_schedule_row, ("medicine", "fields")),
    doc.QuoteBlock: (ed.Quote, ("quote", "id")),
    doc.ZonesBlock: (ed.Zones, ("zones",)),
    doc.PersonalBlock: (ed.Personal, ("personal",)),
    doc.CardText: (ed.CardSide, ("title", "statements", "lines", "notes")),
    doc.CardNote: (ed.Note, ("title", "text")),
}


def _part(value: Any, reader: Reader, role: doc.Role | None = None, *, kind: str = "") -> Any:  # noqa: ANN401 -- any part of a handout
    """Return what a reader gets of a value.

    `role` is the role of its field, and `kind` is the key of a block.
    """
    if type(value) in _FOR_READER:
        return _FOR_READER[type(value)](value, reader)
    if isinstance(value, doc.Model):
        fields = doc.text_fields(type(value))
        roles = {name: role for _, name, role in fields}
        if type(value) in _PARTS:
            make, names = _PARTS[type(value)]
            return make(*(_part(getattr(value, name), reader, roles[name]) for name in names))
        values = (
            (key, _part(getattr(value, name), reader, role))
            for key, name, role in fields
            if key not in _NOT_PRINTED
        )
        return ed.PlainPart(kind, tuple(values))
    if isinstance(value, tuple):
        return tuple(_part(item, reader, role) for item in value if is_for(item, reader.lineage))
    is_text = isinstance(value, dict) or (role is not None and value is not None)
    return _line(value, reader) if is_text else value
