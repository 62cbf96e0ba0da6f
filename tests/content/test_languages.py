"""How a language is set is data: its font, the room between its lines, what it needs installed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from languages import language_files
from tiny_handout import TINY
from workspace_cases import here, lay

from teachback.content.languages import Language, Languages
from teachback.content.loader import load_handout
from teachback.content.workspace_content import load_shared
from teachback.errors import TeachbackError
from teachback.files.workspace import builtin_root
from teachback.html.language_styles import language_styles
from teachback.printing.design import design_hash, language_hash, open_design

if TYPE_CHECKING:
    from collections.abc import Callable

    from teachback.errors import Problem
    from teachback.files.workspace import Workspace

    Make = Callable[..., Workspace]

pytestmark = pytest.mark.usefixtures("one_process")

BUILD = "build tiny --format html"


def in_language(tag: str, words: str = "") -> dict[str, bytes]:
    """Return a workspace's files, with a handout in a language."""
    handout = TINY.replace("language: en", f"language: {tag}")
    if words:
        handout = handout.replace("title: ", f"title: {words} ", 1)
    is_built_in = (builtin_root() / f"content/words/{tag}.yaml").exists()
    files = {**({} if is_built_in else language_files(tag)), "content/handouts/tiny.yaml": handout}
    return {name: text.encode() for name, text in files.items()}


def test_a_language_without_its_font_says_which_extra_before_anything_is_printed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """There is one message, not one for each letter, and no page."""
    root = lay(tmp_path, in_language("ar", "\u0633\u0627\u0642"))
    code, _, err = here(BUILD, root, monkeypatch, capsys)
    assert code == 1
    assert err.count("the font for Arabic, 'Teachback Arabic', is not installed") == 1
    assert "pip install 'teachback[arabic]'" in err
    assert "U+0633" not in err
    assert list((root / "build/tiny").glob("*-ar*")) == []


def test_a_badge_in_a_language_without_its_font_does_not_stop_english(workspace: Make) -> None:
    """The badge of another script is looked at with the font of its own language."""
    audience = "name: Us\n  badge: {en: For you, ar: \u0644\u0643, zh-Hans: \u60a8}"
    shared = load_shared(workspace({"content/audiences.yaml": f"ours:\n  {audience}\n"}))
    assert shared.audiences.root["ours"].badge["zh-Hans"] == "\u60a8"
    with pytest.raises(TeachbackError, match="U\\+60A8"):
        load_shared(
            workspace({"content/audiences.yaml": f"ours:\n  {audience}".replace("zh-Hans", "es")})
        )


def test_a_letter_that_the_font_of_the_language_lacks_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Another family may have it, but a word in two fonts is harder to read."""
    for number, (tag, letter, problems) in enumerate(
        (("vi", "\u1edd", 0), ("vi", "\u05d0", 1), ("ru", "\u0416", 0), ("fr", "\u0416", 1))
    ):
        root = lay(tmp_path / str(number), in_language(tag, letter))
        code, _, err = here(BUILD, root, monkeypatch, capsys)
        assert (code, err.count(f"U+{ord(letter):04X}")) == (problems, problems), (tag, err)


@pytest.mark.parametrize(
    ("tag", "words", "refused"),
    [
        ("ar", "\u0633\u0627\u0642 10-20", 1),
        ("ar", "\u0633\u0627\u0642 2.5 \u2013 3", 1),
        ("ar", "\u0661\u0660-\u0662\u0660", 1),
        ("ar", "\u0645\u0646 10 \u0625\u0644\u0649 20", 0),
        ("ar", "\u0633\u0627\u0642 T-20", 0),
        ("fr", "10-20", 0),
    ],
)
def test_a_range_in_a_text_from_right_to_left_is_refused(
    workspace: Make, monkeypatch: pytest.MonkeyPatch, tag: str, words: str, refused: int
) -> None:
    """A hyphen and a dash turn it differently, and nobody sees which way it was meant."""
    monkeypatch.syspath_prepend(str(builtin_root() / "packaging/fonts/arabic"))
    files = in_language(tag, words)
    clinic = workspace({name: data.decode() for name, data in files.items()})
    path = clinic.root / "content/handouts/tiny.yaml"
    problems: tuple[Problem, ...] = ()
    try:
        load_handout(path, clinic, load_shared(clinic))
    except TeachbackError as error:
        problems = error.problems
    ranges = [problem for problem in problems if "the other way round" in problem.message]
    assert len(ranges) == refused, problems
    assert all("from 10 to 20" in problem.hint for problem in ranges)


def test_a_page_is_set_in_the_one_font_of_its_language(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The styles choose it, and the page holds its files; English keeps its own."""
    root = lay(tmp_path, in_language("vi"))
    code, _, err = here(BUILD, root, monkeypatch, capsys)
    assert code == 0, err
    page = (root / "build/tiny/handout-ckd-vi.html").read_text(encoding="utf-8")
    assert '[lang="vi"] { font-family: "Noto Sans";' in page
    assert page.count('@font-face { font-family: "Noto Sans"') == 2


