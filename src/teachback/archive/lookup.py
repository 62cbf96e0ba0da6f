"""Find the edition of a paper, from a typed code or a scan, and what an archive keeps under it."""

from __future__ import annotations

import hashlib
import re
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from teachback.archive.store import (
    ENTRIES,
    JOURNAL,
    ArchivedFile,
    ArchiveEntry,
    entries_at,
    entry_paths,
    journaled_codes,
    object_path,
)
from teachback.editions.edition_code import (
    ALPHABET,
    CODE,
    LENGTH,
    is_valid_code,
    last_part,
    nearest_codes,
    normalize_code,
)
from teachback.errors import Location, Problem, Severity, TeachbackError, UsageError, with_location
from teachback.files.workspace import read_named, shown, write_whole

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

# In dots per inch, for drawing a page without text: a module of the smallest QR code gets two to
# three dots.
SCAN_DPI: Final = 200
_RETYPE: Final = (
    f"Type it again from the paper: the last part has {LENGTH + 1} letters and digits, "
    f"of these: {ALPHABET}."
)


@dataclass(frozen=True)
class Answer:
    """The answer of an archive about one code.

    `entries` are the records of the code, oldest first. If there are none, `nearest` has records of
    similar codes. `exact` is the kept file that equals the scan, byte for byte. `scanned` is
    whether there was a scan that could equal one.
    """

    code: str
    entries: tuple[ArchiveEntry, ...]
    nearest: tuple[ArchiveEntry, ...]
    problems: tuple[Problem, ...]
    scanned: bool = False
    exact: ArchivedFile | None = None

    @property
    def files(self) -> tuple[tuple[ArchiveEntry, ArchivedFile], ...]:
        """All files that are kept under the code, those of the newest record first."""
        return tuple(
            (entry, output) for entry in reversed(self.entries) for output in entry.outputs
        )

    def as_json(self) -> dict[str, Any]:
        """Return the answer as plain data."""
        newest = self.entries[-1] if self.entries else None
        return {
            "code": self.code,
            "known": newest is not None,
            **(
                {
                    name: getattr(newest, name)
                    for name in ("handout", "audience", "language", "title", "badge", "version")
                }
                if newest
                else {}
            ),
            **(
                {"review": dict(newest.review), "first_kept": self.entries[0].kept}
                if newest
                else {}
            ),
            "files": [
                {
                    **{
                        name: getattr(output, name)
                        for name in ("file", "kind", "form", "size", "paper", "pages", "sha256")
                    },
                    "program": entry.program,
                    "weasyprint": entry.weasyprint,
                    "kept": entry.kept,
                }
                for entry, output in self.files
            ],
            "nearest": [
                {"code": entry.code, "handout": entry.handout, "audience": entry.audience}
                for entry in self.nearest
            ],
            **({"same_bytes_as": self.exact.file if self.exact else None} if self.scanned else {}),
            "problems": [problem.as_json() for problem in self.problems],
        }


def identify(folder: Path, typed: str | None, scan: Path | None) -> tuple[Answer, ...]:
    """Look up a typed code, and each code on a scan (PNG, JPEG or PDF), in an archive.

    Raises UsageError when there is no archive or nothing to look for, and TeachbackError for a scan
    that cannot be read.
    """
    if not is_archive(folder):
        hint = "Name the folder with --archive, or make one: teachback build --archive DIR."
        raise UsageError.of("there is no archive here", hint, Location(shown(folder)))
    if typed is None and scan is None:
        hint = "Type a code, or name a picture or a PDF with --scan."
        raise UsageError.of("there is nothing to look for", hint)
    scan_file = None if scan is None else (read_named(scan), shown(scan))
    return identify_scanned(folder, typed, scan_file)


def is_archive(folder: Path) -> bool:
    """Return whether a folder holds an archive."""
    return any((folder / name).exists() for name in (JOURNAL, ENTRIES))


