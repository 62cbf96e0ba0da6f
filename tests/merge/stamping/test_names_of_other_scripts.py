"""Names in Arabic, Hindi and the like print in any edition, where a font has their letters."""

from __future__ import annotations

import io
import shutil
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import page as page_validation
import pytest
from handout_with_fields import FILLED, composed

from teachback.content.record_fields import RecordField
from teachback.files.workspace import builtin_root, fonts_for_names
from teachback.merge.records.field_values import FieldFault, read_value
from teachback.pdf.drawn_text import read_drawn
from teachback.pdf.text_shaping import shaper, slot_font
from teachback.pdf.word_shapes import WordShaper, painted_words

if TYPE_CHECKING:
    from collections.abc import Callable

    from teachback.files.workspace import Workspace

CUT = Path(__file__).parents[2] / "support/fonts"
NASKH = CUT / "NotoNaskhArabic-cut.ttf"
DEVANAGARI = CUT / "NotoSansDevanagari-cut.ttf"
SANS = builtin_root() / "styles/fonts/names/NotoSans-Regular.ttf"
# Words of places and things, as letters join and change places in names: a lam-alef, marks above
# and below, a matra before its letter, conjuncts, a reph, a nukta.
ARABIC = (
    "\u0627\u0644\u0642\u0627\u0647\u0631\u0629",
    "\u0628\u064a\u0631\u0648\u062a \u0648\u0635\u0644\u0627\u0644\u0629",
    "\u0622\u0644\u0627\u0621",
    "\u0645\u064f\u062d\u064e\u0645\u0651\u064e\u062f",
)
HINDI = (
    "\u0926\u093f\u0932\u094d\u0932\u0940",
    "\u0935\u093e\u0930\u093e\u0923\u0938\u0940",
    "\u0939\u0930\u094d\u0937\u093f\u0924",
    "\u091c\u094d\u091e\u093e\u0928\u0947\u0928\u094d\u0926\u094d\u0930",
    "\u092b\u093c\u093f\u091c\u0940 \u092e\u093e\u0901",
)
NAMES = {name: font for font, names in ((NASKH, ARABIC), (DEVANAGARI, HINDI)) for name in names}


@pytest.fixture
def clinic(workspace: Callable[..., Workspace]) -> Workspace:
    """Make a workspace with fonts for names in Arabic and Hindi."""
    clinic = workspace({"content/handouts/tiny.yaml": FILLED})
    names = clinic.root / "styles/fonts/names"
    names.mkdir(parents=True)
    for font in (NASKH, DEVANAGARI):
        shutil.copy(font, names)
    return clinic


def test_names_are_printed_in_their_shapes_and_say_their_letters(clinic: Workspace) -> None:
    """An English handout has the glyphs of the whole font, and tells a screen reader the name."""
    template = composed(clinic).template(*NAMES)
    for name, font in NAMES.items():
        pdf = template.stamp({"patient": name}, b"1")
        [line, *_] = [line for line in read_drawn(pdf).lines if line.words == name]
        assert line.has_actual_text or font is DEVANAGARI
        whole_font, [(drawn, _, _)] = WordShaper(font.read_bytes()), line.parts
        embedded = WordShaper(drawn.program)
        expected = [
            whole_font.outline(glyph.glyph)
            for word in painted_words(name, rtl=font is NASKH)
            for glyph in whole_font.shape(word.words, "en", rtl=word.rtl)
        ]
        drawn_outlines = [embedded.outline(glyph.glyph) for glyph in line.glyphs]
        assert list(filter(None, drawn_outlines)) == list(filter(None, expected))
    for profile in ("ua1", "2a"):
        result = page_validation.validate_pdf_bytes(pdf, profile=profile)
        assert result.is_compliant, [failure.message for failure in result.failures]


def test_names_take_the_fonts_of_an_installed_extra(
    workspace: Callable[..., Workspace], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The extra of a language has the letters of its names for handouts in any other."""
    extra = tmp_path / "teachback_fonts" / "arabic"
    extra.mkdir(parents=True)
    shutil.copy(NASKH, extra / "Extra-Regular.ttf")
    monkeypatch.syspath_prepend(tmp_path)
    clinic = workspace({"content/handouts/tiny.yaml": FILLED})
    assert extra / "Extra-Regular.ttf" in fonts_for_names(clinic)
    pdf = composed(clinic).template(ARABIC[0]).stamp({"patient": ARABIC[0]}, b"1")
    assert ARABIC[0] in {line.words for line in read_drawn(pdf).lines}


def test_a_name_that_no_font_can_print_is_refused_with_what_to_do(clinic: Workspace) -> None:
    """Without the font it is told before anything is printed, by its script and not by the name."""
    points = frozenset(range(0x250))
    hints = {
        "Arabic": (ARABIC[0], "type `teachback add arabic`"),
        "Devanagari": (HINDI[0], "type `teachback add devanagari`"),
    }
    for script, (name, hint) in hints.items():
        read = read_value(RecordField(name="patient", label="For"), name, "en", None, points)
        assert isinstance(read, FieldFault)
        assert read.reason.startswith(
            f"has {script} letters, for which there is no font here: {hint}, or write it by hand"
        )
    template = composed(clinic).template(*NAMES, "Smith")
    [fault, *_] = template.faults({"patient": f"{ARABIC[0]} Smith"})
    assert fault.reason.startswith("mixes letters or signs that no one font here has: write it by")


def test_a_name_that_the_whole_font_draws_otherwise_is_refused() -> None:
    """A font that was cut is compared with the whole font, word by word."""
    font = slot_font(NASKH.read_bytes(), frozenset("".join(ARABIC)), "en")
    assert font.whole
    assert not any(shaper(font).shape(name).unproved for name in ARABIC)
    altered = replace(font, whole=DEVANAGARI.read_bytes(), shaped=font.shaped + b"\0")
    assert all(shaper(altered).shape(name).unproved for name in ARABIC)
    lost = replace(font, whole=b"", shaped=font.shaped + b"\0\0")
    assert all(shaper(lost).shape(name).unproved for name in ARABIC)


def test_a_font_for_latin_letters_is_not_carried_whole() -> None:
    """It is as large as all other letters of a file together."""
    assert slot_font(SANS.read_bytes(), frozenset("Ngu\u1ec5n"), "en").whole == b""


def test_a_loose_mark_is_refused_in_any_script() -> None:
    """A mark that neither an anchor nor its own ink puts over its letter would be over another."""
    font = slot_font(NASKH.read_bytes(), frozenset("".join(ARABIC)), "en")
    marked = "\u0645\u064f\u062d"
    assert shaper(font).shape(marked).missing == ""
    from fontTools.ttLib import TTFont

    with TTFont(io.BytesIO(NASKH.read_bytes())) as bare:
        del bare["GPOS"]
        glyphs, name = bare["glyf"], bare.getBestCmap()[0x64F]
        glyphs[name].coordinates.translate((-2_000, 0))
        glyphs[name].recalcBounds(glyphs)
        bare["hmtx"][name] = (0, glyphs[name].xMin)
        out = io.BytesIO()
        bare.save(out)
    unhung = slot_font(out.getvalue(), frozenset("".join(ARABIC)), "en")
    assert shaper(unhung).shape(marked).missing == "\u0645\u064f"
