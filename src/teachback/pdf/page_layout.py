"""Find the places of text and boxes on laid-out pages, from WeasyPrint's boxes, before writing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from statistics import mode
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias
from urllib.parse import unquote

from teachback.errors import TeachbackError
from teachback.pdf.renderer import boxes
from teachback.units import MM_PER_INCH, PT_PER_INCH, PX_PER_INCH, px_to_mm

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from teachback.pdf.renderer import LaidOutDocument

# Rounding of the layout, in mm; a smaller excess is invisible.
TOLERANCE: Final = 0.1
# The first page, which is the front of a card.
FRONT: Final = 1

# Letters and words set closer than this, as a share of the type size, run into each other.
CLOSEST_LETTERS: Final = -0.06
CLOSEST_WORDS: Final = -0.12
# Digits set further apart than this look like separate numbers.
WIDEST_LETTERS: Final = 0.12
# A thicker underline touches its letters.
THICKEST_UNDERLINE: Final = 0.12

# Font features that replace letters with capitals or small capitals (OpenType 1.9.1, registered
# features).
CAPITALS: Final = frozenset({"smcp", "c2sc", "pcap", "c2pc", "unic", "titl"})

# WeasyPrint has no types. `LaidBox` is a box or a page.
LaidBox: TypeAlias = Any
LaidStyle: TypeAlias = Any
LaidMatrix: TypeAlias = Any
PageElement: TypeAlias = Any
# left, top, right, bottom; some are x, y, width, height, and say so.
_Box = tuple[float, float, float, float]
_PlacedTexts = Iterator[tuple[LaidBox, _Box, tuple[_Box, ...]]]


@dataclass(frozen=True)
class TextOut:
    """Words outside their area, with the page (from 1) and the distance in mm.

    With `cut`, a box cuts them off. With `foot`, they are in the margin of the page.
    """

    words: str
    page: int
    millimetres: float
    cut: bool = False
    foot: bool = False


@dataclass(frozen=True)
class FontUse:
    """Words in one font: the families that the style names, in order, and the weight (100-900)."""

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


def text_places(layout: LaidOutDocument) -> Iterator[TextPlace]:
    """Yield the words of the pages in reading order, without those of the foot."""
    for number, page in enumerate(layout.document.pages, start=1):
        for part in _root_box(page).children:
            if isinstance(part, boxes.MarginBox):
                continue
            for text, place, _ in _placed_texts(part, None, ()):
                left, top, right, bottom = (px_to_mm(edge) for edge in place)
                yield TextPlace(text.text, number, left, top, right - left, bottom - top)


def text_outside(layout: LaidOutDocument, safe_mm: float) -> Iterator[TextOut]:
    """Yield words nearer than `safe_mm` to the edge of a page, or outside a box that cuts them off.

    Transformed boxes count where they are painted.
    """
    for number, page in enumerate(layout.document.pages, start=1):
        width, height = px_to_mm(page.width), px_to_mm(page.height)
        for part in _root_box(page).children:
            foot = isinstance(part, boxes.MarginBox)
            for text, place, clips in _placed_texts(part, None, ()):
                if not any(map(str.isalnum, text.text)):
                    continue
                left, top, right, bottom = (px_to_mm(edge) for edge in place)
                out = max(
                    safe_mm - left,
                    safe_mm - top,
                    right - (width - safe_mm),
                    bottom - (height - safe_mm),
                )
                if out > TOLERANCE:
                    yield TextOut(text.text.strip(), number, round(out, 1), foot=foot)
                cut = max((px_to_mm(_overhang(place, clip)) for clip in clips), default=0.0)
                if cut > TOLERANCE:
                    yield TextOut(text.text.strip(), number, round(cut, 1), cut=True, foot=foot)


def _overhang(place: _Box, clip: _Box) -> float:
    """Return how far a box sticks out of another, in the unit of both."""
    return max(clip[0] - place[0], clip[1] - place[1], place[2] - clip[2], place[3] - clip[3])


def _placed_texts(box: LaidBox, matrix: LaidMatrix, clips: tuple[_Box, ...]) -> _PlacedTexts:
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
        yield from _placed_texts(child, matrix, clips)


def _clip_of(box: LaidBox) -> _Box:
    """Return the part of a box that `clip: rect(...)` leaves, as x, y, width, height.

    WeasyPrint takes the left edge for a right side of `auto`, and the right edge for a left one.
    """
    top, right, bottom, left = box.style["clip"]
    upper = 0.0 if top == "auto" else top
    lower = box.border_height() if bottom == "auto" else bottom
    right = 0.0 if right == "auto" else right
    left = box.border_width() if left == "auto" else left
    return (
        box.border_box_x() + min(left, right),
        box.border_box_y() + upper,
        abs(left - right),
        lower - upper,
    )


def _painted(matrix: LaidMatrix, x: float, y: float, width: float, height: float) -> _Box:
    corners = [(x, y), (x + width, y), (x, y + height), (x + width, y + height)]
    if matrix:
        corners = [matrix.transform_point(*corner) for corner in corners]
    xs, ys = zip(*corners, strict=True)
    return min(xs), min(ys), max(xs), max(ys)


def font_uses(layout: LaidOutDocument) -> tuple[FontUse, ...]:
    """Return the words of all pages, grouped by the font that their style chooses."""
    words: dict[tuple[tuple[str, ...], int], list[str]] = {}
    for page in layout.document.pages:
        for text in _text_boxes(_root_box(page)):
            font = tuple(text.style["font_family"]), int(text.style["font_weight"])
            words.setdefault(font, []).append(text.text)
    return tuple(FontUse(*font, "".join(texts)) for font, texts in words.items())


def hard_to_read(layout: LaidOutDocument) -> Iterator[tuple[int, str, str]]:
    """Yield (page, words, fault) for words that a style makes hard to read.

    Such words are struck out, set too close or too far apart, or set in other letters. They can be
    read back, and most of their ink is visible: only the style shows the fault.
    """
    for number, page in enumerate(layout.document.pages, start=1):
        for text in _text_boxes(_root_box(page)):
            style, size = text.style, text.style["font_size"]
            spacing = 0.0 if style["letter_spacing"] == "normal" else style["letter_spacing"]
            if "line-through" in style["text_decoration_line"]:
                yield number, text.text.strip(), "is struck out"
            if spacing > WIDEST_LETTERS * size and any(map(str.isdigit, text.text)):
                fault = f"has gaps between its digits (letter-spacing: {spacing / size:.2f}em)"
                yield number, text.text.strip(), fault
            line = _drawn_line(style, size)
            if line:
                fault = f"has a line drawn through or along its letters ({line})"
                yield number, text.text.strip(), fault
            if spacing < CLOSEST_LETTERS * size or style["word_spacing"] < CLOSEST_WORDS * size:
                fault = "is set so close that its letters or words overlap"
                yield number, text.text.strip(), fault
            replaced = _replaced_letters(style) if any(map(str.isalpha, text.text)) else ""
            if replaced:
                fault = f"is printed in other letters than it is written in ({replaced})"
                yield number, text.text.strip(), fault


def _drawn_line(style: LaidStyle, size: float) -> str:
    """Return the property that draws a line through or above letters, or "".

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


