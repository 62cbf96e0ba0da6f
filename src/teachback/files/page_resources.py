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

# A comment, or the name of a file. A name inside a comment does not count.
CSS_FILE: Final = re.compile(
    r"""/\*.*?\*/|url\(\s*(["']?)([^"')]+)\1\s*\)""", re.DOTALL | re.IGNORECASE
)
# Behind the name of an icon: the ink in which it is drawn, six hexadecimal digits.
INKED: Final = re.compile(r"(?<=\.svg)\?ink=([0-9a-fA-F]{6})$")
# A font or picture inside a page for a screen: its start, and the rest of its letters.
_EMBEDDED: Final = re.compile(r"""([("']data:[\w/+.-]+;base64,[\w+/]{60})[\w+/=]+(?=["')])""")
# The policy of a page for a screen: the browser fetches nothing, and resolves no host name before a
# link is followed.
POLICY: Final = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; font-src data:; "
    "base-uri 'none'; form-action 'none'"
)
_CLOSED: Final = (
    f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">\n'
    '<meta http-equiv="x-dns-prefetch-control" content="off">'
)
_HEAD: Final = re.compile(
    r"""(<head(?:\s[^<>]*)?>)(?:\s*<meta\s+charset\s*=\s*["']?utf-8["']?\s*/?>)?""", re.IGNORECASE
)
# Folders whose files a page may show, by kind of file.
_SERVED: Final = {".ttf": ("styles/fonts/",)}
_PICTURES: Final = ("styles/", "content/")
_PICTURE_KINDS: Final = frozenset({".svg", ".png", ".jpg", ".jpeg"})


def _all_of(words: str) -> frozenset[str]:
    return frozenset(words.split())


