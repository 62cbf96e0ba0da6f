"""Find where in the handout's file each line on paper is written. Compare two versions. Pure.

Lines and texts are compared letter by letter, as in the proof of a page. So templates need not know
where a text comes from.
"""

from __future__ import annotations

from collections import Counter
from difflib import SequenceMatcher
from typing import TYPE_CHECKING, Final, NamedTuple

from teachback.pdf.text_matching import comparable_letters

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from teachback.pdf.page_layout import TextPlace

# So many letters of a line are searched in the file. A longer search might meet a placeholder or
# markup.
_MATCHED_LETTERS: Final = 12
# In the file, a text takes at most so many times its own letters.
_SOURCE_FACTOR: Final = 3


class PrintedText(NamedTuple):
    """A text that a reader gets, and the place in a file where it begins, counted from 1.

    A `repeated` text is printed on each page of its table.
    """

    words: str
    line: int
    column: int
    section: str = ""
    repeated: bool = False
    file: str = ""


class PaperLine(NamedTuple):
    """A line on paper: its page from 1, its box in mm, and the number of its text.

    `line` is the line of the file that has its first words.
    """

    page: int
    left: float
    top: float
    width: float
    height: float
    text: int
    line: int
    words: str


class Differences(NamedTuple):
    """The texts that are new or changed, by number, and those that are gone.

    A text that is gone has the number of the one that follows where it was.
    """

    changed: tuple[int, ...]
    gone: tuple[tuple[int, str], ...]


class _Letters(NamedTuple):
    """The letters and digits of several pieces of text, one after the other.

    For each letter, `begins` has whether a word begins there, and `pieces` the number of its piece.
    """

    text: str
    begins: tuple[bool, ...]
    pieces: tuple[int, ...]

    def places(self, letters: str, taken: bytearray) -> Iterator[int]:
        """Yield each index at which the letters are whole words and none of them is taken."""
        start = self.text.find(letters)
        while start >= 0:
            end = start + len(letters)
            whole = self.begins[start] and (end == len(self.text) or self.begins[end])
            if whole and not any(taken[start:end]):
                yield start
            start = self.text.find(letters, start + 1)


def paper_lines(
    boxes: Sequence[TextPlace],
    texts: Sequence[PrintedText],
    sources: Mapping[str, Sequence[str]],
) -> tuple[PaperLine, ...]:
    """Return the lines on paper that print one of the texts.

    `boxes` are in reading order, and `sources` are the lines of each file. Words that are not in
    the file, such as a clinic's name, have no line.
    """
    page = _letters([box.words for box in boxes])
    owners = _owners(page, texts)
    starts = [0] * len(boxes)
    owner_counts: list[Counter[int]] = [Counter() for _ in boxes]
    for index in reversed(range(len(page.text))):
        box_number, owner = page.pieces[index], owners[index]
        starts[box_number] = index
        if owner is not None:
            owner_counts[box_number][owner] += 1
    lines: list[PaperLine] = []
    open_line = False
    for box, counts, start in zip(boxes, owner_counts, starts, strict=True):
        only_signs = not any(map(str.isalnum, box.words))
        open_line = open_line and bool(counts or only_signs) and _continues(lines[-1], box)
        text = counts.most_common(1)[0][0] if counts else -1
        if open_line and (only_signs or text == lines[-1].text):
            lines[-1] = _joined(lines[-1], box)
        elif counts:
            first_letters = page.text[start : start + _MATCHED_LETTERS]
            source_line = _source_line(first_letters, texts[text], sources)
            edges = (box.left, box.top, box.width, box.height)
            lines.append(PaperLine(box.page, *edges, text, source_line, box.words.strip()))
            open_line = True
    return tuple(lines)


