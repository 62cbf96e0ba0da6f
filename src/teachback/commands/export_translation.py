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
_OTHER: Final = {
    "purpose": "The purpose of the handout, in one line; for staff",
    "fields": "The name or a choice of what a patient's record fills in",
}


class ExportedTexts(NamedTuple):
    """The file that was written, and how many texts it has of how many."""

    path: Path
    texts: int
    of: int


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

    Raises UsageError for an unknown handout or language, and TeachbackError if there is such a file
    already, unless `force` replaces it, or for a handout or a translation with problems.
    """
    if target.exists() and not force:
        hint = "It may hold a translator's work. Import it, or replace it with --force."
        raise UsageError.of(f"there is a file {shown(target)} already", hint)
    sheet, of = sent_sheet(name, language, only, settings, workspace)
    if not sheet.texts:
        message = f"no text of '{name}' is {only} in '{language}'"
        raise TeachbackError.of(message, f"See `teachback translate status {name}`.")
    write_whole(target, WRITERS[form](sheet))
    return ExportedTexts(target, len(sheet.texts), of)


def sent_sheet(
    name: str, language: str, only: str | None, settings: Settings, workspace: Workspace
) -> tuple[SentSheet, int]:
    """Return the texts of a handout for a translator, all or some of them, and their number."""
    opened = open_translation(name, language, workspace)
    shared = load_shared(workspace)
    read = read_translation(opened.raw, opened.path, workspace, shared)
    if read.texts.faults:
        faults = (
            problem._replace(location=read.file.locate(at)) for at, problem in read.texts.faults
        )
        raise TeachbackError(*faults)
    states = _states(read)
    guard = load_guard(workspace)
    context = _contexts(read, opened.raw, opened.path, settings, workspace, shared, guard)
    texts = tuple(
        _sent(text, states[text.key], read, context[text.key])
        for text in read.texts.texts
        if text.key in states and (only is None or states[text.key] in CHOICES[only])
    )
    now = read.now.handout
    directions = direction_of(now.language), direction_of(language)
    sheet = SentSheet(now.id, now.language, language, str(now.version), texts, directions)
    return sheet, len(states)


def _states(read: ReadTranslation) -> dict[str, TextState]:
    """Return the state of each text that a reader gets: the worst that it has for one."""
    found: dict[str, TextState] = {}
    order = list(TextState)
    for reader in read.readers:
        for text, state in reader.texts:
            found[text.key] = min(found.get(text.key, state), state, key=order.index)
    return found


def _sent(
    text: HandoutText, state: TextState, read: ReadTranslation, context: _Context
) -> SentText:
    about = context.about
    english, words = read.texts.english(text.key) or "", read.texts.words(text.key) or ""
    entry = read.texts.translation.texts.get(read.texts.entries.get(text.key, ""), {})
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
    read: ReadTranslation,
    raw: bytes,
    path: Path,
    settings: Settings,
    workspace: Workspace,
    shared: WorkspaceContent,
    guard: Guard,
) -> dict[str, _Context]:
    """Return the context of each text: where it stands, for whom, and what stays as it is.

    Of a text on several cards, the least room counts.
    """
    source = read.now._replace(handout=read.texts.source)
    keys = {text.path: text.key for text in read.texts.texts}
    readers: defaultdict[str, list[str]] = defaultdict(list)
    for reader in read.readers:
        for text, _ in reader.texts:
            readers[text.key].append(reader.audience)
    found: defaultdict[str, dict[str, None]] = defaultdict(dict)
    cards: defaultdict[str, dict[str, list[str]]] = defaultdict(dict)
    lengths: dict[str, int] = {}
    rooms = card_rooms(read, raw, path, settings, workspace, shared)
    for audience in (reader.audience for reader in read.readers):
        edition = reader_text_of(source, audience, shared)
        for piece in pieces(source.handout, edition.reader):
            key = keys.get(piece.path)
            if key is None:
                continue
            if piece.block.startswith("card ") or piece.heading == "Card":
                words = read.texts.words(key) or piece.text
                line, length = _on_card(rooms.get(audience), piece.text, words)
                cards[key].setdefault(line, []).append(audience)
                if length:
                    lengths[key] = min(length, lengths.get(key, length))
            if not piece.block.startswith("card "):
                found[key].setdefault(_where(piece))
    glossary = guard.glossary(read.texts.translation.language)
    return {
        text.key: _Context(
            (
                *(found[text.key] or [_OTHER.get(str(text.path[0]), "")]),
                f"For: {', '.join(readers[text.key])}",
                *(f"{line} (for {', '.join(names)})" for line, names in cards[text.key].items()),
                *_kept(text.text, guard, glossary),
            ),
            lengths.get(text.key, 0),
        )
        for text in read.texts.texts
    }


def _where(piece: Piece) -> str:
    """Return what a text is, and where it stands."""
    tier = piece.passage.tier if piece.passage else ""
    if piece.what.startswith("red flag"):
        return f"Red flag, tier '{tier}': {_TIERS.get(tier, '')}"
    block = f", in a block '{piece.form}'" if piece.form and piece.heading != "Red flags" else ""
    what = piece.what[:1].upper() + piece.what[1:]
    places = {"Top of page 1": "at the top of page 1", "Card": "on the card"}
    place = places.get(piece.heading, f"below '{piece.heading}'")
    return f"{what}{'' if piece.heading in places else block}, {place}"


def _on_card(
    rooms: tuple[tuple[SideRoom, ...], bool] | None, english: str, words: str
) -> tuple[str, int]:
    """Return how much room the card has left where a text stands, and the length of its lines."""
    letters = f"the original has {len(english)} letters"
    if rooms is None:
        return f"On the card; its room could not be measured; {letters}", 0
    sides, is_translated = rooms
    said = bare(words) if is_translated else english
    room = room_of(sides, said)
    if room is None:
        return f"On the card; {letters}", 0
    whose = "translation" if is_translated else "original"
    left = f"{room.left:.1f} mm left" if room.left >= 0 else f"{-room.left:.1f} mm too much"
    line = (
        f"On the card, {room.side}: {left} on that side with the words of the {whose}, in type of "
        f"{CARD_TEXT_FLOOR:g} pt; a line takes {LINE:.1f} mm; {letters}"
    )
    return line, length_for(room, said)


def card_rooms(
    read: ReadTranslation,
    raw: bytes,
    path: Path,
    settings: Settings,
    workspace: Workspace,
    shared: WorkspaceContent,
) -> dict[str, tuple[tuple[SideRoom, ...], bool]]:
    """Return the room on the card of each reader, and whether it is that of the translation.

    It is that of the original where the translation is not whole.
    """
    if read.now.handout.card is None:
        return {}
    source_path = translated_file(path, workspace)
    if source_path is None:
        return {}
    loaded: dict[str, LoadedHandout] = {
        source_path.stem: validate_handout(read_bytes(source_path), source_path, workspace, shared)
    }
    stem = f"{path.stem}.{path.parent.name}"
    # Where it is whole for no reader, the room is that of the original.
    with suppress(TeachbackError):
        loaded[stem] = validate_handout(raw, path, workspace, shared)
    context = print_context(workspace, LoadedHandouts(shared, loaded, {}), settings)
    found = {}
    with open_pool(context, 1) as pool:
        for reader in read.readers:
            is_whole = stem in loaded and reader.audience in loaded[stem].handout.audiences
            order = JobOrder(
                stem if is_whole else source_path.stem, (reader.audience,), "card", ("pdf",)
            )
            task = Task(
                side_rooms, order, "measuring the card", "Look at it with `teachback card`."
            )
            try:
                found[reader.audience] = (pool.one(task), is_whole)
            except TeachbackError:
                # The card has problems of its own; the file says that it was not measured.
                continue
    return found


def _kept(text: str, guard: Guard, glossary: Glossary) -> Iterator[str]:
    """Yield what a translation keeps as it is, and how it calls the medicines."""
    places = dict.fromkeys(re.findall(r"\{[^{}]*\}|\]\([^)]*\)", text))
    if places:
        yield f"Stays as it is: {', '.join(places)}"
    strong = text.count("**") // 2
    if strong:
        parts = "1 part between two stars" if strong == 1 else f"{strong} parts between two stars"
        yield f"Has {parts}, as in **so**; the translation has as many"
    lower = text.lower()
    names = {
        mention.name: lower[mention.start : mention.end]
        for mention in guard.text.lexicon.mentions(lower)
        if mention.classes & glossary.medicines
    }
    if names:
        known = glossary.words.names
        told = (
            f"{written} ({' or '.join(known[name])})" if name in known else written
            for name, written in names.items()
        )
        yield f"Medicines and minerals: {', '.join(told)}"
