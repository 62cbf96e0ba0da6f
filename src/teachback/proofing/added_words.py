"""Find what a clinic's own template adds to a page for staff.

A template may lay the page out. Its words, numbers and signs come from the data and from the
built-in template, so the same page is composed with that one, and the two are compared. Words from
a clinic's `content/words/` are in both.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from dataclasses import replace
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Final

from teachback.errors import DesignHint, Location, Problem
from teachback.files.page_resources import parse_page
from teachback.files.workspace import read_bytes
from teachback.files.workspace import shown as shown_path
from teachback.html.composer import open_templates
from teachback.pdf.page_reader import screen_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from teachback.html.composer import Design

# A number with its decimals, a word, or a sign. Punctuation that only separates does not count.
_TOKEN: Final = re.compile(
    r"\d+(?:[.,]\d+)*|[^\W\d_]+|[^\w\s.,:;()!?\"'\u2018-\u201d|\u00b7\u2022]"
)
# Attributes whose words or numbers are shown, or spoken by a screen reader.
_SHOWN: Final = (
    "alt", "aria-description", "aria-label", "data-actualtext", "placeholder", "title", "value",
)  # fmt: skip
_HINT: Final = DesignHint(
    "Take it out of the clinic's own template; or write it into the handout or a file of "
    "content/words/, if it is meant to be read."
)
# The most problems that are reported.
_MOST_PROBLEMS: Final = 5


def added_words_problems(
    page: str, name: str, template: str, design: Design, compose: Callable[[Design], str]
) -> tuple[Problem, ...]:
    """Return a problem for each text of a page that says more than the built-in template's page.

    `name` is the page's name in a message, such as "the sheet to sign". `compose` makes the page
    from a design.
    """
    builtin = Path(getattr(design.environment.loader, "searchpath", ["."])[-1])
    own_template = design.files.get(f"templates/{template}")
    if own_template is None or own_template.is_relative_to(builtin):
        return ()
    builtin_texts = tuple(_texts(compose(replace(design, environment=open_templates((builtin,))))))
    page_texts = tuple(_texts(page))
    added = Counter(token for text in page_texts for token in _tokens(text))
    added.subtract(token for text in builtin_texts for token in _tokens(text))
    texts = [text for text in page_texts if any(added[token] > 0 for token in _tokens(text))]
    # The added text is one that the built-in page does not have, unless it is a repetition.
    texts = [text for text in texts if text not in builtin_texts] or texts
    changed = _changed_lines(own_template, builtin / template)
    problems = []
    for text in list(dict.fromkeys(texts))[:_MOST_PROBLEMS]:
        tokens = [token for token in _tokens(text) if added[token] > 0]
        line = next(
            (
                number
                for part in (text.casefold(), *tokens)
                for number, changed_line in changed.items()
                if part in changed_line
            ),
            0,
        )
        message = (
            f"{name} shows '{text[:60]}', "
            f"but '{' '.join(tokens)[:60]}' is neither in its data nor in the built-in template"
        )
        problems.append(
            Problem(message, _HINT, Location(shown_path(own_template), line, int(line > 0)))
        )
    return tuple(problems)


def _changed_lines(own_template: Path, builtin_template: Path) -> dict[int, str]:
    """Return the lines of a template that the built-in one does not have, without and with tags."""
    builtin_lines = read_bytes(builtin_template).decode("utf-8-sig").splitlines()
    lines = enumerate(read_bytes(own_template).decode("utf-8-sig").splitlines(), start=1)
    return {
        number: f"{re.sub(r'<[^>]*>', '', line).strip()}\n{line}".casefold()
        for number, line in lines
        if line not in builtin_lines
    }


def _texts(page: str) -> Iterator[str]:
    """Yield the texts of a page, each with single spaces: its blocks, titles and attributes."""
    for _, tokens in groupby(screen_text(page), lambda token: token.block):
        yield " ".join("".join(token.words for token in tokens).split())
    for element in parse_page(page).iter():
        if str(element.tag).endswith("title"):
            yield " ".join("".join(element.itertext()).split())
        yield from filter(None, map(element.get, _SHOWN))


def _tokens(text: str) -> list[str]:
    return _TOKEN.findall(unicodedata.normalize("NFC", text).casefold())
