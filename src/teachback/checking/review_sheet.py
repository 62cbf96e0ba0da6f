"""Gather the contents of the review sheet that people sign. Pure.

In: a checked handout. Out: the findings, the questions that only people can answer, one reader's
text with line numbers, and where the texts of the others differ from it. The sheet holds no
verdict: findings are listed beside the accepted ones, and the rest are questions.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import groupby
from textwrap import shorten
from typing import TYPE_CHECKING, Final

from teachback.checking.cross_audience import short_pairs
from teachback.checking.plain_language import lengths_and_headings
from teachback.checking.plain_language.pemat_cdc_questions import self_check
from teachback.checking.plain_language.reading_grade import FORMULAS, SMOG_ABOVE, graded, target_of
from teachback.content.handout import sources_of
from teachback.content.inline_markup import Span, parse_marks
from teachback.content.loader import approval_mark
from teachback.editions.comparison import Comparison, compare, pieces, reading_order
from teachback.editions.passages import Role
from teachback.editions.version_changes import changes

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Iterator, Mapping

    from teachback.archive.previous_approval import Search
    from teachback.checking.blocking_rules import AcceptedFinding
    from teachback.checking.checker import CheckedHandout
    from teachback.checking.cross_audience import ShortPair
    from teachback.checking.plain_language.pemat_cdc_questions import SelfCheckQuestion
    from teachback.checking.plain_language.reading_grade import Grade, Graded
    from teachback.checking.plain_language.word_lists import Vocabulary
    from teachback.checking.rule import ReaderText
    from teachback.content.handout import Handout
    from teachback.content.handout_loader import LoadedHandout
    from teachback.content.inline_markup import Line
    from teachback.content.printed_words import Words
    from teachback.content.sources import Source
    from teachback.content.workspace_content import WorkspaceContent
    from teachback.editions.comparison import Change, Piece
    from teachback.errors import Location, Problem

# The label before a passage that is not running text.
NAMES: Final = {
    Role.TITLE: "Title", Role.MESSAGE: "Message", Role.SHORT: "On the card", Role.WHY: "Why",
    Role.CARD: "On the card", Role.COLUMN: "Column", Role.CAPTION: "Caption", Role.ALT: "Picture",
    Role.MYTH: "Myth", Role.VERDICT: "Verdict", Role.LABEL: "To fill in", Role.QUOTE: "Quote",
}  # fmt: skip


@dataclass(frozen=True)
class Numbered:
    """A problem with its number on the sheet."""

    number: str
    problem: Problem


@dataclass(frozen=True)
class AcceptedOne:
    """An accepted finding with its number and the place of its words."""

    number: str
    waived: AcceptedFinding
    place: Location


@dataclass(frozen=True)
class TextLine:
    """One piece of an edition, with its line in the file and the numbers of its findings.

    The cells of a row of a table are one piece. `name` is its label, or empty where the layout
    shows what it is. `spans` are its words with marks.
    """

    line: int
    name: str
    role: str
    text: str
    spans: Line
    numbers: tuple[str, ...]


@dataclass(frozen=True)
class Score:
    """A grade and its target.

    The target is the handout's own for Flesch-Kincaid, three grades more for SMOG, None for
    FORCAST.
    """

    grade: Grade
    target: int | None


@dataclass(frozen=True)
class EditionReport:
    """One edition: its reader, its text by heading, its grades, and the fingerprint of its text.

    Grades are those of the whole edition (`scores`) and of its sections.
    """

    audience: str
    name: str
    mark: str
    words: int
    target: int
    scores: tuple[Score, ...]
    sections: tuple[Graded, ...]
    text: tuple[tuple[str, tuple[TextLine, ...]], ...]


@dataclass(frozen=True)
class Difference:
    """The text that a reader gets in place of the text that is shown whole, or beside it.

    `line` is its line in the file, and `runs` are its words; a run with the mark + is new. `what`
    says what it is, and the line of the text shown whole that it replaces.
    """

    line: int
    what: str
    runs: tuple[tuple[str, str], ...]
    numbers: tuple[str, ...]


@dataclass(frozen=True)
class OtherReader:
    """How a reader's text differs from the one that is shown whole, by heading.

    Each heading has what this reader gets instead, and the lines that this reader does not get,
    with their first words.
    """

    audience: str
    name: str
    parts: tuple[tuple[str, tuple[Difference, ...], tuple[tuple[int, str], ...]], ...]


@dataclass(frozen=True)
class Question:
    """A question of the self-check, the audiences it concerns, and the lines to look at."""

    asked: SelfCheckQuestion
    audiences: tuple[str, ...]
    lines: tuple[int, ...]


@dataclass(frozen=True)
class ChangesSinceApproval:
    """Changes for a reader since the last approval; `changes` is None if no approval was found.

    `same` is true if the fingerprint equals the approved one. If it is false and there are no
    changes, the difference is not in the words.
    """

    audience: str
    where: str = ""
    reviewer: str = ""
    reviewed: str = ""
    changes: tuple[Change, ...] | None = None
    same: bool = False


@dataclass(frozen=True)
class OmittedFlag:
    """A red flag that a reader does not get, with the reason if the file gives one."""

    line: int
    audience: str
    text: str
    reason: str


@dataclass(frozen=True)
class UsedSource:
    """A source, its id, and the lines of the statements that name it."""

    id: str
    source: Source
    lines: tuple[int, ...]


@dataclass(frozen=True)
class HandoutReport:
    """The part of a report about one handout.

    `whole` is the audience whose text is shown whole, and with which the others are compared.
    """

    stem: str
    file: str
    title: str
    language: str
    authored: LoadedHandout
    findings: tuple[Numbered, ...]
    accepted: tuple[AcceptedOne, ...]
    editions: tuple[EditionReport, ...]
    questions: tuple[Question, ...]
    whole: str
    comparisons: tuple[Comparison, ...]
    others: tuple[OtherReader, ...]
    pairs: tuple[ShortPair, ...]
    since: tuple[ChangesSinceApproval, ...]
    silent: tuple[OmittedFlag, ...]
    looked: str
    sources: tuple[UsedSource, ...]

    def count(self, severity: str) -> int:
        """Return the number of open findings of a severity."""
        return sum(str(one.problem.severity) == severity for one in self.findings)


def make_sheet(
    checked: CheckedHandout,
    shared: WorkspaceContent,
    vocabulary: Vocabulary,
    search: Search,
    picture: Callable[[str], str],
) -> HandoutReport:
    """Return the report of one handout that could be read.

    `picture` returns the hash of a picture by its name, as for an approval.
    """
    authored = checked.authored
    assert authored is not None  # noqa: S101 -- the caller has checked this
    handout, locate = authored.handout, authored.file.locate
    findings = tuple(
        Numbered(f"F{number}", problem) for number, problem in enumerate(checked.problems, start=1)
    )
    accepted = tuple(
        AcceptedOne(f"A{number}", waived, locate(waived.finding.passage.path))
        for number, waived in enumerate(
            sorted(checked.waived, key=lambda w: locate(w.finding.passage.path)), start=1
        )
    )
    marks: dict[Location, list[str]] = {}
    for place, number in (
        *((f.problem.location, f.number) for f in findings),
        *((a.place, a.number) for a in accepted),
    ):
        if place is not None:
            marks.setdefault(place, []).append(number)
    editions = tuple(
        _edited(reader_text, authored, shared, vocabulary, marks, picture)
        for reader_text in checked.reader_texts.values()
    )
    comparisons = _comparisons(checked.reader_texts, authored)
    return HandoutReport(
        checked.stem,
        authored.file.name,
        next(iter(checked.reader_texts.values())).reader.plain(handout.title)
        if checked.reader_texts
        else handout.id,
        handout.language,
        authored,
        findings,
        accepted,
        editions,
        tuple(_questions(checked.reader_texts, authored, shared, vocabulary)),
        comparisons[0].audiences[0] if comparisons else next(iter(checked.reader_texts), ""),
        comparisons,
        tuple(
            _other(comparison, shared.audiences.root[comparison.audiences[1]].name, marks)
            for comparison in comparisons
        ),
        short_pairs(tuple(checked.reader_texts.values())),
        tuple(
            _since(one.audience, checked.reader_texts[one.audience], authored, search, one.mark)
            for one in editions
        ),
        tuple(_silent(checked.reader_texts, authored)),
        search.looked,
        tuple(_sources(authored, shared)),
    )


def _edited(
    reader_text: ReaderText,
    authored: LoadedHandout,
    shared: WorkspaceContent,
    vocabulary: Vocabulary,
    marks: Mapping[Location, list[str]],
    picture: Callable[[str], str],
) -> EditionReport:
    audience = reader_text.reader.audience
    judged = frozenset(
        passage.block for passage in reader_text.passages if passage.role is Role.VERDICT
    )
    words = shared.words.get(reader_text.language) or shared.words["en"]
    whole, *sections = graded(reader_text, vocabulary)
    target = target_of(authored.handout, shared.audiences, audience)
    targets = dict(zip(FORMULAS, (target, target + SMOG_ABOVE, None), strict=True))
    return EditionReport(
        audience,
        shared.audiences.root[audience].name,
        approval_mark(authored, reader_text.reader.lineage, picture),
        whole.counts.all_words,
        target,
        tuple(Score(grade, targets.get(grade.formula)) for grade in whole.grades),
        tuple(section for section in sections if section.counts.all_words),
        tuple(
            (
                heading,
                tuple(
                    _joined(
                        [
                            _line(piece, reader_text, authored, marks, (words, judged))
                            for piece in row
                        ]
                    )
                    for _, row in groupby(group, _row)
                ),
            )
            for heading, group in groupby(_read_on(reader_text), lambda piece: piece.heading)
        ),
    )


def _read_on(reader_text: ReaderText) -> Iterator[Piece]:
    """Yield a reader's text in reading order, without the headings that group it on the sheet.

    Short words for the card are yielded with the card, only for readers whose card has them.
    """
    assert reader_text.handout is not None  # noqa: S101 -- an edition of a handout
    for piece in sorted(
        pieces(reader_text.handout, reader_text.reader), key=lambda piece: reading_order(piece.key)
    ):
        passage = piece.passage
        if passage is None or not (
            passage.role is Role.SHORT
            or (passage.role is Role.HEADING and passage.block.startswith("section "))
        ):
            yield piece


def _row(piece: Piece) -> object:
    """Return what the pieces of one line of the sheet share: the cells of a row have one line."""
    roles = {Role.COLUMN, Role.CELL}
    together = piece.passage is not None and piece.passage.role in roles
    return piece.key[:-1] if together else piece.key


def _joined(lines: list[TextLine]) -> TextLine:
    """Return the line of a row: its first cell's, with all cells after one another."""
    if len(lines) == 1:
        return lines[0]
    return replace(
        lines[0],
        name=lines[0].name if lines[0].role == Role.COLUMN else "",
        text=" | ".join(line.text for line in lines),
        spans=tuple(span for line in lines for span in (Span(" | "), *line.spans))[1:],
        numbers=tuple(dict.fromkeys(number for line in lines for number in line.numbers)),
    )


