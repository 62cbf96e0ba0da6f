"""Verify an archive: hash every object, every record and the chain of the journal again."""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

from teachback.archive.store import (
    ENTRIES,
    FIRST_LINE,
    JOURNAL,
    OBJECTS,
    OWN,
    UNFINISHED,
    ArchiveEntry,
    entry_from,
    journal_line,
    object_path,
)
from teachback.errors import Location, Problem, Severity, UsageError, in_file_order
from teachback.files.atomic_files import locked, os_errors_as_problems
from teachback.files.text_decoding import read_json
from teachback.files.workspace import file_bytes, open_file, shown

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

_BACKUP: Final = "Restore it from a backup."
_ENDED: Final = "left by an interrupted run"
# Nothing in the archive itself tells one from the other.
_EITHER: Final = f"{_ENDED}, or by restoring an older journal"
_EXPECT: Final = (
    "If an older copy of the journal was restored, restore the latest one. "
    "`teachback verify --expect HEAD` tells whether it was: see docs/archive.md."
)
# Files that operating systems put into folders.
_SYSTEMS: Final = re.compile(
    r"\.DS_Store|\._.*|\.nfs.*|\.fuse_hidden.*|\.snapshot|\.Trash.*"
    r"|\.Spotlight.*|\.fseventsd|lost\+found"
)
_HEAD: Final = re.compile(r"(\d{1,9}):([0-9a-f]{16,64})")
_SHORT: Final = 16


@dataclass(frozen=True)
class Audit:
    """The result of a verification: the counts and the problems.

    A warning is something that an ended run may leave. `head` is the number of records and the
    start of the hash of the journal's last line, as in `3:0f1e2d3c4b5a6978`.
    """

    archive: Path
    editions: int
    records: int
    objects: int
    problems: tuple[Problem, ...]
    head: str = ""

    @property
    def failed(self) -> bool:
        """Return whether something is no longer as it was kept."""
        return any(problem.severity is Severity.ERROR for problem in self.problems)

    def with_problems(self, more: Iterable[Problem]) -> Audit:
        """Return the result with further problems."""
        return replace(self, problems=in_file_order([*self.problems, *more]))

    @property
    def summary(self) -> str:
        """The result in one line."""
        errors = sum(problem.severity is Severity.ERROR for problem in self.problems)
        # With a warning, the journal may be an earlier one, so only what it names was checked.
        fine = "everything in the journal is unchanged" if self.problems else "all unchanged"
        said = f"{errors} problem{'s' if errors != 1 else ''}" if errors else fine
        counts = {"edition": self.editions, "record": self.records, "object": self.objects}
        words = ", ".join(
            f"{number} {word}{'s' if number != 1 else ''}" for word, number in counts.items()
        )
        return f"{shown(self.archive)}: {words}; {said}; head {self.head}"

    def as_json(self) -> dict[str, Any]:
        """Return the result as plain data."""
        counts = {"editions": self.editions, "records": self.records, "objects": self.objects}
        return {
            "ok": not self.failed,
            **counts,
            "head": self.head,
            "problems": [problem.as_json() for problem in self.problems],
        }


@dataclass
class _Listing:
    """The content of an archive at one moment.

    The named files never change afterwards. A record has only one place.
    """

    journal: bytes
    records: dict[str, list[Path]]
    unfinished: list[Path]
    objects: dict[str, Path]
    odd: list[Path] = field(default_factory=list)
    links: set[Path] = field(default_factory=set)


@dataclass(frozen=True)
class _Line:
    code: str
    record: str
    kept: str


def verify(folder: Path, expected: str = "") -> Audit:
    """Hash everything in an archive again. Nothing is changed.

    `expected` is the head that an earlier verification printed: the journal must still hold that
    line, and may hold later ones. Raises UsageError when there is no archive or the head is
    malformed, and TeachbackError when the archive cannot be read.
    """
    wanted = _HEAD.fullmatch(expected.strip().lower())
    if expected and wanted is None:
        hint = "Copy what verify printed, such as 3:0f1e2d3c4b5a6978."
        raise UsageError.of(f"'{expected[:80]}' is not the head of an archive", hint)
    if not any((folder / name).exists() for name in (JOURNAL, ENTRIES, OBJECTS)):
        hint = "Name its folder: teachback verify DIR."
        raise UsageError.of("there is no archive here", hint, Location(shown(folder)))
    with os_errors_as_problems(folder):
        listing = _listing(folder)
    lines, problems = _chain(listing.journal, shown(folder / JOURNAL))
    if b"\n" not in listing.journal and (listing.records or listing.objects):
        # The journal is written before anything else.
        message = "the journal of this archive is gone"
        problems.append(Problem(message, _BACKUP, Location(shown(folder / JOURNAL))))
    problems += _not_expected(listing.journal, wanted, folder) if wanted else []
    problems += [_odd(path) for path in listing.odd]
    entries = []
    for line in lines:
        entry, wrong = _record(line, listing, folder)
        entries += [entry] if entry else []
        problems += wrong
    problems += _unnamed({line.record for line in lines}, listing, folder)
    problems += _objects(entries, listing, folder)
    codes = {entry.code for entry in entries}
    return Audit(
        folder,
        len(codes),
        len(lines),
        len(listing.objects),
        in_file_order(problems),
        _head(listing.journal),
    )


