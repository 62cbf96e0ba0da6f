"""The sheet that people sign: all of each reader's text with its lines, what was found, what has changed, and a PDF for everyone."""

from __future__ import annotations

import datetime as dt
import html
import os
import re
import subprocess
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pypdfium2
import pytest
from tagreader import faults
from tiny import TINY

from teachback import pool
from teachback.approve import approve
from teachback.build import build
from teachback.chart import MOST, WIDTH, bar
from teachback.check import check
from teachback.cli import run
from teachback.confined import Limits
from teachback.content import load_shared, picture_hash
from teachback.earlier import Earlier, Search, approved_before
from teachback.errors import TeachbackError, UsageError
from teachback.passage import Ear
from teachback.report import make_sheet
from teachback.reporting import check_names, write_reports
from teachback.settings import resolve
from teachback.since import changes
from teachback.units import Paper
from teachback.workspace import Workspace, handout_files

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from teachback.compare import Change
    from teachback.report import Sheet

    Make = Callable[..., Workspace]

TODAY = dt.date(2026, 11, 22)
FILE = "content/handouts/tiny.yaml"
ACCEPT = "accept: [{rule: plain-no-teach-back, reason: It is too short for that., by: A. Nurse}]\n"


def page(clinic: Workspace, folder: Path, archive: Path | None = None, name: str = "review.html") -> bytes:
    """Check all handouts of a clinic and give the report's bytes."""
    write_reports(check(("tiny",), (), clinic, TODAY), (folder / name,), clinic, TODAY, archive, Paper.LETTER)
    return (folder / name).read_bytes()


def words(data: bytes) -> str:
    """Give the words of a page, without its tags and styles, white space folded."""
    text = re.sub(r"<style>.*?</style>", " ", data.decode(), flags=re.DOTALL)
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", text)).split())


def sheet(clinic: Workspace, search: Search | None = None) -> Sheet:
    """Give the sheet of the tiny handout."""
    checkup = check(("tiny",), (), clinic, TODAY)
    return make_sheet(checkup.handouts[0], load_shared(clinic), checkup.rules.vocabulary, search or Search({}, ()), picture_hash(clinic))


def since(before: str, after: str, workspace: Make, audience: str = "general") -> tuple[Change, ...]:
    """Give what has changed for a reader between two versions of the tiny handout."""
    found = []
    for text in (before, after):
        clinic = workspace({FILE: text})
        authored = check(("tiny",), (), clinic, TODAY).handouts[0].authored
        assert authored is not None
        found.append((authored.handout, authored.file.locate))
    shared = load_shared(clinic)
    return changes(found[0], found[1], Ear(shared.audiences.lineage(audience), shared.clinic.values()))


def test_every_word_of_every_reader_stands_there_with_its_line(builtin: Workspace, tmp_path: Path) -> None:
    """The meeting reads all of it, and can name any line."""
    checkup = check((), (), builtin, TODAY)
    write_reports(checkup, (tmp_path / "review.html",), builtin, TODAY, None, Paper.LETTER)
    text = words((tmp_path / "review.html").read_bytes())
    [checked] = checkup.handouts
    assert checked.authored is not None
    assert set(checked.heard) == {"general", "ckd", "dialysis"}
    for heard in checked.heard.values():
        assert len(heard.passages) > 50
        for passage in heard.passages:
            line = checked.authored.file.locate(passage.path).line
            said = re.escape(" ".join(passage.text.split()))
            if passage.role != "heading":
                assert re.search(rf"\b{line} (?:[^.:?]+: )?{said}", text), passage.text
            else:
                assert re.search(said, text), passage.text


def test_it_lists_what_was_found_and_what_was_accepted_with_reason_and_name(workspace: Make) -> None:
    """Both have a number, and the number stands beside the line that it is about."""
    clinic = workspace({FILE: TINY.replace("For kidneys here.", "Eat a banana each day.") + ACCEPT})
    made = sheet(clinic)
    [error] = [one for one in made.findings if one.problem.rule == "ckd-potassium-food"]
    [accepted] = made.accepted
    assert (accepted.waived.accepted.reason, accepted.waived.accepted.by) == ("It is too short for that.", "A. Nurse")
    [ckd] = [edition for edition in made.editions if edition.audience == "ckd"]
    [line] = [line for _, group in ckd.text for line in group if line.text == "Eat a banana each day."]
    assert (line.line, line.numbers) == (16, (error.number,))
    assert made.count("error") == 1


