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

SOURCE = Path(__file__).parents[2] / "src"
STRETCH = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 40 20">'
    '<path d="M2 18L38 2" stroke="#111" fill="none"/></svg>'
)
PICTURED = TINY + "      - figure: images/stretch.svg\n        alt: A line that rises\n"


def clinic(root: Path) -> Path:
    """Make a workspace with every kind of content: pictures, a style and a template of its own."""
    shutil.copytree(builtin_root() / "content" / "handouts", root / "content" / "handouts")
    (root / "content" / "images").mkdir()
    (root / "content" / "images" / "stretch.svg").write_text(STRETCH, encoding="utf-8")
    (root / "content" / "handouts" / "tiny.yaml").write_text(PICTURED, encoding="utf-8")
    (root / "styles").mkdir()
    (root / "styles" / "clinic.css").write_text("h1 { letter-spacing: 0.1pt }\n", encoding="utf-8")
    return root


def printed(root: Path, *more: str, cwd: Path | None = None, **environment: str) -> dict[str, str]:
    """Print a workspace in a new process; return the hash of each PDF, picture and HTML page."""
    command = [
        sys.executable,
        "-m",
        "teachback",
        "build",
        "--force",
        "--format",
        "pdf",
        "--format",
        "html",
        "-a",
        "ckd",
        "-o",
        "out",
        *more,
    ]
    environment = {**os.environ, "PYTHONPATH": str(SOURCE), **environment}
    ran = subprocess.run(
        command, cwd=cwd or root, env=environment, capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stderr
    found = {
        path.relative_to((cwd or root) / "out").as_posix(): path
        for path in sorted(((cwd or root) / "out").rglob("*.*"))
    }
    files = {
        name: hashlib.sha256(path.read_bytes()).hexdigest()
        for name, path in found.items()
        if path.suffix in {".pdf", ".html"}
    }
    assert len(files) == 10
    return files


@pytest.fixture(scope="session")
def first(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, str]]:
    """Return a workspace, and the hashes of its first print."""
    root = clinic(tmp_path_factory.mktemp("first") / "clinic")
    return root, printed(root, "--jobs", "1", PYTHONHASHSEED="1", TZ="UTC")


def _in_a_subfolder(root: Path, beside: Path) -> dict[str, str]:
    del beside
    below = root / "content" / "images"
    try:
        return printed(root, cwd=below)
    finally:
        shutil.rmtree(below / "out")


def _elsewhere(root: Path, beside: Path) -> dict[str, str]:
    return printed(
        Path(
            shutil.copytree(
                root,
                beside / "a much longer name \u00fc" / "moved",
                ignore=shutil.ignore_patterns("out"),
            )
        )
    )


VARIANTS: dict[str, Callable[[Path, Path], dict[str, str]]] = {
    "a second time": lambda root, _: printed(root),
    "in another folder": _elsewhere,
    "from another working directory": _in_a_subfolder,
    "in another time zone": lambda root, _: printed(root, TZ="Asia/Tokyo"),
    "in another locale": lambda root, _: printed(
        root, LC_ALL="tr_TR.UTF-8", LANG="tr_TR.UTF-8", LANGUAGE="tr"
    ),
    "in no locale": lambda root, _: printed(root, LC_ALL="C", PYTHONUTF8="0"),
    "with another hash seed": lambda root, _: printed(root, PYTHONHASHSEED="4242"),
    "in two processes": lambda root, _: printed(root, "--jobs", "2"),
    "for another user": lambda root, beside: printed(
        root, HOME=str(beside), USER="nobody", XDG_CACHE_HOME=str(beside)
    ),
}


@pytest.mark.parametrize("variant", VARIANTS)
def test_the_bytes_are_the_same(
    first: tuple[Path, dict[str, str]], tmp_path: Path, variant: str
) -> None:
    """Both runs give the same PDF and HTML: handouts, cards and sheets of cards."""
    root, files = first
    assert VARIANTS[variant](root, tmp_path) == files


def test_the_bytes_differ_when_the_text_does(
    first: tuple[Path, dict[str, str]], tmp_path: Path
) -> None:
    """Otherwise the tests above would compare nothing.

    One other word changes the handout's own files, and no others.
    """
    root, files = first
    other = Path(shutil.copytree(root, tmp_path / "other", ignore=shutil.ignore_patterns("out")))
    (other / "content" / "handouts" / "tiny.yaml").write_text(
        PICTURED.replace("One message.", "Another message."), encoding="utf-8"
    )
    changed = {name for name, digest in printed(other).items() if digest != files[name]}
    assert changed == {name for name in files if name.startswith("tiny/")}


def test_no_date_on_paper_comes_from_the_clock(workspace: Callable[..., Workspace]) -> None:
    """Printed years apart, the files are the same."""
    root = workspace()
    pages = []
    for year in (1999, 2026, 2199):
        settings = resolve(
            {
                "output": str(root.root / str(year)),
                "handouts": ("tiny",),
                "format": ("pdf", "html"),
            },
            root,
        )
        built = build(settings, root, dt.date(year, 2, 28))
        assert not built.failed
        pages.append([output.sha256 for output in built.outputs])
    assert len(pages[0]) == 10
    assert pages[0] == pages[1] == pages[2]
