"""Answer the desk's page: routes from a request to the press room's answer.

Nothing of a request's body is kept, logged or put into an error. No part of an address names a
file: pages and files are looked up in memory.
"""

from __future__ import annotations

import base64
import datetime as dt
from collections import OrderedDict
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from teachback.errors import Problem, TeachbackError, fault_problem
from teachback.serving.desk_requests import (
    CardsQuestion,
    CodeQuestion,
    EditionQuestion,
    EnterQuestion,
    ListQuestion,
    PatchQuestion,
    PrintQuestion,
    PrintRowsQuestion,
    RowsQuestion,
    StocksQuestion,
    TopicQuestion,
    asked,
)
from teachback.serving.live_routes import authors_page, live_events, live_picture
from teachback.serving.log_in import ThrottledError, hashed_cookie
from teachback.serving.press_link import PressRoomEndedError, RefusedReplyError
from teachback.serving.press_messages import problem_json
from teachback.serving.print_audit import PrintedAtDesk, record_prints
from teachback.serving.printer_queue import lp_command, send_to_queue
from teachback.serving.request_guard import BodyRefusedError, RequestGuard
from teachback.serving.request_rate import RequestLimit

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable
    from pathlib import Path

    from starlette.requests import Request

    from teachback.serving.desk_pages import DeskPages
    from teachback.serving.live_desk import LiveDesk
    from teachback.serving.log_in import SessionStore
    from teachback.serving.press_link import PressLink
    from teachback.serving.request_guard import AllowedHosts

    Handler = Callable[["Desk", Request], Awaitable[Response]]

_ONE_YEAR: Final = "max-age=31536000, immutable"
# In bytes: the pictures of blank pages that are held.
MOST_PICTURES: Final = 64 * 1024 * 1024
_OPEN: Final = ("/enter", "/assets/")
_UNKNOWN: Final = Problem("there is no such page", "Open the desk's page again.")
_NEW_ADDRESS: Final = (
    "Copy the whole address from the window in which Teachback was started. Each start makes a "
    "new one."
)


@dataclass
class Desk:
    """The values that all routes share.

    `state` is the folder of the audit, `queue` the printer queue or "". `clear_after` is how many
    seconds without a key the page waits before it clears what was typed. `pictures` are blank
    pages by the key of their edition, their number and their dots to the inch.
    """

    press: PressLink
    pages: DeskPages
    sessions: SessionStore
    allowed: AllowedHosts
    live: LiveDesk
    state: Path
    queue: str = ""
    clear_after: int = 600
    limit: RequestLimit = field(default_factory=RequestLimit)
    pictures: OrderedDict[tuple[str, int, int], bytes] = field(default_factory=OrderedDict)

    @property
    def cookie(self) -> str:
        """The name of the cookie. `__Host-` binds it to this host, which needs TLS."""
        return "__Host-teachback" if self.allowed.scheme == "https" else "teachback"


def desk_app(desk: Desk) -> RequestGuard:
    """Return the application, behind its guard of requests."""
    routes: tuple[tuple[str, str, Handler], ...] = (
        ("GET", "/", _home),
        ("GET", "/enter", _entrance),
        ("POST", "/enter", _enter),
        ("POST", "/leave", _leave),
        ("GET", "/assets/{version}/{name:path}", _asset),
        ("GET", "/desk/topics", _topics),
        ("POST", "/desk/edition", _edition),
        ("POST", "/desk/stocks", _stocks),
        ("POST", "/desk/cards", _cards),
        ("GET", "/page/{key}/{number:int}.png", _page),
        ("POST", "/desk/patch", _patch),
        ("POST", "/desk/print", _print),
        ("POST", "/list/columns", _list_columns),
        ("POST", "/list/read", _read_list),
        ("POST", "/list/check", _check_list),
        ("POST", "/list/print", _print_list),
        ("POST", "/editions", _editions),
        ("POST", "/editions/scan", _scan),
        ("GET", "/editions/file/{digest}.pdf", _kept),
        ("GET", "/preview", authors_page),
        ("GET", "/preview/{handout}", authors_page),
        ("GET", "/preview/{handout}/events", live_events),
        ("GET", "/preview/pages/{digest}.png", live_picture),
    )

    @asynccontextmanager
    async def until_stopped(_: Starlette) -> AsyncIterator[None]:
        yield
        await desk.press.finish()

    app = Starlette(
        lifespan=until_stopped,
        routes=[
            Route(path, _answering(desk, handler), methods=[method])
            for method, path, handler in routes
        ],
        exception_handlers={HTTPException: _unknown},
    )
    # A redirect would repeat the host of the request.
    app.router.redirect_slashes = False
    return RequestGuard(app, desk.allowed)


