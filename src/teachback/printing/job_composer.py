"""Compose jobs from files: read the handouts, choose the editions, fill the templates.

Nothing is printed here. A build with nothing to do never imports this module, which loads pydantic,
Jinja2 and other slow packages.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from teachback.content.inline_markup import plain
from teachback.content.loader import LoadedHandout, WorkspaceContent, load_handout, load_shared
from teachback.editions.edition_code import edition_code
from teachback.editions.selection import Reader, choose
from teachback.errors import Location, OfDesign, OutOfTime, Problem, TeachbackError, with_location
from teachback.files.generated_text import generated_text_problems
from teachback.files.images import KINDS, picture_fault
from teachback.files.screen_only_styles import screen_style_problems
from teachback.files.stylesheets import stylesheet_problems
from teachback.files.text_decoding import decode
from teachback.files.workspace import (
    Workspace,
    builtin_root,
    effective_files,
    folders,
    hinting,
    read_bytes,
    shown,
)
from teachback.html.composer import (
    Design,
    Medium,
    PageContext,
    compose_cards,
    compose_handout,
    open_templates,
)
from teachback.printing.build_record import Summary
from teachback.printing.fingerprints import design_fingerprint
from teachback.printing.jobs import CardRun, Job
from teachback.printing.process_pool import METHOD, Pool, Task, scale_of
from teachback.proofing.expected_editions import expected_card, expected_handout
from teachback.units import TypeSize

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from pathlib import Path

    from teachback.editions.edition import Edition
    from teachback.printing.settings import Settings


Wanted = tuple[str, str, str, tuple[str, ...]]


@dataclass(frozen=True)
class LoadedHandouts:
    """The files that were read: shared files, and each handout or its problems, by file stem."""

    shared: WorkspaceContent
    authored: Mapping[str, LoadedHandout]
    problems: Mapping[str, tuple[Problem, ...]]


# Files for pages that only staff see: a change to them makes no other edition.
_FOR_STAFF = (
    "templates/cover.html",
    "templates/diff.html",
    "templates/report.html",
    "styles/cover.css",
    "styles/diff-screen.css",
)
UNPRINTED = frozenset(
    {*_FOR_STAFF, "styles/report.css", "styles/report-print.css", "styles/report-screen.css"}
)
_STYLES = OfDesign(
    "Compare the clinic's own styles and pictures with the built-in ones, and make them shorter."
)
_TEMPLATES = OfDesign(
    "A loop of a template has no end, or runs too often. Compare the clinic's own with "
    "the built-in ones."
)


@dataclass(frozen=True)
class PrintContext:
    """Everything that pages are composed with; a pool receives it."""

    workspace: Workspace
    reading: LoadedHandouts
    design: Design
    settings: Settings
    run: CardRun | None = None
    fingerprint: str = ""

    @property
    def files(self) -> Mapping[str, Path]:
        """The workspace's files by name, for the pages that name them."""
        return self.design.files


@dataclass(frozen=True)
class ComposedJobs:
    """The result of composing: jobs, problems by the handout's stem, and faults of the design."""

    jobs: list[Job]
    problems: dict[str, list[Problem]]
    flaws: tuple[Problem, ...]


def read_handouts(
    workspace: Workspace, paths: Mapping[str, Path], before: LoadedHandouts | None = None
) -> LoadedHandouts:
    """Read handouts, and keep those of an earlier reading.

    Raises TeachbackError when a shared file is wrong.
    """
    shared = before.shared if before else load_shared(workspace)
    authored = dict(before.authored) if before else {}
    problems = dict(before.problems) if before else {}
    for stem, path in paths.items():
        if stem in authored or stem in problems:
            continue
        try:
            authored[stem] = load_handout(path, workspace, shared)
        except TeachbackError as error:
            problems[stem] = error.problems
    return LoadedHandouts(shared, authored, problems)


def summarise(authored: LoadedHandout, made_from: str) -> Summary:
    """Return the facts of a handout that the plan of later runs needs."""
    handout, place = authored.handout, authored.file.locate(("review",), key=True)
    return Summary(
        made_from=made_from,
        id=handout.id,
        language=handout.language,
        audiences=handout.audiences,
        card=handout.card is not None,
        status=handout.review.status,
        due=handout.review.due.isoformat() if handout.review.due else None,
        reviewed=handout.review.reviewed.isoformat() if handout.review.reviewed else None,
        review=(place.file, place.line, place.column),
        changed=authored.standing.changed,
        missing=authored.standing.missing,
        sealed=authored.standing.sealed,
    )


