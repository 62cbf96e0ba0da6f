"""Cut fonts to the letters of a script, and put them into the package of an extra.

    python3 tools/make_font_packages.py arabic NotoNaskhArabic-Regular.ttf NotoNaskhArabic-Bold.ttf

It writes the two fonts of packaging/fonts/NAME/. They are modified versions under names of their
own, as the SIL Open Font License asks. The files are whole static fonts: Noto Naskh Arabic and Noto
Sans Devanagari of 2020 (Debian's fonts-noto-core), Noto Sans SC, TC and KR (@expo-google-fonts on
npm). Those of 2020 have no Latin letters: these come from styles/fonts/names/, so that a page is
set in one font. It needs fontTools, which comes with the test tools.
"""

from __future__ import annotations

import argparse
import io
from pathlib import Path
from typing import Final, NamedTuple

from fontTools.merge import Merger
from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont
from fontTools.ttLib.reorderGlyphs import reorderGlyphs

ROOT: Final = Path(__file__).parents[1]
LATIN: Final = ROOT / "styles/fonts/names"
WEIGHTS: Final = {"Regular": 400, "Bold": 700}
KOREAN: Final = "Teachback Korean"
# Letters of Western and Central Europe, and the signs of a text: dashes, quotes, units, arrows out.
EUROPE: Final = {
    *range(0x20, 0x7F),
    *range(0xA0, 0x180),
    *range(0x2010, 0x2027),
    *range(0x2030, 0x203B),
    *range(0x2080, 0x208A),
    *(0x20AC, 0x2122, 0x2212, 0x2264, 0x2265),
}


class Script(NamedTuple):
    """The font of an extra: its name, its letters, and whether Latin ones come from elsewhere."""

    family: str
    letters: frozenset[int]
    lacks_latin: bool = False


def _decoded(encoding: str, first: range) -> frozenset[int]:
    """Return the characters that an older standard of a script has, for these first bytes."""
    found = (
        bytes((one, two)).decode(encoding, errors="ignore")
        for one in first
        for two in range(0x40, 0xFF)
    )
    return frozenset(ord(character) for character in found if len(character) == 1)


def _scripts() -> dict[str, Script]:
    marks = frozenset({*range(0x3000, 0x3018), *range(0xFF01, 0xFF5F), *range(0xFFE0, 0xFFE7)})
    return {
        "arabic": Script(
            "Teachback Arabic",
            frozenset({*range(0x600, 0x700), *range(0x750, 0x780), 0x200C, 0x200D, 0x25CC}),
            lacks_latin=True,
        ),
        "devanagari": Script(
            "Teachback Devanagari",
            frozenset({*range(0x900, 0x980), *range(0x1CD0, 0x1D00), 0x200C, 0x200D, 0x25CC}),
            lacks_latin=True,
        ),
        # GB 2312; Big5, level 1 and its signs; all syllables that Korean can write.
        "zh-hans": Script(
            "Teachback Chinese Simplified", marks | _decoded("gb2312", range(0xA1, 0xF8))
        ),
        "zh-hant": Script(
            "Teachback Chinese Traditional", marks | _decoded("big5", range(0xA1, 0xC7))
        ),
        "korean": Script(
            KOREAN,
            marks | frozenset({*range(0x3131, 0x318F), *range(0xAC00, 0xD7A4)}),
        ),
    }


def _cut(font: TTFont, letters: set[int] | frozenset[int], *, joins: bool = True) -> TTFont:
    options = Options()
    options.hinting = False
    options.notdef_outline = True
    options.name_IDs = ["*"]
    # A font with whole syllables and signs needs no rules that join letters.
    options.layout_features = ["*"] if joins else ["kern"]
    options.layout_features_drop = []
    # Text runs from left to right or right to left, never down the page.
    options.drop_tables += ["vhea", "vmtx", "VORG", "BASE", "STAT", "meta"]
    cutter = Subsetter(options)
    cutter.populate(unicodes=letters)
    cutter.subset(font)
    return font


def _part_neighbours(font: TTFont) -> None:
    """Put the glyphs of neighbouring characters apart.

    The 11,172 syllables follow each other in Unicode and in the source, so that all of them take
    one entry of `cmap`. HarfBuzz 6.0, as in Debian 12, gives up on the font of a page whose own
    `cmap` is many times larger than that: one of 700 syllables, each with an entry.
    """
    order = font.getGlyphOrder()
    reorderGlyphs(font, [*order[::2], *order[1::2]])


def _opened(font: TTFont) -> io.BytesIO:
    data = io.BytesIO()
    font.save(data)
    data.seek(0)
    return data


def make(script: Script, path: Path, style: str) -> TTFont:
    """Return a font with the letters of a script and those of Europe."""
    own = TTFont(path, recalcTimestamp=False)
    if not script.lacks_latin:
        cut = _cut(own, script.letters | EUROPE, joins=False)
        if script.family == KOREAN:
            _part_neighbours(cut)
        return _named(cut, script.family, style)
    latin = TTFont(LATIN / f"NotoSans-{style}.ttf", recalcTimestamp=False)
    lines = own["hhea"]
    parts = [_cut(latin, EUROPE), _cut(own, script.letters - EUROPE)]
    if len({part["head"].unitsPerEm for part in parts}) > 1:
        message = f"{path.name} is drawn in other units than Noto Sans"
        raise SystemExit(message)
    whole = Merger().merge([_opened(part) for part in parts])
    # The lines are as far apart as the taller script needs.
    for table, up, down in (
        ("hhea", "ascent", "descent"),
        ("OS/2", "sTypoAscender", "sTypoDescender"),
    ):
        setattr(whole[table], up, max(lines.ascent, getattr(whole[table], up)))
        setattr(whole[table], down, min(lines.descent, getattr(whole[table], down)))
    whole["OS/2"].usWinAscent = max(lines.ascent, whole["OS/2"].usWinAscent)
    whole["OS/2"].usWinDescent = max(-lines.descent, whole["OS/2"].usWinDescent)
    return _named(whole, script.family, style)


def _named(font: TTFont, family: str, style: str) -> TTFont:
    """Return the font under its own name; copyright and licence stay."""
    names = font["name"]
    for number in (3, 16, 17, 18, 21, 22, 25):
        names.removeNames(nameID=number)
    said = {1: family, 2: style, 4: f"{family} {style}", 6: f"{family.replace(' ', '')}-{style}"}
    for number, text in said.items():
        names.removeNames(nameID=number)
        names.setName(text, number, 3, 1, 0x409)
    font["OS/2"].usWeightClass = WEIGHTS[style]
    font["head"].macStyle = int(style == "Bold")
    return font


def main() -> None:
    """Write the fonts of one extra."""
    scripts = _scripts()
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("extra", choices=sorted(scripts))
    parser.add_argument("regular", type=Path)
    parser.add_argument("bold", type=Path)
    given = parser.parse_args()
    script = scripts[given.extra]
    folder = ROOT / "packaging/fonts" / given.extra / "teachback_fonts" / given.extra
    folder.mkdir(parents=True, exist_ok=True)
    for style, path in zip(WEIGHTS, (given.regular, given.bold), strict=True):
        target = folder / f"{script.family.replace(' ', '')}-{style}.ttf"
        font = make(script, path, style)
        font.save(target)
        lacking = len(script.letters - set(font.getBestCmap()))
        size = target.stat().st_size
        print(
            f"{target.relative_to(ROOT)}  {size / 1e6:.2f} MB, {lacking} letters not in the source"
        )


if __name__ == "__main__":
    main()
