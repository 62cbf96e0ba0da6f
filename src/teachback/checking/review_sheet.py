"""What was checked -> the sheet that people sign: each reader's text with its lines, what was found, what only they can answer. Pure.

Nothing in it is a verdict. What the rules found is listed beside what somebody has accepted; the rest are questions.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import groupby
from typing import TYPE_CHECKING, Final

from teachback.checking.cross_audience import short_pairs
from teachback.checking.plain_language import structure
from teachback.checking.plain_language.pemat_cdc_questions import self_check
from teachback.checking.plain_language.reading_grade import FORMULAS, SMOG_ABOVE, graded, target_of
from teachback.checking.review_dates import used_sources
from teachback.content.approval import fingerprint
from teachback.content.audience_coverage import steps
from teachback.content.inline_markup import Span, parse_marks
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
    from teachback.checking.plain_language.vocabulary import Vocabulary
    from teachback.checking.rule import ReaderText
    from teachback.content.handout import Handout
    from teachback.content.inline_markup import Line
    from teachback.content.loader import LoadedHandout, WorkspaceContent
    from teachback.content.printed_words import Words
    from teachback.content.sources import Source
    from teachback.editions.comparison import Change, Piece
    from teachback.errors import Location, Problem

# What is said before a passage that is not simply read on.
_NAMES: Final = {
    Role.TITLE: "Title", Role.MESSAGE: "Message", Role.SHORT: "On the card", Role.WHY: "Why", Role.CARD: "On the card", Role.COLUMN: "Column",
    Role.CAPTION: "Caption", Role.ALT: "Picture", Role.MYTH: "Myth", Role.VERDICT: "Verdict", Role.LABEL: "To fill in", Role.QUOTE: "Quote",
}  # fmt: skip


@dataclass(frozen=True)
class Numbered:
    """A problem with the number by which it is called on the sheet."""

    number: str
    problem: Problem


@dataclass(frozen=True)
class AcceptedOne:
    """An accepted finding with its number and the place of the words that it is about."""

    number: str
    waived: AcceptedFinding
    place: Location


@dataclass(frozen=True)
class TextLine:
    """One piece of an edition: its line in the file, what it is ('' where the look says it), its words with their marks, what was found in it."""

    line: int
    name: str
    role: str
    text: str
    spans: Line
    numbers: tuple[str, ...]


@dataclass(frozen=True)
class Score:
    """A grade with the target that it is held against: by Flesch-Kincaid the target itself, by SMOG three more, by FORCAST none."""

    grade: Grade
    target: int | None


@dataclass(frozen=True)
class EditionReport:
    """All of one edition: its reader, its text by heading, its grades as a whole and by section, and the mark of its text."""

    audience: str
    name: str
    mark: str
    words: int
    target: int
    scores: tuple[Score, ...]
    sections: tuple[Graded, ...]
    text: tuple[tuple[str, tuple[TextLine, ...]], ...]


@dataclass(frozen=True)
class Question:
    """A question of the self-check: whom it is asked for, and where to look, as lines of the file."""

    asked: SelfCheckQuestion
    audiences: tuple[str, ...]
    lines: tuple[int, ...]


@dataclass(frozen=True)
class ChangesSinceApproval:
    """What has changed for a reader since somebody approved it; `changes` is None where no approved version was found.

    `same` says that the text is the approved one by its mark: where it is not, and no change is seen, something else than words differs.
    """

    audience: str
    where: str = ""
    reviewer: str = ""
    reviewed: str = ""
    changes: tuple[Change, ...] | None = None
    same: bool = False


@dataclass(frozen=True)
class OmittedFlag:
    """A red flag that a reader does not get, with the reason that the file gives, if it gives one."""

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
    """The part of a report about one handout."""

    stem: str
    file: str
    title: str
    language: str
    authored: LoadedHandout
    findings: tuple[Numbered, ...]
    accepted: tuple[AcceptedOne, ...]
    editions: tuple[EditionReport, ...]
    questions: tuple[Question, ...]
    comparisons: tuple[Comparison, ...]
    pairs: tuple[ShortPair, ...]
    since: tuple[ChangesSinceApproval, ...]
    silent: tuple[OmittedFlag, ...]
    looked: str
    sources: tuple[UsedSource, ...]

    def count(self, severity: str) -> int:
        """Give how many open findings of a severity there are."""
        return sum(str(one.problem.severity) == severity for one in self.findings)


def make_sheet(
    checked: CheckedHandout,
    shared: WorkspaceContent,
    vocabulary: Vocabulary,
    search: Search,
    picture: Callable[[str], str],
) -> HandoutReport:
    """Gather what is said of one handout that could be read; `picture` hashes a picture by its name, as for an approval."""
    authored = checked.authored
    assert authored is not None  # noqa: S101 -- whoever calls this has looked
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
        _edited(heard, authored, shared, vocabulary, marks, picture)
        for heard in checked.heard.values()
    )
    return HandoutReport(
        checked.stem,
        authored.file.name,
        next(iter(checked.heard.values())).ear.plain(handout.title)
        if checked.heard
        else handout.id,
        handout.language,
        authored,
        findings,
        accepted,
        editions,
        tuple(_questions(checked.heard, authored, shared, vocabulary)),
        tuple(_comparisons(checked.heard, authored)),
        short_pairs(tuple(checked.heard.values())),
        tuple(
            _since(one.audience, checked.heard[one.audience], authored, search, one.mark)
            for one in editions
        ),
        tuple(_silent(checked.heard, authored)),
        search.looked,
        tuple(_sources(authored, shared)),
    )


def _edited(
    heard: ReaderText,
    authored: LoadedHandout,
    shared: WorkspaceContent,
    vocabulary: Vocabulary,
    marks: Mapping[Location, list[str]],
    picture: Callable[[str], str],
) -> EditionReport:
    audience = heard.ear.audience
    judged = frozenset(passage.block for passage in heard.passages if passage.role is Role.VERDICT)
    words = shared.words.get(heard.language) or shared.words["en"]
    whole, *sections = graded(heard, vocabulary)
    target = target_of(authored.handout, shared.audiences, audience)
    targets = dict(zip(FORMULAS, (target, target + SMOG_ABOVE, None), strict=True))
    return EditionReport(
        audience,
        shared.audiences.root[audience].name,
        fingerprint(authored.handout, heard.ear.lineage, picture),
        whole.counts.all_words,
        target,
        tuple(Score(grade, targets[grade.formula]) for grade in whole.grades),
        tuple(section for section in sections if section.counts.all_words),
        tuple(
            (
                heading,
                tuple(_line(piece, heard, authored, marks, (words, judged)) for piece in group),
            )
            for heading, group in groupby(_read_on(heard), lambda piece: piece.heading)
        ),
    )


def _read_on(heard: ReaderText) -> Iterator[Piece]:
    """Give all that a reader gets in reading order, without the headings under which the sheet groups it.

    The card's short words stand with the card, and there only for the readers whose card has them.
    """
    assert heard.handout is not None  # noqa: S101 -- an edition of a handout
    for piece in sorted(
        pieces(heard.handout, heard.ear), key=lambda piece: reading_order(piece.key)
    ):
        passage = piece.passage
        if passage is None or not (
            passage.role is Role.SHORT
            or (passage.role is Role.HEADING and passage.block.startswith("section "))
        ):
            yield piece


def _line(
    piece: Piece,
    heard: ReaderText,
    authored: LoadedHandout,
    marks: Mapping[Location, list[str]],
    printed: tuple[Words, frozenset[str]],
) -> TextLine:
    place = authored.file.locate(piece.path)
    passage = piece.passage
    spans = parse_marks(piece.written, heard.ear.values) if piece.written else (Span(piece.text),)
    role = str(passage.role) if passage else "item"
    return TextLine(
        place.line,
        _name(piece, *printed, heard.ear.values.get("clinic.emergency") or ""),
        role,
        piece.text,
        spans,
        tuple(dict.fromkeys(marks.get(place, ()))),
    )


def _name(piece: Piece, words: Words, judged: frozenset[str], emergency: str) -> str:
    """Say what a piece is, in the words that are printed beside it where there are some; `judged` are the myths with a verdict of their own."""
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
    return _NAMES.get(passage.role, "")


def _questions(
    heard: Mapping[str, ReaderText],
    authored: LoadedHandout,
    shared: WorkspaceContent,
    vocabulary: Vocabulary,
) -> Iterator[Question]:
    """Ask each question once for all readers for whom its answer is the same."""
    found: dict[tuple[object, ...], Question] = {}
    for name, edition in heard.items():
        target = target_of(authored.handout, shared.audiences, name)
        for asked in self_check(
            edition, structure.structure_findings(edition, target=target, vocabulary=vocabulary)
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


def _comparisons(heard: Mapping[str, ReaderText], authored: LoadedHandout) -> Iterator[Comparison]:
    """Compare each reader's text with that of the nearest one it extends, or with the first."""
    handout = authored.handout
    names = list(heard)
    for name in names[1:]:
        base = next((above for above in heard[name].ear.lineage[1:] if above in heard), names[0])
        yield compare(handout, heard[base].ear, heard[name].ear, authored.file.locate)


