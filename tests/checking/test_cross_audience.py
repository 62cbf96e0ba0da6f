"""Test the rules that compare a handout's audiences, and those that hold for every reader."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from rule_examples import each_example
from texts_as_read import reader_texts_of
from tiny_handout import TINY

from teachback.checking.blocking_rules import merged
from teachback.checking.cross_audience import (
    RULES,
    SAME,
    SHORT,
    SILENT,
    UNREAD,
    across_findings,
    short_pairs,
)
from teachback.checking.rule import Example, problem_of
from teachback.checking.typed_numbers import ADVICE, TYPED
from teachback.content.clinic import Clinic
from teachback.content.loader import load_handout, validate_handout
from teachback.content.workspace_content import load_shared
from teachback.editions.selection import Reader, choose
from teachback.errors import Severity
from teachback.files.workspace import Workspace, handout_files
from teachback.units import TypeSize

if TYPE_CHECKING:
    from collections.abc import Callable

    from teachback.checking.rule import Finding, Rule
    from teachback.content.handout_loader import LoadedHandout
    from teachback.errors import Problem

    Make = Callable[..., Workspace]

OWN = Clinic(
    emergency="911",
    name="A clinic",
    phone="303-555-0123",
    after_hours="303 555 0124",
    interpreter="303.555.0125",
)


def read(workspace: Workspace, text: str) -> LoadedHandout:
    """Validate a text as if it were the tiny handout's file."""
    return validate_handout(
        text.encode(), handout_files(workspace)["tiny"], workspace, load_shared(workspace)
    )


def findings(workspace: Workspace, text: str, clinic: Clinic = OWN) -> list[Finding]:
    """Return the findings in a handout, each once for all the readers it concerns."""
    handout = read(workspace, text).handout
    return list(
        merged(
            across_findings(
                handout,
                reader_texts_of(handout, load_shared(workspace).audiences, clinic.values()),
                clinic,
            )
        )
    )


def handout_of(example: Example) -> str:
    """Add an example to the tiny handout: as a block or red flag, or as the text of a block."""
    if example.text.startswith("red_flag: "):
        return TINY.replace("\ncard:", f"\n  - {example.text.removeprefix('red_flag: ')}\ncard:")
    block = example.text if example.text.startswith("text: {") else f'text: "{example.text}"'
    text = TINY + f"      - {block}\n"
    return (
        text.replace("[general, ckd]", "[general, ckd, dialysis]")
        if "dialysis" in example.text
        else text
    )


@each_example(RULES)
def test_each_rule_finds_its_bad_examples_and_passes_over_the_good_ones(
    workspace: Make,
    rule: Rule,
    example: Example,
    bad: bool,  # noqa: FBT001 -- bad or good
) -> None:
    """An example is a block or a red flag."""
    found = {finding.rule for finding in findings(workspace(), handout_of(example))}
    assert (rule.id in found) is bad


def problems(workspace: Workspace, text: str) -> list[Problem]:
    """Return the problems of the findings, with their places."""
    locate = read(workspace, text).file.locate
    return [problem_of(finding, locate) for finding in findings(workspace, text)]


def test_a_mapping_whose_texts_are_alike_is_found_at_its_place(workspace: Make) -> None:
    """Line breaks do not make texts differ; for an override the hint names the line to remove."""
    text = TINY + (
        "      - text:\n          general: Stretch your calf\n          ckd: >-\n          "
        "  Stretch your\n            calf\n"
    )
    (problem,) = problems(workspace(), text)
    assert (problem.rule, problem.severity) == (SAME.id, Severity.WARNING)
    assert problem.location is not None
    assert text.split("\n")[problem.location.line - 1].strip() == "general: Stretch your calf"
    text = TINY.replace("[general, ckd]", "[general, ckd, dialysis]").replace(
        "kidneys here.", "kidneys here., dialysis: For kidneys here."
    )
    (problem,) = problems(workspace(), text)
    assert problem.message == "'dialysis' repeats the text of 'ckd', which it gets anyway"
    assert problem.hint == "Remove the line 'dialysis:'."


