"""Turn rows into records that can be printed, or reject them with field and reason.

A record has an id that can name a file, and chooses its edition. A reason never quotes the file. An
id that cannot name a file is not repeated either: it could be a name, or a formula.
"""

from __future__ import annotations

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
# Instead of a row: a name that a record has beside the field that it is close to is another thing.
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

# The editions of a row, the number of copies, and the faults in what it chooses.
_Chosen = tuple[tuple[EditionKey, ...], int, list[Fault]]


@dataclass(frozen=True)
class RowRules:
    """The rules that rows are checked against.

    `audiences` and `fields` are by language: the audiences with an edition, and the fields, whose
    values `read_value` reads. `language`, `paper` and `size` are the defaults for a cell that is
    missing or empty, and `audience` is the default for records without a column of audiences. The
    defaults `audience` and `language` are empty where each row must have a value. `meant` holds by
    column what stands in place of a cell, by the cell as `folded` compares it. `labels` are other
    names of columns. `called` has what a fault calls a choice, where it is not its id.
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
        names = {one.name for each in self.fields.values() for one in each}
        return frozenset({self.id_column, self.audience_column, *CHOOSING[1:], *names})


def validated_records(rows: Iterable[RecordRow], rules: RowRules) -> Iterator[ValidatedRecord]:
    """Yield each row as a record to print or to reject, in order.

    Ids that occur twice are not checked here: that takes all rows, which `merge_run` has seen.
    """
    chosen: dict[tuple[str | None, ...], _Chosen] = {}
    for row in rows:
        yield _validated(row, rules, chosen)


def unknown_columns(rows: Iterable[RecordRow], rules: RowRules) -> tuple[tuple[str, int], ...]:
    """Return names in rows that have no meaning, in the order in which they occur.

    Each has the row in which it may be a misspelt field, or 0. Only the first ones are returned,
    and all that look like a known name.
    """
    known = rules.known
    looks = looks_of(known)
    fields = known - {rules.id_column, rules.audience_column, *CHOOSING}
    unknown: dict[str, int] = {}
    for row in rows:
        names = (*row.cells, *row.faults)
        for name in names:
            if name in known or unknown.get(name) == NO_FIELD:
                continue
            near = _near(name, fields)
            line = 0 if not near else row.number if near.isdisjoint(names) else NO_FIELD
            if line or len(unknown) < MOST_UNKNOWN or is_misnamed(name, looks):
                unknown[name] = combine_findings(unknown.get(name, 0), line)
    return tuple(unknown.items())


@lru_cache(maxsize=1024)
def _near(name: str, fields: frozenset[str]) -> frozenset[str]:
    """Return the fields that a name may be a misspelling of."""
    return frozenset(one for one in fields if guess(name, (one,), LIKELY))


def combine_findings(one: int, other: int) -> int:
    """Combine two findings about an unknown name: NO_FIELD, the row of a misspelt field, or 0."""
    return NO_FIELD if NO_FIELD in {one, other} else one or other


def _validated(
    row: RecordRow, rules: RowRules, chosen: dict[tuple[str | None, ...], _Chosen]
) -> ValidatedRecord:
    if row.reason:
        return ValidatedRecord(row.number, "", faults=(("", row.reason),))
    row = _meant(row, rules)
    cells = row.cells
    identifier = cells.get(rules.id_column, "").strip()
    reason = row.faults.get(rules.id_column) or unsuitable(identifier)
    # Rows make the same few choices again and again.
    said = None if row.faults else (cells.get(rules.audience_column), *map(cells.get, CHOOSING[1:]))
    found = chosen.get(said) if said else None
    if found is None:
        found = _chosen(row, rules)
        if said and len(chosen) < MOST_CHOSEN:
            chosen[said] = found
    keys, copies, wrong = found
    faults = [*([(ID, reason)] if reason else ()), *wrong]
    values: dict[str, str] = {}
    for one in rules.fields.get(keys[0].language, ()):
        if one.name in row.faults:
            faults.append((one.name, row.faults[one.name]))
            continue
        try:
            words = rules.read_value(one, cells.get(one.name, ""), keys[0].language)
        except Exception as error:  # noqa: BLE001 -- our fault, with one value: print the others
            faults.append((one.name, own_fault(error)))
            continue
        if isinstance(words, dict):
            values.update(words)
        else:
            faults.append((words.field, words.reason))
    if faults:
        return ValidatedRecord(row.number, "" if reason else identifier, faults=tuple(faults))
    fields = rules.fields.get(keys[0].language, ())
    if boxes := tuple(one.name for one in fields if one.choices and one.name not in values):
        keys = _with_boxes(keys, boxes)
    return ValidatedRecord(row.number, identifier, keys, values, copies)


@lru_cache(1_000)
def _with_boxes(keys: tuple[EditionKey, ...], boxes: tuple[str, ...]) -> tuple[EditionKey, ...]:
    """Return the editions that print boxes to tick for choices that a record leaves open."""
    return tuple(key._replace(boxes=boxes) if key.kind == "handout" else key for key in keys)


def _meant(row: RecordRow, rules: RowRules) -> RecordRow:
    """Return a row with what its cells stand for, where a clinic's settings say so."""
    found = {
        column: meant[cell]
        for column, meant in rules.meant.items()
        if (cell := folded(row.cells.get(column, ""))) in meant
    }
    return row._replace(cells={**row.cells, **found}) if found else row


def own_fault(error: Exception) -> str:
    """Return the reason for a record on which the program failed.

    Raises the error again if it concerns all records: OSError and MemoryError.
    """
    if isinstance(error, OSError | MemoryError):
        raise error
    return f"could not be printed because of an error in the program ({type(error).__name__})"


def unsuitable(identifier: str) -> str:
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


def _chosen(row: RecordRow, rules: RowRules) -> _Chosen:
    faults: list[Fault] = []

    def cell(column: str, name: str) -> str | None:
        """Return the text of a cell, or None where there is no such column."""
        if column in row.faults:
            faults.append((name, row.faults[column]))
        text = row.cells.get(column)
        return None if text is None else text.strip()

    def one_of(name: str, said: str, known: Collection[str]) -> str:
        said = next((one for one in known if folded(one) == folded(said)), said)
        if said not in known:
            names = sorted(rules.called.get(one, one) for one in known)
            faults.append(
                (
                    name,
                    f"is not one of: {', '.join(names)}"
                    if said
                    else f"is empty; use one of: {', '.join(names)}",
                )
            )
        return said

    language = one_of("language", cell("language", "language") or rules.language, rules.audiences)
    # An empty cell in an audience column is an error and takes no default: advice for one reader
    # can harm another.
    said = cell(rules.audience_column, "audience")
    every = dict.fromkeys(one for each in rules.audiences.values() for one in each)
    audience = one_of(
        "audience",
        rules.audience if said is None else said,
        # Audiences depend on the language. Where that is a fault, any of them may be right.
        rules.audiences.get(language, tuple(every)),
    )
    paper = one_of("paper", cell("paper", "paper") or rules.paper, _PAPERS)
    size = one_of("size", cell("size", "size") or rules.size, _SIZES)
    number = cell("copies", "copies") or "1"
    copies = (
        int(number)
        if number.isascii() and number.isdigit() and len(number) <= len(str(MOST_COPIES))
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
