"""Print a morning's list at the desk: the records of a file, by the rules of `merge`, kept nowhere.

The rows go to the page, are mended there, and come back to be checked and printed.
"""

from __future__ import annotations

import io
import re
from collections import Counter
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from teachback.content.base_model import first_text
from teachback.content.inline_markup import bare
from teachback.content.record_fields import FieldKind
from teachback.errors import LIKELY, Location, Problem, Severity, TeachbackError, folded, guess
from teachback.files.encoding_damage import is_garbled
from teachback.merge.handout_engine import Combiner, HandoutEngine, print_cover
from teachback.merge.merge_order import MergeOrder, refuse_order, rules_of
from teachback.merge.record_shapes import RecordRow
from teachback.merge.records.csv_reader import unguarded
from teachback.merge.records.record_reader import (
    MOST_COLUMNS,
    REASON,
    column_names,
    column_place,
    garbled_column,
    is_misnamed,
    looks_of,
    open_columns,
    read_part,
    read_parts,
)
from teachback.merge.records.record_validation import CHOOSING, ID, validated_records
from teachback.merge.stamping.cover_page import cover_words
from teachback.merge.stamping.print_room_builder import make_bundle
from teachback.serving.desk_values import as_sentence
from teachback.serving.press_messages import problem_json
from teachback.units import Paper, TypeSize

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Iterator, Mapping

    from teachback.content.record_fields import RecordField
    from teachback.merge.record_shapes import EditionKey, Fault, MeantCell, ValidatedRecord
    from teachback.merge.records.record_reader import RecordTable
    from teachback.merge.records.record_validation import RowRules
    from teachback.merge.stamping.pdf_template import Template
    from teachback.printing.job_composer import PrintContext

# More rows than a morning has are a run of `merge`.
MOST_ROWS: Final = 500
# The desk's words for the columns that are no fields, as its page has them.
_LABELS: Final = {
    ID: "Number",
    "audience": "Reader",
    "language": "Language",
    "paper": "Paper",
    "size": "Letters",
    "copies": "Copies",
}
_TWICE: Final = "Another row has it too: write a different one."
_SAVE: Final = "Save the list again in its program, as 'CSV UTF-8', and choose it again."
_SENTENCE: Final = re.compile(r"(?<=[.?]) ")
# What stands behind a text whose fault a page cannot show: a letter that no field may hold, so
# that the row has a fault until somebody has mended the cell.
TO_MEND: Final = "\ufffd"


@dataclass(frozen=True)
class ListOrder:
    """A topic, and the paper and size of rows that choose none.

    `meant` says what cells stand for. `points` are the code points that the fonts have. `unfit` are
    the stems that cannot be printed.
    """

    topic: str
    paper: str
    size: str
    meant: tuple[MeantCell, ...]
    points: frozenset[int]
    today: dt.date
    unfit: frozenset[str] = frozenset()


@dataclass(frozen=True, eq=False)
class ReadList:
    """A file of records to read, for a topic.

    `chosen` is what a person settled: the field of a column, by the column's key, or an empty text
    for one that is not printed.
    """

    order: ListOrder
    name: str
    data: bytes
    chosen: Mapping[str, str]


class ListColumn(NamedTuple):
    """A column of a list.

    `key` tells it apart: its place in the file from 0, or the field where the file lacks it.
    `field` is what it holds, "" where it is not printed, or None where that is not settled yet.
    `near` is the field that its name may mean, and `twice` is true where another column has its
    field.
    """

    key: str
    name: str
    place: str
    field: str | None
    near: str = ""
    twice: bool = False


@dataclass(frozen=True, eq=False)
class PrintList:
    """Records that fit their editions, in the order of the list, and the cut editions."""

    records: tuple[ValidatedRecord, ...]
    templates: Mapping[EditionKey, Template]
    language: str


