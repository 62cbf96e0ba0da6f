"""Edition -> HTML. The one module that imports Jinja2. No file but the templates, no clock, no environment.

Templates get an Edition, which holds no choice any more, and words. They contain no `if audience`.
"""

from __future__ import annotations

import base64
import re
import traceback
from dataclasses import dataclass
from enum import StrEnum
from html.parser import HTMLParser
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
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from jinja2.runtime import Context

    from teachback.clinic import Clinic
    from teachback.edition import Edition, TableRow
    from teachback.marks import Line, Span
    from teachback.words import Words

# A comment, or the name of a file; a name in a comment is none.
_CSS_URL: Final = re.compile(r"""/\*.*?\*/|url\(\s*(["']?)([^"')]+)\1\s*\)""", re.DOTALL | re.IGNORECASE)
# What makes a browser fetch something: these attributes anywhere, and `href` on these elements. A link to follow is none.
_LOADING: Final = frozenset({"src", "srcset", "poster", "data", "background", "xlink:href", "manifest"})
_LOADING_HREF: Final = frozenset({"link", "base", "image", "use"})
# A number that a phone can dial: its digits, and no letters beside an extension, which stays for the reader to press.
_DIALLED: Final = re.compile(r"(\+?[\d\s().\-\u00a0\u2010\u2011]+?)\s*(?:(?:,|;|ext\.?|extension|x)\s*\d+)?", re.IGNORECASE)
# ITU-T E.164 holds at most 15 digits; the shortest emergency numbers have 2.
_DIALLED_DIGITS: Final = range(2, 16)
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
    environment.filters["marked"] = _marked_here
    environment.filters["words_only"] = words_only
    environment.filters["fill"] = fill
    environment.tests["wide"] = wide
    return environment


def compose_handout(edition: Edition, dress: Dress, design: Design, *, medium: Medium, paper: Paper) -> str:
    """Give the whole HTML page of a handout, its styles inside; for a screen its fonts and pictures too.

    Raises TeachbackError with the template's file and line when a template cannot be filled.
    """
    names = ["tokens.css", "handout.css"]
    names += ["print.css"] if medium is Medium.PRINT else []
    names += ["large-print.css"] if edition.size is TypeSize.LARGE else []
    names += ["screen.css"] if medium is Medium.SCREEN else []
    sheet = f"@page {{ size: {paper.box.width}mm {paper.box.height}mm }}\n" if medium is Medium.PRINT else ""
    return _render("handout.html", edition, dress, design, medium, styles=sheet + _stylesheet(names, dress.clinic, design))


def compose_card(edition: Edition, dress: Dress, design: Design, *, medium: Medium) -> str:
    """Give the HTML of one card, front and back, at exact size; see `at_type_size`."""
    if medium is Medium.SCREEN:
        styles = _stylesheet(["tokens.css", "card.css", "card-screen.css"], dress.clinic, design)
    else:
        sheet = f"@page {{ size: {CARD.width}mm {CARD.height}mm; margin: {CARD_INSET}mm }}\n"
        styles = sheet + _stylesheet(["tokens.css", "card.css"], dress.clinic, design) + _CARD_TYPE
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


def marked(line: Line, medium: Medium = Medium.PRINT, write_here: str = "") -> Markup:
    """Turn a line into HTML; every word in it is escaped. `write_here` is what a screen reader says for a line to write on."""
    return Markup("").join(_span(span, medium, write_here) for span in line)


@jinja2.pass_context
def _marked_here(context: Context, line: Line) -> Markup:
    return marked(line, Medium(context["medium"]), context["words"].write_here)


def words_only(line: Line) -> str:
    """Give a line as plain text, for titles and attributes."""
    return "".join("" if span.blank else span.text for span in line)


def fill(text: str, **values: object) -> Markup:
    """Put values into a text of content/words; the words' model has checked which names it holds."""
    return escape(text).format(**values)


def counter(name: str) -> Markup:
    """Give the place where the style sheet counts pages: `page` or `pages`."""
    return Markup('<span class="counter-{}"></span>').format(name)


