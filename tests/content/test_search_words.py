"""The words that mean the same at the front desk are entries: built-in ones, and the clinic's own."""

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
    found = load_search_words(workspace({FILE: own})).groups()
    assert ["gout", "toe", "gota"] in found
    assert [one for one in found if "foamy" in one] == [["foamy", "fizzy"]]
    (urine,) = (one for one in found if "urine" in one)
    assert {"pee", "orina"} <= set(urine)


@pytest.mark.parametrize(
    ("entry", "place", "said"),
    [
        ("breath: {en: [short of breath]}", "2:15", "'short of breath' is not one word"),
        ("foam: {English: [foamy]}", "2:8", "English"),
        ("foam: [foamy]", "2:7", "`key: value`"),
        ("foam: {en: []}", "2:12", "empty"),
    ],
)
def test_a_wrong_entry_is_a_problem_with_its_place(
    workspace: Make, entry: str, place: str, said: str
) -> None:
    """It names the file, the line and the column."""
    with pytest.raises(TeachbackError) as caught:
        load_search_words(workspace({FILE: f"# ours\n{entry}\n"}))
    (problem,) = caught.value.problems
    assert str(problem.location).endswith(f"{FILE}:{place}")
    assert said in problem.message
