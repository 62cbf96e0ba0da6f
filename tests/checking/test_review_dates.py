"""Test review dates: the rules, the list of due reviews, the calendar."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import re
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rule_examples import each_example
from tiny_handout import TINY

from teachback.checking.review_calendar import as_calendar, as_csv, due_list, due_rows
from teachback.checking.review_dates import (
    RULES,
    ReviewDuty,
    horizon,
    later,
    review_duties,
    term_problems,
)
from teachback.checking.rule import EXAMPLE_DAY
from teachback.cli.app import run
from teachback.content.loader import validate_handout
from teachback.content.workspace_content import load_shared
from teachback.errors import Location, Severity, UsageError
from teachback.files.workspace import Workspace, handout_files

if TYPE_CHECKING:
    from collections.abc import Callable

    from teachback.checking.rule import Example, Rule
    from teachback.content.handout_loader import LoadedHandout

    Make = Callable[..., Workspace]

TODAY = dt.date(2026, 11, 22)
REVIEW = "{status: draft, reviewer: null, reviewed: null, due: null}"
PARTS = """\
id: tiny
title: A tiny handout
audiences: [general, ckd]
language: en
version: 2026-11-22
purpose: Show the least that a handout can be
message: One message.
review: {status: draft, owner: The front desk, reviewer: A. Nurse, reviewed: 2026-01-05, \
due: 2028-01-05}
red_flags:
  - {id: chest, tier: now, card: true, text: Chest pain}
card: {title: When to get help}
sections:
  - id: one
    title: What is this?
    review: {owner: The dietitian, due: 2026-11-01}
    blocks:
      - text: For all.
        review: {due: 2027-01-01}
      - id: named
        text: For all, too.
        review: {owner: The pharmacist}
      - list: [{text: One., review: {due: 2029-01-01}}]
"""


def read(workspace: Workspace, text: str) -> LoadedHandout:
    """Validate a text as if it were the tiny handout's file."""
    return validate_handout(
        text.encode(), handout_files(workspace)["tiny"], workspace, load_shared(workspace)
    )


def found_by(example: Example, workspace: Workspace) -> set[str]:
    """Return the rules that find something in an example, a review block."""
    authored = read(workspace, TINY.replace(REVIEW, example.text))
    duties = review_duties(authored.handout, authored.file.locate)
    return {problem.rule for problem in term_problems(duties, EXAMPLE_DAY)}


@each_example(RULES)
def test_each_rule_finds_its_bad_examples_and_passes_over_the_good_ones(
    workspace: Make,
    rule: Rule,
    example: Example,
    bad: bool,  # noqa: FBT001 -- bad or good
) -> None:
    """An example is a review block."""
    assert (rule.id in found_by(example, workspace())) is bad


def test_a_part_has_what_it_says_and_the_rest_from_the_whole(workspace: Make) -> None:
    """Section, block and item may each have an owner and a date, placed at their own review."""
    authored = read(workspace(), PARTS)
    found = [
        (t.part, t.owner, t.reviewer, str(t.due), t.place.line)
        for t in review_duties(authored.handout, authored.file.locate)
    ]
    assert found == [
        ("", "The front desk", "A. Nurse", "2028-01-05", 8),
        ("section one", "The dietitian", "A. Nurse", "2026-11-01", 15),
        ("one/0", "The front desk", "A. Nurse", "2027-01-01", 18),
        ("named", "The pharmacist", "A. Nurse", "2028-01-05", 21),
        ("one/2/list/0", "The front desk", "A. Nurse", "2029-01-01", 22),
    ]


def test_overdue_and_six_months_ahead_are_warnings(workspace: Make) -> None:
    """The hint names the owner. A review that is due today is not overdue."""
    authored = read(workspace(), PARTS)
    own = review_duties(authored.handout, authored.file.locate)
    problems = list(term_problems(own, TODAY))
    assert [(p.severity, p.message) for p in problems] == [
        (Severity.WARNING, "the review of 'tiny (section one)' was due on 2026-11-01"),
        (Severity.WARNING, "the review of 'tiny (one/0)' is due on 2027-01-01"),
    ]
    assert problems[0].hint == "Have it read again, and set a new `due:`. The dietitian sees to it."
    assert [p.severity for p in term_problems(own, dt.date(2026, 11, 1))] == [
        Severity.WARNING,
        Severity.WARNING,
    ]
    undated = read(workspace(), TINY)
    (problem,) = term_problems(review_duties(undated.handout, undated.file.locate), TODAY)
    assert problem.message == "'tiny' has no review date"


def test_dates_are_counted_in_whole_months() -> None:
    """If a month has no such day, its last day is used."""
    assert later(dt.date(2026, 8, 31), 6) == dt.date(2027, 2, 28)
    assert later(dt.date(2026, 11, 22), 13) == dt.date(2027, 12, 22)
    assert later(dt.date(2027, 12, 31), 2) == dt.date(2028, 2, 29)
    assert [str(horizon(span, TODAY)) for span in ("6m", "2w", "30d", "1y", "0d")] == [
        "2027-05-22",
        "2026-12-06",
        "2026-12-22",
        "2027-11-22",
        "2026-11-22",
    ]
    for wrong in ("", "6", "m", "-1m", "six months", "1234d"):
        with pytest.raises(UsageError, match="is not a time span"):
            horizon(wrong, TODAY)


