"""Define the blocks that show a reader what to do in which case, as an author writes them."""

from enum import StrEnum
from typing import Annotated, Final

from pydantic import Field, StringConstraints

from teachback.content.base_model import Model, Role, SourcedModel, Text
from teachback.content.list_items import Items

WebAddress = Annotated[str, StringConstraints(pattern=r"^https?://[!-~]+$", max_length=120)]
# The key of a column -> the English words that the rules read before each of its entries.
COLUMN_LEADS: Final = {
    "do": "Do",
    "do_not": "Do not",
    "choose": "Choose",
    "limit": "Limit",
    "avoid": "Avoid",
}


class HeadingBlock(SourcedModel):
    """A heading inside a section."""

    heading: Annotated[Text, Role.HEADING]


class ZoneColor(StrEnum):
    """A zone's colour, which is also its word, its icon and its border."""

    GREEN = "green"
    YELLOW = "yellow"
    RED = "red"


class Zone(SourcedModel):
    """One zone: its signs, and what to do when the reader has them."""

    zone: ZoneColor
    title: Annotated[Text | None, Role.LEAD] = Field(
        None, description="What this zone means; red and yellow have one of their own."
    )
    signs: Items | None = Field(
        None,
        description="The signs of this zone. The red zone shows the red flags of the tier 'now'. "
        "A yellow zone without signs shows those of the tier 'today'.",
    )
    do: Items | None = Field(None, description="What to do in this zone.")


class ZonesBlock(SourcedModel):
    """Zones for green, yellow and red: the signs, and what to do."""

    zones: tuple[Zone, ...] = Field(min_length=2, max_length=3)


class DoDont(Model):
    """Things to do, and things not to do."""

    do: Items
    do_not: Items


class DoDontBlock(SourcedModel):
    """Two columns: what to do, and what not to do."""

    do_dont: DoDont


class Choice(SourcedModel):
    """A case, and what to do in it."""

    case: Annotated[Text, Role.LEAD] = Field(alias="if")
    then: Annotated[Text, Role.ITEM]


class ChoicesBlock(SourcedModel):
    """A table of cases, and what to do in each."""

    choices: tuple[Choice, ...] = Field(min_length=1)


class Compared(Model):
    """Things to choose, to limit and to avoid; at least two of the three."""

    choose: Items | None = None
    limit: Items | None = None
    avoid: Items | None = None


class CompareBlock(SourcedModel):
    """Columns side by side: what to choose, to limit and to avoid."""

    compare: Compared


class Term(SourcedModel):
    """A word, and what it means."""

    term: Annotated[Text, Role.LEAD]
    meaning: Annotated[Text, Role.ITEM]


class TermsBlock(SourcedModel):
    """Words, each with its meaning."""

    terms: tuple[Term, ...] = Field(min_length=1)


class LinkBlock(SourcedModel):
    """A web page, as words, as an address, and on paper also as a QR code."""

    link: WebAddress
    title: Annotated[Text, Role.PARAGRAPH] = Field(description="What a reader finds there.")
