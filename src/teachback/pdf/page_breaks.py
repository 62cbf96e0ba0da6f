"""Find bad page breaks on laid-out pages: what is alone there, and nearly empty pages."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise, takewhile
from typing import TYPE_CHECKING, Any, Final

from teachback.content.inline_markup import COLONS
from teachback.pdf.renderer import boxes
from teachback.units import px_to_mm

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from teachback.pdf.renderer import LaidOutDocument

# The last page holds at least this share of a page; another page has at most so much left empty.
LEAST_LAST: Final = 0.25
MOST_EMPTY: Final = 1 / 3
# In mm: what rounding may add to a height.
_TOLERANCE: Final = 0.1
_WORDS: Final = 40
# Boxes that belong to the text before them.
_ASIDES: Final = frozenset({"callout", "myth"})
# What a text before it introduces; `rows` and `over` are lists and tables in two languages.
_INTRODUCED: Final = frozenset({"table", "ul", "ol", "figure", "figures", "rows", "over"})
# What introduces anything below it; `leads` are a heading or a lead-in in two languages.
_HEADINGS: Final = frozenset({"h2", "h3", "leads"})
# A section that its author puts on a page of its own.
_OWN_PAGE: Final = frozenset({"page-new", "page-landscape"})


@dataclass(frozen=True)
class BreakFault:
    """A bad page break: the page (from 1) and a description of what is wrong there."""

    page: int
    fault: str


@dataclass(frozen=True)
class _Piece:
    """A part of a page that does not break: its box, its edges in px, and its rules for breaks."""

    box: Any
    top: float
    bottom: float
    keep_before: bool
    keep_after: bool


def break_faults(laid: LaidOutDocument) -> tuple[BreakFault, ...]:
    """Return the bad page breaks of a document, in page order."""
    # The boxes of a page have no public name; WeasyPrint is pinned.
    pages = [page._page_box for page in laid.document.pages]  # noqa: SLF001
    found = [
        *_lone_rows(pages),
        *_lone_last_entries(pages),
        *_lone_asides(pages),
        *_lone_lead_ins(pages),
        *_empty_pages(pages),
    ]
    return tuple(sorted(found, key=lambda fault: fault.page))


def lone_entries(laid: LaidOutDocument) -> int:
    """Return how many lists, questions and zones have an entry alone at a page's end.

    It is their first entry; of zones it may be the last one, alone on the next page.
    """
    pages = [page._page_box for page in laid.document.pages]  # noqa: SLF001 -- see break_faults
    zones = _zones(pages)
    return sum(len(parts) > 1 and len(parts[0][1]) == 1 for parts in _lists(pages)) + sum(
        len(zones) > 1 and count == 1 for count in zones
    )


def _zones(pages: Sequence[Any]) -> list[int]:
    """Return how many zones are on each page that has any."""
    counts = (
        len({box.element for box in _all_boxes(page) if "zone" in _classes(box)}) for page in pages
    )
    return [count for count in counts if count]


def _lists(pages: Sequence[Any]) -> Iterable[list[tuple[int, list[Any]]]]:
    """Return the parts of each list: the page (from 1) and the entries that are on it."""
    lists: dict[Any, list[tuple[int, list[Any]]]] = {}
    for number, page in enumerate(pages, start=1):
        for box in _all_boxes(page):
            if isinstance(box, boxes.BlockBox) and (
                box.element_tag in {"ol", "ul"} or "teach-back" in _classes(box)
            ):
                entries = [
                    child
                    for child in box.children
                    if child.element_tag == "li" or "ask" in _classes(child)
                ]
                lists.setdefault(box.element, []).append((number, entries))
    return lists.values()


def may_save_page(laid: LaidOutDocument, share: float) -> bool:
    """Return whether text of this share of its height might take a page less.

    A page that its author asks for stays.
    """
    pages = [page._page_box for page in laid.document.pages]  # noqa: SLF001 -- see break_faults
    runs = [pages[:1]]
    for page, after in pairwise(pages):
        if _is_forced(page, after):
            runs.append([])
        runs[-1].append(after)
    return any(
        share * sum((_bottom(page) - page.content_box_y()) / page.height for page in run)
        <= len(run) - 1
        for run in runs
    )


def _lone_rows(pages: Sequence[Any]) -> Iterator[BreakFault]:
    """Yield where a table has one row alone at a page's end or on the next page."""
    parts: dict[Any, list[tuple[int, list[Any]]]] = {}
    for number, page in enumerate(pages, start=1):
        for table in _all_boxes(page):
            if isinstance(table, boxes.TableBox):
                rows = [
                    row
                    for group in table.children
                    if isinstance(group, boxes.TableRowGroupBox) and not group.is_header
                    for row in group.children
                ]
                parts.setdefault(table.element, []).append((number, rows))
    for places in parts.values():
        for number, rows in places if len(places) > 1 else ():
            if len(rows) == 1:
                yield BreakFault(number, f"one row of a table is alone: '{_words(rows[0])}'")