def _line(
    piece: Piece,
    reader_text: ReaderText,
    authored: LoadedHandout,
    marks: Mapping[Location, list[str]],
    printed: tuple[Words, frozenset[str]],
) -> TextLine:
    place = authored.file.locate(piece.path)
    passage = piece.passage
    spans = (
        parse_marks(piece.written, reader_text.reader.values)
        if piece.written
        else (Span(piece.text),)
    )
    role = str(passage.role) if passage else "item"
    return TextLine(
        place.line,
        _name(piece, *printed, reader_text.reader.values.get("clinic.emergency") or ""),
        role,
        piece.text,
        spans,
        tuple(dict.fromkeys(marks.get(place, ()))),
    )


def _name(piece: Piece, words: Words, judged: frozenset[str], emergency: str) -> str:
    """Return the label of a piece, as printed beside it where possible.

    `judged` are the blocks of myths with a verdict of their own.
    """
    passage = piece.passage
    if passage is None:
        return piece.what
    if passage.role is Role.FLAG:
        return str(getattr(words.tiers, passage.tier)).replace("{emergency}", emergency)
    if passage.role is Role.CELL:
        return passage.column
    if passage.callout and passage.role in {Role.LEAD, Role.CALLOUT}:
        return str(getattr(words.callouts, passage.callout))
    if passage.role is Role.ANSWER and passage.block not in judged:
        return words.verdict
    return NAMES.get(passage.role, "")


