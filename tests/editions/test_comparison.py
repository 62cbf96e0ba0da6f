"""A comparison of two readers is aligned by the file, and shown in columns or on a page."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from typing import TYPE_CHECKING

import pytest
from texts_as_read import reader_texts_of
from tiny_handout import TINY

from teachback.cli.app import run
from teachback.commands.diff import compared, write_page
from teachback.content.loader import load_handout
from teachback.content.workspace_content import load_shared
from teachback.editions.comparison import as_lines, compare, marked_words, summary
from teachback.errors import TeachbackError, UsageError
from teachback.files.page_resources import foreign_loads
from teachback.files.stylesheets import stylesheet_problems
from teachback.files.workspace import Workspace, handout_files
from teachback.printing import process_pool
from teachback.printing.process_limits import Limits

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from teachback.editions.comparison import Comparison

    Make = Callable[..., Workspace]

RICH = (
    TINY.replace(
        "card: {title: When to get help}",
        """\
  - {id: faint, tier: now, card: {general: false, ckd: true}, text: You faint}
  - {id: swelling, tier: today, only: [ckd], text: Fast swelling, why: It may be fluid.}
card:
  title: When to get help
  statements: [{text: I have CKD., only: [ckd]}]""",
    )
    + """\
      - lead: "Each day:"
        list:
          - {text: Drink as you like., only: [general]}
          - {text: Keep to your limit., only: [ckd]}
          - Walk.
      - table:
          columns: [Food, {general: What to do, ckd: Careful}]
          rows:
            - [Bananas, {general: Eat one a day., ckd: Do not eat one a day.}]
      - contact: [phone, {line: dialysis_unit, only: [ckd]}]
      - {notes: 3, only: [general]}
      - Same for all.
""".replace("      - Same for all.", "      - text: Same for all.")
)


def comparison_of(clinic: Workspace, left: str = "general", right: str = "ckd") -> Comparison:
    """Compare two readers of the tiny handout."""
    return compared("tiny", (left, right), clinic)[0]


def told(comparison: Comparison) -> list[tuple[str, str | None, str | None]]:
    """Return every change as its kind and the two texts."""
    changes = [change for block in comparison.blocks for change in block.changes]
    return [
        (c.what, c.left.text if c.left else None, c.right.text if c.right else None)
        for c in changes
    ]


def test_every_difference_is_told_in_reading_order_and_nothing_else(workspace: Make) -> None:
    """Every difference is listed in reading order, and nothing that is the same."""
    comparison = comparison_of(workspace({"content/handouts/tiny.yaml": RICH}))
    assert told(comparison) == [
        ("red flag 'today'", None, "Fast swelling"),
        ("reason of the flag 'Fast swelling'", None, "It may be fluid."),
        ("words on the card", None, "I have CKD."),
        ("red flag 'now' on the card", None, "You faint"),
        ("paragraph", "For everyone here.", "For kidneys here."),
        ("entry", "Drink as you like.", None),
        ("entry", None, "Keep to your limit."),
        ("heading of a column", "What to do", "Careful"),
        ("cell of the row 'Bananas'", "Eat one a day.", "Do not eat one a day."),
        ("line of the contact box", None, "dialysis unit"),
        ("notes", "3 lines to write on", None),
    ]
    assert [block.heading for block in comparison.blocks] == [
        "Red flags",
        "Card",
        "Card",
        *["What is this?"] * 5,
    ]
    # title, message, two flags, the one on the card, the section's heading, the last block
    assert comparison.unchanged == 7
    assert (
        summary(comparison)
        == "11 texts in 8 blocks differ; 7 blocks are the same for general and ckd"
    )


def test_each_side_has_its_own_place_in_the_file(workspace: Make) -> None:
    """File and line lead to the right text."""
    comparison = comparison_of(workspace({"content/handouts/tiny.yaml": RICH}))
    lines = RICH.split("\n")
    checked = 0
    for change in (change for block in comparison.blocks for change in block.changes):
        for side in (change.left, change.right):
            if side is not None and change.what.startswith(
                ("paragraph", "entry", "cell", "red flag 'today'")
            ):
                assert side.place.file.endswith("tiny.yaml")
                assert side.text in lines[side.place.line - 1]
                checked += 1
    assert checked == 7


def test_the_same_reader_twice_differs_in_nothing(workspace: Make) -> None:
    """A comparison that always finds something would fail here."""
    clinic = workspace({"content/handouts/tiny.yaml": RICH})
    shared = load_shared(clinic)
    authored = load_handout(handout_files(clinic)["tiny"], clinic, shared)
    _, ckd = reader_texts_of(authored.handout, shared.audiences, shared.clinic.values())
    comparison = compare(authored.handout, ckd.reader, ckd.reader, authored.file.locate)
    assert comparison.blocks == ()
    assert comparison.unchanged > 7
    with pytest.raises(UsageError):
        compared("tiny", ("ckd", "ckd"), clinic)


@pytest.mark.parametrize(
    ("left", "right", "marked"),
    [
        (
            "Eat one a day.",
            "Do not eat one a day.",
            ([("-", "Eat"), ("", "one a day.")], [("+", "Do not eat"), ("", "one a day.")]),
        ),
        ("Drink water.", "Drink water.", ([("", "Drink water.")], [("", "Drink water.")])),
        ("Call us today.", "", ([("-", "Call us today.")], [])),
        (
            "Fluid helps your kidneys.",
            "Ask the team how much.",
            ([("-", "Fluid helps your kidneys.")], [("+", "Ask the team how much.")]),
        ),
        (
            "Some of the people here walk a lot each day",
            "Some of the readers there walk a lot each week",
            (
                [("", "Some of the"), ("-", "people here"), ("", "walk a lot each"), ("-", "day")],
                [
                    ("", "Some of the"),
                    ("+", "readers there"),
                    ("", "walk a lot each"),
                    ("+", "week"),
                ],
            ),
        ),
    ],
)
def test_words_are_compared_one_by_one(
    left: str, right: str, marked: tuple[list[tuple[str, str]], list[tuple[str, str]]]
) -> None:
    """Common words are left plain; two texts with little in common are marked whole."""
    assert tuple(list(side) for side in marked_words(left, right)) == marked


def test_each_change_can_be_read_in_a_terminal(workspace: Make) -> None:
    """With its heading, what it is, each reader's words and their place; without colour."""
    lines = list(as_lines(comparison_of(workspace({"content/handouts/tiny.yaml": RICH}))))
    at = lines.index("  cell of the row 'Bananas'")
    general, ckd = lines[at + 1 : at + 3]
    assert re.fullmatch(r"    general \(.*tiny\.yaml:\d+\): \[-Eat-\] one a day\.", general)
    assert re.fullmatch(r"    ckd \(.*tiny\.yaml:\d+\): \{\+Do not eat\+\} one a day\.", ckd)
    nothing = lines.index("  notes")
    assert lines[nothing + 2] == "    ckd: (nothing)"
    assert "What is this?" in lines[:at]


