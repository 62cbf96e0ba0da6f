"""Define the notices that each run reports about a handout, for all its readers or for one. Pure.

A notice is recorded with the build, so that a run with nothing to print reports it, too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from teachback.errors import Problem, Severity

if TYPE_CHECKING:
    from teachback.content.handout import Accepted, Handout
    from teachback.errors import Location

# The rule of `check` that reports a language that no rule knows.
LANGUAGE_UNKNOWN: Final = "language-unknown"
# The languages that the rules of `check` are written for.
_RULE_LANGUAGES: Final = frozenset({"en"})


class Notice(NamedTuple):
    """A problem that each run reports, and the audience that it is about, or "" for all."""

    audience: str
    problem: Problem


def unproved_problem(
    handout: str, language: str, audiences: tuple[str, ...], place: Location
) -> Problem:
    """Return the notice of a translation that nobody has checked.

    A release refuses it. Other runs print the translation as a draft, so it is a hint there.
    """
    readers = " and ".join(audiences)
    message = f"nobody has checked the translation into '{language}' for {readers}"
    hint = (
        "A qualified translator who has read it types: "
        f'teachback approve {handout} --language {language} --by "NAME"'
    )
    return Problem(message, hint, place, Severity.HINT)


def unused_problem(translation: str) -> Problem:
    """Return the warning, without a place, that a handout takes the place of a translation."""
    message = f"this handout takes the place of {translation}, which is not used"
    return Problem(message, "Delete one of the two.", None, Severity.WARNING)


def rules_know(language: str) -> bool:
    """Return whether the rules of `check` can read a language."""
    return language.partition("-")[0] in _RULE_LANGUAGES


def accepted_unchecked(handout: Handout) -> Accepted | None:
    """Return the entry by which somebody took responsibility for a text that no rule can read."""
    return next((entry for entry in handout.accept if entry.rule == LANGUAGE_UNKNOWN), None)


def unchecked_problem(handout: Handout) -> Problem:
    """Return the warning, without a place, that no rule could read a handout."""
    message = (
        f"this handout is written in '{handout.language}', which no rule can read: "
        "its advice and its wording were not checked"
    )
    accepted = accepted_unchecked(handout)
    if accepted:
        message += f". {accepted.by} accepted that: {accepted.reason}"
        hint = "Have somebody who reads the language check each change of the text."
    else:
        message += ", so it is a draft"
        hint = (
            "Write it in English and translate that; the rules then read the English. Or let a "
            "clinician who reads the language check it, who then stands below `accept:` with "
            f"`rule: {LANGUAGE_UNKNOWN}`."
        )
    return Problem(message, hint, None, Severity.WARNING, LANGUAGE_UNKNOWN)
