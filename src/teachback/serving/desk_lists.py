"""Read, check and print a morning's list at the desk, by the rules of `merge`.

The records of a file go to the page, are corrected there, and come back to be checked and printed.
Nothing of them is stored.
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
    from teachback.merge.record_shapes import CellMeaning, EditionKey, Fault, ValidatedRecord
    from teachback.merge.records.record_reader import RecordTable
    from teachback.merge.records.record_validation import RowRules
    from teachback.merge.stamping.pdf_template import Template
    from teachback.printing.job_composer import PrintContext

# A longer list is printed by `merge`.
MOST_ROWS: Final = 500
# The desk's words for the columns that are not fields, as its page has them.
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
# Marks a cell whose fault is lost when its value is read as text. No field may hold this letter, so
# the row stays faulty until somebody has corrected the cell.
_FAULT_MARK: Final = "\ufffd"


@dataclass(frozen=True)
class ListOrder:
    """A topic, and the paper and size of rows that choose none.

    `meant` says what cells stand for. `points` are the code points that the fonts have.
    `unprintable` are the stems of texts that cannot be printed.
    """

    topic: str
    paper: str
    size: str
    meant: tuple[CellMeaning, ...]
    points: frozenset[int]
    today: dt.date
    unprintable: frozenset[str] = frozenset()


class ListColumn(NamedTuple):
    """A column of a list.

    `key` identifies it: its place in the file from 0, or its field where the file has no such
    column. `field` is the field it holds: "" where it is not printed, None where nobody has chosen
    yet. `near` is the field that its name may mean. `twice` is true where another column has the
    same field.
    """

    key: str
    name: str
    place: str
    field: str | None
    near: str = ""
    twice: bool = False


@dataclass(frozen=True, eq=False)
class PrintList:
    """Records that fit their editions, in the order of the list, and the templates to stamp."""

    records: tuple[ValidatedRecord, ...]
    templates: Mapping[EditionKey, Template]
    language: str


def list_rules(context: PrintContext, order: ListOrder) -> tuple[RowRules, HandoutEngine]:
    """Return the rules for the rows of a topic. Raises TeachbackError when it has no fields."""
    stems = {
        authored.handout.language: stem
        for stem, authored in sorted(context.reading.authored.items())
        if authored.handout.id == order.topic and stem not in order.unprintable
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
    merge_order = MergeOrder(
        None,
        context.settings.output,
        audience=next(iter(context.settings.audiences), ""),
        language=context.settings.languages(context.settings.language or ""),
        paper=order.paper,
        size=order.size,
        meant=order.meant,
    )
    refuse_order(merge_order, engine)
    return _with_desk_words(rules_of(merge_order, engine), context), engine


def list_columns(context: PrintContext, order: ListOrder) -> dict[str, Any]:
    """Return the columns that a list of a topic may have, with what each of them holds."""
    rules, engine = list_rules(context, order)
    needed = _needed(rules)
    audiences = sorted({name for names in rules.audiences.values() for name in names})
    choices = {
        "audience": [rules.called[audience] for audience in audiences],
        "language": [rules.called[language] for language in rules.audiences],
        "paper": [paper.capitalize() for paper in Paper],
        "size": [size.capitalize() for size in TypeSize],
    }
    fixed = [
        {
            "id": column,
            "label": _LABELS[column],
            "kind": column,
            "values": choices.get(column, []),
            "needed": column in needed,
            "own": False,
            "example": "1" if column == ID else choices[column][0] if column in needed else "",
        }
        for column in (ID, *CHOOSING)
        if column not in choices or len(choices[column]) > 1
    ]
    own = [
        {
            "id": field.name,
            "label": label,
            "kind": str(field.type),
            "values": list(field.choices),
            "needed": field.name in needed,
            "own": True,
            "example": _example(field),
        }
        for field, label in _labelled_fields(engine)
    ]
    return {"columns": [*fixed[:2], *own, *fixed[2:]]}


def read_list(
    context: PrintContext, order: ListOrder, name: str, data: bytes, chosen: Mapping[str, str]
) -> dict[str, Any]:
    """Return the columns of a file, and its rows with their faults.

    `chosen` has the fields that a person chose, by the key of the column; "" for one that is not
    printed. Raises TeachbackError for a file that cannot be read with certainty, in words for a
    desk.
    """
    rules, engine = list_rules(context, order)
    labels = _LABELS | {field.name: label for field, label in _labelled_fields(engine)}
    try:
        return _read_list(name, data, chosen, rules, labels)
    except TeachbackError as error:
        raise TeachbackError(*map(_for_desk, error.problems)) from None


def _read_list(
    name: str,
    data: bytes,
    chosen: Mapping[str, str],
    rules: RowRules,
    labels: Mapping[str, str],
) -> dict[str, Any]:
    known = {*rules.known, *(label for label, _ in rules.labels)}
    table, warnings = open_columns(io.BytesIO(data), Path(name), name, rules.id_column, known)
    if table.kind == "jsonl":
        message = "this is no list that a desk can read"
        raise TeachbackError.of(message, "Save it as CSV or as an Excel file (XLSX).")
    columns = _columns(table, rules, chosen)
    # `read_part` knows a file of rejected rows by this column: it takes the guards off their cells.
    header = tuple(
        REASON if folded(column.name) == REASON else column.field or column.key
        for column in columns
    )
    rows = list(_rows(replace(table, header=header)))
    refuse_count(rows)
    used = {name for row in rows for name in row.faults} | {
        name for row in rows for name, cell in row.cells.items() if cell
    }
    # Spreadsheets leave empty columns without a name.
    columns = [column for column in columns if column.name or column.key in used]
    fields = {column.field for column in columns}
    missing = [field for field in _needed(rules) if field not in fields]
    is_settled = None not in fields
    added = [ID] if ID not in fields else []
    added += missing if is_settled else []
    columns += [ListColumn(field, "", "", field) for field in added]
    shown = [_read_row(row, columns, rules) for row in rows]
    if not is_settled:
        # A column whose field nobody has chosen yet may be the missing one.
        for row in shown:
            row["faults"] = [fault for fault in row["faults"] if fault["column"] not in missing]
    return {
        "columns": [
            {
                **column._asdict(),
                "label": labels.get(column.field or "", ""),
                "added": column.key in added,
            }
            for column in columns
        ],
        "missing": [labels[field] for field in missing],
        "notices": [problem_json(_for_desk(warning)) for warning in warnings],
        "rows": _with_repeats(shown),
    }


def _rows(table: RecordTable) -> Iterator[RecordRow]:
    """Yield the rows of a file, numbered as a spreadsheet numbers them.

    There, a row of a CSV file that has several lines counts once.
    """
    extra_lines = table.skipped
    with closing(read_parts(table, MOST_ROWS)) as parts:
        for part in parts:
            for row, text in zip(read_part(table.row_form, part), part.texts, strict=True):
                yield row._replace(number=row.number - extra_lines)
                extra_lines += text.strip("\r\n").count("\n") if table.kind == "csv" else 0


def _columns(table: RecordTable, rules: RowRules, chosen: Mapping[str, str]) -> list[ListColumn]:
    """Return the columns of a file. A name that could stand for two fields stands for none."""
    place = Location(table.name, 1, 1)
    if len(table.header) > MOST_COLUMNS:
        message = f"this list has {len(table.header)} columns; {MOST_COLUMNS} is the most"
        raise TeachbackError.of(message, "Keep only those that are printed.")
    garbled = [number for number, name in enumerate(table.header) if is_garbled(name)]
    if garbled:
        raise TeachbackError(*(garbled_column(number, place) for number in garbled))
    names = column_names(rules.known, rules.labels)
    guarded = REASON in map(folded, table.header)
    columns = []
    for number, heading in enumerate(table.header):
        name = unguarded(heading) if guarded else heading
        field = names.meaning(name) if folded(name) != REASON else ""
        chosen_field = chosen.get(str(number))
        if chosen_field in {*rules.known, ""}:
            field = chosen_field
        near = "" if field else _near(name, rules)
        columns.append(ListColumn(str(number), name, column_place(number), field, near))
    counts = Counter(column.field for column in columns if column.field)
    return [
        column._replace(field=None, near=column.field or "", twice=True)
        if column.field and counts[column.field] > 1
        else column
        for column in columns
    ]


def _near(name: str, rules: RowRules) -> str:
    """Return the field that a column's name may mean. A person must confirm it."""
    words = set(folded(name).split())
    names = [*((field, field) for field in sorted(rules.known)), *rules.labels]
    return next(
        (
            field
            for known_name, field in names
            if is_misnamed(name, looks_of([known_name]))
            or guess(name, [known_name.lower()], LIKELY)
            or (words and words < set(folded(known_name).split()))
        ),
        "",
    )


