"""Find what is wrong with a handout's review: a draft, a later change, an overdue date."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING, Final

from teachback.errors import Location, Problem, Severity
from teachback.files.workspace import is_translation

if TYPE_CHECKING:
    from teachback.printing.build_record import Summary

_ONE_DAY: Final = dt.timedelta(days=1)


def review_problems(
    summary: Summary, today: dt.date, *, release: bool, audiences: tuple[str, ...] = ()
) -> tuple[Problem, ...]:
    """Return the problems of a handout's review, for some audiences or all.

    They are errors with `release`, otherwise warnings.
    """
    place = Location(*summary.review)
    severity = Severity.ERROR if release else Severity.WARNING
    # A hint is for a release only. One text may be read by several readers.
    problems = list(
        dict.fromkeys(
            Problem(message, hint, Location(*at), Severity.ERROR if release else Severity(level))
            for audience, level, message, hint, at in summary.notices
            if (release or level != Severity.HINT)
            and (not audience or not audiences or audience in audiences)
        )
    )
    if release and summary.status != "approved":
        message = f"the text is a {summary.status}: no clinician has approved it"
        problems.append(
            Problem(message, f"Have it reviewed, then type: {_approve(summary)}", place)
        )
    changed, missing = (
        [name for name in names if not audiences or name in audiences]
        for names in (summary.changed, summary.missing)
    )
    if changed:
        message = (
            f"the text for {' and '.join(changed)} has changed since it was approved on "
            f"{summary.reviewed}: it counts as a draft"
        )
        problems.append(
            Problem(message, f"Have it read again, then type: {_approve(summary)}", place, severity)
        )
    if release and missing:
        message = f"the text for {' and '.join(missing)} is a draft: no clinician has approved it"
        problems.append(
            Problem(message, f"Have it reviewed, then type: {_approve(summary)}", place)
        )
    if not summary.sealed:
        message = (
            "the handout does not record which text was approved, so later changes would not be "
            "noticed"
        )
        problems.append(
            Problem(
                message,
                f"The person who approved it should type: {_approve(summary)}",
                place,
                Severity.WARNING,
            )
        )
    if summary.reviewed is not None:
        problems += ahead_problems(summary.reviewed, today, place, severity)
    if summary.due is not None and summary.due < today.isoformat():
        message = f"the review was due on {summary.due}"
        problems.append(
            Problem(message, "Have it reviewed again, and set a new `due:`.", place, severity)
        )
    return tuple(problems)


def ahead_problems(
    reviewed: str, today: dt.date, place: Location, severity: Severity = Severity.WARNING
) -> tuple[Problem, ...]:
    """Return a problem for the day of a review (YYYY-MM-DD) that is still to come.

    Tomorrow is allowed: where clocks are ahead of this one it is already that date, and the text
    may have been approved there.
    """
    if reviewed <= (today + _ONE_DAY).isoformat():
        return ()
    message = f"the review of {reviewed} has not taken place yet"
    return (
        Problem(message, "Set `reviewed:` to the day on which the text was read.", place, severity),
    )


def _approve(summary: Summary) -> str:
    path = Path(summary.review[0])
    language = f" --language {path.parent.name}" if is_translation(path) else ""
    return f'teachback approve {path.stem}{language} --by "NAME"'
