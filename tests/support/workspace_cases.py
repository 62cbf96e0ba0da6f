"""Make a workspace with a fault in it, run a command there, and read the printed problems."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tiny_handout import TINY

from teachback.cli.app import run

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    import pytest

HANDOUT = "content/handouts/tiny.yaml"


DEFAULT = "build tiny --kind handout --format html"


# Earlier output, which a failing run must leave unchanged.
PRINTED = (
    "build/tiny/handout-ckd-en.html",
    "build/tiny/handout-general-en.html",
    "build/tiny/card-ckd-en.pdf",
)


FIGURE = "      - figure: images/{}\n        alt: A cup\n"


@dataclass(frozen=True)
class Link:
    """A symbolic link in place of a file."""

    target: str


# The bytes of a file, a link, or None for a folder.
Content = bytes | Link | None


@dataclass(frozen=True)
class Said:
    """One problem as it is printed: `file:line:column`, message and hint."""

    place: str
    message: str
    hint: str


@dataclass(frozen=True)
class Case:
    """The content of a workspace, the command, and the expected problems."""

    files: Mapping[str, Content]
    says: tuple[Said, ...]
    run: str = DEFAULT


def read_case(path: Path) -> Case:
    """Read a file of tests/end_to_end/broken/ by its head; the README.md there explains it."""
    raw = path.read_bytes()
    head, empty_line, _ = raw.decode().partition("\n\n")
    assert empty_line, f"{path.name}: an empty line ends the head"
    lines = [
        re.sub(r"^(#|/\*|\{#|<!--)|( \*/| #\}| -->)$", "", line).strip()
        for line in head.split("\n")
    ]
    start = lines.index("Says:")
    fields = dict(line.split(": ", 1) for line in lines[:start])
    assert fields.pop("Broken")
    place, command = fields.pop("Stands at"), fields.pop("Run", DEFAULT)
    assert fields == {}
    pairs = list(zip(lines[start + 1 :: 2], lines[start + 2 :: 2], strict=True))
    assert pairs
    return Case(
        {place: raw}, tuple(_expected(problem, hint, place) for problem, hint in pairs), command
    )


def _expected(problem: str, hint: str, place: str) -> Said:
    match = re.fullmatch(r"(?:(\d+:\d+)|([\w./-]+(?::\d+:\d+)?)): (.+)", problem)
    assert match, f"this is no `line:column: message`: {problem}"
    assert hint, f"a hint belongs below: {problem}"
    return Said(f"{place}:{match[1]}" if match[1] else match[2], match[3], hint)


SVG = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9">'


def lay(root: Path, files: Mapping[str, Content]) -> Path:
    """Make a clinic's workspace: the tiny handout, earlier output, and these files."""
    yesterday = dict.fromkeys(PRINTED, b"printed yesterday")
    for name, content in {HANDOUT: TINY.encode(), **yesterday, **files}.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if content is None:
            path.mkdir()
        elif isinstance(content, Link):
            path.symlink_to(content.target)
        else:
            path.write_bytes(content)
    for name in PRINTED:
        os.utime(root / name, (1_600_000_000, 1_600_000_000))
    return root


def all_files(root: Path) -> dict[str, tuple[int, bytes]]:
    """Return every file of a workspace with its mtime and bytes."""
    files = [path for path in root.rglob("*") if path.is_file() and not path.is_symlink()]
    return {
        path.relative_to(root).as_posix(): (path.stat().st_mtime_ns, path.read_bytes())
        for path in files
    }


def problems(stderr: str) -> tuple[Said, ...]:
    """Parse printed problems: a line for each problem, and its hint indented below."""
    return tuple(_problems(stderr))


def _problems(stderr: str) -> Iterator[Said]:
    lines = stderr.splitlines()
    while lines:
        problem, hint, lines = lines[0], "".join(lines[1:2]), lines[2:]
        assert not problem.startswith(" "), problem
        assert hint.startswith("    "), f"a hint belongs below: {problem}"
        match = re.match(r"(?P<place>.+?(?::\d+:\d+)?): ", problem)
        assert match, problem
        yield Said(match["place"], problem[match.end() :], hint.strip())


def here(
    command: str, root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> tuple[int, str, str]:
    """Run a command in a workspace, in this process; return its exit code and output."""
    monkeypatch.chdir(root)
    code = run(command.split(" "))
    printed = capsys.readouterr()
    return code, printed.out, printed.err


def check(case: Case, root: Path, code: int, stdout: str, stderr: str) -> None:
    """Compare the program's messages with the expected ones."""
    assert "Traceback" not in stderr + stdout
    said = problems(stderr)
    shown = "\n".join(f"{one.place}: {one.message}\n    {one.hint}" for one in said)
    assert [one.place for one in said] == [one.place for one in case.says], shown
    for found, expected in zip(said, case.says, strict=True):
        assert found.message.startswith(expected.message), shown
        assert found.hint.startswith(expected.hint), shown
    assert code == 1
    assert all((root / name).read_bytes() == b"printed yesterday" for name in PRINTED)
