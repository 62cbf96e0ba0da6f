"""Find where each line on paper is written in the handout's file, and what two versions change. Pure.

Lines and texts are compared letter by letter, as when a page is proved, so that templates need not
know where a text comes from.
"""

from __future__ import annotations

from collections import Counter
from difflib import SequenceMatcher
from typing import TYPE_CHECKING, Final, NamedTuple

from teachback.pdf.text_matching import comparable_letters

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from teachback.pdf.page_layout import TextPlace

# How many letters of a line are looked for in the file: a placeholder or a mark may end the match.
_ENOUGH: Final = 12
# A text is written within so many times its own letters.
_WRITTEN: Final = 3


class PrintedText(NamedTuple):
    """A text that a reader gets, and where it begins in a file, counted from 1.

    A `repeated` text is printed on each page of its table.
    """

    words: str
    line: int
    column: int
    section: str = ""
    repeated: bool = False
    file: str = ""


class PaperLine(NamedTuple):
    """A line on paper: the page from 1, its box in mm, the number of its text, its line in the file.

    The line in the file is that of its first words, for a text of several lines.
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
    """The letters and digits of some words. `begins` tells for each whether a word begins there.

    `of` is the number of the words that each letter is from.
    """

    text: str
    begins: tuple[bool, ...]
    of: tuple[int, ...]

    def places(self, letters: str, taken: bytearray) -> Iterator[int]:
        """Yield where letters are as whole words, and not yet taken."""
        at = self.text.find(letters)
        while at >= 0:
            end = at + len(letters)
            whole = self.begins[at] and (end == len(self.text) or self.begins[end])
            if whole and not any(taken[at:end]):
                yield at
            at = self.text.find(letters, at + 1)


def paper_lines(
    boxes: Sequence[TextPlace],
    texts: Sequence[PrintedText],
    sources: Mapping[str, Sequence[str]],
) -> tuple[PaperLine, ...]:
    """Return the lines of boxes that print one of the texts; `sources` are the lines of each file.

    Boxes are in reading order. Words that are not in the file, such as a clinic's name, have no
    line.
    """
    page = _letters([box.words for box in boxes])
    owners = _owners(page, texts)
    begin = [0] * len(boxes)
    owned: list[Counter[int]] = [Counter() for _ in boxes]
    for at in reversed(range(len(page.of))):
        begin[page.of[at]] = at
        owner = owners[at]
        if owner is not None:
            owned[page.of[at]][owner] += 1
    lines: list[PaperLine] = []
    open_line = False
    for box, counts, at in zip(boxes, owned, begin, strict=True):
        signs = not any(map(str.isalnum, box.words))
        open_line = open_line and bool(counts or signs) and _beside(lines[-1], box)
        text = counts.most_common(1)[0][0] if counts else -1
        if open_line and (signs or text == lines[-1].text):
            lines[-1] = _joined(lines[-1], box)
        elif counts:
            written = _written_line(page.text[at : at + _ENOUGH], texts[text], sources)
            edges = (box.left, box.top, box.width, box.height)
            lines.append(PaperLine(box.page, *edges, text, written, box.words.strip()))
            open_line = True
    return tuple(lines)


def differences(before: Sequence[str], after: Sequence[str]) -> Differences:
    """Return what one version of a reader's texts has that the one before it has not."""
    changed: list[int] = []
    gone: list[tuple[int, str]] = []
    matcher = SequenceMatcher(None, before, after, autojunk=False)
    for _, old, old_end, new, new_end in matcher.get_opcodes():
        if before[old:old_end] == after[new:new_end]:
            continue
        changed += range(new, new_end)
        # As many as were written in their place have only changed.
        gone += [(new_end, words) for words in before[old + new_end - new : old_end]]
    return Differences(tuple(changed), tuple(gone))


def _letters(words: Sequence[str]) -> _Letters:
    text: list[str] = []
    begins: list[bool] = []
    of: list[int] = []
    for number, each in enumerate(words):
        last = -2
        for letter, index in comparable_letters(each):
            if letter.isalnum():
                text.append(letter)
                begins.append(index > last + 1)
                of.append(number)
                last = index
    return _Letters("".join(text), tuple(begins), tuple(of))


def _owners(page: _Letters, sources: Sequence[PrintedText]) -> list[int | None]:
    """Return the number of the text that each letter of the pages is from."""
    texts = [_letters([source.words]).text for source in sources]
    owners: list[int | None] = [None] * len(page.text)
    taken = bytearray(len(page.text))
    found: dict[int, int] = {}

    def take(number: int, at: int) -> None:
        end = at + len(texts[number])
        taken[at:end] = b"\1" * (end - at)
        owners[at:end] = [number] * (end - at)
        found.setdefault(number, at)

    # Long texts first: a short one may be a part of them.
    ordered = sorted((n for n, text in enumerate(texts) if text), key=lambda n: -len(texts[n]))
    same = Counter(texts)
    left: list[int] = []
    for number in ordered:
        places = list(page.places(texts[number], taken))
        if len(places) == 1 or 0 < len(places) <= same[texts[number]]:
            take(number, places[0])
        else:
            left += [number] if places else []
    # What is printed in several places is near what is written near it.
    for number in sorted(left):
        near = min(found, key=lambda other: abs(other - number), default=number)
        begin = found.get(near, 0)
        free = page.places(texts[number], taken)
        best = min(
            free, key=lambda at: ((at > begin) != (number > near), abs(at - begin)), default=None
        )
        # Other texts may have taken all of its words meanwhile.
        if best is not None:
            take(number, best)
    for number in left:
        if sources[number].repeated:
            for at in page.places(texts[number], taken):
                take(number, at)
    return owners


def _beside(line: PaperLine, box: TextPlace) -> bool:
    """Return whether a box goes on in a line: at its height, and right beside it."""
    if line.page != box.page:
        return False
    middle = box.top + box.height / 2
    apart = max(box.left - line.left - line.width, line.left - box.left - box.width)
    return line.top < middle < line.top + line.height and apart < line.height


def _joined(line: PaperLine, box: TextPlace) -> PaperLine:
    left, top = min(line.left, box.left), min(line.top, box.top)
    right = max(line.left + line.width, box.left + box.width)
    bottom = max(line.top + line.height, box.top + box.height)
    more = box.words.strip()
    words = f"{line.words}{' ' if any(map(str.isalnum, more)) else ''}{more}"
    return line._replace(left=left, top=top, width=right - left, height=bottom - top, words=words)


def _written_line(start: str, text: PrintedText, sources: Mapping[str, Sequence[str]]) -> int:
    """Return the line of the file in which a line on paper begins, or else that of its text."""
    room = _WRITTEN * len(text.words) + _ENOUGH
    rows: list[str] = []
    for row in sources.get(text.file, ())[text.line - 1 :]:
        rows.append(row[text.column - 1 :] if not rows else row)
        room -= len(row)
        if room < 0:
            break
    letters = _letters(rows)
    at = letters.text.find(start)
    return text.line if at < 0 else text.line + letters.of[at]
