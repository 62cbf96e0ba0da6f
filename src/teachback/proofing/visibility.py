"""Measure what is visible on a printed page: covered letters, contrast, overlaps, ink. Pure.

The page was drawn three times (see page_reader.ReadPage). Where it looks the same without its text,
the text is invisible. Otherwise the text is read against what remains when it is taken away. This
finds white on white, a box painted over a text, and half a line behind an edge alike, whatever
style causes them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from PIL import Image as Pictures
from PIL import ImageChops

from teachback.files.contrast import contrast, grey
from teachback.units import MM_PER_INCH, PT_PER_INCH

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from PIL.Image import Image

    from teachback.pdf.page_layout import TierBox
    from teachback.pdf.page_reader import Bounds, Letter, ReadPage, TextRun
    from teachback.pdf.text_matching import Edges

    Drawn = tuple[int, int, bytes]

# A dot belongs to letters that cover more than this (of 255); it is visible if it differs by more
# than that.
_INKED: Final = 96
_DIFFERS: Final = 20
# The same for a single letter: a full stop fills no dot.
_FAINTLY_INKED: Final = 64
# The share of the ground to ignore: an underline through the feet of letters is not their
# background.
_TOUCHED: Final = 0.15
# A share of the smaller text's area; the letters of two tight lines may touch.
_OVERLAP: Final = 0.35
# The largest difference of grey in an even ground, and where the ground must be even, in shares of
# the type size from the baseline: in the middle of the letters, except the ends of a line of text,
# which the border of a cell may touch. For a number it is the height above an underline, and what
# is beside it.
_DRAWN: Final = 40
_MIDDLE: Final = (0.15, 0.45)
_ENDS: Final = 0.12
_FOOT: Final = 0.03
_DIGIT: Final = 0.65
_BESIDE: Final = 0.3
_WHITE: Final = 255
# In mm: how far from its left edge a tier's border is searched. Then the least differences of two
# tiers: in the share of the edge that is inked, in pt, and in grey.
_EDGE: Final = 1.6
_SAME_SHARE: Final = 0.15
_SAME_WIDTH: Final = 0.7
_SAME_ICON: Final = 12


@dataclass(frozen=True)
class TextVisibility:
    """The visibility of a run of letters: the visible share of its ink (0 to 1), and its contrasts.

    `color` and `grey` are the contrasts in colour and in grey. `letters` are those that have lost
    ink, each with the visible share of its own ink.
    """

    run: TextRun
    shown: float
    color: float
    grey: float
    letters: tuple[tuple[str, float], ...] = ()


def looks(page: ReadPage) -> Iterator[TextVisibility]:
    """Measure every run of letters of a page."""
    inked = page.letters.point([_WHITE if value < _WHITE - _INKED else 0 for value in range(256)])
    changed = ImageChops.difference(page.whole, page.ground).point(
        [_WHITE if value > _DIFFERS else 0 for value in range(256)]
    )
    seen = ImageChops.darker(inked, changed)
    faintly = page.letters.point(
        [_WHITE if value < _WHITE - _FAINTLY_INKED else 0 for value in range(256)]
    )
    lost = ImageChops.darker(faintly, ImageChops.invert(changed))
    # The ground behind the letters themselves; the rest becomes transparent.
    ground = page.bare.convert("RGB")
    ground.putalpha(inked)
    for run in page.runs:
        box = _dots(page, run.bounds)
        if box is None:
            # It is not on the page at all.
            yield TextVisibility(run, 0.0, 1.0, 1.0)
            continue
        own = inked.crop(box)
        shown, letters = 1.0, tuple[tuple[str, float], ...]()
        # Nearly all letters are whole.
        if lost.crop(box).getbbox() or not own.getbbox():
            there, left = (one.histogram()[_WHITE] for one in (own, seen.crop(box)))
            shown = left / there if there else 1.0
            letters = tuple(_letters(page, run, faintly, lost))
        yield TextVisibility(run, shown, *_contrasts(run, ground.crop(box)), letters)


def _letters(
    page: ReadPage, run: TextRun, inked: Image, lost: Image
) -> Iterator[tuple[str, float]]:
    """Yield each letter of a run that has lost ink, with the visible share of it."""
    for character, bounds in run.letters:
        box = _dots(page, bounds, inner=True)
        if box is None:
            # A letter without ink has no box.
            if bounds[0] < bounds[2] and bounds[1] < bounds[3]:
                yield character, 0.0
            continue
        there, gone = (picture.crop(box).histogram()[_WHITE] for picture in (inked, lost))
        if gone or (not there and character.isalnum()):
            yield character, 1 - gone / there if there else 0.0


def ink(picture: Image) -> float:
    """Return the share of a page that a black-and-white printer covers with ink, 0 to 1."""
    counts: list[int] = picture.convert("L").histogram()
    return sum((_WHITE - value) * count for value, count in enumerate(counts)) / (
        _WHITE * sum(counts)
    )


def overlapping(page: ReadPage) -> Iterator[tuple[TextRun, TextRun]]:
    """Yield pairs of texts that overlap, as a whole or by one letter of each."""
    runs = sorted((run for run in page.runs if run.words.strip()), key=lambda run: run.bounds[1])
    for index, one in enumerate(runs):
        for other in runs[index + 1 :]:
            if other.bounds[1] >= one.bounds[3]:
                break
            share = _shared(one.bounds, other.bounds)
            if share > _OVERLAP or (share and _letters_overlap(one, other)):
                yield one, other


def _letters_overlap(one: TextRun, other: TextRun) -> bool:
    """Return whether a letter of one text lies on a letter of another."""
    there = [box for _, box in other.letters if _shared(box, one.bounds)]
    return any(
        _shared(box, beside) > _OVERLAP
        for _, box in one.letters
        if there and _shared(box, other.bounds)
        for beside in there
    )


def _shared(one: Bounds, other: Bounds) -> float:
    """Return the share of the smaller box that is on the other."""
    width = min(one[2], other[2]) - max(one[0], other[0])
    height = min(one[3], other[3]) - max(one[1], other[1])
    areas = [(right - left) * (bottom - top) for left, top, right, bottom in (one, other)]
    return width * height / min(areas) if width > 0 and height > 0 and min(areas) > 0 else 0.0


def struck(page: ReadPage) -> Iterator[str]:
    """Yield words with something drawn through the middle of their letters.

    Pictures, and text that is not read out, may have that.
    """
    for run, edges in _straight(page):
        left, right = edges.left + _ENDS * edges.size, edges.right - _ENDS * edges.size
        if _drawn_on(page, edges, (left, right), _MIDDLE):
            yield run.words.strip()


def beside_numbers(page: ReadPage) -> Iterator[tuple[str, str]]:
    """Yield each number with something drawn on it or right beside it, and the words around it.

    Such a mark could be read as a part of the number.
    """
    for run, edges in _straight(page):
        for letters in _numbers(run):
            left, right = letters[0][1][0], letters[-1][1][2]
            around = left - _BESIDE * edges.size, right + _BESIDE * edges.size
            if _drawn_on(page, edges, around, (_FOOT, _DIGIT)):
                yield "".join(letter for letter, _ in letters), run.words.strip()


def _straight(page: ReadPage) -> Iterator[tuple[TextRun, Edges]]:
    for run in page.runs:
        if run.edges and run.words.strip() and not (run.artifact or run.drawn):
            yield run, run.edges


def _numbers(run: TextRun) -> Iterator[tuple[Letter, ...]]:
    """Yield the numbers of a run, with the points and commas in them."""
    number: list[Letter] = []
    for letter in (*run.letters, (" ", (0.0, 0.0, 0.0, 0.0))):
        if letter[0].isdigit() or (number and letter[0] in ".,"):
            number.append(letter)
        elif number:
            while not number[-1][0].isdigit():
                number.pop()
            yield tuple(number)
            number = []


def _drawn_on(
    page: ReadPage, line: Edges, across: tuple[float, float], up: tuple[float, float]
) -> bool:
    """Return whether the ground of a part of a line, without its text, has clearly different greys.

    `across` are its left and right edges in pt; `up` its lower and upper one, in type sizes.
    """
    low, high = (line.baseline + edge * line.size for edge in up)
    box = _dots(page, (across[0], low, across[1], high), inner=True)
    if box is None:
        return False
    least, most = page.ground.crop(box).getextrema()
    return bool(most - least > _DRAWN)


def _dots(
    page: ReadPage, bounds: Bounds, *, inner: bool = False
) -> tuple[int, int, int, int] | None:
    """Return bounds as a box in dots of the pictures; None where nothing of it is on the page.

    Partial dots at the edge are included, unless it is the `inner` box: then most of a dot must be
    inside.
    """
    across, down = page.whole.width / page.width, page.whole.height / page.height
    left, bottom, right, top = bounds
    edges = left * across, (page.height - top) * down, right * across, (page.height - bottom) * down
    if inner:
        from_left, from_top = round(edges[0]), round(edges[1])
        to_right = max(from_left + 1, round(edges[2]))
        to_bottom = max(from_top + 1, round(edges[3]))
    else:
        from_left, from_top, to_right, to_bottom = map(int, edges)
        to_right, to_bottom = to_right + 1, to_bottom + 1
    box = (
        max(0, from_left),
        max(0, from_top),
        min(page.whole.width, to_right),
        min(page.whole.height, to_bottom),
    )
    return box if box[0] < box[2] and box[1] < box[3] else None


def _contrasts(run: TextRun, behind: Image) -> tuple[float, float]:
    """Return the contrasts in colour and in grey that nearly all of the ground reaches."""
    found: Any = behind.getcolors(behind.width * behind.height) or ()
    # Letters too thin to fill a dot are compared with all that is around them.
    colors = [(count, color[:3]) for count, color in found if color[3]] or [
        (count, color[:3]) for count, color in found
    ]
    return (
        _reached([(contrast(run.color, color), count) for count, color in colors]),
        _reached([(contrast(grey(run.color), grey(color)), count) for count, color in colors]),
    )


def _reached(ratios: list[tuple[float, int]]) -> float:
    left = _TOUCHED * sum(count for _, count in ratios)
    for ratio, count in sorted(ratios):
        left -= count
        if left < 0:
            return ratio
    return max((ratio for ratio, _ in ratios), default=1.0)


@dataclass(frozen=True)
class TierLook:
    """The look of a tier's box in grey.

    `words` is its heading, `border` its left border (share of its height that is inked, and width
    in pt), and `icon` its icon in 16 x 16 greys.
    """

    tier: str
    words: str
    border: tuple[float, float]
    icon: bytes

    def alike(self, other: TierLook, *, with_border: bool) -> list[str]:
        """Return the features that do not tell this tier from another."""
        same = ["words"] if self.words.casefold() == other.words.casefold() else []
        gap, width = (abs(one - two) for one, two in zip(self.border, other.border, strict=True))
        same += ["border"] if with_border and gap < _SAME_SHARE and width < _SAME_WIDTH else []
        apart = sum(abs(one - two) for one, two in zip(self.icon, other.icon, strict=True)) / max(
            1, len(self.icon)
        )
        return same + (["icon"] if apart < _SAME_ICON else [])


def tier_look(page: ReadPage, box: TierBox) -> TierLook:
    """Return the look of a tier's box on the printed page, in grey."""
    dots = page.whole.width / page.width * PT_PER_INCH / MM_PER_INCH
    left, top, _, bottom = (edge * dots for edge in box.place)
    edge = page.whole.crop(
        (
            round(left) - 1,
            round(top + (bottom - top) / 4),
            round(left + _EDGE * dots),
            round(bottom - (bottom - top) / 4),
        )
    )
    # What is as light as the box inside its border, which may have a tint, is no border.
    ground = max(edge.crop((edge.width - 1, 0, edge.width, edge.height)).tobytes(), default=_WHITE)
    greys = edge.point([min(value, ground) for value in range(256)]).tobytes()
    rows = [
        (ground * edge.width - sum(greys[at : at + edge.width])) / _WHITE
        for at in range(0, len(greys), edge.width)
    ]
    inked = [row for row in rows if row > _TOUCHED]
    width = sum(inked) / len(inked) * page.width / page.whole.width if inked else 0.0
    icon = page.whole.crop(tuple(round(value * dots) for value in box.icon)).resize((16, 16))
    return TierLook(box.tier, box.words, (len(inked) / max(1, len(rows)), width), icon.tobytes())


