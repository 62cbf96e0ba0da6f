"""Write files that only their owner can read, and hash files.

Files are written under a temporary name and renamed. A file's name may be a patient's id.
"""

from __future__ import annotations

import hashlib
import os
from contextlib import suppress
from functools import lru_cache
from typing import Final

from teachback.files.workspace import open_file

# The subfolder of a run for unfinished files.
UNFINISHED: Final = "unfinished"


def hashed(data: bytes, head: bytes) -> str:
    """Return the SHA-256 of `data` in hexadecimal. A start `head` in common is hashed only once."""
    if not data.startswith(head):
        head = b""
    digest = _digest_of(head).copy()
    digest.update(memoryview(data)[len(head) :])
    return digest.hexdigest()


@lru_cache(64)
def _digest_of(head: bytes) -> hashlib._Hash:
    return hashlib.sha256(head)


def write_private(folder: str, name: str, data: bytes, unfinished: str = UNFINISHED) -> None:
    """Write a file that only its owner can read, whatever the umask. Raises OSError."""
    # Processes on two machines can have the same process id.
    temporary = f"{folder}/{unfinished}/{os.getpid()}-{os.urandom(8).hex()}.part"
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            os.fchmod(descriptor, 0o600)
            file.write(data)
        os.rename(temporary, f"{folder}/{name}")  # noqa: PTH104 -- called 100,000 times, and a Path costs as much as the rename
    except BaseException:
        with suppress(OSError):
            os.unlink(temporary)  # noqa: PTH108 -- as above
        raise


def hash_of(path: str) -> str:
    """Return the SHA-256 of a file, or "" when it is missing, a link or unreadable."""
    try:
        descriptor = open_file(path, os.O_NOFOLLOW)
        with os.fdopen(descriptor, "rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return ""