def _replaced_letters(style: LaidStyle) -> str:
    """Return the property by which a style replaces letters, as with capitals, or ""."""
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


def tier_pages(layout: LaidOutDocument) -> tuple[tuple[str, tuple[int, ...]], ...]:
    """Return each box of a tier, in order: the tier, and the pages (from 1) that it is on."""
    tiers: dict[int, tuple[str, dict[int, None]]] = {}
    for number, box in _numbered(layout):
        tier = _tier_of(box)
        if tier:
            # The parts of a box on several pages are of the same element.
            _, pages = tiers.setdefault(id(box.element), (tier, {}))
            pages[number] = None
    return tuple((tier, tuple(pages)) for tier, pages in tiers.values())


def _tier_of(box: LaidBox) -> str:
    """Return the tier whose red flags a box shows, or ""."""
    if not isinstance(box, boxes.BlockBox) or not any(
        _has_class(box, name) for name in ("tier", "placed", "zone")
    ):
        return ""
    names = box.element.get("class").split()
    return next((name.removeprefix("tier-") for name in names if name.startswith("tier-")), "")


def tier_boxes(layout: LaidOutDocument) -> Iterator[TierBox]:
    """Yield the boxes of the tiers; the icon is the tier's own, or the bullet of its first flag."""
    for number, box in _numbered(layout):
        tier = _tier_of(box)
        if tier:
            blocks = [block for block in box.descendants() if isinstance(block, boxes.BlockBox)]
            headings = [block for block in blocks if block.element_tag in {"h2", "h3"}]
            icons = [_edges(block) for block in blocks if _has_class(block, "tier-icon")]
            icons += [_bullet_of(block) for block in blocks if block.element_tag == "li"]
            if headings and icons:
                place, icon = _in_mm(_edges(box)), _in_mm(icons[0])
                yield TierBox(tier, number, _words(headings[0]), place, icon)


