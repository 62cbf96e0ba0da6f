"""Find which edition a paper is, for the desk: from a code, also mistyped, or from a photo.

The archive has what was printed; the workspace says what would be printed now.
"""

from __future__ import annotations

import datetime as dt
import re
from typing import TYPE_CHECKING, Any, Final, NamedTuple

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
# A photo has no name.
_PHOTO: Final = ""


class PrintedMatch(NamedTuple):
    """An edition that a paper may be.

    Its `size` is that of the kept file: a code is the same for each type size and paper. `review`
    says who has approved it. `newer` is the code that is printed now for the same reader,
    or None if this one is. `file` is the SHA-256 of the kept PDF, or None.
    """

    code: str
    title: str
    audience: str
    language: str
    size: str
    printed: str
    review: str
    current: bool
    newer: str | None
    file: str | None


def find_printed(
    context: PrintContext, wanted: tuple[str | None, bytes | None, Path]
) -> dict[str, Any]:
    """Return the matches of a typed code or a photo in an archive, and the nearest codes."""
    typed, photo, archive = wanted
    now = {
        code: edition
        for stem in context.reading.authored
        for code, edition in editions_by_code(context.reading, stem, context.design).items()
    }
    seen = scanned_codes(photo, _PHOTO) if photo is not None else ()
    if photo is not None and not seen:
        hint = (
            "Go nearer: the square code may fill the picture. Hold the camera straight above it, "
            "in good light; or type the code."
        )
        raise TeachbackError.of("no edition code can be read on this photo", hint)
    asked = seen if typed is None else (typed,)
    kept: dict[str, Answer] = {}
    if is_archive(archive):
        kept = {one.code: one for text in asked for one in identify_scanned(archive, text, None)}
    codes = tuple(dict.fromkeys((*kept, *seen, *_typed(typed, now))))
    matches = [
        match for code in codes if (match := _match(code, kept.get(code), now, context)) is not None
    ]
    near = {entry.code: entry.title for answer in kept.values() for entry in answer.nearest}
    if not (matches or near or typed is None):
        codes = tuple(nearest_codes(normalize_code(typed), now))
        near = {code: plain(now[code].title) for code in codes}
    return {
        "matches": [match._asdict() for match in matches],
        "nearest": [{"code": code, "title": title} for code, title in near.items()],
    }


def kept_pdf(archive: Path, digest: str) -> bytes:
    """Return a kept PDF by its SHA-256. Raises TeachbackError when it is not there or changed."""
    missing = Problem("there is no such file in the archive", "Look the code up again.")
    if _DIGEST.fullmatch(digest) is None:
        raise TeachbackError(missing)
    path = object_path(archive, "x.pdf", digest)
    if not path.is_file():
        raise TeachbackError(missing)
    data = read_named(path)
    if sha256(data) != digest:
        hint = "It is not shown. Tell those who look after the archive: `teachback verify`."
        raise TeachbackError.of("this file has changed since it was kept", hint)
    return data


def _typed(typed: str | None, now: dict[str, Edition]) -> tuple[str, ...]:
    """Return the current codes that a typed code, or its last part, names."""
    if typed is None:
        return ()
    wanted = normalize_code(typed)
    part = wanted.replace("-", "")
    is_part = len(part) == LENGTH + 1
    return tuple(code for code in now if code == wanted or (is_part and last_part(code) == part))


def _match(
    code: str, answer: Answer | None, now: dict[str, Edition], context: PrintContext
) -> PrintedMatch | None:
    entry = answer.entries[-1] if answer is not None and answer.entries else None
    if entry is None and code not in now:
        return None
    if entry is None or answer is None:
        edition = now[code]
        review = {"status": edition.review.status, "reviewer": edition.review.reviewer}
        title, audience, language = plain(edition.title), edition.audience, edition.languages
        size, depth, kept, file = "", str(edition.depth), "", None
    else:
        output = main_file(answer)
        review, kept = dict(entry.review), _in_words(answer.entries[0].kept[:10])
        title, audience, language = entry.title, entry.audience, entry.language
        size = output.size if output else ""
        depth = output.depth if output else ""
        file = output.sha256 if output and output.file.endswith(".pdf") else None
    handout = now[code].handout if code in now else entry.handout if entry else ""
    newer = next(
        (
            other
            for other, one in now.items()
            if (one.handout, one.audience, one.languages, str(one.depth))
            == (handout, audience, language, depth)
        ),
        None,
    )
    names = context.reading.shared.audiences.root
    return PrintedMatch(
        code,
        title,
        names[audience].name if audience in names else audience,
        language,
        size,
        kept,
        _reviewed(review),
        code in now,
        None if code in now else newer,
        file,
    )


def _reviewed(review: dict[str, Any]) -> str:
    if review.get("status") != "approved":
        return DRAFT
    who = f" by {review['reviewer']}" if review.get("reviewer") else ""
    when = f" on {_in_words(str(review['reviewed']))}" if review.get("reviewed") else ""
    return f"Approved{who}{when}."


def _in_words(day: str) -> str:
    """Return a day, as files hold it, with its month in words."""
    return dated(dt.date.fromisoformat(day), "en")
