"""Do the tasks of a pool in this process, for tests that are not about processes or limits.

A forked worker loads its fonts and styles anew, and copies the memory of the tests: that takes as
long as two small pages.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from teachback.errors import TeachbackError
from teachback.printing.process_pool import Outcome, Pool

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from teachback.printing.process_pool import Task


@contextmanager
def in_one_process() -> Iterator[None]:
    """Let no pool start a process."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Pool, "each", _each)
        yield


def _each(pool: Any, tasks: Iterable[Task]) -> Iterator[Outcome]:  # noqa: ANN401 -- its parts are private
    failed = set()
    for task in tasks:
        if task.group and task.group in failed:
            continue
        try:
            yield Outcome(task, task.work(pool._shared, task.subject))  # noqa: SLF001 -- no public name
        except TeachbackError as error:
            failed.add(task.group)
            yield Outcome(task, problems=tuple(map(pool.settle, error.problems)))
