"""List what an edition says, sentence by sentence, in reading order, as a page must have it. Pure.

The list is made from the edition, not from the HTML: a template that leaves something out cannot
leave it out here too.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field, replace
from functools import singledispatch
from typing import TYPE_CHECKING, Final

from teachback.content.inline_markup import Span
from teachback.editions import edition as ed
from teachback.editions.edition import is_narrow
from teachback.units import Depth, PrintInk, TypeSize

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from teachback.content.clinic import Clinic
    from teachback.content.inline_markup import Line
    from teachback.content.printed_words import Words
    from teachback.editions.edition import Edition, EditionBlock
    from teachback.errors import Location

# The templates print the tiers "now" and "today" on the front of a card, and "visit" on the back.
_FRONT: Final = ("now", "today")
# A page may differ in these without a change of meaning: white space, soft hyphens, the joiners and
# marks of direction that a language needs (`unprintable_characters.faults` refuses all others),
# capitals, and hyphens, which pdfium reports as U+0002 at the end of a line. Between digits a
# hyphen has a meaning: 1-2 is not 12.
_UNSAID: Final = re.compile(r"[\s\u00ad\u061c\u200b-\u200f\u2066-\u2069]+")
_HYPHEN: Final = re.compile(r"[\u0002\ufffe\u2010\u2011-]")
# In letters: a shorter or equally short text, such as a number, is in many others.
_EVERYWHERE: Final = 3
_BETWEEN_WORDS: Final = re.compile(r"(?<!\d)-|-(?!\d)")


@dataclass(frozen=True)
class ExpectedSentence:
    """A sentence that a reader must find on the page.

    `flag` is the id of its red flag. A sentence with `paper` may be missing on a screen. `number`
    is its number in a list, which a page may print before it. A `repeated` sentence is printed
    again on each page of a table.
    """

    words: str
    flag: str = ""
    paper: bool = False
    number: str = ""
    repeated: bool = False


@dataclass(frozen=True)
class Expected:
    """The expected content of a file.

    `sentences` are its sentences in order, and `on_screen` those of a page for a screen where they
    differ. `each_page` are words that each page must show, and `floor` is the smallest type, in pt.
    `places` maps squeezed words to places in the handout's file; other sentences are at `place`.
    The sentences of a card from `back` on are on its back. `frame` is what the templates may print
    around the sentences, and `beside` what they may print right beside a red flag. `page_words` are
    those of a page's number. `page_mm` is the paper, and `across` whether some pages are landscape.
    `code` is the content of its QR code. A card has it on its back, unless it is `code_in_front`.
    `links` are the web addresses of its other QR codes. `urgent` are the tiers whose box must be
    whole on page 1.
    """

    name: str
    place: Location
    sentences: tuple[ExpectedSentence, ...]
    each_page: tuple[str, ...]
    floor: float
    card: bool = False
    back: int = 0
    places: Mapping[str, Location] = field(default_factory=dict)
    frame: tuple[str, ...] = ()
    beside: tuple[str, ...] = ()
    language: str = "en"
    title: str = ""
    page_words: str = ""
    page_mm: tuple[float, float] | None = None
    across: bool = False
    links: tuple[str, ...] = ()
    code: str = ""
    code_in_front: bool = False
    ink: PrintInk = PrintInk.BLACK
    urgent: tuple[str, ...] = _FRONT
    on_screen: tuple[ExpectedSentence, ...] = ()

    def place_of(self, text: str) -> Location:
        """Return the place of a text, or else that of the handout or card."""
        return self.places.get(comparison_key(text), self.place)

    def place_with(self, words: str) -> Location | None:
        """Return the place of the first text that contains some words."""
        letters = comparison_key(words)
        return next(
            (place for text, place in self.places.items() if letters and letters in text), None
        )

    def first_place(self, words: str) -> Location | None:
        """Return the place of the text that comes first in some words; of two, the longer one's."""
        letters = comparison_key(words)
        inside = [
            (letters.index(text), -len(text), text)
            for text in self.places
            if len(text) > _EVERYWHERE and text in letters
        ]
        return self.places[min(inside)[2]] if inside else None


