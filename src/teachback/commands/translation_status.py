"""List the state of each translation, text by text and reader by reader: `translate status`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from teachback.content.loader import validate_handout
from teachback.content.translation import TextState
from teachback.content.translation_loader import read_translation
from teachback.content.workspace_content import load_shared
from teachback.errors import Problem, Severity, TeachbackError, UsageError, in_file_order
from teachback.files.workspace import ANY_LANGUAGE, chosen_handouts, is_translation, read_bytes

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from teachback.content.translation_loader import ReadTranslation
    from teachback.content.workspace_content import WorkspaceContent
    from teachback.files.workspace import Workspace


class TranslationStatus(NamedTuple):
    """A row for each translation and reader, the missing and stale texts, and all problems."""

    rows: tuple[dict[str, Any], ...]
    texts: tuple[dict[str, Any], ...]
    problems: tuple[Problem, ...]

    def failed(self, *, strict: bool) -> bool:
        """Return whether an edition is refused, or, if `strict`, is not whole and checked."""
        refused = any(problem.severity is Severity.ERROR for problem in self.problems)
        return refused or (strict and any(row["printed"] != "yes" for row in self.rows))


def translation_status(
    name: str | None, language: str | None, workspace: Workspace
) -> TranslationStatus:
    """Return the state of the translations of one handout, or of the workspace's own ones.

    Raises UsageError for a handout or a language without a translation, and TeachbackError when a
    shared file is wrong.
    """
    names = () if name is None else (name,)
    files = [
        path
        for path in chosen_handouts(names, workspace, language or ANY_LANGUAGE).values()
        if is_translation(path) and language in {None, path.parent.name}
    ]
    if not files and (name or language):
        which = " ".join(
            [*(f"of '{handout}'" for handout in names), *([f"into '{language}'"] * bool(language))]
        )
        hint = "A translation is a file such as content/translations/es/leg-cramps.yaml."
        raise UsageError.of(f"there is no translation {which}", hint)
    shared = load_shared(workspace)
    rows: list[dict[str, Any]] = []
    texts: list[dict[str, Any]] = []
    problems: list[Problem] = []
    for path in files:
        raw = read_bytes(path)
        try:
            reading = read_translation(raw, path, workspace, shared)
            rows += _rows(reading)
            texts += _open_texts(reading)
            problems += _build_problems(raw, path, workspace, shared)
        except TeachbackError as error:
            problems += error.problems
    return TranslationStatus(tuple(rows), tuple(texts), in_file_order(dict.fromkeys(problems)))


def _build_problems(
    raw: bytes, path: Path, workspace: Workspace, shared: WorkspaceContent
) -> Iterator[Problem]:
    """Yield the problems of a build, without the hints: the rows say that a text is a draft."""
    authored = validate_handout(raw, path, workspace, shared)
    return (
        notice.problem
        for notice in authored.notices
        if notice.problem.severity is not Severity.HINT
    )


def _rows(reading: ReadTranslation) -> Iterator[dict[str, Any]]:
    """Yield a row for each reader, as it is in the table and in the JSON."""
    translation = reading.texts.translation
    for reader in reading.readers:
        has_open = any(state is not TextState.FINE for _, state in reader.texts)
        yield {
            "handout": translation.translates,
            "language": translation.language,
            "reader": reader.audience,
            "texts": len(reader.texts),
            **{str(state): reader.count(state) for state in TextState},
            "printed": "no" if reader.refusing else "as a draft" if has_open else "yes",
        }


def _open_texts(reading: ReadTranslation) -> Iterator[dict[str, Any]]:
    """Yield the texts that are missing or stale, with their readers and their English."""
    translation = reading.texts.translation
    rows: dict[str, dict[str, Any]] = {}
    for reader in reading.readers:
        for text, state in reader.texts:
            if state not in {TextState.MISSING, TextState.STALE}:
                continue
            row = rows.setdefault(
                text.key,
                {
                    "handout": translation.translates,
                    "language": translation.language,
                    "text": text.key,
                    "state": str(state),
                    "readers": [],
                    "english": text.text,
                    "translated_from": (
                        reading.texts.english(text.key) if reading.texts.words(text.key) else None
                    ),
                },
            )
            row["readers"].append(reader.audience)
    yield from rows.values()
