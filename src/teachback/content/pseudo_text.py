"""Make pseudo-text: a text as long as its translation may be, before there is one. Pure.

Numbers, placeholders, marks and addresses stay. Every other word gets accents: English without
accents on a page is a text that no translator would get to see.
"""

from __future__ import annotations

import re
import unicodedata
from itertools import cycle, islice
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

# What a translation keeps: placeholders, marks, the address of a link, and escaped letters.
_UNCHANGED: Final = re.compile(r"(\{[^{}]*\}|\*\*|\]\([^)]*\)|\\.)")
_WORD: Final = re.compile(r"[^\W\d_]+")
_ACCENTED: Final = str.maketrans(
    "aceinosuyzACEINOSUYZ", "\u00e1\u00e7\u00e9\u00ed\u00f1\u00f3\u0161\u00fa\u00fd\u017e"
    "\u00c1\u00c7\u00c9\u00cd\u00d1\u00d3\u0160\u00da\u00dd\u017d"
)  # fmt: skip
_VOWELS: Final = frozenset("aeiouyAEIOUY")
# No language doubles the lengths of words. A text that grows more has more words.
_MOST_IN_WORD: Final = 0.4


def pseudo_text(text: str, growth: float) -> str:
    """Return a text with accents that is `growth` times as long; 1 or more.

    Words grow by up to 40 %. For the rest, words of the same text are repeated at its end.
    """
    parts = _UNCHANGED.split(text)
    lengths = [len(word) for part in parts[::2] for word in _WORD.findall(part)]
    total_added = round(sum(lengths) * (growth - 1))
    share = min(growth - 1, _MOST_IN_WORD)
    added = passed = 0

    def lengthened(match: re.Match[str]) -> str:
        nonlocal added, passed
        passed += len(match[0])
        more = min(round(passed * share), total_added) - added
        word = _stretched(match[0], max(0, min(more, len(match[0]))))
        added += len(word) - len(match[0])
        return word.translate(_ACCENTED)

    parts[::2] = [_WORD.sub(lengthened, part) for part in parts[::2]]
    last = next((at for at in range(len(parts) - 1, -1, -2) if _WORD.search(parts[at])), None)
    if last is None:
        return text
    words = [word for part in parts[::2] for word in _WORD.findall(part)]
    repeated = ""
    for word in islice(cycle(words), total_added):
        if added >= total_added:
            break
        repeated += f" {word.lower()}"
        added += len(word)
    *_, match = _WORD.finditer(parts[last])
    parts[last] = parts[last][: match.end()] + repeated + parts[last][match.end() :]
    return "".join(parts)


def in_letters(letters: str, growth: float) -> Callable[[str], str]:
    """Return a function that writes a text in the letters of another script.

    `letters` are taken in turn. A word gets `growth` times as many.
    """
    supply = cycle(letters)
    # What earlier words lacked for their length, as a word has whole letters only.
    remainder = 0.0

    def replaced(match: re.Match[str]) -> str:
        nonlocal remainder
        remainder += len(match[0]) * growth
        count = max(1, round(remainder))
        remainder -= count
        word = "".join(islice(supply, count))
        return word.capitalize() if match[0][0].isupper() else word

    def convert(text: str) -> str:
        parts = _UNCHANGED.split(text)
        parts[::2] = [_WORD.sub(replaced, part) for part in parts[::2]]
        return "".join(parts)

    return convert


def other_letters(texts: Iterable[str]) -> str:
    """Return the letters of texts one after another, or "" where they are mostly Latin ones."""
    characters = (char for text in texts for part in _UNCHANGED.split(text)[::2] for char in part)
    letters = [char for char in characters if char.isalpha()]
    other = [letter for letter in letters if "LATIN" not in unicodedata.name(letter, "LATIN")]
    return "".join(other).lower() if 2 * len(other) > len(letters) else ""


def _stretched(word: str, count: int) -> str:
    """Return a word with `count` of its vowels doubled, or as many as it has."""
    letters = []
    for letter in word:
        letters.append(letter)
        if count > 0 and letter in _VOWELS:
            letters.append(letter.lower())
            count -= 1
    return "".join(letters)