def height_left(layout: LaidOutDocument) -> float:
    """Return the height below the last text of page 1, in mm."""
    root = _root_box(layout.document.pages[0])
    bottoms = (place.top + place.height for place in text_places(layout) if place.page == FRONT)
    return px_to_mm(root.content_box_y() + root.height) - max(bottoms, default=0.0)


class WrappedFlag(NamedTuple):
    """A red flag of more than one line: its words, and those of its first line."""

    words: str
    first_line: str


def wrapped_flags(layout: LaidOutDocument, tiers: Collection[str]) -> tuple[WrappedFlag, ...]:
    """Return the red flags of tiers that take more than one line, the longest text first."""
    wrapped = {}
    for _, box in _numbered(layout):
        for flag in box.descendants() if _tier_of(box) in tiers else ():
            parts = flag.descendants() if flag.element_tag == "li" else ()
            lines = [_words(part) for part in parts if _is_line(part)]
            if len(lines) > 1:
                wrapped[id(flag.element)] = WrappedFlag(_words(flag), lines[0])
    return tuple(sorted(wrapped.values(), key=lambda flag: len(flag.words), reverse=True))


def _words(box: LaidBox) -> str:
    return " ".join(text.text.strip() for text in _text_boxes(box))


def lines_after(layout: LaidOutDocument, page: int) -> int:
    """Return the height of the content of all pages after `page`, in usual lines, at least 1.

    Lines in the foot of a page do not count.
    """
    height = 0.0
    for later in layout.document.pages[page:]:
        root = _root_box(later)
        top = root.content_box_y()
        foot = top + root.height
        bottoms = (
            box.position_y + box.height
            for box in _boxes(later)
            if isinstance(box, boxes.LineBox | boxes.TableCellBox | boxes.ReplacedBox)
            and box.position_y < foot
        )
        height += max(bottoms, default=top) - top
    return max(1, round(height / _usual_line(layout)))


def _usual_line(layout: LaidOutDocument) -> float:
    """Return the height that most lines of text have, in CSS px."""
    heights = (round(box.height, 1) for _, box in _numbered(layout) if _is_line(box))
    return float(mode(heights))


def _is_line(box: LaidBox) -> bool:
    """Return whether a box is a line with text."""
    return isinstance(box, boxes.LineBox) and any(text.text.strip() for text in _text_boxes(box))


# The class or tag of a block's box -> the author's word for it. The first match counts.
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


