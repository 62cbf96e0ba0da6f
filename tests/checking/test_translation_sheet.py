"""The proof of a translation shows each text in both languages, in order, with its state."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import pytest
from pdf_tags import faults, read_tags
from tiny_handout import TINY
from translated_tiny import SPANISH_TINY, TRANSLATION
from workspace_cases import here, lay

from teachback.checking.translation_sheet import pair_texts
from teachback.checking.translation_sheet_proof import translation_sheet_problems
from teachback.content.handout_loader import picture_hash
from teachback.content.translation_loader import read_translation
from teachback.content.workspace_content import load_shared
from teachback.files.workspace import Workspace, builtin_root

if TYPE_CHECKING:
    from pathlib import Path

    from teachback.checking.translation_sheet import PairedText, TranslationSheet

NAMES = ("English", "Español")


def paired(root: Path, spanish: str = SPANISH_TINY, english: str = TINY) -> TranslationSheet:
    """Return the sheet of a translation of the tiny handout."""
    lay(root, {TRANSLATION: spanish.encode(), "content/handouts/tiny.yaml": english.encode()})
    workspace = Workspace(root, builtin_root())
    shared = load_shared(workspace)
    file = root / TRANSLATION
    read = read_translation(file.read_bytes(), file, workspace, shared)
    return pair_texts(read, shared, picture_hash(workspace))


def rows(sheet: TranslationSheet) -> list[PairedText]:
    """Return all texts of a sheet."""
    return [text for _, texts in sheet.parts for text in texts]


def said(sheet: TranslationSheet) -> list[str]:
    """Return the words that a sheet must show, as a page has them."""
    words = []
    for heading, texts in sheet.parts:
        words += [heading, "Line", *NAMES, "Readers, state"]
        for text in texts:
            words += [str(text.line or "none"), text.name]
            words += [span.text for span in text.english]
            words += [span.text for span in text.translation] or ["not translated"]
            words += [text.readers, text.state]
    return words


def test_red_flags_come_first_with_their_tier_line_readers_and_state(tmp_path: Path) -> None:
    """Then the card, the title, and each section by its heading; a line is that of the Spanish."""
    sheet = paired(tmp_path)
    assert [heading for heading, _ in sheet.parts] == [
        "Red flags", "The card", "Title and message", "1. What is this?"
    ]  # fmt: skip
    flag, *_, last = rows(sheet)
    spanish = SPANISH_TINY.splitlines()
    assert flag.line is not None
    assert "chest/text" in spanish[flag.line - 1]
    assert (flag.name, flag.readers, flag.state) == ("Call now", "all", "not checked")
    assert (last.readers, last.translation[0].text) == ("ckd", "Para los riñones aquí.")
    assert all(len(reader.mark) == 16 for reader in sheet.readers)


def test_what_is_missing_or_outdated_is_told_with_the_english_then_and_now(tmp_path: Path) -> None:
    """A reader without a whole text of now has no mark to sign for."""
    spanish = SPANISH_TINY.replace("  card/title: {en: When to get help, es: Cu", "  # ")
    sheet = paired(tmp_path, spanish, TINY.replace("text: Chest pain}", "text: Chest pressure}"))
    flag, card = rows(sheet)[:2]
    assert flag.outdated is not None
    assert [" ".join(words for _, words in side) for side in flag.outdated] == [
        "Chest pain", "Chest pressure"
    ]  # fmt: skip
    assert (flag.state, card.state, card.line, card.translation) == (
        "outdated",
        "missing",
        None,
        (),
    )
    assert [reader.mark for reader in sheet.readers] == ["", ""]


def test_a_placeholder_is_shown_by_its_name(tmp_path: Path) -> None:
    """Two that were mixed up would look the same as lines to write on."""
    sheet = paired(
        tmp_path,
        SPANISH_TINY.replace("es: Un mensaje.", 'es: "Llame al {clinic.after_hours}."'),
        TINY.replace("One message.", '"Call {clinic.phone}."'),
    )
    words = " ".join("".join(span.text for span in text.translation) for text in rows(sheet))
    assert "Llame al {clinic.after_hours}." in words


@pytest.mark.parametrize(
    ("old", "new"),
    [("Dolor de pecho", "Dolor"), ("not checked", "checked"), ("Chest pain", "Chest"), ("9", "8")],
)
def test_a_sheet_that_shows_less_is_refused(tmp_path: Path, old: str, new: str) -> None:
    """A clinic's own template must not change what people sign."""
    sheet = paired(tmp_path)
    whole = said(sheet)
    unproved = partial(translation_sheet_problems, sheet, NAMES, drawn=str, paper=True)
    assert not unproved(whole)
    assert old in whole
    changed = [new if words == old else words for words in whole]
    [problem] = unproved(changed)
    assert "the proof does not show the text of line" in problem.message


def test_the_pdf_has_each_cell_in_its_language_and_keeps_to_pdf_ua(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A screen reader changes its voice between the two columns."""
    lay(tmp_path, {TRANSLATION: SPANISH_TINY.encode()})
    command = "translate proof tiny --language es --paper a4"
    code, out, err = here(command, tmp_path, monkeypatch, capsys)
    assert (code, err) == (0, "")
    assert "To sign: " in out
    data = (tmp_path / "build/tiny-es-proof.pdf").read_bytes()
    assert faults(data) == []
    tree = read_tags(data).tree
    by_language = {
        language: [tag.text for tag in tree.all() if tag.entries.get("Lang") == language]
        for language in ("es", "en")
    }
    assert "Dolor de pecho" in by_language["es"]
    assert "Para todos aquí." in by_language["es"]


def test_a_language_without_a_translation_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The hint begins one; nothing is written."""
    lay(tmp_path, {})
    code, _, err = here("translate proof tiny --language vi", tmp_path, monkeypatch, capsys)
    assert code == 2
    assert "there is no translation of 'tiny' into 'vi'" in err
    assert "teachback translate start tiny --language vi" in err
