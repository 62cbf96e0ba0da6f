"""Test `teachback merge` with the real engine: each patient's paper is valid and complete."""

from __future__ import annotations

import csv
import datetime as dt
import json
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pikepdf
import pypdfium2
import pytest
from handout_with_fields import FILLED, NAMES
from pdf_tags import faults
from settings_from_flags import resolve
from tiny_handout import TINY
from translated_tiny import SPANISH_TINY, translated

from teachback.cli.app import run
from teachback.commands.approve import approve
from teachback.commands.build import build
from teachback.errors import TeachbackError, UsageError
from teachback.merge.handout_engine import open_engine
from teachback.merge.merge_order import MergeOrder
from teachback.merge.merge_run import merge
from teachback.pdf.page_reader import read_words

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from teachback.errors import Problem
    from teachback.files.workspace import Workspace
    from teachback.merge.accounting import Merged

    Make = Callable[..., Workspace]

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("one_process")]

TODAY = dt.date(2026, 11, 22)
FILE = "content/handouts/tiny.yaml"
HEAD = ["id", "audience", "patient", "visit", "nurse", "fluid", "weight", "phone", "side"]
REST = ["2027-03-01", "", "1.5", "", "", "left"]


def engine(clinic: Workspace, **flags: Any) -> Any:  # noqa: ANN401 -- an Engine
    """Open the tiny handout."""
    return open_engine(resolve({"handouts": ("tiny",), **flags}, clinic), clinic, TODAY)


def records(folder: Path, *rows: list[str], head: list[str] | None = None) -> Path:
    """Write a file of records."""
    path = folder / "records.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([head or HEAD, *rows])
    return path


def merged(clinic: Workspace, path: Path, **wishes: Any) -> tuple[Merged, Path]:  # noqa: ANN401 -- fields of MergeOrder
    """Run a merge into a new folder."""
    output = path.parent / "out"
    wishes = {"language": "en", **wishes}
    return merge(MergeOrder(records=path, output=output, **wishes), engine(clinic)), output


def words(path: Path) -> str:
    """Return the words of a file in the order of its tags."""
    return " ".join(" ".join(read_words(path.read_bytes())).split())


def test_each_record_becomes_a_valid_file_that_says_its_words(
    workspace: Make, tmp_path: Path
) -> None:
    """Each file is PDF/UA-1 and PDF/A-2a, has that patient's words, and nobody else's name.

    The names are difficult ones, for two audiences.
    """
    clinic = workspace({FILE: FILLED})
    rows = [[f"p{n}", ("general", "ckd")[n % 2], name, *REST] for n, name in enumerate(NAMES)]
    done, output = merged(clinic, records(tmp_path, *rows), kinds=("handout", "card"))
    assert (done.records, done.printed, done.rejected) == (len(NAMES), len(NAMES), 0)
    for n, name in enumerate(NAMES):
        for folder in ("handouts", "cards"):
            data = (output / folder / f"p{n}.pdf").read_bytes()
            assert faults(data) == []
            text = words(output / folder / f"p{n}.pdf")
            assert name in text
            assert [other for other in NAMES if other != name and other in text] == []


def test_exactly_the_broken_rows_are_rejected(workspace: Make, tmp_path: Path) -> None:
    """They are listed with row, field and reason; the others are printed, and the counts add up."""
    clinic = workspace({FILE: FILLED})
    wide = "W" * 60
    rows = [
        ["fine", "ckd", "Ann", *REST],
        ["missing", "ckd", "", *REST],
        ["date", "ckd", "Ann", "2027-02-30", "", "", "", "", ""],
        ["glyph", "ckd", "\u6f22", *REST],
        ["wide", "ckd", wide, *REST],
        ["choice", "ckd", "Ann", "2027-03-01", "", "1", "", "", "both"],
        ["turned", "ckd", "A\u202enn", *REST],
        ["../up", "ckd", "Ann", *REST],
        ["twice", "ckd", "Ann", *REST],
        ["TWICE", "ckd", "Bob", *REST],
        ["reader", "nobody", "\u6f22", *REST],
    ]
    done, output = merged(clinic, records(tmp_path, *rows))
    with (output / "rejected.csv").open(encoding="utf-8", newline="") as file:
        rejected = [(row["row"], row["field"]) for row in csv.DictReader(file)]
    assert rejected == [
        ("3", "patient"),
        ("4", "visit"),
        ("5", "patient"),
        ("6", "patient"),
        ("7", "side"),
        ("8", "patient"),
        ("9", "id"),
        ("10", "id"),
        ("11", "id"),
        ("12", "audience"),
        ("12", "patient"),
    ]
    with (output / "manifest.csv").open(encoding="utf-8", newline="") as file:
        assert [row["status"] for row in csv.DictReader(file)] == ["printed"] + ["rejected"] * 10
    assert [path.name for path in (output / "handouts").iterdir()] == ["fine.pdf"]
    assert (done.printed, done.rejected) == (1, 10)


