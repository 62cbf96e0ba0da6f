"""Define the command line: parse, call one function, print.

Only modules of this package import click. Heavy modules are imported inside the commands that need
them, so that `teachback --help` and a build with nothing to do stay fast. Exit codes: 0 done, 1
problems in content or data, 2 wrong usage.
"""

from __future__ import annotations

import os
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from teachback import __version__
from teachback.cli import merge_command, serve_command, translate_command
from teachback.cli.command_help import CONTEXT, SYNONYMS, CommandGroup
from teachback.cli.context import as_typed, current_workspace, fault, program_name, today
from teachback.cli.options import (
    archive_folder,
    chosen,
    json_option,
    release_option,
    setting_options,
    strict_option,
)
from teachback.cli.output import (
    Progress,
    archived_json,
    archived_text,
    built_json,
    counted,
    interrupted,
    print_answers,
    print_json,
    print_problems,
    print_rows,
    print_summary,
    refuse,
)
from teachback.cli.review_commands import COMMANDS
from teachback.errors import Problem, Severity, TeachbackError, UsageError, in_file_order, nearest
from teachback.files.workspace import shown

if TYPE_CHECKING:
    from collections.abc import Sequence


COMPLETION = "_TEACHBACK_COMPLETE"


def run(arguments: Sequence[str]) -> int:
    """Run one command and return its exit code. Every refusal is printed here and nowhere else."""
    as_json = "--json" in arguments
    try:
        return _run(arguments, as_json=as_json)
    except Exception as error:  # noqa: BLE001 -- a traceback helps no clinic, and a message may hold a patient's name
        refuse((fault(error),), as_json=as_json)
        return 1


def _run(arguments: Sequence[str], *, as_json: bool) -> int:
    try:
        result = command_line.main(
            args=list(arguments),
            # Completion is for the command's name, however it was started.
            prog_name="teachback" if COMPLETION in os.environ else program_name(),
            complete_var=COMPLETION,
            standalone_mode=False,
        )
    except click.exceptions.Exit as leave:
        return leave.exit_code
    except click.Abort:
        return interrupted()
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message(), err=True)
        return 2
    except click.ClickException as error:
        context = getattr(error, "ctx", None)
        command = context.command_path if context else "teachback"
        refuse((Problem(error.format_message(), f"See `{command} --help`."),), as_json=as_json)
        return 2
    except TeachbackError as error:
        refuse(in_file_order(error.problems), as_json=as_json)
        return 2 if isinstance(error, UsageError) else 1
    except KeyboardInterrupt:
        return interrupted()
    except BrokenPipeError:
        # The reader of our output is gone, so nobody can be told.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    return result if isinstance(result, int) else 0


@click.group(cls=CommandGroup, context_settings=CONTEXT)
@click.version_option(__version__, prog_name="teachback")
def command_line() -> None:
    """Print what a clinic hands to a patient: handouts and wallet cards, for each reader."""


@command_line.command("build")
@click.argument("handouts", metavar="[HANDOUT]...", nargs=-1)
@setting_options(
    *(
        "audience",
        "language",
        "kind",
        "format",
        "paper",
        "ink",
        "size",
        "depth",
        "printer",
        "output",
        "archive",
    ),
    "jobs",
)
@click.option("--force", is_flag=True, help="Print again what has not changed.")
@release_option
@strict_option
@click.option(
    "--proof",
    is_flag=True,
    help="Print all anew, and say how it will look in black and white: type, contrast, ink, tiers.",
)
@json_option
def build_command(as_json: bool, **_: Any) -> int:  # noqa: ANN401, FBT001 -- what click parsed
    """Print handouts and cards: all of them, or those named."""
    from teachback.commands.build import build

    settings, workspace = chosen()
    with Progress(shown_at_all=not as_json) as step:
        built = build(settings, workspace, today(), step)
    if as_json:
        print_json(built_json(built, settings.archive))
    else:
        print_problems(built.problems)
        print_summary(built, settings.output, settings.archive)
    return 1 if built.failed else 0


