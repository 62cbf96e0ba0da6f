"""Test that searches for a clinic's own patterns have a time limit, and name the slow one."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest
from texts_as_read import check_text
from tiny_handout import TINY
from workspace_cases import here, lay, problems

from teachback.checking.clinical import timed_patterns
from teachback.checking.clinical.rule_loader import load_clinical_rules
from teachback.checking.clinical.timed_patterns import ClinicPatterns, TimedPattern, pattern_fault
from teachback.errors import Location, TeachbackError

if TYPE_CHECKING:
    import re
    from collections.abc import Callable
    from pathlib import Path

    from teachback.files.workspace import Workspace

pytestmark = pytest.mark.slow

RULE = """\
id: blue-gel
title: our blue gel
audience: [general]
severity: warning
about: [nsaid]
doing: ['(?:use|take) (?:our )?blue gel'{doing}]
unless: [never again{unless}]
beside: [out of stock{beside}]
message: our blue gel is not for these readers
hint: Say something else.
why: A test.
sources: [ours]
bad: [Take ibuprofen., Take ibuprofen now.]
good: [Rest., Walk.]
"""
A = "a" * 60
# Patterns, each with a lower-case text for which trying all ways takes far too long.
HOSTILE = {
    "(a+)+$": f"{A}!",
    "(a|aa)+$": f"{A}!",
    "(a*)*$": f"{A}!",
    "((a+)*)+b": A,
    "(?:a?){40}a{40}!": A,
    r"(\w+\s*)+:": "word " * 30,
    r"(?:.*,){20}!": "a," * 60,
    ".*.*.*.*.*.*.*.*=": "a" * 900,
    "a*a*a*a*a*a*a*a*b": "a" * 900,
    "(?=(a+)+$)a": f"{A}!",
    "(?<![b])(?:a+)+$": f"{A}!",
    r"(a+)+?\1b": f"{A}!",
    "(?i:(?:É|é)+)+$": "é" * 60 + "!",
    "(?s:.+)+$(?<!a)": A,
    "(?P<one>a+)+(?P<two>a+)+$": f"{A}!",
}


@pytest.mark.parametrize("hostile", HOSTILE)
def test_any_search_ends_and_names_the_slow_one_of_several(
    hostile: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The limit ends every kind of repeat; the place is that of the slow pattern."""
    monkeypatch.setattr(timed_patterns, "SECONDS", 0.05)
    monkeypatch.setattr(timed_patterns, "_SECONDS_ALONE", 0.025)
    parts = (
        (r"quick", Location("ours.yaml", 1, 1)),
        (hostile, Location("ours.yaml", 2, 5)),
        (r"also", Location("ours.yaml", 3, 1)),
    )
    for name in ("search", "finditer"):
        slow = TimedPattern(
            ClinicPatterns("|".join(f"(?:{part})" for part, _ in parts), "ours", parts)
        )
        with pytest.raises(TeachbackError) as refused:
            getattr(slow, name)(HOSTILE[hostile])
        (problem,) = refused.value.problems
        assert str(problem.location) == "ours.yaml:2:5"
        assert problem.message == "the rule 'ours': this pattern takes too long to be searched for"


@pytest.mark.parametrize("name", ["doing", "unless", "beside"])
@pytest.mark.parametrize(
    "command", ["check tiny", "build tiny --audience ckd --kind card --format html"]
)
def test_a_pattern_that_hangs_is_named_by_every_command(
    command: str,
    name: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """`build` and `check` end with the rule's file, line and column, and print nothing."""
    monkeypatch.setattr(timed_patterns, "SECONDS", 0.05)
    monkeypatch.setattr(timed_patterns, "_SECONDS_ALONE", 0.025)
    hostile = dict.fromkeys(("doing", "unless", "beside"), "") | {
        name: ", '(?:use|take|e+|a|e|i)+(?:[a-z ]+)+$'"
    }
    rule = RULE.format(**hostile)
    text = TINY.replace(
        "For everyone here.",
        "Take ibuprofen. Use our blue gel for ibuprofen with our many blue words!",
    )
    files = {
        "content/rules/blue-gel.yaml": rule.encode(),
        "content/handouts/tiny.yaml": text.encode(),
    }
    code, _, stderr = here(command, lay(tmp_path, files), monkeypatch, capsys)
    line = next(
        number for number, row in enumerate(rule.splitlines(), start=1) if row.startswith(name)
    )
    column = rule.splitlines()[line - 1].index(", '") + 3
    assert code == 1
    assert (
        f"content/rules/blue-gel.yaml:{line}:{column}",
        "the rule 'blue-gel': this pattern takes too long to be searched for",
    ) in [(one.place, one.message) for one in problems(stderr)]


def test_patterns_that_clinics_write_find_what_they_should(
    workspace: Callable[..., Workspace],
) -> None:
    """Lookarounds, groups and repeats work as in the program's own rules, in long texts, too."""
    clinic = workspace(
        {
            "content/rules/blue-gel.yaml": RULE.format(
                doing=r", 'rub(?:bed|s)?(?! off)\W+(?:\w+\W+){0,4}?'", unless="", beside=""
            )
        }
    )
    rules = load_clinical_rules(clinic)
    rule = next(rule for rule in rules.rules if rule.file.id == "blue-gel")
    assert isinstance(rule.doing, ClinicPatterns)
    assert [
        f.rule
        for f in check_text("Rub ibuprofen on your leg.", rules, audience="general")
        if f.rule == "blue-gel"
    ] == ["blue-gel"]
    assert not [
        f
        for f in check_text("Rub off ibuprofen.", rules, audience="general")
        if f.rule == "blue-gel"
    ]
    long = " ".join(["Rub the gel on your leg, and call us about ibuprofen."] * 80)
    for _ in range(10):
        assert [f.rule for f in check_text(long, rules, audience="general") if f.rule == "blue-gel"]


def test_the_programs_own_patterns_need_no_limit(workspace: Callable[..., Workspace]) -> None:
    """Only patterns written by a clinic are limited."""
    rules = load_clinical_rules(workspace())
    assert len(rules.rules) > 10
    assert not any(
        isinstance(found, ClinicPatterns)
        for rule in rules.rules
        for found in (rule.doing, rule.unless, rule.beside)
    )


@pytest.mark.parametrize(
    "bad",
    ["(", "(" * 4000 + ")" * 4000, "a{99999999999}", "(?P<a>x)(?P<a>y)", "[z-a]", "(?<=a+)b", "*"],
)
def test_what_is_no_pattern_is_said_to_be_none(bad: str) -> None:
    """However deep it is nested, or how often it repeats."""
    assert pattern_fault(bad)
    assert pattern_fault("a(?:b|c){1,9}") == ""


def test_elsewhere_than_in_the_main_thread_a_pattern_still_finds() -> None:
    """Other threads receive no signals, so they search without a limit."""
    found: list[re.Match[str] | None] = []
    place = (("a", Location("ours.yaml", 1, 1)),)
    searching = threading.Thread(
        target=lambda: found.append(TimedPattern(ClinicPatterns("a", "ours", place)).search("bab"))
    )
    searching.start()
    searching.join()
    assert found[0] is not None
