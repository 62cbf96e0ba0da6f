"""Start the press room, ask it, and start it again when it ends.

The server has one thread that reads the press room's answers, so that neither side can block the
other.
"""

from __future__ import annotations

import asyncio
import itertools
import threading
from collections import OrderedDict
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final, Self

from teachback.errors import Problem, TeachbackError
from teachback.serving.press_messages import ENDED, KEPT, Reply, Request
from teachback.serving.room_starter import PRESS_ROOM, end_room

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

    from teachback.files.workspace import Workspace
    from teachback.merge.record_shapes import MeantCell
    from teachback.printing.settings import Settings
    from teachback.serving.room_starter import RoomStarter

# In s: the longest that a request waits. A page is laid out within 20 s of processor time.
PATIENCE: Final = 120.0
# In s: how long a server that is stopped waits for its archive.
LAST_PATIENCE: Final = 20.0
# In s: the wait before a press room is started again, for one that ends as soon as it starts.
PAUSE: Final = 0.2
# Of the pages that were laid out or asked for last. An edition takes about 0.5 MB.
MOST_KEPT: Final = 20
ONE_MOMENT: Final = Problem("printing starts again", "One moment. What was typed is still there.")


class PressRoomEndedError(TeachbackError):
    """The press room ended before it answered. Another one is being started.

    Its problem is the reason, or ONE_MOMENT where none was told.
    """


class RefusedReplyError(TeachbackError):
    """A request that the press room refused, with its HTTP status and the field of each problem."""

    def __init__(self, reply: Reply) -> None:
        """Keep what the press room said."""
        super().__init__(*reply.problems)
        self.status = reply.status
        self.fields = reply.fields or ("",) * len(reply.problems)


class PressLink:
    """A press room for a workspace. Use it in `async with`: it ends with the server."""

    def __init__(
        self,
        starter: RoomStarter,
        workspace: Workspace,
        settings: Settings,
        meant: tuple[MeantCell, ...] = (),
        kind: bytes = PRESS_ROOM,
    ) -> None:
        """Start the press room.

        `meant` says what cells of a list stand for. Another `kind` than the press room itself has
        no spare: its work can wait.
        """
        self._starter = starter
        self._given = (workspace, settings, meant)
        self._kind = kind
        self._numbers = itertools.count(1)
        self._waiting: dict[int, asyncio.Future[Any]] = {}
        self._closed = False
        self._sending = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        # A press room takes seconds to read a workspace and to lay pages out. So another one waits
        # to take its place, and gets the blank pages that were laid out last.
        self._spare: Connection | None = None
        self._kept: OrderedDict[str, bytes] = OrderedDict()
        self._reason: tuple[Problem, ...] = ()
        self._room = self._started()

    def _started(self) -> Connection:
        """Start a press room, which reads the workspace and then waits for questions."""
        room = self._starter.room(self._kind)
        # Where it has ended meanwhile, its answers end, too, and another one is started.
        with suppress(OSError):
            room.send(self._given)
        return room

    async def __aenter__(self) -> Self:
        self._loop = asyncio.get_running_loop()
        threading.Thread(target=self._read, name="press room", daemon=True).start()
        return self

    async def __aexit__(self, *details: object) -> None:
        self.close()

    def close(self) -> None:
        """End the press room."""
        self._closed = True
        for room in (self._room, self._spare):
            if room is not None:
                end_room(room)

    async def finish(self) -> None:
        """Wait until the archive has all that was printed. The press room ends after that."""
        with suppress(TeachbackError, TimeoutError):
            await asyncio.wait_for(self.ask("finish"), LAST_PATIENCE)

    async def ask(self, wanted: str, **given: Any) -> Any:  # noqa: ANN401 -- plain data or bytes
        """Return the press room's answer to a request.

        Raises PressRoomEndedError when it ended meanwhile, and RefusedReplyError with the problems
        of what it refuses.
        """
        assert self._loop is not None  # noqa: S101 -- entered by the server
        # The reader's thread may drop it meanwhile.
        with suppress(KeyError):
            self._kept.move_to_end(given.get("key", ""))
        number = next(self._numbers)
        future: asyncio.Future[Any] = self._loop.create_future()
        self._waiting[number] = future
        try:
            await asyncio.to_thread(self._send, Request(number, wanted, given))
            reply: Reply = await asyncio.wait_for(future, PATIENCE)
        except (OSError, TimeoutError):
            raise PressRoomEndedError(ONE_MOMENT) from None
        finally:
            self._waiting.pop(number, None)
        if reply.problems:
            raise RefusedReplyError(reply)
        return reply.result

    def _send(self, request: Request) -> None:
        with self._sending:
            self._room.send(request)

    def _read(self) -> None:
        """Read answers until the server ends. Runs in a thread of its own."""
        assert self._loop is not None  # noqa: S101 -- entered by the server
        while not self._closed:
            try:
                reply = self._room.recv()
            except (EOFError, OSError):
                self._restart()
                continue
            if reply.number == ENDED:
                self._reason = reply.problems
            elif reply.number == KEPT:
                if not reply.problems:
                    self._keep(*reply.result)
            else:
                self._loop.call_soon_threadsafe(self._deliver, reply)
            wanted = self._kind == PRESS_ROOM and not self._closed
            if self._spare is None and wanted:
                self._spare = self._started()

    def _keep(self, key: str, page: bytes) -> None:
        self._kept[key] = page
        self._kept.move_to_end(key)
        while len(self._kept) > MOST_KEPT:
            self._kept.popitem(last=False)

    def _deliver(self, reply: Reply) -> None:
        future = self._waiting.get(reply.number)
        if future is not None and not future.done():
            future.set_result(reply)

    def _restart(self) -> None:
        """Start another press room. What was asked of the last one fails at once."""
        with self._sending:
            self._room.close()
            if self._closed or self._loop is None or self._loop.is_closed():
                self._closed = True
                return
            self._loop.call_soon_threadsafe(self._fail, self._reason or (ONE_MOMENT,))
            self._reason = ()
            spare, self._spare = self._spare, None
            # It says nothing until it is asked. If there is something, it has ended.
            if spare is None or spare.poll():
                if spare is not None:
                    spare.close()
                threading.Event().wait(PAUSE)
                spare = self._started()
            self._room = spare
            if self._kept:
                with suppress(OSError):
                    pages = list(self._kept.values())
                    self._room.send(Request(KEPT, "keep", {"pages": pages}))

    def _fail(self, problems: tuple[Problem, ...]) -> None:
        for future in self._waiting.values():
            if not future.done():
                future.set_exception(PressRoomEndedError(*problems))
