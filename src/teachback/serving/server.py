"""Start the front desk's server, and stop it."""

from __future__ import annotations

import secrets
import socket
import threading
import webbrowser
from dataclasses import dataclass
from importlib.util import find_spec
from typing import TYPE_CHECKING, Final

from teachback.errors import Problem, TeachbackError, UsageError
from teachback.printing.process_limits import leave_no_image, stay_in_memory
from teachback.serving.press_link import PressLink
from teachback.serving.print_audit import state_folder

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from teachback.files.workspace import Workspace
    from teachback.printing.settings import Settings

PORT: Final = 8470
_LOOPBACK: Final = "127.0.0.1"


@dataclass(frozen=True)
class ServeOrder:
    """How the front desk is served. `clear_after` is in s, and 0 for never."""

    port: int = PORT
    browser: bool = True
    queue: str = ""
    clear_after: int = 600


def serve_desk(
    settings: Settings, workspace: Workspace, order: ServeOrder, tell: Callable[[str], None]
) -> None:
    """Serve until it is interrupted. `tell` gets the address first.

    Raises UsageError when the port is in use, and TeachbackError when the extra is missing.
    """
    _refuse_missing_libraries()
    leave_no_image()
    stay_in_memory()
    state = state_folder(workspace.root)
    listening = _listen(order.port)
    # The press room is started before the server's threads and loop.
    press = PressLink(workspace, settings)
    try:
        _serve(press, state, order, listening, tell)
    finally:
        press.close()
        listening.close()


def _serve(
    press: PressLink,
    state: Path,
    order: ServeOrder,
    listening: socket.socket,
    tell: Callable[[str], None],
) -> None:
    import asyncio

    import uvicorn

    from teachback.serving.desk_app import Desk, desk_app
    from teachback.serving.desk_pages import open_desk_pages
    from teachback.serving.gate import Doors
    from teachback.serving.sessions import Entrance

    port = listening.getsockname()[1]
    secret = secrets.token_urlsafe(32)
    names = (_LOOPBACK, "localhost")
    doors = Doors(frozenset(f"{name}:{port}" for name in names))
    desk = Desk(
        press, open_desk_pages(), Entrance(secret), doors, state, order.queue, order.clear_after
    )
    app = desk_app(desk)
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        lifespan="off",
        ws="none",
        http="h11",
        loop="asyncio",
        h11_max_incomplete_event_size=16 * 1024,
        timeout_graceful_shutdown=3,
    )
    address = f"http://{_LOOPBACK}:{port}/enter#{secret}"
    tell(address)
    if order.browser:
        threading.Thread(target=webbrowser.open, args=(address,), daemon=True).start()

    async def run() -> None:
        async with press:
            await uvicorn.Server(config).serve([listening])

    asyncio.run(run())


def _refuse_missing_libraries() -> None:
    """Raise TeachbackError when the extra is not installed. Nothing is loaded yet."""
    missing = [name for name in ("starlette", "uvicorn") if find_spec(name) is None]
    if missing:
        message = f"the front desk needs the library {missing[0]}"
        raise TeachbackError(Problem(message, "Install it with: pip install 'teachback[serve]'."))


def _listen(port: int) -> socket.socket:
    """Return a socket that listens at a port of this machine; 0 is any free port."""
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((_LOOPBACK, port))
    except (OSError, OverflowError) as error:
        listening.close()
        why = getattr(error, "strerror", None) or "there is no such port"
        hint = "Another program, or another `teachback serve`, may use it: name one with --port."
        raise UsageError(Problem(f"port {port} cannot be opened: {why}", hint)) from None
    listening.set_inheritable(False)
    return listening
