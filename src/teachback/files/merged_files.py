"""Read the files whose entries have names: the clinic's entries, and the built-in ones beside them.

An entry of the clinic replaces the built-in entry of the same name as a whole. In the words of a
language, each word is an entry, also inside a group such as `tiers`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from teachback.errors import TeachbackError
from teachback.files.workspace import WORDS, is_there, read_bytes, shown
from teachback.files.yaml_reader import read_yaml

if TYPE_CHECKING:
    from collections.abc import Iterator

    from teachback.files.workspace import Workspace
    from teachback.files.yaml_reader import YamlFile

    EntryPath = tuple[Any, ...]


def read_entries(workspace: Workspace, name: str) -> YamlFile:
    """Read a file of entries (`workspace.is_merged`), with the location of each value.

    Raises TeachbackError when there is no such file, or one cannot be read.
    """
    files = [
        read_yaml(read_bytes(root / name), shown(root / name))
        for root in workspace.roots
        if is_there(root / name)
    ]
    if not files:
        hint = "Restore the file that came with the program."
        raise TeachbackError.of(f"{name}: there is no such file", hint)
    own, *builtin = files
    if not builtin or not isinstance(own.data, dict):
        return own
    missing = set(_missing_entries(own.data, builtin[0].data, deep=name.startswith(f"{WORDS}/")))
    locations = {
        path: location
        for path, location in builtin[0].locations.items()
        if any(path[:length] in missing for length in range(1, len(path) + 1))
    }
    return replace(own, data=_merged(own.data, builtin[0].data, missing), others=locations)


def _missing_entries(
    own: dict[str, Any], builtin: dict[str, Any], *, deep: bool
) -> Iterator[EntryPath]:
    """Yield the path of each built-in entry that the clinic's file does not have."""
    for name, entry in builtin.items():
        if name not in own:
            yield (name,)
        elif deep and isinstance(entry, dict) and isinstance(own[name], dict):
            yield from ((name, *path) for path in _missing_entries(own[name], entry, deep=deep))


def _merged(
    own: dict[str, Any], builtin: dict[str, Any], missing: set[EntryPath]
) -> dict[str, Any]:
    """Return the built-in entries at the `missing` paths, and then the clinic's own."""
    tops = {path[0] for path in missing}
    merged = {name: builtin[name] for name in builtin if (name,) in missing} | own
    for name in tops & own.keys():
        inner_paths = {path[1:] for path in missing if path[0] == name}
        merged[name] = _merged(own[name], builtin[name], inner_paths)
    return merged