_SVG: Final = "{http://www.w3.org/2000/svg}"
_XLINK: Final = "{http://www.w3.org/1999/xlink}"
_XML: Final = "{http://www.w3.org/XML/1998/namespace}"
_XMLNS: Final = "{http://www.w3.org/2000/xmlns/}"
# Elements whose content is plain text up to their end tag, for a reader without a tree.
_PLAIN: Final = ("title", "style")
# Elements that load or run something, or hold another page. Other unknown elements are refused,
# too.
_LOADING_ELEMENTS: Final = _all_of(
    "applet audio base bgsound embed fencedframe feimage foreignobject frame frameset "
    "iframe link object portal script\n"
    "    source template track video animate animatemotion animatetransform set handler "
    "listener discard"
)
_HTML: Final = _all_of(
    "html head title meta style body main header footer nav section article aside div "
    "hgroup search address\n"
    "    p h1 h2 h3 h4 h5 h6 ul ol li dl dt dd menu table caption colgroup col thead tbody "
    "tfoot tr td th figure figcaption\n"
    "    img a span strong em b i u small big br hr wbr blockquote cite code kbd samp var "
    "pre abbr acronym dfn\n"
    "    mark bdi ruby rt rp rb rtc ins del time data label input output fieldset legend\n"
    "    center font tt nobr"
)
_DRAWN: Final = _all_of(
    "svg g defs symbol use title desc metadata style switch path rect circle ellipse line "
    "polyline polygon text tspan\n"
    "    textPath image marker pattern clipPath mask filter feBlend feColorMatrix\n"
    "    feComponentTransfer feComposite feConvolveMatrix feDiffuseLighting "
    "feDisplacementMap feDistantLight feDropShadow\n"
    "    feFlood feFuncA feFuncB feFuncG feFuncR feGaussianBlur feMerge feMergeNode "
    "feMorphology feOffset fePointLight\n"
    "    feSpecularLighting feSpotLight feTile feTurbulence view"
)
# Attributes of any element, and of some elements. Missing are those that a browser would show as
# text or as another number: <q>, <meter>, <bdo>, `start` and `value` of lists, `value` and
# `placeholder` of a field.
_ATTRIBUTES: Final = _all_of(
    "id class lang dir title role style translate tabindex itemid itemprop itemref "
    "itemscope itemtype\n"
    "    align valign width height border bgcolor color"
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
        "pattern\n"
        "        autocomplete inputmode"
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
_NAMING: Final = _all_of(
    "src srcset imagesrcset poster data background manifest href action formaction ping "
    "cite longdesc lowsrc dynsrc archive\n"
    "    codebase classid code usemap profile"
)
# Attributes of a drawing whose values are words, not styles.
_WORDS: Final = re.compile(
    r"aria-[a-z]+|data-[\w.-]+|id|class|lang|role|title|alt|tabindex", re.IGNORECASE
)
_EXTRA: Final = re.compile(r"aria-[a-z]+|data-[\w.-]+", re.IGNORECASE)
_INPUTS: Final = frozenset({"checkbox", "date", "number", "radio", "tel", "text", "time"})
_METAS: Final = _all_of(
    "application-name apple-mobile-web-app-title author color-scheme creator date "
    "dcterms.created dcterms.modified\n"
    "    description format-detection generator keywords publisher referrer robots "
    "theme-color viewport"
)
_HTTP: Final = {
    "content-security-policy": POLICY,
    "x-dns-prefetch-control": "off",
    "content-type": "text/html; charset=utf-8",
    "content-language": None,
    "x-ua-compatible": None,
}
_RELATIONS: Final = _all_of(
    "author bookmark external help license next nofollow noopener noreferrer prev tag"
)
# Links to follow; nothing is loaded before a reader follows one.
_FOLLOWED: Final = re.compile(
    r"(?:https?|mailto|tel|sms):|(?!//)(?![a-z][a-z0-9+.-]*:)", re.IGNORECASE
)
# CSS functions and selectors that name no file; `url` is checked apart. Strings in other functions
# may be addresses.
_FUNCTIONS: Final = _all_of(
    "abs acos asin atan atan2 attr blur brightness calc calc-size circle clamp color "
    "color-mix conic-gradient content\n"
    "    contrast cos counter counters cubic-bezier device-cmyk dir drop-shadow element "
    "ellipse env exp fit-content format\n"
    "    grayscale has hsl hsla hue-rotate hwb hypot inset invert is lab lang layer lch "
    "leader light-dark linear\n"
    "    linear-gradient log matrix matrix3d max min minmax mod not nth-child "
    "nth-last-child nth-last-of-type nth-of-type nth\n"
    "    oklab oklch opacity path perspective polygon pow radial-gradient rect rem repeat "
    "repeating-conic-gradient\n"
    "    repeating-linear-gradient repeating-radial-gradient rgb rgba rotate rotate3d "
    "rotatex rotatey rotatez round running\n"
    "    saturate scale scale3d scalex scaley scalez selector sepia sign sin skew skewx "
    "skewy sqrt steps string style symbols\n"
    "    tan target-counter target-counters target-text tech translate translate3d "
    "translatex translatey translatez var\n"
    "    where xywh"
)
_AT_RULES: Final = _all_of(
    "charset color-profile container counter-style font-face font-feature-values "
    "font-palette-values footnote keyframes\n"
    "    layer media page property scope starting-style supports annotation "
    "character-variant ornaments styleset stylistic\n"
    "    swash"
)
_MARGIN_BOX: Final = re.compile(
    r"(top|bottom)-(left|center|right)(-corner)?|(left|right)-(top|middle|bottom)"
)
# Browsers remove control characters and spaces around an address, and line ends inside it (WHATWG
# URL, 4.4).
_AROUND: Final = "".join(map(chr, range(0x21)))
_INSIDE: Final = str.maketrans("", "", "\t\n\r")


class ForbiddenContent(NamedTuple):
    """Something that a page may not hold.

    `name` is for the message, `written` lists the ways it may be written in a template, and `loads`
    is whether it loads or runs something.
    """

    name: str
    written: tuple[str, ...] = ()
    loads: bool = True


def served(name: str, files: Collection[str]) -> str | None:
    """Return the workspace name of a file that a page may show, or None for any other.

    `name` is the part of a URL after the host.
    """
    plain = unquote(name)
    suffix = posixpath.splitext(plain)[1].lower()
    folders = _SERVED.get(suffix, _PICTURES if suffix in _PICTURE_KINDS else ())
    return plain if plain in files and plain.startswith(folders) and folders else None


def shown_on_paper(files: Collection[str]) -> Callable[[str], bool]:
    """Return a test for file names in a page for paper.

    Such a page lies in styles/. The test is true for a file that may be shown. An icon may name the
    ink in which it is drawn.
    """
    return lambda name: (
        not re.match(r"[a-z][a-z0-9+.-]*:|/", name, re.IGNORECASE)
        and served(posixpath.normpath(posixpath.join("styles", INKED.sub("", name))), files)
        is not None
    )


class _Patterns(dict[tuple["Collection[str]", bool], "re.Pattern[str]"]):
    """The patterns by which tinyhtml5 splits a page, each compiled once."""

    def __missing__(self, asked: tuple[Collection[str], bool]) -> re.Pattern[str]:
        letters, wanted = asked
        some = "".join(f"\\x{ord(letter):02x}" for letter in letters)
        pattern = self[asked] = re.compile(f"[{'' if wanted else '^'}{some}]+")
        return pattern


@cache
def html_parser() -> Any:  # noqa: ANN401 -- tinyhtml5 has no types
    """Return tinyhtml5, which then keeps its patterns, also for WeasyPrint.

    tinyhtml5 2.1.0 keeps each under a wrong key, so it makes one anew for each stretch of text: a
    quarter of the time of reading a page.
    """
    import tinyhtml5.inputstream

    tinyhtml5.inputstream.characters_until_regex = _Patterns()
    return tinyhtml5


@lru_cache(2)
def parse_page(page: str) -> Element:
    """Return the tree of a page, as a browser builds it. HTML names have no namespace.

    Of an embedded file it has the beginning only. Callers must not change the tree.
    """
    # A page of 200 KB has 50 KB without its fonts. Given a short string, tinyhtml5 would try it as
    # a file name.
    text = io.StringIO(_EMBEDDED.sub(r"\1", page))
    root: Element = html_parser().parse(text, namespace_html_elements=False)
    return root


def closed_page(page: str) -> str:
    """Return a page with a policy at its start that forbids the browser to fetch anything.

    `foreign_loads` checks that it is there.
    """
    return _HEAD.sub(lambda head: f'{head[1]}\n<meta charset="utf-8">\n{_CLOSED}', page, count=1)


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
    it. With `closed`, the page must start with the policy that forbids loading. `sheets` are the
    style sheets in the page, which were already checked for generated text. `direction` returns
    that of a language.
    """
    known = {f"own-file-{number}": url for number, url in enumerate(dict.fromkeys(own))}
    for short, url in known.items():
        # They are long, and their letters mean nothing to HTML or CSS.
        page, sheets = page.replace(url, short), sheets.replace(url, short)

    def may(name: str) -> bool:
        # A name that begins with # is a place in the page itself.
        return (
            not name
            or name.startswith("#")
            or name in known
            or (not name.startswith("own-file-") and allowed(name))
        )

    root = parse_page(page)
    sheets = sheets.replace("\r\n", "\n").replace("\r", "\n")
    found = [one for element in root.iter() for one in _element_loads(element, may, sheets)]
    found += _read_ahead(page, root)
    found += _turned(root, direction)
    found += _hidden(root, sheets) if closed else ()
    if closed and not _is_closed(root):
        found.append(ForbiddenContent("<head>", ("<head",), loads=False))
    return tuple(dict.fromkeys(found))


def _turned(root: Element, direction: Callable[[str], str]) -> Iterator[ForbiddenContent]:
    """Refuse text that runs against the page's direction: 5-10 would read as 10-5.

    Allowed are a number from left to right, text in another language in its own direction, and
    words from left to right that each have a direction of their own.
    """
    main = root.get("lang", "")
    todo = [(root, main)]
    while todo:
        element, language = todo.pop()
        parts = [one for one in element if isinstance(one.tag, str)]
        todo += [(one, one.get("lang", language)) for one in reversed(parts)]
        way = element.get("dir", "").lower()
        if not (
            not way
            or way == root.get("dir", "ltr").lower()
            or (element.tag == "bdi" and way == "ltr")
            or (way == "ltr" and _is_row(element, parts))
            or (_tongue(language) != _tongue(main) and way == direction(language))
        ):
            yield ForbiddenContent(
                f'dir="{way}"', _spelt("dir", element.get("dir", "")), loads=False
            )


def _is_row(element: Element, parts: list[Element]) -> bool:
    """Return whether all text of an element is in parts with words and a direction of their own."""
    beside = (element.text, *(part.tail for part in element))
    return not "".join(text or "" for text in beside).strip() and all(
        part.get("dir") and any(map(str.isalpha, "".join(part.itertext()))) for part in parts
    )


def _tongue(language: str) -> str:
    return language.partition("-")[0]


def _dials_another(element: Element) -> bool:
    """Return whether a link dials another number than it shows; an extension is not dialled."""
    href = element.get("href", "").strip().lower()
    shown = re.sub(r"\D", "", "".join(element.itertext()).replace("(0)", ""))
    return href.startswith("tel:") and shown != "" and re.sub(r"\D", "", href) not in shown


def _read_ahead(page: str, root: Element) -> Iterator[ForbiddenContent]:
    """Refuse markup that a browser's preload scanner reads differently from its parser.

    The scanner looks for files to fetch without building a tree, and does not recognise drawings.
    There it takes <style> and <title> for plain text up to their end tag, and CDATA for a comment.
    So these must be complete, and hold only text.
    """
    if "<![cdata[" in page.lower():
        yield ForbiddenContent("<![CDATA[", loads=False)
    plain = [
        element
        for element in root.iter()
        if not isinstance(element.tag, str) or element.tag.removeprefix(_SVG) in _PLAIN
    ]
    said = "\n".join(element.text or "" for element in plain)
    for tag in _PLAIN:
        held = [
            element
            for element in plain
            if isinstance(element.tag, str) and element.tag.removeprefix(_SVG) == tag
        ]
        # Tags inside comments, styles and titles are not in the tree.
        begun, ended = (
            len(edge.findall(page)) - len(edge.findall(said))
            for edge in (
                re.compile(rf"<{slash}{tag}(?=[\s/>])", re.IGNORECASE) for slash in ("", "/")
            )
        )
        inside = any(
            re.search(rf"</{tag}", value, re.IGNORECASE)
            for element in root.iter()
            for value in element.attrib.values()
        )
        if (
            inside
            or begun != len(held)
            or ended < len(held)
            or any(len(element) for element in held)
        ):
            yield ForbiddenContent(f"<{tag}", (f"<{tag}", f"</{tag}"), loads=False)


def _hidden(root: Element, sheets: str) -> Iterator[ForbiddenContent]:
    """Refuse styles of a template that could hide or move words on a screen.

    The checks of the printed page do not see these styles.
    """
    for element in root.iter():
        css = "".join(element.itertext()) if element.tag == "style" else element.get("style", "")
        own = css.replace(sheets, "") if sheets else css
        for text in hiding(own, of_picture=element.tag == "img"):
            yield ForbiddenContent(
                f"{text}, which only browsers would follow", (f"{text}:", text), loads=False
            )


def _is_closed(root: Element) -> bool:
    """Return whether the head starts with the encoding and the policy, before any load."""
    head = root.find("head")
    first = (
        [] if head is None else [element for element in head if isinstance(element.tag, str)][:2]
    )
    told = [dict(element.attrib) for element in first if element.tag == "meta"]
    return (
        told == [{"charset": "utf-8"}, {"http-equiv": "Content-Security-Policy", "content": POLICY}]
        and root.tag == "html"
    )


def _element_loads(
    element: Element, may: Callable[[str], bool], sheets: str
) -> Iterator[ForbiddenContent]:
    if not isinstance(element.tag, str):
        # A comment.
        return
    drawn = element.tag.startswith(_SVG)
    tag = element.tag.removeprefix(_SVG)
    if tag not in (_DRAWN if drawn else _HTML):
        tag = tag.rpartition("}")[2]
        yield ForbiddenContent(f"<{tag}", (f"<{tag}",), loads=tag.lower() in _LOADING_ELEMENTS)
        return
    if tag == "meta":
        yield from _meta_loads(element)
    if tag == "input" and element.get("type", "text").lower() not in _INPUTS:
        yield ForbiddenContent(
            f'type="{element.get("type")}"', _spelt("type", element.get("type", "")), loads=False
        )
    if tag == "style":
        css = "".join(element.itertext())
        yield from (one for one in _style_names(css) if not may(one.name))
        yield from (
            ForbiddenContent(text, (text,), loads=False)
            for text in generating(css.replace(sheets, "") if sheets else css)
        )
    if tag == "a" and _dials_another(element):
        yield ForbiddenContent(element.get("href", ""), (element.get("href", ""),), loads=False)
    relations = (
        [word for word in element.get("rel", "").lower().split() if word not in _RELATIONS]
        if tag == "a"
        else []
    )
    yield from (ForbiddenContent(word, (word,)) for word in relations)
    for name, value in element.attrib.items():
        if name == "href" and relations:
            # The finding above covers such a link.
            continue
        yield from _attribute_loads(tag, name, value, may, drawn=drawn)


def _attribute_loads(
    tag: str, name: str, value: str, may: Callable[[str], bool], *, drawn: bool
) -> Iterator[ForbiddenContent]:
    if name.startswith(_XMLNS) or name in {f"{_XML}lang", f"{_XML}space"}:
        return
    plain = name.removeprefix(_XLINK).removeprefix(_XML)
    if plain.lower().startswith("on"):
        # A script in an attribute.
        yield ForbiddenContent(plain, (plain,))
    elif drawn:
        yield from _drawn_attribute(tag, plain, value, may)
    else:
        yield from _html_attribute(tag, plain, value, may)


def _html_attribute(
    tag: str, name: str, value: str, may: Callable[[str], bool]
) -> Iterator[ForbiddenContent]:
    if (tag, name) == ("img", "src"):
        if not may(_address(value)):
            yield ForbiddenContent(_address(value), (value,))
    elif (tag, name) == ("a", "href"):
        if not _FOLLOWED.match(_address(value).replace("\\", "/")):
            yield ForbiddenContent(value, (value,))
    elif name in _NAMING:
        # None of the elements allowed here loads such a file today, but a browser may in future.
        yield ForbiddenContent(value or name, (value, name))
    elif name == "style":
        yield from (one for one in _style_names(value) if not may(one.name))
        yield from (ForbiddenContent(text, (text,), loads=False) for text in generating(value))
    elif (
        name not in _ATTRIBUTES
        and name not in _ATTRIBUTES_OF.get(tag, ())
        and not _EXTRA.fullmatch(name)
    ):
        yield ForbiddenContent(name, (f" {name}",), loads=False)


def _drawn_attribute(
    tag: str, name: str, value: str, may: Callable[[str], bool]
) -> Iterator[ForbiddenContent]:
    if name == "href":
        if not (may(_address(value)) if tag in {"image", "use"} else value.startswith("#")):
            yield ForbiddenContent(_address(value), (value,))
    elif name == "base" or name.lower() in _NAMING:
        yield ForbiddenContent(value or name, (value, name))
    elif not _WORDS.fullmatch(name):
        # Presentation attributes of a drawing are parsed as styles, with escapes.
        yield from (one for one in _style_names(value) if not may(one.name))


def _meta_loads(element: Element) -> Iterator[ForbiddenContent]:
    """Refuse meta elements not known to be harmless, such as a redirect or a wider policy."""
    if "http-equiv" in element.attrib:
        key, content = element.attrib["http-equiv"], element.get("content", "")
        wanted = _HTTP.get(key.lower(), "")
        if wanted is not None and (wanted == "" or content.lower() != wanted.lower()):
            yield ForbiddenContent(f'http-equiv="{key}"', _spelt("http-equiv", key))
    elif element.get("name", "description").lower() not in _METAS:
        yield ForbiddenContent(
            f'name="{element.get("name")}"', _spelt("name", element.get("name", "")), loads=False
        )
    elif element.get("charset", "utf-8").lower() != "utf-8":
        yield ForbiddenContent(
            f'charset="{element.get("charset")}"',
            _spelt("charset", element.get("charset", "")),
            loads=False,
        )


def _spelt(name: str, value: str) -> tuple[str, ...]:
    """Return the ways in which an attribute may be written."""
    return (f'{name}="{value}"', f"{name}='{value}'", f"{name}={value}", name)


def _address(value: str) -> str:
    """Return an address as a browser reads it."""
    return value.strip(_AROUND).translate(_INSIDE)


@lru_cache(64)
def _style_names(css: str) -> tuple[ForbiddenContent, ...]:
    """Return what styles would load: names of files, and anything that could name one."""
    if not re.search(r"[(@\\]", css):
        return ()
    import tinycss2

    return tuple(
        _token_names(tinycss2.parse_component_value_list(css), css.splitlines(keepends=True))
    )


def _token_names(tokens: Iterable[Any], lines: list[str]) -> Iterator[ForbiddenContent]:
    for token in tokens:
        kind = token.type
        if kind == "url":
            yield ForbiddenContent(_address(token.value), (token.value, _raw(token, lines)))
        elif kind == "error" and "url" in token.kind:
            yield ForbiddenContent("url(", (_raw(token, lines),))
        elif kind == "at-keyword" and not _known_rule(token.lower_value):
            yield ForbiddenContent(f"@{token.lower_value}", (f"@{token.value}", _raw(token, lines)))
        elif kind == "function":
            given = [each for each in token.arguments if each.type not in {"whitespace", "comment"}]
            if token.lower_name == "url" and len(given) == 1 and given[0].type == "string":
                yield ForbiddenContent(
                    _address(given[0].value), (given[0].value, _raw(token, lines))
                )
            elif token.lower_name not in _FUNCTIONS:
                yield ForbiddenContent(
                    f"{token.lower_name}(", (f"{token.name}(", _raw(token, lines))
                )
            yield from _token_names(token.arguments, lines)
        elif kind in {"{} block", "[] block", "() block"}:
            yield from _token_names(token.content, lines)


def _known_rule(name: str) -> bool:
    bare = re.sub(r"^-[a-z]+-", "", name)
    return bare in _AT_RULES or _MARGIN_BOX.fullmatch(bare) is not None


def _raw(token: Any, lines: list[str]) -> str:  # noqa: ANN401 -- tinycss2 has no types
    """Return the start of a token as written in its style sheet, to find it there."""
    line = lines[token.source_line - 1] if token.source_line <= len(lines) else ""
    found = re.match(r"@?[^\s(;{}]*\(?", line[token.source_column - 1 :])
    return found[0] if found else ""