def identify_scanned(
    folder: Path, typed: str | None, scanned: tuple[bytes, str] | None
) -> tuple[Answer, ...]:
    """Look up a typed code, and each code on a scan, in an archive.

    `scanned` are the bytes of the scan, and its name for messages. Raises TeachbackError for a scan
    that cannot be read.
    """
    paths_by_code, journaled = entry_paths(folder), journaled_codes(folder)
    typed_codes = () if typed is None else _typed_codes(normalize_code(typed), paths_by_code)
    answers = [_answer(code, paths_by_code, journaled) for code in typed_codes]
    if scanned is not None:
        data, name = scanned
        sha256 = hashlib.sha256(data).hexdigest()
        codes = scanned_codes(data, name) or _codes_of_file(sha256, paths_by_code)
        if not codes:
            hint = (
                "Scan it straight, at 300 dots to the inch, or type the code printed on each page."
            )
            raise TeachbackError.of("no edition code can be read here", hint, Location(name))
        answers += [
            _answer(code, paths_by_code, journaled, sha256, photo=not _is_pdf(data))
            for code in codes
        ]
    return tuple(answers)


def _typed_codes(typed: str, known: Iterable[str]) -> tuple[str, ...]:
    """Return the typed code or, if only its last part was typed, all known codes that end in it."""
    part = typed.replace("-", "")
    matches = sorted(code for code in known if last_part(code) == part)
    return tuple(matches) or (part if len(part) == LENGTH + 1 else typed,)


def _answer(
    code: str,
    paths_by_code: Mapping[str, list[Path]],
    journaled: Mapping[str, str],
    sha256: str | None = None,
    *,
    photo: bool = False,
) -> Answer:
    paths = paths_by_code.get(code, [])
    entries = entries_at(paths)
    problems: list[Problem] = []
    nearest: tuple[ArchiveEntry, ...] = ()
    if len(entries) < len(paths):
        severity = Severity.WARNING if entries else Severity.ERROR
        damaged = len(paths) - len(entries)
        message = (
            f"{code}: {damaged} record{'s have' if damaged != 1 else ' has'} changed in the archive"
        )
        problems.append(Problem(message, "`teachback verify` says which.", severity=severity))
    elif not entries:
        nearest = tuple(
            readable[-1]
            for other in nearest_codes(code, paths_by_code)
            if (readable := entries_at(paths_by_code[other]))
        )
        problems.append(_unknown_code(code, nearest))
    if any(journaled.get(path.stem) != code for path in paths):
        message = f"{code}: the journal of the archive does not name every record of this code"
        hint = "A record may have been put there by hand: run `teachback verify`."
        problems.append(Problem(message, hint, severity=Severity.WARNING))
    exact = next(
        (output for entry in entries for output in entry.outputs if output.sha256 == sha256), None
    )
    # A photo of paper never equals the file, so that is not reported.
    return Answer(
        code,
        entries,
        nearest,
        tuple(problems),
        sha256 is not None and not (photo and exact is None),
        exact,
    )


def _unknown_code(code: str, nearest: tuple[ArchiveEntry, ...]) -> Problem:
    """Explain why a code finds nothing: it was misread, or printed elsewhere."""
    suggestions = " or ".join(
        f"{entry.code} ({entry.handout} for {entry.audience})" for entry in nearest
    )
    guess = f"Did you mean {suggestions}?" if suggestions else ""
    if re.fullmatch(f"[{ALPHABET}]{{{LENGTH + 1}}}", code):
        message = f"this archive has no edition code that ends in {code}"
        return Problem(message, f"{guess} {_RETYPE}".strip())
    if CODE.fullmatch(code) is None:
        return Problem(
            f"'{code}' is not an edition code",
            guess or "A code looks like LC-CKD-EN-7F3A9CQ; it is printed on each page and card.",
        )
    if not is_valid_code(code):
        message = f"{code} was misread or mistyped: its last character does not fit the rest"
        return Problem(message, f"{guess} {_RETYPE}".strip())
    hint = "It may have been printed elsewhere, or without --archive."
    message = f"{code} is a valid code, but this archive does not have it"
    return Problem(message, f"{hint} {guess}".strip())


def _is_pdf(data: bytes) -> bool:
    return b"%PDF-" in data[:1024]


