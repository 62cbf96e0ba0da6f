"""Which characters a font can draw: whatever form its table has."""

from __future__ import annotations

import io
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from fontTools.fontBuilder import FontBuilder
from fontTools.ttLib import TTFont
from fontTools.ttLib.tables._c_m_a_p import CmapSubtable
from tiny_handout import TINY
from workspace_cases import HANDOUT

from teachback.content.loader import load_handout
from teachback.content.workspace_content import load_shared
from teachback.errors import TeachbackError
from teachback.files.font_coverage import coverage
from teachback.files.images import digits_fault
from teachback.files.stylesheets import font_faces
from teachback.files.workspace import Workspace, builtin_root

if TYPE_CHECKING:
    from collections.abc import Callable


pytestmark = pytest.mark.slow

SHIPPED = sorted((builtin_root() / "styles" / "fonts").glob("*.ttf"))
KNOWN = [path.read_bytes() for path in sorted((builtin_root() / "styles" / "fonts").rglob("*.ttf"))]


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_the_zero_has_no_slash(path: Path) -> None:
    """A lay reader takes a zero with a slash for another sign: it has one opening, not two."""
    font = TTFont(path)
    assert font["glyf"][font.getBestCmap()[ord("0")]].numberOfContours == 2


def font(points: dict[int, str], form: int | None = None) -> bytes:
    """Return a font with a few letters.

    `form` is the format of its only character table; by default fontTools chooses.
    """
    names = [".notdef", *dict.fromkeys(points.values())]
    builder = FontBuilder(1000, isTTF=True)
    builder.setupGlyphOrder(names)
    builder.setupCharacterMap(points)
    if form is not None:
        table = CmapSubtable.newSubtable(form)
        table.platformID, table.platEncID, table.language, table.cmap = 3, 1, 0, points
        builder.font["cmap"].tables = [table]
    builder.setupPost()
    data = io.BytesIO()
    builder.save(data)
    return data.getvalue()


@pytest.mark.parametrize("form", [None, 6])
def test_characters_are_known_in_whatever_form_a_font_lists_them(
    tmp_path: Path, form: int | None
) -> None:
    """An old form is read, too, and so are letters beyond the first plane of Unicode."""
    points = {0x41: "A", 0x42: "B"} | ({} if form else {0x1F600: "smile", 0x20000: "han"})
    path = tmp_path / "font.ttf"
    path.write_bytes(font(points, form))
    assert coverage((path,)) == set(points)


def test_a_font_that_is_cut_off_is_refused_though_its_characters_can_be_read(
    tmp_path: Path,
) -> None:
    """The character table is near the start, and does not show that the end is missing."""
    path = tmp_path / "half.ttf"
    shutil.copy(SHIPPED[0], path)
    path.write_bytes(path.read_bytes()[:9000])
    with pytest.raises(TeachbackError, match="not a TrueType font"):
        coverage((path,))


REAL = sorted(Path("/usr/share/fonts").rglob("*.ttf"))


def remapped(path: Path, digits: str) -> bytes:
    """Return a copy of a font that draws the named digits in place of 0 to 9."""
    with TTFont(path) as real:
        names = dict(real.getBestCmap())
        for table in real["cmap"].tables:
            table.cmap.update(
                {
                    ord(digit): names[ord(other)]
                    for digit, other in zip("0123456789", digits, strict=True)
                    if ord(digit) in table.cmap
                }
            )
        data = io.BytesIO()
        real.save(data)
    return data.getvalue()


@pytest.mark.parametrize("path", REAL, ids=lambda path: path.stem)
def test_no_real_font_is_refused_for_its_digits(path: Path) -> None:
    """Digits differ between fonts, but each one is recognised."""
    assert digits_fault(path.read_bytes(), KNOWN, "0123456789") is None


@pytest.mark.parametrize("path", [*SHIPPED, *REAL[::9]], ids=lambda path: path.stem)
@pytest.mark.parametrize(
    ("digits", "message"),
    [
        ("0123465789", "digit 5 so that it looks like a 6"),
        ("0213456789", "digit 1 so that it looks like a 2"),
        ("0123456788", "looks like a"),
        ("0123455789", "looks like a"),
        ("0723456189", "looks like a"),
        ("1234567890", "looks like a"),
    ],
)
def test_a_font_that_draws_a_digit_as_another_is_refused(
    path: Path, digits: str, message: str
) -> None:
    """A font whose text is right in the file but looks wrong on paper is refused."""
    fault = digits_fault(remapped(path, digits), KNOWN, "0123456789")
    assert fault is not None
    assert message in fault[0]


def with_font(clinic: Workspace, name: str, data: bytes) -> Workspace:
    """Put a font into a clinic's styles."""
    folder = clinic.roots[0] / "styles" / "fonts"
    folder.mkdir(parents=True)
    (folder / name).write_bytes(data)
    return clinic


def test_a_font_of_the_clinic_with_changed_digits_is_named(
    workspace: Callable[..., Workspace],
) -> None:
    """Nothing is printed with it."""
    clinic = with_font(
        workspace(), "AtkinsonHyperlegible-Bold.ttf", remapped(SHIPPED[0], "0123465789")
    )
    with pytest.raises(TeachbackError) as caught:
        load_shared(clinic)
    [problem] = caught.value.problems
    assert "looks like a 6" in problem.message
    assert problem.location is not None
    assert problem.location.file.endswith("AtkinsonHyperlegible-Bold.ttf")


def test_a_clinic_inside_the_checkout_has_fonts_of_its_own(tmp_path: Path) -> None:
    """The README makes the first clinic there; its fonts do not count as those of the program."""
    program = tmp_path / "program"
    for folder in ("content", "styles", "templates"):
        shutil.copytree(builtin_root() / folder, program / folder)
    clinic = with_font(
        Workspace(program / "my-clinic", program), "Own.ttf", remapped(SHIPPED[0], "0123465789")
    )
    with pytest.raises(TeachbackError) as refused:
        load_shared(clinic)
    assert "looks like" in str(refused.value)


def test_a_font_without_digits_is_not_compared(workspace: Callable[..., Workspace]) -> None:
    """A font without digits is accepted, for other letters."""
    clinic = with_font(workspace(), "Own.ttf", font({0x41: "A"}))
    assert load_shared(clinic).clinic == load_shared(workspace()).clinic


@pytest.mark.parametrize(
    ("sign", "hint"),
    [
        ("\u2192", "Write 'to' or 'then' in its place."),
        ("\u2665", "Write 'heart' in its place."),
        ("\u2713", "Write 'yes' or 'do' in its place."),
        ("\U0001f6a8", "Use other words, or add a font that has it to styles/fonts/."),
    ],
)
def test_a_sign_that_no_font_has_is_told_with_words_for_it(
    sign: str, hint: str, workspace: Callable[..., Workspace]
) -> None:
    """An author often pastes arrows and hearts, and needs no other font for them."""
    clinic = workspace({HANDOUT: TINY.replace("For everyone here.", f"Rest {sign} walk")})
    with pytest.raises(TeachbackError) as caught:
        load_handout(clinic.root / HANDOUT, clinic, load_shared(clinic))
    assert [problem.hint for problem in caught.value.problems] == [hint]


@pytest.mark.parametrize("weight", ["normal", "400", "\u00b2", "9" * 5_000, "heavy"])
def test_a_weight_that_is_no_number_counts_as_normal(weight: str) -> None:
    """CSS passes over a declaration that it does not know."""
    css = f"@font-face {{ font-family: Our; src: url(our.ttf); font-weight: {weight} }}"
    assert [face.weight for face in font_faces(css)] == [400]
