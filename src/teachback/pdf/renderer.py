"""Render HTML as PDF with WeasyPrint.

Import this module late: WeasyPrint takes a second to load. Only `tag_writer` imports it too.

Everything a page loads comes through one fetcher. It serves the workspace's own pictures and fonts
by name, and nothing else. Each warning in WeasyPrint's log is a problem here, because WeasyPrint
goes on and leaves a hole in the page.
"""

from __future__ import annotations

import bisect
import copy
import ctypes.util
import gc
import logging
import os
import re
import sys
import warnings
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property, lru_cache
from multiprocessing.util import Finalize
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote, urlsplit

from teachback.errors import COMPARE, Location, Problem, TeachbackError, guess
from teachback.files.font_coverage import font_fault
from teachback.files.images import KINDS, MAX_BYTES, picture_fault
from teachback.files.page_resources import INKED, html_parser, served
from teachback.files.stylesheets import unread_problems
from teachback.files.text_decoding import place_of
from teachback.files.workspace import MIME, read_bytes

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

# Pango reads this once, when it is loaded. Then no system font can silently replace one of ours.
os.environ["FONTCONFIG_FILE"] = str(Path(__file__).parent / "no-system-fonts.conf")


@contextmanager
def _libraries_by_file_name() -> Iterator[None]:
    """Load system libraries by their whole file names, on Linux.

    WeasyPrint tries shorter names first. For each of them, `find_library` runs ldconfig and gcc,
    which takes half a second in all. The loader finds the same file by its whole name.
    """
    find_library = ctypes.util.find_library
    if sys.platform == "linux":
        vars(ctypes.util)["find_library"] = lambda _name: None
    try:
        yield
    finally:
        vars(ctypes.util)["find_library"] = find_library


try:
    with _libraries_by_file_name(), warnings.catch_warnings():
        # "No fonts configured" is the purpose of no-system-fonts.conf.
        warnings.simplefilter("ignore")
        import weasyprint
        from weasyprint.css import ComputedStyle
        from weasyprint.css.computed_values import PHYSICAL_FUNCTIONS
        from weasyprint.css.properties import INHERITED, INITIAL_NOT_COMPUTED, INITIAL_VALUES
        from weasyprint.css.validation import EXPANDERS
        from weasyprint.formatting_structure import boxes as boxes  # noqa: PLC0414 -- for page_layout
        from weasyprint.layout import inline, preferred
        from weasyprint.text import line_break
        from weasyprint.text.fonts import FontConfiguration
        from weasyprint.urls import FatalURLFetchingError, URLFetcher, URLFetcherResponse
except OSError:
    # cffi raises this when a system library is missing.
    raise TeachbackError.of(
        "Pango, which sets the text of the pages, is not installed",
        "Debian or Ubuntu: apt-get install libpango-1.0-0 libpangoft2-1.0-0 "
        "libharfbuzz-subset0. macOS: brew install pango.",
    ) from None

html_parser()

