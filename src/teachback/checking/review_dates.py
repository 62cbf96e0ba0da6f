"""Read who reviews a text until when, and find reviews that are due, overdue or undated. Pure.

The current day is an argument.
"""

from __future__ import annotations

import calendar
import datetime as dt
import re
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from teachback.checking.rule import Example, Rule
from teachback.content import handout as doc
from teachback.content.base_model import first_text, steps
from teachback.errors import Problem, Severity, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from teachback.errors import Location

    Locate = Callable[..., Location]

# A review that is due within this many months is a warning.
MONTHS_AHEAD: Final = 6

DUE: Final = Rule(
    "review-due",
    "a text whose review is due within six months, or overdue",
    Severity.WARNING,
    "Advice ages, and nobody notices on paper. Past its date, `build` warns and "
    "`build --release` refuses.",
    sources=("UK Patient Information Forum, PIF TICK criteria",),
    bad=(Example("{status: draft, due: 2026-11-21}"), Example("{status: draft, due: 2027-05-22}")),
    good=(Example("{status: draft, due: 2027-05-23}"), Example("{status: draft, due: 2028-11-22}")),
)
UNDATED: Final = Rule(
    "review-undated",
    "a text without a review date",
    Severity.WARNING,
    "Without a date, no list and no calendar reminds anyone to review it.",
    sources=("UK Patient Information Forum, PIF TICK criteria",),
    bad=(Example("{status: draft}"), Example("{status: draft, reviewer: null, due: null}")),
    good=(
        Example("{status: draft, due: 2028-01-01}"),
        Example("{status: draft, owner: The desk, due: 2028-01-01}"),
    ),
)
RULES: Final = (DUE, UNDATED)


class ReviewDuty(NamedTuple):
    """Who is responsible for a handout, or a part of it, and until when.

    A part takes what it does not set from the whole handout. `part` is empty for the whole handout,
    else a name that an author can search for.
    """

    handout: str
    language: str
    title: str
    version: dt.date
    part: str
    owner: str | None
    reviewer: str | None
    reviewed: dt.date | None
    due: dt.date | None
    place: Location

    @property
    def name(self) -> str:
        """Return the handout, with the part in brackets if there is one."""
        return f"{self.handout} ({self.part})" if self.part else self.handout


def review_duties(handout: doc.Handout, locate: Locate) -> tuple[ReviewDuty, ...]:
    """Return the review duty of a handout, then those of its parts in file order.

    `locate` returns the place of a path in the file.
    """
    review = handout.review
    title = first_text(handout.title)
    place = locate(("review", "due") if review.due else ("review",), key=True)
    whole = ReviewDuty(
        handout.id,
        handout.language,
        title,
        handout.version,
        "",
        review.owner,
        review.reviewer,
        review.reviewed,
        review.due,
        place,
    )
    duties = [whole]
    for path, value in steps(handout):
        part = getattr(value, "review", None)
        if isinstance(part, doc.PartReview):
            own_terms = {
                name: getattr(part, name)
                for name in ("owner", "reviewer", "reviewed", "due")
                if getattr(part, name) is not None
            }
            part_place = locate((*path, "review"), key=True)
            duties.append(
                whole._replace(part=_part_name(handout, path, value), place=part_place, **own_terms)
            )
    return tuple(duties)


def later(day: dt.date, months: int) -> dt.date:
    """Return the same day some months later, or the last day of that month if it is shorter."""
    years, month = divmod(day.month - 1 + months, 12)
    year, month = day.year + years, month + 1
    return dt.date(year, month, min(day.day, calendar.monthrange(year, month)[1]))


def horizon(within: str, today: dt.date) -> dt.date:
    """Return the last day of a span (6m, 2w, 30d or 1y) that starts today.

    Raises UsageError if the span is malformed.
    """
    match = re.fullmatch(r"(\d{1,3})([dwmy])", within.strip().lower())
    if match is None:
        raise UsageError(
            Problem(f"'{within[:20]}' is not a time span", "Write it as 6m, 2w, 30d or 1y.")
        )
    count = int(match[1])
    if match[2] in "dw":
        return today + dt.timedelta(days=count * (7 if match[2] == "w" else 1))
    return later(today, count * (12 if match[2] == "y" else 1))


def term_problems(duties: Iterable[ReviewDuty], today: dt.date) -> Iterator[Problem]:
    """Yield a warning for a review that is overdue, due in six months, or without a date.

    As in a build, only `--release` and `--strict` refuse an overdue one.
    """
    for duty in duties:
        owner = f" {duty.owner} sees to it." if duty.owner else ""
        if duty.due is None:
            message = f"'{duty.name}' has no review date"
            hint = f"Set `due:` in its review.{owner}"
            yield Problem(message, hint, duty.place, UNDATED.severity, UNDATED.id)
        elif duty.due <= later(today, MONTHS_AHEAD):
            verb = "was" if duty.due < today else "is"
            message = f"the review of '{duty.name}' {verb} due on {duty.due}"
            hint = f"Have it read again, and set a new `due:`.{owner}"
            yield Problem(message, hint, duty.place, DUE.severity, DUE.id)


def _part_name(handout: doc.Handout, path: tuple[Any, ...], value: object) -> str:
    if isinstance(value, doc.Section):
        return f"section {value.id}"
    own_id = getattr(value, "id", None)
    if own_id:
        return str(own_id)
    parent = handout.sections[path[1]].id if path[:1] == ("sections",) else path[0]
    return "/".join((str(parent), *(str(step) for step in path[3:])))
