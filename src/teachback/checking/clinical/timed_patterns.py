"""Limit the processor time of searches for patterns that a clinic wrote itself.

Python's `re` tries every way in which a pattern could match. Some patterns, such as `(a+)+$`, have
too many ways to finish in any useful time. `re` checks for signals while it searches (CPython,
Modules/_sre: MAYBE_CHECK_SIGNALS), so a timer can end a search. The program's own patterns need no
timer.
"""

from __future__ import annotations

import re
import signal
import threading
import time
from typing import TYPE_CHECKING, Final, Self, TypeVar

from teachback.errors import Problem, TeachbackError

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

    from teachback.errors import Location

T = TypeVar("T")
# Seconds of processor time that all searches for one pattern may take in a run, with more for each
# letter searched. An ordinary pattern needs less than a millionth of a second for a letter.
SECONDS: Final = 2.0
SECONDS_A_LETTER: Final = 20e-6
# Seconds for each single pattern, in the search for the slow one among several.
_SECONDS_ALONE: Final = 0.3
_HINT: Final = (
    "Write it more simply: no part that repeats inside of another that repeats, such as (a+)+, "
    "and no two repeats in a row that fit the same letters, such as .*.*; list the words instead."
)
# Whether a search is running, so that a late signal is ignored.
_is_searching = [False]


class _OutOfTimeError(Exception):
    """A search ran out of time."""


class ClinicPatterns(str):
    """The joined patterns of one list in a clinic's rule; `parts` are the single ones."""

    __slots__ = ("parts", "rule", "timed")

    def __new__(cls, joined: str, rule: str, parts: tuple[tuple[str, Location], ...]) -> Self:
        """Create from the joined pattern, the id of the rule, and at least one part."""
        patterns = super().__new__(cls, joined)
        patterns.rule, patterns.parts, patterns.timed = rule, parts, None
        return patterns

    # Made by `compiled`; it counts the time used so far.
    timed: TimedPattern | None
    rule: str
    parts: tuple[tuple[str, Location], ...]


class TimedPattern:
    """A pattern with search methods like those of a compiled one, and a time limit.

    When the time is over, a search raises TeachbackError with the pattern's place.
    """

    def __init__(self, pattern: ClinicPatterns) -> None:
        """Compile the pattern. Raises re.error if it is malformed."""
        self._pattern: Final = pattern
        self._seconds_left = SECONDS
        self._compiled: Final = re.compile(pattern)

    def search(self, text: str) -> re.Match[str] | None:
        """Return the first match."""
        return self._timed(lambda: self._compiled.search(text), text)

    def finditer(self, text: str) -> tuple[re.Match[str], ...]:
        """Return all matches."""
        return self._timed(lambda: tuple(self._compiled.finditer(text)), text)

    def _timed(self, work: Callable[[], T], text: str) -> T:
        self._seconds_left += len(text) * SECONDS_A_LETTER
        started = time.process_time()
        try:
            return in_time(work, self._seconds_left)
        except _OutOfTimeError:
            raise TeachbackError(self._problem(text)) from None
        finally:
            self._seconds_left -= time.process_time() - started

    def _problem(self, text: str) -> Problem:
        place = next(
            (place for part, place in self._pattern.parts if _is_slow(part, text)),
            self._pattern.parts[0][1],
        )
        message = f"the rule '{self._pattern.rule}': this pattern takes too long to be searched for"
        return Problem(message, _HINT, place)


def compiled(pattern: str) -> re.Pattern[str] | TimedPattern:
    """Return a rule's pattern ready to search; a clinic's is timed, always by the same object.

    A pattern is compiled on first use, since most rules are about things that a text does not name.
    Raises re.error if a clinic's pattern is malformed.
    """
    if not isinstance(pattern, ClinicPatterns):
        return re.compile(pattern)
    pattern.timed = pattern.timed or TimedPattern(pattern)
    return pattern.timed


def in_time(work: Callable[[], T], seconds: float) -> T:
    """Run work of `re`. Raises _OutOfTimeError after `seconds` of processor time.

    Only the main thread receives signals: in other threads the work has no limit. No command
    searches there.
    """
    if threading.current_thread() is not threading.main_thread():
        return work()
    signal.signal(signal.SIGVTALRM, _stop_search)
    try:
        _is_searching[0] = True
        # Repeat the signal, in case the first one arrives where it is ignored.
        signal.setitimer(signal.ITIMER_VIRTUAL, max(seconds, 1e-3), 0.05)
        return work()
    finally:
        _is_searching[0] = False
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)


def _stop_search(number: int, frame: FrameType | None) -> None:  # noqa: ARG001 -- a handler's
    if _is_searching[0]:
        raise _OutOfTimeError


def _is_slow(part: str, text: str) -> bool:
    try:
        in_time(lambda: re.search(part, text), _SECONDS_ALONE)
    except _OutOfTimeError:
        return True
    return False


def pattern_fault(pattern: str) -> str:
    """Return why a pattern cannot be used, or '' if it can."""
    try:
        in_time(lambda: re.compile(pattern), SECONDS)
    except re.error as error:
        return str(error)
    except (RecursionError, OverflowError, MemoryError):
        return "it is nested too deep, or repeats too often"
    except _OutOfTimeError:
        return "it is too long"
    return ""