def test_a_part_in_another_language_is_not_set_as_the_page_around_it() -> None:
    """English beside Arabic has its own font, and its lines are no further apart."""
    arabic = Language(name="Arabic", family="Ours", leading=1.2)
    fonts = {f"styles/fonts/Ours-{weight}.ttf": Path(weight) for weight in ("Regular", "Bold")}
    styles = language_styles(("ar", "en"), Languages({"ar": arabic}), fonts)
    in_arabic, _, in_english = styles.partition('[lang="en"] { ')
    assert 'font-family: "Ours"' in in_arabic
    assert "--script: 1.2" in in_arabic
    assert "font-family: var(--family)" in in_english
    assert "--script: 1;" in in_english
    assert "var(--family)" not in language_styles(("ar",), Languages({"ar": arabic}), fonts)
    # Only digits in a font whose letters reach far down need another place in their field.
    assert '[lang="ar"] .pill' in styles
    assert '[lang="en"] .pill' not in styles


def test_a_language_is_looked_up_by_its_tag_and_then_by_less_of_it() -> None:
    """One without an entry is set as English is."""
    languages = Languages({"es": Language(name="Spanish"), "zh-Hant": Language(name="Chinese")})
    for tag, name in (("es-MX", "Spanish"), ("zh-Hant-HK", "Chinese"), ("zh", "zh"), ("fr", "fr")):
        assert languages.of(tag).name == name
    assert languages.of("fr") == Language(name="fr")
    assert language_styles(("fr", "es"), languages, {}) == ""


def test_the_font_of_an_extra_changes_the_code_of_its_language_alone(
    workspace: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who installs Arabic prints the same English edition as before, under the same code."""
    clinic = workspace()
    arabic = load_shared(clinic).languages.of("ar")
    before = open_design(clinic)
    monkeypatch.syspath_prepend(str(builtin_root() / "packaging/fonts/arabic"))
    after = open_design(clinic)
    assert "styles/fonts/arabic/TeachbackArabic-Bold.ttf" in after.files
    assert design_hash(before) == design_hash(after)
    assert language_hash(arabic, before) != language_hash(arabic, after)
    assert "fonts/arabic/TeachbackArabic-Bold.ttf" in language_styles(
        ("ar",), load_shared(clinic).languages, after.files
    )
    assert load_shared(clinic).letters("ar") >= set(map(ord, "abc"))


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ("fr: {name: French, leading: 0.5}", "the number is too small"),
        ("fr: {name: French, direction: rtl}", "direction"),
        ("French: {name: French}", "French"),
        ("fr: {}", "name"),
    ],
)
def test_a_wrong_entry_is_a_problem_with_its_place(
    workspace: Make, entry: str, message: str
) -> None:
    """It names the file and the line."""
    with pytest.raises(TeachbackError) as caught:
        load_shared(workspace({"content/languages.yaml": f"# ours\n{entry}\n"}))
    assert "content/languages.yaml" in str(caught.value.problems[0].location)
    assert message in str(caught.value)
