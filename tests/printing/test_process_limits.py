"""Whatever a template or a style does, the run ends with messages, in time, and prints the rest.

See tests/end_to_end/hostile/README.md.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import gc
import multiprocessing
import operator
import os
import pickle
import re
import resource
import signal
import subprocess
import sys
import tempfile
import time
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from settings_from_flags import resolve
from tiny_handout import TINY
from workspace_cases import HANDOUT, Case, Said, check, here, lay, problems

from teachback.content.loader import read_handouts
from teachback.files.workspace import Workspace, handout_files
from teachback.printing import process_pool
from teachback.printing.job_composer import print_context
from teachback.printing.process_limits import Limits, more_time, send_part
from teachback.printing.process_pool import Outcome, Pool, Task, scale_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from multiprocessing.synchronize import Event

pytestmark = pytest.mark.slow

QUOTING = (TINY + "      - quote: Words.\n").encode()
OTHER = TINY.replace("id: tiny", "id: other").encode()
PRINTED = "build/other/handout-ckd-en-letter.pdf"
RUN = "build tiny other --kind handout --audience ckd --format pdf --jobs 2"
QUOTE = "templates/blocks/quote.html"
SHORT = Limits(seconds=0.5, later=0.5, grace=1)
LAID = f"{HANDOUT}:2:1"
LATE = "handout of tiny for ckd: laying the page out took more than 0.5 s of processor time"
COMPARE = "Compare the clinic's own templates and styles"
USES = "".join(f"<g id='a{n}'>" + f"<use href='#a{n - 1}'/>" * 10 + "</g>" for n in range(1, 9))
# The content of templates/blocks/quote.html, and the problem, at the template's place or the
# handout's.
WILD: dict[str, tuple[str, Said]] = {
    "twelve nested flex boxes": (
        "<div style='display: flex'>" * 12 + "x" + "</div>" * 12,
        Said(LAID, LATE, COMPARE),
    ),
    "1500 forced pages": (
        "{% for a in range(1500) %}<p style='break-after: page'>x</p>{% endfor %}",
        Said(LAID, LATE, COMPARE),
    ),
    "a drawing of a hundred million uses": (
        (
            "<svg viewBox='0 0 9 9'><title>x</title><defs><g id='a0'><path d='M0 "
            f"0h1'/></g>{USES}</defs><use href='#a8'/></svg>"
        ),
        Said(LAID, LATE, COMPARE),
    ),
    "900 nested boxes": (
        "<div>" * 900 + "x" + "</div>" * 900,
        Said(LAID, "handout of tiny for ckd: the page is nested too deep to be laid out", COMPARE),
    ),
    "a loop without end": (
        "<p>\n{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}",
        Said(
            f"{QUOTE}:2:1",
            "filling the templates took more than 0.5 s of processor time",
            "A loop of a template has no end",
        ),
    ),
    "a filter without end": (
        "<p>\n\n{{ lipsum(n=99999999) }}",
        Said(
            f"{QUOTE}:3:1",
            "filling the templates took more than 0.5 s of processor time",
            "A loop of a template has no end",
        ),
    ),
}


@pytest.fixture(autouse=True)
def _nothing_stays(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    """Check that no test leaves a process or a folder behind."""
    scratch = tmp_path_factory.mktemp("scratch")
    monkeypatch.setattr(tempfile, "tempdir", str(scratch))
    # For example the browser of other tests.
    before = children(os.getpid())
    yield
    assert multiprocessing.active_children() == []
    new = set(children(os.getpid())).difference(before)
    assert [
        child
        for child in new
        if b"resource_tracker" not in Path(f"/proc/{child}/cmdline").read_bytes()
    ] == []
    assert list(scratch.iterdir()) == []


def children(pid: int) -> list[int]:
    """Return the child processes of a process, ended or not; none where the system does not say."""
    try:
        return [
            int(child)
            for child in Path(f"/proc/{pid}/task/{pid}/children")
            .read_text(encoding="ascii")
            .split()
        ]
    except OSError:
        return []


def alive(pid: int) -> bool:
    """Return whether a process still runs."""
    try:
        return (
            Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[0]
            != "Z"
        )
    except OSError:
        return False


def work_done() -> float:
    """Return the processor time of this process's ended children in s, which no load changes."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def until(true: Callable[[], bool], seconds: float = 300) -> bool:
    """Wait until a condition is true, but not forever."""
    end = time.monotonic() + seconds
    while not true() and time.monotonic() < end:
        time.sleep(0.05)
    return true()


