"""A long row of tasks, done by a few processes and given back in order, with little held at a time. Nothing here knows what the tasks are.

`pool` is for work that a stranger's template can let run wild; this is for very many small pieces of our own. A process that is ended from outside
takes its task with it, and nothing else.
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
# What a process that streams sends: an item, that it is done, or the problems that it ended in.
_ITEM, _DONE, _FAULT = "item", "done", "fault"
# How many results may wait for an earlier one, for each process.
AHEAD: Final = 4


@dataclass(frozen=True)
class LostTask(Generic[T]):
    """A task whose process ended before it had an answer."""

    task: T


@dataclass
class _Hand:
    """A process, our end of its pipe, and the number and the task it is at."""

    process: Any
    pipe: Connection
    number: int = -1
    task: Any = None


class OpenFile:
    """An open file that a process of ours reads, wherever it is: it takes the file by its number, not by its name."""

    def __init__(self, file: IO[bytes]) -> None:
        self._number = file.fileno()

    def __reduce__(self) -> tuple[Any, ...]:
        # Where processes are not forked, the file's number is handed over.
        return _taken_over, (reduction.DupFd(self._number),)

    def opened(self) -> IO[bytes]:
        """Return the file, from its start."""
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
    """Return what a function gives, one after the other, from a process of its own under limits of memory and processor time (s).

    The function is one of a module. Raises TeachbackError with the problems that it ends in, or when a limit is reached.
    Whoever stops listening ends the process.
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
                    *(answer or (Problem(f"{doing} needed more memory than it may have", hint),))
                )
            yield answer
    finally:
        _end(hand)


def _how(code: int | None, seconds: int) -> str:
    """Return how a process ended that did not say so itself."""
    if code in {-signal.SIGXCPU, -signal.SIGKILL}:
        return f"took more than {seconds} s of processor time, or was ended from outside"
    return "ended in a fault of the program"


def _stream(pipe: Connection, wanted: Any) -> None:  # noqa: ANN401 -- what `streamed` hands over
    """Send what a function gives, then that it is done; or the problems that it ended in, or none for lack of memory."""
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
    """Give `function(given, task)` for each task, in their order, from `jobs` processes; one job is done here, unless it is to be done `apart`.

    The function is one of a module and catches what it can raise. Whoever stops listening ends the processes. Raises TeachbackError when one
    cannot be started.
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
        # Whoever waits gets something to do before anything else is done here.
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
    """Give a process that has nothing to do, if there is one or may be one more."""
    idle = next((hand for hand in hands if hand.number < 0), None)
    if idle is None and len(hands) < jobs:
        idle = _start(function, given, hands)
        hands.append(idle)
    return idle


def _take(hands: list[_Hand], done: dict[int, Any], seconds: float | None) -> bool:
    """Take what is finished, and say whether something is; with None, wait until something is."""
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
            # See pool: a test runner may have threads, the program has none.
            warnings.simplefilter("ignore", DeprecationWarning)
            gc.freeze()
            process.start()
    except OSError as error:
        message = f"a printing process could not be started: {error.strerror or error}"
        raise TeachbackError(
            Problem(message, "Start again, with less beside it; what was finished is kept.")
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
    """Do tasks until the pipe ends. A traceback would hold a patient's values: there is none, whatever happens."""
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
    except BaseException:  # noqa: BLE001 -- the parent hears of it by the end of the pipe
        os._exit(1)


def _end(hand: _Hand) -> None:
    hand.process.kill()
    hand.process.join()
    hand.pipe.close()
