"""Compare two versions of what one reader gets: by piece, and by word. Pure.

`compare` aligns pieces by their places in one file. This module aligns them by their words, since
places move between versions.
"""

from __future__ import annotations

from difflib import SequenceMatcher
from typing import TYPE_CHECKING, Final

from teachback.editions.comparison import ALIKE, Change, pieces, sides_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from teachback.content.handout import Handout
    from teachback.editions.comparison import Piece, Steps
    from teachback.editions.passages import ReaderContext
    from teachback.errors import Location

    Version = tuple[Handout, Callable[[Steps], Location]]

# How many of the next pieces are searched for one that was changed and moved.
_NEAR: Final = 60
# From this similarity on, two pieces of different kinds are the same words in another place. An
# example is a red flag that moved to another tier.
_MOVED: Final = 0.9


def changes(old: Version, new: Version, reader: ReaderContext) -> tuple[Change, ...]:
    """Return what differs for one reader between two versions of a handout.

    Each version comes with a function that finds the location of a path in its file. The left side
    of a change is the old one. A red flag that moved to another tier or onto the card counts as a
    change.
    """
    (old_handout, locate_old), (new_handout, locate_new) = old, new
    olds, news = (tuple(pieces(handout, reader)) for handout in (old_handout, new_handout))
    old_keys, new_keys = (
        [(piece.what, piece.form, piece.marked) for piece in side] for side in (olds, news)
    )
    matcher = SequenceMatcher(None, old_keys, new_keys, autojunk=False)
    return tuple(
        Change(_what(before, after), *sides_of(before, after, locate_old, locate_new))
        for kind, a, b, c, d in matcher.get_opcodes()
        if kind != "equal"
        for before, after in _aligned(olds[a:b], news[c:d])
    )


def _what(before: Piece | None, after: Piece | None) -> str:
    if before is None or after is None:
        return next(piece.what for piece in (after, before) if piece)
    if before.what != after.what:
        return f"was {before.what}, is {after.what}"
    return (
        before.what
        if before.form == after.form
        else f"{before.what}: was {before.form}, is {after.form}"
    )


def _aligned(
    old: Sequence[Piece], new: Sequence[Piece]
) -> Iterator[tuple[Piece | None, Piece | None]]:
    """Yield pairs of similar pieces in order, and the others with None."""
    start = 0
    for before in old:
        # Of equally similar pieces, the first one counts.
        likeness = [
            (_likeness(before, after), -index)
            for index, after in enumerate(new[start : start + _NEAR])
        ]
        best, minus_index = max(likeness, default=(0.0, 0))
        if best == 0:
            yield before, None
            continue
        match = start - minus_index
        yield from ((None, after) for after in new[start:match])
        yield before, new[match]
        start = match + 1
    yield from ((None, after) for after in new[start:])


def _likeness(before: Piece, after: Piece) -> float:
    """Return how much of their letters two pieces share, 0 to 1; 0 if they are different pieces."""
    least = ALIKE if before.what == after.what else _MOVED
    matcher = SequenceMatcher(None, before.text, after.text, autojunk=False)
    ratio = matcher.ratio() if matcher.quick_ratio() >= least else 0.0
    return ratio if ratio >= least else 0.0
