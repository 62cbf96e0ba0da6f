"""Find the places of text and boxes on laid-out pages, from WeasyPrint's boxes, before writing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from statistics import mode
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias
from urllib.parse import unquote

from teachback.pdf.renderer import boxes
from teachback.units import MM_PER_INCH, PT_PER_INCH, PX_PER_INCH, px_to_mm

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from teachback.pdf.renderer import LaidOutDocument

# Rounding of the layout, in mm; a smaller excess is invisible.
TOLERANCE: Final = 0.1
FRONT: Final = 1


# Letters and words set closer than this, as a share of the type size, run into each other.
CLOSEST_LETTERS: Final = -0.06
CLOSEST_WORDS: Final = -0.12
# Digits set further apart than this look like separate numbers; a thicker underline touches its
# letters.
WIDEST_LETTERS: Final = 0.12
THICKEST_UNDERLINE: Final = 0.12

# Font features that replace letters with capitals or small capitals (OpenType 1.9.1, registered
# features).
CAPITALS: Final = frozenset({"smcp", "c2sc", "pcap", "c2pc", "unic", "titl"})

# WeasyPrint's boxes and styles, and the elements of its pages, have no types.
LaidBox: TypeAlias = Any
LaidStyle: TypeAlias = Any
PageElement: TypeAlias = Any
# left, top, right, bottom in CSS px.
_Box = tuple[float, float, float, float]
_Lines = Iterator[tuple[LaidBox, _Box, tuple[_Box, ...]]]


@dataclass(frozen=True)
class TextOut:
    """Words outside their area, with the page (from 1) and the distance in mm.

    With `cut` they are outside a box that cuts off its overflow. `foot` are words in the margin.
    """

    words: str
    page: int
    millimetres: float
    cut: bool = False
    foot: bool = False


@dataclass(frozen=True)
class FontUse:
    """Words in one font: the families that the style names in order, the weight (100 to 900)."""

    families: tuple[str, ...]
    weight: int
    words: str


class TextPlace(NamedTuple):
    """Words on a page (from 1), with the left and top edge, width and height of their box in mm."""

    words: str
    page: int
    left: float
    top: float
    width: float
    height: float


def text_places(laid: LaidOutDocument) -> Iterator[TextPlace]:
    """Yield the words of the pages in reading order, without those of the foot."""
    for number, page in enumerate(laid.document.pages, start=1):
        for part in page._page_box.children:  # noqa: SLF001 -- see text_outside
            if isinstance(part, boxes.MarginBox):
                continue
            for line, place, _ in _placed_lines(part, None, ()):
                left, top, right, bottom = (px_to_mm(edge) for edge in place)
                yield TextPlace(line.text, number, left, top, right - left, bottom - top)


def text_outside(laid: LaidOutDocument, safe_mm: float) -> Iterator[TextOut]:
    """Yield words nearer than `safe_mm` to the edge of a page, or outside a box that cuts them off.

    Transformed boxes count where they are painted.
    """
    for number, page in enumerate(laid.document.pages, start=1):
        width, height = px_to_mm(page.width), px_to_mm(page.height)
        for part in page._page_box.children:  # noqa: SLF001 -- no public name; WeasyPrint is pinned
            foot = isinstance(part, boxes.MarginBox)
            for line, place, clips in _placed_lines(part, None, ()):
                if not any(character.isalnum() for character in line.text):
                    continue
                left, top, right, bottom = (px_to_mm(edge) for edge in place)
                out = max(
                    safe_mm - left,
                    safe_mm - top,
                    right - (width - safe_mm),
                    bottom - (height - safe_mm),
                )
                if out > TOLERANCE:
                    yield TextOut(line.text.strip(), number, round(out, 1), foot=foot)
                cut = max((px_to_mm(_over(place, clip)) for clip in clips), default=0.0)
                if cut > TOLERANCE:
                    yield TextOut(line.text.strip(), number, round(cut, 1), cut=True, foot=foot)


def _over(place: _Box, clip: _Box) -> float:
    """Return how far a box sticks out of another, in their own unit."""
    return max(clip[0] - place[0], clip[1] - place[1], place[2] - clip[2], place[3] - clip[3])


def _placed_lines(box: LaidBox, matrix: LaidBox, clips: tuple[_Box, ...]) -> _Lines:
    """Yield each text box below a box, with its painted place and the boxes that clip it."""
    box = getattr(box, "_box", box)  # a placeholder of an absolutely positioned box
    if isinstance(box, boxes.TextBox):
        yield box, _painted(matrix, box.position_x, box.position_y, box.width, box.height), clips
        return
    if box.transformation_matrix:
        matrix = box.transformation_matrix @ matrix if matrix else box.transformation_matrix
    if isinstance(
        box, boxes.BlockBox | boxes.InlineBlockBox | boxes.FlexContainerBox | boxes.GridContainerBox
    ):
        if box.style["overflow"] != "visible" and box.element_tag not in {"html", "body"}:
            clips = (*clips, _painted(matrix, *box.rounded_padding_box()[:4]))
        if box.style["clip"] and box.is_absolutely_positioned():
            clips = (*clips, _painted(matrix, *_clip_of(box)))
    for child in box.children:
        yield from _placed_lines(child, matrix, clips)


def _clip_of(box: LaidBox) -> _Box:
    """Return the part of a box that `clip: rect(...)` leaves, as x, y, width, height.

    The sides are those that WeasyPrint uses.
    """
    top, right, bottom, left = box.style["clip"]
    upper, lower = (
        (0.0 if top == "auto" else top),
        (box.border_height() if bottom == "auto" else bottom),
    )
    one, other = (
        (0.0 if right == "auto" else right),
        (box.border_width() if left == "auto" else left),
    )
    return (
        box.border_box_x() + min(one, other),
        box.border_box_y() + upper,
        abs(other - one),
        lower - upper,
    )


def _painted(matrix: LaidBox, x: float, y: float, width: float, height: float) -> _Box:
    corners = [(x, y), (x + width, y), (x, y + height), (x + width, y + height)]
    if matrix:
        corners = [matrix.transform_point(*corner) for corner in corners]
    return (
        min(c[0] for c in corners),
        min(c[1] for c in corners),
        max(c[0] for c in corners),
        max(c[1] for c in corners),
    )


def letterings(laid: LaidOutDocument) -> tuple[FontUse, ...]:
    """Return the words of all pages, grouped by the font that their style chooses."""
    found: dict[tuple[tuple[str, ...], int], list[str]] = {}
    for page in laid.document.pages:
        for line in _text_boxes(page._page_box):  # noqa: SLF001 -- see text_outside
            found.setdefault(
                (tuple(line.style["font_family"]), int(line.style["font_weight"])), []
            ).append(line.text)
    return tuple(
        FontUse(families, weight, "".join(words)) for (families, weight), words in found.items()
    )


def marred(laid: LaidOutDocument) -> Iterator[tuple[int, str, str]]:
    """Yield (page, words, fault) for words that a style makes hard to read.

    Such words are struck out, set too close or too far apart, or set in other letters. They can be
    read back, and most of their ink is visible: only the style shows the fault.
    """
    for number, page in enumerate(laid.document.pages, start=1):
        for line in _text_boxes(page._page_box):  # noqa: SLF001 -- see text_outside
            style, size = line.style, line.style["font_size"]
            letters = 0.0 if style["letter_spacing"] == "normal" else style["letter_spacing"]
            if "line-through" in style["text_decoration_line"]:
                yield number, line.text.strip(), "is struck out"
            if letters > WIDEST_LETTERS * size and any(
                character.isdigit() for character in line.text
            ):
                yield (
                    number,
                    line.text.strip(),
                    f"has gaps between its digits (letter-spacing: {letters / size:.2f}em)",
                )
            through = _through(style, size)
            if through:
                yield (
                    number,
                    line.text.strip(),
                    f"has a line drawn through or along its letters ({through})",
                )
            if letters < CLOSEST_LETTERS * size or style["word_spacing"] < CLOSEST_WORDS * size:
                yield (
                    number,
                    line.text.strip(),
                    "is set so close that its letters or words overlap",
                )
            other = (
                _other_letters(style) if any(character.isalpha() for character in line.text) else ""
            )
            if other:
                yield (
                    number,
                    line.text.strip(),
                    f"is printed in other letters than it is written in ({other})",
                )


def _through(style: LaidStyle, size: float) -> str:
    """Return the property that draws a line through or above letters; empty for none.

    A plain underline is allowed.
    """
    lines = style["text_decoration_line"]
    if lines == "none":
        return ""
    if "overline" in lines:
        return "text-decoration: overline"
    if "underline" in lines:
        offset, thickness = style["text_underline_offset"], style["text_decoration_thickness"]
        if _length(offset, size) < 0:
            return "text-underline-offset: below 0"
        if _length(thickness, size) > THICKEST_UNDERLINE * size:
            return "text-decoration-thickness: too thick"
    return ""


def _length(value: LaidStyle, size: float) -> float:
    """Return a length in px; 0 for what the font chooses."""
    if isinstance(value, str):
        return 0.0
    unit = getattr(value, "unit", None)
    return (
        float(value.value) * (size / 100 if unit == "%" else 1)
        if unit is not None
        else float(value)
    )


def _other_letters(style: LaidStyle) -> str:
    """Return the property by which a style replaces letters, as with capitals; empty for none."""
    if style["text_transform"] != "none":
        return f"text-transform: {style['text_transform']}"
    if style["font_variant_caps"] != "normal":
        return f"font-variant-caps: {style['font_variant_caps']}"
    features = () if style["font_feature_settings"] == "normal" else style["font_feature_settings"]
    return next(
        (
            f'font-feature-settings: "{name}"'
            for name, value in features
            if name in CAPITALS and value
        ),
        "",
    )


@dataclass(frozen=True)
class TierBox:
    """A tier on a page: its heading, its box and that of its icon.

    Boxes are left, top, right, bottom in mm.
    """

    tier: str
    page: int
    words: str
    place: _Box
    icon: _Box


def tier_pages(laid: LaidOutDocument) -> tuple[tuple[str, tuple[int, ...]], ...]:
    """Return each box of a tier, in order: the tier, and the pages (from 1) that it is on."""
    found: dict[int, tuple[str, list[int]]] = {}
    for number, box in _numbered(laid):
        tier = _tier_of(box)
        # The parts of a box on several pages are of the same element.
        if tier and number not in found.setdefault(id(box.element), (tier, []))[1]:
            found[id(box.element)][1].append(number)
    return tuple((tier, tuple(pages)) for tier, pages in found.values())


def _tier_of(box: LaidBox) -> str:
    """Return the tier of a box that shows the red flags of one, or ""."""
    if not isinstance(box, boxes.BlockBox) or not any(
        _has_class(box, name) for name in ("tier", "placed", "zone")
    ):
        return ""
    names = box.element.get("class").split()
    return next((name.removeprefix("tier-") for name in names if name.startswith("tier-")), "")


def tier_boxes(laid: LaidOutDocument) -> Iterator[TierBox]:
    """Yield the boxes of the tiers; the icon is the tier's own, or the bullet of its first flag."""
    for number, box in _numbered(laid):
        tier = _tier_of(box)
        if tier:
            inner = [one for one in box.descendants() if isinstance(one, boxes.BlockBox)]
            heads = [one for one in inner if one.element_tag in {"h2", "h3"}]
            icons = [_edges(one) for one in inner if _has_class(one, "tier-icon")]
            icons += [_bullet_of(one) for one in inner if one.element_tag == "li"]
            if heads and icons:
                yield TierBox(tier, number, _words(heads[0]), _in_mm(_edges(box)), _in_mm(icons[0]))


