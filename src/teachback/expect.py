"""What the printed file of an edition must give back, with the places where its sentences stand in the handout's file."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from teachback.said import Expected, Frame, card_back_said, card_front_said, handout_said, squeezed
from teachback.units import CARD_TEXT_FLOOR, TYPE_FLOOR

if TYPE_CHECKING:
    from teachback.content import Authored
    from teachback.edition import Edition
    from teachback.errors import Location
    from teachback.html import Dress

# Strong words, and the words of a link.
_MARKS: Final = re.compile(r"\*\*|\[([^\]]*)\]\([^)]*\)")


def expected_handout(name: str, edition: Edition, authored: Authored, dress: Dress) -> Expected:
    """Give what the file of a handout must give back."""
    frame = Frame(dress.words, dress.clinic, dress.code)
    return Expected(
        name=name,
        place=authored.file.locate(("title",), key=True),
        said=handout_said(edition, frame),
        each_page=(dress.code, _review(edition, dress.words.draft)),
        floor=TYPE_FLOOR[edition.size],
        places=_places(authored),
    )


def expected_card(name: str, edition: Edition, authored: Authored, dress: Dress) -> Expected:
    """Give what the file of a card must give back."""
    frame = Frame(dress.words, dress.clinic, dress.code)
    front = card_front_said(edition, frame)
    return Expected(
        name=name,
        place=authored.file.locate(("card",), key=True),
        said=(*front, *card_back_said(edition, frame)),
        each_page=(dress.code, _review(edition, dress.words.card_draft)),
        floor=CARD_TEXT_FLOOR,
        card=True,
        back=len(front),
        places=_places(authored),
    )


def _review(edition: Edition, draft: str) -> str:
    """Give what paper says of its review: that it is a draft, or who has read it."""
    return (edition.review.reviewer or draft) if edition.review.status == "approved" else draft


def _places(authored: Authored) -> dict[str, Location]:
    """Give the place of each text of a handout's file by its words, without marks and as `squeezed` has them."""
    places: dict[str, Location] = {}
    for place, text in sorted(authored.file.scalars()):
        places.setdefault(squeezed(_MARKS.sub(r"\1", text)), place)
    return places
