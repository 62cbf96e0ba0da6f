"""Define the clinic: names, phones, address, logo, colours, emergency number.

A number that is not set is printed as a line to write on.
"""

from collections.abc import Iterator
from typing import Annotated, Self

from pydantic import AfterValidator, Field, StringConstraints

from teachback.content.base_model import Finding, LanguageTag, Model, Plain
from teachback.errors import Problem
from teachback.files.contrast import CONTRAST_FLOOR, WHITE, contrast
from teachback.units import PrintInk


def _readable_on_white(color: str) -> str:
    red, green, blue = (int(color[i : i + 2], 16) for i in (1, 3, 5))
    ratio = contrast((red, green, blue), WHITE)
    if ratio < CONTRAST_FLOOR:
        message = (
            f"{color} has a contrast of {ratio:.1f}:1 on white; "
            f"text needs at least {CONTRAST_FLOOR}:1\nTake a darker colour."
        )
        raise ValueError(message)
    return color


Color = Annotated[
    str, StringConstraints(pattern=r"^#[0-9a-fA-F]{6}$"), AfterValidator(_readable_on_white)
]
Number = Annotated[Plain, StringConstraints(max_length=30)]
Emergency = Annotated[str, StringConstraints(pattern=r"^[0-9]{2,4}$")]


class Colors(Model):
    """The clinic's colours, as #rrggbb. No meaning depends on them: the pages must work in grey."""

    heading: Color | None = Field(None, description="Title and headings.")
    accent: Color | None = Field(None, description="The badge, rules and links.")


class Clinic(Model):
    """The clinic that the reader calls. An empty field is printed as a line to write on."""

    emergency: Emergency = Field(
        description="The emergency number of the country, such as 911, 999 or 112."
    )
    name: Annotated[Plain, StringConstraints(max_length=60)] | None = None
    phone: Number | None = Field(None, description="In office hours.")
    after_hours: Number | None = Field(None, description="Nights and weekends.")
    dialysis_unit: Number | None = None
    interpreter: Number | None = Field(None, description="The line for interpreters.")
    language_help: tuple[LanguageTag, ...] = Field(
        (), description="The languages in which each handout says that an interpreter is free."
    )
    address: Annotated[Plain, StringConstraints(max_length=120)] | None = None
    logo: Plain | None = Field(
        None, description="A picture below content/: images/logo.svg or .png."
    )
    colors: Colors = Colors()
    # As with the paper, the text is the same in each ink: the edition code does not cover it.
    ink: PrintInk = Field(
        PrintInk.BLACK, repr=False, description="What paper is printed in, where `--ink` is not."
    )

    def emptied(self) -> Self:
        """Return the clinic as before anything was filled in: with lines to write on."""
        return type(self)(emergency=self.emergency, colors=self.colors, ink=self.ink)

    def values(self) -> dict[str, str | None]:
        """Return the values of the placeholders in a text."""
        return {
            "clinic.name": self.name,
            "clinic.phone": self.phone,
            "clinic.after_hours": self.after_hours,
            "clinic.dialysis_unit": self.dialysis_unit,
            "clinic.emergency": self.emergency,
        }


def clinic_problems(clinic: Clinic) -> Iterator[Finding]:
    """Yield what is wrong between the fields of a clinic."""
    if clinic.logo and clinic.name is None:
        message = "a logo needs the clinic's name beside it"
        hint = "Fill `name:`; a reader who cannot see the logo hears the name."
        yield ("logo",), Problem(message, hint)
