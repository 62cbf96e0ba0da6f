"""Close connections that keep the server waiting: uvicorn waits for a request without end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from uvicorn.protocols.http.h11_impl import H11Protocol

from teachback.serving.request_guard import SLOWEST, SLOWEST_FILE

if TYPE_CHECKING:
    import asyncio

# A browser opens six to a server.
MOST_CONNECTIONS: Final = 600


class HurriedProtocol(H11Protocol):
    """HTTP/1.1 over connections that end when one end of them is too slow.

    The time for a request's headers is limited here, and so is the time in which an answer is
    taken. The guard of requests limits the time for a body; what arrives of one after its answer
    is limited here again.
    """

    _ending: asyncio.TimerHandle | None = None
    _stuck: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        """Begin to wait for a request."""
        super().connection_made(transport)
        if len(self.connections) > MOST_CONNECTIONS:
            transport.abort()
        self._end_soon()

    def data_received(self, data: bytes) -> None:
        """Take what arrived. Once a request is whole but for its body, its answer is awaited."""
        super().data_received(data)
        if self.cycle is None or self.cycle.response_complete:
            self._end_soon()
        else:
            self._go_on()

    def on_response_complete(self) -> None:
        """Wait for the next request, but not for the rest of a body that nobody reads."""
        super().on_response_complete()
        if self.cycle.response_complete and self.cycle.more_body:
            self._end_soon()

    def connection_lost(self, exc: Exception | None) -> None:
        """End the waits."""
        super().connection_lost(exc)
        self._go_on()
        self.resume_writing()

    def pause_writing(self) -> None:
        """Begin to wait until the other end takes what was sent."""
        super().pause_writing()
        self._stuck = self.loop.call_later(SLOWEST_FILE, self.transport.abort)

    def resume_writing(self) -> None:
        """End that wait."""
        super().resume_writing()
        if self._stuck is not None:
            self._stuck.cancel()

    def _end_soon(self) -> None:
        if self._ending is None:
            self._ending = self.loop.call_later(SLOWEST, self.transport.abort)

    def _go_on(self) -> None:
        if self._ending is not None:
            self._ending.cancel()
            self._ending = None
