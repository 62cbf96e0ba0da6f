"""Load and check YAML files.

The result is checked values, or all problems at once, each with its location.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeVar

from pydantic import BaseModel

from teachback.content.approval import (
    ApprovalStatus,
    approval_status,
    fingerprint,
    translation_mark,
)
from teachback.content.audience_coverage import reach_problems
from teachback.content.audiences import Audiences
from teachback.content.base_model import LANGUAGE_TAG
from teachback.content.block_checks import block_problems
from teachback.content.clinic import Clinic
from teachback.content.draft_notices import (
    Notice,
    accepted_unchecked,
    rules_know,
    unchecked_problem,
    unproved_problem,
    unused_problem,
)
from teachback.content.handout import Handout, ids_of, sources_of
from teachback.content.handout_checks import place_problems
from teachback.content.inline_markup import plain_problems
from teachback.content.languages import NO_LANGUAGES, Languages, missing_font
from teachback.content.printed_words import Words, words_problems
from teachback.content.readable_part import readable_part
from teachback.content.sources import Sources
from teachback.content.text_and_picture_checks import (
    as_written_problems,
    handout_picture_problems,
    handout_text_problems,
    letter_problems,
    picture_problems,
    texts_in,
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
from teachback.errors import Location, Problem, Severity, TeachbackError, guess, nearest
from teachback.files.font_coverage import coverage
from teachback.files.font_packages import family_fonts
from teachback.files.images import DIGITS, digits_fault
from teachback.files.merged_files import read_entries
from teachback.files.workspace import (
    TRANSLATIONS,
    WORDS,
    Workspace,
    effective_files,
    find,
    folders,
    handout_files,
    is_translation,
    read_bytes,
    shown,
    translated_file,
)
from teachback.files.yaml_reader import UnquotedTextError, YamlFile, read_yaml

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    # A path in a file, and what is wrong there.
    Finding = tuple[tuple[Any, ...], Problem]


ModelT = TypeVar("ModelT", bound=BaseModel)
ResultT = TypeVar("ResultT")

_ID: Final = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
LANGUAGES: Final = "content/languages.yaml"


LONGEST_TITLE: Final = 80
# The steps of a path that lead to a block: sections, 2, blocks, 4.
_TO_BLOCK: Final = 4


class WorkspaceContent(NamedTuple):
    """The files that every handout of a workspace uses."""

    audiences: Audiences
    clinic: Clinic
    sources: Sources
    words: dict[str, Words]
    # By language: why its words cannot be printed. Handouts in other languages can.
    unfinished: dict[str, tuple[Problem, ...]]
    glyphs: frozenset[int]
    # The file that has the location of each source.
    bibliography: YamlFile
    languages: Languages
    # The letters of languages that have a font of their own, by its family; none if it is missing.
    families: Mapping[str, frozenset[int]]

    def letters(self, language: object) -> frozenset[int]:
        """Return the letters that the font of a language has."""
        return _letters(language, self.languages, self.families, self.glyphs)


class LoadedHandout(NamedTuple):
    """A checked handout, the file with the location of each text, and the approval status."""

    handout: Handout
    file: YamlFile
    standing: ApprovalStatus = ApprovalStatus()
    notices: tuple[Notice, ...] = ()
    translated: TranslatedHandout | None = None
    # Whether entries with problems were left out, so that nothing is said of it as a whole.
    is_part: bool = False

    @property
    def checked(self) -> LoadedHandout:
        """The handout that rules on content read: of a translation, the English it was made from.

        It is the translation itself where the rules know its language, and not the other one.
        """
        if self.translated is None or rules_know(self.handout.language):
            return self
        return self.translated.english


class TranslatedHandout(NamedTuple):
    """The handout that a translation was made from, and how they compare.

    `english` is the handout as it was translated, which may be older than `now`, the handout
    itself. The place of a text in it is where the translation's file holds it. `readers` has the
    state of each text for each reader, also for those who get no edition.
    """

    english: LoadedHandout
    now: LoadedHandout
    texts: TranslatedTexts
    readers: tuple[ReaderStates, ...]


@dataclass(frozen=True)
class LoadedHandouts:
    """The files that were read: shared files, and each handout or its problems, by file stem.

    `faulty` are the handouts with problems whose texts could be read, and `laid_out` what of these
    has a layout. `translations` are the stems that hold a translation, whether it can be printed or
    not.
    """

    shared: WorkspaceContent
    authored: Mapping[str, LoadedHandout]
    problems: Mapping[str, tuple[Problem, ...]]
    faulty: Mapping[str, LoadedHandout] = field(default_factory=dict)
    translations: frozenset[str] = frozenset()
    laid_out: Mapping[str, LoadedHandout] = field(default_factory=dict)


class FaultyHandoutError(TeachbackError):
    """The problems of a handout that cannot be printed, but whose texts can be checked."""

    def __init__(
        self, authored: LoadedHandout, laid_out: LoadedHandout | None, *problems: Problem
    ) -> None:
        """Store the handout with its problems, and what of it can be laid out, if anything."""
        super().__init__(*problems)
        self.authored = authored
        self.laid_out = laid_out


def read_handouts(
    workspace: Workspace, paths: Mapping[str, Path], before: LoadedHandouts | None = None
) -> LoadedHandouts:
    """Read handouts, and keep those of an earlier reading.

    Raises TeachbackError when a shared file is wrong.
    """
    shared = before.shared if before else _shared_with(paths, workspace)
    authored = dict(before.authored) if before else {}
    problems = dict(before.problems) if before else {}
    faulty = dict(before.faulty) if before else {}
    laid_out = dict(before.laid_out) if before else {}
    for stem, path in paths.items():
        if stem in authored or stem in problems:
            continue
        try:
            authored[stem] = load_handout(path, workspace, shared)
        except TeachbackError as error:
            problems[stem] = error.problems
            if isinstance(error, FaultyHandoutError):
                faulty[stem] = error.authored
                if error.laid_out:
                    laid_out[stem] = error.laid_out
    translations = {stem for stem, path in paths.items() if is_translation(path)}
    known = before.translations if before else frozenset()
    return LoadedHandouts(shared, authored, problems, faulty, known | translations, laid_out)


def _shared_with(paths: Mapping[str, Path], workspace: Workspace) -> WorkspaceContent:
    """Read the shared files.

    Raises TeachbackError with their problems, and with those in the format of handouts.
    """
    try:
        return load_shared(workspace)
    except TeachbackError as error:
        problems = list(error.problems)
        for path in (one for one in paths.values() if not is_translation(one)):
            _tried(partial(_read_format, path), problems)
        raise TeachbackError(*problems) from None


def _read_format(path: Path) -> Handout:
    return validated(Handout, read_yaml(read_bytes(path), shown(path)))


def load_shared(workspace: Workspace) -> WorkspaceContent:
    """Read audiences, clinic, sources and all words.

    Raises TeachbackError with the problems of all but the words.
    """
    problems: list[Problem] = []
    glyphs = _tried(lambda: _glyphs(workspace), problems)
    languages = _tried(lambda: _load_languages(workspace), problems) or Languages({})
    families = _tried(lambda: _families(workspace, languages), problems) or {}

    def letters(language: object) -> frozenset[int]:
        return _letters(language, languages, families, glyphs or frozenset())

    audiences = _tried(lambda: _load_audiences(workspace, letters), problems)
    clinic = _tried(lambda: _load_clinic(workspace, glyphs or frozenset()), problems)
    bibliography = _tried(lambda: _load_sources(workspace, glyphs or frozenset()), problems)
    words: dict[str, Words] = {}
    unfinished: dict[str, tuple[Problem, ...]] = {}
    # The built-in languages come first, so that a clinic's file with their name is the wrong one.
    tags = {
        path.stem: None
        for folder in reversed(folders(workspace, WORDS))
        for path in sorted(folder.glob("*.yaml"))
    }
    for language in tags:
        try:
            words[language] = _load_words(workspace, language, words, letters(language))
        except TeachbackError as error:
            unfinished[language] = error.problems
    if clinic is not None:
        problems += _language_help_problems(clinic, words, workspace)
    if problems:
        # All at once: the words are another file to mend.
        problems += [problem for found in unfinished.values() for problem in found]
    for language in tuple(words):
        known = languages.of(language)
        if known.family and not families.get(known.family):
            del words[language]
            unfinished[language] = (missing_font(known),)
    if problems or glyphs is None or audiences is None or clinic is None or bibliography is None:
        raise TeachbackError(*problems)
    return WorkspaceContent(
        audiences,
        clinic,
        bibliography[0],
        words,
        unfinished,
        glyphs,
        bibliography[1],
        languages,
        families,
    )


def load_handout(path: Path, workspace: Workspace, shared: WorkspaceContent) -> LoadedHandout:
    """Read and check one handout. Raises TeachbackError with every problem found."""
    return validate_handout(read_bytes(path), path, workspace, shared)


def validate_handout(
    raw: bytes, path: Path, workspace: Workspace, shared: WorkspaceContent
) -> LoadedHandout:
    """Check the bytes of a handout file.

    Raises TeachbackError with every problem found; it is a FaultyHandoutError if the texts can be
    checked for more.
    """
    if is_translation(path):
        return _validate_translation(raw, path, workspace, shared)
    unquoted: tuple[Problem, ...] = ()
    try:
        file = read_yaml(raw, shown(path))
    except UnquotedTextError as error:
        file, unquoted = error.file, error.problems
    try:
        handout = validated(Handout, file)
    except TeachbackError as error:
        problems = [*unquoted, *error.problems, *_handout_letter_problems(file, shared)]
        part = readable_part(file)
        if part is None:
            raise TeachbackError(*problems) from None
        problems += _id_problems(*part)
        problems += handout_text_problems(*part, _field_names(file))
        problems += _problems_of_whole_blocks(*part, file, error.problems)
        raise _faulty(part, problems, shared, workspace, whole=file) from None
    problems = [
        *unquoted,
        *_name_problems(path, handout, file, shared),
        *_id_problems(handout, file),
        *_located(place_problems(handout), file),
        *_located(block_problems(handout), file, key=True),
        *handout_text_problems(handout, file, _field_names(file)),
        *_handout_letter_problems(file, shared),
    ]
    faulty = _faulty((handout, file), problems, shared, workspace)
    if faulty.problems:
        raise faulty
    stands = approval_status(handout, shared.audiences, picture_hash(workspace))
    place = file.locate(("language",), key=True)
    unused = workspace.root / TRANSLATIONS / handout.language / f"{handout.id}.yaml"
    notices = [unused_problem(shown(unused))] if unused.exists() else []
    unchecked = not rules_know(handout.language)
    if unchecked:
        notices.append(unchecked_problem(handout))
        unchecked = accepted_unchecked(handout) is None
    return LoadedHandout(
        handout,
        file,
        stands._replace(unchecked=unchecked),
        tuple(Notice("", problem._replace(location=place)) for problem in notices),
    )


def _validate_translation(
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
        *_located(texts.faults, file),
        *_name_problems(path, handout, merged, shared),
        *handout_text_problems(
            handout, merged, tuple(declared.name for declared in handout.fields)
        ),
        *_translated_letter_problems(merged, now.handout.language, shared),
        *_source_problems(handout, merged, shared),
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
        for problem in _located([stale_finding(texts, reader)], file)
    ]
    warnings += [Notice("", problem) for problem in _located(texts.moved, file, key=True)]
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


class ReadTranslation(NamedTuple):
    """A translation's file beside the handout `now`, and the state of each text for each reader."""

    file: YamlFile
    now: LoadedHandout
    texts: TranslatedTexts
    readers: tuple[ReaderStates, ...]
    checked: tuple[str, ...]


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
        now = load_handout(source, workspace, shared)
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


