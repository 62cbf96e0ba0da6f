"""Measure the verdict on sentences that its weights were not learned from, with intervals."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pytest
from safety_measure import PLAIN_ORDERS, found_in, is_aside, read_set
from texts_as_read import check_text

from teachback.checking.clinical.rule_loader import load_clinical_rules
from teachback.errors import Severity

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

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


@pytest.mark.parametrize(
    ("name", "found", "flagged", "refused"),
    [
        ("corpus-d", 0.64, 0.15, 0.03),
        ("corpus-e", 0.64, 0.16, 0.04),
        ("held-out", 0.93, 0.18, 0.07),
        ("third", 0.9, 0.08, 0.04),
    ],
)
def test_sentences_set_aside_keep_their_figures(
    name: str,
    found: float,
    flagged: float,
    refused: float,
    rules: TextRules,
    record_property: Callable[[str, object], None],
) -> None:
    """Of the sentences kept from the learning, these shares are found, flagged and refused."""
    items = [item for item in read_set(name) if "corpus" not in name or is_aside(name, item)]
    worst: dict[bool, list[Sequence[Severity]]] = {True: [], False: []}
    for item in items:
        levels = [finding.severity for finding in found_in(item, rules)]
        worst[item["unsafe"]].append([level for level in levels if level is not Severity.HINT])
    hits = sum(map(bool, worst[True]))
    alarms = sum(map(bool, worst[False]))
    errors = sum(Severity.ERROR in levels for levels in worst[False])
    unsafe, right = len(worst[True]), len(worst[False])
    table = (
        told("found", hits, unsafe),
        told("flagged", alarms, right),
        told("refused", errors, right),
    )
    record_property("measured", f"clinical text rules, {name}, set aside: {'; '.join(table)}")
    assert hits >= found * unsafe > 0
    assert alarms <= flagged * right
    assert errors <= refused * right


@pytest.mark.parametrize("text", PLAIN_ORDERS)
def test_a_plain_dangerous_order_stops_the_print(text: str, rules: TextRules) -> None:
    """What every renal nurse would strike out is an error for readers with kidney disease."""
    assert Severity.ERROR in {found.severity for found in check_text(text, rules)}


def test_an_interval_holds_its_share() -> None:
    """Wilson's interval of 2 of 100 is the one in the textbooks: 0.6 % to 7 %."""
    assert [round(end, 3) for end in wilson(2, 100)] == [0.006, 0.07]
