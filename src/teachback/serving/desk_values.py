"""Read what was typed at a desk, by the reader that `merge` uses. Faults never quote a value."""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple

from teachback.errors import Problem, TeachbackError
from teachback.merge.records.dates import Order
from teachback.merge.records.field_values import BY_HAND, NO_FONT, TOO_LONG, words_by_place

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from teachback.content.record_fields import RecordField
    from teachback.serving.desk_editions import OpenEdition


# Advice of a reason that needs a command line, and how the sentence ends at a desk instead.
_AT_DESK: Final = {
    "add --dates": "write it as 2027-11-01",
    "set `type: date`": "type it as it is to stand on the paper",
    f"{NO_FONT}: ": f"{NO_FONT}: leave it empty, and write it by hand. "
    "Whoever looks after Teachback can add these letters",
    "is a reserved name": "cannot be taken: choose another one",
    "cannot be used as a file name": "must be 1 to 64 letters (a-z, A-Z) and digits without blanks",
    BY_HAND: "leave it empty, and write it by hand",
}


class DeskFault(NamedTuple):
    """Why the words of a field cannot be printed, as a sentence for the desk."""

    field: str
    message: str


class StampingFaults(NamedTuple):
    """Faults of words that an edition cannot hold, and letters that its fonts lack so far.

    An edition that is printed for these letters may hold the words.
    """

    faults: tuple[DeskFault, ...]
    letters: frozenset[str]


class FaultyValuesError(TeachbackError):
    """Words that cannot be printed."""

    def __init__(self, faults: Sequence[DeskFault]) -> None:
        super().__init__(*(Problem(fault.message) for fault in faults))
        self.faults = tuple(faults)


def read_values(
    fields: Iterable[RecordField],
    values: Mapping[str, str],
    language: str,
    dates: str | None,
    points: frozenset[int],
    *,
    every: bool,
    english: Iterable[RecordField] = (),
) -> tuple[dict[str, str], tuple[DeskFault, ...]]:
    """Return the words to print by their place, and the faults of values that cannot be printed.

    With `every`, a required field that is empty is a fault too. `dates` is the order of day and
    month, `points` are the code points that the fonts have, and `english` are the fields in the
    second language of two.
    """
    words: dict[str, str] = {}
    faults = []
    english_fields = {field.name: field for field in english}
    order = Order(dates) if dates else None
    for field in fields:
        value = values.get(field.name, "")
        if not value.strip() and not every:
            continue
        result = words_by_place(field, value, language, order, points, english_fields)
        if isinstance(result, dict):
            words.update(result)
        else:
            faults.append(_fault(result.field, result.reason))
    return words, tuple(faults)


def stamping_faults(
    edition: OpenEdition, words: Mapping[str, str], points: frozenset[int]
) -> StampingFaults:
    """Return what an edition cannot hold of words that were read.

    Where a letter is missing, all letters of its script are returned: otherwise each further letter
    that is typed would need another edition. `points` are the code points that the fonts have.
    """
    template = edition.template
    if template is None:
        return StampingFaults((), frozenset())
    faults = template.faults(words if template.cards == 1 else [words] * template.cards)
    unprintable = [fault.field for fault in faults if fault.reason != TOO_LONG]
    letters = {letter for name in unprintable for letter in words[name] if not letter.isascii()}
    scripts = set(map(_script, letters))
    if scripts:
        letters |= {letter for letter in map(chr, points) if _script(letter) in scripts}
    return StampingFaults(
        tuple(_fault(fault.field, fault.reason) for fault in faults),
        frozenset(letters),
    )


@lru_cache(10_000)
def _script(letter: str) -> str:
    """Return the script of a character: the first word of its name in Unicode."""
    return unicodedata.name(letter, "unknown").partition(" ")[0]


def _fault(field: str, reason: str) -> DeskFault:
    return DeskFault(field, as_sentence(reason))


def as_sentence(reason: str) -> str:
    """Return the reason of a fault as a sentence, without advice that needs a command line."""
    for advice, desk_advice in _AT_DESK.items():
        before, found, _ = reason.partition(advice)
        if found:
            return f"It {before}{desk_advice}."
    return f"It {reason}."
