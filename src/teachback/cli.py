"""The command line, and the only module that knows click: parse, call one function, print.

Heavy modules are imported inside the commands that need them, so that `teachback --help` and a build with nothing
to do stay quick. Exit code 0: done; 1: problems in content or data; 2: wrong usage.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from teachback import __version__
from teachback.errors import Problem, Severity, TeachbackError, UsageError, in_file_order
from teachback.workspace import Workspace, open_workspace, shown

if TYPE_CHECKING:
    from collections.abc import Sequence

    from teachback.build import Built

CONTEXT = {"help_option_names": ["-h", "--help"], "max_content_width": 100}


def run(arguments: Sequence[str]) -> int:
    """Run one command and give its exit code; every refusal is printed here and nowhere else."""
    as_json = "--json" in arguments
    try:
        result = main.main(args=list(arguments), prog_name="teachback", standalone_mode=False)
    except click.exceptions.Exit as leave:
        return leave.exit_code
    except click.Abort:
        return _interrupted()
    except click.ClickException as error:
        _refuse((Problem(error.format_message(), "See `teachback --help`."),), as_json=as_json)
        return 2
    except TeachbackError as error:
        _refuse(in_file_order(error.problems), as_json=as_json)
        return 2 if isinstance(error, UsageError) else 1
    except KeyboardInterrupt:
        return _interrupted()
    except BrokenPipeError:
        # The reader of our output has gone; there is nobody left to tell.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    return result if isinstance(result, int) else 0


@click.group(context_settings=CONTEXT)
@click.version_option(__version__, prog_name="teachback")
def main() -> None:
    """Print what a clinic hands to a patient: handouts and wallet cards, for each reader."""


@main.command("build")
@click.argument("handouts", metavar="[HANDOUT]...", nargs=-1)
@click.option("--audience", "-a", multiple=True, metavar="A", help="Only for this audience; may be repeated. [all]")
@click.option("--paper", metavar="letter|a4", help="The paper to print on. [letter]")
@click.option("--size", metavar="standard|large", help="The size of the type: 13 pt, or 18 pt large print. [standard]")
@click.option("--language", "-l", metavar="L", help="Only in this language. [all]")
@click.option("--kind", multiple=True, metavar="handout|card", help="Only this kind; may be repeated. [both]")
@click.option("--format", multiple=True, metavar="pdf|html|png", help="Which files to make; may be repeated. [pdf]")
@click.option("--output", "-o", metavar="DIR", help="Where to put them. [build]")
@click.option("--jobs", "-j", metavar="N", help="How many processes print at the same time. [one a core]")
@click.option("--force", is_flag=True, help="Print again what has not changed.")
@click.option("--release", is_flag=True, help="Refuse texts that no clinician has approved, or whose review is overdue.")
@click.option("--strict", is_flag=True, help="Treat warnings as errors.")
@click.option("--json", "as_json", is_flag=True, help="Print the outcome as JSON.")
def build_command(as_json: bool, **flags: Any) -> int:  # noqa: ANN401, FBT001 -- what click parsed
    """Print handouts and cards: all of them, or those named."""
    from teachback.build import build
    from teachback.settings import resolve

    workspace = _workspace()
    settings = resolve(flags, os.environ, workspace)
    with _progress(shown_at_all=not as_json) as step:
        built = build(settings, workspace, dt.datetime.now(tz=dt.UTC).astimezone().date(), step)
    if as_json:
        click.echo(json.dumps(_built_json(built), indent=2, ensure_ascii=False))
    else:
        _print_problems(built.problems)
        _print_summary(built, settings.output)
    return 1 if built.failed else 0


def _workspace() -> Workspace:
    return open_workspace(Path.cwd())


class _progress:  # noqa: N801 -- reads as the word it is in a with statement
    """A progress bar on a terminal, nothing elsewhere."""

    def __init__(self, *, shown_at_all: bool) -> None:
        self.on = shown_at_all and sys.stderr.isatty()
        self.bar: Any = None

    def __enter__(self) -> Any:  # noqa: ANN401 -- a function or None
        return self._step if self.on else None

    def _step(self, done: int, total: int) -> None:
        if self.bar is None:
            self.bar = click.progressbar(length=total, label="Printing", file=sys.stderr)
            self.bar.__enter__()
        self.bar.update(done - self.bar.pos)

    def __exit__(self, *details: object) -> None:
        if self.bar is not None:
            self.bar.__exit__(*details)


def _built_json(built: Built) -> dict[str, Any]:
    from teachback.record import manifest_row

    return {
        "ok": not built.failed,
        "outputs": [
            {**manifest_row(output), "status": "printed" if output.file in built.printed else "unchanged"} for output in built.outputs
        ],
        "problems": [problem.as_json() for problem in built.problems],
    }


def _print_summary(built: Built, folder: Path) -> None:
    for output in built.outputs:
        if output.file in built.printed:
            pages = f"{output.pages} page{'s' if output.pages != 1 else ''}"
            click.echo(f"{shown(folder / output.file)}  {pages}  {output.code}")
    unchanged = len(built.outputs) - len(built.printed)
    errors = sum(problem.severity is Severity.ERROR for problem in built.problems)
    words = [f"{len(built.printed)} printed"]
    words += [f"{unchanged} unchanged"] if unchanged else []
    words += [f"{errors} problem{'s' if errors != 1 else ''}"] if errors else []
    click.echo(", ".join(words) + f"; all of it is in {shown(folder)}")


def _refuse(problems: tuple[Problem, ...], *, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps({"ok": False, "outputs": [], "problems": [p.as_json() for p in problems]}, indent=2, ensure_ascii=False))
    else:
        _print_problems(problems)


def _print_problems(problems: tuple[Problem, ...]) -> None:
    """Print to the error stream, in colour only on a terminal that has not asked for none."""
    color = sys.stderr.isatty() and not os.environ.get("NO_COLOR")
    for problem in problems:
        kind = click.style("warning", fg="yellow") if problem.severity is Severity.WARNING else click.style("error", fg="red", bold=True)
        place = f"{problem.location}: " if problem.location else ""
        click.echo(f"{place}{kind}: {problem.message}", err=True, color=color)
        if problem.hint:
            click.echo(f"    {problem.hint}", err=True, color=color)


def _interrupted() -> int:
    click.echo("\nStopped; what was finished is kept.", err=True)
    return 130
