"""Words that mean the same at the front desk are entries: built-in ones, and the clinic's own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from teachback.content.search_words import load_search_words
from teachback.errors import TeachbackError

if TYPE_CHECKING:
    from collections.abc import Callable

    from teachback.files.workspace import Workspace

    Make = Callable[..., Workspace]

FILE = "content/search-words.yaml"


def test_an_entry_of_the_clinic_stands_beside_the_built_in_ones(workspace: Make) -> None:
    """It has the words of all its languages; one of the same name replaces the built-in one."""
    own = "gout: {en: [gout, toe], es: [gota]}\nfoam: {en: [foamy, fizzy]}\n"
    groups = load_search_words(workspace({FILE: own})).groups()
    assert ["gout", "toe", "gota"] in groups
    assert [group for group in groups if "foamy" in group] == [["foamy", "fizzy"]]
    (urine,) = (group for group in groups if "urine" in group)
    assert {"pee", "orina"} <= set(urine)


@pytest.mark.parametrize(
    ("entry", "place", "message"),
    [
        ("breath: {en: [short of breath]}", "2:15", "'short of breath' is not one word"),
        ("foam: {English: [foamy]}", "2:8", "English"),
        ("foam: [foamy]", "2:7", "`key: value`"),
        ("foam: {en: []}", "2:12", "empty"),
    ],
)
def test_a_wrong_entry_is_a_problem_with_its_place(
    workspace: Make, entry: str, place: str, message: str
) -> None:
    """It names the file, the line and the column."""
    with pytest.raises(TeachbackError) as caught:
        load_search_words(workspace({FILE: f"# ours\n{entry}\n"}))
    (problem,) = caught.value.problems
    assert str(problem.location).endswith(f"{FILE}:{place}")
    assert message in problem.message
