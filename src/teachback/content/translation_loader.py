"""Load and check a translation, and put its texts into the handout that it translates."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from teachback.content.approval import ApprovalStatus, fingerprint, translation_mark
from teachback.content.draft_notices import (
    Notice,
    accepted_unchecked,
    rules_know,
    unchecked_problem,
    unproved_problem,
)
from teachback.content.handout_loader import (
    FaultyHandoutError,
    LoadedHandout,
    TranslatedHandout,
    name_problems,
    picture_hash,
    unknown_source_problems,
    validate_authored,
)
from teachback.content.text_and_picture_checks import (
    handout_picture_problems,
    handout_text_problems,
    letter_problems,
)
from teachback.content.translation import Translation, with_texts
from teachback.content.translation_matching import (
    ReaderStates,
    TranslatedTexts,
    match_translation,
    reader_states,
    refusal_findings,
    stale_finding,
)
from teachback.content.validation_errors import validated
from teachback.errors import Problem, TeachbackError, nearest
from teachback.files.workspace import (
    TRANSLATIONS,
    Workspace,
    handout_files,
    read_bytes,
    shown,
    translated_file,
)
from teachback.files.yaml_reader import YamlFile, read_yaml

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from teachback.content.base_model import KeyPath
    from teachback.content.handout import Handout
    from teachback.content.workspace_content import WorkspaceContent


class ReadTranslation(NamedTuple):
    """A translation's file, the `current` handout, and the state of each text for each reader.

    `checked` are the readers whose translation was checked as it is now.
    """

    file: YamlFile
    current: LoadedHandout
    texts: TranslatedTexts
    readers: tuple[ReaderStates, ...]
    checked: tuple[str, ...]


def validate_translation(
    raw: bytes, path: Path, workspace: Workspace, shared: WorkspaceContent
) -> LoadedHandout:
    """Check a translation, and put its texts into the handout that it translates.

    Readers whose text is not whole get no edition, and a notice that says why. Raises
    FaultyHandoutError with every problem of the file, or if no reader is left.
    """
    read = read_translation(raw, path, workspace, shared)
    file, current, texts, readers, _ = read
    translation = texts.translation
    whole = tuple(reader.audience for reader in readers if not reader.refusing)
    is_stale = any(reader.is_stale for reader in readers)
    handout = _in_translation(texts).model_copy(
        update={
            "audiences": whole,
            "language": translation.language,
            "version": translation.version if is_stale else current.handout.version,
            "review": translation.review,
            "accept": translation.accept,
        }
    )
    merged = _translated_places(texts, file, current.file)
    problems = [
        *file.located(texts.faults),
        *name_problems(path, handout, merged, shared),
        *handout_text_problems(handout, merged, tuple(field.name for field in handout.fields)),
        *_translated_letter_problems(merged, current.handout.language, shared),
        *unknown_source_problems(handout, merged, shared),
        *handout_picture_problems(handout, merged, workspace),
    ]
    refusals = [
        Notice(audience, problem._replace(location=file.locate(key_path)))
        for audience, key_path, problem in refusal_findings(texts, readers)
    ]
    translated = TranslatedHandout(_english_handout(read), current, texts, readers)
    if problems or not whole:
        refused = dict.fromkeys(notice.problem for notice in refusals)
        completed = LoadedHandout(_completed(texts), merged, translated=translated)
        raise FaultyHandoutError(completed, None, *problems, *refused)
    approval = _approval_of(read, whole)
    notices = (*refusals, *_warnings(path.stem, read, approval))
    return LoadedHandout(handout, merged, approval, notices, translated)


def _english_handout(read: ReadTranslation) -> LoadedHandout:
    """Return the handout with the English that was translated, which may be older than its own."""
    source, texts = read.texts.source, read.texts
    english = {
        text.path: words for text in texts.texts if (words := texts.english(text.key)) is not None
    }
    places = {
        read.current.file.in_file(text.path): read.file.locations[
            texts.place(text.key, source.language)
        ]
        for text in texts.texts
        if text.path in english
    }
    return LoadedHandout(with_texts(source, english), replace(read.current.file, others=places))


def _completed(texts: TranslatedTexts) -> Handout:
    """Return the translated handout, with the English for texts that are missing.

    Rules look at whole texts.
    """
    translated = {
        text.path: words for text in texts.texts if (words := texts.words(text.key)) is not None
    }
    translation = texts.translation
    return with_texts(texts.source, translated).model_copy(
        update={"language": translation.language, "accept": translation.accept}
    )


def _approval_of(read: ReadTranslation, whole: tuple[str, ...]) -> ApprovalStatus:
    """Return the approval status of a translation for the readers who get an edition."""
    current, marks = read.current, read.texts.marks
    stale = {reader.audience for reader in read.readers if reader.is_stale}
    english = {name: current.approval.review(current.handout.review, name).status for name in whole}
    return ApprovalStatus(
        changed=tuple(name for name in whole if name in marks and name not in read.checked),
        missing=tuple(name for name in whole if english[name] != "approved"),
        unproved=tuple(name for name in whole if name not in read.checked),
        stale=tuple(name for name in whole if name in stale),
        unchecked=not (_rules_know(read) or accepted_unchecked(current.handout)),
        translated=True,
    )


def _rules_know(read: ReadTranslation) -> bool:
    """Return whether the rules can read the translation or its English."""
    return rules_know(read.texts.translation.language) or rules_know(read.current.handout.language)


def _warnings(stem: str, read: ReadTranslation, approval: ApprovalStatus) -> Iterator[Notice]:
    file, current, texts, readers, _ = read
    for reader in readers:
        if reader.audience in approval.stale:
            path, problem = stale_finding(texts, reader)
            yield Notice(reader.audience, problem._replace(location=file.locate(path)))
    for problem in file.located(texts.moved, key=True):
        yield Notice("", problem)
    if not _rules_know(read):
        place = file.locate(("language",), key=True)
        yield Notice("", unchecked_problem(current.handout)._replace(location=place))
    place = file.locate(("review",), key=True)
    unproved = unproved_problem(stem, texts.translation.language, approval.unproved, place)
    for audience in approval.unproved:
        yield Notice(audience, unproved)


def read_translation(
    raw: bytes, path: Path, workspace: Workspace, shared: WorkspaceContent
) -> ReadTranslation:
    """Read a translation, whole or not.

    Raises TeachbackError if its file cannot be read, or translates nothing.
    """
    file = read_yaml(raw, shown(path))
    translation = validated(Translation, file)
    current = _translated_handout(path, translation, file, workspace, shared)
    texts = match_translation(current.handout, translation)
    checked = _checked_readers(texts, shared, picture_hash(workspace))
    return ReadTranslation(
        file, current, texts, reader_states(texts, shared.audiences, checked), checked
    )


def _translated_handout(
    path: Path,
    translation: Translation,
    file: YamlFile,
    workspace: Workspace,
    shared: WorkspaceContent,
) -> LoadedHandout:
    """Return the handout that a translation translates.

    Raises TeachbackError if there is none that fits.
    """
    source = translated_file(path, workspace)
    problems = []
    if translation.translates != path.stem:
        message = f"the file is called {path.name}, but it translates '{translation.translates}'"
        hint = f"Call it {translation.translates}.yaml, or write `translates: {path.stem}`."
        problems.append(Problem(message, hint, file.locate(("translates",))))
    elif source is None:
        ids = {stem.split(".")[0] for stem in handout_files(workspace)} - {path.stem}
        message = f"there is no handout '{path.stem}' to translate"
        problems.append(Problem(message, nearest(path.stem, ids), file.locate(("translates",))))
    if translation.language != path.parent.name:
        message = (
            f"the language is '{translation.language}', but the folder is called {path.parent.name}"
        )
        hint = f"Put it into {TRANSLATIONS}/{translation.language}/, or change the language."
        problems.append(Problem(message, hint, file.locate(("language",))))
    if problems or source is None:
        raise TeachbackError(*problems)
    try:
        current = validate_authored(read_bytes(source), source, workspace, shared)
    except TeachbackError:
        message = f"{shown(source)}, which this translates, has problems of its own"
        place = file.locate(("translates",))
        raise TeachbackError.of(message, "Mend those first.", place) from None
    if current.handout.language == translation.language:
        message = f"{shown(source)} is written in '{translation.language}' already"
        hint = "Translate it into another language."
        raise TeachbackError.of(message, hint, file.locate(("language",)))
    return current


def _checked_readers(
    texts: TranslatedTexts, shared: WorkspaceContent, picture: Callable[[str], str]
) -> tuple[str, ...]:
    """Return the readers whose translation was checked as it is now."""
    return tuple(
        name
        for name, mark in texts.marks.items()
        if name in texts.source.audiences
        and mark == translation_approval(texts, shared.audiences.lineage(name), picture)
    )


def _in_translation(texts: TranslatedTexts) -> Handout:
    """Return the handout with the translated texts, and without those that are missing."""
    return with_texts(texts.source, {text.path: texts.words(text.key) for text in texts.texts})


def translation_approval(
    texts: TranslatedTexts, lineage: tuple[str, ...], picture: Callable[[str], str]
) -> str:
    """Return the mark by which a check of a translation for one reader is recorded.

    Only its texts count, not its own review or version.
    """
    return translation_mark(
        fingerprint(_in_translation(texts), lineage, picture),
        fingerprint(texts.source, lineage, picture),
    )


def _translated_places(texts: TranslatedTexts, file: YamlFile, source: YamlFile) -> YamlFile:
    """Return a translation's file in which the paths of the handout lead to its texts."""
    places = {
        path: place
        for path, place in source.locations.items()
        if path and path[0] not in Translation.model_fields
    }
    for text in texts.texts:
        if texts.words(text.key) is not None:
            place = file.locations[texts.place(text.key, texts.translation.language)]
            places[source.in_file(text.path)] = place
            # A title or flag that cannot be printed is reported at the translation's words.
            if text.path[0] == "title":
                places[("title",)] = place
            elif text.path[0] == "red_flags":
                places[text.path[:2]] = place
    places[("card",)] = file.locations[("texts",)]
    return replace(file, others=places)


def _translated_letter_problems(
    file: YamlFile, source: str, shared: WorkspaceContent
) -> Iterator[Problem]:
    """Yield the letters of a translation that the font of their language lacks.

    `source` is the language that was translated.
    """
    language = file.data.get("language")

    def letters(path: KeyPath) -> frozenset[int]:
        is_source = path[0] == "texts" and path[-1] == source
        return shared.letters(source if is_source else language)

    return letter_problems(file, letters)
