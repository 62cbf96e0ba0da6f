"""The QR code on the page is small, and is read from scans and photos."""

from __future__ import annotations

import io
import random
import re
from typing import TYPE_CHECKING

import pytest
import segno
from PIL import Image, ImageDraw, ImageFilter

from teachback.editions.edition_code import check_character
from teachback.editions.qr_code import codes_in_picture, qr_svg
from teachback.errors import TeachbackError
from teachback.files import images
from teachback.files.images import grey_picture
from teachback.pdf import renderer
from teachback.pdf.page_images import page_pictures

if TYPE_CHECKING:
    from collections.abc import Callable

CODE = "LC-CKD-EN-FRJ6A3M"
LONG = "BYV-NO-DIALYSIS-ZH-HANS-FRJ6A3" + check_character("BYV-NO-DIALYSIS-ZH-HANS-FRJ6A3")
MODULE = 0.5


def page_with(*drawings: str) -> bytes:
    """Return a Letter page as PDF with QR codes at the right.

    Bars between them look like lines of text.
    """
    bars = '<div style="height: 2mm; margin: 2mm 0; background: #000"></div>' * 6
    body = "".join(
        f'<div style="display: flex; justify-content: flex-end; height: 20mm">{drawing}</div>{bars}'
        for drawing in drawings
    )
    # No letters, so the fonts do not matter here.
    style = "@page { size: letter; margin: 15mm }"
    layout = renderer.lay_out(
        "<html "
        f'lang="en"><head><title>QR</title><style>{style}</style></head><body>{body}{bars}</body></html>',
        {},
        renderer.Fonts(),
    )
    return renderer.write(layout)


@pytest.fixture(scope="module")
def scans() -> dict[int, Image.Image]:
    """Return the page as a scanner would at 150 and 300 dpi, in grey."""
    page = page_with(qr_svg(CODE, MODULE))
    found = {}
    for dpi in (150, 300):
        found[dpi] = Image.open(io.BytesIO(page_pictures(page, dpi)[0])).convert("L")
        words = ImageDraw.Draw(found[dpi])
        for line in range(30):
            words.text(
                (dpi / 2, dpi * (3 + line / 5)),
                "Call us when a cramp comes with a skipped heartbeat. " * 2,
                fill=0,
                font_size=dpi / 7,
            )
    return found


def saved(image: Image.Image, form: str = "PNG", quality: int = 60) -> bytes:
    """Return a picture as a file."""
    file = io.BytesIO()
    image.save(file, format=form, quality=quality)
    return file.getvalue()


def noisy(image: Image.Image) -> Image.Image:
    """Return a picture with grain and a grey background, like a copy of a copy."""
    dice = random.Random(4)  # noqa: S311 -- grain, not secrets
    grain = Image.frombytes("L", image.size, dice.randbytes(image.width * image.height))
    return Image.blend(image, grain, 0.3)


