"""Resolve what to print and how: flag > environment > teachback.toml > default.

The result is one frozen value.
"""

from __future__ import annotations

import os
import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from teachback.errors import Location, Problem, TeachbackError, UsageError, nearest
from teachback.files.text_decoding import decode
from teachback.files.unprintable_characters import faults
from teachback.files.workspace import SETTINGS, Workspace, read_named, shown
from teachback.printing.imposition import Offset, Sides
from teachback.units import Paper, TypeSize

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

KINDS: Final = ("handout", "card")
FORMATS: Final = ("pdf", "html", "png")
PREFIX: Final = "TEACHBACK_"
MOST_OFFSET: Final = 20.0
NOT_OFF: Final = Offset()


@dataclass(frozen=True)
class Settings:
    """The choices for one run; an empty tuple or None means no restriction."""

    handouts: tuple[str, ...]
    audiences: tuple[str, ...]
    language: str | None
    paper: Paper
    size: TypeSize
    kinds: tuple[str, ...]
    formats: tuple[str, ...]
    output: Path
    jobs: int
    stock: str | None = None
    sides: Sides | None = None
    offset: Offset = NOT_OFF
    back_offset: Offset = NOT_OFF
    force: bool = False
    release: bool = False
    strict: bool = False
    proof: bool = False
    archive: Path | None = None

    @property
    def card_stock(self) -> str:
        """The stock for cards: the one that was named, or a plain sheet to cut."""
        return self.stock or f"cut-{self.paper}-id1"

    @property
    def card_setup(self) -> str:
        """The settings for a sheet of cards, as one text."""
        return (
            f"{self.card_stock} {self.sides or ''} {self.offset.x:g},{self.offset.y:g} "
            f"{self.back_offset.x:g},{self.back_offset.y:g}"
        )


def _one_of(names: tuple[str, ...]) -> Callable[[str], str]:
    def check(value: str) -> str:
        if value not in names:
            raise ValueError(nearest(value, names))
        return value

    return check


def _whole(value: str) -> int:
    if not value.isdecimal() or int(value) < 1:
        message = "Write a whole number, 1 or more."
        raise ValueError(message)
    return int(value)


def _word(value: str) -> str:
    return value


def _place(value: str) -> str:
    if "\0" in value:
        message = "Write the name of a folder; no name holds a zero byte."
        raise ValueError(message)
    return value


def _folder(value: str) -> str:
    if not value.strip():
        message = "Write the name of a folder."
        raise ValueError(message)
    return _place(value)


def _offset(value: str) -> Offset:
    match = re.fullmatch(r"\s*([+-]?\d+(?:\.\d+)?)\s*,\s*([+-]?\d+(?:\.\d+)?)\s*", value)
    if match is None:
        message = "Write two numbers of millimetres, to the right and down, such as 0.5,-1.2."
        raise ValueError(message)
    offset = Offset(float(match[1]), float(match[2]))
    if max(abs(offset.x), abs(offset.y)) > MOST_OFFSET:
        message = (
            f"No printer is off by more than {MOST_OFFSET:g} mm: look at the paper tray first."
        )
        raise ValueError(message)
    return offset


# Each setting: whether it is a list, its default, and the check that converts its text.
_CHECKS: Final[dict[str, tuple[bool, Any, Callable[[str], Any]]]] = {
    "audience": (True, (), _word),
    "language": (False, None, _word),
    "paper": (False, "letter", _one_of(tuple(Paper))),
    "size": (False, "standard", _one_of(tuple(TypeSize))),
    "kind": (True, KINDS, _one_of(KINDS)),
    "format": (True, ("pdf",), _one_of(FORMATS)),
    "output": (False, None, _place),
    "jobs": (False, None, _whole),
    "stock": (False, None, _word),
    "sides": (False, None, _one_of(tuple(Sides))),
    "offset": (False, None, _offset),
    "back-offset": (False, None, _offset),
    "printer": (False, None, _word),
    "archive": (False, None, _folder),
}
# The keys of a [printers.NAME] table.
_PRINTER_KEYS: Final = ("offset", "back-offset")


