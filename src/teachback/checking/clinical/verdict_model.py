"""Score by a linear model whether a sentence tells its reader to do something harmful. Pure.

A sentence is described by its words and pairs of words, with names replaced by their classes; by
the words of the myth that it answers; by its lead-in or heading, if that advises or warns; and by
which rules find something in it (`@` features). The weights are learned by
`tools/learn_verdict.py` from sentences that people labelled who did not know the rules.
"""

from __future__ import annotations

import math
import re
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from teachback.checking.clinical.lexicon import Mention
    from teachback.checking.clinical.stance_detection import Unit

# A name counts as the first of these classes that it has: all salt substitutes count alike.
_CLASSES: Final = (
    "star-fruit quinine detox nsaid magnesium-product salt-substitute potassium-supplement herb "
    "decongestant potassium-food risky-drink phosphorus-food salty-food alcohol protein "
    "phosphate-laxative aluminum-antacid any-laxative binder raas-blocker diuretic "
    "other-medicine contrast-dye"
)
_RANKED: Final = tuple(_CLASSES.split())
_TOKEN: Final = re.compile(r"[a-z0-9']+|[?!.;:]|<[a-z-]+>")
_STOPS: Final = frozenset("?!.;:")
_NOT: Final = frozenset(
    {"not", "no", "never", "without", "nobody", "none", "cannot", "nor", "neither", "nothing"}
)
_NOT_ENDS: Final = frozenset({"but", "and", "so", "because", "unless", "until"})
_UNDER: Final = 4  # words after a "not" that it governs
_ENDINGS: Final = ("n't", "'s", "ing", "ed", "es", "s", "ly")
_STEM: Final = 3
# All words of a sentence together weigh as much as a few of the other features.
_WORDS: Final = 6.0
# A finding quotes this many phrases as its reasons, none of them of these words alone.
_REASONS: Final = 2
_EMPTY_WORDS: Final = "a an and are as at be by for from i if in is it of on or so that the this to"
_EMPTY: Final = frozenset(f"{_EMPTY_WORDS} was with you your".split())


class VerdictModel(NamedTuple):
    """The weight of each feature: above 0 speaks for harm, below 0 against it."""

    weights: Mapping[str, float]
    start: float = 0.0

    def score(self, *parts: Mapping[str, float]) -> float:
        """Return the log odds that a clinician would change the sentence with these features."""
        # `fsum` is exact: a plain sum would depend on the order of the features.
        return math.fsum(
            (
                self.start,
                *(
                    self.weights[name] * size
                    for part in parts
                    for name, size in part.items()
                    if name in self.weights
                ),
            )
        )

    def deciding(self, words: Sequence[str]) -> tuple[str, ...]:
        """Return the words of a sentence that weigh most for harm, as they are written there.

        At most two phrases of one or two words, in their order in the sentence.
        """
        stems = [_stem(word.lower()) for word in words]
        weighed = [
            (self.weights.get(" ".join(stems[at : at + size]), 0.0), at, size)
            for size in (2, 1)
            for at in range(len(stems) - size + 1)
            if not _EMPTY.issuperset(word.lower() for word in words[at : at + size])
        ]
        taken: dict[int, int] = {}
        for weight, at, size in sorted(weighed, key=lambda found: (-found[0], found[1])):
            if weight <= 0 or len(taken) == _REASONS:
                break
            if not any(at < start + long and start < at + size for start, long in taken.items()):
                taken[at] = size
        return tuple(" ".join(words[at : at + size]) for at, size in sorted(taken.items()))


NO_MODEL: Final = VerdictModel({})


@lru_cache(maxsize=2048)
def word_features(unit: Unit, number: int, mentions: tuple[Mention, ...]) -> Mapping[str, float]:
    """Return the features of a sentence of a unit that its own words and its myth give."""
    tokens = _tokens(unit.text, *unit.span(number), mentions)
    found = _scaled("", (*_pairs(tokens), *_marked(tokens)))
    if unit.myth:
        found |= _scaled("m ", _pairs(_tokens(unit.text, 0, unit.first, mentions)))
    return found


def _scaled(sign: str, names: Iterable[str]) -> dict[str, float]:
    """Return features of equal size, so that long and short texts weigh the same."""
    distinct = set(names)
    return {f"{sign}{name}": _WORDS / math.sqrt(len(distinct)) for name in distinct}


def _tokens(text: str, start: int, end: int, mentions: tuple[Mention, ...]) -> list[str]:
    """Return the words and stops of a part of a text, with names replaced by their classes."""
    pieces, at = [], start
    for mention in mentions:
        kind = next((name for name in _RANKED if name in mention.classes), None)
        if kind and mention.start >= at and mention.end <= end:
            pieces += [text[at : mention.start], f" <{kind}> "]
            at = mention.end
    return _TOKEN.findall("".join((*pieces, text[at:end])))


@lru_cache(maxsize=1024)
def _stem(word: str) -> str:
    if word[0] != "<":
        for ending in _ENDINGS:
            if word.endswith(ending) and len(word) - len(ending) >= _STEM:
                return word[: -len(ending)]
    return word


def _pairs(tokens: Iterable[str]) -> Iterator[str]:
    """Yield the stem of each word, and each two words that follow each other.

    Any name is also `<>`, and `c` leaves out empty words: "eat <>", "c <> day". So what is said of
    one class of names counts for all.
    """
    words = [token for token in tokens if token not in _STOPS]
    stems = [_stem(word) for word in words]
    names = ["<>" if stem[0] == "<" else stem for stem in stems]
    full = [stem for word, stem in zip(words, names, strict=True) if word not in _EMPTY]
    yield from (*stems, *map(" ".join, (*pairwise(stems), *pairwise(names))))
    yield from (f"c {first} {second}" for first, second in pairwise(full))


def _marked(tokens: Sequence[str]) -> Iterator[str]:
    """Yield the words that open a sentence or part of it (`f`), and those under a "not" (`n`)."""
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
            yield f"n {'<>' if token[0] == '<' else _stem(token)}"
            under -= 1
        if token in _NOT or token.endswith("n't"):
            under = _UNDER


def read_model(text: str) -> VerdictModel:
    """Parse the file of weights.

    A line is a weight in hundredths, a colon, and all features with that weight; `#` begins a
    comment line. Raises ValueError with the number of a malformed line.
    """
    weights: dict[str, float] = {}
    for row, line in enumerate(text.splitlines(), start=1):
        if line and line[0] != "#":
            number, _, names = line.partition(": ")
            if not number.removeprefix("-").isdecimal():
                raise ValueError(row)
            weights.update(dict.fromkeys(names.split(", "), int(number) / 100))
    return VerdictModel(weights, weights.pop("<start>", 0.0))
