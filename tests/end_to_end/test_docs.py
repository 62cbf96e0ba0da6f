"""README.md and docs/ name every command and every option, what they show works, and the changelog has the version."""

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
from settings_from_flags import resolve

from teachback import __version__
from teachback.cli.app import command_line
from teachback.content.handout import BLOCKS, Handout
from teachback.content.loader import load_handout
from teachback.content.workspace_content import load_shared
from teachback.files.workspace import Workspace, builtin_root
from teachback.printing.card_stock import load_stocks
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
    """Give every command below a group by the words that start it."""
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
            # The launcher itself knows `test` and `add`.
            if words and words[0].endswith("teachback") and words[1] not in {"test", "add"}:
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
    """Nobody has to read the source to find a command."""
    found = commands(command_line)
    assert len(found) >= 7
    for words, command in found.items():
        assert command.help, words
        assert words in README, words


def test_every_option_has_help_and_stands_in_the_docs() -> None:
    """Nor to find an option."""
    options = [
        (words, option)
        for words, command in commands(command_line).items()
        for option in command.params
        if isinstance(option, click.Option) and not option.hidden
    ]
    assert len(options) > 10
    for words, option in options:
        assert option.help, (words, option.name)
        assert option.opts[0] in DOCS, (words, option.opts[0])


def test_every_command_that_a_page_shows_can_be_typed() -> None:
    """The words of each command are those that the program takes: names, options, and how many of them."""
    typed = typed_commands()
    assert len(typed) > 20
    known = commands(command_line)
    for page, words in typed:
        length = 2 if words[0] in {"list", "translate"} else 1
        name = " ".join(words[:length])
        assert f"teachback {name}" in known, (page, words)
        try:
            known[f"teachback {name}"].make_context(name, words[length:])
        except click.UsageError as error:
            pytest.fail(f"{page}: teachback {' '.join(words)}: {error.format_message()}")


def test_the_handout_that_the_docs_show_is_one_that_builds(tmp_path: Path) -> None:
    """Who copies the example gets no message about it."""
    (text,) = [text for _, text in blocks("yaml") if text.startswith("# yaml-language-server")]
    path = tmp_path / "content" / "handouts" / "leg-cramps.yaml"
    path.parent.mkdir(parents=True)
    path.write_text(text, encoding="utf-8")
    workspace = Workspace(tmp_path, builtin_root())
    loaded = load_handout(path, workspace, load_shared(workspace))
    assert loaded.handout.audiences == ("general", "ckd", "dialysis")


def test_every_part_of_a_handout_that_a_page_shows_is_right() -> None:
    """A part of a handout, such as a review block, fits into a whole one."""
    parts = [
        (page, part)
        for page, text in blocks("yaml")
        if isinstance(part := yaml.safe_load(text), dict) and set(part) <= set(Handout.model_fields)
    ]
    assert len(parts) >= 4
    for _, part in parts:
        Handout.model_validate(example_data() | part)


def test_the_stock_that_the_docs_show_is_one(tmp_path: Path) -> None:
    """Who copies the stock can print on it."""
    (text,) = [text for _, text in blocks("yaml") if text.startswith("our-cards:")]
    (tmp_path / "content").mkdir()
    (tmp_path / "content" / "stocks.yaml").write_text(text, encoding="utf-8")
    assert "our-cards" in load_stocks(Workspace(tmp_path, builtin_root())).root


def test_the_settings_that_the_docs_show_are_right(tmp_path: Path) -> None:
    """Who copies the settings gets the printer's offsets."""
    found = {}
    for page, text in blocks("toml"):
        (tmp_path / "teachback.toml").write_text(text, encoding="utf-8")
        found[page] = resolve({}, Workspace(tmp_path, builtin_root()))
    cards = found["docs/cards.md"]
    assert (cards.stock, cards.offset.y, cards.back_offset.x) == ("avery-5371", -1.2, -0.3)


def test_every_other_example_can_be_read() -> None:
    """No example has a slip that a parser finds."""
    assert blocks("python")
    for page, text in blocks("python"):
        compile(text, page, "exec")
    for page, text in blocks("yaml"):
        assert yaml.safe_load(text), page
    assert {kind for page in PAGES.values() for kind, _ in FENCE.findall(page)} <= {
        "",
        "sh",
        "yaml",
        "toml",
        "python",
    }


