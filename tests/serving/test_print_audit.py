"""What was printed at a desk is recorded, without the patient."""

from __future__ import annotations

import datetime as dt
import errno
import json
import os
from typing import TYPE_CHECKING, Any

import pytest

from teachback.errors import TeachbackError
from teachback.serving import print_audit
from teachback.serving.log_in import save_person
from teachback.serving.print_audit import (
    AUDIT,
    PrintedAtDesk,
    audit_problems,
    record_prints,
    state_folder,
)

if TYPE_CHECKING:
    from pathlib import Path

NOW = dt.datetime(2026, 11, 29, 10, 0, tzinfo=dt.UTC)
PRINTED = PrintedAtDesk("Desk one", "LC-CKD-EN-7F3A9CQ", "handout", 2, "browser")


def test_each_print_is_a_line_that_follows_the_one_before(tmp_path: Path) -> None:
    """A line that is changed or taken away is noticed at the next one."""
    for copies in (1, 2, 3):
        record_prints(tmp_path, [PRINTED._replace(copies=copies)], NOW)
    path = tmp_path / AUDIT
    lines = path.read_text(encoding="utf-8").splitlines()
    assert path.stat().st_mode & 0o777 == 0o600
    assert [json.loads(line)["copies"] for line in lines] == [1, 2, 3]
    first = json.loads(lines[0])
    assert first["when"] == "2026-11-29T10:00:00+00:00"
    assert set(first) == {"before", "when", "who", "edition", "kind", "copies", "to"}
    assert audit_problems(tmp_path) == ()
    for kept in ([lines[0], lines[2]], [lines[0], "x", lines[2]], [lines[0], "[]", *lines[1:]]):
        path.write_text("\n".join([*kept, ""]), encoding="utf-8")
        problem = audit_problems(tmp_path)[0]
        assert str(problem) == (
            f"{path}:2:1: warning: this line does not follow the one before: one was changed or taken away"
        )


def test_a_full_disk_is_told_and_leaves_no_half_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The line that was begun is taken back, and the next one follows the last whole one."""
    record_prints(tmp_path, [PRINTED], NOW)

    def full(file: int, data: bytes) -> Any:  # noqa: ANN401 -- it never returns
        os.write(file, data[:20])
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(print_audit, "append", full)
        with pytest.raises(TeachbackError, match="the disk is full"):
            record_prints(tmp_path, [PRINTED, PRINTED], NOW)
    record_prints(tmp_path, [PRINTED], NOW)
    assert audit_problems(tmp_path) == ()
    assert len((tmp_path / AUDIT).read_bytes().splitlines()) == 2


@pytest.mark.parametrize("before", [0, 1, 3])
def test_a_line_that_a_power_cut_ended_is_replaced_by_the_next_one(
    before: int, tmp_path: Path
) -> None:
    """Nothing was printed by it: a line is on the disk before its paper is handed out."""
    path = tmp_path / AUDIT
    for _ in range(before):
        record_prints(tmp_path, [PRINTED], NOW)
    with path.open("ab") as file:
        file.write(b'{"before": "0a')
    assert audit_problems(tmp_path) == ()
    record_prints(tmp_path, [PRINTED], NOW)
    assert audit_problems(tmp_path) == ()
    assert len(path.read_bytes().splitlines()) == before + 1


def test_on_a_full_disk_the_state_folder_holds_no_half_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The message names the folder, and the next start makes what is missing."""
    monkeypatch.delenv("STATE_DIRECTORY", raising=False)

    def full(*_: Any) -> Any:  # noqa: ANN401 -- it never returns
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "rename", full)
        with pytest.raises(TeachbackError, match="the disk is full"):
            state_folder(tmp_path)
        with pytest.raises(TeachbackError, match="the disk is full"):
            save_person(tmp_path / ".teachback", "Desk one", "four words in a row")
    assert list((tmp_path / ".teachback").iterdir()) == []
    assert (state_folder(tmp_path) / ".gitignore").read_text(encoding="ascii") == "*\n"


def test_the_state_folder_is_systemds_or_in_the_workspace(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is its owner's alone, and git leaves it out."""
    monkeypatch.delenv("STATE_DIRECTORY", raising=False)
    own = state_folder(tmp_path)
    assert own == tmp_path / ".teachback"
    assert own.stat().st_mode & 0o777 == 0o700
    assert (own / ".gitignore").read_text(encoding="ascii") == "*\n"
    monkeypatch.setenv("STATE_DIRECTORY", f"{tmp_path}/state:{tmp_path}/other")
    assert state_folder(tmp_path) == tmp_path / "state"
