"""Find what a page would load when a browser reads it. Pure. The only importer of tinyhtml5.

A clinic's own templates and styles may name anything. A page may show only the workspace's own
pictures and fonts, and a page for a screen must contain them. Pages are read by WeasyPrint's own
parsers, which follow the same rules as browsers (WHATWG HTML, CSS Syntax). Elements, attributes and
CSS functions that are not known to load nothing are refused.
"""

from __future__ import annotations

import io
import posixpath
import re
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from urllib.parse import unquote

from teachback.files.generated_text import generating
from teachback.files.screen_only_styles import hiding

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator
    from xml.etree.ElementTree import Element

# A comment, or a `url()` with the name of a file. A name inside a comment does not count.
CSS_FILE: Final = re.compile(
    r"""/\*.*?\*/|url\(\s*(["']?)([^"')]+)\1\s*\)""", re.DOTALL | re.IGNORECASE
)
# The end of an icon's name: the ink in which it is drawn, in six hexadecimal digits.
INKED: Final = re.compile(r"(?<=\.svg)\?ink=([0-9a-fA-F]{6})$")
# A font or picture inside a page for a screen: the start of its data, and the rest.
_EMBEDDED: Final = re.compile(r"""([("']data:[\w/+.-]+;base64,[\w+/]{60})[\w+/=]+(?=["')])""")
# The policy of a page for a screen: the browser fetches nothing, and resolves no host name before a
# link is followed.
POLICY: Final = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; font-src data:; "
    "base-uri 'none'; form-action 'none'"
)
_POLICY_TAGS: Final = (
    f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">\n'
    '<meta http-equiv="x-dns-prefetch-control" content="off">'
)
_HEAD: Final = re.compile(
    r"""(<head(?:\s[^<>]*)?>)(?:\s*<meta\s+charset\s*=\s*["']?utf-8["']?\s*/?>)?""", re.IGNORECASE
)
# Folders whose files a page may show, by the ending of a file.
_FOLDERS_OF: Final = {
    ".ttf": ("styles/fonts/",),
    **dict.fromkeys((".svg", ".png", ".jpg", ".jpeg"), ("styles/", "content/")),
}


def _all_of(words: str) -> frozenset[str]:
    return frozenset(words.split())


