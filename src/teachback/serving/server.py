"""Start and stop the front desk's server."""

from __future__ import annotations

import logging
import secrets
import socket
import threading
import webbrowser
from dataclasses import dataclass
from importlib.util import find_spec
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from teachback.errors import Problem, TeachbackError, UsageError
from teachback.files.workspace import handout_named, stem_of
from teachback.printing.process_limits import leave_no_image, stay_in_memory
from teachback.serving.live_desk import LiveDesk
from teachback.serving.log_in import SessionStore, read_people
from teachback.serving.press_link import PressLink
from teachback.serving.print_audit import audit_problems, state_folder
from teachback.serving.printer_queue import refuse_queue
from teachback.serving.room_starter import RoomStarter

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from teachback.files.workspace import Workspace
    from teachback.merge.record_shapes import CellMeaning
    from teachback.printing.settings import Settings
    from teachback.serving.request_guard import AllowedHosts

PORT: Final = 8470
_LOOPBACK: Final = "127.0.0.1"
_HTTPS: Final = 443
# They would log tracebacks, whose messages may hold a value.
_LOGGERS: Final = ("uvicorn.error", "uvicorn.asgi", "asyncio")


@dataclass(frozen=True)
class NetworkOrder:
    """How other machines reach the desk: by TLS here, or through a proxy that has TLS.

    `names` are the names by which browsers know this machine. `proxy` is the address of a proxy on
    this machine as browsers see it, such as https://desk.example, or "".
    """

    names: tuple[str, ...] = ()
    certificate: Path | None = None
    key: Path | None = None
    proxy: str = ""


@dataclass(frozen=True)
class ServeOrder:
    """How the front desk is served. `clear_after` and `lock_after` are in s, and 0 for never.

    Without a `network`, it is served to this machine alone. `meant` says what cells of a list stand
    for. With a `handout`, the browser opens its pages for authors, whose links open the `editor`.
    """

    port: int = PORT
    browser: bool = True
    queue: str = ""
    clear_after: int = 600
    lock_after: int = 600
    network: NetworkOrder | None = None
    meant: tuple[CellMeaning, ...] = ()
    handout: str = ""
    editor: str = "none"


@dataclass(frozen=True)
class _Listener:
    """A listening socket, the names by which it may be reached, and its address in a browser."""

    socket: socket.socket
    allowed: AllowedHosts
    address: str


def serve_desk(
    settings: Settings,
    workspace: Workspace,
    order: ServeOrder,
    tell: Callable[[str], None],
    warn: Callable[[tuple[Problem, ...]], None],
) -> None:
    """Serve until interrupted. `tell` gets the address first.

    `warn` gets the problems of the record of prints, which stop no desk.

    Raises UsageError for an order that would let anybody in, for an unknown handout or when the
    port is in use, and TeachbackError when the extra is missing.
    """
    _refuse_missing_libraries()
    page = ""
    if order.handout:
        page = f"/preview/{stem_of(handout_named(workspace, order.handout))}"
    if order.queue:
        refuse_queue(order.queue)
    leave_no_image()
    stay_in_memory()
    state = state_folder(workspace.root)
    warn(audit_problems(state))
    people = _people(order, state)
    listener = _open_listener(order)
    starter = RoomStarter()
    press = PressLink(starter, workspace, settings, order.meant)
    live = LiveDesk(starter, workspace, settings, "none" if order.network else order.editor)
    try:
        _serve(press, live, state, people, order, listener, page, tell)
    finally:
        live.close()
        press.close()
        starter.close()
        listener.socket.close()


def _people(order: ServeOrder, state: Path) -> dict[str, str]:
    """Return who may enter from a network. On this machine alone, nobody needs a name.

    Raises UsageError for a network without TLS, or without anybody who may enter.
    """
    network = order.network
    if network is None:
        return {}
    if network.proxy and network.certificate:
        hint = "Leave --tls-cert and --tls-key out: the proxy has the certificate."
        raise UsageError.of("--behind-proxy is for a proxy that has TLS itself", hint)
    if not network.proxy and not (network.certificate and network.key):
        hint = (
            "Name a certificate and its key with --tls-cert and --tls-key, or the address of a "
            "proxy on this machine with --behind-proxy."
        )
        message = "the front desk is served on a network only with TLS"
        raise UsageError.of(message, hint)
    if not network.proxy and not network.names:
        hint = "Add --name, such as --name desk.clinic.example."
        raise UsageError.of("browsers need a name for this machine", hint)
    people = read_people(state)
    if not people:
        hint = "Add each one first: teachback serve --add-person NAME."
        raise UsageError.of("nobody may enter yet", hint)
    return people


