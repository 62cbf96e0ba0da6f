"""Test that a spool keeps pieces in order, in little memory, and without a name on the disk."""

from __future__ import annotations

import errno
import os
import resource
import tempfile
from typing import TYPE_CHECKING, Any

import pytest

from teachback.errors import TeachbackError
from teachback.merge.spool import MOST_HELD, SpoolFile

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("size", [10, MOST_HELD // 3], ids=["held", "on the disk"])
def test_pieces_come_back_in_order_and_no_file_has_a_name(size: int, tmp_path: Path) -> None:
    """An empty piece comes back too, and all pieces can be read twice."""
    pieces = [bytes([number]) * size for number in range(7)] + [b"", b"end"]
    spool = SpoolFile(tmp_path)
    for piece in pieces:
        spool.put(piece)
    assert len(spool) == len(pieces)
    assert os.listdir(tmp_path) == []  # noqa: PTH208 -- names only
    assert list(spool.pieces()) == pieces
    assert list(spool.pieces()) == pieces
    spool.close()


def test_a_full_disk_is_a_problem_with_its_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The problem quotes none of the pieces."""

    class Full:
        def __init__(self, *_: object, **__: object) -> None:
            pass

        def write(self, _: bytes) -> Any:  # noqa: ANN401 -- never returns
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(tempfile, "SpooledTemporaryFile", Full)
    with pytest.raises(TeachbackError) as caught:
        SpoolFile(tmp_path).put(b"Secret")
    [problem] = caught.value.problems
    assert "the disk is full" in problem.message
    assert "Secret" not in f"{problem} {problem.hint}"


def test_a_real_disk_that_takes_no_more_is_a_problem_and_closing_makes_no_other(
    tmp_path: Path,
) -> None:
    """Closing tries to write the rest again, and that fails silently."""
    spool = SpoolFile(tmp_path)

    def fill() -> None:
        for _ in range(MOST_HELD):
            spool.put(bytes(25_003))

    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (MOST_HELD + 1_000_000, hard))
        with pytest.raises(TeachbackError, match="File too large"):
            fill()
        spool.close()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert os.listdir(tmp_path) == []  # noqa: PTH208 -- names only


def test_a_system_without_a_folder_for_such_files_is_a_problem(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The problem is about the disk, and not a fault of the program."""

    def none() -> str:
        raise FileNotFoundError(errno.ENOENT, "No usable temporary directory found")

    monkeypatch.setattr(tempfile, "gettempdir", none)
    with pytest.raises(TeachbackError, match="No usable temporary directory found"):
        SpoolFile(None)
