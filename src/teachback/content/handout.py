"""Define the model of a handout: one file with everything for all its audiences. Pure.

Texts differ by audience in exactly two ways: `only` on an item of a list, and a mapping of audience
to text wherever a text is allowed. `content/handout.schema.json` is made from these classes, so an
author reads their field descriptions in the editor.
"""

from collections.abc import Collection, Iterator, Sequence
from enum import StrEnum
from functools import cache
from typing import Annotated, Any, Final, Literal, TypeVar, get_args

from pydantic import BeforeValidator, Discriminator, Field, StringConstraints, Tag

from teachback.content import base_model
from teachback.content.advice_blocks import (
    Choice,
    ChoicesBlock,
    CompareBlock,
    Compared,
    DoDont,
    DoDontBlock,
    HeadingBlock,
    LinkBlock,
    Term,
    TermsBlock,
    Zone,
    ZoneColor,
    ZonesBlock,
)
from teachback.content.list_items import (
    AnItem,
    Item,
    Items,
    OuterItem,
    OuterItems,
    PictureStep,
    PictureSteps,
)
from teachback.content.record_fields import (
    FieldName,
    PersonalBlock,
    PersonalLine,
    PersonalLines,
    RecordField,
)
from teachback.content.write_in_blocks import (
    WIDTH_MEANING,
    Log,
    LogBlock,
    LogColumn,
    MarkBlock,
    PictureWidth,
    Schedule,
    ScheduleBlock,
    ScheduleRow,
    SignOffBlock,
    SignOffLine,
)

# Other modules import these from here, as part of the model.
Text = base_model.Text
Accepted = base_model.Accepted
Id = base_model.Id
Day = base_model.Day
Plain = base_model.Plain
Model = base_model.Model
Role = base_model.Role
SelectableModel = base_model.SelectableModel
PartReview = base_model.PartReview
SourcedModel = base_model.SourcedModel
__all__ = [
    "Choice",
    "ChoicesBlock",
    "CompareBlock",
    "Compared",
    "DoDont",
    "DoDontBlock",
    "FieldName",
    "Item",
    "LinkBlock",
    "Log",
    "LogBlock",
    "LogColumn",
    "MarkBlock",
    "OuterItem",
    "PersonalBlock",
    "PersonalLine",
    "PictureStep",
    "RecordField",
    "Schedule",
    "ScheduleBlock",
    "ScheduleRow",
    "SignOffLine",
    "Term",
    "Zone",
    "ZoneColor",
    "ZonesBlock",
]

PlaceT = TypeVar("PlaceT")


class Tier(StrEnum):
    """How fast a red flag needs an answer."""

    NOW = "now"
    TODAY = "today"
    VISIT = "visit"


class CalloutKind(StrEnum):
    """The kind of a boxed remark; it sets the icon, the border and the heading."""

    ADVICE = "advice"
    EXAMPLE = "example"
    FACT = "fact"
    TIP = "tip"
    TEST = "test"
    WARNING = "warning"
    DIALYSIS = "dialysis"


class RedFlag(SourcedModel):
    """A warning sign, written once for both handout and card."""

    id: Id
    tier: Tier = Field(
        description="now: the emergency number. today: call the clinic. visit: tell us next time."
    )
    text: Annotated[Text, Role.FLAG]
    short: Annotated[Text | None, Role.SHORT] = Field(
        None, description="Shorter words for the same sign, for the card."
    )
    why: Annotated[Text | None, Role.WHY] = Field(
        None, description="What it may mean; printed where a section places this tier."
    )
    do: Items | None = Field(
        None, description="What to do until help comes; printed below the sign, not on the card."
    )
    card: bool | dict[Id, bool] = Field(
        default=False, description="Whether the card carries it; may differ by audience."
    )
    silent_for: dict[Id, Plain] = Field(
        {}, description="Audience: why it does not get this sign. Not printed."
    )


def is_on_card(flag: RedFlag, lineage: Collection[str]) -> bool:
    """Return whether the card of a reader shows a flag."""
    if not base_model.is_for(flag, lineage):
        return False
    if isinstance(flag.card, bool):
        return flag.card
    name = base_model.audience_of(flag.card, lineage)
    return name is not None and flag.card[name]


