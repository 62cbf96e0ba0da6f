"""Test the review sheet: each reader's text with its lines, findings, changes, and the PDF."""

from __future__ import annotations

import datetime as dt
import html
import json
import re
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pikepdf
import pypdfium2
import pytest
from languages import language_files
from one_process import in_one_process
from pdf_tags import faults
from settings_from_flags import resolve
from short_report import without_questions
from tiny_handout import TINY
from translated_tiny import SPANISH_TINY, TRANSLATION

from teachback.archive.previous_approval import ApprovedVersion, Search
from teachback.checking.checker import check
from teachback.checking.review_sheet import make_sheet
from teachback.cli.app import run
from teachback.commands.approve import approve
from teachback.commands.build import build
from teachback.commands.charts import MOST as SCALE
from teachback.commands.charts import WIDTH, bar
from teachback.commands.review_report import MOST, write_reports
from teachback.commands.staff_sheet import FORMS
from teachback.content.handout_loader import picture_hash
from teachback.content.workspace_content import load_shared
from teachback.editions.passages import ReaderContext
from teachback.editions.version_changes import changes
from teachback.errors import TeachbackError, UsageError
from teachback.files.workspace import Workspace, check_target
from teachback.printing import process_pool
from teachback.printing.process_limits import Limits
from teachback.units import Paper

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from teachback.checking.checker import CheckResult
    from teachback.checking.review_sheet import HandoutReport
    from teachback.editions.comparison import Change

    Make = Callable[..., Workspace]

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def _in_one_process(request: pytest.FixtureRequest) -> None:
    """Make reports in this process where a test is not about the limits of another."""
    if "without_an_end" not in request.node.name:
        request.getfixturevalue("one_process")


TODAY = dt.date(2026, 11, 22)
FILE = "content/handouts/tiny.yaml"
ACCEPT = "accept: [{rule: plain-no-teach-back, reason: It is too short for that., by: A. Nurse}]\n"


def page(
    clinic: Workspace, folder: Path, archive: Path | None = None, name: str = "review.html"
) -> bytes:
    """Check all handouts of a clinic and return the bytes of the report."""
    write_reports(
        check(("tiny",), (), clinic, TODAY), (folder / name,), clinic, TODAY, archive, Paper.LETTER
    )
    return (folder / name).read_bytes()


def words(data: bytes) -> str:
    """Return the words of a page without tags and styles, with folded white space."""
    text = re.sub(r"<style>.*?</style>", " ", data.decode(), flags=re.DOTALL)
    text = re.sub(r"</?(?:strong|bdi|a)\b[^>]*>", "", text)
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", text)).split())


def sheet(clinic: Workspace, search: Search | None = None) -> HandoutReport:
    """Return the sheet of the tiny handout."""
    checkup = check(("tiny",), (), clinic, TODAY)
    return make_sheet(
        checkup.handouts[0],
        load_shared(clinic),
        checkup.rules.vocabulary,
        search or Search({}, ""),
        picture_hash(clinic),
    )


def since(
    before: str, after: str, workspace: Make, audience: str = "general"
) -> tuple[Change, ...]:
    """Return a reader's changes between two versions of the tiny handout."""
    found = []
    for text in (before, after):
        clinic = workspace({FILE: text})
        authored = check(("tiny",), (), clinic, TODAY).handouts[0].authored
        assert authored is not None
        found.append((authored.handout, authored.file.locate))
    shared = load_shared(clinic)
    return changes(
        found[0],
        found[1],
        ReaderContext(shared.audiences.lineage(audience), shared.clinic.values()),
    )


@pytest.fixture(scope="module")
def shipped(builtin: Workspace) -> CheckResult:
    """Check the shipped handout for its three readers once."""
    return check(("leg-cramps",), (), builtin, TODAY)


