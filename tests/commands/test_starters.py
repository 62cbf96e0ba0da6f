"""A clinic starts a leaflet of its own from a starter: `teachback new ID --from STARTER`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from workspace_cases import here, lay, problems

from teachback.content.loader import load_handout, read_handouts
from teachback.content.translation import Translation
from teachback.content.translation_matching import match_translation
from teachback.content.validation_errors import validated
from teachback.content.workspace_content import load_shared
from teachback.files.workspace import (
    Workspace,
    builtin_root,
    handout_files,
    starter_files,
    starter_translations,
)
from teachback.files.yaml_reader import read_yaml
from teachback.printing.job_printer import MEND_BREAK

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.usefixtures("one_process")


BUILTIN = builtin_root()
STARTERS = tuple(starter_files(Workspace(BUILTIN, BUILTIN)))
TRANSLATED = tuple(
    (starter, language)
    for starter in STARTERS
    for language in starter_translations(starter, Workspace(BUILTIN, BUILTIN))
)
CLINIC = b"""
emergency: "911"
name: Example Clinic for Heart and Kidneys
phone: (555) 010-0144
after_hours: 555-010-0199
dialysis_unit: 555 010 0177
interpreter: 1-800-555-0123
address: 12 Example Street, Springfield
logo: images/logo.svg
"""
LOGO = (
    b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 60 20" width="60mm" height="20mm">'
    b'<rect x="1" y="1" width="58" height="18" fill="none" stroke="#000"/></svg>'
)
OWN = {"content/clinic.yaml": CLINIC, "content/images/logo.svg": LOGO}


@pytest.mark.slow
def test_each_starter_and_its_translation_pass_a_strict_check_in_a_clinics_workspace(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A copy has its new id, its pictures, sources and translated texts, and no open finding."""
    assert "heart-zones" in STARTERS
    assert ("heart-zones", "es") in TRANSLATED
    root = lay(tmp_path, OWN)
    outputs = {}
    for starter in STARTERS:
        code, out, err = here(f"new our-{starter} --from {starter}", root, monkeypatch, capsys)
        assert (code, err) == (0, "")
        assert f"content/handouts/our-{starter}.yaml" in out
        outputs[starter] = out
    for starter, language in TRANSLATED:
        start = f"translate start our-{starter} --language {language} --from {starter}"
        assert f"teachback {start}" in outputs[starter]
        code, out, err = here(start, root, monkeypatch, capsys)
        assert (code, err) == (0, "")
        assert "drafts that no qualified translator has checked" in out
        path = root / f"content/translations/{language}/our-{starter}.yaml"
        assert path.read_text(encoding="utf-8").startswith(f"# Texts in '{language}' are from")
    code, out, _ = here("translate status --json", root, monkeypatch, capsys)
    editions = json.loads(out)["editions"]
    assert len(editions) >= 2 * len(TRANSLATED)
    assert {edition["printed"] for edition in editions} == {"as a draft"}
    names = " ".join(f"our-{starter}" for starter in STARTERS)
    code, out, err = here(f"check --strict {names}", root, monkeypatch, capsys)
    assert (code, out.count("INFLESZ")) == (0, len(editions)), err


def test_a_new_handout_has_the_words_of_its_id_and_names_a_starter_of_that_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nobody prints a sick-day plan that is called after a visit."""
    root = lay(tmp_path, OWN)
    code, out, _ = here("new sick-days", root, monkeypatch, capsys)
    text = (root / "content/handouts/sick-days.yaml").read_text(encoding="utf-8")
    assert (code, 'title: "Sick days"\n' in text) == (0, True)
    assert '"Sick days: when to get help"' in text
    assert "teachback new my-sick-days --from sick-days" in out


def test_a_misspelt_starter_is_answered_with_the_nearest_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing is written, and the hint names the starter that was meant."""
    root = lay(tmp_path, OWN)
    code, _, err = here("new ours --from hart-zones", root, monkeypatch, capsys)
    assert code == 2
    (problem,) = problems(err)
    assert problem.message == "there is no starter 'hart-zones'"
    assert problem.hint.startswith("Did you mean 'heart-zones'?")
    assert not (root / "content" / "handouts" / "ours.yaml").exists()