def dialled(number: str, medium: Medium, words: str | Markup = "") -> Markup:
    """Give a phone's number, or the words for it; on a screen as a link that dials, where it is one number to dial.

    Not on paper: a PDF/UA link must stand alone, and nobody taps on paper.
    """
    shown = escape(words or number)
    match = _DIALLED.fullmatch(number.strip()) if medium is Medium.SCREEN else None
    if match is None:
        return shown
    # The (0) of "+44 (0)20 ..." is not dialled after a country's code.
    main = match[1].replace("(0)", "") if match[1].startswith("+") else match[1]
    digits = re.sub(r"\D", "", main)
    if len(digits) not in _DIALLED_DIGITS:
        return shown
    return Markup('<a class="dial" href="tel:{}{}">{}</a>').format("+" if main.startswith("+") else "", digits, shown)


def unseen(text: str, medium: Medium) -> Markup:
    """Give words that only a screen reader says, for what the eye sees without words; paper has none of them."""
    return Markup('<span class="unseen">{}</span>').format(text) if medium is Medium.SCREEN else Markup("")


def _span(span: Span, medium: Medium, write_here: str) -> Markup:
    if span.blank:
        return Markup('<span class="blank">{}</span>').format(unseen(write_here, medium))
    html = dialled(span.text, medium) if span.number and span.href is None else escape(span.text)
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

    def dial(number: str, words: str | Markup = "") -> Markup:
        return dialled(number, medium, words)

    def say(text: str) -> Markup:
        return unseen(text, medium)

    def role(name: str) -> Markup:
        # A browser forgets what a table's parts are when a narrow page stacks them, unless it is told.
        return Markup(' role="{}"').format(name) if medium is Medium.SCREEN else Markup("")

    if medium is Medium.SCREEN:
        styles = _CSS_URL.sub(lambda match: _inside(match, design), styles)
    try:
        page = design.environment.get_template(template).render(
            edition=edition,
            words=dress.words,
            clinic=dress.clinic,
            code=dress.code,
            styles=Markup(styles),  # noqa: S704 -- our own and the clinic's files, checked before
            direction="rtl" if edition.language.split("-")[0] in RTL else "ltr",
            date=date,
            counter=counter,
            picture=picture,
            dial=dial,
            say=say,
            role=role,
            medium=str(medium),
            large=edition.size is TypeSize.LARGE,
            **more,
        )
    except (jinja2.TemplateError, TypeError, ValueError, ArithmeticError, LookupError, AttributeError, RecursionError) as error:
        raise TeachbackError(_template_problem(error, template, design)) from None
    if medium is Medium.SCREEN:
        problems = tuple(_loads(page))
        if problems:
            raise TeachbackError(*problems)
    return page


class _Page(HTMLParser):
    """Gathers what a page would load, as its browser would read it."""

    def __init__(self) -> None:
        super().__init__()
        self.loaded: list[str] = []
        self.styles: list[str] = []
        self._in_style = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._in_style = tag == "style"
        self.loaded += ["a script"] if tag == "script" else []
        for name, value in attrs:
            if name in _LOADING or (name == "href" and tag in _LOADING_HREF):
                self.loaded.append(value or "")
            elif name == "style":
                self.styles.append(value or "")

    def handle_data(self, data: str) -> None:
        if self._in_style:
            self.styles.append(data)


def _loads(page: str) -> Iterator[Problem]:
    """Say what of a screen's page is not inside it: a clinic's own templates and styles may name anything."""
    found = _Page()
    found.feed(page)
    found.close()
    names = [*found.loaded]
    for styles in found.styles:
        names += [match[2] for match in _CSS_URL.finditer(styles) if match[2]]
        names += ["another style sheet"] if "@import" in _CSS_URL.sub("", styles).lower() else []
    for name in dict.fromkeys(names):
        # A name that begins with # is a place in the page itself.
        if not name.startswith(("data:", "#")):
            message = f"the page for a screen must hold all it shows, and it asks for '{name[:80]}'"
            yield Problem(message, "Name pictures with picture('images/name.svg'); put styles into the style sheets; leave scripts out.")


def _inside(match: re.Match[str], design: Design) -> str:
    """Put a file that the styles name into them; a comment stays what it is."""
    return match[0] if match[2] is None or match[2].startswith("data:") else f'url("{_data_url("styles/" + match[2], design)}")'


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
    hint = "Templates know: edition, words, clinic, code, date, picture, dial, say." if isinstance(error, jinja2.UndefinedError) else ""
    path = design.files.get(name)
    return Problem(f"the template cannot be filled: {error}", hint, Location(str(path) if path else name, line, 1 if line else 0))