def approval_mark(
    authored: LoadedHandout, lineage: tuple[str, ...], picture: Callable[[str], str]
) -> str:
    """Return the mark that an approval of what a reader gets is recorded with."""
    if authored.translated is None:
        return fingerprint(authored.handout, lineage, picture)
    return translation_approval(authored.translated.texts, lineage, picture)


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


def _faulty(
    read: tuple[Handout, YamlFile],
    problems: list[Problem],
    shared: WorkspaceContent,
    workspace: Workspace,
    *,
    whole: YamlFile | None = None,
) -> FaultyHandoutError:
    """Return the problems of a handout, with what of it can be checked and laid out.

    `whole` is the file that has more entries than what was read.
    """
    handout, file = read
    is_part = whole is not None
    # It is unknown who reads a part of a handout whose audiences have problems.
    is_read = whole is None or whole.data["audiences"] == file.data["audiences"]
    found = reach_problems(handout, shared.audiences, is_part=is_part) if is_read else ()
    unread = list(_located(found, file, key=True))
    unsourced = list(_source_problems(handout, file, shared))
    unseen = list(handout_picture_problems(handout, file, workspace))
    lacking = [*unread, *unsourced]
    checked = (readable_part(file, lacking) if lacking else None) or read
    laid = (readable_part(checked[1], unseen) if unseen else None) or checked
    problems = [*problems, *unread, *unsourced, *unseen]
    is_part = is_part or bool(unread)
    return FaultyHandoutError(
        LoadedHandout(*checked, is_part=is_part), LoadedHandout(*laid, is_part=True), *problems
    )


