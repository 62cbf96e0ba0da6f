"""Archive the editions that `merge` printed, without a patient's words."""

from __future__ import annotations

from dataclasses import replace
from itertools import groupby
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from teachback.archive.store import archive_problems
from teachback.commands.archive_step import ArchivedRun
from teachback.errors import Severity, TeachbackError
from teachback.units import Paper, TypeSize, split_languages

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable

    from teachback.errors import Problem
    from teachback.files.workspace import Workspace
    from teachback.printing.settings import Settings


def keep_blank_editions(
    settings: Settings,
    workspace: Workspace,
    today: dt.date,
    editions: Iterable[tuple[str, str, str, str, str]],
) -> ArchivedRun:
    """Print editions into a temporary folder, and keep them in the archive, if there is one.

    An edition is audience, language, paper (empty for a card), size and kind. They are printed by
    `build`, so no patient's words are in them.
    """
    if settings.archive is None:
        return ArchivedRun()
    from teachback.commands.build import build

    codes: set[str] = set()
    problems: list[Problem] = []
    by_form = sorted((edition[1:], edition[0]) for edition in editions)
    for (language, paper, size, kind), group in groupby(by_form, key=lambda edition: edition[0]):
        with TemporaryDirectory(prefix="teachback-") as folder:
            first, facing = split_languages(language)
            blank_settings = replace(
                settings,
                audiences=tuple(audience for _, audience in group),
                language=first,
                # A card has no room for two languages.
                facing="" if kind == "card" else facing,
                paper=Paper(paper) if paper else settings.paper,
                size=TypeSize(size),
                kinds=(kind,),
                formats=("pdf",),
                output=Path(folder),
                proof=False,
            )
            try:
                built = build(blank_settings, workspace, today)
            except TeachbackError as error:
                problems += archive_problems(error)
                continue
        codes.update(built.archived)
        errors = [problem for problem in built.problems if problem.severity is Severity.ERROR]
        problems += archive_problems(TeachbackError(*errors))
    return ArchivedRun(tuple(sorted(codes)), tuple(dict.fromkeys(problems)))
