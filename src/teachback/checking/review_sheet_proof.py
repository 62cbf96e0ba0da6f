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
from teachback.errors import DesignHint, Problem
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

_HINT: Final = DesignHint(
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
    the sheet uses. `paper` is true if the words come from a page, on which text from right to left
    loses its order.
    """
    words = list(read)
    text = comparable(" ".join(words))
    problems: list[Problem] = []
    start = 0
    for sheet in report.sheets:
        if paper and direction_of(sheet.language) == "rtl":
            problems += _missing_words(words, report, sheet, drawn)
            continue
        shown = [
            (edition.name, edition.audience, _edition_rows(edition, drawn))
            for edition in report.texts(sheet)
        ]
        if not report.full:
            shown += [
                (other.name, other.audience, _difference_rows(other, drawn))
                for other in sheet.others
            ]
        for name, audience, rows in shown:
            missing, start = rows_in_order(text, start, drawn(name), list(rows))
            if missing is not None:
                message = (
                    f"{sheet.file}: the sheet to sign does not show line {missing.line} for "
                    f"'{audience}' in the right place: '{missing.words[:60]}'"
                )
                problems.append(Problem(message, _HINT))
        problems += _missing_items(text, sheet, drawn)
    return tuple(dict.fromkeys(problems))[:MOST_NAMED]


def rows_in_order(
    text: str, start: int, begin: str, rows: Sequence[ExpectedRow]
) -> tuple[ExpectedRow | None, int]:
    """Match rows one after another in the words of a sheet, behind `begin`, with nothing between.

    Return the first row that is missing, or None, and where the rows end.
    """
    if not rows:
        return None, start
    heading = sought(begin).pattern
    most_matched, end = 0, start
    for match in heading.finditer(text, start):
        position = match.end()
        matched = 0
        while matched < len(rows) and (row_match := rows[matched].pattern.match(text, position)):
            position, matched = row_match.end(), matched + 1
        if matched == len(rows):
            return None, position
        if matched > most_matched:
            most_matched, end = matched, position
    return rows[most_matched], end


def _edition_rows(edition: EditionReport, drawn: Callable[[str], str]) -> Iterator[ExpectedRow]:
    for heading, lines in edition.text:
        first_line = lines[0].line if lines else 0
        if comparable(heading):
            yield ExpectedRow(heading, first_line, sought(drawn(heading)).pattern)
        for line in lines:
            yield ExpectedRow(line.text, line.line, _row_pattern(line, drawn))


def _difference_rows(other: OtherReader, drawn: Callable[[str], str]) -> Iterator[ExpectedRow]:
    for heading, differences, omitted in other.parts:
        rows = [
            (
                difference.line,
                f"{difference.line} {difference.what}: ",
                " ".join(text for _, text in difference.runs),
                " ".join(difference.numbers),
            )
            for difference in differences
        ]
        if omitted:
            omitted_text = "; ".join(f"{line} {text}" for line, text in omitted)
            rows.append((omitted[0][0], f"Not for {other.audience}: ", omitted_text, ""))
        if comparable(heading):
            yield ExpectedRow(heading, rows[0][0], sought(drawn(heading)).pattern)
        for line, begin, words, numbers in rows:
            yield ExpectedRow(words, line, sought(drawn(f"{begin}{words} {numbers}")).pattern)


def _row_pattern(line: TextLine, drawn: Callable[[str], str]) -> re.Pattern[str]:
    """Return the pattern of a line: number, label, words, numbers of findings."""
    begin = f"{line.line} {line.name}: " if line.name else f"{line.line} "
    return pattern_of(begin, line.spans, " ".join(line.numbers), drawn)


def pattern_of(
    begin: str, spans: Line, end: str, drawn: Callable[[str], str], *, after: str = ""
) -> re.Pattern[str]:
    """Return the pattern of a text between two others; a line to write on may hold a few words.

    `after` is the pattern of what stands before it.
    """
    parts, part = [], begin
    for span in spans:
        if span.blank:
            parts.append(part)
            part = ""
        else:
            part += span.text
            address = shown_address(span)
            part += f" ({address})" if address else ""
    parts.append(f"{part} {end}")
    return re.compile(after + _BLANK.join(sought(drawn(part)).pattern.pattern for part in parts))


def _missing_items(
    text: str, sheet: HandoutReport, drawn: Callable[[str], str]
) -> Iterator[Problem]:
    """Yield findings, acceptances, flags and short words that are listed too few times."""
    expected = [("what was found", finding.problem.message) for finding in sheet.findings]
    for acceptance in sheet.accepted:
        finding, accepted = acceptance.waived
        reason = f"{accepted.by}: {accepted.reason}"
        expected.append(("what was accepted", finding.message))
        expected.append(("the reason of what was accepted", reason))
    expected += [
        ("short words of the card", f"{pair.text.text} {pair.short.text}") for pair in sheet.pairs
    ]
    expected += [("a red flag that a reader does not get", flag.text) for flag in sheet.silent]
    expected += [
        ("the reason of a red flag that a reader does not get", flag.reason)
        for flag in sheet.silent
        if flag.reason
    ]
    for (kind, words), least in Counter(expected).items():
        # A number with more digits is another number.
        begin = r"(?<!\d)" if words[:1].isdigit() else ""
        end = r"(?!\d)" if words[-1:].isdigit() else ""
        pattern = begin + sought(drawn(words)).pattern.pattern + end
        if sum(1 for _ in re.finditer(pattern, text)) < least:
            message = f"{sheet.file}: the sheet to sign does not show {kind}: '{words[:60]}'"
            yield Problem(message, _HINT)


def _missing_words(
    read: Iterable[str], report: Report, sheet: HandoutReport, drawn: Callable[[str], str]
) -> Iterator[Problem]:
    """Yield lines with words that are nowhere on a sheet whose order paper does not keep."""
    expected = [
        (edition.audience, line.line, "".join(span.text for span in line.spans if not span.blank))
        for edition in report.texts(sheet)
        for _, lines in edition.text
        for line in lines
    ]
    expected += [
        (other.audience, difference.line, " ".join(text for _, text in difference.runs))
        for other in sheet.others
        for _, differences, _ in other.parts
        for difference in differences
    ]
    present = set(whole_texts(read, (drawn(words) for _, _, words in expected)))
    for audience, line, words in expected:
        if drawn(words) not in present:
            message = (
                f"{sheet.file}: the sheet to sign does not show line {line} for "
                f"'{audience}': '{words[:60]}'"
            )
            yield Problem(message, _HINT)


def whole_texts(read: Iterable[str], texts: Iterable[str]) -> Iterator[str]:
    """Yield the texts of which each word is somewhere on a sheet, in any order and direction."""
    known = set(_sorted_letters(" ".join(read)))
    yield from (text for text in texts if known.issuperset(_sorted_letters(text)))


def _sorted_letters(text: str) -> Iterator[str]:
    """Yield the sorted letters of each word, so that the direction of reading does not matter."""
    for word in re.findall(r"\w+", text.casefold()):
        yield "".join(sorted(word))