# The type of each setting in teachback.toml, and an example of how it is written.
_KINDS: Final[dict[str, type]] = dict.fromkeys(_CHECKS, str) | {"jobs": int}
_SAMPLES: Final = {
    "audience": 'audience = ["ckd"]',
    "language": 'language = "es"',
    "paper": 'paper = "a4"',
    "size": 'size = "large"',
    "kind": 'kind = ["card"]',
    "format": 'format = ["pdf", "html"]',
    "output": 'output = "printed"',
    "jobs": "jobs = 2",
    "stock": 'stock = "avery-5371"',
    "sides": 'sides = "long-edge"',
    "offset": 'offset = "0.5, -1.2"',
    "back-offset": 'back-offset = "0.5, -1.2"',
    "printer": 'printer = "front-desk"',
    "archive": 'archive = "archive"',
}


def resolve(
    flags: Mapping[str, Any], environment: Mapping[str, str], workspace: Workspace
) -> Settings:
    """Resolve every setting. A flag that was not given is None.

    Raises UsageError for a wrong flag or environment value, TeachbackError for a wrong
    teachback.toml.
    """
    from_file, printers = _from_file(workspace)
    chosen: dict[str, Any] = {}
    problems: list[Problem] = []
    for name, (is_list, default, check) in _CHECKS.items():
        given = flags.get(name.replace("-", "_"))
        variable = PREFIX + name.upper().replace("-", "_")
        try:
            if given is not None and given != ():
                where = f"--{name}"
                chosen[name] = tuple(check(str(v)) for v in given) if is_list else check(str(given))
            elif environment.get(variable):
                where = variable
                given = environment[variable]
                chosen[name] = (
                    tuple(check(v.strip()) for v in given.split(",")) if is_list else check(given)
                )
            else:
                chosen[name] = from_file.get(name, default)
        except ValueError as error:
            problems.append(Problem(f"{where}: {_said(given)} is not allowed", str(error)))
    if chosen["printer"] is not None and chosen["printer"] not in printers:
        problems.append(
            Problem(
                f"there is no printer '{chosen['printer']}' in {SETTINGS}",
                nearest(chosen["printer"], printers) or "Add [printers.NAME] with offset.",
            )
        )
    if problems:
        raise UsageError(*problems)
    printer = printers.get(chosen["printer"] or "", {})
    # A flag or an environment variable wins over what the file says of all printers.
    now = {
        name
        for name in ("printer", "offset", "back-offset")
        if flags.get(name.replace("-", "_"))
        or environment.get(PREFIX + name.upper().replace("-", "_"))
    }
    named = {name for name in ("offset", "back-offset") if "printer" in now and name not in now}
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
        stock=chosen["stock"],
        sides=Sides(chosen["sides"]) if chosen["sides"] else None,
        offset=_settled("offset", chosen, printer, named),
        back_offset=_settled("back-offset", chosen, printer, named),
        force=bool(flags.get("force")),
        release=bool(flags.get("release")),
        strict=bool(flags.get("strict")),
        proof=bool(flags.get("proof")),
        archive=Path(chosen["archive"]) if chosen["archive"] else None,
    )


def archive_folder(environment: Mapping[str, str], workspace: Workspace) -> Path:
    """Return the archive of the settings, or build/archive if it exists.

    Raises UsageError when there is none.
    """
    settings = resolve({}, environment, workspace)
    usual = settings.output / "archive"
    if settings.archive is None and not usual.is_dir():
        hint = "Name its folder, or make one: teachback build --archive build/archive."
        raise UsageError(Problem("there is no archive here", hint, Location(shown(usual))))
    return settings.archive or usual


def _settled(
    name: str, chosen: Mapping[str, Any], printer: Mapping[str, Offset], named: Collection[str]
) -> Offset:
    """Return an offset: a printer named by flag or environment wins over the file's general one."""
    first, second = (
        (printer.get(name), chosen[name]) if name in named else (chosen[name], printer.get(name))
    )
    return first or second or NOT_OFF


