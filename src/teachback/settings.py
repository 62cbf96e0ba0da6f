"""What to print and how: flag > environment > teachback.toml > default, resolved once into a frozen value."""

from __future__ import annotations

import os
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from teachback.errors import Location, Problem, TeachbackError, UsageError, nearest
from teachback.units import Paper, TypeSize
from teachback.workspace import SETTINGS, Workspace, read_bytes, shown

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

KINDS: Final = ("handout", "card")
FORMATS: Final = ("pdf", "html", "png")
PREFIX: Final = "TEACHBACK_"


@dataclass(frozen=True)
class Settings:
    """One run's choices; empty tuples and None mean: all there are."""

    handouts: tuple[str, ...]
    audiences: tuple[str, ...]
    language: str | None
    paper: Paper
    size: TypeSize
    kinds: tuple[str, ...]
    formats: tuple[str, ...]
    output: Path
    jobs: int
    force: bool = False
    release: bool = False
    strict: bool = False


def _one_of(names: tuple[str, ...]) -> Callable[[str], str]:
    def check(value: str) -> str:
        if value not in names:
            raise ValueError(nearest(value, names))
        return value

    return check


def _whole(value: str) -> int:
    if not value.isdecimal() or int(value) < 1:
        message = "Write a whole number from 1."
        raise ValueError(message)
    return int(value)


def _word(value: str) -> str:
    return value


# Each setting: whether it is a list, its default, and the check that turns a text into a value.
_CHECKS: Final[dict[str, tuple[bool, Any, Callable[[str], Any]]]] = {
    "audience": (True, (), _word),
    "language": (False, None, _word),
    "paper": (False, "letter", _one_of(tuple(Paper))),
    "size": (False, "standard", _one_of(tuple(TypeSize))),
    "kind": (True, KINDS, _one_of(KINDS)),
    "format": (True, ("pdf",), _one_of(FORMATS)),
    "output": (False, None, _word),
    "jobs": (False, None, _whole),
}


def resolve(flags: Mapping[str, Any], environment: Mapping[str, str], workspace: Workspace) -> Settings:
    """Settle every choice. Flags that were not given are None.

    Raises UsageError for a wrong flag or environment value, TeachbackError for a wrong teachback.toml.
    """
    from_file = _from_file(workspace)
    chosen: dict[str, Any] = {}
    problems: list[Problem] = []
    for name, (is_list, default, check) in _CHECKS.items():
        given = flags.get(name)
        variable = PREFIX + name.upper()
        try:
            if given is not None and given != ():
                where = f"--{name}"
                chosen[name] = tuple(check(str(v)) for v in given) if is_list else check(str(given))
            elif environment.get(variable):
                where = variable
                given = environment[variable]
                chosen[name] = tuple(check(v.strip()) for v in given.split(",")) if is_list else check(given)
            else:
                chosen[name] = from_file.get(name, default)
        except ValueError as error:
            problems.append(Problem(f"{where}: {_said(given)} cannot stand here", str(error)))
    if problems:
        raise UsageError(*problems)
    output = Path(chosen["output"]) if chosen["output"] else workspace.root / "build"
    return Settings(
        handouts=tuple(flags.get("handouts") or ()),
        audiences=tuple(dict.fromkeys(chosen["audience"])),
        language=chosen["language"],
        paper=Paper(chosen["paper"]),
        size=TypeSize(chosen["size"]),
        kinds=tuple(kind for kind in KINDS if kind in chosen["kind"]),
        formats=tuple(form for form in FORMATS if form in chosen["format"]),
        output=output,
        jobs=chosen["jobs"] or _cores(),
        force=bool(flags.get("force")),
        release=bool(flags.get("release")),
        strict=bool(flags.get("strict")),
    )


def _said(given: object) -> str:
    return ", ".join(f"'{value}'" for value in given) if isinstance(given, tuple) else f"'{given}'"


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _from_file(workspace: Workspace) -> dict[str, Any]:
    path = workspace.root / SETTINGS
    if not path.is_file():
        return {}
    name = shown(path)
    try:
        text = read_bytes(path).decode("utf-8")
        data = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise TeachbackError(
            Problem(f"this is not TOML: {error}", 'Write lines such as: paper = "a4"', _toml_place(name, str(error)))
        ) from None
    problems = []
    found: dict[str, Any] = {}
    for key, value in data.items():
        line = next((n for n, row in enumerate(text.splitlines(), start=1) if row.split("=")[0].strip(" \"'[]") == key), 1)
        place = Location(name, line, 1)
        if key not in _CHECKS:
            problems.append(Problem(f"the setting '{key}' is not known", nearest(key, _CHECKS), place))
            continue
        is_list, _, check = _CHECKS[key]
        values = value if isinstance(value, list) else [value]
        if isinstance(value, dict) or (isinstance(value, list) and not is_list) or isinstance(value, bool):
            problems.append(Problem(f"the setting '{key}' cannot hold this", "Write one value.", place))
            continue
        try:
            checked = tuple(check(str(item)) for item in values)
        except ValueError as error:
            problems.append(Problem(f"the setting '{key}' cannot be '{value}'", str(error), place))
            continue
        found[key] = checked if is_list else checked[0]
    if problems:
        raise TeachbackError(*problems)
    if "output" in found:
        found["output"] = str(workspace.root / found["output"])
    return found


def _toml_place(name: str, message: str) -> Location:
    import re

    match = re.search(r"at line (\d+), column (\d+)", message)
    return Location(name, int(match[1]), int(match[2])) if match else Location(name, 1, 1)