@command_line.command("card")
@click.argument("handout", metavar="HANDOUT")
@setting_options(
    *("audience", "language", "paper", "ink", "stock", "sides", "printer", "offset"),
    *("back-offset", "output", "archive"),
)
@click.option(
    "--copies",
    type=click.IntRange(1),
    metavar="N",
    show_default="a sheet full",
    help="How many cards of each audience.",
)
@click.option(
    "--start-at",
    type=click.IntRange(1),
    metavar="K",
    default=1,
    help="Leave the places before the K-th on the first sheet empty.",
)
@click.option("--outline", is_flag=True, help="Draw each card's edge, to check where it falls.")
@release_option
@click.option(
    "--press", is_flag=True, help="One card a page with bleed and crop marks, for a print shop."
)
@json_option
def card_command(handout: str, copies: int | None, start_at: int, **flags: Any) -> int:  # noqa: ANN401 -- what click parsed
    """Print wallet cards on card stock, with each back behind its front."""
    from teachback.commands.card import print_cards
    from teachback.printing.build_record import manifest_row
    from teachback.printing.card_run import CardOrder

    settings, workspace = chosen(handouts=(handout,))
    order = CardOrder(
        copies=copies, start_at=start_at, outline=flags["outline"], press=flags["press"]
    )
    printed = print_cards(settings, order, workspace, today())
    failed = any(problem.severity is Severity.ERROR for problem in printed.problems)
    if flags["as_json"]:
        row = {
            **manifest_row(printed.output),
            "stock": printed.stock,
            "sides": str(printed.sides),
            "cards": printed.cards,
            "sheets": printed.sheets,
        }
        outcome = {
            "ok": not failed,
            "outputs": [row],
            "problems": [problem.as_json() for problem in printed.problems],
        }
        print_json(outcome | archived_json(printed.archived, settings.archive))
        return int(failed)
    print_problems(printed.problems)
    sheets, cards = counted(printed.sheets, "sheet"), counted(printed.cards, "card")
    click.echo(
        f"{shown(settings.output / printed.output.file)}  {cards} on {sheets} of {printed.stock}  "
        f"{printed.output.code}"
    )
    click.echo(_how_to_print(str(printed.sides), press=order.press))
    if printed.archived:
        click.echo(f"{archived_text(printed.archived, settings.archive)}.")
    return int(failed)


def _how_to_print(sides: str, *, press: bool = False) -> str:
    """Return what to choose in the printer's dialog."""
    if press:
        return (
            "For a print shop: one card a page, 3 mm bleed, cut at the marks, "
            "front and back in turn."
        )
    choice = {
        "one": "on one side",
        "long-edge": "on both sides, flip on long edge",
        "short-edge": "on both sides, flip on short edge",
        "fold": "on one side, then cut and fold along the dashed line",
    }[sides]
    return (
        f"Print at 'Actual size' (100 %), {choice}. "
        "First hold one sheet of plain paper against your stock."
    )


@command_line.command("identify")
@click.argument("code", metavar="[CODE]", required=False)
@click.option(
    "--scan",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Read the code off a scan or photo: PNG, JPEG or PDF.",
)
@click.option(
    "--archive",
    metavar="DIR",
    show_default="the setting, or build/archive",
    help="Where the editions are kept.",
)
@click.option(
    "--copy",
    "target",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Copy the very files into this folder.",
)
@click.option("--open", "opened", is_flag=True, help="Open the very file.")
@json_option
def identify_command(
    code: str | None, scan: Path | None, archive: str | None, target: Path | None, **flags: bool
) -> int:
    """Find the edition of a paper by its code or a scan, and copy or open the very file."""
    from teachback.archive.lookup import copy_kept, identify, readable_copy

    folder = Path(archive) if archive else archive_folder()
    answers = identify(folder, code, scan)
    found = all(answer.entries for answer in answers)
    if not flags["as_json"]:
        print_answers(answers)
    copied = copy_kept(folder, answers, target) if target is not None else ()
    to_open = readable_copy(folder, answers) if flags["opened"] else None
    for path in () if flags["as_json"] else copied:
        click.echo(f"copied: {shown(path.absolute())}")
    is_open = to_open is None or click.launch(str(to_open)) == 0
    done = found and is_open
    if flags["as_json"]:
        outcome = {
            "ok": done,
            "answers": [answer.as_json() for answer in answers],
            "copied": [str(path) for path in copied],
        }
        print_json(outcome)
    if not is_open:
        # Not raised: that would print a second JSON document.
        hint = "Copy it with --copy DIR, and open it there."
        print_problems((Problem("no program could be started that shows it", hint),))
    return int(not done)


