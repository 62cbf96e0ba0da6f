"""The authored model -> the format reference in `docs/writing.md`. Run as `python tools/write_format_reference.py` after a change of the model.

Everything between the two markers of the page is made from `src/teachback/content/handout.py` and the modules beside
it: the kinds of blocks, their keys, what belongs into each, and the first line of each class's docstring.
"""

from __future__ import annotations

import enum
import re
import textwrap
import types
import typing
from pathlib import Path
from typing import Annotated, Any, Final, Literal, Union, get_args, get_origin

from annotated_types import Ge, Le, MaxLen, MinLen
from pydantic import BaseModel, BeforeValidator
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from teachback.content import base_model, handout
from teachback.content.base_model import Accepted, Role, SelectableModel, SourcedModel
from teachback.content.handout import BLOCKS, Handout, HandoutRow, HandoutTable, Number, WriteInLine
from teachback.content.record_fields import FieldName

PAGE: Final = Path(__file__).parents[1] / "docs" / "writing.md"
START: Final = "<!-- format reference: start; made by tools/write_format_reference.py -->"
END: Final = "<!-- format reference: end -->"

# What an author calls the types that have a name of their own.
NAMED: Final[tuple[tuple[Any, str, str], ...]] = (
    (base_model.Text, "text", "texts"),
    (base_model.Id, "id", "ids"),
    (base_model.Named, "id", "ids"),
    (base_model.Names, "list of ids", "lists of ids"),
    (base_model.Only, "list of audiences, at least one", "lists of audiences"),
    (base_model.Plain, "plain text", "plain texts"),
    (base_model.Day, "date", "dates"),
    (FieldName, "field name", "field names"),
    (handout.Mark, "hash", "hashes"),
    (handout.Block, "[block](#blocks)", "[blocks](#blocks)"),
    (str, "plain text", "plain texts"),
    (bool, "true or false", "true or false"),
    (int, "whole number", "whole numbers"),
    (float, "number", "numbers"),
)
# The parts whose class has another name than an author would use.
CALLED: Final[dict[type[BaseModel], str]] = {
    Accepted: "Accepted finding",
    HandoutRow: "Table row",
    HandoutTable: "Table content",
    Number: "Own number",
    WriteInLine: "Write-in line",
}
# The types with a description of their own: it stands once, above the tables.
DESCRIBED: Final = (base_model.Text, base_model.Id, FieldName)
LEGEND: Final = """\
- **text**: a text, or a mapping of audience to text. `**strong**`, `[words](https://address)` and
  placeholders may stand in it.
- **plain text**: one text for all readers, without marks.
- **id**: lower-case words joined by hyphens.
- **field name**: lower-case words joined by underscores.
- **date**: `YYYY-MM-DD`."""

BLOCKS_INTRODUCTION: Final = """\
A block holds exactly one of the keys below, which names its kind. Every block also takes the
[common keys](#keys-of-every-statement)."""


def format_reference() -> str:
    """Return the reference as Markdown, without its markers."""
    parts = [model for model in _models(Handout) if model not in BLOCKS.values()]
    pieces = [
        "A value is one of these types:",
        LEGEND,
        "### The handout",
        _summary(Handout),
        _table(Handout),
        "### Keys of every statement",
        _summary(
            SourcedModel, "Every block, and every part that takes the common keys, may have these."
        ),
        _table(SourcedModel),
        "### Blocks",
        BLOCKS_INTRODUCTION,
    ]
    for key in sorted(BLOCKS):
        pieces += [f"#### {key}", _summary(BLOCKS[key]), _table(BLOCKS[key])]
    pieces += ["### Parts", "The handout and its blocks are made of these parts."]
    for model in parts:
        if model not in {Handout, SourcedModel, SelectableModel}:
            pieces += [f"#### {_heading(model)}", _summary(model), _table(model)]
    return "\n\n".join(pieces)


def page_with(reference: str, page: str) -> str:
    """Put the reference between the markers of a page. Raises ValueError when the page has no markers."""
    before, start, rest = page.partition(START)
    _, end, after = rest.partition(END)
    if not (start and end):
        message = f"{PAGE.name} has no markers for the format reference"
        raise ValueError(message)
    return f"{before}{START}\n\n{reference}\n\n{END}{after}"


def _models(root: type[BaseModel]) -> list[type[BaseModel]]:
    """Give a model and all models that it is made of, in the order in which they are met."""
    found: list[type[BaseModel]] = []
    waiting = [root]
    while waiting:
        model = waiting.pop(0)
        if model not in found:
            found.append(model)
            hints = typing.get_type_hints(model, include_extras=True)
            waiting += [inner for name in model.model_fields for inner in _models_in(hints[name])]
    return found


def _models_in(hint: Any) -> list[type[BaseModel]]:  # noqa: ANN401 -- any type
    if isinstance(hint, type) and issubclass(hint, BaseModel):
        return [hint]
    return [model for part in get_args(hint) for model in _models_in(part)]


def _summary(model: type[BaseModel], more: str = "") -> str:
    """Give the first line of a class's docstring, which common keys it takes, and more."""
    return textwrap.fill(
        f"{_first_line(model)} {more}".strip(), 100, break_long_words=False, break_on_hyphens=False
    )


