"""To which side the words of a text lean: to advice, permission and comfort, or to warning, limits and asking first. Pure.

The other rules look for ways of saying a thing; whoever finds a new way escapes them. Here every word counts a little, as it did in
sentences of which a person had said which side they are on (`tests/learn.py` learns the weights). It is never surer than "unclear".
"""

from __future__ import annotations

import math
import re
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING, Final, NamedTuple

from teachback.checking.clinical.clause_splitter import lowered

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from teachback.checking.clinical.lexicon import Lexicon, Mention
    from teachback.checking.clinical.stance_detection import Unit

# A name counts as its class does, the first of these that it has: what is said of one salt substitute is said of all.
_CLASSES: Final = (
    "star-fruit",
    "quinine",
    "detox",
    "nsaid",
    "magnesium-product",
    "salt-substitute",
    "potassium-supplement",
    "herb",
    "decongestant",
    "potassium-food",
    "risky-drink",
    "phosphorus-food",
    "salty-food",
    "alcohol",
    "protein",
    "phosphate-laxative",
    "aluminum-antacid",
    "any-laxative",
    "binder",
    "raas-blocker",
    "diuretic",
    "other-medicine",
    "contrast-dye",
)
_TOKEN: Final = re.compile(r"[a-z0-9']+|[?!.;:]|<[a-z-]+>")
_STOPS: Final = frozenset("?!.;:")
_NOT: Final = frozenset(
    {"not", "no", "never", "without", "nobody", "none", "cannot", "nor", "neither", "nothing"}
)
_NOT_ENDS: Final = frozenset({"but", "and", "so", "because", "unless", "until"})
# So many words behind a "not" stand under it.
_UNDER: Final = 4
_ENDINGS: Final = ("n't", "'s", "ing", "ed", "es", "s", "ly")
_STEM: Final = 3
# All texts weigh the same, long or short.
_LENGTH: Final = 5.0


class WordWeights(NamedTuple):
    """What each word adds: above 0 it leans to advice, below 0 to warning."""

    weights: Mapping[str, float]
    start: float = 0.0

    def of(self, unit: Unit, mentions: tuple[Mention, ...], lexicon: Lexicon) -> float:
        """Give to which side a text leans, from about -5 (it warns) to 5 (it advises)."""
        found = features(unit, mentions, lexicon)
        # Exactly: the order of a set is another in each run, and a sum that depends on it would be, too.
        total = math.fsum(self.weights.get(name, 0.0) for name in found)
        return self.start + total * scale(len(found))


NOWHERE: Final = WordWeights({})


def scale(size: int) -> float:
    """Give what each of so many words counts."""
    return _LENGTH / math.sqrt(max(1, size))


def features(unit: Unit, mentions: tuple[Mention, ...], lexicon: Lexicon) -> frozenset[str]:
    """Give the words and pairs of words of a text with what stands above it, and of a myth beside its answer."""
    own = _tokens(unit.text[: unit.last], unit.first, mentions)
    return frozenset(
        (
            *_features(own, unit.myth),
            *(
                f"m {name}"
                for name in _grams(
                    _stems(_tokens(unit.text[: unit.first], 0, mentions)) if unit.myth else []
                )
            ),
            *(name for lead in unit.leads for name in _lead(lead, lexicon)),
        )
    )


@lru_cache(maxsize=1024)
def _lead(lead: str, lexicon: Lexicon) -> tuple[str, ...]:
    """Give what a lead-in or heading adds, once for all that stands below it."""
    low = lowered(lead)
    return tuple(f"l {name}" for name in _grams(_stems(_tokens(low, 0, lexicon.mentions(low)))))


def _tokens(text: str, start: int, mentions: tuple[Mention, ...]) -> list[str]:
    """Cut a text into words and stops from `start` on, with the class for each name."""
    pieces, at = [], start
    for mention in mentions:
        kind = next((name for name in _CLASSES if name in mention.classes), None)
        if kind and mention.start >= at and mention.end <= len(text):
            pieces += [text[at : mention.start], f" <{kind}> "]
            at = mention.end
    return _TOKEN.findall("".join((*pieces, text[at:])))


@lru_cache(maxsize=1024)
def _stem(word: str) -> str:
    if word[0] != "<":
        for ending in _ENDINGS:
            if word.endswith(ending) and len(word) - len(ending) >= _STEM:
                return word[: -len(ending)]
    return word


def _stems(tokens: list[str]) -> list[str]:
    return [_stem(token) for token in tokens if token not in _STOPS]


def _grams(words: list[str]) -> Iterator[str]:
    yield from words
    for first, second in pairwise(words):
        yield f"{first} {second}"


def _features(tokens: list[str], myth: bool) -> Iterator[str]:  # noqa: FBT001 -- one of two kinds of text
    words = _stems(tokens)
    yield from _grams(words)
    if myth and words:
        yield f"a {' '.join(words[:1])}"
        yield f"a {' '.join(words[:2])}"
    plain = ["<>" if word[0] == "<" else word for word in words]
    for first, second in pairwise(plain):
        if "<>" in {first, second}:
            yield f"{first} {second}"
    under, opens = 0, True
    for token in tokens:
        if token in _STOPS:
            under, opens = 0, True
            continue
        if opens:
            yield f"f {_stem(token)}"
        opens = False
        if token in _NOT_ENDS:
            under = 0
        elif under:
            yield f"n {_stem(token)}"
            under -= 1
        if token in _NOT or token.endswith("n't"):
            under = _UNDER


def read_leaning(text: str) -> WordWeights:
    """Read the file of weights: a weight in hundredths, a colon, and all words that weigh it; lines with # tell of it.

    Raises ValueError with the number of a line that is none.
    """
    weights: dict[str, float] = {}
    for row, line in enumerate(text.splitlines(), start=1):
        if line and line[0] != "#":
            number, _, names = line.partition(": ")
            if not number.removeprefix("-").isdecimal():
                raise ValueError(row)
            weights.update(dict.fromkeys(names.split(", "), int(number) / 100))
    return WordWeights(weights, weights.pop("<start>", 0.0))
