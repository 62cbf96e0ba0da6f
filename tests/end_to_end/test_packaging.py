"""The wheel contains all that a clinic needs, and makes a workspace that prints."""

from __future__ import annotations

import os
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pypdfium2
import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel from the checkout with the installed build tool, without a download."""
    folder = tmp_path_factory.mktemp("dist")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    return next(folder.glob("*.whl"))


def test_the_wheel_holds_every_template_style_and_content_file(wheel: Path) -> None:
    """Every file of the checkout's folders is in the wheel."""
    tracked = subprocess.run(
        ["git", "ls-files", "content", "templates", "styles", "web"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout.split()
    assert len(tracked) > 40
    with zipfile.ZipFile(wheel) as archive:
        inside = {
            name.removeprefix("teachback/_builtin/")
            for name in archive.namelist()
            if name.startswith("teachback/_builtin/")
        }
        names = archive.namelist()
    assert set(tracked) - inside == set()
    assert any(name.endswith("licenses/LICENSE") for name in names)
    assert "teachback/pdf/no-system-fonts.conf" in names


def test_the_installed_wheel_makes_a_workspace_and_prints(wheel: Path, tmp_path: Path) -> None:
    """With the wheel and libraries, but without the checkout, two commands print a handout."""
    home = tmp_path / "environment"
    venv.create(home, with_pip=False)
    python = home / "bin" / "python"
    site = Path(
        subprocess.run(
            [python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"],
            check=True,
            capture_output=True,
            text=True,
        ).stdout.strip()
    )
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site)
    # The libraries come from this environment, since a test downloads nothing; the checkout's own
    # .pth is not read.
    (site / "libraries.pth").write_text(
        "\n".join(path for path in sys.path if path.endswith("site-packages")) + "\n",
        encoding="utf-8",
    )
    empty = tmp_path / "empty"
    empty.mkdir()
    started = [str(python), "-m", "teachback"]
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    for words in (["init", "."], ["copy", "table"], ["build", "leg-cramps", "--audience", "ckd"]):
        done = subprocess.run(
            [*started, *words],
            cwd=empty,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
    assert (empty / "templates" / "blocks" / "table.html").is_file()
    printed = sorted(path.name for path in (empty / "build" / "leg-cramps").iterdir())
    assert printed == ["card-ckd-en-letter.pdf", "card-ckd-en.pdf", "handout-ckd-en-letter.pdf"]
    where = subprocess.run(
        [python, "-c", "import teachback; print(teachback.__file__)"],
        cwd=empty,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert Path(where.stdout.strip()).is_relative_to(home)
    with pypdfium2.PdfDocument(
        empty / "build" / "leg-cramps" / "handout-ckd-en-letter.pdf"
    ) as document:
        assert "Call 911 now" in document[0].get_textpage().get_text_bounded()