def test_every_word_of_every_reader_stands_there_with_its_line(
    builtin: Workspace, shipped: CheckResult, tmp_path: Path
) -> None:
    """With --full, a meeting can read all of it, and name any line; a table's row is one line."""
    write_reports(
        shipped, (tmp_path / "review.html",), builtin, TODAY, None, Paper.LETTER, full=True
    )
    text = words((tmp_path / "review.html").read_bytes())
    [checked] = shipped.handouts
    assert checked.authored is not None
    assert set(checked.reader_texts) == {"general", "ckd", "dialysis"}
    for reader_text in checked.reader_texts.values():
        assert len(reader_text.passages) > 50
        for passage in reader_text.passages:
            line = checked.authored.file.locate(passage.path).line
            said = re.escape(" ".join(passage.text.split()))
            bare = passage.role in {"heading", "cell", "column"}
            at = "" if bare else rf"\b{line} (?:[^:]+: )?"
            assert re.search(at + said, text) or passage.role == "short", passage.text


@pytest.fixture(scope="module")
def three(
    builtin: Workspace, shipped: CheckResult, tmp_path_factory: pytest.TempPathFactory
) -> bytes:
    """Make the sheet of the shipped handout for its three readers, on A4."""
    file = tmp_path_factory.mktemp("three") / "review.pdf"
    with in_one_process():
        write_reports(shipped, (file,), builtin, TODAY, None, Paper.A4)
    return file.read_bytes()


def leaves(data: bytes) -> list[str]:
    """Return the text of each page of a PDF."""
    with pypdfium2.PdfDocument(data) as document:
        return [leaf.get_textpage().get_text_bounded() for leaf in document]


def test_the_sheet_of_three_readers_has_at_most_ten_pages(three: bytes) -> None:
    """A meeting decides first, reads one text whole, and of the others only what differs."""
    pages = leaves(three)
    assert 5 < len(pages) <= 10
    text = " ".join(pages)
    parts = [
        "Names and signatures", "What was found", "What was accepted",
        "Red flags that a reader does not get", "Questions that only a person can answer",
        "The text for ckd", "What the other readers get instead",
        "general: People without known kidney disease", "dialysis: People with CKD who are on",
    ]  # fmt: skip
    assert [text.find(part) for part in parts] == sorted(text.index(part) for part in parts)


def test_another_reader_has_only_what_differs(workspace: Make) -> None:
    """It names the line that each difference replaces, and the lines left out."""
    more = TINY.replace(
        "card: {title", "  - {id: x, tier: now, only: [ckd], text: Fits}\ncard: {title"
    )
    made = sheet(workspace({FILE: more}))
    assert made.whole == "general"
    [other] = made.others
    assert other.audience == "ckd"
    found = [
        (one.what, " ".join(text for _, text in one.runs))
        for _, differences, _ in other.parts
        for one in differences
    ]
    assert found == [
        ("red flag 'now'", "Fits"),
        ("paragraph, in place of line 17", "For kidneys here."),
    ]


def test_it_lists_what_was_found_and_what_was_accepted_with_reason_and_name(
    workspace: Make,
) -> None:
    """Both have a number, which is also beside the line that they are about."""
    clinic = workspace({FILE: TINY.replace("For kidneys here.", "Eat a banana each day.") + ACCEPT})
    made = sheet(clinic)
    [error] = [one for one in made.findings if one.problem.rule == "ckd-potassium-food"]
    [accepted] = made.accepted
    assert (accepted.waived.accepted.reason, accepted.waived.accepted.by) == (
        "It is too short for that.",
        "A. Nurse",
    )
    [ckd] = [edition for edition in made.editions if edition.audience == "ckd"]
    [line] = [
        line for _, group in ckd.text for line in group if line.text == "Eat a banana each day."
    ]
    assert (line.line, line.numbers) == (16, (error.number,))
    assert made.count("error") == 1


