"""Make a photo of a printed page, as a tablet's camera takes it."""

from __future__ import annotations

import io

from PIL import Image, ImageChops, ImageFilter

# Of a tablet's camera: 5 million dots.
SIZE = (1944, 2592)


def photo_of(page: bytes, *, share: float = 0.85, blur: float = 1.2) -> bytes:
    """Return a JPEG of a page (PNG) on a table: askew, dim on one side, blurred, with noise.

    `share` of the photo's height is paper; `blur` is the radius in dots of the photo.
    """
    paper = Image.open(io.BytesIO(page)).convert("L")
    wide, high = SIZE
    tall = high * share
    side = tall * paper.width / paper.height
    left, top = (wide - side) / 2, (high - tall) / 2
    # Where the corners come to lie: turned by some degrees, and the far edge is shorter.
    lean, far = 0.06 * side, 0.05 * side
    corners = (
        (left + lean + far, top),
        (left + side + lean / 2 - far, top + lean),
        (left + side - lean, top + tall),
        (left - lean / 2, top + tall - lean),
    )
    taken = paper.transform(
        SIZE,
        Image.Transform.PERSPECTIVE,
        _from(paper.size, corners),
        Image.Resampling.BICUBIC,
        fillcolor=90,
    )
    taken = taken.filter(ImageFilter.GaussianBlur(blur))
    light = Image.linear_gradient("L").rotate(90).resize(SIZE).point(lambda dot: 140 + dot // 3)
    noise = Image.effect_noise(SIZE, 14)
    taken = ImageChops.add(ImageChops.multiply(taken, light), noise, 1, -128)
    file = io.BytesIO()
    taken.convert("RGB").save(file, "JPEG", quality=80)
    return file.getvalue()


def _from(size: tuple[int, int], corners: tuple[tuple[float, float], ...]) -> list[float]:
    """Return what `Image.transform` takes to lay a page of a size onto four corners."""
    wide, high = size
    rows = []
    for (x, y), (u, v) in zip(corners, ((0, 0), (wide, 0), (wide, high), (0, high)), strict=True):
        rows.append([x, y, 1, 0, 0, 0, -u * x, -u * y, u])
        rows.append([0, 0, 0, x, y, 1, -v * x, -v * y, v])
    for pivot in range(8):  # Gauss and Jordan
        best = max(range(pivot, 8), key=lambda row: abs(rows[row][pivot]))
        rows[pivot], rows[best] = rows[best], rows[pivot]
        rows[pivot] = [one / rows[pivot][pivot] for one in rows[pivot]]
        for row in range(8):
            if row != pivot:
                factor = rows[row][pivot]
                rows[row] = [a - factor * b for a, b in zip(rows[row], rows[pivot], strict=True)]
    return [row[8] for row in rows]
