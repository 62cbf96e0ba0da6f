"""Run many small tasks in a few processes, and yield the results in order.

Little is held in memory at a time. `process_pool` is for layout, in which a clinic's own template
may loop forever; this module is for very many small tasks of our own. A process that is killed
loses its own task and no other.

Each worker has a pipe of its own. The workers of `concurrent.futures.ProcessPoolExecutor` share one
pipe for their results: when one is killed while it sends, the executor waits for the rest forever.
"""

from __future__ import annotations

import os
import signal
import tempfile
from collections import deque
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from multiprocessing import reduction
from multiprocessing.connection import wait
from typing import IO, TYPE_CHECKING, Any, Final, Generic, TypeVar

from teachback.errors import Problem, TeachbackError
from teachback.printing.process_limits import Limits, allow_cpu, confine, stay_in_memory
from teachback.printing.process_pool import start_worker

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable
    from multiprocessing.connection import Connection

Setup = TypeVar("Setup")
Task = TypeVar("Task")
Result = TypeVar("Result")
# The kinds of message from a streaming process: an item, the end, or the problems that it ended in.
_ITEM, _DONE, _FAULT = "item", "done", "fault"
# The number of tasks, for each process, that may be read before the first of them is finished.
AHEAD: Final = 4


@dataclass(frozen=True)
class LostTask(Generic[Task]):
    """A task whose process ended before it answered."""

    task: Task


@dataclass
class _Worker:
    """A worker process: our end of its pipe, and the number and task that it works on."""

    process: Any
    pipe: Connection
    number: int = -1
    task: Any = None

    def take(self, number: int, task: Any) -> None:  # noqa: ANN401 -- any task
        """Send a task. A process that is gone is noticed when its answer is awaited."""
        self.number, self.task = number, task
        with suppress(OSError):
            self.pipe.send(task)

    def end(self) -> None:
        """End the process, and wait until it is gone."""
        self.process.kill()
        self.process.join()
        self.pipe.close()


class OpenFile:
    """An open file that a worker reads. It is passed on by descriptor, not by name."""

    def __init__(self, file: IO[bytes]) -> None:
        self._number = file.fileno()

    def __reduce__(self) -> tuple[Any, ...]:
        # Where processes are not forked, the descriptor is handed over.
        return _open_handed_over, (reduction.DupFd(self._number),)

    def opened(self) -> IO[bytes]:
        """Return the file, positioned at its start."""
        file = os.fdopen(os.dup(self._number), "rb")
        file.seek(0)
        return file


def _open_handed_over(handed_over: Any) -> OpenFile:  # noqa: ANN401 -- multiprocessing's own
    with os.fdopen(handed_over.detach(), "rb") as file:
        handle = OpenFile(file)
        handle._number = os.dup(file.fileno())  # noqa: SLF001 -- our own
    return handle


def streamed(
    function: Callable[[Setup], Iterable[Result]], setup: Setup, doing: str, hint: str, seconds: int
) -> Generator[Result]:
    """Yield the items of a function that runs in a process of its own.

    The process has limits on memory and processor time (`seconds`). The function must be
    module-level. Raises TeachbackError with the problems that it ends in, or when a limit is
    reached. Closing the generator ends the process.
    """
    worker = _start(partial(_stream, function, setup, seconds), [])
    try:
        while True:
            kind, content = worker.pipe.recv()
            if kind == _DONE:
                return
            if kind == _FAULT:
                raise TeachbackError(
                    *(content or (Problem(f"{doing} needed more memory than is allowed", hint),))
                )
            yield content
    except (EOFError, OSError):
        worker.process.join()
        cause = "failed because of an error in the program"
        if worker.process.exitcode in {-signal.SIGXCPU, -signal.SIGKILL}:
            cause = f"took more than {seconds} s of processor time, or was stopped from outside"
        raise TeachbackError.of(f"{doing} {cause}", hint) from None
    finally:
        worker.end()


