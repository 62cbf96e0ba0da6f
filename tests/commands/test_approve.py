"""`teachback approve` changes only the review, and later changes of the text are noticed."""

from __future__ import annotations

import datetime as dt
import json
import re
from typing import TYPE_CHECKING

import pytest
from settings_from_flags import resolve
from tiny_handout import TINY, TINY_APPROVED

from teachback.cli.app import run
from teachback.commands.approve import a_year_after, approve
from teachback.commands.build import build
from teachback.commands.listings import handout_rows
from teachback.content.loader import read_handouts, validate_handout
from teachback.content.workspace_content import load_shared
from teachback.errors import Severity, TeachbackError, UsageError
from teachback.files.workspace import Workspace, handout_files
from teachback.files.yaml_editor import with_values
from teachback.printing.job_composer import summarise
from teachback.printing.review_problems import review_problems

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from teachback.errors import Problem

    Make = Callable[..., Workspace]

pytestmark = pytest.mark.usefixtures("one_process")


TODAY = dt.date(2026, 11, 22)
REVIEW = "review: {status: draft, reviewer: null, reviewed: null, due: null}\n"
MARK = r"[0-9a-f]{16}"
BY_HAND = TINY.replace(
    REVIEW,
    "review: {status: approved, reviewer: A. Nurse, reviewed: 2026-11-01, due: 2027-11-01}\n",
)


def approved(
    clinic: Workspace, by: str = "A. Nurse", day: dt.date = TODAY, audiences: tuple[str, ...] = ()
) -> str:
    """Approve the tiny handout, and return its file."""
    approve("tiny", by, clinic, day, due=None, audiences=audiences)
    return text_of(clinic)


def text_of(clinic: Workspace) -> str:
    """Return the tiny handout's file with its line ends."""
    return (clinic.root / "content" / "handouts" / "tiny.yaml").read_bytes().decode()


def change(clinic: Workspace, old: str, new: str) -> None:
    """Change the tiny handout's file by hand."""
    path = clinic.root / "content" / "handouts" / "tiny.yaml"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def problems(
    clinic: Workspace, *, release: bool = False, audiences: tuple[str, ...] = ()
) -> tuple[Problem, ...]:
    """Return the review problems of the tiny handout."""
    reading = read_handouts(clinic, {"tiny": handout_files(clinic)["tiny"]})
    assert not reading.problems
    return review_problems(
        summarise(reading.authored["tiny"], ""), TODAY, release=release, audiences=audiences
    )


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            REVIEW,
            (
                "review: {status: approved, reviewer: A. Nurse, reviewed: 2026-11-22, due: "
                "2027-11-22, approved: {general: M, ckd: M}}\n"
            ),
        ),
        (
            "review: {status: draft}  # soon\n",
            (
                "review: {status: approved, reviewer: A. Nurse, reviewed: 2026-11-22, due: "
                "2027-11-22, approved: {general: M, ckd: M}}  # soon\n"
            ),
        ),
        (
            "review: {due: 2030-01-01, status: draft,}\n",
            (
                "review: {due: 2027-11-22, status: approved, reviewer: A. Nurse, reviewed: "
                "2026-11-22, approved: {general: M, ckd: M},}\n"
            ),
        ),
        (
            'review: {\n  "status": "draft",   # not yet\n  owner: "The desk"  # asks\n}\n',
            (
                'review: {\n  "status": approved,   # not yet\n  owner: "The desk", reviewer: "A. '
                'Nurse", reviewed: 2026-11-22, due: 2027-11-22, approved: {general: M, ckd: '
                "M}  # asks\n}\n"
            ),
        ),
        (
            (
                "review:\n  # who\n  reviewer:      # empty\n  status: "
                "draft  # still\n  reviewed:\n\n  # below\n"
            ),
            (
                'review:\n  # who\n  reviewer: "A. Nurse"      # empty\n  status: '
                "approved  # still\n  reviewed: 2026-11-22\n  due: 2027-11-22\n  approved: "
                "{general: M, ckd: M}\n\n  # below\n"
            ),
        ),
        (
            (
                "review:\n    status: 'draft'\n    reviewer: "
                ">-\n      Some\n      Body\n    # kept\n    due: 2026-12-01  # a date\n"
            ),
            (
                "review:\n    status: approved\n    reviewer: A. Nurse\n    # kept\n    due: "
                "2027-11-22  # a date\n    reviewed: 2026-11-22\n    approved: {general: "
                "M, ckd: M}\n"
            ),
        ),
        (
            (
                "review:\n  status: draft\n  approved:\n    general: 0123456789abcdef\n    ckd: "
                "0123456789abcdef\n  # last\n"
            ),
            (
                "review:\n  status: approved\n  approved: {general: M, ckd: M}\n  reviewer: A. "
                "Nurse\n  reviewed: 2026-11-22\n  due: 2027-11-22\n  # last\n"
            ),
        ),
    ],
)
@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_only_the_review_changes(workspace: Make, before: str, after: str, line_end: str) -> None:
    """Comments, order, layout, line ends and byte order mark stay, in every form of the block."""
    clinic = workspace()
    text = "\ufeff# A remark\n" + TINY.replace(REVIEW, before)
    path = clinic.root / "content" / "handouts" / "tiny.yaml"
    path.write_bytes(text.replace("\n", line_end).encode())
    written = re.sub(MARK, "M", approved(clinic))
    assert written == ("\ufeff# A remark\n" + TINY.replace(REVIEW, after)).replace("\n", line_end)


