"""Hold the problems of a run by handout, so that one handout's fault does not stop the others."""

from __future__ import annotations

from typing import TYPE_CHECKING

from teachback.errors import Severity

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from teachback.errors import Problem

    # By the stem of the handout's file.
    RunProblems = Mapping[str, tuple[Problem, ...]]

# The key of problems that belong to no single handout.
GENERAL = ""


def cards_of(stem: str) -> str:
    """Return the key of the cards of a handout that are too long: the handout is printed."""
    return f"cards of {stem}"


def joined(*groups: Mapping[str, Iterable[Problem]]) -> RunProblems:
    """Join the problems of several steps, in their order."""
    problems_by_stem: dict[str, tuple[Problem, ...]] = {}
    for group in groups:
        for stem, problems in group.items():
            problems_by_stem[stem] = (*problems_by_stem.get(stem, ()), *problems)
    return problems_by_stem


def is_refused(stem: str, problems: RunProblems, *, strict: bool) -> bool:
    """Return whether a handout has errors, or any problem at all under --strict."""
    return any(strict or problem.severity is Severity.ERROR for problem in problems.get(stem, ()))
