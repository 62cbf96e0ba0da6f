"""Test `teachback check`: its findings, its output, and what a clinic decides about them."""

from __future__ import annotations

import datetime as dt
import gc
import json
import os
import re
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from rule_examples import each_example
from settings_from_flags import resolve
from tiny_handout import TINY

from teachback.checking.all_rules import OWN, load_all_rules
from teachback.checking.blocking_rules import UNRULED
from teachback.checking.checker import check, explain_rules, failed
from teachback.checking.clinical.clinical_rules import GAP
from teachback.checking.rule import ReaderText
from teachback.cli.app import run
from teachback.cli.output import print_checkup
from teachback.commands.build import build
from teachback.content.workspace_content import load_shared
from teachback.errors import Severity, TeachbackError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from teachback.checking.checker import CheckResult
    from teachback.checking.rule import Example, Rule
    from teachback.errors import Problem
    from teachback.files.workspace import Workspace

    Make = Callable[..., Workspace]

pytestmark = pytest.mark.usefixtures("one_process")


TODAY = dt.date(2026, 11, 22)
BANANAS = TINY.replace("ckd: For kidneys here.", "ckd: Eat a banana before bed.")
# Rules that the tiny handout breaks, which most tests here are not about.
QUIET = {
    "plain-no-teach-back",
    "plain-no-action",
    "plain-heading",
    "source-unused",
    "source-undated",
    "source-old",
}


def found(clinic: Workspace, *audiences: str) -> list[Problem]:
    """Return the findings in the tiny handout, without those that every tiny handout has."""
    checkup = check(("tiny",), audiences, clinic, TODAY)
    return [
        problem
        for checked in checkup.handouts
        for problem in checked.problems
        if problem.rule not in QUIET
    ]


def only(clinic: Workspace, rule: str) -> list[Problem]:
    """Return the findings of one rule."""
    return [problem for problem in found(clinic) if problem.rule == rule]


def test_a_brief_check_tells_the_same_and_holds_no_texts(
    workspace: Make, capsys: pytest.CaptureFixture[str]
) -> None:
    """The prompt's output about a thousand handouts needs none of their texts in memory."""
    clinic = workspace({"content/handouts/tiny.yaml": BANANAS})
    told = []
    for brief in (False, True):
        checkup = check(("tiny",), (), clinic, TODAY, brief=brief)
        print_checkup(checkup)
        told.append(capsys.readouterr().out)
        [checked] = checkup.handouts
        assert (checked.authored is None, len(checked.reader_texts)) == (
            (True, 0) if brief else (False, 2)
        )
    assert "general: Flesch-Kincaid" in told[0]
    assert told[0] == told[1]


def test_sources_are_not_called_unused_while_a_handout_cannot_be_read(workspace: Make) -> None:
    """The unreadable handout may be the one that names them."""
    sources = "s: {publisher: A, title: A, basis: seen, year: 2026}\n"
    files = {
        "content/sources.yaml": sources,
        "content/handouts/leg-cramps.yaml": TINY.replace("id: tiny", "id: leg-cramps"),
    }
    clinic = workspace({**files, "content/handouts/tiny.yaml": TINY})
    assert "source-unused" in {problem.rule for problem in check((), (), clinic, TODAY).problems}
    clinic = workspace({**files, "content/handouts/tiny.yaml": TINY.replace("title:", "titel:")})
    checkup = check((), (), clinic, TODAY)
    assert checkup.count(Severity.ERROR) > 0
    assert "source-unused" not in {problem.rule for problem in checkup.problems}


def test_a_brief_check_of_many_handouts_holds_the_texts_of_few(workspace: Make) -> None:
    """Caches for the next reader of a text drop it when other texts have come."""
    count = 20
    clinic = workspace(
        {f"content/handouts/t{n}.yaml": TINY.replace("id: tiny", f"id: t{n}") for n in range(count)}
    )
    checkup = check(tuple(f"t{n}" for n in range(count)), (), clinic, TODAY, brief=True)
    assert len(checkup.handouts) == count
    gc.collect()
    held = {
        id(one.handout)
        for one in gc.get_objects()
        if isinstance(one, ReaderText) and one.handout and one.handout.id.startswith("t")
    }
    assert 0 < len(held) < count


def test_an_unsafe_sentence_is_an_error_with_its_place_and_rule(workspace: Make) -> None:
    """Its place is the text of the reader it is for."""
    clinic = workspace({"content/handouts/tiny.yaml": BANANAS})
    [problem] = only(clinic, "ckd-potassium-food")
    assert problem.severity is Severity.ERROR
    assert problem.location is not None
    assert (problem.location.line, problem.location.column) == (16, 50)
    assert problem.hint


