"""Create new files for a clinic: a workspace, a handout, or a copy of a built-in file."""

from __future__ import annotations

import os
import re
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from teachback.errors import Location, Problem, TeachbackError, UsageError, guess, nearest
from teachback.files.workspace import (
    SETTINGS,
    Workspace,
    builtin_root,
    effective_files,
    find,
    handout_files,
    is_merged,
    is_there,
    is_translation,
    read_bytes,
    shown,
    source_name,
    starter_files,
    stem_of,
    write_whole,
)

if TYPE_CHECKING:
    import datetime as dt
    from pathlib import Path

SCHEMAS = ("content/handout.schema.json", "content/translation.schema.json")
SAMPLE_ID = "before-your-visit"
_ID_LINE = re.compile(r"^id: .*$", re.MULTILINE)
_PICTURE = re.compile(r"\bimages/[\w./-]+\.(?:svg|png|jpe?g)\b")
_ID = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")


def init(folder: Path, today: dt.date) -> tuple[Path, ...]:
    """Create a clinic's own workspace, and return the files that were written.

    Raises TeachbackError when one of them exists, or the folder cannot be written to.
    """
    builtin = builtin_root()
    files = {
        folder / "content" / "clinic.yaml": read_bytes(
            builtin / "content" / "samples" / "clinic.yaml"
        ),
        folder / "content" / "handouts" / f"{SAMPLE_ID}.yaml": _handout(
            read_bytes(builtin / "content" / "samples" / "handout.yaml"), SAMPLE_ID, today
        ),
        **{folder / name: read_bytes(builtin / name) for name in SCHEMAS},
        folder / SETTINGS: read_bytes(builtin / "content" / "samples" / SETTINGS),
    }
    existing = [path for path in files if path.exists()]
    if existing:
        raise TeachbackError(
            *(
                Problem(
                    "this file already exists",
                    "Nothing was written. Choose another folder.",
                    Location(shown(path)),
                )
                for path in existing
            )
        )
    for path, data in files.items():
        write_whole(path, data)
    return tuple(files)


def new(
    identifier: str, workspace: Workspace, today: dt.date, starter: str | None = None
) -> tuple[Path, ...]:
    """Write a handout to start from, and return its file and the pictures copied with it.

    It is the sample, or a copy of a starter. Raises UsageError for an invalid id and an unknown
    starter. Raises TeachbackError when the handout exists, or another picture has the name of one
    to copy.
    """
    if not _ID.fullmatch(identifier) or len(identifier) > 60:  # noqa: PLR2004 -- the longest id of the model
        hint = "Use lower-case letters, digits and hyphens, such as sick-days."
        raise UsageError.of(f"'{identifier}' cannot be the id of a handout", hint)
    path = workspace.root / "content" / "handouts" / f"{identifier}.yaml"
    if path.exists():
        hint = "Choose another id."
        raise TeachbackError.of("this handout already exists", hint, Location(shown(path)))
    if starter is not None:
        files = _copies(starter, identifier, path, workspace)
    else:
        sample = (
            find(workspace, "content/samples/handout.yaml")
            or builtin_root() / "content" / "samples" / "handout.yaml"
        )
        files = {path: _handout(read_bytes(sample), identifier, today)}
    for target, data in files.items():
        write_whole(target, data)
    return tuple(files)


def _copies(starter: str, identifier: str, path: Path, workspace: Workspace) -> dict[Path, bytes]:
    """Return what to write for a copy of a starter: the handout, and the pictures it names."""
    starters = starter_files(workspace)
    if starter not in starters:
        hint = f"{nearest(starter, starters)} `teachback list starters` shows what each holds."
        raise UsageError.of(f"there is no starter '{starter}'", hint.strip())
    source = starters[starter]
    text = _ID_LINE.sub(f"id: {identifier}", read_bytes(source).decode(), count=1)
    files = {path: text.encode()}
    problems = []
    for name in sorted(set(_PICTURE.findall(text))):
        original = source.parents[1] / name
        target = workspace.root / "content" / name
        if not is_there(original) or target == original:
            continue
        data = read_bytes(original)
        if not is_there(target):
            files[target] = data
        elif read_bytes(target) != data:
            hint = "Nothing was written. Rename your picture, and its name in your handouts."
            message = "you have another picture of the name that the starter uses"
            problems.append(Problem(message, hint, Location(shown(target))))
    if problems:
        raise TeachbackError(*problems)
    return files


def copy_builtin(name: str, workspace: Workspace, *, force: bool = False) -> tuple[Path, str]:
    """Copy a built-in file into the workspace; return its new path, and what the copy does there.

    `name` is the file's name in a workspace, or the last part of it if no other file has that.
    Raises UsageError for an unknown name, and TeachbackError when the clinic has such a file
    already. `force` replaces that one.
    """
    if workspace.root == workspace.builtin:
        hint = "Change to a workspace of your own, or make one: teachback init my-clinic"
        raise UsageError.of("the built-in files are in this very folder", hint)
    builtin = Workspace(workspace.builtin, workspace.builtin)
    files = effective_files(builtin)
    files |= {source_name(path): path for path in handout_files(builtin).values()}
    requested = PurePosixPath(name).as_posix()
    short_names = {file: {PurePosixPath(file).name, PurePosixPath(file).stem} for file in files}
    # The file of a translation has the name of its handout, so only its stem tells them apart.
    short_names |= {file: {stem_of(path)} for file, path in files.items() if is_translation(path)}
    matches = [file for file in files if file == requested] or [
        file for file, names in short_names.items() if requested in names
    ]
    if len(matches) > 1:
        # The templates of facing/ must be named with their folder.
        matches = [
            file for file in matches if PurePosixPath(file).parent.name != "facing"
        ] or matches
    if len(matches) > 1:
        hint = f"Name one of them: {', '.join(matches)}."
        raise UsageError.of(f"several built-in files are called '{name}'", hint)
    if not matches:
        near = guess(requested, files if "/" in requested else set().union(*short_names.values()))
        folders = ", ".join(sorted({str(PurePosixPath(file).parent) for file in files}))
        hint = f"{near} The built-in files are in {folders}.".strip()
        raise UsageError.of(f"there is no built-in file '{name}'", hint)
    target = workspace.root / matches[0]
    if os.path.lexists(target) and not force:
        hint = f"Keep it, or replace it: teachback copy {matches[0]} --force"
        raise TeachbackError.of("you have this file already", hint, Location(shown(target)))
    write_whole(target, read_bytes(files[matches[0]]))
    return target, (
        "Its entries are merged with the built-in ones by name. Keep those that you change, and "
        "delete the others: so they stay as new as the program."
        if is_merged(matches[0])
        else "From now on this file is used, and the built-in one of the same name is not."
    )


def _handout(sample: bytes, identifier: str, today: dt.date) -> bytes:
    return (
        sample.decode()
        .replace("THE-ID", identifier)
        .replace("THE-NAME", identifier.replace("-", " ").capitalize())
        .replace("THE-DATE", today.isoformat())
        .encode()
    )