def _questions(
    reader_texts: Mapping[str, ReaderText],
    authored: LoadedHandout,
    shared: WorkspaceContent,
    vocabulary: Vocabulary,
) -> Iterator[Question]:
    """Yield each question once for all readers with the same answer."""
    found: dict[tuple[object, ...], Question] = {}
    for name, edition in reader_texts.items():
        target = target_of(authored.handout, shared.audiences, name)
        for asked in self_check(
            edition,
            lengths_and_headings.plain_language_findings(
                edition, target=target, vocabulary=vocabulary
            ),
        ):
            lines = tuple(sorted({authored.file.locate(path).line for path in asked.places}))
            key = (asked.instrument, asked.item, asked.question, asked.answer, asked.said)
            known = found.get(key)
            if known is None:
                found[key] = Question(asked, (name,), lines)
            else:
                found[key] = replace(
                    known,
                    audiences=(*known.audiences, name),
                    lines=tuple(sorted({*known.lines, *lines})),
                )
    order = list(dict.fromkeys((key[0], key[1]) for key in found))
    yield from (found[key] for key in sorted(found, key=lambda key: order.index((key[0], key[1]))))


def _comparisons(
    reader_texts: Mapping[str, ReaderText], authored: LoadedHandout
) -> tuple[Comparison, ...]:
    """Compare all texts with one of them: the one from which the others differ least."""

    def against(base: str) -> tuple[Comparison, ...]:
        return tuple(
            compare(
                authored.handout,
                reader_texts[base].reader,
                reader_texts[name].reader,
                authored.file.locate,
            )
            for name in reader_texts
            if name != base
        )

    return min(
        map(against, reader_texts),
        key=lambda found: sum(len(block.changes) for one in found for block in one.blocks),
        default=(),
    )