def height_left(laid: LaidOutDocument) -> float:
    """Return the height below the last text of page 1, in mm."""
    content = laid.document.pages[0]._page_box  # noqa: SLF001 -- see text_outside
    used = (place.top + place.height for place in text_places(laid) if place.page == FRONT)
    return px_to_mm(content.content_box_y() + content.height) - max(used, default=0.0)


class WrappedFlag(NamedTuple):
    """A red flag of more than one line: its words, and those of its first line."""

    words: str
    first_line: str


def wrapped_flags(laid: LaidOutDocument, tiers: Collection[str]) -> tuple[WrappedFlag, ...]:
    """Return the red flags of tiers that take more than one line, those of most letters first."""
    found = {}
    for _, box in _numbered(laid):
        for flag in box.descendants() if _tier_of(box) in tiers else ():
            inner = flag.descendants() if flag.element_tag == "li" else ()
            lines = [_words(one) for one in inner if _is_line(one)]
            if len(lines) > 1:
                found[id(flag.element)] = WrappedFlag(_words(flag), lines[0])
    return tuple(sorted(found.values(), key=lambda flag: len(flag.words), reverse=True))


def _words(box: LaidBox) -> str:
    return " ".join(line.text.strip() for line in _text_boxes(box))


def lines_after(laid: LaidOutDocument, page: int) -> int:
    """Return the height of what is on the pages behind one, without their feet, in usual lines."""
    usual, over = _usual_line(laid), 0.0
    for other in laid.document.pages[page:]:
        top = other._page_box.content_box_y()  # noqa: SLF001 -- see text_outside
        bottoms = [
            box.position_y + box.height
            for box in _boxes(other)
            if isinstance(box, boxes.LineBox | boxes.TableCellBox | boxes.ReplacedBox)
            and not _in_margin(box, other)
        ]
        over += max(bottoms, default=top) - top
    return max(1, round(over / usual))


