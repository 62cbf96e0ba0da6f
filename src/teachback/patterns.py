"""Regular expressions that are compiled once for a user instead of once for each run. The one module that knows what `re` makes of them.

Compiling the patterns of the rules takes a sixth of a check's time. What comes of it is kept in the user's cache folder, for this very
version of Python, each by its own text: so a pattern that is changed is compiled anew. Only patterns of the program and of rule files are
in it, never words of a handout. A file that is missing, broken, somebody else's or open to others is passed over; then all is as ever.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import stat
import sys
from array import array
from importlib import import_module
from pathlib import Path
from typing import Any, Final

from teachback import __version__

# Shorter ones are compiled faster than they are found.
_LONG: Final = 80
# Those of the program are about 60 in number; clinics that share a computer may have rules of their own.
_MOST: Final = 1_000
_MOST_BYTES: Final = 20_000_000
_DIGEST: Final = 32
# Nobody but the user reads or writes it.
_OWN: Final = 0o600


class Kept:
    """What is remembered from earlier runs, by pattern: the arguments of `re`'s own maker, and where its code begins and ends."""

    def __init__(self) -> None:
        self.on = False
        self.known: dict[str, tuple[int, int, int, int, dict[str, int], list[str | None]]] | None = None
        self.code = array("I")
        self.new: dict[str, tuple[re.Pattern[str], int]] = {}


KEPT: Final = Kept()


def remember() -> None:
    """Look for patterns that earlier runs have compiled, from now on. For a program that ends with `keep`, before any pattern is asked for."""
    KEPT.on = True


def compiled(pattern: str, flags: int = 0) -> re.Pattern[str]:
    """Compile a pattern as `re.compile` does, or take what an earlier run has made of the very same one. Raises re.error as that does."""
    if not KEPT.on or len(pattern) < _LONG:
        return re.compile(pattern, flags)
    if KEPT.known is None:
        KEPT.known = _read()
    key = f"{int(flags)} {pattern}"
    if key in KEPT.known:
        start, end, own, groups, index, names = KEPT.known[key]
        try:
            found: re.Pattern[str] = import_module("_sre").compile(pattern, own, KEPT.code[start:end].tolist(), groups, index, tuple(names))
        except Exception:  # noqa: BLE001 -- whatever is wrong with what was kept, the pattern itself is there
            del KEPT.known[key]
        else:
            return found
    made = re.compile(pattern, flags)
    KEPT.new[key] = (made, int(flags))
    return made


def keep() -> None:
    """Write what this run has compiled for the next one. What keeps it from being written only makes the next run slower."""
    if not KEPT.new:
        return
    known = dict(KEPT.known or {}) if len(KEPT.known or {}) + len(KEPT.new) <= _MOST else {}
    code = array("I", KEPT.code if known else ())
    try:
        folder = _place().parent
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        # Where nothing can be kept, all the work for it would be done in vain at each run.
        if not os.access(folder, os.W_OK):
            return
        for key, (made, flags) in KEPT.new.items():
            arguments = _arguments(made.pattern, flags)
            again = import_module("_sre").compile(made.pattern, *arguments)
            # Patterns are equal where their codes are.
            if again == made and again.groupindex == made.groupindex and again.groups == made.groups:
                all_flags, own, groups, index, names = arguments
                known[key] = (len(code), len(code) + len(own), all_flags, groups, dict(index), list(names))
                code.extend(own)
        _write(json.dumps(known).encode(), code.tobytes())
    except Exception:  # noqa: BLE001 -- a Python that makes patterns in another way, a folder that cannot be written to
        return


def _arguments(pattern: str, flags: int) -> tuple[int, list[int], int, dict[str, int], tuple[str | None, ...]]:
    """Give what `re` hands to its maker of patterns, as the function `compile` of re/_compiler.py does."""
    parsed: Any = import_module("re._parser").parse(pattern, flags)
    code: list[int] = import_module("re._compiler")._code(parsed, flags)  # noqa: SLF001 -- there is no other way to it
    names: list[str | None] = [None] * parsed.state.groups
    for name, number in parsed.state.groupdict.items():
        names[number] = name
    return flags | parsed.state.flags, code, parsed.state.groups - 1, parsed.state.groupdict, tuple(names)


def _place() -> Path:
    """Give the file for this version of the program and of Python."""
    version = f"{__version__} {sys.version} {sys.byteorder} {array('I').itemsize} {import_module('_sre').MAGIC}"
    folder = os.environ.get("XDG_CACHE_HOME", "")
    root = Path(folder) if folder.startswith("/") else Path.home() / ".cache"
    return root / "teachback" / f"patterns-{hashlib.sha256(version.encode()).hexdigest()[:16]}"


def _read() -> dict[str, tuple[int, int, int, int, dict[str, int], list[str | None]]]:
    """Read what was kept; nothing where it is not whole, or not the user's own."""
    try:
        with _place().open("rb") as file:
            about = os.fstat(file.fileno())
            if about.st_uid != os.getuid() or stat.S_IMODE(about.st_mode) != _OWN or about.st_size > _MOST_BYTES:
                return {}
            digest, body = file.read(_DIGEST), file.read()
        if hashlib.sha256(body).digest() != digest:
            return {}
        size = int.from_bytes(body[:4], "big")
        code = array("I")
        code.frombytes(body[4 + size :])
        known: dict[str, Any] = json.loads(body[4 : 4 + size])
    except Exception:  # noqa: BLE001 -- whatever is wrong with it, all can be compiled
        return {}
    KEPT.code = code
    return known


def _write(head: bytes, code: bytes) -> None:
    """Write beside, then rename; for the user alone."""
    body = len(head).to_bytes(4, "big") + head + code
    place = _place()
    beside = place.with_name(f".{place.name}.{os.getpid()}.part")
    try:
        handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _OWN)
        with os.fdopen(handle, "wb") as file:
            file.write(hashlib.sha256(body).digest() + body)
        beside.replace(place)
    finally:
        beside.unlink(missing_ok=True)
