"""What travels between machines, and what happens to it on the other one. Nothing here knows Dask.

Records travel sealed: bytes whose look says nothing, since whoever passes tasks on writes how they look into logs. Files of an edition differ
from each other only near their end, so only that is sent back.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import os
import pickle
import platform
import zlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from teachback import __version__
from teachback.errors import fault_problem
from teachback.files.workspace import package_root
from teachback.merge.chunk_printer import ChunkResult, PrintedFile, StampedRecord, work
from teachback.printing.process_limits import leave_no_image, stay_in_memory

if TYPE_CHECKING:
    from collections.abc import Callable

    from teachback.merge.chunk_printer import ChunkPrintSetup
    from teachback.merge.records.record_survey import Chunk

# What decides, besides Python and this program, about the bytes of a file, or about whether two machines understand each other.
LIBRARIES: Final = ("babel", "cloudpickle", "dask", "distributed", "pydantic", "uharfbuzz")


@dataclass(frozen=True)
class Sealed:
    """Bytes that are not shown, wherever they are written down."""

    data: bytes = field(repr=False)

    def __sizeof__(self) -> int:
        return object.__sizeof__(self) + len(self.data)


class _Rest(NamedTuple):
    """A file that begins as another one of the chunk does: which one (counted from 0), for how many bytes, and what follows."""

    like: int
    shared: int
    rest: bytes


@dataclass(frozen=True)
class WorkerReport:
    """What a machine says of itself: its versions, whether it may put on its disk what is in its memory, which file it answered with."""

    versions: dict[str, str]
    spills: bool
    answer: str = ""


def seal(chunk: Chunk) -> Sealed:
    """Make a chunk ready to be sent."""
    return Sealed(pickle.dumps(chunk))


def print_sealed(bench: ChunkPrintSetup, sealed: Sealed) -> Sealed:
    """Print a chunk on another machine. It never raises: Dask writes into its logs what does."""
    leave_no_image()
    stay_in_memory()
    try:
        result = work(bench, pickle.loads(sealed.data))  # noqa: S301 -- who can send tasks can have any program done here
        return packed(result)
    except Exception as error:  # noqa: BLE001 -- its message may hold a value
        return Sealed(pickle.dumps((ChunkResult(-1, (), 0, (fault_problem(error),)), [])))


def unseal(sealed: Sealed) -> ChunkResult:
    """Give what came of a chunk, its files whole again."""
    result, rests = pickle.loads(sealed.data)  # noqa: S301 -- it comes from a machine that prints for us, under the same certificates
    if not rests:
        return result  # type: ignore[no-any-return]
    files: list[bytes] = []
    for like, shared, rest in rests:
        files.append(files[like][:shared] + rest if shared else rest)

    def put_back(paper: PrintedFile) -> PrintedFile:
        number: Any = paper.data
        return paper if number is None else paper._replace(data=files[number])

    return _each_paper(result, put_back)


def packed(result: ChunkResult) -> Sealed:
    """Make what came of a chunk ready to be sent back: files are taken out, and their numbers left; what they share is kept once."""
    first: dict[str, tuple[int, bytes]] = {}
    rests: list[_Rest] = []

    def taken(paper: PrintedFile) -> PrintedFile:
        if paper.data is None:
            return paper
        number, model = first.setdefault(paper.code, (len(rests), paper.data))
        shared = _shared(model, paper.data) if number < len(rests) else 0
        rests.append(_Rest(number, shared, paper.data[shared:]))
        number_of_it: Any = len(rests) - 1
        return paper._replace(data=number_of_it)

    return Sealed(pickle.dumps((_each_paper(result, taken), rests)))


def _each_paper(result: ChunkResult, change: Callable[[PrintedFile], PrintedFile]) -> ChunkResult:
    rows = [
        row._replace(papers=tuple(map(change, row.papers)))
        if isinstance(row, StampedRecord)
        else row
        for row in result.rows
    ]
    return result._replace(rows=tuple(rows))


def _shared(one: bytes, other: bytes) -> int:
    """Give how many bytes two files begin with alike."""
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        if one[low:middle] == other[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low


def versions() -> dict[str, str]:
    """Give what must be the same on all machines, for them to print the same bytes."""
    source = hashlib.sha256()
    for path in sorted(package_root().rglob("*.py")):
        source.update(path.read_bytes())
    found = {
        "Teachback": f"{__version__} ({source.hexdigest()[:8]})",
        "Python": platform.python_version(),
        "zlib": zlib.ZLIB_RUNTIME_VERSION,
    }
    for name in LIBRARIES:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            found[name] = "none"
    return found


def look_around(folder: str | None, token: str, dask_worker: Any = None) -> WorkerReport:  # noqa: ANN401 -- Dask hands itself over by this name
    """Say what this machine is like, and answer in the folder that it is to share, when it sees there what it should."""
    # Whatever is no plain dictionary may be on a disk.
    spills = type(getattr(dask_worker, "data", None)) is not dict
    return WorkerReport(versions(), spills, _answered(Path(folder), token) if folder else "")


def _answered(folder: Path, token: str) -> str:
    """Write into a folder what stands there, under a name that nobody has asked for yet; give it, or nothing where that cannot be."""
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
