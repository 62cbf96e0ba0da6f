"""Define the command `merge`: one handout, many records."""

from __future__ import annotations

import shlex
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from teachback.cli.command_help import GroupedCommand
from teachback.cli.context import today
from teachback.cli.options import (
    chosen,
    json_option,
    meant_cells,
    release_option,
    setting_options,
    typed_parameters,
)
from teachback.cli.output import (
    Progress,
    archived_json,
    archived_text,
    counted,
    print_json,
    print_problems,
)
from teachback.errors import Location, Problem, Severity, UsageError
from teachback.files.workspace import refuse_own_folder, shown

if TYPE_CHECKING:
    from teachback.merge.accounting import Merged
    from teachback.merge.merge_order import Cluster, MergeOrder
    from teachback.merge.record_shapes import PrintedRecord
    from teachback.printing.settings import Settings

# How many rejected rows are printed when a file lists all of them.
_MOST_ROWS: Final = 20
# The options that only sheets of cards have a use for.
_SHEET_OPTIONS: Final = {"stock", "sides", "printer", "offset", "back_offset", "start_at"}


@click.command("merge", cls=GroupedCommand)
@click.argument("handout", metavar="[HANDOUT]", required=False)
@click.option(
    "--records",
    metavar="FILE",
    help="The records: CSV, TSV, JSON Lines or XLSX; - is standard input.",
)
@setting_options(
    *("language", "paper", "ink", "size", "depth", "jobs", "dates"),
    *("stock", "sides", "printer", "offset", "back-offset", "archive"),
    audience={"help": "For this audience, where the records have no such column."},
    kind={"show_default": "handout"},
    output={"show_default": "build/merge/HANDOUT"},
)
@click.option(
    "--combine",
    type=click.IntRange(1, 1000),
    metavar="N",
    show_default="a file for each record",
    help="N records a file, for a print room.",
)
@click.option(
    "--start-at",
    type=click.IntRange(1),
    metavar="K",
    default=1,
    help="Leave the places before the K-th on the first sheet of cards empty.",
)
@click.option("--duplex", is_flag=True, help="With --combine: begin each record on a front side.")
@click.option(
    "--name-from",
    metavar="COLUMN",
    show_default="id",
    help="The column of ids, which name the files; never a patient's name.",
)
@click.option(
    "--audience-from",
    metavar="COLUMN",
    show_default="audience",
    help="The column that says who reads.",
)
@click.option(
    "--encoding",
    metavar="NAME",
    help="The encoding of the records, where it cannot be told: windows-1252, utf-16-le ...",
)
@click.option(
    "--cluster",
    metavar="ADDRESS",
    help="Have other machines print, through Dask's scheduler at tls://HOST:PORT.",
)
@click.option(
    "--shared-folder",
    is_flag=True,
    help="With --cluster: the machines write into the folder themselves, by the same path.",
)
@click.option("--tls-ca", metavar="FILE", help="With --cluster: the authority's certificate.")
@click.option("--tls-cert", metavar="FILE", help="With --cluster: our certificate.")
@click.option("--tls-key", metavar="FILE", help="With --cluster: the key to it.")
@click.option(
    "--dry-run",
    is_flag=True,
    help="Say what would be rejected, by row and field, and write nothing.",
)
@release_option
@click.option(
    "--wipe",
    metavar="DIR",
    type=click.Path(path_type=Path),
    help="Remove the run in this folder, and nothing else.",
)
@json_option
def merge_command(handout: str | None, wipe: Path | None, as_json: bool, **flags: Any) -> int:  # noqa: ANN401, FBT001 -- what click parsed
    """Print one handout for many patients, from a file of records.

    What a record says of its audience, language, paper and size wins over the options.
    """
    if wipe is not None:
        return _wipe(wipe, as_json=as_json)
    from teachback.commands.archive_step import ArchivedRun
    from teachback.commands.blank_editions import keep_blank_editions
    from teachback.merge import handout_engine
    from teachback.merge.merge_run import merge
    from teachback.printing.process_limits import leave_no_image, stay_in_memory

    if not handout or not flags["records"]:
        example = "For example: teachback merge before-your-visit --records patients.csv"
        raise UsageError.of("name a handout, and a file of --records", example)
    settings, workspace = chosen(handouts=(handout,))
    order = _order(settings, flags)
    refuse_own_folder(order.output, workspace, "--output")
    # From here on, this process and its children hold records.
    leave_no_image()
    stay_in_memory()
    if order.records is not None and order.records.is_fifo():
        click.echo(f"Reading records from the pipe {shown(order.records)} ...", err=True)
    engine = handout_engine.open_engine(settings, workspace, today(), flags["start_at"])
    printed_early: list[Problem] = []

    def warn(problems: tuple[Problem, ...]) -> None:
        """Print warnings while somebody may still stop the run."""
        printed_early.extend(problems)
        print_problems(problems)

    with Progress(shown_at_all=not as_json, label="Printing") as step:
        merged = merge(order, engine, step, None if as_json else warn)
    archived = ArchivedRun()
    if not order.dry_run:
        archived = keep_blank_editions(settings, workspace, today(), merged.keys)
        merged = replace(merged, problems=(*merged.problems, *archived.problems))
    if as_json:
        print_json(_as_json(merged) | archived_json(archived.codes, settings.archive))
    else:
        print_problems(
            tuple(problem for problem in merged.problems if problem not in printed_early)
        )
        _print_result(merged, order)
        if archived.codes:
            click.echo(f"{archived_text(archived.codes, settings.archive)}.")
    return int(merged.failed)


