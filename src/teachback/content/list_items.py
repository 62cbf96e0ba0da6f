"""Define the entries of lists, as an author writes them."""

from typing import Annotated

from pydantic import BeforeValidator, Field

from teachback.content.base_model import Plain, Role, SourcedModel, Text


class Item(SourcedModel):
    """One entry of a list."""

    text: Annotated[Text, Role.ITEM]


# A mapping with none of these keys is one of audience to text. No entry may have a `caption`; it is
# here so that it is reported as an unknown key, and not as an audience.
_ITEM_KEYS = frozenset(
    {"text", "only", "id", "sources", "review", "brief", "list", "figure", "alt", "caption"}
)


def _as_item(value: object) -> object:
    """Turn a bare text, or a mapping of audience to text, into an item."""
    if isinstance(value, str) or (
        isinstance(value, dict) and value and not set(value) & _ITEM_KEYS
    ):
        return {"text": value}
    return value


AnItem = Annotated[Item, BeforeValidator(_as_item, json_schema_input_type=Text | Item)]
Items = Annotated[tuple[AnItem, ...], Field(min_length=1)]


class OuterItem(Item):
    """One entry of a list, with a list of its own below it."""

    items: Items | None = Field(None, alias="list", description="A second level.")


class PictureStep(OuterItem):
    """One step, with a picture beside it."""

    figure: Plain | None = Field(
        None, description="A picture beside the step: images/name.svg, .png or .jpg."
    )
    alt: Annotated[Text | None, Role.ALT] = Field(
        None, description="What the picture shows, for a reader who cannot see it."
    )


OuterItems = Annotated[
    tuple[
        Annotated[OuterItem, BeforeValidator(_as_item, json_schema_input_type=Text | OuterItem)],
        ...,
    ],
    Field(min_length=1),
]
PictureSteps = Annotated[
    tuple[
        Annotated[
            PictureStep, BeforeValidator(_as_item, json_schema_input_type=Text | PictureStep)
        ],
        ...,
    ],
    Field(min_length=1),
]
