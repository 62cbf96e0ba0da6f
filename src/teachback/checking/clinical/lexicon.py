"""Find the names of foods, medicines and the like in a text. Pure.

Plurals and misspellings are found, too. A text is searched once for all names: each of its words is
looked up, so ten times the names take no more time.
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
_LONG: Final = 8
_TWO: Final = 2
# Common words beside a name: "Takeibuprofen" lacks a space, and "watermelon" does not. Shorter
# names are parts of other words.
_BESIDE: Final = frozenset(
    (
        f"{ORDERS} all an and any are as at because before but by can daily do each every few for "
        "from how if in is it just less like many may more much must no nor of on once only "
        "or our should so some such than that the their them then these they this those to too "
        "twice until use was we what when where which while will with without you your"
    ).split()
)
_GLUED_NAME: Final = 5
_ES: Final = ("s", "x", "z", "ch", "sh")
_NONE: Final[frozenset[str]] = frozenset()
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

    An entry without classes only looks like a name. `long` are the first words that are found with
    a misspelling, by first letter and length. Instances compare by identity.
    """

    def __init__(
        self,
        entries: Mapping[str, tuple[_Entry, ...]],
        long: Mapping[tuple[str, int], tuple[str, ...]],
        misspelt: Mapping[str, str],
    ) -> None:
        """Store the indexes that `make_lexicon` built."""
        self.entries: Final = entries
        self.long: Final = long
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
            spans = self._whole(text, spans)
        words = [
            self.misspelt.get(word, word)
            for word in (text[start:end].replace("- ", "") for start, end in spans)
        ]
        at = 0
        while at < len(words):
            word = words[at]
            if word not in self.entries and len(word) < _LONG and not word.endswith("'s"):
                at += 1
                continue
            found = self._at(words, at)
            if found is None:
                at += 1
                continue
            size, name, classes = found
            if classes:
                yield Mention(spans[at][0], spans[at + size - 1][1], name.lstrip("="), classes)
            at += size

    def glued(self, text: str) -> Iterator[str]:
        """Yield each word that is a name and a common word or a number with no space between."""
        for match in _WORD.finditer(unaccented(text).lower()):
            word = match[0]
            if len(word) < _GLUED_NAME + _TWO or word in self.entries or word in self.misspelt:
                continue
            splits = ((word[:at], word[at:]) for at in range(1, len(word)))
            if any(
                len(name) >= _GLUED_NAME and _is_beside(other) and self._is_name(name)
                for split in splits
                for name, other in (split, split[::-1])
            ):
                yield text[match.start() : match.end()]

    def _is_name(self, word: str) -> bool:
        return any(not rest and classes for rest, _, classes in self.entries.get(word, ()))

    def _whole(self, text: str, spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
        """Join the halves of a name that was hyphenated at the end of a line: `ibupro- fen`."""
        found: list[tuple[int, int]] = []
        for start, end in spans:
            if (
                found
                and text[found[-1][1] : start] == "- "
                and text[found[-1][0] : found[-1][1]] + text[start:end] in self.entries
            ):
                found[-1] = (found[-1][0], end)
            else:
                found.append((start, end))
        return found

    def _at(self, words: list[str], at: int) -> tuple[int, str, frozenset[str]] | None:
        first = words[at].removesuffix("'s")
        if first not in self.entries and len(first) >= _LONG:
            first = self._meant(first)
        behind = tuple(words[at + 1 :])
        for rest, name, classes in self.entries.get(first, ()):
            if behind[: len(rest)] == rest:
                return len(rest) + 1, name, classes
        return None

    @lru_cache(maxsize=1024)  # noqa: B019 -- a lexicon lasts as long as the run
    def _meant(self, word: str) -> str:
        """Return the name that a word is a misspelling of, or the word itself."""
        found = [
            other
            for length in (len(word) - 1, len(word), len(word) + 1)
            for other in self.long.get((word[0], length), ())
            if _near(word, other)
        ]
        if len(found) < _TWO:
            return found[0] if found else word
        # Of several candidates, the first form in `_shorter(word)` that any of them shares decides.
        # If several share that form, the last in this order wins.
        found.sort(
            key=lambda other: (-len(self.entries[other][0][0]), other, self.entries[other][0][0])
        )
        slips = {shorter: other for other in found for shorter in _shorter(other)}
        return next(slips[shorter] for shorter in _shorter(word) if shorter in slips)


def _is_beside(word: str) -> bool:
    return word in _BESIDE or word[0].isdigit()


def plural(word: str) -> str:
    """Return the plural of an English noun; some results are forms that nobody writes."""
    if word.endswith(_ES):
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
    members: dict[str, frozenset[str]] = {}
    for name, terms in classes.items():
        own = frozenset((name,))
        for term in (unaccented(term).lower() for term in terms):
            members[term] = members[term] | own if term in members else own
    for wrong, right in misspelt.items():
        low = unaccented(wrong).lower()
        members[low] = members.get(low, _NONE) | members.get(unaccented(right).lower(), _NONE)
    forms: dict[tuple[str, ...], tuple[str, frozenset[str]]] = {}
    for term, names in members.items():
        # Most names are one word and need no splitting.
        plain = term.isalnum() and term.isascii()
        for words in ((term,), (plural(term),)) if plain else _forms(term):
            known = forms.get(words)
            forms[words] = (term, names) if known is None else (known[0], known[1] | names)
    for phrase in pass_over:
        forms.setdefault(tuple(_WORD.findall(unaccented(phrase).lower())), (phrase, _NONE))
    single = {
        unaccented(wrong).lower(): unaccented(right).lower().lstrip("=")
        for wrong, right in misspelt.items()
        if len(_WORD.findall(unaccented(f"{wrong} {right}").lower())) == _TWO
    }
    entries: dict[str, tuple[_Entry, ...]] = {}
    several: set[str] = set()
    for words, (term, names) in forms.items():
        first, entry = words[0], (words[1:], term, names)
        if first in entries:
            entries[first] += (entry,)
            several.add(first)
        else:
            entries[first] = (entry,)
    for word in several:
        entries[word] = tuple(sorted(entries[word], key=lambda entry: (-len(entry[0]), entry[0])))
    long: dict[tuple[str, int], list[str]] = {}
    for word in entries:
        if len(word) >= _LONG:
            long.setdefault((word[0], len(word)), []).append(word)
    return Lexicon(entries, {key: tuple(words) for key, words in long.items()}, single)


def _forms(term: str) -> Iterator[tuple[str, ...]]:
    words = tuple(_WORD.findall(term))
    ends = (words[-1],) if term.startswith("=") else (words[-1], plural(words[-1]))
    for end in ends:
        yield (*words[:-1], end)
        if len(words) == _TWO:  # star fruit, starfruit
            yield (words[0] + end,)


def _near(one: str, other: str) -> bool:
    """Return whether two words with the same first letter share a form of `_shorter`."""
    first, last = 1, 1
    while first < len(one) and first < len(other) and one[first] == other[first]:
        first += 1
    while last <= min(len(one), len(other)) - first and one[-last] == other[-last]:
        last += 1
    left, right = one[first : len(one) - last + 1], other[first : len(other) - last + 1]
    if len(left) != len(right):
        return len(left) + len(right) == 1
    return len(left) <= 1 or left[1:] == right[:-1] or left[:-1] == right[1:]


def _shorter(word: str) -> Iterator[str]:
    """Yield the word, then the word without each letter but the first.

    Two words that share a form are one slip of the pen apart.
    """
    yield word
    for at in range(1, len(word)):
        yield word[:at] + word[at + 1 :]
