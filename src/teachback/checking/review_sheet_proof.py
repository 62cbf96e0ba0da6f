"""Check a written review sheet against the report it was made from. Pure.

A clinic may change the template and the styles of the sheet. What people sign must still be what is
printed for patients: every line of the text that is shown whole, every difference of the other
readers' texts from it, every finding, every acceptance.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, Final, NamedTuple

from teachback.content.locale_formats import direction_of
from teachback.errors import OfDesign, Problem
from teachback.html.composer import shown_address
from teachback.pdf.text_matching import comparable, sought

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from teachback.checking.review_sheet import (
        EditionReport,
        HandoutReport,
        OtherReader,
        Report,
        TextLine,
    )
    from teachback.content.inline_markup import Line

_HINT: Final = OfDesign(
    "Compare the clinic's own templates/report.html, styles/report.css and styles/clinic.css with "
    "the built-in ones: the sheet must show each line as the built-in one does."
)
# The most problems that are reported.
MOST_NAMED: Final = 5
# Matches a write-in line, which may hold a few words.
_BLANK: Final = ".{0,90}?"


class ExpectedRow(NamedTuple):
    """One row of a sheet: its words for a message, its line in the file, and its pattern."""

    words: str
    line: int
    pattern: re.Pattern[str]


def review_sheet_problems(
    report: Report,
    read: Iterable[str],
    drawn: Callable[[str], str],
    paper: bool,  # noqa: FBT001 -- as of each sheet that staff sign
) -> tuple[Problem, ...]:
    """Return what the words of a written sheet lack or have changed.

    `read` are the words that were read from the sheet. `drawn` converts a text to the letters that
    the sheet uses. `paper` is true if the words come from a page, which reorders right-to-left
    text.
    """
    words = list(read)
    text = comparable(" ".join(words))
    found: list[Problem] = []
    start = 0
    for sheet in report.sheets:
        mixed = paper and direction_of(sheet.language) == "rtl"
        if mixed:
            found += _lost_words(words, report, sheet, drawn)
            continue
        for edition in report.texts(sheet):
            problem, start = _read_on(
                text,
                start,
                (drawn(edition.name), edition.audience),
                list(_rows(edition, drawn)),
                sheet,
            )
            found += [problem] if problem else []
        for other in () if report.full else sheet.others:
            rows = list(_difference_rows(other, drawn))
            problem, start = _read_on(text, start, (drawn(other.name), other.audience), rows, sheet)
            found += [problem] if problem else []
        found += _listed(text, sheet, drawn)
    return tuple(dict.fromkeys(found))[:MOST_NAMED]


def _read_on(
    text: str,
    start: int,
    reader: tuple[str, str],
    rows: list[ExpectedRow],
    sheet: HandoutReport,
) -> tuple[Problem | None, int]:
    """Match what is shown of one reader's text row by row, with nothing between.

    `reader` is its name on the sheet and its audience. Return the problem, and where the rows end.
    """
    lost, end = rows_in_order(text, start, reader[0], rows)
    if lost is None:
        return None, end
    message = (
        f"{sheet.file}: the sheet to sign does not show line {lost.line} for "
        f"'{reader[1]}' in the right place: '{lost.words[:60]}'"
    )
    return Problem(message, _HINT), end


def rows_in_order(
    text: str, start: int, begin: str, rows: Sequence[ExpectedRow]
) -> tuple[ExpectedRow | None, int]:
    """Match rows one after another in the words of a sheet, with nothing between, behind `begin`.

    Return the first row that is not there, or None, and where the rows end.
    """
    if not rows:
        return None, start
    begun = sought(begin).pattern
    furthest, end = 0, start
    for match in begun.finditer(text, start):
        at = match.end()
        count = 0
        while count < len(rows) and (here := rows[count].pattern.match(text, at)):
            at, count = here.end(), count + 1
        if count == len(rows):
            return None, at
        if count > furthest:
            furthest, end = count, at
    return rows[furthest], end


def _rows(edition: EditionReport, drawn: Callable[[str], str]) -> Iterator[ExpectedRow]:
    for heading, lines in edition.text:
        first = lines[0].line if lines else 0
        if comparable(heading):
            yield ExpectedRow(heading, first, sought(drawn(heading)).pattern)
        for line in lines:
            yield ExpectedRow(line.text, line.line, _row(line, drawn))


def _difference_rows(other: OtherReader, drawn: Callable[[str], str]) -> Iterator[ExpectedRow]:
    for heading, differences, gone in other.parts:
        rows = [
            (one.line, f"{one.line} {one.what}: ", text, " ".join(one.numbers))
            for one in differences
            for text in [" ".join(text for _, text in one.runs)]
        ]
        if gone:
            left_out = "; ".join(f"{line} {text}" for line, text in gone)
            rows.append((gone[0][0], f"Not for {other.audience}: ", left_out, ""))
        if comparable(heading):
            yield ExpectedRow(heading, rows[0][0], sought(drawn(heading)).pattern)
        for line, begin, words, numbers in rows:
            yield ExpectedRow(words, line, sought(drawn(f"{begin}{words} {numbers}")).pattern)


def _row(line: TextLine, drawn: Callable[[str], str]) -> re.Pattern[str]:
    """Return the pattern of a line: number, label, words, numbers of findings."""
    begin = f"{line.line} {line.name}: " if line.name else f"{line.line} "
    return pattern_of(begin, line.spans, " ".join(line.numbers), drawn)


def pattern_of(
    begin: str, spans: Line, end: str, drawn: Callable[[str], str], *, after: str = ""
) -> re.Pattern[str]:
    """Return the pattern of a text between two others; a line to write on may hold a few words.

    `after` is a pattern before it.
    """
    pieces, run = [], begin
    for span in spans:
        if span.blank:
            pieces.append(run)
            run = ""
        else:
            run += span.text
            address = shown_address(span)
            run += f" ({address})" if address else ""
    pieces.append(f"{run} {end}")
    own = _BLANK.join(sought(drawn(piece)).pattern.pattern for piece in pieces)
    return re.compile(after + own)


def _listed(text: str, sheet: HandoutReport, drawn: Callable[[str], str]) -> Iterator[Problem]:
    """Yield findings, acceptances, flags and short words that are listed too few times."""
    listed: list[tuple[str, str]] = [
        ("what was found", one.problem.message) for one in sheet.findings
    ]
    for accepted in sheet.accepted:
        listed.append(("what was accepted", accepted.waived.finding.message))
        listed.append(
            (
                "the reason of what was accepted",
                f"{accepted.waived.accepted.by}: {accepted.waived.accepted.reason}",
            )
        )
    listed += [
        ("short words of the card", f"{pair.text.text} {pair.short.text}") for pair in sheet.pairs
    ]
    listed += [("a red flag that a reader does not get", one.text) for one in sheet.silent]
    listed += [
        ("the reason of a red flag that a reader does not get", one.reason)
        for one in sheet.silent
        if one.reason
    ]
    for (what, words), least in Counter(listed).items():
        pattern = sought(drawn(words)).pattern.pattern
        # A number with more digits is another number.
        begin, end = (
            (r"(?<!\d)" if words[:1].isdigit() else ""),
            (r"(?!\d)" if words[-1:].isdigit() else ""),
        )
        if sum(1 for _ in re.finditer(begin + pattern + end, text)) < least:
            yield Problem(
                f"{sheet.file}: the sheet to sign does not show {what}: '{words[:60]}'", _HINT
            )


def _lost_words(
    read: Iterable[str], report: Report, sheet: HandoutReport, drawn: Callable[[str], str]
) -> Iterator[Problem]:
    """Yield words that are nowhere on a right-to-left sheet, whose order paper does not keep."""
    shown = [
        (edition.audience, line.line, "".join(span.text for span in line.spans if not span.blank))
        for edition in report.texts(sheet)
        for _, lines in edition.text
        for line in lines
    ]
    shown += [
        (other.audience, one.line, " ".join(text for _, text in one.runs))
        for other in sheet.others
        for _, differences, _ in other.parts
        for one in differences
    ]
    lost = {drawn(words) for _, _, words in shown} - set(
        whole_texts(read, [drawn(words) for _, _, words in shown])
    )
    for audience, line, words in shown:
        if drawn(words) in lost:
            message = (
                f"{sheet.file}: the sheet to sign does not show line {line} for "
                f"'{audience}': '{words[:60]}'"
            )
            yield Problem(message, _HINT)


def whole_texts(read: Iterable[str], texts: Iterable[str]) -> Iterator[str]:
    """Yield the texts of which each word is somewhere on a sheet, in any order and direction."""
    known = set(_letters(" ".join(read)))
    yield from (text for text in texts if known.issuperset(_letters(text)))


def _letters(text: str) -> Iterator[str]:
    """Yield the sorted letters of each word, so that the direction of reading does not matter."""
    for word in re.findall(r"\w+", text.casefold()):
        yield "".join(sorted(word))
