"""Refuse styles that generate text, break words or change letters or digits. Pure.

Generated text is in no handout, so no check of the text sees it. A style may number pages, set a
colon or draw the bullets of a list. Anything else that puts letters, digits or signs on a page is
refused. Styles are tokenised with tinycss2, as in page_resources.py.
"""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import islice, takewhile
from typing import TYPE_CHECKING, Any, Final

from teachback.errors import Location, Problem

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

# The CSS-wide keywords.
_CSS_WIDE: Final = frozenset({"inherit", "initial", "unset", "revert", "revert-layer"})
# The values that the built-in styles have: nothing, a colon, or the column name of a stacked cell.
_ALLOWED_CONTENT: Final = frozenset(
    {
        "none",
        "normal",
        '""',
        '":"',
        "attr(data-column)",
        'attr(data-column)/""',
        'attr(data-column)": "',
        'attr(data-column)": "/""',
    }
)
# Only for paper: a browser would show 0.
_PAGE_COUNTERS: Final = frozenset(
    {
        "counter(page)",
        "counter(pages)",
        'leader(".")target-counter(attr(href),page)',
        'leader(". ")target-counter(attr(href),page)',
    }
)
_PAPER_SHEET: Final = "print.css"
_RUNNING_ELEMENT: Final = re.compile(r"element\([a-z_][\w-]*\)")
_DIGIT_STYLES: Final = frozenset(
    {"normal", "none", "tabular-nums", "lining-nums", "proportional-nums", "oldstyle-nums", "auto"}
)
_LIST_STYLES: Final = frozenset(
    {"none", "disc", "circle", "square", "decimal", "inside", "outside"}
)
_ANY_URL: Final = "url()"
_NO_VALUE: Final = frozenset({"none", "normal", "auto"})
# What a declaration does wrong: end of the message, and hint.
_GENERATES_TEXT: Final = (
    "prints text that is in no handout",
    (
        "Put words and numbers into the handout, content/clinic.yaml or content/words/, "
        "where they are checked."
    ),
)
_DRAWS_BULLETS: Final = (
    "prints text that is in no handout",
    "A list may have none, disc or decimal; or draw the bullet with background-image.",
)
_CHANGES_DIGITS: Final = ("can change how a number is read", "Take it out of the style.")
_BREAKS_WORDS: Final = (
    "breaks words over two lines",
    "Take it out: a broken word is hard to read.",
)
_CUTS_TEXT: Final = ("cuts a text off", "Delete it, and let the box grow.")
_CHANGES_LETTERS: Final = (
    "prints other letters than the text has",
    (
        "Take it out: capitals are hard to read. "
        "Bold type, a larger size or a colour makes words stand out."
    ),
)
# Values of fonts that print capitals.
_CAPITALS: Final = frozenset(
    {
        *("small-caps", "all-small-caps", "petite-caps", "all-petite-caps", "unicase"),
        *("titling-caps", '"smcp"', '"c2sc"', '"pcap"', '"c2pc"', '"unic"', '"titl"'),
    }
)
# Property -> the allowed values, and the fault that any other value is.
_ALLOWED: Final[Mapping[str, tuple[frozenset[str], tuple[str, str]]]] = {
    "list-style": (_LIST_STYLES, _DRAWS_BULLETS),
    "list-style-type": (_LIST_STYLES, _DRAWS_BULLETS),
    "counter-reset": (frozenset({"none"}), _GENERATES_TEXT),
    "counter-increment": (frozenset({"none"}), _GENERATES_TEXT),
    "counter-set": (frozenset({"none"}), _GENERATES_TEXT),
    "quotes": (_NO_VALUE, _GENERATES_TEXT),
    "string-set": (frozenset({"none"}), _GENERATES_TEXT),
    "bookmark-label": (frozenset({"none", "content()", "content(text)"}), _GENERATES_TEXT),
    "hyphenate-character": (frozenset({"auto", '"-"', '"\u2010"'}), _GENERATES_TEXT),
    "text-emphasis": (_NO_VALUE, _GENERATES_TEXT),
    "text-emphasis-style": (_NO_VALUE, _GENERATES_TEXT),
    "float": (frozenset({"none", "left", "right", "inline-start", "inline-end"}), _GENERATES_TEXT),
    "hyphens": (frozenset({"none", "manual"}), _BREAKS_WORDS),
    "word-break": (frozenset({"normal", "keep-all"}), _BREAKS_WORDS),
    "text-overflow": (frozenset({"clip"}), _CUTS_TEXT),
    "block-ellipsis": (_NO_VALUE, _CUTS_TEXT),
    "line-clamp": (_NO_VALUE, _CUTS_TEXT),
    "-webkit-line-clamp": (_NO_VALUE, _CUTS_TEXT),
    "max-lines": (_NO_VALUE, _CUTS_TEXT),
    "-webkit-text-security": (_NO_VALUE, _CUTS_TEXT),
    "direction": (frozenset({"ltr"}), _CHANGES_DIGITS),
    "unicode-bidi": (frozenset({"normal", "isolate", "embed", "plaintext"}), _CHANGES_DIGITS),
    "writing-mode": (frozenset({"horizontal-tb"}), _CHANGES_DIGITS),
    "text-combine-upright": (_NO_VALUE, _CHANGES_DIGITS),
    "initial-letter": (_NO_VALUE, _CHANGES_DIGITS),
    "font-feature-settings": (
        frozenset({"normal", '"kern"', '"tnum"', '"pnum"', '"lnum"', "0", "1", "on", "off"}),
        _CHANGES_DIGITS,
    ),
    "text-transform": (frozenset({"none"}), _CHANGES_LETTERS),
    "font-variant-caps": (frozenset({"normal"}), _CHANGES_LETTERS),
    "font-variant": (_DIGIT_STYLES, _CHANGES_DIGITS),
    "font-variant-alternates": (_DIGIT_STYLES, _CHANGES_DIGITS),
    "font-variant-numeric": (_DIGIT_STYLES, _CHANGES_DIGITS),
    "font-variant-position": (_DIGIT_STYLES, _CHANGES_DIGITS),
    "font-variant-east-asian": (_DIGIT_STYLES, _CHANGES_DIGITS),
}
_AT_RULES: Final = {
    "counter-style": _DRAWS_BULLETS,
    "font-feature-values": _CHANGES_DIGITS,
    "font-palette-values": _CHANGES_DIGITS,
}
# Properties whose values are checked here, wherever they are set.
CHECKED_PROPERTIES: Final = frozenset({*_ALLOWED, "content"})
_INSPECTED: Final = frozenset({*CHECKED_PROPERTIES, "display", "font"})


