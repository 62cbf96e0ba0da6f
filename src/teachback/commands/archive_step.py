"""Keep what a run has printed in the archive, if there is one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from teachback.errors import TeachbackError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from teachback.content.loader import LoadedHandouts
    from teachback.errors import Problem
    from teachback.files.workspace import Workspace
    from teachback.printing.build_record import Output
    from teachback.printing.settings import Settings


@dataclass(frozen=True)
class ArchivedRun:
    """The codes of the editions that the archive keeps, or why it does not keep them."""

    codes: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()


def archive_outputs(
    settings: Settings,
    workspace: Workspace,
    outputs: Sequence[Output],
    reading: LoadedHandouts | None,
) -> ArchivedRun:
    """Keep outputs, new and old, in the archive.

    `reading` are the handouts that the run has read, so that they are not read again.
    """
    if settings.archive is None or not outputs:
        return ArchivedRun()
    from teachback.archive.store import all_kept, archive_problems

    files = [
        (code, output.file, output.sha256) for output in outputs for code in output.code.split()
    ]
    try:
        if not all_kept(settings.archive, files):
            from teachback.archive.recorder import keep_editions

            keep_editions(settings.archive, outputs, settings.output, workspace, reading)
    except TeachbackError as error:
        return ArchivedRun(problems=archive_problems(error))
    return ArchivedRun(tuple(sorted({code for code, _, _ in files})))
