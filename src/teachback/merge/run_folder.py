"""Keep the folder of one run of `merge`, so that a run that was ended at any moment can go on.

Only the owner can read the folder. It holds:

    run.json        which run this is: a hash of records, editions and options;
                    whether it is finished, and its counts
    journal.jsonl   while it runs: the files that a chunk is about to write (synced to disk
                    before the first is written), and then their hashes
    unfinished/     while it runs: files being written, manifest.csv and rejected.csv
    handouts/, cards/ or combined/    the files
    manifest.csv, rejected.csv        every row, once the run is finished
    to-mend.csv     the rejected rows with all their columns, to be mended
    mended-1/, ...  runs of rows that were mended

Files are written in unfinished/ and then renamed. Each file that the journal names is checked
against its hash before it is trusted, so a lost line of the journal costs time, not a record.
"""

from __future__ import annotations

import csv
import fcntl
import hashlib
import io
import json
import os
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from itertools import count
from typing import IO, TYPE_CHECKING, Any, Final

from teachback.errors import Location, Problem, TeachbackError
from teachback.files.atomic_files import append, os_errors_as_problems, sync
from teachback.files.private_files import UNFINISHED, write_private
from teachback.files.text_decoding import read_json
from teachback.files.workspace import open_file, refuse_other, shown
from teachback.merge.chunk_printer import COMBINED, FOLDERS, SHARED
from teachback.merge.records.csv_reader import guarded

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from teachback.merge.records.record_survey import Chunk

RUN: Final = "run.json"
JOURNAL: Final = "journal.jsonl"
MANIFEST: Final = "manifest.csv"
REJECTED: Final = "rejected.csv"
TO_MEND: Final = "to-mend.csv"
MENDED: Final = "mended-"
FORMAT: Final = 1
RUNNING, FINISHED = "running", "finished"
MANIFEST_COLUMNS: Final = ("row", "id", "edition code", "file", "pages", "sha256", "status")
REJECTED_COLUMNS: Final = ("row", "id", "field", "reason")
# Everything that the folder of a run can hold.
OWN_FOLDERS: Final = (*FOLDERS.values(), COMBINED, UNFINISHED)
OWN_FILES: Final = (MANIFEST, REJECTED, TO_MEND, JOURNAL, RUN)
# How often a folder is tried that other runs create and remove.
_TRIES: Final = 20


@dataclass
class RunFolder:
    """A run in progress in its folder.

    `key` identifies the run, and `description` goes into run.json beside it. `done` holds for each
    finished chunk the offset and length of its line in the journal. `lists` are the CSV files that
    are being written, by name.
    """

    folder: Path
    key: str
    description: Mapping[str, Any]
    finished: Mapping[str, Any] | None
    journal: int = -1
    done: dict[int, tuple[int, int]] = field(default_factory=dict)
    lists: dict[str, IO[str]] = field(default_factory=dict)


def refuse_foreign(folder: Path) -> None:
    """Raise TeachbackError when a folder holds something other than a run."""
    names = {path.name for path in folder.iterdir()}
    if names and RUN not in names and not names <= {UNFINISHED}:
        hint = "Name a new folder with --output."
        raise TeachbackError.of(
            "this folder holds other files, not a merge run", hint, _location(folder)
        )


@contextmanager
def opened(folder: Path) -> Iterator[int]:
    """Create the folder of a run, readable only by its owner, and hold its lock.

    The folder is removed again when it is empty at the end. Raises TeachbackError when it cannot be
    created, is a link, holds something else, or when another run holds the lock.
    """
    created, lock = _created_and_locked(folder)
    try:
        with os_errors_as_problems(folder):
            refuse_foreign(folder)
            folder.chmod(0o700)
        try:
            with os_errors_as_problems(folder):
                # Remove half-written files of an earlier start.
                clear(folder / UNFINISHED)
                _create(folder / UNFINISHED)
            yield lock
        finally:
            with suppress(OSError):
                clear(folder / UNFINISHED)
            with suppress(OSError):
                for path in (folder, *(parent for parent in created if parent != folder)):
                    path.rmdir()
    finally:
        os.close(lock)


