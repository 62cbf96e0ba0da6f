"""What lies where on laid-out pages: WeasyPrint's boxes, read before anything is written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from weasyprint.formatting_structure import boxes

from teachback.units import px_to_mm

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from teachback.pdf import Laid

# Rounding of the layout, in mm; what sticks out less than this cannot be seen.
TOLERANCE: Final = 0.1
FRONT: Final = 1


@dataclass(frozen=True)
class TextOut:
    """Words that lie outside the area they belong in, with the page (from 1) and how far, in mm."""

    words: str
    page: int
    millimetres: float


def text_outside(laid: Laid, safe_mm: float) -> Iterator[TextOut]:
    """Find words that stick out of a page's area: nearer to its edge than `safe_mm`."""
    for number, page in enumerate(laid.document.pages, start=1):
        box = page._page_box  # noqa: SLF001 -- the laid-out boxes have no public name; WeasyPrint is pinned
        width, height = px_to_mm(page.width), px_to_mm(page.height)
        for line in _text_boxes(box):
            left, top = px_to_mm(line.position_x), px_to_mm(line.position_y)
            right, bottom = left + px_to_mm(line.width), top + px_to_mm(line.height)
            out = max(safe_mm - left, safe_mm - top, right - (width - safe_mm), bottom - (height - safe_mm))
            if out > TOLERANCE and line.text.strip():
                yield TextOut(line.text.strip(), number, round(out, 1))


def sides_that_fit(laid: Laid) -> tuple[bool, bool]:
    """Say whether a card's front and its back each fit on one page."""
    back = _back_page(laid)
    return back == FRONT + 1, back == laid.pages


def missing_height(laid: Laid) -> tuple[float, float]:
    """Give how many millimetres a card's front and back are too high: what runs on to further pages."""
    back = _back_page(laid) or laid.pages + 1
    front_more = sum(_used(page) for page in laid.document.pages[FRONT : back - 1])
    return round(front_more, 1), round(sum(_used(page) for page in laid.document.pages[back:]), 1)


def _used(page: Any) -> float:  # noqa: ANN401 -- WeasyPrint's boxes have no types
    lines = [line for line in _text_boxes(page._page_box) if line.text.strip()]  # noqa: SLF001 -- see text_outside
    if not lines:
        return 0.0
    return px_to_mm(max(line.position_y + line.height for line in lines) - min(line.position_y for line in lines))


def in_turn(laid: Laid, cards: int) -> bool:
    """Say whether cards lie front and back in turn, a page each."""
    sides = ["back" if any(_has_class(box, "back") for box in _boxes(page)) else "front" for page in laid.document.pages]
    return sides == ["front", "back"] * cards


def flags_laid(laid: Laid) -> frozenset[str]:
    """Name the red flags that are laid out with words of a size that can be seen, by their ids."""
    found = set()
    for page in laid.document.pages:
        for box in _boxes(page):
            flag = box.element.get("data-flag") if box.element is not None and box.element_tag == "li" else None
            if flag is not None and any(line.text.strip() and px_to_mm(line.height) > 1 for line in _text_boxes(box)):
                found.add(flag)
    return frozenset(found)


def flags_out(laid: Laid, words_out: Collection[str]) -> tuple[str, ...]:
    """Name the red flags of a card that are not wholly on its two sides, by their ids.

    The front must be page 1, and the back the page on which it begins: what runs on to another page is off the card.
    """
    back = _back_page(laid)
    lost: dict[str, None] = {}
    for number, page in enumerate(laid.document.pages, start=1):
        for box in _boxes(page):
            flag = box.element.get("data-flag") if box.element is not None and box.element_tag == "li" else None
            if flag is None:
                continue
            words = " ".join(line.text for line in _text_boxes(box))
            if number not in {FRONT, back} or any(out in words for out in words_out):
                lost[flag] = None
    return tuple(lost)


def _back_page(laid: Laid) -> int:
    """Give the page (from 1) on which a card's back begins; 0 when a template has lost it."""
    pages = enumerate(laid.document.pages, start=1)
    return next((n for n, page in pages if any(_has_class(box, "back") for box in _boxes(page))), 0)


def _boxes(page: Any) -> Iterator[Any]:  # noqa: ANN401 -- WeasyPrint's boxes have no types
    yield from page._page_box.descendants()  # noqa: SLF001 -- see text_outside


def _has_class(box: Any, name: str) -> bool:  # noqa: ANN401
    return box.element is not None and name in (box.element.get("class") or "").split()


def _text_boxes(box: Any) -> Iterator[Any]:  # noqa: ANN401 -- WeasyPrint's boxes have no types
    for child in box.descendants():
        if isinstance(child, boxes.TextBox):
            yield child
