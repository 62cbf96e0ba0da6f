"""Compose jobs: choose the editions of handouts that were read, and fill the templates.

Nothing is printed here. A build with nothing to do never imports this module, which loads pydantic,
Jinja2 and other slow packages.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from itertools import product
from typing import TYPE_CHECKING, Final, NamedTuple

from teachback.content.brief_version import has_brief_version
from teachback.content.handout import Phone
from teachback.content.inline_markup import plain
from teachback.content.locale_formats import dated
from teachback.editions.edition_code import edition_code
from teachback.editions.selection import Reader, choice_places, choose, for_screen, with_lines
from teachback.errors import DesignHint, Location, OutOfTime, Problem, TeachbackError, with_location
from teachback.files.workspace import Workspace, hinting
from teachback.html.composer import Design, Medium, PageContext, compose_cards, compose_handout
from teachback.printing.build_record import Summary
from teachback.printing.design import (
    check_design,
    design_hash,
    has_own_design,
    language_hash,
    open_design,
    pictures_hash,
    refuse_unhashed,
)
from teachback.printing.jobs import CARDS, CARDS_PRESS, CardRun, Job, PagePromise
from teachback.printing.process_pool import METHOD, Pool, Task, scale_of
from teachback.proofing.expected_editions import expected_card, expected_handout
from teachback.units import TWO_LANGUAGES, Depth, TypeSize, two_languages

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from teachback.content.handout_loader import LoadedHandout
    from teachback.content.loader import LoadedHandouts
    from teachback.content.printed_words import Words
    from teachback.content.workspace_content import WorkspaceContent
    from teachback.editions.edition import Edition
    from teachback.printing.settings import Settings

_STYLES: Final = DesignHint(
    "Compare the clinic's own styles and pictures with the built-in ones, and make them shorter."
)
_TEMPLATES: Final = DesignHint(
    "A loop of a template has no end, or runs too often. Compare the clinic's own with "
    "the built-in ones."
)


class _NothingBriefError(TeachbackError):
    """No part of a handout is marked for its short version, or none for an audience."""


@dataclass(frozen=True)
class PrintContext:
    """Everything that pages are composed with. A pool receives it.

    `run` is the sheet on which cards lie; `fingerprint` is the hash of the design. `for_records` is
    whether the words of records will be printed on the pages, and `boxes` are the fields that print
    boxes to tick there all the same.
    """

    workspace: Workspace
    reading: LoadedHandouts
    design: Design
    settings: Settings
    fingerprint: str
    run: CardRun | None = None
    for_records: bool = False
    boxes: tuple[str, ...] = ()

    @property
    def files(self) -> Mapping[str, Path]:
        """The workspace's files by name, for the pages that name them."""
        return self.design.files


class JobOrder(NamedTuple):
    """A requested job: the file stem of a handout, its readers, the kind, and the forms.

    Cards may be for several audiences, in the order in which they lie on sheets. A handout is for
    one. With `for_fit`, a refused handout is only measured, so that one run reports all its faults.
    """

    stem: str
    audiences: tuple[str, ...]
    kind: str
    forms: tuple[str, ...]
    for_fit: bool = False

    @property
    def name(self) -> str:
        """The name of the job in messages."""
        if {CARDS, CARDS_PRESS} & set(self.forms):
            return f"cards of {self.stem}"
        return f"{self.kind} of {self.stem} for {' and '.join(self.audiences)}"

    def alone(self, form: str) -> tuple[JobOrder, ...]:
        """Return orders of the same edition with this form in one of its own."""
        others = tuple(other for other in self.forms if other != form)
        if not others or form not in self.forms:
            return (self,)
        return self._replace(forms=others), self._replace(forms=(form,))

    @property
    def group(self) -> str:
        """The handout that is not printed when this job fails; "" if it is not printed at all."""
        return "" if self.for_fit else self.stem


