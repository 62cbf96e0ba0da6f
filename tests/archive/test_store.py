"""Test that the archive keeps each edition once, survives a kill, and notices any change."""

from __future__ import annotations

import datetime as dt
import errno
import fcntl
import hashlib
import json
import os
import random
import re
import shutil
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from archive_filler import code_of, edition
from settings_from_flags import resolve
from tiny_handout import TINY

from teachback import __version__
from teachback.archive.store import all_kept, entries_at, entry_paths, keep_entries, object_path
from teachback.archive.verification import verify
from teachback.cli.app import run
from teachback.commands import print_steps
from teachback.commands.build import BuildResult, build
from teachback.commands.card import print_cards
from teachback.commands.reprint import reprint
from teachback.errors import Severity, TeachbackError, UsageError
from teachback.files import atomic_files
from teachback.printing.card_run import CardOrder
from teachback.printing.fingerprints import made_from, shared_fingerprint
from teachback.printing.job_printer import do_jobs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from teachback.archive.store import ArchivedFile
    from teachback.files.workspace import Workspace

    Make = Callable[..., Workspace]

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("one_process")]

ROOT = Path(__file__).parents[2]
TODAY = dt.date(2026, 11, 22)


def kept_in(folder: Path, code: str) -> list[ArchivedFile]:
    """Return the files that are kept under a code."""
    return [
        output
        for entry in entries_at(entry_paths(folder).get(code, []))
        for output in entry.outputs
    ]


def faults(folder: Path, severity: Severity = Severity.ERROR) -> list[str]:
    """Return the faults that `verify` finds, with their places."""
    return [
        f"{problem.location}: {problem.message}"
        for problem in verify(folder).problems
        if problem.severity is severity
    ]


def state(folder: Path) -> dict[str, bytes]:
    """Return every file of an archive, by name."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


@pytest.fixture
def three(tmp_path: Path) -> Path:
    """Create an archive of three editions."""
    folder = tmp_path / "archive"
    for number in range(3):
        entry, blobs = edition(number)
        keep_entries(folder, [entry], blobs)
    return folder


def test_what_was_kept_is_read_back_byte_for_byte(three: Path) -> None:
    """Each edition has its code and its sources."""
    assert sorted(entry_paths(three)) == sorted(code_of(number) for number in range(3))
    for number in range(3):
        wanted, blobs = edition(number)
        (entry,) = entries_at(entry_paths(three)[wanted.code])
        assert entry == wanted
        for name, sha256 in blobs:
            assert object_path(three, name, sha256).read_bytes() == blobs[name, sha256]
    assert faults(three) == []


def test_the_same_again_changes_nothing(three: Path) -> None:
    """No byte changes, and no record is added."""
    before = state(three)
    entry, blobs = edition(1)
    keep_entries(three, [entry], blobs)
    assert state(three) == before


def test_another_output_of_the_same_code_is_a_second_record(three: Path) -> None:
    """Large print of the same words has the same code. What was kept before is not kept twice."""
    large = "tiny/handout-general-en-letter-large.pdf"
    entry, blobs = edition(1, "tiny/handout-general-en-letter.pdf", large)
    before = state(three)
    keep_entries(three, [entry], blobs)
    first, second = entries_at(entry_paths(three)[entry.code])
    assert sorted(output.file for record in (first, second) for output in record.outputs) == [
        large,
        "tiny/handout-general-en-letter.pdf",
    ]
    after = state(three)
    assert {name: after[name] for name in before if name != "journal.jsonl"} == {
        n: d for n, d in before.items() if n != "journal.jsonl"
    }
    assert after["journal.jsonl"].startswith(before["journal.jsonl"])


def test_a_pdf_in_the_archive_ends_in_pdf(three: Path) -> None:
    """PDF checkers find the file by its name."""
    assert len(list((three / "objects").rglob("*.pdf"))) == 3


def test_whether_all_is_kept_is_told_from_the_bytes(three: Path) -> None:
    """Files are compared by name and hash; a lost or cut file does not count as kept."""
    wanted = [
        (code_of(number), output.file, output.sha256)
        for number in range(3)
        for output in kept_in(three, code_of(number))
    ]
    assert len(wanted) == 3
    assert all_kept(three, wanted)
    assert not all_kept(three, [(code_of(7), *wanted[0][1:])])
    assert not all_kept(three / "nowhere", wanted)
    cut = object_path(three, wanted[0][1], wanted[0][2])
    cut.chmod(0o644)
    cut.write_bytes(b"%PDF-")
    assert not all_kept(three, wanted)


class Killed(BaseException):
    """The end of the process."""


@pytest.fixture
def killed_at(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Return a function that simulates the end of the process at the n-th disk operation.

    Operations are write, rename, truncate and unlink. A write is half done.
    """
    left = [0]

    def step() -> bool:
        left[0] -= 1
        return left[0] == 0

    write, rename, cut, unlink = os.write, Path.rename, os.ftruncate, Path.unlink

    def half_write(descriptor: int, data: memoryview) -> int:
        if step():
            write(descriptor, data[: len(data) // 2])
            raise Killed
        return write(descriptor, data)

    def stopping(function: Callable[..., Any]) -> Callable[..., Any]:
        def stopped(*arguments: Any) -> Any:  # noqa: ANN401 -- as the function
            if step():
                raise Killed
            return function(*arguments)

        return stopped

    monkeypatch.setattr(os, "write", half_write)
    monkeypatch.setattr(Path, "rename", stopping(rename))
    monkeypatch.setattr(os, "ftruncate", stopping(cut))
    monkeypatch.setattr(Path, "unlink", stopping(unlink))
    # Syncing is not tested here, and takes time.
    monkeypatch.setattr(os, "fsync", lambda _: None)

    def after(count: int) -> None:
        left[0] = count

    return after


def test_an_end_at_any_step_loses_nothing_and_is_mended(
    tmp_path: Path, killed_at: Callable[[int], None]
) -> None:
    """The archive is intact after each end, even if the run that mends it is ended too."""
    folder = tmp_path / "archive"
    reported: list[str] = []
    steps = 0
    for count in range(1, 60):
        entry, blobs = edition(count, "tiny/handout-general-en.pdf", "tiny/card-general-en.pdf")
        ended = False
        killed_at(count)
        try:
            keep_entries(folder, [entry], blobs)
        except Killed:
            ended = True
        killed_at(0)
        assert (faults(folder) if (folder / "journal.jsonl").exists() else []) == []
        steps += ended
        reported += [] if ended else [entry.code]
        assert all(len(kept_in(folder, code)) == 2 for code in reported)
    # Each step was once the last, and then the edition was kept.
    assert steps >= 10
    assert reported
    entry, blobs = edition(100)
    keep_entries(folder, [entry], blobs)
    assert list((folder / "unfinished").iterdir()) == []
    assert faults(folder) == []


def test_kills_lose_nothing_that_was_reported_as_kept(tmp_path: Path) -> None:
    """The archive can be read after any kill, and has everything that was reported."""
    folder = tmp_path / "archive"
    dice = random.Random(4)  # noqa: S311 -- moments, not secrets
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(ROOT / "tests")]),
    }
    reported: list[int] = []
    for turn in range(20):
        command = [
            sys.executable,
            "-S",
            str(ROOT / "tests" / "support" / "archive_filler.py"),
            str(folder),
            str(turn * 1000),
        ]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as child:
            assert child.stdout is not None
            # Some are killed before they keep anything, the others after their first edition.
            if turn % 5:
                reported.append(int(child.stdout.readline()))
            time.sleep(dice.random() * 0.03)
            child.kill()
            # The last line may be cut off. A complete line was reported.
            reported += [int(line) for line in child.stdout.read().split("\n")[:-1]]
        if not folder.exists():
            continue
        assert faults(folder) == []
        assert sorted({code_of(number) for number in reported} - set(entry_paths(folder))) == []
    assert len(reported) >= 16
    for number in reported:
        (output,) = kept_in(folder, code_of(number))
        _, blobs = edition(number)
        assert (
            object_path(folder, output.file, output.sha256).read_bytes()
            == blobs[output.file, output.sha256]
        )


