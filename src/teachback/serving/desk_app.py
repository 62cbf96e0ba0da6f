"""Define the desk's routes: each passes a request on and returns the press room's answer.

Nothing of a request's body is stored, logged or put into an error. No part of an address names a
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
from starlette.responses import (
    HTMLResponse,
    JSONResponse,
    RedirectResponse,
    Response,
    StreamingResponse,
)
from starlette.routing import Route

from teachback.errors import Problem, TeachbackError, fault_problem
from teachback.serving.desk_requests import (
    CardsQuestion,
    CodeQuestion,
    DeskQuestion,
    EditionQuestion,
    EnterQuestion,
    ListQuestion,
    PatchQuestion,
    PrintQuestion,
    PrintRowsQuestion,
    RowsQuestion,
    StocksQuestion,
    TopicQuestion,
    read_question,
)
from teachback.serving.log_in import ThrottledError, hashed_cookie
from teachback.serving.press_link import PressRoomEndedError, RefusedReplyError
from teachback.serving.press_messages import problem_json
from teachback.serving.print_audit import PrintedAtDesk, record_prints
from teachback.serving.printer_queue import lp_command, send_to_queue
from teachback.serving.request_guard import BodyRefusedError, RequestGuard, RequestLimit

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
# In bytes: the pictures of blank pages that are cached.
MOST_PICTURES: Final = 64 * 1024 * 1024
_WITHOUT_SESSION: Final = ("/enter", "/assets/")
_UNKNOWN: Final = Problem("there is no such page", "Open the desk's page again.")
_NEW_ADDRESS: Final = (
    "Copy the whole address from the window in which Teachback was started. Each start makes a "
    "new one."
)


@dataclass
class Desk:
    """The values that all routes share.

    `state` is the folder of the audit. `queue` is the printer queue, or "". `clear_after` is how
    many seconds without a key the page waits before it clears what was typed. `pictures` caches
    blank pages by the key of their edition, their number and their dots to the inch.
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
    """Return the application behind its guard of requests."""
    routes: tuple[tuple[str, str, Handler], ...] = (
        ("GET", "/", _home),
        ("GET", "/enter", _enter_page),
        ("POST", "/enter", _enter),
        ("POST", "/leave", _leave),
        ("GET", "/assets/{version}/{name:path}", _asset),
        ("GET", "/desk/topics", _topics),
        ("POST", "/desk/edition", _passing_on("edition", EditionQuestion)),
        ("POST", "/desk/stocks", _passing_on("stocks", StocksQuestion)),
        ("POST", "/desk/cards", _passing_on("cards", CardsQuestion)),
        ("GET", "/page/{key}/{number:int}.png", _page),
        ("POST", "/desk/patch", _patch),
        ("POST", "/desk/print", _print),
        ("POST", "/list/columns", _passing_on("list columns", TopicQuestion)),
        ("POST", "/list/read", _read_list),
        ("POST", "/list/check", _passing_on("check list", RowsQuestion)),
        ("POST", "/list/print", _print_list),
        ("POST", "/editions", _editions),
        ("POST", "/editions/scan", _scan),
        ("GET", "/editions/file/{digest}.pdf", _archived_pdf),
        ("GET", "/preview", _authors_page),
        ("GET", "/preview/{handout}", _authors_page),
        ("GET", "/preview/{handout}/events", _live_events),
        ("GET", "/preview/pages/{digest}.png", _live_picture),
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
        exception_handlers={HTTPException: _unknown_page},
    )
    # A redirect would repeat the host of the request.
    app.router.redirect_slashes = False
    return RequestGuard(app, desk.allowed)


def _answering(desk: Desk, handler: Handler) -> Callable[[Request], Awaitable[Response]]:
    """Return the endpoint of a route. It requires a session, and turns errors into refusals."""

    async def answer(request: Request) -> Response:
        path = request.scope["path"]
        person = _person(desk, request)
        try:
            _throttle(desk, request, person)
            if not path.startswith(_WITHOUT_SESSION) and person is None:
                if request.method == "GET" and handler in _PAGES:
                    return RedirectResponse(_enter_address(path), 303)
                return _refused(401, Problem("this page is locked", "Log in again."))
            return await handler(desk, request)
        except PressRoomEndedError as error:
            return _refused(503, *error.problems, retry_after=1)
        except ThrottledError as error:
            return _refused(429, *error.problems, retry_after=error.seconds)
        except (RefusedReplyError, BodyRefusedError) as error:
            return _refused(error.status, *error.problems, fields=error.fields)
        except TeachbackError as error:
            return _refused(422, *error.problems)
        except Exception as error:  # noqa: BLE001 -- its message may hold a value
            return _refused(500, fault_problem(error))

    return answer


