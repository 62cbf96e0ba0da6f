"""Find the last version of a handout that was approved for a reader, in its file or the archive.

The archive holds bytes that were a handout once. They are read as they are: rules that would refuse
them today are no reason to hide what has changed since.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from teachback.archive.store import ArchiveEntry, entries_at, entry_paths, object_path
from teachback.content.approval import fingerprint
from teachback.content.audience_coverage import reach_problems
from teachback.content.handout import Handout
from teachback.content.handout_loader import LoadedHandout, picture_hash
from teachback.content.loader import approval_mark
from teachback.content.validation_errors import validated
from teachback.errors import TeachbackError
from teachback.files.atomic_files import sha256
from teachback.files.workspace import file_bytes, shown
from teachback.files.yaml_reader import read_yaml

if TYPE_CHECKING:
    from pathlib import Path

    from teachback.content.workspace_content import WorkspaceContent
    from teachback.files.workspace import Workspace


@dataclass(frozen=True)
class ApprovedVersion:
    """A version that was approved for an audience.

    Holds its content, where it is kept, who approved it on which day, and the fingerprint of its
    text. `at` sorts versions by the day of their approval, and those of one day by when they were
    kept (UTC).
    """

    authored: LoadedHandout
    where: str
    reviewer: str
    reviewed: str
    mark: str
    at: tuple[str, str] = ("", "")


@dataclass
class Search:
    """The approved versions found, by audience, and descriptions of where the search looked."""

    found: dict[str, ApprovedVersion] = field(default_factory=dict)
    looked: str = ""

    def add(self, audience: str, earlier: ApprovedVersion) -> None:
        """Keep a version if it is the latest for its audience."""
        known = self.found.get(audience)
        if known is None or known.at <= earlier.at:
            self.found[audience] = earlier


def approved_before(
    authored: LoadedHandout, workspace: Workspace, shared: WorkspaceContent, archive: Path | None
) -> Search:
    """Search for the last approved version of a handout, for each of its audiences.

    `archive` is None where there is none. Sources that cannot be read, are damaged or cut off are
    reported in `looked`, and do not stop the search.
    """
    search = Search()
    search.looked = _look_in_archive(authored.handout, shared, workspace, archive, search)
    review, stands = authored.handout.review, authored.standing
    if review.status == "approved":
        picture = picture_hash(workspace)
        for name in authored.handout.audiences:
            if stands.review(review, name).status == "approved":
                mark = approval_mark(authored, shared.audiences.lineage(name), picture)
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
    """Add the version that an entry was printed from. Returns whether its bytes are intact."""
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


def _read(data: bytes, name: str, shared: WorkspaceContent) -> LoadedHandout | None:
    """Parse a version as a handout.

    None if today's model cannot read it, or if it left an audience without a text.
    """
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
