"""Load the files that every handout of a workspace uses: audiences, clinic, sources, words, fonts.

The result is checked values, or all problems at once, each with its location.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final, NamedTuple

from teachback.content.audiences import Audiences
from teachback.content.base_model import LANGUAGE_TAG
from teachback.content.clinic import Clinic, clinic_problems
from teachback.content.inline_markup import plain_problems
from teachback.content.languages import NO_LANGUAGES, Languages, missing_font
from teachback.content.printed_words import Words, words_problems
from teachback.content.sources import Sources
from teachback.content.text_and_picture_checks import as_written_problems, picture_problems
from teachback.content.validation_errors import validated
from teachback.errors import Location, Problem, Severity, TeachbackError, collected, nearest
from teachback.files.font_coverage import coverage
from teachback.files.font_packages import family_fonts
from teachback.files.merged_files import read_entries
from teachback.files.workspace import (
    WORDS,
    Workspace,
    effective_files,
    find,
    folders,
    read_bytes,
    shown,
)
from teachback.files.yaml_reader import YamlFile, read_yaml

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from teachback.content.base_model import KeyPath

LANGUAGES: Final = "content/languages.yaml"


class WordsByLanguage(Mapping[str, Words]):
    """The words of each language, those that come with the program read when first used."""

    def __init__(self, workspace: Workspace, words: dict[str, Words | None]) -> None:
        """Store the words that are read, and None for those that are not yet."""
        self._workspace: Final = workspace
        self._words: Final = words

    def __getitem__(self, language: str) -> Words:
        """Return the words of a language. Raises KeyError if there are none."""
        words = self._words[language]
        if words is None:
            words = validated(Words, read_entries(self._workspace, f"{WORDS}/{language}.yaml"))
            self._words[language] = words
        return words

    def __iter__(self) -> Iterator[str]:
        """Yield the languages, without reading their words."""
        return iter(self._words)

    def __len__(self) -> int:
        """Return how many languages there are."""
        return len(self._words)


class WorkspaceContent(NamedTuple):
    """The files that every handout of a workspace uses."""

    audiences: Audiences
    clinic: Clinic
    sources: Sources
    words: Mapping[str, Words]
    # By language: why its words cannot be printed. Handouts in other languages can.
    unfinished: dict[str, tuple[Problem, ...]]
    # The code points that the fonts of the pages have.
    glyphs: frozenset[int]
    # The file that has the location of each source.
    sources_file: YamlFile
    languages: Languages
    # The code points of each font family that a language names; none if its files are missing.
    families: Mapping[str, frozenset[int]]

    def letters(self, language: object) -> frozenset[int]:
        """Return the letters that the font of a language has."""
        return _letters(language, self.languages, self.families, self.glyphs)


def load_shared(workspace: Workspace) -> WorkspaceContent:
    """Read audiences, clinic, sources and all words.

    Raises TeachbackError with every problem. Where only words have problems, they are in
    `unfinished`.
    """
    problems: list[Problem] = []
    glyphs = collected(lambda: _load_glyphs(workspace), problems)
    languages = collected(lambda: _load_languages(workspace), problems) or NO_LANGUAGES
    families = collected(lambda: _load_families(workspace, languages), problems) or {}

    def letters(language: object) -> frozenset[int]:
        return _letters(language, languages, families, glyphs or frozenset())

    audiences = collected(lambda: _load_audiences(workspace, letters), problems)
    clinic = collected(lambda: _load_clinic(workspace, glyphs or frozenset()), problems)
    sources_file = collected(lambda: _load_sources(workspace, glyphs or frozenset()), problems)
    by_language: dict[str, Words | None] = {}
    words = WordsByLanguage(workspace, by_language)
    unfinished: dict[str, tuple[Problem, ...]] = {}
    # The built-in languages come first, so that a clinic's file with their name is the wrong one.
    tags = dict.fromkeys(
        path.stem
        for folder in reversed(folders(workspace, WORDS))
        for path in sorted(folder.glob("*.yaml"))
        if not path.name.startswith(".")
    )
    # The program's tests check its own words in its own fonts.
    by_language |= {tag: None for tag in tags if _is_as_shipped(workspace, tag)}
    for tag in tags:
        if tag in by_language:
            continue
        try:
            by_language[tag] = _load_words(workspace, tag, words, letters(tag))
        except TeachbackError as error:
            unfinished[tag] = error.problems
    if clinic is not None:
        problems += _language_help_problems(clinic, words, workspace)
    if problems:
        # Then nothing can be printed, so all files to mend are reported at once.
        problems += [problem for faults in unfinished.values() for problem in faults]
    for tag in tuple(words):
        language = languages.of(tag)
        if language.family and not families.get(language.family):
            del by_language[tag]
            unfinished[tag] = (missing_font(language),)
    if problems or glyphs is None or audiences is None or clinic is None or sources_file is None:
        raise TeachbackError(*problems)
    return WorkspaceContent(
        audiences,
        clinic,
        sources_file[0],
        words,
        unfinished,
        glyphs,
        sources_file[1],
        languages,
        families,
    )


def _load_glyphs(workspace: Workspace) -> frozenset[int]:
    fonts = {
        path.name: path
        for folder in reversed(folders(workspace, "styles/fonts"))
        for path in folder.glob("*.ttf")
    }
    glyphs = coverage(tuple(fonts.values()))
    problems = tuple(_digit_problems(workspace))
    if problems:
        raise TeachbackError(*problems)
    return glyphs


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
    # Imported here because few clinics have fonts of their own.
    from teachback.files.images import DIGITS, digits_fault

    shipped = [path.read_bytes() for path in sorted(builtin.rglob("*.ttf"))]
    for path in own:
        data = read_bytes(path)
        if data not in shipped:
            glyphs = coverage((path,))
            digits = "".join(digit for digit in DIGITS if ord(digit) in glyphs)
            fault = digits_fault(data, shipped, digits)
            if fault:
                yield Problem(*fault, Location(shown(path)))


def _load_languages(workspace: Workspace) -> Languages:
    # A workspace that an earlier version of the program archived has no such file.
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


def _load_families(workspace: Workspace, languages: Languages) -> dict[str, frozenset[int]]:
    """Return the letters that all fonts of each family have; none for a family that is missing."""
    files = effective_files(workspace)
    families: dict[str, frozenset[int]] = {}
    for family in sorted({lang.family for lang in languages.root.values() if lang.family}):
        fonts = family_fonts(family, files)
        glyphs = [coverage((files[name],)) for name in fonts.values()]
        families[family] = frozenset.intersection(*glyphs) if glyphs else frozenset()
    return families


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

    def letters_at(path: KeyPath) -> frozenset[int]:
        has_language = len(path) > 1 and path[1] in {"badge", "short"}
        return letters(path[-1] if has_language else None)

    problems = list(as_written_problems(file, letters_at))
    for name, audience in audiences.root.items():
        if audience.extends is None:
            continue
        place = file.locate((name, "extends"))
        if audience.extends not in audiences.root:
            message = f"the audience '{audience.extends}' is not known"
            problems.append(Problem(message, nearest(audience.extends, audiences.root), place))
        elif _is_in_cycle(name, audiences):
            message = f"the audience '{name}' extends itself, perhaps through others"
            problems.append(Problem(message, "Delete one `extends`.", place))
    if problems:
        raise TeachbackError(*problems)
    return audiences


def _is_in_cycle(name: str, audiences: Audiences) -> bool:
    """Return whether an audience extends itself, directly or through others."""
    return audiences.root[audiences.lineage(name)[-1]].extends == name


def _load_clinic(workspace: Workspace, glyphs: frozenset[int]) -> Clinic:
    path = find(workspace, "content/clinic.yaml")
    if path is None:
        hint = "Restore the file that came with the program."
        raise TeachbackError.of("content/clinic.yaml: there is no such file", hint)
    file = read_yaml(read_bytes(path), shown(path))
    clinic = validated(Clinic, file)
    problems = [
        *as_written_problems(file, lambda _: glyphs),
        *file.located(clinic_problems(clinic)),
    ]
    if clinic.logo:
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
            existing = sorted(tag for tag in words if words[tag].language_help)
            message = f"there are no words for `language_help` in '{language}'"
            hint = (
                f"Write `language_help:` into {WORDS}/{language}.yaml, or leave it out. "
                f"There are: {', '.join(existing)}."
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


def _is_as_shipped(workspace: Workspace, language: str) -> bool:
    """Return whether a clinic changed neither the words of a language nor its fonts."""
    own = (f"{WORDS}/{language}.yaml", LANGUAGES, "styles/fonts")
    return workspace.root != workspace.builtin and not any(
        os.path.lexists(workspace.root / name) for name in own
    )


def _load_words(
    workspace: Workspace, language: str, others: Mapping[str, Words], glyphs: frozenset[int]
) -> Words:
    file = read_entries(workspace, f"{WORDS}/{language}.yaml")
    words = validated(Words, file)
    problems = list(as_written_problems(file, lambda _: glyphs, filled=True))
    problems += [
        problem
        for problem in file.located(words_problems(words, language))
        # Warnings are reported later, with what the rules find in these words.
        if problem.severity is Severity.ERROR
    ]
    twin = next((tag for tag in others if others[tag].language == words.language), None)
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