def _problems_of_whole_blocks(
    handout: Handout, part: YamlFile, file: YamlFile, told: Sequence[Problem]
) -> Iterator[Problem]:
    """Yield the faults of the blocks of a part that have all their entries."""
    broken = {file.path_at(one.location)[:_TO_BLOCK] for one in told if one.location}
    for where, problem in block_problems(handout):
        place = part.locate(where, key=True)
        if file.path_at(place)[:_TO_BLOCK] not in broken:
            yield problem._replace(location=place)


def _located(found: Iterable[Finding], file: YamlFile, *, key: bool = False) -> Iterator[Problem]:
    """Yield problems at the places of their paths: those of the values, or of their keys."""
    return (problem._replace(location=file.locate(at, key=key)) for at, problem in found)


def _field_names(file: YamlFile) -> tuple[str, ...]:
    """Return the names of the fields that a file declares, also of those with problems."""
    fields = file.data.get("fields") or ()
    return tuple(one["name"] for one in fields if isinstance(one, dict) and "name" in one)


def picture_hash(workspace: Workspace) -> Callable[[str], str]:
    """Return a function from a picture's name below content/ to its hash.

    The hash is "" when the picture is missing.
    """

    def hashed(name: str) -> str:
        from teachback.files.atomic_files import sha256

        path = find(workspace, f"content/{name}")
        return sha256(read_bytes(path)) if path else ""

    return hashed


