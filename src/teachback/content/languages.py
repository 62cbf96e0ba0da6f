"""Define how each language is set: a font with its letters, and room for them.

Its direction, dates and numbers need no entry: those are in the Unicode CLDR (`locale_formats`).
"""

from typing import Annotated, Final

from pydantic import Field

from teachback.content.base_model import Entries, Id, LanguageTag, Model, Plain
from teachback.errors import Problem


class Language(Model):
    """How a language is set on pages and cards."""

    name: Plain = Field(description="What staff call it, in messages.")
    family: Plain | None = Field(
        None,
        description="The one font that sets all of it; that of the style sheets when left out. "
        "'Noto Sans' lies in NotoSans-Regular.ttf and NotoSans-Bold.ttf below styles/fonts/.",
    )
    extra: Id | None = Field(None, description="The extra of the program that brings the font.")
    leading: Annotated[float, Field(ge=1, le=2)] = Field(
        1, description="How far its lines lie apart on pages, as a share of those of English."
    )
    card_leading: Annotated[float, Field(ge=1, le=2)] = Field(1, description="The same, on cards.")
    growth: Annotated[float, Field(gt=0, le=3)] = Field(
        1, description="About how wide its texts are, as a share of the same texts in English."
    )


class Languages(Entries[dict[LanguageTag, Language]]):
    """The languages that have an entry, by their tags."""

    def of(self, tag: str) -> Language:
        """Return how a language is set; es-MX as es, and one without an entry as English."""
        prefix = tag
        while prefix not in self.root and "-" in prefix:
            prefix = prefix.rpartition("-")[0]
        return self.root.get(prefix) or Language(name=tag)


# Without entries, all languages are set as English is.
NO_LANGUAGES: Final = Languages({})


def missing_font(language: Language) -> Problem:
    """Return the problem of a language whose font is not installed."""
    file = f"{(language.family or '').replace(' ', '')}-Regular.ttf"
    message = f"the font for {language.name}, '{language.family}', is not installed"
    hint = (
        f"Install it with: pip install 'teachback[{language.extra}]'"
        if language.extra
        else f"Put {file} and the file of its bold letters below styles/fonts/."
    )
    return Problem(message, hint)
