"""Compose an edition as HTML, with Jinja2.

Only template and design files are read; no clock, no environment. Templates get an Edition, which
has no choices left, and words. They contain no `if audience`.
"""

from __future__ import annotations

import base64
import datetime as dt
import re
from dataclasses import dataclass, fields, is_dataclass, replace
from enum import StrEnum
from functools import partial
from html import unescape
from itertools import cycle, groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

import jinja2
from markupsafe import Markup, escape

from teachback.content.inline_markup import COLONS, Span
from teachback.content.languages import NO_LANGUAGES
from teachback.content.locale_formats import dated, direction_of
from teachback.editions.edition import (
    EditionLog,
    EditionSchedule,
    PersonalPlace,
    is_narrow,
    links_of,
)
from teachback.editions.qr_code import qr_svg
from teachback.errors import Location, Problem, TeachbackError, guess
from teachback.files.images import KINDS, picture_fault
from teachback.files.page_resources import (
    CSS_FILE,
    closed_page,
    foreign_loads,
    served,
    shown_on_paper,
)
from teachback.files.text_decoding import place_of
from teachback.files.unprintable_characters import faults
from teachback.files.workspace import MIME, read_bytes, shown
from teachback.html.language_styles import language_styles, with_left_and_right
from teachback.html.template_sandbox import MAX_PAGE, filled, open_sandbox
from teachback.units import (
    CARD,
    CARD_INSET,
    CARD_TEXT,
    CARD_TEXT_FLOOR,
    CARD_TEXT_MOST,
    MM_PER_INCH,
    PT_PER_INCH,
    TWO_LANGUAGES,
    Box,
    Paper,
    PrintInk,
    TypeSize,
    card_leading,
    field_beside,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from jinja2.runtime import Context

    from teachback.content.clinic import Clinic
    from teachback.content.inline_markup import Line, Place
    from teachback.content.languages import Languages
    from teachback.content.printed_words import Words
    from teachback.editions.edition import Edition, EditionTable, TableRow
    from teachback.files.page_resources import ForbiddenContent

# A number that a phone can dial: its digits, without an extension, which the caller dials later.
_DIALLED: Final = re.compile(
    r"(\+?[\d\s().\-\u00a0\u2010\u2011]+?)\s*(?:(?:,|;|ext\.?|extension|x)\s*\d{1,5})?",
    re.IGNORECASE,
)
# ITU-T E.164 allows at most 15 digits. The shortest emergency numbers have 2.
_DIALLED_DIGITS: Final = range(2, 16)
# The space between a number and its unit, or around the slash behind a number.
_UNIT: Final = re.compile(
    r"(?<=\d) (?=(?:lbs?|oz|kg|g|mg|mcg|\u00b5g|mmol|mEq|IU|ml|mL|dl|dL|l|L|cm|mm|mmHg|kcal|bpm|%"
    r"|\u00b0[CF]?|[ap]\.m\.|[ap]m|[AP]M)(?!\w))|(?<=\d) /|(?<=\d /) (?=\w)"
)
_WORD_END: Final = re.compile(r"(?<![\w-])(-\w+)")
# A placeholder in composed cards until their size is known.
_CARD_SIZE: Final = "/* the size of the card */\n"
# In pt: the least that a phone number on a card is set in.
CARD_PHONE: Final = 11.0
_ACCENT: Final = re.compile(r"--accent:\s*#([0-9a-fA-F]{6})\b")
_ICON: Final = re.compile(r"""(?<=url\()icons/[\w-]+\.svg(?=\))""")
# In characters. A longer heading wraps in a narrow first column.
LONG_HEADING: Final = 40
# In characters: the longest heading of a column for ticks or dates, and the room in a column for
# those, for words, and for sentences.
SHORT_LABEL: Final = 5
_NARROW: Final = 8
_WORDS: Final = 15
_SENTENCES: Final = 30
# The room in a schedule for the name of a medicine, and for its amount at a time of the day.
_MEDICINE: Final = 21.0
_TIME: Final = 10.0
# The width of a letter of a heading, as a share of that of what is written below it.
_BOLD: Final = 1.4
# In pt: the width of a field is declared for type of this size.
FIELD_TYPE: Final = 13.0
# In mm, for a style sheet that sets no size. Any scanner reads modules from 0.4 mm on.
QR_MODULE: Final = 0.45


class Medium(StrEnum):
    """The medium that HTML is made for."""

    PRINT = "print"
    SCREEN = "screen"


@dataclass(frozen=True)
class Design:
    """The files that pages are made from: templates, style sheets by name, and files they name.

    `pictures` are those below content/ that a template or a style names.
    """

    environment: jinja2.Environment
    styles: Mapping[str, str]
    files: Mapping[str, Path]
    pictures: Mapping[str, Path]

    def __reduce__(self) -> tuple[object, ...]:
        # Templates cannot be sent to another process, but their folders can.
        folders = tuple(
            Path(folder) for folder in getattr(self.environment.loader, "searchpath", ())
        )
        return _reopened, (folders, self.styles, self.files, self.pictures)


def _reopened(folders: tuple[Path, ...], *files: Any) -> Design:  # noqa: ANN401 -- as in Design
    return Design(open_templates(folders), *files)


@dataclass(frozen=True)
class PageContext:
    """Everything a page needs besides its edition: words, clinic, code, and the ink of paper.

    `languages` are how those of its texts are set. `facing` are the words of the language beside,
    where an edition has two. `language_help` are the languages in which an interpreter is offered,
    each with its words.
    """

    words: Words
    clinic: Clinic
    code: str
    ink: PrintInk = PrintInk.BLACK
    languages: Languages = NO_LANGUAGES
    facing: Words | None = None
    language_help: tuple[tuple[str, str], ...] = ()


def open_templates(template_folders: tuple[Path, ...]) -> jinja2.Environment:
    """Return the Jinja2 environment: sandboxed, escaping everything, strict about names."""
    environment = open_sandbox(template_folders)
    environment.filters["marked"] = _marked_here
    environment.filters["words_only"] = words_only
    environment.filters["fill"] = fill
    environment.filters["column_widths"] = column_widths
    environment.filters["paired"] = _paired
    environment.tests["wide"] = wide
    environment.tests["narrow"] = is_narrow
    environment.tests["lead_in"] = is_lead_in
    return environment


def compose_handout(
    edition: Edition, context: PageContext, design: Design, *, medium: Medium, paper: Paper
) -> str:
    """Return the whole HTML page of a handout, with its styles.

    A page for a screen also contains its fonts and pictures. Raises TeachbackError with the
    template's file and line when a template cannot be filled.
    """
    names = ["tokens.css", "handout.css"]
    names += ["print.css"] if medium is Medium.PRINT else []
    names += ["screen.css"] if medium is Medium.SCREEN else []
    if edition.facing:
        names += [
            "facing.css",
            "facing-print.css" if medium is Medium.PRINT else "facing-screen.css",
        ]
    if edition.size is TypeSize.LARGE:
        names.insert(
            names.index("screen.css") if "screen.css" in names else len(names), "large-print.css"
        )
        names += ["facing-large.css"] if edition.facing and medium is Medium.PRINT else []
    sheet = (
        f"@page {{ size: {paper.box.width}mm {paper.box.height}mm }}\n"
        f"@page across {{ size: {paper.box.height}mm {paper.box.width}mm }}\n"
        if medium is Medium.PRINT
        else ""
    )
    styles = sheet + _in_ink(names, edition, context, design, medium)
    if edition.facing is None or context.facing is None:
        return _render("handout.html", edition, context, design, medium, styles=styles)
    facing, language = edition.facing, edition.facing.language
    return _render(
        "facing.html",
        edition,
        context,
        design,
        medium,
        styles=styles,
        halves=(
            _half(edition, context.words, medium),
            _half(facing, context.facing, medium, language),
        ),
        both=_words_of_both(context.words, context.facing, language),
        joined=partial(_joined, language=language),
    )


def _half(edition: Edition, words: Words, medium: Medium, beside: str = "") -> dict[str, object]:
    """Return the names that a template has for one language of two; `beside` is the second one."""
    return {
        "beside": beside,
        "edition": edition,
        "words": words,
        "direction": direction_of(edition.language),
        "date": partial(_date, language=edition.language),
        "say": partial(unseen, medium=medium),
        "slot": partial(slot, medium=medium, write_here=words.write_here, beside=beside),
    }


def _date(day: dt.date, language: str) -> str:
    if not isinstance(day, dt.date):
        # For an undefined value, Babel would write today's date.
        raise TypeError(f"'{day}' is not a date")
    return dated(day, language)


def _joined(one: Any, other: Any, language: str) -> Any:  # noqa: ANN401 -- any part of an edition
    """Return a part of an edition with the words of the other language behind its own.

    A place to write or to tick stays one place.
    """
    if isinstance(one, tuple) and one and isinstance(one[0], Span):
        return (*one, *(s._replace(language=language) for s in other if not (s.blank or s.place)))
    if isinstance(one, tuple) and not hasattr(one, "_fields"):
        return tuple(_joined(*pair, language) for pair in _paired(one, other))
    if isinstance(one, PersonalPlace):
        label = _joined(one.label, other.label, language)
        choices = (_both(*pair, language) for pair in _paired(one.choices, other.choices))
        return replace(one, label=label, choices=tuple(choices))
    if is_dataclass(one) and not isinstance(one, type):
        names = [field.name for field in fields(one)]
        pairs = {name: (getattr(one, name), getattr(other, name)) for name in names}
        return replace(one, **{name: _joined(*pair, language) for name, pair in pairs.items()})
    return one


def _both(one: str, other: str, language: str) -> Markup:
    """Return words with those of the other language behind them."""
    return line_to_html((Span(one), Span(other, language=language)))


def _words_of_both(words: Words, facing: Words, language: str) -> Words:
    """Return the words of blocks that are printed once, in both languages."""
    names = ("my_number", "my_result", "my_goal", "medicine", "notes")
    pairs = {name: (getattr(words, name), getattr(facing, name)) for name in names}
    return words.model_copy(update={name: _both(*pair, language) for name, pair in pairs.items()})


def _paired(one: Sequence[Any], other: Sequence[Any]) -> tuple[tuple[Any, Any], ...]:
    """Return the parts of a text beside those of the same text in another language."""
    return tuple(zip(one, other, strict=True))


def compose_cards(
    cards: Sequence[tuple[Edition, PageContext]],
    design: Design,
    *,
    medium: Medium,
    one_sided: bool = False,
) -> str:
    """Return the HTML of cards, each with a front and a back.

    The code is on the back, or on the front of cards of which only that is printed (`one_sided`).
    `at_size` later sets the size of the cards and of their type.
    """
    edition, context = cards[0]
    names = ["tokens.css", "card.css"] + (["card-screen.css"] if medium is Medium.SCREEN else [])
    styles = ("" if medium is Medium.SCREEN else _CARD_SIZE) + _in_ink(
        names, edition, context, design, medium
    )
    shown_cards = [
        {"edition": edition, "code": context.code, "number": number}
        for number, (edition, context) in enumerate(cards)
    ]
    more = {"cards": shown_cards, "one_sided": one_sided}
    page = _render("card.html", edition, context, design, medium, styles=styles, **more)
    return (
        at_size(page, CARD, [(CARD_TEXT, CARD_TEXT)] * len(cards))
        if medium is Medium.SCREEN
        else page
    )


def at_size(page: str, box: Box, sizes: Sequence[tuple[float, float]]) -> str:
    """Fill in the size of composed cards (mm), and of their type (a step of `CARD_STEPS`, pt).

    `sizes` are those of the front and back of each card. They are known only when the stock is, and
    after a first layout.
    """
    width = box.width - 2 * CARD_INSET
    sheet = (
        f"@page {{ size: {box.width}mm {box.height}mm; margin: "
        f"{CARD_INSET}mm }}\n:root {{ --card-width: {width:.3f}mm }}\n"
    )
    page = page.replace(_CARD_SIZE, sheet)
    for number, sides in enumerate(sizes):
        for side, step in zip(("front", "back"), sides, strict=True):
            page = page.replace(f"\ue000{side}-{number}\ue001", _card_type(step))
    return page


def _card_type(step: float) -> str:
    """Return the sizes and distances of one side of a card, as declarations of its style."""
    text = min(step, CARD_TEXT_MOST)
    values = {
        "text-size": text,
        "card-air": 0.15 * (step - CARD_TEXT_FLOOR),
        "card-phone": max(CARD_PHONE, 1.2 * text),
        "card-foot": min(max(CARD_TEXT_FLOOR, 0.8 * text), CARD_TEXT),
    }
    said = "; ".join(f"--{name}: {value:.4g}pt" for name, value in values.items())
    return f"{said}; --card-leading: {card_leading(step):.3f}".removeprefix("--text-size: ")


def line_to_html(
    line: Line, medium: Medium = Medium.PRINT, write_here: str = "", beside: str = ""
) -> Markup:
    """Convert a line to HTML, with every word escaped. A number and its unit share a line.

    `write_here` is what a screen reader says for a line to write on. `beside` is the language of
    the line, where it stands beside another one.
    """
    html = Markup("")
    for language, spans in groupby(line, key=lambda span: span.language):
        part = _spans(spans, medium, write_here, beside)
        if language:
            template = Markup(' <span class="other" lang="{}" dir="{}">{}</span>')
            part = template.format(language, direction_of(language), part)
        html += part
    return html


def _spans(line: Iterable[Span], medium: Medium, write_here: str, beside: str) -> Markup:
    html = Markup("")
    before = ""
    for span in line:
        words = _UNIT.sub(_no_break, before[-1:] + span.text)[len(before[-1:]) :]
        html += _span(span._replace(text=words), medium, write_here, beside)
        before = "" if span.blank or span.href else span.text
    return html


def _no_break(match: re.Match[str]) -> str:
    return match[0].replace(" ", "\u00a0")


@jinja2.pass_context
def _marked_here(context: Context, line: Line) -> Markup:
    here = context["words"].write_here, context.get("beside", "")
    return line_to_html(line, Medium(context["medium"]), *here)


def words_only(line: Line) -> str:
    """Return a line as plain text, for titles and attributes."""
    return "".join("" if span.blank else span.text for span in line)


def fill(text: str, **values: object) -> Markup:
    """Put values into a text of content/words.

    The model of the words has checked which names the text holds.
    """
    return escape(text).format(**values)


def counter(name: str) -> Markup:
    """Return the element in which the style sheet counts pages: `page` or `pages`."""
    return Markup('<span class="counter-{}"></span>').format(name)


def dialled(number: str, medium: Medium, words: str | Markup = "") -> Markup:
    """Return a phone number, or the words for it.

    On a screen, it is a link that dials if the number is a single one. Not on paper: a PDF/UA link
    must stand alone, and nobody taps on paper.
    """
    shown = escape(words or number)
    match = _DIALLED.fullmatch(number.strip()) if medium is Medium.SCREEN else None
    if match is None:
        return shown
    # The (0) of "+44 (0)20 ..." is not dialled after a country code.
    main = match[1].replace("(0)", "") if match[1].startswith("+") else match[1]
    digits = re.sub(r"\D", "", main)
    if len(digits) not in _DIALLED_DIGITS:
        return shown
    return Markup('<a class="dial" href="tel:{}{}">{}</a>').format(
        "+" if main.startswith("+") else "", digits, shown
    )


def unseen(text: str, medium: Medium) -> Markup:
    """Return words that only a screen reader says, for something shown without words.

    In a PDF they are in the tags.
    """
    # The words replace a space that takes no room: an empty tag would be skipped.
    paper = '<span style="position: absolute" data-actualtext="{}">&nbsp;</span>'
    return Markup('<span class="unseen">{}</span>' if medium is Medium.SCREEN else paper).format(  # noqa: S704 -- our own texts
        text
    )


def slot(place: Place, medium: Medium, write_here: str, look: str = "", beside: str = "") -> Markup:
    """Return the place of a field: a line to write on, whose length never changes.

    Its space has the font, size and baseline of a record's words. `look` is an additional class,
    `beside` as in `line_to_html`.
    """
    width = (
        f' style="width: {place.width * PT_PER_INCH / MM_PER_INCH / FIELD_TYPE:.3f}em"'
        if place.width
        else ""
    )
    names = f"slot {look}".strip()
    if medium is Medium.SCREEN:
        return Markup('<span class="{} blank">{}</span>').format(names, unseen(write_here, medium))
    html = '<span class="{}" data-field="{}" data-actualtext="{}"' + width + ">&nbsp;</span>"
    field = field_beside(place.field, beside)
    return Markup(html).format(names, field, write_here)  # noqa: S704 -- our own text, and a number


def _span(span: Span, medium: Medium, write_here: str, beside: str) -> Markup:
    if span.place is not None:
        return slot(span.place, medium, write_here, "strong" if span.strong else "", beside)
    if span.blank:
        return Markup('<span class="blank">{}</span>').format(unseen(write_here, medium))
    html = dialled(span.text, medium) if span.number and span.href is None else _whole(span.text)
    if span.number:
        html = Markup('<bdi dir="ltr" class="number">{}</bdi>').format(html)
    if span.href is not None:
        html = Markup('<a href="{}">{}</a>').format(span.href, html)
        address = shown_address(span)
        if address:
            html += Markup(' <span class="address">({})</span>').format(_in_pieces(address))
    return Markup("<strong>{}</strong>").format(html) if span.strong else html


def _whole(text: str) -> Markup:
    """Return a text in which no line ends behind the hyphen of a word's end, such as -pril."""
    return Markup("").join(
        Markup('<span class="word-end">{}</span>').format(part) if odd else escape(part)
        for odd, part in zip(cycle((False, True)), _WORD_END.split(text), strict=False)
    )


def _in_pieces(address: str) -> Markup:
    """Return an address that breaks behind its slashes only: a reader must not lose a hyphen.

    Only a part with a hyphen is kept whole, since each part is read out by itself.
    """
    pieces = re.findall(r"[^/]*/*", address)
    return Markup("").join(
        Markup('<span class="piece">{}</span>').format(piece) if "-" in piece else piece
        for piece in pieces
    )


def shown_address(span: Span) -> str:
    """Return the address that is printed behind a link's words, or "" if the words contain it."""
    address = (
        (span.href or "")
        .removeprefix("https://")
        .removeprefix("mailto:")
        .removeprefix("tel:")
        .rstrip("/")
    )
    return "" if address in span.text else address


def wide(rows: tuple[TableRow, ...]) -> bool:
    """Return whether the first column holds sentences, and so needs half of the table's width."""
    return any(len(words_only(row.cells[0] or ())) > LONG_HEADING for row in rows)


def is_lead_in(line: Line) -> bool:
    """Return whether a text ends with a colon, and so belongs to what stands below it."""
    return words_only(line).endswith(COLONS)


def column_widths(table: EditionLog | EditionSchedule | EditionTable) -> tuple[str, ...]:
    """Return the width of each column of a table to fill in, as a share in percent.

    In a log, a column with a unit holds a number, and one with a short heading a tick or a date:
    they are narrow. The others hold words, and a `wide` one twice as many. No column of a log or a
    schedule is narrower than the longest word of its heading.
    """
    if isinstance(table, EditionLog):
        letters = _log_letters(table)
    elif isinstance(table, EditionSchedule):
        letters = _schedule_letters(table)
    else:
        letters = [1.0] * len(table.columns)
    return tuple(f"{100 * width / sum(letters):.2f}%" for width in letters)


def _heading_letters(words: str) -> float:
    """Return the room that the longest word of a heading needs."""
    return max(map(len, words.split())) * _BOLD + 2


def _schedule_letters(schedule: EditionSchedule) -> list[float]:
    times = [max(_TIME, _heading_letters(words_only(time))) for time in schedule.times]
    return [_MEDICINE, *times]


def _log_letters(log: EditionLog) -> list[float]:
    rows = max((len(words_only(heading)) for heading in log.headings), default=0)
    letters = []
    for number, column in enumerate(log.columns):
        words = f"{words_only(column.label)} {words_only(column.unit or ())}"
        is_narrow = column.unit or len(words_only(column.label)) <= SHORT_LABEL
        room: float = _SENTENCES if column.wide else _NARROW if is_narrow else _WORDS
        if log.headings and number == 0:
            # The names of days stay clear of the line beside them, also next to a wide column.
            room = min(rows, _WORDS) * _BOLD + 3.5
        letters.append(max(room, _heading_letters(words)))
    return letters


def stylesheet(names: list[str], clinic: Clinic, design: Design, spoken: str = "") -> str:
    """Join style sheets by name, the clinic's own last, then its colours.

    `spoken` are the styles of languages.
    """
    colors = "".join(f"--{name}: {value}; " for name, value in clinic.colors if value)
    own = f":root {{ {colors}}}\n" if colors else ""
    sheets = (*(design.styles[name] for name in names), spoken, design.styles["clinic.css"])
    return "".join(f"{sheet}\n" for sheet in sheets if sheet) + own


def _in_ink(
    names: list[str], edition: Edition, context: PageContext, design: Design, medium: Medium
) -> str:
    """Join style sheets; those for paper in colour have tints, and icons in the accent colour."""
    offers = (language for language, _ in context.language_help)
    tags = (*edition.languages.split(TWO_LANGUAGES), *offers)
    spoken = language_styles(tags, context.languages, design.files)
    if medium is Medium.SCREEN:
        return stylesheet(names, context.clinic, design, spoken)
    names = names if context.ink is PrintInk.BLACK else [*names, "colour.css"]
    styles = stylesheet(names, context.clinic, design, spoken)
    if all(direction_of(tag) == "ltr" for tag in tags):
        styles = with_left_and_right(styles)
    if context.ink is PrintInk.BLACK:
        return styles
    accents = _ACCENT.findall(styles)
    return _ICON.sub(rf"\g<0>?ink={accents[-1]}", styles) if accents else styles


def _render(
    template: str,
    edition: Edition,
    context: PageContext,
    design: Design,
    medium: Medium,
    *,
    styles: str,
    **more: Any,  # noqa: ANN401 -- what the template names
) -> str:
    own: list[str] = []

    def picture(name: str) -> str:
        path = _file(f"content/{name}", design)
        return _data_url(path, own) if medium is Medium.SCREEN else f"../{quote(f'content/{name}')}"

    def dial(number: str, words: str | Markup = "") -> Markup:
        return dialled(number, medium, words)

    def role(name: str) -> Markup:
        # When a narrow page stacks a table, a browser forgets the roles of its parts unless they
        # are set.
        return Markup(' role="{}"').format(name) if medium is Medium.SCREEN else Markup("")

    cards = (card["code"] for card in more.get("cards", ()))
    codes = {context.code, *cards, *links_of(edition)}

    def qr(text: str) -> Markup:
        if text not in codes:
            # A second code beside the edition's would lead a scanner elsewhere.
            hint = "Write qr(code): a page has the code of its own edition, and those of its links."
            raise TeachbackError.of(f"a template asks for a QR code that says '{text[:60]}'", hint)
        # The style sheet sets its size. On a screen it is of no use.
        return Markup(qr_svg(text, QR_MODULE)) if medium is Medium.PRINT else Markup("")  # noqa: S704 -- our own drawing

    names = {
        "edition": edition,
        "words": context.words,
        "clinic": context.clinic,
        "code": context.code,
        "qr": qr,
        "direction": direction_of(edition.language),
        "date": partial(_date, language=edition.language),
        "counter": counter,
        "picture": picture,
        "dial": dial,
        "say": partial(unseen, medium=medium),
        "slot": partial(slot, medium=medium, write_here=context.words.write_here),
        "role": role,
        "beside": "",
        "medium": str(medium),
        "language_help": context.language_help,
        "direction_of": direction_of,
        "large": edition.size is TypeSize.LARGE,
    }
    return fill_page(template, design, medium, styles, {**names, **more}, own)


def fill_page(
    template: str,
    design: Design,
    medium: Medium,
    styles: str,
    names: Mapping[str, object],
    own: list[str] | None = None,
) -> str:
    """Fill a template with styles and names, and check the page.

    `own` gets the data URLs that this module puts into the page, which only a page for a screen
    has. Raises TeachbackError for a page with forbidden content.
    """
    own = [] if own is None else own
    if medium is Medium.SCREEN:
        styles = CSS_FILE.sub(lambda match: _put_inside(match, design, own), styles)
    names = {**names, "styles": Markup(styles)}  # noqa: S704 -- checked before
    page = filled(
        design.environment, template, names, design.files, lambda: MAX_PAGE + sum(map(len, own))
    )
    unseen_there = next(faults(unescape(page), alone=True, markup=True), None)
    if unseen_there:
        hint = (
            f"{unseen_there[2]} A template made it out of other characters: "
            "look for filters such as `replace` and `format`."
        )
        raise TeachbackError.of(unseen_there[1], hint, Location(f"templates/{template}"))
    if medium is Medium.SCREEN:
        page = closed_page(page)
        foreign = foreign_loads(
            page, lambda _: False, own, sheets=styles, closed=True, direction=direction_of
        )
    else:
        foreign = foreign_loads(
            page, shown_on_paper(design.files), sheets=styles, direction=direction_of
        )
    if foreign:
        raise TeachbackError(*(_foreign_problem(one, template, design) for one in foreign))
    return page


def _foreign_problem(one: ForbiddenContent, template: str, design: Design) -> Problem:
    """Return the problem of forbidden content, with its place in a template or style sheet."""
    places = (_named_at(part, design) for part in (one.name, *one.written) if part)
    place = next(filter(None, places), None)
    if one.name == "<head>":
        path = design.files.get(f"templates/{template}")
        own = Location(shown(path), 1, 1) if path else None
        message = "this page has no plain <head> in which its browser is told to load nothing"
        hint = "Begin it as the built-in template does: <!doctype html>, <html ...>, <head>."
        return Problem(message, hint, own)
    if not one.loads:
        message = (
            "a page shows only text, lists, tables and pictures, "
            f"and this one holds '{one.name[:80]}'"
        )
        hint = "Take it out; the built-in templates show what a page may hold."
        return Problem(message, hint, place)
    hint = (
        "Name pictures with picture('images/name.svg'); put styles into the style sheets; "
        "leave scripts out."
    )
    message = f"a page must hold all it shows, but this one uses '{one.name[:80]}'"
    return Problem(message, hint, place)


def _named_at(part: str, design: Design) -> Location | None:
    """Return the first place in a template, or else a style sheet, with this text in any case."""
    for folder, ending, remarks in (
        ("templates/", ".html", r"\{#.*?#\}"),
        ("styles/", ".css", r"/\*.*?\*/"),
    ):
        for known, path in design.files.items():
            if known.startswith(folder) and known.endswith(ending):
                place = place_of(part, read_bytes(path).decode("utf-8-sig"), shown(path), remarks)
                if place:
                    return place
    return None


def _put_inside(match: re.Match[str], design: Design, own: list[str]) -> str:
    """Replace the name of a file in the styles by a data URL.

    A comment, and a file that may not be shown, are left. `foreign_loads` reports them.
    """
    name = served(f"styles/{match[2]}", design.files)
    return match[0] if name is None else f'url("{_data_url(design.files[name], own)}")'


def _file(name: str, design: Design) -> Path:
    # A file name is not a URL: it may hold a # or a %.
    known = served(quote(name), design.files)
    if known is None:
        alike = [
            other
            for other in design.files
            if other.endswith(name.rpartition(".")[2]) and served(other, design.files)
        ]
        message = f"there is no file '{name[:80]}'"
        raise TeachbackError.of(message, f"Check the name. {guess(name, alike)}".strip())
    return design.files[known]


def _data_url(path: Path, own: list[str]) -> str:
    """Return a file as a data URL, and add that to `own`.

    Raises TeachbackError for a file that cannot be shown.
    """
    try:
        data = read_bytes(path)
    except TeachbackError as error:
        raise TeachbackError(
            *(
                problem._replace(message=f"{shown(path)}: {problem.message}")
                for problem in error.problems
            )
        ) from None
    fault = picture_fault(data, path.suffix) if path.suffix.lower() in KINDS else None
    if fault:
        raise TeachbackError.of(f"{shown(path)}: {fault[0]}", fault[1])
    own.append(f"data:{MIME[path.suffix.lower()]};base64,{base64.b64encode(data).decode('ascii')}")
    return own[-1]