def test_a_review_at_the_end_of_a_file_without_a_last_line_break(workspace: Make) -> None:
    """The new lines get line ends of their own."""
    clinic = workspace(
        {"content/handouts/tiny.yaml": TINY.replace(REVIEW, "") + "review:\n  status: draft"}
    )
    assert re.sub(MARK, "M", approved(clinic)).endswith(
        "review:\n  status: approved\n  reviewer: A. Nurse\n  reviewed: 2026-11-22\n  due: "
        "2027-11-22\n  approved: {general: M, ckd: M}"
    )


@pytest.mark.parametrize(
    "name",
    [
        "Dr. A. Example, RN",
        "O'Neil: chief",
        'The "desk"',
        "null",
        "Zoë Łuk",
        "# one",
        "- two",
        "Yes",
    ],
)
def test_any_name_is_written_so_that_it_reads_the_same(workspace: Make, name: str) -> None:
    """A name never becomes YAML."""
    clinic = workspace()
    path = clinic.root / "content" / "handouts" / "tiny.yaml"
    approved(clinic, name)
    assert (
        validate_handout(
            path.read_bytes(), path, clinic, load_shared(clinic)
        ).handout.review.reviewer
        == name
    )


def test_every_style_of_the_shipped_handout_stays(builtin: Workspace) -> None:
    """Only one line of the shipped file, of some 500 lines, changes."""
    raw = (builtin.root / "content" / "handouts" / "leg-cramps.yaml").read_bytes()
    edited = with_values(
        raw, "leg-cramps.yaml", "review", {"status": "approved", "reviewer": "A. Nurse"}
    )
    pairs = list(zip(raw.split(b"\n"), edited.split(b"\n"), strict=True))
    assert len(pairs) > 100
    assert [new for old, new in pairs if old != new] == [
        b"review: {status: approved, reviewer: A. Nurse, reviewed: null, due: 2027-11-01}"
    ]


def test_what_was_approved_stays_approved_until_a_word_changes(workspace: Make) -> None:
    """Comments, layout and version date change nothing.

    A changed word makes the text of its readers, and only theirs, a draft.
    """
    clinic = workspace()
    approved(clinic)
    change(clinic, "message: One message.", "# a remark\nmessage: >-\n  One\n  message.")
    change(clinic, "version: 2026-11-22", "version: 2026-11-23")
    assert problems(clinic, release=True) == ()
    change(clinic, "For kidneys here.", "For kidneys there.")
    (problem,) = problems(clinic)
    assert (
        problem.message
        == "the text for ckd has changed since it was approved on 2026-11-22: it counts as a draft"
    )
    assert problem.hint == 'Have it read again, then type: teachback approve tiny --by "NAME"'
    assert problem.severity is Severity.WARNING
    assert [p.severity for p in problems(clinic, release=True)] == [Severity.ERROR]
    assert problems(clinic, release=True, audiences=("general",)) == ()
    rows, _ = handout_rows(clinic)
    assert {row["review"] for row in rows if row["id"] == "tiny"} == {
        "draft: changed since it was approved (ckd)"
    }


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("One message.", "Another message."),
        ("tier: now", "tier: today"),
        ("text: Chest pain}", "text: Chest pain, why: It may be bad.}"),
        ("text: Chest pain}", "text: Chest pain, sources: [merck-cramps]}"),
        ("title: When to get help", "title: When to call"),
        ("title: What is this?", "title: What is that?"),
        (
            "card: {title: When to get help}",
            "card: {title: When to get help, lines: [{label: Name}]}",
        ),
        ("sections:\n", "sections:\n  - {id: new, title: New, blocks: [{contact: [phone]}]}\n"),
        ("purpose: Show the least that a handout can be", "purpose: Show more"),
    ],
)
def test_all_that_a_reader_gets_is_in_the_hash(workspace: Make, old: str, new: str) -> None:
    """Any change of texts, tiers, reasons, sources, card, headings or boxes ends an approval."""
    clinic = workspace()
    approved(clinic)
    assert problems(clinic) == ()
    change(clinic, old, new)
    assert any("has changed since it was approved" in p.message for p in problems(clinic))


