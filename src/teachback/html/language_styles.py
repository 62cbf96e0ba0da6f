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
_NAMED: Final = re.compile(r"\b(margin|padding|border)-inline-(start|end)(?=[\w-]*\s*:)")
_INSET: Final = re.compile(r"\binset-inline-(start|end)(?=\s*:)")
_BOTH: Final = re.compile(r"\b(margin|padding)-inline\s*:\s*([^;{}]+)")
_LENGTH: Final = re.compile(r"(?:[^\s()]|\((?:[^()]|\([^()]*\))*\))+")
_SIDES: Final = {"start": "left", "end": "right"}
# What the styles take where a language sets nothing.
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
    styles = _NAMED.sub(lambda found: f"{found[1]}-{_SIDES[found[2]]}", styles)
    styles = _INSET.sub(lambda found: _SIDES[found[1]], styles)
    return _BOTH.sub(_on_both_sides, styles)


def _on_both_sides(found: re.Match[str]) -> str:
    name, values = found[1], found[2].rstrip()
    kept = " !important" if values.endswith("!important") else ""
    lengths = _LENGTH.findall(values.removesuffix("!important"))
    return f"{name}-left: {lengths[0]}{kept}; {name}-right: {lengths[-1]}{kept}"


def language_styles(tags: Iterable[str], languages: Languages, files: Mapping[str, Path]) -> str:
    """Return the styles for languages that are not set as English is; "" if there is none.

    Raises TeachbackError for a language whose font is missing.
    """
    own = {tag: _styles(languages.of(tag), files) for tag in dict.fromkeys(tags)}
    if not any(said for _, said in own.values()):
        return ""
    # A part in another language would be set as the language around it: its font, its lines.
    among = {**_AS_ENGLISH, "font-family": "var(--family)"} if len(own) > 1 else {}
    return "".join(_rule(tag, faces, {**among, **said}) for tag, (faces, said) in own.items())


def _rule(tag: str, faces: str, said: Mapping[str, str]) -> str:
    declared = "; ".join(f"{name}: {value}" for name, value in said.items())
    field = _FIELD.format(tag=tag) if faces and direction_of(tag) == "rtl" else ""
    return f'{faces}[lang="{tag}"] {{ {declared} }}\n{field}' if declared else ""


def _styles(language: Language, files: Mapping[str, Path]) -> tuple[str, dict[str, str]]:
    """Return the fonts of a language, and what is set otherwise than in English."""
    said = {}
    faces = ""
    if language.family:
        fonts = family_fonts(language.family, files)
        if not fonts:
            raise TeachbackError(missing_font(language))
        faces = "".join(
            _FACE.format(family=language.family, weight=weight, file=name.removeprefix("styles/"))
            for weight, name in fonts.items()
        )
        said["font-family"] = f'"{language.family}"'
        # The letters of other fonts reach further down than those of the styles' own, and the
        # emergency number in its disc is wider.
        said["--foot-top"] = "0.4mm"
        said["--disc-air"] = "4pt"
    if language.leading != 1:
        said["--script"] = f"{language.leading:g}"
    if language.card_leading != 1:
        said["--card-script"] = f"{language.card_leading:g}"
    return faces, said
