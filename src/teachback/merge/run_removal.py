"""Remove a run of `merge`: the files that its own lists name, and its own lists.

Nothing else is removed, and no link is followed.
"""

from __future__ import annotations

import csv
import os
import re
import stat
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from teachback.errors import Location, UsageError
from teachback.files.atomic_files import os_errors_as_problems
from teachback.files.private_files import UNFINISHED
from teachback.files.text_decoding import read_json
from teachback.files.workspace import open_file, shown
from teachback.merge.chunk_printer import COMBINED, SHARED
from teachback.merge.records.record_validation import id_fault
from teachback.merge.run_folder import (
    JOURNAL,
    MANIFEST,
    OWN_FILES,
    OWN_FOLDERS,
    RUN,
    earlier_runs,
    lock_folder,
    read_run,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_COMBINED_FILE: Final = re.compile(r"(handouts|cards)-\d{5,}\.pdf")
_UNFINISHED_FILE: Final = re.compile(r"(\d+(-[0-9a-f]{16})?|[0-9a-f]{16})\.(part|seen)")
_SHARED_FOLDER: Final = re.compile(rf"{SHARED}[0-9a-f]{{16}}")


@dataclass(frozen=True)
class RemovedFiles:
    """The number of files removed, and of files left because the run does not name them."""

    files: int
    left: int


def wipe(folder: Path) -> RemovedFiles:
    """Remove a run.

    The files that name the others are removed last, so an interrupted removal can be started again.
    Raises UsageError for a folder that is not a run's, and TeachbackError when another run is at
    work in it or it cannot be written to.
    """
    place = Location(shown(folder))
    with os_errors_as_problems(folder):
        if folder.is_symlink():
            hint = "Name the folder itself."
            raise UsageError.of("this is a link, and is not followed", hint, place)
        if not folder.is_dir():
            raise UsageError.of("there is no such folder", "", place)
        if read_run(folder) is None:
            hint = f"It has no {RUN}; nothing was removed."
            raise UsageError.of("this folder holds no merge run", hint, place)
        root = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
        try:
            lock_folder(root, folder)
            mended = [
                inner_folder
                for inner_folder in earlier_runs(folder)[1:]
                if read_run(inner_folder) is not None
            ]
            files = sum(wipe(inner_folder).files for inner_folder in mended)
            removed = _remove_own_files(root, folder)
            return replace(removed, files=removed.files + files)
        finally:
            os.close(root)


def _remove_own_files(root: int, folder: Path) -> RemovedFiles:
    count = 0
    for name in OWN_FOLDERS:
        with _opened_inside(root, name) as descriptor:
            if descriptor is not None:
                # The list is complete before the first file is removed, since the names come from
                # files of this folder.
                names = (
                    _unfinished_files(descriptor)
                    if name == UNFINISHED
                    else _recorded_names(root, name)
                )
                count += sum(_remove(descriptor, file) for file in names)
                count += _remove_shared(descriptor) if name == UNFINISHED else 0
        with suppress(OSError):
            os.rmdir(name, dir_fd=root)
    left = sum(len(files) for _, _, files in os.walk(folder)) - sum(
        _is_file(root, name) for name in OWN_FILES
    )
    if left:
        # The lists and the journal stay, for whoever looks into what is left.
        return RemovedFiles(count, left)
    count += sum(_remove(root, name) for name in OWN_FILES)
    with suppress(OSError):
        folder.rmdir()
    return RemovedFiles(count, 0)


@contextmanager
def _opened_inside(root: int, name: str) -> Iterator[int | None]:
    try:
        descriptor = os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=root)
    except OSError:
        # The folder is missing, or it is a link.
        yield None
        return
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _unfinished_files(descriptor: int) -> list[str]:
    return [
        name
        for name in os.listdir(descriptor)
        if _UNFINISHED_FILE.fullmatch(name) or name in OWN_FILES
    ]


def _remove_shared(unfinished: int) -> int:
    """Remove what an interrupted start left in the folders that other machines wrote into."""
    count = 0
    for name in filter(_SHARED_FOLDER.fullmatch, os.listdir(unfinished)):
        with _opened_inside(unfinished, name) as descriptor:
            if descriptor is not None:
                count += sum(_remove(descriptor, file) for file in _unfinished_files(descriptor))
        with suppress(OSError):
            os.rmdir(name, dir_fd=unfinished)
    return count


def _recorded_names(root: int, folder: str) -> Iterator[str]:
    """Yield the names in the journal and the manifest for files of one folder of the run.

    Names that a run would never give are skipped.
    """
    for path in (*_journal_names(root), *_manifest_names(root)):
        parent, _, name = path.partition("/")
        stem, dot, extension = name.rpartition(".")
        is_own = (
            _COMBINED_FILE.fullmatch(name)
            if folder == COMBINED
            else not id_fault(stem) and (dot, extension) == (".", "pdf")
        )
        if parent == folder and is_own:
            yield name


def _journal_names(root: int) -> Iterator[str]:
    for line in _lines(root, JOURNAL):
        with suppress(ValueError, TypeError, AttributeError):
            yield from map(str, read_json(line).get("files", ()))


def _manifest_names(root: int) -> Iterator[str]:
    with suppress(csv.Error):
        for row in csv.DictReader(_lines(root, MANIFEST)):
            yield row.get("file") or ""


def _lines(root: int, name: str) -> Iterator[str]:
    try:
        descriptor = open_file(name, os.O_NOFOLLOW, root)
    except OSError:
        return
    with os.fdopen(descriptor, encoding="utf-8", errors="replace") as file:
        yield from file


def _is_file(folder: int, name: str) -> bool:
    try:
        return stat.S_ISREG(os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode)
    except FileNotFoundError:
        return False


def _remove(folder: int, name: str) -> bool:
    """Remove a file, and return whether there was one. Links are left: a run makes none."""
    if not _is_file(folder, name):
        return False
    os.unlink(name, dir_fd=folder)
    return True