def _other(comparison: Comparison, name: str, marks: Mapping[Location, list[str]]) -> OtherReader:
    parts = []
    for heading, blocks in comparison.parts:
        changes = [change for block in blocks for change in block.changes]
        parts.append(
            (
                heading,
                tuple(
                    Difference(
                        change.right.place.line,
                        shorten(change.what, 60, placeholder=" ...")
                        + (f", in place of line {change.left.place.line}" if change.left else ""),
                        change.words[1],
                        tuple(dict.fromkeys(marks.get(change.right.place, ()))),
                    )
                    for change in changes
                    if change.right
                ),
                tuple(
                    (change.left.place.line, shorten(change.left.text, 40, placeholder=" ..."))
                    for change in changes
                    if change.left and not change.right
                ),
            )
        )
    return OtherReader(comparison.audiences[1], name, tuple(parts))


def _since(
    name: str, reader_text: ReaderText, authored: LoadedHandout, search: Search, mark: str
) -> ChangesSinceApproval:
    earlier = search.found.get(name)
    if earlier is None:
        return ChangesSinceApproval(name)
    old: Handout = earlier.authored.handout
    found = changes(
        (old, earlier.authored.file.locate),
        (authored.handout, authored.file.locate),
        reader_text.reader,
    )
    return ChangesSinceApproval(
        name, earlier.where, earlier.reviewer, earlier.reviewed, found, mark == earlier.mark
    )


def _silent(
    reader_texts: Mapping[str, ReaderText], authored: LoadedHandout
) -> Iterator[OmittedFlag]:
    for index, flag in enumerate(authored.handout.red_flags):
        texts = [
            one.reader.plain(flag.text) for one in reader_texts.values() if one.reader.reached(flag)
        ]
        for name, one in reader_texts.items():
            if not one.reader.reached(flag):
                line = authored.file.locate(("red_flags", index)).line
                yield OmittedFlag(
                    line, name, texts[0] if texts else flag.id, flag.silent_for.get(name, "")
                )


def _sources(authored: LoadedHandout, shared: WorkspaceContent) -> Iterator[UsedSource]:
    lines: dict[str, set[int]] = {}
    for path, name in sources_of(authored.handout):
        lines.setdefault(name, set()).add(authored.file.locate(path).line)
    for name in sorted(lines):
        yield UsedSource(name, shared.sources.root[name], tuple(sorted(lines[name])))


@dataclass(frozen=True)
class Report:
    """The whole document: a sheet for each handout, unreadable handouts and the rules applied.

    If `full` is true, the document shows all readers' texts and all that was found about them.
    """

    day: dt.date
    sheets: tuple[HandoutReport, ...]
    unread: tuple[CheckedHandout, ...]
    shared: tuple[Problem, ...]
    looked: str
    off: Mapping[str, tuple[str, str]]
    full: bool

    def texts(self, sheet: HandoutReport) -> tuple[EditionReport, ...]:
        """Return the editions whose text the document shows whole."""
        return tuple(one for one in sheet.editions if self.full or one.audience == sheet.whole)