def test_it_asks_what_only_a_person_can_answer(workspace: Make, tmp_path: Path) -> None:
    """Each open question has boxes to tick; nothing is added up or called a score."""
    data = page(workspace(), tmp_path)
    made = sheet(workspace())
    open_ = [question for question in made.questions if question.asked.answer is None]
    assert len(open_) >= 10
    text = words(data)
    for question in open_:
        assert html.unescape(question.asked.question) in text
    part = data.decode().split('id="sheet1-asked"')[1].split("Answered from the file")[0]
    assert part.count('type="checkbox"') == 2 * len(open_)
    assert "score" not in text.lower()


CLAIMS = (
    "is safe",
    "are safe",
    "clinically checked",
    "no risk",
    "clinically reviewed",
    "compliant",
)


def test_it_claims_nothing(workspace: Make, tmp_path: Path) -> None:
    """Nobody must take it for a verdict; the note at the top says what it is."""
    text = words(page(workspace(), tmp_path)).lower()
    assert [claim for claim in CLAIMS if claim in text] == []
    assert "a clinician must read the text" in text


def test_its_pdf_passes_the_validators_and_says_what_the_page_says(
    shipped: CheckResult, three: bytes
) -> None:
    """Everybody in the meeting can read it, including people who use a screen reader."""
    assert faults(three) == []
    with pypdfium2.PdfDocument(three) as document:
        assert {tuple(round(side) for side in leaf.get_size()) for leaf in document} == {(595, 842)}
    found = [
        passage.text
        for passage in shipped.handouts[0].reader_texts["ckd"].passages
        if passage.role != "short"
    ]
    assert len(found) > 50
    # pdfium writes the control character 2 for a hyphen at the end of a line.
    paper_words = re.sub(r"[\s\x02\ufffe-]", "", "".join(leaves(three)))
    assert [said for said in found if re.sub(r"[\s-]", "", said) not in paper_words] == []


NUMBERS = (
    TINY.replace("For everyone here.", "Walk 15 minutes.").replace(
        "For kidneys here.", "Eat a banana each day."
    )
    + ACCEPT
)
SHORT = NUMBERS.replace("text: Chest pain}", "text: Chest pain for 15 minutes, short: Chest pain}")
SPANS = "{{ spans(line.spans) }}"


@pytest.mark.parametrize(
    ("old", "new", "styles", "forms", "lacks"),
    [
        (
            SPANS,
            '{{ spans(line.spans)|replace("15", "50") }}',
            "",
            "html",
            "for 'general' in the right place",
        ),
        (
            SPANS,
            "Never {{ spans(line.spans) }}",
            "",
            "html",
            "for 'general' in the right place",
        ),
        (
            SPANS,
            "{% if line.line != 16 %}{{ spans(line.spans) }}{% endif %}",
            "",
            "html",
            "for 'general' in the right place",
        ),
        (
            "in edition.text %}",
            "in edition.text|reverse %}",
            "",
            "html pdf",
            "for 'general' in the right place",
        ),
        (
            "{% for one in sheet.findings %}",
            "{% for one in sheet.findings[1:] %}",
            "",
            "html",
            "what was found",
        ),
        ("", "", ".row .words { color: #000 }", "", ""),
        ("<ins>{{ text }}</ins>", "<ins>fine</ins>", "", "html", "for 'ckd' in the right"),
        (
            "{% for other in sheet.others %}",
            "{% for other in [] %}",
            "",
            "html",
            "for 'ckd' in the",
        ),
        (
            "{{ one.waived.accepted.reason }}",
            "fine",
            "",
            "html",
            "the reason of what was accepted",
        ),
        ("{{ pair.short.text }}", "Pain", "", "html", "short words of the card"),
        (
            "",
            "",
            ".row:nth-of-type(2) { display: none }",
            "pdf",
            "for 'general' in the right place",
        ),
        ("", "", ".list tr { display: none }", "pdf", "what was found"),
    ],
)
def test_a_sheet_that_does_not_say_what_the_handout_says_is_not_written(
    old: str, new: str, styles: str, forms: str, lacks: str, workspace: Make, tmp_path: Path
) -> None:
    """Signers see what patients get, whatever the clinic's own template and styles do."""
    plain = (workspace().builtin / "templates" / "report.html").read_text(encoding="utf-8")
    plain = without_questions(plain)
    changed = plain.replace(old, new) if old else plain
    clinic = workspace({FILE: SHORT, "templates/report.html": changed, "styles/clinic.css": styles})
    if "html" not in forms:
        page(clinic, tmp_path, name="fine.html")
    if not forms:
        page(clinic, tmp_path, name="fine.pdf")
    for form in forms.split():
        with pytest.raises(TeachbackError) as caught:
            page(clinic, tmp_path, name=f"review.{form}")
        assert lacks in caught.value.problems[0].message
        assert "templates/report.html" in caught.value.problems[0].hint
    assert list(tmp_path.glob("review*")) == []


