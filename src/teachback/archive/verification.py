"""Verify an archive: hash every object, every record and the chain of the journal again."""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
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
_INTERRUPTED: Final = "left by an interrupted run"
# Nothing in the archive itself tells one from the other.
_CAUSES: Final = f"{_INTERRUPTED}, or by restoring an older journal"
_EXPECT_HINT: Final = (
    "If an older copy of the journal was restored, restore the latest one. "
    "`teachback verify --expect HEAD` tells whether it was: see docs/archive.md."
)
# Files that operating systems put into folders.
_SYSTEM_FILES: Final = re.compile(
    r"\.DS_Store|\._.*|\.nfs.*|\.fuse_hidden.*|\.snapshot|\.Trash.*"
    r"|\.Spotlight.*|\.fseventsd|lost\+found"
)
_HEAD: Final = re.compile(r"(\d{1,9}):([0-9a-f]{16,64})")
_HEAD_DIGITS: Final = 16


@dataclass(frozen=True)
class Audit:
    """The result of a verification: the counts and the problems.

    A warning names what a killed run may have left. `head` is the number of records and the
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
        """True if something is no longer as it was kept."""
        return any(problem.severity is Severity.ERROR for problem in self.problems)

    def with_problems(self, more: Iterable[Problem]) -> Audit:
        """Return the result with further problems."""
        return replace(self, problems=in_file_order([*self.problems, *more]))

    @property
    def summary(self) -> str:
        """The result in one line."""
        errors = sum(problem.severity is Severity.ERROR for problem in self.problems)
        # With a warning, the journal may be an older one: then only what that names was checked.
        unchanged = "everything in the journal is unchanged" if self.problems else "all unchanged"
        state = f"{errors} problem{'s' if errors != 1 else ''}" if errors else unchanged
        counts = {"edition": self.editions, "record": self.records, "object": self.objects}
        words = ", ".join(
            f"{number} {word}{'s' if number != 1 else ''}" for word, number in counts.items()
        )
        return f"{shown(self.archive)}: {words}; {state}; head {self.head}"

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
    """The content of an archive at one moment; the files of a record never change afterwards.

    `records` are the paths of the records by hash: more than one if somebody copied a record.
    `objects` are names below objects/. `foreign` are files that no archive has.
    """

    journal: bytes
    records: dict[str, list[Path]]
    unfinished: list[Path]
    objects: set[str]
    foreign: list[Path] = field(default_factory=list)
    links: set[Path] = field(default_factory=set)


@dataclass(frozen=True)
class _JournalLine:
    code: str
    record: str
    kept: str


def verify(folder: Path, expected: str = "") -> Audit:
    """Hash everything in an archive again, and change nothing.

    `expected` is the head that an earlier verification printed: the journal must still hold that
    line, and may hold later ones. Raises UsageError when there is no archive or the head is
    malformed, and TeachbackError when the archive cannot be read.
    """
    expected_head = _HEAD.fullmatch(expected.strip().lower())
    if expected and expected_head is None:
        hint = "Copy what verify printed, such as 3:0f1e2d3c4b5a6978."
        raise UsageError.of(f"'{expected[:80]}' is not the head of an archive", hint)
    if not any((folder / name).exists() for name in (JOURNAL, ENTRIES, OBJECTS)):
        hint = "Name its folder: teachback verify DIR."
        raise UsageError.of("there is no archive here", hint, Location(shown(folder)))
    with os_errors_as_problems(folder):
        listing = _list_archive(folder)
    lines, problems = _read_journal(listing.journal, shown(folder / JOURNAL))
    if b"\n" not in listing.journal and (listing.records or listing.objects):
        # The journal is written before anything else.
        message = "the journal of this archive is gone"
        problems.append(Problem(message, _BACKUP, Location(shown(folder / JOURNAL))))
    problems += _head_problems(listing.journal, expected_head, folder) if expected_head else []
    problems += [_foreign_file(path) for path in listing.foreign]
    entries = []
    for line in lines:
        entry, record_problems = _read_record(line, listing, folder)
        entries += [entry] if entry else []
        problems += record_problems
    problems += _unnamed_problems({line.record for line in lines}, listing, folder)
    problems += _object_problems(entries, listing, folder)
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

    With `records`, return the head that it had when it named so many records, with the whole hash.
    Return "" if it names fewer.
    """
    lines = journal.split(b"\n")[:-1]
    count = len(lines) - 1 if records is None else records
    if not 0 <= count < len(lines):
        return ""
    digest = hashlib.sha256(lines[count] + b"\n").hexdigest()
    return f"{count}:{digest[:_HEAD_DIGITS] if records is None else digest}"


