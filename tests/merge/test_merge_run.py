"""Test `teachback merge` with an engine that prints a few words.

Every row is printed or rejected, and reported. No value of a patient gets anywhere else.
"""

from __future__ import annotations

import csv
import errno
import fcntl
import hashlib
import io
import json
import multiprocessing
import os
import shutil
import stat
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from threading import Barrier
from typing import TYPE_CHECKING, Any
from unittest.mock import Mock

import fake_engine
import pytest
from fake_engine import NO_GLYPH, Fake

from teachback.cli import app
from teachback.errors import Severity, TeachbackError
from teachback.files.workspace import SETTINGS
from teachback.merge import (
    chunk_printer,
    merge_run,
    ordered_workers,
    run_folder,
    run_removal,
    spool,
)
from teachback.merge import handout_engine as engine_module
from teachback.merge.merge_order import MergeOrder
from teachback.merge.merge_run import merge
from teachback.merge.ordered_workers import LostTask, map_in_order
from teachback.merge.records import record_survey
from teachback.merge.records.csv_reader import guarded, unguarded

if TYPE_CHECKING:
    from collections.abc import Sequence

    from teachback.merge.accounting import Merged

HEAD = "id,name,audience,next_visit"


@pytest.fixture(autouse=True)
def _fake(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(engine_module, "open_engine", lambda *_: Fake())
    (tmp_path / SETTINGS).touch()
    monkeypatch.chdir(tmp_path)
    # An empty file of settings makes the folder a workspace.
    Path("teachback.toml").touch()


def records(*rows: str, head: str = HEAD, name: str = "records.csv") -> Path:
    """Write a file of records."""
    path = Path(name)
    path.write_text("\n".join((head, *rows)) + "\n", encoding="utf-8")
    return path


def many(count: int) -> Path:
    """Write many records, every tenth of which is rejected for one of several reasons."""
    broken = (
        "B{0},,ckd,",
        "B{0},Bad Date,ckd,2027-02-30",
        f"B{{0}},Snow {NO_GLYPH},ckd,",
        "../{0},Path,ckd,",
        "B{0},RAISES,ckd,",
        "B{0},x,y",
    )
    rows = [
        broken[number // 10 % len(broken)].format(number)
        if number % 10 == 9
        else f"P{number},Zoë {number},{('ckd', 'general')[number % 2]},2027-11-01"
        for number in range(count)
    ]
    return records(*rows)


def merged(path: Path | None, output: str = "out", **wishes: Any) -> Merged:  # noqa: ANN401 -- fields of MergeOrder
    """Run a merge."""
    return merge(
        MergeOrder(**{"records": path, "output": Path(output), "language": "en", **wishes}), Fake()
    )


def table(path: str) -> list[dict[str, str]]:
    """Read a list that a run has written."""
    with Path(path).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def tree(folder: str) -> dict[str, bytes]:
    """Return every file below a folder, by name."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(Path(folder).rglob("*"))
        if path.is_file()
    }


def run(*arguments: str) -> int:
    """Run the command."""
    return app.run(["merge", *arguments])


def test_every_row_is_printed_or_rejected_and_the_lists_say_which() -> None:
    """Each record has a file named by its id; other rows are listed with field and reason."""
    path = records(
        "A1,Anna,ckd,2027-11-01",
        "A2,,ckd,",
        "A3,Eva,general,soon",
        "A4,Bob,general,",
        'A5,"Br\noken,ckd,',
    )
    done = merged(path)
    assert (done.records, done.printed, done.rejected) == (6, 2, 4)
    assert sorted(tree("out")) == [
        "handouts/A1.pdf",
        "handouts/A4.pdf",
        "manifest.csv",
        "rejected.csv",
        "run.json",
        "to-mend.csv",
    ]
    manifest = table("out/manifest.csv")
    assert [(row["row"], row["id"], row["status"]) for row in manifest] == [
        ("2", "A1", "printed"),
        ("3", "A2", "rejected"),
        ("4", "A3", "rejected"),
        ("5", "A4", "printed"),
        ("6", "", "rejected"),
        ("7", "", "rejected"),
    ]
    first = manifest[0]
    data = Path("out/handouts/A1.pdf").read_bytes()
    assert (first["file"], first["pages"], first["sha256"]) == (
        "handouts/A1.pdf",
        "2",
        hashlib.sha256(data).hexdigest(),
    )
    assert first["edition code"].encode() in data
    assert b"November 01, 2027" in data
    assert [
        (row["row"], row["id"], row["field"], row["reason"]) for row in table("out/rejected.csv")
    ][:2] == [
        ("3", "A2", "name", "is empty but required"),
        ("4", "A3", "next_visit", "is not a date such as 2027-11-01"),
    ]
    assert json.loads(Path("out/run.json").read_text(encoding="utf-8"))["state"] == "finished"


def test_jobs_and_the_form_of_the_records_change_no_byte(monkeypatch: pytest.MonkeyPatch) -> None:
    """The output is the same for one process or three, CSV or JSON Lines, a file or a pipe."""
    path = many(700)
    done = merged(path)
    assert (done.printed, done.rejected) == (630, 70)
    assert merged(path, "three", jobs=3).printed == 630
    assert tree("three") == tree("out")
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(path.read_bytes())))
    merged(None, "piped", jobs=2)
    assert tree("piped") == tree("out")
    rows = [{**row, "id": f"J{number}"} for number, row in enumerate(table("records.csv"))]
    lines = [
        json.dumps({name: value for name, value in row.items() if name and value is not None})
        for row in rows
    ]
    jsonl = records(*lines[1:], head=lines[0], name="r.jsonl")
    assert merged(jsonl, "jsonl").records == 700


def test_a_finished_run_that_is_started_again_looks_whether_all_is_there() -> None:
    """Files that were removed or changed are printed again, and nothing else is touched."""
    path = many(300)
    merged(path, jobs=2)
    before = tree("out")
    times = {name: Path("out", name).stat().st_mtime_ns for name in before}
    rerun = merged(path)
    assert (rerun.printed, rerun.kept, rerun.rejected) == (270, 270, 30)
    assert {name: Path("out", name).stat().st_mtime_ns for name in before} == times
    Path("out/handouts/P3.pdf").unlink()
    Path("out/handouts/P4.pdf").write_bytes(b"%PDF-changed")
    assert merged(path).printed == 270
    assert tree("out") == before


def test_another_run_s_folder_and_one_with_something_else_are_refused() -> None:
    """Patients of two days are not mixed, and no other files are overwritten."""
    merged(records("A1,Anna,ckd,"))
    before = tree("out")
    with pytest.raises(TeachbackError) as caught:
        merged(records("A1,Anne,ckd,"))
    assert "--wipe out" in caught.value.problems[0].hint
    for wish in ({"size": "large"}, {"kinds": ("card",)}, {"combine": 2}):
        with pytest.raises(TeachbackError):
            merged(records("A1,Anna,ckd,"), **wish)
    assert tree("out") == before
    Path("mine").mkdir()
    Path("mine/letter.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(TeachbackError) as caught:
        merged(records("A1,Anna,ckd,"), "mine")
    assert "holds other files, not a merge run" in caught.value.problems[0].message
    Path("link").symlink_to("out")
    with pytest.raises(TeachbackError):
        merged(records("A1,Anna,ckd,"), "link")
    assert tree("mine") == {"letter.txt": b"mine"}


def test_a_record_is_printed_in_all_its_kinds_or_not_at_all() -> None:
    """Handouts and cards lie in folders of their own."""
    done = merged(records("A1,Anna,ckd,", "A2,RAISES,ckd,"), kinds=("handout", "card"))
    assert (done.printed, done.rejected) == (1, 1)
    assert [name for name in tree("out") if name.endswith(".pdf")] == [
        "cards/A1.pdf",
        "handouts/A1.pdf",
    ]


def test_all_rows_of_a_repeated_id_are_rejected() -> None:
    """They may be two people, and nobody knows whose paper it is. Rows may be far apart."""
    rows = [f"P{number},Zoe {number},ckd," for number in range(600)]
    rows[1], rows[599] = "TWICE,Ann,ckd,", "twice,,ckd,"
    done = merged(records(*rows), jobs=2)
    assert (done.printed, done.rejected) == (598, 2)
    assert [(row["row"], row["field"]) for row in table("out/rejected.csv")] == [
        ("3", "id"),
        ("601", "id"),
        ("601", "name"),
    ]


def test_a_file_for_the_print_room_counts_printed_records() -> None:
    """Rejected rows take no place in a file, wherever the fault is found."""
    rows = [f"A{number},Name{number},ckd," for number in range(9)]
    rows[0], rows[3], rows[4] = "A0,,ckd,", f"A3,{NO_GLYPH},ckd,", "A3,Twice,ckd,"
    done = merged(records(*rows), combine=3, jobs=2)
    assert (done.printed, done.rejected) == (6, 3)
    files = {row["id"]: row["file"] for row in table("out/manifest.csv") if row["file"]}
    assert list(files) == ["A1", "A2", "A5", "A6", "A7", "A8"]
    assert list(files.values()) == [
        f"combined/handouts-0000{number}.pdf" for number in (1, 1, 1, 2, 2, 2)
    ]


def test_rejected_rows_come_back_with_all_their_columns_and_the_reasons() -> None:
    """Only the owner can read the file, and no cell of it is a formula."""
    path = records(
        "A1,Anna,ckd,,+1 555",
        "=A2,José;X,CDK,soon,=1+1",
        'A3,"Br\noken,ckd,,x',
        "A4,Eva,ckd",
        head=f"{HEAD},ward",
    )
    assert merged(path).rejected == 4
    mend = Path("out/to-mend.csv")
    assert stat.S_IMODE(mend.stat().st_mode) == 0o600
    lines = list(csv.reader(mend.read_text(encoding="utf-8-sig").splitlines()))
    assert lines[0] == ["rejected because", "id", "name", "audience", "next_visit", "ward"]
    assert lines[1][1:] == ["'=A2", "José;X", "CDK", "soon", "'=1+1"]
    assert lines[1][0].startswith("id cannot be used as a file name")
    assert lines[1][0].endswith(
        "audience is not one of: ckd, general; next_visit is not a date such as 2027-11-01"
    )
    assert lines[2][1:] == ['A3,"Br']
    assert lines[-1] == ["has 3 cells instead of 5", "A4", "Eva", "ckd"]


@pytest.mark.parametrize("combine", [0, 2])
def test_mended_rows_go_into_the_folder_of_the_run_they_come_from(combine: int) -> None:
    """Papers that are there are not touched, and no patient's is printed a second time."""
    first = merged(records("A1,Anna,ckd,", "A2,,ckd,", "A3,=Eva,CDK,", "A4,Zo,ckd,soon"))
    assert (first.printed, first.rejected) == (1, 3)
    before = tree("out")
    mend = Path("out/to-mend.csv")
    lines = mend.read_text(encoding="utf-8-sig").splitlines()
    lines[1] = lines[1].replace("A2,,", "A1,Bo,")
    lines[2] = lines[2].replace("CDK", "ckd")
    mend.write_text("\n".join(lines), encoding="utf-8")
    for _ in range(2):
        rerun = merged(mend, combine=combine)
        assert (rerun.printed, rerun.rejected, rerun.folder) == (1, 2, Path("out/mended-1"))
    assert [
        (row["id"], row["field"], row["reason"]) for row in table("out/mended-1/rejected.csv")
    ] == [
        ("A1", "id", "was printed already by an earlier run into this folder"),
        ("A4", "next_visit", "is not a date such as 2027-11-01"),
    ]
    (printed,) = (data for name, data in tree("out/mended-1").items() if name.endswith(".pdf"))
    assert b"'=Eva" not in printed
    assert b"=Eva" in printed
    last = records("A4,Zo,ckd,", "A3,Eva,ckd,", head="id,name,audience,rejected because")
    third = merged(last)
    assert (third.printed, third.rejected, third.folder) == (1, 1, Path("out/mended-2"))
    assert {name: data for name, data in tree("out").items() if name in before} == {
        **before,
        "to-mend.csv": mend.read_bytes(),
    }
    assert merged(records("A1,Anna,ckd,", "A2,,ckd,", "A3,=Eva,CDK,", "A4,Zo,ckd,soon")).kept == 1
    assert run("--wipe", "out") == 0
    assert not Path("out").exists()


def test_mended_rows_wait_for_a_run_of_others_that_was_ended(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Whose paper an unfinished run has printed is in no list yet, and might be printed twice."""
    head = "id,name,audience,rejected because"
    merged(records("A1,Anna,ckd,", "A2,,ckd,", "A3,,ckd,"))
    with monkeypatch.context() as patch:
        patch.setattr(run_folder, "finish", Mock(side_effect=KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            merged(records("A2,Bo,ckd,", head=head))
    assert Path("out/mended-1/handouts/A2.pdf").exists()
    with pytest.raises(TeachbackError) as caught:
        merged(records("A2,Bo,ckd,", "A3,Eva,ckd,", head=head))
    assert "--wipe out/mended-1" in caught.value.problems[0].hint
    assert not Path("out/mended-2").exists()
    assert merged(records("A2,Bo,ckd,", head=head)).folder == Path("out/mended-1")
    third = merged(records("A2,Bo,ckd,", "A3,Eva,ckd,", head=head))
    assert (third.printed, third.rejected, third.folder) == (1, 1, Path("out/mended-2"))


def test_rejected_records_of_json_lines_come_back_as_a_table() -> None:
    """The columns are the names of all rejected records; numbers stay as they are written."""
    path = records(
        '{"id": "A2", "audience": "x", "name": "Eva", "weight": 7.50}',
        '{"id": "A3", "tags": ["a"], "audience": "ckd"}',
        "{broken",
        head='{"id": "A1", "audience": "ckd", "name": "Anna", "ward": 3}',
        name="r.jsonl",
    )
    assert merged(path).rejected == 3
    text = Path("out/to-mend.csv").read_text(encoding="utf-8-sig")
    lines = [line[1:] for line in csv.reader(text.splitlines())]
    assert lines == [
        ["id", "audience", "name", "weight", "tags"],
        ["A2", "x", "Eva", "7.50", ""],
        ["A3", "ckd", "", "", '["a"]'],
        ["{broken"],
    ]


@pytest.mark.parametrize(
    ("section", "message"),
    [
        ('[merge.map.audience]\n"Kidney" = "kdc"', "3:1: 'Kidney' cannot stand for the audience"),
        ('[merge.map.phones]\n"none" = ""', "3:1: no handout has a field 'phones'"),
        (
            '[merge.map.next_visit]\n"soon" = "tomorrow"',
            "3:1: 'soon' cannot stand for 'tomorrow': next_visit is not a date",
        ),
        ('[merge.map.audience]\n"Kidney" = "ckd"\n" KIDNEY" = "ckd"', "4:1: ' KIDNEY' is here"),
        ('[merge.map.audience]\n"" = "ckd"', "3:1: it cannot be read what '' stands for"),
        ('[merge.maps.audience]\n"Kidney" = "ckd"', "this section cannot be read"),
        ('dates = "ymd"', "2:1: dates: 'ymd' is not allowed"),
    ],
)
def test_settings_for_records_that_cannot_be_used_are_refused(
    section: str, message: str, capfd: pytest.CaptureFixture[str]
) -> None:
    """The problem has the line in teachback.toml, and nothing is printed."""
    Path("teachback.toml").write_text(f"# clinic\n{section}\n", encoding="utf-8")
    path = records("A1,Anna,kidney,")
    assert run("tiny", "--records", str(path), "-l", "en", "-o", "out") == 1
    assert f"teachback.toml:{message}" in capfd.readouterr().err.replace(
        "toml:1:1: this", "toml:this"
    )
    assert not Path("out").exists()


def test_cells_and_headings_are_read_as_a_clinic_writes_them(
    capfd: pytest.CaptureFixture[str],
) -> None:
    """The settings may have the meanings of cells for fields of other handouts, too."""
    Path("teachback.toml").write_text(
        '[merge.map.audience]\n"Kidney" = "ckd"\n"PD" = "dialysis"\n'
        '[merge.map.arm]\n"L" = "left"\n[merge.map.fluid]\n"1 L" = "1 liter"\n',
        encoding="utf-8",
    )
    path = records("A1,Anna,kidney,1 l", head="ID, Name,AUDIENCE,Fluid")
    assert run("tiny", "--records", str(path), "-l", "en", "-o", "out") == 0
    assert "1 printed" in capfd.readouterr().out
    assert b"1 liter" in tree("out")["handouts/A1.pdf"]


def test_cells_that_stand_for_nothing_leave_a_line_to_write_on() -> None:
    """A list says in many ways that nobody knows yet."""
    head, rows = "id,name,audience,next_visit,fluid", ("A1,Anna,ckd,tbd,", "A2,Bo,ckd,,~1000")
    path = records(*rows, head=head)
    assert run("tiny", "--records", str(path), "-l", "en", "-o", "first") == 1
    Path("teachback.toml").write_text(
        '[merge.map.next_visit]\n"TBD" = ""\n[merge.map.fluid]\n"~1000" = ""\n', encoding="utf-8"
    )
    assert run("tiny", "--records", str(path), "-l", "en", "-o", "out") == 0
    printed = [data for name, data in tree("out").items() if name.endswith(".pdf")]
    assert len(printed) == 2
    assert not any(word in data for data in printed for word in (b"tbd", b"~1000"))


def test_cards_at_other_places_of_their_sheets_are_another_run() -> None:
    """A finished file whose cards lie elsewhere is not taken for the one that is ordered."""
    cards = MergeOrder(records("A1,Anna,ckd,"), Path("cards"), ("card",), 2, language="en")
    handouts = replace(cards, output=Path("handouts"), kinds=("handout",))
    for order in (cards, handouts):
        assert merge(order, Fake()).printed == 1
    other = Fake(sheet_fingerprint="fake sheet 2")
    with pytest.raises(TeachbackError) as caught:
        merge(cards, other)
    assert "a run of other records, editions or options" in caught.value.problems[0].message
    assert merge(handouts, other).kept == 1


@pytest.mark.parametrize("flag", [("--stock", "avery-5371"), ("--start-at", "3")])
def test_stock_without_sheets_of_cards_is_a_wrong_order(
    flag: tuple[str, str], capfd: pytest.CaptureFixture[str]
) -> None:
    """Only sheets of cards lie on stock."""
    path = records("A1,Anna,ckd,")
    assert run("tiny", "--records", str(path), "-l", "en", "--combine", "5", *flag) == 2
    assert f"{flag[0]} works only with --kind card and --combine" in capfd.readouterr().err


def test_files_for_the_print_room_hold_records_in_their_order() -> None:
    """Each file holds the requested number of printed records, and its first page lists the ids.

    A record that fails only when it is printed leaves its place empty.
    """
    rows = [f"A{number},Name{number},ckd,,2" for number in range(5)]
    rows[1] = "A1,RAISES,ckd,,1"
    done = merged(records(*rows, head=f"{HEAD},copies"), combine=3, duplex=True, jobs=2)
    assert (done.printed, done.rejected) == (4, 1)
    files = {name: data for name, data in tree("out").items() if name.endswith(".pdf")}
    assert sorted(files) == ["combined/handouts-00001.pdf", "combined/handouts-00002.pdf"]
    first = files["combined/handouts-00001.pdf"]
    assert (
        first.index(b"A0  F-CKD")
        < first.index(b"A2  F-CKD")
        < first.index(b"Name0")
        < first.index(b"Name2")
    )
    assert b"RAISES" not in first
    assert first.count(b"Name0") == 2 * 5
    printed = [row for row in table("out/manifest.csv") if row["status"] == "printed"]
    assert {row["sha256"] for row in printed[:2]} == {hashlib.sha256(first).hexdigest()}
    assert {row["pages"] for row in printed} == {"4"}
    before = tree("out")
    Path("out/combined/handouts-00002.pdf").unlink()
    merged(records(*rows, head=f"{HEAD},copies"), combine=3, duplex=True)
    assert tree("out") == before


def test_a_record_that_ends_its_process_is_rejected_alone() -> None:
    """A record that kills the process is rejected, whatever library fails."""
    rows = [f"A{number},Name,ckd," for number in range(300)]
    rows[7] = "A7,ENDS,ckd,"
    done = merged(records(*rows), jobs=2)
    assert (done.printed, done.rejected) == (299, 1)
    (row,) = table("out/rejected.csv")
    assert (row["row"], row["reason"]) == (
        "9",
        "could not be printed: the printing process was stopped",
    )


def test_processes_that_end_again_and_again_end_the_run() -> None:
    """The machine is to blame then and not the records, so no record is rejected."""
    rows = [f"A{number},ENDS,ckd," for number in range(20)]
    with pytest.raises(TeachbackError) as caught:
        merged(records(*rows), jobs=2)
    assert "stopped from outside" in caught.value.problems[0].message
    assert not Path("out/rejected.csv").exists()


def double(factor: int, task: int) -> int:
    """Multiply, as a task for worker processes. The task 13 ends its process."""
    if task == 13:
        os._exit(3)
    return factor * task


@pytest.mark.parametrize("jobs", [1, 2, 5])
def test_a_crew_gives_results_in_order_and_says_what_was_lost(jobs: int) -> None:
    """Results come in order for any number of processes, with a LostTask for the lost one."""
    results = list(map_in_order(double, 2, range(100), jobs, apart=True))
    assert results == [LostTask(13) if task == 13 else task * 2 for task in range(100)]


def answer_at_length(folder: str, task: int) -> tuple[int, bytes]:
    """Return this process and, for the task 1, many bytes. Only the task 0 is done at once."""
    while task and not Path(folder, "go").exists():
        time.sleep(0.01)
    return os.getpid(), bytes(10_000_000 if task == 1 else 1)


def test_a_process_that_is_killed_while_it_answers_loses_its_own_task(tmp_path: Path) -> None:
    """Half an answer is not waited for."""
    answers = map_in_order(answer_at_length, str(tmp_path), range(3), 2)
    first = next(answers)
    assert not isinstance(first, LostTask)
    (answering,) = (
        process for process in multiprocessing.active_children() if process.pid != first[0]
    )
    (tmp_path / "go").touch()
    # Nobody reads the answer now, so it is begun and not ended.
    time.sleep(0.3)
    answering.kill()
    assert next(answers) == LostTask(1)
    assert [answer[1] for answer in answers if not isinstance(answer, LostTask)] == [b"\0"]


def test_a_crew_reads_no_further_ahead_than_it_must() -> None:
    """A hundred thousand records are never held in memory at once."""
    tasks_taken = 0

    def tasks() -> Any:  # noqa: ANN401 -- a generator
        nonlocal tasks_taken
        for task in range(14, 1000):
            tasks_taken += 1
            yield task

    most = 0
    for count, _ in enumerate(map_in_order(double, 2, tasks(), 2), start=1):
        most = max(most, tasks_taken - count)
    assert 0 < most <= 2 * ordered_workers.AHEAD + 2


def test_a_file_that_changes_while_it_is_read_stops_the_run() -> None:
    """Nothing of a changed file is printed. Once it is put back, it is."""
    path = many(600)
    first, status = path.read_bytes(), path.stat()
    merged(path, "whole")

    class Changing(Fake):
        @staticmethod
        def read_value(field: Any, raw: str, language: str, /) -> Any:  # noqa: ANN401 -- as Fake
            if raw == "Zoë 511":
                path.write_bytes(first + b"P9,Eva,ckd,\n")
            return Fake.read_value(field, raw, language)

    with pytest.raises(TeachbackError) as caught:
        merge(MergeOrder(path, Path("out"), language="en"), Changing())
    assert "changed while it was read" in caught.value.problems[0].message
    assert not Path("out").exists()
    path.write_bytes(first)
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    merged(path)
    assert tree("out") == tree("whole")


@pytest.mark.parametrize("way", ["written into", "replaced", "removed"])
def test_a_file_that_changes_later_changes_nothing_of_the_run_and_is_told(way: str) -> None:
    """The content at the beginning is printed; the new content makes another run."""
    path = many(600)
    first = path.read_bytes()
    assert merged(path, "whole").problems == ()

    class Changing(Fake):
        def make_stampers(self, characters: Any) -> Any:  # noqa: ANN401 -- as Fake
            if way == "written into":
                path.write_bytes(first.replace("Zoë 511".encode(), b"Eva 511"))
            else:
                path.unlink()
            if way == "replaced":
                path.write_bytes(first.replace("Zoë 511".encode(), b"Eva 511"))
            return super().make_stampers(characters)

    done = merge(MergeOrder(path, Path("out"), language="en"), Changing())
    [problem] = done.problems
    assert problem.severity is Severity.WARNING
    assert (
        "the file of records changed during printing; its earlier content was printed"
        in problem.message
    )
    assert tree("out") == tree("whole")
    if way != "removed":
        with pytest.raises(TeachbackError, match="a run of other records"):
            merged(path)
    path.write_bytes(first)
    assert merged(path).kept == done.printed


@pytest.mark.parametrize(
    ("name", "reason", "hint"),
    [
        ("nowhere.csv", "No such file or directory", "Check the name, and that it exists."),
        (".", "Is a directory", "Name a file: this is a folder."),
    ],
)
def test_records_that_cannot_be_opened_are_told_with_what_to_do(
    name: str, reason: str, hint: str, capfd: pytest.CaptureFixture[str]
) -> None:
    """A wrong name gives a hint about the name, not about room on the disk."""
    assert run("tiny", "--records", name, "-l", "en") == 1
    err = capfd.readouterr().err
    assert f"this cannot be read or written: {reason}" in err
    assert hint in err
    assert not Path("build").exists()


def test_a_dry_run_tells_rows_and_fields_and_writes_nothing(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """A dry run does not even create the folder."""
    records(
        "A1,Anna,ckd,",
        "A2,Secret,ckd,soon",
        f"A3,Secret {NO_GLYPH},ckd,",
        "=Secret,x,ckd,",
        f"A5,{'Secret' * 9},ckd,",
    )
    before = sorted(tmp_path.rglob("*"))
    assert run("tiny", "--records", "records.csv", "-l", "en", "--dry-run") == 1
    assert sorted(tmp_path.rglob("*")) == before
    out, err = capfd.readouterr()
    assert "5 records: 1 would be printed, 4 rejected; nothing was written" in out
    assert "records.csv:3:1: next_visit is not a date such as 2027-11-01" in err
    assert "records.csv:4:1: name has a sign" in err
    assert "records.csv:5:1: id cannot be used as a file name" in err
    assert "records.csv:6:1: name is too long for its line, even in the smallest type: " in err
    assert "set a larger `width_mm` for the field in the handout" in err
    assert "Secret" not in out + err


@pytest.mark.parametrize("umask", [0, 0o777])
def test_files_are_the_owner_s_alone_whatever_the_umask(umask: int) -> None:
    """Folders are 0700 and files 0600, also in a folder that was open to all before."""
    path = many(30)
    Path("out").mkdir(mode=0o755)
    before = os.umask(umask)
    try:
        merged(path, jobs=2)
    finally:
        os.umask(before)
    modes = {stat.S_IMODE(path.stat().st_mode) for path in Path("out").rglob("*") if path.is_file()}
    folders = {
        stat.S_IMODE(path.stat().st_mode)
        for path in (Path("out"), *Path("out").rglob("*"))
        if path.is_dir()
    }
    assert (modes, folders) == ({0o600}, {0o700})


def test_no_cell_of_a_list_is_a_formula() -> None:
    """Cells that look like a formula are quoted, even if the text is our own."""
    cells = ["=1", "+1", "-1", "@a", "\tx", "'=1", "a=1", "'a", ""]
    assert [guarded(text) for text in cells] == [
        "'=1",
        "'+1",
        "'-1",
        "'@a",
        "'\tx",
        "''=1",
        "a=1",
        "'a",
        "",
    ]
    assert [unguarded(guarded(text)) for text in cells] == cells
    merged(records("=cmd|x,Anna,ckd,", "@a,Anna,ckd,", "-1,Anna,ckd,", "B1,=1+1,ckd,"))
    cells = [
        text
        for name in ("manifest", "rejected", "to-mend")
        for row in table(f"out/{name}.csv")
        for text in row.values()
    ]
    assert len(cells) > 20
    assert not [text for text in cells if text.startswith(("=", "+", "-", "@"))]
    assert table("out/manifest.csv")[-1]["status"] == "printed"


def test_wipe_removes_a_run_and_nothing_else() -> None:
    """Files of somebody else stay and are reported; links are not followed."""
    merged(many(30), jobs=2)
    assert run("--wipe", "out") == 0
    assert not Path("out").exists()
    merged(many(30), kinds=("handout", "card"))
    Path("precious").mkdir()
    Path("precious/P0.pdf").write_bytes(b"mine")
    Path("out/handouts/mine.txt").write_bytes(b"mine")
    Path("out/handouts/P0.pdf").unlink()
    Path("out/handouts/P0.pdf").symlink_to(Path("precious/P0.pdf").absolute())
    for path in Path("out/cards").iterdir():
        path.unlink()
    Path("out/cards").rmdir()
    Path("out/cards").symlink_to(Path("precious").absolute())
    assert run("--wipe", "out") == 1
    assert tree("precious") == {"P0.pdf": b"mine"}
    left = sorted(path.as_posix() for path in Path("out").rglob("*"))
    assert left == [
        "out/cards",
        "out/handouts",
        "out/handouts/P0.pdf",
        "out/handouts/mine.txt",
        "out/manifest.csv",
        "out/rejected.csv",
        "out/run.json",
        "out/to-mend.csv",
    ]


def test_a_list_that_somebody_named_like_a_mended_run_is_left() -> None:
    """A clerk may save mended rows beside those to mend."""
    merged(records("A1,Anna,ckd,", "A2,,ckd,"))
    Path("out/mended-rows.csv").write_text("id\n", encoding="utf-8")
    assert run_removal.wipe(Path("out")).left == 1
    assert Path("out/mended-rows.csv").exists()
    assert not Path("out/handouts").exists()


@pytest.mark.parametrize(
    "name",
    [
        "handouts/../../precious.pdf",
        "../precious.pdf",
        "/precious.pdf",
        "handouts/../precious.pdf",
        "cards/x",
    ],
)
def test_wipe_believes_no_name_that_leads_elsewhere(name: str) -> None:
    """The lists may have been changed since the run."""
    Path("precious.pdf").write_bytes(b"mine")
    merged(records("A1,Anna,ckd,"))
    Path("out/precious.pdf").write_bytes(b"mine")
    with Path("out/manifest.csv").open("a", encoding="utf-8") as file:
        file.write(f"9,A9,X,{name},1,,printed\n")
    Path("out/journal.jsonl").write_text(
        json.dumps({"begin": 0, "files": [name]}) + "\n[1]\n{}\n\xff", encoding="latin-1"
    )
    assert run_removal.wipe(Path("out")).left == 1
    assert Path("precious.pdf").exists()
    assert Path("out/precious.pdf").exists()


def test_wipe_refuses_what_is_no_run(capfd: pytest.CaptureFixture[str]) -> None:
    """Another folder, a link, no folder, additional arguments and a run at work are refused."""
    Path("other").mkdir()
    Path("other/run.json").write_text('{"teachback": "archive"}', encoding="utf-8")
    Path("empty").mkdir()
    merged(records("A1,Anna,ckd,"))
    Path("link").symlink_to("out")
    before = tree(".")
    for arguments in (
        ("other",),
        ("empty",),
        ("link",),
        ("nowhere",),
        ("out", "tiny"),
        ("out", "--records", "x"),
        ("out", "--dry-run"),
    ):
        assert run("--wipe", *arguments) in {1, 2}
    with run_folder.opened(Path("out")), pytest.raises(TeachbackError) as caught:
        run_removal.wipe(Path("out"))
    assert "at work" in caught.value.problems[0].message
    assert tree(".") == before
    assert "Traceback" not in capfd.readouterr().err


def opened_or_told(folder: Path, meet: Barrier, done: Barrier) -> str:
    """Open the folder of a run at the same moment as others.

    Hold it until all have tried. Return the message of the error, or an empty string.
    """
    meet.wait()
    try:
        with run_folder.opened(folder):
            done.wait()
            return ""
    except TeachbackError as error:
        done.wait()
        return error.problems[0].message


def test_of_runs_that_begin_at_once_one_goes_on_and_the_others_say_so() -> None:
    """A run that loses the race for the folder, at any step, says that another is at work."""
    runs = 6
    for number in range(30):
        meet, done = Barrier(runs, timeout=300), Barrier(runs, timeout=300)
        with ThreadPoolExecutor(runs) as threads:
            folder = Path(f"new-{number}/deep/out")
            messages = list(
                threads.map(
                    lambda _, where=folder, both=(meet, done): opened_or_told(where, *both),
                    range(runs),
                )
            )
        assert sorted(set(messages)) == ["", "another run is at work in this folder"]
        assert messages.count("") == 1


@pytest.mark.parametrize("step", ["mkdir", "open", "flock"])
def test_a_folder_that_another_run_takes_away_is_made_again(
    step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run with nothing to print removes its folder; one about to lock it goes on in a new one."""
    folder = Path("somewhere/out")
    steps_taken: list[str] = []

    def take_away() -> None:
        if not steps_taken:
            steps_taken.append(step)
            folder.mkdir(parents=True, exist_ok=True)
            shutil.rmtree(folder.parent)

    place, name = {"mkdir": (Path, "mkdir"), "open": (os, "open"), "flock": (fcntl, "flock")}[step]
    real = getattr(place, name)

    def after_it_is_gone(first: Any, *others: Any, **flags: Any) -> Any:  # noqa: ANN401 -- any of the three
        if step == "flock" or first == folder:
            take_away()
        return real(first, *others, **flags)

    monkeypatch.setattr(place, name, after_it_is_gone)
    with run_folder.opened(folder):
        assert steps_taken == [step]
        assert (folder / "unfinished").is_dir()
    assert not folder.exists()


def test_a_folder_that_another_run_makes_meanwhile_is_taken_as_it_is(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A folder that appears between check and creation does not count as a file in the way."""
    real = Path.mkdir

    def late(path: Path, *args: Any, **flags: Any) -> None:  # noqa: ANN401 -- as mkdir has them
        if not path.exists():
            real(path)
        real(path, *args, **flags)

    monkeypatch.setattr(Path, "mkdir", late)
    with run_folder.opened(Path("one/two/out")):
        assert Path("one/two/out/unfinished").is_dir()


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        ((), 2, "name a handout"),
        (("tiny",), 2, "--records"),
        (("tiny", "--records", "nowhere.csv"), 1, "No such file"),
        (("tiny", "--records", "."), 1, "Is a directory"),
        (
            ("tiny", "--records", "records.csv", "--kind", "poster"),
            2,
            "'poster' is not allowed",
        ),
        (("tiny", "--records", "records.csv", "--duplex"), 2, "--combine"),
        (("tiny", "--records", "records.csv", "--combine", "0"), 2, "0 is not in the range"),
        (
            ("tiny", "--records", "records.csv", "--audience", "dialysis"),
            2,
            "not for the audience 'dialysis'",
        ),
        (("tiny", "--records", "records.csv", "-l", "fr"), 2, "not written in the language 'fr'"),
        (("tiny", "--records", "records.csv"), 1, "need a column 'language'"),
        (
            ("tiny", "--records", "records.csv", "-l", "en", "--audience-from", "reader"),
            1,
            "need a column 'reader'",
        ),
        (
            ("tiny", "--records", "records.csv", "-l", "en", "--name-from", "mrn"),
            1,
            "no column 'mrn'",
        ),
        (
            ("tiny", "--records", "records.csv", "-l", "en", "--encoding", "ebcdic"),
            2,
            "the encoding 'ebcdic' is not known",
        ),
        (
            ("tiny", "--records", "nameless.csv", "-l", "en", "-a", "ckd"),
            1,
            "no column 'name', which the handout needs",
        ),
        (("tiny", "--records", "head.csv", "-l", "en"), 1, "there are no records"),
        (
            ("tiny", "--records", "records.csv", "-l", "en", "-o", "records.csv/x"),
            1,
            "a file is where a folder must be",
        ),
    ],
)
def test_a_wrong_order_is_refused_before_anything_is_made(
    arguments: Sequence[str], code: int, message: str, capfd: pytest.CaptureFixture[str]
) -> None:
    """The exit code is 2 for wrong usage and 1 for wrong records, with a hint."""
    records("A1,Anna,ckd,")
    records("A1,ckd", head="id,audience", name="nameless.csv")
    records(name="head.csv")
    before = sorted(Path().rglob("*"))
    assert run(*arguments) == code
    assert message in capfd.readouterr().err
    assert sorted(Path().rglob("*")) == before


@pytest.mark.parametrize(
    ("head", "wishes", "message"),
    [
        (
            HEAD,
            {"audience": "ckd"},
            "--audience ckd is ignored: the column 'audience' sets the audience of each record",
        ),
        (HEAD, {"kinds": ("card",)}, "has no place for next_visit: it is not printed there"),
        (f"{HEAD},copies", {}, "the column 'copies' is ignored without --combine"),
    ],
)
def test_what_the_records_make_void_is_said(
    head: str, wishes: dict[str, Any], message: str
) -> None:
    """The message is a warning, and the rows are printed."""
    done = merged(records("A1,Anna,general," + "," * (head.count(",") - 3), head=head), **wishes)
    (warning,) = done.problems
    assert message in warning.message
    assert warning.severity is Severity.WARNING
    assert ("below `lines:` of the card" in warning.hint) is ("no place" in message)


def test_columns_can_have_other_names() -> None:
    """A clinic's own list is read without changes."""
    path = records("7,Anna,ckd", head="MRN,name,Reader")
    assert (
        run(
            "tiny",
            "--records",
            str(path),
            "-l",
            "en",
            "--name-from",
            "MRN",
            "--audience-from",
            "Reader",
            "-o",
            "out",
        )
        == 0
    )
    assert [row["id"] for row in table("out/manifest.csv")] == ["7"]


def test_the_outcome_as_json_holds_counts_rows_and_fields(
    capfd: pytest.CaptureFixture[str],
) -> None:
    """The JSON holds counts, rows and fields, and no value."""
    records("A1,Anna,ckd,", "A2,Secret,ckd,soon")
    assert run("tiny", "--records", "records.csv", "-l", "en", "--json") == 1
    out, err = capfd.readouterr()
    data = json.loads(out)
    assert (data["ok"], data["records"], data["printed"], data["rejected"]) == (False, 2, 1, 1)
    assert data["rows"] == [
        {"row": 3, "field": "next_visit", "reason": "is not a date such as 2027-11-01"}
    ]
    assert data["output"] == str(Path("build/merge/tiny").absolute())
    assert "Secret" not in out + err


@pytest.mark.parametrize("step", ["validated_records", "files_of", "_print_each"])
@pytest.mark.parametrize("jobs", ["1", "2"])
def test_a_fault_of_the_program_is_a_problem_without_a_value(
    step: str, jobs: str, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The problem holds the type and place of the error, and never its message."""
    records("A1,Secret,ckd,")

    def falls(*_: object) -> None:
        message = "Secret"
        raise KeyError(message)

    monkeypatch.setattr(
        record_survey if step == "validated_records" else chunk_printer, step, falls
    )
    monkeypatch.setattr(merge_run, "files_of", chunk_printer.files_of)
    assert run("tiny", "--records", "records.csv", "-l", "en", "--jobs", jobs) == 1
    err = capfd.readouterr().err
    assert "the program failed because of its own error: code " in err
    assert "-KeyError" in err
    assert "Secret" not in err
    assert "Traceback" not in err


def test_a_disk_that_cannot_be_read_any_more_is_no_fault_of_the_program(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The error is reported at the start and in the middle of the records."""
    path = many(30)

    def failing(*_: object, **__: object) -> Any:  # noqa: ANN401 -- never returns
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    for name in ("read_parts", "open_table"):
        with monkeypatch.context() as patched:
            patched.setattr(merge_run, name, failing)
            with pytest.raises(TeachbackError) as caught:
                merged(path)
        [problem] = caught.value.problems
        assert str(problem) == "records.csv: this cannot be read or written: Input/output error"
        assert not Path("out").exists()


def test_nothing_lies_in_the_folder_any_more_when_the_run_is_finished(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Files without a name are closed first.

    On a network file system they have a name until then, which cannot be removed.
    """
    opened: list[Any] = []
    open_then: list[bool] = []
    make_file, finish = tempfile.TemporaryFile, run_folder.finish

    def kept(*arguments: Any, **more: Any) -> Any:  # noqa: ANN401 -- as the one it stands for
        opened.append(make_file(*arguments, **more))
        return opened[-1]

    def finished(*arguments: Any) -> None:  # noqa: ANN401 -- as above
        open_then.extend(not file.closed for file in opened)
        finish(*arguments)

    monkeypatch.setattr(tempfile, "TemporaryFile", kept)
    monkeypatch.setattr(spool, "MOST_HELD", 100)
    monkeypatch.setattr(run_folder, "finish", finished)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(many(700).read_bytes())))
    assert merged(None).printed == 630
    assert open_then == [False] * 3, "what came in, and records and rows between the two looks"


def test_a_standard_input_that_was_closed_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """sys.stdin is None when standard input was closed."""
    monkeypatch.setattr(sys, "stdin", None)
    with pytest.raises(TeachbackError) as caught:
        merged(None)
    assert [problem.message for problem in caught.value.problems] == ["there is no standard input"]
    assert not Path("out").exists()


def test_counts_that_do_not_add_up_are_told_and_the_run_is_not_finished() -> None:
    """A file that appears or vanishes during the run makes the counts differ."""
    path = many(30)
    merged(path)
    finished = tree("out")

    class Meddling(Fake):
        def make_stampers(self, characters: Any) -> Any:  # noqa: ANN401 -- as Fake
            Path("out2/handouts").mkdir()
            Path("out2/handouts/P99.pdf").write_bytes(b"%PDF-")
            Path("out2/run.json").write_bytes(
                finished["run.json"].replace(b'"finished"', b'"running"')
            )
            return super().make_stampers(characters)

    with pytest.raises(TeachbackError) as caught:
        merge(MergeOrder(path, Path("out2"), language="en"), Meddling())
    assert (
        "the counts do not add up: found 28 files, expected 27" in caught.value.problems[0].message
    )
    assert not Path("out2/manifest.csv").exists()


def test_stampers_know_the_letters_of_their_records() -> None:
    """A stamper gets the letters that the printed records of its edition need.

    Letters of rejected rows are left out, and so are editions that only rejected rows need.
    """
    characters: dict[Any, frozenset[str]] = {}

    class Listening(Fake):
        def make_stampers(self, requested: Any) -> Any:  # noqa: ANN401 -- as Fake
            characters.update(requested)
            return super().make_stampers(requested)

    head = f"{HEAD},size"
    path = records(
        "A1,Zo,ckd,,",
        "A2,Bq,general,,",
        "A3,XYZ,ckd,soon,",
        "A4,,general,,large",
        head=head,
    )
    merge(MergeOrder(path, Path("out"), language="en"), Listening())
    assert {key.size for key in characters} == {"standard"}
    assert {key.audience: "".join(sorted(letters)) for key, letters in characters.items()} == {
        "ckd": "Zo",
        "general": "Bq",
    }


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("lists", None),
        ("lists", []),
        ("lists", {"manifest.csv": ""}),
        ("records", "30"),
        ("rejected", None),
        ("editions", {"F": "27"}),
    ],
)
def test_a_finished_run_whose_counts_were_changed_by_hand_is_told_and_can_be_removed(
    name: str, value: object, capfd: pytest.CaptureFixture[str]
) -> None:
    """The hint names the command that removes the run, and that command works."""
    path = many(30)
    merged(path)
    content = json.loads(Path("out/run.json").read_text(encoding="utf-8"))
    content[name] = value
    Path("out/run.json").write_text(
        json.dumps({key: count for key, count in content.items() if count is not None}),
        encoding="utf-8",
    )
    with pytest.raises(TeachbackError) as caught:
        merged(path)
    [problem] = caught.value.problems
    assert str(problem) == "out/run.json: this file no longer describes a finished run"
    assert "teachback merge --wipe out" in problem.hint
    assert run("--wipe", "out") == 0
    assert "31 files removed" in capfd.readouterr().out
    assert merged(path).printed == 27


def test_a_handout_for_one_reader_in_one_language_needs_no_column() -> None:
    """No column is needed when there is only one answer."""
    engine = replace(
        Fake(),
        audiences={"en": ("general",)},
        main_language="en",
        fields={"en": fake_engine.FIELDS},
    )
    done = merge(MergeOrder(records("A1,Anna", head="id,name"), Path("out")), engine)
    assert (done.printed, done.rejected) == (1, 0)
