"""Run many small tasks in a few processes, and yield the results in order.

Little is held in memory at a time, and the tasks may be anything. `process_pool` is for layout, in
which a clinic's own template may loop forever; this module is for very many small tasks of our own.
A process that is killed loses its own task and no other.
"""

from __future__ import annotations

import gc
import multiprocessing
import os
import resource
import signal
import tempfile
import warnings
from collections import deque
from dataclasses import dataclass
from multiprocessing import reduction
from multiprocessing.connection import wait
from typing import IO, TYPE_CHECKING, Any, Final, Generic, TypeVar

from teachback.errors import Problem, TeachbackError
from teachback.printing.process_limits import Limits, confine, stay_in_memory
from teachback.printing.process_pool import METHOD

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator
    from multiprocessing.connection import Connection

Given = TypeVar("Given")
T = TypeVar("T")
R = TypeVar("R")
# The kinds of message from a streaming process: an item, the end, or the problems that it ended in.
_ITEM, _DONE, _FAULT = "item", "done", "fault"
# The number of results, for each process, that may wait for an earlier one.
AHEAD: Final = 4


@dataclass(frozen=True)
class LostTask(Generic[T]):
    """A task whose process ended before it answered."""

    task: T


@dataclass
class _Hand:
    """A worker process: our end of its pipe, and the number and task that it works on."""

    process: Any
    pipe: Connection
    number: int = -1
    task: Any = None


class OpenFile:
    """An open file that a worker reads. It is passed on by descriptor, not by name."""

    def __init__(self, file: IO[bytes]) -> None:
        self._number = file.fileno()

    def __reduce__(self) -> tuple[Any, ...]:
        # Where processes are not forked, the descriptor is handed over.
        return _taken_over, (reduction.DupFd(self._number),)

    def opened(self) -> IO[bytes]:
        """Return the file, positioned at its start."""
        file = os.fdopen(os.dup(self._number), "rb")
        file.seek(0)
        return file


def _taken_over(number: Any) -> OpenFile:  # noqa: ANN401 -- multiprocessing's own
    with os.fdopen(number.detach(), "rb") as file:
        handle = OpenFile(file)
        handle._number = os.dup(file.fileno())  # noqa: SLF001 -- our own
    return handle


def streamed(
    function: Callable[[Given], Iterable[R]], given: Given, doing: str, hint: str, seconds: int
) -> Generator[R]:
    """Yield the items of a function that runs in a process of its own.

    The process has limits on memory and processor time (`seconds`). The function must be
    module-level. Raises TeachbackError with the problems that it ends in, or when a limit is
    reached. Closing the generator ends the process.
    """
    hands: list[_Hand] = []
    hand = _start(_stream, (function, given, seconds), hands)
    try:
        while True:
            try:
                kind, answer = hand.pipe.recv()
            except (EOFError, OSError):
                hand.process.join()
                raise TeachbackError(
                    Problem(f"{doing} {_how(hand.process.exitcode, seconds)}", hint)
                ) from None
            if kind == _DONE:
                return
            if kind == _FAULT:
                raise TeachbackError(
                    *(answer or (Problem(f"{doing} needed more memory than is allowed", hint),))
                )
            yield answer
    finally:
        _end(hand)


def _how(code: int | None, seconds: int) -> str:
    """Describe how a process ended that sent no reason."""
    if code in {-signal.SIGXCPU, -signal.SIGKILL}:
        return f"took more than {seconds} s of processor time, or was stopped from outside"
    return "failed because of an error in the program"


def _stream(pipe: Connection, wanted: Any) -> None:  # noqa: ANN401 -- the arguments of `streamed`
    """Send each item of a function, then the end.

    On an error, send its problems instead; none when memory ran out.
    """
    function, given, seconds = wanted
    used = resource.getrusage(resource.RUSAGE_SELF)
    hard = resource.getrlimit(resource.RLIMIT_CPU)[1]
    most = int(used.ru_utime + used.ru_stime) + seconds
    resource.setrlimit(
        resource.RLIMIT_CPU, (most if hard == resource.RLIM_INFINITY else min(most, hard), hard)
    )
    try:
        for item in function(given):
            pipe.send((_ITEM, item))
        pipe.send((_DONE, None))
    except TeachbackError as error:
        pipe.send((_FAULT, error.problems))
    except MemoryError:
        pipe.send((_FAULT, ()))


