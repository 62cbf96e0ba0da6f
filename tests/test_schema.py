"""The committed JSON Schema is the model's, takes what we ship and refuses what is broken."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from teachback.schema import handout_schema

ROOT = Path(__file__).parents[1]
SCHEMA = ROOT / "content" / "handout.schema.json"


class Loader(yaml.SafeLoader):
    """Reads dates as text, as YAML language servers do (YAML 1.2 has no date type)."""


Loader.yaml_implicit_resolvers = {
    letter: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for letter, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def shipped() -> dict[str, Any]:
    """Give the shipped handout as an editor reads it."""
    data: dict[str, Any] = yaml.load((ROOT / "content" / "handouts" / "leg-cramps.yaml").read_text(encoding="utf-8"), Loader)  # noqa: S506 -- a SafeLoader
    return data


def test_the_committed_schema_is_the_one_that_the_model_gives() -> None:
    """Whoever changes the model runs `teachback schema > content/handout.schema.json`."""
    assert SCHEMA.read_text(encoding="utf-8") == handout_schema()


def test_the_shipped_handout_and_the_sample_are_valid_to_an_editor() -> None:
    """A YAML language server shows no error in what we ship."""
    validator = jsonschema.Draft202012Validator(json.loads(handout_schema()))
    assert [error.message for error in validator.iter_errors(shipped())] == []
    sample = (
        (ROOT / "content" / "samples" / "handout.yaml").read_text(encoding="utf-8").replace("THE-ID", "x").replace("THE-DATE", "2026-11-22")
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
    "one column": _set(("sections", 0, "blocks", 0), {"table": {"columns": ["one"], "rows": [["a"]]}}),
    "id with capitals": _set(("id",), "Leg Cramps"),
    "date of another form": _set(("version",), "22 November"),
    "notes without a number": _set(("sections", 0, "blocks", 0), {"notes": "many"}),
}


@pytest.mark.parametrize("name", BROKEN)
def test_the_schema_refuses_a_broken_handout(name: str) -> None:
    """Each broken handout differs from the shipped, valid one in one place, and is refused for it."""
    validator = jsonschema.Draft202012Validator(json.loads(handout_schema()), format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER)
    data = copy.deepcopy(shipped())
    BROKEN[name](data)
    assert list(validator.iter_errors(data))


def test_ten_broken_handouts_at_least_are_tried() -> None:
    """The list above cannot shrink unseen."""
    assert len(BROKEN) >= 10
