"""Find the last version of a handout that was approved for a reader, in its file or the archive.

Archived versions are read without applying the rules of today: a version that would be refused now
still shows what has changed since.
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

    `where` describes where it was found, and `mark` is the fingerprint of its text. `at` sorts
    versions by the day of their approval, and those of one day by when they were kept (UTC).
    """

    authored: LoadedHandout
    where: str
    reviewer: str
    reviewed: str
    mark: str
    at: tuple[str, str] = ("", "")


@dataclass
class Search:
    """The approved versions found, by audience, and a description of where the search looked."""

    found: dict[str, ApprovedVersion] = field(default_factory=dict)
    looked: str = ""

    def add(self, audience: str, version: ApprovedVersion) -> None:
        """Keep a version if none of its audience is later."""
        latest = self.found.get(audience)
        if latest is None or latest.at <= version.at:
            self.found[audience] = version


def approved_before(
    authored: LoadedHandout, workspace: Workspace, shared: WorkspaceContent, archive: Path | None
) -> Search:
    """Search for the last approved version of a handout, for each of its audiences.

    `archive` is None where there is none. `looked` reports an archive that is damaged or cannot be
    read; that does not stop the search.
    """
    search = Search()
    search.looked = _search_archive(authored.handout, shared, workspace, archive, search)
    review, approval = authored.handout.review, authored.approval
    if review.status == "approved":
        picture = picture_hash(workspace)
        for name in authored.handout.audiences:
            if approval.review(review, name).status == "approved":
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


def _search_archive(
    handout: Handout,
    shared: WorkspaceContent,
    workspace: Workspace,
    archive: Path | None,
    search: Search,
) -> str:
    if archive is None:
        return "there is no archive"
    is_damaged = False
    try:
        paths = [path for group in entry_paths(archive).values() for path in group]
        entries = entries_at(paths)
        is_damaged = len(entries) < len(paths)
        for entry in entries:
            if (entry.handout, entry.language, entry.review.get("status")) == (
                handout.id,
                handout.language,
                "approved",
            ):
                is_damaged |= not _add_entry(entry, archive, shared, workspace, search)
    except (OSError, TeachbackError):
        return f"the archive {shown(archive)}, which cannot be read"
    return f"the archive {shown(archive)}" + (
        ", which is damaged: `teachback verify` says where" if is_damaged else ""
    )


def _add_entry(
    entry: ArchiveEntry,
    archive: Path,
    shared: WorkspaceContent,
    workspace: Workspace,
    search: Search,
) -> bool:
    """Add the version that an entry was printed from; return whether its bytes are intact."""
    is_intact = True

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
            is_intact = False
            continue
        authored = _parsed(data, f"{entry.code}:{name}", shared)
        if authored is not None and (authored.handout.id, authored.handout.language) == (
            entry.handout,
            entry.language,
        ):
            mark = fingerprint(authored.handout, shared.audiences.lineage(entry.audience), picture)
            where = f"the archive, edition {entry.code}, kept {entry.kept[:10]}"
            reviewed = entry.review.get("reviewed") or ""
            search.add(
                entry.audience,
                ApprovedVersion(
                    authored,
                    where,
                    entry.review.get("reviewer") or "",
                    reviewed,
                    mark,
                    (reviewed, entry.kept),
                ),
            )
    return is_intact


def _parsed(data: bytes, name: str, shared: WorkspaceContent) -> LoadedHandout | None:
    """Parse a version; return None if it is invalid, or leaves an audience without a text."""
    try:
        file = read_yaml(data, name)
        handout = validated(Handout, file)
    except TeachbackError:
        return None
    has_gaps = any(True for _ in reach_problems(handout, shared.audiences))
    return None if has_gaps else LoadedHandout(handout, file)
