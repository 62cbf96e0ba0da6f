"""Write a translation: a new one to fill in, or one from a handout in another language."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from teachback.content.base_model import Model, steps
from teachback.content.loader import load_handout, load_shared
from teachback.content.translation import handout_texts
from teachback.errors import Location, Problem, Severity, TeachbackError, UsageError, nearest
from teachback.files.workspace import (
    TRANSLATIONS,
    handout_files,
    handout_named,
    is_translation,
    read_bytes,
    shown,
    write_whole,
)
from teachback.files.yaml_editor import in_block

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from teachback.content.handout import Handout
    from teachback.content.loader import LoadedHandout
    from teachback.files.workspace import Workspace

# What a translation has of its own, or takes from its handout without asking.
_APART: Final = frozenset({"language", "version", "review", "accept", "target_grade", "pages"})
_LANGUAGE: Final = re.compile(r"[a-z]{2,3}(-[A-Z][a-z]{3})?(-[A-Z]{2})?")
# For an editor: the folder of a language lies two folders below content/.
_SCHEMA: Final = "# yaml-language-server: $schema=../../translation.schema.json"


class AdoptedTranslation(NamedTuple):
    """The file that was written, how many texts it has, and where the two handouts differ."""

    path: Path
    texts: int
    differences: tuple[Problem, ...]


def adopt(name: str, workspace: Workspace, *, force: bool = False) -> AdoptedTranslation:
    """Write the texts of a handout such as ID.es beside those of ID, as a translation.

    The handout is left as it is, and takes the place of the translation until it is deleted. Raises
    UsageError for an unknown handout, and TeachbackError for one that is no other language's, or if
    there is a translation already, unless `force` replaces it.
    """
    path = handout_named(workspace, name)
    shared = load_shared(workspace)
    written = load_handout(path, workspace, shared)
    handout = written.handout
    english_path = handout_files(workspace).get(handout.id)
    if is_translation(path) or english_path is None or english_path == path:
        message = f"'{name}' is not a handout in another language than '{handout.id}'"
        raise UsageError(
            Problem(message, nearest(name, [one for one in handout_files(workspace) if "." in one]))
        )
    english = load_handout(english_path, workspace, shared)
    target = workspace.root / TRANSLATIONS / handout.language / f"{handout.id}.yaml"
    if target.exists() and not force:
        hint = "Keep it, or replace it with --force."
        raise TeachbackError(
            Problem("there is such a translation already", hint, Location(shown(target)))
        )
    theirs = {text.key: text.text for text in handout_texts(handout)}
    pairs = [
        (text.key, text.text, theirs[text.key])
        for text in handout_texts(english.handout)
        if text.key in theirs
    ]
    differences = tuple(_differences(english, written))
    if not pairs:
        message = f"no text of '{name}' has the key of a text of '{handout.id}'"
        raise TeachbackError(
            Problem(message, "Write the same ids into both.", Location(shown(path))), *differences
        )
    write_whole(
        target, _file(english.handout, handout.language, str(handout.version), pairs).encode()
    )
    return AdoptedTranslation(target, len(pairs), differences)


def _differences(english: LoadedHandout, written: LoadedHandout) -> Iterator[Problem]:
    """Yield where the structure differs, at its place in the handout that was written."""
    ours, theirs = dict(_structure(english.handout)), dict(_structure(written.handout))
    for way in {**ours, **theirs}:
        path, value = theirs.get(way, ((), None))
        old = ours.get(way, ((), None))[1]
        if value == old:
            continue
        place = written.file.locate(path) if path else Location(written.file.name)
        if way not in theirs:
            message = f"`{way}` is {old} in '{english.handout.language}', and is not here"
        elif way not in ours:
            message = f"`{way}` is {value} here, and not in '{english.handout.language}'"
        else:
            message = f"`{way}` is {value} here, and {old} in '{english.handout.language}'"
        hint = "The translation gets what the handout of that language has."
        yield Problem(message, hint, place, Severity.WARNING)
    texts = [
        {text.key: text.path for text in handout_texts(one.handout)} for one in (english, written)
    ]
    for key in texts[0].keys() - texts[1].keys():
        message = f"the text `{key}` is not here: it is missing in the translation"
        yield Problem(message, "Translate it.", Location(written.file.name), Severity.WARNING)
    for key in texts[1].keys() - texts[0].keys():
        message = f"the text `{key}` is only here: the translation does not have it"
        hint = "Add it to the handout that is translated, or give it the id that it has there."
        yield Problem(message, hint, written.file.locate(texts[1][key]), Severity.WARNING)


def _structure(handout: Handout) -> Iterator[tuple[str, tuple[tuple[Any, ...], object]]]:
    """Yield what is no text, by its way from the nearest id, with its path and value."""
    texts = {
        path
        for text in handout_texts(handout)
        # A text by audience is a mapping, which is no value of its own.
        for path in (text.path, *([text.path[:-1]] if "@" in text.key else []))
    }
    ways: dict[tuple[Any, ...], tuple[Any, ...]] = {(): ()}
    for path, value in steps(handout):
        way = (*ways[path[:-1]], path[-1]) if path else ()
        ways[path] = way
        if not path or path[0] in _APART or path in texts or "id" in path[-1:]:
            continue
        name = getattr(value, "id", None)
        if isinstance(value, Model) and isinstance(name, str):
            # The order of parts with ids, by the one before.
            yield f"{'/'.join(map(str, way[:-1]))} {name}", (path, f"in place {path[-1] + 1}")
            ways[path] = (name,)
        elif not isinstance(value, Model) and not _holds_models(value) and value not in (None, ()):
            yield "/".join(map(str, way)), (path, _shown(value))


def _holds_models(value: object) -> bool:
    return isinstance(value, tuple) and any(isinstance(item, Model) for item in value)


def _shown(value: object) -> str:
    if isinstance(value, tuple):
        return f"[{', '.join(map(str, value))}]"
    if isinstance(value, dict):
        return f"{{{', '.join(f'{name}: {_shown(one)}' for name, one in value.items())}}}"
    return str(value).lower() if isinstance(value, bool) else str(value)


def start_translation(name: str, language: str, workspace: Workspace) -> AdoptedTranslation:
    """Write a translation with the English of each text, for a translator to fill in.

    Raises UsageError for an unknown handout, and TeachbackError if there is a translation already,
    or for a handout with problems.
    """
    path = handout_named(workspace, name)
    refuse_no_language(language)
    english = load_handout(path, workspace, load_shared(workspace)).handout
    target = workspace.root / TRANSLATIONS / language / f"{english.id}.yaml"
    if target.exists() or is_translation(path):
        hint = "Add what it lacks: `teachback translate status` names it."
        raise TeachbackError(
            Problem("there is such a translation already", hint, Location(shown(target)))
        )
    write_whole(target, to_fill_in(english, language))
    return AdoptedTranslation(target, len(tuple(handout_texts(english))), ())


class OpenedTranslation(NamedTuple):
    """The file of a translation and its bytes; one that is new has the English and nothing else."""

    path: Path
    raw: bytes
    is_new: bool


def open_translation(name: str, language: str, workspace: Workspace) -> OpenedTranslation:
    """Return the translation of a handout, or what `start` would write if there is none.

    Raises UsageError for an unknown handout or language, and TeachbackError where a handout that is
    written in the language takes the place of a translation.
    """
    refuse_no_language(language)
    path = handout_named(workspace, name)
    if is_translation(path):
        message = f"'{name}' is a translation"
        hint = f"Name the handout that it translates: {path.stem}."
        raise UsageError(Problem(message, hint))
    there = handout_files(workspace).get(f"{path.stem}.{language}")
    if there is not None and not is_translation(there):
        message = f"this is written in '{language}', and takes the place of a translation"
        hint = f"Turn it into one first: teachback translate adopt {there.stem}"
        raise TeachbackError(Problem(message, hint, Location(shown(there))))
    if there is not None:
        return OpenedTranslation(there, read_bytes(there), is_new=False)
    english = load_handout(path, workspace, load_shared(workspace)).handout
    target = workspace.root / TRANSLATIONS / language / f"{english.id}.yaml"
    return OpenedTranslation(target, to_fill_in(english, language), is_new=True)


def refuse_no_language(language: str) -> None:
    """Raise UsageError for what is not a language tag."""
    if not _LANGUAGE.fullmatch(language):
        hint = "Such a tag looks like es, vi or zh-Hans."
        raise UsageError(Problem(f"'{language}' is not a language tag", hint))


def to_fill_in(english: Handout, language: str) -> bytes:
    """Return the file of a translation with the English of each text, and no translation yet."""
    texts = [(text.key, text.text, "") for text in handout_texts(english)]
    return _file(english, language, str(english.version), texts).encode()


def _file(english: Handout, language: str, version: str, pairs: list[tuple[str, str, str]]) -> str:
    lines = [
        _SCHEMA,
        f"translates: {english.id}",
        f"language: {language}",
        f"version: {version}",
        "review: {status: draft, reviewer: null, reviewed: null, due: null}",
        "texts:",
    ]
    for key, old, new in pairs:
        lines += [f"  {key}:", f"    {english.language}: {in_block(old)}"]
        lines += [f"    {language}: {in_block(new)}"] if new else []
    return "\n".join(lines) + "\n"
