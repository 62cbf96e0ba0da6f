"""Cards never overlap or leave the page, and each back is behind its front, on any stock."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from teachback.content.validation_errors import validated
from teachback.files.yaml_reader import read_yaml
from teachback.printing.card_sheet_layout import (
    MARK_GAP,
    SQUARE,
    Placement,
    back_of,
    crop_marks,
    impose,
)
from teachback.printing.card_stock import Stock, Stocks, parse_length
from teachback.printing.settings import Offset, Sides

STOCKS = validated(
    Stocks,
    read_yaml((Path(__file__).parents[2] / "content" / "stocks.yaml").read_bytes(), "stocks.yaml"),
).root
EDGE = 0.06  # mm; sources round


def _mm(least: int, most: int) -> st.SearchStrategy[float]:
    """Return a strategy for lengths to a hundredth of a mm, as people write them."""
    return st.integers(least * 100, most * 100).map(lambda hundredths: hundredths / 100)


@st.composite
def any_stock(draw: st.DrawFn) -> Stock:
    """Draw a stock that could be sold: any grid of cards with gaps anywhere on any page."""
    columns, rows = draw(st.integers(1, 5)), draw(st.integers(1, 8))
    width, height = draw(_mm(25, 120)), draw(_mm(25, 120))
    gap_x, gap_y = draw(_mm(0, 20)), draw(_mm(0, 20))
    left, top, right, bottom = (draw(_mm(0, 30)) for _ in range(4))
    return Stock.model_validate(
        {
            "page": {
                "width": left + columns * width + (columns - 1) * gap_x + right,
                "height": top + rows * height + (rows - 1) * gap_y + bottom,
            },
            "grid": {"columns": columns, "rows": rows},
            "card": {"width": width, "height": height},
            "first": {"left": left, "top": top},
            "pitch": {"across": width + gap_x, "down": height + gap_y},
            "source": ["made up by a test"],
        }
    )


FLAT = [stock for stock in STOCKS.values() if stock.fold is None]
FOLDED = [stock for stock in STOCKS.values() if stock.fold is not None]
stocks = st.one_of(st.sampled_from(FLAT), any_stock())
runs = st.lists(st.integers(0, 3), min_size=1, max_size=60)
two_sided = st.sampled_from([Sides.LONG_EDGE, Sides.SHORT_EDGE])


def turned_sideways(stock: Stock) -> Stock:
    """Return the same sheet lying on its side."""
    page, fields = stock.page_box, stock.model_dump()
    return Stock.model_validate(
        {
            **fields,
            "page": {"width": page.height, "height": page.width},
            "grid": {"columns": stock.grid.rows, "rows": stock.grid.columns},
            "card": {"width": stock.card.height, "height": stock.card.width},
            "first": {"left": stock.first.top, "top": stock.first.left},
            "pitch": {"across": stock.pitch.down, "down": stock.pitch.across},
        }
    )


lying = st.one_of(stocks, st.sampled_from(FLAT).map(turned_sideways)).filter(
    lambda stock: not is_square(stock)
)


def overlap(a: Placement, b: Placement) -> bool:
    """Return whether two cards share more than an edge."""
    return (
        a.x + a.width > b.x + EDGE
        and b.x + b.width > a.x + EDGE
        and a.y + a.height > b.y + EDGE
        and b.y + b.height > a.y + EDGE
    )


def seen_through(x: float, y: float, stock: Stock, sides: Sides) -> tuple[float, float]:
    """Return the front's point behind a point of the back, when the paper is turned as asked."""
    page = stock.page_box
    edges = {"upright": page.height, "level": page.width}
    over = (max if sides is Sides.LONG_EDGE else min)(edges, key=lambda edge: edges[edge])
    return (page.width - x, y) if over == "upright" else (x, page.height - y)


def is_square(stock: Stock) -> bool:
    """Return whether the longer edge of a page is uncertain."""
    return abs(stock.page_box.width - stock.page_box.height) <= SQUARE


def test_all_of_the_measured_stocks_are_shipped() -> None:
    """The 26 measured stocks are there, on both papers, each with its source."""
    assert len(STOCKS) >= 26
    assert {str(stock.page) for stock in STOCKS.values()} == {"letter", "a4"}
    assert all(stock.source for stock in STOCKS.values())


