"""Record what was printed at the desks: when, by whom, which edition, how often. No patient.

Each line holds the hash of the one before, so that a line that is changed or removed is noticed.
"Printed" is handed to a browser or to a queue.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from teachback.files.atomic_files import append, locked, os_errors_as_problems, read_all
from teachback.files.private_files import write_private

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Iterator

AUDIT: Final = "printed.jsonl"


class PrintedAtDesk(NamedTuple):
    """One print: who, the code of the edition, handout or cards, and how many copies."""

    who: str
    edition: str
    kind: str
    copies: int
    to: str


def state_folder(workspace: Path) -> Path:
    """Return the folder of what the server keeps, and make it for its owner alone.

    That is systemd's STATE_DIRECTORY, or `.teachback` in the workspace. Raises TeachbackError when
    it cannot be made.
    """
    named = os.environ.get("STATE_DIRECTORY", "").partition(":")[0]
    folder = Path(named) if named else workspace / ".teachback"
    with os_errors_as_problems(folder):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not (folder / ".gitignore").exists():
            write_private(str(folder), ".gitignore", b"*\n", ".")
    return folder


def record_prints(folder: Path, printed: Iterable[PrintedAtDesk], when: dt.datetime) -> None:
    """Add a line for each print, and wait until all are on the disk.

    Raises TeachbackError when they cannot be; then none of them is there.
    """
    path = folder / AUDIT
    with (
        os_errors_as_problems(path),
        locked(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, fcntl.LOCK_EX) as file,
    ):
        os.fchmod(file, 0o600)
        last, lines = _last_line(file), []
        for one in printed:
            line = {
                "before": hashlib.sha256(last).hexdigest(),
                "when": when.isoformat(timespec="seconds"),
                **one._asdict(),
            }
            last = json.dumps(line).encode()
            lines.append(last + b"\n")
        size = os.fstat(file).st_size
        try:
            append(file, b"".join(lines))
        except OSError:
            os.ftruncate(file, size)
            raise


def audit_breaks(folder: Path) -> Iterator[int]:
    """Yield the numbers of lines, from 1, that do not follow the line before them."""
    with os_errors_as_problems(folder), locked(folder / AUDIT, os.O_RDONLY, fcntl.LOCK_SH) as file:
        lines = read_all(file).splitlines()
    before = b""
    for number, line in enumerate(lines, 1):
        if json.loads(line)["before"] != hashlib.sha256(before).hexdigest():
            yield number
        before = line


def _last_line(file: int) -> bytes:
    """Return the last line of an open file. A line is shorter than 4 KB."""
    size = os.fstat(file).st_size
    tail = os.pread(file, 4096, max(0, size - 4096))
    return tail.rstrip(b"\n").rpartition(b"\n")[2]