def test_it_is_looked_for_only_where_its_reader_reads(workspace: Make) -> None:
    """For the general reader, the same advice is not a finding of the CKD rule."""
    clinic = workspace({"content/handouts/tiny.yaml": BANANAS})
    assert [p.rule for p in found(clinic, "general") if p.severity is Severity.ERROR] == []


def test_build_does_not_print_what_a_rule_calls_an_error(workspace: Make) -> None:
    """The handout is printed once the sentence is right."""
    settings = {"handouts": ("tiny",), "kind": ("card",)}
    clinic = workspace({"content/handouts/tiny.yaml": BANANAS})
    built = build(resolve(settings, clinic), clinic, TODAY)
    assert built.refused == ("tiny",)
    assert [problem.rule for problem in built.problems] == ["ckd-potassium-food"]
    clinic = workspace()
    assert build(resolve(settings, clinic), clinic, TODAY).printed


ACCEPT = """\
accept:
  - rule: ckd-potassium-food
    words: banana
    reason: Our dietitian asks for this example of what not to say.
    by: The kidney team
"""


def test_a_finding_can_be_accepted_with_a_reason_and_a_name(workspace: Make) -> None:
    """An accepted finding is not a problem in check or build, and is listed as accepted."""
    clinic = workspace({"content/handouts/tiny.yaml": BANANAS + ACCEPT})
    [checked] = check(("tiny",), (), clinic, TODAY).handouts
    assert "ckd-potassium-food" not in {problem.rule for problem in checked.problems}
    assert [(w.finding.rule, w.accepted.by) for w in checked.waived] == [
        ("ckd-potassium-food", "The kidney team")
    ]
    assert build(resolve({"handouts": ("tiny",), "kind": ("card",)}, clinic), clinic, TODAY).printed


def test_accepted_words_may_be_quoted_with_their_marks(workspace: Make) -> None:
    """They are copied from the file, where `**` makes a word strong."""
    text = BANANAS.replace("Eat a banana before bed.", '"Eat a **banana** before bed."')
    accept = ACCEPT.replace("words: banana", 'words: "a **banana** before"')
    clinic = workspace({"content/handouts/tiny.yaml": text + accept})
    [checked] = check(("tiny",), (), clinic, TODAY).handouts
    assert [w.finding.rule for w in checked.waived] == ["ckd-potassium-food"]
    assert {"ckd-potassium-food", "accept-idle"}.isdisjoint(p.rule for p in checked.problems)


def test_an_acceptance_that_nothing_needs_any_more_is_a_finding(workspace: Make) -> None:
    """It could hide a new finding."""
    clinic = workspace({"content/handouts/tiny.yaml": TINY + ACCEPT})
    [problem] = only(clinic, "accept-idle")
    assert problem.severity is Severity.WARNING
    assert problem.location is not None
    assert problem.location.line == len(TINY.splitlines()) + 2


def test_an_acceptance_of_an_unknown_rule_names_the_nearest(workspace: Make) -> None:
    """Otherwise a misspelt rule would silently accept nothing."""
    clinic = workspace(
        {
            "content/handouts/tiny.yaml": TINY
            + ACCEPT.replace("ckd-potassium-food", "ckd-potasium-food")
        }
    )
    [problem] = only(clinic, "accept-unknown")
    assert (problem.severity, problem.hint) == (
        Severity.ERROR,
        "Did you mean 'ckd-potassium-food'?",
    )


@pytest.mark.parametrize("without", ["reason", "by"])
def test_an_acceptance_needs_a_reason_and_a_name(workspace: Make, without: str) -> None:
    """Neither may be left out."""
    lines = [line for line in ACCEPT.splitlines() if f"    {without}:" not in line]
    clinic = workspace({"content/handouts/tiny.yaml": BANANAS + "\n".join(lines) + "\n"})
    assert [problem for problem in found(clinic) if f"'{without}'" in problem.message]


def test_an_error_is_accepted_only_with_the_words_it_is_about(workspace: Make) -> None:
    """Without words it would hide the next harmful sentence; for warnings that is allowed."""
    wordless = "\n".join(line for line in ACCEPT.splitlines() if "words:" not in line) + "\n"
    clinic = workspace({"content/handouts/tiny.yaml": BANANAS + wordless})
    assert [problem.severity for problem in only(clinic, "ckd-potassium-food")] == [Severity.ERROR]
    [problem] = only(clinic, "accept-unknown")
    assert (
        problem.message == "to accept an error of 'ckd-potassium-food', quote the words it is about"
    )
    assert build(
        resolve({"handouts": ("tiny",), "kind": ("card",)}, clinic), clinic, TODAY
    ).refused == ("tiny",)


