"""Make the styles that set a page, or a part of it, in a language's own font."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from teachback.content.languages import missing_font
from teachback.content.locale_formats import direction_of
from teachback.errors import TeachbackError
from teachback.files.font_packages import family_fonts

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from teachback.content.languages import Language, Languages

_FACE: Final = '@font-face {{ font-family: "{family}"; font-weight: {weight}; src: url({file}) }}\n'
_REMARK: Final = re.compile(r"/\*.*?\*/", re.DOTALL)
_ONE_SIDE: Final = re.compile(r"(?<![\w-])(margin|padding|border)-inline-(start|end)(?=[\w-]*\s*:)")
_INSET: Final = re.compile(r"(?<![\w-])inset-inline-(start|end)(?=\s*:)")
# A text in quotes, a remark, or both sides with their lengths, which may have remarks among them.
_BOTH_SIDES: Final = re.compile(
    r"\"(?:\\.|[^\"\\])*\"|'(?:\\.|[^'\\])*'|"
    rf"{_REMARK.pattern}|"
    rf"(?<![\w-])(margin|padding)-inline\s*:\s*((?:{_REMARK.pattern}|[^;{{}}/]|/(?!\*))+)",
    re.DOTALL,
)
_IMPORTANT: Final = re.compile(r"!\s*important\s*$", re.IGNORECASE)
_LENGTH: Final = re.compile(r"(?:[^\s()]|\((?:[^()]|\([^()]*\))*\))+")
_SIDES: Final = {"start": "left", "end": "right"}
# The values for a language that sets none.
_AS_ENGLISH: Final = {"--disc-air": "0pt", "--script": "1", "--card-script": "1"}
# On a card, the emergency number stands in a black field. Letters that run from right to left reach
# far down: around the middle of their font, the digits would stick out of it at the top.
_FIELD: Final = (
    '[lang="{tag}"] .pill '
    "{{ display: inline-block; line-height: 1; padding-top: 0.15em; margin-top: -0.15em }}\n"
)


@lru_cache(16)
def with_left_and_right(styles: str) -> str:
    """Name the sides of styles by their place, for paper that is read from left to right only.

    WeasyPrint lets `padding-inline-start` win over a later `padding`, as no browser does. So a
    clinic's own styles would have no effect on what the built-in ones name by the direction.
    """
    styles = _ONE_SIDE.sub(lambda found: f"{found[1]}-{_SIDES[found[2]]}", styles)
    styles = _INSET.sub(lambda found: _SIDES[found[1]], styles)
    return _BOTH_SIDES.sub(_left_and_right, styles)


def _left_and_right(found: re.Match[str]) -> str:
    name, value = found[1], _REMARK.sub(" ", found[2] or "")
    lengths = _LENGTH.findall(_IMPORTANT.sub("", value))
    if not lengths:
        return found[0]
    important = " !important" if _IMPORTANT.search(value) else ""
    return f"{name}-left: {lengths[0]}{important}; {name}-right: {lengths[-1]}{important}"


def language_styles(tags: Iterable[str], languages: Languages, files: Mapping[str, Path]) -> str:
    """Return the styles for languages that are not set as English is; "" if there is none.

    Raises TeachbackError for a language whose font is missing.
    """
    styles = {tag: _styles(languages.of(tag), files) for tag in dict.fromkeys(tags)}
    if not any(values for _, values in styles.values()):
        return ""
    # Otherwise a part in another language inherits the font and lines of the language around it.
    defaults = {**_AS_ENGLISH, "font-family": "var(--family)"} if len(styles) > 1 else {}
    return "".join(
        _rule(tag, faces, {**defaults, **values}) for tag, (faces, values) in styles.items()
    )


def _rule(tag: str, faces: str, values: Mapping[str, str]) -> str:
    declarations = "; ".join(f"{name}: {value}" for name, value in values.items())
    field = _FIELD.format(tag=tag) if faces and direction_of(tag) == "rtl" else ""
    return f'{faces}[lang="{tag}"] {{ {declarations} }}\n{field}' if declarations else ""


def _styles(language: Language, files: Mapping[str, Path]) -> tuple[str, dict[str, str]]:
    """Return the font faces of a language, and the values that differ from those of English."""
    values = {}
    faces = ""
    if language.family:
        fonts = family_fonts(language.family, files)
        if not fonts:
            raise TeachbackError(missing_font(language))
        faces = "".join(
            _FACE.format(family=language.family, weight=weight, file=name.removeprefix("styles/"))
            for weight, name in fonts.items()
        )
        values["font-family"] = f'"{language.family}"'
        # The letters of other fonts reach further down than those of the styles' own, and the
        # emergency number in its disc is wider.
        values["--foot-top"] = "0.4mm"
        values["--disc-air"] = "4pt"
    if language.leading != 1:
        values["--script"] = f"{language.leading:g}"
    if language.card_leading != 1:
        values["--card-script"] = f"{language.card_leading:g}"
    return faces, values
