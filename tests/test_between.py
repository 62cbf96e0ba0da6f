"""What lies between two looks: in order, in little memory, and without a name on the disk."""

from __future__ import annotations

import errno
import os
from typing import TYPE_CHECKING, Any

import pytest

from teachback import between
from teachback.between import MOST_HELD, Between
from teachback.errors import TeachbackError

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("size", [10, MOST_HELD // 3], ids=["held", "on the disk"])
def test_pieces_come_back_in_order_and_no_file_has_a_name(size: int, tmp_path: Path) -> None:
    """Also an empty piece, and as often as they are asked for."""
    pieces = [bytes([number]) * size for number in range(7)] + [b"", b"end"]
    kept = Between(tmp_path)
    for piece in pieces:
        kept.put(piece)
    assert len(kept) == len(pieces)
    assert os.listdir(tmp_path) == []  # noqa: PTH208 -- names only
    assert list(kept.pieces()) == pieces
    assert list(kept.pieces()) == pieces
    kept.close()


def test_a_full_disk_is_a_problem_with_its_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of the pieces is in it."""

    class Full:
        def __init__(self, *_: object, **__: object) -> None:
            pass

        def write(self, _: bytes) -> Any:  # noqa: ANN401 -- never returns
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(between.tempfile, "SpooledTemporaryFile", Full)
    with pytest.raises(TeachbackError) as caught:
        Between(tmp_path).put(b"Secret")
    [problem] = caught.value.problems
    assert "the disk is full" in problem.message
    assert "Secret" not in f"{problem} {problem.hint}"