def list_rules(context: PrintContext, order: ListOrder) -> tuple[RowRules, HandoutEngine]:
    """Return the rules for the rows of a topic. Raises TeachbackError when it has no fields."""
    stems = {
        one.handout.language: stem
        for stem, one in sorted(context.reading.authored.items())
        if one.handout.id == order.topic and stem not in order.unfit
    }
    engine = HandoutEngine(
        order.topic,
        stems,
        context.reading,
        context.settings,
        context.workspace,
        order.today,
        (),
        order.points,
    )
    if not any(engine.fields.values()):
        message = "this topic has no fields that a list could fill"
        raise TeachbackError.of(message, "Print it for everybody from the desk.")
    made = MergeOrder(
        None,
        context.settings.output,
        audience=next(iter(context.settings.audiences), ""),
        language=context.settings.languages(context.settings.language or ""),
        paper=order.paper,
        size=order.size,
        meant=order.meant,
    )
    refuse_order(made, engine)
    return _in_words(rules_of(made, engine), context), engine


def list_columns(context: PrintContext, order: ListOrder) -> dict[str, Any]:
    """Return the columns that a list of a topic may have, with what each of them holds."""
    rules, engine = list_rules(context, order)
    needed = _needed(rules)
    audiences = sorted({one for each in rules.audiences.values() for one in each})
    choices = {
        "audience": [rules.called[one] for one in audiences],
        "language": [rules.called[one] for one in rules.audiences],
        "paper": [one.capitalize() for one in map(str, Paper)],
        "size": [one.capitalize() for one in map(str, TypeSize)],
    }
    fixed = [
        {
            "id": one,
            "label": _LABELS[one],
            "kind": one,
            "values": choices.get(one, []),
            "needed": one in needed,
            "own": False,
            "example": {ID: "1"}.get(one) or (choices[one][0] if one in needed else ""),
        }
        for one in (ID, *CHOOSING)
        if one not in choices or len(choices[one]) > 1
    ]
    own = [
        {
            "id": one.name,
            "label": label,
            "kind": str(one.type),
            "values": list(one.choices),
            "needed": one.name in needed,
            "own": True,
            "example": _example(one),
        }
        for one, label in _fields(engine)
    ]
    return {"columns": [*fixed[:2], *own, *fixed[2:]]}


def read_list(context: PrintContext, wanted: ReadList) -> dict[str, Any]:
    """Return the columns of a file, and its rows with their faults.

    Raises TeachbackError for a file that cannot be read with certainty, in words for a desk.
    """
    rules, engine = list_rules(context, wanted.order)
    try:
        return _read_list(wanted, rules, dict(_named(engine)))
    except TeachbackError as error:
        raise TeachbackError(*map(_for_desk, error.problems)) from None


def _read_list(wanted: ReadList, rules: RowRules, labels: Mapping[str, str]) -> dict[str, Any]:
    file, path = io.BytesIO(wanted.data), Path(wanted.name)
    known = {*rules.known, *(label for label, _ in rules.labels)}
    table, noticed = open_columns(file, path, wanted.name, rules.id_column, known)
    if table.kind == "jsonl":
        message = "this is no list that a desk can read"
        raise TeachbackError.of(message, "Save it as CSV or as an Excel file (XLSX).")
    columns = _columns(table, rules, wanted.chosen)
    # The column of reasons keeps its name: by it, cells are read without what guards them.
    header = tuple(
        REASON if folded(one.name) == REASON else one.field or one.key for one in columns
    )
    rows = list(_rows(replace(table, header=header)))
    refuse_count(rows)
    used = {name for row in rows for name in row.faults} | {
        name for row in rows for name, cell in row.cells.items() if cell
    }
    # Spreadsheets leave empty columns without a name.
    columns = [one for one in columns if one.name or one.key in used]
    settled = {one.field for one in columns}
    missing = [one for one in _needed(rules) if one not in settled]
    whole = None not in settled
    added = [ID] if ID not in settled else []
    added += missing if whole else []
    columns += [ListColumn(one, "", "", one) for one in added]
    found = [_read_row(row, columns, rules) for row in rows]
    if not whole:
        # A column that may be the missing one is not settled yet.
        for row in found:
            row["faults"] = [one for one in row["faults"] if one["column"] not in missing]
    return {
        "columns": [
            {**one._asdict(), "label": labels.get(one.field or "", ""), "added": one.key in added}
            for one in columns
        ],
        "missing": [labels[one] for one in missing],
        "notices": [problem_json(_for_desk(one)) for one in noticed],
        "rows": _with_repeats(found),
    }