def test_the_list_has_what_is_due_overdue_first(workspace: Make) -> None:
    """Parts are listed like handouts.

    Reviews due later are left out, undated ones are listed separately.
    """
    clinic = workspace(
        {
            "content/handouts/tiny.yaml": PARTS,
            "content/handouts/other.yaml": TINY.replace("id: tiny", "id: other"),
        }
    )
    listed = due_list(clinic, TODAY, horizon("6m", TODAY))
    rows = due_rows(listed, TODAY)
    assert [(row["due"], row["when"], row["handout"], row["part"]) for row in rows] == [
        ("2026-11-01", "overdue by 21 days", "tiny", "section one"),
        ("2027-01-01", "in 40 days", "tiny", "one/0"),
    ]
    assert [problem.message for problem in listed.undated] == ["'other' has no review date"]
    table = list(csv.DictReader(io.StringIO(as_csv(rows))))
    assert [row["owner"] for row in table] == ["The dietitian", "The front desk"]
    assert {row["review"] for row in table} == {"draft"}


def unfolded(data: bytes) -> list[str]:
    """Parse a calendar by RFC 5545: lines end in CRLF, and a leading blank continues a line."""
    assert data.endswith(b"\r\n")
    assert b"\n" not in data.replace(b"\r\n", b"")
    lines = data[:-2].split(b"\r\n")
    assert all(len(line) <= 75 for line in lines)
    for line in lines:
        line.decode()  # no letter is split
    return data[:-2].replace(b"\r\n ", b"").decode().split("\r\n")


NOW = dt.datetime(2026, 11, 22, 9, 30, 5, tzinfo=dt.UTC)


def test_the_calendar_is_one_and_the_same_each_time(workspace: Make) -> None:
    """Events last whole days, and a part keeps its id when its date changes.

    Output depends on no clock but the given moment. Long and foreign names are folded and escaped.
    """
    text = PARTS.replace(
        "title: A tiny handout",
        "title: Ein sehr, sehr langer Titel; mit Umlauten äöüß äöüß äöüß äöüß äöüß äöüß",
    )
    clinic = workspace({"content/handouts/tiny.yaml": text})
    listed = due_list(clinic, TODAY, dt.date(2030, 1, 1))
    data = as_calendar(listed.terms, NOW)
    assert data == as_calendar(
        due_list(clinic, dt.date(2027, 8, 1), dt.date(2030, 1, 1)).terms, NOW
    )
    lines = unfolded(data)
    assert lines[:4] == [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Teachback//Reviews//EN",
        "CALSCALE:GREGORIAN",
    ]
    assert lines[-1] == "END:VCALENDAR"
    events = "\n".join(lines[4:-1]).split("BEGIN:VEVENT\n")[1:]
    assert (
        len(events)
        == len([t for t in listed.terms if t.handout == "tiny"])
        + len([t for t in listed.terms if t.handout != "tiny"])
        >= 5
    )
    uids = []
    for event in events:
        names = [line.partition(":")[0] for line in event.strip().split("\n")]
        assert names == [
            "UID",
            "DTSTAMP",
            "LAST-MODIFIED",
            "SEQUENCE",
            "DTSTART;VALUE=DATE",
            "SUMMARY",
            "DESCRIPTION",
            "TRANSP",
            "END",
        ]
        assert re.search(r"^DTSTAMP:20261122T093005Z$", event, re.MULTILINE)
        uids.append(event.split("\n")[0])
    assert len(set(uids)) == len(uids)
    first = events[0]
    assert "DTSTART;VALUE=DATE:20261101\n" in first
    assert "SUMMARY:Review due: tiny (section one)\n" in first
    assert "Ein sehr\\, sehr langer Titel\\; mit Umlauten" in first
    assert "\\nOwner: The dietitian\\nReviewer: A. Nurse\\nFile: " in first
    (clinic.root / "content/handouts/tiny.yaml").write_text(
        text.replace("2026-11-01", "2026-12-01"), encoding="utf-8"
    )
    moved = unfolded(as_calendar(due_list(clinic, TODAY, dt.date(2030, 1, 1)).terms, NOW))
    assert sorted(line for line in moved if line.startswith("UID:")) == sorted(uids)


def stamps(data: bytes) -> dict[str, tuple[int, str, str]]:
    """Return SEQUENCE, DTSTAMP and LAST-MODIFIED of each event, by its UID."""
    found = {}
    for event in "\n".join(unfolded(data)).split("BEGIN:VEVENT\n")[1:]:
        said = dict(line.split(":", 1) for line in event.split("\nEND:VEVENT")[0].split("\n"))
        found[said["UID"]] = (int(said["SEQUENCE"]), said["DTSTAMP"], said["LAST-MODIFIED"])
    assert found
    return found


