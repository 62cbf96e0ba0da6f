"""Translate pydantic's errors to problems with a location and the nearest known name."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final, TypeVar, get_args

from pydantic import BaseModel, RootModel, ValidationError

from teachback.content.base_model import SourcedModel
from teachback.content.handout import BLOCKS, Handout
from teachback.errors import LIKELY, Problem, TeachbackError, guess, nearest

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pydantic.fields import FieldInfo
    from pydantic_core import ErrorDetails

    from teachback.content.base_model import KeyPath
    from teachback.errors import Location
    from teachback.files.yaml_reader import YamlFile

ModelT = TypeVar("ModelT", bound=BaseModel)

# Keys of a handout whose numbers are lengths. Those of stocks may have a unit.
_IN_MM: Final = frozenset({"width", "width_mm"})
_ISO_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}")
# The keys that every block may have, which name no kind.
_SHARED_KEYS: Final = frozenset(SourcedModel.model_fields)
# pydantic's error type -> message and hint. Filled in are {input}, {value}, which is the input as
# messages name it, and the names in pydantic's context.
_WORDING: Final[dict[str, tuple[str, str]]] = {
    "string_type": ("this must be a text, not {value}", "Write the text after the colon."),
    "text_expected": (
        "this must be a text, not {value}",
        "Write the text after the colon, or one text for each audience below it.",
    ),
    **dict.fromkeys(
        ("dict_type", "model_type", "model_attributes_type"),
        (
            "this must be a set of `key: value` lines, not {value}",
            "Write `key: value` lines, indented below this.",
        ),
    ),
    **dict.fromkeys(
        ("tuple_type", "list_type"),
        (
            "this must be a list, not {value}",
            "Start each entry with a dash and a space, or write [one, two].",
        ),
    ),
    **dict.fromkeys(
        ("bool_parsing", "bool_type"),
        ("this must be true or false, not {value}", "Write true or false."),
    ),
    **dict.fromkeys(
        ("int_parsing", "int_from_float", "int_parsing_size", "int_type"),
        ("this must be a whole number, not {value}", "Write it in digits."),
    ),
    **dict.fromkeys(
        ("float_parsing", "float_type", "finite_number"),
        ("this must be a number, not {value}", "Write it in digits."),
    ),
    "date_type": ("this must be a date, not {value}", "Write it as YYYY-MM-DD."),
    **dict.fromkeys(
        ("date_from_datetime_parsing", "date_from_datetime_inexact", "date_parsing"),
        ("'{input}' is not a date", "Write it as YYYY-MM-DD, such as 2027-11-01."),
    ),
    "too_short": (
        "this needs at least {min_length} entries, and has {actual_length}",
        "Add more{or_delete}",
    ),
    "string_too_short": ("this text is empty", "Write the text{or_delete}"),
    "too_long": (
        "this may have at most {max_length} entries, and has {actual_length}",
        "Delete some, or split them in two.",
    ),
    "string_too_long": (
        "this text is too long; at most {max_length} characters fit",
        "Make it shorter.",
    ),
    "greater_than_equal": ("the number is too small", "Write {ge:g} or more."),
    "greater_than": ("the number is too small", "Write more than {gt:g}."),
    "less_than": ("the number is too large", "Write less than {lt:g}."),
    "less_than_equal": ("the number is too large", "Write {le:g} or less."),
    "value_error": ("{error}", ""),
}
# A part of the pattern of a text -> what the text must be, and the hint. Other patterns are names.
_PATTERNS: Final = {
    "^https?": ("a web address", "Such an address starts with https:// and holds no space."),
    "#": ("a colour", "Write it as # and six hexadecimal digits, such as #134b5f."),
    "A-Z][0-9][0-9A-Z]": ("an ICD-10 code", "Such a code looks like R25.2."),
    "^[0-9]{2,4}$": (
        "an emergency number",
        "It has 2 to 4 digits, such as 911. Other numbers go into phone or after_hours.",
    ),
    "{2,3}": ("a language tag", "Such a tag looks like en, es or zh-Hans."),
    "0-9a-f]{16}": ("what `teachback approve` writes", "Approve the text with that command."),
}


def validated(model: type[ModelT], file: YamlFile) -> ModelT:
    """Build a model from a file's data.

    Raises TeachbackError with every problem, each at its location.
    """
    try:
        return model.model_validate(file.data)
    except ValidationError as error:
        errors = _causes(error.errors(include_url=False))
        # The pieces of a text that commas cut are one problem.
        problems = dict.fromkeys(_problem(details, model, file) for details in errors)
        raise TeachbackError(*problems) from None


def _causes(errors: list[ErrorDetails]) -> Iterator[ErrorDetails]:
    """Yield the errors that do not merely follow from another error.

    A list with a wrong item is also reported as too short. A value that fits neither of two types
    is reported twice. A misspelt key is also reported as missing.
    """
    # Imported here because only a faulty file needs it.
    import difflib

    unknown_keys: dict[KeyPath, list[str]] = {}
    for details in errors:
        if details["type"] == "extra_forbidden":
            unknown_keys.setdefault(details["loc"][:-1], []).append(str(details["loc"][-1]))
    paths = [details["loc"] for details in errors]
    # `card` holds true or false, or a mapping of audience to true or false.
    mappings = {
        path[:i]
        for path in paths
        for i, step in enumerate(path[:-1])
        if str(step).startswith("dict[")
    }
    for details in errors:
        kind, path = details["type"], details["loc"]
        if kind == "too_short" and len(details["input"]) >= details.get("ctx", {})["min_length"]:
            continue
        if (kind == "dict_type" and (*path[:-1], "bool") in paths) or (
            path[-1:] == ("bool",) and path[:-1] in mappings
        ):
            continue
        if kind == "missing" and difflib.get_close_matches(
            str(path[-1]), unknown_keys.get(path[:-1], ()), cutoff=LIKELY
        ):
            continue
        yield details


def _authored_path(path: KeyPath) -> KeyPath:
    """Return a path in the author's keys: pydantic puts a block's kind before its keys."""
    return tuple(
        step
        for i, step in enumerate(path)
        if not (i > 1 and path[i - 2] == "blocks" and isinstance(path[i - 1], int))
    )


def _problem(details: ErrorDetails, model: type[BaseModel], file: YamlFile) -> Problem:
    path, kind, value = _authored_path(details["loc"]), details["type"], details["input"]
    key_problem = _key_problem(details, model, file)
    if key_problem:
        return key_problem
    place = file.locate(path)
    if path[-1:] == ("[key]",):
        place = file.locate(path[:-1], key=True)
    if kind in {"enum", "literal_error"}:
        message = f"{_named(value)} is not one of the allowed words"
        return Problem(message, nearest(str(value), _allowed_words(details)), place)
    if kind == "string_pattern_mismatch":
        if details["loc"][-3::2] == ("by audience", "[key]") and _is_text(path[:-2], value, file):
            message = f"the colon after '{str(value)[:60]}' splits the text in two"
            return Problem(message, "Put the whole text in quotes.", place)
        return _pattern_problem(
            str(value)[:60], str(details.get("ctx", {}).get("pattern", "")), place
        )
    or_delete = "." if _is_required(model, details["loc"]) else ", or delete the key."
    if value is None:
        return Problem("this is empty", f"Write the value{or_delete}", place)
    if kind == "too_short" and not value:
        return Problem("this is empty", f"Fill it{or_delete}", place)
    message, hint = _WORDING.get(kind, ("{value} is not allowed here", _example_hint(file.name)))
    context: Mapping[str, Any] = {"input": value, "value": _named(value), **details.get("ctx", {})}
    # A validator of ours puts its hint on a second line.
    message, _, own_hint = message.format_map(context).partition("\n")
    hint = own_hint or hint.format_map({**context, "or_delete": or_delete})
    if kind.startswith("date_") and _ISO_DAY.fullmatch(str(value)):
        hint = "The calendar has no such day: look at the month and the day."
    if model is Handout and _IN_MM.intersection(path[-1:]):
        hint += " It is a number of millimetres, without a unit, such as 60."
    return Problem(message, hint, place)


def _value_at(path: KeyPath, file: YamlFile) -> Any:  # noqa: ANN401 -- any YAML
    """Return the value at a path, without the steps that a model adds to the file's."""
    value: Any = file.data
    for step in file.in_file(path):
        value = value[step]
    return value


