"""Measure the verdict on sentences that its weights were not learned from, with intervals."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pytest
from safety_measure import ASIDE, PLAIN_ORDERS, found_in, is_aside, pieces, read_set
from texts_as_read import check_text

from teachback.checking.clinical.clinical_rules import sentence_features, units
from teachback.checking.clinical.rule_loader import load_clinical_rules
from teachback.errors import Severity

if TYPE_CHECKING:
    from collections.abc import Callable

    from teachback.checking.clinical.clinical_rules import TextRules
    from teachback.files.workspace import Workspace


@pytest.fixture(scope="module")
def rules(builtin: Workspace) -> TextRules:
    """Return the rules that come with the program."""
    return load_clinical_rules(builtin)


def wilson(hits: int, of: int) -> tuple[float, float]:
    """Return the 95 % interval of a share, by Wilson's formula."""
    z, share = 1.96, hits / of
    middle = share + z * z / (2 * of)
    reach = z * math.sqrt(share * (1 - share) / of + z * z / (4 * of * of))
    return (middle - reach) / (1 + z * z / of), (middle + reach) / (1 + z * z / of)


def told(name: str, hits: int, of: int) -> str:
    """Return a share with its counts and interval, in percent."""
    low, high = wilson(hits, of)
    return f"{name} {hits} of {of} = {hits / of:.1%} ({low:.0%}-{high:.0%})"


@pytest.mark.slow
def test_sentences_set_aside_keep_their_figures(
    rules: TextRules, record_property: Callable[[str, object], None]
) -> None:
    """Of the sentences kept from the learning, these shares are found, flagged and refused."""
    every: dict[bool, list[set[Severity]]] = {True: [], False: []}
    lines = []
    for name in (*ASIDE, "held-out", "third", "fourth"):
        levels: dict[bool, list[set[Severity]]] = {True: [], False: []}
        for item in read_set(name):
            if name not in ASIDE or is_aside(name, item):
                found = {one.severity for one in found_in(item, rules)} - {Severity.HINT}
                levels[item["unsafe"]].append(found)
        lines.append(f"{name}: {'; '.join(shares(levels))}")
        for side in every:
            every[side] += levels[side]
    lines.append(f"all: {'; '.join(shares(every))}")
    record_property("measured", "clinical text rules, set aside:\n  " + "\n  ".join(lines))
    unsafe, right = every[True], every[False]
    assert sum(map(bool, unsafe)) >= 0.8 * len(unsafe) > 0
    assert sum(map(bool, right)) <= 0.08 * len(right)
    refused = sum(Severity.ERROR in levels for levels in right)
    assert refused <= 0.02 * len(right)
    assert refused <= 0.05 * sum(Severity.ERROR in levels for levels in (*unsafe, *right))


def shares(levels: dict[bool, list[set[Severity]]]) -> tuple[str, str, str]:
    """Return in words how many are found, flagged and refused."""
    unsafe, right = levels[True], levels[False]
    return (
        told("found", sum(map(bool, unsafe)), len(unsafe)),
        told("flagged", sum(map(bool, right)), len(right)),
        told("refused", sum(Severity.ERROR in one for one in right), len(right)),
    )


@pytest.mark.parametrize(
    "text",
    [
        "A lump that throbs can wait until your next visit.",
        "You can safely ignore a buzzing that has gone away.",
        "There is no need to have your yearly test if you feel well.",
        "Skip the next one if you feel fine.",
    ],
)
def test_a_danger_is_told_although_no_name_in_it_is_known(text: str, rules: TextRules) -> None:
    """The words of a sentence can be plain enough without a food, a medicine or a sign."""
    assert [found.rule for found in check_text(text, rules)] == ["ckd-leaning"]


@pytest.mark.parametrize(
    "text",
    [
        "The clinic opens at eight.",
        "Rest your leg on a stool.",
        "We will show you how to do it at home.",
        "Most people sleep better after a few weeks.",
    ],
)
def test_a_harmless_sentence_without_a_name_is_not_told(text: str, rules: TextRules) -> None:
    """Neither alone nor beside one that is told."""
    assert check_text(text, rules) == ()
    for danger in ("Eat a banana each day.", "You can safely ignore it for a week."):
        assert {found.words for found in check_text(f"{danger} {text}", rules)} == {danger}


