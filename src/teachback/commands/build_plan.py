"""Plan a build: which handouts, for whom, in which files, and which files are up to date.

If nothing has changed, planning imports neither pydantic nor Jinja2 nor WeasyPrint.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from teachback.commands.run_problems import GENERAL, is_refused, joined
from teachback.errors import Location, Problem, TeachbackError, UsageError, nearest
from teachback.files.stray_files import stray_files
from teachback.files.workspace import (
    TRANSLATIONS,
    Workspace,
    chosen_handouts,
    handout_files,
    own_handouts,
    shown,
)
from teachback.printing.build_record import WantedOutput, current, is_unchanged, read_record
from teachback.printing.fingerprints import origin_of, same_libraries, shared_fingerprint
from teachback.printing.review_problems import review_problems
from teachback.units import Depth, TypeSize

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from teachback.commands.run_problems import RunProblems
    from teachback.content.loader import LoadedHandouts
    from teachback.printing.build_record import Output, Record, Summary
    from teachback.printing.settings import Settings


@dataclass(frozen=True)
class BuildPlan:
    """The outputs that a build keeps and those that it prints.

    `sources` are the chosen files by stem, and `origins` the hashes of what each handout is made
    from. `record` is what was printed before. `kept` are the outputs that exist unchanged, by file
    name, and `stale` those to print. `reading` are the handouts that were read for the plan.
    """

    sources: Mapping[str, Path]
    origins: Mapping[str, str]
    record: Record
    summaries: Mapping[str, Summary]
    kept: Mapping[str, Output]
    stale: tuple[WantedOutput, ...]
    reading: LoadedHandouts | None
    problems: RunProblems

    @property
    def stale_files(self) -> dict[str, Path]:
        """The files of the handouts that are to be printed, by stem."""
        return {want.stem: self.sources[want.stem] for want in self.stale}


def plan_build(settings: Settings, workspace: Workspace, today: dt.date) -> BuildPlan:
    """Plan a build. Raises UsageError for names that do not exist, or if nothing is chosen."""
    files = handout_files(workspace)
    sources = {
        stem: path
        for stem, path in chosen_handouts(settings.handouts, workspace, settings.language).items()
        # The name of a translation ends with its language.
        if settings.language in {None, stem.partition(".")[2]} or "." not in stem
    }
    origins, unreadable = hashed_origins(files, workspace)
    record = read_record(settings.output)
    summaries, reading = _summaries(settings, workspace, sources, origins, record)
    chosen = {
        stem: summary
        for stem, summary in sorted(summaries.items())
        if settings.language in {None, summary.language}
        and settings.facing in {"", summary.translated_from}
    }
    problems = joined(
        {GENERAL: stray_files(workspace)},
        {stem: found for stem, found in unreadable.items() if stem in sources},
        reading.problems if reading else {},
    )
    _check_choice(settings, workspace, chosen, problems)
    problems = joined(
        problems,
        *({stem: [problem]} for stem, problem in _twins(chosen, files)),
        {
            stem: review_problems(
                summary, today, release=settings.release, audiences=settings.audiences
            )
            for stem, summary in chosen.items()
        },
    )
    wanted = [
        output
        for stem, summary in chosen.items()
        if not is_refused(stem, problems, strict=settings.strict)
        for output in wanted_outputs(stem, summary, settings)
    ]
    kept, stale = _kept_and_stale(wanted, _usable(settings, record, origins), settings.output)
    return BuildPlan(sources, origins, record, summaries, kept, stale, reading, problems)


def one_language_problem(what: str, settings: Settings) -> Problem:
    """Return why something is not printed in two languages."""
    both = settings.languages(settings.language or "")
    hint = (
        f"Name one of them: --language {settings.language}. "
        f"`teachback build --language {both}` prints the handout in both."
    )
    return Problem(f"{what} is in one language, not in '{both}'", hint)


def hashed_origins(
    files: Mapping[str, Path], workspace: Workspace
) -> tuple[dict[str, str], dict[str, tuple[Problem, ...]]]:
    """Hash what each handout is made from; return the hashes, and the problems of files.

    A file that cannot be read does not stop the others.
    """
    hashes, problems = {}, {}
    shared = shared_fingerprint(workspace)
    for stem, path in files.items():
        try:
            hashes[stem] = origin_of(shared, path, workspace)
        except TeachbackError as error:
            problems[stem] = error.problems
    return hashes, problems


def _summaries(
    settings: Settings,
    workspace: Workspace,
    sources: Mapping[str, Path],
    origins: Mapping[str, str],
    record: Record,
) -> tuple[dict[str, Summary], LoadedHandouts | None]:
    """Return the summaries of the chosen handouts; read only those that changed since the record.

    Raises UsageError for an unknown audience.
    """
    readable = {stem: path for stem, path in sources.items() if stem in origins}
    unchanged = {
        stem: summary
        for stem, summary in record.summaries.items()
        if stem in readable and summary.made_from == origins[stem]
    }
    unread = {stem: path for stem, path in readable.items() if stem not in unchanged}
    audiences = {name for summary in unchanged.values() for name in summary.audiences}
    if not unread and set(settings.audiences) <= audiences:
        return unchanged, None
    from teachback.content.loader import read_handouts
    from teachback.printing.job_composer import summarise

    reading = read_handouts(workspace, unread)
    check_audiences(settings, reading)
    return unchanged | {
        stem: summarise(authored, origins[stem]) for stem, authored in reading.authored.items()
    }, reading


def check_audiences(settings: Settings, reading: LoadedHandouts) -> None:
    """Raise UsageError for audiences that the workspace does not have."""
    known = reading.shared.audiences.root
    unknown = [name for name in settings.audiences if name not in known]
    if unknown:
        raise UsageError(
            *(Problem(f"there is no audience '{name}'", nearest(name, known)) for name in unknown)
        )


def _check_choice(
    settings: Settings, workspace: Workspace, chosen: Mapping[str, Summary], problems: RunProblems
) -> None:
    """Raise UsageError for a choice that would silently print nothing."""
    if settings.facing and "handout" not in settings.kinds:
        raise UsageError(one_language_problem("a card", settings))
    if settings.language is not None and not chosen and not any(problems.values()):
        shipped = [
            name
            for stem in (settings.handouts or own_handouts(workspace))
            if (
                workspace.builtin / (name := f"{TRANSLATIONS}/{settings.language}/{stem}.yaml")
            ).exists()
        ]
        hint = (
            f"A translation comes with the program. To use it for a handout of your own: "
            f"teachback copy {shipped[0]}"
            if shipped
            else "Leave --language out to see what there is."
        )
        message = f"no handout is written in the language '{settings.language}'"
        if settings.facing:
            message = (
                f"no handout is translated from '{settings.facing}' into '{settings.language}'"
            )
            hint = "Name the translation first, then what it was made from, such as es+en."
        raise UsageError.of(message, hint)
    if (
        settings.audiences
        and chosen
        and not any(
            # The problems of a refused audience say why it gets nothing.
            set(settings.audiences)
            & {*summary.audiences, *(notice[0] for notice in summary.notices)}
            for summary in chosen.values()
        )
    ):
        message = f"no handout is for {' or '.join(settings.audiences)}"
        raise UsageError.of(message, "See `teachback list handouts`.")


def _twins(
    chosen: Mapping[str, Summary], files: Mapping[str, Path]
) -> Iterator[tuple[str, Problem]]:
    """Yield a problem for each of two handouts with the same id and language.

    Their pages would have the same file names.
    """
    stems: dict[tuple[str, str], str] = {}
    for stem, summary in chosen.items():
        first_stem = stems.setdefault((summary.id, summary.language), stem)
        for one, other in ((stem, first_stem), (first_stem, stem)) if first_stem != stem else ():
            message = f"{shown(files[other])} has the same id and language"
            yield one, Problem(message, "Keep one of the two.", Location(shown(files[one]), 1, 1))


def wanted_outputs(stem: str, summary: Summary, settings: Settings) -> Iterator[WantedOutput]:
    """Yield every output that the settings ask for of one handout."""
    language = settings.languages(summary.language)
    for audience in summary.audiences:
        if settings.audiences and audience not in settings.audiences:
            continue
        for kind in settings.kinds:
            # A card has no room for two languages.
            if kind == "card" and (settings.facing or not summary.card):
                continue
            is_card = kind == "card"
            size = str(TypeSize.STANDARD if is_card else settings.size)
            depth = str(Depth.FULL if is_card else settings.depth)
            papers = {
                form: "" if is_card or form == "html" else str(settings.paper)
                for form in settings.formats
            }
            if is_card and "pdf" in papers:
                papers["sheet"] = settings.card_setup
            for form, paper in papers.items():
                ink = settings.asked_ink(form)
                yield WantedOutput(stem, language, kind, audience, form, size, paper, depth, ink)


def _usable(settings: Settings, record: Record, origins: Mapping[str, str]) -> list[Output]:
    """Return the recorded outputs that were printed from the present text, design and libraries."""
    if settings.force or settings.proof or not same_libraries(record.libraries):
        return []
    return [output for output in record.outputs.values() if current(output, origins, record)]


def _kept_and_stale(
    wanted: Iterable[WantedOutput], usable: Iterable[Output], folder: Path
) -> tuple[dict[str, Output], tuple[WantedOutput, ...]]:
    """Separate the outputs that exist unchanged from those that must be printed."""
    kept: dict[str, Output] = {}
    stale: list[WantedOutput] = []
    recorded: defaultdict[WantedOutput, list[Output]] = defaultdict(list)
    for output in usable:
        recorded[output.identity].append(output)
    for wanted_output in wanted:
        same = recorded.get(wanted_output)
        if same and all(is_unchanged(folder, output) for output in same):
            kept |= {output.file: output for output in same}
        else:
            stale.append(wanted_output)
    return kept, tuple(stale)