OFF = (
    "off:\n  - {rule: ckd-potassium-food, reason: We have rules of our own for food., by: The "
    "kidney team}\n"
)


def test_a_clinic_can_switch_a_rule_off_with_a_reason_and_a_name(workspace: Make) -> None:
    """Its findings are gone, and the rule is listed as off."""
    clinic = workspace({"content/handouts/tiny.yaml": BANANAS, "content/checks.yaml": OFF})
    checkup = check(("tiny",), (), clinic, TODAY)
    assert only(clinic, "ckd-potassium-food") == []
    assert checkup.rules.off == {
        "ckd-potassium-food": ("We have rules of our own for food.", "The kidney team")
    }


def test_a_rule_that_there_is_not_cannot_be_switched_off(workspace: Make) -> None:
    """The error names the place of the rule's name in the file."""
    clinic = workspace({"content/checks.yaml": OFF.replace("ckd-potassium-food", "ckd-potasium")})
    with pytest.raises(TeachbackError, match=r"checks\.yaml:2:12: there is no rule 'ckd-potasium'"):
        check((), (), clinic, TODAY)


def test_what_two_readers_get_is_found_once_for_both(workspace: Make) -> None:
    """A finding for all readers names none; a finding for some readers names them."""
    long = (
        "This is a sentence with so many words that nobody who is tired or worried can keep all "
        "of them in mind at once or ever or even until tomorrow."
    )
    clinic = workspace({"content/handouts/tiny.yaml": TINY.replace("One message.", long)})
    [problem] = only(clinic, "plain-long-sentence")
    assert "(for" not in problem.message
    clinic = workspace({"content/handouts/tiny.yaml": TINY.replace("For kidneys here.", long)})
    [problem] = only(clinic, "plain-long-sentence")
    assert problem.message.endswith("(for ckd)")


def test_a_finding_names_those_of_the_readers_asked_for_who_get_it(workspace: Make) -> None:
    """A third reader who gets it, too, does not make it one for both who were asked for."""
    typed = "      - {text: Call 303-555-0123., only: [ckd, dialysis]}\n"
    three = TINY.replace("[general, ckd]", "[general, ckd, dialysis]") + typed
    clinic = workspace({"content/handouts/tiny.yaml": three})
    [problem] = [p for p in found(clinic, "general", "ckd") if p.rule == "typed-number"]
    assert problem.message.endswith("(for ckd)")


def test_a_handout_tells_its_hard_words_once_with_all_places(workspace: Make) -> None:
    """Hard words of two sections are one finding; its message and its data hold both places."""
    more = "  - {id: more, title: When?, blocks: [{text: Do it prior to noon.}]}\n"
    text = f"{TINY}      - text: Notify us.\n{more}"
    [problem] = only(workspace({"content/handouts/tiny.yaml": text}), "plain-hard-word")
    assert "'Notify'" in problem.message
    assert "'prior to'" in problem.message
    assert problem.location is not None
    [also] = problem.as_json()["also"]
    assert also["line"] > problem.location.line
    assert f"also in line {also['line']}" in problem.message


def test_a_name_that_runs_into_a_word_is_a_warning(workspace: Make) -> None:
    """The rule about that medicine cannot see it there."""
    glued = TINY.replace("For kidneys here.", "Takeibuprofen for pain.")
    [problem] = only(workspace({"content/handouts/tiny.yaml": glued}), "plain-missing-blank")
    assert problem.severity is Severity.WARNING
    assert "'Takeibuprofen'" in problem.message


def test_a_handout_in_another_language_is_not_passed_over_in_silence(workspace: Make) -> None:
    """The rules know English only: finding nothing does not mean that nothing is there."""
    spanish = TINY.replace("language: en", "language: es")
    clinic = workspace({"content/handouts/tiny.yaml": spanish})
    assert [problem.severity for problem in only(clinic, "language-unknown")] == [Severity.WARNING]


def test_names_that_there_are_not_are_wrong_usage(workspace: Make) -> None:
    """Unknown handouts, audiences and rules raise UsageError."""
    clinic = workspace()
    for names, audiences in ((("tny",), ()), ((), ("cdk",))):
        with pytest.raises(UsageError, match=r"there is no (handout|audience)"):
            check(names, audiences, clinic, TODAY)
    with pytest.raises(UsageError, match="there is no rule 'ckd-potasium'"):
        explain_rules("ckd-potasium", clinic)