_SVG: Final = "{http://www.w3.org/2000/svg}"
_XLINK: Final = "{http://www.w3.org/1999/xlink}"
_XML: Final = "{http://www.w3.org/XML/1998/namespace}"
_XMLNS: Final = "{http://www.w3.org/2000/xmlns/}"
# Elements that a reader without a tree takes for plain text up to their end tag.
_RAW_TEXT_TAGS: Final = ("title", "style")
# Elements that load or run something, or hold another page. Other unknown elements are refused, but
# not for that reason.
_LOADING_ELEMENTS: Final = _all_of(
    "applet audio base bgsound embed fencedframe feimage foreignobject frame frameset iframe "
    "link object portal script source template track video animate animatemotion "
    "animatetransform set handler listener discard"
)
_HTML_ELEMENTS: Final = _all_of(
    "html head title meta style body main header footer nav section article aside div hgroup "
    "search address p h1 h2 h3 h4 h5 h6 ul ol li dl dt dd menu table caption colgroup col thead "
    "tbody tfoot tr td th figure figcaption img a span strong em b i u small big br hr wbr "
    "blockquote cite code kbd samp var pre abbr acronym dfn mark bdi ruby rt rp rb rtc ins del "
    "time data label input output fieldset legend center font tt nobr"
)
_SVG_ELEMENTS: Final = _all_of(
    "svg g defs symbol use title desc metadata style switch path rect circle ellipse line "
    "polyline polygon text tspan textPath image marker pattern clipPath mask filter feBlend "
    "feColorMatrix feComponentTransfer feComposite feConvolveMatrix feDiffuseLighting "
    "feDisplacementMap feDistantLight feDropShadow feFlood feFuncA feFuncB feFuncG feFuncR "
    "feGaussianBlur feMerge feMergeNode feMorphology feOffset fePointLight feSpecularLighting "
    "feSpotLight feTile feTurbulence view"
)
# Attributes of any element, and of some elements. These lists leave out what a browser would show
# as text or as another number: <q>, <meter>, <bdo>, `start` and `value` of lists, `value` and
# `placeholder` of a field.
_ATTRIBUTES: Final = _all_of(
    "id class lang dir title role style translate tabindex itemid itemprop itemref itemscope "
    "itemtype align valign width height border bgcolor color"
)
_ATTRIBUTES_OF: Final = {
    "a": _all_of("href rel target hreflang name"),
    "img": _all_of("src alt decoding loading"),
    "meta": _all_of("charset name content http-equiv"),
    "style": _all_of("type media"),
    "table": _all_of("summary cellpadding cellspacing frame rules"),
    "td": _all_of("colspan rowspan headers scope abbr nowrap"),
    "th": _all_of("colspan rowspan headers scope abbr nowrap"),
    "col": frozenset({"span"}),
    "colgroup": frozenset({"span"}),
    "label": frozenset({"for"}),
    "input": _all_of(
        "type name checked disabled readonly required size maxlength minlength min max step "
        "pattern autocomplete inputmode"
    ),
    "output": _all_of("for name"),
    "fieldset": _all_of("name disabled"),
    "time": frozenset({"datetime"}),
    "ins": frozenset({"datetime"}),
    "del": frozenset({"datetime"}),
    "data": frozenset({"value"}),
    "font": _all_of("face size"),
    "hr": _all_of("size noshade"),
    "br": frozenset({"clear"}),
    "pre": frozenset({"width"}),
    "html": frozenset({"xmlns"}),
}
# Attributes that name a file on any element. For these the value is reported, not the name.
_FILE_ATTRIBUTES: Final = _all_of(
    "src srcset imagesrcset poster data background manifest href action formaction ping cite "
    "longdesc lowsrc dynsrc archive codebase classid code usemap profile"
)
# Attributes of a drawing whose values are words, not styles.
_WORD_ATTRIBUTES: Final = re.compile(
    r"aria-[a-z]+|data-[\w.-]+|id|class|lang|role|title|alt|tabindex", re.IGNORECASE
)
# Attributes that any element of HTML may have.
_FREE_ATTRIBUTES: Final = re.compile(r"aria-[a-z]+|data-[\w.-]+", re.IGNORECASE)
_INPUT_TYPES: Final = frozenset({"checkbox", "date", "number", "radio", "tel", "text", "time"})
_META_NAMES: Final = _all_of(
    "application-name apple-mobile-web-app-title author color-scheme creator date "
    "dcterms.created dcterms.modified description format-detection generator keywords publisher "
    "referrer robots theme-color viewport"
)
# Headers that a page may set, with the value that is allowed; None allows any.
_HTTP_EQUIV: Final = {
    "content-security-policy": POLICY,
    "x-dns-prefetch-control": "off",
    "content-type": "text/html; charset=utf-8",
    "content-language": None,
    "x-ua-compatible": None,
}
_RELATIONS: Final = _all_of(
    "author bookmark external help license next nofollow noopener noreferrer prev tag"
)
# The addresses of links. A browser loads nothing before a reader follows one.
_LINK: Final = re.compile(r"(?:https?|mailto|tel|sms):|(?!//)(?![a-z][a-z0-9+.-]*:)", re.IGNORECASE)
# CSS functions and selectors that name no file. `url` is checked apart. A string in another
# function may be an address.
_FUNCTIONS: Final = _all_of(
    "abs acos asin atan atan2 attr blur brightness calc calc-size circle clamp color color-mix "
    "conic-gradient content contrast cos counter counters cubic-bezier device-cmyk dir "
    "drop-shadow element ellipse env exp fit-content format grayscale has hsl hsla hue-rotate "
    "hwb hypot inset invert is lab lang layer lch leader light-dark linear linear-gradient log "
    "matrix matrix3d max min minmax mod not nth-child nth-last-child nth-last-of-type "
    "nth-of-type nth oklab oklch opacity path perspective polygon pow radial-gradient rect rem "
    "repeat repeating-conic-gradient repeating-linear-gradient repeating-radial-gradient rgb "
    "rgba rotate rotate3d rotatex rotatey rotatez round running saturate scale scale3d scalex "
    "scaley scalez selector sepia sign sin skew skewx skewy sqrt steps string style symbols tan "
    "target-counter target-counters target-text tech translate translate3d translatex translatey "
    "translatez var where xywh"
)
_AT_RULES: Final = _all_of(
    "charset color-profile container counter-style font-face font-feature-values "
    "font-palette-values footnote keyframes layer media page property scope starting-style "
    "supports annotation character-variant ornaments styleset stylistic swash"
)
_MARGIN_BOX: Final = re.compile(
    r"(top|bottom)-(left|center|right)(-corner)?|(left|right)-(top|middle|bottom)"
)
# Browsers remove control characters and spaces around an address, and line ends inside it (WHATWG
# URL, 4.4).
_TRIMMED: Final = "".join(map(chr, range(0x21)))
_LINE_ENDS: Final = str.maketrans("", "", "\t\n\r")


