"""A translation goes out to a translator and comes back: all of it, or nothing; no word is lost."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from edited_package import edited_package
from tiny_handout import TINY
from translated_tiny import TRANSLATION
from workspace_cases import HANDOUT, all_files, here, lay, problems

from teachback.cli.options import resolve
from teachback.commands.export_translation import WRITERS, sent_sheet
from teachback.content.exchange.po import write_po
from teachback.files.workspace import Workspace, builtin_root
from teachback.printing.card_room import LINE_LENGTH

if TYPE_CHECKING:
    from collections.abc import Callable

    from teachback.content.exchange.sheet import SentSheet

    Run = Callable[[str], tuple[int, str, str]]

# A file as authors write it: a block, a remark, a folded text, brackets.
BLOCKS = """\
# Ours. Not checked.
translates: tiny
language: es
version: 2026-11-22   # as printed
review: {status: draft, reviewer: null, reviewed: null, due: null}
texts:
  title: {en: A tiny handout, es: Una hoja pequeña}   # short
  purpose:
    en: Show the least that a handout can be
    es: Mostrar lo mínimo que puede ser una hoja
  message:
    en: One message.
    es: >-
      Un
      mensaje.

  # The red flags.
  chest/text:
    en: Chest pain
    # As in the clinic.
    es: Dolor de pecho
    note: Ask.
  card/title: {en: When to get help, es: Cuándo pedir ayuda}
  one/title: {en: What is this?, es: ¿Qué es esto?}
  one/blocks/1@general: {en: For everyone here., es: Para todos aquí.}
  one/blocks/1@ckd: {en: For kidneys here., es: Para los riñones aquí.}
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Return a workspace with the tiny handout and its translation."""
    return lay(tmp_path, {TRANSLATION: BLOCKS.encode()})


@pytest.fixture
def teachback(
    root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Run:
    """Return a function that runs a command there: exit code, output, errors.

    Cards are not measured after an import: that takes a second.
    """
    monkeypatch.setattr("teachback.commands.import_translation.card_rooms", lambda *_: {})
    return lambda command: here(command, root, monkeypatch, capsys)


def sheet_of(root: Path, only: str | None = None, language: str = "es") -> SentSheet:
    """Return what goes to a translator now, without measuring a card."""
    workspace = Workspace(root, builtin_root())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("teachback.commands.export_translation.card_rooms", lambda *_: {})
        return sent_sheet("tiny", language, only, resolve((), workspace), workspace)[0]


def change(root: Path, name: str, *pairs: tuple[str, str]) -> None:
    """Change the text of a file."""
    text = (root / name).read_text(encoding="utf-8")
    for old, new in pairs:
        assert old in text, old
        text = text.replace(old, new)
    (root / name).write_text(text, encoding="utf-8")


def po(root: Path, *pairs: tuple[str, str], sheet: SentSheet | None = None) -> None:
    """Write back.po: what goes out now, with changes of a translator."""
    (root / "back.po").write_bytes(write_po(sheet or sheet_of(root)))
    change(root, "back.po", *pairs)


def translation(root: Path) -> str:
    """Return the file of the translation."""
    return (root / TRANSLATION).read_text(encoding="utf-8")


def test_xliff_says_how_long_the_lines_of_a_text_on_the_card_may_be(
    root: Path, teachback: Run
) -> None:
    """A tool can warn of longer ones. The room of a flag is less where another one is longer."""
    found = []
    for sign in ("A sign", "A sign that takes a line of the card and some words of the next " * 2):
        flag = f"  - {{id: more, tier: now, card: true, text: {sign.strip()}}}\n"
        change(root, HANDOUT, ("card: {title", f"{flag}card: {{title"))
        code, _, err = teachback("translate export tiny -l es --format xliff -o out.xlf --force")
        assert (code, err) == (0, "")
        change(root, HANDOUT, (flag, ""))
        units = {
            unit.get("resname"): (unit.get("maxwidth"), unit.get("size-unit"))
            for unit in ET.fromstring((root / "out.xlf").read_bytes()).iter()  # noqa: S314 -- ours
            if unit.tag.endswith("trans-unit")
        }
        assert units["one/title"] == (None, None)
        assert units["chest/text"][1] == "mm"
        found.append({key: int(most) // LINE_LENGTH for key, (most, _) in units.items() if most})
    short, long = found
    assert 1 < long["chest/text"] < short["chest/text"]
    # Both are on the front: what is left there is the same, and the long one stands on more lines.
    assert long["more/text"] > long["chest/text"]
    before = translation(root)
    for command in ("export tiny -l es --format xliff -o out.xlf --force", "import out.xlf"):
        assert teachback(f"translate {command}")[::2] == (0, "")
    assert translation(root) == before


def test_a_file_holds_each_text_with_its_context(root: Path, teachback: Run) -> None:
    """A translator sees tier, readers, place, room on the card, and what stays as it is."""
    english = ("message: One message.", "message: Call **now** {clinic.phone}, take no ibuprofen.")
    change(root, HANDOUT, english)
    code, out, err = teachback("translate export tiny -l es --format po -o out.po")
    assert (code, err) == (0, "")
    assert out.splitlines()[0] == "out.po  8 texts"
    text = (root / "out.po").read_text(encoding="utf-8")
    flag = text[text.index("#. unchecked\n#. Red flag") : text.index('msgstr "Dolor de pecho"')]
    assert "Red flag, tier 'now': call the emergency number now\n#. For: general, ckd\n" in flag
    assert "#. On the card, front: " in flag
    assert " mm left on that side with the words of the translation, in type of 8 pt" in flag
    assert "# Ask.\n" in text
    message = text[text.index("#. stale") : text.index('msgctxt "message"')]
    assert message.splitlines()[1:-2] == [
        "#. Message, at the top of page 1",
        "#. For: general, ckd",
        "#. Stays as it is: {clinic.phone}",
        "#. Has 1 part between two stars, as in **so**; the translation has as many",
        "#. Medicines and minerals: ibuprofen (ibuprofeno)",
        "#. The original was: One message.",
        "#. Its translation was: Un mensaje.",
    ]
    assert "#. Paragraph, in a block 'text', below 'What is this?'\n#. For: ckd" in text
    code, _, err = teachback("translate export tiny -l es --format po -o out.po")
    assert code == 2
    assert "there is a file out.po already" in err
    code, _, err = teachback("translate export tiny -l es --format po -o out.docx")
    assert code == 2
    assert "End its name in .po" in err


def test_only_what_is_open_may_be_sent(root: Path) -> None:
    """Missing and stale texts can be chosen; a stale one has no translation to be left as it is."""
    change(
        root, TRANSLATION, ("  card/title: {en: When to get help, es: Cuándo pedir ayuda}\n", "")
    )
    change(root, HANDOUT, ("Chest pain", "Chest pressure"))
    chosen = {
        only: [(text.key, text.words) for text in sheet_of(root, only).texts]
        for only in ("missing", "stale", "open")
    }
    assert chosen == {
        "missing": [("card/title", "")],
        "stale": [("chest/text", "")],
        "open": [("chest/text", ""), ("card/title", "")],
    }


@pytest.mark.parametrize("form", WRITERS)
def test_a_file_that_comes_back_untouched_changes_nothing(
    root: Path, teachback: Run, form: str
) -> None:
    """No byte of the translation changes, whatever is missing or stale in it."""
    change(
        root, TRANSLATION, ("  card/title: {en: When to get help, es: Cuándo pedir ayuda}\n", "")
    )
    change(root, HANDOUT, ("Chest pain", "Chest pressure"))
    file = root / f"back.{form}"
    file.write_bytes(WRITERS[form](sheet_of(root)))
    before = all_files(root)
    code, out, err = teachback(f"translate import {file.name}")
    assert (code, out) == (0, f"{TRANSLATION}  0 texts new or changed\n")
    assert [problem.message for problem in problems(err)] == [
        f"warning: {row}the text `{key}` is not translated in this file"
        for key, at in (("chest/text", 12), ("card/title", 13))
        for row in [
            f"row {at}: " if form == "xlsx" else f"row {at - 8}: " if form == "docx" else ""
        ]
    ]
    assert all_files(root) == before
    assert teachback(f"translate import {file.name} --strict")[0] == 1


@pytest.mark.parametrize("form", WRITERS)
def test_new_words_are_written_and_nothing_else(root: Path, teachback: Run, form: str) -> None:
    """Remarks, order, quotes and line ends of the file stay; brackets, blocks and folds are kept."""
    raw = WRITERS[form](sheet_of(root))
    words = {
        "Una hoja pequeña<": "Una hoja: pequeña, &quot;mínima&quot;<",
        "Un mensaje.<": "Un solo mensaje: este.<",
        "Dolor de pecho<": "Dolor en el pecho<",
        "¿Qué es esto?<": "¿Qué\u00a0es?<",
    }
    if form == "po":
        pairs = {
            f'"{old[:-1]}"\n': f'"{new[:-1]}"\n'.replace("&quot;", '\\"')
            for old, new in words.items()
        }
        (root / "back.po").write_bytes(raw)
        change(root, "back.po", *pairs.items())
    elif form == "xliff":
        (root / "back.xliff").write_bytes(raw)
        change(root, "back.xliff", *words.items())
    else:
        (root / f"back.{form}").write_bytes(edited_package(raw, words))
    code, out, err = teachback(f"translate import back.{form}")
    assert (code, err) == (0, "")
    assert out == f"{TRANSLATION}  4 texts new or changed\n"
    expected = BLOCKS
    for old, new in {
        "es: Una hoja pequeña}": 'es: "Una hoja: pequeña, \\"mínima\\""}',
        "es: >-\n      Un\n      mensaje.\n": 'es: "Un solo mensaje: este."\n',
        "es: Dolor de pecho\n": "es: Dolor en el pecho\n",
        "es: ¿Qué es esto?}": 'es: "¿Qué\u00a0es?"}',
    }.items():
        assert old in expected
        expected = expected.replace(old, new)
    assert translation(root) == expected
    assert teachback(f"translate import back.{form}")[1].endswith("0 texts new or changed\n")


def test_all_that_is_wrong_is_told_at_once_and_nothing_is_written(
    root: Path, teachback: Run
) -> None:
    """Each problem has its line and says what to do; one fault keeps all texts out."""
    po(
        root,
        ('msgctxt "title"', 'msgctxt "titel"'),
        ('msgid "One message."', 'msgid "One massage."'),
        ("#. Red flag, tier 'now'", "#. What does that mean? Red flag, tier 'now'"),
        ('msgstr "Cuándo pedir ayuda"', 'msgstr ""'),
        ('msgstr "¿Qué es esto?"', 'msgstr "¿Qué es {clinic.phone}, 5 **o 6? <b>"'),
        ('msgctxt "one/blocks/1@general"', 'msgctxt "purpose"'),
        ('msgstr "Para los riñones aquí."', 'msgstr "Para los \u4e00 riñones\u200b aquí."'),
    )
    code, out, err = teachback("translate import back.po")
    assert (code, out) == (1, "")
    # An invisible character is told by itself: nothing else is read of such a file.
    assert [problem.message[:35] for problem in problems(err)] == [
        "the character U+200B zero width spa"
    ]
    change(root, "back.po", ("\u200b", ""))
    before = all_files(root)
    code, out, err = teachback("translate import back.po")
    assert (code, out) == (1, "")
    assert all(problem.place.startswith("back.po:") for problem in problems(err))
    messages = sorted(problem.message.partition(" [")[0] for problem in problems(err))
    assert messages == sorted(
        [
            "the handout has no text `titel`",
            "the original of `message` was changed in this file",
            "what the file says about `chest/text` was changed; that is not read",
            "the translation of `card/title` was taken out in this file",
            "the text `purpose` is here more than once, in lines 63, 79",
            "`one/title`: the English does not have {clinic.phone}",
            "`one/title`: ** is 0 times in the English, and 1 times in the translation",
            "`one/title`: the translation says 5, and the English does not",
            "`one/title`: the translation says 6, and the English does not",
            "`one/title`: HTML is not allowed in a text",
            "`one/title`: two stars ** have no partner here",
            "`one/blocks/1@ckd`: the character '\u4e00' (U+4E00 CJK UNIFIED IDEOGRAPH-4E00) is in none of the fonts",
        ]
    )
    hints = {problem.message: problem.hint for problem in problems(err)}
    assert hints["the original of `message` was changed in this file"] == (
        "Write it as it was: One message."
    )
    assert hints["the handout has no text `titel`"].startswith("Its original is now `title`")
    assert all_files(root) == before


def test_a_stale_text_is_fine_once_it_is_translated(root: Path, teachback: Run) -> None:
    """The English that was translated is written with it, and the version when nothing is stale."""
    change(root, HANDOUT, ("Chest pain", "Chest pressure"), ("2026-11-22", "2026-12-24"))
    po(root, ('msgid "Chest pressure"\nmsgstr ""', 'msgid "Chest pressure"\nmsgstr "Presión"'))
    code, _, err = teachback("translate import back.po")
    assert (code, err) == (0, "")
    assert translation(root) == (
        BLOCKS.replace("en: Chest pain", "en: Chest pressure")
        .replace("es: Dolor de pecho", "es: Presión")
        .replace("version: 2026-11-22 ", "version: 2026-12-24 ")
    )
    rows = json.loads(teachback("translate status tiny --json")[1])["editions"]
    assert [row["stale"] for row in rows] == [0, 0]


def test_english_that_has_changed_meanwhile_makes_a_text_stale(root: Path, teachback: Run) -> None:
    """The translation is taken with the English that it was made from, and that is said."""
    po(root, ('msgstr "Un mensaje."', 'msgstr "El mensaje."'))
    change(root, HANDOUT, ("One message.", "Two messages."))
    code, _, err = teachback("translate import back.po")
    (problem,) = problems(err)
    assert code == 0
    assert problem.message == (
        "warning: the original of `message` has changed since the file was written, so its "
        "translation is stale"
    )
    assert problem.hint == "It was 'One message.', and is now 'Two messages.'."
    assert "    en: One message.\n    es: El mensaje.\n" in translation(root)
    rows = json.loads(teachback("translate status tiny --json")[1])["editions"]
    assert [row["stale"] for row in rows] == [1, 1]


def test_what_was_changed_here_meanwhile_is_not_lost(root: Path, teachback: Run) -> None:
    """A text that the translator left stays as it is here; one changed on both sides is told."""
    po(root, ('msgstr "Un mensaje."', 'msgstr "El mensaje."'))
    change(
        root, TRANSLATION, ("Una hoja pequeña", "Una hoja chica"), ("      mensaje", "      aviso")
    )
    code, _, err = teachback("translate import back.po")
    (problem,) = problems(err)
    assert code == 1
    assert (
        problem.message
        == "the translation of `message` was changed here since the file was written"
    )
    assert problem.hint.endswith("Here it is now: Un aviso.")
    change(root, "back.po", ('msgstr "El mensaje."', 'msgstr "Un aviso."'))
    before = translation(root)
    assert teachback("translate import back.po")[0] == 0
    assert translation(root) == before


def test_an_older_translation_does_not_replace_a_newer_one(root: Path, teachback: Run) -> None:
    """What was translated from the English of now stays."""
    po(root, ('msgstr "Un mensaje."', 'msgstr "El mensaje."'))
    change(root, HANDOUT, ("One message.", "Two messages."))
    change(root, TRANSLATION, ("en: One message.", "en: Two messages."))
    code, _, err = teachback("translate import back.po")
    assert code == 1
    assert [problem.message for problem in problems(err)] == [
        "`message` was translated from an older original than the translation that is here"
    ]


def test_unfinished_texts_are_not_taken(root: Path, teachback: Run) -> None:
    """A fuzzy text is named and left; the others are taken."""
    po(
        root,
        ('msgctxt "message"', '#, fuzzy\nmsgctxt "message"'),
        ('msgstr "Un mensaje."', 'msgstr "El mensaje."'),
        ('msgstr "Una hoja pequeña"', 'msgstr "Una hoja chica"'),
    )
    code, out, err = teachback("translate import back.po --json")
    assert (code, err) == (0, "")
    outcome = json.loads(out)
    assert outcome["texts"] == ["title"]
    assert [problem["message"] for problem in outcome["problems"]] == [
        "the translation of `message` is marked as unfinished ('fuzzy'), and is not taken"
    ]
    assert translation(root) == BLOCKS.replace("Una hoja pequeña", "Una hoja chica")


def test_notes_come_back(root: Path, teachback: Run) -> None:
    """A new note is written; one that was taken out stays, and that is said."""
    po(
        root,
        ("# Ask.\n", ""),
        ("#. unchecked\n#. Title", "# ¿Hoja o folleto?\n#. unchecked\n#. Title"),
    )
    code, _, err = teachback("translate import back.po")
    assert code == 0
    assert [problem.message for problem in problems(err)] == [
        "warning: the note on `chest/text` was taken out in this file; here it stays"
    ]
    new = 'es: Una hoja pequeña, note: "¿Hoja o folleto?"}   # short'
    assert translation(root) == BLOCKS.replace("es: Una hoja pequeña}   # short", new)


def test_a_note_on_a_text_that_is_not_translated_is_kept(root: Path, teachback: Run) -> None:
    """A question of the translator comes back, even if it is all that comes back."""
    change(root, HANDOUT, ("One message.", "Two messages."))
    change(
        root, TRANSLATION, ("  card/title: {en: When to get help, es: Cuándo pedir ayuda}\n", "")
    )
    po(
        root,
        ('msgctxt "message"', '# ¿Cuáles?\nmsgctxt "message"'),
        ('msgctxt "card/title"', '# ¿Ayuda?\nmsgctxt "card/title"'),
    )
    code, out, err = teachback("translate import back.po")
    assert (code, out) == (0, f"{TRANSLATION}  2 texts new or changed\n")
    assert len(problems(err)) == 2
    text = translation(root)
    assert '      mensaje.\n    note: "¿Cuáles?"\n' in text
    assert '  card/title:\n    en: When to get help\n    note: "¿Ayuda?"\n' in text


def test_a_note_that_was_changed_on_both_sides_is_told(root: Path, teachback: Run) -> None:
    """One that the translator left is what it is here."""
    po(root)
    change(root, TRANSLATION, ("note: Ask.", "note: Ask twice."))
    before = translation(root)
    assert teachback("translate import back.po")[0] == 0
    assert translation(root) == before
    change(root, "back.po", ("# Ask.", "# Asked."))
    code, _, err = teachback("translate import back.po")
    assert code == 1
    assert [problem.message for problem in problems(err)] == [
        "the note on `chest/text` was changed here since the file was written"
    ]


def test_words_that_the_card_has_no_room_for_are_told(
    root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The millimetres that are missing are named as soon as the text is imported."""
    long = "Dolor en el pecho que no se quita, muy fuerte y que aprieta. " * 12
    po(root, ('msgstr "Dolor de pecho"', f'msgstr "{long}"'))
    code, _, err = here("translate import back.po", root, monkeypatch, capsys)
    assert code == 0
    found = [(problem.message, problem.hint) for problem in problems(err)]
    assert len(found) == 2
    for reader, (message, hint) in zip(("ckd", "general"), found, strict=True):
        assert message.startswith(f"warning: the card for {reader} lacks ")
        assert " mm on its front" in message
        assert hint.endswith("New are `chest/text`.")


