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
from itertools import groupby
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

# A number that a phone can dial, and its extension, which the caller dials later.
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
# In pt: the smallest type of a phone number on a card.
CARD_PHONE: Final = 11.0
_ACCENT: Final = re.compile(r"--accent:\s*#([0-9a-fA-F]{6})\b")
_ICON: Final = re.compile(r"""(?<=url\()icons/[\w-]+\.svg(?=\))""")
# In characters. A longer heading wraps in a narrow first column.
LONG_HEADING: Final = 40
# In characters: the longest heading of a column for ticks or dates.
SHORT_LABEL: Final = 5
# In characters: the room in a column for ticks or dates, for words, and for sentences.
_NARROW_ROOM: Final = 8
_WORD_ROOM: Final = 15
_SENTENCE_ROOM: Final = 30
# In characters: the room in a schedule for a medicine, and for its amount at a time of the day.
_MEDICINE_ROOM: Final = 21.0
_TIME_ROOM: Final = 10.0
# The width of a letter of a heading, as a share of that of a letter below it.
_BOLD: Final = 1.4
# In pt: the width of a field is declared for type of this size.
FIELD_TYPE: Final = 13.0
# In mm: the width of a module where no style sheet sets it. Any scanner reads modules of 0.4 mm.
QR_MODULE: Final = 0.45


class Medium(StrEnum):
    """The medium that HTML is made for."""

    PRINT = "print"
    SCREEN = "screen"


@dataclass(frozen=True)
class Design:
    """The files that pages are made from: templates, style sheets by name, and the files they name.

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
        return _reopened_design, (folders, self.styles, self.files, self.pictures)


def _reopened_design(folders: tuple[Path, ...], *files: Any) -> Design:  # noqa: ANN401 -- as in Design
    return Design(open_templates(folders), *files)


@dataclass(frozen=True)
class PageContext:
    """Everything a page needs besides its edition: words, clinic, code, and the ink of paper.

    `languages` says how texts of each language are set. `facing` are the words of the second
    language of an edition that has two. `language_help` are the languages in which an interpreter
    is offered, each with the words of the offer.
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
    page_size = (
        f"@page {{ size: {paper.box.width}mm {paper.box.height}mm }}\n"
        f"@page across {{ size: {paper.box.height}mm {paper.box.width}mm }}\n"
        if medium is Medium.PRINT
        else ""
    )
    names = _style_sheets(edition, medium)
    styles = page_size + _styles_in_ink(names, edition, context, design, medium)
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
            _language_names(edition, context.words, medium),
            _language_names(facing, context.facing, medium, language),
        ),
        both=_printed_once(context.words, context.facing, language),
        joined=partial(_in_both_languages, language=language),
    )


def _style_sheets(edition: Edition, medium: Medium) -> list[str]:
    """Return the names of the style sheets of a handout, in the order in which they apply."""
    large = ["large-print.css"] if edition.size is TypeSize.LARGE else []
    names = ["tokens.css", "handout.css"]
    if medium is Medium.SCREEN:
        names += [*large, "screen.css"]
        return [*names, "facing.css", "facing-screen.css"] if edition.facing else names
    names += ["print.css"]
    names += ["facing.css", "facing-print.css"] if edition.facing else []
    names += large
    return [*names, "facing-large.css"] if edition.facing and large else names


def _language_names(
    edition: Edition, words: Words, medium: Medium, beside: str = ""
) -> dict[str, object]:
    """Return what a template may use that depends on the language of an edition.

    `beside` is that language where it is the second of two.
    """
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
        # Babel writes today's date for an undefined value.
        raise TypeError(f"'{day}' is not a date")
    return dated(day, language)


