"""A translation is printed whole and in step with its English, or says what it is, or not at all."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest
from handout_with_fields import FILLED
from tiny_handout import TINY
from translated_tiny import SPANISH_TINY, TRANSLATION, translated
from workspace_cases import here, lay

from teachback.files.workspace import builtin_root

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from teachback.files.workspace import Workspace

    Run = Callable[[str], tuple[int, str, str]]

pytestmark = pytest.mark.usefixtures("one_process")

BUILD = "build tiny --format html --language es"
ENGLISH = "content/handouts/tiny.yaml"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Return a workspace with the tiny handout and its translation."""
    return lay(tmp_path, {TRANSLATION: SPANISH_TINY.encode()})


@pytest.fixture
def teachback(
    root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Run:
    """Return a function that runs a command there: exit code, output, errors."""
    return lambda command: here(command, root, monkeypatch, capsys)


def page(root: Path, reader: str = "ckd") -> str:
    """Return the printed Spanish handout of a reader."""
    return (root / f"build/tiny/handout-{reader}-es.html").read_text(encoding="utf-8")


def change(root: Path, name: str, old: str, new: str) -> None:
    """Change the text of a file."""
    text = (root / name).read_text(encoding="utf-8")
    assert old in text
    (root / name).write_text(text.replace(old, new), encoding="utf-8")


def test_it_is_a_draft_until_a_translator_has_checked_it(root: Path, teachback: Run) -> None:
    """Paper says so in its own language; release refuses it."""
    code, out, err = teachback(BUILD)
    assert (code, err) == (0, "")
    assert "T-CKD-ES-" in out
    assert "Borrador: nadie revisó la traducción" in page(root)
    card = (root / "build/tiny/card-ckd-es.html").read_text(encoding="utf-8")
    assert "Borrador, traducción sin revisar" in card
    code, _, err = teachback(f"{BUILD} --release")
    assert code == 1
    assert "nobody has checked the translation into 'es' for general and ckd" in err
    assert 'teachback approve tiny --language es --by "NAME"' in err


def test_the_english_is_printed_with_it(root: Path, teachback: Run) -> None:
    """A clinic's own translation is printed whenever its handout is."""
    code, _, _ = teachback("build tiny --format html --kind handout --audience ckd")
    assert code == 0
    assert "Para los riñones aquí." in page(root)
    english = (root / "build/tiny/handout-ckd-en.html").read_text(encoding="utf-8")
    assert "For kidneys here." in english


def test_one_changed_word_of_a_flag_refuses_the_spanish_by_name(root: Path, teachback: Run) -> None:
    """English is printed; nothing Spanish is, and the message has the new words."""
    change(root, ENGLISH, "text: Chest pain}", "text: Chest pressure}")
    code, out, err = teachback("build tiny --format html --kind handout")
    assert code == 1
    assert "not printed: tiny.es" in out
    assert "es/tiny.yaml:9:36: the English of `chest/text`" in err
    assert "Chest pressure" in err
    assert not (root / "build/tiny/handout-ckd-es.html").exists()
    assert "Chest pressure" in (root / "build/tiny/handout-ckd-en.html").read_text(encoding="utf-8")
    code, out, _ = teachback("translate status")
    assert code == 1
    assert "stale: chest/text (general, ckd)" in out
    code, _, err = teachback("build tiny --format html --kind handout --language en")
    assert (code, err) == (0, "")


def test_a_missing_text_hides_no_fault_of_the_others(root: Path, teachback: Run) -> None:
    """One round is enough: numbers, phone numbers, marks and English are told beside it."""
    change(root, ENGLISH, "One message.", "Walk for 2 days. **Rest.**")
    change(root, TRANSLATION, "One message.", "Walk for 2 days. **Rest.**")
    change(root, TRANSLATION, "Un mensaje.", "Camine 3 días. Descanse.")
    change(root, TRANSLATION, "Para todos aquí.", "Llame al 303-555-9999.")
    change(root, TRANSLATION, "Para los riñones aquí.", "For kidneys here.")
    change(root, TRANSLATION, "  title: {", "  # title: {")
    for command in (BUILD, "check tiny"):
        code, _, err = teachback(command)
        assert code == 1
        for message in (
            "`title` is not translated",
            "the English says 2, and the translation does not",
            "** is 2 times in the English, and 0 times in the translation",
            "the number '303-555-9999' is typed into the text",
            "[translation-english]",
        ):
            assert message in err


def test_another_changed_word_is_told_on_paper_and_at_each_build(
    root: Path, teachback: Run
) -> None:
    """The draft names the version that it follows, only for the reader whose text it is."""
    change(root, ENGLISH, "For kidneys here.", "For your kidneys here.")
    for _ in range(2):
        code, _, err = teachback(BUILD)
        assert code == 0
        assert "es/tiny.yaml:13:49: warning: the English of 1 text for ckd has changed" in err
    assert "Borrador: sigue el texto del 22 nov 2026" in page(root)
    assert "nadie revisó" in page(root, "general")
    code, _, err = teachback(f"{BUILD} --release")
    assert code == 1
    assert "the English of 1 text for ckd has changed" in err


def test_the_readers_who_have_every_text_can_be_printed(root: Path, teachback: Run) -> None:
    """Those whose edition is refused are told why, also when only they are asked for."""
    change(root, TRANSLATION, "  one/blocks/1@ckd: {en: For kidneys here., es: Para los ri", "# ")
    code, _, err = teachback(f"{BUILD} --audience ckd")
    assert code == 1
    assert "`one/blocks/1@ckd` is not translated, so 'es' is not printed for ckd" in err
    code, _, err = teachback(f"{BUILD} --audience general")
    assert (code, err) == (0, "")
    assert "Para todos aquí." in page(root, "general")
    code, _, err = teachback("card tiny --language es --audience ckd")
    assert code == 1
    assert "`one/blocks/1@ckd` is not translated" in err


def test_an_approval_falls_with_either_text(root: Path, teachback: Run) -> None:
    """It is written into the translation alone, and holds for one language and reader."""
    english = (root / ENGLISH).read_bytes()
    assert teachback("approve tiny --language es --by Translator --audience ckd")[0] == 0
    assert (root / ENGLISH).read_bytes() == english
    text = (root / TRANSLATION).read_text(encoding="utf-8")
    assert text.partition("texts:")[2] == SPANISH_TINY.partition("texts:")[2]
    rows = json.loads(teachback("translate status --json")[1])["editions"]
    assert [(row["reader"], row["unchecked"], row["fine"]) for row in rows] == [
        ("general", 7, 0),
        ("ckd", 0, 7),
    ]
    # Its English is a draft yet, and so is the page: for want of a clinician, not of a translator.
    assert teachback(BUILD)[0] == 0
    assert "ningún médico lo ha revisado" in page(root)
    assert teachback("approve tiny --by Clinician")[0] == 0
    assert teachback(BUILD)[0] == 0
    assert "Revisado por Translator" in page(root)
    assert "nadie revisó" in page(root, "general")
    assert teachback(f"{BUILD} --release --audience ckd")[0] == 0
    for name, old, new in (
        (TRANSLATION, "Para los riñones aquí", "Para sus riñones aquí"),
        (ENGLISH, "For kidneys here", "For your kidneys here"),
    ):
        kept = (root / name).read_text(encoding="utf-8")
        change(root, name, old, new)
        assert teachback("translate status --strict")[0] == 1
        assert teachback(BUILD)[0] == 0
        assert "Borrador" in page(root)
        (root / name).write_text(kept, encoding="utf-8")
    assert teachback("approve tiny --language es --by Translator")[0] == 0
    assert teachback("translate status --strict")[0] == 0
    assert teachback(f"{BUILD} --release")[0] == 0
    assert "Revisado por Translator" in page(root)


def test_what_is_outdated_cannot_be_approved(root: Path, teachback: Run) -> None:
    """Whoever checks a translation checks it against the English of now."""
    change(root, ENGLISH, "For kidneys here.", "For your kidneys here.")
    before = (root / TRANSLATION).read_bytes()
    code, _, err = teachback("approve tiny --language es --by Translator")
    assert code == 1
    assert "the English of 1 text for ckd has changed" in err
    assert (root / TRANSLATION).read_bytes() == before


def test_the_rules_read_the_english_that_was_translated(root: Path, teachback: Run) -> None:
    """What they find stops the print, and its place is that text in the translation."""
    change(root, ENGLISH, "For kidneys here.", "Take ibuprofen for pain.")
    change(root, TRANSLATION, "en: For kidneys here.", "en: Take ibuprofen for pain.")
    code, _, err = teachback(BUILD)
    assert code == 1
    assert "es/tiny.yaml:13:26: " in err
    assert "ibuprofen" in err


def test_the_shipped_translations_are_whole(teachback: Run) -> None:
    """Nothing is missing or stale; all are drafts, since no translator has checked them."""
    code, out, err = teachback("translate status leg-cramps --json")
    assert (code, err) == (0, "")
    rows = json.loads(out)["editions"]
    assert [row["reader"] for row in rows] == ["general", "ckd", "dialysis"]
    assert all(row["missing"] == row["stale"] == row["fine"] == 0 for row in rows)
    assert all(row["texts"] > 100 for row in rows)


def test_a_shipped_translation_is_printed_when_it_is_asked_for(root: Path, teachback: Run) -> None:
    """A clinic that prints English does not get Spanish drafts by surprise."""
    code, out, _ = teachback("build leg-cramps --format html --kind card --audience general")
    assert (code, "-es" in out) == (0, False)
    asked = "build leg-cramps --format html --kind card --audience general --language es"
    code, out, _ = teachback(asked)
    assert (code, "card-general-es.html" in out) == (0, True)
    assert "Dolor o presión en el pecho" in (
        root / "build/leg-cramps/card-general-es.html"
    ).read_text(encoding="utf-8")


def test_a_clinics_own_handout_takes_the_shipped_translation_only_when_it_is_copied(
    root: Path, teachback: Run
) -> None:
    """Texts of the clinic may differ from those that were translated; the message says how."""
    own = root / "content/handouts/leg-cramps.yaml"
    own.write_bytes((builtin_root() / "content/handouts/leg-cramps.yaml").read_bytes())
    asked = "build leg-cramps --format html --kind card --audience general --language es"
    code, _, err = teachback(asked)
    copy = "copy content/translations/es/leg-cramps.yaml"
    assert (code, f"teachback {copy}" in err) == (2, True)
    assert teachback(copy)[0] == 0
    code, out, _ = teachback(asked)
    assert (code, "card-general-es.html" in out) == (0, True)


def test_a_language_without_a_translation_is_wrong_usage(teachback: Run) -> None:
    """The message names what there is."""
    code, _, err = teachback("translate status tiny --language fr")
    assert code == 2
    assert "there is no translation of 'tiny' into 'fr'" in err
    code, _, err = teachback("translate status tinny")
    assert (code, "Did you mean 'tiny'" in err) == (2, True)


def test_an_unwhole_translation_leaves_the_english_alone(root: Path, teachback: Run) -> None:
    """Cards and handouts in English are printed as if there were no other language."""
    change(root, ENGLISH, "text: Chest pain}", "text: Chest pressure}")
    assert teachback("card tiny")[0] == 0


WRITTEN = TINY.replace("language: en", "language: es")


def test_a_written_handout_becomes_a_translation(root: Path, teachback: Run) -> None:
    """Every difference in structure is told; texts that are there are beside their English."""
    (root / TRANSLATION).unlink()
    own = WRITTEN.replace("tier: now, card: true, text: Chest pain", "tier: today, text: Dolor")
    own = own.replace("message: One message.", 'message: "Una nota: importante"')
    own += "      - id: extra\n        text: Solo aquí.\n"
    (root / "content/handouts/tiny.es.yaml").write_text(own, encoding="utf-8")
    change(root, "content/handouts/tiny.es.yaml", "card: {title: When to get help}\n", "")
    code, out, err = teachback("translate adopt tiny.es")
    assert code == 0
    assert "7 texts" in out
    for message in (
        "tiny.es.yaml:10:23: warning: `chest/tier` is today here, and now in 'en'",
        "`chest/card` is false here, and true in 'en'",
        "the text `card/title` is not here: it is missing in the translation",
        "the text `extra/text` is only here",
    ):
        assert message in err
    text = (root / TRANSLATION).read_text(encoding="utf-8")
    assert '  message:\n    en: One message.\n    es: "Una nota: importante"\n' in text
    code, _, err = teachback(BUILD)
    assert "takes the place of" in err
    (root / "content/handouts/tiny.es.yaml").unlink()
    code, out, _ = teachback("translate status")
    assert code == 1
    assert "missing: card/title (general, ckd)" in out
    code, _, err = teachback("translate adopt tiny")
    assert (code, "is not a handout in another language" in err) == (2, True)


def test_differences_of_an_adopted_handout_are_in_reading_order(root: Path, teachback: Run) -> None:
    """The same two handouts give the same report in every run."""
    (root / TRANSLATION).unlink()
    ids = ["sixth", "fifth", "fourth", "third", "second", "first"]
    blocks = "".join(f"      - id: {name}\n        text: Solo aquí.\n" for name in ids)
    (root / "content/handouts/tiny.es.yaml").write_text(WRITTEN + blocks, encoding="utf-8")
    _, _, err = teachback("translate adopt tiny.es")
    assert re.findall(r"the text `(\w+)/text` is only here", err) == ids


def test_an_adopted_handout_of_the_same_structure_is_whole(root: Path, teachback: Run) -> None:
    """Nothing is told, and a translation that is there is not replaced by accident."""
    (root / "content/handouts/tiny.es.yaml").write_text(WRITTEN, encoding="utf-8")
    code, _, err = teachback("translate adopt tiny.es")
    assert (code, "there is such a translation already" in err) == (1, True)
    code, out, err = teachback("translate adopt tiny.es --force")
    assert (code, err) == (0, "")
    assert "8 texts" in out


@pytest.mark.slow
def test_a_printed_translation_is_kept_found_and_printed_again(teachback: Run) -> None:
    """Its code has its language, and both of its files are kept with it."""
    code, out, _ = teachback(
        "build tiny --language es --kind handout --audience ckd --archive kept"
    )
    assert code == 0
    [printed] = re.findall(r"T-CKD-ES-\w+", out)
    code, out, _ = teachback(f"identify {printed} --archive kept")
    assert (code, "Una hoja pequeña" in out) == (0, True)
    code, out, err = teachback("verify kept --rebuild")
    assert (code, err) == (0, "")


@pytest.mark.slow
def test_an_edition_in_two_languages_is_kept_and_printed_again(teachback: Run) -> None:
    """The archive has both languages, so both are printed from what it keeps."""
    code, _, _ = teachback(
        "build tiny --language es+en --kind handout --audience ckd --archive kept"
    )
    assert code == 0
    code, out, err = teachback("verify kept --rebuild")
    assert (code, err) == (0, "")
    assert "1 edition, " in out


@pytest.mark.slow
@pytest.mark.parametrize("in_records", [True, False])
def test_merge_keeps_an_edition_in_two_languages(
    workspace: Callable[..., Workspace],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    in_records: bool,  # noqa: FBT001 -- a case of the test
) -> None:
    """Records or the command name both languages. A card has the first one."""
    root = translated(FILLED, workspace, {}).root
    rows = ["id,language,audience,patient,visit", "p1,es+en,ckd,Ann Other,2027-03-01"]
    language = "" if in_records else " --language es+en"
    if not in_records:
        rows = [re.sub(r"^(\w+),[^,]+", r"\1", row) for row in rows]
    (root / "rows.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    command = f"merge tiny --records rows.csv --kind handout --kind card --archive kept{language}"
    code, out, err = here(command, root, monkeypatch, capsys)
    assert (code, "not archived" in err) == (0, False)
    assert out.endswith("2 editions kept in kept.\n")


def test_a_new_translation_has_each_english_text(root: Path, teachback: Run) -> None:
    """What is not filled in is missing; once it is, nothing else is to be done."""
    (root / TRANSLATION).unlink()
    code, out, _ = teachback("translate start tiny --language es")
    assert (code, "8 texts" in out) == (0, True)
    text = (root / TRANSLATION).read_text(encoding="utf-8")
    assert "  chest/text:\n    en: Chest pain\n" in text
    code, out, _ = teachback("translate status")
    assert (code, out.count("missing: "), out.count("translated: ")) == (1, 8, 0)
    _, _, err = teachback(BUILD)
    assert err.count("    Below its `en:`, add `es:` with the translation.\n") == 8
    for line in SPANISH_TINY.splitlines()[5:]:
        english, _, spanish = line.partition("{en: ")[2].rstrip("}").partition(", es: ")
        text = text.replace(f"    en: {english}\n", f"    en: {english}\n    es: {spanish}\n")
    (root / TRANSLATION).write_text(text, encoding="utf-8")
    assert teachback("translate status")[0] == 0
    code, _, err = teachback("translate start tiny --language es")
    assert (code, "there is such a translation already" in err) == (1, True)
    assert teachback("translate start tiny --language Spanish")[0] == 2


@pytest.mark.slow
def test_the_shipped_spanish_fits_cards_large_print_and_the_short_version(
    root: Path, teachback: Run
) -> None:
    """The narrowest paper and the reader with most red flags; the card is above its smallest type."""
    code, _, err = teachback("build leg-cramps --language es --kind card")
    assert (code, err.count("leg-cramps")) == (0, 0)
    for size in ("--size large --paper a4", "--depth brief"):
        code, _, _ = teachback(
            f"build leg-cramps --language es --kind handout --audience dialysis {size}"
        )
        assert code == 0
    printed = sorted(path.name for path in (root / "build/leg-cramps").glob("*.pdf"))
    assert len(printed) == 8


BOTH = "build tiny --format html --language es+en"


def both(root: Path, reader: str = "ckd") -> str:
    """Return the printed handout of a reader in two languages."""
    return (root / f"build/tiny/handout-{reader}-es+en.html").read_text(encoding="utf-8")


def test_two_languages_are_side_by_side_and_both_say_that_they_are_a_draft(
    root: Path, teachback: Run
) -> None:
    """The text is that of both; a card stays in one language; the code is found again."""
    code, out, err = teachback(f"{BOTH} --archive kept")
    assert (code, err) == (0, "")
    page = both(root)
    words = ["Para los riñones aquí.", "For kidneys here.", "Dolor de pecho", "Chest pain"]
    words += ["nadie revisó la traducción", "nobody has reviewed this translation"]
    assert [word for word in words if word not in page] == []
    assert list((root / "build/tiny").glob("card*es*")) == []
    (printed,) = re.findall(r"T-CKD-ES-EN-\w{7}", out)
    code, out, _ = teachback(f"identify {printed} --archive kept --json")
    assert code == 0
    (found,) = json.loads(out)["answers"]
    assert (found["handout"], found["language"]) == ("tiny", "es+en")


@pytest.mark.parametrize(
    ("command", "message"),
    [
        ("card tiny --language es+en", "a card is in one language, not in 'es+en'"),
        ("build tiny --language es+en --kind card", "a card is in one language"),
        ("build tiny --language es+fr", "no handout is translated from 'fr' into 'es'"),
        ("build tiny --language en+es", "no handout is translated from 'es' into 'en'"),
        ("build tiny --language en+es", "Name the translation first"),
        ("build tiny --language es+", "'es+' does not name two languages"),
    ],
)
def test_what_is_not_printed_in_two_languages_says_why(
    teachback: Run, command: str, message: str
) -> None:
    """Nothing is printed, and the hint names what can be."""
    code, _, err = teachback(command)
    assert code == 2
    assert message in err


def test_two_languages_are_released_when_both_are_approved(root: Path, teachback: Run) -> None:
    """Each half then names who has read it; a draft of either makes both halves drafts."""
    assert teachback("approve tiny --language es --by Translator")[0] == 0
    assert teachback(f"{BOTH} --release")[0] == 1
    assert teachback(BOTH)[0] == 0
    assert "ningún médico lo ha revisado" in both(root)
    assert "no clinician has reviewed this text" in both(root)
    assert teachback("approve tiny --by Clinician")[0] == 0
    assert teachback(f"{BOTH} --release")[0] == 0
    assert "Revisado por Translator" in both(root)
    assert "Reviewed by Clinician" in both(root)


def test_beside_an_outdated_text_is_the_english_it_was_made_from(
    root: Path, teachback: Run
) -> None:
    """Both halves say the same, and of which day they are."""
    change(root, ENGLISH, "For kidneys here.", "For your kidneys here.")
    assert teachback(f"{BOTH} --audience ckd")[0] == 0
    assert "For kidneys here." in both(root)
    assert "sigue el texto del 22 nov 2026" in both(root)
    assert "follows the text of Nov 22, 2026" in both(root)


def test_a_reader_who_lacks_a_text_gets_no_two_languages(root: Path, teachback: Run) -> None:
    """The message is that of the translation."""
    change(root, TRANSLATION, "  one/blocks/1@ckd: {en: For kidneys here., es: Para los ri", "# ")
    code, _, err = teachback(BOTH)
    assert code == 1
    assert not (root / "build/tiny/handout-ckd-es+en.html").exists()
    assert "is not translated" in err
