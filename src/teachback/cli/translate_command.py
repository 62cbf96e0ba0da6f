"""Define the commands for translations: `translate` with its own commands, and `ids`."""

from __future__ import annotations

from pathlib import Path

import click

from teachback.cli.command_help import CONTEXT
from teachback.cli.context import as_typed, current_workspace, today
from teachback.cli.options import audience_option, json_option, resolve, strict_option
from teachback.cli.output import Progress, counted, print_json, print_problems, print_rows
from teachback.files.workspace import check_target, shown
from teachback.units import Paper


@click.group("translate", context_settings=CONTEXT)
def translate_group() -> None:
    """Keep translations in step with the handouts that they translate."""


@translate_group.command("status")
@click.argument("handout", metavar="[HANDOUT]", required=False)
@click.option("--language", "-l", metavar="LANG", help="Only translations into this language.")
@strict_option
@json_option
def status_command(handout: str | None, language: str | None, strict: bool, as_json: bool) -> int:  # noqa: FBT001 -- what click parsed
    """Show what is missing, stale or unchecked, for each language and reader.

    The exit code is 1 when an edition is refused; with --strict, when one is not whole and checked.
    """
    from teachback.commands.translation_status import translation_status

    status = translation_status(handout, language, current_workspace())
    failed = status.failed(strict=strict)
    if as_json:
        outcome = {
            "ok": not failed,
            "editions": list(status.rows),
            "texts": list(status.texts),
            "problems": [problem.as_json() for problem in status.problems],
        }
        print_json(outcome)
        return int(failed)
    if not status.rows and not status.problems:
        click.echo("There is no translation.")
    print_rows(list(status.rows), as_json=False)
    for text in status.texts:
        click.echo(f"{text['state']}: {text['text']} ({', '.join(text['readers'])})")
        if text["translated_from"] is not None:
            click.echo(f"  translated: {text['translated_from']}")
        click.echo(f"  now:        {text['english']}")
    print_problems(status.problems)
    return int(failed)


@translate_group.command("start")
@click.argument("handout", metavar="HANDOUT")
@click.option("--language", "-l", metavar="LANG", required=True, help="Into this language.")
@click.option(
    "--from",
    "starter",
    metavar="STARTER",
    help="Fill in the texts that are still those of this starter, with its drafts.",
)
def start_command(handout: str, language: str, starter: str | None) -> None:
    """Write a translation to fill in: each text of a handout in its own language."""
    from teachback.commands.write_translation import start_translation

    started = start_translation(handout, language, current_workspace(), starter)
    click.echo(f"{shown(started.path)}  {counted(started.texts, 'text')}")
    if starter is not None:
        click.echo(
            f"{started.translated} are filled in: drafts that no qualified translator has checked."
        )
    if started.translated < started.texts:
        each = "text" if starter is None else "other text"
        click.echo(f"Below each {each}, add `{language}:` with its translation.")
    else:
        click.echo(as_typed(f"Now look at it: teachback build {handout} --language {language}"))


@translate_group.command("proof")
@click.argument("handout", metavar="HANDOUT")
@click.option("--language", "-l", metavar="LANG", required=True, help="Its translation into this.")
@click.option(
    "--output",
    "-o",
    "path",
    metavar="FILE",
    type=click.Path(path_type=Path),
    show_default="HANDOUT-LANG-proof.pdf in the output folder",
    help="Write it here.",
)
@click.option(
    "--paper", type=click.Choice([str(paper) for paper in Paper]), help="The paper to print on."
)
@json_option
def proof_command(
    handout: str,
    language: str,
    path: Path | None,
    paper: str | None,
    as_json: bool,  # noqa: FBT001 -- what click parsed
) -> None:
    """Print both languages side by side, with the state of each text, to read and to sign."""
    from teachback.commands.translation_proof import write_proof

    workspace = current_workspace()
    settings = resolve((), workspace)
    target = path or settings.output / f"{handout}-{language}-proof.pdf"
    check_target(target, (".pdf",), workspace, "--output")
    chosen_paper = Paper(paper) if paper else settings.paper
    proof = write_proof(handout, language, target, workspace, today(), chosen_paper)
    if as_json:
        print_json({**proof._asdict(), "path": shown(proof.path)})
        return
    click.echo(f"To sign: {shown(proof.path.absolute())}  {counted(proof.texts, 'text')}")
    if proof.missing or proof.outdated:
        click.echo(f"{proof.missing} missing and {proof.outdated} outdated: the sheet marks them.")


