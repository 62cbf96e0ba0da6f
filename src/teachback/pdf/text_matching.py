"""Match text that was read from a page against expected sentences, letter by letter. Pure.

White space may differ from the expected text, but separate words must stay separate. Capitals, and
hyphens at the end of a line, may differ too. Everything else must be the same, including digits and
signs.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple

from teachback.files.unprintable_characters import SOFT_HYPHEN

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

# Characters that print nothing: white space, soft hyphens, marks of direction and joiners.
_BLANK: Final = re.compile(r"[\s\u00ad\u200b-\u200f\u2060-\u2069\ufeff]")
# pdfium reports each hyphen at the end of a line, written or set by hyphenation, as U+0002.
LINE_HYPHEN: Final = "\u0002"
_HYPHENS: Final = {"\u2010": "-", "\u2011": "-", "\ufffe": LINE_HYPHEN}
# An address has no blanks, and may be longer than a line.
_ADDRESS: Final = re.compile(r"\S*[\w][./@:]\w\S*")
# Shares of the type size. A space takes 0.25; the lines of a text are more than 1 apart.
APART: Final = 0.1
SAME_LINE: Final = 0.75
RAISED: Final = 0.12
# Characters beside a fault that a message shows.
_SHOWN: Final = 24


class Edges(NamedTuple):
    """The place of a token, in pt: left of its first letter, right of its last, baseline, size.

    The sides are those of the letters' advances, which touch where no space is between two letters.
    With `from_right`, the page is seen in a mirror: then text that is read from right to left also
    goes to the right, and line by line down.
    """

    left: float
    right: float
    baseline: float
    size: float
    from_right: bool = False

    def seen_from(self, *, rtl: bool) -> Edges:
        """Return the place as it is for somebody who reads in this direction."""
        if rtl == self.from_right:
            return self
        return self._replace(left=-self.right, right=-self.left, from_right=rtl)


class Token(NamedTuple):
    """Text that was painted in one operation.

    `block` is the number of the block of text around it: a paragraph, a cell, a list item. `edges`
    is None where the place on the page is unknown: on a screen, and for text that is not upright.
    """

    words: str
    block: int
    page: int = 0
    edges: Edges | None = None


def comparable_letters(words: str) -> Iterator[tuple[str, int]]:
    """Yield each letter that is compared, in its comparable form, with its index in `words`."""
    before = ""
    for index, character in enumerate(words):
        for letter in _comparable_letter(character):
            if letter == "\u0307" and before == "i":
                continue
            before = letter
            yield letter, index


@lru_cache(maxsize=1024)
def _comparable_letter(character: str) -> str:
    """Return the comparable form of a character, or "" for a blank."""
    if _BLANK.match(character):
        return ""
    # The Turkish dotless i and the lower case of its dotted capital become a plain i.
    letters = unicodedata.normalize("NFD", character.casefold()).replace("\u0131", "i")
    return "".join(_HYPHENS.get(letter, letter) for letter in letters)


def comparable(words: str) -> str:
    """Return a text in its comparable form: without blanks, decomposed, in lower case."""
    return "".join(letter for letter, _ in comparable_letters(words))


class ReadText(NamedTuple):
    """The letters of some tokens, in order, each with its token and whether it stands apart.

    A letter stands apart when a visible gap or the end of a line is between it and the letter
    before.
    """

    text: str
    token: tuple[int, ...]
    apart: tuple[bool, ...]
    tokens: tuple[Token, ...]

    def block(self, at: int) -> int:
        """Return the number of the block of the letter at an index."""
        return self.tokens[self.token[at]].block

    def same_line(self, first: int, second: int) -> bool:
        """Return whether two letters are on one line, as far as their places are known."""
        return _on_one_line(self.tokens[self.token[first]], self.tokens[self.token[second]])


def read_text(tokens: Sequence[Token]) -> ReadText:
    """Join tokens into one text that can be searched."""
    letters: list[str] = []
    owners: list[int] = []
    apart: list[bool] = []
    last: int | None = None
    # On a screen, a blank between two elements separates them. On paper, only their places do.
    blank = False
    for number, token in enumerate(tokens):
        before = -1
        for letter, index in comparable_letters(token.words):
            if before >= 0 or last is None:
                gap = last is None or (
                    index > before + 1 and _blank_between(token.words, before, index)
                )
            else:
                gap = _stand_apart(tokens[last], token, index, blank=blank)
            letters.append(letter)
            owners.append(number)
            apart.append(gap)
            before, last, blank = index, number, False
        blank = blank or (before < 0 and bool(token.words))
    return ReadText("".join(letters), tuple(owners), tuple(apart), tuple(tokens))


def _blank_between(words: str, before: int, index: int) -> bool:
    return any(character.isspace() for character in words[before + 1 : index])


def _stand_apart(token: Token, following: Token, index: int, *, blank: bool) -> bool:
    """Return whether a gap is visible between a token and the next."""
    if token.page != following.page:
        return True
    if token.edges is None or following.edges is None:
        blank = (
            blank
            or token.words[-1:].isspace()
            or any(character.isspace() for character in following.words[:index])
        )
        return blank or token.block != following.block
    if not _on_one_line(token, following):
        return True
    gap = following.edges.left - token.edges.right
    # `misplaced` reports a token further to the left.
    return (
        gap >= APART * min(token.edges.size, following.edges.size)
        or following.edges.right <= token.edges.left
    )


def _on_one_line(token: Token, following: Token) -> bool:
    if token.page != following.page:
        return False
    if token.edges is None or following.edges is None:
        return True
    return token.edges.from_right == following.edges.from_right and abs(
        token.edges.baseline - following.edges.baseline
    ) < SAME_LINE * max(token.edges.size, following.edges.size)


class SearchedSentence(NamedTuple):
    """A sentence to find: its letters, which of them follow a blank, and the search pattern.

    `inside` is whether a letter follows another one of the same word, where no line may end.
    """

    letters: str
    blank: tuple[bool, ...]
    inside: tuple[bool, ...]
    source: str

    @property
    def pattern(self) -> re.Pattern[str]:
        """The pattern, which also finds words that are hyphenated at the end of a line."""
        return re.compile(self.source)

    def places(self, text: str, start: int = 0) -> Iterator[tuple[int, int]]:
        """Yield the start and end of each place of the sentence, from `start` on."""
        while self.letters and (at := text.find(self.letters, start)) >= 0:
            end = at + len(self.letters)
            if text.find(LINE_HYPHEN, start, end + len(self.letters)) >= 0:
                break
            # Compiling the pattern takes longer than all else, and few lines end in a hyphen.
            yield at, end
            start = end
        else:
            if text.find(LINE_HYPHEN, start) < 0:
                return
        for match in self.pattern.finditer(text, start):
            yield match.span()


@lru_cache(maxsize=4096)
def sought(words: str) -> SearchedSentence:
    """Prepare a sentence for the search."""
    letters: list[str] = []
    blank: list[bool] = []
    inside: list[bool] = []
    pieces: list[str] = []
    before = -1
    addresses = [found.span() for found in _ADDRESS.finditer(words)]
    for letter, index in comparable_letters(words):
        gap = before >= 0 and index > before + 1 and _blank_between(words, before, index)
        if before >= 0 and not gap and letters[-1].isalpha() and letter.isalpha():
            # A word may be hyphenated at the end of a line.
            pieces.append(f"{LINE_HYPHEN}?")
        pieces.append(f"[-{LINE_HYPHEN}]" if letter == "-" else re.escape(letter))
        inside.append(
            before >= 0
            and not gap
            and SOFT_HYPHEN not in words[before + 1 : index]
            and _in_word(letters[-1], letter)
            and not any(start < index < end for start, end in addresses)
        )
        letters.append(letter)
        blank.append(gap)
        before = index
    return SearchedSentence("".join(letters), tuple(blank), tuple(inside), "".join(pieces))


class MatchFault(NamedTuple):
    """A fault in the places of letters: a few words of the text, and a description of the fault."""

    words: str
    fault: str


def run_together(read: ReadText, start: int, sentence: SearchedSentence) -> Iterator[MatchFault]:
    """Yield where a sentence that was found at `start` has lost a blank, or has a broken number."""
    at = start
    previous = -1
    for index, letter in enumerate(sentence.letters):
        while read.text[at] == LINE_HYPHEN and letter != "-":
            at += 1
        if previous >= 0:
            before = sentence.letters[index - 1]
            same_line = read.same_line(previous, at)
            if sentence.inside[index] and not same_line:
                yield MatchFault(around(read, at), "a word is broken over two lines")
            if sentence.blank[index] and not read.apart[at] and merges(before, letter):
                yield MatchFault(around(read, at), "words run into each other")
            if not sentence.blank[index] and _in_number(before, letter) and not same_line:
                yield MatchFault(around(read, at), "a number is broken over two lines")
            elif not sentence.blank[index] and _in_number(before, letter) and read.apart[at]:
                yield MatchFault(around(read, at), "there are gaps between the digits of a number")
        previous = at
        at += 1


def misplaced(read: ReadText, start: int, end: int) -> Iterator[MatchFault]:
    """Yield where a sentence is not painted left to right, line by line, or a number is raised."""
    for at in range(start + 1, end):
        token, following = read.tokens[read.token[at - 1]], read.tokens[read.token[at]]
        if (
            token is following
            or token.page != following.page
            or token.edges is None
            or following.edges is None
        ):
            continue
        if token.edges.from_right != following.edges.from_right:
            continue
        size = max(token.edges.size, following.edges.size)
        lower = token.edges.baseline - following.edges.baseline
        if abs(lower) < SAME_LINE * size:
            if following.edges.left < token.edges.right - APART * size:
                yield MatchFault(around(read, at), "words are in the wrong order on the line")
            elif abs(lower) > RAISED * size and (
                read.text[at - 1].isdigit() or read.text[at].isdigit()
            ):
                yield MatchFault(around(read, at), "a number is raised or lowered")
        elif lower < 0 and following.edges.left < token.edges.left:
            # The top of the next column is higher, and further to the right.
            yield MatchFault(around(read, at), "words are moved above the line that they continue")


def around(read: ReadText, at: int) -> str:
    """Return some words around a letter, for a message."""
    first, last = read.token[max(0, at - 1)], read.token[at]
    if first == last:
        place = at - read.token.index(first)
        words = read.tokens[first].words[max(0, place - _SHOWN) : place + _SHOWN]
        return " ".join(words.split())
    return " ".join(
        (
            f"{read.tokens[first].words.strip()[-_SHOWN:]}|"
            f"{read.tokens[last].words.strip()[:_SHOWN]}"
        ).split()
    )


def merges(before: str, after: str) -> bool:
    """Return whether two adjacent letters could be read as one word or number."""
    return (before.isalnum() or before in _JOINING) and (after.isalnum() or after in _LEADING)


# Signs that change what touches them, on their right or on their left.
_JOINING: Final = frozenset(
    ".,:;/-+\u2212\u2013\u2014\u00b1~<>=\u2264\u2265\u00d7*^_#$\u20ac\u00a3%\u00b0\u00b7'\u2019\"|"
)
_LEADING: Final = frozenset(
    "/-+\u2212\u2013\u2014\u00b1~<>=\u2264\u2265\u00d7*^_#$\u20ac\u00a3%\u00b0\u00b7|"
)


def _in_word(before: str, after: str) -> bool:
    """Return whether two letters are in lower case, so of a script with blanks between words."""
    return after.islower() and (before.islower() or unicodedata.combining(before) > 0)


def _in_number(before: str, after: str) -> bool:
    return (before.isdigit() and (after.isdigit() or after in ".,")) or (
        before in ".," and after.isdigit()
    )
