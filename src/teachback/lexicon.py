"""Names of foods, medicines and the like -> where a text names one, with plurals and slips of the pen. Pure.

A text is looked through once for all names: each of its words is looked up, so ten times the names cost no more time.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

_WORD: Final = re.compile(r"[a-z0-9]+(?:'[a-z]+)?")
# Shorter names are too near to other words: "raisins" is one letter from "raising".
_LONG: Final = 8
_TWO: Final = 2
_ES: Final = ("s", "x", "z", "ch", "sh")


@dataclass(frozen=True)
class Mention:
    """A name in a text: from where to where, which name is meant, and the classes that it belongs to."""

    start: int
    end: int
    name: str
    classes: frozenset[str]


@dataclass(frozen=True, eq=False)
class Lexicon:
    """All names by their first word: the other words, the name, its classes (none where it only looks like a name)."""

    entries: Mapping[str, tuple[tuple[tuple[str, ...], str, frozenset[str]], ...]]
    slips: Mapping[str, str] = field(default_factory=dict)
    misspelt: Mapping[str, str] = field(default_factory=dict)

    def mentions(self, text: str) -> tuple[Mention, ...]:
        """Give the names in a text, the longest at each place, in order; `text` is in small letters."""
        return tuple(self._mentions(text))

    def _mentions(self, text: str) -> Iterator[Mention]:
        spans = [match.span() for match in _WORD.finditer(text)]
        words = [self.misspelt.get(word, word) for word in (text[start:end] for start, end in spans)]
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

    def _at(self, words: list[str], at: int) -> tuple[int, str, frozenset[str]] | None:
        first = words[at].removesuffix("'s")
        if first not in self.entries and len(first) >= _LONG:
            first = next((self.slips[shorter] for shorter in _shorter(first) if shorter in self.slips), first)
        for rest, name, classes in self.entries.get(first, ()):
            if not rest or tuple(words[at + 1 : at + 1 + len(rest)]) == rest:
                return len(rest) + 1, name, classes
        return None


def plural(word: str) -> str:
    """Give the plural of an English noun; what has none gets a form that nobody writes."""
    if word.endswith(_ES):
        return f"{word}es"
    if word.endswith("y") and word[-2:-1] not in "aeiou":
        return f"{word[:-1]}ies"
    if word.endswith("o") and word[-2:-1] not in "aeiou":
        return f"{word}es"
    return f"{word}s"


def make_lexicon(classes: Mapping[str, Iterable[str]], misspelt: Mapping[str, str], pass_over: Iterable[str]) -> Lexicon:
    """Index names by class; `misspelt` leads from a wrong spelling to the right one, `pass_over` only look like names.

    A name of two words is also found as one word, or with a hyphen. One with = in front has no other forms.
    """
    members: dict[str, set[str]] = {}
    for name, terms in classes.items():
        for term in terms:
            members.setdefault(term.lower(), set()).add(name)
    for wrong, right in misspelt.items():
        members.setdefault(wrong.lower(), set()).update(members.get(right.lower(), set()))
    forms: dict[tuple[str, ...], tuple[str, frozenset[str]]] = {}
    for term, names in members.items():
        for words in _forms(term):
            known = forms.get(words, (term, frozenset()))
            forms[words] = (known[0], known[1] | names)
    for phrase in pass_over:
        forms.setdefault(tuple(_WORD.findall(phrase.lower())), (phrase, frozenset()))
    single = {
        wrong.lower(): right.lower().lstrip("=")
        for wrong, right in misspelt.items()
        if len(_WORD.findall(f"{wrong} {right}".lower())) == _TWO
    }
    entries: dict[str, list[tuple[tuple[str, ...], str, frozenset[str]]]] = {}
    for words, (term, names_) in sorted(forms.items(), key=lambda form: (-len(form[0]), form[0])):
        entries.setdefault(words[0], []).append((words[1:], term, names_))
    slips: dict[str, str] = {}
    for word in entries:
        if len(word) >= _LONG:
            slips.update(dict.fromkeys(_shorter(word), word))
    return Lexicon({word: tuple(found) for word, found in entries.items()}, slips, single)


def _forms(term: str) -> Iterator[tuple[str, ...]]:
    words = tuple(_WORD.findall(term))
    ends = (words[-1],) if term.startswith("=") else (words[-1], plural(words[-1]))
    for end in ends:
        yield (*words[:-1], end)
        if len(words) == _TWO:  # star fruit, starfruit
            yield (words[0] + end,)


def _shorter(word: str) -> Iterator[str]:
    """Give the word, and the word without each one of its letters but the first: two words that share one are a slip apart."""
    yield word
    for at in range(1, len(word)):
        yield word[:at] + word[at + 1 :]
