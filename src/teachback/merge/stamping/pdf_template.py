"""Stamp one record's words into an edition that was laid out and written once. Pure.

A Template is a finished PDF whose places for a record are streams of their own, at its end. All
bytes before them are the same for each record. A record therefore costs its few words, and the
table of offsets.
"""

from __future__ import annotations

import hashlib
import struct
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from teachback.errors import Problem, TeachbackError
from teachback.merge.records.field_values import (
    BY_HAND,
    TOO_LONG,
    FieldFault,
    no_font,
    unprintable_reason,
)
from teachback.pdf.text_shaping import EM, SlotFont, shaper
from teachback.units import field_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

# In px: the overlong part of a value that nobody notices.
SLACK: Final = 0.02
# In pt: the step by which type is made smaller where a value is too long.
STEP: Final = 0.5
# An entry in the table of offsets (ISO 32000-1, 7.5.8.3): its kind, the offset of an object, and a
# number that belongs to that.
ENTRY: Final = struct.Struct(">BIB")
# In place of a card, for what is drawn beside the cards of a sheet, such as crop marks.
NO_CARD: Final = -1
# The last Template, its values and their outcomes in this process. A record that was checked is
# stamped next.
_last_outcomes: list[tuple[Template, list[dict[str, str]], list[bytes | FieldFault]]] = []
UNPROVED: Final = "cannot be proved to print as it is written"
OF_TWO_FONTS: Final = "mixes letters or signs that no one font here has"


class UnstampedError(TeachbackError):
    """A record that does not fit its edition. Nothing of it was written."""

    def __init__(self, faults: tuple[FieldFault, ...]) -> None:
        super().__init__(
            *(
                Problem(f"the field '{fault.field}' {fault.reason}", "Correct the record.")
                for fault in faults
            )
        )
        self.faults = faults


@dataclass(frozen=True)
class Slot:
    """The place of a field's words in a Template.

    `number` is the object of the file, `mark` its marked-content id. Of `fonts`, the first that has
    all letters is used. `matrix` is PDF's text matrix up to the place, and `width` the length of
    the line, both in the units of the page's content. `sizes` are the allowed type sizes, largest
    first. `blank` is the content without words. `page` counts from 0. `card` is the index of the
    card on a sheet.
    """

    field: str
    number: int
    mark: int
    fonts: tuple[int, ...]
    matrix: tuple[float, float, float, float, float, float]
    width: float
    sizes: tuple[float, ...]
    blank: bytes
    page: int = 0
    card: int = 0
    rtl: bool = False


