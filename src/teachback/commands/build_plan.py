"""Plan a build: which handouts, for whom, in which files, and which files are up to date."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from teachback.errors import Problem, Severity, TeachbackError, UsageError, nearest
from teachback.files.workspace import read_bytes
from teachback.printing.build_record import is_unchanged
from teachback.printing.fingerprints import made_from
from teachback.units import TypeSize

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from teachback.printing.build_record import Output, Summary
    from teachback.printing.settings import Settings

    Found = defaultdict[str, list[Problem]]


@dataclass(frozen=True)
class WantedOutput:
    """One output that a build is to make; for pictures, all of their pages."""

    stem: str
    kind: str
    audience: str
    form: str
    size: str
    paper: str | None
    setup: str = ""

    @property
    def identity(self) -> tuple[str, ...]:
        """See Output.identity."""
        return (
            self.stem,
            self.kind,
            self.audience,
            self.form,
            self.size,
            self.setup or self.paper or "",
        )


def sorted_out(
    wanted: Iterable[WantedOutput], usable: Iterable[Output], folder: Path
) -> tuple[dict[str, Output], list[WantedOutput]]:
    """Separate the outputs that exist unchanged from those that must be printed."""
    kept: dict[str, Output] = {}
    stale: list[WantedOutput] = []
    by_identity: defaultdict[tuple[str, ...], list[Output]] = defaultdict(list)
    for output in usable:
        by_identity[output.identity].append(output)
    for want in wanted:
        same = by_identity.get(want.identity)
        if same and all(is_unchanged(folder, output) for output in same):
            kept |= {output.file: output for output in same}
        else:
            stale.append(want)
    return kept, stale


def selected_files(settings: Settings, files: Mapping[str, Path]) -> dict[str, Path]:
    """Return the named handout files, or all; `leg-cramps` also names leg-cramps.es.yaml."""
    if not settings.handouts:
        if not files:
            raise TeachbackError(
                Problem("there are no handouts", "Make one with `teachback new ID`.")
            )
        return dict(files)
    ids = {stem.split(".")[0] for stem in files}
    unknown = [name for name in settings.handouts if name not in files and name not in ids]
    if unknown:
        raise UsageError(
            *(Problem(f"there is no handout '{name}'", nearest(name, ids)) for name in unknown)
        )
    return {
        stem: path
        for stem, path in files.items()
        if stem in settings.handouts or stem.split(".")[0] in settings.handouts
    }


def check_choice(settings: Settings, chosen: Mapping[str, Summary], found: Found) -> None:
    """Refuse a choice that would silently print nothing."""
    if settings.language is not None and not chosen and not any(found.values()):
        raise UsageError(
            Problem(
                f"no handout is written in the language '{settings.language}'",
                "Leave --language out to see what there is.",
            )
        )
    if (
        settings.audiences
        and chosen
        and not any(set(settings.audiences) & set(s.audiences) for s in chosen.values())
    ):
        message = f"no handout is for {' or '.join(settings.audiences)}"
        raise UsageError(Problem(message, "See `teachback list handouts`."))


def is_refused(stem: str, found: Found, settings: Settings) -> bool:
    """Return whether a handout has errors, or any problem at all under --strict."""
    return any(settings.strict or problem.severity is Severity.ERROR for problem in found[stem])


def wanted_outputs(stem: str, summary: Summary, settings: Settings) -> Iterator[WantedOutput]:
    """Yield every output that the settings ask for of one handout."""
    for audience in summary.audiences:
        if settings.audiences and audience not in settings.audiences:
            continue
        for kind in settings.kinds:
            if kind == "card" and not summary.card:
                continue
            size = str(settings.size) if kind == "handout" else str(TypeSize.STANDARD)
            for form in settings.formats:
                paper = str(settings.paper) if kind == "handout" and form != "html" else None
                yield WantedOutput(stem, kind, audience, form, size, paper)
            if kind == "card" and "pdf" in settings.formats:
                yield WantedOutput(stem, kind, audience, "sheet", size, None, settings.card_setup)


def origins(
    files: Mapping[str, Path], shared: str, selected: Mapping[str, Path], found: Found
) -> dict[str, str]:
    """Hash what each handout is made from.

    A file that cannot be read does not stop the others.
    """
    found_origins = {}
    for stem, path in files.items():
        try:
            found_origins[stem] = made_from(shared, read_bytes(path))
        except TeachbackError as error:
            found[stem] += error.problems if stem in selected else ()
    return found_origins
