"""Check a handout's fields and the places that its texts have for them. Pure.

Each field is declared once and has a place, and no place is where it could not be printed.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from teachback.content.base_model import Finding, KeyPath, steps
from teachback.content.inline_markup import places_in
from teachback.content.record_fields import COLUMNS, FieldKind, RecordField
from teachback.errors import Problem, guess

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from teachback.content.handout import Handout

_TextAt = tuple[KeyPath, str]
# The key of a text that is printed in several places, or outside the page -> what it is.
_NO_PLACES: Final = {
    "alt": "the words of a picture",
    "columns": "the heading of a column, which a long table repeats",
    "times": "the heading of a column, which a long table repeats",
    "link": "the words of a link",
}
_IN_LINK: Final = re.compile(r"\[[^\]\[]*\{record\.[^\]\[]*\]\(")
_OWN_TEXT_HINT: Final = "Put the field into a text of its own."


def place_problems(handout: Handout) -> Iterator[Finding]:
    """Yield faults of fields and of places.

    A field may be declared twice, misnamed, or have no choices or no place. A place may be where
    none is allowed.
    """
    declared: set[str] = set()
    texts = tuple(_texts(handout))
    places = tuple(_places(texts))
    placed = {name for _, name in places}
    for index, field in enumerate(handout.fields):
        path = ("fields", index)
        if field.name in declared:
            hint = "Give each one a different name."
            yield (*path, "name"), Problem(f"the field '{field.name}' is declared twice", hint)
        elif field.name in COLUMNS:
            message = (
                f"a field cannot be called '{field.name}': "
                "that column of the records chooses the edition"
            )
            hint = f"Call it 'patient_{field.name}', or something else."
            yield (*path, "name"), Problem(message, hint)
        elif field.name not in placed:
            message = f"the field '{field.name}' is not used anywhere, so it would not be printed"
            hint = f"Write {{record.{field.name}}} into a text, or name it below `personal:`."
            yield (*path, "name"), Problem(message, hint)
        yield from ((path, problem) for problem in _choice_problems(field))
        declared.add(field.name)
    for place, name in places:
        if name not in declared and names_field(place):
            hint = f"Declare it below `fields:`. {guess(name, declared)}".strip()
            yield place, Problem(f"the field '{name}' is not declared", hint)
    for place, text_kind in _misplaced(texts):
        yield place, Problem(f"a field cannot be used in {text_kind}", _OWN_TEXT_HINT)


def _choice_problems(field: RecordField) -> Iterator[Problem]:
    if field.type is FieldKind.CHOICE and not field.choices:
        hint = "Add `choices: [one, other]`, or delete `type: choice`."
        yield Problem(f"the field '{field.name}' has no choices", hint)
    if field.type is not FieldKind.CHOICE and field.choices:
        message = f"the field '{field.name}' has choices but not `type: choice`"
        yield Problem(message, "Add `type: choice`, or delete the choices.")


def names_field(path: KeyPath) -> bool:
    """Return whether a value is a field's name: at `field`, or in the `fields` of a schedule."""
    return path[-1] == "field" or (path[0] == "sections" and path[-2:-1] == ("fields",))


def _places(texts: Iterable[_TextAt]) -> Iterator[tuple[KeyPath, str]]:
    """Yield the path of each place, and the name of its field."""
    for path, text in texts:
        if names_field(path):
            yield path, text
        else:
            yield from ((path, name) for name in places_in(text))


def _misplaced(texts: Iterable[_TextAt]) -> Iterator[tuple[KeyPath, str]]:
    """Yield the path of each place where none is allowed, and what the text there is."""
    for path, text in texts:
        if names_field(path) or not places_in(text):
            continue
        if path[0] == "title" or path[:2] == ("card", "title"):
            yield path, "a title, which also names the file"
        elif path[0] == "sections" and path[2] == "title":
            yield path, "the heading of a section, which the file's outline repeats"
        elif _IN_LINK.search(text):
            yield path, "the words of a link"
        elif path[0] == "fields":
            yield path, "what a field says of itself"
        else:
            yield from ((path, text_kind) for key, text_kind in _NO_PLACES.items() if key in path)


def _texts(handout: Handout) -> Iterator[_TextAt]:
    """Yield every text of a handout with its path, in the keys that the author writes."""
    for path, value in steps(handout):
        if isinstance(value, str):
            yield path, value
        elif isinstance(value, dict):
            yield from (
                ((*path, name), text) for name, text in value.items() if isinstance(text, str)
            )