def _lone_last_entries(pages: Sequence[Any]) -> Iterator[BreakFault]:
    """Yield where the last entry of a list, or the last question, is alone on the next page."""
    for parts in _lists(pages):
        number, entries = parts[-1]
        if len(parts) > 1 and len(entries) == 1:
            what = "entry of a list" if entries[0].element_tag == "li" else "question"
            yield BreakFault(number, f"the last {what} is alone: '{_words(entries[0])}'")


def _lone_asides(pages: Sequence[Any]) -> Iterator[BreakFault]:
    """Yield where a page begins with a box alone: its text is on the page before.

    Its text is that of its section or reason, from the heading before it to the next one.
    """
    for number, (before, page) in enumerate(pairwise(pages), start=2):
        begun = {box.element for box in _all_boxes(before) if _has_asides(box)}
        for part in _all_boxes(page):
            if _has_asides(part) and part.element in begun:
                rest = [*takewhile(lambda box: box.element_tag != "h3", _blocks(part))]
                if len(rest) == 1 and _ASIDES & _classes(rest[0]):
                    words = _words(rest[0])
                    yield BreakFault(number, f"a box is alone, away from its section: '{words}'")


def _has_asides(box: Any) -> bool:  # noqa: ANN401
    return box.element_tag == "section" or "reason" in _classes(box)


def _lone_lead_ins(pages: Sequence[Any]) -> Iterator[BreakFault]:
    """Yield where a page ends with a heading, or a text that introduces what is on the next one."""
    for number, (before, page) in enumerate(pairwise(pages), start=1):
        starts = {box.element: _blocks(box)[:1] for box in _all_boxes(page) if _has_blocks(box)}
        for box in _all_boxes(before) if not _is_forced(before, page) else ():
            ends = _blocks(box)[-1:] if _has_blocks(box) else []
            for last, first in zip(ends, starts.get(box.element, []), strict=False):
                introduces = {first.element_tag, *_classes(first)} & _INTRODUCED
                # The first half of a text ends with a colon by chance.
                is_half = last.element is first.element
                if {last.element_tag, *_classes(last)} & _HEADINGS or (
                    _is_text(last)
                    and (introduces or (_all_words(last).endswith(COLONS) and not is_half))
                ):
                    words = _words(last)
                    yield BreakFault(number, f"'{words}' is alone, away from what it introduces")


def _has_blocks(box: Any) -> bool:  # noqa: ANN401
    return isinstance(box, boxes.BlockBox) and box.element is not None


def _blocks(box: Any) -> list[Any]:  # noqa: ANN401
    """Return what stands in a box: text, blocks with a height, and pictures beside text."""
    return [
        child for child in box.children if (_is_in_flow(child) and child.height) or _floats(child)
    ]


def _floats(box: Any) -> list[Any]:  # noqa: ANN401
    """Return the floats among a box and those in it: the height of a block is without them."""
    return [one for one in box.descendants() if one.is_floated()]


def _is_text(box: Any) -> bool:  # noqa: ANN401
    """Return whether a box is a paragraph, or the same one in two languages."""
    return box.element_tag == "p" or "words" in _classes(box)


