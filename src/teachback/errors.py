"""Define problems and the exceptions that carry them.

  TeachbackError          carries one or more Problems; the only base class the CLI catches
    UsageError            the command line itself is wrong (exit code 2)
    OutOfTime             a step took longer than it may

A Problem is a value: checks return tuples of them, and only the outermost code raises.
"""

from __future__ import annotations

import re
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Self, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

ResultT = TypeVar("ResultT")

# Characters that a terminal does not show as themselves: controls, bidirectional marks, lone
# surrogates, and line separators of other systems.
_UNREADABLE: Final = re.compile(
    "[\0-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]"
)
# Python decodes the bytes of a file name that are not UTF-8 into this range (PEP 383).
_UNDECODED: Final = range(0xDC80, 0xDD00)


class Severity(StrEnum):
    """The severity of a problem: an error stops the print, a warning does not.

    A hint suggests a better text.
    """

    ERROR = "error"
    WARNING = "warning"
    HINT = "hint"


class Location(NamedTuple):
    """A place in a file. Line and column count from 1; line 0 means the whole file."""

    file: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        """Return `file:line:column`, the form that editors and terminals make clickable."""
        return f"{self.file}:{self.line}:{self.column or 1}" if self.line else self.file


class Problem(NamedTuple):
    """A problem: message, hint (what to do), location, severity and rule.

    `rule` names the rule that found the problem, and is empty for other checks.
    """

    message: str
    hint: str = ""
    location: Location | None = None
    severity: Severity = Severity.ERROR
    rule: str = ""
    also: tuple[Location, ...] = ()

    def __str__(self) -> str:
        """Return the problem in one line, without the hint."""
        where = f"{self.location}: " if self.location else ""
        kind = "" if self.severity is Severity.ERROR else f"{self.severity}: "
        return f"{where}{kind}{self.message}"

    def as_json(self) -> dict[str, Any]:
        """Return plain data for `--json` and for the build record."""
        place = self.location
        return {
            "severity": str(self.severity),
            "message": self.message,
            "hint": self.hint,
            **_place_json(place),
            **({"rule": self.rule} if self.rule else {}),
            **({"also": [_place_json(other) for other in self.also]} if self.also else {}),
        }


def _place_json(place: Location | None) -> dict[str, Any]:
    return {
        "file": place.file if place else None,
        "line": place.line if place else None,
        "column": (place.column or min(place.line, 1)) if place else None,
    }


class DesignHint(str):
    """A hint that blames the clinic's own templates and styles.

    It is replaced in a workspace that has none; see `workspace.hinting`.
    """

    __slots__ = ()


COMPARE: Final = DesignHint("Compare the clinic's own templates and styles with the built-in ones.")
COMPARE_LENGTH: Final = DesignHint(
    "Compare the clinic's own templates and styles with the built-in ones: "
    "nest less, and make tables and drawings smaller."
)


class TeachbackError(Exception):
    """One or more problems that stop a step."""

    def __init__(self, *problems: Problem) -> None:
        """Keep the problems; there is at least one."""
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = problems

    @classmethod
    def of(cls, message: str, hint: str = "", location: Location | None = None) -> Self:
        """Return the error of a single problem."""
        return cls(Problem(message, hint, location))


class UsageError(TeachbackError):
    """The command was typed wrongly; nothing was read or printed."""


class OutOfTime(TeachbackError):  # noqa: N818 -- the name says what happened
    """A step took longer than it may."""


def readable(text: str) -> str:
    r"""Escape invisible characters as `\x00` or `\u202e`, and bytes that are not UTF-8 as `\xff`."""

    def escaped(match: re.Match[str]) -> str:
        code_point = ord(match[0])
        if code_point in _UNDECODED:
            code_point -= 0xDC00
        return {9: "\\t", 10: "\\n", 13: "\\r"}.get(
            code_point,
            f"\\x{code_point:02x}" if code_point < 0x100 else f"\\u{code_point:04x}",  # noqa: PLR2004 -- one byte
        )

    return _UNREADABLE.sub(escaped, text)


def unreadable(text: str) -> bool:
    """Return whether a text holds an invisible character or a byte that is not UTF-8."""
    return bool(_UNREADABLE.search(text))


