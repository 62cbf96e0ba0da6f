"""An edition that is laid out and written once, and one record's words stamped into it: bytes put behind bytes. Pure.

A Template is a finished file whose places for a record are streams of their own, which stand at its end. All before them is the same for
each record, byte for byte; so a record costs its few words, and what counts bytes: the table of offsets.
"""

from __future__ import annotations

import hashlib
import struct
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from teachback.errors import Problem, TeachbackError
from teachback.merge.records.field_values import FieldFault, unprintable_reason
from teachback.pdf.text_shaping import EM, SlotFont, shaper

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

# In px: a value may be as much longer than its line as nobody sees.
SLACK: Final = 0.02
# In pt; type is made smaller in such steps where a value is too long.
STEP: Final = 0.5
# One entry in the table of offsets (ISO 32000-1, 7.5.8.3): its kind, where an object begins, and a number beside that.
ENTRY: Final = struct.Struct(">BIB")
# The owner of what is drawn on a sheet beside its cards, such as crop marks.
BESIDE: Final = -1
# What was last drawn in this process: whoever asks whether a record can be stamped stamps it next.
_last: list[tuple[Template, list[dict[str, str]], list[bytes | FieldFault]]] = []
TOO_LONG: Final = "is longer than its line, at the smallest type allowed"


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
    """Where a field's words stand: in which object of the file, in which fonts (the first that has all letters is taken), how large.

    `matrix` is PDF's text matrix up to the place, `width` the length of the line, both in the units of the page's content; `sizes` the
    type sizes that may be taken, the largest first. `blank` is what stands there without words; `card` counts the cards of a sheet.
    """

    field: str
    number: int
    mark: int
    fonts: tuple[int, ...]
    matrix: tuple[float, float, float, float, float, float]
    width: float
    sizes: tuple[float, ...]
    blank: bytes
    card: int = 0
    rtl: bool = False