def scanned_codes(data: bytes, name: str) -> tuple[str, ...]:
    """Read the codes off a scan. In a PDF, its text comes first, then its pictures.

    Raises TeachbackError, with the name of the scan, when it cannot be read.
    """
    from teachback.editions.qr_code import codes_in_picture
    from teachback.pdf.page_images import page_texts, scanned_pages

    try:
        if not _is_pdf(data):
            return codes_in_picture(data)
        text_codes = [code for text in page_texts(data) for code in CODE.findall(text)]
        valid = [code for code in text_codes if is_valid_code(code)]
        qr_codes = (
            []
            if text_codes
            else [code for page in scanned_pages(data, SCAN_DPI) for code in codes_in_picture(page)]
        )
    except TeachbackError as error:
        raise TeachbackError(*with_location(error.problems, "the scan", Location(name))) from None
    return tuple(dict.fromkeys(valid or text_codes or qr_codes))


def _codes_of_file(sha256: str, paths_by_code: Mapping[str, list[Path]]) -> tuple[str, ...]:
    """Return the codes of a file that does not show one itself."""
    return tuple(
        code
        for code, paths in paths_by_code.items()
        if any(output.sha256 == sha256 for entry in entries_at(paths) for output in entry.outputs)
    )


def copy_kept(folder: Path, answers: tuple[Answer, ...], target: Path) -> tuple[Path, ...]:
    """Copy all files kept under the found codes into a folder, under readable names.

    If several files have the same name, the newest gets it. The start of their hash is added to the
    names of the others. Raises TeachbackError when a file is no longer what was kept, or would
    replace another file; then nothing is copied.
    """
    planned: dict[str, tuple[str, bytes]] = {}
    problems: list[Problem] = []
    for answer in answers:
        for _, output in answer.files:
            try:
                data = kept_bytes(folder, output, answer.code)
            except TeachbackError as error:
                problems += error.problems
                continue
            name = output.file.rsplit("/", 1)[-1]
            if planned.get(name, (output.sha256,))[0] != output.sha256:
                stem, dot, ending = name.rpartition(".")
                name = f"{stem}-{output.sha256[:8]}{dot}{ending}"
            planned[name] = output.sha256, data
    for name, (_, data) in planned.items():
        path = target / name
        if path.exists() and (not path.is_file() or read_named(path) != data):
            message = "another file has this name already"
            hint = "Choose another folder, or move it away."
            problems.append(Problem(message, hint, Location(shown(path))))
    if problems:
        raise TeachbackError(*dict.fromkeys(problems))
    for name, (_, data) in planned.items():
        if not (target / name).exists():
            write_whole(target / name, data)
    return tuple(target / name for name in planned)


def main_file(answer: Answer) -> ArchivedFile | None:
    """Return the file to open, or None if there is no file.

    It is the scanned file, else the newest handout in standard size, else any file.
    """
    if answer.exact is not None:
        return answer.exact
    return min(
        (output for _, output in answer.files),
        key=lambda output: (
            output.form != "pdf",
            output.kind != "handout",
            output.size != "standard",
        ),
        default=None,
    )


def readable_copy(folder: Path, answers: tuple[Answer, ...]) -> Path | None:
    """Copy the file to open into a temporary folder; return None when nothing was found.

    The copy keeps a viewer from writing into the archive.
    """
    for answer in answers:
        output = main_file(answer)
        if output is not None:
            data = kept_bytes(folder, output, answer.code)
            path = Path(tempfile.mkdtemp(prefix="teachback-")) / output.file.rsplit("/", 1)[-1]
            path.write_bytes(data)
            return path
    return None


def kept_bytes(folder: Path, output: ArchivedFile, code: str) -> bytes:
    """Return the bytes of a kept file.

    Raises TeachbackError when they are gone, or no longer what was kept.
    """
    path = object_path(folder, output.file, output.sha256)
    data = read_named(path)
    if hashlib.sha256(data).hexdigest() != output.sha256:
        hint = (
            "It is not handed out. Restore the archive's file from a backup; "
            "see `teachback verify`."
        )
        message = f"{code}: {output.file} has changed since it was archived"
        raise TeachbackError.of(message, hint, Location(shown(path)))
    return data