def term_of(title: str) -> ReviewDuty:
    """Return a review duty of a handout with this title."""
    return ReviewDuty(
        "tiny",
        "en",
        title,
        dt.date(2026, 11, 22),
        "",
        None,
        None,
        None,
        dt.date(2027, 1, 1),
        Location("tiny.yaml", 1, 1),
    )


@pytest.mark.parametrize("moved", ["2028-03-01", "2026-12-01", "2026-11-02", "2026-10-31"])
def test_an_event_that_moved_is_newer_than_before(
    workspace: Make,
    moved: str,
    monkeypatch: pytest.MonkeyPatch,
    capsysbinary: pytest.CaptureFixture[bytes],
) -> None:
    """A calendar accepts the second export, whether a due date moves later or earlier.

    SEQUENCE and both stamps grow.
    """
    clinic = workspace({"content/handouts/tiny.yaml": PARTS})
    monkeypatch.chdir(clinic.root)
    exports = []
    for text in (PARTS, PARTS.replace("2026-11-01", moved)):
        (clinic.root / "content/handouts/tiny.yaml").write_text(text, encoding="utf-8")
        assert run(["due", "--within", "9y", "--format", "ics"]) == 0
        exports.append(stamps(capsysbinary.readouterr().out))
    before, after = exports
    assert before.keys() == after.keys()
    for uid, old in before.items():
        assert after[uid][0] > old[0]
        assert after[uid][1:] > old[1:]
        assert after[uid][0] < 2**31


@given(
    st.lists(
        st.integers(0, 68 * 365 * 24 * 3600).map(
            lambda seconds: dt.datetime(2026, 1, 1, tzinfo=dt.UTC) + dt.timedelta(seconds=seconds)
        ),
        min_size=2,
        max_size=2,
        unique=True,
    )
)
def test_a_later_export_has_a_higher_number(moments: list[dt.datetime]) -> None:
    """The number grows with each second and stays an RFC 5545 integer, in any time zone."""
    zones = (dt.UTC, dt.timezone(dt.timedelta(hours=-7)))
    early, late = (
        stamps(as_calendar([term_of("A title")], one.astimezone(zone)))
        for one, zone in zip(sorted(moments), zones, strict=True)
    )
    for uid, old in early.items():
        assert late[uid][0] > old[0]
        assert late[uid][1:] > old[1:]
        assert 0 <= old[0] < late[uid][0] < 2**31


@given(
    st.text(
        st.characters(exclude_categories=["Cs", "Cc"]) | st.sampled_from("\n\r\t,;\\"), max_size=300
    ).map(str.strip)
)
def test_any_title_comes_back_from_the_calendar(title: str) -> None:
    """Folding and escaping lose no letter; line ends are read back as line feeds."""
    (line,) = (
        line
        for line in unfolded(as_calendar([term_of(title)], NOW))
        if line.startswith("DESCRIPTION:")
    )
    text = re.sub(
        r"\\(.)",
        lambda found: {"n": "\n"}.get(found[1], found[1]),
        line.removeprefix("DESCRIPTION:"),
    )
    assert text == title.replace("\r\n", "\n").replace("\r", "\n") + "\nFile: tiny.yaml"


def test_a_calendar_of_nothing_is_still_one() -> None:
    """RFC 5545 requires at least one component; a time zone is enough."""
    lines = unfolded(as_calendar((), NOW))
    assert "BEGIN:VTIMEZONE" in lines
    assert "BEGIN:VEVENT" not in lines


def test_the_command(
    workspace: Make, monkeypatch: pytest.MonkeyPatch, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    """It writes a table, CSV, a calendar or JSON; an unreadable handout is reported beside them."""
    clinic = workspace(
        {
            "content/handouts/tiny.yaml": PARTS.replace("2026-11-01", "2020-01-01"),
            "content/handouts/bad.yaml": "id: bad\n",
        }
    )
    monkeypatch.chdir(clinic.root)
    assert run(["due"]) == 1
    said = capsysbinary.readouterr()
    assert b"section one" in said.out
    assert b"overdue by" in said.out
    assert b"content/handouts/bad.yaml:1:1: the key" in said.err
    (clinic.root / "content/handouts/bad.yaml").unlink()
    assert run(["due", "--format", "csv", "--within", "0d"]) == 0
    assert capsysbinary.readouterr().out.startswith(b"due,when,handout,part")
    assert run(["due", "--format", "ics", "--within", "9y"]) == 0
    assert capsysbinary.readouterr().out.startswith(b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\n")
    assert run(["due", "--json"]) == 0
    assert json.loads(capsysbinary.readouterr().out)["due"][0]["part"] == "section one"
    assert run(["due", "--within", "soon"]) == 2
    assert run(["due", "--format", "pdf"]) == 2