def _created_and_locked(folder: Path) -> tuple[list[Path], int]:
    """Create a folder if it is missing, and lock it.

    Returns the created folders, innermost first, and the lock. Another run may create, lock or
    remove the folder between any two steps; the next try then starts from what that run left.
    """
    created: list[Path] = []
    for tries_left in reversed(range(_TRIES)):
        lock = -1
        with os_errors_as_problems(folder):
            if folder.is_symlink():
                message = "this is a link; the output must be a real folder"
                raise TeachbackError.of(message, "Name the folder itself.", _location(folder))
            try:
                created += [] if folder.is_dir() else _create(folder)
                lock = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
            except FileNotFoundError:
                if not tries_left:
                    raise
                continue
        try:
            lock_folder(lock, folder)
            if os.path.samestat(os.fstat(lock), folder.stat()):
                return created, lock
        except FileNotFoundError:
            pass
        except BaseException:
            os.close(lock)
            raise
        os.close(lock)
    raise TeachbackError(_in_use_problem(folder))


def lock_folder(lock: int, folder: Path) -> None:
    """Lock an open folder. Raises TeachbackError when another run holds the lock."""
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise TeachbackError(_in_use_problem(folder)) from None


def _in_use_problem(folder: Path) -> Problem:
    return Problem(
        "another run is at work in this folder", "Wait until it is done.", _location(folder)
    )


def begin(folder: Path, key: str, description: Mapping[str, Any]) -> RunFolder:
    """Resume the run with this key, or begin a new one.

    Raises TeachbackError when the folder holds another run, or one whose run.json was damaged.
    """
    with os_errors_as_problems(folder):
        recorded = read_run(folder)
        if recorded is not None and recorded["key"] != key:
            hint = (
                "Name another folder with --output, or remove that run: "
                f"teachback merge --wipe {shown(folder)}"
            )
            message = "this folder holds a run of other records, editions or options"
            raise TeachbackError.of(message, hint, _location(folder))
        run = RunFolder(
            folder,
            key,
            description,
            recorded if recorded and recorded["state"] == FINISHED else None,
        )
        if run.finished is not None:
            if not _is_outcome(run.finished):
                raise TeachbackError.of(
                    "this file no longer describes a finished run",
                    "Name another folder with --output, or remove this run and print it anew: "
                    f"teachback merge --wipe {shown(folder)}",
                    _location(folder / RUN),
                )
            (folder / JOURNAL).unlink(missing_ok=True)
        return run


def folder_of(folder: Path, key: str) -> Path:
    """Return where the run `key` of mended rows goes: a folder in that of the run they come from.

    It is `folder` itself where that holds no finished run with rejected rows. An unfinished run of
    other mended rows keeps its folder, which `begin` then refuses: the papers that it has printed
    are in no list yet.
    """
    with os_errors_as_problems(folder):
        outer_run = read_run(folder)
        if outer_run is None or outer_run["key"] == key or not outer_run.get("rejected"):
            return folder
        for number in count(1):
            inside = folder / f"{MENDED}{number}"
            inner_run = read_run(inside)
            if inner_run is None or inner_run["key"] == key or inner_run["state"] == RUNNING:
                break
        return inside


def earlier_runs(folder: Path) -> list[Path]:
    """Return the folders of all runs whose patients' papers are in a folder."""
    mended = (path for path in folder.glob(f"{MENDED}*") if path.is_dir() and not path.is_symlink())
    return [folder, *sorted(mended)]


def open_list(run: RunFolder, name: str, first_text: str) -> None:
    """Open a list of a run, and write its first text. `finish` moves the list into place."""
    with os_errors_as_problems(run.folder):
        path = run.folder / UNFINISHED / name
        run.lists[name] = io.TextIOWrapper(_open_private(path), "utf-8", newline="")
    add_to_list(run, name, first_text)