def _open_listener(order: ServeOrder) -> _Listener:
    """Open the port. Raises UsageError when it is in use, or for a proxy without an address."""
    from teachback.serving.request_guard import AllowedHosts

    network = order.network
    if network is None:
        listening = _listen(_LOOPBACK, order.port)
        port = listening.getsockname()[1]
        hosts = frozenset(f"{name}:{port}" for name in (_LOOPBACK, "localhost"))
        return _Listener(listening, AllowedHosts(hosts), f"http://{_LOOPBACK}:{port}")
    if network.proxy:
        address = urlsplit(network.proxy)
        if address.scheme != "https" or not address.netloc or address.path.strip("/"):
            hint = "Write it as browsers see it, such as https://desk.clinic.example."
            raise UsageError.of(f"'{network.proxy}' is not the address of a proxy", hint)
        # Browsers leave the usual port out of the host that they name.
        host = address.netloc.lower().removesuffix(f":{_HTTPS}")
        listening = _listen(_LOOPBACK, order.port)
        return _Listener(listening, AllowedHosts(frozenset({host}), "https"), f"https://{host}")
    listening = _listen("", order.port)
    port = listening.getsockname()[1]
    suffix = "" if port == _HTTPS else f":{port}"
    names = [f"{name.lower()}{suffix}" for name in network.names]
    return _Listener(listening, AllowedHosts(frozenset(names), "https"), f"https://{names[0]}")


def _serve(
    press: PressLink,
    live: LiveDesk,
    state: Path,
    people: dict[str, str],
    order: ServeOrder,
    listener: _Listener,
    page: str,
    tell: Callable[[str], None],
) -> None:
    import asyncio

    import uvicorn

    from teachback.serving.connections import HurriedProtocol
    from teachback.serving.desk_app import Desk, desk_app
    from teachback.serving.desk_pages import open_desk_pages

    secret = "" if people else secrets.token_urlsafe(32)
    sessions = SessionStore(secret, people, order.lock_after)
    desk = Desk(
        press,
        open_desk_pages(),
        sessions,
        listener.allowed,
        live,
        state,
        order.queue,
        order.clear_after,
    )
    network = order.network or NetworkOrder()
    config = uvicorn.Config(
        desk_app(desk),
        log_config=None,
        access_log=False,
        server_header=False,
        # Only a proxy on this machine is trusted to name the client.
        proxy_headers=bool(network.proxy),
        forwarded_allow_ips=_LOOPBACK,
        ssl_certfile=network.certificate,
        ssl_keyfile=network.key,
        lifespan="on",
        ws="none",
        http=HurriedProtocol,
        loop="asyncio",
        h11_max_incomplete_event_size=16 * 1024,
        timeout_keep_alive=75,
        timeout_graceful_shutdown=3,
    )
    try:
        config.load()
    except (OSError, ValueError) as error:
        hint = "Name a certificate and its key as PEM files that this program can read."
        why = getattr(error, "strerror", None) or "they do not fit"
        raise UsageError.of(f"the certificate cannot be used: {why}", hint) from None
    for name in _LOGGERS:
        logging.getLogger(name).disabled = True
    log_in = f"/enter#{secret}" if secret else ""
    address = f"{listener.address}{log_in}{page}"
    tell(address)
    if order.browser:
        threading.Thread(target=webbrowser.open, args=(address,), daemon=True).start()

    async def run() -> None:
        async with press:
            await uvicorn.Server(config).serve([listener.socket])

    asyncio.run(run())


def _refuse_missing_libraries() -> None:
    """Raise TeachbackError when the extra is not installed. Loads nothing."""
    missing = [name for name in ("starlette", "uvicorn") if find_spec(name) is None]
    if missing:
        message = f"the front desk needs the library {missing[0]}"
        raise TeachbackError.of(message, "Install it with: pip install 'teachback[serve]'.")


def _listen(address: str, port: int) -> socket.socket:
    """Return a socket that listens at a port, or at any free one for 0; "" is every address."""
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((address, port))
        # A port that is only bound could still be taken by another program.
        listening.listen(128)
    except (OSError, OverflowError) as error:
        listening.close()
        why = getattr(error, "strerror", None) or "there is no such port"
        hint = "Another program, or another `teachback serve`, may use it: name one with --port."
        raise UsageError.of(f"port {port} cannot be opened: {why}", hint) from None
    listening.set_inheritable(False)
    return listening
