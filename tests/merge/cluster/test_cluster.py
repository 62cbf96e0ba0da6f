"""Test `teachback merge --cluster` with a real scheduler and real workers over TLS.

It prints the same bytes as one process, whoever is killed, and nothing leaks.
"""

from __future__ import annotations

import csv
import datetime as dt
import hashlib
import importlib.metadata
import json
import os
import pickle
import shutil
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from fake_engine import Fake
from handout_with_fields import FILLED, NAMES
from settings_from_flags import resolve

from teachback.cli import app
from teachback.errors import TeachbackError, UsageError
from teachback.files.workspace import SETTINGS, package_root
from teachback.merge import handout_engine as engine_module
from teachback.merge import merge_run
from teachback.merge.chunk_printer import ChunkPrintSetup, ChunkResult, work, write_remote_result
from teachback.merge.cluster import connection, dispatcher, payloads, worker_versions
from teachback.merge.handout_engine import open_engine
from teachback.merge.merge_order import Cluster, MergeOrder
from teachback.merge.merge_run import merge
from teachback.merge.record_shapes import (
    EditionKey,
    PrintedFile,
    PrintedRecord,
    ValidatedRecord,
)
from teachback.merge.records.record_survey import Chunk, pack

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    import distributed

    from teachback.errors import Problem
    from teachback.files.workspace import Workspace
    from teachback.merge.accounting import Merged

pytestmark = [pytest.mark.slow, pytest.mark.cluster, pytest.mark.long]

SOURCE = package_root().parent
TESTS = Path(__file__).parents[2] / "support"
# A word that is in records and may be nowhere else.
PLANTED = "Quisquilia"
# A record that kills its worker is given up after two workers.
SCHEDULER = {"DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": "1"}
QUIET = {
    "DASK_DISTRIBUTED__WORKER__MEMORY__TARGET": "false",
    "DASK_DISTRIBUTED__WORKER__MEMORY__SPILL": "false",
}
# Hides from a process the file that shows that a folder is shared.
BLIND = """
import sys

def hook(event, arguments):
    if event == "open" and str(arguments[0]).endswith(".seen"):
        raise FileNotFoundError

sys.addaudithook(hook)
"""


def certificates(folder: Path) -> Cluster:
    """Create a certificate authority and a certificate by it for this test."""
    folder.mkdir()
    keys = {name: ec.generate_private_key(ec.SECP256R1()) for name in ("ca", "cert")}
    issuer = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"test {folder.name}")])
    now = dt.datetime.now(dt.UTC)
    for name, key in keys.items():
        subject = (
            issuer
            if name == "ca"
            else x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
        )
        certificate = (
            x509.CertificateBuilder(issuer, subject, key.public_key(), x509.random_serial_number())
            .not_valid_before(now - dt.timedelta(days=1))
            .not_valid_after(now + dt.timedelta(days=1))
            .add_extension(x509.BasicConstraints(ca=name == "ca", path_length=None), critical=True)
            .add_extension(
                x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]),
                critical=False,
            )
            .sign(keys["ca"], hashes.SHA256())
        )
        (folder / f"{name}.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    secret = keys["cert"].private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (folder / "key.pem").write_bytes(secret)
    return Cluster("", str(folder / "ca.pem"), str(folder / "cert.pem"), str(folder / "key.pem"))


@dataclass
class Farm:
    """A scheduler and its workers, as processes with their logs in one folder."""

    folder: Path
    tls: Cluster
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)
    workers: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def start(self, *arguments: str, **more: str) -> subprocess.Popen[bytes]:
        """Start one of Dask's programs."""
        tls_files = (("ca-file", self.tls.ca), ("cert", self.tls.cert), ("key", self.tls.key))
        files = [f"--tls-{name}={path}" for name, path in tls_files if path]
        # The logs are as detailed as they can be.
        environment = {
            **os.environ,
            "PYTHONPATH": f"{SOURCE}:{TESTS}",
            "DASK_LOGGING__DISTRIBUTED": "debug",
            **SCHEDULER,
            **more,
        }
        with (self.folder / f"{len(self.processes)}.log").open("wb") as log:
            command = [sys.executable, "-m", "dask", *arguments, *files, "--no-dashboard"]
            process = subprocess.Popen(
                command, cwd=self.folder, env=environment, stdout=log, stderr=log
            )
        self.processes.append(process)
        return process

    def hire(self, count: int, **more: str) -> None:
        """Start workers until there are `count`, with further settings if given."""
        self.workers = [worker for worker in self.workers if worker.poll() is None]
        for _ in range(count - len(self.workers)):
            environment = {**QUIET, "FAKE_SECONDS": "0.003", **more}
            arguments = (
                "--no-nanny",
                "--nthreads=1",
                "--local-directory",
                str(self.folder / "scratch"),
            )
            self.workers.append(
                self.start("worker", self.cluster.address, *arguments, **environment)
            )

    @property
    def cluster(self) -> Cluster:
        """The cluster for a MergeOrder."""
        address = json.loads((self.folder / "scheduler.json").read_text(encoding="utf-8"))[
            "address"
        ]
        return Cluster(address, self.tls.ca, self.tls.cert, self.tls.key)

    def close(self) -> None:
        """End all processes."""
        for process in self.processes:
            process.kill()
            process.wait()


