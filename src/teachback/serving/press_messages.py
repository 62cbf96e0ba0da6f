"""Define what server and press room send each other."""

from __future__ import annotations

import os
import signal
from multiprocessing.connection import Connection
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Protocol

from teachback.printing.process_limits import leave_no_image, stay_in_memory

if TYPE_CHECKING:
    from collections.abc import Callable

    from teachback.errors import Problem

# The number of a message with blank pages, which the server keeps for the next press room.
KEPT: Final = 0


class Request(NamedTuple):
    """A request of the server: its number, what is wanted, and with what."""

    number: int
    wanted: str
    given: dict[str, Any]


class Reply(NamedTuple):
    """The answer to a request: plain data or bytes, or the problems that stop it.

    `status` is the HTTP status that fits. `fields` has the field that each problem is about.
    """

    number: int
    result: Any = None
    problems: tuple[Problem, ...] = ()
    fields: tuple[str, ...] = ()
    status: int = 200


class AnsweringRoom(Protocol):
    """A process that answers the server."""

    def run(self) -> None:
        """Answer requests. Raises EOFError when the server is gone."""


def answer_server(descriptor: int, opened: Callable[..., AnsweringRoom]) -> None:
    """Answer the server at the other end of a socket until it is gone.

    The room is opened with the workspace, the settings and the rest that the server sends first.
    """
    leave_no_image()
    stay_in_memory()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    nothing = os.open(os.devnull, os.O_RDWR)
    for stream in range(3):
        os.dup2(nothing, stream)
    pipe = Connection(descriptor)
    try:
        opened(*pipe.recv(), pipe).run()
    except (EOFError, OSError):
        # The server is gone, or this process is.
        os._exit(0)
