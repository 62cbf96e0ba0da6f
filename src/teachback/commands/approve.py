"""Write into a handout who approved what, when, and until when: `teachback approve`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from teachback.checking.blocking_rules import PrintGate
from teachback.content.handout_loader import LoadedHandout, picture_hash
from teachback.content.loader import approval_mark, validate_handout
from teachback.content.workspace_content import load_shared
from teachback.errors import Location, Severity, TeachbackError, UsageError, nearest
from teachback.files.workspace import (
    Workspace,
    handout_named,
    read_bytes,
    shown,
    source_name,
    write_whole,
)
from teachback.files.yaml_editor import with_values

if TYPE_CHECKING:
    import datetime as dt


@dataclass(frozen=True)
class Approved:
    """The result of an approval.

    `review` has the keys written, `audiences` are those that are now approved, and `lines` are the
    lines of the review with their numbers.
    """

    file: str
    review: dict[str, str | dict[str, str]]
    audiences: tuple[str, ...]
    lines: tuple[tuple[int, str], ...]


def approve(
    name: str,
    by: str,
    workspace: Workspace,
    today: dt.date,
    *,
    due: dt.date | None,
    audiences: tuple[str, ...],
    language: str | None = None,
) -> Approved:
    """Set a handout's review to approved, for all or some audiences; return what was written.

    With a `language`, its translation is approved instead. Raises UsageError for invalid names and
    dates. Raises TeachbackError when the handout has an error or a finding that keeps it from being
    printed, is a built-in one, or cannot be written. The file is then unchanged.
    """
    path = handout_named(workspace, f"{name}.{language}" if language else name)
    due_date = due or a_year_after(today)
    if due_date <= today:
        hint = "Give a later --due."
        raise UsageError.of(f"{due_date} is too early for the next review: today is {today}", hint)
    if not by.isprintable():
        hint = "Write a name, on one line."
        raise UsageError.of("--by holds a line break or another sign that cannot be printed", hint)
    if not by.strip():
        hint = 'Write the name of the person who has read the text: --by "NAME".'
        raise UsageError.of("--by is empty", hint)
    if not path.is_relative_to(workspace.root):
        hint = f"Make it your clinic's first: teachback copy {source_name(path)}"
        message = "this handout comes with the program, and is not the clinic's to approve"
        raise TeachbackError.of(message, hint, Location(shown(path)))
    shared = load_shared(workspace)
    raw = read_bytes(path)
    authored = validate_handout(raw, path, workspace, shared)
    handout = authored.handout
    for audience in audiences:
        if audience not in handout.audiences:
            message = f"the handout '{name}' is not for '{audience}'"
            raise UsageError.of(message, nearest(audience, handout.audiences))
    gate = PrintGate(workspace, shared)
    stale_notices = (
        notice.problem._replace(severity=Severity.ERROR)
        for notice in authored.notices
        if notice.audience in authored.approval.stale
        and notice.problem.severity is not Severity.HINT
    )
    problems = (*gate.broken, *gate.problems(authored), *dict.fromkeys(stale_notices))
    if open_errors := [problem for problem in problems if problem.severity is Severity.ERROR]:
        raise TeachbackError(*open_errors)
    to_approve = tuple(a for a in handout.audiences if not audiences or a in audiences)
    hash_picture = picture_hash(workspace)
    marks = {
        a: approval_mark(authored, shared.audiences.lineage(a), hash_picture) for a in to_approve
    }
    marks |= _still_approved(authored, to_approve, by.strip(), today)
    marks = {a: marks[a] for a in handout.audiences if a in marks}
    values: dict[str, str | dict[str, str]] = {
        "status": "approved",
        "reviewer": by.strip(),
        "reviewed": today.isoformat(),
        "due": due_date.isoformat(),
        "approved": marks,
    }
    edited = with_values(raw, shown(path), "review", values)
    edited_handout = validate_handout(edited, path, workspace, shared)
    _check_only_the_review_changed(authored, edited_handout, tuple(marks))
    write_whole(path.resolve(), edited)
    return Approved(shown(path), values, tuple(marks), _lines(edited_handout, edited))


def a_year_after(day: dt.date) -> dt.date:
    """Return the same day a year later; February 28 instead of 29 if that year has none."""
    try:
        return day.replace(year=day.year + 1)
    except ValueError:
        return day.replace(year=day.year + 1, day=28)


def _still_approved(
    authored: LoadedHandout, to_approve: tuple[str, ...], by: str, today: dt.date
) -> dict[str, str]:
    """Return the marks of the other audiences that stay approved.

    Paper names one reviewer and one day. Raises TeachbackError if those of the others differ.
    """
    review, approval = authored.handout.review, authored.approval
    others = {
        a: mark
        for a, mark in (review.approved or {}).items()
        if review.status == "approved"
        and a in authored.handout.audiences
        and a not in (*to_approve, *approval.changed)
    }
    is_unmarked = (
        review.status == "approved"
        and review.approved is None
        and set(to_approve) != set(authored.handout.audiences)
    )
    if is_unmarked or (others and (review.reviewer, review.reviewed) != (by, today)):
        names = " and ".join(
            others or [a for a in authored.handout.audiences if a not in to_approve]
        )
        message = (
            f"the text for {names} was approved by {review.reviewer} on {review.reviewed}, and "
            "a handout names only one reviewer and one day"
        )
        hint = (
            "Approve all of it together: leave --audience out. "
            "Or set `status: draft` first, and approve what was read."
        )
        raise TeachbackError.of(message, hint, authored.file.locate(("review",), key=True))
    return others


def _check_only_the_review_changed(
    before: LoadedHandout, after: LoadedHandout, audiences: tuple[str, ...]
) -> None:
    """Raise TeachbackError if an edit changed more than the review, or not all of it."""
    old_data, new_data = (
        {key: value for key, value in version.file.data.items() if key != "review"}
        for version in (before, after)
    )
    approved = set(before.handout.audiences) - set(after.approval.unmarked)
    if (
        old_data != new_data
        or approved != set(audiences)
        or after.handout.review.status != "approved"
    ):
        message = "the review cannot be written without changing other lines"
        hint = (
            "Write it as `review: {status: draft, reviewer: null, reviewed: null, due: null}`, "
            "and approve again."
        )
        raise TeachbackError.of(message, hint, before.file.locate(("review",), key=True))


def _lines(authored: LoadedHandout, edited: bytes) -> tuple[tuple[int, str], ...]:
    """Return the lines of the file that hold the review, with their numbers."""
    file = authored.file
    numbers = [file.locate(("review",), key=True).line]
    review = authored.handout.review
    for key in ("status", "reviewer", "reviewed", "due", "owner", "approved"):
        numbers.append(file.locate(("review", key)).line)
        numbers += [
            file.locate(("review", key, name)).line
            for name in (review.approved or ())
            if key == "approved"
        ]
    lines = edited.decode("utf-8-sig").split("\n")
    return tuple(
        (number, lines[number - 1].rstrip()) for number in range(min(numbers), max(numbers) + 1)
    )