class TextBlock(SourcedModel):
    """A paragraph."""

    text: Annotated[Text, Role.PARAGRAPH]


class ListBlock(SourcedModel):
    """A list with bullets."""

    items: OuterItems = Field(alias="list")
    lead: Annotated[Text | None, Role.LEAD] = Field(
        None, description="The sentence before the list."
    )


class StepsBlock(SourcedModel):
    """A numbered list: things to do in this order, perhaps with a picture beside each."""

    steps: PictureSteps
    lead: Annotated[Text | None, Role.LEAD] = None


class HandoutRow(SourcedModel):
    """One row of a table."""

    cells: Annotated[tuple[Text | None, ...], Role.CELL] = Field(
        min_length=1, description='An empty cell, "", is one to fill in.'
    )


def _as_row(value: object) -> object:
    """Turn a list of cells into a row; an empty text is a cell to fill in."""
    row = {"cells": value} if isinstance(value, list) else value
    if isinstance(row, dict) and isinstance(row.get("cells"), list):
        row = {**row, "cells": [None if cell == "" else cell for cell in row["cells"]]}
    return row


class HandoutTable(Model):
    """Columns and rows; the first cell of each row is its heading."""

    columns: Annotated[tuple[Text, ...], Role.COLUMN] = Field(
        min_length=2,
        max_length=12,
        description="Two to four headings: more cannot be read. Up to 12 in a table to fill in.",
    )
    rows: tuple[
        Annotated[
            HandoutRow,
            BeforeValidator(_as_row, json_schema_input_type=tuple[Text | None, ...] | HandoutRow),
        ],
        ...,
    ] = Field(min_length=1)
    fill_in: bool = Field(default=False, description="Whether its empty cells are to be filled in.")
    caption: Annotated[Text | None, Role.CAPTION] = None


class TableBlock(SourcedModel):
    """A table."""

    table: HandoutTable


class CalloutBlock(SourcedModel):
    """A boxed remark."""

    callout: CalloutKind
    title: Annotated[Text | None, Role.LEAD] = Field(
        None, description="A heading other than the one of its kind."
    )
    text: Annotated[Text | None, Role.CALLOUT] = None
    items: Items | None = Field(None, alias="list")


class Reason(SourcedModel):
    """One numbered reason, with its points and the remarks that go with it."""

    title: Annotated[Text, Role.HEADING]
    points: Items
    notes: tuple[CalloutBlock, ...] = ()


class ReasonsBlock(SourcedModel):
    """Numbered reasons."""

    reasons: tuple[Reason, ...] = Field(min_length=1)


class RedFlagsBlock(SourcedModel):
    """Puts the red flags of these tiers here instead of at the top of page 1."""

    red_flags: tuple[Tier, ...] = Field(min_length=1)


# The keys whose value is the file of a picture.
PICTURES: Final = frozenset({"figure", "mark"})
# In letters: more do not fit the foot of a page.
LONGEST_TITLE: Final = 80


def tier_of(zone: Zone) -> Tier | None:
    """Return the tier whose red flags a zone shows, or None if it shows signs of its own."""
    if zone.zone is ZoneColor.RED:
        return Tier.NOW
    return Tier.TODAY if zone.zone is ZoneColor.YELLOW and zone.signs is None else None


def placed_tiers(block: SourcedModel) -> dict[base_model.KeyPath, Tier]:
    """Return the tiers whose red flags a block shows, instead of the top of page 1.

    The key of each is the path in the block at which it is named.
    """
    if isinstance(block, RedFlagsBlock):
        return {("red_flags", index): tier for index, tier in enumerate(block.red_flags)}
    zones = block.zones if isinstance(block, ZonesBlock) else ()
    tiers = {("zones", index, "zone"): tier_of(zone) for index, zone in enumerate(zones)}
    return {path: tier for path, tier in tiers.items() if tier is not None}


def places_of_tiers(placed: Sequence[tuple[Tier, PlaceT]]) -> dict[Tier, PlaceT]:
    """Return the place of each tier, from the tiers that sections place, in reading order.

    Signs for the next visit never come before those that need a call: where sections place only
    other tiers, these signs follow the last of them.
    """
    return {**({Tier.VISIT: placed[-1][1]} if placed else {}), **dict(placed)}