def _answering(desk: Desk, handler: Handler) -> Callable[[Request], Awaitable[Response]]:
    """Return the endpoint of a route: it lets nobody in without a session, and tells problems."""

    async def answer(request: Request) -> Response:
        path = request.scope["path"]
        person = _person(desk, request)
        try:
            _count(desk, request, person)
            if not path.startswith(_OPEN) and person is None:
                if request.method == "GET" and handler in _PAGES:
                    return RedirectResponse(_entrance_to(path), 303)
                return _refused(401, Problem("this page is locked", "Log in again."))
            return await handler(desk, request)
        except PressRoomEndedError as error:
            return _refused(503, *error.problems, again=1)
        except ThrottledError as error:
            return _refused(429, *error.problems, again=error.seconds)
        except (RefusedReplyError, BodyRefusedError) as error:
            return _refused(error.status, *error.problems, fields=error.fields)
        except TeachbackError as error:
            return _refused(422, *error.problems)
        except Exception as error:  # noqa: BLE001 -- its message may hold a value
            return _refused(500, fault_problem(error))

    return answer


def _refused(
    status: int, *problems: Problem, fields: tuple[str, ...] = (), again: int = 0
) -> JSONResponse:
    """Return a refusal. `again` is how many seconds later the same question may be answered."""
    names = fields or ("",) * len(problems)
    told = [problem_json(one, name) for one, name in zip(problems, names, strict=True)]
    headers = {"retry-after": str(again)} if again else None
    return JSONResponse({"problems": told}, status, headers)


