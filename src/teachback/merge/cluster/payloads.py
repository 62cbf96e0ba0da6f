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


class _Rest(NamedTuple):
    """A file that shares its beginning with another file of the chunk.

    `like` is the index of that file, `shared` the number of shared bytes, `rest` what follows.
    """

    like: int
    shared: int
    rest: bytes


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
    result, rests = pickle.loads(sealed.data)  # noqa: S301 -- the worker is trusted
    if not rests:
        return result  # type: ignore[no-any-return]
    files: list[bytes] = []
    for like, shared, rest in rests:
        files.append(files[like][:shared] + rest if shared else rest)

    def put_back(file: PrintedFile) -> PrintedFile:
        number: Any = file.data
        return file if number is None else file._replace(data=files[number])

    return with_files(result, put_back)


def packed(result: ChunkResult) -> Sealed:
    """Pack the result of a chunk for sending.

    Each file is replaced by its number, and bytes that files share are sent once.
    """
    first: dict[str, tuple[int, bytes]] = {}
    rests: list[_Rest] = []

    def taken(file: PrintedFile) -> PrintedFile:
        if file.data is None:
            return file
        number, model = first.setdefault(file.code, (len(rests), file.data))
        shared = _shared(model, file.data) if number < len(rests) else 0
        rests.append(_Rest(number, shared, file.data[shared:]))
        number_of_it: Any = len(rests) - 1
        return file._replace(data=number_of_it)

    return Sealed(pickle.dumps((with_files(result, taken), rests)))


def _shared(one: bytes, other: bytes) -> int:
    """Return how many bytes two files have in common at their start."""
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        if one[low:middle] == other[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low


def look_around(
    folder: str | None,
    token: str,
    dask_worker: Any = None,  # noqa: ANN401 -- Dask passes itself by this name
) -> WorkerReport:
    """Report on this machine.

    Also write an answer into the shared folder, if it sees the file with the token there.
    """
    # Dask may keep its data on a disk unless it is in a plain dictionary.
    spills = type(getattr(dask_worker, "data", None)) is not dict
    return WorkerReport(versions(), spills, _answered(Path(folder), token) if folder else "")


def _answered(folder: Path, token: str) -> str:
    """Copy the token's file under a new name that nobody knows yet.

    Returns the name, or an empty string when the file cannot be read or written.
    """
    try:
        said = (folder / f"{token}.seen").read_bytes()
        name = f"{os.getpid()}-{os.urandom(8).hex()}.seen"
        descriptor = os.open(
            folder / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600
        )
        with os.fdopen(descriptor, "wb") as file:
            file.write(said)
    except OSError:
        return ""
    return name