def _said(given: object) -> str:
    return ", ".join(f"'{value}'" for value in given) if isinstance(given, tuple) else f"'{given}'"


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _from_file(workspace: Workspace) -> tuple[dict[str, Any], dict[str, dict[str, Offset]]]:
    """Read teachback.toml: the settings, and the offsets of each printer."""
    path = workspace.root / SETTINGS
    if not os.path.lexists(path):
        return {}, {}
    name = shown(path)
    text = decode(read_named(path), name)
    try:
        data = tomllib.loads(text)
    except RecursionError:
        raise TeachbackError(
            Problem(
                "brackets are nested too deep to be read",
                'Write lines such as: paper = "a4"',
                Location(name, 1, 1),
            )
        ) from None
    except tomllib.TOMLDecodeError as error:
        message = re.sub(r" \(at .*\)$", "", f"this line cannot be read: {error}")
        raise TeachbackError(
            Problem(
                message, 'Write lines such as: paper = "a4"', _toml_place(name, str(error), text)
            )
        ) from None
    problems: list[Problem] = []
    found: dict[str, Any] = {}
    printers = _printers(data.pop("printers", {}), text, name, problems)
    for key, value in data.items():
        place = _key_place(key, text, name)
        if key not in _CHECKS:
            problems.append(
                Problem(f"the setting '{key}' is not known", nearest(key, _CHECKS), place)
            )
            continue
        is_list, _, check = _CHECKS[key]
        values = value if isinstance(value, list) else [value]
        # A TOML string may hold any character by its code, such as "\\u200b".
        hidden = next(
            (
                fault
                for item in values
                if isinstance(item, str)
                for fault in faults(item, alone=True)
            ),
            None,
        )
        if hidden:
            problems.append(Problem(hidden[1], hidden[2], place))
            continue
        if (
            not values
            or (isinstance(value, list) and not is_list)
            or not all(isinstance(item, _KINDS[key]) for item in values)
        ):
            problems.append(
                Problem(
                    f"the setting '{key}' is written in the wrong way",
                    f"Write it like this: {_SAMPLES[key]}",
                    place,
                )
            )
            continue
        try:
            checked = tuple(check(str(item)) for item in values)
        except ValueError as error:
            problems.append(
                Problem(f"the setting '{key}' cannot be {_said(tuple(values))}", str(error), place)
            )
            continue
        found[key] = checked if is_list else checked[0]
    if problems:
        raise TeachbackError(*problems)
    found |= {
        name: str(workspace.root / found[name]) for name in ("output", "archive") if name in found
    }
    return found, printers


def _printers(
    tables: Any,  # noqa: ANN401 -- any TOML
    text: str,
    name: str,
    problems: list[Problem],
) -> dict[str, dict[str, Offset]]:
    """Read the `[printers.NAME]` tables, and add their problems to `problems`."""
    found: dict[str, dict[str, Offset]] = {}
    for printer, table in tables.items() if isinstance(tables, dict) else [("printers", tables)]:
        place = _key_place(f"printers.{printer}", text, name)
        if not isinstance(table, dict):
            problems.append(
                Problem(
                    "a printer needs a section of its own",
                    'Write [printers.front-desk] and below it: offset = "0.5, -1.2"',
                    place,
                )
            )
            continue
        found[printer] = {}
        for key, value in table.items():
            if key not in _PRINTER_KEYS:
                problems.append(
                    Problem(
                        f"a printer has no setting '{key}'",
                        nearest(key, _PRINTER_KEYS),
                        _key_place(key, text, name),
                    )
                )
                continue
            try:
                found[printer][key] = _offset(str(value))
            except ValueError as error:
                problems.append(
                    Problem(
                        f"the {key} cannot be '{value}'", str(error), _key_place(key, text, name)
                    )
                )
    return found


def _key_place(key: str, text: str, name: str) -> Location:
    line = next(
        (
            n
            for n, row in enumerate(text.splitlines(), start=1)
            if row.split("=")[0].strip(" \"'[]") == key
        ),
        1,
    )
    return Location(name, line, 1)


def _toml_place(name: str, message: str, text: str) -> Location:
    match = re.search(r"at line (\d+), column (\d+)", message)
    # Without a place, the file ended too early.
    return (
        Location(name, int(match[1]), int(match[2]))
        if match
        else Location(name, max(1, len(text.splitlines())), 1)
    )
