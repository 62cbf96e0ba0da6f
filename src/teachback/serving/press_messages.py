"""Define what server and press room send each other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from teachback.errors import Problem


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
