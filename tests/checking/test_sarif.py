"""Test SARIF 2.1.0 output: valid by the standard, without any path of the machine."""

from __future__ import annotations

import copy
import datetime as dt
import json
from functools import cache
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_to_bytes

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tiny_handout import TINY

from teachback.checking.all_rules import Rules, load_all_rules
from teachback.checking.checker import CheckResult, check
from teachback.checking.sarif import BUILTIN, ROOT, sarif
from teachback.errors import Location, Problem
from teachback.files.workspace import Workspace, builtin_root

if TYPE_CHECKING:
    from collections.abc import Callable

    Make = Callable[..., Workspace]

TODAY = dt.date(2026, 11, 22)


def closed(properties: dict[str, Any], *required: str) -> dict[str, Any]:
    """Return the schema of an object with these properties and no others."""
    return {
        "type": "object",
        "properties": properties,
        "required": list(required),
        "additionalProperties": False,
    }


def many(schema: dict[str, Any], least: int = 0) -> dict[str, Any]:
    """Return the schema of a list."""
    return {"type": "array", "items": schema, "minItems": least}


TEXT = closed({"text": {"type": "string", "minLength": 1}}, "text")
LEVEL = {"enum": ["none", "note", "warning", "error"]}
COUNT = {"type": "integer", "minimum": 1}
# A relative reference (RFC 3986, 4.2): no scheme, no root, no unencoded character, no step upward.
ADDRESS = {
    "type": "string",
    "pattern": (
        r"^(?!/)(?!\.\.(/|$))(?!.*/\.\.(/|$))(?![A-Za-z][-A-Za-z0-9+.]*:)"
        r"([-A-Za-z0-9._~/!$&'()*+,;=:@]|%[0-9A-F]{2})+$"
    ),
}
ARTIFACT = closed({"uri": ADDRESS, "uriBaseId": {"enum": [ROOT, BUILTIN]}}, "uri", "uriBaseId")
LOCATIONS = many(
    closed(
        {
            "physicalLocation": closed(
                {
                    "artifactLocation": ARTIFACT,
                    "region": closed(
                        {"startLine": COUNT, "startColumn": COUNT},
                        "startLine",
                    ),
                },
                "artifactLocation",
            )
        },
        "physicalLocation",
    ),
    1,
)
# The parts of SARIF 2.1.0 in use, with the requirements of the standard (sections 3.13, 3.14, 3.20,
# 3.27 to 3.30, 3.35, 3.49).
SCHEMA = closed(
    {
        "$schema": {"type": "string", "format": "uri"},
        "version": {"const": "2.1.0"},
        "runs": many(
            closed(
                {
                    "tool": closed(
                        {
                            "driver": closed(
                                {
                                    "name": {"const": "teachback"},
                                    "version": {"type": "string"},
                                    "rules": many(
                                        closed(
                                            {
                                                "id": {"type": "string", "minLength": 1},
                                                "shortDescription": TEXT,
                                                "fullDescription": TEXT,
                                                "defaultConfiguration": closed(
                                                    {"level": LEVEL}, "level"
                                                ),
                                            },
                                            "id",
                                        ),
                                        1,
                                    ),
                                },
                                "name",
                                "rules",
                            )
                        },
                        "driver",
                    ),
                    "invocations": many(
                        closed(
                            {"executionSuccessful": {"type": "boolean"}}, "executionSuccessful"
                        ),
                        1,
                    ),
                    "originalUriBaseIds": closed(
                        {name: closed({"description": TEXT}) for name in (ROOT, BUILTIN)},
                        ROOT,
                        BUILTIN,
                    ),
                    "columnKind": {"const": "unicodeCodePoints"},
                    "results": many(
                        closed(
                            {
                                "ruleId": {"type": "string", "minLength": 1},
                                "ruleIndex": {"type": "integer", "minimum": 0},
                                "level": LEVEL,
                                "message": TEXT,
                                "locations": LOCATIONS,
                                "relatedLocations": LOCATIONS,
                                "suppressions": many(
                                    closed(
                                        {
                                            "kind": {"const": "inSource"},
                                            "status": {"const": "accepted"},
                                            "justification": {"type": "string"},
                                        },
                                        "kind",
                                    ),
                                    1,
                                ),
                            },
                            "ruleId",
                            "level",
                            "message",
                        )
                    ),
                },
                "tool",
                "invocations",
                "originalUriBaseIds",
                "results",
            ),
            1,
        ),
    },
    "version",
    "runs",
)  # fmt: skip


VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)


def told(checkup: CheckResult, workspace: Workspace) -> Any:  # noqa: ANN401 -- JSON
    """Return the written run, after validating it against the schema."""
    data = sarif(checkup, workspace)
    found = json.loads(data)
    VALIDATOR.validate(found)
    return found["runs"][0]


def addresses(run: Any) -> list[tuple[str, str]]:  # noqa: ANN401 -- JSON
    """Return the base and address of every result that has a place."""
    found = [
        place["physicalLocation"]["artifactLocation"]
        for result in run["results"]
        for place in result.get("locations", ())
    ]
    return [(one["uriBaseId"], one["uri"]) for one in found]


