"""Write the texts of a handout into a file for a translator, each with its context."""

from __future__ import annotations

import re
from collections import defaultdict
from contextlib import suppress
from typing import TYPE_CHECKING, Final, NamedTuple

from teachback.checking.blocking_rules import load_guard, reader_text_of
from teachback.commands.write_translation import open_translation
from teachback.content.exchange.docx import write_docx
from teachback.content.exchange.po import write_po
from teachback.content.exchange.sheet import SentSheet, SentText, in_one_line
from teachback.content.exchange.xliff import write_xliff
from teachback.content.exchange.xlsx import write_xlsx
from teachback.content.inline_markup import bare
from teachback.content.loader import LoadedHandouts, validate_handout
from teachback.content.locale_formats import direction_of
from teachback.content.translation import NOTE, TextState, one_line
from teachback.content.translation_loader import read_translation
from teachback.content.workspace_content import load_shared
from teachback.editions.comparison import pieces
from teachback.errors import TeachbackError, UsageError
from teachback.files.workspace import read_bytes, shown, translated_file, write_whole
from teachback.printing.card_room import LINE, length_for, room_of, side_rooms
from teachback.printing.job_composer import JobOrder, open_pool, print_context
from teachback.printing.process_pool import Task
from teachback.units import CARD_TEXT_FLOOR

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from teachback.checking.blocking_rules import Guard
    from teachback.checking.glossary import Glossary
    from teachback.content.handout_loader import LoadedHandout
    from teachback.content.translation import HandoutText
    from teachback.content.translation_loader import ReadTranslation
    from teachback.content.workspace_content import WorkspaceContent
    from teachback.editions.comparison import Piece
    from teachback.files.workspace import Workspace
    from teachback.printing.card_room import SideRoom
    from teachback.printing.settings import Settings

WRITERS: Final[Mapping[str, Callable[[SentSheet], bytes]]] = {
    "docx": write_docx,
    "xlsx": write_xlsx,
    "xliff": write_xliff,
    "po": write_po,
}
# The endings of a file in each format; the first is the usual one.
ENDINGS: Final = {
    "docx": (".docx",),
    "xlsx": (".xlsx",),
    "xliff": (".xlf", ".xliff"),
    "po": (".po",),
}
# The choices of texts, and the states that they hold.
CHOICES: Final = {
    "missing": frozenset({TextState.MISSING}),
    "stale": frozenset({TextState.STALE}),
    "open": frozenset({TextState.MISSING, TextState.STALE}),
}
_TIERS: Final = {
    "now": "call the emergency number now",
    "today": "call the clinic today",
    "visit": "tell the clinic at the next visit",
}
_OTHER_PLACES: Final = {
    "purpose": "The purpose of the handout, in one line; for staff",
    "fields": "The name or a choice of what a patient's record fills in",
}


class ExportedTexts(NamedTuple):
    """The file that was written, how many texts it has, and how many a translation has in total."""

    path: Path
    texts: int
    total: int


def export_translation(
    name: str,
    language: str,
    form: str,
    only: str | None,
    target: Path,
    settings: Settings,
    workspace: Workspace,
    *,
    force: bool = False,
) -> ExportedTexts:
    """Write the texts of a handout for a translator into a file, in one of `WRITERS`.

    Raises UsageError for an unknown handout or language, or if the file exists, unless `force`
    replaces it. Raises TeachbackError for a handout or a translation with problems.
    """
    if target.exists() and not force:
        hint = "It may hold a translator's work. Import it, or replace it with --force."
        raise UsageError.of(f"there is a file {shown(target)} already", hint)
    sheet, total = sent_sheet(name, language, only, settings, workspace)
    if not sheet.texts:
        message = f"no text of '{name}' is {only} in '{language}'"
        raise TeachbackError.of(message, f"See `teachback translate status {name}`.")
    write_whole(target, WRITERS[form](sheet))
    return ExportedTexts(target, len(sheet.texts), total)