def test_markup_in_a_text_stays_text(workspace: Make, tmp_path: Path) -> None:
    """A handout cannot write markup into the page around it."""
    clinic = workspace({FILE: TINY.replace("One message.", "Call & ask, 5 < 6.")})
    data = page(clinic, tmp_path).decode()
    assert "Call &amp; ask, 5 &lt; 6." in data
    assert "5 < 6" not in data


def test_a_handout_that_cannot_be_read_is_named(workspace: Make, tmp_path: Path) -> None:
    """It is not silently missing from the sheet."""
    text = words(
        page(
            workspace({FILE: TINY.replace("audiences: [general, ckd]", "audiences: [nobody]")}),
            tmp_path,
        )
    )
    assert "tiny: cannot be read" in text
    assert "the audience 'nobody' is not known" in text


def test_a_language_without_a_formula_is_told_as_not_scored(
    workspace: Make, tmp_path: Path
) -> None:
    """No bar is drawn for it."""
    french = TINY.replace("language: en", "language: fr")
    clinic = workspace({**language_files("fr"), FILE: french})
    data = page(clinic, tmp_path)
    assert "not scored: no formula for the language 'fr'" in words(data)
    assert b"<svg" not in data


def test_the_texts_of_a_handout_are_in_the_font_of_its_language(
    workspace: Make, tmp_path: Path
) -> None:
    """What staff read about them stays in that of English; without the font there is no sheet."""
    said = "\u0416\u0430\u0436\u0434\u0430"
    russian = TINY.replace("language: en", "language: ru").replace("title: ", f"title: {said} ", 1)
    clinic = workspace({FILE: russian})
    page(clinic, tmp_path, name="sheet.pdf")
    with pikepdf.open(tmp_path / "sheet.pdf") as pdf:
        fonts = {
            str(one.BaseFont).partition("+")[2].removesuffix("-Bold")
            for one in pdf.objects
            if isinstance(one, pikepdf.Dictionary) and one.get("/Type") == "/Font"
        }
    assert fonts == {"Atkinson-Hyperlegible", "Noto-Sans"}
    page_of = page(clinic, tmp_path).decode()
    assert f'<h2 lang="ru" dir="ltr">{said}' in page_of
    assert '[lang="ru"] { ' in page_of
    korean = workspace({FILE: TINY.replace("language: en", "language: ko")})
    text = words(page(korean, tmp_path))
    assert "pip install 'teachback[korean]'" in text
    assert "tiny: cannot be read" in text


def test_the_sheet_of_a_translation_has_the_marks_that_approve_writes(
    workspace: Make, tmp_path: Path
) -> None:
    """Its text is the translation, and its last line the command for it."""
    clinic = workspace({TRANSLATION: SPANISH_TINY})
    said = words(page(clinic, tmp_path))
    assert "Para los riñones aquí." in said
    assert "teachback approve tiny --language es --by NAME" in said
    made = approve("tiny", "A", clinic, TODAY, due=None, audiences=(), language="es")
    marks = made.review["approved"]
    assert isinstance(marks, dict)
    assert len(marks) == 2
    assert all(mark in said for mark in marks.values())


