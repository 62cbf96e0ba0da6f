"""Write findings as SARIF 2.1.0 (OASIS), which editors and code hosts show beside the lines."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from teachback import __version__
from teachback.errors import Problem, Severity

if TYPE_CHECKING:
    from collections.abc import Mapping

    from teachback.checking.blocking_rules import AcceptedFinding
    from teachback.checking.checker import CheckResult
    from teachback.checking.rule import Rule
    from teachback.errors import Location
    from teachback.files.workspace import Workspace

_LEVELS: Final = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.HINT: "note"}
SCHEMA: Final = "https://json.schemastore.org/sarif-2.1.0.json"
# The base folders of file addresses (SARIF 2.1.0, 3.14.14). Their location on this machine is left
# out.
ROOT: Final = "%SRCROOT%"
BUILTIN: Final = "TEACHBACK"
_BASE_FOLDERS: Final = {
    ROOT: {"description": {"text": "The clinic's workspace."}},
    BUILTIN: {"description": {"text": "The files that come with Teachback."}},
}


def sarif(checkup: CheckResult, workspace: Workspace) -> bytes:
    """Return a run's findings as SARIF; an accepted finding is suppressed, with the reason.

    Addresses are relative to the workspace or to the built-in files. No path of this machine is
    written.
    """
    rules = list(checkup.rules.known.values())
    index = {rule.id: number for number, rule in enumerate(rules)}
    results = [_result_json(problem, index, workspace) for problem in checkup.all_problems()]
    results += [
        _accepted_json(
            waived, checked.authored.file.locate(waived.finding.passage.path), index, workspace
        )
        for checked in checkup.handouts
        if checked.authored
        for waived in checked.waived
    ]
    driver = {
        "name": "teachback",
        "version": __version__,
        "rules": [_rule_json(rule) for rule in rules],
    }
    run = {
        "tool": {"driver": driver},
        "invocations": [{"executionSuccessful": True}],
        "originalUriBaseIds": _BASE_FOLDERS,
        "columnKind": "unicodeCodePoints",
        "results": results,
    }
    log = {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}
    # A message may quote a file name that is not valid UTF-8.
    return f"{json.dumps(log, indent=1, ensure_ascii=False)}\n".encode(errors="replace")


def _rule_json(rule: Rule) -> dict[str, Any]:
    return {
        "id": rule.id,
        "shortDescription": {"text": rule.title},
        "fullDescription": {"text": rule.why},
        "defaultConfiguration": {"level": _LEVELS[rule.severity]},
    }


def _result_json(
    problem: Problem, index: Mapping[str, int], workspace: Workspace
) -> dict[str, Any]:
    rule_id = problem.rule or "content"
    result: dict[str, Any] = {
        "ruleId": rule_id,
        "level": _LEVELS[problem.severity],
        "message": {
            "text": _without_paths(f"{problem.message}. {problem.hint}".strip(), workspace)
        },
    }
    if rule_id in index:
        result["ruleIndex"] = index[rule_id]
    if problem.location:
        result["locations"] = [_location_json(problem.location, workspace)]
    if problem.also:
        result["relatedLocations"] = [_location_json(place, workspace) for place in problem.also]
    return result


def _accepted_json(
    accepted_finding: AcceptedFinding,
    place: Location,
    index: Mapping[str, int],
    workspace: Workspace,
) -> dict[str, Any]:
    finding, accepted = accepted_finding
    result = _result_json(
        Problem(finding.message, finding.hint, place, finding.severity, finding.rule),
        index,
        workspace,
    )
    result["suppressions"] = [
        {
            "kind": "inSource",
            "status": "accepted",
            "justification": f"{accepted.reason} ({accepted.by})",
        }
    ]
    return result


def _location_json(place: Location, workspace: Workspace) -> dict[str, Any]:
    location: dict[str, Any] = {"artifactLocation": _artifact_json(place.file, workspace)}
    if place.line:
        location["region"] = {
            "startLine": place.line,
            **({"startColumn": place.column} if place.column else {}),
        }
    return {"physicalLocation": location}


def _artifact_json(file: str, workspace: Workspace) -> dict[str, str]:
    """Return a file's address, relative to a base folder and percent-encoded (RFC 3986)."""
    path = Path(os.path.abspath(file))  # noqa: PTH100 -- keeps links
    if not path.exists() and not os.path.isabs(file):  # noqa: PTH117 -- file is text
        path = workspace.root / file
    for base, root in ((ROOT, workspace.root), (BUILTIN, workspace.builtin)):
        if path.is_relative_to(root):
            return {"uri": quote(os.fsencode(path.relative_to(root))), "uriBaseId": base}
    return {"uri": quote(os.fsencode(path.name))}


def _without_paths(text: str, workspace: Workspace) -> str:
    """Return a message with relative paths for the files of the base folders."""
    for root in (workspace.root, workspace.builtin):
        # The workspace may be the root of a drive, whose name is in every path.
        if root != Path(root.anchor):
            text = text.replace(f"{root}{os.sep}", "")
    return text
