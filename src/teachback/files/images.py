"""Check the pictures of a page, and the digits of fonts as they are drawn.

A picture must be complete, printable and ask for nothing outside. WeasyPrint leaves a hole where it
cannot read a picture, and a browser shows a broken one, so each is read before. With
`proofing.visibility`, this is one of the two modules that import Pillow.
"""

from __future__ import annotations

import io
import math
import re
import struct
import warnings
import zlib
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple
from xml.etree import ElementTree as ET
from xml.parsers import expat

from teachback.errors import TeachbackError
from teachback.files.unprintable_characters import faults

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from PIL.Image import Image

# Suffix -> the format that the file must have.
KINDS: Final = {".svg": "SVG", ".png": "PNG", ".jpg": "JPEG", ".jpeg": "JPEG"}
# In bytes, of a picture or a font.
MAX_BYTES: Final = 5_000_000
# A page at 300 dpi has 8 million.
MAX_PIXELS: Final = 40_000_000
# Drawings nest about ten levels. Far deeper ones would exhaust the renderer's stack.
MAX_DEPTH: Final = 50
# A scan or photo is only read, not printed. A Letter page at 1,200 dpi has 135 million pixels, a
# phone's photo 12 to 50 million.
MAX_SCAN_BYTES: Final = 50_000_000
MAX_SCAN_PIXELS: Final = 100_000_000
# In pixels. A photo of this size shows a code well enough as it is.
MAX_DOUBLED: Final = 13_000_000
# A large map has some thousand shapes, and an outline of many characters.
MAX_SHAPES: Final = 20_000
MAX_PATH: Final = 1_000_000
# Each pattern, filter and the like paints the whole page once more.
MAX_PAINTS: Final = 200
# A progressive JPEG has about ten scans. The whole picture is decoded for each.
MAX_SCANS: Final = 100

# Message and hint.
Fault = tuple[str, str]
_SIMPLIFY: Final = "Simplify it, or save it as a PNG picture."
_SCAN_AGAIN: Final = "Scan it again at 300 dots to the inch."
_SAVE_AGAIN: Final = "Save it again from the program that made it."
# Pillow raises these for broken files.
_PILLOW_ERRORS: Final = (
    OSError,
    SyntaxError,
    ValueError,
    EOFError,
    IndexError,
    struct.error,
    zlib.error,
)
_LENGTH: Final = re.compile(r"\s*(auto|\+?[0-9]*\.?[0-9]+(e[0-9]+)?\s*[a-z%]*)\s*", re.IGNORECASE)
_LOADS_FILE: Final = re.compile(r"""@import|url\((?!\s*["']?\s*#)|\\[0-9a-z]""", re.IGNORECASE)
# Pillow's names of the modes that are printed as they are: black and white, grey, palette and
# colour, the last three also with transparency.
_MODES: Final = frozenset({"1", "L", "LA", "P", "RGB", "RGBA"})
_GRADIENTS: Final = frozenset({"linearGradient", "radialGradient"})
_URL_FRAGMENT: Final = re.compile(r"""url\(\s*["']?\s*#([^"')]+?)\s*["']?\s*\)""", re.IGNORECASE)
# Elements that run or show something else than a drawing.
_FOREIGN_ELEMENTS: Final = frozenset(
    {"script", "foreignObject", "feImage", "iframe", "object", "embed", "audio", "video"}
)
# Elements that change with time on a screen, and not on paper.
_ANIMATION_ELEMENTS: Final = frozenset(
    {"set", "animate", "animateColor", "animateMotion", "animateTransform", "discard"}
)
_COMMENT: Final = re.compile(r"/\*.*?\*/", re.DOTALL)
_CONDITIONAL_RULE: Final = re.compile(
    r"@(?!font-face|charset|namespace|import)[a-z-]|:(?:hover|focus|active|target|visited|link"
    r"|any-link|lang|dir)\b",
    re.IGNORECASE,
)
_ANIMATION_PROPERTY: Final = re.compile(
    r"(?<![\w-])(?:-webkit-|-moz-)?(?:animation|transition)(?:-[a-z-]+)?\s*:", re.IGNORECASE
)
# Elements and properties that WeasyPrint 70 leaves out, or draws otherwise than a browser. Values
# that make no difference are not matched.
_UNLIKE_ELEMENTS: Final = frozenset({"mask", "filter"})
_UNLIKE_PROPERTY: Final = re.compile(
    r"(?<![\w-])(mask(?:-[a-z-]+)?|filter|text-decoration(?:-[a-z-]+)?|baseline-shift|direction"
    r"|unicode-bidi|word-spacing|font-variant(?:-[a-z-]+)?|clip-path)\s*:(?!\s*(?:none|normal|baseline|ltr"
    r"|auto|inherit|0(?:px|pt)?\s*(?:;|$)|url\())([^;}]+)",
    re.IGNORECASE,
)
_UNLIKE_ATTRIBUTES: Final = frozenset({"pathLength", "textLength", "lengthAdjust"})
_PAINT_ELEMENTS: Final = frozenset(
    {"filter", "mask", "pattern", "clipPath", "linearGradient", "radialGradient"}
)

