"""Records printed by other machines, through Dask: who they are, and which chunk is with whom.

A record goes only to a worker that was looked at before: it is reached by TLS or on this very machine, has the versions that we have, and keeps
what it holds off its disk. Dask may lose workers, or the scheduler's trust in one, at any moment: a chunk is done again until it was done once.
"""

from __future__ import annotations

import os
import secrets
import time
from collections import deque
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from teachback.errors import Location, Problem, TeachbackError, fault_problem
from teachback.files.atomic_files import os_errors_as_problems
from teachback.files.private_files import UNFINISHED
from teachback.files.workspace import shown
from teachback.merge.chunk_printer import SHARED, put_away, still_there
from teachback.merge.cluster.connection import connected, killed, private
from teachback.merge.cluster.payloads import (
    Sealed,
    WorkerReport,
    look_around,
    print_sealed,
    seal,
    unseal,
    versions,
)
from teachback.merge.ordered_workers import AHEAD, LostTask
from teachback.merge.run_folder import clear

if TYPE_CHECKING:
    from collections.abc import Collection, Generator, Iterable, Iterator, Mapping

    from teachback.merge.chunk_printer import ChunkPrintSetup, ChunkResult
    from teachback.merge.merge_order import Cluster
    from teachback.merge.records.record_survey import Chunk

# In seconds: how often it is looked who is there, and how long a file may take to be seen by another machine.
TICK: Final = 1.0
SEEN_WITHIN: Final = 10.0
# How often all workers that a chunk was sent to may go, before it is held to be the cause.
MOST_GONE: Final = 2
_KEPT: Final = "What was finished is kept: start again, with --cluster or without."
_STILL: Final = "Set distributed.worker.memory.target and distributed.worker.memory.spill to false for the workers; see the README."


@dataclass
class _Sent:
    """A chunk on its way: what Dask calls it, the workers that may do it, and how often all such went without having done it."""

    chunk: Chunk
    future: Any
    workers: frozenset[str]
    gone: int = 0


@dataclass
class _Crew:
    """The workers that were looked at, and how many chunks each does at a time; what all of them have; when one was last there."""

    client: Any
    token: str
    patience: float
    ours: Mapping[str, str]
    folder: str | None = None
    threads: dict[str, int] = field(default_factory=dict)
    bench: Any = None
    tries: int = 0
    looked: float = 0.0
    alive: float = field(default_factory=time.monotonic)

    @property
    def room(self) -> int:
        """How many chunks may be on their way."""
        return max(1, AHEAD * sum(self.threads.values()))


def look(cluster: Cluster) -> None:
    """Reach the workers, and look at them. Raises UsageError for an address that records may not go to, TeachbackError where they cannot."""
    with connected(cluster) as (client, patience):
        _gather_crew(_Crew(client, "", patience, versions()))


def print_on_cluster(
    cluster: Cluster, bench: ChunkPrintSetup, chunks: Iterable[Chunk]
) -> Generator[ChunkResult | LostTask[Chunk]]:
    """Have chunks printed by a cluster; give what comes of them, in order, written into the bench's folder, if it has one.

    A chunk comes back Lost when it has ended several workers. Raises TeachbackError as `look`, and when nobody is left.
    """
    token = secrets.token_hex(8)
    with (
        connected(cluster) as (client, patience),
        _shared_folder(bench, token, wanted=cluster.shared) as there,
    ):
        crew = _Crew(
            client,
            token,
            patience,
            versions(),
            f"{there.folder}/{there.beside}" if there.folder else None,
        )
        _gather_crew(crew)
        waiting = iter(chunks)
        sent: deque[_Sent] = deque()
        more = True
        while True:
            while more and len(sent) < crew.room:
                chunk = next(waiting, None)
                more = chunk is not None
                if chunk is not None:
                    sent.append(
                        _send(crew, there, chunk if there.folder else still_there(bench, chunk))
                    )
            if not sent:
                break
            result = _taken(crew, there, sent)
            chunk = sent.popleft().chunk
            _keep_up(crew, there, sent)
            yield (
                result
                if isinstance(result, LostTask) or there.folder
                else put_away(bench, chunk, result)
            )
        if there.folder:
            # What a worker has written may still be on its way to the disk that all share.
            with suppress(Exception):
                client.run(os.sync, workers=list(crew.threads), on_error="ignore")


