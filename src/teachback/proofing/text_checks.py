"""Compare the words of a printed file with those of its edition: what is lost, moved or added.

This is done for paper, for sheets of cards, and for a screen.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left
from dataclasses import replace
from itertools import islice, pairwise
from typing import TYPE_CHECKING, Final, NamedTuple

from teachback.errors import COMPARE, DesignHint, Problem
from teachback.files.page_resources import parse_page
from teachback.pdf.page_reader import screen_text
from teachback.pdf.text_matching import (
    APART,
    LINE_HYPHEN,
    SAME_LINE,
    MatchFault,
    Token,
    around,
    comparable,
    merges,
    misplaced,
    read_text,
    run_together,
    sought,
)
from teachback.proofing.expected_text import ExpectedSentence, comparison_key
from teachback.units import MM_PER_INCH, PT_PER_INCH

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from xml.etree.ElementTree import Element

    from teachback.pdf.page_reader import ReadPage
    from teachback.pdf.renderer import LaidOutDocument
    from teachback.pdf.text_matching import Edges, ReadText, SearchedSentence
    from teachback.proofing.expected_text import Expected

MOST_NAMED: Final = 12
# The most places of the same words that are tried, to find the one after the sentence before.
MOST_PLACES: Final = 40
# Things that are no part of the text must be further from it than this share of the type size: a
# space takes 0.25.
BESIDE: Final = 0.4
LEFT_OUT: Final = DesignHint(
    "A template or style of the clinic leaves it out. Compare it with the built-in one."
)
_MOVED: Final = DesignHint(
    "A template or style of the clinic moves it, removes the space, or breaks words "
    "(`hyphens`, `overflow-wrap`). Compare it with the built-in one."
)
_APART: Final = DesignHint("They would be read as one: move them apart in the template or style.")
_ADDED: Final = DesignHint(
    "Put words into the handout, content/clinic.yaml or content/words/, "
    "where they are checked: not into a template or a style."
)


def text_problems(tokens: Sequence[Token], expected: Expected) -> Iterator[Problem]:
    """Yield sentences that are lost or out of order, and text that the edition does not have.

    `tokens` are the words of a file in the order of its tags.
    """
    lost, added = _compared(read_text(tokens), expected)
    for part, is_elsewhere in lost[:MOST_NAMED]:
        kind = f"the red flag '{part.flag}'" if part.flag else "a sentence"
        fault = (
            "is in the wrong place"
            if is_elsewhere
            else f"is not on the {'card' if expected.card else 'page'}"
        )
        place = expected.place_of(part.words)
        hint = _MOVED if is_elsewhere else LEFT_OUT
        yield Problem(f"{expected.name}: {kind} {fault}: '{part.words.strip()[:60]}'", hint, place)
    if len(lost) > MOST_NAMED:
        message = (
            f"{expected.name}: {len(lost) - MOST_NAMED} more sentences are missing or in the "
            "wrong place"
        )
        yield Problem(message, COMPARE, expected.place)
    lost_parts = {part for part, _ in lost}
    yield from _recased(
        " ".join(token.words for token in tokens),
        [part for part in expected.sentences if part not in lost_parts],
        expected,
    )
    if not lost:
        # When a sentence is lost, the text in its place would only be reported twice.
        yield from list(dict.fromkeys(added))[:MOST_NAMED]


def _recased(
    read: str, sentences: Iterable[ExpectedSentence], expected: Expected
) -> Iterator[Problem]:
    """Yield sentences whose capitals differ from the source, as after a template's `|upper`."""
    text = _as_written(read)
    recased = [part for part in sentences if _as_written(part.words) not in text]
    for part in recased[:MOST_NAMED]:
        message = (
            f"{expected.name}: a sentence is printed with other capitals than it is written "
            f"with: '{part.words.strip()[:60]}'"
        )
        yield Problem(message, COMPARE, expected.place_of(part.words))


def _as_written(text: str) -> str:
    """Return the letters and digits of a text as they are written, without marks and blanks."""
    return re.sub(r"[\W_]+", "", unicodedata.normalize("NFKD", text))


