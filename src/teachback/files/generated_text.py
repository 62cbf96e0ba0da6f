"""Refuse styles that generate text, break words or change how digits are read. Pure.

Generated text is in no handout, so no check of the text sees it. A style may number pages, set a
colon or draw the bullets of a list. Anything else that puts letters, digits or signs on a page is
refused. Styles are tokenised with tinycss2, as in page_resources.py.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from teachback.errors import Location, Problem

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_AS_IT_IS: Final = frozenset({"inherit", "initial", "unset", "revert", "revert-layer"})
# What the built-in styles generate: nothing, a colon, or the column name of a stacked cell.
_CONTENT: Final = frozenset(
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
# Only for paper: a browser would print 0.
_COUNTERS: Final = frozenset(
    {
        "counter(page)",
        "counter(pages)",
        'leader(".")target-counter(attr(href),page)',
        'leader(". ")target-counter(attr(href),page)',
    }
)
_FOR_PAPER: Final = "print.css"
_RUNNING: Final = re.compile(r"element\([a-z_][\w-]*\)")
_FIGURES: Final = frozenset(
    {"normal", "none", "tabular-nums", "lining-nums", "proportional-nums", "oldstyle-nums", "auto"}
)
_LIST_STYLES: Final = frozenset(
    {"none", "disc", "circle", "square", "decimal", "inside", "outside"}
)
_PICTURE: Final = "url()"
_NO_VALUE: Final = frozenset({"none", "normal", "auto"})
# Kinds of fault: message and hint.
_TEXT: Final = (
    "prints text that is in no handout",
    (
        "Put words and numbers into the handout, content/clinic.yaml or content/words/, "
        "where they are checked."
    ),
)
_BULLETS: Final = (
    "prints text that is in no handout",
    "A list may have none, disc or decimal; or draw the bullet with background-image.",
)
_DIGITS: Final = ("can change how a number is read", "Take it out of the style.")
_BREAKS: Final = ("breaks words over two lines", "Take it out: a broken word is hard to read.")
_CUT: Final = ("cuts a text off", "Delete it, and let the box grow.")
# Property -> the allowed values, and the fault that any other value is.
_ALLOWED: Final[Mapping[str, tuple[frozenset[str], tuple[str, str]]]] = {
    "list-style": (_LIST_STYLES, _BULLETS),
    "list-style-type": (_LIST_STYLES, _BULLETS),
    "counter-reset": (frozenset({"none"}), _TEXT),
    "counter-increment": (frozenset({"none"}), _TEXT),
    "counter-set": (frozenset({"none"}), _TEXT),
    "quotes": (_NO_VALUE, _TEXT),
    "string-set": (frozenset({"none"}), _TEXT),
    "bookmark-label": (frozenset({"none", "content()", "content(text)"}), _TEXT),
    "hyphenate-character": (frozenset({"auto", '"-"', '"\u2010"'}), _TEXT),
    "text-emphasis": (_NO_VALUE, _TEXT),
    "text-emphasis-style": (_NO_VALUE, _TEXT),
    "float": (frozenset({"none", "left", "right", "inline-start", "inline-end"}), _TEXT),
    "hyphens": (frozenset({"none", "manual"}), _BREAKS),
    "word-break": (frozenset({"normal", "keep-all"}), _BREAKS),
    "text-overflow": (frozenset({"clip"}), _CUT),
    "block-ellipsis": (_NO_VALUE, _CUT),
    "line-clamp": (_NO_VALUE, _CUT),
    "-webkit-line-clamp": (_NO_VALUE, _CUT),
    "max-lines": (_NO_VALUE, _CUT),
    "-webkit-text-security": (_NO_VALUE, _CUT),
    "direction": (frozenset({"ltr"}), _DIGITS),
    "unicode-bidi": (frozenset({"normal", "isolate", "embed", "plaintext"}), _DIGITS),
    "writing-mode": (frozenset({"horizontal-tb"}), _DIGITS),
    "text-combine-upright": (_NO_VALUE, _DIGITS),
    "initial-letter": (_NO_VALUE, _DIGITS),
    "font-feature-settings": (
        frozenset({"normal", '"kern"', '"tnum"', '"pnum"', '"lnum"', "0", "1", "on", "off"}),
        _DIGITS,
    ),
    "font-variant": (_FIGURES, _DIGITS),
    "font-variant-alternates": (_FIGURES, _DIGITS),
    "font-variant-numeric": (_FIGURES, _DIGITS),
    "font-variant-position": (_FIGURES, _DIGITS),
    "font-variant-east-asian": (_FIGURES, _DIGITS),
}
_AT_RULES: Final = {
    "counter-style": _BULLETS,
    "font-feature-values": _DIGITS,
    "font-palette-values": _DIGITS,
}


# Properties whose values are checked here, wherever they are set.
JUDGED: Final = frozenset({*_ALLOWED, "content"})
_LOOKED_AT: Final = frozenset({*JUDGED, "display"})


def generated_text_problems(css: str, name: str) -> Iterator[Problem]:
    """Yield a problem for each declaration that generates text or changes how digits are read.

    `name` is the style sheet's name for messages.
    """
    for line, column, message, hint in _found(css, counting=name.endswith(_FOR_PAPER)):
        yield Problem(message, hint, Location(name, line, column))


@lru_cache(64)
def generating(css: str) -> tuple[str, ...]:
    """Return the declarations in a page's styles that generate text or change digits."""
    return tuple(message.split("`")[1] for _, _, message, _ in _found(css, counting=False))


