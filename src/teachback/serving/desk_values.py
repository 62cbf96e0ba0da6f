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


# What a nurse does, in place of what a reason says to its end.
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

    An edition that is made for these letters may hold them.
    """

    faults: tuple[DeskFault, ...]
    letters: frozenset[str]


class FaultyValuesError(TeachbackError):
    """Words that cannot be printed."""

    def __init__(self, faults: Sequence[DeskFault]) -> None:
        """Keep the faults; there is at least one."""
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
    """Return the words to print by their place, and the faults of the others.

    With `every`, a required field that is empty is a fault too. `dates` is the order of day and
    month, `points` are the code points that the fonts have, and `english` are the fields in the
    second language of two.
    """
    words: dict[str, str] = {}
    faults = []
    beside = {one.name: one for one in english}
    order = Order(dates) if dates else None
    for one in fields:
        raw = values.get(one.name, "")
        if not raw.strip() and not every:
            continue
        read = words_by_place(one, raw, language, order, points, beside)
        if isinstance(read, dict):
            words.update(read)
        else:
            faults.append(_fault(read.field, read.reason))
    return words, tuple(faults)


def stamping_faults(
    edition: OpenEdition, words: Mapping[str, str], points: frozenset[int]
) -> StampingFaults:
    """Return what an edition cannot hold of words that were read.

    The letters are all those of a script of which one is lacking, so that typing on does not make
    another edition with each letter. `points` are the code points that the fonts have.
    """
    template = edition.template
    if template is None:
        return StampingFaults((), frozenset())
    found = template.faults(words if template.cards == 1 else [words] * template.cards)
    lacking = [fault for fault in found if fault.reason != TOO_LONG]
    typed = {one for fault in lacking for one in words[fault.field] if not one.isascii()}
    scripts = set(map(_script, typed))
    letters = {chr(point) for point in points if scripts and _script(chr(point)) in scripts} | typed
    return StampingFaults(
        tuple(_fault(fault.field, fault.reason) for fault in found),
        frozenset(letters),
    )


@lru_cache(10_000)
def _script(letter: str) -> str:
    """Return the first word of a character's name in Unicode, which is that of its script."""
    return unicodedata.name(letter, "unknown").partition(" ")[0]


def _fault(field: str, reason: str) -> DeskFault:
    return DeskFault(field, as_sentence(reason))


def as_sentence(reason: str) -> str:
    """Return the reason of a fault as a sentence, without what only a command line can do."""
    for begins, instead in _AT_DESK.items():
        before, found, _ = reason.partition(begins)
        if found:
            return f"It {before}{instead}."
    return f"It {reason}."
