"""Check what import-linter cannot: what a start imports, and that pure modules are pure."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from importlib import import_module
from typing import TYPE_CHECKING

from teachback.files.workspace import package_root

if TYPE_CHECKING:
    from pathlib import Path

SOURCE = package_root()
# A build with nothing to do imports these and nothing heavier.
LIGHT = {
    "__main__",
    "archive.store",
    "cli.app",
    "cli.command_help",
    "cli.context",
    "cli.merge_command",
    "cli.options",
    "cli.output",
    "cli.review_commands",
    "cli.serve_command",
    "cli.translate_command",
    "commands.archive_step",
    "commands.build",
    "commands.build_plan",
    "commands.printed_index",
    "commands.run_problems",
    "errors",
    "files.atomic_files",
    "files.stray_files",
    "files.text_decoding",
    "files.toml_reader",
    "files.unprintable_characters",
    "files.font_packages",
    "files.workspace",
    "lazy_exports",
    "printing.build_record",
    "printing.card_sheet_layout",
    "printing.fingerprints",
    "printing.review_problems",
    "printing.settings",
    "units",
}
# A clock, a file or the environment.
WORLD = re.compile(
    r"^(?:open|input|print)$|^(?:dt\.|datetime\.)?(?:date|datetime)\.(?:now|today)$|^time\.\w+$|"
    r"\.(?:environ|getenv|getcwd|cwd|read_text|read_bytes|write_text|write_bytes|exists|stat)$"
)


def imports_at_start(path: Path) -> set[str]:
    """Return the modules of the program that a module imports when it is loaded."""
    found: set[str] = set()
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
            found.update(f"{node.module}.{alias.name}" for alias in node.names)
    return {name.removeprefix("teachback.") for name in found if name.startswith("teachback.")}


def modules() -> dict[str, Path]:
    """Return every module of the program by its name below the root package."""
    found = {
        ".".join(path.relative_to(SOURCE).with_suffix("").parts): path
        for path in SOURCE.rglob("*.py")
    }
    assert len(found) > 100
    return found


def test_what_a_build_with_nothing_to_do_imports_is_light() -> None:
    """The modules of such a build import only each other."""
    known = modules()
    assert set(known) >= LIGHT
    for name in LIGHT:
        assert imports_at_start(known[name]) & set(known) <= LIGHT, name


def test_pure_modules_ask_nothing_of_the_world() -> None:
    """A module that calls itself pure reads no clock, no file and no environment."""
    pure = {name: ast.parse(path.read_text(encoding="utf-8")) for name, path in modules().items()}
    pure = {
        name: tree
        for name, tree in pure.items()
        if re.search(r"\bPure\b", (ast.get_docstring(tree) or "").partition("\n\n")[0])
    }
    assert len(pure) > 20
    found = [
        f"{name}:{node.lineno}"
        for name, tree in pure.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute | ast.Name)
        and isinstance(node.ctx, ast.Load)
        and WORLD.search(ast.unparse(node))
    ]
    assert found == []


def test_no_public_name_is_defined_in_two_modules() -> None:
    """A name says one thing, so a search for it finds one place."""
    places: dict[str, list[str]] = {}
    for name, path in modules().items():
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.ClassDef | ast.FunctionDef) and not node.name.startswith("_"):
                places.setdefault(node.name, []).append(name)
    assert len(places) > 500
    twice = {name: found for name, found in places.items() if len(found) > 1}
    assert twice == {}


def test_docstrings_begin_with_what_is_done() -> None:
    """None opens with a word of the old dialect."""
    nodes = [
        (f"{name}:{getattr(node, 'lineno', 1)}", ast.get_docstring(node) or "")
        for name, path in modules().items()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
    ]
    assert len(nodes) > 1000
    assert [
        place for place, text in nodes if text.split(" ")[0] in {"Give", "Say", "Tell", "What"}
    ] == []


def test_no_template_chooses_by_audience() -> None:
    """No template depends on the audience, because an edition has no choices left."""
    templates = list((SOURCE.parents[1] / "templates").rglob("*.html"))
    assert templates
    for template in templates:
        text = template.read_text(encoding="utf-8")
        assert "{% if edition.audience" not in text
        assert "audience ==" not in text


def entry_points(init: Path) -> dict[str, str]:
    """Return the entry points that a package declares to the type checker, with their modules."""
    return {
        alias.name: str(node.module)
        for block in ast.parse(init.read_text(encoding="utf-8")).body
        if isinstance(block, ast.If)
        for node in block.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }


def test_each_package_has_its_entry_points_and_loads_nothing_for_them() -> None:
    """`from teachback.content import load_handout` works, and only then loads the loader."""
    packages = {path.parent.name: path for path in SOURCE.glob("*/__init__.py")}
    assert len(packages) == 13
    for name in set(packages) - {"commands"}:  # a module for each command
        found = entry_points(packages[name])
        assert found
        for entry, module in found.items():
            package = import_module(f"teachback.{name}")
            assert getattr(package, entry) is getattr(import_module(module), entry)
    names = ", ".join(f"teachback.{name}" for name in packages)
    code = f"import sys, {names}; print([n for n in sys.modules if n.startswith('teachback.')])"
    loaded = subprocess.run(  # in a process of its own: here the tests have loaded all of it
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout
    assert set(ast.literal_eval(loaded)) == {
        "teachback.lazy_exports",
        *(f"teachback.{name}" for name in packages),
    }