def _in_both_languages(part: Any, facing: Any, language: str) -> Any:  # noqa: ANN401 -- any part of an edition
    """Return a part of an edition with the words of the same part in another language behind it.

    A place to write or to tick stays one place.
    """
    if isinstance(part, tuple) and part and isinstance(part[0], Span):
        spans = (span for span in facing if not (span.blank or span.place))
        return (*part, *(span._replace(language=language) for span in spans))
    if isinstance(part, tuple) and not hasattr(part, "_fields"):
        return tuple(_in_both_languages(*pair, language) for pair in _paired(part, facing))
    if isinstance(part, PersonalPlace):
        label = _in_both_languages(part.label, facing.label, language)
        choices = _paired(part.choices, facing.choices)
        both = tuple(_words_in_both(*pair, language) for pair in choices)
        return replace(part, label=label, choices=both)
    if is_dataclass(part) and not isinstance(part, type):
        names = [field.name for field in fields(part)]
        pairs = {name: (getattr(part, name), getattr(facing, name)) for name in names}
        joined = {name: _in_both_languages(*pair, language) for name, pair in pairs.items()}
        return replace(part, **joined)
    return part


def _words_in_both(words: str, facing: str, language: str) -> Markup:
    """Return words with those of another language behind them."""
    return line_to_html((Span(words), Span(facing, language=language)))


def _printed_once(words: Words, facing: Words, language: str) -> Words:
    """Return the words of blocks that are printed once, in both languages."""
    names = ("my_number", "my_result", "my_goal", "medicine", "notes")
    pairs = {name: (getattr(words, name), getattr(facing, name)) for name in names}
    return words.model_copy(
        update={name: _words_in_both(*pair, language) for name, pair in pairs.items()}
    )


def _paired(parts: Sequence[Any], facing: Sequence[Any]) -> tuple[tuple[Any, Any], ...]:
    """Return the parts of a text, each with the same part in another language."""
    return tuple(zip(parts, facing, strict=True))


def compose_cards(
    cards: Sequence[tuple[Edition, PageContext]],
    design: Design,
    *,
    medium: Medium,
    one_sided: bool = False,
) -> str:
    """Return the HTML of cards, each with a front and a back.

    The code is on the back, or on the front of `one_sided` cards. `at_size` later sets the size of
    the cards and of their type.
    """
    edition, context = cards[0]
    names = ["tokens.css", "card.css"] + (["card-screen.css"] if medium is Medium.SCREEN else [])
    styles = ("" if medium is Medium.SCREEN else _CARD_SIZE) + _styles_in_ink(
        names, edition, context, design, medium
    )
    shown_cards = [
        {"edition": edition, "code": context.code, "number": number}
        for number, (edition, context) in enumerate(cards)
    ]
    own_names = {"cards": shown_cards, "one_sided": one_sided}
    page = _render("card.html", edition, context, design, medium, styles=styles, **own_names)
    if medium is Medium.SCREEN:
        return at_size(page, CARD, [(CARD_TEXT, CARD_TEXT)] * len(cards))
    return page


def at_size(page: str, box: Box, sizes: Sequence[tuple[float, float]]) -> str:
    """Fill in the size of composed cards (mm), and of their type (a step of `CARD_STEPS`, pt).

    `sizes` are those of the front and back of each card. They are known only after the stock is
    chosen and the cards were laid out once.
    """
    width = box.width - 2 * CARD_INSET
    page_size = (
        f"@page {{ size: {box.width}mm {box.height}mm; margin: "
        f"{CARD_INSET}mm }}\n:root {{ --card-width: {width:.3f}mm }}\n"
    )
    page = page.replace(_CARD_SIZE, page_size)
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
    declarations = "; ".join(f"--{name}: {value:.4g}pt" for name, value in values.items())
    leading = f"--card-leading: {card_leading(step):.3f}"
    # The template itself names the first property.
    return f"{declarations}; {leading}".removeprefix("--text-size: ")


def line_to_html(
    line: Line, medium: Medium = Medium.PRINT, write_here: str = "", beside: str = ""
) -> Markup:
    """Convert a line to HTML, with every word escaped. A number and its unit share a line.

    `write_here` is what a screen reader says for a line to write on. `beside` is the language of
    the line where it is the second of two.
    """
    html = Markup("")
    for language, spans in groupby(line, key=lambda span: span.language):
        part = _spans_to_html(spans, medium, write_here, beside)
        if language:
            template = Markup(' <span class="other" lang="{}" dir="{}">{}</span>')
            part = template.format(language, direction_of(language), part)
        html += part
    return html


