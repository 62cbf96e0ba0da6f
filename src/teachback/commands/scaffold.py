"""Create new files for a clinic: a workspace or a handout. Existing files are not overwritten."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from teachback.errors import Location, Problem, TeachbackError, UsageError
from teachback.files.workspace import Workspace, builtin_root, find, read_bytes, shown, write_whole

if TYPE_CHECKING:
    import datetime as dt
    from pathlib import Path

SCHEMA = "content/handout.schema.json"
SAMPLE_ID = "before-your-visit"
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
        folder / SCHEMA: read_bytes(builtin / SCHEMA),
    }
    there = [path for path in files if path.exists()]
    if there:
        raise TeachbackError(
            *(
                Problem(
                    "this file already exists",
                    "Nothing was written. Choose another folder.",
                    Location(shown(path)),
                )
                for path in there
            )
        )
    for path, data in files.items():
        write_whole(path, data)
    return tuple(files)


def new(identifier: str, workspace: Workspace, today: dt.date) -> Path:
    """Write a handout to start from, and return its file.

    Raises UsageError for an invalid id, and TeachbackError when the handout exists.
    """
    if not _ID.fullmatch(identifier) or len(identifier) > 60:  # noqa: PLR2004 -- the longest id of the model
        raise UsageError(
            Problem(
                f"'{identifier}' cannot be the id of a handout",
                "Use lower-case letters, digits and hyphens, such as sick-days.",
            )
        )
    path = workspace.root / "content" / "handouts" / f"{identifier}.yaml"
    if path.exists():
        raise TeachbackError(
            Problem("this handout already exists", "Choose another id.", Location(shown(path)))
        )
    sample = (
        find(workspace, "content/samples/handout.yaml")
        or builtin_root() / "content" / "samples" / "handout.yaml"
    )
    write_whole(path, _handout(read_bytes(sample), identifier, today))
    return path


def _handout(sample: bytes, identifier: str, today: dt.date) -> bytes:
    return (
        sample.decode()
        .replace("THE-ID", identifier)
        .replace("THE-DATE", today.isoformat())
        .encode()
    )