def _head(journal: bytes, records: int | None = None) -> str:
    """Return the head of a journal, with its hash cut short.

    With `records`, return the whole head that it had when it named that many. Empty if it names
    fewer.
    """
    lines = journal.split(b"\n")[:-1]
    count = len(lines) - 1 if records is None else records
    if not 0 <= count < len(lines):
        return ""
    found = hashlib.sha256(lines[count] + b"\n").hexdigest()
    return f"{count}:{found[:_SHORT] if records is None else found}"


def _not_expected(journal: bytes, wanted: re.Match[str], folder: Path) -> list[Problem]:
    """Compare the journal with a head that was printed earlier."""
    there = _head(journal, int(wanted[1]))
    place = Location(shown(folder / JOURNAL), int(wanted[1]) + 1 if there else 0, 1 if there else 0)
    if not there:
        count = max(0, journal.count(b"\n") - 1)
        message = (
            f"an older journal was restored: it names {count} "
            f"record{'s' if count != 1 else ''}, and --expect says {wanted[1]}"
        )
        return [Problem(message, "Restore the latest copy of the archive.", place)]
    if not there.partition(":")[2].startswith(wanted[2]):
        message = "this line does not match --expect: the journal was rewritten or restored"
        return [Problem(message, _BACKUP, place)]
    return []


def _listing(folder: Path) -> _Listing:
    journal = folder / JOURNAL
    if not journal.exists():
        return _listed(folder, b"")
    # While the lock is held, no run is writing a record. Files listed now do not change later.
    with locked(journal, os.O_RDONLY, fcntl.LOCK_SH):
        return _listed(folder, file_bytes(journal))


def _listed(folder: Path, journal: bytes) -> _Listing:
    listing = _Listing(journal, {}, [], {})
    for path in _files(folder / ENTRIES):
        # Anything but a regular file is left out: a pipe, or a link to a device, could be read
        # forever.
        if (
            _is_file(path)
            and path.suffix == ".json"
            and path.parent.parent == folder / ENTRIES
            and not path.name.startswith(".")
        ):
            listing.records.setdefault(path.stem, []).append(path)
        else:
            listing.odd.append(path)
    for path in _files(folder / OBJECTS):
        if _is_file(path) and not path.name.startswith("."):
            listing.objects[path.relative_to(folder / OBJECTS).as_posix()] = path
        elif path.is_symlink():
            listing.links.add(path)
        else:
            listing.odd.append(path)
    listing.unfinished = [
        path for path in _files(folder / UNFINISHED) if not path.name.startswith(".")
    ]
    listing.odd += [
        path
        for path in folder.iterdir()
        if path.name not in OWN and not _SYSTEMS.fullmatch(path.name)
    ]
    listing.odd += [
        folder / name
        for name in (JOURNAL, ENTRIES, OBJECTS, UNFINISHED)
        if (folder / name).is_symlink()
    ]
    return listing


def _is_file(path: Path) -> bool:
    return path.is_file() and not path.is_symlink()


def _files(folder: Path) -> list[Path]:
    """Return all files and links below a folder, except those of operating systems."""
    return sorted(
        path
        for path in folder.rglob("*")
        if (path.is_symlink() or not path.is_dir()) and not _SYSTEMS.fullmatch(path.name)
    )


def _odd(path: Path) -> Problem:
    message = "this file is not part of the archive"
    return Problem(message, "Move it away.", Location(shown(path)), Severity.WARNING)


def _chain(journal: bytes, name: str) -> tuple[list[_Line], list[Problem]]:
    """Parse the journal, and check that each line has the hash of the one before."""
    *lines, torn = journal.split(b"\n")
    found: list[_Line] = []
    problems: list[Problem] = []
    if torn:
        hint = "Nothing that was reported as kept is lost; the next build repairs it."
        message = f"the last line is incomplete, {_ENDED}"
        problems.append(Problem(message, hint, Location(name, len(lines) + 1, 1), Severity.WARNING))
    if lines and lines[0] + b"\n" != FIRST_LINE:
        message = "the first line of the journal was changed"
        problems.append(Problem(message, _BACKUP, Location(name, 1, 1)))
    for number, line in enumerate(lines[1:], start=2):
        place = Location(name, number, 1)
        try:
            fields = read_json(line)
            found.append(_Line(str(fields["code"]), str(fields["record"]), str(fields["kept"])))
            before = fields["before"]
        except (ValueError, KeyError, TypeError):
            problems.append(Problem("this line of the journal cannot be read", _BACKUP, place))
            continue
        if before != hashlib.sha256(lines[number - 2] + b"\n").hexdigest():
            message = (
                "this line of the journal does not follow the line before: a line was changed "
                "or removed"
            )
            problems.append(Problem(message, _BACKUP, place))
        elif line + b"\n" != journal_line(
            lines[number - 2] + b"\n", found[-1].code, found[-1].record, found[-1].kept
        ):
            # No later line covers the last one, so an extra blank or key in it must be found here.
            problems.append(Problem("this line of the journal was changed", _BACKUP, place))
    return found, problems