def check_rows(
    rows: Iterable[Mapping[str, Any]], rules: RowRules
) -> tuple[tuple[ValidatedRecord, ...], list[dict[str, Any]]]:
    """Return the rows as records, and as the page shows them, with their faults."""
    read = (RecordRow(row["number"], row["values"]) for row in rows)
    records = tuple(validated_records(read, rules))
    shown = [_row_json(record.row, {}, record.faults, record.id) for record in records]
    return records, _with_repeats(shown)


def refuse_count(rows: list[Any]) -> None:
    """Raise TeachbackError for a list without rows, or with too many."""
    if not rows:
        raise TeachbackError.of("this list has no rows", "Write one row for each patient.")
    if len(rows) > MOST_ROWS:
        message = f"this list has {len(rows)} rows, and a desk prints at most {MOST_ROWS}"
        raise TeachbackError.of(message, "Split it into several lists.")


def print_list(context: PrintContext, request: PrintList) -> dict[str, Any]:
    """Return one PDF with all records in order, after a page that lists their ids."""
    cover = print_cover(context, request.language)
    words = cover_words(context.reading.shared.words[request.language])
    templates = {key.name: template for key, template in request.templates.items()}
    combine = Combiner({"handout": make_bundle(templates, cover, words)})
    pdf = combine(request.records, kind="handout", name="list.pdf", number=1, duplex=True)
    copies: Counter[str] = Counter()
    for record in request.records:
        copies[request.templates[record.edition("handout")].code] += record.copies
    return {"pdf": pdf, "editions": dict(copies)}


