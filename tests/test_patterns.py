"""What is kept of patterns from one run to the next changes nothing but the time that a run takes."""

from __future__ import annotations

import os
import re
import stat
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from teachback import patterns

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

PATTERN = r"\b(?:(?P<one>eat\w*|drink(?:s|ing)?)|(?:avoid|limit|skip)(?P<two> \d+)?|never (?:ever )?again|as much as you (?:like|want))\b"


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], Path]:
    """Begin a run that remembers patterns, each time it is called; give the folder in which they are kept."""

    def begin() -> Path:
        monkeypatch.setattr(patterns, "KEPT", patterns.Kept())
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
        patterns.remember()
        return tmp_path / "teachback"

    return begin


def _file(folder: Path) -> Path:
    return next(folder.iterdir())


@pytest.mark.parametrize("flags", [0, re.IGNORECASE])
def test_what_was_kept_is_what_would_be_compiled(kept: Callable[[], Path], flags: int) -> None:
    """Its code, its groups and what it finds are the same, and it was not compiled a second time."""
    kept()
    patterns.compiled(PATTERN, flags)
    patterns.keep()
    kept()
    found = patterns.compiled(PATTERN, flags)
    assert patterns.KEPT.new == {}
    real = re.compile(PATTERN, flags)
    assert (found, found.flags, found.groups, dict(found.groupindex)) == (real, real.flags, real.groups, dict(real.groupindex))
    text = "Eat eating, drinks; skip 12 or never again, as much as you like"
    assert [match.groupdict() for match in found.finditer(text)] == [match.groupdict() for match in real.finditer(text)]


def test_a_changed_pattern_is_compiled_anew(kept: Callable[[], Path]) -> None:
    """It is found by its whole text and its flags."""
    kept()
    patterns.compiled(PATTERN)
    patterns.keep()
    kept()
    assert patterns.compiled(PATTERN.replace("skip", "shun")).search("shun 3")
    assert patterns.compiled(PATTERN, re.IGNORECASE).search("SKIP 3")
    assert len(patterns.KEPT.new) == len({"changed", "with a flag"})


def test_only_the_user_can_read_what_is_kept(kept: Callable[[], Path]) -> None:
    """The file and its folder are open to nobody else."""
    folder = kept()
    patterns.compiled(PATTERN)
    patterns.keep()
    assert (stat.S_IMODE(folder.stat().st_mode), stat.S_IMODE(_file(folder).stat().st_mode)) == (0o700, 0o600)


def _flipped(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[-9] ^= 1
    path.write_bytes(data)


@pytest.mark.parametrize(
    "spoil",
    [
        _flipped,
        lambda path: path.write_bytes(b""),
        lambda path: path.write_bytes(path.read_bytes()[:200]),
        lambda path: path.write_bytes(b"\0" * 5000),
        lambda path: path.chmod(0o644),
        lambda path: path.chmod(0o000),
        lambda path: (path.unlink(), path.mkdir()),
    ],
    ids=["a bit", "nothing", "half", "zeros", "open to all", "closed to all", "a folder"],
)
def test_a_file_that_is_not_whole_or_not_the_users_own_is_passed_over(kept: Callable[[], Path], spoil: Callable[[Path], object]) -> None:
    """The pattern is compiled as ever, and nothing is raised, neither then nor when it is kept again."""
    folder = kept()
    patterns.compiled(PATTERN)
    patterns.keep()
    spoil(_file(folder))
    kept()
    assert patterns.compiled(PATTERN) == re.compile(PATTERN)
    assert len(patterns.KEPT.new) == 1
    patterns.keep()


def test_a_code_that_this_python_refuses_is_passed_over(kept: Callable[[], Path]) -> None:
    """Python looks through a code before it takes it; the pattern is compiled then."""
    kept()
    patterns.compiled(PATTERN)
    patterns.keep()
    kept()
    patterns.compiled(r"x" * 100)
    patterns.KEPT.code[:] = type(patterns.KEPT.code)("I", [4_000_000_000] * len(patterns.KEPT.code))
    assert patterns.compiled(PATTERN) == re.compile(PATTERN)


def test_where_nothing_can_be_kept_nothing_is_said(kept: Callable[[], Path], tmp_path: Path) -> None:
    """A file that stands where the folder should be."""
    kept()
    (tmp_path / "teachback").write_text("", encoding="utf-8")
    assert patterns.compiled(PATTERN) == re.compile(PATTERN)
    patterns.keep()
    assert (tmp_path / "teachback").read_text(encoding="utf-8") == ""


def test_a_pattern_that_cannot_be_compiled_is_told_as_ever(kept: Callable[[], Path]) -> None:
    """Whoever writes a rule hears of it."""
    kept()
    with pytest.raises(re.error):
        patterns.compiled("(" * 100)


def test_a_check_says_the_same_with_and_without_what_was_kept(tmp_path: Path) -> None:
    """Byte for byte; and of the handout's words none is kept."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "XDG_CACHE_HOME": str(tmp_path / "cache")}
    command = [sys.executable, "-m", "teachback", "check", "--json"]
    first, second = (subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, check=False) for _ in range(2))
    assert first.stdout.startswith(b"{")
    assert (second.stdout, second.stderr, second.returncode) == (first.stdout, first.stderr, first.returncode)
    data = _file(tmp_path / "cache" / "teachback").read_bytes()
    assert b"charley horse" in data
    assert b"leg-cramps" not in data


def test_other_commands_keep_nothing(tmp_path: Path) -> None:
    """Only a check is started so often that it matters."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "XDG_CACHE_HOME": str(tmp_path / "cache")}
    done = subprocess.run(
        [sys.executable, "-m", "teachback", "list", "handouts"], cwd=tmp_path, env=environment, capture_output=True, check=False
    )
    assert done.stdout
    assert not (tmp_path / "cache" / "teachback").exists()
