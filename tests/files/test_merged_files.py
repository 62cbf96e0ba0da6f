"""A clinic's entries are merged with the built-in ones by name; its templates replace."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from workspace_cases import here, lay

from teachback.content.workspace_content import load_shared
from teachback.errors import TeachbackError
from teachback.files.workspace import effective_files
from teachback.printing.card_stock import load_stocks

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from teachback.files.workspace import Workspace

    Make = Callable[..., Workspace]

pytestmark = pytest.mark.usefixtures("one_process")


AUDIENCE = "name: Pregnant readers\n  badge: {en: For you}"
OURS = "{publisher: Us, title: Our leaflet, url: null, year: null, basis: known}"
SOURCE = f"ours: {OURS}\n".encode()
STOCK = (
    "{page: letter, grid: {columns: 1, rows: 1}, card: {width: 88.9, height: 50.8}, "
    "first: {left: 19, top: 12}, pitch: {across: 90, down: 60}, source: [Measured here]}"
)


def test_an_audience_of_the_clinic_stands_beside_the_built_in_ones(workspace: Make) -> None:
    """It may extend a built-in one, which needs no copy."""
    clinic = workspace({"content/audiences.yaml": f"pregnant:\n  {AUDIENCE}\n  extends: general\n"})
    audiences = load_shared(clinic).audiences
    assert list(audiences.root) == ["general", "ckd", "dialysis", "pregnant"]
    assert audiences.lineage("pregnant") == ("pregnant", "general")


def test_an_entry_of_the_clinic_replaces_the_whole_built_in_entry(workspace: Make) -> None:
    """Nothing of the built-in entry is left: a title never gets another source's address."""
    before = load_shared(workspace()).sources.root
    name, known = next((name, source) for name, source in before.items() if source.url)
    after = load_shared(workspace({"content/sources.yaml": f"{name}: {OURS}\n"})).sources.root
    assert after.keys() == before.keys()
    assert (after[name].title, after[name].url) == ("Our leaflet", None)
    assert known.title != "Our leaflet"


def test_a_source_of_the_clinic_breaks_no_handout(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The built-in handout still finds its sources."""
    root = lay(tmp_path, {"content/sources.yaml": f"ours: {OURS}\n".encode()})
    code, out, err = here("list handouts", root, monkeypatch, capsys)
    assert (code, err) == (0, "")
    assert "leg-cramps" in out


def test_a_stock_of_the_clinic_stands_beside_the_built_in_ones(workspace: Make) -> None:
    """It may also replace one."""
    known = load_stocks(workspace()).root
    assert len(known) > 5
    own = f"ours: {STOCK}\navery-5371: {STOCK}\n"
    stocks = load_stocks(workspace({"content/stocks.yaml": own})).root
    assert stocks.keys() == {*known, "ours"}
    assert stocks["avery-5371"] == stocks["ours"] != known["avery-5371"]


def test_one_word_of_the_clinic_replaces_one_word(workspace: Make) -> None:
    """Also inside a group of words; all others stay as they are."""
    before = load_shared(workspace()).words["en"]
    own = "myth: Story\ntiers:\n  visit: Tell us next time\n"
    after = load_shared(workspace({"content/words/en.yaml": own})).words["en"]
    assert (after.myth, after.tiers.visit) == ("Story", "Tell us next time")
    assert (after.tiers.now, after.verdict) == (before.tiers.now, before.verdict)


@pytest.mark.parametrize(
    ("name", "text", "place"),
    [
        ("audiences.yaml", f"ours:\n  {AUDIENCE}\n  extends: generall\n", "4:12"),
        ("audiences.yaml", "ckd:\n  badge: {en: For kidneys}\n", "2:3"),
        ("sources.yaml", "# ours\nours: {publisher: Us}\n", "2:7"),
        ("stocks.yaml", "# ours\nours: 5\n", "2:7"),
    ],
)
def test_a_fault_is_told_in_the_file_of_the_clinic(
    name: str, text: str, place: str, workspace: Make
) -> None:
    """Though the entries are merged, each keeps the place where it is written."""
    clinic = workspace({f"content/{name}": text})
    with pytest.raises(TeachbackError) as wrong:
        load_stocks(clinic) if name == "stocks.yaml" else load_shared(clinic)
    assert str(wrong.value.problems[0].location).endswith(f"clinic/content/{name}:{place}")


def test_both_files_count_as_what_pages_are_made_from(workspace: Make) -> None:
    """A newer program with other built-in entries prints again; the archive keeps both."""
    clinic = workspace({"content/sources.yaml": f"ours: {OURS}\n", "styles/tokens.css": ""})
    files = effective_files(clinic)
    assert files["content/sources.yaml"] == clinic.root / "content/sources.yaml"
    assert files["builtin/content/sources.yaml"] == clinic.builtin / "content/sources.yaml"
    assert [name for name in files if name.startswith("builtin/")] == [
        "builtin/content/sources.yaml"
    ]


FRENCH = "language: Fran\u00e7ais\nmyth: Mythe\n".encode()


def test_an_unfinished_translation_does_not_stop_english(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """English is printed; a handout in the other language is refused with what is missing."""
    from tiny_handout import TINY

    french = TINY.replace("language: en", "language: fr").encode()
    root = lay(tmp_path, {"content/words/fr.yaml": FRENCH})
    code, _, err = here("build --format html --kind handout", root, monkeypatch, capsys)
    assert (code, err) == (0, "")
    (root / "content/handouts/tiny.fr.yaml").write_bytes(french)
    code, out, err = here("build --format html --kind handout", root, monkeypatch, capsys)
    assert code == 1
    assert "not printed: tiny.fr" in out
    assert "content/words/fr.yaml:1:1: the key 'at' is missing" in err


def test_check_warns_of_an_unfinished_translation(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nobody has to write a handout in it first."""
    root = lay(tmp_path, {"content/words/fr.yaml": FRENCH})
    code, _, err = here("check tiny", root, monkeypatch, capsys)
    assert code == 0
    assert "content/words/fr.yaml:1:1: warning: the key 'at' is missing" in err


@pytest.mark.slow
def test_an_archive_prints_merged_entries_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """It keeps the clinic's file and the built-in one, as they were."""
    files = {"content/words/en.yaml": b"draft: Our draft\n", "content/sources.yaml": SOURCE}
    root = lay(tmp_path, files)
    kept = here(
        "build --kind handout --format html --archive kept -a ckd", root, monkeypatch, capsys
    )
    assert kept[0] == 0
    assert "Our draft" in (root / "build/tiny/handout-ckd-en.html").read_text(encoding="utf-8")
    code, _, err = here("verify kept --rebuild", root, monkeypatch, capsys)
    assert (code, err) == (0, "")


def test_a_copied_language_name_is_a_fault_of_the_copy(workspace: Make) -> None:
    """`de` comes before `en`, and English is printed all the same."""
    words = (workspace().builtin / "content/words/en.yaml").read_text(encoding="utf-8")
    shared = load_shared(workspace({"content/words/de.yaml": words}))
    assert "en" in shared.words
    assert "de" not in shared.words
    assert "is that of content/words/en.yaml already" in shared.unfinished["de"][0].message
