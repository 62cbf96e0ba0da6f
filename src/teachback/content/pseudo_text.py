"""Make pseudo-text: a text as long as its translation may be, before there is one. Pure.

Numbers, placeholders, marks and addresses stay. Every other word has accents, so that English that
no translator would get to see stands out.
"""

from __future__ import annotations

import re
import unicodedata
from itertools import cycle, islice
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

# What a translation keeps: placeholders, marks, the address of a link, and escaped letters.
_KEPT: Final = re.compile(r"(\{[^{}]*\}|\*\*|\]\([^)]*\)|\\.)")
_WORD: Final = re.compile(r"[^\W\d_]+")
_ACCENTED: Final = str.maketrans(
    "aceinosuyzACEINOSUYZ", "\u00e1\u00e7\u00e9\u00ed\u00f1\u00f3\u0161\u00fa\u00fd\u017e"
    "\u00c1\u00c7\u00c9\u00cd\u00d1\u00d3\u0160\u00da\u00dd\u017d"
)  # fmt: skip
_VOWELS: Final = frozenset("aeiouyAEIOUY")
# No language doubles its words' lengths. What more is needed is more words.
_MOST_IN_WORD: Final = 0.4


def pseudo_text(text: str, growth: float) -> str:
    """Return a text with accents that is `growth` times as long; 1 or more.

    Words grow by up to 40 %; the rest is words of the same text, said again at its end.
    """
    parts = _KEPT.split(text)
    words = [len(found[0]) for part in parts[::2] for found in _WORD.finditer(part)]
    wanted = round(sum(words) * (growth - 1))
    share = min(growth - 1, _MOST_IN_WORD)
    grown = added = seen = 0

    def longer(found: re.Match[str]) -> str:
        nonlocal grown, seen
        seen += len(found[0])
        more = min(round(seen * share), wanted) - grown
        word = _stretched(found[0], max(0, min(more, len(found[0]))))
        grown += len(word) - len(found[0])
        return word.translate(_ACCENTED)

    parts[::2] = [_WORD.sub(longer, part) for part in parts[::2]]
    last = next((at for at in range(len(parts) - 1, -1, -2) if _WORD.search(parts[at])), None)
    if last is None:
        return text
    again = [found[0] for part in parts[::2] for found in _WORD.finditer(part)]
    said: list[str] = []
    for word in islice(cycle(again), wanted):
        if grown + added >= wanted:
            break
        said.append(word.lower())
        added += len(word)
    *_, end = _WORD.finditer(parts[last])
    more = "".join(f" {word}" for word in said)
    parts[last] = parts[last][: end.end()] + more + parts[last][end.end() :]
    return "".join(parts)


def in_letters(letters: str, growth: float) -> Callable[[str], str]:
    """Return a function that writes a text in the letters of another script.

    `letters` are taken in turn. A word gets `growth` times as many.
    """
    turn = cycle(letters)
    rest = 0.0

    def written(found: re.Match[str]) -> str:
        nonlocal rest
        rest += len(found[0]) * growth
        count = max(1, round(rest))
        rest -= count
        word = "".join(islice(turn, count))
        return word.capitalize() if found[0][0].isupper() else word

    def made(text: str) -> str:
        parts = _KEPT.split(text)
        parts[::2] = [_WORD.sub(written, part) for part in parts[::2]]
        return "".join(parts)

    return made


def other_letters(texts: Iterable[str]) -> str:
    """Return the letters of texts one after another, or "" where they are mostly Latin ones."""
    found = [letter for text in texts for part in _KEPT.split(text)[::2] for letter in part]
    letters = [letter for letter in found if letter.isalpha()]
    other = [letter for letter in letters if "LATIN" not in unicodedata.name(letter, "LATIN")]
    return "".join(other).lower() if 2 * len(other) > len(letters) else ""


def _stretched(word: str, more: int) -> str:
    """Return a word with `more` of its vowels said twice, or as many as it has."""
    letters = []
    for letter in word:
        letters.append(letter)
        if more > 0 and letter in _VOWELS:
            letters.append(letter.lower())
            more -= 1
    return "".join(letters)