@pytest.mark.parametrize("below", ["", "content", "content/handouts"])
def test_addresses_are_relative_to_the_workspace_wherever_the_check_is_started(
    workspace: Make, below: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The clinic's and the built-in files have different bases.

    No path of the machine is written.
    """
    accepted = "accept: [{rule: plain-no-teach-back, reason: It is short., by: A. Nurse}]\nreview:"
    clinic = workspace(
        {
            "content/handouts/tiny.yaml": TINY.replace("review:", accepted),
            "content/handouts/über mich #1.yaml": TINY,
            "content/rules/our gel.yml": "",
        }
    )
    monkeypatch.chdir(clinic.root / below)
    run = told(check((), (), clinic, TODAY), clinic)
    found = addresses(run)
    assert {
        (ROOT, "content/handouts/%C3%BCber%20mich%20%231.yaml"),
        (ROOT, "content/rules/our%20gel.yml"),
    } <= set(found)
    assert any("suppressions" in result for result in run["results"])
    text = json.dumps(run, ensure_ascii=False)
    assert str(clinic.root) not in text
    assert str(builtin_root()) not in text
    assert "file:" not in text


def test_a_finding_told_once_keeps_all_its_places(workspace: Make) -> None:
    """The first place is the location, and each further one is a related location."""
    text = TINY + "      - text: Notify us.\n      - text: Do it prior to noon.\n"
    clinic = workspace({"content/handouts/tiny.yaml": text})
    [result] = [
        result
        for result in told(check((), (), clinic, TODAY), clinic)["results"]
        if result["ruleId"] == "plain-hard-word"
    ]
    lines = [
        place["physicalLocation"]["region"]["startLine"]
        for key in ("locations", "relatedLocations")
        for place in result[key]
    ]
    assert lines == [len(text.splitlines()) - 1, len(text.splitlines())]


def test_a_finding_in_a_built_in_file_has_the_other_base(
    workspace: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A built-in file has an address below the program's own folder."""
    clinic = workspace()
    monkeypatch.chdir(clinic.root)
    place = Location(str(builtin_root() / "content/handouts/leg-cramps.yaml"), 3, 1)
    checkup = CheckResult(
        (), load_all_rules(clinic), (Problem(f"{place.file} is long", "", place),)
    )
    run = told(checkup, clinic)
    assert addresses(run) == [(BUILTIN, "content/handouts/leg-cramps.yaml")]
    assert run["results"][0]["message"]["text"] == "content/handouts/leg-cramps.yaml is long."


@given(
    st.text(
        st.characters(exclude_categories=["Cs"], exclude_characters="/\0"), min_size=1, max_size=30
    ).filter(lambda n: n not in {".", ".."})
)
def test_any_file_name_comes_back_from_its_address(name: str) -> None:
    """Every character with a meaning in an address is encoded, and decodes to the same bytes."""
    clinic = Workspace(builtin_root().parent / "clinic", builtin_root())
    place = Location(str(clinic.root / "content" / name), 1, 0)
    ((base, address),) = addresses(
        told(CheckResult((), one_rule(), (Problem("long", "", place),)), clinic)
    )
    assert base == ROOT
    assert unquote_to_bytes(address) == f"content/{name}".encode()


@cache
def one_rule() -> Rules:
    """Return one built-in rule, which is told sooner than all of them."""
    rules = load_all_rules(Workspace(builtin_root(), builtin_root()))
    return Rules(rules, dict(list(rules.known.items())[:1]), rules.vocabulary)


def test_a_name_that_is_not_utf_8_is_written(workspace: Make) -> None:
    """The bytes of such a file name are encoded, and cause no error."""
    clinic = workspace()
    name = b"\xff.yml".decode(errors="surrogateescape")
    checkup = CheckResult(
        (),
        one_rule(),
        (Problem(f"{name} is not used", "", Location(str(clinic.root / "content" / name))),),
    )
    assert addresses(told(checkup, clinic)) == [(ROOT, "content/%FF.yml")]


def _absolute(run: Any) -> None:  # noqa: ANN401 -- JSON
    run["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] = (
        "file:///srv/clinic/content/a.yaml"
    )


def _raw(run: Any) -> None:  # noqa: ANN401 -- JSON
    run["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] = (
        "content/our gel.yaml"
    )


def _upward(run: Any) -> None:  # noqa: ANN401 -- JSON
    run["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] = (
        "../content/a.yaml"
    )


def _column(run: Any) -> None:  # noqa: ANN401 -- JSON
    run["results"][0]["locations"][0]["physicalLocation"]["region"] = {
        "startLine": 1,
        "startColumn": 0,
    }


def _base(run: Any) -> None:  # noqa: ANN401 -- JSON
    del run["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uriBaseId"]


def _invocation(run: Any) -> None:  # noqa: ANN401 -- JSON
    del run["invocations"][0]["executionSuccessful"]


def _message(run: Any) -> None:  # noqa: ANN401 -- JSON
    run["results"][0]["message"] = {"text": ""}


@pytest.mark.parametrize("spoil", [_absolute, _raw, _upward, _column, _base, _invocation, _message])
def test_the_form_refuses_what_is_wrong(spoil: Callable[[Any], None], workspace: Make) -> None:
    """The schema of these tests finds each of these faults."""
    clinic = workspace()
    found = json.loads(sarif(check(("tiny",), (), clinic, TODAY), clinic))
    VALIDATOR.validate(found)
    spoilt = copy.deepcopy(found)
    spoil(spoilt["runs"][0])
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(spoilt, SCHEMA)