DIGITS: Final = "0123456789"
# In pixels: the type size in which a digit is drawn, and the height that it is scaled to.
_TYPE_SIZE: Final = 96
_DIGIT_HEIGHT: Final = 48
# A drawn digit may be this many times further from its own digit than from another. Two digits of a
# font that are nearer than _LEAST_DISTANCE count as alike. Measured on 40 fonts (DejaVu,
# Liberation, Noto Sans, Atkinson): no digit exceeds 1.01 (a 1: 1.40), and no two are nearer than
# 1365.
_TOLERANCE: Final = 1.03
_TOLERANCE_OF_1: Final = 1.6
_LEAST_DISTANCE: Final = 700.0


@dataclass(frozen=True)
class GreyPicture:
    """A greyscale picture: one byte per pixel, 0 is black, row by row from the top."""

    width: int
    height: int
    dots: bytes


def grey_picture(data: bytes) -> GreyPicture:
    """Open a scan or a photo (PNG or JPEG) in grey, rotated as its EXIF data says.

    Transparent parts become white. Raises TeachbackError for anything else, for a truncated file,
    and for a picture that is too large.
    """
    if len(data) > MAX_SCAN_BYTES:
        message = f"the picture is larger than {MAX_SCAN_BYTES // 1_000_000} MB"
        raise TeachbackError.of(message, _SCAN_AGAIN)
    from PIL import Image, ImageOps

    try:
        with _strict_pillow(), Image.open(io.BytesIO(data), formats=("PNG", "JPEG")) as picture:
            if picture.width * picture.height <= MAX_SCAN_PIXELS:
                upright = ImageOps.exif_transpose(picture)
                if upright.has_transparency_data:
                    background = Image.new("RGBA", upright.size, "white")
                    upright = Image.alpha_composite(background, upright.convert("RGBA"))
                return _as_grey(upright.convert("L"))
            fault = f"the picture has {picture.width} x {picture.height} dots", _SCAN_AGAIN
    except Image.DecompressionBombError:
        fault = "the picture has too many dots", _SCAN_AGAIN
    except _PILLOW_ERRORS:
        fault = (
            "this PNG or JPEG picture is incomplete or damaged",
            "Save the scan or the photo again as PNG, JPEG or PDF.",
        )
    raise TeachbackError.of(*fault)


def clearer_pictures(grey: GreyPicture) -> Iterator[GreyPicture]:
    """Yield a photo with its noise and blur reduced, and at twice its size if it is not large.

    A reader of QR codes finds codes in them that are too small or too blurred in the photo.
    """
    from PIL import Image, ImageFilter

    picture = Image.frombytes("L", (grey.width, grey.height), grey.dots)
    smooth = picture.filter(ImageFilter.GaussianBlur(1))
    yield _as_grey(smooth.filter(ImageFilter.UnsharpMask(4, 400, 0)))
    if grey.width * grey.height <= MAX_DOUBLED:
        doubled = picture.resize((2 * grey.width, 2 * grey.height), Image.Resampling.BICUBIC)
        yield _as_grey(doubled.filter(ImageFilter.UnsharpMask(6, 300, 0)))


def _as_grey(picture: Image) -> GreyPicture:
    return GreyPicture(picture.width, picture.height, picture.tobytes())