def _compared(
    read: ReadText, expected: Expected
) -> tuple[list[tuple[ExpectedSentence, bool]], list[Problem]]:
    """Compare a text with the expected sentences, one by one.

    Return the sentences that are lost, each with whether it is elsewhere, and the problems of text
    that is added or moved.
    """
    allowed = _AllowedText.of(expected, read.text)
    end_before = 0
    flag_before = ""
    lost: list[tuple[ExpectedSentence, bool]] = []
    added: list[Problem] = []
    for part in (*expected.sentences, ExpectedSentence("")):
        sentence = sought(part.words)
        span = _find(
            read, end_before, sentence, part, allowed, near_flag=bool(part.flag or flag_before)
        )
        if span is None:
            lost.append((part, any(sentence.places(read.text))))
            continue
        start, end = span
        flag = part.flag or flag_before
        place = expected.place_of(part.words)
        foreign = allowed.foreign_text(read, end_before, start, part.number, near_flag=bool(flag))
        if foreign:
            where = f" beside the red flag '{flag}'" if flag else ""
            kind = "words" if any(map(str.isalpha, foreign)) else "numbers or signs"
            message = (
                f"{expected.name}: {kind} are added{where} that are not in the handout: "
                f"'{foreign[:60]}'"
            )
            added.append(Problem(message, _ADDED, place))
        faults = (
            *_touching(read, end_before, start),
            *run_together(read, start, sentence),
            *misplaced(read, start, end),
        )
        added += [
            Problem(f"{expected.name}: {fault.fault}: '{fault.words}'", _MOVED, place)
            for fault in faults
        ]
        end_before, flag_before = end, part.flag
    return lost, added


def _find(
    read: ReadText,
    start: int,
    sentence: SearchedSentence,
    part: ExpectedSentence,
    allowed: _AllowedText,
    *,
    near_flag: bool,
) -> tuple[int, int] | None:
    """Return the start and end of a sentence.

    That is its first place with only allowed text before it, or else its first place.
    """
    if not sentence.letters:
        return len(read.text), len(read.text)
    first = None
    for span in islice(sentence.places(read.text, start), MOST_PLACES):
        first = first or span
        if not allowed.foreign_text(read, start, span[0], part.number, near_flag=near_flag):
            return span
    return first


def _touching(read: ReadText, start: int, end: int) -> Iterator[MatchFault]:
    """Yield the letters in and around a gap between two sentences that touch foreign letters."""
    for index in range(max(start, 1), min(end + 1, len(read.text))):
        is_edge = index in {start, end} or read.token[index] != read.token[index - 1]
        if is_edge and not read.apart[index] and merges(read.text[index - 1], read.text[index]):
            yield MatchFault(around(read, index), "words run into each other")


