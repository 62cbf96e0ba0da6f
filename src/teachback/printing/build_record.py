"""Read and write the record of printed files, so that a build prints only what has changed.

A build with nothing to do needs this module and no heavier one. So it imports neither WeasyPrint
nor pydantic nor Jinja2 nor PyYAML.
"""

from __future__ import annotations

import errno
import fcntl
import json
import os
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from teachback import __version__
from teachback.errors import Location, Problem, Severity, TeachbackError
from teachback.files.atomic_files import locked, os_errors_as_problems, sha256
from teachback.files.text_decoding import read_json
from teachback.files.workspace import file_bytes, shown, write_whole
from teachback.printing.fingerprints import same_libraries

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping
    from pathlib import Path


RECORD: Final = ".record.json"
MANIFEST: Final = "manifest.json"
FORMAT: Final = 5


@dataclass(frozen=True)
class Summary:
    """The facts of a handout that the plan of a run needs, so that its file is not parsed again.

    `changed`, `missing` and `sealed` are those of `content.approval.ApprovalStatus`. `notices` are
    those of the handout: audience, severity, message, hint, and file, line, column.
    `translated_from` is the language of the text that a translation was made from.
    """

    made_from: str
    id: str
    language: str
    audiences: tuple[str, ...]
    card: bool
    status: str
    due: str | None
    reviewed: str | None
    review: tuple[str, int, int]
    changed: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    sealed: bool = True
    notices: tuple[tuple[str, str, str, str, tuple[str, int, int]], ...] = ()
    translated_from: str = ""


class WantedOutput(NamedTuple):
    """One output that a build is to make; for pictures, all of their pages.

    `paper` is that of a handout, and for cards on stock how they lie there.
    """

    stem: str
    language: str
    kind: str
    audience: str
    form: str
    size: str
    paper: str
    depth: str
    ink: str


@dataclass(frozen=True)
class Output:
    """A printed file as the manifest lists it.

    `stem` is the name of the handout's file without its ending, and `form` is pdf, sheet, html or
    png. `made_from` is the hash of everything that can change the file except `setup`, which holds
    the sides and offsets of cards on stock. `ink` is empty where none was asked for: the clinic's.
    `fit` is that of `jobs.Printed`.
    """

    file: str
    kind: str
    handout: str
    audience: str
    language: str
    size: str
    paper: str | None
    card_mm: tuple[float, float] | None
    pages: int
    code: str
    sha256: str
    stem: str
    form: str
    made_from: str
    setup: str = ""
    libraries: str = ""
    depth: str = "full"
    ink: str = ""
    fit: tuple[int, ...] = ()

    @property
    def identity(self) -> WantedOutput:
        """The output that was requested, equal for each print of the same one."""
        return WantedOutput(
            self.stem,
            self.language,
            self.kind,
            self.audience,
            self.form,
            self.size,
            self.setup or self.paper or "",
            self.depth,
            self.ink,
        )


@dataclass(frozen=True)
class Record:
    """The record of earlier runs into one output folder."""

    summaries: Mapping[str, Summary]
    outputs: Mapping[str, Output]
    libraries: str


