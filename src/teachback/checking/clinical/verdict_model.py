"""Score by a linear model whether a sentence tells its reader to do something harmful. Pure.

The features of a sentence are its words and pairs of words, with names replaced by their classes;
those of its myth, its lead-in or heading, and the sentences beside it; whether its lead-in or
heading advises or warns; and which rules find something in it (`@` features). The weights are
learned by `tools/learn_verdict.py` from texts whose authors did not know the rules.
"""

from __future__ import annotations

import math
import re
from bisect import bisect_left
from functools import lru_cache
from itertools import pairwise
from operator import attrgetter
from typing import TYPE_CHECKING, Final, NamedTuple

from teachback.files.unprintable_characters import lowered

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from teachback.checking.clinical.lexicon import Mention
    from teachback.checking.clinical.stance_detection import Unit

# A name counts as the first of these classes that it has: all salt substitutes count alike.
_RANKED_CLASSES: Final = (
    "star-fruit", "quinine", "detox", "nsaid", "magnesium-product", "salt-substitute",
    "potassium-supplement", "herb", "decongestant", "potassium-food", "risky-drink",
    "phosphorus-food", "salty-food", "alcohol", "protein", "phosphate-laxative",
    "aluminum-antacid", "any-laxative", "binder", "raas-blocker", "diuretic", "other-medicine",
    "contrast-dye",
)  # fmt: skip
_TOKEN: Final = re.compile(r"[a-z0-9']+|[?!.;:]|<[a-z-]+>")
_PUNCTUATION: Final = frozenset("?!.;:")
_NEGATIONS: Final = frozenset(
    {"not", "no", "never", "without", "nobody", "none", "cannot", "nor", "neither", "nothing"}
)
_END_NEGATION: Final = _PUNCTUATION | {"but", "and", "so", "because", "unless", "until"}
_WORDS_NEGATED: Final = 4  # this many words after a "not" are under it
# A word keeps at least three letters without its ending.
_ENDING: Final = re.compile(r"(?<=...)(?:n't|'s|ing|ed|es|s|ly)$")
# All words of a sentence together weigh as much as a few of the other features.
_TOTAL: Final = 6.0
_TOTAL_AROUND: Final = 3.0  # those of a text around it
_MOST_PHRASES: Final = 2  # a finding quotes at most this many as its reasons
_EMPTY_WORDS: Final = frozenset({  # no reason alone
    "a", "an", "and", "are", "as", "at", "be", "by", "for", "from", "i", "if", "in", "is", "it",
    "of", "on", "or", "so", "that", "the", "this", "to", "was", "with", "you", "your",
})  # fmt: skip


class VerdictModel(NamedTuple):
    """The weight of each feature, above 0 if it speaks for harm, and that of every sentence."""

    weights: Mapping[str, float]
    start: float = 0.0

    def score(self, *parts: Mapping[str, float]) -> float:
        """Return the log odds that a clinician would change the sentence with these features."""
        values = (
            self.weights.get(name, 0.0) * value for part in parts for name, value in part.items()
        )
        # `fsum` is exact: a plain sum would depend on the order of the features.
        return math.fsum((self.start, *values))

    def deciding(self, words: Sequence[str]) -> tuple[str, ...]:
        """Return the phrases of a sentence that weigh most for harm, as they are written there.

        They are at most two, of one or two words, in their order in the sentence.
        """
        lower = [word.lower() for word in words]
        stems = [_stem(word) for word in lower]
        spans = [(start, start + size) for size in (2, 1) for start in range(len(words) - size + 1)]
        weighted = [
            (self.weights.get(" ".join(stems[start:end]), 0.0), start, end)
            for start, end in spans
            if not _EMPTY_WORDS.issuperset(lower[start:end])
        ]
        chosen: list[tuple[int, int]] = []
        for weight, start, end in sorted(weighted, key=lambda phrase: (-phrase[0], phrase[1])):
            if weight <= 0 or len(chosen) == _MOST_PHRASES:
                break
            if all(end <= first or last <= start for first, last in chosen):
                chosen.append((start, end))
        return tuple(" ".join(words[start:end]) for start, end in sorted(chosen))


NO_MODEL: Final = VerdictModel({})