def _usual_line(laid: LaidOutDocument) -> float:
    """Return the height that most lines of text have, in CSS px."""
    heights = (
        round(box.height, 1)
        for page in laid.document.pages
        for box in _boxes(page)
        if _is_line(box)
    )
    return float(mode(heights))


def _is_line(box: LaidBox) -> bool:
    """Return whether a box is a line with text."""
    return isinstance(box, boxes.LineBox) and any(one.text.strip() for one in _text_boxes(box))


def _in_margin(box: LaidBox, page: LaidBox) -> bool:
    """Return whether a line is below the content of a page, where the foot is."""
    content = page._page_box  # noqa: SLF001 -- see text_outside
    return bool(box.position_y >= content.content_box_y() + content.height)


# The class or the tag of a block's box -> what an author calls it. The first that fits counts.
_KINDS: Final = {
    "zone": "zone",
    "schedule": "schedule",
    "log": "log",
    "advice": "columns",
    "table": "table",
    "ol": "steps",
    "ul": "list",
    "teach-back": "questions",
    "notes": "lines for notes",
    "figure": "picture",
    "callout": "callout",
    "contact": "contact box",
    "p": "text",
}


class BlockHeight(NamedTuple):
    """A block of a section: its kind, its words, its section's heading, and its height in lines."""

    kind: str
    words: str
    section: str
    lines: float