def block_heights(layout: LaidOutDocument) -> tuple[BlockHeight, ...]:
    """Return the height of each block of the sections, without their headings, in usual lines."""
    usual = _usual_line(layout)
    headings: dict[int, str] = {}
    heights: dict[int, BlockHeight] = {}
    for _, section in _numbered(layout):
        if section.element_tag != "section" or not isinstance(section, boxes.BlockBox):
            continue
        for child in section.children:
            if child.element_tag == "h2":
                headings.setdefault(id(section.element), _all_words(child))
                continue
            heading = headings.get(id(section.element), "")
            names = {child.element_tag, *(child.element.get("class") or "").split()}
            kind = next((kind for name, kind in _KINDS.items() if name in names), "block")
            # A block on several pages has a box on each.
            block = heights.get(id(child.element), BlockHeight(kind, "", heading, 0.0))
            heights[id(child.element)] = block._replace(
                words=block.words or _all_words(child),
                lines=block.lines + child.margin_height() / usual,
            )
    return tuple(heights.values())


def _all_words(box: LaidBox) -> str:
    """Return the words of a box, without the marks of list entries."""
    words = " ".join(text.text for text in _text_boxes(box)).replace("\N{BULLET}", " ")
    return " ".join(words.split()).replace(" :", ":")


@dataclass(frozen=True)
class PictureBox:
    """A picture on a laid-out page: its left, bottom, right and top edges in pt, and its file."""

    page: int
    edges: _Box
    file: str
    is_logo: bool


def picture_boxes(layout: LaidOutDocument) -> Iterator[PictureBox]:
    """Yield the pictures on the pages, with the clinic's logo."""
    for number, page in enumerate(layout.document.pages, start=1):
        for box in _boxes(page):
            if box.element_tag == "img":
                left, top, right, bottom = _in_mm(_edges(box))
                height = px_to_mm(page.height)
                # In mm, with 1 mm around the picture.
                outset = (left - 1, height - bottom - 1, right + 1, height - top + 1)
                x0, y0, x1, y1 = (edge * PT_PER_INCH / MM_PER_INCH for edge in outset)
                yield PictureBox(number, (x0, y0, x1, y1), _file_of(box), _has_class(box, "logo"))


class PictureClash(NamedTuple):
    """A picture that lies on the mark of an entry of a list, or on another picture."""

    page: int
    file: str
    other: str


def picture_clashes(layout: LaidOutDocument) -> Iterator[PictureClash]:
    """Yield each picture on a bullet, a number or a box to tick, or on another picture."""
    for number, boxes_of_page in enumerate(layout.boxes, start=1):
        pictures = [box for box in boxes_of_page if box.element_tag == "img"]
        for index, picture in enumerate(pictures):
            file = _file_of(picture)
            for box in boxes_of_page:
                mark = _mark_of(box)
                if mark and _overlap(_edges(picture), mark):
                    words = " ".join("".join(box.element.itertext()).split())
                    yield PictureClash(number, file, f"the mark of '{words[:40]}'")
            for other in pictures[index + 1 :]:
                if _overlap(_edges(picture), _edges(other)):
                    yield PictureClash(number, _file_of(other), file)


def _mark_of(box: LaidBox) -> _Box | None:
    """Return the place of the mark of an entry, which is text or a background."""
    if box.element_tag == "li::marker":
        return _edges(box)
    has_bullet = box.element_tag == "li" and any(
        kind != "none" for kind, _ in box.style["background_image"]
    )
    return _bullet_of(box) if has_bullet else None


def _overlap(first: _Box, second: _Box) -> bool:
    """Return whether two boxes (x, y, width, height in px) share more than rounding adds."""
    left, top, width, height = first
    other_left, other_top, other_width, other_height = second
    across = min(left + width, other_left + other_width) - max(left, other_left)
    down = min(top + height, other_top + other_height) - max(top, other_top)
    return px_to_mm(min(across, down)) > TOLERANCE


def _file_of(picture: LaidBox) -> str:
    return unquote(picture.element.get("src", "")).removeprefix("../")


