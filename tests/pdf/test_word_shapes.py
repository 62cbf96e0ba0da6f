"""Words are shaped with a whole font, and the shapes of the last ones are cached."""

from __future__ import annotations

from itertools import product

from teachback.files.workspace import builtin_root
from teachback.pdf.word_shapes import WordShaper


def test_the_cache_of_a_font_does_not_grow_with_the_words() -> None:
    """A merge of a million names must not keep the shapes of all of them in memory."""
    font = next((builtin_root() / "styles" / "fonts").rglob("*.ttf"))
    shaper = WordShaper(font.read_bytes())
    words = ["".join(letters) for letters in product("abcdefghij", repeat=4)]
    first = shaper.shape(words[0], "en", rtl=False)
    for word in words:
        shaper.shape(word, "en", rtl=False)
    assert 0 < len(shaper._cache) <= len(words) / 2  # noqa: SLF001 -- memory has no public name
    assert shaper.shape(words[0], "en", rtl=False) == first