def test_two_runs_into_one_archive_at_the_same_time(tmp_path: Path) -> None:
    """Neither run loses a line of the other."""
    folder = tmp_path / "archive"
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(ROOT / "tests")]),
    }
    children = [
        subprocess.Popen(
            [
                sys.executable, "-S", str(ROOT / "tests" / "support" / "archive_filler.py"),
                str(folder), str(start),
            ],
            stdout=subprocess.PIPE, text=True, env=environment,
        )
        for start in (0, 10_000)
    ]  # fmt: skip
    reported = []
    for child in children:
        assert child.stdout is not None
        reported += [int(child.stdout.readline()) for _ in range(10)]
    for child in children:
        child.kill()
        child.communicate()
    assert len(reported) == 20
    assert faults(folder) == []
    assert {code_of(number) for number in reported} <= set(entry_paths(folder))


def refused(folder: Path) -> str:
    """Return why an edition is not kept."""
    entry, blobs = edition(50)
    with pytest.raises(TeachbackError) as caught:
        keep_entries(folder, [entry], blobs)
    (problem,) = caught.value.problems
    return f"{problem.location}: {problem.message}"


def test_a_full_disk_is_said_and_leaves_the_archive_whole(
    three: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is reported as kept. When there is room again, it is kept."""
    write, left = os.write, [0]

    def full(descriptor: int, data: memoryview) -> int:
        left[0] -= 1
        if left[0] < -1:
            raise OSError(errno.ENOSPC, "No space left on device")
        # The disk has room for half of the first write that no longer fits.
        return write(descriptor, data[: len(data) // 2] if left[0] == -1 else data)

    # One write each for handout, source, record and journal. What is there is not written again.
    for room in (0, 1, 1, 1):
        left[0] = room
        with monkeypatch.context() as patched:
            patched.setattr(os, "write", full)
            assert refused(three).endswith("the disk is full")
        assert faults(three) == []
        assert code_of(50) not in entry_paths(three)
    entry, blobs = edition(50)
    keep_entries(three, [entry], blobs)
    assert len(kept_in(three, entry.code)) == 1


def test_a_disk_that_knows_no_full_flush_is_flushed_as_it_can(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On macOS, a network disk refuses to flush the drive's own cache."""

    def refuse(descriptor: int, command: int) -> None:
        raise OSError(errno.ENOTSUP, f"{descriptor} {command}")

    flushed: list[int] = []
    monkeypatch.setattr(fcntl, "F_FULLFSYNC", 51, raising=False)
    monkeypatch.setattr(fcntl, "fcntl", refuse)
    monkeypatch.setattr(os, "fsync", flushed.append)
    atomic_files.write_through(tmp_path / "kept", b"bytes")
    assert (len(flushed), (tmp_path / "kept").read_bytes()) == (1, b"bytes")


@pytest.mark.parametrize("number", [errno.EACCES, errno.EROFS])
def test_a_folder_that_cannot_be_written_to_is_said(
    three: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    """The problem has the place and the reason."""
    real = os.open

    def closed(path: Path, flags: int, mode: int = 0o777) -> int:
        if flags & (os.O_WRONLY | os.O_RDWR):
            raise OSError(number, os.strerror(number), str(path))
        return real(path, flags, mode)

    monkeypatch.setattr(os, "open", closed)
    reason = {errno.EACCES: "Permission denied", errno.EROFS: "the disk is read-only"}[number]
    assert refused(three) == f"{three / 'journal.jsonl'}: this cannot be read or written: {reason}"


def test_a_file_in_the_way_is_said(tmp_path: Path) -> None:
    """The file is not replaced."""
    (tmp_path / "archive").write_text("mine", encoding="utf-8")
    assert refused(tmp_path / "archive").endswith("a file is where a folder must be")
    assert refused(tmp_path / "archive" / "below").endswith("a file is where a folder must be")
    assert (tmp_path / "archive").read_text(encoding="utf-8") == "mine"


def test_a_folder_with_other_files_does_not_become_an_archive(tmp_path: Path) -> None:
    """A mistyped name must not fill somebody's folder."""
    (tmp_path / "letter.txt").write_text("Dear", encoding="utf-8")
    assert "this folder holds other files (letter.txt)" in refused(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["letter.txt"]


def test_a_disk_without_locks_is_said(three: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without locks, two runs would overwrite each other."""

    def no_locks(descriptor: int, kind: int) -> None:
        raise OSError(errno.ENOLCK, f"{descriptor} {kind}")

    monkeypatch.setattr(fcntl, "flock", no_locks)
    assert refused(three).endswith("files cannot be locked on this disk")


def test_an_archive_that_another_run_does_not_let_go_of_is_said(
    three: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The wait for a lock ends."""
    monkeypatch.setattr(atomic_files, "LOCK_TIMEOUT", 0.05)
    with (three / "journal.jsonl").open("rb") as journal:
        fcntl.flock(journal, fcntl.LOCK_EX)
        assert refused(three).endswith("another run is at work here")


@pytest.mark.parametrize("part", ["objects", "entries"])
def test_what_is_no_file_is_not_read(three: Path, part: str) -> None:
    """A pipe in place of a kept file would be read forever.

    It is reported, and the file as gone.
    """
    path = min((three / part).rglob("*.json" if part == "entries" else "*.pdf"))
    path.unlink()
    os.mkfifo(path)
    messages = [problem.message for problem in verify(three).problems]
    assert "this file is not part of the archive" in messages
    assert [message for message in messages if message.endswith(" is gone")]
    assert sum(len(paths) for paths in entry_paths(three).values()) == (
        2 if part == "entries" else 3
    )


def test_an_archive_whose_journal_is_gone_takes_nothing_in(three: Path) -> None:
    """A new journal would hide that the old one is lost."""
    (three / "journal.jsonl").unlink()
    assert refused(three).endswith("the journal of this archive is gone")


def test_a_kept_file_is_never_written_over(three: Path) -> None:
    """A damaged file is reported, and left for somebody to look at."""
    entry, blobs = edition(50)
    ((file, sha256), *_) = blobs
    place = object_path(three, file, sha256)
    place.parent.mkdir(exist_ok=True)
    place.write_bytes(b"rotten")
    assert refused(three) == f"{place}: {file}: this file has changed since it was archived"
    assert place.read_bytes() == b"rotten"
    assert entry.code not in entry_paths(three)


def only(paths: Iterator[Path]) -> Path:
    """Return the only path."""
    (path,) = paths
    return path


def handout_of(folder: Path, number: int) -> Path:
    """Return the path of the printed file of an edition."""
    (output,) = kept_in(folder, code_of(number))
    return object_path(folder, output.file, output.sha256)


def rot(path: Path) -> None:
    """Flip one bit."""
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.chmod(0o644)
    path.write_bytes(data)


def edit_record(folder: Path) -> Path:
    """Make a draft look approved."""
    path = only((folder / "entries" / code_of(1)).iterdir())
    path.chmod(0o644)
    path.write_bytes(path.read_bytes().replace(b'"draft"', b'"approved"'))
    return path


def journal_without(folder: Path, number: int) -> Path:
    """Remove a line of the journal."""
    path = folder / "journal.jsonl"
    lines = path.read_bytes().splitlines(keepends=True)
    del lines[number]
    path.write_bytes(b"".join(lines))
    return path


def edit_line(folder: Path, old: bytes, new: bytes, number: int = 2) -> Path:
    """Change a line of the journal, by default that of the second record."""
    path = folder / "journal.jsonl"
    lines = path.read_bytes().splitlines(keepends=True)
    assert old in lines[number]
    lines[number] = lines[number].replace(old, new)
    path.write_bytes(b"".join(lines))
    return path


def edit_last(folder: Path, *, reverse: bool) -> Path:
    """Write the fields of the journal's last line in another order."""
    path = folder / "journal.jsonl"
    lines = path.read_bytes().splitlines(keepends=True)
    fields = json.loads(lines[3])
    lines[3] = (json.dumps(dict(sorted(fields.items(), reverse=reverse))) + "\n").encode()
    path.write_bytes(b"".join(lines))
    return path


def linked(path: Path) -> Path:
    """Replace a file or folder by a link to itself elsewhere."""
    elsewhere = path.parents[3] / f"elsewhere-{path.name}"
    path.rename(elsewhere)
    path.symlink_to(elsewhere)
    return path


def gone(path: Path) -> Path:
    """Delete a file and return its path."""
    path.unlink()
    return path


DAMAGE: dict[str, tuple[Callable[[Path], Any], list[str]]] = {
    "bit rot": (
        lambda a: rot(handout_of(a, 1)),
        [f"{code_of(1)}: tiny/handout-general-en-letter.pdf has changed since it was archived"],
    ),
    "bit rot in a source that all share": (
        lambda a: rot(only((a / "objects").rglob("*.css"))),
        [f"{code_of(0)}: styles/handout.css (and 2 more) has changed since it was archived"],
    ),
    "a deleted object": (
        lambda a: gone(handout_of(a, 1)),
        [f"{code_of(1)}: tiny/handout-general-en-letter.pdf is gone"],
    ),
    "a deleted record": (
        lambda a: gone(only((a / "entries" / code_of(1)).iterdir())),
        [f"{code_of(1)}: the record that was kept at 2026-11-22T12:00:00+00:00 is gone"],
    ),
    "a record edited by hand": (
        edit_record,
        [f"{code_of(1)}: the record is not the one archived at 2026-11-22T12:00:00+00:00"],
    ),
    "a record under another code": (
        lambda a: only((a / "entries" / code_of(1)).iterdir()).parent.rename(
            a / "entries" / code_of(9)
        ),
        [f"{code_of(1)}: the record is stored under another code"],
    ),
    "a copy of a record under another code": (
        lambda a: shutil.copytree(a / "entries" / code_of(1), a / "entries" / "A-CODE-BEFORE-ALL"),
        [f"{code_of(1)}: the record is stored under another code"],
    ),
    "a line of the journal edited": (
        lambda a: edit_line(a, b"T12:00:00", b"T11:00:00"),
        [
            f"{code_of(1)}: the journal says that it was kept at 2026-11-22T11:00:00+00:00, and the record says 2026-11-22T12:00:00+00:00",
            "this line of the journal does not follow the line before: a line was changed or removed",
        ],
    ),
    "a line of the journal made unreadable": (
        lambda a: edit_line(a, b'"record"', b'"recor'),
        [
            (
                f"{code_of(1)}: the journal does not name this record: a line was changed or removed, or the record "
                "was put here by hand"
            ),
            "this line of the journal cannot be read",
            "this line of the journal does not follow the line before: a line was changed or removed",
        ],
    ),
    "the time of the last line edited": (
        lambda a: edit_line(a, b"T12:00:00", b"T11:00:00", 3),
        [
            (
                f"{code_of(2)}: the journal says that it was kept at 2026-11-22T11:00:00+00:00, "
                "and the record says 2026-11-22T12:00:00+00:00"
            ),
        ],
    ),
    "a key added to the last line": (
        lambda a: edit_line(a, b"}", b', "by": "hand"}', 3),
        ["this line of the journal was changed"],
    ),
    "a key twice in the last line": (
        lambda a: edit_line(a, b"{", b'{"kept": "2020-01-01T00:00:00+00:00", ', 3),
        ["this line of the journal was changed"],
    ),
    "blanks in the last line": (
        lambda a: edit_line(a, b": ", b" :  ", 3),
        ["this line of the journal was changed"],
    ),
    "the keys of the last line in another order": (
        lambda a: edit_last(a, reverse=True),
        ["this line of the journal was changed"],
    ),
    "letters of the last line written as numbers": (
        lambda a: edit_line(a, b'"code"', b'"c\\u006fde"', 3),
        ["this line of the journal was changed"],
    ),
    "a carriage return at the end of the last line": (
        lambda a: edit_line(a, b"}", b"}\r", 3),
        ["this line of the journal was changed"],
    ),
    "an object that is a link to the same bytes": (
        lambda a: linked(handout_of(a, 1)),
        [f"{code_of(1)}: tiny/handout-general-en-letter.pdf has been replaced by a link"],
    ),
    "a record that is a link to the same bytes": (
        lambda a: linked(only((a / "entries" / code_of(1)).iterdir())),
        [f"{code_of(1)}: the record that was kept at 2026-11-22T12:00:00+00:00 is gone"],
    ),
    "a folder of objects that is a link": (
        lambda a: linked(handout_of(a, 1).parent),
        [f"{code_of(1)}: tiny/handout-general-en-letter.pdf is gone"],
    ),
    "a line taken out of the journal": (
        lambda a: journal_without(a, 2),
        [
            (
                f"{code_of(1)}: the journal does not name this record: a line was changed or removed, or the record "
                "was put here by hand"
            ),
            "this line of the journal does not follow the line before: a line was changed or removed",
        ],
    ),
    "the last line taken out of the journal": (
        lambda a: journal_without(a, 3),
        [
            (
                f"{code_of(2)}: the journal does not name this record: a line was changed or removed, or the record "
                "was put here by hand"
            )
        ],
    ),
    "a deleted journal": (
        lambda a: gone(a / "journal.jsonl"),
        ["the journal of this archive is gone"]
        + [
            f"{code_of(n)}: the journal does not name this record: a line was changed or removed, or the record "
            "was put here by hand"
            for n in range(3)
        ],
    ),
    "the first line taken out of the journal": (
        lambda a: journal_without(a, 0),
        [
            (
                f"{code_of(0)}: the journal does not name this record: a line was changed or removed, or the record "
                "was put here by hand"
            ),
            "the first line of the journal was changed",
        ],
    ),
}


@pytest.mark.parametrize("name", DAMAGE)
def test_verify_says_what_is_no_longer_what_it_was(
    three: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each problem has the code and the path, and the exit code is 1."""
    assert faults(three) == []
    damage, expected = DAMAGE[name]
    damage(three)
    audit = verify(three)
    found = [problem for problem in audit.problems if problem.severity is Severity.ERROR]
    assert sorted(problem.message for problem in found) == sorted(expected)
    assert all(
        problem.location and problem.location.file.startswith(str(three)) for problem in found
    )
    assert run(["verify", str(three)]) == 1
    assert expected[0] in capsys.readouterr().err


@pytest.mark.parametrize(
    "place", [".hidden", "note.txt", "entries/.hidden", "objects/.hidden.pdf", "old/journal.jsonl"]
)
def test_verify_warns_of_what_does_not_belong_there(three: Path, place: str) -> None:
    """Hidden files are reported too, but not those that systems put into folders."""
    path = three / place
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(b"{}")
    (three / ".DS_Store").write_bytes(b"")
    (three / "entries/.DS_Store").write_bytes(b"")
    found = [
        problem
        for problem in verify(three).problems
        if problem.message == "this file is not part of the archive"
    ]
    stray = three / "old" if place.startswith("old") else path
    assert [problem.location and problem.location.file for problem in found] == [str(stray)]


def put_back(folder: Path, records: int) -> None:
    """Reset journal and records to an earlier state. The objects stay."""
    path = folder / "journal.jsonl"
    lines = path.read_bytes().splitlines(keepends=True)
    for line in lines[1 + records :]:
        shutil.rmtree(folder / "entries" / json.loads(line)["code"])
    path.write_bytes(b"".join(lines[: 1 + records]))


@pytest.mark.parametrize("records", [0, 1, 2])
def test_an_archive_that_was_put_back_is_called_what_it_may_be(
    three: Path, records: int, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without an earlier head, both possible causes are named, in text and in JSON.

    An ended run looks the same then. With the earlier head, it is an error.
    """
    head = verify(three).head
    assert re.fullmatch("3:[0-9a-f]{16}", head)
    put_back(three, records)
    assert run(["verify", str(three), "--json"]) == 0
    outcome = json.loads(capsys.readouterr().out)
    (problem,) = outcome["problems"]
    assert "left by an interrupted run, or by restoring an older journal" in problem["message"]
    assert "restore the latest one" in problem["hint"]
    assert outcome["head"].startswith(f"{records}:")
    assert run(["verify", str(three), "--expect", head]) == 1
    assert f"an older journal was restored: it names {records} record" in capsys.readouterr().err


def test_a_head_that_was_written_down_holds_for_good(
    three: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """An earlier head stays valid when more is kept, but not when the journal was rewritten.

    A malformed head is a wrong use.
    """
    head = verify(three).head
    entry, blobs = edition(50)
    keep_entries(three, [entry], blobs)
    assert run(["verify", str(three), "--expect", head]) == 0
    assert f"head {verify(three).head}\n" in capsys.readouterr().out
    assert verify(three).head.startswith("4:")
    assert run(["verify", str(three), "--expect", "3:yesterday"]) == 2
    shutil.rmtree(three)
    for number in (2, 1, 0):
        other, blobs = edition(number)
        keep_entries(three, [other], blobs)
    assert faults(three) == []
    assert [problem.message for problem in verify(three, head).problems] == [
        "this line does not match --expect: the journal was rewritten or restored"
    ]


def test_a_damaged_file_is_not_called_kept_and_is_kept_anew_when_it_was_moved_aside(
    workspace: Make, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """`build` names the damaged file and ends with 1, with --force and without."""
    clinic = workspace()
    archive = tmp_path / "archive"
    assert built(clinic, archive).archived
    place = min(path for path in (archive / "objects").rglob("*.html"))
    rot(place)
    for flags in ({}, {"force": True}):
        outcome = built(clinic, archive, **flags)
        assert outcome.archived == ()
        (problem,) = [
            problem
            for problem in outcome.problems
            if "has changed since it was archived" in problem.message
        ]
        assert problem.severity is Severity.ERROR
        assert problem.location is not None
        assert problem.location.file == str(place)
    assert verify(archive).failed
    place.rename(tmp_path / "aside")
    assert built(clinic, archive).archived
    assert not verify(archive).failed
    capsys.readouterr()


def test_cards_that_are_damaged_in_the_archive_are_not_called_kept(
    workspace: Make, tmp_path: Path
) -> None:
    """`card --archive` checks the hashes of what is there before it reports it as kept."""
    clinic = workspace()
    archive = tmp_path / "archive"
    settings = resolve({"handouts": ("tiny",), "archive": str(archive)}, clinic)
    assert print_cards(settings, CardOrder(), clinic, TODAY).archived
    place = only((archive / "objects").rglob("*.pdf"))
    rot(place)
    dealt = print_cards(settings, CardOrder(), clinic, TODAY)
    assert dealt.archived == ()
    (problem,) = [problem for problem in dealt.problems if problem.severity is Severity.ERROR]
    assert "has changed since it was archived" in problem.message
    assert problem.location is not None
    assert problem.location.file == str(place)


@pytest.mark.parametrize("damage", [rot, linked, gone])
def test_an_edition_whose_sources_are_damaged_is_not_called_kept(
    three: Path, damage: Callable[[Path], Any]
) -> None:
    """Sources belong to what is kept.

    A lost source with the same bytes is restored, and a damaged one is reported.
    """
    wanted = [(code_of(1), output.file, output.sha256) for output in kept_in(three, code_of(1))]
    entry, blobs = edition(1)
    assert all_kept(three, wanted)
    place = object_path(
        three, "content/handouts/tiny.yaml", entry.sources["content/handouts/tiny.yaml"]
    )
    damage(place)
    assert not all_kept(three, wanted)
    if damage is gone:
        keep_entries(three, [entry], blobs)
        assert all_kept(three, wanted)
        assert faults(three) == []
    else:
        with pytest.raises(TeachbackError, match="has changed since it was archived"):
            keep_entries(three, [entry], blobs)
        assert verify(three).failed


def test_an_edition_is_kept_a_second_time_where_a_source_of_the_first_record_is_lost(
    three: Path,
) -> None:
    """The same paper from other sources gets a record of its own. The first stays damaged."""
    entry, blobs = edition(1)
    gone(
        object_path(
            three, "content/handouts/tiny.yaml", entry.sources["content/handouts/tiny.yaml"]
        )
    )
    text = b"id: 1  # a remark"
    sources = {**entry.sources, "content/handouts/tiny.yaml": hashlib.sha256(text).hexdigest()}
    blobs = {key: data for key, data in blobs.items() if key[0] != "content/handouts/tiny.yaml"}
    again = replace(entry, sources=sources, kept="2026-11-23T12:00:00+00:00")
    keep_entries(
        three,
        [again],
        {**blobs, ("content/handouts/tiny.yaml", sources["content/handouts/tiny.yaml"]): text},
    )
    assert all_kept(three, [(entry.code, output.file, output.sha256) for output in entry.outputs])
    assert [problem.message for problem in verify(three).problems] == [
        f"{entry.code}: content/handouts/tiny.yaml is gone"
    ]


def test_verify_only_warns_of_what_an_ended_run_leaves(
    three: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing of an object without a record, a half file or a torn line was reported as kept."""
    (three / "objects" / "ab").mkdir(exist_ok=True)
    (three / "objects" / "ab" / f"ab{'0' * 62}.pdf").write_bytes(b"%PDF-")
    (three / "unfinished" / "half.pdf").write_bytes(b"%PD")
    with (three / "journal.jsonl").open("ab") as journal:
        journal.write(b'{"before": "abc')
    assert faults(three) == []
    warnings = sorted(problem.message for problem in verify(three).problems)
    assert warnings == [
        "1 file left by an interrupted run, or by restoring an older journal",
        "1 object belongs to no record: left by an interrupted run, or by restoring an older journal",
        "the last line is incomplete, left by an interrupted run",
    ]
    assert run(["verify", str(three)]) == 0
    assert (
        "3 editions, 3 records, 8 objects; everything in the journal is unchanged; head 3:"
        in capsys.readouterr().out
    )
    entry, blobs = edition(50)
    keep_entries(three, [entry], blobs)
    assert len(kept_in(three, entry.code)) == 1
    assert len(faults(three, Severity.WARNING)) == 1


def test_an_edition_whose_line_was_taken_out_of_the_journal_is_kept_again(three: Path) -> None:
    """An edition that the journal does not name does not count as kept."""
    journal_without(three, 3)
    wanted = [(code_of(2), output.file, output.sha256) for output in kept_in(three, code_of(2))]
    assert not all_kept(three, wanted)
    entry, blobs = edition(2)
    keep_entries(three, [entry], blobs)
    assert all_kept(three, wanted)
    assert faults(three) == []


def test_verify_gives_json(three: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The JSON is for those who run it every night."""
    gone(handout_of(three, 1))
    assert run(["verify", str(three), "--json"]) == 1
    outcome = json.loads(capsys.readouterr().out)
    assert (outcome["ok"], outcome["editions"], outcome["records"], len(outcome["problems"])) == (
        False,
        3,
        3,
        1,
    )


def test_verify_of_a_folder_without_an_archive_is_a_slip_in_typing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The exit code is 2, and the hint says what to type."""
    assert run(["verify", str(tmp_path)]) == 2
    assert "there is no archive here" in capsys.readouterr().err


def built(workspace: Workspace, archive: Path | None = None, **flags: Any) -> BuildResult:  # noqa: ANN401 -- any flag
    """Build the tiny handout into an archive, by default as HTML."""
    flags = {
        "format": ("html",),
        "jobs": 1,
        "handouts": ("tiny",),
        "archive": archive and str(archive),
        **flags,
    }
    return build(resolve(flags, workspace), workspace, TODAY)


def test_a_build_keeps_what_it_printed_with_source_and_review(
    workspace: Make, tmp_path: Path
) -> None:
    """Each edition is kept once, with handout and card under one code."""
    clinic, archive = workspace(), tmp_path / "archive"
    first = built(clinic, archive)
    assert first.problems == ()
    assert len(first.archived) == 2
    assert list(entry_paths(archive)) == list(first.archived)
    for code in first.archived:
        (entry,) = entries_at(entry_paths(archive)[code])
        assert (entry.handout, entry.language, entry.version, entry.title) == (
            "tiny",
            "en",
            "2026-11-22",
            "A tiny handout",
        )
        assert entry.review == {"status": "draft", "reviewer": None, "reviewed": None, "due": None}
        assert entry.weasyprint == "70.0"
        assert sorted(output.kind for output in entry.outputs) == ["card", "handout"]
        for output in entry.outputs:
            assert (
                object_path(archive, output.file, output.sha256).read_bytes()
                == (clinic.root / "build" / output.file).read_bytes()
            )
        yaml = object_path(archive, "tiny.yaml", entry.sources["content/handouts/tiny.yaml"])
        assert yaml.read_bytes() == (clinic.root / "content/handouts/tiny.yaml").read_bytes()
        assert {"content/words/en.yaml", "styles/handout.css", "templates/handout.html"} <= set(
            entry.sources
        )
    assert faults(archive) == []


def test_large_print_is_kept_where_its_red_flags_have_shorter_words(
    workspace: Make, tmp_path: Path
) -> None:
    """It has a code of its own, since it shows other words than standard print."""
    short = TINY.replace("text: Chest pain}", "text: Chest pain, short: Pain}")
    clinic, archive = workspace({"content/handouts/tiny.yaml": short}), tmp_path / "archive"
    what = {"format": ("pdf",), "kind": ("handout",), "audience": ("ckd",)}
    codes = set()
    for size in ("standard", "large"):
        result = built(clinic, archive, **what, size=size)
        assert [problem for problem in result.problems if problem.severity is Severity.ERROR] == []
        (code,) = result.archived
        codes.add(code)
    assert len(codes) == 2


def test_what_was_printed_before_is_kept_too_and_only_once(workspace: Make, tmp_path: Path) -> None:
    """A build with nothing to print keeps what is there; the next one has nothing to keep."""
    clinic, archive = workspace(), tmp_path / "archive"
    built(clinic)
    second = built(clinic, archive)
    assert second.printed == ()
    assert len(second.archived) == 2
    before = state(archive)
    assert built(clinic, archive).archived == second.archived
    assert state(archive) == before


def test_a_build_with_all_kept_imports_nothing_heavy(workspace: Make, tmp_path: Path) -> None:
    """Such a build is as quick as one without an archive."""
    clinic, archive = workspace(), tmp_path / "archive"
    built(clinic, archive)
    program = (
        "import sys; from teachback.cli.app import run; "
        "code = run(sys.argv[1:]); "
        "print(code, sorted({'pydantic', 'yaml', 'jinja2', 'weasyprint'} & set(sys.modules)))"
    )
    command = [
        sys.executable,
        "-c",
        program,
        "build",
        "tiny",
        "--format",
        "html",
        "--archive",
        str(archive),
    ]
    outcome = subprocess.run(
        command,
        cwd=clinic.root,
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
    ).stdout
    assert outcome.splitlines()[-3:] == [
        f"0 printed, 4 unchanged; all of it is in build; 2 editions kept in {archive}",
        "Look at it: teachback open  (build/index.html)",
        "0 []",
    ]


def test_a_changed_text_is_another_edition_beside_the_first(
    workspace: Make, tmp_path: Path
) -> None:
    """The archive still has what was handed out before."""
    clinic, archive = workspace(), tmp_path / "archive"
    first = built(clinic, archive).archived
    path = clinic.root / "content/handouts/tiny.yaml"
    path.write_text(
        path.read_text(encoding="utf-8").replace("One message", "Another message"), encoding="utf-8"
    )
    second = built(clinic, archive).archived
    assert len(set(first) | set(second)) == 4
    assert set(entry_paths(archive)) == set(first) | set(second)
    assert faults(archive) == []


def test_what_cannot_be_kept_is_an_error_though_it_is_printed(
    workspace: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The exit code is 1, and the message says both."""
    clinic = workspace()
    (tmp_path / "archive").write_text("a file", encoding="utf-8")
    done = built(clinic, tmp_path / "archive")
    assert len(done.printed) == 4
    assert done.archived == ()
    (problem,) = done.problems
    assert (
        problem.message
        == "printed, but not archived: this cannot be read or written: a file is where a folder must be"
    )
    monkeypatch.chdir(clinic.root)
    assert run(["build", "tiny", "--format", "html", "--archive", str(tmp_path / "archive")]) == 1


def test_a_source_that_changes_while_it_is_printed_is_not_kept_with_the_wrong_source(
    workspace: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A record names what the paper was made from, or there is no record."""
    clinic, archive = workspace(), tmp_path / "archive"
    path = clinic.root / "content/handouts/tiny.yaml"
    real = print_steps.print_outputs

    def slow(*arguments: Any) -> Any:  # noqa: ANN401 -- as the function
        printed = real(*arguments)
        path.write_text(
            path.read_text(encoding="utf-8").replace("One message", "Another message"),
            encoding="utf-8",
        )
        return printed

    monkeypatch.setattr(print_steps, "print_outputs", slow)
    (problem,) = built(clinic, archive).problems
    assert problem.message == "printed, but not archived: a file was changed while this was printed"
    assert not archive.exists()


def test_a_handout_that_is_taken_away_while_it_is_printed_is_said(
    workspace: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The program does not crash."""
    clinic, archive = workspace(), tmp_path / "archive"
    real = print_steps.print_outputs

    def slow(*arguments: Any) -> Any:  # noqa: ANN401 -- as the function
        printed = real(*arguments)
        (clinic.root / "content/handouts/tiny.yaml").unlink()
        return printed

    monkeypatch.setattr(print_steps, "print_outputs", slow)
    (problem,) = built(clinic, archive).problems
    assert (
        problem.message
        == "printed, but not archived: the handout 'tiny' was removed during printing"
    )


def test_a_source_that_changes_while_cards_are_printed_is_not_kept_with_them(
    workspace: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The cards have the earlier text, and the next build notices that."""
    clinic, archive = workspace(), tmp_path / "archive"
    path = clinic.root / "content/handouts/tiny.yaml"
    before = path.read_bytes()

    def slow(*arguments: Any) -> Any:  # noqa: ANN401 -- as the function
        path.write_text(
            path.read_text(encoding="utf-8").replace("Chest pain", "Pain in the chest"),
            encoding="utf-8",
        )
        return do_jobs(*arguments)

    monkeypatch.setattr(print_steps, "do_jobs", slow)
    done = print_cards(
        resolve(
            {"handouts": ("tiny",), "archive": str(archive), "output": str(tmp_path / "out")},
            clinic,
        ),
        CardOrder(copies=1),
        clinic,
        TODAY,
    )
    assert [problem.message for problem in done.problems] == [
        "printed, but not archived: a file was changed while this was printed"
    ]
    assert done.output.made_from == made_from(shared_fingerprint(clinic), before)
    assert done.archived == ()
    assert not archive.exists()


def test_the_archive_may_stand_in_the_settings(
    workspace: Make, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The archive can be set in the file and in the environment.

    A path in the file is relative to the workspace, one in the environment to the working folder.

    An empty name is refused.
    """
    clinic = workspace({"teachback.toml": 'archive = "kept"'})
    assert resolve({}, clinic).archive == clinic.root / "kept"
    assert resolve({}, clinic, {"TEACHBACK_ARCHIVE": "there"}).archive == Path("there")
    assert (
        resolve({"archive": str(tmp_path)}, clinic, {"TEACHBACK_ARCHIVE": "there"}).archive
        == tmp_path
    )
    assert resolve({}, workspace({"teachback.toml": ""})).archive is None
    with pytest.raises(UsageError):
        resolve({"archive": " "}, clinic)
    assert capsys.readouterr().out == ""


def test_the_outcome_names_the_archive_in_json(
    workspace: Make,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The JSON has it only if there is an archive."""
    monkeypatch.chdir(workspace().root)
    arguments = ["build", "tiny", "--format", "html", "--json"]
    assert run(arguments) == 0
    assert "archive" not in json.loads(capsys.readouterr().out)
    assert run([*arguments, "--archive", str(tmp_path / "archive")]) == 0
    outcome = json.loads(capsys.readouterr().out)
    assert outcome["archive"] == {
        "folder": str(tmp_path / "archive"),
        "kept": sorted({row["code"] for row in outcome["outputs"]}),
    }


def test_a_run_of_cards_for_two_readers_is_kept_under_both_codes(
    workspace: Make,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """One file is kept for two editions, and the same run again changes nothing."""
    clinic, archive = workspace(), tmp_path / "archive"
    flags = {"handouts": ("tiny",), "stock": "avery-5371", "archive": str(archive)}
    done = print_cards(resolve(flags, clinic), CardOrder(copies=5), clinic, TODAY)
    assert done.problems == ()
    assert list(done.archived) == sorted(done.output.code.split())
    assert len(done.archived) == 2
    assert [[output.sha256 for output in kept_in(archive, code)] for code in done.archived] == [
        [done.output.sha256]
    ] * 2
    monkeypatch.chdir(clinic.root)
    assert run(["card", "tiny", "--copies", "3", "--archive", str(archive)]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == f"2 editions kept in {archive}."
    assert run(["card", "tiny", "--archive", str(clinic.root / "content/handouts/tiny.yaml")]) == 1
    assert "printed, but not archived: " in capsys.readouterr().err
    before = state(archive)
    print_cards(resolve(flags, clinic), CardOrder(copies=5), clinic, TODAY)
    assert state(archive) == before
    assert faults(archive) == []


def test_what_is_kept_is_printed_again_from_its_sources_alone(
    workspace: Make,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Handout, card and sheet are equal to the byte in every form, though the workspace is gone."""
    clinic, archive = (
        workspace({"styles/clinic.css": "h1 { letter-spacing: 0.2pt }"}),
        tmp_path / "archive",
    )
    flags = {
        "format": ("pdf", "html", "png"),
        "stock": "avery-5371",
        "sides": "short-edge",
        "offset": "0.5,-1.2",
        "audience": ("ckd",),
    }
    (code,) = built(clinic, archive, size="large", paper="a4", **flags).archived
    assert len(kept_in(archive, code)) >= 7
    shutil.rmtree(clinic.root)
    monkeypatch.chdir(tmp_path)
    assert run(["verify", str(archive), "--rebuild"]) == 0
    assert "all unchanged" in capsys.readouterr().out


def test_other_bytes_from_the_same_sources_are_said_with_the_programs_that_printed_them(
    workspace: Make, tmp_path: Path
) -> None:
    """It is an error by the same program, and a warning by another.

    Runs of cards are not printed again.
    """
    clinic, archive = workspace(), tmp_path / "archive"
    (code,) = built(clinic, archive, audience=("ckd",), kind=("handout",)).archived
    assert reprint(archive) == ()
    (entry,) = entries_at(entry_paths(archive)[code])
    (output,) = entry.outputs
    for program, severity in ((__version__, Severity.ERROR), ("0.0.1", Severity.WARNING)):
        other = tmp_path / program
        data = b"what another program printed"
        sha256 = hashlib.sha256(data).hexdigest()
        blobs = {
            (name, kept): object_path(archive, name, kept).read_bytes()
            for name, kept in entry.sources.items()
        }
        outputs = (
            replace(output, sha256=sha256, length=len(data)),
            replace(output, form="cards", file="run.html"),
        )
        blobs |= {(output.file, sha256): data, ("run.html", output.sha256): b"a run"}
        keep_entries(other, [replace(entry, outputs=outputs, program=program)], blobs)
        different, run_of_cards = reprint(other)
        assert different.severity is severity
        assert (
            f"{code}: tiny/handout-ckd-en.html, printed again by "
            f"Teachback {__version__} with WeasyPrint" in different.message
        )
        assert (f"(kept: by Teachback {program}" in different.message) == (
            severity is Severity.WARNING
        )
        assert (run_of_cards.severity, run_of_cards.message.rpartition(": ")[2]) == (
            Severity.WARNING,
            "run.html is a run of cards, which is not printed again",
        )
