"""Write a translation: a new one to fill in, or one from a handout in another language."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from teachback.content.base_model import LANGUAGE_TAG, Model, steps
from teachback.content.loader import load_handout
from teachback.content.translation import TextState, Translation, handout_texts
from teachback.content.translation_matching import match_translation
from teachback.content.validation_errors import validated
from teachback.content.workspace_content import load_shared
from teachback.errors import Location, Problem, Severity, TeachbackError, UsageError, nearest
from teachback.files.workspace import (
    TRANSLATIONS,
    handout_files,
    handout_named,
    is_translation,
    read_bytes,
    shown,
    starter_translations,
    write_whole,
)
from teachback.files.yaml_editor import in_block
from teachback.files.yaml_reader import read_yaml

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from teachback.content.handout import Handout
    from teachback.content.handout_loader import LoadedHandout
    from teachback.files.workspace import Workspace

# Keys that a translation has itself, or always takes from its handout.
_NOT_COMPARED: Final = frozenset(
    {"language", "version", "review", "accept", "target_grade", "pages"}
)
# For an editor: the folder of a language lies two folders below content/.
_SCHEMA: Final = "# yaml-language-server: $schema=../../translation.schema.json"
_DRAFT_COMMENT: Final = """\
# Texts in '{language}' are from the starter {starter}. A DRAFT: no qualified translator has checked it.
"""


class AdoptedTranslation(NamedTuple):
    """The file that was written, how many texts it has, and where the two handouts differ."""

    path: Path
    texts: int
    differences: tuple[Problem, ...]


class StartedTranslation(NamedTuple):
    """The file that was written, how many texts it has, and how many of them are translated."""

    path: Path
    texts: int
    translated: int


def adopt(name: str, workspace: Workspace, *, force: bool = False) -> AdoptedTranslation:
    """Write the texts of a handout such as ID.es beside those of ID, as a translation.

    The handout is left as it is, and takes the place of the translation until it is deleted. Raises
    UsageError for an unknown handout, or one that is not in another language. Raises TeachbackError
    if there is a translation already, unless `force` replaces it.
    """
    path = handout_named(workspace, name)
    shared = load_shared(workspace)
    adopted = load_handout(path, workspace, shared)
    handout = adopted.handout
    english_path = handout_files(workspace).get(handout.id)
    if is_translation(path) or english_path is None or english_path == path:
        message = f"'{name}' is not a handout in another language than '{handout.id}'"
        raise UsageError.of(
            message, nearest(name, [stem for stem in handout_files(workspace) if "." in stem])
        )
    english = load_handout(english_path, workspace, shared)
    target = workspace.root / TRANSLATIONS / handout.language / f"{handout.id}.yaml"
    if target.exists() and not force:
        hint = "Keep it, or replace it with --force."
        message = "there is such a translation already"
        raise TeachbackError.of(message, hint, Location(shown(target)))
    adopted_texts = {text.key: text.text for text in handout_texts(handout)}
    texts = [
        (text.key, text.text, adopted_texts[text.key])
        for text in handout_texts(english.handout)
        if text.key in adopted_texts
    ]
    differences = tuple(_differences(english, adopted))
    if not texts:
        message = f"no text of '{name}' has the key of a text of '{handout.id}'"
        hint = "Write the same ids into both."
        raise TeachbackError(Problem(message, hint, Location(shown(path))), *differences)
    write_whole(
        target, _file_text(english.handout, handout.language, str(handout.version), texts).encode()
    )
    return AdoptedTranslation(target, len(texts), differences)


def _differences(english: LoadedHandout, adopted: LoadedHandout) -> Iterator[Problem]:
    """Yield the differences in structure and texts, at their place in the adopted handout."""
    english_values = dict(_structure(english.handout))
    adopted_values = dict(_structure(adopted.handout))
    for address in {**english_values, **adopted_values}:
        path, value = adopted_values.get(address, ((), None))
        english_value = english_values.get(address, ((), None))[1]
        if value == english_value:
            continue
        place = adopted.file.locate(path) if path else Location(adopted.file.name)
        if address not in adopted_values:
            message = (
                f"`{address}` is {english_value} in '{english.handout.language}', and is not here"
            )
        elif address not in english_values:
            message = f"`{address}` is {value} here, and not in '{english.handout.language}'"
        else:
            message = (
                f"`{address}` is {value} here, and {english_value} in '{english.handout.language}'"
            )
        hint = "The translation gets what the handout of that language has."
        yield Problem(message, hint, place, Severity.WARNING)
    english_texts, adopted_texts = (
        {text.key: text.path for text in handout_texts(version.handout)}
        for version in (english, adopted)
    )
    for key in english_texts:
        if key not in adopted_texts:
            message = f"the text `{key}` is not here: it is missing in the translation"
            yield Problem(message, "Translate it.", Location(adopted.file.name), Severity.WARNING)
    for key, path in adopted_texts.items():
        if key not in english_texts:
            message = f"the text `{key}` is only here: the translation does not have it"
            hint = "Add it to the handout that is translated, or give it the id that it has there."
            yield Problem(message, hint, adopted.file.locate(path), Severity.WARNING)


def _structure(handout: Handout) -> Iterator[tuple[str, tuple[tuple[Any, ...], object]]]:
    """Yield the values that are no texts, by their address from the nearest id, with their path."""
    texts = {
        path
        for text in handout_texts(handout)
        # A text by audience is in a mapping, which is left out as well.
        for path in (text.path, *([text.path[:-1]] if "@" in text.key else []))
    }
    addresses: dict[tuple[Any, ...], tuple[Any, ...]] = {(): ()}
    for path, value in steps(handout):
        address = (*addresses[path[:-1]], path[-1]) if path else ()
        addresses[path] = address
        if not path or path[0] in _NOT_COMPARED or path in texts or "id" in path[-1:]:
            continue
        name = getattr(value, "id", None)
        if isinstance(value, Model) and isinstance(name, str):
            # Compare the order of parts with ids; addresses below them begin with the id.
            yield f"{'/'.join(map(str, address[:-1]))} {name}", (path, f"in place {path[-1] + 1}")
            addresses[path] = (name,)
        elif not isinstance(value, Model) and not _holds_models(value) and value not in (None, ()):
            yield "/".join(map(str, address)), (path, _as_text(value))


def _holds_models(value: object) -> bool:
    return isinstance(value, tuple) and any(isinstance(item, Model) for item in value)


def _as_text(value: object) -> str:
    if isinstance(value, tuple):
        return f"[{', '.join(map(str, value))}]"
    if isinstance(value, dict):
        return f"{{{', '.join(f'{name}: {_as_text(item)}' for name, item in value.items())}}}"
    return str(value).lower() if isinstance(value, bool) else str(value)


def start_translation(
    name: str, language: str, workspace: Workspace, starter: str | None = None
) -> StartedTranslation:
    """Write a translation with the English of each text, for a translator to fill in.

    A `starter` fills in the texts that still have its English. Raises UsageError for an unknown
    handout, and a starter without such a translation; TeachbackError if there is a translation
    already, or for a handout with problems.
    """
    path = handout_named(workspace, name)
    refuse_no_language(language)
    english = load_handout(path, workspace, load_shared(workspace)).handout
    target = workspace.root / TRANSLATIONS / language / f"{english.id}.yaml"
    if target.exists() or is_translation(path):
        hint = "Add what it lacks: `teachback translate status` names it."
        message = "there is such a translation already"
        raise TeachbackError.of(message, hint, Location(shown(target)))
    if starter is None:
        texts, comment = _to_translate(english), ""
    else:
        texts = _from_starter(english, starter, language, workspace)
        comment = _DRAFT_COMMENT.format(language=language, starter=starter)
    text = _file_text(english, language, str(english.version), texts)
    write_whole(target, f"{comment}{text}".encode())
    return StartedTranslation(
        target, len(texts), sum(bool(translation) for _, _, translation in texts)
    )


def _from_starter(
    english: Handout, starter: str, language: str, workspace: Workspace
) -> list[tuple[str, str, str]]:
    """Return each text with its translation: "" where the English differs from the starter's."""
    translations = starter_translations(starter, workspace)
    if language not in translations:
        hint = (
            f"It has one into {' and '.join(translations)}."
            if translations
            else "Leave out `--from`: then you get the English of each text, to translate."
        )
        message = f"there is no translation of a starter '{starter}' into '{language}'"
        raise UsageError.of(message, hint)
    file = read_yaml(read_bytes(translations[language]), shown(translations[language]))
    texts = match_translation(english, validated(Translation, file))
    # The translation may have short words for the card where the English handout has none.
    keys = {text.key for text in handout_texts(english)}
    filled = [
        (text.key, text.text, texts.words(text.key) or "")
        if texts.state(text, checked=True) is TextState.FINE
        else (text.key, text.text, "")
        for text in texts.texts
    ]
    return [entry for entry in filled if entry[2] or entry[0] in keys]


