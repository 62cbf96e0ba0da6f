"""Print a handout in pseudo-text, to see which pages a translation would not fit."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from teachback.content.handout import LONGEST_TITLE
from teachback.content.languages import missing_font
from teachback.content.loader import LoadedHandouts, load_handout
from teachback.content.locale_formats import direction_of
from teachback.content.pseudo_text import in_letters, other_letters, pseudo_text
from teachback.content.text_and_picture_checks import texts_in
from teachback.content.translation import handout_texts, with_texts
from teachback.content.workspace_content import load_shared
from teachback.errors import Problem, TeachbackError, UsageError, in_file_order, nearest
from teachback.files.font_packages import family_fonts
from teachback.files.workspace import (
    effective_files,
    handout_files,
    is_translation,
    unknown_handout,
    write_whole,
)
from teachback.printing.card_run import full_sheet
from teachback.printing.job_composer import JobOrder, compose_apart, open_pool, print_context
from teachback.printing.job_printer import do_job
from teachback.printing.process_pool import Task, scale_of
from teachback.units import CARD, Paper, TypeSize

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from teachback.content.handout import Handout
    from teachback.content.handout_loader import LoadedHandout
    from teachback.content.workspace_content import WorkspaceContent
    from teachback.files.workspace import Workspace
    from teachback.printing.job_composer import PrintContext
    from teachback.printing.jobs import FinishedJob, Job
    from teachback.printing.settings import Settings
    from teachback.printing.type_fitting import CardRoom

    Step = Callable[[int, int], None]
    Grow = Callable[[str], str]

# The draft notice of each page and each card. Staff read it.
MARK: Final = "Pseudo-text: no handout, not for patients"
_CARD_MARK: Final = "Pseudo-text, not for patients"
_NOT_TEXTS: Final = frozenset({"language", "calibrate", "cover", "drafts"})
_FOLDER: Final = "pseudo"
# The font of languages that name none, which is that of English.
_FAMILY: Final = "Atkinson Hyperlegible"
_REGULAR: Final = 400
# Rounds in which the growth comes near to the target width: the last changed it by less than 1 %.
_ROUNDS: Final = 3
# Texts of a few words often grow by a third from English into other languages.
GROWTH: Final = 1.3


@dataclass(frozen=True)
class PseudoRun:
    """A row for each edition, the problems, the folder with what fits, and how much texts grew."""

    rows: tuple[dict[str, Any], ...]
    problems: tuple[Problem, ...]
    folder: Path
    growth: float


class _Measured(NamedTuple):
    """A job that was printed, or its problems, and how a card fits."""

    done: FinishedJob
    room: CardRoom | None


class PseudoOrder(NamedTuple):
    """A handout to print in pseudo-text, for all its readers or some.

    Its pages have the letters, font and direction of `language`; with `from_right`, those of any
    language that is written from right to left. With a language, `growth` is that of the width of
    texts, and else that of the number of letters. If left out, it is that of the language, or
    GROWTH.
    """

    handout: str
    growth: float | None = None
    audiences: tuple[str, ...] = ()
    language: str | None = None
    from_right: bool = False


def print_pseudo(
    order: PseudoOrder, settings: Settings, workspace: Workspace, step: Step | None = None
) -> PseudoRun:
    """Print a handout and its cards in pseudo-text, for each reader, paper and size.

    Files are written for the editions that fit; nothing is recorded or archived. Raises UsageError
    for unknown names, and TeachbackError if the handout has problems of its own.
    """
    name = order.handout
    path = handout_files(workspace).get(name)
    if path is None or is_translation(path):
        ids = [stem for stem, file in handout_files(workspace).items() if not is_translation(file)]
        raise UsageError(unknown_handout(name, ids))
    shared = load_shared(workspace)
    authored = load_handout(path, workspace, shared)
    readers = _chosen_readers(order, authored.handout)
    language = _page_language(order, authored.handout, shared)
    growth = order.growth or (shared.languages.of(language).growth if language else GROWTH)
    files = effective_files(workspace)
    pseudo, pseudo_shared = _as_pseudo_text(authored, shared, language, growth, files)
    reading = LoadedHandouts(pseudo_shared, {name: pseudo}, {})
    folder = settings.output / _FOLDER / name
    rows: list[dict[str, Any]] = []
    problems = [*_title_problems(pseudo)]
    orders_by_form = list(_orders_by_form(name, pseudo.handout, readers, settings))
    # With a run, the problem of a card that does not fit names the stocks on which it would.
    run = full_sheet(workspace, settings)
    total = sum(len(orders) for _, orders in orders_by_form)
    for form_settings, orders in orders_by_form:
        context = print_context(workspace, reading, form_settings, run)
        rows_by_job = {}
        jobs = _measured_jobs(context, orders)
        for count, measured in enumerate(jobs, start=len(rows) + 1):
            job_problems = _located_problems(measured.done, form_settings)
            rows_by_job[measured.done.job.kind, measured.done.job.audience] = _row(
                measured, form_settings, folder, job_problems
            )
            problems += job_problems
            if step:
                step(count, total)
        rows += [rows_by_job[job.kind, job.audiences[0]] for job in orders]
    return PseudoRun(tuple(rows), in_file_order(dict.fromkeys(problems)), folder, growth)


def _located_problems(done: FinishedJob, settings: Settings) -> tuple[Problem, ...]:
    """Return the problems of a job. Those of a handout name its paper and its type size."""
    if done.job.kind == "card":
        return done.problems
    form = f"{settings.paper}, {settings.size} print"
    return tuple(
        problem._replace(message=f"{form}: {problem.message}") for problem in done.problems
    )


def _orders_by_form(
    name: str, handout: Handout, readers: tuple[str, ...], settings: Settings
) -> Iterator[tuple[Settings, list[JobOrder]]]:
    """Yield the settings of each paper and size, with what is printed on it."""
    # A card has one size, whatever the paper.
    kinds = ["handout", "card"] if handout.card is not None else ["handout"]
    for paper in Paper:
        for size in TypeSize:
            yield (
                replace(settings, paper=paper, size=size),
                [JobOrder(name, (reader,), kind, ("pdf",)) for kind in kinds for reader in readers],
            )
            kinds = ["handout"]


def _measured_jobs(context: PrintContext, orders: list[JobOrder]) -> Iterator[_Measured]:
    composed = compose_apart(context, orders, context.settings.jobs)
    problems = (
        *composed.flaws,
        *(problem for group in composed.problems.values() for problem in group),
    )
    if problems:
        raise TeachbackError(*problems)
    with open_pool(context, context.settings.jobs) as pool:
        tasks = [
            Task(_measure, job, "laying the page out", "", "", scale_of(len(job.handout)))
            for job in composed.jobs
        ]
        for outcome in pool.each(tasks):
            if outcome.result is None:
                raise TeachbackError(*outcome.problems)
            measured: _Measured = outcome.result
            problems = tuple(map(pool.settle, measured.done.problems))
            yield measured._replace(done=replace(measured.done, problems=problems))


def _measure(context: PrintContext, job: Job) -> _Measured:
    """Print one job; of a card, measure the room it has or lacks."""
    from teachback.printing.type_fitting import card_room

    finished = do_job(job, context.files)
    return _Measured(finished, card_room(job, 0, CARD, context.files) if job.cards else None)


def _row(
    measured: _Measured, settings: Settings, folder: Path, problems: tuple[Problem, ...]
) -> dict[str, Any]:
    """Return the row of an edition, and write its file if it fits."""
    finished, room = measured.done, measured.room
    job = finished.job
    is_card = job.kind == "card"
    name = (
        f"card-{job.audience}"
        if is_card
        else (f"handout-{job.audience}-{settings.paper}-{settings.size}")
    )
    target = folder / f"{name}.pdf"
    if finished.printed:
        write_whole(target, finished.printed[0].data)
    else:
        # A file of an earlier run would be mistaken for one of this run.
        target.unlink(missing_ok=True)
    return {
        "reader": job.audience,
        "kind": job.kind,
        "paper": None if is_card else str(settings.paper),
        "size": None if is_card else str(settings.size),
        "pages": finished.printed[0].pages if finished.printed else None,
        "type_pt": room.type_pt if room and finished.printed else None,
        "missing_mm": room.missing_mm if room and not finished.printed else None,
        "flags": list(room.flags) if room else [],
        "fits": "yes" if finished.printed else "no",
        "file": target.name if finished.printed else None,
        "problems": [problem.message for problem in problems],
    }


def _chosen_readers(order: PseudoOrder, handout: Handout) -> tuple[str, ...]:
    unknown = [name for name in order.audiences if name not in handout.audiences]
    if unknown:
        message = f"'{order.handout}' is not for the audience '{unknown[0]}'"
        raise UsageError.of(message, nearest(unknown[0], handout.audiences))
    return tuple(
        name for name in handout.audiences if not order.audiences or name in order.audiences
    )


def _page_language(order: PseudoOrder, handout: Handout, shared: WorkspaceContent) -> str | None:
    """Return the language in which pages are set, or None for that of the handout.

    Raises UsageError for one without words, and TeachbackError for one with unfinished words or
    without its font.
    """
    usable = [name for name in shared.words if name != handout.language and shared.letters(name)]
    if order.from_right and order.language is None:
        right_to_left = next((name for name in usable if direction_of(name) == "rtl"), None)
        if right_to_left is None:
            unfinished = [
                problem
                for name, problems in shared.unfinished.items()
                if direction_of(name) == "rtl"
                for problem in problems
            ]
            message = "there are no words for a language that is written from right to left"
            hint = "Add content/words/LANG.yaml, such as ar.yaml."
            raise TeachbackError(*(unfinished or [Problem(message, hint)]))
        return right_to_left
    if order.language is None or order.language == handout.language:
        return None
    if order.language in shared.unfinished:
        raise TeachbackError(*shared.unfinished[order.language])
    if order.language not in shared.words:
        message = f"there are no words for the language '{order.language}'"
        near = nearest(order.language, shared.words)
        hint = f"Add content/words/{order.language}.yaml, or leave --language out. {near}"
        raise UsageError.of(message, hint)
    if order.language not in usable:
        raise TeachbackError(missing_font(shared.languages.of(order.language)))
    return order.language


def _as_pseudo_text(
    authored: LoadedHandout,
    shared: WorkspaceContent,
    language: str | None,
    growth: float,
    files: Mapping[str, Path],
) -> tuple[LoadedHandout, WorkspaceContent]:
    """Return a draft in pseudo-text, and the workspace content with its words and badges.

    The draft has an id of its own, so that its edition codes are those of no real handout.
    """
    handout, page_language = authored.handout, language or authored.handout.language
    words = shared.words[page_language]
    letters = other_letters(_texts(words)) if language else ""
    if language:
        fonts = [_font(shared, tag, files) for tag in (handout.language, language)]
        grow = as_wide([text.text for text in handout_texts(handout)], fonts, letters, growth)
    else:
        grow = _grower(letters, growth)
        words = _words_grown(words, grow)
    marked = words.model_copy(update={"draft": MARK, "card_draft": _CARD_MARK})
    badges = {
        name: audience.model_copy(
            update={
                key: {**texts, page_language: _badge(texts, handout.language, language, grow)}
                for key, texts in (("badge", audience.badge), ("short", audience.short))
                if handout.language in texts
            }
        )
        for name, audience in shared.audiences.root.items()
    }
    audiences = shared.audiences.model_copy(update={"root": badges})
    review = {"status": "draft", "reviewer": None, "reviewed": None, "approved": None}
    grown = with_texts(handout, {text.path: grow(text.text) for text in handout_texts(handout)})
    update = {
        "id": f"{_FOLDER}-{handout.id}",
        "language": page_language,
        "review": handout.review.model_copy(update=review),
    }
    return (
        authored._replace(handout=grown.model_copy(update=update), notices=()),
        shared._replace(words={**shared.words, page_language: marked}, audiences=audiences),
    )


def _grower(letters: str, growth: float) -> Grow:
    if letters:
        return in_letters(letters, growth)
    return partial(pseudo_text, growth=max(1, growth))


def as_wide(texts: Sequence[str], fonts: Sequence[Path], letters: str, growth: float) -> Grow:
    """Return a function that makes texts `growth` times as wide in the second font as in the first.

    `letters` are those of another script, or "". Letters of another font or script are wider or
    narrower, so their number says nothing about the room that a translation takes.
    """
    target_width = growth * _width(texts, fonts[0])
    letter_growth = growth
    for _ in range(_ROUNDS):
        grow = _grower(letters, letter_growth)
        letter_growth *= target_width / _width([grow(text) for text in texts], fonts[1])
    return _grower(letters, letter_growth)


def _width(texts: Iterable[str], font: Path) -> float:
    """Return the width of texts in a font, as a multiple of the type size."""
    from teachback.pdf.text_direction import begins_rtl
    from teachback.pdf.word_shapes import WordShaper

    shaper = WordShaper(font.read_bytes())
    words = " ".join(texts).split()
    return sum(
        glyph.advance
        for word in words
        for glyph in shaper.shape(f"{word} ", "", rtl=begins_rtl(word))
    )


def _font(shared: WorkspaceContent, language: str, files: Mapping[str, Path]) -> Path:
    family = shared.languages.of(language).family or _FAMILY
    return files[family_fonts(family, files)[_REGULAR]]


def _badge(badges: Mapping[str, str], source: str, language: str | None, grow: Grow) -> str:
    """Return the badge in the language, or that of the handout in pseudo-text."""
    return badges.get(language or "") or grow(badges[source])


def _texts(words: Any) -> Iterator[str]:  # noqa: ANN401 -- words, or a group of them
    if isinstance(words, str):
        yield words
    elif isinstance(words, tuple):
        for item in words:
            yield from _texts(item)
    elif words is not None:
        for name in type(words).model_fields:
            yield from _texts(getattr(words, name))


def _words_grown(words: Any, grow: Grow) -> Any:  # noqa: ANN401 -- words, or a group of them
    if isinstance(words, str):
        return grow(words)
    grown = {
        name: _words_grown(getattr(words, name), grow)
        for name in type(words).model_fields
        if name not in _NOT_TEXTS
    }
    return words.model_copy(update=grown)


def _title_problems(pseudo: LoadedHandout) -> Iterator[Problem]:
    for where, text in texts_in(pseudo.handout.title, ("title",)):
        if len(text) > LONGEST_TITLE:
            message = (
                f"in pseudo-text, this title has {len(text)} letters; "
                f"{LONGEST_TITLE} fit the foot of a page"
            )
            hint = "Say it in fewer words, so that a translation of it fits."
            yield Problem(message, hint, pseudo.file.locate(where))