class ForbiddenContent(NamedTuple):
    """Something that a page may not hold.

    `name` is for the message, `written` lists the ways it may be written in a template, and `loads`
    is whether it loads or runs something.
    """

    name: str
    written: tuple[str, ...] = ()
    loads: bool = True


def served(name: str, files: Collection[str]) -> str | None:
    """Return the workspace name of a file that a page may show, by its name in a URL, or None."""
    decoded = unquote(name)
    suffix = posixpath.splitext(decoded)[1].lower()
    folders = _FOLDERS_OF.get(suffix, ())
    return decoded if decoded in files and decoded.startswith(folders) else None


def shown_on_paper(files: Collection[str]) -> Callable[[str], bool]:
    """Return a function that returns whether a page for paper may show a file of this name.

    The name is relative to styles/. That of an icon may end with the ink in which it is drawn.
    """
    return lambda name: (
        not re.match(r"[a-z][a-z0-9+.-]*:|/", name, re.IGNORECASE)
        and served(posixpath.normpath(posixpath.join("styles", INKED.sub("", name))), files)
        is not None
    )


class _Patterns(dict[tuple["Collection[str]", bool], "re.Pattern[str]"]):
    """The patterns by which tinyhtml5 splits a page, each compiled once."""

    def __missing__(self, key: tuple[Collection[str], bool]) -> re.Pattern[str]:
        characters, included = key
        escaped = "".join(f"\\x{ord(letter):02x}" for letter in characters)
        pattern = self[key] = re.compile(f"[{'' if included else '^'}{escaped}]+")
        return pattern


@cache
def html_parser() -> Any:  # noqa: ANN401 -- tinyhtml5 has no types
    """Return tinyhtml5, which then keeps its patterns, also for WeasyPrint.

    tinyhtml5 2.1.0 keeps each under a wrong key, and so compiles one for each stretch of text. That
    takes a quarter of the time of reading a page.
    """
    import tinyhtml5.inputstream

    tinyhtml5.inputstream.characters_until_regex = _Patterns()
    return tinyhtml5


@lru_cache(2)
def parse_page(page: str) -> Element:
    """Return the tree of a page, as a browser builds it. HTML names have no namespace.

    Of an embedded file, the tree has only the beginning. Callers must not change it.
    """
    # Without its fonts, a page of 200 KB has 50 KB. tinyhtml5 takes a short string for a file name.
    text = io.StringIO(_EMBEDDED.sub(r"\1", page))
    root: Element = html_parser().parse(text, namespace_html_elements=False)
    return root


def closed_page(page: str) -> str:
    """Return a page with a policy at its start that forbids the browser to fetch anything.

    `foreign_loads` checks that it is there.
    """
    return _HEAD.sub(
        lambda head: f'{head[1]}\n<meta charset="utf-8">\n{_POLICY_TAGS}', page, count=1
    )


def foreign_loads(
    page: str,
    allowed: Callable[[str], bool],
    own: Collection[str] = (),
    *,
    sheets: str = "",
    closed: bool = False,
    direction: Callable[[str], str] = lambda _: "ltr",
) -> tuple[ForbiddenContent, ...]:
    """Return what a page may not hold: foreign files, and what may load something.

    `allowed` returns whether the page may load a name. `own` are the URLs that the program put into
    the page. `sheets` are its style sheets, which were already checked for generated text. With
    `closed`, the page must start with the policy that forbids loading. `direction` returns the
    direction of a language: "ltr" or "rtl".
    """
    url_of = {f"own-file-{number}": url for number, url in enumerate(dict.fromkeys(own))}
    for short, url in url_of.items():
        # The URLs are long, and their letters mean nothing to HTML or CSS.
        page, sheets = page.replace(url, short), sheets.replace(url, short)

    def is_allowed(name: str) -> bool:
        # A name that begins with # is a place in the page itself.
        return (
            not name
            or name.startswith("#")
            or name in url_of
            or (not name.startswith("own-file-") and allowed(name))
        )

    root = parse_page(page)
    sheets = sheets.replace("\r\n", "\n").replace("\r", "\n")
    forbidden = [
        content
        for element in root.iter()
        for content in _element_loads(element, is_allowed, sheets)
    ]
    forbidden += _preload_faults(page, root)
    forbidden += _direction_faults(root, direction)
    forbidden += _hiding_styles(root, sheets) if closed else ()
    if closed and not _is_closed(root):
        forbidden.append(ForbiddenContent("<head>", ("<head",), loads=False))
    return tuple(dict.fromkeys(forbidden))


