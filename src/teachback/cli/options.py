"""Declare the options that commands share, above all the settings.

Click resolves each setting in this order: flag, environment, teachback.toml, default.
"""

from __future__ import annotations

import os
import re
from dataclasses import fields
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NoReturn, TypeVar

import click
from click import ParameterSource

from teachback.cli.context import current_workspace
from teachback.errors import Location, Problem, TeachbackError, UsageError, folded, nearest
from teachback.files.toml_reader import TomlFile, read_toml
from teachback.files.unprintable_characters import faults
from teachback.files.workspace import SETTINGS, Workspace, handout_files, shown, unknown_handout
from teachback.printing.settings import Offset, Settings, Sides
from teachback.units import TWO_LANGUAGES, Depth, Paper, PrintInk, TypeSize, split_languages

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from teachback.merge.record_shapes import CellMeaning

_Command = TypeVar("_Command", bound="Callable[..., Any]")
MOST_OFFSET: Final = 20.0
_KINDS: Final = ("handout", "card")
_FORMATS: Final = ("pdf", "html", "png")
# The key of Context.meta that holds the errors found so far.
_ERRORS: Final = "teachback.settings"
# The key of Context.meta that holds the lines of [merge.map.COLUMN].
_MEANT_CELLS: Final = "teachback.meant"


class Setting(click.Option):
    """An option that the environment and teachback.toml may hold, too.

    A hidden setting is no flag of its command. Errors are kept until the command asks for its
    settings, so that all are reported at once.
    """

    def add_to_parser(self, parser: Any, ctx: click.Context) -> None:  # noqa: ANN401 -- Click's own
        """Make the setting a flag, unless it is hidden."""
        if not self.hidden:
            super().add_to_parser(parser, ctx)

    def value_from_envvar(self, ctx: click.Context) -> str | list[str] | None:
        """Split a list at its commas."""
        text = self.resolve_envvar_value(ctx)
        return [word.strip() for word in text.split(",")] if text and self.multiple else text

    def consume_value(
        self, ctx: click.Context, opts: Mapping[str, Any]
    ) -> tuple[Any, ParameterSource]:
        """Read teachback.toml before the first setting is resolved."""
        if ctx.default_map is None:
            ctx.default_map = {}
            try:
                ctx.obj = ctx.obj or current_workspace()
                ctx.default_map = _file_values(ctx, ctx.obj)
            except TeachbackError as error:
                ctx.meta[_ERRORS] = [error]
        return super().consume_value(ctx, opts)

    def process_value(self, ctx: click.Context, value: object) -> object:
        """Convert a value, and remove the repeats of a list. Keep the error of a wrong value."""
        try:
            value = super().process_value(ctx, value)
        except click.BadParameter as error:
            is_typed = ctx.get_parameter_source(self.name) is ParameterSource.COMMANDLINE
            source = self.opts[0] if is_typed else str(self.envvar)
            ctx.meta.setdefault(_ERRORS, []).append(UsageError(_refused(source, value, error)))
            return None
        if isinstance(value, tuple):
            choices = getattr(self.type, "choices", value)
            return tuple(dict.fromkeys(choice for choice in choices if choice in value))
        return value


class _Choice(click.Choice[Any]):
    """A choice of words whose error names the nearest one."""

    def normalize_choice(self, choice: object, ctx: click.Context | None) -> str:  # noqa: ARG002 -- as Click
        return str(choice)

    def get_invalid_choice_message(self, value: object, ctx: click.Context | None) -> str:  # noqa: ARG002 -- as Click
        return nearest(str(value), map(str, self.choices))


class _Count(click.IntRange):
    name = "n"

    def fail(self, message: str, *where: Any) -> NoReturn:  # noqa: ANN401, ARG002 -- as Click
        super().fail("Write a whole number, 1 or more.", *where)


class _Folder(click.ParamType[Path]):
    name = "dir"

    def convert(self, value: str, *where: Any) -> Path:  # noqa: ANN401 -- as Click
        return Path(value) if value.strip() else self.fail("Write the name of a folder.", *where)


