"""The README names every command and option, and the changelog the version."""

from __future__ import annotations

from pathlib import Path

import click

from teachback import __version__
from teachback.cli.app import command_line

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def commands(group: click.Group, prefix: str = "teachback") -> dict[str, click.Command]:
    """Return every command below a group by the words that start it."""
    found: dict[str, click.Command] = {}
    for name, command in group.commands.items():
        words = f"{prefix} {name}"
        if isinstance(command, click.Group):
            found |= commands(command, words)
        else:
            found[words] = command
    return found


def test_every_command_has_help_and_stands_in_the_readme() -> None:
    """A user finds every command without reading the source."""
    found = commands(command_line)
    assert len(found) >= 7
    for words, command in found.items():
        assert command.help, words
        assert words in README, words


def test_every_option_has_help_and_stands_in_the_readme() -> None:
    """A user finds every option without reading the source."""
    options = [
        (words, option)
        for words, command in commands(command_line).items()
        for option in command.params
        if isinstance(option, click.Option)
    ]
    assert len(options) > 10
    for words, option in options:
        assert option.help, (words, option.name)
        assert option.opts[0] in README, (words, option.opts[0])


def test_the_pictures_of_the_readme_are_there() -> None:
    """The README has no broken picture."""
    names = [part.split(")")[0] for part in README.split("](docs/")[1:]]
    assert names
    for name in names:
        assert (ROOT / "docs" / name).is_file(), name


def test_the_changelog_has_a_place_for_what_is_new() -> None:
    """Changes for users are written down as they are made."""
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert "## Unreleased" in text or f"## {__version__}" in text