def fault_code(error: BaseException) -> str:
    """Return the code of an internal fault: module, line and exception type.

    The code holds nothing of a file or a record. The exception's own message might.
    """
    # Imported here because only a fault needs it.
    import traceback

    package = Path(__file__).parent
    frames = [
        frame
        for frame in traceback.extract_tb(error.__traceback__)
        if package in Path(frame.filename).parents
    ]
    place = f"{Path(frames[-1].filename).stem}-{frames[-1].lineno}-" if frames else ""
    return f"{place}{type(error).__name__}"


def fault_problem(error: BaseException) -> Problem:
    """Return the problem for an unexpected exception.

    It holds the fault's code, and not the exception's message, which may hold a value.
    """
    message = f"the program failed because of its own error: code {fault_code(error)}"
    return Problem(
        message,
        "What was finished is kept. Report this code: it holds no text and nothing about a "
        "patient.",
    )


def collected(step: Callable[[], ResultT], problems: list[Problem]) -> ResultT | None:
    """Return what a step returns. If it fails, add its problems to the list, and return None."""
    try:
        return step()
    except TeachbackError as error:
        problems.extend(error.problems)
        return None


def in_file_order(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """Sort by file, line and column, and drop exact repeats. Problems without a place come last."""
    unique = dict.fromkeys(problems)
    return tuple(
        sorted(unique, key=lambda p: (p.location is None, p.location or Location(""), p.message))
    )


def with_location(problems: Iterable[Problem], name: str, place: Location) -> tuple[Problem, ...]:
    """Set the location of problems that have none, and put `name` in front of their message."""
    return tuple(
        p if p.location else p._replace(message=f"{name}: {p.message}", location=place)
        for p in problems
    )


def as_errors(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """Turn warnings into errors, for `--strict`. Hints stay hints."""
    return tuple(
        p if p.severity is Severity.HINT else p._replace(severity=Severity.ERROR) for p in problems
    )


def nearest(word: str, known: Iterable[str]) -> str:
    """Return the hint for a misspelt name: the nearest known name, and up to 24 known names."""
    names = sorted(known)
    if not names:
        return ""
    listed = f"{', '.join(names)}." if len(names) <= 24 else f"{', '.join(names[:24])} ..."  # noqa: PLR2004 -- about one line
    return f"{guess(word, names)} Known: {listed}".strip()


# The least difflib ratio of a guess, and of a guess that stops a run: `Tel` is no misspelt `note`.
_GUESS_RATIO: Final = 0.55
LIKELY: Final = 0.7


def folded(name: str) -> str:
    """Return the form of a name for comparisons in which neither case nor extra blanks count."""
    import unicodedata

    return " ".join(unicodedata.normalize("NFC", name).casefold().split())


def guess(word: str, known: Iterable[str], like: float = _GUESS_RATIO) -> str:
    """Return a hint that asks for the nearest known name, or "" when none is near.

    `like` is the least difflib ratio, from 0 to 1. A known name that only looks the same gets its
    own hint: an accented letter can be stored as one character or as two.
    """
    # Imported here because only a misspelt name needs them.
    import difflib
    import unicodedata

    names = sorted(known)
    normalized = unicodedata.normalize("NFKC", word)
    twin = next(
        (
            name
            for name in names
            if name != word and unicodedata.normalize("NFKC", name) == normalized
        ),
        None,
    )
    if twin is not None:
        ambiguous = (
            ", ".join(
                dict.fromkeys(
                    letter
                    for letter in unicodedata.normalize("NFC", twin)
                    if unicodedata.normalize("NFKD", letter) != letter
                )
            )
            or word
        )
        return (
            f"There is '{twin}', which looks the same and is stored otherwise ({ambiguous}). "
            "Copy its name, or rename it."
        )
    # A much longer word often has the letters of a short name: `fluid` is no misspelt `id`.
    candidates = [name for name in names if len(word) < 2 * len(name)]
    match = difflib.get_close_matches(word.lower(), candidates, n=1, cutoff=like)
    return f"Did you mean '{match[0]}'?" if match else ""