# An address that no network has. Relative names in a page resolve against it, and the fetcher
# serves nothing else.
BASE: Final = "https://workspace.invalid/"
# The number of new objects after which Python collects garbage. See `fonts`.
GARBAGE_THRESHOLD: Final = 1_000_000
# One file for reading aloud and for archives: PDF/A-2a here, and `_finish` adds PDF/UA-1.
VARIANT: Final = "pdf/a-2a"
# The name of PDF/UA-1 in XMP (ISO 14289-1, clause 5), and its schema for PDF/A-2 (ISO 19005-2,
# 6.6.2.3).
_UA_RDF: Final = (
    b'<rdf:Description xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"'
    b' xmlns:pdfuaid="http://www.aiim.org/pdfua/ns/id/" rdf:about="">'
    b"<pdfuaid:part>1</pdfuaid:part></rdf:Description>\n"
    b'<rdf:Description xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"'
    b' xmlns:pdfaExtension="http://www.aiim.org/pdfa/ns/extension/"'
    b' xmlns:pdfaSchema="http://www.aiim.org/pdfa/ns/schema#"'
    b' xmlns:pdfaProperty="http://www.aiim.org/pdfa/ns/property#" rdf:about="">'
    b"<pdfaExtension:schemas><rdf:Bag>"
    b'<rdf:li rdf:parseType="Resource">'
    b"<pdfaSchema:schema>PDF/UA Universal Accessibility Schema</pdfaSchema:schema>"
    b"<pdfaSchema:namespaceURI>http://www.aiim.org/pdfua/ns/id/</pdfaSchema:namespaceURI>"
    b"<pdfaSchema:prefix>pdfuaid</pdfaSchema:prefix><pdfaSchema:property><rdf:Seq>"
    b'<rdf:li rdf:parseType="Resource"><pdfaProperty:name>part</pdfaProperty:name>'
    b"<pdfaProperty:valueType>Integer</pdfaProperty:valueType>"
    b"<pdfaProperty:category>internal</pdfaProperty:category><pdfaProperty:description>"
    b"Indicates, which part of ISO 14289 standard is followed</pdfaProperty:description>"
    b"</rdf:li></rdf:Seq></pdfaSchema:property></rdf:li></rdf:Bag></pdfaExtension:schemas>"
    b"</rdf:Description>\n"
)
# The exceptions that WeasyPrint raises on styles and pages that it did not foresee.
_BROKEN: Final = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    LookupError,
    RecursionError,
    SyntaxError,
    TypeError,
    ValueError,
)
# The black of an icon.
_ICON_BLACK: Final = re.compile(rb"#111\b")
# The bullets and numbers of a list.
_MARKER: Final = re.compile(r"[\u2022\u25e6\u25aa]|[0-9]+\.")
# The dots and the page number of an entry in a table of contents.
_LEADER: Final = re.compile(r"[. ]*[0-9]*")
_PROPERTIES: Final = frozenset(EXPANDERS) | {name.replace("_", "-") for name in INITIAL_VALUES}


@dataclass(frozen=True)
class LaidOutDocument:
    """Pages that are laid out but not yet written."""

    document: Any
    problems: tuple[Problem, ...]

    @property
    def pages(self) -> int:
        """The number of pages."""
        return len(self.document.pages)

    @cached_property
    def boxes(self) -> tuple[tuple[Any, ...], ...]:
        """The boxes of each page below that of the page, in the order of the text."""
        return tuple(
            tuple(page._page_box.descendants(placeholders=True))  # noqa: SLF001 -- no public name
            for page in self.document.pages
        )


class _Fetcher(URLFetcher):
    """A fetcher that serves whole pictures and fonts of the workspace by name, and nothing else."""

    def __init__(self, files: Mapping[str, Path]) -> None:
        super().__init__(allowed_protocols={"https"}, allow_redirects=False, fail_on_errors=True)
        self.files = files

    def fetch(self, url: str, headers: object = None) -> URLFetcherResponse:  # noqa: ARG002 -- the base class's signature
        if not url.startswith(BASE):
            message = f"the page asks for '{url[:80]}', which is not a file of the workspace"
            raise FatalURLFetchingError(message)
        requested = urlsplit(url).path.removeprefix("/")
        name = served(requested, self.files)
        if name is None:
            message = (
                f"the page asks for '{unquote(requested)[:80]}', "
                "and there is no such picture or font"
            )
            raise FatalURLFetchingError(message)
        path = self.files[name]
        try:
            data, suffix = read_bytes(path), path.suffix.lower()
        except TeachbackError as error:
            message = f"the file '{name[:80]}' cannot be shown: {error.problems[0].message}"
            raise FatalURLFetchingError(message) from None
        if len(data) > MAX_BYTES:
            message = f"the file '{name[:80]}' is larger than {MAX_BYTES // 1_000_000} MB"
            raise FatalURLFetchingError(message)
        fault = picture_fault(data, suffix) if suffix in KINDS else font_fault(data)
        if fault:
            raise FatalURLFetchingError(f"the file '{name[:80]}' cannot be shown: {fault[0]}")
        if ink := INKED.search(url):
            data = _ICON_BLACK.sub(b"#" + ink[1].encode(), data)
        return URLFetcherResponse(url, data, {"Content-Type": MIME[suffix]})