def word_features(unit: Unit, number: int, mentions: tuple[Mention, ...]) -> Mapping[str, float]:
    """Return the features of a sentence from its words, its myth (`m`) and its lead-ins (`l`)."""
    features = _features_of("", _class_tokens(unit, unit.span(number), mentions), _TOTAL)
    if unit.myth:
        features |= _features_of("m ", _class_tokens(unit, (0, unit.own_start), mentions), _TOTAL)
    for lead in reversed(unit.leads):  # the nearest one last, since its values replace others
        features |= _features_of("l ", tuple(_TOKEN.findall(lowered(lead))), _TOTAL_AROUND)
    return features


def beside_features(unit: Unit, number: int, mentions: tuple[Mention, ...]) -> Mapping[str, float]:
    """Return the features of a sentence from those before (`p`) and after it (`x`)."""
    features: dict[str, float] = {}
    for prefix, near in (("p ", number - 1), ("x ", number + 1)):
        if near in unit.own_sentences:
            tokens = _class_tokens(unit, unit.span(near), mentions)
            features |= _features_of(prefix, tokens, _TOTAL_AROUND)
    return features


def _features_of(prefix: str, tokens: tuple[str, ...], total: float) -> dict[str, float]:
    """Return features of equal value, so that long and short texts weigh the same."""
    names = _names(tokens)
    return dict.fromkeys((prefix + name for name in names), total / math.sqrt(len(names) or 1))


def _class_tokens(
    unit: Unit, span: tuple[int, int], mentions: tuple[Mention, ...]
) -> tuple[str, ...]:
    """Return the words and marks of a part of a text, with names replaced by their classes."""
    parts, (position, end) = [], span
    first, last = (bisect_left(mentions, place, key=attrgetter("start")) for place in span)
    for mention in mentions[first:last]:
        kind = first_class(mention)
        if kind and mention.start >= position and mention.end <= end:
            parts += [unit.text[position : mention.start], f" <{kind}> "]
            position = mention.end
    return tuple(_TOKEN.findall("".join((*parts, unit.text[position:end]))))


def first_class(mention: Mention) -> str:
    """Return the class that a name counts as, or '' if it has none of them."""
    return next((kind for kind in _RANKED_CLASSES if kind in mention.classes), "")


@lru_cache(maxsize=1024)
def _stem(word: str) -> str:
    return _ENDING.sub("", word, count=1)


@lru_cache(maxsize=2048)
def _names(tokens: tuple[str, ...]) -> frozenset[str]:
    """Return the stem of each word, and each pair of neighbours.

    In a second kind of pair, every name is `<>`, so that advice on one class of names counts for
    all: "eat <>". A third kind, with `c`, also leaves out empty words: "c <> day". Words that open
    a sentence or a part of it have a form with `f`, and those behind a "not" one with `n`.
    """
    words = [token for token in tokens if token not in _PUNCTUATION]
    stems = [_stem(word) for word in words]
    names = ["<>" if stem[0] == "<" else stem for stem in stems]
    content = [name for word, name in zip(words, names, strict=True) if word not in _EMPTY_WORDS]
    found = {*stems, *map(" ".join, (*pairwise(stems), *pairwise(names)))}
    found.update(f"c {first} {second}" for first, second in pairwise(content))
    negated_left = 0
    # The first word opens a sentence, as one behind a full stop does.
    for before, token in pairwise((".", *tokens)):
        if before in _PUNCTUATION and token not in _PUNCTUATION:
            found.add(f"f {_stem(token)}")
        if token in _END_NEGATION:
            negated_left = 0
        elif negated_left:
            found.add(f"n {'<>' if token[0] == '<' else _stem(token)}")
            negated_left -= 1
        if token in _NEGATIONS or token.endswith("n't"):
            negated_left = _WORDS_NEGATED
    return frozenset(found)


def read_model(text: str) -> VerdictModel:
    """Parse the file of weights.

    A line is a weight in hundredths, a colon, and all features with that weight; `#` begins a
    comment line. Raises ValueError with the number of a malformed line.
    """
    weights: dict[str, float] = {}
    for row, line in enumerate(text.splitlines(), start=1):
        if line and line[0] != "#":
            weight, _, names = line.partition(": ")
            if not weight.removeprefix("-").isdecimal():
                raise ValueError(row)
            value = int(weight) / 100
            for name in names.split(", "):
                weights[name] = value
    return VerdictModel(weights, weights.pop("<start>", 0.0))