def generated_text_problems(css: str, name: str) -> Iterator[Problem]:
    """Yield a problem for each declaration that generates text, or changes letters or digits.

    `name` is the style sheet's name for messages.
    """
    for node, written, fault, hint in _refusals(css, for_paper=name.endswith(_PAPER_SHEET)):
        place = Location(name, node.source_line, node.source_column)
        yield Problem(f"`{written}` {fault}", hint, place)


@lru_cache(64)
def generating(css: str) -> tuple[str, ...]:
    """Return the at-rules and declarations of a page that `generated_text_problems` refuses."""
    return tuple(written for _, written, _, _ in _refusals(css, for_paper=False))


def _refusals(css: str, *, for_paper: bool) -> Iterator[tuple[Any, str, str, str]]:
    """Yield the node of each refused at-rule or declaration, how it is written, fault and hint."""
    import tinycss2

    todo = [tinycss2.parse_component_value_list(css, skip_comments=True)]
    while todo:
        nodes = todo.pop()
        for index, node in enumerate(nodes):
            if node.type in {"{} block", "[] block", "() block"}:
                todo.append(node.content)
            elif node.type == "at-keyword" and node.lower_value in _AT_RULES:
                yield node, f"@{node.value}", *_AT_RULES[node.lower_value]
            elif node.type == "ident" and node.lower_value in _INSPECTED:
                value = _value_tokens(nodes, index + 1)
                if value is None:
                    continue
                fault = _fault(node.lower_value, value, for_paper=for_paper)
                if fault:
                    written = " ".join(token.serialize() for token in value)[:60]
                    yield node, f"{node.lower_value}: {written}", *fault


def _value_tokens(nodes: list[Any], start: int) -> list[Any] | None:
    """Return the tokens of a property's value, without whitespace; None behind another name."""
    following = (node for node in islice(nodes, start, None) if node.type != "whitespace")
    colon = next(following, None)
    if colon is None or colon.type != "literal" or colon.value != ":":
        return None
    return list(takewhile(lambda node: not _ends_value(node), following))


def _ends_value(node: Any) -> bool:  # noqa: ANN401 -- tinycss2's nodes have no types
    return node.type == "{} block" or (node.type == "literal" and node.value in {";", "!"})


def _fault(name: str, value: list[Any], *, for_paper: bool) -> tuple[str, str] | None:
    """Return what a property with this value does wrong, or None."""
    texts = [_token_text(token) for token in value]
    if len(texts) == 1 and texts[0] in _CSS_WIDE:
        return None
    if name == "content":
        content = "".join(texts)
        allowed = _ALLOWED_CONTENT | (_PAGE_COUNTERS if for_paper else frozenset())
        is_allowed = content in allowed or _RUNNING_ELEMENT.fullmatch(content)
        return None if is_allowed else _GENERATES_TEXT
    if name == "display":
        return _DRAWS_BULLETS if "list-item" in texts else None
    if name.startswith("font") and not _CAPITALS.isdisjoint(texts):
        return _CHANGES_LETTERS
    if name == "font":
        return None
    allowed, fault = _ALLOWED[name]
    if allowed is _LIST_STYLES:
        texts = [text for text in texts if text != _ANY_URL]
    return None if value and allowed.issuperset(text for text in texts if text != ",") else fault


def _token_text(node: Any) -> str:  # noqa: ANN401 -- tinycss2's nodes have no types
    if node.type == "string":
        return f'"{node.value}"'
    if node.type == "url" or (node.type == "function" and node.lower_name == "url"):
        return _ANY_URL
    if node.type == "function":
        arguments = (argument for argument in node.arguments if argument.type != "whitespace")
        return f"{node.lower_name}({''.join(map(_token_text, arguments))})"
    text: str = node.serialize()
    return text.lower()
