"""A clinic's file that nothing reads is reported with the name that would be read."""

from __future__ import annotations

import datetime as dt
import shutil
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tiny_handout import TINY

from teachback.checking.checker import check, failed
from teachback.checking.plain_language.word_lists import FOLDER
from teachback.cli.app import run
from teachback.errors import Severity
from teachback.files.stray_files import SHELVES, stray_files
from teachback.files.workspace import KINDS, Workspace, builtin_root, effective_files

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Make = Callable[..., Workspace]

pytestmark = pytest.mark.usefixtures("one_process")


# A name in a workspace, and words of the hint.
FILES = {
    "content/rules/our-gel.yml": "rename it to 'our-gel.yaml'",
    "content/rules/our-gel.YAML": "rename it to 'our-gel.yaml'",
    "content/rules/our-gel.Yml": "rename it to 'our-gel.yaml'",
    "content/rules/our-gel.yaml.txt": "rename it to 'our-gel.yaml'",
    "content/rules/our-gel.yaml.bak": "rename it to 'our-gel.yaml'",
    "content/rules/our-gel.yml.orig": "rename it to 'our-gel.yaml'",
    "content/rules/our-gel.yaml ": "rename it to 'our-gel.yaml'",
    "content/rules/our-gel.yaml.tmp": "rename it to 'our-gel.yaml'",
    "content/rules/our gel (1).yml": "rename it to 'our gel (1).yaml'",
    "content/rules/our-gel.yaml~": "rename it to 'our-gel.yaml'",
    "content/rules/our-gel": "rename it to 'our-gel.yaml'",
    "content/rules/our-gel.txt": "rename it to 'our-gel.yaml'",
    "content/rules/our-gel.json": "rename it to 'our-gel.yaml'",
    "content/rules/data/ours.yml": "rename it to 'ours.yaml'",
    "content/rules/data/ours.YAML": "rename it to 'ours.yaml'",
    "content/rules/words/terms.yml": "rename it to 'terms.yaml'",
    "content/rules/words/ours.yaml": (
        "Known: abbreviations.yaml, plain-words.yaml, syllables.yaml, terms.yaml."
    ),
    "content/words/es.yml": "rename it to 'es.yaml'",
    "content/words/es.yaml.txt": "rename it to 'es.yaml'",
    "content/handouts/sick-days.es.yml": "rename it to 'sick-days.es.yaml'",
    "content/handouts/tiny.yaml.bak": "'tiny.yaml' is read instead",
    "content/handouts/tiny.yml": "'tiny.yaml' is read instead",
    "content/clinic.yml": "rename it to 'clinic.yaml'",
    "content/Clinic.YAML": "rename it to 'clinic.yaml'",
    "content/cilnic.yaml": "Did you mean 'clinic.yaml'?",
    "content/sources.yaml.txt": "rename it to 'sources.yaml'",
    "content/stock.yaml": "Did you mean 'stocks.yaml'?",
    "content/samples/handouts.yaml": "Known: clinic.yaml, handout.yaml, teachback.toml.",
    "content/images/stretch.gif": "A picture ends in .svg or .png or .jpg or .jpeg.",
    "content/images/legs/stretch.svg.txt": "A picture ends in",
    "content/rules/stretch.svg": "right in content/rules/. Move it out of the folder.",
    "content/handouts/Notes.docx": "right in content/handouts/. Move it out of the folder.",
    "styles/hanodut.css": "Did you mean 'styles/handout.css'?",
    "styles/clinic.scss": "Did you mean 'styles/clinic.css'?",
    "styles/clinic.css.bak": "Did you mean 'styles/clinic.css'?",
    "styles/fonts/Our.otf": "A font ends in .ttf.",
    "styles/fonts/names/Our.woff2": "A font ends in .ttf.",
    "styles/icons/phone.gif": "An icon ends in",
    "templates/handuot.html": "Did you mean 'templates/handout.html'?",
    "templates/blocks/tabel.html": "Did you mean 'templates/blocks/table.html'?",
    "templates/blocks/ours.html": "Did you mean 'templates/blocks/",
    "Teachback.toml": "rename it to 'teachback.toml'",
    "teachback.toml.txt": "rename it to 'teachback.toml'",
    "teachbak.toml": "rename it to 'teachback.toml'",
    "teachback.yaml": "rename it to 'teachback.toml'",
    "clinic.yaml": "It belongs at content/clinic.yaml.",
    "tokens.css": "It belongs at styles/tokens.css.",
}
# A file in a folder that nothing reads, the folder, and words of the hint.
FOLDERS = {
    "content/rule/our-gel.yaml": ("content/rule", "Did you mean 'content/rules'?"),
    "content/Rules/our-gel.yaml": ("content/Rules", "Did you mean 'content/rules'?"),
    "content/rules/ours/our-gel.yaml": ("content/rules/ours", "right in content/rules/"),
    "content/rules/date/ours.yaml": ("content/rules/date", "Did you mean 'content/rules/data'?"),
    "content/rules/data/more/ours.yaml": (
        "content/rules/data/more",
        "right in content/rules/data/",
    ),
    "content/word/es.yaml": ("content/word", "Did you mean 'content/words'?"),
    "content/words/spanish/es.yaml": ("content/words/spanish", "right in content/words/"),
    "content/handout/sick-days.yaml": ("content/handout", "Did you mean 'content/handouts'?"),
    "content/handouts/old/sick-days.yaml": ("content/handouts/old", "right in content/handouts/"),
    "content/content/handouts/sick-days.yaml": ("content/content", "Move its files"),
    "contents/rules/our-gel.yaml": ("contents", "Did you mean 'content'?"),
    "Content/rules/our-gel.yaml": ("Content", "Did you mean 'content'?"),
    "contnet/clinic.yaml": ("contnet", "Did you mean 'content'?"),
    "style/clinic.css": ("style", "Did you mean 'styles'?"),
    "styles/font/Our.ttf": ("styles/font", "Did you mean 'styles/fonts'?"),
    "Templates/card.html": ("Templates", "Did you mean 'templates'?"),
    "template/card.html": ("template", "Did you mean 'templates'?"),
    "templates/block/table.html": ("templates/block", "Did you mean 'templates/blocks'?"),
    "rules/our-gel.yaml": ("rules", "Did you mean 'content/rules'?"),
    "handouts/sick-days.yaml": ("handouts", "Did you mean 'content/handouts'?"),
    "words/es.yaml": ("words", "Did you mean 'content/words'?"),
}
PASSED_OVER = (
    "content/.DS_Store", "content/rules/.our-gel.yaml.swp", "content/rules/.git/config",
    "content/images/Thumbs.db", "content/rules/README",
    "content/handouts/README.md", "content/words/readme.txt", "styles/fonts/OFL.txt",
    "styles/fonts/LICENSE-Our.txt", "content/desktop.ini",
    "content/__MACOSX/x", "content/handouts/~$tiny.yaml", "content/handouts/tiny.yaml~",
    "content/handouts/#tiny.yaml#", "content/rules/x.yaml:Zone.Identifier", "README.md",
    "patients.csv", "notes.txt", "notes/clinic/plan.yaml", "images/photo.jpg", "build/tiny/x.html",
    "archive/journal.jsonl",
)  # fmt: skip
READ = (
    "content/rules/our-gel.yaml", "content/rules/verdict.txt", "content/rules/data/ours.yaml",
    "content/rules/verdict.onnx", "content/words/es-MX.yaml",
    "content/rules/words/terms.yaml", "content/handouts/sick-days.es.yaml",
    "content/images/legs/stretch.SVG", "content/checks.yaml",
    "content/handout.schema.json", "styles/clinic.css", "styles/fonts/Our-Bold.ttf",
    "styles/icons/ours/leg.svg", "teachback.toml",
    "templates/blocks/table.html", "content/samples/handout.yaml",
)  # fmt: skip