class Seen(HTMLParser):
    """A parser that collects the words of a page, with ins, del, headings and cells."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.words: dict[str, list[str]] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Record the open elements, and the scope of headings."""
        if tag != "meta":
            self.open.append(tag)
        if tag == "th":
            self.words.setdefault("scope", []).append(dict(attrs).get("scope") or "none")

    def handle_endtag(self, tag: str) -> None:
        """Check that every element ends where it began."""
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        """Record words by the elements that they are in."""
        for tag in {"ins", "del", "h1", "h2", "td"} & set(self.open):
            self.words.setdefault(tag, []).append(data)


def test_the_page_is_closed_and_says_its_marks_aloud(workspace: Make, tmp_path: Path) -> None:
    """The page loads and runs nothing, escapes its text, and has its marks in words and style."""
    clinic = workspace(
        {"content/handouts/tiny.yaml": RICH.replace("Fast swelling,", "Fast swelling & 2 < 3,")}
    )
    comparison, names = compared("tiny", ("general", "ckd"), clinic)
    write_page(comparison, names, clinic, tmp_path / "out" / "diff.html")
    page = (tmp_path / "out" / "diff.html").read_text(encoding="utf-8")
    assert foreign_loads(page, lambda name: name.startswith("data:font/ttf;base64,")) == ()
    assert "<script" not in page
    assert '<html lang="en">' in page
    seen = Seen()
    seen.feed(page)
    assert seen.open == []
    assert set(seen.words["scope"]) == {"col", "row"}
    assert "only for general: " in seen.words["del"]
    assert "only for ckd: " in seen.words["ins"]
    assert "Fast swelling & 2 < 3" in seen.words["ins"]
    assert "Same for all." not in page
    assert re.search(r"ins \{[^}]*font-weight: 700[^}]*underline", page)
    assert re.search(r"del \{[^}]*line-through", page)


def test_the_style_of_the_page_passes_the_checks_of_all_styles(builtin: Workspace) -> None:
    """It passes as the styles for paper do; one that loads from the network does not."""
    files = {f"styles/{path.name}": path for path in (builtin.root / "styles").glob("*.css")}
    css = files["styles/diff-screen.css"].read_text(encoding="utf-8")
    assert len(css) > 500
    assert list(stylesheet_problems(css, "diff-screen.css", files)) == []
    assert list(
        stylesheet_problems(
            css + "p { background: url(https://example.org/a.png) }", "diff-screen.css", files
        )
    )


def test_a_clinics_template_that_runs_wild_ends_in_a_problem(
    workspace: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The page is filled in a worker process, and nothing is written."""
    monkeypatch.setattr(process_pool, "LIMITS", Limits(seconds=1, later=1, grace=1))
    clinic = workspace(
        {
            "templates/diff.html": (
                "{% for n in range(99999) %}{% for m in range(99999) %}{% endfor %}{% endfor "
                "%}x{{ nothing }}"
            )
        }
    )
    comparison, names = compared("tiny", ("general", "ckd"), clinic)
    with pytest.raises(TeachbackError) as caught:
        write_page(comparison, names, clinic, tmp_path / "diff.html")
    assert [problem.message for problem in caught.value.problems] == [
        "making the comparison took more than 1 s of processor time"
    ]
    assert not (tmp_path / "diff.html").exists()


def test_the_command(
    workspace: Make, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The output is columns, JSON or a page; a wrong name gets a hint."""
    clinic = workspace({"content/handouts/tiny.yaml": RICH})
    monkeypatch.chdir(clinic.root)
    monkeypatch.setenv("COLUMNS", "80")
    assert run(["diff", "tiny", "general", "ckd"]) == 0
    out = capsys.readouterr().out
    assert "[-Eat-] one a day." in out
    assert "{+Do not eat+} one a day." in out
    assert "content/handouts/tiny.yaml:" in out
    assert "\x1b" not in out
    assert run(["diff", "tiny", "general", "ckd", "--json"]) == 0
    data = json.loads(capsys.readouterr().out)
    assert data["unchanged_blocks"] == 7
    assert data["blocks"][0]["changes"][0]["general"] is None
    assert run(["diff", "tiny", "general", "ckd", "--html", "out.html"]) == 0
    assert "out.html" in capsys.readouterr().out
    assert (clinic.root / "out.html").is_file()
    assert run(["diff", "tiny", "general", "kdc"]) == 2
    assert "Did you mean 'ckd'?" in capsys.readouterr().err
    with pytest.raises(UsageError):
        compared("tyni", ("general", "ckd"), clinic)
