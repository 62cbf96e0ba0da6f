"""Two versions of what one reader gets -> what has changed: piece by piece in reading order, word by word. Pure.

Other than `compare`, which aligns by the places in one file, this aligns by the words: between two versions, places move.
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

# How far a piece is searched that has changed and moved within one change.
_NEAR: Final = 60
# From here on two pieces of another kind are the same words in another place, such as a red flag in another tier.
_MOVED: Final = 0.9


def changes(old: Version, new: Version, ear: ReaderContext) -> tuple[Change, ...]:
    """Give what differs for one reader between two versions of a handout, each given with what finds a place in its file.

    The left side of a change is the old one. A red flag in another tier, and one that came onto the card, are changes, too.
    """
    sides = [tuple(pieces(handout, ear)) for handout, _ in (old, new)]
    olds, news = ([(piece.what, piece.form, piece.said) for piece in side] for side in sides)
    found: list[Change] = []
    for kind, a, b, c, d in SequenceMatcher(None, olds, news, autojunk=False).get_opcodes():
        for before, after in _paired(sides[0][a:b], sides[1][c:d]) if kind != "equal" else ():
            # Where only a mark differs, the marks are shown.
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
    """Set pieces against each other that are alike enough, in order; the others stand alone."""
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
    """Say how much of their letters two pieces share, 0 to 1; 0 for what is not the same piece any more."""
    least = ALIKE if before.what == after.what else _MOVED
    matcher = SequenceMatcher(None, before.text, after.text, autojunk=False)
    ratio = matcher.ratio() if matcher.quick_ratio() >= least else 0.0
    return ratio if ratio >= least else 0.0
