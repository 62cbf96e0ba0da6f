"""Find bad page breaks on laid-out pages: what is alone there, and nearly empty pages."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise, takewhile
from typing import TYPE_CHECKING, Final

from teachback.content.inline_markup import COLONS
from teachback.pdf.renderer import boxes
from teachback.units import px_to_mm

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from teachback.pdf.page_layout import LaidBox, PageElement
    from teachback.pdf.renderer import LaidOutDocument

# The share of the last page that must be filled, and the share of another that may be empty.
LEAST_LAST: Final = 0.25
MOST_EMPTY: Final = 1 / 3
# In mm: what rounding may add to a height.
_TOLERANCE: Final = 0.1
# The most characters of a text in a message.
_SHOWN: Final = 40
# Boxes that belong to the text before them.
_ASIDES: Final = frozenset({"callout", "myth"})
# What a text may introduce. `rows` and `over` are lists and tables in two languages.
_INTRODUCED: Final = frozenset({"table", "ul", "ol", "figure", "figures", "rows", "over"})
# What introduces anything below it. `leads` are a heading or a lead-in in two languages.
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
    """A part of a page that does not break.

    Its edges are in px. With `keep_before` or `keep_after`, no break is allowed beside it.
    """

    box: LaidBox
    top: float
    bottom: float
    keep_before: bool
    keep_after: bool


def break_faults(layout: LaidOutDocument) -> tuple[BreakFault, ...]:
    """Return the bad page breaks of a document, in page order."""
    # The boxes of a page have no public name; WeasyPrint is pinned.
    pages = [page._page_box for page in layout.document.pages]  # noqa: SLF001
    faults = [
        *_lone_rows(pages),
        *_lone_last_entries(pages),
        *_lone_asides(pages),
        *_lone_lead_ins(pages),
        *_empty_pages(pages),
    ]
    return tuple(sorted(faults, key=lambda fault: fault.page))


def lone_entries(layout: LaidOutDocument) -> int:
    """Return how many lists, questions and zones have their first entry alone at a page's end.

    Of zones, the last one counts too where it is alone on the next page.
    """
    pages = [page._page_box for page in layout.document.pages]  # noqa: SLF001 -- see break_faults
    zones = _zones(pages)
    return sum(len(parts) > 1 and len(parts[0][1]) == 1 for parts in _lists(pages)) + sum(
        len(zones) > 1 and count == 1 for count in zones
    )


def _zones(pages: Sequence[LaidBox]) -> list[int]:
    """Return how many zones are on each page that has any."""
    counts = (
        len({box.element for box in _all_boxes(page) if "zone" in _classes(box)}) for page in pages
    )
    return [count for count in counts if count]


def _lists(pages: Sequence[LaidBox]) -> Iterable[list[tuple[int, list[LaidBox]]]]:
    """Return the parts of each list: the page (from 1) and the entries that are on it."""
    lists: dict[PageElement, list[tuple[int, list[LaidBox]]]] = {}
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


def may_save_page(layout: LaidOutDocument, share: float) -> bool:
    """Return whether text that is shrunk to this share of its height might need fewer pages.

    A page break that the author asks for stays.
    """
    pages = [page._page_box for page in layout.document.pages]  # noqa: SLF001 -- see break_faults
    # Each run ends where the author asks for a page break.
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


def _lone_rows(pages: Sequence[LaidBox]) -> Iterator[BreakFault]:
    """Yield where a table has one row alone at a page's end or on the next page."""
    tables: dict[PageElement, list[tuple[int, list[LaidBox]]]] = {}
    for number, page in enumerate(pages, start=1):
        for table in _all_boxes(page):
            if isinstance(table, boxes.TableBox):
                rows = [
                    row
                    for group in table.children
                    if isinstance(group, boxes.TableRowGroupBox) and not group.is_header
                    for row in group.children
                ]
                tables.setdefault(table.element, []).append((number, rows))
    for parts in tables.values():
        for number, rows in parts if len(parts) > 1 else ():
            if len(rows) == 1:
                yield BreakFault(number, f"one row of a table is alone: '{_words(rows[0])}'")


def _lone_last_entries(pages: Sequence[LaidBox]) -> Iterator[BreakFault]:
    """Yield where the last entry of a list, or the last question, is alone on the next page."""
    for parts in _lists(pages):
        number, entries = parts[-1]
        if len(parts) > 1 and len(entries) == 1:
            kind = "entry of a list" if entries[0].element_tag == "li" else "question"
            yield BreakFault(number, f"the last {kind} is alone: '{_words(entries[0])}'")


def _lone_asides(pages: Sequence[LaidBox]) -> Iterator[BreakFault]:
    """Yield where a callout or myth is alone at the top of a page, and its text on the page before.

    Its text is that of its section or reason, from the heading before it to the next one.
    """
    for number, (before, page) in enumerate(pairwise(pages), start=2):
        begun = {box.element for box in _all_boxes(before) if _has_asides(box)}
        for box in _all_boxes(page):
            if _has_asides(box) and box.element in begun:
                rest = [*takewhile(lambda block: block.element_tag != "h3", _blocks(box))]
                if len(rest) == 1 and _ASIDES & _classes(rest[0]):
                    words = _words(rest[0])
                    yield BreakFault(number, f"a box is alone, away from its section: '{words}'")