def picture_fault(data: bytes, suffix: str) -> Fault | None:
    """Return why a picture cannot be printed, or None. `suffix` is that of its name: `.png`."""
    kind = KINDS.get(suffix.lower())
    if kind is None:
        return "this is not a picture that can be printed", f"Use one of {', '.join(KINDS)}."
    if len(data) > MAX_BYTES:
        return f"the picture is larger than {MAX_BYTES // 1_000_000} MB", "Make it smaller."
    return _svg_fault(data) if kind == "SVG" else _pixels_fault(data, kind)


def _pixels_fault(data: bytes, kind: str) -> Fault | None:
    # Imported here because most pictures are drawings, which do not need Pillow.
    from PIL import Image

    try:
        with _strict_pillow(), Image.open(io.BytesIO(data), formats=("PNG", "JPEG")) as picture:
            # Phones write JPEG pictures with a second one behind, which nothing shows (MPO).
            picture_format = "JPEG" if picture.format == "MPO" else picture.format
            if picture_format != kind:
                message = f"this is a {picture_format} picture with the file ending of a {kind} one"
                return message, "Give the file the right ending."
            if kind == "JPEG" and data.count(b"\xff\xda") > MAX_SCANS:
                return f"the picture comes in more than {MAX_SCANS} scans", _SAVE_AGAIN
            if picture.width * picture.height > MAX_PIXELS:
                message = f"the picture has {picture.width} x {picture.height} dots"
                return message, "Make it smaller."
            if picture.mode not in _MODES:
                return _mode_fault(picture.mode)
            if kind == "PNG" and getattr(picture, "is_animated", False):
                message = "the picture moves on a screen: paper and screen would not show the same"
                return message, "Save it as a still picture."
            picture.load()
    except Image.DecompressionBombError:
        return "the picture has too many dots", "Make it smaller."
    except _PILLOW_ERRORS:
        return f"this {kind} picture is incomplete or damaged", _SAVE_AGAIN
    return None


def _mode_fault(mode: str) -> Fault:
    if mode == "CMYK":
        message = "the picture has the colours of a printing press (CMYK)"
        return message, "Save it with the colours of a screen (RGB)."
    bits = "16 bits" if "16" in mode or mode == "I" else "an unusual number of bits"
    return f"the picture has {bits} a colour, and 8 are printed", "Save it with 8 bits a colour."


@contextmanager
def _strict_pillow() -> Iterator[None]:
    """Make Pillow refuse truncated files, and silence its size warnings: our limits are lower."""
    from PIL import ImageFile

    previous = ImageFile.LOAD_TRUNCATED_IMAGES
    # WeasyPrint tells Pillow, for the whole process, to accept truncated pictures.
    ImageFile.LOAD_TRUNCATED_IMAGES = False
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        ImageFile.LOAD_TRUNCATED_IMAGES = previous


def _svg_fault(data: bytes) -> Fault | None:
    # UTF-16 has zero bytes between the letters.
    if b"<!ENTITY" in data.replace(b"\0", b""):
        return "the drawing defines entities of its own", "Save it as plain SVG."
    depth = 0
    root = None
    try:
        for event, element in ET.iterparse(io.BytesIO(data), events=("start", "end")):  # noqa: S314 -- no entities, see above
            root = element if root is None else root
            depth += 1 if event == "start" else -1
            if depth > MAX_DEPTH:
                return f"the drawing is nested more than {MAX_DEPTH} deep", "Ungroup it."
            fault = None
            if event == "end":
                fault = _element_fault(element)
            elif depth == 1:
                fault = _root_fault(element)
            if fault:
                return fault
    except (ET.ParseError, ValueError, LookupError) as error:
        line = getattr(error, "position", (0, 0))[0]
        return "this SVG drawing is incomplete or damaged" + (
            f": line {line} cannot be read" if line else ""
        ), _SAVE_AGAIN
    return (
        None if root is None else _words_fault(root) or _load_fault(root) or _gradient_fault(root)
    )


class DrawnText(NamedTuple):
    """The words of one <text> of a drawing, with single spaces, and its line in the file."""

    words: str
    line: int