@pytest.mark.parametrize("name", WILD)
def test_what_runs_wild_is_stopped_and_the_others_are_printed(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """One handout ends in a problem when its time is up; the other is printed.

    No process is left.
    """
    monkeypatch.setattr(process_pool, "LIMITS", SHORT)
    template, says = WILD[name]
    root = lay(
        tmp_path, {HANDOUT: QUOTING, "content/handouts/other.yaml": OTHER, QUOTE: template.encode()}
    )
    before = work_done()
    check(Case({}, (says,)), root, *here(RUN, root, monkeypatch, capsys))
    assert (root / PRINTED).read_bytes().startswith(b"%PDF")
    assert work_done() - before < 20


def test_the_worst_ends_within_little_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A run in which every page of a handout runs wild ends in time."""
    monkeypatch.setattr(process_pool, "LIMITS", SHORT)
    template = WILD["twelve nested flex boxes"][0].encode()
    root = lay(tmp_path, {HANDOUT: QUOTING, "content/handouts/other.yaml": OTHER, QUOTE: template})
    before = work_done()
    code, stdout, stderr = here(
        "build tiny other --audience ckd --jobs 2", root, monkeypatch, capsys
    )
    assert work_done() - before < 30
    assert code == 1
    assert {problem.message.split(": ")[1] for problem in problems(stderr)} == {
        "laying the page out took more than 0.5 s of processor time"
    }
    assert "not printed: tiny" in stdout
    assert len(list((root / "build/other").glob("*.pdf"))) == 3
    assert (Limits().seconds, Limits().later) == (20, 5)


def test_a_card_that_runs_wild_ends_in_a_problem(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """`teachback card` has the same limits, and so has `teachback calibrate`."""
    monkeypatch.setattr(process_pool, "LIMITS", SHORT)
    flex = "<div style='display: flex'>" * 12 + "x" + "</div>" * 12
    root = lay(
        tmp_path,
        {
            "templates/blocks/card-front.html": flex.encode(),
            "templates/calibrate.html": flex.encode(),
        },
    )
    code, _, stderr = here("card tiny", root, monkeypatch, capsys)
    assert (code, [problem.message for problem in problems(stderr)]) == (
        1,
        ["cards of tiny: laying the page out took more than 0.5 s of processor time"],
    )
    code, _, stderr = here("calibrate", root, monkeypatch, capsys)
    assert (code, [problem.message for problem in problems(stderr)]) == (
        1,
        ["laying the page out took more than 0.5 s of processor time"],
    )


def test_a_style_sheet_that_takes_too_long_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Reading the clinic's styles has a limit too."""
    monkeypatch.setattr(process_pool, "LIMITS", Limits(seconds=0.5, later=0.5, grace=1))
    sheet = "".join(
        f"div:not(.a{n}) p:nth-child({n + 1}) > span {{ color: black }}\n" for n in range(15000)
    )
    root = lay(tmp_path, {"styles/clinic.css": sheet.encode()})
    code, _, stderr = here("build tiny --kind handout --audience ckd", root, monkeypatch, capsys)
    assert code == 1
    assert ("styles/clinic.css", "reading the styles took more than 0.5 s of processor time") in [
        (problem.place, problem.message) for problem in problems(stderr)
    ]


def crash(_: object, number: int) -> None:
    """Kill this process with a signal."""
    os.kill(os.getpid(), number)


def fill(_: object, size: int) -> int:
    """Fill the memory."""
    return len(bytearray(size))


def sink(given: object, subject: int) -> None:
    """Recurse without end."""
    sink(given, subject)


def stumble(_: object, key: str) -> str:
    """Raise an error of the program's own."""
    return {"a": key}[key]


def sleep(_: object, seconds: float) -> float:
    """Wait without working."""
    time.sleep(seconds)
    return seconds


def burn(_: object, seconds: float) -> float:
    """Work for this many seconds of processor time."""
    end = time.process_time() + seconds
    while time.process_time() < end:
        pass
    return seconds


def deaf(_: object, seconds: float) -> float:
    """Work with the alarm blocked."""
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGPROF})
    return burn(_, seconds)