@contextmanager
def _shared_folder(
    bench: ChunkPrintSetup, token: str, *, wanted: bool
) -> Iterator[ChunkPrintSetup]:
    """Give the bench of the workers: one without a folder, or with one that they can be seen to share, for as long as this start goes on."""
    if not wanted or bench.folder is None:
        yield replace(bench, folder=None)
        return
    beside = f"{UNFINISHED}/{SHARED}{token}"
    folder = Path(bench.folder, beside)
    with os_errors_as_problems(folder):
        folder.mkdir(mode=0o700)
        folder.chmod(0o700)
        descriptor = os.open(folder / f"{token}.seen", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(secrets.token_bytes(32))
    try:
        yield replace(bench, beside=beside)
    finally:
        # A worker that was not reached any more cannot put anything in its place then.
        with suppress(OSError):
            clear(folder)


def _gather_crew(crew: _Crew) -> None:
    """Wait for workers, and look at those that are there. Raises TeachbackError when there are none, or some cannot be used."""
    while not crew.threads:
        _muster(crew)
        if not crew.threads:
            time.sleep(TICK / 4)


def _muster(crew: _Crew) -> bool:
    """See who is there, and look at those who are new; say whether it was seen. Raises TeachbackError for one who cannot be used, or for nobody."""
    crew.looked = time.monotonic()
    try:
        there = {
            address: int(worker["nthreads"])
            for address, worker in crew.client.scheduler_info(n_workers=-1)["workers"].items()
        }
        new = [address for address in there if address not in crew.threads]
        _refuse_open(new)
        seen = _asked(crew, new)
    except TeachbackError:
        raise
    except Exception:  # noqa: BLE001 -- the scheduler is away, or a worker went just now
        there, seen = {}, {}
    problems = [problem for address, one in seen.items() for problem in _unfit(crew, address, one)]
    if problems:
        raise TeachbackError(*dict.fromkeys(problems))
    crew.threads = {
        address: count
        for address, count in there.items()
        if address in crew.threads or address in seen
    }
    now = time.monotonic()
    if crew.threads:
        crew.alive = now
    elif now - crew.alive > crew.patience:
        running = crew.client.status == "running"
        message = "the cluster has no worker" if running else "the cluster's scheduler is gone"
        raise TeachbackError(Problem(message, _KEPT))
    return bool(crew.threads)


def _refuse_open(addresses: Collection[str]) -> None:
    """Raise TeachbackError for workers that would be sent records without TLS."""
    wrong = [
        Problem(
            "this worker would be sent records without TLS",
            "Start it with tls:// and its certificates.",
            Location(address),
        )
        for address in addresses
        if not private(address)
    ]
    if wrong:
        raise TeachbackError(*wrong)


def _asked(crew: _Crew, addresses: list[str]) -> dict[str, WorkerReport | BaseException]:
    """Have workers look around; who does not answer is left for the next time."""
    if not addresses:
        return {}
    answers = crew.client.run(
        look_around, crew.folder, crew.token, workers=addresses, on_error="return"
    )
    return {
        address: answer for address, answer in answers.items() if not isinstance(answer, OSError)
    }


def _unfit(crew: _Crew, address: str, seen: WorkerReport | BaseException) -> Iterator[Problem]:
    """Say why a worker cannot be used."""
    place = Location(address)
    if not isinstance(seen, WorkerReport):
        hint = "Install the same Teachback there, with its extra cluster."
        yield Problem(
            f"this worker does not know Teachback as it is here ({type(seen).__name__})",
            hint,
            place,
        )
        return
    for name, ours in crew.ours.items():
        theirs = seen.versions.get(name, "none")
        if theirs != ours:
            message = (
                f"this worker has {name} {theirs}, and {ours} is here: it would print other bytes"
            )
            yield Problem(message, "Install the same on all machines.", place)
    if seen.spills:
        yield Problem(
            "this worker may put records on its disk when its memory is short", _STILL, place
        )
    if crew.folder is not None and not shares(Path(crew.folder), crew.token, seen.answer):
        message = (
            f"this worker does not share the folder {shown(Path(crew.folder).parents[1])} with us"
        )
        yield Problem(
            message, "Leave --shared-folder out: the files come back to this machine then.", place
        )


def shares(folder: Path, token: str, answer: str) -> bool:
    """Say whether a worker's answer can be read here, as ours; a network's disk may need a while."""
    end = time.monotonic() + SEEN_WITHIN
    while answer:
        try:
            return (folder / Path(answer).name).read_bytes() == (
                folder / f"{token}.seen"
            ).read_bytes()
        except FileNotFoundError:
            if time.monotonic() > end:
                return False
        except OSError:
            return False
        time.sleep(TICK / 10)
    return False


def _send(crew: _Crew, there: ChunkPrintSetup, chunk: Chunk, gone: int = 0) -> _Sent:
    """Send a chunk to whoever of the crew is free; the bench only where it is not there yet."""
    # A name of this start's alone: two tasks of the same name are one to Dask.
    crew.tries += 1
    workers = list(crew.threads)
    if not workers:
        # To Dask, none named would be any.
        return _Sent(chunk, None, frozenset(), gone)
    try:
        if crew.bench is None or crew.bench.status != "finished":
            (crew.bench,) = crew.client.scatter(
                [there], workers=workers, broadcast=True, hash=False
            )
        future = crew.client.submit(
            print_sealed,
            crew.bench,
            seal(chunk),
            key=f"teachback-{crew.token}-{chunk.number}-{crew.tries}",
            workers=workers,
            pure=False,
        )
    except Exception:  # noqa: BLE001 -- a worker went just now: it is sent when we look the next time
        return _Sent(chunk, None, frozenset(), gone)
    return _Sent(chunk, future, frozenset(workers), gone)


def _taken(
    crew: _Crew, there: ChunkPrintSetup, sent: deque[_Sent]
) -> ChunkResult | LostTask[Chunk]:
    """Wait for the first chunk that was sent, and give what came of it."""
    while True:
        first = sent[0]
        if first.gone > MOST_GONE:
            return LostTask(first.chunk)
        try:
            error = first.future.exception(timeout=TICK)
        except Exception:  # noqa: BLE001 -- not yet, or never
            error = None
            time.sleep(TICK / 100)
        status = _status(first)
        if status == "error" and error is not None:
            if killed(error):
                return LostTask(first.chunk)
            raise TeachbackError(fault_problem(error))
        if status == "finished":
            try:
                sealed: Sealed = first.future.result(timeout=crew.patience)
            except Exception:  # noqa: BLE001 -- who had it went just now: it is done again
                sealed = Sealed(b"")
            if sealed.data:
                first.future.release()
                return unseal(sealed)
        _keep_up(crew, there, sent)


def _status(one: _Sent) -> str:
    return str(getattr(one.future, "status", "none"))


def _keep_up(crew: _Crew, there: ChunkPrintSetup, sent: deque[_Sent]) -> None:
    """Now and then see who is there, and send again what nobody is left to do. Raises TeachbackError as `_muster`."""
    if time.monotonic() - crew.looked < TICK or not _muster(crew):
        return
    for number, one in enumerate(sent):
        if one.workers.isdisjoint(crew.threads) or _status(one) in {"none", "cancelled", "lost"}:
            sent[number] = _send(crew, there, one.chunk, one.gone + bool(one.workers))