class _AllowedText(NamedTuple):
    """The text that may be between the sentences.

    `words` are phrases and `numbers` are numbers; both need a block without a sentence. `beside`
    are words that may be right beside a sentence.
    """

    words: re.Pattern[str]
    numbers: re.Pattern[str]
    beside: re.Pattern[str]

    @classmethod
    def of(cls, expected: Expected, text: str) -> _AllowedText:
        """Sort the phrases of the templates that a text may hold by whether they hold letters."""
        letters = [phrase for phrase in expected.frame if any(map(str.isalpha, phrase))]
        numbers = [phrase for phrase in expected.frame if phrase not in letters]
        return cls(*(_any_of(phrases, text) for phrases in (letters, numbers, expected.beside)))

    def foreign_text(
        self, read: ReadText, start: int, end: int, number: str, *, near_flag: bool
    ) -> str:
        """Return what does not belong between two sentences; an empty text where all of it does.

        `number` is the next sentence's number in its list. A number of the templates, such as a
        phone number, may only be in a block without a sentence: elsewhere it could be taken for a
        number of the text.
        """
        text = read.text[start:end]
        if number and text.endswith((f"{number}.", f"{number})")):
            end -= len(number) + 1
            text = f"{read.text[:end]} "
        else:
            text = read.text
        while start < end:
            stop = start + 1
            while stop < end and read.block(stop) == read.block(start):
                stop += 1
            has_before = start > 0 and read.block(start - 1) == read.block(start)
            has_behind = stop < len(read.text) and read.block(stop) == read.block(stop - 1)
            inline = has_before or has_behind
            foreign = self._foreign(text, start, stop, inline=inline, near_flag=near_flag)
            if foreign:
                return foreign
            start = stop
        return ""

    def _foreign(self, text: str, start: int, stop: int, *, inline: bool, near_flag: bool) -> str:
        rest = (self.beside if near_flag or inline else self.words).sub(_WORDS, text[start:stop])
        if not near_flag and not inline:
            rest = self.numbers.sub(_NUMBER, rest)
        digit_before = text[max(start - 1, 0) : start].isdigit()
        digit_behind = text[stop : stop + 1].isdigit()
        shown = "".join(f" {sign} " if sign not in {_WORDS, _NUMBER} else " " for sign in rest)
        if not re.fullmatch(_SIGNS_BESIDE if inline else _SIGNS_ALONE, rest):
            return (
                " ".join(rest.translate({ord(_WORDS): " ", ord(_NUMBER): " "}).split())
                or shown.strip()
            )
        if inline and digit_behind and rest[-1:] in _BEFORE_NUMBERS:
            return rest[-1:]
        if inline and digit_before and rest[:1] in _BEHIND_NUMBERS:
            return rest[:1]
        return ""


def _any_of(phrases: Iterable[str], text: str) -> re.Pattern[str]:
    """Return a pattern for any of some phrases as `text` has them; the longest match wins.

    Phrases that are not in this text are left out, because it takes long to compile hundreds.
    """
    text_letters = _without_hyphens(text)
    phrases_there = sorted(
        {
            sought(phrase)
            for phrase in phrases
            if (letters := comparable(phrase)) and _without_hyphens(letters) in text_letters
        },
        key=lambda phrase: len(phrase.letters),
        reverse=True,
    )
    return re.compile("|".join(phrase.source for phrase in phrases_there) or "(?!)")


def _without_hyphens(text: str) -> str:
    return text.replace("-", "").replace(LINE_HYPHEN, "")


# Placeholders for known words and known numbers that were found in a text.
_WORDS: Final = "\ue000"
_NUMBER: Final = "\ue001"
# Signs without a meaning: a stop or a bullet, and brackets around words or a sentence. In a block
# without a sentence, dashes and bars may be between words.
_STOP: Final = "[:;.,\u00b7\u2022\u25e6\u25aa\u2023]?"
_SIGNS_BESIDE: Final = re.compile(rf"\)?{_STOP}(?:(?:{_WORDS}|\({_WORDS}+\)){_STOP})*\(?")
_SIGNS_ALONE: Final = re.compile(
    rf"{_STOP}(?:(?:[{_WORDS}{_NUMBER}]|\([{_WORDS}{_NUMBER}]+\)){_STOP}"
    f"(?:(?<={_WORDS})[-\u2013\u2014|/\u2192](?={_WORDS}))?)*"
)
# Next to a digit, these signs change the number: .5 is not 5, and 5/ is not 5.
_BEFORE_NUMBERS: Final = frozenset(".,;\u00b7(")
_BEHIND_NUMBERS: Final = frozenset("\u00b7(")


def _unknown_text(text: str, allowed: Iterable[str]) -> str:
    """Return the rest of a text without all known phrases; stops and bullets may remain."""
    rest = _any_of(allowed, text).sub(_WORDS, text)
    if re.fullmatch(_SIGNS_BESIDE, rest):
        return ""
    return " ".join(rest.replace(_WORDS, " ").split())