def test_a_template_of_the_clinic_without_an_end_is_stopped(
    workspace: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The run ends with a problem, and nothing is written."""
    monkeypatch.setattr(process_pool, "LIMITS", Limits(seconds=0.5, later=0.5, grace=1))
    clinic = workspace(
        {
            "templates/report.html": (
                "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}"
            )
        }
    )
    with pytest.raises(TeachbackError) as caught:
        page(clinic, tmp_path)
    assert caught.value.problems
    assert list(tmp_path.glob("review*")) == []


def test_a_name_that_says_no_form_is_refused_before_anything_is_checked(tmp_path: Path) -> None:
    """The file name's ending selects the format."""
    with pytest.raises(UsageError) as caught:
        check_target(
            tmp_path / "review.docx", tuple(FORMS), Workspace(tmp_path, tmp_path), "--report"
        )
    [problem] = caught.value.problems
    assert "review.docx" in problem.message
    assert problem.hint


def test_the_command_writes_both_forms(
    workspace: Make,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """`check --report a.html --report b.pdf` prints the names of both."""
    monkeypatch.chdir(workspace().root)
    code = run(
        ["check", "tiny", "--report", str(tmp_path / "a.html"), "--report", str(tmp_path / "b.pdf")]
    )
    assert code == 0
    assert (tmp_path / "a.html").read_bytes().startswith(b"<!doctype html>")
    assert (tmp_path / "b.pdf").read_bytes().startswith(b"%PDF-")
    said = capsys.readouterr().out
    assert "a.html" in said
    assert "b.pdf" in said


# Changes since the last approval


def test_an_approval_in_the_archive_is_found(workspace: Make, tmp_path: Path) -> None:
    """The newest approval counts, with its approver; the text is compared with the archived one."""
    clinic = workspace()
    archive = archived(clinic, "A. Nurse", tmp_path)
    path = clinic.root / FILE
    path.write_text(
        path.read_text(encoding="utf-8").replace("One message.", "Another message."),
        encoding="utf-8",
    )
    text = words(page(clinic, tmp_path, archive))
    assert (
        "Against the text that was approved by A. Nurse on 2026-11-22 (the archive, edition T-"
        in text
    )
    assert re.search(r"message .*One.* message\. .*Another", text)


def test_a_broken_archive_is_told(workspace: Make, tmp_path: Path) -> None:
    """It is not mistaken for an archive without approvals."""
    (tmp_path / "archive").mkdir()
    (tmp_path / "archive" / "journal.jsonl").mkdir()
    text = words(page(workspace(), tmp_path, tmp_path / "archive"))
    assert "cannot be read" in text


def test_a_text_that_is_as_it_was_approved_is_said_so(workspace: Make) -> None:
    """An empty list would leave open whether anybody looked."""
    clinic = workspace()
    authored = check(("tiny",), (), clinic, TODAY).handouts[0].authored
    assert authored is not None
    mark = next(edition.mark for edition in sheet(clinic).editions if edition.audience == "ckd")
    made = sheet(
        clinic,
        Search({"ckd": ApprovedVersion(authored, "somewhere", "A. Nurse", "2026-11-01", mark)}, ""),
    )
    assert {one.audience: (one.changes, one.same) for one in made.since} == {
        "general": (None, False),
        "ckd": ((), True),
    }


@pytest.mark.parametrize(
    ("old", "new", "what", "left", "right"),
    [
        ("One message.", "One good message.", "message", "One message.", "One good message."),
        (
            "tier: now",
            "tier: today",
            "was red flag 'now', is red flag 'today'",
            "Chest pain",
            "Chest pain",
        ),
        (
            "      - text: {general",
            "      - text: A new first line.\n      - text: {general",
            "paragraph",
            None,
            "A new first line.",
        ),
        (
            "For everyone here.",
            "Entirely different words now",
            "paragraph",
            "For everyone here.",
            None,
        ),
    ],
)
def test_a_change_is_told_by_words_and_kind(
    old: str, new: str, what: str, left: str | None, right: str | None, workspace: Make
) -> None:
    """Texts that are reworded, moved to another tier, added or replaced show, and no others."""
    plain = TINY.replace("card: true, ", "").replace("card: {title: When to get help}\n", "")
    found = since(plain, plain.replace(old, new), workspace)
    assert (what, left, right) in [
        (c.what, c.left.text if c.left else None, c.right.text if c.right else None) for c in found
    ]
    assert len(found) == (2 if new.startswith("Entirely") else 1)


def test_what_only_another_reader_gets_is_no_change(workspace: Make) -> None:
    """Each reader's text is compared on its own."""
    assert since(TINY, TINY.replace("For kidneys here.", "For kidneys there."), workspace) == ()


FLAGS = "red_flags:\n"
FAINT = "  - {id: faint, tier: today, card: true, text: You faint}\n"
PICTURE = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9">'
    '<path d="M0 0L9 9" stroke="#111"/></svg>'
)
RICH = f"""\
{TINY.replace(FLAGS, FLAGS + FAINT)}      - text: Read [our page](https://example.org/old), and \
**do not** wait.
      - checklist: [Pack your bag]
      - callout: tip
        text: Walk each day.
      - figure: images/a.svg
        alt: A line
"""


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("https://example.org/old", "https://example.org/new"),
        ("**do not**", "do not"),
        ("callout: tip", "callout: example"),
        ("- checklist:", "- steps:"),
        ("today, card: true", "today, card: false"),
    ],
)
def test_what_is_no_word_is_a_change_too(old: str, new: str, workspace: Make) -> None:
    """Link targets, emphasis, kinds of list and flags on the card are part of the fingerprint.

    So they are listed as changes, too.
    """
    pictures = {"content/images/a.svg": PICTURE}
    found = []
    for text in (RICH, RICH.replace(old, new)):
        assert old in RICH
        authored = (
            check(("tiny",), (), workspace({FILE: text, **pictures}), TODAY).handouts[0].authored
        )
        assert authored is not None
        found.append((authored.handout, authored.file.locate))
    assert (
        changes(found[0], found[1], ReaderContext(("general",), {"clinic.emergency": "911"})) != ()
    )


