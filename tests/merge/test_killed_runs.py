"""Test that a merge that is ended at any moment loses and doubles nothing.

No file is half written, and no value of a patient is left behind anywhere.
"""

from __future__ import annotations

import csv
import errno
import os
import random
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from fake_engine import NO_GLYPH, Fake
from handout_with_fields import FILLED, NAMES

from teachback.cli.app import run
from teachback.errors import TeachbackError
from teachback.files.private_files import UNFINISHED
from teachback.files.workspace import SETTINGS
from teachback.merge import handout_engine as engine_module
from teachback.merge import merge_run, record_source
from teachback.merge.merge_order import MergeOrder
from teachback.merge.merge_run import merge
from teachback.merge.run_folder import JOURNAL, TO_MEND
from teachback.merge.run_removal import wipe

if TYPE_CHECKING:
    from collections.abc import Callable

    from teachback.errors import Problem
    from teachback.files.workspace import Workspace

pytestmark = [pytest.mark.slow, pytest.mark.kill, pytest.mark.long]

FAKE = Path(__file__).parents[1] / "support" / "fake_engine.py"
# The real command, with small chunks so that there are many moments to end it.
REAL = (
    "import sys; from teachback.merge import merge_run; from teachback.cli.app import run; "
    "merge_run.CHUNK = 10; sys.exit(run(sys.argv[1:]))"
)
BROKEN = ("B{0},,ckd,", "B{0},Date,ckd,2027-02-30", "B{0},RAISES,ckd,", "../{0},Path,ckd,")


@pytest.fixture(autouse=True)
def _workspace(tmp_path: Path) -> None:
    """Make every folder of a test part of a workspace."""
    (tmp_path / SETTINGS).touch()


