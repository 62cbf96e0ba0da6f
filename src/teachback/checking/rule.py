"""Define rules and findings, for rules in files and rules in code alike. Pure."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Final, NamedTuple

from teachback.content.handout import blocks_of
from teachback.editions.passages import Passage, Role, as_read
from teachback.errors import Problem, Severity

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from teachback.content.handout import Handout, Section, SourcedModel
    from teachback.editions.passages import ReaderContext, Steps
    from teachback.errors import Location


# The source of a rule that follows from how Teachback works, not from a publication.
OUR_OWN: Final = "our own, from how a handout is written here"
# The current day for the examples of rules that depend on it.
EXAMPLE_DAY: Final = dt.date(2026, 11, 22)


class Example(NamedTuple):
    """A text that a rule must find (bad) or pass over (good), with its surroundings."""

    text: str
    audience: str = "ckd"
    role: Role = Role.PARAGRAPH
    lead: str = ""
    column: str = ""
    row: str = ""
    other: str = ""

    def passage(self) -> Passage:
        """Return the example as a passage that a reader gets."""
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
    """One rule: what it looks for, how bad a finding is, why, its sources and its examples.

    `audiences` limits the rule to the texts of these audiences and of those that extend them. Empty
    means every audience.
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
    """One edition as its reader gets it: the handout, the reader and all passages in order.

    Instances compare by identity.
    """

    def __init__(
        self,
        handout: Handout | None,
        reader: ReaderContext,
        passages: tuple[Passage, ...],
        language: str = "en",
    ) -> None:
        """Store the passages; `handout` is None where only a few passages are checked."""
        self.handout: Final = handout
        self.reader: Final = reader
        self.passages: Final = passages
        self.language: Final = language

    def blocks(self) -> Iterator[tuple[Steps, Section, SourcedModel]]:
        """Return the blocks that the reader gets, with their paths and sections."""
        return blocks_of(self.handout, self.reader.lineage) if self.handout else iter(())


class Finding(NamedTuple):
    """Words that a rule found in a passage, with the message and hint of their problem.

    A measured finding, such as a reading grade, is about the whole edition. Its passage is the
    title, or the first one that was measured. `also` are further passages of a folded finding.
    """

    rule: str
    severity: Severity
    passage: Passage
    words: str
    message: str
    hint: str
    audiences: tuple[str, ...] = ()
    also: tuple[Passage, ...] = ()


def problem_of(finding: Finding, locate: Callable[[Steps], Location]) -> Problem:
    """Return a finding as a problem; `locate` returns the place of a path in its file."""
    place = locate(finding.passage.path)
    readers = f" (for {' and '.join(finding.audiences)})" if finding.audiences else ""
    also = tuple(
        other
        for other in dict.fromkeys(locate(passage.path) for passage in finding.also)
        if other != place
    )
    lines = [str(line) for line in dict.fromkeys(other.line for other in also)]
    more_lines = f" (also in line {', '.join(lines)})" if lines else ""
    return Problem(
        f"{finding.message}{readers}{more_lines}",
        finding.hint,
        place,
        finding.severity,
        finding.rule,
        also,
    )


# Rules whose findings are single words. Those of a handout are one list, whose message ends so.
_LIST_ENDINGS: Final = {
    "plain-hard-word": "are hard words",
    "plain-vague": "do not say how much or how often",
    "number-source": "are numbers without a source",
}


def fold_findings(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Fold the findings of each rule on form in a section into one.

    The rules on form are those on plain language and on numbers without a source. Hard words, vague
    amounts and numbers are folded over the whole handout. A folded finding joins the messages and
    hints; `also` holds its other passages.
    """
    folded: dict[tuple[object, ...], Finding] = {}
    words_by_key: dict[tuple[object, ...], dict[str, None]] = {}
    for number, finding in enumerate(findings):
        rule = finding.rule
        is_on_form = rule.startswith("plain-") or rule == "number-source"
        section = "" if rule in _LIST_ENDINGS else finding.passage.section
        # A finding of another rule has a key of its own.
        key = (rule, section, finding.audiences, -1 if is_on_form else number)
        words = words_by_key.setdefault(key, {})
        words[f"'{finding.words}'"] = None
        existing = folded.get(key)
        if existing is None:
            folded[key] = finding
            continue
        if rule in _LIST_ENDINGS and len(words) > 1:
            message = f"{', '.join(words)} {_LIST_ENDINGS[rule]}"
        else:
            message = _joined("; ", existing.message, finding.message)
        folded[key] = existing._replace(
            message=message,
            hint=_joined(" ", existing.hint, finding.hint),
            also=(*existing.also, finding.passage),
        )
    return tuple(folded.values())


def _joined(separator: str, text: str, more: str) -> str:
    return text if more in text else f"{text}{separator}{more}"