def test_without_a_record_the_same_edition_has_lines_to_write_on(
    workspace: Make, tmp_path: Path
) -> None:
    """`build` and `merge` print the same edition, with the same code."""
    clinic = workspace({FILE: FILLED})
    _, output = merged(clinic, records(tmp_path, ["p1", "ckd", "Ann", *REST]))
    flags = {
        "handouts": ("tiny",),
        "audience": ("ckd",),
        "kind": ("handout",),
        "output": str(tmp_path / "front-desk"),
    }
    built = build(resolve(flags, clinic), clinic, TODAY)
    codes = {printed.code for printed in built.outputs if printed.form == "pdf"}
    with (output / "manifest.csv").open(encoding="utf-8", newline="") as file:
        assert {row["edition code"] for row in csv.DictReader(file)} == codes
    [blank] = [
        tmp_path / "front-desk" / printed.file for printed in built.outputs if printed.form == "pdf"
    ]
    assert "Ann" not in words(blank)
    assert words(output / "handouts" / "p1.pdf").replace("Ann", "") != words(blank)


def test_a_choice_has_boxes_to_tick_or_the_word_of_a_record(
    workspace: Make, tmp_path: Path
) -> None:
    """A screen reader hears each box with its word. The word of a record stands on the line."""
    chosen = FILLED.replace("personal: [patient, visit,", "personal: [patient, side, visit,")
    clinic = workspace({FILE: chosen.replace('"It is your {record.side} leg", ', "")})
    _, output = merged(clinic, records(tmp_path, ["p1", "ckd", "Ann", *REST]))
    flags = {"handouts": ("tiny",), "audience": ("ckd",), "kind": ("handout",)}
    folder = tmp_path / "front-desk"
    built = build(resolve({**flags, "output": str(folder)}, clinic), clinic, TODAY)
    [blank] = [folder / printed.file for printed in built.outputs if printed.form == "pdf"]
    assert faults(blank.read_bytes()) == []
    assert "Side left right on" in words(blank)
    with pikepdf.open(blank) as pdf:
        tags = [tag for tag in pdf.objects if isinstance(tag, pikepdf.Dictionary)]
        heard = [str(tag.ActualText) for tag in tags if "/ActualText" in tag]
    assert heard.count("box to tick") == 2
    assert built.outputs[0].code in words(output / "handouts" / "p1.pdf")
    assert "Side left on" in words(output / "handouts" / "p1.pdf")


def test_a_record_that_leaves_a_choice_open_gets_its_boxes(workspace: Make, tmp_path: Path) -> None:
    """Boxes and words of one edition stand in one file for the print room, under one code."""
    chosen = FILLED.replace("personal: [patient, visit,", "personal: [patient, side, visit,")
    clinic = workspace({FILE: chosen.replace('"It is your {record.side} leg", ', "")})
    open_ = [*REST[:-1], ""]
    rows = [["p1", "ckd", "Ann", *REST], ["p2", "ckd", "Bob", *open_]]
    done, output = merged(clinic, records(tmp_path, *rows), combine=2)
    assert (done.printed, len(done.editions), len(done.keys)) == (2, 1, 1)
    [file] = (output / "combined").iterdir()
    with pypdfium2.PdfDocument(file) as document:
        pages = [" ".join(page.get_textpage().get_text_bounded().split()) for page in document]
    [ann] = [page for page in pages if "Ann" in page]
    [bob] = [page for page in pages if "Bob" in page]
    assert "Side left right" in bob
    assert "Side left" in ann
    assert "right" not in ann


