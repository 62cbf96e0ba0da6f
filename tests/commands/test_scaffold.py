"""A clinic starts with `init`, takes built-in files with `copy`, and prints only from a workspace."""

from __future__ import annotations

import re
import sys
import tomllib
from typing import TYPE_CHECKING

import pytest
import weasyprint
from workspace_cases import here, lay, problems

from teachback.cli.context import LAUNCHER
from teachback.content.workspace_content import load_shared
from teachback.files.workspace import Workspace, builtin_root

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Typed = Callable[[str], tuple[int, str, str]]


@pytest.fixture
def typed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Typed:
    """Return a function that runs a command in the folder of the test."""
    monkeypatch.delenv(LAUNCHER, raising=False)
    return lambda command: here(command, tmp_path, monkeypatch, capsys)


@pytest.mark.parametrize(
    "command",
    [
        *("build", "build leg-cramps", "card leg-cramps", "check", "check leg-cramps", "due"),
        *("merge leg-cramps --records none.csv", "diff leg-cramps general ckd", "list handouts"),
        *("approve leg-cramps --by Somebody", "calibrate", "new sick-days", "copy audiences"),
        "open",
    ],
)
def test_a_folder_that_is_no_workspace_is_told_and_nothing_is_made_there(
    command: str, tmp_path: Path, typed: Typed
) -> None:
    """Whoever forgot to change the folder gets no blank leaflets, but the command to type."""
    (tmp_path / "letter.txt").write_bytes(b"")
    code, out, err = typed(command)
    assert (code, out) == (2, "")
    (problem,) = problems(err)
    assert problem.place == str(tmp_path)
    assert problem.message.startswith("this folder is no workspace")
    assert problem.hint == "Make a new one: teachback init my-clinic"
    assert [path.name for path in tmp_path.iterdir()] == ["letter.txt"]


def test_an_empty_folder_may_become_the_workspace(typed: Typed) -> None:
    """A service starts in the folder of its workspace, which is empty at first."""
    _, _, err = typed("build")
    assert problems(err)[0].hint == "Make it one: teachback init ."


def test_a_workspace_one_folder_deeper_is_named(tmp_path: Path, typed: Typed) -> None:
    """The hint has the `cd` that was forgotten."""
    lay(tmp_path / "our-clinic", {})
    _, _, err = typed("build")
    assert problems(err)[0].hint.startswith("Change to yours first (cd our-clinic)")