def _tried(step: Callable[[], ResultT], problems: list[Problem]) -> ResultT | None:
    try:
        return step()
    except TeachbackError as error:
        problems.extend(error.problems)
        return None


def _glyphs(workspace: Workspace) -> frozenset[int]:
    fonts = {
        path.name: path
        for folder in reversed(folders(workspace, "styles/fonts"))
        for path in folder.glob("*.ttf")
    }
    points = coverage(tuple(fonts.values()))
    problems = tuple(_digit_problems(workspace))
    if problems:
        raise TeachbackError(*problems)
    return points


def _digit_problems(workspace: Workspace) -> Iterator[Problem]:
    """Yield problems for the clinic's fonts that draw a digit like another one.

    With such a font, a page would show another number than its text holds.
    """
    builtin = workspace.builtin / "styles" / "fonts"
    own = [
        path
        for folder in folders(workspace, "styles/fonts")
        if folder != builtin
        for path in sorted(folder.rglob("*.ttf"))
    ]
    if not own:
        return
    shipped = [path.read_bytes() for path in sorted(builtin.rglob("*.ttf"))]
    for path in own:
        data = read_bytes(path)
        if data not in shipped:
            points = coverage((path,))
            fault = digits_fault(
                data, shipped, "".join(digit for digit in DIGITS if ord(digit) in points)
            )
            if fault:
                yield Problem(*fault, Location(shown(path)))


def _load_languages(workspace: Workspace) -> Languages:
    # An edition that was archived by an earlier version of the program has no such file.
    if find(workspace, LANGUAGES) is None:
        return NO_LANGUAGES
    file = read_entries(workspace, LANGUAGES)
    languages = validated(Languages, file)
    problems = [
        problem._replace(location=place)
        for place, text in file.scalars()
        for problem in plain_problems(text)
    ]
    if problems:
        raise TeachbackError(*problems)
    return languages


