"""Define the routes of the authors' page, to which changes of a handout are streamed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from starlette.responses import HTMLResponse, Response, StreamingResponse

if TYPE_CHECKING:
    from starlette.requests import Request

    from teachback.serving.desk_pages import DeskPages
    from teachback.serving.live_desk import LiveDesk
    from teachback.serving.log_in import SessionStore

_ONE_YEAR = "private, max-age=31536000, immutable"


class AuthorsDesk(Protocol):
    """The values of the desk that these routes need."""

    @property
    def pages(self) -> DeskPages:
        """The templates of pages."""
        ...

    @property
    def live(self) -> LiveDesk:
        """The pages of handouts as they are written."""
        ...

    @property
    def sessions(self) -> SessionStore:
        """The sessions."""
        ...

    @property
    def cookie(self) -> str:
        """The name of the session's cookie."""
        ...


async def authors_page(desk: AuthorsDesk, request: Request) -> Response:
    """Return the page of one handout, or of the list of all."""
    handout = request.path_params.get("handout", "")
    handouts = () if handout else desk.live.handouts()
    return HTMLResponse(desk.pages.page("live", handout=handout, handouts=handouts))


async def live_events(desk: AuthorsDesk, request: Request) -> Response:
    """Return the stream of what changes of a handout. It ends with the session."""
    cookie = request.cookies.get(desk.cookie, "")
    events = desk.live.events(
        request.path_params["handout"],
        lambda: desk.sessions.person(cookie, used=False) is not None,
    )
    # A proxy that buffers an answer would show nothing.
    headers = {"cache-control": "no-store", "x-accel-buffering": "no"}
    return StreamingResponse(events, headers=headers, media_type="text/event-stream")


async def live_picture(desk: AuthorsDesk, request: Request) -> Response:
    """Return the picture of a page. Its address has the hash of its content."""
    picture = await desk.live.picture(request.path_params["digest"])
    return Response(picture, headers={"cache-control": _ONE_YEAR}, media_type="image/png")