def block_heights(laid: LaidOutDocument) -> tuple[BlockHeight, ...]:
    """Return the height of each block of the sections, without their headings, in usual lines."""
    usual = _usual_line(laid)
    headings: dict[int, str] = {}
    heights: dict[int, BlockHeight] = {}
    for page in laid.document.pages:
        for section in _boxes(page):
            if section.element_tag != "section" or not isinstance(section, boxes.BlockBox):
                continue
            for child in section.children:
                if child.element_tag == "h2":
                    headings.setdefault(id(section.element), _all_words(child))
                    continue
                heading = headings.get(id(section.element), "")
                known = {child.element_tag, *(child.element.get("class") or "").split()}
                kind = next((name for key, name in _KINDS.items() if key in known), "block")
                before = heights.get(id(child.element), BlockHeight(kind, "", heading, 0.0))
                heights[id(child.element)] = before._replace(
                    words=before.words or _all_words(child),
                    lines=before.lines + child.margin_height() / usual,
                )
    return tuple(heights.values())


def _all_words(box: LaidBox) -> str:
    """Return the words of a box, without the marks of list entries."""
    words = " ".join(line.text for line in _text_boxes(box)).replace("\N{BULLET}", " ")
    return " ".join(words.split()).replace(" :", ":")


@dataclass(frozen=True)
class PictureBox:
    """A picture on a laid-out page: its left, bottom, right and top edges in pt, and its file."""

    page: int
    edges: _Box
    file: str
    is_logo: bool


