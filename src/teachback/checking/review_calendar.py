"""List the reviews that are due in a workspace, as rows, CSV or a calendar file."""

from __future__ import annotations

import datetime as dt
import hashlib
import io
import re
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from teachback.checking.review_dates import ReviewDuty, review_duties, term_problems
from teachback.errors import Problem, in_file_order
from teachback.files.workspace import Workspace, chosen_handouts

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from icalendar import Event

_CONTROL_CHARACTERS: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
# Calendars compare SEQUENCE first (RFC 5546, section 2.1.5). It is the number of seconds since this
# moment, and overflows in 2094.
_SEQUENCE_START: Final = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)


class DueList(NamedTuple):
    """Reviews due by a day (overdue ones first), undated reviews, and unreadable handouts.

    `approval` is the review status in words by file.
    """

    terms: tuple[ReviewDuty, ...]
    approval: Mapping[str, str]
    undated: tuple[Problem, ...]
    problems: tuple[Problem, ...]


def due_list(
    workspace: Workspace, today: dt.date, until: dt.date, names: tuple[str, ...] = ()
) -> DueList:
    """Return every handout and part whose review is due by the day `until`.

    Only the named handouts are looked at, or the workspace's own if none are named. Raises
    TeachbackError if a shared file is wrong.
    """
    from teachback.content.loader import read_handouts

    reading = read_handouts(workspace, chosen_handouts(names, workspace))
    duties: list[ReviewDuty] = []
    undated: list[Problem] = []
    states = {}
    for authored in reading.authored.values():
        handout_duties = review_duties(authored.handout, authored.file.locate)
        states[handout_duties[0].place.file] = authored.approval.word(authored.handout.review)
        duties += [duty for duty in handout_duties if duty.due is not None and duty.due <= until]
        undated += term_problems((duty for duty in handout_duties if duty.due is None), today)
    duties.sort(key=lambda duty: (duty.due, duty.handout, duty.language, duty.place))
    problems = in_file_order(problem for group in reading.problems.values() for problem in group)
    return DueList(tuple(duties), states, tuple(undated), problems)


def due_rows(due: DueList, today: dt.date) -> list[dict[str, Any]]:
    """Return a row for each review of a list, for a table, CSV or JSON."""
    return [
        {
            "due": str(duty.due),
            "when": _days_until(duty.due, today) if duty.due else "",
            "handout": duty.handout,
            "part": duty.part or "all of it",
            "language": duty.language,
            "owner": duty.owner,
            "reviewer": duty.reviewer,
            "reviewed": str(duty.reviewed) if duty.reviewed else None,
            "review": due.approval[duty.place.file],
            "place": str(duty.place),
        }
        for duty in due.terms
    ]


def as_csv(rows: Iterable[Mapping[str, Any]]) -> str:
    """Return rows as CSV, with a header line even if there are none."""
    import csv

    text = io.StringIO()
    columns = [
        "due", "when", "handout", "part", "language", "owner", "reviewer", "reviewed", "review",
        "place",
    ]  # fmt: skip
    writer = csv.DictWriter(text, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def as_calendar(duties: Iterable[ReviewDuty], now: dt.datetime) -> bytes:
    """Return reviews as an iCalendar file (RFC 5545), with an all-day event for each.

    `now` is the moment of the export. It is DTSTAMP, LAST-MODIFIED and SEQUENCE, so that calendars
    take each later export for the newer one. No date in a handout would do, since a due date may
    also move to an earlier day. Nothing else depends on the clock.
    """
    from icalendar import Calendar, Timezone, TimezoneStandard

    calendar = Calendar()
    calendar.add("version", "2.0")
    calendar.add("prodid", "-//Teachback//Reviews//EN")
    calendar.add("calscale", "GREGORIAN")
    for duty in duties:
        calendar.add_component(_event(duty, now.astimezone(dt.UTC)))
    if not calendar.subcomponents:
        # A calendar must have a component (section 3.6). A time zone is the smallest one that may
        # stand alone.
        zone, standard = Timezone(tzid="UTC"), TimezoneStandard()
        standard.add("dtstart", dt.datetime(1970, 1, 1))  # noqa: DTZ001 -- local, as its zone asks
        standard.add("tzoffsetfrom", dt.timedelta(0))
        standard.add("tzoffsetto", dt.timedelta(0))
        zone.add_component(standard)
        calendar.add_component(zone)
    return bytes(calendar.to_ical(sorted=False))


def _days_until(day: dt.date, today: dt.date) -> str:
    days = (day - today).days
    count = f"{abs(days)} day{'s' if abs(days) != 1 else ''}"
    return "today" if days == 0 else f"overdue by {count}" if days < 0 else f"in {count}"


def _event(duty: ReviewDuty, now: dt.datetime) -> Event:
    from icalendar import Event

    assert duty.due is not None  # noqa: S101 -- lists hold only terms with a date
    digest = hashlib.sha256(f"{duty.handout}|{duty.language}|{duty.part}".encode()).hexdigest()[:16]
    details = [("Owner", duty.owner), ("Reviewer", duty.reviewer), ("File", duty.place.file)]
    lines = [duty.title, *(f"{name}: {value}" for name, value in details if value)]
    event = Event()
    event.add("uid", f"{duty.handout}-{duty.language}-{digest}@teachback.invalid")
    event.add("dtstamp", now)
    event.add("last-modified", now)
    event.add("sequence", max(0, int((now - _SEQUENCE_START).total_seconds())))
    event.add("dtstart", duty.due)
    event.add("summary", _printable(f"Review due: {duty.name}"))
    event.add("description", _printable("\n".join(lines)))
    event.add("transp", "TRANSPARENT")
    return event


def _printable(text: str) -> str:
    # Calendar text allows no control characters except the tab (RFC 5545, section 3.3.11).
    return _CONTROL_CHARACTERS.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
