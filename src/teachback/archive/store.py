"""Store every printed edition once, under its code. Nothing is ever changed or removed.

    journal.jsonl              one line for each record, with the hash of the line before
    entries/CODE/SHA256.json   a record: what was printed under a code, for whom,
                               from which files, by which program
    objects/ab/SHA256.pdf      the bytes of what was printed, and of what it was made from
    unfinished/                what a run has not finished, or left behind when it was ended

Each file is named by the SHA-256 of its bytes. A record is written to unfinished/, then named in
the journal, then moved to entries/. Each step is synced to disk before the next. So even after a
kill, a record that the journal names is in one of the two folders, and the journal names every
record in entries/. If not, somebody removed a file.

A build with nothing to do imports this module, so it imports nothing heavy.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import stat
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Final

from teachback.errors import Location, Problem, TeachbackError
from teachback.files.atomic_files import (
    append,
    locked,
    os_errors_as_problems,
    read_all,
    sync,
    write_through,
)
from teachback.files.text_decoding import read_json
from teachback.files.workspace import file_bytes, shown

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping
    from pathlib import Path

JOURNAL: Final = "journal.jsonl"
ENTRIES: Final = "entries"
OBJECTS: Final = "objects"
UNFINISHED: Final = "unfinished"
FORMAT: Final = 1
# All that the folder of an archive may hold. lost+found belongs to the root of a disk.
OWN: Final = frozenset({JOURNAL, ENTRIES, OBJECTS, UNFINISHED, "lost+found"})
FIRST_LINE: Final = b'{"format": 1, "teachback": "archive"}\n'


@dataclass(frozen=True)
class ArchivedFile:
    """A printed file: its name in the output folder, its kind, and the hash of its bytes."""

    file: str
    kind: str
    form: str
    size: str
    paper: str | None
    pages: int
    setup: str
    sha256: str
    length: int
    depth: str = "full"
    ink: str = ""


@dataclass(frozen=True)
class ArchiveEntry:
    """A record: files of one edition, printed from the same sources by the same program.

    `review` holds status, reviewer, reviewed and due as they were in the handout. `kept` is the
    time in UTC. `sources` maps the names of files in the workspace to their hashes. Dates are
    texts, YYYY-MM-DD.
    """

    code: str
    handout: str
    audience: str
    language: str
    title: str
    badge: str
    version: str
    review: Mapping[str, str | None]
    program: str
    weasyprint: str
    kept: str
    outputs: tuple[ArchivedFile, ...]
    sources: Mapping[str, str]
    format: int = FORMAT

    def to_bytes(self) -> bytes:
        """Return the record as bytes. Equal records give equal bytes."""
        return (
            json.dumps(asdict(self), indent=1, sort_keys=True, ensure_ascii=False) + "\n"
        ).encode()


def entry_from(data: bytes) -> ArchiveEntry | None:
    """Parse a record; return None if the bytes are not one."""
    try:
        fields = read_json(data)
        entry = ArchiveEntry(
            **{**fields, "outputs": tuple(ArchivedFile(**output) for output in fields["outputs"])}
        )
    except (ValueError, TypeError, KeyError, AttributeError):
        return None
    return entry if entry.format == FORMAT else None


def object_path(folder: Path, name: str, sha256: str) -> Path:
    """Return the path of an object. The suffix is that of the file's own name."""
    return folder / OBJECTS / sha256[:2] / f"{sha256}{PurePosixPath(name).suffix.lower()}"


def entry_paths(folder: Path) -> dict[str, list[Path]]:
    """Return the paths of all records, by code.

    They include records that the journal names and that a killed run did not move to entries/.
    """
    paths_by_code: dict[str, list[Path]] = {}
    with os_errors_as_problems(folder):
        for path in sorted((folder / ENTRIES).glob("[!.]*/[!.]*.json")):
            if path.is_file():
                paths_by_code.setdefault(path.parent.name, []).append(path)
        for sha256, code in journaled_codes(folder).items():
            pending = folder / UNFINISHED / f"{sha256}.json"
            if pending.is_file():
                paths_by_code.setdefault(code, []).append(pending)
    return dict(sorted(paths_by_code.items()))


def entries_at(paths: Iterable[Path]) -> tuple[ArchiveEntry, ...]:
    """Read records, and return them oldest first. Damaged records are left out."""
    entries = []
    for path in paths:
        try:
            data = file_bytes(path)
        except OSError:
            continue
        entry = entry_from(data) if hashlib.sha256(data).hexdigest() == path.stem else None
        entries += [entry] if entry else []
    return tuple(sorted(entries, key=lambda entry: (entry.kept, entry.to_bytes())))


