"""Find which edition a paper is, for the desk: from a code, also a mistyped one, or from a photo.

The archive has what was printed. The workspace has what would be printed now.
"""

from __future__ import annotations

import datetime as dt
import re
from typing import TYPE_CHECKING, Any, Final

from teachback.archive.lookup import (
    identify_scanned,
    is_archive,
    main_file,
    scanned_codes,
)
from teachback.archive.store import object_path
from teachback.content.inline_markup import plain
from teachback.content.locale_formats import dated
from teachback.editions.edition_code import LENGTH, last_part, nearest_codes, normalize_code
from teachback.errors import Problem, TeachbackError
from teachback.files.atomic_files import sha256
from teachback.files.workspace import read_named
from teachback.printing.job_composer import editions_by_code
from teachback.serving.topic_shelf import DRAFT

if TYPE_CHECKING:
    from pathlib import Path

    from teachback.archive.lookup import Answer
    from teachback.editions.edition import Edition
    from teachback.printing.job_composer import PrintContext

_DIGEST: Final = re.compile("[0-9a-f]{64}")
# A file name, for messages: the page sends none.
_PHOTO: Final = ""


def find_printed(
    context: PrintContext, question: tuple[str | None, bytes | None, Path]
) -> dict[str, Any]:
    """Return the matches of a typed code or a photo in an archive, and the nearest codes."""
    typed, photo, archive = question
    current = {
        code: edition
        for stem in context.reading.authored
        for code, edition in editions_by_code(context.reading, stem, context.design).items()
    }
    scanned = scanned_codes(photo, _PHOTO) if photo is not None else ()
    if photo is not None and not scanned:
        hint = (
            "Go nearer: the square code may fill the picture. Hold the camera straight above it, "
            "in good light; or type the code."
        )
        raise TeachbackError.of("no edition code can be read on this photo", hint)
    answers: dict[str, Answer] = {}
    if is_archive(archive):
        for text in scanned if typed is None else (typed,):
            answers |= {answer.code: answer for answer in identify_scanned(archive, text, None)}
    codes = dict.fromkeys((*answers, *scanned, *_current_codes(typed, current)))
    matches = [_match(code, answers.get(code), current, context) for code in codes]
    matches = [match for match in matches if match is not None]
    near = {entry.code: entry.title for answer in answers.values() for entry in answer.nearest}
    if not (matches or near or typed is None):
        near_codes = nearest_codes(normalize_code(typed), current)
        near = {code: plain(current[code].title) for code in near_codes}
    return {
        "matches": matches,
        "nearest": [{"code": code, "title": title} for code, title in near.items()],
    }


def kept_pdf(archive: Path, digest: str) -> bytes:
    """Return an archived PDF by its SHA-256.

    Raises TeachbackError when it is missing or has changed.
    """
    missing = Problem("there is no such file in the archive", "Look the code up again.")
    if _DIGEST.fullmatch(digest) is None:
        raise TeachbackError(missing)
    # Only the suffix of the name counts.
    path = object_path(archive, "x.pdf", digest)
    if not path.is_file():
        raise TeachbackError(missing)
    data = read_named(path)
    if sha256(data) != digest:
        hint = "It is not shown. Tell those who look after the archive: `teachback verify`."
        raise TeachbackError.of("this file has changed since it was kept", hint)
    return data


def _current_codes(typed: str | None, current: dict[str, Edition]) -> tuple[str, ...]:
    """Return the current codes that a typed code, or its last part, names."""
    if typed is None:
        return ()
    full = normalize_code(typed)
    part = full.replace("-", "")
    is_part = len(part) == LENGTH + 1
    return tuple(code for code in current if code == full or (is_part and last_part(code) == part))


def _match(
    code: str, answer: Answer | None, current: dict[str, Edition], context: PrintContext
) -> dict[str, Any] | None:
    """Return what the archive has of a code, or else the current edition, or None."""
    if answer is not None and answer.entries:
        entry, output = answer.entries[-1], main_file(answer)
        reader = (entry.handout, entry.audience, entry.language, output.depth if output else "")
        title, review = entry.title, dict(entry.review)
        printed = _date_words(answer.entries[0].kept[:10])
        size = output.size if output else ""
        file = output.sha256 if output and output.file.endswith(".pdf") else None
    elif code in current:
        edition = current[code]
        reader, title = _reader(edition), plain(edition.title)
        review = {"status": edition.review.status, "reviewer": edition.review.reviewer}
        printed, size, file = "", "", None
    else:
        return None
    newer = None
    if code not in current:
        newer = next((other for other, each in current.items() if _reader(each) == reader), None)
    _, audience, language, _ = reader
    names = context.reading.shared.audiences.root
    return {
        "code": code,
        "title": title,
        "audience": names[audience].name if audience in names else audience,
        "language": language,
        # A code is the same for each type size and paper: this is the size of the archived file.
        "size": size,
        # The day on which it was first archived.
        "printed": printed,
        "review": _review_words(review),
        "current": code in current,
        # The code that is printed now for the same reader, if that is another one.
        "newer": newer,
        # The SHA-256 of the archived PDF.
        "file": file,
    }


def _reader(edition: Edition) -> tuple[str, str, str, str]:
    """Return what an edition keeps from one version of its handout to the next."""
    return (edition.handout, edition.audience, edition.languages, str(edition.depth))


def _review_words(review: dict[str, Any]) -> str:
    if review.get("status") != "approved":
        return DRAFT
    reviewer = f" by {review['reviewer']}" if review.get("reviewer") else ""
    date = f" on {_date_words(str(review['reviewed']))}" if review.get("reviewed") else ""
    return f"Approved{reviewer}{date}."


def _date_words(day: str) -> str:
    """Return an ISO date with its month in words."""
    return dated(dt.date.fromisoformat(day), "en")
