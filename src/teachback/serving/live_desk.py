"""Stream to authors' pages what changes of a handout.

The events come from a live room. It is started when the first author looks, and ended when nobody
has looked for a while.
"""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from teachback.files.workspace import handout_files
from teachback.serving.press_link import (
    ONE_MOMENT,
    PressLink,
    PressRoomEndedError,
    RefusedReplyError,
)
from teachback.serving.room_starter import LIVE_ROOM

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from teachback.errors import Problem, TeachbackError
    from teachback.files.workspace import Workspace
    from teachback.printing.settings import Settings
    from teachback.serving.room_starter import RoomStarter

# Addresses that open a file in an editor on this machine. The page fills in LINE and COLUMN.
EDITORS: Final = {
    **{
        name: f"{name}://file{{path}}:LINE:COLUMN"
        for name in ("vscode", "vscodium", "cursor", "zed")
    },
    "idea": "idea://open?file={path}&line=LINE&column=COLUMN",
    "none": "",
}
# In s: how long the live room runs on without an author.
IDLE_SECONDS: Final = 60.0
# In s: the wait before a live room that has ended is asked again.
_PAUSE: Final = 0.5


class LiveDesk:
    """The pages of authors. `editor` is one of EDITORS, or "none" for browsers elsewhere."""

    def __init__(
        self,
        starter: RoomStarter,
        workspace: Workspace,
        settings: Settings,
        editor: str = "none",
    ) -> None:
        """Store what is shown. Nothing is started yet."""
        self._room_arguments = (starter, workspace, settings)
        self._editor = EDITORS[editor]
        self._link: PressLink | None = None
        self._watching = 0
        self._end_timer: asyncio.TimerHandle | None = None

    def handouts(self) -> tuple[str, ...]:
        """Return the names of the handouts that can be looked at."""
        return tuple(handout_files(self._room_arguments[1]))

    async def picture(self, digest: str) -> bytes:
        """Return the picture of a page. Raises RefusedReplyError when it is gone."""
        picture: bytes = await (await self._open_link()).ask("picture", digest=digest)
        return picture

    async def events(self, handout: str, is_open: Callable[[], bool]) -> AsyncIterator[str]:
        """Yield the events of a handout, as a browser reads them, until `is_open` returns False."""
        known: dict[str, Any] = {"run": "", "after": 0}
        self._watching += 1
        try:
            while is_open():
                try:
                    link = await self._open_link()
                    changes = await link.ask("watch", handout=handout, **known)
                except PressRoomEndedError as error:
                    yield _problems_event("again", error, ONE_MOMENT)
                    await asyncio.sleep(_PAUSE)
                except RefusedReplyError as error:
                    yield _problems_event("refused", error)
                    return
                else:
                    known = {"run": changes["run"], "after": changes["after"]}
                    for part in changes["parts"]:
                        yield _event("part", self._with_editor_links(part))
                    # The server notices that a browser is gone only when it sends something.
                    yield ": here\n\n"
            yield _event("locked", {})
        finally:
            self._watching -= 1
            if self._watching == 0:
                self._end_later()

    def close(self) -> None:
        """End the live room."""
        if self._link is not None:
            self._link.close()
            self._link = None

    async def _open_link(self) -> PressLink:
        """Return the link to the live room, which is started if it does not run."""
        if self._end_timer is not None:
            self._end_timer.cancel()
            self._end_timer = None
        if self._link is None:
            self._link = PressLink(*self._room_arguments, kind=LIVE_ROOM)
            await self._link.__aenter__()
        if self._watching == 0:
            self._end_later()
        return self._link

    def _end_later(self) -> None:
        self._end_timer = asyncio.get_running_loop().call_later(IDLE_SECONDS, self.close)

    def _with_editor_links(self, part: dict[str, Any]) -> dict[str, Any]:
        """Return a part with addresses for the editor in place of the paths of files."""
        linked = dict(part)
        for kind in ("files", "broken"):
            if part.get(kind):
                linked[kind] = {name: self._file_json(file) for name, file in part[kind].items()}
        return linked

    def _file_json(self, file: dict[str, Any]) -> dict[str, Any]:
        address = self._editor.format(path=quote(file["path"]))
        return {"lines": file["lines"], "edit": address}


def _problems_event(name: str, error: TeachbackError, unless: Problem | None = None) -> str:
    problems = [problem.as_json() for problem in error.problems if problem != unless]
    return _event(name, {"problems": problems})


def _event(name: str, data: dict[str, Any]) -> str:
    return f"event: {name}\ndata: {json.dumps(data)}\n\n"