def _rows(table: RecordTable) -> Iterator[RecordRow]:
    """Yield the rows of a file with their numbers in a spreadsheet, where a row may have lines."""
    more = table.skipped
    with closing(read_parts(table, MOST_ROWS)) as parts:
        for part in parts:
            for row, text in zip(read_part(table.row_form, part), part.texts, strict=True):
                yield row._replace(number=row.number - more)
                more += text.strip("\r\n").count("\n") if table.kind == "csv" else 0


def _columns(table: RecordTable, rules: RowRules, chosen: Mapping[str, str]) -> list[ListColumn]:
    """Return the columns of a file. A name that could stand for two fields stands for none."""
    place = Location(table.name, 1, 1)
    if len(table.header) > MOST_COLUMNS:
        message = f"this list has {len(table.header)} columns; {MOST_COLUMNS} is the most"
        raise TeachbackError.of(message, "Keep only those that are printed.")
    wrong = [number for number, name in enumerate(table.header) if is_garbled(name)]
    if wrong:
        raise TeachbackError(*(garbled_column(number, place) for number in wrong))
    names = column_names(rules.known, rules.labels)
    mended = REASON in map(folded, table.header)
    found = []
    for number, written in enumerate(table.header):
        name = unguarded(written) if mended else written
        field = names.meaning(name) if folded(name) != REASON else ""
        said = chosen.get(str(number))
        if said in {*rules.known, ""}:
            field = said
        near = "" if field else _near(name, rules)
        found.append(ListColumn(str(number), name, column_place(number), field, near))
    times = Counter(one.field for one in found if one.field)
    return [
        one._replace(field=None, near=one.field or "", twice=True)
        if one.field and times[one.field] > 1
        else one
        for one in found
    ]


def _near(name: str, rules: RowRules) -> str:
    """Return the column that a name may be meant for. It is offered and never taken."""
    words = set(folded(name).split())
    spelt = [*((one, one) for one in sorted(rules.known)), *rules.labels]
    return next(
        (
            field
            for said, field in spelt
            if is_misnamed(name, looks_of([said]))
            or guess(name, [said.lower()], LIKELY)
            or (words and words < set(folded(said).split()))
        ),
        "",
    )


def check_rows(
    rows: Iterable[tuple[int, Mapping[str, str]]], rules: RowRules
) -> tuple[tuple[ValidatedRecord, ...], list[dict[str, Any]]]:
    """Return the rows as records, and as the page shows them, with their faults."""
    records = tuple(
        validated_records((RecordRow(number, values) for number, values in rows), rules)
    )
    shown = [_row_json(one.row, {}, one.faults, one.id) for one in records]
    return records, _with_repeats(shown)


def refuse_count(rows: list[Any]) -> None:
    """Raise TeachbackError for a list without rows, or with too many."""
    if not rows:
        raise TeachbackError.of("this list has no rows", "Write one row for each patient.")
    if len(rows) > MOST_ROWS:
        message = f"this list has {len(rows)} rows, and a desk prints at most {MOST_ROWS}"
        raise TeachbackError.of(message, "Split it into several lists.")


def print_list(context: PrintContext, wanted: PrintList) -> dict[str, Any]:
    """Return one PDF with all records in order, after a page that lists their ids."""
    cover = print_cover(context, wanted.language)
    says = cover_words(context.reading.shared.words[wanted.language])
    names = {key.name: template for key, template in wanted.templates.items()}
    combine = Combiner({"handout": make_bundle(names, cover, says)})
    pdf = combine(wanted.records, kind="handout", name="list.pdf", number=1, duplex=True)
    codes = Counter(
        wanted.templates[record.edition("handout")].code
        for record in wanted.records
        for _ in range(record.copies)
    )
    return {"pdf": pdf, "editions": dict(codes)}


def _read_row(row: RecordRow, columns: list[ListColumn], rules: RowRules) -> dict[str, Any]:
    """Return a row for the page. A fault that its text does not show stays with the text.

    A row without an id has its number in the place of one.
    """
    keys = {one.field: one.key for one in columns if one.field}
    cells = dict(row.cells)
    if not cells.get(ID, "").strip() and ID not in row.faults:
        cells[ID] = str(row.number)
    (record,) = validated_records([row._replace(cells=cells)], rules)
    values = {one: str(cells.get(one, "")) for one in keys}
    (again,) = validated_records([RecordRow(row.number, values)], rules)
    still = {column for column, _ in again.faults}
    for column, _ in record.faults:
        if column in values and column not in still:
            values[column] += TO_MEND
    if row.reason:
        values = {**values, rules.id_column: TO_MEND}
    by_key = {keys[one]: value for one, value in values.items()}
    return _row_json(row.number, by_key, record.faults, record.id)


