"""Provide front desks for tests: a press room that is asked directly, and a desk with stand-ins."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import jinja2

from teachback.serving.desk_app import Desk
from teachback.serving.desk_pages import DeskPages
from teachback.serving.log_in import SessionStore
from teachback.serving.press_link import PressLink
from teachback.serving.request_guard import AllowedHosts
from teachback.serving.room_starter import PRESS_ROOM, RoomStarter

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterable, Mapping

    from teachback.files.workspace import Workspace
    from teachback.merge.record_shapes import CellMeaning
    from teachback.printing.settings import Settings

HOST = "127.0.0.1:8470"
# What the desk's own page sends with each question.
OWN = {"origin": f"http://{HOST}", "x-teachback": "1", "sec-fetch-site": "same-origin"}
SECRET = "a-secret-of-the-test"  # noqa: S105 -- of no real server


def children(process: int) -> list[int]:
    """Return the ids of the processes that a process has started, the oldest first."""
    paths = Path(f"/proc/{process}/task").glob("*/children")
    ids = [int(one) for path in paths for one in path.read_text("ascii").split()]
    return sorted(ids, key=_started)


def _started(process: int) -> int:
    """Return when a process was started. Ids begin anew at 1, so a later one may be smaller."""
    fields = Path(f"/proc/{process}/stat").read_text("utf-8").rpartition(")")[2].split()
    return int(fields[19])


class AskedPressRoom:
    """A real press room, asked without a server."""

    def __init__(
        self,
        workspace: Workspace,
        settings: Settings,
        *meant: CellMeaning,
        kind: bytes = PRESS_ROOM,
    ) -> None:
        """Start it. `meant` says what cells of a list stand for."""
        self._loop = asyncio.new_event_loop()
        self.starter = RoomStarter()
        self.link = PressLink(self.starter, workspace, settings, meant, kind)
        self._loop.run_until_complete(self.link.__aenter__())

    @property
    def processes(self) -> list[int]:
        """The ids of its process, and of the one that waits to take its place."""
        return children(self.starter.process_id)

    def ask(self, wanted: str, **given: Any) -> Any:  # noqa: ANN401 -- plain data
        """Return its answer, or raise what it refuses."""
        return self._loop.run_until_complete(self.link.ask(wanted, **given))

    def ask_together(self, wanted: str, *given: Mapping[str, Any]) -> list[Any]:
        """Return its answers to questions of several desks at the same time."""

        async def asked() -> list[Any]:
            return await asyncio.gather(*(self.link.ask(wanted, **each) for each in given))

        return self._loop.run_until_complete(asked())

    def close(self) -> None:
        """End it."""
        self.link.close()
        self.starter.close()
        self._loop.close()


class StandInPress:
    """A press room that gives prepared answers, and keeps what it was asked."""

    def __init__(self, answers: Mapping[str, Any]) -> None:
        """Keep the answers by what is wanted."""
        self.answers = dict(answers)
        self.asked: list[tuple[str, dict[str, Any]]] = []

    async def ask(self, wanted: str, **given: Any) -> Any:  # noqa: ANN401 -- plain data
        """Return a prepared answer, or raise it."""
        self.asked.append((wanted, given))
        answer = self.answers[wanted]
        if isinstance(answer, Exception):
            raise answer
        return answer


class StandInLive:
    """The pages of authors, which are always the same."""

    def handouts(self) -> tuple[str, ...]:
        """Return the names of handouts."""
        return ("tiny",)

    async def picture(self, digest: str) -> bytes:
        """Return a picture."""
        return digest.encode()

    async def events(self, handout: str, is_open: Callable[[], bool]) -> AsyncIterator[str]:
        """Yield one event, with the name of the handout and whether the session is open."""
        yield f"data: {handout} {is_open()}\n\n"


def stand_in_desk(
    state: Path,
    answers: Mapping[str, Any],
    scheme: str = "http",
    **own: Any,  # noqa: ANN401 -- fields of Desk
) -> Desk:
    """Return a desk whose press room gives prepared answers, with pages of one word."""
    pages = DeskPages(
        jinja2.Environment(
            loader=jinja2.DictLoader(
                {"desk.html": "desk", "enter.html": "enter", "live.html": "{{ handout }}"}
            ),
            autoescape=True,
        ),
        {},
        {"desk.js": (b"1;", "text/javascript")},
        "/assets/1",
    )
    fields = {
        "sessions": SessionStore(SECRET),
        "allowed": AllowedHosts(frozenset({HOST}), scheme),
        **own,
    }
    press: Any = StandInPress(answers)
    live: Any = StandInLive()
    return Desk(press, pages, live=live, state=state, **fields)


class DeskAnswer(NamedTuple):
    """An answer of the application."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def text(self) -> str:
        """The body as text."""
        return self.body.decode()

    @property
    def problems(self) -> list[dict[str, str]]:
        """The problems of a refusal."""
        found: list[dict[str, str]] = json.loads(self.body)["problems"]
        return found


class DeskBrowser:
    """A browser before an application, without a network. It keeps one cookie."""

    def __init__(self, app: Any) -> None:  # noqa: ANN401 -- an ASGI application
        """Open it."""
        self._app = app
        self._cookie = ""

    def ask(self, *question: Any, **details: Any) -> DeskAnswer:  # noqa: ANN401 -- as of `asked`
        """Send a question, and wait for its answer."""
        return asyncio.run(self.asked(*question, **details))

    async def asked(
        self,
        method: str,
        path: str,
        body: Any = None,  # noqa: ANN401 -- any JSON, or bytes
        slip: Mapping[str, str | None] | None = None,
        chunks: Iterable[bytes] | None = None,
    ) -> DeskAnswer:
        """Send a question as the desk's page does, but for a slip in its headers."""
        sent = (
            body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        )
        headers = {
            "host": HOST,
            **OWN,
            "content-type": "application/json",
            **({} if chunks else {"content-length": str(len(sent))}),
            **({"cookie": self._cookie} if self._cookie else {}),
            **(slip or {}),
        }
        where, _, query = path.partition("?")
        scope = {
            "type": "http",
            "http_version": "1.1",
            "method": method,
            "path": where,
            "raw_path": where.encode(),
            "query_string": query.encode(),
            "root_path": "",
            "scheme": "http",
            "client": ("127.0.0.1", 1),
            "headers": [
                (name.encode(), value.encode())
                for name, value in headers.items()
                if value is not None
            ],
        }
        answer = await _called(self._app, scope, list(chunks or [sent]))
        cookie = answer.headers.get("set-cookie", "")
        self._cookie = cookie.partition(";")[0] or self._cookie
        return answer


async def _called(app: Any, scope: Any, chunks: list[bytes]) -> DeskAnswer:  # noqa: ANN401 -- ASGI
    got: list[Any] = []

    async def receive() -> Any:  # noqa: ANN401 -- ASGI
        if not chunks:
            await asyncio.Event().wait()
        return {"type": "http.request", "body": chunks.pop(0), "more_body": bool(chunks)}

    async def send(message: Any) -> None:  # noqa: ANN401 -- ASGI
        got.append(message)

    await app(scope, receive, send)
    headers = {name.decode(): value.decode() for name, value in got[0]["headers"]}
    body = b"".join(message.get("body", b"") for message in got[1:])
    return DeskAnswer(got[0]["status"], headers, body)
