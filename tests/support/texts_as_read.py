"""Read a single text, or a whole handout, as the rules do."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from teachback.checking.clinical.clinical_rules import check_passages
from teachback.checking.rule import Example, ReaderText
from teachback.content.base_model import Role
from teachback.editions.passages import Passage, ReaderContext, as_read, passages

if TYPE_CHECKING:
    from collections.abc import Mapping

    from teachback.checking.clinical.clinical_rules import TextRules
    from teachback.checking.rule import Finding
    from teachback.content.audiences import Audiences
    from teachback.content.handout import Handout

# The first mark of a line of an example -> role and kind of block.
_MARKS: Final = {
    "#": (Role.TITLE, ""), "##": (Role.HEADING, ""), "!": (Role.MESSAGE, ""),
    ">": (Role.LEAD, "list"), "-": (Role.ITEM, "list"), "?": (Role.QUESTION, "teach_back"),
    "_": (Role.LABEL, "notes"),
}  # fmt: skip


def check_text(
    text: str, rules: TextRules, *, audience: str = "ckd", lineage: tuple[str, ...] = ()
) -> tuple[Finding, ...]:
    """Return the findings in a text that is a paragraph of its own."""
    return check_passages((Example(text, audience).passage(),), rules, lineage or (audience,))


def reader_texts_of(
    handout: Handout, audiences: Audiences, values: Mapping[str, str | None]
) -> tuple[ReaderText, ...]:
    """Return each reader's edition of a valid handout; `values` are the values of placeholders."""
    readers = (ReaderContext(audiences.lineage(name), values) for name in handout.audiences)
    return tuple(
        ReaderText(handout, reader, passages(handout, reader), handout.language)
        for reader in readers
    )


def edition_of(example: Example) -> ReaderText:
    """Return an example as an edition, so that rules on structure can have examples, too.

    A text of several lines becomes several passages. The first mark of a line is its kind: `#` the
    title, `##` a heading, `!` the message, `>` a lead-in, `-` an item, `?` a teach-back question,
    `_` lines for notes. A line without a mark is a paragraph.
    """
    reader = ReaderContext((example.audience,), {})
    if not re.search(r"\n|^(?:#{1,2}|[!>?_-]) ", example.text):
        return ReaderText(None, reader, (example.passage(),))
    made: list[Passage] = []
    lead = ""
    for number, line in enumerate(example.text.split("\n")):
        mark, _, rest = line.partition(" ")
        role, kind = _MARKS.get(mark, (Role.PARAGRAPH, "text"))
        text = rest if mark in _MARKS else line
        lead = text if role is Role.LEAD else lead if role is Role.ITEM else ""
        path: tuple[Any, ...] = ("sections", 0, "blocks", 0, "list", number, "text")
        path = ("title",) if role is Role.TITLE else ("message",) if role is Role.MESSAGE else path
        path = ("sections", 0, "title") if role is Role.HEADING else path
        block = {Role.TITLE: "title", Role.MESSAGE: "message", Role.HEADING: "section example"}.get(
            role, f"example/{kind}"
        )
        section = "" if role in {Role.TITLE, Role.MESSAGE} else "example"
        around = lead if role is Role.ITEM else ""
        made.append(
            Passage(
                as_read(text),
                text,
                path,
                role,
                example.audience,
                block=block,
                kind=kind,
                section=section,
                lead=around,
            )
        )
    return ReaderText(None, reader, tuple(made))