def test_the_same_text_has_the_same_hash_in_every_version_of_the_program(workspace: Make) -> None:
    """Otherwise an update of the program would end every approval."""
    clinic = workspace()
    assert f", {TINY_APPROVED}}}" in approved(clinic)


def test_the_picture_itself_is_in_the_hash(workspace: Make) -> None:
    """Another picture under the same name counts as another text."""
    svg = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 10 10"><path d="M0 0h{}v9z"/></svg>'
    handout = TINY + "      - {figure: images/leg.svg, alt: A leg}\n"
    clinic = workspace(
        {"content/handouts/tiny.yaml": handout, "content/images/leg.svg": svg.format(5)}
    )
    approved(clinic)
    assert problems(clinic) == ()
    (clinic.root / "content" / "images" / "leg.svg").write_text(svg.format(6), encoding="utf-8")
    assert len(problems(clinic)) == 1


def test_one_audience_can_be_approved_alone(workspace: Make) -> None:
    """The other audiences stay drafts; --release allows only what is approved."""
    clinic = workspace()
    assert "approved: {ckd: " in approved(clinic, audiences=("ckd",))
    assert problems(clinic) == ()
    assert problems(clinic, release=True, audiences=("ckd",)) == ()
    assert [p.message for p in problems(clinic, release=True)] == [
        "the text for general is a draft: no clinician has approved it"
    ]
    assert re.search(
        rf"approved: \{{general: {MARK}, ckd: {MARK}\}}", approved(clinic, audiences=("general",))
    )
    assert problems(clinic, release=True) == ()


def test_nobodys_approval_is_put_under_another_name(workspace: Make) -> None:
    """An approval by another person or on another day is not carried over.

    Paper names one reviewer and one day.
    """
    clinic = workspace()
    before = approved(clinic, audiences=("ckd",))
    for by, day in (("B. Doctor", TODAY), ("A. Nurse", TODAY + dt.timedelta(days=1))):
        with pytest.raises(
            TeachbackError, match=r"the text for ckd was approved by A\. Nurse on 2026-11-22"
        ):
            approved(clinic, by, day, audiences=("general",))
    assert text_of(clinic) == before
    assert problems(clinic, release=True, audiences=("ckd",)) == ()
    approved(clinic, "B. Doctor")
    assert problems(clinic, release=True) == ()


def test_an_approval_without_a_hash_stands_with_a_warning(workspace: Make) -> None:
    """A review written by hand, without a hash, gets a warning with a hint."""
    clinic = workspace({"content/handouts/tiny.yaml": BY_HAND})
    for release in (False, True):
        (problem,) = problems(clinic, release=release)
        assert problem.severity is Severity.WARNING
        assert (
            problem.message
            == "the handout does not record which text was approved, so later changes would not be noticed"
        )
        assert (
            problem.hint
            == 'The person who approved it should type: teachback approve tiny --by "NAME"'
        )
    rows, _ = handout_rows(clinic)
    assert {row["review"] for row in rows if row["id"] == "tiny"} == {"approved"}


def test_paper_says_draft_as_soon_as_the_text_has_changed(workspace: Make) -> None:
    """Only the changed page has the draft notice, and --release refuses it."""
    clinic = workspace()
    approved(clinic)
    change(clinic, "For kidneys here.", "For kidneys there.")
    flags = {
        "handouts": ("tiny",),
        "format": ("html",),
        "kind": ("handout",),
        "output": str(clinic.root / "out"),
        "jobs": "1",
    }
    built = build(resolve(flags, clinic), clinic, TODAY)
    assert not built.failed
    pages = {
        o.audience: (clinic.root / "out" / o.file).read_text(encoding="utf-8")
        for o in built.outputs
    }
    assert "no clinician has reviewed this text" in pages["ckd"]
    assert "A. Nurse" not in pages["ckd"]
    assert "Reviewed by A. Nurse" in pages["general"]
    assert "no clinician has reviewed this text" not in pages["general"]
    released = build(resolve({**flags, "release": True}, clinic), clinic, TODAY)
    assert released.failed
    assert released.refused == ("tiny",)


