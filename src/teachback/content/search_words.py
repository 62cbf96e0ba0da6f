"""Define the words that mean the same to whoever looks for a topic at the front desk."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Final

from pydantic import AfterValidator, Field

from teachback.content.base_model import Entries, Id, LanguageTag, Plain
from teachback.content.validation_errors import validated
from teachback.files.merged_files import read_entries

if TYPE_CHECKING:
    from teachback.files.workspace import Workspace

# As the desk's page splits a text into words.
_WORD: Final = re.compile(r"[^\W_]+")


def _one_word(text: str) -> str:
    """Refuse what the desk's page would never find: it looks for one word at a time."""
    if not _WORD.fullmatch(text):
        message = f"'{text[:60]}' is not one word\nWrite each word by itself, without hyphens."
        raise ValueError(message)
    return text


Word = Annotated[Plain, AfterValidator(_one_word)]


class SearchWords(
    Entries[dict[Id, dict[LanguageTag, Annotated[tuple[Word, ...], Field(min_length=1)]]]]
):
    """Words by entry and language. All words of an entry mean the same."""

    def groups(self) -> list[list[str]]:
        """Return the words of each entry, in all its languages, each once."""
        return [
            list(dict.fromkeys(word for words in entry.values() for word in words))
            for entry in self.root.values()
        ]


def load_search_words(workspace: Workspace) -> SearchWords:
    """Read the entries: the built-in ones, and the clinic's own.

    Raises TeachbackError with every problem.
    """
    return validated(SearchWords, read_entries(workspace, "content/search-words.yaml"))