@command_line.command("verify")
@click.argument("folder", metavar="[DIR]", required=False)
@click.option(
    "--rebuild",
    is_flag=True,
    help="Print each edition again from its kept sources, too, and compare the bytes.",
)
@click.option(
    "--expect",
    metavar="HEAD",
    default="",
    show_default=False,
    help="The head that an earlier verify printed: what was kept by then must still be.",
)
@json_option
def verify_command(folder: str | None, expect: str, **flags: bool) -> int:
    """Check that everything in an archive is still what was kept."""
    from teachback.archive.verification import verify

    archive = Path(folder) if folder else archive_folder()
    audit = verify(archive, expect)
    if flags["rebuild"]:
        from teachback.commands.reprint import reprint

        audit = audit.with_problems(reprint(archive))
    if flags["as_json"]:
        print_json(audit.as_json())
    else:
        print_problems(audit.problems)
        click.echo(audit.summary)
    return int(audit.failed)


@command_line.command("calibrate")
@setting_options("paper", "stock", "sides", "printer", "offset", "back-offset", "output")
def calibrate_command(**_: Any) -> None:  # noqa: ANN401 -- what click parsed
    """Print a page that measures a printer's offset, and shows where to write that down."""
    from teachback.commands.calibrate import calibrate

    settings, workspace = chosen()
    path, sides = calibrate(settings, workspace)
    click.echo(shown(path))
    click.echo(_how_to_print(sides))
    click.echo("The page says which numbers to read off, and where to put them.")


@command_line.group("list", context_settings=CONTEXT)
def list_group() -> None:
    """List what there is to print, and for whom."""


@list_group.command("handouts")
@json_option
def list_handouts(as_json: bool) -> int:  # noqa: FBT001 -- what click parsed
    """List the handouts: id, language, audiences, review."""
    from teachback.commands.listings import handout_rows

    rows, problems = handout_rows(current_workspace())
    print_rows(rows, as_json=as_json)
    print_problems(problems)
    return 1 if problems else 0


@list_group.command("starters")
@json_option
def list_starters(as_json: bool) -> int:  # noqa: FBT001 -- what click parsed
    """List the handouts that `teachback new ID --from STARTER` copies, and what they hold."""
    from teachback.commands.listings import starter_rows

    rows, problems = starter_rows(current_workspace())
    print_rows(rows, as_json=as_json)
    print_problems(problems)
    return 1 if problems else 0


@list_group.command("stocks")
@json_option
def list_stocks(as_json: bool) -> None:  # noqa: FBT001 -- what click parsed
    """List the stocks: name, page, cards, size, other names of the same sheet."""
    from teachback.commands.listings import stock_rows

    print_rows(stock_rows(current_workspace()), as_json=as_json)


@list_group.command("audiences")
@json_option
def list_audiences(as_json: bool) -> None:  # noqa: FBT001 -- what click parsed
    """List the audiences: id, what staff call them, which one they extend."""
    from teachback.commands.listings import audience_rows

    print_rows(audience_rows(current_workspace()), as_json=as_json)


@command_line.command("schema")
@click.argument(
    "kind", metavar="[KIND]", type=click.Choice(("handout", "translation")), default="handout"
)
def schema_command(kind: str) -> None:
    """Print the JSON Schema of a handout, or of a `translation`, for editors."""
    from teachback.content.json_schema import json_schema

    click.echo(json_schema(kind), nl=False)


