"""Score whether the words of a text lean to advice or to warning. Pure.

Advice includes permission and comfort; warning includes limits and asking first. The other rules
look for known ways to say a thing, so a new way escapes them. Here every word counts a little. The
weights are learned by `tools/learn_word_weights.py` from sentences that a person labelled. The
score is never treated as more certain than "unclear".
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

# A name counts as the first of these classes that it has: all salt substitutes count alike.
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
# The number of words after a "not" that it governs.
_UNDER: Final = 4
_ENDINGS: Final = ("n't", "'s", "ing", "ed", "es", "s", "ly")
_STEM: Final = 3
# Scales the score so that long and short texts weigh the same.
_LENGTH: Final = 5.0


class WordWeights(NamedTuple):
    """The weight of each word: above 0 leans to advice, below 0 to warning."""

    weights: Mapping[str, float]
    start: float = 0.0

    def of(self, unit: Unit, mentions: tuple[Mention, ...], lexicon: Lexicon) -> float:
        """Return the score of a text, from about -5 (it warns) to 5 (it advises)."""
        found = features(unit, mentions, lexicon)
        # `fsum` is exact: a plain sum would depend on the order of the set, which differs between
        # runs.
        total = math.fsum(self.weights.get(name, 0.0) for name in found)
        return self.start + total * scale(len(found))


NOWHERE: Final = WordWeights({})


def scale(size: int) -> float:
    """Return the factor for the weight of each of `size` words."""
    return _LENGTH / math.sqrt(max(1, size))


def features(unit: Unit, mentions: tuple[Mention, ...], lexicon: Lexicon) -> frozenset[str]:
    """Return the words and word pairs of a text, with its leads and the myth that it answers."""
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
    """Return the features of a lead-in or heading, cached for all texts below it."""
    low = lowered(lead)
    return tuple(f"l {name}" for name in _grams(_stems(_tokens(low, 0, lexicon.mentions(low)))))


def _tokens(text: str, start: int, mentions: tuple[Mention, ...]) -> list[str]:
    """Return the words and stops of a text from `start` on, with names replaced by classes."""
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


def _features(tokens: list[str], myth: bool) -> Iterator[str]:  # noqa: FBT001 -- two kinds of text
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
    """Parse the file of weights.

    A line is a weight in hundredths, a colon, and all words with that weight; `#` begins a comment
    line. Raises ValueError with the number of a malformed line.
    """
    weights: dict[str, float] = {}
    for row, line in enumerate(text.splitlines(), start=1):
        if line and line[0] != "#":
            number, _, names = line.partition(": ")
            if not number.removeprefix("-").isdecimal():
                raise ValueError(row)
            weights.update(dict.fromkeys(names.split(", "), int(number) / 100))
    return WordWeights(weights, weights.pop("<start>", 0.0))
