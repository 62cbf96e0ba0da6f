"""A hint blames a clinic's design only if it has one; a row longer than a page is named."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tiny_handout import TINY
from workspace_cases import here, lay, problems

from teachback.errors import COMPARE, COMPARE_LENGTH, DesignHint, Problem
from teachback.files.workspace import NOT_OURS, Workspace, builtin_root, effective_files, hinting

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.slow

LONG = "Call the clinic when you feel unwell. " * 70
BLOCK = "      - text: {general: For everyone here., ckd: For kidneys here.}\n"
ROWS = """\
      - table:
          columns: [One, Two]
          rows:
            - [Short, Short too.]
            - ["%s", "%s"]
            - [Next, Last.]
"""


@pytest.mark.usefixtures("one_process")
@pytest.mark.parametrize(
    "cells", [(LONG, LONG.replace("Call", "Ask")), ("First.", LONG), (LONG, "Second.")]
)
def test_a_row_longer_than_a_page_is_named_by_its_place(
    cells: tuple[str, str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """It is refused with its line and a hint, or printed in order; no design is blamed."""
    text = TINY.replace(BLOCK, ROWS % cells)
    root = lay(tmp_path, {"content/handouts/tiny.yaml": text.encode()})
    code, _, stderr = here("build tiny --kind handout --audience ckd", root, monkeypatch, capsys)
    found = problems(stderr)
    if len(cells[0]) > 1000:
        line = text[: text.index(cells[0])].count("\n") + 1
        assert (code, [problem.place for problem in found]) == (
            1,
            [f"content/handouts/tiny.yaml:{line}:16"],
        ), stderr
        assert found[0].message.startswith(
            "handout of tiny for ckd: this row of a table is longer than a page: 'Call the clinic"
        )
        assert found[0].hint.startswith("Split it")
    else:
        assert code == 0, stderr
    assert "clinic's own" not in stderr
    assert "style of the clinic" not in stderr


@pytest.mark.parametrize(
    ("own", "blamed"),
    [
        ("styles/clinic.css", True),
        ("templates/card.html", True),
        ("content/images/cup.svg", False),
        ("content/clinic.yaml", False),
    ],
)
def test_a_hint_blames_the_design_only_where_the_clinic_has_one(
    own: str,
    blamed: bool,  # noqa: FBT001 -- a parameter
    tmp_path: Path,
) -> None:
    """One function decides this for every such hint; other hints stay as they are."""
    path = tmp_path / own
    path.parent.mkdir(parents=True)
    path.write_bytes(b"")
    settle = hinting(effective_files(Workspace(tmp_path, builtin_root())))
    for hint in (COMPARE, COMPARE_LENGTH, DesignHint("A template of the clinic moves it.")):
        assert settle(Problem("a", hint)).hint == (hint if blamed else NOT_OURS)
    assert settle(Problem("a", "Split it.")).hint == "Split it."


def test_a_page_that_takes_too_long_without_a_design_of_its_own_blames_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Then the text is what is too long."""
    from teachback.printing import process_pool
    from teachback.printing.process_limits import Limits

    monkeypatch.setattr(process_pool, "LIMITS", Limits(seconds=0.05, later=0.05, grace=1))
    code, _, stderr = here(
        "build tiny --kind handout --audience ckd", lay(tmp_path, {}), monkeypatch, capsys
    )
    found = problems(stderr)
    assert code == 1
    assert all("of processor time" in problem.message for problem in found)
    assert {problem.hint for problem in found} == {NOT_OURS}