def test_a_silent_flag_is_a_warning_until_there_is_a_reason(workspace: Make) -> None:
    """Each reader who does not get it needs a reason; an unknown reader is an error."""
    flag = "  - {id: missed, tier: today, only: [dialysis], text: You missed dialysis}\ncard:"
    text = (
        TINY.replace("[general, ckd]", "[general, ckd, dialysis]")
        .replace("card:", flag, 1)
        .replace("true, text: Chest", "true, text: Chest")
    )
    text = text.replace("tier: now, card:\n", "tier: now, card: true\n")
    text = TINY.replace("[general, ckd]", "[general, ckd, dialysis]").replace(
        "\ncard:", "\n" + flag, 1
    )
    (problem,) = problems(workspace(), text)
    assert problem.message == "the red flag 'missed' is for dialysis only (for general and ckd)"
    assert problem.severity is Severity.WARNING
    half = text.replace(
        "You missed dialysis}", "You missed dialysis, silent_for: {ckd: Has no dialysis.}}"
    )
    (problem,) = problems(workspace(), half)
    assert problem.message.endswith("(for general)")
    whole = half.replace("{ckd: Has", "{general: Has none., ckd: Has")
    assert problems(workspace(), whole) == []
    with pytest.raises(Exception, match="the audience 'kdc' is not known"):
        read(
            workspace(),
            whole.replace("{general: Has none., ckd: Has", "{general: Has none., kdc: Has"),
        )


@pytest.mark.parametrize(
    ("typed", "placeholder"),
    [
        ("Call 303-555-0123 today.", "{clinic.phone}"),
        ("Call (303) 555 0123 today.", "{clinic.phone}"),
        ("At night, 3035550124.", "{clinic.after_hours}"),
        ("For an interpreter: 303.555.0125", "contact: [interpreter]"),
        ("Call 911.", "{clinic.emergency}"),
        ("Go to the hospital or dial 9-1-1.", "{clinic.emergency}"),
        ("In Europe, call 112.", "{clinic.emergency}"),
        ("Please ring 999 at once.", "{clinic.emergency}"),
        ("[Call the unit](tel:+13035559999).", "{clinic.phone}"),
        ("Text us: 020 7946 0000", "{clinic.phone}"),
        ("Call 555-0123.", "{clinic.phone}"),
        ("Call 1-800-KIDNEYS.", "{clinic.phone}"),
        ("Call 9-**1**-1.", "{clinic.emergency}"),
        ("Call [9](https://example.org)11.", "{clinic.emergency}"),
        ("Call ni\u00adne\u00a0one one.", "{clinic.emergency}"),
        ("Call 911.Then rest.", "{clinic.emergency}"),
        ("Text us: 020\u00a07946\u202f0000", "{clinic.phone}"),
        ("Text us: 303\u2013555\u20139999", "{clinic.phone}"),
        ("Text us: 303\u2212555\u22129999", "{clinic.phone}"),
        ("Text us: 303.**555**.9999", "{clinic.phone}"),
    ],
)
def test_a_typed_number_names_the_placeholder(
    workspace: Make, typed: str, placeholder: str
) -> None:
    """It is one error for all the readers who get it, and the hint says what to write."""
    (problem,) = problems(workspace(), TINY + f'      - text: "{typed}"\n')
    assert (problem.rule, problem.severity) == (TYPED.id, Severity.ERROR)
    assert placeholder in problem.hint
    assert problem.message.endswith("(for general and ckd)")


@pytest.mark.parametrize(
    "right",
    [
        "In 2019-2020, 1 in 4 people had it.",
        "Take 800-1000 mg with 200 ml of water.",
        "Potassium of 3.5 to 5.0, sodium 135-145, an eGFR of 60, 37,000,000 people.",
        "Call us if it is over 180/110 or your weight is 112 kg or 999 people.",
        "Read [this page](https://example.org/123-456-7890).",
        "Version 2026-11-22, ICD R25.2, ISBN 978-3-16-148410-0.",
        "Call {clinic.phone} or {clinic.emergency}.",
        "Your blood sugar was 112 and then 911 mg.",
        "It costs $911. Eat 2000 calories. Walk 10 000 steps.",
    ],
)
def test_years_doses_and_lab_values_are_no_phone_numbers(workspace: Make, right: str) -> None:
    """A rule that reports every number would be switched off."""
    assert [
        f.words
        for f in findings(workspace(), TINY + f'      - text: "{right}"\n')
        if f.rule == TYPED.id
    ] == []
    assert [f.rule for f in findings(workspace(), TINY + '      - text: "Call 911."\n')] == [
        TYPED.id
    ]