@dataclass(frozen=True)
class Ink:
    """The difference of a place between two pictures.

    `width` is in px; `darkest` is the darkest new grey (0 is black), and `before` the darkest that
    was there. `columns` are the new dots in each column from the left, `rows` those in each row
    from the top, and `heights` how many dots each column spans from its highest to its lowest. A
    dot is `dot` px wide.
    """

    width: float
    darkest: int
    before: int
    columns: tuple[int, ...] = ()
    rows: tuple[int, ...] = ()
    heights: tuple[int, ...] = ()
    dot: float = 1.0


@dataclass(frozen=True)
class Inks:
    """The differences of all places, and the pages with a difference outside all of them."""

    places: tuple[Ink, ...]
    elsewhere: tuple[int, ...]


# The difference of grey between two drawings of the same; the dots around a place that belong to
# it; how far letters reach below the baseline.
_SAME: Final = 40
_AROUND: Final = 2
_BELOW: Final = 0.35


def inks(
    blank: Sequence[Drawn],
    filled: Sequence[Drawn],
    boxes: Sequence[tuple[int, float, float, float, float]],
    scale: float,
) -> Inks:
    """Compare two sets of pages, drawn in grey, at some places.

    Places are (page, left, top, right, baseline) in px, of `scale` dots each.
    """
    before, after = (
        [Pictures.frombytes("L", page[:2], page[2]) for page in pages] for pages in (blank, filled)
    )
    new = [
        ImageChops.difference(one, two).point(lambda value: 255 if value > _SAME else 0)
        for one, two in zip(before, after, strict=True)
    ]
    found = []
    for page, left, top, right, baseline in boxes:
        height = baseline - top
        edges = (
            left * scale - _AROUND,
            top * scale - _AROUND,
            right * scale + _AROUND,
            (baseline + _BELOW * height) * scale + _AROUND,
        )
        box = _rounded(edges)
        mask = new[page].crop(box)
        seen = mask.getbbox()
        width = (seen[2] - seen[0]) / scale if seen else 0.0
        darkest = (
            int(ImageChops.lighter(after[page].crop(box), ImageChops.invert(mask)).getextrema()[0])  # type: ignore[arg-type]
            if seen
            else 255
        )
        inside = (
            left,
            baseline - 0.65 * height,
            max(left + 1, left + width - 2),
            baseline - 0.15 * height,
        )
        old = before[page].crop(_rounded(tuple(edge * scale for edge in inside))) if seen else None
        earlier = int(old.getextrema()[0]) if old and old.size[0] and old.size[1] else 255  # type: ignore[arg-type]
        marks = mask.crop(seen) if seen else None
        strips = (
            [marks.crop((x, 0, x + 1, marks.height)) for x in range(marks.width)] if marks else []
        )
        columns = tuple(strip.histogram()[_WHITE] for strip in strips)
        heights = tuple(
            reach[3] - reach[1] if (reach := strip.getbbox()) else 0 for strip in strips
        )
        rows = (
            tuple(
                marks.crop((0, y, marks.width, y + 1)).histogram()[_WHITE]
                for y in range(marks.height)
            )
            if marks
            else ()
        )
        found.append(Ink(width, darkest, earlier, columns, rows, heights, 1 / scale))
    for page, left, top, right, baseline in boxes:
        below = (baseline + _BELOW * (baseline - top)) * scale + _AROUND
        new[page].paste(
            0,
            (
                round(left * scale) - _AROUND,
                round(top * scale) - _AROUND,
                round(right * scale) + _AROUND,
                round(below),
            ),
        )
    return Inks(tuple(found), tuple(number for number, page in enumerate(new) if page.getbbox()))


def _rounded(edges: tuple[float, ...]) -> tuple[int, int, int, int]:
    left, top, right, bottom = (round(edge) for edge in edges)
    return left, top, right, bottom
