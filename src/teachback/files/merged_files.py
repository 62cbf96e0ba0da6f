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

    Steps = tuple[Any, ...]


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
    taken = set(_missing(own.data, builtin[0].data, deep=name.startswith(f"{WORDS}/")))
    places = {
        path: place
        for path, place in builtin[0].locations.items()
        if any(path[:length] in taken for length in range(1, len(path) + 1))
    }
    return replace(own, data=_joined(own.data, builtin[0].data, taken), others=places)


def _missing(own: dict[str, Any], builtin: dict[str, Any], *, deep: bool) -> Iterator[Steps]:
    """Yield the path of each built-in entry that the clinic's file does not have."""
    for name, entry in builtin.items():
        if name not in own:
            yield (name,)
        elif deep and isinstance(entry, dict) and isinstance(own[name], dict):
            yield from ((name, *path) for path in _missing(own[name], entry, deep=deep))


def _joined(own: dict[str, Any], builtin: dict[str, Any], taken: set[Steps]) -> dict[str, Any]:
    """Return the taken built-in entries, and then the clinic's own."""
    first = {path[0] for path in taken}
    joined = {name: builtin[name] for name in builtin if (name,) in taken} | own
    for name in first & own.keys():
        inside = {path[1:] for path in taken if path[0] == name}
        joined[name] = _joined(own[name], builtin[name], inside)
    return joined