def lay(root: Path, *names: str) -> Workspace:
    """Return a workspace with a handout and empty files of these names."""
    for name in ("content/handouts/tiny.yaml", *names):
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(TINY if name == "content/handouts/tiny.yaml" else "", encoding="utf-8")
    return Workspace(root, builtin_root())


@pytest.mark.parametrize(("name", "hint"), FILES.items())
def test_a_file_that_nothing_reads_is_told_with_the_name_that_is_read(
    tmp_path: Path, name: str, hint: str
) -> None:
    """Each file is reported once, as a warning, and nothing else is."""
    (problem,) = stray_files(lay(tmp_path, name))
    assert problem.message == "this file is not used"
    assert problem.severity is Severity.WARNING
    assert problem.location is not None
    assert problem.location.file == str(tmp_path / name)
    assert hint in problem.hint


def test_a_folder_that_is_called_like_one_that_is_read_is_not_taken_for_it(tmp_path: Path) -> None:
    """A picture may be in any folder, but what is beside it there is no picture."""
    workspace = lay(tmp_path, "content/images-old/cup.png", "content/images-old/plan.odt")
    handout = tmp_path / "content/handouts/tiny.yaml"
    handout.write_text(f"{TINY}\n# images-old/cup.png\n", encoding="utf-8")
    (problem,) = stray_files(workspace)
    assert problem.location is not None
    assert problem.location.file.endswith("plan.odt")
    assert "A picture ends in" not in problem.hint


@pytest.mark.parametrize(
    ("name", "folder", "hint"), [(name, *expected) for name, expected in FOLDERS.items()]
)
def test_a_folder_that_nothing_reads_is_told_once(
    tmp_path: Path, name: str, folder: str, hint: str
) -> None:
    """However many files it holds, the folder is reported once."""
    (problem,) = stray_files(lay(tmp_path, name, f"{folder}/more.yaml", f"{folder}/deep/most.yaml"))
    assert problem.message == "this folder and the files in it are not used"
    assert problem.severity is Severity.WARNING
    assert problem.location is not None
    assert problem.location.file == str(tmp_path / folder)
    assert hint in problem.hint


