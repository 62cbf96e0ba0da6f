"""Findings as SARIF 2.1.0 (OASIS), which editors and code hosts show beside the lines. Pure."""

from __future__ import annotations

import json
from pathlib import PurePath
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from teachback import __version__
from teachback.errors import Severity

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from teachback.check import Checkup
    from teachback.errors import Location, Problem
    from teachback.guard import Waived
    from teachback.rulebook import Rule

_LEVELS: Final = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.HINT: "note"}
SCHEMA: Final = "https://json.schemastore.org/sarif-2.1.0.json"


def sarif(checkup: Checkup) -> bytes:
    """Give a run's findings; those that were accepted are in it as suppressed, with the reason."""
    rules = list(checkup.rules.known.values())
    index = {rule.id: number for number, rule in enumerate(rules)}
    results = [_result(problem, index) for problem in _problems(checkup)]
    results += [_waived(waived, checked.authored.file.locate(waived.finding.passage.path), index)
                for checked in checkup.handouts if checked.authored for waived in checked.waived]  # fmt: skip
    driver = {"name": "teachback", "version": __version__, "rules": [_rule(rule) for rule in rules]}
    run = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}
    return (json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=1, ensure_ascii=False) + "\n").encode()


def _problems(checkup: Checkup) -> Iterable[Problem]:
    return (*checkup.problems, *(problem for checked in checkup.handouts for problem in checked.problems))


def _rule(rule: Rule) -> dict[str, Any]:
    return {
        "id": rule.id,
        "shortDescription": {"text": rule.title},
        "fullDescription": {"text": rule.why},
        "defaultConfiguration": {"level": _LEVELS[rule.severity]},
    }


def _result(problem: Problem, index: Mapping[str, int]) -> dict[str, Any]:
    rule = problem.rule or "content"
    found: dict[str, Any] = {
        "ruleId": rule,
        "level": _LEVELS[problem.severity],
        "message": {"text": f"{problem.message}. {problem.hint}".strip()},
    }
    if rule in index:
        found["ruleIndex"] = index[rule]
    if problem.location:
        found["locations"] = [_location(problem.location)]
    return found


def _waived(waived: Waived, place: Location, index: Mapping[str, int]) -> dict[str, Any]:
    from teachback.errors import Problem

    finding, accepted = waived.finding, waived.accepted
    found = _result(Problem(finding.message, finding.hint, place, finding.severity, finding.rule), index)
    found["suppressions"] = [{"kind": "inSource", "status": "accepted", "justification": f"{accepted.reason} ({accepted.by})"}]
    return found


def _location(place: Location) -> dict[str, Any]:
    # A URI reference (SARIF 2.1.0, 3.4.3): relative to where the check was run, or with a scheme of its own.
    path = PurePath(place.file)
    physical: dict[str, Any] = {"artifactLocation": {"uri": path.as_uri() if path.is_absolute() else quote(path.as_posix())}}
    if place.line:
        physical["region"] = {"startLine": place.line, "startColumn": place.column}
    return {"physicalLocation": physical}
