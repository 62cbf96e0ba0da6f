"""Provide a command's environment: workspace, date, and standard streams."""

from __future__ import annotations

import datetime as dt
import errno
import io
import os
import re
import select
import shlex
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from teachback.errors import Problem, UsageError, fault_code, fault_problem
from teachback.files.workspace import Workspace, builtin_root, open_workspace

if TYPE_CHECKING:
    from types import TracebackType

# Maintainers set it to see where a fault came from. It shows source lines, and no values.
TRACEBACK: Final = "TEACHBACK_TRACEBACK"
# The launcher sets it to the command that started it.
LAUNCHER: Final = "TEACHBACK_LAUNCHER"
_LOSS_REASONS: Final = {
    errno.ENOSPC: "the disk is full",
    errno.EDQUOT: "the disk space allowed is used up",
    errno.EFBIG: "the system allows no larger file",
}


def today() -> dt.date:
    """Return the current date where the clinic is."""
    return dt.datetime.now(tz=dt.UTC).astimezone().date()


def new_second() -> dt.datetime:
    """Wait for the next whole second, and return it in UTC.

    So each call returns another second.
    """
    time.sleep(1 - time.time() % 1)
    return dt.datetime.now(tz=dt.UTC).replace(microsecond=0)


def current_workspace(*, needed: bool = True) -> Workspace:
    """Return the workspace of the current folder.

    If none is `needed`, a folder outside of any workspace counts as an empty one. Raises UsageError
    when the folder is gone or is in no workspace, and TeachbackError for links that lead out.
    """
    try:
        folder = Path.cwd()
    except FileNotFoundError:
        hint = "Change to another folder."
        raise UsageError.of("the folder you are in no longer exists", hint) from None
    try:
        return open_workspace(folder)
    except UsageError:
        if needed:
            raise
        return Workspace(folder, builtin_root())


class _LossyStream(io.FileIO):
    """A standard stream that never stops the work.

    Output that cannot be written is dropped, and the first error is kept.
    """

    def __init__(self, descriptor: int) -> None:
        super().__init__(descriptor, "wb", closefd=False)
        self.lost: OSError | None = None

    def write(self, data: Any, /) -> int:  # noqa: ANN401 -- any buffer of bytes
        """Write bytes, waiting until a terminal or pipe is ready; return how many were taken."""
        try:
            written = super().write(data)
            while written is None:
                select.select([], [self], [])
                written = super().write(data)
        except OSError as error:
            self.lost = self.lost or error
            return len(memoryview(data).cast("B"))
        return written


def program_name(folder: Path | None = None) -> str:
    """Return what the user types to start the program, from this folder or from another one.

    Without the launcher, that is `teachback`.
    """
    name = os.environ.get(LAUNCHER) or "teachback"
    if folder is not None and "/" in name and not os.path.isabs(name):  # noqa: PTH117 -- no path of a file
        directory, file = os.path.split(os.path.abspath(name))  # noqa: PTH100 -- the last link is kept
        way = os.path.relpath(os.path.realpath(directory), os.path.realpath(folder))
        name = os.path.join(way, file)  # noqa: PTH118 -- may begin with ./
    return shlex.quote(name)


def as_typed(text: str) -> str:
    """Replace the commands in a text with those that can be typed here.

    In messages, commands are written as `teachback build`, and extras as
    `pip install 'teachback[cluster]'`.
    """
    has_launcher = LAUNCHER in os.environ
    pip = f"{shlex.quote(sys.executable)} -m pip install "
    text = re.sub(
        r"pip install (?:'teachback\[([\w-]+)\]')?",
        lambda found: (
            f"teachback add {found[1]}" if has_launcher and found[1] else pip + found[0][12:]
        ),
        text,
    )
    return re.sub(r"(?<![\w./-])teachback(?= [a-z])", lambda _: program_name(), text)


def open_streams() -> None:
    """Replace the standard streams so that printing never raises an error.

    They may be closed, full, or unable to encode a letter.
    """
    # Otherwise the next file to be opened would get the descriptor of a closed stream, and what is
    # printed would go into that file.
    for descriptor in range(3):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDWR)
    for descriptor, name in ((1, "stdout"), (2, "stderr")):
        stream = getattr(sys, name)
        if stream is not None:
            with suppress(OSError):
                stream.flush()
        # A letter that the stream's encoding lacks is written as an escape.
        setattr(
            sys,
            name,
            io.TextIOWrapper(
                io.BufferedWriter(_LossyStream(descriptor)),
                encoding=getattr(stream, "encoding", None) or "utf-8",
                errors="backslashreplace",
                line_buffering=getattr(stream, "line_buffering", False) or descriptor == 2,  # noqa: PLR2004 -- standard error
            ),
        )


def lost_output() -> Problem | None:
    """Return why standard output lost something, or None.

    A reader that has closed the pipe is no loss.
    """
    sys.stdout.flush()
    error = _first_error(sys.stdout)
    if error is None or isinstance(error, BrokenPipeError):
        return None
    reason = _LOSS_REASONS.get(error.errno or 0) or error.strerror or "it was refused"
    hint = "What was done is done, and files are kept. Print to another place."
    return Problem(f"standard output could not be written: {reason}", hint)


def all_output_written() -> bool:
    """Return whether standard output took all that was printed."""
    sys.stdout.flush()
    return _first_error(sys.stdout) is None


def _first_error(stream: Any) -> OSError | None:  # noqa: ANN401 -- any stream
    raw = getattr(getattr(stream, "buffer", None), "raw", None)
    return raw.lost if isinstance(raw, _LossyStream) else None


def fault(error: BaseException) -> Problem:
    """Return the problem for an unexpected exception.

    If `TEACHBACK_TRACEBACK` is set, print where it came from.
    """
    if os.environ.get(TRACEBACK):
        import traceback

        sys.stderr.write("".join(traceback.format_tb(error.__traceback__)))
    code = f"(code {fault_code(error)})"
    if isinstance(error, MemoryError):
        hint = "What was finished is kept. Close other programs, and start again."
        return Problem(f"there is not enough memory {code}", hint)
    if isinstance(error, ImportError):
        hint = "Install the program again."
        library = f"the library '{error.name}'" if error.name else "a library"
        return Problem(f"{library} is missing or broken {code}", hint)
    if isinstance(error, OSError) and error.errno:
        # Leave out the file name, which may be a patient's id.
        hint = "Solve what the system reports, and start again."
        return Problem(f"the system does not allow this: {os.strerror(error.errno)} {code}", hint)
    return fault_problem(error)


def install_guard() -> None:
    """Print every uncaught exception in one line, also those of threads."""
    import threading

    sys.excepthook = _on_fault
    threading.excepthook = lambda arguments: _on_fault(
        arguments.exc_type, arguments.exc_value, arguments.exc_traceback
    )
    # Such exceptions come from destructors, for example, and nothing depends on them any more.
    sys.unraisablehook = lambda _: None


def _on_fault(
    kind: type[BaseException], error: BaseException | None, trace: TracebackType | None
) -> None:
    """Print one line for an uncaught exception, since a traceback may quote a value."""
    if issubclass(kind, KeyboardInterrupt):
        return
    problem = fault((error or kind()).with_traceback(trace))
    sys.stderr.write(f"teachback: {problem.message}\n    {problem.hint}\n")