class _Offset(click.ParamType[Offset]):
    name = "x,y"

    def convert(self, value: str, *where: Any) -> Offset:  # noqa: ANN401 -- as Click
        number = r"\s*([+-]?\d+(?:\.\d+)?)\s*"
        match = re.fullmatch(f"{number},{number}", value)
        if match is None:
            self.fail(
                "Write two numbers of millimetres, to the right and down, such as 0.5,-1.2.", *where
            )
        offset = Offset(float(match[1]), float(match[2]))
        if max(abs(offset.x), abs(offset.y)) > MOST_OFFSET:
            most = f"No printer is off by more than {MOST_OFFSET:g} mm"
            self.fail(f"{most}: look at the paper tray first.", *where)
        return offset


def _use_printer(ctx: click.Context, _: click.Parameter, name: str | None) -> None:
    """Put a printer's offsets among the defaults.

    The offsets of a printer named by flag or environment win over those of the file's top level.
    """
    if name is None or not ctx.default_map:
        return
    defaults, printers = ctx.default_map, ctx.default_map["printers"]
    if name not in printers:
        raise click.BadParameter(_known_printers(name, printers))
    in_file = ctx.get_parameter_source("printer") is ParameterSource.DEFAULT_MAP
    ctx.default_map = printers[name] | defaults if in_file else defaults | printers[name]


def _known_printers(name: str, printers: Mapping[str, object]) -> str:
    hint = f"Write a section [printers.{name}] with its offset into {SETTINGS}."
    return nearest(name, printers) or hint


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _setting(
    flags: str,
    about: str,
    kind: click.ParamType[Any] = click.STRING,
    **attributes: Any,  # noqa: ANN401 -- as Click
) -> Callable[..., Any]:
    names = flags.split()
    attributes["envvar"] = f"TEACHBACK_{names[0][2:].upper().replace('-', '_')}"
    return partial(click.option, *names, cls=Setting, type=kind, help=about, **attributes)


# Each parameter has the name of its field of Settings. The printer comes before its offsets.
_SETTINGS: Final = {
    "handouts": _setting(
        "--handouts configured", "What is printed if none are named.", multiple=True
    ),
    "audience": _setting(
        "--audience -a audiences", "For this audience; may be repeated.", multiple=True
    ),
    "language": _setting("--language -l", "In this language, or in two side by side: es+en."),
    "kind": _setting(
        "--kind kinds",
        "What to print; may be repeated.",
        _Choice(_KINDS),
        multiple=True,
        default=_KINDS,
    ),
    "format": _setting(
        "--format formats",
        "Which files to make; may be repeated.",
        _Choice(_FORMATS),
        multiple=True,
        default=("pdf",),
    ),
    "paper": _setting("--paper", "The paper to print on.", _Choice(Paper), default="letter"),
    "size": _setting(
        "--size", "The type: 13 pt, or 18 pt large print.", _Choice(TypeSize), default="standard"
    ),
    "ink": _setting(
        "--ink", "Print in black alone, or in colour.", _Choice(PrintInk), show_default="black"
    ),
    "depth": _setting(
        "--depth",
        "How much of a handout: all, or the parts marked `brief: true`.",
        _Choice(Depth),
        default="full",
    ),
    "stock": _setting("--stock", "The stock, by any name it is sold under."),
    "sides": _setting(
        "--sides", "How the back comes behind the front.", _Choice(Sides), show_default="long-edge"
    ),
    "printer": _setting(
        "--printer", f"Take the offsets of this printer from {SETTINGS}.", callback=_use_printer
    ),
    "offset": _setting(
        "--offset", "Move fronts by so many mm, right and down.", _Offset(), default="0,0"
    ),
    "back-offset": _setting(
        "--back-offset", "Move backs by so many mm, right and down.", _Offset(), default="0,0"
    ),
    "output": _setting(
        "--output -o", "Where to put what is printed.", _Folder(), show_default="build"
    ),
    "archive": _setting("--archive", "Keep each edition in this archive, for good.", _Folder()),
    "dates": _setting(
        "--dates",
        "What comes first in dates such as 11/2/2027: mdy is the month, dmy the day.",
        _Choice(("mdy", "dmy")),
    ),
    "jobs": _setting(
        "--jobs -j",
        "How many processes print at the same time.",
        _Count(1),
        default=_cores,
        show_default="one a core",
    ),
}
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
audience_option = click.option(
    "--audience", "-a", multiple=True, help="Only what this audience reads; may be repeated."
)
strict_option = click.option("--strict", is_flag=True, help="Treat warnings as errors.")
release_option = click.option(
    "--release",
    is_flag=True,
    help="Refuse texts that no clinician has approved, or whose review is overdue.",
)


