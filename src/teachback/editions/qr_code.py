"""An edition code -> a QR code for the page, and back from a scan. The one module for segno and zxing-cpp."""

from __future__ import annotations

from typing import Final

import segno

from teachback.editions.edition_code import CODE

# Modules of white around the code, without which readers do not find it (ISO/IEC 18004:2015, 6.3.8).
QUIET_ZONE: Final = 4


def qr_svg(code: str, module_mm: float) -> str:
    """Draw a code as a QR code: one <svg> to be put into a page, its modules `module_mm` wide, the white around it included.

    The squares are one black path on the paper's own white. Error correction is M or better (15 % may be lost), as
    good as the same size allows. It is hidden from screen readers: the code stands beside it in words.
    """
    code_matrix = segno.make_qr(code, error="m", boost_error=True)
    rows = [bytes(row) for row in code_matrix.matrix]
    side = len(rows) + 2 * QUIET_ZONE
    path = "".join(_row(y, row) for y, row in enumerate(rows, start=QUIET_ZONE))
    length = f"{side * module_mm:.4f}".rstrip("0").rstrip(".")
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{length}mm" height="{length}mm" '
        f'viewBox="0 0 {side} {side}" '
        f'shape-rendering="crispEdges" aria-hidden="true"><path fill="#000" d="{path}"/></svg>'
    )


def _row(y: int, row: bytes) -> str:
    """Draw the black runs of one row, each as a rectangle of its own."""
    drawn, start = "", None
    for x, dark in enumerate((*row, 0)):
        if dark and start is None:
            start = x
        elif not dark and start is not None:
            drawn += f"M{start + QUIET_ZONE} {y}h{x - start}v1h-{x - start}z"
            start = None
    return drawn


def codes_in_picture(data: bytes) -> tuple[str, ...]:
    """Read the edition codes of all QR codes in a scan or a photo (PNG or JPEG), from the top down, each once.

    A QR code with other words in it is passed over. Raises TeachbackError for what is no whole picture, or too large.
    """
    from teachback.files.images import grey_picture

    grey = grey_picture(data)
    return codes_in_dots(grey.width, grey.height, grey.dots)


def codes_in_dots(width: int, height: int, grey: bytes) -> tuple[str, ...]:
    """Read the edition codes of all QR codes in a drawing in grey, a byte for each dot, from the top down, each once."""
    import zxingcpp

    dots = memoryview(grey).cast("B", (height, width))
    found = zxingcpp.read_barcodes(
        dots, formats=zxingcpp.BarcodeFormats([zxingcpp.BarcodeFormat.QRCode])
    )
    codes = [(barcode.position.top_left.y, barcode.text.strip()) for barcode in found]
    return tuple(dict.fromkeys(text for _, text in sorted(codes) if CODE.fullmatch(text)))
