"""Define a handout's fields for one patient, as an author declares them.

A field is a place to write on. Without a patient's record it prints as a line. With one, the
record's words are printed on that line.
"""

from enum import StrEnum
from typing import Annotated, Final

from pydantic import BeforeValidator, Field, StringConstraints

from teachback.content.base_model import Model, Plain, SelectableModel, SourcedModel, Text

# Columns of a file of records that choose a record's edition. No field can have such a name.
COLUMNS: Final = ("id", "audience", "language", "paper", "size", "copies")

FieldName = Annotated[
    str,
    StringConstraints(pattern=r"^[a-z][a-z0-9]*(_[a-z0-9]+)*$", max_length=40),
    Field(
        description="A field's name: lower-case words joined by underscores, "
        "as the column of the records is called."
    ),
]


class FieldKind(StrEnum):
    """The type of value that a field holds."""

    TEXT = "text"
    DATE = "date"
    PHONE = "phone"
    NUMBER = "number"
    CHOICE = "choice"


class RecordField(Model):
    """A value that differs from patient to patient."""

    name: FieldName
    label: Text = Field(description="What stands before the line, such as 'Prepared for'.")
    type: FieldKind = Field(
        FieldKind.TEXT,
        description="date: YYYY-MM-DD in the records, printed in words. choice: one of `choices`.",
    )
    required: bool = Field(default=False, description="A record without it is rejected.")
    width_mm: float = Field(
        45.0,
        ge=8,
        le=170,
        allow_inf_nan=False,
        description="How long the line is, in mm in 13 pt type; a longer value is rejected.",
    )
    choices: tuple[Plain, ...] = Field(
        (), description="For `type: choice`: the words that a record may hold."
    )


class PersonalLine(SelectableModel):
    """One field with its label."""

    field: FieldName


def _as_personal_line(value: object) -> object:
    return {"field": value} if isinstance(value, str) else value


PersonalLines = tuple[
    Annotated[
        PersonalLine,
        BeforeValidator(_as_personal_line, json_schema_input_type=FieldName | PersonalLine),
    ],
    ...,
]


class PersonalBlock(SourcedModel):
    """Fields with their labels, each a line to write on, that say whom the paper is for."""

    personal: PersonalLines = Field(min_length=1)
