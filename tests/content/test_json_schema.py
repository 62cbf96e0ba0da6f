"""The committed JSON Schema is that of the model: it accepts what we ship and refuses the rest."""

from __future__ import annotations

import copy
import functools
import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from pydantic import ValidationError

from teachback.content.handout import Handout
from teachback.content.json_schema import SCHEMAS, json_schema
from teachback.files.yaml_reader import read_yaml

ROOT = Path(__file__).parents[2]


class Loader(yaml.SafeLoader):
    """A loader that reads dates, yes and no as text, as YAML language servers do.

    YAML 1.2 has no date type, and only true and false.
    """


Loader.yaml_implicit_resolvers = {
    letter: [
        (tag, pattern)
        for tag, pattern in resolvers
        if tag != "tag:yaml.org,2002:timestamp"
        and not (tag == "tag:yaml.org,2002:bool" and letter in "yYnNoO")
    ]
    for letter, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


@functools.cache
def shipped_to_editor() -> dict[str, Any]:
    """Return the shipped handout as an editor reads it."""
    data: dict[str, Any] = yaml.load(
        (ROOT / "content" / "handouts" / "leg-cramps.yaml").read_text(encoding="utf-8"),
        Loader,  # noqa: S506 -- a SafeLoader
    )
    return data


@functools.cache
def shipped_to_program() -> dict[str, Any]:
    """Return the shipped handout as the program reads it."""
    path = ROOT / "content" / "handouts" / "leg-cramps.yaml"
    data: dict[str, Any] = read_yaml(path.read_bytes(), "x.yaml").data
    return data


@functools.cache
def editor(formats: jsonschema.FormatChecker | None = None) -> jsonschema.Draft202012Validator:
    """Return an editor's validator for our schema, perhaps with formats such as that of a date."""
    return jsonschema.Draft202012Validator(json.loads(json_schema()), format_checker=formats)


def test_the_committed_schemas_are_those_that_the_models_give() -> None:
    """Whoever changes a model runs `teachback schema KIND > content/KIND.schema.json`."""
    assert set(SCHEMAS) == {"handout", "translation"}
    for kind in SCHEMAS:
        committed = ROOT / "content" / f"{kind}.schema.json"
        assert committed.read_text(encoding="utf-8") == json_schema(kind)


TRANSLATION = """\
translates: tiny
language: zh-Hans
version: 2026-11-22
translator: {name: A. Translator, on: 2026-11-20, machine: yes}
review: {status: draft, reviewer: null, reviewed: null, due: null}
texts:
  title: {en: A tiny handout, zh-Hans: 911, note: Short.}
"""


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("", ""),
        ("translates: tiny\n", ""),
        ("zh-Hans\n", "chinese\n"),
        ("version: 2026-11-22", "version: today"),
        ("status: draft", "status: good"),
        ("texts:\n  title: {en: A tiny handout, zh-Hans: 911, note: Short.}", "texts: {}"),
        ("title: {en: A tiny handout, zh-Hans: 911, note: Short.}", "title: A tiny handout"),
        ("translator:", "translators:"),
    ],
)
def test_an_editor_refuses_what_is_no_translation(old: str, new: str) -> None:
    """What is changed in one place is refused; the shipped Spanish and the unchanged are not."""
    validator = jsonschema.Draft202012Validator(json.loads(json_schema("translation")))
    changed = yaml.load(TRANSLATION.replace(old, new), Loader)  # noqa: S506 -- a SafeLoader
    assert validator.is_valid(changed) == (old == new)
    shipped_file = ROOT / "content/translations/es/leg-cramps.yaml"
    text = shipped_file.read_text(encoding="utf-8")
    assert text.startswith("# yaml-language-server: $schema=../../translation.schema.json\n")
    assert validator.is_valid(yaml.load(text, Loader))  # noqa: S506 -- a SafeLoader


def test_the_shipped_handout_and_the_sample_are_valid_to_an_editor() -> None:
    """A YAML language server shows no error in what we ship."""
    validator = editor()
    assert [error.message for error in validator.iter_errors(shipped_to_editor())] == []
    sample = (
        (ROOT / "content" / "samples" / "handout.yaml")
        .read_text(encoding="utf-8")
        .replace("THE-ID", "x")
        .replace("THE-DATE", "2026-11-22")
    )
    assert [error.message for error in validator.iter_errors(yaml.load(sample, Loader))] == []  # noqa: S506 -- a SafeLoader


def _set(path: tuple[Any, ...], value: object) -> Any:  # noqa: ANN401 -- a change to plain data
    def change(data: Any) -> None:  # noqa: ANN401
        for step in path[:-1]:
            data = data[step]
        if value is None:
            del data[path[-1]]
        else:
            data[path[-1]] = value

    return change