def map_in_order(
    function: Callable[[Given, T], R],
    given: Given,
    tasks: Iterable[T],
    jobs: int,
    *,
    apart: bool = False,
) -> Generator[R | LostTask[T]]:
    """Yield `function(given, task)` for each task, in order, from `jobs` processes.

    A single job runs in this process, unless `apart`. A LostTask stands for a task whose process
    ended. The function must be module-level and catch its own exceptions. Closing the generator
    ends the processes. Raises TeachbackError when a process cannot be started.
    """
    if jobs == 1 and not apart:
        for task in tasks:
            yield function(given, task)
        return
    hands: list[_Hand] = []
    try:
        yield from _shared_out(function, given, tasks, jobs, hands)
    finally:
        for hand in hands:
            _end(hand)


def _shared_out(
    function: Callable[[Given, T], R],
    given: Given,
    tasks: Iterable[T],
    jobs: int,
    hands: list[_Hand],
) -> Iterator[R | LostTask[T]]:
    waiting = enumerate(tasks)
    ready: deque[tuple[int, T]] = deque()
    done: dict[int, R | LostTask[T]] = {}
    due = read = 0
    more = True
    while True:
        # Keep the workers busy before anything else is done here.
        while ready and (idle := _idle(function, given, hands, jobs)):
            _hand_out(idle, ready.popleft(), hands, done)
        if _take(hands, done, 0):
            continue
        if more and len(ready) < jobs and read < due + jobs * AHEAD:
            following = next(waiting, None)
            more = following is not None
            if following is not None:
                ready.append(following)
                read += 1
        elif due in done:
            yield done.pop(due)
            due += 1
        elif any(hand.number >= 0 for hand in hands):
            _take(hands, done, None)
        elif not ready and not more:
            return


def _idle(
    function: Callable[..., Any], given: object, hands: list[_Hand], jobs: int
) -> _Hand | None:
    """Return an idle worker; start one if there may be one more. None when all are busy."""
    idle = next((hand for hand in hands if hand.number < 0), None)
    if idle is None and len(hands) < jobs:
        idle = _start(function, given, hands)
        hands.append(idle)
    return idle


def _take(hands: list[_Hand], done: dict[int, Any], seconds: float | None) -> bool:
    """Collect finished results, and return whether there were any. With None, wait for one."""
    busy = {hand.pipe: hand for hand in hands if hand.number >= 0}
    finished = wait(list(busy), seconds) if busy else []
    for pipe in finished:
        hand = busy[pipe]  # type: ignore[index]
        try:
            done[hand.number] = hand.pipe.recv()
            hand.number = -1
        except (EOFError, OSError):
            done[hand.number] = LostTask(hand.task)
            hands.remove(hand)
            _end(hand)
    return bool(finished)


def _hand_out(
    hand: _Hand, ready: tuple[int, Any], hands: list[_Hand], done: dict[int, Any]
) -> None:
    hand.number, hand.task = ready
    try:
        hand.pipe.send(hand.task)
    except OSError:
        done[hand.number] = LostTask(hand.task)
        hands.remove(hand)
        _end(hand)


def _start(function: Callable[..., Any], given: object, hands: list[_Hand]) -> _Hand:
    context: Any = multiprocessing.get_context(METHOD)
    ours, theirs = context.Pipe()
    inherited = [hand.pipe for hand in hands] + [ours] if METHOD == "fork" else []
    arguments = (theirs, inherited, function, given, tempfile.gettempdir(), os.getpid())
    process = context.Process(target=_serve, args=arguments, daemon=True)
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        with warnings.catch_warnings():
            # See process_pool: a test runner may have threads, the program has none.
            warnings.simplefilter("ignore", DeprecationWarning)
            gc.freeze()
            process.start()
    except OSError as error:
        message = f"a printing process could not be started: {error.strerror or error}"
        raise TeachbackError(
            Problem(message, "Close other programs and start again; what was finished is kept.")
        ) from None
    finally:
        gc.unfreeze()
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
    theirs.close()
    return _Hand(process, ours)


def _serve(
    pipe: Connection,
    inherited: list[Connection],
    function: Callable[..., Any],
    given: object,
    scratch: str,
    parent: int,
) -> None:
    """Run tasks until the pipe closes.

    No traceback is printed, since it would hold patients' values.
    """
    try:
        for other in inherited:
            other.close()
        confine(Limits(), scratch, parent)
        stay_in_memory()
        if function is _stream:
            _stream(pipe, given)
            return
        while True:
            pipe.send(function(given, pipe.recv()))
    except (EOFError, OSError):
        os._exit(0)
    except BaseException:  # noqa: BLE001 -- the parent notices that the pipe has closed
        os._exit(1)


def _end(hand: _Hand) -> None:
    hand.process.kill()
    hand.process.join()
    hand.pipe.close()
