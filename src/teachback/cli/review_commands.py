"""Define the commands for reviewers: check, diff, due, approve."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from teachback.cli.command_help import GroupedCommand
from teachback.cli.context import as_typed, current_workspace, new_second, today
from teachback.cli.options import audience_option, json_option, resolve, strict_option
from teachback.cli.output import (
    Progress,
    checkup_json,
    print_checkup,
    print_json,
    print_problems,
    print_rows,
)
from teachback.errors import Problem, TeachbackError, UsageError
from teachback.files.workspace import check_target, shown, write_whole

if TYPE_CHECKING:
    from collections.abc import Callable

    from teachback.checking.checker import CheckResult
    from teachback.files.workspace import Workspace


@click.command("check", cls=GroupedCommand)
@click.argument("handouts", metavar="[HANDOUT]...", nargs=-1)
@audience_option
@strict_option
@json_option
@click.option(
    "--sarif",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Write the findings as SARIF too, for editors.",
)
@click.option(
    "--report",
    multiple=True,
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Write a sheet to sign, .html or .pdf.",
)
@click.option("--full", is_flag=True, help="With --report: show each reader's text whole.")
@click.option(
    "--explain",
    metavar="RULE",
    help="Say what a rule looks for, why, and by which examples; `all` lists them.",
)
def check_command(
    handouts: tuple[str, ...],
    explain: str | None,
    report: tuple[Path, ...],
    full: bool,  # noqa: FBT001 -- what click parsed
    **flags: Any,  # noqa: ANN401 -- what click parsed
) -> int:
    """Check for what is risky for a reader, hard to read, not agreed or out of date."""
    from teachback.checking.checker import check, explain_rules, failed

    workspace = current_workspace()
    if explain is not None:
        click.echo(explain_rules(explain, workspace))
        return 0
    if flags["sarif"] is not None:
        check_target(flags["sarif"], (".sarif", ".json"), workspace, "--sarif")
    if full and not report:
        raise UsageError.of("--full goes with --report", "Add --report FILE.pdf.")
    write = _reporter(report, workspace, full=full) if report else None
    with Progress(shown_at_all=not flags["as_json"], label="Checking") as step:
        brief = not (flags["as_json"] or flags["sarif"] or report)
        names = handouts or resolve((), workspace).handouts
        checkup = check(names, flags["audience"], workspace, today(), step, brief=brief)
    if not flags["as_json"]:
        print_checkup(checkup)
    # The findings are printed first, because writing files may fail.
    write_problems = _write_files(checkup, flags["sarif"], write, workspace)
    has_failed = failed(checkup, strict=flags["strict"]) or bool(write_problems)
    if flags["as_json"]:
        outcome = {
            **checkup_json(checkup),
            "ok": not has_failed,
            "not_written": [problem.as_json() for problem in write_problems],
        }
        print_json(outcome)
    else:
        print_problems(write_problems)
        for path in () if write_problems else report:
            click.echo(f"To sign: {shown(path.absolute())}")
    return int(has_failed)


def _write_files(
    checkup: CheckResult,
    sarif_file: Path | None,
    write: Callable[[CheckResult], None] | None,
    workspace: Workspace,
) -> tuple[Problem, ...]:
    """Write SARIF and reports, if asked for; return why one could not be written."""
    try:
        if sarif_file is not None:
            from teachback.checking.sarif import sarif

            write_whole(sarif_file, sarif(checkup, workspace))
        if write is not None:
            write(checkup)
    except TeachbackError as error:
        return error.problems
    return ()


def _reporter(
    paths: tuple[Path, ...], workspace: Workspace, *, full: bool
) -> Callable[[CheckResult], None]:
    """Return a function that writes the reports.

    Raises the problems of their names and of the settings now, before anything is checked.
    """
    from teachback.commands.review_report import write_reports
    from teachback.commands.staff_sheet import FORMS

    for path in paths:
        check_target(path, tuple(FORMS), workspace, "--report")
    settings = resolve((), workspace)
    archive = settings.archive or settings.output / "archive"
    existing = archive if archive.is_dir() else None
    return lambda checkup: write_reports(
        checkup, paths, workspace, today(), existing, settings.paper, full=full
    )


@click.command("diff", cls=GroupedCommand)
@click.argument("handout", metavar="HANDOUT")
@click.argument("left", metavar="AUDIENCE")
@click.argument("right", metavar="AUDIENCE")
@click.option(
    "--html",
    "page",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Write it as one page that holds all it shows.",
)
@json_option
def diff_command(handout: str, left: str, right: str, page: Path | None, as_json: bool) -> None:  # noqa: FBT001 -- what click parsed
    """Show what one reader gets and another does not; with --html, side by side."""
    from teachback.commands.diff import compared, write_page
    from teachback.editions.comparison import as_lines, summary

    workspace = current_workspace()
    if page is not None:
        check_target(page, (".html", ".htm"), workspace, "--html")
    comparison, clinic = compared(handout, (left, right), workspace)
    if page is not None:
        write_page(comparison, clinic, workspace, page)
    if as_json:
        print_json(comparison.as_json())
        return
    if page is None:
        for line in as_lines(comparison):
            click.echo(line)
        click.echo()
    click.echo(summary(comparison) + (f": {shown(page.absolute())}" if page else ""))


@click.command("due", cls=GroupedCommand)
@click.option(
    "--within",
    default="6m",
    metavar="6m",
    help="What is due by then: 6m, 2w, 30d or 1y from today; what is overdue always is.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["table", "csv", "ics"]),
    default="table",
    help="ics is a calendar file.",
)
@json_option
def due_command(within: str, form: str, as_json: bool) -> int:  # noqa: FBT001 -- what click parsed
    """List what is due for review, overdue first: handouts, and parts with a date of their own."""
    from teachback.checking.review_calendar import as_calendar, as_csv, due_list, due_rows
    from teachback.checking.review_dates import horizon

    day = today()
    workspace = current_workspace()
    names = resolve((), workspace).handouts
    due = due_list(workspace, day, horizon(within, day), names)
    rows = due_rows(due, day)
    if as_json:
        problems = [problem.as_json() for problem in (*due.problems, *due.undated)]
        print_json({"due": rows, "problems": problems})
        return int(bool(due.problems))
    if form == "ics":
        click.echo(as_calendar(due.terms, new_second()), nl=False)
    elif form == "csv":
        click.echo(as_csv(rows), nl=False)
    elif rows:
        print_rows(rows, as_json=False)
    else:
        click.echo(f"Nothing is due within {within}.")
    print_problems((*due.problems, *due.undated))
    return int(bool(due.problems))


@click.command("approve", cls=GroupedCommand)
@click.argument("handout", metavar="HANDOUT")
@click.option(
    "--by",
    required=True,
    metavar="NAME",
    help="Who has read the text and answers for it; the name is printed on each page.",
)
@click.option(
    "--due", metavar="YYYY-MM-DD", show_default="in a year", help="When it is to be read again."
)
@audience_option
@click.option("--language", metavar="LANG", help="Approve its translation into this language.")
@json_option
def approve_command(
    handout: str,
    by: str,
    due: str | None,
    audience: tuple[str, ...],
    language: str | None,
    as_json: bool,  # noqa: FBT001 -- what click parsed
) -> None:
    """Write into a handout who approved it; a later change of its text makes it a draft again."""
    from teachback.commands.approve import approve

    until = _date(due) if due else None
    done = approve(
        handout, by, current_workspace(), today(), due=until, audiences=audience, language=language
    )
    if as_json:
        print_json({"file": done.file, "audiences": list(done.audiences), "review": done.review})
        return
    for number, line in done.lines:
        click.echo(f"{done.file}:{number}: {line}")
    click.echo(
        f"Approved for {', '.join(done.audiences)}. "
        "A change of what they read makes it a draft again. "
        + as_typed(f"Now: teachback build {handout}{f' --language {language}' if language else ''}")
    )


def _date(text: str) -> dt.date:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        hint = "Write it as YYYY-MM-DD, such as 2027-11-01."
        raise UsageError.of(f"'{text[:20]}' is not a date", hint) from None


COMMANDS = (check_command, diff_command, due_command, approve_command)