class _WarningLog(logging.Handler):
    """A log handler that keeps the messages of WeasyPrint."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.messages: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.messages.append(record.getMessage())


@contextmanager
def _collected_warnings() -> Iterator[list[str]]:
    """Collect the warnings of WeasyPrint."""
    log = _WarningLog()
    logger = logging.getLogger("weasyprint")
    logger.addHandler(log)
    try:
        yield log.messages
    finally:
        logger.removeHandler(log)


@contextmanager
def _faults_as_problems(done: str) -> Iterator[list[str]]:
    """Collect the warnings of WeasyPrint, and raise TeachbackError for its exceptions.

    `done` names the step in messages: laid out, or written.
    """
    with _collected_warnings() as messages:
        try:
            yield messages
        except FatalURLFetchingError as error:
            if isinstance(error.__cause__ or error.__context__, MemoryError):
                raise MemoryError from None  # noqa: TRY004 -- re-raised as it was
            hint = "Put the file into the workspace, or remove its name."
            raise TeachbackError.of(str(error), hint) from None
        except RecursionError:
            raise TeachbackError.of(f"the page is nested too deep to be {done}", COMPARE) from None
        except _BROKEN as error:
            message = f"the page cannot be {done}: {type(error).__name__} {error}".rstrip()
            raise TeachbackError.of(message, COMPARE) from None
        finally:
            if messages:
                # WeasyPrint warns of each value of a sheet once.
                _cached_sheet.cache_clear()


class _NamedFonts:
    """The fonts that a style sheet names. WeasyPrint takes it for the fonts of a document."""

    def __init__(self) -> None:
        self.descriptors: list[Any] = []

    def add_font_face(self, descriptors: object, _fetcher: object) -> None:
        """Keep the descriptors of a font."""
        self.descriptors.append(descriptors)


@lru_cache(maxsize=16)
def _cached_sheet(css: str) -> tuple[Any, list[Any]] | None:
    """Parse a style sheet once for all pages that use it; return it with the fonts that it names.

    Return None for a sheet that WeasyPrint warns of, or that holds more than rules and fonts.
    """
    named_fonts = _NamedFonts()
    counters: dict[str, Any] = {}
    profiles: dict[str, Any] = {}
    layers: list[str] = []
    try:
        with _collected_warnings() as messages:
            sheet = weasyprint.CSS(
                string=css,
                base_url=BASE + "styles/",
                url_fetcher=_Fetcher({}),
                font_config=named_fonts,
                counter_style=counters,
                color_profiles=profiles,
                layers=layers,
            )
    except (FatalURLFetchingError, *_BROKEN):
        return None
    if messages or counters or profiles or layers:
        return None
    return sheet, named_fonts.descriptors


def _css(**options: Any) -> Any:  # noqa: ANN401 -- the arguments and the result of weasyprint.CSS
    cacheable = "string" in options and not options["layers"]
    cached = _cached_sheet(options["string"]) if cacheable else None
    if cached is None:
        return weasyprint.CSS(**options)
    sheet, fonts_of_sheet = cached
    for descriptors in fonts_of_sheet:
        options["font_config"].add_font_face(descriptors, options["url_fetcher"])
    return sheet


# WeasyPrint parses the style sheets again for each layout: a third of the time of a card.
weasyprint.css.CSS = _css


# The properties whose inherited or initial value needs no computing, each with the names of the
# rules that set it: its own, and those relative to the direction, such as `margin-inline-start`.
_SET_BY: Final = {
    name: frozenset(
        {name, *(PHYSICAL_FUNCTIONS[name](block="ttb", inline=side) for side in ("ltr", "rtl"))}
        if name in PHYSICAL_FUNCTIONS
        else {name}
    )
    for name in INITIAL_VALUES
    if name not in {*INITIAL_NOT_COMPUTED, "float", "page", "position"}
    and not name.startswith("text_decoration_")
}
_computed_value = ComputedStyle.__missing__


def _value(style: Any, name: str) -> Any:  # noqa: ANN401 -- WeasyPrint has no types
    """Return the value of a property, without the cascade where no rule sets it.

    That holds for six of seven values, and a page has thousands. WeasyPrint takes each through all
    steps of the cascade, which is an eighth of the time of a page.
    """
    set_by = _SET_BY.get(name)
    if set_by is None or not style.cascaded.keys().isdisjoint(set_by):
        return _computed_value(style, name)
    parent = style.parent_style if name in INHERITED else None
    value = style[name] = INITIAL_VALUES[name] if parent is None else parent[name]
    return value


ComputedStyle.__missing__ = _value


# The properties that `split_first_line` reads, and those that choose its fonts.
_LINE_STYLE: Final = (
    "direction", "font_family", "font_feature_settings", "font_kerning", "font_language_override",
    "font_size", "font_stretch", "font_style", "font_variant_alternates", "font_variant_caps",
    "font_variant_east_asian", "font_variant_ligatures", "font_variant_numeric",
    "font_variant_position", "font_variation_settings", "font_weight", "hyphenate_character",
    "hyphenate_limit_chars", "hyphenate_limit_zone", "hyphens", "lang", "letter_spacing",
    "overflow_wrap", "tab_size", "text_decoration_line", "white_space", "word_break",
    "word_spacing",
)  # fmt: skip
# The most lines in the cache, of about 14 KB each. A handout for three readers has 1,600.
_MOST_LINES: Final = 2_500
_split_first_line = line_break.split_first_line
_COLLAPSING: Final = ("normal", "pre-line")


class Fonts(FontConfiguration):
    """The fonts that WeasyPrint knows, and a cache of the lines of text that were set in them."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: dict[tuple[object, ...], tuple[Any, ...]] = {}