def picture_boxes(laid: LaidOutDocument) -> Iterator[PictureBox]:
    """Yield the pictures on the pages, the clinic's logo too."""
    for number, page in enumerate(laid.document.pages, start=1):
        for box in _boxes(page):
            if box.element_tag == "img":
                left, top, right, bottom = _in_mm(_edges(box))
                height = px_to_mm(page.height)
                # In mm, with 1 mm around the picture.
                around = (left - 1, height - bottom - 1, right + 1, height - top + 1)
                x0, y0, x1, y1 = (edge * PT_PER_INCH / MM_PER_INCH for edge in around)
                yield PictureBox(number, (x0, y0, x1, y1), _file_of(box), _has_class(box, "logo"))


class PictureClash(NamedTuple):
    """A picture that lies on the mark of an entry of a list, or on another picture."""

    page: int
    file: str
    other: str


def picture_clashes(laid: LaidOutDocument) -> Iterator[PictureClash]:
    """Yield each picture on a bullet, a number or a box to tick, or on another picture."""
    for number, page in enumerate(laid.document.pages, start=1):
        found = tuple(_boxes(page))
        pictures = [box for box in found if box.element_tag == "img"]
        for at, picture in enumerate(pictures):
            file = _file_of(picture)
            for box in found:
                mark = _mark_of(box)
                if mark and _meet(_edges(picture), mark):
                    words = " ".join("".join(box.element.itertext()).split())
                    yield PictureClash(number, file, f"the mark of '{words[:40]}'")
            for other in pictures[at + 1 :]:
                if _meet(_edges(picture), _edges(other)):
                    yield PictureClash(number, _file_of(other), file)


def _mark_of(box: LaidBox) -> _Box | None:
    """Return the place of the mark of an entry, which is text or a background."""
    if box.element_tag == "li::marker":
        return _edges(box)
    drawn = box.element_tag == "li" and any(
        kind != "none" for kind, _ in box.style["background_image"]
    )
    return _bullet_of(box) if drawn else None


def _meet(one: _Box, other: _Box) -> bool:
    """Return whether two boxes (x, y, width, height in px) share more than rounding adds."""
    return all(
        px_to_mm(min(one[at] + one[at + 2], other[at] + other[at + 2]) - max(one[at], other[at]))
        > TOLERANCE
        for at in (0, 1)
    )


def _file_of(picture: LaidBox) -> str:
    return unquote(picture.element.get("src", "")).removeprefix("../")


def _edges(box: LaidBox) -> _Box:
    return box.border_box_x(), box.border_box_y(), box.border_width(), box.border_height()


def _bullet_of(box: LaidBox) -> _Box:
    left, top, width, _ = _edges(box)
    if box.style["direction"] == "rtl":
        side = min(box.padding_right, box.height)
        return left + width - side, top, side, side
    side = min(box.padding_left, box.height)
    return left, top, side, side


