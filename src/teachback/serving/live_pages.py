"""Make the pages that an author looks at: laid out first, then checked and proved.

These functions run in the live room's worker processes.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, NamedTuple

from teachback.checking.blocking_rules import reader_text_of
from teachback.checking.checker import check_handout
from teachback.checking.plain_language.reading_grade import graded
from teachback.content.base_model import Role
from teachback.errors import OutOfTime, Problem, TeachbackError, in_file_order, with_location
from teachback.pdf.page_images import page_picture
from teachback.printing.card_run import full_sheet_or_plain
from teachback.printing.job_composer import JobOrder, PrintContext, compose_job
from teachback.printing.job_printer import lay_out_handout, promise_problems, proved_file
from teachback.printing.page_fitting import lay_out_with_styles, styles_of
from teachback.printing.process_limits import send_part
from teachback.serving.paper_lines import PaperLine, PrintedText, paper_lines
from teachback.units import CARD, Box

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping, Sequence

    from teachback.checking.all_rules import Rules
    from teachback.content.handout_loader import LoadedHandout
    from teachback.content.workspace_content import WorkspaceContent
    from teachback.pdf.renderer import LaidOutDocument
    from teachback.printing.jobs import Job

# In dots to the inch.
_DPI = 96
# The reading formula that the target of a reader is about.
_FORMULA = "Flesch-Kincaid"


@dataclass(frozen=True)
class LiveContext(PrintContext):
    """Everything that pages are composed with, and the rules of `teachback check`."""

    rules: Rules = field(kw_only=True)


@dataclass(frozen=True)
class LiveOrder:
    """An order for the pages of a version of a handout, for one reader: the handout, or its card.

    `sources` are the lines of its files. `styles` is the choice of space of the last version. The
    `first` reader's first page is drawn before all else. For that, the page is laid out without
    what begins at the section `cut_at`, which began behind page 2 of the last version; that had so
    many `pages`.
    """

    stem: str
    version: int
    authored: LoadedHandout
    sources: Mapping[str, Sequence[str]]
    today: dt.date
    audience: str = ""
    kind: str = "handout"
    styles: str = ""
    first: bool = False
    cut_at: str = ""
    pages: int = 0


class DrawOrder(NamedTuple):
    """An order for pictures of a reader's `pages`, by number from 1. `data` is their PDF."""

    stem: str
    version: int
    audience: str
    kind: str
    pages: Sequence[int]
    data: bytes


class PaperLayout(NamedTuple):
    """The pages of a reader: how many, their size in mm, and the texts with their lines."""

    pages: int
    box: Box
    texts: tuple[PrintedText, ...]
    lines: tuple[PaperLine, ...]


class ProvedPaper(NamedTuple):
    """The outcome of a proof: the problems, and the pages if they differ from those shown before.

    `styles` is the choice of space with which the pages are printed, or None if they cannot be.
    """

    problems: tuple[Problem, ...]
    styles: str | None = None
    layout: PaperLayout | None = None
    data: bytes = b""


class CheckedReader(NamedTuple):
    """The findings of the rules for a reader, and the reading grades, of all and by section."""

    problems: tuple[Problem, ...]
    target: int
    grade: float | None
    sections: Mapping[str, float]


def lay_out_live(context: LiveContext, order: LiveOrder) -> bytes:
    """Lay out the pages of a reader once, and return them as PDF.

    The lines of all pages, and the first reader's first page as a picture, are sent ahead. Nothing
    is proved yet.
    """
    from teachback.pdf.renderer import write

    job = _compose(context, order)
    early = _early_page(context, order, job)
    if early:
        send_part(early)
    _, document = lay_out_with_styles(order.styles, job, context.files)
    if document.problems:
        raise TeachbackError(*document.problems)
    send_part(_layout(document, context, order, context.settings.paper.box))
    if order.first and not early:
        send_part(_first_picture(document))
    return write(document, tagged=False)


def draw_live(_: LiveContext, order: DrawOrder) -> None:
    """Draw pages as PNG, and send each with its number, from 1, as soon as it is drawn."""
    for page in order.pages:
        send_part((page, page_picture(order.data, page - 1, _DPI)))


def prove_live(context: LiveContext, order: LiveOrder) -> ProvedPaper:
    """Print the pages of a reader, or the card, as `teachback build` does, and prove them."""
    job = _compose(context, order)
    try:
        return _print_and_prove(context, order, job)
    except OutOfTime:
        raise
    except TeachbackError as error:
        return ProvedPaper(with_location(error.problems, job.name, job.place))


