"""The words files: what a template fills in stands apart from what is written beside it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from teachback.content import load_shared
from teachback.errors import TeachbackError
from teachback.workspace import builtin_root

if TYPE_CHECKING:
    from collections.abc import Callable

    from teachback.workspace import Workspace

    Make = Callable[..., Workspace]

WORDS = (builtin_root() / "content/words/en.yaml").read_text(encoding="utf-8")
NAME = "content/words/en.yaml"


def said(workspace: Make, key: str, text: str) -> list[str]:
    """Return what is told of the English words when one of them, on one line, is another text."""
    [old] = [line for line in WORDS.splitlines() if line.strip().startswith(f"{key}: ")][:1]
    new = f"{old.partition(':')[0]}: {text}"
    line = WORDS.splitlines().index(old) + 1
    try:
        load_shared(workspace({NAME: WORDS.replace(f"{old}\n", f"{new}\n", 1)}))
    except TeachbackError as error:
        return [
            problem.message
            for problem in error.problems
            if problem.location and (Path(problem.location.file).name, problem.location.line) == ("en.yaml", line)
        ]
    return []


@pytest.mark.parametrize(
    ("key", "text", "name"),
    [
        ("now", "Call 1{emergency}0 now", "emergency"),
        ("now", "Call{emergency} now", "emergency"),
        ("version", "Version 1{date}", "date"),
        ("version", "Version{date}", "date"),
        ("version", "Version 1.{date}", "date"),
        ("this_code", "'Tell us its code: X{code}7'", "code"),
        ("page", "Page {page}{pages}", "page"),
        ("reviewed", "Reviewed by {reviewer}{date}", "reviewer"),
    ],
)
def test_what_is_filled_in_stands_apart(workspace: Make, key: str, text: str, name: str) -> None:
    """A number of the words would run into the number that is filled in."""
    assert said(workspace, key, text) == [f"a space is missing beside {{{name}}}"]


@pytest.mark.parametrize(
    ("key", "text"),
    [
        ("now", "'Call now: {emergency}!'"),
        ("page", "'{page}/{pages}'"),
        ("page", "'\u7b2c{page}\u9875\uff0c\u5171{pages}\u9875'"),
        ("version", "'Version ({date})'"),
        ("due", "'{date}: review is due'"),
    ],
)
def test_words_may_touch_punctuation_and_letters_without_capitals(workspace: Make, key: str, text: str) -> None:
    """Chinese, for one, puts no blank beside a number; that this program's fonts lack its letters is told elsewhere."""
    assert [message for message in said(workspace, key, text) if "fonts" not in message] == []