class Myth(SourcedModel):
    """A wrong belief and the answer to it."""

    myth: Annotated[Text, Role.MYTH]
    verdict: Annotated[Text | None, Role.VERDICT] = Field(
        None, description="The word beside the answer; 'False' when left out."
    )
    answer: Annotated[Text, Role.ANSWER]


class MythsBlock(SourcedModel):
    """Myths and facts."""

    myths: tuple[Myth, ...] = Field(min_length=1)


class ChecklistBlock(SourcedModel):
    """Things to tick off."""

    checklist: Items
    lead: Annotated[Text | None, Role.LEAD] = None


class Number(SelectableModel):
    """One of the reader's own numbers, to be filled in by hand."""

    label: Annotated[Text, Role.LABEL]
    hint: Annotated[Text | None, Role.ITEM] = None
    field: FieldName | None = Field(None, description="The field that a record writes here.")


class MyNumbersBlock(SourcedModel):
    """A table in which the reader and the clinic write the reader's own numbers."""

    my_numbers: tuple[Number, ...] = Field(min_length=1)


class TeachBackBlock(SourcedModel):
    """Questions that the reader answers in their own words."""

    teach_back: Annotated[Items, Role.QUESTION]
    lead: Annotated[Text | None, Role.LEAD] = None


class NotesBlock(SourcedModel):
    """Lines to write on."""

    notes: int = Field(ge=1, le=30, description="How many lines.")
    prompt: Annotated[Text | None, Role.LABEL] = None


class Phone(StrEnum):
    """A number that the contact box can show, by its name in content/clinic.yaml."""

    PHONE = "phone"
    AFTER_HOURS = "after_hours"
    DIALYSIS_UNIT = "dialysis_unit"
    INTERPRETER = "interpreter"


class ContactLine(SelectableModel):
    """One line of the contact box."""

    line: Phone


def _as_contact_line(value: object) -> object:
    return {"line": value} if isinstance(value, str) else value


class ContactBlock(SourcedModel):
    """The box with the clinic's numbers, or with lines to write them on."""

    contact: tuple[
        Annotated[
            ContactLine,
            BeforeValidator(_as_contact_line, json_schema_input_type=Phone | ContactLine),
        ],
        ...,
    ] = Field(min_length=1)


class Picture(SourcedModel):
    """A picture from content/, with a description for those who cannot see it."""

    figure: Plain = Field(description="The file, below content/: images/name.svg, .png or .jpg.")
    alt: Annotated[Text, Role.ALT] = Field(
        description="What the picture shows, for a reader who cannot see it."
    )
    caption: Annotated[Text | None, Role.CAPTION] = None


class FigureBlock(Picture):
    """A picture from content/, with a description for those who cannot see it."""

    width: PictureWidth | None = Field(None, description=WIDTH_MEANING)
    beside: Literal["start", "end"] | None = Field(
        None,
        description="The side of the text on which it stands: start is where lines begin. "
        "Left out: above the text that follows.",
    )


class FiguresBlock(SourcedModel):
    """Two pictures next to each other."""

    figures: tuple[Picture, Picture]


class QuoteBlock(SourcedModel):
    """A closing quote, set apart."""

    quote: Annotated[Text, Role.QUOTE]


class SummaryBlock(SourcedModel):
    """The few things to keep in mind."""

    summary: Items


def _block_kind(value: Any) -> str | None:  # noqa: ANN401 -- any YAML
    keys = value if isinstance(value, dict) else ()
    return next((kind for kind in reversed(BLOCKS) if kind in keys), None)