def test_a_placeholder_that_is_filled_with_the_number_is_no_typed_number(workspace: Make) -> None:
    """The rule checks what the author wrote, not what the reader gets."""
    handout = TINY + '      - text: "Call {clinic.phone}, or {clinic.emergency}."\n'
    assert findings(workspace(), handout) == []


def test_the_restart_line_must_stand_in_the_same_block(workspace: Make) -> None:
    """Any item of the same list or the same row of a table will do; other blocks will not."""
    items = "      - list: [Stop your water pill when you vomit., {}]\n"
    rows = (
        "      - table:\n          columns: [Medicine, What to do]\n          rows:\n          "
        "  - [Water pill, Stop it when you vomit.]\n            - [Other, {}]\n"
    )
    for block in (items, rows):
        (finding,) = findings(workspace(), TINY + block.format("Rest."))
        assert (finding.rule, finding.audiences) == (ADVICE.id, ("general", "ckd"))
    assert findings(workspace(), TINY + items.format("Ask us when to start again.")) == []
    assert len(findings(workspace(), TINY + rows.format("Ask us when to start again."))) == 1
    assert (
        findings(
            workspace(), TINY + rows.replace("vomit.]", "vomit. Call us that day.]").format("Rest.")
        )
        == []
    )


def test_a_reason_is_read_where_a_section_places_the_tier(workspace: Make) -> None:
    """It is enough if one reader gets it."""
    text = TINY.replace("text: Chest pain}", "text: Chest pain, why: It may be your heart.}")
    assert [f.rule for f in findings(workspace(), text)] == [UNREAD.id]
    assert findings(workspace(), text + "      - {red_flags: [now], only: [ckd]}\n") == []


def test_who_gets_a_flag_by_extending_another_audience_is_told_so(workspace: Make) -> None:
    """To set `only:` would be no help: it is set."""
    silent = "Chest pain, only: [{}], silent_for: {{dialysis: Is on a machine.}}}}"
    text = TINY.replace("[general, ckd]", "[ckd, dialysis]").replace(
        "{general: For everyone here., ckd: For kidneys here.}", "Text."
    )
    for only, hint in (
        ("ckd", "Remove the line: 'dialysis' extends 'ckd', and gets what is for it."),
        ("ckd, dialysis", "Remove the line, or take 'dialysis' out of `only:`."),
    ):
        (found,) = findings(workspace(), text.replace("Chest pain}", silent.format(only)))
        assert (found.rule, found.hint) == (SILENT.id, hint)


def test_a_word_that_names_the_only_reader_is_not_printed_and_told(workspace: Make) -> None:
    """YAML takes the first word of a text with a colon for the audience."""
    text = TINY.replace("[general, ckd]", "[ckd]").replace("general: For everyone here., ckd: ", "")
    text = text.replace("{For kidneys here.}", "For kidneys here.")
    assert findings(workspace(), text) == []
    (found,) = findings(workspace(), text + "      - list: [ckd: a disease of the kidneys]\n")
    assert (found.rule, found.message) == (
        SAME.id,
        "'ckd:' is not printed: it names the only reader",
    )


def test_zones_give_no_reasons_but_signs_for_the_next_visit_follow_them_with_theirs(
    workspace: Make,
) -> None:
    """So a reason for the next visit needs no section of its own."""
    zones = "      - zones: [{zone: green, title: Well, signs: [No pain]}, {zone: red}]\n"
    reason = ", why: It may be your heart.}"
    call = TINY.replace("text: Chest pain}", "text: Chest pain" + reason)
    assert [f.rule for f in findings(workspace(), call + zones)] == [UNREAD.id]
    itch = f"  - {{id: itch, tier: visit, text: You itch at night{reason}\n"
    visit = TINY.replace("  - {id: chest", itch + "  - {id: chest")
    assert findings(workspace(), visit + zones) == []