def spin(_: object, seconds: float) -> float:
    """Work, and catch every exception."""
    end = time.process_time() + seconds
    while time.process_time() < end:
        with contextlib.suppress(Exception):
            burn(_, seconds)
    return seconds


def unmapped(_: object, library: str) -> None:
    """Fail as the loader does when a memory limit leaves no room for a library."""
    message = f"{library}: failed to map segment from shared object"
    raise ImportError(message)


def refuse(_: object, number: int) -> None:
    """Raise a system error with a name that must not be shown."""
    raise OSError(number, os.strerror(number), "Planted-Name")


def grow(_: object, size: int) -> bytes:
    """Return many bytes."""
    return b"a" * size


def tell(started: Event, _: None) -> str:
    """Set an event."""
    started.set()
    return "told"


ENDED: list[bool] = []


def end_later() -> None:
    """Take a moment, and tell that it is over."""
    time.sleep(0.2)
    ENDED.append(True)


def has_ended(_: object, __: None) -> bool:
    """Return whether the other work was over when this process was forked."""
    return bool(ENDED)


def long(_: object, seconds: float) -> float:
    """Ask for more time, and use it."""
    more_time(seconds + 5)
    return burn(_, seconds)


def interrupted(_: object, size: int) -> None:
    """Send a part, and get the alarm when its length is written."""
    rung: list[int] = []

    def write(handle: int, data: memoryview) -> int:
        sent = os.write(handle, data)
        if not rung:
            rung.append(sent)
            signal.raise_signal(signal.SIGPROF)
        return sent

    # Only in this worker, which ends with its task.
    Connection._send.__defaults__ = (write,)  # type: ignore[attr-defined]  # noqa: SLF001
    send_part(bytes(size))


class Circle:
    """An object that refers to itself, as the boxes of a page refer to each other."""

    def __init__(self) -> None:
        """Close the circle."""
        self.itself = self


def leave(_: object, __: int) -> int:
    """Leave a circle behind. Return how many there were from earlier tasks."""
    before = sum(isinstance(item, Circle) for item in gc.get_objects())
    Circle()
    return before


def task(work: Callable[..., object], subject: object, group: str = "") -> Task:
    """Return a task."""
    return Task(work, subject, "the work", "Do less.", group)


def outcomes(tasks: list[Task], limits: Limits, processes: int = 2) -> list[Outcome]:
    """Do tasks in a pool, and return the outcomes in the order of the tasks."""
    with Pool(None, processes, limits) as workers:
        return sorted(workers.each(tasks), key=lambda outcome: tasks.index(outcome.task))


def test_a_worker_starts_before_its_outcome_is_asked_for() -> None:
    """The caller can work beside the first tasks: they run as soon as they are given."""
    started = multiprocessing.get_context(process_pool.METHOD).Event()
    with Pool(started, 1) as workers:
        coming = workers.each([task(tell, None)])
        assert started.wait(60)
        assert [outcome.result for outcome in coming] == ["told"]


def test_workers_get_their_next_task_while_the_caller_does_other_work() -> None:
    """Other work lasts until the second task of a worker is done, so neither waits for the other."""
    told = multiprocessing.get_context(process_pool.METHOD).Event()
    with Pool(told, 1) as workers:
        coming = workers.each([task(leave, 0), task(tell, None)])
        other = workers.meanwhile(lambda: told.wait(60))
        assert [outcome.result for outcome in coming] == [0, "told"]
        assert other.result() is True


def test_no_worker_is_forked_beside_other_work() -> None:
    """A worker that replaces another is forked when the other work has ended, with its locks."""
    ENDED.clear()
    with Pool(None, 1) as workers:
        coming = workers.each([task(crash, int(signal.SIGKILL)), task(has_ended, None)])
        workers.meanwhile(end_later)
        crashed, following = coming
    assert crashed.problems
    assert following.result is True


