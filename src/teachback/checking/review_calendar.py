"""List the reviews that are due in a workspace, as rows, CSV or a calendar file."""

from __future__ import annotations

import datetime as dt
import hashlib
import io
import re
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from teachback.checking.review_dates import (
    ReviewDuty,
    review_duties,
    source_problems,
    term_problems,
)
from teachback.errors import Problem, in_file_order
from teachback.files.workspace import Workspace, chosen_handouts, shown

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from icalendar import Event

    from teachback.content.workspace_content import WorkspaceContent

_CONTROLS: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
# Calendars compare SEQUENCE first (RFC 5546, section 2.1.5). It counts the seconds since this
# moment, and does not overflow until 2094.
_COUNTED_FROM: Final = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)


class DueList(NamedTuple):
    """Reviews due by a day (overdue ones first), undated reviews, and unreadable handouts."""

    terms: tuple[ReviewDuty, ...]
    standing: Mapping[str, str]
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
    found: list[ReviewDuty] = []
    undated: list[Problem] = []
    standing = {}
    for authored in reading.authored.values():
        own = review_duties(authored.handout, authored.file.locate)
        standing[own[0].place.file] = authored.standing.word(authored.handout.review)
        found += [term for term in own if term.due is not None and term.due <= until]
        undated += term_problems((term for term in own if term.due is None), today)
    found.sort(key=lambda term: (term.due, term.handout, term.language, term.place))
    wrong = in_file_order(problem for group in reading.problems.values() for problem in group)
    return DueList(tuple(found), standing, tuple(undated), wrong)


def due_rows(listed: DueList, today: dt.date) -> list[dict[str, Any]]:
    """Return a row for each review of a list, for a table, CSV or JSON."""
    return [
        {
            "due": str(term.due),
            "when": _when(term.due, today) if term.due else "",
            "handout": term.handout,
            "part": term.part or "all of it",
            "language": term.language,
            "owner": term.owner,
            "reviewer": term.reviewer,
            "reviewed": str(term.reviewed) if term.reviewed else None,
            "review": listed.standing[term.place.file],
            "place": str(term.place),
        }
        for term in listed.terms
    ]


def as_csv(rows: Iterable[Mapping[str, Any]]) -> str:
    """Return rows as CSV, with a header line even if there are none."""
    import csv

    text = io.StringIO()
    names = [
        "due",
        "when",
        "handout",
        "part",
        "language",
        "owner",
        "reviewer",
        "reviewed",
        "review",
        "place",
    ]
    writer = csv.DictWriter(text, names, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def as_calendar(found: Iterable[ReviewDuty], now: dt.datetime) -> bytes:
    """Return reviews as an iCalendar file (RFC 5545), with an all-day event for each.

    `now` is the moment of the export. A due date may move later or earlier, so no date in the
    handout always grows. The moment does: used as DTSTAMP, LAST-MODIFIED and SEQUENCE, it makes
    calendars take each later export for the newer one. Nothing else here depends on the clock.
    """
    from icalendar import Calendar, Timezone, TimezoneStandard

    calendar = Calendar()
    calendar.add("version", "2.0")
    calendar.add("prodid", "-//Teachback//Reviews//EN")
    calendar.add("calscale", "GREGORIAN")
    for term in found:
        calendar.add_component(_event(term, now.astimezone(dt.UTC)))
    if not calendar.subcomponents:
        # A calendar must have a component (section 3.6); a time zone is the smallest one allowed
        # alone.
        zone, standard = Timezone(tzid="UTC"), TimezoneStandard()
        standard.add("dtstart", dt.datetime(1970, 1, 1))  # noqa: DTZ001 -- local, as its zone asks
        standard.add("tzoffsetfrom", dt.timedelta(0))
        standard.add("tzoffsetto", dt.timedelta(0))
        zone.add_component(standard)
        calendar.add_component(zone)
    return bytes(calendar.to_ical(sorted=False))


def bibliography_problems(
    workspace: Workspace, shared: WorkspaceContent, named: Iterable[str], today: dt.date
) -> tuple[Problem, ...]:
    """Return the problems of the list of sources: unused, without a year, or old.

    `named` are the ids that handouts and rules name. The built-in sources, which a clinic cannot
    change, yield no problems.
    """
    from teachback.content.sources import Sources

    locate = shared.bibliography.locate
    own = shown(workspace.root / "content/sources.yaml")
    sources = {
        name: source for name, source in shared.sources.root.items() if locate((name,)).file == own
    }
    return tuple(source_problems(Sources(sources), frozenset(named), today, locate))


def _when(day: dt.date, today: dt.date) -> str:
    days = (day - today).days
    count = f"{abs(days)} day{'s' if abs(days) != 1 else ''}"
    return "today" if days == 0 else f"overdue by {count}" if days < 0 else f"in {count}"


def _event(term: ReviewDuty, now: dt.datetime) -> Event:
    from icalendar import Event

    assert term.due is not None  # noqa: S101 -- lists hold only terms with a date
    named = hashlib.sha256(f"{term.handout}|{term.language}|{term.part}".encode()).hexdigest()[:16]
    said = [("Owner", term.owner), ("Reviewer", term.reviewer), ("File", term.place.file)]
    told = [term.title, *(f"{name}: {value}" for name, value in said if value)]
    event = Event()
    event.add("uid", f"{term.handout}-{term.language}-{named}@teachback.invalid")
    event.add("dtstamp", now)
    event.add("last-modified", now)
    event.add("sequence", max(0, int((now - _COUNTED_FROM).total_seconds())))
    event.add("dtstart", term.due)
    event.add("summary", _printable(f"Review due: {term.name}"))
    event.add("description", _printable("\n".join(told)))
    event.add("transp", "TRANSPARENT")
    return event


def _printable(text: str) -> str:
    # Calendar text allows no control characters except the tab (RFC 5545, section 3.3.11).
    return _CONTROLS.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
