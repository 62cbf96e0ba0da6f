"""Run tasks in a worker process of the pool, one after another, within limits of time and memory.

Time is processor time, so that a busy machine makes work slow but does not fail it. When the time
is up, an alarm interrupts the work, which can then report where it was. If that does not help, the
kernel ends the process. A worker that waits without working is ended by its parent, by the clock.
"""

from __future__ import annotations

import ctypes
import errno
import faulthandler
import gc
import os
import resource
import signal
import sys
import tempfile
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from teachback.errors import OutOfTime, Problem, TeachbackError, fault_code

if TYPE_CHECKING:
    from collections.abc import Callable
    from multiprocessing.connection import Connection
    from types import FrameType

_GB: Final = 1_000_000_000
# prctl(2): the signal that a process gets when its parent dies.
_PR_SET_PDEATHSIG: Final = 1
# prctl(2): whether a crash is dumped. mlockall(2): lock all pages, future ones too, each once it is
# used.
_PR_SET_DUMPABLE: Final = 4
_MCL_CURRENT, _MCL_FUTURE, _MCL_ONFAULT = 1, 2, 4
# The messages of a worker: it is ready for its first task, requests more time, sends a part of a
# result, has done a task, or reports that the task failed.
READY, MORE, PART, DONE, FAULT = "ready", "more", "part", "done", "fault"
RAISE_LIMIT: Final = "Raise this limit, or start it where there is no such limit."
MAKE_ROOM: Final = (
    "Make room in the system's folder for temporary files, or name another one in TMPDIR."
)


@dataclass(frozen=True)
class Limits:
    """The limits of one task.

    `seconds` is processor time. `later` is the limit for other tasks of a run once one has run out
    of time, so that a template that stops every page does not delay the run page by page. `grace`
    is how long a worker has to report where it was. `clock` is the last resort: seconds by the
    clock, for a task that does not work at all. `memory` is in bytes, above what the worker has
    when it starts.
    """

    seconds: float = 20.0
    later: float = 5.0
    grace: float = 2.0
    clock: float = 300.0
    memory: int = 2 * _GB

    def by_the_clock(self, seconds: float) -> float:
        """Return the seconds by the clock for a task with this much processor time."""
        return self.clock * max(1.0, seconds / self.seconds)


# The priority of processes that give way: 0 is the usual one, 19 the lowest.
_NICENESS: Final = 10
# In s: how long a worker waits for the end of the run, before it frees the memory of its last task.
_LEISURE: Final = 0.5


# In a worker with a task: the functions that request more time, and that send a part of its result.
_time_requests: list[Callable[[float], None]] = []
_part_senders: list[Callable[[Any], None]] = []


def more_time(seconds: float) -> None:
    """Restart the time limit of this task, with this many seconds of processor time.

    Only for work whose length no template decides.
    """
    for request in _time_requests:
        request(seconds)


def send_part(part: object) -> None:
    """Send a part of the result of this task, for those who cannot wait for the whole."""
    for send in _part_senders:
        send(part)


def late_problem(doing: str, hint: str, seconds: float) -> Problem:
    """Return the problem of a task that ran out of time."""
    return Problem(f"{doing} took more than {seconds:.3g} s of processor time", hint)


def system_memory() -> int | None:
    """Return the memory that the system allows this process, in bytes; None if unlimited.

    See `ulimit -v` and `ulimit -d`.
    """
    limits = [resource.getrlimit(kind)[0] for kind in (resource.RLIMIT_AS, resource.RLIMIT_DATA)]
    return min((limit for limit in limits if limit != resource.RLIM_INFINITY), default=None)


# In a worker: the limit of its memory to report, in bytes, and whether the system set it.
_memory_limit: list[tuple[int, bool]] = []


def serve(
    pipe: Connection,
    shared: Any,  # noqa: ANN401 -- see process_pool.Pool
    limits: Limits,
    scratch: str,
    parent: int,
) -> None:
    """Do tasks until the pipe closes, as the main loop of a worker."""
    confine(limits, scratch, parent)
    pipe.send((READY, None))
    while True:
        pipe.send(_outcome(shared, limits, pipe, *pipe.recv()))
        # A run that is over ends this process, and its memory with it.
        pipe.poll(_LEISURE)
        _free_memory()


def _free_memory() -> None:
    """Return the memory of the last task to the system, now that nobody waits."""
    # The parts of pages refer to each other in circles: they would stay beside the next pages.
    gc.collect()
    # Not every C library has it.
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)


def give_way() -> None:
    """Lower the priority of this process below those for which somebody waits."""
    os.setpriority(os.PRIO_PROCESS, 0, _NICENESS)


def leave_no_image() -> None:
    """Prevent core dumps of this process, and reads of its memory by other processes."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        # A program that collects crashes gets them despite that limit, but not those of a process
        # that is marked so.
        ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 0)


def stay_in_memory() -> None:
    """Lock this process into memory against swapping, where the system sets no limit to that."""
    if (
        sys.platform == "linux"
        and resource.getrlimit(resource.RLIMIT_MEMLOCK)[0] == resource.RLIM_INFINITY
    ):
        ctypes.CDLL(None).mlockall(_MCL_CURRENT | _MCL_FUTURE | _MCL_ONFAULT)


def confine(limits: Limits, scratch: str, parent: int) -> None:
    """Confine this process: it ends with its parent, prints nothing and keeps to its limits.

    It leaves no core dump either.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    tempfile.tempdir = scratch
    # The last output of a library, such as that of GLib without memory, is of no use to the user.
    faulthandler.disable()
    null_device = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null_device, 1)
    os.dup2(null_device, 2)
    leave_no_image()
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(0)
        # On macOS this limit has no effect.
        with open("/proc/self/statm", encoding="ascii") as file:  # noqa: PTH123 -- a kernel file
            in_use = int(file.read().split()[0]) * resource.getpagesize()
        limit = in_use + limits.memory
        system_limit = system_memory()
        _memory_limit[:] = [(limits.memory, False)]
        if system_limit is not None and system_limit < limit:
            limit = system_limit
            _memory_limit[:] = [(system_limit, True)]
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))