def test_a_broken_handout_does_not_keep_the_others_from_being_checked(workspace: Make) -> None:
    """Its own problems are reported, and the others are checked."""
    clinic = workspace(
        {
            "content/handouts/broken.yaml": TINY.replace("id: tiny", "id: broken").replace(
                "One message.", ""
            )
        }
    )
    checkup = check((), (), clinic, TODAY)
    by_name = {checked.stem: checked for checked in checkup.handouts}
    assert by_name["broken"].problems
    assert by_name["tiny"].reader_texts


def test_the_shipped_handout_has_no_open_errors_or_warnings(builtin: Workspace) -> None:
    """Remaining warnings are accepted in its file, each with a reason and a name."""
    checkup = check((), (), builtin, TODAY)
    assert not failed(checkup, strict=True)
    [checked] = checkup.handouts
    assert [str(p) for p in checked.problems if p.severity is not Severity.HINT] == []
    assert checked.waived
    assert all(len(w.accepted.reason) > 20 for w in checked.waived)


def test_every_rule_says_why_and_by_which_source_and_has_examples(builtin: Workspace) -> None:
    """A rule has two bad and two good examples; `--explain` shows everything, sources in full."""
    rules = load_all_rules(builtin).known
    listed = load_shared(builtin).sources.root
    assert len(rules) > 60
    for rule in rules.values():
        assert len(rule.why) > 20, rule.id
        assert len(rule.bad) >= 2, rule.id
        assert len(rule.good) >= 2, rule.id
        assert rule.sources, rule.id
        said = explain_rules(rule.id, builtin)
        for part in (
            rule.title,
            rule.why,
            *(listed[name].title if name in listed else name for name in rule.sources),
        ):
            assert part in said, rule.id


def test_a_rule_that_is_a_file_names_listed_sources(builtin: Workspace) -> None:
    """So a reader of `--explain` can look them up."""
    listed = load_shared(builtin).sources.root
    files = [rule.rule for rule in load_all_rules(builtin).text.rules]
    assert len(files) > 30
    assert [(rule.id, name) for rule in files for name in rule.sources if name not in listed] == []


@each_example(OWN)
def test_the_rules_of_the_check_itself_do_what_their_examples_say(
    rule: Rule,
    example: Example,
    bad: bool,  # noqa: FBT001 -- bad or good
    workspace: Make,
) -> None:
    """Each example is a line of a handout."""
    key = example.text.partition(":")[0]
    lines = {
        "text": "text: {general: For everyone here., ckd: For kidneys here.}",
        "language": "language: en",
    }
    handout = TINY.replace(lines[key], example.text) if key in lines else f"{TINY}{example.text}\n"
    assert handout != TINY or key == "language"
    if rule.id == GAP and "{" not in example.text:
        handout = handout.replace("audiences: [general, ckd]", "audiences: [general]")
    files = {"content/handouts/tiny.yaml": handout}
    builtin = workspace(files).builtin
    words = (builtin / "content" / "words" / "en.yaml").read_text(encoding="utf-8")
    audiences = (builtin / "content" / "audiences.yaml").read_text(encoding="utf-8")
    files |= {"content/words/en-GB.yaml": words.replace("language: English", "language: British")}
    files["content/audiences.yaml"] = audiences.replace(
        "    en: For", "    en-GB: For\n    en: For"
    )
    names = {
        problem.rule
        for checked in check(("tiny",), (), workspace(files), TODAY).handouts
        for problem in checked.problems
    }
    assert (rule.id in names) is bad, names


@pytest.mark.parametrize(
    ("example", "bad"),
    [(one.text, True) for one in UNRULED.bad] + [(one.text, False) for one in UNRULED.good],
)
def test_check_and_build_warn_of_an_audience_that_no_clinical_rule_looks_at(
    workspace: Make,
    example: str,
    bad: bool,  # noqa: FBT001 -- bad or good
) -> None:
    """It stands at the audience in the handout, which is printed; a clinic can switch it off."""
    name = example.partition(":")[0]
    files = {
        "content/audiences.yaml": example,
        "content/handouts/tiny.yaml": TINY.replace("[general, ckd]", f"[ckd, {name}]").replace(
            "general: For everyone", f"{name}: For you"
        ),
    }
    clinic = workspace(files)
    [*checked] = only(clinic, "audience-unruled")
    settings = resolve({"handouts": ("tiny",), "kind": ("card",)}, clinic)
    built = build(settings, clinic, TODAY)
    assert built.printed
    assert [one for one in built.problems if one.rule == "audience-unruled"] == checked
    assert [(str(one.location).rpartition("/")[2], one.severity) for one in checked] == (
        [("tiny.yaml:3:18", Severity.WARNING)] if bad else []
    )
    assert all(f"texts for '{name}'" in one.message for one in checked)
    off = "off: [{rule: audience-unruled, reason: A nurse reads them., by: A. Nurse}]"
    assert only(workspace({**files, "content/checks.yaml": off}), "audience-unruled") == []