def _in_mm(place: _Box) -> _Box:
    """Convert x, y, width, height in px to left, top, right, bottom in mm."""
    x, y, width, height = place
    return px_to_mm(x), px_to_mm(y), px_to_mm(x + width), px_to_mm(y + height)


@dataclass(frozen=True)
class Opening:
    """The place of a field on laid-out pages.

    `page` counts from 0. `left` is where its words begin, on `baseline`; `width` is the length of
    the line and `size` that of the type, all in CSS px. `families` are those that the style names,
    in order; `weight` is from 100 to 900.
    """

    field: str
    page: int
    left: float
    baseline: float
    width: float
    size: float
    families: tuple[str, ...]
    weight: int
    rtl: bool


def openings(laid: LaidOutDocument) -> Iterator[Opening]:
    """Yield the places of fields, in the order of the text."""
    for number, box in _numbered(laid):
        if (
            box.element is None
            or not box.element.get("data-field")
            or not isinstance(box, boxes.BlockContainerBox)
            # A box that a style adds before or after an element has the tag `span::before`.
            or "::" in box.element_tag
        ):
            continue
        # The space in the box, where the words will be.
        space = next(line for line in _text_boxes(box) if "::" not in line.element_tag)
        yield Opening(
            field=box.element.get("data-field"),
            page=number - 1,
            left=box.content_box_x(),
            baseline=space.position_y + space.baseline,
            width=box.width,
            size=space.style["font_size"],
            families=tuple(space.style["font_family"]),
            weight=int(space.style["font_weight"]),
            rtl=box.style["direction"] == "rtl",
        )


def sides_that_fit(laid: LaidOutDocument) -> tuple[bool, bool]:
    """Return whether a card's front and its back, with a QR code on one, each fit on one page."""
    back = _back_page(laid)
    first, last = (_has_room_for_code(laid.document.pages[at]) for at in (0, -1))
    return back == FRONT + 1 and first, back == laid.pages and last


def _has_room_for_code(page: LaidBox) -> bool:
    codes = [box for box in _boxes(page) if _has_class(box, "card-qr")]
    return all(box.border_box_y() + box.border_height() <= page.height for box in codes)


def used_heights(laid: LaidOutDocument) -> tuple[float, float]:
    """Return the heights of a card's front and back in mm, with the text on further pages."""
    back = _back_page(laid) or laid.pages + 1
    pages = laid.document.pages
    return sum(map(_used, pages[: back - 1])), sum(map(_used, pages[back - 1 :]))


def missing_height(laid: LaidOutDocument) -> tuple[float, float]:
    """Return by how many mm a card's front and back are too high.

    That is the height of the lines on further pages, without what is left on the first one.
    """
    back = _back_page(laid) or laid.pages + 1
    pages = laid.document.pages
    return _missing(pages[: back - 1]), _missing(pages[back - 1 :])


def _missing(pages: Sequence[LaidBox]) -> float:
    """Return by how many mm one side of a card is too high for the first of its pages."""
    spans = [
        [(box.position_y, box.position_y + box.height) for box in _boxes(page) if _is_line(box)]
        for page in pages
    ]
    more = sum(max(end for _, end in lines) - min(lines)[0] for lines in spans[FRONT:] if lines)
    if not more:
        return 0.0
    # The letters of the last line may reach below it, and have to keep clear of the edge, too.
    more += max(
        text.position_y + text.height - line.position_y - line.height
        for line in _boxes(pages[-1])
        if _is_line(line)
        for text in _text_boxes(line)
    )
    content = pages[0]._page_box  # noqa: SLF001 -- see text_outside
    top = content.content_box_y()
    left = top + content.height - max((end for _, end in spans[0]), default=top)
    return max(TOLERANCE, round(px_to_mm(more - left), 1))