def test_what_systems_and_editors_leave_and_what_is_read_is_not_told(tmp_path: Path) -> None:
    """Hidden files, read-me files, licences and files that are read give no warning."""
    assert stray_files(lay(tmp_path, *PASSED_OVER, *READ)) == ()


@given(st.sampled_from(sorted(SHELVES)), st.text("abcXYZ-. ", min_size=1, max_size=12))
def test_a_file_is_either_read_or_told(
    tmp_path_factory: pytest.TempPathFactory, folder: str, name: str
) -> None:
    """A file that is not hidden is either read or reported, whatever its name."""
    if name.startswith("."):
        return
    root = tmp_path_factory.mktemp("clinic")
    workspace = lay(root, f"{folder}/{name}")
    reported = [problem.location.file for problem in stray_files(workspace) if problem.location]
    assert (reported == []) == SHELVES[folder].reads(name)
    shutil.rmtree(root)


def test_every_shipped_file_has_a_shelf(builtin: Workspace) -> None:
    """Every built-in file is read by its name or its suffix."""
    names = [
        name
        for name in effective_files(builtin)
        if name.startswith("content/") and "LICENSE" not in name
    ]
    assert len(names) > 40
    for name in names:
        folder, _, own = name.rpartition("/")
        assert SHELVES[folder].reads(own), name
    assert stray_files(builtin) == ()


def test_the_shelves_hold_the_names_that_the_readers_read() -> None:
    """The word lists are those of the plain-language rules, and each folder belongs to a kind."""
    assert {name.split("/")[0] for name in SHELVES} == set(KINDS)
    assert SHELVES[FOLDER].names == {
        "abbreviations.yaml",
        "plain-words.yaml",
        "syllables.yaml",
        "terms.yaml",
    }


@pytest.mark.parametrize(
    ("stray", "by", "text"),
    [
        (
            "content/pictures/leg.svg",
            "content/handouts/tiny.yaml",
            TINY.replace("- text: {", "- {figure: pictures/leg.svg, alt: A leg}\n      - text: {"),
        ),
        ("content/logo.png", "content/clinic.yaml", "name: A clinic\nlogo: logo.png\n"),
        (
            "styles/pictures/leg.png",
            "styles/clinic.css",
            "h1 { background: url(pictures/leg.png) }",
        ),
        (
            "templates/blocks/ours.html",
            "templates/handout.html",
            '{% include "blocks/ours.html" %}',
        ),
    ],
)
def test_a_file_that_another_names_is_read(tmp_path: Path, stray: str, by: str, text: str) -> None:
    """A picture or template outside the usual folders is reported unless something names it."""
    workspace = lay(tmp_path, stray)
    assert len(stray_files(workspace)) == 1
    (tmp_path / by).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / by).write_text(text, encoding="utf-8")
    assert stray_files(workspace) == ()


def test_a_workspace_inside_another_is_told(tmp_path: Path) -> None:
    """An unpacked copy one folder deeper is not read, and the warning says where to go."""
    lay(tmp_path / "my-clinic")
    (problem,) = stray_files(lay(tmp_path))
    assert "a workspace of its own" in problem.message
    assert "cd my-clinic" in problem.hint


def test_a_checkout_is_looked_at_as_a_clinic_is(tmp_path: Path) -> None:
    """A wrong suffix in a checkout of the program is reported, too."""
    for kind in KINDS:
        shutil.copytree(builtin_root() / kind, tmp_path / kind)
    (tmp_path / "content/rules/our-gel.yml").write_text("", encoding="utf-8")
    (problem,) = stray_files(Workspace(tmp_path, tmp_path))
    assert problem.location is not None
    assert problem.location.file.endswith("our-gel.yml")


RECORDED = TINY.replace(
    "sections:",
    "fields: [{name: patient, label: For, required: true}]\npersonal: [patient]\nsections:",
)


@pytest.mark.parametrize(
    "command",
    [
        "check tiny",
        "build tiny --kind handout",
        "card tiny",
        "merge tiny --records r.csv --dry-run",
        "doctor",
    ],
)
def test_every_command_tells_alike(
    tmp_path: Path,
    command: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Every command reports the rule that is not read."""
    lay(tmp_path, "content/rules/our-gel.yml")
    (tmp_path / "content/handouts/tiny.yaml").write_text(RECORDED, encoding="utf-8")
    (tmp_path / "r.csv").write_text("id,audience,patient\nP-1,ckd,NAME\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    assert run(command.split()) == 0
    captured = capsys.readouterr()
    assert "content/rules/our-gel.yml: " in captured.out + captured.err
    assert "this file is not used" in captured.out + captured.err


def test_strict_refuses_and_the_right_ending_is_read(tmp_path: Path) -> None:
    """`check --strict` fails while the rule has the wrong suffix."""
    workspace = lay(tmp_path, "content/rules/our-gel.yml")
    checkup = check(("tiny",), (), workspace, dt.date(2026, 11, 22))
    assert any(problem.message == "this file is not used" for problem in checkup.problems)
    assert failed(checkup, strict=True)
