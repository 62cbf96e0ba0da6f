"""Close connections that keep the server waiting. uvicorn itself waits without end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from uvicorn.protocols.http.h11_impl import H11Protocol

from teachback.serving.request_guard import SLOWEST, SLOWEST_FILE

if TYPE_CHECKING:
    import asyncio

# A browser opens six to a server.
MOST_CONNECTIONS: Final = 600


class HurriedProtocol(H11Protocol):
    """HTTP/1.1 over connections that are closed when the browser is too slow.

    Two waits are limited here: for a request's headers, and until the browser has taken an answer.
    The guard of requests limits the wait for a body. What arrives of a body after its answer is
    limited here again.
    """

    _request_timer: asyncio.TimerHandle | None = None
    _answer_timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        """Begin to wait for a request."""
        super().connection_made(transport)
        if len(self.connections) > MOST_CONNECTIONS:
            transport.abort()
        self._start_request_timer()

    def data_received(self, data: bytes) -> None:
        """Take what arrived. Once all headers are there, the browser waits for us."""
        super().data_received(data)
        if self.cycle is None or self.cycle.response_complete:
            self._start_request_timer()
        else:
            self._stop_request_timer()

    def on_response_complete(self) -> None:
        """Wait for the next request, but not for the rest of a body that nobody reads."""
        super().on_response_complete()
        if self.cycle.response_complete and self.cycle.more_body:
            self._start_request_timer()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop both timers."""
        super().connection_lost(exc)
        self._stop_request_timer()
        self.resume_writing()

    def pause_writing(self) -> None:
        """Begin to wait until the browser takes what was sent."""
        super().pause_writing()
        self._answer_timer = self.loop.call_later(SLOWEST_FILE, self.transport.abort)

    def resume_writing(self) -> None:
        """Stop waiting for the browser."""
        super().resume_writing()
        if self._answer_timer is not None:
            self._answer_timer.cancel()

    def _start_request_timer(self) -> None:
        if self._request_timer is None:
            self._request_timer = self.loop.call_later(SLOWEST, self.transport.abort)

    def _stop_request_timer(self) -> None:
        if self._request_timer is not None:
            self._request_timer.cancel()
            self._request_timer = None