def test_it_asks_what_only_a_person_can_answer(workspace: Make, tmp_path: Path) -> None:
    """Each open question has boxes to tick; nowhere is anything added up or called a score."""
    data = page(workspace(), tmp_path)
    made = sheet(workspace())
    open_ = [question for question in made.questions if question.asked.answer is None]
    assert len(open_) >= 10
    text = words(data)
    for question in open_:
        assert html.unescape(question.asked.question) in text
    part = data.decode().split('id="tiny-asked"')[1].split("Answered from the file")[0]
    assert part.count('class="box"') == 2 * len(open_)
    assert "score" not in text.lower()


@pytest.mark.parametrize("claim", ["is safe", "are safe", "clinically checked", "no risk", "clinically reviewed", "compliant"])
def test_it_claims_nothing(claim: str, workspace: Make, tmp_path: Path) -> None:
    """Whoever holds it must not take it for a verdict; what it says instead stands at its top."""
    text = words(page(workspace(), tmp_path)).lower()
    assert claim not in text
    assert "a clinician must read the text" in text


def test_its_pdf_passes_the_validators_and_says_what_the_page_says(builtin: Workspace, tmp_path: Path) -> None:
    """It is made for everybody in the meeting, who reads with ears included."""
    checkup = check((), ("ckd",), builtin, TODAY)
    write_reports(checkup, (tmp_path / "review.pdf",), builtin, TODAY, None, Paper.A4)
    data = (tmp_path / "review.pdf").read_bytes()
    assert faults(data) == []
    with pypdfium2.PdfDocument(data) as document:
        sizes = {tuple(round(side) for side in leaf.get_size()) for leaf in document}
        text = " ".join(" ".join(leaf.get_textpage().get_text_bounded().replace("\ufffe", "").split()) for leaf in document)
    assert sizes == {(595, 842)}
    found = [passage.text for heard in checkup.handouts[0].heard.values() for passage in heard.passages]
    assert len(found) > 50
    squeezed = re.sub(r"\s", "", text)
    assert [said for said in found if re.sub(r"\s", "", said) not in squeezed] == []


def test_markup_in_a_text_stays_text(workspace: Make, tmp_path: Path) -> None:
    """A handout cannot write into the page around it."""
    clinic = workspace({FILE: TINY.replace("One message.", "Call & ask, 5 < 6.")})
    data = page(clinic, tmp_path).decode()
    assert "Call &amp; ask, 5 &lt; 6." in data
    assert "5 < 6" not in data


def test_a_handout_that_cannot_be_read_is_named(workspace: Make, tmp_path: Path) -> None:
    """It is not simply missing from the sheet."""
    text = words(page(workspace({FILE: TINY.replace("audiences: [general, ckd]", "audiences: [nobody]")}), tmp_path))
    assert "tiny: cannot be read" in text
    assert "the audience 'nobody' is not known" in text


def test_a_language_without_a_formula_is_told_as_not_scored(workspace: Make, tmp_path: Path) -> None:
    """No bar is drawn for it."""
    spanish = TINY.replace("language: en", "language: es")
    words_es = (
        (workspace().builtin / "content" / "words" / "en.yaml")
        .read_text(encoding="utf-8")
        .replace("language: English", "language: Spanish")
    )
    audiences = (
        (workspace().builtin / "content" / "audiences.yaml")
        .read_text(encoding="utf-8")
        .replace("    en: For", "    es: Para usted\n    en: For")
    )
    assert audiences.count("es: Para usted") > 1
    clinic = workspace({FILE: spanish, "content/words/es.yaml": words_es, "content/audiences.yaml": audiences})
    data = page(clinic, tmp_path)
    assert "not scored: no formula for the language 'es'" in words(data)
    assert b"<svg" not in data


