"""Hold what the press room has read of a workspace, and notice when its files change.

File times are polled: a network drive does not report what other machines write there.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, TypeVar

from teachback.checking.blocking_rules import PrintGate
from teachback.content.loader import LoadedHandouts, read_handouts
from teachback.content.search_words import SearchWords, load_search_words
from teachback.errors import Problem, Severity, TeachbackError
from teachback.files.font_coverage import coverage
from teachback.files.workspace import (
    ANY_LANGUAGE,
    chosen_handouts,
    effective_files,
    fonts_for_names,
    handout_files,
    source_files,
)
from teachback.printing.card_stock import Stocks, load_stocks
from teachback.printing.job_composer import PrintContext, print_context

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from teachback.files.workspace import Workspace
    from teachback.printing.settings import Settings

ValueT = TypeVar("ValueT")

# A file's time of change, size and inode number.
FileMark = tuple[int, int, int]


@dataclass(frozen=True)
class WorkspaceMarks:
    """The marks of all files: those that every page may be made from, and each handout's."""

    shared: tuple[tuple[str, FileMark], ...]
    handouts: Mapping[str, tuple[FileMark, ...]]

    def of(self, stem: str) -> tuple[Any, ...]:
        """Return the marks of all that the pages of a handout are made from."""
        return (self.shared, self.handouts.get(stem))


@dataclass
class DeskShelf:
    """A workspace as it was read.

    `refused` are the problems of handouts that must not be printed, by file stem. `unexamined` are
    the handouts that the rules have not examined yet. `points` are the code points that the fonts
    have. `warnings` are the problems of a file that only the search needs.
    """

    marks: WorkspaceMarks
    context: PrintContext
    stocks: Stocks
    gate: PrintGate
    points: frozenset[int]
    search: SearchWords
    warnings: tuple[Problem, ...] = ()
    refused: dict[str, tuple[Problem, ...]] = field(default_factory=dict)
    unexamined: list[str] = field(default_factory=list)

    @property
    def reading(self) -> LoadedHandouts:
        """The handouts that can be read."""
        return self.context.reading

    def examine(self, stem: str) -> tuple[Problem, ...]:
        """Return what keeps a handout from being printed, by the rules of `teachback check`."""
        if stem in self.unexamined:
            self.unexamined.remove(stem)
            problems = errors_of(self.gate.problems(self.reading.authored[stem]))
            if problems:
                self.refused[stem] = problems
        return self.refused.get(stem, ())


def workspace_marks(workspace: Workspace) -> WorkspaceMarks:
    """Return the marks of all files of a workspace."""
    shared = tuple((name, file_mark(path)) for name, path in effective_files(workspace).items())
    handouts = {
        stem: tuple(map(file_mark, source_files(path, workspace)))
        for stem, path in handout_files(workspace).items()
    }
    return WorkspaceMarks(shared, handouts)


def read_shelf(
    workspace: Workspace, settings: Settings, marks: WorkspaceMarks, before: DeskShelf | None
) -> DeskShelf:
    """Read a workspace. What `before` holds of unchanged files is not read again.

    The shelf holds what `build` prints: the workspace's own handouts, or those that it chose.

    Raises TeachbackError when a file that all pages are made from is wrong.
    """
    if before is not None and before.marks.shared != marks.shared:
        before = None
    unchanged = set[str]()
    if before is not None:
        handouts = before.marks.handouts
        unchanged = {stem for stem, mark in marks.handouts.items() if handouts.get(stem) == mark}
    earlier = _only(before.reading, unchanged) if before is not None else None
    chosen = chosen_handouts(settings.handouts, workspace, ANY_LANGUAGE)
    reading = read_handouts(workspace, chosen, earlier)
    context = print_context(workspace, reading, settings)
    gate = before.gate if before is not None else PrintGate(workspace, reading.shared)
    if gate.broken:
        raise TeachbackError(*gate.broken)
    refused = {stem: errors_of(problems) for stem, problems in reading.problems.items()}
    unexamined = [stem for stem in reading.authored if stem not in unchanged]
    if before is not None:
        refused |= {stem: found for stem, found in before.refused.items() if stem in unchanged}
        unexamined += [stem for stem in before.unexamined if stem in unchanged]
    search, warnings = _search_words(workspace)
    return DeskShelf(
        marks,
        context,
        load_stocks(workspace),
        gate,
        reading.shared.glyphs | coverage(fonts_for_names(workspace)),
        search,
        warnings,
        refused,
        unexamined,
    )


def _search_words(workspace: Workspace) -> tuple[SearchWords, tuple[Problem, ...]]:
    """Return the words for the search, and no problems; or no words, and what is wrong.

    Printing needs no search.
    """
    try:
        return load_search_words(workspace), ()
    except TeachbackError as error:
        return SearchWords({}), error.problems


def errors_of(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """Return the problems that keep a handout from being printed."""
    return tuple(problem for problem in problems if problem.severity is Severity.ERROR)


def _only(reading: LoadedHandouts, stems: set[str]) -> LoadedHandouts:
    """Return a reading with some of its handouts."""
    return replace(
        reading,
        authored=_entries(reading.authored, stems),
        problems=_entries(reading.problems, stems),
        faulty=_entries(reading.faulty, stems),
        laid_out=_entries(reading.laid_out, stems),
    )


def _entries(by_stem: Mapping[str, ValueT], stems: set[str]) -> dict[str, ValueT]:
    return {stem: value for stem, value in by_stem.items() if stem in stems}


def file_mark(path: Path) -> FileMark:
    """Return the mark of a file: zeros if it has gone meanwhile."""
    try:
        status = path.stat()
    except OSError:
        return (0, 0, 0)
    return (status.st_mtime_ns, status.st_size, status.st_ino)


def clinic_date() -> dt.date:
    """Return the current date where the clinic is. A server runs on past midnight."""
    return dt.datetime.now(tz=dt.UTC).astimezone().date()
