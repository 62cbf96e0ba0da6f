"""Replace the engine of `merge` by one that prints nothing: its editions are a few words.

Started as a program, it is `teachback` with this engine.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import os
import signal
import sys
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from teachback.cli import app
from teachback.content.record_fields import FieldKind, RecordField
from teachback.merge import handout_engine as engine_module
from teachback.merge.records.field_values import TOO_LONG, FieldFault

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from teachback.errors import Problem
    from teachback.merge.engine_protocol import Stamper
    from teachback.merge.record_shapes import EditionKey, ValidatedRecord


NAME = RecordField(name="name", label="Prepared for", required=True, width_mm=40)
FIELDS = (
    NAME,
    RecordField(name="next_visit", label="Next visit", type=FieldKind.DATE),
    RecordField(name="phone", label="Your nurse", type=FieldKind.PHONE),
    RecordField(
        name="fluid",
        label="Fluid a day",
        type=FieldKind.CHOICE,
        choices=("1 liter", "2 liters"),
    ),
)
# A letter that the fonts of this engine do not have.
NO_GLYPH = "\u2603"


def read_value(one: RecordField, raw: str, language: str) -> dict[str, str] | FieldFault:  # noqa: ARG001 -- as the real one
    """Read a value; a name may ask for a fault."""
    read = _words(one, raw)
    return read if isinstance(read, FieldFault) else {one.name: read} if read else {}


def _words(one: RecordField, raw: str) -> str | FieldFault:
    words = raw.strip()
    if words.startswith("UNREADABLE"):
        raise ValueError(words)
    if not words:
        return FieldFault(one.name, "is empty but required") if one.required else ""
    if any(not letter.isprintable() for letter in words):
        return FieldFault(one.name, "holds a control character")
    if one.type == "date":
        try:
            return f"{dt.date.fromisoformat(words):%B %d, %Y}"
        except ValueError:
            return FieldFault(one.name, "is not a date such as 2027-11-01")
    if one.type == "choice" and words not in one.choices:
        return FieldFault(one.name, "is not one of the field's choices")
    return words


@dataclass(frozen=True)
class Words:
    """An edition of a few words."""

    key: EditionKey
    letters: frozenset[str]
    pages: int = 2
    head: bytes = b"%PDF-fake "
    warnings: tuple[Problem, ...] = ()

    @property
    def code(self) -> str:
        """A text that looks like an edition code."""
        return (
            f"F-{self.key.audience}-{self.key.language}-"
            f"{hashlib.sha256(repr(self.key).encode()).hexdigest()[:7]}"
        ).upper()

    @property
    def fields(self) -> tuple[str, ...]:
        """The names of the fields: a card has only the name."""
        return tuple(field.name for field in FIELDS) if self.key.kind == "handout" else (NAME.name,)

    def faults(self, values: Mapping[str, str]) -> tuple[FieldFault, ...]:
        """Refuse a snowman, and values that are too long."""
        assert set().union(*values.values()) <= self.letters, (
            "the edition was made for other letters"
        )
        found = [
            FieldFault(name, "has a sign that the fonts do not have")
            for name, words in values.items()
            if NO_GLYPH in words
        ]
        return (
            *found,
            *(
                FieldFault(name, TOO_LONG)
                for name, words in values.items()
                if len(words) > NAME.width_mm
            ),
        )

    def stamp(self, values: Mapping[str, str], document: bytes) -> bytes:
        """Return the words; a name may ask for an error or a crash."""
        name = values.get("name", "")
        if name.startswith("RAISES"):
            raise ValueError(name)
        if name.startswith("ENDS"):
            os.kill(os.getpid(), signal.SIGKILL)
        time.sleep(float(os.environ.get("FAKE_SECONDS", "0")))
        return f"%PDF-fake {self.code} {json.dumps([values, document.decode()])}\n".encode() * 5


@dataclass(frozen=True)
class Combiner:
    """A combiner that joins the words of all records."""

    stampers: Mapping[EditionKey, Stamper]
    warnings: tuple[Problem, ...] = ()

    def __call__(
        self,
        records: Sequence[ValidatedRecord],
        *,
        kind: str,
        name: str,
        number: int,
        duplex: bool,
    ) -> bytes:
        """Return a cover with ids and codes, and the words."""
        cover = [f"{one.id}  {self.stampers[one.edition(kind)].code}" for one in records]
        parts = [f"%PDF-fake cover {cover} {duplex} {name} {number}\n".encode()]
        parts += [
            self.stampers[one.edition(kind)].stamp(one.values, one.id.encode()) * one.copies
            for one in records
        ]
        return b"".join(parts)

    def unlisted(self, ids: Iterable[str]) -> tuple[str, ...]:
        """Return no ids: all have room on the cover."""
        del ids
        return ()


@dataclass
class Fake:
    """An engine for a handout for two readers."""

    handout: str = "tiny"
    fingerprint: str = "fake 1"
    sheet_fingerprint: str = "fake sheet 1"
    audiences: dict[str, tuple[str, ...]] = field(
        default_factory=lambda: {"en": ("general", "ckd"), "es": ("general",)}
    )
    main_language: str = ""
    kinds: frozenset[str] = frozenset({"handout", "card"})
    fields: dict[str, tuple[RecordField, ...]] = field(
        default_factory=lambda: {"en": FIELDS, "es": FIELDS}
    )
    labels: tuple[tuple[str, str], ...] = (("My name", "name"),)
    problems: tuple[Problem, ...] = ()
    all_audiences: tuple[str, ...] = ("general", "ckd", "dialysis")
    other_fields: tuple[str, ...] = ("arm",)
    read_value = staticmethod(read_value)

    def make_stampers(
        self, characters: Mapping[EditionKey, frozenset[str]]
    ) -> Mapping[EditionKey, Stamper]:
        """Return an edition for each key."""
        return {key: Words(key, letters) for key, letters in characters.items()}

    def make_combine(
        self,
        stampers: Mapping[EditionKey, Stamper],
        characters: Mapping[EditionKey, frozenset[str]],
    ) -> Combiner:
        """Return the combiner."""
        assert set(characters) == set(stampers)
        return Combiner(stampers)


def main() -> int:
    """Run `teachback` with this engine."""
    engine_module.open_engine = lambda *_: Fake()
    return app.run(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