def sent_sheet(
    name: str, language: str, only: str | None, settings: Settings, workspace: Workspace
) -> tuple[SentSheet, int]:
    """Return the texts for a translator, all or those of `only`, and how many there are in all."""
    opened = open_translation(name, language, workspace)
    shared = load_shared(workspace)
    reading = read_translation(opened.raw, opened.path, workspace, shared)
    if reading.texts.faults:
        faults = (
            problem._replace(location=reading.file.locate(at))
            for at, problem in reading.texts.faults
        )
        raise TeachbackError(*faults)
    states = _states(reading)
    guard = load_guard(workspace)
    context = _contexts(reading, opened.raw, opened.path, settings, workspace, shared, guard)
    texts = tuple(
        _sent_text(text, states[text.key], reading, context[text.key])
        for text in reading.texts.texts
        if text.key in states and (only is None or states[text.key] in CHOICES[only])
    )
    handout = reading.current.handout
    directions = direction_of(handout.language), direction_of(language)
    sheet = SentSheet(
        handout.id, handout.language, language, str(handout.version), texts, directions
    )
    return sheet, len(states)


def _states(reading: ReadTranslation) -> dict[str, TextState]:
    """Return the state of each text that a reader gets: the worst of its states for all readers."""
    states: dict[str, TextState] = {}
    order = list(TextState)
    for reader in reading.readers:
        for text, state in reader.texts:
            states[text.key] = min(states.get(text.key, state), state, key=order.index)
    return states


def _sent_text(
    text: HandoutText, state: TextState, reading: ReadTranslation, context: _Context
) -> SentText:
    about = context.about
    english, words = reading.texts.english(text.key) or "", reading.texts.words(text.key) or ""
    entry = reading.texts.translation.texts.get(reading.texts.entries.get(text.key, ""), {})
    before = (one_line(english), in_one_line(words)) if state is TextState.STALE else None
    if before:
        about = (*about, f"The original was: {before[0]}", f"Its translation was: {before[1]}")
    return SentText(
        text.key,
        str(state),
        one_line(text.text),
        "" if before else in_one_line(words),
        in_one_line(words),
        one_line(entry.get(NOTE, "")),
        about,
        before,
        context.length,
    )


class _Context(NamedTuple):
    """Lines of context for a translator, and the length of a text's lines on a card: mm, or 0."""

    about: tuple[str, ...]
    length: int


def _contexts(
    reading: ReadTranslation,
    raw: bytes,
    path: Path,
    settings: Settings,
    workspace: Workspace,
    shared: WorkspaceContent,
    guard: Guard,
) -> dict[str, _Context]:
    """Return the context of each text: where it stands, for whom, and what stays as it is.

    A text on several cards gets the length of the one with the least room.
    """
    source = reading.current._replace(handout=reading.texts.source)
    keys = {text.path: text.key for text in reading.texts.texts}
    readers: defaultdict[str, list[str]] = defaultdict(list)
    for reader in reading.readers:
        for text, _ in reader.texts:
            readers[text.key].append(reader.audience)
    places: defaultdict[str, dict[str, None]] = defaultdict(dict)
    card_lines: defaultdict[str, dict[str, list[str]]] = defaultdict(dict)
    lengths: dict[str, int] = {}
    rooms = card_rooms(reading, raw, path, settings, workspace, shared)
    for audience in (reader.audience for reader in reading.readers):
        edition = reader_text_of(source, audience, shared)
        for piece in pieces(source.handout, edition.reader):
            key = keys.get(piece.path)
            if key is None:
                continue
            if piece.block.startswith("card ") or piece.heading == "Card":
                words = reading.texts.words(key) or piece.text
                line, length = _on_card(rooms.get(audience), piece.text, words)
                card_lines[key].setdefault(line, []).append(audience)
                if length:
                    lengths[key] = min(length, lengths.get(key, length))
            if not piece.block.startswith("card "):
                places[key].setdefault(_place(piece))
    glossary = guard.glossary(reading.texts.translation.language)
    return {
        text.key: _Context(
            (
                *(places[text.key] or [_OTHER_PLACES.get(str(text.path[0]), "")]),
                f"For: {', '.join(readers[text.key])}",
                *(
                    f"{line} (for {', '.join(names)})"
                    for line, names in card_lines[text.key].items()
                ),
                *_unchanged_parts(text.text, guard, glossary),
            ),
            lengths.get(text.key, 0),
        )
        for text in reading.texts.texts
    }