@dataclass(frozen=True)
class ComposedJobs:
    """The result of composing: jobs, problems by the handout's stem, and faults of the design."""

    jobs: tuple[Job, ...]
    problems: Mapping[str, tuple[Problem, ...]]
    flaws: tuple[Problem, ...]


def print_context(
    workspace: Workspace, reading: LoadedHandouts, settings: Settings, run: CardRun | None = None
) -> PrintContext:
    """Load the design, and return all that pages are composed with.

    Raises TeachbackError for a file of the design that is not text.
    """
    design = open_design(workspace)
    return PrintContext(workspace, reading, design, settings, design_hash(design), run)


def summarise(authored: LoadedHandout, made_from: str) -> Summary:
    """Return the facts of a handout that the plan of later runs needs."""
    handout, place = authored.handout, authored.file.locate(("review",), key=True)
    return Summary(
        made_from=made_from,
        id=handout.id,
        language=handout.language,
        audiences=handout.audiences,
        card=handout.card is not None,
        # What a translation lacks is reported for each reader.
        status="approved" if authored.translated else handout.review.status,
        due=handout.review.due.isoformat() if handout.review.due else None,
        reviewed=handout.review.reviewed.isoformat() if handout.review.reviewed else None,
        review=(place.file, place.line, place.column),
        changed=authored.approval.changed,
        missing=authored.approval.missing,
        sealed=authored.approval.sealed,
        notices=tuple(
            (
                audience,
                str(notice.severity),
                notice.message,
                notice.hint,
                (location.file, location.line, location.column),
            )
            for audience, notice in authored.notices
            for location in [notice.location or place]
        ),
        translated_from=authored.translated.current.handout.language if authored.translated else "",
    )


def open_pool(context: PrintContext, processes: int) -> Pool:
    """Return the pool in which pages are composed and printed, with its libraries loaded.

    Raises TeachbackError where a library of the system is missing.
    """
    _load_libraries()
    return Pool(context, processes, settle=hinting(context.files))


def _load_libraries() -> None:
    """Load what prints, once for all workers that are forked later."""
    if METHOD == "fork":
        import teachback.pdf.renderer
        import teachback.printing.type_fitting
        import teachback.proofing.page_proof  # noqa: F401


def compose_apart(
    context: PrintContext, orders: Sequence[JobOrder], processes: int
) -> ComposedJobs:
    """Compose jobs and check the design, in worker processes.

    They are needed because a template may loop without end. Meanwhile, this process loads the
    libraries that print: in a thread, so that no worker waits for its next task. Raises
    TeachbackError where a library of the system is missing.
    """
    tasks = [Task(_design_faults, None, "reading the styles", _STYLES)]
    tasks += [
        Task(
            _composed,
            order,
            "filling the templates",
            _TEMPLATES,
            order.group,
            scale_of(context.reading.authored[order.stem].file.size),
        )
        for order in orders
    ]
    jobs: dict[JobOrder, Job] = {}
    problems: dict[str, tuple[Problem, ...]] = {}
    flaws: tuple[Problem, ...] = ()
    with Pool(context, processes, settle=hinting(context.files)) as pool:
        outcomes = pool.each(tasks)
        loaded = pool.meanwhile(_load_libraries)
        for outcome in outcomes:
            order = outcome.task.subject
            if order is None:
                flaws = tuple(map(pool.settle, outcome.problems or outcome.result))
            elif isinstance(outcome.result, Job):
                jobs[order] = outcome.result
            elif not order.for_fit:
                new_problems = outcome.problems or tuple(map(pool.settle, outcome.result))
                place = _place(context.reading.authored[order.stem], order.kind)
                problems[order.stem] = (
                    *problems.get(order.stem, ()),
                    *with_location(new_problems, order.name, place),
                )
        loaded.result()
    return ComposedJobs(tuple(jobs[order] for order in orders if order in jobs), problems, flaws)