def _direction_faults(root: Element, direction: Callable[[str], str]) -> Iterator[ForbiddenContent]:
    """Refuse text that runs against the page's direction: 5-10 would read as 10-5.

    Allowed are a number from left to right, text in another language in its own direction, and
    words from left to right that each have a direction of their own.
    """
    page_language = root.get("lang", "")
    todo = [(root, page_language)]
    while todo:
        element, language = todo.pop()
        children = [child for child in element if isinstance(child.tag, str)]
        todo += [(child, child.get("lang", language)) for child in reversed(children)]
        text_direction = element.get("dir", "").lower()
        if not (
            not text_direction
            or text_direction == root.get("dir", "ltr").lower()
            or (element.tag == "bdi" and text_direction == "ltr")
            or (text_direction == "ltr" and _is_row(element, children))
            or (
                _primary_language(language) != _primary_language(page_language)
                and text_direction == direction(language)
            )
        ):
            yield _attribute("dir", element.get("dir", ""))


def _is_row(element: Element, children: list[Element]) -> bool:
    """Return whether all text of an element is in children that each have words and a direction."""
    between = (element.text, *(child.tail for child in element))
    return not "".join(text or "" for text in between).strip() and all(
        child.get("dir") and any(map(str.isalpha, "".join(child.itertext()))) for child in children
    )


def _primary_language(language: str) -> str:
    return language.partition("-")[0]


def _dials_another(element: Element) -> bool:
    """Return whether a link dials another number than it shows; an extension is not dialled."""
    href = element.get("href", "").strip().lower()
    shown = "".join(element.itertext()).replace("(0)", "")
    if not href.startswith("tel:") or not re.search(r"\d", shown):
        return False
    digits = r"[^\w+]*".join(re.sub(r"\D", "", href))
    # The whole number, perhaps without the 1 of North America: 555 is not 555-0100.
    whole = rf"(?<!\d)(?<!\d[\s./-])(?:1[\s./-])?{digits}(?![\s./-]*\d)"
    return digits == "" or re.search(whole, shown) is None


def _preload_faults(page: str, root: Element) -> Iterator[ForbiddenContent]:
    """Refuse markup that a browser's preload scanner reads differently from its parser.

    The scanner looks for files to fetch without building a tree, and does not recognise drawings.
    There it takes <style> and <title> for plain text up to their end tag, and CDATA for a comment.
    So these must be complete, and hold only text.
    """
    if "<![cdata[" in page.lower():
        yield ForbiddenContent("<![CDATA[", loads=False)
    tags = [
        (element.tag.removeprefix(_SVG) if isinstance(element.tag, str) else "", element)
        for element in root.iter()
    ]
    # Tags inside comments, styles and titles are text, and not in the tree.
    raw_text = "\n".join(e.text or "" for tag, e in tags if tag in {"", *_RAW_TEXT_TAGS})
    values = "\n".join(value for _, element in tags for value in element.attrib.values())
    for raw_tag in _RAW_TEXT_TAGS:
        elements = [element for tag, element in tags if tag == raw_tag]
        starts, ends = (
            len(re.findall(edge, page, re.IGNORECASE))
            - len(re.findall(edge, raw_text, re.IGNORECASE))
            for edge in (rf"<{raw_tag}(?=[\s/>])", rf"</{raw_tag}(?=[\s/>])")
        )
        if (
            re.search(rf"</{raw_tag}", values, re.IGNORECASE)
            or starts != len(elements)
            or ends < len(elements)
            or any(len(element) for element in elements)
        ):
            spellings = (f"<{raw_tag}", f"</{raw_tag}")
            yield ForbiddenContent(f"<{raw_tag}", spellings, loads=False)