def _found(css: str, *, counting: bool) -> Iterator[tuple[int, int, str, str]]:
    import tinycss2

    todo = [tinycss2.parse_component_value_list(css, skip_comments=True)]
    while todo:
        nodes = todo.pop()
        for index, node in enumerate(nodes):
            if node.type in {"{} block", "[] block", "() block"}:
                todo.append(node.content)
            elif node.type == "at-keyword" and node.lower_value in _AT_RULES:
                fault, hint = _AT_RULES[node.lower_value]
                yield node.source_line, node.source_column, f"`@{node.value}` {fault}", hint
            elif node.type == "ident" and node.lower_value in _LOOKED_AT:
                value = _value(nodes, index + 1)
                if value is not None:
                    yield from _judged(node, value, counting=counting)


def _value(nodes: list[Any], start: int) -> list[Any] | None:
    """Return the tokens of a declaration's value, without whitespace.

    Return None when the preceding name is not that of a property.
    """
    rest = iter(nodes[start:])
    for node in rest:
        if node.type == "literal" and node.value == ":":
            break
        if node.type != "whitespace":
            return None
    else:
        return None
    found = []
    for node in rest:
        if (node.type == "literal" and node.value in {";", "!"}) or node.type == "{} block":
            break
        if node.type != "whitespace":
            found.append(node)
    return found


def _judged(node: Any, value: list[Any], *, counting: bool) -> Iterator[tuple[int, int, str, str]]:  # noqa: ANN401 -- tinycss2 has no types
    texts = [_text(one) for one in value]
    written = " ".join(one.serialize() for one in value)[:60]
    name = node.lower_value
    if len(texts) == 1 and texts[0] in _AS_IT_IS:
        return
    if name == "content":
        whole = "".join(texts)
        if whole in _CONTENT or (counting and whole in _COUNTERS) or _RUNNING.fullmatch(whole):
            return
        fault, hint = _TEXT
    elif name == "display":
        if "list-item" not in texts:
            return
        fault, hint = _BULLETS
    else:
        known, (fault, hint) = _ALLOWED[name]
        if known is _LIST_STYLES:
            texts = [text for text in texts if text != _PICTURE]
        if value and all(text in known or text == "," for text in texts):
            return
    yield node.source_line, node.source_column, f"`{name}: {written}` {fault}", hint


def _text(node: Any) -> str:  # noqa: ANN401 -- tinycss2's nodes have no types
    if node.type == "string":
        return f'"{node.value}"'
    if node.type == "url" or (node.type == "function" and node.lower_name == "url"):
        return _PICTURE
    if node.type == "function":
        return (
            f"{node.lower_name}("
            f"{''.join(_text(one) for one in node.arguments if one.type != 'whitespace')})"
        )
    text: str = node.serialize()
    return text.lower()
