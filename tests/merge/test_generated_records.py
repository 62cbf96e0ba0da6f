"""Run the real command on many generated records, of which one in a hundred is broken."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from handout_with_fields import FILLED

from teachback.cli.app import run

if TYPE_CHECKING:
    from collections.abc import Callable

    from teachback.files.workspace import Workspace

pytestmark = pytest.mark.slow

RECORDS = Path(__file__).parents[1] / "benchmark" / "records.py"
COUNT = 1_200


def made(path: Path, *options: str) -> list[dict[str, Any]]:
    """Generate records with the script. Returns those that must be rejected."""
    subprocess.run(
        [sys.executable, str(RECORDS), str(path), "--count", str(COUNT), *options], check=True
    )
    wrong: list[dict[str, Any]] = json.loads(
        path.with_name(f"{path.name}.json").read_text(encoding="utf-8")
    )
    return wrong


def table(path: Path) -> list[dict[str, str]]:
    """Read a list of the run."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_exactly_the_broken_records_are_rejected_and_all_are_accounted_for(
    workspace: Callable[..., Workspace],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Each broken row is rejected for its field, and each other row has one file.

    Twelve hundred names of many languages are printed on two papers in two processes.
    """
    wrong = made(tmp_path / "records.csv", "--papers", "letter,a4")
    assert len({record["kind"] for record in wrong}) == 12
    assert len(wrong) == COUNT // 100 + 1, "an id that is there twice breaks two rows"
    monkeypatch.chdir(workspace({"content/handouts/tiny.yaml": FILLED}).root)
    out = tmp_path / "out"
    ended = run(
        [
            "merge",
            "tiny",
            "--records",
            str(tmp_path / "records.csv"),
            "-o",
            str(out),
            "-l",
            "en",
            "--jobs",
            "2",
            "--json",
        ]
    )
    outcome = json.loads(capsys.readouterr().out)
    assert (ended, outcome["records"], outcome["printed"], outcome["rejected"]) == (
        1,
        COUNT,
        COUNT - len(wrong),
        len(wrong),
    )
    rejected = [(int(line["row"]), line["field"]) for line in table(out / "rejected.csv")]
    assert rejected == [(record["row"], record["field"]) for record in wrong]
    manifest = table(out / "manifest.csv")
    assert [int(line["row"]) for line in manifest] == list(range(2, COUNT + 2))
    assert Counter(line["status"] for line in manifest) == {
        "printed": COUNT - len(wrong),
        "rejected": len(wrong),
    }
    assert {int(line["row"]) for line in manifest if line["status"] == "rejected"} == {
        record["row"] for record in wrong
    }
    files = {line["file"] for line in manifest if line["file"]}
    assert files == {path.relative_to(out).as_posix() for path in (out / "handouts").iterdir()}
    assert len(files) == COUNT - len(wrong)
    assert len({line["edition code"] for line in manifest if line["file"]}) == 2


def test_the_same_seed_makes_the_same_records(tmp_path: Path) -> None:
    """A rejection can be reproduced; another seed gives other records."""
    pairs = [
        (
            made(tmp_path / f"{number}.csv", "--seed", seed),
            (tmp_path / f"{number}.csv").read_bytes(),
        )
        for number, seed in enumerate("778")
    ]
    assert pairs[0] == pairs[1]
    assert pairs[0][1] != pairs[2][1]