def _refused(
    status: int, *problems: Problem, fields: tuple[str, ...] = (), retry_after: int = 0
) -> JSONResponse:
    """Return a refusal. With `retry_after`, the same request may be answered so many s later."""
    names = fields or ("",) * len(problems)
    listed = [problem_json(problem, name) for problem, name in zip(problems, names, strict=True)]
    headers = {"retry-after": str(retry_after)} if retry_after else None
    return JSONResponse({"problems": listed}, status, headers)


async def _unknown_page(_: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 404
    return _refused(status, _UNKNOWN)


def _person(desk: Desk, request: Request) -> str | None:
    """Return who sent a request, as `SessionStore.person` does."""
    # Pages send these requests by themselves, so they do not prolong a session.
    path = request.scope["path"]
    used = path != "/desk/topics" and not path.startswith("/preview/")
    return desk.sessions.person(request.cookies.get(desk.cookie, ""), used=used)


def _throttle(desk: Desk, request: Request, person: str | None) -> None:
    """Count a request of a session, or of an address. Raises ThrottledError for too many."""
    # Assets are in memory, and a page that lacks one does not work at all.
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


def _enter_address(path: str) -> str:
    """Return the address of the log-in page, which leads on to the page at `path`."""
    return "/enter" if path == "/" else f"/enter#{quote(path)}"


async def _enter_page(desk: Desk, _: Request) -> Response:
    return HTMLResponse(desk.pages.page("enter", people=bool(desk.sessions.people)))


async def _authors_page(desk: Desk, request: Request) -> Response:
    """Return the page of one handout, or of the list of all."""
    handout = request.path_params.get("handout", "")
    handouts = () if handout else desk.live.handouts()
    return HTMLResponse(desk.pages.page("live", handout=handout, handouts=handouts))


# Without a session, these lead to the log-in page. Other routes refuse.
_PAGES: Final = (_home, _authors_page)


async def _enter(desk: Desk, request: Request) -> Response:
    question = read_question(EnterQuestion, await request.body())
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
    response = Response(status_code=204)
    secure = desk.allowed.scheme == "https"
    response.set_cookie(desk.cookie, cookie, httponly=True, samesite="strict", secure=secure)
    return response


async def _leave(desk: Desk, request: Request) -> Response:
    desk.sessions.leave(request.cookies.get(desk.cookie, ""))
    response = Response(status_code=204, headers={"clear-site-data": '"cache", "storage"'})
    secure = desk.allowed.scheme == "https"
    response.delete_cookie(desk.cookie, httponly=True, samesite="strict", secure=secure)
    return response


async def _asset(desk: Desk, request: Request) -> Response:
    asset = desk.pages.files.get(request.path_params["name"])
    prefix = f"/assets/{request.path_params['version']}"
    if asset is None or prefix != desk.pages.prefix:
        return _refused(404, _UNKNOWN)
    content, media_type = asset
    headers = {"cache-control": f"public, {_ONE_YEAR}", "content-type": media_type}
    return Response(content, headers=headers)


async def _topics(desk: Desk, request: Request) -> Response:
    topics = await desk.press.ask("topics")
    of_server = {
        "person": _person(desk, request) or None,
        "idle_seconds": desk.clear_after,
        "queue": bool(desk.queue),
    }
    return JSONResponse({**topics, **of_server})


def _passing_on(action: str, kind: type[DeskQuestion]) -> Handler:
    """Return the handler of a question that the press room answers as it was asked."""

    async def handler(desk: Desk, request: Request) -> Response:
        question = read_question(kind, await request.body())
        return JSONResponse(await desk.press.ask(action, **question.model_dump()))

    return handler


async def _page(desk: Desk, request: Request) -> Response:
    resolution = request.query_params.get("dpi", "96")
    key, page = request.path_params["key"], request.path_params["number"]
    dpi = int(resolution) if resolution in {"96", "144", "192"} else 96
    picture_key = (key, page, dpi)
    if picture_key not in desk.pictures:
        desk.pictures[picture_key] = await desk.press.ask("page", key=key, page=page, dpi=dpi)
        cached_bytes = sum(map(len, desk.pictures.values()))
        while cached_bytes > MOST_PICTURES:
            cached_bytes -= len(desk.pictures.popitem(last=False)[1])
    desk.pictures.move_to_end(picture_key)
    return _picture(desk.pictures[picture_key])


async def _patch(desk: Desk, request: Request) -> Response:
    question = read_question(PatchQuestion, await request.body())
    answer = await desk.press.ask("patch", **question.model_dump())
    patches = [
        {
            "page": strip.page + 1,
            "x": strip.left,
            "y": strip.top,
            "width": strip.width,
            "height": strip.height,
            "png": base64.b64encode(png).decode(),
        }
        for strip, png in answer["patches"]
    ]
    return JSONResponse({**answer, "patches": patches})


async def _print(desk: Desk, request: Request) -> Response:
    question = read_question(PrintQuestion, await request.body())
    arguments: dict[str, Any] = question.model_dump(exclude={"to"})
    to_queue = question.to == "queue"
    if to_queue:
        # `lp` makes the copies.
        arguments["copies"] = 1
    if to_queue and not desk.queue:
        hint = "Start the server with --printer-queue NAME."
        raise TeachbackError.of("this server has no printer of its own", hint)
    paper = await desk.press.ask("print", **arguments)
    printed = PrintedAtDesk(
        _person(desk, request) or "",
        paper["code"],
        paper["kind"],
        question.copies,
        desk.queue if to_queue else "browser",
    )
    await _record(desk, [printed])
    if to_queue:
        command = lp_command(desk.queue, paper["box"], paper["sides"], question.copies)
        await send_to_queue(paper["pdf"], command)
        return JSONResponse({"printed": True})
    return _pdf(paper["pdf"], f"{paper['kind']}.pdf")


async def _record(desk: Desk, printed: list[PrintedAtDesk]) -> None:
    """Add prints to the audit, before they are handed out."""
    await run_in_threadpool(record_prints, desk.state, printed, dt.datetime.now(tz=dt.UTC))


def _pdf(data: bytes, name: str) -> Response:
    headers = {"content-disposition": f'inline; filename="{name}"'}
    return Response(data, headers=headers, media_type="application/pdf")


async def _editions(desk: Desk, request: Request) -> Response:
    question = read_question(CodeQuestion, await request.body())
    return _matches(await desk.press.ask("find", code=question.code))


async def _scan(desk: Desk, request: Request) -> Response:
    return _matches(await desk.press.ask("find", photo=await request.body()))


def _matches(answer: dict[str, Any]) -> JSONResponse:
    """Return the matches of a code with the address of each archived file."""
    for match in answer["matches"]:
        if match["file"] is not None:
            match["file"] = f"/editions/file/{match['file']}.pdf"
    return JSONResponse(answer)


async def _archived_pdf(desk: Desk, request: Request) -> Response:
    pdf = await desk.press.ask("archived pdf", digest=request.path_params["digest"])
    return _pdf(pdf, "kept.pdf")


async def _read_list(desk: Desk, request: Request) -> Response:
    question = read_question(ListQuestion, await request.body())
    try:
        data = base64.b64decode(question.data, validate=True)
    except ValueError:
        message = "this list did not arrive as a whole"
        raise TeachbackError.of(message, "Drop the file again.") from None
    arguments = question.model_dump(exclude={"data"})
    return JSONResponse(await desk.press.ask("read list", data=data, **arguments))


async def _print_list(desk: Desk, request: Request) -> Response:
    question = read_question(PrintRowsQuestion, await request.body())
    paper = await desk.press.ask("print list", **question.model_dump())
    person = _person(desk, request) or ""
    printed = [
        PrintedAtDesk(person, code, "list", count, "browser")
        for code, count in paper["editions"].items()
    ]
    await _record(desk, printed)
    return _pdf(paper["pdf"], "list.pdf")


async def _live_events(desk: Desk, request: Request) -> Response:
    """Return the stream of what changes of a handout. It ends with the session."""
    cookie = request.cookies.get(desk.cookie, "")
    # An open stream alone does not keep the session from ending.
    events = desk.live.events(
        request.path_params["handout"],
        lambda: desk.sessions.person(cookie, used=False) is not None,
    )
    # A proxy that buffers an answer would show nothing.
    headers = {"cache-control": "no-store", "x-accel-buffering": "no"}
    return StreamingResponse(events, headers=headers, media_type="text/event-stream")


async def _live_picture(desk: Desk, request: Request) -> Response:
    """Return the picture of a page. Its address has the hash of its content."""
    return _picture(await desk.live.picture(request.path_params["digest"]))


def _picture(png: bytes) -> Response:
    headers = {"cache-control": f"private, {_ONE_YEAR}"}
    return Response(png, headers=headers, media_type="image/png")