def test_a_changed_picture_is_not_passed_off_as_what_was_approved(
    workspace: Make, tmp_path: Path
) -> None:
    """No word tells of it, but the mark of what was kept does."""
    figure = "      - figure: images/a.svg\n        alt: A cup\n"
    clinic = workspace({FILE: TINY + figure, "content/images/a.svg": PICTURE})
    archive = archived(clinic, "A. Nurse", tmp_path)
    assert "Nothing: the text is the one that was approved by A. Nurse" in words(
        page(clinic, tmp_path, archive)
    )
    (clinic.root / "content/images/a.svg").write_text(
        PICTURE.replace("#111", "#222"), encoding="utf-8"
    )
    text = words(page(clinic, tmp_path, archive))
    assert (
        "No word has changed against what was approved by A. Nurse on 2026-11-22 (the archive, edit"
        in text
    )
    assert "Nothing: the text is the one" not in text


def test_the_latest_approval_counts_wherever_it_is(workspace: Make, tmp_path: Path) -> None:
    """An older one in an archive does not win over the file itself."""
    clinic = workspace()
    archive = archived(clinic, "A. Nurse", tmp_path)
    path = clinic.root / FILE
    path.write_text(
        path.read_text(encoding="utf-8").replace("One message.", "Another message."),
        encoding="utf-8",
    )
    approve("tiny", "B. Nurse", clinic, TODAY, due=None, audiences=())
    text = words(page(clinic, tmp_path, archive))
    assert "Nothing: the text is the one that was approved by B. Nurse" in text
    assert "A. Nurse" not in text


