"""Turn rows into records that can be printed, or reject them with field and reason.

A record has an id that can name a file, and chooses its edition. A reason never quotes the file. An
id that cannot name a file is not repeated either: it could be a name, or a formula.
"""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from teachback.errors import LIKELY, folded, guess
from teachback.merge.record_shapes import EditionKey, Fault, ValidatedRecord
from teachback.merge.records.record_reader import is_misnamed, looks_of
from teachback.units import Paper, TypeSize

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from teachback.content.record_fields import RecordField
    from teachback.merge.record_shapes import Labels, RecordRow
    from teachback.merge.records.field_values import ReadValue

ID: Final = "id"
TWICE: Final = "is the id of another row too: two patients cannot have the same one"
# The columns that choose the edition, and the number of copies.
CHOOSING: Final = ("audience", "language", "paper", "size", "copies")
MOST_COPIES: Final = 100
MOST_UNKNOWN: Final = 50
# In place of a row, for a name that some record has together with the field that it is close to:
# there it is no misspelt field.
NO_FIELD: Final = -1
# The number of different choices that are cached.
MOST_CHOSEN: Final = 1_000
# A file name that works on every system. It begins with a letter, a digit or an underscore, so that
# no spreadsheet program takes it for a formula.
_PORTABLE: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,63}")
# Device names of Windows, reserved with any extension (Naming Files, Microsoft).
_DEVICES: Final = frozenset(
    {
        "con",
        "prn",
        "aux",
        "nul",
        *(f"{port}{number}" for port in ("com", "lpt") for number in range(10)),
    }
)

_PAPERS: Final = frozenset(map(str, Paper))
_SIZES: Final = frozenset(map(str, TypeSize))

# What a row chooses: its editions, the number of copies, and the faults in its choices.
_Choices = tuple[tuple[EditionKey, ...], int, list[Fault]]


@dataclass(frozen=True)
class RowRules:
    """The rules that rows are checked against.

    `audiences` and `fields` are by language: the audiences with an edition, and the fields, whose
    values `read_value` reads. `language`, `paper` and `size` are the defaults for a cell that is
    missing or empty, and `audience` is the default for records without a column of audiences. The
    defaults `audience` and `language` are empty where each row must have a value. `meant` maps the
    cells of a column, as `folded` compares them, to what is read in their place. `labels` are other
    names of columns. `called` has the names of choices in faults, where they are not their ids.
    """

    id_column: str
    audience_column: str
    audiences: Mapping[str, tuple[str, ...]]
    fields: Mapping[str, tuple[RecordField, ...]]
    kinds: tuple[str, ...]
    audience: str
    language: str
    paper: str
    size: str
    read_value: ReadValue
    meant: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    labels: Labels = ()
    called: Mapping[str, str] = field(default_factory=dict)

    @property
    def known(self) -> frozenset[str]:
        """All columns that have a meaning."""
        names = {field.name for fields in self.fields.values() for field in fields}
        return frozenset({self.id_column, self.audience_column, *CHOOSING[1:], *names})


def validated_records(rows: Iterable[RecordRow], rules: RowRules) -> Iterator[ValidatedRecord]:
    """Yield each row as a record to print or to reject, in order.

    Ids that occur twice are not checked here: that takes all rows, which `merge_run` has seen.
    """
    known_choices: dict[tuple[str | None, ...], _Choices] = {}
    for row in rows:
        yield _validated(row, rules, known_choices)


def unknown_columns(rows: Iterable[RecordRow], rules: RowRules) -> tuple[tuple[str, int], ...]:
    """Return names in rows that have no meaning, in the order in which they occur.

    Each has the row in which it may be a misspelt field, or 0. Only the first ones are returned,
    and all that look like a known name.
    """
    known = rules.known
    known_looks = looks_of(known)
    fields = known - {rules.id_column, rules.audience_column, *CHOOSING}
    unknown: dict[str, int] = {}
    for row in rows:
        names = (*row.cells, *row.faults)
        for name in names:
            if name in known or unknown.get(name) == NO_FIELD:
                continue
            similar = _near(name, fields)
            number = 0 if not similar else row.number if similar.isdisjoint(names) else NO_FIELD
            if number or len(unknown) < MOST_UNKNOWN or is_misnamed(name, known_looks):
                unknown[name] = combine_findings(unknown.get(name, 0), number)
    return tuple(unknown.items())


@lru_cache(maxsize=1024)
def _near(name: str, fields: frozenset[str]) -> frozenset[str]:
    """Return the fields that a name may be a misspelling of."""
    return frozenset(field for field in fields if guess(name, (field,), LIKELY))


def combine_findings(first: int, second: int) -> int:
    """Combine two findings about an unknown name: NO_FIELD, the row of a misspelt field, or 0."""
    return NO_FIELD if NO_FIELD in {first, second} else first or second


