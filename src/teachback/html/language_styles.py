"""Make the styles that set a page, or a part of it, in a language's own font."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from teachback.content.languages import missing_font
from teachback.errors import TeachbackError
from teachback.files.font_packages import family_fonts

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from teachback.content.languages import Language, Languages

_FACE: Final = '@font-face {{ font-family: "{family}"; font-weight: {weight}; src: url({file}) }}\n'


def language_styles(tags: Iterable[str], languages: Languages, files: Mapping[str, Path]) -> str:
    """Return the styles for languages that are not set as English is; "" if there is none.

    Raises TeachbackError for a language whose font is missing.
    """
    return "".join(_styles(tag, languages.of(tag), files) for tag in dict.fromkeys(tags))


def _styles(tag: str, language: Language, files: Mapping[str, Path]) -> str:
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
        said["--family"] = f'"{language.family}"'
        said["font-family"] = "var(--family)"
        # The letters of other fonts reach further down than those of the styles' own.
        said["--foot-top"] = "0.4mm"
    if language.leading != 1:
        said["--script"] = f"{language.leading:g}"
    if language.card_leading != 1:
        said["--card-script"] = f"{language.card_leading:g}"
    own = "; ".join(f"{name}: {value}" for name, value in said.items())
    return f'{faces}[lang="{tag}"] {{ {own} }}\n' if own else ""