def _edges(box: LaidBox) -> _Box:
    """Return x, y, width and height of a box with its border, in px."""
    return box.border_box_x(), box.border_box_y(), box.border_width(), box.border_height()


def _bullet_of(box: LaidBox) -> _Box:
    """Return x, y, width and height of the square in which an entry's bullet is drawn, in px."""
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
class FieldOpening:
    """The place of a field on laid-out pages.

    `page` counts from 0. `left` is where its words begin, on `baseline`, `width` is the length of
    the line, and `size` is that of the type, all in CSS px. `families` are those that the style
    names, in order. `weight` is from 100 to 900.
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


def field_openings(layout: LaidOutDocument) -> Iterator[FieldOpening]:
    """Yield the places of fields, in the order of the text.

    Raises TeachbackError for a place that a template or a style has left without its space.
    """
    for number, box in _numbered(layout):
        if (
            box.element is None
            or not box.element.get("data-field")
            or not isinstance(box, boxes.BlockContainerBox)
            # A box that a style adds before or after an element has the tag `span::before`.
            or "::" in box.element_tag
        ):
            continue
        field = box.element.get("data-field")
        # The space in the box, which the words will replace.
        space = next((text for text in _text_boxes(box) if "::" not in text.element_tag), None)
        if space is None:
            message = f"the place of the field '{field}' on page {number} has no room for words"
            hint = "Print it with slot(place), and let no style set its type to 0."
            raise TeachbackError.of(message, hint)
        yield FieldOpening(
            field=field,
            page=number - 1,
            left=box.content_box_x(),
            baseline=space.position_y + space.baseline,
            width=box.width,
            size=space.style["font_size"],
            families=tuple(space.style["font_family"]),
            weight=int(space.style["font_weight"]),
            rtl=box.style["direction"] == "rtl",
        )


def sides_that_fit(layout: LaidOutDocument) -> tuple[bool, bool]:
    """Return whether a card's front and its back each fit on one page, with the QR code."""
    back = _back_page(layout)
    pages = layout.document.pages
    return (
        back == FRONT + 1 and _has_room_for_code(pages[0]),
        back == layout.pages and _has_room_for_code(pages[-1]),
    )


def _has_room_for_code(page: LaidBox) -> bool:
    codes = [box for box in _boxes(page) if _has_class(box, "card-qr")]
    return all(box.border_box_y() + box.border_height() <= page.height for box in codes)


def used_heights(layout: LaidOutDocument) -> tuple[float, float]:
    """Return the heights of the text of a card's front and back in mm, on all of their pages."""
    front, back = _sides(layout)
    return sum(map(_text_height, front)), sum(map(_text_height, back))


def missing_height(layout: LaidOutDocument) -> tuple[float, float]:
    """Return by how many mm a card's front and back are too high.

    That is the height of the lines on further pages, less the room left on the first one.
    """
    front, back = _sides(layout)
    return _missing_on_side(front), _missing_on_side(back)


def _sides(layout: LaidOutDocument) -> tuple[Sequence[LaidBox], Sequence[LaidBox]]:
    """Return the pages of a card's front and back. Without a back, all belong to the front."""
    pages = layout.document.pages
    back = _back_page(layout) or layout.pages + 1
    return pages[: back - 1], pages[back - 1 :]


def _missing_on_side(pages: Sequence[LaidBox]) -> float:
    """Return by how many mm one side of a card is too high for the first of its pages."""
    lines_by_page = [
        [(box.position_y, box.position_y + box.height) for box in _boxes(page) if _is_line(box)]
        for page in pages
    ]
    overflow = sum(
        max(bottom for _, bottom in lines) - min(lines)[0] for lines in lines_by_page[1:] if lines
    )
    if not overflow:
        return 0.0
    # The letters of the last line may reach below it. They must keep clear of the edge, too.
    overflow += max(
        text.position_y + text.height - line.position_y - line.height
        for line in _boxes(pages[-1])
        if _is_line(line)
        for text in _text_boxes(line)
    )
    root = _root_box(pages[0])
    top = root.content_box_y()
    room = top + root.height - max((bottom for _, bottom in lines_by_page[0]), default=top)
    return max(TOLERANCE, round(px_to_mm(overflow - room), 1))