# Each kind of block, with the key that marks it. A key that another kind also has, such as the text
# of a callout, comes before the key of that kind.
Block = Annotated[
    Annotated[TextBlock, Tag("text")]
    | Annotated[ListBlock, Tag("list")]
    | Annotated[StepsBlock, Tag("steps")]
    | Annotated[TableBlock, Tag("table")]
    | Annotated[CalloutBlock, Tag("callout")]
    | Annotated[ReasonsBlock, Tag("reasons")]
    | Annotated[RedFlagsBlock, Tag("red_flags")]
    | Annotated[MythsBlock, Tag("myths")]
    | Annotated[ChecklistBlock, Tag("checklist")]
    | Annotated[MyNumbersBlock, Tag("my_numbers")]
    | Annotated[TeachBackBlock, Tag("teach_back")]
    | Annotated[PersonalBlock, Tag("personal")]
    | Annotated[NotesBlock, Tag("notes")]
    | Annotated[ContactBlock, Tag("contact")]
    | Annotated[FigureBlock, Tag("figure")]
    | Annotated[QuoteBlock, Tag("quote")]
    | Annotated[SummaryBlock, Tag("summary")]
    | Annotated[HeadingBlock, Tag("heading")]
    | Annotated[ZonesBlock, Tag("zones")]
    | Annotated[DoDontBlock, Tag("do_dont")]
    | Annotated[ChoicesBlock, Tag("choices")]
    | Annotated[CompareBlock, Tag("compare")]
    | Annotated[TermsBlock, Tag("terms")]
    | Annotated[LinkBlock, Tag("link")]
    | Annotated[LogBlock, Tag("log")]
    | Annotated[ScheduleBlock, Tag("schedule")]
    | Annotated[MarkBlock, Tag("mark")]
    | Annotated[SignOffBlock, Tag("sign_off")]
    | Annotated[FiguresBlock, Tag("figures")],
    Discriminator(_block_kind, custom_error_type="block_expected",
        custom_error_message="this is not a known kind of block"),
]  # fmt: skip
# The key that marks each kind of block -> its class. A block must have exactly one of these keys.
BLOCKS: Final[dict[str, type[SourcedModel]]] = {
    tag.tag: kind for kind, tag in map(get_args, get_args(get_args(Block)[0]))
}


def kind_of(block: SourcedModel) -> str:
    """Return the key that marks a block's kind.

    Raises NotImplementedError for a kind that is not in BLOCKS.
    """
    for key, kind in BLOCKS.items():
        if type(block) is kind:
            return key
    raise NotImplementedError(type(block))


class SectionPage(StrEnum):
    """The page on which a section starts."""

    NEW = "new"
    LANDSCAPE = "landscape"


class Section(SelectableModel):
    """A heading and the blocks below it."""

    id: Id
    title: Annotated[Text, Role.HEADING] = Field(
        description="A question or an action, in sentence case."
    )
    review: PartReview | None = Field(
        None, description="For a section with an owner or a due date of its own."
    )
    brief: bool = Field(default=False, description="Whether the short version has all of it.")
    page: SectionPage | None = Field(
        None,
        description="new: it starts on a new page. landscape: on its own page, which lies across.",
    )
    blocks: tuple[Block, ...] = Field(min_length=1)


class WriteInLine(SelectableModel):
    """A line on the card to write on."""

    label: Annotated[Text, Role.LABEL]
    field: FieldName | None = Field(
        None, description="The field that a record writes on this line."
    )


class CardNote(SelectableModel):
    """A short remark on the back of the card."""

    title: Annotated[Text, Role.LEAD]
    text: Annotated[Text, Role.CARD]


class CardText(Model):
    """The text on the card besides its red flags."""

    title: Annotated[Text, Role.CARD]
    statements: Annotated[tuple[AnItem, ...], Role.CARD] = Field(
        (), description="What the card says about its bearer."
    )
    lines: tuple[WriteInLine, ...] = Field(
        (), description="Lines to write on: name, kidney team ..."
    )
    notes: tuple[CardNote, ...] = ()


Mark = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{16}$")]


class Review(Model):
    """Who is responsible for the text, and when it was reviewed."""

    status: Literal["draft", "approved"]
    reviewer: Plain | None = None
    reviewed: Day | None = None
    due: Day | None = None
    # Not printed, so left out of the text that an edition's code is made from.
    owner: Plain | None = Field(
        None, repr=False, description="Who sees to it that the text is read again."
    )
    approved: dict[Id, Mark] | None = Field(
        None, repr=False, description="What was approved for each audience, by `teachback approve`."
    )