def _order(settings: Settings, flags: dict[str, Any]) -> MergeOrder:
    from teachback.merge.merge_order import MergeOrder

    typed_flags = typed_parameters()
    if "audiences" in typed_flags and len(settings.audiences) > 1:
        message = f"--audience takes one name here, not {len(settings.audiences)}"
        hint = "Name the audience of each record in a column of its own: see --audience-from."
        raise UsageError.of(message, hint)
    # The configured kinds are for `build`. Here, cards are printed only if asked for.
    kinds = settings.kinds if "kinds" in typed_flags else ("handout",)
    on_sheets = "card" in kinds and flags["combine"]
    for name in () if on_sheets else sorted(_SHEET_OPTIONS & typed_flags):
        message = f"--{name.replace('_', '-')} works only with --kind card and --combine"
        raise UsageError.of(message, "Add both, or leave it out: only sheets are on stock.")
    own_folder = settings.output / "merge" / settings.handouts[0]
    return MergeOrder(
        records=None if flags["records"] == "-" else Path(flags["records"]),
        output=settings.output if "output" in typed_flags else own_folder,
        kinds=kinds,
        combine=flags["combine"] or 0,
        duplex=flags["duplex"],
        id_column=flags["name_from"] or "id",
        audience_column=flags["audience_from"] or "audience",
        audience=settings.audiences[0] if len(settings.audiences) == 1 else "",
        language=settings.languages(settings.language or ""),
        paper=str(settings.paper),
        size=str(settings.size),
        encoding=flags["encoding"],
        jobs=settings.jobs,
        dry_run=flags["dry_run"],
        cluster=_cluster(flags),
        meant=meant_cells(),
    )


def _cluster(flags: dict[str, Any]) -> Cluster | None:
    from teachback.merge.merge_order import Cluster

    if flags["cluster"] is None:
        for name in ("shared_folder", "tls_ca", "tls_cert", "tls_key"):
            if flags[name]:
                hint = "Name its scheduler: --cluster tls://HOST:8786."
                raise UsageError.of(f"--{name.replace('_', '-')} works only with --cluster", hint)
        return None
    files = {name: flags[f"tls_{name}"] or "" for name in ("ca", "cert", "key")}
    return Cluster(flags["cluster"], **files, shared=flags["shared_folder"])


def _wipe(folder: Path, *, as_json: bool) -> int:
    from teachback.merge.run_removal import wipe

    if typed_parameters() - {"wipe", "as_json"}:
        hint = f"Type: teachback merge --wipe {shlex.quote(str(folder))}"
        raise UsageError.of("--wipe cannot be combined with anything else", hint)
    removal = wipe(folder)
    problems: tuple[Problem, ...] = ()
    if removal.left:
        message = f"{counted(removal.left, 'file')} left: the run did not make them"
        hint = "Look into the folder, and delete what you do not need."
        problems = (Problem(message, hint, Location(shown(folder))),)
    if as_json:
        outcome = {
            "ok": not problems,
            "removed": removal.files,
            "left": removal.left,
            "problems": [problem.as_json() for problem in problems],
        }
        print_json(outcome)
    else:
        print_problems(problems)
        click.echo(f"{counted(removal.files, 'file')} removed")
    return int(bool(problems))


def rejected_row_problems(rejected: tuple[PrintedRecord, ...], name: str) -> tuple[Problem, ...]:
    """Return a problem for each fault of a rejected row: row, field and reason, never the value."""
    return tuple(
        Problem(f"{f'{field} ' if field else 'this row '}{reason}", "", Location(name, row.row, 1))
        for row in rejected
        for field, reason in row.faults
    )


def _print_result(merged: Merged, order: MergeOrder) -> None:
    folder = (merged.folder or order.output).absolute()
    rows = merged.told if order.dry_run else merged.told[:_MOST_ROWS]
    print_problems(rejected_row_problems(rows, order.name))
    more = merged.rejected - len(rows)
    if more:
        where = (
            f"see {shown(folder / 'rejected.csv')}"
            if not order.dry_run
            else "the first ones are above"
        )
        click.echo(f"{counted(more, 'more row')} rejected; {where}", err=True)
    for code, files in sorted(merged.editions.items()):
        click.echo(f"{code}  {files}")
    kept = f", {merged.kept} of the files were there" if merged.kept else ""
    printed = f"{merged.printed} {'would be printed' if order.dry_run else 'printed'}{kept}"
    where = "; nothing was written" if order.dry_run else f"; all of it is in {shown(folder)}"
    click.echo(f"{counted(merged.records, 'record')}: {printed}, {merged.rejected} rejected{where}")
    if merged.rejected and not order.dry_run:
        rows_to_mend = shown(folder / "to-mend.csv")
        options = (
            f"--records {shlex.quote(rows_to_mend)} --output {shlex.quote(shown(order.output))}"
        )
        click.echo(
            f"Mend the rejected rows in {rows_to_mend}, and type the command again with {options}"
        )


def _as_json(merged: Merged) -> dict[str, Any]:
    return {
        "ok": not merged.failed,
        "records": merged.records,
        "printed": merged.printed,
        "rejected": merged.rejected,
        "kept": merged.kept,
        "editions": dict(sorted(merged.editions.items())),
        "output": str(merged.folder) if merged.folder else None,
        "rows": [
            {"row": row.row, "field": field, "reason": reason}
            for row in merged.told
            for field, reason in row.faults
        ],
        "problems": [
            problem.as_json()
            for problem in merged.problems
            if problem.severity is not Severity.HINT
        ],
    }


COMMANDS = (merge_command,)
