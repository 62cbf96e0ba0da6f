"""A misspelt stock is answered with the nearest names."""

from __future__ import annotations

import pytest

from teachback.errors import UsageError
from teachback.files.workspace import builtin_root, open_workspace
from teachback.printing.card_run import find_stock
from teachback.printing.card_stock import load_stocks


@pytest.mark.parametrize("name", ["avery-5372", "avery-537\u00b2", "Avery-537\u2461"])
def test_a_misspelt_stock_is_answered_with_the_nearest_names(name: str) -> None:
    """A raised or circled digit, as copied from a web page, is no reason to crash."""
    with pytest.raises(UsageError) as caught:
        find_stock(name, load_stocks(open_workspace(builtin_root())))
    assert "avery-5371" in caught.value.problems[0].hint
