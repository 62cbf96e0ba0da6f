"""Words that say do or do not are found in a clause, each once and in order."""

from __future__ import annotations

import pytest

from teachback.checking.clinical.cue_phrases import cues


@pytest.mark.parametrize(
    ("clause", "kinds"),
    [
        ("do not forget to eat a banana", ["not", "ban", "take"]),
        ("cut the cramps", ["praise"]),
        ("cut down on chips", ["ban"]),
        ("it is harmless", ["praise"]),
        ("nothing beats it", ["do"]),
        ("nothing", ["not"]),
        ("high in potassium", ["fact"]),
        ("foods very high in salt", ["fact"]),
        ("no salt added", []),
        ("they can't", ["not"]),
        ("avoidance, limiting", ["ban", "ban"]),
        ("the eaten and the beaten", ["take"]),
        ("", []),
    ],
)
def test_a_clause_has_its_cues_in_order(clause: str, kinds: list[str]) -> None:
    """The first kind in the list wins, and a longer cue contains no others."""
    assert [cue.kind for cue in cues(clause)] == kinds
