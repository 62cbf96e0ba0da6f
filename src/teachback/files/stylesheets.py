"""Check a clinic's style sheet before any page is composed with it. Pure.

The style sheets of a page are concatenated, so one with an unclosed brace would silently swallow
the next.
"""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote

from teachback.errors import Location, Problem, guess
from teachback.files.screen_only_styles import css_text, declarations
from teachback.files.text_decoding import place_at

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping
    from pathlib import Path

# Comments and strings, whose content does not count; names of files; and braces. The possessive
# `*+` keeps the search fast on broken input.
_TOKEN: Final = re.compile(
    r"""
    (?P<comment>/\*(?:.*?\*/|.*\Z)) |
    (?P<inline>url\(\s*+["']?data:) |
    url\(\s*+(?P<quote>["']?)(?P<file>[^"'(){};\n]{0,300}+)(?P=quote)\s*+\) |
    (?P<url>url\() |
    (?P<text>"(?:\\.|[^"\\\n])*"? | '(?:\\.|[^'\\\n])*'?) |
    (?P<import>@import\b[^;\n]*+) |
    (?P<local>\blocal\() |
    (?P<brace>[{}])
    """,
    re.VERBOSE | re.DOTALL | re.IGNORECASE,
)
# Real style sheets nest three levels. Far deeper ones would exhaust the parser's stack.
MAX_DEPTH: Final = 20
MAX_PARENTHESES: Final = 40
_DEEP_PARENTHESES: Final = re.compile(rf"(?:\([^();{{}}]*){{{MAX_PARENTHESES}}}")
_FONT_FACE: Final = re.compile(r"@font-face\s*\{([^{}]*)\}", re.IGNORECASE)
_NAMED_WEIGHTS: Final = {"normal": 400, "bold": 700}
_NUMERIC_WEIGHT: Final = re.compile("[0-9]{1,4}")
# Properties that make a screen reader read paper in the wrong order, or not at all. On a screen
# they do no harm.
_READING_ORDER: Final = frozenset({"opacity", "order", "flex-direction", "flex-flow", "flex-wrap"})
_HARMLESS: Final = frozenset({"inherit", "initial", "unset", "revert", "0", "1", "1.0", "100%"})
# What a style sheet may not hold, by its group in _TOKEN: message and hint.
_REFUSED: Final = {
    "inline": (
        "a style sheet cannot hold a picture",
        "Put it below styles/icons/ and write its name.",
    ),
    "url": ("this file name cannot be read", "Write it like this: url(icons/phone.svg)."),
    "local": (
        "a font of this computer cannot be used: other computers may not have it",
        "Put the .ttf file below styles/fonts/ and write its name.",
    ),
    "import": ("a style sheet cannot import another", "Copy what you need of it into this one."),
}


@dataclass(frozen=True)
class FontFace:
    """A font that a style sheet declares: family, weight (100 to 900), and file as written."""

    family: str
    weight: int
    file: str


def font_faces(css: str) -> tuple[FontFace, ...]:
    """Return the fonts that a style sheet, or a page with styles, declares with @font-face."""
    faces = []
    for body in _FONT_FACE.findall(re.sub(r"/\*.*?\*/", "", css, flags=re.DOTALL)):
        descriptors = {
            name.strip().lower(): value.strip()
            for name, _, value in (line.partition(":") for line in body.split(";"))
        }
        url = re.search(
            r"""url\(\s*["']?([^"')]+?)["']?\s*\)""", descriptors.get("src", ""), re.IGNORECASE
        )
        if url and "font-family" in descriptors:
            # A font of several weights has the first and the last of them.
            words = descriptors.get("font-weight", "").lower().split() or ["normal"]
            weight = (
                int(words[0])
                if _NUMERIC_WEIGHT.fullmatch(words[0])
                else _NAMED_WEIGHTS.get(words[0], _NAMED_WEIGHTS["normal"])
            )
            faces.append(FontFace(descriptors["font-family"].strip("\"' "), weight, url[1]))
    return tuple(faces)


def nearest_face(family: str, weight: int, faces: Iterable[FontFace]) -> tuple[FontFace, ...]:
    """Return the font of a family that is nearest in weight, or none if the family has no font."""
    of_family = [face for face in faces if face.family.casefold() == family.casefold()]
    return (min(of_family, key=lambda face: abs(face.weight - weight)),) if of_family else ()