def _row_json(
    number: int, values: Mapping[str, str], faults: Iterable[Fault], identifier: str
) -> dict[str, Any]:
    told = [{"column": column, "message": as_sentence(reason)} for column, reason in faults]
    return {"number": number, "values": dict(values), "faults": told, ID: identifier}


def _with_repeats(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Add the fault of an id that another row has, too."""
    ids = Counter(row[ID].lower() for row in rows if row[ID])
    for row in rows:
        if ids[row.pop(ID).lower()] > 1:
            row["faults"].append({"column": ID, "message": _TWICE})
    return rows


def _in_words(rules: RowRules, context: PrintContext) -> RowRules:
    """Return rules that take the desk's words for columns, readers and languages, too."""
    shared = context.reading.shared
    readers = {
        one: (audience.short.get("en") or audience.name, audience.name)
        for one, audience in shared.audiences.root.items()
        if any(one in each for each in rules.audiences.values())
    }
    languages = {
        one: (shared.languages.root[one].name, shared.words[one].language)
        if one in shared.languages.root
        else (shared.words[one].language,)
        for one in rules.audiences
    }
    meant = dict(rules.meant)
    for column, choices in ((rules.audience_column, readers), ("language", languages)):
        said: dict[str, set[str]] = {}
        for one, names in choices.items():
            for name in names:
                said.setdefault(folded(name), set()).add(one)
        # Words that two readers share stand for neither.
        own = {name: one.pop() for name, one in said.items() if len(one) == 1}
        ids = {folded(one) for one in choices}
        taken = {name: one for name, one in own.items() if name not in ids}
        meant[column] = {**taken, **meant.get(column, {})}
    return replace(
        rules,
        meant=meant,
        labels=(*rules.labels, *((label, one) for one, label in _LABELS.items())),
        called={
            **{one: one.capitalize() for one in (*map(str, Paper), *map(str, TypeSize))},
            **{one: names[0] for each in (readers, languages) for one, names in each.items()},
        },
    )


def _needed(rules: RowRules) -> list[str]:
    """Return the columns without which no row can be printed."""
    every = [{one.name for one in each if one.required} for each in rules.fields.values()]
    return [
        *([] if rules.audience else [rules.audience_column]),
        *([] if rules.language else ["language"]),
        *sorted(set.intersection(*every)),
    ]


def _fields(engine: HandoutEngine) -> list[tuple[RecordField, str]]:
    """Return the fields of a topic with their labels, in the desk's language where they can be."""
    found: dict[str, RecordField] = {}
    for _, each in sorted(engine.fields.items(), key=lambda one: (one[0] != "en", one[0])):
        for one in each:
            found.setdefault(one.name, one)
    return [(one, bare(first_text(one.label))) for one in found.values()]


def _named(engine: HandoutEngine) -> dict[str, str]:
    return {**_LABELS, **{one.name: label for one, label in _fields(engine)}}


def _example(field: RecordField) -> str:
    """Return words that nobody takes for a patient's."""
    if field.type is FieldKind.CHOICE:
        return field.choices[0]
    if field.type is FieldKind.TEXT:
        return "Name of patient" if field.name in {"patient", "name"} else "Example"
    return {FieldKind.DATE: "2027-11-01", FieldKind.NUMBER: "1500"}.get(field.type, "")


def _for_desk(problem: Problem) -> Problem:
    """Return a problem of a file by its row, and with what a person can do at a desk."""
    line = problem.location.line if problem.location else None
    row = f"row {line} in your file: " if line else ""
    message = problem.message.replace("this file of records", "this list")
    hints = [one for one in _SENTENCE.split(problem.hint) if "--" not in one and "`" not in one]
    stops = problem.severity is Severity.ERROR
    return Problem(f"{row}{message}", " ".join(hints) or (_SAVE if stops else ""))
