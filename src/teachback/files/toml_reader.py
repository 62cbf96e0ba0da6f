"""Read a TOML file, with the places of its keys."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Any, NamedTuple

from teachback.errors import Location, TeachbackError
from teachback.files.text_decoding import decode
from teachback.files.workspace import read_named, shown

if TYPE_CHECKING:
    from pathlib import Path


class TomlFile(NamedTuple):
    """The data, text and name of a TOML file."""

    data: dict[str, Any]
    text: str
    name: str

    def place(self, *keys: str) -> Location:
        """Return the line of the last key. Each key is searched below the one before it."""
        line = 0
        names = [line.split("=")[0].strip(" \"'[]") for line in self.text.splitlines()]
        for key in keys:
            line = next((n for n, name in enumerate(names, 1) if n > line and name == key), line)
        return Location(self.name, line or 1, 1)


def read_toml(path: Path) -> TomlFile:
    """Read a TOML file; a missing one is empty.

    Raises TeachbackError with the place of what cannot be read.
    """
    name = shown(path)
    if not os.path.lexists(path):
        return TomlFile({}, "", name)
    # Imported here because every command looks for settings, and few find any.
    import tomllib

    text = decode(read_named(path), name)
    try:
        return TomlFile(tomllib.loads(text), text, name)
    except RecursionError:
        message, place = "brackets are nested too deep to be read", Location(name, 1, 1)
    except tomllib.TOMLDecodeError as error:
        cause, _, position = str(error).partition(" (at ")
        message = f"this line cannot be read: {cause}"
        # Without numbers, the file ended too early.
        numbers = re.findall(r"\d+", position) or [len(text.splitlines()) or 1, 1]
        place = Location(name, *map(int, numbers))
    except ValueError:
        # Python refuses to convert a number of some thousand digits.
        message, place = "a number is too long to be read", Location(name, 1, 1)
    raise TeachbackError.of(message, 'Write lines such as: paper = "a4"', place)
