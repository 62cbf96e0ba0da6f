"""Record what a run printed in the archive: the edition, its review, and every source file."""

from __future__ import annotations

import datetime as dt
import hashlib
import importlib.metadata
from typing import TYPE_CHECKING

from teachback import __version__
from teachback.archive.store import ArchivedFile, ArchiveEntry, keep_entries
from teachback.content.inline_markup import plain
from teachback.content.loader import read_handouts
from teachback.errors import Location, Problem, TeachbackError
from teachback.files.workspace import (
    effective_files,
    handout_files,
    read_bytes,
    read_named,
    shown,
    source_files,
    source_name,
)
from teachback.printing.design import open_design
from teachback.printing.fingerprints import made_from, shared_fingerprint
from teachback.printing.job_composer import editions_by_code

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from teachback.content.loader import LoadedHandouts
    from teachback.files.workspace import Workspace
    from teachback.printing.build_record import Output

    Blobs = dict[tuple[str, str], bytes]


def keep_editions(
    archive: Path,
    outputs: Iterable[Output],
    folder: Path,
    workspace: Workspace,
    reading: LoadedHandouts | None,
) -> None:
    """Keep printed files of `folder` in an archive, each under its code, with its sources.

    `reading` are the handouts that the run has read. Raises TeachbackError when something cannot be
    kept: a file or a source that changed after printing (the others are kept then), or an archive
    that cannot be written to.
    """
    blobs: Blobs = {}
    shared_sources = {
        name: _read_source(name, path, blobs) for name, path in effective_files(workspace).items()
    }
    fingerprint = shared_fingerprint(workspace)
    design = open_design(workspace)
    files = handout_files(workspace)
    by_stem: dict[str, list[Output]] = {}
    for output in outputs:
        by_stem.setdefault(output.stem, []).append(output)
    entries: list[ArchiveEntry] = []
    problems: list[Problem] = []
    for stem, group in sorted(by_stem.items()):
        if stem not in files:
            message = f"the handout '{stem}' was removed during printing"
            problems.append(Problem(message, "Put it back, and build again."))
            continue
        own_sources = {
            source_name(path): _read_source(source_name(path), path, blobs)
            for path in source_files(files[stem], workspace)
        }
        sources = {**shared_sources, **own_sources}
        reading = read_handouts(workspace, {stem: files[stem]}, reading)
        origin = made_from(fingerprint, *(blobs[source] for source in own_sources.items()))
        editions = {} if stem in reading.problems else editions_by_code(reading, stem, design)
        # The hash proves that these sources were printed, and the codes prove that they give the
        # text on the paper.
        if any(
            output.made_from != origin or not set(output.code.split()) <= set(editions)
            for output in group
        ):
            hint = "Print it again, so that the archive gets what it was printed from."
            message = "a file was changed while this was printed"
            problems.append(Problem(message, hint, Location(shown(files[stem]))))
            continue
        files_by_code: dict[str, list[ArchivedFile]] = {}
        for output in group:
            try:
                archived = _archived_file(output, folder, blobs)
            except TeachbackError as error:
                problems += error.problems
                continue
            for code in output.code.split():
                files_by_code.setdefault(code, []).append(archived)
        for code, archived_files in files_by_code.items():
            edition = editions[code]
            review = edition.review
            entries.append(
                ArchiveEntry(
                    code=code,
                    handout=edition.handout,
                    audience=edition.audience,
                    language=edition.languages,
                    title=plain(edition.title),
                    badge=edition.badge,
                    version=edition.version.isoformat(),
                    review={
                        "status": review.status,
                        "reviewer": review.reviewer,
                        "reviewed": review.reviewed.isoformat() if review.reviewed else None,
                        "due": review.due.isoformat() if review.due else None,
                    },
                    program=__version__,
                    weasyprint=importlib.metadata.version("weasyprint"),
                    kept=dt.datetime.now(tz=dt.UTC).isoformat(timespec="seconds"),
                    outputs=tuple(sorted(archived_files, key=lambda output: output.file)),
                    sources=dict(sorted(sources.items())),
                )
            )
    if entries:
        keep_entries(archive, entries, blobs)
    if problems:
        raise TeachbackError(*problems)


def _read_source(name: str, path: Path, blobs: Blobs) -> str:
    data = read_bytes(path)
    sha256 = hashlib.sha256(data).hexdigest()
    blobs[name, sha256] = data
    return sha256


def _archived_file(output: Output, folder: Path, blobs: Blobs) -> ArchivedFile:
    path = folder / output.file
    data = read_named(path)
    if hashlib.sha256(data).hexdigest() != output.sha256:
        hint = "Build again: it is then printed again, and archived."
        message = "this file was changed after it was printed"
        raise TeachbackError.of(message, hint, Location(shown(path)))
    blobs[output.file, output.sha256] = data
    return ArchivedFile(
        file=output.file,
        kind=output.kind,
        form=output.form,
        size=output.size,
        paper=output.paper,
        pages=output.pages,
        setup=output.setup,
        sha256=output.sha256,
        length=len(data),
        depth=output.depth,
        ink=output.ink,
    )
