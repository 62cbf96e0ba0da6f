"""Draw a PDF's pages as PNG, and extract the words of any PDF.

Only this module and `page_reader` import pypdfium2.
"""

from __future__ import annotations

import io
from itertools import islice
from typing import TYPE_CHECKING, Final

import pypdfium2

from teachback.errors import Problem, TeachbackError
from teachback.units import PT_PER_INCH

if TYPE_CHECKING:
    from collections.abc import Iterator

DPI: Final = 150


def page_pictures(pdf: bytes, dpi: int = DPI, most: int | None = None) -> tuple[bytes, ...]:
    """Draw each page, or the first `most`, as a PNG file at `dpi` dots to the inch."""
    pictures = []
    with pypdfium2.PdfDocument(pdf) as document:
        for page in islice(document, most):
            picture = page.render(scale=dpi / PT_PER_INCH).to_pil()
            file = io.BytesIO()
            picture.save(file, format="PNG", dpi=(dpi, dpi))
            pictures.append(file.getvalue())
    return tuple(pictures)


# A Letter page at 300 dots to the inch has 8 million dots; a page may claim to be much larger than
# paper is.
MOST_DOTS: Final = 40_000_000


def page_texts(pdf: bytes) -> tuple[str, ...]:
    """Return the words of each page of any PDF.

    Raises TeachbackError for a file that is no whole PDF, or is protected by a password.
    """
    try:
        with pypdfium2.PdfDocument(pdf) as document:
            return tuple(page.get_textpage().get_text_range() for page in document)
    except pypdfium2.PdfiumError:
        raise _no_pdf() from None


def scanned_pages(pdf: bytes, dpi: int) -> Iterator[bytes]:
    """Yield each page of any PDF as PNG, at `dpi` dots to the inch, or fewer if it is very large.

    Raises TeachbackError for a file that is no whole PDF.
    """
    try:
        with pypdfium2.PdfDocument(pdf) as document:
            for page in document:
                width, height = page.get_size()
                scale = min(dpi / PT_PER_INCH, (MOST_DOTS / max(width * height, 1.0)) ** 0.5)
                file = io.BytesIO()
                page.render(scale=scale).to_pil().save(file, format="PNG")
                yield file.getvalue()
    except pypdfium2.PdfiumError:
        raise _no_pdf() from None


def _no_pdf() -> TeachbackError:
    return TeachbackError(
        Problem(
            "this is not a complete PDF, or it needs a password",
            "Save it again, without a password.",
        )
    )
