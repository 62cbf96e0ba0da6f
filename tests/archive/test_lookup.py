"""Test finding the edition of a patient's paper, from a typed code or a scan."""

from __future__ import annotations

import datetime as dt
import hashlib
import io
import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import pytest
from archive_filler import code_of, edition
from PIL import Image, ImageFilter
from settings_from_flags import resolve
from tiny_handout import TINY

from teachback import __version__
from teachback.archive.lookup import identify
from teachback.archive.store import entries_at, entry_paths, keep_entries, object_path
from teachback.cli.app import run
from teachback.commands.build import build
from teachback.editions.edition_code import ALPHABET
from teachback.files.workspace import Workspace, builtin_root
from teachback.pdf.page_images import page_pictures

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("one_process")]


TODAY = dt.date(2026, 11, 22)


@pytest.fixture(scope="module")
def clinic(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Create a workspace with a handout and its card, printed and kept in build/archive.

    No test changes it.
    """
    root = tmp_path_factory.mktemp("clinic")
    path = root / "content/handouts/tiny.yaml"
    path.parent.mkdir(parents=True)
    path.write_text(TINY, encoding="utf-8")
    workspace = Workspace(root, builtin_root())
    flags = {
        "handouts": ("tiny",),
        "jobs": 1,
        "format": ("pdf", "png"),
        "archive": str(root / "build/archive"),
    }
    done = build(resolve(flags, workspace), workspace, TODAY)
    assert done.problems == ()
    return root


def code_for(clinic: Path, audience: str) -> str:
    """Return the code of the tiny handout for an audience."""
    (code,) = [
        code for code in entry_paths(clinic / "build/archive") if f"-{audience.upper()}-" in code
    ]
    return code


@pytest.fixture
def identify_here(
    clinic: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, str, str]]:
    """Return a function that runs `teachback identify` in the clinic's folder.

    It returns exit code, output and errors.
    """
    monkeypatch.chdir(clinic)

    def run_identify(*arguments: str) -> tuple[int, str, str]:
        code = run(["identify", *arguments])
        printed = capsys.readouterr()
        return code, printed.out, printed.err

    return run_identify


def test_a_code_says_what_the_paper_is(
    clinic: Path, identify_here: Callable[..., tuple[int, str, str]]
) -> None:
    """The output has the handout, audience, language, version, review and files.

    It also says when the edition was first kept, and by which program.
    """
    code = code_for(clinic, "ckd")
    status, out, err = identify_here(code)
    assert (status, err) == (0, "")
    lines = out.splitlines()
    (entry,) = entries_at(entry_paths(clinic / "build/archive")[code])
    assert lines[:7] == [
        code,
        "  handout     tiny: A tiny handout",
        f"  audience    ckd: {entry.badge}",
        "  language    en",
        "  version     2026-11-22",
        "  review      draft: no clinician has approved this text",
        f"  first kept  {entry.kept}",
    ]
    assert [line.split()[1] for line in lines[7:]] == [
        "tiny/card-ckd-en-1.png",
        "tiny/card-ckd-en-2.png",
        "tiny/card-ckd-en-letter.pdf",
        "tiny/card-ckd-en.pdf",
        "tiny/handout-ckd-en-letter-1.png",
        "tiny/handout-ckd-en-letter.pdf",
    ]
    assert all(line.endswith(f"Teachback {__version__}, WeasyPrint 70.0") for line in lines[7:])


def test_a_code_may_be_typed_as_people_type(
    clinic: Path, identify_here: Callable[..., tuple[int, str, str]]
) -> None:
    """Lower case and blanks are accepted."""
    code = code_for(clinic, "ckd")
    status, out, _ = identify_here(code.lower().replace("-", " "))
    assert (status, out.splitlines()[0]) == (0, code)


def test_the_last_part_of_a_code_is_enough(
    clinic: Path, identify_here: Callable[..., tuple[int, str, str]]
) -> None:
    """A patient reads out the last part; a wrong letter in it is told with the nearest code."""
    code = code_for(clinic, "ckd")
    part = code[-7:]
    for typed in (part, f" {part[:3].lower()} {part[3:].lower()} "):
        status, out, err = identify_here(typed)
        assert (status, out.splitlines()[0], err) == (0, code, "")
    wrong = part[:-3] + next(letter for letter in ALPHABET if letter != part[-3]) + part[-2:]
    status, out, err = identify_here(wrong)
    assert (status, out) == (1, "")
    assert f"this archive has no edition code that ends in {wrong}" in err
    assert f"Did you mean {code} (tiny for ckd)?" in err


def test_all_codes_that_end_in_the_same_part_are_listed(tmp_path: Path) -> None:
    """Two handouts can have codes that end alike; neither is chosen for the reader."""
    entry, blobs = edition(1, "a.pdf")
    part = entry.code.rpartition("-")[2]
    other = replace(entry, code=f"X-CKD-EN-{part}")
    keep_entries(tmp_path, [entry, other], blobs)
    answers = identify(tmp_path, part, None)
    assert [answer.code for answer in answers] == sorted((entry.code, other.code))
    assert all(answer.entries for answer in answers)


def test_a_mistyped_code_is_told_from_one_that_is_not_here(
    clinic: Path, identify_here: Callable[..., tuple[int, str, str]]
) -> None:
    """A wrong check character is reported, with the nearest code and what it belongs to."""
    code = code_for(clinic, "ckd")
    wrong = code[:-3] + next(letter for letter in ALPHABET if letter != code[-3]) + code[-2:]
    status, out, err = identify_here(wrong)
    assert (status, out) == (1, "")
    assert f"{wrong} was misread or mistyped: its last character does not fit the rest" in err
    assert f"7 letters and digits, of these: {ALPHABET}." in err
    assert f"Did you mean {code} (tiny for ckd)?" in err
    status, out, err = identify_here(code_of(3))
    assert (status, out) == (1, "")
    assert f"{code_of(3)} is a valid code, but this archive does not have it" in err
    assert "It may have been printed elsewhere, or without --archive." in err
    status, out, err = identify_here("../../etc/passwd")
    assert (status, out) == (1, "")
    assert "is not an edition code" in err


def test_the_very_files_are_copied_by_names_one_can_read(
    clinic: Path, tmp_path: Path, identify_here: Callable[..., tuple[int, str, str]]
) -> None:
    """The copies are equal byte for byte.

    Nothing is copied if another file has one of the names.
    """
    code = code_for(clinic, "ckd")
    assert identify_here(code, "--copy", str(tmp_path / "there"))[0] == 0
    names = sorted(path.name for path in (tmp_path / "there").iterdir())
    assert "handout-ckd-en-letter.pdf" in names
    for name in names:
        assert (tmp_path / "there" / name).read_bytes() == (
            clinic / "build/tiny" / name
        ).read_bytes()
    assert identify_here(code, "--copy", str(tmp_path / "there"))[0] == 0
    other = tmp_path / "other"
    other.mkdir()
    (other / "handout-ckd-en-letter.pdf").write_bytes(b"another")
    status, _, err = identify_here(code, "--copy", str(other))
    assert status == 1
    assert "another file has this name already" in err
    assert [path.read_bytes() for path in other.iterdir()] == [b"another"]


def test_the_very_file_is_opened_from_a_copy(
    clinic: Path,
    identify_here: Callable[..., tuple[int, str, str]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A viewer that saves what it shows cannot change the archive."""
    opened: list[Path] = []

    def viewer(name: str) -> int:
        opened.append(Path(name))
        return 0

    monkeypatch.setattr(click, "launch", viewer)
    assert identify_here(code_for(clinic, "ckd"), "--open")[0] == 0
    (path,) = opened
    assert path.name == "handout-ckd-en-letter.pdf"
    assert path.read_bytes() == (clinic / "build/tiny/handout-ckd-en-letter.pdf").read_bytes()
    assert not path.is_relative_to(clinic)
    monkeypatch.setattr(click, "launch", lambda _: 3)
    status, _, err = identify_here(code_for(clinic, "ckd"), "--open")
    assert status == 1
    assert "no program could be started" in err
    status, out, err = identify_here(code_for(clinic, "ckd"), "--open", "--json")
    assert (status, json.loads(out)["ok"]) == (1, False)
    assert "no program could be started" in err


def test_what_was_changed_in_the_archive_is_not_handed_out(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Neither a damaged file nor an edited record is handed out."""
    archive = tmp_path / "archive"
    entry, blobs = edition(1)
    keep_entries(archive, [entry], blobs)
    (output,) = entry.outputs
    place = object_path(archive, output.file, output.sha256)
    place.chmod(0o644)
    place.write_bytes(b"%PDF-another")
    for option in (["--copy", str(tmp_path / "there")], ["--open"]):
        assert run(["identify", entry.code, "--archive", str(archive), *option]) == 1
        assert (
            f"{entry.code}: {output.file} has changed since it was archived"
            in capsys.readouterr().err
        )
    assert not (tmp_path / "there").exists()
    (record,) = entry_paths(archive)[entry.code]
    record.chmod(0o644)
    record.write_bytes(record.read_bytes().replace(b'"draft"', b'"approved"'))
    assert run(["identify", entry.code, "--archive", str(archive)]) == 1
    printed = capsys.readouterr()
    assert "1 record has changed in the archive" in printed.err
    assert "approved" not in printed.out


def test_a_record_that_was_put_there_by_hand_is_not_taken_for_granted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A warning says that the journal does not name it."""
    archive = tmp_path / "archive"
    entry, blobs = edition(1)
    keep_entries(archive, [entry], blobs)
    assert run(["identify", entry.code, "--archive", str(archive)]) == 0
    assert capsys.readouterr().err == ""
    forged = type(entry)(**{**vars(entry), "title": "Another title"}).to_bytes()
    (archive / "entries" / entry.code / f"{hashlib.sha256(forged).hexdigest()}.json").write_bytes(
        forged
    )
    run(["identify", entry.code, "--archive", str(archive)])
    assert (
        f"{entry.code}: the journal of the archive does not name every record of this code"
        in capsys.readouterr().err
    )


def test_a_record_that_was_copied_under_another_code_is_not_taken_for_granted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The journal names it, but for another code."""
    archive = tmp_path / "archive"
    entry, blobs = edition(1)
    keep_entries(archive, [entry], blobs)
    shutil.copytree(archive / "entries" / entry.code, archive / "entries" / code_of(2))
    run(["identify", code_of(2), "--archive", str(archive)])
    assert (
        f"{code_of(2)}: the journal of the archive does not name every record of this code"
        in capsys.readouterr().err
    )


def test_files_of_one_name_from_two_prints_are_both_copied(tmp_path: Path) -> None:
    """Another release of the program prints other bytes under the same code."""
    archive = tmp_path / "archive"
    first, blobs = edition(1)
    keep_entries(archive, [first], blobs)
    data = b"%PDF- by the next release"
    later = edition(1)[0]
    output = later.outputs[0]
    sha256 = hashlib.sha256(data).hexdigest()
    fields: dict[str, Any] = {
        **vars(later),
        "kept": "2027-01-01T12:00:00+00:00",
        "program": "0.2.0",
    }
    fields["outputs"] = (type(output)(**{**vars(output), "sha256": sha256, "length": len(data)}),)
    keep_entries(archive, [type(later)(**fields)], {**blobs, (output.file, sha256): data})
    assert (
        run(["identify", first.code, "--archive", str(archive), "--copy", str(tmp_path / "there")])
        == 0
    )
    copied = {path.name: path.read_bytes() for path in (tmp_path / "there").iterdir()}
    assert copied["handout-general-en-letter.pdf"] == data
    assert sorted(copied.values()) == sorted(
        [data, blobs[first.outputs[0].file, first.outputs[0].sha256]]
    )


def test_a_pdf_is_recognised_by_the_words_on_it(
    clinic: Path, tmp_path: Path, identify_here: Callable[..., tuple[int, str, str]]
) -> None:
    """The output says whether the file is a kept one, or another with the same code."""
    scan = clinic / "build/tiny/handout-ckd-en-letter.pdf"
    status, out, _ = identify_here("--scan", str(scan))
    assert status == 0
    assert out.splitlines()[0] == code_for(clinic, "ckd")
    assert "  your file   is byte for byte tiny/handout-ckd-en-letter.pdf" in out.splitlines()
    other = tmp_path / "mail.pdf"
    other.write_bytes(scan.read_bytes() + b"\n% sent by mail\n")
    status, out, _ = identify_here("--scan", str(other))
    assert status == 0
    assert "  your file   is not one of the kept files, but has the same code" in out.splitlines()


def test_a_scan_is_recognised_by_the_qr_codes_on_it(
    clinic: Path, tmp_path: Path, identify_here: Callable[..., tuple[int, str, str]]
) -> None:
    """The scan may be a picture, or a PDF that is one. Both codes on it are answered."""
    codes = [code_for(clinic, "general"), code_for(clinic, "ckd")]
    printed = [
        clinic / f"build/tiny/handout-{audience}-en-letter.pdf" for audience in ("general", "ckd")
    ]
    pages = [
        Image.open(io.BytesIO(page_pictures(path.read_bytes(), 200)[0])).convert("L")
        for path in printed
    ]
    both = Image.new("L", (pages[0].width * 2, pages[0].height), 255)
    for number, page in enumerate(pages):
        both.paste(page, (number * page.width, 0))
    spoilt = both.rotate(183, fillcolor=255).filter(ImageFilter.GaussianBlur(0.7))
    spoilt.save(tmp_path / "scan.jpg", quality=60)
    spoilt.save(tmp_path / "scan.pdf", resolution=200)
    for name, count in (("scan.jpg", 0), ("scan.pdf", 2)):
        status, out, err = identify_here("--scan", str(tmp_path / name))
        assert (status, err) == (0, "")
        assert sorted(line for line in out.splitlines() if not line.startswith(" ")) == sorted(
            codes
        )
        assert out.count("is not one of the kept files, but has the same code") == count


def test_a_kept_picture_without_a_code_on_it_is_recognised_by_its_bytes(tmp_path: Path) -> None:
    """An example is the picture of a card's front, sent by mail."""
    archive = tmp_path / "archive"
    file = io.BytesIO()
    Image.new("L", (50, 50), 255).save(file, format="PNG")
    entry, blobs = edition(1)
    output = entry.outputs[0]
    sha256 = hashlib.sha256(file.getvalue()).hexdigest()
    kept = type(output)(
        **{
            **vars(output),
            "file": "tiny/card.png",
            "sha256": sha256,
            "length": len(file.getvalue()),
        }
    )
    keep_entries(
        archive,
        [type(entry)(**{**vars(entry), "outputs": (kept,)})],
        {**blobs, ("tiny/card.png", sha256): file.getvalue()},
    )
    (tmp_path / "mail.png").write_bytes(file.getvalue())
    (answer,) = identify(archive, None, tmp_path / "mail.png")
    assert (answer.code, answer.exact) == (entry.code, kept)


@pytest.mark.parametrize(
    ("name", "data", "expected"),
    [
        ("empty.png", None, "no edition code can be read here"),
        (
            "half.pdf",
            b"%PDF-1.7 and no more",
            "the scan: this is not a complete PDF, or it needs a password",
        ),
        ("letter.txt", b"Dear", "the scan: this PNG or JPEG picture is incomplete or damaged"),
        ("nothing.pdf", b"", "the scan: this PNG or JPEG picture is incomplete or damaged"),
    ],
)
def test_a_scan_that_says_nothing_is_said(
    tmp_path: Path,
    identify_here: Callable[..., tuple[int, str, str]],
    name: str,
    data: bytes | None,
    expected: str,
) -> None:
    """The message has the path, the exit code is 1, and there is no traceback."""
    path = tmp_path / name
    if data is None:
        Image.new("L", (300, 300), 255).save(path)
    else:
        path.write_bytes(data)
    status, out, err = identify_here("--scan", str(path))
    assert (status, out) == (1, "")
    assert f"{path}: {expected}" in err


def test_a_scan_that_is_not_there_is_said(
    tmp_path: Path, identify_here: Callable[..., tuple[int, str, str]]
) -> None:
    """The message is that of any file that cannot be read."""
    status, _, err = identify_here("--scan", str(tmp_path / "none.png"))
    assert status == 1
    assert "this file cannot be read: No such file or directory" in err


def test_the_answer_is_given_as_json(
    clinic: Path, identify_here: Callable[..., tuple[int, str, str]]
) -> None:
    """Other programs get an answer for known and unknown codes."""
    code = code_for(clinic, "ckd")
    status, out, _ = identify_here(code, "--json")
    outcome = json.loads(out)
    assert (status, outcome["ok"]) == (0, True)
    (answer,) = outcome["answers"]
    assert (answer["code"], answer["handout"], answer["audience"], answer["known"]) == (
        code,
        "tiny",
        "ckd",
        True,
    )
    assert answer["review"]["status"] == "draft"
    assert len(answer["files"]) == 6
    status, out, _ = identify_here(code[:-1] + "0", "--json")
    outcome = json.loads(out)
    assert (status, outcome["ok"]) == (1, False)
    assert outcome["answers"][0]["nearest"][0] == {
        "code": code,
        "handout": "tiny",
        "audience": "ckd",
    }


def test_an_approved_text_says_who_approved_it_and_when(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The date of the next review is shown too."""
    entry, blobs = edition(1)
    review = {
        "status": "approved",
        "reviewer": "A. Nurse",
        "reviewed": "2026-11-01",
        "due": "2027-11-01",
    }
    keep_entries(tmp_path / "archive", [type(entry)(**{**vars(entry), "review": review})], blobs)
    assert run(["identify", entry.code, "--archive", str(tmp_path / "archive")]) == 0
    assert (
        "  review      approved by A. Nurse on 2026-11-01; due 2027-11-01\n"
        in capsys.readouterr().out
    )


def test_the_archive_is_that_of_the_flag_the_settings_or_the_usual_one(
    clinic: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """With --archive, any folder works. Without an archive, the hint says what to do."""
    code = code_for(clinic, "ckd")
    monkeypatch.chdir(tmp_path)
    assert run(["identify", code]) == 2
    assert (
        "Name its folder, or make one: teachback build --archive build/archive."
        in capsys.readouterr().err
    )
    assert run(["identify", code, "--archive", str(clinic / "build/archive")]) == 0
    assert run(["identify", code, "--archive", str(tmp_path / "nowhere")]) == 2
    monkeypatch.setenv("TEACHBACK_ARCHIVE", str(clinic / "build/archive"))
    assert run(["identify", code]) == 0
    assert run(["verify"]) == 0
    capsys.readouterr()
    assert run(["identify"]) == 2
    assert "Type a code, or name a picture or a PDF with --scan." in capsys.readouterr().err