def _spans_to_html(line: Iterable[Span], medium: Medium, write_here: str, beside: str) -> Markup:
    html = Markup("")
    before = ""
    for span in line:
        words = _UNIT.sub(_no_break, before[-1:] + span.text)[len(before[-1:]) :]
        html += _span_to_html(span._replace(text=words), medium, write_here, beside)
        before = "" if span.blank or span.href else span.text
    return html


def _no_break(found: re.Match[str]) -> str:
    return found[0].replace(" ", "\u00a0")


@jinja2.pass_context
def _marked_here(context: Context, line: Line) -> Markup:
    write_here, beside = context["words"].write_here, context.get("beside", "")
    return line_to_html(line, Medium(context["medium"]), write_here, beside)


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

    On a screen, a single number is a link that dials it. Paper has no such link: in PDF/UA, a link
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
    # The words are those of a space that takes no room, because an empty tag is skipped.
    paper = '<span style="position: absolute" data-actualtext="{}">&nbsp;</span>'
    return Markup('<span class="unseen">{}</span>' if medium is Medium.SCREEN else paper).format(  # noqa: S704 -- our own texts
        text
    )


def slot(place: Place, medium: Medium, write_here: str, look: str = "", beside: str = "") -> Markup:
    """Return the place of a field: a line to write on, whose length never changes.

    Its space has the font, size and baseline of a record's words. `look` is an additional class.
    `beside` is as in `line_to_html`.
    """
    width = (
        f' style="width: {place.width * PT_PER_INCH / MM_PER_INCH / FIELD_TYPE:.3f}em"'
        if place.width
        else ""
    )
    classes = f"slot {look}".strip()
    if medium is Medium.SCREEN:
        words = unseen(write_here, medium)
        return Markup('<span class="{} blank">{}</span>').format(classes, words)
    html = '<span class="{}" data-field="{}" data-actualtext="{}"' + width + ">&nbsp;</span>"
    field = field_beside(place.field, beside)
    return Markup(html).format(classes, field, write_here)  # noqa: S704 -- our own text, and a number


def _span_to_html(span: Span, medium: Medium, write_here: str, beside: str) -> Markup:
    if span.place is not None:
        return slot(span.place, medium, write_here, "strong" if span.strong else "", beside)
    if span.blank:
        return Markup('<span class="blank">{}</span>').format(unseen(write_here, medium))
    html = dialled(span.text, medium) if span.number and span.href is None else _unbroken(span.text)
    if span.number:
        html = Markup('<bdi dir="ltr" class="number">{}</bdi>').format(html)
    if span.href is not None:
        html = Markup('<a href="{}">{}</a>').format(span.href, html)
        address = shown_address(span)
        if address:
            html += Markup(' <span class="address">({})</span>').format(_in_pieces(address))
    return Markup("<strong>{}</strong>").format(html) if span.strong else html


def _unbroken(text: str) -> Markup:
    """Return a text in which no line ends behind the hyphen of a word's end, such as -pril."""
    # Every second part is such an end.
    return Markup("").join(
        Markup('<span class="word-end">{}</span>').format(part) if index % 2 else escape(part)
        for index, part in enumerate(_WORD_END.split(text))
    )


