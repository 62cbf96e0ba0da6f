"""Print a handout in pseudo-text, to see what a translation would not fit: `translate pseudo`."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from teachback.content.loader import (
    LONGEST_TITLE,
    LoadedHandout,
    LoadedHandouts,
    load_handout,
    load_shared,
    texts,
)
from teachback.content.pseudo_text import pseudo_text
from teachback.content.translation import handout_texts, with_texts
from teachback.errors import Problem, TeachbackError, UsageError, in_file_order, nearest
from teachback.files.workspace import handout_files, is_translation, write_whole
from teachback.printing.job_composer import JobOrder, compose_apart, open_pool, print_context
from teachback.printing.job_printer import do_job
from teachback.printing.process_pool import Task, scale_of
from teachback.units import CARD, Paper, TypeSize

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from teachback.content.audiences import Audience, Audiences
    from teachback.content.handout import Handout
    from teachback.content.loader import WorkspaceContent
    from teachback.content.printed_words import Words
    from teachback.files.workspace import Workspace
    from teachback.printing.job_composer import PrintContext
    from teachback.printing.jobs import FinishedJob, Job
    from teachback.printing.settings import Settings
    from teachback.printing.type_fitting import CardRoom

    Step = Callable[[int, int], None]
    Grow = Callable[[str], str]

# Stands in the foot of each page and on each card, where a draft says that it is one. Staff read it.
MARK: Final = "Pseudo-text: no handout, not for patients"
_CARD_MARK: Final = "Pseudo-text, not for patients"
_NOT_TEXTS: Final = frozenset({"language", "calibrate", "cover", "drafts"})
_FOLDER: Final = "pseudo"


@dataclass(frozen=True)
class PseudoRun:
    """A row for each edition, the problems, and the folder with what fits."""

    rows: tuple[dict[str, Any], ...]
    problems: tuple[Problem, ...]
    folder: Path


class _Measured(NamedTuple):
    """A job that was printed, or its problems, and how a card fits."""

    done: FinishedJob
    room: CardRoom | None


def print_pseudo(
    name: str,
    growth: float,
    audiences: tuple[str, ...],
    settings: Settings,
    workspace: Workspace,
    step: Step | None = None,
) -> PseudoRun:
    """Print a handout and its cards in pseudo-text, for each reader, paper and size.

    Files are written for the editions that fit; nothing is recorded or archived. Raises UsageError
    for unknown names, and TeachbackError if the handout has problems of its own.
    """
    path = handout_files(workspace).get(name)
    if path is None or is_translation(path):
        known = [one for one, file in handout_files(workspace).items() if not is_translation(file)]
        raise UsageError(Problem(f"there is no handout '{name}'", nearest(name, known)))
    shared = load_shared(workspace)
    authored = load_handout(path, workspace, shared)
    readers = tuple(one for one in authored.handout.audiences if not audiences or one in audiences)
    for one in audiences:
        if one not in authored.handout.audiences:
            hint = nearest(one, authored.handout.audiences)
            raise UsageError(Problem(f"'{name}' is not for the audience '{one}'", hint))

    def grow(text: str) -> str:
        return pseudo_text(text, growth)

    pseudo = authored._replace(handout=_grown(authored.handout, grow), notices=())
    reading = LoadedHandouts(
        _shared_grown(shared, authored.handout.language, grow), {name: pseudo}, {}
    )
    folder = settings.output / _FOLDER / name
    rows: list[dict[str, Any]] = []
    problems = [*_title_problems(pseudo)]
    wanted = list(_wanted(name, pseudo.handout, readers, settings))
    total = sum(len(orders) for _, orders in wanted)
    for own, orders in wanted:
        context = print_context(workspace, reading, own)
        found = {}
        jobs = _measured_jobs(context, orders)
        for count, measured in enumerate(jobs, start=len(rows) + 1):
            told = _with_paper(measured.done, own)
            found[measured.done.job.kind, measured.done.job.audience] = _row(
                measured, own, folder, told
            )
            problems += told
            if step:
                step(count, total)
        rows += [found[one.kind, one.audiences[0]] for one in orders]
    return PseudoRun(tuple(rows), in_file_order(dict.fromkeys(problems)), folder)


def _with_paper(done: FinishedJob, settings: Settings) -> tuple[Problem, ...]:
    """Return the problems of a job with the paper and the size of the type; a card has one size."""
    if done.job.kind == "card":
        return done.problems
    where = f"{settings.paper}, {settings.size} print"
    return tuple(one._replace(message=f"{where}: {one.message}") for one in done.problems)


def _wanted(
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
    found = (*composed.flaws, *(one for some in composed.problems.values() for one in some))
    if found:
        raise TeachbackError(*found)
    with open_pool(context, context.settings.jobs) as pool:
        tasks = [
            Task(_measure, job, "laying the page out", "", "", scale_of(len(job.handout)))
            for job in composed.jobs
        ]
        for outcome in pool.each(tasks):
            if outcome.result is None:
                raise TeachbackError(*outcome.problems)
            measured: _Measured = outcome.result
            told = tuple(map(pool.settle, measured.done.problems))
            yield measured._replace(done=replace(measured.done, problems=told))


def _measure(given: PrintContext, job: Job) -> _Measured:
    """Print one job; of a card, measure the room it has or lacks."""
    from teachback.printing.type_fitting import card_room

    done = do_job(job, given.files)
    return _Measured(done, card_room(job, 0, CARD, given.files) if job.cards else None)


def _row(
    measured: _Measured, settings: Settings, folder: Path, problems: tuple[Problem, ...]
) -> dict[str, Any]:
    """Return the row of an edition, and write its file if it fits."""
    done, room = measured.done, measured.room
    job = done.job
    is_card = job.kind == "card"
    name = (
        f"card-{job.audience}"
        if is_card
        else (f"handout-{job.audience}-{settings.paper}-{settings.size}")
    )
    target = folder / f"{name}.pdf"
    if done.printed:
        write_whole(target, done.printed[0].data)
    else:
        # That of an earlier run would be taken for this one.
        target.unlink(missing_ok=True)
    return {
        "reader": job.audience,
        "kind": job.kind,
        "paper": None if is_card else str(settings.paper),
        "size": None if is_card else str(settings.size),
        "pages": done.printed[0].pages if done.printed else None,
        "type_pt": room.type_pt if room and done.printed else None,
        "missing_mm": room.missing_mm if room and not done.printed else None,
        "flags": list(room.flags) if room else [],
        "fits": "yes" if done.printed else "no",
        "file": target.name if done.printed else None,
        "problems": [one.message for one in problems],
    }


def _grown(handout: Handout, grow: Grow) -> Handout:
    """Return a handout in pseudo-text, as a draft under another id, so that its codes differ."""
    grown = with_texts(handout, {one.path: grow(one.text) for one in handout_texts(handout)})
    review = {"status": "draft", "reviewer": None, "reviewed": None, "approved": None}
    return grown.model_copy(
        update={
            "id": f"{_FOLDER}-{handout.id}",
            "review": handout.review.model_copy(update=review),
        }
    )


def _shared_grown(shared: WorkspaceContent, language: str, grow: Grow) -> WorkspaceContent:
    """Return the shared files with the words of the language in pseudo-text."""
    words: Words = _words_grown(shared.words[language], grow)
    marked = words.model_copy(update={"draft": MARK, "card_draft": _CARD_MARK})
    audiences: Audiences = shared.audiences.model_copy(
        update={
            "root": {
                name: _badge_grown(one, language, grow)
                for name, one in shared.audiences.root.items()
            }
        }
    )
    return shared._replace(words={**shared.words, language: marked}, audiences=audiences)


def _badge_grown(audience: Audience, language: str, grow: Grow) -> Audience:
    badges = {
        name: {**found, language: grow(found[language])}
        for name, found in (("badge", audience.badge), ("short", audience.short))
        if language in found
    }
    return audience.model_copy(update=badges)


def _words_grown(words: Any, grow: Grow) -> Any:  # noqa: ANN401 -- words, or a group of them
    if isinstance(words, str):
        return grow(words)
    if isinstance(words, tuple):
        return tuple(_words_grown(one, grow) for one in words)
    grown = {
        name: _words_grown(getattr(words, name), grow)
        for name in type(words).model_fields
        if name not in _NOT_TEXTS
    }
    return words.model_copy(update=grown)


def _title_problems(pseudo: LoadedHandout) -> Iterator[Problem]:
    for where, text in texts(pseudo.handout.title, ("title",)):
        if len(text) > LONGEST_TITLE:
            message = (
                f"in pseudo-text, this title has {len(text)} letters; "
                f"{LONGEST_TITLE} fit the foot of a page"
            )
            hint = "Say it in fewer words, so that a translation of it fits."
            yield Problem(message, hint, pseudo.file.locate(where))