def _is_text(path: KeyPath, key: str, file: YamlFile) -> bool:
    """Return whether a key is the beginning of a text: an audience is one word, beside others."""
    return " " in key or len(_value_at(path, file)) == 1


def _example_hint(name: str) -> str:
    if "handouts/" in name:
        return "Look at a handout that builds, such as the one of `teachback new`."
    return "Look at the file of this name that comes with the program."


def _key_problem(details: ErrorDetails, model: type[BaseModel], file: YamlFile) -> Problem | None:
    """Return a problem with a key itself: unknown, missing, or naming no kind of block."""
    model_path, kind, value = details["loc"], details["type"], details["input"]
    path = _authored_path(model_path)
    if kind == "missing":
        field = _field_at(model, model_path)
        meaning = f" {field.description}" if field is not None and field.description else ""
        hint = f"Add `{path[-1]}:` here.{meaning}"
        return Problem(f"the key '{path[-1]}' is missing", hint, file.locate(path[:-1]))
    if kind == "extra_forbidden":
        key, place = str(path[-1]), file.locate(path, key=True)
        if key in BLOCKS and model_path[:-1] != path[:-1]:
            message = (
                "a block can be of one kind only, "
                f"and this one is both '{model_path[-2]}' and '{key}'"
            )
            hint = f"Put `{key}:` into a block of its own, with its own dash."
            return Problem(message, hint, place)
        allowed = _keys(model, model_path[:-1])
        is_first = model_path[-4:-3] == ("blocks",) and key == _first_key(path[:-1], file)
        if is_first and not guess(key, allowed):
            # The block was read by another of its keys, such as `text`.
            return _unknown_kind(key, place)
        if value is None or value == "":
            cut = _cut_by_commas(path, file, allowed)
            if cut:
                return cut
        return Problem(f"the key '{key[:60]}' is not known here", nearest(key, allowed), place)
    if kind == "block_expected":
        keys = [key for key in value if key not in _SHARED_KEYS] if isinstance(value, dict) else []
        if not keys:
            key, colon, _ = value.partition(":") if isinstance(value, str) else ("", "", "")
            message, hint = "this must be a block, such as `- text: ...`", nearest("", BLOCKS)
            if colon and key in BLOCKS:
                message, hint = f"a space is missing behind '{key}:'", "Add it."
            return Problem(message, hint, file.locate(path))
        # Another key may stand before that of the kind, such as `lead`.
        key = next((key for key in keys if guess(str(key), BLOCKS, LIKELY)), keys[0])
        return _unknown_kind(str(key), file.locate((*path, key), key=True))
    return None


