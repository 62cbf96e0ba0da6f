"""Open the records of a run: a file, a named pipe or standard input, as a seekable file."""

from __future__ import annotations

import os
import select
import stat
import sys
import tempfile
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, BinaryIO, Final

from teachback.errors import Location, Problem, Severity, TeachbackError
from teachback.files.atomic_files import os_errors_as_problems
from teachback.files.private_files import UNFINISHED
from teachback.files.workspace import shown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from teachback.merge.merge_order import MergeOrder

# The most bytes that are read from a pipe, and from a file.
MOST_PIPED: Final = 4_000_000_000
MOST_READ: Final = 20_000_000_000
# The seconds after which a named pipe that delivers nothing is given up.
PIPE_TIMEOUT: Final = 300


@dataclass(frozen=True)
class RecordSource:
    """The open records of an order.

    `path` is None for a pipe, whose content is a copy. `identity` is that of the file as it was
    opened.
    """

    file: BinaryIO
    name: str
    path: Path | None = None
    identity: tuple[object, ...] = ()

    @property
    def changed(self) -> bool:
        """Return whether the file was changed or replaced since it was opened; False for a pipe."""
        return self.path is not None and _identity(self.file, self.path) != self.identity


@contextmanager
def opened_records(order: MergeOrder) -> Iterator[RecordSource]:
    """Open the records of an order. Raises TeachbackError when they cannot be read."""
    with ExitStack() as files:
        if order.records is not None:
            incoming = files.enter_context(_opened_path(order.records))
        elif sys.stdin is not None:
            incoming = sys.stdin.buffer
        else:
            # sys.stdin is None when standard input was closed.
            hint = "Name the file of records: --records FILE."
            raise TeachbackError.of("there is no standard input", hint)
        if order.records is None or not stat.S_ISREG(os.fstat(incoming.fileno()).st_mode):
            copy = _copy_of(None if order.dry_run else order.output / UNFINISHED, incoming)
            yield RecordSource(files.enter_context(copy), order.name)  # type: ignore[arg-type]
            return
        if os.fstat(incoming.fileno()).st_size > MOST_READ:
            message = f"this file of records is larger than {MOST_READ // 1_000_000:,} MB"
            hint = "Is it the right file? If so, split it."
            raise TeachbackError.of(message, hint, Location(order.name))
        identity = _identity(incoming, order.records)  # type: ignore[arg-type]
        yield RecordSource(incoming, order.name, order.records, identity)  # type: ignore[arg-type]


@contextmanager
def _opened_path(path: Path) -> Iterator[IO[bytes]]:
    """Open a file of records, or a named pipe.

    Raises TeachbackError for a device or a socket, and for a pipe that delivers nothing.
    """
    with os_errors_as_problems(path):
        mode = path.stat().st_mode
    if not (stat.S_ISREG(mode) or stat.S_ISFIFO(mode) or stat.S_ISDIR(mode)):
        message = "this is a device or a socket, not a file of records"
        hint = "Name a file, or - for standard input."
        raise TeachbackError.of(message, hint, Location(shown(path)))
    with os_errors_as_problems(path):
        # Opening a pipe that has no writer would block forever.
        descriptor = os.open(path, os.O_RDONLY | (os.O_NONBLOCK if stat.S_ISFIFO(mode) else 0))
        file = os.fdopen(descriptor, "rb")
    with file:
        if stat.S_ISFIFO(mode):
            _wait_for_data(descriptor, path)
        yield file


def _wait_for_data(descriptor: int, path: Path) -> None:
    """Wait until a pipe has data, or was closed by its writer.

    Raises TeachbackError after `PIPE_TIMEOUT` seconds without either.
    """
    poller = select.poll()
    poller.register(descriptor, select.POLLIN)
    # poll() reports nothing for a pipe until a writer has opened it.
    if not poller.poll(PIPE_TIMEOUT * 1000):
        message = f"nothing came into this pipe for {PIPE_TIMEOUT} s"
        hint = "Start what writes into it, then start again."
        raise TeachbackError.of(message, hint, Location(shown(path)))
    os.set_blocking(descriptor, True)


def _copy_of(folder: Path | None, pipe: IO[bytes]) -> IO[bytes]:
    """Copy a pipe into a file without a name, which disappears with the process.

    The file lies in `folder`, or with None in the system's folder for temporary files. Raises
    TeachbackError when there is no room, or when too much comes in.
    """
    with os_errors_as_problems(folder or Path(tempfile.gettempdir())):
        # Where the system has no nameless files, Python removes the name at once.
        file: IO[bytes] = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115 -- the caller closes it
        while block := pipe.read(1 << 20):
            file.write(block)
            if file.tell() > MOST_PIPED:
                file.close()
                hint = "Is it the right file? If so, split it."
                raise TeachbackError.of(f"more than {MOST_PIPED // 1_000_000} MB came in", hint)
        file.flush()
        return file


def _identity(file: BinaryIO, path: Path) -> tuple[object, ...]:
    """Return what identifies the open file and the file that has its name now, if any.

    Holds device, inode, size and modification time of each.
    """
    with os_errors_as_problems(path):
        stats = (os.fstat(file.fileno()), *([path.stat()] if path.is_file() else []))
    return tuple((each.st_dev, each.st_ino, each.st_size, each.st_mtime_ns) for each in stats)


@contextmanager
def read_errors_as_problems(source: RecordSource) -> Iterator[None]:
    """Turn an OSError while the records are read into a Problem. Other errors pass unchanged."""
    try:
        yield
    except OSError as error:
        # The `with` holds only this error: os_errors_as_problems would quote a ValueError, which
        # may hold a patient's value.
        with os_errors_as_problems(source.path or Path(source.name)):
            raise error from None


def changed_since(source: RecordSource) -> Problem:
    """Return the warning for a file that changed after it was read."""
    message = "the file of records changed during printing; its earlier content was printed"
    hint = "Print the new content with another --output."
    return Problem(message, hint, Location(source.name), Severity.WARNING)
