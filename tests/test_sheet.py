"""Eight cards lie on a plain sheet without touching, each back behind its front, with marks that touch no card."""

from __future__ import annotations

import pytest

from teachback.sheet import Place, backs, crop_marks, places
from teachback.units import CARD, Paper


@pytest.mark.parametrize("paper", Paper)
def test_eight_cards_lie_apart_and_inside_what_a_printer_can_print(paper: Paper) -> None:
    """No two cards overlap, and each keeps 8.5 mm from the sheet's edge."""
    at = places(paper)
    assert len(at) == 8
    for index, a in enumerate(at):
        assert a.x >= 8.5
        assert a.y >= 8.5
        assert a.x + CARD.width <= paper.box.width - 8.5
        assert a.y + CARD.height <= paper.box.height - 8.5
        for b in at[index + 1 :]:
            assert abs(a.x - b.x) >= CARD.width or abs(a.y - b.y) >= CARD.height


@pytest.mark.parametrize("paper", Paper)
def test_turned_over_its_long_edge_each_back_lies_behind_its_front(paper: Paper) -> None:
    """A back at W - x - w covers, seen from the front, just what the front covers."""
    assert len(backs(paper)) == 8
    for front, back in zip(places(paper), backs(paper), strict=True):
        assert back.y == front.y
        assert back.x == pytest.approx(paper.box.width - front.x - CARD.width, abs=0.001)


@pytest.mark.parametrize("paper", Paper)
def test_crop_marks_lie_on_the_cards_lines_and_on_no_card(paper: Paper) -> None:
    """Each mark runs along an edge of a card, and stays off every card."""
    at = places(paper)
    marks = crop_marks(at)
    assert len(marks) >= 24
    xs = {round(x, 3) for place in at for x in (place.x, place.x + CARD.width)}
    ys = {round(y, 3) for place in at for y in (place.y, place.y + CARD.height)}
    for mark in marks:
        assert mark.x in xs if mark.width == 0 else mark.y in ys
        for place in at:
            outside_x = mark.x + mark.width <= place.x or mark.x >= place.x + CARD.width
            outside_y = mark.y + mark.height <= place.y or mark.y >= place.y + CARD.height
            assert outside_x or outside_y


def test_a_single_card_has_two_marks_at_each_corner() -> None:
    """Eight marks show a knife where to go."""
    assert len(crop_marks((Place(50, 50),))) == 8
