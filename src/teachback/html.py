"""Edition -> HTML. The one module that imports Jinja2. No file but the templates, no clock, no environment.

Templates get an Edition, which holds no choice any more, and words. They contain no `if audience`.
"""

from __future__ import annotations

import base64
import re
import traceback
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

import jinja2
from babel import Locale
from babel.dates import format_date
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup, escape

from teachback.errors import Location, Problem, TeachbackError
from teachback.sheet import backs, crop_marks, places
from teachback.units import CARD, CARD_INSET, Paper, TypeSize
from teachback.workspace import MIME

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping
    from pathlib import Path

    from teachback.clinic import Clinic
    from teachback.edition import Edition, TableRow
    from teachback.marks import Line, Span
    from teachback.words import Words

_CSS_URL: Final = re.compile(r"""url\(\s*(["']?)([^"')]+)\1\s*\)""")
# Stands in a card's styles until its type sizes are known.
_CARD_TYPE: Final = "/* the type sizes of the card */\n"
# In characters; a heading longer than this wraps in a narrow first column.
LONG_HEADING: Final = 40
RTL: Final = frozenset({"ar", "fa", "he", "ur", "ps", "yi"})


class Medium(StrEnum):
    """What the HTML is for."""

    PRINT = "print"
    SCREEN = "screen"


@dataclass(frozen=True)
class Design:
    """What pages are made with: the templates, the style sheets by name, and the files that they name."""

    environment: jinja2.Environment
    styles: Mapping[str, str]
    files: Mapping[str, Path]


@dataclass(frozen=True)
class Dress:
    """What one page is dressed in besides the edition itself."""

    words: Words
    clinic: Clinic
    code: str