def open_design(workspace: Workspace) -> Design:
    """Load templates, styles and the files that they may name.

    Raises TeachbackError for a file that is not text.
    """
    files = effective_files(workspace)
    problems: list[Problem] = []
    styles = {}
    for name, path in files.items():
        if name.startswith(("styles/", "templates/")) and name.endswith((".css", ".html")):
            try:
                text = decode(read_bytes(path), shown(path), markup=True)
            except TeachbackError as error:
                problems.extend(error.problems)
                continue
            if name.startswith("styles/"):
                styles[name.removeprefix("styles/")] = text
    if problems:
        raise TeachbackError(*problems)
    return Design(open_templates(folders(workspace, "templates")), styles, files)


def design_problems(design: Design) -> Iterator[Problem]:
    """Yield the faults of the style sheets and of their pictures, before any page is made."""
    for name, css in design.styles.items():
        sheet = shown(design.files[f"styles/{name}"])
        flaws = _in_time(sheet, stylesheet_problems, css, sheet, design.files)
        yield from flaws
        yield from _in_time(sheet, generated_text_problems, css, sheet)
        if not flaws:
            builtin = builtin_root() / "styles" / name
            known = builtin.read_text(encoding="utf-8") if builtin.is_file() else ""
            yield from _in_time(sheet, screen_style_problems, css, sheet, known)
    for name, path in design.files.items():
        if name.startswith("styles/icons/") and path.suffix.lower() in KINDS:
            yield from _in_time(shown(path), _picture_problems, path)


def _picture_problems(path: Path) -> Iterator[Problem]:
    fault = picture_fault(read_bytes(path), path.suffix)
    if fault:
        yield Problem(*fault, Location(shown(path)))


def _in_time(
    file: str, check: Callable[..., Iterable[Problem]], *about: object
) -> tuple[Problem, ...]:
    """Return the problems of a file; when time runs out in the check, the error names this file."""
    try:
        return tuple(check(*about))
    except OutOfTime as error:
        raise OutOfTime(
            *(problem._replace(location=Location(file)) for problem in error.problems)
        ) from None


def check_design(design: Design, workspace: Workspace) -> tuple[Problem, ...]:
    """Return all faults of the design, as its files show them and as WeasyPrint reads it.

    Only the workspace's own style sheets are given to WeasyPrint; tests do so with the built-in
    ones.
    """
    flaws = tuple(design_problems(design))
    own = {
        name: css
        for name, css in design.styles.items()
        if design.files[f"styles/{name}"].is_relative_to(workspace.root)
    }
    return (*flaws, *_style_problems(own, design, flaws))


def _style_problems(
    styles: Mapping[str, str], design: Design, flaws: Iterable[Problem]
) -> Iterator[Problem]:
    """Check the style sheets for paper; of a flawed one, yield only problems with a line number."""
    from teachback.pdf.renderer import style_problems

    flawed = {flaw.location.file for flaw in flaws if flaw.location}
    for name, css in styles.items():
        if "screen" not in name:
            sheet = shown(design.files[f"styles/{name}"])
            found = _in_time(sheet, style_problems, sheet, css)
            yield from (p for p in found if sheet not in flawed or (p.location and p.location.line))


def open_pool(desk: PrintContext, processes: int) -> Pool:
    """Return the pool in which pages are composed and printed, with its libraries loaded.

    Raises TeachbackError where a library of the system is missing.
    """
    if METHOD == "fork":
        import teachback.pdf.renderer  # noqa: F401 -- loaded for the workers
    return Pool(desk, processes, settle=hinting(desk.files))


def compose_apart(desk: PrintContext, wanted: Iterable[Wanted], pool: Pool) -> ComposedJobs:
    """Compose what is wanted and check the design, in a pool that holds the context.

    A pool is needed because a template may loop without end.
    """
    tasks = [Task(_checked, None, "reading the styles", _STYLES)]
    tasks += [
        Task(
            _composed,
            want,
            "filling the templates",
            _TEMPLATES,
            want[0],
            scale_of(desk.reading.authored[want[0]].file.size),
        )
        for want in wanted
    ]
    order = {want: number for number, want in enumerate(wanted)}
    done: dict[int, list[Job]] = {}
    problems: dict[str, list[Problem]] = {}
    flaws: tuple[Problem, ...] = ()
    for outcome in pool.each(tasks):
        want = outcome.task.subject
        if want is None:
            flaws = tuple(map(pool.settle, outcome.problems or outcome.result))
            continue
        stem, audience, kind, _ = want
        found = list(
            with_location(
                outcome.problems,
                f"{kind} of {stem} for {audience}",
                _place(desk.reading.authored[stem], kind),
            )
        )
        if outcome.result:
            done[order[want]], group = outcome.result
            found += map(pool.settle, group.get(stem, []))
        if found:
            problems.setdefault(stem, []).extend(found)
    return ComposedJobs([job for number in sorted(done) for job in done[number]], problems, flaws)


