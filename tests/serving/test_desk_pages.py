"""The pages of the desk are read when it starts."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from teachback.files.workspace import builtin_root
from teachback.serving import desk_pages
from teachback.serving.desk_pages import open_desk_pages

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def test_a_program_that_is_replaced_while_it_runs_goes_on_with_its_pages(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A page that was never shown before is there, though its file is gone or another one."""
    for name in ("web", "styles"):
        shutil.copytree(builtin_root() / name, tmp_path / name)
    monkeypatch.setattr(desk_pages, "builtin_root", lambda: tmp_path)
    pages = open_desk_pages()
    (tmp_path / "web" / "desk.html").write_text("{{ no.such.word }}", encoding="utf-8")
    shutil.rmtree(tmp_path / "styles")
    (tmp_path / "web" / "enter.html").unlink()
    assert "<title>Teachback</title>" in pages.page("desk")
    assert "<title>Teachback</title>" in pages.page("enter", people=True)
    assert b"token" in pages.files["enter.js"][0]