def _head_problems(journal: bytes, expected: re.Match[str], folder: Path) -> list[Problem]:
    """Compare the journal with a head that was printed earlier."""
    head = _head(journal, int(expected[1]))
    place = Location(shown(folder / JOURNAL), int(expected[1]) + 1 if head else 0, 1 if head else 0)
    if not head:
        count = max(0, journal.count(b"\n") - 1)
        message = (
            f"an older journal was restored: it names {count} "
            f"record{'s' if count != 1 else ''}, and --expect says {expected[1]}"
        )
        return [Problem(message, "Restore the latest copy of the archive.", place)]
    if not head.partition(":")[2].startswith(expected[2]):
        message = "this line does not match --expect: the journal was rewritten or restored"
        return [Problem(message, _BACKUP, place)]
    return []


def _list_archive(folder: Path) -> _Listing:
    journal = folder / JOURNAL
    if not journal.exists():
        return _list_files(folder, b"")
    # While the lock is held, no run is writing a record. The files listed now never change.
    with locked(journal, os.O_RDONLY, fcntl.LOCK_SH):
        return _list_files(folder, file_bytes(journal))


def _list_files(folder: Path, journal: bytes) -> _Listing:
    listing = _Listing(journal, {}, [], set())
    for path in _files(folder / ENTRIES):
        # Reading a pipe, or a link to a device, might never end.
        if (
            _is_regular_file(path)
            and path.suffix == ".json"
            and path.parent.parent == folder / ENTRIES
            and not path.name.startswith(".")
        ):
            listing.records.setdefault(path.stem, []).append(path)
        else:
            listing.foreign.append(path)
    for path in _files(folder / OBJECTS):
        if _is_regular_file(path) and not path.name.startswith("."):
            listing.objects.add(path.relative_to(folder / OBJECTS).as_posix())
        elif path.is_symlink():
            listing.links.add(path)
        else:
            listing.foreign.append(path)
    listing.unfinished = [
        path for path in _files(folder / UNFINISHED) if not path.name.startswith(".")
    ]
    listing.foreign += [
        path
        for path in folder.iterdir()
        if path.name not in OWN and not _SYSTEM_FILES.fullmatch(path.name)
    ]
    listing.foreign += [
        folder / name
        for name in (JOURNAL, ENTRIES, OBJECTS, UNFINISHED)
        if (folder / name).is_symlink()
    ]
    return listing


def _is_regular_file(path: Path) -> bool:
    return path.is_file() and not path.is_symlink()


def _files(folder: Path) -> list[Path]:
    """Return all files and links below a folder, except those of operating systems."""
    return sorted(
        path
        for path in folder.rglob("*")
        if (path.is_symlink() or not path.is_dir()) and not _SYSTEM_FILES.fullmatch(path.name)
    )


def _foreign_file(path: Path) -> Problem:
    message = "this file is not part of the archive"
    return Problem(message, "Move it away.", Location(shown(path)), Severity.WARNING)


