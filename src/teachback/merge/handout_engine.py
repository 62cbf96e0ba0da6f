"""Print the editions of a handout in all its languages for `merge`, and make their stampers.

This is the `engine_protocol.Engine` of the program. Pages are composed and laid out in child
processes under limits, as in `build`: a clinic's own templates may loop forever.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from teachback.checking.blocking_rules import PrintGate
from teachback.content.inline_markup import bare
from teachback.content.loader import read_handouts
from teachback.errors import (
    COMPARE_LENGTH,
    Problem,
    Severity,
    TeachbackError,
    as_errors,
    with_location,
)
from teachback.files.font_coverage import coverage
from teachback.files.stray_files import stray_files
from teachback.files.workspace import chosen_handouts, fonts_for_names, handout_files
from teachback.merge.records.dates import Order
from teachback.merge.records.field_values import words_by_place
from teachback.printing.card_run import (
    CardOrder,
    card_run,
    find_stock,
    full_sheet,
    full_sheet_or_plain,
)
from teachback.printing.card_stock import load_stocks
from teachback.printing.fingerprints import origin_of, program_fingerprint
from teachback.printing.job_composer import (
    JobOrder,
    PrintContext,
    check_apart,
    compose_job,
    languages_of,
    open_pool,
    print_context,
    summarise,
)
from teachback.printing.jobs import SHEET
from teachback.printing.process_pool import Task, scale_of
from teachback.printing.review_problems import review_problems
from teachback.printing.settings import Sides
from teachback.units import Paper, TypeSize, split_languages

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from teachback.content.loader import LoadedHandouts
    from teachback.content.record_fields import RecordField
    from teachback.files.workspace import Workspace
    from teachback.merge.engine_protocol import Engine, Stamper
    from teachback.merge.record_shapes import EditionKey, Labels, ValidatedRecord
    from teachback.merge.records.field_values import ReadValue
    from teachback.merge.stamping.pdf_template import Template
    from teachback.merge.stamping.print_room_file import Bundle
    from teachback.printing.process_pool import Pool
    from teachback.printing.settings import Settings


@dataclass(frozen=True)
class Combiner:
    """The function that puts records into print-room files, with one bundle for each kind.

    The first sheet of cards of a run begins at the place `start_at`. `warnings` are those of its
    print.
    """

    bundles: Mapping[str, Bundle]
    start_at: int = 1
    warnings: tuple[Problem, ...] = ()

    def __call__(
        self,
        records: Sequence[ValidatedRecord],
        /,
        *,
        kind: str,
        name: str,
        number: int,
        duplex: bool,
    ) -> bytes:
        """Return the file. See `print_room_file.Bundle.combine`."""
        from teachback.merge.stamping.print_room_file import PrintRoomRecord

        entries = [
            PrintRoomRecord(record.edition(kind).name, record.values, record.id, record.row)
            for record in records
            for _ in range(record.copies)
        ]
        skip = self.start_at - 1 if number == 1 else 0
        return self.bundles[kind].combine(
            entries, name=name, duplex=duplex, number=number, skip=skip
        )

    def unlisted(self, ids: Iterable[str], /) -> tuple[str, ...]:
        """Return the ids that the cover could list only in unreadably small type."""
        from teachback.merge.stamping.cover_layout import unlisted

        bundle = next(iter(self.bundles.values()))
        return unlisted(bundle.cover, ids, len(bundle.parts))


@dataclass(frozen=True)
class HandoutEngine:
    """A handout, read and checked, with its file for each language.

    `points` are the code points that the fonts have. Sheets of cards begin at the place `start_at`.
    """

    handout: str
    stems: Mapping[str, str]
    reading: LoadedHandouts
    settings: Settings
    workspace: Workspace
    today: dt.date
    problems: tuple[Problem, ...]
    points: frozenset[int]
    start_at: int = 1

    @property
    def read_value(self) -> ReadValue:
        """The function that reads a value, with the order of day and month of the settings."""
        order = Order(self.settings.dates) if self.settings.dates else None
        translations = (authored.translated for authored in self.reading.authored.values())
        english = {
            field.name: field
            for translation in translations
            if translation
            for field in translation.english.handout.fields
        }
        return partial(words_by_place, order=order, points=self.points, english=english)

    @property
    def fingerprint(self) -> str:
        """A fingerprint of the program, its libraries, the handout's own files, and the ink."""
        files = handout_files(self.workspace)
        # The editions' codes cover styles, pictures and words. Anything else in the workspace may
        # change between two starts of a run.
        texts = (
            origin_of(program_fingerprint(), files[stem], self.workspace)
            for stem in self.stems.values()
        )
        return "|".join((*texts, self.settings.ink or self.reading.shared.clinic.ink))

    @property
    def sheet_fingerprint(self) -> str:
        """A fingerprint of the stock, the places of cards on it, and the first one that is used."""
        run = full_sheet(self.workspace, self.settings)
        facts = (run.stock, run.page, run.sides, run.sheets, run.extras, self.start_at)
        return hashlib.sha256(repr(facts).encode()).hexdigest()

    @property
    def audiences(self) -> Mapping[str, tuple[str, ...]]:
        """The audiences that have editions, by language."""
        return {
            language: self.reading.authored[stem].handout.audiences
            for language, stem in self.stems.items()
        }

    @property
    def main_language(self) -> str:
        """The language of which all others are translations, or "" if there are several."""
        originals = [
            language
            for language, stem in self.stems.items()
            if self.reading.authored[stem].translated is None
        ]
        return originals[0] if len(originals) == 1 else ""

    @property
    def all_audiences(self) -> Collection[str]:
        """All audiences of the workspace."""
        return self.reading.shared.audiences.root

    @property
    def other_fields(self) -> frozenset[str]:
        """The names of the fields of all handouts of the workspace that can be read."""
        reading = read_handouts(self.workspace, handout_files(self.workspace))
        return frozenset(
            field.name
            for authored in reading.authored.values()
            for field in authored.handout.fields
        )

    @property
    def kinds(self) -> frozenset[str]:
        """The kinds that can be printed in every language: handout, card."""
        cards = all(
            self.reading.authored[stem].handout.card is not None for stem in self.stems.values()
        )
        return frozenset({"handout", "card"} if cards else {"handout"})

    @property
    def fields(self) -> Mapping[str, tuple[RecordField, ...]]:
        """The fields that a record may fill, by language."""
        return {
            language: self.reading.authored[stem].handout.fields
            for language, stem in self.stems.items()
        }

    @property
    def labels(self) -> Labels:
        """The labels that the fields have on paper, in all languages and for all readers."""
        return tuple(
            (bare(label), field.name)
            for fields in self.fields.values()
            for field in fields
            for label in ([field.label] if isinstance(field.label, str) else field.label.values())
        )

    def make_stampers(
        self, characters: Mapping[EditionKey, frozenset[str]]
    ) -> Mapping[EditionKey, Stamper]:
        """Print each edition once. Raises TeachbackError with all problems of all editions."""
        self._refuse_drafts(characters)
        with self._pool(len(characters)) as pool:
            check_apart(pool)
            tasks = [
                Task(
                    _template,
                    (key, self.stems[key.language], letters),
                    "laying the page out",
                    COMPARE_LENGTH,
                    scale=self._scale(key),
                )
                for key, letters in characters.items()
            ]
            return _results_by_key(pool, tasks)

    def make_combine(
        self,
        stampers: Mapping[EditionKey, Stamper],
        characters: Mapping[EditionKey, frozenset[str]],
    ) -> Combiner:
        """Prepare print-room files: the cover, and sheets of cards on the workspace's stock.

        Raises TeachbackError as `make_stampers` does.
        """
        from teachback.merge.stamping.cover_page import cover_words
        from teachback.merge.stamping.print_room_builder import make_bundle

        if self.start_at > 1:
            stocks = load_stocks(self.workspace)
            stock = find_stock(self.settings.card_stock, stocks)
            # Refuse a place that the stock does not have.
            card_run(stock, [0], self.settings, stocks, CardOrder(start_at=self.start_at))
        language = self.settings.language or next(iter(self.stems))
        with self._pool(len(characters)) as pool:
            cover = pool.one(Task(print_cover, language, "laying the cover out", COMPARE_LENGTH))
            cards = {key: letters for key, letters in characters.items() if key.kind == "card"}
            tasks = [
                Task(
                    _sheet,
                    (key, self.stems[key.language], letters, self.start_at),
                    "laying the sheet out",
                    COMPARE_LENGTH,
                )
                for key, letters in cards.items()
            ]
            templates: dict[EditionKey, Any] = {**stampers, **_results_by_key(pool, tasks)}
        sentences = cover_words(self.reading.shared.words[language])
        kinds = dict.fromkeys(key.kind for key in templates)
        return Combiner(
            {
                kind: make_bundle(
                    {key.name: each for key, each in templates.items() if key.kind == kind},
                    cover,
                    sentences,
                )
                for kind in kinds
            },
            self.start_at,
            tuple(
                dict.fromkeys(problem for each in templates.values() for problem in each.warnings)
            ),
        )

    def _refuse_drafts(self, keys: Iterable[EditionKey]) -> None:
        """With --release, raise TeachbackError when a wanted text is unapproved or overdue.

        Texts that are not wanted may be drafts.
        """
        if not self.settings.release:
            return
        problems: list[Problem] = []
        for language, stem in self.stems.items():
            audiences = tuple(
                dict.fromkeys(key.audience for key in keys if key.language == language)
            )
            if audiences:
                problems += review_problems(
                    summarise(self.reading.authored[stem], stem),
                    self.today,
                    release=True,
                    audiences=audiences,
                )
        errors = [problem for problem in problems if problem.severity is Severity.ERROR]
        if errors:
            raise TeachbackError(*dict.fromkeys(errors))

    def _scale(self, key: EditionKey) -> float:
        return scale_of(self.reading.authored[self.stems[key.language]].file.size)

    def _pool(self, editions: int) -> Pool:
        context = print_context(self.workspace, self.reading, self.settings)
        return open_pool(context, min(self.settings.jobs, max(1, editions)))