@given(stock=lying, cards=runs, sides=two_sided, start=st.integers(1, 40))
@settings(deadline=None)
def test_nothing_overlaps_and_nothing_leaves_the_page(
    stock: Stock, cards: list[int], sides: Sides, start: int
) -> None:
    """On every sheet, front and back, cards are apart and on the page."""
    sheets = impose(cards, stock, sides, start_at=min(start, stock.places))
    assert sheets
    for sheet in sheets:
        for placements in (sheet.front, sheet.back or ()):
            for index, a in enumerate(placements):
                assert a.x >= -EDGE
                assert a.y >= -EDGE
                assert a.x + a.width <= stock.page_box.width + EDGE
                assert a.y + a.height <= stock.page_box.height + EDGE
                assert not any(overlap(a, b) for b in placements[index + 1 :])


@given(stock=lying, cards=runs, sides=two_sided, start=st.integers(1, 40))
@settings(deadline=None)
def test_every_front_has_its_own_back_behind_it(
    stock: Stock, cards: list[int], sides: Sides, start: int
) -> None:
    """Each back covers its front, corner on corner, and reads upright, whatever edge is turned.

    Also on asymmetric stock, on pages wider than high, and on a last, partly filled sheet.
    """
    for sheet in impose(cards, stock, sides, start_at=min(start, stock.places)):
        assert sheet.back is not None
        assert len(sheet.back) == len(sheet.front)
        for front, back in zip(sheet.front, sheet.back, strict=True):
            assert back.card == front.card
            corners = [(back.x, back.y), (back.x + back.width, back.y + back.height)]
            behind = [seen_through(x, y, stock, sides) for x, y in corners]
            assert sorted(x for x, _ in behind) == pytest.approx([front.x, front.x + front.width])
            assert sorted(y for _, y in behind) == pytest.approx([front.y, front.y + front.height])
            # The top of the back's words. A card is turned over like a page of a book: up stays up.
            top = back.y + back.height if back.turn == 180 else back.y
            assert seen_through(back.x, top, stock, sides)[1] == pytest.approx(front.y)


@given(cards=runs, sides=two_sided, more=st.floats(-SQUARE, SQUARE))
def test_a_square_page_is_not_printed_on_both_sides(
    cards: list[int], sides: Sides, more: float
) -> None:
    """No printer knows which of two equal edges is the long one.

    One side, or one card a page, is allowed.
    """
    fields = {
        "card": {"width": 80, "height": 60},
        "first": {"left": 20, "top": 20},
        "pitch": {"across": 90, "down": 80},
        "source": ["test"],
    }
    page = {"width": 215, "height": 215 + more}
    several = Stock.model_validate({**fields, "page": page, "grid": {"columns": 2, "rows": 2}})
    with pytest.raises(ValueError, match="the page is square"):
        impose(cards, several, sides)
    assert impose(cards, several, Sides.ONE)
    one = Stock.model_validate({**fields, "page": page, "grid": {"columns": 1, "rows": 1}})
    assert impose(cards, one, sides)


