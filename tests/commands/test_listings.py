"""`list` shows what there is in a workspace."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from tiny_handout import TINY
from workspace_cases import HANDOUT, here, lay

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def test_a_handout_is_listed_with_the_codes_it_is_filed_under(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A clinic's system finds the handout by its codes, in a table for people and as JSON."""
    root = lay(tmp_path, {HANDOUT: (TINY + "codes: {icd10: [R25.2, N18.9]}\n").encode()})
    _, table, _ = here("list handouts", root, monkeypatch, capsys)
    _, stdout, _ = here("list handouts --json", root, monkeypatch, capsys)
    assert "R25.2, N18.9" in table
    assert {row["id"]: row["codes"] for row in json.loads(stdout)}["tiny"] == ["R25.2", "N18.9"]
