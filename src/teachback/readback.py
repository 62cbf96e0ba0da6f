"""The words of a printed file against those of the edition: what is lost, moved, or added; on paper, on sheets of cards, on a screen."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from teachback.errors import Problem
from teachback.html import RTL
from teachback.reading import read_words, screen_words
from teachback.said import Said, squeezed
from teachback.units import MM_PER_INCH, PT_PER_INCH

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from teachback.pdf import Laid
    from teachback.reading import ReadPage
    from teachback.said import Expected

MOST_NAMED: Final = 12
COMPARE: Final = "Compare the clinic's own templates and styles with the built-in ones."
LEFT_OUT: Final = "A template or style of the clinic leaves it out. Compare it with the built-in one."
_ADDED: Final = "Put words into the handout, content/clinic.yaml or content/words/, where they are checked: not into a template or a style."


def said_problems(read: Sequence[str], expected: Expected) -> Iterator[Problem]:
    """Find the sentences that are not read back, or not in their turn. `read` are the words of a file in the order of its tags."""
    if expected.language.partition("-")[0] in RTL:
        lost = [(part, False) for part in expected.said if not _has_words(part.words, read)]
        added: list[Problem] = []
    else:
        lost, added = _compared(squeezed(" ".join(read)), expected)
    for part, elsewhere in lost[:MOST_NAMED]:
        what = f"the red flag '{part.flag}'" if part.flag else "a sentence"
        fault = "is not in its turn" if elsewhere else f"is not on the {'card' if expected.card else 'page'}"
        place = expected.places.get(squeezed(part.words), expected.place)
        hint = f"A template or style of the clinic {'moves it' if elsewhere else 'leaves it out'}. Compare it with the built-in one."
        yield Problem(f"{expected.name}: {what} {fault}: '{part.words.strip()[:60]}'", hint, place)
    if len(lost) > MOST_NAMED:
        yield Problem(f"{expected.name}: {len(lost) - MOST_NAMED} more sentences are not read back", COMPARE, expected.place)
    yield from _recased(read, [part for part in expected.said if part not in {one for one, _ in lost}], expected)
    if not lost:
        # With a sentence gone, what stands in its place would only be named twice.
        yield from list(added)[:MOST_NAMED]


def _recased(read: Sequence[str], said: Iterable[Said], expected: Expected) -> Iterator[Problem]:
    """Find sentences that are printed with other capitals than they are written with, as by a template's `|upper`."""
    text = _as_written(" ".join(read))
    wrong = [part for part in said if _as_written(part.words) not in text]
    for part in wrong[:MOST_NAMED] if expected.language.partition("-")[0] not in RTL else ():
        message = f"{expected.name}: a sentence is printed with other capitals than it is written with: '{part.words.strip()[:60]}'"
        yield Problem(message, COMPARE, expected.places.get(squeezed(part.words), expected.place))


def _as_written(text: str) -> str:
    """Return the letters and digits of a text as they are written, without what a page may set between them."""
    return re.sub(r"[\W_]+", "", unicodedata.normalize("NFKC", text))


def _compared(text: str, expected: Expected) -> tuple[list[tuple[Said, bool]], list[Problem]]:
    """Go through a text sentence by sentence: give those that are lost (and whether they stand elsewhere), and words that were added."""
    at = 0
    before = ""
    lost: list[tuple[Said, bool]] = []
    added: list[Problem] = []
    for part in (*expected.said, Said("")):
        words = squeezed(part.words)
        found = text.find(words, at) if words else len(text)
        if found < 0:
            lost.append((part, words in text))
            continue
        flag = part.flag or before
        stranger = _stranger(text[at:found], expected.beside if flag else expected.frame)
        if stranger:
            where = f" beside the red flag '{flag}'" if flag else ""
            message = f"{expected.name}: words are added{where} that are not the handout's: '{stranger[:60]}'"
            added.append(Problem(message, _ADDED, expected.places.get(words, expected.place)))
        at, before = found + len(words), part.flag
    return lost, added


def _stranger(gap: str, known: Iterable[str]) -> str:
    """Give what is left of the words between two sentences when all that may stand there is taken out; signs and digits may."""
    left = gap
    for words in known:
        left = left.replace(words, " ")
    return " ".join(left.split()) if any(character.isalpha() for character in left) else ""


def _has_words(said: str, read: Iterable[str]) -> bool:
    """Say whether all words of a text from right to left are read, in whatever order: pdfium gives its letters as they are painted."""
    there = {word for text in read for word in _letters(text)}
    return all(word in there for word in _letters(said))


def _letters(text: str) -> Iterator[str]:
    """Give each word as its letters in order, so that it does not matter from which side, or in which pairs, they were read."""
    for word in re.findall(r"\w+", unicodedata.normalize("NFKC", text).casefold()):
        yield "".join(sorted(word))


