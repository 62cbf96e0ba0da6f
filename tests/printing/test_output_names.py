"""The name of a printed file says what is in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from settings_from_flags import resolve

from teachback.commands.build import build

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable

    from teachback.files.workspace import Workspace

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("one_process")]


def test_files_are_named_by_kind_audience_language_paper_and_size(
    workspace: Callable[..., Workspace], today: dt.date
) -> None:
    """File names show the contents, always in the same order."""
    clinic = workspace()
    flags = {"handouts": ("tiny",), "audience": ("ckd",), "format": ("pdf", "png")}
    large = build(resolve({**flags, "size": "large", "paper": "a4"}, clinic), clinic, today)
    names = [name.split("/")[1] for name in large.printed]
    assert "handout-ckd-en-a4-large.pdf" in names
    assert "handout-ckd-en-a4-large-1.png" in names
    assert "card-ckd-en.pdf" in names
    assert "card-ckd-en-a4.pdf" in names
    assert {"card-ckd-en-1.png", "card-ckd-en-2.png"} <= set(names)
