"""Print a morning's list at the desk: the records of a file, by the rules of `merge`, kept nowhere.

The rows go to the page, are mended there, and come back to be checked and printed.
"""

from __future__ import annotations

import io
from collections import Counter
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from teachback.errors import Location, Problem, TeachbackError
from teachback.merge.handout_engine import Combiner, HandoutEngine, print_cover
from teachback.merge.merge_order import MergeOrder, refuse_missing, refuse_order, rules_of
from teachback.merge.record_shapes import RecordRow
from teachback.merge.records.record_reader import (
    misnamed,
    near_names,
    open_table,
    read_part,
    read_parts,
)
from teachback.merge.records.record_validation import (
    ID,
    TWICE,
    unknown_columns,
    validated_records,
)
from teachback.merge.stamping.cover_page import cover_words
from teachback.merge.stamping.print_room_builder import make_bundle
from teachback.serving.desk_values import as_sentence

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Mapping

    from teachback.merge.record_shapes import EditionKey, Fault, MeantCell, ValidatedRecord
    from teachback.merge.records.record_validation import RowRules
    from teachback.merge.stamping.pdf_template import Template
    from teachback.printing.job_composer import PrintContext

# More rows than a morning has are a run of `merge`.
MOST_ROWS: Final = 500
# What stands behind a text whose fault a page cannot show: a letter that no field may hold, so
# that the row has a fault until somebody has mended the cell.
TO_MEND: Final = "\ufffd"


@dataclass(frozen=True)
class ListOrder:
    """A topic, and the choices of rows that make none: paper, size, and what cells stand for."""

    topic: str
    paper: str
    size: str
    meant: tuple[MeantCell, ...]
    points: frozenset[int]
    today: dt.date
    unfit: frozenset[str] = frozenset()


@dataclass(frozen=True, eq=False)
class ReadList:
    """A file of records to read, for a topic."""

    order: ListOrder
    name: str
    data: bytes


@dataclass(frozen=True, eq=False)
class PrintList:
    """Records that fit their editions, in the order of the list, and the cut editions."""

    records: tuple[ValidatedRecord, ...]
    templates: Mapping[EditionKey, Template]
    language: str


def list_rules(context: PrintContext, order: ListOrder) -> tuple[RowRules, HandoutEngine]:
    """Return the rules for the rows of a topic. Raises UsageError when it has no fields."""
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
        raise TeachbackError(Problem(message, "Print it for everybody from the desk."))
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
    return rules_of(made, engine), engine


def read_list(context: PrintContext, wanted: ReadList) -> dict[str, Any]:
    """Return the columns of a file, and its rows with their faults.

    Raises TeachbackError for a file that cannot be read with certainty.
    """
    rules, engine = list_rules(context, wanted.order)
    file = io.BytesIO(wanted.data)
    table, _ = open_table(file, Path(wanted.name), wanted.name, rules.id_column, rules.known)
    refuse_missing(table, rules, engine)
    with closing(read_parts(table, MOST_ROWS)) as parts:
        rows = [row for part in parts for row in read_part(table.rows, part)]
    unknown = dict(unknown_columns(rows, rules))
    wrong = misnamed(unknown, rules.known, Location(wanted.name)) or near_names(
        unknown, rules.known, wanted.name
    )
    if wrong:
        raise TeachbackError(*wrong)
    refuse_count(rows)
    used = {name for row in rows for name in (*row.cells, *row.faults)}
    columns = [
        one for one in (*table.header, *sorted(used - set(table.header))) if one in rules.known
    ]
    authored = (context.reading.authored[stem].handout for stem in engine.stems.values())
    labels = {one.name: one.label for handout in authored for one in handout.fields}
    found = [_read_row(row, columns, rules) for row in rows]
    return {
        "columns": [{"id": one, "label": _label(labels.get(one, one))} for one in columns],
        "rows": _with_repeats(found),
    }


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
        raise TeachbackError(Problem("this list has no rows", "Write one row for each patient."))
    if len(rows) > MOST_ROWS:
        message = f"this list has {len(rows)} rows, and a desk prints at most {MOST_ROWS}"
        raise TeachbackError(Problem(message, "Split it, or use `teachback merge`."))


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


def _read_row(row: RecordRow, columns: list[str], rules: RowRules) -> dict[str, Any]:
    """Return a row for the page. A fault that its text does not show stays with the text."""
    (record,) = validated_records([row], rules)
    values = {one: str(row.cells.get(one, "")) for one in columns}
    (again,) = validated_records([RecordRow(row.number, values)], rules)
    still = {column for column, _ in again.faults}
    for column, _ in record.faults:
        if column in values and column not in still:
            values[column] += TO_MEND
    if row.reason:
        values = {**values, rules.id_column: TO_MEND}
    return _row_json(row.number, values, record.faults, record.id)


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
            row["faults"].append({"column": ID, "message": as_sentence(TWICE)})
    return rows


def _label(text: str | Mapping[str, str]) -> str:
    return text if isinstance(text, str) else next(iter(text.values()))
