"""Define what the desk's page may ask, and how large it may be.

Anything else is refused, and never quoted.
"""

from __future__ import annotations

from typing import Annotated, Final, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from teachback.errors import TeachbackError

# In bytes. A list of records and a photo of a page may be larger than other requests.
MOST_BYTES: Final = 64 * 1024
MOST_LIST_BYTES: Final = 14 * 1024 * 1024
MOST_PHOTO_BYTES: Final = 12 * 1024 * 1024
PHOTO_PATH: Final = "/editions/scan"
LIST_PATHS: Final = "/list/"
JSON: Final = "application/json"

Name = Annotated[str, StringConstraints(max_length=200)]
FileName = Annotated[str, StringConstraints(max_length=1000)]
# In characters: the most of a cell in Excel. A field takes less, and its row says so.
Cell = Annotated[str, StringConstraints(max_length=32_767)]
Values = Annotated[dict[Cell, Cell], Field(max_length=1000)]
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

    name: FileName
    data: str
    columns: Annotated[dict[Cell, Name], Field(max_length=1000)] = {}


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


def most_bytes(path: str) -> int:
    """Return the most bytes that the body of a request to a path may have."""
    if path == PHOTO_PATH:
        return MOST_PHOTO_BYTES
    return MOST_LIST_BYTES if path.startswith(LIST_PATHS) else MOST_BYTES


def media_types(path: str) -> tuple[str, ...]:
    """Return the media types that the body of a request to a path may have."""
    return ("image/jpeg", "image/png") if path == PHOTO_PATH else (JSON,)


def read_question(kind: type[QuestionT], body: bytes) -> QuestionT:
    """Return the question in a body. Raises TeachbackError, which quotes nothing of it."""
    try:
        return kind.model_validate_json(body)
    except ValidationError as error:
        details = error.errors(include_input=False)
        wrong = {str(detail["loc"][0]) for detail in details if detail["loc"]}
        # A name that is no field of ours may itself hold what was typed.
        named = ", ".join(sorted(wrong & kind.model_fields.keys()))
        message = f"this question cannot be read{f': {named}' if named else ''}"
        raise TeachbackError.of(message, "Load the page again.") from None
