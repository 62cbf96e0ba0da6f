"""Split a text into the pieces of words in a vocabulary, as the sentence model was trained. Pure.

A piece within a word begins with `##` (WordPiece).
"""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_UNKNOWN: Final = "[UNK]"


def word_piece_ids(text: str, ids: Mapping[str, int]) -> list[int]:
    """Return the ids of the pieces of a text; `ids` is the vocabulary."""
    return [piece for word in words_and_stops(text) for piece in _word_ids(word, ids)]


def _word_ids(word: str, ids: Mapping[str, int]) -> list[int]:
    """Return the ids of the longest pieces that a word is made of, from its start."""
    found: list[int] = []
    start = 0
    while start < len(word):
        prefix = "##" if start else ""
        ends = range(len(word), start, -1)
        end = next((end for end in ends if prefix + word[start:end] in ids), 0)
        if not end:
            return [ids[_UNKNOWN]]
        found.append(ids[prefix + word[start:end]])
        start = end
    return found


def words_and_stops(text: str) -> list[str]:
    """Return the words and marks of a text, in lower case and without accents."""
    return "".join(_separated(unicodedata.normalize("NFD", text.lower()))).split()


def _separated(text: str) -> Iterator[str]:
    for char in text:
        category = unicodedata.category(char)
        if char.isspace():
            yield " "
        elif category[0] == "P" or (char.isascii() and category[0] == "S"):
            yield f" {char} "
        elif category != "Mn" and category[0] != "C":
            yield char
