"""Read a translator's file back into the translation of a handout: all of it, or nothing."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, NamedTuple

from teachback.checking.blocking_rules import load_guard, merged, settled, translation_result
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
_CARDED: Final = frozenset({"red_flags", "card"})
_ANEW: Final = "Take a new file: `teachback translate export`."


class ImportedTexts(NamedTuple):
    """The translation that was written, the keys of its new texts, and what is to be told.

    Nothing was written if no text is new. `unchecked` are the readers whose check no longer holds.
    """

    path: Path
    keys: tuple[str, ...]
    unchecked: tuple[str, ...]
    problems: tuple[Problem, ...]


class _There(NamedTuple):
    """A text as it is here: its English, that of its translation, the translation, the note."""

    now: str
    made_from: str
    words: str
    note: str


class _Mark(NamedTuple):
    """The parts of the mark of a text, as it was when the file was written."""

    english: str
    told: str
    words: str
    note: str


@dataclass
class _Taken:
    """Hold what is taken from a file: the new values of each entry, and the row of each key.

    `order` are the keys of the handout's texts, in reading order.
    """

    order: tuple[str, ...]
    values: dict[str, dict[str, str]] = field(default_factory=dict)
    rows: dict[str, ReturnedText] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def tell(
        self, row: ReturnedText, message: str, hint: str, severity: Severity = Severity.ERROR
    ) -> None:
        """Add a problem with a row."""
        self.problems.append(Problem(f"{row.row}{message}", hint, row.place, severity))


def import_translation(
    path: Path, settings: Settings, workspace: Workspace, *, strict: bool = False
) -> ImportedTexts:
    """Take the texts of a file that `translate export` wrote into the translation of its handout.

    Raises UsageError for a file of another kind, and TeachbackError with all problems of the file;
    nothing is then written. With `strict`, warnings are problems, too.
    """
    read_file = READERS.get(path.suffix.lower())
    if read_file is None:
        message = f"'{path.name}' has no ending that tells its format"
        raise UsageError.of(message, f"End its name in {' or '.join(READERS)}.")
    sheet = read_file(read_named(path), shown(path))
    _refuse_unknown(sheet, path, workspace)
    opened = open_translation(sheet.handout, sheet.language, workspace)
    shared = load_shared(workspace)
    read = read_translation(opened.raw, opened.path, workspace, shared)
    if read.now.handout.language != sheet.source:
        message = (
            f"the file says that it was made from '{sheet.source}', and the handout "
            f"'{sheet.handout}' is written in '{read.now.handout.language}'"
        )
        raise TeachbackError.of(message, _ANEW, Location(shown(path)))
    taken = _taken(sheet, read)
    new = _with_texts(opened.raw, read, taken)
    problems = [*sheet.noticed, *taken.problems]
    after = read
    if taken.values:
        after = _read_again(new, opened.path, workspace, shared)
        problems += _unreadable(after, taken)
        problems += _found(new, opened.path, after, taken, workspace, shared)
        if not any(problem.severity is Severity.ERROR for problem in problems):
            new, after = _with_version(new, opened.path, after, workspace, shared)
            if any(text.path[0] in _CARDED for text in after.texts.texts if text.key in taken.rows):
                rooms = card_rooms(after, new, opened.path, settings, workspace, shared)
                problems += _too_long(after, taken, rooms)
        problems += _own_file(opened.path, workspace)
    problems = [*in_file_order(problems)]
    if strict:
        problems = [*as_errors(problems)]
    if any(problem.severity is Severity.ERROR for problem in problems):
        raise TeachbackError(*problems)
    if taken.values:
        write_whole(opened.path.resolve(), new)
    return ImportedTexts(
        opened.path,
        tuple(taken.values),
        tuple(name for name in read.checked if name not in after.checked),
        tuple(problems),
    )


def _refuse_unknown(sheet: ReturnedSheet, path: Path, workspace: Workspace) -> None:
    """Raise TeachbackError if a file is of no handout of this workspace."""
    ids = {stem.split(".")[0] for stem in handout_files(workspace)}
    if sheet.handout not in ids:
        message = f"the file is about a handout '{sheet.handout}', and there is none here"
        raise TeachbackError.of(message, nearest(sheet.handout, ids), Location(shown(path)))


def _own_file(path: Path, workspace: Workspace) -> Iterator[Problem]:
    """Yield a problem for a translation that comes with the program."""
    if not path.is_relative_to(workspace.root):
        message = "this translation comes with the program, and is not changed"
        name = path.relative_to(workspace.builtin).as_posix()
        yield Problem(message, f"Make it yours first: teachback copy {name}", Location(shown(path)))


def _taken(sheet: ReturnedSheet, read: ReadTranslation) -> _Taken:
    """Return what is taken from a file, with what is wrong with its rows."""
    handout = with_short_words(
        read.now.handout, [*read.texts.translation.texts, *(row.key for row in sheet.texts)]
    )
    texts = {text.key: text for text in handout_texts(handout)}
    taken = _Taken(tuple(texts))
    rows = Counter(row.key for row in sheet.texts)
    told: set[str] = set()
    for row in sheet.texts:
        if rows[row.key] > 1:
            if row.key not in told:
                places = [str(one.place.line) for one in sheet.texts if one.key == row.key]
                where = "rows" if row.row else "lines"
                message = (
                    f"the text `{row.key}` is here more than once, in {where} {', '.join(places)}"
                )
                taken.problems.append(Problem(message, "Keep one of them.", row.place))
                told.add(row.key)
        elif row.key not in texts:
            taken.tell(row, f"the handout has no text `{row.key}`", _moved(row, texts))
        else:
            _take(row, texts[row.key], read, taken)
    return taken


def _moved(row: ReturnedText, texts: Mapping[str, HandoutText]) -> str:
    """Return the hint for an unknown key; a text is never taken under another key than its own."""
    same = [key for key, text in texts.items() if one_line(text.text) == one_line(row.english)]
    if len(same) == 1:
        return f"Its original is now `{same[0]}`: if it is that text, write that key."
    return f"Was it taken out since the file was written? {nearest(row.key, texts)}"


def _take(row: ReturnedText, text: HandoutText, read: ReadTranslation, taken: _Taken) -> None:
    """Take a row, or tell why it is not taken."""
    texts = read.texts
    key = texts.entries.get(text.key, text.key)
    entry = texts.translation.texts.get(key, {})
    there = _There(
        one_line(text.text),
        one_line(texts.english(text.key) or ""),
        in_one_line(texts.words(text.key) or ""),
        in_one_line(entry.get(NOTE, "")),
    )
    mark = _mark_of(row, there, taken)
    if mark is None:
        return
    values: dict[str, str] = {}
    words = _new_words(row, there, mark, taken)
    is_older = row.english != there.now
    if words is None:
        return
    if words:
        source, language = texts.source.language, texts.translation.language
        if words != there.words:
            values[language] = words
            if is_older:
                message = (
                    f"the original of `{row.key}` has changed since the file was written, "
                    "so its translation is stale"
                )
                hint = f"It was '{row.english}', and is now '{there.now}'."
                taken.tell(row, message, hint, Severity.WARNING)
        if row.english != there.made_from and (values or not is_older):
            values[source] = row.english
    values |= _new_note(row, there, mark, taken)
    if not values:
        return
    if texts.source.language not in {**entry, **values}:
        values[texts.source.language] = there.now
    # The original stands first, and the note last.
    order = {texts.source.language: 0, NOTE: 2}
    taken.values[key] = dict(sorted(values.items(), key=lambda one: order.get(one[0], 1)))
    taken.rows[text.key] = row


def _mark_of(row: ReturnedText, there: _There, taken: _Taken) -> _Mark | None:
    """Return the mark of a row, or None for a row in which more was changed than may be."""
    parts = row.mark.split("-")
    if len(parts) == len(_Mark._fields):
        mark = _Mark(*parts)
    elif row.mark or row.told or there.words or there.note or row.english != there.now:
        message = f"the row of `{row.key}` has lost its mark, so what was changed is not known"
        taken.tell(row, message, _ANEW)
        return None
    else:
        # Somebody has added the row.
        mark = _Mark(*map(short_hash, (there.now, "", "", "")))
    if short_hash(row.english) != mark.english:
        hint = (
            f"Write it as it was: {there.now}" if short_hash(there.now) == mark.english else _ANEW
        )
        taken.tell(row, f"the original of `{row.key}` was changed in this file", hint)
        return None
    if short_hash(row.told) != mark.told:
        message = f"what the file says about `{row.key}` was changed; that is not read"
        taken.tell(row, message, "Write remarks into the note of the text.")
        return None
    found = next(iter(faults(row.words)), None) or next(iter(faults(row.note)), None)
    if found:
        taken.tell(row, f"`{row.key}`: {found[1]}", found[2])
        return None
    return mark


def _new_words(row: ReturnedText, there: _There, mark: _Mark, taken: _Taken) -> str | None:
    """Return the translation that a row holds, "" for none to take, or None for a row refused."""
    is_open = not there.words or there.made_from != there.now
    if not row.words:
        if is_open:
            message = f"the text `{row.key}` is not translated in this file"
            taken.tell(row, message, "It stays as it is.", Severity.WARNING)
        elif short_hash(there.words) == mark.words:
            message = f"the translation of `{row.key}` was taken out in this file"
            taken.tell(row, message, "Write it, or delete the row if it is to stay as it was.")
            return None
        return ""
    if row.unfinished:
        message = (
            f"the translation of `{row.key}` is marked as unfinished ('{row.unfinished}'), "
            "and is not taken"
        )
        taken.tell(row, message, "Finish it in the tool, then import it again.", Severity.WARNING)
        return ""
    if row.words == there.words:
        return row.words
    if short_hash(row.words) == mark.words:
        # Not changed in the file, but here: what is here is newer.
        return ""
    if there.words and short_hash(there.words) != mark.words:
        message = f"the translation of `{row.key}` was changed here since the file was written"
        hint = f"Write one of them into the file. Here it is now: {there.words}"
        taken.tell(row, message, hint)
        return None
    if there.words and row.english != there.now == there.made_from:
        message = (
            f"`{row.key}` was translated from an older original than the translation that is here"
        )
        taken.tell(row, message, f"Its original is now: {there.now}")
        return None
    return row.words


def _new_note(row: ReturnedText, there: _There, mark: _Mark, taken: _Taken) -> dict[str, str]:
    """Return the note of a row, if it is new."""
    if row.note == there.note or short_hash(row.note) == mark.note:
        return {}
    if there.note and short_hash(there.note) != mark.note:
        message = f"the note on `{row.key}` was changed here since the file was written"
        taken.tell(row, message, f"Write one of them into the file. Here it is now: {there.note}")
        return {}
    if not row.note:
        message = f"the note on `{row.key}` was taken out in this file; here it stays"
        taken.tell(row, message, "Delete it in the translation, too.", Severity.WARNING)
        return {}
    return {NOTE: row.note}


def _with_texts(raw: bytes, read: ReadTranslation, taken: _Taken) -> bytes:
    """Return the bytes of a translation with what was taken."""
    if not taken.values:
        return raw
    order = [read.texts.entries.get(key, key) for key in taken.order]
    order += [key for key in read.texts.translation.texts if key not in order]
    return with_entries(raw, read.file.name, "texts", taken.values, order)


def _read_again(
    new: bytes, path: Path, workspace: Workspace, shared: WorkspaceContent
) -> ReadTranslation:
    """Read a translation that is not written yet. Raises TeachbackError if it cannot be read."""
    try:
        return read_translation(new, path, workspace, shared)
    except TeachbackError as error:
        # The line is one of a file that nobody has.
        place = Location(shown(path))
        raise TeachbackError(
            *(
                problem._replace(
                    message=f"the texts cannot be written here: {problem.message}", location=place
                )
                for problem in error.problems
            )
        ) from None


def _unreadable(after: ReadTranslation, taken: _Taken) -> Iterator[Problem]:
    """Yield a problem for each value that would be read as something else than was written."""
    for key, row in taken.rows.items():
        entry = after.texts.translation.texts.get(after.texts.entries.get(key, ""), {})
        wanted = taken.values[after.texts.entries.get(key, key)]
        if any(one_line(entry.get(name, "")) != one_line(value) for name, value in wanted.items()):
            message = f"{row.row}`{key}` cannot be written into the translation"
            yield Problem(message, "Write it by hand.", row.place)


def _found(
    new: bytes,
    path: Path,
    after: ReadTranslation,
    taken: _Taken,
    workspace: Workspace,
    shared: WorkspaceContent,
) -> Iterator[Problem]:
    """Yield what is wrong with the new texts: marks, letters, and what differs from the English.

    Problems of other texts are not those of the file.
    """
    guard = load_guard(workspace)
    language = after.texts.translation.language
    paths = {text.path: text.key for text in after.texts.texts if text.key in taken.rows}
    keys = {after.file.locate(after.texts.place(key, language)): key for key in paths.values()}
    findings = translation_findings(after.texts, guard.text.lexicon, guard.glossary(language))
    still, _, _ = settled(
        merged(one for one in findings if one.rule not in guard.off and one.passage.path in paths),
        after.texts.translation.accept,
    )
    told = [
        (paths[one.passage.path], problem_of(one._replace(audiences=()), after.file.locate))
        for one in still
    ]
    refusals = {problem.message for _, _, problem in refusal_findings(after.texts, after.readers)}
    try:
        authored = validate_handout(new, path, workspace, shared)
    except TeachbackError as error:
        others = [one for one in error.problems if one.message not in refusals]
    else:
        others = list(translation_result(authored, shared, guard).problems)
    known = {(key, problem.message) for key, problem in told}
    for problem in others:
        key = keys.get(problem.location) if problem.location else None
        if key is not None and (key, problem.message) not in known:
            told.append((key, problem))
    for key, problem in told:
        row = taken.rows[key]
        message = f"{row.row}`{key}`: {problem.message}"
        yield problem._replace(message=message, location=row.place, also=())


def _too_long(
    after: ReadTranslation, taken: _Taken, rooms: Mapping[str, tuple[tuple[SideRoom, ...], bool]]
) -> Iterator[Problem]:
    """Yield a warning for each card on which the new texts have no room."""
    new = [text for text in after.texts.texts if text.key in taken.rows and text.path[0] in _CARDED]
    for audience, (sides, is_translated) in rooms.items():
        for room in sides if is_translated else ():
            if room.left < 0:
                keys = ", ".join(f"`{text.key}`" for text in new)
                message = f"the card for {audience} lacks {-room.left:.1f} mm on its {room.side}"
                hint = f"Write shorter words, such as a `short` for a red flag. New are {keys}."
                place = taken.rows[new[0].key].place
                yield Problem(message, hint, place, Severity.WARNING)


def _with_version(
    new: bytes, path: Path, after: ReadTranslation, workspace: Workspace, shared: WorkspaceContent
) -> tuple[bytes, ReadTranslation]:
    """Return a translation that names the version of the handout, if it has no stale text."""
    version = after.now.handout.version
    is_stale = any(reader.count(TextState.STALE) for reader in after.readers)
    if is_stale or after.texts.translation.version == version:
        return new, after
    text = new.decode("utf-8")
    place = after.file.locate(("version",))
    lines = text.split("\n")
    line = lines[place.line - 1]
    old = str(after.texts.translation.version)
    lines[place.line - 1] = line.replace(old, str(version), 1)
    changed = "\n".join(lines).encode()
    return changed, read_translation(changed, path, workspace, shared)