def _unknown_kind(key: str, place: Location) -> Problem:
    hint = f"{guess(key, BLOCKS)} Known: {', '.join(sorted(BLOCKS))}.".strip()
    return Problem(f"'{key[:60]}' is not a known kind of block", hint, place)


def _cut_by_commas(path: KeyPath, file: YamlFile, known: list[str]) -> Problem | None:
    """Return the problem of a text in braces that a comma may have cut in pieces.

    YAML reads the pieces behind the first comma as keys: they are empty and not known.
    """
    mapping = _value_at(path[:-1], file)
    keys = list(mapping)
    is_piece = [not mapping[key] and key not in known for key in keys]
    first = end = keys.index(path[-1])
    while first and is_piece[first - 1]:
        first -= 1
    while end < len(keys) and is_piece[end]:
        end += 1
    place = file.locate((*path[:-1], keys[first]), key=True)
    before = mapping[keys[first - 1]] if first else None
    if not isinstance(before, str) or file.locate((*path[:-1], keys[first - 1])).line != place.line:
        return None
    pieces = [str(key)[:60] for key in keys[first:end]]
    quoted = " and ".join(f"'{piece}'" for piece in pieces)
    commas = f"comma before {quoted} ends" if len(pieces) == 1 else f"commas before {quoted} end"
    hint = f'Put the whole text in quotes: "{", ".join((before[:60], *pieces))}".'
    return Problem(f"the {commas} the text '{before[:60]}'", hint, place)