def test_the_pictures_of_blocks_show_every_kind(tmp_path: Path) -> None:
    """docs/blocks.yaml, from which they are made, is read without problems and has all kinds."""
    (tmp_path / "content/handouts").mkdir(parents=True)
    path = tmp_path / "content/handouts/blocks.yaml"
    path.write_bytes((ROOT / "docs/blocks.yaml").read_bytes())
    workspace = Workspace(tmp_path, builtin_root())
    handout = load_handout(path, workspace, load_shared(workspace)).handout
    shown = [block for section in handout.sections for block in section.blocks]
    assert [
        key for key, kind in BLOCKS.items() if not any(isinstance(b, kind) for b in shown)
    ] == []


def test_the_format_reference_is_made_from_the_model() -> None:
    """Whoever changes the model runs `python tools/write_format_reference.py` again."""
    page = PAGE.read_text(encoding="utf-8")
    assert page == page_with(format_reference(), page)
    for key, block in BLOCKS.items():
        assert f"#### {key}\n\n{(block.__doc__ or '').splitlines()[0]}" in page, key


def test_every_page_of_the_docs_is_in_the_navigation() -> None:
    """What `mkdocs build --strict` asks of mkdocs.yml: no page is left out, and none is missing."""
    site = yaml.safe_load((ROOT / "mkdocs.yml").read_text(encoding="utf-8"))
    named = [page for entry in site["nav"] for page in entry.values()]
    assert sorted(f"docs/{page}" for page in named) == [
        page for page in PAGES if page != "README.md"
    ]
    assert site["theme"]["name"] in {"mkdocs", "readthedocs"}
    assert site["theme"]["highlightjs"] is False


def test_every_link_and_picture_leads_somewhere() -> None:
    """No page leads into nothing, to a heading that there is not, or from docs/ out of the site."""
    links = [
        (name, target)
        for name, text in LINKED.items()
        for target in re.findall(r"\]\(([^)\s]+)\)", re.sub(r"`[^`]*`", "", FENCE.sub("", text)))
        if not target.startswith(("https://", "http://"))
    ]
    assert len(links) > 40
    for name, target in links:
        file, _, anchor = target.partition("#")
        path = ((ROOT / name).parent / file).resolve() if file else ROOT / name
        assert path.is_file(), (name, target)
        if name.startswith("docs/"):
            assert path.is_relative_to(ROOT / "docs"), (name, target)
        if anchor:
            assert anchor in anchors(path.read_text(encoding="utf-8")), (name, target)


def test_every_picture_of_the_docs_is_shown() -> None:
    """No picture is left behind when its page has changed."""
    pictures = [path for path in (ROOT / "docs").iterdir() if path.suffix in {".png", ".svg"}]
    assert pictures
    for path in pictures:
        assert path.name in DOCS, path.name


def test_every_file_and_function_that_the_docs_name_is_there() -> None:
    """A module that is moved or renamed is moved in the docs, too."""
    text = " ".join(LINKED.values()).replace("\n", " ")
    folders = "src|tests|tools|templates|styles|content"
    files = {
        name
        for name in re.findall(rf"`((?:{folders})/[\w./-]+)`", text)
        if name.startswith(("src/", "tests/", "tools/"))
    }
    assert len(files) > 5
    for name in files:
        assert (ROOT / name).exists(), name
    packages = "|".join(
        path.name for path in (ROOT / "src" / "teachback").iterdir() if path.is_dir()
    )
    functions = set(re.findall(rf"`((?:{packages})(?:\.\w+)+)`", text))
    assert len(functions) > 30
    for name in functions:
        package, module, *rest = name.split(".")
        there: Any = importlib.import_module(f"teachback.{package}.{module}")
        for part in rest:
            there = (
                getattr(there, part)
                if hasattr(there, part)
                else importlib.import_module(f"{there.__name__}.{part}")
            )


def test_the_order_of_the_packages_is_the_one_that_is_kept() -> None:
    """The arrows of docs/architecture.md are the layers of .importlinter."""
    kept = configparser.ConfigParser()
    kept.read(ROOT / ".importlinter", encoding="utf-8")
    layers = kept["importlinter:contract:flow"]["layers"].split("\n")
    packages = [layer.strip() for layer in layers if layer.strip()]
    assert packages[0] == "__main__"
    assert packages[-1] == "errors | lazy_exports | units"
    said = " -> ".join(reversed(packages[1:-1]))
    assert said in PAGES["docs/architecture.md"]


def test_the_readme_is_short() -> None:
    """Whoever looks in for the first time reads one page."""
    assert len(README.splitlines()) <= 150


def test_the_changelog_has_a_place_for_what_is_new() -> None:
    """Changes for users are written down as they are made."""
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert "## Unreleased" in text or f"## {__version__}" in text
