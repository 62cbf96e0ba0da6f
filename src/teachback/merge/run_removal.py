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
from teachback.merge.records.record_validation import unsuitable
from teachback.merge.run_folder import (
    JOURNAL,
    MANIFEST,
    OWN_FILES,
    OWN_FOLDERS,
    RUN,
    earlier_runs,
    held,
    read_run,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_COMBINED: Final = re.compile(r"(handouts|cards)-\d{5,}\.pdf")
_PART: Final = re.compile(r"(\d+(-[0-9a-f]{16})?|[0-9a-f]{16})\.(part|seen)")
_SHARED: Final = re.compile(rf"{SHARED}[0-9a-f]{{16}}")


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
            held(root, folder)
            mended = [one for one in earlier_runs(folder)[1:] if read_run(one) is not None]
            files = sum(wipe(one).files for one in mended)
            removed = _wiped(root, folder)
            return replace(removed, files=removed.files + files)
        finally:
            os.close(root)


def _wiped(root: int, folder: Path) -> RemovedFiles:
    count = 0
    for name in OWN_FOLDERS:
        with _inside(root, name) as inside:
            if inside is not None:
                # The list is complete before the first file is removed, since the names come from
                # files of this folder.
                own = _unfinished(inside) if name == UNFINISHED else _named(root, name)
                count += sum(_remove(inside, file) for file in own)
                count += _unshared(inside) if name == UNFINISHED else 0
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
def _inside(root: int, name: str) -> Iterator[int | None]:
    try:
        inside = os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=root)
    except OSError:
        # The folder is missing, or it is a link.
        yield None
        return
    try:
        yield inside
    finally:
        os.close(inside)


def _unfinished(inside: int) -> list[str]:
    return [name for name in os.listdir(inside) if _PART.fullmatch(name) or name in OWN_FILES]


def _unshared(unfinished: int) -> int:
    """Remove what an interrupted start left in the folders that other machines wrote into."""
    count = 0
    for name in filter(_SHARED.fullmatch, os.listdir(unfinished)):
        with _inside(unfinished, name) as inside:
            if inside is not None:
                count += sum(_remove(inside, file) for file in _unfinished(inside))
        with suppress(OSError):
            os.rmdir(name, dir_fd=unfinished)
    return count


def _named(root: int, folder: str) -> Iterator[str]:
    """Yield the names in the journal and the manifest for files of one folder of the run.

    Names that a run would never give are skipped.
    """
    for said in (*_of_journal(root), *_of_manifest(root)):
        before, _, name = said.partition("/")
        stem, dot, ending = name.rpartition(".")
        mine = (
            _COMBINED.fullmatch(name)
            if folder == COMBINED
            else not unsuitable(stem) and (dot, ending) == (".", "pdf")
        )
        if before == folder and mine:
            yield name


def _of_journal(root: int) -> Iterator[str]:
    for line in _lines(root, JOURNAL):
        with suppress(ValueError, TypeError, AttributeError):
            yield from map(str, read_json(line).get("files", ()))


def _of_manifest(root: int) -> Iterator[str]:
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
