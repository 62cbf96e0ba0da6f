"""Compose the page that shows two readers of a handout side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING

from markupsafe import Markup

from teachback.content.locale_formats import direction_of
from teachback.files.page_resources import CSS_FILE
from teachback.html.composer import (
    Medium,
    fill_page,
    put_inside,
    stylesheet,
)

if TYPE_CHECKING:
    from teachback.content.clinic import Clinic
    from teachback.editions.comparison import Comparison
    from teachback.html.composer import Design


def compose_comparison(comparison: Comparison, clinic: Clinic, design: Design) -> str:
    """Return one page for a screen that compares what two readers get."""
    own: list[str] = []
    styles = stylesheet(["tokens.css", "diff-screen.css"], clinic, design)
    styles = CSS_FILE.sub(lambda match: put_inside(match, design, own), styles)
    names = {
        "comparison": comparison,
        "direction": direction_of(comparison.language),
        "styles": Markup(styles),  # noqa: S704 -- checked before
    }
    return fill_page("diff.html", design, Medium.SCREEN, names, own)
