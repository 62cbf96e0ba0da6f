"""Start the press room, ask it, and start it again when it ends.

The server has one thread that reads the press room's answers, so that neither side can block the
other.
"""

from __future__ import annotations

import asyncio
import itertools
import socket
import subprocess
import sys
import threading
from contextlib import suppress
from multiprocessing.connection import Connection
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Self

from teachback.errors import Problem, TeachbackError
from teachback.serving.press_messages import Reply, Request

if TYPE_CHECKING:
    from teachback.files.workspace import Workspace
    from teachback.merge.merge_order import MeantCell
    from teachback.printing.settings import Settings

# In s: the longest that a request waits. A page is laid out within 20 s of processor time.
PATIENCE: Final = 120.0
# In s: the wait before a press room is started again, for one that ends as soon as it starts.
PAUSE: Final = 0.2


class PressRoomEndedError(TeachbackError):
    """The press room ended before it answered. Another one is being started."""


class RefusedReplyError(TeachbackError):
    """A request that the press room refused, with its HTTP status and the field of each problem."""

    def __init__(self, reply: Reply) -> None:
        """Keep what the press room said."""
        super().__init__(*reply.problems)
        self.status = reply.status
        self.fields = reply.fields or ("",) * len(reply.problems)


class _Room(NamedTuple):
    """A press room's process, and our end of its socket."""

    process: subprocess.Popen[bytes]
    pipe: Connection

    def end(self) -> None:
        """End it, and wait until it is gone."""
        self.process.kill()
        self.process.wait()
        self.pipe.close()


def _wait_for_a_workspace(module: str) -> _Room:
    """Start a press room, which loads what it prints with and waits for a workspace."""
    ours, theirs = socket.socketpair()
    with theirs:
        end = str(theirs.fileno())
        process = subprocess.Popen(  # noqa: S603 -- our own program
            [sys.executable, "-P", "-m", f"teachback.serving.{module}", end],
            pass_fds=(theirs.fileno(),),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
    return _Room(process, Connection(ours.detach()))


class PressLink:
    """A press room for a workspace. Use it in `async with`: it ends with the server."""

    def __init__(
        self,
        workspace: Workspace,
        settings: Settings,
        meant: tuple[MeantCell, ...] = (),
        module: str = "press_room",
    ) -> None:
        """Start the press room, before any thread or event loop of the server.

        `meant` says what cells of a list stand for. Another `module` than the press room itself
        has no spare: its work can wait.
        """
        self._given = (workspace, settings, meant)
        self._module = module
        self._numbers = itertools.count(1)
        self._waiting: dict[int, asyncio.Future[Any]] = {}
        self._closed = False
        self._sending = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        # A press room takes a second to load: another one waits to take its place.
        self._spare: _Room | None = None
        self._start()

    @property
    def process_id(self) -> int:
        """The press room's process id."""
        return self._room.process.pid

    def _start(self) -> None:
        """Hand the workspace to a press room that waits, or to a new one."""
        spare, self._spare = self._spare, None
        if spare is not None and spare.process.poll() is not None:
            spare.end()
            spare = None
        self._room = spare or _wait_for_a_workspace(self._module)
        # Where it has ended meanwhile, its answers end, too, and another one is started.
        with suppress(OSError):
            self._room.pipe.send(self._given)

    async def __aenter__(self) -> Self:
        self._loop = asyncio.get_running_loop()
        threading.Thread(target=self._read, name="press room", daemon=True).start()
        return self

    async def __aexit__(self, *details: object) -> None:
        self.close()

    def close(self) -> None:
        """End the press room."""
        self._closed = True
        self._room.process.kill()
        self._room.process.wait()
        if self._spare is not None:
            self._spare.end()

    async def ask(self, wanted: str, **given: Any) -> Any:  # noqa: ANN401 -- plain data or bytes
        """Return the press room's answer to a request.

        Raises PressRoomEndedError when it ended meanwhile, and RefusedReplyError with the problems
        of what it refuses.
        """
        assert self._loop is not None  # noqa: S101 -- entered by the server
        number = next(self._numbers)
        future: asyncio.Future[Any] = self._loop.create_future()
        self._waiting[number] = future
        try:
            await asyncio.to_thread(self._send, Request(number, wanted, given))
            reply: Reply = await asyncio.wait_for(future, PATIENCE)
        except (OSError, TimeoutError):
            raise PressRoomEndedError(_one_moment()) from None
        finally:
            self._waiting.pop(number, None)
        if reply.problems:
            raise RefusedReplyError(reply)
        return reply.result

    def _send(self, request: Request) -> None:
        with self._sending:
            self._room.pipe.send(request)

    def _read(self) -> None:
        """Read answers until the server ends. Runs in a thread of its own."""
        assert self._loop is not None  # noqa: S101 -- entered by the server
        while not self._closed:
            try:
                reply = self._room.pipe.recv()
            except (EOFError, OSError):
                self._restart()
            else:
                self._loop.call_soon_threadsafe(self._deliver, reply)
                wanted = self._module == "press_room" and not self._closed
                if self._spare is None and wanted:
                    self._spare = _wait_for_a_workspace(self._module)

    def _deliver(self, reply: Reply) -> None:
        future = self._waiting.get(reply.number)
        if future is not None and not future.done():
            future.set_result(reply)

    def _restart(self) -> None:
        """Start another press room. What was asked of the last one fails at once."""
        with self._sending:
            self._room.end()
            if self._closed or self._loop is None or self._loop.is_closed():
                self._closed = True
                return
            self._loop.call_soon_threadsafe(self._fail)
            threading.Event().wait(PAUSE)
            self._start()

    def _fail(self) -> None:
        for future in self._waiting.values():
            if not future.done():
                future.set_exception(PressRoomEndedError(_one_moment()))


def _one_moment() -> Problem:
    return Problem("printing starts again", "One moment. What was typed is still there.")
