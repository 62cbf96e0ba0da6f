"""Measure how many words the text layer and the shapes tell, language by language.

    PYTHONPATH=src .venv/bin/python tools/measure_shapes.py FOLDER ...

The folders have the fonts, each as one .ttf file; those of the repository are found without. The
words are made up from the letters of each language, as they join and change places, always the
same. The result is the table of docs/accessibility.md. A language without its font is left out.
"""

from __future__ import annotations

import random
import sys
import unicodedata
from pathlib import Path
from typing import NamedTuple

from teachback.errors import Location, TeachbackError
from teachback.files.workspace import builtin_root
from teachback.pdf import renderer
from teachback.pdf.page_reader import read_pages
from teachback.proofing.expected_text import Expected, ExpectedSentence
from teachback.proofing.shape_proof import shaped_text
from teachback.proofing.text_checks import text_problems

WORDS = 300
_LATIN = "a b c d e f g h i j k l m n o p q r s t u v w x y z"


class Script(NamedTuple):
    """A language's font, and how its words are made: from one of each group of parts, in turn."""

    font: str
    parts: tuple[str, ...]
    lengths: tuple[int, int] = (1, 4)
    rtl: bool = False


def _letters(*blocks: tuple[int, int]) -> str:
    return " ".join(chr(point) for first, last in blocks for point in range(first, last + 1))


def _encodable(code: str, first: int, last: int, most: bytes = b"\xff") -> str:
    """Return the characters between two code points that an older encoding has, up to some bytes."""
    found = []
    for point in range(first, last + 1):
        try:
            written = chr(point).encode(code)
        except UnicodeEncodeError:
            continue
        found += [chr(point)] if written <= most else []
    return " ".join(found)


_HAN = (0x4E00, 0x9FA5)
_VIET = "a \u1ea3 \u1ea1 \u0103 \u1eb7 \u1ea5 \u1ead \u00ea \u1ebf \u1ec7 o \u1ecd \u00f4 \u1ed1 \u1ed9 \u01a1 \u1ee3 \u01b0 \u1ef1 u \u1ee5 i \u1ecb y \u1ef5"
_NONE = "- - -"
SCRIPTS = {
    "en": Script("AtkinsonHyperlegible-Regular", (_LATIN,), (2, 8)),
    "es": Script("AtkinsonHyperlegible-Regular", (_LATIN, "\u00e1 \u00e9 \u00ed \u00f3 \u00fa \u00fc \u00f1 o e a")),
    "ht": Script("AtkinsonHyperlegible-Regular", (_LATIN, "\u00e8 \u00f2 a e i o")),
    "tl": Script("AtkinsonHyperlegible-Regular", ("k g h l m n ng p r s t", "a e i o u \u00e2 \u00ee")),
    "vi": Script("NotoSans-Regular", ("b c ch \u0111 gh kh l m n ng ph th tr x", _VIET, "n ng t c m -")),
    "ru": Script("NotoSans-Regular", (_letters((0x430, 0x44F)),), (2, 8)),
    "ar": Script("TeachbackArabic-Regular", (_letters((0x621, 0x63A), (0x641, 0x64A)), f"\u0627 \u064e \u064f \u0650 \u0651 \u064b\u0627 {_NONE}"), (2, 4), rtl=True),
    "fa": Script("TeachbackArabic-Regular", ("\u067e \u0686 \u06a9 \u06af \u06cc \u0628 \u0645 \u0646", f"\u0627 \u0648 {_NONE}"), (2, 4), rtl=True),
    "he": Script("NotoSansHebrew-Regular", (_letters((0x5D0, 0x5EA)), f"\u05b0 \u05b4 \u05b7 \u05bc {_NONE}"), (2, 4), rtl=True),
    "hi": Script("TeachbackDevanagari-Regular", (_letters((0x915, 0x928), (0x92A, 0x930), (0x935, 0x939)), f"\u094d\u0930 \u094d\u092f \u093c {_NONE}", f"\u093e \u093f \u0940 \u0941 \u0942 \u0947 \u0948 \u094b \u0902 {_NONE}")),
    "pa": Script("NotoSansGurmukhi-Regular", (_letters((0xA15, 0xA28), (0xA2A, 0xA30)), f"\u0a3e \u0a3f \u0a40 \u0a41 \u0a47 \u0a70 \u0a71 {_NONE}")),
    "bn": Script("NotoSansBengali-Regular", (_letters((0x995, 0x9A8), (0x9AA, 0x9B0)), f"\u09be \u09bf \u09c0 \u09c1 \u09c7 \u09cb {_NONE}")),
    "th": Script("NotoSansThai-Regular", ("\u0e01 \u0e02 \u0e19 \u0e1b \u0e21 \u0e23 \u0e2a", f"\u0e34 \u0e35 \u0e38 \u0e31 {_NONE}", f"\u0e48 \u0e49 {_NONE}", "\u0e32 \u0e02\u0e33 -")),
    "am": Script("NotoSansEthiopic-Regular", (_letters((0x1200, 0x1246), (0x1260, 0x1286)),), (2, 5)),
    "zh-Hans": Script("TeachbackChineseSimplified-Regular", (_encodable("gb2312", *_HAN),), (2, 4)),
    "zh-Hant": Script("TeachbackChineseTraditional-Regular", (_encodable("big5", *_HAN, b"\xc6\x7e"),), (2, 4)),
    "ja": Script("NotoSansJP-Regular", (_encodable("shift_jis", *_HAN), _letters((0x3042, 0x3093)))),
    "ko": Script("TeachbackKorean-Regular", (_encodable("euc_kr", 0xAC00, 0xD7A3),), (2, 4)),
}  # fmt: skip