def unspoken_problems(pages: Sequence[ReadPage], expected: Expected) -> Iterator[Problem]:
    """Yield words, digits and signs that are visible but not read out, except those of the foot."""
    # The head of a table over several pages is painted on each, and read once.
    allowed = (*expected.frame, *(part.words for part in expected.sentences if part.repeated))
    pages_of_words: dict[str, list[int]] = {}
    for number, page in enumerate(pages, start=1):
        page_number = expected.page_words.format(page=number, pages=len(pages))
        text = comparable(" ".join(run.words for run in page.runs if run.artifact))
        unread = _unknown_text(text, (*allowed, page_number))
        if unread:
            pages_of_words.setdefault(unread, []).append(number)
    for unread, numbers in pages_of_words.items():
        kind = "words" if any(map(str.isalpha, unread)) else "numbers or signs"
        yield Problem(
            f"{pages_of(numbers)} shows {kind} that a screen reader would not read out: "
            f"'{unread[:60]}'",
            _ADDED,
        )


def touching_problems(pages: Sequence[ReadPage]) -> Iterator[Problem]:
    """Yield separate words that look like one.

    Words of two blocks of text, such as the cells of a table, may not touch. Words outside the
    text, such as those of a picture, may not be in a line of it, nor right beside a word.
    """
    for number, page in enumerate(pages, start=1):
        text = [token for token in page.tagged if token.edges and token.words.strip()]
        directions = {token.edges.from_right for token in text if token.edges}
        outsiders = [
            Token(run.words, -1, number, run.edges.seen_from(rtl=from_right))
            for run in page.runs
            for from_right in directions
            if (run.artifact or run.drawn) and run.edges
        ]
        tokens_beside = _found_by_height(text)
        touching = [
            (token, neighbour)
            for token in text
            for neighbour in tokens_beside(token)
            if token.block != neighbour.block and _touch(token, neighbour, APART)
        ]
        for outsider in outsiders:
            if any(map(_is_visible, outsider.words)):
                neighbours = tokens_beside(outsider)
                touching += [
                    (outsider, token)
                    for token in neighbours
                    if _touch(outsider, token, BESIDE) or _touch(token, outsider, BESIDE)
                ]
                touching += [
                    (outsider, token) for token in neighbours if _inside(outsider, token, text)
                ]
        for first, second in dict.fromkeys(touching):
            message = (
                f"'{first.words.strip()[:40]}' touches '{second.words.strip()[:40]}' "
                f"on page {number}"
            )
            yield Problem(message, _APART)


def _found_by_height(text: Sequence[Token]) -> Callable[[Token], list[Token]]:
    """Return a function that finds the tokens of a text that may be on a line with another one."""
    by_height = sorted(
        (token.edges.baseline, index) for index, token in enumerate(text) if token.edges
    )
    largest = max((token.edges.size for token in text if token.edges), default=0.0)

    def beside(token: Token) -> list[Token]:
        if token.edges is None:
            return []
        reach = SAME_LINE * max(largest, token.edges.size)
        first = bisect_left(by_height, (token.edges.baseline - reach, 0))
        last = bisect_left(by_height, (token.edges.baseline + reach, len(text)))
        indexes = sorted(index for _, index in by_height[first:last])
        return [text[index] for index in indexes if text[index] is not token]

    return beside


def _is_visible(character: str) -> bool:
    return not character.isspace() and character not in "\u2022\u25e6\u25aa"


def _touch(left: Token, right: Token, apart: float) -> bool:
    """Return whether two tokens on a line are closer than a share of their type size."""
    if left.edges is None or right.edges is None or not _on_one_line(left.edges, right.edges):
        return False
    size = max(left.edges.size, right.edges.size)
    gap = right.edges.left - left.edges.right
    if not -size < gap < apart * size:
        return False
    return apart > APART or merges(left.words.strip()[-1], right.words.strip()[0])


def _inside(inserted: Token, token: Token, text: Iterable[Token]) -> bool:
    """Return whether something is inserted in a line, between a token and another of its block."""
    if (
        inserted.edges is None
        or token.edges is None
        or not _on_one_line(inserted.edges, token.edges)
        or token.edges.right > inserted.edges.right
    ):
        return False
    return any(
        token_of_block.block == token.block
        and token_of_block.edges
        and _on_one_line(token_of_block.edges, token.edges)
        and token_of_block.edges.left >= inserted.edges.left
        for token_of_block in text
    )


