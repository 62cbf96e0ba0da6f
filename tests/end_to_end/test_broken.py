"""Broken input is refused with a helpful message, and no output is touched.

See tests/end_to_end/broken/README.md.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from PIL import Image
from tiny_handout import TINY, TINY_APPROVED
from workspace_cases import (
    DEFAULT,
    FIGURE,
    HANDOUT,
    PRINTED,
    SVG,
    Case,
    Content,
    Link,
    Said,
    all_files,
    check,
    here,
    lay,
    problems,
    read_case,
)

from teachback.cli.app import run
from teachback.files import workspace
from teachback.files.workspace import builtin_root

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("one_process")]

BROKEN = Path(__file__).parent / "broken"
BLOCK = "      - text: {general: For everyone here., ckd: For kidneys here.}\n"
APPROVED = (
    f"{{status: approved, reviewer: A. Nurse, reviewed: 2020-01-05, due: 2021-01-05, "
    f"{TINY_APPROVED}}}"
)
DRAFT = "{status: draft, reviewer: null, reviewed: null, due: null}"


def picture(end: int | None = None) -> bytes:
    """Return a PNG picture, or only its beginning."""
    file = io.BytesIO()
    Image.effect_noise((60, 60), 50).save(file, "PNG")
    return file.getvalue()[:end]


def words(old: str, new: str) -> bytes:
    """Return the built-in English words with one change."""
    text = (builtin_root() / "content/words/en.yaml").read_text(encoding="utf-8")
    assert old in text
    return text.replace(old, new, 1).encode()


def tiny(old: str, new: str) -> bytes:
    """Return the tiny handout with one change."""
    assert old in TINY
    return TINY.replace(old, new, 1).encode()


def line_of(part: str, raw: bytes) -> int:
    """Return the number (from 1) of the line that contains a text."""
    return raw.decode().split(part)[0].count("\n") + 1


def figure(name: str, content: Content, message: str, hint: str) -> Case:
    """Return the case of a handout with a picture that cannot be printed."""
    files = {HANDOUT: tiny(BLOCK, FIGURE.format(name)), f"content/images/{name}": content}
    return Case(files, (Said(f"{HANDOUT}:16:17", message, hint),))


STOCK = b"""own:
  page: letter
  grid: {columns: 2, rows: 5}
  card: {width: 89 mm, height: 50 mm}
  first: {left: 19 mm, top: 12 mm}
  pitch: {across: 89 mm, down: 50 mm}
  source: [measured with a ruler]