def _place(piece: Piece) -> str:
    """Return what kind of text it is, and where it stands."""
    tier = piece.passage.tier if piece.passage else ""
    if piece.what.startswith("red flag"):
        return f"Red flag, tier '{tier}': {_TIERS.get(tier, '')}"
    block = f", in a block '{piece.form}'" if piece.form and piece.heading != "Red flags" else ""
    what = piece.what[:1].upper() + piece.what[1:]
    positions = {"Top of page 1": "at the top of page 1", "Card": "on the card"}
    position = positions.get(piece.heading, f"below '{piece.heading}'")
    return f"{what}{'' if piece.heading in positions else block}, {position}"


def _on_card(
    rooms: tuple[tuple[SideRoom, ...], bool] | None, english: str, words: str
) -> tuple[str, int]:
    """Return how much room the card has left where a text stands, and the length of its lines."""
    letters = f"the original has {len(english)} letters"
    if rooms is None:
        return f"On the card; its room could not be measured; {letters}", 0
    sides, is_translated = rooms
    text = bare(words) if is_translated else english
    room = room_of(sides, text)
    if room is None:
        return f"On the card; {letters}", 0
    version = "translation" if is_translated else "original"
    left = f"{room.left:.1f} mm left" if room.left >= 0 else f"{-room.left:.1f} mm too much"
    line = (
        f"On the card, {room.side}: {left} on that side with the words of the {version}, in type "
        f"of {CARD_TEXT_FLOOR:g} pt; a line takes {LINE:.1f} mm; {letters}"
    )
    return line, length_for(room, text)


def card_rooms(
    reading: ReadTranslation,
    raw: bytes,
    path: Path,
    settings: Settings,
    workspace: Workspace,
    shared: WorkspaceContent,
) -> dict[str, tuple[tuple[SideRoom, ...], bool]]:
    """Return the room on the card of each reader, and whether the translation was measured.

    The original is measured where the translation is not whole.
    """
    if reading.current.handout.card is None:
        return {}
    source_path = translated_file(path, workspace)
    if source_path is None:
        return {}
    loaded: dict[str, LoadedHandout] = {
        source_path.stem: validate_handout(read_bytes(source_path), source_path, workspace, shared)
    }
    stem = f"{path.stem}.{path.parent.name}"
    # This fails where the translation is whole for no reader.
    with suppress(TeachbackError):
        loaded[stem] = validate_handout(raw, path, workspace, shared)
    context = print_context(workspace, LoadedHandouts(shared, loaded, {}), settings)
    rooms = {}
    with open_pool(context, 1) as pool:
        for reader in reading.readers:
            is_whole = stem in loaded and reader.audience in loaded[stem].handout.audiences
            order = JobOrder(
                stem if is_whole else source_path.stem, (reader.audience,), "card", ("pdf",)
            )
            task = Task(
                side_rooms, order, "measuring the card", "Look at it with `teachback card`."
            )
            try:
                rooms[reader.audience] = (pool.one(task), is_whole)
            except TeachbackError:
                # A card with problems of its own is not measured, and the file says so.
                continue
    return rooms


def _unchanged_parts(text: str, guard: Guard, glossary: Glossary) -> Iterator[str]:
    """Yield what a translation must not change, and the names of medicines in its language."""
    placeholders = dict.fromkeys(re.findall(r"\{[^{}]*\}|\]\([^)]*\)", text))
    if placeholders:
        yield f"Stays as it is: {', '.join(placeholders)}"
    strong = text.count("**") // 2
    if strong:
        parts = f"{strong} part{'s' if strong != 1 else ''} between two stars"
        yield f"Has {parts}, as in **so**; the translation has as many"
    lower = text.lower()
    names = {
        mention.name: lower[mention.start : mention.end]
        for mention in guard.text.lexicon.mentions(lower)
        if mention.classes & glossary.medicines
    }
    if names:
        translated_names = glossary.words.names
        medicines = (
            f"{written} ({' or '.join(translated_names[name])})"
            if name in translated_names
            else written
            for name, written in names.items()
        )
        yield f"Medicines and minerals: {', '.join(medicines)}"