def check_live(
    context: LiveContext, order: LiveOrder
) -> tuple[dict[str, CheckedReader], tuple[Problem, ...]]:
    """Return the findings of the rules for each reader, and those that are about no reader."""
    stem, authored, today = order.stem, order.authored, order.today
    shared, rules = context.reading.shared, context.rules
    readers: dict[str, CheckedReader] = {}
    reported: set[Any] = set()
    for name in authored.handout.audiences:
        checked = check_handout(stem, authored, shared, rules, (name,), today)
        whole, *parts = graded(checked.reader_texts[name], rules.vocabulary)
        grades = {part.section: part.by(_FORMULA).grade for part in parts}
        readers[name] = CheckedReader(
            checked.problems,
            checked.targets[name],
            whole.by(_FORMULA).grade,
            {section: grade for section, grade in grades.items() if grade is not None},
        )
        reported.update((problem.rule, problem.location) for problem in checked.problems)
    everything = check_handout(stem, authored, shared, rules, (), today).problems
    rest = (problem for problem in everything if (problem.rule, problem.location) not in reported)
    return readers, in_file_order(rest)


def printed_texts(order: LiveOrder, shared: WorkspaceContent) -> tuple[PrintedText, ...]:
    """Return the texts that a reader gets on the paper of an order, in the order of the file."""
    reader = reader_text_of(order.authored, order.audience, shared)
    card = order.kind == "card"
    shorter = {passage.path[:2] for passage in reader.passages if passage.role is Role.SHORT}
    return tuple(
        PrintedText(
            passage.text,
            place.line,
            place.column,
            passage.section,
            passage.role is Role.COLUMN,
            place.file,
        )
        for passage in reader.passages
        if (passage.role is Role.SHORT) <= card
        and (passage.block == "card") <= card
        and not (card and passage.section)
        and not (card and passage.role is not Role.SHORT and passage.path[:2] in shorter)
        for place in (order.authored.file.locate(passage.path),)
    )


def _compose(context: LiveContext, order: LiveOrder) -> Job:
    reading = replace(context.reading, authored={order.stem: order.authored})
    job_order = JobOrder(order.stem, (order.audience,), order.kind, ("pdf",))
    run = full_sheet_or_plain(context.workspace, context.settings) if order.kind == "card" else None
    return compose_job(replace(context, reading=reading, run=run), job_order)


def _early_page(context: LiveContext, order: LiveOrder, job: Job) -> bytes:
    """Return a picture of page 1, laid out without the sections far behind it, or b""."""
    end = job.handout.find(f'<section id="{order.cut_at}"') if order.cut_at else -1
    if end < 0:
        return b""
    number = f'.counter-pages::after {{ content: "{order.pages}" !important }}'
    short = replace(job, handout=job.handout[:end])
    _, document = lay_out_with_styles(order.styles + number, short, context.files)
    return _first_picture(document) if document.pages > 1 else b""


def _first_picture(document: LaidOutDocument) -> bytes:
    from teachback.pdf.renderer import first_page, write

    return page_picture(write(first_page(document), tagged=False), 0, _DPI)


def _print_and_prove(context: LiveContext, order: LiveOrder, job: Job) -> ProvedPaper:
    from teachback.pdf.renderer import write

    if order.kind == "card":
        from teachback.printing.type_fitting import fitted_or_larger

        card = fitted_or_larger(job, None, context.files)
        page, document, warnings = job.cards[0], card.fit.layout, card.warnings
        styles, box = "", CARD if card.run is None else card.run.box
    else:
        page, document = lay_out_handout(job, context.files)
        styles, box = styles_of(page, job), context.settings.paper.box
        warnings = tuple(promise_problems(job, document))
    data = write(document)
    proved = proved_file(data, page, document, job.expected, context.files)
    problems = with_location((*warnings, *proved.proof_warnings), job.name, job.place)
    if order.kind == "handout" and styles == order.styles:
        return ProvedPaper(problems, styles)
    return ProvedPaper(problems, styles, _layout(document, context, order, box), data)


def _layout(
    document: LaidOutDocument, context: LiveContext, order: LiveOrder, box: Box
) -> PaperLayout:
    from teachback.pdf.page_layout import text_places

    texts = printed_texts(order, context.reading.shared)
    lines = paper_lines(tuple(text_places(document)), texts, order.sources)
    return PaperLayout(document.pages, box, texts, lines)