def test_a_check_falls_with_the_text_that_was_imported(root: Path, teachback: Run) -> None:
    """The readers of a new text are named; the other reader's check still holds."""
    assert teachback("approve tiny --language es --by Translator")[0] == 0
    po(root, ('msgstr "Para los riñones aquí."', 'msgstr "Para sus riñones aquí."'))
    code, out, _ = teachback("translate import back.po")
    assert code == 0
    assert out.splitlines()[1:] == [
        "The translation for ckd was checked; with these texts it must be again."
    ]
    rows = json.loads(teachback("translate status tiny --json")[1])["editions"]
    assert [row["unchecked"] for row in rows] == [0, 7]


def test_short_words_for_the_card_may_be_added(root: Path, teachback: Run) -> None:
    """A red flag may have shorter words in another language than in English."""
    entry = '\nmsgctxt "chest/short"\nmsgid "Chest pain"\nmsgstr "Pecho"\n'
    po(root, ('msgstr "Dolor de pecho"\n', f'msgstr "Dolor de pecho"\n{entry}'))
    code, _, err = teachback("translate import back.po")
    assert (code, err) == (0, "")
    new = "  chest/short:\n    en: Chest pain\n    es: Pecho\n"
    assert translation(root) == BLOCKS.replace("  card/title", f"{new}  card/title")