def _composed(context: PrintContext, order: JobOrder) -> Job | tuple[Problem, ...]:
    """Return the job, or its problems. An exception would end the worker."""
    try:
        return compose_job(context, order)
    except OutOfTime:
        raise
    except TeachbackError as error:
        return error.problems
    except LookupError:
        # A refused handout may lack a text for a reader, or a source. That is reported elsewhere.
        if order.for_fit:
            return ()
        raise


def _design_faults(context: PrintContext, _: None) -> tuple[Problem, ...]:
    return check_design(context.design, context.workspace)


def check_apart(pool: Pool) -> None:
    """Check the design in a pool that holds the context.

    Raises TeachbackError with all its faults.
    """
    flaws = pool.one(Task(_design_faults, None, "reading the styles", _STYLES))
    if flaws:
        raise TeachbackError(*flaws)


def compose_job(context: PrintContext, order: JobOrder) -> Job:
    """Compose one job. Raises TeachbackError with the faults of the templates or of the handout."""
    authored, shared = context.reading.authored[order.stem], context.reading.shared
    is_card = order.kind == "card"
    size = TypeSize.STANDARD if is_card else context.settings.size
    depth = Depth.FULL if is_card else context.settings.depth
    edition_of = _edition if is_card or not context.settings.facing else _facing_edition
    chosen = [edition_of(authored, audience, shared, size, depth) for audience in order.audiences]
    editions = [
        (
            with_lines(edition, context.boxes) if context.for_records else edition,
            _page_context(edition, authored, context),
        )
        for edition in chosen
    ]
    job = Job(
        name=order.name,
        stem=order.stem,
        kind=order.kind,
        audience="+".join(order.audiences),
        forms=order.forms,
        code=" ".join(page.code for _, page in editions),
        place=_place(authored, order.kind),
        for_fit=order.for_fit,
        choices=() if is_card else choice_places(chosen[0]),
    )
    compose = _with_cards if is_card else _with_handout
    try:
        job = compose(job, editions, authored, context)
        for edition, page in editions:
            pages = "".join((job.handout, *job.cards))
            refuse_unhashed(context.design, f"{edition!r}|{page.clinic!r}", pages)
    except OutOfTime:
        raise
    except TeachbackError as error:
        raise TeachbackError(*with_location(error.problems, job.name, job.place)) from None
    return job


def _with_handout(
    job: Job,
    editions: Sequence[tuple[Edition, PageContext]],
    authored: LoadedHandout,
    context: PrintContext,
) -> Job:
    ((edition, page),) = editions
    paper, design = context.settings.paper, context.design
    unfilled = replace(page, clinic=page.clinic.emptied(), language_help=())
    compose = partial(compose_handout, design=design, paper=paper)
    is_printed = _is_printed(job, design)
    return replace(
        job,
        size=edition.size,
        expected=(expected_handout(job.name, edition, authored, page, paper),),
        promised=_promised(edition, authored, context),
        handout=compose(edition, page, medium=Medium.PRINT) if is_printed else "",
        unfilled=compose(edition, unfilled, medium=Medium.PRINT)
        if is_printed and page.clinic != unfilled.clinic
        else "",
        screen=compose(for_screen(edition), page, medium=Medium.SCREEN)
        if "html" in job.forms
        else "",
    )


def _promised(
    edition: Edition, authored: LoadedHandout, context: PrintContext
) -> PagePromise | None:
    """Return how many pages an edition may take: the short version is one sheet, on both sides.

    In two languages it is two sheets, and of a whole handout nothing is promised. A draft may take
    more, so that its author sees the pages, but not one for patients' records.
    """
    if edition.size is TypeSize.LARGE:
        return None
    is_binding = context.for_records or edition.review.status != "draft"
    if edition.depth is Depth.BRIEF:
        sheets = 1 if edition.facing is None else 2
        place = authored.file.locate(("sections",), key=True)
        return PagePromise(2 * sheets, place, is_binding)
    if edition.facing:
        return None
    pages = authored.handout.pages
    if pages is None:
        return None
    return PagePromise(pages, authored.file.locate(("pages",)), is_binding)


