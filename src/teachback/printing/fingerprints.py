"""Hash what printed pages depend on: files, design, program, libraries and fonts.

A build prints again what such a hash says has changed.
"""

from __future__ import annotations

import hashlib
import os
import sys
import sysconfig
from pathlib import Path
from typing import TYPE_CHECKING, Final

from teachback import __version__
from teachback.files.atomic_files import sha256
from teachback.files.workspace import (
    effective_files,
    file_bytes,
    package_root,
    read_bytes,
    source_files,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from teachback.files.workspace import Workspace

_LAYOUT_LIBRARIES: Final = (
    "libpango", "libharfbuzz", "libfontconfig", "libfreetype", "libglib", "libfribidi",
)  # fmt: skip


def shared_fingerprint(workspace: Workspace) -> str:
    """Hash all that can change a page except the handouts: files, program, libraries, fonts."""
    return _hash_files(_program(), effective_files(workspace)).hexdigest()


def program_fingerprint() -> str:
    """Hash the program and its libraries."""
    return _program().hexdigest()


def _program() -> hashlib._Hash:
    digest = hashlib.sha256()
    for part in (__version__, sys.version, _installed()):
        digest.update(part.encode() + b"\0")
    for path in sorted(package_root().rglob("*.py")):
        digest.update(file_bytes(path))
    return digest


def made_from(shared: str, *sources: bytes) -> str:
    """Hash all that can change the pages of a handout: the shared fingerprint and its files."""
    return sha256("|".join((shared, *map(sha256, sources))).encode())


def origin_of(shared: str, path: Path, workspace: Workspace) -> str:
    """Hash all that can change the pages of a handout file as it is now (`made_from`)."""
    return made_from(shared, *map(read_bytes, source_files(path, workspace)))


def design_fingerprint(files: Mapping[str, Path]) -> str:
    """Hash files by name and content."""
    return _hash_files(hashlib.sha256(), files).hexdigest()


def _hash_files(digest: hashlib._Hash, files: Mapping[str, Path]) -> hashlib._Hash:
    for name, path in files.items():
        digest.update(os.fsencode(name) + b"\0" + _file_digest(path))
    return digest


def _file_digest(path: Path) -> bytes:
    return hashlib.sha256(read_bytes(path)).digest()


def same_libraries(recorded: str) -> bool:
    """Return whether the libraries of an earlier print still have the same size and mtime.

    `recorded` is what `loaded_libraries` returned when pages were last printed. The versions cannot
    be read without loading the libraries, which a build with nothing to do must avoid.
    """
    return all(_library_line(line.split("\t")[0]) == line for line in recorded.splitlines())


def loaded_libraries() -> str:
    """Return the text-layout libraries loaded into this process, one a line.

    The text is empty where the system does not list them.
    """
    try:
        maps = Path("/proc/self/maps").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
    paths = {
        line.split(maxsplit=5)[5]
        for line in maps.splitlines()
        if "/" in line
        and "site-packages" not in line
        and any(name in line for name in _LAYOUT_LIBRARIES)
    }
    return "\n".join(_library_line(path) for path in sorted(paths))


def _library_line(path: str) -> str:
    try:
        status = os.stat(path)  # noqa: PTH116 -- faster than a Path
    except OSError:
        return f"{path}\tgone"
    return f"{path}\t{status.st_size}\t{status.st_mtime_ns}"


def _installed() -> str:
    """Return the names and versions of the installed packages, as their folders have them."""
    folders = {sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}
    return "\n".join(
        sorted(
            name
            for folder in folders
            for name in os.listdir(folder)  # noqa: PTH208 -- names only
            if name.endswith(".dist-info")
        )
    )
