"""Measure how pages print in black and white, and warn of what prints badly there.

That is faint words, a page full of ink, and tiers of red flags that look alike in grey. What nobody
could read at all stops the print: see `page_proof`.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Final

from teachback.errors import Problem, Severity
from teachback.files.contrast import CONTRAST_BODY, CONTRAST_FLOOR
from teachback.pdf.page_layout import tier_boxes
from teachback.proofing.faulty_words import named_words, words_by_picture
from teachback.proofing.visibility import ink
from teachback.units import MM_PER_INCH, PT_PER_INCH, PrintInk

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from teachback.pdf.page_layout import TierBox
    from teachback.pdf.page_reader import ReadPage
    from teachback.pdf.renderer import LaidOutDocument
    from teachback.proofing.expected_text import Expected
    from teachback.proofing.faulty_words import Look

# A black-and-white printer's cartridge is rated at 5 % (ISO/IEC 19752); a page with more than this
# has many fills.
INK_MOST: Final = 0.08
# The most ink of a page with light tints, as it has them in colour.
INK_TINTED: Final = 0.12
# A page full of 18 pt letters alone takes 9 to 10 %. The warning is about fills, so it needs more
# fills than this.
FILLS_MOST: Final = 0.01
# In mm: how far from its left edge a tier's border is searched. Then the least differences of two
# tiers: in the share of the edge that is inked, in pt, and in grey.
_EDGE: Final = 1.6
_SAME_SHARE: Final = 0.15
_SAME_WIDTH: Final = 0.7
_SAME_ICON: Final = 12
# A row of dots is inked if more than this share of it is.
_BORDER_INK: Final = 0.15
_WHITE: Final = 255


@dataclass(frozen=True)
class TierLook:
    """The look of a tier's box in grey.

    `words` is its heading, `border` its left border (share of its height that is inked, and width
    in pt), and `icon` its icon in 16 x 16 greys.
    """

    tier: str
    words: str
    border: tuple[float, float]
    icon: bytes

    def alike(self, other: TierLook, *, with_border: bool) -> list[str]:
        """Return the features that do not tell this tier from another."""
        alike = ["words"] if self.words.casefold() == other.words.casefold() else []
        share, width = _differences(self.border, other.border)
        if with_border and share < _SAME_SHARE and width < _SAME_WIDTH:
            alike.append("border")
        icon = sum(_differences(self.icon, other.icon)) / max(1, len(self.icon))
        return alike + (["icon"] if icon < _SAME_ICON else [])


@dataclass(frozen=True)
class Measures:
    """The measures of a file's pages.

    `smallest` is the smallest type in pt, `color` and `grey` are the least contrasts, `ink` is the
    most ink of a page (0 to 1), and `tiers` are the looks of the tiers. `fills` is the ink of other
    things than letters, on the fullest of the pages with much ink.
    """

    smallest: float
    color: float
    grey: float
    ink: float
    fills: float
    tiers: tuple[TierLook, ...] = ()


def page_measures(
    pages: Sequence[ReadPage],
    looks_by_page: Sequence[Look],
    layout: LaidOutDocument,
    expected: Expected,
) -> Measures:
    """Measure the pages of a file, as they were read back."""
    inks = [ink(page.whole) for page in pages]
    tiers = tuple(tier_look(pages[box.page - 1], box) for box in tier_boxes(layout))
    return Measures(
        smallest=min((look.run.size for _, look in looks_by_page), default=0.0),
        color=min((look.color for _, look in looks_by_page), default=0.0),
        grey=min((look.grey for _, look in looks_by_page), default=0.0),
        ink=max(inks, default=0.0),
        fills=max(
            (
                ink(page.bare)
                for page, share in zip(pages, inks, strict=True)
                if share > _ink_limit(expected)
            ),
            default=0.0,
        ),
        tiers=tiers,
    )


def black_and_white_problems(
    measures: Measures,
    looks_by_page: Iterable[Look],
    layout: LaidOutDocument,
    expected: Expected,
) -> Iterator[Problem]:
    """Yield warnings about what a black-and-white printer could print better."""
    low_contrast = [
        (number, look)
        for number, look in looks_by_page
        if CONTRAST_FLOOR <= min(look.color, look.grey) < CONTRAST_BODY
    ]
    for picture, letters in words_by_picture(low_contrast, layout).items():
        faintest = min(letters, key=lambda item: min(item[1].color, item[1].grey))
        ratio = min(faintest[1].color, faintest[1].grey)
        words = named_words(letters if picture else [faintest], picture)
        message = (
            f"{words} has a contrast of {ratio:.1f}:1; "
            f"text is easy to read from {CONTRAST_BODY:g}:1"
        )
        yield Problem(message, "Use a darker colour.", None, Severity.WARNING)
    limit = _ink_limit(expected)
    if not expected.card and measures.ink > limit and measures.fills > FILLS_MOST:
        message = (
            f"ink covers {measures.ink * 100:.1f} % of a page, and without the text still "
            f"{measures.fills * 100:.1f} %; more than {limit * 100:g} % is a lot"
        )
        yield Problem(message, "Use borders rather than fills.", None, Severity.WARNING)
    for first, second in combinations(measures.tiers, 2):
        if first.tier == second.tier:
            continue
        alike = first.alike(second, with_border=not expected.card)
        if alike:
            message = (
                f"in grey, the tiers '{first.tier}' and '{second.tier}' have the same "
                f"{' and '.join(alike)}"
            )
            hint = "Give each tier its own icon, word and border."
            yield Problem(message, hint, None, Severity.WARNING)


def tier_look(page: ReadPage, box: TierBox) -> TierLook:
    """Return the look of a tier's box on the printed page, in grey."""
    dots = page.whole.width / page.width * PT_PER_INCH / MM_PER_INCH
    left, top, _, bottom = (edge * dots for edge in box.place)
    edge = page.whole.crop(
        (
            round(left) - 1,
            round(top + (bottom - top) / 4),
            round(left + _EDGE * dots),
            round(bottom - (bottom - top) / 4),
        )
    )
    # What is as light as the box inside its border, which may have a tint, is no border.
    ground = max(edge.crop((edge.width - 1, 0, edge.width, edge.height)).tobytes(), default=_WHITE)
    greys = edge.point([min(value, ground) for value in range(256)]).tobytes()
    rows = [
        (ground * edge.width - sum(greys[start : start + edge.width])) / _WHITE
        for start in range(0, len(greys), edge.width)
    ]
    inked = [row for row in rows if row > _BORDER_INK]
    width = sum(inked) / len(inked) * page.width / page.whole.width if inked else 0.0
    icon = page.whole.crop(tuple(round(value * dots) for value in box.icon)).resize((16, 16))
    return TierLook(box.tier, box.words, (len(inked) / max(1, len(rows)), width), icon.tobytes())


def _differences(values: Iterable[float], others: Iterable[float]) -> Iterator[float]:
    return (abs(value - other) for value, other in zip(values, others, strict=True))


def _ink_limit(expected: Expected) -> float:
    return INK_MOST if expected.ink is PrintInk.BLACK else INK_TINTED
