"""Patterns that a clinic has written itself: each is searched for under a limit of the processor's time, whatever it is.

Python's `re` tries every way in which a pattern could match, and some, such as `(a+)+$`, have more ways than there is time for. It answers
signals on the way (CPython, Modules/_sre: MAYBE_CHECK_SIGNALS), so a timer can end a search. The program's own patterns need no timer.
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
# Seconds of the processor's time that all searches for a pattern may take in one run, and more for each letter they look at.
# An ordinary pattern takes less than a millionth of a second for a letter.
SECONDS: Final = 2.0
SECONDS_A_LETTER: Final = 20e-6
# For finding out which of several patterns is the slow one.
_ALONE: Final = 0.3
_HINT: Final = (
    "Write it more simply: no part that repeats inside of another that repeats, such as (a+)+, and no two repeats in a row that fit the "
    "same letters, such as .*.*; list the words instead."
)
# Whether a search is going on, so that a signal that comes late is for nobody.
_searching = [False]


class _TooLong(Exception):  # noqa: N818 -- caught here
    """The time for a search is up."""


class ClinicPatterns(str):
    """Patterns of one list of a clinic's rule, joined; `parts` are the single ones, each with its place in the file."""

    __slots__ = ("kept", "parts", "rule")

    def __new__(cls, joined: str, rule: str, parts: tuple[tuple[str, Location], ...]) -> Self:
        """Take what is searched for, the id of the rule, and the parts; there is at least one."""
        made = super().__new__(cls, joined)
        made.rule, made.parts, made.kept = rule, parts, None
        return made

    # What `limited` makes of it, which counts how long it took so far.
    kept: TimedPattern | None
    rule: str
    parts: tuple[tuple[str, Location], ...]


class TimedPattern:
    """Searches as a compiled pattern does. Raises TeachbackError with the pattern's place when that takes too long."""

    def __init__(self, pattern: ClinicPatterns) -> None:
        """Compile the pattern. Raises re.error where it is none."""
        self._pattern: Final = pattern
        self._left = SECONDS
        self._compiled: Final = re.compile(pattern)

    def search(self, text: str) -> re.Match[str] | None:
        """Return the first match."""
        return self._timed(lambda: self._compiled.search(text), text)

    def finditer(self, text: str) -> tuple[re.Match[str], ...]:
        """Return all matches."""
        return self._timed(lambda: tuple(self._compiled.finditer(text)), text)

    def _timed(self, work: Callable[[], T], text: str) -> T:
        self._left += len(text) * SECONDS_A_LETTER
        before = time.process_time()
        try:
            return in_time(work, self._left)
        except _TooLong:
            raise TeachbackError(self._problem(text)) from None
        finally:
            self._left -= time.process_time() - before

    def _problem(self, text: str) -> Problem:
        place = next(
            (place for part, place in self._pattern.parts if _is_slow(part, text)),
            self._pattern.parts[0][1],
        )
        message = f"the rule '{self._pattern.rule}': this pattern takes too long to be searched for"
        return Problem(message, _HINT, place)


def limited(pattern: ClinicPatterns) -> TimedPattern:
    """Return what searches for a clinic's pattern, the same each time. Raises re.error where it is none."""
    pattern.kept = pattern.kept or TimedPattern(pattern)
    return pattern.kept


def in_time(work: Callable[[], T], seconds: float) -> T:
    """Do some work of `re` within seconds of the processor's time. Raises an exception of this module when they are over.

    Only the main thread hears signals: elsewhere the work is done without a limit. No command searches there.
    """
    if threading.current_thread() is not threading.main_thread():
        return work()
    signal.signal(signal.SIGVTALRM, _ring)
    try:
        _searching[0] = True
        # Ringing on, should the first time fall where nobody listens.
        signal.setitimer(signal.ITIMER_VIRTUAL, max(seconds, 1e-3), 0.05)
        return work()
    finally:
        _searching[0] = False
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)


def _ring(number: int, frame: FrameType | None) -> None:  # noqa: ARG001 -- what a handler gets
    if _searching[0]:
        raise _TooLong


def _is_slow(part: str, text: str) -> bool:
    try:
        in_time(lambda: re.search(part, text), _ALONE)
    except _TooLong:
        return True
    return False


def pattern_fault(pattern: str) -> str:
    """Return why a text is no pattern that can be searched for; empty where it is one."""
    try:
        in_time(lambda: re.compile(pattern), SECONDS)
    except re.error as error:
        return str(error)
    except (RecursionError, OverflowError, MemoryError):
        return "it is nested too deep, or repeats too often"
    except _TooLong:
        return "it is too long"
    return ""
