"""Check styles that only browsers follow, which no check of a printed page sees. Pure.

They may set space, layout, borders, dark text colours and light backgrounds. Anything that could
hide, move, cover or shrink words is refused.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from teachback.errors import Location, Problem
from teachback.files.contrast import CONTRAST_BODY, WHITE, contrast
from teachback.files.generated_text import CHECKED_PROPERTIES

if TYPE_CHECKING:
    from collections.abc import Iterator

    Declared = tuple[tuple[str, ...], Any]

_HINT: Final = (
    "Set it outside of such rules, where the printed page shows it, or leave it out. "
    "In them you may set a little space, width, layout, lines above and below, "
    "larger type, line height, and dark letters or light backgrounds as #rrggbb."
)
_TABLE_HINT: Final = (
    "Parts of a table are never moved: a number would stand under another heading. "
    "For something else, name the element, such as `img.logo`."
)
# Rules around a declaration that paper follows, too.
_PAPER: Final = re.compile(r"@media (?:all|print)|@page.*|@font-face|@(?:top|bottom|left|right)-.*")
# Selectors that match only on a screen: links, classes and attributes of the screen page, link
# states.
_SCREEN_PARTS: Final = re.compile(
    r"""(?:^|[\s>+~,(])a(?![\w-]) | \.(?:dial|unseen|page-foot|draft-note)(?![\w-])"""
    r""" | \[\s*(?:role|href|data-column|aria|tabindex)
    | (?<!:):(?!:|first|last|nth|only|not|is|where|root)""",
    re.VERBOSE,
)
# Properties that move a part of a table in a browser, and not on paper. And the end of a selector
# that matches no such part: another element.
_POSITION: Final = re.compile("left|right|top|bottom|inset(?:-[a-z-]+)?")
_NO_TABLE_PART: Final = re.compile(
    r"(?:^|[\s>+~])(?!(?:table|caption|colgroup|col|thead|tbody|tfoot|tr|th|td)(?![\w-]))[a-z][\w-]*"
    r"(?:[.:#\[][^\s>+~,]*)?"
)
# Space that leaves room for words on a phone, 320 px wide.
_SIZE: Final = r"(?:0|auto|\d?\d(?:\.\d+)?(?:px|pt)|1?\d(?:\.\d+)?mm|[0-4](?:\.\d+)?r?em|\.\d+r?em|\d(?:\.\d+)?%)"
_SIZES: Final = re.compile(rf"{_SIZE}(?: {_SIZE}){{0,3}}")
_WIDTH: Final = re.compile(
    r"(?:[1-9]\d(?:\.\d+)?r?em|[1-9]\d\d\d?(?:\.\d+)?px|[1-9]\d(?:\.\d+)?(?:ch|%)|100%)|none"
)
# The widths that a handout may set for a picture.
_PICTURE_MM: Final = r"(?:(?:1[5-9]|[2-9]\d|1[0-7]\d)(?:\.\d+)?mm|180(?:\.0+)?mm)"
# An outline to mark is larger in larger type, by the factor --drawing.
_PICTURE_WIDTH: Final = re.compile(rf"{_PICTURE_MM}|calc\({_PICTURE_MM} \* var\(--drawing\)\)")
_LARGER_TYPE: Final = re.compile(
    r"(?:1(?:\.\d+)?|[2-9](?:\.\d+)?)r?em|(?:1\d\d|2\d\d)%|(?:1[4-9]|[2-4]\d)(?:\.\d+)?(?:px|pt)"
)
_BLACK: Final = (0, 0, 0)
# The least contrast of a light background with black.
_MIN_LIGHTNESS: Final = 14.0
_HEX: Final = re.compile("#(?:[0-9a-f]{3}|[0-9a-f]{6})")
# Beside a number, a line could be read as a digit; so there are none at the sides.
_BORDER: Final = re.compile(
    rf"(?:0|\d(?:\.\d+)?(?:px|pt)|0?\.\d+r?em|solid|dashed|dotted|double|{_HEX.pattern}| )+|none"
)
# Names of properties -> their allowed values where only browsers follow them.
_ALLOWED: Final = {
    re.compile(
        r"(?:padding|margin|border-radius|gap|row-gap|column-gap)(?:-[a-z-]+)?|border-spacing"
        r"|scroll-margin(?:-[a-z]+)?"
    ): _SIZES,
    re.compile(r"max-width|max-inline-size"): _WIDTH,
    re.compile(r"min-width|min-height"): _SIZES,
    re.compile(
        r"border-(?:top|bottom|block)(?:-(?:start|end))?(?:-(?:width|style|color))?"
    ): _BORDER,
    re.compile(r"border|outline"): re.compile("0|none"),
    re.compile("list-style|list-style-type"): re.compile("(?:none|disc|inside|outside| )+"),
    re.compile("display"): re.compile(
        "block|inline-block|flex|inline-flex|grid|inline-grid|flow-root"
    ),
    re.compile("flex-direction|flex-wrap"): re.compile("row|column|wrap|nowrap"),
    re.compile("align-items|align-self|justify-content|justify-items"): re.compile(
        "normal|stretch|start|end|center|baseline|flex-start|flex-end"
    ),
    re.compile("grid-template-columns"): re.compile(r"(?:[\d.]+(?:fr|em|rem|px|%)|auto| )+"),
    re.compile("float"): re.compile("none"),
    re.compile("font-size"): _LARGER_TYPE,
    # The program fills this in.
    re.compile("--text-size"): re.compile("\ue000(?:front|back)-[0-9]+\ue001"),
    re.compile("font-weight"): re.compile(r"normal|bold|bolder|[4-9]00"),
    re.compile("line-height"): re.compile(r"normal|[12](?:\.\d+)?"),
    re.compile("color"): re.compile(r"inherit|var\(--(?:text|heading|accent)\)"),
    re.compile("background|background-color|box-shadow"): re.compile("none|transparent"),
    re.compile("text-decoration|text-decoration-line"): re.compile("none|underline"),
    re.compile("text-align|text-align-last"): re.compile("start|end|left|right|center"),
    re.compile(
        "text-wrap|cursor|hyphens|scroll-behavior|print-color-adjust|text-size-adjust|overflow-wrap"
    ): re.compile(".*"),
    re.compile("(?:page-)?break-(?:before|after|inside)|orphans|widows"): re.compile(".*"),
}


def screen_style_problems(css: str, name: str, builtin: str = "") -> Iterator[Problem]:
    """Yield a problem for each screen-only style that could hide, move or cover words.

    `name` is the style sheet's name for messages. Declarations of the `builtin` sheet of that name
    are allowed.
    """
    known = {
        (rules, node.lower_name, css_text(node.value)) for rules, node in declarations(builtin)
    }
    for_screens = "screen" in name.rpartition("/")[2]
    for rules, node in declarations(css):
        value = css_text(node.value)
        rule = next((rule for rule in rules if not _on_paper(rule)), "")
        hint = _HINT
        if not rule and _POSITION.fullmatch(node.lower_name) and value not in {"0", "auto"}:
            rule = next((rule for rule in rules if _may_be_table_part(rule)), "")
            hint = _TABLE_HINT
        if (
            not (for_screens or rule)
            or _is_allowed(node.lower_name, value)
            or (rules, node.lower_name, value) in known
        ):
            continue
        context = f"inside `{rule}`" if rule else "in a sheet for screens"
        message = (
            f"`{node.name}: {value[:40]}` {context} could hide or move words: "
            "only browsers follow it, and no proof sees what they show"
        )
        yield Problem(message, hint, Location(name, node.source_line, node.source_column))


def hiding(css: str, *, of_picture: bool = False) -> tuple[str, ...]:
    """Return the properties that could hide, move or cover words.

    `css` holds only styles that only browsers follow. `of_picture` allows the width that a handout
    sets for a picture.
    """
    return tuple(
        node.name
        for _, node in declarations(css)
        if not _is_allowed(node.lower_name, css_text(node.value))
        and not (
            of_picture
            and node.lower_name == "width"
            and _PICTURE_WIDTH.fullmatch(css_text(node.value))
        )
    )


def _is_allowed(name: str, value: str) -> bool:
    if name in {"color", "background", "background-color"} and _HEX.fullmatch(value):
        # Any such text is readable on any such background, at 4.5:1 or more.
        red, green, blue = bytes.fromhex(
            value[1:] if len(value) > len("#rgb") else "".join(2 * digit for digit in value[1:])
        )
        return (
            contrast((red, green, blue), WHITE) >= CONTRAST_BODY
            if name == "color"
            else contrast((red, green, blue), _BLACK) >= _MIN_LIGHTNESS
        )
    if name in CHECKED_PROPERTIES and not name.startswith("list-style") and name != "float":
        return True
    bare = re.sub(r"^-(?:webkit|moz)-(?=text-size|print-color|hyphens)", "", name)
    return any(
        names.fullmatch(bare) and values.fullmatch(value) for names, values in _ALLOWED.items()
    )


def _may_be_table_part(rule: str) -> bool:
    """Return whether a selector may match a part of a table."""
    selectors = [] if rule.startswith("@") else rule.split(",")
    return any(
        "::" not in selector and not re.search(rf"{_NO_TABLE_PART.pattern}$", selector.strip())
        for selector in selectors
    )


def _on_paper(rule: str) -> bool:
    return bool(_PAPER.fullmatch(rule)) if rule.startswith("@") else not _SCREEN_PARTS.search(rule)


def declarations(css: str) -> Iterator[Declared]:
    """Yield the declarations of a style sheet, each with its enclosing rules, outermost first."""
    import tinycss2

    todo: list[tuple[Any, tuple[str, ...]]] = [
        (tinycss2.parse_component_value_list(css, skip_comments=True), ())
    ]
    while todo:
        nodes, rules = todo.pop()
        for node in tinycss2.parse_blocks_contents(nodes, skip_comments=True, skip_whitespace=True):
            if node.type == "declaration":
                yield rules, node
            elif node.type in {"qualified-rule", "at-rule"} and node.content is not None:
                prelude = css_text(node.prelude)
                rule = (
                    f"@{node.lower_at_keyword} {prelude}".strip()
                    if node.type == "at-rule"
                    else prelude
                )
                todo.append((node.content, (*rules, rule)))


def css_text(nodes: list[Any]) -> str:
    """Return tokens as text in lower case, with single spaces and without comments."""
    return " ".join(
        "".join(node.serialize() for node in nodes if node.type != "comment").lower().split()
    )