def _used(page: LaidBox) -> float:
    lines = [line for line in _text_boxes(page._page_box) if line.text.strip()]  # noqa: SLF001 -- see text_outside
    if not lines:
        return 0.0
    return px_to_mm(
        max(line.position_y + line.height for line in lines)
        - min(line.position_y for line in lines)
    )


def flag_type(laid: LaidOutDocument) -> float:
    """Return the size in pt of the smallest type in which a red flag is set on cards; 0 for none."""
    sizes = [
        box.style["font_size"] * PT_PER_INCH / PX_PER_INCH
        for _, box in _numbered(laid)
        if box.element is not None and box.element.get("data-flag")
    ]
    return round(min(sizes, default=0.0), 1)


def in_turn(laid: LaidOutDocument, cards: int) -> bool:
    """Return whether cards lie front and back in turn, one page each."""
    sides = [
        "back" if any(_has_class(box, "back") for box in _boxes(page)) else "front"
        for page in laid.document.pages
    ]
    return sides == ["front", "back"] * cards


def flags_out(laid: LaidOutDocument, words_out: Collection[str]) -> tuple[str, ...]:
    """Return the ids of a card's red flags that are not wholly on its two sides.

    The front must be page 1, and the back the page on which it begins: text that continues on
    another page is off the card.
    """
    back = _back_page(laid)
    lost: dict[str, None] = {}
    for number, flag, words in _flag_boxes(laid):
        if number not in {FRONT, back} or any(out in words for out in words_out):
            lost[flag] = None
    return tuple(lost)


def flags_beside(laid: LaidOutDocument, flags: Collection[str]) -> tuple[str, ...]:
    """Return the ids of all red flags on the sides of a card that have one of these flags."""
    back = _back_page(laid) or laid.pages + 1
    sides: dict[str, bool] = {flag: number < back for number, flag, _ in _flag_boxes(laid)}
    full = {sides[flag] for flag in flags}
    return tuple(flag for flag, side in sides.items() if side in full)


def _flag_boxes(laid: LaidOutDocument) -> Iterator[tuple[int, str, str]]:
    """Yield the boxes of red flags: the number of the page, the flag's id, the words."""
    for number, box in _numbered(laid):
        if box.element is not None and box.element_tag == "li":
            flag = box.element.get("data-flag")
            if flag is not None:
                yield number, flag, " ".join(line.text for line in _text_boxes(box))


def _back_page(laid: LaidOutDocument) -> int:
    """Return the page (from 1) on which a card's back begins; 0 when a template has lost it."""
    return next((number for number, box in _numbered(laid) if _has_class(box, "back")), 0)


def _numbered(laid: LaidOutDocument) -> Iterator[tuple[int, LaidBox]]:
    """Yield the boxes of the pages, each with the number of its page, from 1."""
    for number, page in enumerate(laid.document.pages, start=1):
        for box in _boxes(page):
            yield number, box


def _boxes(page: LaidBox) -> Iterator[LaidBox]:
    yield from page._page_box.descendants(placeholders=True)  # noqa: SLF001 -- see text_outside


def _has_class(box: LaidBox, name: str) -> bool:
    return box.element is not None and name in (box.element.get("class") or "").split()


def _text_boxes(box: LaidBox) -> Iterator[LaidBox]:
    for child in box.descendants(placeholders=True):
        if isinstance(child, boxes.TextBox):
            yield child


def split_rows(laid: LaidOutDocument) -> tuple[tuple[str, ...], ...]:
    """Return the rows of tables that are on more than one page, as the words of each cell."""
    pages: dict[LaidBox, set[int]] = {}
    for number, page in enumerate(laid.document.pages):
        # The rows of a head are repeated on each page of a table, and margins on each page.
        groups = (
            box
            for content in page._page_box.children  # noqa: SLF001 -- see text_outside
            if not isinstance(content, boxes.MarginBox)
            for box in content.descendants(placeholders=True)
            if isinstance(box, boxes.TableRowGroupBox) and not (box.is_header or box.is_footer)
        )
        for row in (row for group in groups for row in group.children if row.element is not None):
            pages.setdefault(row.element, set()).add(number)
    return tuple(
        tuple("".join(cell.itertext()) for cell in row)
        for row, numbers in pages.items()
        if len(numbers) > 1
    )


