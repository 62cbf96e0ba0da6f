"""Find the order in which the letters of a line are painted, and if a text layer has them. Pure.

This is the Unicode Bidirectional Algorithm (UAX #9, revision 48) for one line without embeddings,
overrides and isolates. Pango, which sets the pages, has an implementation of its own. This one
proves what that one did. The names of rules in the comments are those of UAX #9.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from itertools import groupby
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

# The classes of letters written from right to left, and of the digits among Arabic letters.
FROM_RIGHT: Final = frozenset({"R", "AL", "AN"})
# The classes of marks that open or close a part of the line with an order of its own.
_CONTROLS: Final = frozenset({"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"})
_BLANK: Final = frozenset({"WS", "S", "B"})
_NEUTRAL: Final = frozenset({*_BLANK, "ON"})
_NUMBERS: Final = frozenset({"EN", "AN"})
# The class of characters without a direction.
_IGNORED: Final = "BN"
# The pairs of brackets that texts are written with (Unicode, BidiBrackets.txt).
_PAIRS: Final = dict(
    zip(
        "([{\u2045\u207d\u208d\u3008\u300a\u300c\u300e\u3010\u3014\u3016\u3018\u301a\uff08\uff3b\uff5b\uff5f\uff62",
        ")]}\u2046\u207e\u208e\u3009\u300b\u300d\u300f\u3011\u3015\u3017\u3019\u301b\uff09\uff3d\uff5d\uff60\uff63",
        strict=True,
    )
)
# Scripts whose letters change their form or their place beside others, or run from right to left:
# Hebrew to Arabic, those of South and Southeast Asia and Mongolia, and forms of Arabic letters.
_UNTOLD: Final = re.compile(
    "[\u0590-\u109f\u1700-\u18af\u1900-\u1c7f\ua800-\ua8df\ua900-\uabff"
    "\ufb1d-\ufdff\ufe70-\ufeff\U00010800-\U00011fff\U0001e800-\U0001efff]"
)
# BD16: more open brackets than these are not paired.
_MOST_OPEN: Final = 63


class DirectedRun(NamedTuple):
    """A part of a text whose letters run in one direction: from `start` to before `end`."""

    start: int
    end: int
    rtl: bool


def needs_shaping(text: str) -> bool:
    """Return whether a text layer cannot tell these words, because it has one text a glyph."""
    return not text.isascii() and _UNTOLD.search(text) is not None


def is_directed(text: str) -> bool:
    """Return whether a text has letters that are written from right to left."""
    return not text.isascii() and not _classes(text).isdisjoint(FROM_RIGHT)


def _classes(text: str) -> frozenset[str]:
    return frozenset(map(unicodedata.bidirectional, text))


def begins_rtl(text: str) -> bool:
    """Return whether the first letter of a text is written from right to left (P2, P3)."""
    strong = (kind for kind in map(unicodedata.bidirectional, text) if kind in {"L", "R", "AL"})
    return next(strong, "L") != "L"


@lru_cache(4096)
def directed_runs(text: str, *, rtl: bool) -> tuple[DirectedRun, ...]:
    """Return the runs of a line, from left to right as they are painted.

    `rtl` is the direction of the paragraph. Raises ValueError for a text with marks that embed,
    override or isolate a direction.
    """
    if not _classes(text).isdisjoint(_CONTROLS):
        raise ValueError("marks of direction in a line")
    levels = _levels(text, int(rtl))
    runs = []
    start = 0
    for level, group in groupby(levels):
        end = start + sum(1 for _ in group)
        runs.append((level, DirectedRun(start, end, bool(level % 2))))
        start = end
    # L2: from the highest level down, reverse all runs at that level or above.
    lowest = min((level for level, _ in runs if level % 2), default=0)
    for level in range(max(levels, default=0), lowest - 1, -1) if lowest else ():
        turned: list[tuple[int, DirectedRun]] = []
        above: list[tuple[int, DirectedRun]] = []
        for run in runs:
            if run[0] >= level:
                above.insert(0, run)
            else:
                turned += [*above, run]
                above = []
        turned += above
        runs = turned
    return tuple(run for _, run in runs)


def _levels(text: str, base: int) -> list[int]:
    """Return the embedding level of each character: odd ones run from right to left."""
    kinds = [unicodedata.bidirectional(letter) or "L" for letter in text]
    # X9: characters without a direction are as if they were not there.
    positions = [index for index, kind in enumerate(kinds) if kind != _IGNORED]
    strong = "R" if base else "L"
    original = [kinds[index] for index in positions]
    resolved = _resolve_weak(original, strong)
    _resolve_brackets([text[index] for index in positions], original, resolved, strong)
    _resolve_neutral(resolved, strong)
    levels = [base] * len(text)
    for index, kind in zip(positions, resolved, strict=True):
        # I1, I2
        if kind == "R":
            levels[index] = 1
        elif kind in _NUMBERS:
            levels[index] = 2
        else:
            levels[index] = 2 * base
    for index in range(len(text)):
        if kinds[index] == _IGNORED:
            levels[index] = levels[index - 1] if index else base
    # L1: blanks at the end of the line, tabs and blanks before them belong to the paragraph.
    trailing = True
    for index in range(len(text) - 1, -1, -1):
        trailing = kinds[index] in {"S", "B"} or (trailing and kinds[index] in {*_BLANK, _IGNORED})
        if trailing:
            levels[index] = base
    return levels


def _resolve_weak(original: list[str], strong: str) -> list[str]:
    """Return the classes after the rules for weak types, W1 to W7."""
    kinds = list(original)
    for index, kind in enumerate(kinds):  # W1
        if kind == "NSM":
            kinds[index] = kinds[index - 1] if index else strong
    kinds = [
        "R" if kind == "AL" else kind for kind in _numbers_behind(kinds, "AL", "AN", strong)
    ]  # W2, W3
    for index in range(1, len(kinds) - 1):  # W4
        left, right = kinds[index - 1], kinds[index + 1]
        joins = {"EN"} if kinds[index] == "ES" else _NUMBERS if kinds[index] == "CS" else set()
        if left == right and left in joins:
            kinds[index] = left
    start = 0
    for kind, group in groupby(list(kinds)):  # W5
        end = start + sum(1 for _ in group)
        if kind == "ET" and "EN" in (kinds[start - 1] if start else "", *kinds[end : end + 1]):
            kinds[start:end] = ["EN"] * (end - start)
        start = end
    kinds = ["ON" if kind in {"ES", "ET", "CS"} else kind for kind in kinds]  # W6
    return _numbers_behind(kinds, "L", "L", strong)  # W7


def _numbers_behind(kinds: list[str], letter: str, number: str, strong: str) -> list[str]:
    """Return the classes where European numbers behind a class of letters become another class."""
    found = []
    last = strong
    for kind in kinds:
        last = kind if kind in {"L", "R", "AL"} else last
        found.append(number if kind == "EN" and last == letter else kind)
    return found


def _resolve_brackets(
    letters: list[str], original: list[str], kinds: list[str], strong: str
) -> None:
    """Set one direction for both brackets of a pair (N0)."""
    for start, end in sorted(_pairs(letters, kinds)):
        inside = {_strong_class(kind) for kind in kinds[start + 1 : end]} - {""}
        if not inside:
            continue
        before = (_strong_class(kind) for kind in reversed(kinds[:start]))
        other = "L" if strong == "R" else "R"
        turns = strong not in inside and next(filter(None, before), strong) == other
        for index in (start, end):
            kinds[index] = other if turns else strong
            # Accents behind a bracket go with it.
            for following in range(index + 1, len(original)):
                if original[following] != "NSM":
                    break
                kinds[following] = kinds[index]


def _pairs(letters: list[str], kinds: list[str]) -> Iterator[tuple[int, int]]:
    """Yield the indexes of pairs of brackets (BD16)."""
    opened: list[tuple[str, int]] = []
    for index, letter in enumerate(letters):
        if kinds[index] != "ON":
            continue
        if letter in _PAIRS:
            if len(opened) == _MOST_OPEN:
                return
            opened.append((_PAIRS[letter], index))
        elif any(close == letter for close, _ in opened):
            while opened:
                close, start = opened.pop()
                if close == letter:
                    yield start, index
                    break


def _strong_class(kind: str) -> str:
    """Return the direction that a character has for its neighbours: L, R, or "" for none."""
    return "R" if kind in {"R", *_NUMBERS} else kind if kind == "L" else ""


def _resolve_neutral(kinds: list[str], strong: str) -> None:
    """Set neutral characters to the direction of their neighbours, or the paragraph's (N1, N2)."""
    start = 0
    for neutral, group in groupby(list(kinds), lambda kind: kind in _NEUTRAL):
        end = start + sum(1 for _ in group)
        if neutral:
            left = _strong_class(kinds[start - 1]) if start else strong
            right = _strong_class(kinds[end]) if end < len(kinds) else strong
            kinds[start:end] = [left if left == right else strong] * (end - start)
        start = end
