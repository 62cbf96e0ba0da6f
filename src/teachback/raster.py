"""PDF -> PNG. The one module that imports pypdfium2."""

from __future__ import annotations

import io
from typing import Final

import pypdfium2

from teachback.units import PT_PER_INCH

DPI: Final = 150


def page_pictures(pdf: bytes, dpi: int = DPI) -> tuple[bytes, ...]:
    """Give each page as a PNG file, drawn at `dpi` dots to the inch."""
    pictures = []
    with pypdfium2.PdfDocument(pdf) as document:
        for page in document:
            picture = page.render(scale=dpi / PT_PER_INCH).to_pil()
            file = io.BytesIO()
            picture.save(file, format="PNG", dpi=(dpi, dpi))
            pictures.append(file.getvalue())
    return tuple(pictures)
