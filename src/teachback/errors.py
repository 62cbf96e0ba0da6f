"""What can be wrong, said so that the reader can mend it.

    TeachbackError          carries one or more Problems; the one base that the command line catches
      UsageError            the command line itself is wrong (exit code 2)
      OutOfTime             a step took longer than it may

A Problem is a value: checks return tuples of them, and only the rim of the program raises.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable


class Severity(StrEnum):
    """Whether a problem stops the print (error), should be looked at (warning), or is a hint for a better text."""

    ERROR = "error"
    WARNING = "warning"
    HINT = "hint"


class Location(NamedTuple):
    """A place in a file; line and column count from 1, and 0 stands for the whole file."""

    file: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        """Give `file:line:column`, as editors and terminals make clickable."""
        return f"{self.file}:{self.line}:{self.column}" if self.line else self.file


class Problem(NamedTuple):
    """What is wrong (message), what to do (hint), where (location), whether it stops the print, and the rule that found it, if one did."""

    message: str
    hint: str = ""
    location: Location | None = None
    severity: Severity = Severity.ERROR
    rule: str = ""

    def __str__(self) -> str:
        """Give the one line that every problem has; the hint stands on a line of its own elsewhere."""
        where = f"{self.location}: " if self.location else ""
        kind = "" if self.severity is Severity.ERROR else f"{self.severity}: "
        return f"{where}{kind}{self.message}"

    def as_json(self) -> dict[str, Any]:
        """Give plain data for `--json` and for the build record."""
        place = self.location
        return {
            "severity": str(self.severity),
            "message": self.message,
            "hint": self.hint,
            "file": place.file if place else None,
            "line": place.line if place else None,
            "column": place.column if place else None,
            **({"rule": self.rule} if self.rule else {}),
        }


class TeachbackError(Exception):
    """One or more problems that stop a step."""

    def __init__(self, *problems: Problem) -> None:
        """Keep the problems; there is at least one."""
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = problems


class UsageError(TeachbackError):
    """The command was typed wrongly; nothing was read or printed."""


class OutOfTime(TeachbackError):  # noqa: N818 -- said where it is caught as what it is
    """A step took longer than it may."""


def in_file_order(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """Sort by file, line and column, and drop exact repeats; problems without a place come last."""
    unique = dict.fromkeys(problems)
    return tuple(sorted(unique, key=lambda p: (p.location is None, p.location or Location(""), p.message)))


def placed(problems: Iterable[Problem], name: str, place: Location) -> tuple[Problem, ...]:
    """Give a place to those problems that have none, and say in them what they are about."""
    return tuple(p if p.location else p._replace(message=f"{name}: {p.message}", location=place) for p in problems)


def as_errors(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """Turn warnings into errors, for `--strict`; hints stay hints."""
    return tuple(p if p.severity is Severity.HINT else p._replace(severity=Severity.ERROR) for p in problems)


def nearest(word: str, known: Iterable[str]) -> str:
    """Give the hint for a misspelt name: the nearest known one, and the list of all where that is short."""
    names = sorted(known)
    if not names:
        return ""
    listed = f"{', '.join(names)}." if len(names) <= 24 else f"{', '.join(names[:24])} ..."  # noqa: PLR2004 -- a line's worth
    return f"{guess(word, names)} Known: {listed}".strip()


def guess(word: str, known: Iterable[str]) -> str:
    """Ask for the nearest known name; empty when none is near.

    A name that only looks the same is told as such: an accented letter can be stored as one character or as two.
    """
    # Only where something is misspelt.
    import difflib
    import unicodedata

    names = sorted(known)
    looks = unicodedata.normalize("NFKC", word)
    twin = next((name for name in names if name != word and unicodedata.normalize("NFKC", name) == looks), None)
    if twin is not None:
        letters = ", ".join(dict.fromkeys(c for c in unicodedata.normalize("NFC", twin) if unicodedata.normalize("NFKD", c) != c)) or word
        return f"There is '{twin}', which looks the same and is stored otherwise ({letters}). Copy its name, or rename it."
    match = difflib.get_close_matches(word.lower(), names, n=1, cutoff=0.55)
    return f"Did you mean '{match[0]}'?" if match else ""