def _on_one_line(first: Edges, second: Edges) -> bool:
    return first.from_right == second.from_right and abs(
        first.baseline - second.baseline
    ) < SAME_LINE * max(first.size, second.size)


def order_problems(pages: Sequence[ReadPage], expected: Expected) -> Iterator[Problem]:
    """Yield words that are read out after others, but are above or before them on the page.

    The next words may be on the right, as in the next column or cell, or below.
    """
    for number, page in enumerate(pages, start=1):
        text = [token for token in page.tagged if token.edges and token.words.strip()]
        for token, next_token in pairwise(text):
            if (
                token.block != next_token.block
                and token.edges
                and next_token.edges
                and _goes_back(token.edges, next_token.edges)
            ):
                message = (
                    f"on page {number}, '{next_token.words.strip()[:40]}' is printed before "
                    f"'{token.words.strip()[:40]}', but read out after it"
                )
                yield Problem(
                    message,
                    COMPARE,
                    expected.place_of(next_token.words),
                )


def _goes_back(edges: Edges, next_edges: Edges) -> bool:
    if edges.from_right != next_edges.from_right:
        return False
    if _on_one_line(edges, next_edges):
        return next_edges.right <= edges.left
    return (
        next_edges.baseline > edges.baseline
        and next_edges.left < edges.right
        and next_edges.right > edges.left
    )


def sheet_of_paper_problems(pages: Sequence[ReadPage], expected: Expected) -> Iterator[Problem]:
    """Yield pages whose size is not that of the paper they are printed on."""
    if expected.page_mm is None:
        return
    width, height = (length / MM_PER_INCH * PT_PER_INCH for length in expected.page_mm)
    allowed = ((width, height), *(((height, width),) if expected.across else ()))
    wrong = [
        number
        for number, page in enumerate(pages, start=1)
        if all(abs(page.width - wide) + abs(page.height - high) > 1 for wide, high in allowed)
    ]
    if wrong:
        size = " x ".join(
            f"{length / PT_PER_INCH * MM_PER_INCH:.0f}"
            for length in (pages[wrong[0] - 1].width, pages[wrong[0] - 1].height)
        )
        message = (
            f"{pages_of(wrong)}: {size} mm, but the paper is {expected.page_mm[0]:.0f} x "
            f"{expected.page_mm[1]:.0f} mm"
        )
        yield Problem(message, "Remove `size` from the clinic's @page.")


def metadata_problems(layout: LaidOutDocument, expected: Expected) -> Iterator[Problem]:
    """Yield a problem for a file with another title or another language than the text."""
    metadata = layout.document.metadata
    if comparison_key(metadata.title or "") != comparison_key(expected.title):
        yield Problem(
            f"the title of the file is '{(metadata.title or '')[:60]}', "
            f"but the title of the text is '{expected.title[:60]}'",
            COMPARE,
        )
    if (metadata.lang or "") != expected.language:
        yield Problem(
            f"the language of the file is '{metadata.lang}', but the text is written in "
            f"'{expected.language}'",
            COMPARE,
        )


def card_sheet_problems(
    sheet_words: Iterable[str], expected: Iterable[Expected], *, backs: bool
) -> Iterator[Problem]:
    """Yield sentences that cards on sheets have lost, on fronts only or on backs too.

    `read` are the words of the sheets. The cards themselves are proved before they are laid on
    them. A card is read out on its first sheet only, so the pages after that are not searched.
    """
    # In words without blanks, nobody knows what a hyphen separates. That was checked when the
    # cards were proved.
    missing = [
        (card, part, comparison_key(part.words).replace("-", ""))
        for card in expected
        for part in (card.sentences if backs else card.sentences[: card.back])
    ]
    text = ""
    for words in sheet_words:
        text += comparison_key(words).replace("-", "")
        if missing and missing[-1][2] in text:
            missing = [item for item in missing if item[2] not in text]
        if not missing:
            return
    for card, part, letters in missing:
        if letters not in text:
            kind = f"the red flag '{part.flag}'" if part.flag else "a sentence"
            message = f"{card.name}: {kind} is not on the sheet: '{part.words.strip()[:60]}'"
            yield Problem(message, COMPARE, card.place_of(part.words))


