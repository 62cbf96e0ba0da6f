"""Pieces of bytes, put away one after the other and read again in that order: from memory, or, where they are many, from a file without a name.

Such a file is gone when the run is, however it ends. Nothing here knows what the pieces are.
"""

from __future__ import annotations

import tempfile
from array import array
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

from teachback.files.atomic_files import os_errors_as_problems

if TYPE_CHECKING:
    from collections.abc import Iterator

# In bytes: as many are held in memory.
MOST_HELD: Final = 4_000_000


class SpoolFile:
    """What is between two looks at a long row of things. It lies in a folder, once it is too much to be held; with None, in the system's for such files."""

    def __init__(self, folder: Path | None) -> None:
        with os_errors_as_problems(folder or Path()):
            # Where no folder can be written to, the system has none for such files.
            self._folder = folder or Path(tempfile.gettempdir())
        self._file = tempfile.SpooledTemporaryFile(MOST_HELD, dir=str(self._folder))  # noqa: SIM115 -- `close` closes it
        self._sizes = array("Q")

    def __len__(self) -> int:
        return len(self._sizes)

    def put(self, piece: bytes) -> None:
        """Put a piece behind the others. Raises TeachbackError when there is no room."""
        with os_errors_as_problems(self._folder):
            self._file.write(piece)
        self._sizes.append(len(piece))

    def pieces(self) -> Iterator[bytes]:
        """Give all pieces, the first one first."""
        with os_errors_as_problems(self._folder):
            self._file.seek(0)
        for size in self._sizes:
            with os_errors_as_problems(self._folder):
                piece = self._file.read(size)
            yield piece

    def close(self) -> None:
        """Let go of all of them."""
        # What was not written since the disk is full is tried once more now, and was told.
        with suppress(OSError):
            self._file.close()