def test_a_template_of_the_clinic_without_an_end_is_stopped(workspace: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It ends in a problem, and nothing is written."""
    monkeypatch.setattr(pool, "LIMITS", Limits(seconds=0.5, later=0.5, grace=1))
    clinic = workspace({"templates/report.html": "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}"})
    with pytest.raises(TeachbackError) as caught:
        page(clinic, tmp_path)
    assert caught.value.problems
    assert list(tmp_path.glob("review*")) == []


def test_a_name_that_says_no_form_is_refused_before_anything_is_checked(tmp_path: Path) -> None:
    """The ending says what is wanted."""
    with pytest.raises(UsageError) as caught:
        check_names((tmp_path / "review.docx", tmp_path / "review.pdf"))
    [problem] = caught.value.problems
    assert "review.docx" in problem.message
    assert problem.hint


def test_the_command_writes_both_forms(
    workspace: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """`check --report a.html --report b.pdf`, and the names of both are told."""
    monkeypatch.chdir(workspace().root)
    code = run(["check", "tiny", "--report", str(tmp_path / "a.html"), "--report", str(tmp_path / "b.pdf")])
    assert code == 0
    assert (tmp_path / "a.html").read_bytes().startswith(b"<!doctype html>")
    assert (tmp_path / "b.pdf").read_bytes().startswith(b"%PDF-")
    said = capsys.readouterr().out
    assert "a.html" in said
    assert "b.pdf" in said


# What has changed since it was approved


def test_an_approval_in_the_archive_is_found(workspace: Make, tmp_path: Path) -> None:
    """The newest that was approved counts, with who approved it; the text is compared with what was kept."""
    clinic = workspace()
    archive = tmp_path / "archive"
    approve("tiny", "A. Nurse", clinic, TODAY, due=None, audiences=())
    built = build(resolve({"archive": str(archive), "output": str(tmp_path / "out"), "forms": ("html",)}, {}, clinic), clinic, TODAY)
    assert not built.failed
    path = clinic.root / FILE
    path.write_text(path.read_text(encoding="utf-8").replace("One message.", "Another message."), encoding="utf-8")
    text = words(page(clinic, tmp_path, archive))
    assert "Against the text that was approved by A. Nurse on 2026-11-22 (the archive, edition T-" in text
    assert re.search(r"message .*One.* message\. .*Another", text)


def test_an_approval_in_git_is_found(workspace: Make, tmp_path: Path) -> None:
    """Where no archive has one, the last commit in which the text stood approved counts."""
    clinic = workspace()
    git(clinic, "init", "-q")
    approve("tiny", "A. Nurse", clinic, TODAY, due=None, audiences=("ckd",))
    commit(clinic)
    path = clinic.root / FILE
    path.write_text(path.read_text(encoding="utf-8").replace("For kidneys here.", "For kidneys there."), encoding="utf-8")
    commit(clinic)
    authored = check(("tiny",), (), clinic, TODAY).handouts[0].authored
    assert authored is not None
    search = approved_before(authored, handout_files(clinic)["tiny"], clinic, load_shared(clinic), None)
    assert list(search.found) == ["ckd"]
    assert search.looked == ("there is no archive", "git's history of the file")
    assert re.fullmatch(r"git, commit [0-9a-f]{10} of \d{4}-\d\d-\d\d", search.found["ckd"].where)
    text = words(page(clinic, tmp_path))
    assert "No version that was approved was found for general." in text
    assert "Against the text that was approved by A. Nurse on 2026-11-22 (git, commit" in text


def test_a_repository_cannot_start_a_program_of_its_own(workspace: Make, tmp_path: Path) -> None:
    """Git is asked for bytes only: what a folder's settings name is not run."""
    clinic = workspace()
    git(clinic, "init", "-q")
    commit(clinic)
    trap = tmp_path / "started"
    for key in ("core.fsmonitor", "core.pager", "gpg.program", "diff.external", "core.editor", "credential.helper", "core.sshCommand"):
        git(clinic, "config", key, f"touch {trap}")
    git(clinic, "config", "log.showSignature", "true")
    git(clinic, "config", "diff.x.textconv", f"touch {trap} #")
    (clinic.root / ".gitattributes").write_text("*.yaml diff=x filter=x\n", encoding="utf-8")
    git(clinic, "config", "filter.x.smudge", f"touch {trap}")
    page(clinic, tmp_path)
    assert not trap.exists()


def test_a_broken_archive_is_told(workspace: Make, tmp_path: Path) -> None:
    """It is not taken for one in which nothing was approved."""
    (tmp_path / "archive").mkdir()
    (tmp_path / "archive" / "journal.jsonl").mkdir()
    text = words(page(workspace(), tmp_path, tmp_path / "archive"))
    assert "cannot be read" in text


def test_a_text_that_is_as_it_was_approved_is_said_so(workspace: Make) -> None:
    """An empty list would leave it open whether anybody looked."""
    clinic = workspace()
    authored = check(("tiny",), (), clinic, TODAY).handouts[0].authored
    assert authored is not None
    made = sheet(clinic, Search({"ckd": Earlier(authored, "somewhere", "A. Nurse", "2026-11-01")}, ()))
    assert {one.audience: one.changes for one in made.since} == {"general": None, "ckd": ()}


@pytest.mark.parametrize(
    ("old", "new", "what", "left", "right"),
    [
        ("One message.", "One good message.", "message", "One message.", "One good message."),
        ("tier: now", "tier: today", "was red flag 'now', is red flag 'today'", "Chest pain", "Chest pain"),
        ("      - text: {general", "      - text: A new first line.\n      - text: {general", "paragraph", None, "A new first line."),
        ("For everyone here.", "Entirely different words now", "paragraph", "For everyone here.", None),
    ],
)
def test_a_change_is_told_by_words_and_kind(old: str, new: str, what: str, left: str | None, right: str | None, workspace: Make) -> None:
    """Reworded, moved to another tier, added, or replaced by something else: each shows, and nothing else does."""
    plain = TINY.replace("card: true, ", "").replace("card: {title: When to get help}\n", "")
    found = since(plain, plain.replace(old, new), workspace)
    assert (what, left, right) in [(c.what, c.left.text if c.left else None, c.right.text if c.right else None) for c in found]
    assert len(found) == (2 if new.startswith("Entirely") else 1)


def test_what_only_another_reader_gets_is_no_change(workspace: Make) -> None:
    """Each reader's text is compared by itself."""
    assert since(TINY, TINY.replace("For kidneys here.", "For kidneys there."), workspace) == ()


# The bars


def test_a_bar_is_as_long_as_its_grade_and_hatched_beyond_the_target() -> None:
    """Half of the greatest grade fills half of the width."""
    inside, over = (ET.fromstring(bar(value, 6, "words")) for value in (MOST / 2 - 2, MOST / 2))  # noqa: S314 -- our own drawing
    widths = [[float(rect.get("width", 0)) for rect in drawing.iter("{http://www.w3.org/2000/svg}rect")] for drawing in (inside, over)]
    assert widths[0] == pytest.approx([WIDTH, (MOST / 2 - 2) / MOST * WIDTH], abs=0.01)
    assert widths[1] == pytest.approx([WIDTH, 6 / MOST * WIDTH, WIDTH / 2 - 6 / MOST * WIDTH], abs=0.01)
    assert over.findtext("{http://www.w3.org/2000/svg}title") == "words"


def test_a_grade_beyond_the_scale_stays_inside_the_bar() -> None:
    """And so does one below it."""
    for value in (-3.0, 40.0):
        drawing = ET.fromstring(bar(value, 5, "a < b"))  # noqa: S314 -- our own drawing
        ends = [float(rect.get("x", 0)) + float(rect.get("width", 0)) for rect in drawing.iter("{http://www.w3.org/2000/svg}rect")]
        assert max(ends) <= WIDTH + 0.01
        assert min(ends) >= 0


def git(clinic: Workspace, *args: str) -> None:
    """Run git in a clinic's folder, with a name of no one's."""
    env = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
    for role in ("AUTHOR", "COMMITTER"):
        env |= {f"GIT_{role}_NAME": "nobody", f"GIT_{role}_EMAIL": "nobody@invalid", f"GIT_{role}_DATE": "2026-11-22T00:00:00Z"}
    subprocess.run(["git", *args], cwd=clinic.root, env=env, check=True, capture_output=True)


def commit(clinic: Workspace) -> None:
    """Commit all there is."""
    git(clinic, "add", "-A")
    git(clinic, "commit", "-q", "-m", "a version")