async def _unknown(_: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 404
    return _refused(status, _UNKNOWN)


def _person(desk: Desk, request: Request) -> str | None:
    # A page asks for these by itself: that keeps no session open.
    path = request.scope["path"]
    used = path != "/desk/topics" and not path.startswith("/preview/")
    return desk.sessions.person(request.cookies.get(desk.cookie, ""), used=used)


def _count(desk: Desk, request: Request, person: str | None) -> None:
    """Count a request of a session, or of an address. Raises ThrottledError for too many."""
    # Files of the pages are in memory, and a page that lacks one does not work at all.
    if request.scope["path"].startswith("/assets/"):
        return
    cookie = request.cookies.get(desk.cookie, "")
    seconds = desk.limit.wait(_address(request) if person is None else hashed_cookie(cookie))
    if seconds:
        raise ThrottledError(seconds, "too many questions at once")


def _address(request: Request) -> str:
    return f"address {request.client.host if request.client else ''}"


async def _home(desk: Desk, _: Request) -> Response:
    return HTMLResponse(desk.pages.page("desk"))


def _entrance_to(path: str) -> str:
    """Return the address at which to enter, on the way to a page."""
    return "/enter" if path == "/" else f"/enter#{quote(path)}"


async def _entrance(desk: Desk, _: Request) -> Response:
    return HTMLResponse(desk.pages.page("enter", people=bool(desk.sessions.people)))


# Who has not entered is led to the entrance from these.
_PAGES: Final = (_home, authors_page)


async def _enter(desk: Desk, request: Request) -> Response:
    question = asked(EnterQuestion, await request.body())
    address = _address(request)
    if desk.sessions.people:
        cookie = await run_in_threadpool(
            desk.sessions.enter_by_name, question.name, question.password, address
        )
        wrong = Problem("the name or the password is wrong", "Type both again.")
    else:
        cookie = desk.sessions.enter_by_secret(question.token, address)
        wrong = Problem("the key in this address is not valid", _NEW_ADDRESS)
    if cookie is None:
        return _refused(403, wrong)
    entered = Response(status_code=204)
    secure = desk.allowed.scheme == "https"
    entered.set_cookie(desk.cookie, cookie, httponly=True, samesite="strict", secure=secure)
    return entered


async def _leave(desk: Desk, request: Request) -> Response:
    desk.sessions.leave(request.cookies.get(desk.cookie, ""))
    left = Response(status_code=204, headers={"clear-site-data": '"cache", "storage"'})
    secure = desk.allowed.scheme == "https"
    left.delete_cookie(desk.cookie, httponly=True, samesite="strict", secure=secure)
    return left


async def _asset(desk: Desk, request: Request) -> Response:
    found = desk.pages.files.get(request.path_params["name"])
    prefix = f"/assets/{request.path_params['version']}"
    if found is None or prefix != desk.pages.prefix:
        return _refused(404, _UNKNOWN)
    headers = {"cache-control": f"public, {_ONE_YEAR}", "content-type": found[1]}
    return Response(found[0], headers=headers)


async def _topics(desk: Desk, request: Request) -> Response:
    told = await desk.press.ask("topics")
    own = {
        "person": _person(desk, request) or None,
        "idle_seconds": desk.clear_after,
        "queue": bool(desk.queue),
    }
    return JSONResponse({**told, **own})


async def _edition(desk: Desk, request: Request) -> Response:
    question = asked(EditionQuestion, await request.body())
    return JSONResponse(await desk.press.ask("edition", **question.model_dump()))


async def _stocks(desk: Desk, request: Request) -> Response:
    question = asked(StocksQuestion, await request.body())
    return JSONResponse(await desk.press.ask("stocks", **question.model_dump()))


async def _cards(desk: Desk, request: Request) -> Response:
    question = asked(CardsQuestion, await request.body())
    return JSONResponse(await desk.press.ask("cards", **question.model_dump()))


async def _page(desk: Desk, request: Request) -> Response:
    dots = request.query_params.get("dpi", "96")
    key, page = request.path_params["key"], request.path_params["number"]
    dpi = int(dots) if dots in {"96", "144", "192"} else 96
    wanted = (key, page, dpi)
    if wanted not in desk.pictures:
        desk.pictures[wanted] = await desk.press.ask("page", key=key, page=page, dpi=dpi)
        held = sum(map(len, desk.pictures.values()))
        while held > MOST_PICTURES:
            held -= len(desk.pictures.popitem(last=False)[1])
    desk.pictures.move_to_end(wanted)
    headers = {"cache-control": f"private, {_ONE_YEAR}"}
    return Response(desk.pictures[wanted], headers=headers, media_type="image/png")


async def _patch(desk: Desk, request: Request) -> Response:
    question = asked(PatchQuestion, await request.body())
    found = await desk.press.ask("patch", **question.model_dump())
    patches = [
        {
            "page": strip.page + 1,
            "x": strip.left,
            "y": strip.top,
            "width": strip.width,
            "height": strip.height,
            "png": base64.b64encode(png).decode(),
        }
        for strip, png in found["patches"]
    ]
    return JSONResponse({**found, "patches": patches})


async def _print(desk: Desk, request: Request) -> Response:
    question = asked(PrintQuestion, await request.body())
    given: dict[str, Any] = question.model_dump(exclude={"to"})
    to_queue = question.to == "queue"
    if to_queue:
        given["copies"] = 1
    if to_queue and not desk.queue:
        hint = "Start the server with --printer-queue NAME."
        raise TeachbackError(Problem("this server has no printer of its own", hint))
    made = await desk.press.ask("print", **given)
    printed = PrintedAtDesk(
        _person(desk, request) or "",
        made["code"],
        made["kind"],
        question.copies,
        desk.queue if to_queue else "browser",
    )
    await run_in_threadpool(record_prints, desk.state, [printed], dt.datetime.now(tz=dt.UTC))
    if to_queue:
        command = lp_command(desk.queue, made["box"], made["sides"], question.copies)
        await send_to_queue(made["pdf"], command)
        return JSONResponse({"printed": True})
    name = {"content-disposition": f'inline; filename="{made["kind"]}.pdf"'}
    return Response(made["pdf"], headers=name, media_type="application/pdf")


async def _editions(desk: Desk, request: Request) -> Response:
    question = asked(CodeQuestion, await request.body())
    return _found(await desk.press.ask("find", code=question.code))


async def _scan(desk: Desk, request: Request) -> Response:
    return _found(await desk.press.ask("find", photo=await request.body()))


def _found(told: dict[str, Any]) -> JSONResponse:
    for match in told["matches"]:
        if match["file"] is not None:
            match["file"] = f"/editions/file/{match['file']}.pdf"
    return JSONResponse(told)


async def _kept(desk: Desk, request: Request) -> Response:
    pdf = await desk.press.ask("kept", digest=request.path_params["digest"])
    name = {"content-disposition": 'inline; filename="kept.pdf"'}
    return Response(pdf, headers=name, media_type="application/pdf")


async def _list_columns(desk: Desk, request: Request) -> Response:
    question = asked(TopicQuestion, await request.body())
    return JSONResponse(await desk.press.ask("list columns", topic=question.topic))


async def _read_list(desk: Desk, request: Request) -> Response:
    question = asked(ListQuestion, await request.body())
    try:
        data = base64.b64decode(question.data, validate=True)
    except ValueError:
        message = "this list did not arrive as a whole"
        raise TeachbackError(Problem(message, "Drop the file again.")) from None
    given = question.model_dump(exclude={"data"})
    return JSONResponse(await desk.press.ask("read list", data=data, **given))


def _rows(question: RowsQuestion) -> list[tuple[int, dict[str, str]]]:
    return [(row.number, row.values) for row in question.rows]


async def _check_list(desk: Desk, request: Request) -> Response:
    question = asked(RowsQuestion, await request.body())
    found = await desk.press.ask("check list", topic=question.topic, rows=_rows(question))
    return JSONResponse(found)


async def _print_list(desk: Desk, request: Request) -> Response:
    question = asked(PrintRowsQuestion, await request.body())
    made = await desk.press.ask(
        "print list",
        topic=question.topic,
        rows=_rows(question),
        paper=question.paper,
        size=question.size,
    )
    person = _person(desk, request) or ""
    printed = [
        PrintedAtDesk(person, code, "list", count, "browser")
        for code, count in made["editions"].items()
    ]
    await run_in_threadpool(record_prints, desk.state, printed, dt.datetime.now(tz=dt.UTC))
    name = {"content-disposition": 'inline; filename="list.pdf"'}
    return Response(made["pdf"], headers=name, media_type="application/pdf")