def _since(
    name: str, heard: ReaderText, authored: LoadedHandout, search: Search, mark: str
) -> ChangesSinceApproval:
    earlier = search.found.get(name)
    if earlier is None:
        return ChangesSinceApproval(name)
    old: Handout = earlier.authored.handout
    found = changes(
        (old, earlier.authored.file.locate), (authored.handout, authored.file.locate), heard.ear
    )
    return ChangesSinceApproval(
        name, earlier.where, earlier.reviewer, earlier.reviewed, found, mark == earlier.mark
    )


def _silent(heard: Mapping[str, ReaderText], authored: LoadedHandout) -> Iterator[OmittedFlag]:
    for index, flag in enumerate(authored.handout.red_flags):
        texts = [one.ear.plain(flag.text) for one in heard.values() if one.ear.reached(flag)]
        for name, one in heard.items():
            if not one.ear.reached(flag):
                line = authored.file.locate(("red_flags", index)).line
                yield OmittedFlag(
                    line, name, texts[0] if texts else flag.id, flag.silent_for.get(name, "")
                )


def _sources(authored: LoadedHandout, shared: WorkspaceContent) -> Iterator[UsedSource]:
    lines: dict[str, set[int]] = {}
    for path, value in steps(authored.handout):
        if path[-2:-1] == ("sources",) and isinstance(value, str):
            lines.setdefault(value, set()).add(authored.file.locate(path).line)
    for name in sorted({*used_sources(authored.handout)}):
        yield UsedSource(name, shared.sources.root[name], tuple(sorted(lines.get(name, ()))))


@dataclass(frozen=True)
class Report:
    """One document for the meeting: a sheet for each handout, those that could not be read, and what was looked for."""

    day: dt.date
    sheets: tuple[HandoutReport, ...]
    unread: tuple[CheckedHandout, ...]
    shared: tuple[Problem, ...]
    looked: str
    off: Mapping[str, tuple[str, str]]
