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
    from teachback.files.workspace import Workspace
    from teachback.files.yaml_reader import YamlFile

    EntryPath = tuple[Any, ...]


def read_entries(workspace: Workspace, name: str) -> YamlFile:
    """Read a file of entries (`workspace.is_merged`), with the location of each value."""
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
    data, missing = _merged(own.data, builtin[0].data, deep=name.startswith(f"{WORDS}/"))
    locations = {
        path: location
        for path, location in builtin[0].locations.items()
        if any(path[:length] in missing for length in range(1, len(path) + 1))
    }
    return replace(own, data=data, others=locations)


def _merged(
    own: dict[str, Any], builtin: dict[str, Any], *, deep: bool
) -> tuple[dict[str, Any], set[EntryPath]]:
    """Return the entries of both files, and the paths of those that are built-in ones."""
    missing: set[EntryPath] = {(name,) for name in builtin if name not in own}
    merged = {name: builtin[name] for name in builtin if name not in own} | own
    for name in (name for name in builtin if deep and name in own):
        if isinstance(builtin[name], dict) and isinstance(own[name], dict):
            merged[name], inner_paths = _merged(own[name], builtin[name], deep=True)
            missing |= {(name, *path) for path in inner_paths}
    return merged, missing