def _hiding_styles(root: Element, sheets: str) -> Iterator[ForbiddenContent]:
    """Refuse styles of a template that could hide or move words on a screen: no proof sees it."""
    for element in root.iter():
        css = "".join(element.itertext()) if element.tag == "style" else element.get("style", "")
        for name in hiding(css.replace(sheets, ""), of_picture=element.tag == "img"):
            yield ForbiddenContent(
                f"{name}, which only browsers would follow", (f"{name}:", name), loads=False
            )


def _is_closed(root: Element) -> bool:
    """Return whether the head starts with the encoding and the policy, before any load."""
    head = root.find("head")
    if root.tag != "html" or head is None:
        return False
    first_two = [element for element in head if isinstance(element.tag, str)][:2]
    return [(element.tag, element.attrib) for element in first_two] == [
        ("meta", {"charset": "utf-8"}),
        ("meta", {"http-equiv": "Content-Security-Policy", "content": POLICY}),
    ]


def _element_loads(
    element: Element, is_allowed: Callable[[str], bool], sheets: str
) -> Iterator[ForbiddenContent]:
    if not isinstance(element.tag, str):
        # The element is a comment.
        return
    in_svg = element.tag.startswith(_SVG)
    tag = element.tag.removeprefix(_SVG)
    if tag not in (_SVG_ELEMENTS if in_svg else _HTML_ELEMENTS):
        tag = tag.rpartition("}")[2]
        yield ForbiddenContent(f"<{tag}", (f"<{tag}",), loads=tag.lower() in _LOADING_ELEMENTS)
        return
    if tag == "meta":
        yield from _meta_loads(element)
    if tag == "input" and element.get("type", "text").lower() not in _INPUT_TYPES:
        yield _attribute("type", element.get("type", ""))
    if tag == "style":
        yield from _style_faults("".join(element.itertext()), is_allowed, sheets)
    relations: list[str] = []
    if tag == "a":
        if _dials_another(element):
            yield ForbiddenContent(element.get("href", ""), (element.get("href", ""),), loads=False)
        written = element.get("rel", "").lower().split()
        relations = [relation for relation in written if relation not in _RELATIONS]
        yield from (ForbiddenContent(relation, (relation,)) for relation in relations)
    for name, value in element.attrib.items():
        if name == "href" and relations:
            # Such a link is already refused.
            continue
        yield from _attribute_loads(tag, name, value, is_allowed, in_svg=in_svg)


def _attribute_loads(
    tag: str, name: str, value: str, is_allowed: Callable[[str], bool], *, in_svg: bool
) -> Iterator[ForbiddenContent]:
    if name.startswith(_XMLNS) or name in {f"{_XML}lang", f"{_XML}space"}:
        return
    local_name = name.removeprefix(_XLINK).removeprefix(_XML)
    # An attribute such as `onclick` is a script.
    if local_name.lower().startswith("on"):
        yield ForbiddenContent(local_name, (local_name,))
    elif in_svg:
        yield from _svg_attribute(tag, local_name, value, is_allowed)
    else:
        yield from _html_attribute(tag, local_name, value, is_allowed)


def _html_attribute(
    tag: str, name: str, value: str, is_allowed: Callable[[str], bool]
) -> Iterator[ForbiddenContent]:
    if (tag, name) == ("img", "src"):
        if not is_allowed(_address(value)):
            yield ForbiddenContent(_address(value), (value,))
    elif (tag, name) == ("a", "href"):
        if not _LINK.match(_address(value).replace("\\", "/")):
            yield ForbiddenContent(value, (value,))
    elif name in _FILE_ATTRIBUTES:
        # None of the elements allowed here loads such a file today, but a browser may in future.
        yield ForbiddenContent(value or name, (value, name))
    elif name == "style":
        yield from _style_faults(value, is_allowed)
    elif (
        name not in _ATTRIBUTES
        and name not in _ATTRIBUTES_OF.get(tag, ())
        and not _FREE_ATTRIBUTES.fullmatch(name)
    ):
        yield ForbiddenContent(name, (f" {name}",), loads=False)


