"""Print archived editions again from their kept sources alone, and compare the bytes."""

from __future__ import annotations

import datetime as dt
import hashlib
import importlib.metadata
from collections import defaultdict
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final

from teachback import __version__
from teachback.archive.store import ArchivedFile, ArchiveEntry, entries_at, entry_paths, object_path
from teachback.commands.build import build
from teachback.errors import Location, Problem, Severity, TeachbackError
from teachback.files.workspace import (
    BELOW,
    TRANSLATIONS,
    Workspace,
    file_bytes,
    shown,
    stem_of,
    write_whole,
)
from teachback.printing.settings import Offset, Settings, Sides
from teachback.units import Depth, Paper, PrintInk, TypeSize, split_languages

if TYPE_CHECKING:
    from collections.abc import Iterator

    from teachback.printing.build_record import Output

HANDOUTS: Final = "content/handouts/"
# Runs of `teachback card`. The archive does not record how many cards of whom they have.
_RUNS: Final = frozenset({"cards", "cards-press"})
_FORMATS: Final = {"sheet": "pdf"}


def reprint(folder: Path) -> tuple[Problem, ...]:
    """Print every edition of an archive again in a temporary folder; return the differences.

    A difference is an error if Teachback and WeasyPrint have the recorded versions, and a warning
    otherwise. A run of cards that cannot be printed again is a warning, too. Damaged records and
    sources are skipped: `verify` reports them.
    """
    problems: list[Problem] = []
    for paths in entry_paths(folder).values():
        for entry in entries_at(paths):
            with TemporaryDirectory(prefix="teachback-") as temporary:
                workspace = _restored_sources(folder, entry, Path(temporary))
                if workspace is not None:
                    problems += _differences(folder, entry, workspace, Path(temporary) / "build")
    return tuple(problems)


def _restored_sources(folder: Path, entry: ArchiveEntry, place: Path) -> Workspace | None:
    """Restore the sources of an edition below a folder; return None when one is damaged.

    Files that were merged with built-in ones are a clinic's again, and all others are built-in.
    """
    workspace = Workspace(place / "workspace", place / "builtin")
    merged = {name.removeprefix(BELOW) for name in entry.sources if name.startswith(BELOW)}
    for name, sha256 in entry.sources.items():
        root = workspace.root if name in merged else workspace.builtin
        inside = name.removeprefix(BELOW)
        try:
            data = file_bytes(object_path(folder, name, sha256))
        except OSError:
            return None
        target = (root / inside).resolve()
        if hashlib.sha256(data).hexdigest() != sha256 or not target.is_relative_to(root.resolve()):
            return None
        write_whole(root / inside, data)
    return workspace if merged else Workspace(workspace.builtin, workspace.builtin)


def _differences(
    folder: Path, entry: ArchiveEntry, workspace: Workspace, output: Path
) -> Iterator[Problem]:
    now = f"Teachback {__version__} with WeasyPrint {importlib.metadata.version('weasyprint')}"
    then = f"Teachback {entry.program} with WeasyPrint {entry.weasyprint}"
    by = f"by {now}" if now == then else f"by {now} (kept: by {then})"
    severity = Severity.ERROR if now == then else Severity.WARNING
    for settings, kept_files in _orders(entry, output):
        try:
            built = build(settings, workspace, dt.date.fromisoformat(entry.kept[:10]))
            printed_hashes = {_identity(printed): printed.sha256 for printed in built.outputs}
            reasons = [
                problem.message for problem in built.problems if problem.severity is Severity.ERROR
            ]
        except TeachbackError as error:
            printed_hashes, reasons = {}, [problem.message for problem in error.problems]
        for kept in kept_files:
            place = Location(shown(object_path(folder, kept.file, kept.sha256)))
            sha256 = printed_hashes.get(_identity(kept))
            if sha256 is None:
                why = f": {reasons[0]}" if reasons else ""
                message = f"{entry.code}: {kept.file} cannot be printed again {by}{why}"
                yield Problem(message, "", place, severity)
            elif sha256 != kept.sha256:
                hint = (
                    "What is kept is what was printed. "
                    "Other text libraries (see `teachback doctor`) print other bytes, too."
                )
                message = f"{entry.code}: {kept.file}, printed again {by}, has other bytes"
                yield Problem(message, hint, place, severity)
    for kept in entry.outputs:
        if kept.form in _RUNS:
            message = f"{entry.code}: {kept.file} is a run of cards, which is not printed again"
            place = Location(shown(object_path(folder, kept.file, kept.sha256)))
            yield Problem(message, "Its bytes were hashed again.", place, Severity.WARNING)


def _identity(file: Output | ArchivedFile) -> str:
    """Return what identifies a file in an edition; a sheet's name does not hold its whole setup."""
    return f"sheet {' '.join(file.setup.split())} {file.ink}" if file.form == "sheet" else file.file


def _orders(entry: ArchiveEntry, output: Path) -> Iterator[tuple[Settings, list[ArchivedFile]]]:
    """Yield the settings of each build that prints some of the files again, and those files."""
    groups: defaultdict[tuple[str, ...], list[ArchivedFile]] = defaultdict(list)
    for kept in entry.outputs:
        if kept.form in _RUNS:
            continue
        paper = kept.paper if kept.kind == "handout" and kept.paper else str(Paper.LETTER)
        groups[kept.kind, kept.size, paper, kept.setup, kept.depth, kept.ink].append(kept)
    # A translation is kept with the handout that it translates.
    names = [name for name in entry.sources if name.startswith((HANDOUTS, TRANSLATIONS))]
    stem = stem_of(Path(max(names, key=lambda name: name.startswith(TRANSLATIONS))))
    language, facing = split_languages(entry.language)
    for (kind, size, paper, setup, depth, ink), kept_files in groups.items():
        stock, sides, offset, back_offset = setup.split(" ") if setup else ("", "", "", "")
        settings = Settings(
            handouts=(stem,),
            audiences=(entry.audience,),
            language=language,
            facing=facing,
            paper=Paper(paper),
            size=TypeSize(size),
            depth=Depth(depth),
            ink=PrintInk(ink) if ink else None,
            kinds=(kind,),
            formats=tuple(sorted({_FORMATS.get(kept.form, kept.form) for kept in kept_files})),
            output=output,
            jobs=1,
            stock=stock or None,
            sides=Sides(sides) if sides else None,
            offset=_offset(offset),
            back_offset=_offset(back_offset),
            force=True,
        )
        yield settings, kept_files


def _offset(written: str) -> Offset:
    x, _, y = written.partition(",")
    return Offset(float(x or 0), float(y or 0))