class _Alarm:
    """A timer that interrupts a task when its time is up, and again after that.

    It repeats because the work may take the exception for the fault of a picture, and go on.
    """

    def __init__(self, doing: str, hint: str, grace: float) -> None:
        self._doing, self._hint, self._grace = doing, hint, grace
        self.late: OutOfTime | None = None

    def start(self, seconds: float) -> None:
        def interrupt(_number: int, _frame: FrameType | None) -> None:
            self.late = OutOfTime(late_problem(self._doing, self._hint, seconds))
            raise self.late

        allow_cpu(seconds + 2 * self._grace)
        signal.signal(signal.SIGPROF, interrupt)
        signal.setitimer(signal.ITIMER_PROF, seconds, self._grace / 4)


def _timed(alarm: _Alarm, seconds: float, work: Callable[[], Any]) -> Any:  # noqa: ANN401 -- any
    try:
        alarm.start(seconds)
        result = work()
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
    if alarm.late:
        raise alarm.late
    return result


def _send_whole(pipe: Connection, message: tuple[str, Any]) -> None:
    """Send a message that no alarm cuts short: what comes next would be read as its rest."""
    try:
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGPROF})
        pipe.send(message)
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGPROF})


def _outcome(
    shared: object,
    limits: Limits,
    pipe: Connection,
    work: Callable[..., Any],
    subject: object,
    doing: str,
    hint: str,
    seconds: float,
) -> tuple[str, Any]:
    alarm = _Alarm(doing, hint, limits.grace)

    def request_time(seconds: float) -> None:
        _send_whole(pipe, (MORE, seconds))
        alarm.start(seconds)

    _time_requests[:] = [request_time]
    _part_senders[:] = [lambda part: _send_whole(pipe, (PART, part))]
    try:
        return DONE, _timed(alarm, seconds, lambda: work(shared, subject))
    except TeachbackError as error:
        return FAULT, (isinstance(error, OutOfTime), error.problems)
    except MemoryError:
        return FAULT, (False, (_no_memory(doing, hint, limits),))
    except RecursionError:
        ending = "failed, because something is nested too deep"
    except ImportError as error:
        if any(part in str(error) for part in _NO_LIBRARY_MEMORY):
            return FAULT, (False, (_no_memory(doing, hint, limits),))
        ending = f"ended in a fault: code {fault_code(error)}"
    except OSError as error:
        return FAULT, (False, (refused_problem(doing, error),))
    except Exception as error:  # noqa: BLE001 -- a fault fails only this task
        ending = f"ended in a fault: code {fault_code(error)}"
    return FAULT, (False, (Problem(f"{doing} {ending}", hint),))


def _no_memory(doing: str, hint: str, limits: Limits) -> Problem:
    limit, is_of_system = _memory_limit[0] if _memory_limit else (limits.memory, False)
    if is_of_system:
        message = (
            f"{doing} needed more memory than the system allows this program, "
            f"{limit / _GB:.2g} GB (see `ulimit -v`)"
        )
        return Problem(message, RAISE_LIMIT)
    return Problem(f"{doing} needed more than {limit / _GB:g} GB of memory", hint)


# The messages of the system's loader when there is no memory left for a library.
_NO_LIBRARY_MEMORY: Final = ("failed to map segment", "Cannot allocate memory")

# What a user can do when the system refuses a resource.
_HINTS: Final = {
    errno.EFBIG: "The system allows no larger files (see `ulimit -f`): allow larger ones.",
    errno.EMFILE: "The system allows no more open files (see `ulimit -n`): allow more.",
    errno.ENFILE: "The system has no more open files: close other programs.",
    errno.ENOSPC: MAKE_ROOM,
    errno.EDQUOT: MAKE_ROOM,
}


def refused_problem(doing: str, error: OSError) -> Problem:
    """Return the problem of a refused resource, without file names: they may be patient ids."""
    number = error.errno or 0
    reason = os.strerror(number) if number else type(error).__name__
    message = f"{doing} was stopped by the system: {reason} (code {fault_code(error)})"
    return Problem(message, _HINTS.get(number, "Solve what the system reports, and start again."))


def allow_cpu(seconds: float) -> None:
    """Let the kernel end this process after this many more seconds of work, as the last resort."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    system_limit = resource.getrlimit(resource.RLIMIT_CPU)[1]
    limit = int(used.ru_utime + used.ru_stime + seconds) + 1
    if system_limit != resource.RLIM_INFINITY:
        # One second before the system's own limit, which ends a process without a message.
        limit = max(0, min(limit, system_limit - 1))
    resource.setrlimit(resource.RLIMIT_CPU, (limit, system_limit))


def system_seconds() -> int | None:
    """Return the processor time that the system allows a process, in s; None if unlimited.

    See `ulimit -t`.
    """
    limits = [
        limit
        for limit in resource.getrlimit(resource.RLIMIT_CPU)
        if limit != resource.RLIM_INFINITY
    ]
    return min(limits, default=None)