def _with_cards(
    job: Job,
    editions: Sequence[tuple[Edition, PageContext]],
    authored: LoadedHandout,
    context: PrintContext,
) -> Job:
    design = context.design
    job = replace(job, run=context.run)
    compose = partial(compose_cards, design=design, medium=Medium.PRINT, one_sided=job.one_sided)
    names = tuple(f"card of {job.stem} for {edition.audience}" for edition, _ in editions)
    return replace(
        job,
        cards=tuple(compose([edition]) for edition in editions) if _is_printed(job, design) else (),
        together=compose(editions) if len(editions) > 1 else "",
        screen=compose_cards(editions, design, medium=Medium.SCREEN) if "html" in job.forms else "",
        names=names,
        flags=tuple(_card_flags(edition, authored) for edition, _ in editions),
        expected=tuple(
            expected_card(name, edition, authored, page, one_sided=job.one_sided)
            for name, (edition, page) in zip(names, editions, strict=True)
        ),
    )


def _is_printed(job: Job, design: Design) -> bool:
    """Return whether a page for paper is needed.

    With a design of the clinic's own, paper is proved even where only a page for a screen is
    wanted.
    """
    return set(job.forms) != {"html"} or has_own_design(design)


def languages_of(authored: LoadedHandout) -> tuple[str, ...]:
    """Return what a handout file can be printed in: its language, and a translation in two."""
    language = authored.handout.language
    if authored.translated is None:
        return (language,)
    return language, two_languages(language, authored.translated.current.handout.language)


def editions_by_code(reading: LoadedHandouts, stem: str, design: Design) -> dict[str, Edition]:
    """Return every present edition of a handout by its code."""
    authored, shared = reading.authored[stem], reading.shared
    fingerprint = design_hash(design)
    return {
        _code(edition, _page_words(edition, authored, shared), shared, design, fingerprint): edition
        for edition in _editions(authored, shared)
    }


def _editions(authored: LoadedHandout, shared: WorkspaceContent) -> Iterator[Edition]:
    """Yield every edition of a handout; an audience may have none of the short version."""
    kinds = (_edition, _facing_edition) if authored.translated else (_edition,)
    for edition_of, audience, depth, size in product(
        kinds, authored.handout.audiences, Depth, TypeSize
    ):
        with suppress(_NothingBriefError):
            yield edition_of(authored, audience, shared, size, depth)


def _facing_edition(
    authored: LoadedHandout, audience: str, shared: WorkspaceContent, size: TypeSize, depth: Depth
) -> Edition:
    """Return the edition of a translation beside the text that it was made from.

    Where the translation is a draft, both are. Raises TeachbackError for a handout that is no
    translation.
    """
    edition = _edition(authored, audience, shared, size, depth, crowded=True)
    if authored.translated is None:
        message = f"'{authored.handout.id}' is no translation, so nothing stands beside it"
        hint = "Print it in its own language alone."
        raise TeachbackError.of(message, hint, _place(authored, "handout"))
    facing = _edition(authored.translated.english, audience, shared, size, depth, crowded=True)
    original = authored.translated.current
    approved = edition.review.status == "approved"
    review = (
        original.approval.review(original.handout.review, audience) if approved else edition.review
    )
    return replace(edition, facing=replace(facing, review=review, version=edition.version))


def _edition(
    authored: LoadedHandout,
    audience: str,
    shared: WorkspaceContent,
    size: TypeSize,
    depth: Depth,
    *,
    crowded: bool = False,
) -> Edition:
    if depth is Depth.BRIEF and not has_brief_version(authored.handout):
        raise _NothingBriefError(_nothing_brief(authored))
    reader = Reader(shared.audiences.lineage(audience), shared.clinic.values())
    reader_words, language = shared.audiences.root[audience], authored.handout.language
    badge, calls = reader_words.badge[language], shared.audiences.calls(audience)
    edition = choose(
        authored.handout,
        reader,
        badge=badge,
        size=size,
        sources=shared.sources,
        depth=depth,
        crowded=crowded,
    )
    if not edition.sections:
        raise _NothingBriefError(_nothing_brief(authored, audience))
    return replace(
        edition,
        review=authored.approval.review(edition.review, audience),
        short_badge=reader_words.short.get(language, badge),
        # A clinic without that number has one that it answers in office hours.
        calls=calls if getattr(shared.clinic, calls) or not shared.clinic.phone else Phone.PHONE,
    )


