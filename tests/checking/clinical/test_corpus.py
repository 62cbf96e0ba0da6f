"""The sentences that a verdict is to be learned from have a side, and their pairs are whole."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

import pytest
import yaml
from safety_measure import ASIDE

FOLDER = Path(__file__).parents[2] / "support" / "safety"


@pytest.mark.parametrize("name", ASIDE)
def test_each_sentence_has_a_side_and_a_pair_has_both(name: str) -> None:
    """A minimal pair is two rows, of which one ought to be changed."""
    rows = yaml.load((FOLDER / f"{name}.yaml").read_bytes(), yaml.CSafeLoader)
    assert len(rows) >= 190
    pairs = defaultdict(list)
    for row in rows:
        assert isinstance(row["unsafe"], bool), row
        assert row["text"].strip(), row
        assert row["audience"] in {"general", "ckd", "dialysis"}, row
        if "pair" in row:
            pairs[row["pair"]].append(row["unsafe"])
    assert {
        number: sides for number, sides in pairs.items() if sorted(sides) != [False, True]
    } == {}
