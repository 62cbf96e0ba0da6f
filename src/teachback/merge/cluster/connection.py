"""Connect to the scheduler of a cluster.

Decides which addresses records may go to, and with which certificates. This is the only module that
imports Dask.
"""

from __future__ import annotations

import ipaddress
import logging
import re
import warnings
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from teachback.errors import Location, Problem, TeachbackError, UsageError
from teachback.files.atomic_files import os_errors_as_problems

if TYPE_CHECKING:
    from collections.abc import Iterator

    from teachback.merge.merge_order import Cluster

_ADDRESS: Final = re.compile(r"(tls|tcp)://(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9_.-]+):(\d{1,5})")
# A setting of Dask. A run also waits this long while there is no worker.
_PATIENCE: Final = "distributed.comm.timeouts.connect"
_CERTIFICATES: Final = (
    "Name them with --tls-ca, --tls-cert and --tls-key, "
    "or in Dask's settings (distributed.comm.tls)."
)
# The loggers of Dask on this side. They are silenced, since errors are reported as problems.
_LOGGERS: Final = (
    "distributed",
    "distributed.client",
    "tornado",
    "tornado.application",
    "tornado.general",
    "asyncio",
)


def refuse_address(cluster: Cluster) -> None:
    """Raise UsageError for an address that records may not go to, before any connection is made."""
    match = _ADDRESS.fullmatch(cluster.address)
    if match is None or int(match[3]) > 65_535:  # noqa: PLR2004 -- the highest port
        hint = "Write its address, such as tls://scheduler.example:8786."
        raise UsageError.of("--cluster does not name a scheduler", hint)
    if not is_private(cluster.address):
        message = "records are sent over a network only with TLS"
        hint = "Start the scheduler with tls://; tcp:// is for one at 127.0.0.1, ::1 or localhost."
        raise UsageError.of(message, hint)
    if match[1] == "tcp" and (cluster.ca or cluster.cert or cluster.key):
        message = "--tls-ca, --tls-cert and --tls-key are for an address with tls://"
        raise UsageError.of(message, "Write tls://, or leave them out.")


def is_private(address: str) -> bool:
    """Check whether data sent to an address is encrypted, or stays on this machine.

    Names are not looked up, since the answer could be anybody's.
    """
    match = _ADDRESS.fullmatch(address)
    if match is None or match[1] == "tls":
        return match is not None
    host = match[2].strip("[]").lower()
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


@contextmanager
def connected(cluster: Cluster) -> Iterator[tuple[Any, float]]:
    """Connect to the scheduler. Yields Dask's client, and the seconds to wait for a worker.

    The client does not become the default client of the process.
    """
    refuse_address(cluster)
    for name in filter(None, (cluster.ca, cluster.cert, cluster.key)):
        with os_errors_as_problems(Path(name)), Path(name).open("rb"):
            pass
    try:
        import dask
        from dask.utils import parse_timedelta
        from distributed import Client, Security
    except ModuleNotFoundError:
        hint = "Install it with: pip install 'teachback[cluster]', here and on the workers."
        raise TeachbackError.of("a cluster needs the library distributed", hint) from None
    for name in _LOGGERS:
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)
    tls_files = {
        "tls_ca_file": cluster.ca,
        "tls_client_cert": cluster.cert,
        "tls_client_key": cluster.key,
    }
    given_files: dict[str, Any] = {name: file for name, file in tls_files.items() if file}
    encrypted = cluster.address.startswith("tls:")
    with warnings.catch_warnings():
        # Versions are compared here; other warnings of Dask do not matter.
        warnings.simplefilter("ignore")
        try:
            patience = float(parse_timedelta(dask.config.get(_PATIENCE), default="s"))
            security = Security(require_encryption=encrypted or None, **given_files)
            _refuse_missing_certificates(security, encrypted=encrypted)
            client = Client(
                cluster.address,
                security=security,
                timeout=patience,
                set_as_default=False,
                direct_to_workers=False,
            )
        except TeachbackError:
            raise
        except Exception as error:  # noqa: BLE001 -- Dask lets any exception through
            raise TeachbackError(_connection_problem(cluster, error)) from None
        try:
            yield client, patience
        finally:
            with suppress(Exception):
                client.close(timeout=5)


def _refuse_missing_certificates(security: Any, *, encrypted: bool) -> None:  # noqa: ANN401 -- Dask's
    if encrypted and not (security.tls_ca_file and security.tls_client_cert):
        raise TeachbackError.of("no certificates are named for the cluster", _CERTIFICATES)


def _connection_problem(cluster: Cluster, error: BaseException) -> Problem:
    """Return the problem that explains why there is no connection."""
    chain: list[BaseException] = []
    cause: BaseException | None = error
    while cause is not None and cause not in chain:
        chain.append(cause)
        cause = cause.__cause__ or cause.__context__
    words = " ".join(str(error) for error in chain)
    if re.search(r"(?i)\bssl|certificate|\btls\b.*alert", words.replace(cluster.address, "")):
        match = re.search(
            r"(?i)certificate verify failed|unknown ca|certificate required"
            r"|key values mismatch|no certificate",
            words,
        )
        detail = f": {match[0].lower()}" if match else ""
        message = f"the certificates of the cluster do not match ours{detail}"
        return Problem(message, _CERTIFICATES, Location(cluster.address))
    if isinstance(error, OSError):
        hint = (
            "Check that it is running and that the address is right. Without --cluster, this "
            "machine prints."
        )
        return Problem("the cluster's scheduler cannot be reached", hint, Location(cluster.address))
    message = f"Dask could not be started: {type(error).__name__}"
    return Problem(message, "Check its settings.", Location(cluster.address))


def ended_workers(error: BaseException) -> bool:
    """Check whether a task was given up because it had ended several workers."""
    from distributed.scheduler import KilledWorker

    return isinstance(error, KilledWorker)
