"""Define the types that all authored files share: models, ids, texts, and accepted findings."""

import datetime as dt
import re
from collections.abc import Collection, Container, Iterable, Iterator
from enum import StrEnum
from functools import cache
from typing import Annotated, Any, Generic, Literal, TypeVar

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    RootModel,
    StringConstraints,
    Tag,
)
from typing_extensions import TypeAliasType

from teachback.errors import Problem

RootT = TypeVar("RootT")
# The keys and list indexes that lead to a value, as in the author's file.
KeyPath = tuple[Any, ...]
# What a check of content finds: the path of a value, and a problem that has no location yet.
Finding = tuple[KeyPath, Problem]

ID = r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$"
Id = Annotated[
    str,
    StringConstraints(pattern=ID, max_length=60),
    Field(description="Lower-case words joined by hyphens."),
]
LANGUAGE_TAG = r"^[a-z]{2,3}(-[A-Z][a-z]{3})?(-[A-Z]{2})?$"
LanguageTag = Annotated[str, StringConstraints(pattern=LANGUAGE_TAG)]
Plain = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]
ByAudience = dict[Id, Plain]
# The fields that nearly every model has: its audiences, its id, its sources. Pydantic builds the
# validator of a type with a name once, and not again for each field.
Only = TypeAliasType("Only", Annotated[tuple[Id, ...], Field(min_length=1)] | None)
Named = TypeAliasType("Named", Id | None)
Names = TypeAliasType("Names", tuple[Id, ...])


def _as_day(value: object) -> object:
    """Refuse anything but YYYY-MM-DD: pydantic reads a bare number as seconds since 1970."""
    if isinstance(value, str) and not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value):
        message = f"'{value[:60]}' is not a date\nWrite it as YYYY-MM-DD, such as 2027-11-01."
        raise ValueError(message)
    return value


Day = Annotated[dt.date, BeforeValidator(_as_day)]


def _text_kind(value: object) -> str | None:
    return "text" if isinstance(value, str) else "by audience" if isinstance(value, dict) else None


# A text, or a mapping of audience to text. Inline marks: **strong** and [words](https://...).
Text = TypeAliasType(
    "Text",
    Annotated[
        Annotated[Plain, Tag("text")]
        | Annotated[ByAudience, Tag("by audience"), Field(min_length=1)],
        Discriminator(
            _text_kind,
            custom_error_type="text_expected",
            custom_error_message="this must be a text, or one text for each audience",
        ),
        Field(
            description="A text, or a mapping of audience to text. "
            "**strong** and [words](https://address) may stand in it."
        ),
    ],
)


class Role(StrEnum):
    """The role of a text on the page.

    A field of a model that holds a text for a reader has its role in its annotation. The role of a
    list of items is the role of their texts.
    """

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


class Model(BaseModel):
    """A closed and frozen model: an unknown key is a problem, and nothing changes after reading."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)


class Entries(RootModel[RootT], Generic[RootT]):
    """A file whose keys name its entries."""

    model_config = ConfigDict(frozen=True, defer_build=True)


def steps(
    value: object, path: KeyPath = (), lineage: Collection[str] | None = None
) -> Iterator[tuple[KeyPath, Any]]:
    """Yield a value and each value below it, with its path in the author's keys.

    With `lineage`, yield only what that reader gets.
    """
    # Not recursive: every value of a handout would pass through ten generators.
    pending = [(path, value)]
    while pending:
        path, value = pending.pop()
        if lineage is not None and not is_for(value, lineage):
            continue
        yield path, value
        children: list[tuple[KeyPath, object]] = []
        if isinstance(value, tuple):
            children = [((*path, index), item) for index, item in enumerate(value)]
        elif isinstance(value, Model):
            children = [((*path, key), getattr(value, name)) for key, name in _keys(type(value))]
        pending += reversed(children)


@cache
def _keys(model: type[Model]) -> tuple[tuple[str, str], ...]:
    """Return the author's key of each field of a model, and its name."""
    return tuple((field.alias or name, name) for name, field in model.model_fields.items())


class SelectableModel(Model):
    """A part that only some audiences may get."""

    only: Only = Field(
        None, description="The audiences that get this; those that extend them get it too."
    )


def is_for(item: object, lineage: Collection[str]) -> bool:
    """Return whether a reader gets an item. `lineage` is the audience and all that it extends."""
    return (
        not isinstance(item, SelectableModel)
        or item.only is None
        or not set(item.only).isdisjoint(lineage)
    )


def audience_of(by_audience: Container[str], lineage: Iterable[str]) -> str | None:
    """Return the audience whose text a reader gets: the nearest in the lineage that has one."""
    return next((name for name in lineage if name in by_audience), None)


def text_for(text: Text, lineage: Iterable[str]) -> tuple[str, str | None]:
    """Return a text as a reader gets it, and the audience that it names, if any.

    Raises LookupError for a text without a version for the reader.
    `audience_coverage.reach_problems` finds those first.
    """
    if isinstance(text, str):
        return text, None
    name = audience_of(text, lineage)
    if name is None:
        raise LookupError(f"no text for {', '.join(lineage)}")
    return text[name], name


def first_text(text: Text) -> str:
    """Return a text; of a text by audience, the version of the first one."""
    return text if isinstance(text, str) else next(iter(text.values()))


class PartReview(Model):
    """Owner and dates of a part with a review of its own; the status is that of the whole text."""

    owner: Plain | None = None
    reviewer: Plain | None = None
    reviewed: Day | None = None
    due: Day | None = None


class SourcedModel(SelectableModel):
    """A part that may have an id, sources and a review of its own."""

    id: Named = Field(None, description="A name for this statement, unique in the file.")
    sources: Names = Field((), description="Ids from content/sources.yaml.")
    brief: bool = Field(default=False, description="Whether the short version has it, too.")
    review: PartReview | None = Field(
        None, description="For a part with an owner or a due date of its own."
    )


Reason = Annotated[
    Plain, StringConstraints(min_length=10), Field(description="Why; printed on the report.")
]


class Accepted(Model):
    """A finding of `teachback check` that somebody has looked at and accepted."""

    rule: Id = Field(description="The rule's id, as the finding names it.")
    words: Plain | None = Field(
        None,
        description="Words of the text that it is about; left out: "
        "all findings of the rule in this handout. An error needs them.",
    )
    reason: Reason
    by: Plain = Field(description="Who decided it.")


class SwitchedOff(Model):
    """A rule of `teachback check` that a clinic has switched off."""

    rule: Id
    reason: Reason
    by: Plain = Field(description="Who decided it.")


class Checks(Model):
    """The content of content/checks.yaml: what a clinic has decided about the rules."""

    off: tuple[SwitchedOff, ...] = ()
    verdict: Literal["weights", "model"] = Field(
        "weights", description="What weighs each sentence; `model` needs the extra `verdict`."
    )