def write_records(path: Path, count: int) -> Path:
    """Write records, every twentieth of which is rejected."""
    rows = (
        BROKEN[number // 20 % 4].format(number)
        if number % 20 == 19
        else f"P{number},Zoë {number},ckd,2027-11-01"
        for number in range(count)
    )
    path.write_text("\n".join(("id,name,audience,next_visit", *rows)) + "\n", encoding="utf-8")
    return path


def tree(folder: Path) -> dict[str, bytes]:
    """Return every file below a folder, by name."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def start(folder: Path, *arguments: str, **more: Any) -> subprocess.Popen[bytes]:  # noqa: ANN401 -- Popen's
    """Start the command with the fake engine in a process of its own."""
    environment = {**os.environ, **more.pop("env", {})}
    command = [sys.executable, str(FAKE), "merge", *arguments]
    return subprocess.Popen(
        command, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **more
    )


def printed(folder: Path) -> int:
    """Count the files that a run has put into its folder so far."""
    try:
        return sum(1 for _ in (folder / "handouts").iterdir())
    except FileNotFoundError:
        return 0


def children(process: int) -> list[int]:
    """Return the child processes of a process, where the system tells them."""
    try:
        return [
            int(child)
            for child in Path(f"/proc/{process}/task/{process}/children")
            .read_text(encoding="ascii")
            .split()
        ]
    except OSError:
        return []


def strike(process: subprocess.Popen[bytes], target: str, dice: random.Random) -> None:
    """Kill a command that has a session of its own.

    The `target` is all of its processes at once, the first one, or one that prints.
    """
    victims = children(process.pid) if target == "printer" else []
    with suppress(ProcessLookupError):
        if target == "all":
            os.killpg(process.pid, signal.SIGKILL)
        elif victims:
            os.kill(dice.choice(victims), signal.SIGKILL)
        elif target == "first":
            process.kill()


def test_kills_lose_nothing_and_double_nothing(tmp_path: Path) -> None:
    """A run that is killed at any moment and started again ends as an undisturbed one.

    The folders are equal byte for byte.
    """
    write_records(tmp_path / "r.csv", 600)
    arguments = ("tiny", "--records", "r.csv", "-l", "en", "--jobs", "2")
    start(tmp_path, *arguments, "-o", "whole").communicate()
    undisturbed = tree(tmp_path / "whole")
    assert len(undisturbed) == 570 + 4
    out = tmp_path / "out"
    dice = random.Random(6)  # noqa: S311 -- the same kills each time
    kills = 0
    # Killed are all processes or the first one: at the start, while printing, and near the end.
    moments = [0.1, 0.4, *(dice.randint(1, 550) for _ in range(4))]
    for moment in sorted(moments):
        child = start(
            tmp_path,
            *arguments,
            "-o",
            "out",
            env={"FAKE_SECONDS": "0.0005"},
            start_new_session=True,
        )
        end = time.monotonic() + moment
        while child.poll() is None and (
            printed(out) < moment if moment >= 1 else time.monotonic() < end
        ):
            time.sleep(0.002)
        if dice.random() < 0.3:
            # A run that lost a printing process goes on, and is killed a moment later.
            strike(child, "printer", dice)
            time.sleep(0.01)
        strike(child, dice.choice(("all", "first")), dice)
        ended = child.wait()
        child.communicate()
        kills += ended == -9
        if ended != -9:
            assert ended == 1
            assert tree(out) == undisturbed
            shutil.rmtree(out)
    assert kills >= 3
    child = start(tmp_path, *arguments, "-o", "out")
    assert b"600 records: 570 printed" in child.communicate()[0]
    assert tree(out) == undisturbed
    with (out / "manifest.csv").open(encoding="utf-8", newline="") as file:
        rows = Counter(row["row"] for row in csv.DictReader(file))
    assert rows == Counter(str(number) for number in range(2, 602))


def test_kills_of_the_real_engine_lose_nothing_and_double_nothing(
    workspace: Callable[..., Workspace],
) -> None:
    """The folder ends byte for byte as undisturbed, whichever processes were killed."""
    clinic = workspace({"content/handouts/tiny.yaml": FILLED}).root
    rows = [f"P{number},ckd,{NAMES[number % len(NAMES)]},2027-11-01" for number in range(200)]
    rows[7::100] = [row.replace("2027-11-01", "2027-02-30") for row in rows[7::100]]
    (clinic / "r.csv").write_text(
        "\n".join(("id,audience,patient,visit", *(row.replace(", ", " ") for row in rows))) + "\n",
        encoding="utf-8",
    )
    command = [
        sys.executable,
        "-c",
        REAL,
        "merge",
        "tiny",
        "--records",
        "r.csv",
        "-l",
        "en",
        "--jobs",
        "2",
    ]

    def begin(output: str) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [*command, "-o", output],
            cwd=clinic,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )

    begin("whole").communicate()
    undisturbed = tree(clinic / "whole")
    assert len(undisturbed) == 198 + 4
    dice = random.Random(8)  # noqa: S311 -- the same kills each time
    killed = Counter[str]()
    for target in ("all", "printer", "first"):
        process = begin("out")
        least = printed(clinic / "out") + dice.randint(1, 60)
        while process.poll() is None and printed(clinic / "out") < least:
            time.sleep(0.003)
        strike(process, target, dice)
        process.communicate()
        killed[target] += process.returncode == -9
        if process.returncode != -9:
            # A run that lost a printing process goes on without it.
            assert process.returncode == 1
            assert tree(clinic / "out") == undisturbed
            shutil.rmtree(clinic / "out")
    begin("out").communicate()
    assert tree(clinic / "out") == undisturbed
    assert killed == Counter(all=1, first=1, printer=0)


class Ended(BaseException):
    """The end of the process: nothing that it does later reaches the disk."""


@pytest.fixture
def failing(monkeypatch: pytest.MonkeyPatch) -> Callable[[int, BaseException | None], list[int]]:
    """Return a function that makes the n-th disk operation fail.

    Without an error, no operation is done from there on.
    """
    calls = [0]
    planned: list[Any] = [0, None]

    def wrapped(real: Callable[..., Any]) -> Callable[..., Any]:
        def called(*arguments: Any, **options: Any) -> Any:  # noqa: ANN401 -- as the function
            calls[0] += 1
            number, error = planned
            if number and error is None and calls[0] >= number:
                raise Ended
            if number and calls[0] == number:
                raise error
            return real(*arguments, **options)

        return called

    for name in (
        "open",
        "write",
        "rename",
        "unlink",
        "mkdir",
        "rmdir",
        "fsync",
        "ftruncate",
        "fchmod",
        "chmod",
        "sync",
    ):
        monkeypatch.setattr(os, name, wrapped(getattr(os, name)))

    def at(number: int, error: BaseException | None = None) -> list[int]:
        calls[0] = 0
        planned[:] = [number, error]
        return calls

    return at


@pytest.fixture
def small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Return a function that runs a small merge into a folder, in chunks of two."""
    monkeypatch.setattr(merge_run, "CHUNK", 2)
    path = tmp_path / "r.csv"
    path.write_text(
        "id,name,audience\nA,Anna,ckd\nB,,ckd\nC,Eva,ckd\nD,Bob,ckd\nE,Kim,ckd\n", encoding="utf-8"
    )

    def go(output: str) -> None:
        merge(MergeOrder(path, tmp_path / output, language="en"), Fake())

    return go


def test_an_end_at_any_step_is_mended_by_starting_again(
    tmp_path: Path, small: Callable[[str], None], failing: Callable[..., list[int]]
) -> None:
    """Any disk operation may be the last; a restart then completes the run."""
    calls = failing(0)
    small("whole")
    steps, undisturbed = calls[0], tree(tmp_path / "whole")
    assert steps > 50
    assert sorted(undisturbed) == [
        "handouts/A.pdf",
        "handouts/C.pdf",
        "handouts/D.pdf",
        "handouts/E.pdf",
        "manifest.csv",
        "rejected.csv",
        "run.json",
        "to-mend.csv",
    ]
    for number in range(1, steps + 1):
        failing(number)
        with pytest.raises(Ended):
            small("out")
        failing(0)
        small("out")
        assert tree(tmp_path / "out") == undisturbed, number
        assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
            "handouts",
            "manifest.csv",
            "rejected.csv",
            "run.json",
            "to-mend.csv",
        ]
        shutil.rmtree(tmp_path / "out")