def _families(workspace: Workspace, languages: Languages) -> dict[str, frozenset[int]]:
    """Return the letters that all fonts of each family have; none for a family that is missing."""
    files = effective_files(workspace)
    families = {one.family for one in languages.root.values() if one.family}
    return {
        family: frozenset.intersection(*(coverage((files[name],)) for name in fonts.values()))
        if (fonts := family_fonts(family, files))
        else frozenset()
        for family in sorted(families)
    }


def _letters(
    language: object,
    languages: Languages,
    families: Mapping[str, frozenset[int]],
    glyphs: frozenset[int],
) -> frozenset[int]:
    family = languages.of(language).family if isinstance(language, str) else None
    return families.get(family, frozenset()) if family else glyphs


def _load_audiences(workspace: Workspace, letters: Callable[[object], frozenset[int]]) -> Audiences:
    file = read_entries(workspace, "content/audiences.yaml")
    audiences = validated(Audiences, file)
    badges = {"badge", "short"}
    problems = list(
        as_written_problems(
            file, lambda path: letters(path[-1] if path[1:2] and path[1] in badges else None)
        )
    )
    for name, audience in audiences.root.items():
        if audience.extends is None:
            continue
        if audience.extends not in audiences.root:
            problems.append(
                Problem(
                    f"the audience '{audience.extends}' is not known",
                    nearest(audience.extends, audiences.root),
                    file.locate((name, "extends")),
                )
            )
        elif _is_in_ring(name, audiences):
            message = f"the audience '{name}' extends itself, perhaps through others"
            hint = "Delete one `extends`."
            problems.append(Problem(message, hint, file.locate((name, "extends"))))
    if problems:
        raise TeachbackError(*problems)
    return audiences


def _is_in_ring(name: str, audiences: Audiences) -> bool:
    """Return whether an audience extends itself. One that extends such a one is not to blame."""
    last = audiences.root.get(audiences.lineage(name)[-1])
    return last is not None and last.extends == name


def _load_clinic(workspace: Workspace, glyphs: frozenset[int]) -> Clinic:
    path = find(workspace, "content/clinic.yaml")
    if path is None:
        hint = "Restore the file that came with the program."
        raise TeachbackError.of("content/clinic.yaml: there is no such file", hint)
    file = read_yaml(read_bytes(path), shown(path))
    clinic = validated(Clinic, file)
    problems = list(as_written_problems(file, lambda _: glyphs))
    if clinic.logo:
        if clinic.name is None:
            message = "a logo needs the clinic's name beside it"
            hint = "Fill `name:`; a reader who cannot see the logo hears the name."
            problems.append(Problem(message, hint, file.locate(("logo",))))
        values = " | ".join(filter(None, [*clinic.values().values(), clinic.address]))
        problems += picture_problems(clinic.logo, file.locate(("logo",)), workspace, (values,))
    if problems:
        raise TeachbackError(*problems)
    return clinic


def _language_help_problems(
    clinic: Clinic, words: Mapping[str, Words], workspace: Workspace
) -> Iterator[Problem]:
    """Yield a problem for each language whose words do not offer an interpreter."""
    path = find(workspace, "content/clinic.yaml")
    if path is None:
        return
    for index, language in enumerate(clinic.language_help):
        if language not in words or not words[language].language_help:
            there = [name for name, one in words.items() if one.language_help]
            message = f"there are no words for `language_help` in '{language}'"
            hint = (
                f"Write `language_help:` into {WORDS}/{language}.yaml, or leave it out. "
                f"There are: {', '.join(sorted(there))}."
            )
            file = read_yaml(read_bytes(path), shown(path))
            yield Problem(message, hint, file.locate(("language_help", index)))


def _load_sources(workspace: Workspace, glyphs: frozenset[int]) -> tuple[Sources, YamlFile]:
    file = read_entries(workspace, "content/sources.yaml")
    sources = validated(Sources, file)
    problems = tuple(as_written_problems(file, lambda _: glyphs))
    if problems:
        raise TeachbackError(*problems)
    return sources, file


