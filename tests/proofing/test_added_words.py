"""Test that a clinic's own templates add no words to pages for staff."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import pytest
from settings_from_flags import resolve
from short_report import without_questions
from tiny_handout import TINY

from teachback.checking.checker import check
from teachback.commands.calibrate import calibrate
from teachback.commands.diff import compared, write_page
from teachback.commands.review_report import write_reports
from teachback.content.workspace_content import load_shared
from teachback.errors import TeachbackError
from teachback.merge.stamping.cover_page import cover_template
from teachback.printing.design import open_design
from teachback.units import Paper

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from teachback.files.workspace import Workspace

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("one_process")]

HANDOUT = "content/handouts/tiny.yaml"


def _report(clinic: Workspace, folder: Path, form: str) -> None:
    path = folder / f"sheet.{form}"
    day = dt.date(2026, 11, 22)
    write_reports(check(("tiny",), (), clinic, day), (path,), clinic, day, None, Paper.LETTER)


def _diff(clinic: Workspace, folder: Path, _: str) -> None:
    comparison, names = compared("tiny", ("general", "ckd"), clinic)
    write_page(comparison, names, clinic, folder / "sheet.html")


def _calibrate(clinic: Workspace, folder: Path, _: str) -> None:
    calibrate(resolve({"output": folder}, clinic), clinic)


def _cover(clinic: Workspace, folder: Path, _: str) -> None:
    shared, design = load_shared(clinic), open_design(clinic)
    cover = cover_template(shared.words["en"], shared.clinic, "en", Paper.LETTER.box, design)
    folder.mkdir()
    (folder / "cover").write_text(f"{cover.pages} page", encoding="utf-8")


PAGES = {
    "report.html": (_report, "html", "<h1>Sheet to sign</h1>"),
    "report.html as a PDF": (_report, "pdf", "<h1>Sheet to sign</h1>"),
    "diff.html": (_diff, "html", "</main>"),
    "calibrate.html": (_calibrate, "pdf", "<h2>{{ side.title }}</h2>"),
    "cover.html": (_cover, "pdf", '<p class="keep">{{ words.cover.keep }}</p>'),
}


@pytest.mark.parametrize(
    ("page", "added", "says", "found"),
    [
        *((page, "<p>Dose: 40 mg</p>", "Dose: 40 mg", True) for page in PAGES),
        ("diff.html", "<p>Dose:\n<b>40</b> mg</p>", "Dose: 40 mg", True),
        ("diff.html", "<p>40</p>", "40", True),
        ("diff.html", "<p>&minus;</p>", "\u2212", False),
        ("diff.html", '<p>{{ "%d"|format(8 * 5) }}</p>', "40", False),
        ("diff.html", '<p aria-label="Dose: 40 mg"></p>', "Dose: 40 mg", True),
    ],
)
def test_a_word_number_or_sign_of_a_clinics_template_is_refused(
    page: str,
    added: str,
    says: str,
    found: bool,  # noqa: FBT001 -- a case of the table
    workspace: Callable[..., Workspace],
    tmp_path: Path,
) -> None:
    """A page for staff says what its data and the built-in template say, and nothing else."""
    print_it, form, at = PAGES[page]
    name = f"templates/{page.partition(' ')[0]}"
    plain = (workspace().builtin / name).read_text(encoding="utf-8")
    plain = without_questions(plain) if name == "templates/report.html" else plain
    assert at in plain
    changed = plain.replace(at, f"{added}{at}")
    clinic = workspace({HANDOUT: TINY, name: changed})
    with pytest.raises(TeachbackError) as caught:
        print_it(clinic, tmp_path / "out", form)
    problem = caught.value.problems[0]
    assert f"shows '{says}'" in problem.message
    assert not list((tmp_path / "out").glob("*"))
    line = changed[: changed.index(added)].count("\n") + 1 if found else 0
    assert problem.location is not None
    assert (problem.location.file, problem.location.line) == (str(clinic.root / name), line)


def test_each_added_text_is_named_once_however_often_it_is_printed(
    workspace: Callable[..., Workspace], tmp_path: Path
) -> None:
    """A word in each of many rows does not hide another one until the next run."""
    name = "templates/diff.html"
    plain = (workspace().builtin / name).read_text(encoding="utf-8")
    changed = plain.replace("</main>", f"{'<p>Surplus</p>' * 9}<p>Remnant</p></main>")
    with pytest.raises(TeachbackError) as caught:
        _diff(workspace({HANDOUT: TINY, name: changed}), tmp_path / "out", "html")
    shown = [problem.message.split("'")[1] for problem in caught.value.problems]
    assert shown == ["Surplus", "Remnant"]


@pytest.mark.parametrize("page", PAGES)
def test_a_clinics_template_may_lay_a_page_out(
    page: str, workspace: Callable[..., Workspace], tmp_path: Path
) -> None:
    """Other elements around the same words, and words from a clinic's file, are fine."""
    print_it, form, at = PAGES[page]
    name = f"templates/{page.partition(' ')[0]}"
    plain = (workspace().builtin / name).read_text(encoding="utf-8")
    plain = without_questions(plain) if name == "templates/report.html" else plain
    words = (workspace().builtin / "content/words/en.yaml").read_text(encoding="utf-8")
    clinic = workspace(
        {
            HANDOUT: TINY,
            name: plain.replace(at, f"<div>{at}</div>" if at[:2] != "</" else f"<hr>{at}"),
            "content/words/en.yaml": words.replace("What is in this file", "40 mg inside"),
        }
    )
    print_it(clinic, tmp_path / "out", form)
    assert len(list((tmp_path / "out").iterdir())) == 1