SPOILT: dict[str, Callable[[Image.Image], Image.Image]] = {
    "as it is": lambda image: image,
    "upside down": lambda image: image.rotate(180),
    "on its side": lambda image: image.rotate(90, expand=True),
    "askew": lambda image: image.rotate(
        7, expand=True, fillcolor=255, resample=Image.Resampling.BICUBIC
    ),
    "far askew": lambda image: image.rotate(
        -38, expand=True, fillcolor=255, resample=Image.Resampling.BICUBIC
    ),
    "blurred": lambda image: image.filter(ImageFilter.GaussianBlur(1)),
    "noisy": noisy,
    "faint": lambda image: image.point(lambda dot: 150 + dot // 3),
    "dark": lambda image: image.point(lambda dot: dot // 3),
    "black and white": lambda image: image.point(lambda dot: 255 * (dot > 140)),
    "in colour": lambda image: image.convert("RGB"),
    "in perspective": lambda image: image.transform(
        image.size,
        Image.Transform.QUAD,
        (
            0,
            0,
            image.width * 0.04,
            image.height,
            image.width * 0.97,
            image.height * 0.98,
            image.width,
            0,
        ),
    ),
}


@pytest.mark.parametrize(
    ("name", "dpi"),
    # The coarser scan is the harder one.
    [*((name, 150) for name in SPOILT), ("as it is", 300), ("far askew", 300)],
)
def test_the_code_is_read_from_a_scan(scans: dict[int, Image.Image], name: str, dpi: int) -> None:
    """The code is read at its printed size, whatever the scanner did to the page."""
    assert codes_in_picture(saved(SPOILT[name](scans[dpi]))) == (CODE,)


def test_the_code_is_read_from_a_photo_that_the_camera_turned(
    scans: dict[int, Image.Image],
) -> None:
    """A JPEG that is marked as rotated is read."""
    file = io.BytesIO()
    turned = Image.Exif()
    turned[0x0112] = 6
    scans[300].save(file, format="JPEG", quality=50, exif=turned)
    assert codes_in_picture(file.getvalue()) == (CODE,)
    assert grey_picture(file.getvalue()).width == scans[300].height


def test_all_codes_of_a_picture_are_read_from_the_top_down() -> None:
    """A scan may show several cards; a QR code with other words is not ours."""
    other = (
        segno.make_qr("https://example.org/")
        .svg_inline(scale=2)
        .replace("<svg", '<svg aria-hidden="true"', 1)
    )
    (drawn,) = page_pictures(page_with(qr_svg(LONG, MODULE), other, qr_svg(CODE, MODULE)), 200)
    assert codes_in_picture(drawn) == (LONG, CODE)


def test_a_picture_without_a_code_gives_none(scans: dict[int, Image.Image]) -> None:
    """Words alone and an empty page have no code."""
    words = scans[150].crop((0, scans[150].height // 2, scans[150].width, scans[150].height))
    assert codes_in_picture(saved(words)) == ()
    assert codes_in_picture(saved(Image.new("L", (500, 700), 255))) == ()


@pytest.mark.parametrize(
    "data", [b"", b"GIF89a", b"%PDF-1.7", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff\xe0" * 20]
)
def test_what_is_no_picture_is_said(data: bytes) -> None:
    """Not taken for a page without a code."""
    with pytest.raises(TeachbackError, match="this PNG or JPEG picture is incomplete or damaged"):
        codes_in_picture(data)


def test_half_a_picture_is_said(scans: dict[int, Image.Image]) -> None:
    """Half a picture is an error: the code may be in the missing half."""
    data = saved(scans[150])
    with pytest.raises(TeachbackError, match="this PNG or JPEG picture is incomplete or damaged"):
        codes_in_picture(data[: len(data) // 2])


def test_a_picture_that_is_too_large_is_refused_before_it_is_opened(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A few bytes can unpack to gigabytes."""
    data = saved(Image.new("1", (1000, 1000), 1))
    assert codes_in_picture(data) == ()
    monkeypatch.setattr(images, "MAX_SCAN_PIXELS", 999_999)
    with pytest.raises(TeachbackError, match="1000 x 1000 dots"):
        codes_in_picture(data)
    monkeypatch.setattr(images, "MAX_SCAN_BYTES", 10)
    with pytest.raises(TeachbackError, match="larger than"):
        codes_in_picture(data)


def test_the_drawing_is_one_path_that_says_how_large_it_is() -> None:
    """The drawing is one path, hidden from screen readers, and cannot clash with the page."""
    svg = qr_svg(CODE, 0.5)
    assert svg == qr_svg(CODE, 0.5)
    assert svg.count("<svg ") == svg.count("<path ") == 1
    assert re.findall(r"<(\w+)", svg) == ["svg", "path"]
    assert 'aria-hidden="true"' in svg
    assert not re.search(r"\bid=|<title|style=|class=", svg)
    # Version 1 has 21 modules, with four white ones on each side.
    assert 'width="14.5mm" height="14.5mm" viewBox="0 0 29 29"' in svg
    numbers = [int(number) for number in re.findall(r"M(\d+) ", svg)]
    assert min(numbers) == 4


def test_the_drawing_corrects_at_least_a_sixth_of_its_errors() -> None:
    """The code has level M or better, so a fold or a coffee stain does no harm."""
    for code in (CODE, LONG):
        side = int(re.findall(r'viewBox="0 0 (\d+)', qr_svg(code, 0.5))[0]) - 8
        levels = [
            level
            for level in "mqh"
            if segno.make_qr(code, error=level, boost_error=False).symbol_size(border=0)[0] == side
        ]
        assert levels