"""
LOST, BRACE = (
    words("Call {emergency} now", "Call now"),
    words("now: Call {emergency} now", "now: Call {emergency} now}"),
)
LATIN = "Pequeños sorbos de agua"
SAVE = "Open it in a text editor and save it again, with the encoding UTF-8."
FONTS_HINT = "Use a whole .ttf file."
HERE_A_FOLDER = ("this is a folder, but a file is needed here", "Rename it or move it away.")

MADE = {
    "empty file": Case(
        {HANDOUT: b""},
        (Said(f"{HANDOUT}:1:1", "the file is empty", "Start from `teachback new ID`."),),
    ),
    "only remarks": Case(
        {HANDOUT: b"# later\n"}, (Said(f"{HANDOUT}:1:1", "the file is empty", "Start from"),)
    ),
    "empty clinic": Case(
        {"content/clinic.yaml": b"\n"},
        (Said("content/clinic.yaml:1:1", "the file is empty", "Fill it, or delete it"),),
    ),
    "binary file": Case(
        {HANDOUT: picture()}, (Said(f"{HANDOUT}:1:1", "the byte 0x89 is not UTF-8 text", SAVE),)
    ),
    "zero bytes": Case(
        {HANDOUT: b"id: tiny\n\0\0"},
        (Said(f"{HANDOUT}:2:1", "the control character U+0000", "Take it out."),),
    ),
    "invalid UTF-8": Case(
        {HANDOUT: tiny("One message.", LATIN).decode().encode("latin-1")},
        (Said(f"{HANDOUT}:7:15", "the byte 0xF1 is not UTF-8 text", SAVE),),
    ),
    "UTF-16": Case(
        {HANDOUT: TINY.encode("utf-16")},
        (Said(f"{HANDOUT}:1:1", "the file is saved as UTF-16", SAVE),),
    ),
    "five megabytes": Case(
        {HANDOUT: TINY.encode() + b"#" * 5_000_000},
        (
            Said(
                f"{HANDOUT}:1:1",
                "the file is 5.0 MB large; 1 MB is the most that is read",
                "Is it the right file?",
            ),
        ),
    ),
    "one line of a megabyte": Case(
        {HANDOUT: tiny("One message.", "word " * 190_000)},
        (
            Said(
                f"{HANDOUT}:7:10",
                "this text is 949999 characters long; 5000 is the most",
                "Split it into paragraphs",
            ),
        ),
    ),
    "deep indentation": Case(
        {HANDOUT: "".join(" " * depth + "a:\n" for depth in range(200)).encode()},
        (Said(f"{HANDOUT}:102:1", "this line is indented by more than 100 columns", "Nest less"),),
    ),
    "a folder for a handout": Case({HANDOUT: None}, (Said(HANDOUT, *HERE_A_FOLDER),)),
    "a folder for the clinic": Case(
        {"content/clinic.yaml": None}, (Said("content/clinic.yaml", *HERE_A_FOLDER),)
    ),
    "a folder for a template": Case(
        {"templates/card.html": None}, (Said("templates/card.html", *HERE_A_FOLDER),)
    ),
    "a folder for the settings": Case(
        {"teachback.toml": None}, (Said("teachback.toml", *HERE_A_FOLDER),)
    ),
    "a folder for a picture": figure(
        "cup.png",
        None,
        "there is no picture 'images/cup.png'",
        "It belongs at content/images/cup.png.",
    ),
    "a handout that links to itself": Case(
        {HANDOUT: Link("tiny.yaml")},
        (Said(HANDOUT, "this file cannot be read: ", "Check that it is there"),),
    ),
    "a style that links to nothing": Case(
        {"styles/clinic.css": Link("nowhere.css")},
        (Said("styles/clinic.css", "this file cannot be read: ", "Check that it is there"),),
    ),
    "a picture that links out of the workspace": Case(
        {
            HANDOUT: tiny(BLOCK, FIGURE.format("cup.svg")),
            "content/images/cup.svg": Link(os.__file__),
        },
        (
            Said(
                "content/images/cup.svg",
                "this is a link to a place outside the workspace",
                "Put the file or the folder itself there.",
            ),
        ),
    ),
    "a picture that is none": figure(
        "cup.png",
        b"no picture",
        "the picture 'images/cup.png' cannot be printed: this PNG picture is incomplete or damaged",
        "Save it again",
    ),
    "half a picture": figure(
        "cup.png",
        picture(900),
        "the picture 'images/cup.png' cannot be printed: this PNG picture is incomplete or damaged",
        "Save it again",
    ),
    "a picture under a wrong name": figure(
        "cup.jpg",
        picture(),
        "the picture 'images/cup.jpg' cannot be printed: this is a PNG picture",
        "Give the file the right ending.",
    ),
    "a picture whose name only looks the same": Case(
        {
            HANDOUT: tiny(BLOCK, FIGURE.format("cafe\u0301.png")),
            "content/images/caf\u00e9.png": picture(),
        },
        (
            Said(
                f"{HANDOUT}:16:17",
                "there is no picture 'images/cafe\u0301.png'",
                "It belongs at content/images/cafe\u0301.png. "
                "There is 'images/caf\u00e9.png', which looks the same and is stored "
                "otherwise (\u00e9).",
            ),
        ),
    ),
    "a style whose name only looks the same": Case(
        {
            "styles/clinic.css": (
                "@font-face { font-family: A; src: url(fonts/Gro\u0308.ttf) }\n"
            ).encode(),
            "styles/fonts/Gr\u00f6.ttf": (
                builtin_root() / "styles/fonts/AtkinsonHyperlegible-Bold.ttf"
            ).read_bytes(),
        },
        (
            Said(
                "styles/clinic.css:1:39",
                "there is no file 'fonts/Gro\u0308.ttf'",
                "It belongs at styles/fonts/Gro\u0308.ttf. There is",
            ),
        ),
    ),
    "a length that is no number": Case(
        {"content/stocks.yaml": STOCK.replace(b"19 mm", b".nan")},
        (
            Said(
                "content/stocks.yaml:5:17",
                "'.nan' is not a length",
                "Write a number and mm, cm, in or pt.",
            ),
        ),
        "list stocks",
    ),
    "a length below nothing": Case(
        {"content/stocks.yaml": STOCK.replace(b"19 mm", b"-19 mm")},
        (Said("content/stocks.yaml:5:17", "the number is too small", "Write 0 or more."),),
        "list stocks",
    ),
    "a word in braces where a size belongs": Case(
        {"content/stocks.yaml": STOCK.replace(b"page: letter", b"page: {name}")},
        (
            Said("content/stocks.yaml:2:9", "the key 'height' is missing", "Add"),
            Said("content/stocks.yaml:2:9", "the key 'width' is missing", "Add"),
            Said("content/stocks.yaml:2:10", "the key 'name' is not known here", "Known"),
        ),
        "list stocks",
    ),
    "a width of nothing": Case(
        {"content/stocks.yaml": STOCK.replace(b"width: 89 mm", b"width: 0")},
        (Said("content/stocks.yaml:4:17", "the number is too small", "Write more than 0."),),
        "list stocks",
    ),
    "a field's width that is no number": Case(
        {HANDOUT: tiny("red_flags:", "fields: [{name: a, label: A, width_mm: .nan}]\nred_flags:")},
        (Said(f"{HANDOUT}:9:40", "this must be a number, not '.nan'", "Write it in digits."),),
    ),
    "a field's width that is not finite": Case(
        {HANDOUT: tiny("red_flags:", "fields: [{name: a, label: A, width_mm: nan}]\nred_flags:")},
        (Said(f"{HANDOUT}:9:40", "this must be a number, not 'nan'", "Write it in digits."),),
    ),
    "seconds for a day": Case(
        {HANDOUT: tiny("2026-11-22", "864000")},
        (Said(f"{HANDOUT}:5:10", "'864000' is not a date", "Write it as"),),
    ),
    "line ends of two systems": Case(
        {HANDOUT: tiny("language: en\n", "language: en   # one\r")},
        (Said(f"{HANDOUT}:4:21", "the end of a line is stored here in an old way", SAVE[:40]),),
    ),
    "a picture of six megabytes": figure(
        "cup.png",
        picture() + b"\0" * 6_000_000,
        "the picture 'images/cup.png' cannot be printed: the picture is larger than 5 MB",
        "Make it smaller.",
    ),
    "a drawing that is not closed": figure(
        "cup.svg",
        SVG + b"<g></svg>",
        "the picture 'images/cup.svg' cannot be printed: this SVG drawing is incomplete or damaged",
        "Save it again",
    ),
    "a drawing with an entity bomb": figure(
        "cup.svg",
        b'<!DOCTYPE svg [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]>'
        + SVG
        + b"<text>&b;</text></svg>",
        "the picture 'images/cup.svg' cannot be printed: the drawing defines entities",
        "Save it as plain SVG.",
    ),
    "a drawing without end": figure(
        "cup.svg",
        SVG + b"<g>" * 4000 + b"</g>" * 4000 + b"</svg>",
        "the picture 'images/cup.svg' cannot be printed: the drawing is nested more than 50 deep",
        "Ungroup it.",
    ),
    "a picture with a name of 900 letters": Case(
        {HANDOUT: tiny(BLOCK, FIGURE.format("cup" * 300 + ".svg"))},
        (Said(f"{HANDOUT}:16:17", "there is no picture 'images/cupcup", "It belongs at"),),
    ),
    "a logo without a name": Case(
        {
            "content/clinic.yaml": b"emergency: '911'\nlogo: images/logo.png\n",
            "content/images/logo.png": picture(),
        },
        (
            Said(
                "content/clinic.yaml:2:7",
                "a logo needs the clinic's name beside it",
                "Fill `name:`",
            ),
        ),
    ),
    "a font that is none": Case(
        {"styles/fonts/Own.ttf": b"no font"},
        (Said("styles/fonts/Own.ttf", "this is not a TrueType font", FONTS_HINT),),
    ),
    "half a font": Case(
        {
            "styles/fonts/Own.ttf": (
                builtin_root() / "styles/fonts/AtkinsonHyperlegible-Bold.ttf"
            ).read_bytes()[:9000]
        },
        (Said("styles/fonts/Own.ttf", "this is not a TrueType font", FONTS_HINT),),
    ),
    "a style in another encoding": Case(
        {"styles/clinic.css": b"h1 { color: black }\n/* \xe9 */\n"},
        (Said("styles/clinic.css:2:4", "the byte 0xE9 is not UTF-8 text", SAVE),),
    ),
    "a template in another encoding": Case(
        {"templates/card.html": b"<p>\n\xe9</p>\n"},
        (Said("templates/card.html:2:1", "the byte 0xE9 is not UTF-8 text", SAVE),),
    ),
    "settings in another encoding": Case(
        {"teachback.toml": b'paper = "\xe9"\n'},
        (Said("teachback.toml:1:10", "the byte 0xE9 is not UTF-8 text", SAVE),),
    ),
    "words that lost a placeholder": Case(
        {"content/words/en.yaml": LOST},
        (
            Said(
                f"content/words/en.yaml:{line_of('now: Call now', LOST)}:8",
                "this text must hold {emergency}",
                "What is in braces is filled in",
            ),
        ),
    ),
    "words with a brace too many": Case(
        {"content/words/en.yaml": BRACE},
        (
            Said(
                f"content/words/en.yaml:{line_of('now: Call', BRACE)}:8",
                "this text must hold {emergency}",
                "What is in braces is filled in",
            ),
        ),
    ),
    "a language without words": Case(
        {HANDOUT: tiny("language: en", "language: de")},
        (
            Said(
                f"{HANDOUT}:3:13",
                "the audience 'general' has no badge in the language 'de'",
                "Add it in content/audiences.yaml.",
            ),
            Said(
                f"{HANDOUT}:3:22",
                "the audience 'ckd' has no badge in the language 'de'",
                "Add it in content/audiences.yaml.",
            ),
            Said(
                f"{HANDOUT}:4:11",
                "there are no words for the language 'de'",
                "Add content/words/de.yaml.",
            ),
        ),
    ),
    "a language that nobody speaks": Case(
        {
            HANDOUT: tiny("language: en", "language: qqq"),
            "content/words/qqq.yaml": words("language: English", "language: Nobodyish"),
            "content/audiences.yaml": (
                b"general:\n  name: A\n  badge: {qqq: A}\nckd:\n  name: B\n  badge: {qqq: B}\n"
            ),
        },
        (
            Said(
                f"{HANDOUT}:2:1",
                "handout of tiny for ckd: dates cannot be written in the language 'qqq'",
                "Use the tag of a language",
            ),
            Said(
                f"{HANDOUT}:4:1",
                "warning: this handout is written in 'qqq', which no rule can read",
                "Write it in English and translate that",
            ),
        ),
        "build tiny --kind handout --format html --audience ckd",
    ),
    "two files with one id": Case(
        {"content/handouts/tiny.en.yaml": TINY.encode()},
        (
            Said(
                "content/handouts/tiny.en.yaml:1:1",
                f"{HANDOUT} has the same id and language",
                "Keep one of the two.",
            ),
            Said(
                f"{HANDOUT}:1:1",
                "content/handouts/tiny.en.yaml has the same id and language",
                "Keep one of the two.",
            ),
        ),
    ),
    "an output folder that is a file": Case(
        {"printed": b"a file"},
        (
            Said(
                "printed",
                "this cannot be written: a file is where a folder must be",
                "Choose another folder",
            ),
        ),
        f"{DEFAULT} --output printed",
    ),
    "an output folder below a file": Case(
        {"printed": b"a file"},
        (
            Said(
                "printed/deep/down",
                "this cannot be written: a file is where a folder must be",
                "Choose another folder",
            ),
        ),
        f"{DEFAULT} --output printed/deep/down",
    ),
    "an output folder with a name of 900 letters": Case(
        {},
        (Said("x" * 900, "this cannot be written: ", "Choose another folder"),),
        f"{DEFAULT} --output {'x' * 900}",
    ),
    "a broken handout and no place to print it": Case(
        {HANDOUT: tiny("[general, ckd]", "[general, kcd]"), "printed": b"a file"},
        (
            Said(f"{HANDOUT}:3:22", "the audience 'kcd' is not known", "Did you mean 'ckd'?"),
            Said("printed", "this cannot be written: ", "Choose another folder"),
        ),
        f"{DEFAULT} --output printed",
    ),
}


@pytest.fixture(autouse=True)
def _plain_surroundings(monkeypatch: pytest.MonkeyPatch) -> None:
    """Remove the settings of the user's environment, which would change what is printed."""
    for name in [name for name in os.environ if name.startswith("TEACHBACK_")]:
        monkeypatch.delenv(name)


