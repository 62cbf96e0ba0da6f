"""The last version of a handout that was approved for a reader: the file itself, the archive, or git's history, whichever is the latest.

Both hold bytes that were a handout once. They are read as they are; what today's rules would refuse in them is no reason
not to show what has changed since.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from teachback.archive.store import ArchiveEntry, entries_at, entry_paths, object_path
from teachback.content.approval import fingerprint, standing
from teachback.content.audience_coverage import reach_problems
from teachback.content.handout import Handout
from teachback.content.loader import LoadedHandout, picture_hash
from teachback.content.validation_errors import validated
from teachback.errors import TeachbackError
from teachback.files.atomic_files import sha256
from teachback.files.workspace import file_bytes, shown
from teachback.files.yaml_reader import read_yaml

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from teachback.content.loader import WorkspaceContent
    from teachback.files.workspace import Workspace

# How far back git's history of one file is searched, in changes of that file.
FAR: Final = 200
# In seconds; a history that takes longer is told as not read.
PATIENCE: Final = 10
# Nothing that a repository's own settings name is started, and nothing is fetched.
_QUIET: Final = {
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_ALLOW_PROTOCOL": "none",
    "GIT_NO_LAZY_FETCH": "1",
}


@dataclass(frozen=True)
class ApprovedVersion:
    """A version that was approved for an audience: what it said, where it is kept, who approved it and on which day, and the mark of its text.

    `at` sorts versions by the day of their approval, and those of one day by when they were kept (UTC).
    """

    authored: LoadedHandout
    where: str
    reviewer: str
    reviewed: str
    mark: str
    at: tuple[str, str] = ("", "")


@dataclass
class Search:
    """What a search for approved versions found, by audience, and in words where it looked."""

    found: dict[str, ApprovedVersion] = field(default_factory=dict)
    looked: tuple[str, ...] = ()

    def add(self, audience: str, earlier: ApprovedVersion) -> None:
        """Keep a version, if it is the latest for its audience."""
        known = self.found.get(audience)
        if known is None or known.at <= earlier.at:
            self.found[audience] = earlier


def approved_before(
    authored: LoadedHandout,
    path: Path,
    workspace: Workspace,
    shared: WorkspaceContent,
    archive: Path | None,
) -> Search:
    """Search for the last approved version of a handout, for each of its audiences.

    `archive` is None where there is none. What cannot be read, is damaged or cut off is told in `looked`, and stops nothing.
    """
    search = Search()
    search.looked = (
        _look_in_archive(authored.handout, shared, workspace, archive, search),
        _look_in_git(path, workspace, shared, search),
    )
    review, stands = authored.handout.review, authored.standing
    if review.status == "approved":
        picture = picture_hash(workspace)
        for name in authored.handout.audiences:
            if name not in (*stands.changed, *stands.missing):
                mark = fingerprint(authored.handout, shared.audiences.lineage(name), picture)
                reviewed = str(review.reviewed or "")
                search.add(
                    name,
                    ApprovedVersion(
                        authored,
                        "as the file says",
                        review.reviewer or "",
                        reviewed,
                        mark,
                        (reviewed, "Z"),
                    ),
                )
    return search


def _look_in_archive(
    handout: Handout,
    shared: WorkspaceContent,
    workspace: Workspace,
    archive: Path | None,
    search: Search,
) -> str:
    if archive is None:
        return "there is no archive"
    damaged = False
    try:
        paths = [path for group in entry_paths(archive).values() for path in group]
        entries = entries_at(paths)
        damaged = len(entries) < len(paths)
        for entry in entries:
            if (entry.handout, entry.language, entry.review.get("status")) == (
                handout.id,
                handout.language,
                "approved",
            ):
                damaged |= not _take_entry(entry, archive, shared, workspace, search)
    except (OSError, TeachbackError):
        return f"the archive {shown(archive)}, which cannot be read"
    return f"the archive {shown(archive)}" + (
        ", which is damaged: `teachback verify` says where" if damaged else ""
    )


def _take_entry(
    entry: ArchiveEntry,
    archive: Path,
    shared: WorkspaceContent,
    workspace: Workspace,
    search: Search,
) -> bool:
    """Keep the version that an entry was printed from; say whether its bytes are still those that were kept."""
    whole = True

    def picture(name: str) -> str:
        return entry.sources.get(f"content/{name}") or picture_hash(workspace)(name)

    for name, expected in entry.sources.items():
        if not name.startswith("content/handouts/"):
            continue
        try:
            data = file_bytes(object_path(archive, name, expected))
        except OSError:
            data = b""
        if sha256(data) != expected:
            whole = False
            continue
        old = _read(data, f"{entry.code}:{name}", shared)
        if old is not None and (old.handout.id, old.handout.language) == (
            entry.handout,
            entry.language,
        ):
            mark = fingerprint(old.handout, shared.audiences.lineage(entry.audience), picture)
            where = f"the archive, edition {entry.code}, kept {entry.kept[:10]}"
            reviewed = entry.review.get("reviewed") or ""
            search.add(
                entry.audience,
                ApprovedVersion(
                    old,
                    where,
                    entry.review.get("reviewer") or "",
                    reviewed,
                    mark,
                    (reviewed, entry.kept),
                ),
            )
    return whole


def _look_in_git(path: Path, workspace: Workspace, shared: WorkspaceContent, search: Search) -> str:
    git = shutil.which("git")
    if git is None:
        return "git is not installed"
    try:
        told = _git(git, path, "rev-parse", "--is-shallow-repository").decode("ascii", "replace")
    except (OSError, subprocess.SubprocessError):
        return "the file is in no git repository"
    done: set[str] = set()
    try:
        for commit, day, when in _commits(git, path):
            data = _git(git, path, "cat-file", "blob", f"{commit}:./{path.name}")
            old = _read(data, f"{commit[:10]}:{path.name}", shared) if b"approved" in data else None
            if old is None or old.handout.review.status != "approved":
                continue
            review, picture = old.handout.review, _pictures(git, path, commit, workspace)
            stands = standing(old.handout, shared.audiences, picture)
            for name in old.handout.audiences:
                if name in (*done, *stands.changed, *stands.missing):
                    continue
                done.add(name)
                mark = fingerprint(old.handout, shared.audiences.lineage(name), picture)
                where, reviewed = f"git, commit {commit[:10]} of {day}", str(review.reviewed or "")
                search.add(
                    name,
                    ApprovedVersion(
                        old, where, review.reviewer or "", reviewed, mark, (reviewed, when)
                    ),
                )
            if done >= set(old.handout.audiences):
                break
    except (OSError, subprocess.SubprocessError):
        return "git's history of the file, which cannot be read"
    return "git's history of the file" + (
        ", which is cut off here (a shallow copy)" if told.strip() == "true" else ""
    )


def _commits(git: str, path: Path) -> Iterator[tuple[str, str, str]]:
    """Give the commits that changed a file, the newest first, with their days, and their times in UTC."""
    told = _git(git, path, "log", "--no-show-signature", f"--max-count={FAR}", "--date=format-local:%Y-%m-%dT%H:%M:%SZ", "--format=%H %as %cd", "--", path.name)  # fmt: skip
    for line in told.decode("ascii", "replace").splitlines():
        commit, day, when = line.split(" ", 2)
        yield commit, day, when


def _pictures(git: str, path: Path, commit: str, workspace: Workspace) -> Callable[[str], str]:
    """Give what hashes a picture as it was in a commit; as it is now, where that commit has none of its name."""
    up = "/".join(
        [".."] * len(Path(os.path.relpath(path.parent, workspace.root / "content")).parts)
    )

    def hashed(name: str) -> str:
        try:
            return sha256(_git(git, path, "cat-file", "blob", f"{commit}:{up}/{name}"))
        except subprocess.SubprocessError:
            return picture_hash(workspace)(name)

    return hashed


def _git(git: str, path: Path, *words: str) -> bytes:
    """Ask git about the folder of a file. Raises SubprocessError where it is in no repository, or the file not in its history."""
    command = [git, "--no-pager", "-c", "core.fsmonitor=false", *words]
    environment = {**os.environ, **_QUIET, "TZ": "UTC"}
    done = subprocess.run(  # noqa: S603 -- git, with words of ours and a name that exists
        command,
        cwd=path.parent,
        env=environment,
        capture_output=True,
        stdin=subprocess.DEVNULL,
        timeout=PATIENCE,
        check=True,
    )
    return done.stdout


def _read(data: bytes, name: str, shared: WorkspaceContent) -> LoadedHandout | None:
    """Read a version as a handout; None for one that today's model cannot read, or that left a reader without a text."""
    try:
        file = read_yaml(data, name)
        handout = validated(Handout, file)
    except TeachbackError:
        return None
    return (
        None
        if any(True for _ in reach_problems(handout, shared.audiences))
        else LoadedHandout(handout, file)
    )
