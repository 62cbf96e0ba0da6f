"""Read a translator's file back into the translation of a handout: all of it, or nothing."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, NamedTuple

from teachback.checking.blocking_rules import load_guard, merged, split_accepted, translation_result
from teachback.checking.rule import problem_of
from teachback.checking.translation_rules import translation_findings
from teachback.commands.export_translation import card_rooms
from teachback.commands.write_translation import open_translation
from teachback.content.exchange.docx import read_docx
from teachback.content.exchange.po import read_po
from teachback.content.exchange.sheet import in_one_line, short_hash
from teachback.content.exchange.xliff import read_xliff
from teachback.content.exchange.xlsx import read_xlsx
from teachback.content.loader import validate_handout
from teachback.content.translation import NOTE, TextState, handout_texts, one_line, with_short_words
from teachback.content.translation_loader import read_translation
from teachback.content.translation_matching import refusal_findings
from teachback.content.workspace_content import load_shared
from teachback.errors import (
    Location,
    Problem,
    Severity,
    TeachbackError,
    UsageError,
    as_errors,
    in_file_order,
    nearest,
)
from teachback.files.unprintable_characters import faults
from teachback.files.workspace import handout_files, read_named, shown, write_whole
from teachback.files.yaml_editor import with_entries

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from teachback.content.exchange.sheet import ReturnedSheet, ReturnedText
    from teachback.content.translation import HandoutText
    from teachback.content.translation_loader import ReadTranslation
    from teachback.content.workspace_content import WorkspaceContent
    from teachback.files.workspace import Workspace
    from teachback.printing.card_room import SideRoom
    from teachback.printing.settings import Settings

READERS: Final[Mapping[str, Callable[[bytes, str], ReturnedSheet]]] = {
    ".docx": read_docx,
    ".xlsx": read_xlsx,
    ".xlf": read_xliff,
    ".xliff": read_xliff,
    ".po": read_po,
}
# The parts of a handout whose texts may be on the card.
_CARD_PARTS: Final = frozenset({"red_flags", "card"})
_EXPORT_AGAIN: Final = "Take a new file: `teachback translate export`."


class ImportedTexts(NamedTuple):
    """The translation that was written, the keys of its new texts, and the warnings.

    Nothing was written if no text is new. `unchecked` are the readers for whom the translation must
    be checked again.
    """

    path: Path
    keys: tuple[str, ...]
    unchecked: tuple[str, ...]
    problems: tuple[Problem, ...]


class _CurrentText(NamedTuple):
    """A text as it is in the workspace.

    `english` is its original, and `translated_from` the original of the translation in `words`.
    """

    english: str
    translated_from: str
    words: str
    note: str


class _Mark(NamedTuple):
    """The mark of a text: hashes of its parts as they were when the file was written."""

    english: str
    context: str
    words: str
    note: str


@dataclass
class _Changes:
    """The changes of a file: the new values of each entry, the row of each key, and the problems.

    `keys` are the keys of the handout's texts, in reading order.
    """

    keys: tuple[str, ...]
    values: dict[str, dict[str, str]] = field(default_factory=dict)
    rows: dict[str, ReturnedText] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def report(
        self, row: ReturnedText, message: str, hint: str, severity: Severity = Severity.ERROR
    ) -> None:
        """Add a problem with a row."""
        self.problems.append(Problem(f"{row.row}{message}", hint, row.place, severity))


def import_translation(
    path: Path, settings: Settings, workspace: Workspace, *, strict: bool = False
) -> ImportedTexts:
    """Import the texts of a file that `translate export` wrote into the translation of its handout.

    Raises UsageError for a file of another kind, and TeachbackError with all problems of the file;
    nothing is then written. `strict` makes warnings errors.
    """
    read_file = READERS.get(path.suffix.lower())
    if read_file is None:
        message = f"'{path.name}' has no ending that tells its format"
        raise UsageError.of(message, f"End its name in {' or '.join(READERS)}.")
    sheet = read_file(read_named(path), shown(path))
    _refuse_unknown(sheet, path, workspace)
    opened = open_translation(sheet.handout, sheet.language, workspace)
    shared = load_shared(workspace)
    reading = read_translation(opened.raw, opened.path, workspace, shared)
    if reading.current.handout.language != sheet.source:
        message = (
            f"the file says that it was made from '{sheet.source}', and the handout "
            f"'{sheet.handout}' is written in '{reading.current.handout.language}'"
        )
        raise TeachbackError.of(message, _EXPORT_AGAIN, Location(shown(path)))
    changes = _take_rows(sheet, reading)
    edited = _with_texts(opened.raw, reading, changes)
    problems = [*sheet.warnings, *changes.problems]
    updated = reading
    if changes.values:
        updated = _reread(edited, opened.path, workspace, shared)
        problems += _misread_problems(updated, changes)
        problems += _text_problems(edited, opened.path, updated, changes, workspace, shared)
        if not any(problem.severity is Severity.ERROR for problem in problems):
            edited, updated = _with_version(edited, opened.path, updated, workspace, shared)
            if card_keys := _card_keys(updated, changes):
                rooms = card_rooms(updated, edited, opened.path, settings, workspace, shared)
                problems += _card_problems(card_keys, changes, rooms)
        problems += _shipped_problems(opened.path, workspace)
    problems = [*in_file_order(problems)]
    if strict:
        problems = [*as_errors(problems)]
    if any(problem.severity is Severity.ERROR for problem in problems):
        raise TeachbackError(*problems)
    if changes.values:
        write_whole(opened.path.resolve(), edited)
    return ImportedTexts(
        opened.path,
        tuple(changes.values),
        tuple(name for name in reading.checked if name not in updated.checked),
        tuple(problems),
    )


def _refuse_unknown(sheet: ReturnedSheet, path: Path, workspace: Workspace) -> None:
    """Raise TeachbackError if a file is about no handout of this workspace."""
    ids = {stem.split(".")[0] for stem in handout_files(workspace)}
    if sheet.handout not in ids:
        message = f"the file is about a handout '{sheet.handout}', and there is none here"
        raise TeachbackError.of(message, nearest(sheet.handout, ids), Location(shown(path)))


def _shipped_problems(path: Path, workspace: Workspace) -> Iterator[Problem]:
    """Yield a problem for a translation that comes with the program."""
    if not path.is_relative_to(workspace.root):
        message = "this translation comes with the program, and is not changed"
        name = path.relative_to(workspace.builtin).as_posix()
        yield Problem(message, f"Make it yours first: teachback copy {name}", Location(shown(path)))


def _take_rows(sheet: ReturnedSheet, reading: ReadTranslation) -> _Changes:
    """Return what a file changes, with the problems of its rows."""
    handout = with_short_words(
        reading.current.handout,
        [*reading.texts.translation.texts, *(row.key for row in sheet.texts)],
    )
    texts = {text.key: text for text in handout_texts(handout)}
    changes = _Changes(tuple(texts))
    rows = Counter(row.key for row in sheet.texts)
    reported: set[str] = set()
    for row in sheet.texts:
        if rows[row.key] > 1:
            if row.key not in reported:
                places = [str(other.place.line) for other in sheet.texts if other.key == row.key]
                unit = "rows" if row.row else "lines"
                message = (
                    f"the text `{row.key}` is here more than once, in {unit} {', '.join(places)}"
                )
                changes.problems.append(Problem(message, "Keep one of them.", row.place))
                reported.add(row.key)
        elif row.key not in texts:
            changes.report(row, f"the handout has no text `{row.key}`", _moved(row, texts))
        else:
            _take_row(row, texts[row.key], reading, changes)
    return changes


def _moved(row: ReturnedText, texts: Mapping[str, HandoutText]) -> str:
    """Return the hint for an unknown key. A row is never imported under another key."""
    same = [key for key, text in texts.items() if one_line(text.text) == one_line(row.english)]
    if len(same) == 1:
        return f"Its original is now `{same[0]}`: if it is that text, write that key."
    return f"Was it taken out since the file was written? {nearest(row.key, texts)}"


def _take_row(
    row: ReturnedText, text: HandoutText, reading: ReadTranslation, changes: _Changes
) -> None:
    """Add what a row changes, or the problem why it changes nothing."""
    texts = reading.texts
    key = texts.entries.get(text.key, text.key)
    entry = texts.translation.texts.get(key, {})
    current = _CurrentText(
        one_line(text.text),
        one_line(texts.english(text.key) or ""),
        in_one_line(texts.words(text.key) or ""),
        in_one_line(entry.get(NOTE, "")),
    )
    mark = _mark_of(row, current, changes)
    if mark is None:
        return
    values: dict[str, str] = {}
    words = _new_words(row, current, mark, changes)
    is_older = row.english != current.english
    if words is None:
        return
    if words:
        source, language = texts.source.language, texts.translation.language
        if words != current.words:
            values[language] = words
            if is_older:
                message = (
                    f"the original of `{row.key}` has changed since the file was written, "
                    "so its translation is stale"
                )
                hint = f"It was '{row.english}', and is now '{current.english}'."
                changes.report(row, message, hint, Severity.WARNING)
        if row.english != current.translated_from and (values or not is_older):
            values[source] = row.english
    values |= _new_note(row, current, mark, changes)
    if not values:
        return
    if texts.source.language not in {**entry, **values}:
        values[texts.source.language] = current.english
    # The original stands first, and the note last.
    order = {texts.source.language: 0, NOTE: 2}
    changes.values[key] = dict(sorted(values.items(), key=lambda item: order.get(item[0], 1)))
    changes.rows[text.key] = row


def _mark_of(row: ReturnedText, current: _CurrentText, changes: _Changes) -> _Mark | None:
    """Return the mark of a row, or None for a row in which something else was changed."""
    parts = row.mark.split("-")
    if len(parts) == len(_Mark._fields):
        mark = _Mark(*parts)
    elif row.mark or row.told or current.words or current.note or row.english != current.english:
        message = f"the row of `{row.key}` has lost its mark, so what was changed is not known"
        changes.report(row, message, _EXPORT_AGAIN)
        return None
    else:
        # Somebody has added the row by hand.
        mark = _Mark(*map(short_hash, (current.english, "", "", "")))
    if short_hash(row.english) != mark.english:
        hint = (
            f"Write it as it was: {current.english}"
            if short_hash(current.english) == mark.english
            else _EXPORT_AGAIN
        )
        changes.report(row, f"the original of `{row.key}` was changed in this file", hint)
        return None
    if short_hash(row.told) != mark.context:
        message = f"what the file says about `{row.key}` was changed; that is not read"
        changes.report(row, message, "Write remarks into the note of the text.")
        return None
    fault = next(iter(faults(row.words)), None) or next(iter(faults(row.note)), None)
    if fault:
        changes.report(row, f"`{row.key}`: {fault[1]}", fault[2])
        return None
    return mark


def _new_words(
    row: ReturnedText, current: _CurrentText, mark: _Mark, changes: _Changes
) -> str | None:
    """Return the translation to import from a row: "" for none, or None if the row is refused."""
    is_open = not current.words or current.translated_from != current.english
    if not row.words:
        if is_open:
            message = f"the text `{row.key}` is not translated in this file"
            changes.report(row, message, "It stays as it is.", Severity.WARNING)
        elif short_hash(current.words) == mark.words:
            message = f"the translation of `{row.key}` was taken out in this file"
            changes.report(row, message, "Write it, or delete the row if it is to stay as it was.")
            return None
        return ""
    if row.unfinished:
        message = (
            f"the translation of `{row.key}` is marked as unfinished ('{row.unfinished}'), "
            "and is not taken"
        )
        changes.report(
            row, message, "Finish it in the tool, then import it again.", Severity.WARNING
        )
        return ""
    if row.words == current.words:
        return row.words
    if short_hash(row.words) == mark.words:
        # It was changed in the workspace only, so that is newer.
        return ""
    if current.words and short_hash(current.words) != mark.words:
        message = f"the translation of `{row.key}` was changed here since the file was written"
        hint = f"Write one of them into the file. Here it is now: {current.words}"
        changes.report(row, message, hint)
        return None
    if current.words and row.english != current.english == current.translated_from:
        message = (
            f"`{row.key}` was translated from an older original than the translation that is here"
        )
        changes.report(row, message, f"Its original is now: {current.english}")
        return None
    return row.words


def _new_note(
    row: ReturnedText, current: _CurrentText, mark: _Mark, changes: _Changes
) -> dict[str, str]:
    """Return the note of a row, if it is new."""
    if row.note == current.note or short_hash(row.note) == mark.note:
        return {}
    if current.note and short_hash(current.note) != mark.note:
        message = f"the note on `{row.key}` was changed here since the file was written"
        changes.report(
            row, message, f"Write one of them into the file. Here it is now: {current.note}"
        )
        return {}
    if not row.note:
        message = f"the note on `{row.key}` was taken out in this file; here it stays"
        changes.report(row, message, "Delete it in the translation, too.", Severity.WARNING)
        return {}
    return {NOTE: row.note}


def _with_texts(raw: bytes, reading: ReadTranslation, changes: _Changes) -> bytes:
    """Return the bytes of a translation with the changes."""
    if not changes.values:
        return raw
    order = [reading.texts.entries.get(key, key) for key in changes.keys]
    order += [key for key in reading.texts.translation.texts if key not in order]
    return with_entries(raw, reading.file.name, "texts", changes.values, order)


def _reread(
    edited: bytes, path: Path, workspace: Workspace, shared: WorkspaceContent
) -> ReadTranslation:
    """Read a translation that is not written yet. Raises TeachbackError if it cannot be read."""
    try:
        return read_translation(edited, path, workspace, shared)
    except TeachbackError as error:
        # The line of the problem is in a file that nobody has yet.
        place = Location(shown(path))
        raise TeachbackError(
            *(
                problem._replace(
                    message=f"the texts cannot be written here: {problem.message}", location=place
                )
                for problem in error.problems
            )
        ) from None


def _misread_problems(updated: ReadTranslation, changes: _Changes) -> Iterator[Problem]:
    """Yield a problem for each text that cannot be read back as it was written."""
    for key, row in changes.rows.items():
        entry = updated.texts.translation.texts.get(updated.texts.entries.get(key, ""), {})
        values = changes.values[updated.texts.entries.get(key, key)]
        if any(one_line(entry.get(name, "")) != one_line(value) for name, value in values.items()):
            message = f"{row.row}`{key}` cannot be written into the translation"
            yield Problem(message, "Write it by hand.", row.place)


def _text_problems(
    edited: bytes,
    path: Path,
    updated: ReadTranslation,
    changes: _Changes,
    workspace: Workspace,
    shared: WorkspaceContent,
) -> Iterator[Problem]:
    """Yield the problems of the new texts: of markup, letters, and differences from the English.

    Problems of texts that the file does not change are left out.
    """
    guard = load_guard(workspace)
    texts, locate = updated.texts, updated.file.locate
    language = texts.translation.language
    keys = {text.path: text.key for text in texts.texts if text.key in changes.rows}
    keys_by_place = {locate(texts.place(key, language)): key for key in keys.values()}
    findings = translation_findings(texts, guard.text.lexicon, guard.glossary(language))
    of_new_texts = (f for f in findings if f.rule not in guard.off and f.passage.path in keys)
    remaining, _, _ = split_accepted(merged(of_new_texts), texts.translation.accept)
    keyed_problems = [
        (keys[finding.passage.path], problem_of(finding._replace(audiences=()), locate))
        for finding in remaining
    ]
    refusals = {problem.message for _, _, problem in refusal_findings(texts, updated.readers)}
    try:
        authored = validate_handout(edited, path, workspace, shared)
    except TeachbackError as error:
        others = [problem for problem in error.problems if problem.message not in refusals]
    else:
        others = list(translation_result(authored, shared, guard).problems)
    known = {(key, problem.message) for key, problem in keyed_problems}
    for problem in others:
        key = keys_by_place.get(problem.location) if problem.location else None
        if key is not None and (key, problem.message) not in known:
            keyed_problems.append((key, problem))
    for key, problem in keyed_problems:
        row = changes.rows[key]
        message = f"{row.row}`{key}`: {problem.message}"
        yield problem._replace(message=message, location=row.place, also=())


def _card_keys(updated: ReadTranslation, changes: _Changes) -> list[str]:
    """Return the keys of the new texts that may be on the card."""
    return [
        text.key
        for text in updated.texts.texts
        if text.key in changes.rows and text.path[0] in _CARD_PARTS
    ]


def _card_problems(
    keys: list[str], changes: _Changes, rooms: Mapping[str, tuple[tuple[SideRoom, ...], bool]]
) -> Iterator[Problem]:
    """Yield a warning for each side of a card on which the new texts have no room."""
    listed = ", ".join(f"`{key}`" for key in keys)
    for audience, (sides, is_translated) in rooms.items():
        for room in sides if is_translated else ():
            if room.left < 0:
                message = f"the card for {audience} lacks {-room.left:.1f} mm on its {room.side}"
                hint = f"Write shorter words, such as a `short` for a red flag. New are {listed}."
                place = changes.rows[keys[0]].place
                yield Problem(message, hint, place, Severity.WARNING)


def _with_version(
    edited: bytes,
    path: Path,
    updated: ReadTranslation,
    workspace: Workspace,
    shared: WorkspaceContent,
) -> tuple[bytes, ReadTranslation]:
    """Set the version of a translation to that of its handout, if no text is stale."""
    version = updated.current.handout.version
    is_stale = any(reader.count(TextState.STALE) for reader in updated.readers)
    if is_stale or updated.texts.translation.version == version:
        return edited, updated
    text = edited.decode("utf-8")
    place = updated.file.locate(("version",))
    lines = text.split("\n")
    line = lines[place.line - 1]
    # In brackets, another date may stand before the version.
    before, rest = line[: place.column - 1], line[place.column - 1 :]
    old_version = str(updated.texts.translation.version)
    lines[place.line - 1] = before + rest.replace(old_version, str(version), 1)
    versioned = "\n".join(lines).encode()
    return versioned, read_translation(versioned, path, workspace, shared)
