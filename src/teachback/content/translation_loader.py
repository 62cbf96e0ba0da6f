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

    from teachback.content.handout import Handout
    from teachback.content.workspace_content import WorkspaceContent


class ReadTranslation(NamedTuple):
    """A translation's file beside the handout `now`, and the state of each text for each reader."""

    file: YamlFile
    now: LoadedHandout
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
    file, now, texts, readers, checked = read_translation(raw, path, workspace, shared)
    translation = texts.translation
    whole = tuple(one.audience for one in readers if not one.refusing)
    stale = tuple(one.audience for one in readers if one.is_stale)
    handout = _in_translation(texts).model_copy(
        update={
            "audiences": whole,
            "language": translation.language,
            "version": translation.version if stale else now.handout.version,
            "review": translation.review,
            "accept": translation.accept,
        }
    )
    merged = _translated_places(texts, file, now.file)
    problems = [
        *file.located(texts.faults),
        *name_problems(path, handout, merged, shared),
        *handout_text_problems(
            handout, merged, tuple(declared.name for declared in handout.fields)
        ),
        *_translated_letter_problems(merged, now.handout.language, shared),
        *unknown_source_problems(handout, merged, shared),
        *handout_picture_problems(handout, merged, workspace),
    ]
    refusals = [
        Notice(reader, problem._replace(location=file.locate(where)))
        for reader, where, problem in refusal_findings(texts, readers)
    ]
    english = LoadedHandout(
        with_texts(
            texts.source,
            {one.path: made_from for one in texts.texts if (made_from := texts.english(one.key))},
        ),
        _english_places(texts, file, now.file),
    )
    translated = TranslatedHandout(english, now, texts, readers)
    if problems or not whole:
        # Rules look at whole texts: the English stands for those that are missing.
        there = {one.path: words for one in texts.texts if (words := texts.words(one.key))}
        filled = with_texts(texts.source, there).model_copy(
            update={"language": translation.language, "accept": translation.accept}
        )
        refused = dict.fromkeys(notice.problem for notice in refusals)
        raise FaultyHandoutError(
            LoadedHandout(filled, merged, translated=translated), None, *problems, *refused
        )
    known = rules_know(translation.language) or rules_know(now.handout.language)
    stands = ApprovalStatus(
        changed=tuple(name for name in whole if name in texts.marks and name not in checked),
        missing=tuple(
            name
            for name in whole
            if now.standing.review(now.handout.review, name).status != "approved"
        ),
        unproved=tuple(name for name in whole if name not in checked),
        stale=tuple(name for name in whole if name in stale),
        unchecked=not (known or accepted_unchecked(now.handout)),
        translated=True,
    )
    warnings = [
        Notice(reader.audience, problem)
        for reader in readers
        if reader.audience in stands.stale
        for problem in file.located([stale_finding(texts, reader)])
    ]
    warnings += [Notice("", problem) for problem in file.located(texts.moved, key=True)]
    if not known:
        place = file.locate(("language",), key=True)
        warnings.append(Notice("", unchecked_problem(now.handout)._replace(location=place)))
    unproved = unproved_problem(
        path.stem, translation.language, stands.unproved, file.locate(("review",), key=True)
    )
    warnings += [Notice(name, unproved) for name in stands.unproved]
    return LoadedHandout(
        handout,
        merged,
        stands,
        (*refusals, *warnings),
        translated,
    )


def read_translation(
    raw: bytes, path: Path, workspace: Workspace, shared: WorkspaceContent
) -> ReadTranslation:
    """Read a translation, whole or not.

    Raises TeachbackError if its file cannot be read, or translates nothing.
    """
    file = read_yaml(raw, shown(path))
    translation = validated(Translation, file)
    now = _translated_handout(path, translation, file, workspace, shared)
    texts = match_translation(now.handout, translation)
    checked = _checked_readers(texts, shared, picture_hash(workspace))
    return ReadTranslation(
        file, now, texts, reader_states(texts, shared.audiences, checked), checked
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
        now = validate_authored(read_bytes(source), source, workspace, shared)
    except TeachbackError:
        message = f"{shown(source)}, which this translates, has problems of its own"
        place = file.locate(("translates",))
        raise TeachbackError.of(message, "Mend those first.", place) from None
    if now.handout.language == translation.language:
        message = f"{shown(source)} is written in '{translation.language}' already"
        hint = "Translate it into another language."
        raise TeachbackError.of(message, hint, file.locate(("language",)))
    return now


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
    """Return the handout with the translated texts; one that is missing is nobody's."""
    return with_texts(texts.source, {one.path: texts.words(one.key) for one in texts.texts})


def translation_approval(
    texts: TranslatedTexts, lineage: tuple[str, ...], picture: Callable[[str], str]
) -> str:
    """Return the mark that a check of what a reader gets of a translation is recorded with.

    Only its texts count, not its own review or version.
    """
    both = (_in_translation(texts), texts.source)
    return translation_mark(*(fingerprint(one, lineage, picture) for one in both))


def _translated_places(texts: TranslatedTexts, file: YamlFile, source: YamlFile) -> YamlFile:
    """Return a translation's file in which the paths of the handout lead to its texts."""
    places = {
        path: place
        for path, place in source.locations.items()
        if path and path[0] not in Translation.model_fields
    }
    for one in texts.texts:
        if texts.words(one.key) is not None:
            place = file.locations[texts.place(one.key, texts.translation.language)]
            places[source.in_file(one.path)] = place
            # What cannot be printed is told at the translation's words.
            if one.path[0] == "title":
                places[("title",)] = place
            elif one.path[0] == "red_flags":
                places[one.path[:2]] = place
    places[("card",)] = file.locations[("texts",)]
    return replace(file, others=places)


def _english_places(texts: TranslatedTexts, file: YamlFile, source: YamlFile) -> YamlFile:
    """Return a handout's file in which its texts are those that a translation was made from."""
    places = {
        source.in_file(one.path): file.locations[texts.place(one.key, texts.source.language)]
        for one in texts.texts
        if texts.english(one.key) is not None
    }
    return replace(source, others=places)


def _translated_letter_problems(
    file: YamlFile, source: str, shared: WorkspaceContent
) -> Iterator[Problem]:
    """Yield the letters of a translation that the font of each of its two languages lacks."""
    own = file.data.get("language")
    return letter_problems(
        file,
        lambda path: shared.letters(source if path[0] == "texts" and path[-1] == source else own),
    )