def summary(checkup: CheckResult) -> str:
    """Return the closing note of a run."""
    from teachback.checking.checker import looked_for

    return looked_for(checkup)


def test_only_readers_of_the_handouts_are_counted(workspace: Make) -> None:
    """A text for everybody and for kidney patients has no reader on dialysis, brief or not."""
    clinic = workspace({"content/handouts/tiny.yaml": TINY})
    for brief in (False, True):
        said = summary(check(("tiny",), (), clinic, TODAY, brief=brief))
        assert " for general, " in said
        assert " for ckd. " in said
        assert "dialysis" not in said


def test_a_sheet_counts_the_rules_of_the_readers_that_it_is_for(workspace: Make) -> None:
    """Rules on kidney disease read no text for the general reader."""
    clinic = workspace({"content/handouts/tiny.yaml": TINY})
    general, both = (check(("tiny",), names, clinic, TODAY) for names in (("general",), ()))
    others = [rule for rule in both.rules.text.rules if not rule.file.level(("general",))]
    assert len(others) > 10
    assert both.applied - general.applied == len(
        [rule for rule in others if rule.file.level(("ckd",))]
    )
    assert summary(general).startswith(f"Looked with {general.applied} rules for these readers:")


def test_nothing_is_called_safe(builtin: Workspace) -> None:
    """The summary says how many rules were applied, and that a clinician must read the text."""
    said = summary(check((), (), builtin, TODAY)).lower()
    assert "a clinician must read the text" in said
    assert not any(word in said for word in ("safe", "checked by", "no risk", "approved"))


def test_the_command_prints_in_file_order_and_fails_on_errors_only(
    workspace: Make,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: pytest.TempPathFactory,
) -> None:
    """Exit code 1 for an error, or for a warning with --strict; SARIF and JSON agree."""
    del tmp_path
    clinic = workspace({"content/handouts/tiny.yaml": BANANAS})
    monkeypatch.chdir(clinic.root)
    assert run(["check", "tiny", "--sarif", "found.sarif"]) == 1
    printed = capsys.readouterr()
    assert "content/handouts/tiny.yaml:16:50: " in printed.err
    assert "[ckd-potassium-food]" in printed.err
    places = [
        line.split(": ")[0]
        for line in printed.err.splitlines()
        if line.startswith("content/handouts/")
    ]
    assert places == sorted(
        places, key=lambda place: [int(number) for number in place.split(":")[1:]]
    )
    assert "error" in printed.out
    sarif = json.loads((clinic.root / "found.sarif").read_text(encoding="utf-8"))
    results = sarif["runs"][0]["results"]
    wanted = [r for r in results if r["ruleId"] == "ckd-potassium-food"]
    assert wanted[0]["level"] == "error"
    assert wanted[0]["locations"][0]["physicalLocation"]["region"] == {
        "startLine": 16,
        "startColumn": 50,
    }
    rules = sarif["runs"][0]["tool"]["driver"]["rules"]
    assert rules[wanted[0]["ruleIndex"]]["id"] == "ckd-potassium-food"
    assert run(["check", "tiny", "--json"]) == 1
    data = json.loads(capsys.readouterr().out)
    assert "ckd-potassium-food" in {problem["rule"] for problem in data["handouts"][0]["problems"]}
    shutil.copy(clinic.root / "content/handouts/tiny.yaml", clinic.root / "kept.yaml")
    (clinic.root / "content/handouts/tiny.yaml").write_text(TINY, encoding="utf-8")
    assert run(["check", "tiny"]) == 0
    assert run(["check", "tiny", "--strict"]) == 1


