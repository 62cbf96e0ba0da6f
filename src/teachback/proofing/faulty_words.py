"""Name the words of a page that share a fault: with their pages, their picture and their place."""

from __future__ import annotations

from typing import TYPE_CHECKING

from teachback.pdf.page_layout import picture_boxes
from teachback.proofing.expected_text import comparison_key
from teachback.proofing.text_checks import pages_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from teachback.errors import Location
    from teachback.pdf.page_reader import TextRun
    from teachback.pdf.renderer import LaidOutDocument
    from teachback.proofing.expected_text import Expected
    from teachback.proofing.visibility import TextVisibility

    # Letters on a page: its number, and their visibility.
    Look = tuple[int, TextVisibility]


def words_by_picture(
    looks_by_page: Iterable[Look], layout: LaidOutDocument
) -> dict[str, list[Look]]:
    """Group letters by the file of the picture that they are in: "" for those of the text."""
    groups: dict[str, list[Look]] = {}
    for number, look in looks_by_page:
        holding = (
            box.file
            for box in picture_boxes(layout)
            if look.run.drawn and number == box.page and is_inside(look.run, box.edges)
        )
        groups.setdefault(next(holding, "a picture" if look.run.drawn else ""), []).append(
            (number, look)
        )
    return groups


def is_inside(run: TextRun, box: tuple[float, float, float, float]) -> bool:
    """Return whether letters are inside a box (left, bottom, right, top in pt)."""
    left, bottom, right, top = run.bounds
    return left >= box[0] and bottom >= box[1] and right <= box[2] and top <= box[3]


def named_words(looks_by_page: Sequence[Look], picture: str = "") -> str:
    """Describe words that share a fault by the longest of them, and their pages.

    Those in a picture are named together, with its file: each letter is drawn by itself.
    """
    if picture:
        words = "".join(look.run.words for _, look in looks_by_page).strip()
        pages = pages_of(sorted({number for number, _ in looks_by_page}))
        return f"'{words[:60]}' in {picture} on {pages}"
    longest = max((look.run.words.strip() for _, look in looks_by_page), key=len)
    numbers = sorted({number for number, _ in looks_by_page})
    more = f" and {len(looks_by_page) - 1} more" if len(looks_by_page) > 1 else ""
    return f"'{longest[:60]}'{more} on {pages_of(numbers)}"


def place_of_words(looks_by_page: Sequence[Look], expected: Expected) -> Location | None:
    """Return the place in the handout's file of the longest of some words."""
    longest = max((comparison_key(look.run.words) for _, look in looks_by_page), key=len)
    # A shorter text, such as a number, is in many others.
    return expected.place_with(longest) if len(longest) > 3 else None  # noqa: PLR2004