def _in_pieces(address: str) -> Markup:
    """Return an address that does not break behind its hyphens: a reader would lose them.

    Only a part with a hyphen gets a <span>, since a screen reader reads each of these by itself.
    """
    return Markup("").join(
        Markup('<span class="piece">{}</span>').format(piece) if "-" in piece else piece
        for piece in re.findall(r"[^/]*/*", address)
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
        widths = _log_widths(table)
    elif isinstance(table, EditionSchedule):
        widths = _schedule_widths(table)
    else:
        widths = [1.0] * len(table.columns)
    return tuple(f"{100 * width / sum(widths):.2f}%" for width in widths)


def _heading_width(words: str) -> float:
    """Return the room that the longest word of a heading needs, in characters."""
    return max(map(len, words.split()), default=0) * _BOLD + 2


def _schedule_widths(schedule: EditionSchedule) -> list[float]:
    times = [max(_TIME_ROOM, _heading_width(words_only(time))) for time in schedule.times]
    return [_MEDICINE_ROOM, *times]


def _log_widths(log: EditionLog) -> list[float]:
    longest = max((len(words_only(heading)) for heading in log.headings), default=0)
    widths = []
    for number, column in enumerate(log.columns):
        words = f"{words_only(column.label)} {words_only(column.unit or ())}"
        is_narrow = column.unit or len(words_only(column.label)) <= SHORT_LABEL
        room: float = _SENTENCE_ROOM if column.wide else _NARROW_ROOM if is_narrow else _WORD_ROOM
        if log.headings and number == 0:
            # The headings of rows stay clear of the line beside them, also next to a wide column.
            room = min(longest, _WORD_ROOM) * _BOLD + 3.5
        widths.append(max(room, _heading_width(words)))
    return widths


def stylesheet(names: list[str], clinic: Clinic, design: Design, language_rules: str = "") -> str:
    """Join style sheets by name, then `language_rules`, the clinic's own sheet and its colours."""
    colors = "".join(f"--{name}: {value}; " for name, value in clinic.colors if value)
    color_rule = f":root {{ {colors}}}\n" if colors else ""
    sheets = (*(design.styles[name] for name in names), language_rules, design.styles["clinic.css"])
    return "".join(f"{sheet}\n" for sheet in sheets if sheet) + color_rule


def _styles_in_ink(
    names: list[str], edition: Edition, context: PageContext, design: Design, medium: Medium
) -> str:
    """Join style sheets; those for paper in colour have tints, and icons in the accent colour."""
    offers = (language for language, _ in context.language_help)
    tags = (*edition.languages.split(TWO_LANGUAGES), *offers)
    language_rules = language_styles(tags, context.languages, design.files)
    if medium is Medium.SCREEN:
        return stylesheet(names, context.clinic, design, language_rules)
    names = names if context.ink is PrintInk.BLACK else [*names, "colour.css"]
    styles = stylesheet(names, context.clinic, design, language_rules)
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
    **own_names: Any,  # noqa: ANN401 -- what only this template may use
) -> str:
    """Fill a template with what all templates may use, and `own_names`."""
    data_urls: list[str] = []

    def picture(name: str) -> str:
        path = _file_of(f"content/{name}", design)
        return (
            _data_url(path, data_urls)
            if medium is Medium.SCREEN
            else f"../{quote(f'content/{name}')}"
        )

    def dial(number: str, words: str | Markup = "") -> Markup:
        return dialled(number, medium, words)

    def role(name: str) -> Markup:
        # A browser forgets the roles of a table's parts when a narrow page stacks them.
        return Markup(' role="{}"').format(name) if medium is Medium.SCREEN else Markup("")

    card_codes = (card["code"] for card in own_names.get("cards", ()))
    codes = {context.code, *card_codes, *links_of(edition)}

    def qr(text: str) -> Markup:
        if text not in codes:
            # A second code beside the edition's would lead a scanner elsewhere.
            hint = "Write qr(code): a page has the code of its own edition, and those of its links."
            raise TeachbackError.of(f"a template asks for a QR code that says '{text[:60]}'", hint)
        # The style sheet sets its size. A screen needs no code.
        return Markup(qr_svg(text, QR_MODULE)) if medium is Medium.PRINT else Markup("")  # noqa: S704 -- our own drawing

    names = {
        **_language_names(edition, context.words, medium),
        "clinic": context.clinic,
        "code": context.code,
        "qr": qr,
        "counter": counter,
        "picture": picture,
        "dial": dial,
        "role": role,
        "medium": str(medium),
        "language_help": context.language_help,
        "direction_of": direction_of,
        "large": edition.size is TypeSize.LARGE,
    }
    return fill_page(template, design, medium, styles, {**names, **own_names}, data_urls)


