"""Load the words that the rules on plain language look for, from content/rules/words/*.yaml.

A clinic's file replaces the built-in one with the same name, as everywhere.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Annotated, Final, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from teachback.checking.plain_language.language_formulas import LanguageFormula
from teachback.content.base_model import Entries, Id, Plain
from teachback.content.validation_errors import validated
from teachback.errors import Problem, TeachbackError
from teachback.files.workspace import Workspace, builtin_root, find, folders, read_bytes, shown
from teachback.files.yaml_reader import read_yaml

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

ModelT = TypeVar("ModelT", bound=BaseModel)
FOLDER: Final = "content/rules/words"
GRADES_FOLDER: Final = "content/rules/grades"


class _Closed(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)


class HardWord(_Closed):
    """The plainer word for a hard one, and the phrases in which the hard one is right.

    `before` are words of which one must follow the word as it stands in the file: "an individual
    who", but not "individual choices".
    """

    say: Plain
    unless: tuple[Plain, ...] = ()
    before: tuple[Plain, ...] = ()


class MedicalTerm(_Closed):
    """The meaning of a medical term, and the audiences who know it from their own life."""

    means: Plain
    known_by: tuple[Id, ...] = ()


def _as_hard_word(value: object) -> object:
    return {"say": value} if isinstance(value, str) else value


def _as_term(value: object) -> object:
    return {"means": value} if isinstance(value, str) else value


class HardWords(Entries[dict[Plain, Annotated[HardWord, BeforeValidator(_as_hard_word)]]]):
    """The file content/rules/words/plain-words.yaml."""


class TermsFile(Entries[dict[Plain, Annotated[MedicalTerm, BeforeValidator(_as_term)]]]):
    """The file content/rules/words/terms.yaml."""


class Abbreviations(Entries[dict[Plain, Plain]]):
    """The file content/rules/words/abbreviations.yaml."""


class Syllables(Entries[dict[Annotated[int, Field(ge=1, le=12)], tuple[Plain, ...]]]):
    """The file content/rules/words/syllables.yaml: words by their number of syllables."""


class Vocabulary:
    """Hard words and terms by each lower-case form, abbreviations as written, syllables by word.

    A form maps to the word in the file and its entry there. `longest` maps a first word to the
    number of words in the longest form that begins with it, so that few combinations are tried in
    vain. Instances compare by identity.
    """

    def __init__(
        self,
        hard: Mapping[str, tuple[str, HardWord]],
        terms: Mapping[str, tuple[str, MedicalTerm]],
        abbreviations: Mapping[str, str],
        syllables: Mapping[str, int],
        formulas: Mapping[str, LanguageFormula],
    ) -> None:
        """Store the content of the four files, and the formula of each other language."""
        self.hard: Final = hard
        self.terms: Final = terms
        self.abbreviations: Final = abbreviations
        self.syllables: Final = syllables
        self.formulas: Final = formulas
        self.longest: Final = _longest_by_first_word((*hard, *terms))
        # Syllables by word, as they are counted.
        self.syllable_cache: Final[dict[str, int]] = {}


def load_vocabulary(workspace: Workspace) -> Vocabulary:
    """Load the four files and the formulas. Raises TeachbackError with the problems of all."""
    problems: list[Problem] = []

    def read(name: str, model: type[ModelT]) -> ModelT | None:
        try:
            return _read(workspace, name, model)
        except TeachbackError as error:
            problems.extend(error.problems)
            return None

    hard = read(f"{FOLDER}/plain-words.yaml", HardWords)
    terms = read(f"{FOLDER}/terms.yaml", TermsFile)
    abbreviations = read(f"{FOLDER}/abbreviations.yaml", Abbreviations)
    syllables = read(f"{FOLDER}/syllables.yaml", Syllables)
    languages = {
        path.stem
        for folder in folders(workspace, GRADES_FOLDER)
        for path in folder.glob("*.yaml")
        if not path.name.startswith(".")
    }
    formulas = {
        language: formula
        for language in sorted(languages)
        if (formula := read(f"{GRADES_FOLDER}/{language}.yaml", LanguageFormula))
    }
    if problems or not (hard and terms and abbreviations and syllables):
        raise TeachbackError(*problems)
    return _vocabulary(hard.root, terms.root, abbreviations.root, syllables.root, formulas)


def _read(workspace: Workspace, name: str, model: type[ModelT]) -> ModelT:
    path = find(workspace, name)
    if path is None:
        raise TeachbackError(
            Problem(f"{name}: there is no such file", "Put the program's own one back.")
        )
    return validated(model, read_yaml(read_bytes(path), shown(path)))


def _vocabulary(
    hard: dict[str, HardWord],
    terms: dict[str, MedicalTerm],
    abbreviations: dict[str, str],
    words_by_count: dict[int, tuple[str, ...]],
    formulas: dict[str, LanguageFormula],
) -> Vocabulary:
    hard_by_form = {
        form: (word, entry) for word, entry in hard.items() for form in reversed(tuple(forms(word)))
    }
    terms_by_form = {
        form: (word, entry)
        for word, entry in terms.items()
        for form in reversed(tuple(plurals(word)))
    }
    # A word of the file wins over a form of another word.
    hard_by_form |= {word.lower(): (word, entry) for word, entry in hard.items()}
    terms_by_form |= {word.lower(): (word, entry) for word, entry in terms.items()}
    syllables = {word.lower(): count for count, words in words_by_count.items() for word in words}
    return Vocabulary(hard_by_form, terms_by_form, abbreviations, syllables, formulas)


def _longest_by_first_word(all_forms: Iterable[str]) -> dict[str, int]:
    longest: dict[str, int] = {}
    for form in all_forms:
        words = form.split()
        longest[words[0]] = max(longest.get(words[0], 0), len(words))
    return longest


def plurals(phrase: str) -> Iterator[str]:
    """Yield a phrase in lower case, then with its last word in the plural."""
    phrase = phrase.lower()
    yield phrase
    if phrase.endswith("y") and phrase[-2:-1] not in "aeiou":
        yield f"{phrase[:-1]}ies"
    elif phrase.endswith(("s", "x", "ch", "sh")):
        yield f"{phrase}es"
    else:
        yield f"{phrase}s"


def forms(phrase: str) -> Iterator[str]:
    """Yield the forms of a phrase, with its first word as a verb or its last as a noun.

    Some of them are words that nobody writes.
    """
    yield from plurals(phrase)
    first_word, *rest = phrase.lower().split(" ")
    if first_word.endswith("ly") and not first_word.endswith("ply"):
        return  # an adverb has no other forms; comply and apply are verbs
    stem = first_word.removesuffix("e")
    doubled_stem = (
        first_word + first_word[-1]
        if re.search(r"[^aeiou][aeiou][bdglmnprt]$", first_word)
        else stem
    )
    inflected = [f"{stem}ed", f"{stem}ing", f"{doubled_stem}ed", f"{doubled_stem}ing"]
    if first_word.endswith("y") and first_word[-2:-1] not in "aeiou":
        inflected += [f"{first_word[:-1]}ied", f"{first_word[:-1]}ies"]
    inflected.append(
        f"{first_word}es" if first_word.endswith(("s", "x", "ch", "sh")) else f"{first_word}s"
    )
    for form in dict.fromkeys(inflected):
        yield " ".join((form, *rest))


@cache
def builtin_vocabulary() -> Vocabulary:
    """Return the vocabulary that comes with the program."""
    root = builtin_root()
    return load_vocabulary(Workspace(root, root))