def _record(
    line: _Line, listing: _Listing, folder: Path
) -> tuple[ArchiveEntry | None, list[Problem]]:
    """Read the record that a line of the journal names, and return its problems."""
    name = f"{line.record}.json"
    paths = [
        *listing.records.get(line.record, ()),
        *(path for path in listing.unfinished if path.name == name),
    ]
    if not paths:
        place = folder / ENTRIES / line.code / name
        message = f"{line.code}: the record that was kept at {line.kept} is gone"
        return None, [Problem(message, _BACKUP, Location(shown(place)))]
    # A copy in the folder of another code would attribute the record to that code, so it comes
    # last.
    path = min(paths, key=lambda path: path.parent.name not in {line.code, UNFINISHED})
    try:
        data = file_bytes(path)
    except OSError as error:
        message = f"{line.code}: the record cannot be read: {error.strerror}"
        return None, [Problem(message, _BACKUP, Location(shown(path)))]
    entry = entry_from(data)
    if hashlib.sha256(data).hexdigest() != line.record or entry is None:
        message = f"{line.code}: the record is not the one archived at {line.kept}"
        return None, [Problem(message, _BACKUP, Location(shown(path)))]
    if entry.kept != line.kept:
        message = (
            f"{entry.code}: the journal says that it was kept at {line.kept}, "
            f"and the record says {entry.kept}"
        )
        return entry, [Problem(message, _BACKUP, Location(shown(path)))]
    astray = [
        other
        for other in paths
        if line.code != entry.code or other.parent.name not in {entry.code, UNFINISHED}
    ]
    return entry, [
        Problem(
            f"{entry.code}: the record is stored under another code",
            _BACKUP,
            Location(shown(other)),
        )
        for other in astray
    ]


def _unnamed(named: set[str], listing: _Listing, folder: Path) -> Iterator[Problem]:
    """Yield a problem for each record that the journal does not name, and for unfinished files."""
    for path in (
        path for sha256, paths in listing.records.items() if sha256 not in named for path in paths
    ):
        message = (
            f"{path.parent.name}: the journal does not name this record: a line was changed or "
            "removed, or the record was put here by hand"
        )
        yield Problem(message, _BACKUP, Location(shown(path)))
    lost = [path for path in listing.unfinished if path.stem not in named]
    if lost:
        message = f"{len(lost)} {'file' if len(lost) == 1 else 'files'} {_EITHER}"
        hint = (
            "After an interrupted run, none of it was reported as kept, and the next build "
            f"deletes it. {_EXPECT}"
        )
        yield Problem(message, hint, Location(shown(folder / UNFINISHED)), Severity.WARNING)


def _objects(entries: list[ArchiveEntry], listing: _Listing, folder: Path) -> Iterator[Problem]:
    """Hash every object again, and yield problems that name the files that it belongs to."""
    owners: dict[str, dict[str, None]] = {}
    for entry in entries:
        named = [(output.file, output.sha256) for output in entry.outputs] + list(
            entry.sources.items()
        )
        for file, sha256 in named:
            key = object_path(folder, file, sha256).relative_to(folder / OBJECTS).as_posix()
            owners.setdefault(key, {})[f"{entry.code}: {file}"] = None
    for key, names in owners.items():
        path = listing.objects.get(key)
        first, more = next(iter(names)), len(names) - 1
        whose = f"{first}{f' (and {more} more)' if more else ''}"
        if folder / OBJECTS / key in listing.links:
            message = f"{whose} has been replaced by a link"
            yield Problem(message, _BACKUP, Location(shown(folder / OBJECTS / key)))
            continue
        if path is None:
            yield Problem(f"{whose} is gone", _BACKUP, Location(shown(folder / OBJECTS / key)))
            continue
        try:
            whole = _sha256(path) == path.stem
        except OSError as error:
            message = f"{whose} cannot be read: {error.strerror}"
            yield Problem(message, _BACKUP, Location(shown(path)))
            continue
        if not whole:
            message = f"{whose} has changed since it was archived"
            yield Problem(message, _BACKUP, Location(shown(path)))
    yield from (
        _odd(path)
        for path in sorted(listing.links)
        if path.relative_to(folder / OBJECTS).as_posix() not in owners
    )
    strays = Counter(key not in owners for key in listing.objects)[True]
    if strays:
        message = (
            f"{strays} {'object belongs' if strays == 1 else 'objects belong'} "
            f"to no record: {_EITHER}"
        )
        hint = f"After an interrupted run, nothing is lost: a later build may use them. {_EXPECT}"
        yield Problem(message, hint, Location(shown(folder / OBJECTS)), Severity.WARNING)


def _sha256(path: Path) -> str:
    with os.fdopen(open_file(path), "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