def differences(before: Sequence[str], after: Sequence[str]) -> Differences:
    """Return which of a reader's texts are new, changed or gone in the later of two versions."""
    changed: list[int] = []
    gone: list[tuple[int, str]] = []
    matcher = SequenceMatcher(None, before, after, autojunk=False)
    for _, old, old_end, new, new_end in matcher.get_opcodes():
        if before[old:old_end] == after[new:new_end]:
            continue
        changed += range(new, new_end)
        # Where texts were replaced, as many of them count as changed, and only the rest as gone.
        gone += [(new_end, words) for words in before[old + new_end - new : old_end]]
    return Differences(tuple(changed), tuple(gone))


def _letters(pieces: Sequence[str]) -> _Letters:
    letters: list[str] = []
    begins: list[bool] = []
    piece_numbers: list[int] = []
    for number, piece in enumerate(pieces):
        last = -2
        for letter, index in comparable_letters(piece):
            if letter.isalnum():
                letters.append(letter)
                begins.append(index > last + 1)
                piece_numbers.append(number)
                last = index
    return _Letters("".join(letters), tuple(begins), tuple(piece_numbers))


def _owners(page: _Letters, printed: Sequence[PrintedText]) -> list[int | None]:
    """Return for each letter of the pages the number of its text."""
    texts = [_letters([text.words]).text for text in printed]
    owners: list[int | None] = [None] * len(page.text)
    taken = bytearray(len(page.text))
    first_places: dict[int, int] = {}

    def take(number: int, start: int) -> None:
        end = start + len(texts[number])
        taken[start:end] = b"\1" * (end - start)
        owners[start:end] = [number] * (end - start)
        first_places.setdefault(number, start)

    # Long texts first: a short one may be a part of them.
    ordered = sorted((n for n, text in enumerate(texts) if text), key=lambda n: -len(texts[n]))
    equal_texts = Counter(texts)
    ambiguous: list[int] = []
    for number in ordered:
        places = list(page.places(texts[number], taken))
        if 0 < len(places) <= equal_texts[texts[number]]:
            take(number, places[0])
        elif places:
            ambiguous.append(number)
    # Of several places, take the one nearest to that of the nearest text in the file.
    for number in sorted(ambiguous):
        neighbour = min(first_places, key=lambda other: abs(other - number), default=number)
        place = first_places.get(neighbour, 0)
        best = min(
            page.places(texts[number], taken),
            key=lambda at: ((at > place) != (number > neighbour), abs(at - place)),
            default=None,
        )
        # Other texts may have taken all of its places meanwhile.
        if best is not None:
            take(number, best)
    for number in ambiguous:
        if printed[number].repeated:
            for start in page.places(texts[number], taken):
                take(number, start)
    return owners


def _continues(line: PaperLine, box: TextPlace) -> bool:
    """Return whether a box continues a line: at its height, and right beside it."""
    if line.page != box.page:
        return False
    middle = box.top + box.height / 2
    gap = max(box.left - line.left - line.width, line.left - box.left - box.width)
    return line.top < middle < line.top + line.height and gap < line.height


def _joined(line: PaperLine, box: TextPlace) -> PaperLine:
    left, top = min(line.left, box.left), min(line.top, box.top)
    right = max(line.left + line.width, box.left + box.width)
    bottom = max(line.top + line.height, box.top + box.height)
    added = box.words.strip()
    words = f"{line.words}{' ' if any(map(str.isalnum, added)) else ''}{added}"
    return line._replace(left=left, top=top, width=right - left, height=bottom - top, words=words)


def _source_line(
    first_letters: str, text: PrintedText, sources: Mapping[str, Sequence[str]]
) -> int:
    """Return the line of the file in which a line on paper begins, or else that of its text."""
    letters_left = _SOURCE_FACTOR * len(text.words) + _MATCHED_LETTERS
    searched: list[str] = []
    for line in sources.get(text.file, ())[text.line - 1 :]:
        searched.append(line if searched else line[text.column - 1 :])
        letters_left -= len(line)
        if letters_left < 0:
            break
    letters = _letters(searched)
    index = letters.text.find(first_letters)
    return text.line if index < 0 else text.line + letters.pieces[index]