def add_to_list(run: RunFolder, name: str, text: str) -> None:
    """Append a text to a list of a run."""
    with os_errors_as_problems(run.folder):
        run.lists[name].write(text)


def resume(run: RunFolder, folders: Iterable[str]) -> None:
    """Open the journal and the lists. What the journal holds from an earlier start is kept."""
    folder = run.folder
    with os_errors_as_problems(folder):
        _write_run(run, RUNNING, {})
        for name in folders:
            _create(folder / name)
        run.finished = None
        run.journal = os.open(
            folder / JOURNAL, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK, 0o600
        )
        refuse_other(os.fstat(run.journal).st_mode, folder / JOURNAL)
        os.fchmod(run.journal, 0o600)
        length = _read_journal(run)
        # Cut off a line that was half written when the run was ended.
        os.ftruncate(run.journal, length)
        os.lseek(run.journal, length, os.SEEK_SET)
        sync(folder)
        for name, columns in ((MANIFEST, MANIFEST_COLUMNS), (REJECTED, REJECTED_COLUMNS)):
            open_list(run, name, lines([columns]))


def close(run: RunFolder) -> None:
    """Close the files of a run."""
    for file in run.lists.values():
        with suppress(OSError):
            file.close()
    run.lists.clear()
    if run.journal >= 0:
        os.close(run.journal)
        run.journal = -1


def announce(run: RunFolder, chunk: Chunk, files: Sequence[str]) -> None:
    """Record which files a chunk is about to write, and sync that to disk."""
    if chunk.number not in run.done:
        with os_errors_as_problems(run.folder):
            append(run.journal, _journal_line({"begin": chunk.number, "files": list(files)}))


def report(
    run: RunFolder, number: int, hashes: Mapping[str, str], accounts: str, rejected: str
) -> None:
    """Record that a chunk is finished, with the hashes of its files, and append to both lists."""
    with os_errors_as_problems(run.folder):
        run.lists[MANIFEST].write(accounts)
        run.lists[REJECTED].write(rejected)
        if number not in run.done:
            line = memoryview(_journal_line({"done": number, "sha256": dict(hashes)}))
            while line:
                line = line[os.write(run.journal, line) :]


def finished_files(run: RunFolder, number: int) -> dict[str, str]:
    """Return the hashes of a finished chunk by file name, or nothing if it was not finished."""
    if number not in run.done:
        return {}
    start, length = run.done[number]
    with os_errors_as_problems(run.folder):
        hashes: dict[str, str] = json.loads(os.pread(run.journal, length, start))["sha256"]
        return hashes


def finish(run: RunFolder, counts: Mapping[str, Any]) -> None:
    """Move the lists into place, mark the run as finished, and sync everything to disk."""
    folder = run.folder
    with os_errors_as_problems(folder):
        hashes = {}
        for name, file in run.lists.items():
            file.flush()
            os.fsync(file.fileno())
            with (folder / UNFINISHED / name).open("rb") as written:
                hashes[name] = hashlib.file_digest(written, "sha256").hexdigest()
        # One sync for all: a sync for each file would take most of the run's time.
        os.sync()
        for name in run.lists:
            # Somebody may have mended the rows already. Those are not overwritten.
            if name != TO_MEND or not (folder / name).exists():
                (folder / UNFINISHED / name).rename(folder / name)
        sync(folder)
        hashes.pop(TO_MEND, "")
        _write_run(run, FINISHED, {**counts, "lists": hashes})
        close(run)
        (folder / JOURNAL).unlink(missing_ok=True)
        clear(folder / UNFINISHED)
        sync(folder)


