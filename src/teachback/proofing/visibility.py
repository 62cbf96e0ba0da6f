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

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from PIL.Image import Image

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


def text_visibilities(page: ReadPage) -> Iterator[TextVisibility]:
    """Measure every run of letters of a page."""
    inked = page.letters.point([_WHITE if value < _WHITE - _INKED else 0 for value in range(256)])
    changed = ImageChops.difference(page.whole, page.ground).point(
        [_WHITE if value > _DIFFERS else 0 for value in range(256)]
    )
    visible = ImageChops.darker(inked, changed)
    faintly = page.letters.point(
        [_WHITE if value < _WHITE - _FAINTLY_INKED else 0 for value in range(256)]
    )
    lost = ImageChops.darker(faintly, ImageChops.invert(changed))
    is_whole = lost.getbbox() is None
    # The ground behind the letters themselves; the rest becomes transparent.
    ground = page.bare.convert("RGB")
    ground.putalpha(inked)
    for run in page.runs:
        box = _dots(page, run.bounds)
        if box is None:
            # It is not on the page at all.
            yield TextVisibility(run, 0.0, 1.0, 1.0)
            continue
        behind = ground.crop(box)
        counted: Any = behind.getcolors(behind.width * behind.height) or ()
        own_ink = [(count, color) for count, color in counted if color[3]]
        shown, letters = 1.0, tuple[tuple[str, float], ...]()
        # Nearly all letters are whole.
        if not own_ink or not (is_whole or lost.crop(box).getbbox() is None):
            all_dots = sum(count for count, _ in own_ink)
            visible_dots = visible.crop(box).histogram()[_WHITE]
            shown = visible_dots / all_dots if all_dots else 1.0
            letters = tuple(_letters(page, run, faintly, lost))
        # Letters too thin to fill a dot are compared with all that is around them.
        yield TextVisibility(run, shown, *_contrasts(run, own_ink or counted), letters)


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
        all_dots, lost_dots = (picture.crop(box).histogram()[_WHITE] for picture in (inked, lost))
        if lost_dots or (not all_dots and character.isalnum()):
            yield character, 1 - lost_dots / all_dots if all_dots else 0.0


def ink(picture: Image) -> float:
    """Return the share of a page that a black-and-white printer covers with ink, 0 to 1."""
    counts: list[int] = picture.convert("L").histogram()
    return sum((_WHITE - value) * count for value, count in enumerate(counts)) / (
        _WHITE * sum(counts)
    )


def overlapping(page: ReadPage) -> Iterator[tuple[TextRun, TextRun]]:
    """Yield pairs of texts that overlap, as a whole or by one letter of each."""
    runs = sorted((run for run in page.runs if run.words.strip()), key=lambda run: run.bounds[1])
    for index, run in enumerate(runs):
        for other in runs[index + 1 :]:
            if other.bounds[1] >= run.bounds[3]:
                break
            share = _shared(run.bounds, other.bounds)
            if share > _OVERLAP or (share and _letters_overlap(run, other)):
                yield run, other


def _letters_overlap(run: TextRun, other: TextRun) -> bool:
    """Return whether a letter of one text lies on a letter of another."""
    overlapped = [box for _, box in other.letters if _shared(box, run.bounds)]
    return any(
        _shared(box, other_box) > _OVERLAP
        for _, box in run.letters
        if overlapped and _shared(box, other.bounds)
        for other_box in overlapped
    )


def _shared(box: Bounds, other: Bounds) -> float:
    """Return the share of the smaller box that is on the other."""
    width = min(box[2], other[2]) - max(box[0], other[0])
    height = min(box[3], other[3]) - max(box[1], other[1])
    areas = [(right - left) * (bottom - top) for left, top, right, bottom in (box, other)]
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
    page: ReadPage, line: Edges, sides: tuple[float, float], heights: tuple[float, float]
) -> bool:
    """Return whether the ground of a part of a line, without its text, has clearly different greys.

    `across` are its left and right edges in pt; `up` its lower and upper one, in type sizes.
    """
    low, high = (line.baseline + edge * line.size for edge in heights)
    box = _dots(page, (sides[0], low, sides[1], high), inner=True)
    if box is None:
        return False
    darkest, lightest = page.ground.crop(box).getextrema()
    return bool(lightest - darkest > _DRAWN)


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


