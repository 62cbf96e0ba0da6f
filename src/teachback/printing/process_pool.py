"""Run work in worker processes, under limits of time and memory, because a template can run wild.

A worker is forked with its libraries loaded, and takes one task at a time. When a task runs wild,
its worker is ended and replaced: that task ends in a problem, and the others are done. The pool
does not know what the tasks are. See `process_limits` for what happens in the worker.
"""

from __future__ import annotations

import contextlib
import fcntl
import gc
import multiprocessing
import os
import shutil
import signal
import sys
import tempfile
import time
import warnings
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from multiprocessing.connection import wait
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Self

from teachback.errors import Problem, TeachbackError
from teachback.printing.process_limits import (
    DONE,
    MAKE_ROOM,
    MORE,
    PART,
    RAISE_LIMIT,
    READY,
    Limits,
    late_problem,
    serve,
    system_memory,
    system_seconds,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from concurrent.futures import Future
    from multiprocessing.connection import Connection

# On macOS the text libraries do not survive a fork.
METHOD: Final = "fork" if sys.platform == "linux" else "spawn"
LIMITS: Final = Limits()
# The longest text that gets the usual time, some ten pages. A page of a handout holds 2,500 letters
# and takes 0.2 s.
LETTERS: Final = 25_000
# The tasks after which a worker of a server is replaced: the libraries that lay out grow.
WORN: Final = 200
_PREFIX: Final = "teachback-pool-"
# In s: a younger folder of another run is left alone. A folder is locked a moment after it is made.
_YOUNG: Final = 600.0


@dataclass(frozen=True)
class Task:
    """A piece of work: `work(shared, subject)`, where `shared` is the value of the pool.

    `work` must be a module-level function, because it may go to another process. `doing` is the
    beginning of a sentence about it. When a task of a `group` fails, the waiting tasks of that
    group are dropped, as nobody would want their results. `scale` multiplies the usual time limit.
    """

    work: Callable[[Any, Any], Any]
    subject: Any
    doing: str
    hint: str
    group: str = ""
    scale: float = 1.0


def scale_of(letters: int) -> float:
    """Return the factor of the usual time limit for a text: longer texts take longer."""
    return max(1.0, letters / LETTERS)


@dataclass(frozen=True)
class Outcome:
    """The outcome of a task: the result of the work, or its problems; `late` when time was up.

    With `partial`, the result is a part that the work has sent ahead, and the task goes on.
    """

    task: Task
    result: Any = None
    problems: tuple[Problem, ...] = ()
    late: bool = False
    partial: bool = False


@dataclass
class _Worker:
    """A worker process, with our end of its pipe, its task, and the deadline of that task."""

    process: Any
    pipe: Connection
    ready: bool = False
    task: Task | None = None
    seconds: float = 0.0
    deadline: float = float("inf")
    done: int = 0


class Pool:
    """A few worker processes for one run; `shared` is what all its tasks need.

    Use it in a `with` statement: no worker outlives it.
    """

    def __init__(
        self,
        shared: Any,  # noqa: ANN401 -- whatever the tasks need
        processes: int,
        limits: Limits | None = None,
        method: str = METHOD,
        settle: Callable[[Problem], Problem] = lambda problem: problem,
    ) -> None:
        """Create the pool. Workers are started when there are tasks.

        `settle` is applied to each problem of an outcome; callers may use it for other problems
        too.
        """
        self.settle = settle
        self._shared = shared
        self._max_workers = processes
        self._limits = limits or LIMITS
        self._seconds = self._limits.seconds
        self._method = method
        self._workers: list[_Worker] = []
        self._scratch = ""
        self._lock = -1
        self._other_work: ThreadPoolExecutor | None = None

    def __enter__(self) -> Self:
        # One folder for all files of the workers: a worker that is killed cannot clean up.
        try:
            _remove_old_folders(Path(tempfile.gettempdir()))
            self._scratch = tempfile.mkdtemp(prefix=_PREFIX)
            self._lock = os.open(self._scratch, os.O_RDONLY | os.O_DIRECTORY)
        except OSError as error:
            message = f"printing cannot write its temporary files: {error.strerror or error}"
            raise TeachbackError.of(message, MAKE_ROOM) from None
        # The lock lasts until the run ends, however it ends. On a disk without locks no other run
        # can take it either.
        with contextlib.suppress(OSError):
            fcntl.flock(self._lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        return self

    def __exit__(self, *details: object) -> None:
        self._finish_other_work()
        for worker in list(self._workers):
            self._end(worker)
        shutil.rmtree(self._scratch, ignore_errors=True)
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1

    def each(self, tasks: Iterable[Task]) -> Iterator[Outcome]:
        """Start the tasks, and return their outcomes as they arrive.

        The first tasks run before the caller asks for an outcome. Tasks that still run are ended
        when the caller stops iterating.
        """
        waiting = deque(tasks)
        self._assign(waiting)
        return self._outcomes(waiting)

    def meanwhile(self, work: Callable[[], Any]) -> Future[Any]:
        """Do other work in a thread while the workers are busy.

        Outcomes are read meanwhile. No worker is forked before the thread has ended.
        """
        self._other_work = ThreadPoolExecutor(1)
        return self._other_work.submit(work)

    def _finish_other_work(self) -> None:
        if self._other_work is not None:
            self._other_work.shutdown()

    def _outcomes(self, waiting: deque[Task]) -> Iterator[Outcome]:
        try:
            while waiting or self._busy():
                self._assign(waiting)
                for outcome in self._next_outcomes():
                    if outcome.late:
                        self._seconds = min(self._seconds, self._limits.later)
                    if outcome.problems:
                        waiting = deque(
                            task
                            for task in waiting
                            if not task.group or task.group != outcome.task.group
                        )
                    # The caller may be slow: the workers go on meanwhile.
                    self._assign(waiting)
                    yield replace(outcome, problems=tuple(map(self.settle, outcome.problems)))
        finally:
            for worker in self._busy():
                self._end(worker)

    def keep_working(
        self, waiting: deque[Task], inbox: Connection, patience: Callable[[], float]
    ) -> Iterator[Outcome | None]:
        """Do the tasks that the caller adds to `waiting`, without end.

        Yields each outcome as it arrives. Yields None when `inbox` has something to read, and
        when nothing happens for as many seconds as `patience` returns.
        """
        while True:
            self._assign(waiting)
            outcomes = list(self._next_outcomes((inbox,), patience()))
            idle = [worker for worker in self._workers if worker.task is None]
            for worker in idle:
                if worker.done > WORN:
                    self._end(worker)
            self._assign(waiting)
            for outcome in outcomes:
                yield replace(outcome, problems=tuple(map(self.settle, outcome.problems)))
            if not outcomes:
                yield None

    def give_up(self, unwanted: Callable[[Task], bool]) -> None:
        """End the workers whose tasks nobody wants any more."""
        for worker in self._busy():
            if worker.task is not None and unwanted(worker.task):
                self._end(worker)

    def one(self, task: Task) -> Any:  # noqa: ANN401 -- any result
        """Do one task and return its result. Raises TeachbackError with its problems."""
        (outcome,) = self.each([task])
        if outcome.problems:
            raise TeachbackError(*outcome.problems)
        return outcome.result

    def _busy(self) -> list[_Worker]:
        return [worker for worker in self._workers if worker.task is not None]

    def _assign(self, waiting: deque[Task]) -> None:
        while len(self._workers) < min(self._max_workers, len(waiting) + len(self._busy())):
            self._workers.append(self._start())
        for worker in self._workers:
            if waiting and worker.task is None:
                worker.task = waiting.popleft()
                worker.seconds = self._seconds * worker.task.scale
                worker.deadline = time.monotonic() + self._limits.by_the_clock(worker.seconds)
                # A worker that has died meanwhile is noticed when its answer is awaited.
                with contextlib.suppress(BrokenPipeError):
                    worker.pipe.send(
                        (
                            worker.task.work,
                            worker.task.subject,
                            worker.task.doing,
                            worker.task.hint,
                            worker.seconds,
                        )
                    )

    def _start(self) -> _Worker:
        self._finish_other_work()
        return _Worker(
            *start_worker(
                serve,
                (self._shared, self._limits, self._scratch, os.getpid()),
                [worker.pipe for worker in self._workers],
                self._method,
            )
        )

    def _next_outcomes(
        self, other_pipes: Sequence[Connection] = (), patience: float = float("inf")
    ) -> Iterator[Outcome]:
        """Yield the outcomes that have arrived, after a wait for a worker or for `other_pipes`."""
        waiting = [
            worker for worker in self._workers if worker.task is not None or not worker.ready
        ]
        next_deadline = min((worker.deadline for worker in waiting), default=float("inf"))
        seconds = min(patience, max(0.0, next_deadline - time.monotonic()))
        timeout = None if seconds == float("inf") else seconds
        answering = wait([*(worker.pipe for worker in waiting), *other_pipes], timeout)
        for worker in waiting:
            task = worker.task
            if worker.pipe in answering:
                outcome = self._read_answer(worker)
                if outcome:
                    yield outcome
            elif task is not None and time.monotonic() > worker.deadline:
                self._end(worker)
                yield Outcome(task, problems=(self._stuck(task, worker.seconds),), late=True)

    def _read_answer(self, worker: _Worker) -> Outcome | None:
        task = worker.task
        try:
            kind, answer = worker.pipe.recv()
        except (EOFError, OSError):
            self._end(worker)
            if task is None or not worker.ready:
                raise TeachbackError(_not_started()) from None
            return _crash(task, worker.process.exitcode, worker.seconds)
        if kind == READY:
            # Its task has waited in the pipe until now.
            worker.ready = True
            worker.deadline = time.monotonic() + self._limits.by_the_clock(worker.seconds)
            return None
        if kind == MORE:
            worker.seconds = answer
            worker.deadline = time.monotonic() + self._limits.by_the_clock(answer)
            return None
        assert task is not None  # noqa: S101 -- only busy workers answer
        if kind == PART:
            return Outcome(task, answer, partial=True)
        worker.task, worker.deadline = None, float("inf")
        if kind == DONE:
            worker.done += 1
            return Outcome(task, answer)
        # The work may have left its memory in any state.
        self._end(worker)
        late, problems = answer
        return Outcome(task, problems=problems, late=late)

    def _stuck(self, task: Task, seconds: float) -> Problem:
        message = (
            f"{task.doing} was still not finished after {self._limits.by_the_clock(seconds):g} s, "
            "and the computer had hardly worked on it"
        )
        hint = "The machine is very busy, or a disk does not answer. Start again later."
        return Problem(message, hint)

    def _end(self, worker: _Worker) -> None:
        """End a worker by its process id, and wait until it is gone."""
        self._workers.remove(worker)
        worker.process.kill()
        worker.process.join()
        worker.pipe.close()


def start_worker(
    target: Callable[..., None],
    arguments: tuple[Any, ...],
    others: list[Connection],
    method: str = METHOD,
) -> tuple[Any, Connection]:
    """Start a process, and return it with our end of its pipe.

    It runs `target(pipe, *arguments)` until the pipe closes. A forked process inherits the pipes to
    `others`, and closes them: while it holds one, nobody sees that the other end is gone. Raises
    TeachbackError when the process cannot be started.
    """
    context: Any = multiprocessing.get_context(method)
    # An interrupt stops this process, which then ends its workers.
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        our_end, worker_end = context.Pipe()
        inherited = [*others, our_end] if method == "fork" else []
        run_arguments = (target, worker_end, inherited, *arguments)
        process = context.Process(target=_run, args=run_arguments, daemon=True)
        with warnings.catch_warnings():
            # Python warns of forking beside threads. The program has none, but a test runner may.
            warnings.simplefilter("ignore", DeprecationWarning)
            process.start()
        worker_end.close()
    except OSError as error:
        # The user's limit of processes or open files is reached, or memory is short.
        raise TeachbackError(_not_started(f": {error.strerror or error}")) from None
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
    return process, our_end


def _run(
    target: Callable[..., None], pipe: Connection, inherited: list[Connection], *arguments: object
) -> None:
    """Run a worker, and leave what it has inherited out of garbage collection.

    Garbage collection would copy that memory page by page. No traceback is printed, since it would
    hold patients' values.
    """
    gc.freeze()
    try:
        for other in inherited:
            other.close()
        target(pipe, *arguments)
    except (EOFError, OSError):
        # There is nothing to clean up.
        os._exit(0)
    except BaseException:  # noqa: BLE001 -- the parent notices that the pipe has closed
        os._exit(1)


def _not_started(why: str = "") -> Problem:
    hint = "Close other programs and start again; finished files are kept."
    return Problem(f"a printing process could not be started{why}", hint)


def _crash(task: Task, code: int | None, seconds: float) -> Outcome:
    """Return the outcome of a task whose worker ended without an answer.

    `code` is its exit code, negative for a signal; `seconds` is the time that it was given.
    """
    name = f"status {code}"
    if code is not None and code < 0:
        with contextlib.suppress(ValueError):
            name = signal.Signals(-code).name
    limit = system_seconds()
    if name == "SIGXCPU" and limit is not None and limit < seconds:
        message = (
            f"{task.doing} took more processor time than the system allows a program, "
            f"{limit} s (see `ulimit -t`)"
        )
        return Outcome(task, problems=(Problem(message, RAISE_LIMIT),), late=True)
    if name == "SIGXCPU":
        return Outcome(task, problems=(late_problem(task.doing, task.hint, seconds),), late=True)
    memory = system_memory()
    if memory is not None:
        message = (
            f"{task.doing} ended in a crash ({name}): "
            f"the system allows this program no more than {memory / 1e9:.2g} GB of memory "
            "(see `ulimit -v`)"
        )
        return Outcome(task, problems=(Problem(message, RAISE_LIMIT),))
    ending = "was ended from outside" if name == "SIGKILL" else f"ended in a crash ({name})"
    message = f"{task.doing} {ending}, perhaps for lack of memory"
    return Outcome(task, problems=(Problem(message, task.hint),))


def _remove_old_folders(parent: Path) -> None:
    """Remove our folders of runs that were killed: those that no process has locked."""
    for folder in parent.glob(f"{_PREFIX}*"):
        with contextlib.suppress(OSError):
            lock = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
            try:
                status = os.fstat(lock)
                if status.st_uid == os.getuid() and time.time() - status.st_mtime > _YOUNG:
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    shutil.rmtree(folder, ignore_errors=True)
            finally:
                os.close(lock)
