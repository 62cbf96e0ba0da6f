"""Send chunks to other machines through Dask, and track which worker has which chunk.

A record goes only to a worker that was checked before: it is reached by TLS or runs on this
machine, has our versions, and does not write its memory to its disk. Dask may lose workers, or the
scheduler's trust in one, at any moment, so a chunk is sent again until it was done once.
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
from teachback.merge.chunk_printer import SHARED, with_existing_files, write_remote_result
from teachback.merge.cluster.connection import connected, ended_workers, is_private
from teachback.merge.cluster.payloads import (
    Sealed,
    WorkerReport,
    print_sealed,
    report_worker,
    seal,
    unseal,
)
from teachback.merge.cluster.worker_versions import versions
from teachback.merge.ordered_workers import AHEAD, LostTask
from teachback.merge.run_folder import clear

if TYPE_CHECKING:
    from collections.abc import Collection, Generator, Iterable, Iterator, Mapping

    from teachback.merge.chunk_printer import ChunkPrintSetup, ChunkResult
    from teachback.merge.merge_order import Cluster
    from teachback.merge.records.record_survey import Chunk

# In seconds: the interval between two looks at the workers, and how long a file may take to become
# visible to another machine.
TICK: Final = 1.0
SEEN_WITHIN: Final = 10.0
# How often all workers of a chunk may disappear before the chunk is taken to be the cause.
MOST_GONE: Final = 2
_RESTART_HINT: Final = "What was finished is kept: start again, with --cluster or without."
_NO_SPILL_HINT: Final = (
    "Set distributed.worker.memory.target and distributed.worker.memory.spill to false "
    "for the workers; see docs/cluster.md."
)


@dataclass
class _SentChunk:
    """A chunk that was sent.

    Holds Dask's future, the workers that may do the chunk, and how often all of them disappeared
    without having done it.
    """

    chunk: Chunk
    future: Any
    workers: frozenset[str]
    gone: int = 0


@dataclass
class _WorkerPool:
    """The workers that passed the check.

    `threads` is the number of chunks that each does at a time, `versions` are those that all must
    have, `setup` is Dask's future of the settings that were sent, and `tries` counts what was sent.
    `last_checked` is when the workers were checked, and `last_alive` when there was one.
    """

    client: Any
    token: str
    patience: float
    versions: Mapping[str, str]
    folder: str | None = None
    threads: dict[str, int] = field(default_factory=dict)
    setup: Any = None
    tries: int = 0
    last_checked: float = 0.0
    last_alive: float = field(default_factory=time.monotonic)

    @property
    def capacity(self) -> int:
        """The number of chunks that may be sent before the first of them is done."""
        return max(1, AHEAD * sum(self.threads.values()))


def check_workers(cluster: Cluster) -> None:
    """Reach the workers and check them.

    Raises UsageError for an address that records may not go to, and TeachbackError when workers
    cannot be reached or used.
    """
    with connected(cluster) as (client, patience):
        _wait_for_workers(_WorkerPool(client, "", patience, versions()))


def print_on_cluster(
    cluster: Cluster, setup: ChunkPrintSetup, chunks: Iterable[Chunk]
) -> Generator[ChunkResult | LostTask[Chunk]]:
    """Print chunks on a cluster and yield the results in order.

    Files are written into the folder of `setup`, if it has one. A chunk that ended several workers
    comes back as a LostTask. Raises TeachbackError as `check_workers` does, and when no worker is
    left.
    """
    token = secrets.token_hex(8)
    with (
        connected(cluster) as (client, patience),
        _shared_folder(setup, token, shared=cluster.shared) as worker_setup,
    ):
        pool = _WorkerPool(
            client,
            token,
            patience,
            versions(),
            f"{worker_setup.folder}/{worker_setup.unfinished}" if worker_setup.folder else None,
        )
        _wait_for_workers(pool)
        waiting = (
            chunk if worker_setup.folder else with_existing_files(setup, chunk) for chunk in chunks
        )
        sent: deque[_SentChunk] = deque()
        has_more = True
        while True:
            while has_more and len(sent) < pool.capacity:
                chunk = next(waiting, None)
                has_more = chunk is not None
                if chunk is not None:
                    sent.append(_send(pool, worker_setup, chunk))
            if not sent:
                break
            result = _first_result(pool, worker_setup, sent)
            chunk = sent.popleft().chunk
            _resend_lost(pool, worker_setup, sent)
            yield (
                result
                if isinstance(result, LostTask) or worker_setup.folder
                else write_remote_result(setup, chunk, result)
            )
        if worker_setup.folder:
            # A worker's files may still be on their way to the shared disk.
            with suppress(Exception):
                client.run(os.sync, workers=list(pool.threads), on_error="ignore")


@contextmanager
def _shared_folder(
    setup: ChunkPrintSetup, token: str, *, shared: bool
) -> Iterator[ChunkPrintSetup]:
    """Yield the settings for the workers: without a folder, or with a folder that they share.

    The shared folder holds a token by which a worker proves that it sees it. It is removed at the
    end.
    """
    if not shared or setup.folder is None:
        yield replace(setup, folder=None)
        return
    unfinished = f"{UNFINISHED}/{SHARED}{token}"
    folder = Path(setup.folder, unfinished)
    with os_errors_as_problems(folder):
        folder.mkdir(mode=0o700)
        folder.chmod(0o700)
        descriptor = os.open(folder / f"{token}.seen", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(secrets.token_bytes(32))
    try:
        yield replace(setup, unfinished=unfinished)
    finally:
        # A worker that lost its connection cannot move files into place after this.
        with suppress(OSError):
            clear(folder)


def _wait_for_workers(pool: _WorkerPool) -> None:
    """Wait until there is a worker, and check all that are there.

    Raises TeachbackError when there is none, or when one cannot be used.
    """
    while not pool.threads:
        _update_workers(pool)
        if not pool.threads:
            time.sleep(TICK / 4)


def _update_workers(pool: _WorkerPool) -> bool:
    """Update the workers, and check the new ones. Returns whether there are any.

    Raises TeachbackError for a worker that cannot be used, and when there was none for too long.
    """
    pool.last_checked = time.monotonic()
    try:
        threads = {
            address: int(worker["nthreads"])
            for address, worker in pool.client.scheduler_info(n_workers=-1)["workers"].items()
        }
        new = [address for address in threads if address not in pool.threads]
        _refuse_open(new)
        reports = _worker_reports(pool, new)
    except TeachbackError:
        raise
    except Exception:  # noqa: BLE001 -- the scheduler is away, or a worker went just now
        threads, reports = {}, {}
    problems = [
        problem
        for address, report in reports.items()
        for problem in _worker_problems(pool, address, report)
    ]
    if problems:
        raise TeachbackError(*dict.fromkeys(problems))
    pool.threads = {
        address: count
        for address, count in threads.items()
        if address in pool.threads or address in reports
    }
    now = time.monotonic()
    if pool.threads:
        pool.last_alive = now
    elif now - pool.last_alive > pool.patience:
        running = pool.client.status == "running"
        message = "the cluster has no worker" if running else "the cluster's scheduler is gone"
        raise TeachbackError.of(message, _RESTART_HINT)
    return bool(pool.threads)


def _refuse_open(addresses: Collection[str]) -> None:
    """Raise TeachbackError for workers that would be sent records without TLS."""
    problems = [
        Problem(
            "this worker would be sent records without TLS",
            "Start it with tls:// and its certificates.",
            Location(address),
        )
        for address in addresses
        if not is_private(address)
    ]
    if problems:
        raise TeachbackError(*problems)


def _worker_reports(
    pool: _WorkerPool, addresses: list[str]
) -> dict[str, WorkerReport | BaseException]:
    """Have workers report on themselves. One that does not answer is asked again the next time."""
    if not addresses:
        return {}
    answers = pool.client.run(
        report_worker, pool.folder, pool.token, workers=addresses, on_error="return"
    )
    return {
        address: answer for address, answer in answers.items() if not isinstance(answer, OSError)
    }


def _worker_problems(
    pool: _WorkerPool, address: str, report: WorkerReport | BaseException
) -> Iterator[Problem]:
    """Yield the reasons why a worker cannot be used."""
    place = Location(address)
    if not isinstance(report, WorkerReport):
        hint = "Install the same Teachback there, with its extra cluster."
        message = f"this worker has no Teachback, or a different version ({type(report).__name__})"
        yield Problem(message, hint, place)
        return
    for name, own_version in pool.versions.items():
        version = report.versions.get(name, "none")
        if version != own_version:
            message = (
                f"this worker has {name} {version} but needs {own_version} to print the same files"
            )
            yield Problem(message, "Install the same on all machines.", place)
    if report.spills:
        message = "this worker may write records to its disk when memory is short"
        yield Problem(message, _NO_SPILL_HINT, place)
    if pool.folder is not None and not shares(Path(pool.folder), pool.token, report.answer):
        message = (
            f"this worker does not share the folder {shown(Path(pool.folder).parents[1])} with us"
        )
        hint = "Leave --shared-folder out: the files come back to this machine then."
        yield Problem(message, hint, place)


def shares(folder: Path, token: str, answer: str) -> bool:
    """Check whether a worker's answer can be read here and equals ours.

    Waits up to `SEEN_WITHIN` seconds, since a network file system may need a while.
    """
    deadline = time.monotonic() + SEEN_WITHIN
    while answer:
        try:
            return (folder / Path(answer).name).read_bytes() == (
                folder / f"{token}.seen"
            ).read_bytes()
        except FileNotFoundError:
            if time.monotonic() > deadline:
                return False
        except OSError:
            return False
        time.sleep(TICK / 10)
    return False


def _send(
    pool: _WorkerPool, worker_setup: ChunkPrintSetup, chunk: Chunk, times_gone: int = 0
) -> _SentChunk:
    """Send a chunk to a free worker, and the settings only if they are not there yet."""
    # Dask takes two tasks with the same key for one, so each try has a key of its own.
    pool.tries += 1
    workers = list(pool.threads)
    if not workers:
        # Dask takes an empty list of workers for "any".
        return _SentChunk(chunk, None, frozenset(), times_gone)
    try:
        if pool.setup is None or pool.setup.status != "finished":
            (pool.setup,) = pool.client.scatter(
                [worker_setup], workers=workers, broadcast=True, hash=False
            )
        future = pool.client.submit(
            print_sealed,
            pool.setup,
            seal(chunk),
            key=f"teachback-{pool.token}-{chunk.number}-{pool.tries}",
            workers=workers,
            pure=False,
        )
    except Exception:  # noqa: BLE001 -- a worker has just gone: it is sent at the next look
        return _SentChunk(chunk, None, frozenset(), times_gone)
    return _SentChunk(chunk, future, frozenset(workers), times_gone)


def _first_result(
    pool: _WorkerPool, worker_setup: ChunkPrintSetup, sent: deque[_SentChunk]
) -> ChunkResult | LostTask[Chunk]:
    """Wait for the first chunk that was sent, and return its result."""
    while True:
        first = sent[0]
        if first.gone > MOST_GONE:
            return LostTask(first.chunk)
        try:
            error = first.future.exception(timeout=TICK)
        except Exception:  # noqa: BLE001 -- not finished yet, or never
            error = None
            time.sleep(TICK / 100)
        status = _status(first)
        if status == "error" and error is not None:
            if ended_workers(error):
                return LostTask(first.chunk)
            raise TeachbackError(fault_problem(error))
        if status == "finished":
            try:
                sealed: Sealed = first.future.result(timeout=pool.patience)
            except Exception:  # noqa: BLE001 -- its worker has just gone: it is done again
                sealed = Sealed(b"")
            if sealed.data:
                first.future.release()
                return unseal(sealed)
        _resend_lost(pool, worker_setup, sent)


def _status(sent_chunk: _SentChunk) -> str:
    return str(getattr(sent_chunk.future, "status", "none"))


def _resend_lost(pool: _WorkerPool, worker_setup: ChunkPrintSetup, sent: deque[_SentChunk]) -> None:
    """Update the workers every `TICK` seconds, and send again the chunks that nobody is left to do.

    Raises TeachbackError as `_update_workers` does.
    """
    if time.monotonic() - pool.last_checked < TICK or not _update_workers(pool):
        return
    for number, sent_chunk in enumerate(sent):
        if sent_chunk.workers.isdisjoint(pool.threads) or _status(sent_chunk) in {
            "none",
            "cancelled",
            "lost",
        }:
            sent[number] = _send(
                pool, worker_setup, sent_chunk.chunk, sent_chunk.gone + bool(sent_chunk.workers)
            )