def _read_row(row: RecordRow, columns: list[ListColumn], rules: RowRules) -> dict[str, Any]:
    """Return a row for the page, whose cells are text.

    A fault that the text of a cell loses, such as that of a wrongly formatted cell of a workbook,
    is marked with _FAULT_MARK. A row without an id gets its number as its id.
    """
    keys = {column.field: column.key for column in columns if column.field}
    cells = dict(row.cells)
    if not cells.get(ID, "").strip() and ID not in row.faults:
        cells[ID] = str(row.number)
    (record,) = validated_records([row._replace(cells=cells)], rules)
    values = {field: str(cells.get(field, "")) for field in keys}
    (as_text,) = validated_records([RecordRow(row.number, values)], rules)
    faulty_as_text = {field for field, _ in as_text.faults}
    for field, _ in record.faults:
        if field in values and field not in faulty_as_text:
            values[field] += _FAULT_MARK
    if row.reason:
        values[rules.id_column] = _FAULT_MARK
    by_key = {keys[field]: value for field, value in values.items()}
    return _row_json(row.number, by_key, record.faults, record.id)


def _row_json(
    number: int, values: Mapping[str, str], faults: Iterable[Fault], identifier: str
) -> dict[str, Any]:
    listed = [{"column": column, "message": as_sentence(reason)} for column, reason in faults]
    return {"number": number, "values": dict(values), "faults": listed, ID: identifier}


def _with_repeats(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Add a fault to each row whose id another row has, too. Removes the ids from the rows."""
    ids = Counter(row[ID].lower() for row in rows if row[ID])
    for row in rows:
        if ids[row.pop(ID).lower()] > 1:
            row["faults"].append({"column": ID, "message": _TWICE})
    return rows


def _with_desk_words(rules: RowRules, context: PrintContext) -> RowRules:
    """Return rules that also accept the desk's words for columns, readers and languages."""
    shared = context.reading.shared
    readers = {
        name: (audience.short.get("en") or audience.name, audience.name)
        for name, audience in shared.audiences.root.items()
        if any(name in names for names in rules.audiences.values())
    }
    languages = {
        code: (shared.languages.root[code].name, shared.words[code].language)
        if code in shared.languages.root
        else (shared.words[code].language,)
        for code in rules.audiences
    }
    meant = dict(rules.meant)
    for column, choices in ((rules.audience_column, readers), ("language", languages)):
        ids_by_name: dict[str, set[str]] = {}
        for identifier, names in choices.items():
            for name in names:
                ids_by_name.setdefault(folded(name), set()).add(identifier)
        # A name that two readers share stands for neither, and an id always for itself.
        own_ids = set(map(folded, choices))
        by_name = {
            name: ids.pop()
            for name, ids in ids_by_name.items()
            if len(ids) == 1 and name not in own_ids
        }
        meant[column] = {**by_name, **meant.get(column, {})}
    return replace(
        rules,
        meant=meant,
        labels=(*rules.labels, *((label, column) for column, label in _LABELS.items())),
        called={
            **{str(choice): choice.capitalize() for choice in (*Paper, *TypeSize)},
            **{choice: names[0] for choice, names in (readers | languages).items()},
        },
    )


def _needed(rules: RowRules) -> list[str]:
    """Return the columns without which no row can be printed."""
    required = [
        {field.name for field in fields if field.required} for fields in rules.fields.values()
    ]
    return [
        *([] if rules.audience else [rules.audience_column]),
        *([] if rules.language else ["language"]),
        *sorted(set.intersection(*required)),
    ]


def _labelled_fields(engine: HandoutEngine) -> list[tuple[RecordField, str]]:
    """Return the fields of a topic with their labels, in English where the topic has it."""
    by_name: dict[str, RecordField] = {}
    for language in sorted(engine.fields, key=lambda code: (code != "en", code)):
        for field in engine.fields[language]:
            by_name.setdefault(field.name, field)
    return [(field, bare(first_text(field.label))) for field in by_name.values()]


def _example(field: RecordField) -> str:
    """Return an example that nobody takes for the words of a patient."""
    if field.type is FieldKind.CHOICE:
        return field.choices[0]
    if field.type is FieldKind.TEXT:
        return "Name of patient" if field.name in {"patient", "name"} else "Example"
    return {FieldKind.DATE: "2027-11-01", FieldKind.NUMBER: "1500"}.get(field.type, "")


def _for_desk(problem: Problem) -> Problem:
    """Return a problem of a file with its row, and a hint that a person at a desk can follow."""
    line = problem.location.line if problem.location else None
    row = f"row {line} in your file: " if line else ""
    message = problem.message.replace("this file of records", "this list")
    # A sentence with an option or a command is for the command line.
    sentences = [
        text for text in _SENTENCE.split(problem.hint) if "--" not in text and "`" not in text
    ]
    stops = problem.severity is Severity.ERROR
    return Problem(f"{row}{message}", " ".join(sentences) or (_SAVE if stops else ""))