@dataclass(frozen=True)
class Frame:
    """The text around an edition: the words of the templates, the clinic, and the edition code.

    `language_help` are the words that offer an interpreter, in each language that the clinic names.
    `against` is whether the other language of the edition is written in the other direction.
    """

    words: Words
    clinic: Clinic
    code: str = ""
    calls: str = "phone"
    language_help: tuple[str, ...] = ()
    against: bool = False

    def tier(self, name: str) -> str:
        """Return the heading of a tier."""
        heading: str = getattr(self.words.tiers, name)
        return heading.format(emergency=self.clinic.emergency)

    @property
    def number(self) -> ExpectedSentence:
        """Return the number that the reader calls, empty where the clinic has none."""
        return ExpectedSentence(getattr(self.clinic, self.calls) or "")


_Row = list[ExpectedSentence]


def comparison_key(text: str) -> str:
    """Return a text without what a page may set differently, so that texts can be compared."""
    letters = _UNSAID.sub("", unicodedata.normalize("NFKC", text))
    folded = _BETWEEN_WORDS.sub("", _HYPHEN.sub("-", letters)).casefold()
    # `casefold` turns the capitals of Turkish \u0131 and i, and of a Greek letter with two marks,
    # into other letters.
    return unicodedata.normalize("NFKC", folded.replace("\u0131", "i").replace("i\u0307", "i"))


def handout_sentences(edition: Edition, frame: Frame) -> tuple[ExpectedSentence, ...]:
    """Return all that a handout says, from its badge to the last line."""
    rows = (
        *_text_rows(edition, frame),
        _sources(edition),
        *_last_rows(edition, frame),
        _language_help(frame),
    )
    return tuple(part for row in rows for part in row if comparison_key(part.words))


def facing_sentences(
    edition: Edition, frame: Frame, facing: Edition, facing_frame: Frame
) -> tuple[ExpectedSentence, ...]:
    """Return all that a handout in two languages says, row by row, first its own language.

    The sources, and the offer of an interpreter, are said once. Raises ValueError where the two
    have not the same rows.
    """
    rows = [
        *_side_by_side(
            _text_rows(edition, frame, crowded=True), _text_rows(facing, facing_frame, crowded=True)
        ),
        _sources(edition),
        *_side_by_side(_last_rows(edition, frame), _last_rows(facing, facing_frame)),
        _language_help(frame),
    ]
    return tuple(part for row in rows for part in row if comparison_key(part.words))


def _side_by_side(rows: list[_Row], facing_rows: list[_Row]) -> Iterator[_Row]:
    for row, facing_row in zip(rows, facing_rows, strict=True):
        yield [*row, *facing_row]


def _text_rows(edition: Edition, frame: Frame, *, crowded: bool = False) -> list[_Row]:
    """Return what a handout says, row by row, up to its sources."""
    crowded = crowded or edition.size is TypeSize.LARGE
    top = [row for group in edition.top for row in _tier_rows(group, frame, why=False)]
    message = [_lines(edition.message)]
    return [
        [ExpectedSentence(edition.badge)],
        _lines(edition.title),
        *_personal(edition.personal),
        # On a crowded page 1, the boxes come before the message.
        *([*top, *message] if crowded else [*message, *top]),
        *(
            row
            for section in edition.sections
            for row in (_lines(section.title), *_section_rows(section, frame))
        ),
        [ExpectedSentence(frame.words.sources)] if edition.sources else [],
    ]


def _section_rows(section: ed.EditionSection, frame: Frame) -> Iterator[_Row]:
    for block in section.blocks:
        yield from block_rows(block, frame)


def _sources(edition: Edition) -> _Row:
    return [
        ExpectedSentence(
            f"{source.publisher}: {source.title}{f' ({source.year})' if source.year else ''}",
            number=str(number),
        )
        for number, source in enumerate(edition.sources, start=1)
    ]


def _language_help(frame: Frame) -> _Row:
    number = ExpectedSentence(frame.clinic.interpreter or "")
    return [part for words in frame.language_help for part in (ExpectedSentence(words), number)]