def _stream(
    function: Callable[[Setup], Iterable[Any]], setup: Setup, seconds: int, pipe: Connection
) -> None:
    """Send each item of a function, then the end.

    On an error, send its problems in place of the end. There are none when memory ran out.
    """
    allow_cpu(seconds)
    try:
        for item in function(setup):
            pipe.send((_ITEM, item))
        pipe.send((_DONE, None))
    except TeachbackError as error:
        pipe.send((_FAULT, error.problems))
    except MemoryError:
        pipe.send((_FAULT, ()))


def map_in_order(
    function: Callable[[Setup, Task], Result],
    setup: Setup,
    tasks: Iterable[Task],
    jobs: int,
    *,
    apart: bool = False,
) -> Generator[Result | LostTask[Task]]:
    """Yield `function(setup, task)` for each task, in order, from `jobs` processes.

    A single job runs in this process, unless `apart`. A LostTask stands for a task whose process
    ended. The function must be module-level and catch its own exceptions. Closing the generator
    ends the processes. Raises TeachbackError when a process cannot be started.
    """
    if jobs == 1 and not apart:
        for task in tasks:
            yield function(setup, task)
        return
    waiting = enumerate(tasks)
    ready: deque[tuple[int, Task]] = deque()
    workers: list[_Worker] = []
    results: dict[int, Result | LostTask[Task]] = {}
    next_number = tasks_read = 0
    has_more = True
    try:
        while True:
            # Keep the workers busy before anything else is done here.
            while ready and (worker := _idle(partial(_do_tasks, function, setup), workers, jobs)):
                worker.take(*ready.popleft())
            may_read = has_more and len(ready) < jobs and tasks_read < next_number + jobs * AHEAD
            if _collect_results(
                workers, results, 0 if may_read or next_number in results else None
            ):
                continue
            if may_read:
                numbered_task = next(waiting, None)
                has_more = numbered_task is not None
                if numbered_task is not None:
                    ready.append(numbered_task)
                    tasks_read += 1
            elif next_number in results:
                yield results.pop(next_number)
                next_number += 1
            else:
                return
    finally:
        for worker in workers:
            worker.end()


def _idle(work: Callable[[Connection], None], workers: list[_Worker], jobs: int) -> _Worker | None:
    """Return an idle worker; start one if there may be one more. None when all are busy."""
    idle = next((worker for worker in workers if worker.number < 0), None)
    if idle is None and len(workers) < jobs:
        idle = _start(work, workers)
        workers.append(idle)
    return idle


def _collect_results(
    workers: list[_Worker], results: dict[int, Any], seconds: float | None
) -> bool:
    """Collect finished results, and return whether there were any. With None, wait for one."""
    busy = {worker.pipe: worker for worker in workers if worker.number >= 0}
    finished = wait(list(busy), seconds) if busy else []
    for pipe in finished:
        worker = busy[pipe]  # type: ignore[index]
        try:
            results[worker.number] = worker.pipe.recv()
            worker.number = -1
        except (EOFError, OSError):
            results[worker.number] = LostTask(worker.task)
            workers.remove(worker)
            worker.end()
    return bool(finished)


def _do_tasks(function: Callable[[Setup, Any], Any], setup: Setup, pipe: Connection) -> None:
    """Do tasks until the pipe closes."""
    while True:
        pipe.send(function(setup, pipe.recv()))


def _start(work: Callable[[Connection], None], others: list[_Worker]) -> _Worker:
    arguments = (work, tempfile.gettempdir(), os.getpid())
    return _Worker(*start_worker(_run_worker, arguments, [other.pipe for other in others]))


def _run_worker(
    pipe: Connection, work: Callable[[Connection], None], scratch: str, parent: int
) -> None:
    """Work in a worker process until the pipe closes."""
    confine(Limits(), scratch, parent)
    stay_in_memory()
    work(pipe)