FILES = sorted(path for path in BROKEN.iterdir() if path.name != "README.md")


def test_there_are_many_broken_files() -> None:
    """At least forty inputs are broken on purpose, each in its own way."""
    assert len(FILES) >= 40
    assert (
        len({path.read_bytes().partition(b"\n\n")[2] + path.suffix.encode() for path in FILES})
        >= 40
    )


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_a_broken_file_is_refused_with_its_place_and_a_hint(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each broken file is named with line, column and hint; the exit code is 1; no file changes."""
    case = read_case(path)
    root = lay(tmp_path, case.files)
    before = all_files(root)
    check(case, root, *here(case.run, root, monkeypatch, capsys))
    assert all_files(root) == before


@pytest.mark.parametrize("name", MADE)
def test_what_nobody_can_type_is_refused_with_its_place_and_a_hint(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Impossible bytes, folders, links and sizes get messages as plain as a misspelt key."""
    root = lay(tmp_path, MADE[name].files)
    before = all_files(root)
    check(MADE[name], root, *here(MADE[name].run, root, monkeypatch, capsys))
    assert all_files(root) == before


@pytest.mark.parametrize(
    "name",
    ["yaml-alias-bomb.yaml", "template-includes-itself.html"],
)
def test_the_command_itself_refuses_a_broken_file(name: str, tmp_path: Path) -> None:
    """As a process of its own the command exits with 1, the same message, and no traceback."""
    case = read_case(BROKEN / name)
    root = lay(tmp_path, case.files)
    before = all_files(root)
    ran = subprocess.run(
        [sys.executable, "-m", "teachback", *case.run.split(" ")],
        cwd=root,
        check=False,
        capture_output=True,
        text=True,
        encoding="utf-8",
    )
    check(case, root, ran.returncode, ran.stdout, ran.stderr)
    assert all_files(root) == before


def test_all_problems_of_a_file_are_told_at_once_in_its_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """One run names all mistakes in a file, from top to bottom: one round of edits is enough."""
    text = TINY.replace("A tiny handout", "A <b>tiny</b> handout").replace(
        "One message.", "Call {clinic.fone} or [us](http://x.org)."
    )
    text = text.replace("id: chest", "id: one").replace(
        BLOCK,
        "      - text: {general: One 🚨}\n        sources: [nowhere]\n      - figure: "
        "images/cup.svg\n        alt: '*A* cup'\n",
    )
    root = lay(tmp_path, {HANDOUT: text.encode()})
    code, _, stderr = here(DEFAULT, root, monkeypatch, capsys)
    assert code == 1
    said = [
        (one.place.removeprefix(f"{HANDOUT}:"), one.message.split(" (")[0])
        for one in problems(stderr)
    ]
    assert said == [
        ("2:8", "HTML is not allowed in a text"),
        ("7:10", "the link to 'http://x.org' is not allowed"),
        ("7:10", "the placeholder {clinic.fone} is not known"),
        ("13:9", "the id 'one' is used twice; it was first used in line 10"),
        ("16:9", "there is no text for the audience 'ckd'"),
        ("16:25", "the character '🚨'"),
        ("17:19", "the source 'nowhere' is not known"),
        ("18:17", "there is no picture 'images/cup.svg'"),
        ("19:14", "italics are hard to read and are not printed"),
    ]


def test_the_problems_of_several_files_are_told_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Clinic, audiences, sources and words are all read to the end, whatever is wrong elsewhere."""
    root = lay(
        tmp_path,
        {
            "content/clinic.yaml": b"emergency: '911'\nphnoe: 5\n",
            "content/audiences.yaml": b"general: everyone\n",
            "content/sources.yaml": b"- a\n",
            "content/words/en.yaml": words("at: at", "att: at"),
            "styles/fonts/Own.ttf": b"no font",
        },
    )
    code, _, stderr = here(DEFAULT, root, monkeypatch, capsys)
    assert code == 1
    assert [one.place.split(":")[0] for one in problems(stderr)] == [
        "content/audiences.yaml",
        "content/clinic.yaml",
        "content/sources.yaml",
        "content/words/en.yaml",
        "styles/fonts/Own.ttf",
    ]


def test_styles_and_templates_are_told_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A run reports the faults of every style sheet and of the template."""
    root = lay(
        tmp_path,
        {
            "styles/clinic.css": b"h1 { colour: black }\nh2 { background: url(icons/nope.svg) }\n",
            "styles/tokens.css": (builtin_root() / "styles/tokens.css").read_bytes()
            + b"h3 { color: blackish }\n",
            "templates/blocks/clinic.html": b"{{ clinic.fone }}\n",
        },
    )
    code, _, stderr = here(DEFAULT, root, monkeypatch, capsys)
    assert code == 1
    assert [one.place.split(":")[0] for one in problems(stderr)] == [
        "styles/clinic.css",
        "styles/clinic.css",
        "styles/tokens.css",
        "templates/blocks/clinic.html",
    ]


@pytest.mark.parametrize(
    "broken", [tiny("language: en", "langauge: en"), None], ids=["misspelt key", "a folder"]
)
def test_a_broken_handout_does_not_keep_the_others_from_printing(
    broken: Content,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The others are printed, the run names the one that was not, and its exit code is 1."""
    root = lay(
        tmp_path,
        {
            HANDOUT: broken,
            "content/handouts/other.yaml": TINY.replace("id: tiny", "id: other").encode(),
        },
    )
    code, stdout, stderr = here(
        "build tiny other --kind handout --format html", root, monkeypatch, capsys
    )
    assert code == 1
    assert [one.place.split(":")[0] for one in problems(stderr)] == [HANDOUT]
    assert (root / "build/other/handout-ckd-en.html").is_file()
    assert (root / "build/other/handout-general-en.html").is_file()
    assert all((root / name).read_bytes() == b"printed yesterday" for name in PRINTED)
    assert (
        stdout.splitlines()[-2] == "2 printed, 1 problem, not printed: tiny; all of it is in build"
    )
    rows = json.loads((root / "build/manifest.json").read_bytes())["outputs"]
    assert {row["handout"] for row in rows} == {"other"}


@pytest.mark.parametrize(
    "name",
    [
        "key-unknown.yaml",
        "audience-text-misspelt.yaml",
        "clinic-colour-too-light.yaml",
        "icon-broken.svg",
    ],
)
def test_json_carries_the_same_problems(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A program gets what a person gets: place, message and hint of every problem."""
    case = read_case(BROKEN / name)
    root = lay(tmp_path, case.files)
    _, _, stderr = here(case.run, root, monkeypatch, capsys)
    code, stdout, silent = here(f"{case.run} --json", root, monkeypatch, capsys)
    assert code == 1
    assert silent == ""
    answer = json.loads(stdout)
    assert answer["ok"] is False
    assert answer["outputs"] == []
    told = [
        Said(
            ":".join(str(part) for part in (row["file"], row["line"], row["column"]) if part),
            row["message"],
            row["hint"],
        )
        for row in answer["problems"]
    ]
    assert {row["severity"] for row in answer["problems"]} == {"error"}
    assert tuple(told) == problems(stderr)


@pytest.mark.parametrize(
    ("command", "message", "hint"),
    [
        (
            "build --papr a4",
            "No such option '--papr'. (Did you mean one of: '--paper', '--proof'?)",
            "See `teachback build --help`.",
        ),
        ("bild", "No such command 'bild'. Did you mean 'build'?", "See `teachback --help`."),
        ("build tinny", "there is no handout 'tinny'", "Did you mean 'tiny'?"),
        ("build ../tiny", "there is no handout '../tiny'", "Did you mean 'tiny'?"),
        (f"build {HANDOUT}", f"there is no handout '{HANDOUT}'", "Did you mean 'tiny'?"),
        ("build tiny --audience kcd", "there is no audience 'kcd'", "Did you mean 'ckd'?"),
        (
            "build tiny --audience dialysis",
            "no handout is for dialysis",
            "See `teachback list handouts`.",
        ),
        (
            "build tiny --language xx",
            "no handout is written in the language 'xx'",
            "Leave --language out",
        ),
        ("build --paper leter", "--paper: 'leter' is not allowed", "Did you mean 'letter'?"),
        ("build --size big", "--size: 'big' is not allowed", "Known: large, standard."),
        ("build --kind crad", "--kind: 'crad' is not allowed", "Did you mean 'card'?"),
        ("build --format pfd", "--format: 'pfd' is not allowed", "Did you mean 'pdf'?"),
        ("build --jobs many", "--jobs: 'many' is not allowed", "Write a whole number, 1 or more."),
        ("build --jobs 0", "--jobs: '0' is not allowed", "Write a whole number, 1 or more."),
        ("build --jobs -2", "--jobs: '-2' is not allowed", "Write a whole number, 1 or more."),
        ("build --paper", "Option '--paper' requires an argument.", "See `teachback"),
        (
            "list handots",
            "No such command 'handots'. Did you mean 'handouts'?",
            "See `teachback list --help`.",
        ),
        ("new Bad_Id", "'Bad_Id' cannot be the id of a handout", "Use lower-case letters"),
        ("new", "Missing argument 'ID'.", "See `teachback new --help`."),
    ],
)
def test_wrong_usage_ends_with_2_and_names_what_was_meant(
    command: str,
    message: str,
    hint: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A mistyped command changes nothing, and the message suggests what could be typed instead."""
    root = lay(tmp_path, {})
    before = all_files(root)
    code, stdout, stderr = here(command, root, monkeypatch, capsys)
    assert (code, stdout) == (2, "")
    (said,) = problems(stderr)
    assert said.place == "teachback"
    assert said.message.startswith(message)
    assert said.hint.startswith(hint)
    assert all_files(root) == before


def test_wrong_usage_is_told_as_json_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A program that misspells an option gets JSON, not a sentence."""
    code, stdout, stderr = here(
        "build --json --paper leter", lay(tmp_path, {}), monkeypatch, capsys
    )
    assert (code, stderr) == (2, "")
    assert [row["message"] for row in json.loads(stdout)["problems"]] == [
        "--paper: 'leter' is not allowed"
    ]


def test_a_command_without_its_second_word_shows_what_there_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """`teachback list` alone lists its commands, and exits as wrong usage."""
    code, _, stderr = here("list", lay(tmp_path, {}), monkeypatch, capsys)
    assert code == 2
    assert stderr.startswith("Usage: teachback list")
    assert "handouts" in stderr


def test_wrong_words_in_the_environment_are_wrong_usage(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Environment variables are checked like options, and named by their variable."""
    monkeypatch.setenv("TEACHBACK_PAPER", "leter")
    monkeypatch.setenv("TEACHBACK_JOBS", "many")
    code, _, stderr = here(DEFAULT, lay(tmp_path, {}), monkeypatch, capsys)
    assert code == 2
    assert [one.message for one in problems(stderr)] == [
        "TEACHBACK_JOBS: 'many' is not allowed",
        "TEACHBACK_PAPER: 'leter' is not allowed",
    ]


def test_strict_refuses_what_is_else_only_warned_of(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """An overdue review is printed with a warning, and refused under --strict."""
    root = lay(tmp_path, {HANDOUT: tiny(DRAFT, APPROVED)})
    code, _, stderr = here(f"{DEFAULT} --strict", root, monkeypatch, capsys)
    assert code == 1
    assert [one.message for one in problems(stderr)] == ["the review was due on 2021-01-05"]
    assert all((root / name).read_bytes() == b"printed yesterday" for name in PRINTED)
    code, stdout, stderr = here(DEFAULT, root, monkeypatch, capsys)
    assert code == 0
    assert [one.message for one in problems(stderr)] == [
        "warning: the review was due on 2021-01-05"
    ]
    assert stdout.splitlines()[-2] == "2 printed; all of it is in build"


def test_a_file_that_nothing_reads_is_warned_of(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A misspelt style sheet and a handout with the wrong ending are named, not ignored."""
    stray = {
        "styles/hanodut.css": b"h1 { color: black }\n",
        "content/handouts/other.yml": TINY.encode(),
        "content/handouts/old/tiny.yaml": b"",
    }
    code, _, stderr = here(DEFAULT, lay(tmp_path, stray), monkeypatch, capsys)
    assert code == 0
    assert [(one.place, one.message) for one in problems(stderr)] == [
        ("content/handouts/old", "warning: this folder and the files in it are not used"),
        ("content/handouts/other.yml", "warning: this file is not used"),
        ("styles/hanodut.css", "warning: this file is not used"),
    ]
    assert "Did you mean 'styles/handout.css'?" in stderr


@pytest.mark.parametrize(
    ("review", "message"),
    [
        (DRAFT, "the text is a draft: no clinician has approved it"),
        (APPROVED, "the review was due on 2021-01-05"),
    ],
    ids=["draft", "overdue"],
)
def test_release_refuses_drafts_and_overdue_reviews(
    review: str,
    message: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Under --release, only approved text with a current review is printed.

    A good handout is printed beside a refused one.
    """
    good = TINY.replace("id: tiny", "id: good").replace(DRAFT, APPROVED.replace("2021", "9999"))
    root = lay(
        tmp_path, {HANDOUT: tiny(DRAFT, review), "content/handouts/good.yaml": good.encode()}
    )
    code, stdout, stderr = here(
        "build tiny good --kind handout --format html --release", root, monkeypatch, capsys
    )
    assert code == 1
    assert [(one.place, one.message) for one in problems(stderr)] == [(f"{HANDOUT}:8:1", message)]
    assert (root / "build/good/handout-ckd-en.html").is_file()
    assert all((root / name).read_bytes() == b"printed yesterday" for name in PRINTED)
    assert "not printed: tiny" in stdout


def test_a_file_that_may_not_be_read_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A file of another user is named with the system's reason."""
    root = lay(tmp_path, {})
    opened = workspace.open_file

    def refuse(path: Path) -> int:
        if path.name == "tiny.yaml":
            raise PermissionError(13, "Permission denied")
        return opened(path)

    monkeypatch.setattr(workspace, "open_file", refuse)
    code, _, stderr = here(DEFAULT, root, monkeypatch, capsys)
    assert code == 1
    assert problems(stderr) == (
        Said(
            HANDOUT,
            "this file cannot be read: Permission denied",
            "Check that it is there and that you may read it.",
        ),
    )


def test_a_full_disk_leaves_what_was_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A file that cannot be written whole is not written at all, and no part of it is left."""
    root = lay(tmp_path, {})
    before = all_files(root)
    write = Path.write_bytes

    def refuse(path: Path, data: bytes) -> int:
        if ".html" in path.name:
            write(path, data[:100])
            raise OSError(28, "No space left on device")
        return write(path, data)

    monkeypatch.setattr(Path, "write_bytes", refuse)
    code, _, stderr = here(f"{DEFAULT} --audience ckd", root, monkeypatch, capsys)
    assert code == 1
    assert [(one.place, one.message) for one in problems(stderr)] == [
        (PRINTED[0], "this cannot be written: No space left on device")
    ]
    assert all_files(root) == before


def test_a_folder_that_is_gone_is_wrong_usage(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A command in a deleted folder gets a message about it."""
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    assert run(["list", "handouts"]) == 2
    (said,) = problems(capsys.readouterr().err)
    assert said.message == "the folder you are in no longer exists"


@pytest.mark.parametrize(
    "raw",
    [
        TINY.replace("\n", "\r\n").encode(),
        TINY.encode("utf-8-sig"),
        ("\ufeff" + TINY.replace("\n", "\r\n")).encode(),
        tiny("One message.", "42"),
        tiny("One message.", "yes"),
        tiny("One message.", "2027-11-01"),
        tiny("One message.", "'It is 5 °C \u2013 \u201ccool\u201d, n\u2019est-ce pas?'"),
        tiny(BLOCK, "\n" * 500 + BLOCK + "# the end"),
    ],
    ids=[
        "Windows line ends",
        "byte order mark",
        "both",
        "number",
        "yes",
        "date",
        "typography",
        "far down",
    ],
)
def test_what_only_looks_odd_is_printed(
    raw: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Line ends and marks of other systems, and words that look like YAML numbers, are allowed."""
    root = lay(tmp_path, {HANDOUT: raw})
    code, stdout, stderr = here(DEFAULT, root, monkeypatch, capsys)
    assert (code, stderr) == (0, "")
    assert stdout.splitlines()[-2] == "2 printed; all of it is in build"
    found = re.search(rb"^message: '?(.+?)'?\r?$", raw, re.MULTILINE)
    assert found
    # A number and its unit are kept on one line.
    page = (root / PRINTED[0]).read_text(encoding="utf-8").replace("\u00a0", " ")
    assert found[1].decode() in page


BITS = (
    *(
        "{",
        "}",
        "[",
        "]",
        "'",
        '"',
        ": ",
        "- ",
        "\n",
        "\t",
        "  ",
        "#",
        "*",
        "&",
        "!",
        "|",
        ">",
        "%",
        "@",
        "`",
        "<b>",
        "{{",
        "\\",
        "null",
    ),
    *(
        "\x00",
        "\u202e",
        "\ufeff",
        "🚨",
        "é",
        "~",
        "-1",
        "1e400",
        ".nan",
        "2026-13-45",
        "ckd",
        "only: [ckd]",
        "<<: *a",
        "---\n",
        "? ",
        "!!set ",
    ),
)


@settings(max_examples=50, deadline=None, derandomize=True)
@given(
    some.lists(
        some.tuples(some.integers(0, len(TINY)), some.integers(0, 40), some.sampled_from(BITS)),
        min_size=1,
        max_size=4,
    )
)
def test_no_slip_of_the_fingers_ends_in_a_traceback(
    tmp_path_factory: pytest.TempPathFactory, slips: list[tuple[int, int, str]]
) -> None:
    """Whatever is typed into a handout, it prints, or every problem has a place and a hint."""
    text = TINY
    for position, taken_out, typed in slips:
        text = text[:position] + typed + text[position + taken_out :]
    root = lay(tmp_path_factory.mktemp("slip"), {HANDOUT: text.encode()})
    stdout, stderr = io.StringIO(), io.StringIO()
    with (
        contextlib.chdir(root),
        contextlib.redirect_stdout(stdout),
        contextlib.redirect_stderr(stderr),
    ):
        code = run(f"{DEFAULT} --audience general".split(" "))
    said = problems(stderr.getvalue())
    if code == 0:
        assert [one.message for one in said if not one.message.startswith("warning: ")] == []
    else:
        # Exit code 2: the handout no longer has an audience `general`.
        assert code in {1, 2}
        assert said
        assert all(one.place.startswith(HANDOUT) for one in said if code == 1)