def _text_height(page: LaidBox) -> float:
    texts = [text for text in _text_boxes(_root_box(page)) if text.text.strip()]
    if not texts:
        return 0.0
    return px_to_mm(
        max(text.position_y + text.height for text in texts)
        - min(text.position_y for text in texts)
    )


def flag_type(layout: LaidOutDocument) -> float:
    """Return the size in pt of the smallest type of a red flag on cards, or 0 without a flag."""
    sizes = [
        box.style["font_size"] * PT_PER_INCH / PX_PER_INCH
        for _, box in _numbered(layout)
        if box.element is not None and box.element.get("data-flag")
    ]
    return round(min(sizes, default=0.0), 1)


def in_turn(layout: LaidOutDocument, cards: int) -> bool:
    """Return whether the pages are the fronts and backs of `cards` cards in turn."""
    sides = [
        "back" if any(_has_class(box, "back") for box in _boxes(page)) else "front"
        for page in layout.document.pages
    ]
    return sides == ["front", "back"] * cards


def flags_off_card(layout: LaidOutDocument, words_out: Collection[str]) -> tuple[str, ...]:
    """Return the ids of a card's red flags that are not wholly on its two sides.

    The front must be page 1, and the back the page on which it begins: text that continues on
    another page is off the card.
    """
    back = _back_page(layout)
    return tuple(
        dict.fromkeys(
            flag
            for number, flag, words in _flag_boxes(layout)
            if number not in {FRONT, back} or any(outside in words for outside in words_out)
        )
    )


def flags_on_same_side(layout: LaidOutDocument, flags: Collection[str]) -> tuple[str, ...]:
    """Return the ids of all red flags on the sides of a card that have one of these flags."""
    back = _back_page(layout) or layout.pages + 1
    is_on_front = {flag: number < back for number, flag, _ in _flag_boxes(layout)}
    sides = {is_on_front[flag] for flag in flags}
    return tuple(flag for flag, side in is_on_front.items() if side in sides)


def _flag_boxes(layout: LaidOutDocument) -> Iterator[tuple[int, str, str]]:
    """Yield the boxes of red flags: the page (from 1), the flag's id, its words."""
    for number, box in _numbered(layout):
        if box.element is not None and box.element_tag == "li":
            flag = box.element.get("data-flag")
            if flag is not None:
                yield number, flag, " ".join(text.text for text in _text_boxes(box))


def _back_page(layout: LaidOutDocument) -> int:
    """Return the page (from 1) on which a card's back begins; 0 when a template has lost it."""
    return next((number for number, box in _numbered(layout) if _has_class(box, "back")), 0)


def _numbered(layout: LaidOutDocument) -> Iterator[tuple[int, LaidBox]]:
    """Yield the boxes of the pages, each with the number of its page, from 1."""
    for number, boxes_of_page in enumerate(layout.boxes, start=1):
        for box in boxes_of_page:
            yield number, box


def _boxes(page: LaidBox) -> Iterator[LaidBox]:
    yield from _root_box(page).descendants(placeholders=True)


def _root_box(page: LaidBox) -> LaidBox:
    """Return the box of a page, which has no public name. WeasyPrint is pinned."""
    return page._page_box  # noqa: SLF001 -- no public name


def _has_class(box: LaidBox, name: str) -> bool:
    return box.element is not None and name in (box.element.get("class") or "").split()


def _text_boxes(box: LaidBox) -> Iterator[LaidBox]:
    for child in box.descendants(placeholders=True):
        if isinstance(child, boxes.TextBox):
            yield child


