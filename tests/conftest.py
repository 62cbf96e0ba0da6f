"""Share fixtures between test modules: the built-in workspace, and a clinic's workspace."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING, Any

import hypothesis
import pytest
from tiny_handout import TINY

from teachback.errors import TeachbackError
from teachback.files.workspace import Workspace, builtin_root
from teachback.printing.process_pool import Outcome, Pool

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from teachback.printing.process_pool import Task

# The same cases each time, and no deadline: a busy machine is not a fault.
hypothesis.settings.register_profile("steady", deadline=None, derandomize=True)
hypothesis.settings.load_profile("steady")

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="session")
def builtin() -> Workspace:
    """Return the workspace that comes with the program."""
    return Workspace(builtin_root(), builtin_root())


@pytest.fixture(scope="session")
def today() -> dt.date:
    """Return the day on which the tests take place: no test reads the clock."""
    return dt.date(2026, 11, 22)


@pytest.fixture
def workspace(tmp_path: Path) -> Callable[..., Workspace]:
    """Return a function that makes a clinic's workspace from file names and texts.

    It also holds the tiny handout.
    """

    def make(files: dict[str, str] | None = None) -> Workspace:
        root = tmp_path / "clinic"
        for name, text in {"content/handouts/tiny.yaml": TINY, **(files or {})}.items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        return Workspace(root, builtin_root())

    return make


@pytest.fixture
def one_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """Do the tasks of a pool in this process, for tests that are not about processes or limits.

    A worker process loads its fonts and styles anew, which takes as long as a small page.
    """

    def each(pool: Any, tasks: Iterable[Task]) -> Iterator[Outcome]:  # noqa: ANN401 -- its parts are private
        failed = set()
        for task in tasks:
            if task.group and task.group in failed:
                continue
            try:
                yield Outcome(task, task.work(pool._given, task.subject))  # noqa: SLF001
            except TeachbackError as error:
                failed.add(task.group)
                yield Outcome(task, problems=tuple(map(pool.settle, error.problems)))

    monkeypatch.setattr(Pool, "each", each)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what tests have measured, such as precision and recall, below the results."""
    reports = [
        report
        for outcome in ("passed", "failed")
        for report in terminalreporter.stats.get(outcome, [])
    ]
    for line in sorted(
        str(value)
        for report in reports
        for name, value in getattr(report, "user_properties", ())
        if name == "measured"
    ):
        terminalreporter.write_line(line)