def test_a_print_room_gets_one_file_with_a_list_and_fronts(workspace: Make, tmp_path: Path) -> None:
    """The cover lists ids but no names, and each patient starts on a front side.

    The options are `--combine 3 --duplex`.
    """
    clinic = workspace({FILE: FILLED})
    rows = [[f"p{n}", "ckd", name, *REST] for n, name in enumerate(NAMES[:4])]
    done, output = merged(clinic, records(tmp_path, *rows), combine=3, duplex=True)
    assert done.printed == 4
    files = sorted((output / "combined").iterdir())
    assert [path.name for path in files] == ["handouts-00001.pdf", "handouts-00002.pdf"]
    with pypdfium2.PdfDocument(files[0]) as document:
        pages = [" ".join(page.get_textpage().get_text_bounded().split()) for page in document]
    assert all(f"p{n}" in pages[0] for n in range(3))
    assert not any(name in pages[0] for name in NAMES)
    begins = [
        next(number for number, page in enumerate(pages) if name.split(",")[0] in page)
        for name in NAMES[:3]
    ]
    assert all(number % 2 == 0 for number in begins)
    assert begins == sorted(begins)


def test_a_sheet_of_cards_has_a_name_on_each(workspace: Make, tmp_path: Path) -> None:
    """Cards of several patients share a sheet of the workspace's stock."""
    clinic = workspace({FILE: FILLED})
    rows = [[f"p{n}", "ckd", f"Card {letter}", *REST] for n, letter in enumerate("ABCDE")]
    done, output = merged(clinic, records(tmp_path, *rows), kinds=("card",), combine=20)
    assert done.printed == 5
    [file] = (output / "combined").iterdir()
    with pypdfium2.PdfDocument(file) as document:
        text = " ".join(page.get_textpage().get_text_bounded() for page in document)
    assert [text.count(f"Card {letter}") for letter in "ABCDE"] == [1, 1, 1, 1, 1]


@pytest.mark.parametrize(
    ("combine", "stock", "size", "pages"),
    [(0, None, (105, 74), 2), (9, None, (215.9, 279.4), 6), (9, "cut-letter-id1", None, 0)],
)
def test_cards_too_long_for_their_stock_are_printed_on_larger_plain_paper(
    combine: int,
    stock: str | None,
    size: tuple[float, float] | None,
    pages: int,
    workspace: Make,
    tmp_path: Path,
) -> None:
    """One warning says so, before a record is printed. Where a stock is named, they are refused."""
    long_text = f"    text: {'A sign that takes a line of a card ' * 20}\n"
    flag = f"red_flags:\n  - id: long\n    tier: today\n    card: true\n{long_text}"
    clinic = workspace({FILE: FILLED.replace("red_flags:\n", flag)})
    rows = [[f"p{n}", "ckd", f"Card {n}", *REST] for n in range(4)]
    order = MergeOrder(
        records=records(tmp_path, *rows),
        output=tmp_path / "out",
        language="en",
        kinds=("card",),
        combine=combine,
    )
    opened = engine(clinic, stock=stock)
    if size is None:
        with pytest.raises(TeachbackError, match="the red flag 'long' does not fit on the card"):
            merge(order, opened)
        return
    early: list[Problem] = []

    def warn(problems: tuple[Problem, ...]) -> None:
        assert not list((tmp_path / "out").rglob("*.pdf"))
        early.extend(problems)

    done = merge(order, opened, None, warn)
    assert (done.printed, done.rejected) == (4, 0)
    (warning,) = (problem for problem in early if "printed on" in problem.message)
    assert done.problems.count(warning) == 1
    assert "for ckd does not fit on a bank card (85.6 x 53.98 mm)" in warning.message
    assert warning.message.endswith("printed on cut-letter-id2 (105 x 74 mm)")
    files = sorted((tmp_path / "out" / ("combined" if combine else "cards")).iterdir())
    with pypdfium2.PdfDocument(files[0]) as document:
        assert len(document) == pages
        text = " ".join(page.get_textpage().get_text_bounded() for page in document)
        edges = [edge * 25.4 / 72 for edge in document[pages - 1].get_size()]
    assert edges == pytest.approx(size, abs=0.1)
    assert [text.count(f"Card {n}") for n in range(4)] == [1, *[int(bool(combine))] * 3]


