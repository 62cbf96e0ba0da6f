"""Let authors' pages follow a handout: events for a browser, from a live room that is started for them.

The live room is started when the first author looks, and ended when nobody has looked for a while.
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

    from teachback.files.workspace import Workspace
    from teachback.printing.settings import Settings
    from teachback.serving.room_starter import RoomStarter

# Addresses that open a file in an editor of the same machine. LINE and COLUMN are filled in by the
# page.
EDITORS: Final = {
    **{
        name: f"{name}://file{{path}}:LINE:COLUMN"
        for name in ("vscode", "vscodium", "cursor", "zed")
    },
    "idea": "idea://open?file={path}&line=LINE&column=COLUMN",
    "none": "",
}
# In s: how long the live room waits for the next author.
WAIT: Final = 60.0
# In s: the wait before an ended live room is asked again.
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
        """Keep what is shown; nothing is started yet."""
        self._given = (starter, workspace, settings)
        self._editor = EDITORS[editor]
        self._link: PressLink | None = None
        self._watching = 0
        self._ending: asyncio.TimerHandle | None = None

    def handouts(self) -> tuple[str, ...]:
        """Return the names of the handouts that can be looked at."""
        return tuple(handout_files(self._given[1]))

    async def picture(self, digest: str) -> bytes:
        """Return the picture of a page. Raises RefusedReplyError when it is gone."""
        found: bytes = await (await self._opened()).ask("picture", digest=digest)
        return found

    async def events(self, handout: str, is_open: Callable[[], bool]) -> AsyncIterator[str]:
        """Yield the events of a handout, as a browser reads them, until `is_open` returns False."""
        known: dict[str, Any] = {"run": "", "after": 0}
        self._watching += 1
        try:
            while is_open():
                try:
                    told = await (await self._opened()).ask("watch", handout=handout, **known)
                except PressRoomEndedError as error:
                    problems = [one.as_json() for one in error.problems if one != ONE_MOMENT]
                    yield _event("again", {"problems": problems})
                    await asyncio.sleep(_PAUSE)
                except RefusedReplyError as error:
                    problems = [problem.as_json() for problem in error.problems]
                    yield _event("refused", {"problems": problems})
                    return
                else:
                    known = {"run": told["run"], "after": told["after"]}
                    for part in told["parts"]:
                        yield _event("part", self._linked(part))
                    # Whoever is gone is noticed when something is sent.
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

    async def _opened(self) -> PressLink:
        if self._ending is not None:
            self._ending.cancel()
            self._ending = None
        if self._link is None:
            self._link = PressLink(*self._given, kind=LIVE_ROOM)
            await self._link.__aenter__()
        if self._watching == 0:
            self._end_later()
        return self._link

    def _end_later(self) -> None:
        self._ending = asyncio.get_running_loop().call_later(WAIT, self.close)

    def _linked(self, part: dict[str, Any]) -> dict[str, Any]:
        """Return a part with addresses for the editor in the place of the paths of files."""
        linked = dict(part)
        for kind in ("files", "broken"):
            if part.get(kind):
                linked[kind] = {name: self._edited(file) for name, file in part[kind].items()}
        return linked

    def _edited(self, file: dict[str, Any]) -> dict[str, Any]:
        address = self._editor.format(path=quote(file["path"]))
        return {"lines": file["lines"], "edit": address}


def _event(name: str, data: dict[str, Any]) -> str:
    return f"event: {name}\ndata: {json.dumps(data)}\n\n"
