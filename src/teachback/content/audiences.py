"""Define audiences: they are data, and one may extend another."""

from typing import Annotated

from pydantic import Field

from teachback.content.base_model import Entries, Id, Model, Plain
from teachback.content.handout import Phone


class Audience(Model):
    """One kind of reader."""

    name: Plain = Field(description="What staff call these readers, in lists.")
    badge: Annotated[dict[str, Plain], Field(min_length=1)] = Field(
        description="By language: what stands on page 1 above the title."
    )
    short: dict[str, Plain] = Field(
        {}, description="By language: the badge's words on a card; the badge when left out."
    )
    extends: Id | None = Field(
        None, description="Texts that have no version for this audience are taken from that one."
    )
    calls: Phone | None = Field(
        None,
        description="Whose number stands beside 'Call us today': that of the extended audience, "
        "or phone, when left out; phone, too, where the clinic has no such number.",
    )
    target_grade: Annotated[int, Field(ge=1, le=12)] | None = Field(
        None,
        description="The reading grade that texts for these readers should not lie above; "
        "that of the extended audience, or 6, when left out.",
    )


class Audiences(Entries[dict[Id, Audience]]):
    """Every audience of the workspace, by id."""

    def lineage(self, audience: str) -> tuple[str, ...]:
        """Return the audience itself, then those that it extends, nearest first.

        A cycle ends where it would start again.
        """
        lineage: list[str] = []
        current: str | None = audience
        while current is not None and current not in lineage and current in self.root:
            lineage.append(current)
            current = self.root[current].extends
        return tuple(lineage)

    def target_grade(self, audience: str) -> int | None:
        """Return the target grade of an audience, or of the nearest one that it extends."""
        grades = (self.root[name].target_grade for name in self.lineage(audience))
        return next((grade for grade in grades if grade is not None), None)

    def calls(self, audience: str) -> Phone:
        """Return the phone that an audience calls, or that of the nearest one that it extends."""
        phones = (self.root[name].calls for name in self.lineage(audience))
        return next((phone for phone in phones if phone is not None), Phone.PHONE)