def _nothing_brief(authored: LoadedHandout, audience: str = "") -> Problem:
    reader = f" for '{audience}'" if audience else ""
    message = f"no part of this handout is marked for its short version{reader}"
    hint = "Write `brief: true` on the sections, blocks or entries that belong to it."
    return Problem(message, hint, authored.file.locate(("sections",), key=True))


def _page_words(
    edition: Edition, authored: LoadedHandout, shared: WorkspaceContent
) -> tuple[Words, ...]:
    """Return the words of an edition's pages, in each of its languages."""
    languages = (edition.language, *((edition.facing.language,) if edition.facing else ()))
    return tuple(_words(authored, edition, language, shared) for language in languages)


def _words(
    authored: LoadedHandout, edition: Edition, language: str, shared: WorkspaceContent
) -> Words:
    """Return the words of a language; their draft notice says why the edition is a draft."""
    approval, words = authored.approval, shared.words[language]
    if approval.unchecked:
        notices = (words.drafts.unchecked, words.drafts.card_unchecked)
    elif edition.audience in approval.stale:
        made_from = words.drafts.stale.format(date=dated(edition.version, language))
        notices = (made_from, words.drafts.card_translation)
    elif edition.audience in approval.unproved:
        notices = (words.drafts.translation, words.drafts.card_translation)
    else:
        return words
    return words.model_copy(update={"draft": notices[0], "card_draft": notices[1]})


def _page_context(edition: Edition, authored: LoadedHandout, context: PrintContext) -> PageContext:
    shared = context.reading.shared
    words = _page_words(edition, authored, shared)
    code = _code(edition, words, shared, context.design, context.fingerprint)
    ink = context.settings.ink or shared.clinic.ink
    facing = words[1] if edition.facing else None
    return PageContext(
        words[0], shared.clinic, code, ink, shared.languages, facing, _language_help(shared)
    )


def _language_help(shared: WorkspaceContent) -> tuple[tuple[str, str], ...]:
    """Return the languages in which the clinic offers an interpreter, each with its words."""
    return tuple(
        (language, shared.words[language].language_help or "")
        for language in shared.clinic.language_help
    )


def _code(
    edition: Edition,
    words: tuple[Words, ...],
    shared: WorkspaceContent,
    design: Design,
    fingerprint: str,
) -> str:
    clinic = shared.clinic
    pictures = pictures_hash(design, f"{edition!r}|{clinic!r}")
    offers = _language_help(shared)
    printed_words = "|".join(map(repr, (*words, *offers)))
    tags = (*edition.languages.split(TWO_LANGUAGES), *(tag for tag, _ in offers))
    languages = "|".join(language_hash(shared.languages.of(tag), design) for tag in tags)
    return edition_code(edition, f"{fingerprint}|{pictures}|{printed_words}|{clinic!r}|{languages}")


def _place(authored: LoadedHandout, kind: str) -> Location:
    return authored.file.locate(("title" if kind == "handout" else "card",), key=True)


def _card_flags(edition: Edition, authored: LoadedHandout) -> dict[str, tuple[Location, str]]:
    """Return the flags on an edition's card by id: the place in the file, and the short text."""
    places = {
        flag.id: authored.file.locate(("red_flags", index))
        for index, flag in enumerate(authored.handout.red_flags)
    }
    return {flag.id: (places[flag.id], plain(flag.short)) for flag in edition.flags if flag.card}