def stranger_problems(pages: Sequence[ReadPage], expected: Expected) -> Iterator[Problem]:
    """Find words that the eye sees and no screen reader says, other than those of the foot."""
    if expected.language.partition("-")[0] in RTL:
        return
    # The head of a table that goes over pages is painted again, and read once.
    known = sorted({*expected.frame, *(squeezed(part.words) for part in expected.said)} - {""}, key=len, reverse=True)
    found: dict[str, list[int]] = {}
    for number, read in enumerate(pages, start=1):
        text = squeezed(" ".join(run.words for run in read.runs if run.artifact))
        stranger = _stranger(text, known)
        if stranger:
            found.setdefault(stranger, []).append(number)
    for stranger, numbers in found.items():
        yield Problem(f"{pages_of(numbers)} shows words that no screen reader says: '{stranger[:60]}'", _ADDED)


def sheet_of_paper_problems(pages: Sequence[ReadPage], expected: Expected) -> Iterator[Problem]:
    """Find pages that are not as large as the paper they are printed on."""
    if expected.page_mm is None:
        return
    wanted = tuple(length / MM_PER_INCH * PT_PER_INCH for length in expected.page_mm)
    wrong = [number for number, read in enumerate(pages, start=1) if abs(read.width - wanted[0]) + abs(read.height - wanted[1]) > 1]
    if wrong:
        size = " x ".join(f"{length / PT_PER_INCH * MM_PER_INCH:.0f}" for length in (pages[wrong[0] - 1].width, pages[wrong[0] - 1].height))
        message = f"{pages_of(wrong)} is {size} mm, and the paper is {expected.page_mm[0]:.0f} x {expected.page_mm[1]:.0f} mm"
        yield Problem(message, "Take `size` out of the clinic's @page.")


def name_problems(laid: Laid, expected: Expected) -> Iterator[Problem]:
    """Find files that call themselves by another title, or would be read out in another language."""
    named = laid.document.metadata
    if squeezed(named.title or "") != squeezed(expected.title):
        yield Problem(f"the file is called '{(named.title or '')[:60]}', and the text '{expected.title[:60]}'", COMPARE)
    if (named.lang or "") != expected.language:
        yield Problem(f"the file would be read out as '{named.lang}', and the text is written in '{expected.language}'", COMPARE)


def sheet_problems(data: bytes, expected: Iterable[Expected], *, backs: bool) -> Iterator[Problem]:
    """Find what cards on sheets do not say, fronts only or backs too; the cards themselves are proved before they are dealt out.

    A card is read out on the first sheet where it is, so the pages behind that one are not looked at.
    """
    # Piece by piece it cannot be seen what a hyphen stands between; that was looked at when the cards were proved.
    wanted = [
        (card, part, squeezed(part.words).replace("-", ""))
        for card in expected
        for part in (card.said if backs else card.said[: card.back])
    ]
    text = ""
    for words in read_words(data):
        text += squeezed(words).replace("-", "")
        if wanted and wanted[-1][2] in text:
            wanted = [item for item in wanted if item[2] not in text]
        if not wanted:
            return
    for card, part, sought in wanted:
        if sought not in text:
            what = f"the red flag '{part.flag}'" if part.flag else "a sentence"
            message = f"{card.name}: {what} is not on the sheet: '{part.words.strip()[:60]}'"
            yield Problem(message, COMPARE, card.places.get(squeezed(part.words), card.place))


def screen_problems(html: str, expected: Expected) -> Iterator[Problem]:
    """Find what a page for a screen leaves out: sentences, the edition code, that the text is a draft or who reviewed it."""
    words = screen_words(html)
    yield from said_problems(words, replace(expected, said=tuple(part for part in expected.said if not part.paper)))
    text = squeezed(" ".join(words))
    for shown_words in expected.each_page:
        if squeezed(shown_words) not in text:
            yield Problem(f"the page for a screen does not show '{shown_words}'", LEFT_OUT)


def page_problems(pages: Sequence[ReadPage], expected: Expected) -> Iterator[Problem]:
    """Find pages that do not show what each must show: the edition code, and that the text is a draft or who reviewed it."""
    texts = [squeezed(" ".join(run.words for run in read.runs)) for read in pages]
    texts = ["".join(texts)] if expected.card else texts
    for words in expected.each_page:
        without = [number for number, text in enumerate(texts, start=1) if squeezed(words) not in text]
        if without:
            where = expected.name if expected.card else pages_of(without)
            yield Problem(f"{where} does not show '{words}'", LEFT_OUT)


def pages_of(numbers: Sequence[int]) -> str:
    """Name pages by their numbers, as a sentence has them."""
    if len(numbers) == 1:
        return f"page {numbers[0]}"
    return "pages " + (", ".join(map(str, numbers)) if len(numbers) < 4 else f"{numbers[0]} to {numbers[-1]}")  # noqa: PLR2004 -- a line's worth
