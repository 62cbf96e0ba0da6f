"""Record what was printed at the desks: when, by whom, which edition, how often. No patient.

"Printed" means handed to a browser or to a printer queue. Each line holds the hash of the line
before. So a line that was changed or removed is noticed, unless it is the last one.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from teachback.errors import Location, Problem, Severity
from teachback.files.atomic_files import append, locked, os_errors_as_problems, read_all
from teachback.files.private_files import write_private
from teachback.files.workspace import shown

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable

AUDIT: Final = "printed.jsonl"


class PrintedAtDesk(NamedTuple):
    """One print: who, the code of the edition, the kind of paper, how many copies, and where to."""

    who: str
    edition: str
    kind: str
    copies: int
    to: str


def state_folder(workspace: Path) -> Path:
    """Return the folder of the server's own files, which only its owner may read. Creates it.

    That is systemd's STATE_DIRECTORY, or `.teachback` in the workspace. Raises TeachbackError when
    it cannot be created.
    """
    systemd_folder = os.environ.get("STATE_DIRECTORY", "").partition(":")[0]
    folder = Path(systemd_folder) if systemd_folder else workspace / ".teachback"
    with os_errors_as_problems(folder):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not (folder / ".gitignore").exists():
            write_private(str(folder), ".gitignore", b"*\n", ".")
    return folder


def record_prints(folder: Path, printed: Iterable[PrintedAtDesk], when: dt.datetime) -> None:
    """Add a line for each print, and wait until all are on the disk.

    Raises TeachbackError when they cannot be written. Then the file holds none of them.
    """
    path = folder / AUDIT
    with (
        os_errors_as_problems(path),
        locked(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, fcntl.LOCK_EX) as file,
    ):
        os.fchmod(file, 0o600)
        last, lines = _last_line(file), []
        for entry in printed:
            line = {
                "before": hashlib.sha256(last).hexdigest(),
                "when": when.isoformat(timespec="seconds"),
                **entry._asdict(),
            }
            last = json.dumps(line).encode()
            lines.append(last + b"\n")
        size = os.fstat(file).st_size
        try:
            append(file, b"".join(lines))
        except OSError:
            os.ftruncate(file, size)
            raise


def audit_problems(folder: Path) -> tuple[Problem, ...]:
    """Return a warning for each line that does not follow the line before it."""
    path = folder / AUDIT
    if not path.exists():
        return ()
    with os_errors_as_problems(path), locked(path, os.O_RDONLY, fcntl.LOCK_SH) as file:
        # What follows the last line end is half a line of a power cut, before which nothing was
        # printed. The next record replaces it.
        *lines, _ = read_all(file).split(b"\n")
    return tuple(
        Problem(
            "this line does not follow the one before: one was changed or taken away",
            "Compare the file with its back-ups, and ask who may change it.",
            Location(shown(path), number, 1),
            Severity.WARNING,
        )
        for number, (before, line) in enumerate(pairwise((b"", *lines)), 1)
        if not _follows(line, before)
    )


def _follows(line: bytes, before: bytes) -> bool:
    try:
        return bool(json.loads(line)["before"] == hashlib.sha256(before).hexdigest())
    except (ValueError, LookupError, TypeError):
        return False


def _last_line(file: int) -> bytes:
    """Return the last line of an open file. A line is shorter than 4 KB.

    Removes half a line of a power cut, before which nothing was printed.
    """
    size = os.fstat(file).st_size
    tail = os.pread(file, 8192, max(0, size - 8192))
    complete, _, incomplete = tail.rpartition(b"\n")
    if incomplete:
        os.ftruncate(file, size - len(incomplete))
    return complete.rpartition(b"\n")[2]
