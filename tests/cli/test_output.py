"""Test what is printed to the terminal."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING, Any

from teachback.cli.output import print_rows

if TYPE_CHECKING:
    import pytest


def test_columns_are_aligned_whatever_the_letters(capsys: pytest.CaptureFixture[str]) -> None:
    """A wide letter takes two columns of a terminal, and a combining accent takes none.

    A row is one line, however long, so that a place in a file can be copied.
    """
    place = "content/handouts/" + "long-" * 40 + "name.yaml:23:57"
    decomposed = unicodedata.normalize("NFD", "Pe\u00f1a")
    rows: list[dict[str, Any]] = [
        {"owner": "\u738b\u5c0f\u660e", "place": place},
        {"owner": decomposed, "place": place},
        {"owner": None, "place": place},
    ]
    print_rows(rows, as_json=False)
    assert capsys.readouterr().out.splitlines() == [
        "owner   place",
        f"\u738b\u5c0f\u660e  {place}",
        f"{decomposed}    {place}",
        f"        {place}",
    ]
    print_rows([], as_json=False)
    assert not capsys.readouterr().out