def _first_line(model: type[BaseModel]) -> str:
    line = (model.__doc__ or "").strip().splitlines()[0]
    if model in BLOCKS.values() or model is SourcedModel:
        return line
    if issubclass(model, SourcedModel):
        return f"{line} It also takes the [common keys](#keys-of-every-statement)."
    if issubclass(model, SelectableModel):
        return f"{line} It also takes [`only`](#keys-of-every-statement)."
    return line


def _table(model: type[BaseModel]) -> str:
    """Give a table of the keys that are a model's own."""
    common: set[str] = set()
    for base in (SourcedModel, SelectableModel):
        if model is not SourcedModel and issubclass(model, base):
            common = set(base.model_fields)
            break
    own = typing.get_type_hints(model, include_extras=True)
    # A key such as a red flag's `id`, which a statement may have and this one must.
    kept = [
        (name, field)
        for name, field in model.model_fields.items()
        if name not in common or field.is_required()
    ]
    rows = ["| key | type | required | meaning |", "| --- | --- | --- | --- |"]
    rows += [_row(name, field, own[name]) for name, field in kept]
    return "\n".join(rows)


def _row(name: str, field: FieldInfo, hint: Any) -> str:  # noqa: ANN401 -- any type
    required = "yes" if field.is_required() else f"no{_default(field.default)}"
    described = {
        extra.description
        for alias in DESCRIBED
        for extra in get_args(alias)
        if isinstance(extra, FieldInfo)
    }
    meaning = "" if field.description in described else field.description or ""
    kind = _type(hint)
    # `Items` says itself how many there are, and the field repeats it.
    kind += "" if kind.endswith(bounds := _bounds(field.metadata)) else bounds
    return f"| `{field.alias or name}` | {kind} | {required} | {meaning} |".replace("  |", " |")


def _default(value: object) -> str:
    if isinstance(value, enum.Enum):
        return f" (`{value.value}`)"
    if isinstance(value, bool):
        return f" (`{str(value).lower()}`)"
    return f" (`{value:g}`)" if isinstance(value, (int, float)) else ""


def _type(hint: Any, *, many: bool = False) -> str:  # noqa: ANN401 -- any type
    """Say what belongs into a value of a type, as an author calls it."""
    if get_origin(hint) is Annotated:
        # The role of a text is nothing that an author writes.
        inner, *extras = get_args(hint)
        extras = [extra for extra in extras if not isinstance(extra, Role)]
        hint = Annotated[(inner, *extras)] if extras else inner
    for alias, one, several in NAMED:
        if hint == alias:
            return several if many else one
    origin, args = get_origin(hint), get_args(hint)
    if origin is Annotated:
        return _annotated(args[0], args[1:], many=many)
    if origin in {Union, types.UnionType}:
        kinds = [_type(part, many=many) for part in args if part is not types.NoneType]
        return " or ".join(dict.fromkeys(kinds))
    if origin is tuple:
        return f"list{'s' if many else ''} of {_type(args[0], many=True)}"
    if origin is dict:
        return f"mapping{'s' if many else ''} of audience to {_type(args[1])}"
    if origin is Literal:
        return " or ".join(f"`{value}`" for value in args)
    if isinstance(hint, type) and issubclass(hint, enum.StrEnum):
        values = [f"`{member.value}`" for member in hint]
        return f"{', '.join(values[:-1])} or {values[-1]}"
    if isinstance(hint, type) and issubclass(hint, BaseModel):
        return _link(hint, many=many)
    message = f"no words for {hint!r}: add it to NAMED"
    raise TypeError(message)


def _annotated(inner: Any, extras: tuple[Any, ...], *, many: bool) -> str:  # noqa: ANN401 -- any type
    """Say what an author may write where a validator takes more than the type, and how many."""
    for extra in extras:
        if isinstance(extra, BeforeValidator) and (
            extra.json_schema_input_type is not PydanticUndefined
        ):
            return _type(extra.json_schema_input_type, many=many)
    constraints = [
        part
        for extra in extras
        for part in (extra.metadata if isinstance(extra, FieldInfo) else [extra])
    ]
    return _type(inner, many=many) + _bounds(constraints)


def _bounds(constraints: list[Any]) -> str:
    """Say how many, or how much, a value may be."""
    lows = [
        c.ge if isinstance(c, Ge) else c.min_length
        for c in constraints
        if isinstance(c, (Ge, MinLen))
    ]
    highs = [
        c.le if isinstance(c, Le) else c.max_length
        for c in constraints
        if isinstance(c, (Le, MaxLen))
    ]
    if lows and highs:
        return f", {lows[0]} to {highs[0]}"
    return ", at least one" if lows == [1] else ""


def _heading(model: type[BaseModel]) -> str:
    if model in CALLED:
        return CALLED[model]
    words = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", model.__name__)
    return words[0] + words[1:].lower()


def _link(model: type[BaseModel], *, many: bool) -> str:
    heading = next(
        (key for key, block in BLOCKS.items() if block is model), _heading(model).lower()
    )
    return f"[{heading}{'s' if many else ''}](#{heading.replace(' ', '-')})"


def main() -> None:
    """Write the reference into the page."""
    page = PAGE.read_text(encoding="utf-8")
    PAGE.write_text(page_with(format_reference(), page), encoding="utf-8")


if __name__ == "__main__":
    main()
