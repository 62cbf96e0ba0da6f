"""Define the files of the clinical rules: `content/rules/data/` and `content/rules/`."""

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationInfo, field_validator

from teachback.content.handout import Id, Plain
from teachback.editions.passages import Role
from teachback.errors import Severity
from teachback.files.unprintable_characters import unaccented

Stance = Literal[
    "waits", "recommended", "warned", "ask", "neutral", "refuted", "question", "unclear"
]
Level = Literal["error", "warning", "hint"]


# A regular expression. The patterns of a rule are compiled together; errors are reported then.
Pattern = Plain


def _with_a_letter(name: str) -> str:
    """Refuse a name that the lexicon cannot look up: it knows a text by its letters and digits."""
    # The first half is quick, and enough for most names.
    if (name[0].isascii() and name[0].isalnum()) or re.search("[a-z0-9]", unaccented(name).lower()):
        return name
    message = f"no text can be searched for '{name}'\nWrite a name with Latin letters or digits."
    raise ValueError(message)


Name = Annotated[Plain, AfterValidator(_with_a_letter)]


class _Closed(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)


class Names(_Closed):
    """Names from one source."""

    source: Plain = Field(description="An id of content/sources.yaml, or a short reference.")
    names: Annotated[tuple[Name, ...], Field(min_length=1)] = Field(
        description="In the singular; plurals are made from them."
    )


class NameClass(_Closed):
    """Names that rules treat alike, such as all foods high in potassium, or all NSAIDs."""

    about: Plain
    groups: Annotated[tuple[Names, ...], Field(min_length=1)]


class NameFile(_Closed):
    """A file of `content/rules/data/`."""

    classes: Annotated[dict[Id, NameClass], Field(min_length=1)]
    misspelt: dict[Name, Name] = Field(
        default_factory=dict, description="A wrong spelling, and the name that is meant."
    )
    pass_over: tuple[Name, ...] = Field(
        (), description="What only looks like one of the names: nuts and bolts."
    )


class Sample(_Closed):
    """An example that a rule must find or ignore; a text alone is a paragraph."""

    text: Plain
    audience: Id | None = None
    role: Role = Role.PARAGRAPH
    lead: str = ""
    column: str = ""
    row: str = ""
    other: str = ""


class RuleFile(_Closed):
    """A file of `content/rules/`: one rule."""

    id: Id
    title: Plain
    audience: Annotated[tuple[Id, ...], Field(min_length=1)] = Field(
        description="Whose texts it looks at, with all that extend them."
    )
    severity: Level | dict[Id, Level] = Field(
        description="One, or one by audience. What cannot be decided is a warning at most."
    )
    about: Annotated[tuple[Id, ...], Field(min_length=1)] = Field(
        description="Classes of content/rules/data/."
    )
    doing: Annotated[tuple[Pattern, ...], Field(min_length=1)] | None = Field(
        None,
        description=(
            "Patterns of what is said of it, such as stopping it; without them: eating, taking, "
            "praising it."
        ),
    )
    unless: tuple[Pattern, ...] = Field((), description="A sentence that matches is passed over.")
    beside: tuple[Pattern, ...] = Field(
        (), description="Where the passage or its lead-in matches, the whole of it is passed over."
    )
    when: Annotated[tuple[Stance, ...], Field(min_length=1)] = ("recommended",)
    undecided: Stance = Field(
        "unclear", description="What a mention is that says neither do nor do not."
    )
    praise: bool = Field(
        default=True, description="Whether praise alone ('helps your muscles') recommends it."
    )
    leaning: bool = Field(
        default=False,
        description=(
            "Whether the words of a sentence decide, by the weights in verdict.txt, where no other "
            "rule does."
        ),
    )
    gap: dict[Id, Id] = Field(
        {},
        description=(
            "`general: ckd`: recommending it in the text of the first audience is a gap where "
            "readers of the second have no text of their own."
        ),
    )
    message: Plain
    hint: Plain
    why: Plain
    sources: Annotated[tuple[Plain, ...], Field(min_length=1)]
    bad: Annotated[tuple[Sample | Plain, ...], Field(min_length=2)]
    good: Annotated[tuple[Sample | Plain, ...], Field(min_length=2)]

    @field_validator("severity")
    @classmethod
    def _severity_for_an_audience(
        cls, severity: Level | dict[Id, Level], info: ValidationInfo
    ) -> Level | dict[Id, Level]:
        """Refuse severities that are all for other audiences."""
        # There is none if the audience itself is wrong, which has a problem of its own.
        audience = info.data.get("audience", ())
        if audience and isinstance(severity, dict) and severity.keys().isdisjoint(audience):
            message = f"no audience of this rule has a severity\nWrite one for {audience[-1]}."
            raise ValueError(message)
        return severity

    def level(self, lineage: tuple[str, ...]) -> Severity | None:
        """Return the severity of a finding for a reader, or None if their texts are not checked."""
        name = next((name for name in lineage if name in self.audience), None)
        if name is None:
            return None
        if isinstance(self.severity, str):
            return Severity(self.severity)
        return Severity(self.severity[name]) if name in self.severity else None