def _style_faults(
    css: str, is_allowed: Callable[[str], bool], sheets: str = ""
) -> Iterator[ForbiddenContent]:
    """Refuse foreign files in styles, and generated text outside of the style sheets."""
    yield from (load for load in _style_loads(css) if not is_allowed(load.name))
    yield from (
        ForbiddenContent(declaration, (declaration,), loads=False)
        for declaration in generating(css.replace(sheets, ""))
    )


def _svg_attribute(
    tag: str, name: str, value: str, is_allowed: Callable[[str], bool]
) -> Iterator[ForbiddenContent]:
    if name == "href":
        if not (is_allowed(_address(value)) if tag in {"image", "use"} else value.startswith("#")):
            yield ForbiddenContent(_address(value), (value,))
    elif name == "base" or name.lower() in _FILE_ATTRIBUTES:
        yield ForbiddenContent(value or name, (value, name))
    elif name == "style":
        yield from _style_faults(value, is_allowed)
    elif not _WORD_ATTRIBUTES.fullmatch(name):
        # Presentation attributes of a drawing are parsed as styles, with escapes.
        yield from (load for load in _style_loads(value) if not is_allowed(load.name))


def _meta_loads(element: Element) -> Iterator[ForbiddenContent]:
    """Refuse a meta element that is not known to be harmless, such as a redirect."""
    if "http-equiv" in element.attrib:
        header, content = element.attrib["http-equiv"], element.get("content", "")
        allowed = _HTTP_EQUIV.get(header.lower(), "")
        if allowed is not None and (allowed == "" or content.lower() != allowed.lower()):
            yield _attribute("http-equiv", header, loads=True)
    elif element.get("name", "description").lower() not in _META_NAMES:
        yield _attribute("name", element.get("name", ""))
    elif element.get("charset", "utf-8").lower() != "utf-8":
        yield _attribute("charset", element.get("charset", ""))


def _attribute(name: str, value: str, *, loads: bool = False) -> ForbiddenContent:
    """Return an attribute with the ways in which it may be written."""
    spellings = (f'{name}="{value}"', f"{name}='{value}'", f"{name}={value}", name)
    return ForbiddenContent(spellings[0], spellings, loads)


def _address(value: str) -> str:
    """Return an address as a browser reads it."""
    return value.strip(_TRIMMED).translate(_LINE_ENDS)


@lru_cache(64)
def _style_loads(css: str) -> tuple[ForbiddenContent, ...]:
    """Return the names of files in styles, and anything else that could name one."""
    if not re.search(r"[(@\\]", css):
        return ()
    import tinycss2

    return tuple(
        _token_loads(tinycss2.parse_component_value_list(css), css.splitlines(keepends=True))
    )


def _token_loads(tokens: Iterable[Any], lines: list[str]) -> Iterator[ForbiddenContent]:
    for token in tokens:
        kind, start = token.type, _token_start(token, lines)
        if kind == "url":
            yield ForbiddenContent(_address(token.value), (token.value, start))
        elif kind == "error" and "url" in token.kind:
            yield ForbiddenContent("url(", (start,))
        elif kind == "at-keyword" and not _is_known_rule(token.lower_value):
            yield ForbiddenContent(f"@{token.lower_value}", (f"@{token.value}", start))
        elif kind == "function":
            arguments = [
                argument
                for argument in token.arguments
                if argument.type not in {"whitespace", "comment"}
            ]
            if token.lower_name == "url" and len(arguments) == 1 and arguments[0].type == "string":
                address = arguments[0].value
                yield ForbiddenContent(_address(address), (address, start))
            elif token.lower_name not in _FUNCTIONS:
                yield ForbiddenContent(f"{token.lower_name}(", (f"{token.name}(", start))
            yield from _token_loads(token.arguments, lines)
        elif kind in {"{} block", "[] block", "() block"}:
            yield from _token_loads(token.content, lines)


def _is_known_rule(name: str) -> bool:
    unprefixed = re.sub(r"^-[a-z]+-", "", name)
    return unprefixed in _AT_RULES or _MARGIN_BOX.fullmatch(unprefixed) is not None


_TOKEN_START: Final = re.compile(r"@?[^\s(;{}]*\(?")


def _token_start(token: Any, lines: list[str]) -> str:  # noqa: ANN401 -- tinycss2 has no types
    """Return the start of a token as written in its style sheet, to find it there."""
    line = lines[token.source_line - 1] if token.source_line <= len(lines) else ""
    found = _TOKEN_START.match(line, token.source_column - 1)
    return found[0] if found else ""