def _contrasts(run: TextRun, ground: Iterable[tuple[int, tuple[int, ...]]]) -> tuple[float, float]:
    """Return the contrasts in colour and in grey that nearly all of the ground reaches.

    `ground` has the number of dots of each colour.
    """
    colors = [(count, (red, green, blue)) for count, (red, green, blue, _) in ground]
    return (
        _reached([(contrast(run.color, color), count) for count, color in colors]),
        _reached([(contrast(grey(run.color), grey(color)), count) for count, color in colors]),
    )


def _reached(ratios: list[tuple[float, int]]) -> float:
    ignored = _TOUCHED * sum(count for _, count in ratios)
    for ratio, count in sorted(ratios):
        ignored -= count
        if ignored < 0:
            return ratio
    return max((ratio for ratio, _ in ratios), default=1.0)


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
    changes = [
        ImageChops.difference(first, second).point(lambda value: _WHITE if value > _SAME else 0)
        for first, second in zip(before, after, strict=True)
    ]
    places = tuple(
        _ink_at(before[page], after[page], changes[page], place, scale) for page, *place in boxes
    )
    for page, *place in boxes:
        changes[page].paste(0, _around(place, scale))
    return Inks(places, tuple(number for number, page in enumerate(changes) if page.getbbox()))


def _ink_at(
    before: Image, after: Image, change: Image, place: Sequence[float], scale: float
) -> Ink:
    """Measure the difference of two pictures of a page at a place, with a mask of what changed."""
    box = _around(place, scale)
    mask = change.crop(box)
    changed = mask.getbbox()
    if changed is None:
        return Ink(0.0, _WHITE, _WHITE, dot=1 / scale)
    left, top, _, baseline = place
    height = baseline - top
    width = (changed[2] - changed[0]) / scale
    letters = (
        left,
        baseline - 0.65 * height,
        max(left + 1, left + width - 2),
        baseline - 0.15 * height,
    )
    marks = mask.crop(changed)
    columns = [marks.crop((x, 0, x + 1, marks.height)) for x in range(marks.width)]
    rows = [marks.crop((0, y, marks.width, y + 1)) for y in range(marks.height)]
    spans = (column.getbbox() for column in columns)
    return Ink(
        width,
        darkest=_darkest(ImageChops.lighter(after.crop(box), ImageChops.invert(mask))),
        before=_darkest(before.crop(_rounded(edge * scale for edge in letters))),
        columns=tuple(column.histogram()[_WHITE] for column in columns),
        rows=tuple(row.histogram()[_WHITE] for row in rows),
        heights=tuple(span[3] - span[1] if span else 0 for span in spans),
        dot=1 / scale,
    )


def _darkest(picture: Image) -> int:
    """Return the darkest grey of a grey picture, or white for one without dots."""
    return int(picture.getextrema()[0]) if all(picture.size) else _WHITE  # type: ignore[arg-type]


def _around(place: Sequence[float], scale: float) -> tuple[int, int, int, int]:
    """Return a place as a box in dots, with what belongs to it around it."""
    left, top, right, baseline = place
    bottom = baseline + _BELOW * (baseline - top)
    return _rounded(
        (
            left * scale - _AROUND,
            top * scale - _AROUND,
            right * scale + _AROUND,
            bottom * scale + _AROUND,
        )
    )


def _rounded(edges: Iterable[float]) -> tuple[int, int, int, int]:
    left, top, right, bottom = map(round, edges)
    return left, top, right, bottom