def test_a_run_that_ended_at_any_step_can_be_wiped(
    tmp_path: Path, small: Callable[[str], None], failing: Callable[..., list[int]]
) -> None:
    """Files are named before they are written, and an ended wipe can be started again."""
    calls = failing(0)
    small("out")
    steps = calls[0]
    wipe(tmp_path / "out")
    for number in range(1, steps + 1):
        failing(number)
        with pytest.raises(Ended):
            small("out")
        failing(3)
        if (tmp_path / "out" / "run.json").exists():
            with pytest.raises(Ended):
                wipe(tmp_path / "out")
            failing(0)
            assert wipe(tmp_path / "out").left == 0, number
            assert not (tmp_path / "out").exists()
        failing(0)
        assert not list(tmp_path.rglob("*.pdf")), number
        shutil.rmtree(tmp_path / "out", ignore_errors=True)


def refusal(work: Callable[[], None]) -> tuple[Problem, ...]:
    """Return the problems that a function raises."""
    try:
        work()
    except TeachbackError as error:
        return error.problems
    return ()


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS, errno.EACCES, errno.EIO])
def test_a_disk_that_fails_at_any_step_is_a_problem_and_the_run_goes_on_later(
    number: int, tmp_path: Path, small: Callable[[str], None], failing: Callable[..., list[int]]
) -> None:
    """A full, read-only, forbidden or broken disk gives no traceback and no half-written file."""
    calls = failing(0)
    small("whole")
    steps, undisturbed = calls[0], tree(tmp_path / "whole")
    refused = 0
    for step in range(1, steps + 1):
        failing(step, OSError(number, os.strerror(number)))
        problems = refusal(lambda: small("out"))
        refused += bool(problems)
        assert all(problem.hint for problem in problems)
        assert not [
            problem
            for problem in problems
            if "Errno" in problem.message or "failed because of its own error" in problem.message
        ], step
        failing(0)
        small("out")
        assert tree(tmp_path / "out") == undisturbed, step
        shutil.rmtree(tmp_path / "out")
    assert refused > steps / 2


