"""Define the sources that statements are taken from: the bibliography of the workspace."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from teachback.content.base_model import Entries, Id, Model, Plain


class Source(Model):
    """One published source."""

    publisher: Plain
    title: Plain
    url: Annotated[str, StringConstraints(pattern=r"^https?://[^\s]+$")] | None = None
    year: int | None = Field(None, ge=1900, le=2100)
    basis: Literal["seen", "copy", "known"] = Field(
        "known",
        description="seen: its own page was read. copy: read elsewhere. known: not read again.",
    )
    seen_at: Plain | None = None
    note: Plain | None = None


class Sources(Entries[dict[Id, Source]]):
    """Every source, by id."""