def words_of(script: Script) -> list[str]:
    """Return made-up words of a script."""
    source = random.Random(17)  # noqa: S311 -- the same words each time
    groups = [parts.split() for parts in script.parts]
    found = []
    for _ in range(WORDS):
        picked = (
            source.choice(group) for _ in range(source.randint(*script.lengths)) for group in groups
        )
        word = "".join(part for part in picked if part != "-")
        found.append(unicodedata.normalize("NFC", word))
    return found


def measure(language: str, script: Script, font: Path) -> str:
    """Return the row of a language."""
    words = words_of(script)
    text = " ".join(words)
    files = {f"styles/fonts/{font.name}": font}
    html = (
        f"<html lang={language} dir={'rtl' if script.rtl else 'ltr'}><head><title>T</title><style>"
        f"@font-face{{font-family:F;src:url(fonts/{font.name})}}@page{{size:Letter;margin:20mm}}"
        f"body{{font:14pt/1.6 F}}</style></head><body><p>{text}</p></body></html>"
    )
    layout = renderer.lay_out(html, files, renderer.Fonts())
    data = renderer.write(layout)
    expected = Expected(
        "t", Location(""), (ExpectedSentence(text),), (), 12.0, language=language, title="T"
    )
    pages = read_pages(data, 40)
    by_layer = _told(words, [token.words for one in pages for token in one.tagged])
    shaped = shaped_text(data, html, pages, expected, files)
    tokens = [token for one in shaped.pages for token in one.tagged]
    faults = (*shaped.problems, *text_problems(tokens, expected))
    for fault in faults[:3]:
        print(f"{language}: {fault.message}", file=sys.stderr)
    # One fault, and nothing is printed.
    by_shape = 0 if faults else _told(words, [token.words for token in tokens])
    return f"| {language} | {font.stem} | {WORDS} | {by_layer} | {by_shape} |"


def _told(words: list[str], read: list[str]) -> int:
    """Return how many words are read, in their order; lines may break within a word."""
    text = unicodedata.normalize("NFC", "".join("".join(read).split()))
    at = told = 0
    for word in words:
        found = text.find(word, at, at + 4 * len(word))
        told += found >= 0
        at = found + len(word) if found >= 0 else at
    return told


def main(folders: list[str]) -> None:
    """Print the table."""
    own = (builtin_root() / folder for folder in ("styles/fonts", "packaging/fonts"))
    places = [*own, *map(Path, folders)]
    fonts = {path.stem: path for folder in places for path in folder.rglob("*.ttf")}
    print("| language | font | words | read back by pdfium | proved by their shapes |")
    print("| --- | --- | --- | --- | --- |")
    for language, script in SCRIPTS.items():
        if script.font not in fonts:
            print(f"{language}: {script.font}.ttf is in no folder", file=sys.stderr)
            continue
        try:
            print(measure(language, script, fonts[script.font]))
        except TeachbackError as error:
            print(f"{language}: {error}", file=sys.stderr)


if __name__ == "__main__":
    main(sys.argv[1:])
