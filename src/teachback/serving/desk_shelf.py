"""Hold what the press room has read of a workspace, and notice when its files change.

File times are polled: a network drive does not tell what other machines write there.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

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

# The time of change, size and number of a file.
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

    `refused` are the problems of handouts that must not be printed, by file stem; `unexamined` are
    the handouts that the rules have not looked at yet. `points` are the code points that the fonts
    have. `told` is what is wrong with a file from which nothing is printed.
    """

    marks: WorkspaceMarks
    context: PrintContext
    stocks: Stocks
    gate: PrintGate
    points: frozenset[int]
    search: SearchWords
    told: tuple[Problem, ...] = ()
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
    """Read a workspace, and keep what was read before of files that did not change.

    The shelf holds what `build` prints: the workspace's own handouts, or those that it chose.

    Raises TeachbackError when a file that all pages are made from is wrong.
    """
    same = before is not None and before.marks.shared == marks.shared
    kept = (
        {stem for stem, mark in marks.handouts.items() if before.marks.handouts.get(stem) == mark}
        if same and before is not None
        else set[str]()
    )
    old = _only(before.reading, kept) if same and before is not None else None
    chosen = chosen_handouts(settings.handouts, workspace, ANY_LANGUAGE)
    reading = read_handouts(workspace, chosen, old)
    context = print_context(workspace, reading, settings)
    gate = before.gate if same and before is not None else PrintGate(workspace, reading.shared)
    if gate.broken:
        raise TeachbackError(*gate.broken)
    refused = {stem: errors_of(found) for stem, found in reading.problems.items()}
    unexamined = [stem for stem in reading.authored if stem not in kept]
    if before is not None:
        refused |= {stem: found for stem, found in before.refused.items() if stem in kept}
        unexamined += [stem for stem in before.unexamined if stem in kept]
    search, told = _search_words(workspace)
    return DeskShelf(
        marks,
        context,
        load_stocks(workspace),
        gate,
        reading.shared.glyphs | coverage(fonts_for_names(workspace)),
        search,
        told,
        refused,
        unexamined,
    )


def _search_words(workspace: Workspace) -> tuple[SearchWords, tuple[Problem, ...]]:
    """Return the words for the search, or none and what is wrong: printing goes on without them."""
    try:
        return load_search_words(workspace), ()
    except TeachbackError as error:
        return SearchWords({}), error.problems


def errors_of(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """Return the problems that keep a handout from being printed."""
    return tuple(one for one in problems if one.severity is Severity.ERROR)


def _only(reading: LoadedHandouts, stems: set[str]) -> LoadedHandouts:
    """Return a reading with some of its handouts."""
    return replace(
        reading,
        authored={stem: one for stem, one in reading.authored.items() if stem in stems},
        problems={stem: one for stem, one in reading.problems.items() if stem in stems},
        faulty={stem: one for stem, one in reading.faulty.items() if stem in stems},
        laid_out={stem: one for stem, one in reading.laid_out.items() if stem in stems},
    )


def file_mark(path: Path) -> FileMark:
    """Return the mark of a file; of one that is gone meanwhile, zeros."""
    try:
        found = path.stat()
    except OSError:
        return (0, 0, 0)
    return (found.st_mtime_ns, found.st_size, found.st_ino)