@command_line.command("init")
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
def init_command(folder: Path) -> None:
    """Make a workspace for a clinic: its names and numbers, and a handout to start from."""
    from teachback.commands.scaffold import init

    for path in init(folder, today()):
        click.echo(shown(path.absolute()))
    click.echo(f"Now fill in {folder / 'content' / 'clinic.yaml'}, then type:")
    if folder.resolve() != Path.cwd():
        click.echo(f"    cd {shlex.quote(str(folder))}")
    click.echo(f"    {program_name(folder)} build")


@command_line.command("new")
@click.argument("identifier", metavar="ID")
@click.option("--from", "starter", metavar="STARTER", help="Copy this one: see `list starters`.")
def new_command(identifier: str, starter: str | None) -> None:
    """Write a handout to start from; it builds as it is."""
    from teachback.commands.scaffold import new
    from teachback.files.workspace import starter_files, starter_translations

    for path in new(identifier, current_workspace(), today(), starter):
        click.echo(shown(path))
    for language in starter_translations(starter, current_workspace()) if starter else ():
        start = f"teachback translate start {identifier} --language {language} --from {starter}"
        click.echo(as_typed(f"It has a draft in '{language}', too: {start}"))
    if starter is None and identifier in starter_files(current_workspace()):
        like = f"teachback new my-{identifier} --from {identifier}"
        click.echo(as_typed(f"There is a starter of this name, with a text to change: {like}"))
    click.echo(as_typed(f"Now change it, then: teachback build {identifier}"))


@command_line.command("copy")
@click.argument("name", metavar="FILE")
@click.option("--force", is_flag=True, help="Replace the file of that name that you have.")
def copy_command(name: str, force: bool) -> None:  # noqa: FBT001 -- what click parsed
    """Copy a built-in file into the workspace, to change it there."""
    from teachback.commands.scaffold import copy_builtin

    path, effect = copy_builtin(name, current_workspace(), force=force)
    click.echo(f"{shown(path)}\n{effect}")


@command_line.command("open")
@click.argument("name", metavar="[HANDOUT]", required=False)
@setting_options("audience", "output")
def open_command(name: str | None, **_: Any) -> None:  # noqa: ANN401 -- what click parsed
    """Open what was printed: the page that shows all of it, or the file of a handout."""
    from teachback.commands.printed_index import printed_file

    settings = chosen()[0]
    path = printed_file(settings.output, name, settings.audiences)
    click.echo(shown(path))
    if click.launch(str(path)) != 0:
        click.echo("No program could be started that shows it: open this file yourself.", err=True)


@command_line.command("help")
@click.argument("words", metavar="[COMMAND]", nargs=-1)
@click.pass_context
def help_command(context: click.Context, words: tuple[str, ...]) -> None:
    """Show what a command does and which options it has."""
    command: click.Command = command_line
    context = context.find_root()
    for word in words:
        known = command.commands if isinstance(command, click.Group) else {}
        if word not in known:
            hint = nearest(SYNONYMS.get(word, word), known)
            raise UsageError.of(f"there is no command '{word}'", hint)
        command = known[word]
        context = click.Context(command, context, word)
    click.echo(command.get_help(context))


@command_line.command("doctor")
@json_option
def doctor_command(as_json: bool) -> int:  # noqa: FBT001 -- what click parsed
    """Show what is installed, what is missing, and how to get it."""
    from dataclasses import asdict

    from teachback.commands.doctor import examine

    findings = examine(current_workspace(needed=False))
    if as_json:
        print_json([asdict(finding) for finding in findings])
    else:
        for finding in findings:
            state = "ok" if finding.ok else "MISSING" if finding.needed else "-"
            click.echo(f"{state:8}{finding.name:16}{finding.found}")
            if not finding.ok and finding.remedy:
                click.echo(as_typed(f"{'':24}{finding.remedy}"))
    return 0 if all(finding.ok or not finding.needed for finding in findings) else 1


for _command in (
    *COMMANDS,
    *merge_command.COMMANDS,
    *serve_command.COMMANDS,
    *translate_command.COMMANDS,
):
    command_line.add_command(_command)
