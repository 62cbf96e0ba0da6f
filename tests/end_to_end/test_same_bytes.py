"""The same workspace gives the same bytes, wherever, whenever and however it is printed."""

from __future__ import annotations

import datetime as dt
import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from settings_from_flags import resolve
from tiny_handout import TINY

from teachback.commands.build import build
from teachback.files.workspace import Workspace, builtin_root

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.slow

TODAY = dt.date(2026, 11, 22)
SOURCE = Path(__file__).parents[2] / "src"
STRETCH = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 40 20">'
    '<path d="M2 18L38 2" stroke="#111" fill="none"/></svg>'
)
PICTURED = (
    TINY
    + """\
      - {figure: images/stretch.svg, alt: A line that rises}
      - {lead: Some steps, steps: [First, Second]}
      - table: {columns: [Mineral, Use], rows: [[Potassium, Signals]]}
      - my_numbers: [{label: Weight}, {label: Blood pressure}]
      - teach_back: [What will you do?]
      - notes: 12
"""
)


def clinic(root: Path) -> Path:
    """Make a workspace with every kind of content: pictures, a style and a template of its own."""
    for folder in ("handouts", "images"):
        (root / "content" / folder).mkdir(parents=True)
    (root / "content" / "images" / "stretch.svg").write_text(STRETCH, encoding="utf-8")
    (root / "content" / "handouts" / "tiny.yaml").write_text(PICTURED, encoding="utf-8")
    (root / "styles").mkdir()
    (root / "styles" / "clinic.css").write_text("h1 { letter-spacing: 0.1pt }\n", encoding="utf-8")
    return root


def printed(root: Path, cwd: str = ".", jobs: int = 1, **environment: str) -> dict[str, str]:
    """Print a workspace in a new process; return the hash of each PDF and HTML page."""
    form = ("--format", "pdf", "--format", "html", "--jobs", str(jobs))
    command = [
        *(sys.executable, "-m", "teachback", "build"),
        *("--force", "-a", "ckd", "-o", "out", *form),
    ]
    environment = {**os.environ, "PYTHONPATH": str(SOURCE), **environment}
    ran = subprocess.run(
        command, cwd=root / cwd, env=environment, capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stderr
    out = root / cwd / "out"
    files = {
        path.relative_to(out).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(out.glob("*/*.*"))
        if path.suffix in {".pdf", ".html"}
    }
    assert len(files) == 5
    return files


def printed_here(root: Path) -> dict[str, str]:
    """Print the tiny handout of a workspace in this process; return the hashes."""
    workspace = Workspace(root, builtin_root())
    flags = {"audience": ("ckd",), "format": ("pdf", "html"), "output": str(root / "out")}
    built = build(
        resolve({**flags, "handouts": ("tiny",), "force": True}, workspace), workspace, TODAY
    )
    assert not built.failed
    return {output.file: output.sha256 for output in built.outputs}


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, str]]:
    """Return a workspace, and the hashes of its first print, in no locale."""
    root = clinic(tmp_path_factory.mktemp("first") / "clinic")
    return root, printed(root, PYTHONHASHSEED="1", TZ="UTC", LC_ALL="C", PYTHONUTF8="0")


def copied(root: Path, name: Path) -> Path:
    """Copy a workspace without its output."""
    return shutil.copytree(root, name, ignore=shutil.ignore_patterns("out"))


def test_the_bytes_are_the_same_wherever_and_however_they_are_printed(
    first: tuple[Path, dict[str, str]], tmp_path: Path
) -> None:
    """Handouts, cards and sheets do not depend on what is around the program.

    The folder, the working directory, the time zone, the locale, the hash seed, the number of
    processes and the user all differ at once.
    """
    root, files = first
    moved = copied(root, tmp_path / "a much longer name \u00fc" / "moved")
    turkish = dict.fromkeys(("LC_ALL", "LANG"), "tr_TR.UTF-8")
    other = {"HOME": str(tmp_path), "USER": "nobody", "XDG_CACHE_HOME": str(tmp_path)}
    more = {"LANGUAGE": "tr", "TZ": "Asia/Tokyo", "PYTHONHASHSEED": "4242"}
    assert printed(moved, cwd="content/images", jobs=2, **turkish, **other, **more) == files


def test_the_bytes_are_the_same_a_second_time_and_differ_when_the_text_does(
    first: tuple[Path, dict[str, str]], tmp_path: Path
) -> None:
    """One other word changes all files of a handout; otherwise the tests would compare nothing."""
    root, files = first
    again = copied(root, tmp_path / "again")
    assert printed_here(again) == files
    (again / "content" / "handouts" / "tiny.yaml").write_text(
        PICTURED.replace("One message.", "Another message."), encoding="utf-8"
    )
    changed = printed_here(again)
    assert changed.keys() == files.keys()
    assert not set(changed.values()) & set(files.values())


def test_no_date_on_paper_comes_from_the_clock(workspace: Callable[..., Workspace]) -> None:
    """Printed years apart, the files are the same."""
    root = workspace()
    pages = []
    for year in (1999, 2199):
        settings = resolve(
            {
                "output": str(root.root / str(year)),
                "handouts": ("tiny",),
                "audience": ("ckd",),
                "format": ("pdf", "html"),
            },
            root,
        )
        built = build(settings, root, dt.date(year, 2, 28))
        assert not built.failed
        pages.append([output.sha256 for output in built.outputs])
    assert len(pages[0]) == 5
    assert pages[0] == pages[1]