def _last_rows(edition: Edition, frame: Frame) -> list[_Row]:
    words = frame.words
    return [
        [ExpectedSentence(words.short_version)] if edition.depth is Depth.BRIEF else [],
        [ExpectedSentence(words.not_instead)],
        [ExpectedSentence(words.this_code.format(code=frame.code), paper=True)],
    ]


def card_front_sentences(edition: Edition, frame: Frame) -> tuple[ExpectedSentence, ...]:
    """Return all that the front of a card says: nothing for an edition without a card."""
    if edition.card is None:
        return ()
    sentences = [
        ExpectedSentence(edition.short_badge),
        ExpectedSentence(frame.clinic.name or frame.words.your_clinic),
        *_line(edition.card.title),
    ]
    for tier in _FRONT:
        flags = [flag for flag in edition.flags if flag.card and flag.tier == tier]
        if flags:
            sentences.append(ExpectedSentence(frame.tier(tier)))
            sentences.append(
                ExpectedSentence(frame.words.not_sure.format(emergency=frame.clinic.emergency))
                if tier == "now"
                else frame.number
            )
        sentences += [part for flag in flags for part in _line(flag.short, flag.id)]
    if not any(flag.card and flag.tier == "today" for flag in edition.flags):
        sentences += [ExpectedSentence(getattr(frame.words.phones, frame.calls)), frame.number]
    return tuple(part for part in sentences if comparison_key(part.words))


def card_back_sentences(edition: Edition, frame: Frame) -> tuple[ExpectedSentence, ...]:
    """Return all that the back of a card says: nothing for an edition without a card."""
    if edition.card is None:
        return ()
    sentences = [part for entry in edition.card.statements for part in _line(entry.text)]
    sentences += _lines(*(line.label for line in edition.card.lines))
    sentences += [
        ExpectedSentence(frame.words.card_nights),
        ExpectedSentence(frame.clinic.after_hours or ""),
    ]
    flags = [flag for flag in edition.flags if flag.card and flag.tier not in _FRONT]
    sentences += [ExpectedSentence(frame.tier("visit"))] if flags else []
    sentences += [part for flag in flags for part in _line(flag.short, flag.id)]
    sentences += [ExpectedSentence(frame.words.card_visit_soon)] if flags else []
    sentences += [
        part for note in edition.card.notes for part in (*_line(note.title), *_line(note.text))
    ]
    return tuple(part for part in sentences if comparison_key(part.words))


def _line(line: Line | None, flag: str = "", number: str = "") -> Iterator[ExpectedSentence]:
    """Yield the words of a line, cut at lines to write on; a link's address follows its words."""
    part = ""
    for span in line or ():
        if span.blank:
            yield ExpectedSentence(part, flag, number=number)
            number = "" if part.strip() else number
            part = ""
            continue
        part += span.text
        if span.href is not None:
            address = (
                span.href.removeprefix("https://")
                .removeprefix("mailto:")
                .removeprefix("tel:")
                .rstrip("/")
            )
            part += f" ({address})" if address not in span.text else ""
    yield ExpectedSentence(part, flag, number=number)


def _lines(*lines: Line | None) -> list[ExpectedSentence]:
    return [part for line in lines for part in _line(line)]


def _row_each(*lines: Line | None) -> list[_Row]:
    return [_lines(line) for line in lines]


def _as_one(rows: Iterable[_Row]) -> list[_Row]:
    """Return rows as a single one: in two languages, the whole of one stands before the other."""
    return [[part for row in rows for part in row]]


def _entries(items: Iterable[ed.ListEntry]) -> list[ExpectedSentence]:
    return [part for row in _entry_rows(items) for part in row]


def _entry_rows(items: Iterable[ed.ListEntry]) -> list[_Row]:
    """Return a row for each entry, with those of the level below it."""
    return [
        [*_line(item.text, number=str(number)), *_entries(item.items)]
        for number, item in enumerate(items, start=1)
    ]


