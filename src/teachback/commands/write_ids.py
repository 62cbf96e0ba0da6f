"""Write ids into a handout, so that the keys of its translations need no place numbers."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from teachback.content.base_model import Model, SourcedModel, steps
from teachback.content.handout import Handout, HandoutRow, ids_of
from teachback.content.loader import validate_handout
from teachback.content.translation import handout_texts
from teachback.content.workspace_content import load_shared
from teachback.errors import Location, TeachbackError
from teachback.files.workspace import (
    handout_files,
    handout_named,
    is_translation,
    read_bytes,
    shown,
    write_whole,
)
from teachback.files.yaml_editor import with_ids, with_keys
from teachback.files.yaml_reader import read_yaml

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from teachback.content.handout_loader import LoadedHandout
    from teachback.files.workspace import Workspace

_WORDS: Final = 4
_LONGEST: Final = 40


class WrittenIds(NamedTuple):
    """The ids that were written, the files that were changed, and the keys with a place number."""

    ids: tuple[str, ...]
    files: tuple[str, ...]
    by_place: tuple[str, ...]


def write_ids(name: str, workspace: Workspace) -> WrittenIds:
    """Write an id into each part of a handout that has a text and no id; change no other byte.

    The keys in the workspace's own translations change with them. Raises UsageError for an unknown
    handout, and TeachbackError for a built-in one, or one with problems. Nothing is then written.
    """
    path = handout_named(workspace, name)
    if is_translation(path) or not path.is_relative_to(workspace.root):
        message = "ids are written into a handout of the workspace, not into this file"
        hint = "Name the handout that it translates, or make the built-in one yours: teachback copy"
        raise TeachbackError.of(message, hint, Location(shown(path)))
    shared = load_shared(workspace)
    raw = read_bytes(path)
    authored = validate_handout(raw, path, workspace, shared)
    edited = with_ids(raw, shown(path), _new_ids(authored))
    reloaded = validate_handout(edited, path, workspace, shared)
    old_values, new_values = _values(authored.handout), _values(reloaded.handout)
    if new_values | dict.fromkeys(_without_id(old_values)) != old_values:
        message = "ids cannot be written here without changing other lines"
        raise TeachbackError.of(message, "Write them by hand.", Location(shown(path)))
    old_ids = {name for _, name in ids_of(authored.handout)}
    keys = {
        before.key: after.key
        for before, after in zip(
            handout_texts(authored.handout), handout_texts(reloaded.handout), strict=True
        )
        if before.key != after.key
    }
    changed = {path: edited} if edited != raw else {}
    for other in handout_files(workspace).values():
        if (
            is_translation(other)
            and other.name == path.name
            and other.is_relative_to(workspace.root)
        ):
            data = read_bytes(other)
            renamed = with_keys(data, shown(other), "texts", keys)
            read_yaml(renamed, shown(other))
            changed |= {other: renamed} if renamed != data else {}
    for file, data in changed.items():
        write_whole(file.resolve(), data)
    return WrittenIds(
        tuple(name for _, name in ids_of(reloaded.handout) if name not in old_ids),
        tuple(map(shown, changed)),
        tuple(text.key for text in handout_texts(reloaded.handout) if re.search(r"/\d", text.key)),
    )


def _new_ids(authored: LoadedHandout) -> dict[tuple[Any, ...], tuple[str, str]]:
    """Return the new id for each path in the file, and the key that an entry without keys gets."""
    handout, file = authored.handout, authored.file
    parts = {path: value for path, value in steps(handout) if isinstance(value, SourcedModel)}
    used = {name for _, name in ids_of(handout)}
    new_ids: dict[tuple[Any, ...], tuple[str, str]] = {}
    for text in handout_texts(handout):
        ancestors = (text.path[:length] for length in range(len(text.path), 0, -1))
        path = next((ancestor for ancestor in ancestors if ancestor in parts), None)
        if path is None or parts[path].id is not None:
            continue
        place = file.in_file(path)
        if place in new_ids:
            continue
        part = parts[path]
        known_keys = {field.alias or name for name, field in type(part).model_fields.items()}
        data = file.data
        for step in place:
            data = data[step]
        key = "cells" if isinstance(part, HandoutRow) else "text"
        is_bare = not (isinstance(data, dict) and known_keys & set(data))
        new_id = _id_from(text.text, used)
        used.add(new_id)
        new_ids[place] = (new_id, key if is_bare else "")
    return new_ids


def _id_from(text: str, used: set[str]) -> str:
    """Return an id made of the first words of a text."""
    plain = unicodedata.normalize("NFKD", text.lower()).encode("ascii", "ignore").decode()
    words = re.findall(r"[a-z0-9]+", re.sub(r"\{[^{}]*\}|'", "", plain))[:_WORDS]
    name = "-".join(words)[:_LONGEST].strip("-")
    if not re.match(r"[a-z]", name):
        name = f"part-{name}".strip("-")
    return next(
        candidate
        for candidate in (name, *(f"{name}-{number}" for number in range(2, len(used) + 3)))
        if candidate not in used
    )


def _values(handout: Handout) -> dict[tuple[Any, ...], object]:
    return {path: value for path, value in steps(handout) if not isinstance(value, Model | tuple)}


def _without_id(values: Mapping[tuple[Any, ...], object]) -> Iterator[tuple[Any, ...]]:
    return (path for path, value in values.items() if path[-1] == "id" and value is None)
