"""A handout that no rule can read is never printed as if it had been checked."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from languages import language_files
from tiny_handout import TINY
from workspace_cases import here, lay

from teachback.checking.checker import check
from teachback.errors import Severity

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable
    from pathlib import Path

    from teachback.files.workspace import Workspace

pytestmark = pytest.mark.usefixtures("one_process")

BUILD = "build tiny --format html"
FRENCH = TINY.replace("language: en", "language: fr")
APPROVED = FRENCH.replace(
    "status: draft, reviewer: null, reviewed: null, due: null",
    "status: approved, reviewer: A. Nurse, reviewed: 2026-11-01, due: 2099-11-01",
)
ACCEPTED = APPROVED + (
    "accept: [{rule: language-unknown, reason: Dr. Example has read it., by: A. Nurse}]\n"
)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Return a workspace with a handout in French."""
    files = {**language_files("fr"), "content/handouts/tiny.yaml": FRENCH}
    return lay(tmp_path, {name: text.encode() for name, text in files.items()})


def test_paper_and_build_say_that_nobody_checked_it(
    root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Handout and card are drafts; a build with nothing to print warns, too."""
    for _ in range(2):
        code, _, err = here(BUILD, root, monkeypatch, capsys)
        assert code == 0
        assert "tiny.yaml:4:1: warning: this handout is written in 'fr', which no rule" in err
    pages = sorted((root / "build/tiny").glob("*-fr.html"))
    assert len(pages) == 4
    for page in pages:
        text = page.read_text(encoding="utf-8")
        says = "advice not checked" if "card" in page.name else "its advice was not"
        assert f"\u00a1Draft{',' if 'card' in page.name else ':'} {says}" in text


def test_an_approval_does_not_take_the_place_of_the_check(
    root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """It is still a draft, which --release refuses."""
    (root / "content/handouts/tiny.yaml").write_text(APPROVED, encoding="utf-8")
    code, _, err = here(BUILD, root, monkeypatch, capsys)
    assert (code, "so it is a draft" in err) == (0, True)
    page = (root / "build/tiny/handout-ckd-fr.html").read_text(encoding="utf-8")
    assert "its advice was not checked" in page
    assert "A. Nurse" not in page
    code, _, err = here(f"{BUILD} --release", root, monkeypatch, capsys)
    assert code == 1
    assert "tiny.yaml:4:1: this handout is written in 'fr'" in err


def test_somebody_can_answer_for_it_by_name(
    root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Then an approved text is no draft, and each build still tells who accepted it."""
    (root / "content/handouts/tiny.yaml").write_text(ACCEPTED, encoding="utf-8")
    code, _, err = here(BUILD, root, monkeypatch, capsys)
    assert code == 0
    assert "A. Nurse accepted that: Dr. Example has read it." in err
    assert "A. Nurse" in (root / "build/tiny/handout-ckd-fr.html").read_text(encoding="utf-8")


def test_check_accepts_it_by_the_same_entry(
    workspace: Callable[..., Workspace], today: dt.date
) -> None:
    """Without the entry it is a warning; with it, an accepted finding."""
    files = {**language_files("fr"), "content/handouts/tiny.yaml": FRENCH}
    [checked] = check(("tiny",), (), workspace(files), today).handouts
    assert [p.severity for p in checked.problems if p.rule == "language-unknown"] == [
        Severity.WARNING
    ]
    files["content/handouts/tiny.yaml"] = ACCEPTED
    [checked] = check(("tiny",), (), workspace(files), today).handouts
    assert [waiver.finding.rule for waiver in checked.waived] == ["language-unknown"]