class OpenedTranslation(NamedTuple):
    """The path and the bytes of a translation. A new one has only the English texts."""

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
        raise UsageError.of(message, f"Name the handout that it translates: {path.stem}.")
    existing = handout_files(workspace).get(f"{path.stem}.{language}")
    if existing is not None and not is_translation(existing):
        message = f"this is written in '{language}', and takes the place of a translation"
        hint = f"Turn it into one first: teachback translate adopt {existing.stem}"
        raise TeachbackError.of(message, hint, Location(shown(existing)))
    if existing is not None:
        return OpenedTranslation(existing, read_bytes(existing), is_new=False)
    english = load_handout(path, workspace, load_shared(workspace)).handout
    target = workspace.root / TRANSLATIONS / language / f"{english.id}.yaml"
    return OpenedTranslation(target, _to_fill_in(english, language), is_new=True)


def refuse_no_language(language: str) -> None:
    """Raise UsageError for what is not a language tag."""
    if not re.fullmatch(LANGUAGE_TAG, language):
        hint = "Such a tag looks like es, vi or zh-Hans."
        raise UsageError.of(f"'{language}' is not a language tag", hint)


def _to_fill_in(english: Handout, language: str) -> bytes:
    """Return the bytes of a translation with the English of each text and nothing else."""
    return _file_text(english, language, str(english.version), _to_translate(english)).encode()


def _to_translate(english: Handout) -> list[tuple[str, str, str]]:
    return [(text.key, text.text, "") for text in handout_texts(english)]


def _file_text(
    english: Handout, language: str, version: str, texts: list[tuple[str, str, str]]
) -> str:
    due = english.review.due or "null"
    lines = [
        _SCHEMA,
        f"translates: {english.id}",
        f"language: {language}",
        f"version: {version}",
        f"review: {{status: draft, reviewer: null, reviewed: null, due: {due}}}",
        "texts:",
    ]
    for key, original, translation in texts:
        lines += [f"  {key}:", f"    {english.language}: {in_block(original)}"]
        lines += [f"    {language}: {in_block(translation)}"] if translation else []
    return "\n".join(lines) + "\n"
