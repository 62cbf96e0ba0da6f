"""Flag, environment, teachback.toml and default: which wins, and what a wrong one is told."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from settings_from_flags import resolve
from tiny_handout import TINY
from workspace_cases import here, lay, problems

from teachback.errors import TeachbackError, UsageError
from teachback.printing.settings import Offset

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from teachback.files.workspace import Workspace

    Make = Callable[..., Workspace]

WRONG = """\
papr = "a4"
size = "big"
jobs = 0
stock = ["avery-5371", "avery-5390"]
audience = []
offset = "5, 5"
[printers.ward]
offset = "far"
ofset = "1, 1"
"""


def test_all_problems_of_the_file_and_of_the_flags_are_told_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """One run names the line of each, that of a printer below its section, and the exit code is 1."""
    monkeypatch.setenv("TEACHBACK_KIND", "crad")
    root = lay(tmp_path, {"teachback.toml": WRONG.encode()})
    code, _, stderr = here("build --paper leter", root, monkeypatch, capsys)
    assert code == 1
    assert [
        (problem.place.removeprefix("teachback.toml:"), problem.message)
        for problem in problems(stderr)
    ] == [
        ("1:1", "the setting 'papr' is not known"),
        ("2:1", "size: 'big' is not allowed"),
        ("3:1", "jobs: '0' is not allowed"),
        ("4:1", "the setting 'stock' is written in the wrong way"),
        ("5:1", "the setting 'audience' is written in the wrong way"),
        ("8:1", "offset: 'far' is not allowed"),
        ("9:1", "the setting 'ofset' is not known"),
        ("teachback", "--paper: 'leter' is not allowed"),
        ("teachback", "TEACHBACK_KIND: 'crad' is not allowed"),
    ]


def test_a_list_in_the_environment_has_commas(workspace: Make) -> None:
    """Blanks beside a comma do not count, nor does a word that is repeated."""
    environment = {"TEACHBACK_AUDIENCE": "ckd, general,ckd", "TEACHBACK_KIND": "card,handout"}
    settings = resolve({}, workspace(), environment)
    assert (settings.audiences, settings.kinds) == (("ckd", "general"), ("handout", "card"))


OTHER = TINY.replace("id: tiny", "id: other")


def test_the_file_chooses_which_handouts_are_printed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without a name, these are printed and checked; a name that is typed wins."""
    files = {
        "teachback.toml": b'handouts = ["other"]',
        "content/handouts/other.yaml": OTHER.encode(),
    }
    root = lay(tmp_path, files)
    code, out, _ = here("build --format html --kind handout", root, monkeypatch, capsys)
    assert (code, sorted(path.name for path in (root / "build/other").iterdir())) == (
        0,
        ["handout-ckd-en.html", "handout-general-en.html"],
    )
    assert out.startswith("build/other/handout-ckd-en.html")
    assert "tiny/" not in out
    assert "tiny:" not in here("check", root, monkeypatch, capsys)[1]
    assert "tiny:" in here("check tiny", root, monkeypatch, capsys)[1]


def test_without_the_setting_a_workspace_prints_its_own_handouts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The built-in handout is printed only for who names it."""
    root = lay(tmp_path, {})
    _, out, _ = here("build --format html --kind handout", root, monkeypatch, capsys)
    assert [line.split("  ")[0] for line in out.splitlines()[:-1]][:2] == [
        "build/tiny/handout-ckd-en.html",
        "build/tiny/handout-general-en.html",
    ]
    assert "leg-cramps" not in out
    (root / "content/handouts/tiny.yaml").unlink()
    code, _, err = here("build", root, monkeypatch, capsys)
    assert (code, problems(err)[0].message) == (1, "there are no handouts of your own")
    assert problems(err)[0].hint.endswith("or name a built-in one: leg-cramps.")


def test_a_handout_in_the_file_that_does_not_exist_is_told_at_its_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A misspelt name does not print less in silence."""
    root = lay(tmp_path, {"teachback.toml": b'paper = "a4"\nhandouts = ["tiny", "tinny"]'})
    code, _, err = here("build", root, monkeypatch, capsys)
    (problem,) = problems(err)
    assert (code, problem.place, problem.message) == (
        1,
        "teachback.toml:2:1",
        "there is no handout 'tinny'",
    )