def drawn_texts(data: bytes, suffix: str) -> tuple[DrawnText, ...]:
    """Return the words that a drawing shows; a PNG or JPEG picture has none that can be read.

    `data` has passed `picture_fault`.
    """
    if KINDS.get(suffix.lower()) != "SVG":
        return ()
    texts: list[DrawnText] = []
    open_tags: list[str] = []

    def start_element(name: str, attributes: Mapping[str, str]) -> None:
        open_tags.append(name.rpartition(":")[2])
        if open_tags[-1] == "text":
            texts.append(DrawnText("", parser.CurrentLineNumber))
        elif open_tags[-1] == "tspan" and {"x", "y"} & attributes.keys() and texts:
            # Such a <tspan> begins a line.
            add_words(" ")

    def add_words(words: str) -> None:
        if "text" in open_tags and open_tags[-1] not in {"title", "desc", "style"}:
            texts[-1] = texts[-1]._replace(words=texts[-1].words + words)

    parser = expat.ParserCreate()
    parser.StartElementHandler = start_element
    parser.EndElementHandler = lambda _: open_tags.pop()
    parser.CharacterDataHandler = add_words
    parser.Parse(data, True)  # noqa: FBT003 -- the last part of the data
    return tuple(
        text._replace(words=words) for text in texts if (words := " ".join(text.words.split()))
    )


def _gradient_fault(root: ET.Element) -> Fault | None:
    """Return a fault if a shape is painted with a gradient of several colours.

    Some printers and viewers leave such a shape empty; seen with Poppler 22.12 (`pdftoppm`).
    Gradients that are unused or have one colour are common and harmless.
    """
    by_id = _by_id(root)
    for element in root.iter():
        styles = " ".join(
            [element.text or "" if _name(element) == "style" else "", *element.attrib.values()]
        )
        for name in _URL_FRAGMENT.findall(styles):
            if (
                name in by_id
                and _name(by_id[name]) in _GRADIENTS
                and _stop_count(by_id[name], by_id) > 1
            ):
                message = (
                    f"the drawing fills a shape with a gradient ('{name[:40]}'), "
                    "and some printers leave such a shape out"
                )
                return message, "Fill it with one colour, or save the drawing as a PNG picture."
    return None


def _stop_count(gradient: ET.Element, by_id: dict[str, ET.Element]) -> int:
    """Return how many colours a gradient has, or the gradient that it refers to."""
    visited: set[ET.Element] = set()
    while gradient not in visited:
        visited.add(gradient)
        count = sum(_name(child) == "stop" for child in gradient)
        target = next((by_id[name] for name in _links(gradient) if name in by_id), None)
        if count or target is None:
            return count
        gradient = target
    return 0


def _words_fault(root: ET.Element) -> Fault | None:
    """Return what is wrong with the letters that a drawing shows."""
    for element in root.iter():
        if _name(element) == "text":
            fault = next(faults("".join(element.itertext()), alone=True), None)
            if fault:
                _, message, hint = fault
                return message, hint
    shift = _letter_shift(root)
    if not shift:
        return None
    return (
        f"the drawing moves letters of a text, by {shift}: they may be read in another order",
        "Write each line as a <text> of its own, or save it as a PNG picture.",
    )


def _letter_shift(root: ET.Element) -> str:
    """Return the markup that moves letters or words out of their line, or draws a text again."""
    text_ids = {
        element.get("id")
        for element in root.iter()
        if any(_name(inner) == "text" for inner in element.iter())
    }
    for element in root.iter():
        name = _name(element)
        if name == "textPath":
            return "<textPath>"
        if name == "use" and any(link in text_ids for link in _links(element)):
            return "<use>"
        if name in {"text", "tspan"}:
            for key in ("dx", "dy", "rotate"):
                if key in element.attrib:
                    return f"`{key}`"
            for key in ("x", "y"):
                if len(re.split(r"[\s,]+", element.get(key, "").strip())) > 1:
                    return f"several numbers in `{key}`"
        if name == "text" and not _lines_go_down(element):
            return "a <tspan> that is not on the next line"
    return ""


def _lines_go_down(text: ET.Element) -> bool:
    """Return whether each part of a text that has a position is below the one before."""
    previous: float | None = None
    for part in text.iter():
        if part is text or not {"x", "y"} & part.attrib.keys():
            continue
        try:
            line = float(part.get("y", ""))
        except ValueError:
            return False
        if previous is not None and line <= previous:
            return False
        previous = line
    return True