BROKEN = {
    "unknown key": _set(("titel",), "Leg cramps"),
    "no title": _set(("title",), None),
    "no sections": _set(("sections",), []),
    "unknown tier": _set(("red_flags", 0, "tier"), "soon"),
    "card is a word": _set(("red_flags", 0, "card"), "perhaps"),
    "text is a list": _set(("message",), ["one", "two"]),
    "unknown block": _set(("sections", 0, "blocks", 0), {"paragraph": "text"}),
    "two blocks in one": _set(("sections", 0, "blocks", 0), {"text": "one", "list": ["two"]}),
    "unknown callout": _set(("sections", 0, "blocks", 0), {"callout": "shout", "text": "one"}),
    "one column": _set(
        ("sections", 0, "blocks", 0), {"table": {"columns": ["one"], "rows": [["a"]]}}
    ),
    "id with capitals": _set(("id",), "Leg Cramps"),
    "date of another form": _set(("version",), "22 November"),
    "notes without a number": _set(("sections", 0, "blocks", 0), {"notes": "many"}),
}


@pytest.mark.parametrize("name", BROKEN)
def test_the_schema_refuses_a_broken_handout(name: str) -> None:
    """Each broken handout differs from the shipped one in one place, and is refused for it."""
    validator = editor(jsonschema.Draft202012Validator.FORMAT_CHECKER)
    data = copy.deepcopy(shipped_to_editor())
    BROKEN[name](data)
    assert list(validator.iter_errors(data))


def test_ten_broken_handouts_at_least_are_tried() -> None:
    """The list above cannot shrink unnoticed."""
    assert len(BROKEN) >= 10


TYPED = {
    "a number for a text": (("message",), "911", True),
    "a number for a title": (("title",), "5", True),
    "a number with a point for a cell": (
        ("sections", 0, "blocks", 0),
        "{table: {columns: [A, B], rows: [[Potassium, 3.5]]}}",
        True,
    ),
    "a number in a mapping of audiences": (("message",), "{general: 911, ckd: 3.5}", True),
    "true for a text": (("message",), "true", True),
    "a number in quotes for a number": (("target_grade",), '"5"', True),
    "a length in quotes": (("fields",), '[{name: x, label: X, width_mm: "60"}]', True),
    "yes for true": (("red_flags", 0, "card"), "yes", True),
    "Off for false": (("red_flags", 0, "card"), "Off", True),
    "one for true": (("red_flags", 0, "card"), "1", True),
    "yes for an audience": (("red_flags", 0, "card"), "{general: yes, ckd: no}", True),
    "a whole number that is an approval": (("review", "approved"), "{ckd: 1234567890123456}", True),
    "a leap day": (("version",), "2024-02-29", True),
    "a day in quotes": (("version",), "'2026-11-22'", True),
    "no such day": (("version",), "2026-02-30", False),
    "no leap day": (("version",), "2026-02-29", False),
    "no such month": (("version",), "2026-13-01", False),
    "seconds for a day": (("version",), "864000", False),
    "a day with a time": (("version",), "2026-11-22T00:00:00", False),
    "no such day of a review": (("review", "due"), "2026-04-31", False),
    "a text of blanks": (("message",), "'   '", False),
    "a cell of blanks": (
        ("sections", 0, "blocks", 0),
        "{table: {columns: [A, B], rows: [[Potassium, '\t']]}}",
        False,
    ),
    "a text of blanks for an audience": (("message",), "{general: ' ', ckd: one}", False),
    "perhaps for true": (("red_flags", 0, "card"), "perhaps", False),
    "two for true": (("red_flags", 0, "card"), "2", False),
    "a word for a number": (("target_grade",), "five", False),
    "no number": (("fields",), "[{name: x, label: X, width_mm: nan}]", False),
    "no end of a number": (("fields",), "[{name: x, label: X, width_mm: inf}]", False),
    "a number for an id": (("id",), "5", False),
    "a number for an audience": (("audiences",), "[5]", False),
    "capitals for an audience": (("message",), "{General: one, ckd: two}", False),
    "a number of lines that is too large": (("sections", 0, "blocks", 0), "{notes: 31}", False),
}


@pytest.mark.parametrize("name", TYPED)
def test_the_schema_and_the_program_agree_on_values_that_look_like_another_kind(name: str) -> None:
    """The types that an editor may read are allowed exactly where the program accepts the value."""
    path, written, is_valid = TYPED[name]
    for_editor, for_program = (
        copy.deepcopy(shipped_to_editor()),
        copy.deepcopy(shipped_to_program()),
    )
    _set(path, yaml.load(written, Loader))(for_editor)  # noqa: S506 -- a SafeLoader
    _set(path, read_yaml(f"a: {written}".encode(), "x.yaml").data["a"])(for_program)
    assert editor().is_valid(for_editor) == is_valid
    try:
        Handout.model_validate(for_program)
    except ValidationError:
        assert not is_valid
    else:
        assert is_valid
