"""Write findings as SARIF 2.1.0 (OASIS), which editors and code hosts show beside the lines."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from teachback import __version__
from teachback.errors import Severity

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from teachback.checking.blocking_rules import AcceptedFinding
    from teachback.checking.checker import CheckResult
    from teachback.checking.rule import Rule
    from teachback.errors import Location, Problem
    from teachback.files.workspace import Workspace

_LEVELS: Final = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.HINT: "note"}
SCHEMA: Final = "https://json.schemastore.org/sarif-2.1.0.json"


# The base folders of file addresses (SARIF 2.1.0, 3.14.14). Their location on this machine is left
# out.
ROOT: Final = "%SRCROOT%"
BUILTIN: Final = "TEACHBACK"
_BASES: Final = {
    ROOT: {"description": {"text": "The clinic's workspace."}},
    BUILTIN: {"description": {"text": "The files that come with Teachback."}},
}


def sarif(checkup: CheckResult, workspace: Workspace) -> bytes:
    """Return a run's findings as SARIF; accepted findings are marked as suppressed with the reason.

    Addresses are relative to the workspace or to the built-in files. No path of this machine is
    written.
    """
    rules = list(checkup.rules.known.values())
    index = {rule.id: number for number, rule in enumerate(rules)}
    results = [_result(problem, index, workspace) for problem in _problems(checkup)]
    results += [
        _waived(waived, checked.authored.file.locate(waived.finding.passage.path), index, workspace)
        for checked in checkup.handouts
        if checked.authored
        for waived in checked.waived
    ]
    driver = {"name": "teachback", "version": __version__, "rules": [_rule(rule) for rule in rules]}
    run = {
        "tool": {"driver": driver},
        "invocations": [{"executionSuccessful": True}],
        "originalUriBaseIds": _BASES,
        "columnKind": "unicodeCodePoints",
        "results": results,
    }
    text = (
        json.dumps(
            {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=1, ensure_ascii=False
        )
        + "\n"
    )
    # A message may quote a file name that is not valid UTF-8.
    return text.encode(errors="replace")


def _problems(checkup: CheckResult) -> Iterable[Problem]:
    return (
        *checkup.problems,
        *(problem for checked in checkup.handouts for problem in checked.problems),
    )


def _rule(rule: Rule) -> dict[str, Any]:
    return {
        "id": rule.id,
        "shortDescription": {"text": rule.title},
        "fullDescription": {"text": rule.why},
        "defaultConfiguration": {"level": _LEVELS[rule.severity]},
    }


def _result(problem: Problem, index: Mapping[str, int], workspace: Workspace) -> dict[str, Any]:
    rule = problem.rule or "content"
    found: dict[str, Any] = {
        "ruleId": rule,
        "level": _LEVELS[problem.severity],
        "message": {
            "text": _without_paths(f"{problem.message}. {problem.hint}".strip(), workspace)
        },
    }
    if rule in index:
        found["ruleIndex"] = index[rule]
    if problem.location:
        found["locations"] = [_location(problem.location, workspace)]
    if problem.also:
        found["relatedLocations"] = [_location(place, workspace) for place in problem.also]
    return found


def _waived(
    waived: AcceptedFinding, place: Location, index: Mapping[str, int], workspace: Workspace
) -> dict[str, Any]:
    from teachback.errors import Problem

    finding, accepted = waived.finding, waived.accepted
    found = _result(
        Problem(finding.message, finding.hint, place, finding.severity, finding.rule),
        index,
        workspace,
    )
    found["suppressions"] = [
        {
            "kind": "inSource",
            "status": "accepted",
            "justification": f"{accepted.reason} ({accepted.by})",
        }
    ]
    return found


def _location(place: Location, workspace: Workspace) -> dict[str, Any]:
    physical: dict[str, Any] = {"artifactLocation": _artifact(place.file, workspace)}
    if place.line:
        physical["region"] = {
            "startLine": place.line,
            **({"startColumn": place.column} if place.column else {}),
        }
    return {"physicalLocation": physical}


def _artifact(file: str, workspace: Workspace) -> dict[str, str]:
    """Return a file's address, relative to a base folder and percent-encoded (RFC 3986)."""
    whole = Path(os.path.abspath(file))  # noqa: PTH100 -- keeps links
    if not whole.exists() and not os.path.isabs(file):  # noqa: PTH117 -- file is text
        whole = workspace.root / file
    for base, root in ((ROOT, workspace.root), (BUILTIN, workspace.builtin)):
        if whole.is_relative_to(root):
            return {"uri": quote(os.fsencode(whole.relative_to(root))), "uriBaseId": base}
    return {"uri": quote(os.fsencode(whole.name))}


def _without_paths(text: str, workspace: Workspace) -> str:
    """Return a message with the files of the base folders named by relative paths."""
    for root in (workspace.root, workspace.builtin):
        # The workspace may be the root of a drive.
        text = text.replace(f"{root}{os.sep}", "") if root != Path(root.anchor) else text
    return text