def _cached_first_line(
    text: str,
    style: Any,  # noqa: ANN401 -- WeasyPrint has no types
    context: object,
    *arguments: Any,  # noqa: ANN401
    **options: Any,  # noqa: ANN401
) -> Any:  # noqa: ANN401
    """Return what `split_first_line` returns for a text, and cache it.

    Without the cache, four of five lines are set again: to measure a column, to lay a page out with
    another space between its blocks, and for the next reader of the same text.
    """
    lines = style.font_config.lines
    style_key = vars(style).get("line_style_key")
    if style_key is None:
        style_key = style.line_style_key = repr([style[name] for name in _LINE_STYLE])
    key = (text, style_key, arguments, *options.items())
    cached = lines.get(key)
    if cached is None:
        if len(lines) >= _MOST_LINES:
            lines.clear()
        cached = lines[key] = _split_with_last_space(text, style, context, *arguments, **options)
    layout, *measures = cached
    # Drawing changes the layout of a line.
    return copy.copy(layout), *measures


def _split_with_last_space(
    text: str,
    style: Any,  # noqa: ANN401 -- WeasyPrint has no types
    context: object,
    max_width: float | None,
    *arguments: Any,  # noqa: ANN401
    **options: Any,  # noqa: ANN401
) -> tuple[Any, ...]:
    """Return what `split_first_line` returns, or the whole text where all but its last space fits.

    WeasyPrint 70.0 breaks such a text after its first word: "Vomiting, / diarrhea, or fever can
    hurt you. **Call us.**" A space at the end of a line is not printed, so it needs no room.
    """
    split: tuple[Any, ...] = _split_first_line(
        text, style, context, max_width, *arguments, **options
    )
    length, resume_at = split[1:3]
    if (
        resume_at is None
        or not max_width
        or text[-1] != " "
        or b" " in text.encode()[:length].strip()
        or style["white_space"] not in _COLLAPSING
    ):
        return split
    words = text.rstrip(" ")
    if _split_first_line(words, style, context, max_width, *arguments, **options)[2] is not None:
        return split
    layout, length, _, _, *height = _split_first_line(
        text, style, context, None, *arguments, **options
    )
    return layout, length, None, max_width, *height


inline.split_first_line = preferred.split_first_line = _cached_first_line


