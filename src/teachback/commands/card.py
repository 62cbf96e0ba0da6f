"""Print cards on stock: `teachback card`."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from teachback.commands.build_plan import origins
from teachback.errors import Problem, Severity, TeachbackError, UsageError, nearest
from teachback.files.atomic_files import sha256
from teachback.files.stray_files import stray_files
from teachback.files.workspace import Workspace, handout_files, write_whole
from teachback.printing.build_record import Now, Output, review_problems, save_record
from teachback.printing.card_run import CardOrder, card_run, find_stock
from teachback.printing.card_stock import load_stocks
from teachback.printing.fingerprints import shared_fingerprint
from teachback.printing.job_composer import (
    PrintContext,
    check_apart,
    deck_apart,
    open_design,
    open_pool,
    read_handouts,
    summarise,
)
from teachback.printing.job_printer import do_jobs
from teachback.units import Paper, TypeSize

if TYPE_CHECKING:
    import datetime as dt

    from teachback.printing.imposition import Sides
    from teachback.printing.settings import Settings

MOST_COPIES: Final = 20_000


@dataclass(frozen=True)
class PrintedCards:
    """A printed file of cards, with its counts, problems and archived codes."""

    output: Output
    cards: int
    sheets: int
    sides: Sides
    stock: str
    problems: tuple[Problem, ...]
    archived: tuple[str, ...] = ()


def deal(
    settings: Settings, order: CardOrder, workspace: Workspace, today: dt.date
) -> PrintedCards:
    """Print the cards of one handout, for one or several audiences, on stock.

    Raises UsageError for invalid names and numbers, and TeachbackError for what cannot be printed.
    """
    files = handout_files(workspace)
    stem = _chosen(settings, tuple(files))
    # Hash before reading, so that a change during printing counts as a change.
    origin = origins(files, shared_fingerprint(workspace), {}, defaultdict(list))
    reading = read_handouts(workspace, {stem: files[stem]})
    if stem in reading.problems:
        raise TeachbackError(*reading.problems[stem])
    handout = reading.authored[stem].handout
    if settings.language not in {None, handout.language}:
        raise UsageError(
            Problem(
                f"'{handout.id}' is not written in the language '{settings.language}'",
                "See `teachback list handouts`.",
            )
        )
    noticed = review_problems(
        summarise(reading.authored[stem], ""),
        today,
        release=settings.release,
        audiences=settings.audiences,
    )
    if any(problem.severity is Severity.ERROR for problem in noticed):
        raise TeachbackError(*noticed)
    known = reading.shared.audiences.root
    for name in settings.audiences:
        if name not in known:
            raise UsageError(Problem(f"there is no audience '{name}'", nearest(name, known)))
        if name not in handout.audiences:
            raise UsageError(
                Problem(
                    f"the handout '{stem}' is not for '{name}'",
                    f"It is for {', '.join(handout.audiences)}.",
                )
            )
    if handout.card is None:
        raise TeachbackError(
            Problem(
                f"the handout '{stem}' has no card",
                "Add `card:` with a title, and `card: true` to its flags.",
            )
        )
    audiences = settings.audiences or handout.audiences
    stocks = load_stocks(workspace)
    named = find_stock(settings.card_stock, stocks)
    copies = order.copies if order.copies is not None else (1 if order.press else named[1].places)
    if copies > MOST_COPIES:
        raise UsageError(
            Problem(f"{copies} copies are too many for one file", f"Print at most {MOST_COPIES}.")
        )
    cards = (
        [number for number in range(len(audiences)) for _ in range(copies)]
        if len(audiences) > 1
        else [0] * copies
    )
    run = card_run(named, cards, settings, stocks, order)
    design = open_design(workspace)
    with open_pool(PrintContext(workspace, reading, design, settings, run), 1) as pool:
        check_apart(pool)
        job = deck_apart(reading.authored[stem], stem, audiences, pool)
        (done,) = do_jobs([job], pool)
    if done.problems:
        raise TeachbackError(*done.problems)
    printed = done.printed[0]
    parts = [
        "cards",
        job.audience,
        handout.language,
        run.stock,
        *(["press"] if order.press else []),
    ]
    output = Output(
        file=f"{handout.id}/{'-'.join(parts)}.pdf",
        kind="card",
        handout=handout.id,
        audience=job.audience,
        language=handout.language,
        size=str(TypeSize.STANDARD),
        paper=next((str(paper) for paper in Paper if paper.box == run.page), None),
        card_mm=(run.box.width, run.box.height),
        pages=printed.pages,
        code=job.code,
        sha256=sha256(printed.data),
        stem=stem,
        form="cards-press" if order.press else "cards",
        setup=settings.card_setup,
        libraries=sha256(done.libraries.encode()),
        made_from=origin[stem],
    )
    write_whole(settings.output / output.file, printed.data)
    recorded = save_record(
        settings.output, {output.file: output}, (output.file,), {}, Now(origin, done.libraries)
    )
    noticed += (*stray_files(workspace), *recorded.problems)
    archived, unkept = _archived(settings, output, workspace)
    return PrintedCards(
        output, len(cards), len(run.sheets), run.sides, run.stock, (*noticed, *unkept), archived
    )


def _archived(
    settings: Settings, output: Output, workspace: Workspace
) -> tuple[tuple[str, ...], tuple[Problem, ...]]:
    """Keep the file in the archive, if there is one; return the kept codes, or why not."""
    if settings.archive is None:
        return (), ()
    from teachback.archive.recorder import keep_editions
    from teachback.archive.store import not_archived

    try:
        # Read again: a text that was changed during printing must not be kept as the source.
        keep_editions(settings.archive, (output,), settings.output, workspace, None)
    except TeachbackError as error:
        return (), not_archived(error)
    return tuple(output.code.split()), ()


def _chosen(settings: Settings, stems: tuple[str, ...]) -> str:
    wanted = settings.handouts[0]
    of_id = [stem for stem in stems if stem.split(".")[0] == wanted or stem == wanted]
    if settings.language is not None:
        of_id = [
            stem for stem in of_id if stem.endswith(f".{settings.language}") or "." not in stem
        ]
    if not of_id:
        raise UsageError(
            Problem(
                f"there is no handout '{wanted}'",
                nearest(wanted, {stem.split(".")[0] for stem in stems}),
            )
        )
    if settings.language is None and len(of_id) > 1:
        raise UsageError(
            Problem(
                f"'{wanted}' is written in several languages: {', '.join(of_id)}",
                "Say which one with --language.",
            )
        )
    return of_id[-1]
