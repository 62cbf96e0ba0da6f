"""Compare two versions of what one reader gets: by piece, and by word. Pure.

`compare` aligns by the places in one file. This aligns by the words, since places move between
versions.
"""

from __future__ import annotations

from difflib import SequenceMatcher
from typing import TYPE_CHECKING, Final

from teachback.editions.comparison import ALIKE, Change, Side, pieces

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from teachback.content.handout import Handout
    from teachback.editions.comparison import Piece, Steps
    from teachback.editions.passages import ReaderContext
    from teachback.errors import Location

    Version = tuple[Handout, Callable[[Steps], Location]]

# How many pieces are searched for a piece that was changed and moved in one change.
_NEAR: Final = 60
# From this similarity on, two pieces of different kinds are the same words in another place, such
# as a red flag in another tier.
_MOVED: Final = 0.9


def changes(old: Version, new: Version, reader: ReaderContext) -> tuple[Change, ...]:
    """Return what differs for one reader between two versions of a handout.

    Each version comes with a function that finds the location of a path in its file. The left side
    of a change is the old one. A red flag that moved to another tier or onto the card counts as a
    change.
    """
    sides = [tuple(pieces(handout, reader)) for handout, _ in (old, new)]
    olds, news = ([(piece.what, piece.form, piece.said) for piece in side] for side in sides)
    found: list[Change] = []
    for kind, a, b, c, d in SequenceMatcher(None, olds, news, autojunk=False).get_opcodes():
        for before, after in _paired(sides[0][a:b], sides[1][c:d]) if kind != "equal" else ():
            # Show the marks if they are the only difference.
            same = before is not None and after is not None and before.text == after.text
            left = (
                Side(before.said if same else before.text, old[1](before.path)) if before else None
            )
            right = Side(after.said if same else after.text, new[1](after.path)) if after else None
            found.append(Change(_what(before, after), left, right))
    return tuple(found)


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


def _paired(
    old: Sequence[Piece], new: Sequence[Piece]
) -> Iterator[tuple[Piece | None, Piece | None]]:
    """Yield pairs of similar pieces in order; the others are yielded alone."""
    at = 0
    for before in old:
        likeness = [
            (_likeness(before, after), -index) for index, after in enumerate(new[at : at + _NEAR])
        ]
        best, back = max(likeness, default=(0.0, 0))
        if best == 0:
            yield before, None
            continue
        place = at - back
        yield from ((None, after) for after in new[at:place])
        yield before, new[place]
        at = place + 1
    yield from ((None, after) for after in new[at:])


def _likeness(before: Piece, after: Piece) -> float:
    """Return how much of their letters two pieces share, 0 to 1; 0 if they are different pieces."""
    least = ALIKE if before.what == after.what else _MOVED
    matcher = SequenceMatcher(None, before.text, after.text, autojunk=False)
    ratio = matcher.ratio() if matcher.quick_ratio() >= least else 0.0
    return ratio if ratio >= least else 0.0