def setting_options(*flags: str, **own: dict[str, str]) -> Callable[[_Command], _Command]:
    """Add every setting to a command; the named ones become its flags.

    `own` names further flags, each with attributes of its own, such as another help.
    """

    def add(command: _Command) -> _Command:
        for name, option in reversed(_SETTINGS.items()):
            command = option(hidden=name not in {*flags, *own}, **own.get(name, {}))(command)
        return command

    return add


def chosen(**given: Any) -> tuple[Settings, Workspace]:  # noqa: ANN401 -- fields of any type
    """Return the settings of the running command, and its workspace.

    `given` holds fields for which there is no option. Raises all problems of teachback.toml,
    environment and flags at once: as TeachbackError if the file has any, else as UsageError.
    """
    context = click.get_current_context()
    errors: list[TeachbackError] = context.meta.get(_ERRORS, [])
    if errors:
        raise type(errors[0])(*(problem for error in errors for problem in error.problems))
    params = {**context.params, **given}
    params["handouts"] = params.get("handouts") or params["configured"]
    named, facing = split_languages(params["language"] or "")
    if TWO_LANGUAGES in (params["language"] or "") and not (named and facing):
        message = f"--language: '{params['language']}' does not name two languages"
        raise UsageError.of(message, "Write both, such as es+en, or one of them.")
    params |= {"language": named or None, "facing": facing}
    values = {field.name: params[field.name] for field in fields(Settings) if field.name in params}
    return Settings(**values), context.obj


def meant_cells() -> tuple[CellMeaning, ...]:
    """Return what teachback.toml says that cells of records mean."""
    from teachback.merge.record_shapes import CellMeaning

    lines = click.get_current_context().meta.get(_MEANT_CELLS, ())
    return tuple(CellMeaning(*line) for line in lines)


def typed_parameters() -> set[str]:
    """Return the parameters of the running command that were typed on the command line."""
    context = click.get_current_context()
    source = context.get_parameter_source
    return {name for name in context.params if source(name) is ParameterSource.COMMANDLINE}


@click.command()
@setting_options(*_SETTINGS)
def _settings_command(**_: object) -> Settings:
    return chosen()[0]


def resolve(arguments: Sequence[str] = (), workspace: Workspace | None = None) -> Settings:
    """Return the settings that flags, environment and teachback.toml choose.

    Without a workspace, the one of the current folder is taken. Raises as `chosen` does.
    """
    return _settings_command.main(  # type: ignore[no-any-return]
        [*arguments], "teachback", standalone_mode=False, obj=workspace
    )


def archive_folder() -> Path:
    """Return the archive of the settings, or build/archive if it exists.

    Raises UsageError when there is none.
    """
    settings = resolve((), current_workspace(needed=False))
    usual = settings.output / "archive"
    if settings.archive is None and not usual.is_dir():
        hint = "Name its folder, or make one: teachback build --archive build/archive."
        raise UsageError.of("there is no archive here", hint, Location(shown(usual)))
    return settings.archive or usual


