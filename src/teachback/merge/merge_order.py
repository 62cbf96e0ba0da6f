"""Describe the order of a run of `merge`, check it, and derive the rules for its rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from teachback.errors import (
    Location,
    Problem,
    Severity,
    TeachbackError,
    UsageError,
    folded,
    guess,
    nearest,
)
from teachback.files.workspace import shown
from teachback.merge.records.record_reader import column_place, plain_name
from teachback.merge.records.record_validation import RowRules
from teachback.units import Paper, TypeSize

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping
    from pathlib import Path

    from teachback.merge.engine_protocol import Combine, Engine, Stamper
    from teachback.merge.record_shapes import CellMeaning, EditionKey
    from teachback.merge.records.record_reader import RecordTable


@dataclass(frozen=True)
class Cluster:
    """The machines that print: the address of Dask's scheduler, and the TLS files.

    A TLS file is empty where Dask's own settings name it. With `shared`, the machines write into
    the run's folder themselves, by the same path.
    """

    address: str
    ca: str = ""
    cert: str = ""
    key: str = ""
    shared: bool = False


@dataclass(frozen=True)
class MergeOrder:
    """An order for `merge`: the records, the output folder, and the defaults for rows.

    `records` is None for standard input. `combine` is the number of records in a file, 0 for one
    file each. `meant` says what cells stand for.
    """

    records: Path | None
    output: Path
    kinds: tuple[str, ...] = ("handout",)
    combine: int = 0
    duplex: bool = False
    id_column: str = "id"
    audience_column: str = "audience"
    audience: str = ""
    language: str = ""
    paper: str = "letter"
    size: str = "standard"
    encoding: str | None = None
    jobs: int = 1
    dry_run: bool = False
    cluster: Cluster | None = None
    meant: tuple[CellMeaning, ...] = ()

    @property
    def name(self) -> str:
        """The name of the records in problems."""
        return shown(self.records) if self.records else "<standard input>"


def refuse_order(order: MergeOrder, engine: Engine) -> None:
    """Raise UsageError when the handout cannot be printed as ordered."""
    problems = []
    if order.duplex and not order.combine:
        hint = "Add --combine N, or leave it out."
        problems.append(Problem("--duplex works only with --combine", hint))
    field_names = {field.name for fields in engine.fields.values() for field in fields}
    label_names = {plain_name(label) for label, _ in engine.labels}
    if order.id_column in field_names or plain_name(order.id_column) in label_names:
        message = (
            f"the column '{order.id_column}' is a field of the handout, so it cannot name the "
            "files: a patient's name might become a file name"
        )
        hint = "Name a column of numbers or codes that mean nothing elsewhere."
        problems.append(Problem(message, hint))
    hint = f"It has: {', '.join(sorted(engine.kinds))}."
    problems += [
        Problem(f"'{engine.handout}' has no {kind}", hint)
        for kind in order.kinds
        if kind not in engine.kinds
    ]
    if order.audience and not any(order.audience in names for names in engine.audiences.values()):
        known = {name for names in engine.audiences.values() for name in names}
        message = f"'{engine.handout}' is not for the audience '{order.audience}'"
        problems.append(Problem(message, nearest(order.audience, known)))
    if order.language and order.language not in engine.audiences:
        message = f"'{engine.handout}' is not written in the language '{order.language}'"
        problems.append(Problem(message, nearest(order.language, engine.audiences)))
    if problems:
        raise UsageError(*problems)


def refuse_meant(order: MergeOrder, engine: Engine) -> None:
    """Raise TeachbackError for cells that stand for something that no record may hold.

    Fields and audiences of the other handouts of the workspace are known, too.
    """
    choices: dict[str, Collection[str]] = {
        "audience": engine.all_audiences,
        "language": engine.audiences,
        "paper": tuple(map(str, Paper)),
        "size": tuple(map(str, TypeSize)),
    }
    fields = {
        field.name: (field, language)
        for language, fields_of_language in engine.fields.items()
        for field in fields_of_language
    }
    known = {*choices, *fields}
    problems = []
    for column, cell, meant, place in order.meant:
        if column in choices and meant not in choices[column]:
            message = f"'{cell}' cannot stand for the {column} '{meant}': there is none"
            problems.append(Problem(message, nearest(meant, choices[column]), place))
        elif column in fields and meant:
            value = engine.read_value(fields[column][0], meant, fields[column][1])
            if not isinstance(value, dict):
                message = f"'{cell}' cannot stand for '{meant}': {column} {value.reason}"
                problems.append(Problem(message, "Write what the field can hold.", place))
        elif column not in known and column not in engine.other_fields:
            message = f"no handout has a field '{column}'"
            problems.append(Problem(message, nearest(column, known), place))
    if problems:
        raise TeachbackError(*problems)


def rules_of(order: MergeOrder, engine: Engine) -> RowRules:
    """Return the rules for rows: the allowed values, and the defaults.

    A handout with only one audience makes that one the default. So does one language beside which
    there are only translations.
    """
    meant: dict[str, dict[str, str]] = {}
    for meant_cell in order.meant:
        column = order.audience_column if meant_cell.column == "audience" else meant_cell.column
        meant.setdefault(column, {})[folded(meant_cell.cell)] = meant_cell.meant
    audiences = {name for names in engine.audiences.values() for name in names}
    return RowRules(
        id_column=order.id_column,
        audience_column=order.audience_column,
        audiences=engine.audiences,
        fields=engine.fields,
        kinds=order.kinds,
        audience=order.audience or (next(iter(audiences)) if len(audiences) == 1 else ""),
        language=order.language or engine.main_language,
        paper=order.paper,
        size=order.size,
        read_value=engine.read_value,
        meant=meant,
        labels=engine.labels,
    )


def overruled(order: MergeOrder, table: RecordTable) -> list[Problem]:
    """Warn of options that the records override, and of a column that has no effect."""
    place = Location(table.name, table.skipped + 1, 1)
    warnings = []
    if order.audience and order.audience_column in table.header:
        message = (
            f"--audience {order.audience} is ignored: the column '{order.audience_column}' sets "
            "the audience of each record"
        )
        hint = "Leave out --audience, or delete the column."
        warnings.append(Problem(message, hint, place, Severity.WARNING))
    if "copies" in table.header and not order.combine:
        message = "the column 'copies' is ignored without --combine: each record gets one file"
        hint = "Print each file as often as you need it, or add --combine N."
        warnings.append(Problem(message, hint, place, Severity.WARNING))
    return warnings


# What to do about a field without a place, by the kind of paper that is no handout.
_PLACE_HINTS: Final = {
    "card": "Give it a line below `lines:` of the card, or leave it: the handout may have its place."
}


def unplaced(
    stampers: Mapping[EditionKey, Stamper], rules: RowRules, table: RecordTable
) -> list[Problem]:
    """Warn of columns that an edition has no place for, so that they are not printed there."""
    place = Location(table.name, table.skipped + 1, 1)
    warnings = []
    for key, stamper in sorted(stampers.items()):
        names = [
            field.name
            for field in rules.fields[key.language]
            if field.name in table.header and field.name not in {*stamper.fields, *key.boxes}
        ]
        if names:
            message = (
                f"the {key.kind} {stamper.code} has no place for {', '.join(names)}: "
                "it is not printed there"
            )
            warnings.append(
                Problem(
                    message,
                    _PLACE_HINTS.get(
                        key.kind, "Give it a place in the handout, or delete the column."
                    ),
                    place,
                    Severity.WARNING,
                )
            )
    return list(dict.fromkeys(warnings))


def refuse_unlisted(ids: Iterable[str], combine: Combine) -> None:
    """Raise TeachbackError when the cover could list an id only in unreadably small type."""
    too_long = combine.unlisted(ids)
    if too_long:
        longest = max(map(len, too_long))
        message = (
            f"the ids have up to {longest} letters, which is too long for the list on the cover "
            "page"
        )
        hint = "Use shorter ids, or leave --combine out: each record then has a file of its own."
        raise TeachbackError.of(message, hint)


def refuse_unplaced(stampers: Mapping[EditionKey, Stamper], engine: Engine) -> None:
    """Raise TeachbackError when no ordered paper has a place for some required field.

    A style or template may hide the place.
    """
    placed: dict[tuple[str, ...], set[str]] = {}
    for key, stamper in stampers.items():
        placed.setdefault((key.audience, key.language), set()).update(stamper.fields)
    problems = [
        Problem(
            f"the required field '{field.name}' is on no page printed for {audience} ({language})",
            "Put it into the text for these readers, or print another --kind. A style or "
            "template may also hide it.",
        )
        for (audience, language), names in sorted(placed.items())
        for field in engine.fields[language]
        if field.required and field.name not in names
    ]
    if problems:
        raise TeachbackError(*problems)


def _missing_column_hint(name: str, header: tuple[str, ...]) -> str:
    """Return a hint on columns that may be the missing one.

    Columns are named by position: in a transposed table the header row holds patients.
    """
    places = [column_place(number) for number, column in enumerate(header) if guess(column, [name])]
    return (
        f"Is it the column {' or '.join(places)}? Rename it: {name}."
        if places
        else "The first row holds the column names: add it there."
    )


def refuse_missing(table: RecordTable, rules: RowRules, engine: Engine) -> None:
    """Raise TeachbackError when a column is missing that every record needs.

    JSON Lines is not checked here: each record names its own fields.
    """
    if table.kind == "jsonl":
        return
    place = Location(table.name, table.skipped + 1, 1)
    required = [
        {field.name for field in fields if field.required} for fields in engine.fields.values()
    ]
    missing = sorted(set.intersection(*required) - set(table.header)) if required else []
    problems = [
        Problem(
            f"the records have no column '{name}', which the handout needs",
            _missing_column_hint(name, table.header),
            place,
        )
        for name in missing
    ]
    for column, name, default in (
        (rules.audience_column, "audience", rules.audience),
        ("language", "language", rules.language),
    ):
        if not default and column not in table.header:
            known = sorted(
                {audience for audiences in rules.audiences.values() for audience in audiences}
                if name == "audience"
                else rules.audiences
            )
            alternative = "name it with --audience-from, " if name == "audience" else ""
            hint = f"Add it, {alternative}or say --{name} for all: {', '.join(known)}."
            message = f"the records need a column '{column}': this handout has several {name}s"
            problems.append(Problem(message, hint, place))
    if problems:
        raise TeachbackError(*problems)