def test_a_journal_that_was_cut_or_changed_costs_time_and_no_record(
    tmp_path: Path, small: Callable[[str], None]
) -> None:
    """The journal's words about a file are checked before they are trusted."""
    small("whole")
    undisturbed = tree(tmp_path / "whole")
    small("out")
    run = (tmp_path / "out" / "run.json").read_text(encoding="utf-8")
    for journal in (
        b"",
        b'{"done":0,"sha256":{"handouts/A.pdf":"x"}}\n',
        b'{"done":0,"sha',
        b"\xff\n[]\n",
        b'{"done":0}\n{"done":"x","sha256":[]}\n',
    ):
        (tmp_path / "out" / "run.json").write_text(
            run.replace('"finished"', '"running"'), encoding="utf-8"
        )
        (tmp_path / "out" / JOURNAL).write_bytes(journal)
        small("out")
        assert tree(tmp_path / "out") == undisturbed


SECRETS = (
    "QZSECRETNAME",
    "QZSECRETPHONE",
    "QZSECRETDATE",
    "QZSECRETUNKNOWN",
    "QZSECRETAUDIENCE",
    "QZSECRETID",
)


def left_behind(root: Path) -> list[str]:
    """Return the files below a folder with a marked value in content or name.

    A PDF may hold it, and so may the one that was being written when its process was killed. So may
    the list of rows to mend, which only its owner can read.
    """
    return [
        path.relative_to(root).as_posix()
        for path in root.rglob("*")
        if "QZSECRET" in path.name
        or (path.is_file() and not is_print(path) and b"QZSECRET" in path.read_bytes())
    ]


def is_print(path: Path) -> bool:
    """Return whether a file is a PDF or, readable by its owner only, unfinished or rows to mend."""
    if path.name == TO_MEND:
        return path.stat().st_mode & 0o077 == 0
    if path.suffix != ".part" or path.parent.name != UNFINISHED:
        return path.suffix == ".pdf"
    return path.read_bytes().startswith(b"%PDF") and path.stat().st_mode & 0o077 == 0


def command_lines() -> bytes:
    """Return the command lines of all running processes."""
    lines = b""
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            lines += path.read_bytes()
        except OSError:
            continue
    return lines