def test_all_that_moves_cards_on_their_sheets_makes_another_run(workspace: Make) -> None:
    """A printer's offset is found with a first sheet, so a run is often started again with it."""
    clinic = workspace({FILE: FILLED})
    changes: tuple[dict[str, str], ...] = (
        {},
        {"stock": "cut-letter-id1"},
        {"sides": "short-edge"},
        {"offset": "0.5,-1.2"},
        {"back-offset": "0.5,-1.2"},
    )
    engines = [engine(clinic, **{"stock": "avery-5371", **change}) for change in changes]
    engines.append(replace(engines[0], start_at=4))
    fingerprints = [each.sheet_fingerprint for each in engines]
    assert len(set(fingerprints)) == len(fingerprints)
    assert engine(clinic, stock="avery-5371").sheet_fingerprint == fingerprints[0]


@pytest.mark.parametrize(
    ("handout", "message"),
    [
        (TINY, "no fields"),
        (
            FILLED.replace("ckd: For kidneys here.", "ckd: Eat a banana each day."),
            "high in potassium",
        ),
        (FILLED.replace("{record.side}", "{record.sides}"), "sides"),
    ],
)
def test_a_handout_that_must_not_be_printed_is_refused_before_any_record_is_read(
    handout: str, message: str, workspace: Make
) -> None:
    """A handout without fields, one that harms its reader, and one with a mistake are refused."""
    with pytest.raises(TeachbackError) as caught:
        engine(workspace({FILE: handout}))
    assert any(message in problem.message for problem in caught.value.problems)


def test_a_handout_that_there_is_not_is_a_wrong_command(workspace: Make) -> None:
    """A misspelt handout raises UsageError, as in all commands."""
    clinic = workspace()
    with pytest.raises(UsageError):
        open_engine(resolve({"handouts": ("tyni",)}, clinic), clinic, TODAY)


def test_a_limit_that_the_clinic_fills_in_is_the_readers_own(workspace: Make) -> None:
    """`Drink no more than {record.fluid}` is allowed, since the limit is the reader's own."""
    handout = FILLED.replace(
        "ckd: For kidneys here.", "ckd: 'Drink no more than {record.fluid} liters a day.'"
    )
    assert engine(workspace({FILE: handout})).handout == "tiny"


