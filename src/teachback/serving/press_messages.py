"""Define the messages between the server and the press room."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

if TYPE_CHECKING:
    from teachback.errors import Problem

# The number of a message with a blank edition. The server stores it for the next press room.
HANDOVER: Final = 0
# The number of the last message of a press room that ends by itself. Its problems are the reason.
ENDED: Final = -1


class Request(NamedTuple):
    """A request of the server: its number, and an action with its arguments."""

    number: int
    action: str
    arguments: dict[str, Any]


class Reply(NamedTuple):
    """The answer to a request: plain data or bytes, or the problems that stop it.

    `status` is the HTTP status that fits. `fields` names the field that each problem is about.
    """

    number: int
    result: Any = None
    problems: tuple[Problem, ...] = ()
    fields: tuple[str, ...] = ()
    status: int = 200


def problem_json(problem: Problem, field: str = "") -> dict[str, str]:
    """Return a problem as the desk shows it: message, hint, and the field that it is about."""
    place = f"{problem.location}: " if problem.location and problem.location.file else ""
    shown = {"message": f"{place}{problem.message}", "hint": problem.hint}
    return {**shown, "field": field} if field else shown