@pytest.mark.parametrize(
    "way",
    ["file", "pipe", "killed", "killed pipe", "dry run", "json", "no header", "broken", "full"],
)
def test_no_value_is_left_behind(way: str, tmp_path: Path) -> None:
    """No value is in lists, problems, temporary files, the cache, file names or the process list.

    This holds however the run goes and ends.
    """
    name, phone, date, unknown, audience, identifier = SECRETS
    rows = [
        "id,name,audience,next_visit,phone,remark",
        f"A0,{name},ckd,,{phone},{unknown}",
        f"A1,{name},{audience},,,",
    ]
    rows += [
        f"A2,{name},ckd,{date},,",
        f"{identifier} x,{name},ckd,,,",
        f"A4,RAISES {name},ckd,,,",
        f"A5,ENDS {name},ckd,,,",
        f"A6,UNREADABLE {name},ckd,,,",
    ]
    rows += [
        f"A7,{name}{NO_GLYPH},ckd,,,",
        f"A8,{name},ckd",
        f'A9,"{name},ckd,,,',
        f"=A10 {identifier},{name},ckd,,,",
        f"A0,{name},ckd,,,",
    ]
    rows += [f"P{number},{name} {number},ckd,,{phone},{unknown}" for number in range(500)]
    text = "\n".join(rows[1:] if way == "no header" else rows) + "\n"
    work = tmp_path / "work"
    work.mkdir()
    for folder in ("home", "scratch", "clinic"):
        (work / folder).mkdir()
    source = tmp_path / "records.csv"
    source.write_bytes(
        text.encode() + (f"P,{name}\xe9\x8d".encode("latin-1") if way == "broken" else b"")
    )
    environment = {
        "HOME": str(work / "home"),
        "TMPDIR": str(work / "scratch"),
        "XDG_CACHE_HOME": str(work / "home/.cache"),
        "FAKE_SECONDS": "0.0005",
    }
    flags = {"dry run": ["--dry-run"], "json": ["--json"]}.get(way, [])
    if way == "full":
        (work / "clinic" / "out").write_text("a file, where a folder is to be", encoding="utf-8")
    piped = "pipe" in way
    arguments = [
        "tiny",
        "--records",
        "-" if piped else str(source),
        "-l",
        "en",
        "--jobs",
        "2",
        "-o",
        "out",
        *flags,
    ]
    with source.open("rb") as file:
        child = start(work / "clinic", *arguments, env=environment, stdin=file)
        commands = b""
        while child.poll() is None:
            commands += command_lines()
            if way.startswith("killed") and printed(work / "clinic" / "out") > 100:
                child.kill()
            time.sleep(0.05)
        out, err = child.communicate()
    assert child.returncode == (-9 if way.startswith("killed") else 1), err
    assert out + err or way.startswith("killed")
    assert b"QZSECRET" not in out + err + commands
    assert b"Traceback" not in err
    assert b"fake_engine.py" in commands
    assert left_behind(work) == []
    if way in {"file", "pipe", "json"}:
        assert any(
            path.suffix == ".pdf" and b"QZSECRET" in path.read_bytes()
            for path in work.rglob("*.pdf")
        )
        assert not list((work / "scratch").iterdir())


def test_the_search_finds_a_value_that_was_left_behind(tmp_path: Path) -> None:
    """The search finds a value in a file, in an unfinished list, and in the name of a file."""
    (tmp_path / "a.log").write_text("x QZSECRETNAME y", encoding="utf-8")
    (tmp_path / "QZSECRETNAME.pdf").write_bytes(b"")
    (tmp_path / UNFINISHED).mkdir()
    (tmp_path / UNFINISHED / "1.part").write_text("A1,QZSECRETNAME", encoding="utf-8")
    (tmp_path / UNFINISHED / "2.part").write_text(
        "%PDF open to all, QZSECRETNAME", encoding="utf-8"
    )
    (tmp_path / UNFINISHED / "2.part").chmod(0o644)
    assert sorted(left_behind(tmp_path)) == [
        "QZSECRETNAME.pdf",
        "a.log",
        "unfinished/1.part",
        "unfinished/2.part",
    ]


