"""Print the result of a benchmark: the medians of its rounds, each beside its goal."""

from __future__ import annotations

import json
import statistics
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

# What is measured, its key in the results (or the figure itself), and the goal.
Row = tuple[str, str | float, str]


def medians_of(found: Mapping[str, Sequence[float]]) -> dict[str, float]:
    """Return the median of each measurement."""
    return {name: round(statistics.median(values), 3) for name, values in found.items()}


def tell(
    found: Mapping[str, Sequence[float]], rows: Iterable[Row], about: str, *, as_json: bool
) -> None:
    """Print the medians of `found` in rows below a line `about` them, or all numbers as JSON."""
    medians = medians_of(found)
    if as_json:
        print(json.dumps({"medians": medians, "rounds": found}))  # noqa: T201 -- a script's output
        return
    print(f"medians of {about}, Python {sys.version.split()[0]}")  # noqa: T201
    for name, value, goal in rows:
        print(f"{name:60}{medians[value] if isinstance(value, str) else value:10.2f}   {goal}")  # noqa: T201
