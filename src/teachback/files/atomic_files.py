"""Write files durably, lock them, and turn system errors into problems."""

from __future__ import annotations

import errno
import fcntl
import hashlib
import os
import stat
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from teachback.errors import Location, TeachbackError
from teachback.files.workspace import NO_FILE, refuse_other, shown

if TYPE_CHECKING:
    from collections.abc import Iterator

# In seconds: how long a run waits for another one to unlock an archive or a build record. Each
# writes a few megabytes.
LOCK_TIMEOUT: Final = 60.0
# The mode of archived files, which are never written again.
READ_ONLY: Final = 0o444
_HINT: Final = "Name another folder."
_FREE: Final = "Free some space, or name another folder."
_PERMIT: Final = "Give yourself permission to read and write there, or name another place."
# The number of an error -> the reason, "" for the words of the system, and the hint.
_CAUSES: Final = {
    errno.ENOSPC: ("the disk is full", _FREE),
    errno.EDQUOT: ("the disk space allowed is used up", _FREE),
    errno.EEXIST: ("a file is where a folder must be", _HINT),
    errno.ENOTDIR: ("a file is where a folder must be", _HINT),
    errno.EROFS: ("the disk is read-only", _HINT),
    errno.ENOLCK: ("files cannot be locked on this disk", _HINT),
    errno.ENOTSUP: ("files cannot be locked on this disk", _HINT),
    errno.ENOENT: ("", "Check the name, and that it exists."),
    errno.EACCES: ("", _PERMIT),
    errno.EPERM: ("", _PERMIT),
    errno.EISDIR: ("", "Name a file: this is a folder."),
    NO_FILE: ("", "Move it away, or name another place."),
}


def sha256(data: bytes) -> str:
    """Return the SHA-256 of bytes in hexadecimal."""
    return hashlib.sha256(data).hexdigest()


def write_through(path: Path, data: bytes) -> None:
    """Write a read-only file, and wait until its bytes are on the disk."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, READ_ONLY)
    try:
        append(descriptor, data)
    finally:
        os.close(descriptor)


def append(descriptor: int, data: bytes) -> None:
    """Write all bytes to an open file, and wait until they are on the disk."""
    remaining = memoryview(data)
    while remaining:
        remaining = remaining[os.write(descriptor, remaining) :]
    _flush(descriptor)


def _flush(descriptor: int) -> None:
    # On macOS, fsync leaves the bytes in the drive's cache. Network disks support only fsync.
    full_sync = getattr(fcntl, "F_FULLFSYNC", None)
    if full_sync is not None:
        with suppress(OSError):
            fcntl.fcntl(descriptor, full_sync)
            return
    os.fsync(descriptor)


def sync(folder: Path) -> None:
    """Wait until the names in a folder are on the disk, where the system supports it."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        with suppress(OSError):
            os.fsync(descriptor)
    finally:
        os.close(descriptor)


def read_all(descriptor: int) -> bytes:
    """Read an open file from its start to its end."""
    os.lseek(descriptor, 0, os.SEEK_SET)
    with os.fdopen(descriptor, "rb", closefd=False) as file:
        return file.read()


@contextmanager
def locked(path: Path, flags: int, lock: int) -> Iterator[int]:
    """Lock a file or folder, and yield its descriptor.

    `flags` are those of `os.open`, and `lock` is `fcntl.LOCK_SH` or `fcntl.LOCK_EX`. Raises
    TeachbackError when another run does not release the lock in time.
    """
    descriptor = os.open(path, flags | os.O_NONBLOCK, 0o644)
    try:
        file_mode = os.fstat(descriptor).st_mode
        # A folder may be locked as well.
        if not stat.S_ISDIR(file_mode):
            refuse_other(file_mode, path)
        deadline = time.monotonic() + LOCK_TIMEOUT
        while True:
            try:
                fcntl.flock(descriptor, lock | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > deadline:
                    message = "another run is at work here"
                    hint = "Wait until it is done."
                    raise TeachbackError.of(message, hint, Location(shown(path))) from None
            time.sleep(0.01)
        yield descriptor
    finally:
        # Closing releases the lock.
        os.close(descriptor)


@contextmanager
def os_errors_as_problems(folder: Path) -> Iterator[None]:
    """Turn errors of the system into TeachbackError, at `folder` if they name no file."""
    try:
        yield
    except (OSError, ValueError) as error:
        code: Any = getattr(error, "errno", None)
        known_reason, hint = _CAUSES.get(code, ("", _HINT))
        reason = known_reason or getattr(error, "strerror", None) or str(error)
        path = getattr(error, "filename", None)
        place = Location(
            shown(Path(path)) if isinstance(path, str | os.PathLike) else shown(folder)
        )
        message = f"this cannot be read or written: {reason}"
        raise TeachbackError.of(message, hint, place) from None