def _composed(desk: PrintContext, want: Wanted) -> tuple[list[Job], dict[str, list[Problem]]]:
    return compose_jobs(
        desk.reading, [want], desk.design, desk.settings, desk.run, desk.fingerprint
    )


def _checked(desk: PrintContext, _: None) -> tuple[Problem, ...]:
    return check_design(desk.design, desk.workspace)


def deck_apart(authored: LoadedHandout, stem: str, audiences: tuple[str, ...], pool: Pool) -> Job:
    """Compose cards as `compose_deck` does, in a pool that holds the context.

    Raises TeachbackError with everything that is wrong.
    """
    (outcome,) = pool.each(
        [
            Task(
                _decked,
                (stem, audiences),
                "filling the templates",
                _TEMPLATES,
                scale=scale_of(authored.file.size),
            )
        ]
    )
    if outcome.problems:
        raise TeachbackError(
            *with_location(outcome.problems, f"cards of {stem}", _place(authored, "card"))
        )
    job: Job = outcome.result
    return job


def _decked(desk: PrintContext, wanted: tuple[str, tuple[str, ...]]) -> Job:
    assert desk.run is not None  # noqa: S101 -- cards need a run
    return compose_deck(desk.reading, *wanted, desk.design, desk.run)


def check_apart(pool: Pool) -> None:
    """Check the design in a pool that holds the context.

    Raises TeachbackError with all its faults.
    """
    flaws = pool.one(Task(_checked, None, "reading the styles", _STYLES))
    if flaws:
        raise TeachbackError(*flaws)


def _place(authored: LoadedHandout, kind: str) -> Location:
    return authored.file.locate(("title" if kind == "handout" else "card",), key=True)


def compose_jobs(
    reading: LoadedHandouts,
    wanted: Iterable[Wanted],
    design: Design,
    settings: Settings,
    run: CardRun | None,
    fingerprint: str = "",
) -> tuple[list[Job], dict[str, list[Problem]]]:
    """Compose what is wanted, and return the jobs, and the problems by stem.

    `wanted` holds (stem, audience, kind, forms). `fingerprint` is the hash of the design, if it is
    known. Cards go on sheets as `run` says.
    """
    fingerprint = fingerprint or design_hash(design)
    jobs: list[Job] = []
    problems: dict[str, list[Problem]] = {}
    dressed: dict[tuple[str, str, TypeSize], tuple[Edition, PageContext]] = {}
    for stem, audience, kind, forms in wanted:
        authored = reading.authored[stem]
        try:
            size = settings.size if kind == "handout" else TypeSize.STANDARD
            if (stem, audience, size) not in dressed:
                chosen = _edition(authored, audience, reading.shared, size)
                dressed[stem, audience, size] = (
                    chosen,
                    _dressed(chosen, reading.shared, fingerprint),
                )
            edition, dress = dressed[stem, audience, size]
            job = Job(
                name=f"{kind} of {edition.handout} for {audience}",
                stem=stem,
                kind=kind,
                audience=audience,
                forms=forms,
                code=dress.code,
                place=_place(authored, kind),
            )
            if kind == "handout":
                jobs.append(_handout_job(job, edition, authored, dress, design, settings))
            else:
                jobs.append(_card_job(job, edition, authored, dress, design, run))
        except OutOfTime:
            raise
        except TeachbackError as error:
            place = _place(authored, kind)
            problems.setdefault(stem, []).extend(
                with_location(error.problems, f"{kind} of {stem} for {audience}", place)
            )
    return jobs, problems


def design_hash(design: Design) -> str:
    """Hash what pages look like: templates, styles and pictures.

    The words and the clinic are hashed as they are printed.
    """
    # A page may show a picture from anywhere below content/: see `page_resources.served`.
    return design_fingerprint(
        {
            name: path
            for name, path in design.files.items()
            if (name.startswith(("templates/", "styles/")) or path.suffix.lower() in KINDS)
            and name not in UNPRINTED
        }
    )