def _first_key(path: KeyPath, file: YamlFile) -> object:
    """Return the first key of a block, which should name its kind."""
    return next((key for key in _value_at(path, file) if key not in _SHARED_KEYS), None)


def _pattern_problem(value: str, pattern: str, place: Location) -> Problem:
    for part, (expected, hint) in _PATTERNS.items():
        if part in pattern:
            return Problem(f"'{value}' is not {expected}", hint, place)
    joint, joints, example = (
        ("_", "underscores", "next_visit") if "_" in pattern else ("-", "hyphens", "leg-cramps")
    )
    name = joint.join(re.findall(r"[a-z0-9]+", value.lower()))
    suggestion = f"Did you mean '{name}'? " if re.fullmatch(pattern, name) else ""
    first = "Begin with a letter. " if name[:1].isdigit() else ""
    hint = f"{suggestion}{first}Use lower-case letters, digits and {joints}, such as {example}."
    return Problem(f"'{value}' is not an allowed name", hint, place)


def _named(value: object) -> str:
    """Return what a message calls a value."""
    if value is None:
        return "nothing"
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list):
        return "a list"
    return f"'{str(value)[:60]}'"


def _allowed_words(details: ErrorDetails) -> list[str]:
    """Return the words that pydantic lists as `'one', 'two' or 'three'`."""
    expected = str(details.get("ctx", {}).get("expected", ""))
    words = (part.strip("' ") for part in expected.replace(" or ", ", ").split(", "))
    return [word for word in words if word]


def _keys(model: type[BaseModel], path: KeyPath) -> list[str]:
    """Return the keys that are allowed at a path."""
    return [key for key, _ in _fields_at(model, path)]


def _field_at(model: type[BaseModel], path: KeyPath) -> FieldInfo | None:
    """Return the field at a path, or None for a list entry or a text of one audience."""
    return next((field for key, field in _fields_at(model, path[:-1]) if (key,) == path[-1:]), None)


def _is_required(model: type[BaseModel], path: KeyPath) -> bool:
    field = _field_at(model, path)
    if field is None and path and isinstance(path[-1], str):
        # The last step is an audience, or pydantic's tag of a text.
        field = _field_at(model, path[:-1])
    return field is not None and field.is_required()


def _fields_at(model: type[BaseModel], path: KeyPath) -> list[tuple[str, FieldInfo]]:
    """Return the keys that are allowed at a path, with their fields.

    Where a path leads to one of several models, it has the fields of all; of blocks, only those of
    the kind that the path names.
    """
    candidates: list[type[BaseModel]] = [model]
    for index, step in enumerate(path):
        if isinstance(step, int):
            continue
        if step in BLOCKS and path[index - 2 : index - 1] == ("blocks",):
            candidates = [BLOCKS[step]]
            continue
        nested: list[type[BaseModel]] = []
        for candidate in candidates:
            fields = candidate.model_fields
            by_key = {field.alias or name: field for name, field in fields.items()}
            if step in by_key:
                nested += _models_in(by_key[step].annotation)
            elif issubclass(candidate, RootModel):
                nested += _models_in(fields["root"].annotation)
        candidates = nested or candidates
    return [
        (field.alias or name, field)
        for candidate in candidates
        for name, field in candidate.model_fields.items()
    ]


def _models_in(annotation: object) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for part in get_args(annotation) for model in _models_in(part)]
