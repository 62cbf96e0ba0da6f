"""Store every printed edition once, under its code. Nothing is ever changed or removed.

    journal.jsonl              one line for each record, with the hash of the line before
    entries/CODE/SHA256.json   a record: what was printed under a code, for whom,
                               from which files, by which program
    objects/ab/SHA256.pdf      the bytes of what was printed, and of what it was made from
    unfinished/                what a run has not finished, or left behind when it was ended

Each file is named by the SHA-256 of its bytes. A record is written to unfinished/, then named in
the journal, then moved to entries/. Each step is synced to disk before the next. This tells the
remains of a killed run from files that somebody removed: a record that the journal names is in one
of the two folders, and a record in entries/ is named in the journal. A build with nothing to do
imports this module, so it imports nothing heavy.
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
    """A printed file.

    Holds its name in the output folder, its kind, and the hash and length of its bytes.
    """

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
    """Parse a record. None if the bytes are not a record."""
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
    """Return the paths of all records by code.

    Includes records that the journal names but an ended run did not move to entries/.
    """
    found: dict[str, list[Path]] = {}
    with os_errors_as_problems(folder):
        for path in sorted((folder / ENTRIES).glob("[!.]*/[!.]*.json")):
            if path.is_file():
                found.setdefault(path.parent.name, []).append(path)
        for sha256, code in named_records(folder).items():
            pending = folder / UNFINISHED / f"{sha256}.json"
            if pending.is_file():
                found.setdefault(code, []).append(pending)
    return dict(sorted(found.items()))


def entries_at(paths: Iterable[Path]) -> tuple[ArchiveEntry, ...]:
    """Read records, oldest first. Damaged records are left out."""
    found = []
    for path in paths:
        try:
            data = file_bytes(path)
        except OSError:
            continue
        entry = entry_from(data) if hashlib.sha256(data).hexdigest() == path.stem else None
        found += [entry] if entry else []
    return tuple(sorted(found, key=lambda entry: (entry.kept, entry.to_bytes())))


def named_records(folder: Path) -> dict[str, str]:
    """Return the code of each record that the journal names, by the record's hash.

    Lines that cannot be read are skipped.
    """
    try:
        data = file_bytes(folder / JOURNAL)
    except FileNotFoundError:
        return {}
    return _named(data)


def _named(journal: bytes) -> dict[str, str]:
    named = {}
    # Anything after the last line end is a line that a kill cut off.
    for line in journal.split(b"\n")[:-1]:
        with suppress(ValueError, KeyError, TypeError):
            fields = read_json(line)
            named[str(fields["record"])] = str(fields["code"])
    return named


def is_intact(path: Path, sha256: str) -> bool:
    """Check whether a kept file is a regular file with the bytes that were kept.

    A link is not. Raises OSError when the file cannot be read.
    """
    try:
        if not stat.S_ISREG(path.lstat().st_mode):
            return False
    except FileNotFoundError:
        return False
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest() == sha256


class _IntactFiles:
    """A check whether files of an archive are intact. Each file is hashed once."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._known: dict[Path, bool] = {}

    def __call__(self, name: str, sha256: str) -> bool:
        path = object_path(self._folder, name, sha256)
        if path not in self._known:
            self._known[path] = is_intact(path, sha256)
        return self._known[path]

    def entries(self, code: str, named: Collection[str]) -> list[ArchiveEntry]:
        """Return the records of a code that the journal names and whose sources are all intact."""
        paths = [
            path for path in (self._folder / ENTRIES / code).glob("*.json") if path.stem in named
        ]
        return [
            entry
            for entry in entries_at(paths)
            if all(self(name, sha256) for name, sha256 in entry.sources.items())
        ]


def all_kept(folder: Path, wanted: Iterable[tuple[str, str, str]]) -> bool:
    """Check whether all printed files (code, name, SHA-256) are kept.

    The files, and the sources of a record that lists them, must be intact.
    """
    with os_errors_as_problems(folder):
        named = named_records(folder)
        if not named:
            return False
        intact = _IntactFiles(folder)
        known: dict[str, set[tuple[str, str]]] = {}
        for code, file, sha256 in wanted:
            if code not in known:
                known[code] = {
                    (output.file, output.sha256)
                    for entry in intact.entries(code, named)
                    for output in entry.outputs
                }
            if (file, sha256) not in known[code] or not intact(file, sha256):
                return False
    return True


