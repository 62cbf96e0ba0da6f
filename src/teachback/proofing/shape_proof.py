"""Prove the words of a file by their shapes: shape them again, and compare glyph by glyph.

What a file claims to say, in its text layer or in the /ActualText of a line, is shaped with the
font file of the workspace. The glyphs must be those that the file draws, in that order, and the
embedded font must draw each of them as the font file does. So the words that `text_checks` compares
with the edition are the words on the paper, in any script. Reading back alone cannot prove that:
the text layer of a PDF cannot represent which Arabic or Devanagari letters were drawn.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING, Final, NamedTuple

from teachback.content.locale_formats import direction_of
from teachback.errors import COMPARE, Problem, TeachbackError
from teachback.files.stylesheets import font_faces, font_files
from teachback.pdf.drawn_text import read_drawn
from teachback.pdf.page_reader import unreadable_file
from teachback.pdf.text_direction import is_directed, needs_shaping
from teachback.pdf.text_matching import APART, Edges, Token
from teachback.pdf.word_shapes import (
    FEATURES,
    WordShaper,
    painted_words,
    same_shapes,
    script_parts,
    shaper_of,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from teachback.pdf.drawn_text import DrawnFile, DrawnFont, DrawnGlyph, DrawnLine
    from teachback.pdf.page_reader import Letter, ReadPage, TextRun
    from teachback.pdf.word_shapes import PaintedWord, ShapedGlyph
    from teachback.proofing.expected_text import Expected

# In type sizes: how much closer or further apart than shaped two glyphs of a word may be drawn.
# Styles may space letters a little (`page_layout.marred` refuses more), and the file rounds.
_CLOSER: Final = 0.07
_WIDER: Final = 0.14
# How much higher or lower they may be drawn: WeasyPrint writes heights 2 % too large.
_HIGHER: Final = 0.06
# In pt: rounding at the edge of a page.
_EDGE: Final = 1.0
# The tangent of the angle up to which a line counts as level.
_LEVEL: Final = 0.05
_MOST_PROBLEMS: Final = 8
# How far the feet of two pieces of one line may be apart, in type sizes.
_SAME_LINE: Final = 0.3
_WHOLE_WORDS: Final = "Make whole words strong: the letters of this script join within a word."
_OTHER_FONT: Final = (
    "Use other words, or a font that has a glyph for each of its letters. "
    "If that does not help, tell the makers of Teachback."
)


class ShapedText(NamedTuple):
    """The pages with words that their shapes prove, and the problems of those that they do not."""

    pages: tuple[ReadPage, ...]
    problems: tuple[Problem, ...]


class _Match(NamedTuple):
    """A glyph that is drawn as its word has it, with the letters that it stands for."""

    drawn: DrawnGlyph
    letters: str
    shaper: WordShaper


def shaped_text(
    data: bytes,
    html: str,
    pages: Sequence[ReadPage],
    expected: Expected,
    served: Mapping[str, Path],
) -> ShapedText:
    """Prove the words of a file by their shapes.

    The styles of its `html` name the fonts; `served` has their files. Where the text layer cannot
    represent some lines, the words of all lines are those that the shapes prove.
    """
    drawn = read_drawn(data)
    matches, problems = _compared(drawn, font_files(font_faces(html), served), expected)
    for line in drawn.lines:
        if line.has_actual_text and _is_outside(line, pages[line.page - 1]):
            problems.append(_problem(line, "is drawn outside the page", expected))
    for line, next_line in pairwise(drawn.lines):
        if _cuts_a_word(line, next_line):
            fault = f"is a word with a part in another style, '{next_line.words.strip()[:40]}'"
            problems.append(_problem(line, fault, expected)._replace(hint=_WHOLE_WORDS))
    if any(line.has_actual_text for line in drawn.lines):
        pages = tuple(_proved(drawn, pages, matches, expected))
    return ShapedText(tuple(pages), tuple(problems[:_MOST_PROBLEMS]))


def shaped_words(
    data: bytes, html: str, expected: Expected, served: Mapping[str, Path]
) -> Iterator[str]:
    """Yield the words of a file of cards, line by line, as their shapes prove them.

    What is no part of the text, such as a copy of a card, is left out. See `shaped_text`. Raises
    TeachbackError for a line that is drawn with other letters.
    """
    drawn = read_drawn(data, forms=False)
    _, problems = _compared(drawn, font_files(font_faces(html), served), expected)
    if problems:
        raise TeachbackError(*problems[:_MOST_PROBLEMS])
    yield from (line.words for line in drawn.lines if line.mark >= 0 and not line.artifact)


def _compared(
    drawn: DrawnFile, files: Sequence[Path], expected: Expected
) -> tuple[dict[int, tuple[_Match, ...]], list[Problem]]:
    """Compare what is drawn with the shapes of its words, line by line.

    Return the letters of each line with an /ActualText, by the line's identity, and the problems.
    """
    shapers, problems = _shapers(drawn, files)
    matches: dict[int, tuple[_Match, ...]] = {}
    checked: set[tuple[int, bytes]] = set()
    languages = tuple(dict.fromkeys((expected.language, *drawn.languages.values())))
    for line in drawn.lines:
        if any(font not in shapers for font, _, _ in line.parts):
            continue
        if line.has_actual_text:
            outcome = _actual_text_outcome(
                line, shapers, _language(line, drawn, expected), languages
            )
            if isinstance(outcome, str):
                problems.append(_problem(line, outcome, expected))
            else:
                matches[id(line)] = outcome
        else:
            fault = _read_as_drawn(line, shapers, languages, checked)
            if fault:
                problems.append(_problem(line, fault, expected))
    return matches, problems


def _problem(line: DrawnLine, fault: str, expected: Expected) -> Problem:
    words = line.words.strip()
    message = f"{expected.name}: '{words[:60]}' on page {line.page} {fault}"
    return Problem(message, _OTHER_FONT, expected.place_with(words) or expected.place)


def _shapers(
    drawn: DrawnFile, files: Sequence[Path]
) -> tuple[dict[DrawnFont, WordShaper], list[Problem]]:
    """Return a shaper for each font of the file: the font file whose glyphs it draws."""
    glyphs_of: dict[DrawnFont, set[int]] = {}
    for line in drawn.lines:
        for font, glyphs, _ in line.parts:
            glyphs_of.setdefault(font, set()).update(glyphs)
    shapers: dict[DrawnFont, WordShaper] = {}
    problems = []
    for font, drawn_glyphs in glyphs_of.items():
        embedded = WordShaper(font.program) if font.program else None
        file_shapers = (shaper_of(path) for path in files)
        same_shaper = next(
            (
                shaper
                for shaper in file_shapers
                if embedded and same_shapes(embedded, shaper, drawn_glyphs)
            ),
            None,
        )
        if same_shaper is not None:
            shapers[font] = same_shaper
        else:
            message = f"the letters of the font '{font.name}' are not those of any font of the page"
            problems.append(Problem(message, COMPARE))
    return shapers, problems


def _language(line: DrawnLine, drawn: DrawnFile, expected: Expected) -> str:
    return drawn.languages.get((line.page, line.mark), expected.language)


def _read_as_drawn(
    line: DrawnLine,
    shapers: Mapping[DrawnFont, WordShaper],
    languages: Sequence[str],
    checked: set[tuple[int, bytes]],
) -> str:
    """Return the fault of a line whose text layer reads other letters than it draws."""
    for font, glyphs, text in line.parts:
        shaper = shapers[font]
        start = 0
        letters: list[str] = []
        for position in range(len(glyphs) + 1):
            letter = font.read.get(glyphs[position], "\ufffd") if position < len(glyphs) else " "
            if not letter.isspace():
                letters.append(letter)
                continue
            if position > start:
                word_glyphs = glyphs[start:position]
                key = (id(font), word_glyphs.tobytes())
                if key not in checked and not _has_shape(
                    "".join(letters), word_glyphs, shaper, languages
                ):
                    return f"is drawn with other letters than '{''.join(letters)[:40]}'"
                checked.add(key)
            start, letters = position + 1, []
        if "\ufffd" in text:
            return "has letters that no text stands for"
    return ""


def _has_shape(
    word: str, glyphs: Sequence[int], shaper: WordShaper, languages: Sequence[str]
) -> bool:
    """Return whether a word, from left to right, has these glyphs."""
    drawn = [glyph for glyph in glyphs if shaper.outline(glyph)]
    return any(
        drawn == [glyph for part in shaped for glyph in part]
        for shaped in _shapes(word, shaper, languages)
    )


def _shapes(word: str, shaper: WordShaper, languages: Sequence[str]) -> Iterator[list[list[int]]]:
    for features in FEATURES:
        for language in languages:
            yield [
                [
                    shaped_glyph.glyph
                    for shaped_glyph in shaper.shape(part, language, rtl=False, features=features)
                    if shaper.outline(shaped_glyph.glyph)
                ]
                for part in script_parts(word)
            ]


def _actual_text_outcome(
    line: DrawnLine,
    shapers: Mapping[DrawnFont, WordShaper],
    language: str,
    languages: Sequence[str],
) -> tuple[_Match, ...] | str:
    """Return the glyphs of a line with the letters that they stand for, or its fault.

    The words are those of its /ActualText, in their order on paper.
    """
    rtl = direction_of(language) == "rtl"
    fault = ""
    try:
        orders = list(_orders(line.actual_text, rtl=rtl))
    except ValueError:
        return "holds marks of direction, so that the order of its words cannot be proved"
    if not orders:
        return "has numbers or words in an order that readers could turn round"
    for words in orders:
        for other_language in dict.fromkeys((language, *languages)):
            outcome = _matched(line, words, shapers, other_language)
            if not isinstance(outcome, str):
                return outcome
            fault = fault or outcome
    return fault


def _orders(text: str, *, rtl: bool) -> Iterator[tuple[PaintedWord, ...]]:
    """Yield the orders in which the words of a line may be painted.

    A phone number or a name in Latin letters may have a direction of its own in a line from right
    to left; its words then stand from left to right in either case.
    """
    words = tuple(painted_words(text, rtl=rtl))
    if not rtl or is_directed(text):
        yield words
        return
    left_to_right = tuple(painted_words(text, rtl=False))
    yield left_to_right
    if _spoken(words) == _spoken(left_to_right):
        yield words


def _spoken(words: Iterable[PaintedWord]) -> list[str]:
    return re.findall(r"\w+", " ".join(word.words for word in words))


def _matched(
    line: DrawnLine,
    words: Iterable[PaintedWord],
    shapers: Mapping[DrawnFont, WordShaper],
    language: str,
) -> tuple[_Match, ...] | str:
    drawn = [glyph for glyph in line.glyphs if shapers[glyph.font].outline(glyph.glyph)]
    matches: list[_Match] = []
    position = 0
    end: float | None = None
    for word in words:
        remaining, apart = word.words, word.apart
        while remaining:
            if position >= len(drawn):
                return f"is drawn without '{word.words[:40]}'"
            shaper = shapers[drawn[position].font]
            part, remaining = _of_font(remaining, shaper, rtl=word.rtl)
            shaped = shaper.shape(part, language, rtl=word.rtl)
            inked = [glyph for glyph in shaped if shaper.outline(glyph.glyph)]
            candidates = drawn[position : position + len(inked)]
            if [glyph.glyph for glyph in candidates] != [glyph.glyph for glyph in inked] or any(
                glyph.font is not drawn[position].font for glyph in candidates
            ):
                return f"is drawn with other letters than '{word.words[:40]}'"
            if not inked:
                continue
            if _is_moved(line, candidates, inked):
                return f"has letters of '{word.words[:40]}' in another place"
            start = _along(line, candidates[0]) - inked[0].x
            gap = None if end is None else start - end
            if gap is not None and not (gap >= APART if apart else -_CLOSER <= gap <= _WIDER):
                return f"has '{word.words[:40]}' too close to the word before it, or too far"
            end, apart = start + sum(glyph.advance for glyph in shaped), False
            matches += (
                _Match(drawn_glyph, _letters(part, glyph, shaped), shaper)
                for drawn_glyph, glyph in zip(candidates, inked, strict=True)
            )
            position += len(inked)
    if position < len(drawn):
        return "is drawn with more letters than it has"
    return tuple(matches)


def _of_font(word: str, shaper: WordShaper, *, rtl: bool) -> tuple[str, str]:
    """Cut from a word the part that a font has, on the left as it is painted; at least a letter."""
    letters = word[::-1] if rtl else word
    count = next(
        (index for index, letter in enumerate(letters) if not shaper.has(letter)), len(letters)
    )
    count = max(count, 1)
    cut = len(word) - count if rtl else count
    return (word[cut:], word[:cut]) if rtl else (word[:cut], word[cut:])


def _letters(word: str, glyph: ShapedGlyph, shaped: Sequence[ShapedGlyph]) -> str:
    end = min((other.letter for other in shaped if other.letter > glyph.letter), default=len(word))
    return word[glyph.letter : end]


def _is_moved(line: DrawnLine, drawn: Sequence[DrawnGlyph], shaped: Sequence[ShapedGlyph]) -> bool:
    """Return whether glyphs of a word stand elsewhere than shaping puts them."""
    pairs = list(zip(drawn, shaped, strict=True))
    if any(abs(glyph.rise - shaped_glyph.y) > _HIGHER for glyph, shaped_glyph in pairs):
        return True
    shifts = [_along(line, glyph) - shaped_glyph.x for glyph, shaped_glyph in pairs]
    return not all(-_CLOSER <= after - before <= _WIDER for before, after in pairwise(shifts))


def _along(line: DrawnLine, glyph: DrawnGlyph) -> float:
    """Return the place of a glyph along its line, in type sizes."""
    across, up, *_ = line.em
    return (glyph.x * across + glyph.y * up) / ((across * across + up * up) or 1.0)


def _cuts_a_word(line: DrawnLine, next_line: DrawnLine) -> bool:
    """Return whether a word goes on in another piece of its line, in letters that join.

    Each piece is set alone, so the letters on both sides of the cut do not join.
    """
    if line.page != next_line.page or not (line.has_actual_text and next_line.has_actual_text):
        return False
    ends = line.words[-1:] + next_line.words[:1]
    if not needs_shaping(ends) or not all(
        unicodedata.category(letter)[0] in "LM" for letter in ends
    ):
        return False
    left, right, height = _ends(line)
    next_left, next_right, next_height = _ends(next_line)
    size = max(line.em[3], next_line.em[3])
    gap = max(next_left - right, left - next_right)
    return abs(height - next_height) < _SAME_LINE * size and gap < APART * size


def _ends(line: DrawnLine) -> tuple[float, float, float]:
    """Return the left and the right end of a line and its height on the page, in pt."""
    first = line.glyphs[0]
    return (
        min(min(glyph.x, glyph.end_x) for glyph in line.glyphs),
        max(max(glyph.x, glyph.end_x) for glyph in line.glyphs),
        first.y - first.rise * line.em[3],
    )


def _is_outside(line: DrawnLine, page: ReadPage) -> bool:
    return any(
        not (
            min(glyph.x, glyph.end_x) >= -_EDGE
            and max(glyph.x, glyph.end_x) <= page.width + _EDGE
            and -_EDGE <= glyph.y <= page.height + _EDGE
        )
        for glyph in line.glyphs
    )


def _proved(
    drawn: DrawnFile,
    pages: Sequence[ReadPage],
    matches: Mapping[int, tuple[_Match, ...]],
    expected: Expected,
) -> Iterator[ReadPage]:
    """Yield the pages with the proved words in place of those that pdfium reads."""
    for number, page in enumerate(pages, start=1):
        lines = [line for line in drawn.lines if line.page == number and not line.inside]
        if sum(len(line.shown) for line in lines) != len(page.runs):
            raise TeachbackError(
                unreadable_file(f"page {number} has text that one reader does not see")
            )
        runs = []
        position = 0
        for line in lines:
            runs_of_line = page.runs[position : position + len(line.shown)]
            runs.append(_run(line, runs_of_line, matches.get(id(line))))
            position += len(runs_of_line)
        rtl = {line.mark: direction_of(_language(line, drawn, expected)) == "rtl" for line in lines}
        by_mark: dict[int, list[TextRun]] = {}
        for line, run in zip(lines, runs, strict=True):
            by_mark.setdefault(line.mark, []).append(run)
        tagged = tuple(
            Token(run.words, block, number, run.edges and run.edges.seen_from(rtl=rtl[mark]))
            for mark, block in page.marks.items()
            for run in by_mark.get(mark, ())
        )
        yield replace(page, runs=tuple(runs), tagged=tagged)


def _run(line: DrawnLine, runs: Sequence[TextRun], matches: Collection[_Match] | None) -> TextRun:
    """Return the runs of a line as one, with the letters that their shapes prove."""
    first = runs[0]
    if matches is None and len(runs) == 1 and line.words.split() == first.words.split():
        return first
    glyphs = (
        [glyph for glyph in line.glyphs if not glyph.font.read.get(glyph.glyph, "").isspace()]
        if matches is None
        else [match.drawn for match in matches]
    )
    across, up, _, height = line.em
    is_level = across > 0 and height > 0 and abs(up) < _LEVEL * across
    edges = (
        Edges(
            min(min(glyph.x, glyph.end_x) for glyph in glyphs),
            max(max(glyph.x, glyph.end_x) for glyph in glyphs),
            glyphs[0].y - glyphs[0].rise * height,
            first.size,
        )
        if is_level and glyphs
        else first.edges
    )
    letters = (
        tuple(_letter(match, line) for match in matches if not match.letters.isspace())
        if matches is not None
        else tuple(letter for run in runs for letter in run.letters)
    )
    return replace(
        first,
        words=line.words,
        bounds=(
            min(run.bounds[0] for run in runs),
            min(run.bounds[1] for run in runs),
            max(run.bounds[2] for run in runs),
            max(run.bounds[3] for run in runs),
        ),
        painted=all(run.painted for run in runs),
        upright=all(run.upright for run in runs),
        edges=edges,
        letters=letters,
    )


def _letter(match: _Match, line: DrawnLine) -> Letter:
    """Return the letters of a glyph, with the box around its ink."""
    a, b, c, d = line.em
    left, bottom, right, top = match.shaper.ink(match.drawn.glyph)
    corners = [
        (match.drawn.x + x * a + y * c, match.drawn.y + x * b + y * d)
        for x in (left, right)
        for y in (bottom, top)
    ]
    across, up = [x for x, _ in corners], [y for _, y in corners]
    return match.letters, (min(across), min(up), max(across), max(up))