def test_a_row_without_its_mark_is_refused(root: Path, teachback: Run) -> None:
    """Nobody can say what was changed, so nothing is replaced."""
    mark = next(text.mark for text in sheet_of(root).texts if text.key == "message")
    po(root, (f"#. Mark: {mark}\n", ""), ('msgstr "Un mensaje."', 'msgstr "El mensaje."'))
    code, _, err = teachback("translate import back.po")
    assert code == 1
    assert [problem.message for problem in problems(err)] == [
        "the row of `message` has lost its mark, so what was changed is not known"
    ]


def test_a_new_language_begins_with_a_file(root: Path, teachback: Run) -> None:
    """Where there is no translation, `import` writes one, with the English of each text."""
    (root / TRANSLATION).unlink()
    sheet = sheet_of(root)
    assert {text.state for text in sheet.texts} == {"missing"}
    po(root, ('msgid "Chest pain"\nmsgstr ""', 'msgid "Chest pain"\nmsgstr "Dolor"'), sheet=sheet)
    code, out, _ = teachback("translate import back.po")
    assert (code, out) == (0, f"{TRANSLATION}  1 text new or changed\n")
    assert "  chest/text:\n    en: Chest pain\n    es: Dolor\n  card/title:\n" in translation(root)


def test_files_that_belong_elsewhere_are_refused(root: Path, teachback: Run) -> None:
    """An unknown handout, another source language and an unknown ending are told."""
    sheet = sheet_of(root)
    for changed, message in (
        (
            sheet._replace(handout="tine"),
            "the file is about a handout 'tine', and there is none here",
        ),
        (sheet._replace(source="fr"), "the file says that it was made from 'fr', and the handout"),
        (sheet._replace(language="e"), "'e' is not a language tag"),
    ):
        po(root, sheet=changed)
        code, _, err = teachback("translate import back.po")
        assert code in {1, 2}
        assert message in err
    code, _, err = teachback("translate export tiny -l qq --format po")
    assert code == 1
    assert "the language 'qq'" in err
    code, _, err = teachback("translate import back.txt")
    assert code == 2
    assert "End its name in .docx or .xlsx or .xlf or .xliff or .po." in err