@pytest.mark.parametrize("text", PLAIN_ORDERS)
def test_a_plain_dangerous_order_stops_the_print(text: str, rules: TextRules) -> None:
    """What every renal nurse would strike out is an error for readers with kidney disease."""
    assert Severity.ERROR in {found.severity for found in check_text(text, rules)}


@pytest.mark.parametrize("order", PLAIN_ORDERS)
def test_the_sentences_around_it_hide_no_dangerous_order(order: str, rules: TextRules) -> None:
    """A plain order stops the print whatever stands beside it."""
    for before, after in (
        ("This leaflet is about cramps and potassium.", "You can ask us about it."),
        ("Call 911 if you cannot breathe.", "Ask us if you have questions."),
        ("Rest and keep warm.", "Call us right away if it gets worse."),
        ("Ask us if you have questions.", "Too much potassium can harm your heart."),
        ("Some people like it.", "It is not a cure."),
    ):
        text = f"{before} {order} {after}"
        assert Severity.ERROR in {found.severity for found in check_text(text, rules)}, text


@pytest.mark.parametrize(
    "item",
    [
        {"text": "Bananas are filling. Have one each day."},
        {"text": "A slice of it will do no harm.", "heading": "Is star fruit safe?"},
        {"kind": "item", "lead": "Good snacks for every day:", "text": "dried apricots"},
        {"text": "We know that life gets busy. You can miss a treatment. Call us if you feel ill."},
    ],
)
def test_advice_is_told_whose_parts_stand_in_several_places(
    item: dict[str, str], rules: TextRules
) -> None:
    """A name in one part and the advice in another are read together."""
    assert found_in(item, rules), item


@pytest.mark.parametrize(
    "item",
    [
        {"text": "Bananas are filling. Ask your dietitian before you have one."},
        {"kind": "item", "lead": "Ask us before you eat:", "text": "dried apricots"},
        {"text": "Dialysis takes four hours. It cleans your blood."},
    ],
)
def test_right_advice_is_not_told_whose_parts_stand_in_several_places(
    item: dict[str, str], rules: TextRules
) -> None:
    """The sentence after, or the lead-in, says who decides."""
    assert found_in(item, rules) == ()


def test_a_sentence_within_a_paragraph_is_measured_alone(rules: TextRules) -> None:
    """What is found in its neighbours does not count."""
    paragraph = {"within": "Take ibuprofen for pain. Rest your leg.", "audience": "ckd"}
    assert found_in({**paragraph, "text": "Rest your leg."}, rules) == ()
    (one,) = found_in({**paragraph, "text": "Take ibuprofen for pain."}, rules)
    assert one.rule == "nsaid"


def test_what_is_said_of_one_name_counts_for_all(rules: TextRules) -> None:
    """Weights of "eat <>" and "<> each day" are learned from the names of every class."""
    shared = [
        {
            name
            for passage, unit in units(pieces({"text": text}))
            for features in sentence_features(passage, unit, rules, ("ckd",))
            for name in features
            if "<>" in name
        }
        for text in ("Eat bananas each day.", "Eat figs, on each day.")
    ]
    assert shared[0] & shared[1] == {"eat <>", "c eat <>", "c <> each"}


@pytest.mark.parametrize(
    "text", ["Take every pill until they are gone.", "You can have all of the tablets."]
)
def test_a_name_that_harms_nobody_is_no_warning_by_itself(text: str, rules: TextRules) -> None:
    """Where no rule finds anything, words alone warn only beside a name that may harm."""
    assert check_text(text, rules) == ()


def test_an_amount_in_a_table_of_foods_stops_no_print(rules: TextRules) -> None:
    """A dose stops the print where the score of its sentence says so, as any advice."""
    cell = {"kind": "cell", "heading": "Potassium", "text": "Cauliflower, boiled: 90 mg - low"}
    assert Severity.ERROR not in {one.severity for one in found_in(cell, rules)}
    order = {"text": "Take 400 mg of magnesium each night."}
    assert Severity.ERROR in {one.severity for one in found_in(order, rules)}


def test_an_interval_holds_its_share() -> None:
    """Wilson's interval of 2 of 100 is the one in the textbooks: 0.6 % to 7 %."""
    assert [round(end, 3) for end in wilson(2, 100)] == [0.006, 0.07]