def journaled_codes(folder: Path) -> dict[str, str]:
    """Return the code of each record that the journal names, by the record's hash.

    Lines that cannot be read are skipped.
    """
    try:
        data = file_bytes(folder / JOURNAL)
    except FileNotFoundError:
        return {}
    return _parse_journal(data)


def _parse_journal(journal: bytes) -> dict[str, str]:
    codes = {}
    # What follows the last line end is a line that a killed run did not finish.
    for line in journal.split(b"\n")[:-1]:
        with suppress(ValueError, KeyError, TypeError):
            fields = read_json(line)
            codes[str(fields["record"])] = str(fields["code"])
    return codes


def is_intact(path: Path, sha256: str) -> bool:
    """Return whether a kept file is a regular file, not a link, with the bytes that were kept.

    Raises OSError when the file cannot be read.
    """
    try:
        if not stat.S_ISREG(path.lstat().st_mode):
            return False
    except FileNotFoundError:
        return False
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest() == sha256


class _IntactFiles:
    """Check whether files of an archive are intact; hash each file only once."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._results: dict[Path, bool] = {}

    def __call__(self, name: str, sha256: str) -> bool:
        path = object_path(self._folder, name, sha256)
        if path not in self._results:
            self._results[path] = is_intact(path, sha256)
        return self._results[path]

    def entries(self, code: str, journaled: Collection[str]) -> list[ArchiveEntry]:
        """Return the records of a code that the journal names and whose sources are all intact."""
        paths = [
            path
            for path in (self._folder / ENTRIES / code).glob("*.json")
            if path.stem in journaled
        ]
        return [
            entry
            for entry in entries_at(paths)
            if all(self(name, sha256) for name, sha256 in entry.sources.items())
        ]


def all_kept(folder: Path, files: Iterable[tuple[str, str, str]]) -> bool:
    """Return whether all printed files (code, name, SHA-256) are kept.

    A file counts as kept if it is intact, with all sources of a record that lists it.
    """
    with os_errors_as_problems(folder):
        journaled = journaled_codes(folder)
        if not journaled:
            return False
        intact = _IntactFiles(folder)
        kept_files: dict[str, set[tuple[str, str]]] = {}
        for code, file, sha256 in files:
            if code not in kept_files:
                kept_files[code] = {
                    (output.file, output.sha256)
                    for entry in intact.entries(code, journaled)
                    for output in entry.outputs
                }
            if (file, sha256) not in kept_files[code] or not intact(file, sha256):
                return False
    return True


def keep_entries(
    folder: Path, entries: Iterable[ArchiveEntry], blobs: Mapping[tuple[str, str], bytes]
) -> None:
    """Keep editions. They are synced to disk when this returns.

    `blobs` are the bytes of all files that the entries name, by name and SHA-256. A file that is
    kept already is not kept again, unless a source of its record is damaged or lost: then a second,
    intact record is written. Raises TeachbackError when something cannot be kept; the archive is
    then as readable as before.
    """
    with os_errors_as_problems(folder):
        _make_folders(folder)
        with locked(
            folder / JOURNAL, os.O_RDWR | os.O_APPEND | os.O_CREAT, fcntl.LOCK_EX
        ) as journal:
            _repair(folder, journal)
            _write_objects(folder, blobs)
            new_entries = []
            journaled = _parse_journal(read_all(journal))
            intact = _IntactFiles(folder)
            for entry in entries:
                kept_files = {
                    (output.file, output.sha256)
                    for kept in intact.entries(entry.code, journaled)
                    for output in kept.outputs
                }
                outputs = tuple(
                    output
                    for output in entry.outputs
                    if (output.file, output.sha256) not in kept_files
                )
                new_entries += [replace(entry, outputs=outputs)] if outputs else []
            _write_records(folder, journal, new_entries)


def archive_problems(error: TeachbackError) -> tuple[Problem, ...]:
    """Return the problems of an error, each with the prefix "printed, but not archived"."""
    prefix = "printed, but not archived: "
    return tuple(
        problem._replace(message=f"{prefix}{problem.message.removeprefix(prefix)}")
        for problem in error.problems
    )


def _make_folders(folder: Path) -> None:
    """Create the folders of an archive, but not in a folder that holds other files."""
    folder.mkdir(parents=True, exist_ok=True)
    foreign = {name for name in os.listdir(folder) if not name.startswith(".")} - OWN  # noqa: PTH208 -- names only
    if foreign and not (folder / JOURNAL).exists():
        message = f"this folder holds other files ({min(foreign)}), not an archive"
        hint = "Name an empty folder for the archive."
        raise TeachbackError.of(message, hint, Location(shown(folder)))
    for name in (ENTRIES, OBJECTS, UNFINISHED):
        (folder / name).mkdir(exist_ok=True)
    sync(folder)
    sync(folder.parent)


def _repair(folder: Path, journal: int) -> None:
    """Finish what a killed run named in the journal, and remove the rest of it.

    The archive must be locked.
    """
    data = read_all(journal)
    end = data.rfind(b"\n") + 1
    if end < len(data):
        os.ftruncate(journal, end)
        data = data[:end]
    if not data:
        if any((folder / ENTRIES).glob("[!.]*/*.json")):
            hint = "Restore it from a backup; `teachback verify` says what is there."
            message = "the journal of this archive is gone"
            raise TeachbackError.of(message, hint, Location(shown(folder / JOURNAL)))
        append(journal, FIRST_LINE)
    elif not data.startswith(FIRST_LINE):
        hint = "Restore it from a backup, or name another folder."
        message = "this is not a readable archive journal"
        raise TeachbackError.of(message, hint, Location(shown(folder / JOURNAL), 1, 1))
    journaled = _parse_journal(data)
    for path in sorted((folder / UNFINISHED).iterdir()):
        if path.stem in journaled and hashlib.sha256(file_bytes(path)).hexdigest() == path.stem:
            _move_to_entries(folder, path, journaled[path.stem])
        else:
            path.unlink()


def _write_objects(folder: Path, blobs: Mapping[tuple[str, str], bytes]) -> None:
    """Write the files that are not in the archive yet.

    Raises TeachbackError with every file that is no longer what was kept.
    """
    files_by_path = {object_path(folder, name, sha256): (name, sha256) for name, sha256 in blobs}
    existing = {path for path in files_by_path if os.path.lexists(path)}
    hint = (
        "Move it away and build again: it is then archived again. Run `teachback verify` to "
        "find more such files."
    )
    damaged = [
        Problem(
            f"{files_by_path[path][0]}: this file has changed since it was archived",
            hint,
            Location(shown(path)),
        )
        for path in sorted(existing)
        if not is_intact(path, files_by_path[path][1])
    ]
    if damaged:
        raise TeachbackError(*damaged)
    changed_folders: set[Path] = set()
    for path in sorted(files_by_path.keys() - existing):
        path.parent.mkdir(exist_ok=True)
        unfinished = folder / UNFINISHED / path.name
        write_through(unfinished, blobs[files_by_path[path]])
        unfinished.rename(path)
        changed_folders.add(path.parent)
    for subfolder in sorted(changed_folders):
        sync(subfolder)
    if changed_folders:
        sync(folder / OBJECTS)


def _write_records(folder: Path, journal: int, entries: list[ArchiveEntry]) -> None:
    """Write records, name them in the journal, and move them into entries/.

    In any other order, a killed run could lose one.
    """
    if not entries:
        return
    written = read_all(journal)
    last_line = written[written.rfind(b"\n", 0, -1) + 1 :]
    pending: list[tuple[Path, str]] = []
    lines: list[bytes] = []
    for entry in entries:
        data = entry.to_bytes()
        sha256 = hashlib.sha256(data).hexdigest()
        path = folder / UNFINISHED / f"{sha256}.json"
        write_through(path, data)
        pending.append((path, entry.code))
        last_line = journal_line(last_line, entry.code, sha256, entry.kept)
        lines.append(last_line)
    sync(folder / UNFINISHED)
    try:
        append(journal, b"".join(lines))
    except OSError:
        os.ftruncate(journal, len(written))
        raise
    for path, code in pending:
        _move_to_entries(folder, path, code)


def journal_line(previous_line: bytes, code: str, sha256: str, kept: str) -> bytes:
    """Return the journal's line for a record; `previous_line` includes its line end."""
    fields = {
        "before": hashlib.sha256(previous_line).hexdigest(),
        "code": code,
        "kept": kept,
        "record": sha256,
    }
    return (json.dumps(fields) + "\n").encode()


def _move_to_entries(folder: Path, path: Path, code: str) -> None:
    target = folder / ENTRIES / code
    target.mkdir(exist_ok=True)
    path.rename(target / path.name)
    sync(target)
    sync(folder / ENTRIES)