def test_a_handout_that_is_written_in_the_language_is_adopted_first(
    root: Path, teachback: Run
) -> None:
    """It takes the place of a translation, so a translation would not be printed."""
    po(root)
    spanish = TINY.replace("language: en", "language: es")
    (root / "content/handouts/tiny.es.yaml").write_text(spanish, encoding="utf-8")
    for command in ("translate import back.po", "translate export tiny -l es --format po"):
        code, _, err = teachback(command)
        assert code == 1
        assert "Turn it into one first: teachback translate adopt tiny.es" in err


def test_the_translation_of_the_program_is_copied_first(root: Path, teachback: Run) -> None:
    """A file of the program is never changed."""
    workspace = Workspace(root, builtin_root())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("teachback.commands.export_translation.card_rooms", lambda *_: {})
        sheet, _ = sent_sheet("leg-cramps", "es", None, resolve((), workspace), workspace)
    po(root, ('msgstr "Nombre"', 'msgstr "Su nombre"'), sheet=sheet)
    code, _, err = teachback("translate import back.po")
    assert code == 1
    (problem,) = problems(err)
    assert problem.hint == (
        "Make it yours first: teachback copy content/translations/es/leg-cramps.yaml"
    )


def test_the_file_of_a_translation_keeps_its_form(root: Path, teachback: Run) -> None:
    """Line ends of Windows, a byte order mark and a file in brackets stay as they are."""
    sheet = sheet_of(root)
    for text in (BLOCKS.replace("\n", "\r\n"), "\ufeff" + BLOCKS):
        (root / TRANSLATION).write_bytes(text.encode())
        po(root, ('msgstr "Un mensaje."', 'msgstr "El aviso."'), sheet=sheet)
        assert teachback("translate import back.po")[0] == 0
        line_end = "\r\n" if "\r" in text else "\n"
        folded = f"es: >-{line_end}      Un{line_end}      mensaje."
        assert folded in text
        expected = text.replace(folded, "es: El aviso.")
        assert (root / TRANSLATION).read_bytes().decode() == expected