def _read_journal(journal: bytes, name: str) -> tuple[list[_JournalLine], list[Problem]]:
    """Parse the journal, and check that each line has the hash of the one before."""
    *lines, rest = journal.split(b"\n")
    parsed: list[_JournalLine] = []
    problems: list[Problem] = []
    if rest:
        hint = "Nothing that was reported as kept is lost; the next build repairs it."
        message = f"the last line is incomplete, {_INTERRUPTED}"
        problems.append(Problem(message, hint, Location(name, len(lines) + 1, 1), Severity.WARNING))
    if lines and lines[0] + b"\n" != FIRST_LINE:
        message = "the first line of the journal was changed"
        problems.append(Problem(message, _BACKUP, Location(name, 1, 1)))
    for number, line in enumerate(lines[1:], start=2):
        place = Location(name, number, 1)
        try:
            fields = read_json(line)
            parsed.append(
                _JournalLine(str(fields["code"]), str(fields["record"]), str(fields["kept"]))
            )
            previous = fields["before"]
        except (ValueError, KeyError, TypeError):
            problems.append(Problem("this line of the journal cannot be read", _BACKUP, place))
            continue
        if previous != hashlib.sha256(lines[number - 2] + b"\n").hexdigest():
            message = (
                "this line of the journal does not follow the line before: a line was changed "
                "or removed"
            )
            problems.append(Problem(message, _BACKUP, place))
        elif line + b"\n" != journal_line(
            lines[number - 2] + b"\n", parsed[-1].code, parsed[-1].record, parsed[-1].kept
        ):
            # No later line covers the last one, so an extra blank or key in it must be found here.
            problems.append(Problem("this line of the journal was changed", _BACKUP, place))
    return parsed, problems


def _read_record(
    line: _JournalLine, listing: _Listing, folder: Path
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
    # Prefer the record in its own folder to a copy in the folder of another code.
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
    misplaced = [
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
        for other in misplaced
    ]


def _unnamed_problems(named: set[str], listing: _Listing, folder: Path) -> Iterator[Problem]:
    """Yield a problem for each record that the journal does not name, and for unfinished files."""
    for sha256 in listing.records.keys() - named:
        for path in listing.records[sha256]:
            message = (
                f"{path.parent.name}: the journal does not name this record: a line was changed or "
                "removed, or the record was put here by hand"
            )
            yield Problem(message, _BACKUP, Location(shown(path)))
    leftovers = [path for path in listing.unfinished if path.stem not in named]
    if leftovers:
        message = f"{len(leftovers)} file{'s' if len(leftovers) != 1 else ''} {_CAUSES}"
        hint = (
            "After an interrupted run, none of it was reported as kept, and the next build "
            f"deletes it. {_EXPECT_HINT}"
        )
        yield Problem(message, hint, Location(shown(folder / UNFINISHED)), Severity.WARNING)


def _object_problems(
    entries: list[ArchiveEntry], listing: _Listing, folder: Path
) -> Iterator[Problem]:
    """Hash every object again; yield problems that name the files to which it belongs."""
    owners_by_key: dict[str, dict[str, None]] = {}
    for entry in entries:
        files = [(output.file, output.sha256) for output in entry.outputs]
        for file, sha256 in [*files, *entry.sources.items()]:
            key = object_path(folder, file, sha256).relative_to(folder / OBJECTS).as_posix()
            owners_by_key.setdefault(key, {})[f"{entry.code}: {file}"] = None
    for key, owners in owners_by_key.items():
        path = folder / OBJECTS / key
        more = f" (and {len(owners) - 1} more)" if len(owners) > 1 else ""
        if path in listing.links:
            fault = "has been replaced by a link"
        elif key not in listing.objects:
            fault = "is gone"
        else:
            try:
                fault = "" if _sha256(path) == path.stem else "has changed since it was archived"
            except OSError as error:
                fault = f"cannot be read: {error.strerror}"
        if fault:
            yield Problem(f"{next(iter(owners))}{more} {fault}", _BACKUP, Location(shown(path)))
    yield from (
        _foreign_file(path)
        for path in sorted(listing.links)
        if path.relative_to(folder / OBJECTS).as_posix() not in owners_by_key
    )
    unowned = len(listing.objects - owners_by_key.keys())
    if unowned:
        message = (
            f"{unowned} {'object belongs' if unowned == 1 else 'objects belong'} "
            f"to no record: {_CAUSES}"
        )
        hint = (
            f"After an interrupted run, nothing is lost: a later build may use them. {_EXPECT_HINT}"
        )
        yield Problem(message, hint, Location(shown(folder / OBJECTS)), Severity.WARNING)


def _sha256(path: Path) -> str:
    with os.fdopen(open_file(path), "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