def test_what_was_changed_in_the_archive_is_not_quoted_as_approved(
    workspace: Make, tmp_path: Path
) -> None:
    """Its bytes do not match their hash: it is left out, and the archive is reported as damaged."""
    clinic = workspace()
    archive = archived(clinic, "A. Nurse", tmp_path)
    for kept in (archive / "objects").glob("*/*.yaml"):
        kept.chmod(0o600)
        kept.write_bytes(kept.read_bytes().replace(b"One message.", b"Forged words"))
    path = clinic.root / FILE
    path.write_text(
        path.read_text(encoding="utf-8").replace("One message.", "Another message."),
        encoding="utf-8",
    )
    text = words(page(clinic, tmp_path, archive))
    assert "Forged" not in text
    assert "which is damaged: `teachback verify` says where" in text


def test_each_readers_card_stands_there_as_it_is_printed(workspace: Make) -> None:
    """It has the card's short words, or else the full ones, and only the flags of the card."""
    flags = """\
  - {id: chest, tier: now, card: {general: false, ckd: true}, text: Chest pain, short: Chest}
  - {id: faint, tier: today, card: true, text: You faint}
"""
    clinic = workspace(
        {FILE: TINY.replace("  - {id: chest, tier: now, card: true, text: Chest pain}\n", flags)}
    )
    found = {}
    for edition in sheet(clinic).editions:
        [card] = [group for heading, group in edition.text if heading == "Card"]
        found[edition.audience] = [
            (line.name, line.text) for line in card if "red flag" in line.name
        ]
    faint = ("red flag 'today' on the card", "You faint")
    assert found == {"general": [faint], "ckd": [("red flag 'now' on the card", "Chest"), faint]}


def test_a_reader_without_a_flag_is_listed_with_the_reason(workspace: Make, tmp_path: Path) -> None:
    """Whoever signs must read the reason."""
    silent = (
        "  - {id: swelling, tier: today, only: [ckd], text: Fast swelling, silent_for: "
        "{general: Their kidneys work.}}\ncard: {title"
    )
    text = words(page(workspace({FILE: TINY.replace("card: {title", silent)}), tmp_path))
    assert re.search(r"general \d+ Fast swelling Why not: Their kidneys work\.", text)


def test_a_letter_that_no_font_has_does_not_stop_the_sheet(workspace: Make, tmp_path: Path) -> None:
    """The sheet quotes faulty text; the number of the letter is shown in its place."""
    clinic = workspace({FILE: TINY.replace("One message.", "One \u6f22 message.")})
    data = page(clinic, tmp_path, name="review.pdf")
    with pypdfium2.PdfDocument(data) as document:
        text = " ".join(leaf.get_textpage().get_text_bounded() for leaf in document)
    assert "[U+6F22]" in text


def test_too_many_handouts_for_one_pdf_are_refused_with_what_to_do(
    workspace: Make, tmp_path: Path
) -> None:
    """A page for the screen has no such limit."""
    clinic = workspace(
        {
            f"content/handouts/h{n}.yaml": TINY.replace("id: tiny", f"id: h{n}")
            for n in range(MOST + 1)
        }
    )
    checkup = check((), (), clinic, TODAY)
    with pytest.raises(TeachbackError) as caught:
        write_reports(checkup, (tmp_path / "r.pdf",), clinic, TODAY, None, Paper.LETTER)
    assert str(MOST) in caught.value.problems[0].message
    assert not (tmp_path / "r.pdf").exists()


