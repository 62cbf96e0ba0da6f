"""Check a clinic's style sheet before any page is composed with it. Pure.

The style sheets of a page are concatenated, so one with an unclosed brace would silently swallow
the next.
"""

from __future__ import annotations

import posixpath
import re
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote

from teachback.errors import Location, Problem, guess

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping
    from pathlib import Path

# Comments and strings, whose content does not count; names of files; opening and closing braces.
# The possessive `*+` keeps the search fast on maliciously broken input.
_PIECE: Final = re.compile(
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
# Real style sheets nest three levels. Far deeper ones exhaust the parser's stack.
MAX_DEPTH: Final = 20
MAX_PARENTHESES: Final = 40
_DEEP: Final = re.compile(rf"(?:\([^();{{}}]*){{{MAX_PARENTHESES}}}")
_FACE: Final = re.compile(r"@font-face\s*\{([^{}]*)\}", re.IGNORECASE)
_WEIGHTS: Final = {"normal": 400, "bold": 700}
_WEIGHT: Final = re.compile("[0-9]{1,4}")
# These make a screen reader read paper in the wrong order, or not at all. On a screen they do no
# harm.
_UNREAD: Final = re.compile(
    r"(?<![\w-])(opacity|order|flex-direction|flex-flow|flex-wrap)\s*+:\s*+([^;{}!]*+)",
    re.IGNORECASE,
)
_NOT_FOR_PAPER: Final = re.compile(
    r"@media\s+(?!print|all)[^{}]*+\{(?:[^{}]|\{[^{}]*+\})*+\}|/\*.*?\*/|\"[^\"\n]*+\"|'[^'\n]*+'",
    re.DOTALL | re.IGNORECASE,
)
# Declarations, whose name may be written with escapes; and values that print other letters than the
# text has.
_DECLARATION: Final = re.compile(
    r"(?<![-\w\\])((?:[-\w]|\\[0-9a-f]{1,6}\s?|\\[^\n0-9a-f])++)\s*+:\s*+([^;{}]*+)", re.IGNORECASE
)
_ESCAPE: Final = re.compile(r"\\(?:([0-9a-f]{1,6})\s?|(.))", re.IGNORECASE)
_CAPS: Final = re.compile(
    r"(?<![-\w])(small-caps|all-small-caps|petite-caps|all-petite-caps|unicase|titling-caps)"
    r"(?![-\w])",
    re.IGNORECASE,
)
_CAPS_FEATURES: Final = re.compile(
    r"""["'](smcp|c2sc|pcap|c2pc|unic|titl)["'](?!\s*(0|off))""", re.IGNORECASE
)
_SAME_LETTERS: Final = frozenset({"none", "inherit", "initial", "unset", "revert", "revert-layer"})
_AS_IT_IS: Final = frozenset({"inherit", "initial", "unset", "revert", "0", "1", "1.0", "100%"})
# Things that are refused in a style sheet: message and hint.
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
    """A font that style sheets declare: family name, weight (100 to 900) and file as written."""

    family: str
    weight: int
    file: str


def font_faces(css: str) -> tuple[FontFace, ...]:
    """Return the fonts that a style sheet, or a page with styles, declares with @font-face."""
    found = []
    for body in _FACE.findall(re.sub(r"/\*.*?\*/", "", css, flags=re.DOTALL)):
        told = {
            name.strip().lower(): value.strip()
            for name, _, value in (line.partition(":") for line in body.split(";"))
        }
        file = re.search(
            r"""url\(\s*["']?([^"')]+?)["']?\s*\)""", told.get("src", ""), re.IGNORECASE
        )
        weight = told.get("font-weight", "normal").lower().split() or ["normal"]
        if file and "font-family" in told:
            number = _WEIGHTS.get(weight[0]) or (
                int(weight[0]) if _WEIGHT.fullmatch(weight[0]) else _WEIGHTS["normal"]
            )
            found.append(FontFace(told["font-family"].strip("\"' "), number, file[1]))
    return tuple(found)


def nearest_face(family: str, weight: int, faces: Iterable[FontFace]) -> tuple[FontFace, ...]:
    """Return the font of a family that is nearest in weight; none if the family is not declared."""
    of_family = [face for face in faces if face.family.casefold() == family.casefold()]
    return (min(of_family, key=lambda face: abs(face.weight - weight)),) if of_family else ()


def font_files(faces: Iterable[FontFace], served: Mapping[str, Path]) -> tuple[Path, ...]:
    """Return the files of fonts, each once.

    `served` maps names in the workspace to files.
    """
    names = dict.fromkeys(posixpath.normpath(f"styles/{unquote(face.file)}") for face in faces)
    return tuple(served[name] for name in names if name in served)


def stylesheet_problems(css: str, name: str, files: Collection[str]) -> Iterator[Problem]:
    """Yield problems for unclosed parts, foreign files and missing files.

    `name` is the style sheet's name for messages. `files` are the names in the workspace, such as
    `styles/icons/phone.svg`.
    """
    opened: list[int] = []
    for piece in _PIECE.finditer(css):
        start, what = piece.start(), piece.lastgroup
        if what in _REFUSED:
            yield _problem(css, start, name, *_REFUSED[what])
        elif piece["comment"] and not (
            len(piece["comment"]) >= len("/**/") and piece["comment"].endswith("*/")
        ):
            hint = "Close it with */."
            yield _problem(css, start, name, "a remark opens here and is never closed", hint)
        elif piece["text"] and (len(piece["text"]) == 1 or piece["text"][-1] != piece["text"][0]):
            message = "a quote opens here and is not closed in this line"
            yield _problem(css, start, name, message, "Close it with the same quote.")
        elif piece["file"] is not None:
            yield from _file_problems(css, piece.start("file"), name, piece["file"].strip(), files)
        elif piece["brace"] == "{":
            opened.append(start)
        elif piece["brace"] and opened:
            opened.pop()
        elif piece["brace"]:
            yield _problem(css, start, name, "this brace closes nothing", "Take it out.")
        if len(opened) > MAX_DEPTH:
            hint = "Close them."
            yield _problem(css, start, name, f"braces are nested more than {MAX_DEPTH} deep", hint)
            return
    for end in re.finditer(r"</\s*style", css, re.IGNORECASE):
        # A browser ends the styles here even inside a comment or a string.
        message = "this would end the styles in the middle of the page"
        yield _problem(css, end.start(), name, message, "Take it out.")
    for start in opened:
        hint = "Close it with }."
        yield _problem(css, start, name, "a brace opens here and is never closed", hint)
    yield from capitals_problems(css, name)
    deep = _DEEP.search(css)
    if deep:
        message = f"parentheses are nested more than {MAX_PARENTHESES} deep"
        yield _problem(css, deep.start(), name, message, "Close them.")


def unread_problems(css: str, name: str) -> Iterator[Problem]:
    """Yield problems for styles that a screen reader could not follow on paper.

    These are words that are drawn as a group, and boxes in another order than in the page.
    """
    paper = _NOT_FOR_PAPER.sub(lambda match: re.sub(r"[^\n]", " ", match[0]), css)
    for found in _UNREAD.finditer(paper):
        key, value = found[1].lower(), found[2].strip().lower()
        if key == "opacity" and value not in _AS_IT_IS - {"0"}:
            message, hint = (
                "what has `opacity` is not read out by a screen reader",
                "Use a lighter colour.",
            )
        elif "reverse" in value or (key == "order" and value not in _AS_IT_IS - {"1"}):
            message, hint = (
                f"`{key}: {value}` puts boxes in another order than they are read out",
                "Put them in that order in the template.",
            )
        else:
            continue
        yield _problem(css, found.start(), name, message, hint)


def capitals_problems(css: str, name: str) -> Iterator[Problem]:
    """Yield problems for styles that print capitals in place of the author's letters.

    Paper and screen are both checked, and small capitals count, too.
    """
    bare = re.sub(r"/\*.*?\*/", lambda match: re.sub(r"[^\n]", " ", match[0]), css, flags=re.DOTALL)
    for found in _DECLARATION.finditer(bare):
        key, value = (_ESCAPE.sub(_unescaped, part).strip().lower() for part in found.groups())
        value = (
            value.removesuffix("important").rstrip("! ") if value.endswith("important") else value
        )
        if (
            (key == "text-transform" and value not in _SAME_LETTERS)
            or (key in {"font", "font-variant", "font-variant-caps"} and _CAPS.search(value))
            or (key == "font-feature-settings" and _CAPS_FEATURES.search(value))
        ):
            message = f"`{key}: {value[:60]}` prints other letters than the text has"
            hint = (
                "Take it out: capitals are hard to read. "
                "Bold type, a larger size or a colour makes words stand out."
            )
            yield _problem(css, found.start(), name, message, hint)


def _unescaped(match: re.Match[str]) -> str:
    number = int(match[1], 16) if match[1] else 0
    return match[2] or (chr(number) if 0 < number <= sys.maxunicode else "\ufffd")


def _file_problems(
    css: str, start: int, name: str, file: str, files: Collection[str]
) -> Iterator[Problem]:
    if file.startswith("#"):
        return
    if not file:
        hint = "Write its name, such as icons/phone.svg."
        yield _problem(css, start, name, "no file is named here", hint)
        return
    full = posixpath.normpath(posixpath.join("styles", file))
    if re.match(r"[a-z][a-z0-9+.-]*:|/", file, re.IGNORECASE) or full.startswith("../"):
        hint = "Put the file below styles/ and write its name, such as icons/phone.svg."
        message = f"'{file[:60]}' lies outside the workspace, and nothing is loaded from elsewhere"
        yield _problem(css, start, name, message, hint)
        return
    if full not in files:
        ending = posixpath.splitext(file)[1]
        known = {
            other.removeprefix("styles/")
            for other in files
            if other.startswith("styles/") and other.endswith(ending)
        }
        yield _problem(
            css,
            start,
            name,
            f"there is no file '{file[:60]}'",
            f"It belongs at {full}. {guess(file, known)}".strip(),
        )


def _problem(css: str, start: int, name: str, message: str, hint: str) -> Problem:
    line = css.count("\n", 0, start) + 1
    return Problem(message, hint, Location(name, line, start - css.rfind("\n", 0, start)))