def test_a_printer_of_the_file_fills_what_the_file_leaves_out(workspace: Make) -> None:
    """The file's own offset wins over that of its printer; any that is typed wins over both."""
    clinic = workspace(
        {
            "teachback.toml": 'offset = "5, 5"\nprinter = "ward"\n'
            '[printers.ward]\noffset = "1, 1"\nback-offset = "2, 2"\n'
        }
    )
    settings = resolve({}, clinic)
    assert (settings.offset, settings.back_offset) == (Offset(5, 5), Offset(2, 2))
    environment = {"TEACHBACK_BACK_OFFSET": "3,3"}
    assert resolve({"printer": "ward"}, clinic, environment).back_offset == Offset(3, 3)


def test_a_printer_without_a_section_is_refused(workspace: Make) -> None:
    """The hint names the printers that there are, or how to write one."""
    ward = workspace({"teachback.toml": '[printers.ward]\noffset = "1, 1"\n'})
    with pytest.raises(UsageError) as wrong:
        resolve({"printer": "wrad"}, ward)
    assert wrong.value.problems[0][:2] == (
        "--printer: 'wrad' is not allowed",
        "Did you mean 'ward'? Known: ward.",
    )
    with pytest.raises(TeachbackError, match="toml:1:1: printer: 'ward' is not allowed"):
        resolve({}, workspace({"teachback.toml": 'printer = "ward"'}))


@pytest.mark.parametrize("text", ["printers = 5", '[printers]\nward = "1, 1"'])
def test_a_printer_is_a_section(text: str, workspace: Make) -> None:
    """A line cannot name a printer."""
    with pytest.raises(TeachbackError, match="a printer needs a section of its own"):
        resolve({}, workspace({"teachback.toml": text}))


@pytest.mark.parametrize("flags", [{"output": ""}, {"archive": " "}])
def test_a_folder_needs_a_name(flags: dict[str, str], workspace: Make) -> None:
    """An empty name would print into the folder one is in."""
    with pytest.raises(UsageError, match="is not allowed"):
        resolve(flags, workspace())


def test_a_setting_that_is_no_flag_of_the_command_is_still_checked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """`card` has no --size; a wrong size in the environment is refused all the same."""
    root = lay(tmp_path, {})
    code, _, stderr = here("card tiny --size large", root, monkeypatch, capsys)
    assert (code, problems(stderr)[0].message.split(".")[0]) == (2, "No such option '--size'")
    monkeypatch.setenv("TEACHBACK_SIZE", "big")
    code, _, stderr = here("card tiny", root, monkeypatch, capsys)
    assert (code, problems(stderr)[0].message) == (2, "TEACHBACK_SIZE: 'big' is not allowed")


@pytest.mark.parametrize("command", ["build --help", "list stocks", "merge --wipe nothing"])
def test_a_wrong_file_stops_only_what_needs_it(
    command: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Help is shown, and patients' data is removed, whatever teachback.toml says."""
    root = lay(tmp_path, {"teachback.toml": WRONG.encode()})
    _, _, stderr = here(command, root, monkeypatch, capsys)
    assert "teachback.toml" not in stderr


def test_merge_takes_one_audience(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Of two, none would be the reader of a record that names none."""
    root = lay(tmp_path, {"records.csv": b"id\n1\n"})
    command = "merge tiny --records records.csv --audience ckd --audience general"
    code, _, stderr = here(command, root, monkeypatch, capsys)
    assert (code, problems(stderr)[0].message) == (2, "--audience takes one name here, not 2")