def font_files(faces: Iterable[FontFace], served: Mapping[str, Path]) -> tuple[Path, ...]:
    """Return the files of fonts, each once. `served` maps names in the workspace to files."""
    names = dict.fromkeys(posixpath.normpath(f"styles/{unquote(face.file)}") for face in faces)
    return tuple(served[name] for name in names if name in served)


def stylesheet_problems(css: str, name: str, files: Collection[str]) -> Iterator[Problem]:
    """Yield problems for what is not closed, for foreign files and for missing files.

    `name` is the style sheet's name for messages. `files` are the names in the workspace, such as
    `styles/icons/phone.svg`.
    """
    for start, message, hint in _faults(css, files):
        yield Problem(message, hint, place_at(css, start, name))


def _faults(css: str, files: Collection[str]) -> Iterator[tuple[int, str, str]]:
    """Yield the place, message and hint of each problem."""
    open_braces: list[int] = []
    for token in _TOKEN.finditer(css):
        start, kind = token.start(), token.lastgroup
        if kind in _REFUSED:
            yield start, *_REFUSED[kind]
        elif token["comment"] and not (
            len(token["comment"]) >= len("/**/") and token["comment"].endswith("*/")
        ):
            yield start, "a remark opens here and is never closed", "Close it with */."
        elif token["text"] and (len(token["text"]) == 1 or token["text"][-1] != token["text"][0]):
            message = "a quote opens here and is not closed in this line"
            yield start, message, "Close it with the same quote."
        elif token["file"] is not None:
            yield from _file_faults(token.start("file"), token["file"].strip(), files)
        elif token["brace"] == "{":
            open_braces.append(start)
        elif token["brace"] and open_braces:
            open_braces.pop()
        elif token["brace"]:
            yield start, "this brace closes nothing", "Take it out."
        if len(open_braces) > MAX_DEPTH:
            yield start, f"braces are nested more than {MAX_DEPTH} deep", "Close them."
            return
    for end in re.finditer(r"</\s*style", css, re.IGNORECASE):
        # A browser ends the styles here even inside a comment or a string.
        yield end.start(), "this would end the styles in the middle of the page", "Take it out."
    for start in open_braces:
        yield start, "a brace opens here and is never closed", "Close it with }."
    nested = _DEEP_PARENTHESES.search(css)
    if nested:
        message = f"parentheses are nested more than {MAX_PARENTHESES} deep"
        yield nested.start(), message, "Close them."


def _file_faults(start: int, file: str, files: Collection[str]) -> Iterator[tuple[int, str, str]]:
    path = posixpath.normpath(posixpath.join("styles", file))
    if not file:
        yield start, "no file is named here", "Write its name, such as icons/phone.svg."
    elif re.match(r"[a-z][a-z0-9+.-]*:|/", file, re.IGNORECASE) or path.startswith("../"):
        hint = "Put the file below styles/ and write its name, such as icons/phone.svg."
        message = f"'{file[:60]}' lies outside the workspace, and nothing is loaded from elsewhere"
        yield start, message, hint
    elif path not in files and not file.startswith("#"):
        ending = posixpath.splitext(file)[1]
        files_of_kind = {
            other.removeprefix("styles/")
            for other in files
            if other.startswith("styles/") and other.endswith(ending)
        }
        hint = f"It belongs at {path}. {guess(file, files_of_kind)}".strip()
        yield start, f"there is no file '{file[:60]}'", hint


def unread_problems(css: str, name: str) -> Iterator[Problem]:
    """Yield problems for styles that a screen reader cannot follow on paper.

    They draw words as a group, or put boxes in another order than in the page.
    """
    for rules, node in declarations(css):
        property_name, value = node.lower_name, css_text(node.value)
        if property_name not in _READING_ORDER or not all(map(_prints, rules)):
            continue
        if property_name == "opacity" and value not in _HARMLESS - {"0"}:
            message = "what has `opacity` is not read out by a screen reader"
            hint = "Use a lighter colour."
        elif "reverse" in value or (property_name == "order" and value not in _HARMLESS - {"1"}):
            message = (
                f"`{property_name}: {value}` puts boxes in another order than they are read out"
            )
            hint = "Put them in that order in the template."
        else:
            continue
        yield Problem(message, hint, Location(name, node.source_line, node.source_column))


def _prints(rule: str) -> bool:
    return not rule.startswith("@media ") or rule.startswith(("@media print", "@media all"))
