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

    `said` are sentences in order, `each_page` words that each page must show, and `floor` the
    smallest type allowed, in pt. `places` maps squeezed words to places in the handout's file;
    other sentences are at `place`. The sentences of a card from `back` on are on its back. `frame`
    is what the templates may print around the sentences, and `beside` what they may print right
    beside a red flag. `page_words` are those of a page's number. `page_mm` is the paper, `across`
    whether some of its pages lie across, and `code` the content of its QR code. A card has it on its back, unless it
    is `code_in_front`.
    `links` are the web addresses that it has further QR codes for.
    """

    name: str
    place: Location
    said: tuple[ExpectedSentence, ...]
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


@dataclass(frozen=True)
class Frame:
    """The text around an edition: the words of the templates, the clinic, and the edition code."""

    words: Words
    clinic: Clinic
    code: str = ""
    calls: str = "phone"

    def tier(self, name: str) -> str:
        """Return the heading of a tier."""
        heading: str = getattr(self.words.tiers, name)
        return heading.format(emergency=self.clinic.emergency)

    @property
    def number(self) -> ExpectedSentence:
        """Return the number that the reader calls, empty where the clinic has none."""
        return ExpectedSentence(getattr(self.clinic, self.calls) or "")


def squeezed(text: str) -> str:
    """Return a text without what a page may set differently, so that texts can be compared."""
    bare = _UNSAID.sub("", unicodedata.normalize("NFKC", text))
    folded = _BETWEEN_WORDS.sub("", _HYPHEN.sub("-", bare)).casefold()
    # Folding the capitals of Turkish \u0131 and i, and of a Greek letter with two marks, does not
    # restore the letter.
    return unicodedata.normalize("NFKC", folded.replace("\u0131", "i").replace("i\u0307", "i"))


def handout_sentences(edition: Edition, frame: Frame) -> tuple[ExpectedSentence, ...]:
    """Return all that a handout says, from its badge to the last line."""
    words = frame.words
    said = [
        ExpectedSentence(edition.badge),
        *_line(edition.title),
        *_personal(edition.personal),
    ]
    top = [part for group in edition.top for part in _tier(group, frame, why=False)]
    message = _lines(edition.message)
    # In large print, the boxes have page 1 to themselves.
    said += [*top, *message] if edition.size is TypeSize.LARGE else [*message, *top]
    for section in edition.sections:
        said += _line(section.title)
        for block in section.blocks:
            said += _block(block, frame)
    if edition.sources:
        said.append(ExpectedSentence(words.sources))
        said += [
            ExpectedSentence(
                f"{source.publisher}: {source.title}{f' ({source.year})' if source.year else ''}",
                number=str(number),
            )
            for number, source in enumerate(edition.sources, start=1)
        ]
    said += [ExpectedSentence(words.short_version)] if edition.depth is Depth.BRIEF else []
    said.append(ExpectedSentence(words.not_instead))
    said.append(ExpectedSentence(words.this_code.format(code=frame.code), paper=True))
    return tuple(part for part in said if squeezed(part.words))


def card_front_sentences(edition: Edition, frame: Frame) -> tuple[ExpectedSentence, ...]:
    """Return all that the front of a card says: nothing for an edition without a card."""
    if edition.card is None:
        return ()
    said = [
        ExpectedSentence(edition.short_badge),
        ExpectedSentence(frame.clinic.name or frame.words.your_clinic),
        *_line(edition.card.title),
    ]
    for tier in _FRONT:
        flags = [flag for flag in edition.flags if flag.card and flag.tier == tier]
        if flags:
            said.append(ExpectedSentence(frame.tier(tier)))
            said.append(
                ExpectedSentence(frame.words.not_sure.format(emergency=frame.clinic.emergency))
                if tier == "now"
                else frame.number
            )
        said += [part for flag in flags for part in _line(flag.short, flag.id)]
    if not any(flag.card and flag.tier == "today" for flag in edition.flags):
        said += [
            ExpectedSentence(getattr(frame.words.phones, frame.calls)),
            frame.number,
        ]
    return tuple(part for part in said if squeezed(part.words))


def card_back_sentences(edition: Edition, frame: Frame) -> tuple[ExpectedSentence, ...]:
    """Return all that the back of a card says: nothing for an edition without a card."""
    if edition.card is None:
        return ()
    said = [part for entry in edition.card.statements for part in _line(entry.text)]
    said += _lines(*(line.label for line in edition.card.lines))
    said += [
        ExpectedSentence(frame.words.card_nights),
        ExpectedSentence(frame.clinic.after_hours or ""),
    ]
    flags = [flag for flag in edition.flags if flag.card and flag.tier not in _FRONT]
    said += [ExpectedSentence(frame.tier("visit"))] if flags else []
    said += [part for flag in flags for part in _line(flag.short, flag.id)]
    said += [ExpectedSentence(frame.words.card_visit_soon)] if flags else []
    said += [
        part for note in edition.card.notes for part in (*_line(note.title), *_line(note.text))
    ]
    return tuple(part for part in said if squeezed(part.words))


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


def _numbered(lines: Iterable[Line]) -> list[ExpectedSentence]:
    return [
        part
        for number, line in enumerate(lines, start=1)
        for part in _line(line, number=str(number))
    ]


def _entries(items: Iterable[ed.ListEntry]) -> list[ExpectedSentence]:
    said = []
    for number, item in enumerate(items, start=1):
        said += [*_line(item.text, number=str(number)), *_entries(item.items)]
    return said


def _tier(group: ed.Flags, frame: Frame, *, why: bool) -> list[ExpectedSentence]:
    """Return what a tier says: whom to call, and each flag with what to do until help comes."""
    words = frame.words
    said = [ExpectedSentence(frame.tier(group.tier))]
    said += [frame.number] if group.tier == "today" else []
    for flag in group.flags:
        said += [*_line(flag.text, flag.id), *_lines(flag.why if why else None)]
        said += _entries(flag.do)
    if group.tier == "now":
        said.append(ExpectedSentence(words.not_sure.format(emergency=frame.clinic.emergency)))
    return said


@singledispatch
def _block(block: EditionBlock, frame: Frame) -> list[ExpectedSentence]:
    raise NotImplementedError(type(block), frame)


@_block.register
def _(block: ed.PlainPart, frame: Frame) -> list[ExpectedSentence]:
    return [part for _, value in block.values for part in _plain(value, frame)]


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
def _(block: ed.Paragraph | ed.Quote, frame: Frame) -> list[ExpectedSentence]:
    del frame
    return _lines(block.text)


@_block.register
def _(block: ed.EditionList, frame: Frame) -> list[ExpectedSentence]:
    head = (
        [ExpectedSentence(frame.words.summary)] if block.kind == "summary" else _lines(block.lead)
    )
    return [*head, *_entries(block.items)]


@_block.register
def _(block: ed.EditionTable, frame: Frame) -> list[ExpectedSentence]:
    del frame
    head = [replace(part, repeated=True) for part in _lines(*block.columns)]
    return [
        *_lines(block.caption),
        *head,
        *_lines(*(cell for row in block.rows for cell in row.cells)),
    ]


@_block.register
def _callout(block: ed.Callout, frame: Frame) -> list[ExpectedSentence]:
    head = (
        _lines(block.title)
        if block.title
        else [ExpectedSentence(getattr(frame.words.callouts, block.callout))]
    )
    return [*head, *_lines(block.text), *_entries(block.items)]


@_block.register
def _(block: ed.Reasons, frame: Frame) -> list[ExpectedSentence]:
    said = []
    for number, reason in enumerate(block.reasons, start=1):
        said += [*_line(reason.title, number=str(number)), *_entries(reason.points)]
        said += [part for note in reason.notes for part in _callout(note, frame)]
    return said


@_block.register
def _(block: ed.Flags, frame: Frame) -> list[ExpectedSentence]:
    said = _tier(block, frame, why=True)
    return [*said, *([ExpectedSentence(frame.words.visit_soon)] if block.tier == "visit" else [])]


@_block.register
def _(block: ed.Zones, frame: Frame) -> list[ExpectedSentence]:
    said = []
    for zone in block.zones:
        said.append(ExpectedSentence(getattr(frame.words.zones, zone.zone)))
        said += _lines(zone.title)
        said += _tier(zone.flags, frame, why=False) if zone.flags else []
        said += [ExpectedSentence(frame.words.signs)] if zone.signs else []
        said += _entries(zone.signs)
        said += [ExpectedSentence(frame.words.do)] if zone.do else []
        said += _entries(zone.do)
    return said


@_block.register
def _(block: ed.AdviceColumns, frame: Frame) -> list[ExpectedSentence]:
    said = [ExpectedSentence(getattr(frame.words, column.name)) for column in block.columns]
    return [*said, *(part for column in block.columns for part in _entries(column.items))]


@_block.register
def _(block: ed.EditionChoices, frame: Frame) -> list[ExpectedSentence]:
    said = [
        ExpectedSentence(text, repeated=True) for text in (frame.words.if_this, frame.words.then)
    ]
    return [*said, *_lines(*(line for one in block.choices for line in (one.case, one.then)))]


@_block.register
def _(block: ed.EditionLink, frame: Frame) -> list[ExpectedSentence]:
    del frame
    return _lines(block.title)


@_block.register
def _(block: ed.EditionLog, frame: Frame) -> list[ExpectedSentence]:
    del frame
    head = _lines(*(line for one in block.columns for line in (one.label, one.unit)))
    repeated = [replace(part, repeated=True) for part in head]
    return [*_lines(block.caption), *repeated, *_lines(*block.headings)]


@_block.register
def _(block: ed.EditionSchedule, frame: Frame) -> list[ExpectedSentence]:
    head = [ExpectedSentence(frame.words.medicine), *_lines(*block.times)]
    repeated = [replace(part, repeated=True) for part in head]
    return [*_lines(block.caption), *repeated, *_lines(*(row.medicine for row in block.rows))]


@_block.register
def _(block: ed.Myths, frame: Frame) -> list[ExpectedSentence]:
    said = []
    for myth in block.myths:
        verdict = _lines(myth.verdict) if myth.verdict else [ExpectedSentence(frame.words.verdict)]
        said += [
            ExpectedSentence(frame.words.myth),
            *_lines(myth.myth),
            *verdict,
            *_lines(myth.answer),
        ]
    return said


@_block.register
def _(block: ed.OwnNumbers, frame: Frame) -> list[ExpectedSentence]:
    words = frame.words
    columns = [
        ExpectedSentence(text, repeated=True)
        for text in (words.my_number, words.my_result, words.my_goal)
    ]
    return [
        *columns,
        *_lines(*(line for number in block.numbers for line in (number.label, number.hint))),
    ]


@_block.register
def _(block: ed.Personal, frame: Frame) -> list[ExpectedSentence]:
    del frame
    return _personal(block.places)


def _personal(places: Iterable[ed.PersonalPlace]) -> list[ExpectedSentence]:
    return [
        said for one in places for said in (*_lines(one.label), *map(ExpectedSentence, one.choices))
    ]


@_block.register
def _(block: ed.TeachBack, frame: Frame) -> list[ExpectedSentence]:
    lead = _lines(block.lead) if block.lead else [ExpectedSentence(frame.words.teach_back_lead)]
    return [ExpectedSentence(frame.words.teach_back), *lead, *_entries(block.questions)]


@_block.register
def _(block: ed.Notes, frame: Frame) -> list[ExpectedSentence]:
    return _lines(block.prompt) if block.prompt else [ExpectedSentence(frame.words.notes)]


@_block.register
def _(block: ed.Contact, frame: Frame) -> list[ExpectedSentence]:
    clinic = frame.clinic
    said = [
        ExpectedSentence(frame.words.contact),
        *(ExpectedSentence(text) for text in (clinic.name, clinic.address) if text),
    ]
    for line in block.lines:
        said += [
            ExpectedSentence(getattr(frame.words.phones, line)),
            ExpectedSentence(getattr(clinic, line) or ""),
        ]
    return said


@_block.register
def _(block: ed.Mark, frame: Frame) -> list[ExpectedSentence]:
    del frame
    return _lines(*block.sides)


@_block.register
def _(block: ed.Figure, frame: Frame) -> list[ExpectedSentence]:
    del frame
    return _lines(block.caption)