def open_templates(template_folders: tuple[Path, ...]) -> jinja2.Environment:
    """Make the one Jinja2 environment: sandboxed, escaping everything, strict about names."""
    environment = ImmutableSandboxedEnvironment(
        loader=jinja2.FileSystemLoader(list(template_folders)),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["marked"] = marked
    environment.filters["words_only"] = words_only
    environment.filters["fill"] = fill
    environment.tests["wide"] = wide
    return environment


def compose_handout(edition: Edition, dress: Dress, design: Design, *, medium: Medium, paper: Paper) -> str:
    """Give the whole HTML page of a handout, its styles inside; for a screen its fonts and pictures too.

    Raises TeachbackError with the template's file and line when a template cannot be filled.
    """
    names = ["tokens.css", "handout.css"]
    names += ["large-print.css"] if edition.size is TypeSize.LARGE else []
    names += ["screen.css"] if medium is Medium.SCREEN else ["print.css"]
    sheet = f"@page {{ size: {paper.box.width}mm {paper.box.height}mm }}\n" if medium is Medium.PRINT else ""
    return _render("handout.html", edition, dress, design, medium, styles=sheet + _stylesheet(names, dress.clinic, design))


def compose_card(edition: Edition, dress: Dress, design: Design, *, medium: Medium) -> str:
    """Give the HTML of one card, front and back, at exact size; see `at_type_size`."""
    names = ["tokens.css", "card.css"] + (["card-screen.css"] if medium is Medium.SCREEN else [])
    sheet = f"@page {{ size: {CARD.width}mm {CARD.height}mm; margin: {CARD_INSET}mm }}\n"
    styles = (sheet if medium is Medium.PRINT else "") + _stylesheet(names, dress.clinic, design) + _CARD_TYPE
    return _render("card.html", edition, dress, design, medium, styles=styles)


def compose_sheet(edition: Edition, dress: Dress, design: Design, *, paper: Paper) -> str:
    """Give the HTML of a plain sheet with eight cards, and a second one with their backs behind them."""
    styles = _stylesheet(["tokens.css", "card.css", "sheet.css"], dress.clinic, design) + _CARD_TYPE
    sheet = f"@page {{ size: {paper.box.width}mm {paper.box.height}mm; margin: 0 }}\n"
    sides = [("front", places(paper)), ("back", backs(paper))]
    return _render(
        "sheet.html",
        edition,
        dress,
        design,
        Medium.PRINT,
        styles=sheet + styles,
        sides=sides,
        crop_marks=crop_marks,
        box=CARD,
        paper=paper.box,
    )


def marked(line: Line) -> Markup:
    """Turn a line into HTML; every word in it is escaped."""
    return Markup("").join(_span(span) for span in line)


def words_only(line: Line) -> str:
    """Give a line as plain text, for titles and attributes."""
    return "".join("" if span.blank else span.text for span in line)


def fill(text: str, **values: object) -> Markup:
    """Put values into a text of content/words; the words' model has checked which names it holds."""
    return escape(text).format(**values)


def counter(name: str) -> Markup:
    """Give the place where the style sheet counts pages: `page` or `pages`."""
    return Markup('<span class="counter-{}"></span>').format(name)


def _span(span: Span) -> Markup:
    if span.blank:
        return Markup('<span class="blank"></span>')
    html = escape(span.text)
    if span.number:
        html = Markup('<bdi dir="ltr" class="number">{}</bdi>').format(html)
    if span.href is not None:
        html = Markup('<a href="{}">{}</a>').format(span.href, html)
        address = span.href.removeprefix("https://").removeprefix("mailto:").removeprefix("tel:").rstrip("/")
        if address not in span.text:
            html += Markup(' <span class="address">({})</span>').format(address)
    return Markup("<strong>{}</strong>").format(html) if span.strong else html


def at_type_size(page: str, front_pt: float, back_pt: float) -> str:
    """Give a composed card or sheet with its type sizes (pt) filled in: they are known only after a first layout."""
    return page.replace(_CARD_TYPE, f":root {{ --front-text: {front_pt}pt; --back-text: {back_pt}pt }}\n")


def wide(rows: tuple[TableRow, ...]) -> bool:
    """Say whether the first column holds whole sentences, and needs half of a table's width."""
    return any(len(words_only(row.cells[0])) > LONG_HEADING for row in rows)


def _stylesheet(names: list[str], clinic: Clinic, design: Design) -> str:
    colors = "".join(f"--{name}: {value}; " for name, value in clinic.colors if value)
    own = f":root {{ {colors}}}\n" if colors else ""
    return "".join(design.styles[name] + "\n" for name in (*names, "clinic.css")) + own


def _render(template: str, edition: Edition, dress: Dress, design: Design, medium: Medium, *, styles: str, **more: Any) -> str:  # noqa: ANN401 -- what the template names
    def date(day: dt.date) -> str:
        return format_date(day, "medium", locale=Locale.parse(edition.language, sep="-"))

    def picture(name: str) -> str:
        return _data_url(f"content/{name}", design) if medium is Medium.SCREEN else f"../content/{name}"

    if medium is Medium.SCREEN:
        styles = _CSS_URL.sub(lambda match: f'url("{_data_url("styles/" + match[2], design)}")', styles)
    try:
        return design.environment.get_template(template).render(
            edition=edition,
            words=dress.words,
            clinic=dress.clinic,
            code=dress.code,
            styles=Markup(styles),  # noqa: S704 -- our own and the clinic's files, checked before
            direction="rtl" if edition.language.split("-")[0] in RTL else "ltr",
            date=date,
            counter=counter,
            picture=picture,
            medium=str(medium),
            large=edition.size is TypeSize.LARGE,
            **more,
        )
    except (jinja2.TemplateError, TypeError, ValueError, ArithmeticError, LookupError, AttributeError, RecursionError) as error:
        raise TeachbackError(_template_problem(error, template, design)) from None


def _data_url(name: str, design: Design) -> str:
    path = design.files.get(name)
    if path is None:
        raise TeachbackError(Problem(f"{name}: a style or template names this file, and it is not there", "Check the name."))
    mime = MIME.get(path.suffix.lower(), "application/octet-stream")
    return f"data:{mime};base64,{base64.b64encode(path.read_bytes()).decode('ascii')}"


def _template_problem(error: Exception, template: str, design: Design) -> Problem:
    """Find the template's own file and line: Jinja2 puts them into the traceback, or into the error."""
    name = f"templates/{template}"
    line = 0
    if isinstance(error, jinja2.TemplateSyntaxError):
        name, line = f"templates/{error.name or template}", error.lineno
    else:
        known = {str(path): known for known, path in design.files.items() if known.startswith("templates/")}
        for frame in traceback.extract_tb(error.__traceback__):
            if frame.filename in known:
                name, line = known[frame.filename], frame.lineno or 0
    if isinstance(error, jinja2.TemplateNotFound):
        return Problem(f"there is no template '{error.name}'", "Check the name in the template that includes it.", Location(name, line, 1))
    hint = "Templates know: edition, words, clinic, code, date, picture." if isinstance(error, jinja2.UndefinedError) else ""
    path = design.files.get(name)
    return Problem(f"the template cannot be filled: {error}", hint, Location(str(path) if path else name, line, 1 if line else 0))