@translate_group.command("pseudo")
@click.argument("handout", metavar="HANDOUT")
@click.option(
    "--growth",
    type=click.FloatRange(1, 3),
    metavar="N",
    show_default="that of the language, or 1.3",
    help="How many times as long the texts are, or as wide in the font of --language.",
)
@click.option(
    "--language", "-l", metavar="LANG", help="In the letters, font and direction of this one."
)
@click.option("--rtl", is_flag=True, help="As a language that is written from right to left.")
@audience_option
@json_option
def pseudo_command(
    handout: str,
    growth: float | None,
    language: str | None,
    rtl: bool,  # noqa: FBT001 -- what click parsed
    audience: tuple[str, ...],
    as_json: bool,  # noqa: FBT001 -- what click parsed
) -> int:
    """Print a handout in pseudo-text, to see what its translation would not fit.

    Each reader, paper and size is printed, and the cards. The exit code is 1 when one does not fit.
    """
    from teachback.commands.pseudo_translation import PseudoOrder, print_pseudo

    workspace = current_workspace()
    settings = resolve((), workspace)
    with Progress(shown_at_all=not as_json) as step:
        order = PseudoOrder(handout, growth, audience, language, rtl)
        run = print_pseudo(order, settings, workspace, step)
    failed = bool(run.problems)
    if as_json:
        problems = [problem.as_json() for problem in run.problems]
        folder = shown(run.folder)
        outcome = {"ok": not failed, "folder": folder, "editions": run.rows, "problems": problems}
        print_json(outcome)
        return int(failed)
    rows = [{key: value for key, value in row.items() if key != "problems"} for row in run.rows]
    print_rows(rows, as_json=False)
    print_problems(run.problems)
    dimension = "wide" if language or rtl else "long"
    click.echo(f"Pseudo-text, {run.growth:g} times as {dimension}: {shown(run.folder.absolute())}")
    return int(failed)


@translate_group.command("adopt")
@click.argument("handout", metavar="HANDOUT.LANG")
@click.option("--force", is_flag=True, help="Replace the translation that is there.")
def adopt_command(handout: str, force: bool) -> None:  # noqa: FBT001 -- what click parsed
    """Turn a handout such as leg-cramps.es into a translation, and show where the two differ."""
    from teachback.commands.write_translation import adopt

    adopted = adopt(handout, current_workspace(), force=force)
    print_problems(adopted.differences)
    click.echo(
        f"{shown(adopted.path)}  {counted(adopted.texts, 'text')}, each beside its present English"
    )
    click.echo("Read them side by side, then delete the handout: it takes the translation's place.")


@translate_group.command("export")
@click.argument("handout", metavar="HANDOUT")
@click.option("--language", "-l", metavar="LANG", required=True, help="Into this language.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["docx", "xlsx", "xliff", "po"]),
    required=True,
    help="Word, Excel, or a format of tools for translators.",
)
@click.option(
    "--only",
    type=click.Choice(["missing", "stale", "open"]),
    help="Only such texts; open are those that are missing or stale.",
)
@click.option(
    "--output",
    "-o",
    "target",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Where to write it.  [default: HANDOUT.LANG with the ending of the format]",
)
@click.option("--force", is_flag=True, help="Replace a file that is there.")
def export_command(
    handout: str,
    language: str,
    form: str,
    only: str | None,
    target: Path | None,
    force: bool,  # noqa: FBT001 -- what click parsed
) -> None:
    """Write the texts of a handout into a file for a translator, each with its context."""
    from teachback.commands.export_translation import ENDINGS, export_translation

    workspace = current_workspace()
    path = target or Path(f"{handout}.{language}{ENDINGS[form][0]}")
    check_target(path, ENDINGS[form], workspace, "--output")
    settings = resolve((), workspace)
    exported = export_translation(
        handout, language, form, only, path, settings, workspace, force=force
    )
    part = f"{exported.texts} of " if exported.texts != exported.total else ""
    click.echo(f"{shown(path)}  {part}{counted(exported.total, 'text')}")
    click.echo(as_typed("When it comes back: teachback translate import FILE"))


@translate_group.command("import")
@click.argument("file", metavar="FILE", type=click.Path(path_type=Path))
@strict_option
@json_option
def import_command(file: Path, strict: bool, as_json: bool) -> None:  # noqa: FBT001 -- what click parsed
    """Take the texts of a file that `export` wrote into the translation: all of it, or nothing."""
    from teachback.commands.import_translation import import_translation

    workspace = current_workspace()
    imported = import_translation(file, resolve((), workspace), workspace, strict=strict)
    if as_json:
        print_json(
            {
                "file": shown(imported.path),
                "texts": list(imported.keys),
                "unchecked": list(imported.unchecked),
                "problems": [problem.as_json() for problem in imported.problems],
            }
        )
        return
    print_problems(imported.problems)
    click.echo(f"{shown(imported.path)}  {counted(len(imported.keys), 'text')} new or changed")
    for name in imported.unchecked:
        click.echo(f"The translation for {name} was checked; with these texts it must be again.")


@click.command("ids")
@click.argument("handout", metavar="HANDOUT")
@json_option
def ids_command(handout: str, as_json: bool) -> None:  # noqa: FBT001 -- what click parsed
    """Write the ids that a handout lacks, so that its translations find a text that was moved."""
    from teachback.commands.write_ids import write_ids

    written = write_ids(handout, current_workspace())
    if as_json:
        print_json(written._asdict())
        return
    for name in written.files:
        click.echo(name)
    ids = f"{counted(len(written.ids), 'id')} written"
    if written.by_place:
        verb = "has" if len(written.by_place) == 1 else "have"
        texts = f"{counted(len(written.by_place), 'text')} {verb} a place number"
        ids = f"{ids}; {texts}: {', '.join(written.by_place[:3])} ..."
    click.echo(ids)


COMMANDS = (translate_group, ids_command)