def _load_fault(root: ET.Element) -> Fault | None:
    """Return a fault if a drawing has too many patterns or shapes, each <use> counted."""
    if sum(_name(element) in _PAINT_ELEMENTS for element in root.iter()) > MAX_PAINTS:
        return f"the drawing has more than {MAX_PAINTS} patterns, filters and the like", _SIMPLIFY
    by_id = _by_id(root)
    counts: dict[ET.Element, int] = {}
    open_elements: set[ET.Element] = set()

    def count(element: ET.Element) -> int:
        if element in open_elements:
            # The element contains itself, without end.
            return MAX_SHAPES + 1
        if element not in counts:
            open_elements.add(element)
            links = _links(element) if _name(element) == "use" else ()
            total = 1
            for inner in (*(by_id[name] for name in links if name in by_id), *element):
                total += count(inner)
                if total > MAX_SHAPES:
                    break
            open_elements.discard(element)
            counts[element] = min(total, MAX_SHAPES + 1)
        return counts[element]

    try:
        if count(root) <= MAX_SHAPES:
            return None
    except RecursionError:
        # A chain of <use> may have any length.
        pass
    return f"the drawing has more than {MAX_SHAPES} shapes, each <use> counted", _SIMPLIFY


def _name(element: ET.Element) -> str:
    return str(element.tag).rpartition("}")[2]


def _links(element: ET.Element) -> list[str]:
    """Return the ids that an element refers to. It may have an `href` with and without XLink."""
    return [
        value.strip().removeprefix("#")
        for key, value in element.attrib.items()
        if key.rpartition("}")[2] == "href"
    ]


def _by_id(root: ET.Element) -> dict[str, ET.Element]:
    """Return the elements of a drawing by id. If an id is there twice, the first one counts."""
    return {
        element.attrib["id"]: element for element in reversed([*root.iter()]) if element.get("id")
    }


def _root_fault(root: ET.Element) -> Fault | None:
    if root.tag != "{http://www.w3.org/2000/svg}svg":
        return "this is not an SVG drawing", _SAVE_AGAIN
    if not all(_LENGTH.fullmatch(root.get(name, "1")) for name in ("width", "height")):
        return "the width or height of the drawing is not a length", "Write it like this: 40mm."
    if "viewBox" not in root.attrib and not {"width", "height"} <= set(root.attrib):
        return (
            "the drawing does not say how large it is",
            "It needs a viewBox, or a width and a height.",
        )
    return None


def _change(element: ET.Element) -> str:
    """Return the part of an element that depends on medium, reader or time, or ""."""
    name, text = _name(element), _COMMENT.sub("", element.text or "")
    if name in _ANIMATION_ELEMENTS:
        return f"<{name}>"
    if name == "style" and (
        element.get("media", "all").strip().lower() not in {"", "all"}
        or _CONDITIONAL_RULE.search(text)
        or _ANIMATION_PROPERTY.search(text)
    ):
        return "a rule in its <style>"
    return "`systemLanguage`" if "systemLanguage" in element.attrib else ""


def _screen_difference(element: ET.Element) -> str:
    """Return the part of an element that paper and screen draw differently, or ""."""
    name = _name(element)
    if name in _UNLIKE_ELEMENTS:
        return f"<{name}>"
    if name == "clipPath" and any(
        child.get("clip-rule", "nonzero") == "evenodd" or "evenodd" in child.get("style", "")
        for child in element.iter()
    ):
        return "`clip-rule: evenodd`"
    styles = [element.text or ""] if name == "style" else []
    styles += [element.get("style", "")]
    styles += [f"{key}: {value}" for key, value in element.attrib.items() if key != "style"]
    found = next(filter(None, map(_UNLIKE_PROPERTY.search, styles)), None)
    if found:
        return f"`{found[1].lower()}: {found[2].strip()[:30]}`"
    return next((f"`{key}`" for key in element.attrib if key in _UNLIKE_ATTRIBUTES), "")


