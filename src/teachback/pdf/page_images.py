"""Draw a PDF's pages as PNG, and extract the words of any PDF.

Only this module and `page_reader` import pypdfium2.
"""

from __future__ import annotations

import io
import math
from itertools import islice
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import pypdfium2

from teachback.errors import TeachbackError
from teachback.units import MM_PER_INCH, PT_PER_INCH

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from teachback.pdf.page_reader import Picture

DPI: Final = 150
# The compression level of a PNG that a reader waits for. The usual one takes a third longer.
QUICK_COMPRESSION: Final = 1
# In dots: drawn around a strip, and cut off.
MARGIN: Final = 8
# A Letter page at 300 dots to the inch has 8 million dots. A page may claim to be much larger than
# paper is.
MOST_DOTS: Final = 40_000_000


class Strip(NamedTuple):
    """A part of a page: the page from 0, and left, top, width and height in mm."""

    page: int
    left: float
    top: float
    width: float
    height: float


def strip_pictures(pdf: bytes, strips: Iterable[Strip], dpi: int) -> Iterator[tuple[Strip, bytes]]:
    """Draw parts of pages as PNG, each as it is in a picture of the whole page.

    Yields each strip as it was drawn, moved outwards to whole dots.
    """
    scale = dpi / PT_PER_INCH
    dots = dpi / MM_PER_INCH
    with pypdfium2.PdfDocument(pdf) as document:
        # Opening a page takes longer than drawing a strip of it.
        pages: dict[int, pypdfium2.PdfPage] = {}
        for strip in strips:
            if strip.page not in pages:
                pages[strip.page] = document[strip.page]
            page = pages[strip.page]
            width, height = (math.ceil(edge * scale) for edge in page.get_size())
            left, top = (max(0, math.floor(edge * dots)) for edge in (strip.left, strip.top))
            right = min(width, math.ceil((strip.left + strip.width) * dots))
            bottom = min(height, math.ceil((strip.top + strip.height) * dots))
            # pdfium shades letters at the edge of what it draws otherwise, so draw a margin too.
            x, y = max(0, left - MARGIN), max(0, top - MARGIN)
            # pdfium takes lengths in pt, and rounds them up to whole dots.
            edges = (x, max(0, height - bottom - MARGIN), max(0, width - right - MARGIN), y)
            crop = [max(0.0, edge - 0.5) / scale for edge in edges]
            picture = page.render(scale=scale, crop=crop).to_pil()
            picture = picture.crop((left - x, top - y, right - x, bottom - y))
            drawn = (left / dots, top / dots, (right - left) / dots, (bottom - top) / dots)
            yield Strip(strip.page, *drawn), _png(picture, compress_level=QUICK_COMPRESSION)


def page_picture(pdf: bytes, page: int, dpi: int) -> bytes:
    """Draw one page, counted from 0, as PNG at `dpi` dots to the inch."""
    with pypdfium2.PdfDocument(pdf) as document:
        picture = document[page].render(scale=dpi / PT_PER_INCH).to_pil()
        return _png(picture, compress_level=QUICK_COMPRESSION)


def page_pictures(pdf: bytes, dpi: int = DPI, most: int | None = None) -> tuple[bytes, ...]:
    """Draw each page, or the first `most`, as a PNG file at `dpi` dots to the inch."""
    scale = dpi / PT_PER_INCH
    with pypdfium2.PdfDocument(pdf) as document:
        return tuple(
            _png(page.render(scale=scale).to_pil(), dpi=(dpi, dpi))
            for page in islice(document, most)
        )


def page_texts(pdf: bytes) -> tuple[str, ...]:
    """Return the words of each page of any PDF.

    Raises TeachbackError for a file that is not a whole PDF, or is protected by a password.
    """
    try:
        with pypdfium2.PdfDocument(pdf) as document:
            return tuple(page.get_textpage().get_text_range() for page in document)
    except pypdfium2.PdfiumError:
        raise _no_pdf() from None


def scanned_pages(pdf: bytes, dpi: int) -> Iterator[bytes]:
    """Yield each page of any PDF as PNG, at `dpi` dots to the inch, or fewer if it is very large.

    Raises TeachbackError for a file that is not a whole PDF.
    """
    try:
        with pypdfium2.PdfDocument(pdf) as document:
            for page in document:
                width, height = page.get_size()
                scale = min(dpi / PT_PER_INCH, (MOST_DOTS / max(width * height, 1.0)) ** 0.5)
                yield _png(page.render(scale=scale).to_pil())
    except pypdfium2.PdfiumError:
        raise _no_pdf() from None


def _png(picture: Picture, **options: Any) -> bytes:  # noqa: ANN401 -- the options of Pillow
    file = io.BytesIO()
    picture.save(file, format="PNG", **options)
    return file.getvalue()


def _no_pdf() -> TeachbackError:
    hint = "Save it again, without a password."
    return TeachbackError.of("this is not a complete PDF, or it needs a password", hint)
