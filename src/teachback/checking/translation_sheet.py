"""Gather the contents of the sheet on which a translation is checked, text by text. Pure.

In: a translation and its handout; some texts may be missing. Out: each text in both languages, in
reading order, with its line in the file, its readers and its state. Red flags and the card come
first. The sheet holds no verdict.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Any, Final

from teachback.checking.review_sheet import LABELS
from teachback.content.base_model import Model, Role, first_text
from teachback.content.handout import CalloutBlock, RecordField, RedFlag, Tier, text_fields
from teachback.content.inline_markup import (
    PLACEHOLDERS,
    RECORD,
    Span,
    marks_problems,
    may_hold_marks,
    parse_marks,
)
from teachback.content.translation import NOTE, TextState, one_line
from teachback.content.translation_loader import translation_approval
from teachback.editions.comparison import marked_words

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from teachback.content.inline_markup import Line
    from teachback.content.translation import HandoutText
    from teachback.content.translation_loader import ReadTranslation
    from teachback.content.workspace_content import WorkspaceContent
    from teachback.editions.comparison import Words
    from teachback.errors import Problem

STATES: Final = {
    TextState.MISSING: "missing", TextState.STALE: "outdated",
    TextState.UNCHECKED: "not checked", TextState.FINE: "checked",
}  # fmt: skip
_TIERS: Final = {Tier.NOW: "Call now", Tier.TODAY: "Call today", Tier.VISIT: "Next visit"}
# Red flags and the card are read first: an error in them harms soonest.
_URGENT_PARTS: Final = ("Red flags", "The card")
_TITLE_PART: Final = "Title and message"
_FIELDS_PART: Final = "Fields that are filled in"
_LABELS: Final = {**LABELS, Role.HEADING: "Heading", Role.ITEM: "Entry", Role.CELL: "Cell"}


@dataclass(frozen=True)
class PairedText:
    """A text in both languages: its line in the translation's file, label, readers and state.

    `line` is None if the file lacks the text, and `translation` is then empty. `outdated` has the
    English that was translated and that of today, if they differ, in runs with marks.
    """

    line: int | None
    name: str
    english: Line
    translation: Line
    readers: str
    state: str
    note: str
    outdated: tuple[Words, Words] | None


@dataclass(frozen=True)
class ReaderCount:
    """The number of a reader's texts by state, and the mark of the text if none is outdated."""

    audience: str
    name: str
    texts: int
    states: tuple[int, ...]
    mark: str


@dataclass(frozen=True)
class TranslationSheet:
    """The whole sheet: what was translated, its readers, the file's problems, and the texts."""

    title: str
    read: ReadTranslation
    readers: tuple[ReaderCount, ...]
    problems: tuple[Problem, ...]
    parts: tuple[tuple[str, tuple[PairedText, ...]], ...]

    @property
    def languages(self) -> tuple[str, str]:
        """The language of the handout, and that of the translation."""
        texts = self.read.texts
        return texts.source.language, texts.translation.language


def pair_texts(
    read: ReadTranslation, shared: WorkspaceContent, picture_hash: Callable[[str], str]
) -> TranslationSheet:
    """Return the sheet of a translation.

    `picture_hash` returns the hash of a picture by its name.
    """
    texts, audiences = read.texts, shared.audiences
    states: dict[str, dict[str, TextState]] = {}
    for reader in read.readers:
        for text, state in reader.texts:
            states.setdefault(text.key, {})[reader.audience] = state
    everyone = tuple(reader.audience for reader in read.readers)
    # A text that nobody gets is a problem of the handout, and is reported there.
    reached = (text for text in texts.texts if text.key in states)
    by_part = sorted(
        ((_part_of(text, read), text) for text in reached),
        key=lambda pair: (pair[0][0], _tier_order(pair[1], read)),
    )
    counts = tuple(
        ReaderCount(
            reader.audience,
            audiences.root[reader.audience].name,
            len(reader.texts),
            tuple(reader.count(state) for state in TextState),
            ""
            if reader.count(TextState.MISSING) or reader.is_stale
            else translation_approval(texts, audiences.lineage(reader.audience), picture_hash),
        )
        for reader in read.readers
    )
    return TranslationSheet(
        first_text(read.current.handout.title),
        read,
        counts,
        tuple(
            problem._replace(location=read.file.locate(where))
            for where, problem in (*texts.faults, *texts.moved)
        ),
        tuple(
            (part[1], tuple(_paired(text, read, states[text.key], everyone) for _, text in group))
            for part, group in groupby(by_part, key=lambda pair: pair[0])
        ),
    )