def test_asking_about_one_reader_says_nothing_new(builtin: Workspace) -> None:
    """Rules that compare readers always use all of them, so one reader has no findings more."""
    everybody = {str(problem) for problem in check((), (), builtin, TODAY).handouts[0].problems}
    for audience in ("general", "ckd", "dialysis"):
        alone = check((), (audience,), builtin, TODAY).handouts[0].problems
        severe = [str(problem) for problem in alone if problem.severity is not Severity.HINT]
        assert severe == []
    assert everybody


def test_words_that_a_clinic_adds_are_looked_at_too(workspace: Make) -> None:
    """The clinic's words are on every page, so `build` refuses the page if they have an error."""
    words = (workspace().builtin / "content" / "words" / "en.yaml").read_text(encoding="utf-8")
    own = words.replace("advice: Ask first", "advice: Take ibuprofen for the pain.")
    assert own != words
    clinic = workspace({"content/words/en.yaml": own})
    [problem] = [
        problem
        for problem in check((), (), clinic, TODAY).problems
        if problem.rule == "nsaid" and problem.severity is Severity.ERROR
    ]
    assert problem.location is not None
    assert problem.location.line == own[: own.index("Take ibuprofen")].count("\n") + 1
    built = build(resolve({"handouts": ("tiny",), "format": ("html",)}, clinic), clinic, TODAY)
    assert built.failed
    assert problem in built.problems


@pytest.mark.parametrize("typed", ["911", "91 1", "9 - 1 - 1", "5 550 10 0", "555 - 0100"])
def test_a_number_typed_into_words_is_an_error(typed: str, workspace: Make) -> None:
    """Pages print the numbers of the clinic's file, however a typed one is split."""
    words = (workspace().builtin / "content" / "words" / "en.yaml").read_text(encoding="utf-8")
    own = words.replace("advice: Ask first", f'advice: "Chest pain? {typed}"')
    phone = "emergency: '911'\nphone: 555-0100\n"
    clinic = workspace({"content/words/en.yaml": own, "content/clinic.yaml": phone})
    [problem] = [one for one in check((), (), clinic, TODAY).problems if one.rule == "typed-number"]
    assert problem.severity is Severity.ERROR
    assert problem.message.startswith(f"the number '{typed}' is typed into the text")
    assert "{emergency}" in problem.hint


def test_the_programs_own_words_are_found_fault_with_by_no_rule(workspace: Make) -> None:
    """A clinic may copy the built-in words without any findings."""
    words = (workspace().builtin / "content" / "words" / "en.yaml").read_text(encoding="utf-8")
    checkup = check(("tiny",), (), workspace({"content/words/en.yaml": words}), TODAY)
    assert [str(problem) for problem in checkup.problems if "words/en.yaml" in str(problem)] == []


def test_grades_are_told_by_formula_edition_and_section(
    builtin: Workspace, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The prompt shows grades for each edition, JSON for each section, even without findings."""
    monkeypatch.chdir(builtin.root)
    assert run(["check", "leg-cramps"]) == 0
    said = capsys.readouterr().out
    for name, target in (("general", 6), ("ckd", 5), ("dialysis", 5)):
        assert re.search(
            rf"  {name}: Flesch-Kincaid \d\.\d, SMOG \d\.\d, FORCAST \d\.\d; target grade "
            rf"{target}\n",
            said,
        )
    assert run(["check", "leg-cramps", "--json"]) == 0
    grades = json.loads(capsys.readouterr().out)["handouts"][0]["grades"]
    assert {name: edition["target"] for name, edition in grades.items()} == {
        "general": 6,
        "ckd": 5,
        "dialysis": 5,
    }
    for edition in grades.values():
        assert edition["SMOG"]["grade"] > edition["Flesch-Kincaid"]["grade"] > 0
        assert len(edition["sections"]) >= 5
        assert all(
            set(section) == {"section", "Flesch-Kincaid", "SMOG", "FORCAST"}
            for section in edition["sections"]
        )


def test_a_check_imports_nothing_that_prints(workspace: Make) -> None:
    """Of all that printing needs, a check loads only the YAML reader and the handout's model."""
    clinic = workspace()
    command = (
        "import sys; from teachback.cli.app import run; code = run(['check', 'tiny']); "
        "print(code, sorted(sys.modules))"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(
        [sys.executable, "-c", command],
        cwd=clinic.root,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert "'teachback.checking.clinical.clinical_rules'" in done.stdout
    for heavy in (
        "weasyprint",
        "jinja2",
        "babel",
        "PIL",
        "pypdfium2",
        "pikepdf",
        "segno",
        "zxingcpp",
    ):
        assert f"'{heavy}'" not in done.stdout