def screen_problems(html: str, expected: Expected) -> Iterator[Problem]:
    """Yield what a page for a screen lacks: sentences, edition code, draft or review line."""
    tokens = screen_text(html)
    sentences = expected.on_screen or expected.sentences
    screen_expected = replace(
        expected, sentences=tuple(part for part in sentences if not part.paper)
    )
    yield from text_problems(tokens, screen_expected)
    yield from _other_words(html, screen_expected)
    text = comparison_key(" ".join(token.words for token in tokens))
    for words in expected.each_page:
        if comparison_key(words) not in text:
            yield Problem(f"the page for a screen does not show '{words}'", LEFT_OUT)


def _other_words(html: str, expected: Expected) -> Iterator[Problem]:
    """Yield faults beside the text of a page for a screen.

    These are its title, headings that cells are labelled with, words for a screen reader, and
    struck-out text.
    """
    root = parse_page(html)
    title = root.find("head/title")
    shown_title = "" if title is None else "".join(title.itertext())
    if comparable(shown_title) != comparable(expected.title):
        yield Problem(
            f"the title of the page for a screen is '{shown_title.strip()[:60]}', "
            f"but the title of the text is '{expected.title[:60]}'",
            COMPARE,
        )
    columns = dict(_columns(root))
    for element in root.iter():
        column = element.get("data-column")
        if column is not None and comparable(column) != comparable(columns.get(element, "")):
            yield Problem(
                f"a cell is shown below '{column[:60]}', which is not the heading of its column",
                COMPARE,
            )
        if element.tag in {"del", "ins"}:
            message = f"the page for a screen shows text as struck out or added (<{element.tag}>)"
            yield Problem(message, COMPARE)
        if "unseen" in element.get("class", "").split() and not _is_frame(element, expected):
            words = " ".join("".join(element.itertext()).split())
            yield Problem(f"the page for a screen hides the words '{words[:60]}'", COMPARE)
        for words in filter(None, map(element.get, ("aria-label", "aria-description", "title"))):
            message = f"a screen reader would say '{words[:60]}' instead of what is shown"
            yield Problem(message, COMPARE)


def _columns(root: Element) -> Iterator[tuple[Element, str]]:
    """Yield the cells of tables, each with the heading of its column."""
    for table in root.iter("table"):
        headings = ["".join(head.itertext()) for head in table.findall("thead/tr/th")]
        for row in table.iter("tr"):
            yield from zip(row, headings, strict=False)


def _is_frame(element: Element, expected: Expected) -> bool:
    """Return whether an element holds words for a screen reader that templates may add."""
    return comparable("".join(element.itertext())) in {
        comparable(words) for words in expected.frame
    }


def page_problems(pages: Sequence[ReadPage], expected: Expected) -> Iterator[Problem]:
    """Yield pages that lack what each must show: the edition code, the draft or review line."""
    texts = [[run.words for run in page.runs] for page in pages]
    texts = [[words for text in texts for words in text]] if expected.card else texts
    for words in expected.each_page:
        shows = (comparison_key(words) in comparison_key(" ".join(text)) for text in texts)
        numbers_without = [number for number, is_shown in enumerate(shows, start=1) if not is_shown]
        if numbers_without:
            where = expected.name if expected.card else pages_of(numbers_without)
            yield Problem(f"{where} does not show '{words}'", LEFT_OUT)


def pages_of(numbers: Sequence[int]) -> str:
    """Return page numbers, each once and in order, as words of a sentence."""
    if len(numbers) == 1:
        return f"page {numbers[0]}"
    is_range = len(numbers) > 3 and numbers[-1] - numbers[0] == len(numbers) - 1  # noqa: PLR2004
    return "pages " + (
        f"{numbers[0]} to {numbers[-1]}" if is_range else ", ".join(map(str, numbers))
    )