def fill_page(
    template: str,
    design: Design,
    medium: Medium,
    styles: str,
    names: Mapping[str, object],
    data_urls: list[str] | None = None,
) -> str:
    """Fill a template with styles and names, and check the page.

    `data_urls` collects the data URLs that this module puts into a page for a screen. Raises
    TeachbackError for a page with forbidden content.
    """
    data_urls = [] if data_urls is None else data_urls
    if medium is Medium.SCREEN:
        styles = CSS_FILE.sub(lambda found: _as_data_url(found, design, data_urls), styles)
    names = {**names, "styles": Markup(styles)}  # noqa: S704 -- checked before
    page = filled(
        design.environment,
        template,
        names,
        design.files,
        lambda: MAX_PAGE + sum(map(len, data_urls)),
    )
    unprintable = next(faults(unescape(page), alone=True, markup=True), None)
    if unprintable:
        hint = (
            f"{unprintable[2]} A template made it out of other characters: "
            "look for filters such as `replace` and `format`."
        )
        raise TeachbackError.of(unprintable[1], hint, Location(f"templates/{template}"))
    if medium is Medium.SCREEN:
        page = closed_page(page)
        foreign = foreign_loads(
            page, lambda _: False, data_urls, sheets=styles, closed=True, direction=direction_of
        )
    else:
        foreign = foreign_loads(
            page, shown_on_paper(design.files), sheets=styles, direction=direction_of
        )
    if foreign:
        raise TeachbackError(*(_foreign_problem(content, template, design) for content in foreign))
    return page


def _foreign_problem(content: ForbiddenContent, template: str, design: Design) -> Problem:
    """Return the problem of forbidden content, with its place in a template or style sheet."""
    places = (_first_place(part, design) for part in (content.name, *content.written) if part)
    place = next(filter(None, places), None)
    if content.name == "<head>":
        path = design.files.get(f"templates/{template}")
        start = Location(shown(path), 1, 1) if path else None
        message = "this page has no plain <head> in which its browser is told to load nothing"
        hint = "Begin it as the built-in template does: <!doctype html>, <html ...>, <head>."
        return Problem(message, hint, start)
    if not content.loads:
        message = (
            "a page shows only text, lists, tables and pictures, "
            f"and this one holds '{content.name[:80]}'"
        )
        hint = "Take it out; the built-in templates show what a page may hold."
        return Problem(message, hint, place)
    hint = (
        "Name pictures with picture('images/name.svg'); put styles into the style sheets; "
        "leave scripts out."
    )
    message = f"a page must hold all it shows, but this one uses '{content.name[:80]}'"
    return Problem(message, hint, place)


def _first_place(part: str, design: Design) -> Location | None:
    """Return the first place of a text in a template, or else in a style sheet, in any case."""
    for folder, ending, remarks in (
        ("templates/", ".html", r"\{#.*?#\}"),
        ("styles/", ".css", r"/\*.*?\*/"),
    ):
        for name, path in design.files.items():
            if name.startswith(folder) and name.endswith(ending):
                place = place_of(part, read_bytes(path).decode("utf-8-sig"), shown(path), remarks)
                if place:
                    return place
    return None


def _as_data_url(found: re.Match[str], design: Design, data_urls: list[str]) -> str:
    """Replace the name of a file in the styles by a data URL.

    A comment stays, and so does a file that may not be shown. `foreign_loads` reports such files.
    """
    name = served(f"styles/{found[2]}", design.files)
    return found[0] if name is None else f'url("{_data_url(design.files[name], data_urls)}")'


def _file_of(name: str, design: Design) -> Path:
    # A file name is not a URL: it may hold a # or a %.
    known = served(quote(name), design.files)
    if known is None:
        similar = [
            other
            for other in design.files
            if other.endswith(name.rpartition(".")[2]) and served(other, design.files)
        ]
        message = f"there is no file '{name[:80]}'"
        raise TeachbackError.of(message, f"Check the name. {guess(name, similar)}".strip())
    return design.files[known]


def _data_url(path: Path, data_urls: list[str]) -> str:
    """Return a file as a data URL, and add that to `data_urls`.

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
    url = f"data:{MIME[path.suffix.lower()]};base64,{base64.b64encode(data).decode('ascii')}"
    data_urls.append(url)
    return url
