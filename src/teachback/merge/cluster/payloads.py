"""Pack what travels between machines, and handle it on the other side. Does not depend on Dask.

Records travel sealed, as bytes with an empty `repr`, because Dask writes the `repr` of a task into
its logs. Files of an edition differ only near their end, so only that part is sent back.
"""

from __future__ import annotations

import os
import pickle
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from teachback.errors import fault_problem
from teachback.merge.chunk_printer import ChunkResult, with_files, work
from teachback.merge.cluster.worker_versions import versions
from teachback.printing.process_limits import leave_no_image, stay_in_memory

if TYPE_CHECKING:
    from teachback.merge.chunk_printer import ChunkPrintSetup
    from teachback.merge.record_shapes import PrintedFile
    from teachback.merge.records.record_survey import Chunk


@dataclass(frozen=True)
class Sealed:
    """Bytes that do not appear in logs."""

    data: bytes = field(repr=False)

    def __sizeof__(self) -> int:
        return object.__sizeof__(self) + len(self.data)


class _FileEnd(NamedTuple):
    """A file that shares its beginning with another file of the chunk.

    `model` is the index of that file, `shared` the number of shared bytes, `end` what follows.
    """

    model: int
    shared: int
    end: bytes


@dataclass(frozen=True)
class WorkerReport:
    """A worker's report on itself.

    Holds its versions, whether it may write its memory to its disk, and the name of the file that
    it answered with.
    """

    versions: dict[str, str]
    spills: bool
    answer: str = ""


def seal(chunk: Chunk) -> Sealed:
    """Pack a chunk for sending."""
    return Sealed(pickle.dumps(chunk))


def print_sealed(setup: ChunkPrintSetup, sealed: Sealed) -> Sealed:
    """Print a chunk on another machine. Never raises, since Dask would log the exception."""
    leave_no_image()
    stay_in_memory()
    try:
        # Whoever can send tasks can have any program run here.
        result = work(setup, pickle.loads(sealed.data))  # noqa: S301 -- the sender is trusted
        return packed(result)
    except Exception as error:  # noqa: BLE001 -- its message may hold a value
        return Sealed(pickle.dumps((ChunkResult(-1, problems=(fault_problem(error),)), [])))


def unseal(sealed: Sealed) -> ChunkResult:
    """Unpack the result of a chunk and restore its files."""
    # It comes from a machine that prints for us, under the same certificates.
    result, ends = pickle.loads(sealed.data)  # noqa: S301 -- the worker is trusted
    if not ends:
        return result  # type: ignore[no-any-return]
    files: list[bytes] = []
    for model, shared, end in ends:
        files.append(files[model][:shared] + end if shared else end)

    def with_data(file: PrintedFile) -> PrintedFile:
        index: Any = file.data
        return file if index is None else file._replace(data=files[index])

    return with_files(result, with_data)


def packed(result: ChunkResult) -> Sealed:
    """Pack the result of a chunk for sending.

    Each file is replaced by its index, and bytes that files share are sent once.
    """
    models: dict[str, tuple[int, bytes]] = {}
    ends: list[_FileEnd] = []

    def with_index(file: PrintedFile) -> PrintedFile:
        if file.data is None:
            return file
        own_index: Any = len(ends)
        index, model = models.setdefault(file.code, (own_index, file.data))
        shared = _common_length(model, file.data) if index < own_index else 0
        ends.append(_FileEnd(index, shared, file.data[shared:]))
        return file._replace(data=own_index)

    return Sealed(pickle.dumps((with_files(result, with_index), ends)))


def _common_length(first: bytes, second: bytes) -> int:
    """Return how many bytes two files have in common at their start."""
    low, high = 0, min(len(first), len(second))
    while low < high:
        middle = (low + high + 1) // 2
        if first[low:middle] == second[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low


def report_worker(
    folder: str | None,
    token: str,
    dask_worker: Any = None,  # noqa: ANN401 -- Dask passes itself by this name
) -> WorkerReport:
    """Report on this machine.

    Also write an answer into the shared folder, if it sees the file with the token there.
    """
    # Dask may keep its data on a disk unless it is in a plain dictionary.
    spills = type(getattr(dask_worker, "data", None)) is not dict
    return WorkerReport(versions(), spills, _write_answer(Path(folder), token) if folder else "")


def _write_answer(folder: Path, token: str) -> str:
    """Copy the token's file under a new name that nobody knows yet.

    Returns the name, or an empty string when the file cannot be read or written.
    """
    try:
        token_bytes = (folder / f"{token}.seen").read_bytes()
        name = f"{os.getpid()}-{os.urandom(8).hex()}.seen"
        descriptor = os.open(
            folder / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600
        )
        with os.fdopen(descriptor, "wb") as file:
            file.write(token_bytes)
    except OSError:
        return ""
    return name