def split_rows(layout: LaidOutDocument) -> tuple[tuple[str, ...], ...]:
    """Return the table rows that are on more than one page, each as the words of its cells."""
    pages: dict[LaidBox, set[int]] = {}
    for number, page in enumerate(layout.document.pages):
        # The rows of a head repeat on each page of a table, and margins on each page.
        groups = (
            box
            for part in _root_box(page).children
            if not isinstance(part, boxes.MarginBox)
            for box in part.descendants(placeholders=True)
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
    """A table that reaches out of the printable area of a page, and by how many mm.

    `columns` are the headings with the widths of their columns in mm, the widest first. `words` are
    those of the table on that page.
    """

    page: int
    millimetres: float
    columns: tuple[tuple[str, float], ...]
    words: str


def wide_tables(layout: LaidOutDocument, safe_mm: float) -> Iterator[WideTable]:
    """Yield each table that is too wide, once."""
    tables: dict[PageElement, WideTable] = {}
    for number, page in enumerate(layout.document.pages, start=1):
        for box in _boxes(page):
            if not isinstance(box, boxes.TableBox):
                continue
            left, _, right, _ = _in_mm(_edges(box))
            out = max(safe_mm - left, right - (px_to_mm(page.width) - safe_mm))
            if out > TOLERANCE and box.element not in tables:
                row = next(row for row in box.descendants() if isinstance(row, boxes.TableRowBox))
                columns = [
                    (_all_words(cell), px_to_mm(cell.border_width())) for cell in row.children
                ]
                widest = tuple(sorted(columns, key=lambda column: -column[1]))
                words = " ".join(text.text for text in _text_boxes(box))
                tables[box.element] = WideTable(number, out, widest, words)
    yield from tables.values()


class StrayCell(NamedTuple):
    """A cell whose words stand nearer the heading of another column than that of their own."""

    page: int
    words: str
    heading: str
    other: str


def stray_cells(layout: LaidOutDocument) -> Iterator[StrayCell]:
    """Yield the stray cells of tables with headings, from rows that have a cell for each column."""
    for number, page in enumerate(layout.document.pages, start=1):
        tables = {
            id(box.element): box.element for box in _boxes(page) if box.element_tag == "table"
        }
        for table in tables.values():
            head, *rows = [list(row) for row in table.iter("tr")] or [[]]
            cell_of = {
                id(element): cell
                for row in (head, *rows)
                for cell in row
                for element in cell.iter()
            }
            # The left and right edge of the words of each cell.
            spans: dict[Any, tuple[float, float]] = {}
            for text in _text_boxes(_root_box(page)):
                cell = cell_of.get(id(text.element))
                if cell is not None and any(map(str.isalnum, text.text)):
                    left, right = text.position_x, text.position_x + text.width
                    before = spans.get(cell, (left, right))
                    spans[cell] = (min(left, before[0]), max(right, before[1]))
            for cell, heading, others in _columns(table, head, rows):
                if cell not in spans or heading not in spans:
                    continue
                distance = _distance(spans[cell], spans[heading])
                for other in others:
                    if other in spans and _distance(spans[cell], spans[other]) < distance:
                        elements = (cell, heading, other)
                        yield StrayCell(number, *("".join(e.itertext()).strip() for e in elements))
                        break


def _columns(
    table: PageElement, head: list[PageElement], rows: list[list[PageElement]]
) -> Iterator[tuple[PageElement, PageElement, list[PageElement]]]:
    """Yield each cell of a table with the heading of its column, and the other headings."""
    if table.find("thead") is None:
        return
    for row in rows:
        for index, cell in enumerate(row if len(row) == len(head) else []):
            yield cell, head[index], head[:index] + head[index + 1 :]


def _distance(first: tuple[float, float], second: tuple[float, float]) -> float:
    """Return how far two spans are from lying below each other: left, right or centred."""
    if first[0] < second[1] and second[0] < first[1]:
        return 0.0
    left, right = abs(first[0] - second[0]), abs(first[1] - second[1])
    return min(left, right, abs(sum(first) - sum(second)) / 2)
