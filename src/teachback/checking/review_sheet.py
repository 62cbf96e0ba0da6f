"""Gather the contents of the review sheet that people sign. Pure.

In: a checked handout. Out: the findings, the accepted findings, the questions that only people can
answer, one reader's text with line numbers, and the differences of the other readers' texts from
it. The sheet holds no verdict.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import groupby
from textwrap import shorten
from typing import TYPE_CHECKING, Final

from teachback.checking.cross_audience import short_pairs
from teachback.checking.plain_language import lengths_and_headings
from teachback.checking.plain_language.pemat_cdc_questions import self_check
from teachback.checking.plain_language.reading_grade import (
    FORMULAS,
    SMOG_ABOVE,
    graded,
    set_target,
    target_of,
)
from teachback.content.handout import sources_of
from teachback.content.inline_markup import Span, parse_marks
from teachback.content.loader import approval_mark
from teachback.editions.comparison import Comparison, compare, pieces, reading_order
from teachback.editions.passages import Role
from teachback.editions.version_changes import changes

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from teachback.archive.previous_approval import Search
    from teachback.checking.blocking_rules import AcceptedFinding
    from teachback.checking.checker import CheckedHandout
    from teachback.checking.cross_audience import ShortPair
    from teachback.checking.plain_language.pemat_cdc_questions import SelfCheckQuestion
    from teachback.checking.plain_language.reading_grade import Grade, Graded
    from teachback.checking.plain_language.word_lists import Vocabulary
    from teachback.checking.rule import ReaderText
    from teachback.content.handout_loader import LoadedHandout
    from teachback.content.inline_markup import Line
    from teachback.content.printed_words import Words
    from teachback.content.sources import Source
    from teachback.content.workspace_content import WorkspaceContent
    from teachback.editions.comparison import Change, Piece
    from teachback.errors import Location, Problem

# The label before a passage that is not running text.
LABELS: Final = {
    Role.TITLE: "Title", Role.MESSAGE: "Message", Role.SHORT: "On the card", Role.WHY: "Why",
    Role.CARD: "On the card", Role.COLUMN: "Column", Role.CAPTION: "Caption", Role.ALT: "Picture",
    Role.MYTH: "Myth", Role.VERDICT: "Verdict", Role.LABEL: "To fill in", Role.QUOTE: "Quote",
}  # fmt: skip


@dataclass(frozen=True)
class NumberedProblem:
    """A problem and its number on the sheet."""

    number: str
    problem: Problem


@dataclass(frozen=True)
class NumberedAcceptance:
    """An accepted finding, its number on the sheet, and the place of its words."""

    number: str
    waived: AcceptedFinding
    place: Location


@dataclass(frozen=True)
class TextLine:
    """One piece of an edition, with its line in the file and the numbers of its findings.

    The cells of a row of a table are one piece. `name` is its label, or empty where the layout
    shows what the piece is. `spans` are its words with marks.
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

    The target is that of the edition for Flesch-Kincaid, three grades more for SMOG, and None for
    FORCAST.
    """

    grade: Grade
    target: int | None


@dataclass(frozen=True)
class EditionReport:
    """One edition: its reader, its text by heading, its grades, and the fingerprint of its text.

    `scores` are the grades of the whole edition.
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
    """A text that a reader gets in place of a line of the text that is shown whole, or as well.

    `line` is its line in the file, and `runs` are its words; a run with the mark + is new. `what`
    says what kind of text it is, and which line it replaces.
    """

    line: int
    what: str
    runs: tuple[tuple[str, str], ...]
    numbers: tuple[str, ...]


