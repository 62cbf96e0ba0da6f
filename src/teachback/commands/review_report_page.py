"""Compose the sheet to sign, for a screen or for paper."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from teachback.commands.charts import bar
from teachback.content.locale_formats import direction_of
from teachback.html.composer import Medium, fill_page, line_to_html, stylesheet
from teachback.html.language_styles import language_styles

if TYPE_CHECKING:
    from teachback.checking.review_sheet import Report
    from teachback.content.clinic import Clinic
    from teachback.content.languages import Languages
    from teachback.html.composer import Design
    from teachback.units import Paper


def compose_report(
    report: Report,
    clinic: Clinic,
    languages: Languages,
    paper: Paper,
    medium: Medium,
    design: Design,
) -> str:
    """Return the sheet to sign: a self-contained page for a screen, or one to be laid out.

    Raises TeachbackError where the font of a handout's language is missing.
    """
    style_sheets = ["tokens.css", "report.css", f"report-{medium}.css"]
    tags = ("en", *(sheet.language for sheet in report.sheets))
    styles = stylesheet(
        style_sheets, clinic, design, language_styles(tags, languages, design.files)
    )
    if medium is Medium.PRINT:
        styles = f"@page {{ size: {paper.box.width}mm {paper.box.height}mm }}\n{styles}"
    names: dict[str, Any] = {
        "report": report,
        "clinic": clinic,
        "medium": str(medium),
        "bar": _bar,
        "direction": direction_of,
    }
    names["spans"] = partial(line_to_html, medium=medium, write_here="line to write on")
    return fill_page("report.html", design, medium, styles, names)


def _bar(value: float, target: float | None, description: str) -> Markup:
    return Markup(bar(value, target, description))  # noqa: S704 -- our own drawing
