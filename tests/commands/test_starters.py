"""A clinic starts a leaflet of its own from a starter: `teachback new ID --from STARTER`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from workspace_cases import here, lay, problems

from teachback.content.loader import read_handouts
from teachback.files.workspace import Workspace, builtin_root, handout_files, starter_files

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.usefixtures("one_process")


BUILTIN = builtin_root()
STARTERS = tuple(starter_files(Workspace(BUILTIN, BUILTIN)))
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


def test_each_starter_passes_a_strict_check_in_a_clinics_workspace(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A copy of each starter has its new id, its pictures and its sources, and no open finding."""
    assert "heart-zones" in STARTERS
    root = lay(tmp_path, OWN)
    for starter in STARTERS:
        code, out, err = here(f"new our-{starter} --from {starter}", root, monkeypatch, capsys)
        assert (code, err) == (0, "")
        assert f"content/handouts/our-{starter}.yaml" in out
    names = " ".join(f"our-{starter}" for starter in STARTERS)
    code, _, err = here(f"check --strict {names}", root, monkeypatch, capsys)
    assert code == 0, err


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
    (said,) = problems(err)
    assert said.message == "there is no starter 'hart-zones'"
    assert said.hint.startswith("Did you mean 'heart-zones'?")
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
# Letter for large print, which has least room there on page 1.
@pytest.mark.parametrize(("paper", "size", "turn"), [("letter", "large", 1), ("a4", "standard", 2)])
def test_each_starter_prints_for_its_readers(
    paper: str,
    size: str,
    turn: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """With a clinic's logo and numbers, no starter is refused in any size or on any paper.

    The readers take turns, so that with those of `test_no_starter_has_a_bad_page_break` each page
    of a starter is laid out for every reader.
    """
    root = lay(tmp_path, OWN)
    for number, starter in enumerate(STARTERS):
        assert here(f"new our-{starter} --from {starter}", root, monkeypatch, capsys)[0] == 0
        copy = Workspace(root, BUILTIN)
        reading = read_handouts(copy, {"our": handout_files(copy)[f"our-{starter}"]})
        audiences = next(iter(reading.authored.values())).handout.audiences
        reader = audiences[(number + turn) % len(audiences)]
        command = f"build our-{starter} -a {reader} --kind handout --paper {paper} --size {size}"
        code, _, err = here(f"{command} -j 1", root, monkeypatch, capsys)
        assert code == 0, err
