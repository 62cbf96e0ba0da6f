"""Under load the front desk answers each key, and its memory does not grow."""

from __future__ import annotations

import pytest
from desk_load import NOISE, grown, measure


@pytest.mark.slow
@pytest.mark.kill
@pytest.mark.long
def test_keys_of_several_desks_are_answered_and_memory_does_not_grow() -> None:
    """The check of tests/benchmark/desk_load.py, for seconds instead of minutes."""
    found = measure(5.0, desks=3, editors=0)
    assert len(found.waits) > 10
    assert min(found.memory) > 20
    assert max(found.memory) < 300
    assert grown(found.memory) == 0


@pytest.mark.parametrize(
    ("memory", "more"),
    [
        ([50.0, 150.0, 200.0, 201.0, 200.0, 203.0], 0.0),
        ([50.0, 150.0, 200.0, 205.0, 220.0, 225.0], 20.0),
        ([200.0, 200.0, 200.0, 200.0, 190.0, 180.0], 0.0),
    ],
)
def test_growth_is_what_goes_on_after_the_start(memory: list[float], more: float) -> None:
    """What is loaded once at the start is no growth; what is added in the last third is."""
    assert NOISE < 20
    assert grown(memory) == more