def _element_fault(element: ET.Element) -> Fault | None:
    name = _name(element)
    if name in _FOREIGN_ELEMENTS:
        return f"the drawing holds <{name}>, which cannot be printed", "Save it as plain SVG."
    change = _change(element)
    if change:
        message = (
            f"the drawing changes on a screen, by {change}: "
            "paper and screen would not show the same"
        )
        return message, "Save it as a still drawing: plain SVG, or a PNG picture."
    difference = _screen_difference(element)
    if difference:
        message = f"the drawing uses {difference}, which paper does not show as a screen does"
        return message, "Draw it without, or save it as a PNG picture."
    if _ANIMATION_PROPERTY.search(element.get("style", "")):
        message = "the drawing moves on a screen, by `animation`: paper and screen would not show the same"
        return message, "Save it as a still drawing."
    values = [element.text or ""] if name == "style" else []
    for key, value in element.attrib.items():
        if key.rpartition("}")[2] == "href" and name != "a" and not value.strip().startswith("#"):
            return f"the drawing asks for '{value[:60]}'", "Put everything into the drawing itself."
        if len(value) > MAX_PATH:
            return f"the drawing holds a path of {len(value)} characters", _SIMPLIFY
        values.append(value if "url(" in value.lower() else "")
    if any(_LOADS_FILE.search(text) for text in values):
        return "the drawing asks for another file", "Put everything into the drawing itself."
    return None


def digits_fault(font: bytes, known: Sequence[bytes], digits: str) -> Fault | None:
    """Return a fault if a font draws one digit like another.

    `known` are fonts whose digits are right; `digits` are those that the font has. A drawn digit is
    compared with the digits of the known fonts and must be nearest to the same digit. Only the 1
    has shapes that are nearer to another font's 2.
    """
    from PIL import ImageChops, ImageStat

    def distance(first: Image, second: Image) -> float:
        return math.sqrt(sum(ImageStat.Stat(ImageChops.difference(first, second)).sum2))

    drawn = {digit: image for digit in digits if (image := _drawn_digit(font, digit)) is not None}
    references = {
        digit: [image for data in known if (image := _drawn_digit(data, digit)) is not None]
        for digit in DIGITS
    }
    # How far each digit of the font is from each digit of the known fonts.
    distances = {
        digit: {
            other: min(distance(image, reference) for reference in references[other])
            for other in DIGITS
        }
        for digit, image in drawn.items()
    }
    for digit, to in distances.items():
        other = min((each for each in DIGITS if each != digit), key=to.__getitem__)
        if to[digit] > to[other] * (_TOLERANCE_OF_1 if digit == "1" else _TOLERANCE):
            return _digit_fault(digit, other)
        for earlier in (each for each in distances if each < digit):
            swapped = distances[earlier][digit] + to[earlier]
            in_place = distances[earlier][earlier] + to[digit]
            if swapped < in_place or distance(drawn[earlier], drawn[digit]) < _LEAST_DISTANCE:
                return _digit_fault(earlier, digit)
    return None


def _digit_fault(digit: str, other: str) -> Fault:
    return (
        f"this font draws the digit {digit} so that it looks like a {other}",
        "Use the original font from its maker.",
    )


def _drawn_digit(font: bytes, digit: str) -> Image | None:
    """Draw a digit, scaled to a common height and slightly blurred; None if it is blank."""
    from PIL import Image, ImageDraw, ImageFilter, ImageFont

    try:
        face = ImageFont.truetype(
            io.BytesIO(font), _TYPE_SIZE, layout_engine=ImageFont.Layout.BASIC
        )
        canvas = Image.new("L", (3 * _TYPE_SIZE, 3 * _TYPE_SIZE), 0)
        ImageDraw.Draw(canvas).text((_TYPE_SIZE, _TYPE_SIZE // 2), digit, font=face, fill=255)
    except _PILLOW_ERRORS:
        return None
    box = canvas.getbbox()
    if box is None:
        return None
    cropped = canvas.crop(box)
    width = max(1, min(_DIGIT_HEIGHT, round(cropped.width * _DIGIT_HEIGHT / cropped.height)))
    scaled = cropped.resize((width, _DIGIT_HEIGHT), Image.Resampling.BOX)
    framed = Image.new("L", (_DIGIT_HEIGHT + 12, _DIGIT_HEIGHT + 12), 0)
    framed.paste(scaled, ((_DIGIT_HEIGHT - width) // 2 + 6, 6))
    return framed.filter(ImageFilter.GaussianBlur(2.5))
