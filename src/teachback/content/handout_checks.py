"""Check a handout's fields and the places that its texts have for them. Pure.

Each field is declared once and has a place, and no place is where it could not be printed. Each
finding is a path inside the handout, and a Problem that has no location yet.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from teachback.content.base_model import steps
from teachback.content.inline_markup import places_in
from teachback.content.record_fields import COLUMNS, FieldKind, RecordField
from teachback.errors import Problem, guess

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from teachback.content.handout import Handout

Path = tuple[Any, ...]
Finding = tuple[Path, Problem]
Leaf = tuple[Path, str]
# Texts that are printed in several places, or outside the page, and what they are.
_NO_PLACES: Final = {
    "alt": "the words of a picture",
    "columns": "the heading of a column, which a long table repeats",
    "times": "the heading of a column, which a long table repeats",
    "link": "the words of a link",
}
_IN_LINK: Final = re.compile(r"\[[^\]\[]*\{record\.[^\]\[]*\]\(")
_APART: Final = "Put the field into a text of its own."


def place_problems(handout: Handout) -> Iterator[Finding]:
    """Yield faults of fields and of places.

    A field may be declared twice, misnamed, or have no choices or no place. A place may be where
    none is allowed.
    """
    declared: set[str] = set()
    leaves = tuple(_leaves(handout))
    placed = tuple(_placed(leaves))
    used = {name for _, name in placed}
    for index, one in enumerate(handout.fields):
        where = ("fields", index)
        if one.name in declared:
            hint = "Give each one a different name."
            yield ((*where, "name"), Problem(f"the field '{one.name}' is declared twice", hint))
        elif one.name in COLUMNS:
            message = (
                f"a field cannot be called '{one.name}': "
                "that column of the records chooses the edition"
            )
            hint = f"Call it 'patient_{one.name}', or something else."
            yield ((*where, "name"), Problem(message, hint))
        elif one.name not in used:
            message = f"the field '{one.name}' is not used anywhere, so it would not be printed"
            hint = f"Write {{record.{one.name}}} into a text, or name it below `personal:`."
            yield ((*where, "name"), Problem(message, hint))
        yield from ((where, problem) for problem in _choice_problems(one))
        declared.add(one.name)
    for path, name in placed:
        if name not in declared and names_field(path):
            yield (
                path,
                Problem(
                    f"the field '{name}' is not declared",
                    f"Declare it below `fields:`. {guess(name, declared)}".strip(),
                ),
            )
    for path, what in _misplaced(leaves):
        yield path, Problem(f"a field cannot be used in {what}", _APART)


def _choice_problems(one: RecordField) -> Iterator[Problem]:
    if one.type is FieldKind.CHOICE and not one.choices:
        hint = "Add `choices: [one, other]`, or delete `type: choice`."
        yield Problem(f"the field '{one.name}' has no choices", hint)
    if one.type is not FieldKind.CHOICE and one.choices:
        message = f"the field '{one.name}' has choices but not `type: choice`"
        yield Problem(message, "Add `type: choice`, or delete the choices.")


def names_field(path: Path) -> bool:
    """Return whether a value is a field's name: below `field`, or in the `fields` of a schedule."""
    return path[-1] == "field" or (path[0] == "sections" and path[-2:-1] == ("fields",))


def _placed(leaves: Iterable[Leaf]) -> Iterator[tuple[Path, str]]:
    """Yield each place with its path and its field's name."""
    for path, value in leaves:
        if names_field(path):
            yield path, value
        elif "{" in value:
            yield from ((path, name) for name in places_in(value))


def _misplaced(leaves: Iterable[Leaf]) -> Iterator[tuple[Path, str]]:
    for path, value in leaves:
        if names_field(path) or "{" not in value or not places_in(value):
            continue
        if path[0] == "title" or path[:2] == ("card", "title"):
            yield path, "a title, which also names the file"
        elif path[0] == "sections" and path[2] == "title":
            yield path, "the heading of a section, which the file's outline repeats"
        elif _IN_LINK.search(value):
            yield path, "the words of a link"
        elif path[0] == "fields":
            yield path, "what a field says of itself"
        else:
            yield from ((path, what) for key, what in _NO_PLACES.items() if key in path)


def _leaves(handout: Handout) -> Iterator[Leaf]:
    """Yield every text of a handout with its path, in the keys that the author writes."""
    for path, value in steps(handout):
        if isinstance(value, str):
            yield path, value
        elif isinstance(value, dict):
            yield from (
                ((*path, name), text) for name, text in value.items() if isinstance(text, str)
            )
