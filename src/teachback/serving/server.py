"""Start the front desk's server, and stop it."""

from __future__ import annotations

import logging
import secrets
import socket
import threading
import webbrowser
from dataclasses import dataclass, replace
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
from teachback.serving.request_guard import AllowedHosts
from teachback.serving.room_starter import RoomStarter

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from teachback.files.workspace import Workspace
    from teachback.merge.record_shapes import MeantCell
    from teachback.printing.settings import Settings

PORT: Final = 8470
_LOOPBACK: Final = "127.0.0.1"
_HTTPS: Final = 443
# They would print tracebacks, whose messages may hold a value.
_LOGGERS: Final = ("uvicorn.error", "uvicorn.asgi", "asyncio")


@dataclass(frozen=True)
class NetworkOrder:
    """How other machines reach the desk: by TLS here, or through a proxy that has it.

    `names` are the names that browsers know this machine by. `proxy` is the address of a proxy on
    this machine as browsers see it, such as https://desk.example; it is empty where there is none.
    """

    names: tuple[str, ...] = ()
    certificate: Path | None = None
    key: Path | None = None
    proxy: str = ""


@dataclass(frozen=True)
class ServeOrder:
    """How the front desk is served. `clear_after` and `lock_after` are in s, and 0 for never.

    Without a `network` it is for this machine alone. `meant` says what cells of a list stand for.
    The browser opens the pages of the `handout` for its author, and links lead into the `editor`.
    """

    port: int = PORT
    browser: bool = True
    queue: str = ""
    clear_after: int = 600
    lock_after: int = 600
    network: NetworkOrder | None = None
    meant: tuple[MeantCell, ...] = ()
    handout: str = ""
    editor: str = "none"


@dataclass(frozen=True)
class _Opened:
    """An open socket with the names by which it may be reached, and its address in a browser.

    `page` is the path of the page that is opened, or "" for the front desk.
    """

    socket: socket.socket
    allowed: AllowedHosts
    address: str
    page: str = ""


def serve_desk(
    settings: Settings,
    workspace: Workspace,
    order: ServeOrder,
    tell: Callable[[str], None],
    warn: Callable[[tuple[Problem, ...]], None],
) -> None:
    """Serve until it is interrupted. `tell` gets the address first.

    `warn` gets what is wrong with the record of prints, which stops no desk.

    Raises UsageError for an order that would let anybody in, for an unknown handout or when the
    port is in use, and TeachbackError when the extra is missing.
    """
    _refuse_missing_libraries()
    handout = order.handout and stem_of(handout_named(workspace, order.handout))
    page = f"/preview/{handout}" if handout else ""
    if order.queue:
        refuse_queue(order.queue)
    leave_no_image()
    stay_in_memory()
    state = state_folder(workspace.root)
    warn(audit_problems(state))
    people = _people(order, state)
    opened = _opened(order)
    starter = RoomStarter()
    press = PressLink(starter, workspace, settings, order.meant)
    live = LiveDesk(starter, workspace, settings, "none" if order.network else order.editor)
    try:
        _serve(press, live, state, people, order, replace(opened, page=page), tell)
    finally:
        live.close()
        press.close()
        starter.close()
        opened.socket.close()


def _people(order: ServeOrder, state: Path) -> dict[str, str]:
    """Return who may enter from a network; nobody needs a name on this machine alone.

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


def _opened(order: ServeOrder) -> _Opened:
    network = order.network
    if network is None:
        listening = _listen(_LOOPBACK, order.port)
        port = listening.getsockname()[1]
        hosts = frozenset(f"{name}:{port}" for name in (_LOOPBACK, "localhost"))
        return _Opened(listening, AllowedHosts(hosts), f"http://{_LOOPBACK}:{port}")
    if network.proxy:
        address = urlsplit(network.proxy)
        if address.scheme != "https" or not address.netloc or address.path.strip("/"):
            hint = "Write it as browsers see it, such as https://desk.clinic.example."
            raise UsageError.of(f"'{network.proxy}' is not the address of a proxy", hint)
        host = address.netloc.lower()
        listening = _listen(_LOOPBACK, order.port)
        return _Opened(listening, AllowedHosts(frozenset({host}), "https"), f"https://{host}")
    listening = _listen("", order.port)
    port = listening.getsockname()[1]
    names = tuple(name.lower() for name in network.names)
    hosts = frozenset(name if port == _HTTPS else f"{name}:{port}" for name in names)
    shown = names[0] if port == _HTTPS else f"{names[0]}:{port}"
    return _Opened(listening, AllowedHosts(hosts, "https"), f"https://{shown}")


def _serve(
    press: PressLink,
    live: LiveDesk,
    state: Path,
    people: dict[str, str],
    order: ServeOrder,
    opened: _Opened,
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
        opened.allowed,
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
        # Only a proxy on this machine says for whom it asks.
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
    way = f"/enter#{secret}" if secret else ""
    address = f"{opened.address}{way}{opened.page}"
    tell(address)
    if order.browser:
        threading.Thread(target=webbrowser.open, args=(address,), daemon=True).start()

    async def run() -> None:
        async with press:
            await uvicorn.Server(config).serve([opened.socket])

    asyncio.run(run())


def _refuse_missing_libraries() -> None:
    """Raise TeachbackError when the extra is not installed. Nothing is loaded yet."""
    missing = [name for name in ("starlette", "uvicorn") if find_spec(name) is None]
    if missing:
        message = f"the front desk needs the library {missing[0]}"
        raise TeachbackError.of(message, "Install it with: pip install 'teachback[serve]'.")


def _listen(address: str, port: int) -> socket.socket:
    """Return a socket that listens at a port; 0 is any free one. An empty address is every one."""
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((address, port))
        # Without it, another program could still take the port.
        listening.listen(128)
    except (OSError, OverflowError) as error:
        listening.close()
        why = getattr(error, "strerror", None) or "there is no such port"
        hint = "Another program, or another `teachback serve`, may use it: name one with --port."
        raise UsageError.of(f"port {port} cannot be opened: {why}", hint) from None
    listening.set_inheritable(False)
    return listening