def _has_asides(box: LaidBox) -> bool:
    return box.element_tag == "section" or "reason" in _classes(box)


def _lone_lead_ins(pages: Sequence[LaidBox]) -> Iterator[BreakFault]:
    """Yield where a page ends with a heading, or a text that introduces what is on the next one."""
    for number, (before, page) in enumerate(pairwise(pages), start=1):
        starts = {box.element: _blocks(box)[:1] for box in _all_boxes(page) if _has_blocks(box)}
        for box in _all_boxes(before) if not _is_forced(before, page) else ():
            ends = _blocks(box)[-1:] if _has_blocks(box) else []
            for last, first in zip(ends, starts.get(box.element, []), strict=False):
                introduces = {first.element_tag, *_classes(first)} & _INTRODUCED
                # The first half of a text may end with a colon by chance.
                is_half = last.element is first.element
                if {last.element_tag, *_classes(last)} & _HEADINGS or (
                    _is_text(last)
                    and (introduces or (_all_words(last).endswith(COLONS) and not is_half))
                ):
                    words = _words(last)
                    yield BreakFault(number, f"'{words}' is alone, away from what it introduces")


def _has_blocks(box: LaidBox) -> bool:
    return isinstance(box, boxes.BlockBox) and box.element is not None


def _blocks(box: LaidBox) -> list[LaidBox]:
    """Return the children of a box that take up room: text, blocks, and pictures beside text."""
    return [
        child for child in box.children if (_is_in_flow(child) and child.height) or _floats(child)
    ]


def _floats(box: LaidBox) -> list[LaidBox]:
    """Return the floats in a box, which its height does not include."""
    return [inner for inner in box.descendants() if inner.is_floated()]


def _is_text(box: LaidBox) -> bool:
    """Return whether a box is a paragraph, or one in two languages."""
    return box.element_tag == "p" or "words" in _classes(box)


def _empty_pages(pages: Sequence[LaidBox]) -> Iterator[BreakFault]:
    """Yield a last page with little on it, and pages with room for what comes after them."""
    for number, (page, after) in enumerate(pairwise(pages), start=1):
        free = page.content_box_y() + page.height - _bottom(page)
        if free <= MOST_EMPTY * page.height or _is_forced(page, after):
            continue
        pieces = list(_pieces(after))
        if not pieces:
            continue
        end = next(
            (
                piece.bottom
                for piece, following in pairwise(pieces)
                if not piece.keep_after and not following.keep_before
            ),
            pieces[-1].bottom,
        )
        needed = end - pieces[0].top
        if px_to_mm(needed) <= px_to_mm(free) + _TOLERANCE:
            fault = (
                f"{px_to_mm(free):.0f} mm of the page are empty, "
                f"and '{_words(pieces[0].box)}' would fit"
            )
            yield BreakFault(number, fault)
    last = pages[-1]
    used = _bottom(last) - last.content_box_y()
    if len(pages) > 1 and used < LEAST_LAST * last.height and not _is_forced(pages[-2], last):
        yield BreakFault(
            len(pages),
            f"the last page holds only {px_to_mm(used):.0f} mm of {px_to_mm(last.height):.0f} mm",
        )


def _is_forced(page: LaidBox, after: LaidBox) -> bool:
    """Return whether the author asks for a page break between two pages, or turns the second."""
    if page.page_type.name != after.page_type.name:
        return True
    first = next((box for box in _all_boxes(after) if box.element_tag == "section"), None)
    return (
        first is not None
        and bool(_OWN_PAGE & _classes(first))
        and all(box.element is not first.element for box in _all_boxes(page))
    )


def _is_in_flow(box: LaidBox) -> bool:
    return not isinstance(box, boxes.TextBox) and box.is_in_normal_flow()


def _pieces(
    box: LaidBox,
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
            bottom = max(
                part.position_y + part.margin_height() for part in (child, *_floats(child))
            )
            yield _Piece(child, child.position_y, bottom, keep_before, keep_after)
        else:
            yield from _pieces(child, before=keep_before, after=keep_after)


def _is_whole(box: LaidBox) -> bool:
    return (
        box.style["break_inside"] == "avoid"
        or isinstance(box, boxes.FlexContainerBox | boxes.GridContainerBox | boxes.TableRowBox)
        or not getattr(box, "children", ())
    )


def _bottom(page: LaidBox) -> float:
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


def _all_boxes(page: LaidBox) -> Iterator[LaidBox]:
    """Yield the boxes of a page's content, without those of its margins."""
    for child in page.children:
        if not isinstance(child, boxes.MarginBox):
            yield child
            yield from child.descendants()


def _classes(box: LaidBox) -> frozenset[str]:
    element = box.element
    return frozenset(((element.get("class") if element is not None else "") or "").split())


def _words(box: LaidBox) -> str:
    return _all_words(box)[:_SHOWN].strip()


def _all_words(box: LaidBox) -> str:
    texts = [box] if isinstance(box, boxes.TextBox) else box.descendants()
    return " ".join(text.text.strip() for text in texts if isinstance(text, boxes.TextBox))
