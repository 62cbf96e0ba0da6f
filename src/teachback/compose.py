"""From files to jobs: read the handouts, choose the editions, compose their pages. Nothing is printed here.

A build with nothing to do never imports this module: pydantic, Jinja2 and the rest stay out of its way.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from teachback.choose import Reader, choose
from teachback.code import edition_code
from teachback.content import Authored, Shared, load_handout, load_shared
from teachback.errors import Problem, TeachbackError
from teachback.html import Design, Dress, Medium, compose_card, compose_handout, compose_sheet, open_templates
from teachback.marks import plain
from teachback.press import Job
from teachback.record import Summary, design_fingerprint
from teachback.workspace import Workspace, effective_files, folders, read_bytes, shown

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from teachback.edition import Edition
    from teachback.settings import Settings


@dataclass(frozen=True)
class Reading:
    """What was read: the shared files, and each handout or what is wrong with it, by the name of its file."""

    shared: Shared
    authored: Mapping[str, Authored]
    problems: Mapping[str, tuple[Problem, ...]]


def read_handouts(workspace: Workspace, paths: Mapping[str, Path], before: Reading | None = None) -> Reading:
    """Read handouts, those of an earlier reading included. Raises TeachbackError when a shared file is wrong."""
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
    return Reading(shared, authored, problems)


def summarise(authored: Authored, made_from: str) -> Summary:
    """Keep of a handout what the plan of later runs needs."""
    handout, place = authored.handout, authored.file.locate(("review",), key=True)
    return Summary(
        made_from=made_from,
        id=handout.id,
        language=handout.language,
        audiences=handout.audiences,
        card=handout.card is not None,
        status=handout.review.status,
        due=handout.review.due.isoformat() if handout.review.due else None,
        review=(place.file, place.line, place.column),
    )


def open_design(workspace: Workspace) -> Design:
    """Gather templates, styles and the files they may name."""
    files = effective_files(workspace)
    problems: list[Problem] = []
    styles = {}
    for name, path in files.items():
        if name.startswith("styles/") and name.endswith(".css"):
            try:
                styles[name.removeprefix("styles/")] = read_bytes(path).decode("utf-8-sig")
            except UnicodeDecodeError:
                problems.append(Problem(f"{shown(path)}: the style sheet is not UTF-8 text", "Save it as UTF-8."))
    if problems:
        raise TeachbackError(*problems)
    return Design(open_templates(folders(workspace, "templates")), styles, files)


def compose_jobs(
    reading: Reading, wanted: Iterable[tuple[str, str, str, tuple[str, ...]]], design: Design, settings: Settings
) -> tuple[list[Job], dict[str, list[Problem]]]:
    """Compose what is wanted: (stem, audience, kind, forms). Gives the jobs, and problems by stem."""
    fingerprint = design_fingerprint({name: path for name, path in design.files.items() if not name.startswith("content/sources")})
    jobs: list[Job] = []
    problems: dict[str, list[Problem]] = {}
    for stem, audience, kind, forms in wanted:
        authored = reading.authored[stem]
        try:
            edition = _edition(authored, audience, reading.shared, settings)
            dress = Dress(reading.shared.words[edition.language], reading.shared.clinic, edition_code(edition, fingerprint))
            compose = _handout_job if kind == "handout" else _card_job
            job = Job(
                name=f"{kind} of {edition.handout} for {audience}",
                stem=stem,
                kind=kind,
                audience=audience,
                forms=forms,
                code=dress.code,
                place=authored.file.locate(("title" if kind == "handout" else "card",), key=True),
            )
            jobs.append(compose(job, edition, authored, dress, design, settings))
        except TeachbackError as error:
            problems.setdefault(stem, []).extend(error.problems)
    return jobs, problems


def _edition(authored: Authored, audience: str, shared: Shared, settings: Settings) -> Edition:
    reader = Reader(shared.audiences.lineage(audience), shared.clinic.values())
    badge = shared.audiences.root[audience].badge[authored.handout.language]
    return choose(authored.handout, reader, badge=badge, size=settings.size, sources=shared.sources)


def _handout_job(job: Job, edition: Edition, authored: Authored, dress: Dress, design: Design, settings: Settings) -> Job:
    del authored
    printed = {"pdf", "png"} & set(job.forms)
    return replace(
        job,
        handout=compose_handout(edition, dress, design, medium=Medium.PRINT, paper=settings.paper) if printed else "",
        screen=compose_handout(edition, dress, design, medium=Medium.SCREEN, paper=settings.paper) if "html" in job.forms else "",
    )


def _card_job(job: Job, edition: Edition, authored: Authored, dress: Dress, design: Design, settings: Settings) -> Job:
    places = {flag.id: authored.file.locate(("red_flags", index)) for index, flag in enumerate(authored.handout.red_flags)}
    printed = {"pdf", "sheet", "png"} & set(job.forms)
    return replace(
        job,
        card=compose_card(edition, dress, design, medium=Medium.PRINT) if printed else "",
        sheet=compose_sheet(edition, dress, design, paper=settings.paper) if "sheet" in job.forms else "",
        screen=compose_card(edition, dress, design, medium=Medium.SCREEN) if "html" in job.forms else "",
        flags={flag.id: (places[flag.id], plain(flag.short)) for flag in edition.flags if flag.card},
    )