def test_whatever_happens_in_a_child_is_one_problem_and_the_others_are_done() -> None:
    """Each fault becomes a problem of its own, and the tasks before and after it are done.

    The faults: crash, lack of memory, recursion, own error, endless work, refusal by the system.
    """
    wild = [
        task(crash, int(signal.SIGSEGV)),
        task(crash, int(signal.SIGABRT)),
        task(crash, int(signal.SIGKILL)),
        task(fill, 5_000_000_000),
        task(sink, 0),
        task(stumble, "b"),
        task(burn, 60),
        task(deaf, 60),
        task(spin, 60),
        task(unmapped, "zxing.so"),
        task(refuse, errno.EFBIG),
        task(refuse, errno.EMFILE),
    ]
    good = [task(grow, size) for size in (1, 10_000_000)]
    done = outcomes([good[0], *wild, good[1]], Limits(seconds=0.25, later=0.25, grace=0.25))
    assert [re.sub(r"-[0-9]+-", "-", outcome.problems[0].message) for outcome in done[1:-1]] == [
        "the work ended in a crash (SIGSEGV), perhaps for lack of memory",
        "the work ended in a crash (SIGABRT), perhaps for lack of memory",
        "the work was ended from outside, perhaps for lack of memory",
        "the work needed more than 2 GB of memory",
        "the work failed, because something is nested too deep",
        "the work ended in a fault: code process_limits-KeyError",
        "the work took more than 0.25 s of processor time",
        "the work took more than 0.25 s of processor time",
        "the work took more than 0.25 s of processor time",
        "the work needed more than 2 GB of memory",
        "the work was stopped by the system: File too large (code process_limits-OSError)",
        "the work was stopped by the system: Too many open files (code process_limits-OSError)",
    ]
    assert [outcome.problems[0].hint for outcome in done[-3:-1]] == [
        "The system allows no larger files (see `ulimit -f`): allow larger ones.",
        "The system allows no more open files (see `ulimit -n`): allow more.",
    ]
    assert [len(done[0].result), len(done[-1].result)] == [1, 10_000_000]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        (
            "multiprocessing.process.BaseProcess.start",
            (
                "a printing process could not be started: Resource temporarily unavailable",
                "Close other programs and start again; finished files are kept.",
            ),
        ),
        (
            "tempfile.mkdtemp",
            (
                "printing cannot write its temporary files: Resource temporarily unavailable",
                "Make room in the system's folder for temporary files, or name another one in TMPDIR.",
            ),
        ),
    ],
)
def test_what_the_system_refuses_to_the_pool_is_a_problem(
    name: str,
    expected: tuple[str, str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Too many processes, or no room for temporary files: a message, and no traceback."""

    def refuse(*_: object, **__: object) -> None:
        raise BlockingIOError(errno.EAGAIN, "Resource temporarily unavailable")

    monkeypatch.setattr(name, refuse)
    code, _, stderr = here(
        "build tiny --kind handout --audience ckd", lay(tmp_path, {}), monkeypatch, capsys
    )
    assert (code, [(problem.message, problem.hint) for problem in problems(stderr)]) == (
        1,
        [expected],
    )


def test_the_group_of_what_ran_wild_is_left_out() -> None:
    """The rest of a handout is dropped, so that none is half printed; another one is done."""
    tasks = [task(burn, 60, "tiny"), task(grow, 1, "tiny"), task(grow, 2, "other")]
    done = outcomes(tasks, Limits(seconds=0.25, later=0.25, grace=0.25), processes=1)
    assert [(outcome.task, outcome.late) for outcome in done] == [
        (tasks[0], True),
        (tasks[2], False),
    ]


def test_what_waits_and_does_not_work_is_ended_by_the_clock() -> None:
    """For a disk that does not answer, the clock is the last resort."""
    (done,) = outcomes([task(sleep, 600)], Limits(seconds=1, later=1, grace=1, clock=1))
    assert [problem.message for problem in done.problems] == [
        "the work was still not finished after 1 s, and the computer had hardly worked on it"
    ]
    assert done.late


def test_time_is_the_processors_and_not_the_clocks() -> None:
    """A task that hardly runs, as on a busy machine, is done all the same."""
    (done,) = outcomes([task(sleep, 1)], Limits(seconds=0.25, later=0.25, grace=0.25))
    assert (done.result, done.problems) == (1, ())


def test_the_time_allowed_grows_with_the_text_and_shrinks_after_one_that_ran_wild() -> None:
    """A long text may take longer; after a late task the next ones get proportionally less."""
    limits = Limits(seconds=0.3, later=0.15, grace=0.3)
    tasks = [
        Task(burn, 0.5, "the work", "Do less.", scale=3),
        task(burn, 60),
        Task(burn, 60, "the work", "Do less.", scale=2),
    ]
    done = outcomes(tasks, limits, processes=1)
    assert [
        (outcome.result, [problem.message for problem in outcome.problems]) for outcome in done
    ] == [
        (0.5, []),
        (None, ["the work took more than 0.3 s of processor time"]),
        (None, ["the work took more than 0.3 s of processor time"]),
    ]
    assert [scale_of(letters) for letters in (0, 25_000, 500_000)] == [1, 1, 20]
    assert Limits(seconds=1).by_the_clock(3) == 900


LIMITED = """
import resource, sys
sys.path[:0] = {path!r}
resource.setrlimit(resource.{kind}, ({amount}, {amount}))
from tests.printing.test_process_limits import burn, fill, outcomes, refuse, task
from teachback.printing.process_limits import Limits
(done,) = outcomes([task({work}, {much})], Limits(seconds=30))
print(done.problems[0].message)
print(done.problems[0].hint)
"""


@pytest.mark.skipif(
    sys.platform != "linux", reason="on macOS limits of memory do nothing (issue 4)"
)
@pytest.mark.parametrize(
    ("kind", "amount", "work", "says", "hint"),
    [
        (
            "RLIMIT_AS",
            700_000_000,
            "fill",
            "needed more memory than the system allows this program, 0.7 GB (see `ulimit -v`)",
            "Raise this limit, or start it where",
        ),
        ("RLIMIT_AS", 10**12, "fill", "needed more than 2 GB of memory", "Do less."),
        (
            "RLIMIT_CPU",
            2,
            "burn",
            "took more processor time than the system allows a program, 2 s",
            "Raise this limit, or start it where",
        ),
    ],
)
def test_a_message_says_which_limit_was_hit(
    kind: str, amount: int, work: str, says: str, hint: str
) -> None:
    """The hint differs between our limit and the system's."""
    much = 5_000_000_000 if work == "fill" else 60
    program = LIMITED.format(path=sys.path, kind=kind, amount=amount, work=work, much=much)
    run = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    message, advice = run.stdout.splitlines()
    assert message.startswith(f"the work {says}"), run.stderr
    assert advice.startswith(hint)


def test_what_a_task_leaves_behind_is_gone_before_the_next_one() -> None:
    """A worker does not hold the pages of its last tasks, though their parts hold each other."""
    done = outcomes([task(leave, number) for number in range(3)], SHORT, processes=1)
    assert [outcome.result for outcome in done] == [0, 0, 0]


def test_work_that_is_long_by_itself_can_ask_for_time() -> None:
    """Tens of thousands of cards are no attack."""
    (done,) = outcomes([task(long, 0.6)], Limits(seconds=0.25, later=0.25, grace=0.25))
    assert (done.result, done.problems) == (0.6, ())


def test_an_alarm_does_not_cut_a_part_short() -> None:
    """The part arrives whole, and then the reason for which no more comes."""
    part, last = outcomes([task(interrupted, 20_000)], SHORT)
    assert part.result == bytes(20_000)
    assert (last.late, last.problems[0].message) == (
        True,
        "the work took more than 0.5 s of processor time",
    )


def test_a_child_that_is_spawned_does_the_same(builtin: Workspace) -> None:
    """Without fork, the context goes to the worker as bytes."""
    with Pool(20, 1, SHORT, method="spawn") as workers:
        assert workers.one(task(operator.add, 3)) == 23
    reading = read_handouts(builtin, handout_files(builtin))
    context = print_context(builtin, reading, resolve({}, builtin))
    again = pickle.loads(pickle.dumps(context))  # noqa: S301 -- our own bytes
    assert (
        again.design.environment.get_template("card.html").filename
        == context.design.environment.get_template("card.html").filename
    )
    assert (
        again.reading.authored["leg-cramps"].handout
        == context.reading.authored["leg-cramps"].handout
    )


# A shell lets background processes, such as these tests, ignore Ctrl-C, and their children inherit
# that.
HEARING = (
    "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); "
    "from teachback.__main__ import main; main()"
)


def start(root: Path) -> subprocess.Popen[str]:
    """Start a run that prints one handout and hangs in the other, and wait until it hangs."""
    template = WILD["twelve nested flex boxes"][0].encode()
    lay(root, {HANDOUT: QUOTING, "content/handouts/other.yaml": OTHER, QUOTE: template})
    command = [
        sys.executable,
        "-c",
        HEARING,
        "build",
        "tiny",
        "other",
        "--kind",
        "handout",
        "--audience",
        "ckd",
        "--jobs",
        "2",
    ]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    run = subprocess.Popen(
        command,
        cwd=root,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert until((root / PRINTED).is_file)
    return run


@pytest.mark.skipif(
    sys.platform != "linux", reason="only Linux says which processes there are (issue 4)"
)
def test_an_interrupt_ends_the_children_and_keeps_what_is_finished(tmp_path: Path) -> None:
    """After Ctrl-C no worker is left, and the record has the file that was finished."""
    run = start(tmp_path)
    workers = children(run.pid)
    assert workers
    run.send_signal(signal.SIGINT)
    _, stderr = run.communicate(timeout=300)
    assert (run.returncode, stderr.strip()) == (130, "Stopped; what was finished is kept.")
    assert until(lambda: not any(map(alive, workers)))
    assert "other/handout-ckd-en-letter.pdf" in (tmp_path / "build/manifest.json").read_text(
        encoding="utf-8"
    )


def test_the_folder_of_a_run_that_was_killed_is_removed_by_a_later_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Folders that are locked, new or of other programs are kept."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    names = ("teachback-pool-left", "teachback-pool-held", "teachback-pool-fresh", "other")
    for name in names:
        (tmp_path / name).mkdir()
        (tmp_path / name / "file").write_bytes(b"x")
    (tmp_path / "teachback-pool-link").symlink_to(tmp_path / "other")
    for name in set(names) - {"teachback-pool-fresh"}:
        os.utime(tmp_path / name, (0, 0))
    lock = os.open(tmp_path / "teachback-pool-held", os.O_RDONLY)
    fcntl.flock(lock, fcntl.LOCK_SH)
    with Pool(None, 1):
        pass
    os.close(lock)
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "other",
        "teachback-pool-fresh",
        "teachback-pool-held",
        "teachback-pool-link",
    ]
    assert (tmp_path / "other" / "file").exists()


@pytest.mark.skipif(
    sys.platform != "linux", reason="only Linux tells a child that its parent has died (issue 4)"
)
def test_what_real_kills_leave_is_removed_by_a_later_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Builds that are killed midway leave folders, which a later run removes."""
    clinic, scratch = lay(tmp_path, {HANDOUT: TINY.encode()}), tmp_path / "scratch"
    scratch.mkdir()
    words = [
        sys.executable,
        "-m",
        "teachback",
        "build",
        "tiny",
        "--kind",
        "handout",
        "--force",
        "--jobs",
        "2",
    ]
    for number in range(2):
        output = subprocess.DEVNULL
        process = subprocess.Popen(
            words,
            cwd=clinic,
            env={**os.environ, "TMPDIR": str(scratch)},
            stdout=output,
            stderr=output,
        )
        begun = until(lambda: len(list(scratch.glob("teachback-pool-*"))) > number)  # noqa: B023 -- asked at once
        process.kill()
        assert process.wait() == -signal.SIGKILL
        assert begun
    left = list(scratch.glob("teachback-pool-*"))
    assert len(left) == 2

    def nobody_holds(folder: Path) -> bool:
        lock = os.open(folder, os.O_RDONLY)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        finally:
            os.close(lock)
        return True

    # The workers of a killed run lock its folder until they end.
    assert until(lambda: all(map(nobody_holds, left)))
    monkeypatch.setattr(tempfile, "tempdir", str(scratch))
    with Pool(None, 1):
        assert all(map(Path.exists, left))
    for folder in left:
        os.utime(folder, (time.time() - 601, time.time() - 601))
    with Pool(None, 1):
        assert not any(map(Path.exists, left))
    assert list(scratch.glob("teachback-pool-*")) == []


@pytest.mark.skipif(
    sys.platform != "linux", reason="only Linux tells a child that its parent has died (issue 4)"
)
def test_no_child_outlives_a_parent_that_is_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No worker is left of a run that is killed."""
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    # The folder of a killed run stays: here and not among those of others.
    monkeypatch.setenv("TMPDIR", str(scratch))
    run = start(tmp_path)
    workers = children(run.pid)
    assert workers
    run.kill()
    run.communicate()
    assert until(lambda: not any(map(alive, workers)))
