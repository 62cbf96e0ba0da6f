"""The fonts of an extra are a package without code, with all letters that its language is set in."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING

import pytest

from teachback.files.font_coverage import coverage, font_fault
from teachback.files.font_packages import FONTS, family_fonts, packaged_fonts
from teachback.files.images import DIGITS, digits_fault
from teachback.files.workspace import builtin_root
from teachback.pdf import renderer

if TYPE_CHECKING:
    from pathlib import Path

PACKAGES = builtin_root() / "packaging/fonts"
# What each package is for: its family, and letters that a text needs.
EXTRAS = {
    "arabic": ("Teachback Arabic", "\u0633\u0627\u0642\u064b\u0660\u060c\u061f\u06cc"),
    "devanagari": ("Teachback Devanagari", "\u0915\u094d\u0937\u093f\u0964"),
    "korean": ("Teachback Korean", "\uac00\ud7a3\ub2e4\u3002"),
    "zh-hans": ("Teachback Chinese Simplified", "\u817f\u836f\u533b\u3002\uff0c"),
    "zh-hant": ("Teachback Chinese Traditional", "\u817f\u85e5\u91ab\u3002\uff0c"),
}
LATIN = "AZaz09 .,()%+-/:\u00e9\u00f1\u2013\u2014\u201c\u201d\u2022\u00b0\u00b5"
# No file of the repository is larger than some hosts take.
LARGEST = 5_000_000


def test_each_extra_of_a_font_has_its_package() -> None:
    """Its folder has the name of the extra, its licence and nothing that runs."""
    project = tomllib.loads((builtin_root() / "pyproject.toml").read_text(encoding="utf-8"))
    extras = project["project"]["optional-dependencies"]
    assert sorted(path.name for path in PACKAGES.iterdir()) == sorted(EXTRAS)
    for extra in EXTRAS:
        own = tomllib.loads((PACKAGES / extra / "pyproject.toml").read_text(encoding="utf-8"))
        assert extras[extra] == [own["project"]["name"]]
        assert "SIL OPEN FONT LICENSE Version 1.1" in (PACKAGES / extra / "OFL.txt").read_text(
            encoding="utf-8"
        )
        suffixes = {path.suffix for path in (PACKAGES / extra).rglob("*") if path.is_file()}
        assert suffixes == {".toml", ".txt", ".ttf"}


@pytest.mark.parametrize("extra", EXTRAS)
def test_both_weights_have_the_letters_of_the_language_and_latin_ones(
    extra: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A phone number, a code or a drug's name in a text is set in the same font."""
    monkeypatch.syspath_prepend(str(PACKAGES / extra))
    family, letters = EXTRAS[extra]
    fonts = packaged_fonts()
    names = family_fonts(family, fonts)
    assert sorted(names) == [400, 700]
    for name in names.values():
        assert name.startswith(f"{FONTS}/{extra}/")
        data = fonts[name].read_bytes()
        assert font_fault(data) is None
        assert len(data) < LARGEST
        assert set(map(ord, letters + LATIN)) <= coverage((fonts[name],))


@pytest.mark.parametrize("extra", ["korean", "zh-hans", "zh-hant"])
def test_a_file_may_have_thousands_of_different_letters(
    extra: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The font is cut to the letters of the file, however many they are; a leaflet has about 600."""
    monkeypatch.syspath_prepend(str(PACKAGES / extra))
    family, _ = EXTRAS[extra]
    fonts = packaged_fonts()
    name = family_fonts(family, fonts)[400]
    letters = [
        chr(point) for point in sorted(coverage((fonts[name],))) if 0x4E00 <= point <= 0xD7A3
    ]
    # Every third letter, so that no two of them are neighbours.
    chosen = letters[::3]
    assert len(chosen) > 1_500
    page = (
        f"<html lang=ko><style>@font-face {{ font-family: F; src: url({name.removeprefix('styles/')}) }}"
        f" body {{ font-family: F }}</style><title>F</title>{' '.join(chosen)}"
    )
    layout = renderer.lay_out(page, fonts, renderer.fonts())
    assert layout.problems == ()
    data = renderer.write(layout)
    assert len(data) < fonts[name].stat().st_size


@pytest.mark.parametrize("extra", EXTRAS)
def test_digits_are_those_that_they_say(extra: str) -> None:
    """No digit is drawn like another one of the fonts that come with the program."""
    shipped = [
        path.read_bytes() for path in sorted((builtin_root() / "styles/fonts").rglob("*.ttf"))
    ]
    fonts = sorted((PACKAGES / extra).rglob("*.ttf"))
    assert len(fonts) == 2
    for path in fonts:
        assert digits_fault(path.read_bytes(), shipped, DIGITS) is None


def test_a_family_is_whole_or_not_there() -> None:
    """Bold words in the regular font would not stand out."""
    names = (f"{FONTS}/x/NotoSans-Regular.ttf", f"{FONTS}/x/NotoSansMono-Bold.ttf")
    assert family_fonts("Noto Sans", names) == {}
    whole = (*names, f"{FONTS}/y/NotoSans-Bold.ttf")
    assert family_fonts("Noto Sans", whole) == {400: whole[0], 700: whole[2]}
    assert family_fonts("Noto Sans", ("elsewhere/NotoSans-Regular.ttf", whole[2])) == {}


def test_without_an_extra_nothing_is_found(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A folder of the user with that name counts only on Python's path."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.path", [])
    assert packaged_fonts() == {}