@dataclass(frozen=True)
class Template:
    """An edition ready for stamping. Can be pickled.

    Holds the bytes before the slots (`head`), the table of offsets without the slots, and the
    entries of the trailer. `pages` is the number of pages, `code` the edition's code, `fields` the
    names of the fields that have a place. For a sheet of cards, `stream_cards` gives for each page
    the card that each stream draws (from 0; NO_CARD for none), and `lines_beside` what is drawn
    beside the first card, the first two, and so on. `warnings` are for everyone, such as that a
    card is printed on larger paper.
    """

    code: str
    pages: int
    fields: tuple[str, ...]
    cards: int
    slots: tuple[Slot, ...]
    fonts: tuple[SlotFont, ...]
    head: bytes
    table: bytes
    trailer: bytes
    stream_cards: tuple[tuple[int, ...], ...] = ()
    lines_beside: tuple[tuple[bytes, ...], ...] = ()
    warnings: tuple[Problem, ...] = ()

    def faults(
        self, values: Mapping[str, str] | Sequence[Mapping[str, str]]
    ) -> tuple[FieldFault, ...]:
        """Return the faults of values that cannot be stamped, each once. Empty if all can."""
        faults = [
            outcome
            for outcome in self._outcomes(_values_by_card(values))
            if isinstance(outcome, FieldFault)
        ]
        return tuple(dict.fromkeys(faults))

    def stamp(
        self, values: Mapping[str, str] | Sequence[Mapping[str, str]], document: bytes
    ) -> bytes:
        """Return the whole PDF with a record's values. A field without one keeps its writing line.

        `values` are those of a record, or of one record for each card of a sheet. `document` tells
        records apart, by their id: the file's own ID is made from it and the edition's code, so the
        same record gives the same bytes. Raises UnstampedError when a value does not fit.
        """
        parts: list[bytes | bytearray] = [self.head]
        table = bytearray(self.table)
        offset = len(self.head)
        for slot, content in zip(self.slots, self.drawn(values), strict=True):
            slot_stream = stream(slot.number, content)
            parts.append(slot_stream)
            ENTRY.pack_into(table, slot.number * ENTRY.size, 1, offset, 0)
            offset += len(slot_stream)
        # The table is the last object of the file, and has an entry for itself.
        table_number = len(table) // ENTRY.size - 1
        ENTRY.pack_into(table, table_number * ENTRY.size, 1, offset, 0)
        file_id = (
            hashlib.sha256(b"%b\0%b" % (self.code.encode(), document)).hexdigest()[:32].encode()
        )
        parts += [
            b"%d 0 obj\n<</Type/XRef/W[1 4 1]/Size %d/Length %d"
            % (table_number, table_number + 1, len(table)),
            b"%b/ID[<%b><%b>]>>\nstream\n" % (self.trailer, file_id, file_id),
            table,
            b"\nendstream\nendobj\nstartxref\n%d\n%%%%EOF\n" % offset,
        ]
        return b"".join(parts)

    def drawn(self, values: Mapping[str, str] | Sequence[Mapping[str, str]]) -> tuple[bytes, ...]:
        """Return the content of each place, in the order of `slots`.

        Raises UnstampedError as `stamp` does.
        """
        contents = []
        faults = []
        for outcome in self._outcomes(_values_by_card(values)):
            if isinstance(outcome, FieldFault):
                faults.append(outcome)
            else:
                contents.append(outcome)
        if faults:
            raise UnstampedError(tuple(dict.fromkeys(faults)))
        return tuple(contents)

    def _outcomes(self, cards: Sequence[Mapping[str, str]]) -> list[bytes | FieldFault]:
        if len(cards) != self.cards:
            raise ValueError(f"{len(cards)} records for {self.cards} cards")
        if _last_outcomes and _last_outcomes[0][0] is self and _last_outcomes[0][1] == cards:
            return _last_outcomes[0][2]
        outcomes = []
        for slot in self.slots:
            value = cards[slot.card].get(slot.field, "")
            outcomes.append(self._drawn(slot, value) if value else slot.blank)
        _last_outcomes[:] = [(self, [dict(card) for card in cards], outcomes)]
        return outcomes

    def _drawn(self, slot: Slot, value: str) -> bytes | FieldFault:
        reason = unprintable_reason(value)
        field = field_of(slot.field)
        if reason:
            return FieldFault(field, reason)
        missing = ""
        for index in slot.fonts:
            shaped = shaper(self.fonts[index]).shape(value)
            if shaped.missing:
                missing = shaped.missing
                continue
            if shaped.unproved:
                return FieldFault(field, f"{UNPROVED}: {BY_HAND}")
            fitting = (
                size for size in slot.sizes if shaped.length * size <= (slot.width + SLACK) * EM
            )
            size = next(fitting, None)
            if size is None:
                return FieldFault(field, TOO_LONG)
            *linear, x, y = slot.matrix
            if slot.rtl:
                x += slot.width - shaped.length * size / EM
            steps = b" ".join(
                (b"%b Ts " % _pdf_number(rise * size) if rise or len(shaped.pieces) > 1 else b"")
                + operators
                for rise, operators in shaped.pieces
            )
            return _marked_run(
                slot.mark,
                value if shaped.needs_actual_text else "",
                index,
                size,
                (*linear, x, y),
                steps,
            )
        if all(self._has(slot, letter) for letter in value if not letter.isspace()):
            return FieldFault(field, f"{OF_TWO_FONTS}: {BY_HAND}")
        return FieldFault(field, _missing_letter_reason(missing))

    def _has(self, slot: Slot, letter: str) -> bool:
        return any(not shaper(self.fonts[index]).shape(letter).missing for index in slot.fonts)


def stream(number: int, content: bytes) -> bytes:
    """Write content as an uncompressed stream, in an object of that number."""
    return b"%d 0 obj\n<</Length %d>>\nstream\n%b\nendstream\nendobj\n" % (
        number,
        len(content),
        content,
    )


def _values_by_card(
    values: Mapping[str, str] | Sequence[Mapping[str, str]],
) -> Sequence[Mapping[str, str]]:
    return list(values) if isinstance(values, (list, tuple)) else [values]  # type: ignore[list-item]


def _missing_letter_reason(letter: str) -> str:
    """Return the reason for a letter or a sign that no font has. It does not name the letter."""
    if letter[0].isalpha() and len(letter) == 1:
        return no_font(letter)
    kind = "a letter with an accent" if letter[0].isalpha() else "a sign"
    return f"has {kind} that the fonts do not have"


@lru_cache(4_096)
def _pdf_number(value: float) -> bytes:
    """Write a number for PDF, without an exponent."""
    return f"{value:.4f}".rstrip("0").rstrip(".").encode()


def _marked_run(
    mark: int, actual_text: str, font: int, size: float, matrix: tuple[float, ...], operators: bytes
) -> bytes:
    """Write one run of marked content: words in a font.

    `actual_text` becomes the /ActualText, for words that the glyphs alone do not tell.
    """
    entry = (
        b"/ActualText<feff%b>" % actual_text.encode("utf-16-be").hex().encode()
        if actual_text
        else b""
    )
    matrix_numbers = b" ".join(map(_pdf_number, matrix))
    return b"/Span<</MCID %d%b>>BDC q BT /Slot%d %b Tf %b Tm %b ET Q EMC" % (
        mark,
        entry,
        font,
        _pdf_number(size),
        matrix_numbers,
        operators,
    )


def blank(
    mark: int, actual_text: str, font: int, size: float, matrix: tuple[float, ...], operators: bytes
) -> bytes:
    """Write the content of a slot without a value: a space, and its /ActualText.

    The space is needed because a tag without content would be skipped.
    """
    return _marked_run(mark, actual_text, font, size, matrix, operators)