@dataclass(frozen=True)
class OtherReader:
    """The differences of a reader's text from the one that is shown whole, by heading.

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

    `same` is true if the fingerprint is the approved one. If it is false and there are no changes,
    something other than the words has changed.
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
    findings: tuple[NumberedProblem, ...]
    accepted: tuple[NumberedAcceptance, ...]
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
        return sum(str(numbered.problem.severity) == severity for numbered in self.findings)


def make_sheet(
    checked: CheckedHandout,
    shared: WorkspaceContent,
    vocabulary: Vocabulary,
    search: Search,
    picture_hash: Callable[[str], str],
) -> HandoutReport:
    """Return the report of one handout that could be read.

    `picture_hash` returns the hash of a picture by its name, as for an approval.
    """
    authored = checked.authored
    assert authored is not None  # noqa: S101 -- the caller has checked this
    handout, locate = authored.handout, authored.file.locate
    findings = tuple(
        NumberedProblem(f"F{number}", problem)
        for number, problem in enumerate(checked.problems, start=1)
    )
    waived = sorted(checked.waived, key=lambda waived: locate(waived.finding.passage.path))
    accepted = tuple(
        NumberedAcceptance(f"A{number}", one, locate(one.finding.passage.path))
        for number, one in enumerate(waived, start=1)
    )
    numbers_by_place: dict[Location, list[str]] = {}
    for place, number in (
        *((finding.problem.location, finding.number) for finding in findings),
        *((acceptance.place, acceptance.number) for acceptance in accepted),
    ):
        if place is not None:
            numbers_by_place.setdefault(place, []).append(number)
    reader_texts = checked.reader_texts
    editions = tuple(
        _edition_report(reader_text, authored, shared, vocabulary, numbers_by_place, picture_hash)
        for reader_text in reader_texts.values()
    )
    comparisons = _comparisons(reader_texts, authored)
    first = next(iter(reader_texts.values()), None)
    return HandoutReport(
        stem=checked.stem,
        file=authored.file.name,
        title=first.reader.plain(handout.title) if first else handout.id,
        language=handout.language,
        authored=authored,
        findings=findings,
        accepted=accepted,
        editions=editions,
        questions=tuple(_questions(reader_texts, authored, shared, vocabulary)),
        whole=comparisons[0].audiences[0] if comparisons else next(iter(reader_texts), ""),
        comparisons=comparisons,
        others=tuple(
            _other_reader(
                comparison, shared.audiences.root[comparison.audiences[1]].name, numbers_by_place
            )
            for comparison in comparisons
        ),
        pairs=short_pairs(tuple(reader_texts.values())),
        since=tuple(
            _changes_since(reader_texts[edition.audience], authored, search, edition.mark)
            for edition in editions
        ),
        silent=tuple(_omitted_flags(reader_texts, authored)),
        looked=search.looked,
        sources=tuple(_used_sources(authored, shared)),
    )


def _edition_report(
    reader_text: ReaderText,
    authored: LoadedHandout,
    shared: WorkspaceContent,
    vocabulary: Vocabulary,
    numbers_by_place: Mapping[Location, list[str]],
    picture_hash: Callable[[str], str],
) -> EditionReport:
    audience = reader_text.reader.audience
    blocks_with_verdict = frozenset(
        passage.block for passage in reader_text.passages if passage.role is Role.VERDICT
    )
    words = shared.words.get(reader_text.language) or shared.words["en"]

    def lines(pieces: Iterable[Piece]) -> Iterator[TextLine]:
        for _, row in groupby(pieces, _row_key):
            yield _join_cells(
                [
                    _text_line(
                        piece, reader_text, authored, numbers_by_place, words, blocks_with_verdict
                    )
                    for piece in row
                ]
            )

    whole, *sections = graded(reader_text, vocabulary)
    target = target_of(authored.handout, shared.audiences, audience)
    targets = dict(zip(FORMULAS, (target, target + SMOG_ABOVE, None), strict=True))
    return EditionReport(
        audience=audience,
        name=shared.audiences.root[audience].name,
        mark=approval_mark(authored, reader_text.reader.lineage, picture_hash),
        words=whole.counts.all_words,
        target=target,
        scores=tuple(Score(grade, targets.get(grade.formula)) for grade in whole.grades),
        sections=tuple(section for section in sections if section.counts.all_words),
        text=tuple(
            (heading, tuple(lines(group)))
            for heading, group in groupby(
                _pieces_in_order(reader_text), lambda piece: piece.heading
            )
        ),
    )


def _pieces_in_order(reader_text: ReaderText) -> Iterator[Piece]:
    """Yield a reader's text in reading order, without the headings of sections, which group it.

    It has no short words of red flags: where the reader's card prints them, they come with the
    card.
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


def _row_key(piece: Piece) -> object:
    """Return the key of a piece's line on the sheet, which the cells of a row share."""
    roles = {Role.COLUMN, Role.CELL}
    is_cell = piece.passage is not None and piece.passage.role in roles
    return piece.key[:-1] if is_cell else piece.key


def _join_cells(lines: list[TextLine]) -> TextLine:
    """Return the line of a row: that of its first cell, with the texts of all cells."""
    if len(lines) == 1:
        return lines[0]
    return replace(
        lines[0],
        name=lines[0].name if lines[0].role == Role.COLUMN else "",
        text=" | ".join(line.text for line in lines),
        spans=tuple(span for line in lines for span in (Span(" | "), *line.spans))[1:],
        numbers=tuple(dict.fromkeys(number for line in lines for number in line.numbers)),
    )