def _validated(
    row: RecordRow, rules: RowRules, known_choices: dict[tuple[str | None, ...], _Choices]
) -> ValidatedRecord:
    if row.reason:
        return ValidatedRecord(row.number, "", faults=(("", row.reason),))
    row = _with_meanings(row, rules)
    cells = row.cells
    identifier = cells.get(rules.id_column, "").strip()
    reason = row.faults.get(rules.id_column) or id_fault(identifier)
    # Rows make the same few choices again and again.
    choice_cells = (
        None if row.faults else (cells.get(rules.audience_column), *map(cells.get, CHOOSING[1:]))
    )
    choices = known_choices.get(choice_cells) if choice_cells else None
    if choices is None:
        choices = _read_choices(row, rules)
        if choice_cells and len(known_choices) < MOST_CHOSEN:
            known_choices[choice_cells] = choices
    keys, copies, choice_faults = choices
    faults = [*([(ID, reason)] if reason else ()), *choice_faults]
    values: dict[str, str] = {}
    fields = rules.fields.get(keys[0].language, ())
    for record_field in fields:
        if record_field.name in row.faults:
            faults.append((record_field.name, row.faults[record_field.name]))
            continue
        try:
            words = rules.read_value(
                record_field, cells.get(record_field.name, ""), keys[0].language
            )
        except Exception as error:  # noqa: BLE001 -- our fault, with one value: print the others
            faults.append((record_field.name, program_fault(error)))
            continue
        if isinstance(words, dict):
            values.update(words)
        else:
            faults.append((words.field, words.reason))
    if faults:
        return ValidatedRecord(row.number, "" if reason else identifier, faults=tuple(faults))
    if boxes := tuple(
        record_field.name
        for record_field in fields
        if record_field.choices and record_field.name not in values
    ):
        keys = _with_boxes(keys, boxes)
    return ValidatedRecord(row.number, identifier, keys, values, copies)


@lru_cache(1_000)
def _with_boxes(keys: tuple[EditionKey, ...], boxes: tuple[str, ...]) -> tuple[EditionKey, ...]:
    """Return the editions that print boxes to tick for choices that a record leaves open."""
    return tuple(key._replace(boxes=boxes) if key.kind == "handout" else key for key in keys)


def _with_meanings(row: RecordRow, rules: RowRules) -> RecordRow:
    """Return a row with the meanings of its cells, where a clinic's settings give them one."""
    replaced = {
        column: meanings[cell]
        for column, meanings in rules.meant.items()
        if (cell := folded(row.cells.get(column, ""))) in meanings
    }
    return row._replace(cells={**row.cells, **replaced}) if replaced else row


def program_fault(error: Exception) -> str:
    """Return the reason for a record on which the program failed.

    Raises the error again if it concerns all records: OSError and MemoryError.
    """
    if isinstance(error, OSError | MemoryError):
        raise error
    return f"could not be printed because of an error in the program ({type(error).__name__})"


def id_fault(identifier: str) -> str:
    """Return why a text cannot be an id, or an empty text if it can."""
    if not identifier:
        return "is empty"
    if not _PORTABLE.fullmatch(identifier) or identifier.endswith("."):
        return (
            "cannot be used as a file name: use 1 to 64 letters (a-z, A-Z), digits, dots, "
            "hyphens or underscores; do not start with a dot or hyphen, or end with a dot"
        )
    if identifier.partition(".")[0].lower() in _DEVICES:
        return "is a reserved name on Windows and cannot be used as a file name"
    return ""


def _read_choices(row: RecordRow, rules: RowRules) -> _Choices:
    faults: list[Fault] = []

    def cell(column: str, name: str) -> str | None:
        """Return the text of a cell, or None where there is no such column."""
        if column in row.faults:
            faults.append((name, row.faults[column]))
        text = row.cells.get(column)
        return None if text is None else text.strip()

    def one_of(name: str, text: str, known: Collection[str]) -> str:
        """Return the known choice that a text names. Adds a fault where there is none."""
        choice = next((choice for choice in known if folded(choice) == folded(text)), text)
        if choice not in known:
            names = ", ".join(sorted(rules.called.get(choice, choice) for choice in known))
            faults.append(
                (name, f"is not one of: {names}" if text else f"is empty; use one of: {names}")
            )
        return choice

    language = one_of("language", cell("language", "language") or rules.language, rules.audiences)
    # An empty cell in an audience column is an error and takes no default: advice for one reader
    # can harm another.
    audience_cell = cell(rules.audience_column, "audience")
    all_audiences = tuple(dict.fromkeys(itertools.chain.from_iterable(rules.audiences.values())))
    audience = one_of(
        "audience",
        rules.audience if audience_cell is None else audience_cell,
        # Audiences depend on the language. Where that is a fault, any of them may be right.
        rules.audiences.get(language, all_audiences),
    )
    paper = one_of("paper", cell("paper", "paper") or rules.paper, _PAPERS)
    size = one_of("size", cell("size", "size") or rules.size, _SIZES)
    copies_cell = cell("copies", "copies") or "1"
    copies = (
        int(copies_cell)
        if copies_cell.isascii()
        and copies_cell.isdigit()
        and len(copies_cell) <= len(str(MOST_COPIES))
        else 0
    )
    if not 1 <= copies <= MOST_COPIES:
        faults.append(("copies", f"is not a whole number from 1 to {MOST_COPIES}"))
    return _keys(audience, language, paper, size, rules.kinds), copies, faults


@lru_cache(1_000)
def _keys(
    audience: str, language: str, paper: str, size: str, kinds: tuple[str, ...]
) -> tuple[EditionKey, ...]:
    return tuple(
        EditionKey(
            audience,
            language,
            "" if kind == "card" else paper,
            str(TypeSize.STANDARD) if kind == "card" else size,
            kind,
        )
        for kind in kinds
    )