def keep_entries(
    folder: Path, entries: Iterable[ArchiveEntry], blobs: Mapping[tuple[str, str], bytes]
) -> None:
    """Keep editions. They are synced to disk when this returns.

    `blobs` are the bytes of all files that the entries name, by name and SHA-256. A file that is
    kept already is not kept again, unless a source of the earlier record is damaged or lost: then a
    second, intact record is written. Raises TeachbackError when something cannot be kept; the
    archive is then as readable as before.
    """
    with os_errors_as_problems(folder):
        _make(folder)
        with locked(
            folder / JOURNAL, os.O_RDWR | os.O_APPEND | os.O_CREAT, fcntl.LOCK_EX
        ) as journal:
            _mend(folder, journal)
            _put_all(folder, blobs)
            fresh = []
            named = _named(read_all(journal))
            intact = _IntactFiles(folder)
            for entry in entries:
                known = {
                    (output.file, output.sha256)
                    for old in intact.entries(entry.code, named)
                    for output in old.outputs
                }
                outputs = tuple(
                    output for output in entry.outputs if (output.file, output.sha256) not in known
                )
                fresh += [replace(entry, outputs=outputs)] if outputs else []
            _record(folder, journal, fresh)


def not_archived(error: TeachbackError) -> tuple[Problem, ...]:
    """Return the problems as ones that say, once: printed, but not archived."""
    said = "printed, but not archived: "
    return tuple(
        problem._replace(message=f"{said}{problem.message.removeprefix(said)}")
        for problem in error.problems
    )


def _make(folder: Path) -> None:
    """Create the folders of an archive, but not in a folder that holds other files."""
    folder.mkdir(parents=True, exist_ok=True)
    others = {name for name in os.listdir(folder) if not name.startswith(".")} - OWN  # noqa: PTH208 -- names only
    if others and not (folder / JOURNAL).exists():
        message = f"this folder holds other files ({min(others)}), not an archive"
        hint = "Name an empty folder for the archive."
        raise TeachbackError.of(message, hint, Location(shown(folder)))
    for name in (ENTRIES, OBJECTS, UNFINISHED):
        (folder / name).mkdir(exist_ok=True)
    sync(folder)
    sync(folder.parent)


def _mend(folder: Path, journal: int) -> None:
    """Finish what an ended run named in the journal, and remove the rest.

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
    named = _named(data)
    for path in sorted((folder / UNFINISHED).iterdir()):
        if path.stem in named and hashlib.sha256(file_bytes(path)).hexdigest() == path.stem:
            _move_in(folder, path, named[path.stem])
        else:
            path.unlink()


def _put_all(folder: Path, blobs: Mapping[tuple[str, str], bytes]) -> None:
    """Write the bytes that are not there yet.

    Raises TeachbackError with every file that is no longer what was kept.
    """
    places = {object_path(folder, name, sha256): (name, sha256) for name, sha256 in blobs}
    there = {place for place in places if os.path.lexists(place)}
    hint = (
        "Move it away and build again: it is then archived again. Run `teachback verify` to "
        "find more such files."
    )
    damaged = [
        Problem(
            f"{places[place][0]}: this file has changed since it was archived",
            hint,
            Location(shown(place)),
        )
        for place in sorted(there)
        if not is_intact(place, places[place][1])
    ]
    if damaged:
        raise TeachbackError(*damaged)
    touched: set[Path] = set()
    for place in sorted(places.keys() - there):
        place.parent.mkdir(exist_ok=True)
        beside = folder / UNFINISHED / place.name
        write_through(beside, blobs[places[place]])
        beside.rename(place)
        touched.add(place.parent)
    for parent in sorted(touched):
        sync(parent)
    if touched:
        sync(folder / OBJECTS)


def _record(folder: Path, journal: int, entries: list[ArchiveEntry]) -> None:
    """Write records, name them in the journal, and move them into entries/.

    In any other order a kill could lose one.
    """
    if not entries:
        return
    before = read_all(journal)
    last = before[before.rfind(b"\n", 0, -1) + 1 :]
    pending: list[tuple[Path, str]] = []
    lines: list[bytes] = []
    for entry in entries:
        data = entry.to_bytes()
        sha256 = hashlib.sha256(data).hexdigest()
        path = folder / UNFINISHED / f"{sha256}.json"
        write_through(path, data)
        pending.append((path, entry.code))
        last = journal_line(last, entry.code, sha256, entry.kept)
        lines.append(last)
    sync(folder / UNFINISHED)
    try:
        append(journal, b"".join(lines))
    except OSError:
        os.ftruncate(journal, len(before))
        raise
    for path, code in pending:
        _move_in(folder, path, code)


def journal_line(before: bytes, code: str, sha256: str, kept: str) -> bytes:
    """Return the journal's line for a record. `before` is the line before, with its line end."""
    fields = {
        "before": hashlib.sha256(before).hexdigest(),
        "code": code,
        "kept": kept,
        "record": sha256,
    }
    return (json.dumps(fields) + "\n").encode()


def _move_in(folder: Path, path: Path, code: str) -> None:
    place = folder / ENTRIES / code
    place.mkdir(exist_ok=True)
    path.rename(place / path.name)
    sync(place)
    sync(folder / ENTRIES)