class WideTable(NamedTuple):
    """A table that reaches out of the printable area of a page, and the mm that are too many.

    `columns` are the headings with the widths of their columns in mm, the widest first. `words` are
    all words on that page.
    """

    page: int
    millimetres: float
    columns: tuple[tuple[str, float], ...]
    words: str


def wide_tables(laid: LaidOutDocument, safe_mm: float) -> Iterator[WideTable]:
    """Yield each table that is too wide, once."""
    found: dict[PageElement, WideTable] = {}
    for number, page in enumerate(laid.document.pages, start=1):
        for box in _boxes(page):
            if not isinstance(box, boxes.TableBox):
                continue
            left, _, right, _ = _in_mm(_edges(box))
            out = max(safe_mm - left, right - (px_to_mm(page.width) - safe_mm))
            if out > TOLERANCE and box.element not in found:
                row = next(row for row in box.descendants() if isinstance(row, boxes.TableRowBox))
                columns = [
                    (_all_words(cell), px_to_mm(cell.border_width())) for cell in row.children
                ]
                widest = tuple(sorted(columns, key=lambda column: -column[1]))
                words = " ".join(line.text for line in _text_boxes(box))
                found[box.element] = WideTable(number, out, widest, words)
    yield from found.values()


class StrayCell(NamedTuple):
    """A cell whose words stand nearer the heading of another column than that of their own."""

    page: int
    words: str
    heading: str
    other: str


def stray_cells(laid: LaidOutDocument) -> Iterator[StrayCell]:
    """Yield the stray cells of tables with headings, of which every row has a cell a column."""
    for number, page in enumerate(laid.document.pages, start=1):
        tables = {
            id(box.element): box.element for box in _boxes(page) if box.element_tag == "table"
        }
        for table in tables.values():
            head, *rows = [list(row) for row in table.iter("tr")] or [[]]
            cell_of = {
                id(inner): cell for row in (head, *rows) for cell in row for inner in cell.iter()
            }
            places: dict[Any, tuple[float, float]] = {}
            for text in _text_boxes(page._page_box):  # noqa: SLF001 -- see text_outside
                cell = cell_of.get(id(text.element))
                if cell is not None and any(map(str.isalnum, text.text)):
                    left, right = text.position_x, text.position_x + text.width
                    before = places.get(cell, (left, right))
                    places[cell] = (min(left, before[0]), max(right, before[1]))
            for cell, own, others in _columns(table, head, rows):
                if cell not in places or own not in places:
                    continue
                apart = _apart(places[cell], places[own])
                for other in others:
                    if other in places and _apart(places[cell], places[other]) < apart:
                        words, heading, wrong = ("".join(x.itertext()) for x in (cell, own, other))
                        yield StrayCell(number, words.strip(), heading.strip(), wrong.strip())
                        break


def _columns(
    table: PageElement, head: list[PageElement], rows: list[list[PageElement]]
) -> Iterator[tuple[PageElement, PageElement, list[PageElement]]]:
    """Yield each cell of a table with the heading of its column, and the other headings."""
    if table.find("thead") is None:
        return
    for row in rows:
        for at, cell in enumerate(row if len(row) == len(head) else []):
            yield cell, head[at], head[:at] + head[at + 1 :]


def _apart(one: tuple[float, float], other: tuple[float, float]) -> float:
    """Return how far two places are from standing below each other: left, right or centred."""
    if one[0] < other[1] and other[0] < one[1]:
        return 0.0
    left, right = abs(one[0] - other[0]), abs(one[1] - other[1])
    return min(left, right, abs(sum(one) - sum(other)) / 2)
