"""The last version of a handout that was approved for a reader: from the archive, else from git's history, where there is one.

Both hold bytes that were a handout once. They are read as they are; what today's rules would refuse in them is no reason
not to show what has changed since.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from teachback.approval import standing
from teachback.archive import entries_at, entry_paths, object_path
from teachback.content import Authored, picture_hash
from teachback.document import Handout
from teachback.errors import TeachbackError
from teachback.reach import reach_problems
from teachback.validation import validated
from teachback.workspace import shown
from teachback.yamlfile import read_yaml

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from teachback.content import Shared
    from teachback.workspace import Workspace

# How far back git's history of one file is searched, in changes of that file.
FAR: Final = 200
# In seconds; a history that takes longer is told as not searched.
PATIENCE: Final = 10
# Nothing that a repository's own settings name is started, and nothing is fetched.
_QUIET: Final = {"GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0", "GIT_ALLOW_PROTOCOL": "none", "GIT_NO_LAZY_FETCH": "1"}


@dataclass(frozen=True)
class Earlier:
    """A version that was approved for an audience: what it said, where it is kept, who approved it and on which day."""

    authored: Authored
    where: str
    reviewer: str
    reviewed: str


@dataclass(frozen=True)
class Search:
    """What a search for approved versions found, by audience, and in words where it looked."""

    found: dict[str, Earlier]
    looked: tuple[str, ...]


def approved_before(authored: Authored, path: Path, workspace: Workspace, shared: Shared, archive: Path | None) -> Search:
    """Search for the last approved version of a handout, for each of its audiences; the archive goes before git.

    `archive` is None where there is none. A folder or a history that cannot be read is told in `looked`, and stops nothing.
    """
    looked, found = _from_archive(authored.handout, shared, archive)
    missing = tuple(name for name in authored.handout.audiences if name not in found)
    if missing:
        said, more = _from_git(path, workspace, shared, missing)
        looked, found = (*looked, said), {**more, **found}
    return Search(found, looked)


def _from_archive(handout: Handout, shared: Shared, archive: Path | None) -> tuple[tuple[str, ...], dict[str, Earlier]]:
    if archive is None:
        return ("there is no archive",), {}
    found: dict[str, Earlier] = {}
    try:
        paths = [path for group in entry_paths(archive).values() for path in group]
        # The oldest first, so that the newest stays.
        for entry in entries_at(paths):
            if (entry.handout, entry.language, entry.review.get("status")) != (handout.id, handout.language, "approved"):
                continue
            for name, sha256 in entry.sources.items():
                if not name.startswith("content/handouts/"):
                    continue
                old = _read(object_path(archive, name, sha256).read_bytes(), f"{entry.code}:{name}", shared)
                if old is not None and old.handout.id == handout.id and old.handout.language == handout.language:
                    where = f"the archive, edition {entry.code}, kept {entry.kept[:10]}"
                    found[entry.audience] = Earlier(old, where, entry.review.get("reviewer") or "", entry.review.get("reviewed") or "")
    except (OSError, TeachbackError):
        return (f"the archive {shown(archive)} cannot be read",), {}
    return (f"the archive {shown(archive)}",), found


def _from_git(path: Path, workspace: Workspace, shared: Shared, audiences: tuple[str, ...]) -> tuple[str, dict[str, Earlier]]:
    git = shutil.which("git")
    if git is None:
        return "git is not installed", {}
    found: dict[str, Earlier] = {}
    try:
        for commit, day in _commits(git, path):
            data = _git(git, path, "cat-file", "blob", f"{commit}:./{path.name}")
            if b"approved" not in data:
                continue
            old = _read(data, f"{commit[:10]}:{path.name}", shared)
            if old is None or old.handout.review.status != "approved":
                continue
            review = old.handout.review
            stands = standing(old.handout, shared.audiences, picture_hash(workspace))
            for name in audiences:
                if name in old.handout.audiences and name not in (*found, *stands.changed, *stands.missing):
                    where = f"git, commit {commit[:10]} of {day}"
                    found[name] = Earlier(old, where, review.reviewer or "", str(review.reviewed or ""))
            if set(audiences) <= set(found):
                break
    except (OSError, subprocess.SubprocessError):
        return "git's history cannot be read", found
    return "git's history of the file", found


def _commits(git: str, path: Path) -> Iterator[tuple[str, str]]:
    """Give the commits that changed a file, the newest first, with their days."""
    told = _git(git, path, "log", "--no-show-signature", f"--max-count={FAR}", "--format=%H %as", "--", path.name)
    for line in told.decode("ascii", "replace").splitlines():
        commit, _, day = line.partition(" ")
        yield commit, day


def _git(git: str, path: Path, *words: str) -> bytes:
    """Ask git about the folder of a file. Raises SubprocessError where it is in no repository, or the file not in its history."""
    command = [git, "--no-pager", "-c", "core.fsmonitor=false", *words]
    environment = {**os.environ, **_QUIET}
    done = subprocess.run(  # noqa: S603 -- git, with words of ours and a name that exists
        command, cwd=path.parent, env=environment, capture_output=True, stdin=subprocess.DEVNULL, timeout=PATIENCE, check=True
    )
    return done.stdout


def _read(data: bytes, name: str, shared: Shared) -> Authored | None:
    """Read a version as a handout; None for one that today's model cannot read, or that left a reader without a text."""
    try:
        file = read_yaml(data, name)
        handout = validated(Handout, file)
    except TeachbackError:
        return None
    return None if any(True for _ in reach_problems(handout, shared.audiences)) else Authored(handout, file)