def open_engine(
    settings: Settings, workspace: Workspace, today: dt.date, start_at: int = 1
) -> Engine:
    """Read the one handout of the settings in all its languages.

    Raises UsageError when there is no such handout, and TeachbackError when it must not be printed
    or has no fields.
    """
    name = settings.handouts[0]
    reading = read_handouts(workspace, chosen_handouts((name,), workspace, settings.language))
    gate = PrintGate(workspace, reading.shared)
    problems = [*stray_files(workspace), *gate.broken]
    unfit = set[str]()
    for stem, authored in reading.authored.items():
        refusals = gate.problems(authored)
        review = review_problems(summarise(authored, stem), today, release=False)
        refused = any(problem.severity is Severity.ERROR for problem in refusals)
        if refused and _is_unrequested_translation(stem, reading, settings):
            unfit.add(stem)
        problems += _as_warnings_if_unrequested(stem, (*refusals, *review), reading, settings)
    for stem, read_problems in reading.problems.items():
        problems += _as_warnings_if_unrequested(stem, read_problems, reading, settings)
    authored_files = {
        stem: authored for stem, authored in reading.authored.items() if stem not in unfit
    }
    reading = replace(reading, authored=authored_files)
    errors = [problem for problem in problems if problem.severity is Severity.ERROR]
    if errors:
        raise TeachbackError(*as_errors(errors))
    stems = {
        language: stem
        for stem, authored in sorted(reading.authored.items())
        for language in languages_of(authored)
    }
    if not any(reading.authored[stem].handout.fields for stem in stems.values()):
        message = f"'{name}' has no fields that a record could fill"
        raise TeachbackError.of(
            message,
            "Declare them under `fields:` and use them in the text. "
            "Or use `teachback build`: it prints the same for everyone.",
        )
    return HandoutEngine(
        name,
        stems,
        reading,
        settings,
        workspace,
        today,
        tuple(dict.fromkeys(problems)),
        reading.shared.glyphs | coverage(fonts_for_names(workspace)),
        start_at,
    )