def test_the_command_prints_and_its_dry_run_does_not(
    workspace: Make,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The dry run names the row and field of a rejected record, but never quotes the value."""
    clinic = workspace({FILE: FILLED})
    path = records(tmp_path, ["p1", "ckd", "Ann", *REST], ["p2", "ckd", "MARKED\u6f22", *REST])
    monkeypatch.chdir(clinic.root)
    command = [
        "merge",
        "tiny",
        "--records",
        str(path),
        "--output",
        str(tmp_path / "run"),
        "--jobs",
        "1",
    ]
    assert run([*command, "--dry-run"]) == 1
    output = capsys.readouterr()
    assert "records.csv:3:1: patient has Chinese or Japanese letters" in output.err
    assert "MARKED" not in output.out + output.err
    assert not (tmp_path / "run").exists()
    assert run(command) == 1
    assert [path.name for path in (tmp_path / "run" / "handouts").iterdir()] == ["p1.pdf"]
    assert run(["merge", "--wipe", str(tmp_path / "run")]) == 0
    assert not (tmp_path / "run").exists()


def test_the_archive_gets_the_edition_and_no_patients_words(
    workspace: Make,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """`identify` finds the code that is on the patient's paper. The settings may name the archive."""
    clinic = workspace({FILE: FILLED, "teachback.toml": 'archive = "kept"\n'})
    monkeypatch.chdir(clinic.root)
    path = records(tmp_path, ["p1", "ckd", "Zebulon", *REST])
    assert (
        run(["merge", "tiny", "--records", str(path), "-o", str(tmp_path / "run"), "--json"]) == 0
    )
    (code,) = json.loads(capsys.readouterr().out)["archive"]["kept"]
    assert code in words(tmp_path / "run" / "handouts" / "p1.pdf")
    assert run(["identify", code]) == 0
    assert "tiny/handout-ckd-en-letter.pdf" in capsys.readouterr().out
    archived = [path for path in (clinic.root / "kept").rglob("*") if path.is_file()]
    (paper,) = (path for path in archived if path.suffix == ".pdf")
    assert "Zebulon" in words(tmp_path / "run" / "handouts" / "p1.pdf")
    assert "Zebulon" not in words(paper)
    assert not [path for path in archived if b"Zebulon" in path.read_bytes()]


COVER = (
    ".personal-line { position: relative } "
    '.personal-line::after { content: ""; position: absolute; background: #fff; %s }'
)


@pytest.mark.parametrize(
    ("style", "message"),
    [
        (".slot { color: white }", "would not be seen on its line"),
        (".slot { margin-left: -25mm }", "words run into each other"),
        ("span.slot { position: relative; top: -6mm }", "would"),
        (".slot { transform: scale(2) }", "is drawn through"),
        (".slot { font-size: 4pt }", "12 pt is the smallest allowed"),
        (".personal { transform: rotate(5deg) }", ""),
        (".slot { overflow: hidden; height: 0.2em; line-height: 0.2em }", ""),
        (".slot { display: none }", "is on no page printed for"),
        (
            COVER % "left: 31mm; top: 0; width: 2.4mm; height: 7mm",
            "would be partly covered",
        ),
        (
            COVER % "left: 31mm; top: 0; width: 0.9mm; height: 7mm",
            "would be partly covered",
        ),
        (
            COVER % "left: 31mm; top: 0; width: 99mm; height: 0.75em",
            "would be partly covered",
        ),
    ],
)
def test_a_style_that_would_lose_what_a_record_says_is_refused(
    style: str, message: str, workspace: Make, tmp_path: Path
) -> None:
    """A specimen is checked before the first record is printed.

    It finds words that are white on white, moved, scaled, tiny, turned, hidden or covered.
    """
    clinic = workspace({FILE: FILLED, "styles/clinic.css": style + "\n"})
    with pytest.raises(TeachbackError) as caught:
        merged(clinic, records(tmp_path, ["p1", "ckd", "Ann", *REST]))
    assert [problem.message for problem in caught.value.problems if message in problem.message], (
        caught.value.problems
    )
    assert not list((tmp_path / "out").glob("handouts/*"))


def test_a_box_that_a_style_adds_to_a_slot_is_no_slot(workspace: Make, tmp_path: Path) -> None:
    """Content that a style draws before a line does not end the run in a fault of the program."""
    style = '.slot::before { content: ""; display: inline-block; width: 0; height: 2pt }\n'
    clinic = workspace({FILE: FILLED, "styles/clinic.css": style})
    done, _ = merged(clinic, records(tmp_path, ["p1", "ckd", "Ann", *REST]))
    assert done.printed == 1


def test_a_field_in_a_message_of_larger_type_is_printed(workspace: Make, tmp_path: Path) -> None:
    """A word that only fits in a smaller size is measured in that size.

    It does not count as cut off.
    """
    clinic = workspace(
        {
            FILE: re.sub(
                "(?m)^message: .*",
                "message: This page is for {record.patient}, seen on {record.visit}.",
                FILLED,
            )
        }
    )
    done, _ = merged(clinic, records(tmp_path, ["p1", "ckd", "Ann", *REST]))
    assert (done.printed, done.rejected) == (1, 0)


@pytest.mark.parametrize("column", ["patient", "prepared_for"])
def test_a_patients_name_cannot_name_the_files(
    workspace: Make, tmp_path: Path, column: str
) -> None:
    """A field of the handout cannot be the id, neither by its name nor by its label."""
    clinic = workspace({FILE: FILLED})
    with pytest.raises(UsageError):
        merged(clinic, records(tmp_path, ["p1", "ckd", "Ann", *REST]), id_column=column)


def test_a_list_may_have_the_labels_of_the_paper(workspace: Make, tmp_path: Path) -> None:
    """A field's label on paper is the name of its column, too."""
    file = tmp_path / "records.csv"
    file.write_text("ID,Audience,Prepared For,Fluid-Limit\np1,ckd,Ann,1\n", encoding="utf-8")
    done, output = merged(workspace({FILE: FILLED}), file)
    assert (done.printed, done.rejected) == (1, 0)
    (printed,) = output.rglob("p1.pdf")
    assert "Prepared for Ann" in words(printed)


def test_release_looks_only_at_what_is_printed(workspace: Make, tmp_path: Path) -> None:
    """A text for another audience may be a draft, but one that is printed may not."""
    clinic = workspace({FILE: FILLED})
    approve("tiny", "A. Nurse", clinic, TODAY, due=None, audiences=("ckd",))
    path = records(tmp_path, ["p1", "ckd", "Ann", *REST])
    released = engine(clinic)
    released = replace(released, settings=replace(released.settings, release=True))
    done = merge(MergeOrder(records=path, output=tmp_path / "out", language="en"), released)
    assert done.printed == 1
    both = records(tmp_path, ["p1", "ckd", "Ann", *REST], ["p2", "general", "Ben", *REST])
    with pytest.raises(TeachbackError):
        merge(MergeOrder(records=both, output=tmp_path / "more", language="en"), released)


def test_a_handout_in_several_languages_is_one_handout(workspace: Make) -> None:
    """Each record chooses its language, whatever the files of the languages are called."""
    files = {"content/handouts/two.en.yaml": FILLED.replace("id: tiny", "id: two")}
    files |= {
        "content/handouts/two.es.yaml": FILLED.replace("id: tiny", "id: two").replace(
            "language: en", "language: es"
        )
    }
    clinic = workspace(files)
    opened = open_engine(resolve({"handouts": ("two",)}, clinic), clinic, TODAY)
    assert set(opened.audiences) == {"en", "es"}


def test_a_translation_is_for_the_records_that_ask_for_it(workspace: Make) -> None:
    """Records without a language get the handout's own; what it lacks is a warning for the rest."""
    text = FILLED.replace("id: tiny", "id: two")
    spanish = SPANISH_TINY.replace("translates: tiny", "translates: two")
    clinic = workspace({"content/handouts/two.yaml": text})
    settings = resolve({"handouts": ("two",)}, clinic)
    plain = open_engine(settings, clinic, TODAY)
    assert plain.main_language == "en"
    clinic = workspace({"content/translations/es/two.yaml": spanish})
    opened = open_engine(settings, clinic, TODAY)
    assert set(opened.audiences) == {"en"}
    assert any("is not translated" in problem.message for problem in opened.problems)
    assert opened.main_language == "en"
    with pytest.raises(TeachbackError, match="is not translated"):
        open_engine(replace(settings, language="es"), clinic, TODAY)


def test_a_record_gets_two_languages_and_a_card_in_the_first(
    workspace: Make, tmp_path: Path
) -> None:
    """Its words stand in both halves: a date, a number, a choice as the half's language has it.

    A choice that it leaves open has its boxes once, with the words of both.
    """
    chosen = FILLED.replace("personal: [patient, visit,", "personal: [patient, side, visit,")
    clinic = translated(chosen, workspace, {})
    rows = [["p1", "es+en", "ckd", "Ann Other", "2027-03-01", "", "1,5", "", "", "Sleft"]]
    rows.append(["p2", *rows[0][1:-1], ""])
    path = records(tmp_path, *rows, head=["id", "language", *HEAD[1:]])
    done, output = merged(clinic, path, kinds=("handout", "card"))
    assert (done.printed, done.rejected) == (2, 0)
    assert "SSide Side Sleft left Sright right" in words(output / "handouts" / "p2.pdf")
    page_words = words(output / "handouts" / "p1.pdf")
    assert "Sright" not in page_words
    assert faults((output / "handouts" / "p1.pdf").read_bytes()) == []
    for text in ("SA Stiny Shandout", "A tiny handout", "Ann Other", "1 mar 2027", "-CKD-ES-EN-"):
        assert text in page_words
    spanish_texts = ("Sis 1,5 Sliters", "Svisit Sis Son 1 mar 2027", "Syour Sleft Sleg")
    english_texts = ("is 1.5 liters a", "visit is on Mar 1, 2027 with", "your left leg")
    for spanish, english in zip(spanish_texts, english_texts, strict=True):
        assert spanish in page_words
        assert english in page_words
    card = words(output / "cards" / "p1.pdf")
    assert "Ann Other" in card
    assert "A tiny handout" not in card
