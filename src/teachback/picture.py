"""Pictures that a page may carry: whole, of a kind that prints, and asking for nothing outside. The one module for Pillow.

WeasyPrint leaves a hole where it cannot read a picture, and a browser shows a broken one: so each is read before.
"""

from __future__ import annotations

import io
import re
import struct
import warnings
import zlib
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from xml.etree import ElementTree as ET

from PIL import Image, ImageFile, ImageOps

from teachback.errors import Problem, TeachbackError

if TYPE_CHECKING:
    from collections.abc import Iterator

# Suffix -> what the file must be inside.
KINDS: Final = {".svg": "SVG", ".png": "PNG", ".jpg": "JPEG", ".jpeg": "JPEG"}
MAX_BYTES: Final = 5_000_000
# A page at 300 dots to the inch has 8 million.
MAX_PIXELS: Final = 40_000_000
# Drawings nest about ten levels; far deeper ones exhaust the stack of whoever draws them.
MAX_DEPTH: Final = 50
# A scan or a photo is only looked at: a letter page at 1,200 dots to the inch has 135 million, a phone's photo 12 to 50.
MAX_SCAN_BYTES: Final = 50_000_000
MAX_SCAN_PIXELS: Final = 100_000_000

# What is wrong, and what to do about it.
Fault = tuple[str, str]
_AGAIN: Final = "Save it again from the program that made it."
# What Pillow raises over files that are not what they say.
_BROKEN: Final = (OSError, SyntaxError, ValueError, EOFError, IndexError, struct.error, zlib.error)
_LENGTH: Final = re.compile(r"\s*(auto|\+?[0-9]*\.?[0-9]+(e[0-9]+)?\s*[a-z%]*)\s*", re.IGNORECASE)
_OUTSIDE: Final = re.compile(r"""@import|url\((?!\s*["']?\s*(?:#|data:))""", re.IGNORECASE)


@dataclass(frozen=True)
class Grey:
    """A picture in grey: one byte a dot, 0 is black, row by row from the top."""

    width: int
    height: int
    dots: bytes


def grey_picture(data: bytes) -> Grey:
    """Open a scan or a photo, PNG or JPEG, the right way up as the camera says.

    What is transparent is white. Raises TeachbackError for what is no such picture, cut off, or too large.
    """
    if len(data) > MAX_SCAN_BYTES:
        raise TeachbackError(
            Problem(f"the picture is larger than {MAX_SCAN_BYTES // 1_000_000} MB", "Scan it again at 300 dots to the inch.")
        )
    try:
        with _strict(), Image.open(io.BytesIO(data), formats=("PNG", "JPEG")) as picture:
            if picture.width * picture.height <= MAX_SCAN_PIXELS:
                upright = ImageOps.exif_transpose(picture)
                if upright.has_transparency_data:
                    paper = Image.new("RGBA", upright.size, "white")
                    upright = Image.alpha_composite(paper, upright.convert("RGBA"))
                grey = upright.convert("L")
                return Grey(grey.width, grey.height, grey.tobytes())
            fault = f"the picture has {picture.width} x {picture.height} dots", "Scan it again at 300 dots to the inch."
    except Image.DecompressionBombError:
        fault = "the picture has too many dots", "Scan it again at 300 dots to the inch."
    except _BROKEN:
        fault = "this is no whole PNG or JPEG picture", "Save the scan or the photo again as PNG, JPEG or PDF."
    raise TeachbackError(Problem(*fault))


def picture_fault(data: bytes, suffix: str) -> Fault | None:
    """Say what keeps a picture from being printed; `suffix` is the end of its name, such as `.png`."""
    kind = KINDS.get(suffix.lower())
    if kind is None:
        return "this is not a picture that can be printed", f"Use one of {', '.join(KINDS)}."
    if len(data) > MAX_BYTES:
        return f"the picture is larger than {MAX_BYTES // 1_000_000} MB", "Make it smaller."
    return _svg_fault(data) if kind == "SVG" else _pixels_fault(data, kind)


def _pixels_fault(data: bytes, kind: str) -> Fault | None:
    try:
        with _strict(), Image.open(io.BytesIO(data), formats=("PNG", "JPEG")) as picture:
            if picture.format != kind:
                return f"this is a {picture.format} picture under the name of a {kind} one", "Name it by what it is."
            if picture.width * picture.height > MAX_PIXELS:
                return f"the picture has {picture.width} x {picture.height} dots", "Make it smaller."
            if picture.mode == "CMYK":
                return "the picture has the colours of a printing press (CMYK)", "Save it with the colours of a screen (RGB)."
            picture.load()
    except Image.DecompressionBombError:
        return "the picture has too many dots", "Make it smaller."
    except _BROKEN:
        return f"this is no whole {kind} picture", _AGAIN
    return None


@contextmanager
def _strict() -> Iterator[None]:
    """Make Pillow refuse what is cut off, and keep to itself what it thinks of sizes: the limits here are lower."""
    lenient = ImageFile.LOAD_TRUNCATED_IMAGES
    # WeasyPrint tells Pillow, for the whole process, to make do with half a picture.
    ImageFile.LOAD_TRUNCATED_IMAGES = False
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        ImageFile.LOAD_TRUNCATED_IMAGES = lenient


def _svg_fault(data: bytes) -> Fault | None:
    # Zero bytes stand between the letters of UTF-16.
    if b"<!ENTITY" in data.replace(b"\0", b""):
        return "the drawing defines entities of its own", "Save it as plain SVG."
    depth = 0
    try:
        for event, element in ET.iterparse(io.BytesIO(data), events=("start", "end")):  # noqa: S314 -- no entities, see above
            depth += 1 if event == "start" else -1
            if depth > MAX_DEPTH:
                return f"the drawing is nested more than {MAX_DEPTH} deep", "Ungroup it."
            fault = _root_fault(element) if depth == 1 and event == "start" else _element_fault(element) if event == "end" else None
            if fault:
                return fault
    except (ET.ParseError, ValueError, LookupError) as error:
        line = getattr(error, "position", (0, 0))[0]
        return "this is no whole SVG drawing" + (f": line {line} cannot be read" if line else ""), _AGAIN
    return None


def _root_fault(root: ET.Element) -> Fault | None:
    if root.tag != "{http://www.w3.org/2000/svg}svg":
        return "this is no SVG drawing", _AGAIN
    if not all(_LENGTH.fullmatch(root.get(name, "1")) for name in ("width", "height")):
        return "the width or height of the drawing is no length", "Write it like this: 40mm."
    if "viewBox" not in root.attrib and not {"width", "height"} <= set(root.attrib):
        return "the drawing does not say how large it is", "It needs a viewBox, or a width and a height."
    return None


def _element_fault(element: ET.Element) -> Fault | None:
    name = str(element.tag).rpartition("}")[2]
    if name in {"script", "foreignObject"}:
        return f"the drawing holds <{name}>, which no paper shows", "Save it as plain SVG."
    written = [element.text or ""] if name == "style" else []
    for key, value in element.attrib.items():
        if key.rpartition("}")[2] == "href" and name != "a" and not value.strip().startswith(("#", "data:")):
            return f"the drawing asks for '{value[:60]}'", "Put everything into the drawing itself."
        written.append(value if "url(" in value else "")
    if any(_OUTSIDE.search(text) for text in written):
        return "the drawing asks for another file", "Put everything into the drawing itself."
    return None
