"""Spool pieces of bytes and read them again in the same order.

The pieces are held in memory, or in a file without a name once there are many. That file disappears
with the process.
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

# The most bytes that are held in memory.
MOST_HELD: Final = 4_000_000


class SpoolFile:
    """A spool of pieces between two passes.

    The file lies in `folder`, or with None in the system's folder for temporary files.
    """

    def __init__(self, folder: Path | None) -> None:
        with os_errors_as_problems(folder or Path()):
            # Path() is named in the error when the system has no writable folder for temporary
            # files.
            self._folder = folder or Path(tempfile.gettempdir())
        self._file = tempfile.SpooledTemporaryFile(  # noqa: SIM115 -- `close` closes it
            MOST_HELD, dir=str(self._folder)
        )
        self._sizes = array("Q")

    def __len__(self) -> int:
        return len(self._sizes)

    def put(self, piece: bytes) -> None:
        """Append a piece. Raises TeachbackError when there is no room."""
        with os_errors_as_problems(self._folder):
            self._file.write(piece)
        self._sizes.append(len(piece))

    def pieces(self) -> Iterator[bytes]:
        """Yield all pieces in the order in which they were put."""
        with os_errors_as_problems(self._folder):
            self._file.seek(0)
        for size in self._sizes:
            with os_errors_as_problems(self._folder):
                piece = self._file.read(size)
            yield piece

    def close(self) -> None:
        """Release the pieces."""
        # After a full disk, closing tries to write the rest again. That error was already raised.
        with suppress(OSError):
            self._file.close()
