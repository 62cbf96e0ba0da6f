"""Problems name what an author most likely meant, and nothing else."""

import pytest

from teachback.errors import guess

KEYS = ("audience", "brief", "ckd", "id", "only", "patient", "sources", "text", "visit")


@pytest.mark.parametrize(
    ("written", "meant"),
    [("idd", "id"), ("Id", "id"), ("onyl", "only"), ("cdk", "ckd"), ("source", "sources")],
)
def test_a_misspelt_name_is_answered_with_the_nearest_one(written: str, meant: str) -> None:
    """A letter too few, too many or in the wrong place is seen, in short names too."""
    assert guess(written, KEYS) == f"Did you mean '{meant}'?"


@pytest.mark.parametrize("written", ["fluid", "width", "side", "phone"])
def test_another_word_is_not_taken_for_a_short_name(written: str) -> None:
    """Two letters of a word are no reason to ask whether `id` was meant."""
    assert guess(written, KEYS) == ""