@dataclass(frozen=True)
class Template:
    """An edition to be stamped: what is before the slots, the table of offsets without theirs, and what the trailer says.

    `pages` is how many it has, `code` the edition's, `fields` the names of the fields that have a place on it. It can be pickled.
    Of a sheet of cards, `owners` tell for each page which card each of its streams draws, from 0 (BESIDE for none), and
    `beside` what is drawn beside the first card, the first two, and so on.
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
    owners: tuple[tuple[int, ...], ...] = ()
    beside: tuple[tuple[bytes, ...], ...] = ()

    def faults(
        self, values: Mapping[str, str] | Sequence[Mapping[str, str]]
    ) -> tuple[FieldFault, ...]:
        """Say what of a record cannot be stamped, each field once; nothing where all can."""
        found = [
            outcome for outcome in self._outcomes(_cards(values)) if isinstance(outcome, FieldFault)
        ]
        return tuple(dict.fromkeys(found))

    def stamp(
        self, values: Mapping[str, str] | Sequence[Mapping[str, str]], document: bytes
    ) -> bytes:
        """Give the whole PDF with a record's values; a field without one keeps its line to write on.

        `values` are a record's, or one record's for each card of a sheet. `document` tells records apart (their id): the file's own ID
        is made of it and of the edition's code, so the same record gives the same bytes. Raises UnstampedError where a value does not fit.
        """
        parts: list[bytes | bytearray] = [self.head]
        table = bytearray(self.table)
        at = len(self.head)
        for slot, drawn in zip(self.slots, self.drawn(values), strict=True):
            part = stream(slot.number, drawn)
            parts.append(part)
            ENTRY.pack_into(table, slot.number * ENTRY.size, 1, at, 0)
            at += len(part)
        # The table is the file's last object, and stands in itself.
        last = len(table) // ENTRY.size - 1
        ENTRY.pack_into(table, last * ENTRY.size, 1, at, 0)
        name = hashlib.sha256(b"%b\0%b" % (self.code.encode(), document)).hexdigest()[:32].encode()
        parts += [
            b"%d 0 obj\n<</Type/XRef/W[1 4 1]/Size %d/Length %d" % (last, last + 1, len(table)),
            b"%b/ID[<%b><%b>]>>\nstream\n" % (self.trailer, name, name),
            table,
            b"\nendstream\nendobj\nstartxref\n%d\n%%%%EOF\n" % at,
        ]
        return b"".join(parts)

    def drawn(self, values: Mapping[str, str] | Sequence[Mapping[str, str]]) -> tuple[bytes, ...]:
        """Give what is drawn at each place, in the order of `slots`. Raises UnstampedError as `stamp` does."""
        drawn = []
        faults = []
        for outcome in self._outcomes(_cards(values)):
            if isinstance(outcome, FieldFault):
                faults.append(outcome)
            else:
                drawn.append(outcome)
        if faults:
            raise UnstampedError(tuple(dict.fromkeys(faults)))
        return tuple(drawn)

    def _outcomes(self, cards: Sequence[Mapping[str, str]]) -> list[bytes | FieldFault]:
        if len(cards) != self.cards:
            message = f"{len(cards)} records for {self.cards} cards"
            raise ValueError(message)
        if _last and _last[0][0] is self and _last[0][1] == cards:
            return _last[0][2]
        outcomes = []
        for slot in self.slots:
            value = cards[slot.card].get(slot.field, "")
            outcomes.append(self._drawn(slot, value) if value else slot.blank)
        _last[:] = [(self, [dict(card) for card in cards], outcomes)]
        return outcomes

    def _drawn(self, slot: Slot, value: str) -> bytes | FieldFault:
        reason = unprintable_reason(value)
        if reason:
            return FieldFault(slot.field, reason)
        missing = ""
        for index in slot.fonts:
            shaped = shaper(self.fonts[index]).shape(value)
            if shaped.missing:
                missing = shaped.missing
                continue
            fitting = (
                size for size in slot.sizes if shaped.length * size <= (slot.width + SLACK) * EM
            )
            size = next(fitting, None)
            if size is None:
                return FieldFault(slot.field, TOO_LONG)
            *turn, x, y = slot.matrix
            if slot.rtl:
                x += slot.width - shaped.length * size / EM
            steps = b" ".join(
                (b"%b Ts " % _number(rise * size) if rise or len(shaped.pieces) > 1 else b"")
                + drawn
                for rise, drawn in shaped.pieces
            )
            return _run(slot.mark, value if shaped.said else "", index, size, (*turn, x, y), steps)
        return FieldFault(slot.field, f"has {_script(missing)} that the fonts do not have")


def stream(number: int, content: bytes) -> bytes:
    """Write a stream as it stands, as an object of that number."""
    return b"%d 0 obj\n<</Length %d>>\nstream\n%b\nendstream\nendobj\n" % (
        number,
        len(content),
        content,
    )


def _cards(values: Mapping[str, str] | Sequence[Mapping[str, str]]) -> Sequence[Mapping[str, str]]:
    return list(values) if isinstance(values, (list, tuple)) else [values]  # type: ignore[list-item]


def _script(letter: str) -> str:
    """Name the script of a letter, and nothing more of it; say whether it has accents of its own."""
    if not unicodedata.category(letter[0]).startswith("L"):
        return "a sign"
    script = unicodedata.name(letter[0], "unnamed").partition(" ")[0].title()
    return f"a letter with an accent ({script})" if len(letter) > 1 else f"a letter ({script})"


@lru_cache(4_096)
def _number(value: float) -> bytes:
    """Write a number as PDF has it: without an exponent."""
    return f"{value:.4f}".rstrip("0").rstrip(".").encode()


def _run(
    mark: int, said: str, font: int, size: float, matrix: tuple[float, ...], steps: bytes
) -> bytes:
    """Write one run of marked content: words in a font, and what is said in their place where they do not say it themselves."""
    told = b"/ActualText<feff%b>" % said.encode("utf-16-be").hex().encode() if said else b""
    place = b" ".join(map(_number, matrix))
    return b"/Span<</MCID %d%b>>BDC q BT /Slot%d %b Tf %b Tm %b ET Q EMC" % (
        mark,
        told,
        font,
        _number(size),
        place,
        steps,
    )


def blank(
    mark: int, said: str, font: int, size: float, matrix: tuple[float, ...], space: bytes
) -> bytes:
    """Write what stands in a slot without a value: a space, since a tag without content would be passed over, and what the line is called."""
    return _run(mark, said, font, size, matrix, space)