@contextmanager
def started(folder: Path, scheme: str = "tls") -> Iterator[Farm]:
    """Start a scheduler, and end it with its workers."""
    farm = Farm(folder, certificates(folder / "tls") if scheme == "tls" else Cluster(""))
    try:
        farm.start(
            "scheduler",
            f"--host={scheme}://127.0.0.1",
            "--port=0",
            "--scheduler-file",
            str(folder / "scheduler.json"),
        )
        end = time.monotonic() + 300
        # Dask creates the file empty, and then writes into it.
        file = folder / "scheduler.json"
        while not file.exists() or not file.stat().st_size:
            assert time.monotonic() < end, (folder / "0.log").read_text(encoding="utf-8")
            time.sleep(0.05)
        yield farm
    finally:
        farm.close()


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Farm]:
    """Start a scheduler for this module."""
    with started(tmp_path_factory.mktemp("farm")) as farm:
        yield farm


@pytest.fixture
def farm(running: Farm) -> Farm:
    """Make sure that the scheduler has two workers."""
    running.hire(2)
    return running


@pytest.fixture(autouse=True)
def _here(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / SETTINGS).touch()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(engine_module, "open_engine", lambda *_: Fake())
    monkeypatch.setattr(merge_run, "CHUNK", 20)


def records(count: int, name: str = "Zoë") -> Path:
    """Write records, every twentieth of which is rejected for one of several reasons."""
    broken = (
        "B{0},,ckd,",
        "B{0},Date,ckd,2027-02-30",
        "B{0},RAISES Quisquilia,ckd,",
        "../{0},Path,ckd,",
    )
    rows = (
        broken[number // 20 % 4].format(number)
        if number % 20 == 19
        else f"P{number},{name} {number},ckd,2027-11-01"
        for number in range(count)
    )
    path = Path("records.csv")
    path.write_text("\n".join(("id,name,audience,next_visit", *rows)) + "\n", encoding="utf-8")
    return path


def merged(
    output: str,
    where: Cluster | None,
    step: Callable[[int, int], None] | None = None,
    **wishes: Any,  # noqa: ANN401 -- fields of MergeOrder
) -> Merged:
    """Merge the written records."""
    order = MergeOrder(
        **{
            "records": Path("records.csv"),
            "output": Path(output),
            "language": "en",
            "cluster": where,
            **wishes,
        }
    )
    return merge(order, Fake(), step)


@contextmanager
def connected(where: Cluster) -> Iterator[distributed.Client]:
    """Connect to the scheduler as someone else than the program."""
    files = (
        {"tls_ca_file": where.ca, "tls_client_cert": where.cert, "tls_client_key": where.key}
        if where.ca
        else {}
    )
    import distributed

    security = distributed.Security(**files)
    with distributed.Client(where.address, security=security, set_as_default=False) as client:
        yield client


def gives_up_after(time: str) -> AbstractContextManager[object]:
    """Let a connection that nobody answers fail after this time, such as "1s"."""
    import dask

    config: AbstractContextManager[object] = dask.config.set(
        {"distributed.comm.timeouts.connect": time}
    )
    return config


def workers(where: Cluster) -> set[str]:
    """Return the addresses of the workers, according to the scheduler."""
    with connected(where) as client:
        return set(client.scheduler_info()["workers"])


def wait_for_answer(where: Cluster, worker: subprocess.Popen[bytes]) -> None:
    """Wait until a worker answers; on a busy machine, others may come and go meanwhile."""
    with connected(where) as client:
        while worker.pid not in client.run(os.getpid, on_error="return").values():
            time.sleep(0.05)


def tree(folder: str) -> dict[str, bytes]:
    """Return every file below a folder, by name."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(Path(folder).rglob("*"))
        if path.is_file()
    }


def wait_for(where: Cluster, count: int) -> None:
    """Wait until the scheduler has this many workers."""
    end = time.monotonic() + 300
    while len(workers(where)) < count:
        assert time.monotonic() < end, "no such worker has come"
        time.sleep(0.05)


@pytest.mark.parametrize(
    "wishes", [{}, {"combine": 30, "kinds": ("handout", "card")}], ids=["a file each", "combined"]
)
def test_other_machines_print_what_one_process_prints(farm: Farm, wishes: dict[str, Any]) -> None:
    """Files, manifest and rejections are equal byte for byte, with a shared folder and without."""
    records(240)
    merged("alone", None, **wishes)
    done = merged("back", farm.cluster, **wishes)
    assert (done.records, done.printed, done.rejected) == (240, 228, 12)
    assert tree("back") == tree("alone")
    shared = Cluster(
        farm.cluster.address, farm.cluster.ca, farm.cluster.cert, farm.cluster.key, shared=True
    )
    merged("shared", shared, **wishes)
    assert tree("shared") == tree("alone")
    assert {path.stat().st_mode & 0o777 for path in Path("shared").rglob("*.pdf")} == {0o600}


def test_a_worker_that_is_killed_loses_and_doubles_nothing(farm: Farm) -> None:
    """The other worker does its chunk, and every record is printed once."""
    records(400)
    merged("alone", None)

    def kill(count: int, _: int) -> None:
        if count == 60:
            farm.workers[0].send_signal(signal.SIGKILL)

    done = merged("out", farm.cluster, kill)
    assert farm.workers[0].wait() == -signal.SIGKILL
    assert (done.records, done.printed) == (400, 380)
    assert tree("out") == tree("alone")


def test_when_all_workers_are_gone_a_later_start_goes_on(farm: Farm) -> None:
    """The run reports it and keeps what is finished. New workers print only the rest."""
    records(400)
    merged("alone", None)

    def kill(count: int, _: int) -> None:
        if count == 60:
            for worker in farm.workers:
                worker.kill()

    with (
        gives_up_after("1s"),
        pytest.raises(TeachbackError) as caught,
    ):
        merged("out", farm.cluster, kill)
    assert [problem.message for problem in caught.value.problems] == ["the cluster has no worker"]
    assert "start again" in caught.value.problems[0].hint
    finished = len(tree("out/handouts"))
    assert 57 <= finished < 380
    farm.hire(1)
    rerun = merged("out", farm.cluster)
    assert (rerun.printed, rerun.kept) == (380, finished)
    assert tree("out") == tree("alone")


def test_a_run_that_other_machines_began_is_ended_here(farm: Farm) -> None:
    """The cluster's address is not part of a run."""
    records(100)
    merged("alone", None)

    def stop(count: int, _: int) -> None:
        if count == 40:
            raise BrokenPipeError

    with pytest.raises(BrokenPipeError):
        merged("out", farm.cluster, stop)
    assert merged("out", None).kept >= 19
    assert tree("out") == tree("alone")
    Path("out/handouts/P3.pdf").unlink()
    assert merged("out", farm.cluster).printed == 95
    assert tree("out") == tree("alone")


def test_a_record_that_ends_its_workers_is_rejected_and_the_others_are_printed(
    running: Farm,
) -> None:
    """It is at last tried here by itself, before it has ended all workers."""
    running.hire(3)
    while len(workers(running.cluster)) < 3:
        time.sleep(0.05)
    records(40)
    with Path("records.csv").open("a", encoding="utf-8") as file:
        file.write("E1,ENDS,ckd,\nE2,Eva,ckd,\n")
    done = merged("out", running.cluster)
    assert (done.printed, done.rejected) == (39, 3)
    assert (done.told[-1].id, done.told[-1].faults) == (
        "E1",
        (("", "could not be printed: the printing process was stopped"),),
    )
    assert sum(worker.poll() is None for worker in running.workers) == 1


def test_what_is_in_a_record_is_in_no_log_and_no_other_file(farm: Farm) -> None:
    """No word of a record is in the logs of scheduler and workers.

    The logs are detailed, some records fail, and a worker is killed.
    """
    records(300, PLANTED)

    def kill(count: int, _: int) -> None:
        if count == 60:
            farm.workers[1].kill()

    done = merged("out", farm.cluster, kill)
    assert done.printed == 285
    logs = [path for path in farm.folder.rglob("*") if path.is_file()]
    log_bytes = b"".join(path.read_bytes() for path in logs)
    assert b"teachback-" in log_bytes, "the logs name the tasks"
    assert PLANTED.encode() not in log_bytes
    places = {
        name.partition("/")[0] for name, data in tree("out").items() if PLANTED.encode() in data
    }
    # Rejected rows come back, for their owner alone.
    assert places == {"handouts", "to-mend.csv"}
    assert Path("out/to-mend.csv").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    "address",
    [
        "tcp://10.0.0.5:8786",
        "tcp://scheduler.example:8786",
        "tcp://0.0.0.0:8786",
        "tcp://localhost.example:8786",
        "tcp://[::]:8786",
    ],
)
def test_records_do_not_go_over_a_network_without_tls(
    address: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The address is refused before anything is read or any connection is made."""
    records(3)
    monkeypatch.setattr("distributed.Client", None)
    assert app.run(["merge", "tiny", "--records", "records.csv", "--cluster", address]) == 2
    assert "only with TLS" in capsys.readouterr().err
    assert sorted(path.name for path in Path().iterdir()) == ["records.csv", SETTINGS]


@pytest.mark.parametrize(
    "address",
    [
        "tcp://127.0.0.1:8786",
        "tcp://127.8.8.8:1",
        "tcp://[::1]:8786",
        "tcp://localhost:8786",
        "tls://a.b:1",
    ],
)
def test_tls_and_this_machine_are_allowed(address: str) -> None:
    """These are the accepted counterparts of the refused addresses."""
    refused = ""
    try:
        connection.refuse_address(Cluster(address))
    except UsageError as error:
        refused = error.problems[0].message
    assert refused == ""


@pytest.mark.parametrize(
    "address",
    [
        "scheduler:8786",
        "tls://scheduler",
        "ws://localhost:80",
        "tcp://localhost@10.0.0.5:8786",
        "tls://a:99999",
        "",
    ],
)
def test_what_is_no_address_is_refused(address: str) -> None:
    """The hint shows a valid address."""
    with pytest.raises(UsageError, match="does not name a scheduler") as caught:
        connection.refuse_address(Cluster(address))
    assert "tls://" in caught.value.problems[0].hint


def test_a_certificate_of_another_authority_is_refused(farm: Farm, tmp_path: Path) -> None:
    """Nothing is sent to a machine without a certificate of our authority, and nothing is left."""
    records(3)
    foreign = certificates(tmp_path / "other")
    with (
        gives_up_after("2s"),
        pytest.raises(TeachbackError) as caught,
    ):
        merged("out", Cluster(farm.cluster.address, foreign.ca, foreign.cert, foreign.key))
    (problem,) = caught.value.problems
    assert "certificates of the cluster do not match ours" in problem.message
    assert not Path("out").exists()


def test_who_cannot_be_reached_is_named(running: Farm) -> None:
    """The port has no listener."""
    records(3)
    wrong = Cluster("tls://127.0.0.1:1", running.tls.ca, running.tls.cert, running.tls.key)
    with (
        gives_up_after("1s"),
        pytest.raises(TeachbackError, match="cannot be reached"),
    ):
        merged("out", wrong)
    assert not Path("out").exists()


def test_certificates_are_asked_for(running: Farm) -> None:
    """A problem is raised when no certificates are named, or the named files are missing."""
    records(3)
    with pytest.raises(TeachbackError, match="no certificates are named"):
        merged("out", Cluster(running.cluster.address))
    with pytest.raises(TeachbackError, match="No such file"):
        merged("out", Cluster(running.cluster.address, "ca.pem", "cert.pem", "key.pem"))


def test_without_the_extra_it_is_said_how_to_install_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """There is no traceback, and nothing is begun."""
    records(3)
    monkeypatch.setitem(sys.modules, "distributed", None)
    assert (
        app.run(["merge", "tiny", "--records", "records.csv", "--cluster", "tls://127.0.0.1:8786"])
        == 1
    )
    assert "pip install 'teachback[cluster]'" in capsys.readouterr().err
    assert not Path("build").exists()


@pytest.mark.parametrize(
    "flag", [["--shared-folder"], ["--tls-ca", "x"], ["--tls-cert", "x"], ["--tls-key", "x"]]
)
def test_a_flag_for_a_cluster_needs_one(
    flag: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """Without a cluster the flag would have no effect."""
    assert app.run(["merge", "tiny", "--records", "records.csv", *flag]) == 2
    assert f"{flag[0]} works only with --cluster" in capsys.readouterr().err


def test_a_worker_that_writes_its_memory_to_disk_is_refused(running: Farm) -> None:
    """Dask's default is to write to disk."""
    records(3)
    alive = [worker for worker in running.workers if worker.poll() is None]
    running.hire(len(alive) + 1, **dict.fromkeys(QUIET, "0.6"))
    wild = running.workers.pop()
    try:
        wait_for_answer(running.cluster, wild)
        # On a busy machine the worker may not answer in time. The others print then, and the next
        # run asks it again.
        refused: tuple[Problem, ...] = ()
        for number in range(50):
            try:
                merged(f"out{number}", running.cluster)
            except TeachbackError as error:
                refused = error.problems
                break
        assert [problem.message for problem in refused] == [
            "this worker may write records to its disk when memory is short"
        ]
        assert "distributed.worker.memory.spill" in refused[0].hint
    finally:
        wild.kill()
        wild.wait()


def test_a_worker_with_other_versions_is_refused(
    farm: Farm, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The problem names the library and both versions."""
    records(3)
    ours = {**worker_versions.versions(), "uharfbuzz": "0.0.1", "Python": "3.9.0"}
    monkeypatch.setattr(dispatcher, "versions", lambda: ours)
    with pytest.raises(TeachbackError) as caught:
        merged("out", farm.cluster)
    messages = {problem.message.partition(" but needs ")[2] for problem in caught.value.problems}
    assert messages == {
        "0.0.1 to print the same files",
        "3.9.0 to print the same files",
    }
    assert not Path("out").exists()


def test_a_worker_with_another_program_that_comes_late_ends_the_run_and_a_later_start_goes_on(
    farm: Farm, tmp_path: Path
) -> None:
    """It gets no record. The run reports its version and keeps what is finished."""
    records(400)
    merged("alone", None)
    wait_for(farm.cluster, 2)
    changed_program = tmp_path / "other"
    shutil.copytree(
        SOURCE / "teachback",
        changed_program / "teachback",
        ignore=shutil.ignore_patterns("__pycache__"),
    )
    with (changed_program / "teachback" / "merge" / "cluster" / "payloads.py").open(
        "a", encoding="utf-8"
    ) as file:
        file.write("# Another program.\n")
    late: list[subprocess.Popen[bytes]] = []

    def join(count: int, _: int) -> None:
        if count == 60:
            farm.hire(len(farm.workers) + 1, PYTHONPATH=f"{changed_program}:{TESTS}")
            late.append(farm.workers.pop())
            wait_for_answer(farm.cluster, late[0])

    with pytest.raises(TeachbackError) as caught:
        merged("out", farm.cluster, join)
    late[0].kill()
    late[0].wait()
    (problem,) = caught.value.problems
    ours = worker_versions.versions()["Teachback"]
    assert problem.message.startswith("this worker has Teachback ")
    assert problem.message.endswith(f" but needs {ours} to print the same files")
    finished = len(tree("out/handouts"))
    assert 57 <= finished < 380
    assert merged("out", farm.cluster).kept == finished
    assert tree("out") == tree("alone")


def test_a_worker_that_is_reached_without_tls_over_a_network_is_refused(tmp_path: Path) -> None:
    """Records would be sent on from the scheduler, even if that is on this machine."""
    records(3)
    (tmp_path / "farm").mkdir()
    with started(tmp_path / "farm", "tcp") as farm:
        where = farm.cluster
        assert where.address.startswith("tcp://127.0.0.1:")
        # An address of nobody (RFC 5737). The worker itself is here, and would get the records.
        arguments = (
            "--no-nanny",
            "--nthreads=1",
            "--listen-address=tcp://127.0.0.1:0",
            "--contact-address=tcp://203.0.113.1:9",
        )
        farm.start(
            "worker",
            where.address,
            *arguments,
            "--local-directory",
            str(farm.folder / "scratch"),
            **QUIET,
        )
        wait_for(farm.cluster, 1)
        with pytest.raises(TeachbackError) as caught:
            merged("out", where)
    assert [str(problem) for problem in caught.value.problems] == [
        "tcp://203.0.113.1:9: this worker would be sent records without TLS"
    ]
    assert not Path("out").exists()


def test_when_the_scheduler_goes_away_a_later_start_goes_on(tmp_path: Path) -> None:
    """The run reports it and keeps what is finished. It can then be completed here."""
    records(400)
    merged("alone", None)
    (tmp_path / "farm").mkdir()
    with (
        started(tmp_path / "farm") as farm,
        gives_up_after("2s"),
    ):
        farm.hire(1)
        wait_for(farm.cluster, 1)

        def kill(count: int, _: int) -> None:
            if count == 60:
                farm.processes[0].kill()

        with pytest.raises(TeachbackError) as caught:
            merged("out", farm.cluster, kill)
    assert [problem.message for problem in caught.value.problems] == [
        "the cluster's scheduler is gone"
    ]
    assert "without" in caught.value.problems[0].hint
    finished = len(tree("out/handouts"))
    assert 57 <= finished < 380
    assert merged("out", None).kept == finished
    assert tree("out") == tree("alone")


def test_a_worker_that_does_not_see_the_shared_folder_is_refused(
    farm: Farm, tmp_path: Path
) -> None:
    """The worker is named, and the same run goes on without a shared folder."""
    records(60)
    merged("alone", None)
    # This worker does not see the folder, like a machine that has not mounted it.
    (tmp_path / "blind.py").write_text(BLIND, encoding="utf-8")
    farm.hire(
        len(farm.workers) + 1, DASK_DISTRIBUTED__WORKER__PRELOAD=str([str(tmp_path / "blind.py")])
    )
    worker = farm.workers.pop()
    try:
        wait_for_answer(farm.cluster, worker)
        with pytest.raises(TeachbackError) as caught:
            merged("out", replace(farm.cluster, shared=True))
        assert merged("out", farm.cluster).printed == 57
    finally:
        worker.kill()
        worker.wait()
    (problem,) = caught.value.problems
    assert problem.message == "this worker does not share the folder out with us"
    assert "--shared-folder" in problem.hint
    assert tree("out") == tree("alone")


def test_a_folder_that_a_worker_does_not_see_is_refused(tmp_path: Path) -> None:
    """A worker must answer in the folder with the token that it finds there."""
    our_folder, their_folder = tmp_path / "here", tmp_path / "there"
    our_folder.mkdir()
    their_folder.mkdir()
    (our_folder / "ab.seen").write_bytes(b"1")
    answer = payloads.report_worker(str(our_folder), "ab").answer
    assert dispatcher.shares(our_folder, "ab", answer)
    assert payloads.report_worker(str(their_folder), "ab").answer == ""
    assert not dispatcher.shares(our_folder, "ab", "")
    (their_folder / "ab.seen").write_bytes(b"2")
    their_answer = payloads.report_worker(str(their_folder), "ab").answer
    (our_folder / their_answer).write_bytes((their_folder / their_answer).read_bytes())
    assert not dispatcher.shares(our_folder, "ab", their_answer)


@pytest.mark.parametrize(
    "wishes", [{}, {"combine": 3, "duplex": True}], ids=["a file each", "combined"]
)
def test_the_real_engine_prints_the_same_on_other_machines(
    farm: Farm,
    workspace: Callable[..., Workspace],
    wishes: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The same is printed for difficult names, single files and print-room files.

    The libraries that printing loads are among those whose versions are compared.
    """
    clinic = workspace({"content/handouts/tiny.yaml": FILLED})
    with Path("records.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerow(("id", "audience", "patient", "visit", "fluid"))
        csv.writer(file).writerows(
            (f"p{n}", "ckd", name, "2027-03-01", "1.5") for n, name in enumerate(NAMES)
        )
    calls: list[Any] = []

    def worked(bench: ChunkPrintSetup, chunk: Chunk) -> ChunkResult:
        calls.append((bench, chunk))
        return work(bench, chunk)

    monkeypatch.setattr(merge_run, "work", worked)
    for output, where in (("alone", None), ("out", farm.cluster)):
        order = MergeOrder(
            Path("records.csv"), Path(output), language="en", cluster=where, **wishes
        )
        done = merge(
            order,
            open_engine(resolve({"handouts": ("tiny",)}, clinic), clinic, dt.date(2026, 11, 22)),
        )
        assert (done.printed, done.rejected) == (len(NAMES), 0)
    assert tree("out") == tree("alone")
    bench, chunk = calls[0]
    Path("bench").write_bytes(pickle.dumps((replace(bench, folder=None), payloads.seal(chunk))))
    program = (
        "import pickle, sys, teachback.merge.cluster.payloads as p; "
        "p.print_sealed(*pickle.load(open('bench', 'rb'))); print(*sys.modules)"
    )
    environment = {**os.environ, "PYTHONPATH": str(SOURCE)}
    loaded = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True
    ).stdout.split()
    by_module = importlib.metadata.packages_distributions()
    libraries = {name.lower() for module in loaded for name in by_module.get(module, ())} - {
        "teachback"
    }
    assert {"uharfbuzz", "babel", "pydantic"} <= libraries
    # Dependencies of these, and what modules of the engine load that have done their work before.
    along = {
        "pydantic_core",
        "annotated-types",
        "typing-inspection",
        "typing_extensions",
        "setuptools",
    }
    assert libraries - set(worker_versions.LIBRARIES) <= along | {
        "jinja2",
        "markupsafe",
        "pyyaml",
        "segno",
    }


def test_files_of_an_edition_are_sent_once_and_come_back_whole() -> None:
    """The bytes that they have in common are sent with the first file."""
    head = bytes(range(256)) * 300
    files = [head + b"one", head + b"other", b"", head[:5000] + b"another edition", head + b"one"]
    papers = [
        PrintedFile(code, f"{n}", 1, "", data=data)
        for n, (code, data) in enumerate(zip("AAABA", files, strict=True))
    ]
    rows = (
        PrintedRecord(2, "x", tuple(papers[:2])),
        PrintedRecord(3, "y", faults=(("f", "no"),)),
        PrintedRecord(4, "z", (*papers[2:], PrintedFile("A", "5", 1, ""))),
    )
    result = ChunkResult(0, rows)
    sent = payloads.packed(result)
    assert len(sent.data) < len(head) + 6000
    assert payloads.unseal(sent) == result
    assert repr(sent) == "Sealed()"


def test_what_comes_back_must_be_what_was_asked_for(tmp_path: Path) -> None:
    """Rows of another chunk, a file of another name and bytes with another hash are not written."""
    bench = ChunkPrintSetup(("handout",), {}, str(tmp_path))
    key = EditionKey("ckd", "en", "letter", "standard", "handout")
    chunk = Chunk(0, pack([ValidatedRecord(2, "A", (key,), {}, 1)]), ("A",))
    data = b"%PDF"
    right = PrintedFile("C", "handouts/A.pdf", 1, hashlib.sha256(data).hexdigest(), data=data)
    (tmp_path / "handouts").mkdir()
    (tmp_path / "unfinished").mkdir()
    wrong = (
        ChunkResult(1, (PrintedRecord(2, "A", (right,)),)),
        ChunkResult(0, (PrintedRecord(3, "A", (right,)),)),
        ChunkResult(0, ()),
        ChunkResult(0, (PrintedRecord(2, "A", (right._replace(file="../A.pdf"),)),)),
        ChunkResult(0, (PrintedRecord(2, "A", (right._replace(data=b"%PDX"),)),)),
    )
    for result in wrong:
        with pytest.raises(TeachbackError, match="returned the wrong records"):
            write_remote_result(bench, chunk, result)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == [tmp_path / SETTINGS]
    write_remote_result(bench, chunk, ChunkResult(0, (PrintedRecord(2, "A", (right,)),)))
    assert (tmp_path / "handouts" / "A.pdf").read_bytes() == data
