"""Define what server and press room send each other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

if TYPE_CHECKING:
    from teachback.errors import Problem

# The number of a message with blank pages, which the server keeps for the next press room.
KEPT: Final = 0
# The number of the last message of a press room that ends by itself: its problems are the reason.
ENDED: Final = -1


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


def problem_json(problem: Problem, field: str = "") -> dict[str, str]:
    """Return a problem as the desk shows it: message, hint, and the field that it is about."""
    place = f"{problem.location}: " if problem.location and problem.location.file else ""
    told = {"message": f"{place}{problem.message}", "hint": problem.hint}
    return {**told, "field": field} if field else told
