"""Load all handouts and translations that are asked for, each whole or with its problems."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING

from teachback.content.approval import fingerprint
from teachback.content.handout import Handout
from teachback.content.handout_loader import FaultyHandoutError, LoadedHandout, validate_authored
from teachback.content.validation_errors import validated
from teachback.content.workspace_content import load_shared
from teachback.errors import TeachbackError, collected
from teachback.files.workspace import is_translation, read_bytes, shown
from teachback.files.yaml_reader import read_yaml

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from teachback.content.workspace_content import WorkspaceContent
    from teachback.errors import Problem
    from teachback.files.workspace import Workspace


@dataclass(frozen=True)
class LoadedHandouts:
    """The files that were read: shared files, and each handout or its problems, by file stem.

    `faulty` are the handouts with problems whose texts can be checked, and `laid_out` the parts of
    these that can be laid out. `translations` are the stems of all translations, also of those with
    problems.
    """

    shared: WorkspaceContent
    authored: Mapping[str, LoadedHandout]
    problems: Mapping[str, tuple[Problem, ...]]
    faulty: Mapping[str, LoadedHandout] = field(default_factory=dict)
    translations: frozenset[str] = frozenset()
    laid_out: Mapping[str, LoadedHandout] = field(default_factory=dict)


def read_handouts(
    workspace: Workspace, paths: Mapping[str, Path], before: LoadedHandouts | None = None
) -> LoadedHandouts:
    """Read handouts, and keep those of an earlier reading.

    Raises TeachbackError when a shared file is wrong.
    """
    before = before or LoadedHandouts(_load_shared(workspace, paths), {}, {})
    authored, problems = dict(before.authored), dict(before.problems)
    faulty, laid_out = dict(before.faulty), dict(before.laid_out)
    for stem, path in paths.items():
        if stem in authored or stem in problems:
            continue
        try:
            authored[stem] = load_handout(path, workspace, before.shared)
        except TeachbackError as error:
            problems[stem] = error.problems
            if isinstance(error, FaultyHandoutError):
                faulty[stem] = error.authored
                if error.laid_out:
                    laid_out[stem] = error.laid_out
    translations = {stem for stem, path in paths.items() if is_translation(path)}
    return replace(
        before,
        authored=authored,
        problems=problems,
        faulty=faulty,
        translations=before.translations | translations,
        laid_out=laid_out,
    )


def _load_shared(workspace: Workspace, paths: Mapping[str, Path]) -> WorkspaceContent:
    """Read the shared files.

    Raises TeachbackError with their problems, and with those in the format of handouts.
    """
    try:
        return load_shared(workspace)
    except TeachbackError as error:
        problems = list(error.problems)
        for path in paths.values():
            if not is_translation(path):
                collected(partial(_parse_handout, path), problems)
        raise TeachbackError(*problems) from None


def _parse_handout(path: Path) -> Handout:
    return validated(Handout, read_yaml(read_bytes(path), shown(path)))


def load_handout(path: Path, workspace: Workspace, shared: WorkspaceContent) -> LoadedHandout:
    """Read and check one handout. Raises TeachbackError with every problem found."""
    return validate_handout(read_bytes(path), path, workspace, shared)


def validate_handout(
    raw: bytes, path: Path, workspace: Workspace, shared: WorkspaceContent
) -> LoadedHandout:
    """Check the bytes of a handout file.

    Raises TeachbackError with every problem found; it is a FaultyHandoutError if the texts can be
    checked for more.
    """
    if not is_translation(path):
        return validate_authored(raw, path, workspace, shared)
    # Imported here because most handouts are no translations.
    from teachback.content.translation_loader import validate_translation

    return validate_translation(raw, path, workspace, shared)


def approval_mark(
    authored: LoadedHandout, lineage: tuple[str, ...], picture: Callable[[str], str]
) -> str:
    """Return the mark by which an approval of a handout for one reader is recorded."""
    if authored.translated is None:
        return fingerprint(authored.handout, lineage, picture)
    from teachback.content.translation_loader import translation_approval

    return translation_approval(authored.translated.texts, lineage, picture)
