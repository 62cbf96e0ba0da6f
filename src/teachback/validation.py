"""pydantic's complaints -> Problems in our words, with a place and the nearest known name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeVar, get_args

from pydantic import BaseModel, RootModel, ValidationError

from teachback.document import BLOCKS
from teachback.errors import Problem, TeachbackError, nearest

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic_core import ErrorDetails

    from teachback.yamlfile import YamlFile

ModelT = TypeVar("ModelT", bound=BaseModel)

# pydantic's kind of error -> message and hint; {input} and the names in its context are filled in.
_WORDING: Final[dict[str, tuple[str, str]]] = {
    "string_type": ("a text belongs here, not {what}", ""),
    "text_expected": ("a text belongs here, not {what}", "Write the text after the colon, or a mapping of audience to text below it."),
    "dict_type": ("a mapping of names to values belongs here, not {what}", ""),
    "model_type": ("a mapping of names to values belongs here, not {what}", "Write `key: value` lines, indented below this."),
    "model_attributes_type": ("a mapping of names to values belongs here, not {what}", "Write `key: value` lines, indented below this."),
    "tuple_type": ("a list belongs here, not {what}", "Start each entry with a dash, or write [one, two]."),
    "list_type": ("a list belongs here, not {what}", "Start each entry with a dash, or write [one, two]."),
    "bool_parsing": ("true or false belongs here, not '{input}'", ""),
    "bool_type": ("true or false belongs here, not {what}", ""),
    "int_parsing": ("a whole number belongs here, not '{input}'", ""),
    "int_type": ("a whole number belongs here, not {what}", ""),
    "date_type": ("a date belongs here, not {what}", "Write it as YYYY-MM-DD."),
    "date_from_datetime_parsing": ("'{input}' is not a date", "Write it as YYYY-MM-DD, such as 2027-11-01."),
    "date_from_datetime_inexact": ("'{input}' is not a date", "Write it as YYYY-MM-DD, such as 2027-11-01."),
    "date_parsing": ("'{input}' is not a date", "Write it as YYYY-MM-DD, such as 2027-11-01."),
    "too_short": ("nothing stands here; at least {min_length} belongs here", "Fill it, or take the key out."),
    "string_too_short": ("this text is empty", "Write the text, or take the key out."),
    "too_long": ("too many stand here; at most {max_length} can be read", ""),
    "string_too_long": ("this text is too long; at most {max_length} characters fit", ""),
    "greater_than_equal": ("the number is too small; it starts at {ge}", ""),
    "less_than_equal": ("the number is too large; it ends at {le}", ""),
    "value_error": ("{error}", ""),
}


def validated(model: type[ModelT], file: YamlFile) -> ModelT:
    """Make the model from a file's data. Raises TeachbackError with every problem, each at its place."""
    try:
        return model.model_validate(file.data)
    except ValidationError as error:
        found = tuple(_problem(details, model, file) for details in error.errors(include_url=False))
        raise TeachbackError(*found) from None


def _problem(details: ErrorDetails, model: type[BaseModel], file: YamlFile) -> Problem:
    path, kind, value = details["loc"], details["type"], details["input"]
    place = file.locate(path)
    if kind == "extra_forbidden":
        key = str(path[-1])
        return Problem(f"the key '{key}' is not known here", nearest(key, _keys(model, path[:-1])), file.locate(path, key=True))
    if kind == "missing":
        return Problem(f"the key '{path[-1]}' is missing", f"Add `{path[-1]}:` here.", file.locate(path[:-1]))
    if kind == "block_expected":
        keys = [key for key in value if key not in {"id", "only", "sources"}] if isinstance(value, dict) else []
        if not keys:
            return Problem("a block belongs here, such as `- text: ...`", nearest("", BLOCKS), place)
        return Problem(f"'{keys[0]}' is no known kind of block", nearest(str(keys[0]), BLOCKS), place)
    if path[-1:] == ("[key]",):
        place = file.locate((*path[:-2], path[-2]), key=True)
    if kind in {"enum", "literal_error"}:
        names = _choices(details.get("ctx", {}))
        return Problem(f"'{value}' is not one of the words that may stand here", nearest(str(value), names), place)
    if kind == "string_pattern_mismatch":
        return _pattern_problem(str(value), str(details.get("ctx", {}).get("pattern", "")), place)
    if value is None:
        return Problem("nothing stands here", "Write the value, or take the key out.", place)
    message, hint = _WORDING.get(kind, (details["msg"], ""))
    context: Mapping[str, Any] = {"input": value, "what": _what(value), **details.get("ctx", {})}
    return Problem(message.format_map(context), hint, place)


def _pattern_problem(value: str, pattern: str, place: Any) -> Problem:  # noqa: ANN401 -- a Location
    if "#" in pattern:
        return Problem(f"'{value}' is not a colour", "Write it as # and six hexadecimal digits, such as #134b5f.", place)
    if "A-Z][0-9][0-9A-Z]" in pattern:
        return Problem(f"'{value}' is not an ICD-10 code", "Such a code looks like R25.2.", place)
    if "{2,3}" in pattern:
        return Problem(f"'{value}' is not a language tag", "Such a tag looks like en, es or zh-Hans.", place)
    return Problem(f"'{value}' is not a name that can stand here", "Use lower-case letters, digits and hyphens, such as leg-cramps.", place)


def _what(value: object) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list):
        return "a list"
    return f"'{str(value)[:60]}'"


def _choices(context: Mapping[str, Any]) -> list[str]:
    return [part.strip("' ") for part in str(context.get("expected", "")).replace(" or ", ", ").split(", ") if part.strip("' ")]


def _keys(model: type[BaseModel], path: tuple[int | str, ...]) -> list[str]:
    """Give the keys that may stand at a path, by walking the models along it; union members are told by their tag."""
    candidates: list[type[BaseModel]] = [model]
    for step in path:
        if isinstance(step, int):
            continue
        if step in BLOCKS and BLOCKS[step] in candidates:
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
    return [field.alias or name for candidate in candidates for name, field in candidate.model_fields.items()]


def _models_in(annotation: object) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for part in get_args(annotation) for model in _models_in(part)]