def _is_unrequested_translation(stem: str, reading: LoadedHandouts, settings: Settings) -> bool:
    """Return whether a file is a translation, and its language was not asked for."""
    return stem in reading.translations and stem.partition(".")[2] != settings.language


def _as_warnings_if_unrequested(
    stem: str, problems: Iterable[Problem], reading: LoadedHandouts, settings: Settings
) -> list[Problem]:
    """Return the problems of a file, as warnings if it is a translation that was not asked for.

    They do not stop the other texts then.
    """
    if _is_unrequested_translation(stem, reading, settings):
        return [problem._replace(severity=Severity.WARNING) for problem in problems]
    return list(problems)


def _results_by_key(pool: Pool, tasks: list[Task]) -> dict[EditionKey, Any]:
    """Run tasks whose subjects begin with an edition key, and return their results by key.

    Raises TeachbackError with the problems of all tasks.
    """
    results: dict[EditionKey, Any] = {}
    problems: list[Problem] = []
    for outcome in pool.each(tasks):
        key = outcome.task.subject[0]
        problems += outcome.problems
        results[key] = outcome.result
    if problems:
        raise TeachbackError(*dict.fromkeys(problems))
    return {task.subject[0]: results[task.subject[0]] for task in tasks}


def _settings(context: PrintContext, key: EditionKey) -> Settings:
    return replace(
        context.settings,
        paper=Paper(key.paper) if key.paper else context.settings.paper,
        size=TypeSize(key.size),
        facing=split_languages(key.language)[1],
    )