@pytest.mark.skipif(
    sys.platform != "linux", reason="only Linux shows the limits of another process (issue 12)"
)
def test_a_process_that_holds_records_leaves_no_image_of_its_memory(tmp_path: Path) -> None:
    """The core file limit is 0 before the first record is read, whatever the parent allows."""
    pipe = tmp_path / "records"
    os.mkfifo(pipe)
    unlimited = (
        "import os,resource,sys; resource.setrlimit(resource.RLIMIT_CORE, "
        "(resource.getrlimit(resource.RLIMIT_CORE)[1],) * 2); "
    )
    command = [
        sys.executable,
        "-c",
        unlimited + "os.execv(sys.executable, [sys.executable, *sys.argv[1:]])",
        str(FAKE),
    ]
    process = subprocess.Popen(
        [*command, "merge", "tiny", "--records", str(pipe), "-o", "out", "--language", "en"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stderr is not None
    message = process.stderr.readline().decode()
    # Before the pipe is opened, which would wait without end for a process that is gone.
    assert message.startswith("Reading records from the pipe ")
    limits = Path(f"/proc/{process.pid}/limits").read_text(encoding="ascii")
    pipe.write_bytes(b"id,name,audience,next_visit\nP1,Anna,ckd,2027-11-01\n")
    process.communicate(timeout=300)
    assert [
        line.split()[4:6] for line in limits.splitlines() if line.startswith("Max core file size")
    ] == [["0", "0"]]
    assert (process.returncode, printed(tmp_path / "out")) == (0, 1)


@pytest.mark.skipif(sys.platform != "linux", reason="a mark of Linux (issue 12)")
def test_a_process_is_marked_so_that_no_other_program_gets_its_crash() -> None:
    """The process and its children are marked as not dumpable.

    Where crashes are piped to a program, the core file limit has no effect, but the mark has.
    """
    ask = "import ctypes; print(ctypes.CDLL(None).prctl(3, 0, 0, 0, 0), end='')"
    marked = (
        f"from teachback.printing.process_limits import leave_no_image; leave_no_image(); {ask}"
    )
    forked = (
        "import os; from teachback.printing.process_limits import leave_no_image; "
        f"leave_no_image(); os.fork() and os.wait() and os._exit(0); {ask}"
    )
    outcomes = [
        subprocess.run([sys.executable, "-c", code], capture_output=True, check=True).stdout
        for code in (ask, marked, forked)
    ]
    assert outcomes == [b"1", b"0", b"0"]


@pytest.mark.parametrize("device", ["/dev/zero", "/dev/null"])
def test_a_device_is_no_file_of_records(device: str, tmp_path: Path) -> None:
    """A device has no end, or is empty."""
    with pytest.raises(TeachbackError) as caught:
        merge(MergeOrder(Path(device), tmp_path / "out"), Fake())
    assert caught.value.problems[0].message == "this is a device or a socket, not a file of records"


def test_a_pipe_into_which_nothing_comes_is_not_waited_for_without_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The program that should write into it may never start."""
    os.mkfifo(tmp_path / "pipe")
    monkeypatch.setattr(record_source, "PIPE_TIMEOUT", 0)
    with pytest.raises(TeachbackError) as caught:
        merge(MergeOrder(tmp_path / "pipe", tmp_path / "out"), Fake())
    assert caught.value.problems[0].message == "nothing came into this pipe for 0 s"


def test_a_pipe_that_is_closed_before_anything_came_is_empty(tmp_path: Path) -> None:
    """What should write into it has ended, and nobody has waited for long."""
    os.mkfifo(tmp_path / "pipe")
    writer = threading.Thread(target=(tmp_path / "pipe").write_bytes, args=(b"",))
    writer.start()
    with pytest.raises(TeachbackError) as caught:
        merge(MergeOrder(tmp_path / "pipe", tmp_path / "out"), Fake())
    writer.join()
    assert caught.value.problems[0].message == "this file of records is empty"


def test_a_file_of_records_has_a_largest_size(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file of many gigabytes is a mistake."""
    monkeypatch.setattr(record_source, "MOST_READ", 100)
    with pytest.raises(TeachbackError) as caught:
        merge(MergeOrder(write_records(tmp_path / "r.csv", 20), tmp_path / "out"), Fake())
    assert "is larger than" in caught.value.problems[0].message


def test_a_pivoted_file_names_no_patient(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """No message, in any format, repeats patients' names that stand in the header."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(engine_module, "open_engine", lambda *_: Fake())
    for name, text in {
        "r.csv": "field,Zoe Secret,Ann Secret\nname,Zoe,Ann\n",
        "s.csv": "id,name,audience,Zoe Secret,Zoe Secret\n1,x,ckd,,\n",
        "t.csv": "id,audience,Zoe Secret,Nane Secret,nam Secret\n1,ckd,,,\n",
        "u.jsonl": '{"id": "1", "name": "x", "audience": "ckd", "Zoe Secret": 1}\n',
    }.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
        run(["merge", "tiny", "--records", name, "-o", f"out-{name}", "--language", "en"])
        outcome = capsys.readouterr()
        assert "column" in outcome.err or "not a field" in outcome.err
        assert "Secret" not in outcome.out + outcome.err