def _part_of(text: HandoutText, read: ReadTranslation) -> tuple[int, str]:
    """Return the place and the heading of the part of the sheet that a text belongs to."""
    sections = read.current.handout.sections
    match text.path:
        case ("red_flags", *_):
            return 0, _URGENT_PARTS[0]
        case ("card", *_):
            return 1, _URGENT_PARTS[1]
        case ("sections", int(number), *_):
            title = one_line(_any_version(sections[number].title)).replace("**", "")
            return 3 + number, f"{number + 1}. {title}"
        case ("fields", *_):
            return 3 + len(sections), _FIELDS_PART
        case _:
            return 2, _TITLE_PART


def _any_version(text: Any) -> str:  # noqa: ANN401 -- a text, or one by audience
    return text if isinstance(text, str) else " / ".join(dict.fromkeys(text.values()))


def _tier_order(text: HandoutText, read: ReadTranslation) -> int:
    """Return the place of a red flag's tier, so that the most urgent ones are read first."""
    if text.path[0] != "red_flags":
        return 0
    return list(Tier).index(read.texts.source.red_flags[text.path[1]].tier)


def _paired(
    text: HandoutText,
    read: ReadTranslation,
    states: Mapping[str, TextState],
    everyone: tuple[str, ...],
) -> PairedText:
    texts = read.texts
    language = texts.translation.language
    translation, english = texts.words(text.key), texts.english(text.key)
    fields = tuple(field.name for field in texts.source.fields)
    is_stale = TextState.STALE in states.values() and english is not None
    entry = texts.translation.texts.get(texts.entries.get(text.key, ""), {})
    return PairedText(
        None if translation is None else read.file.locate(texts.place(text.key, language)).line,
        _label(text, read),
        _spans(text.text, fields),
        () if translation is None else _spans(translation, fields),
        "all" if set(states) == set(everyone) else ", ".join(states),
        _state_in_words(states),
        entry.get(NOTE, ""),
        marked_words(one_line(english or ""), one_line(text.text)) if is_stale else None,
    )


def _state_in_words(states: Mapping[str, TextState]) -> str:
    """Return the state in words; if it differs by reader, with the readers of each state."""
    readers_by_state: dict[TextState, list[str]] = {}
    for reader, state in states.items():
        readers_by_state.setdefault(state, []).append(reader)
    if len(readers_by_state) == 1:
        return STATES[next(iter(readers_by_state))]
    return "; ".join(
        f"{STATES[state]}: {', '.join(names)}" for state, names in readers_by_state.items()
    )


def _spans(text: str, fields: tuple[str, ...]) -> Line:
    """Return a text with its strong words and links, and each placeholder by its name.

    With values or lines to write on, two placeholders that were mixed up would look alike. A text
    whose marks are wrong is shown as it is written.
    """
    if not may_hold_marks(text) or marks_problems(text, fields):
        return (Span(one_line(text)),)
    names = {name: f"{{{name}}}" for name in PLACEHOLDERS}
    return tuple(
        span
        if span.place is None
        else Span(f"{{{RECORD}{span.place.field}}}", span.strong, span.href)
        for span in parse_marks(text, names)
    )


def _label(text: HandoutText, read: ReadTranslation) -> str:
    """Return the label of a text: the tier of a red flag, or what kind of text it is."""
    value: Any = read.texts.source
    role: Role | None = None
    label = ""
    for step in text.path:
        if isinstance(value, Model):
            name, own_role = next(
                field[1:] for field in text_fields(type(value)) if field[0] == step
            )
            role = own_role or role
            if isinstance(value, RedFlag) and own_role is Role.FLAG:
                label = _TIERS[value.tier]
            elif isinstance(value, CalloutBlock) and own_role is not None:
                label = f"Box: {value.callout}"
            elif isinstance(value, RecordField):
                label = f"Field {value.name}"
            value = getattr(value, name)
        elif not isinstance(value, dict):
            value = value[step]
    if text.path == ("purpose",):
        label = "Purpose"
    return label or (_LABELS.get(role, "") if role else "")