def test_doctor_and_schema_need_no_workspace(typed: Typed) -> None:
    """What is installed can be seen from anywhere."""
    code, out, _ = typed("doctor")
    assert code == 0
    assert "none: this folder is not in one" in out
    assert typed("schema")[0] == 0


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        ("gone", "WeasyPrint, which uses it, cannot be loaded"),
        ("old", "WeasyPrint 1.0 is installed"),
    ],
)
def test_doctor_finds_a_weasyprint_that_cannot_print(
    fault: str, message: str, typed: Typed, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It does not load, or it is another one than the pinned one."""
    if fault == "gone":
        monkeypatch.setitem(sys.modules, "teachback.pdf.renderer", None)
    else:
        monkeypatch.setattr(weasyprint, "__version__", "1.0")
    code, out, _ = typed("doctor")
    assert code == 1
    assert re.search(rf"^MISSING +Pango +{message}.*\n +Install ", out, re.MULTILINE)


def test_init_makes_a_workspace_with_an_archive(tmp_path: Path, typed: Typed) -> None:
    """Each code on paper leads back to what was printed, from the first print on."""
    code, _, _ = typed("init clinic")
    assert code == 0
    text = (tmp_path / "clinic" / "teachback.toml").read_text(encoding="utf-8")
    assert tomllib.loads(text) == {"archive": "archive"}
    assert (tmp_path / "clinic" / "content" / "clinic.yaml").is_file()
    code, _, err = typed("init clinic")
    assert (code, len(problems(err))) == (1, 5)


@pytest.mark.parametrize(
    ("launcher", "lines"),
    [
        ("", ["cd 'my clinic'", "teachback build"]),
        ("./teachback", ["cd 'my clinic'", "../teachback build"]),
        ("/opt/a b/teachback", ["cd 'my clinic'", "'/opt/a b/teachback' build"]),
    ],
)
def test_init_ends_with_the_commands_as_they_can_be_typed_here(
    launcher: str,
    lines: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Who started `./teachback` is not told to type `teachback`, which is not found."""
    from teachback.cli.app import run

    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(LAUNCHER, launcher)
    assert run(["init", "my clinic"]) == 0
    assert [line.strip() for line in capsys.readouterr().out.splitlines()[-2:]] == lines


@pytest.mark.parametrize(
    ("name", "file", "effect"),
    [
        ("content/sources.yaml", "content/sources.yaml", "Its entries are merged"),
        ("audiences", "content/audiences.yaml", "Its entries are merged"),
        ("en.yaml", "content/words/en.yaml", "Its entries are merged"),
        ("templates/blocks/table.html", "templates/blocks/table.html", "From now on this file"),
        ("tokens.css", "styles/tokens.css", "From now on this file"),
        ("leg-cramps", "content/handouts/leg-cramps.yaml", "From now on this file"),
    ],
)
def test_copy_brings_a_built_in_file_and_tells_how_it_counts(
    name: str, file: str, effect: str, tmp_path: Path, typed: Typed
) -> None:
    """A file is named by its path or by its own name; the copy is the very file."""
    lay(tmp_path, {})
    code, out, _ = typed(f"copy {name}")
    assert code == 0
    assert out.splitlines()[0] == file
    assert out.splitlines()[1].startswith(effect)
    assert (tmp_path / file).read_bytes() == (builtin_root() / file).read_bytes()


def test_copy_replaces_a_file_of_the_clinic_only_when_told(tmp_path: Path, typed: Typed) -> None:
    """A nurse's own words are not lost."""
    lay(tmp_path, {"content/clinic.yaml": b'emergency: "112"\n'})
    code, _, err = typed("copy content/clinic.yaml")
    assert (code, problems(err)[0].message) == (1, "you have this file already")
    assert (tmp_path / "content/clinic.yaml").read_bytes() == b'emergency: "112"\n'
    assert typed("copy content/clinic.yaml --force")[0] == 0
    assert (tmp_path / "content/clinic.yaml").read_bytes() != b'emergency: "112"\n'


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("templates/blocks/tabel.html", "Did you mean 'templates/blocks/table.html'?"),
        ("audience", "Did you mean 'audiences'?"),
        ("card", "Name one of them: styles/card.css, templates/card.html."),
        ("../../etc/passwd", "The built-in files are in content,"),
        ("templates/blocks", "Did you mean 'templates/blocks/"),
    ],
)
def test_copy_names_the_nearest_file(name: str, hint: str, tmp_path: Path, typed: Typed) -> None:
    """A wrong name copies nothing."""
    before = {*lay(tmp_path, {}).rglob("*")}
    code, _, err = typed(f"copy {name}")
    assert code == 2
    assert problems(err)[0].hint.startswith(hint)
    assert {*tmp_path.rglob("*")} == before


def test_the_built_in_workspace_is_not_copied_into_itself(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """In a checkout of the program, the built-in files are there to be edited."""
    code, _, err = here("copy audiences", builtin_root(), monkeypatch, capsys)
    assert (code, problems(err)[0].message) == (2, "the built-in files are in this very folder")


def test_copies_of_all_that_is_merged_change_nothing(tmp_path: Path, typed: Typed) -> None:
    """A copied file says what the built-in one says."""
    lay(tmp_path, {})
    for name in ("audiences", "content/sources.yaml", "en"):
        assert typed(f"copy {name}")[0] == 0
    builtin = builtin_root()
    own, shipped = (load_shared(Workspace(root, builtin)) for root in (tmp_path, builtin))
    assert own[:4] == shipped[:4]