def _dressed(edition: Edition, shared: WorkspaceContent, fingerprint: str) -> PageContext:
    words, clinic = shared.words[edition.language], shared.clinic
    return PageContext(words, clinic, edition_code(edition, f"{fingerprint}|{words!r}|{clinic!r}"))


def compose_deck(
    reading: LoadedHandouts, stem: str, audiences: tuple[str, ...], design: Design, run: CardRun
) -> Job:
    """Compose the cards of several audiences for one run on stock.

    Raises TeachbackError with the faults of the templates or of the handout.
    """
    authored = reading.authored[stem]
    fingerprint = design_hash(design)
    dealt: list[tuple[Edition, PageContext]] = []
    for audience in audiences:
        edition = _edition(authored, audience, reading.shared, TypeSize.STANDARD)
        dealt.append((edition, _dressed(edition, reading.shared, fingerprint)))
    return Job(
        name=f"cards of {stem}",
        stem=stem,
        kind="card",
        audience="+".join(audiences),
        forms=("sheet",),
        code=" ".join(dress.code for _, dress in dealt),
        place=authored.file.locate(("card",), key=True),
        cards=tuple(compose_cards([card], design, medium=Medium.PRINT) for card in dealt),
        together=compose_cards(dealt, design, medium=Medium.PRINT),
        names=tuple(f"card of {stem} for {audience}" for audience in audiences),
        flags=tuple(_carded(edition, authored) for edition, _ in dealt),
        expected=tuple(
            expected_card(f"card of {stem} for {edition.audience}", edition, authored, dress)
            for edition, dress in dealt
        ),
        run=run,
    )


def editions_by_code(reading: LoadedHandouts, stem: str, design: Design) -> dict[str, Edition]:
    """Return every present edition of a handout by its code."""
    fingerprint = design_hash(design)
    authored = reading.authored[stem]
    editions = [
        _edition(authored, audience, reading.shared, TypeSize.STANDARD)
        for audience in authored.handout.audiences
    ]
    return {_dressed(edition, reading.shared, fingerprint).code: edition for edition in editions}


def _edition(
    authored: LoadedHandout, audience: str, shared: WorkspaceContent, size: TypeSize
) -> Edition:
    reader = Reader(shared.audiences.lineage(audience), shared.clinic.values())
    badge = shared.audiences.root[audience].badge[authored.handout.language]
    chosen = choose(authored.handout, reader, badge=badge, size=size, sources=shared.sources)
    return replace(chosen, review=authored.standing.review(chosen.review, audience))


def _handout_job(
    job: Job,
    edition: Edition,
    authored: LoadedHandout,
    dress: PageContext,
    design: Design,
    settings: Settings,
) -> Job:
    printed = {"pdf", "png"} & set(job.forms) or _is_own(design)
    return replace(
        job,
        expected=(expected_handout(job.name, edition, authored, dress, settings.paper),),
        handout=compose_handout(edition, dress, design, medium=Medium.PRINT, paper=settings.paper)
        if printed
        else "",
        screen=compose_handout(edition, dress, design, medium=Medium.SCREEN, paper=settings.paper)
        if "html" in job.forms
        else "",
    )


def _card_job(
    job: Job,
    edition: Edition,
    authored: LoadedHandout,
    dress: PageContext,
    design: Design,
    run: CardRun | None,
) -> Job:
    printed = {"pdf", "sheet", "png"} & set(job.forms) or _is_own(design)
    return replace(
        job,
        cards=(compose_cards([(edition, dress)], design, medium=Medium.PRINT),) if printed else (),
        screen=compose_cards([(edition, dress)], design, medium=Medium.SCREEN)
        if "html" in job.forms
        else "",
        flags=(_carded(edition, authored),),
        expected=(expected_card(job.name, edition, authored, dress),),
        names=(job.name,),
        run=run if "sheet" in job.forms else None,
    )


def _is_own(design: Design) -> bool:
    """Return whether a clinic has its own templates or styles.

    If so, the paper is proved even where only a page for a screen is wanted.
    """
    made = (path for name, path in design.files.items() if name.endswith((".html", ".css")))
    return any(not path.is_relative_to(builtin_root()) for path in made)


def _carded(edition: Edition, authored: LoadedHandout) -> dict[str, tuple[Location, str]]:
    """Return the flags on an edition's card by id: the place in the file, and the short text."""
    places = {
        flag.id: authored.file.locate(("red_flags", index))
        for index, flag in enumerate(authored.handout.red_flags)
    }
    return {flag.id: (places[flag.id], plain(flag.short)) for flag in edition.flags if flag.card}