@pytest.mark.parametrize(
    ("handout", "message"),
    [
        (
            TINY.replace("ckd: For kidneys here.", "kdc: For kidneys here."),
            "the audience 'kdc' is not known",
        ),
        (TINY.replace("message: One message.", "message: One {clinic.fax}."), "the placeholder"),
        (TINY.replace("For kidneys here.", "Eat a banana each day."), "high in potassium"),
        (TINY.replace("id: tiny", "id: other"), "the id 'other' differs from the name of the file"),
    ],
)
def test_a_handout_with_errors_is_not_approved(workspace: Make, handout: str, message: str) -> None:
    """A handout that cannot be printed cannot be approved, and its file is unchanged."""
    clinic = workspace({"content/handouts/tiny.yaml": handout})
    with pytest.raises(TeachbackError, match=message):
        approved(clinic)
    assert text_of(clinic) == handout


def test_what_cannot_be_meant_is_refused(workspace: Make) -> None:
    """Unknown names, invalid names, past days and built-in handouts are refused."""
    clinic = workspace()
    with pytest.raises(UsageError, match="no handout 'tyni'"):
        approve("tyni", "A. Nurse", clinic, TODAY, due=None, audiences=())
    with pytest.raises(UsageError, match="is not for 'dialysis'"):
        approve("tiny", "A. Nurse", clinic, TODAY, due=None, audiences=("dialysis",))
    with pytest.raises(UsageError, match="--by is empty"):
        approve("tiny", "  ", clinic, TODAY, due=None, audiences=())
    with pytest.raises(TeachbackError, match="two stars"):
        approve("tiny", "**A. Nurse**", clinic, TODAY, due=None, audiences=())
    with pytest.raises(UsageError, match="is too early for the next review"):
        approve("tiny", "A. Nurse", clinic, TODAY, due=TODAY, audiences=())
    with pytest.raises(TeachbackError, match="comes with the program"):
        approve("leg-cramps", "A. Nurse", clinic, TODAY, due=None, audiences=())
    assert text_of(clinic) == TINY


def test_the_next_review_is_due_in_a_year() -> None:
    """February 29 becomes February 28."""
    assert a_year_after(dt.date(2026, 11, 22)) == dt.date(2027, 11, 22)
    assert a_year_after(dt.date(2028, 2, 29)) == dt.date(2029, 2, 28)


def test_the_command_shows_what_it_wrote(
    workspace: Make, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The command prints the written lines with their numbers, and needs a typed name."""
    clinic = workspace()
    monkeypatch.chdir(clinic.root)
    assert run(["approve", "tiny", "--due", "2031-05-01"]) == 2
    assert "--by" in capsys.readouterr().err
    assert run(["approve", "tiny", "--by", "A. Nurse", "--due", "2031-05-01"]) == 0
    out = capsys.readouterr().out
    line = next(line for line in text_of(clinic).split("\n") if line.startswith("review:"))
    assert f"content/handouts/tiny.yaml:8: {line}" in out
    assert "due: 2031-05-01" in line
    assert run(["approve", "tiny", "--by", "B. Doctor", "--audience", "ckd", "--json"]) == 1
    assert (
        "was approved by A. Nurse" in json.loads(capsys.readouterr().out)["problems"][0]["message"]
    )
    assert run(["approve", "tiny", "--by", "B. Doctor", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["review"]["reviewer"] == "B. Doctor"
    assert run(["approve", "tiny", "--by", "A. Nurse", "--due", "soon"]) == 2


@pytest.mark.parametrize("days", [-1, 0, 1, 2, 400])
def test_a_review_of_tomorrow_has_taken_place_where_clocks_are_ahead(
    days: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A clinic and its print shop may be in time zones with different dates.

    `check`, `build` and `build --release` agree.
    """
    is_future = days > 1
    reviewed = TODAY + dt.timedelta(days=days)
    review = (
        f"{{status: approved, reviewer: A. Nurse, reviewed: {reviewed}, due: "
        f"2029-01-01, {TINY_APPROVED}}}"
    )
    text = TINY.replace("{status: draft, reviewer: null, reviewed: null, due: null}", review)
    root = tmp_path / "clinic"
    (root / "content/handouts").mkdir(parents=True)
    (root / "content/handouts/tiny.yaml").write_text(text, encoding="utf-8")
    monkeypatch.chdir(root)
    for module in ("cli.app.today", "cli.review_commands.today"):
        monkeypatch.setattr(f"teachback.{module}", lambda: TODAY)
    printing = "build tiny --kind card --audience ckd --format html"
    for command, failed in {
        "check tiny": False,
        printing: False,
        f"{printing} --release": is_future,
    }.items():
        code = run(command.split())
        is_reported = "has not taken place yet" in capsys.readouterr().err
        assert (is_reported, code) == (is_future, int(failed)), command
