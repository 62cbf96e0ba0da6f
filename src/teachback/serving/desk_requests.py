"""Define what the desk's page may ask. Anything else is refused, and never quoted."""

from __future__ import annotations

from typing import Annotated, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from teachback.errors import Problem, TeachbackError

Name = Annotated[str, StringConstraints(max_length=200)]
Values = Annotated[
    dict[Name, Annotated[str, StringConstraints(max_length=2000)]], Field(max_length=100)
]
Dpi = Literal[96, 144, 192]
QuestionT = TypeVar("QuestionT", bound="DeskQuestion")


class DeskQuestion(BaseModel):
    """A question of the page."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, hide_input_in_errors=True)


class EnterQuestion(DeskQuestion):
    """The secret of the printed address, or a name and a password."""

    token: Name = ""
    name: Name = ""
    password: Annotated[str, StringConstraints(max_length=1000)] = ""


class EditionQuestion(DeskQuestion):
    """The handout to show."""

    topic: Name
    audience: Name
    language: Name
    paper: Literal["letter", "a4"]
    size: Literal["standard", "large"]
    depth: Literal["full", "brief"]


class PatchQuestion(DeskQuestion):
    """The key of a page that is shown, and the words that were typed for it."""

    key: Name
    values: Values
    dpi: Dpi = 96


class CardsChoice(DeskQuestion):
    """The stock of cards, the first free place, and how many cards."""

    stock: Name
    start_at: Annotated[int, Field(ge=1, le=1000)] = 1
    count: Annotated[int, Field(ge=1, le=500)] = 1


class PrintQuestion(DeskQuestion):
    """The key of a page that is shown, the words for it, and how it is printed."""

    key: Name
    values: Values
    copies: Annotated[int, Field(ge=1, le=50)] = 1
    cards: CardsChoice | None = None
    to: Literal["browser", "queue"] = "browser"


class StocksQuestion(DeskQuestion):
    """The card that is to be printed."""

    topic: Name
    audience: Name
    language: Name


class CardsQuestion(CardsChoice, StocksQuestion):
    """The cards to show."""


class CodeQuestion(DeskQuestion):
    """A code as it was typed."""

    code: Name


class TopicQuestion(DeskQuestion):
    """A topic whose list is to be filled."""

    topic: Name


class ListQuestion(TopicQuestion):
    """A file of records, the topic that is printed for each of them, and columns settled so far."""

    name: Name
    data: str
    columns: Annotated[dict[Name, Name], Field(max_length=500)] = {}


class ListRow(DeskQuestion):
    """A row of a list, as it was read or mended."""

    number: int
    values: Values


class RowsQuestion(DeskQuestion):
    """The rows of a list that are checked."""

    topic: Name
    rows: Annotated[list[ListRow], Field(max_length=1000)]


class PrintRowsQuestion(RowsQuestion):
    """The rows of a list that are printed, with what they choose where a row does not."""

    paper: Literal["letter", "a4"] | None = None
    size: Literal["standard", "large"] | None = None


def asked(kind: type[QuestionT], body: bytes) -> QuestionT:
    """Return the question of a body. Raises TeachbackError, which quotes nothing of it."""
    try:
        return kind.model_validate_json(body)
    except ValidationError as error:
        places = {str(one["loc"][0]) for one in error.errors(include_input=False) if one["loc"]}
        known = ", ".join(sorted(places & kind.model_fields.keys()))
        message = f"this question cannot be read{f': {known}' if known else ''}"
        raise TeachbackError(Problem(message, "Load the page again.")) from None
