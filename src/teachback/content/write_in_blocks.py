"""Define the blocks that readers and staff write in, as an author writes them."""

from typing import Annotated, Final

from pydantic import AfterValidator, BeforeValidator, Field

from teachback.content.base_model import Model, Plain, Role, SelectableModel, SourcedModel, Text
from teachback.content.record_fields import FieldName

# Two months of days.
MOST_ROWS = 62


class LogColumn(Model):
    """A column of a log."""

    label: Annotated[Text, Role.COLUMN]
    unit: Annotated[Text | None, Role.COLUMN] = Field(
        None, description="The unit of what is written in it, such as mmHg."
    )
    wide: bool = Field(
        default=False,
        description="Whether sentences are written in it: twice as wide as for words.",
    )


_COLUMN_KEYS = frozenset({"label", "unit", "wide"})


def _as_column(value: object) -> object:
    if isinstance(value, str) or (
        isinstance(value, dict) and value and not set(value) & _COLUMN_KEYS
    ):
        return {"label": value}
    return value


class Log(Model):
    """Columns, and rows to fill in."""

    columns: tuple[
        Annotated[LogColumn, BeforeValidator(_as_column, json_schema_input_type=Text | LogColumn)],
        ...,
    ] = Field(
        min_length=2,
        max_length=12,
        description="2 to 12 headings, each with its unit. With more than 7, the page lies across.",
    )
    rows: int | None = Field(None, ge=1, le=MOST_ROWS, description="How many rows to fill in.")
    row_headings: Annotated[tuple[Text, ...], Role.LABEL] = Field(
        (),
        max_length=MOST_ROWS,
        description="Instead of `rows`: the first cell of each row, such as the days.",
    )
    caption: Annotated[Text | None, Role.CAPTION] = None


class LogBlock(SourcedModel):
    """A table that the reader fills in: readings, weights, symptoms."""

    log: Log


class ScheduleRow(SelectableModel):
    """One medicine, and when to take it."""

    medicine: Annotated[Text, Role.CELL]
    fields: tuple[FieldName | None, ...] = Field(
        (), description="For each time, the field that a record writes there, or nothing."
    )


def _as_medicine(value: object) -> object:
    return {"medicine": value} if isinstance(value, str) else value


class Schedule(Model):
    """Medicines by the times of the day."""

    times: Annotated[tuple[Text, ...], Role.COLUMN] = Field(min_length=1, max_length=6)
    rows: tuple[
        Annotated[
            ScheduleRow, BeforeValidator(_as_medicine, json_schema_input_type=Text | ScheduleRow)
        ],
        ...,
    ] = ()
    blank_rows: int = Field(0, ge=0, le=20, description="How many rows more, to write in.")
    caption: Annotated[Text | None, Role.CAPTION] = None


class ScheduleBlock(SourcedModel):
    """Medicines by the times of the day, with room for the amounts."""

    schedule: Schedule


# In mm.
PictureWidth = Annotated[float, Field(ge=15, le=180, allow_inf_nan=False)]
WIDTH_MEANING: Final = (
    "How wide the picture is, in mm. Left out: up to the whole width, and at most 90 mm high."
)


def _refuse_repeated(sides: tuple[Text, ...]) -> tuple[Text, ...]:
    for index, side in enumerate(sides):
        if side in sides[:index]:
            message = (
                "two sides have the same words, so nobody knows which one was ticked\n"
                "Write another word for each side, such as [Left, Right]."
            )
            raise ValueError(message)
    return sides


class MarkBlock(SourcedModel):
    """A picture on which staff mark a side, with a box below each."""

    mark: Plain = Field(description="The picture, below content/: images/name.svg, .png or .jpg.")
    alt: Annotated[Text, Role.ALT] = Field(
        description="What the picture shows, for a reader who cannot see it."
    )
    sides: Annotated[tuple[Text, ...], Role.LABEL, AfterValidator(_refuse_repeated)] = Field(
        min_length=1,
        max_length=4,
        description="From left to right, as the picture shows them, such as [Left, Right].",
    )
    width: PictureWidth | None = Field(
        None, description=f"{WIDTH_MEANING} Large print makes it wider."
    )


class SignOffLine(SelectableModel):
    """One line to sign or to fill in."""

    label: Annotated[Text, Role.LABEL]
    beside: bool = Field(
        default=False, description="Whether it shares the row of the line before, as a date does."
    )


def _as_line(value: object) -> object:
    if isinstance(value, str) or (
        isinstance(value, dict) and value and not set(value) & {"label", "beside", "only"}
    ):
        return {"label": value}
    return value


class SignOffBlock(SourcedModel):
    """Lines to sign: who explained the paper, to whom, and when."""

    sign_off: tuple[
        Annotated[
            SignOffLine, BeforeValidator(_as_line, json_schema_input_type=Text | SignOffLine)
        ],
        ...,
    ] = Field(min_length=1)
