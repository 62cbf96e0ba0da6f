"""What a child of the pool does: one task after another, with no more time and memory than it is given.

When time is up, an alarm rings inside the work, so that the work can say where it was. Should that not help, the parent ends the
process, and should there be no parent any more, the kernel does.
"""

from __future__ import annotations

import ctypes
import faulthandler
import os
import resource
import signal
import sys
import tempfile
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from teachback.errors import OutOfTime, Problem, TeachbackError

if TYPE_CHECKING:
    from collections.abc import Callable
    from multiprocessing.connection import Connection
    from types import FrameType

_GB: Final = 1_000_000_000
# prctl(2): the signal that a process gets when its parent dies.
_PR_SET_PDEATHSIG: Final = 1
# prctl(2): whether a crash is written down. mlockall(2): all pages, those to come too, each once it is used.
_PR_SET_DUMPABLE: Final = 4
_MCL_CURRENT, _MCL_FUTURE, _MCL_ONFAULT = 1, 2, 4
# What a child says: it is ready for its first task, it needs more time, it has done a task, or the task went wrong in it.
READY, MORE, DONE, FAULT = "ready", "more", "done", "fault"


@dataclass(frozen=True)
class Limits:
    """What one task may take.

    `seconds` by the clock; `later` is what is left to the tasks of a run in which one has run out of time already, so that a
    template that stops every page does not stop the run page by page. `grace` is how long a child has to say itself where
    it was when time was up. `memory` is in bytes, above what the child has when it starts.
    """

    seconds: float = 20.0
    later: float = 5.0
    grace: float = 2.0
    memory: int = 2 * _GB


# In a child at work: how it asks for more time.
_asking: list[Callable[[float], None]] = []


def more_time(seconds: float) -> None:
    """Start the clock of this task anew, with so many seconds. Only for work whose length no template decides."""
    for ask in _asking:
        ask(seconds)


def late_problem(doing: str, hint: str, seconds: float) -> Problem:
    """Say that time was up."""
    return Problem(f"{doing} took more than {seconds:g} s", hint)


def serve(pipe: Connection, inherited: list[Connection], given: Any, limits: Limits, scratch: str, parent: int) -> None:  # noqa: ANN401 -- see pool.Pool
    """Do tasks until the pipe ends: what a child does. It never returns, as there is nothing to clean up."""
    try:
        for other in inherited:
            other.close()
        confine(limits, scratch, parent)
        pipe.send((READY, None))
        while True:
            pipe.send(_done(given, limits, pipe, *pipe.recv()))
    except (EOFError, OSError):
        os._exit(0)
    except BaseException:  # noqa: BLE001 -- a result that cannot be sent; whatever it is, the parent hears of it by the end of the pipe
        os._exit(1)


def leave_no_image() -> None:
    """Keep the system from writing this process's memory into a file when it crashes, and other processes of this user from reading it."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        # Where a program takes crashes, it gets them whatever that limit says; not of a process that is marked so.
        ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 0)


def stay_in_memory() -> None:
    """Ask the system not to swap this process to a disk, where it sets no limit to that; else nothing is done."""
    if sys.platform == "linux" and resource.getrlimit(resource.RLIMIT_MEMLOCK)[0] == resource.RLIM_INFINITY:
        ctypes.CDLL(None).mlockall(_MCL_CURRENT | _MCL_FUTURE | _MCL_ONFAULT)


def confine(limits: Limits, scratch: str, parent: int) -> None:
    """Make this process one that ends with its parent, says nothing, leaves no image of its memory and takes no more than its share."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    tempfile.tempdir = scratch
    # What a library writes in its last moment, such as GLib out of memory, is nothing for whoever called the program.
    faulthandler.disable()
    nothing = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, 1)
    os.dup2(nothing, 2)
    leave_no_image()
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(0)
        # On macOS this limit does nothing.
        with open("/proc/self/statm", encoding="ascii") as file:  # noqa: PTH123 -- a file of the kernel
            held = int(file.read().split()[0]) * resource.getpagesize()
        most = held + limits.memory
        hard = resource.getrlimit(resource.RLIMIT_AS)[1]
        most = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(resource.RLIMIT_AS, (most, most))


class _Clock:
    """Rings when a task's time is up, and rings on: whoever is at work may take an exception for a fault of a picture, and go on."""

    def __init__(self, doing: str, hint: str, grace: float) -> None:
        self._doing, self._hint, self._grace = doing, hint, grace
        self.late: OutOfTime | None = None

    def start(self, seconds: float) -> None:
        def ring(number: int, frame: FrameType | None) -> None:  # noqa: ARG001 -- what a handler gets
            self.late = OutOfTime(late_problem(self._doing, self._hint, seconds))
            raise self.late

        _allow_cpu(seconds + 2 * self._grace)
        signal.signal(signal.SIGALRM, ring)
        signal.setitimer(signal.ITIMER_REAL, seconds, self._grace / 4)


def _timed(clock: _Clock, seconds: float, work: Callable[[], Any]) -> Any:  # noqa: ANN401 -- what the work gives
    try:
        clock.start(seconds)
        result = work()
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
    if clock.late:
        raise clock.late
    return result


def _done(
    given: object, limits: Limits, pipe: Connection, work: Callable[..., Any], subject: object, doing: str, hint: str, seconds: float
) -> tuple[str, Any]:
    clock = _Clock(doing, hint, limits.grace)

    def ask(seconds: float) -> None:
        pipe.send((MORE, seconds))
        clock.start(seconds)

    _asking[:] = [ask]
    try:
        return DONE, _timed(clock, seconds, lambda: work(given, subject))
    except TeachbackError as error:
        return FAULT, (isinstance(error, OutOfTime), error.problems)
    except MemoryError:
        how = f"needed more than {limits.memory / _GB:g} GB of memory"
    except RecursionError:
        how = "ended in too deep a nesting"
    except Exception as error:  # noqa: BLE001 -- a fault of a library, or ours: a problem of this page, not the end of the run
        how = f"ended in {type(error).__name__} {error}".rstrip()
    return FAULT, (False, (Problem(f"{doing} {how}", hint),))


def _allow_cpu(seconds: float) -> None:
    """Let the kernel end this process after so many more seconds of work, should nobody else be there to do it."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    hard = resource.getrlimit(resource.RLIMIT_CPU)[1]
    most = int(used.ru_utime + used.ru_stime + seconds) + 1
    resource.setrlimit(resource.RLIMIT_CPU, (most if hard == resource.RLIM_INFINITY else min(most, hard), hard))
