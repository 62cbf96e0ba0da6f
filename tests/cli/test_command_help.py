"""Help is whole and in groups, and messages name commands as the user types them."""

from __future__ import annotations

import re
import sys
import tomllib
from typing import TYPE_CHECKING

import click
import pytest
from handout_with_fields import FILLED
from workspace_cases import HANDOUT, here, lay

from teachback.cli.app import command_line, run
from teachback.cli.context import LAUNCHER, as_typed
from teachback.files.workspace import builtin_root

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(autouse=True)
def no_launcher(monkeypatch: pytest.MonkeyPatch) -> None:
    """Start the program as `teachback`."""
    monkeypatch.delenv(LAUNCHER, raising=False)


def test_every_command_is_described_in_whole_words(capsys: pytest.CaptureFixture[str]) -> None:
    """No line of the overview ends in dots."""
    assert run(["--help"]) == 0
    shown = " ".join(capsys.readouterr().out.split())
    assert len(command_line.commands) > 15
    for name, command in command_line.commands.items():
        first = " ".join((command.help or "").split("\n\n")[0].split()).split(". ")[0].rstrip(".")
        assert f"{name} {first}" in shown, name
    assert "..." not in shown.partition("Commands:")[2]


@pytest.mark.parametrize("name", ["build", "card", "merge"])
def test_options_of_one_kind_are_in_one_group(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each option is listed once, and few are in no group."""
    assert run([name, "--help"]) == 0
    shown = capsys.readouterr().out
    options = [
        param.opts[0]
        for param in command_line.commands[name].params
        if isinstance(param, click.Option) and not param.hidden
    ]
    assert len(options) > 10
    for option in options:
        assert len(re.findall(rf"^  (?:-\w, )?{option}\b(?!-)", shown, re.MULTILINE)) == 1, option
    assert len(re.findall(r"^[A-Z][\w ]+:$", shown, re.MULTILINE)) >= 5
    assert len(re.findall(r"^  -", shown.partition("Other options:")[2], re.MULTILINE)) <= 3


@pytest.mark.parametrize("words", [[], ["build"], ["list"], ["list", "stocks"]])
def test_help_is_a_command_too(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """`help build` prints what `build --help` prints."""
    assert run(["help", *words]) == 0
    by_word = capsys.readouterr().out
    assert run([*words, "--help"]) == 0
    assert capsys.readouterr().out == by_word
    assert by_word


def test_help_for_an_unknown_command_names_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    """A slip is answered as elsewhere, and another program's word as well."""
    for word in ("biuld", "print"):
        assert run(["help", word]) == 2
        assert "Did you mean 'build'?" in capsys.readouterr().err


@pytest.mark.parametrize(("word", "meant"), [("print", "build"), ("preview", "open")])
def test_another_word_for_a_command_leads_to_it(
    word: str, meant: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """The nearest name by its letters would be another command."""
    assert run([word]) == 2
    assert f"Did you mean '{meant}'?" in capsys.readouterr().err


TEXT = (
    "Now: teachback build tiny, see `teachback list stocks` and teachback.toml. Teachback prints. "
    "Install it with: pip install 'teachback[cluster]', here and there."
)


def test_commands_in_messages_are_those_that_can_be_typed(monkeypatch: pytest.MonkeyPatch) -> None:
    """By the launcher's own name, or with the Python that runs the program."""
    pip = f"{sys.executable} -m pip install 'teachback[cluster]'"
    assert as_typed(TEXT) == TEXT.replace("pip install 'teachback[cluster]'", pip)
    monkeypatch.setenv(LAUNCHER, "./teachback")
    assert as_typed(TEXT) == (
        "Now: ./teachback build tiny, see `./teachback list stocks` and teachback.toml. Teachback "
        "prints. Install it with: ./teachback add cluster, here and there."
    )


def test_doctor_names_each_extra_and_how_to_get_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The extras are those of pyproject.toml."""
    project = tomllib.loads((builtin_root() / "pyproject.toml").read_text(encoding="utf-8"))
    extras = project["project"]["optional-dependencies"]
    assert extras
    monkeypatch.setenv(LAUNCHER, "./teachback")
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    run(["doctor"])
    shown = capsys.readouterr().out
    for extra in extras:
        assert f"extra {extra}" in shown
        assert f"./teachback add {extra}" in shown


def test_a_refusal_and_a_usage_name_the_launcher(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What is printed on an error can be typed as it stands."""
    monkeypatch.setenv(LAUNCHER, "../our program/teachback")
    assert run(["build", "--nonsense"]) == 2
    assert "See `'../our program/teachback' build --help`." in capsys.readouterr().err


def test_export_names_the_next_command_as_it_can_be_typed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A user of the launcher gets its name, as after every other command."""
    root = lay(tmp_path, {})
    monkeypatch.setenv(LAUNCHER, "./teachback")
    code, out, _ = here("translate export tiny -l es --format po", root, monkeypatch, capsys)
    assert (code, out.splitlines()[1]) == (
        0,
        "When it comes back: ./teachback translate import FILE",
    )


def test_merge_quotes_the_paths_of_the_command_to_type_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A blank in the name of a folder would end an option's value."""
    root = lay(tmp_path, {HANDOUT: FILLED.encode()})
    (root / "rows.csv").write_text("id,audience,patient\np1,nobody,Ann Other\n", encoding="utf-8")
    monkeypatch.chdir(root)
    assert run(["merge", "tiny", "--records", "rows.csv", "--output", "on paper"]) == 1
    last = capsys.readouterr().out.splitlines()[-1]
    assert last.endswith("again with --records 'on paper/to-mend.csv' --output 'on paper'")
