"""A connection that keeps the server waiting is closed, and others are answered meanwhile."""

from __future__ import annotations

import asyncio
import socket
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, NamedTuple

import pytest
import uvicorn
from desk_server import HOST, SECRET, stand_in_desk

from teachback.serving import connections, request_guard
from teachback.serving.connections import HurriedProtocol
from teachback.serving.desk_app import desk_app

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

# In s: of the server in these tests, and of a test that would hang.
LIMIT = 0.3
PATIENCE = 30.0
WHOLE = f'{{"token": "{SECRET}"}}'


def head(path: str, length: int) -> str:
    """Return the head of a question of the desk's page."""
    own = f"Host: {HOST}\r\nOrigin: http://{HOST}\r\nX-Teachback: 1\r\n"
    kind = f"Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n"
    return f"POST {path} HTTP/1.1\r\n{own}{kind}"


class Wire(NamedTuple):
    """A connection to a server."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def say(self, text: str) -> str:
        """Send a request, and return the first line of its answer."""
        self.writer.write(text.encode())
        return (await self.reader.readline()).decode().strip()

    async def drip(self, text: str) -> str:
        """Send a text a letter at a time, and return what arrives until the server closes."""

        async def send() -> None:
            for letter in text:
                self.writer.write(letter.encode())
                await asyncio.sleep(LIMIT / 10)

        dripping = asyncio.ensure_future(send())
        got = b""
        with suppress(ConnectionResetError):
            while part := await self.reader.read(65536):
                got += part
        assert not dripping.done() or not text
        dripping.cancel()
        self.writer.close()
        return got.decode()


class Served(NamedTuple):
    """A server of a desk with stand-ins, at a port."""

    server: uvicorn.Server
    port: int

    async def wire(self) -> Wire:
        """Connect to it."""
        return Wire(*await asyncio.open_connection("127.0.0.1", self.port))


@asynccontextmanager
async def served(state: Path, file: bytes = b"1;") -> AsyncIterator[Served]:
    """Serve a desk that has a file, and end with it. All must be done before the patience ends."""
    desk = stand_in_desk(state, {})
    config = uvicorn.Config(
        desk_app(desk), log_config=None, lifespan="off", ws="none", http=HurriedProtocol
    )
    desk.pages.files["desk.js"] = (file, "text/javascript")  # type: ignore[index]  # a dict in tests
    with socket.create_server(("127.0.0.1", 0)) as listening:
        server = uvicorn.Server(config)
        running = asyncio.ensure_future(server._serve([listening]))  # noqa: SLF001 -- it takes no signals
        async with asyncio.timeout(PATIENCE):
            while not server.started:  # noqa: ASYNC110 -- no event tells it
                await asyncio.sleep(0.01)
            yield Served(server, listening.getsockname()[1])
        server.should_exit = True
        await running


@pytest.fixture(autouse=True)
def _in_a_hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (request_guard, connections):
        monkeypatch.setattr(module, "SLOWEST", LIMIT)
        monkeypatch.setattr(module, "SLOWEST_FILE", LIMIT)


@pytest.mark.parametrize(
    ("sent", "slowly", "answer"),
    [
        ("", "", ""),
        ("", "POST /enter HTTP/1.1\r\nHost: " + "x" * 1000, ""),
        (head("/enter", len(WHOLE)) + WHOLE, "POST /enter HTTP/1.1\r\nHost: " + "x" * 1000, "204"),
        (head("/enter", 1000), "{" + " " * 1000, "408"),
        (head("/desk/print", 1000), "{" + " " * 1000, "401"),
        (head("/list/read", 10**6), "{" + " " * 1000, "401"),
    ],
)
def test_who_sends_too_slowly_is_cut_off(
    tmp_path: Path, sent: str, slowly: str, answer: str
) -> None:
    """That holds for the headers, for a body, and for a body that nobody reads any more."""

    async def try_it() -> str:
        async with served(tmp_path) as one:
            slow = await one.wire()
            slow.writer.write(sent.encode())
            dripping = asyncio.ensure_future(slow.drip(slowly))
            quick = await one.wire()
            assert "204" in await quick.say(head("/enter", len(WHOLE)) + WHOLE)
            quick.writer.close()
            return await dripping

    got = asyncio.run(try_it())
    assert got.partition("\r\n")[0].split()[1:2] == answer.split()


def test_who_does_not_take_an_answer_is_cut_off(tmp_path: Path) -> None:
    """What was to be sent is not kept for ever."""

    async def try_it() -> None:
        async with served(tmp_path, bytes(32 * 1024 * 1024)) as one:
            slow = await one.wire()
            get = f"GET /assets/1/desk.js HTTP/1.1\r\nHost: {HOST}\r\n\r\n"
            assert "200" in await slow.say(get)
            while one.server.server_state.connections:  # noqa: ASYNC110 -- no event tells it
                await asyncio.sleep(LIMIT / 10)
            slow.writer.close()

    asyncio.run(try_it())


def test_no_more_connections_are_held_than_desks_need(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One more is closed at once, and those that are there go on."""
    monkeypatch.setattr(connections, "MOST_CONNECTIONS", 2)

    async def try_it() -> None:
        async with served(tmp_path) as one:
            waiting = [await one.wire() for _ in range(2)]
            assert await (await one.wire()).drip("") == ""
            for each in waiting:
                assert "204" in await each.say(head("/enter", len(WHOLE)) + WHOLE)
                each.writer.close()

    asyncio.run(try_it())