def test_the_new_version_replaces_no_other_date_of_its_line(root: Path, teachback: Run) -> None:
    """In a file in brackets, the day of a check may stand before the version."""
    head = (
        "{translates: tiny, language: es, review: {status: draft, reviewed: 2026-11-22, "
        "due: null, reviewer: null}, version: 2026-11-22,"
    )
    texts = {text.key: {"en": text.english, "es": text.words} for text in sheet_of(root).texts}
    text = f"{head}\n texts: {json.dumps(texts, ensure_ascii=False)}}}\n"
    (root / TRANSLATION).write_text(text, encoding="utf-8")
    change(root, HANDOUT, ("version: 2026-11-22", "version: 2026-12-24"))
    po(root, ('msgstr "Un mensaje."', 'msgstr "El mensaje."'))
    code, _, err = teachback("translate import back.po")
    assert (code, err) == (0, "")
    expected = head.replace("version: 2026-11-22", "version: 2026-12-24")
    assert translation(root).splitlines()[0] == expected


FIXTURES = Path(__file__).parent.parent / "support" / "exchange"


@pytest.mark.parametrize("form", ["docx", "xlsx"])
def test_what_libreoffice_has_saved_is_read(root: Path, teachback: Run, form: str) -> None:
    """A file that was changed and saved in LibreOffice 7.4 comes back as it was meant."""
    (root / f"back.{form}").write_bytes((FIXTURES / f"libreoffice.{form}").read_bytes())
    code, out, err = teachback(f"translate import back.{form}")
    assert (code, err) == (0, "")
    assert out == f"{TRANSLATION}  1 text new or changed\n"
    assert translation(root) == BLOCKS.replace("Dolor de pecho", "Dolor en el pecho")