@given(stock=stocks, cards=runs, start=st.integers(1, 40))
@settings(deadline=None)
def test_each_card_is_laid_once_in_its_order_and_no_stock_is_wasted(
    stock: Stock, cards: list[int], start: int
) -> None:
    """All cards are there, none twice, and only the last sheet may have free places."""
    start = min(start, stock.places)
    sheets = impose(cards, stock, Sides.ONE, start_at=start)
    assert [placement.card for sheet in sheets for placement in sheet.front] == cards
    assert len(sheets) == -(-(len(cards) + start - 1) // stock.places)
    first = sheets[0].front[0]
    assert (first.x, first.y) == stock.corner(start - 1)


@given(stock=lying, cards=runs, sides=two_sided, x=st.floats(-5, 5), y=st.floats(-5, 5))
@settings(deadline=None)
def test_an_offset_moves_everything_alike(
    stock: Stock, cards: list[int], sides: Sides, x: float, y: float
) -> None:
    """The front's offset moves all fronts, the back's all backs, and neither the other."""
    plain = impose(cards, stock, sides)
    moved = impose(cards, stock, sides, offset=Offset(x, y), back_offset=Offset(-y, x))
    for before, after in zip(plain, moved, strict=True):
        for a, b in zip(before.front, after.front, strict=True):
            assert [b.x - a.x, b.y - a.y] == pytest.approx([x, y])
        for a, b in zip(before.back or (), after.back or (), strict=True):
            assert [b.x - a.x, b.y - a.y] == pytest.approx([-y, x])


@given(stock=stocks, cards=runs)
@settings(deadline=None)
def test_crop_marks_touch_no_card(stock: Stock, cards: list[int]) -> None:
    """Marks are in the gaps between cards, and without a gap there is no mark."""
    for sheet in impose(cards, stock, Sides.ONE):
        for mark in crop_marks(sheet.front):
            for card in sheet.front:
                apart_x = mark.x + mark.width <= card.x or mark.x >= card.x + card.width
                apart_y = mark.y + mark.height <= card.y or mark.y >= card.y + card.height
                assert apart_x or apart_y


def test_a_card_on_a_sheet_to_cut_has_two_marks_at_each_corner() -> None:
    """On our own cut sheets every card has its eight marks, 1 mm away from it."""
    for name in ("cut-letter-id1", "cut-a4-id1"):
        stock = STOCKS[name]
        front = impose([0] * stock.places, stock, Sides.ONE)[0].front
        marks = crop_marks(front)
        for card in front:
            near = [
                mark
                for mark in marks
                if (
                    mark.width == 0
                    and mark.x in {round(card.x, 3), round(card.x + card.width, 3)}
                    and _ends(mark.y, mark.height, card.y, card.height)
                )
                or (
                    mark.height == 0
                    and mark.y in {round(card.y, 3), round(card.y + card.height, 3)}
                    and _ends(mark.x, mark.width, card.x, card.width)
                )
            ]
            assert len(near) == 8


def _ends(start: float, length: float, edge: float, size: float) -> bool:
    return start + length == pytest.approx(edge - MARK_GAP, abs=0.01) or start == pytest.approx(
        edge + size + MARK_GAP, abs=0.01
    )


def test_the_formulas_hold_on_asymmetric_stock() -> None:
    """Unequal margins would show swapped columns: 5361 has its cards on the right."""
    stock = STOCKS["avery-5361"]
    front = impose([0], stock, Sides.LONG_EDGE)[0].front[0]
    back = back_of(front, stock, Sides.LONG_EDGE)
    assert (front.x, front.y) == (109.54, 21.17)
    assert [back.x, back.y] == pytest.approx([215.9 - 109.54 - 82.55, 21.17])
    turned = back_of(front, stock, Sides.SHORT_EDGE)
    assert [turned.x, turned.y, turned.turn] == pytest.approx([109.54, 279.4 - 21.17 - 50.8, 180])


@pytest.mark.parametrize(
    ("written", "millimetres"),
    [("88.9", 88.9), ("88.9 mm", 88.9), ("8.89cm", 88.9), ("3.5 in", 88.9), ("252pt", 88.9)],
)
def test_lengths_may_be_written_in_four_units(written: str, millimetres: float) -> None:
    """A package is labelled in inches, a ruler in centimetres."""
    assert parse_length(written) == pytest.approx(millimetres)


@pytest.mark.parametrize(
    "written", ["", "wide", "3.5 inches", "3,5 in", "1 px", "1 2 mm", "--3", "nan"]
)
def test_what_is_no_length_is_refused(written: str) -> None:
    """An unknown unit never passes as millimetres."""
    with pytest.raises(ValueError, match=r"not a length|not known"):
        parse_length(written)


def test_a_place_that_a_sheet_does_not_have_is_refused() -> None:
    """--start-at 11 on a sheet of ten, or no cards at all, is an error and not an empty print."""
    stock = STOCKS["avery-5371"]
    with pytest.raises(ValueError, match="places 1 to 10"):
        impose([0], stock, Sides.ONE, start_at=11)
    with pytest.raises(ValueError, match="no cards"):
        impose([], stock, Sides.ONE)
