"""Print cards on stock: `teachback card`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from teachback.commands.archive_step import archive_outputs
from teachback.commands.build_plan import check_audiences, hashed_origins, one_language_problem
from teachback.commands.print_steps import print_outputs
from teachback.commands.printed_index import write_index
from teachback.content.loader import read_handouts
from teachback.errors import Problem, Severity, TeachbackError, UsageError
from teachback.files.stray_files import stray_files
from teachback.files.workspace import Workspace, handout_files, unknown_handout
from teachback.printing.build_record import Now, Output, read_record, save_record
from teachback.printing.card_run import CardOrder, card_run, find_stock
from teachback.printing.card_stock import load_stocks
from teachback.printing.job_composer import JobOrder, print_context, summarise
from teachback.printing.jobs import CARDS, CARDS_PRESS
from teachback.printing.review_problems import review_problems

if TYPE_CHECKING:
    import datetime as dt

    from teachback.content.loader import LoadedHandouts
    from teachback.printing.jobs import CardRun
    from teachback.printing.settings import Settings, Sides

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


def print_cards(
    settings: Settings, order: CardOrder, workspace: Workspace, today: dt.date
) -> PrintedCards:
    """Print the cards of one handout, for one or several audiences, on stock.

    Raises UsageError for invalid names and numbers, and TeachbackError for what cannot be printed.
    """
    files = handout_files(workspace)
    stem = _chosen_stem(settings, tuple(files))
    # Hash before reading, so that a change during printing counts as a change.
    origins, _ = hashed_origins(files, workspace)
    reading = read_handouts(workspace, {stem: files[stem]})
    if stem in reading.problems:
        raise TeachbackError(*reading.problems[stem])
    review_findings = review_problems(
        summarise(reading.authored[stem], ""),
        today,
        release=settings.release,
        audiences=settings.audiences,
    )
    if any(problem.severity is Severity.ERROR for problem in review_findings):
        raise TeachbackError(*review_findings)
    audiences = _chosen_audiences(stem, reading, settings)
    run, count = _laid_on_stock(len(audiences), settings, order, workspace)
    form = CARDS_PRESS if order.press else CARDS
    context = print_context(workspace, reading, settings, run)
    order_of_cards = JobOrder(stem, audiences, "card", (form,))
    printed = print_outputs(context, [order_of_cards], origins, read_record(settings.output))
    if printed.stopped:
        raise KeyboardInterrupt
    print_findings = [problem for group in printed.problems.values() for problem in group]
    if not printed.outputs:
        raise TeachbackError(*print_findings)
    ((name, output),) = printed.outputs.items()
    recorded = save_record(
        settings.output, printed.outputs, (name,), {}, Now(origins, printed.libraries)
    )
    _, index_problems = write_index(settings.output, recorded.live)
    # Read again: a text that was changed during printing must not be kept as the source.
    archived = archive_outputs(settings, workspace, (output,), None)
    problems = (
        *review_findings,
        *print_findings,
        *stray_files(workspace),
        *recorded.problems,
        *archived.problems,
        *index_problems,
    )
    return PrintedCards(
        output, count, len(run.sheets), run.sides, run.stock, problems, archived.codes
    )


def _chosen_audiences(stem: str, reading: LoadedHandouts, settings: Settings) -> tuple[str, ...]:
    """Return the audiences that get a card: those that were named, or all of the handout.

    Raises UsageError for a language or an audience that the handout does not have, and
    TeachbackError for a handout with problems or without a card.
    """
    handout = reading.authored[stem].handout
    if settings.facing:
        raise UsageError(one_language_problem("a card", settings))
    if settings.language not in {None, handout.language}:
        message = f"'{handout.id}' is not written in the language '{settings.language}'"
        raise UsageError.of(message, "See `teachback list handouts`.")
    check_audiences(settings, reading)
    for name in settings.audiences:
        if name not in handout.audiences:
            hint = f"It is for {', '.join(handout.audiences)}."
            raise UsageError.of(f"the handout '{stem}' is not for '{name}'", hint)
    if handout.card is None:
        hint = "Add `card:` with a title, and `card: true` to its flags."
        raise TeachbackError.of(f"the handout '{stem}' has no card", hint)
    return settings.audiences or handout.audiences


def _laid_on_stock(
    audiences: int, settings: Settings, order: CardOrder, workspace: Workspace
) -> tuple[CardRun, int]:
    """Lay the cards on stock; return the run and the number of cards.

    Raises UsageError for an unknown stock, for too many copies, and for what the stock cannot do.
    """
    stocks = load_stocks(workspace)
    stock = find_stock(settings.card_stock, stocks)
    copies = order.copies if order.copies is not None else (1 if order.press else stock[1].places)
    if copies > MOST_COPIES:
        hint = f"Print at most {MOST_COPIES}."
        raise UsageError.of(f"{copies} copies are too many for one file", hint)
    cards = [number for number in range(audiences) for _ in range(copies)]
    return card_run(stock, cards, settings, stocks, order), len(cards)


def _chosen_stem(settings: Settings, stems: tuple[str, ...]) -> str:
    name = settings.handouts[0]
    matches = [stem for stem in stems if stem.split(".")[0] == name or stem == name]
    if settings.language is not None:
        matches = [
            stem for stem in matches if stem.endswith(f".{settings.language}") or "." not in stem
        ]
    if not matches:
        raise UsageError(unknown_handout(name, stems))
    if settings.language is None and len(matches) > 1 and name not in matches:
        hint = "Say which one with --language."
        raise UsageError.of(f"'{name}' is written in several languages: {', '.join(matches)}", hint)
    return name if settings.language is None and name in matches else matches[-1]