def read_run(folder: Path) -> dict[str, Any] | None:
    """Return the content of run.json, or None where there is none.

    Raises TeachbackError when the file is not one that `merge` wrote.
    """
    try:
        descriptor = open_file(folder / RUN, os.O_NOFOLLOW)
    except FileNotFoundError:
        return None
    with os.fdopen(descriptor, "rb") as file:
        data = file.read(1_000_000)
    try:
        content = read_json(data)
        if (
            content["teachback"] == "merge"
            and content["format"] == FORMAT
            and content["state"] in {RUNNING, FINISHED}
            and content["key"]
        ):
            return dict(content)
    except (ValueError, KeyError, TypeError):
        pass
    hint = "Name another folder with --output."
    raise TeachbackError.of(
        "this file does not describe a merge run", hint, _location(folder / RUN)
    )


def _is_outcome(content: Mapping[str, Any]) -> bool:
    """Check whether run.json has the counts and the hashes of a finished run."""
    lists, editions = content.get("lists"), content.get("editions")
    return (
        all(type(content.get(name)) is int for name in ("records", "printed", "rejected"))
        and isinstance(lists, dict)
        and set(lists) == {MANIFEST, REJECTED}
        and isinstance(editions, dict)
        and all(type(count) is int for count in editions.values())
    )


def lines(rows: Iterable[Sequence[object]], delimiter: str = ",") -> str:
    """Return rows as lines of CSV, in which no spreadsheet program finds a formula."""
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter, lineterminator="\n").writerows(
        [
            [value if isinstance(value, int) else guarded(str(value)) for value in row]
            for row in rows
        ]
    )
    return text.getvalue()


def clear(folder: Path) -> None:
    """Remove a folder of unfinished files without following links. Raises OSError."""
    if folder.is_symlink() or not folder.is_dir():
        return
    for path in folder.iterdir():
        if path.is_symlink() or not path.is_dir():
            path.unlink()
        elif path.name.startswith(SHARED):
            clear(path)
    with suppress(OSError):
        folder.rmdir()


def _create(folder: Path) -> list[Path]:
    """Create a folder that only its owner can read, and its missing parents.

    Returns the created folders, innermost first. A folder that another run creates at the same
    moment is used as it is.
    """
    created: list[Path] = []
    for path in reversed([path for path in (folder, *folder.parents) if not path.exists()]):
        try:
            path.mkdir(mode=0o700)
        except FileExistsError:
            if path.is_symlink() or not path.is_dir():
                raise
            continue
        path.chmod(0o700)
        created.insert(0, path)
    if folder.is_symlink() or not folder.is_dir():
        hint = "Move it away."
        raise TeachbackError.of(
            "a file or link is in the way of this folder", hint, _location(folder)
        )
    folder.chmod(0o700)
    return created


def _open_private(path: Path) -> IO[bytes]:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
    os.fchmod(descriptor, 0o600)
    return os.fdopen(descriptor, "wb")


def _write_run(run: RunFolder, state: str, counts: Mapping[str, Any]) -> None:
    content = {
        "teachback": "merge",
        "format": FORMAT,
        "key": run.key,
        "state": state,
        **run.description,
        **counts,
    }
    write_private(
        str(run.folder), RUN, (json.dumps(content, indent=1, ensure_ascii=False) + "\n").encode()
    )
    sync(run.folder)


def _read_journal(run: RunFolder) -> int:
    """Record where the journal lists finished chunks. Returns the length of its complete lines."""
    length = 0
    with os.fdopen(os.dup(run.journal), "rb") as file:
        for line in file:
            try:
                entry = read_json(line) if line.endswith(b"\n") else None
            except ValueError:
                entry = None
            if not isinstance(entry, dict):
                break
            if isinstance(entry.get("done"), int) and isinstance(entry.get("sha256"), dict):
                run.done[entry["done"]] = (length, len(line))
            length += len(line)
    return length


def _journal_line(entry: Mapping[str, Any]) -> bytes:
    return json.dumps(entry, separators=(",", ":")).encode() + b"\n"


def _location(path: Path) -> Location:
    return Location(shown(path))
