"""Check a written proof of a translation against the texts that it was made from. Pure.

A clinic may change the template and the styles of the sheet. What people sign must still be what is
printed for patients: every text in both languages, row by row, with its line, readers and state.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from teachback.checking.review_sheet_proof import (
    ExpectedRow,
    pattern_of,
    rows_in_order,
    whole_texts,
)
from teachback.content.locale_formats import direction_of
from teachback.errors import DesignHint, Problem
from teachback.pdf.text_matching import comparable

if TYPE_CHECKING:
    import re
    from collections.abc import Callable, Iterable, Iterator

    from teachback.checking.translation_sheet import PairedText, TranslationSheet

_HINT: Final = DesignHint(
    "Compare the clinic's own templates/translation-proof.html, styles/translation-proof.css, "
    "styles/report.css and styles/clinic.css with the built-in ones: the sheet must show each "
    "text as the built-in one does."
)


def translation_sheet_problems(
    sheet: TranslationSheet,
    names: tuple[str, str],
    read: Iterable[str],
    drawn: Callable[[str], str],
    paper: bool,  # noqa: FBT001 -- as of each sheet that staff sign
) -> tuple[Problem, ...]:
    """Return what the words of a written sheet lack or have changed.

    `names` are those of the two languages. `read`, `drawn` and `paper` are those of the sheet to
    sign.
    """
    words = list(read)
    if paper and any(direction_of(language) == "rtl" for language in sheet.languages):
        # Paper does not keep the order of text from right to left.
        return tuple(_missing_words(sheet, words, drawn))
    found, start = comparable(" ".join(words)), 0
    for heading, texts in sheet.parts:
        begin = f"{drawn(heading)} Line {drawn(names[0])} {drawn(names[1])} Readers, state"
        rows = [
            ExpectedRow(_shown_words(text), text.line or 0, _row_pattern(text, drawn))
            for text in texts
        ]
        missing, start = rows_in_order(found, start, begin, rows)
        if missing is not None:
            return (_problem(sheet, missing.line, missing.words),)
    return ()


def _shown_words(text: PairedText) -> str:
    return "".join(span.text for span in text.translation or text.english)


def _row_pattern(text: PairedText, drawn: Callable[[str], str]) -> re.Pattern[str]:
    """Return the pattern of a row: line, label, both texts, note, readers and state."""
    label = f"{text.line or 'none'} {text.name} "
    if text.outdated is None:
        english = pattern_of(label, text.english, "", drawn).pattern
    else:
        was, now = (" ".join(words for _, words in side) for side in text.outdated)
        english = pattern_of(f"{label} Translated from: {was} Now: {now}", (), "", drawn).pattern
    note = f" Note: {text.note}" if text.note else ""
    end = f"{note} {text.readers} {text.state}"
    begin = "" if text.line else "not translated"
    return pattern_of(begin, text.translation, end, drawn, after=english)


def _missing_words(
    sheet: TranslationSheet, words: list[str], drawn: Callable[[str], str]
) -> Iterator[Problem]:
    """Yield texts of which a word is nowhere on the sheet."""
    expected = [
        (text.line or 0, drawn("".join(span.text for span in spans)))
        for _, texts in sheet.parts
        for text in texts
        for spans in (text.english, text.translation)
    ]
    present = set(whole_texts(words, (shown for _, shown in expected)))
    for line, shown in expected:
        if shown not in present:
            yield _problem(sheet, line, shown)


def _problem(sheet: TranslationSheet, line: int, words: str) -> Problem:
    message = (
        f"{sheet.read.file.name}: the proof does not show the text of line {line} "
        f"in the right place: '{words[:60]}'"
    )
    return Problem(message, _HINT)
