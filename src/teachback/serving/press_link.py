"""Start the press room, send it requests, and start it again when it ends.

One thread of the server reads the press room's answers, so that neither side can block the other.
"""

from __future__ import annotations

import asyncio
import itertools
import threading
from collections import OrderedDict
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final, Self

from teachback.errors import Problem, TeachbackError
from teachback.serving.press_messages import ENDED, HANDOVER, Reply, Request
from teachback.serving.room_starter import PRESS_ROOM, end_room

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

    from teachback.files.workspace import Workspace
    from teachback.merge.record_shapes import CellMeaning
    from teachback.printing.settings import Settings
    from teachback.serving.room_starter import RoomStarter

# In s: how long a request waits for its answer. A page is laid out within 20 s of processor time.
PATIENCE: Final = 120.0
# In s: how long a server that is stopped waits for its archive.
ARCHIVE_PATIENCE: Final = 20.0
# In s: the wait before another press room is started, so that one which ends at once does not loop.
PAUSE: Final = 0.2
# The number of blank editions that the next press room gets. Each takes about 0.5 MB.
MOST_HANDED_OVER: Final = 20
ONE_MOMENT: Final = Problem("printing starts again", "One moment. What was typed is still there.")


class PressRoomEndedError(TeachbackError):
    """The press room ended before it answered. Another one is being started.

    The problem is the reason, or ONE_MOMENT where the press room gave none.
    """


class RefusedReplyError(TeachbackError):
    """A request that the press room refused, with its HTTP status and the field of each problem."""

    def __init__(self, reply: Reply) -> None:
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
        meant: tuple[CellMeaning, ...] = (),
        kind: bytes = PRESS_ROOM,
    ) -> None:
        """Start the press room.

        `meant` says what cells of a list stand for. With another `kind`, it is a room of that kind
        and has no spare: its work can wait.
        """
        self._starter = starter
        self._room_arguments = (workspace, settings, meant)
        self._kind = kind
        self._numbers = itertools.count(1)
        self._futures: dict[int, asyncio.Future[Any]] = {}
        self._closed = False
        self._send_lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        # A press room takes seconds to read a workspace and to lay pages out. So a spare one waits
        # to take its place, and gets the blank editions that were used last, by key, pickled.
        self._spare: Connection | None = None
        self._editions: OrderedDict[str, bytes] = OrderedDict()
        self._reason: tuple[Problem, ...] = ()
        self._room = self._start_room()

    def _start_room(self) -> Connection:
        """Start a press room, which reads the workspace and then waits for questions."""
        room = self._starter.room(self._kind)
        # If it has ended meanwhile, `recv` notices that too, and another one is started.
        with suppress(OSError):
            room.send(self._room_arguments)
        return room

    async def __aenter__(self) -> Self:
        self._loop = asyncio.get_running_loop()
        threading.Thread(target=self._read_replies, name="press room", daemon=True).start()
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
        """Wait until the archive has all that was printed. Call it before `close`."""
        with suppress(TeachbackError, TimeoutError):
            await asyncio.wait_for(self.ask("finish"), ARCHIVE_PATIENCE)

    async def ask(self, action: str, /, **arguments: Any) -> Any:  # noqa: ANN401 -- plain data or bytes
        """Return the press room's answer to a request.

        Raises PressRoomEndedError when it ended meanwhile, and RefusedReplyError when it refuses
        the request.
        """
        assert self._loop is not None  # noqa: S101 -- entered by the server
        # The thread that reads may drop the edition meanwhile.
        with suppress(KeyError):
            self._editions.move_to_end(arguments.get("key", ""))
        number = next(self._numbers)
        future: asyncio.Future[Any] = self._loop.create_future()
        self._futures[number] = future
        try:
            await asyncio.to_thread(self._send, Request(number, action, arguments))
            reply: Reply = await asyncio.wait_for(future, PATIENCE)
        except (OSError, TimeoutError):
            raise PressRoomEndedError(ONE_MOMENT) from None
        finally:
            self._futures.pop(number, None)
        if reply.problems:
            raise RefusedReplyError(reply)
        return reply.result

    def _send(self, request: Request) -> None:
        with self._send_lock:
            self._room.send(request)

    def _read_replies(self) -> None:
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
            elif reply.number == HANDOVER:
                if not reply.problems:
                    self._store_edition(*reply.result)
            else:
                self._loop.call_soon_threadsafe(self._deliver, reply)
            if self._spare is None and self._kind == PRESS_ROOM and not self._closed:
                self._spare = self._start_room()

    def _store_edition(self, key: str, pickled: bytes) -> None:
        self._editions[key] = pickled
        self._editions.move_to_end(key)
        while len(self._editions) > MOST_HANDED_OVER:
            self._editions.popitem(last=False)

    def _deliver(self, reply: Reply) -> None:
        future = self._futures.get(reply.number)
        if future is not None and not future.done():
            future.set_result(reply)

    def _restart(self) -> None:
        """Replace the press room. The requests that the last one has not answered fail at once."""
        with self._send_lock:
            self._room.close()
            if self._closed or self._loop is None or self._loop.is_closed():
                self._closed = True
                return
            self._loop.call_soon_threadsafe(self._fail_requests, self._reason or (ONE_MOMENT,))
            self._reason = ()
            spare, self._spare = self._spare, None
            # A spare sends nothing until it is asked. If there is something, it has ended.
            if spare is None or spare.poll():
                if spare is not None:
                    spare.close()
                threading.Event().wait(PAUSE)
                spare = self._start_room()
            self._room = spare
            if self._editions:
                with suppress(OSError):
                    editions = list(self._editions.values())
                    self._room.send(Request(HANDOVER, "take over", {"editions": editions}))

    def _fail_requests(self, problems: tuple[Problem, ...]) -> None:
        for future in self._futures.values():
            if not future.done():
                future.set_exception(PressRoomEndedError(*problems))
