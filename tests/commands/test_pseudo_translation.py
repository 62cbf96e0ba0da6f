"""`translate pseudo` prints what a translation would need room for, and says that it is no handout."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from fontTools.ttLib import TTFont
from pdf_tags import read_tags
from tiny_handout import TINY
from workspace_cases import here, lay

from teachback.commands.pseudo_translation import as_wide
from teachback.files.workspace import builtin_root

if TYPE_CHECKING:
    from pathlib import Path

# Nine long flags fill a card.
FLAGS = "".join(
    f"  - {{id: f{n}, tier: {'now' if n < 4 else 'today'}, card: true, "
    f"text: A very bad pain in your chest or in your arm with number {n}}}\n"
    for n in range(9)
)


@pytest.mark.slow
def test_what_fits_is_printed_and_marked_and_what_does_not_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Of a card, it tells the missing millimetres and the flags; nothing is recorded."""
    crowded = TINY.replace("card: {", f"{FLAGS}card: {{")
    lay(tmp_path, {"content/handouts/tiny.yaml": crowded.encode()})
    command = "translate pseudo tiny --growth 1.5 --audience ckd --json"
    code, out, _ = here(command, tmp_path, monkeypatch, capsys)
    outcome = json.loads(out)
    assert (code, outcome["ok"]) == (1, False)
    handouts = [row for row in outcome["editions"] if row["kind"] == "handout"]
    assert [(row["paper"], row["size"]) for row in handouts] == [
        ("letter", "standard"), ("letter", "large"), ("a4", "standard"), ("a4", "large")
    ]  # fmt: skip
    [card] = [row for row in outcome["editions"] if row["kind"] == "card"]
    assert card["missing_mm"] > 0
    assert set(card["flags"]) & {"f3", "f8"}
    assert any("does not fit on the card" in message for message in card["problems"])
    assert any(
        "`teachback card tiny --stock " in problem["hint"] for problem in outcome["problems"]
    )
    printed = [row for row in handouts if row["fits"] == "yes"]
    assert printed
    for row in printed:
        data = (tmp_path / "build/pseudo/tiny" / row["file"]).read_bytes()
        read = read_tags(data)
        assert all("Pseudo-text: no handout, not for patients" in foot for foot in read.artifacts)
        assert len(read.artifacts) == row["pages"]
        words = read.tree.text
        assert "For kidneys" not in words
        edition = next(word for word in words.split() if word.startswith("PT-CKD-EN-"))
    assert not (tmp_path / "build/manifest.json").exists()
    code, out, err = here(f"identify {edition}", tmp_path, monkeypatch, capsys)
    assert code != 0, out + err


@pytest.mark.slow
@pytest.mark.long
def test_pages_are_set_as_a_language_with_its_own_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Only the texts are pseudo-text; what templates print is translated already."""
    lay(tmp_path, {})
    command = "translate pseudo tiny --language es --audience ckd"
    code, out, err = here(command, tmp_path, monkeypatch, capsys)
    assert (code, err) == (0, "")
    assert "1.14 times as wide" in out
    read = read_tags((tmp_path / "build/pseudo/tiny/handout-ckd-a4-standard.pdf").read_bytes())
    assert "Llame al 911 ahora" in read.tree.text
    assert "Á tííñý hááñdóút" in read.tree.text
    assert "For kidneys" not in read.tree.text


@pytest.mark.parametrize("letters", ["", "\u0432\u044b\u0437\u043e\u0432\u0438\u0442\u0435"])
def test_pseudo_text_is_as_wide_in_the_font_of_the_language_as_was_asked(letters: str) -> None:
    """Noto Sans has wider letters, Cyrillic ones above all: as many of them would be too wide."""
    fonts = builtin_root() / "styles/fonts"
    both = [fonts / "AtkinsonHyperlegible-Regular.ttf", fonts / "names/NotoSans-Regular.ttf"]
    texts = ["Most leg cramps are not an emergency, but some signs need help fast.", "Call us."] * 9
    grow = as_wide(texts, both, letters, 1.4)
    widths = []
    for font, set_in_it in zip(both, (texts, [grow(text) for text in texts]), strict=True):
        with TTFont(font) as file:
            names, advances = file.getBestCmap(), file["hmtx"].metrics
            em = file["head"].unitsPerEm
            widths.append(
                sum(advances[names[ord(letter)]][0] for letter in "".join(set_in_it)) / em
            )
    # The font tables tell the widths without kerning.
    assert widths[1] / widths[0] == pytest.approx(1.4, rel=0.03)


@pytest.mark.parametrize("flag", ["--rtl", "--language he"])
def test_a_language_that_cannot_be_set_says_why(
    flag: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Pages in letters that no font has would tell nothing of the room that a text takes."""
    words = (builtin_root() / "content/words/en.yaml").read_text(encoding="utf-8")
    hebrew = words.replace("language: English", "language: \u05e2\u05d1\u05e8\u05d9\u05ea")
    lay(tmp_path, {"content/words/he.yaml": hebrew.encode()})
    code, out, err = here(f"translate pseudo tiny {flag}", tmp_path, monkeypatch, capsys)
    assert (code, out) == (1, "")
    assert err
    assert "content/words/" in err
    assert not (tmp_path / "build/pseudo").exists()


@pytest.mark.parametrize(
    ("command", "message"),
    [
        ("translate pseudo tyni", "there is no handout 'tyni'"),
        ("translate pseudo tiny --audience kdc", "'tiny' is not for the audience 'kdc'"),
        ("translate pseudo tiny --growth 0.5", "0.5"),
        ("translate pseudo tiny --language sw", "there are no words for the language 'sw'"),
    ],
)
def test_wrong_names_and_numbers_are_told(
    command: str,
    message: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Before anything is printed."""
    lay(tmp_path, {})
    code, _, err = here(command, tmp_path, monkeypatch, capsys)
    assert code == 2
    assert message in err
    assert not (tmp_path / "build/pseudo").exists()