def test_the_list_shows_what_each_starter_holds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Title, readers and kinds of blocks are in the row of each starter."""
    root = lay(tmp_path, OWN)
    code, out, _ = here("list starters", root, monkeypatch, capsys)
    assert code == 0
    (row,) = [line for line in out.splitlines() if line.startswith("heart-zones")]
    assert "which zone are you in" in row
    assert "general, ckd, dialysis" in row
    assert "log, schedule, steps, zones" in row


@pytest.mark.slow
# Letter for large print, which has least room there on page 1. On A4, every other starter: the others
# are laid out there in large print by `test_no_starter_has_a_bad_page_break`.
@pytest.mark.parametrize(
    ("paper", "size", "turn", "starters"),
    [("letter", "large", 1, STARTERS), ("a4", "standard", 2, STARTERS[::2])],
)
def test_each_starter_prints_for_its_readers(
    paper: str,
    size: str,
    turn: int,
    starters: tuple[str, ...],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """With a clinic's logo and numbers, no starter is refused, and none has a bad page break.

    The readers take turns, so that with those of `test_no_starter_has_a_bad_page_break`, which has
    the other sizes and papers, each starter is laid out for every reader.
    """
    root = lay(tmp_path, OWN)
    for starter in starters:
        assert here(f"new our-{starter} --from {starter}", root, monkeypatch, capsys)[0] == 0
        copy = Workspace(root, BUILTIN)
        reading = read_handouts(copy, {"our": handout_files(copy)[f"our-{starter}"]})
        audiences = next(iter(reading.authored.values())).handout.audiences
        reader = audiences[(STARTERS.index(starter) + turn) % len(audiences)]
        command = f"build our-{starter} -a {reader} --kind handout --paper {paper} --size {size}"
        code, _, err = here(f"{command} -j 1 --proof", root, monkeypatch, capsys)
        assert code == 0, err
        assert MEND_BREAK not in err, err


def test_each_text_of_a_starters_translation_stands_beside_the_starters_own() -> None:
    """Nothing is left over, moved or outdated when a starter changes; nothing prints it as it is."""
    builtin = Workspace(BUILTIN, BUILTIN)
    shared = load_shared(builtin)
    assert len(TRANSLATED) > 3
    for starter, language in TRANSLATED:
        path = starter_translations(starter, builtin)[language]
        translation = validated(Translation, read_yaml(path.read_bytes(), path.name))
        handout = load_handout(starter_files(builtin)[starter], builtin, shared).handout
        texts = match_translation(handout, translation)
        states = {texts.state(text, checked=False) for text in texts.texts}
        assert (starter, *texts.faults, *texts.moved) == (starter,)
        assert (starter, states) == (starter, {"unchecked"})
        assert (translation.translates, translation.language) == (starter, language)
        assert (translation.version, translation.review.status) == (handout.version, "draft")
        assert (starter in handout_files(builtin)) is (f"{starter}.es" in handout_files(builtin))


def test_a_text_that_the_clinic_has_changed_is_left_for_its_translator(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """An old translation never stands beside a new English text, and no edition is printed."""
    root = lay(tmp_path, OWN)
    here("new ours --from heart-zones", root, monkeypatch, capsys)
    handout = root / "content/handouts/ours.yaml"
    text = handout.read_text(encoding="utf-8")
    missed = "You missed dialysis or left early"
    changed = text.replace("3 pounds", "2 pounds").replace(missed, "You missed dialysis")
    handout.write_text(changed, encoding="utf-8")
    start = "translate start ours --language es --from heart-zones"
    code, out, _ = here(start, root, monkeypatch, capsys)
    assert (code, "Below each other text, add `es:`" in out) == (0, True)
    written = (root / "content/translations/es/ours.yaml").read_text(encoding="utf-8")
    assert "en: You gain 2 pounds in 1 day, or 5 in 1 week\n  weight/text@ckd:\n" in written
    assert "en: You missed dialysis\n  weight" in written
    assert "missed-dialysis/short" not in written
    code, out, _ = here("translate status", root, monkeypatch, capsys)
    assert code == 1
    missing = {line.split()[1] for line in out.splitlines() if line.startswith("missing: ")}
    assert missing == {"missed-dialysis/text", "weight/text@general", "weight/text@ckd"}
    code, _, err = here("build ours -l es --format html", root, monkeypatch, capsys)
    assert (code, "so 'es' is not printed for general" in err) == (1, True)


def test_a_starter_that_has_no_such_translation_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing is written; the hint tells which languages there are."""
    root = lay(tmp_path, OWN)
    here("new ours --from heart-zones", root, monkeypatch, capsys)
    for arguments, hint in (
        ("vi --from heart-zones", "into es."),
        ("es --from nothing", "Leave out"),
    ):
        code, _, err = here(f"translate start ours -l {arguments}", root, monkeypatch, capsys)
        (problem,) = problems(err)
        assert (code, problem.message.startswith("there is no translation of a starter")) == (
            2,
            True,
        )
        assert hint in problem.hint
    assert not (root / "content/translations").exists()


@pytest.mark.slow
@pytest.mark.parametrize(
    "kind",
    [
        "card",
        # The least room for long words.
        pytest.param("handout --paper a4 --size large", marks=pytest.mark.long),
    ],
)
def test_each_translation_of_a_starter_prints(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each card has room for its flags, and each page for its words; the readers take turns."""
    root = lay(tmp_path, OWN)
    # Leg cramps has a test of its own.
    starters = [(name, language) for name, language in TRANSLATED if name != "leg-cramps"]
    assert len(starters) > 2
    for number, (starter, language) in enumerate(starters):
        reader = ("dialysis", "ckd")[number % 2]
        here(f"new our-{starter} --from {starter}", root, monkeypatch, capsys)
        start = f"translate start our-{starter} -l {language} --from {starter}"
        assert here(start, root, monkeypatch, capsys)[0] == 0
        command = f"build our-{starter} -l {language} -a {reader} --kind {kind} -j 1"
        code, _, err = here(command, root, monkeypatch, capsys)
        assert (code, err) == (0, "")