def _tier_rows(group: ed.Flags, frame: Frame, *, why: bool) -> list[_Row]:
    """Return what a tier says: whom to call, and each flag with what to do until help comes."""
    head = ExpectedSentence(frame.tier(group.tier))
    rows = [[head, *([frame.number] if group.tier == "today" else [])]]
    for flag in group.flags:
        reason = _lines(flag.why if why else None)
        rows.append([*_line(flag.text, flag.id), *reason, *_entries(flag.do)])
    if group.tier == "now":
        not_sure = frame.words.not_sure.format(emergency=frame.clinic.emergency)
        rows.append([ExpectedSentence(not_sure)])
    return rows


@singledispatch
def block_rows(block: EditionBlock, frame: Frame) -> list[_Row]:
    """Return what a block says, by the rows in which a page in two languages has it.

    A list has a row for each entry, a table one for each of its rows; a block without parts to
    point at is one row.
    """
    return [_block(block, frame)]


@singledispatch
def _block(block: EditionBlock, frame: Frame) -> list[ExpectedSentence]:
    if block_rows.dispatch(type(block)) is block_rows.dispatch(object):
        raise NotImplementedError(type(block), frame)
    return [part for row in block_rows(block, frame) for part in row]


@block_rows.register
def _(block: ed.PlainPart, frame: Frame) -> list[_Row]:
    if block.kind in {"terms", "figures", "sign_off"}:
        return [_plain(item, frame) for _, value in block.values for item in value]
    return [[part for _, value in block.values for part in _plain(value, frame)]]


def _plain(value: object, frame: Frame) -> list[ExpectedSentence]:
    """Return the sentences of a value: a line, a part, or several of them."""
    if isinstance(value, ed.PlainPart | ed.Figure):
        return _block(value, frame)
    if isinstance(value, ed.ListEntry):
        return _lines(value.text)
    if not isinstance(value, tuple):
        return []
    if value and isinstance(value[0], Span):
        return _lines(value)
    return [part for item in value for part in _plain(item, frame)]


@_block.register
def _(block: ed.Paragraph | ed.Quote, _: Frame) -> list[ExpectedSentence]:
    return _lines(block.text)


@block_rows.register
def _(block: ed.EditionList, frame: Frame) -> list[_Row]:
    head = (
        [ExpectedSentence(frame.words.summary)] if block.kind == "summary" else _lines(block.lead)
    )
    return [head, *_entry_rows(block.items)]


@block_rows.register
def _(block: ed.EditionTable, frame: Frame) -> list[_Row]:
    head = [replace(part, repeated=True) for part in _lines(*block.columns)]
    rows = [_lines(block.caption), head, *(_lines(*row.cells) for row in block.rows)]
    if block.fill_in:
        cells = (cell for row in block.rows for cell in row.cells)
        return [rows[0], *([part] for part in head), *_row_each(*cells)]
    return rows if is_narrow(block) and not frame.against else _as_one(rows)


@_block.register
def _callout(block: ed.Callout, frame: Frame) -> list[ExpectedSentence]:
    head = (
        _lines(block.title)
        if block.title
        else [ExpectedSentence(getattr(frame.words.callouts, block.callout))]
    )
    return [*head, *_lines(block.text), *_entries(block.items)]


@block_rows.register
def _(block: ed.Reasons, frame: Frame) -> list[_Row]:
    rows = []
    for number, reason in enumerate(block.reasons, start=1):
        rows += [[*_line(reason.title, number=str(number))], *_entry_rows(reason.points)]
        rows += [_callout(note, frame) for note in reason.notes]
    return rows


@block_rows.register
def _(block: ed.Flags, frame: Frame) -> list[_Row]:
    rows = _tier_rows(block, frame, why=True)
    return [*rows, *([[ExpectedSentence(frame.words.visit_soon)]] if block.tier == "visit" else [])]


@block_rows.register
def _(block: ed.Zones, frame: Frame) -> list[_Row]:
    rows = []
    for zone in block.zones:
        name = ExpectedSentence(getattr(frame.words.zones, zone.zone))
        tier = _tier_rows(zone.flags, frame, why=False) if zone.flags else [[]]
        rows += [[name, *_lines(zone.title), *tier[0]], [ExpectedSentence(frame.words.signs)]]
        rows += tier[1:]
        rows += _entry_rows(zone.signs)
        rows += [[ExpectedSentence(frame.words.do)]] if zone.do else []
        rows += _entry_rows(zone.do)
    return rows