def test_every_carded_flag_is_in_the_handout_with_the_same_tier(builtin: Workspace) -> None:
    """Card and handout share one source; short words are listed beside the full ones."""
    shared = load_shared(builtin)
    handout = load_handout(handout_files(builtin)["leg-cramps"], builtin, shared).handout
    reader_texts = reader_texts_of(handout, shared.audiences, shared.clinic.values())
    pairs = short_pairs(reader_texts)
    said = {
        (audience, pair.flag): (pair.text.text, pair.short.text, pair.tier)
        for pair in pairs
        for audience in pair.audiences
    }
    count = 0
    for one in reader_texts:
        reader = Reader(one.reader.lineage, one.reader.values)
        edition = choose(handout, reader, badge="-", size=TypeSize.STANDARD, sources=shared.sources)
        flags = {p.block: p for p in one.passages if p.role == "flag"}
        for flag in edition.flags:
            if not flag.card:
                assert (one.reader.audience, flag.id) not in said
                continue
            passage = flags[f"flag {flag.id}"]
            assert passage.tier == flag.tier
            if flag.short != flag.text:
                short = "".join(span.text for span in flag.short)
                assert said[one.reader.audience, flag.id] == (passage.text, short, flag.tier)
                count += 1
    assert count > 5
    assert count == len(said)
    assert [
        f
        for f in across_findings(handout, reader_texts, shared.clinic)
        if f.severity is Severity.ERROR
    ] == []


def test_the_shipped_handout_says_why_a_flag_is_silent(builtin: Workspace) -> None:
    """The flags that are left to the reviewer are listed here."""
    shared = load_shared(builtin)
    handout = load_handout(handout_files(builtin)["leg-cramps"], builtin, shared).handout
    found = list(
        across_findings(
            handout,
            reader_texts_of(handout, shared.audiences, shared.clinic.values()),
            shared.clinic,
        )
    )
    assert [finding.words for finding in found if finding.rule == SILENT.id] == [
        "Tingling around your mouth, or hand cramps you cannot control"
    ]
    assert {flag.id for flag in handout.red_flags if flag.silent_for} == {
        "missed-dialysis",
        "cramps-at-dialysis",
        "fast-swelling",
        "numb-feet",
    }


@pytest.mark.parametrize(
    "text",
    ["You throw up two or three, not more, times", "A (three-day) fever", "Swelling for three."],
)
def test_a_number_word_beside_a_mark_is_the_number_on_the_card(
    text: str, workspace: Callable[..., Workspace]
) -> None:
    """A comma, a bracket or a hyphen is no part of the word."""
    flag = "red_flag: {id: sick, tier: now, card: true, text: %s, short: %s times}"
    found = [
        [f.rule for f in findings(workspace(), handout_of(Example(flag % (f'"{text}"', number))))]
        for number in (3, 4)
    ]
    assert found == [[], [SHORT.id]]


@pytest.mark.parametrize(
    ("text", "right", "wrong"),
    [
        ("You gain twenty-one pounds", "21 pounds", "1 pound"),
        ("You gain twenty one pounds", "21 pounds", "1 pound"),
        ("More than thirty-two ounces", "32 ounces", "2 ounces"),
        ("After forty minutes", "40 minutes", "4 minutes"),
        ("A two-hundred-pound gain", "200 pounds", "2 pounds"),
        ("One hundred twenty steps", "120 steps", "20 steps"),
        ("Two hundred and one steps", "201 steps", "1 step"),
        ("Twenty-two hundred steps", "2200 steps", "22 steps"),
        ("A thousand and one steps", "1001 steps", "1 step"),
        ("Pain for one-half hour", "a short time", "1 hour"),
        ("Two-thirds of a cup", "some", "2 cups"),
        ("Two dozen steps", "some", "2 steps"),
        ("One-and-a-half pounds", "1½ pounds", "1 pound"),
        ("One and a half pounds", "1.5 pounds", "1 pound"),
        ("1 1/2 pounds", "1½ pounds", "1 pound"),
        ("Six and seven are low", "6", "13"),
        ("One in five people", "1 in 5", "15"),
    ],
)
def test_a_number_in_words_is_the_whole_number(
    text: str, right: str, wrong: str, workspace: Callable[..., Workspace]
) -> None:
    """A card that says 1 for twenty-one would send a reader home, or in, for nothing."""
    flag = 'red_flag: {id: gain, tier: now, card: true, text: "%s", short: "%s"}'
    found = [
        [f.rule for f in findings(workspace(), handout_of(Example(flag % (text, card))))]
        for card in (right, wrong)
    ]
    assert found == [[], [SHORT.id]]
