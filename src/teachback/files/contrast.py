"""Compute the contrast between colours, in colour and in grey. Pure."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

Rgb = tuple[int, int, int]

WHITE: Final = (255, 255, 255)
# WCAG 2.2: 1.4.3 (minimum) and 1.4.6 (enhanced), which we require for body text.
CONTRAST_FLOOR: Final = 4.5
CONTRAST_BODY: Final = 7.0
_LINEAR_LIMIT: Final = 0.04045


@lru_cache(4096)
def contrast(first: Rgb, second: Rgb) -> float:
    """Return the contrast ratio of two colours, 1 to 21, as WCAG 2.2 defines it."""
    lighter, darker = sorted((_luminance(first), _luminance(second)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def grey(color: Rgb) -> Rgb:
    """Return the grey that a black-and-white printer makes of a colour: its luma (ITU-R BT.601)."""
    value = round(0.3 * color[0] + 0.59 * color[1] + 0.11 * color[2])
    return value, value, value


def _luminance(color: Rgb) -> float:
    red, green, blue = (
        channel / 255 / 12.92
        if channel / 255 <= _LINEAR_LIMIT
        else ((channel / 255 + 0.055) / 1.055) ** 2.4
        for channel in color
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
