"""Draw an edition code as a QR code, and read it from a scan.

This is the only module that imports segno and zxing-cpp.
"""

from __future__ import annotations

import itertools
from typing import Final

from teachback.editions.edition_code import CODE

# In modules: the white margin by which scanners find the code (ISO/IEC 18004:2015, 6.3.8).
QUIET_ZONE: Final = 4


def qr_svg(code: str, module_mm: float) -> str:
    """Return a QR code as an <svg> element for a page, including its quiet zone.

    `module_mm` is the width of a module in mm. The modules are one black path on the white paper.
    Error correction is M (15 % may be lost), or better if the size stays the same. Screen readers
    skip it, because the code is printed beside it in words.
    """
    # Loaded where a code is drawn, in a worker process, while this one loads other libraries.
    import segno

    rows = [bytes(row) for row in segno.make_qr(code, error="m", boost_error=True).matrix]
    side = len(rows) + 2 * QUIET_ZONE
    path = "".join(_row(y, row) for y, row in enumerate(rows, start=QUIET_ZONE))
    length = f"{side * module_mm:.4f}".rstrip("0").rstrip(".")
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{length}mm" height="{length}mm" '
        f'viewBox="0 0 {side} {side}" '
        f'shape-rendering="crispEdges" aria-hidden="true"><path fill="#000" d="{path}"/></svg>'
    )


def _row(y: int, row: bytes) -> str:
    """Return the black runs of one row as the steps of a path, each a rectangle."""
    path, start = "", None
    for x, dark in enumerate((*row, 0)):
        if dark and start is None:
            start = x
        elif not dark and start is not None:
            path += f"M{start + QUIET_ZONE} {y}h{x - start}v1h-{x - start}z"
            start = None
    return path


def codes_in_picture(data: bytes) -> tuple[str, ...]:
    """Return the edition codes of all QR codes in a scan or photo (PNG or JPEG).

    They are in order from the top down, each once. QR codes with other content are skipped. Where
    none is found, the picture is searched for small and blurred ones. Raises TeachbackError for a
    broken picture, or one that is too large.
    """
    from teachback.files.images import clearer_pictures, grey_picture

    grey = grey_picture(data)
    for picture in itertools.chain((grey,), clearer_pictures(grey)):
        if codes := codes_in_dots(picture.width, picture.height, picture.dots):
            return codes
    return ()


def codes_in_dots(width: int, height: int, grey: bytes) -> tuple[str, ...]:
    """Return the edition codes of all QR codes in a greyscale bitmap, one byte per pixel.

    They are in order from the top down, each once.
    """
    return tuple(text for text in texts_in_dots(width, height, grey) if CODE.fullmatch(text))


def texts_in_dots(width: int, height: int, grey: bytes) -> tuple[str, ...]:
    """Return the content of all QR codes in a greyscale bitmap, from the top down, each once."""
    import zxingcpp

    dots = memoryview(grey).cast("B", (height, width))
    found = zxingcpp.read_barcodes(
        dots, formats=zxingcpp.BarcodeFormats([zxingcpp.BarcodeFormat.QRCode])
    )
    codes = [(barcode.position.top_left.y, barcode.text.strip()) for barcode in found]
    return tuple(dict.fromkeys(text for _, text in sorted(codes)))