def _template(context: PrintContext, request: tuple[EditionKey, str, frozenset[str]]) -> Template:
    """Print one edition and cut it at its fields."""
    from teachback.merge.stamping.edition_templates import card_template, handout_template

    key, stem, letters = request
    order = JobOrder(stem, (key.audience,), key.kind, ("pdf",))
    make_template = card_template if key.kind == "card" else handout_template
    run = full_sheet_or_plain(context.workspace, context.settings) if key.kind == "card" else None
    blank = replace(
        context, settings=_settings(context, key), for_records=True, boxes=key.boxes, run=run
    )
    job = compose_job(blank, order)
    try:
        return make_template(job, context.files, letters)
    except TeachbackError as error:
        raise TeachbackError(*with_location(error.problems, job.name, job.place)) from None


def _sheet(context: PrintContext, request: tuple[EditionKey, str, frozenset[str], int]) -> Template:
    """Print one sheet of cards on the workspace's stock, each card for a record of its own.

    Cards that are too long for it are printed on larger plain stock. They are not where a stock was
    named, or a place on its first sheet: that sheet is in the printer.
    """
    from teachback.merge.stamping.edition_templates import sheet_template
    from teachback.printing.type_fitting import fitted_or_larger

    key, stem, letters, start_at = request
    run = full_sheet_or_plain(context.workspace, context.settings)
    warnings: tuple[Problem, ...] = ()
    if run.sides is Sides.ONE:
        message = (
            f"{run.stock} cards are printed on one side here, but the fields of a record are on "
            "the back"
        )
        raise TeachbackError.of(
            message,
            'Delete `sides = "one"` from teachback.toml, '
            "choose a stock with two sides, or leave --combine out.",
        )
    card_order = JobOrder(stem, (key.audience,), "card", (SHEET,))
    if not context.settings.stock and start_at == 1:
        fitted = fitted_or_larger(
            compose_job(replace(context, run=run), card_order), run, context.files
        )
        run, warnings = fitted.run or run, fitted.warnings
    stocks = load_stocks(context.workspace)
    stock = stocks.root[run.stock]
    run = card_run(
        (run.stock, stock), list(range(stock.places)), context.settings, stocks, CardOrder()
    )
    order = card_order._replace(audiences=card_order.audiences * stock.places)
    job = compose_job(replace(context, run=run), order)
    try:
        return replace(sheet_template(job, context.files, letters), warnings=warnings)
    except TeachbackError as error:
        raise TeachbackError(*with_location(error.problems, job.name, job.place)) from None


def print_cover(context: PrintContext, language: str) -> Template:
    """Print the cover page, which lists the records of a file."""
    from teachback.merge.stamping.cover_page import cover_template

    shared = context.reading.shared
    return cover_template(
        shared.words[language],
        shared.clinic,
        language,
        context.settings.paper.box,
        context.design,
        shared.languages,
    )
