"""The README names every command and option, and the changelog the version."""

from __future__ import annotations

import configparser
import importlib
import re
import shlex
from pathlib import Path
from typing import Any

import click
import pytest
import yaml

from teachback import __version__
from teachback.cli.app import command_line
from teachback.content.handout import BLOCKS, Handout
from teachback.content.loader import load_handout, load_shared
from teachback.files.workspace import Workspace, builtin_root
from teachback.printing.card_stock import load_stocks
from teachback.printing.settings import resolve
from tools.write_format_reference import PAGE, format_reference, page_with

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGES = {
    path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8")
    for path in (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))
}
DOCS = "\n".join(PAGES.values())
# What readers of the repository read beside it: its links lead somewhere, too.
LINKED = PAGES | {"CONTRIBUTING.md": (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")}
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def blocks(kind: str) -> list[tuple[str, str]]:
    """Give every block of code of a kind, with the page that it stands on."""
    return [
        (page, text)
        for page, whole in LINKED.items()
        for name, text in FENCE.findall(whole)
        if name == kind
    ]


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


def typed_commands() -> list[tuple[str, list[str]]]:
    """Give every command of the program that a page has a reader type, as its words."""
    found = []
    for page, text in blocks("sh"):
        for line in text.replace("\\\n", " ").splitlines():
            words = shlex.split(line, comments=True)
            if words and words[0] in {"teachback", "./teachback"} and words[1:2] != ["test"]:
                found.append((page, words[1 : words.index(">") if ">" in words else None]))
    return found


def example_data() -> dict[str, Any]:
    """Give the handout that docs/writing.md shows."""
    (text,) = [text for _, text in blocks("yaml") if text.startswith("# yaml-language-server")]
    data = yaml.safe_load(text)
    assert isinstance(data, dict)
    return data


def anchors(page: str) -> set[str]:
    """Give the anchors of a page's headings, as GitHub and MkDocs make them of plain words."""
    without_code = FENCE.sub("", page)
    headings = re.findall(r"^#+ (.+)$", without_code, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title).strip().lower().replace(" ", "-") for title in headings}


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
        assert option.opts[0] in DOCS, (words, option.opts[0])


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