def _load_words(
    workspace: Workspace, language: str, others: Mapping[str, Words], glyphs: frozenset[int]
) -> Words:
    file = read_entries(workspace, f"{WORDS}/{language}.yaml")
    words = validated(Words, file)
    problems = list(as_written_problems(file, lambda _: glyphs, filled=True))
    problems += [
        problem
        for problem in _located(words_problems(words, language), file)
        # Warnings are reported later, with what the rules find in these words.
        if problem.severity is Severity.ERROR
    ]
    twin = next((name for name, one in others.items() if one.language == words.language), None)
    if twin:
        message = f"this language name, '{words.language}', is that of {WORDS}/{twin}.yaml already"
        hint = "Translate the words, and write the language's own name."
        problems.append(Problem(message, hint, file.locate(("language",))))
    if not re.fullmatch(LANGUAGE_TAG, language):
        message = f"'{language}' is not a language tag, so no handout can be written in it"
        hint = "Call the file by its language, such as en.yaml, es.yaml or zh-Hans.yaml."
        problems.append(Problem(message, hint, file.locate()))
    if problems:
        raise TeachbackError(*problems)
    return words


def _name_problems(
    path: Path, handout: Handout, file: YamlFile, shared: WorkspaceContent
) -> Iterator[Problem]:
    expected = {handout.id, f"{handout.id}.{handout.language}"}
    if path.stem not in expected:
        message = f"the id '{handout.id}' differs from the name of the file"
        stem = path.stem.split(".")[0]
        other = f", or set `id: {stem}`" if _ID.fullmatch(stem) else ""
        yield Problem(message, f"Call the file {handout.id}.yaml{other}.", file.locate(("id",)))
    if handout.language in shared.unfinished:
        yield from shared.unfinished[handout.language]
    elif handout.language not in shared.words:
        message = f"there are no words for the language '{handout.language}'"
        yield Problem(
            message,
            f"Add content/words/{handout.language}.yaml. {nearest(handout.language, shared.words)}",
            file.locate(("language",)),
        )
    for index, name in enumerate(handout.audiences):
        audience = shared.audiences.root.get(name)
        if audience is not None and handout.language not in audience.badge:
            message = f"the audience '{name}' has no badge in the language '{handout.language}'"
            hint = "Add it in content/audiences.yaml."
            yield Problem(message, hint, file.locate(("audiences", index)))
    review = handout.review
    if review.status == "approved":
        for name in ("reviewer", "reviewed", "due"):
            if getattr(review, name) is None:
                hint = "Fill it, or set `status: draft`."
                yield Problem(f"an approved text needs `{name}:`", hint, file.locate(("review",)))
    if review.reviewed and review.due and review.due < review.reviewed:
        message = "the next review is due before the last one took place"
        yield Problem(message, "Set a later `due:`.", file.locate(("review", "due")))
    for where, text in texts_in(handout.title, ("title",)):
        if len(text) > LONGEST_TITLE:
            message = f"this title has {len(text)} letters; {LONGEST_TITLE} fit the foot of a page"
            yield Problem(message, "Say it in fewer words.", file.locate(where))


def _id_problems(handout: Handout, file: YamlFile) -> Iterator[Problem]:
    first: dict[str, Location] = {}
    for path, name in ids_of(handout):
        place = file.locate(path)
        if name in first:
            message = f"the id '{name}' is used twice; it was first used in line {first[name].line}"
            yield Problem(message, "Give each one its own id.", place)
        first.setdefault(name, place)


def _source_problems(
    handout: Handout, file: YamlFile, shared: WorkspaceContent
) -> Iterator[Problem]:
    for path, name in sources_of(handout):
        if name not in shared.sources.root:
            hint = guess(name, shared.sources.root) or "Add it to content/sources.yaml."
            yield Problem(f"the source '{name}' is not known", hint, file.locate(path))


def _handout_letter_problems(file: YamlFile, shared: WorkspaceContent) -> Iterator[Problem]:
    """Yield the letters of a handout, valid or not, that the font of its language lacks."""
    language = file.data.get("language") if isinstance(file.data, dict) else None
    return letter_problems(file, lambda _: shared.letters(language))


def _translated_letter_problems(
    file: YamlFile, source: str, shared: WorkspaceContent
) -> Iterator[Problem]:
    """Yield the letters of a translation that the font of each of its two languages lacks."""
    own = file.data.get("language")
    return letter_problems(
        file,
        lambda path: shared.letters(source if path[0] == "texts" and path[-1] == source else own),
    )