@_block.register
def _(block: ed.AdviceColumns, frame: Frame) -> list[ExpectedSentence]:
    sentences = [ExpectedSentence(getattr(frame.words, column.name)) for column in block.columns]
    return [*sentences, *(part for column in block.columns for part in _entries(column.items))]


@block_rows.register
def _(block: ed.EditionChoices, frame: Frame) -> list[_Row]:
    head = [
        ExpectedSentence(text, repeated=True) for text in (frame.words.if_this, frame.words.then)
    ]
    rows = [head, *(_lines(choice.case, choice.then) for choice in block.choices)]
    return _as_one(rows) if frame.against else rows


@_block.register
def _(block: ed.EditionLink, _: Frame) -> list[ExpectedSentence]:
    return _lines(block.title)


@block_rows.register
def _(block: ed.EditionLog, _: Frame) -> list[_Row]:
    head = _lines(*(line for column in block.columns for line in (column.label, column.unit)))
    repeated = [[replace(part, repeated=True)] for part in head]
    return [_lines(block.caption), *repeated, *_row_each(*block.headings)]


@block_rows.register
def _(block: ed.EditionSchedule, frame: Frame) -> list[_Row]:
    head = [ExpectedSentence(frame.words.medicine), *_lines(*block.times)]
    repeated = [[replace(part, repeated=True)] for part in head]
    medicines = _row_each(*(row.medicine for row in block.rows))
    return [_lines(block.caption), *repeated, *medicines]


@block_rows.register
def _(block: ed.Myths, frame: Frame) -> list[_Row]:
    rows = []
    for myth in block.myths:
        verdict = _lines(myth.verdict) if myth.verdict else [ExpectedSentence(frame.words.verdict)]
        claim = [ExpectedSentence(frame.words.myth), *_lines(myth.myth)]
        rows.append([*claim, *verdict, *_lines(myth.answer)])
    return rows


@block_rows.register
def _(block: ed.OwnNumbers, frame: Frame) -> list[_Row]:
    words = frame.words
    columns = [
        [ExpectedSentence(text, repeated=True)]
        for text in (words.my_number, words.my_result, words.my_goal)
    ]
    lines = _row_each(*(line for number in block.numbers for line in (number.label, number.hint)))
    return [*columns, *lines]


@block_rows.register
def _(block: ed.Personal, _: Frame) -> list[_Row]:
    return _personal(block.places)


def _personal(places: Iterable[ed.PersonalPlace]) -> list[_Row]:
    return [
        row
        for place in places
        for row in (_lines(place.label), *([ExpectedSentence(choice)] for choice in place.choices))
    ]


@block_rows.register
def _(block: ed.TeachBack, frame: Frame) -> list[_Row]:
    lead = _lines(block.lead) if block.lead else [ExpectedSentence(frame.words.teach_back_lead)]
    return [[ExpectedSentence(frame.words.teach_back)], lead, *_entry_rows(block.questions)]


@_block.register
def _(block: ed.Notes, frame: Frame) -> list[ExpectedSentence]:
    return _lines(block.prompt) if block.prompt else [ExpectedSentence(frame.words.notes)]


@_block.register
def _(block: ed.Contact, frame: Frame) -> list[ExpectedSentence]:
    clinic = frame.clinic
    sentences = [
        ExpectedSentence(frame.words.contact),
        *(ExpectedSentence(text) for text in (clinic.name, clinic.address) if text),
    ]
    for line in block.lines:
        sentences += [
            ExpectedSentence(getattr(frame.words.phones, line)),
            ExpectedSentence(getattr(clinic, line) or ""),
        ]
    return sentences


@block_rows.register
def _(block: ed.Mark, _: Frame) -> list[_Row]:
    return _row_each(*block.sides)


@_block.register
def _(block: ed.Figure, _: Frame) -> list[ExpectedSentence]:
    return _lines(block.caption)
