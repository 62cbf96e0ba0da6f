"""What a rule is, and what it finds: the common ground of the rules that are files and of those that are code. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from teachback.editions.passages import Passage, Role, as_read
from teachback.errors import Problem, Severity

if TYPE_CHECKING:
    from collections.abc import Callable

    from teachback.content.handout import Handout
    from teachback.editions.passages import ReaderContext, Steps
    from teachback.errors import Location


# The source of a rule that follows from what Teachback is, and from no publication.
OUR_OWN: Final = "our own, from how a handout is written here"


class Example(NamedTuple):
    """A text that a rule must find (bad) or pass over (good), with what stands around it."""

    text: str
    audience: str = "ckd"
    role: Role = Role.PARAGRAPH
    lead: str = ""
    column: str = ""
    row: str = ""
    other: str = ""

    def passage(self) -> Passage:
        """Give the example as a reader gets it."""
        return Passage(
            as_read(self.text),
            self.text,
            ("sections", 0, "blocks", 0, "text"),
            self.role,
            self.audience,
            block="example/0",
            section="example",
            lead=as_read(self.lead),
            column=as_read(self.column),
            row=as_read(self.row),
            other=as_read(self.other),
        )


class Rule(NamedTuple):
    """One rule: its id, what it looks for in a few words, how bad a finding is, why, from where, and examples.

    `audiences` are those whose texts it looks at, with all that extend them; none means everybody's.
    """

    id: str
    title: str
    severity: Severity
    why: str
    sources: tuple[str, ...] = ()
    bad: tuple[Example, ...] = ()
    good: tuple[Example, ...] = ()
    audiences: tuple[str, ...] = ()
    languages: tuple[str, ...] = ("en",)


class ReaderText:
    """One edition as its reader gets it: the handout, who reads, and all passages in order. Only itself is equal to it."""

    def __init__(
        self,
        handout: Handout | None,
        ear: ReaderContext,
        passages: tuple[Passage, ...],
        language: str = "en",
    ) -> None:
        """Take what was heard; there is no handout where only a few passages are looked at."""
        self.handout: Final = handout
        self.ear: Final = ear
        self.passages: Final = passages
        self.language: Final = language


class Finding(NamedTuple):
    """What a rule found in a passage: the words, the message and the hint of the problem that it makes.

    `measured` findings, such as a reading grade, are of the whole edition; they stand at the passage they begin with.
    """

    rule: str
    severity: Severity
    passage: Passage
    words: str
    message: str
    hint: str
    audiences: tuple[str, ...] = ()


def problem_of(finding: Finding, locate: Callable[[Steps], Location]) -> Problem:
    """Make the problem of a finding; `locate` gives the place of a path in the handout's file."""
    place = locate(finding.passage.path)
    readers = f" (for {' and '.join(finding.audiences)})" if finding.audiences else ""
    return Problem(
        f"{finding.message}{readers}", finding.hint, place, finding.severity, finding.rule
    )
