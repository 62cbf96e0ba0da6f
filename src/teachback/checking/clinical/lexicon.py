"""Find the names of foods, medicines and the like in a text. Pure.

Plurals and misspellings are found, too. A text is searched once for all names: each of its words
is looked up, so more names take no more time.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple

from teachback.editions.missing_blanks import ORDERS
from teachback.files.unprintable_characters import unaccented

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

_WORD: Final = re.compile(r"[a-z0-9]+(?:'[a-z]+)?")
# Shorter names are too similar to other words: "raisins" is one letter from "raising".
_SHORTEST_CORRECTED: Final = 8
_TWO: Final = 2
# Words that a name may be glued to: "Takeibuprofen" lacks a space, and "watermelon" does not.
# Shorter names are parts of other words.
_NEIGHBOURS: Final = frozenset(
    (
        f"{ORDERS} all an and any are as at because before but by can daily do each every few for "
        "from how if in is it just less like many may more much must no nor of on once only "
        "or our should so some such than that the their them then these they this those to too "
        "twice until use was we what when where which while will with without you your"
    ).split()
)
_SHORTEST_GLUED: Final = 5
_ES_ENDINGS: Final = ("s", "x", "z", "ch", "sh")
_NO_CLASSES: Final[frozenset[str]] = frozenset()
# The words after the first, the name, its classes.
_Entry = tuple[tuple[str, ...], str, frozenset[str]]


class Mention(NamedTuple):
    """A name in a text: its start and end, the name that is meant, and its classes."""

    start: int
    end: int
    name: str
    classes: frozenset[str]


class Lexicon:
    """All names by their first word: the other words, the name and its classes.

    An entry without classes only looks like a name. `long_words` are the first words that are found
    although they are misspelt, by first letter and length. Instances compare by identity.
    """

    def __init__(
        self,
        entries: Mapping[str, tuple[_Entry, ...]],
        long_words: Mapping[tuple[str, int], tuple[str, ...]],
        misspelt: Mapping[str, str],
    ) -> None:
        """Store the indexes that `make_lexicon` built."""
        self.entries: Final = entries
        self.long_words: Final = long_words
        self.misspelt: Final = misspelt

    @lru_cache(maxsize=1024)  # noqa: B019 -- a lexicon lasts as long as the run
    def mentions(self, text: str) -> tuple[Mention, ...]:
        """Return the names in a lower-case text in order, the longest at each place.

        Cached, since two audiences mostly get the same text.
        """
        return tuple(self._mentions(text))

    def _mentions(self, text: str) -> Iterator[Mention]:
        spans = [match.span() for match in _WORD.finditer(text)]
        if "- " in text:
            spans = self._join_hyphenated(text, spans)
        words = [
            self.misspelt.get(word, word)
            for word in (text[start:end].replace("- ", "") for start, end in spans)
        ]
        index = 0
        while index < len(words):
            word = words[index]
            if (
                word not in self.entries
                and len(word) < _SHORTEST_CORRECTED
                and not word.endswith("'s")
            ):
                index += 1
                continue
            match = self._name_at(words, index)
            if match is None:
                index += 1
                continue
            size, name, classes = match
            if classes:
                yield Mention(
                    spans[index][0], spans[index + size - 1][1], name.lstrip("="), classes
                )
            index += size

    def glued(self, text: str) -> Iterator[str]:
        """Yield each word that is a name and a common word or a number with no space between."""
        for match in _WORD.finditer(unaccented(text).lower()):
            word = match[0]
            if len(word) < _SHORTEST_GLUED + _TWO or word in self.entries or word in self.misspelt:
                continue
            splits = ((word[:cut], word[cut:]) for cut in range(1, len(word)))
            if any(
                len(name) >= _SHORTEST_GLUED and _is_neighbour(other) and self._is_name(name)
                for split in splits
                for name, other in (split, split[::-1])
            ):
                yield text[match.start() : match.end()]

    def _is_name(self, word: str) -> bool:
        return any(not rest and classes for rest, _, classes in self.entries.get(word, ()))

    def _join_hyphenated(self, text: str, spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
        """Join the halves of names that were hyphenated at the end of a line: `ibupro- fen`."""
        joined: list[tuple[int, int]] = []
        for start, end in spans:
            if (
                joined
                and text[joined[-1][1] : start] == "- "
                and text[joined[-1][0] : joined[-1][1]] + text[start:end] in self.entries
            ):
                joined[-1] = (joined[-1][0], end)
            else:
                joined.append((start, end))
        return joined

    def _name_at(self, words: list[str], index: int) -> tuple[int, str, frozenset[str]] | None:
        first = words[index].removesuffix("'s")
        if first not in self.entries and len(first) >= _SHORTEST_CORRECTED:
            first = self._corrected(first)
        for rest, name, classes in self.entries.get(first, ()):
            size = len(rest) + 1
            if tuple(words[index + 1 : index + size]) == rest:
                return size, name, classes
        return None

    @lru_cache(maxsize=1024)  # noqa: B019 -- a lexicon lasts as long as the run
    def _corrected(self, word: str) -> str:
        """Return the name that a word is a misspelling of, or the word itself."""
        candidates = [
            candidate
            for length in (len(word) - 1, len(word), len(word) + 1)
            for candidate in self.long_words.get((word[0], length), ())
            if _one_slip_apart(word, candidate)
        ]
        if len(candidates) < _TWO:
            return candidates[0] if candidates else word
        # The first form of the word that any candidate shares decides. If several share it, the
        # last one in this order wins.
        candidates.sort(
            key=lambda first: (-len(self.entries[first][0][0]), first, self.entries[first][0][0])
        )
        slips = {form: candidate for candidate in candidates for form in _slip_forms(candidate)}
        return next(slips[form] for form in _slip_forms(word) if form in slips)


def _is_neighbour(word: str) -> bool:
    return word in _NEIGHBOURS or word[0].isdigit()


def plural(word: str) -> str:
    """Return the plural of an English noun; a few plurals are words that nobody writes."""
    if word.endswith(_ES_ENDINGS):
        return f"{word}es"
    if word.endswith("y") and word[-2:-1] not in "aeiou":
        return f"{word[:-1]}ies"
    if word.endswith("o") and word[-2:-1] not in "aeiou":
        return f"{word}es"
    return f"{word}s"


def make_lexicon(
    classes: Mapping[str, Iterable[str]], misspelt: Mapping[str, str], pass_over: Iterable[str]
) -> Lexicon:
    """Build the index of names by class.

    `misspelt` maps a wrong spelling to the right one. `pass_over` lists phrases that only look like
    names. A name of two words is also found as one word or with a hyphen. A name that begins with =
    has no other forms.
    """
    classes_by_term: dict[str, frozenset[str]] = {}
    for name, terms in classes.items():
        own_class = frozenset((name,))
        for term in (unaccented(term).lower() for term in terms):
            known = classes_by_term.get(term)
            classes_by_term[term] = known | own_class if known else own_class
    for misspelling, correct in misspelt.items():
        wrong, right = unaccented(misspelling).lower(), unaccented(correct).lower()
        classes_by_term[wrong] = classes_by_term.get(wrong, _NO_CLASSES) | classes_by_term.get(
            right, _NO_CLASSES
        )
    forms: dict[tuple[str, ...], tuple[str, frozenset[str]]] = {}
    for term, term_classes in classes_by_term.items():
        # Most names are one word and need no splitting.
        is_plain_word = term.isalnum() and term.isascii()
        for words in ((term,), (plural(term),)) if is_plain_word else _forms(term):
            existing = forms.get(words)
            forms[words] = (
                (term, term_classes)
                if existing is None
                else (existing[0], existing[1] | term_classes)
            )
    for phrase in pass_over:
        forms.setdefault(tuple(_WORD.findall(unaccented(phrase).lower())), (phrase, _NO_CLASSES))
    corrections = {
        unaccented(misspelling).lower(): unaccented(correct).lower().lstrip("=")
        for misspelling, correct in misspelt.items()
        if len(_WORD.findall(unaccented(f"{misspelling} {correct}").lower())) == _TWO
    }
    entries: dict[str, tuple[_Entry, ...]] = {}
    shared: set[str] = set()
    for words, (term, term_classes) in forms.items():
        first, entry = words[0], (words[1:], term, term_classes)
        if first in entries:
            entries[first] += (entry,)
            shared.add(first)
        else:
            entries[first] = (entry,)
    for word in shared:
        entries[word] = tuple(sorted(entries[word], key=lambda entry: (-len(entry[0]), entry[0])))
    long_words: dict[tuple[str, int], list[str]] = {}
    for word in entries:
        if len(word) >= _SHORTEST_CORRECTED:
            long_words.setdefault((word[0], len(word)), []).append(word)
    return Lexicon(entries, {key: tuple(words) for key, words in long_words.items()}, corrections)


def _forms(term: str) -> Iterator[tuple[str, ...]]:
    words = tuple(_WORD.findall(term))
    last_words = (words[-1],) if term.startswith("=") else (words[-1], plural(words[-1]))
    for last_word in last_words:
        yield (*words[:-1], last_word)
        if len(words) == _TWO:  # star fruit, starfruit
            yield (words[0] + last_word,)


def _one_slip_apart(word: str, other: str) -> bool:
    """Return whether two words with the same first letter share a form of `_slip_forms`.

    Only what differs is compared, which is faster than making the forms.
    """
    first, last = 1, 1
    while first < len(word) and first < len(other) and word[first] == other[first]:
        first += 1
    while last <= min(len(word), len(other)) - first and word[-last] == other[-last]:
        last += 1
    left, right = word[first : len(word) - last + 1], other[first : len(other) - last + 1]
    if len(left) != len(right):
        return len(left) + len(right) == 1
    return len(left) <= 1 or left[1:] == right[:-1] or left[:-1] == right[1:]


def _slip_forms(word: str) -> Iterator[str]:
    """Yield the word, then the word without each letter but the first.

    Two words that share a form are one slip of the pen apart.
    """
    yield word
    for cut in range(1, len(word)):
        yield word[:cut] + word[cut + 1 :]