def lay_out(html: str, files: Mapping[str, Path], fonts: Fonts) -> LaidOutDocument:
    """Lay out a page. The warnings of WeasyPrint become problems of the layout.

    Raises TeachbackError when the page asks for a file that is not in the workspace, or cannot be
    laid out.
    """
    with _faults_as_problems("laid out") as messages:
        page = weasyprint.HTML(string=html, base_url=BASE + "styles/", url_fetcher=_Fetcher(files))
        document = page.render(font_config=fonts, pdf_variant=VARIANT)
    problems = (
        _page_problem("laid out as it is written", message) for message in dict.fromkeys(messages)
    )
    return LaidOutDocument(document, (*problems, *_generated_problems(document)))


def _generated_problems(document: Any) -> Iterator[Problem]:  # noqa: ANN401 -- WeasyPrint has no types
    """Yield text that a style generates, except page numbers, list markers and colons.

    Style sheets are searched for it too. This finds what reached the pages in another way. The
    numbers of a list are compared when the file is read back.
    """
    first_pages: dict[str, int] = {}
    for number, page in enumerate(document.pages, start=1):
        for box in page._page_box.descendants(placeholders=True):  # noqa: SLF001 -- no public name; WeasyPrint is pinned
            if not isinstance(box, boxes.TextBox) or not box.text.strip():
                continue
            text, tag = box.text.strip(), box.element_tag or ""
            counters = {"counter-page": str(number), "counter-pages": str(len(document.pages))}
            if tag.startswith("@"):
                expected = text in counters.values()
            elif tag.endswith(("::before", "::after")):
                is_leader = box.element.tag == "a" and _LEADER.fullmatch(text) is not None
                expected = (
                    text == ":" or is_leader or text == counters.get(box.element.get("class") or "")
                )
            elif tag.endswith("::marker"):
                expected = _MARKER.fullmatch(text) is not None
            else:
                expected = not tag.endswith(("::footnote-call", "::footnote-marker"))
            if not expected:
                first_pages.setdefault(text, number)
    for text, number in first_pages.items():
        message = f"a style prints '{text[:60]}' on page {number}, which is not in the handout"
        hint = "Remove `content`, or the style of the list's numbers, from the style sheet."
        yield Problem(message, hint)


def first_page(layout: LaidOutDocument) -> LaidOutDocument:
    """Return a layout of the first page alone, to look at it before the others are written."""
    return LaidOutDocument(layout.document.copy(layout.document.pages[:1]), layout.problems)


def write(layout: LaidOutDocument, *, tagged: bool = True) -> bytes:
    """Write laid-out pages as one tagged PDF, PDF/UA-1 and PDF/A-2a.

    Without tags it takes half as long. Such a file is good only for drawing its pages.
    Raises TeachbackError on any warning of WeasyPrint.
    """
    from teachback.pdf.tag_writer import own_tags

    with _faults_as_problems("written") as messages, own_tags(), warnings.catch_warnings():
        # WeasyPrint does not close its colour profile.
        warnings.simplefilter("ignore", ResourceWarning)
        data: bytes = (
            layout.document.write_pdf(pdf_variant=VARIANT, finisher=_finish)
            if tagged
            else layout.document.write_pdf(uncompressed_pdf=True)
        )
    if messages:
        raise TeachbackError(
            *(_page_problem("written", message) for message in dict.fromkeys(messages))
        )
    return data


def _finish(_document: object, pdf: Any) -> None:  # noqa: ANN401 -- pydyf has no types
    """Declare PDF/UA in the file's XMP, with its schema for PDF/A; forbid smoothed pictures."""
    metadata = pdf.objects[int(pdf.catalog["Metadata"].split()[0])]
    xmp: bytes = metadata.stream[0]
    end = xmp.rindex(b"</", 0, xmp.rindex(b"RDF>"))
    metadata.stream[0] = xmp[:end] + _UA_RDF + xmp[end:]
    # PDF/A requires that programs without a PDF parser find it.
    metadata.compress = False
    for pdf_object in pdf.objects:
        # ISO 19005-2, 6.2.8: no picture asks to be interpolated.
        getattr(pdf_object, "extra", {}).pop("Interpolate", None)