def read_record(folder: Path) -> Record:
    """Read the record of an output folder.

    A record that cannot be read counts as empty, so that everything is printed again.
    """
    try:
        data = read_json(file_bytes(folder / RECORD))
        if data["format"] != FORMAT:
            return Record({}, {}, "")
        summaries = {
            stem: Summary(
                **{
                    **entry,
                    **{
                        name: tuple(entry[name])
                        for name in ("audiences", "review", "changed", "missing")
                    },
                    "notices": tuple((*texts, tuple(place)) for *texts, place in entry["notices"]),
                }
            )
            for stem, entry in data["summaries"].items()
        }
        outputs = {
            file: Output(
                **{
                    **entry,
                    "card_mm": tuple(entry["card_mm"]) if entry["card_mm"] else None,
                    "fit": tuple(entry["fit"]),
                }
            )
            for file, entry in data["outputs"].items()
        }
        libraries = str(data["libraries"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return Record({}, {}, "")
    return Record(summaries, outputs, libraries)


def write_record(folder: Path, record: Record) -> None:
    """Write the record. Raises TeachbackError when the folder cannot be written to."""
    data = {
        "format": FORMAT,
        "libraries": record.libraries,
        "summaries": {name: asdict(entry) for name, entry in sorted(record.summaries.items())},
        "outputs": {name: asdict(entry) for name, entry in sorted(record.outputs.items())},
    }
    write_whole(folder / RECORD, json.dumps(data, indent=1).encode())


class Now(NamedTuple):
    """The present state of the workspace.

    `origin` is the hash of the sources of each handout, by its stem. `libraries` are the libraries
    that printed; it is empty when nothing was printed.
    """

    origin: Mapping[str, str]
    libraries: str


@dataclass(frozen=True)
class Recorded:
    """The record after a run.

    `outputs` are all known outputs by file name, and `live` those that are current. `problems` say
    why the record could not be written.
    """

    outputs: Mapping[str, Output]
    live: tuple[Output, ...]
    problems: tuple[Problem, ...] = ()


def save_record(
    folder: Path,
    done: Mapping[str, Output],
    printed: Collection[str],
    summaries: Mapping[str, Summary],
    now: Now,
) -> Recorded:
    """Add a run to the record and the manifest, beside what other runs have added meanwhile.

    `done` are the run's files, and `printed` the names of those that it wrote. The folder is
    locked, the record is read again, and each file is listed as it is on the disk. A folder into
    which nothing was ever printed is left as it is.
    """
    if not os.path.isdir(folder):  # noqa: PTH112 -- a Path raises for a long name
        return Recorded({}, ())
    try:
        with _locked(folder):
            before = read_record(folder)
            outputs = _merged(folder, before, done, printed)
            libraries = now.libraries or before.libraries
            is_same = same_libraries(libraries)
            unchanged = {
                stem: entry
                for stem, entry in before.summaries.items()
                if entry.made_from == now.origin.get(stem)
            }
            after = Record({**unchanged, **summaries}, outputs, libraries)
            live = tuple(
                output
                for name, output in outputs.items()
                if output == done.get(name)
                or (is_same and current(output, now.origin, after) and is_unchanged(folder, output))
            )
            existing, updated = _bytes(folder / MANIFEST), manifest(live)
            recorded = Recorded(outputs, live)
            if (outputs or before.outputs or existing is not None) and (
                after != before or existing != updated
            ):
                try:
                    write_record(folder, after)
                    write_whole(folder / MANIFEST, updated)
                except TeachbackError as error:
                    return replace(recorded, problems=error.problems)
            return recorded
    except TeachbackError as error:
        return Recorded(dict(done), tuple(done.values()), error.problems)


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Lock an output folder against other runs that record into it.

    Raises TeachbackError when the lock cannot be taken.
    """
    with ExitStack() as stack:
        with os_errors_as_problems(folder):
            try:
                stack.enter_context(locked(folder, os.O_RDONLY, fcntl.LOCK_EX))
            except OSError as error:
                # A disk without locks cannot keep two runs apart, but a single run is recorded
                # correctly there too.
                if error.errno not in {errno.ENOLCK, errno.ENOTSUP}:
                    raise
        yield


def _merged(
    folder: Path, before: Record, done: Mapping[str, Output], printed: Collection[str]
) -> dict[str, Output]:
    """Return every known output that still exists, and delete pictures of pages that are gone."""
    identities = {done[name].identity for name in printed}
    outputs = dict(done)
    for name, output in before.outputs.items():
        if name in done:
            # Two runs have printed it: the file is the one that was written last.
            if output != done[name] and not is_unchanged(folder, done[name]):
                outputs[name] = output
        elif output.identity in identities:
            (folder / name).unlink(missing_ok=True)
        elif (folder / name).is_file() or output.form == "png":
            # Keep a lost picture in the record: without it, the other pictures would look complete.
            outputs[name] = output
    return outputs


def current(output: Output, origin: Mapping[str, str], record: Record) -> bool:
    """Return whether an output was printed from the present text and design.

    The libraries must be those of the last print.
    """
    return output.made_from == origin.get(output.stem) and output.libraries == sha256(
        record.libraries.encode()
    )


def outdated_files_problem(
    outputs: Mapping[str, Output], live: Iterable[Output], folder: Path
) -> list[Problem]:
    """Return a warning that names the printed files of an earlier text, not to be handed out."""
    outdated = sorted(
        name
        for name in outputs.keys() - {output.file for output in live}
        if (folder / name).is_file()
    )
    if not outdated:
        return []
    more = len(outdated) - 3
    names = ", ".join(outdated[:3]) + (f" and {more} more" if more > 0 else "")
    hint = "Print them again, or delete them, so that nobody hands them out."
    message = f"printed from an earlier text or design: {names}"
    return [Problem(message, hint, Location(shown(folder)), Severity.WARNING)]


def manifest(outputs: Iterable[Output]) -> bytes:
    """Return the bytes of the manifest: every current output, sorted by file name."""
    rows = [manifest_row(output) for output in sorted(outputs, key=lambda output: output.file)]
    return (
        json.dumps({"teachback": __version__, "outputs": rows}, indent=2, ensure_ascii=False) + "\n"
    ).encode()


def manifest_row(output: Output) -> dict[str, Any]:
    """Return an output as plain data for the manifest."""
    row = asdict(output)
    for internal in ("stem", "form", "made_from", "setup", "libraries", "fit"):
        del row[internal]
    return row


def _bytes(path: Path) -> bytes | None:
    try:
        return file_bytes(path)
    except (OSError, ValueError):
        return None


def is_unchanged(folder: Path, output: Output) -> bool:
    """Return whether a printed file still exists exactly as it was printed."""
    try:
        return sha256(file_bytes(folder / output.file)) == output.sha256
    except OSError:
        return False