def _text_line(
    piece: Piece,
    reader_text: ReaderText,
    authored: LoadedHandout,
    numbers_by_place: Mapping[Location, list[str]],
    words: Words,
    blocks_with_verdict: frozenset[str],
) -> TextLine:
    place = authored.file.locate(piece.path)
    values = reader_text.reader.values
    return TextLine(
        place.line,
        _label(piece, words, blocks_with_verdict, values.get("clinic.emergency") or ""),
        str(piece.passage.role) if piece.passage else "item",
        piece.text,
        parse_marks(piece.written, values) if piece.written else (Span(piece.text),),
        tuple(numbers_by_place.get(place, ())),
    )


def _label(piece: Piece, words: Words, blocks_with_verdict: frozenset[str], emergency: str) -> str:
    """Return the label of a piece: the one that the page prints beside it, if there is one.

    `blocks_with_verdict` are the blocks of myths with a verdict of their own.
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
    if passage.role is Role.ANSWER and passage.block not in blocks_with_verdict:
        return words.verdict
    return LABELS.get(passage.role, "")


def _questions(
    reader_texts: Mapping[str, ReaderText],
    authored: LoadedHandout,
    shared: WorkspaceContent,
    vocabulary: Vocabulary,
) -> Iterator[Question]:
    """Yield each question once for all readers with the same answer."""
    questions: dict[tuple[object, ...], Question] = {}
    for name, reader_text in reader_texts.items():
        target = set_target(authored.handout, shared.audiences, name)
        for question in self_check(
            reader_text,
            lengths_and_headings.plain_language_findings(
                reader_text, target=target, vocabulary=vocabulary
            ),
        ):
            lines = tuple(sorted({authored.file.locate(path).line for path in question.places}))
            key = (
                question.instrument,
                question.item,
                question.question,
                question.answer,
                question.basis,
            )
            existing = questions.get(key)
            if existing is None:
                questions[key] = Question(question, (name,), lines)
            else:
                questions[key] = replace(
                    existing,
                    audiences=(*existing.audiences, name),
                    lines=tuple(sorted({*existing.lines, *lines})),
                )
    order = list(dict.fromkeys(key[:2] for key in questions))
    yield from (questions[key] for key in sorted(questions, key=lambda key: order.index(key[:2])))


def _comparisons(
    reader_texts: Mapping[str, ReaderText], authored: LoadedHandout
) -> tuple[Comparison, ...]:
    """Compare all readers' texts with the one from which the others differ least."""

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
        key=lambda comparisons: sum(
            len(block.changes) for comparison in comparisons for block in comparison.blocks
        ),
        default=(),
    )


def _other_reader(
    comparison: Comparison, name: str, numbers_by_place: Mapping[Location, list[str]]
) -> OtherReader:
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
                        tuple(numbers_by_place.get(change.right.place, ())),
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


def _changes_since(
    reader_text: ReaderText, authored: LoadedHandout, search: Search, mark: str
) -> ChangesSinceApproval:
    audience = reader_text.reader.audience
    approved = search.found.get(audience)
    if approved is None:
        return ChangesSinceApproval(audience)
    return ChangesSinceApproval(
        audience,
        approved.where,
        approved.reviewer,
        approved.reviewed,
        changes(
            (approved.authored.handout, approved.authored.file.locate),
            (authored.handout, authored.file.locate),
            reader_text.reader,
        ),
        mark == approved.mark,
    )


def _omitted_flags(
    reader_texts: Mapping[str, ReaderText], authored: LoadedHandout
) -> Iterator[OmittedFlag]:
    readers = [reader_text.reader for reader_text in reader_texts.values()]
    for index, flag in enumerate(authored.handout.red_flags):
        text = next(
            (reader.plain(flag.text) for reader in readers if reader.reached(flag)), flag.id
        )
        line = authored.file.locate(("red_flags", index)).line
        for reader in readers:
            if not reader.reached(flag):
                reason = flag.silent_for.get(reader.audience, "")
                yield OmittedFlag(line, reader.audience, text, reason)


def _used_sources(authored: LoadedHandout, shared: WorkspaceContent) -> Iterator[UsedSource]:
    lines: dict[str, set[int]] = {}
    for path, name in sources_of(authored.handout):
        lines.setdefault(name, set()).add(authored.file.locate(path).line)
    for name in sorted(lines):
        yield UsedSource(name, shared.sources.root[name], tuple(sorted(lines[name])))


@dataclass(frozen=True)
class Report:
    """The whole document: a sheet for each handout, unreadable handouts, and the rules applied.

    If `full` is true, the document shows the texts of all readers whole, and their reading grades.
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
        return tuple(
            edition for edition in sheet.editions if self.full or edition.audience == sheet.whole
        )
