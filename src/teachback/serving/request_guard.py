"""Refuse requests that are not from the desk's own page, and tell browsers to store no answer.

A page of another site must not reach a server on this network:
- not by its own name for our address (DNS rebinding): each request names a host, and only ours are
  answered;
- not by a form or a script: a POST must come from our own page, with a header that no other page
  can send.

The request's address is never used, only its path. `RequestLimit` counts the requests of each
sender; `desk_app` asks it, once it knows the session.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from math import ceil
from typing import TYPE_CHECKING, Any, Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse

from teachback.errors import Problem, TeachbackError
from teachback.serving.desk_requests import MOST_BYTES, media_types, most_bytes
from teachback.serving.press_messages import problem_json

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.types import ASGIApp, Receive, Scope, Send

LONGEST_PATH: Final = 500  # letters
# In s: the longest wait for a question, or for the next part of a file; and for a whole file.
SLOWEST: Final = 10.0
SLOWEST_FILE: Final = 120.0
# Requests a second of one sender, and at once; and the senders that are counted.
# A key that is held down asks 60 times a second for the pages of a handout and its cards.
RATE: Final = 40.0
AT_ONCE: Final = 200.0
MOST_COUNTED: Final = 10_000
# Python refuses to read a number of thousands of digits.
_MOST_DIGITS: Final = 12
_TOO_LARGE: Final = "this is too large"
_SAFE: Final = frozenset({"GET", "HEAD"})
POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; "
    "font-src 'self'; connect-src 'self' blob:; frame-src 'self' blob:; form-action 'none'; "
    "base-uri 'none'; object-src 'none'; frame-ancestors 'none'"
)
_HEADERS: Final = {
    "cache-control": "no-store",
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(self), microphone=(), geolocation=(), usb=()",
}


@dataclass(frozen=True)
class AllowedHosts:
    """The names by which the server may be reached, such as `127.0.0.1:8470`, and its scheme."""

    hosts: frozenset[str]
    scheme: str = "http"

    def refusal(self, scope: Scope) -> tuple[int, str] | None:
        """Return the status and the reason for which a request is refused, or None."""
        headers = Headers(scope=scope)
        if len(headers.getlist("host")) > 1:
            return 400, "this request names two hosts"
        host = headers.get("host", "").lower()
        if host not in self.hosts:
            return 421, "this server is not known by that name"
        if len(scope["path"]) > LONGEST_PATH:
            return 400, "this address is too long"
        method = scope["method"]
        if method in _SAFE:
            site = headers.get("sec-fetch-site", "none")
            # A link on another site may open the desk's page, and nothing else.
            if site == "cross-site" and not _is_page(headers):
                return 403, "another site asks for this"
            return None
        if method != "POST":
            return 405, "this is not done here"
        return self._post_refusal(scope["path"], headers, host)

    def _post_refusal(self, path: str, headers: Headers, host: str) -> tuple[int, str] | None:
        site = headers.get("sec-fetch-site", "")
        origin = headers.get("origin", "")
        if site and site != "same-origin":
            return 403, "another site asks for this"
        if origin and origin.lower() != f"{self.scheme}://{host}":
            return 403, "another site asks for this"
        if not site and not origin:
            return 403, "it cannot be told which page asks for this"
        if headers.get("x-teachback") != "1":
            return 403, "only the desk's own page may ask for this"
        media_type = headers.get("content-type", "").partition(";")[0].strip().lower()
        allowed = media_types(path)
        if media_type not in allowed:
            return 415, f"this must be {' or '.join(allowed)}"
        length = headers.get("content-length", "0")
        if not length.isdecimal() or len(length) > _MOST_DIGITS or int(length) > most_bytes(path):
            return 413, _TOO_LARGE
        return None


class RequestGuard:
    """The middleware before all routes. It refuses requests, and adds headers to each answer.

    A body that grows beyond its limit is cut off, whatever its headers say.
    """

    def __init__(self, app: ASGIApp, allowed: AllowedHosts) -> None:
        self._app = app
        self._allowed = allowed

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http":
            return

        async def send_with_headers(message: Any) -> None:  # noqa: ANN401 -- an ASGI message
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers.setdefault(name, value)
                if self._allowed.scheme == "https":
                    headers["strict-transport-security"] = "max-age=31536000"
            await send(message)

        refusal = self._allowed.refusal(scope)
        if refusal is not None:
            status, reason = refusal
            problems = {"problems": [problem_json(Problem(reason))]}
            refused = JSONResponse(problems, status, {"connection": "close"})
            await refused(scope, receive, send_with_headers)
            return
        bytes_left, complete = most_bytes(scope["path"]), False
        clock = asyncio.get_running_loop().time
        deadline = clock() + (SLOWEST if bytes_left == MOST_BYTES else SLOWEST_FILE)

        async def receive_limited() -> Any:  # noqa: ANN401 -- an ASGI message
            nonlocal bytes_left, complete
            next_part = None if complete else min(deadline, clock() + SLOWEST)
            try:
                async with asyncio.timeout_at(next_part):
                    message = await receive()
            except TimeoutError:
                raise BodyRefusedError(408, "this took too long to arrive") from None
            complete = not message.get("more_body", False)
            bytes_left -= len(message.get("body", b""))
            if bytes_left < 0:
                raise BodyRefusedError(413, _TOO_LARGE)
            return message

        await self._app(scope, receive_limited, send_with_headers)


class BodyRefusedError(TeachbackError):
    """A body that is larger than its route allows, or too slow. `fields` is always empty."""

    fields: tuple[str, ...] = ()

    def __init__(self, status: int, message: str) -> None:
        super().__init__(Problem(message))
        self.status = status


def _is_page(headers: Headers) -> bool:
    is_navigation = headers.get("sec-fetch-mode") == "navigate"
    return is_navigation and headers.getlist("sec-fetch-dest") == ["document"]


@dataclass
class RequestLimit:
    """Each sender may send `at_once` requests at once, and `rate` more each second.

    `clock` returns seconds.
    """

    rate: float = RATE
    at_once: float = AT_ONCE
    clock: Callable[[], float] = time.monotonic
    # By sender: the requests that are left, and when they were counted.
    _left: dict[str, tuple[float, float]] = field(default_factory=dict)

    def wait(self, sender: str) -> int:
        """Count a request. Return 0, or the seconds after which the next one is answered."""
        now = self.clock()
        if len(self._left) > MOST_COUNTED:
            self._left = {
                name: (left, counted)
                for name, (left, counted) in self._left.items()
                if now - counted < 1
            }
        left, counted = self._left.get(sender, (self.at_once, now))
        left = min(self.at_once, left + (now - counted) * self.rate)
        self._left[sender] = (left - (left >= 1), now)
        return 0 if left >= 1 else ceil((1 - left) / self.rate)