def _page_problem(done: str, warning: str) -> Problem:
    """Convert a warning of WeasyPrint about a page to a problem."""
    warning = warning.replace(BASE, "").strip(" :")
    picture = re.search(r"Failed to (?:load|render)\D* image (?:at )?'?([^' ]+?)'?(?::|$)", warning)
    if picture:
        hint = "Save it again from the program that made it."
        return Problem(f"the picture {picture[1]} cannot be drawn", hint)
    glyph = re.search(r'\.notdef glyph.*"(.)" \((U\+[0-9A-F]+)\)', warning)
    if glyph:
        message = f"the character '{glyph[1]}' ({glyph[2]}) is in none of the fonts"
        return Problem(message, "Use other words, or add a font that has it to styles/fonts/.")
    return Problem(f"the page cannot be {done}: {warning}", COMPARE)


def style_problems(name: str, css: str) -> tuple[Problem, ...]:
    """Return what WeasyPrint would drop from a style sheet, and what no screen reader could follow.

    Each problem has its place in that sheet.
    """
    try:
        messages = _warnings_of(css)
    except FatalURLFetchingError as error:
        return (Problem(str(error), "Style sheets cannot import others.", Location(name)),)
    except _BROKEN as error:
        message = f"this rule cannot be read: {type(error).__name__} {error}".rstrip()
        return (
            Problem(
                message,
                "Remove it and write it again; a calc() must not be empty.",
                Location(name, _first_broken(css), 1),
            ),
        )
    return (
        *unread_problems(css, name),
        *(_style_problem(name, css, message) for message in messages),
    )


def _warnings_of(css: str) -> tuple[str, ...]:
    with _collected_warnings() as messages:
        weasyprint.CSS(
            string=css, base_url=BASE + "styles/", url_fetcher=_Fetcher({}), font_config=None
        )
    return tuple(dict.fromkeys(messages))


def _first_broken(css: str) -> int:
    """Return the line of the first rule on which WeasyPrint fails, by bisection of the sheet."""
    ends = [match.end() for match in re.finditer("}", css)]

    def breaks(end: int) -> bool:
        try:
            _warnings_of(css[:end])
        except _BROKEN:
            return True
        return False

    first = bisect.bisect_left(ends, True, key=breaks)  # noqa: FBT003 -- what `breaks` answers
    start = ends[first - 1] if first else 0
    return css.count("\n", 0, start + len(css[start:]) - len(css[start:].lstrip())) + 1


def _style_problem(name: str, css: str, message: str) -> Problem:
    match = re.search(r"\bat (\d+):(\d+)", message)
    quoted = re.search(r"'(.+?)\s*'", message, re.DOTALL)
    place = Location(name, int(match[1]), int(match[2])) if match else Location(name)
    if quoted and not match:
        # WeasyPrint names a selector without its place.
        place = place_of(quoted[1], css, name, r"/\*.*?\*/") or place
    reason = re.sub(r"\s+", " ", re.sub(r"\s*\bat \d+:\d+", "", message)).rstrip(".")
    unknown = re.match(r"Ignored `([^:`]+):.*unknown property", reason)
    hint = (
        "Look the property up: WeasyPrint knows fewer than a browser."
        if reason.startswith("Ignored")
        else "Look for a missing brace or comma."
    )
    return Problem(
        f"this style would be dropped: {reason}",
        f"{guess(unknown[1], _PROPERTIES)} {hint}".strip() if unknown else hint,
        place,
    )


_process_fonts: list[Fonts] = []


def fonts() -> Fonts:
    """Return the font configuration of this process.

    There is one, because making one for each page takes longer than the page.
    """
    if not _process_fonts:
        # Drop them before the process ends, also a forked one: otherwise WeasyPrint cannot delete
        # its folder of fonts.
        Finalize(None, _drop_fonts, exitpriority=1)
        # A layout creates hundreds of thousands of boxes that live until it is written. Collecting
        # garbage among them again and again takes several per cent of the time.
        gc.freeze()
        gc.set_threshold(GARBAGE_THRESHOLD)
        _process_fonts.append(Fonts())
    return _process_fonts[0]


def _drop_fonts() -> None:
    _process_fonts.clear()
    gc.collect()
