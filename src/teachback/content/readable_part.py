"""Find what can be read of a handout whose format is wrong, so that one run finds more faults."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from teachback.content.handout import Handout
from teachback.content.validation_errors import validated
from teachback.errors import TeachbackError, guess

if TYPE_CHECKING:
    from collections.abc import Sequence

    from teachback.content.base_model import KeyPath
    from teachback.errors import Problem
    from teachback.files.yaml_reader import YamlFile

# The steps of a path that lead to a key of a section: sections, 2, title.
_TO_KEY: Final = 3
# Values for what is wrong or missing at the top of a handout. They take hardly any room.
_STAND_INS: Final[dict[str, Any]] = {
    "id": "unnamed",
    "title": "-",
    "language": "en",
    "version": "2000-01-01",
    "purpose": "-",
    "message": "-",
    "review": {"status": "draft"},
}


def readable_part(
    file: YamlFile, problems: Sequence[Problem] = ()
) -> tuple[Handout, YamlFile] | None:
    """Return a handout and its file without the smallest entries that have problems.

    The problems are the given ones, and those of the format. Return None where nothing printable is
    left, or where a problem has no place in an entry.
    """
    while isinstance(file.data, dict):
        entries = {
            _entry(file.path_at(problem.location)) for problem in problems if problem.location
        }
        if () in entries:
            break
        # From the end, so that the paths of the others stay right.
        for path in sorted(entries, key=_sort_key, reverse=True):
            if not any(path[:length] in entries for length in range(1, len(path))):
                file = file.without(path)
        file = replace(file, data={**_STAND_INS, **file.data})
        try:
            return validated(Handout, file), file
        except TeachbackError as error:
            problems = error.problems
    return None


def _entry(path: KeyPath) -> KeyPath:
    """Return the path of the innermost list entry that holds a value, else its outermost key.

    A key of a section is an entry, too, if it does not choose the section's readers.
    """
    if path[:1] == ("sections",) and len(path) == _TO_KEY and not guess(path[-1], ("only",)):
        return path
    ends = [end for end, step in enumerate(path, start=1) if isinstance(step, int)]
    return path[: ends[-1]] if ends else path[:1]


def _sort_key(path: KeyPath) -> tuple[tuple[int, str], ...]:
    return tuple((step, "") if isinstance(step, int) else (-1, step) for step in path)