def _empty_pages(pages: Sequence[Any]) -> Iterator[BreakFault]:
    """Yield a last page with little on it, and pages with room for what comes after them."""
    for number, (page, after) in enumerate(pairwise(pages), start=1):
        free = page.content_box_y() + page.height - _bottom(page)
        if free <= MOST_EMPTY * page.height or _is_forced(page, after):
            continue
        pieces = list(_pieces(after))
        if not pieces:
            continue
        end = next(
            (one.bottom for one, other in pairwise(pieces) if _may_break(one, other)),
            pieces[-1].bottom,
        )
        need = end - pieces[0].top
        if px_to_mm(need) <= px_to_mm(free) + _TOLERANCE:
            empty, next_words = f"{px_to_mm(free):.0f} mm", _words(pieces[0].box)
            yield BreakFault(number, f"{empty} of the page are empty, and '{next_words}' would fit")
    last = pages[-1]
    used = _bottom(last) - last.content_box_y()
    if len(pages) > 1 and used < LEAST_LAST * last.height and not _is_forced(pages[-2], last):
        yield BreakFault(
            len(pages),
            f"the last page holds only {px_to_mm(used):.0f} mm of {px_to_mm(last.height):.0f} mm",
        )


def _may_break(one: _Piece, other: _Piece) -> bool:
    return not one.keep_after and not other.keep_before


def _is_forced(page: Any, after: Any) -> bool:  # noqa: ANN401 -- WeasyPrint's boxes have no types
    """Return whether the author starts the second page anew, or turns it."""
    if page.page_type.name != after.page_type.name:
        return True
    first = next((box for box in _all_boxes(after) if box.element_tag == "section"), None)
    return (
        first is not None
        and bool(_OWN_PAGE & _classes(first))
        and all(box.element is not first.element for box in _all_boxes(page))
    )


def _is_in_flow(box: Any) -> bool:  # noqa: ANN401
    return not isinstance(box, boxes.TextBox) and box.is_in_normal_flow()


def _pieces(
    box: Any,  # noqa: ANN401
    *,
    before: bool = False,
    after: bool = False,
) -> Iterator[_Piece]:
    """Yield the unbreakable parts of a page, in order."""
    children = [
        child
        for child in box.children
        if not isinstance(child, boxes.MarginBox) and _is_in_flow(child)
    ]
    for index, child in enumerate(children):
        first, last = index == 0, index == len(children) - 1
        keep_before = child.style["break_before"] == "avoid" or (first and before)
        keep_after = child.style["break_after"] == "avoid" or (last and after)
        if isinstance(child, boxes.LineBox):
            # Two lines of a paragraph stay together at both of its ends.
            keep_before = keep_before or index == 1 or (last and not first)
        if isinstance(child, boxes.LineBox) or _is_whole(child):
            ends = (one.position_y + one.margin_height() for one in (child, *_floats(child)))
            bottom = max(ends)
            yield _Piece(child, child.position_y, bottom, keep_before, keep_after)
        else:
            yield from _pieces(child, before=keep_before, after=keep_after)


def _is_whole(box: Any) -> bool:  # noqa: ANN401
    return (
        box.style["break_inside"] == "avoid"
        or isinstance(box, boxes.FlexContainerBox | boxes.GridContainerBox | boxes.TableRowBox)
        or not getattr(box, "children", ())
    )


def _bottom(page: Any) -> float:  # noqa: ANN401
    """Return where the last visible thing on a page ends, in px."""
    ends = [page.content_box_y()]
    for box in _all_boxes(page):
        style = box.style
        if isinstance(box, boxes.LineBox):
            ends += [box.position_y + box.height] if _words(box) else []
        elif (
            isinstance(box, boxes.ReplacedBox)
            or style["border_bottom_width"]
            or any(image[0] != "none" for image in style["background_image"])
        ):
            ends.append(box.border_box_y() + box.border_height())
    return float(max(ends))


def _all_boxes(page: Any) -> Iterator[Any]:  # noqa: ANN401
    """Yield the boxes of a page's content, without those of its margins."""
    for child in page.children:
        if not isinstance(child, boxes.MarginBox):
            yield child
            yield from child.descendants()


def _classes(box: Any) -> frozenset[str]:  # noqa: ANN401
    element = box.element
    return frozenset(((element.get("class") if element is not None else "") or "").split())


def _words(box: Any) -> str:  # noqa: ANN401
    return _all_words(box)[:_WORDS].strip()


def _all_words(box: Any) -> str:  # noqa: ANN401
    texts = [box] if isinstance(box, boxes.TextBox) else box.descendants()
    return " ".join(one.text.strip() for one in texts if isinstance(one, boxes.TextBox))