def _file_values(context: click.Context, workspace: Workspace) -> dict[str, Any]:
    """Return the values of teachback.toml by parameter, with those of each printer in "printers".

    Raises TeachbackError with all problems.
    """
    file = read_toml(workspace.root / SETTINGS)
    options = [option for option in context.command.params if isinstance(option, Setting)]
    known = {option.opts[0].removeprefix("--"): option for option in options}
    of_printer = {key: known[key] for key in ("offset", "back-offset")}
    tables = file.data.pop("printers", {})
    problems: list[Problem] = []
    map_lines = _read_meant_cells(file, problems)
    printers = {
        printer: _checked(table, of_printer, partial(file.place, f"printers.{printer}"), problems)
        for printer, table in (tables if isinstance(tables, dict) else {"": tables}).items()
    }
    values = {"output": "build", **_checked(file.data, known, file.place, problems)}
    ids = {name for stem in handout_files(workspace) for name in (stem, stem.split(".")[0])}
    problems += [
        unknown_handout(name, ids)._replace(location=file.place("handouts"))
        for name in values.get("configured", ())
        if name not in ids
    ]
    printer = values.get("printer")
    if printer is not None and printer not in printers:
        hint = _known_printers(printer, printers)
        problems.append(
            Problem(f"printer: '{printer}' is not allowed", hint, file.place("printer"))
        )
    if problems:
        raise TeachbackError(*problems)
    folders = {"output", "archive"} & values.keys()
    values |= {name: str(workspace.root / values[name]) for name in folders}
    context.meta[_MEANT_CELLS] = map_lines
    return {**values, "printers": printers}


def _read_meant_cells(file: TomlFile, problems: list[Problem]) -> tuple[tuple[Any, ...], ...]:
    """Return each line of the sections [merge.map.COLUMN]: column, cell, its meaning, its place.

    Adds the problems of wrong lines to `problems`.
    """
    merge = file.data.pop("merge", {"map": {}})
    tables = merge.get("map") if isinstance(merge, dict) and set(merge) == {"map"} else None
    if not isinstance(tables, dict) or not all(
        isinstance(table, dict) for table in tables.values()
    ):
        hint = 'Write a section [merge.map.audience] and below it: "Kidney" = "ckd"'
        problems.append(Problem("this section cannot be read", hint, file.place("merge")))
        return ()
    lines: list[tuple[Any, ...]] = []
    for column, table in tables.items():
        cells = set[str]()
        for cell, meant in table.items():
            place = file.place(f"merge.map.{column}", cell.strip())
            if not isinstance(meant, str) or not cell.strip():
                hint = 'Write both in quotation marks, such as "Kidney" = "ckd".'
                message = f"it cannot be read what '{cell}' stands for"
                problems.append(Problem(message, hint, place))
            elif folded(cell) in cells:
                hint = "Delete one of the two; capitals and blanks do not count."
                problems.append(Problem(f"'{cell}' is here twice", hint, place))
            cells.add(folded(cell))
            lines.append((column, cell, meant, place))
    return tuple(lines)


def _checked(
    table: object,
    options: Mapping[str, Setting],
    place: Callable[..., Location],
    problems: list[Problem],
) -> dict[str, Any]:
    """Return the values of one table by parameter; add those that are wrong to `problems`."""
    if not isinstance(table, dict):
        hint = 'Write [printers.front-desk] and below it: offset = "0.5, -1.2"'
        problems.append(Problem("a printer needs a section of its own", hint, place()))
        return {}
    values: dict[str, Any] = {}
    for key, value in table.items():
        option, items = options.get(key), value if isinstance(value, list) else [value]
        # A TOML string may hold any character by its code, such as "\u200b".
        hidden_character = next(
            (fault for item in items for fault in faults(str(item), alone=True)), None
        )
        if option is None:
            problem = Problem(f"the setting '{key}' is not known", nearest(key, options))
        elif hidden_character:
            problem = Problem(*hidden_character[1:])
        elif (
            not items
            or not {type(item) for item in items} <= {str, int, float}
            or (isinstance(value, list) and not option.multiple)
        ):
            sample = '["...", "..."]' if option.multiple else '"..."'
            hint = f"Write it like this: {key} = {sample}"
            problem = Problem(f"the setting '{key}' is written in the wrong way", hint)
        else:
            texts = [str(item) for item in items]
            try:
                for text in texts:
                    option.type(text, option)
            except click.BadParameter as error:
                problem = _refused(key, texts, error)
            else:
                values[option.name] = texts if option.multiple else texts[0]
                continue
        problems.append(problem._replace(location=place(key)))
    return values


def _refused(setting: str, value: object, error: click.BadParameter) -> Problem:
    values = value if isinstance(value, list | tuple) else [value]
    quoted = ", ".join(f"'{item}'" for item in values)
    return Problem(f"{setting}: {quoted} is not allowed", error.message)