class Codes(Model):
    """Codes under which a clinic's system files the handout. `list handouts` shows them."""

    icd10: tuple[
        Annotated[str, StringConstraints(pattern=r"^[A-Z][0-9][0-9A-Z](\.[0-9A-Z]{1,4})?$")], ...
    ] = ()


class Handout(Model):
    """One topic: everything for all its audiences, in one language."""

    id: Id
    title: Annotated[Text, Role.TITLE]
    audiences: tuple[Id, ...] = Field(min_length=1)
    language: base_model.LanguageTag = Field(description="A language tag, such as en or es.")
    version: Day = Field(description="The date of this text, YYYY-MM-DD; printed on each page.")
    purpose: Plain = Field(description="In one line: what the reader should know or do afterwards.")
    message: Annotated[Text, Role.MESSAGE] = Field(
        description="The one message; stands first on page 1."
    )
    codes: Codes = Codes()
    target_grade: Annotated[int, Field(ge=1, le=12)] | None = Field(
        None,
        description="The reading grade that no edition should lie above; "
        "the audience's own, or 6, when left out.",
    )
    pages: int | None = Field(
        None,
        ge=1,
        le=20,
        description="The most pages that it may take in standard type: less space and type of "
        "12 pt are tried. A longer text is refused once it is approved.",
    )
    review: Review
    fields: tuple[RecordField, ...] = Field(
        (), description="What differs from patient to patient, for `teachback merge`."
    )
    personal: PersonalLines = Field(
        (), description="Fields that stand on top of page 1, with their labels."
    )
    red_flags: tuple[RedFlag, ...] = ()
    card: CardText | None = Field(None, description="Left out: no card is printed.")
    sections: tuple[Section, ...] = Field(min_length=1)
    sources: tuple[Id, ...] = ()
    accept: tuple[Accepted, ...] = Field(
        (),
        description="Findings of `teachback check` that may stand, each with a reason and a name.",
    )


def blocks_of(
    handout: Handout, lineage: Collection[str] | None = None
) -> Iterator[tuple[base_model.KeyPath, Section, SourcedModel]]:
    """Yield the blocks of a handout with their paths and sections: all, or those of one reader."""
    for section_index, section in enumerate(handout.sections):
        for index, block in enumerate(section.blocks):
            if lineage is None or (
                base_model.is_for(section, lineage) and base_model.is_for(block, lineage)
            ):
                yield ("sections", section_index, "blocks", index), section, block


def sources_of(
    handout: Handout, lineage: Collection[str] | None = None
) -> Iterator[tuple[base_model.KeyPath, str]]:
    """Yield each source that a handout names, with its path: for all readers, or for one."""
    for path, value in base_model.steps(handout, lineage=lineage):
        if path[-2:-1] == ("sources",):
            yield path, value


def ids_of(handout: Handout) -> Iterator[tuple[base_model.KeyPath, str]]:
    """Yield the ids of the parts of a handout, each with its path."""
    for path, value in base_model.steps(handout):
        if len(path) > 1 and path[-1] == "id" and value is not None:
            yield path, value


# The reading order of keys, whatever their order in the file. Keys not listed are read last.
READING_ORDER: Final = (
    "zone", "title", "message", "red_flags", "card", "sections", "only", "tier", "alt", "caption",
    "myth", "verdict", "answer", "lead", "if", "then", "term", "meaning", "label", "unit",
    "prompt", "text", "short", "why", "signs", "do", "do_not", "choose", "limit", "avoid", "hint",
    "list", "steps", "checklist", "summary", "teach_back", "columns", "times", "rows",
    "row_headings", "medicine", "cells", "points", "statements", "flags", "lines", "notes", "blocks",
)  # fmt: skip


@cache
def text_fields(model: type[Model]) -> tuple[tuple[str, str, Role | None], ...]:
    """Return the fields of a model in reading order: the author's key, the name, and the role.

    A field without a role holds no text for a reader, or holds models with texts of their own.
    """
    fields = [
        (field.alias or name, name, next((r for r in field.metadata if isinstance(r, Role)), None))
        for name, field in model.model_fields.items()
    ]
    ranks = {key: rank for rank, key in enumerate(READING_ORDER)}
    return tuple(sorted(fields, key=lambda field: ranks.get(field[0], len(ranks))))