def test_two_handouts_have_anchors_of_their_own(workspace: Make, tmp_path: Path) -> None:
    """Their anchors differ even if their names are much alike."""
    clinic = workspace({"content/handouts/ti-ny.yaml": TINY.replace("id: tiny", "id: ti-ny")})
    checkup = check(("tiny", "ti-ny"), (), clinic, TODAY)
    write_reports(checkup, (tmp_path / "r.html",), clinic, TODAY, None, Paper.LETTER)
    ids = re.findall(r' id="([^"]+)"', (tmp_path / "r.html").read_text(encoding="utf-8"))
    assert len(ids) > 14
    assert len(set(ids)) == len(ids)


@pytest.mark.parametrize(
    "target",
    ["content/handouts/tiny.yaml", "content/handouts/tiny.sarif", "templates/x.json", ".", ""],
)
def test_a_file_of_the_workspace_is_never_overwritten(
    target: str,
    workspace: Make,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Output files must be outside the workspace, with the ending of their kind."""
    clinic = workspace()
    monkeypatch.chdir(clinic.root)
    assert run(["check", "tiny", "--sarif", target]) == 2
    assert "--sarif" in capsys.readouterr().err
    assert (clinic.root / FILE).read_text(encoding="utf-8") == TINY


def test_findings_are_told_whatever_becomes_of_the_report(
    workspace: Make, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """They are printed at the prompt and in JSON; the exit code is 1."""
    clinic = workspace(
        {
            FILE: TINY.replace("For kidneys here.", "Eat a banana each day."),
            "templates/report.html": "{{ nothing.there }}",
        }
    )
    monkeypatch.chdir(clinic.root)
    assert run(["check", "tiny", "--report", "r.html"]) == 1
    said = capsys.readouterr()
    assert "[ckd-potassium-food]" in said.err
    assert "templates/report.html" in said.err
    assert run(["check", "tiny", "--report", "r.html", "--json"]) == 1
    outcome = json.loads(capsys.readouterr().out)
    assert outcome["ok"] is False
    assert outcome["not_written"]
    assert outcome["handouts"][0]["problems"]


def archived(clinic: Workspace, by: str, tmp_path: Path) -> Path:
    """Approve the tiny handout and print it into an archive."""
    archive = tmp_path / "archive"
    approve("tiny", by, clinic, TODAY, due=None, audiences=())
    built = build(
        resolve(
            {"archive": str(archive), "output": str(tmp_path / "out"), "format": ("html",)},
            clinic,
        ),
        clinic,
        TODAY,
    )
    assert not built.failed
    return archive


# The bars


def test_a_bar_is_as_long_as_its_grade_and_hatched_beyond_the_target() -> None:
    """Half of the greatest grade fills half of the width."""
    inside, over = (ET.fromstring(bar(value, 6, "words")) for value in (SCALE / 2 - 2, SCALE / 2))  # noqa: S314 -- our own drawing
    widths = [
        [float(rect.get("width", 0)) for rect in drawing.iter("{http://www.w3.org/2000/svg}rect")]
        for drawing in (inside, over)
    ]
    assert widths[0] == pytest.approx([WIDTH, (SCALE / 2 - 2) / SCALE * WIDTH], abs=0.01)
    assert widths[1] == pytest.approx(
        [WIDTH, 6 / SCALE * WIDTH, WIDTH / 2 - 6 / SCALE * WIDTH], abs=0.01
    )
    assert over.findtext("{http://www.w3.org/2000/svg}title") == "words"


def test_a_grade_beyond_the_scale_stays_inside_the_bar() -> None:
    """The same holds for a grade below it."""
    for value in (-3.0, 40.0):
        drawing = ET.fromstring(bar(value, 5, "a < b"))  # noqa: S314 -- our own drawing
        ends = [
            float(rect.get("x", 0)) + float(rect.get("width", 0))
            for rect in drawing.iter("{http://www.w3.org/2000/svg}rect")
        ]
        assert max(ends) <= WIDTH + 0.01
        assert min(ends) >= 0
